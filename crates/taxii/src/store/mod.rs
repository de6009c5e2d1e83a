//! One SQLite file, `taxii.db` (WAL, synchronous=FULL, 16 KiB pages), beside a `taxii.lock` held by the one server.
//!
//! ```text
//! object   key = collection << 40 | ordinal: what a collection holds lies together, in the order it was added.
//!          `added` (date_added, microseconds) rises strictly with the ordinal, so one is found from the other by
//!          bisection. `bytes` are the bytes as received. A removed object stays as an empty row: its place in the
//!          order, and the tombstone beside it, remain.
//! ident    one row for each id in a collection, found by `tag`, the first 64 bits of its SHA-256, and then by the id itself.
//! fresh,   tag → ident. Ids are random: of a large index each object would write a page of its own. New ones go into the
//! tagged   small `fresh`; what it has too many is moved into `tagged` in the order of the tags, neighbours together.
//! walk     TLP level << 2 | last << 1 | first, or -1 when removed. `last` and `first` say that the row is the newest or
//!          oldest version of its id among rows of one group (level, audience, spec version). If an id has only one
//!          group, the flags are the answer; if it has several, `mixed` is set and the reader decides for the caller.
//! ```
//!
//! So each list is a walk over an index from a key on, whatever the filters: a deep page costs what the first one does.

mod append;
mod events;
mod lookup;
mod read;
mod remove;
mod select;
mod status;
mod writer;

pub(crate) use append::{NewObject, Origin, Place, Posting, append, audience};
pub use events::{Event, EventKind, EventObject, Outcome};
pub(crate) use events::{event_of, posted, served, take_event, unserved};
pub(crate) use read::{Page, PageAsk, Shape, page};
pub(crate) use remove::{remove_chosen, remove_keys};
pub(crate) use select::{Viewer, key_after};
pub(crate) use status::{About, LIST_MAX, Stored, StoredItem, StoredStatus, find as find_status, resolve, sweep};
pub(crate) use writer::{Memory, WriteError, Writer};

use monition_intel::taxii::Identifier;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The format of the file (`user_version`). A newer one is refused, never guessed.
pub const FORMAT_VERSION: i64 = 2;

const FILE: &str = "taxii.db";
/// Connections that read. More than there are processors would only wait for one another.
const READERS: usize = 4;
/// Bits of an object's key that count within its collection.
pub(crate) const ORDINAL_BITS: u32 = 40;

