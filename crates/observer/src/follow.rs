//! This node's own copy of the exchange's directory: every entry from the first, replayed, and only ever longer.
//!
//! Each refresh takes the checkpoint (log signature verified), the entries that are new, and recomputes the whole
//! root over the kept entries and the new ones. So a directory that rewrites what this node has seen is noticed
//! at the next refresh, also across restarts, because the entries are kept on disk.
//!
//! | what | then |
//! |---|---|
//! | a smaller checkpoint | custody stops until the directory is as long again |
//! | entries that do not give the signed root | custody stops until they do: a fork never does |
//! | one size, two signed roots | both notes are kept, and custody stops for good |
//!
//! *Custody stops* means: no new items and no heads. Readers are still served, by the last good copy: a
//! misbehaving exchange must not come between a person and a warning that lies here.

use crate::client::{ClientError, WhichLog};
use crate::node::Node;
use crate::store::StoreError;
use monition_evidence::directory::Directory;
use monition_evidence::mailbox::ChainName;
use monition_evidence::{Digest, MailboxId, PartyName};
use monition_tlog::{
    EntryBundle, FormatError, Frontier, MemoryTree, TILE_WIDTH, TileCoord, TileLevel, VerifiedCheckpoint, leaf_hash,
};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Shortest time from one refresh to the next, so that strangers who name unknown keys cause no flood.
const SPACING: Duration = Duration::from_millis(150);

/// Why the directory is not to be relied upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The exchange shows fewer entries than it did.
    Shrunk,
    /// The entries that it gives do not have the root that it signs.
    Mismatch,
    /// It signed two roots for one size. Never clears.
    TwoRoots,
}

/// Why a refresh came to nothing. None of these is an alarm: those are [`Alarm`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("a bundle of the directory is malformed")]
    Bundle(#[from] FormatError),
    #[error("a bundle has {found} entries, {needed} are implied by the checkpoint")]
    ShortBundle { found: usize, needed: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Kept {
    tree: MemoryTree,
    frontier: Frontier,
    refreshed: Option<Instant>,
}

struct View {
    directory: Arc<Directory>,
    alarm: Option<Alarm>,
    note: Option<VerifiedCheckpoint>,
}

/// The copy.
pub(crate) struct Follower {
    /// One refresh at a time.
    kept: tokio::sync::Mutex<Kept>,
    view: RwLock<View>,
}

impl Follower {
    /// Replays the kept entries. `two_roots`: whether a contradiction is on record.
    pub(crate) fn restore(mut directory: Directory, entries: &[Vec<u8>], two_roots: bool) -> Self {
        let mut kept = Kept { tree: MemoryTree::new(), frontier: Frontier::new(), refreshed: None };
        for entry in entries {
            kept.push(entry);
            apply(&mut directory, entry);
        }
        let alarm = two_roots.then_some(Alarm::TwoRoots);
        let view = View { directory: Arc::new(directory), alarm, note: None };
        Self { kept: tokio::sync::Mutex::new(kept), view: RwLock::new(view) }
    }

    /// The directory as last replayed.
    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).directory.clone()
    }

    /// Why custody is stopped, if it is.
    pub(crate) fn alarm(&self) -> Option<Alarm> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).alarm
    }

    fn raise(&self, alarm: Option<Alarm>) {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        if view.alarm == alarm || view.alarm == Some(Alarm::TwoRoots) {
            return;
        }
        match alarm {
            Some(alarm) => tracing::error!(?alarm, "the directory of the exchange contradicts itself: custody stops"),
            None => tracing::warn!("the directory of the exchange is consistent again: custody goes on"),
        }
        view.alarm = alarm;
    }
}

impl Kept {
    fn push(&mut self, entry: &[u8]) {
        let leaf = leaf_hash(entry);
        self.tree.push(leaf);
        self.frontier.push(leaf);
    }
}

fn apply(directory: &mut Directory, entry: &[u8]) {
    let index = directory.size();
    if let Err(error) = directory.apply(entry) {
        // The exchange logged what its own rules refuse. It counts for nothing, and people should know.
        tracing::warn!(index, %error, "an entry of the directory breaks its rules and counts for nothing");
    }
}

