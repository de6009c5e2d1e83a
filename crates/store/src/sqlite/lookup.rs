//! Finding rows by values that are random: entries, (iss, eid), submissions.
//!
//! An index in the order of random values writes a page of its own for each row: with a million rows in it, 16 KiB for each
//! leaf. So new rows stay in memory, ordered, and go to disk in slices of the order of values: a slice that is written
//! brings many rows for each page that it touches. What an append costs then hardly grows with the log.
//!
//! ```text
//! recent    rows of the last commits, in memory      at most RECENT_MAX, then slices go to disk, round and round
//! lookup    (hint, key)                              hint: 8 bytes of SHA-256(secret ‖ kind ‖ value); key: of the row
//! mark      by slice: all rows up to this key of each log stand in `lookup`
//! ```
//!
//! A hint only says where to look: every row found is compared with the whole value. The secret, drawn when the file is
//! made, keeps strangers from choosing values with one hint. A slice, its mark and the batch are one transaction; after a
//! crash the rows above the marks are read again from the tables themselves, so nothing is kept twice.
//!
//! **Order of reading**: memory first, disk second. Rows leave memory only after their commit, so none is ever missed.

use super::{INDEX_BITS, entry_key, number};
use crate::{Batch, LogId};
use monition_evidence::encoding::sha256;
use monition_evidence::{Digest, Eid, PartyName};
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// The tables.
pub(super) const SCHEMA: &str = "
CREATE TABLE lookup (hint INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (hint, key)) STRICT, WITHOUT ROWID;
CREATE TABLE lookup_mark (slice INTEGER PRIMARY KEY, log INTEGER NOT NULL, directory INTEGER NOT NULL) STRICT;
CREATE TABLE lookup_secret (secret BLOB NOT NULL) STRICT;
INSERT INTO lookup_secret VALUES (randomblob(16));
";

/// Rows kept in memory, about 30 bytes each; as many are read again at a start.
const RECENT_MAX: usize = 131_072;

/// Slices of the order of hints. With one slice for each thousand rows, a slice of a file of ten million leaves is some
/// hundred pages: few milliseconds.
const SLICES: usize = 256;

/// What a value is, so that values of two kinds never meet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// An entry of the log.
    Entry = 1,
    /// eid ‖ iss of a statement of somebody else than the exchange.
    Eid = 2,
    /// What a statement is about.
    About = 3,
}

/// (hint, key of the row).
type Row = (i64, i64);

#[derive(Debug, Default)]
struct Recent {
    /// By slice.
    rows: Vec<BTreeSet<Row>>,
    /// How many in all.
    count: usize,
    /// Highest key of each log so far.
    last: [i64; 2],
    /// The slice that goes next.
    next: usize,
}

impl Recent {
    fn insert(&mut self, row: Row) {
        let log = position(row.1);
        self.last[log] = self.last[log].max(row.1);
        self.count += usize::from(self.rows[slice_of(row.0)].insert(row));
    }
}

/// The look-up of one `exchange.db`, shared by its writer and its readers.
#[derive(Debug)]
pub(super) struct Lookup {
    secret: Vec<u8>,
    recent: RwLock<Recent>,
}

/// What a transaction does to the look-up: it counts only after the commit.
#[derive(Debug)]
pub(super) struct Change {
    fresh: Vec<Row>,
    /// How many slices went to disk, from the next one on.
    slices: usize,
}

/// Position of a log in [`Recent::last`], from a key of one of its rows.
const fn position(key: i64) -> usize {
    if key >> INDEX_BITS == number(LogId::Directory) { 1 } else { 0 }
}

/// The first byte of the hint.
const fn slice_of(hint: i64) -> usize {
    hint.to_be_bytes()[0] as usize
}

/// eid ‖ iss: an eid has a fixed length.
fn eid_value(eid: &Eid, iss: &PartyName) -> Vec<u8> {
    [eid.as_bytes(), iss.as_str().as_bytes()].concat()
}

impl Lookup {
    /// Reads back what is not in its table yet.
    pub(super) fn open(connection: &Connection) -> Result<Self, rusqlite::Error> {
        let secret = connection.query_row("SELECT secret FROM lookup_secret", [], |row| row.get(0))?;
        let mut marks = [[0_i64; 2]; SLICES];
        let mut read = connection.prepare("SELECT slice, log, directory FROM lookup_mark")?;
        let read = read.query_map([], |row| Ok((row.get::<_, u8>(0)?, [row.get(1)?, row.get(2)?])))?;
        for mark in read {
            let (slice, mark) = mark?;
            marks[usize::from(slice)] = mark;
        }
        let lowest = |log: usize| marks.iter().map(|mark| mark[log]).min().unwrap_or(0);
        let highest = |log: usize| marks.iter().map(|mark| mark[log]).max().unwrap_or(0);
        let mut recent = Recent {
            rows: vec![BTreeSet::new(); SLICES],
            count: 0,
            last: [highest(0), highest(1)],
            // Round and round: the slice with the lowest mark is the next one.
            next: (0..SLICES).min_by_key(|slice| marks[*slice]).unwrap_or(0),
        };
        let lookup = Self { secret, recent: RwLock::default() };
        let mut keep = |hint: i64, key: i64| {
            if key > marks[slice_of(hint)][position(key)] {
                recent.insert((hint, key));
            }
        };
        let (first, end) = (lowest(0), entry_key(LogId::Directory, 0));
        let mut entries = connection.prepare("SELECT key, bytes FROM entry WHERE key > ?1 AND key < ?2")?;
        let mut entries = entries.query([first, end])?;
        while let Some(row) = entries.next()? {
            keep(lookup.hint(Kind::Entry, row.get_ref(1)?.as_blob()?), row.get(0)?);
        }
        let sql = "SELECT key, eid, iss, about, own FROM statement WHERE (key > ?1 AND key < ?2) OR key > ?3";
        let mut statements = connection.prepare(sql)?;
        let mut statements = statements.query([first, end, lowest(1).max(end - 1)])?;
        while let Some(row) = statements.next()? {
            let key = row.get(0)?;
            if !row.get::<_, bool>(4)? {
                let value = [row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_bytes()?].concat();
                keep(lookup.hint(Kind::Eid, &value), key);
            }
            if let Some(about) = row.get_ref(3)?.as_blob_or_null()? {
                keep(lookup.hint(Kind::About, about), key);
            }
        }
        *lookup.recent.write().unwrap_or_else(PoisonError::into_inner) = recent;
        Ok(lookup)
    }

    fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        // A panic elsewhere leaves whole rows: each change is one insertion or one removal.
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn hint(&self, kind: Kind, value: &[u8]) -> i64 {
        let digest = sha256(&[&self.secret, &[kind as u8][..], value].concat());
        let (hint, _) = digest.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
        i64::from_be_bytes(*hint)
    }

    /// Within the transaction of a batch, whose rows are written already: writes the slices whose turn it is.
    pub(super) fn write(&self, transaction: &Transaction<'_>, batch: &Batch) -> Result<Change, rusqlite::Error> {
        let fresh = self.rows_of(batch);
        let recent = self.recent();
        let (mut left, mut slices) = (recent.count + fresh.len(), 0);
        let mut put = transaction.prepare_cached("INSERT OR IGNORE INTO lookup VALUES (?1, ?2)")?;
        let mut mark = transaction.prepare_cached("INSERT OR REPLACE INTO lookup_mark VALUES (?1, ?2, ?3)")?;
        while left > RECENT_MAX && slices < SLICES {
            let slice = (recent.next + slices) % SLICES;
            for (hint, key) in &recent.rows[slice] {
                put.execute([hint, key])?;
            }
            mark.execute(params![slice as u8, recent.last[0], recent.last[1]])?;
            left -= recent.rows[slice].len();
            slices += 1;
        }
        Ok(Change { fresh, slices })
    }

    /// After the commit, and before anybody hears of it.
    pub(super) fn committed(&self, change: Change) {
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        for slice in recent.next..recent.next + change.slices {
            let written = std::mem::take(&mut recent.rows[slice % SLICES]);
            recent.count -= written.len();
        }
        recent.next = (recent.next + change.slices) % SLICES;
        for row in change.fresh {
            recent.insert(row);
        }
    }

    fn rows_of(&self, batch: &Batch) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some(growth) = batch.growth.as_ref().filter(|growth| growth.log == LogId::Log) {
            for (entry, index) in growth.entries.iter().zip(growth.old.size.value()..) {
                rows.push((self.hint(Kind::Entry, entry), entry_key(LogId::Log, index)));
            }
        }
        for row in &batch.statements {
            let key = entry_key(row.log, row.index);
            if row.foreign {
                rows.push((self.hint(Kind::Eid, &eid_value(&row.eid, &row.iss)), key));
            }
            if let Some(about) = &row.about {
                rows.push((self.hint(Kind::About, about.as_bytes()), key));
            }
        }
        rows
    }

    /// Keys of rows that may hold the value, lowest first. The caller compares.
    fn candidates(&self, connection: &Connection, kind: Kind, value: &[u8]) -> Result<Vec<i64>, rusqlite::Error> {
        let hint = self.hint(kind, value);
        let mut keys: Vec<i64> =
            self.recent().rows[slice_of(hint)].range((hint, i64::MIN)..=(hint, i64::MAX)).map(|row| row.1).collect();
        let mut find = connection.prepare_cached("SELECT key FROM lookup WHERE hint = ?1")?;
        for key in find.query_map([hint], |row| row.get(0))? {
            keys.push(key?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// Keys of statements that may be that of (iss, eid).
    pub(super) fn by_eid(
        &self,
        connection: &Connection,
        eid: &Eid,
        iss: &PartyName,
    ) -> Result<Vec<i64>, rusqlite::Error> {
        self.candidates(connection, Kind::Eid, &eid_value(eid, iss))
    }

    /// Keys of statements that may be about a submission.
    pub(super) fn by_about(&self, connection: &Connection, about: &Digest) -> Result<Vec<i64>, rusqlite::Error> {
        self.candidates(connection, Kind::About, about.as_bytes())
    }

    /// The key of the first entry with these bytes.
    pub(super) fn by_entry(&self, connection: &Connection, entry: &Digest) -> Result<Option<i64>, rusqlite::Error> {
        let mut same = connection.prepare_cached("SELECT 1 FROM entry WHERE key = ?1 AND bytes = ?2")?;
        for key in self.candidates(connection, Kind::Entry, entry.as_bytes())? {
            if same.exists(params![key, entry.as_bytes()])? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}
