//! The one sequencer of each log (DESIGN §6; reference tlog §5a).
//!
//! ```text
//! queue → lookup → plan → Journal → Advance → Release            a crash after …
//!                         one       head.db   answers, and       Journal: the journal is ahead; the next start does Advance
//!                         commit    swap      the publisher      Advance: nothing is lost, the publisher signs this head
//! ```
//!
//! Nothing is signed, and nobody is answered, before both steps are done. An unknown outcome of either ends the process
//! ([`Fatal`]); a full disk is known not to have written, so it refuses the work and goes on. Recovery runs the same
//! steps: it begins with `Advance`.

use crate::metrics::Metrics;
use crate::tree::{BitFlip, Chains, Plan, Tree, needed_at_restore, plan};
use monition_evidence::directory::{Directory, DirectoryError};
use monition_evidence::{Digest, Eid, ExchangeName, PartyName, Statement};
use monition_store::{AttemptRow, Backend, Batch, LogId, LogState, OpenError, Opened, StoreError, compare};
use monition_tlog::{Hash, ProofError, Tile, TileCoord, TileData, TileLevel, TreeHead, TreeSize, leaf_hash};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// Most works in one transaction.
pub const BATCH_MAX: usize = 1024;

/// How long the sequencer waits for space for the head.
const FULL_PAUSE: Duration = Duration::from_millis(250);

/// How long a batch goes on waiting, at most, while every turn of the other tasks brings more works: whoever was just
/// answered sends again at once. A batch after a small one does not wait.
const GATHER: Duration = Duration::from_millis(2);

/// A batch of at most so many is small.
const SMALL: usize = 8;

pub use monition_store::KnownStatement as Known;

/// A submission and all that is written with it.
#[derive(Clone, Debug)]
pub struct SubmissionWork {
    /// The submission.
    pub submission: Arc<Statement>,
    /// Its acceptance, signed before it is known whether it is the first.
    pub acceptance: Arc<Statement>,
    /// Whose mailbox it is: the chain of `seq` counts by recipient, and outlives a mailbox.
    pub recipient: PartyName,
    /// Bodies in their framing.
    pub bodies: Vec<u8>,
    /// Custodians of the declaration.
    pub custodians: Vec<PartyName>,
    /// How many make it available.
    pub quorum: u32,
    /// When the promise ends.
    pub by: u64,
    /// When delivery is given up.
    pub expiry: u64,
}

/// What may be sequenced.
#[derive(Clone, Debug)]
pub enum Work {
    /// A statement for the log, with marks on deliveries that are written in the same transaction.
    Statement {
        /// The statement.
        statement: Statement,
        /// Attempts to deliver.
        attempts: Vec<AttemptRow>,
        /// Submissions, by index, whose promise it settles.
        settled: Vec<u64>,
    },
    /// Marks on deliveries alone; no entry.
    Marks {
        /// Attempts to deliver.
        attempts: Vec<AttemptRow>,
        /// Submissions, by index, whose promise is settled.
        settled: Vec<u64>,
    },
    /// A bare commitment.
    Commitment(Digest),
    /// A submission with its acceptance.
    Submission(Box<SubmissionWork>),
    /// A directory entry.
    Entry(Statement),
}

impl Work {
    /// A statement without marks.
    #[must_use]
    pub const fn statement(statement: Statement) -> Self {
        Self::Statement { statement, attempts: Vec::new(), settled: Vec::new() }
    }

    fn key(&self) -> Option<(PartyName, Eid)> {
        let statement = match self {
            Self::Statement { statement, .. } => statement,
            Self::Submission(work) => &work.submission,
            Self::Marks { .. } | Self::Commitment(_) | Self::Entry(_) => return None,
        };
        let common = statement.common();
        Some((common.iss.clone(), *common.eid))
    }
}

/// Whether the work was new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was.
    New,
    /// It stands in the log since earlier.
    Known(Known),
}

