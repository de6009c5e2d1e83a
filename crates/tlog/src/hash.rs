//! SHA-256 values, and the numbers of a tree: its size, the place of a leaf, its head.
//!
//! Spec: RFC 6962 §2.1 with SHA-256; c2sp.org/tlog-checkpoint@v1.0.0 for the spellings.
//! A hash is 32 bytes; as text it is standard base64 with padding (44 characters) in notes and proofs, and
//! lower-case hex (64 digits) for people. A number is ASCII decimal without sign or leading zero.
//! Sizes stay below 2^63, as everywhere in the C2SP family, so that no sum of two of them overflows.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::codec::{base64_decode, base64_encode, decimal, excerpt};
use crate::error::FormatError;

/// A SHA-256 value: of a leaf, a node, or a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Takes 32 bytes as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard base64 with padding: 44 characters.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64_encode(&self.0)
    }

    /// Reads what [`Hash::to_base64`] writes, and no second spelling of it.
    ///
    /// # Errors
    /// [`FormatError::Hash`], carrying the text as found.
    pub fn parse_base64(text: &str) -> Result<Self, FormatError> {
        let wrong = || FormatError::Hash { encoding: "standard base64 with padding", found: excerpt(text) };
        if text.len() != 44 {
            return Err(wrong());
        }
        let bytes = base64_decode(text).ok_or_else(wrong)?;
        bytes.try_into().map(Self).map_err(|_| wrong())
    }

    /// 64 lower-case hex digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.to_string()
    }

    /// Reads 64 lower-case hex digits.
    ///
    /// # Errors
    /// [`FormatError::Hash`], carrying the text as found.
    pub fn parse_hex(text: &str) -> Result<Self, FormatError> {
        let wrong = || FormatError::Hash { encoding: "lower-case hex", found: excerpt(text) };
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| wrong())?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0]).ok_or_else(wrong)? << 4 | nibble(pair[1]).ok_or_else(wrong)?;
        }
        Ok(Self(bytes))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// SHA-256 of the parts one after another. Nothing marks where one part ends: whoever needs that writes
/// lengths into the parts.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    Hash(digest.finalize().into())
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The smallest.
            pub const ZERO: Self = Self(0);

            /// The largest: 2^63 − 1.
            pub const MAX: Self = Self(i64::MAX as u64);

            /// Takes a number that the program itself made.
            ///
            /// # Panics
            /// From 2^63 on. A number from outside goes through [`Self::checked`] or [`Self::parse`].
            #[must_use]
            #[track_caller]
            pub const fn new(value: u64) -> Self {
                assert!(value <= Self::MAX.0, concat!($what, " reaches 2^63"));
                Self(value)
            }

            /// Takes any number below 2^63.
            #[must_use]
            pub const fn checked(value: u64) -> Option<Self> {
                if value <= Self::MAX.0 { Some(Self(value)) } else { None }
            }

            /// Reads ASCII digits without sign or leading zero.
            ///
            /// # Errors
            /// [`FormatError::Number`], carrying the text as found; nothing is normalised.
            pub fn parse(text: &str) -> Result<Self, FormatError> {
                decimal($what, text).map(Self)
            }

            /// The number.
            #[must_use]
            pub const fn value(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$name> for u64 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    };
}
pub(crate) use number;

number! {
    /// Number of entries in a tree: line 2 of a checkpoint (c2sp.org/tlog-checkpoint).
    /// Unit: entries. Not an index; every index is smaller than its size.
    TreeSize, "tree size"
}

number! {
    /// Place of a leaf in its log, from 0 (c2sp.org/tlog-proof).
    LeafIndex, "leaf index"
}

/// What a checkpoint commits to: how many leaves, and the root over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: TreeSize,
    /// RFC 6962 root over exactly these leaves.
    pub root: Hash,
}

impl TreeHead {
    /// The tree without leaves; its root is SHA-256 of nothing.
    pub const EMPTY: Self = Self {
        size: TreeSize::ZERO,
        root: Hash([
            0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
            0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
        ]),
    };

    /// False for the one head whose root is known in advance and yet another: size 0 with a foreign root.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        self.size != TreeSize::ZERO || self.root == Self::EMPTY.root
    }
}
