//! The default back end: two SQLite files in one directory.
//!
//! ```text
//! lock         held by the one process that may use the directory
//! exchange.db  WAL, synchronous=FULL, 16 KiB pages: one transaction for each batch. Back this up.
//! head.db      WAL, synchronous=FULL: two rows, the heads that may be signed. Never restore it from a backup.
//! ```
//!
//! One connection on one thread writes `exchange.db`, another `head.db`; a few more read. Rows of a log are keyed by
//! `log << 40 | index`, so that what is written together lies together. Rows that requests look up by random values
//! (eid, about, entry) are found through [`lookup`].
//!
//! A little over 800 lines: one type and its four traits, whose rows and statements belong side by side.

use crate::{
    Answer, AttemptRow, Backend, Batch, Blobs, ChainRow, ContradictionRow, HeadCell, Journal, KnownStatement, LogId,
    LogState, NoteRow, Pending, PendingCustodian, PendingRow, Reads, StatementRow, StoreError, TileRow,
};
use lookup::Lookup;
use monition_evidence::{Digest, Eid, PartyName};
use monition_tlog::{Hash, TreeHead, TreeSize};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Row, Transaction, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use tokio::sync::oneshot;

mod lookup;

/// The format of both files (`user_version`). A newer one is refused, never guessed.
pub const FORMAT_VERSION: i64 = 1;

const EXCHANGE_DB: &str = "exchange.db";
const HEAD_DB: &str = "head.db";
const READERS: usize = 3;

/// Page caches, in KiB for each connection. All of them together are most of the memory that a large exchange takes. The
/// writer works at the right edge of its tables and in one slice of the look-up; what readers lack, the system's cache has.
const WRITER_CACHE_KIB: i64 = 16 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;
const HEAD_CACHE_KIB: i64 = 256;

