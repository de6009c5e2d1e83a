//! From dossiers to facts: every note, entry, proof and signature is verified here, once, and nowhere else.
//!
//! The union of the dossiers is taken first. A part that does not verify refuses the whole judgement
//! ([`EvidenceError`]): it is bad evidence, not a fact. A part that verifies but may not be relied upon (a revoked key,
//! an unlogged statement) is kept with the reason, so that the finding can say so.

use super::believe::Believe;
use super::finding::{Caveat, Interval};
use crate::directory::{Directory, DirectoryError, Signer};
use crate::dossier::{BodiesPart, Dossier, ListingPart, SegmentPart};
use crate::encoding::{Digest, sha256};
use crate::names::ExchangeName;
use crate::statement::{Body, Statement, StatementError};
use crate::values::UnixSeconds;
use crate::warning::{Disclosed, Disclosure, DisclosureError, Warning};
use monition_tlog::{
    CosignedTimes, FormatError, Hash, LeafIndex, MemoryTree, Origin, ProofError, SignedCheckpoint, Timestamp, TreeHead,
    TrustPolicy, VerifyError, leaf_hash, verify_inclusion,
};
use std::collections::BTreeMap;

/// Why evidence is refused: a part of it is not what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The dossiers belong to two exchanges.
    #[error("the dossiers belong to two exchanges, {first} and {other}; judge them one exchange at a time")]
    TwoExchanges {
        /// Of the first dossier.
        first: ExchangeName,
        /// Of another.
        other: ExchangeName,
    },
    /// The trust policy has no key for a log of the exchange.
    #[error("the trust policy names no key for the log {origin:?}")]
    LogNotTrusted {
        /// The log.
        origin: String,
    },
    /// A note is malformed.
    #[error("note {note} is malformed: {source}")]
    NoteFormat {
        /// SHA-256 of the note.
        note: Digest,
        /// Why.
        source: FormatError,
    },
    /// A note does not verify.
    #[error("note {note} does not verify: {source}")]
    Note {
        /// SHA-256 of the note.
        note: Digest,
        /// Why.
        source: VerifyError,
    },
    /// A statement is malformed.
    #[error("statement {statement} is malformed: {source}")]
    Statement {
        /// SHA-256 of its bytes.
        statement: Digest,
        /// Why.
        source: StatementError,
    },
    /// A statement's signature does not fit.
    #[error("statement {statement} does not verify: {source}")]
    Signature {
        /// SHA-256 of its bytes.
        statement: Digest,
        /// Why.
        source: DirectoryError,
    },
    /// The directory's entries are not those of a note.
    #[error("the directory shown does not lead to the root that note {note} signs for {size} entries")]
    DirectoryRoot {
        /// SHA-256 of the note.
        note: Digest,
        /// Entries.
        size: u64,
    },
    /// Two dossiers show two directories.
    #[error("the dossiers show two different directories from entry {index} on")]
    TwoDirectories {
        /// First entry that differs.
        index: u64,
    },
    /// A proof names a note or a statement that is not in the dossier.
    #[error("a proof names {missing}, which is not in the dossier")]
    Dangling {
        /// The digest.
        missing: Digest,
    },
    /// A proof does not lead to the root of its note.
    #[error("the proof for statement {statement} does not hold: {source}")]
    Proof {
        /// SHA-256 of the statement.
        statement: Digest,
        /// Why.
        source: ProofError,
    },
    /// A disclosure is not what the sender signed.
    #[error("a disclosure of core {core} is refused: {source}")]
    Disclosure {
        /// Identity of the core.
        core: Digest,
        /// Why.
        source: DisclosureError,
    },
    /// A core part does not hold a warning.
    #[error("part {statement} stands among the cores and is no warning")]
    NotACore {
        /// SHA-256 of its bytes.
        statement: Digest,
    },
    /// Another part does not fit what was signed.
    #[error("a {part} does not fit what was signed: {detail}")]
    Part {
        /// Which kind.
        part: &'static str,
        /// Why.
        detail: String,
    },
}

/// A head of a log with everything that the notes shown say about it.
struct Head {
    origin: String,
    head: TreeHead,
    times: CosignedTimes,
}

/// A note that verifies.
struct VerifiedNote {
    head: TreeHead,
    origin: String,
    times: CosignedTimes,
}

/// A statement whose signature fits.
pub(super) struct Logged {
    pub(super) statement: Statement,
    pub(super) digest: Digest,
    pub(super) signer: Signer,
    /// When it was made; `hi` is missing unless it is shown to stand in the log.
    pub(super) interval: Interval,
    /// Why it is not relied upon, if it is not.
    pub(super) refused: Option<String>,
    /// Its key or name was within the directory's delay.
    pub(super) provisional: bool,
}

