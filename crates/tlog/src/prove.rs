//! Making proofs from stored nodes, and a small tree held in memory.
//!
//! Spec: RFC 6962 §2.1.1 and §2.1.2; draft-ietf-plants-merkle-tree-certs §4 for subtrees.
//!
//! A proof needs only *complete aligned* nodes: the node `index` of `level` covers the leaves
//! `index · 2^level` up to `(index + 1) · 2^level`, and once these leaves exist it never changes. So a
//! [`HashReader`] of a log that has grown can still prove for every earlier size.
//!
//! Left to the caller: to ask only for sizes that it has.

use crate::error::ProofError;
use crate::hash::{Hash, LeafIndex, TreeHead, TreeSize};
use crate::merkle::{Step, Subtree, empty_root, node_hash, path_to_leaf, path_to_subtree, split};

/// Reads nodes of a tree.
pub trait HashReader {
    /// Why a node could not be read; also carries requests that no tree can answer.
    type Error: From<ProofError>;

    /// The hash of the complete aligned subtree number `index` of 2^`level` leaves.
    ///
    /// # Errors
    /// If the node is not complete in this tree, or the storage behind it fails.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The hash over the leaves of a subtree, from its complete aligned parts (at most 63 of them).
///
/// # Errors
/// Those of the reader.
pub fn subtree_hash<R: HashReader + ?Sized>(reader: &R, subtree: Subtree) -> Result<Hash, R::Error> {
    let (start, mut end) = (subtree.start(), subtree.end());
    let mut hash = None;
    // The smallest part stands on the right: fold from there.
    while end > start {
        let level = (end - start).trailing_zeros();
        end -= 1 << level;
        // `level` is below 63, so it fits.
        let part = reader.node(level as u8, end >> level)?;
        hash = Some(hash.map_or(part, |right| node_hash(&part, &right)));
    }
    Ok(hash.unwrap_or_else(empty_root))
}

/// The root of the tree when it had `size` leaves.
///
/// # Errors
/// Those of the reader.
pub fn root_at<R: HashReader + ?Sized>(reader: &R, size: TreeSize) -> Result<Hash, R::Error> {
    subtree_hash(reader, Subtree::whole(size))
}

/// Proves that the leaf `index` stands in the tree of this size; the leaf's sibling first.
///
/// # Errors
/// [`ProofError::IndexOutOfRange`], and those of the reader.
pub fn inclusion_proof<R: HashReader + ?Sized>(
    reader: &R,
    index: LeafIndex,
    size: TreeSize,
) -> Result<Vec<Hash>, R::Error> {
    subtree_inclusion_proof(reader, index, Subtree::whole(size))
}

/// Proves that the leaf `index` (counted in the whole log) stands in the subtree.
///
/// # Errors
/// [`ProofError::IndexOutOfRange`], and those of the reader.
pub fn subtree_inclusion_proof<R: HashReader + ?Sized>(
    reader: &R,
    index: LeafIndex,
    subtree: Subtree,
) -> Result<Vec<Hash>, R::Error> {
    if index.value() < subtree.start() || index.value() >= subtree.end() {
        return Err(ProofError::IndexOutOfRange { index, size: TreeSize::new(subtree.end()) }.into());
    }
    let steps = path_to_leaf(index.value() - subtree.start(), subtree.len());
    let (siblings, _) = siblings(&steps, subtree);
    siblings.into_iter().rev().map(|range| subtree_hash(reader, range)).collect()
}

/// Proves that the tree of size `new` begins with the leaves of the tree of size `old`. Empty for equal sizes
/// and for `old` = 0, as c2sp.org/tlog-witness asks.
///
/// # Errors
/// [`ProofError::Shrinks`], and those of the reader.
pub fn consistency_proof<R: HashReader + ?Sized>(
    reader: &R,
    old: TreeSize,
    new: TreeSize,
) -> Result<Vec<Hash>, R::Error> {
    subtree_consistency_proof(reader, Subtree::whole(old), new)
}

/// Proves that the subtree is a part of the tree of this size. Empty for an empty subtree.
///
/// # Errors
/// [`ProofError::Shrinks`], and those of the reader.
pub fn subtree_consistency_proof<R: HashReader + ?Sized>(
    reader: &R,
    subtree: Subtree,
    size: TreeSize,
) -> Result<Vec<Hash>, R::Error> {
    if subtree.end() > size.value() {
        return Err(ProofError::Shrinks { old: TreeSize::new(subtree.end()), new: size }.into());
    }
    if subtree.is_empty() {
        return Ok(Vec::new());
    }
    let steps = path_to_subtree(subtree, size.value());
    let (siblings, last) = siblings(&steps, Subtree::whole(size));
    let own_node = steps.contains(&Step::Across).then_some(last);
    own_node.into_iter().chain(siblings.into_iter().rev()).map(|range| subtree_hash(reader, range)).collect()
}

/// What stands beside the path, top first, and where the path ends.
fn siblings(steps: &[Step], root: Subtree) -> (Vec<Subtree>, Subtree) {
    let (mut start, mut end) = (root.start(), root.end());
    let mut siblings = Vec::with_capacity(steps.len());
    // Halves of a subtree are subtrees: the left one is complete, the right one starts at a multiple of it.
    for step in steps {
        let middle = start + split(end - start);
        match step {
            Step::Left => {
                siblings.push(Subtree::half(middle, end));
                end = middle;
            }
            Step::Right | Step::Across => {
                siblings.push(Subtree::half(start, middle));
                start = middle;
            }
        }
    }
    (siblings, Subtree::half(start, end))
}

/// A tree with all its complete nodes in memory: 64 bytes a leaf. For directory prefixes, custody heads and
/// tests; a log uses [`crate::Edge`] with tiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryTree {
    /// `levels[l][i]`: the node `i` of level `l`. A level above holds half as many, rounded down.
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf, given by its [`crate::leaf_hash`], and says where it stands.
    pub fn push(&mut self, leaf: Hash) -> LeafIndex {
        let index = self.size().value();
        let mut node = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(node);
            match nodes.as_slice() {
                [.., left, right] if nodes.len().is_multiple_of(2) => node = node_hash(left, right),
                _ => break,
            }
        }
        LeafIndex::new(index)
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        TreeSize::new(self.levels.first().map_or(0, Vec::len) as u64)
    }

    /// Size and root now.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        let size = self.size();
        // Its own size is always there; the fallback is never reached.
        TreeHead { size, root: self.root_at(size).unwrap_or_else(empty_root) }
    }

    /// The root when the tree had `size` leaves; `None` if it never had.
    #[must_use]
    pub fn root_at(&self, size: TreeSize) -> Option<Hash> {
        root_at(self, size).ok()
    }

    /// The head when the tree had `size` leaves; `None` if it never had.
    #[must_use]
    pub fn head_at(&self, size: TreeSize) -> Option<TreeHead> {
        self.root_at(size).map(|root| TreeHead { size, root })
    }

    /// The leaf hash at an index; `None` from the size on.
    #[must_use]
    pub fn leaf(&self, index: LeafIndex) -> Option<Hash> {
        self.node(0, index.value()).ok()
    }
}

impl Extend<Hash> for MemoryTree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for MemoryTree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}

impl HashReader for MemoryTree {
    type Error = ProofError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, ProofError> {
        let missing = ProofError::MissingNode { level, index };
        let nodes = self.levels.get(usize::from(level)).ok_or_else(|| missing.clone())?;
        usize::try_from(index).ok().and_then(|at| nodes.get(at)).copied().ok_or(missing)
    }
}
