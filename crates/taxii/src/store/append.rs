//! Adding objects: duplicates, conflicts, and which version is the last one.

use super::Memory;
use super::lookup::tag;
use super::select::group_ends;
use crate::tlp::Tlp;
use bytes::Bytes;
use monition_intel::taxii::VersionKey;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

/// Most versions of one object in one collection. It bounds the work of every question about a single id.
pub(crate) const VERSIONS_MAX: i64 = 10_000;

/// An object that was read and found fit.
#[derive(Clone, Debug)]
pub(crate) struct NewObject {
    pub(crate) id: String,
    pub(crate) kind: String,
    /// [`monition_intel::taxii::SpecVersion::code`]
    pub(crate) spec: u32,
    /// As it carries it; none for an object without `modified` and `created`.
    pub(crate) version: Option<(String, VersionKey)>,
    pub(crate) tlp: Tlp,
    /// What no later version may change (STIX 2.1 §3.6): `created` and `created_by_ref`; none where that is not checked.
    pub(crate) origin: Option<Origin>,
    pub(crate) digest: [u8; 32],
    pub(crate) bytes: Bytes,
}

/// What stays the same through all versions of an object, and whether this is the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) created: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) revoked: bool,
}

/// What became of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Posting {
    /// Added under this key.
    Added { key: i64, added: i64, version: String },
    /// It was there already, byte for byte or as the same JSON value.
    Present { version: String },
    /// It cannot stand beside what is there.
    Refused { version: String, reason: String },
}

/// Who adds, where and when, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) collection: i64,
    pub(crate) account: i64,
    /// 0: everybody who may read the collection.
    pub(crate) audience: i64,
    pub(crate) at: i64,
}

struct Known {
    n: i64,
    live: i64,
    mixed: bool,
    group: (i64, i64, i64),
    first: (i64, Vec<u8>),
    last: (i64, Vec<u8>),
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        n: row.get(0)?,
        live: row.get(1)?,
        mixed: row.get(2)?,
        group: (row.get(3)?, row.get(4)?, row.get(5)?),
        first: (row.get(6)?, row.get(7)?),
        last: (row.get(8)?, row.get(9)?),
    })
}

/// Adds one object.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    memory: &mut Memory,
    place: Place,
    object: &NewObject,
    origin_of: impl Fn(&[u8]) -> Option<Origin>,
) -> rusqlite::Result<Posting> {
    let tag = tag(&object.id);
    let found = transaction
        .prepare_cached(
            "SELECT n, live, mixed, tlp, audience, spec, first_key, first_version, last_key, last_version FROM ident
             WHERE n IN (SELECT ident FROM fresh WHERE tag = ?1 UNION ALL SELECT ident FROM tagged WHERE tag = ?1)
             AND collection = ?2 AND id = ?3",
        )?
        .query_row(params![tag, place.collection, object.id], known)
        .optional()?;
    if let Some(found) = &found
        && let Some(decided) = compare(transaction, place, object, found, origin_of)?
    {
        return Ok(decided);
    }
    let kind = memory.kind(transaction, &object.kind)?;
    let (key, added) = memory.next_key(place.collection, place.at);
    let (version, version_key) = match &object.version {
        Some((text, key)) => (text.clone(), key.clone()),
        // No version of its own: the moment it was added, as others that speak TAXII do.
        None => (monition_intel::stix::Timestamp::from_micros(added).to_string(), VersionKey::from_micros(added)),
    };
    let version_bytes = version_key.as_bytes();
    let group = (i64::from(object.tlp.number()), place.audience, i64::from(object.spec));
    let (ident, mut walk, mut mixed) = match &found {
        None => {
            transaction
                .prepare_cached(
                    "INSERT INTO ident (collection, id, kind, live, mixed, tlp, audience, spec, first_key, first_version,
                     last_key, last_version, tag) VALUES (?1, ?2, ?3, 1, 0, ?4, ?5, ?6, ?7, ?8, ?7, ?8, ?9)",
                )?
                .execute(params![
                    place.collection,
                    object.id,
                    kind,
                    group.0,
                    group.1,
                    group.2,
                    key,
                    version_bytes,
                    tag
                ])?;
            let ident = transaction.last_insert_rowid();
            memory.lookup.add(transaction, tag, ident)?;
            (ident, group.0 << 2 | 3, false)
        }
        Some(found) => (found.n, group.0 << 2, found.mixed || found.group != group),
    };
    if let Some(found) = &found {
        if mixed {
            // The flags are made anew below, with this row among the others.
        } else {
            let (is_first, is_last) = (version_bytes < &found.first.1[..], version_bytes > &found.last.1[..]);
            walk |= i64::from(is_last) << 1 | i64::from(is_first);
            succeed(transaction, memory, place.collection, found, key, version_bytes, (is_first, is_last))?;
        }
    }
    transaction
        .prepare_cached("INSERT INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")?
        .execute(params![
        key,
        added,
        walk,
        mixed,
        ident,
        kind,
        place.audience,
        object.spec,
        version_bytes,
        version,
        object.digest,
        place.account,
        &object.bytes[..]
    ])?;
    if place.audience != 0 {
        address(transaction, place.audience, key)?;
    }
    memory.appended(place.collection, walk, place.audience != 0);
    if mixed {
        mixed = settle(transaction, memory, place.collection, ident)?;
        debug_assert!(mixed, "two groups do not become one by adding");
    }
    Ok(Posting::Added { key, added, version })
}

