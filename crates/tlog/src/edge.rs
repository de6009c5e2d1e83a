//! The right edge of a tiled log, in memory: the unfinished tile of every level.
//!
//! Spec: c2sp.org/tlog-tiles@v0.1.0; RFC 6962 §2.1.
//!
//! ```text
//! size 70 000:   level 0  tile 273, 112 hashes      level 1  tile 1, 17 hashes      level 2  tile 0, 1 hash
//! ```
//!
//! This is all that a sequencer needs in order to append, to publish and to prove: appending costs one hash a
//! leaf on average, a proof for a recent leaf touches no file, and one for an old leaf at most one full tile a
//! level. Memory: at most 8 × 16 KiB.
//!
//! [`Edge::head`] computes the root anew from the hashes *that will be published*, not from the nodes kept
//! for proofs, and shares no code with [`crate::Frontier`]: compare both before signing.
//!
//! Left to the caller: storing the tiles before anything that names their size is signed, and comparing
//! [`Edge::head`] after [`Edge::restore`] with a head it trusts.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::error::{FormatError, ProofError};
use crate::hash::{Hash, LeafIndex, TreeHead, TreeSize};
use crate::merkle::{empty_root, node_hash, split};
use crate::prove::{HashReader, consistency_proof, inclusion_proof};
use crate::tile::{TILE_WIDTH, Tile, TileCoord, TileData, TileLevel};

/// The unfinished tiles of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// By level; at rest none is full.
    tiles: Vec<Tile>,
}

/// What an append has made final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Where the first of the appended leaves stands.
    pub first: LeafIndex,
    /// The size after the append.
    pub size: TreeSize,
    /// Tiles that are now full and never change again, in the order in which they filled.
    pub full_tiles: Vec<FullTile>,
}

/// A tile that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTile {
    /// Level, 0 = over leaf hashes.
    pub level: u8,
    /// Place within the level.
    pub index: u64,
    /// Its hashes, ready to go into a cache behind a [`TileSource`].
    pub tile: Arc<Tile>,
}

impl FullTile {
    /// The name under which it is stored and served.
    ///
    /// # Panics
    /// If the fields, which are public, were given values that no log has.
    #[must_use]
    pub fn coord(&self) -> TileCoord {
        TileCoord::new(TileLevel::Hashes(self.level), self.index, TILE_WIDTH).expect("an Edge names only real tiles")
    }

    /// The 8192 bytes as they are stored and served.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.tile.to_bytes()
    }
}

impl Edge {
    /// The log without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back what [`Edge::partial_tiles`] gave for this size, in any order.
    ///
    /// # Errors
    /// [`FormatError::TreeParts`] unless exactly the tiles that the size implies are there;
    /// [`FormatError::TileContent`] for a malformed one.
    pub fn restore(size: TreeSize, partial_tiles: &[TileData]) -> Result<Self, FormatError> {
        let wanted = hash_partials(size);
        let wrong = |found| FormatError::TreeParts { what: "partial tiles", size, expected: wanted.len(), found };
        if partial_tiles.len() != wanted.len() {
            return Err(wrong(partial_tiles.len()));
        }
        let mut edge = Self { size: size.value(), tiles: Vec::new() };
        for (found, coord) in wanted.iter().enumerate() {
            let data = partial_tiles.iter().find(|data| data.coord == *coord).ok_or_else(|| wrong(found))?;
            let tile = Tile::parse(&data.bytes)?;
            if tile.width() != coord.width() {
                let reason = "does not have the width in its name";
                return Err(FormatError::TileContent { what: "tile", reason, at: data.bytes.len() });
            }
            *edge.tile_mut(level_of(coord)) = tile;
        }
        Ok(edge)
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// Adds leaves, given by their [`crate::leaf_hash`].
    ///
    /// # Panics
    /// When the log reaches 2^63 leaves, which no machine does.
    pub fn append(&mut self, leaves: &[Hash]) -> Growth {
        let first = LeafIndex::new(self.size);
        let mut full_tiles = Vec::new();
        for leaf in leaves {
            self.size += 1;
            let mut hash = *leaf;
            for level in 0_u8.. {
                let tile = self.tile_mut(level);
                tile.push(hash);
                let Some(root) = tile.node(8, 0) else { break };
                let tile = Arc::new(std::mem::take(tile));
                // Levels end at 7 below 2^63 leaves, so the shift fits.
                let index = (self.size >> (8 * (u32::from(level) + 1))) - 1;
                full_tiles.push(FullTile { level, index, tile });
                hash = root;
            }
        }
        Growth { first, size: self.size(), full_tiles }
    }

    /// Size and root now, from the published hashes alone.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        let mut below = None;
        for tile in &self.tiles {
            let mut hashes = tile.hashes().to_vec();
            hashes.extend(below);
            below = list_hash(&hashes);
        }
        TreeHead { size: self.size(), root: below.unwrap_or_else(empty_root) }
    }

    /// The partial hash tiles that the present size implies, from level 0 up.
    #[must_use]
    pub fn partial_tiles(&self) -> Vec<TileData> {
        let tile = |coord: TileCoord| {
            let bytes = self.tiles.get(usize::from(level_of(&coord))).map(Tile::to_bytes).unwrap_or_default();
            TileData { coord, bytes }
        };
        hash_partials(self.size()).into_iter().map(tile).collect()
    }

