//! Whose signatures are enough.
//!
//! Spec: c2sp.org/tlog-policy (2026-06-22).
//!
//! ```text
//! log <vkey> [<url>]                        the key's name is the origin
//! witness <name> <vkey> [<url>]
//! group <name> all|any|<k> <name>…          only names defined before; each name in one group at most
//! quorum <name>|none                        exactly one
//! # comment
//! ```
//!
//! Lines end with a newline, the last one too; words stand apart by spaces and tabs only. Allowed bytes are
//! tab, newline, 0x20–0x7E and 0x80–0xFF, so a carriage return is an error and not white space.
//!
//! Stricter than the specification in two points, because implementations are known to disagree there: lines
//! other than comments are UTF-8, and no name or URL contains white space of Unicode (a no-break space looks like
//! two words to its reader and is one to the parser).
//!
//! [`Policy::verify`] checks the log's signature and every cosignature of a known witness, and gives times; how
//! many are enough for what is asked afterwards. Left to the caller: whether a time lies in the future.

mod parse;

use std::fmt;

use crate::checkpoint::{SignedCheckpoint, VerifiedCheckpoint};
use crate::codec::excerpt;
use crate::cosignature::{Timestamp, verify_cosignature};
use crate::error::{FormatError, VerifyError};
use crate::key::{KeyAlgorithm, VerifierKey};

/// Longest policy: 256 logs and 256 witnesses with ML-DSA-44 keys (1.8 kB each) and their URLs.
pub const MAX_POLICY_BYTES: usize = 1 << 20;

/// Most logs, most witnesses, and most groups. The specification asks for 32 of each.
pub const MAX_POLICY_ITEMS: usize = 256;

/// A log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The log's key; its name is the origin.
    pub key: VerifierKey,
    /// Where the log is; only its users know what this means.
    pub url: Option<String>,
}

/// A witness line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessLine {
    /// Its name within this policy.
    pub name: String,
    /// The key it cosigns with.
    pub key: VerifierKey,
    /// Its submission prefix, usually.
    pub url: Option<String>,
}

/// How many members of a group are needed, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// One.
    Any,
    /// Every one.
    All,
    /// This many.
    Count(usize),
}

/// A group line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name within this policy.
    pub name: String,
    /// How many members are needed, as written.
    pub threshold: Threshold,
    /// Names of witnesses and groups.
    pub members: Vec<String>,
}

impl Group {
    /// How many members are needed.
    #[must_use]
    pub fn needed(&self) -> usize {
        match self.threshold {
            Threshold::Any => 1,
            Threshold::All => self.members.len(),
            Threshold::Count(count) => count,
        }
    }
}

/// The quorum line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// No cosignature is needed.
    None,
    /// This witness or group.
    Of(String),
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Of(name) => f.write_str(name),
        }
    }
}

