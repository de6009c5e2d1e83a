//! Who waits for news of which mailbox, and when each desk was last heard of.

use monition_evidence::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Most long polls of one mailbox at a time; a further one is answered at once.
const POLLS_MAX: usize = 16;

/// What is known of one mailbox's readers. In memory only: after a restart every desk counts as heard of at the start.
#[derive(Debug, Default)]
struct Readers {
    news: Arc<Notify>,
    polls: usize,
    seen_at: u64,
    seen_n: u64,
}

/// The readers of all mailboxes. Only readers that were let in are entered, so strangers cannot fill it.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<HashMap<Digest, Readers>>);

/// A place among the long polls of a mailbox; given back when dropped.
pub(crate) struct Place<'a> {
    waiters: &'a Waiters,
    h0: Digest,
    pub(crate) news: Arc<Notify>,
}

impl Waiters {
    fn with<T>(&self, h0: &Digest, body: impl FnOnce(&mut Readers) -> T) -> T {
        body(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(*h0).or_default())
    }

    /// Something came.
    pub(crate) fn news(&self, h0: &Digest) {
        self.with(h0, |readers| readers.news.notify_waiters());
    }

    /// A place to wait, unless too many wait already.
    pub(crate) fn wait(&self, h0: &Digest) -> Option<Place<'_>> {
        self.with(h0, |readers| {
            (readers.polls < POLLS_MAX).then(|| {
                readers.polls += 1;
                Place { waiters: self, h0: *h0, news: readers.news.clone() }
            })
        })
    }

    /// The recipient's system was heard of, and knows items up to `n`.
    pub(crate) fn seen(&self, h0: &Digest, at: u64, n: u64) {
        self.with(h0, |readers| {
            readers.seen_at = readers.seen_at.max(at);
            readers.seen_n = readers.seen_n.max(n);
        });
    }

    /// When it was last heard of (0: never since the start), and up to which item it knows.
    pub(crate) fn last_seen(&self, h0: &Digest) -> (u64, u64) {
        let readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.get(h0).map_or((0, 0), |readers| (readers.seen_at, readers.seen_n))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiters.with(&self.h0, |readers| readers.polls -= 1);
    }
}
