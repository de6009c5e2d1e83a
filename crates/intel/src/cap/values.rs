//! Values of CAP 1.2 that cannot be wrong: texts, names, times, lists, files.

use super::error::Rule;
use super::xml::{is_blank, is_xml_char};
use super::{LIST_MAX, TEXT_BYTES_MAX};
use std::fmt;

/// A text of XML 1.0 characters that is not blank, of at most [`TEXT_BYTES_MAX`] bytes. White space at its ends is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapText(String);

impl CapText {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Rule::Empty`], [`Rule::TextLength`] or [`Rule::Character`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        if is_blank(text) {
            return Err(Rule::Empty);
        }
        bounded(text).map(|text| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn bounded(text: &str) -> Result<&str, Rule> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Rule::TextLength);
    }
    if text.chars().all(is_xml_char) { Ok(text) } else { Err(Rule::Character) }
}

/// A name without spaces, commas, `<` and `&` (§3.2.1), of at most 1,024 bytes.
fn name(text: &str, rule: Rule) -> Result<String, Rule> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '<' | '&') || !is_xml_char(c);
    if text.is_empty() || text.len() > 1_024 || text.chars().any(bad) { Err(rule) } else { Ok(text.to_owned()) }
}

/// Identifier of a message, unique for its sender (§3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(String);

impl Identifier {
    /// Reads an identifier; nothing is normalised.
    ///
    /// # Errors
    /// [`Rule::Identifier`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        name(text, Rule::Identifier).map(Self)
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Sender of a message, unique in the world (§3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender(String);

impl Sender {
    /// Reads a sender; nothing is normalised.
    ///
    /// # Errors
    /// [`Rule::Sender`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        name(text, Rule::Sender).map(Self)
    }

    /// The sender.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A time with its offset from UTC: `2002-05-24T16:49:00-07:00` (§3.3.2), kept as it was written.
///
/// `Z` is refused. UTC is `-00:00`; `+00:00` is read, because it is the offset of a local time, and never written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapTime {
    text: String,
    unix: i64,
}

/// Days from 1970-01-01 to a civil date of the proleptic Gregorian calendar.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Civil date of a number of days from 1970-01-01.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * month_index + 2) / 5 + 1)
}

impl CapTime {
    /// Reads a time. White space around it does not count (the schema's type is `dateTime`).
    ///
    /// # Errors
    /// [`Rule::Time`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        let b = text.as_bytes();
        let marks = [4, 7, 10, 13, 16, 22].map(|i| b.get(i).copied());
        if b.len() != 25 || marks != b"--T:::".map(Some) || !matches!(b[19], b'+' | b'-') {
            return Err(Rule::Time);
        }
        let number = |range: std::ops::Range<usize>| {
            let digits = b.get(range).filter(|d| d.iter().all(u8::is_ascii_digit)).ok_or(Rule::Time)?;
            Ok(digits.iter().fold(0_i64, |sum, d| sum * 10 + i64::from(d - b'0')))
        };
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let (offset_hours, offset_minutes) = (number(20..22)?, number(23..25)?);
        let day_number = days(year, month, day);
        let offset = offset_hours * 60 + offset_minutes;
        let calendar = year >= 1 && (1..=12).contains(&month) && day >= 1 && civil(day_number) == (year, month, day);
        // 24:00:00 is the end of a day (XML Schema part 2 §3.2.7).
        let midnight = (hour, minute, second) == (24, 0, 0);
        if !calendar
            || (hour > 23 && !midnight)
            || minute > 59
            || second > 59
            || offset_minutes > 59
            || offset > 14 * 60
        {
            return Err(Rule::Time);
        }
        let local = day_number * 86_400 + hour * 3_600 + minute * 60 + second;
        let unix = if b[19] == b'-' { local + offset * 60 } else { local - offset * 60 };
        Ok(Self { text: text.to_owned(), unix })
    }

    /// The time in UTC of a number of seconds since 1970; past the year 9999, its last second.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        let unix = i64::try_from(seconds).unwrap_or(i64::MAX).min(253_402_300_799);
        let (year, month, day) = civil(unix.div_euclid(86_400));
        let second = unix.rem_euclid(86_400);
        let (hour, minute) = (second / 3_600, second % 3_600 / 60);
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}-00:00", second % 60);
        Self { text, unix }
    }

    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    #[must_use]
    pub const fn unix(&self) -> i64 {
        self.unix
    }

    /// The time as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A natural language tag (RFC 3066), `en-US` by default (§3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Default for Language {
    fn default() -> Self {
        Self("en-US".to_owned())
    }
}

impl Language {
    /// Reads a tag; a blank one is the default.
    ///
    /// # Errors
    /// [`Rule::Language`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut parts = text.split('-');
        let first = parts.next().unwrap_or_default();
        let sized = |part: &str| (1..=8).contains(&part.len());
        let ok = sized(first)
            && first.bytes().all(|b| b.is_ascii_alphabetic())
            && parts.all(|part| sized(part) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if ok && text.len() <= 64 { Ok(Self(text.to_owned())) } else { Err(Rule::Language) }
    }

    /// The tag as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first part in lower case: `fa` of `fa-IR`.
    #[must_use]
    pub fn primary(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

/// An extended identifier: sender, identifier and time of a message (§3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Who sent the message.
    pub sender: Sender,
    /// Its identifier.
    pub identifier: Identifier,
    /// When it was sent.
    pub sent: CapTime,
}

impl Reference {
    /// Reads `sender,identifier,sent`.
    ///
    /// # Errors
    /// [`Rule::Reference`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let mut parts = text.split(',');
        let (Some(sender), Some(identifier), Some(sent), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Rule::Reference);
        };
        let wrong = |_| Rule::Reference;
        Ok(Self {
            sender: Sender::parse(sender).map_err(wrong)?,
            identifier: Identifier::parse(identifier).map_err(wrong)?,
            sent: CapTime::parse(sent).map_err(wrong)?,
        })
    }

    /// Reads a list that white space separates; at most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`Rule::Reference`] or [`Rule::Count`].
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Rule> {
        let found = text.split_ascii_whitespace().map(Self::parse).collect::<Result<Vec<_>, _>>()?;
        if found.len() > LIST_MAX { Err(Rule::Count) } else { Ok(found) }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.sender.0, self.identifier.0, self.sent.text)
    }
}

/// Addresses or incidents: a list of names separated by white space, in double quotes if they include any (§3.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Listing(Vec<String>);

impl Listing {
    /// A list of names without double quotes; none is blank.
    ///
    /// # Errors
    /// [`Rule::Listing`], [`Rule::Count`], [`Rule::Character`] or [`Rule::TextLength`].
    pub fn new(items: Vec<String>) -> Result<Self, Rule> {
        if items.len() > LIST_MAX {
            return Err(Rule::Count);
        }
        for item in &items {
            bounded(item)?;
            if is_blank(item) || item.contains('"') {
                return Err(Rule::Listing);
            }
        }
        Ok(Self(items))
    }

    /// Reads a list.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let mut items = Vec::new();
        let mut rest = bounded(text)?.trim_start_matches([' ', '\t', '\n', '\r']);
        while !rest.is_empty() {
            let (item, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or(Rule::Listing)?,
                None => rest.split_at(rest.find([' ', '\t', '\n', '\r']).unwrap_or(rest.len())),
            };
            items.push(item.to_owned());
            rest = after.trim_start_matches([' ', '\t', '\n', '\r']);
            if rest.len() == after.len() && !rest.is_empty() {
                return Err(Rule::Listing);
            }
        }
        Self::new(items)
    }

    /// The names.
    #[must_use]
    pub fn items(&self) -> &[String] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, item) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            let quote = if item.contains([' ', '\t', '\n', '\r']) { "\"" } else { "" };
            write!(f, "{gap}{quote}{item}{quote}")?;
        }
        Ok(())
    }
}

/// A URI (RFC 3986): no white space, no control character, none of `<>"{}|\^` and the backtick.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri(String);

impl Uri {
    /// Reads an absolute or relative URI. Letters outside ASCII are taken, as `anyURI` of the schema takes them.
    ///
    /// # Errors
    /// [`Rule::Uri`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        let bad = |c: char| c.is_whitespace() || c.is_control() || !is_xml_char(c) || "<>\"{}|\\^`".contains(c);
        if text.is_empty() || text.len() > 8_192 || text.chars().any(bad) {
            Err(Rule::Uri)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// Reads an absolute URI: one with a scheme.
    ///
    /// # Errors
    /// [`Rule::Web`].
    pub fn parse_absolute(text: &str) -> Result<Self, Rule> {
        let uri = Self::parse(text).map_err(|_| Rule::Web)?;
        let (scheme, rest) = uri.0.split_once(':').ok_or(Rule::Web)?;
        let ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if ok && !rest.is_empty() { Ok(uri) } else { Err(Rule::Web) }
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A media type (RFC 2046): type, slash, subtype and perhaps parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MimeType(String);

impl MimeType {
    /// Reads a media type.
    ///
    /// # Errors
    /// [`Rule::MimeType`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let essence = text.split(';').next().unwrap_or_default().trim_end_matches(' ');
        let token = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+*'%`|~".contains(&b))
        };
        let ok = essence.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
        if ok && text.len() <= 255 && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Rule::MimeType)
        }
    }

