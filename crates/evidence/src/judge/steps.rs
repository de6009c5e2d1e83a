//! The delivery steps (DESIGN §2), lowest first.

use serde::{Serialize, Serializer};
use std::fmt;

/// How far a warning is proven to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The sender logged it alone.
    Intent,
    /// The exchange accepted it.
    Submitted,
    /// q custodians of the recipient's own declaration hold it.
    Available,
    /// The recipient's system signed a head that covers it.
    Notified,
    /// A custodian's word and a signed head: the bytes left to the recipient's session.
    HandedOver,
    /// The recipient's system signed which digests it found valid.
    Decrypted,
    /// A person in a role refused to take notice.
    Declined,
    /// A person in a role answered.
    Acknowledged,
}

impl Step {
    /// Every step, lowest first.
    pub const ALL: [Self; 8] = [
        Self::Intent,
        Self::Submitted,
        Self::Available,
        Self::Notified,
        Self::HandedOver,
        Self::Decrypted,
        Self::Declined,
        Self::Acknowledged,
    ];

    /// The word in findings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Submitted => "submitted",
            Self::Available => "available",
            Self::Notified => "notified",
            Self::HandedOver => "handed-over",
            Self::Decrypted => "decrypted",
            Self::Declined => "declined",
            Self::Acknowledged => "acknowledged",
        }
    }

    /// Whether the step alone shows that content reached the recipient or lay where it had said it can be told.
    /// A signed head shows that an item was known, not what it was.
    #[must_use]
    pub const fn is_telling(self) -> bool {
        matches!(self, Self::Available | Self::Decrypted | Self::Declined | Self::Acknowledged)
    }

    /// What the step means, in a sentence about the recipient `to`. Below `acknowledged` never "read", "knew", "opened".
    #[must_use]
    pub fn sentence(self, to: &str) -> String {
        match self {
            Self::Intent => "its author logged it".to_owned(),
            Self::Submitted => "the exchange accepted it".to_owned(),
            Self::Available => format!("it lay available in the mailboxes that {to} had declared"),
            Self::Notified => format!("the system of {to} signed a head that covers it (a receipt by a machine)"),
            Self::HandedOver => format!("its bytes were handed over to a session of {to}"),
            Self::Decrypted => format!("the system of {to} decrypted it (a receipt by a machine)"),
            Self::Declined => format!("a person in a role of {to} declined it"),
            Self::Acknowledged => format!("a person in a role of {to} answered it"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
