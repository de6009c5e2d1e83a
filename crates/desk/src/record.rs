//! What a desk must never forget: one SQLite file, `desk.db` (WAL, synchronous=FULL), mode 0600.
//!
//! | table | what stands there |
//! |---|---|
//! | `statements` | every statement held, the way it came, with its inclusion proof and notes; own ones that still wait to be sent |
//! | `notes` | cosigned notes by SHA-256: every anchor signed over, every note that a proof leads to |
//! | `sent`, `sent_bodies`, `chains` | submissions that this desk signed: disclosures, bodies, and of each body file key, seed and nonce; `seq` and `prev_sub` for each (party in whose name, recipient) |
//! | `items`, `cursors`, `inbox`, `inbox_bodies` | mailbox items by custodian, and what was fetched, for whom |
//! | `heads`, `answers` | custodians' signed heads with their openings |
//! | `directory` | the directory's entries, in order |
//! | `alarms` | contradictions, each with its two contradicting texts |
//! | `closable_notes` | texts behind note commitments |
//!
//! **One record, many parties.** A desk that acts for others keeps each of them apart: `sent.iss`, `chains.iss` and
//! `inbox.party` name in whose name it was.
//!
//! **Trusted**: whoever changes it can make this desk forget or resend, not forge: every statement is verified again by
//! the judge. Whoever *reads* it reads the sender's warnings, since file keys lie here. Who loses it can prove no
//! content of what it sent: back it up with the keys.

mod inbox;
mod sent;
mod statements;

pub use inbox::{InboxEntry, InboxState, ItemRow};
pub use sent::{ChainPlace, SentBodyRow, SentRow};
pub use statements::{Alarm, HeadsRow, Held, StoredProof, Where};

use crate::error::DeskError;
use monition_evidence::Digest;
use rusqlite::{Connection, OpenFlags, Row};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// Version of the tables; a newer one is refused, never guessed.
const VERSION: i64 = 2;

