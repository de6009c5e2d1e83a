//! Figures about connections, in the text format of Prometheus. No label names an address or a client.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one listener.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections that are open.
    pub open: AtomicU64,
    /// Connections taken.
    pub accepted: AtomicU64,
    /// Connections, and requests through a proxy, that were refused because their address has too many.
    pub refused: AtomicU64,
    /// TLS handshakes that failed or took too long.
    pub handshake_failures: AtomicU64,
    /// Times that changed certificate files were taken into use.
    pub reloads: AtomicU64,
    /// Times that changed certificate files could not be used.
    pub reload_failures: AtomicU64,
    /// When the server's certificate ends, Unix time; 0 without TLS.
    pub certificate_ends: AtomicU64,
}

impl Counters {
    /// All of them as text. `prefix` begins each name, such as `monition_`.
    #[must_use]
    pub fn render(&self, prefix: &str) -> String {
        let rows = [
            ("connections_open", "gauge", "Connections that are open.", &self.open),
            ("connections_total", "counter", "Connections taken.", &self.accepted),
            ("connections_refused_total", "counter", "Refused: too many from one address.", &self.refused),
            (
                "tls_handshake_failures_total",
                "counter",
                "TLS handshakes that failed or took too long.",
                &self.handshake_failures,
            ),
            ("tls_reloads_total", "counter", "Changed certificate files taken into use.", &self.reloads),
            ("tls_reload_failures_total", "counter", "Changed certificate files not usable.", &self.reload_failures),
            (
                "tls_certificate_ends_seconds",
                "gauge",
                "Unix time at which the certificate ends; 0 without TLS.",
                &self.certificate_ends,
            ),
        ];
        let mut out = String::new();
        for (name, kind, help, value) in rows {
            let value = value.load(Ordering::Relaxed);
            // Writing to a String does not fail.
            let _ = write!(out, "# HELP {prefix}{name} {help}\n# TYPE {prefix}{name} {kind}\n{prefix}{name} {value}\n");
        }
        out
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
