//! `evidence.db`: what the exchange signed about TAXII, kept before it is sequenced.
//!
//! A statement is signed once, with a random `eid`, and kept here in one durable transaction; only then it goes to the
//! sequencer, and only after that the event is taken out of the outbox. A crash between any two of these finds the same
//! bytes again, and finds their leaf in the log if they went there. **Trusted or not**: whoever changes the file can hide a statement from
//! whoever asks by the identifier of a status, and can forge none; the log still holds it.

use monition_evidence::Digest;
use monition_taxii::Kind;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Format of the file.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE envelope (status BLOB PRIMARY KEY, statement BLOB NOT NULL, objects BLOB NOT NULL, logged INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE TABLE submission (object INTEGER PRIMARY KEY, digest BLOB NOT NULL, e BLOB NOT NULL) STRICT;
CREATE TABLE handover (event INTEGER NOT NULL, submission BLOB NOT NULL, statement BLOB NOT NULL,
    PRIMARY KEY (event, submission)) STRICT, WITHOUT ROWID;
CREATE TABLE collection (id BLOB PRIMARY KEY, warnings INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// A signed acceptance of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EnvelopeRow {
    /// The status of the POST.
    pub(super) status: [u8; 16],
    /// The signed statement.
    pub(super) statement: Vec<u8>,
    /// SHA-256 of each object, in the order of `date_added`.
    pub(super) objects: Vec<Digest>,
    /// Whether the sequencer has it.
    pub(super) logged: bool,
}

/// The file.
#[derive(Clone, Debug)]
pub(super) struct Keep {
    connection: Arc<Mutex<Connection>>,
}

type Done<T> = rusqlite::Result<T>;

impl Keep {
    /// Opens the file in the folder, making what is not there. The lock of the TAXII server beside it keeps others out.
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let connection = Connection::open(folder.join("evidence.db")).map_err(|e| e.to_string())?;
        let prepare = |connection: &Connection| -> Done<i64> {
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
            let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if format == 0 {
                connection.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;"))?;
                return Ok(FORMAT);
            }
            Ok(format)
        };
        match prepare(&connection).map_err(|e| e.to_string())? {
            FORMAT => Ok(Self { connection: Arc::new(Mutex::new(connection)) }),
            found => Err(format!("evidence.db has format {found}, this version reads {FORMAT}")),
        }
    }

    /// Runs `work` in one transaction beside the threads that answer requests.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Done<T> + Send + 'static,
    ) -> Result<T, String> {
        let connection = self.connection.clone();
        let run = move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(done) => done.map_err(|e: rusqlite::Error| e.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(super) async fn envelope(&self, status: [u8; 16]) -> Result<Option<EnvelopeRow>, String> {
        self.with(move |transaction| {
            transaction
                .prepare_cached("SELECT statement, objects, logged FROM envelope WHERE status = ?1")?
                .query_row([status], |row| {
                    let objects: Vec<u8> = row.get(1)?;
                    let objects = objects.as_chunks::<32>().0.iter().map(|hash| Digest::from_bytes(*hash)).collect();
                    Ok(EnvelopeRow { status, statement: row.get(0)?, objects, logged: row.get(2)? })
                })
                .optional()
        })
        .await
    }

    /// Keeps acceptances, in place of those of the same statuses.
    pub(super) async fn keep_envelopes(&self, rows: Vec<EnvelopeRow>) -> Result<(), String> {
        self.with(move |transaction| {
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO envelope VALUES (?1, ?2, ?3, ?4)")?;
            for row in rows {
                let objects: Vec<u8> = row.objects.iter().flat_map(|digest| *digest.as_bytes()).collect();
                put.execute(params![row.status, row.statement, objects, row.logged])?;
            }
            Ok(())
        })
        .await
    }

    /// The sequencer has these.
    pub(super) async fn logged(&self, statuses: Vec<[u8; 16]>) -> Result<(), String> {
        self.with(move |transaction| {
            let mut set = transaction.prepare_cached("UPDATE envelope SET logged = 1 WHERE status = ?1")?;
            for status in statuses {
                set.execute([status])?;
            }
            Ok(())
        })
        .await
    }

    /// Which submission each object became.
    pub(super) async fn keep_submissions(&self, rows: Vec<(i64, Digest, Digest)>) -> Result<(), String> {
        self.with(move |transaction| {
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO submission VALUES (?1, ?2, ?3)")?;
            for (object, digest, e) in rows {
                put.execute(params![object, digest.as_bytes(), e.as_bytes()])?;
            }
            Ok(())
        })
        .await
    }

    /// Submission and digest of the bodies for each object that became one.
    pub(super) async fn submissions(&self, objects: Vec<i64>) -> Result<Vec<(Digest, Digest)>, String> {
        self.with(move |transaction| {
            let mut find = transaction.prepare_cached("SELECT digest, e FROM submission WHERE object = ?1")?;
            let mut found: Vec<(Digest, Digest)> = Vec::new();
            for object in objects {
                let read =
                    |row: &rusqlite::Row<'_>| Ok((Digest::from_bytes(row.get(0)?), Digest::from_bytes(row.get(1)?)));
                let pair = find.query_row([object], read).optional()?;
                // Several objects may be one warning.
                if let Some(pair) = pair.filter(|pair| !found.contains(pair)) {
                    found.push(pair);
                }
            }
            Ok(found)
        })
        .await
    }

    pub(super) async fn handover(&self, event: i64, submission: Digest) -> Result<Option<Vec<u8>>, String> {
        self.with(move |transaction| {
            transaction
                .prepare_cached("SELECT statement FROM handover WHERE event = ?1 AND submission = ?2")?
                .query_row(params![event, submission.as_bytes()], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(super) async fn keep_handover(&self, event: i64, submission: Digest, statement: Vec<u8>) -> Result<(), String> {
        self.with(move |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO handover VALUES (?1, ?2, ?3)")?
                .execute(params![event, submission.as_bytes(), statement])
                .map(drop)
        })
        .await
    }

    /// Remembers of which kind the collections are: an event may outlive the collection's place in the configuration.
    pub(super) fn keep_kinds(&self, kinds: &[([u8; 16], Kind)]) -> Result<(), String> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        kinds
            .iter()
            .try_for_each(|(id, kind)| {
                connection
                    .execute("INSERT OR REPLACE INTO collection VALUES (?1, ?2)", params![id, *kind == Kind::Warnings])
                    .map(drop)
            })
            .map_err(|e| e.to_string())
    }

    pub(super) async fn kind(&self, id: [u8; 16]) -> Result<Kind, String> {
        let warnings = self
            .with(move |transaction| {
                transaction
                    .prepare_cached("SELECT warnings FROM collection WHERE id = ?1")?
                    .query_row([id], |row| row.get::<_, bool>(0))
                    .optional()
            })
            .await?;
        Ok(if warnings == Some(true) { Kind::Warnings } else { Kind::Feed })
    }
}