/// Work that is durable and below the committed head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// Index of its (first) entry.
    pub index: u64,
    /// The 32 bytes that are the entry; of a directory entry the digest.
    pub entry: Digest,
    /// New or known.
    pub outcome: Outcome,
}

/// Why work was not sequenced.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unsequenced {
    /// Another payload stands under the same (iss, eid).
    #[error("{iss} signed another statement with this eid")]
    Equivocation {
        /// Who signed both.
        iss: PartyName,
    },
    /// seq and prev_sub do not continue the sender's chain.
    #[error(
        "seq is {found}, expected is {expected} with prev_sub {}",
        .prev_sub.map_or("null".to_owned(), |digest| digest.to_string())
    )]
    Sequence {
        /// As found.
        found: u64,
        /// Expected.
        expected: u64,
        /// Expected.
        prev_sub: Option<Digest>,
    },
    /// The directory does not take it.
    #[error(transparent)]
    Directory(DirectoryError),
    /// A caller's mistake.
    #[error("the work does not belong into this log")]
    NotASubmission,
    /// A stored statement cannot be read.
    #[error("a stored statement cannot be read")]
    Unreadable,
    /// The queue is full.
    #[error("the queue is full")]
    Overloaded,
    /// The disk is full, or the storage refused; nothing was written.
    #[error(transparent)]
    Store(StoreError),
    /// The sequencer has ended.
    #[error("the sequencer has stopped")]
    Stopped,
}

/// One thing to do, in this order. The order *is* the durability argument.
#[derive(Clone, Debug)]
pub enum Step {
    /// One atomic, durable transaction. A crash before it: nobody was answered. A crash after it: the journal is ahead of
    /// the head, and the next start goes on with [`Step::Advance`].
    Journal(Arc<Batch>),
    /// Compare-and-swap of the head, before anything is signed. A crash after it: the publisher signs this head later.
    Advance {
        /// From.
        old: TreeHead,
        /// To.
        new: TreeHead,
    },
    /// Whoever waits is answered, and the publisher may sign: irrevocable.
    Release,
}

/// The steps of a plan.
#[must_use]
pub fn steps(batch: Batch) -> Vec<Step> {
    let growth = batch.growth.as_ref().map(|growth| Step::Advance { old: growth.old, new: growth.new });
    let journal = (batch != Batch::default()).then(|| Step::Journal(Arc::new(batch)));
    journal.into_iter().chain(growth).chain([Step::Release]).collect()
}

/// What must happen at the start of a log: nothing, or the swap that a crash cut off.
///
/// # Errors
/// [`OpenError`].
pub fn recovery(log: LogId, head: Option<TreeHead>, journal: &LogState) -> Result<Vec<Step>, OpenError> {
    Ok(match (compare(log, head, journal)?, head) {
        (Opened::JournalAhead, Some(old)) => vec![Step::Advance { old, new: journal.head }],
        _ => Vec::new(),
    })
}

/// Ends the process. Tests hand in one that records instead; then the sequencer stops for good.
pub type Fatal = Arc<dyn Fn(&str) + Send + Sync>;

/// Ends the process at once, without running anything more: memory and disk may disagree.
#[must_use]
pub fn abort_process() -> Fatal {
    Arc::new(|reason| {
        tracing::error!(reason, "fatal: the process ends; the next start recovers");
        std::process::abort();
    })
}

/// A committed state of a log.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The tree, whose head may be signed.
    pub tree: Arc<Tree>,
    /// The directory, of the directory's log.
    pub directory: Option<Arc<Directory>>,
}

struct Request {
    work: Work,
    answer: oneshot::Sender<Result<Sequenced, Unsequenced>>,
}

/// Hands work to a sequencer.
#[derive(Clone, Debug)]
pub struct SequencerHandle {
    urgent: mpsc::Sender<Request>,
    other: mpsc::Sender<Request>,
    committed: watch::Receiver<Committed>,
}

/// Which of the two queues: a flood of routine work never stands before an urgent warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Flash and immediate.
    Urgent,
    /// All else.
    Other,
}