    /// Joins the edge with a source of full tiles: what proofs are made from.
    #[must_use]
    pub fn reader<'a, S: TileSource + ?Sized>(&'a self, full_tiles: &'a S) -> EdgeReader<'a, S> {
        EdgeReader { edge: self, full_tiles }
    }

    /// The full tiles that an inclusion proof reads, at most two a level: so that a caller whose storage is
    /// asynchronous can fetch them first and hand them over as a map.
    ///
    /// # Errors
    /// [`ProofError`], if the edge has no such leaf or size.
    pub fn full_tiles_for_inclusion(&self, index: LeafIndex, size: TreeSize) -> Result<Vec<TileCoord>, ProofError> {
        let wanted = Wanted::default();
        inclusion_proof(&self.reader(&wanted), index, size)?;
        Ok(wanted.0.into_inner().into_iter().collect())
    }

    /// The full tiles that a consistency proof reads, as [`Edge::full_tiles_for_inclusion`].
    ///
    /// # Errors
    /// [`ProofError`], if the edge has no such sizes.
    pub fn full_tiles_for_consistency(&self, old: TreeSize, new: TreeSize) -> Result<Vec<TileCoord>, ProofError> {
        let wanted = Wanted::default();
        consistency_proof(&self.reader(&wanted), old, new)?;
        Ok(wanted.0.into_inner().into_iter().collect())
    }

    fn tile_mut(&mut self, level: u8) -> &mut Tile {
        let level = usize::from(level);
        if self.tiles.len() <= level {
            self.tiles.resize_with(level + 1, Tile::default);
        }
        &mut self.tiles[level]
    }
}

fn hash_partials(size: TreeSize) -> Vec<TileCoord> {
    let mut partials = TileCoord::partials_of(size);
    partials.retain(|coord| coord.level() != TileLevel::Entries);
    partials
}

fn level_of(coord: &TileCoord) -> u8 {
    match coord.level() {
        TileLevel::Hashes(level) => level,
        TileLevel::Entries => 0,
    }
}

/// RFC 6962 §2.1, word for word, over at most 256 nodes; the last may stand for fewer leaves than the others.
fn list_hash(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        _ => {
            let (left, right) = hashes.split_at(split(hashes.len() as u64) as usize);
            Some(node_hash(&list_hash(left)?, &list_hash(right)?))
        }
    }
}

/// Gives full tiles: from files, a cache, a database.
pub trait TileSource {
    /// Why a tile could not be given.
    type Error: From<ProofError>;

    /// The full tile of hashes at this level and index. Asked only for tiles that are complete at the size
    /// of the edge.
    ///
    /// # Errors
    /// If it cannot be read. [`Tile::parse`] checks the form; that the *right* bytes came shows only in the
    /// proof, which the caller verifies before it hands it out.
    fn full_tile(&self, level: u8, index: u64) -> Result<Arc<Tile>, Self::Error>;
}

impl<F, E> TileSource for F
where
    F: Fn(u8, u64) -> Result<Arc<Tile>, E>,
    E: From<ProofError>,
{
    type Error = E;

    fn full_tile(&self, level: u8, index: u64) -> Result<Arc<Tile>, E> {
        self(level, index)
    }
}

/// Tiles that were fetched before: see [`Edge::full_tiles_for_inclusion`].
impl TileSource for HashMap<TileCoord, Arc<Tile>> {
    type Error = ProofError;

    fn full_tile(&self, level: u8, index: u64) -> Result<Arc<Tile>, ProofError> {
        let coord = TileCoord::new(TileLevel::Hashes(level), index, TILE_WIDTH).ok();
        let missing = ProofError::MissingNode { level: 8 * level, index: index << 8 };
        coord.and_then(|coord| self.get(&coord)).cloned().ok_or(missing)
    }
}

/// Notes down which full tiles a proof asks for, and answers with nothing useful.
#[derive(Default)]
struct Wanted(RefCell<BTreeSet<TileCoord>>);

impl TileSource for Wanted {
    type Error = ProofError;

    fn full_tile(&self, level: u8, index: u64) -> Result<Arc<Tile>, ProofError> {
        let missing = ProofError::MissingNode { level: 8 * level, index: index << 8 };
        let coord = TileCoord::new(TileLevel::Hashes(level), index, TILE_WIDTH).map_err(|_| missing)?;
        self.0.borrow_mut().insert(coord);
        Ok(Arc::new(Tile::zeros()))
    }
}

/// A [`HashReader`] over the edge and the full tiles to its left.
#[derive(Debug)]
pub struct EdgeReader<'a, S: TileSource + ?Sized> {
    edge: &'a Edge,
    full_tiles: &'a S,
}

impl<S: TileSource + ?Sized> HashReader for EdgeReader<'_, S> {
    type Error = S::Error;

    fn node(&self, level: u8, index: u64) -> Result<Hash, S::Error> {
        let missing = ProofError::MissingNode { level, index };
        let (tile_level, height) = (level / 8, level % 8);
        let tile_index = index >> (8 - height);
        let within = index & (0xff >> height);
        let last = self.edge.size.checked_shr(8 * (u32::from(tile_level) + 1)).unwrap_or(0);
        let node = match tile_index.cmp(&last) {
            std::cmp::Ordering::Less => self.full_tiles.full_tile(tile_level, tile_index)?.node(height, within),
            std::cmp::Ordering::Equal => {
                self.edge.tiles.get(usize::from(tile_level)).and_then(|tile| tile.node(height, within))
            }
            std::cmp::Ordering::Greater => None,
        };
        node.ok_or_else(|| missing.into())
    }
}
