//! The outbox: every accepted submission goes to each custodian of its declaration, until it answers or time runs out.
//!
//! What is due stands in the database; the worker reads it, so that a restart loses nothing and a queue in memory cannot
//! grow. A custodian gets the bodies and the submission sealed to the recipient. Its `ContentConsignment` is checked and
//! becomes a leaf in the same transaction that ends the delivery. Where fewer than q custodians answered by the promised
//! time, a `HandoverFailure` is logged, and the attempts go on until the submission expires.

use crate::problem::Refusal;
use crate::publish::read_limited;
use crate::sequencer::{Lane, Work};
use crate::state::{Exchange, hashing, random};
use crate::tree::delivered;
use monition_evidence::age::{Recipient, SealRandomness, seal};
use monition_evidence::directory::Directory;
use monition_evidence::encoding::sha256;
use monition_evidence::framing::{Bodies, pad};
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::jws::STATEMENT_BYTES_MAX;
use monition_evidence::statement::{HandoverFailure, Submission};
use monition_evidence::wire::{CONSIGNMENT_TYPE, Consign, ConsignRequest, observer_paths};
use monition_evidence::{Body, Digest, PartyName, Statement, UnixSeconds};
use monition_store::{AttemptRow, Pending, PendingCustodian};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Longest pause between two attempts, in milliseconds.
const PAUSE_MAX_MS: u64 = 60_000;
/// Pause after the first failure, in milliseconds; doubled each time.
const PAUSE_FIRST_MS: u64 = 250;

/// Code of the failure that is logged when the promise ends.
pub const FAILURE_CODE: &str = "internal-custodians-unreachable";

/// Why one attempt failed. For the log of the server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The custodian has no address in the directory.
    #[error("{custodian} is not enrolled as a custodian")]
    NoAddress {
        /// The custodian.
        custodian: PartyName,
    },
    /// It did not answer.
    #[error("{custodian} did not answer: {detail}")]
    Unreachable {
        /// The custodian.
        custodian: PartyName,
        /// Why.
        detail: String,
    },
    /// It refused.
    #[error("{custodian} answered {status}: {text}")]
    Refused {
        /// The custodian.
        custodian: PartyName,
        /// HTTP status.
        status: u16,
        /// The beginning of its answer.
        text: String,
    },
    /// Its consignment proves nothing.
    #[error("the consignment of {custodian} is not acceptable: {rule}")]
    Consignment {
        /// The custodian.
        custodian: PartyName,
        /// The rule that is broken.
        rule: String,
    },
    /// What we need for it is not there.
    #[error("the item cannot be put together: {detail}")]
    Item {
        /// Why.
        detail: String,
    },
}

