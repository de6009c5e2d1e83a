//! Names and contents of the files that a log is made of.
//!
//! Spec: c2sp.org/tlog-tiles@v0.1.0.
//!
//! ```text
//! tile/<L>/<N>            full tile: 256 hashes, 8192 bytes         tile/0/x001/x234/067
//! tile/<L>/<N>.p/<W>      the first W of them, 1..255               tile/1/000.p/5
//! tile/entries/<N>[.p/W]  entry bundle: W × (length u16-BE ‖ entry)
//! ```
//!
//! `N` is written in groups of three digits, all but the last with `x` before them. Hash `i` of tile `n` at level `l`
//! covers the 256^l leaves from `(256·n + i)·256^l` on. For tree size `s` the partial tile of level `l` has
//! `⌊s / 256^l⌋ mod 256` hashes; a width of 0 means that there is none.
//!
//! Left to the caller: reading and writing the files; fetching only what a verified checkpoint implies
//! ([`TileCoord::is_implied_by`]); and comparing what was read with a root. A tile proves nothing by itself.

use std::fmt;

use crate::error::FormatError;
use crate::hash::{Hash, TreeSize};
use crate::merkle::node_hash;

use crate::codec::excerpt;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Bytes of a full tile.
pub const TILE_BYTES: usize = 8192;

/// Longest entry: its length stands in a u16.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Longest entry bundle: 256 longest entries with their lengths.
pub const MAX_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// Highest level that the specification names.
pub const MAX_TILE_LEVEL: u8 = 63;

/// Longest path: the largest index has 17 digits, so six groups.
const MAX_PATH_BYTES: usize = 64;

/// Largest index of a tile: that of level 0 in the largest tree.
const MAX_TILE_INDEX: u64 = (i64::MAX as u64) >> 8;

/// Which kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileLevel {
    /// Bundles of entries; they stand beside the hash tiles of level 0.
    Entries,
    /// Hashes over 256^level leaves each.
    Hashes(u8),
}

/// The name of one tile or bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileCoord {
    level: TileLevel,
    index: u64,
    width: u16,
}

impl TileCoord {
    /// Names a tile.
    ///
    /// `width`: 256 for a full tile, 1..=255 for a partial one.
    ///
    /// # Errors
    /// [`FormatError::TilePath`] if no log can have such a tile.
    pub fn new(level: TileLevel, index: u64, width: u16) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::TilePath { found: Self { level, index, width }.path(), reason };
        match level {
            TileLevel::Hashes(level) if level > MAX_TILE_LEVEL => Err(wrong("the highest level is 63")),
            _ if index > MAX_TILE_INDEX => Err(wrong("the index lies beyond the largest tree")),
            _ if width == 0 || width > TILE_WIDTH => Err(wrong("the width is 1 to 256")),
            _ => Ok(Self { level, index, width }),
        }
    }

    /// Which kind, and how high.
    #[must_use]
    pub const fn level(&self) -> TileLevel {
        self.level
    }

    /// Place within the level, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes or entries.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// True for a width of 256.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The same tile when it has all its hashes.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// The path under the log's prefix, without a slash before it.
    #[must_use]
    pub fn path(&self) -> String {
        let mut groups = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups = format!("x{:03}/{groups}", rest % 1000);
            rest /= 1000;
        }
        let level = match self.level {
            TileLevel::Entries => "entries".to_owned(),
            TileLevel::Hashes(level) => level.to_string(),
        };
        match self.is_full() {
            true => format!("tile/{level}/{groups}"),
            false => format!("tile/{level}/{groups}.p/{}", self.width),
        }
    }

    /// Reads what [`TileCoord::path`] writes, and no second spelling of it.
    ///
    /// # Errors
    /// [`FormatError::TilePath`], carrying the path as found.
    pub fn parse(path: &str) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::TilePath { found: excerpt(path), reason };
        if path.len() > MAX_PATH_BYTES {
            return Err(wrong("longer than the path of any tile"));
        }
        let rest = path.strip_prefix("tile/").ok_or(wrong("does not begin with tile/"))?;
        let (level, rest) = rest.split_once('/').ok_or(wrong("has no index"))?;
        let level = match level {
            "entries" => TileLevel::Entries,
            _ => TileLevel::Hashes(level.parse().map_err(|_| wrong("the level is not 0 to 63"))?),
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().map_err(|_| wrong("the width is not 1 to 255"))?),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in groups.split('/') {
            let digits: u64 = group.trim_start_matches('x').parse().map_err(|_| wrong("the index is malformed"))?;
            index = index
                .checked_mul(1000)
                .and_then(|index| index.checked_add(digits))
                .ok_or(wrong("the index lies beyond the largest tree"))?;
        }
        let coord = Self::new(level, index, width)?;
        // One tile, one name: signs, leading zeros, a missing `x`, `.p/256` all print otherwise than they read.
        if coord.path() == path { Ok(coord) } else { Err(wrong("not the one spelling of this tile")) }
    }

    /// True if a log of this size serves this tile: full, and complete at that size, or partial with exactly
    /// the width that the size implies. Nothing else may be fetched.
    #[must_use]
    pub fn is_implied_by(&self, size: TreeSize) -> bool {
        let nodes = nodes_at(self.level, size);
        let (full, partial) = (nodes >> 8, (nodes & 0xff) as u16);
        if self.is_full() { self.index < full } else { self.index == full && self.width == partial }
    }

    /// The partial tiles that a log of this size serves: entries first, then hashes from level 0 up.
    #[must_use]
    pub fn partials_of(size: TreeSize) -> Vec<Self> {
        std::iter::once(TileLevel::Entries)
            .chain((0..8).map(TileLevel::Hashes))
            .filter_map(|level| {
                let nodes = nodes_at(level, size);
                Self::new(level, nodes >> 8, (nodes & 0xff) as u16).ok()
            })
            .collect()
    }
}

