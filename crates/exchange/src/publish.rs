//! Publication at a fixed rhythm: the log, then the directory, each cosigned anew whether it grew or not.
//!
//! ```text
//! committed head → sign (irrevocable) → witnesses ∥ tiles → note into the journal → checkpoint file → visible
//! ```
//!
//! The directory comes after the log in every round: its cosignatures show that no revocation stood there when the log's
//! were given. A witness that does not answer in time is left out; the note carries what arrived. Files are synced before
//! they get their names, and the checkpoint is the last of them, so that whatever it names is there.

use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::proofs::TileCache;
use crate::sequencer::{Fatal, SequencerHandle};
use crate::state::{Published, PublishedNote, digest_of};
use crate::tree::Tree;
use monition_evidence::encoding::sha256;
use monition_evidence::{Anchor, ExchangeName};
use monition_store::{Backend, Batch, LogId, NoteRow, StoreError};
use monition_tlog::{
    AddCheckpoint, AddCheckpointAnswer, Checkpoint, EntryBundle, FormatError, KeyName, MAX_NOTE_BYTES, NoteSigner,
    Origin, SignatureLine, SignedCheckpoint, TILE_WIDTH, TileCoord, TileLevel, Timestamp, TreeSize, VerifierKey,
    consistency_proof, verify_cosignature,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Why a publication did not come about. The next round tries again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// A format was refused.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The log is smaller than what was published.
    #[error("the {log} has {committed} entries, {published} were published")]
    Shrunk {
        /// Which log.
        log: LogId,
        /// Entries committed.
        committed: TreeSize,
        /// Entries published.
        published: u64,
    },
}

/// A witness and what is known of it.
struct Witness {
    key: VerifierKey,
    url: String,
}

/// Publishes one log.
struct LogPublisher {
    log: LogId,
    signer: NoteSigner,
    handle: SequencerHandle,
    /// Where its files are.
    folder: PathBuf,
    /// Size whose files are all there.
    written: u64,
    /// Size that each witness cosigned last, as far as is known.
    sizes: Vec<TreeSize>,
    /// Size of the last note that is kept for good.
    kept: Option<u64>,
}

/// Publishes both logs.
pub struct Publisher {
    logs: [LogPublisher; 2],
    backend: Backend,
    witnesses: Vec<Witness>,
    quorum: usize,
    timeout: Duration,
    period: Duration,
    client: reqwest::Client,
    tiles: TileCache,
    metrics: Arc<Metrics>,
    fatal: Fatal,
    /// Latest time of a note of the log that is kept and still waits for its note of the directory.
    owed: Option<u64>,
    note_seconds: u64,
    clock: Arc<dyn Clock>,
    published: watch::Sender<Published>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Publisher")
    }
}

/// Name of the folder with the files that may be served.
pub const PUBLIC: &str = "public";

impl Publisher {
    /// Makes a publisher; nothing is signed yet.
    ///
    /// # Errors
    /// [`PublishError`].
    #[allow(clippy::too_many_arguments, reason = "called once, at the start")]
    pub async fn new(
        config: &Config,
        witness_keys: Vec<VerifierKey>,
        seeds: [&[u8; 32]; 2],
        handles: [SequencerHandle; 2],
        backend: Backend,
        client: reqwest::Client,
        metrics: Arc<Metrics>,
        fatal: Fatal,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PublishError> {
        let witnesses: Vec<Witness> = witness_keys
            .into_iter()
            .zip(&config.witnesses)
            .map(|(key, w)| Witness { key, url: format!("{}/add-checkpoint", w.url.trim_end_matches('/')) })
            .collect();
        let [log, directory] = handles;
        let logs = [
            LogPublisher::new(LogId::Log, config, seeds[0], log, &backend, witnesses.len()).await?,
            LogPublisher::new(LogId::Directory, config, seeds[1], directory, &backend, witnesses.len()).await?,
        ];
        let tiles = TileCache::new(backend.reads.clone());
        // A restart while a witness sleeps must not stop the exchange from signing: an older anchor is a weaker lower
        // bound, and no wrong one.
        let last = backend.reads.last_cosigned(LogId::Log).await?;
        let anchor = last.and_then(|note| SignedCheckpoint::parse(&note.bytes).ok()).map(|note| anchor(&note));
        Ok(Self {
            logs,
            witnesses,
            quorum: config.quorum(),
            timeout: Duration::from_millis(config.witness_timeout_ms),
            period: Duration::from_millis(config.publish_ms),
            client,
            tiles,
            metrics,
            fatal,
            owed: None,
            note_seconds: config.note_seconds,
            clock,
            published: watch::Sender::new(Published { anchor, ..Published::default() }),
            backend,
        })
    }

    /// What was published last.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Published> {
        self.published.subscribe()
    }

