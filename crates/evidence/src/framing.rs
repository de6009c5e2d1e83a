//! Bodies: how core, disclosure groups and attachments travel, and the digest `e` over them (DESIGN §4).
//!
//! ```text
//! wire  = u32-BE count ‖ (u64-BE length ‖ body) …
//! e     = SHA-256("monition/bodies/v1\n" ‖ u32-BE count ‖ (u64-BE length ‖ SHA-256(body)) …)
//! plain = u64-BE content length ‖ content ‖ zeros up to the size class        inside each age file
//! ```
//!
//! `e` is over lengths and hashes, so that one body can be shown and checked while the others stay closed.

use crate::encoding::{Digest, Layout, sha256};
use crate::values::SizeClass;
use serde::{Deserialize, Serialize};

/// Most bodies: one core, eight groups, eight attachments.
pub const BODIES_MAX: usize = 17;

/// Most bytes of all bodies together: 10 MiB of attachments with their padding and room to spare.
pub const BODIES_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Why bytes are not bodies in their framing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The bytes end early, or go on after the last body.
    #[error("the bodies end at byte {at}, but their framing says otherwise")]
    Length {
        /// Where the framing and the bytes part.
        at: usize,
    },
    /// None, or more than [`BODIES_MAX`].
    #[error("{found} bodies; 1 to {BODIES_MAX} are allowed")]
    Count {
        /// Bodies found.
        found: u64,
    },
    /// More than [`BODIES_BYTES_MAX`].
    #[error("the bodies have {found} bytes, at most {BODIES_BYTES_MAX} are allowed")]
    TooLarge {
        /// Bytes found.
        found: u64,
    },
    /// A padded plaintext is not content, length and zeros of its class.
    #[error("a decrypted body is not padded as the format says")]
    Padding,
}

/// Length and hash of one body: enough to recompute `e` without the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyInfo {
    /// Bytes of the body.
    pub length: u64,
    /// SHA-256 of the body.
    pub sha256: Digest,
}

impl BodyInfo {
    /// Of a body's bytes.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self { length: body.len() as u64, sha256: sha256(body) }
    }
}

/// The digest `e` of bodies of which only lengths and hashes are at hand.
#[must_use]
pub fn bodies_digest(bodies: &[BodyInfo]) -> Digest {
    let count = u32::try_from(bodies.len()).unwrap_or(u32::MAX);
    bodies
        .iter()
        .fold(Layout::new("monition/bodies/v1\n").fixed(&count.to_be_bytes()), |layout, body| {
            layout.fixed(&body.length.to_be_bytes()).fixed(body.sha256.as_bytes())
        })
        .digest()
}

/// Bodies as they travel: one core, its groups, its attachments.
#[derive(Clone, PartialEq, Eq)]
pub struct Bodies(Vec<Vec<u8>>);

impl Bodies {
    /// Takes bodies in order.
    ///
    /// # Errors
    /// [`FramingError::Count`] or [`FramingError::TooLarge`].
    pub fn new(bodies: Vec<Vec<u8>>) -> Result<Self, FramingError> {
        let count = bodies.len() as u64;
        if count == 0 || bodies.len() > BODIES_MAX {
            return Err(FramingError::Count { found: count });
        }
        let found: u64 = bodies.iter().map(|b| b.len() as u64).sum();
        if found > BODIES_BYTES_MAX {
            return Err(FramingError::TooLarge { found });
        }
        Ok(Self(bodies))
    }

    /// Reads the wire form, to the last byte.
    ///
    /// # Errors
    /// [`FramingError`]; no length is believed before it is compared with what is there.
    pub fn parse(bytes: &[u8]) -> Result<Self, FramingError> {
        let mut at = 0_usize;
        let mut take = |length: u64| {
            let end = usize::try_from(length).ok().and_then(|l| at.checked_add(l)).filter(|&end| end <= bytes.len());
            let end = end.ok_or(FramingError::Length { at })?;
            let part = &bytes[at..end];
            at = end;
            Ok(part)
        };
        let count = u64::from(u32::from_be_bytes(array(take(4)?)));
        if count == 0 || count > BODIES_MAX as u64 {
            return Err(FramingError::Count { found: count });
        }
        let mut bodies = Vec::new();
        for _ in 0..count {
            let length = u64::from_be_bytes(array(take(8)?));
            bodies.push(take(length)?.to_vec());
        }
        if at != bytes.len() {
            return Err(FramingError::Length { at });
        }
        Self::new(bodies)
    }

