//! From dossiers to facts: every note, entry, proof and signature is verified here, once, and nowhere else.
//!
//! The union of the dossiers is taken first. A part that does not verify refuses the whole judgement
//! ([`EvidenceError`]): it is bad evidence, not a fact. A part that verifies but may not be relied upon (a revoked key,
//! an unlogged statement) is kept with the reason, so that the finding can say so.

use super::believe::Believe;
use super::finding::{Caveat, Interval};
use super::trust::Trust;
use crate::directory::{Directory, DirectoryError, Signer, Signers};
use crate::dossier::{BodiesPart, Dossier, ListingPart, SegmentPart};
use crate::encoding::{Digest, sha256};
use crate::names::ExchangeName;
use crate::statement::{Body, Statement, StatementError};
use crate::values::UnixSeconds;
use crate::warning::{Disclosed, Disclosure, DisclosureError, Warning};
use monition_tlog::{
    CosignedTimes, FormatError, Hash, LeafIndex, MemoryTree, ProofError, SignedCheckpoint, Timestamp, TreeHead,
    TreeSize, VerifyError, leaf_hash, verify_inclusion,
};
use serde::Serialize;
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

/// What the notes shown say about each head of a log: between which times a quorum saw it.
type Heads = BTreeMap<(String, TreeHead), Interval>;

/// A note that verifies.
struct VerifiedNote {
    head: TreeHead,
    origin: String,
    times: CosignedTimes,
}

/// Two notes of one log that cannot both be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SplitView {
    pub(super) origin: String,
    pub(super) notes: [Digest; 2],
}

/// A size of the directory that a quorum witnessed: first not after `hi`, and still the newest at `lo`.
struct DirectoryHead {
    size: u64,
    lo: UnixSeconds,
    hi: UnixSeconds,
}

/// A statement whose signature fits.
pub(super) struct Logged {
    pub(super) statement: Statement,
    pub(super) digest: Digest,
    pub(super) signer: Signer,
    /// When it was made; `hi` is missing unless it is shown to stand in the log.
    pub(super) interval: Interval,
    /// Its place in the log, the first one shown.
    pub(super) position: Option<u64>,
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

    /// What a conclusion rests on that rests on this: itself and, where a delegate signed it, the delegation's entry.
    pub(super) fn rests_on(&self) -> Vec<Digest> {
        std::iter::once(self.digest).chain(self.signer.delegate.as_ref().map(|d| d.digest)).collect()
    }

    /// Its lower bound, where nothing contradicts it.
    pub(super) fn lo(&self) -> Option<UnixSeconds> {
        if self.interval.is_contradicted() { None } else { self.interval.lo }
    }
}

/// A core with the disclosures that fit it.
pub(super) struct Core {
    pub(super) warning: Warning,
    /// Who signed it: one payload may be shown under several signatures, and a worthless one takes nothing away.
    pub(super) signers: Vec<Signer>,
    pub(super) shown: Disclosed,
}

/// Everything that verifies, by what it is.
pub(super) struct Facts {
    pub(super) exchange: ExchangeName,
    pub(super) directory: Directory,
    pub(super) logged: Vec<Logged>,
    pub(super) cores: BTreeMap<Digest, Core>,
    /// Each part once, in an order that does not depend on the order of the dossiers.
    pub(super) bodies: Vec<BodiesPart>,
    pub(super) listings: Vec<ListingPart>,
    pub(super) segments: Vec<SegmentPart>,
    pub(super) caveats: Vec<Caveat>,
    /// Pairs of notes that one log signed for two contents.
    pub(super) split_views: Vec<SplitView>,
    /// Two quorums witnessed two directories: which keys were in force is not known, and nothing rests on either.
    pub(super) directory_contradicted: bool,
    /// Where each statement stands in `logged`, and which of those that stand are about which submission.
    index: BTreeMap<Digest, usize>,
    about: BTreeMap<Digest, Vec<usize>>,
    trust: Trust,
    directory_heads: Vec<DirectoryHead>,
    delay_seconds: u64,
}

