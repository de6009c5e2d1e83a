//! What the parts say to each other over HTTP (docs/protocol.md §8): bodies of requests and answers, no I/O.
//!
//! JSON bodies are structs that refuse unknown and duplicate members. Statements inside JSON are strings that hold
//! their exact bytes. Three bodies are binary, since base64 would cost a third more for megabytes of ciphertext:
//!
//! ```text
//! submission   u32-BE length ‖ Submission statement ‖ bodies framing
//! consignment  u32-BE length ‖ JSON Consign ‖ u32-BE length ‖ sealed submission ‖ bodies framing
//! fetched      u32-BE length ‖ sealed submission ‖ bodies framing
//! ```
//!
//! The sealed submission is one age file to the first encryption key of the declaration; its plaintext is the
//! submission's bytes, padded ([`crate::framing::pad`]). *Left to the caller*: signatures, and whether `e` fits.

use crate::custody::{AnswerOpening, MailboxOpening};
use crate::encoding::{Digest, MailboxId};
use crate::framing::{BODIES_BYTES_MAX, BODIES_MAX, Bodies, BodyInfo, FramingError};
use crate::jws::STATEMENT_BYTES_MAX;
use crate::mailbox::{ChainHead, Item};
use crate::names::{ExchangeName, PartyName};
use crate::statement::{Statement, StatementError};
use crate::values::{Mode, SizeClass, UnixSeconds, Urgency};
use serde::{Deserialize, Serialize};

/// Content type of a statement.
pub const STATEMENT_TYPE: &str = "application/monition-statement+json";
/// Content type of a submission with its bodies.
pub const SUBMISSION_TYPE: &str = "application/monition-submission";
/// Content type of a consignment to a custodian.
pub const CONSIGNMENT_TYPE: &str = "application/monition-consignment";
/// Content type of fetched bodies.
pub const BODIES_TYPE: &str = "application/monition-bodies";
/// Content type of JSON bodies.
pub const JSON_TYPE: &str = "application/json";
/// Content type of a problem document (RFC 9457).
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// Where the `type` of a problem document begins; the code follows.
pub const PROBLEM_BASE: &str = "https://monition.example/errors/";

/// Longest JSON request: lists are short, and statements travel by themselves.
pub const JSON_BYTES_MAX: usize = 64 * 1024;
/// Longest JSON part of a consignment: 17 body lines.
pub const CONSIGN_JSON_BYTES_MAX: usize = 8 * 1024;
/// Longest sealed submission: the padded form of the longest statement (1 MiB) and what age adds.
pub const SEALED_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;
/// Longest bodies framing.
pub const FRAMED_BYTES_MAX: usize = BODIES_BYTES_MAX as usize + 4 + 8 * BODIES_MAX;
/// Longest submission with its bodies.
pub const SUBMISSION_BYTES_MAX: usize = 4 + STATEMENT_BYTES_MAX + FRAMED_BYTES_MAX;
/// Longest consignment.
pub const CONSIGNMENT_BYTES_MAX: usize = 4 + CONSIGN_JSON_BYTES_MAX + 4 + SEALED_BYTES_MAX + FRAMED_BYTES_MAX;
/// Longest wait of a long poll, in seconds.
pub const POLL_WAIT_SECONDS_MAX: u64 = 30;
/// Most items in one answer to a poll.
pub const POLL_ITEMS_MAX: usize = 256;

/// Paths of the exchange.
pub mod exchange_paths {
    /// Who it is.
    pub const ABOUT: &str = "/v1/about";
    /// New directory entries.
    pub const DIRECTORY: &str = "/v1/directory";
    /// Submissions.
    pub const SUBMISSIONS: &str = "/v1/submissions";
    /// Other statements.
    pub const STATEMENTS: &str = "/v1/statements";
    /// Bare commitments.
    pub const COMMITMENTS: &str = "/v1/commitments";
    /// All statements about a submission.
    pub const CASE: &str = "/v1/case";
    /// Where a sender's chain of submissions to one recipient stands.
    pub const CHAIN: &str = "/v1/chain";
    /// Inclusion proofs.
    pub const PROOF: &str = "/v1/proof";
    /// A note by its hash: the anchors of statements.
    pub const NOTES: &str = "/v1/notes";
    /// Prefix of the log's files: `checkpoint`, `tile/…`.
    pub const LOG: &str = "/log";
    /// Prefix of the directory's files.
    pub const DIRECTORY_LOG: &str = "/directory";
}

