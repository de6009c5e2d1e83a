//! A log's tree in memory, kept in two ways that share no code, and what a batch of work makes of it. Pure: no I/O.
//!
//! A flipped bit in memory has ended real logs (Yeti 2022, Nimbus 2018). So leaf hashes are computed twice, the second time
//! from the bytes that go to disk, and the root is computed by [`Frontier`] and by [`Edge`]; any difference is
//! [`BitFlip`], and nothing is signed.

use crate::sequencer::{Known, Outcome, Sequenced, Unsequenced, Work};
use monition_evidence::directory::{Directory, DirectoryError};
use monition_evidence::{Body, Digest, Eid, ExchangeName, PartyName, Statement};
use monition_store::{
    AttemptRow, Batch, ChainRow, ContradictionRow, Growth, KnownStatement, LogId, LogState, PendingRow, StatementRow,
    TileRow,
};
use monition_tlog::{Edge, FormatError, Frontier, Hash, TILE_WIDTH, TileData, TreeHead, TreeSize, leaf_hash};
use std::collections::HashMap;

/// Memory or disk changed under us. The process ends before anything is signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitFlip {
    /// Two ways of computing the root disagree.
    #[error("two computations of the root at size {size} disagree: {frontier} and {edge}")]
    Roots {
        /// The size.
        size: TreeSize,
        /// By the frontier.
        frontier: Hash,
        /// By the edge.
        edge: Hash,
    },
    /// An entry's hash changed between two looks.
    #[error("the hash of entry {index} changed while it was being added")]
    Leaf {
        /// Its index.
        index: u64,
    },
    /// Stored parts do not fit.
    #[error("the stored tree cannot be restored: {0}")]
    Parts(#[from] FormatError),
    /// Stored parts make another tree.
    #[error("the stored parts make a tree with root {found}, the journal names {expected}")]
    Restored {
        /// As computed.
        found: Hash,
        /// As stored.
        expected: Hash,
    },
}

/// The tree of one log.
#[derive(Clone, Debug)]
pub struct Tree {
    log: LogId,
    frontier: Frontier,
    edge: Edge,
}

impl Tree {
    /// Puts a tree together from what the journal holds and compares it with the head that the journal names.
    ///
    /// # Errors
    /// [`BitFlip`].
    pub fn restore(log: LogId, state: &LogState, partial_tiles: &[TileData]) -> Result<Self, BitFlip> {
        let frontier = Frontier::from_parts(state.head.size, state.peaks.clone())?;
        let edge = Edge::restore(state.head.size, partial_tiles)?;
        let tree = Self { log, frontier, edge };
        let head = tree.checked_head()?;
        if head.root != state.head.root {
            return Err(BitFlip::Restored { found: head.root, expected: state.head.root });
        }
        Ok(tree)
    }

