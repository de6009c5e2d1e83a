//! Text and byte encodings that signed things use.
//!
//! Binary values stand in JSON as canonical unpadded base64url (RFC 4648 §5): one value has one
//! spelling, because two spellings of one signed value are two statements. Hashed layouts
//! prefix every field of variable length with its length, so that no two field lists share bytes.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Strict: no padding, no white space, and the unused bits of the last character are zero.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

/// Why a text is not the base64url spelling of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Wrong alphabet, padding, or non-zero trailing bits.
    #[error("{what} is not canonical unpadded base64url (RFC 4648 §5)")]
    NotBase64Url {
        /// Which value was read.
        what: &'static str,
    },
    /// Right alphabet, wrong number of bytes.
    #[error("{what} has {found} bytes, {needed} are needed")]
    Length {
        /// Which value was read.
        what: &'static str,
        /// Bytes found.
        found: usize,
        /// Bytes needed.
        needed: usize,
    },
}

/// Canonical unpadded base64url of `bytes`.
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

/// Bytes of canonical unpadded base64url `text`; `what` names the value in the error.
///
/// # Errors
/// [`EncodingError::NotBase64Url`] for any second spelling.
pub fn from_base64url(what: &'static str, text: &str) -> Result<Vec<u8>, EncodingError> {
    BASE64URL.decode(text).map_err(|_| EncodingError::NotBase64Url { what })
}

/// Declares a fixed-size binary value that stands in JSON as base64url.
macro_rules! binary_value {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Wraps the bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads canonical unpadded base64url.
            ///
            /// # Errors
            /// [`EncodingError`] for another spelling or another length.
            pub fn parse(text: &str) -> Result<Self, EncodingError> {
                let bytes = from_base64url($what, text)?;
                let found = bytes.len();
                bytes.try_into().map(Self).map_err(|_| EncodingError::Length { what: $what, found, needed: $len })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_base64url(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
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

binary_value! {
    /// A SHA-256 digest. Never shortened, not even as a cache key.
    Digest, 32, "digest"
}
binary_value! {
    /// `eid`: the secret random 128 bits in every statement. It hides the leaf in the log.
    Eid, 16, "eid"
}
binary_value! {
    /// `wid`: names one warning of one author. Random, 128 bits.
    Wid, 16, "wid"
}
binary_value! {
    /// Pseudonym of a mailbox, chosen by the recipient in its declaration. Random, 128 bits.
    MailboxId, 16, "mailbox"
}
binary_value! {
    /// 128 random bits that hide what a digest stands for.
    Salt, 16, "salt"
}

impl From<monition_tlog::Hash> for Digest {
    fn from(hash: monition_tlog::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl From<Digest> for monition_tlog::Hash {
    fn from(digest: Digest) -> Self {
        Self::from_bytes(digest.0)
    }
}

/// SHA-256 over a layout: a tag line, then fields that are fixed-size or length-prefixed.
///
/// ```text
/// tag "\n" ‖ field ‖ field …      variable field = u32-BE length ‖ bytes
/// ```
pub(crate) struct Layout(Sha256);

impl Layout {
    pub(crate) fn new(tag: &str) -> Self {
        Self(Sha256::new_with_prefix(tag.as_bytes()))
    }

    /// A field of fixed size, written as it is.
    pub(crate) fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    /// A field of variable size: u32 big-endian length, then the bytes.
    pub(crate) fn field(self, bytes: &[u8]) -> Self {
        // Every field is bounded by a parser limit far below 4 GiB; a longer one saturates and
        // so gives a digest that matches nothing rather than an ambiguous one.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.fixed(&length.to_be_bytes()).fixed(bytes)
    }

    pub(crate) fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// SHA-256 of `bytes` alone.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_has_one_spelling() {
        assert_eq!(from_base64url("x", "AQ").unwrap(), [1]);
        for text in ["AQ==", "AR", "A", "A Q", "AQ\n", "A+/=", "+w"] {
            assert!(from_base64url("x", text).is_err(), "accepted {text:?}");
        }
    }

    #[test]
    fn digest_refuses_another_length() {
        assert!(Digest::parse("AQ").is_err());
        assert_eq!(Digest::parse(&to_base64url(&[7; 32])).unwrap(), Digest([7; 32]));
    }

    #[test]
    fn layout_separates_fields() {
        let one = Layout::new("t\n").field(b"ab").field(b"c").digest();
        let other = Layout::new("t\n").field(b"a").field(b"bc").digest();
        assert_ne!(one, other);
    }
}
