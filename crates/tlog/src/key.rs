//! Names of keys and the keys that verify.
//!
//! Spec: c2sp.org/signed-note@v1.0.0 ("Verifier keys", signature types), main for type 0x06.
//!
//! ```text
//! vkey    <name>+<key ID, 8 lower-case hex digits>+<base64(type[1] ‖ public key)>
//! key ID  first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), big-endian
//!         (0x02 ECDSA: of SHA-256(public key as SPKI DER))
//! ```
//!
//! Weak, torsioned and misspelt Ed25519 keys are refused here, once ([`Ed25519Key`]), so no policy contains one.
//!
//! Left to the caller: whom a key belongs to.

use std::fmt;

use crate::codec::{base64_decode, base64_encode, excerpt};
use crate::ed25519::Ed25519Key;
use crate::error::FormatError;
use crate::hash::sha256;

/// Longest key name. The specification has no limit; tlog-cosignature's 0x06 has 255 bytes, and this leaves
/// room for long names on lines that we only ignore.
pub const MAX_KEY_NAME_BYTES: usize = 1024;

/// Longest verifier key as text: a name, and the largest post-quantum keys now standardised (2,592 bytes).
pub const MAX_VERIFIER_KEY_BYTES: usize = 8192;

const ML_DSA_44_KEY_BYTES: usize = 1312;

/// The name in a signature line: not empty, no white space of Unicode, no `+`, no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Takes a name as it is.
    ///
    /// # Errors
    /// [`FormatError::KeyName`] with the rule it breaks.
    pub fn new(name: &str) -> Result<Self, FormatError> {
        let wrong = |reason| Err(FormatError::KeyName { found: excerpt(name), reason });
        match name {
            "" => wrong("is empty"),
            _ if name.len() > MAX_KEY_NAME_BYTES => wrong("is longer than 1024 bytes"),
            _ if name.contains(|c: char| c < ' ') => wrong("contains a control character"),
            _ if name.contains(char::is_whitespace) => wrong("contains white space"),
            _ if name.contains('+') => wrong("contains a plus sign"),
            _ => Ok(Self(name.to_owned())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for KeyName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Tells the keys of one name apart. Short, so an identifier only: whoever likes can make another key with
/// the same one, and gains nothing but signatures that fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

impl KeyId {
    /// From the number.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(value)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    fn compute(name: &KeyName, algorithm: KeyAlgorithm, key: &[u8]) -> Self {
        let digest = match algorithm {
            KeyAlgorithm::Other(0x02) => sha256(&[key]),
            _ => sha256(&[name.as_str().as_bytes(), b"\n", &[algorithm.byte()], key]),
        };
        let [a, b, c, d, ..] = *digest.as_bytes();
        Self(u32::from_be_bytes([a, b, c, d]))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Signature types of c2sp.org/signed-note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAlgorithm {
    /// 0x01: Ed25519 over the note text.
    Ed25519,
    /// 0x04: Ed25519 over a time and the note text (c2sp.org/tlog-cosignature).
    CosignatureEd25519,
    /// 0x06: ML-DSA-44 over a tree head (c2sp.org/tlog-cosignature). Read, never verified: counts as unknown.
    CosignatureMlDsa44,
    /// Any other type byte. Read, never verified: counts as unknown.
    Other(u8),
}

impl KeyAlgorithm {
    const NAMED: [(u8, Self); 3] =
        [(0x01, Self::Ed25519), (0x04, Self::CosignatureEd25519), (0x06, Self::CosignatureMlDsa44)];

    /// The algorithm of a type byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        Self::NAMED.iter().find(|(named, _)| *named == byte).map_or(Self::Other(byte), |(_, algorithm)| *algorithm)
    }

    /// The type byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Other(byte) => byte,
            _ => Self::NAMED.iter().find(|(_, named)| *named == self).map_or(0xff, |(byte, _)| *byte),
        }
    }
}

/// A name, an algorithm and a public key. Prints as the vkey that it was read from.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: KeyName,
    key_id: KeyId,
    algorithm: KeyAlgorithm,
    key: Vec<u8>,
    /// The decoded point, for the two Ed25519 types.
    ed25519: Option<Ed25519Key>,
}

