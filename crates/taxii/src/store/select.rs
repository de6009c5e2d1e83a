//! Which objects answer a query: streams of keys out of the indexes, merged in the order of keys.

use super::ORDINAL_BITS;
use super::lookup::tag;
use crate::tlp::Tlp;
use monition_intel::taxii::{Query, VersionKey, Versions};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::HashMap;

/// Through whose eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Viewer {
    pub(crate) account: i64,
    pub(crate) ceiling: Tlp,
}

/// What decides about one stored version.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) key: i64,
    pub(crate) walk: i64,
    pub(crate) mixed: bool,
    pub(crate) audience: i64,
    pub(crate) spec: u32,
    pub(crate) tlp: u8,
    pub(crate) version_key: Vec<u8>,
}

impl Version {
    pub(super) fn group(&self) -> (u8, i64, u32) {
        (self.tlp, self.audience, self.spec)
    }

    /// Versions order by their instant, then by spec version, then by arrival.
    pub(super) fn order(&self) -> (&[u8], u32, i64) {
        (&self.version_key, self.spec, self.key)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) first: bool,
    pub(super) last: bool,
}

/// For each row whether it is the oldest and the newest of its group.
pub(super) fn group_ends(rows: &[Version]) -> Vec<Ends> {
    let mut ends: HashMap<_, (usize, usize)> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        let (first, last) = ends.entry(row.group()).or_insert((at, at));
        if row.order() < rows[*first].order() {
            *first = at;
        }
        if row.order() > rows[*last].order() {
            *last = at;
        }
    }
    let of = |(at, row): (usize, &Version)| {
        let (first, last) = ends.get(&row.group()).copied().unwrap_or((at, at));
        Ends { first: first == at, last: last == at }
    };
    rows.iter().enumerate().map(of).collect()
}

fn version_row(row: &Row<'_>) -> rusqlite::Result<Version> {
    let walk: i64 = row.get(1)?;
    Ok(Version {
        key: row.get(0)?,
        walk,
        mixed: row.get(2)?,
        audience: row.get(3)?,
        spec: row.get(4)?,
        tlp: u8::try_from(walk >> 2).unwrap_or(4),
        version_key: row.get(5)?,
    })
}

/// Every version of an id that is not removed.
pub(super) fn versions_of(connection: &Connection, ident: i64) -> rusqlite::Result<Vec<Version>> {
    connection
        .prepare_cached(
            "SELECT key, walk, mixed, audience, spec, version_key FROM object WHERE ident = ?1 AND walk >= 0
             ORDER BY version_key",
        )?
        .query_map([ident], version_row)?
        .collect()
}

/// Whether something addressed to an audience is addressed to this account too.
pub(super) fn is_addressed(connection: &Connection, viewer: Viewer, key: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM addressed WHERE account = ?1 AND key = ?2)")?
        .query_row([viewer.account, key], |row| row.get(0))
}

/// Decides about rows; remembers what it found out about ids with several groups.
pub(super) struct Filter<'a> {
    pub(super) connection: &'a Connection,
    pub(super) viewer: Viewer,
    pub(super) query: &'a Query,
    resolved: HashMap<i64, Vec<i64>>,
}

impl<'a> Filter<'a> {
    pub(super) fn new(connection: &'a Connection, viewer: Viewer, query: &'a Query) -> Self {
        Self { connection, viewer, query, resolved: HashMap::new() }
    }

    /// Whether this row is one of the answers. The type is not looked at: the streams see to it.
    pub(super) fn admits(&mut self, ident: i64, row: &Version) -> rusqlite::Result<bool> {
        if row.walk < 0 || row.tlp > self.viewer.ceiling.number() {
            return Ok(false);
        }
        if row.mixed {
            if !self.resolved.contains_key(&ident) {
                let keys = self.of_ident(ident)?;
                self.resolved.insert(ident, keys);
            }
            return Ok(self.resolved.get(&ident).is_some_and(|keys| keys.contains(&row.key)));
        }
        if row.audience != 0 && !is_addressed(self.connection, self.viewer, row.key)? {
            return Ok(false);
        }
        Ok(self.lists_spec(row.spec)
            && chosen(&self.query.versions, row.walk & 2 != 0, row.walk & 1 != 0, &row.version_key))
    }

    fn lists_spec(&self, spec: u32) -> bool {
        self.query.spec_versions.as_ref().is_none_or(|listed| listed.iter().any(|version| version.code() == spec))
    }

