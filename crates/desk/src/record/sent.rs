//! The sender's record: what only the sender has, and without which it can prove no content.
//!
//! A chain is of one party in whose name is sent and of one recipient. `told` says whether the exchange has confirmed
//! the place: a record that was restored has forgotten numbers, so there every chain begins unconfirmed.

use super::statements::insert_statement;
use super::{Record, conversion, digest, digest_opt, integer, json, number, to_json};
use crate::compose::{BodyKind, Composed};
use crate::error::DeskError;
use monition_evidence::age::SealRandomness;
use monition_evidence::framing::Bodies;
use monition_evidence::warning::Disclosure;
use monition_evidence::{Body, Digest, PartyName, Statement, UnixSeconds, Wid};
use rusqlite::{Row, params};

/// One own submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRow {
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// SHA-256 of the core's bytes.
    pub core: Digest,
    /// Identity of the core.
    pub core_identity: Digest,
    /// The warning.
    pub wid: Wid,
    /// In whose name.
    pub iss: PartyName,
    /// To whom.
    pub recipient: PartyName,
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// Its number in the chain to this recipient.
    pub seq: u64,
    /// When it was composed.
    pub composed_at: UnixSeconds,
    /// By when an answer is asked for.
    pub deadline: Option<UnixSeconds>,
    /// All disclosures, in the published order.
    pub disclosures: Vec<Disclosure>,
    /// SHA-256 of the acceptance, once there is one.
    pub acceptance: Option<Digest>,
    /// The code of a final refusal.
    pub rejection: Option<String>,
}

/// The last submission of a chain that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPlace {
    /// Its `seq`.
    pub seq: u64,
    /// SHA-256 of it.
    pub last: Digest,
    /// The exchange has confirmed it since this record was made or restored.
    pub told: bool,
}

/// One body of an own submission, with what opens it.
#[derive(Clone, Debug)]
pub struct SentBodyRow {
    /// What it is.
    pub kind: BodyKind,
    /// File key, seed and nonce.
    pub randomness: SealRandomness,
    /// The age file.
    pub body: Vec<u8>,
}

const SENT: &str = "SELECT submission, core, core_identity, wid, recipient, declaration, seq, composed_at, deadline, disclosures, acceptance, rejection, iss FROM sent";

fn sent(row: &Row<'_>) -> Result<SentRow, rusqlite::Error> {
    let (recipient, iss): (String, String) = (row.get(4)?, row.get(12)?);
    let texts: Vec<String> = json(row, 9)?;
    let disclosures = texts.iter().map(|text| Disclosure::parse(text)).collect::<Result<_, _>>();
    let deadline: Option<i64> = row.get(8)?;
    Ok(SentRow {
        submission: digest(row, 0)?,
        core: digest(row, 1)?,
        core_identity: digest(row, 2)?,
        wid: Wid::from_bytes(row.get(3)?),
        iss: PartyName::parse(&iss).map_err(|error| conversion(12, error))?,
        recipient: PartyName::parse(&recipient).map_err(|error| conversion(4, error))?,
        declaration: digest(row, 5)?,
        seq: number(row, 6)?,
        composed_at: UnixSeconds::new(number(row, 7)?),
        deadline: deadline.map(|_| number(row, 8)).transpose()?.map(UnixSeconds::new),
        disclosures: disclosures.map_err(|error| conversion(9, error))?,
        acceptance: digest_opt(row, 10)?,
        rejection: row.get(11)?,
    })
}

