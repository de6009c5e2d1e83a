//! Counters for `/metrics` (Prometheus text format 0.0.4). Per node and not per process, so that several nodes can run
//! in one process. No label names a mailbox or a party.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// The counters of one node.
        #[derive(Debug, Default)]
        pub(crate) struct Metrics { $($(#[$doc])* pub(crate) $name: AtomicU64),+ }

        impl Metrics {
            /// The page.
            pub(crate) fn render(&self, gauges: &[(&str, &str, u64)]) -> String {
                let mut out = String::new();
                $(push(&mut out, stringify!($name), $text, "counter", self.$name.load(Ordering::Relaxed));)+
                for (name, text, value) in gauges {
                    push(&mut out, name, text, "gauge", *value);
                }
                out
            }
        }
    };
}

metrics! {
    cosignatures_total = "Cosignatures given",
    cosignature_refusals_total = "Requests for a cosignature that were refused",
    misbehaviour_total = "Proofs that a log signed two trees",
    consignments_total = "Items taken into custody",
    consignment_refusals_total = "Consignments refused",
    polls_total = "Polls answered",
    fetches_total = "Items handed over",
    replies_total = "Replies lodged",
    disposals_total = "Items whose bodies were deleted",
    not_allowed_total = "Requests that no key in force allowed",
    heads_total = "Periods for which heads were signed",
    heads_missed_total = "Periods without heads, because no anchor or no sound directory was at hand",
    logged_total = "Statements that the exchange accepted for logging",
    log_failures_total = "Attempts to log a statement that failed",
    log_refused_total = "Statements that the exchange refused to log",
    notifications_total = "Pings that a transport took",
    notification_failures_total = "Pings that no transport took",
    follow_failures_total = "Refreshes of the directory that failed",
}

fn push(out: &mut String, name: &str, text: &str, kind: &str, value: u64) {
    // Writing to a String does not fail.
    let _ = write!(
        out,
        "# HELP monition_observer_{name} {text}\n# TYPE monition_observer_{name} {kind}\nmonition_observer_{name} {value}\n"
    );
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