/// Paths of an observer.
pub mod observer_paths {
    /// c2sp.org/tlog-witness.
    pub const ADD_CHECKPOINT: &str = "/add-checkpoint";
    /// Who it is.
    pub const ABOUT: &str = "/v1/about";
    /// An item for a mailbox, from the exchange.
    pub const CONSIGN: &str = "/v1/consign";
    /// News of a mailbox.
    pub const POLL: &str = "/v1/poll";
    /// Bytes of an item.
    pub const FETCH: &str = "/v1/fetch";
    /// Acknowledged heads.
    pub const ACKS: &str = "/v1/acks";
    /// Replies to be lodged.
    pub const REPLIES: &str = "/v1/replies";
    /// Whether a submission was answered.
    pub const ANSWERS: &str = "/v1/answers";
    /// A whole mailbox, for a denial.
    pub const LISTING: &str = "/v1/listing";
    /// Alarm contacts.
    pub const CONTACTS: &str = "/v1/contacts";
}

/// Why bytes are not one of the binary bodies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A part is longer than the bytes that are there, or than its limit.
    #[error("the {part} is said to have {found} bytes; {limit} are there or allowed")]
    Length {
        /// Which part.
        part: &'static str,
        /// Bytes announced.
        found: u64,
        /// Bytes that are there, or the part's limit if that is smaller.
        limit: u64,
    },
    /// The bytes end within a length.
    #[error("the bytes end before the length of the {part}")]
    Short {
        /// Which part.
        part: &'static str,
    },
    /// The JSON part is not what it should be.
    #[error("the {part} is wrong: {detail}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What the reader said.
        detail: String,
    },
    /// The statement is wrong.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The bodies are wrong.
    #[error(transparent)]
    Bodies(#[from] FramingError),
}

fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(part);
}

/// No length is believed before it is compared with what is there.
fn take_part<'b>(rest: &mut &'b [u8], part: &'static str, limit: usize) -> Result<&'b [u8], WireError> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(WireError::Short { part })?;
    let found = u32::from_be_bytes(*length);
    let limit = limit.min(after.len());
    let wrong = WireError::Length { part, found: u64::from(found), limit: limit as u64 };
    let length = usize::try_from(found).ok().filter(|&length| length <= limit).ok_or(wrong)?;
    let (taken, after) = after.split_at(length);
    *rest = after;
    Ok(taken)
}

// ---- errors ----------------------------------------------------------------------------------

/// A problem document (RFC 9457). Reading one passes over members that it does not know, as the RFC asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// [`PROBLEM_BASE`] and the code.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// A few words, the same for each occurrence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened here, with the values.
    pub detail: String,
    /// Stable code (docs/errors.md): `evidence-*`, `usage-*` or `internal-*`.
    pub code: String,
    /// What to do.
    pub hint: String,
    /// The logged `SubmissionRejection`, where the refused submission's signature stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<String>,
}

impl Problem {
    /// A problem document whose `type` follows from the code.
    #[must_use]
    pub fn new(status: u16, code: &str, title: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            problem_type: format!("{PROBLEM_BASE}{code}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            code: code.to_owned(),
            hint: hint.to_owned(),
            rejection: None,
        }
    }

    /// The document's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and a number always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`WireError::Json`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        serde_json::from_slice(bytes).map_err(|e| WireError::Json { part: "problem document", detail: e.to_string() })
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.detail)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\nhint: {}", self.hint) }
    }
}

/// An answer that says no more than "done".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {}