    /// The media type.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The content of a resource in padded base64 (RFC 4648 §4), white space removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Content(String);

impl Content {
    /// Reads base64; white space in it does not count.
    ///
    /// # Errors
    /// [`Rule::DerefUri`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let packed: String = text.split_ascii_whitespace().collect();
        let body = packed.trim_end_matches('=');
        let padding = packed.len() - body.len();
        let value = |b: u8| BASE64.iter().position(|&c| c == b);
        let (alphabet, last) = (body.bytes().all(|b| value(b).is_some()), body.bytes().last().and_then(value));
        // Bits that no byte takes are zero, so that one content has one spelling.
        let unused = match (padding, last) {
            (0, Some(_)) => 0,
            (1, Some(last)) => last & 0b11,
            (2, Some(last)) => last & 0b1111,
            _ => 1,
        };
        if alphabet && packed.len().is_multiple_of(4) && unused == 0 { Ok(Self(packed)) } else { Err(Rule::DerefUri) }
    }

    /// Encodes a content.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> Option<Self> {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for chunk in bytes.chunks(3) {
            let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            for i in 0..4 {
                let index = (bits >> (18 - 6 * i) & 63) as usize;
                text.push(if i <= chunk.len() { char::from(BASE64[index]) } else { '=' });
            }
        }
        (!bytes.is_empty()).then_some(Self(text))
    }

    /// The bytes.
    #[must_use]
    pub fn decode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() / 4 * 3);
        let (mut bits, mut held) = (0_u32, 0);
        for b in self.0.bytes() {
            let Some(value) = BASE64.iter().position(|&c| c == b) else { break };
            bits = bits << 6 | value as u32;
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held & 255) as u8);
            }
        }
        bytes
    }

    /// The base64 text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A SHA-1 hash in hexadecimal (§3.2.3). It guards against accidents; SHA-1 is no protection against a forger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sha1(String);

impl Sha1 {
    /// Reads 40 hexadecimal digits; upper case becomes lower case.
    ///
    /// # Errors
    /// [`Rule::Digest`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Rule::Digest)
        }
    }

    /// The digits in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
