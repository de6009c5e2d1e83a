//! Token buckets: for each account its requests, for each address its failed logins.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
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
pub(crate) struct Buckets<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

/// Keys kept before full buckets are dropped: a full bucket says nothing that an absent one does not.
const BUCKETS_MAX: usize = 16_384;

impl<K: Eq + Hash> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one token, or says after how many seconds there will be one.
    pub(crate) fn take(&self, key: K, now_ms: u64) -> Result<(), u64> {
        self.change(key, now_ms, true)
    }

    /// Whether a token is there; takes none.
    pub(crate) fn look(&self, key: K, now_ms: u64) -> Result<(), u64> {
        self.change(key, now_ms, false)
    }

    fn change(&self, key: K, now_ms: u64, take: bool) -> Result<(), u64> {
        let full = u64::from(self.rate.burst.max(1)) * 1000;
        // One token a second is a thousandth of a token a millisecond.
        let filled = |bucket: &Bucket| {
            let more = now_ms.saturating_sub(bucket.at_ms).saturating_mul(u64::from(self.rate.per_second));
            bucket.milli.saturating_add(more).min(full)
        };
        // A panic elsewhere leaves whole buckets: each change is one assignment.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| filled(bucket) < full);
            if buckets.len() >= BUCKETS_MAX {
                // Everybody is failing at once; who came last is not remembered, and memory stays bounded.
                return Ok(());
            }
        }
        let milli = buckets.get(&key).map_or(full, filled);
        if milli < 1000 {
            return Err((1000 - milli).div_ceil(u64::from(self.rate.per_second.max(1)) * 1000).max(1));
        }
        if take {
            buckets.insert(key, Bucket { milli: milli - 1000, at_ms: now_ms });
        }
        Ok(())
    }
}

/// What counts as one address: an IPv6 subscriber has a whole /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
        },
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_and_leaves_others_alone() {
        let buckets = Buckets::new(Rate { per_second: 2, burst: 3 });
        for _ in 0..3 {
            buckets.take("a", 0).unwrap();
        }
        assert_eq!(buckets.take("a", 0), Err(1));
        assert_eq!(buckets.look("b", 0), Ok(()));
        assert_eq!(buckets.take("a", 499), Err(1));
        assert_eq!(buckets.take("a", 500), Ok(()));
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