const SCHEMA: &str = "
CREATE TABLE log_state (log INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, peaks BLOB NOT NULL) STRICT;
CREATE TABLE entry (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE tile (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE statement (key INTEGER PRIMARY KEY, identity BLOB NOT NULL, typ TEXT NOT NULL, iss TEXT NOT NULL,
    eid BLOB NOT NULL, about BLOB, own INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE pending (idx INTEGER PRIMARY KEY, total INTEGER NOT NULL, quorum INTEGER NOT NULL,
    promised INTEGER NOT NULL, expiry INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT;
CREATE TABLE body (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE delivery (idx INTEGER NOT NULL, custodian TEXT NOT NULL, attempts INTEGER NOT NULL, next_ms INTEGER NOT NULL,
    PRIMARY KEY (idx, custodian)) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_next ON delivery (next_ms);
CREATE TABLE chain (sender TEXT NOT NULL, recipient TEXT NOT NULL, seq INTEGER NOT NULL, last BLOB NOT NULL,
    PRIMARY KEY (sender, recipient)) STRICT, WITHOUT ROWID;
CREATE TABLE note (seq INTEGER PRIMARY KEY, log INTEGER NOT NULL, size INTEGER NOT NULL, time_min INTEGER NOT NULL,
    time_max INTEGER NOT NULL, quorum INTEGER NOT NULL, at INTEGER NOT NULL, kept INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX note_digest ON note (digest);
CREATE INDEX note_size ON note (log, quorum, size);
CREATE INDEX note_expiry ON note (at) WHERE kept = 0;
CREATE INDEX note_time ON note (log, quorum, time_min);
CREATE TABLE contradiction (iss TEXT NOT NULL, eid BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (iss, eid)) STRICT;
";

const HEAD_SCHEMA: &str =
    "CREATE TABLE head (log INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;";

/// Why a directory is not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Another process uses it.
    #[error("{path} is in use by another process")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// Nothing was created there.
    #[error("{path} holds no exchange.db and head.db")]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// Something is there already.
    #[error("{path} holds {file} already")]
    Exists {
        /// The directory.
        path: PathBuf,
        /// The file.
        file: &'static str,
    },
    /// Written by a newer version.
    #[error("{file} has format {found}, this version reads {FORMAT_VERSION}")]
    Format {
        /// The file.
        file: &'static str,
        /// As found.
        found: i64,
    },
    /// A file cannot be opened or made.
    #[error("{path}: {detail}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
}

impl DirectoryError {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "end the other process; two sequencers on one log would sign two trees",
            Self::Missing { .. } => "create the exchange first; if head.db was lost, this log has ended",
            Self::Exists { .. } => "choose an empty directory; a log is created once",
            Self::Format { .. } => "start the version that wrote it, or a newer one",
            Self::Io { .. } => "check the path, its owner and the free space",
        }
    }
}

/// An open directory. The lock is let go when this and every handle to it are dropped.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Worker,
    heads: Worker,
    readers: Vec<Worker>,
    next_reader: AtomicUsize,
    lookup: Arc<Lookup>,
}

impl SqliteStore {
    /// Makes the files of a new exchange; no log is created yet ([`HeadCell::create`]).
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing that is there is touched.
    pub fn create(directory: &Path) -> Result<Arc<Self>, DirectoryError> {
        let io = |e: std::io::Error| DirectoryError::Io { path: directory.to_owned(), detail: e.to_string() };
        std::fs::create_dir_all(directory).map_err(io)?;
        let lock = lock(directory)?;
        for file in [EXCHANGE_DB, HEAD_DB] {
            if directory.join(file).exists() {
                return Err(DirectoryError::Exists { path: directory.to_owned(), file });
            }
        }
        Self::open_files(directory, lock, true)
    }

    /// Opens the files of an exchange.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn open(directory: &Path) -> Result<Arc<Self>, DirectoryError> {
        // Both must be there: an absent head.db must not become an empty one.
        if !directory.join(EXCHANGE_DB).is_file() || !directory.join(HEAD_DB).is_file() {
            return Err(DirectoryError::Missing { path: directory.to_owned() });
        }
        let lock = lock(directory)?;
        Self::open_files(directory, lock, false)
    }

    fn open_files(directory: &Path, lock: Arc<std::fs::File>, create: bool) -> Result<Arc<Self>, DirectoryError> {
        let schema = [SCHEMA, lookup::SCHEMA].concat();
        let writer = connect(directory, EXCHANGE_DB, create.then_some(schema.as_str()), WRITER_CACHE_KIB)?;
        let lookup = Arc::new(Lookup::open(&writer).map_err(|e| open_error(directory, EXCHANGE_DB, &e))?);
        let heads = connect(directory, HEAD_DB, create.then_some(HEAD_SCHEMA), HEAD_CACHE_KIB)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let connection = connect(directory, EXCHANGE_DB, None, READER_CACHE_KIB)?;
            connection.pragma_update(None, "query_only", true).map_err(|e| open_error(directory, EXCHANGE_DB, &e))?;
            readers.push(Worker::start("store-read", connection, lock.clone()));
        }
        Ok(Arc::new(Self {
            writer: Worker::start("store-write", writer, lock.clone()),
            heads: Worker::start("store-head", heads, lock),
            readers,
            next_reader: AtomicUsize::new(0),
            lookup,
        }))
    }

    /// The same as trait objects.
    #[must_use]
    pub fn backend(self: &Arc<Self>) -> Backend {
        Backend { journal: self.clone(), heads: self.clone(), reads: self.clone(), blobs: self.clone() }
    }

    fn read<T, F>(&self, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let reader = &self.readers[self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len()];
        reader.run(move |connection| {
            work(connection).map_err(|e| StoreError::Read { file: EXCHANGE_DB, detail: e.to_string() })
        })
    }
}

