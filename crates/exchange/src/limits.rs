//! Token buckets, one for each (party, purpose): what one sender uses up, no other lacks.
//!
//! Strangers have buckets by network address, and those are charged for failures alone. There is no cap over all senders
//! together that somebody without an enrolled key could exhaust.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens that come back each second.
    pub per_second: u32,
    /// Most tokens at once.
    pub burst: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a token.
    milli: u64,
    at_ms: u64,
}

/// Buckets by key.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

/// Keys kept before full buckets are dropped: a full bucket says nothing that an absent one does not.
const BUCKETS_MAX: usize = 16_384;

impl<K: Eq + Hash> Buckets<K> {
    /// Full buckets.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes `cost` tokens.
    ///
    /// # Errors
    /// Seconds until they will be there.
    pub fn take(&self, key: K, cost: u32, now_ms: u64) -> Result<(), u64> {
        self.change(key, cost, now_ms, true)
    }

    /// Whether `cost` tokens are there; takes none.
    ///
    /// # Errors
    /// Seconds until they will be there.
    pub fn look(&self, key: K, cost: u32, now_ms: u64) -> Result<(), u64> {
        self.change(key, cost, now_ms, false)
    }

    fn change(&self, key: K, cost: u32, now_ms: u64, take: bool) -> Result<(), u64> {
        let (full, cost) = (u64::from(self.rate.burst) * 1000, u64::from(cost) * 1000);
        // One token a second is a thousandth of a token a millisecond.
        let filled = |bucket: &Bucket| {
            let more = now_ms.saturating_sub(bucket.at_ms).saturating_mul(u64::from(self.rate.per_second));
            bucket.milli.saturating_add(more).min(full)
        };
        // A panic elsewhere leaves whole buckets: each change is one assignment.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| filled(bucket) < full);
        }
        let milli = buckets.get(&key).map_or(full, filled);
        if milli < cost {
            let missing = cost - milli;
            return Err(missing.div_ceil(u64::from(self.rate.per_second.max(1)) * 1000).max(1));
        }
        if take {
            buckets.insert(key, Bucket { milli: milli - cost, at_ms: now_ms });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_and_leaves_others_alone() {
        let buckets = Buckets::new(Rate { per_second: 2, burst: 3 });
        for _ in 0..3 {
            buckets.take("a", 1, 0).unwrap();
        }
        assert_eq!(buckets.take("a", 1, 0), Err(1));
        assert_eq!(buckets.look("b", 3, 0), Ok(()));
        assert_eq!(buckets.take("a", 1, 499), Err(1));
        assert_eq!(buckets.take("a", 1, 500), Ok(()));
        assert_eq!(buckets.take("a", 4, 1_000_000), Err(1));
    }
}
