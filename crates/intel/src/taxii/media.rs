//! Media types (§1.6.8, §3.1) and proactive negotiation (RFC 9110 §12.5.1).
//!
//! Every answer has one type, [`TAXII`]. A type that the specification defines for an endpoint never ends in a 406 or 415:
//! with version 2.1, without any version (§1.6.8.2: the newest that the server supports), under the old vendor name
//! (Appendix B), with spaces, other case, quoted values and unknown parameters. Version 2.0 alone is refused.

/// The type of every answer.
pub const TAXII: &str = "application/taxii+json;version=2.1";
/// STIX 2.1 content, as `media_types` and the manifest name it.
pub const STIX_2_1: &str = "application/stix+json;version=2.1";
/// Longest `Accept` or `Content-Type` that is looked at, in bytes. Real ones have fewer than 200.
pub const HEADER_BYTES_MAX: usize = 4096;
/// Most media ranges of an `Accept` header that are looked at.
pub const RANGES_MAX: usize = 64;

/// Whether the server's one type is acceptable. `accept` holds the values of all `Accept` fields joined by commas; none at
/// all accepts everything. At the manifest the specification's own row names two types (§5.3), so either is enough there.
#[must_use]
pub fn acceptable(accept: Option<&str>, manifest: bool) -> bool {
    let Some(accept) = accept else { return true };
    if accept.len() > HEADER_BYTES_MAX {
        return false;
    }
    if accept.trim().is_empty() {
        return true;
    }
    let ranges: Vec<Range> = split_outside_quotes(accept, b',').take(RANGES_MAX).filter_map(Range::parse).collect();
    // The most specific range that names a type decides about it (RFC 9110 §12.5.1): `*/*, application/taxii+json;q=0` says no.
    let decides = |name: &dyn Fn(&Range) -> Option<u8>| {
        ranges
            .iter()
            .filter_map(|range| Some((name(range)?, range.quality)))
            .max()
            .is_some_and(|(_, quality)| quality > 0)
    };
    decides(&Range::names_taxii) || (manifest && decides(&Range::names_stix))
}

/// Whether a body of this `Content-Type` is a TAXII 2.1 resource. An absent one is not.
#[must_use]
pub fn content_type_is_taxii(content_type: Option<&str>) -> bool {
    let Some(text) = content_type.filter(|text| text.len() <= HEADER_BYTES_MAX) else { return false };
    Range::parse(text).and_then(|range| range.names_taxii()).is_some_and(|specificity| specificity >= 3)
}

/// The spec version of a STIX media type such as [`STIX_2_1`]; 2.1 where it names none.
#[must_use]
pub fn stix_version(media_type: &str) -> Option<super::SpecVersion> {
    let range = Range::parse(media_type)?;
    if !range.is("application", "stix+json") {
        return None;
    }
    range.version.map_or(Some(super::SpecVersion::V2_1), |text| super::SpecVersion::parse(&text))
}

/// One element of an `Accept` list, or one media type.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    version: Option<String>,
    /// Thousandths.
    quality: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split_outside_quotes(text, b';');
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (kind, subtype) = (kind.trim().to_ascii_lowercase(), subtype.trim().to_ascii_lowercase());
        if kind.is_empty() || subtype.is_empty() || (kind == "*" && subtype != "*") {
            return None;
        }
        let mut range = Self { kind, subtype, version: None, quality: 1000 };
        for part in parts {
            // An empty parameter (a trailing semicolon) means nothing.
            let Some((name, value)) = part.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => range.version = Some(value.to_owned()),
                "q" => range.quality = quality(value)?,
                _ => {}
            }
        }
        Some(range)
    }

    fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }

    /// How specifically this range names the type [`TAXII`]; none if it does not.
    fn names_taxii(&self) -> Option<u8> {
        self.names(&["taxii+json", "vnd.oasis.taxii+json"])
    }

    fn names_stix(&self) -> Option<u8> {
        self.names(&["stix+json", "vnd.oasis.stix+json"])
    }

    fn names(&self, subtypes: &[&str]) -> Option<u8> {
        match (self.kind.as_str(), self.subtype.as_str(), self.version.as_deref()) {
            ("*", "*", _) => Some(1),
            ("application", "*", _) => Some(2),
            ("application", subtype, None) if subtypes.contains(&subtype) => Some(3),
            ("application", subtype, Some("2.1")) if subtypes.contains(&subtype) => Some(4),
            _ => None,
        }
    }
}

/// A qvalue in thousandths (RFC 9110 §12.4.2).
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut thousandths = 0;
    for at in 0..3 {
        thousandths = thousandths * 10 + fraction.as_bytes().get(at).map_or(0, |digit| u16::from(digit - b'0'));
    }
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn split_outside_quotes(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let mut quoted = false;
        let mut escaped = false;
        for (at, byte) in current.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if byte == separator && !quoted => {
                    rest = Some(&current[at + 1..]);
                    return Some(&current[..at]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_names_the_type_is_acceptable() {
        for accept in [
            "application/taxii+json;version=2.1",
            "application/taxii+json; version=2.1",
            "application/taxii+json ; Version=\"2.1\" ; charset=utf-8",
            "APPLICATION/TAXII+JSON",
            "application/taxii+json",
            "application/vnd.oasis.taxii+json",
            "*/*",
            "application/*;q=0.1",
            "",
            "text/html, application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.001",
            "application/taxii+json;version=2.1,application/stix+json;version=2.1",
            "text/plain;x=\"a,b;q=0\", */*;q=0.5",
        ] {
            assert!(acceptable(Some(accept), false), "{accept}");
        }
        assert!(acceptable(None, false));
        assert!(acceptable(Some(STIX_2_1), true));
    }

    #[test]
    fn what_does_not_name_the_type_is_not_acceptable() {
        for accept in [
            "application/taxii+json;version=2.0",
            "application/taxii+json;q=0",
            "*/*, application/taxii+json;q=0",
            "*/*;q=1.5",
            "text/html",
            "application/json",
            "application/stix+json;version=2.1",
            "nonsense",
            "*/json",
        ] {
            assert!(!acceptable(Some(accept), false), "{accept}");
        }
        assert!(!acceptable(Some(&"a/b,".repeat(5000)), false));
    }

    #[test]
    fn a_content_type_names_one_type_and_no_range() {
        for good in [TAXII, "application/taxii+json", "Application/TAXII+json; charset=UTF-8"] {
            assert!(content_type_is_taxii(Some(good)), "{good}");
        }
        for bad in ["*/*", "application/*", "application/json", "application/taxii+json;version=2.0", ""] {
            assert!(!content_type_is_taxii(Some(bad)), "{bad}");
        }
        assert!(!content_type_is_taxii(None));
    }
}
