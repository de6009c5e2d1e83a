//! The statements of the protocol: what each says and which key may sign it (DESIGN §3, docs/protocol.md §4).
//!
//! A payload is JSON that is read into one of these structs and nothing else: unknown members, duplicate members,
//! fractions and numbers out of range are refused by the types, no type nests deeper than six levels, and only the one
//! spelling that the struct prints back is read: its members in order, without white space.
//! *Left to the caller*: whether the signature fits ([`Statement::verify`] with a key that the directory has in
//! force), and whether the statement agrees with others.

mod delivery;
mod entries;

pub use delivery::*;
pub use entries::*;

use crate::encoding::{Digest, Eid, Wid};
use crate::jws::{Jws, JwsError};
use crate::keys::{KeyError, KeyUse, PublicKey, SecretKey};
use crate::names::{ExchangeName, PartyName};
use crate::values::{Anchor, Service, UnixSeconds};
use crate::warning::Warning;
use serde::Serialize;

/// Most custodians in a declaration, delegations in force, heads in one receipt, digests in one list: a person can
/// still read such a list, and no list makes a statement too long for a log entry.
pub const LIST_MAX: usize = 64;

/// Why bytes are not a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Not in the one byte form.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// A type or a version that this program does not know. Never guessed.
    #[error("statement type {typ:?} is not known to this version")]
    UnknownType {
        /// The type as found.
        typ: String,
    },
    /// The payload is not what the type asks for.
    #[error("the payload of a {typ} is wrong: {detail}")]
    Payload {
        /// The type.
        typ: String,
        /// What the reader said, with line and column.
        detail: String,
    },
    /// A rule that spans several members is broken.
    #[error("a {typ} breaks a rule: {rule}")]
    Rule {
        /// The type.
        typ: &'static str,
        /// The rule.
        rule: &'static str,
    },
}

/// Members that every statement has.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// The exchange for which the statement is meant: it counts nowhere else.
    pub exchange: &'a ExchangeName,
    /// Secret random bits that hide the leaf.
    pub eid: &'a Eid,
    /// The warning it belongs to, if it belongs to one.
    pub wid: Option<&'a Wid>,
    /// Who signs.
    pub iss: &'a PartyName,
    /// The signer's clock: a claim, never proof.
    pub iat: UnixSeconds,
    /// What proves "not before"; absent means no lower bound.
    pub anchor: Option<&'a Anchor>,
    /// Identity of the statement that is answered.
    pub prev: Option<&'a Digest>,
}

/// A statement's payload: its type, its common members and its rules.
pub trait Payload: Serialize {
    /// `typ` of the protected header.
    const TYP: &'static str;
    /// Which keys of the party may sign it.
    const USES: &'static [KeyUse];
    /// The ISO/IEC 13888 service that it gives, if any: the only value that `svc` may have.
    const SERVICE: Option<Service>;
    /// The members that every statement has.
    fn common(&self) -> Common<'_>;
    /// Rules that span members.
    ///
    /// # Errors
    /// The rule that is broken.
    fn check(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Declares a payload struct with the common members before its own ones.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident = $typ:literal, by [$($use:ident),+], gives $service:expr, {
        $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)?
    } $(check |$this:ident| $check:block)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The exchange for which it is meant.
            pub exchange: $crate::names::ExchangeName,
            /// Secret random bits that hide the leaf.
            pub eid: $crate::encoding::Eid,
            /// The warning it belongs to.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub wid: Option<$crate::encoding::Wid>,
            /// Who signs.
            pub iss: $crate::names::PartyName,
            /// The signer's clock: a claim, never proof.
            pub iat: $crate::values::UnixSeconds,
            /// A cosigned checkpoint that the signer had seen; null only in directory entries.
            pub anchor: Option<$crate::values::Anchor>,
            /// Identity of the statement that is answered.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub prev: Option<$crate::encoding::Digest>,
            /// ISO/IEC 13888 service; fixed for each type.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub svc: Option<$crate::values::Service>,
            /// SHA-256 of the policy under which it is issued.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pol: Option<$crate::encoding::Digest>,
            /// `automatic`, or the role of the person who released it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub actor: Option<$crate::names::RoleName>,
            /// Why, in words.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub reason: Option<$crate::values::Text>,
            $($(#[$fdoc])* pub $field: $ty,)*
        }

        impl $crate::statement::Payload for $name {
            const TYP: &'static str = $typ;
            const USES: &'static [$crate::keys::KeyUse] = &[$($crate::keys::KeyUse::$use),+];
            const SERVICE: Option<$crate::values::Service> = $service;

            fn common(&self) -> $crate::statement::Common<'_> {
                $crate::statement::Common {
                    exchange: &self.exchange,
                    eid: &self.eid,
                    wid: self.wid.as_ref(),
                    iss: &self.iss,
                    iat: self.iat,
                    anchor: self.anchor.as_ref(),
                    prev: self.prev.as_ref(),
                }
            }

            fn check(&self) -> Result<(), &'static str> {
                if self.svc.is_some() && self.svc != Self::SERVICE {
                    return Err("svc is not the service of this type");
                }
                $({ let $this = self; $check })?
                Ok(())
            }
        }
    };
}
pub(crate) use payload;

fn require(holds: bool, rule: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(rule) }
}