impl Logged {
    /// Logged, witnessed, and signed with a key in force.
    pub(super) fn stands(&self) -> bool {
        self.refused.is_none() && self.interval.hi.is_some()
    }

    /// Its lower bound, where nothing contradicts it.
    pub(super) fn lo(&self) -> Option<UnixSeconds> {
        if self.interval.is_contradicted() { None } else { self.interval.lo }
    }
}

/// A core with the disclosures that fit it.
pub(super) struct Core {
    pub(super) statement: Statement,
    pub(super) warning: Warning,
    pub(super) signer: Option<Signer>,
    pub(super) shown: Disclosed,
}

/// Everything that verifies, by what it is.
pub(super) struct Facts {
    pub(super) exchange: ExchangeName,
    pub(super) directory: Directory,
    pub(super) logged: Vec<Logged>,
    pub(super) cores: BTreeMap<Digest, Core>,
    pub(super) bodies: Vec<BodiesPart>,
    pub(super) listings: Vec<ListingPart>,
    pub(super) segments: Vec<SegmentPart>,
    pub(super) caveats: Vec<Caveat>,
    /// Pairs of notes that one log signed for one size.
    pub(super) split_views: Vec<(String, Digest, Digest)>,
    trust: TrustPolicy,
    directory_heads: Vec<(u64, CosignedTimes)>,
    delay_seconds: u64,
}

impl Facts {
    pub(super) fn load(dossiers: &[Dossier], trust: TrustPolicy, believe: &Believe) -> Result<Self, EvidenceError> {
        let exchange = one_exchange(dossiers)?;
        for origin in [exchange.log_origin(), exchange.directory_origin()] {
            let known = Origin::new(&origin).ok().and_then(|o| trust.log_key(&o).map(|_| ())).is_some();
            if !known {
                return Err(EvidenceError::LogNotTrusted { origin });
            }
        }
        let notes = verify_notes(dossiers, &trust)?;
        let mut heads: Vec<Head> = Vec::new();
        for note in notes.values() {
            match heads.iter_mut().find(|h| h.origin == note.origin && h.head == note.head) {
                Some(head) => head.times.merge(&note.times),
                None => heads.push(Head { origin: note.origin.clone(), head: note.head, times: note.times.clone() }),
            }
        }
        let (directory, directory_heads) = load_directory(dossiers, &exchange, &notes, &heads, &trust)?;
        let delay_seconds = directory.rules().map_or(0, |r| r.delay_seconds);
        let mut facts = Self {
            split_views: split_views(&notes),
            exchange,
            directory,
            logged: Vec::new(),
            cores: BTreeMap::new(),
            bodies: dossiers.iter().flat_map(|d| d.bodies.clone()).collect(),
            listings: dossiers.iter().flat_map(|d| d.listings.clone()).collect(),
            segments: dossiers.iter().flat_map(|d| d.segments.clone()).collect(),
            caveats: Vec::new(),
            trust,
            directory_heads,
            delay_seconds,
        };
        facts.load_statements(dossiers, &notes, &heads, believe)?;
        facts.load_cores(dossiers)?;
        Ok(facts)
    }

