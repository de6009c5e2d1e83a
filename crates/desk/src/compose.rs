//! Puts a warning together: core, disclosures at fixed positions, groups, seals, submission (DESIGN §§3, 4).
//!
//! Pure: time, anchor and randomness are arguments, and the same arguments give the same bytes.
//!
//! ```text
//! bodies      core, groups in the order of Group::ALL (Source left out if withheld), attachments in the order of slots
//! core        the core statement's bytes
//! group       its disclosures' base64url texts, joined by LF; unused fields are disclosures of null and always sent
//! attachment  the file's bytes
//! ```
//!
//! each padded ([`framing::pad`](monition_evidence::framing::pad)) and sealed with randomness that is recorded: the file
//! key opens that one body for a judge, and the seed shows that the recipient could open it too.
//!
//! *Left to the caller*: that the recipient's declaration is in force, and keeping the record before anything is sent.

use crate::error::DeskError;
use crate::payload::{Head, payload};
use crate::randomness::Randomness;
use monition_evidence::age::{self, Recipient, SealRandomness};
use monition_evidence::encoding::sha256;
use monition_evidence::framing::{Bodies, pad};
use monition_evidence::statement::{MailboxDeclaration, Submission};
use monition_evidence::values::{Mode, RelayTerms, SizeClass, Tlp, Urgency, WarningStatus};
use monition_evidence::warning::{AttachmentInfo, Disclosure, Field, Group, Specificity, Value, Warning};
use monition_evidence::{
    Anchor, ClassName, Digest, Eid, ExchangeName, PartyName, RoleName, Salt, SecretKey, Statement, Text, UnixSeconds,
    Wid,
};
use std::collections::BTreeMap;

/// Most attachments: there are eight slots.
pub const ATTACHMENTS_MAX: usize = 8;

/// What a person wants to say, before it is addressed to anybody.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What kind of danger.
    pub class: ClassName,
    /// How fast the recipient must act.
    pub urgency: Urgency,
    /// Traffic Light Protocol 2.0.
    pub tlp: Tlp,
    /// Whether it may be passed on.
    pub relay: RelayTerms,
    /// By when an answer is asked for.
    pub deadline: Option<UnixSeconds>,
    /// Not to be made public before.
    pub embargo_until: Option<UnixSeconds>,
    /// To be deleted after.
    pub retain_until: Option<UnixSeconds>,
    /// Closable fields, without `addressee` and attachments. A field that is not there is disclosed as null.
    pub fields: BTreeMap<Field, Value>,
    /// Whether the source fields stay with the sender.
    pub withheld: bool,
    /// Files, in the order of their slots.
    pub attachments: Vec<Attachment>,
    /// The role that released it.
    pub actor: Option<RoleName>,
    /// Why, always shown: mostly of a withdrawal.
    pub reason: Option<Text>,
    /// How long the exchange may take the submission, in seconds from now.
    pub expiry_seconds: u64,
}

impl Draft {
    /// A draft that says nothing yet: TLP AMBER, relay by consent, no deadline, an hour to be submitted.
    #[must_use]
    pub fn new(class: ClassName, urgency: Urgency) -> Self {
        Self {
            class,
            urgency,
            tlp: Tlp::Amber,
            relay: RelayTerms::Ask,
            deadline: None,
            embargo_until: None,
            retain_until: None,
            fields: BTreeMap::new(),
            withheld: false,
            attachments: Vec::new(),
            actor: None,
            reason: None,
            expiry_seconds: 3_600,
        }
    }

    /// Sets a field to a text.
    ///
    /// # Errors
    /// [`DeskError::Compose`] for a text that is none.
    pub fn text(mut self, field: Field, text: &str) -> Result<Self, DeskError> {
        let text = Text::parse(text).map_err(|rule| broken(format!("{}: {rule}", field.name())))?;
        self.fields.insert(field, Value::Text(text));
        Ok(self)
    }
}

/// A file to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Media type (RFC 6838).
    pub media_type: Text,
    /// The file's bytes.
    pub content: Vec<u8>,
}