    /// The keys of one id that are answers: visibility first, then the spec version, then the version (§3.4.1; the order
    /// in which filters apply is not written there, but follows from "latest spec_version for each object").
    pub(super) fn of_ident(&self, ident: i64) -> rusqlite::Result<Vec<i64>> {
        let mut rows = Vec::new();
        for row in versions_of(self.connection, ident)? {
            let seen = row.tlp <= self.viewer.ceiling.number()
                && (row.audience == 0 || is_addressed(self.connection, self.viewer, row.key)?);
            if seen && self.lists_spec(row.spec) {
                rows.push(row);
            }
        }
        if self.query.spec_versions.is_none() {
            let newest = rows.iter().map(|row| row.spec).max();
            rows.retain(|row| Some(row.spec) == newest);
        }
        rows.sort_unstable_by(|a, b| (&a.version_key, a.spec, a.key).cmp(&(&b.version_key, b.spec, b.key)));
        // One version that was addressed twice is one version.
        rows.dedup_by(|later, earlier| later.version_key == earlier.version_key && later.spec == earlier.spec);
        let end = rows.len().saturating_sub(1);
        let answers = rows
            .iter()
            .enumerate()
            .filter(|(at, row)| chosen(&self.query.versions, *at == end, *at == 0, &row.version_key));
        Ok(answers.map(|(_, row)| row.key).collect())
    }
}

fn chosen(versions: &Versions, is_last: bool, is_first: bool, key: &[u8]) -> bool {
    versions.all
        || (versions.last && is_last)
        || (versions.first && is_first)
        || versions.at.iter().any(|at| at.as_bytes() == key)
}

/// Where keys come from.
enum Stream {
    Walk(i64),
    Kind(i64, i64),
    At(VersionKey),
    Addressed,
}

impl Stream {
    fn keys(
        &self,
        connection: &Connection,
        viewer: Viewer,
        low: i64,
        high: i64,
        n: usize,
    ) -> rusqlite::Result<Vec<i64>> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let key = |row: &Row<'_>| row.get(0);
        match self {
            Self::Walk(walk) => connection
                .prepare_cached(
                    "SELECT key FROM object INDEXED BY object_walk WHERE walk = ?1 AND walk >= 0 AND audience = 0
                     AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
                )?
                .query_map([*walk, low, high, n], key)?
                .collect(),
            Self::Kind(kind, walk) => connection
                .prepare_cached(
                    "SELECT key FROM object INDEXED BY object_kind WHERE kind = ?1 AND walk = ?2 AND walk >= 0
                     AND audience = 0 AND key > ?3 AND key < ?4 ORDER BY key LIMIT ?5",
                )?
                .query_map([*kind, *walk, low, high, n], key)?
                .collect(),
            Self::At(version) => connection
                .prepare_cached(
                    "SELECT key FROM object INDEXED BY object_version WHERE version_key = ?1 AND walk >= 0
                     AND audience = 0 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
                )?
                .query_map(params![version.as_bytes(), low, high, n], key)?
                .collect(),
            Self::Addressed => connection
                .prepare_cached(
                    "SELECT key FROM addressed WHERE account = ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
                )?
                .query_map([viewer.account, low, high, n], key)?
                .collect(),
        }
    }
}

/// Fewest keys that are taken from a stream at once.
const KEYS_PER_STREAM_MIN: usize = 32;

/// The keys that may be answers, batch after batch, in rising order.
pub(super) enum Candidates {
    /// Exactly these, all of them answers but for their type.
    Named(std::vec::IntoIter<i64>),
    /// Out of the indexes.
    Streams(Merged),
}

pub(super) struct Merged {
    streams: Vec<Stream>,
    low: i64,
    high: i64,
    exhausted: bool,
}

impl Candidates {
    /// Plans a query over a collection, from after the key `low` on.
    pub(super) fn plan(
        filter: &Filter<'_>,
        collection: i64,
        object: Option<&str>,
        low: i64,
        walks: u32,
        addressed: bool,
    ) -> rusqlite::Result<Self> {
        let (connection, query) = (filter.connection, filter.query);
        let low = low.max(collection << ORDINAL_BITS);
        let kinds = kinds_of(connection, query)?;
        if let Some(id) = object {
            return named(filter, collection, std::iter::once(id), low, kinds.as_deref());
        }
        if let Some(ids) = &query.ids {
            return named(filter, collection, ids.iter().map(String::as_str), low, kinds.as_deref());
        }
        let mut streams = Vec::new();
        let wanted = &query.versions;
        let top = (i64::from(filter.viewer.ceiling.number()) + 1) << 2;
        for walk in 0..top {
            let fits = wanted.all || (wanted.last && walk & 2 != 0) || (wanted.first && walk & 1 != 0);
            if fits && walks & (1 << walk) != 0 {
                match &kinds {
                    Some(kinds) => streams.extend(kinds.iter().map(|kind| Stream::Kind(*kind, walk))),
                    None => streams.push(Stream::Walk(walk)),
                }
            }
        }
        streams.extend(wanted.at.iter().cloned().map(Stream::At));
        if addressed {
            streams.push(Stream::Addressed);
        }
        let high = (collection + 1) << ORDINAL_BITS;
        Ok(Self::Streams(Merged { streams, low, high, exhausted: false }))
    }

