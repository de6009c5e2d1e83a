//! The finding: what the judge says, for programs and for people (docs/finding.md).

use super::steps::Step;
use crate::encoding::{Digest, Wid};
use crate::names::{ClassName, PartyName};
use crate::values::{ReplyStatus, Tlp, UnixSeconds, Urgency, WarningStatus};
use crate::warning::{Axis, Specificity, Value};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The format that this version writes.
pub(super) const FORMAT: &str = "monition-finding/1";

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is so.
    Proven,
    /// It is not so, through these mailboxes.
    Refuted,
    /// The evidence shown decides neither.
    NotDecidable,
}

impl Answer {
    /// The word in findings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Refuted => "refuted",
            Self::NotDecidable => "not-decidable",
        }
    }
}

/// An interval in which something happened. A missing end is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Not before.
    pub lo: Option<UnixSeconds>,
    /// Not after.
    pub hi: Option<UnixSeconds>,
}

impl Interval {
    /// Whether the two ends contradict each other.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        matches!((self.lo, self.hi), (Some(lo), Some(hi)) if lo > hi)
    }

    /// In words: `between … and …`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match (self.lo, self.hi) {
            (Some(lo), Some(hi)) if lo == hi => format!("at {lo}"),
            (Some(lo), Some(hi)) => format!("between {lo} and {hi}"),
            (None, Some(hi)) => format!("not after {hi}"),
            (Some(lo), None) => format!("not before {lo}"),
            (None, None) => "at a time that nothing bounds".to_owned(),
        }
    }
}

fn rfc3339<S: Serializer>(time: &Option<UnixSeconds>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// On whose trust a finding rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustBasis {
    /// Whether a quorum of witnesses stands behind it. If not, only the exchange does, and nothing is decided.
    pub witnessed: bool,
    /// SHA-256 of the policy.
    pub sha256: Digest,
    /// The organisations whose witnesses it names.
    pub organisations: Vec<String>,
    /// How many must have cosigned.
    pub k: usize,
    /// Of how many.
    pub n: usize,
    /// How many lying ones the finding survives.
    pub f: usize,
}

/// Claimed and shown specificity on each axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SpecificityPair {
    /// As the sender signed it.
    pub claimed: Specificity,
    /// Of the fields shown as told.
    pub shown: Specificity,
}

/// Who signed the warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The party.
    pub party: PartyName,
    /// `I0`, `I2` or `exchange`.
    pub grade: String,
    /// Who vouches for the name.
    pub sponsors: Vec<PartyName>,
    /// SHA-256 identifiers of its keys, to compare by telephone.
    pub keys: Vec<String>,
}

/// What was said, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The warning.
    pub wid: Wid,
    /// What kind of danger.
    pub class: ClassName,
    /// Urgency.
    pub urgency: Urgency,
    /// Traffic Light Protocol 2.0.
    pub tlp: Tlp,
    /// Its place in the chain of amendments.
    pub status: WarningStatus,
    /// Fields that are shown to have been told.
    pub told: BTreeMap<&'static str, Value>,
    /// Fields that the sender signed, of which no delivery is shown.
    pub signed_only: BTreeMap<&'static str, Value>,
}

/// Later warnings of the same `wid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Later {
    /// Later amendments and withdrawals that are shown.
    pub shown: usize,
    /// Whether one of those shown withdraws.
    pub withdrawn: bool,
    /// Whether those shown are known to be all: never, unless the sender's whole sequence is shown.
    pub complete: bool,
}

/// No answer by the deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// The deadline.
    #[serde(serialize_with = "rfc3339_always")]
    pub deadline: UnixSeconds,
    /// The custodians, all of the declaration, with whom none was lodged.
    pub custodians: Vec<PartyName>,
    /// Whether the deadline fell outside the declared hours.
    pub outside_hours: bool,
    /// What it rests on.
    pub rests_on: Vec<Digest>,
}