    /// The wire form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4 + self.0.iter().map(|b| 8 + b.len()).sum::<usize>());
        out.extend_from_slice(&u32::try_from(self.0.len()).unwrap_or(u32::MAX).to_be_bytes());
        for body in &self.0 {
            out.extend_from_slice(&(body.len() as u64).to_be_bytes());
            out.extend_from_slice(body);
        }
        out
    }

    /// Length and hash of each.
    #[must_use]
    pub fn infos(&self) -> Vec<BodyInfo> {
        self.0.iter().map(|b| BodyInfo::of(b)).collect()
    }

    /// The digest `e`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        bodies_digest(&self.infos())
    }

    /// The bodies, in order.
    #[must_use]
    pub fn as_slices(&self) -> &[Vec<u8>] {
        &self.0
    }
}

impl std::fmt::Debug for Bodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bodies({} of {} bytes)", self.0.len(), self.0.iter().map(Vec::len).sum::<usize>())
    }
}

fn array<const N: usize>(part: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(part);
    out
}

/// Pads `content` to the smallest size class that holds it and its length.
#[must_use]
pub fn pad(content: &[u8]) -> Vec<u8> {
    let class = SizeClass::of(content.len() as u64 + 8);
    let mut out = Vec::with_capacity(usize::try_from(class.bytes()).unwrap_or(0));
    out.extend_from_slice(&(content.len() as u64).to_be_bytes());
    out.extend_from_slice(content);
    out.resize(usize::try_from(class.bytes()).unwrap_or(out.len()), 0);
    out
}

/// The content of a padded plaintext.
///
/// # Errors
/// [`FramingError::Padding`] unless length, class and zeros are exactly as [`pad`] writes them.
pub fn unpad(plain: &[u8]) -> Result<&[u8], FramingError> {
    let (length, rest) = plain.split_first_chunk::<8>().ok_or(FramingError::Padding)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| FramingError::Padding)?;
    let content = rest.get(..length).ok_or(FramingError::Padding)?;
    let class_fits = SizeClass::of(length as u64 + 8).bytes() == plain.len() as u64;
    if !class_fits || rest[length..].iter().any(|&b| b != 0) {
        return Err(FramingError::Padding);
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_literal() {
        let bodies = Bodies::new(vec![b"ab".to_vec(), b"c".to_vec()]).unwrap();
        // count 2; length 2, "ab"; length 1, "c"
        assert_eq!(bodies.to_bytes(), b"\0\0\0\x02\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\x01c");
        assert_eq!(Bodies::parse(&bodies.to_bytes()).unwrap(), bodies);
        assert_eq!(bodies.digest(), bodies_digest(&bodies.infos()));
    }

    #[test]
    fn lengths_are_not_believed() {
        for bytes in [
            &b""[..],
            b"\0\0\0\0",
            b"\0\0\0\x01",
            b"\0\0\0\x12",
            b"\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\0\x01\0\0\0\0\0\0\0\x01",
            b"\0\0\0\x01\0\0\0\0\0\0\0\x01ab",
        ] {
            assert!(Bodies::parse(bytes).is_err(), "accepted {bytes:?}");
        }
    }

    #[test]
    fn padding_has_one_form() {
        for content in [&b""[..], b"a", &[1; 4088], &[1; 4089], &[1; 70_000]] {
            let plain = pad(content);
            assert_eq!(unpad(&plain).unwrap(), content);
            let mut wrong = plain.clone();
            wrong.push(0);
            assert!(unpad(&wrong).is_err());
        }
        let mut dirty = pad(b"a");
        dirty[100] = 1;
        assert!(unpad(&dirty).is_err());
    }
}
