//! Measures an exchange on this machine: durable leaves a second by batch size, and submissions a second over HTTP with
//! the load generator in the same process. Prints JSON lines.
//!
//! ```text
//! cargo run --release -p monition-exchange --example load [DIRECTORY]
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub, reason = "a measurement, not a product")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::*;
use monition_evidence::encoding::sha256;
use monition_evidence::wire::{SUBMISSION_TYPE, SubmissionRequest};
use monition_evidence::{Digest, KeyUse};
use monition_exchange::limits::Rate;
use monition_exchange::metrics::Metrics;
use monition_exchange::sequencer::{Lane, Sequencer, Work};
use monition_exchange::{SystemClock, abort_process, init, start};
use monition_store::LogId;
use monition_store::sqlite::SqliteStore;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[tokio::main]
async fn main() {
    let given = std::env::args().nth(1);
    let temporary = tempfile::tempdir().unwrap();
    let root = given.as_deref().map_or(temporary.path(), Path::new);
    if std::env::args().nth(2).is_none() {
        for batch in [1_u64, 16, 64, 256, 1024] {
            leaves(&root.join(format!("leaves-{batch}")), batch).await;
        }
    }
    submissions(&root.join("http")).await;
}

/// `batch` works in flight all the time, so that a transaction takes about that many.
async fn leaves(path: &Path, batch: u64) {
    let backend = SqliteStore::create(path).unwrap().backend();
    backend.heads.create(LogId::Log).await.unwrap();
    let metrics = Arc::new(Metrics::default());
    let sequencer = Sequencer::open(LogId::Log, &exchange_name(), backend, abort_process(), metrics.clone()).await;
    let (handle, _task) = sequencer.unwrap().start(8192);
    let (next, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..batch {
        let (handle, next) = (handle.clone(), next.clone());
        tasks.spawn(async move {
            while started.elapsed() < Duration::from_secs(3) {
                let entry = sha256(&next.fetch_add(1, Ordering::Relaxed).to_be_bytes());
                handle.submit(Lane::Other, Work::Commitment(entry)).await.unwrap();
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let seconds = started.elapsed().as_secs_f64();
    let (leaves, batches) = (metrics.leaves.value(), metrics.batches.value());
    println!(
        "{{\"measure\":\"durable-leaves\",\"in_flight\":{batch},\"per_second\":{:.0},\"mean_batch\":{:.1}}}",
        leaves as f64 / seconds,
        leaves as f64 / batches.max(1) as f64
    );
}

async fn submissions(path: &Path) {
    const SENDERS: usize = 128;
    const EACH: usize = 250;
    let mut config = config(path, &[]);
    config.publish_ms = 1000;
    let much = Rate { per_second: 1_000_000, burst: 1_000_000 };
    config.limits.submissions = much;
    // What is measured is acceptance; the deliveries to an absent custodian go on beside it, one at a time.
    config.limits.deliveries = 1;
    config.limits.directory = much;
    config.limits.body_kib = Rate { per_second: 4_000_000, burst: 4_000_000 };
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let custodian = custodian(21).await;
    custodian.asleep.store(true, Ordering::Relaxed);
    let south = party(32, KeyUse::Mailbox, None);
    let senders: Vec<Party> = (0..SENDERS).map(|n| party_with([n as u8, 200], KeyUse::Mailbox, None)).collect();
    for enrolment in senders.iter().chain([&custodian.party, &south]).map(|p| &p.enrolment) {
        assert_eq!(client.statement("/v1/directory", enrolment).await.0, 200);
    }
    let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
    assert_eq!(client.statement("/v1/directory", &declaration).await.0, 200);
    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(&[5; 4096]);
    let mut prepared = Vec::new();
    for sender in &senders {
        let mut chain: (u64, Option<Digest>) = (1, None);
        let mut requests = Vec::with_capacity(EACH);
        for _ in 0..EACH {
            let submission = submission(sender, &declaration, anchor.clone(), &bodies, chain, |_| {});
            chain = (chain.0 + 1, Some(submission.digest()));
            requests.push(SubmissionRequest { submission, bodies: bodies.clone() }.to_bytes());
        }
        prepared.push(requests);
    }
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for requests in prepared {
        let client = client.clone();
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(requests.len());
            for request in requests {
                let sent = Instant::now();
                let (status, body) = client.post("/v1/submissions", SUBMISSION_TYPE, request).await;
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                times.push(sent.elapsed());
            }
            times
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.unwrap());
    }
    let seconds = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let metrics = client.get("/metrics").await.1;
    let text = String::from_utf8_lossy(&metrics);
    let value = |name: &str| {
        let line = text.lines().find(|l| l.starts_with(name) && !l.starts_with('#'));
        line.and_then(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0)
    };
    println!(
        "{{\"measure\":\"http-batches\",\"batches\":{},\"leaves\":{},\"commit_ms\":{:.2}}}",
        value("monition_batches_total"),
        value("monition_leaves_total"),
        value("monition_commit_microseconds_total") / 1000.0 / value("monition_batches_total")
    );
    println!(
        "{{\"measure\":\"http-submissions\",\"connections\":{SENDERS},\"per_second\":{:.0},\"p50_ms\":{:.2},\"p99_ms\":{:.2}}}",
        times.len() as f64 / seconds,
        at(0.5),
        at(0.99)
    );
}
