//! What the exchange remembers, behind one small trait for each guarantee (DESIGN §6).
//!
//! | trait | guarantee |
//! |---|---|
//! | [`Journal`] | a [`Batch`] is on disk as a whole, or not at all |
//! | [`HeadCell`] | the head that may be signed: compare-and-swap, never restored from a backup |
//! | [`Reads`] | what a commit wrote, as soon as the commit returned |
//! | [`Blobs`] | bodies, written by the journal in the same transaction as what names them |
//!
//! No type of a back end stands in a trait. [`sqlite`] is the default back end; [`conformance`] is the suite that
//! every back end passes, and [`faults`] the wrapper that loses and doubts writes (feature `faults`).
//!
//! **Trust.** Whoever changes `exchange.db` can lose statements and break promises, and is found out: the tree no longer
//! fits the head cell, and no root is signed. Whoever changes both files can fork the log, and is found out by witnesses.

use monition_evidence::{Digest, Eid, PartyName};
use monition_tlog::{Hash, TreeHead, TreeSize};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(any(test, feature = "faults"))]
pub mod conformance;
#[cfg(any(test, feature = "faults"))]
pub mod faults;
pub mod sqlite;

/// Which of the two logs of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogId {
    /// Commitments: entries of 32 bytes.
    Log,
    /// Identities: entries are whole statements.
    Directory,
}

impl LogId {
    /// Both, in the order in which they are published.
    pub const ALL: [Self; 2] = [Self::Log, Self::Directory];

    /// The folder under which its files are served.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Directory => "directory",
        }
    }
}

impl std::fmt::Display for LogId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why storage did not do what was asked. Each variant says whether a write may have happened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No space. **Not written**; trying again later is safe.
    #[error("no space left on the disk that holds {file}; nothing was written")]
    Full {
        /// The file.
        file: &'static str,
    },
    /// The state is another than the writer thought. **Not written.**
    #[error("the stored {what} is {found}, the writer expected {expected}: somebody else wrote")]
    Stale {
        /// What was compared.
        what: &'static str,
        /// What stands there.
        found: String,
        /// What the writer expected.
        expected: String,
    },
    /// **Written or not, nobody knows**: a sync or I/O error. The process must end; recovery finds out.
    #[error("{file}: the outcome of a write is unknown: {detail}")]
    Unknown {
        /// The file.
        file: &'static str,
        /// What the back end said.
        detail: String,
    },
    /// A read failed.
    #[error("{file}: cannot be read: {detail}")]
    Read {
        /// The file.
        file: &'static str,
        /// What the back end said.
        detail: String,
    },
    /// What is stored makes no sense.
    #[error("{file}: {detail}")]
    Corrupt {
        /// The file.
        file: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The storage was shut down. **Not written.**
    #[error("the storage is shut down")]
    Closed,
}

/// A future that a storage trait returns.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Growth of one log within a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Which log.
    pub log: LogId,
    /// Its head before; compared with what is stored.
    pub old: TreeHead,
    /// Its head after.
    pub new: TreeHead,
    /// [`monition_tlog::Frontier::peaks`] after.
    pub peaks: Vec<Hash>,
    /// The entries, in order: `new.size - old.size` of them.
    pub entries: Vec<Vec<u8>>,
    /// Hash tiles that became full.
    pub tiles: Vec<TileRow>,
}

/// A full hash tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileRow {
    /// Level, 0 = over leaves.
    pub level: u8,
    /// Place within the level.
    pub index: u64,
    /// 8192 bytes.
    pub bytes: Vec<u8>,
}

/// A statement that became an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// The log that holds it.
    pub log: LogId,
    /// Its index there.
    pub index: u64,
    /// Identity (SHA-256 over type and payload).
    pub identity: Digest,
    /// Type.
    pub typ: String,
    /// Who signed.
    pub iss: PartyName,
    /// Its eid. (iss, eid) is unique; the identity is a hash over both, so it is unique as well.
    pub eid: Eid,
    /// The submission that it is about.
    pub about: Option<Digest>,
    /// Whether [`Reads::known`] must find it: false for the exchange's own, which nobody sends.
    pub foreign: bool,
    /// The bytes as received.
    pub bytes: Vec<u8>,
}

/// An accepted submission whose bodies are on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRow {
    /// Index of the submission in the log: by it everything about the delivery is found. Indexes rise, so rows that are
    /// written together lie together; with digests as keys, each row would touch a page of its own.
    pub index: u64,
    /// Bodies in their framing.
    pub bodies: Vec<u8>,
    /// Custodians that are to hold it.
    pub custodians: Vec<PartyName>,
    /// How many of them make it available.
    pub quorum: u32,
    /// When the promise of the acceptance ends, in Unix seconds.
    pub by: u64,
    /// When delivery is given up, in Unix seconds.
    pub expiry: u64,
}

/// Where a sender's chain of submissions to one recipient stands, whatever mailbox the recipient declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainRow {
    /// The sender.
    pub sender: PartyName,
    /// The recipient.
    pub recipient: PartyName,
    /// seq of its last submission.
    pub seq: u64,
    /// SHA-256 of it.
    pub last: Digest,
}

