//! Keys of parties: one key for one function (DESIGN §3; RFC 8032, RFC 9864).
//!
//! Verification is `verify_strict` alone: with the laxer rules a small-order key lets one signature
//! fit many messages, so that "A signed this" would prove nothing. Weak and torsioned keys are
//! refused when a key is read, and never does a batch decide.

use crate::encoding::{Digest, Layout, from_base64url, to_base64url};
use crate::names::RoleName;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use zeroize::Zeroizing;

/// Why a key or a signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are no canonical curve point.
    #[error("the bytes are not an Ed25519 public key")]
    NotAPoint,
    /// Small order or a torsion component: such keys make signatures ambiguous.
    #[error("weak or torsioned Ed25519 keys are refused")]
    Weak,
    /// The signature does not fit the key and the bytes.
    #[error("the signature by key {kid} does not fit")]
    Signature {
        /// The key that should have signed.
        kid: KeyId,
    },
}

/// Identifier of a public key: SHA-256("monition/key/v1\n" ‖ len-prefixed algorithm ‖ key).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({})", self.0)
    }
}

/// Signature algorithms by their JOSE names (RFC 9864). The enrolled key says which must be present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032), the fully specified name of RFC 9864.
    Ed25519,
}

/// An Ed25519 public key that is neither weak nor torsioned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::NotAPoint`] or [`KeyError::Weak`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        // A non-canonical encoding decompresses to a point that is written differently.
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::NotAPoint);
        }
        if key.is_weak() || !key.to_edwards().is_torsion_free() {
            return Err(KeyError::Weak);
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key's identifier.
    #[must_use]
    pub fn kid(&self) -> KeyId {
        KeyId(Layout::new("monition/key/v1\n").field(b"Ed25519").fixed(self.as_bytes()).digest())
    }

    /// Checks a signature over exactly `message`, strictly (RFC 8032 §5.1.7 with the cofactorless equation).
    ///
    /// # Errors
    /// [`KeyError::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| KeyError::Signature { kid: self.kid() })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", to_base64url(self.as_bytes()))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64url(self.as_bytes()))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = from_base64url("public key", &text).map_err(de::Error::custom)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| de::Error::custom("a public key has 32 bytes"))?;
        Self::from_bytes(&bytes).map_err(de::Error::custom)
    }
}

/// A secret Ed25519 key. Zeroised when dropped; has no `Debug` of the secret.
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// The key of a 32-byte seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        // A key derived from a clamped scalar is torsion-free and not weak by construction.
        let public = PublicKey(key.verifying_key());
        Self { key, public }
    }

    /// The seed, for the key store alone.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs exactly `message`. Deterministic.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public.kid())
    }
}

/// What a key may sign. A stolen mailbox key forges neither a warning nor an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// Warnings, submissions, directory entries: what the organisation says. A person releases it.
    Statement,
    /// Receipts of the party's system and signed reads; may unlock at boot.
    Mailbox,
    /// Replies of a person in a role.
    Role,
    /// An exchange's answers.
    Exchange,
    /// A custodian's attestations.
    Custodian,
}

/// One enrolled key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolledKey {
    /// Signature algorithm.
    pub alg: Algorithm,
    /// The public key.
    pub public: PublicKey,
    /// What it may sign.
    #[serde(rename = "use")]
    pub key_use: KeyUse,
    /// The role, where `use` is `role`; else absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
}

impl EnrolledKey {
    /// The key's identifier.
    #[must_use]
    pub fn kid(&self) -> KeyId {
        self.public.kid()
    }
}

/// Pre-rotation: SHA-256("monition/keyset/v1\n" ‖ u32 count ‖ kid …) of the keys that will come next.
#[must_use]
pub fn key_set_digest(kids: &[KeyId]) -> Digest {
    let count = u32::try_from(kids.len()).unwrap_or(u32::MAX);
    kids.iter()
        .fold(Layout::new("monition/keyset/v1\n").fixed(&count.to_be_bytes()), |layout, kid| {
            layout.fixed(kid.0.as_bytes())
        })
        .digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::Weak));
        assert!(PublicKey::from_bytes(&[0xff; 32]).is_err());
    }

    #[test]
    fn a_signature_fits_only_its_bytes_and_key() {
        let key = SecretKey::from_seed(&[1; 32]);
        let signature = key.sign(b"a");
        assert!(key.public().verify(b"a", &signature).is_ok());
        assert!(key.public().verify(b"b", &signature).is_err());
        assert!(SecretKey::from_seed(&[2; 32]).public().verify(b"a", &signature).is_err());
    }

    #[test]
    fn derived_public_keys_pass_the_enrolment_check() {
        for seed in 0..32u8 {
            let public = SecretKey::from_seed(&[seed; 32]).public();
            assert_eq!(PublicKey::from_bytes(public.as_bytes()), Ok(public));
        }
    }

    #[test]
    fn a_secret_key_does_not_print_its_seed() {
        let key = SecretKey::from_seed(&[0x5a; 32]);
        assert!(!format!("{key:?}").contains(&to_base64url(&[0x5a; 32])));
    }
}
