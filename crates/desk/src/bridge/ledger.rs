//! What the bridge must not forget: `bridge.db` (WAL, synchronous=FULL), mode 0600.
//!
//! | table | what stands there |
//! |---|---|
//! | `sends` | for each event and recipient: the warning's wid, chosen before it is composed, and its submission |
//! | `waiting` | what says too little: the posted bytes, what is missing, what a person added |
//! | `placed` | for each received warning the step of the note that was placed last |
//!
//! Whoever reads it reads posted warnings that wait; whoever changes it can make the desk forget or send again.

use super::Missing;
use crate::error::DeskError;
use monition_evidence::{Digest, PartyName, UnixSeconds, Wid};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS sends (
    event TEXT NOT NULL, party TEXT NOT NULL, recipient TEXT NOT NULL, wid BLOB NOT NULL, amends BLOB, main TEXT, submission BLOB,
    PRIMARY KEY (event, recipient)
) STRICT;
CREATE INDEX IF NOT EXISTS sends_main ON sends (main);
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, party TEXT NOT NULL, at INTEGER NOT NULL,
    missing TEXT NOT NULL, bytes BLOB NOT NULL, fields TEXT NOT NULL DEFAULT '[]', discarded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS placed (submission BLOB PRIMARY KEY, step TEXT NOT NULL) STRICT;
";

/// Something that waits to be completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number.
    pub id: i64,
    /// The event.
    pub event: String,
    /// In whose name it would be sent.
    pub party: String,
    /// When it came.
    pub at: UnixSeconds,
    /// What is missing.
    pub missing: Vec<String>,
    /// What was posted.
    pub bytes: Vec<u8>,
    /// What a person added.
    pub fields: Vec<(String, String)>,
}

/// What is known of an event that waits or waited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// What a person added.
    pub fields: Vec<(String, String)>,
    /// A person discarded it.
    pub discarded: bool,
}

/// What an event is for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Send {
    pub(super) wid: Wid,
    /// The submission that it amends or withdraws.
    pub(super) amends: Option<Digest>,
}

#[derive(Debug)]
pub(super) struct Ledger {
    db: Mutex<Connection>,
}

fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> DeskError {
    move |source| DeskError::Record { doing, source }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    serde_json::from_str(text).unwrap_or_default()
}

impl Ledger {
    pub(super) fn open(path: &Path) -> Result<Self, DeskError> {
        if !path.exists() {
            crate::keystore::write_private(path, b"")?;
        }
        let db = Connection::open(path).map_err(failed("open the bridge"))?;
        let made = db
            .busy_timeout(std::time::Duration::from_secs(5))
            .and_then(|()| db.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| db.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| db.execute_batch(SCHEMA));
        made.map_err(failed("open the bridge"))?;
        Ok(Self { db: Mutex::new(db) })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn send(&self, event: &str, recipient: &PartyName) -> Result<Option<Send>, DeskError> {
        let sql = "SELECT wid, amends FROM sends WHERE event = ?1 AND recipient = ?2";
        let read = |row: &rusqlite::Row<'_>| {
            let amends: Option<[u8; 32]> = row.get(1)?;
            Ok(Send { wid: Wid::from_bytes(row.get(0)?), amends: amends.map(Digest::from_bytes) })
        };
        self.db().query_row(sql, [event, recipient.as_str()], read).optional().map_err(failed("read a post"))
    }

    pub(super) fn keep_send(
        &self,
        event: &str,
        party: &PartyName,
        recipient: &PartyName,
        main: Option<&str>,
        send: &Send,
    ) -> Result<(), DeskError> {
        let sql = "INSERT INTO sends (event, party, recipient, wid, amends, main) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let amends = send.amends.map(|digest| *digest.as_bytes());
        let row = params![event, party.as_str(), recipient.as_str(), send.wid.as_bytes(), amends, main];
        self.db().execute(sql, row).map(drop).map_err(failed("keep a post"))
    }

    pub(super) fn sent(&self, event: &str, recipient: &PartyName, submission: &Digest) -> Result<(), DeskError> {
        let sql = "UPDATE sends SET submission = ?3 WHERE event = ?1 AND recipient = ?2";
        let row = params![event, recipient.as_str(), submission.as_bytes()];
        self.db().execute(sql, row).map(drop).map_err(failed("keep a post"))
    }