/// What became of one attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Index of the submission in the log.
    pub index: u64,
    /// The custodian.
    pub custodian: PartyName,
    /// When to try again, in Unix milliseconds; `None` if it holds the item now, or delivery is given up.
    pub again_ms: Option<u64>,
}

/// A published checkpoint with its cosignatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// Which log.
    pub log: LogId,
    /// The size that it names.
    pub size: u64,
    /// Earliest cosignature time, 0 without any.
    pub time_min: u64,
    /// Latest cosignature time, 0 without any.
    pub time_max: u64,
    /// Whether the configured quorum of witnesses cosigned.
    pub quorum: bool,
    /// When it was published, in Unix seconds by the exchange's clock.
    pub at: u64,
    /// Whether it is kept for good: proofs rest on it.
    pub kept: bool,
    /// SHA-256 of the note.
    pub digest: Digest,
    /// The note.
    pub bytes: Vec<u8>,
}

/// Two statements with one (iss, eid): evidence against the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContradictionRow {
    /// Who signed both.
    pub iss: PartyName,
    /// The eid of both.
    pub eid: Eid,
    /// The second one; the first is a logged statement.
    pub bytes: Vec<u8>,
}

/// All that one transaction writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Growth of a log.
    pub growth: Option<Growth>,
    /// Statements among the new entries.
    pub statements: Vec<StatementRow>,
    /// Submissions on their way.
    pub pending: Vec<PendingRow>,
    /// Chains that moved on; the last of one chain counts.
    pub chains: Vec<ChainRow>,
    /// Attempts to deliver.
    pub attempts: Vec<AttemptRow>,
    /// Submissions, by index, whose promise is kept or whose failure is logged.
    pub promises_settled: Vec<u64>,
    /// Published notes.
    pub notes: Vec<NoteRow>,
    /// Notes that statements of the batch name as anchors: kept for good, where they are there.
    pub anchors: Vec<Digest>,
    /// Notes published before this time, in Unix seconds, that are not kept for good: a few of them go.
    pub notes_expired_at: Option<u64>,
    /// Contradictions.
    pub contradictions: Vec<ContradictionRow>,
}

/// Atomic, durable writes.
///
/// *Durability*: when the future gives `Ok`, the batch survives a power cut. *Atomicity*: all of it or nothing.
/// *Concurrency*: any number of callers; commits happen one after another. *Retries*: safe after [`StoreError::Full`]
/// and [`StoreError::Stale`]; after [`StoreError::Unknown`] only a new process may find out. Dropping the future does
/// not cancel the write.
pub trait Journal: Send + Sync {
    /// Writes a batch.
    fn commit(&self, batch: Arc<Batch>) -> Answer<'_, ()>;
}

/// The head of each log that may be signed, kept apart from the journal and never restored from a backup, so that a
/// restored journal is noticed.
///
/// *Durability* as [`Journal`]. *Concurrency*: one writer; a swap from another head than the stored one fails.
/// *Retries*: after [`StoreError::Unknown`] never in this process.
pub trait HeadCell: Send + Sync {
    /// The head, if the log was ever created.
    fn load(&self, log: LogId) -> Answer<'_, Option<TreeHead>>;
    /// Creates the cell of an empty log: a deliberate act of a person, once in the life of a log.
    fn create(&self, log: LogId) -> Answer<'_, ()>;
    /// Replaces `old` by `new`.
    fn swap(&self, log: LogId, old: TreeHead, new: TreeHead) -> Answer<'_, ()>;
}

/// Bodies by the submission that they belong to; there until every custodian holds them or delivery is given up.
pub trait Blobs: Send + Sync {
    /// The bodies in their framing; `index`: the submission's, in the log.
    fn bodies(&self, index: u64) -> Answer<'_, Option<Vec<u8>>>;
}

/// Where a log's journal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// Size and root after the last commit.
    pub head: TreeHead,
    /// Peaks of the frontier.
    pub peaks: Vec<Hash>,
}

impl LogState {
    /// That of a log without entries.
    #[must_use]
    pub const fn empty() -> Self {
        Self { head: TreeHead::EMPTY, peaks: Vec::new() }
    }
}

/// A statement that is logged already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownStatement {
    /// The log.
    pub log: LogId,
    /// Its index.
    pub index: u64,
    /// Its identity.
    pub identity: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A submission on its way, without its bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Index of the submission in the log.
    pub index: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Custodians that do not hold it yet.
    pub custodians: Vec<PendingCustodian>,
    /// How many custodians it was to reach.
    pub total: u32,
    /// How many make it available.
    pub quorum: u32,
    /// When the promise ends, in Unix seconds.
    pub by: u64,
    /// When delivery is given up, in Unix seconds.
    pub expiry: u64,
    /// Whether the promise is kept or its failure logged.
    pub settled: bool,
}

/// A custodian that does not hold an item yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCustodian {
    /// The custodian.
    pub custodian: PartyName,
    /// Attempts so far.
    pub attempts: u32,
    /// When to try next, in Unix milliseconds.
    pub next_ms: u64,
}

