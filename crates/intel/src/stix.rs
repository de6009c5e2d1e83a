//! STIX 2.1 (OASIS Standard, with
//! [Errata 01](https://docs.oasis-open.org/cti/stix/v2.1/errata01/os/stix-v2.1-errata01-os.html)): one object at a time,
//! as bytes that are kept, and the rules it must obey.
//!
//! [`Object::read`] takes bytes; [`Object::summary`] gives what a store needs, whatever the level; [`Object::check`] gives
//! every breach of the rules with object id, JSON pointer, rule and section.
//!
//! *Left to the caller*: whether a referenced object exists (§3.3 allows that it does not), who may post which object, and
//! what to do with an issue.

mod check;
mod forms;
mod identifier;
mod issue;
pub mod map;
mod markings;
mod meta;
mod observable_id;
pub mod pattern;
mod rules;
mod tables;
mod timestamp;
mod versions;

pub use identifier::{Identifier, OBSERVABLE_NAMESPACE};
pub use issue::{Issue, Rule, Severity};
pub use markings::{SELECTORS_MAX, TLP2_EXTENSION, Tlp, tlp, tlp_of_id};
pub use observable_id::deterministic_id;
pub use timestamp::{STIX_FRACTION_DIGITS_MAX, TAXII_FRACTION_DIGITS_MAX, Timestamp, TimestampError};
pub use versions::{BundleReport, check_bundle, successor};

use crate::json::{self, JsonError, JsonRule, Limits, Node};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How strictly a collection checks what is posted to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every rule that the specification states as MUST.
    #[default]
    Must,
    /// The SHOULD rules as well.
    Should,
    /// Nothing beyond I-JSON and what [`Object::summary`] needs.
    Off,
}

/// A word that names no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a validation level: write must, should or off")]
pub struct LevelError {
    /// The word found.
    pub found: String,
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        match text {
            "must" => Ok(Self::Must),
            "should" => Ok(Self::Should),
            "off" => Ok(Self::Off),
            _ => Err(LevelError { found: text.to_owned() }),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Off => "off",
        })
    }
}

/// Whether a community takes something that the standard allows and not everyone wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// Taken.
    #[default]
    Allow,
    /// Refused, as an issue of severity [`Severity::Must`].
    Refuse,
}

/// What a community decides where the standard leaves it open (STIX 2.1 §11, §7.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Policy {
    /// Objects of types that STIX 2.1 does not define and that carry no extension of the kind `new-…`.
    pub custom_objects: Consent,
    /// Properties that STIX 2.1 does not define, on objects without an extension that may define them.
    pub custom_properties: Consent,
    /// Most issues of each severity in one report; a report that holds so many may lack others.
    pub issues_max: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { custom_objects: Consent::Allow, custom_properties: Consent::Allow, issues_max: 100 }
    }
}

/// One STIX object: the bytes as received, and a parsed view of them.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    bytes: &'a [u8],
    root: Node<'a>,
}

/// What a store needs to know about an object (TAXII 2.1 §3.4.1, §5.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// `id`, not checked beyond being a non-empty string of at most 512 bytes.
    pub id: String,
    /// `type`, likewise.
    pub object_type: String,
    /// `spec_version` as carried. Absent: 2.0 where the object has `created` or `modified`, else 2.1 (an observable).
    pub spec_version: String,
    /// The version as the object carries it: `modified`, else `created`, else none.
    pub version: Option<String>,
    /// The instant of `version`, if it is a timestamp.
    pub version_instant: Option<Timestamp>,
    /// `created` as carried.
    pub created: Option<String>,
    /// `created_by_ref` as carried.
    pub created_by_ref: Option<String>,
    /// `revoked`; absent is false.
    pub revoked: bool,
    /// The strings in `object_marking_refs`.
    pub object_marking_refs: Vec<String>,
}