const SCHEMA: &str = "
CREATE TABLE statements (
    digest BLOB PRIMARY KEY, identity BLOB NOT NULL, typ TEXT NOT NULL, iss TEXT NOT NULL,
    submission BLOB, wid BLOB, bytes BLOB NOT NULL, held_at INTEGER NOT NULL,
    place TEXT NOT NULL, waits_for TEXT, anchor BLOB, leaf_index INTEGER, hashes TEXT, note BLOB, directory_note BLOB
) STRICT;
CREATE INDEX statements_submission ON statements (submission);
CREATE INDEX statements_wid ON statements (wid);
CREATE INDEX statements_identity ON statements (identity);
CREATE TABLE notes (digest BLOB PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE TABLE sent (
    submission BLOB PRIMARY KEY, core BLOB NOT NULL, core_identity BLOB NOT NULL, wid BLOB NOT NULL, recipient TEXT NOT NULL,
    iss TEXT NOT NULL, declaration BLOB NOT NULL, seq INTEGER NOT NULL, composed_at INTEGER NOT NULL, deadline INTEGER,
    disclosures TEXT NOT NULL, acceptance BLOB, rejection TEXT
) STRICT;
CREATE TABLE sent_bodies (
    submission BLOB NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL,
    file_key BLOB NOT NULL, seed BLOB NOT NULL, nonce BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (submission, number)
) STRICT;
CREATE TABLE chains (
    iss TEXT NOT NULL, recipient TEXT NOT NULL, seq INTEGER NOT NULL, prev_sub BLOB NOT NULL, told INTEGER NOT NULL,
    PRIMARY KEY (iss, recipient)
) STRICT;
CREATE TABLE items (
    declaration BLOB NOT NULL, custodian TEXT NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL, item TEXT NOT NULL,
    submission BLOB NOT NULL, consignment BLOB NOT NULL, seen_at INTEGER NOT NULL,
    PRIMARY KEY (declaration, custodian, n)
) STRICT;
CREATE INDEX items_submission ON items (submission);
CREATE TABLE cursors (
    declaration BLOB NOT NULL, custodian TEXT NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL,
    PRIMARY KEY (declaration, custodian)
) STRICT;
CREATE TABLE inbox (
    submission BLOB PRIMARY KEY, party TEXT NOT NULL, declaration BLOB NOT NULL, e BLOB NOT NULL, urgency TEXT NOT NULL,
    received_at INTEGER NOT NULL, state TEXT NOT NULL, core BLOB, wid BLOB, access BLOB, misfits TEXT NOT NULL,
    read_at INTEGER
) STRICT;
CREATE TABLE inbox_bodies (submission BLOB NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (submission, number)) STRICT;
CREATE TABLE heads (
    digest BLOB PRIMARY KEY, custodian TEXT NOT NULL, declaration BLOB NOT NULL, period INTEGER NOT NULL,
    opening TEXT NOT NULL, items TEXT
) STRICT;
CREATE TABLE answers (
    submission BLOB NOT NULL, custodian TEXT NOT NULL, heads BLOB NOT NULL, opening TEXT NOT NULL,
    PRIMARY KEY (submission, custodian, heads)
) STRICT;
CREATE TABLE directory (idx INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE alarms (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
    UNIQUE (code, first, second)
) STRICT;
CREATE TABLE closable_notes (commitment BLOB PRIMARY KEY, salt BLOB NOT NULL, text TEXT NOT NULL) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
";

/// From version 1, in which a desk acted for nobody but its own party: the signed statements name it.
const FROM_1: &str = "
ALTER TABLE chains RENAME TO chains_1;
CREATE TABLE chains (
    iss TEXT NOT NULL, recipient TEXT NOT NULL, seq INTEGER NOT NULL, prev_sub BLOB NOT NULL, told INTEGER NOT NULL,
    PRIMARY KEY (iss, recipient)
) STRICT;
INSERT INTO chains SELECT statements.iss, recipient, seq, prev_sub, 1 FROM chains_1 JOIN statements ON digest = prev_sub;
DROP TABLE chains_1;
ALTER TABLE sent ADD COLUMN iss TEXT NOT NULL DEFAULT '';
UPDATE sent SET iss = (SELECT iss FROM statements WHERE digest = sent.submission);
ALTER TABLE inbox ADD COLUMN party TEXT NOT NULL DEFAULT '';
UPDATE inbox SET party = (SELECT iss FROM statements WHERE digest = inbox.access);
";

/// The record of one desk. One connection behind a lock: a desk has one user.
pub struct Record {
    db: Mutex<Connection>,
    path: PathBuf,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({})", self.path.display())
    }
}

/// Turns an SQLite error into ours.
fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> DeskError {
    move |source| DeskError::Record { doing, source }
}

impl Record {
    /// Makes an empty record.
    ///
    /// # Errors
    /// [`DeskError::Exists`], [`DeskError::Record`], [`DeskError::Io`].
    pub fn create(path: &Path) -> Result<Self, DeskError> {
        if path.exists() {
            return Err(DeskError::Exists { path: path.to_owned() });
        }
        // The empty file comes first, with its mode: SQLite gives its side files the mode of the main one.
        crate::keystore::write_private(path, b"")?;
        let record = Self::connect(path)?;
        let tables = format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;");
        record.lock().execute_batch(&tables).map_err(failed("make the tables"))?;
        Ok(record)
    }

    /// Opens an existing record; one of version 1 becomes one of version 2.
    ///
    /// # Errors
    /// [`DeskError::Record`], [`DeskError::RecordContent`] for a newer version.
    pub fn open(path: &Path) -> Result<Self, DeskError> {
        let record = Self::connect(path)?;
        if record.version()? == 1 {
            let sql = format!("BEGIN IMMEDIATE; {FROM_1} PRAGMA user_version = {VERSION}; COMMIT;");
            let done = record.lock().execute_batch(&sql);
            if let Err(error) = done {
                // What was begun is rolled back with the connection: the old record is still whole.
                return Err(failed("bring to version 2")(error));
            }
        }
        Ok(record)
    }

    /// Whether there is a record that this version can read. Changes nothing in it.
    ///
    /// # Errors
    /// As [`Record::open`].
    pub fn check(path: &Path) -> Result<(), DeskError> {
        Self::connect(path)?.version().map(drop)
    }

    fn version(&self) -> Result<i64, DeskError> {
        let version: i64 =
            self.lock().query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed("read the version"))?;
        if (1..=VERSION).contains(&version) {
            return Ok(version);
        }
        let detail = format!("{}: version {version}, this program knows {VERSION}", self.path.display());
        Err(DeskError::RecordContent { what: "record", detail })
    }

    fn connect(path: &Path) -> Result<Self, DeskError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(failed("open"))?;
        db.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed("open"))?;
        db.pragma_update(None, "journal_mode", "WAL").map_err(failed("set WAL"))?;
        db.pragma_update(None, "synchronous", "FULL").map_err(failed("set synchronous"))?;
        // What is deleted after `retain_until` is overwritten, not only unlinked.
        db.pragma_update(None, "secure_delete", "ON").map_err(failed("set secure_delete"))?;
        Ok(Self { db: Mutex::new(db), path: path.to_owned() })
    }

    /// A poisoned lock means that another thread panicked between two statements; SQLite has rolled back what was open.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Runs `work` in one durable transaction.
    fn transaction<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, DeskError> {
        let mut db = self.lock();
        let transaction =
            db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed(doing))?;
        let value = work(&transaction).map_err(failed(doing))?;
        transaction.commit().map_err(failed(doing))?;
        Ok(value)
    }

    /// All rows of a query.
    fn rows<T>(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, DeskError> {
        let db = self.lock();
        let mut query = db.prepare_cached(sql).map_err(failed(doing))?;
        let rows = query.query_map(parameters, |row| read(row)).map_err(failed(doing))?;
        rows.collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// The first row of a query.
    fn row<T>(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Option<T>, DeskError> {
        Ok(self.rows(doing, sql, parameters, read)?.into_iter().next())
    }

    /// Copies the record, consistent, into a new file.
    ///
    /// # Errors
    /// [`DeskError::Exists`], [`DeskError::Record`].
    pub fn copy_to(&self, path: &Path) -> Result<(), DeskError> {
        if path.exists() {
            return Err(DeskError::Exists { path: path.to_owned() });
        }
        crate::keystore::write_private(path, b"")?;
        let db = self.lock();
        let mut copy = Connection::open(path).map_err(failed("copy"))?;
        let backup = rusqlite::backup::Backup::new(&db, &mut copy).map_err(failed("copy"))?;
        backup.run_to_completion(1_024, std::time::Duration::ZERO, None).map_err(failed("copy"))
    }

    /// A small named value.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn meta(&self, name: &str) -> Result<Option<String>, DeskError> {
        self.row("read a value", "SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
    }

    /// Sets a small named value.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn set_meta(&self, name: &str, value: &str) -> Result<(), DeskError> {
        let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.transaction("set a value", |t| t.execute(sql, [name, value]).map(drop))
    }
}

/// A digest in a column.
fn digest(row: &Row<'_>, column: usize) -> Result<Digest, rusqlite::Error> {
    Ok(Digest::from_bytes(row.get(column)?))
}

fn digest_opt(row: &Row<'_>, column: usize) -> Result<Option<Digest>, rusqlite::Error> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(Digest::from_bytes))
}

/// A number that SQLite holds as i64.
fn number(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// What SQLite takes for a number below 2^63; larger ones, which no peer can make lawfully, saturate.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// JSON in a column.
fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, rusqlite::Error> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| conversion(column, error))
}

fn conversion(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

/// Plain data as JSON: structs of strings and numbers always serialise.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
