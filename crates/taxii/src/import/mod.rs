//! Taking over what another server holds: ids of collections and `date_added` stay, so clients go on where they were.
//!
//! The collections must stand in the configuration under the same ids; what belongs to others is counted and left.
//! Objects go into a temporary database first, so memory stays bounded whatever the size and order of the dump, and come
//! out by their dates. Where several objects share one date (a whole POST, in the servers read here) each after the first
//! is moved by as many microseconds as it takes to be unique. An import may be repeated: what is there is left as it is.
//! Objects are taken as they are, without the rules of STIX: they have been served for years.

mod medallion;
mod opentaxii;

use crate::ingest::{Read, lenient, origin_of};
use crate::server::{Collection, Server, ServerError};
use crate::store::{self, Place, Posting};
use bytes::Bytes;
use monition_intel::taxii::{Identifier, VersionKey};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Objects in one transaction.
const CHUNK: usize = 500;
/// Most reasons that a report tells for one collection.
const REASONS_MAX: usize = 20;

/// Why an import stopped. What was imported before stays; the same import goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The dump is not what it should be.
    #[error("the dump is not readable: {detail}")]
    Form {
        /// What was found, and where.
        detail: String,
    },
    /// The other database cannot be read.
    #[error("{path}: {detail}")]
    Source {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// No room for the temporary database, most likely.
    #[error("the temporary database failed: {0}")]
    Staging(#[from] rusqlite::Error),
    /// The server could not store.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// What an import did in one collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its id.
    pub collection: String,
    /// Whether the configuration has it; if not, nothing was taken.
    pub known: bool,
    /// Objects added.
    pub added: u64,
    /// Objects that were there already.
    pub present: u64,
    /// Objects refused.
    pub refused: u64,
    /// Added objects whose date had to move, to be unique or to come after what was there.
    pub moved: u64,
    /// Added objects for which the dump has no date.
    pub undated: u64,
    /// Why objects were refused, the first few.
    pub reasons: Vec<String>,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// For each collection of the dump.
    pub collections: Vec<Imported>,
}

/// Where objects wait until all dates are known.
pub(crate) struct Staging {
    connection: Connection,
}

impl Staging {
    fn new() -> Result<Self, ImportError> {
        // An empty name is a database on disk that is gone when closed.
        let connection = Connection::open("")?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;
             CREATE TABLE collection (n INTEGER PRIMARY KEY, id TEXT NOT NULL DEFAULT '');
             CREATE TABLE object (n INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT, version BLOB, added INTEGER, bytes BLOB NOT NULL);
             CREATE TABLE manifest (collection INTEGER NOT NULL, id TEXT NOT NULL, version BLOB NOT NULL, added INTEGER NOT NULL,
                PRIMARY KEY (collection, id, version)) WITHOUT ROWID;
             BEGIN;",
        )?;
        Ok(Self { connection })
    }

    fn collection(&self) -> rusqlite::Result<i64> {
        self.connection.execute("INSERT INTO collection DEFAULT VALUES", [])?;
        Ok(self.connection.last_insert_rowid())
    }

    fn name(&self, collection: i64, id: &str) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE collection SET id = ?2 WHERE n = ?1", params![collection, id]).map(drop)
    }

    fn object(
        &self,
        collection: i64,
        id: Option<&str>,
        version: Option<&str>,
        added: Option<i64>,
        bytes: &[u8],
    ) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO object (collection, id, version, added, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![collection, id, version.map(comparable), added, bytes])
            .map(drop)
    }

    fn date(&self, collection: i64, id: &str, version: &str, added: i64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO manifest VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![collection, id, comparable(version), added])
            .map(drop)
    }

    /// Puts everything into the server, oldest first.
    fn pour(&self, server: &Server) -> Result<ImportReport, ImportError> {
        // A manifest names an object by its version; what has none is known by its id alone.
        self.connection.execute_batch(
            "UPDATE object SET added = (SELECT added FROM manifest WHERE manifest.collection = object.collection
                AND manifest.id = object.id AND manifest.version = object.version) WHERE added IS NULL;
             UPDATE object SET added = (SELECT min(added) FROM manifest WHERE manifest.collection = object.collection
                AND manifest.id = object.id) WHERE added IS NULL;
             CREATE INDEX object_order ON object (collection, added IS NULL, added, n);",
        )?;
        let mut report = ImportReport::default();
        let mut find = self.connection.prepare("SELECT n, id FROM collection ORDER BY n")?;
        let collections: Vec<(i64, String)> =
            find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        for (n, id) in collections {
            let known = Identifier::parse(&id).and_then(|id| server.inner.collection(&id).cloned());
            let mut imported = Imported {
                collection: id,
                known: known.is_some(),
                added: 0,
                present: 0,
                refused: 0,
                moved: 0,
                undated: 0,
                reasons: Vec::new(),
            };
            if let Some(collection) = known {
                self.pour_collection(server, n, &collection, &mut imported)?;
            }
            report.collections.push(imported);
        }
        Ok(report)
    }

    fn pour_collection(
        &self,
        server: &Server,
        staged: i64,
        collection: &Arc<Collection>,
        imported: &mut Imported,
    ) -> Result<(), ImportError> {
        let intake = lenient(&collection.config);
        let now = (server.inner.options.clock)();
        let mut find = self
            .connection
            .prepare("SELECT added, bytes FROM object WHERE collection = ?1 ORDER BY added IS NULL, added, n")?;
        let mut rows = find.query([staged])?;
        let mut ended = false;
        while !ended {
            let mut chunk = Vec::with_capacity(CHUNK);
            while chunk.len() < CHUNK {
                let Some(row) = rows.next()? else {
                    ended = true;
                    break;
                };
                let (added, bytes): (Option<i64>, Vec<u8>) = (row.get(0)?, row.get(1)?);
                match intake.object(Bytes::from(bytes), chunk.len()) {
                    Read::Fit(object) => chunk.push((added, object)),
                    Read::Unfit { id, reason, .. } => imported.refuse(&id, &reason),
                }
            }
            let n = collection.n;
            let job = server.inner.store.writer.submit(move |transaction, memory| {
                let mut outcomes = Vec::with_capacity(chunk.len());
                for (date, object) in chunk {
                    let place = Place { collection: n, account: 0, audience: 0, at: date.unwrap_or(now) };
                    let posting = store::append(transaction, memory, place, &object, origin_of)?;
                    outcomes.push((object.id, date, posting));
                }
                Ok(outcomes)
            });
            let outcomes = job.blocking_recv().map_err(|_| ServerError::Closed)?.map_err(ServerError::from)?;
            for (id, date, posting) in outcomes {
                match posting {
                    Posting::Present { .. } => imported.present += 1,
                    Posting::Refused { reason, .. } => imported.refuse(&id, &reason),
                    Posting::Added { added, .. } => {
                        imported.added += 1;
                        imported.undated += u64::from(date.is_none());
                        imported.moved += u64::from(date.is_some_and(|date| date != added));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Imported {
    fn refuse(&mut self, id: &str, reason: &str) {
        self.refused += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(format!("{id}: {reason}"));
        }
    }
}

/// Versions are compared as instants where they are timestamps: servers print them differently from what objects carry.
fn comparable(version: &str) -> Vec<u8> {
    VersionKey::parse(version).map_or_else(|| version.as_bytes().to_vec(), |key| key.as_bytes().to_vec())
}

impl Server {
    /// Takes over the JSON file of medallion's memory back end (what its `save_data_to_file` writes). It blocks: call it
    /// where that is allowed. The server may be serving meanwhile.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn import_medallion(&self, dump: impl std::io::Read) -> Result<ImportReport, ImportError> {
        let staging = Staging::new()?;
        medallion::stage(&staging, dump)?;
        staging.pour(self)
    }

    /// Takes over the SQLite database of OpenTAXII's TAXII 2 persistence. It blocks, as
    /// [`Server::import_medallion`] does.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn import_opentaxii(&self, database: &Path) -> Result<ImportReport, ImportError> {
        let staging = Staging::new()?;
        opentaxii::stage(&staging, database)?;
        staging.pour(self)
    }
}