    /// Statements that are logged, witnessed and signed with a key in force.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Logged> {
        self.logged.iter().filter(|l| l.stands())
    }

    pub(super) fn by_digest(&self, digest: &Digest) -> Option<&Logged> {
        self.logged.iter().find(|l| l.digest == *digest)
    }

    /// Whether a quorum attests, at or after `time`, a directory whose size satisfies `holds`.
    pub(super) fn directory_attested(&self, time: UnixSeconds, holds: impl Fn(u64) -> bool) -> bool {
        self.directory_heads
            .iter()
            .any(|(size, times)| holds(*size) && self.trust.not_before(times).map(seconds).is_some_and(|lo| lo >= time))
    }

    /// The latest time at which a quorum attests a directory without entry `index`: the entry is not older.
    pub(super) fn entry_not_before(&self, index: u64) -> Option<UnixSeconds> {
        let without = self.directory_heads.iter().filter(|(size, _)| *size <= index);
        without.filter_map(|(_, times)| self.trust.not_before(times)).map(seconds).max()
    }

    /// The earliest time at which a quorum attests a directory with entry `index`: the entry is not younger.
    pub(super) fn entry_not_after(&self, index: u64) -> Option<UnixSeconds> {
        let with = self.directory_heads.iter().filter(|(size, _)| *size > index);
        with.filter_map(|(_, times)| self.trust.not_after(times)).map(seconds).min()
    }

    fn load_statements(
        &mut self,
        dossiers: &[Dossier],
        notes: &BTreeMap<Digest, VerifiedNote>,
        heads: &[Head],
        believe: &Believe,
    ) -> Result<(), EvidenceError> {
        let mut texts: BTreeMap<Digest, &str> = BTreeMap::new();
        for text in dossiers.iter().flat_map(|d| &d.statements) {
            texts.insert(sha256(text.as_bytes()), text);
        }
        let mut proven: BTreeMap<Digest, UnixSeconds> = BTreeMap::new();
        for proof in dossiers.iter().flat_map(|d| &d.proofs) {
            let text = texts.get(&proof.statement).ok_or(EvidenceError::Dangling { missing: proof.statement })?;
            let note = notes.get(&proof.note).ok_or(EvidenceError::Dangling { missing: proof.note })?;
            verify_proof(text, proof, note)?;
            let times = heads.iter().find(|h| h.origin == note.origin && h.head == note.head).map(|h| &h.times);
            if let Some(hi) = times.and_then(|t| self.trust.not_after(t)).map(seconds) {
                let known = proven.entry(proof.statement).or_insert(hi);
                *known = hi.min(*known);
            }
        }
        for (digest, text) in texts {
            let statement = Statement::parse(text.as_bytes())
                .map_err(|source| EvidenceError::Statement { statement: digest, source })?;
            match self.directory.signer(&statement) {
                Ok(signer) => {
                    let logged = self.assess(statement, digest, signer, proven.get(&digest).copied(), notes, believe);
                    self.logged.push(logged);
                }
                Err(source @ DirectoryError::NotAuthorised { .. }) => self.caveats.push(Caveat {
                    code: "statement-not-authorised",
                    text: format!(
                        "a {} in the name of {} is not relied upon: {source}",
                        statement.body().name(),
                        statement.common().iss
                    ),
                }),
                Err(source) => return Err(EvidenceError::Signature { statement: digest, source }),
            }
        }
        Ok(())
    }

    /// Interval of a statement, and whether it may be relied upon (DESIGN §4 "Time", "Keys in force").
    fn assess(
        &self,
        statement: Statement,
        digest: Digest,
        signer: Signer,
        hi: Option<UnixSeconds>,
        notes: &BTreeMap<Digest, VerifiedNote>,
        believe: &Believe,
    ) -> Logged {
        let common = statement.common();
        let lo = common.anchor.and_then(|anchor| {
            let note = notes.get(&anchor.note)?;
            let same = note.origin == anchor.origin
                && note.head.size.value() == anchor.size
                && Digest::from(note.head.root) == anchor.root;
            if same { self.trust.not_before(&note.times).map(seconds) } else { None }
        });
        let refused = if *common.exchange == self.exchange {
            believe.refuses(&self.directory, common.iss).or_else(|| self.refusal(&signer, hi))
        } else {
            Some(format!("it is meant for the exchange {}", common.exchange))
        };
        let entry = self.entry_not_after(signer.from);
        let provisional = self.delay_seconds > 0
            && hi.is_some_and(|hi| entry.is_none_or(|entry| entry.plus(self.delay_seconds) > hi));
        Logged { statement, digest, signer, interval: Interval { lo, hi }, refused, provisional }
    }

    fn refusal(&self, signer: &Signer, hi: Option<UnixSeconds>) -> Option<String> {
        let hi = hi?;
        if signer.delegated_until.is_some_and(|until| hi > until) {
            return Some("the delegation had ended".to_owned());
        }
        if self.directory_attested(hi, |size| signer.in_force_at_size(size)) {
            return None;
        }
        Some(match &signer.end {
            Some(end) if end.revoked => "its key was revoked before it was logged".to_owned(),
            Some(_) => "its key was replaced before it was logged".to_owned(),
            None => "no directory is shown that was witnessed when or after it was logged".to_owned(),
        })
    }

    fn load_cores(&mut self, dossiers: &[Dossier]) -> Result<(), EvidenceError> {
        for part in dossiers.iter().flat_map(|d| &d.cores) {
            let digest = sha256(part.core.as_bytes());
            let statement = Statement::parse(part.core.as_bytes())
                .map_err(|source| EvidenceError::Statement { statement: digest, source })?;
            let Body::Warning(warning) = statement.body() else {
                return Err(EvidenceError::NotACore { statement: digest });
            };
            let warning = warning.clone();
            let core = statement.identity();
            let refuse = |source| EvidenceError::Disclosure { core, source };
            let disclosures: Result<Vec<_>, _> = part.disclosures.iter().map(|t| Disclosure::parse(t)).collect();
            let mut disclosures = disclosures.map_err(refuse)?;
            let signer = match self.directory.signer(&statement) {
                Ok(signer) => Some(signer),
                Err(DirectoryError::NotAuthorised { .. }) => None,
                Err(source) => return Err(EvidenceError::Signature { statement: digest, source }),
            };
            // Two dossiers may show different fields of one core: the union counts.
            if let Some(known) = self.cores.get(&core) {
                let more = known.shown.iter().filter(|k| !disclosures.iter().any(|d| d == *k)).cloned();
                let more: Vec<_> = more.collect();
                disclosures.extend(more);
            }
            let shown = Disclosed::check(&warning, disclosures).map_err(refuse)?;
            self.cores.insert(core, Core { statement, warning, signer, shown });
        }
        Ok(())
    }
}