fn lock(directory: &Path) -> Result<Arc<std::fs::File>, DirectoryError> {
    let path = directory.join("lock");
    let io = |detail: String| DirectoryError::Io { path: path.clone(), detail };
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| io(e.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(Arc::new(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(DirectoryError::InUse { path: directory.to_owned() }),
        Err(std::fs::TryLockError::Error(e)) => Err(io(e.to_string())),
    }
}

fn open_error(directory: &Path, file: &'static str, error: &rusqlite::Error) -> DirectoryError {
    DirectoryError::Io { path: directory.join(file), detail: error.to_string() }
}

fn connect(
    directory: &Path,
    file: &'static str,
    schema: Option<&str>,
    cache_kib: i64,
) -> Result<Connection, DirectoryError> {
    let wrong = |e: rusqlite::Error| open_error(directory, file, &e);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if schema.is_some() {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(directory.join(file), flags).map_err(wrong)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(wrong)?;
    if schema.is_some() {
        connection.pragma_update(None, "page_size", if file == HEAD_DB { 4096 } else { 16384 }).map_err(wrong)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(wrong)?;
    // NORMAL may lose the last commits in a power cut; a signature must not rest on such a commit.
    connection.pragma_update(None, "synchronous", "FULL").map_err(wrong)?;
    connection.pragma_update(None, "cache_size", -cache_kib).map_err(wrong)?;
    // 64 MiB of WAL: pages that many batches touch are copied back once.
    connection.pragma_update(None, "wal_autocheckpoint", 4096).map_err(wrong)?;
    connection.set_prepared_statement_cache_capacity(64);
    if let Some(schema) = schema {
        let sql = format!("BEGIN; {schema} PRAGMA user_version = {FORMAT_VERSION}; COMMIT;");
        connection.execute_batch(&sql).map_err(wrong)?;
    }
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrong)?;
    if found != FORMAT_VERSION {
        return Err(DirectoryError::Format { file, found });
    }
    Ok(connection)
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// One connection on one thread.
#[derive(Debug)]
struct Worker {
    /// Present until the worker is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Waits for the jobs that were handed in, so that the lock is free when the store is gone.
impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Worker {
    fn start(name: &str, mut connection: Connection, lock: Arc<std::fs::File>) -> Self {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let run = move || {
            // Held until the last job is done: an unfinished write outlives the store that asked for it.
            let _lock = lock;
            while let Ok(job) = inbox.recv() {
                job(&mut connection);
            }
        };
        // Without a thread every answer is `Closed`: the job's sender is dropped with the inbox.
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        let thread = thread.map_err(|error| tracing::error!(%error, "no thread for the storage")).ok();
        Self { jobs: Some(jobs), thread }
    }

    fn run<T, F>(&self, work: F) -> Answer<'static, T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = done.send(work(connection));
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        Box::pin(async move {
            if !sent {
                return Err(StoreError::Closed);
            }
            answer.await.map_err(|_| StoreError::Closed)?
        })
    }
}

/// Whether a failed write may have happened. `Full` only where SQLite says so and has rolled back.
fn write_error(file: &'static str, connection: &Connection, error: &rusqlite::Error) -> StoreError {
    let full = matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
    if full && (connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()) {
        return StoreError::Full { file };
    }
    if matches!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation)) && connection.is_autocommit() {
        // Rolled back for certain: a bug of the caller, not doubt about the disk.
        return StoreError::Corrupt {
            file,
            detail: format!("a row stands there already, nothing was written: {error}"),
        };
    }
    StoreError::Unknown { file, detail: error.to_string() }
}

const fn number(log: LogId) -> i64 {
    match log {
        LogId::Log => 1,
        LogId::Directory => 2,
    }
}

fn log_of(number: i64) -> LogId {
    if number == 2 { LogId::Directory } else { LogId::Log }
}

/// SQLite's integers are signed; all our numbers are below 2^63.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

const INDEX_BITS: u32 = 40;

fn entry_key(log: LogId, index: u64) -> i64 {
    number(log) << INDEX_BITS | int(index)
}

fn log_and_index(key: i64) -> (LogId, u64) {
    (log_of(key >> INDEX_BITS), uint(key & ((1 << INDEX_BITS) - 1)))
}

fn tile_key(log: LogId, level: u8, index: u64) -> i64 {
    number(log) << 56 | i64::from(level) << 48 | int(index)
}

fn digest(row: &Row<'_>, column: usize) -> Result<Digest, rusqlite::Error> {
    row.get::<_, [u8; 32]>(column).map(Digest::from_bytes)
}

fn party(row: &Row<'_>, column: usize) -> Result<PartyName, rusqlite::Error> {
    let text: String = row.get(column)?;
    PartyName::parse(&text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e)))
}

impl Journal for SqliteStore {
    fn commit(&self, batch: Arc<Batch>) -> Answer<'_, ()> {
        let lookup = self.lookup.clone();
        self.writer.run(move |connection| {
            let outcome = write_batch(connection, &lookup, &batch);
            match outcome {
                Ok(change) => {
                    lookup.committed(change);
                    Ok(())
                }
                Err(WriteError::Store(error)) => Err(error),
                Err(WriteError::Sqlite(error)) => Err(write_error(EXCHANGE_DB, connection, &error)),
            }
        })
    }
}