const SCHEMA: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE collection (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, ordinal INTEGER NOT NULL, added INTEGER NOT NULL) STRICT;
CREATE TABLE kind (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE ident (n INTEGER PRIMARY KEY, tag INTEGER NOT NULL, collection INTEGER NOT NULL, id TEXT NOT NULL, kind INTEGER NOT NULL,
    live INTEGER NOT NULL, mixed INTEGER NOT NULL, tlp INTEGER NOT NULL, audience INTEGER NOT NULL, spec INTEGER NOT NULL,
    first_key INTEGER NOT NULL, first_version BLOB NOT NULL, last_key INTEGER NOT NULL, last_version BLOB NOT NULL) STRICT;
CREATE TABLE fresh (tag INTEGER NOT NULL, ident INTEGER NOT NULL, PRIMARY KEY (tag, ident)) STRICT, WITHOUT ROWID;
CREATE TABLE tagged (tag INTEGER NOT NULL, ident INTEGER NOT NULL, PRIMARY KEY (tag, ident)) STRICT, WITHOUT ROWID;
CREATE TABLE object (key INTEGER PRIMARY KEY, added INTEGER NOT NULL, walk INTEGER NOT NULL, mixed INTEGER NOT NULL,
    ident INTEGER NOT NULL, kind INTEGER NOT NULL, audience INTEGER NOT NULL, spec INTEGER NOT NULL,
    version_key BLOB NOT NULL, version TEXT NOT NULL, digest BLOB NOT NULL, account INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX object_walk ON object (walk, key) WHERE walk >= 0 AND audience = 0;
CREATE INDEX object_kind ON object (kind, walk, key) WHERE walk >= 0 AND audience = 0;
CREATE INDEX object_version ON object (version_key, key) WHERE walk >= 0 AND audience = 0;
CREATE INDEX object_ident ON object (ident, version_key) WHERE walk >= 0;
CREATE TABLE audience (n INTEGER PRIMARY KEY, members BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE addressed (account INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (account, key)) STRICT, WITHOUT ROWID;
CREATE TABLE tombstone (key INTEGER PRIMARY KEY, id TEXT NOT NULL, version TEXT NOT NULL, digest BLOB NOT NULL,
    removed INTEGER NOT NULL, account INTEGER NOT NULL) STRICT;
CREATE TABLE status (id BLOB PRIMARY KEY, root TEXT NOT NULL, account INTEGER NOT NULL, done INTEGER, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX status_done ON status (done) WHERE done IS NOT NULL;
CREATE TABLE outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, status BLOB, account INTEGER NOT NULL,
    collection INTEGER NOT NULL, at INTEGER NOT NULL, objects BLOB NOT NULL) STRICT;
CREATE TABLE served (account INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (account, key)) STRICT, WITHOUT ROWID;
CREATE TABLE account (n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, password TEXT, changed INTEGER NOT NULL) STRICT;
CREATE TABLE token (digest BLOB PRIMARY KEY, account INTEGER NOT NULL, label TEXT NOT NULL, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE certificate (digest BLOB PRIMARY KEY, account INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE access (account INTEGER NOT NULL, collection BLOB NOT NULL, read INTEGER NOT NULL, write INTEGER NOT NULL,
    remove INTEGER NOT NULL, tlp INTEGER NOT NULL, PRIMARY KEY (account, collection)) STRICT, WITHOUT ROWID;
";

/// Why the database is not opened, or an administrative act is not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another server uses it.
    #[error("{path} is in use by another server")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// Written by a newer version.
    #[error("{path} has format {found}, this version reads {FORMAT_VERSION}")]
    Format {
        /// The file.
        path: PathBuf,
        /// As found.
        found: i64,
    },
    /// The system gave no random bytes.
    #[error("no random bytes from the system: {detail}")]
    Randomness {
        /// Why.
        detail: String,
    },
    /// The configuration breaks a rule.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// A file cannot be opened, read or written.
    #[error("{path}: {detail}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
}

/// What is known of a collection without asking the database.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Rises when objects are added.
    pub(crate) appended: AtomicU64,
    /// Rises when what was there before looks different: another version is the last one, something was removed.
    pub(crate) changed: AtomicU64,
    /// Bit `1 << walk` for each value of `walk` that a row was ever seen with.
    pub(crate) walks: AtomicU32,
    /// Whether anything was ever addressed to some accounts only.
    pub(crate) addressed: AtomicBool,
}

/// The open database.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    permits: Semaphore,
    pub(crate) writer: Writer,
    pub(crate) cursor_key: [u8; 32],
    counters: HashMap<i64, Arc<Counters>>,
}

/// A reader failed. The cause is in the server's log.
#[derive(Debug)]
pub(crate) struct ReadError;

impl Store {
    /// Opens the file of `directory`, making it if it is not there, with these collections.
    pub(crate) fn open(directory: &Path, collections: &[Identifier]) -> Result<(Self, Vec<i64>), OpenError> {
        let io = |e: std::io::Error| OpenError::Io { path: directory.to_owned(), detail: e.to_string() };
        std::fs::create_dir_all(directory).map_err(io)?;
        let lock = std::fs::File::options().create(true).truncate(false).write(true).open(directory.join("taxii.lock"));
        let lock = lock.map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(OpenError::InUse { path: directory.to_owned() }),
            Err(std::fs::TryLockError::Error(e)) => return Err(io(e)),
        }
        let path = directory.join(FILE);
        let mut connection = connect(directory)?;
        let wrong = |e: rusqlite::Error| OpenError::Io { path: path.clone(), detail: e.to_string() };
        let mut numbers = Vec::with_capacity(collections.len());
        let mut counters = HashMap::new();
        let mut memory = Memory::default();
        for id in collections {
            connection
                .execute("INSERT OR IGNORE INTO collection (id, ordinal, added) VALUES (?1, 0, 0)", [id.as_bytes()])
                .map_err(wrong)?;
            let n: i64 = connection
                .query_row("SELECT n FROM collection WHERE id = ?1", [id.as_bytes()], |row| row.get(0))
                .map_err(wrong)?;
            let found = Arc::new(Counters::default());
            load_counters(&connection, n, &found).map_err(wrong)?;
            counters.insert(n, found);
            numbers.push(n);
        }
        memory.load(&connection).map_err(wrong)?;
        let cursor_key = secret(&mut connection, "cursor-key").map_err(wrong)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let reader = connect(directory)?;
            reader.pragma_update(None, "query_only", true).map_err(wrong)?;
            reader.pragma_update(None, "cache_size", -8 * 1024).map_err(wrong)?;
            readers.push(reader);
        }
        let writer = Writer::start(connection, memory, counters.clone(), lock);
        let permits = Semaphore::new(READERS);
        Ok((Self { path, readers: Mutex::new(readers), permits, writer, cursor_key, counters }, numbers))
    }

    pub(crate) fn counters(&self, collection: i64) -> Arc<Counters> {
        self.counters.get(&collection).cloned().unwrap_or_default()
    }

    /// Runs a read on this thread. All that runs here is bounded by the page limit; what is not, comes through
    /// [`Store::read_apart`].
    pub(crate) async fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ReadError> {
        let _permit = self.permits.acquire().await.map_err(|_| ReadError)?;
        self.with_reader(work)
    }

    /// Runs a longer read beside the threads that answer requests.
    pub(crate) async fn read_apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let _permit = self.permits.acquire().await.map_err(|_| ReadError)?;
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.with_reader(work)).await.map_err(|_| ReadError)?
    }

    fn with_reader<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ReadError> {
        let lock = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = lock().pop() else { return Err(ReadError) };
        // One snapshot for all statements of this read.
        let result = connection.execute_batch("BEGIN").and_then(|()| work(&connection));
        let ended = connection.execute_batch("COMMIT");
        lock().push(connection);
        result.and_then(|value| ended.map(|()| value)).map_err(|error| {
            tracing::error!(file = %self.path.display(), %error, "a read failed");
            ReadError
        })
    }
}

