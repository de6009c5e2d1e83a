//! The resources of TAXII 2.1, to be written as JSON. No list is ever written empty (§2).

use serde::Serialize;
use std::collections::BTreeMap;

/// Discovery (§4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Discovery {
    /// Name of this server.
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The root to use if the client has no other choice; an item of `api_roots`, equal in every character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// URLs of the roots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_roots: Vec<String>,
}

/// API root (§4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiRoot {
    /// Name.
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Versions of TAXII that it speaks, as media types.
    pub versions: Vec<String>,
    /// Longest body, in octets.
    pub max_content_length: u64,
}

/// Collection (§5.2.1), as the caller may use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// Its UUID.
    pub id: String,
    /// Name.
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A second name that URLs may carry instead of the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Whether this caller may read.
    pub can_read: bool,
    /// Whether this caller may add.
    pub can_write: bool,
    /// What can be stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
}

/// Collections (§5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Collections {
    /// Those that the caller may use, always in the same order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<Collection>,
}

/// Whether all objects of a request have been dealt with (§4.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// All of them.
    Complete,
    /// Some are still to come.
    Pending,
}

/// One object in a status (§4.3.1, status-details).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusDetail {
    /// Id of the object.
    pub id: String,
    /// Its version: `modified`, else `created`, else the server's own.
    pub version: String,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Status of an add request (§4.3.1). The counts add up, and a list that is there has exactly its count of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its UUID.
    pub id: String,
    /// Done or not.
    pub status: Progress,
    /// When the request came.
    pub request_timestamp: String,
    /// Objects in the request.
    pub total_count: u64,
    /// Objects added, or there already.
    pub success_count: u64,
    /// See `success_count`; left out when empty or too long to send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub successes: Vec<StatusDetail>,
    /// Objects refused.
    pub failure_count: u64,
    /// See `failure_count`; left out when empty or too long to send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<StatusDetail>,
    /// Objects not dealt with yet.
    pub pending_count: u64,
    /// See `pending_count`; left out when empty or too long to send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pendings: Vec<StatusDetail>,
}

/// Error message (§3.6.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ErrorMessage {
    /// A few words.
    pub title: String,
    /// What happened, in which input, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Names this occurrence, to be told to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_id: Option<String>,
    /// Stable code.
    pub error_code: String,
    /// The HTTP status as a string.
    pub http_status: String,
    /// More, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// Appends one record of a manifest (§5.3.1). `date_added` and `media_type` need no escaping.
pub fn push_manifest_record(out: &mut Vec<u8>, id: &str, date_added: &str, version: &str, media_type: &str) {
    out.extend_from_slice(b"{\"id\":");
    super::push_json_string(out, id);
    out.extend_from_slice(b",\"date_added\":\"");
    out.extend_from_slice(date_added.as_bytes());
    out.extend_from_slice(b"\",\"version\":");
    super::push_json_string(out, version);
    out.extend_from_slice(b",\"media_type\":\"");
    out.extend_from_slice(media_type.as_bytes());
    out.extend_from_slice(b"\"}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lists_and_absent_texts_are_not_written() {
        assert_eq!(serde_json::to_string(&Collections::default()).unwrap(), "{}");
        let discovery = Discovery { title: "t".into(), ..Discovery::default() };
        assert_eq!(serde_json::to_string(&discovery).unwrap(), r#"{"title":"t"}"#);
    }

    #[test]
    fn a_manifest_record_is_json_whatever_the_id_holds() {
        let mut out = Vec::new();
        push_manifest_record(&mut out, "a\"b", "2016-01-01T00:00:00.000000Z", "1", super::super::media::STIX_2_1);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["id"], "a\"b");
        assert_eq!(value["media_type"], "application/stix+json;version=2.1");
    }
}
