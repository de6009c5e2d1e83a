//! Durable appends: a leaf counts when it is known to survive a crash.

use crate::client::Times;
use crate::common::exchange_name;
use crate::peers;
use monition_evidence::encoding::sha256;
use monition_exchange::abort_process;
use monition_exchange::metrics::Metrics;
use monition_exchange::sequencer::{Lane, Sequencer, SequencerHandle, Work};
use monition_store::LogId;
use monition_store::sqlite::SqliteStore;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What Tessera's POSIX driver did at these batch sizes on a machine of this kind (reference measurement of this project,
/// November 2026): not this run.
const TESSERA: [(u32, f64); 2] = [(256, 10_400.0), (1024, 28_600.0)];

pub async fn measure(folder: &Path, quick: bool) {
    std::fs::create_dir_all(folder).unwrap();
    let span = Duration::from_secs_f64(if quick { 1.5 } else { 5.0 });
    let syncs = peers::fsync(folder, span / 3);
    println!("{{\"what\":\"peer-fsync\",\"bytes\":4096,\"per_second\":{syncs:.0}}}");
    let mut alone = Vec::new();
    for batch in [1, 256, 1024] {
        let rate = peers::sqlite(folder, batch, span / 2);
        println!("{{\"what\":\"peer-sqlite\",\"rows_in_a_transaction\":{batch},\"per_second\":{rate:.0}}}");
        alone.push((batch, rate));
    }
    let mut highest: f64 = 0.0;
    for in_flight in [1_u32, 4, 16, 64, 256, 1024, 4096] {
        let log = Log::open(&folder.join(in_flight.to_string())).await;
        let (times, seconds) = log.closed(in_flight, span).await;
        let rate = log.metrics.leaves.value() as f64 / seconds;
        highest = highest.max(rate);
        let ratio = |name: &str, table: &[(u32, f64)]| {
            let found = table.iter().find(|(batch, _)| *batch == in_flight);
            found.map_or(String::new(), |(_, peer)| format!(",\"{name}\":{:.2}", rate / peer))
        };
        println!(
            "{{\"what\":\"durable-leaves\",\"in_flight\":{in_flight},\"per_second\":{rate:.0},\"mean_batch\":{:.1},\
             \"p50_ms\":{:.2},\"p99_ms\":{:.2}{}{}}}",
            log.metrics.leaves.value() as f64 / log.metrics.batches.value().max(1) as f64,
            times.at(0.5),
            times.at(0.99),
            ratio("of_sqlite_alone", &alone),
            ratio("of_tessera_measured_elsewhere", &TESSERA),
        );
    }
    let log = Log::open(&folder.join("half")).await;
    let (times, rate) = log.open_loop(highest / 2.0, span).await;
    println!(
        "{{\"what\":\"durable-leaves-half-load\",\"per_second\":{rate:.0},\"p50_ms\":{:.2},\"p99_ms\":{:.2}}}",
        times.at(0.5),
        times.at(0.99)
    );
}

struct Log {
    handle: SequencerHandle,
    metrics: Arc<Metrics>,
    next: Arc<AtomicU64>,
}

impl Log {
    async fn open(path: &Path) -> Self {
        let backend = SqliteStore::create(path).unwrap().backend();
        backend.heads.create(LogId::Log).await.unwrap();
        let metrics = Arc::new(Metrics::default());
        let sequencer = Sequencer::open(LogId::Log, &exchange_name(), backend, abort_process(), metrics.clone()).await;
        let (handle, _task) = sequencer.unwrap().start(65_536);
        Self { handle, metrics, next: Arc::default() }
    }

    fn append(&self) -> impl Future<Output = ()> + Send + 'static {
        let (handle, next) = (self.handle.clone(), self.next.clone());
        async move {
            let entry = sha256(&next.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            handle.submit(Lane::Other, Work::Commitment(entry)).await.unwrap();
        }
    }

    /// So many appends in flight all the time, so that a transaction takes about that many (1,024 at most).
    async fn closed(&self, in_flight: u32, span: Duration) -> (Times, f64) {
        let started = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..in_flight {
            let log = Self { handle: self.handle.clone(), metrics: self.metrics.clone(), next: self.next.clone() };
            tasks.spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < span {
                    let sent = Instant::now();
                    log.append().await;
                    times.push(sent.elapsed());
                }
                times
            });
        }
        let times = tasks.join_all().await.concat();
        (Times::new(times), started.elapsed().as_secs_f64())
    }

    /// Appends that come at a fixed rate, whether or not earlier ones are done; each time runs from when it was due.
    async fn open_loop(&self, rate: f64, span: Duration) -> (Times, f64) {
        let started = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        let mut sent = 0_u32;
        while started.elapsed() < span {
            let due = (started.elapsed().as_secs_f64() * rate) as u32;
            while sent < due {
                let at = started + Duration::from_secs_f64(f64::from(sent) / rate);
                let append = self.append();
                tasks.spawn(async move {
                    append.await;
                    at.elapsed()
                });
                sent += 1;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let times = Times::new(tasks.join_all().await);
        (times, f64::from(sent) / started.elapsed().as_secs_f64())
    }
}
