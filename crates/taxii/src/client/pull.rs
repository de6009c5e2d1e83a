//! A collection into a file of JSON lines, each object once for each version, as the server sent it.
//!
//! After each page the file is synced, then the state file replaced; what stands behind the counted length is cut off when
//! the next pull opens the file. Which versions are there already is read from the file itself.
//!
//! A walk goes by `next`. Without it, or when it comes again or is no longer known, the walk begins anew at
//! `added_after` = the last `X-TAXII-Date-Added-Last` less one microsecond: servers that give several objects one date, or
//! cut dates to milliseconds, then repeat objects, which are known and left out, and lose none. Objects that share one date
//! and do not fit on a page cannot be passed without `next`; larger pages are asked for, and then the pull ends with an error.

use super::file::{Lines, beside, load, save};
use super::http::{Answer, shown};
use super::{ClientError, Http, resolve};
use monition_intel::json::{self, Limits, Node};
use monition_intel::stix::Timestamp;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::path::Path;

/// First member of the state file. It changes when an older program would read the file wrongly.
const FORMAT: &str = "monition-taxii-pull/1";
/// Pages with nothing new and no later date, one after the other, after which a walk by `next` is given up.
const IDLE_PAGES_MAX: u32 = 64;
/// How often a page twice as long is asked for, where a page without `next` brings nothing new.
const LARGER_PAGES_MAX: u32 = 5;
/// Refused objects that are named; all are counted.
const REFUSED_NAMED_MAX: usize = 100;

/// What is pulled.
#[derive(Clone, Debug, Default)]
pub struct PullRequest {
    /// Id or alias of the collection.
    pub collection: String,
    /// Only what was added after this time (§3.4), as a STIX timestamp. It counts for the first pull into a file.
    pub added_after: Option<String>,
    /// Only objects of these types; all if empty.
    pub types: Vec<String>,
    /// Every version, not only the newest.
    pub all_versions: bool,
    /// Most objects on a page. The server may give fewer. 0 leaves it to the server.
    pub limit: u32,
}

/// How far a pull is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PullProgress {
    /// Pages that were received by this call.
    pub pages: u64,
    /// Objects in the file.
    pub objects: u64,
    /// Bytes in the file.
    pub bytes: u64,
    /// Bytes that were received by this call.
    pub received_bytes: u64,
}

/// What a pull came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PullSummary {
    /// Id of the collection.
    pub collection: String,
    /// Objects in the file.
    pub objects: u64,
    /// Of these, written by this call.
    pub new_objects: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Pages that were received by this call.
    pub pages: u64,
    /// Objects that were received and left out, because the file has this version.
    pub known: u64,
    /// Objects of this call that are no I-JSON, or have no id, and are not in the file.
    pub refused: u64,
    /// What was wrong with the first hundred of them.
    pub refusals: Vec<String>,
    /// Date of the newest object (`X-TAXII-Date-Added-Last`); the next pull goes on here.
    pub added_last: Option<String>,
}

/// Where a walk stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Place {
    /// `added_after` of the query.
    after: Option<String>,
    /// `next` of its last page.
    next: Option<String>,
    /// Greatest `X-TAXII-Date-Added-Last` so far.
    last: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: String,
    /// The collection by root and id. Not the host: a server that moves keeps its collections.
    objects_path: String,
    types: Vec<String>,
    all_versions: bool,
    added_after: Option<String>,
    place: Place,
    /// Length of the file that is whole.
    bytes: u64,
    objects: u64,
}

/// Pulls a collection into the file `out`; with a state file beside it (`<out>.state`), what came since.
///
/// # Errors
/// [`ClientError`]. What was received before is kept, and the same call goes on from there.
pub async fn pull(
    http: &Http,
    request: &PullRequest,
    out: &Path,
    progress: &mut dyn FnMut(PullProgress),
) -> Result<PullSummary, ClientError> {
    let found = resolve(http, &request.collection).await?;
    if !found.can_read {
        return Err(ClientError::NoRight { url: found.collection.to_string(), right: "read" });
    }
    let objects = found.objects()?;
    let (state, lines, seen) = open(request, &objects, out)?;
    let mut walk = Walk {
        http,
        out,
        objects,
        limit: request.limit,
        summary: PullSummary {
            collection: found.id,
            objects: state.objects,
            new_objects: 0,
            bytes: state.bytes,
            pages: 0,
            known: 0,
            refused: 0,
            refusals: Vec::new(),
            added_last: None,
        },
        state,
        lines,
        seen,
        received_bytes: 0,
    };
    walk.run(progress).await?;
    walk.summary.added_last = walk.state.place.last;
    Ok(walk.summary)
}