impl Node {
    /// Brings the copy up to date, unless that happened just now.
    pub(crate) async fn refresh_directory(&self) -> Result<(), FollowError> {
        let follower = &self.follower;
        let mut kept = follower.kept.lock().await;
        if kept.refreshed.is_some_and(|at| at.elapsed() < SPACING) {
            return Ok(());
        }
        let checkpoint = self.exchange.checkpoint(WhichLog::Directory).await?;
        let (have, head) = (kept.tree.size(), checkpoint.head());
        if head.size < have {
            // The same tree at an earlier size is a lie of omission only; another root is proof.
            let same = kept.tree.root_at(head.size).is_none_or(|root| root == head.root);
            follower.raise(Some(if same { Alarm::Shrunk } else { Alarm::Mismatch }));
            kept.refreshed = Some(Instant::now());
            return Ok(());
        }
        let mut entries = self.new_entries(have.value(), head.size.value()).await?;
        let mut frontier = kept.frontier.clone();
        frontier.extend(entries.iter().map(|entry| leaf_hash(entry)));
        if frontier.head() != head {
            self.directory_does_not_fit(&checkpoint).await?;
            kept.refreshed = Some(Instant::now());
            return Ok(());
        }
        if !entries.is_empty() {
            entries =
                self.store_task(move |store| store.extend_directory(have.value(), &entries).map(|()| entries)).await?;
            let mut directory = (*follower.directory()).clone();
            for entry in &entries {
                kept.push(entry);
                apply(&mut directory, entry);
            }
            let chains = chains_here(&directory, &self.config.party);
            let now = self.now().value();
            self.store_task(move |store| store.ensure_chains(&chains, now)).await?;
            follower.view.write().unwrap_or_else(PoisonError::into_inner).directory = Arc::new(directory);
        }
        follower.view.write().unwrap_or_else(PoisonError::into_inner).note = Some(checkpoint);
        follower.raise(None);
        kept.refreshed = Some(Instant::now());
        Ok(())
    }

    /// The entries from index `from` up to `size`.
    async fn new_entries(&self, from: u64, size: u64) -> Result<Vec<Vec<u8>>, FollowError> {
        let width = u64::from(TILE_WIDTH);
        let mut entries = Vec::new();
        let mut at = from;
        while at < size {
            let index = at / width;
            let needed = (size - index * width).min(width) as usize;
            let coord = TileCoord::new(TileLevel::Entries, index, u16::try_from(needed).unwrap_or(TILE_WIDTH))?;
            let bytes = self.exchange.bundle(coord).await?;
            let bundle = EntryBundle::parse(&bytes)?;
            let found = bundle.entries().len();
            if found < needed {
                return Err(FollowError::ShortBundle { found, needed });
            }
            let skip = (at - index * width) as usize;
            entries.extend(bundle.entries()[skip..needed].iter().map(|entry| entry.to_vec()));
            at = index * width + needed as u64;
        }
        Ok(entries)
    }

    /// Entries and signed root disagree. If an earlier signed note has the same size and another root, that is proof.
    async fn directory_does_not_fit(&self, checkpoint: &VerifiedCheckpoint) -> Result<(), FollowError> {
        let before = self.follower.view.read().unwrap_or_else(PoisonError::into_inner).note.clone();
        let origin = checkpoint.origin().to_string();
        // The note that this node cosigned is another witness, and one that outlives a restart.
        let asked = origin.clone();
        let witnessed = self.store_task(move |store| store.witnessed(&asked)).await?;
        let before = before.map(|note| (note.head(), note.note().as_bytes().to_vec()));
        let mut signed = before.into_iter().chain(witnessed.map(|kept| (kept.head, kept.note)));
        let head = checkpoint.head();
        let Some((_, one)) = signed.find(|(other, _)| other.size == head.size && other.root != head.root) else {
            self.follower.raise(Some(Alarm::Mismatch));
            return Ok(());
        };
        let other = checkpoint.note().as_bytes().to_vec();
        let now = self.now().value();
        self.store_task(move |store| store.keep_misbehaviour(&origin, &one, &other, now)).await?;
        self.follower.raise(Some(Alarm::TwoRoots));
        Ok(())
    }
}

/// Every mailbox that a declaration, also a superseded one, has put here: h(0), declaration, mailbox, superseded.
pub(crate) fn chains_here(directory: &Directory, here: &PartyName) -> Vec<(Digest, Digest, MailboxId, bool)> {
    let declarations = directory.parties().flat_map(|party| &party.declarations);
    declarations
        .filter(|record| record.declaration.custodians.contains(here))
        .map(|record| {
            let name = ChainName {
                exchange: directory.exchange().clone(),
                mailbox: record.declaration.mailbox,
                declaration: record.digest,
                custodian: here.clone(),
            };
            (name.h0(), record.digest, record.declaration.mailbox, record.superseded.is_some())
        })
        .collect()
}
