//! Where the exchange's processor time goes: Linux `perf` samples the running process with its call stacks, and each
//! sample counts for the first kind of work that its stack names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Kinds of work, by what their stacks name; the first that fits counts. A thread of the storage is storage, whatever it
/// calls; what is left on the other threads is HTTP: sockets, hyper, routing, the scheduler of tasks.
const KINDS: [(&str, &[&str]); 6] = [
    ("store", &["store-write", "store-read", "store-head"]),
    ("verify", &["verify_strict", "PublicKey::verify", "vartime_double", "Jws::verify", "verify_prehashed"]),
    ("sign", &["SecretKey::sign", "SigningKey", "ed25519_dalek::signing", "mul_base"]),
    ("hash", &["sha2::", "sha256", "Layout"]),
    ("statement form (JSON, base64url)", &["serde", "Jws", "jws::", "statement::", "base64", "Statement"]),
    ("sequencer and tree", &["sequencer", "::tree::", "monition_tlog"]),
];

/// A running `perf record`.
pub struct Profile {
    child: Child,
    data: PathBuf,
}

/// None where perf is not installed or not allowed.
pub fn start(pid: u32, folder: &Path) -> Option<Profile> {
    let data = folder.join("perf.data");
    let mut perf = Command::new("perf");
    perf.args(["record", "-e", "cpu-clock", "-F", "250", "--call-graph", "dwarf,16384", "-p", &pid.to_string(), "-o"]);
    let child = perf.arg(&data).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    Some(Profile { child, data })
}

impl Profile {
    /// Shares of the samples by kind, largest first.
    pub fn stop(mut self) -> Option<Vec<(String, f64)>> {
        // perf writes its file when it is interrupted.
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().ok()?;
        self.child.wait().ok()?;
        let output = Command::new("perf").args(["script", "-F", "comm,ip,sym", "-i"]).arg(&self.data).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        let mut all = 0;
        for sample in text.split("\n\n").filter(|sample| !sample.trim().is_empty()) {
            let kind = KINDS.iter().find(|(_, names)| names.iter().any(|name| sample.contains(name)));
            *counts.entry(kind.map_or("HTTP and the rest", |(kind, _)| kind)).or_default() += 1;
            all += 1;
        }
        let mut shares: Vec<_> =
            counts.into_iter().map(|(kind, count)| (kind.to_owned(), f64::from(count) / f64::from(all))).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        (all > 0).then_some(shares)
    }
}
