//! Every write × {lost, done but answered with an error, disk full} × reopen.
//!
//! A failure is: an acknowledged entry that is missing or elsewhere; a tree that does not extend an earlier one; two roots
//! for one size among all heads that could ever have been signed. Not a failure: an entry that is there though nobody was
//! told so.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

mod common;

use common::exchange_name;
use monition_evidence::Digest;
use monition_exchange::metrics::Metrics;
use monition_exchange::sequencer::{Fatal, Lane, RecoveryError, Sequencer, SequencerHandle, Work};
use monition_store::faults::{Fault, Faults};
use monition_store::sqlite::SqliteStore;
use monition_store::{Backend, LogId, OpenError};
use monition_tlog::{Hash, MemoryTree, leaf_hash};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const WORKS: u8 = 5;

fn entry(run: u8, n: u8) -> Digest {
    Digest::from_bytes([run.wrapping_mul(50).wrapping_add(n); 32])
}

#[derive(Default)]
struct Record {
    acknowledged: Vec<(u64, Digest)>,
    /// Every head that was committed, hence could have been signed.
    heads: BTreeMap<u64, Hash>,
}

impl Record {
    fn head(&mut self, handle: &SequencerHandle) {
        let head = handle.committed().tree.head();
        let known = *self.heads.entry(head.size.value()).or_insert(head.root);
        assert_eq!(known, head.root, "two roots for size {}", head.size);
    }
}

async fn open(backend: Backend, fatal: Fatal) -> Result<(SequencerHandle, tokio::task::JoinHandle<()>), RecoveryError> {
    let metrics = Arc::new(Metrics::default());
    Ok(Sequencer::open(LogId::Log, &exchange_name(), backend, fatal, metrics).await?.start(64))
}

/// Works until the end or until the sequencer is gone; says how often it was fatal.
async fn run(backend: Backend, run: u8, record: &mut Record) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let counted = count.clone();
    let fatal: Fatal = Arc::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let (handle, task) = open(backend, fatal).await.unwrap();
    record.head(&handle);
    for n in 0..WORKS {
        if let Ok(done) = handle.submit(Lane::Other, Work::Commitment(entry(run, n))).await {
            record.acknowledged.push((done.index, entry(run, n)));
        }
        record.head(&handle);
    }
    drop(handle);
    task.await.unwrap();
    count.load(Ordering::SeqCst)
}

