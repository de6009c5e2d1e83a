//! What a custodian commits to once for each period: every mailbox's head, and who answered what.
//!
//! ```text
//! answer(i) = SHA-256("monition/answer/v1\n" ‖ salt128 ‖ SHA-256(submission) ‖ u32 count ‖ identity(reply) …)
//! answers   = RFC 6962 tree over answer(1) … answer(n), one for each item of the mailbox, in the order of the items
//! mailbox   = SHA-256("monition/custody/v1\n" ‖ r128 ‖ h(0) ‖ u64 n ‖ h(n) ‖ answers root)
//! root      = RFC 6962 tree over all mailbox values, sorted ascending
//! ```
//!
//! The place of an item's answer is its number in the chain, which the consignment has signed: so "no reply was lodged"
//! is the opening of one entry with count 0, and there is no second place where a reply could stand. The mailbox values
//! are blinded and sorted, so that a root tells nothing of how many mailboxes belong to whom.

use crate::encoding::{Digest, Layout, Salt};
use crate::mailbox::ChainHead;
use monition_tlog::{
    Hash, LeafIndex, MemoryTree, ProofError, TreeHead, TreeSize, inclusion_proof, leaf_hash, verify_inclusion,
};
use serde::{Deserialize, Serialize};

/// Most replies to one item that are committed to; later ones are still logged.
pub const REPLIES_MAX: usize = 64;

/// Most hashes in an inclusion proof.
const PROOF_MAX: usize = 63;

/// A mailbox's value as the custodian's tree holds it, before hashing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxState {
    /// Blinds the value; fresh for each mailbox and period.
    pub r: Salt,
    /// h(0) of the chain.
    pub h0: Digest,
    /// The chain's head.
    pub head: ChainHead,
    /// Root of the answers tree.
    pub answers: Digest,
}

impl MailboxState {
    fn value(&self) -> Digest {
        Layout::new("monition/custody/v1\n")
            .fixed(self.r.as_bytes())
            .fixed(self.h0.as_bytes())
            .fixed(&self.head.n.to_be_bytes())
            .fixed(self.head.h.as_bytes())
            .fixed(self.answers.as_bytes())
            .digest()
    }
}

/// Replies lodged to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerEntry {
    /// Blinds the entry; fresh whenever the entry changes.
    pub salt: Salt,
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Identities of the replies, in the order of lodging.
    pub replies: Vec<Digest>,
}

impl AnswerEntry {
    fn value(&self) -> Digest {
        let count = u32::try_from(self.replies.len()).unwrap_or(u32::MAX);
        self.replies
            .iter()
            .fold(
                Layout::new("monition/answer/v1\n")
                    .fixed(self.salt.as_bytes())
                    .fixed(self.submission.as_bytes())
                    .fixed(&count.to_be_bytes()),
                |layout, reply| layout.fixed(reply.as_bytes()),
            )
            .digest()
    }
}

/// The tree over the answers to a mailbox's items.
pub struct AnswersTree(MemoryTree);

impl AnswersTree {
    /// Over the entries of items 1 … n.
    #[must_use]
    pub fn new(entries: &[AnswerEntry]) -> Self {
        Self(tree(entries.iter().map(AnswerEntry::value)))
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.0.head().root.into()
    }

    /// Opens the entry of item `n`, counted from 1.
    #[must_use]
    pub fn open(&self, n: u64, entry: &AnswerEntry) -> Option<AnswerOpening> {
        let proof = prove(&self.0, n.checked_sub(1)?)?;
        Some(AnswerOpening { n, salt: entry.salt, replies: entry.replies.clone(), proof })
    }
}

/// The tree over all of a custodian's mailboxes in one period.
pub struct CustodyTree {
    tree: MemoryTree,
    sorted: Vec<(Digest, MailboxState)>,
}

impl CustodyTree {
    /// Over the states of all mailboxes, in any order.
    #[must_use]
    pub fn new(states: Vec<MailboxState>) -> Self {
        let mut sorted: Vec<_> = states.into_iter().map(|s| (s.value(), s)).collect();
        sorted.sort_by_key(|(value, _)| *value);
        Self { tree: tree(sorted.iter().map(|(value, _)| *value)), sorted }
    }

    /// Number of mailboxes.
    #[must_use]
    pub fn mailboxes(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.head().root.into()
    }

    /// Opens the mailbox whose chain starts from `h0`.
    #[must_use]
    pub fn open(&self, h0: &Digest) -> Option<MailboxOpening> {
        let index = self.sorted.iter().position(|(_, s)| s.h0 == *h0)? as u64;
        let (_, state) = self.sorted.get(usize::try_from(index).ok()?)?;
        let proof = prove(&self.tree, index)?;
        Some(MailboxOpening { r: state.r, head: state.head, answers: state.answers, index, proof })
    }
}

fn tree(values: impl Iterator<Item = Digest>) -> MemoryTree {
    let mut tree = MemoryTree::new();
    for value in values {
        tree.push(leaf_hash(value.as_bytes()));
    }
    tree
}

fn prove(tree: &MemoryTree, index: u64) -> Option<Vec<Digest>> {
    let hashes = inclusion_proof(tree, LeafIndex::new(index), tree.size()).ok()?;
    Some(hashes.into_iter().map(Digest::from).collect())
}