fn rfc3339_always<S: Serializer>(time: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// One proven fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Type of the statement, or of the conclusion.
    pub fact: String,
    /// Who signed it.
    pub by: Vec<PartyName>,
    /// In words.
    pub text: String,
    /// Not before.
    #[serde(serialize_with = "rfc3339")]
    pub not_before: Option<UnixSeconds>,
    /// Not after.
    #[serde(serialize_with = "rfc3339")]
    pub not_after: Option<UnixSeconds>,
    /// SHA-256 of the statements on which it rests.
    pub rests_on: Vec<Digest>,
}

/// What a reader must bear in mind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caveat {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub text: String,
}

/// A contradiction in what one party signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Misbehaviour {
    /// Who.
    pub party: PartyName,
    /// Stable code, `misbehaviour-…`.
    pub code: &'static str,
    /// In words.
    pub text: String,
    /// The statements, by SHA-256 of their bytes (of a note's, for a log).
    pub statements: Vec<Digest>,
}

/// What the judge says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// [`FORMAT`].
    pub format: &'static str,
    /// On whose trust it rests.
    pub trust: TrustBasis,
    /// Read these first.
    pub notice: Vec<String>,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: Answer,
    /// The answer in a full sentence.
    pub sentence: String,
    /// The highest step that is proven.
    pub step: Option<Step>,
    /// That step: not before.
    #[serde(serialize_with = "rfc3339")]
    pub not_before: Option<UnixSeconds>,
    /// That step: not after.
    #[serde(serialize_with = "rfc3339")]
    pub not_after: Option<UnixSeconds>,
    /// What the person answered, if one did.
    pub reply: Option<ReplyStatus>,
    /// Who warned.
    pub author: Option<Identity>,
    /// Who was warned.
    pub recipient: Option<Identity>,
    /// What was said.
    pub content: Option<Content>,
    /// How specific it was.
    pub specificity: Option<SpecificityPair>,
    /// Positions that are not shown, empty ones included.
    pub closed_fields: Option<usize>,
    /// Its number in the sequence from the sender to the recipient.
    pub sequence: Option<u64>,
    /// Later amendments and withdrawals.
    pub later: Option<Later>,
    /// No answer by the deadline, if that is proven.
    pub silence: Option<Silence>,
    /// Every proven fact, by time.
    pub timeline: Vec<Fact>,
    /// What to bear in mind.
    pub caveats: Vec<Caveat>,
    /// Who contradicted itself.
    pub misbehaviour: Vec<Misbehaviour>,
    /// For each conclusion, SHA-256 of the statements on which it rests.
    pub rests_on: BTreeMap<String, Vec<Digest>>,
}