// ---- the exchange ----------------------------------------------------------------------------

/// A log by its name and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogInfo {
    /// Origin line of its checkpoints.
    pub origin: String,
    /// Verifier key (c2sp.org/signed-note).
    pub vkey: String,
}

/// A witness of the exchange's logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessInfo {
    /// Name of its key.
    pub name: String,
    /// Verifier key.
    pub vkey: String,
    /// Where it answers; absent in an observer's own answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Answer of `GET /v1/about` at an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeAbout {
    /// Its name.
    pub exchange: ExchangeName,
    /// The log of commitments.
    pub log: LogInfo,
    /// The directory.
    pub directory: LogInfo,
    /// Delay in the directory's first entry, in seconds.
    pub delay_seconds: u64,
    /// From one publication to the next, in milliseconds.
    pub publish_ms: u64,
    /// Whom it asks for cosignatures. Not a trust policy: obtain that yourself.
    pub witnesses: Vec<WitnessInfo>,
}

/// Answer of `POST /v1/directory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryAnswer {
    /// Index of the entry.
    pub index: u64,
}

/// Answer of `POST /v1/submissions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmissionAnswer {
    /// The `SubmissionAcceptance` statement.
    pub acceptance: String,
}

/// Answer of `POST /v1/statements` and `POST /v1/commitments`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafAnswer {
    /// The 32 bytes that are the log entry: what `/v1/proof` is asked for.
    pub leaf: Digest,
}

/// Request of `POST /v1/case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRequest {
    /// SHA-256 of the submission. To know it is to be entitled.
    pub submission: Digest,
}

/// Answer of `POST /v1/case`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseAnswer {
    /// Every logged statement about the submission, in the order of the log, itself excluded; then, for each consignment,
    /// the first logged head acknowledgement that names that item's head in first place.
    pub statements: Vec<String>,
}

/// Request of `POST /v1/chain`; signed with a statement key of the sender, or of its delegate with the right `send`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainRequest {
    /// In whose name the submissions are.
    pub sender: PartyName,
    /// To whom they are.
    pub recipient: PartyName,
}

/// Answer of `POST /v1/chain`: the last submission that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainAnswer {
    /// Its `seq`; 0 if there is none.
    pub seq: u64,
    /// SHA-256 of it: the `prev_sub` of the next one.
    pub prev_sub: Option<Digest>,
    /// The exchange's signed acceptance of it.
    pub acceptance: Option<String>,
}

/// Request of `POST /v1/proof`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofRequest {
    /// The log entry: [`Statement::leaf`] of the log's origin, or a bare commitment.
    pub leaf: Digest,
}

/// Answer of `POST /v1/proof`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofAnswer {
    /// Index of the entry.
    pub index: u64,
    /// Inclusion proof up to the root in `note`.
    pub hashes: Vec<Digest>,
    /// The first note of the log that covers the entry and has the quorum of configured witnesses.
    pub note: String,
    /// The first note of the directory whose cosignature times are all at or after those of `note`.
    pub directory_note: String,
}

/// Request of `POST /v1/notes`: a note that a statement of the log names as its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// SHA-256 of the whole note.
    pub note: Digest,
}

/// Answer of `POST /v1/notes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteAnswer {
    /// The note, of the log or the directory, exactly as it was published.
    pub note: String,
}

/// A submission with its bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionRequest {
    /// The statement: a [`crate::statement::Submission`] if the caller finds it so.
    pub submission: Statement,
    /// The bodies.
    pub bodies: Bodies,
}

impl SubmissionRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut rest = bytes;
        let statement = take_part(&mut rest, "submission", STATEMENT_BYTES_MAX)?;
        Ok(Self { submission: Statement::parse(statement)?, bodies: Bodies::parse(rest)? })
    }

    /// The request body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_part(&mut out, self.submission.as_bytes());
        out.extend_from_slice(&self.bodies.to_bytes());
        out
    }
}

// ---- an observer -----------------------------------------------------------------------------

