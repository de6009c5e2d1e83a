//! Proofs from the right edge in memory and full tiles from the storage.

use crate::tree::Tree;
use monition_store::{LogId, Reads, StoreError};
use monition_tlog::{EdgeReader, ProofError, Tile, TileSource};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Full tiles kept in memory: 16 KiB each.
const TILES_MAX: usize = 1024;

/// Why a proof was not made.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFailure {
    /// No such proof exists, or a stored tile is missing or malformed.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A tile is not in the cache yet: fetch it and try again. Never leaves this module.
    #[error("tile {index} of level {level} is needed")]
    Fetch {
        /// Its level.
        level: u8,
        /// Its place.
        index: u64,
    },
}

type Cached = HashMap<(LogId, u8, u64), Arc<Tile>>;

/// A cache of full tiles, which never change.
pub struct TileCache {
    reads: Arc<dyn Reads>,
    tiles: Mutex<Cached>,
}

impl std::fmt::Debug for TileCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TileCache")
    }
}

/// The cache as the reader of proofs sees it.
#[derive(Debug)]
pub struct View<'a> {
    log: LogId,
    cache: &'a TileCache,
}

impl TileSource for View<'_> {
    type Error = ProofFailure;

    fn full_tile(&self, level: u8, index: u64) -> Result<Arc<Tile>, ProofFailure> {
        let tiles = self.cache.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        tiles.get(&(self.log, level, index)).cloned().ok_or(ProofFailure::Fetch { level, index })
    }
}

impl TileCache {
    /// An empty cache.
    #[must_use]
    pub fn new(reads: Arc<dyn Reads>) -> Self {
        Self { reads, tiles: Mutex::new(HashMap::new()) }
    }

    /// Runs `make` until every tile that it asks for is there: at most one tile a level for each node of the proof.
    ///
    /// # Errors
    /// [`ProofFailure`].
    pub async fn read<T>(
        &self,
        tree: &Tree,
        make: impl Fn(&EdgeReader<'_, View<'_>>) -> Result<T, ProofFailure>,
    ) -> Result<T, ProofFailure> {
        let view = View { log: tree.log(), cache: self };
        loop {
            match make(&tree.edge().reader(&view)) {
                Err(ProofFailure::Fetch { level, index }) => self.fetch(tree.log(), level, index).await?,
                done => return done,
            }
        }
    }

    async fn fetch(&self, log: LogId, level: u8, index: u64) -> Result<(), ProofFailure> {
        let bytes = self.reads.tile(log, level, index).await?;
        let tile = bytes.and_then(|bytes| Tile::parse(&bytes).ok()).ok_or(ProofError::MissingNode { level, index })?;
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if tiles.len() >= TILES_MAX {
            // Any of them: the next proof fetches what it needs.
            let victim = tiles.keys().next().copied();
            victim.map(|key| tiles.remove(&key));
        }
        tiles.insert((log, level, index), Arc::new(tile));
        Ok(())
    }
}
