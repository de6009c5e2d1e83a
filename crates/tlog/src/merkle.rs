//! RFC 6962 hashing, and the verification of proofs.
//!
//! Spec: RFC 6962 §2.1 (same as RFC 9162 §2.1) and, for subtrees, draft-ietf-plants-merkle-tree-certs §4.
//!
//! ```text
//! leaf   SHA-256(0x00 ‖ entry)
//! node   SHA-256(0x01 ‖ left[32] ‖ right[32])
//! empty  SHA-256()
//! ```
//!
//! A tree of n > 1 leaves splits at k, the largest power of two below n. Both verifiers walk down these splits
//! and note on which side the proof's hash stands; sizes and indexes alone fix the path, and so the exact
//! number of hashes, before any hash is looked at. Nothing in a proof can steer the walk.
//!
//! Left to the caller: where the root comes from. A proof against a root that nobody signed proves nothing.

use crate::error::ProofError;
use crate::hash::{Hash, LeafIndex, TreeHead, TreeSize, sha256};

/// Most hashes that a proof can have: one for each level of a tree with less than 2^63 leaves.
/// The wire formats (tlog-proof, tlog-witness) set the same limit.
pub const MAX_PROOF_HASHES: usize = 63;

/// The hash of an entry as a leaf. The prefix keeps an entry of 64 bytes from passing for a node.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0x00], entry])
}

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[0x01], left.as_bytes(), right.as_bytes()])
}

/// The root of the tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    TreeHead::EMPTY.root
}

/// A range of leaves that has a hash of its own: `start` is a multiple of the length rounded up to a power
/// of two. Every subtree that can occur inside an RFC 6962 tree is one. May be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subtree {
    start: u64,
    end: u64,
}

impl Subtree {
    /// The leaves from `start` up to, but without, `end`.
    ///
    /// # Errors
    /// [`ProofError::NotASubtree`] if no tree has such a part, or a bound reaches 2^63.
    pub fn new(start: u64, end: u64) -> Result<Self, ProofError> {
        let wrong = ProofError::NotASubtree { start, end };
        if start > end || end > TreeSize::MAX.value() {
            return Err(wrong);
        }
        // At most 2^63, which still fits; a length of 0 or 1 rounds up to 1.
        let width = (end - start).next_power_of_two();
        if start.is_multiple_of(width) { Ok(Self { start, end }) } else { Err(wrong) }
    }

    /// The whole tree of a size.
    #[must_use]
    pub const fn whole(size: TreeSize) -> Self {
        Self { start: 0, end: size.value() }
    }

    /// Bounds of a part that is known to be a subtree, being a half of one.
    pub(crate) const fn half(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// First index.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// One past the last index.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Number of leaves.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end - self.start
    }

    /// True if no leaf lies in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// One step down from a tree of two or more leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// What we look for lies in the left half; the proof has the right one.
    Left,
    /// It lies in the right half; the proof has the left one.
    Right,
    /// It is the whole left half and a part of the right one; the proof has the left half, which belongs to
    /// the old tree as well as to the new.
    Across,
}

/// The largest power of two below `size`. `size` is at least 2.
pub(crate) fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The way from a tree of `size` leaves down to the leaf `index`, which lies in it; top first.
pub(crate) fn path_to_leaf(index: u64, size: u64) -> Vec<Step> {
    let (mut index, mut size) = (index, size);
    let mut steps = Vec::new();
    while size > 1 {
        let k = split(size);
        if index < k {
            steps.push(Step::Left);
            size = k;
        } else {
            steps.push(Step::Right);
            (index, size) = (index - k, size - k);
        }
    }
    steps
}

/// The way from a tree of `size` leaves down to where the subtree (not empty, inside the tree) is a node;
/// top first. With a [`Step::Across`] among the steps, the proof also holds that last node itself.
pub(crate) fn path_to_subtree(subtree: Subtree, size: u64) -> Vec<Step> {
    let (mut start, mut end, mut size) = (subtree.start, subtree.end, size);
    let mut steps = Vec::new();
    while (start, end) != (0, size) {
        let k = split(size);
        if end <= k {
            steps.push(Step::Left);
            size = k;
        } else if k <= start {
            steps.push(Step::Right);
            (start, end, size) = (start - k, end - k, size - k);
        } else {
            // The alignment of a subtree leaves only start = 0 here.
            steps.push(Step::Across);
            (start, end, size) = (0, end - k, size - k);
        }
    }
    steps
}