enum WriteError {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn write_batch(connection: &mut Connection, lookup: &Lookup, batch: &Batch) -> Result<lookup::Change, WriteError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if let Some(growth) = &batch.growth {
        grow(&transaction, growth)?;
    }
    insert_statements(&transaction, &batch.statements)?;
    insert_pending(&transaction, &batch.pending)?;
    {
        let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO chain VALUES (?1, ?2, ?3, ?4)")?;
        for ChainRow { sender, recipient, seq, last } in &batch.chains {
            put.execute(params![sender.as_str(), recipient.as_str(), int(*seq), last.as_bytes()])?;
        }
    }
    record_attempts(&transaction, &batch.attempts)?;
    for index in &batch.promises_settled {
        transaction.prepare_cached("UPDATE pending SET settled = 1 WHERE idx = ?1")?.execute([int(*index)])?;
    }
    for note in &batch.notes {
        // The same note again is the same note: equal seconds give equal cosignatures.
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO note (log, size, time_min, time_max, quorum, at, kept, digest, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                number(note.log),
                int(note.size),
                int(note.time_min),
                int(note.time_max),
                note.quorum,
                int(note.at),
                note.kept,
                note.digest.as_bytes(),
                note.bytes
            ])?;
    }
    for anchor in &batch.anchors {
        transaction
            .prepare_cached("UPDATE note SET kept = 1 WHERE digest = ?1 AND kept = 0")?
            .execute([anchor.as_bytes()])?;
    }
    if let Some(at) = batch.notes_expired_at {
        // More than are added in a round, so that the rest shrinks; few, so that no round is long.
        transaction
            .prepare_cached(
                "DELETE FROM note WHERE seq IN (SELECT seq FROM note WHERE kept = 0 AND at < ?1 ORDER BY at LIMIT 16)",
            )?
            .execute([int(at)])?;
    }
    for ContradictionRow { iss, eid, bytes } in &batch.contradictions {
        transaction.prepare_cached("INSERT OR IGNORE INTO contradiction VALUES (?1, ?2, ?3)")?.execute(params![
            iss.as_str(),
            eid.as_bytes(),
            bytes
        ])?;
    }
    let change = lookup.write(&transaction, batch)?;
    transaction.commit()?;
    Ok(change)
}

fn grow(transaction: &Transaction<'_>, growth: &crate::Growth) -> Result<(), WriteError> {
    let stored = log_state(transaction, growth.log)?.head;
    if stored != growth.old {
        let show = |head: &TreeHead| format!("size {} with root {}", head.size, head.root);
        let (found, expected) = (show(&stored), show(&growth.old));
        return Err(WriteError::Store(StoreError::Stale { what: "tree", found, expected }));
    }
    let first = growth.old.size.value();
    {
        let mut put = transaction.prepare_cached("INSERT INTO entry VALUES (?1, ?2)")?;
        for (entry, index) in growth.entries.iter().zip(first..) {
            put.execute(params![entry_key(growth.log, index), entry])?;
        }
    }
    let mut put = transaction.prepare_cached("INSERT INTO tile VALUES (?1, ?2)")?;
    for TileRow { level, index, bytes } in &growth.tiles {
        put.execute(params![tile_key(growth.log, *level, *index), bytes])?;
    }
    let peaks: Vec<u8> = growth.peaks.iter().flat_map(|peak| *peak.as_bytes()).collect();
    let size = int(growth.new.size.value());
    transaction.prepare_cached("INSERT OR REPLACE INTO log_state VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        number(growth.log),
        size,
        growth.new.root.as_bytes(),
        peaks
    ])?;
    Ok(())
}

fn insert_statements(transaction: &Transaction<'_>, rows: &[StatementRow]) -> Result<(), rusqlite::Error> {
    let mut put = transaction.prepare_cached("INSERT INTO statement VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for row in rows {
        put.execute(params![
            entry_key(row.log, row.index),
            row.identity.as_bytes(),
            row.typ,
            row.iss.as_str(),
            row.eid.as_bytes(),
            row.about.as_ref().map(Digest::as_bytes),
            !row.foreign,
            row.bytes
        ])?;
    }
    Ok(())
}

