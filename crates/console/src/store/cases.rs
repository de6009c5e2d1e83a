//! Who has a case, hand-over notes, escalation attempts, and when this desk was silent.

use super::{Store, integer, number, number_opt};
use crate::error::ConsoleError;
use monition_evidence::UnixSeconds;
use rusqlite::params;

/// Who has taken a case over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) owner: String,
    pub(crate) since: UnixSeconds,
}

/// A note for the next shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShiftNote {
    pub(crate) at: UnixSeconds,
    pub(crate) author: String,
    pub(crate) submission: Option<String>,
    pub(crate) text: String,
}

/// One try to reach a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) submission: String,
    pub(crate) step: u64,
    pub(crate) at: UnixSeconds,
    pub(crate) event: String,
    pub(crate) transport: String,
    pub(crate) contact: String,
    pub(crate) taken: bool,
    pub(crate) answer: String,
}

/// A time in which the desk collected nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    pub(crate) since: UnixSeconds,
    pub(crate) until: Option<UnixSeconds>,
    pub(crate) cause: String,
}

fn note(row: &rusqlite::Row<'_>) -> Result<ShiftNote, rusqlite::Error> {
    Ok(ShiftNote {
        at: UnixSeconds::new(number(row, 0)?),
        author: row.get(1)?,
        submission: row.get(2)?,
        text: row.get(3)?,
    })
}

impl Store {
    pub(crate) fn take_over(&self, submission: &str, owner: &str, now: UnixSeconds) -> Result<(), ConsoleError> {
        let sql = "INSERT INTO cases (submission, owner, since) VALUES (?1, ?2, ?3)
                   ON CONFLICT (submission) DO UPDATE SET owner = ?2, since = ?3";
        self.execute("take a case over", sql, params![submission, owner, integer(now.value())]).map(drop)
    }

    pub(crate) fn case(&self, submission: &str) -> Result<Option<Case>, ConsoleError> {
        let sql = "SELECT owner, since FROM cases WHERE submission = ?1";
        self.row("read a case", sql, [submission], |row| {
            Ok(Case { owner: row.get(0)?, since: UnixSeconds::new(number(row, 1)?) })
        })
    }

    pub(crate) fn add_note(
        &self,
        submission: Option<&str>,
        author: &str,
        text: &str,
        now: UnixSeconds,
    ) -> Result<(), ConsoleError> {
        let sql = "INSERT INTO shift_notes (at, author, submission, text) VALUES (?1, ?2, ?3, ?4)";
        self.execute("keep a note", sql, params![integer(now.value()), author, submission, text]).map(drop)
    }

    pub(crate) fn notes(&self, count: u64) -> Result<Vec<ShiftNote>, ConsoleError> {
        let sql = "SELECT at, author, submission, text FROM shift_notes ORDER BY id DESC LIMIT ?1";
        self.rows("read notes", sql, [integer(count)], note)
    }

    pub(crate) fn notes_of(&self, submission: &str) -> Result<Vec<ShiftNote>, ConsoleError> {
        let sql = "SELECT at, author, submission, text FROM shift_notes WHERE submission = ?1 ORDER BY id DESC";
        self.rows("read notes", sql, [submission], note)
    }

    pub(crate) fn add_attempt(&self, attempt: &Attempt) -> Result<(), ConsoleError> {
        let sql = "INSERT INTO attempts (submission, step, at, event, transport, contact, taken, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = params![
            attempt.submission,
            integer(attempt.step),
            integer(attempt.at.value()),
            attempt.event,
            attempt.transport,
            attempt.contact,
            attempt.taken,
            attempt.answer
        ];
        self.execute("keep an attempt", sql, values).map(drop)
    }

    pub(crate) fn attempts(&self, submission: &str) -> Result<Vec<Attempt>, ConsoleError> {
        let sql = "SELECT submission, step, at, event, transport, contact, taken, answer FROM attempts WHERE submission = ?1 ORDER BY id";
        self.rows("read attempts", sql, [submission], |row| {
            Ok(Attempt {
                submission: row.get(0)?,
                step: number(row, 1)?,
                at: UnixSeconds::new(number(row, 2)?),
                event: row.get(3)?,
                transport: row.get(4)?,
                contact: row.get(5)?,
                taken: row.get(6)?,
                answer: row.get(7)?,
            })
        })
    }

    /// Notes that the desk fell silent; nothing if it is noted already.
    pub(crate) fn silent_since(&self, since: UnixSeconds, cause: &str) -> Result<(), ConsoleError> {
        let sql = "INSERT INTO silences (since, cause) SELECT ?1, ?2
                   WHERE NOT EXISTS (SELECT 1 FROM silences WHERE until IS NULL)";
        self.execute("note a silence", sql, params![integer(since.value()), cause]).map(drop)
    }

    /// Notes that it collects again; gives whether it had been silent.
    pub(crate) fn heard(&self, now: UnixSeconds) -> Result<bool, ConsoleError> {
        let sql = "UPDATE silences SET until = ?1 WHERE until IS NULL";
        Ok(self.execute("end a silence", sql, [integer(now.value())])? > 0)
    }

    pub(crate) fn silences(&self, count: u64) -> Result<Vec<Silence>, ConsoleError> {
        let sql = "SELECT since, until, cause FROM silences ORDER BY id DESC LIMIT ?1";
        self.rows("read silences", sql, [integer(count)], |row| {
            Ok(Silence {
                since: UnixSeconds::new(number(row, 0)?),
                until: number_opt(row, 1)?.map(UnixSeconds::new),
                cause: row.get(2)?,
            })
        })
    }
}
