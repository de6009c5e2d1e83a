//! Every error that the exchange answers with: code, status, title and hint in one table, from which `docs/errors.md`
//! is written. Codes are only ever added.
//!
//! `evidence-*`: what was sent proves nothing (422). `usage-*`: the request is wrong (4xx). `internal-*`: we cannot now
//! (429, 500, 503). The text for the caller stands in the document; causes within the machine go to the log of the server.

use monition_evidence::wire::Problem;

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable code.
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
    MALFORMED = "evidence-malformed", 422, "Malformed statement or bodies", "send the exact bytes that were signed, in the one byte form; see docs/protocol.md";
    WRONG_TYPE = "evidence-wrong-type", 422, "Statement of another type", "send this statement to the endpoint for its type";
    OTHER_EXCHANGE = "evidence-other-exchange", 422, "Meant for another exchange", "sign a statement that names this exchange, or send it to the one that it names";
    UNKNOWN_KEY = "evidence-unknown-key", 422, "Unknown or ended key", "enrol the party, or sign with a key that is in force in the directory";
    SIGNATURE = "evidence-signature", 422, "Signature does not stand", "sign the exact payload with the key that the header names";
    NOT_AUTHORISED = "evidence-not-authorised", 422, "Key may not sign this", "sign with a key whose use fits the type, or obtain a delegation";
    DIRECTORY = "evidence-directory", 422, "Not accepted into the directory", "fetch the directory, look at the party's last entry, and mend what the detail says";
    EQUIVOCATION = "evidence-equivocation", 422, "Two statements with one eid", "use a fresh random eid for each statement; both statements are kept as evidence";
    SEQUENCE = "evidence-sequence", 422, "Submission out of sequence", "continue seq and prev_sub from your last accepted submission to this recipient";
    EXPIRED = "evidence-expired", 422, "Expired or past its deadline", "sign the submission anew with later times";
    CLOCK = "evidence-clock", 422, "Signed in the future", "set the signer's clock; 300 seconds are allowed";
    DECLARATION = "evidence-declaration", 422, "Declaration not in force", "fetch the directory and submit under the recipient's newest declaration";
    BODIES = "evidence-bodies", 422, "Bodies do not fit the submission", "send the bodies whose hashes the submission's e covers, in their order";

    MALFORMED_REQUEST = "usage-malformed", 400, "Malformed request", "see /openapi.json";
    UNSIGNED = "usage-unsigned", 401, "Request not signed", "sign the request as docs/protocol.md says (RFC 9421), with this exchange as audience";
    FORBIDDEN = "usage-forbidden", 403, "Key may not do this", "sign the request with a statement key in force";
    NOT_FOUND = "usage-not-found", 404, "Nothing here", "see /openapi.json";
    UNKNOWN_LEAF = "usage-unknown-leaf", 404, "No such leaf", "check the log origin over which the leaf was computed, and that the statement was posted";
    UNKNOWN_NOTE = "usage-unknown-note", 404, "No such note", "ask for the SHA-256 of a note that this exchange published";
    UNKNOWN_STATUS = "usage-unknown-status", 404, "No such status", "ask with the id of the status that the POST was answered with; a POST that added nothing has no acceptance";
    METHOD = "usage-method", 405, "Method not allowed", "see /openapi.json";
    TOO_LARGE = "usage-too-large", 413, "Too large", "keep within the limits of docs/protocol.md";
    MEDIA_TYPE = "usage-media-type", 415, "Wrong content type", "set the content type that docs/protocol.md names for this endpoint";

    RATE_LIMITED = "internal-rate-limited", 429, "Too many requests", "wait as long as Retry-After says";
    FAILURE = "internal-failure", 500, "Failure at the exchange", "try again; if it stays, tell the operator the time of the request";
    OVERLOADED = "internal-overloaded", 503, "Overloaded", "try again after Retry-After";
    STORAGE_FULL = "internal-storage-full", 503, "No space", "try again later; what was acknowledged is kept";
    NOT_YET_WITNESSED = "internal-not-yet-witnessed", 503, "Not yet witnessed", "try again after Retry-After; if it stays, too few witnesses answer";
    KEY_ENDED = "internal-key-ended", 503, "The exchange's key has ended", "tell the operator: the key that the exchange runs with was revoked or replaced";
    STOPPING = "internal-stopping", 503, "Stopping", "try again after the restart";
    TIMEOUT = "internal-timeout", 503, "Took too long", "send the same request again; it is not done twice";
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
    /// The logged rejection.
    pub rejection: Option<String>,
}

impl Refusal {
    /// A refusal with its detail.
    #[must_use]
    pub fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        let retry_after_seconds = matches!(code.status, 429 | 503).then_some(1);
        Self { code, detail: detail.into(), retry_after_seconds, rejection: None }
    }

    /// The problem document.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let Code { code, status, title, hint } = self.code;
        Problem { rejection: self.rejection.clone(), ..Problem::new(*status, code, title, self.detail.clone(), hint) }
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
                Some("usage") => matches!(row.status, 400 | 401 | 403 | 404 | 405 | 413 | 415),
                Some("internal") => matches!(row.status, 429 | 500 | 503),
                _ => false,
            };
            assert!(fits, "{} has status {}", row.code, row.status);
            assert!(!row.hint.is_empty());
        }
    }
}
