//! Identifiers (STIX 2.1 §2.9): `<type>--<RFC 4122 UUID>`.

use std::fmt;

/// The namespace of the deterministic identifiers of observables (§2.9).
pub const OBSERVABLE_NAMESPACE: [u8; 16] =
    [0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7];

/// An identifier that has the right form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identifier<'a> {
    object_type: &'a str,
    uuid: [u8; 16],
}

impl<'a> Identifier<'a> {
    /// Reads `<type>--<UUID>`. The UUID is of the RFC 4122 variant, versions 1 to 5, letters in lower case or not.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let split = text.len().checked_sub(38)?;
        let (object_type, rest) = (text.get(..split)?, text.get(split..)?);
        let uuid = parse_uuid(rest.strip_prefix("--")?)?;
        let rfc4122 = uuid[8] & 0xC0 == 0x80 && (1..=5).contains(&(uuid[6] >> 4));
        (rfc4122 && is_type_name(object_type)).then_some(Self { object_type, uuid })
    }

    /// The part before `--`.
    #[must_use]
    pub fn object_type(&self) -> &'a str {
        self.object_type
    }

    /// The 16 bytes of the UUID.
    #[must_use]
    pub fn uuid(&self) -> [u8; 16] {
        self.uuid
    }

    /// The version of the UUID: 4 is random, 5 a hash of names.
    #[must_use]
    pub fn uuid_version(&self) -> u8 {
        self.uuid[6] >> 4
    }
}

impl fmt::Debug for Identifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}--{}", self.object_type, Uuid(self.uuid))
    }
}

/// Prints a UUID.
pub(crate) struct Uuid(pub(crate) [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut uuid = [0; 16];
    let mut at = 0;
    for (index, byte) in uuid.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            if bytes[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = hex_digit(bytes[at])? << 4 | hex_digit(bytes[at + 1])?;
        at += 2;
    }
    Some(uuid)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// §3.1: 3 to 250 of `a-z0-9-`, beginning with a letter; §11.2.1: no `--`.
pub(crate) fn is_type_name(text: &str) -> bool {
    (3..=250).contains(&text.len())
        && text.as_bytes()[0].is_ascii_lowercase()
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !text.contains("--")
}

/// §3.1: 3 to 250 of `a-z0-9_`, beginning with a letter.
pub(crate) fn is_property_name(text: &str) -> bool {
    (3..=250).contains(&text.len())
        && text.as_bytes()[0].is_ascii_lowercase()
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