    /// The verifier keys of log and directory.
    #[must_use]
    pub fn log_keys(&self) -> [VerifierKey; 2] {
        self.logs.each_ref().map(|log| log.signer.verifier_key().clone())
    }

    /// Publishes until `stop` says so, and once more then.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut rhythm = tokio::time::interval(self.period);
        rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let stopped = tokio::select! {
                _ = rhythm.tick() => false,
                // An error says that nobody can stop us any more, which is as good.
                _ = stop.wait_for(|stop| *stop) => true,
            };
            if stopped {
                break;
            }
            self.round().await;
        }
        self.round().await;
    }

    /// One round: the log, then the directory.
    pub async fn round(&mut self) {
        for position in 0..self.logs.len() {
            match self.publish(position).await {
                Ok(()) => {}
                // A sync that failed may have lost what seems to be there.
                Err(PublishError::Store(error @ StoreError::Unknown { .. })) => (self.fatal)(&error.to_string()),
                Err(error) => tracing::error!(%error, log = %self.logs[position].log, "not published"),
            }
        }
    }

    async fn publish(&mut self, position: usize) -> Result<(), PublishError> {
        let tree = self.logs[position].handle.committed().tree;
        let log = self.logs[position].log;
        let (head, written) = (tree.head(), self.logs[position].written);
        if head.size.value() < written {
            return Err(PublishError::Shrunk { log, committed: head.size, published: written });
        }
        let signer = &self.logs[position].signer;
        let origin = Origin::new(signer.verifier_key().name().as_str())?;
        let signed = SignedCheckpoint::sign(&Checkpoint::new(origin, head), signer)?;
        let folder = self.logs[position].folder.clone();
        let (cosignatures, files) = tokio::join!(
            self.cosign(&tree, &signed, &self.logs[position].sizes),
            write_tiles(&self.backend, &tree, &folder, written)
        );
        files?;
        self.logs[position].written = head.size.value();
        let mut note = signed;
        let mut times = Vec::new();
        for (witness, (size, line)) in cosignatures.into_iter().enumerate() {
            self.logs[position].sizes[witness] = size;
            if let Some((line, time)) = line {
                note = note.with_signature(&line)?;
                times.push(time.value());
            }
        }
        let fully = times.len() >= self.quorum;
        self.keep(position, &note, &times).await?;
        write_file(folder.join("checkpoint"), note.as_bytes().to_vec()).await?;
        self.show(log, &note, &times, fully);
        Ok(())
    }

    /// The note must be durable before anybody can name it as an anchor. Those on which proofs rest are kept for good: the
    /// first of each size with the quorum, and the directory's first after each such note of the log.
    async fn keep(&mut self, position: usize, note: &SignedCheckpoint, times: &[u64]) -> Result<(), PublishError> {
        let quorum = times.len() >= self.quorum;
        let (log, size) = (self.logs[position].log, note.head().size.value());
        let (time_min, time_max) = (times.iter().copied().min().unwrap_or(0), times.iter().copied().max().unwrap_or(0));
        let owed = log == LogId::Directory && self.owed.is_some_and(|time| time_min >= time);
        let kept = quorum && (owed || self.logs[position].kept != Some(size));
        let at = self.clock.now().value();
        let (digest, bytes) = (sha256(note.as_bytes()), note.as_bytes().to_vec());
        let row = NoteRow { log, size, time_min, time_max, quorum, at, kept, digest, bytes };
        let notes_expired_at = Some(at.saturating_sub(self.note_seconds));
        let batch = Batch { notes: vec![row], notes_expired_at, ..Batch::default() };
        self.backend.journal.commit(Arc::new(batch)).await?;
        if kept {
            self.logs[position].kept = Some(size);
            match log {
                LogId::Log => self.owed = Some(time_max),
                LogId::Directory if owed => self.owed = None,
                LogId::Directory => {}
            }
        }
        Ok(())
    }

    fn show(&self, log: LogId, note: &SignedCheckpoint, times: &[u64], quorum: bool) {
        let head = note.head();
        self.metrics.publications.increment();
        let gauge = if log == LogId::Log { &self.metrics.log_published } else { &self.metrics.directory_published };
        gauge.set(head.size.value());
        if quorum {
            self.metrics.last_cosigned.set(times.iter().copied().max().unwrap_or(0));
        } else {
            self.metrics.unwitnessed.increment();
        }
        let bytes = bytes::Bytes::copy_from_slice(note.as_bytes());
        let shown = Arc::new(PublishedNote { bytes, head });
        self.published.send_modify(|published| match log {
            LogId::Directory => published.directory = Some(shown),
            LogId::Log => {
                published.log = Some(shown);
                if quorum {
                    published.anchor = Some(anchor(note));
                }
            }
        });
    }

    /// Asks every witness at once. For each: the size it has now, and its line.
    async fn cosign(
        &self,
        tree: &Arc<Tree>,
        signed: &SignedCheckpoint,
        sizes: &[TreeSize],
    ) -> Vec<(TreeSize, Option<(SignatureLine, Timestamp)>)> {
        let ask = |(witness, size): (_, &TreeSize)| self.ask(witness, *size, tree, signed);
        join_all(self.witnesses.iter().zip(sizes).map(ask).collect()).await
    }

    async fn ask(
        &self,
        witness: &Witness,
        mut old: TreeSize,
        tree: &Arc<Tree>,
        signed: &SignedCheckpoint,
    ) -> (TreeSize, Option<(SignatureLine, Timestamp)>) {
        let asking = async {
            // A 409 tells the witness's size; after the second there is another writer, or a liar.
            for _ in 0..3 {
                match self.ask_once(witness, old, tree, signed).await {
                    Ok(AddCheckpointAnswer::Cosigned(lines)) => {
                        let line = verified_line(witness, signed, &lines)?;
                        old = signed.head().size;
                        return Some(line);
                    }
                    Ok(AddCheckpointAnswer::Conflict(size)) if size <= signed.head().size => old = size,
                    Ok(answer) => {
                        let name = witness.key.name();
                        tracing::warn!(witness = %name, status = answer.status(), "no cosignature");
                        return None;
                    }
                    Err(error) => {
                        tracing::debug!(witness = %witness.key.name(), error, "no cosignature");
                        return None;
                    }
                }
            }
            None
        };
        let line = tokio::time::timeout(self.timeout, asking).await.ok().flatten();
        if line.is_none() {
            self.metrics.witness_failures.increment();
        }
        (old, line)
    }

    async fn ask_once(
        &self,
        witness: &Witness,
        old: TreeSize,
        tree: &Arc<Tree>,
        signed: &SignedCheckpoint,
    ) -> Result<AddCheckpointAnswer, String> {
        let new = signed.head().size;
        let proof = self.tiles.read(tree, |reader| consistency_proof(reader, old, new)).await;
        let proof = proof.map_err(|e| e.to_string())?;
        let body = AddCheckpoint { old, proof, checkpoint: signed.clone() }.to_bytes();
        let response = self.client.post(&witness.url).body(body).send().await.map_err(|e| e.to_string())?;
        let status = response.status().as_u16();
        let body = read_limited(response, MAX_NOTE_BYTES).await?;
        AddCheckpointAnswer::parse(status, &body).map_err(|e| e.to_string())
    }
}