    /// At least one key more, if there is one; at most `n` in one go out of the indexes.
    pub(super) fn next_batch(&mut self, filter: &Filter<'_>, n: usize) -> rusqlite::Result<Vec<i64>> {
        match self {
            Self::Named(keys) => Ok(keys.by_ref().take(n.max(1)).collect()),
            Self::Streams(merged) => merged.next_batch(filter, n.max(1)),
        }
    }
}

impl Merged {
    fn next_batch(&mut self, filter: &Filter<'_>, n: usize) -> rusqlite::Result<Vec<i64>> {
        if self.exhausted {
            return Ok(Vec::new());
        }
        // With many streams a few keys of each are enough; what comes out together is still in order.
        let share = (n / self.streams.len().max(1)).clamp(n.min(KEYS_PER_STREAM_MIN), n);
        let mut keys = Vec::new();
        // A stream that gave its whole share may have more after its last key: beyond that nothing is certain.
        let mut certain = i64::MAX;
        for stream in &self.streams {
            let found = stream.keys(filter.connection, filter.viewer, self.low, self.high, share)?;
            if let (true, Some(last)) = (found.len() == share, found.last()) {
                certain = certain.min(*last);
            }
            keys.extend(found);
        }
        if self.streams.len() > 1 {
            keys.sort_unstable();
            keys.dedup();
        }
        keys.truncate(keys.partition_point(|key| *key <= certain));
        self.exhausted = certain == i64::MAX && keys.len() <= n;
        keys.truncate(n);
        self.low = keys.last().copied().unwrap_or(self.low);
        Ok(keys)
    }
}

/// The numbers of the types asked for; types that nobody ever posted have none.
pub(super) fn kinds_of(connection: &Connection, query: &Query) -> rusqlite::Result<Option<Vec<i64>>> {
    let Some(types) = &query.types else { return Ok(None) };
    let mut find = connection.prepare_cached("SELECT n FROM kind WHERE name = ?1")?;
    let found: Result<Vec<Option<i64>>, _> =
        types.iter().map(|name| find.query_row([name], |row| row.get(0)).optional()).collect();
    Ok(Some(found?.into_iter().flatten().collect()))
}

fn named<'i>(
    filter: &Filter<'_>,
    collection: i64,
    ids: impl Iterator<Item = &'i str>,
    low: i64,
    kinds: Option<&[i64]>,
) -> rusqlite::Result<Candidates> {
    let connection = filter.connection;
    let mut find = connection.prepare_cached(
        "SELECT n, kind, mixed, tlp, audience, spec, first_key, last_key FROM ident
         WHERE n IN (SELECT ident FROM fresh WHERE tag = ?1 UNION ALL SELECT ident FROM tagged WHERE tag = ?1)
         AND collection = ?2 AND id = ?3",
    )?;
    type Found = (i64, i64, bool, u8, i64, u32, i64, i64);
    let mut keys = Vec::new();
    for id in ids {
        let read = |row: &Row<'_>| -> rusqlite::Result<Found> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
        };
        let Some(found) = find.query_row(params![tag(id), collection, id], read).optional()? else { continue };
        let (ident, kind, mixed, tlp, audience, spec, first, last) = found;
        if kinds.is_some_and(|kinds| !kinds.contains(&kind)) {
            continue;
        }
        let wanted = &filter.query.versions;
        if mixed || wanted.all || !wanted.at.is_empty() || audience != 0 {
            keys.extend(filter.of_ident(ident)?);
        } else if tlp <= filter.viewer.ceiling.number() && filter.lists_spec(spec) {
            keys.extend(wanted.first.then_some(first));
            keys.extend(wanted.last.then_some(last));
        }
    }
    keys.retain(|key| *key > low);
    keys.sort_unstable();
    keys.dedup();
    Ok(Candidates::Named(keys.into_iter()))
}

/// The key of the last object that was added at or before `micros`; the collection's own number where there is none. By
/// bisection: every ordinal has its row, and dates rise with ordinals.
pub(crate) fn key_after(connection: &Connection, collection: i64, micros: i64) -> rusqlite::Result<i64> {
    let base = collection << ORDINAL_BITS;
    let mut find = connection.prepare_cached("SELECT added FROM object WHERE key = ?1")?;
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(key) FROM object WHERE key > ?1 AND key < ?2")?
        .query_row([base, (collection + 1) << ORDINAL_BITS], |row| row.get(0))?;
    // Invariant: everything up to `low` was added at or before `micros`, everything from `high` on after it.
    let (mut low, mut high) = (base, last.unwrap_or(base) + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let added: i64 = find.query_row([middle], |row| row.get(0))?;
        if added <= micros { low = middle } else { high = middle }
    }
    Ok(low)
}
