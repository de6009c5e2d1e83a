//! TAXII 2.1 ([OASIS Standard, 10 June 2021](https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html)): the part
//! that needs no I/O. "§" in this module is that specification.
//!
//! *In scope*: media types and their negotiation ([`media`]), the query parameters with each rule that ends in a 400
//! ([`query`]), the resources and how they are written ([`resource`]), identifiers ([`Identifier`]).
//! *Left to the caller*: who may read what, where objects are kept, HTTP itself.

pub mod media;
pub mod query;
pub mod resource;

mod identifier;

pub use identifier::Identifier;
pub use query::{Endpoint, Query, QueryError, SpecVersion, VersionKey, Versions};

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7; only what must be escaped is).
pub fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            other => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(other >> 4)]);
                out.push(HEX[usize::from(other & 15)]);
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_are_escaped_as_little_as_json_allows() {
        for text in ["", "plain", "a\"b\\c", "line\nend\u{1}", "ünï\u{202e}code ۱۲"] {
            let mut out = Vec::new();
            super::push_json_string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
