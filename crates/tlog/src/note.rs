//! Text that is signed by one or more keys.
//!
//! Spec: c2sp.org/signed-note@v1.0.0.
//!
//! ```text
//! <text, ends with a newline; may contain empty lines>
//!                                              (the last empty line of the note)
//! — <key name> <base64(key ID[4] ‖ signature)>
//! …
//! ```
//!
//! UTF-8 without control characters below 0x20 other than the newline. A [`Note`] keeps the exact bytes it was
//! read from; what a signature covers is always a slice of them, never something printed anew.
//!
//! Left to the caller: which keys to trust. A parsed note is *unverified*; [`crate::SignedCheckpoint`] and
//! [`crate::Policy`] verify.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::codec::{base64_decode, base64_encode, take_line};
use crate::error::{FormatError, VerifyError};
use crate::key::{KeyAlgorithm, KeyId, KeyName, VerifierKey};

/// Longest note. 100 lines of the largest signatures in use (ML-DSA-44, 3.3 kB as text) take a third of it, and
/// it is the limit of the first implementation (Go's sumdb/note), so no note that others take is refused.
pub const MAX_NOTE_BYTES: usize = 1_000_000;

/// Most signature lines. The specification asks for at least 16; Go's sumdb/note has 100.
pub const MAX_SIGNATURES: usize = 100;

const DASH: &str = "— ";

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignatureLine {
    name: KeyName,
    key_id: KeyId,
    payload: Vec<u8>,
}

impl SignatureLine {
    /// Puts a line together.
    ///
    /// `payload`: what stands behind the key ID, in the layout of the key's algorithm; not empty.
    ///
    /// # Errors
    /// [`FormatError::SignatureLine`] for an empty payload, [`FormatError::TooLong`] for one that fits no note.
    pub fn new(name: KeyName, key_id: KeyId, payload: Vec<u8>) -> Result<Self, FormatError> {
        const LIMIT: usize = MAX_NOTE_BYTES / 2;
        match payload.len() {
            0 => Err(FormatError::SignatureLine { line: 1, reason: "the signature is empty" }),
            1..=LIMIT => Ok(Self { name, key_id, payload }),
            found => Err(FormatError::TooLong { what: "signature", found, limit: LIMIT, unit: "bytes" }),
        }
    }

    /// Reads one line, given without its newline.
    ///
    /// # Errors
    /// [`FormatError::SignatureLine`].
    pub fn parse(line: &str) -> Result<Self, FormatError> {
        Self::parse_numbered(line, 1)
    }

    fn parse_numbered(text: &str, line: usize) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::SignatureLine { line, reason };
        let rest = text.strip_prefix(DASH).ok_or(wrong("does not begin with an em dash and a space"))?;
        let (name, base64) = rest.split_once(' ').ok_or(wrong("is not a name and a signature"))?;
        let name = KeyName::new(name).map_err(|_| wrong("the key name is malformed"))?;
        let bytes = base64_decode(base64).ok_or(wrong("the signature is not canonical base64"))?;
        let (id, payload) = bytes.split_first_chunk().ok_or(wrong("the signature is shorter than a key ID"))?;
        Self::new(name, KeyId::new(u32::from_be_bytes(*id)), payload.to_vec())
            .map_err(|_| wrong("the signature is empty"))
    }

    /// Reads lines, each with its newline, up to the end; at least one.
    ///
    /// # Errors
    /// [`FormatError::SignatureLine`], [`FormatError::TooLong`] above [`MAX_SIGNATURES`],
    /// [`FormatError::Note`] if there is none or the last has no newline.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, FormatError> {
        let mut lines = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if lines.len() == MAX_SIGNATURES {
                let found = lines.len() + rest.split('\n').count() - 1;
                return Err(FormatError::TooLong { what: "note", found, limit: MAX_SIGNATURES, unit: "signatures" });
            }
            let line = take_line(&mut rest).ok_or(FormatError::Note { reason: "the last line has no newline" })?;
            lines.push(Self::parse_numbered(line, lines.len() + 1)?);
        }
        if lines.is_empty() { Err(FormatError::Note { reason: "has no signature" }) } else { Ok(lines) }
    }

    /// Who claims to have signed.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// With which of its keys.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The bytes behind the key ID.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// True if this line claims to be of that key. Both name and key ID must agree.
    #[must_use]
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == *key.name() && self.key_id == key.key_id()
    }
}

/// Prints the line without its newline.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.value().to_be_bytes(), self.payload.as_slice()].concat();
        write!(f, "{DASH}{} {}", self.name, base64_encode(&bytes))
    }
}

