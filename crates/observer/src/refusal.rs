//! What a caller is told when it does not get what it asked for: one value, rendered as a problem document.
//!
//! **No mailbox metadata leaves through an error.** A wrong key, a key of another party, a signature for another
//! audience, an old one, a changed body, a mailbox or a declaration that does not exist: all are
//! [`Refusal::NotAllowed`], the same bytes each time. What was really wrong stands in the node's own log.

use crate::store::StoreError;
use monition_evidence::wire::Problem;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no key in force allows this request")]
    NotAllowed,
    #[error("no submission of that digest lies here")]
    UnknownSubmission,
    #[error("there is no such resource")]
    NotFound,
    #[error("the bodies of this item were deleted at {at} (seconds since 1970); its hashes are kept")]
    Disposed { at: u64 },
    #[error("this resource is not asked for by that method")]
    Method,
    #[error("{detail}")]
    Malformed { detail: String },
    #[error("the body has another content type than {expected}")]
    MediaType { expected: &'static str },
    #[error("the body is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    Slow,
    #[error("{detail}")]
    Evidence { code: &'static str, detail: String, hint: &'static str },
    #[error("the declaration is not in this node's copy of the directory yet")]
    DirectoryBehind,
    #[error("the exchange's directory contradicts itself, so this node keeps no new items")]
    CustodyStopped,
    #[error("no logged heads show that yet")]
    NotYetLogged,
    #[error("no checkpoint of the log is at hand, so nothing can be signed")]
    NoAnchor,
    #[error("the mailbox has no room for this urgency")]
    MailboxFull,
    #[error("more than {most} requests of this kind a minute")]
    TooMany { most: u32 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the node could not do its part: {what}")]
    Internal { what: &'static str },
}

impl Refusal {
    /// A refusal of bytes that do not parse.
    pub(crate) fn malformed(error: &impl std::fmt::Display) -> Self {
        Self::Malformed { detail: error.to_string() }
    }

    /// Seconds after which to try again, where that helps.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        match self {
            Self::DirectoryBehind | Self::NotYetLogged | Self::NoAnchor => Some(1),
            Self::TooMany { .. } | Self::CustodyStopped => Some(60),
            Self::MailboxFull => Some(600),
            Self::Store(StoreError::RepliesWaiting { .. }) => Some(60),
            Self::Store(error) if error.is_full() => Some(60),
            _ => None,
        }
    }

    /// The document for the caller. Inside texts (paths, SQL) stay inside.
    pub(crate) fn problem(&self) -> Problem {
        let (status, code, title, hint) = self.row();
        let detail = match self {
            Self::Store(error) if error.is_full() => "the disk of this node is full".to_owned(),
            Self::Store(error @ StoreError::RepliesWaiting { .. }) => error.to_string(),
            Self::Store(_) => "the storage of this node failed".to_owned(),
            _ => self.to_string(),
        };
        Problem::new(status, code, title, detail, hint)
    }

    fn row(&self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::NotAllowed => (
                403,
                "usage-not-allowed",
                "Not allowed",
                "check the signing key, the audience, the clock (60 s), the body, the mailbox and the declaration",
            ),
            Self::UnknownSubmission => (404, "usage-unknown-submission", "Unknown submission", ""),
            Self::NotFound => (404, "usage-not-found", "Not found", "see /openapi.json"),
            Self::Disposed { .. } => {
                (410, "usage-disposed", "Bodies deleted", "ask the sender for its copy; the item itself stays provable")
            }
            Self::Method => (405, "usage-method", "Method not allowed", ""),
            Self::Malformed { .. } => (400, "usage-malformed", "Malformed request", "see /openapi.json"),
            Self::MediaType { .. } => (415, "usage-media-type", "Unsupported media type", "set Content-Type"),
            Self::TooLarge { .. } => (413, "usage-too-large", "Too large", "send less"),
            Self::Slow => (408, "usage-slow", "Too slow", "send the body without pauses"),
            Self::Evidence { code, hint, .. } => (422, code, "Evidence refused", hint),
            Self::DirectoryBehind => {
                (503, "internal-directory-behind", "Directory is behind", "try again after the next publication")
            }
            Self::CustodyStopped => (
                503,
                "internal-custody-stopped",
                "Custody stopped",
                "the operator of this node has to look at the directory of the exchange",
            ),
            Self::NotYetLogged => (503, "internal-not-yet-logged", "Not yet logged", "try again after the next period"),
            Self::NoAnchor => (503, "internal-no-anchor", "No anchor", "try again when the exchange answers again"),
            Self::MailboxFull => (
                503,
                "internal-mailbox-full",
                "Mailbox full",
                "a higher urgency has room of its own; or ask the recipient",
            ),
            Self::TooMany { .. } => (429, "internal-too-many-requests", "Too many requests", "wait"),
            Self::Store(error) if error.is_full() => (503, "internal-storage-full", "Storage full", "try again later"),
            Self::Store(StoreError::RepliesWaiting { .. }) => (
                503,
                "internal-replies-waiting",
                "Too many replies wait",
                "lodge the reply with another custodian or the exchange, or try again after Retry-After",
            ),
            Self::Store(_) => (500, "internal-storage", "Storage failed", "tell the operator of this node"),
            Self::Internal { .. } => (500, "internal-error", "Internal error", "tell the operator of this node"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_storage_error_stays_inside() {
        let refusal = Refusal::Store(StoreError::Damaged { what: "SECRET PLACE" });
        let text = String::from_utf8(refusal.problem().to_bytes()).unwrap();
        assert!(!text.contains("SECRET"), "{text}");
        assert!(text.contains("internal-storage"));
    }
}