fn anchor(note: &SignedCheckpoint) -> Anchor {
    let head = note.head();
    Anchor {
        origin: note.origin().to_string(),
        size: head.size.value(),
        root: digest_of(&head.root),
        note: sha256(note.as_bytes()),
    }
}

/// The one line of this witness that verifies; all others are dropped.
fn verified_line(
    witness: &Witness,
    signed: &SignedCheckpoint,
    lines: &[SignatureLine],
) -> Option<(SignatureLine, Timestamp)> {
    let line = lines.iter().find(|line| line.is_of(&witness.key))?;
    let note = signed.with_signature(line).ok()?;
    match verify_cosignature(&witness.key, note.note()) {
        Ok(time) => Some((line.clone(), time?)),
        Err(error) => {
            tracing::warn!(witness = %witness.key.name(), %error, "a cosignature does not verify");
            None
        }
    }
}

/// Polls several futures together. A dozen witnesses need no more than this.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(move |context| {
        let mut waiting = false;
        for (future, output) in &mut futures {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(futures.iter_mut().filter_map(|(_, output)| output.take()).collect())
    })
    .await
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_limited(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| e.to_string())? {
        if body.len() + chunk.len() > limit {
            return Err(format!("the answer has more than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl LogPublisher {
    async fn new(
        log: LogId,
        config: &Config,
        seed: &[u8; 32],
        handle: SequencerHandle,
        backend: &Backend,
        witnesses: usize,
    ) -> Result<Self, PublishError> {
        let origin = origin(log, &config.name);
        let signer = NoteSigner::from_seed(KeyName::new(&origin)?, seed)?;
        let folder = config.data_dir.join(PUBLIC).join(log.as_str());
        tokio::fs::create_dir_all(&folder).await.map_err(|error| PublishError::File { path: folder.clone(), error })?;
        // A note in the journal says that its files were synced before. If the folder was lost, write all anew.
        let written = match backend.reads.last_note(log).await? {
            Some(note) if folder.join("checkpoint").is_file() => note.size,
            _ => 0,
        };
        Ok(Self { log, signer, handle, folder, written, sizes: vec![TreeSize::ZERO; witnesses], kept: None })
    }
}

/// The origin of a log.
#[must_use]
pub fn origin(log: LogId, exchange: &ExchangeName) -> String {
    match log {
        LogId::Log => exchange.log_origin(),
        LogId::Directory => exchange.directory_origin(),
    }
}

/// Writes what the growth from `written` to the tree's size adds.
async fn write_tiles(backend: &Backend, tree: &Tree, folder: &Path, written: u64) -> Result<(), PublishError> {
    let (log, size, width) = (tree.log(), tree.head().size.value(), u64::from(TILE_WIDTH));
    if size == written {
        return Ok(());
    }
    let mut folders = BTreeSet::new();
    for index in written / width..size.div_ceil(width) {
        let count = width.min(size - index * width);
        let entries = backend.reads.entries(log, index * width, count).await?;
        let bundle = EntryBundle::new(entries.iter().map(Vec::as_slice).collect())?;
        // Never above 256.
        let coord = TileCoord::new(TileLevel::Entries, index, u16::try_from(count).unwrap_or(TILE_WIDTH))?;
        write_tile(folder, coord, bundle.to_bytes(), &mut folders).await?;
    }
    for level in 0..8_u8 {
        let (before, now) = (written >> (8 * u32::from(level)), size >> (8 * u32::from(level)));
        for index in before / width..now / width {
            let bytes = backend.reads.tile(log, level, index).await?.ok_or_else(|| StoreError::Corrupt {
                file: "exchange.db",
                detail: format!("tile {index} of level {level} of the {log} is missing"),
            })?;
            let coord = TileCoord::new(TileLevel::Hashes(level), index, TILE_WIDTH)?;
            write_tile(folder, coord, bytes, &mut folders).await?;
        }
    }
    for tile in tree.edge().partial_tiles() {
        write_tile(folder, tile.coord, tile.bytes, &mut folders).await?;
    }
    // The names of the files are as durable as the files: each folder once, however many files it got.
    sync_folders(folders).await
}

async fn write_tile(
    folder: &Path,
    coord: TileCoord,
    bytes: Vec<u8>,
    folders: &mut BTreeSet<PathBuf>,
) -> Result<(), PublishError> {
    let path = folder.join(coord.path());
    if coord.is_full() {
        // The partial ones before it say nothing more; a client that still wants one takes the full one.
        let partials = folder.join(format!("{}.p", coord.path()));
        let _ = tokio::fs::remove_dir_all(partials).await;
    }
    // New folders stand in folders that may be new as well.
    folders.extend(path.ancestors().skip(1).take_while(|above| above.starts_with(folder)).map(Path::to_owned));
    write_unnamed(path, bytes).await
}

/// Writes beside the file, syncs, renames, syncs the folder: a crash leaves the old file or the new one.
async fn write_file(path: PathBuf, bytes: Vec<u8>) -> Result<(), PublishError> {
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    write_unnamed(path, bytes).await?;
    sync_folders(BTreeSet::from([folder])).await
}

/// As [`write_file`], but the new name is durable only after [`sync_folders`].
async fn write_unnamed(path: PathBuf, bytes: Vec<u8>) -> Result<(), PublishError> {
    blocking(move || {
        let wrong = |error| PublishError::File { path: path.clone(), error };
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(wrong)?;
        let mut temporary = path.clone().into_os_string();
        temporary.push(".new");
        let mut file = std::fs::File::create(&temporary).map_err(wrong)?;
        std::io::Write::write_all(&mut file, &bytes).map_err(wrong)?;
        file.sync_all().map_err(wrong)?;
        std::fs::rename(&temporary, &path).map_err(wrong)
    })
    .await
}

async fn sync_folders(folders: BTreeSet<PathBuf>) -> Result<(), PublishError> {
    blocking(move || {
        for path in folders {
            let synced = std::fs::File::open(&path).and_then(|folder| folder.sync_all());
            synced.map_err(|error| PublishError::File { path, error })?;
        }
        Ok(())
    })
    .await
}

async fn blocking(work: impl FnOnce() -> Result<(), PublishError> + Send + 'static) -> Result<(), PublishError> {
    let lost = |error: tokio::task::JoinError| PublishError::File {
        path: PathBuf::new(),
        error: std::io::Error::other(error.to_string()),
    };
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}
