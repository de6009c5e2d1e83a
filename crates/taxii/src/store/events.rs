//! The outbox: what the owner of the server should know, written in the transaction in which it happened.

use monition_intel::taxii::Identifier;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// An account added objects.
    Posted,
    /// An account was given objects of a `warnings` collection for the first time.
    Served,
}

/// One object of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventObject {
    /// Where it is; see [`crate::Outbox::bytes`].
    pub key: i64,
    /// SHA-256 of its bytes as they were received.
    pub sha256: [u8; 32],
    /// `id` of the object.
    pub id: String,
    /// Its version (§3.4.1).
    pub version: String,
    /// When it was added, in microseconds since 1970.
    pub date_added: i64,
}

/// Something that happened. Events come in the order in which they were committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Rises with each event; names it in [`crate::Outbox::done`].
    pub number: i64,
    /// What happened.
    pub kind: EventKind,
    /// The status of the request, for [`EventKind::Posted`].
    pub status: Option<Identifier>,
    /// Name of the account that did it.
    pub account: String,
    /// The collection.
    pub collection: Identifier,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The objects, in the order of their `date_added`; the first and the last give the range.
    pub objects: Vec<EventObject>,
}

/// What became of an object in the hands of the owner of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Success {
        /// What to tell the account.
        message: Option<String>,
    },
    /// It cannot be done: the object leaves the collection.
    Failure {
        /// Why, for the account.
        reason: String,
    },
}

/// Records an event about objects of one collection.
pub(super) fn put(
    transaction: &Transaction<'_>,
    kind: EventKind,
    status: Option<&Identifier>,
    account: i64,
    collection: i64,
    at: i64,
    objects: &[(i64, [u8; 32])],
) -> rusqlite::Result<()> {
    let mut bytes = Vec::with_capacity(objects.len() * 40);
    for (key, digest) in objects {
        bytes.extend_from_slice(&key.to_be_bytes());
        bytes.extend_from_slice(digest);
    }
    let kind = match kind {
        EventKind::Posted => 1,
        EventKind::Served => 2,
    };
    transaction
        .prepare_cached(
            "INSERT INTO outbox (kind, status, account, collection, at, objects) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![kind, status.map(Identifier::as_bytes), account, collection, at, bytes])?;
    Ok(())
}

/// Records a POST.
pub(crate) fn posted(
    transaction: &Transaction<'_>,
    status: &Identifier,
    account: i64,
    collection: i64,
    at: i64,
    objects: &[(i64, [u8; 32])],
) -> rusqlite::Result<()> {
    put(transaction, EventKind::Posted, Some(status), account, collection, at, objects)
}

/// Records those objects that the account is given for the first time.
pub(crate) fn served(
    transaction: &Transaction<'_>,
    account: i64,
    collection: i64,
    at: i64,
    objects: &[(i64, [u8; 32])],
) -> rusqlite::Result<()> {
    let mut put_served = transaction.prepare_cached("INSERT OR IGNORE INTO served VALUES (?1, ?2)")?;
    let mut fresh = Vec::new();
    for object in objects {
        if put_served.execute([account, object.0])? == 1 {
            fresh.push(*object);
        }
    }
    if fresh.is_empty() { Ok(()) } else { put(transaction, EventKind::Served, None, account, collection, at, &fresh) }
}

/// Those of the objects that the account was not given yet.
pub(crate) fn unserved(
    connection: &Connection,
    account: i64,
    objects: &[(i64, [u8; 32])],
) -> rusqlite::Result<Vec<(i64, [u8; 32])>> {
    let mut find = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM served WHERE account = ?1 AND key = ?2)")?;
    let mut fresh = Vec::new();
    for object in objects {
        if !find.query_row([account, object.0], |row| row.get::<_, bool>(0))? {
            fresh.push(*object);
        }
    }
    Ok(fresh)
}

/// The oldest events after `number`.
pub(crate) fn event_of(connection: &Connection, number: i64, limit: u32) -> rusqlite::Result<Vec<Event>> {
    let mut find_object = connection.prepare_cached(
        "SELECT coalesce(ident.id, tombstone.id, ''), object.version, added FROM object
         LEFT JOIN ident ON ident.n = object.ident LEFT JOIN tombstone ON tombstone.key = object.key
         WHERE object.key = ?1",
    )?;
    let mut find = connection.prepare_cached(
        "SELECT outbox.n, kind, status, coalesce(account.name, ''), collection.id, at, objects FROM outbox
         LEFT JOIN account ON account.n = outbox.account JOIN collection ON collection.n = outbox.collection
         WHERE outbox.n > ?1 ORDER BY outbox.n LIMIT ?2",
    )?;
    let mut rows = find.query(params![number, limit])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(6)?.as_blob()?;
        let mut objects = Vec::with_capacity(bytes.len() / 40);
        for chunk in bytes.as_chunks::<40>().0 {
            let Some((key, digest)) = chunk.split_first_chunk::<8>() else { continue };
            let key = i64::from_be_bytes(*key);
            let sha256 = digest.try_into().unwrap_or_default();
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let (id, version, date_added) = find_object.query_row([key], read)?;
            objects.push(EventObject { key, sha256, id, version, date_added });
        }
        events.push(Event {
            number: row.get(0)?,
            kind: if row.get::<_, i64>(1)? == 1 { EventKind::Posted } else { EventKind::Served },
            status: row.get::<_, Option<[u8; 16]>>(2)?.map(Identifier::from_bytes),
            account: row.get(3)?,
            collection: Identifier::from_bytes(row.get(4)?),
            at: row.get(5)?,
            objects,
        });
    }
    Ok(events)
}

/// Takes an event out. Gives its status, if there was such an event.
pub(crate) fn take_event(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<Option<Option<Identifier>>> {
    let status: Option<Option<[u8; 16]>> = transaction
        .prepare_cached("DELETE FROM outbox WHERE n = ?1 RETURNING status")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    Ok(status.map(|status| status.map(Identifier::from_bytes)))
}
