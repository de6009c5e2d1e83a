//! The compact form of a growing tree: only its peaks.
//!
//! Spec: RFC 6962 §2.1 (the binary digits of the size say which complete subtrees stand side by side).
//!
//! ```text
//! size 13 = 0b1101:   peaks  [0, 8)  [8, 12)  [12, 13)      largest first
//! ```
//!
//! At most 63 hashes, whatever the size. Appending is a binary counter; the root is the peaks folded from the
//! right. It shares no code with [`crate::Edge`], so that a sequencer can compare both before it signs: one
//! flipped bit in memory has ended real logs (reference: Yeti 2022, Nimbus 2018).
//!
//! Left to the caller: proofs (a frontier has none), and where restored peaks come from.

use crate::error::FormatError;
use crate::hash::{Hash, LeafIndex, TreeHead, TreeSize};
use crate::merkle::{empty_root, node_hash};

/// The peaks of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Largest first: one for each binary 1 in `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes peaks as [`Frontier::peaks`] gave them. Whether they are the right ones shows in
    /// [`Frontier::head`], which the caller compares with a head it trusts.
    ///
    /// # Errors
    /// [`FormatError::TreeParts`] unless there is one peak for each binary 1 in the size.
    pub fn from_parts(size: TreeSize, peaks: Vec<Hash>) -> Result<Self, FormatError> {
        let expected = size.value().count_ones() as usize;
        if peaks.len() != expected {
            return Err(FormatError::TreeParts { what: "peaks of the frontier", size, expected, found: peaks.len() });
        }
        Ok(Self { size: size.value(), peaks })
    }

    /// Adds a leaf, given by its [`crate::leaf_hash`], and says where it stands.
    ///
    /// # Panics
    /// When the tree reaches 2^63 leaves, which no machine does.
    pub fn push(&mut self, leaf: Hash) -> LeafIndex {
        let index = LeafIndex::new(self.size);
        let mut node = leaf;
        // Each trailing binary 1 of the size is a peak as large as what we carry.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
        index
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// The peaks, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Size and root now.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        let root = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        TreeHead { size: self.size(), root: root.unwrap_or_else(empty_root) }
    }
}

impl Extend<Hash> for Frontier {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}