impl VerifierKey {
    /// Reads a vkey: lower-case hex, canonical base64, and a key ID that is the computed one.
    ///
    /// # Errors
    /// [`FormatError::VerifierKey`] with the rule it breaks, or [`FormatError::KeyName`].
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::VerifierKey { found: excerpt(text), reason };
        if text.len() > MAX_VERIFIER_KEY_BYTES {
            return Err(wrong("is longer than 8192 bytes"));
        }
        let (name, rest) = text.split_once('+').ok_or(wrong("is not name+id+key"))?;
        let (id, key) = rest.split_once('+').ok_or(wrong("is not name+id+key"))?;
        let name = KeyName::new(name)?;
        let bytes = base64_decode(key).ok_or(wrong("the key is not canonical base64"))?;
        let (byte, key) = bytes.split_first().ok_or(wrong("the key is empty"))?;
        let key = Self::new(name, KeyAlgorithm::from_byte(*byte), key)?;
        // Compared as text: one spelling only.
        if key.key_id.to_string() == id { Ok(key) } else { Err(wrong("the key ID is not that of this name and key")) }
    }

    /// Puts a key together from its parts.
    ///
    /// # Errors
    /// [`FormatError::VerifierKey`] if the key is not one of this algorithm, or must not be trusted.
    pub fn new(name: KeyName, algorithm: KeyAlgorithm, key: &[u8]) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::VerifierKey { found: excerpt(name.as_str()), reason };
        let ed25519 = match algorithm {
            KeyAlgorithm::Ed25519 | KeyAlgorithm::CosignatureEd25519 => Some(Ed25519Key::new(key)?),
            KeyAlgorithm::CosignatureMlDsa44 if key.len() != ML_DSA_44_KEY_BYTES => {
                return Err(wrong("an ML-DSA-44 key has 1312 bytes"));
            }
            KeyAlgorithm::Other(byte) if KeyAlgorithm::from_byte(byte) != algorithm => {
                return Err(wrong("this type byte has a name of its own"));
            }
            _ if key.is_empty() => return Err(wrong("the key is empty")),
            _ if key.len() > MAX_VERIFIER_KEY_BYTES / 2 => return Err(wrong("the key is longer than 4096 bytes")),
            _ => None,
        };
        let key_id = KeyId::compute(&name, algorithm, key);
        Ok(Self { name, key_id, algorithm, key: key.to_vec(), ed25519 })
    }

    /// An Ed25519 key for notes (type 0x01): what a log signs with.
    ///
    /// # Errors
    /// As [`VerifierKey::new`].
    pub fn new_ed25519(name: KeyName, key: &[u8; 32]) -> Result<Self, FormatError> {
        Self::new(name, KeyAlgorithm::Ed25519, key)
    }

    /// An Ed25519 key for cosignatures (type 0x04): what a witness signs with.
    ///
    /// # Errors
    /// As [`VerifierKey::new`].
    pub fn new_cosignature_ed25519(name: KeyName, key: &[u8; 32]) -> Result<Self, FormatError> {
        Self::new(name, KeyAlgorithm::CosignatureEd25519, key)
    }

    /// The name on its signature lines.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The identifier on its signature lines.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What its signatures are.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The public key itself, without the type byte. Two vkeys with the same one are duplicates, whatever
    /// their names (c2sp.org/tlog-policy).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.key
    }

    /// Plain Ed25519 by the strict rule; false for a key of another algorithm.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.ed25519.is_some_and(|key| key.verifies(message, signature))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.algorithm.byte()], self.key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.key_id, base64_encode(&bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}
