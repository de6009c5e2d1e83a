//! The query parameters of GET and DELETE (§3.4, §3.5) as types.
//!
//! A malformed parameter is a [`QueryError`] and so a 400 (§3.4): a `limit` that is no positive integer, a bad timestamp, a
//! parameter or match field that stands twice, `all` beside another version, an empty value. Unknown parameters and match
//! fields are ignored, save at DELETE: there an ignored filter would remove more than was asked for.

use crate::stix::Timestamp;
use std::borrow::Cow;

/// Longest query, in bytes. A thousand ids fit.
pub const QUERY_BYTES_MAX: usize = 64 * 1024;
/// Most parameters.
pub const PARAMETERS_MAX: usize = 64;
/// Most values of `match[id]`.
pub const IDS_MAX: usize = 1000;
/// Most values of `match[type]`. STIX 2.1 has 41 types.
pub const TYPES_MAX: usize = 100;
/// Most values of `match[version]`.
pub const VERSIONS_MAX: usize = 100;
/// Most values of `match[spec_version]`.
pub const SPEC_VERSIONS_MAX: usize = 16;
/// Longest id or type, in bytes.
pub const VALUE_BYTES_MAX: usize = 512;

/// Which request the parameters belong to; they differ (§3.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET …/objects/`: every parameter.
    Objects,
    /// `GET …/manifest/`: every parameter.
    Manifest,
    /// `GET …/objects/{id}/`: no `match[id]`, no `match[type]`.
    Object,
    /// `GET …/objects/{id}/versions/`: of the match fields `spec_version` only.
    Versions,
    /// `DELETE …/objects/{id}/`: `match[version]` and `match[spec_version]`.
    Delete,
}

/// A version of the STIX specification, such as 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecVersion {
    major: u16,
    minor: u16,
}

impl SpecVersion {
    /// STIX 2.0.
    pub const V2_0: Self = Self { major: 2, minor: 0 };
    /// STIX 2.1.
    pub const V2_1: Self = Self { major: 2, minor: 1 };

    /// Reads `<major>.<minor>`, at most three digits each, without leading zeros: one version has one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let number = |digits: &str| {
            let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            let plain = plain && (digits == "0" || !digits.starts_with('0'));
            plain.then(|| digits.parse().ok()).flatten()
        };
        Some(Self { major: number(major)?, minor: number(minor)? })
    }

    /// A number that orders as the versions do.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.major as u32 * 1000 + self.minor as u32
    }

    /// The reverse of [`SpecVersion::code`].
    #[must_use]
    pub fn from_code(code: u32) -> Self {
        let part = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
        Self { major: part(code / 1000), minor: part(code % 1000) }
    }
}

impl std::fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// An instant as bytes that order as the instants do: 8 bytes of microseconds, then what digits follow the sixth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionKey(Vec<u8>);

