//! Small readers and writers that several formats share: decimal numbers, base64, lines of hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::FormatError;
use crate::hash::Hash;
use crate::merkle::MAX_PROOF_HASHES;

/// Longest piece of foreign text that an error message repeats, in characters.
const EXCERPT_CHARS: usize = 80;

/// What an error message may repeat of an input: enough to find the place, never megabytes of it.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Reads ASCII digits without sign or leading zero, below 2^63.
pub(crate) fn decimal(what: &'static str, text: &str) -> Result<u64, FormatError> {
    // `u64::from_str` alone accepts "+7" and "007": two spellings of one signed number.
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    match text.parse::<u64>() {
        Ok(value) if canonical && value <= i64::MAX as u64 => Ok(value),
        _ => Err(FormatError::Number { what, found: excerpt(text) }),
    }
}

/// Standard base64 with padding (RFC 4648 §4).
pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The inverse of [`base64_encode`]; every second spelling (missing padding, stray bits, white space) is
/// refused, so that decoding and encoding give the same text again.
pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    // The engine already refuses stray bits; the comparison keeps that promise under any version of it.
    (STANDARD.encode(&bytes) == text).then_some(bytes)
}

/// Takes one line off the front; a line without its newline is no line.
pub(crate) fn take_line<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let (line, after) = rest.split_once('\n')?;
    *rest = after;
    Some(line)
}

/// Why a block of hash lines ended badly.
pub(crate) enum HashLinesError {
    /// The text ended before the empty line.
    Unterminated,
    /// More than [`MAX_PROOF_HASHES`].
    TooMany,
    /// A line that is no hash; its number within the block, from 0.
    Malformed(usize),
}

/// Reads base64 hash lines up to and including an empty line.
pub(crate) fn take_hash_lines(rest: &mut &str) -> Result<Vec<Hash>, HashLinesError> {
    let mut hashes = Vec::new();
    loop {
        let line = take_line(rest).ok_or(HashLinesError::Unterminated)?;
        if line.is_empty() {
            return Ok(hashes);
        }
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(HashLinesError::TooMany);
        }
        hashes.push(Hash::parse_base64(line).map_err(|_| HashLinesError::Malformed(hashes.len()))?);
    }
}

/// The inverse of [`take_hash_lines`].
pub(crate) fn push_hash_lines(text: &mut String, hashes: &[Hash]) {
    for hash in hashes {
        text.push_str(&hash.to_base64());
        text.push('\n');
    }
    text.push('\n');
}