/// Longest `id`, `type`, `spec_version` or version that [`Object::summary`] accepts, in bytes.
pub const SUMMARY_BYTES_MAX: usize = 512;

impl<'a> Object<'a> {
    /// Reads one object.
    ///
    /// # Errors
    /// [`JsonError`] where the bytes are not one I-JSON object within the limits.
    pub fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self, JsonError> {
        let root = json::read(bytes, limits)?;
        if root.as_object().is_none() {
            let message = format!("expected a STIX object, found {}", root.kind_name());
            return Err(JsonError::new(root.span.start as usize, JsonRule::NotAnObject, message));
        }
        Ok(Self { bytes, root })
    }

    /// The bytes as received.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The parsed view.
    #[must_use]
    pub fn root(&self) -> &Node<'a> {
        &self.root
    }

    /// `id`, if it is a string.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.root.get("id").and_then(Node::as_str)
    }

    /// `type`, if it is a string.
    #[must_use]
    pub fn object_type(&self) -> Option<&str> {
        self.root.get("type").and_then(Node::as_str)
    }

    /// What a store needs. The same at every level; at [`Level::Off`] it is all that is asked of an object.
    ///
    /// # Errors
    /// An [`Issue`] where `id` or `type` is absent, not a string, empty or longer than [`SUMMARY_BYTES_MAX`], or where
    /// `spec_version`, `modified` or `created` is present and not such a string.
    pub fn summary(&self) -> Result<Summary, Issue> {
        let text = |key: &'static str| -> Result<Option<String>, Issue> {
            let Some(node) = self.root.get(key) else { return Ok(None) };
            match node.as_str() {
                Some(text) if !text.is_empty() && text.len() <= SUMMARY_BYTES_MAX => Ok(Some(text.to_owned())),
                Some(text) => {
                    let message = format!("{key} has {} bytes, 1 to {SUMMARY_BYTES_MAX} are allowed", text.len());
                    Err(self.summary_issue(Rule::PropertyKind, format!("/{key}"), message))
                }
                None => {
                    let message = format!("{key} is {}, a string is required", node.kind_name());
                    Err(self.summary_issue(Rule::PropertyKind, format!("/{key}"), message))
                }
            }
        };
        let required = |key: &'static str| -> Result<String, Issue> {
            text(key)?.ok_or_else(|| {
                self.summary_issue(
                    Rule::PropertyMissing,
                    String::new(),
                    format!("the required property {key} is absent"),
                )
            })
        };
        let (id, object_type) = (required("id")?, required("type")?);
        let (modified, created) = (text("modified")?, text("created")?);
        let spec_version = text("spec_version")?.unwrap_or_else(|| {
            if modified.is_some() || created.is_some() { "2.0".to_owned() } else { "2.1".to_owned() }
        });
        let version = modified.or_else(|| created.clone());
        let version_instant = version.as_deref().and_then(|text| Timestamp::parse_stix(text).ok());
        let marks = self.root.get("object_marking_refs").and_then(Node::as_array).unwrap_or_default();
        Ok(Summary {
            id,
            object_type,
            spec_version,
            version,
            version_instant,
            created,
            created_by_ref: self.root.get("created_by_ref").and_then(Node::as_str).map(str::to_owned),
            revoked: self.root.get("revoked").and_then(Node::as_bool).unwrap_or(false),
            object_marking_refs: marks.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        })
    }

    /// Every breach of the rules of this level, in the order of the object's properties. [`Level::Off`] finds none.
    #[must_use]
    pub fn check(&self, level: Level, policy: &Policy) -> Vec<Issue> {
        if level == Level::Off { Vec::new() } else { check::check(&self.root, level, policy) }
    }

    fn summary_issue(&self, rule: Rule, pointer: String, message: String) -> Issue {
        let object_id = self.id().map(issue::shortened);
        Issue { severity: rule.severity(), object_id, pointer, rule, section: "§3.2", message }
    }
}
