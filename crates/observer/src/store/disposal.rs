//! Bodies that were deleted: what may be, and the one transaction that does it.

use super::custody::keep_anchor;
use super::{Store, StoreError, digest, signed, unsigned};
use monition_evidence::mailbox::Item;
use monition_evidence::{Digest, Statement};
use rusqlite::{OptionalExtension as _, params};

/// An item whose bodies may be deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deletable {
    pub(crate) h0: Digest,
    pub(crate) n: u64,
    pub(crate) submission: Digest,
    pub(crate) e: Digest,
}

/// A mailbox that still holds bodies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChainWithBodies {
    pub(crate) h0: Digest,
    pub(crate) declaration: Digest,
    pub(crate) superseded_at: Option<u64>,
}

impl Store {
    /// Every mailbox that holds bodies.
    pub(crate) fn chains_with_bodies(&self) -> Result<Vec<ChainWithBodies>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT h0, declaration, superseded_at FROM chains
                 WHERE EXISTS (SELECT 1 FROM bodies WHERE bodies.h0 = chains.h0)",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(ChainWithBodies {
                    h0: digest(row.get(0)?),
                    declaration: digest(row.get(1)?),
                    superseded_at: row.get::<_, Option<i64>>(2)?.map(unsigned),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Items of a mailbox that have bodies, oldest first, at most `most`; those that were never handed over only if
    /// `unfetched`.
    pub(crate) fn deletable(&self, h0: &Digest, unfetched: bool, most: usize) -> Result<Vec<Deletable>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT n, item FROM items JOIN bodies USING (h0, n)
                 WHERE h0 = ?1 AND (?2 OR EXISTS (SELECT 1 FROM handovers
                                                  WHERE handovers.h0 = items.h0 AND handovers.n = items.n AND bytes_left = 1))
                 ORDER BY n LIMIT ?3",
            )?;
            let rows = statement.query_map(params![h0.as_bytes(), unfetched, signed(most as u64)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
            let mut found = Vec::new();
            for row in rows {
                let (n, item) = row?;
                let item: Item =
                    serde_json::from_str(&item).map_err(|_| StoreError::Damaged { what: "an item cannot be read" })?;
                found.push(Deletable { h0: *h0, n: unsigned(n), submission: item.submission, e: item.e });
            }
            Ok(found)
        })
    }

    /// Deletes the bodies of an item, gives their room back, and queues the statement about it; `false` if it has none.
    pub(crate) fn dispose(
        &self,
        item: &Deletable,
        now: u64,
        anchor: (&Digest, &[u8]),
        sign: impl FnOnce() -> Result<Statement, StoreError>,
    ) -> Result<bool, StoreError> {
        let (h0, n) = (item.h0.as_bytes(), signed(item.n));
        self.write(|tx| {
            let size: Option<i64> = tx
                .prepare_cached("SELECT length(sealed) + length(bodies) FROM bodies WHERE h0 = ?1 AND n = ?2")?
                .query_row(params![h0, n], |row| row.get(0))
                .optional()?;
            let Some(size) = size else { return Ok(false) };
            tx.prepare_cached("DELETE FROM bodies WHERE h0 = ?1 AND n = ?2")?.execute(params![h0, n])?;
            tx.prepare_cached("UPDATE chains SET bytes = max(bytes - ?2, 0) WHERE h0 = ?1")?
                .execute(params![h0, size])?;
            tx.prepare_cached("INSERT INTO disposals (h0, n, at) VALUES (?1, ?2, ?3)")?.execute(params![
                h0,
                n,
                signed(now)
            ])?;
            keep_anchor(tx, anchor.0, anchor.1, true)?;
            super::mail::enqueue(tx, &sign()?, None)?;
            Ok(true)
        })
    }

    /// When the bodies of an item were deleted.
    pub(crate) fn disposed_at(&self, h0: &Digest, n: u64) -> Result<Option<u64>, StoreError> {
        self.read(|conn| {
            let at: Option<i64> = conn
                .prepare_cached("SELECT at FROM disposals WHERE h0 = ?1 AND n = ?2")?
                .query_row(params![h0.as_bytes(), signed(n)], |row| row.get(0))
                .optional()?;
            Ok(at.map(unsigned))
        })
    }
}
