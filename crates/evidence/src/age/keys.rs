//! Keys as text and as bytes, and the secrets of one file. Secrets are zeroized on drop and never printed.

use std::fmt;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::AgeError;

const RECIPIENT_HRP: &str = "age";
const IDENTITY_HRP: &str = "AGE-SECRET-KEY-";

/// X25519 public key, `age1…`: canonical encoding, never a low-order point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient([u8; 32]);

impl Recipient {
    /// Reads the 62 lower-case characters of `age1…` (BIP 173).
    ///
    /// # Errors
    /// [`AgeError::Recipient`].
    pub fn parse(text: &str) -> Result<Self, AgeError> {
        let bytes = from_bech32(RECIPIENT_HRP, text).map_err(|problem| AgeError::Recipient { problem })?;
        Self::from_bytes(*bytes)
    }

    /// Takes a u-coordinate (RFC 7748), little endian. A non-canonical one would be sealed to and never opened: age
    /// hashes these very bytes, and its owner computes the canonical ones.
    ///
    /// # Errors
    /// [`AgeError::Recipient`], also for low-order points.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, AgeError> {
        let at_least_p = bytes[0] >= 0xed && bytes[1..31].iter().all(|byte| *byte == 0xff) && bytes[31] == 0x7f;
        if at_least_p || bytes[31] & 0x80 != 0 {
            return Err(AgeError::Recipient { problem: "its coordinate is not canonical" });
        }
        // A clamped scalar is a multiple of 8 and of no large subgroup order: all of them agree on what is low-order.
        if !StaticSecret::from([0; 32]).diffie_hellman(&PublicKey::from(bytes)).was_contributory() {
            return Err(AgeError::Recipient { problem: "it is a low-order point" });
        }
        Ok(Self(bytes))
    }

    /// The u-coordinate, little endian.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_lower_to_fmt::<Bech32, _>(f, Hrp::parse_unchecked(RECIPIENT_HRP), &self.0)
            .map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

/// X25519 secret key, `AGE-SECRET-KEY-1…`. Zeroized on drop; never printed.
#[derive(Clone)]
pub struct Identity(StaticSecret);

impl Identity {
    /// Reads the 74 upper-case characters of `AGE-SECRET-KEY-1…`.
    ///
    /// # Errors
    /// [`AgeError::Identity`].
    pub fn parse(text: &str) -> Result<Self, AgeError> {
        let bytes = from_bech32(IDENTITY_HRP, text).map_err(|problem| AgeError::Identity { problem })?;
        Ok(Self::from_bytes(*bytes))
    }

    /// Takes 32 random bytes; every value is a valid secret (RFC 7748 §5 clamps it).
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    /// The public half.
    pub fn recipient(&self) -> Recipient {
        // Canonical and contributory by construction: the base point's order does not divide a clamped scalar.
        Recipient(PublicKey::from(&self.0).to_bytes())
    }

    /// The secret shared with the holder of `share`; none if the share is a low-order point, where it would be zero.
    pub(super) fn agree(&self, share: &[u8; 32]) -> Option<SharedSecret> {
        Some(self.0.diffie_hellman(&PublicKey::from(*share))).filter(SharedSecret::was_contributory)
    }

    /// The secret as text, for a key file. Deliberately not `Display`.
    pub fn to_secret_string(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(IDENTITY_HRP.len() + 59));
        let hrp = Hrp::parse_unchecked(IDENTITY_HRP);
        bech32::encode_upper_to_fmt::<Bech32, _>(&mut *text, hrp, self.0.as_bytes())
            .expect("74 characters are within BIP 173's 90, and writing to a String never fails");
        text
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(secret of {})", self.recipient())
    }
}

/// The 128-bit key of one file. Revealed to a judge, it opens that file and no other.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct FileKey([u8; 16]);

/// The recorded 256-bit seed of one stanza. The ephemeral X25519 secret is HKDF-SHA256 of it (no salt, info
/// `monition.age/ephemeral/v1` ‖ recipient ‖ file key), not the seed itself: another stanza type can draw on a seed
/// without reusing a key, and a seed used twice by mistake still gives another share.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EncapsulationSeed([u8; 32]);

macro_rules! secret_bytes {
    ($name:ident, $length:literal) => {
        impl $name {
            /// Takes the bytes as they are.
            pub fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The secret bytes.
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
secret_bytes!(FileKey, 16);
secret_bytes!(EncapsulationSeed, 32);

/// All randomness of one [`seal`](super::seal): 64 bytes from a cryptographic generator, used for one file only.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealRandomness {
    /// Becomes the [`FileKey`].
    pub file_key: [u8; 16],
    /// Becomes the [`EncapsulationSeed`].
    pub seed: [u8; 32],
    /// The payload nonce; public.
    pub nonce: [u8; 16],
}

impl fmt::Debug for SealRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealRandomness(…)")
    }
}

fn from_bech32(hrp: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    // "1", 52 characters for 32 bytes, 6 for the checksum.
    if text.len() != hrp.len() + 59 {
        return Err("wrong prefix, case or length");
    }
    let checked = CheckedHrpstring::new::<Bech32>(text).map_err(|_| "wrong checksum or characters")?;
    if checked.hrp().as_str() != hrp {
        return Err("wrong prefix, case or length");
    }
    // 52 characters carry 4 bits too many: zero, or there would be sixteen spellings of one key.
    if checked.fe32_iter().last().is_none_or(|last| last.to_u8() & 0x0f != 0) {
        return Err("its last bits are not zero");
    }
    let mut bytes = Zeroizing::new([0; 32]);
    for (place, byte) in bytes.iter_mut().zip(checked.byte_iter()) {
        *place = byte;
    }
    Ok(bytes)
}
