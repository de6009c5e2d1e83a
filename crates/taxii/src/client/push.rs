//! A file into a collection: envelopes of bounded size, each followed until the server has dealt with every object.
//!
//! The state file is replaced when an envelope was acknowledged and when it is dealt with. A crash before the
//! acknowledgement sends that one envelope again, and an object that is there already is no failure (§5.5). An envelope
//! that a server refuses as a whole is halved until the bad object stands alone.

use super::file::{beside, load, save};
use super::http::{resource, shown};
use super::resolve::join;
use super::source::{Item, Source, fingerprint};
use super::{ClientError, Found, Http, resolve};
use bytes::Bytes;
use monition_intel::json::{self, Limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// First member of the state file.
const FORMAT: &str = "monition-taxii-push/1";
/// Longest envelope, also where the root takes more: what is lost with a broken connection stays small.
const ENVELOPE_BYTES_MAX: u64 = 4 << 20;
/// `{"objects":[` and `]}`.
const FRAME_BYTES: u64 = 14;
/// Failures that are kept with their texts; all are counted.
const FAILURES_NAMED_MAX: usize = 10_000;
const POLL_PAUSE: Duration = Duration::from_millis(200);
const POLL_PAUSE_MAX: Duration = Duration::from_secs(5);

/// What is pushed.
#[derive(Clone, Debug)]
pub struct PushRequest {
    /// Id or alias of the collection.
    pub collection: String,
    /// Most objects in an envelope, 1 or more.
    pub batch: usize,
    /// How long a status is asked for before the push ends with [`ClientError::Pending`].
    pub wait: Duration,
    /// The state file. Default: beside the file, with the id of the collection in its name.
    pub state: Option<PathBuf>,
}

impl Default for PushRequest {
    fn default() -> Self {
        Self { collection: String::new(), batch: 500, wait: Duration::from_secs(600), state: None }
    }
}

/// How far a push is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushProgress {
    /// Objects that were dealt with, in this call and before.
    pub objects: u64,
    /// Of these, refused.
    pub failed: u64,
    /// Bytes that were sent by this call.
    pub sent_bytes: u64,
    /// Share of the file that was read, in per cent.
    pub share_percent: u64,
}

/// An object that was not added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushFailure {
    /// Its id, where it has one.
    pub id: String,
    /// Its version, as the server names it.
    pub version: String,
    /// Why.
    pub message: String,
}

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushSummary {
    /// Id of the collection.
    pub collection: String,
    /// Objects in the file.
    pub objects: u64,
    /// Objects that the server has, from this call and those before.
    pub succeeded: u64,
    /// Objects that were refused, by the server or because they are no JSON.
    pub failed: u64,
    /// Objects that were sent by this call.
    pub sent: u64,
    /// Envelopes that were sent by this call.
    pub envelopes: u64,
    /// The first 10,000 failures.
    pub failures: Vec<PushFailure>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: String,
    objects_path: String,
    file_bytes: u64,
    file_sha256: String,
    /// Objects of the file, in their order, that were dealt with.
    done: u64,
    succeeded: u64,
    failed: u64,
    failures: Vec<PushFailure>,
    /// An envelope that was acknowledged: the objects behind `done`.
    waiting: Option<Waiting>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    status_id: String,
    /// Objects of the file that it stands for.
    objects: u64,
    /// Of these, the ones that were not sent.
    unsent: Vec<PushFailure>,
}

/// Pushes the objects of `file`.
///
/// # Errors
/// [`ClientError`]. What was acknowledged is in the state file, and the same call goes on from there. Objects that were
/// refused are no error; they stand in the summary.
pub async fn push(
    http: &Http,
    request: &PushRequest,
    file: &Path,
    progress: &mut dyn FnMut(PushProgress),
) -> Result<PushSummary, ClientError> {
    let found = resolve(http, &request.collection).await?;
    if !found.can_write {
        return Err(ClientError::NoRight { url: found.collection.to_string(), right: "write" });
    }
    let at = request.state.clone().unwrap_or_else(|| beside(file, &format!(".{}.push", found.id)));
    let state = open(&at, file, &found)?;
    let summary = PushSummary {
        collection: found.id.clone(),
        objects: 0,
        succeeded: 0,
        failed: 0,
        sent: 0,
        envelopes: 0,
        failures: Vec::new(),
    };
    let mut run = Run { http, request, found, at, state, summary, bytes: 0 };
    run.resume().await?;
    let mut source = Source::open(file)?;
    for _ in 0..run.state.done {
        if source.next()?.is_none() {
            return Err(ClientError::State {
                path: run.at,
                detail: "it counts more objects than the file has".to_owned(),
            });
        }
    }
    let mut held = None;
    loop {
        let batch = run.batch(&mut source, &mut held)?;
        if batch.is_empty() {
            break;
        }
        run.deliver(batch, source.read_bytes(), progress).await?;
    }
    let State { done, succeeded, failed, failures, .. } = run.state;
    Ok(PushSummary { objects: done, succeeded, failed, failures, ..run.summary })
}