/// Runs the outbox until `stop` says so.
pub async fn run(exchange: Arc<Exchange>, mut stop: watch::Receiver<bool>) {
    let mut running: JoinSet<u64> = JoinSet::new();
    let mut busy: HashSet<u64> = HashSet::new();
    let limit = exchange.config.limits.deliveries;
    loop {
        let free = limit.saturating_sub(busy.len());
        let now_ms = exchange.clock.now_ms();
        let mut found = 0;
        if free > 0 {
            // Those that are under way are due as well: ask for that many more.
            let asked = u32::try_from(limit + busy.len()).unwrap_or(u32::MAX);
            match exchange.backend.reads.due(now_ms, asked).await {
                Ok(due) => {
                    for pending in due {
                        if found == free || !busy.insert(pending.index) {
                            continue;
                        }
                        found += 1;
                        let (exchange, index) = (exchange.clone(), pending.index);
                        running.spawn(async move {
                            deliver(&exchange, pending, now_ms).await;
                            index
                        });
                    }
                }
                Err(error) => tracing::error!(%error, "the outbox cannot be read"),
            }
        }
        if found > 0 && busy.len() < limit {
            continue;
        }
        tokio::select! {
            Some(done) = running.join_next() => match done {
                Ok(index) => { busy.remove(&index); }
                Err(error) => {
                    // Which one it was is unknown; what is due is found again.
                    tracing::error!(%error, "a delivery ended badly");
                    busy.clear();
                }
            },
            () = exchange.deliveries.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(PAUSE_FIRST_MS)) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// One round for one submission: every custodian that is due.
async fn deliver(exchange: &Arc<Exchange>, pending: Pending, now_ms: u64) {
    let index = pending.index;
    let item = match prepare(exchange, &pending).await {
        Ok(item) => Arc::new(item),
        Err(error) => {
            tracing::error!(%error, "a delivery was put off");
            let by = pending.by;
            let retry = |c: &PendingCustodian| again(index, c.custodian.clone(), now_ms, c.attempts, by);
            let attempts = pending.custodians.iter().map(retry);
            return mark(exchange, attempts.collect(), Vec::new()).await;
        }
    };
    let mut asked: JoinSet<()> = JoinSet::new();
    for custodian in pending.custodians.iter().filter(|c| c.next_ms <= now_ms) {
        let (exchange, item, custodian) = (exchange.clone(), item.clone(), custodian.clone());
        let (given_up, by) = (now_ms / 1000 >= pending.expiry, pending.by);
        asked.spawn(async move {
            let name = custodian.custodian.clone();
            match consign(&exchange, &item, &name).await {
                Ok(statement) => log_consignment(&exchange, statement, index, name, by).await,
                Err(error) => {
                    exchange.metrics.delivery_failures.increment();
                    tracing::warn!(%error, attempt = custodian.attempts + 1, "not consigned");
                    let now_ms = exchange.clock.now_ms();
                    let attempt = if given_up {
                        delivered(index, name)
                    } else {
                        again(index, name, now_ms, custodian.attempts, by)
                    };
                    mark(&exchange, vec![attempt], Vec::new()).await;
                }
            }
        });
    }
    while asked.join_next().await.is_some() {}
    settle(exchange, index).await;
}

/// The next attempt; one falls just before the promised time, so that a failure can be logged by then.
fn again(index: u64, custodian: PartyName, now_ms: u64, attempts: u32, by: u64) -> AttemptRow {
    let pause = PAUSE_FIRST_MS.saturating_mul(1 << attempts.min(16)).min(PAUSE_MAX_MS);
    let last_call_ms = by.saturating_sub(1).saturating_mul(1000);
    let next_ms = if now_ms < last_call_ms { last_call_ms.min(now_ms + pause) } else { now_ms + pause };
    AttemptRow { index, custodian, again_ms: Some(next_ms) }
}

async fn mark(exchange: &Exchange, attempts: Vec<AttemptRow>, settled: Vec<u64>) {
    if let Err(error) = exchange.log.submit(Lane::Other, Work::Marks { attempts, settled }).await {
        tracing::warn!(%error, "an attempt was not recorded");
    }
}

async fn log_consignment(exchange: &Exchange, statement: Statement, index: u64, custodian: PartyName, by: u64) {
    let work = Work::Statement { statement, attempts: vec![delivered(index, custodian.clone())], settled: Vec::new() };
    match exchange.log.submit(Lane::Urgent, work).await {
        Ok(_) => exchange.metrics.consigned.increment(),
        // Still due: the custodian gives the same consignment again.
        Err(error) => {
            tracing::warn!(%error, %custodian, "a consignment was not logged");
            let now_ms = exchange.clock.now_ms();
            mark(exchange, vec![again(index, custodian, now_ms, 3, by)], Vec::new()).await;
        }
    }
}

/// At the promised time the record shows q consignments, or that they failed.
async fn settle(exchange: &Exchange, index: u64) {
    let Ok(Some(pending)) = exchange.backend.reads.pending(index).await else { return };
    let held = u64::from(pending.total).saturating_sub(pending.custodians.len() as u64);
    if pending.settled {
        return;
    }
    if held >= u64::from(pending.quorum) {
        return mark(exchange, Vec::new(), vec![index]).await;
    }
    // One round early rather than one late: the failure must be logged by then.
    let soon = exchange.clock.now().value() + 1 >= pending.by;
    if !soon {
        return;
    }
    match failure_statement(exchange, &pending) {
        Ok(statement) => {
            let work = Work::Statement { statement, attempts: Vec::new(), settled: vec![index] };
            if let Err(error) = exchange.log.submit(Lane::Urgent, work).await {
                tracing::warn!(%error, "a failure was not logged");
            }
        }
        Err(error) => tracing::warn!(%error, "a failure was not logged"),
    }
}

fn failure_statement(exchange: &Exchange, pending: &Pending) -> Result<Statement, Refusal> {
    let submission = Statement::parse(&pending.bytes).ok();
    exchange.sign(&HandoverFailure {
        exchange: exchange.name.clone(),
        eid: Exchange::eid()?,
        wid: submission.as_ref().and_then(|s| s.common().wid.copied()),
        iss: exchange.party.clone(),
        iat: exchange.clock.now(),
        anchor: Some(exchange.anchor()?),
        prev: submission.as_ref().map(Statement::identity),
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        submission: sha256(&pending.bytes),
        code: FAILURE_CODE.to_owned(),
    })
}

struct PreparedItem {
    submission: Submission,
    digest: Digest,
    body: bytes::Bytes,
}

async fn prepare(exchange: &Exchange, pending: &Pending) -> Result<PreparedItem, DeliveryError> {
    let wrong = |detail: String| DeliveryError::Item { detail };
    let statement = Statement::parse(&pending.bytes).map_err(|e| wrong(e.to_string()))?;
    let Body::Submission(submission) = statement.body() else { return Err(wrong("not a submission".to_owned())) };
    let bodies = exchange.backend.blobs.bodies(pending.index).await.map_err(|e| wrong(e.to_string()))?;
    let bytes = bodies.ok_or_else(|| wrong("the bodies are gone".to_owned()))?;
    let length = bytes.len();
    let read = move || Bodies::parse(&bytes).map(|bodies| (bodies.infos(), bodies));
    let read = hashing(length, read).await.map_err(|e| wrong(e.to_string()))?;
    let (infos, bodies) = read.map_err(|e| wrong(e.to_string()))?;
    let directory = exchange.parties();
    let (_, record) =
        directory.declaration(&submission.declaration).ok_or_else(|| wrong("the declaration is gone".to_owned()))?;
    let key = record.declaration.encryption.first().ok_or_else(|| wrong("no encryption key".to_owned()))?;
    let recipient = Recipient::parse(&key.recipient).map_err(|e| wrong(e.to_string()))?;
    let randomness = seal_randomness().map_err(|e| wrong(e.to_string()))?;
    let consign = Consign {
        exchange: exchange.name.clone(),
        mailbox: submission.mailbox,
        declaration: submission.declaration,
        submission: statement.digest(),
        urgency: submission.urgency,
        size_class: submission.size_class,
        mode: submission.mode,
        bodies: infos,
    };
    let sealed_submission = seal(&pad(statement.as_bytes()), &recipient, &randomness);
    let request = ConsignRequest { consign, sealed_submission, bodies };
    Ok(PreparedItem { submission: submission.clone(), digest: statement.digest(), body: request.to_bytes().into() })
}

fn seal_randomness() -> Result<SealRandomness, Refusal> {
    Ok(SealRandomness { file_key: random()?, seed: random()?, nonce: random()? })
}

async fn consign(
    exchange: &Arc<Exchange>,
    item: &PreparedItem,
    custodian: &PartyName,
) -> Result<Statement, DeliveryError> {
    let directory = exchange.parties();
    let service = directory.party(custodian).and_then(|party| party.custodian.clone());
    let service = service.ok_or_else(|| DeliveryError::NoAddress { custodian: custodian.clone() })?;
    let url = format!("{}{}", service.url.trim_end_matches('/'), observer_paths::CONSIGN);
    let now = exchange.clock.now();
    let signed = sign_request(exchange, item.body.clone(), custodian, now).await;
    let signed = signed.map_err(|e| DeliveryError::Item { detail: e.to_string() })?;
    let mut request = exchange.client.post(url).header("content-type", CONSIGNMENT_TYPE);
    for (name, value) in signed.headers() {
        request = request.header(name, value);
    }
    let unreachable = |detail: String| DeliveryError::Unreachable { custodian: custodian.clone(), detail };
    let timeout = Duration::from_millis(exchange.config.custodian_timeout_ms);
    let response = request.timeout(timeout).body(item.body.clone()).send().await;
    let response = response.map_err(|e| unreachable(e.to_string()))?;
    let status = response.status().as_u16();
    let answer = read_limited(response, STATEMENT_BYTES_MAX).await.map_err(unreachable)?;
    if status != 200 {
        let text = String::from_utf8_lossy(&answer).chars().take(300).collect();
        return Err(DeliveryError::Refused { custodian: custodian.clone(), status, text });
    }
    check_consignment(&exchange.parties(), exchange, item, custodian, &answer)
        .map_err(|rule| DeliveryError::Consignment { custodian: custodian.clone(), rule })
}

/// The signature covers a hash of the whole body.
async fn sign_request(
    exchange: &Arc<Exchange>,
    body: bytes::Bytes,
    custodian: &PartyName,
    now: UnixSeconds,
) -> Result<RequestSignature, Refusal> {
    let (exchange, custodian) = (exchange.clone(), custodian.clone());
    hashing(body.len(), move || {
        RequestSignature::sign("POST", observer_paths::CONSIGN, &body, &custodian, now, &exchange.key)
    })
    .await
}

fn check_consignment(
    directory: &Directory,
    exchange: &Exchange,
    item: &PreparedItem,
    custodian: &PartyName,
    answer: &[u8],
) -> Result<Statement, String> {
    let statement = Statement::parse(answer).map_err(|e| e.to_string())?;
    let Body::ContentConsignment(c) = statement.body() else { return Err("it is another statement".to_owned()) };
    let s = &item.submission;
    let rules = [
        (c.exchange == exchange.name, "it names another exchange"),
        (c.iss == *custodian, "it names another custodian"),
        (c.mailbox == s.mailbox, "it names another mailbox"),
        (c.declaration == s.declaration, "it names another declaration"),
        (c.submission == item.digest, "it names another submission"),
        (c.e == s.e, "it names other bodies"),
    ];
    if let Some((_, rule)) = rules.iter().find(|(holds, _)| !holds) {
        return Err((*rule).to_owned());
    }
    let signer = directory.signer(&statement).map_err(|e| e.to_string())?;
    if signer.delegate.is_some() || !signer.in_force_at_size(directory.size()) {
        return Err("its key is not in force".to_owned());
    }
    Ok(statement)
}
