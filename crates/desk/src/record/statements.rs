//! Statements, proofs, notes, heads, the directory's entries, alarms.

use super::{Record, conversion, digest, digest_opt, integer, json, number, to_json};
use crate::error::DeskError;
use monition_evidence::custody::{AnswerOpening, MailboxOpening};
use monition_evidence::encoding::sha256;
use monition_evidence::mailbox::Item;
use monition_evidence::{Digest, PartyName, Salt, Statement, Text, UnixSeconds, Wid};
use rusqlite::{Row, params};

/// Where a statement belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In the log of commitments.
    Log,
    /// In the directory.
    Directory,
    /// In no log: cores, which travel sealed.
    Sealed,
}

impl Where {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Log, "log"), (Self::Directory, "directory"), (Self::Sealed, "sealed")];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(place, _)| *place == self).map_or("log", |(_, word)| word)
    }

    /// Where a statement of its type belongs.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        match statement.body() {
            monition_evidence::Body::Warning(_) => Self::Sealed,
            body if body.is_directory_entry() => Self::Directory,
            _ => Self::Log,
        }
    }
}

/// An inclusion proof as the record keeps it; the notes stand in `notes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProof {
    /// The leaf's index.
    pub index: u64,
    /// Audit path.
    pub hashes: Vec<Digest>,
    /// SHA-256 of the log's note that covers it.
    pub note: Digest,
    /// SHA-256 of the directory's note with times at or after that one's.
    pub directory_note: Option<Digest>,
}

/// A statement in the record.
#[derive(Clone, Debug)]
pub struct Held {
    /// The statement.
    pub statement: Statement,
    /// When it came.
    pub held_at: UnixSeconds,
    /// Where it stands in the log, as far as that is known.
    pub proof: Option<StoredProof>,
}

/// A contradiction, with both sides of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When it was found.
    pub at: UnixSeconds,
    /// Stable code: `misbehaviour-*`.
    pub code: String,
    /// What, in words.
    pub detail: String,
    /// One text: a statement or a note.
    pub first: String,
    /// The text that contradicts it.
    pub second: String,
}

/// A custodian's heads in the record.
#[derive(Clone, Debug)]
pub struct HeadsRow {
    /// SHA-256 of the `CustodyHeads`.
    pub digest: Digest,
    /// The custodian.
    pub custodian: PartyName,
    /// SHA-256 of the declaration whose mailbox is opened.
    pub declaration: Digest,
    /// The period.
    pub period: u64,
    /// Opens the mailbox.
    pub opening: MailboxOpening,
    /// All items, of a listing.
    pub items: Option<Vec<Item>>,
}

const HELD: &str = "SELECT bytes, held_at, leaf_index, hashes, note, directory_note FROM statements";

fn held(row: &Row<'_>) -> Result<Held, rusqlite::Error> {
    let bytes: Vec<u8> = row.get(0)?;
    let statement = Statement::parse(&bytes).map_err(|error| conversion(0, error))?;
    let proof = match (row.get::<_, Option<i64>>(2)?, digest_opt(row, 4)?) {
        (Some(_), Some(note)) => Some(StoredProof {
            index: number(row, 2)?,
            hashes: json(row, 3)?,
            note,
            directory_note: digest_opt(row, 5)?,
        }),
        _ => None,
    };
    Ok(Held { statement, held_at: UnixSeconds::new(number(row, 1)?), proof })
}

impl Record {
    /// Keeps a statement. `waits_for` names who must still get an own one (`exchange`).
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep(&self, statement: &Statement, at: UnixSeconds, waits_for: Option<&str>) -> Result<Digest, DeskError> {
        self.transaction("keep a statement", |t| insert_statement(t, statement, at, waits_for))?;
        Ok(statement.digest())
    }