fn insert_pending(transaction: &Transaction<'_>, rows: &[PendingRow]) -> Result<(), rusqlite::Error> {
    let mut put = transaction.prepare_cached("INSERT INTO pending VALUES (?1, ?2, ?3, ?4, ?5, 0)")?;
    let mut put_body = transaction.prepare_cached("INSERT INTO body VALUES (?1, ?2)")?;
    let mut put_delivery = transaction.prepare_cached("INSERT INTO delivery VALUES (?1, ?2, 0, 0)")?;
    for row in rows {
        let (index, total) = (int(row.index), row.custodians.len() as i64);
        put.execute(params![index, total, row.quorum, int(row.by), int(row.expiry)])?;
        put_body.execute(params![index, row.bodies])?;
        for custodian in &row.custodians {
            put_delivery.execute(params![index, custodian.as_str()])?;
        }
    }
    Ok(())
}

fn record_attempts(transaction: &Transaction<'_>, rows: &[AttemptRow]) -> Result<(), rusqlite::Error> {
    for AttemptRow { index, custodian, again_ms } in rows {
        let (index, custodian) = (int(*index), custodian.as_str());
        if let Some(again_ms) = again_ms {
            transaction
                .prepare_cached(
                    "UPDATE delivery SET attempts = attempts + 1, next_ms = ?3 WHERE idx = ?1 AND custodian = ?2",
                )?
                .execute(params![index, custodian, int(*again_ms)])?;
            continue;
        }
        transaction
            .prepare_cached("DELETE FROM delivery WHERE idx = ?1 AND custodian = ?2")?
            .execute(params![index, custodian])?;
        let left: bool = transaction
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM delivery WHERE idx = ?1)")?
            .query_row([index], |row| row.get(0))?;
        if !left {
            // Every custodian holds the bodies now; the exchange has no more use for them.
            transaction.prepare_cached("DELETE FROM body WHERE idx = ?1")?.execute([index])?;
            transaction.prepare_cached("DELETE FROM pending WHERE idx = ?1")?.execute([index])?;
        }
    }
    Ok(())
}

fn head_of(row: &Row<'_>) -> Result<TreeHead, rusqlite::Error> {
    Ok(TreeHead { size: TreeSize::new(uint(row.get(0)?)), root: Hash::from_bytes(row.get(1)?) })
}

fn log_state(connection: &Connection, log: LogId) -> Result<LogState, rusqlite::Error> {
    let read = |row: &Row<'_>| {
        let peaks: Vec<u8> = row.get(2)?;
        let peaks = peaks.as_chunks::<32>().0.iter().map(|peak| Hash::from_bytes(*peak)).collect();
        Ok(LogState { head: head_of(row)?, peaks })
    };
    let state = connection
        .prepare_cached("SELECT size, root, peaks FROM log_state WHERE log = ?1")?
        .query_row([number(log)], read)
        .optional()?;
    Ok(state.unwrap_or(LogState::empty()))
}

impl HeadCell for SqliteStore {
    fn load(&self, log: LogId) -> Answer<'_, Option<TreeHead>> {
        self.heads.run(move |connection| {
            load_head(connection, log).map_err(|e| StoreError::Read { file: HEAD_DB, detail: e.to_string() })
        })
    }

    fn create(&self, log: LogId) -> Answer<'_, ()> {
        self.heads.run(move |connection| {
            let empty = TreeHead::EMPTY;
            connection
                .execute("INSERT INTO head VALUES (?1, 0, ?2)", params![number(log), empty.root.as_bytes()])
                .map(|_| ())
                .map_err(|e| write_error(HEAD_DB, connection, &e))
        })
    }

    fn swap(&self, log: LogId, old: TreeHead, new: TreeHead) -> Answer<'_, ()> {
        self.heads.run(move |connection| {
            let swapped = connection
                .prepare_cached("UPDATE head SET size = ?2, root = ?3 WHERE log = ?1 AND size = ?4 AND root = ?5");
            let swapped = swapped.and_then(|mut swap| {
                swap.execute(params![
                    number(log),
                    int(new.size.value()),
                    new.root.as_bytes(),
                    int(old.size.value()),
                    old.root.as_bytes()
                ])
            });
            match swapped {
                Ok(1) => Ok(()),
                Ok(_) => {
                    let found = load_head(connection, log).ok().flatten();
                    let show = |head: TreeHead| format!("size {} with root {}", head.size, head.root);
                    let found = found.map_or("absent".to_owned(), show);
                    Err(StoreError::Stale { what: "head", found, expected: show(old) })
                }
                Err(error) => Err(write_error(HEAD_DB, connection, &error)),
            }
        })
    }
}