impl Record {
    /// Where the chain from `iss` to a recipient stands.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn chain(&self, iss: &PartyName, recipient: &PartyName) -> Result<Option<ChainPlace>, DeskError> {
        let sql = "SELECT seq, prev_sub, told FROM chains WHERE iss = ?1 AND recipient = ?2";
        self.row("read a chain", sql, [iss.as_str(), recipient.as_str()], |row| {
            Ok(ChainPlace { seq: number(row, 0)?, last: digest(row, 1)?, told: row.get::<_, i64>(2)? != 0 })
        })
    }

    /// Takes over the place that the exchange named, of a submission that another desk signed.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn continue_chain(
        &self,
        iss: &PartyName,
        recipient: &PartyName,
        seq: u64,
        last: &Digest,
    ) -> Result<(), DeskError> {
        let sql = "INSERT INTO chains (iss, recipient, seq, prev_sub, told) VALUES (?1, ?2, ?3, ?4, 1)
                   ON CONFLICT (iss, recipient) DO UPDATE SET seq = ?3, prev_sub = ?4, told = 1";
        let row = params![iss.as_str(), recipient.as_str(), integer(seq), last.as_bytes()];
        self.transaction("continue a chain", |t| t.execute(sql, row).map(drop))
    }

    /// Says that this record comes from a backup: numbers that were used after it are not in it.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn mark_restored(&self) -> Result<(), DeskError> {
        self.transaction("mark the record as restored", |t| {
            t.execute("UPDATE chains SET told = 0", [])?;
            let sql = "INSERT INTO meta (name, value) VALUES ('restored', '1') ON CONFLICT (name) DO NOTHING";
            t.execute(sql, []).map(drop)
        })
    }

    /// Whether this record was once restored from a backup.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn restored(&self) -> Result<bool, DeskError> {
        Ok(self.meta("restored")?.is_some())
    }

    /// Keeps a composed warning before it is sent: bodies, secrets and the chain in one transaction. A crash after it
    /// sends the same bytes again; a crash before it has sent nothing.
    ///
    /// # Errors
    /// [`DeskError::Record`]; [`DeskError::NotPossible`] if another submission took this place in the chain.
    pub fn keep_sent(&self, composed: &Composed, recipient: &PartyName, at: UnixSeconds) -> Result<Digest, DeskError> {
        let Body::Submission(submission) = composed.submission.body() else {
            return Err(DeskError::NotPossible { rule: "only a submission is sent".to_owned() });
        };
        let digest = composed.submission.digest();
        let (seq, prev_sub) = (integer(submission.seq), submission.prev_sub.map(|d| *d.as_bytes()));
        let texts: Vec<&str> = composed.disclosures.iter().map(Disclosure::as_str).collect();
        let kept = self.transaction("keep a warning", |t| {
            // Two composed at once would share a seq: that would be the sender's own equivocation.
            let last: Option<(i64, [u8; 32])> = t
                .query_row(
                    "SELECT seq, prev_sub FROM chains WHERE iss = ?1 AND recipient = ?2",
                    [submission.iss.as_str(), recipient.as_str()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .map(Some)
                .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(None) } else { Err(error) })?;
            if last.map_or(0, |(seq, _)| seq) + 1 != seq || last.map(|(_, prev)| prev) != prev_sub {
                return Ok(false);
            }
            insert_statement(t, &composed.core, at, None)?;
            insert_statement(t, &composed.submission, at, Some("exchange"))?;
            // What the exchange said of the place before is not touched: it will say so of this one when it accepts it.
            let sql = "INSERT INTO chains (iss, recipient, seq, prev_sub, told) VALUES (?1, ?2, ?3, ?4, 0)
                       ON CONFLICT (iss, recipient) DO UPDATE SET seq = ?3, prev_sub = ?4";
            t.execute(sql, params![submission.iss.as_str(), recipient.as_str(), seq, digest.as_bytes()])?;
            let sql = "INSERT INTO sent (submission, core, core_identity, wid, recipient, declaration, seq, composed_at, deadline, disclosures, iss)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
            t.execute(
                sql,
                params![
                    digest.as_bytes(),
                    composed.core.digest().as_bytes(),
                    composed.core.identity().as_bytes(),
                    submission.wid.map(|w| *w.as_bytes()),
                    recipient.as_str(),
                    submission.declaration.as_bytes(),
                    seq,
                    integer(at.value()),
                    submission.deadline.map(|d| integer(d.value())),
                    to_json(&texts),
                    submission.iss.as_str(),
                ],
            )?;
            let sql = "INSERT INTO sent_bodies (submission, number, kind, file_key, seed, nonce, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            for (number, (body, sealed)) in composed.bodies.as_slices().iter().zip(&composed.sealed).enumerate() {
                let r = &sealed.randomness;
                let (number, kind) = (integer(number as u64), sealed.kind.label());
                t.execute(sql, params![digest.as_bytes(), number, kind, r.file_key, r.seed, r.nonce, body])?;
            }
            Ok(true)
        })?;
        if kept {
            return Ok(digest);
        }
        let rule = format!("another warning to {recipient} was composed at the same time");
        Err(DeskError::NotPossible { rule })
    }

    /// One own submission.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn sent(&self, submission: &Digest) -> Result<Option<SentRow>, DeskError> {
        self.row("read a sent warning", &format!("{SENT} WHERE submission = ?1"), [submission.as_bytes()], sent)
    }

    /// Every own submission, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn all_sent(&self) -> Result<Vec<SentRow>, DeskError> {
        self.rows("read sent warnings", &format!("{SENT} ORDER BY rowid"), [], sent)
    }

    /// The bodies of an own submission, in order, with what opens them.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn sent_bodies(&self, submission: &Digest) -> Result<Vec<SentBodyRow>, DeskError> {
        let sql = "SELECT kind, file_key, seed, nonce, body FROM sent_bodies WHERE submission = ?1 ORDER BY number";
        self.rows("read sent bodies", sql, [submission.as_bytes()], |row| {
            let label: String = row.get(0)?;
            let kind = BodyKind::parse(&label).ok_or(rusqlite::Error::InvalidQuery)?;
            let randomness = SealRandomness { file_key: row.get(1)?, seed: row.get(2)?, nonce: row.get(3)? };
            Ok(SentBodyRow { kind, randomness, body: row.get(4)? })
        })
    }

    /// The bodies of an own submission as they travel.
    ///
    /// # Errors
    /// [`DeskError::Record`], [`DeskError::Bodies`].
    pub fn sent_framing(&self, submission: &Digest) -> Result<Bodies, DeskError> {
        let bodies = self.sent_bodies(submission)?.into_iter().map(|b| b.body).collect();
        Ok(Bodies::new(bodies)?)
    }

    /// The exchange took it: keeps the acceptance.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn accepted(&self, submission: &Digest, acceptance: &Statement, at: UnixSeconds) -> Result<(), DeskError> {
        self.transaction("keep an acceptance", |t| {
            insert_statement(t, acceptance, at, None)?;
            t.execute("UPDATE chains SET told = 1 WHERE prev_sub = ?1", [submission.as_bytes()])?;
            let sql = "UPDATE sent SET acceptance = ?2 WHERE submission = ?1";
            t.execute(sql, params![submission.as_bytes(), acceptance.digest().as_bytes()])?;
            let sql = "UPDATE statements SET waits_for = NULL WHERE digest = ?1";
            t.execute(sql, [submission.as_bytes()]).map(drop)
        })
    }

    /// The exchange refused it for good. Where it signed so, the place in the chain is free again: a judge does not take
    /// two submissions under one number against a sender who shows the refusal of one of them. Without a signed refusal
    /// the number stays used.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn rejected(
        &self,
        submission: &Digest,
        code: &str,
        rejection: Option<&Statement>,
        at: UnixSeconds,
    ) -> Result<(), DeskError> {
        let before = self.place_before(submission)?;
        self.transaction("keep a rejection", |t| {
            if let Some(rejection) = rejection {
                insert_statement(t, rejection, at, None)?;
                step_back(t, submission, before)?;
            }
            t.execute("UPDATE sent SET rejection = ?2 WHERE submission = ?1", params![submission.as_bytes(), code])?;
            // It is not in the log, and stays out of the search for proofs.
            let sql = "UPDATE statements SET waits_for = NULL, place = 'sealed' WHERE digest = ?1";
            t.execute(sql, [submission.as_bytes()]).map(drop)
        })
    }

    /// Frees the place of a submission that can never count, if it is the last of its chain.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn free_place(&self, submission: &Digest) -> Result<(), DeskError> {
        let before = self.place_before(submission)?;
        self.transaction("free a number", |t| step_back(t, submission, before))
    }

    /// `seq` of a submission, and the one before it.
    fn place_before(&self, submission: &Digest) -> Result<Option<(i64, Option<Digest>)>, DeskError> {
        Ok(self.statement(submission)?.and_then(|held| match held.statement.body() {
            Body::Submission(own) => Some((integer(own.seq), own.prev_sub)),
            _ => None,
        }))
    }
}

fn step_back(
    t: &rusqlite::Transaction<'_>,
    submission: &Digest,
    before: Option<(i64, Option<Digest>)>,
) -> Result<(), rusqlite::Error> {
    match before {
        Some((seq, Some(before))) => {
            let sql = "UPDATE chains SET seq = ?2 - 1, prev_sub = ?3 WHERE prev_sub = ?1";
            t.execute(sql, params![submission.as_bytes(), seq, before.as_bytes()]).map(drop)
        }
        Some((_, None)) => t.execute("DELETE FROM chains WHERE prev_sub = ?1", [submission.as_bytes()]).map(drop),
        None => Ok(()),
    }
}
