//! A back end whose writes fail when a test says so.

use crate::{Answer, Backend, Batch, HeadCell, Journal, LogId, StoreError};
use monition_tlog::TreeHead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What becomes of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not done, and nobody can say so.
    Lost,
    /// Done, but answered with an error.
    DoneButError,
    /// Not done, for lack of space.
    Full,
}

impl Fault {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Lost, Self::DoneButError, Self::Full];
}

/// Fails the write number `at` (from 1) of all that go through; 0: none.
#[derive(Debug)]
pub struct Faults {
    at: u64,
    fault: Fault,
    seen: AtomicU64,
}

impl Faults {
    /// A plan for one fault.
    #[must_use]
    pub const fn new(at: u64, fault: Fault) -> Self {
        Self { at, fault, seen: AtomicU64::new(0) }
    }

    /// Writes so far.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }

    /// The back end with this plan before it; reads pass through.
    #[must_use]
    pub fn wrap(self: &Arc<Self>, inner: &Backend) -> Backend {
        Backend {
            journal: Arc::new(Faulty { plan: self.clone(), inner: inner.journal.clone() }),
            heads: Arc::new(Faulty { plan: self.clone(), inner: inner.heads.clone() }),
            reads: inner.reads.clone(),
            blobs: inner.blobs.clone(),
        }
    }

    fn next(&self) -> Option<Fault> {
        let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        (number == self.at).then_some(self.fault)
    }
}

struct Faulty<T: ?Sized> {
    plan: Arc<Faults>,
    inner: Arc<T>,
}

impl<T: ?Sized> Faulty<T> {
    fn write<'a>(&'a self, file: &'static str, inner: Answer<'a, ()>) -> Answer<'a, ()> {
        let fault = self.plan.next();
        let unknown = move || StoreError::Unknown { file, detail: "injected".to_owned() };
        Box::pin(async move {
            match fault {
                None => inner.await,
                Some(Fault::Lost) => Err(unknown()),
                Some(Fault::Full) => Err(StoreError::Full { file }),
                Some(Fault::DoneButError) => {
                    inner.await?;
                    Err(unknown())
                }
            }
        })
    }
}

/// Defers the inner call into the future: an SQLite write begins when it is asked for, and a lost one must never begin.
fn lazily<'a, F>(ask: F) -> Answer<'a, ()>
where
    F: FnOnce() -> Answer<'a, ()> + Send + 'a,
{
    Box::pin(async move { ask().await })
}

impl Journal for Faulty<dyn Journal> {
    fn commit(&self, batch: Arc<Batch>) -> Answer<'_, ()> {
        self.write("exchange.db", lazily(move || self.inner.commit(batch)))
    }
}

impl HeadCell for Faulty<dyn HeadCell> {
    fn load(&self, log: LogId) -> Answer<'_, Option<TreeHead>> {
        self.inner.load(log)
    }

    fn create(&self, log: LogId) -> Answer<'_, ()> {
        self.write("head.db", lazily(move || self.inner.create(log)))
    }

    fn swap(&self, log: LogId, old: TreeHead, new: TreeHead) -> Answer<'_, ()> {
        self.write("head.db", lazily(move || self.inner.swap(log, old, new)))
    }
}