impl SequencerHandle {
    /// Waits until the work is durable and committed. Dropping the future does not undo it.
    ///
    /// # Errors
    /// [`Unsequenced`].
    pub async fn submit(&self, lane: Lane, work: Work) -> Result<Sequenced, Unsequenced> {
        let (answer, answered) = oneshot::channel();
        let queue = if lane == Lane::Urgent { &self.urgent } else { &self.other };
        queue.try_send(Request { work, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unsequenced::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Unsequenced::Stopped,
        })?;
        answered.await.map_err(|_| Unsequenced::Stopped)?
    }

    /// The committed state.
    #[must_use]
    pub fn committed(&self) -> Committed {
        self.committed.borrow().clone()
    }
}

/// Why a sequencer does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// The two databases do not fit.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored tree is damaged.
    #[error(transparent)]
    Tree(#[from] BitFlip),
    /// The journal's tree does not extend the head that was committed.
    #[error("the {log} in exchange.db does not extend the head of size {size} in head.db")]
    Fork {
        /// Which log.
        log: LogId,
        /// Size in head.db.
        size: TreeSize,
    },
    /// A directory entry in the journal that the rules refuse.
    #[error("entry {index} of the directory is not acceptable: {error}")]
    Entry {
        /// Its index.
        index: u64,
        /// Why.
        #[source]
        error: DirectoryError,
    },
}

/// One log's sequencer before it runs.
pub struct Sequencer {
    log: LogId,
    exchange: ExchangeName,
    origin: String,
    backend: Backend,
    fatal: Fatal,
    metrics: Arc<Metrics>,
    chains: Chains,
    committed: watch::Sender<Committed>,
}

impl std::fmt::Debug for Sequencer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sequencer({})", self.origin)
    }
}