fn open(request: &PullRequest, objects: &Url, out: &Path) -> Result<(State, Lines, HashSet<Key>), ClientError> {
    if let Some(after) = &request.added_after {
        Timestamp::parse(after).map_err(|error| ClientError::Options { detail: format!("{after:?}: {error}") })?;
    }
    if let Some(kind) = request.types.iter().find(|kind| kind.is_empty() || kind.contains(',')) {
        return Err(ClientError::Options { detail: format!("{kind:?} is not the name of a type") });
    }
    let at = beside(out, ".state");
    let state: Option<State> = load(&at)?;
    if let Some(state) = &state {
        let other = |detail: &str| Err(ClientError::State { path: at.clone(), detail: detail.to_owned() });
        if state.format != FORMAT {
            return other("it was written by another version of this program");
        }
        if state.objects_path != objects.path() {
            return other(&format!("it belongs to {}", state.objects_path));
        }
        if state.types != request.types || state.all_versions != request.all_versions {
            return other("it belongs to a pull with other types or versions");
        }
        if request.added_after.is_some() && state.added_after != request.added_after {
            return other("it belongs to a pull with another added-after");
        }
    }
    let mut lines = Lines::open(out, state.as_ref().map(|state| state.bytes))?;
    let mut seen = HashSet::new();
    lines.each(|line| {
        let node = json::read(line, &Limits::default()).map_err(|error| error.to_string())?;
        seen.insert(key(&node).ok_or("an object without id")?);
        Ok(())
    })?;
    let state = match state {
        Some(state) => state,
        None => {
            let state = State {
                format: FORMAT.to_owned(),
                objects_path: objects.path().to_owned(),
                types: request.types.clone(),
                all_versions: request.all_versions,
                added_after: request.added_after.clone(),
                place: Place { after: request.added_after.clone(), next: None, last: None },
                bytes: 0,
                objects: 0,
            };
            save(&at, &state)?;
            state
        }
    };
    Ok((state, lines, seen))
}

struct Walk<'a> {
    http: &'a Http,
    out: &'a Path,
    objects: Url,
    limit: u32,
    state: State,
    lines: Lines,
    seen: HashSet<Key>,
    summary: PullSummary,
    received_bytes: u64,
}

struct Page {
    more: bool,
    next: Option<String>,
    last: Option<String>,
    fresh: u64,
    size: u32,
}

impl Walk<'_> {
    async fn run(&mut self, progress: &mut dyn FnMut(PullProgress)) -> Result<(), ClientError> {
        let mut tokens: HashSet<String> = self.state.place.next.iter().cloned().collect();
        let (mut idle, mut larger) = (0, 0);
        loop {
            let url = self.url();
            let answer = match self.http.get(&url).await {
                // The token is too old, or from before a restart of the server: the date leads to the same place.
                Err(ClientError::Refused { status: 400 | 404 | 410 | 422, .. }) if self.state.place.next.is_some() => {
                    self.state.place.next = None;
                    self.state.place.after = self.by_date();
                    continue;
                }
                other => other?,
            };
            let page = self.take(&url, &answer)?;
            let place = &mut self.state.place;
            let later = micros(page.last.as_deref()) > micros(place.last.as_deref());
            if later {
                place.last.clone_from(&page.last);
            }
            let moved = page.fresh > 0 || later;
            idle = if moved { 0 } else { idle + 1 };
            if !page.more {
                place.next = None;
                self.state.place.after = self.by_date();
            } else if let Some(next) = page.next.filter(|next| idle < IDLE_PAGES_MAX && tokens.insert(next.clone())) {
                place.next = Some(next);
            } else if moved || place.next.is_some() {
                // No token, or one that came before: on by the date, from behind the newest that was received.
                place.next = None;
                if place.last.is_none() {
                    let detail = "it says more, with no usable next and no X-TAXII-Date-Added-Last";
                    return Err(self.stuck(detail));
                }
                self.state.place.after = self.by_date();
            } else if larger < LARGER_PAGES_MAX {
                larger += 1;
                self.limit = self.limit.max(page.size).max(1).saturating_mul(2);
            } else {
                return Err(self.stuck("it says more and gives the same objects again, also on larger pages"));
            }
            self.store()?;
            progress(PullProgress {
                pages: self.summary.pages,
                objects: self.summary.objects,
                bytes: self.summary.bytes,
                received_bytes: self.received_bytes,
            });
            if !page.more {
                return Ok(());
            }
        }
    }

    fn stuck(&self, detail: &str) -> ClientError {
        ClientError::Loop { url: self.objects.to_string(), detail: detail.to_owned() }
    }

    fn url(&self) -> Url {
        let mut url = self.objects.clone();
        let place = &self.state.place;
        let mut query = Vec::new();
        if !self.state.types.is_empty() {
            query.push(("match[type]", self.state.types.join(",")));
        }
        if self.state.all_versions {
            query.push(("match[version]", "all".to_owned()));
        }
        query.extend(place.after.clone().map(|after| ("added_after", after)));
        if self.limit > 0 {
            query.push(("limit", self.limit.to_string()));
        }
        query.extend(place.next.clone().map(|next| ("next", next)));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Just before the newest date that was received, so that others with the same date come again.
    fn by_date(&self) -> Option<String> {
        let place = &self.state.place;
        let before = micros(place.last.as_deref()).map(|micros| Timestamp::from_micros(micros - 1).to_string());
        before.or_else(|| place.after.clone())
    }

    /// Reads a page and appends what is new.
    fn take(&mut self, url: &Url, answer: &Answer) -> Result<Page, ClientError> {
        let wrong = |detail: String| ClientError::Answer { url: url.to_string(), detail };
        let limits = Limits::default();
        let mut extents = json::object_extents(&answer.body, &limits).map_err(|error| wrong(error.to_string()))?;
        let (mut out, mut size, mut fresh) = (Vec::new(), 0_u32, Vec::new());
        while let Some(bytes) = extents.next_extent().map_err(|error| wrong(error.to_string()))? {
            size = size.saturating_add(1);
            let refusal = match json::read(bytes, &limits) {
                Ok(node) => match key(&node) {
                    Some(key) if self.seen.contains(&key) || fresh.contains(&key) => {
                        self.summary.known += 1;
                        continue;
                    }
                    Some(key) => {
                        self.seen.insert(key);
                        fresh.push(key);
                        push_line(&mut out, bytes);
                        continue;
                    }
                    None => "not an object with an id".to_owned(),
                },
                Err(error) => error.to_string(),
            };
            self.summary.refused += 1;
            if self.summary.refusals.len() < REFUSED_NAMED_MAX {
                self.summary.refusals.push(format!("object {size} of a page: {}", shown(&refusal)));
            }
        }
        let outer = extents.outer();
        let more = outer.get("more").and_then(Node::as_bool);
        let next = outer.get("next").and_then(Node::as_str).filter(|next| !next.is_empty()).map(str::to_owned);
        self.lines.append(&out)?;
        let fresh = fresh.len() as u64;
        self.summary.new_objects += fresh;
        self.summary.objects += fresh;
        self.summary.pages += 1;
        self.received_bytes += answer.body.len() as u64;
        // Some servers send next and leave more out.
        let more = more.unwrap_or(next.is_some() && size > 0);
        let last = answer.header("x-taxii-date-added-last").filter(|last| Timestamp::parse(last).is_ok());
        Ok(Page { more, next, last: last.map(str::to_owned), fresh, size })
    }

    /// The objects are on the disk already; now the place behind them.
    fn store(&mut self) -> Result<(), ClientError> {
        self.state.bytes = self.lines.bytes;
        self.state.objects = self.summary.objects;
        self.summary.bytes = self.lines.bytes;
        save(&beside(self.out, ".state"), &self.state)
    }
}