fn load_head(connection: &Connection, log: LogId) -> Result<Option<TreeHead>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT size, root FROM head WHERE log = ?1")?
        .query_row([number(log)], head_of)
        .optional()
}

impl Blobs for SqliteStore {
    fn bodies(&self, index: u64) -> Answer<'_, Option<Vec<u8>>> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT bytes FROM body WHERE idx = ?1")?
                .query_row([int(index)], |row| row.get(0))
                .optional()
        })
    }
}

impl Reads for SqliteStore {
    fn state(&self, log: LogId) -> Answer<'_, LogState> {
        self.read(move |connection| log_state(connection, log))
    }

    fn entries(&self, log: LogId, first: u64, count: u64) -> Answer<'_, Vec<Vec<u8>>> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT bytes FROM entry WHERE key >= ?1 AND key < ?2 ORDER BY key")?
                .query_map([entry_key(log, first), entry_key(log, first + count)], |row| row.get(0))?
                .collect()
        })
    }

    fn tile(&self, log: LogId, level: u8, index: u64) -> Answer<'_, Option<Vec<u8>>> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT bytes FROM tile WHERE key = ?1")?
                .query_row([tile_key(log, level, index)], |row| row.get(0))
                .optional()
        })
    }

    fn known(&self, keys: Vec<(PartyName, Eid)>) -> Answer<'_, Vec<Option<KnownStatement>>> {
        let lookup = self.lookup.clone();
        self.read(move |connection| {
            let mut find = connection.prepare_cached(
                "SELECT identity, bytes FROM statement WHERE key = ?1 AND eid = ?2 AND iss = ?3 AND own = 0",
            )?;
            let mut known = |iss: &PartyName, eid: &Eid| {
                for key in lookup.by_eid(connection, eid, iss)? {
                    let read = |row: &Row<'_>| {
                        let (log, index) = log_and_index(key);
                        Ok(KnownStatement { log, index, identity: digest(row, 0)?, bytes: row.get(1)? })
                    };
                    let found = find.query_row(params![key, eid.as_bytes(), iss.as_str()], read).optional()?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Ok(None)
            };
            keys.iter().map(|(iss, eid)| known(iss, eid)).collect()
        })
    }

    fn index_of(&self, entry: Digest) -> Answer<'_, Option<u64>> {
        let lookup = self.lookup.clone();
        // A commitment that is logged twice keeps its first place.
        self.read(move |connection| Ok(lookup.by_entry(connection, &entry)?.map(|key| log_and_index(key).1)))
    }

    fn about(&self, submission: Digest, limit: u32) -> Answer<'_, Vec<Vec<u8>>> {
        let lookup = self.lookup.clone();
        self.read(move |connection| {
            let mut find = connection.prepare_cached("SELECT bytes FROM statement WHERE key = ?1 AND about = ?2")?;
            let keys = lookup.by_about(connection, &submission)?.into_iter();
            let rows = keys.map(|key| find.query_row(params![key, submission.as_bytes()], |row| row.get(0)).optional());
            rows.filter_map(Result::transpose).take(limit as usize).collect()
        })
    }

    fn chain(&self, sender: PartyName, recipient: PartyName) -> Answer<'_, Option<ChainRow>> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT seq, last FROM chain WHERE sender = ?1 AND recipient = ?2")?
                .query_row(params![sender.as_str(), recipient.as_str()], |row| {
                    let (seq, last) = (uint(row.get(0)?), digest(row, 1)?);
                    Ok(ChainRow { sender: sender.clone(), recipient: recipient.clone(), seq, last })
                })
                .optional()
        })
    }

    fn chains(&self) -> Answer<'_, Vec<ChainRow>> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT sender, recipient, seq, last FROM chain ORDER BY sender, recipient")?
                .query_map([], |row| {
                    Ok(ChainRow {
                        sender: party(row, 0)?,
                        recipient: party(row, 1)?,
                        seq: uint(row.get(2)?),
                        last: digest(row, 3)?,
                    })
                })?
                .collect()
        })
    }

    fn due(&self, now_ms: u64, limit: u32) -> Answer<'_, Vec<Pending>> {
        self.read(move |connection| {
            // At most 16 custodians each: as many rows from the index hold enough submissions, whatever the backlog.
            let mut indexes: Vec<i64> = connection
                .prepare_cached("SELECT idx FROM delivery WHERE next_ms <= ?1 ORDER BY next_ms LIMIT ?2")?
                .query_map(params![int(now_ms), i64::from(limit) * 16], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut seen = std::collections::HashSet::new();
            indexes.retain(|index| seen.insert(*index));
            indexes.truncate(limit as usize);
            let pending = indexes.iter().map(|index| pending_of(connection, *index));
            pending.filter_map(Result::transpose).collect()
        })
    }

    fn pending(&self, index: u64) -> Answer<'_, Option<Pending>> {
        self.read(move |connection| pending_of(connection, int(index)))
    }

    fn note_covering(&self, log: LogId, index: u64) -> Answer<'_, Option<NoteRow>> {
        let tail = "log = ?1 AND quorum = 1 AND size > ?2 ORDER BY size, seq LIMIT 1";
        self.read(move |connection| find_note(connection, tail, params![number(log), int(index)]))
    }

    fn note_since(&self, log: LogId, time: u64) -> Answer<'_, Option<NoteRow>> {
        let tail = "log = ?1 AND quorum = 1 AND time_min >= ?2 ORDER BY time_min, seq LIMIT 1";
        self.read(move |connection| find_note(connection, tail, params![number(log), int(time)]))
    }

    fn last_note(&self, log: LogId) -> Answer<'_, Option<NoteRow>> {
        self.read(move |connection| find_note(connection, "log = ?1 ORDER BY seq DESC LIMIT 1", params![number(log)]))
    }

    fn last_cosigned(&self, log: LogId) -> Answer<'_, Option<NoteRow>> {
        let tail = "log = ?1 AND quorum = 1 ORDER BY size DESC, seq DESC LIMIT 1";
        self.read(move |connection| find_note(connection, tail, params![number(log)]))
    }

    fn note(&self, digest: Digest) -> Answer<'_, Option<NoteRow>> {
        self.read(move |connection| find_note(connection, "digest = ?1", params![digest.as_bytes()]))
    }

    fn contradictions(&self, iss: PartyName) -> Answer<'_, Vec<ContradictionRow>> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT eid, bytes FROM contradiction WHERE iss = ?1 ORDER BY eid")?
                .query_map([iss.as_str()], |row| {
                    Ok(ContradictionRow { iss: iss.clone(), eid: Eid::from_bytes(row.get(0)?), bytes: row.get(1)? })
                })?
                .collect()
        })
    }
}

