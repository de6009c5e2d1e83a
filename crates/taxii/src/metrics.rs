//! Counters for whoever runs the server.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        #[derive(Debug, Default)]
        pub(crate) struct Metrics { $(pub(crate) $name: AtomicU64,)+ }

        /// Counts since the server was opened.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)+ }

        impl Metrics {
            pub(crate) fn counts(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)+ }
            }
        }

        impl Counts {
            /// Name and value of each counter, for an exporter.
            #[must_use]
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

counters! {
    /// Requests that came.
    requests,
    /// Requests answered with 4xx.
    refused,
    /// Requests answered with 5xx.
    failed,
    /// Requests answered with 401.
    unauthenticated,
    /// Requests answered with 429.
    limited,
    /// Pages answered from memory.
    pages_from_memory,
    /// Pages read from the database.
    pages_read,
    /// Objects added.
    objects_added,
    /// Objects that were there already.
    objects_present,
    /// Objects refused.
    objects_refused,
    /// Objects removed.
    objects_removed,
    /// Transactions written.
    commits,
}

impl Metrics {
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}