    /// The log.
    #[must_use]
    pub const fn log(&self) -> LogId {
        self.log
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// The unfinished tiles.
    #[must_use]
    pub const fn edge(&self) -> &Edge {
        &self.edge
    }

    fn checked_head(&self) -> Result<TreeHead, BitFlip> {
        let (frontier, edge) = (self.frontier.head(), self.edge.head());
        if frontier == edge {
            Ok(frontier)
        } else {
            Err(BitFlip::Roots { size: frontier.size, frontier: frontier.root, edge: edge.root })
        }
    }

    /// The tree with these entries more, and what to write.
    ///
    /// # Errors
    /// [`BitFlip`].
    pub fn grown(&self, entries: Vec<Vec<u8>>) -> Result<(Self, Growth), BitFlip> {
        let old = self.head();
        let mut tree = self.clone();
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        tree.frontier.extend(leaves.iter().copied());
        let grown = tree.edge.append(&leaves);
        let new = tree.checked_head()?;
        let tiles =
            grown.full_tiles.iter().map(|tile| TileRow { level: tile.level, index: tile.index, bytes: tile.bytes() });
        let growth =
            Growth { log: self.log, old, new, peaks: tree.frontier.peaks().to_vec(), entries, tiles: tiles.collect() };
        for ((entry, leaf), index) in growth.entries.iter().zip(&leaves).zip(old.size.value()..) {
            if leaf_hash(entry) != *leaf {
                return Err(BitFlip::Leaf { index });
            }
        }
        Ok((tree, growth))
    }
}

/// Which stored parts [`Tree::restore`] needs at a size: how many entries at the end, and the full tiles below each
/// partial tile of a higher level, as (level of the full tiles, first, count).
#[must_use]
pub fn needed_at_restore(size: TreeSize) -> (u64, Vec<(u8, u64, u64)>) {
    let width = u64::from(TILE_WIDTH);
    let size = size.value();
    let mut tiles = Vec::new();
    let mut nodes = size / width;
    for level in 0..7_u8 {
        if !nodes.is_multiple_of(width) {
            tiles.push((level, nodes - nodes % width, nodes % width));
        }
        nodes /= width;
    }
    (size % width, tiles)
}

/// Where senders' chains of submissions stand.
pub type Chains = HashMap<(PartyName, PartyName), (u64, Digest)>;

/// What the sequencer decided about a batch of work. Nothing of it counts before its steps are done.
#[derive(Debug)]
pub struct Plan {
    /// One transaction.
    pub batch: Batch,
    /// The tree afterwards.
    pub tree: Tree,
    /// The directory afterwards, of the directory's log, if it changes.
    pub directory: Option<Directory>,
    /// Chains afterwards, only those that change.
    pub chains: Chains,
    /// The answer to each work, in order.
    pub outcomes: Vec<Result<Sequenced, Unsequenced>>,
}

/// Decides about work in its order. `known[i]`: what is stored under the (iss, eid) of `work[i]`.
///
/// # Errors
/// [`BitFlip`].
pub fn plan(
    exchange: &ExchangeName,
    origin: &str,
    tree: &Tree,
    directory: Option<&Directory>,
    chains: &Chains,
    work: Vec<Work>,
    known: Vec<Option<KnownStatement>>,
) -> Result<Plan, BitFlip> {
    let mut planner = Planner {
        origin,
        own: exchange.as_party(),
        log: tree.log(),
        next: tree.head().size.value(),
        entries: Vec::new(),
        batch: Batch::default(),
        fresh: HashMap::new(),
        directory: None,
        chains,
        changed: HashMap::new(),
    };
    if work.iter().any(|w| matches!(w, Work::Entry(_))) {
        planner.directory = directory.cloned();
    }
    let outcomes = work.into_iter().zip(known).map(|(work, known)| planner.decide(work, known)).collect();
    let Planner { entries, mut batch, directory, changed, .. } = planner;
    // Most statements of a batch share a few anchors.
    batch.anchors.sort_unstable();
    batch.anchors.dedup();
    let mut tree = tree.clone();
    if !entries.is_empty() {
        let (grown, growth) = tree.grown(entries)?;
        tree = grown;
        batch.growth = Some(growth);
    }
    batch.chains = changed
        .iter()
        .map(|((sender, recipient), (seq, last))| ChainRow {
            sender: sender.clone(),
            recipient: recipient.clone(),
            seq: *seq,
            last: *last,
        })
        .collect();
    Ok(Plan { batch, tree, directory, chains: changed, outcomes })
}

struct Planner<'a> {
    origin: &'a str,
    /// The exchange as a party.
    own: PartyName,
    log: LogId,
    next: u64,
    entries: Vec<Vec<u8>>,
    batch: Batch,
    /// Statements of this very batch: where they stand in it.
    fresh: HashMap<(PartyName, Eid), usize>,
    directory: Option<Directory>,
    chains: &'a Chains,
    changed: Chains,
}