fn pending_of(connection: &Connection, index: i64) -> Result<Option<Pending>, rusqlite::Error> {
    let custodians = connection
        .prepare_cached("SELECT custodian, attempts, next_ms FROM delivery WHERE idx = ?1 ORDER BY custodian")?
        .query_map([index], |row| {
            Ok(PendingCustodian { custodian: party(row, 0)?, attempts: row.get(1)?, next_ms: uint(row.get(2)?) })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    connection
        .prepare_cached(
            "SELECT statement.bytes, total, quorum, promised, expiry, settled FROM pending JOIN statement ON key = ?2
             WHERE idx = ?1",
        )?
        .query_row([index, entry_key(LogId::Log, uint(index))], |row| {
            Ok(Pending {
                index: uint(index),
                bytes: row.get(0)?,
                custodians,
                total: row.get(1)?,
                quorum: row.get(2)?,
                by: uint(row.get(3)?),
                expiry: uint(row.get(4)?),
                settled: row.get(5)?,
            })
        })
        .optional()
}

fn find_note(
    connection: &Connection,
    tail: &str,
    params: &[&dyn rusqlite::ToSql],
) -> Result<Option<NoteRow>, rusqlite::Error> {
    connection
        .prepare_cached(&format!(
            "SELECT log, size, time_min, time_max, quorum, at, kept, digest, bytes FROM note WHERE {tail}"
        ))?
        .query_row(params, |row| {
            Ok(NoteRow {
                log: log_of(row.get(0)?),
                size: uint(row.get(1)?),
                time_min: uint(row.get(2)?),
                time_max: uint(row.get(3)?),
                quorum: row.get(4)?,
                at: uint(row.get(5)?),
                kept: row.get(6)?,
                digest: digest(row, 7)?,
                bytes: row.get(8)?,
            })
        })
        .optional()
}
