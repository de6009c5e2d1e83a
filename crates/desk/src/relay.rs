//! Whether a warning may be passed on, and which fields of it (DESIGN §3: relay terms, TLP 2.0, consent).
//!
//! | relay term | RED, AMBER+STRICT | AMBER | GREEN, CLEAR |
//! |---|---|---|---|
//! | `none` | never | never | never |
//! | `ask` | consent | consent | consent |
//! | `tlp` | consent | free, to clients | free |
//!
//! Besides: sources pass only with a consent that names them; nothing that was withdrawn or is past `retain_until`
//! passes; a consent is of the core's own author, for that core and that recipient, covers every field, and is not expired.

use monition_evidence::statement::RelayConsent;
use monition_evidence::values::{RelayTerms, Tlp, WarningStatus};
use monition_evidence::warning::{Disclosed, Disclosure, Field, Group, Warning};
use monition_evidence::{Digest, PartyName, UnixSeconds};
use serde::{Deserialize, Serialize};

/// Media type of the attachment in which a relay carries the original.
pub const RELAY_MEDIA_TYPE: &str = "application/monition-relay+json";

/// What stands in that attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayedOriginal {
    /// The original author's core statement.
    pub core: String,
    /// The disclosures that are passed on, in the published order.
    pub disclosures: Vec<String>,
}

/// Why a warning may not be passed on like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayRefusal {
    /// The sender forbids it.
    #[error("the sender forbids passing this warning on")]
    Forbidden,
    /// It was taken back.
    #[error("the warning was withdrawn")]
    Withdrawn,
    /// Its time is over.
    #[error("the warning was to be deleted after {until}")]
    Retention {
        /// `retain_until`.
        until: UnixSeconds,
    },
    /// The sender must be asked.
    #[error("passing this on to {to} needs the sender's consent (relay terms {terms}, TLP:{tlp})")]
    ConsentNeeded {
        /// To whom.
        to: PartyName,
        /// The relay terms.
        terms: RelayTerms,
        /// The marking.
        tlp: Tlp,
    },
    /// Sources need to be named in a consent.
    #[error("{field} tells how the sender knows: it passes only with a consent that names it")]
    SourceNeedsConsent {
        /// The field.
        field: &'static str,
    },
    /// The consent is another one.
    #[error("the consent does not fit: {rule}")]
    WrongConsent {
        /// What differs.
        rule: &'static str,
    },
    /// The consent is over.
    #[error("the consent expired at {expiry}")]
    ConsentExpired {
        /// When.
        expiry: UnixSeconds,
    },
    /// The consent does not cover a field.
    #[error("the consent does not cover {field}")]
    NotCovered {
        /// The field.
        field: &'static str,
    },
    /// A field that we do not hold.
    #[error("{field} is closed to us and cannot be passed on")]
    NotHeld {
        /// The field.
        field: &'static str,
    },
    /// Nothing to pass on.
    #[error("no field was chosen to be passed on")]
    Nothing,
    /// The marking may not become weaker.
    #[error("TLP:{wanted} is weaker than the sender's TLP:{own}")]
    WeakerMarking {
        /// What was asked for.
        wanted: Tlp,
        /// What the sender set.
        own: Tlp,
    },
}

impl RelayRefusal {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "usage-relay-forbidden",
            Self::Withdrawn => "usage-relay-withdrawn",
            Self::Retention { .. } => "usage-relay-retention",
            Self::ConsentNeeded { .. } => "usage-relay-consent-needed",
            Self::SourceNeedsConsent { .. } => "usage-relay-source",
            Self::WrongConsent { .. } => "usage-relay-wrong-consent",
            Self::ConsentExpired { .. } => "usage-relay-consent-expired",
            Self::NotCovered { .. } => "usage-relay-not-covered",
            Self::NotHeld { .. } => "usage-relay-not-held",
            Self::Nothing => "usage-relay-nothing",
            Self::WeakerMarking { .. } => "usage-relay-marking",
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Forbidden => "ask the sender to warn the other party itself",
            Self::Withdrawn => "if it was passed on before, tell that party of the withdrawal",
            Self::Retention { .. } => "ask the sender for a newer warning",
            Self::ConsentNeeded { .. } => "ask the sender for a consent and name it",
            Self::SourceNeedsConsent { .. } => "leave the source fields out, or ask the sender",
            Self::WrongConsent { .. } | Self::ConsentExpired { .. } => "ask the sender for a new consent",
            Self::NotCovered { .. } => "leave the field out, or ask the sender for it",
            Self::NotHeld { .. } => "choose among the fields that 'read' shows",
            Self::Nothing => "choose at least one field",
            Self::WeakerMarking { .. } => "keep the sender's marking or a stricter one",
        }
    }
}