/// Decides by what is there already; none means that the object is a further version.
fn compare(
    transaction: &Transaction<'_>,
    place: Place,
    object: &NewObject,
    found: &Known,
    origin_of: impl Fn(&[u8]) -> Option<Origin>,
) -> rusqlite::Result<Option<Posting>> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let Some((version, version_key)) = &object.version else {
        // Without a version of its own only the newest can be the same object.
        let newest = transaction
            .prepare_cached(
                "SELECT version, digest, audience, bytes FROM object WHERE ident = ?1 AND walk >= 0
                 AND (audience = ?2 OR audience = 0) ORDER BY version_key DESC LIMIT 1",
            )?
            .query_row([found.n, place.audience], row)
            .optional()?;
        let Some((version, digest, _, bytes)): Option<(String, [u8; 32], i64, Vec<u8>)> = newest else {
            return Ok(too_many(found, String::new()));
        };
        if digest == object.digest || same_value(&bytes, &object.bytes) {
            return Ok(Some(Posting::Present { version }));
        }
        return Ok(too_many(found, version));
    };
    let mut rows = transaction.prepare_cached(
        "SELECT version, digest, audience, bytes FROM object WHERE ident = ?1 AND version_key = ?2 AND spec = ?3
         AND walk >= 0",
    )?;
    let rows = rows.query_map(params![found.n, version_key.as_bytes(), object.spec], row)?;
    for there in rows {
        let (_, digest, audience, bytes): (String, [u8; 32], i64, Vec<u8>) = there?;
        let version = version.clone();
        if digest != object.digest && !same_value(&bytes, &object.bytes) {
            let reason =
                "this version of the object is here with other content; give a changed object a later modified";
            return Ok(Some(Posting::Refused { version, reason: reason.to_owned() }));
        }
        if audience == place.audience || audience == 0 {
            return Ok(Some(Posting::Present { version }));
        }
    }
    if let Some(origin) = &object.origin
        && let Some(reason) = against_last(transaction, version_key, origin, found, origin_of)?
    {
        return Ok(Some(Posting::Refused { version: version.clone(), reason }));
    }
    Ok(too_many(found, version.clone()))
}

fn too_many(found: &Known, version: String) -> Option<Posting> {
    let reason = || format!("there are {VERSIONS_MAX} versions of this object already, and no more are taken");
    (found.live >= VERSIONS_MAX).then(|| Posting::Refused { version, reason: reason() })
}

/// STIX 2.1 §3.6: a revoked object has no later version; all versions have one creator and one time of creation.
fn against_last(
    transaction: &Transaction<'_>,
    version: &VersionKey,
    origin: &Origin,
    found: &Known,
    origin_of: impl Fn(&[u8]) -> Option<Origin>,
) -> rusqlite::Result<Option<String>> {
    let last: Vec<u8> = transaction
        .prepare_cached("SELECT bytes FROM object WHERE key = ?1")?
        .query_row([found.last.0], |row| row.get(0))?;
    let Some(last) = origin_of(&last) else { return Ok(None) };
    let reason = if last.revoked && version.as_bytes() > &found.last.1[..] {
        "the object is revoked, and a revoked object has no later version (STIX 2.1 §3.6)"
    } else if last.created_by != origin.created_by {
        "created_by_ref differs from the version that is here; only the creator issues versions (STIX 2.1 §3.6)"
    } else if last.created != origin.created {
        "created differs from the version that is here; it never changes (STIX 2.1 §3.6)"
    } else {
        return Ok(None);
    };
    Ok(Some(reason.to_owned()))
}

/// Equal as JSON, whatever the white space and the order of members.
fn same_value(one: &[u8], other: &[u8]) -> bool {
    let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok();
    read(one).is_some_and(|value| read(other) == Some(value))
}

