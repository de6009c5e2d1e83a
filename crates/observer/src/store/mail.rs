//! Statements on their way to the log, and where alarms go.

use super::{Store, StoreError, signed, unsigned};
use monition_evidence::{Digest, KeyId, Statement};
use rusqlite::{OptionalExtension as _, Transaction, params};

/// Replies and lodgements of one mailbox that may wait to be logged, or lie here refused: some hours of a desk that answers
/// without pause, and at most 32 MiB of disk for a stranger with a mailbox.
pub(crate) const REPLIES_WAITING_MAX: u64 = 512;

/// A statement that waits to be logged.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) id: i64,
    pub(crate) statement: Vec<u8>,
    pub(crate) tries: u64,
}

impl Store {
    /// Queues a statement, with the note that it names as its anchor.
    pub(crate) fn queue(&self, statement: &Statement, anchor: (&Digest, &[u8])) -> Result<(), StoreError> {
        self.write(|tx| {
            super::custody::keep_anchor(tx, anchor.0, anchor.1, true)?;
            enqueue(tx, statement, None)
        })
    }

    /// Queues a handover or its failure, each once for each item and session key.
    pub(crate) fn queue_handover(
        &self,
        h0: &Digest,
        n: u64,
        session: &KeyId,
        left: bool,
        anchor: (&Digest, &[u8]),
        sign: impl FnOnce() -> Result<Statement, StoreError>,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            let new = tx
                .prepare_cached(
                    "INSERT INTO handovers (h0, n, session, bytes_left) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                )?
                .execute(params![h0.as_bytes(), signed(n), session.0.as_bytes(), i64::from(left)])?;
            if new == 0 {
                return Ok(());
            }
            super::custody::keep_anchor(tx, anchor.0, anchor.1, true)?;
            enqueue(tx, &sign()?, None)
        })
    }

    /// What is due, heads first: nothing of a period can be shown before its heads are logged.
    pub(crate) fn due(&self, now: u64, most: usize) -> Result<Vec<Outgoing>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, statement, tries FROM outbox WHERE refused IS NULL AND next_at <= ?1
                 ORDER BY period IS NULL, id LIMIT ?2",
            )?;
            let rows = statement.query_map(params![signed(now), signed(most as u64)], |row| {
                Ok(Outgoing { id: row.get(0)?, statement: row.get(1)?, tries: unsigned(row.get(2)?) })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The exchange has accepted it for logging.
    pub(crate) fn logged(&self, id: i64) -> Result<(), StoreError> {
        self.write(|tx| {
            let period: Option<Option<i64>> =
                tx.query_row("SELECT period FROM outbox WHERE id = ?1", [id], |row| row.get(0)).optional()?;
            if let Some(Some(period)) = period {
                tx.execute("UPDATE heads SET logged = 1 WHERE period = ?1", [period])?;
            }
            tx.execute("DELETE FROM outbox WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    /// It did not get through: try again at `next_at`.
    pub(crate) fn try_again(&self, id: i64, next_at: u64) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE outbox SET tries = tries + 1, next_at = ?2 WHERE id = ?1",
                params![id, signed(next_at)],
            )?;
            Ok(())
        })
    }

    /// The exchange refused it for good. It is kept for a person to look at.
    pub(crate) fn refused(&self, id: i64, why: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE outbox SET refused = ?2 WHERE id = ?1", params![id, why])?;
            Ok(())
        })
    }

    /// Waiting and refused statements.
    pub(crate) fn outbox_counts(&self) -> Result<(u64, u64), StoreError> {
        self.read(|conn| {
            let (waiting, refused): (i64, i64) = conn.query_row(
                "SELECT count(*) FILTER (WHERE refused IS NULL), count(*) FILTER (WHERE refused IS NOT NULL) FROM outbox",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            Ok((unsigned(waiting), unsigned(refused)))
        })
    }

    /// Keeps the contacts annex of a declaration.
    pub(crate) fn keep_contacts(&self, declaration: &Digest, annex: &[u8]) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO contacts (declaration, annex) VALUES (?1, ?2)
                 ON CONFLICT (declaration) DO UPDATE SET annex = ?2",
                params![declaration.as_bytes(), annex],
            )?;
            Ok(())
        })
    }

    /// The contacts annex of a declaration.
    pub(crate) fn contacts(&self, declaration: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .query_row("SELECT annex FROM contacts WHERE declaration = ?1", [declaration.as_bytes()], |row| {
                    row.get(0)
                })
                .optional()?)
        })
    }

    /// Whether heads were logged, by period: for tests and the operator.
    pub(crate) fn newest_logged_period(&self) -> Result<Option<u64>, StoreError> {
        self.read(|conn| {
            let period: Option<i64> =
                conn.query_row("SELECT max(period) FROM heads WHERE logged = 1", [], |row| row.get(0))?;
            Ok(period.map(unsigned))
        })
    }
}

/// One place in the queue for each identity: a reply that two desks lodge is posted once.
pub(super) fn enqueue(tx: &Transaction<'_>, statement: &Statement, period: Option<u64>) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO outbox (identity, period, statement) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![statement.identity().as_bytes(), period.map(signed), statement.as_bytes()])?;
    Ok(())
}

/// Queues a reply and its lodgement, if the mailbox has room for both.
///
/// What waits or was refused is counted for each mailbox by itself: a party that floods its own mailbox with replies
/// keeps nobody else's from the log. Heads, handovers and notifications are never counted: they are this node's own
/// evidence, bounded by periods and items, and a recipient must not be able to keep them from being logged.
pub(super) fn enqueue_replies(tx: &Transaction<'_>, h0: &[u8; 32], both: [&Statement; 2]) -> Result<(), StoreError> {
    let waiting: i64 =
        tx.prepare_cached("SELECT count(*) FROM outbox WHERE h0 = ?1")?.query_row([h0.as_slice()], |row| row.get(0))?;
    if unsigned(waiting) + both.len() as u64 > REPLIES_WAITING_MAX {
        return Err(StoreError::RepliesWaiting { most: REPLIES_WAITING_MAX });
    }
    for statement in both {
        enqueue(tx, statement, None)?;
        tx.prepare_cached("UPDATE outbox SET h0 = ?2 WHERE identity = ?1")?
            .execute(params![statement.identity().as_bytes(), h0.as_slice()])?;
    }
    Ok(())
}
