//! Every error that the server answers with: code, status, title and hint in one table. Codes are only ever added.
//!
//! `evidence-*`: the body is no TAXII content (422). `usage-*`: the request is wrong (4xx). `internal-*`: we cannot now
//! (429, 500, 503). The reader gets the TAXII error resource (§3.6.1); causes within the machine go to the server's log.

use monition_intel::taxii::resource::ErrorMessage;

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable code, sent as `error_code`.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// A few words.
    pub title: &'static str,
    /// What to do.
    pub hint: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $title:literal, $hint:literal;)+) => {
        $(#[doc = concat!("`", $code, "`: ", $title, ".")]
        pub const $name: &Code = &Code { code: $code, status: $status, title: $title, hint: $hint };)+

        /// The table.
        pub const ALL: &[&Code] = &[$($name),+];
    };
}

codes! {
    ENVELOPE = "evidence-taxii-envelope", 422, "Not an envelope", "send one JSON object in UTF-8 with the member \"objects\"; see TAXII 2.1 §3.7";

    PARAMETER = "usage-taxii-parameter", 400, "Malformed query parameter", "see TAXII 2.1 §3.4 and §3.5";
    CURSOR = "usage-taxii-next", 400, "Unusable next", "repeat the original query with the next of its last page, or begin again with added_after";
    BODY = "usage-taxii-body", 400, "The body ended early", "send as many bytes as Content-Length says";
    UNAUTHENTICATED = "usage-taxii-unauthenticated", 401, "Credentials needed", "send the name and password of an account (HTTP Basic), or its token (Bearer)";
    FORBIDDEN = "usage-taxii-forbidden", 403, "Not allowed", "ask the operator for this right in the collection; can_read and can_write show what you have";
    NOT_FOUND = "usage-taxii-not-found", 404, "Nothing here for this account", "begin at /taxii2/ and follow the roots and collections that it names";
    METHOD = "usage-taxii-method", 405, "Method not allowed", "the Allow header names the methods of this resource";
    NOT_ACCEPTABLE = "usage-taxii-not-acceptable", 406, "No acceptable media type", "accept application/taxii+json;version=2.1";
    MOVED = "usage-taxii-slash", 308, "The address ends in a slash", "follow Location";
    TOO_LARGE = "usage-taxii-too-large", 413, "Body too large", "keep each body within max_content_length of the API root";
    MEDIA_TYPE = "usage-taxii-media-type", 415, "Wrong content type", "send application/taxii+json;version=2.1 without content coding";

    RATE_LIMITED = "internal-taxii-rate-limited", 429, "Too many requests", "wait as long as Retry-After says";
    FAILURE = "internal-taxii-failure", 500, "Failure at the server", "try again; if it stays, tell the operator the error_id";
    OVERLOADED = "internal-taxii-overloaded", 503, "Overloaded", "try again after Retry-After; a POST that was answered so was not stored";
    STORAGE = "internal-taxii-storage", 503, "The storage does not take anything now", "try again later; what was acknowledged is kept";
}

/// What a request is answered with instead of what it asked for.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Row of the table.
    pub code: &'static Code,
    /// What happened here.
    pub detail: String,
    /// When to try again.
    pub retry_after_seconds: Option<u64>,
    /// `Location` of a 308, `Allow` of a 405.
    pub pointer: Option<String>,
}

impl Refusal {
    /// A refusal with its detail.
    #[must_use]
    pub fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        let retry_after_seconds = matches!(code.status, 429 | 503).then_some(1);
        Self { code, detail: detail.into(), retry_after_seconds, pointer: None }
    }

    /// The one answer to whatever does not exist, or not for this caller.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(NOT_FOUND, "there is no such resource, or none that this account may see")
    }

    /// The TAXII error resource. `error_id` names the occurrence in the server's log.
    #[must_use]
    pub fn message(&self, error_id: Option<String>) -> ErrorMessage {
        let Code { code, status, title, hint } = self.code;
        ErrorMessage {
            title: (*title).to_owned(),
            description: Some(format!("{}; {hint}", self.detail)),
            error_id,
            error_code: (*code).to_owned(),
            http_status: status.to_string(),
            ..ErrorMessage::default()
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.code, self.detail)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_of_a_class_that_fits_the_status() {
        let mut seen = HashSet::new();
        for row in ALL {
            assert!(seen.insert(row.code), "{} twice", row.code);
            let fits = match row.code.split('-').next() {
                Some("evidence") => row.status == 422,
                Some("usage") => matches!(row.status, 308 | 400 | 401 | 403 | 404 | 405 | 406 | 413 | 415),
                Some("internal") => matches!(row.status, 429 | 500 | 503),
                _ => false,
            };
            assert!(fits, "{} has status {}", row.code, row.status);
            assert!(!row.hint.is_empty());
        }
    }
}