/// What is to be passed on.
#[derive(Clone, Copy, Debug)]
pub struct RelayPlan<'a> {
    /// The original core.
    pub core: &'a Warning,
    /// Its identity.
    pub core_identity: Digest,
    /// By which submission it came.
    pub submission: Digest,
    /// What of it is open to us.
    pub held: &'a Disclosed,
    /// The fields to pass on.
    pub fields: &'a [Field],
    /// To whom.
    pub to: &'a PartyName,
    /// The marking under which it goes on.
    pub tlp: Tlp,
    /// The sender's consent, its signature checked by the caller.
    pub consent: Option<&'a RelayConsent>,
    /// The clock.
    pub now: UnixSeconds,
}

/// Whether the terms of a warning ask for a consent before it leaves the organisation.
#[must_use]
pub fn consent_needed(terms: RelayTerms, tlp: Tlp) -> bool {
    match terms {
        RelayTerms::None | RelayTerms::Ask => true,
        RelayTerms::Tlp => matches!(tlp, Tlp::Red | Tlp::AmberStrict),
    }
}

/// Decides; gives the disclosures to pass on, in the published order.
///
/// # Errors
/// [`RelayRefusal`].
pub fn decide<'a>(plan: &RelayPlan<'a>) -> Result<Vec<&'a Disclosure>, RelayRefusal> {
    let core = plan.core;
    if core.relay == RelayTerms::None {
        return Err(RelayRefusal::Forbidden);
    }
    if core.status == WarningStatus::Withdrawn {
        return Err(RelayRefusal::Withdrawn);
    }
    if let Some(until) = core.retain_until.filter(|until| *until < plan.now) {
        return Err(RelayRefusal::Retention { until });
    }
    // Tlp::ALL goes from strictest to no limit.
    if plan.tlp > core.tlp {
        return Err(RelayRefusal::WeakerMarking { wanted: plan.tlp, own: core.tlp });
    }
    let mut chosen = Vec::new();
    for field in plan.fields {
        chosen.push(plan.held.get(*field).ok_or(RelayRefusal::NotHeld { field: field.name() })?);
    }
    chosen.sort_by_key(|d| d.field.position());
    chosen.dedup_by_key(|d| d.field.position());
    if chosen.is_empty() {
        return Err(RelayRefusal::Nothing);
    }
    let Some(consent) = plan.consent else {
        if consent_needed(core.relay, core.tlp) {
            let to = plan.to.clone();
            return Err(RelayRefusal::ConsentNeeded { to, terms: core.relay, tlp: core.tlp });
        }
        return match chosen.iter().find(|d| d.field.group() == Group::Source) {
            Some(source) => Err(RelayRefusal::SourceNeedsConsent { field: source.field.name() }),
            None => Ok(chosen),
        };
    };
    check_consent(plan, consent, &chosen)?;
    Ok(chosen)
}

fn check_consent(plan: &RelayPlan<'_>, consent: &RelayConsent, chosen: &[&Disclosure]) -> Result<(), RelayRefusal> {
    let wrong = |rule| Err(RelayRefusal::WrongConsent { rule });
    if consent.iss != plan.core.iss {
        return wrong("it is not of the warning's author");
    }
    if consent.core != plan.core_identity {
        return wrong("it is for another warning, or for another version of it");
    }
    if consent.submission != plan.submission {
        return wrong("it is for another submission");
    }
    if consent.to != *plan.to {
        return wrong("it is for another recipient");
    }
    if consent.expiry < plan.now {
        return Err(RelayRefusal::ConsentExpired { expiry: consent.expiry });
    }
    match chosen.iter().find(|d| !consent.digests.contains(&d.digest())) {
        Some(open) => Err(RelayRefusal::NotCovered { field: open.field.name() }),
        None => Ok(()),
    }
}