fn load_counters(connection: &Connection, n: i64, counters: &Counters) -> rusqlite::Result<()> {
    let (low, high) = (n << ORDINAL_BITS, (n + 1) << ORDINAL_BITS);
    for walk in 0..20_i64 {
        let there: bool = connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM object WHERE walk = ?1 AND walk >= 0 AND audience = 0 AND key > ?2 AND key < ?3)",
        )?
        .query_row([walk, low, high], |row| row.get(0))?;
        if there {
            counters.walks.fetch_or(1 << walk, Ordering::Relaxed);
        }
    }
    // Of all collections together: a hint only.
    let addressed: bool = connection.query_row("SELECT EXISTS (SELECT 1 FROM addressed)", [], |row| row.get(0))?;
    counters.addressed.store(addressed, Ordering::Relaxed);
    Ok(())
}

/// 32 random bytes, made once and kept.
fn secret(connection: &mut Connection, name: &str) -> rusqlite::Result<[u8; 32]> {
    let found: Option<[u8; 32]> =
        connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.to_string().into()))?;
    connection.execute("INSERT INTO meta VALUES (?1, ?2)", params![name, fresh])?;
    Ok(fresh)
}

/// A connection to the file of `directory`; makes the file and its tables if there is none.
pub(crate) fn connect(directory: &Path) -> Result<Connection, OpenError> {
    let path = directory.join(FILE);
    let wrong = |e: rusqlite::Error| OpenError::Io { path: path.clone(), detail: e.to_string() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags).map_err(wrong)?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(wrong)?;
    connection.pragma_update(None, "page_size", 16384).map_err(wrong)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(wrong)?;
    // NORMAL may lose the last commits in a power cut; a 202 must not rest on such a commit.
    connection.pragma_update(None, "synchronous", "FULL").map_err(wrong)?;
    connection.pragma_update(None, "cache_size", -32 * 1024).map_err(wrong)?;
    // 64 MiB of WAL: pages that many batches touch are copied back once.
    connection.pragma_update(None, "wal_autocheckpoint", 4096).map_err(wrong)?;
    connection.set_prepared_statement_cache_capacity(64);
    let version = |connection: &Connection| connection.pragma_query_value(None, "user_version", |row| row.get(0));
    if version(&connection).map_err(wrong)? == 0 {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(wrong)?;
        // Two processes may have come here together; the second finds the tables made.
        if version(&transaction).map_err(wrong)? == 0 {
            transaction.execute_batch(SCHEMA).map_err(wrong)?;
            transaction.pragma_update(None, "user_version", FORMAT_VERSION).map_err(wrong)?;
            transaction.execute("INSERT INTO meta VALUES ('accounts', ?1)", [[0_u8; 8]]).map_err(wrong)?;
        }
        transaction.commit().map_err(wrong)?;
    }
    let found = version(&connection).map_err(wrong)?;
    if found != FORMAT_VERSION {
        return Err(OpenError::Format { path, found });
    }
    Ok(connection)
}