/// To whom, and where in the chains it stands.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// The exchange.
    pub exchange: ExchangeName,
    /// The sender.
    pub iss: PartyName,
    /// The clock.
    pub iat: UnixSeconds,
    /// The newest cosigned note of the log.
    pub anchor: Anchor,
    /// Names the warning: fresh for a first one, the same for its amendments.
    pub wid: Wid,
    /// First, amended or withdrawn.
    pub status: WarningStatus,
    /// Identity of the core that this one replaces.
    pub amends: Option<Digest>,
    /// SHA-256 of the recipient's declaration.
    pub declaration_digest: Digest,
    /// The declaration; its `iss` is the addressee.
    pub declaration: &'a MailboxDeclaration,
    /// 1 for the first submission to this recipient, then one more each time.
    pub seq: u64,
    /// SHA-256 of the previous submission to this recipient.
    pub prev_sub: Option<Digest>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyKind {
    /// The core statement.
    Core,
    /// A disclosure group.
    Group(Group),
    /// The attachment in this slot, from 1.
    Attachment(u8),
}

impl BodyKind {
    /// The bodies of a warning, in order.
    #[must_use]
    pub fn layout(withheld: bool, attachments: usize) -> Vec<Self> {
        let groups = Group::ALL.iter().filter(|g| !(withheld && **g == Group::Source)).map(|g| Self::Group(*g));
        let slots = (1..=u8::try_from(attachments).unwrap_or(u8::MAX)).map(Self::Attachment);
        std::iter::once(Self::Core).chain(groups).chain(slots).collect()
    }

    /// A word for it: `core`, `group:place`, `attachment:1`.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Core => "core".to_owned(),
            Self::Group(group) => format!("group:{}", group_name(group)),
            Self::Attachment(slot) => format!("attachment:{slot}"),
        }
    }

    /// Reads what [`Self::label`] gives.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        if label == "core" {
            return Some(Self::Core);
        }
        if let Some(name) = label.strip_prefix("group:") {
            return Group::ALL.iter().copied().find(|g| group_name(*g) == name).map(Self::Group);
        }
        let slot = label.strip_prefix("attachment:")?.parse().ok()?;
        (1..=8).contains(&slot).then_some(Self::Attachment(slot))
    }
}

/// The group's name in records and on the command line.
#[must_use]
pub const fn group_name(group: Group) -> &'static str {
    match group {
        Group::Address => "address",
        Group::Message => "message",
        Group::Place => "place",
        Group::Time => "time",
        Group::Target => "target",
        Group::Actor => "actor",
        Group::Attachments => "attachments",
        Group::Source => "source",
    }
}

/// One body with what its sender must keep.
#[derive(Clone, Debug)]
pub struct SealedBody {
    /// What it is.
    pub kind: BodyKind,
    /// File key, encapsulation seed and nonce.
    pub randomness: SealRandomness,
}

/// A warning, ready to be recorded and then sent.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The core.
    pub core: Statement,
    /// The submission.
    pub submission: Statement,
    /// All 33 disclosures, in the published order; those that are withheld included.
    pub disclosures: Vec<Disclosure>,
    /// The bodies.
    pub bodies: Bodies,
    /// What each body is, and how it was sealed.
    pub sealed: Vec<SealedBody>,
}

fn broken(rule: impl Into<String>) -> DeskError {
    DeskError::Compose { rule: rule.into() }
}

/// Composes a warning and signs core and submission with the sender's statement key.
///
/// # Errors
/// [`DeskError::Compose`], [`DeskError::Statement`], [`DeskError::Disclosure`], [`DeskError::Bodies`],
/// [`DeskError::Randomness`]: nothing was signed that could be sent.
pub fn compose<R: Randomness>(
    draft: &Draft,
    to: &Envelope<'_>,
    key: &SecretKey,
    randomness: &mut R,
) -> Result<Composed, DeskError> {
    check_draft(draft, to)?;
    let values = values(draft, to)?;
    let mut disclosures = Vec::with_capacity(Field::ALL.len());
    for field in Field::ALL {
        let salt = Salt::from_bytes(randomness.array()?);
        disclosures.push(Disclosure::new(&salt, *field, values.get(field).unwrap_or(&Value::Null))?);
    }
    let head = Head {
        exchange: to.exchange.clone(),
        iss: to.iss.clone(),
        iat: to.iat,
        anchor: Some(to.anchor.clone()),
        wid: Some(to.wid),
        prev: None,
        actor: draft.actor.clone(),
        reason: draft.reason.clone(),
    };
    let core = payload!(
        &head,
        Eid::from_bytes(randomness.array()?),
        Warning {
            class: draft.class.clone(),
            urgency: draft.urgency,
            mode: Mode::Open,
            spec: Specificity::of(&disclosures),
            tlp: draft.tlp,
            relay: draft.relay,
            deadline: draft.deadline,
            embargo_until: draft.embargo_until,
            retain_until: draft.retain_until,
            amends: to.amends,
            status: to.status,
            withheld: draft.withheld,
            sd: disclosures.iter().map(Disclosure::digest).collect(),
            sd_alg: "sha-256".to_owned(),
        }
    );
    let core = Statement::sign(&core, &[key])?;
    let contents = contents(draft, &core, &disclosures);
    let (bodies, sealed, size_class) = seal_all(&contents, to.declaration, randomness)?;
    let head = Head { reason: None, ..head };
    let submission = payload!(
        &head,
        Eid::from_bytes(randomness.array()?),
        Submission {
            core: core.identity(),
            e: bodies.digest(),
            mailbox: to.declaration.mailbox,
            declaration: to.declaration_digest,
            urgency: draft.urgency,
            size_class,
            deadline: draft.deadline,
            expiry: to.iat.plus(draft.expiry_seconds),
            mode: Mode::Open,
            seq: to.seq,
            prev_sub: to.prev_sub,
        }
    );
    let submission = Statement::sign(&submission, &[key])?;
    Ok(Composed { core, submission, disclosures, bodies, sealed })
}

