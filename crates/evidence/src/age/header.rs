//! The header's lines and stanzas (<https://c2sp.org/age>, "Header"), read in one spelling only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{AgeError, HEADER_BYTES_MAX, VERSION_LINE};

const LINE_CHARS: usize = 64;

/// A recipient stanza, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza<'a> {
    /// Its type, the first argument.
    pub kind: &'a str,
    /// The further arguments.
    pub args: Vec<&'a str>,
    /// The decoded body.
    pub body: Vec<u8>,
}

/// The header, line by line, never beyond [`HEADER_BYTES_MAX`].
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    position: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn after_version_line(bytes: &'a [u8]) -> Result<Self, AgeError> {
        if bytes.starts_with(VERSION_LINE) {
            return Ok(Self { bytes, position: VERSION_LINE.len(), line: 1 });
        }
        if bytes.trim_ascii_start().starts_with(b"-----BEGIN AGE") {
            return Err(AgeError::ArmorNotSupported);
        }
        let Some(rest) = bytes.strip_prefix(b"age-encryption.org/") else { return Err(AgeError::NotAge) };
        if rest == b"v1" {
            return Err(AgeError::Truncated);
        }
        let end = rest.iter().take(32).position(|byte| *byte == b'\n').unwrap_or(rest.len().min(32));
        Err(AgeError::Version { found: String::from_utf8_lossy(&rest[..end]).into_owned() })
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn next(&mut self) -> Result<&'a [u8], AgeError> {
        let window = &self.bytes[self.position..self.bytes.len().min(HEADER_BYTES_MAX)];
        match window.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.position += end + 1;
                self.line += 1;
                Ok(&window[..end])
            }
            None if self.bytes.len() > HEADER_BYTES_MAX => Err(AgeError::HeaderTooLarge { limit: HEADER_BYTES_MAX }),
            None => Err(AgeError::Truncated),
        }
    }

    /// Blames the line read last.
    pub(super) fn error(&self, problem: &'static str) -> AgeError {
        AgeError::Header { line: self.line, problem }
    }

    /// Reads the body of the stanza that `first` begins.
    pub(super) fn stanza(&mut self, first: &'a [u8]) -> Result<Stanza<'a>, AgeError> {
        let text = first.strip_prefix(b"-> ").ok_or(self.error("neither a stanza nor the MAC"))?;
        let text = std::str::from_utf8(text).ok().filter(|text| text.split(' ').all(is_argument));
        let text = text.ok_or(self.error("arguments are printable ASCII with one space between two"))?;
        let (kind, args) = match text.split_once(' ') {
            Some((kind, args)) => (kind, args.split(' ').collect()),
            None => (text, Vec::new()),
        };
        let mut body = Vec::new();
        loop {
            let line = self.next()?;
            if line.len() > LINE_CHARS || STANDARD_NO_PAD.decode_vec(line, &mut body).is_err() {
                return Err(self.error("not canonical base64 of at most 64 characters"));
            }
            if line.len() < LINE_CHARS {
                return Ok(Stanza { kind, args, body });
            }
        }
    }
}

fn is_argument(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(super) fn canonical_32(text: &[u8]) -> Option<[u8; 32]> {
    // The engine refuses padding and non-zero trailing bits.
    STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()
}
