//! Identifiers of collections and statuses (§2: a UUID version 4, RFC 4122).

use std::fmt;

/// A UUID in its 16 bytes.
///
/// What this crate makes is version 4. What it reads may be any version: servers in use hand out others, and a community
/// that moves keeps its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier([u8; 16]);

impl Identifier {
    /// A version 4 UUID out of 16 random bytes; six of the bits are overwritten (RFC 4122 §4.4).
    #[must_use]
    pub const fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// Reads the 36-character form; hexadecimal digits in either case. Nothing else is a UUID here.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 36 {
            return None;
        }
        let mut bytes = [0; 16];
        let mut at = 0;
        for byte in &mut bytes {
            if matches!(at, 8 | 13 | 18 | 23) {
                if text[at] != b'-' {
                    return None;
                }
                at += 1;
            }
            let high = char::from(text[at]).to_digit(16)?;
            let low = char::from(text[at + 1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
            at += 2;
        }
        Some(Self(bytes))
    }

    /// Whether it has the version and variant that §2 asks for.
    #[must_use]
    pub const fn is_version_4(&self) -> bool {
        self.0[6] >> 4 == 4 && self.0[8] >> 6 == 2
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The identifier with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Identifier;

    #[test]
    fn random_bytes_become_a_version_4_uuid_that_reads_back() {
        for bytes in [[0; 16], [0xff; 16], *b"0123456789abcdef"] {
            let made = Identifier::from_random(bytes);
            assert!(made.is_version_4());
            assert_eq!(Identifier::parse(&made.to_string()), Some(made));
        }
    }

    #[test]
    fn other_spellings_of_a_uuid_are_refused() {
        let good = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
        assert!(Identifier::parse(good).is_some_and(|id| id.is_version_4()));
        assert!(Identifier::parse("365fed99-08fa-fdcd-a1b3-fb247eb41d01").is_some_and(|id| !id.is_version_4()));
        for text in ["", "x", &good[1..], &good.replace('-', ""), &format!("{{{good}}}"), &good.replace('9', "é")] {
            assert_eq!(Identifier::parse(text), None, "{text}");
        }
    }
}
