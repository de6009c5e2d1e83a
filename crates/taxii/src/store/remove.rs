//! Removing objects. The view forgets them; a tombstone keeps id, version, hash, time and account.

use super::Memory;
use super::append::{members, settle};
use super::lookup::tag;
use super::select::{Filter, Viewer};
use monition_intel::taxii::Query;
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::collections::BTreeSet;

/// Removes the versions of one id that the query chooses and the viewer sees. Gives how many there were; 0 if there is no
/// such object for this viewer.
pub(crate) fn remove_chosen(
    transaction: &Transaction<'_>,
    memory: &mut Memory,
    collection: i64,
    viewer: Viewer,
    id: &str,
    query: &Query,
    at: i64,
) -> rusqlite::Result<usize> {
    let ident: Option<i64> = transaction
        .prepare_cached(
            "SELECT n FROM ident WHERE n IN
             (SELECT ident FROM fresh WHERE tag = ?1 UNION ALL SELECT ident FROM tagged WHERE tag = ?1)
             AND collection = ?2 AND id = ?3",
        )?
        .query_row(params![tag(id), collection, id], |row| row.get(0))
        .optional()?;
    let Some(ident) = ident else { return Ok(0) };
    let mut keys = Filter::new(transaction, viewer, query).of_ident(ident)?;
    if query.versions.all && query.spec_versions.is_none() {
        // The whole object: older spec versions too, which the default view hides behind the newest.
        let every = super::select::versions_of(transaction, ident)?;
        for version in every {
            let seen = version.tlp <= viewer.ceiling.number()
                && (version.audience == 0 || super::select::is_addressed(transaction, viewer, version.key)?);
            if seen && !keys.contains(&version.key) {
                keys.push(version.key);
            }
        }
    }
    remove_keys(transaction, memory, collection, &keys, viewer.account, at)
}

/// Removes rows by their keys; those that are gone already do not count.
pub(crate) fn remove_keys(
    transaction: &Transaction<'_>,
    memory: &mut Memory,
    collection: i64,
    keys: &[i64],
    account: i64,
    at: i64,
) -> rusqlite::Result<usize> {
    let mut idents = BTreeSet::new();
    let mut removed = 0;
    for key in keys {
        let found: Option<(i64, i64)> = transaction
            .prepare_cached("SELECT ident, audience FROM object WHERE key = ?1 AND walk >= 0")?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((ident, audience)) = found else { continue };
        transaction
            .prepare_cached(
                "INSERT INTO tombstone SELECT key, ident.id, version, digest, ?2, ?3 FROM object
                 JOIN ident ON ident.n = object.ident WHERE key = ?1",
            )?
            .execute(params![key, at, account])?;
        if audience != 0 {
            let mut unaddress = transaction.prepare_cached("DELETE FROM addressed WHERE account = ?1 AND key = ?2")?;
            for member in members(transaction, audience)? {
                unaddress.execute([member, *key])?;
            }
        }
        transaction.prepare_cached("UPDATE object SET walk = -1, bytes = x'' WHERE key = ?1")?.execute([key])?;
        memory.changed(collection, -1);
        idents.insert(ident);
        removed += 1;
    }
    for ident in idents {
        settle(transaction, memory, collection, ident)?;
    }
    Ok(removed)
}
