//! What an observer remembers: one SQLite file, `observer.db` (WAL, `synchronous=FULL`, 16 KiB pages).
//!
//! | table | what it is | who changes it gains |
//! |---|---|---|
//! | `witness` | the head last cosigned of each log | a second cosigned history: **trusted; never restore it from a backup** |
//! | `misbehaviour` | two log-signed notes that contradict each other | nothing but the loss of evidence |
//! | `directory` | the entries of the exchange's directory, as applied | nothing lasting: the root is compared at every refresh |
//! | `chains`, `items`, `bodies` | the mailboxes | a chain that contradicts signed consignments, which convicts this node |
//! | `disposals` | items whose bodies were deleted, and when | a fetch gets another refusal |
//! | `replies`, `answers` | replies lodged here, and their blinded entries by version | as above |
//! | `heads`, `head_mailboxes` | what was committed to in each period, with the blinding bits | the openings stop fitting |
//! | `anchors` | cosigned notes that statements of this node name | evidence loses its lower time bound |
//! | `outbox` | statements that wait to be logged at the exchange | evidence is lost, nothing is forged |
//! | `contacts` | alarm contacts of the recipients, in plain text | pings go elsewhere |
//!
//! **Guarantee.** Whatever a method says it did is on disk when it returns; one method is one transaction
//! (`BEGIN IMMEDIATE`), so a crash leaves all of it or nothing. One process at a time: a lock on `observer.lock`,
//! held for as long as the [`Store`] lives. After an I/O error, which on Linux may have thrown away pages that
//! SQLite believes written, every later call is refused until the process starts again.
//!
//! *Left to the caller*: clock, randomness, and signing, which happens inside the transaction through a closure.

mod custody;
mod disposal;
mod mail;

pub(crate) use custody::{
    ConsignLimits, Consigned, Fixed, HeadsAt, ItemPlace, Lodged, NewItem, StoredBodies, Waiting, WaitingFor,
};
pub(crate) use disposal::Deletable;
pub(crate) use mail::Outgoing;

use monition_evidence::{Digest, ExchangeName, PartyName};
use monition_tlog::{Hash, TreeHead, TreeSize, WitnessDecision, WitnessRefusal, WitnessState};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Version of the tables; another one is refused, never guessed.
const FORMAT: &str = "monition-observer/1";

/// Longest a statement waits for another connection, which only a person with a shell opens.
const BUSY_MILLISECONDS: u64 = 5_000;

/// How far the clock may step back before the witness stops, in seconds. Within it the last time is given again.
pub(crate) const CLOCK_STEP_SECONDS_MAX: u64 = 10;

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refused or failed.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The directory or the lock file could not be opened.
    #[error("{path} could not be opened")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("another process is using {path}; two observers on one store would contradict each other")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Written by another version, or by a node of another name.
    #[error("the database belongs to {found:?}, this is {here:?}")]
    OtherNode {
        /// As found in the database.
        found: String,
        /// This node.
        here: String,
    },
    /// What was read back is not what was written.
    #[error("the database is damaged: {what}")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
    /// An earlier write failed in a way that leaves it open what is on disk.
    #[error("the database had an I/O error; nothing is done until the process has been started again")]
    Poisoned,
    /// The node has stopped.
    #[error("the node has stopped")]
    Closed,
    /// Too many replies of one mailbox wait to be logged.
    #[error("{most} statements about replies of this mailbox wait to be logged")]
    RepliesWaiting {
        /// How many may wait.
        most: u64,
    },
    /// The clock went back by more than 10 seconds.
    #[error("the clock says {now}, but {last} was cosigned already")]
    ClockWentBack {
        /// The clock, in seconds.
        now: u64,
        /// The last time given, in seconds.
        last: u64,
    },
}

impl StoreError {
    /// Whether the disk is full: new work is refused, the old is kept, and it passes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}

/// What a note of a log was kept for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptNote {
    pub(crate) head: TreeHead,
    pub(crate) note: Vec<u8>,
}

/// The database of one observer.
#[derive(Debug)]
pub(crate) struct Store {
    /// `None` once closed.
    open: Mutex<Option<Open>>,
    poisoned: AtomicBool,
}

/// Dropped in this order: the lock goes last.
#[derive(Debug)]
struct Open {
    conn: Connection,
    _lock: File,
}