impl Planner<'_> {
    fn decide(&mut self, work: Work, known: Option<KnownStatement>) -> Result<Sequenced, Unsequenced> {
        match work {
            Work::Commitment(entry) => {
                let index = self.push_entry(entry.as_bytes().to_vec());
                Ok(Sequenced { index, entry, outcome: Outcome::New })
            }
            Work::Entry(statement) => self.directory_entry(&statement),
            Work::Statement { statement, attempts, settled } => {
                let done = match self.known(&statement, known)? {
                    Some(found) => found,
                    None => self.push_statement(&statement),
                };
                self.batch.attempts.extend(attempts);
                self.batch.promises_settled.extend(settled);
                Ok(done)
            }
            Work::Marks { attempts, settled } => {
                self.batch.attempts.extend(attempts);
                self.batch.promises_settled.extend(settled);
                Ok(Sequenced { index: self.next, entry: Digest::from_bytes([0; 32]), outcome: Outcome::New })
            }
            Work::Submission(work) => {
                // Taken apart, not copied: the bodies are the largest part of a batch.
                let work = *work;
                let Body::Submission(s) = work.submission.body() else { return Err(Unsequenced::NotASubmission) };
                if let Some(found) = self.known(&work.submission, known)? {
                    return Ok(found);
                }
                let key = (s.iss.clone(), work.recipient);
                let last = self.changed.get(&key).or_else(|| self.chains.get(&key)).copied();
                let (seq, prev_sub) = last.map_or((1, None), |(seq, digest)| (seq + 1, Some(digest)));
                if (s.seq, s.prev_sub) != (seq, prev_sub) {
                    return Err(Unsequenced::Sequence { found: s.seq, expected: seq, prev_sub });
                }
                let submission = work.submission.digest();
                self.changed.insert(key, (s.seq, submission));
                let done = self.push_statement(&work.submission);
                self.batch.pending.push(PendingRow {
                    index: done.index,
                    bodies: work.bodies,
                    custodians: work.custodians,
                    quorum: work.quorum,
                    by: work.by,
                    expiry: work.expiry,
                });
                self.push_statement(&work.acceptance);
                Ok(done)
            }
        }
    }

    fn directory_entry(&mut self, statement: &Statement) -> Result<Sequenced, Unsequenced> {
        let Some(directory) = &mut self.directory else { return Err(Unsequenced::NotASubmission) };
        if let Some(index) = directory.index_of(&statement.identity()) {
            let bytes = statement.as_bytes().to_vec();
            let known = Known { log: LogId::Directory, index, identity: statement.identity(), bytes };
            return Ok(Sequenced { index, entry: statement.digest(), outcome: Outcome::Known(known) });
        }
        // `check` first: `apply` would count a refused entry too.
        directory.check(statement.as_bytes())?;
        directory.apply(statement.as_bytes())?;
        Ok(self.push_statement(statement))
    }

    /// Whether (iss, eid) stands somewhere: the same payload is a replay, another one a contradiction.
    fn known(
        &mut self,
        statement: &Statement,
        known: Option<KnownStatement>,
    ) -> Result<Option<Sequenced>, Unsequenced> {
        let common = statement.common();
        let key = (common.iss.clone(), *common.eid);
        let Some(found) = known.or_else(|| self.fresh(&key)) else { return Ok(None) };
        if found.identity == statement.identity() {
            let entry = match Statement::parse(&found.bytes) {
                Ok(first) => first.leaf(self.origin),
                Err(_) => return Err(Unsequenced::Unreadable),
            };
            return Ok(Some(Sequenced { index: found.index, entry, outcome: Outcome::Known(found) }));
        }
        let (iss, eid) = key;
        self.batch.contradictions.push(ContradictionRow {
            iss: iss.clone(),
            eid,
            bytes: statement.as_bytes().to_vec(),
        });
        Err(Unsequenced::Equivocation { iss })
    }

    /// A statement of this very batch.
    fn fresh(&self, key: &(PartyName, Eid)) -> Option<Known> {
        let StatementRow { log, index, identity, bytes, .. } = self.batch.statements.get(*self.fresh.get(key)?)?;
        Some(Known { log: *log, index: *index, identity: *identity, bytes: bytes.clone() })
    }

    fn push_statement(&mut self, statement: &Statement) -> Sequenced {
        let (entry, bytes) = match self.log {
            LogId::Log => {
                let leaf = statement.leaf(self.origin);
                (leaf, leaf.as_bytes().to_vec())
            }
            LogId::Directory => (statement.digest(), statement.as_bytes().to_vec()),
        };
        let index = self.push_entry(bytes);
        let common = statement.common();
        self.batch.anchors.extend(common.anchor.map(|anchor| anchor.note));
        self.fresh.insert((common.iss.clone(), *common.eid), self.batch.statements.len());
        self.batch.statements.push(StatementRow {
            log: self.log,
            index,
            identity: statement.identity(),
            typ: statement.jws().typ().to_owned(),
            iss: common.iss.clone(),
            eid: *common.eid,
            about: statement.submission().or_else(|| acknowledged_head(statement)),
            foreign: !self.own.as_str().eq(common.iss.as_str()),
            bytes: statement.as_bytes().to_vec(),
        });
        Sequenced { index, entry, outcome: Outcome::New }
    }

    fn push_entry(&mut self, bytes: Vec<u8>) -> u64 {
        let index = self.next;
        self.entries.push(bytes);
        self.next += 1;
        index
    }
}

impl From<DirectoryError> for Unsequenced {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(error)
    }
}

/// The attempt that ends the delivery of the submission with that index.
#[must_use]
pub const fn delivered(index: u64, custodian: PartyName) -> AttemptRow {
    AttemptRow { index, custodian, again_ms: None }
}

/// A head acknowledgement names no submission; it is found again by the chain value that it acknowledges first, which the
/// consignment of the newest item names too.
fn acknowledged_head(statement: &Statement) -> Option<Digest> {
    match statement.body() {
        Body::MailboxHeadAck(ack) => ack.heads.first().filter(|head| head.n > 0).map(|head| head.h),
        _ => None,
    }
}