async fn check(path: &Path, record: &Record) {
    let backend = SqliteStore::open(path).unwrap().backend();
    let state = backend.reads.state(LogId::Log).await.unwrap();
    let entries = backend.reads.entries(LogId::Log, 0, 1000).await.unwrap();
    assert_eq!(entries.len() as u64, state.head.size.value());
    for (index, entry) in &record.acknowledged {
        assert_eq!(entries[usize::try_from(*index).unwrap()], entry.as_bytes(), "acknowledged entry {index}");
    }
    let tree: MemoryTree = entries.iter().map(|entry| leaf_hash(entry)).collect();
    assert_eq!(tree.head(), state.head);
    for (size, root) in &record.heads {
        assert_eq!(tree.root_at(monition_tlog::TreeSize::new(*size)), Some(*root), "head of size {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_loses_what_was_acknowledged_or_forks_the_log() {
    for fault in Fault::ALL {
        for at in 1..=u64::from(WORKS) * 2 {
            let root = tempfile::tempdir().unwrap();
            let mut record = Record::default();
            let backend = SqliteStore::create(root.path()).unwrap().backend();
            backend.heads.create(LogId::Log).await.unwrap();
            let faults = Arc::new(Faults::new(at, fault));
            let faulty = faults.wrap(&backend);
            drop(backend);
            let fatal = run(faulty, 1, &mut record).await;
            assert_eq!(fatal, u64::from(fault != Fault::Full), "{fault:?} at {at}");
            check(root.path(), &record).await;
            // The next process takes the normal path from wherever the last one stopped.
            let backend = SqliteStore::open(root.path()).unwrap().backend();
            let acknowledged = record.acknowledged.len();
            assert_eq!(run(backend, 2, &mut record).await, 0);
            assert_eq!(record.acknowledged.len(), acknowledged + usize::from(WORKS));
            check(root.path(), &record).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_during_recovery_is_no_worse() {
    for fault in [Fault::Lost, Fault::DoneButError, Fault::Full] {
        let root = tempfile::tempdir().unwrap();
        let mut record = Record::default();
        let backend = SqliteStore::create(root.path()).unwrap().backend();
        backend.heads.create(LogId::Log).await.unwrap();
        // The swap after the first commit is lost: the journal is ahead.
        let faulty = Arc::new(Faults::new(2, Fault::Lost)).wrap(&backend);
        drop(backend);
        run(faulty, 1, &mut record).await;
        // The swap of the recovery itself fails.
        let backend = SqliteStore::open(root.path()).unwrap().backend();
        let faulty = Arc::new(Faults::new(1, fault)).wrap(&backend);
        drop(backend);
        let error = open(faulty, Arc::new(|_| {})).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, RecoveryError::Store(_)), "{error}");
        let backend = SqliteStore::open(root.path()).unwrap().backend();
        assert_eq!(run(backend, 2, &mut record).await, 0);
        check(root.path(), &record).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_exchange_db_and_a_missing_log_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let backend = SqliteStore::create(&data).unwrap().backend();
    let error = open(backend.clone(), Arc::new(|_| {})).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, RecoveryError::Open(OpenError::NotCreated { .. })), "{error}");
    backend.heads.create(LogId::Log).await.unwrap();
    let mut record = Record::default();
    run(backend, 1, &mut record).await;
    let copy = |from: &Path, to: &Path| {
        for name in ["exchange.db", "exchange.db-wal"] {
            let _ = std::fs::remove_file(to.join(name));
            let _ = std::fs::copy(from.join(name), to.join(name));
        }
    };
    let backup = root.path().join("backup");
    std::fs::create_dir(&backup).unwrap();
    copy(&data, &backup);
    run(SqliteStore::open(&data).unwrap().backend(), 2, &mut record).await;
    copy(&backup, &data);
    let error = open(SqliteStore::open(&data).unwrap().backend(), Arc::new(|_| {})).await.map(|_| ()).unwrap_err();
    let RecoveryError::Open(error @ OpenError::JournalBehind { .. }) = error else { panic!("{error}") };
    assert!(error.hint().contains("put the newest exchange.db back"));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_batches_fill_tiles_and_come_back_after_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let backend = SqliteStore::create(root.path()).unwrap().backend();
    backend.heads.create(LogId::Log).await.unwrap();
    let mut size = 0_u64;
    for more in [700_u64, 1, 66_000, 3] {
        let (handle, task) = {
            let metrics = Arc::new(Metrics::default());
            let backend = backend.clone();
            let sequencer = Sequencer::open(LogId::Log, &exchange_name(), backend, Arc::new(|_| {}), metrics).await;
            sequencer.unwrap().start(100_000)
        };
        assert_eq!(handle.committed().tree.head().size.value(), size);
        let indexes = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for n in size..size + more {
            let (handle, indexes) = (handle.clone(), indexes.clone());
            tasks.spawn(async move {
                let entry = monition_evidence::encoding::sha256(&n.to_be_bytes());
                let done = handle.submit(Lane::Other, Work::Commitment(entry)).await.unwrap();
                indexes.lock().unwrap().push(done.index);
            });
        }
        while tasks.join_next().await.is_some() {}
        let mut indexes = std::mem::take(&mut *indexes.lock().unwrap());
        indexes.sort_unstable();
        assert!(indexes.into_iter().eq(size..size + more), "each index once");
        size += more;
        drop(handle);
        task.await.unwrap();
    }
}