impl Store {
    /// Opens or creates the store of one node in `directory`.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has it, [`StoreError::OtherNode`] if it is not this node's.
    pub(crate) fn open(directory: &Path, exchange: &ExchangeName, party: &PartyName) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)
            .map_err(|source| StoreError::Open { path: directory.to_path_buf(), source })?;
        let lock = lock(&directory.join("observer.lock"))?;
        let mut conn = Connection::open(directory.join("observer.db"))?;
        conn.busy_timeout(std::time::Duration::from_millis(BUSY_MILLISECONDS))?;
        // The page size counts only before the first table is written.
        conn.execute_batch(
            "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        )?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(SCHEMA)?;
        for (key, here) in [("format", FORMAT), ("exchange", exchange.as_str()), ("party", party.as_str())] {
            tx.execute("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![key, here])?;
            let found: String = tx.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?;
            if found != here {
                return Err(StoreError::OtherNode { found, here: here.to_owned() });
            }
        }
        tx.commit()?;
        Ok(Self { open: Mutex::new(Some(Open { conn, _lock: lock })), poisoned: AtomicBool::new(false) })
    }

    /// One durable transaction. `body` may not run twice: it may hold a signature that was given.
    fn write<T, E: From<StoreError>>(&self, body: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        if self.poisoned.load(Ordering::SeqCst) {
            return Err(StoreError::Poisoned.into());
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let conn = &mut open.as_mut().ok_or(StoreError::Closed)?.conn;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| self.failed(e))?;
        let done = body(&tx)?;
        tx.commit().map_err(|e| self.failed(e))?;
        Ok(done)
    }

    fn read<T>(&self, body: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.poisoned.load(Ordering::SeqCst) {
            return Err(StoreError::Poisoned);
        }
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        body(&open.as_ref().ok_or(StoreError::Closed)?.conn)
    }

    /// Waits for the call that runs, closes the file and gives the lock back. Every later call is refused: a task
    /// that outlives its node must not keep the next process out, and must not write beside it.
    pub(crate) fn close(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) {
            self.poisoned.store(true, Ordering::SeqCst);
        }
        StoreError::Sqlite(error)
    }

    // ---- witness -------------------------------------------------------------------------------

    /// Reads the state of a log, lets `decide` judge, and stores what it decided, in one step. Returns the
    /// decision and the time to be cosigned: never before the last one.
    pub(crate) fn witness(
        &self,
        origin: &str,
        now: u64,
        decide: impl FnOnce(&WitnessState) -> Result<WitnessDecision, WitnessRefusal>,
    ) -> Result<Result<(WitnessDecision, u64), WitnessRefusal>, StoreError> {
        self.write(|tx| {
            let stored = tx
                .query_row("SELECT size, root, time FROM witness WHERE origin = ?1", [origin], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?))
                })
                .optional()?;
            let head = stored.map(|(size, root, _)| tree_head(size, root)).transpose()?;
            let decision = match decide(&WitnessState { head }) {
                Ok(decision) => decision,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let last = stored.map_or(0, |(_, _, time)| unsigned(time));
            if now.saturating_add(CLOCK_STEP_SECONDS_MAX) < last {
                return Err(StoreError::ClockWentBack { now, last });
            }
            let time = now.max(last);
            let head = decision.state.head.unwrap_or(TreeHead::EMPTY);
            tx.execute(
                "INSERT INTO witness (origin, size, root, note, time) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (origin) DO UPDATE SET size = ?2, root = ?3, note = ?4, time = ?5",
                params![
                    origin,
                    signed(head.size.value()),
                    head.root.as_bytes(),
                    decision.checkpoint.as_bytes(),
                    signed(time)
                ],
            )?;
            Ok(Ok((decision, time)))
        })
    }

    /// The note last cosigned of a log, with the log's lines alone.
    pub(crate) fn witnessed(&self, origin: &str) -> Result<Option<KeptNote>, StoreError> {
        self.read(|conn| {
            let row = conn
                .query_row("SELECT size, root, note FROM witness WHERE origin = ?1", [origin], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, Vec<u8>>(2)?))
                })
                .optional()?;
            row.map(|(size, root, note)| Ok(KeptNote { head: tree_head(size, root)?, note })).transpose()
        })
    }

    /// Keeps two notes of one log that contradict each other. At most 1,000: one pair convicts.
    pub(crate) fn keep_misbehaviour(&self, origin: &str, one: &[u8], other: &[u8], at: u64) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO misbehaviour (origin, one, other, at)
                 SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM misbehaviour) < 1000
                   AND NOT EXISTS (SELECT 1 FROM misbehaviour WHERE origin = ?1 AND one = ?2 AND other = ?3)",
                params![origin, one, other, signed(at)],
            )?;
            Ok(())
        })
    }

    /// Number of kept contradictions of one log.
    pub(crate) fn misbehaviour(&self, origin: &str) -> Result<u64, StoreError> {
        self.read(|conn| {
            let count: i64 =
                conn.query_row("SELECT count(*) FROM misbehaviour WHERE origin = ?1", [origin], |row| row.get(0))?;
            Ok(unsigned(count))
        })
    }

    // ---- directory -----------------------------------------------------------------------------

    /// Every kept entry of the directory, in order.
    pub(crate) fn directory(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare("SELECT idx, entry FROM directory ORDER BY idx")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
            let mut entries = Vec::new();
            for row in rows {
                let (index, entry) = row?;
                if unsigned(index) != entries.len() as u64 {
                    return Err(StoreError::Damaged { what: "an entry of the directory is missing" });
                }
                entries.push(entry);
            }
            Ok(entries)
        })
    }

    /// Adds entries from index `from` on.
    pub(crate) fn extend_directory(&self, from: u64, entries: &[Vec<u8>]) -> Result<(), StoreError> {
        self.write(|tx| {
            let mut insert = tx.prepare_cached("INSERT INTO directory (idx, entry) VALUES (?1, ?2)")?;
            for (index, entry) in (from..).zip(entries) {
                insert.execute(params![signed(index), entry])?;
            }
            Ok(())
        })
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let open = |source| StoreError::Open { path: path.to_path_buf(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(open)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_path_buf() }),
        Err(TryLockError::Error(source)) => Err(open(source)),
    }
}