impl Finding {
    /// The finding in plain language, a line for each thing said. Ends with a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{text}");
        };
        // Without witnesses the first line says so.
        let first = usize::from(!self.trust.witnessed);
        self.notice.iter().take(first).for_each(|notice| line(notice.clone()));
        line(format!("Rests on: {}", self.trust_in_words()));
        for notice in self.notice.iter().skip(first) {
            line(format!("          {notice}"));
        }
        line(format!("Question: {}", self.question));
        line(format!("Answer:   {}", self.answer.as_str().to_uppercase()));
        line(format!("          {}", self.sentence));
        for (role, identity) in [("Author", &self.author), ("To", &self.recipient)] {
            if let Some(identity) = identity {
                line(format!("{:<10}{}", format!("{role}:"), identity.in_words()));
            }
        }
        if let Some(content) = &self.content {
            line(format!(
                "Said:     {}, urgency {}, TLP:{}, {}",
                content.class, content.urgency, content.tlp, content.status
            ));
            for (name, value) in content.told.iter().filter(|(_, value)| **value != Value::Null) {
                line(format!("          {name}: {}", value_in_words(value)));
            }
            let empty = content.told.values().filter(|value| **value == Value::Null).count();
            line(format!("          ({empty} more fields were told to be empty)"));
            for (name, value) in content.signed_only.iter().filter(|(_, value)| **value != Value::Null) {
                line(format!("          {name}: {} (signed by the author, delivery not shown)", value_in_words(value)));
            }
        }
        if let Some(spec) = &self.specificity {
            line(format!("Specific: {} (0 nothing … 4 exact; shown / claimed)", spec.in_words()));
        }
        if let (Some(closed), Some(sequence), Some(later)) = (self.closed_fields, self.sequence, self.later) {
            line(format!(
                "Closed:   {closed} of {} fields are not shown, empty ones included",
                crate::warning::POSITIONS
            ));
            line(format!("Sequence: no. {sequence} from its author to the recipient; {}", later.in_words()));
        }
        if let Some(silence) = &self.silence {
            line(format!("Silence:  {}", silence.in_words()));
        }
        if !self.timeline.is_empty() {
            line("Timeline:".to_owned());
            for fact in &self.timeline {
                let interval = Interval { lo: fact.not_before, hi: fact.not_after };
                let when = if self.trust.witnessed { interval.in_words() } else { "no time".to_owned() };
                line(format!("  - {} ({when})", fact.text));
            }
        }
        for caveat in &self.caveats {
            line(format!("Caveat:   {} [{}]", caveat.text, caveat.code));
        }
        for liar in &self.misbehaviour {
            line(format!("MISBEHAVIOUR by {}: {} [{}]", liar.party, liar.text, liar.code));
        }
        out
    }

    fn trust_in_words(&self) -> String {
        let TrustBasis { witnessed, k, n, f, sha256, organisations } = &self.trust;
        if !witnessed {
            return format!("the log keys in the policy with SHA-256 {sha256}, and no witness");
        }
        let names = organisations.join(", ");
        format!("{k} of {n} organisations ({names}), {f} of which may lie; policy SHA-256 {sha256}")
    }
}

impl Identity {
    fn in_words(&self) -> String {
        match self.grade.as_str() {
            "I0" => format!("{} (grade I0: known by its key alone)", self.party),
            "I2" => {
                let sponsors: Vec<&str> = self.sponsors.iter().map(PartyName::as_str).collect();
                format!("{} (grade I2: the name is vouched for by {})", self.party, sponsors.join(" and "))
            }
            _ => format!("{} (the exchange itself)", self.party),
        }
    }
}

impl SpecificityPair {
    fn in_words(&self) -> String {
        let axes = self.shown.axes().zip(self.claimed.axes());
        let words: Vec<String> =
            axes.map(|((axis, shown), (_, claimed))| format!("{} {shown}/{claimed}", axis_name(axis))).collect();
        words.join(", ")
    }
}

pub(super) fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Actor => "actor",
        Axis::Target => "target",
        Axis::Place => "place",
        Axis::Time => "time",
        Axis::Means => "means",
        Axis::Source => "source",
    }
}

impl Later {
    pub(super) fn in_words(self) -> String {
        match (self.shown, self.withdrawn) {
            (0, _) => "whether it was later amended or withdrawn is not shown".to_owned(),
            (1, true) => "a later withdrawal is shown".to_owned(),
            (1, false) => "a later amendment is shown".to_owned(),
            (n, true) => format!("{n} later amendments or withdrawals are shown"),
            (n, false) => format!("{n} later amendments are shown"),
        }
    }
}

impl Silence {
    pub(super) fn in_words(&self) -> String {
        let names: Vec<&str> = self.custodians.iter().map(PartyName::as_str).collect();
        let hours = if self.outside_hours { "; the deadline fell outside the recipient's declared hours" } else { "" };
        format!("no answer lodged with {} by {}{hours}", names.join(" or "), self.deadline)
    }
}

fn value_in_words(value: &Value) -> String {
    match value {
        Value::Null => "(not used)".to_owned(),
        Value::Time(time) => time.to_string(),
        Value::Text(text) => text.as_str().replace('\n', "\n            "),
        Value::Attachment(info) => format!("{}, {} bytes, SHA-256 {}", info.media_type, info.size, info.sha256),
    }
}
