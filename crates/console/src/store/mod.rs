//! `console.db`: what the console itself must remember, in the desk's directory (SQLite, WAL, mode 0600).
//!
//! | table | what stands there |
//! |---|---|
//! | `users`, `sessions` | names, Argon2id hashes, roles; SHA-256 of session tokens |
//! | `journal` | who did what, hash-chained |
//! | `cases`, `shift_notes` | who has taken a case over; hand-over notes |
//! | `drafts`, `draft_files` | own warnings that are being written |
//! | `releases` | what waits for a second person |
//! | `attempts` | escalation: who was called, how, and what came of it |
//! | `silences` | when this desk was not running or reached nobody |
//!
//! **Trusted** for who may sign in and for nothing else: whoever changes it can become a user and then sign with the
//! keys that are open; no evidence rests on it. Whoever reads it reads drafts and notes. Received warnings are not in
//! it: the inbox is decrypted into memory alone ([`crate::inbox`]).

mod cases;
mod drafts;
mod journal;
mod users;

pub(crate) use cases::{Attempt, ShiftNote};
pub(crate) use drafts::{DraftFile, Release, StoredDraft};
pub use journal::{Act, Entry};
pub(crate) use users::Session;
pub use users::{Role, User};

use crate::error::ConsoleError;
use rusqlite::{Connection, OpenFlags, Row};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The file's name.
pub const STORE_FILE: &str = "console.db";

const VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE users (
    name TEXT PRIMARY KEY, display TEXT NOT NULL, salt BLOB NOT NULL, hash BLOB NOT NULL, roles TEXT NOT NULL,
    sign_as TEXT, language TEXT, created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
    token BLOB PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
) STRICT;
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, user TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
    detail TEXT NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE TABLE cases (submission TEXT PRIMARY KEY, owner TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
CREATE TABLE shift_notes (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, author TEXT NOT NULL, submission TEXT, text TEXT NOT NULL
) STRICT;
CREATE TABLE drafts (
    id INTEGER PRIMARY KEY, author TEXT NOT NULL, changed_at INTEGER NOT NULL, content TEXT NOT NULL, amends TEXT
) STRICT;
CREATE TABLE draft_files (
    id INTEGER PRIMARY KEY, draft INTEGER NOT NULL, name TEXT NOT NULL, media_type TEXT NOT NULL, content BLOB NOT NULL
) STRICT;
CREATE TABLE releases (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, content TEXT NOT NULL, asked_by TEXT NOT NULL, asked_at INTEGER NOT NULL,
    decided_by TEXT, decided_at INTEGER, outcome TEXT
) STRICT;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, submission TEXT NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL,
    transport TEXT NOT NULL, contact TEXT NOT NULL, taken INTEGER NOT NULL, answer TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_submission ON attempts (submission);
CREATE TABLE silences (id INTEGER PRIMARY KEY, since INTEGER NOT NULL, until INTEGER, cause TEXT NOT NULL) STRICT;
CREATE TABLE values_kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
";

/// The console's own file.
pub struct Store {
    db: Mutex<Connection>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(console.db)")
    }
}

fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> ConsoleError {
    move |source| ConsoleError::Store { doing, source }
}

impl Store {
    /// Opens the file in a desk's directory; makes it, with its tables, if it is not there.
    ///
    /// # Errors
    /// [`ConsoleError::Store`], [`ConsoleError::Io`], [`ConsoleError::NewerStore`].
    pub fn open(dir: &Path) -> Result<Self, ConsoleError> {
        let path = dir.join(STORE_FILE);
        if !path.exists() {
            create_private(&path).map_err(|source| ConsoleError::Io { path: path.clone(), source })?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&path, flags).map_err(failed("open"))?;
        db.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed("open"))?;
        db.pragma_update(None, "journal_mode", "WAL").map_err(failed("open"))?;
        db.pragma_update(None, "synchronous", "FULL").map_err(failed("open"))?;
        let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed("open"))?;
        match found {
            0 => db
                .execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))
                .map_err(failed("make the tables"))?,
            VERSION => {}
            found => return Err(ConsoleError::NewerStore { path, found, known: VERSION }),
        }
        Ok(Self { db: Mutex::new(db) })
    }

    /// A poisoned lock means that a thread panicked between two statements; SQLite has rolled back what was open.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows<T>(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, ConsoleError> {
        let db = self.lock();
        let mut query = db.prepare_cached(sql).map_err(failed(doing))?;
        let rows = query.query_map(parameters, |row| read(row)).map_err(failed(doing))?;
        rows.collect::<Result<_, _>>().map_err(failed(doing))
    }

    fn row<T>(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Option<T>, ConsoleError> {
        Ok(self.rows(doing, sql, parameters, read)?.into_iter().next())
    }

    fn execute(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<usize, ConsoleError> {
        self.lock().execute(sql, parameters).map_err(failed(doing))
    }

    pub(crate) fn value(&self, name: &str) -> Result<Option<String>, ConsoleError> {
        self.row("read a value", "SELECT value FROM values_kept WHERE name = ?1", [name], |row| row.get(0))
    }

    pub(crate) fn set_value(&self, name: &str, value: &str) -> Result<(), ConsoleError> {
        let sql = "INSERT INTO values_kept (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.execute("set a value", sql, [name, value]).map(drop)
    }
}

/// The file comes first, with its mode: SQLite gives its side files the mode of the main one.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// What SQLite takes for a number below 2^63.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn number(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn number_opt(row: &Row<'_>, column: usize) -> Result<Option<u64>, rusqlite::Error> {
    let value: Option<i64> = row.get(column)?;
    value.map(|_| number(row, column)).transpose()
}

#[cfg(test)]
mod tests;