impl Sequencer {
    /// Restores a log from the storage, and does what a crash left undone.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub async fn open(
        log: LogId,
        exchange: &ExchangeName,
        backend: Backend,
        fatal: Fatal,
        metrics: Arc<Metrics>,
    ) -> Result<Self, RecoveryError> {
        let state = backend.reads.state(log).await?;
        let head = backend.heads.load(log).await?;
        let steps = recovery(log, head, &state)?;
        let tree = restore(&backend, log, &state).await?;
        if let Some(head) = head {
            extends(&backend, &tree, &head).await?;
        }
        let directory = match log {
            LogId::Log => None,
            LogId::Directory => Some(Arc::new(replay(&backend, exchange, state.head.size).await?)),
        };
        let chains = match log {
            LogId::Log => backend.reads.chains().await?,
            LogId::Directory => Vec::new(),
        };
        let chains = chains.into_iter().map(|row| ((row.sender, row.recipient), (row.seq, row.last))).collect();
        let origin = match log {
            LogId::Log => exchange.log_origin(),
            LogId::Directory => exchange.directory_origin(),
        };
        for step in steps {
            if let Step::Advance { old, new } = step {
                tracing::warn!(%log, old = %old.size, new = %new.size, "recovering: the head follows the journal");
                backend.heads.swap(log, old, new).await?;
            }
        }
        let committed = Committed { tree: Arc::new(tree), directory };
        Ok(Self {
            log,
            exchange: exchange.clone(),
            origin,
            backend,
            fatal,
            metrics,
            chains,
            committed: watch::Sender::new(committed),
        })
    }

    /// The state that was restored.
    #[must_use]
    pub fn committed(&self) -> Committed {
        self.committed.borrow().clone()
    }

    /// Starts the task. It ends when every handle is dropped, after the work that it holds; or by [`Fatal`].
    #[must_use]
    pub fn start(self, queue: usize) -> (SequencerHandle, tokio::task::JoinHandle<()>) {
        let (urgent, urgent_inbox) = mpsc::channel(queue);
        let (other, other_inbox) = mpsc::channel(queue);
        let handle = SequencerHandle { urgent, other, committed: self.committed.subscribe() };
        self.gauge();
        let (fatal, origin) = (self.fatal.clone(), self.origin.clone());
        let task = tokio::spawn(self.run(urgent_inbox, other_inbox));
        let guarded = tokio::spawn(async move {
            // After a panic nobody knows which steps were done.
            if let Err(error) = task.await {
                fatal(&format!("{origin}: the sequencer ended badly: {error}"));
            }
        });
        (handle, guarded)
    }

    async fn run(mut self, mut urgent: mpsc::Receiver<Request>, mut other: mpsc::Receiver<Request>) {
        let mut last = 0;
        loop {
            let first = tokio::select! {
                biased;
                Some(request) = urgent.recv() => request,
                Some(request) = other.recv() => request,
                else => return,
            };
            let mut requests = vec![first];
            let (started, mut turns) = (Instant::now(), 0_u32);
            loop {
                let before = requests.len();
                while requests.len() < BATCH_MAX {
                    let Ok(request) = urgent.try_recv().or_else(|_| other.try_recv()) else { break };
                    requests.push(request);
                }
                let quiet = requests.len() == before && turns > 0;
                if last <= SMALL || quiet || requests.len() == BATCH_MAX || started.elapsed() >= GATHER {
                    break;
                }
                turns += 1;
                tokio::task::yield_now().await;
            }
            last = requests.len();
            if self.sequence(requests).await.is_err() {
                return;
            }
        }
    }

    /// `Err`: the process should be gone by now.
    async fn sequence(&mut self, requests: Vec<Request>) -> Result<(), ()> {
        let (work, answers): (Vec<_>, Vec<_>) = requests.into_iter().map(|r| (r.work, r.answer)).unzip();
        let refuse = |answers: Vec<oneshot::Sender<Result<Sequenced, Unsequenced>>>, error: Unsequenced| {
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        };
        let known = match self.known(&work).await {
            Ok(known) => known,
            Err(error) => {
                refuse(answers, Unsequenced::Store(error));
                return Ok(());
            }
        };
        let committed = self.committed.borrow().clone();
        let planned = plan(
            &self.exchange,
            &self.origin,
            &committed.tree,
            committed.directory.as_deref(),
            &self.chains,
            work,
            known,
        );
        let Plan { batch, tree, directory, chains, outcomes } = match planned {
            Ok(plan) => plan,
            Err(flip) => return self.end(&flip),
        };
        let started = Instant::now();
        for step in steps(batch) {
            match step {
                Step::Journal(batch) => match self.backend.journal.commit(batch).await {
                    Ok(()) => {}
                    Err(error @ (StoreError::Full { .. } | StoreError::Corrupt { .. } | StoreError::Closed)) => {
                        tracing::error!(%error, log = %self.log, "a batch was refused; nothing was written");
                        refuse(answers, Unsequenced::Store(error));
                        return Ok(());
                    }
                    Err(error) => return self.end(&error),
                },
                Step::Advance { old, new } => self.advance(old, new).await?,
                Step::Release => {
                    let directory = directory.map(Arc::new).or_else(|| committed.directory.clone());
                    self.chains.extend(chains);
                    let grown = tree.head().size.value() - committed.tree.head().size.value();
                    self.metrics.committed(grown, started.elapsed());
                    self.committed.send_replace(Committed { tree: Arc::new(tree), directory });
                    self.gauge();
                    break;
                }
            }
        }
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            let _ = answer.send(outcome);
        }
        Ok(())
    }

    fn end(&self, reason: &dyn std::fmt::Display) -> Result<(), ()> {
        (self.fatal)(&format!("{}: {reason}", self.origin));
        Err(())
    }

    /// A full disk is known not to have swapped, so waiting is safe; the batch is durable, and nobody was answered yet.
    async fn advance(&self, old: TreeHead, new: TreeHead) -> Result<(), ()> {
        loop {
            match self.backend.heads.swap(self.log, old, new).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Full { .. }) => {
                    tracing::error!(log = %self.log, "no space for head.db; waiting");
                    tokio::time::sleep(FULL_PAUSE).await;
                }
                Err(error) => return self.end(&error),
            }
        }
    }

    async fn known(&self, work: &[Work]) -> Result<Vec<Option<Known>>, StoreError> {
        let keys: Vec<Option<(PartyName, Eid)>> = work.iter().map(Work::key).collect();
        let asked: Vec<(PartyName, Eid)> = keys.iter().flatten().cloned().collect();
        if asked.is_empty() {
            return Ok(vec![None; work.len()]);
        }
        let mut found = self.backend.reads.known(asked).await?.into_iter();
        Ok(keys.iter().map(|key| key.as_ref().and_then(|_| found.next().flatten())).collect())
    }

    fn gauge(&self) {
        let size = self.committed.borrow().tree.head().size.value();
        match self.log {
            LogId::Log => self.metrics.log_size.set(size),
            LogId::Directory => self.metrics.directory_size.set(size),
        }
    }
}

