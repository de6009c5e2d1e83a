//! The journal: who viewed, printed, answered, released, revealed. Each entry is chained to the one before it.
//!
//! ```text
//! hash(n) = SHA-256("monition/console-journal/v1\n" ‖ hash(n−1) ‖ JSON of [seq, at, user, act, subject, detail])
//! hash(0) = 32 zero bytes
//! ```
//!
//! It shows changes made *inside* the chain to whoever kept an earlier hash: export it regularly. Whoever owns the
//! machine can rewrite all of it; it is the house's own record, never evidence.

use super::{Store, failed, integer, number};
use crate::error::ConsoleError;
use monition_evidence::encoding::sha256;
use monition_evidence::{Digest, UnixSeconds};
use rusqlite::params;
use serde::Serialize;

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// What a user did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Act { $($(#[$doc])* $variant),+ }

        impl Act {
            /// Every act.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the journal.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

acts! {
    /// Signed in.
    SignedIn = "signed-in",
    /// Signed out.
    SignedOut = "signed-out",
    /// A wrong name or password.
    SignInFailed = "sign-in-failed",
    /// Looked at a warning that came.
    Viewed = "viewed",
    /// Opened its printable page.
    Printed = "printed",
    /// Took an attachment.
    Downloaded = "downloaded",
    /// Answered it.
    Replied = "replied",
    /// Passed it on.
    Relayed = "relayed",
    /// Put a call on record.
    NotedCall = "noted-call",
    /// Took the case over.
    TookOver = "took-over",
    /// Wrote a hand-over note.
    HandedOver = "handed-over",
    /// Asked for a release.
    AskedRelease = "asked-release",
    /// Released it.
    Released = "released",
    /// Refused to release it.
    RefusedRelease = "refused-release",
    /// Sent a warning.
    Sent = "sent",
    /// Amended one.
    Amended = "amended",
    /// Withdrew one.
    Withdrew = "withdrew",
    /// Allowed a recipient to pass fields on.
    Consented = "consented",
    /// Looked at a finding before its dossier was exported.
    Judged = "judged",
    /// Exported a dossier, and with it what it reveals.
    Revealed = "revealed",
    /// Exported this journal.
    ExportedJournal = "exported-journal",
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its number, from 1.
    pub seq: u64,
    /// When, by this machine's clock.
    pub at: UnixSeconds,
    /// Who.
    pub user: String,
    /// What: a word of [`Act`].
    pub act: String,
    /// To what: mostly the id of a submission.
    pub subject: String,
    /// More of it: recipients, fields.
    pub detail: String,
    /// Chain value.
    pub hash: Digest,
}

fn chained(previous: &[u8; 32], seq: u64, at: u64, user: &str, act: &str, subject: &str, detail: &str) -> Digest {
    // Plain strings and numbers always serialise.
    let content = serde_json::to_vec(&(seq, at, user, act, subject, detail)).unwrap_or_default();
    sha256(&[b"monition/console-journal/v1\n".as_slice(), previous, &content].concat())
}

fn entry(row: &rusqlite::Row<'_>) -> Result<Entry, rusqlite::Error> {
    Ok(Entry {
        seq: number(row, 0)?,
        at: UnixSeconds::new(number(row, 1)?),
        user: row.get(2)?,
        act: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
        hash: Digest::from_bytes(row.get(6)?),
    })
}

const ENTRY: &str = "SELECT seq, at, user, act, subject, detail, hash FROM journal";

impl Store {
    /// Adds an entry, chained to the last one.
    ///
    /// # Errors
    /// [`ConsoleError::Store`].
    pub fn log(&self, at: UnixSeconds, user: &str, act: Act, subject: &str, detail: &str) -> Result<(), ConsoleError> {
        let mut db = self.lock();
        let transaction = db
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed("write the journal"))?;
        let last: (i64, [u8; 32]) = transaction
            .query_row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok((0, [0; 32])) } else { Err(error) })
            .map_err(failed("read the journal"))?;
        let seq = last.0 + 1;
        let hash = chained(&last.1, seq.unsigned_abs(), at.value(), user, act.as_str(), subject, detail);
        let sql = "INSERT INTO journal (seq, at, user, act, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![seq, integer(at.value()), user, act.as_str(), subject, detail, hash.as_bytes()];
        transaction.execute(sql, values).map_err(failed("write the journal"))?;
        transaction.commit().map_err(failed("write the journal"))
    }

    /// Every entry, oldest first, after the chain was checked.
    ///
    /// # Errors
    /// [`ConsoleError::Journal`], [`ConsoleError::Store`].
    pub fn journal(&self) -> Result<Vec<Entry>, ConsoleError> {
        let entries = self.rows("read the journal", &format!("{ENTRY} ORDER BY seq"), [], entry)?;
        let mut previous = [0; 32];
        for (place, e) in (1..).zip(&entries) {
            let expected = chained(&previous, e.seq, e.at.value(), &e.user, &e.act, &e.subject, &e.detail);
            if e.seq != place || e.hash != expected {
                return Err(ConsoleError::Journal { seq: e.seq });
            }
            previous = *e.hash.as_bytes();
        }
        Ok(entries)
    }

    /// The newest entries before `before` (exclusive), newest first.
    pub(crate) fn journal_page(&self, before: Option<u64>, count: u64) -> Result<Vec<Entry>, ConsoleError> {
        let sql = format!("{ENTRY} WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2");
        self.rows("read the journal", &sql, params![before.map_or(i64::MAX, integer), integer(count)], entry)
    }

    /// What was done to one thing, newest first.
    pub(crate) fn journal_of(&self, subject: &str, count: u64) -> Result<Vec<Entry>, ConsoleError> {
        let sql = format!("{ENTRY} WHERE subject = ?1 ORDER BY seq DESC LIMIT ?2");
        self.rows("read the journal", &sql, params![subject, integer(count)], entry)
    }
}