    /// A statement by the SHA-256 of its bytes.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn statement(&self, digest: &Digest) -> Result<Option<Held>, DeskError> {
        self.row("read a statement", &format!("{HELD} WHERE digest = ?1"), [digest.as_bytes()], held)
    }

    /// A statement by its identity.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn by_identity(&self, identity: &Digest) -> Result<Option<Held>, DeskError> {
        self.row("read a statement", &format!("{HELD} WHERE identity = ?1"), [identity.as_bytes()], held)
    }

    /// All statements about a submission, itself included, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn about(&self, submission: &Digest) -> Result<Vec<Held>, DeskError> {
        let sql = format!("{HELD} WHERE submission = ?1 OR digest = ?1 ORDER BY rowid");
        self.rows("read statements", &sql, [submission.as_bytes()], held)
    }

    /// All statements that carry a `wid`, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn of_warning(&self, wid: &Wid) -> Result<Vec<Held>, DeskError> {
        self.rows("read statements", &format!("{HELD} WHERE wid = ?1 ORDER BY rowid"), [wid.as_bytes()], held)
    }

    /// All statements of a type, by its name in `typ`, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn of_type(&self, typ: &str) -> Result<Vec<Held>, DeskError> {
        self.rows("read statements", &format!("{HELD} WHERE typ = ?1 ORDER BY rowid"), [typ], held)
    }

    /// Statements of the log whose place is not known yet.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn unproven(&self) -> Result<Vec<Statement>, DeskError> {
        let sql = format!("{HELD} WHERE place = 'log' AND waits_for IS NULL AND note IS NULL ORDER BY rowid");
        Ok(self.rows("read statements", &sql, [], held)?.into_iter().map(|h| h.statement).collect())
    }

    /// Own statements that the exchange has not taken yet.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn waiting(&self) -> Result<Vec<Statement>, DeskError> {
        let sql = format!("{HELD} WHERE waits_for IS NOT NULL ORDER BY rowid");
        Ok(self.rows("read statements", &sql, [], held)?.into_iter().map(|h| h.statement).collect())
    }

    /// The exchange has taken it.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn taken(&self, digest: &Digest) -> Result<(), DeskError> {
        let sql = "UPDATE statements SET waits_for = NULL WHERE digest = ?1";
        self.transaction("mark a statement", |t| t.execute(sql, [digest.as_bytes()]).map(drop))
    }

    /// The exchange will never take it: kept, and looked for no longer.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn refused(&self, digest: &Digest) -> Result<(), DeskError> {
        let sql = "UPDATE statements SET waits_for = NULL, place = 'sealed' WHERE digest = ?1";
        self.transaction("mark a statement", |t| t.execute(sql, [digest.as_bytes()]).map(drop))
    }

    /// SHA-256 of anchor notes that statements name and the record lacks, each with one statement that names it.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn anchors_missing(&self) -> Result<Vec<Statement>, DeskError> {
        let sql = format!("{HELD} WHERE place = 'log' AND anchor NOT IN (SELECT digest FROM notes) GROUP BY anchor");
        Ok(self.rows("read anchors", &sql, [], held)?.into_iter().map(|h| h.statement).collect())
    }

    /// Keeps a verified proof and its notes.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_proof(&self, statement: &Digest, proof: &StoredProof) -> Result<(), DeskError> {
        let sql =
            "UPDATE statements SET leaf_index = ?2, hashes = ?3, note = ?4, directory_note = ?5 WHERE digest = ?1";
        let directory_note = proof.directory_note.map(|d| *d.as_bytes());
        self.transaction("keep a proof", |t| {
            let hashes = to_json(&proof.hashes);
            let index = integer(proof.index);
            t.execute(sql, params![statement.as_bytes(), index, hashes, proof.note.as_bytes(), directory_note])
                .map(drop)
        })
    }

    /// Keeps a note by its SHA-256.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_note(&self, origin: &str, size: u64, text: &str) -> Result<Digest, DeskError> {
        let digest = sha256(text.as_bytes());
        let sql = "INSERT OR IGNORE INTO notes (digest, origin, size, text) VALUES (?1, ?2, ?3, ?4)";
        self.transaction("keep a note", |t| {
            t.execute(sql, params![digest.as_bytes(), origin, integer(size), text]).map(drop)
        })?;
        Ok(digest)
    }

    /// A note by its SHA-256.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn note(&self, digest: &Digest) -> Result<Option<String>, DeskError> {
        self.row("read a note", "SELECT text FROM notes WHERE digest = ?1", [digest.as_bytes()], |row| row.get(0))
    }

    /// The notes of a log that were kept for one size.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn notes_of_size(&self, origin: &str, size: u64) -> Result<Vec<String>, DeskError> {
        let sql = "SELECT text FROM notes WHERE origin = ?1 AND size = ?2 ORDER BY rowid";
        self.rows("read notes", sql, params![origin, integer(size)], |row| row.get(0))
    }

    /// Of each size of a log the first and the last note that were kept, by SHA-256.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn boundary_notes(&self, origin: &str) -> Result<Vec<Digest>, DeskError> {
        let sql = "SELECT digest FROM notes WHERE rowid IN (
                       SELECT min(rowid) FROM notes WHERE origin = ?1 GROUP BY size
                       UNION SELECT max(rowid) FROM notes WHERE origin = ?1 GROUP BY size
                   ) ORDER BY rowid";
        self.rows("read notes", sql, [origin], |row| digest(row, 0))
    }

    /// The newest note that was kept of a log: of the largest size, the last kept.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn newest_note(&self, origin: &str) -> Result<Option<String>, DeskError> {
        let sql = "SELECT text FROM notes WHERE origin = ?1 ORDER BY size DESC, rowid DESC LIMIT 1";
        self.row("read a note", sql, [origin], |row| row.get(0))
    }

    /// Keeps heads with the opening of one mailbox; items of a complete listing are added to what was there.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_heads(&self, row: &HeadsRow) -> Result<(), DeskError> {
        let sql =
            "INSERT INTO heads (digest, custodian, declaration, period, opening, items) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (digest) DO UPDATE SET items = coalesce(?6, items)";
        let items = row.items.as_ref().map(to_json);
        self.transaction("keep heads", |t| {
            let (digest, declaration) = (row.digest.as_bytes(), row.declaration.as_bytes());
            let period = integer(row.period);
            t.execute(sql, params![digest, row.custodian.as_str(), declaration, period, to_json(&row.opening), items])
                .map(drop)
        })
    }

    /// Every kept heads row of one declaration, oldest period first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn heads_of(&self, declaration: &Digest) -> Result<Vec<HeadsRow>, DeskError> {
        let sql = "SELECT digest, custodian, declaration, period, opening, items FROM heads WHERE declaration = ?1 ORDER BY period";
        self.rows("read heads", sql, [declaration.as_bytes()], |row| {
            let custodian: String = row.get(1)?;
            let items: Option<String> = row.get(5)?;
            Ok(HeadsRow {
                digest: digest(row, 0)?,
                custodian: PartyName::parse(&custodian).map_err(|error| conversion(1, error))?,
                declaration: digest(row, 2)?,
                period: number(row, 3)?,
                opening: json(row, 4)?,
                items: items
                    .map(|text| serde_json::from_str(&text))
                    .transpose()
                    .map_err(|error| conversion(5, error))?,
            })
        })
    }

    /// Keeps what a custodian's heads say was answered to a submission.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_answer(
        &self,
        submission: &Digest,
        custodian: &PartyName,
        heads: &Digest,
        opening: &AnswerOpening,
    ) -> Result<(), DeskError> {
        let sql = "INSERT OR REPLACE INTO answers (submission, custodian, heads, opening) VALUES (?1, ?2, ?3, ?4)";
        self.transaction("keep an answer", |t| {
            let (submission, heads) = (submission.as_bytes(), heads.as_bytes());
            t.execute(sql, params![submission, custodian.as_str(), heads, to_json(opening)]).map(drop)
        })
    }

    /// Openings of answers to a submission: SHA-256 of the heads, and the opening.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn answers_to(&self, submission: &Digest) -> Result<Vec<(Digest, AnswerOpening)>, DeskError> {
        let sql = "SELECT heads, opening FROM answers WHERE submission = ?1 ORDER BY rowid";
        self.rows("read answers", sql, [submission.as_bytes()], |row| Ok((digest(row, 0)?, json(row, 1)?)))
    }

    /// Adds entries of the directory, the first of them at index `from`. An index that is there already stays: another
    /// process of this desk may have followed the same log. If it was not the same, the next replay shows a fork.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_directory(&self, from: u64, entries: &[Vec<u8>]) -> Result<(), DeskError> {
        self.transaction("keep the directory", |t| {
            for (index, entry) in (from..).zip(entries) {
                t.execute(
                    "INSERT OR IGNORE INTO directory (idx, entry) VALUES (?1, ?2)",
                    params![integer(index), entry],
                )?;
            }
            Ok(())
        })
    }

    /// The directory's entries, from the first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn directory(&self) -> Result<Vec<Vec<u8>>, DeskError> {
        self.rows("read the directory", "SELECT entry FROM directory ORDER BY idx", [], |row| row.get(0))
    }

    /// Keeps a contradiction; the same one twice counts once.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn raise(&self, alarm: &Alarm) -> Result<(), DeskError> {
        let sql = "INSERT OR IGNORE INTO alarms (at, code, detail, first, second) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.transaction("keep an alarm", |t| {
            let at = integer(alarm.at.value());
            t.execute(sql, params![at, alarm.code, alarm.detail, alarm.first, alarm.second]).map(drop)
        })
    }

    /// Every contradiction, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn alarms(&self) -> Result<Vec<Alarm>, DeskError> {
        let sql = "SELECT at, code, detail, first, second FROM alarms ORDER BY id";
        self.rows("read alarms", sql, [], |row| {
            let at = UnixSeconds::new(number(row, 0)?);
            Ok(Alarm { at, code: row.get(1)?, detail: row.get(2)?, first: row.get(3)?, second: row.get(4)? })
        })
    }

    /// Keeps the text behind a commitment.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_closable_note(&self, commitment: &Digest, salt: &Salt, text: &Text) -> Result<(), DeskError> {
        let sql = "INSERT OR IGNORE INTO closable_notes (commitment, salt, text) VALUES (?1, ?2, ?3)";
        self.transaction("keep a note", |t| {
            t.execute(sql, params![commitment.as_bytes(), salt.as_bytes(), text.as_str()]).map(drop)
        })
    }

    /// The text behind a commitment, with its salt.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn closable_note(&self, commitment: &Digest) -> Result<Option<(Salt, String)>, DeskError> {
        let sql = "SELECT salt, text FROM closable_notes WHERE commitment = ?1";
        self.row("read a note", sql, [commitment.as_bytes()], |row| Ok((Salt::from_bytes(row.get(0)?), row.get(1)?)))
    }
}

/// Keeps a statement within a transaction; what is there stays as it is.
pub(super) fn insert_statement(
    t: &rusqlite::Transaction<'_>,
    statement: &Statement,
    at: UnixSeconds,
    waits_for: Option<&str>,
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT OR IGNORE INTO statements (digest, identity, typ, iss, submission, wid, bytes, held_at, place, waits_for, anchor)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let common = statement.common();
    t.execute(
        sql,
        params![
            statement.digest().as_bytes(),
            statement.identity().as_bytes(),
            statement.jws().typ(),
            common.iss.as_str(),
            statement.submission().map(|d| *d.as_bytes()),
            common.wid.map(|w| *w.as_bytes()),
            statement.as_bytes(),
            integer(at.value()),
            Where::of(statement).as_str(),
            waits_for,
            common.anchor.map(|a| *a.note.as_bytes()),
        ],
    )
    .map(drop)
}
