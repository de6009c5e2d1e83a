//! Finished pages in memory, bounded in bytes.
//!
//! A page is kept under all that decides about its content except the account: the level up to which the caller sees, the
//! place where it begins, the filters. Only where something is addressed to some accounts is the account part of the key.
//! A page that is full (`more`) stays right while objects are added, for they come after it; it ends when something that
//! was there changes. A page that is not full ends with either.

use crate::store::{Counters, Shape};
use crate::tlp::Tlp;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

/// What decides about the content of a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    pub(crate) shape: Shape,
    pub(crate) collection: i64,
    pub(crate) ceiling: Tlp,
    /// 0 where nothing is addressed.
    pub(crate) account: i64,
    pub(crate) low: i64,
    pub(crate) limit: usize,
    pub(crate) filters: Vec<u8>,
}

/// The state of a collection before a page was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    appended: u64,
    changed: u64,
}

impl Generation {
    pub(crate) fn of(counters: &Counters) -> Self {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Acquire);
        Self { appended: load(&counters.appended), changed: load(&counters.changed) }
    }
}

/// A page without what differs from caller to caller.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// From the comma before the list to the end of the body; empty if there are no items.
    pub(crate) tail: Bytes,
    /// The header values.
    pub(crate) first_added: Bytes,
    pub(crate) last_added: Bytes,
    pub(crate) last_key: i64,
    pub(crate) more: bool,
}

#[derive(Debug)]
struct Entry {
    generation: Generation,
    page: Finished,
    used: bool,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<CacheKey, Entry>,
    /// In the order of arrival; a page that was used since gets another turn.
    order: VecDeque<CacheKey>,
    bytes: usize,
}

/// The pages.
#[derive(Debug)]
pub(crate) struct Cache {
    inner: Mutex<Inner>,
    bytes_max: usize,
}

/// What an entry costs besides its body.
const ENTRY_BYTES: usize = 512;

impl Cache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { inner: Mutex::default(), bytes_max }
    }

    pub(crate) fn find(&self, key: &CacheKey, now: Generation) -> Option<Finished> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = inner.entries.get_mut(key)?;
        let fresh =
            entry.generation.changed == now.changed && (entry.page.more || entry.generation.appended == now.appended);
        entry.used = fresh;
        fresh.then(|| entry.page.clone())
    }

    pub(crate) fn put(&self, key: CacheKey, generation: Generation, page: Finished) {
        let size = |page: &Finished, key: &CacheKey| page.tail.len() + key.filters.len() + ENTRY_BYTES;
        let new = size(&page, &key);
        // One page must not push out all the others.
        if new > self.bytes_max / 4 {
            return;
        }
        let mut guard = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *guard;
        let entry = Entry { generation, page, used: false };
        match inner.entries.insert(key.clone(), entry) {
            Some(old) => inner.bytes -= size(&old.page, &key),
            None => inner.order.push_back(key),
        }
        inner.bytes += new;
        while inner.bytes > self.bytes_max {
            let Some(oldest) = inner.order.pop_front() else { break };
            match inner.entries.get_mut(&oldest) {
                Some(entry) if entry.used => {
                    entry.used = false;
                    inner.order.push_back(oldest);
                }
                _ => {
                    if let Some(old) = inner.entries.remove(&oldest) {
                        inner.bytes -= size(&old.page, &oldest);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(low: i64) -> CacheKey {
        let filters = Vec::new();
        CacheKey { shape: Shape::Objects, collection: 1, ceiling: Tlp::Red, account: 0, low, limit: 9, filters }
    }

    fn page(bytes: usize, more: bool) -> Finished {
        let empty = Bytes::new();
        let tail = Bytes::from(vec![b'x'; bytes]);
        Finished { tail, first_added: empty.clone(), last_added: empty, last_key: 0, more }
    }

    #[test]
    fn a_full_page_outlives_additions_and_no_page_outlives_a_change() {
        let cache = Cache::new(1 << 20);
        let counters = Counters::default();
        cache.put(key(0), Generation::of(&counters), page(10, true));
        cache.put(key(1), Generation::of(&counters), page(10, false));
        counters.appended.fetch_add(1, Ordering::AcqRel);
        assert!(cache.find(&key(0), Generation::of(&counters)).is_some());
        assert!(cache.find(&key(1), Generation::of(&counters)).is_none());
        counters.changed.fetch_add(1, Ordering::AcqRel);
        assert!(cache.find(&key(0), Generation::of(&counters)).is_none());
    }

    #[test]
    fn memory_stays_within_its_bound_and_what_is_used_stays_longer() {
        let cache = Cache::new(100_000);
        let now = Generation::of(&Counters::default());
        for low in 0..1000 {
            cache.put(key(low), now, page(10_000, true));
            assert!(cache.find(&key(0), now).is_some(), "{low}");
            assert!(cache.inner.lock().unwrap().bytes <= 100_000);
        }
        cache.put(key(5000), now, page(90_000, true));
        assert!(cache.find(&key(5000), now).is_none());
    }
}