impl fmt::Display for TileCoord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// How many hashes (or entries) a level has in a tree of this size.
pub(crate) fn nodes_at(level: TileLevel, size: TreeSize) -> u64 {
    match level {
        TileLevel::Entries => size.value(),
        TileLevel::Hashes(level) => size.value().checked_shr(8 * u32::from(level)).unwrap_or(0),
    }
}

/// A tile as it is stored and served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileData {
    /// Its name.
    pub coord: TileCoord,
    /// `width` × 32 bytes.
    pub bytes: Vec<u8>,
}

/// The hashes of one tile together with the nodes between them, up to the one over all 256.
/// So each hash is computed once, and every node a proof asks for is a look-up. 16 KiB when full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    /// `nodes[j][i]`: the node over the hashes `i·2^j` up to `(i+1)·2^j`.
    nodes: [Vec<Hash>; 9],
}

impl Tile {
    /// Reads 1 to 256 hashes.
    ///
    /// # Errors
    /// [`FormatError::TileContent`] if the length is no multiple of 32, 0, or above [`TILE_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let wrong = |reason| FormatError::TileContent { what: "tile", reason, at: bytes.len() };
        match hashes.len() {
            0 => Err(wrong("holds no hash")),
            1..=256 if rest.is_empty() => {
                let mut tile = Self::default();
                hashes.iter().for_each(|hash| tile.push(Hash::from_bytes(*hash)));
                Ok(tile)
            }
            1..=256 => Err(wrong("ends within a hash")),
            _ => Err(wrong("holds more than 256 hashes")),
        }
    }

    /// A full tile of no log: for finding out which tiles would be read.
    pub(crate) fn zeros() -> Self {
        Self { nodes: std::array::from_fn(|height| vec![Hash::from_bytes([0; 32]); 256 >> height]) }
    }

    /// Adds a hash; a full tile takes no more, so the caller looks at the width first.
    pub(crate) fn push(&mut self, hash: Hash) {
        let mut node = hash;
        for nodes in &mut self.nodes {
            nodes.push(node);
            match nodes.as_slice() {
                [.., left, right] if nodes.len().is_multiple_of(2) => node = node_hash(left, right),
                _ => break,
            }
        }
    }

    /// Number of hashes, 0 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        // Never above 256.
        self.nodes[0].len() as u16
    }

    /// The hashes themselves.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.nodes[0]
    }

    /// The node over the hashes `index · 2^height` up to `(index + 1) · 2^height`; `None` if they are not
    /// all there, or `height` is above 8.
    #[must_use]
    pub fn node(&self, height: u8, index: u64) -> Option<Hash> {
        self.nodes.get(usize::from(height))?.get(usize::try_from(index).ok()?).copied()
    }

    /// The bytes as they are stored and served.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.nodes[0].iter().flat_map(|hash| *hash.as_bytes()).collect()
    }
}

/// The entries of one bundle, borrowed from its bytes.
///
/// ```text
/// 2 bytes   length of the entry, big-endian
/// n bytes   the entry
/// …         1 to 256 times
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryBundle<'b> {
    entries: Vec<&'b [u8]>,
}

impl<'b> EntryBundle<'b> {
    /// Bundles 1 to 256 entries.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] for an entry above [`MAX_ENTRY_BYTES`] or too many entries,
    /// [`FormatError::TileContent`] for none.
    pub fn new(entries: Vec<&'b [u8]>) -> Result<Self, FormatError> {
        const WHAT: &str = "entry bundle";
        let too_long = |found, limit, unit| FormatError::TooLong { what: WHAT, found, limit, unit };
        if entries.is_empty() {
            return Err(FormatError::TileContent { what: WHAT, reason: "holds no entry", at: 0 });
        }
        if entries.len() > usize::from(TILE_WIDTH) {
            return Err(too_long(entries.len(), usize::from(TILE_WIDTH), "entries"));
        }
        match entries.iter().map(|entry| entry.len()).find(|length| *length > MAX_ENTRY_BYTES) {
            Some(found) => Err(too_long(found, MAX_ENTRY_BYTES, "bytes in one entry")),
            None => Ok(Self { entries }),
        }
    }

    /// Reads a bundle. How many entries it should have stands in its name; the caller compares.
    ///
    /// # Errors
    /// [`FormatError::TileContent`] if the bytes end within an entry or hold none or more than 256.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, FormatError> {
        let mut entries = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let wrong = |reason, rest: &[u8]| FormatError::TileContent {
                what: "entry bundle",
                reason,
                at: bytes.len() - rest.len(),
            };
            if entries.len() == usize::from(TILE_WIDTH) {
                return Err(wrong("holds more than 256 entries", rest));
            }
            let (length, after) = rest.split_first_chunk().ok_or_else(|| wrong("ends within a length", rest))?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, after) = after.split_at_checked(length).ok_or_else(|| wrong("ends within an entry", rest))?;
            entries.push(entry);
            rest = after;
        }
        Self::new(entries)
    }

    /// The entries in their order.
    #[must_use]
    pub fn entries(&self) -> &[&'b [u8]] {
        &self.entries
    }

    /// The bytes as they are stored and served.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.iter().map(|entry| 2 + entry.len()).sum());
        for entry in &self.entries {
            // `new` refused longer ones.
            bytes.extend_from_slice(&(entry.len() as u16).to_be_bytes());
            bytes.extend_from_slice(entry);
        }
        bytes
    }
}