/// A note, unverified, with the exact bytes it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    source: String,
    text_bytes: usize,
    signatures: Vec<SignatureLine>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// [`FormatError::TooLong`], [`FormatError::Note`] or [`FormatError::SignatureLine`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(too_long(bytes.len()));
        }
        let wrong = |reason| FormatError::Note { reason };
        let source = str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8"))?;
        check_characters(source)?;
        let blank = source.rfind("\n\n").ok_or(wrong("has no empty line before its signatures"))?;
        let (text, signatures) = (&source[..=blank], &source[blank + 2..]);
        let signatures = SignatureLine::parse_all(signatures)?;
        Ok(Self { source: source.to_owned(), text_bytes: text.len(), signatures })
    }

    /// Puts a note together from a text and its signature lines, in this order.
    ///
    /// # Errors
    /// [`FormatError::Note`] if the text does not end with a newline or has a control character, or there is no
    /// line; [`FormatError::TooLong`].
    pub fn assemble(text: &str, signatures: &[SignatureLine]) -> Result<Self, FormatError> {
        if !text.ends_with('\n') {
            return Err(FormatError::Note { reason: "the text does not end with a newline" });
        }
        let lines = signatures.iter().map(|line| format!("{line}\n"));
        let source: String = [text, "\n"].into_iter().map(str::to_owned).chain(lines).collect();
        Self::parse(source.as_bytes())
    }

    /// The same note with one more line at its end.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] at the limits.
    pub fn with_signature(&self, line: &SignatureLine) -> Result<Self, FormatError> {
        let source = format!("{}{line}\n", self.source);
        Self::parse(source.as_bytes())
    }

    /// The same text under a selection of its lines, which is not empty.
    pub(crate) fn with_only(&self, signatures: Vec<SignatureLine>) -> Self {
        let lines = signatures.iter().map(|line| format!("{line}\n"));
        let source = [self.text(), "\n"].into_iter().map(str::to_owned).chain(lines).collect();
        Self { source, text_bytes: self.text_bytes, signatures }
    }

    /// The signed text, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source[..self.text_bytes]
    }

    /// The signature lines in their order, known or not.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// The note exactly as it was read.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.source.as_bytes()
    }

    /// The note exactly as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Checks the lines of one key of type 0x01. `Ok(false)`: it has none.
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`] if any line of this key fails: then the whole note is to be refused.
    /// [`VerifyError::Algorithm`] for a key of another type.
    pub fn verify_signature(&self, key: &VerifierKey) -> Result<bool, VerifyError> {
        if key.algorithm() != KeyAlgorithm::Ed25519 {
            let (key, algorithm) = (key.name().clone(), key.algorithm().byte());
            return Err(VerifyError::Algorithm { key, algorithm, purpose: "a note signature" });
        }
        let mut found = false;
        for line in self.signatures.iter().filter(|line| line.is_of(key)) {
            if !key.verifies(self.text().as_bytes(), line.payload()) {
                return Err(VerifyError::BadSignature { key: key.name().clone() });
            }
            found = true;
        }
        Ok(found)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// Control characters could make a terminal show another text than the one that was signed.
fn check_characters(text: &str) -> Result<(), FormatError> {
    match text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        true => Err(FormatError::Note { reason: "contains a control character other than newline" }),
        false => Ok(()),
    }
}

fn too_long(found: usize) -> FormatError {
    FormatError::TooLong { what: "note", found, limit: MAX_NOTE_BYTES, unit: "bytes" }
}

/// Signs notes with Ed25519 (type 0x01): what a log has. The secret is wiped when this is dropped, and never
/// printed.
pub struct NoteSigner {
    secret: SigningKey,
    key: VerifierKey,
}

impl NoteSigner {
    /// Takes the 32-byte seed of RFC 8032.
    ///
    /// # Errors
    /// [`FormatError::VerifierKey`] if the key of this seed must not be trusted; no seed is known for which
    /// that happens.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Result<Self, FormatError> {
        // `SigningKey` wipes itself (feature `zeroize` of ed25519-dalek).
        let secret = SigningKey::from_bytes(seed);
        let key = VerifierKey::new_ed25519(name, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }

    /// Signs a text that ends with a newline.
    ///
    /// # Errors
    /// [`FormatError::Note`] for a text that no note can have: it would be a signature over something else.
    pub fn sign(&self, text: &str) -> Result<SignatureLine, FormatError> {
        if !text.ends_with('\n') {
            return Err(FormatError::Note { reason: "the text does not end with a newline" });
        }
        check_characters(text)?;
        let signature = self.secret.sign(text.as_bytes()).to_bytes();
        SignatureLine::new(self.key.name().clone(), self.key.key_id(), signature.to_vec())
    }

    /// The key that verifies.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.key)
    }
}
