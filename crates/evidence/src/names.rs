//! Names of parties, exchanges and roles.
//!
//! A party that is known by key alone (identity grade I0) has the name `key:<kid>`, and that name
//! *is* the identifier of its first statement key. Every other name is DNS-like and needs sponsors
//! (grade I2). Names are compared byte for byte; only lower-case ASCII is allowed, so that no two
//! names look alike through case or Unicode.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Longest name: the limit of DNS (RFC 1035 §2.3.4).
pub const NAME_BYTES_MAX: usize = 253;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a {kind}: {rule}")]
pub struct NameError {
    /// Which kind of name was expected.
    pub kind: &'static str,
    /// The text, at most 80 characters of it.
    pub found: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

fn dns_like(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > NAME_BYTES_MAX {
        return Err("1 to 253 bytes are allowed");
    }
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !text.split('.').all(label_ok) {
        return Err("labels of a-z, 0-9 and inner '-' of at most 63 bytes, separated by dots");
    }
    Ok(())
}

/// Declares a validated name.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads a name; nothing is normalised.
            ///
            /// # Errors
            /// [`NameError`](crate::names::NameError) with the rule that is broken.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(text).map(|()| Self(text.to_owned())).map_err(|rule| NameError {
                    kind: $kind,
                    found: text.chars().take(80).collect(),
                    rule,
                })
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

name_type! {
    /// Name of a party: `key:<kid>` (grade I0) or a DNS-like name.
    PartyName, "party name", |text| match text.strip_prefix("key:") {
        Some(kid) => crate::Digest::parse(kid).map(|_| ()).map_err(|_| "'key:' is followed by a key identifier"),
        None => dns_like(text),
    }
}
name_type! {
    /// Name of an exchange. Its logs have the origins `<name>/log` and `<name>/directory`.
    ExchangeName, "exchange name", dns_like
}
name_type! {
    /// A role in an organisation, such as `duty-officer`: never a person.
    RoleName, "role", |text| {
        let ok = (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if ok { Ok(()) } else { Err("1 to 63 bytes of a-z, 0-9 and '-'") }
    }
}

name_type! {
    /// What kind of danger: dotted lower-case words, general to special.
    ClassName, "class", dns_like
}

impl PartyName {
    /// Whether the name is the fingerprint of a key (identity grade I0).
    #[must_use]
    pub fn is_key_fingerprint(&self) -> bool {
        self.0.starts_with("key:")
    }
}

impl ExchangeName {
    /// Origin of the log of commitments.
    #[must_use]
    pub fn log_origin(&self) -> String {
        format!("{}/log", self.0)
    }

    /// Origin of the directory of identities.
    #[must_use]
    pub fn directory_origin(&self) -> String {
        format!("{}/directory", self.0)
    }

    /// The exchange as a party of its own directory.
    #[must_use]
    pub fn as_party(&self) -> PartyName {
        PartyName(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn party_name_has_one_spelling() {
        assert!(PartyName::parse("north.example").is_ok());
        for text in
            ["", "North.example", "north..example", "-a.example", "nörth.example", "north.example ", "key:", "key:AA"]
        {
            assert!(PartyName::parse(text).is_err(), "accepted {text:?}");
        }
    }

    #[test]
    fn exchange_names_both_of_its_logs() {
        let exchange = ExchangeName::parse("exchange.example").unwrap();
        assert_eq!(exchange.log_origin(), "exchange.example/log");
        assert_eq!(exchange.directory_origin(), "exchange.example/directory");
    }
}
