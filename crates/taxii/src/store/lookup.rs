//! From an id to its row: a small index of what is new beside the large one of everything else.
//!
//! Ids are random, so that an index over a million of them is written at another page by each new object, and a page is
//! 16 KiB of WAL. New entries therefore go into `fresh`, whose pages are few and shared by all objects of a batch. When it
//! holds more than [`FRESH_MAX`], as many as are too many move into `tagged`, and always those that come next in the order of
//! the tags: entries that are neighbours lie on one page and are written together. All of it is part of the batch's own
//! transaction, so that a reader finds each id in exactly one of the two.

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use sha2::{Digest as _, Sha256};

/// Entries that `fresh` keeps: about 60 pages.
const FRESH_MAX: i64 = 1 << 15;
/// Fewest entries that are moved together.
const MOVED_MIN: i64 = 64;

/// What an id is found by first. Two ids with one tag are told apart by the ids.
pub(super) fn tag(id: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    i64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

/// What the writer knows of the two tables.
#[derive(Debug)]
pub(super) struct Lookup {
    /// Rows of `fresh`.
    fresh: i64,
    /// The tag at which the next move begins.
    hand: i64,
    max: i64,
}

impl Default for Lookup {
    fn default() -> Self {
        Self { fresh: 0, hand: i64::MIN, max: FRESH_MAX }
    }
}

impl Lookup {
    /// Counts what is there.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let fresh = connection.query_row("SELECT count(*) FROM fresh", [], |row| row.get(0))?;
        Ok(Self { fresh, ..Self::default() })
    }

    /// An id is new.
    pub(super) fn add(&mut self, transaction: &Transaction<'_>, tag: i64, ident: i64) -> rusqlite::Result<()> {
        transaction.prepare_cached("INSERT INTO fresh VALUES (?1, ?2)")?.execute([tag, ident])?;
        self.fresh += 1;
        Ok(())
    }

    /// The last version of an id is gone.
    pub(super) fn remove(&mut self, transaction: &Transaction<'_>, tag: i64, ident: i64) -> rusqlite::Result<()> {
        let gone =
            transaction.prepare_cached("DELETE FROM fresh WHERE tag = ?1 AND ident = ?2")?.execute([tag, ident])?;
        if gone == 0 {
            transaction.prepare_cached("DELETE FROM tagged WHERE tag = ?1 AND ident = ?2")?.execute([tag, ident])?;
        } else {
            self.fresh -= 1;
        }
        Ok(())
    }

    /// Moves what `fresh` holds too many.
    pub(super) fn sweep(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        while self.fresh >= self.max + MOVED_MIN {
            let last: Option<i64> = transaction
                .prepare_cached("SELECT tag FROM fresh WHERE tag >= ?1 ORDER BY tag LIMIT 1 OFFSET ?2")?
                .query_row([self.hand, self.fresh - self.max - 1], |row| row.get(0))
                .optional()?;
            let range = [self.hand, last.unwrap_or(i64::MAX)];
            transaction
                .prepare_cached(
                    "INSERT INTO tagged SELECT tag, ident FROM fresh WHERE tag BETWEEN ?1 AND ?2 ORDER BY tag, ident",
                )?
                .execute(range)?;
            let moved = transaction.prepare_cached("DELETE FROM fresh WHERE tag BETWEEN ?1 AND ?2")?.execute(range)?;
            self.fresh -= i64::try_from(moved).unwrap_or(i64::MAX);
            self.hand = last.and_then(|last| last.checked_add(1)).unwrap_or(i64::MIN);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::TransactionBehavior;
    use std::collections::BTreeSet;

    /// Everything that is in either table; nothing may be in both.
    fn entries(transaction: &Transaction<'_>) -> BTreeSet<(i64, i64)> {
        let mut found = BTreeSet::new();
        for table in ["fresh", "tagged"] {
            let mut rows = transaction.prepare(&format!("SELECT tag, ident FROM {table}")).unwrap();
            for row in rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap() {
                assert!(found.insert(row.unwrap()), "an entry is in both tables");
            }
        }
        found
    }

    #[test]
    fn each_id_is_in_one_of_the_two_tables_and_the_small_one_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = crate::store::connect(folder.path()).unwrap();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let mut lookup = Lookup { max: 200, ..Lookup::default() };
        let mut expected = BTreeSet::new();
        // Tags at both ends, and many idents under one tag, as an attacker who can find collisions would make them.
        let tag_of = |n: i64| match n % 7 {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => 42,
            _ => tag(&n.to_string()),
        };
        for n in 0..3_000 {
            lookup.add(&transaction, tag_of(n), n).unwrap();
            expected.insert((tag_of(n), n));
            if n % 5 == 4 {
                let gone = n * 2 / 3;
                lookup.remove(&transaction, tag_of(gone), gone).unwrap();
                expected.remove(&(tag_of(gone), gone));
            }
            if n % 30 == 0 {
                lookup.sweep(&transaction).unwrap();
                assert!(lookup.fresh < 200 + MOVED_MIN);
                let counted: i64 = transaction.query_row("SELECT count(*) FROM fresh", [], |row| row.get(0)).unwrap();
                assert_eq!(lookup.fresh, counted);
            }
        }
        assert_eq!(entries(&transaction), expected);
        assert_eq!(Lookup::load(&transaction).unwrap().fresh, lookup.fresh);
    }
}