    /// The newest warning that was made of an object.
    pub(super) fn newest(
        &self,
        party: &PartyName,
        recipient: &PartyName,
        main: &str,
    ) -> Result<Option<(Wid, Digest)>, DeskError> {
        let sql = "SELECT wid, submission FROM sends WHERE main = ?1 AND party = ?2 AND recipient = ?3
                   AND submission IS NOT NULL ORDER BY rowid DESC LIMIT 1";
        let read = |row: &rusqlite::Row<'_>| Ok((Wid::from_bytes(row.get(0)?), Digest::from_bytes(row.get(1)?)));
        let found = self.db().query_row(sql, [main, party.as_str(), recipient.as_str()], read).optional();
        found.map_err(failed("read a post"))
    }

    pub(super) fn waiting(&self, event: &str) -> Result<Option<Waiting>, DeskError> {
        let sql = "SELECT fields, discarded FROM waiting WHERE event = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Waiting { fields: pairs(&row.get::<_, String>(0)?), discarded: row.get::<_, i64>(1)? != 0 })
        };
        self.db().query_row(sql, [event], read).optional().map_err(failed("read the queue"))
    }

    pub(super) fn keep_waiting(
        &self,
        event: &str,
        party: &str,
        missing: &Missing,
        bytes: &[u8],
        at: UnixSeconds,
    ) -> Result<(), DeskError> {
        let sql = "INSERT INTO waiting (event, party, at, missing, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (event) DO UPDATE SET missing = ?4";
        let at = i64::try_from(at.value()).unwrap_or(i64::MAX);
        let row = params![event, party, at, missing.names.join(","), bytes];
        self.db().execute(sql, row).map(drop).map_err(failed("keep the queue"))
    }

    pub(super) fn forget_waiting(&self, event: &str) -> Result<(), DeskError> {
        self.db().execute("DELETE FROM waiting WHERE event = ?1", [event]).map(drop).map_err(failed("keep the queue"))
    }

    pub(super) fn queue(&self) -> Result<Vec<Queued>, DeskError> {
        let db = self.db();
        let sql = "SELECT id, event, party, at, missing, bytes, fields FROM waiting WHERE discarded = 0 ORDER BY id";
        let mut query = db.prepare(sql).map_err(failed("read the queue"))?;
        let rows = query.query_map([], |row| {
            let missing: String = row.get(4)?;
            Ok(Queued {
                id: row.get(0)?,
                event: row.get(1)?,
                party: row.get(2)?,
                at: UnixSeconds::new(u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0)),
                missing: missing.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
                bytes: row.get(5)?,
                fields: pairs(&row.get::<_, String>(6)?),
            })
        });
        rows.and_then(Iterator::collect).map_err(failed("read the queue"))
    }

    pub(super) fn complete(&self, id: i64, fields: &[(String, String)]) -> Result<(), DeskError> {
        let before = self.queue()?.into_iter().find(|queued| queued.id == id).ok_or_else(|| not_waiting(id))?;
        let mut all = before.fields;
        all.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        all.extend_from_slice(fields);
        let text = serde_json::to_string(&all).unwrap_or_default();
        let sql = "UPDATE waiting SET fields = ?2 WHERE id = ?1";
        self.db().execute(sql, params![id, text]).map(drop).map_err(failed("keep the queue"))
    }

    pub(super) fn discard(&self, id: i64) -> Result<(), DeskError> {
        let sql = "UPDATE waiting SET discarded = 1, bytes = x'' WHERE id = ?1 AND discarded = 0";
        let changed = self.db().execute(sql, [id]).map_err(failed("keep the queue"))?;
        if changed == 1 { Ok(()) } else { Err(not_waiting(id)) }
    }

    pub(super) fn placed(&self, submission: &Digest) -> Result<Option<String>, DeskError> {
        let sql = "SELECT step FROM placed WHERE submission = ?1";
        let found = self.db().query_row(sql, [submission.as_bytes()], |row| row.get(0)).optional();
        found.map_err(failed("read what is placed"))
    }

    pub(super) fn keep_placed(&self, submission: &Digest, step: &str) -> Result<(), DeskError> {
        let sql =
            "INSERT INTO placed (submission, step) VALUES (?1, ?2) ON CONFLICT (submission) DO UPDATE SET step = ?2";
        self.db().execute(sql, params![submission.as_bytes(), step]).map(drop).map_err(failed("keep what is placed"))
    }
}

fn not_waiting(id: i64) -> DeskError {
    DeskError::NotPossible { rule: format!("nothing with the number {id} waits: `monition desk queue list`") }
}