impl VersionKey {
    /// Reads a STIX timestamp of any precision.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let micros = Timestamp::parse_stix(text).ok()?.as_micros();
        let mut key = Self::from_micros(micros);
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('Z'));
        key.0.extend_from_slice(fraction.get(6..).unwrap_or_default().trim_end_matches('0').as_bytes());
        Some(key)
    }

    /// The instant at so many microseconds since 1970.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        // The sign bit is turned so that years before 1970 come first.
        Self((micros.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key with these bytes, which came from [`VersionKey::as_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

/// Which versions of each object are asked for: a union (§3.4.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Versions {
    /// Every version; then nothing else is set.
    pub all: bool,
    /// The newest.
    pub last: bool,
    /// The oldest.
    pub first: bool,
    /// Exactly these instants of `modified`, else `created`; sorted.
    pub at: Vec<VersionKey>,
}

impl Versions {
    /// What an absent `match[version]` means.
    pub const LAST: Self = Self { all: false, last: true, first: false, at: Vec::new() };
    /// Every version.
    pub const ALL: Self = Self { all: true, last: false, first: false, at: Vec::new() };
}

/// The parameters of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Objects whose `date_added` is greater than this, in microseconds since 1970. Finer digits are cut off: a
    /// `date_added` is whole microseconds, so "after" means the same.
    pub added_after: Option<i64>,
    /// At most so many items.
    pub limit: Option<u32>,
    /// The token of an earlier page.
    pub next: Option<String>,
    /// `match[id]`, sorted.
    pub ids: Option<Vec<String>>,
    /// `match[type]`, sorted.
    pub types: Option<Vec<String>>,
    /// `match[spec_version]`, sorted. None: the newest of each object.
    pub spec_versions: Option<Vec<SpecVersion>>,
    /// `match[version]`; at [`Endpoint::Versions`] always all, at [`Endpoint::Delete`] all when absent.
    pub versions: Versions,
}

/// A parameter that makes the request a 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameter {parameter}: {reason}")]
pub struct QueryError {
    /// Its name, as decoded, at most 64 characters of it.
    pub parameter: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Query {
    /// A query without any parameter.
    #[must_use]
    pub const fn none(endpoint: Endpoint) -> Self {
        let versions = match endpoint {
            Endpoint::Versions | Endpoint::Delete => Versions::ALL,
            _ => Versions::LAST,
        };
        Self { added_after: None, limit: None, next: None, ids: None, types: None, spec_versions: None, versions }
    }

    /// Reads the part of a target after `?`.
    ///
    /// # Errors
    /// [`QueryError`]: answer 400.
    pub fn parse(endpoint: Endpoint, raw: &str) -> Result<Self, QueryError> {
        let mut query = Self::none(endpoint);
        if raw.is_empty() {
            return Ok(query);
        }
        if raw.len() > QUERY_BYTES_MAX {
            return Err(wrong("query", format!("it has {} bytes, at most {QUERY_BYTES_MAX} are taken", raw.len())));
        }
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if seen.len() >= PARAMETERS_MAX {
                return Err(wrong("query", format!("it has more than {PARAMETERS_MAX} parameters")));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(|| wrong(name, "its name is not percent-encoded UTF-8"))?;
            let value = decode(value).ok_or_else(|| wrong(&name, "its value is not percent-encoded UTF-8"))?;
            let known = matches!(&*name, "added_after" | "limit" | "next") || name.starts_with("match[");
            if known && seen.contains(&name) {
                return Err(wrong(&name, "it stands twice; put several values into one, with commas"));
            }
            query.take(endpoint, &name, &value)?;
            seen.push(name);
        }
        Ok(query)
    }

    fn take(&mut self, endpoint: Endpoint, name: &str, value: &str) -> Result<(), QueryError> {
        use Endpoint::{Delete, Manifest, Object, Objects, Versions as VersionList};
        match (name, endpoint) {
            ("added_after", Objects | Manifest | Object | VersionList) => {
                let instant = Timestamp::parse(value).map_err(|error| wrong(name, format!("{value:?}: {error}")))?;
                self.added_after = Some(instant.as_micros());
            }
            ("limit", Objects | Manifest | Object | VersionList) => self.limit = Some(limit(name, value)?),
            ("next", Objects | Manifest | Object | VersionList) => {
                if value.is_empty() || value.len() > VALUE_BYTES_MAX {
                    return Err(wrong(name, "this server gave out no such token"));
                }
                self.next = Some(value.to_owned());
            }
            ("match[id]", Objects | Manifest) => self.ids = Some(names(name, value, IDS_MAX)?),
            ("match[type]", Objects | Manifest) => self.types = Some(names(name, value, TYPES_MAX)?),
            ("match[spec_version]", _) => {
                let read = |text: &str| {
                    SpecVersion::parse(text)
                        .ok_or_else(|| wrong(name, format!("{} is no version such as 2.1", cut(text))))
                };
                let mut found: Vec<SpecVersion> =
                    values(name, value, SPEC_VERSIONS_MAX)?.into_iter().map(read).collect::<Result<_, _>>()?;
                found.sort_unstable();
                found.dedup();
                self.spec_versions = Some(found);
            }
            ("match[version]", Objects | Manifest | Object | Delete) => self.versions = versions(name, value)?,
            (_, Delete) if name.starts_with("match[") => {
                return Err(wrong(name, "DELETE takes match[version] and match[spec_version]"));
            }
            // m §3.4.1: unknown match fields, and what other servers and proxies add, mean nothing here.
            _ => {}
        }
        Ok(())
    }

    /// Bytes that are equal for two queries exactly if one is "the original query" of the other (§3.5): all but `limit` and
    /// `next`. A cursor is bound to them.
    #[must_use]
    pub fn filter_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        let mut field = |tag: u8, values: &mut dyn Iterator<Item = &[u8]>| {
            out.push(tag);
            for value in values {
                // Lengths in front, so that no two lists read alike.
                out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend_from_slice(value);
            }
            out.extend_from_slice(&u32::MAX.to_be_bytes());
        };
        if let Some(after) = self.added_after {
            field(1, &mut std::iter::once(&after.to_be_bytes()[..]));
        }
        if let Some(ids) = &self.ids {
            field(2, &mut ids.iter().map(|id| id.as_bytes()));
        }
        if let Some(types) = &self.types {
            field(3, &mut types.iter().map(|name| name.as_bytes()));
        }
        if let Some(specs) = &self.spec_versions {
            let codes: Vec<[u8; 4]> = specs.iter().map(|spec| spec.code().to_be_bytes()).collect();
            field(4, &mut codes.iter().map(|code| &code[..]));
        }
        let Versions { all, last, first, at } = &self.versions;
        field(
            5 + u8::from(*all) * 4 + u8::from(*last) * 2 + u8::from(*first),
            &mut at.iter().map(VersionKey::as_bytes),
        );
        out
    }
}

fn wrong(parameter: &str, reason: impl Into<String>) -> QueryError {
    QueryError { parameter: parameter.chars().take(64).collect(), reason: reason.into() }
}

/// At most 64 characters of what somebody sent, quoted.
fn cut(text: &str) -> String {
    format!("{:?}", text.chars().take(64).collect::<String>())
}

fn limit(name: &str, value: &str) -> Result<u32, QueryError> {
    let digits = !value.is_empty() && value.len() <= 20 && value.bytes().all(|byte| byte.is_ascii_digit());
    // A larger number than fits asks for everything, which is as good as the largest that fits.
    let number = if digits { value.parse().unwrap_or(u32::MAX) } else { 0 };
    if number == 0 {
        return Err(wrong(name, format!("{} is no positive integer", cut(value))));
    }
    Ok(number)
}

fn values<'a>(name: &str, value: &'a str, most: usize) -> Result<Vec<&'a str>, QueryError> {
    let mut found = Vec::new();
    for text in value.split(',') {
        if found.len() >= most {
            return Err(wrong(name, format!("it has more than {most} values; ask in several requests")));
        }
        if text.is_empty() || text.len() > VALUE_BYTES_MAX {
            return Err(wrong(name, format!("a value is empty or longer than {VALUE_BYTES_MAX} bytes")));
        }
        found.push(text);
    }
    Ok(found)
}

fn names(name: &str, value: &str, most: usize) -> Result<Vec<String>, QueryError> {
    let mut found: Vec<String> = values(name, value, most)?.into_iter().map(str::to_owned).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn versions(name: &str, value: &str) -> Result<Versions, QueryError> {
    let mut wanted = Versions { all: false, last: false, first: false, at: Vec::new() };
    let texts = values(name, value, VERSIONS_MAX)?;
    let count = texts.len();
    for text in texts {
        let again = match text {
            "all" => std::mem::replace(&mut wanted.all, true),
            "last" => std::mem::replace(&mut wanted.last, true),
            "first" => std::mem::replace(&mut wanted.first, true),
            stamp => {
                let key = VersionKey::parse(stamp);
                let key =
                    key.ok_or_else(|| wrong(name, format!("{} is neither a keyword nor a timestamp", cut(stamp))))?;
                let again = wanted.at.contains(&key);
                wanted.at.push(key);
                again
            }
        };
        if again {
            return Err(wrong(name, format!("{} stands twice", cut(text))));
        }
    }
    if wanted.all && count > 1 {
        return Err(wrong(name, "\"all\" stands alone"));
    }
    wanted.at.sort_unstable();
    Ok(wanted)
}

/// A parameter's name or value: `+` is a space, as forms write it.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        percent_decoded(&text.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
    } else {
        percent_decoded(text)
    }
}

/// Percent-decoding (RFC 3986 §2.1); none where the escapes are malformed or do not give UTF-8.
#[must_use]
pub fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Result<Query, QueryError> {
        Query::parse(Endpoint::Objects, raw)
    }

    #[test]
    fn each_parameter_reads_into_its_type() {
        let raw = "added_after=2016-02-01T00:00:01.123Z&limit=5&next=abc&match%5Bid%5D=b,a,b&match[type]=indicator\
                   &match[spec_version]=2.1%2C2.0&match[version]=first,2018-03-02T01:01:01.123Z,last&x_other=1";
        let query = read(raw).unwrap();
        assert_eq!(query.added_after, Some(1_454_284_801_123_000));
        assert_eq!((query.limit, query.next.as_deref()), (Some(5), Some("abc")));
        assert_eq!(query.ids.unwrap(), ["a", "b"]);
        assert_eq!(query.spec_versions.unwrap(), [SpecVersion::V2_0, SpecVersion::V2_1]);
        assert!(query.versions.first && query.versions.last && query.versions.at.len() == 1);
        assert_eq!(read("limit=99999999999").unwrap().limit, Some(u32::MAX));
        assert_eq!(read("").unwrap().versions, Versions::LAST);
    }

    #[test]
    fn every_malformed_parameter_is_refused_by_name() {
        for (raw, parameter) in [
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            ("limit=", "limit"),
            ("limit=1.5", "limit"),
            ("limit=5&limit=5", "limit"),
            ("added_after=yesterday", "added_after"),
            ("added_after=2016-02-30T00:00:00Z", "added_after"),
            ("added_after=2016-02-01T00:00:00Z&added_after=2016-02-01T00:00:00Z", "added_after"),
            ("match[id]=a&match[id]=b", "match[id]"),
            ("match[id]=a&match%5bid%5d=b", "match[id]"),
            ("match[id]=", "match[id]"),
            ("match[type]=a,,b", "match[type]"),
            ("match[version]=all,last", "match[version]"),
            ("match[version]=last,last", "match[version]"),
            ("match[version]=2018-03-02T01:01:01.123Z,2018-03-02T01:01:01.12300Z", "match[version]"),
            ("match[version]=newest", "match[version]"),
            ("match[spec_version]=two", "match[spec_version]"),
            ("match[unheard]=1&match[unheard]=1", "match[unheard]"),
            ("next=", "next"),
            ("limit=%zz", "limit"),
            ("limit=%ff", "limit"),
        ] {
            assert_eq!(read(raw).unwrap_err().parameter, parameter, "{raw}");
        }
    }

    #[test]
    fn bombs_end_at_named_limits() {
        let many = vec!["a"; IDS_MAX + 1].join(",");
        assert!(read(&format!("match[id]={many}")).is_err());
        assert!(read(&"a&".repeat(PARAMETERS_MAX + 1)).is_err());
        assert!(read(&format!("match[id]={}", "a".repeat(VALUE_BYTES_MAX + 1))).is_err());
        assert!(read(&"a".repeat(QUERY_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn delete_ignores_no_filter() {
        assert!(Query::parse(Endpoint::Delete, "match[id]=a").is_err());
        assert_eq!(Query::parse(Endpoint::Delete, "limit=0").unwrap().versions, Versions::ALL);
    }

    #[test]
    fn filter_bytes_differ_when_a_filter_does_and_not_with_limit_or_next() {
        let bytes = |raw| read(raw).unwrap().filter_bytes();
        assert_eq!(bytes("limit=1&match[id]=a,b"), bytes("match[id]=b,a&limit=9&next=x"));
        let all = [
            "",
            "match[id]=a",
            "match[type]=a",
            "match[id]=a,b",
            "match[id]=ab",
            "match[version]=all",
            "match[version]=first",
            "match[spec_version]=2.1",
            "added_after=2016-02-01T00:00:00Z",
        ]
        .map(bytes);
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| other != one), "{at}");
        }
    }

    #[test]
    fn a_spec_version_has_one_spelling() {
        for text in ["2.0", "2.1", "0.0", "999.999"] {
            assert_eq!(SpecVersion::parse(text).unwrap().to_string(), text);
        }
        for text in ["02.1", "2.01", "3.00", "2.", ".1", "2", "2.1.0", "+2.1", "2.1000"] {
            assert_eq!(SpecVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn version_keys_order_as_instants_do() {
        let key = |text| VersionKey::parse(text).unwrap();
        assert_eq!(key("2016-01-20T12:31:12Z"), key("2016-01-20T12:31:12.000000000Z"));
        assert!(key("1960-01-01T00:00:00Z") < key("1970-01-01T00:00:00Z"));
        assert!(key("2016-01-20T12:31:12.000001Z") < key("2016-01-20T12:31:12.0000012Z"));
        assert!(key("2016-01-20T12:31:12.0000012Z") < key("2016-01-20T12:31:12.000002Z"));
        assert_eq!(key("1970-01-01T00:00:01Z"), VersionKey::from_micros(1_000_000));
    }
}