fn expect_length(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() == expected { Ok(()) } else { Err(ProofError::ProofLength { expected, found: proof.len() }) }
}

/// Checks that `leaf` stands at `index` in the tree with this head.
///
/// `proof`: the leaf's sibling first, the root's child last.
///
/// # Errors
/// [`ProofError`]: index outside, wrong number of hashes, or another root.
pub fn verify_inclusion(leaf: &Hash, index: LeafIndex, head: &TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    verify_subtree_inclusion(leaf, index, Subtree::whole(head.size), &head.root, proof)
}

/// Checks that `leaf` stands at `index` (counted in the whole log) in the subtree with this root.
///
/// # Errors
/// As [`verify_inclusion`].
pub fn verify_subtree_inclusion(
    leaf: &Hash,
    index: LeafIndex,
    subtree: Subtree,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index.value() < subtree.start || index.value() >= subtree.end {
        return Err(ProofError::IndexOutOfRange { index, size: TreeSize::new(subtree.end) });
    }
    let steps = path_to_leaf(index.value() - subtree.start, subtree.len());
    expect_length(steps.len(), proof)?;
    let computed = steps.iter().rev().zip(proof).fold(*leaf, |hash, (step, sibling)| match step {
        Step::Left => node_hash(&hash, sibling),
        Step::Right | Step::Across => node_hash(sibling, &hash),
    });
    if computed == *root { Ok(()) } else { Err(ProofError::RootMismatch { computed, claimed: *root }) }
}

/// Checks that the new tree begins with all the leaves of the old one, in the same places.
///
/// Equal sizes need equal roots and an empty proof. An old tree of size 0 with a larger new one is refused:
/// every tree extends the empty one, and a caller who takes that for evidence is mistaken.
///
/// # Errors
/// [`ProofError`]: a shrinking tree, a wrong number of hashes, or another root.
pub fn verify_consistency(old: &TreeHead, new: &TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    for head in [old, new] {
        if !head.is_plausible() {
            return Err(ProofError::EmptyTreeRoot { found: head.root });
        }
    }
    if old.size == new.size && old.root != new.root {
        return Err(ProofError::TwoRoots { size: old.size, old: old.root, new: new.root });
    }
    if old.size == TreeSize::ZERO && new.size != TreeSize::ZERO {
        return Err(ProofError::OldTreeEmpty { new: new.size });
    }
    verify_subtree_consistency(Subtree::whole(old.size), &old.root, new, proof)
}

/// Checks that the subtree with this root is a part of the tree with this head.
///
/// An empty subtree needs the root of the empty tree and an empty proof; it says nothing about the tree.
///
/// # Errors
/// As [`verify_consistency`].
pub fn verify_subtree_consistency(
    subtree: Subtree,
    subtree_root: &Hash,
    tree: &TreeHead,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if subtree.end > tree.size.value() {
        return Err(ProofError::Shrinks { old: TreeSize::new(subtree.end), new: tree.size });
    }
    if subtree.is_empty() {
        expect_length(0, proof)?;
        return match *subtree_root == empty_root() {
            true => Ok(()),
            false => Err(ProofError::EmptyTreeRoot { found: *subtree_root }),
        };
    }
    let steps = path_to_subtree(subtree, tree.size.value());
    let across = steps.contains(&Step::Across);
    expect_length(steps.len() + usize::from(across), proof)?;
    // Without a step across, the subtree is itself a node of the tree, and its claimed root starts the walk.
    let (first, siblings) = match proof.split_first() {
        Some((first, siblings)) if across => (*first, siblings),
        _ => (*subtree_root, proof),
    };
    let (mut old, mut new) = (first, first);
    for (step, sibling) in steps.iter().rev().zip(siblings) {
        match step {
            Step::Left => new = node_hash(&new, sibling),
            Step::Right => new = node_hash(sibling, &new),
            Step::Across => (old, new) = (node_hash(sibling, &old), node_hash(sibling, &new)),
        }
    }
    if old != *subtree_root {
        return Err(ProofError::OldRootMismatch { computed: old, claimed: *subtree_root });
    }
    if new != tree.root {
        return Err(ProofError::RootMismatch { computed: new, claimed: tree.root });
    }
    Ok(())
}