/// Why an opening does not fit what the custodian signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// The proof does not lead to the root.
    #[error("the opening does not lead to the root that the custodian signed: {0}")]
    Proof(#[from] ProofError),
    /// A list is longer than the format allows.
    #[error("the opening has a list of {found}, at most {most} are allowed")]
    TooLong {
        /// Elements found.
        found: usize,
        /// Elements allowed.
        most: usize,
    },
    /// Items are counted from 1 to n.
    #[error("item {n} lies outside the mailbox")]
    NoSuchItem {
        /// The item.
        n: u64,
    },
}

/// Shows one mailbox's head under a signed root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxOpening {
    /// The blinding bits.
    pub r: Salt,
    /// The head.
    pub head: ChainHead,
    /// Root of the answers tree.
    pub answers: Digest,
    /// Place in the sorted tree.
    pub index: u64,
    /// Audit path, leaf's sibling first.
    pub proof: Vec<Digest>,
}

impl MailboxOpening {
    /// Checks it against the root and number of mailboxes of a `CustodyHeads` and the h(0) of the chain.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn verify(&self, h0: &Digest, root: &Digest, mailboxes: u64) -> Result<(), OpeningError> {
        let state = MailboxState { r: self.r, h0: *h0, head: self.head, answers: self.answers };
        verify(&state.value(), self.index, mailboxes, root, &self.proof)
    }
}

/// Shows the replies to one item under an answers root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerOpening {
    /// The item, from 1.
    pub n: u64,
    /// The blinding bits.
    pub salt: Salt,
    /// Identities of the replies: empty if none was lodged.
    pub replies: Vec<Digest>,
    /// Audit path, leaf's sibling first.
    pub proof: Vec<Digest>,
}

impl AnswerOpening {
    /// Checks it against the answers root of a mailbox of `items` items, for the submission of item n.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn verify(&self, submission: &Digest, answers: &Digest, items: u64) -> Result<(), OpeningError> {
        if self.replies.len() > REPLIES_MAX {
            return Err(OpeningError::TooLong { found: self.replies.len(), most: REPLIES_MAX });
        }
        let index = self.n.checked_sub(1).filter(|&i| i < items).ok_or(OpeningError::NoSuchItem { n: self.n })?;
        let entry = AnswerEntry { salt: self.salt, submission: *submission, replies: self.replies.clone() };
        verify(&entry.value(), index, items, answers, &self.proof)
    }
}

fn verify(value: &Digest, index: u64, size: u64, root: &Digest, proof: &[Digest]) -> Result<(), OpeningError> {
    if proof.len() > PROOF_MAX {
        return Err(OpeningError::TooLong { found: proof.len(), most: PROOF_MAX });
    }
    let proof: Vec<Hash> = proof.iter().map(|&d| d.into()).collect();
    // Both numbers come from outside; a tree of 2^63 entries does not exist.
    let (Some(size), Some(index)) = (TreeSize::checked(size), LeafIndex::checked(index)) else {
        return Err(OpeningError::NoSuchItem { n: index });
    };
    let head = TreeHead { size, root: (*root).into() };
    Ok(verify_inclusion(&leaf_hash(value.as_bytes()), index, &head, &proof)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::sha256;

    fn state(n: u8) -> MailboxState {
        MailboxState {
            r: Salt::from_bytes([n; 16]),
            h0: sha256(&[n]),
            head: ChainHead { n: u64::from(n), h: sha256(&[n, 1]) },
            answers: sha256(&[n, 2]),
        }
    }

    #[test]
    fn every_mailbox_opens_under_the_root_and_no_other_does() {
        let tree = CustodyTree::new((1..=9).map(state).collect());
        for n in 1..=9 {
            let opening = tree.open(&sha256(&[n])).unwrap();
            assert_eq!(opening.head.n, u64::from(n));
            opening.verify(&sha256(&[n]), &tree.root(), 9).unwrap();
            assert!(opening.verify(&sha256(&[n + 1]), &tree.root(), 9).is_err());
            assert!(opening.verify(&sha256(&[n]), &sha256(b"other"), 9).is_err());
            let mut lie = opening.clone();
            lie.head.n += 1;
            assert!(lie.verify(&sha256(&[n]), &tree.root(), 9).is_err());
        }
        assert!(tree.open(&sha256(b"nobody")).is_none());
    }

    #[test]
    fn no_reply_is_the_opening_of_an_empty_entry() {
        let entries: Vec<_> = (1..=5u8)
            .map(|n| AnswerEntry {
                salt: Salt::from_bytes([n; 16]),
                submission: sha256(&[n]),
                replies: if n == 3 { vec![sha256(b"reply")] } else { vec![] },
            })
            .collect();
        let tree = AnswersTree::new(&entries);
        let opening = tree.open(2, &entries[1]).unwrap();
        opening.verify(&sha256(&[2]), &tree.root(), 5).unwrap();
        // The empty entry of another item does not stand for item 3, which has a reply.
        let mut lie = opening;
        lie.n = 3;
        assert!(lie.verify(&sha256(&[3]), &tree.root(), 5).is_err());
        assert!(lie.verify(&sha256(&[3]), &tree.root(), 2).is_err());
    }
}