/// Answer of `GET /v1/about` at an observer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObserverAbout {
    /// Its party name.
    pub party: PartyName,
    /// Its witness key.
    pub witness: WitnessInfo,
    /// Length of a custody period, in seconds.
    pub period_seconds: u64,
}

/// The JSON part of a consignment: what a custodian may know, and no author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consign {
    /// The exchange.
    pub exchange: ExchangeName,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Urgency.
    pub urgency: Urgency,
    /// Class of the largest body.
    pub size_class: SizeClass,
    /// How the content is released.
    pub mode: Mode,
    /// Length and hash of each body; `e` follows from them.
    pub bodies: Vec<BodyInfo>,
}

impl Consign {
    /// The item of the mailbox's chain.
    #[must_use]
    pub fn item(&self) -> Item {
        Item {
            e: crate::framing::bodies_digest(&self.bodies),
            submission: self.submission,
            urgency: self.urgency,
            size_class: self.size_class,
            mode: self.mode,
        }
    }
}

/// A consignment: request of `POST /v1/consign`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsignRequest {
    /// What the custodian may know.
    pub consign: Consign,
    /// The submission, sealed to the recipient.
    pub sealed_submission: Vec<u8>,
    /// The bodies.
    pub bodies: Bodies,
}

impl ConsignRequest {
    /// Reads a request body; lengths and hashes of the bodies agree with the JSON part.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        const PART: &str = "consignment's JSON";
        let mut rest = bytes;
        let json = take_part(&mut rest, PART, CONSIGN_JSON_BYTES_MAX)?;
        let sealed_submission = take_part(&mut rest, "sealed submission", SEALED_BYTES_MAX)?.to_vec();
        let bodies = Bodies::parse(rest)?;
        let consign: Consign =
            serde_json::from_slice(json).map_err(|e| WireError::Json { part: PART, detail: e.to_string() })?;
        if consign.bodies != bodies.infos() {
            let detail = "lengths and hashes are not those of the bodies".to_owned();
            return Err(WireError::Json { part: PART, detail });
        }
        Ok(Self { consign, sealed_submission, bodies })
    }

    /// The request body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // A struct of strings and numbers always serialises.
        let json = serde_json::to_vec(&self.consign).unwrap_or_default();
        let mut out = Vec::new();
        push_part(&mut out, &json);
        push_part(&mut out, &self.sealed_submission);
        out.extend_from_slice(&self.bodies.to_bytes());
        out
    }
}

/// Request of `POST /v1/poll`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollRequest {
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Newest item that is known already; 0 for none.
    pub after: u64,
    /// How long to wait for news, at most [`POLL_WAIT_SECONDS_MAX`].
    pub wait_seconds: u64,
}

/// One item in a poll's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollItem {
    /// Its number.
    pub n: u64,
    /// The item.
    pub item: Item,
    /// The `ContentConsignment` statement.
    pub consignment: String,
}

/// A custodian's heads with the opening of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedHeads {
    /// The `CustodyHeads` statement.
    pub statement: String,
    /// Where the mailbox stands in it.
    pub opening: MailboxOpening,
}

/// Answer of `POST /v1/poll`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollAnswer {
    /// The chain's head now.
    pub head: ChainHead,
    /// Items after `after`, at most [`POLL_ITEMS_MAX`].
    pub items: Vec<PollItem>,
    /// The newest heads that are signed; null before the first period.
    pub heads: Option<OpenedHeads>,
}

/// Request of `POST /v1/fetch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchRequest {
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Which item.
    pub n: u64,
}

/// Answer of `POST /v1/fetch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The submission, sealed to the recipient.
    pub sealed_submission: Vec<u8>,
    /// The bodies.
    pub bodies: Bodies,
}

impl Fetched {
    /// Reads an answer's body.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut rest = bytes;
        let sealed_submission = take_part(&mut rest, "sealed submission", SEALED_BYTES_MAX)?.to_vec();
        Ok(Self { sealed_submission, bodies: Bodies::parse(rest)? })
    }

    /// The answer's body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_part(&mut out, &self.sealed_submission);
        out.extend_from_slice(&self.bodies.to_bytes());
        out
    }
}