fn open(at: &Path, file: &Path, found: &Found) -> Result<State, ClientError> {
    let (file_bytes, file_sha256) = fingerprint(file)?;
    let objects_path = found.objects()?.path().to_owned();
    let Some(state): Option<State> = load(at)? else {
        return Ok(State {
            format: FORMAT.to_owned(),
            objects_path,
            file_bytes,
            file_sha256,
            done: 0,
            succeeded: 0,
            failed: 0,
            failures: Vec::new(),
            waiting: None,
        });
    };
    let other = |detail: &str| Err(ClientError::State { path: at.to_owned(), detail: detail.to_owned() });
    if state.format != FORMAT {
        return other("it was written by another version of this program");
    }
    if state.objects_path != objects_path {
        return other(&format!("it belongs to {}", state.objects_path));
    }
    if state.file_sha256 != file_sha256 {
        return other(&format!("{} has changed since it was written", file.display()));
    }
    Ok(state)
}

struct Run<'a> {
    http: &'a Http,
    request: &'a PushRequest,
    found: Found,
    at: PathBuf,
    state: State,
    summary: PushSummary,
    bytes: u64,
}

enum Sent {
    /// Counts are in the state.
    Dealt,
    /// The server refuses the whole envelope.
    Refused(ClientError),
}

impl Run<'_> {
    fn envelope_bytes_max(&self) -> u64 {
        self.found.max_content_length.min(ENVELOPE_BYTES_MAX)
    }

    /// The next objects that fit into an envelope. `held` is the one that did not.
    fn batch(&self, source: &mut Source, held: &mut Option<Item>) -> Result<Vec<Item>, ClientError> {
        let (mut batch, mut bytes) = (Vec::new(), FRAME_BYTES);
        while batch.len() < self.request.batch.max(1) {
            let Some(item) = held.take().map_or_else(|| source.next(), |item| Ok(Some(item)))? else { break };
            let length = item.as_ref().map_or(0, |object| object.len() as u64 + 1);
            if !batch.is_empty() && bytes + length > self.envelope_bytes_max() {
                *held = Some(item);
                break;
            }
            bytes += length;
            batch.push(item);
        }
        Ok(batch)
    }

    async fn deliver(
        &mut self,
        batch: Vec<Item>,
        read_bytes: u64,
        progress: &mut dyn FnMut(PushProgress),
    ) -> Result<(), ClientError> {
        let mut stack = vec![batch];
        while let Some(mut part) = stack.pop() {
            if let Sent::Refused(error) = self.send(&part).await? {
                if part.len() > 1 {
                    let rest = part.split_off(part.len() / 2);
                    stack.extend([rest, part]);
                    continue;
                }
                for item in &part {
                    self.fail(id_of(item), String::new(), error.to_string());
                }
                self.state.done += part.len() as u64;
                save(&self.at, &self.state)?;
            }
            let share = read_bytes.saturating_mul(100).checked_div(self.state.file_bytes).unwrap_or(100);
            progress(PushProgress {
                objects: self.state.done,
                failed: self.state.failed,
                sent_bytes: self.bytes,
                share_percent: share.min(100),
            });
        }
        Ok(())
    }

    async fn send(&mut self, part: &[Item]) -> Result<Sent, ClientError> {
        let mut body = b"{\"objects\":[".to_vec();
        let (mut count, mut local) = (0_u64, Vec::new());
        for item in part {
            match item {
                // Alone in its envelope by then; a root says how much it takes so that nobody has to try.
                Ok(object) if object.len() as u64 + FRAME_BYTES > self.found.max_content_length => {
                    local.push(PushFailure {
                        id: id_of(item),
                        version: String::new(),
                        message: format!("{} bytes, more than max_content_length allows", object.len()),
                    })
                }
                Ok(object) => {
                    if count > 0 {
                        body.push(b',');
                    }
                    body.extend_from_slice(object);
                    count += 1;
                }
                Err(detail) => {
                    local.push(PushFailure { id: String::new(), version: String::new(), message: detail.clone() });
                }
            }
        }
        body.extend_from_slice(b"]}");
        let length = body.len() as u64;
        if count > 0 {
            let url = self.found.objects()?;
            let answer = match self.http.post(&url, Bytes::from(body)).await {
                Ok(answer) => answer,
                Err(error @ ClientError::Refused { status: 400 | 413 | 422, .. }) => return Ok(Sent::Refused(error)),
                Err(error) => return Err(error),
            };
            self.summary.sent += count;
            self.summary.envelopes += 1;
            self.bytes += length;
            let status = resource(&url, &answer.body)?;
            let id = status.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            self.state.waiting = Some(Waiting { status_id: id, objects: part.len() as u64, unsent: local });
            return self.settle(status, count).await.map(|()| Sent::Dealt);
        }
        for failure in local {
            self.fail(failure.id, failure.version, failure.message);
        }
        self.state.done += part.len() as u64;
        save(&self.at, &self.state)?;
        Ok(Sent::Dealt)
    }

    /// An envelope that was acknowledged before this call.
    async fn resume(&mut self) -> Result<(), ClientError> {
        let Some(waiting) = self.state.waiting.clone() else { return Ok(()) };
        let url = self.status_url(&waiting.status_id)?;
        match self.http.resource(&url).await {
            Ok(status) => {
                let sent = waiting.objects - (waiting.unsent.len() as u64).min(waiting.objects);
                self.settle(status, sent).await
            }
            // The server has forgotten it; the objects are sent again.
            Err(ClientError::Refused { status: 404, .. }) => {
                self.state.waiting = None;
                save(&self.at, &self.state)
            }
            Err(error) => Err(error),
        }
    }

    fn status_url(&self, id: &str) -> Result<reqwest::Url, ClientError> {
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !plain {
            let detail = format!("a status without a usable id: {:?}", shown(id));
            return Err(ClientError::Answer { url: self.found.root.to_string(), detail });
        }
        join(&self.found.root, &format!("status/{id}/"))
    }

    /// Waits until the status is complete, and counts.
    async fn settle(&mut self, mut status: Value, sent: u64) -> Result<(), ClientError> {
        let (from, mut pause) = (Instant::now(), POLL_PAUSE);
        let mut saved = false;
        while status.get("status").and_then(Value::as_str) != Some("complete") {
            let id = self.state.waiting.as_ref().map(|waiting| waiting.status_id.clone()).unwrap_or_default();
            let url = self.status_url(&id)?;
            if !saved {
                save(&self.at, &self.state)?;
                saved = true;
            }
            if from.elapsed() >= self.request.wait {
                let pending = number(&status, "pending_count").unwrap_or(sent);
                let waited_seconds = from.elapsed().as_secs();
                return Err(ClientError::Pending { url: url.to_string(), pending, waited_seconds });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(POLL_PAUSE_MAX);
            status = self.http.resource(&url).await?;
        }
        let failures: Vec<PushFailure> =
            status.get("failures").and_then(Value::as_array).into_iter().flatten().map(failure).collect();
        let failed = number(&status, "failure_count").unwrap_or(failures.len() as u64);
        self.state.succeeded += number(&status, "success_count").unwrap_or(sent.saturating_sub(failed));
        self.state.failed += failed;
        let room = FAILURES_NAMED_MAX.saturating_sub(self.state.failures.len());
        self.state.failures.extend(failures.into_iter().take(room));
        if let Some(waiting) = self.state.waiting.take() {
            self.state.done += waiting.objects;
            for failure in waiting.unsent {
                self.fail(failure.id, failure.version, failure.message);
            }
        }
        save(&self.at, &self.state)
    }

    fn fail(&mut self, id: String, version: String, message: String) {
        self.state.failed += 1;
        if self.state.failures.len() < FAILURES_NAMED_MAX {
            self.state.failures.push(PushFailure { id, version, message });
        }
    }
}

fn number(status: &Value, key: &str) -> Option<u64> {
    status.get(key).and_then(Value::as_u64)
}

fn failure(item: &Value) -> PushFailure {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(shown).unwrap_or_default();
    PushFailure { id: text("id"), version: text("version"), message: text("message") }
}

fn id_of(item: &Item) -> String {
    let Ok(object) = item else { return String::new() };
    let node = json::read(object, &Limits::default()).ok();
    node.and_then(|node| node.get("id")?.as_str().map(shown)).unwrap_or_default()
}
