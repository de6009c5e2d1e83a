//! OpenTAXII's tables `opentaxii_collection` and `opentaxii_stixobject` in SQLite.
//!
//! It keeps an object as `id`, `type`, `spec_version` and the text of all other members; the object is that text with the
//! three put in front, as OpenTAXII itself serves it.

use super::{ImportError, Staging};
use monition_intel::stix::Timestamp;
use monition_intel::taxii::push_json_string;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use std::collections::HashMap;
use std::path::Path;

pub(super) fn stage(staging: &Staging, database: &Path) -> Result<(), ImportError> {
    let source = |e: rusqlite::Error| ImportError::Source { path: database.to_owned(), detail: e.to_string() };
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = connection.map_err(source)?;
    let mut collections = HashMap::new();
    let mut find = connection.prepare("SELECT id FROM opentaxii_collection ORDER BY id").map_err(source)?;
    let mut rows = find.query([]).map_err(source)?;
    while let Some(row) = rows.next().map_err(source)? {
        let id: String = row.get(0).map_err(source)?;
        let n = staging.collection()?;
        staging.name(n, &dashed(&id))?;
        collections.insert(id, n);
    }
    let mut find = connection
        .prepare("SELECT collection_id, id, type, spec_version, date_added, serialized_data FROM opentaxii_stixobject")
        .map_err(source)?;
    let mut rows = find.query([]).map_err(source)?;
    while let Some(row) = rows.next().map_err(source)? {
        let read = |row: &Row<'_>| -> rusqlite::Result<(String, String, Option<i64>, Vec<u8>)> {
            let id: String = row.get(1)?;
            let added = row.get_ref(4)?;
            let added = if let ValueRef::Text(text) = added { date(text) } else { None };
            let bytes = object(&id, row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?, row.get_ref(5)?.as_str()?);
            Ok((row.get(0)?, id, added, bytes))
        };
        let (collection, id, added, bytes) = read(row).map_err(source)?;
        // A row of a collection that was removed belongs to nobody.
        let Some(n) = collections.get(&collection) else { continue };
        staging.object(*n, Some(&id), None, added, &bytes)?;
    }
    Ok(())
}

fn object(id: &str, kind: &str, spec_version: &str, others: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(others.len() + 128);
    for (name, value) in [("{\"type\":", kind), (",\"spec_version\":", spec_version), (",\"id\":", id)] {
        bytes.extend_from_slice(name.as_bytes());
        push_json_string(&mut bytes, value);
    }
    let others = others.trim().strip_prefix('{').unwrap_or(others).trim_start();
    if !others.starts_with('}') {
        bytes.push(b',');
    }
    bytes.extend_from_slice(others.as_bytes());
    bytes
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`, in UTC.
fn date(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.replacen(' ', "T", 1);
    Some(Timestamp::parse(&format!("{}Z", text.trim_end_matches("+00:00"))).ok()?.as_micros())
}

/// SQLAlchemy writes UUIDs to SQLite as 32 hexadecimal digits.
fn dashed(id: &str) -> String {
    if id.len() != 32 || !id.is_ascii() {
        return id.to_owned();
    }
    format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}