impl Facts {
    pub(super) fn load(dossiers: &[Dossier], trust: Trust, believe: &Believe) -> Result<Self, EvidenceError> {
        let exchange = one_exchange(dossiers)?;
        for origin in [exchange.log_origin(), exchange.directory_origin()] {
            if !trust.knows(&origin) {
                return Err(EvidenceError::LogNotTrusted { origin });
            }
        }
        let notes = verify_notes(dossiers, &trust)?;
        let heads = witnessed_heads(&notes, &trust);
        let mut split_views = split_views(&notes);
        let loaded = load_directory(dossiers, &exchange, &notes, &heads)?;
        for view in loaded.split_views {
            if !split_views.iter().any(|v| view.notes.iter().any(|n| *n != loaded.newest && v.notes.contains(n))) {
                split_views.push(view);
            }
        }
        let (directory, directory_heads) = (loaded.directory, loaded.heads);
        let delay_seconds = directory.rules().map_or(0, |r| r.delay_seconds);
        let mut facts = Self {
            split_views,
            directory_contradicted: loaded.contradicted,
            exchange,
            directory,
            logged: Vec::new(),
            cores: BTreeMap::new(),
            bodies: each_once(dossiers.iter().flat_map(|d| &d.bodies)),
            listings: each_once(dossiers.iter().flat_map(|d| &d.listings)),
            segments: each_once(dossiers.iter().flat_map(|d| &d.segments)),
            caveats: loaded.caveats,
            index: BTreeMap::new(),
            about: BTreeMap::new(),
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
        self.index.get(digest).and_then(|&position| self.logged.get(position))
    }

    /// Standing statements about one submission.
    pub(super) fn about(&self, submission: &Digest) -> Vec<&Logged> {
        let positions = self.about.get(submission).map(Vec::as_slice).unwrap_or_default();
        positions.iter().filter_map(|&position| self.logged.get(position)).collect()
    }

    /// Whether times rest on a quorum of witnesses.
    pub(super) fn is_witnessed(&self) -> bool {
        self.trust.is_witnessed()
    }

    /// Whether a quorum attests, at or after `time`, a directory whose size satisfies `holds`.
    pub(super) fn directory_attested(&self, time: UnixSeconds, holds: impl Fn(u64) -> bool) -> bool {
        self.directory_heads.iter().any(|head| head.lo >= time && holds(head.size))
    }

    /// The latest time at which a quorum attests a directory without entry `index`: the entry is not older.
    pub(super) fn entry_not_before(&self, index: u64) -> Option<UnixSeconds> {
        self.directory_heads.iter().filter(|head| head.size <= index).map(|head| head.lo).max()
    }

    /// The earliest time at which a quorum attests a directory with entry `index`: the entry is not younger.
    pub(super) fn entry_not_after(&self, index: u64) -> Option<UnixSeconds> {
        self.directory_heads.iter().filter(|head| head.size > index).map(|head| head.hi).min()
    }

    fn load_statements(
        &mut self,
        dossiers: &[Dossier],
        notes: &BTreeMap<Digest, VerifiedNote>,
        heads: &Heads,
        believe: &Believe,
    ) -> Result<(), EvidenceError> {
        let mut texts: BTreeMap<Digest, &str> = BTreeMap::new();
        for text in dossiers.iter().flat_map(|d| &d.statements) {
            texts.insert(sha256(text.as_bytes()), text);
        }
        let mut proven: BTreeMap<Digest, (UnixSeconds, u64)> = BTreeMap::new();
        for proof in dossiers.iter().flat_map(|d| &d.proofs) {
            let text = texts.get(&proof.statement).ok_or(EvidenceError::Dangling { missing: proof.statement })?;
            let note = notes.get(&proof.note).ok_or(EvidenceError::Dangling { missing: proof.note })?;
            verify_proof(text, proof, note)?;
            if let Some(hi) = heads.get(&(note.origin.clone(), note.head)).and_then(|seen| seen.hi) {
                let (until, index) = proven.entry(proof.statement).or_insert((hi, proof.index));
                (*until, *index) = (hi.min(*until), proof.index.min(*index));
            }
        }
        for (digest, text) in texts {
            let statement = Statement::parse(text.as_bytes())
                .map_err(|source| EvidenceError::Statement { statement: digest, source })?;
            match self.directory.signers(&statement) {
                Ok(signers) => {
                    let (hi, position) = proven.get(&digest).copied().unzip();
                    let signer = self.best(signers, hi);
                    let mut logged = self.assess(statement, digest, signer, hi, notes, believe);
                    logged.position = position;
                    let place = self.logged.len();
                    self.index.insert(digest, place);
                    if let (true, Some(submission)) = (logged.stands(), logged.statement.submission()) {
                        self.about.entry(submission).or_default().push(place);
                    }
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
            && self.trust.is_witnessed()
            && hi.is_some_and(|hi| entry.is_none_or(|entry| entry.plus(self.delay_seconds) > hi));
        Logged { statement, digest, signer, interval: Interval { lo, hi }, position: None, refused, provisional }
    }

    /// Of the delegations under which a delegate may have signed, one that stood; of an own key there is only one way.
    fn best(&self, signers: Signers, hi: Option<UnixSeconds>) -> Signer {
        let standing = signers.older.iter().find(|s| self.refusal(s, hi).is_none()).cloned();
        match self.refusal(&signers.newest, hi) {
            None => signers.newest,
            Some(_) => standing.unwrap_or(signers.newest),
        }
    }

    /// Whether a signature stood when something was logged that names what it signs.
    pub(super) fn stood(&self, signer: &Signer, hi: Option<UnixSeconds>) -> bool {
        hi.is_some() && self.refusal(signer, hi).is_none()
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
            let (warning, core) = (warning.clone(), statement.identity());
            let refuse = |source| EvidenceError::Disclosure { core, source };
            let disclosures: Result<Vec<_>, _> = part.disclosures.iter().map(|t| Disclosure::parse(t)).collect();
            let mut disclosures = disclosures.map_err(refuse)?;
            let mut signers = match self.directory.signers(&statement) {
                Ok(signers) => signers.into_vec(),
                Err(DirectoryError::NotAuthorised { .. }) => Vec::new(),
                Err(source) => return Err(EvidenceError::Signature { statement: digest, source }),
            };
            // Two dossiers may show different fields of one core, under different signatures: the union counts.
            if let Some(known) = self.cores.remove(&core) {
                let more = known.shown.iter().filter(|k| !disclosures.iter().any(|d| d == *k)).cloned();
                let more: Vec<_> = more.collect();
                disclosures.extend(more);
                signers.extend(known.signers);
            }
            let shown = Disclosed::check(&warning, disclosures).map_err(refuse)?;
            self.cores.insert(core, Core { warning, signers, shown });
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

fn verify_notes(dossiers: &[Dossier], trust: &Trust) -> Result<BTreeMap<Digest, VerifiedNote>, EvidenceError> {
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

/// By witness, the first and the last time at which it cosigned a head.
type Spans<'a> = BTreeMap<&'a str, (Timestamp, Timestamp)>;

/// Of each witness only the first and the last time at which it cosigned a head move a bound: the others are left out, so
/// that a witness who cosigned one head a million times costs nothing.
fn witnessed_heads(notes: &BTreeMap<Digest, VerifiedNote>, trust: &Trust) -> Heads {
    let mut spans: BTreeMap<(String, TreeHead), Spans<'_>> = BTreeMap::new();
    for note in notes.values() {
        let span = spans.entry((note.origin.clone(), note.head)).or_default();
        for (witness, time) in note.times.iter() {
            let (first, last) = span.entry(witness).or_insert((time, time));
            (*first, *last) = ((*first).min(time), (*last).max(time));
        }
    }
    let seen = |span: Spans<'_>| {
        let times: CosignedTimes = span.into_iter().flat_map(|(w, (first, last))| [(w, first), (w, last)]).collect();
        Interval { lo: trust.not_before(&times).map(seconds), hi: trust.not_after(&times).map(seconds) }
    };
    spans.into_iter().map(|(head, span)| (head, seen(span))).collect()
}

/// The union: each part once, sorted by its bytes.
fn each_once<'a, T: Serialize + Clone + 'a>(parts: impl Iterator<Item = &'a T>) -> Vec<T> {
    // Parts were read from JSON, so writing them back cannot fail; what failed would only be left out.
    let keyed = parts.filter_map(|part| Some((sha256(&serde_json::to_vec(part).ok()?), part)));
    keyed.collect::<BTreeMap<_, _>>().into_values().cloned().collect()
}

/// One pair for each size of a log for which it signed more than one root.
fn split_views(notes: &BTreeMap<Digest, VerifiedNote>) -> Vec<SplitView> {
    let mut first: BTreeMap<(&str, TreeSize), (Hash, Digest)> = BTreeMap::new();
    let mut found: BTreeMap<(&str, TreeSize), (Digest, Digest)> = BTreeMap::new();
    for (digest, note) in notes {
        let place = (note.origin.as_str(), note.head.size);
        let (root, other) = *first.entry(place).or_insert((note.head.root, *digest));
        if root != note.head.root {
            found.entry(place).or_insert((other, *digest));
        }
    }
    found.into_iter().map(|((origin, _), (a, b))| SplitView { origin: origin.to_owned(), notes: [a, b] }).collect()
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

/// The directory that is relied upon, and what speaks against it.
struct LoadedDirectory {
    directory: Directory,
    heads: Vec<DirectoryHead>,
    split_views: Vec<SplitView>,
    contradicted: bool,
    caveats: Vec<Caveat>,
    /// The note that fits at the covered size.
    newest: Digest,
}

/// A directory as one dossier shows it.
struct Shown<'a> {
    entries: &'a Vec<String>,
    tree: MemoryTree,
    /// The largest witnessed head that fits: its size, and a note that carries it.
    covered: u64,
    note: Option<Digest>,
}

/// Replays the longest prefix that a witnessed note covers. Entries past it are nobody's word.
fn load_directory(
    dossiers: &[Dossier],
    exchange: &ExchangeName,
    notes: &BTreeMap<Digest, VerifiedNote>,
    heads: &Heads,
) -> Result<LoadedDirectory, EvidenceError> {
    let origin = exchange.directory_origin();
    let mut witnessed: Vec<_> = heads.iter().filter(|((o, _), seen)| *o == origin && seen.hi.is_some()).collect();
    witnessed.sort_by_key(|((_, head), _)| head.size);
    let shown = |d: &'_ Dossier| -> (MemoryTree, u64, Option<Digest>) {
        let tree: MemoryTree = d.directory.iter().map(|e| leaf_hash(e.as_bytes())).collect();
        let fits = witnessed.iter().rev().find(|((_, head), _)| tree.root_at(head.size) == Some(head.root));
        let note = fits.and_then(|((_, h), _)| notes.iter().find(|(_, n)| n.origin == origin && n.head == *h));
        let covered = fits.map_or(0, |((_, head), _)| head.size.value());
        (tree, covered, note.map(|(digest, _)| *digest))
    };
    // Of the directories shown, the one of which the most is witnessed; the others must agree with it as far as that goes.
    let all = dossiers.iter().map(|d| {
        let (tree, covered, note) = shown(d);
        Shown { entries: &d.directory, tree, covered, note }
    });
    let all: Vec<Shown<'_>> = all.collect();
    let mut loaded = LoadedDirectory {
        directory: Directory::new(exchange.clone()),
        heads: Vec::new(),
        split_views: Vec::new(),
        contradicted: false,
        caveats: Vec::new(),
        newest: sha256(&[]),
    };
    // A tie is broken by the entries themselves, so that the order of the dossiers never decides.
    let best = all.iter().max_by(|a, b| (a.covered, a.entries).cmp(&(b.covered, b.entries)));
    let Some(best) = best else { return Ok(loaded) };
    loaded.newest = best.note.unwrap_or(loaded.newest);
    let prefix = best.entries.get(..usize::try_from(best.covered).unwrap_or(usize::MAX)).unwrap_or(best.entries);
    for other in &all {
        let Some(index) = prefix.iter().zip(other.entries).position(|(ours, theirs)| ours != theirs) else { continue };
        match (best.note, other.note) {
            // Both were witnessed past the entry where they part: the quorum itself said two things.
            (Some(ours), Some(theirs)) if other.covered > index as u64 => {
                loaded.contradicted = true;
                loaded.split_views.push(SplitView { origin: origin.clone(), notes: [ours, theirs] });
            }
            _ => return Err(EvidenceError::TwoDirectories { index: index as u64 }),
        }
    }
    directory_roots(notes, &origin, best, &witnessed, &mut loaded)?;
    // Two roots for one size, both witnessed, past the entries that are shown: sorted by size, they are neighbours.
    loaded.contradicted |= witnessed.windows(2).any(|pair| pair[0].0.1.size == pair[1].0.1.size);
    let fitting = witnessed.iter().filter(|((_, head), _)| best.tree.root_at(head.size) == Some(head.root));
    let directory_heads = fitting.filter_map(|((_, head), seen)| {
        let (lo, hi) = seen.lo.zip(seen.hi)?;
        Some(DirectoryHead { size: head.size.value(), lo, hi })
    });
    loaded.heads = directory_heads.collect();
    replay(prefix, &mut loaded);
    Ok(loaded)
}

/// An entry that breaks a rule counts for nothing, for everybody alike; the exchange should not have logged it, and the
/// finding says that it did.
fn replay(prefix: &[String], loaded: &mut LoadedDirectory) {
    let (mut ignored, mut first) = (0_u64, None);
    for (index, entry) in prefix.iter().enumerate() {
        if let Err(reason) = loaded.directory.apply(entry.as_bytes()) {
            ignored += 1;
            first.get_or_insert((index, reason));
        }
    }
    if let Some((index, reason)) = first {
        let text =
            format!("{ignored} of the directory's entries break a rule and count for nothing; entry {index}: {reason}");
        loaded.caveats.push(Caveat { code: "directory-entry-ignored", text });
    }
}

/// Every note of the directory is over the entries shown. One that is not, within what a quorum witnessed, is the log's
/// second word; where a quorum witnessed that too, the directory is contradicted. Anything else is bad evidence.
fn directory_roots(
    notes: &BTreeMap<Digest, VerifiedNote>,
    origin: &str,
    best: &Shown<'_>,
    witnessed: &[(&(String, TreeHead), &Interval)],
    loaded: &mut LoadedDirectory,
) -> Result<(), EvidenceError> {
    for (digest, note) in notes.iter().filter(|(_, n)| n.origin == origin) {
        let size = note.head.size;
        if best.tree.root_at(size).is_none_or(|root| root == note.head.root) {
            continue;
        }
        match best.note {
            Some(good) if size.value() <= best.covered => {
                loaded.contradicted |= witnessed.iter().any(|((_, head), _)| *head == note.head);
                loaded.split_views.push(SplitView { origin: origin.to_owned(), notes: [good, *digest] });
            }
            _ => return Err(EvidenceError::DirectoryRoot { note: *digest, size: size.value() }),
        }
    }
    Ok(())
}
