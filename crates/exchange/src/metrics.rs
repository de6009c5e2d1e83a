//! Figures for operators, in the text format of Prometheus. No label holds a name of a party or anything secret.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! metrics {
    ($($field:ident: $kind:literal = $name:literal, $help:literal;)+) => {
        /// Counters and gauges of one exchange.
        #[derive(Debug, Default)]
        #[allow(missing_docs, reason = "each field's meaning is the help text of its metric")]
        pub struct Metrics { $(pub $field: Metric),+ }

        impl Metrics {
            /// All of them as text.
            #[must_use]
            pub fn render(&self) -> String {
                let mut out = String::new();
                $(
                    // Writing to a String does not fail.
                    let _ = writeln!(out, concat!("# HELP ", $name, " ", $help));
                    let _ = writeln!(out, concat!("# TYPE ", $name, " ", $kind));
                    let _ = writeln!(out, concat!($name, " {}"), self.$field.value());
                )+
                out
            }
        }
    };
}

metrics! {
    requests: "counter" = "monition_http_requests_total", "HTTP requests.";
    refused: "counter" = "monition_http_refused_total", "HTTP answers with a problem document.";
    limited: "counter" = "monition_limited_total", "Requests refused by a rate limit or a full queue.";
    accepted: "counter" = "monition_submissions_accepted_total", "Submissions accepted for the first time.";
    replayed: "counter" = "monition_submissions_replayed_total", "Submissions sent again.";
    rejected: "counter" = "monition_submissions_rejected_total", "Submissions refused with a logged rejection.";
    contradictions: "counter" = "monition_contradictions_total", "Second statements with one (iss, eid).";
    batches: "counter" = "monition_batches_total", "Durable transactions that grew a log.";
    leaves: "counter" = "monition_leaves_total", "Entries of both logs since the start.";
    commit_us: "counter" = "monition_commit_microseconds_total", "Time spent in transactions and head swaps.";
    log_size: "gauge" = "monition_log_size", "Committed entries of the log.";
    directory_size: "gauge" = "monition_directory_size", "Committed entries of the directory.";
    log_published: "gauge" = "monition_log_published_size", "Published entries of the log.";
    directory_published: "gauge" = "monition_directory_published_size", "Published entries of the directory.";
    publications: "counter" = "monition_publications_total", "Published checkpoints.";
    unwitnessed: "counter" = "monition_publications_below_quorum_total", "Published checkpoints with fewer cosignatures than the quorum.";
    witness_failures: "counter" = "monition_witness_failures_total", "Requests to witnesses that gave no cosignature.";
    last_cosigned: "gauge" = "monition_last_cosigned_seconds", "Unix time of the newest checkpoint with quorum.";
    consigned: "counter" = "monition_consignments_total", "Consignments logged.";
    delivery_failures: "counter" = "monition_delivery_failures_total", "Attempts to deliver that failed.";
}

/// One number.
#[derive(Debug, Default)]
pub struct Metric(AtomicU64);

impl Metric {
    /// One more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Some more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// From now on this.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The number.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