fn tree_head(size: i64, root: [u8; 32]) -> Result<TreeHead, StoreError> {
    let size = TreeSize::checked(unsigned(size)).ok_or(StoreError::Damaged { what: "a tree size" })?;
    Ok(TreeHead { size, root: Hash::from_bytes(root) })
}

/// SQLite has signed integers only; everything stored is below 2^63.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn digest(bytes: [u8; 32]) -> Digest {
    Digest::from_bytes(bytes)
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS witness (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS misbehaviour (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, one BLOB NOT NULL, other BLOB NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS directory (idx INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS chains (
    h0 BLOB PRIMARY KEY, declaration BLOB NOT NULL, mailbox BLOB NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL,
    bytes INTEGER NOT NULL, answers BLOB, superseded_at INTEGER, silence_n INTEGER NOT NULL DEFAULT 0,
    notified_n INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    h0 BLOB NOT NULL, n INTEGER NOT NULL, submission BLOB NOT NULL, item TEXT NOT NULL, consignment BLOB NOT NULL,
    arrived INTEGER NOT NULL, PRIMARY KEY (h0, n), UNIQUE (h0, submission)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_by_submission ON items (submission);
CREATE TABLE IF NOT EXISTS bodies (
    h0 BLOB NOT NULL, n INTEGER NOT NULL, sealed BLOB NOT NULL, bodies BLOB NOT NULL, UNIQUE (h0, n)
) STRICT;
CREATE TABLE IF NOT EXISTS replies (
    h0 BLOB NOT NULL, n INTEGER NOT NULL, position INTEGER NOT NULL, identity BLOB NOT NULL UNIQUE,
    eid BLOB NOT NULL, reply BLOB NOT NULL, lodgement BLOB NOT NULL, PRIMARY KEY (h0, n, position), UNIQUE (h0, eid)
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, h0 BLOB NOT NULL, n INTEGER NOT NULL, count INTEGER NOT NULL,
    salt BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS answers_by_item ON answers (h0, n, seq);
CREATE TABLE IF NOT EXISTS heads (
    period INTEGER PRIMARY KEY, statement BLOB NOT NULL, fixed_at INTEGER NOT NULL, answers_seq INTEGER NOT NULL,
    anchor BLOB NOT NULL, logged INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS head_mailboxes (
    period INTEGER NOT NULL, h0 BLOB NOT NULL, r BLOB NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL,
    answers BLOB NOT NULL, PRIMARY KEY (period, h0)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anchors (
    digest BLOB PRIMARY KEY, note BLOB NOT NULL, kept INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, identity BLOB NOT NULL UNIQUE, period INTEGER, statement BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, refused TEXT, h0 BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_by_mailbox ON outbox (h0) WHERE h0 IS NOT NULL;
CREATE TABLE IF NOT EXISTS handovers (
    h0 BLOB NOT NULL, n INTEGER NOT NULL, session BLOB NOT NULL, bytes_left INTEGER NOT NULL,
    PRIMARY KEY (h0, n, session, bytes_left)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS disposals (
    h0 BLOB NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (h0, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contacts (
    declaration BLOB PRIMARY KEY, annex BLOB NOT NULL
) STRICT, WITHOUT ROWID;
";
