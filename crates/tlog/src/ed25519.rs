//! Ed25519 by one rule everywhere: what verifies here verifies in every strict implementation, and for one key
//! only.
//!
//! Spec: RFC 8032; the edge cases are those of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020).
//!
//! A key is 32 bytes, the one encoding of a point of the prime-order group, not the identity. Refused are points
//! of small order (anybody can sign for them), points with a torsion component (verifiers that multiply by the
//! cofactor disagree with those that do not), and second spellings of a point. A signature is 64 bytes, R ‖ S,
//! with canonical S and R, R not of small order.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::error::FormatError;

/// A public key that may be trusted to mean one signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ed25519Key(VerifyingKey);

impl Ed25519Key {
    /// Takes a key at enrolment, and never a bad one.
    ///
    /// # Errors
    /// [`FormatError::Ed25519Key`] with the rule it breaks.
    pub fn new(bytes: &[u8]) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::Ed25519Key { reason };
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| wrong("does not have 32 bytes"))?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| wrong("is not a point of the curve"))?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(wrong("is a second spelling of a point"));
        }
        if point.is_small_order() {
            return Err(wrong("is weak: anybody can sign for it"));
        }
        if !point.is_torsion_free() {
            return Err(wrong("has a torsion component: verifiers would disagree about its signatures"));
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// True if these 64 bytes are this key's signature of the message, by the strict rule. Any other length is
    /// no signature.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}
