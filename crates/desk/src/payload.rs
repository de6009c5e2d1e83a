//! Fills the members that every statement has, so that each act names only its own.

use monition_evidence::{Anchor, Digest, ExchangeName, PartyName, RoleName, Text, UnixSeconds, Wid};

/// The members that every statement of one act has in common, `eid` excepted.
#[derive(Clone, Debug)]
pub struct Head {
    /// The exchange.
    pub exchange: ExchangeName,
    /// Who signs.
    pub iss: PartyName,
    /// The clock.
    pub iat: UnixSeconds,
    /// A cosigned checkpoint; none in directory entries.
    pub anchor: Option<Anchor>,
    /// The warning.
    pub wid: Option<Wid>,
    /// Identity of what is answered.
    pub prev: Option<Digest>,
    /// The role, or `automatic`.
    pub actor: Option<RoleName>,
    /// Why.
    pub reason: Option<Text>,
}

/// `payload!(head, eid, Type { own members })`.
macro_rules! payload {
    ($head:expr, $eid:expr, $name:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        let head: &$crate::payload::Head = $head;
        $name {
            exchange: head.exchange.clone(),
            eid: $eid,
            wid: head.wid,
            iss: head.iss.clone(),
            iat: head.iat,
            anchor: head.anchor.clone(),
            prev: head.prev,
            svc: <$name as monition_evidence::statement::Payload>::SERVICE,
            pol: None,
            actor: head.actor.clone(),
            reason: head.reason.clone(),
            $($field $(: $value)?),*
        }
    }};
}
pub(crate) use payload;