/// Declares [`Body`] over every payload type: the table of types is written once.
macro_rules! bodies {
    ($($name:ident),+ $(,)?) => {
        /// A statement's payload, by type.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is the payload of the same name")]
        pub enum Body { $($name($name)),+ }

        impl Body {
            fn parse(typ: &str, payload: &[u8]) -> Result<Self, StatementError> {
                match typ {
                    $($name::TYP => {
                        let body: $name = serde_json::from_slice(payload)
                            .map_err(|e| StatementError::Payload { typ: typ.to_owned(), detail: e.to_string() })?;
                        // Arrays for objects, other orders, escapes and white space would all be read: one spelling alone is.
                        if serde_json::to_vec(&body).ok().as_deref() != Some(payload) {
                            let detail = "it is not in its one spelling (docs/protocol.md §4)".to_owned();
                            return Err(StatementError::Payload { typ: typ.to_owned(), detail });
                        }
                        body.check().map_err(|rule| StatementError::Rule { typ: $name::TYP, rule })?;
                        Ok(Self::$name(body))
                    })+
                    _ => Err(StatementError::UnknownType { typ: typ.to_owned() }),
                }
            }

            /// The members that every statement has.
            #[must_use]
            pub fn common(&self) -> Common<'_> {
                match self { $(Self::$name(body) => body.common()),+ }
            }

            /// Which keys may sign it.
            #[must_use]
            pub fn uses(&self) -> &'static [KeyUse] {
                match self { $(Self::$name(_) => $name::USES),+ }
            }

            /// Its name in findings, such as `ContentConsignment`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),+ }
            }
        }

        $(impl From<$name> for Body {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        })+
    };
}

bodies! {
    Enrolment, KeyRotation, Revocation, Contest, MailboxDeclaration, Delegation,
    Warning, Submission, SubmissionAcceptance, SubmissionRejection, ContentConsignment, CustodyHeads,
    ConsignmentNotification, MailboxHeadAck, ContentHandover, HandoverFailure, ContentAccess, Reply,
    ReplyLodgement, Relay, RelayConsent, Denial, OutOfBandNotice, ContentDispute, Disposal, DecisionRecord,
    EnvelopeAcceptance,
}

impl Body {
    /// Whether it belongs in the directory, in plain text, and not in the log of commitments.
    #[must_use]
    pub const fn is_directory_entry(&self) -> bool {
        matches!(
            self,
            Self::Enrolment(_)
                | Self::KeyRotation(_)
                | Self::Revocation(_)
                | Self::Contest(_)
                | Self::MailboxDeclaration(_)
                | Self::Delegation(_)
        )
    }
}

/// A statement: the bytes as received and what they say. Its signatures are *not* verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    jws: Jws,
    body: Body,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// [`StatementError`]; nothing is guessed, nothing is skipped.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let jws = Jws::parse(bytes)?;
        let body = Body::parse(jws.typ(), jws.payload())?;
        let anchored = body.common().anchor.is_some();
        if body.is_directory_entry() == anchored {
            return Err(StatementError::Rule {
                typ: "statement",
                rule: "the anchor is null in directory entries, and only there",
            });
        }
        Ok(Self { jws, body })
    }

    /// Signs a payload with each of `keys`, in order.
    ///
    /// # Errors
    /// [`StatementError`] if the payload breaks a rule of its type or is too long.
    pub fn sign<P: Payload>(payload: &P, keys: &[&SecretKey]) -> Result<Self, StatementError> {
        let bytes = serde_json::to_vec(payload)
            .map_err(|e| StatementError::Payload { typ: P::TYP.to_owned(), detail: e.to_string() })?;
        let jws = Jws::sign(P::TYP, &bytes, keys)?;
        Self::parse(jws.as_bytes())
    }

    /// Adds the signatures of another copy of the same payload.
    ///
    /// # Errors
    /// [`StatementError::Jws`] if it is another payload.
    pub fn join(&self, other: &Self) -> Result<Self, StatementError> {
        Ok(Self { jws: self.jws.join(&other.jws)?, body: self.body.clone() })
    }

    /// Checks that `key` signed these bytes.
    ///
    /// # Errors
    /// [`KeyError::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), KeyError> {
        self.jws.verify(key)
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The members that every statement has.
    #[must_use]
    pub fn common(&self) -> Common<'_> {
        self.body.common()
    }

    /// The bytes as received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.jws.as_bytes()
    }

    /// The bytes as text: the one byte form is ASCII.
    #[must_use]
    pub fn as_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.jws.as_bytes())
    }

    /// The signed bytes, taken apart.
    #[must_use]
    pub fn jws(&self) -> &Jws {
        &self.jws
    }

    /// Identity: what replay and equivocation compare.
    #[must_use]
    pub fn identity(&self) -> Digest {
        self.jws.identity()
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.jws.digest()
    }

    /// The log entry that commits to it.
    #[must_use]
    pub fn leaf(&self, log_origin: &str) -> Digest {
        self.jws.leaf(log_origin)
    }

    /// The submission that it is about, by SHA-256, if it names one.
    #[must_use]
    pub fn submission(&self) -> Option<Digest> {
        match &self.body {
            Body::SubmissionAcceptance(s) => Some(s.submission),
            Body::SubmissionRejection(s) => Some(s.submission),
            Body::ContentConsignment(s) => Some(s.submission),
            Body::ContentHandover(s) => Some(s.submission),
            Body::HandoverFailure(s) => Some(s.submission),
            Body::ContentAccess(s) => Some(s.submission),
            Body::Reply(s) => Some(s.submission),
            Body::ReplyLodgement(s) => Some(s.submission),
            Body::RelayConsent(s) => Some(s.submission),
            Body::ContentDispute(s) => Some(s.submission),
            Body::Disposal(s) => Some(s.submission),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