/// The new row takes over from the one that was first or last in its group.
fn succeed(
    transaction: &Transaction<'_>,
    memory: &mut Memory,
    collection: i64,
    found: &Known,
    key: i64,
    version: &[u8],
    (is_first, is_last): (bool, bool),
) -> rusqlite::Result<()> {
    let mut clear = transaction.prepare_cached("UPDATE object SET walk = walk & ~?2 WHERE key = ?1 RETURNING walk")?;
    let mut take = |old: i64, bit: i64| -> rusqlite::Result<()> {
        let walk = clear.query_row([old, bit], |row| row.get(0))?;
        memory.changed(collection, walk);
        Ok(())
    };
    if is_first {
        take(found.first.0, 1)?;
    }
    if is_last {
        take(found.last.0, 2)?;
    }
    let keep = |new: bool, old: &(i64, Vec<u8>)| if new { (key, version.to_vec()) } else { old.clone() };
    let (first, last) = (keep(is_first, &found.first), keep(is_last, &found.last));
    transaction
        .prepare_cached(
            "UPDATE ident SET live = live + 1, first_key = ?2, first_version = ?3, last_key = ?4, last_version = ?5
             WHERE n = ?1",
        )?
        .execute(params![found.n, first.0, first.1, last.0, last.1])?;
    Ok(())
}

/// Makes the flags of all versions of an id anew. Gives whether it has more than one group.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    memory: &mut Memory,
    collection: i64,
    ident: i64,
) -> rusqlite::Result<bool> {
    let rows = super::select::versions_of(transaction, ident)?;
    let Some(first) = rows.first() else {
        let tag = transaction
            .prepare_cached("DELETE FROM ident WHERE n = ?1 RETURNING tag")?
            .query_row([ident], |row| row.get(0))?;
        memory.lookup.remove(transaction, tag, ident)?;
        return Ok(false);
    };
    let mixed = rows.iter().any(|row| row.group() != first.group());
    let mut put = transaction.prepare_cached("UPDATE object SET walk = ?2, mixed = ?3 WHERE key = ?1")?;
    for (row, ends) in rows.iter().zip(group_ends(&rows)) {
        let walk = i64::from(row.tlp) << 2 | i64::from(ends.last) << 1 | i64::from(ends.first);
        if walk != row.walk || mixed != row.mixed {
            put.execute(params![row.key, walk, mixed])?;
            memory.changed(collection, walk);
        }
    }
    let ends = (rows.iter().min_by_key(|row| row.order()), rows.iter().max_by_key(|row| row.order()));
    let (oldest, newest) = (ends.0.unwrap_or(first), ends.1.unwrap_or(first));
    transaction
        .prepare_cached(
            "UPDATE ident SET live = ?2, mixed = ?3, tlp = ?4, audience = ?5, spec = ?6, first_key = ?7,
             first_version = ?8, last_key = ?9, last_version = ?10 WHERE n = ?1",
        )?
        .execute(params![
            ident,
            i64::try_from(rows.len()).unwrap_or(i64::MAX),
            mixed,
            first.tlp,
            first.audience,
            first.spec,
            oldest.key,
            oldest.version_key,
            newest.key,
            newest.version_key
        ])?;
    Ok(mixed)
}

/// The number of a set of accounts; 0 for everybody.
pub(crate) fn audience(transaction: &Transaction<'_>, members: &[i64]) -> rusqlite::Result<i64> {
    if members.is_empty() {
        return Ok(0);
    }
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let bytes: Vec<u8> = sorted.iter().flat_map(|account| account.to_be_bytes()).collect();
    transaction.prepare_cached("INSERT OR IGNORE INTO audience (members) VALUES (?1)")?.execute([&bytes])?;
    transaction.prepare_cached("SELECT n FROM audience WHERE members = ?1")?.query_row([&bytes], |row| row.get(0))
}

pub(super) fn members(transaction: &Transaction<'_>, audience: i64) -> rusqlite::Result<Vec<i64>> {
    let bytes: Vec<u8> = transaction
        .prepare_cached("SELECT members FROM audience WHERE n = ?1")?
        .query_row([audience], |row| row.get(0))?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|chunk| i64::from_be_bytes(*chunk)).collect())
}

fn address(transaction: &Transaction<'_>, audience: i64, key: i64) -> rusqlite::Result<()> {
    let mut put = transaction.prepare_cached("INSERT INTO addressed VALUES (?1, ?2)")?;
    for account in members(transaction, audience)? {
        put.execute([account, key])?;
    }
    Ok(())
}