/// A policy. Its parts fit together: every name is defined, no key and no member occurs twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<LogLine>,
    witnesses: Vec<WitnessLine>,
    groups: Vec<Group>,
    quorum: Quorum,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`FormatError::Policy`] or [`FormatError::PolicyKey`] with line and rule, [`FormatError::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        parse::policy(bytes)
    }

    /// The accepted logs.
    #[must_use]
    pub fn logs(&self) -> &[LogLine] {
        &self.logs
    }

    /// The known witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[WitnessLine] {
        &self.witnesses
    }

    /// The groups, each after its members.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Who must have cosigned.
    #[must_use]
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// The canonical text: logs, witnesses, groups, quorum; one space between words, no comments.
    /// [`Policy::parse`] gives an equal policy back.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.to_string()
    }

    /// Checks that one of the logs signed, and every cosignature of a known witness. A single bad signature of
    /// a known key refuses the whole note. **Does not ask for the quorum**: see [`Policy::require_quorum`].
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, signed: &SignedCheckpoint) -> Result<Cosigned, VerifyError> {
        let origin = signed.origin().as_str();
        let mut keys = self.logs.iter().map(|log| &log.key).filter(|key| key.name().as_str() == origin).peekable();
        if keys.peek().is_none() {
            return Err(VerifyError::UnknownLog { origin: excerpt(origin) });
        }
        let mut verified = None;
        for key in keys.filter(|key| key.algorithm() == KeyAlgorithm::Ed25519) {
            match signed.clone().verify_log(key) {
                Ok(checkpoint) => verified = verified.or(Some((checkpoint, key.clone()))),
                // Any one key of the log is enough; a line of another one that fails is not forgiven.
                Err(VerifyError::NoLogSignature { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let (checkpoint, log_key) = verified.ok_or(VerifyError::NoLogSignature { origin: origin.to_owned() })?;
        let mut times = CosignedTimes::default();
        for witness in &self.witnesses {
            if let Some(time) = verify_cosignature(&witness.key, signed.note())? {
                times.insert(&witness.name, time);
            }
        }
        Ok(Cosigned { checkpoint, log_key, times })
    }

    /// True if those witnesses for whom `by` says yes satisfy the quorum.
    #[must_use]
    pub fn quorum_satisfied(&self, by: &dyn Fn(&str) -> bool) -> bool {
        let Quorum::Of(quorum) = &self.quorum else { return true };
        // Groups stand after their members, so one pass in their order settles all of them.
        let mut satisfied: Vec<&str> =
            self.witnesses.iter().map(|witness| witness.name.as_str()).filter(|name| by(name)).collect();
        for group in &self.groups {
            let count = group.members.iter().filter(|member| satisfied.contains(&member.as_str())).count();
            if count >= group.needed() {
                satisfied.push(&group.name);
            }
        }
        satisfied.contains(&quorum.as_str())
    }

    /// The smallest t for which the cosignatures with time ≤ t satisfy the quorum: the checkpoint existed *not
    /// after* t, unless more of those witnesses lie than the quorum allows for. `None`: quorum not met, or
    /// `none`, which proves no time.
    #[must_use]
    pub fn not_after(&self, times: &CosignedTimes) -> Option<Timestamp> {
        let sorted = self.sorted_times(times)?;
        sorted.into_iter().find(|t| self.quorum_satisfied(&|name| times.of(name).any(|time| time <= *t)))
    }

    /// The largest t for which the cosignatures with time ≥ t satisfy the quorum: at t the checkpoint was still
    /// the newest that so many had seen, so what quotes it was made *not before* t. `None` as in
    /// [`Policy::not_after`].
    #[must_use]
    pub fn not_before(&self, times: &CosignedTimes) -> Option<Timestamp> {
        let sorted = self.sorted_times(times)?;
        sorted.into_iter().rev().find(|t| self.quorum_satisfied(&|name| times.of(name).any(|time| time >= *t)))
    }

    fn sorted_times(&self, times: &CosignedTimes) -> Option<Vec<Timestamp>> {
        let mut sorted: Vec<_> = times.iter().map(|(_, time)| time).collect();
        sorted.sort_unstable();
        sorted.dedup();
        (self.quorum != Quorum::None).then_some(sorted)
    }

    /// Asks that the quorum is met.
    ///
    /// # Errors
    /// [`VerifyError::QuorumNotMet`].
    pub fn require_quorum(&self, cosigned: &Cosigned) -> Result<(), VerifyError> {
        if self.quorum_satisfied(&|name| cosigned.times.of(name).next().is_some()) {
            return Ok(());
        }
        Err(VerifyError::QuorumNotMet {
            found: cosigned.times.len(),
            quorum: self.quorum.to_string(),
            origin: cosigned.checkpoint.origin().to_string(),
            size: cosigned.checkpoint.head().size,
        })
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn url(url: &Option<String>) -> String {
            url.as_ref().map(|url| format!(" {url}")).unwrap_or_default()
        }
        for log in &self.logs {
            writeln!(f, "log {}{}", log.key, url(&log.url))?;
        }
        for witness in &self.witnesses {
            writeln!(f, "witness {} {}{}", witness.name, witness.key, url(&witness.url))?;
        }
        for group in &self.groups {
            write!(f, "group {} ", group.name)?;
            match group.threshold {
                Threshold::Any => f.write_str("any")?,
                Threshold::All => f.write_str("all")?,
                Threshold::Count(count) => write!(f, "{count}")?,
            }
            group.members.iter().try_for_each(|member| write!(f, " {member}"))?;
            writeln!(f)?;
        }
        writeln!(f, "quorum {}", self.quorum)
    }
}

/// Which witnesses of a policy cosigned a tree head, and when. Times of one head from several notes may be put
/// together; a witness then has several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CosignedTimes {
    times: Vec<(String, Timestamp)>,
}

impl CosignedTimes {
    /// Adds one; the same pair twice counts once.
    pub fn insert(&mut self, witness: &str, time: Timestamp) {
        if !self.times.iter().any(|(name, known)| name == witness && *known == time) {
            self.times.push((witness.to_owned(), time));
        }
    }

    /// Adds what another note says about the same tree head. That it is the same is for the caller to check.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(witness, time)| self.insert(witness, time));
    }

    /// All of them: name of the witness in the policy, and time.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.times.iter().map(|(witness, time)| (witness.as_str(), *time))
    }

    /// The times of one witness.
    pub fn of(&self, witness: &str) -> impl Iterator<Item = Timestamp> {
        self.times.iter().filter(move |(name, _)| name == witness).map(|(_, time)| *time)
    }

    /// Number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// True if nobody cosigned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

impl<S: Into<String>> FromIterator<(S, Timestamp)> for CosignedTimes {
    fn from_iter<I: IntoIterator<Item = (S, Timestamp)>>(pairs: I) -> Self {
        let mut times = Self::default();
        pairs.into_iter().for_each(|(witness, time)| times.insert(&witness.into(), time));
        times
    }
}

/// What a policy found in a checkpoint: signed by a known log, and by these witnesses at these times. Not yet:
/// by enough of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The checkpoint, signed by its log.
    pub checkpoint: VerifiedCheckpoint,
    /// With which of the policy's log keys.
    pub log_key: VerifierKey,
    /// Who of the policy's witnesses cosigned, and when.
    pub times: CosignedTimes,
}