fn check_draft(draft: &Draft, to: &Envelope<'_>) -> Result<(), DeskError> {
    if draft.attachments.len() > ATTACHMENTS_MAX {
        return Err(broken(format!("{} attachments, at most {ATTACHMENTS_MAX} are allowed", draft.attachments.len())));
    }
    if (to.status == WarningStatus::First) != to.amends.is_none() {
        return Err(broken("a first warning amends nothing; every other names what it amends"));
    }
    if draft.expiry_seconds == 0 {
        return Err(broken("the submission would expire at once"));
    }
    if let Some(deadline) = draft.deadline.filter(|deadline| *deadline <= to.iat) {
        return Err(broken(format!("the deadline {deadline} lies in the past")));
    }
    let filled = |field: &Field| *field == Field::Addressee || field.group() == Group::Attachments;
    if let Some(field) = draft.fields.keys().find(|field| filled(field)) {
        return Err(broken(format!("{} is filled in by the desk, not by the draft", field.name())));
    }
    Ok(())
}

/// What each field says; the rest is null.
fn values(draft: &Draft, to: &Envelope<'_>) -> Result<BTreeMap<Field, Value>, DeskError> {
    let mut values = draft.fields.clone();
    let addressee = Text::parse(to.declaration.iss.as_str()).map_err(broken)?;
    values.insert(Field::Addressee, Value::Text(addressee));
    for (slot, attachment) in Field::attachments().iter().zip(&draft.attachments) {
        let info = AttachmentInfo {
            media_type: attachment.media_type.clone(),
            sha256: sha256(&attachment.content),
            size: attachment.content.len() as u64,
        };
        values.insert(*slot, Value::Attachment(info));
    }
    Ok(values)
}

fn contents(draft: &Draft, core: &Statement, disclosures: &[Disclosure]) -> Vec<(BodyKind, Vec<u8>)> {
    let content = |kind| match kind {
        BodyKind::Core => core.as_bytes().to_vec(),
        BodyKind::Group(group) => group_content(group, disclosures).into_bytes(),
        BodyKind::Attachment(slot) => {
            draft.attachments.get(usize::from(slot) - 1).map(|a| a.content.clone()).unwrap_or_default()
        }
    };
    let layout = BodyKind::layout(draft.withheld, draft.attachments.len());
    layout.into_iter().map(|kind| (kind, content(kind))).collect()
}

fn group_content(group: Group, disclosures: &[Disclosure]) -> String {
    let texts: Vec<&str> = disclosures.iter().filter(|d| d.field.group() == group).map(Disclosure::as_str).collect();
    texts.join("\n")
}

fn seal_all<R: Randomness>(
    contents: &[(BodyKind, Vec<u8>)],
    declaration: &MailboxDeclaration,
    randomness: &mut R,
) -> Result<(Bodies, Vec<SealedBody>, SizeClass), DeskError> {
    let encryption = declaration.encryption.first().ok_or_else(|| broken("the declaration has no encryption key"))?;
    let recipient = Recipient::parse(&encryption.recipient).map_err(|error| broken(error.to_string()))?;
    let (mut bodies, mut sealed, mut largest) = (Vec::new(), Vec::new(), 0);
    for (kind, content) in contents {
        let plain = pad(content);
        largest = largest.max(plain.len() as u64);
        let randomness = randomness.seal()?;
        bodies.push(age::seal(&plain, &recipient, &randomness));
        sealed.push(SealedBody { kind: *kind, randomness });
    }
    Ok((Bodies::new(bodies)?, sealed, SizeClass::of(largest)))
}