/// Reads the right edge back from entries and full tiles, so that a damaged one shows before anything is signed.
async fn restore(backend: &Backend, log: LogId, state: &LogState) -> Result<Tree, RecoveryError> {
    let size = state.head.size;
    let (tail, tiles) = needed_at_restore(size);
    let mut partial: Vec<(u8, u64, Vec<Hash>)> = Vec::new();
    if tail > 0 {
        let first = size.value() - tail;
        let entries = backend.reads.entries(log, first, tail).await?;
        partial.push((0, first >> 8, entries.iter().map(|entry| leaf_hash(entry)).collect()));
    }
    for (level, first, count) in tiles {
        let mut hashes = Vec::new();
        for index in first..first + count {
            let node = load_tile(backend, log, level, index).await?.and_then(|tile| tile.node(8, 0));
            hashes.extend(node);
        }
        partial.push((level + 1, first >> 8, hashes));
    }
    let mut data = Vec::new();
    for (level, index, hashes) in partial {
        let width = u16::try_from(hashes.len()).unwrap_or(0);
        let coord = TileCoord::new(TileLevel::Hashes(level), index, width).map_err(BitFlip::Parts)?;
        data.push(TileData { coord, bytes: hashes.iter().flat_map(|hash| *hash.as_bytes()).collect() });
    }
    Ok(Tree::restore(log, state, &data)?)
}

async fn load_tile(backend: &Backend, log: LogId, level: u8, index: u64) -> Result<Option<Tile>, RecoveryError> {
    let bytes = backend.reads.tile(log, level, index).await?;
    Ok(bytes.map(|bytes| Tile::parse(&bytes)).transpose().map_err(BitFlip::Parts)?)
}

/// The journal may be ahead of the head, but it must be the same tree.
async fn extends(backend: &Backend, tree: &Tree, head: &TreeHead) -> Result<(), RecoveryError> {
    let fork = RecoveryError::Fork { log: tree.log(), size: head.size };
    let cache = crate::proofs::TileCache::new(backend.reads.clone());
    let root = cache.read(tree, |reader| monition_tlog::root_at(reader, head.size)).await;
    match root {
        Ok(root) if root == head.root => Ok(()),
        Ok(_) | Err(crate::proofs::ProofFailure::Proof(ProofError::MissingNode { .. })) => Err(fork),
        Err(crate::proofs::ProofFailure::Store(error)) => Err(error.into()),
        Err(_) => Err(fork),
    }
}

async fn replay(backend: &Backend, exchange: &ExchangeName, size: TreeSize) -> Result<Directory, RecoveryError> {
    const PAGE: u64 = 256;
    let mut directory = Directory::new(exchange.clone());
    while directory.size() < size.value() {
        let first = directory.size();
        let entries = backend.reads.entries(LogId::Directory, first, PAGE.min(size.value() - first)).await?;
        if entries.is_empty() {
            let detail = format!("entry {first} of the directory is missing");
            return Err(StoreError::Corrupt { file: "exchange.db", detail }.into());
        }
        for entry in entries {
            let index = directory.size();
            directory.apply(&entry).map_err(|error| RecoveryError::Entry { index, error })?;
        }
    }
    Ok(directory)
}