fn seconds(time: Timestamp) -> UnixSeconds {
    UnixSeconds::new(time.value())
}

fn one_exchange(dossiers: &[Dossier]) -> Result<ExchangeName, EvidenceError> {
    let mut names = dossiers.iter().map(|d| &d.exchange);
    let first = names.next().ok_or(EvidenceError::Part { part: "question", detail: "no dossier is given".into() })?;
    match names.find(|name| *name != first) {
        Some(other) => Err(EvidenceError::TwoExchanges { first: first.clone(), other: other.clone() }),
        None => Ok(first.clone()),
    }
}

fn verify_notes(dossiers: &[Dossier], trust: &TrustPolicy) -> Result<BTreeMap<Digest, VerifiedNote>, EvidenceError> {
    let mut notes = BTreeMap::new();
    for text in dossiers.iter().flat_map(|d| &d.notes) {
        let note = sha256(text.as_bytes());
        if notes.contains_key(&note) {
            continue;
        }
        let signed =
            SignedCheckpoint::parse(text.as_bytes()).map_err(|source| EvidenceError::NoteFormat { note, source })?;
        let cosigned = trust.verify(&signed).map_err(|source| EvidenceError::Note { note, source })?;
        let origin = signed.origin().as_str().to_owned();
        notes.insert(note, VerifiedNote { head: signed.head(), origin, times: cosigned.times });
    }
    Ok(notes)
}

fn split_views(notes: &BTreeMap<Digest, VerifiedNote>) -> Vec<(String, Digest, Digest)> {
    let all: Vec<_> = notes.iter().collect();
    let mut found: Vec<(String, Digest, Digest)> = Vec::new();
    for (position, (digest, note)) in all.iter().enumerate() {
        let fork = all[..position].iter().find(|(_, other)| {
            other.origin == note.origin && other.head.size == note.head.size && other.head.root != note.head.root
        });
        if let Some((other, _)) = fork {
            found.push((note.origin.clone(), **other, **digest));
        }
    }
    found
}

fn verify_proof(text: &str, proof: &crate::dossier::Proof, note: &VerifiedNote) -> Result<(), EvidenceError> {
    let refuse = |source| EvidenceError::Proof { statement: proof.statement, source };
    let entry = crate::jws::leaf_of_bytes(&note.origin, text.as_bytes());
    let hashes: Vec<Hash> = proof.hashes.iter().map(|&h| h.into()).collect();
    let index = LeafIndex::checked(proof.index).ok_or_else(|| EvidenceError::Part {
        part: "proof",
        detail: format!("index {} is out of range", proof.index),
    })?;
    verify_inclusion(&leaf_hash(entry.as_bytes()), index, &note.head, &hashes).map_err(refuse)
}

/// Replays the longest prefix that a witnessed note covers. Entries past it are nobody's word.
fn load_directory(
    dossiers: &[Dossier],
    exchange: &ExchangeName,
    notes: &BTreeMap<Digest, VerifiedNote>,
    heads: &[Head],
    trust: &TrustPolicy,
) -> Result<(Directory, Vec<(u64, CosignedTimes)>), EvidenceError> {
    let mut longest: &[String] = &[];
    for entries in dossiers.iter().map(|d| &d.directory) {
        let shared = longest.len().min(entries.len());
        if let Some(index) = (0..shared).find(|&i| longest[i] != entries[i]) {
            return Err(EvidenceError::TwoDirectories { index: index as u64 });
        }
        if entries.len() > longest.len() {
            longest = entries;
        }
    }
    let origin = exchange.directory_origin();
    let tree: MemoryTree = longest.iter().map(|e| leaf_hash(e.as_bytes())).collect();
    for (note, verified) in notes.iter().filter(|(_, n)| n.origin == origin) {
        if let Some(root) = tree.root_at(verified.head.size)
            && root != verified.head.root
        {
            return Err(EvidenceError::DirectoryRoot { note: *note, size: verified.head.size.value() });
        }
    }
    let covered: Vec<_> = heads
        .iter()
        .filter(|h| h.origin == origin && h.head.size <= tree.size() && trust.not_after(&h.times).is_some())
        .map(|h| (h.head.size.value(), h.times.clone()))
        .collect();
    let size = covered.iter().map(|(size, _)| *size).max().unwrap_or(0);
    let mut directory = Directory::new(exchange.clone());
    for entry in longest.iter().take(usize::try_from(size).unwrap_or(usize::MAX)) {
        // An entry that breaks a rule counts for nothing, for everybody alike; the exchange should not have logged it.
        let _refused = directory.apply(entry.as_bytes());
    }
    Ok((directory, covered))
}