/// Request of `POST /v1/answers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersRequest {
    /// SHA-256 of the submission. To know it is to be entitled.
    pub submission: Digest,
    /// Only heads whose period was fixed at or after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<UnixSeconds>,
}

/// Answer of `POST /v1/answers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersAnswer {
    /// Number of the item.
    pub n: u64,
    /// The newest logged heads.
    pub heads: OpenedHeads,
    /// The item's entry in them.
    pub answer: AnswerOpening,
    /// The `Reply` statements whose identities stand there.
    pub replies: Vec<String>,
}

/// Request of `POST /v1/listing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingRequest {
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Only heads whose period was fixed at or after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<UnixSeconds>,
}

/// Answer of `POST /v1/listing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingAnswer {
    /// The heads.
    pub heads: OpenedHeads,
    /// Every item, 1 to n of those heads.
    pub items: Vec<Item>,
}

/// Where an alarm goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactKind {
    /// A POST to an address.
    Webhook,
    /// A mail.
    Smtp,
}

/// One alarm contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// How.
    pub kind: ContactKind,
    /// Where.
    pub address: String,
}

/// The private annex of a declaration: its SHA-256, over the bytes as sent, stands in the declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// The contacts.
    pub contacts: Vec<Contact>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies() -> Bodies {
        Bodies::new(vec![b"ab".to_vec()]).unwrap()
    }

    #[test]
    fn fetched_bodies_are_literal() {
        let fetched = Fetched { sealed_submission: b"xyz".to_vec(), bodies: bodies() };
        // length 3, "xyz"; one body of length 2, "ab"
        assert_eq!(fetched.to_bytes(), b"\0\0\0\x03xyz\0\0\0\x01\0\0\0\0\0\0\0\x02ab");
        assert_eq!(Fetched::parse(&fetched.to_bytes()).unwrap(), fetched);
    }

    #[test]
    fn lengths_are_not_believed() {
        for bytes in [&b""[..], b"\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x04xyz", b"\0\0\0\x03xyz"] {
            assert!(Fetched::parse(bytes).is_err(), "accepted {bytes:?}");
            assert!(SubmissionRequest::parse(bytes).is_err(), "accepted {bytes:?}");
            assert!(ConsignRequest::parse(bytes).is_err(), "accepted {bytes:?}");
        }
    }

    #[test]
    fn a_consignment_reads_back_and_names_its_own_bodies() {
        let bodies = bodies();
        let consign = Consign {
            exchange: ExchangeName::parse("exchange.example").unwrap(),
            mailbox: MailboxId::from_bytes([1; 16]),
            declaration: Digest::from_bytes([2; 32]),
            submission: Digest::from_bytes([3; 32]),
            urgency: Urgency::Flash,
            size_class: SizeClass::of(1),
            mode: Mode::Open,
            bodies: bodies.infos(),
        };
        let mut request = ConsignRequest { consign, sealed_submission: b"s".to_vec(), bodies };
        assert_eq!(ConsignRequest::parse(&request.to_bytes()).unwrap(), request);
        assert_eq!(request.consign.item().e, request.bodies.digest());
        request.consign.bodies[0].length = 3;
        assert!(ConsignRequest::parse(&request.to_bytes()).is_err());
    }

    #[test]
    fn a_problem_document_has_the_members_of_rfc_9457() {
        let problem = Problem::new(422, "evidence-equivocation", "Equivocation", "d", "h");
        let text = String::from_utf8(problem.to_bytes()).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"type":"https://monition.example/errors/evidence-equivocation","title":"Equivocation","status":422,"#,
                r#""detail":"d","code":"evidence-equivocation","hint":"h"}"#
            )
        );
        assert_eq!(Problem::parse(text.as_bytes()).unwrap(), problem);
    }
}