/// Reading what was committed.
///
/// *Consistency*: every read sees all commits that returned before it began, and no half of any. *Concurrency*: any
/// number, without waiting for writers.
pub trait Reads: Send + Sync {
    /// Where the journal of a log stands.
    fn state(&self, log: LogId) -> Answer<'_, LogState>;
    /// At most `count` entries from index `first`.
    fn entries(&self, log: LogId, first: u64, count: u64) -> Answer<'_, Vec<Vec<u8>>>;
    /// A full hash tile.
    fn tile(&self, log: LogId, level: u8, index: u64) -> Answer<'_, Option<Vec<u8>>>;
    /// Statements by (iss, eid), each in the place of its key.
    fn known(&self, keys: Vec<(PartyName, Eid)>) -> Answer<'_, Vec<Option<KnownStatement>>>;
    /// The first index of an entry of the log of commitments.
    fn index_of(&self, entry: Digest) -> Answer<'_, Option<u64>>;
    /// Every statement about a submission, in the order of the log, at most `limit`.
    fn about(&self, submission: Digest, limit: u32) -> Answer<'_, Vec<Vec<u8>>>;
    /// One chain of submissions.
    fn chain(&self, sender: PartyName, recipient: PartyName) -> Answer<'_, Option<ChainRow>>;
    /// All chains of submissions.
    fn chains(&self) -> Answer<'_, Vec<ChainRow>>;
    /// Submissions on their way that are due by `now_ms`, oldest first.
    fn due(&self, now_ms: u64, limit: u32) -> Answer<'_, Vec<Pending>>;
    /// One submission on its way, by its index in the log.
    fn pending(&self, index: u64) -> Answer<'_, Option<Pending>>;
    /// The first note with the quorum that names more than `index` entries.
    fn note_covering(&self, log: LogId, index: u64) -> Answer<'_, Option<NoteRow>>;
    /// The first note with the quorum all of whose cosignature times are `time` or later.
    fn note_since(&self, log: LogId, time: u64) -> Answer<'_, Option<NoteRow>>;
    /// The newest note.
    fn last_note(&self, log: LogId) -> Answer<'_, Option<NoteRow>>;
    /// The newest note with the quorum.
    fn last_cosigned(&self, log: LogId) -> Answer<'_, Option<NoteRow>>;
    /// A note by its SHA-256.
    fn note(&self, digest: Digest) -> Answer<'_, Option<NoteRow>>;
    /// Contradictions of a party.
    fn contradictions(&self, iss: PartyName) -> Answer<'_, Vec<ContradictionRow>>;
}

/// The four guarantees of one back end.
#[derive(Clone)]
pub struct Backend {
    /// Atomic writes.
    pub journal: Arc<dyn Journal>,
    /// The head cell.
    pub heads: Arc<dyn HeadCell>,
    /// Reads.
    pub reads: Arc<dyn Reads>,
    /// Bodies.
    pub blobs: Arc<dyn Blobs>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Backend")
    }
}

/// What comparing the head cell with the journal says at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Both agree.
    Level,
    /// A crash came between the journal and the head cell: the normal path goes on from here.
    JournalAhead,
}

/// Why a log is not opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The journal lacks what was signed: lost writes, or a restored backup.
    #[error("the {log} in exchange.db has {journal} entries, but head.db says that {head} were committed")]
    JournalBehind {
        /// Which log.
        log: LogId,
        /// Entries in the journal.
        journal: TreeSize,
        /// Entries that were committed.
        head: TreeSize,
    },
    /// Same size, another tree.
    #[error("the {log} in exchange.db has another root at size {size} than head.db")]
    OtherTree {
        /// Which log.
        log: LogId,
        /// The size.
        size: TreeSize,
    },
    /// The log was never created here.
    #[error("no {log} was created in this directory")]
    NotCreated {
        /// Which log.
        log: LogId,
    },
}

impl OpenError {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::JournalBehind { .. } | Self::OtherTree { .. } => {
                "put the newest exchange.db back (with its -wal file); if it is lost, this log has ended: keep the files, \
                 tell the parties, and create a new exchange under another name. Never restore or delete head.db"
            }
            Self::NotCreated { .. } => "create the exchange with `monition init exchange` first",
        }
    }
}

/// Compares the head cell with the journal. That a journal that is ahead *extends* the head is for the caller to check,
/// who has the tree.
///
/// # Errors
/// [`OpenError`].
pub fn compare(log: LogId, head: Option<TreeHead>, journal: &LogState) -> Result<Opened, OpenError> {
    let head = head.ok_or(OpenError::NotCreated { log })?;
    match journal.head.size.cmp(&head.size) {
        std::cmp::Ordering::Less => Err(OpenError::JournalBehind { log, journal: journal.head.size, head: head.size }),
        std::cmp::Ordering::Equal if journal.head.root != head.root => {
            Err(OpenError::OtherTree { log, size: head.size })
        }
        std::cmp::Ordering::Equal => Ok(Opened::Level),
        std::cmp::Ordering::Greater => Ok(Opened::JournalAhead),
    }
}
