//! What a witness says about a checkpoint, and when.
//!
//! Spec: c2sp.org/tlog-cosignature@v1.0.1, type 0x04 (timestamped Ed25519).
//!
//! ```text
//! line     — <witness> base64(key ID[4] ‖ time u64-BE ‖ Ed25519 signature[64])
//! message  cosignature/v1\n
//!          time <decimal>\n
//!          <whole note text, extension lines included>
//! ```
//!
//! It means: "as of this time, the largest consistent tree that I have seen of this log is this one". It does
//! not name the witness, so one Ed25519 key serves one cosigner only. Type 0x06 (ML-DSA-44) is read as a line and
//! a key, and counts as an unknown key.
//!
//! Left to the caller: the clock of the witness, and whether a time lies in the future.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::checkpoint::Checkpoint;
use crate::codec::decimal;
use crate::error::{FormatError, VerifyError};
use crate::hash::number;
use crate::key::{KeyAlgorithm, KeyName, VerifierKey};
use crate::note::{Note, SignatureLine};

number! {
    /// Seconds since 1970-01-01T00:00:00Z without leap seconds (POSIX), below 2^63.
    Timestamp, "time"
}

/// Key ID aside, a cosignature is a time and a signature.
const PAYLOAD_BYTES: usize = 8 + 64;

/// The bytes that a witness signs (type 0x04).
#[must_use]
pub fn cosignature_message(text: &str, time: Timestamp) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// Cosigns checkpoints (type 0x04): what a witness has. The secret is wiped when this is dropped, and never
/// printed.
pub struct CosignatureSigner {
    secret: SigningKey,
    key: VerifierKey,
}

impl CosignatureSigner {
    /// Takes the 32-byte seed of RFC 8032. Not the seed of a log, and not that of another cosigner.
    ///
    /// # Errors
    /// [`FormatError::VerifierKey`] if the key of this seed must not be trusted; no seed is known for which
    /// that happens.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Result<Self, FormatError> {
        // `SigningKey` wipes itself (feature `zeroize` of ed25519-dalek).
        let secret = SigningKey::from_bytes(seed);
        let key = VerifierKey::new_cosignature_ed25519(name, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }

    /// Cosigns the text of a checkpoint.
    ///
    /// The caller has made sure that the tree extends every tree it cosigned before ([`crate::decide`]), has
    /// that written down durably, and takes the time from a clock that does not go back.
    ///
    /// # Errors
    /// [`FormatError::Checkpoint`] if the text is no checkpoint: nothing else is ever cosigned.
    pub fn sign(&self, text: &str, time: Timestamp) -> Result<SignatureLine, FormatError> {
        Checkpoint::parse(text)?;
        let signature = self.secret.sign(&cosignature_message(text, time)).to_bytes();
        let payload = [time.value().to_be_bytes().as_slice(), &signature].concat();
        SignatureLine::new(self.key.name().clone(), self.key.key_id(), payload)
    }

    /// The key that verifies.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }
}

impl fmt::Debug for CosignatureSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignatureSigner({})", self.key)
    }
}

/// Looks for the cosignature of one witness. `Ok(None)`: it has none, or its key is of a type that is read
/// but not verified (0x06 and unknown ones).
///
/// # Errors
/// [`VerifyError::BadSignature`] if a line of this key does not verify: then the whole note is to be refused.
/// [`VerifyError::DuplicateCosignature`] for two lines, because it would be left to chance which time counts.
/// [`VerifyError::Algorithm`] for a key of type 0x01, which signs notes and never cosigns.
pub fn verify_cosignature(key: &VerifierKey, note: &Note) -> Result<Option<Timestamp>, VerifyError> {
    match key.algorithm() {
        KeyAlgorithm::CosignatureEd25519 => {}
        KeyAlgorithm::CosignatureMlDsa44 | KeyAlgorithm::Other(_) => return Ok(None),
        KeyAlgorithm::Ed25519 => {
            let (key, algorithm) = (key.name().clone(), key.algorithm().byte());
            return Err(VerifyError::Algorithm { key, algorithm, purpose: "a cosignature" });
        }
    }
    let mut time = None;
    for line in note.signatures().iter().filter(|line| line.is_of(key)) {
        let found = verified_time(key, note, line).ok_or(VerifyError::BadSignature { key: key.name().clone() })?;
        if time.replace(found).is_some() {
            return Err(VerifyError::DuplicateCosignature { key: key.name().clone() });
        }
    }
    Ok(time)
}

fn verified_time(key: &VerifierKey, note: &Note, line: &SignatureLine) -> Option<Timestamp> {
    let payload: &[u8; PAYLOAD_BYTES] = line.payload().try_into().ok()?;
    let (time, signature) = payload.split_first_chunk()?;
    let time = Timestamp::checked(u64::from_be_bytes(*time))?;
    key.verifies(&cosignature_message(note.text(), time), signature).then_some(time)
}
