//! Figures for operators, in the text format of Prometheus. No label holds a name of a party or anything secret.

use monition_evidence::wire::exchange_paths as paths;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

macro_rules! metrics {
    ($($field:ident: $kind:literal = $name:literal, $help:literal;)+) => {
        /// Counters, gauges and histograms of one exchange.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each field's meaning is the help text of its metric")]
        pub struct Metrics {
            $(pub $field: Metric,)+
            /// How long requests took, by class.
            pub requests_took: [Histogram; Class::ALL.len()],
            /// Leaves of each durable transaction that grew a log.
            pub batch_leaves: Histogram,
            /// How long each such transaction took, head swap included.
            pub commit_took: Histogram,
        }

        impl Default for Metrics {
            fn default() -> Self {
                Self {
                    $($field: Metric::default(),)+
                    requests_took: std::array::from_fn(|_| Histogram::new(&DURATIONS_US)),
                    batch_leaves: Histogram::new(&BATCH_LEAVES),
                    commit_took: Histogram::new(&DURATIONS_US),
                }
            }
        }

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
                self.render_histograms(&mut out);
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
    envelopes: "counter" = "monition_taxii_envelopes_total", "Acceptances of TAXII envelopes logged.";
    handovers: "counter" = "monition_taxii_handovers_total", "Handovers of warnings by TAXII logged.";
    evidence_failures: "counter" = "monition_taxii_evidence_failures_total", "Attempts to log evidence about TAXII that have to be repeated.";
}

/// Upper bounds for durations, in microseconds.
const DURATIONS_US: [u64; 15] = [
    250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000,
    30_000_000,
];

/// Upper bounds for batches, in leaves.
const BATCH_LEAVES: [u64; 13] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/// Routes that cost alike. Few, so that the page stays small, and none names anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `POST /v1/submissions`.
    Submission,
    /// `POST /v1/statements` and `/v1/commitments`.
    Statement,
    /// `POST /v1/directory`.
    Directory,
    /// `POST /v1/case`, `/v1/proof` and `/v1/notes`.
    Lookup,
    /// Checkpoints and tiles.
    Log,
    /// All else, also what is not there.
    Other,
}

impl Class {
    /// All of them, in the order of their numbers.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Submission, "submission"),
        (Self::Statement, "statement"),
        (Self::Directory, "directory"),
        (Self::Lookup, "lookup"),
        (Self::Log, "log"),
        (Self::Other, "other"),
    ];

    /// The class of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path {
            paths::SUBMISSIONS => Self::Submission,
            paths::STATEMENTS | paths::COMMITMENTS => Self::Statement,
            paths::DIRECTORY => Self::Directory,
            paths::CASE | paths::PROOF | paths::NOTES => Self::Lookup,
            _ if path.starts_with("/log/") || path.starts_with("/directory/") => Self::Log,
            _ => Self::Other,
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn request_took(&self, class: Class, took: Duration) {
        self.requests_took[class as usize].observe(microseconds(took));
    }

    /// A transaction grew a log.
    pub fn committed(&self, leaves: u64, took: Duration) {
        self.batches.increment();
        self.leaves.add(leaves);
        self.commit_us.add(microseconds(took));
        self.batch_leaves.observe(leaves);
        self.commit_took.observe(microseconds(took));
    }

    fn render_histograms(&self, out: &mut String) {
        let seconds = 1e6;
        head(
            out,
            "monition_http_request_duration_seconds",
            "From the header of a request to the header of its answer.",
        );
        for (histogram, (_, class)) in self.requests_took.iter().zip(Class::ALL) {
            histogram.render(out, "monition_http_request_duration_seconds", &format!("class=\"{class}\""), seconds);
        }
        head(out, "monition_batch_leaves", "Leaves of each durable transaction that grew a log.");
        self.batch_leaves.render(out, "monition_batch_leaves", "", 1.0);
        head(out, "monition_commit_duration_seconds", "Time of each such transaction and its head swap.");
        self.commit_took.render(out, "monition_commit_duration_seconds", "", seconds);
    }
}

fn microseconds(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn head(out: &mut String, name: &str, help: &str) {
    // Writing to a String does not fail.
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} histogram\n");
}

/// How often values fell between fixed bounds.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One more than bounds: the last counts what lies above all of them.
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Counts a value; one that equals a bound lies below it.
    pub fn observe(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Values counted so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// `scale`: how many of our units make one of the metric's.
    fn render(&self, out: &mut String, name: &str, label: &str, scale: f64) {
        let with = |more: &str| match (label, more) {
            ("", "") => String::new(),
            ("", only) | (only, "") => format!("{{{only}}}"),
            (label, more) => format!("{{{label},{more}}}"),
        };
        let mut below = 0;
        for (place, count) in self.counts.iter().enumerate() {
            below += count.load(Ordering::Relaxed);
            let bound = self.bounds.get(place).map_or("+Inf".to_owned(), |bound| (*bound as f64 / scale).to_string());
            let _ = writeln!(out, "{name}_bucket{} {below}", with(&format!("le=\"{bound}\"")));
        }
        let sum = self.sum.load(Ordering::Relaxed) as f64 / scale;
        // The same number as the last bucket, whatever was counted meanwhile.
        let _ = write!(out, "{name}_sum{} {sum}\n{name}_count{} {below}\n", with(""), with(""));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_a_value_on_a_bound_lies_below_it() {
        let metrics = Metrics::default();
        metrics.committed(1, Duration::from_micros(250));
        metrics.committed(2, Duration::from_micros(251));
        metrics.committed(5000, Duration::from_secs(60));
        metrics.request_took(Class::of(paths::PROOF), Duration::from_millis(2));
        let page = metrics.render();
        for line in [
            "monition_batch_leaves_bucket{le=\"1\"} 1",
            "monition_batch_leaves_bucket{le=\"4096\"} 2",
            "monition_batch_leaves_bucket{le=\"+Inf\"} 3",
            "monition_batch_leaves_sum 5003",
            "monition_batch_leaves_count 3",
            "monition_commit_duration_seconds_bucket{le=\"0.00025\"} 1",
            "monition_commit_duration_seconds_bucket{le=\"0.0005\"} 2",
            "monition_commit_duration_seconds_bucket{le=\"30\"} 2",
            "monition_http_request_duration_seconds_bucket{class=\"lookup\",le=\"0.001\"} 0",
            "monition_http_request_duration_seconds_bucket{class=\"lookup\",le=\"0.0025\"} 1",
            "monition_http_request_duration_seconds_sum{class=\"lookup\"} 0.002",
            "monition_http_request_duration_seconds_count{class=\"other\"} 0",
            "monition_batches_total 3",
        ] {
            assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
        }
        for (number, (class, _)) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
        }
    }
}
