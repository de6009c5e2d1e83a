//! Common Alerting Protocol 1.2 (OASIS Standard, 1 July 2010; ITU-T X.1303bis): bytes to values and back.
//! <http://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html>
//!
//! [`Received::read`] takes a stranger's bytes, keeps them, and gives an [`Alert`] in which nothing can be wrong.
//! [`Alert::to_xml`] writes one. [`map`] leads to the open fields of a warning and back.
//!
//! The reader is strict: elements in the order of the schema (§3.4), the lists of words, the forms of times, names and
//! places (§3.2, §3.3). Where the text of the standard asks for more than its schema, the text counts. Points where
//! this reader decides for itself:
//!
//! | point | here | why |
//! |---|---|---|
//! | a blank optional element | counts as absent | note on null values, §3.2 |
//! | a blank `event`, `areaDesc`, `resourceDesc`, `valueName` | refused | a warning of nothing is none |
//! | `+00:00` | read, never written | the offset of a local time; UTC is `-00:00` (§3.3.2) |
//! | Update, Cancel, Ack, Error without `references` | refused | each is about "the messages identified in references" |
//! | `restriction` without scope Restricted | refused | "used when scope is Restricted" |
//! | `addresses` with scope Public or Restricted | read | optional there |
//! | comments and instructions | skipped between elements, refused inside a value | readers disagree on a split value |
//! | CDATA, character numbers, a UTF-8 byte order mark | read | XML 1.0 |
//! | certainty `Very Likely` | refused | a word of CAP 1.0, which the schema no longer has |
//! | times of 24:00:00 | read | XML Schema has them for the end of a day |
//! | document type, other entities, other encodings, XML 1.1, CAP 1.0 and 1.1 | refused | bombs; other formats |
//! | attributes | namespaces and `xsi:schemaLocation` only | the schema has none |
//! | an enveloped `Signature` at the end | kept in the bytes, its place noted, not verified | a processor must not refuse it (§3.3.4.1) |
//!
//! Everything that this module writes is valid for the OASIS schema `CAP-v1.2.xsd`; everything that it refuses and the
//! schema takes breaks a rule of the text, of the table above, or a limit.
//!
//! *Left to the caller*: whether a signature is valid, whether the sender may speak, whether `expires` has passed.

mod codes;
mod error;
mod geo;
mod model;
mod read;
mod values;
mod write;
mod xml;

#[cfg(test)]
mod tests;

pub mod map;

pub use codes::{Category, Certainty, MessageType, ResponseType, Severity, Status, Urgency};
pub use error::{CapError, Rule};
pub use geo::{Circle, Elevation, Point, Polygon};
pub use model::{Alert, Area, Categories, Info, Message, Pair, Recipients, Resource, Scope};
pub use values::{CapText, CapTime, Content, Identifier, Language, Listing, MimeType, Reference, Sender, Sha1, Uri};
pub(crate) use values::{civil, days};

use std::ops::Range;

/// Namespace of CAP 1.2.
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";
/// Media type of a CAP message.
pub const MEDIA_TYPE: &str = "application/cap+xml";
const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Longest message in bytes. Public alerts have some kilobytes; a picture of a map fits.
pub const BYTES_MAX: usize = 1_048_576;
/// Deepest nesting. CAP needs 5 levels, an XML signature with properties about 12.
pub const DEPTH_MAX: usize = 24;
/// Most elements, comments and instructions together.
pub const ELEMENTS_MAX: usize = 20_000;
/// Most attributes of one element, namespaces included.
pub const ATTRIBUTES_MAX: usize = 16;
/// Longest text of one element in bytes; a file in `derefUri` is bounded by the message alone.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// Most `info` blocks: every official language of a union, for two audiences.
pub const INFOS_MAX: usize = 64;
/// Most areas of an info: the counties of a large state.
pub const AREAS_MAX: usize = 512;
/// Most resources of an info.
pub const RESOURCES_MAX: usize = 64;
/// Most polygons, and most circles, of an area.
pub const SHAPES_MAX: usize = 512;
/// Most codes, parameters, event codes or geocodes of one parent.
pub const PAIRS_MAX: usize = 1_024;
/// Most points of a polygon: a coast line fits.
pub const POLYGON_PAIRS_MAX: usize = 20_000;
/// Most references, addresses or incidents.
pub const LIST_MAX: usize = 1_024;
/// Most signatures.
pub const SIGNATURES_MAX: usize = 8;

/// A message with the bytes in which it came. They are never written again, so that a signature in them survives.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    bytes: Vec<u8>,
    signatures: Vec<Range<usize>>,
    alert: Alert,
}

impl Received {
    /// Reads a message.
    ///
    /// # Errors
    /// [`CapError`]: the first rule that is broken, with the path of the element.
    pub fn read(bytes: &[u8]) -> Result<Self, CapError> {
        let (root, signatures) = xml::read(bytes)?;
        let alert = read::alert(&root)?;
        Ok(Self { bytes: bytes.to_vec(), signatures, alert })
    }

    /// The bytes as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The alert.
    #[must_use]
    pub const fn alert(&self) -> &Alert {
        &self.alert
    }

    /// The XML signatures that the message envelops, as they stand in the bytes. None has been verified.
    pub fn signatures(&self) -> impl Iterator<Item = &[u8]> {
        self.signatures.iter().filter_map(|range| self.bytes.get(range.clone()))
    }
}

impl Alert {
    /// Writes the alert as XML 1.0 in UTF-8 and reads it back, so that nothing leaves that we would refuse.
    ///
    /// # Errors
    /// A [`CapError`] of a limit: too many infos, areas or pairs, or too long.
    pub fn to_xml(&self) -> Result<String, CapError> {
        let text = write::alert(self);
        Received::read(text.as_bytes()).map(|_| text)
    }
}