fn micros(date: Option<&str>) -> Option<i64> {
    date.and_then(|date| Timestamp::parse(date).ok()).map(|date| date.as_micros())
}

/// Which object in which version, in 16 bytes: the set of all of them is in memory. It decides only what is left out as
/// known; whoever makes two objects collide hides one of his own.
type Key = [u8; 16];

/// The version is `modified`, else `created` (§3.4); what has neither is the same if its JSON is.
fn key(node: &Node<'_>) -> Option<Key> {
    let id = node.get("id")?.as_str()?;
    let version = node.get("modified").or_else(|| node.get("created")).and_then(Node::as_str);
    let mut hash = Sha256::new();
    hash.update((id.len() as u64).to_be_bytes());
    hash.update(id.as_bytes());
    match version {
        // Two spellings of one instant are one version.
        Some(text) => match Timestamp::parse_stix(text) {
            Ok(instant) => hash.update(instant.to_string().as_bytes()),
            Err(_) => hash.update(text.as_bytes()),
        },
        None => hash.update(json::canonical(node)),
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    Some(key)
}

/// The bytes as they came. A line break can only stand between two tokens, and becomes a blank.
fn push_line(out: &mut Vec<u8>, bytes: &[u8]) {
    let from = out.len();
    out.extend_from_slice(bytes);
    for byte in &mut out[from..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(text: &str) -> Option<Key> {
        key(&json::read(text.as_bytes(), &Limits::default()).unwrap())
    }

    #[test]
    fn a_version_is_its_instant_and_what_has_none_is_its_content() {
        let one = key_of(r#"{"id":"a","modified":"2020-01-01T00:00:00.000Z"}"#);
        assert_eq!(one, key_of(r#"{"modified":"2020-01-01T00:00:00.000000Z","id":"a","x":1}"#));
        assert_ne!(one, key_of(r#"{"id":"a","modified":"2020-01-01T00:00:00.001Z"}"#));
        assert_ne!(one, key_of(r#"{"id":"b","modified":"2020-01-01T00:00:00.000Z"}"#));
        assert_eq!(key_of(r#"{"id":"a","value":"x"}"#), key_of(r#"{ "value":"x", "id":"a"}"#));
        assert_ne!(key_of(r#"{"id":"a","value":"x"}"#), key_of(r#"{"id":"a","value":"y"}"#));
        assert_eq!(key_of(r#"{"value":"x"}"#), None);
    }

    #[test]
    fn a_line_keeps_the_bytes_and_loses_only_line_breaks_between_tokens() {
        let mut out = Vec::new();
        push_line(&mut out, b"{\r\n  \"a\": \"x\\ny\"\n}");
        assert_eq!(out, b"{    \"a\": \"x\\ny\" }\n");
    }
}
