//! What can go wrong at a desk, each with a stable code and a hint (docs/errors.md).
//!
//! Four readers: *the evidence or a peer is bad* (`evidence-*`, exit 1), *the caller asked for something impossible*
//! (`usage-*`, exit 2), *our machine failed* (`internal-*`, exit 70), *not now* (some `internal-*`, exit 75).

use crate::relay::RelayRefusal;
use monition_evidence::directory::DirectoryError;
use monition_evidence::framing::FramingError;
use monition_evidence::names::NameError;
use monition_evidence::statement::DelegatedRight;
use monition_evidence::statement::StatementError;
use monition_evidence::warning::DisclosureError;
use monition_evidence::wire::Problem;
use monition_evidence::{Digest, KeyId, PartyName};
use std::path::PathBuf;

/// Why a desk did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The file system refused.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Something stands where nothing may be overwritten.
    #[error("{} exists already", path.display())]
    Exists {
        /// What stands there.
        path: PathBuf,
    },
    /// The directory holds no desk.
    #[error("{} is not a desk: it has no desk.toml", path.display())]
    NotADesk {
        /// The directory.
        path: PathBuf,
    },
    /// The configuration cannot be used.
    #[error("{}: {detail}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The passphrase does not open the key file.
    #[error("the passphrase does not open {}", path.display())]
    Passphrase {
        /// The key file.
        path: PathBuf,
    },
    /// A key file exists in the other form: encrypted, or not.
    #[error("{} {detail}", path.display())]
    Protection {
        /// The key file.
        path: PathBuf,
        /// What differs.
        detail: &'static str,
    },
    /// A key file is damaged or of another version.
    #[error("{} is not a key file of this version: {detail}", path.display())]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The key is a human's, and the human keys are locked.
    #[error("the {slot} key is locked: only the keys that unlock at boot are open")]
    Locked {
        /// The key.
        slot: String,
    },
    /// There is no such key.
    #[error("this desk has no {slot} key")]
    NoKey {
        /// The key.
        slot: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: {detail}")]
    Randomness {
        /// What it said.
        detail: String,
    },
    /// The record could not be read or written.
    #[error("cannot {doing} in the record: {source}")]
    Record {
        /// What was tried.
        doing: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// The record holds something that this version cannot read.
    #[error("the record holds a {what} that cannot be read: {detail}")]
    RecordContent {
        /// What it is.
        what: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// What was asked for makes no lawful statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A disclosure is wrong.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The bodies do not fit their limits.
    #[error(transparent)]
    Bodies(#[from] FramingError),
    /// A warning cannot be put together like this.
    #[error("the warning cannot be composed: {rule}")]
    Compose {
        /// The rule that is broken.
        rule: String,
    },
    /// The directory does not have it so.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// No answer.
    #[error("no answer from {url}: {detail}")]
    Unreachable {
        /// Whom.
        url: String,
        /// What happened.
        detail: String,
    },
    /// The other side refused, and says why.
    #[error("{url} refused: {}", problem.detail)]
    Refused {
        /// Whom.
        url: String,
        /// Its problem document.
        problem: Box<Problem>,
    },
    /// An answer does not hold what it must; nothing of it is used.
    #[error("the answer of {url} is not acceptable: {detail}")]
    Answer {
        /// Whom.
        url: String,
        /// What is wrong.
        detail: String,
    },
    /// A log contradicts itself. Both notes are kept in the record.
    #[error("{origin} contradicts itself: {detail}; both notes are kept in the record")]
    Fork {
        /// The log.
        origin: String,
        /// How.
        detail: String,
    },
    /// The newest checkpoint does not have the cosignatures that the trust asks for.
    #[error("no checkpoint of {origin} with the quorum of the trust: {detail}")]
    NotWitnessed {
        /// The log.
        origin: String,
        /// What is missing.
        detail: String,
    },
    /// Nobody of that name.
    #[error("{party} is not enrolled at this exchange")]
    UnknownParty {
        /// The name.
        party: PartyName,
    },
    /// The party has not said where it can be told.
    #[error("{party} has no mailbox declaration in force")]
    NoDeclaration {
        /// The party.
        party: PartyName,
    },
    /// The declared custodians cannot give the counts that evidence needs.
    #[error("these custodians cannot be declared: {rule}")]
    Declaration {
        /// The rule that is broken.
        rule: String,
    },
    /// Nothing of that digest is in the record.
    #[error("the record holds no {what} {digest}")]
    NotHeld {
        /// What was looked for.
        what: &'static str,
        /// Its digest.
        digest: Digest,
    },
    /// What is named belongs to another party than the one that is acted for.
    #[error("{submission} belongs to {party}, not to {acting}")]
    OfAnother {
        /// What was named.
        submission: Digest,
        /// Whose it is.
        party: PartyName,
        /// For whom the act was to be.
        acting: PartyName,
    },
    /// A right that a party has not given, or has given and taken back.
    #[error("{party} has not given {delegate} the right '{right}': {why}")]
    NotDelegated {
        /// Who must give it.
        party: PartyName,
        /// Who needs it: this desk's party.
        delegate: PartyName,
        /// Which one.
        right: DelegatedRight,
        /// What the directory shows.
        why: String,
    },
    /// The key was revoked, or replaced by another desk of this party: what it signs counts nothing.
    #[error("the statement key {kid} of this desk is not in force in the directory")]
    KeyEnded {
        /// The key.
        kid: KeyId,
    },
    /// The exchange has accepted submissions that this record does not hold, and no other desk is known that signs them.
    #[error(
        "the exchange has accepted submissions of {party} to {recipient} up to number {told}, this record knows number {known}"
    )]
    UnknownSubmissions {
        /// In whose name.
        party: PartyName,
        /// To whom.
        recipient: PartyName,
        /// The last number here.
        known: u64,
        /// The last number there.
        told: u64,
    },
    /// The act does not fit what is in the record.
    #[error("not possible: {rule}")]
    NotPossible {
        /// The rule.
        rule: String,
    },
    /// Passing on is not allowed.
    #[error(transparent)]
    Relay(#[from] RelayRefusal),
}

impl DeskError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Io { .. } => "internal-file",
            Self::Exists { .. } => "usage-exists",
            Self::NotADesk { .. } => "usage-not-a-desk",
            Self::Config { .. } => "usage-config",
            Self::Passphrase { .. } => "usage-passphrase",
            Self::Protection { .. } => "usage-key-protection",
            Self::KeyFile { .. } => "internal-key-file",
            Self::Locked { .. } => "usage-locked",
            Self::NoKey { .. } => "usage-no-key",
            Self::Randomness { .. } => "internal-randomness",
            Self::Record { .. } => "internal-record",
            Self::RecordContent { .. } => "internal-record-content",
            Self::Statement(_) => "usage-statement",
            Self::Name(_) => "usage-name",
            Self::Disclosure(_) => "usage-field",
            Self::Bodies(_) => "usage-bodies",
            Self::Compose { .. } => "usage-warning",
            Self::Directory(_) => "evidence-directory",
            Self::Unreachable { .. } => "internal-unreachable",
            Self::Refused { problem, .. } => &problem.code,
            Self::Answer { .. } => "evidence-answer",
            Self::Fork { .. } => "evidence-log-fork",
            Self::NotWitnessed { .. } => "internal-not-yet-witnessed",
            Self::UnknownParty { .. } => "usage-unknown-party",
            Self::NoDeclaration { .. } => "usage-no-declaration",
            Self::Declaration { .. } => "usage-declaration",
            Self::NotHeld { .. } => "usage-not-held",
            Self::OfAnother { .. } => "usage-other-party",
            Self::NotDelegated { .. } => "usage-not-delegated",
            Self::KeyEnded { .. } => "usage-key-ended",
            Self::UnknownSubmissions { .. } => "evidence-unknown-submissions",
            Self::NotPossible { .. } => "usage-not-possible",
            Self::Relay(refusal) => refusal.code(),
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Io { .. } => "check the path, its permissions and the free space",
            Self::Exists { .. } => "choose another directory; a desk never overwrites keys or a record",
            Self::NotADesk { .. } => "make one with 'init', or name the right directory",
            Self::Config { .. } => "mend the file by hand; every key is described in docs/operate.md",
            Self::Passphrase { .. } => "try again; without the passphrase nobody can open the keys",
            Self::Protection { .. } => "say whether the keys have a passphrase, as they were made",
            Self::KeyFile { .. } => "restore the keys from a backup",
            Self::Locked { .. } => "unlock the human keys with their passphrase",
            Self::NoKey { .. } => "this desk was made for another purpose; make the key with 'init'",
            Self::Randomness { .. } => "do not go on with this machine until it gives randomness",
            Self::Record { .. } => "check free space and that no other program holds desk.db",
            Self::RecordContent { .. } => "restore the record from a backup, or use a newer version",
            Self::Statement(_) | Self::Name(_) | Self::Disclosure(_) => "correct the value and try again",
            Self::Bodies(_) => "send fewer or smaller attachments",
            Self::Compose { .. } => "correct the warning and try again; nothing was sent",
            Self::Directory(_) => "look at the directory with 'directory show'",
            Self::Unreachable { .. } => "try again later; nothing is lost, and sending again changes nothing",
            Self::Refused { problem, .. } => &problem.hint,
            Self::Answer { .. } => "keep the record and tell the operator: the answer was not used",
            Self::Fork { .. } => "stop relying on this exchange and show both notes to its witnesses",
            Self::NotWitnessed { .. } => "try again when the witnesses have cosigned, or check the trust policy",
            Self::UnknownParty { .. } => "check the name; it must be enrolled first",
            Self::NoDeclaration { .. } => "ask the party to declare its mailbox; until then it can only be called",
            Self::Declaration { .. } => "name more custodians of other organisations, or a smaller quorum",
            Self::NotHeld { .. } => "look at 'inbox' for what is held; collect first",
            Self::OfAnother { .. } => "name the party it belongs to with --for, or leave --for out for the own party",
            Self::NotDelegated { .. } => {
                "that party gives the right with 'delegate --to', naming this party, every right and the end"
            }
            Self::KeyEnded { .. } => {
                "enrol first, or 'rotate'; after a revocation the sponsors sign ('rotate --out FILE')"
            }
            Self::UnknownSubmissions { .. } => {
                "if this record was put back from a backup by hand, say so with 'restore --mark'; else somebody else signs with these keys: find out who, or revoke them"
            }
            Self::NotPossible { .. } => "read the rule and choose another step",
            Self::Relay(refusal) => refusal.hint(),
        }
    }

    /// Exit code of a command: 1 evidence refused, 2 usage, 70 our failure, 75 try later.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unreachable { .. } | Self::NotWitnessed { .. } => 75,
            Self::Refused { problem, .. } if matches!(problem.status, 429 | 503) => 75,
            _ => match self.code().split_once('-').map(|(class, _)| class) {
                Some("evidence") => 1,
                Some("usage") => 2,
                _ => 70,
            },
        }
    }
}
