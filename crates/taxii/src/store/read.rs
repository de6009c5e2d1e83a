//! Pages: stored bytes are put one after the other; nothing is parsed or written anew.

use super::select::{Candidates, Filter, Version, Viewer};
use monition_intel::stix::Timestamp;
use monition_intel::taxii::resource::push_manifest_record;
use monition_intel::taxii::{Query, SpecVersion, push_json_string};
use rusqlite::{Connection, Row};

/// A page ends before it grows beyond this, whatever the limit says; an object larger than it stands alone. In bytes.
pub(crate) const PAGE_BYTES_MAX: usize = 16 << 20;

/// What a page is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// The objects themselves.
    Objects,
    /// Manifest records.
    Manifest,
    /// Version strings.
    Versions,
}

impl Shape {
    /// The name of the list.
    pub(crate) const fn list(self) -> &'static str {
        match self {
            Self::Objects | Self::Manifest => "objects",
            Self::Versions => "versions",
        }
    }
}

/// One page that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct PageAsk {
    pub(crate) shape: Shape,
    pub(crate) collection: i64,
    pub(crate) viewer: Viewer,
    pub(crate) query: Query,
    /// The id in the path, if there is one.
    pub(crate) object: Option<String>,
    /// Only what stands after this key.
    pub(crate) low: i64,
    pub(crate) limit: usize,
    /// Values of `walk` that occur in the collection.
    pub(crate) walks: u32,
    /// Whether anything is addressed to some accounts only.
    pub(crate) addressed: bool,
}

/// A finished page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// The items with commas between them.
    pub(crate) items: Vec<u8>,
    pub(crate) count: usize,
    /// `date_added` of the first and the last item.
    pub(crate) first_added: i64,
    pub(crate) last_added: i64,
    pub(crate) last_key: i64,
    pub(crate) more: bool,
    /// Key and SHA-256 of each item; only where the caller records what it serves.
    pub(crate) served: Vec<(i64, [u8; 32])>,
}

/// Columns that decide, then the columns that a shape shows.
const DECIDING: &str = "object.key, object.added, object.walk, object.mixed, object.ident, object.kind, \
                        object.audience, object.spec, object.version_key, object.digest";

/// Makes a page.
pub(crate) fn page(connection: &Connection, ask: &PageAsk, record: bool) -> rusqlite::Result<Page> {
    let mut filter = Filter::new(connection, ask.viewer, &ask.query);
    let object = ask.object.as_deref();
    let mut candidates = Candidates::plan(&filter, ask.collection, object, ask.low, ask.walks, ask.addressed)?;
    let kinds = super::select::kinds_of(connection, &ask.query)?;
    let sql = match ask.shape {
        Shape::Objects => format!("SELECT {DECIDING}, object.bytes FROM object WHERE object.key = ?1"),
        Shape::Versions => format!("SELECT {DECIDING}, object.version FROM object WHERE object.key = ?1"),
        Shape::Manifest => format!(
            "SELECT {DECIDING}, object.version, ident.id FROM object JOIN ident ON ident.n = object.ident WHERE object.key = ?1"
        ),
    };
    let mut find = connection.prepare_cached(&sql)?;
    let mut page = Page::default();
    loop {
        let keys = candidates.next_batch(&filter, ask.limit - page.count + 1)?;
        if keys.is_empty() {
            return Ok(page);
        }
        for key in keys {
            let mut rows = find.query([key])?;
            let Some(row) = rows.next()? else { continue };
            let version = deciding(row)?;
            let kind: i64 = row.get(5)?;
            let typed = kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
            // What was found by its id has been decided with all its versions in view.
            let decided = matches!(candidates, Candidates::Named(_)) || filter.admits(row.get(4)?, &version)?;
            if !typed || !decided {
                continue;
            }
            if page.count == ask.limit || (page.count > 0 && page.items.len() >= PAGE_BYTES_MAX) {
                page.more = true;
                return Ok(page);
            }
            push(&mut page, ask.shape, row)?;
            let added: i64 = row.get(1)?;
            if page.count == 0 {
                page.first_added = added;
            }
            (page.last_added, page.last_key) = (added, key);
            page.count += 1;
            if record {
                page.served.push((key, row.get(9)?));
            }
        }
    }
}

fn deciding(row: &Row<'_>) -> rusqlite::Result<Version> {
    let walk: i64 = row.get(2)?;
    let mixed: bool = row.get(3)?;
    Ok(Version {
        key: row.get(0)?,
        walk,
        mixed,
        audience: row.get(6)?,
        spec: row.get(7)?,
        tlp: u8::try_from(walk >> 2).unwrap_or(4),
        version_key: row.get_ref(8)?.as_blob()?.to_vec(),
    })
}

fn push(page: &mut Page, shape: Shape, row: &Row<'_>) -> rusqlite::Result<()> {
    let out = &mut page.items;
    if page.count > 0 {
        out.push(b',');
    }
    match shape {
        Shape::Objects => out.extend_from_slice(row.get_ref(10)?.as_blob()?),
        Shape::Versions => push_json_string(out, row.get_ref(10)?.as_str()?),
        Shape::Manifest => {
            let added = Timestamp::from_micros(row.get(1)?).to_string();
            let media_type = format!("application/stix+json;version={}", SpecVersion::from_code(row.get(7)?));
            push_manifest_record(out, row.get_ref(11)?.as_str()?, &added, row.get_ref(10)?.as_str()?, &media_type);
        }
    }
    Ok(())
}
