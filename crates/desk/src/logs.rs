//! What the desk checks of the two logs: notes under their keys and under the trust, proofs, and the directory's growth.
//!
//! Pure. *Left to the caller*: fetching, keeping, and that a note which contradicts a kept one is kept beside it.

use crate::error::DeskError;
use monition_evidence::directory::Directory;
use monition_evidence::encoding::sha256;
use monition_evidence::wire::ProofAnswer;
use monition_evidence::{Anchor, Digest, ExchangeName, Statement, UnixSeconds};
use monition_tlog::{
    Hash, LeafIndex, MemoryTree, SignedCheckpoint, TreeHead, TreeSize, TrustPolicy, VerifierKey, leaf_hash,
    verify_inclusion,
};
use std::sync::Arc;

/// Origin of an exchange's log.
#[must_use]
pub fn log_origin(exchange: &ExchangeName) -> String {
    exchange.log_origin()
}

/// Origin of an exchange's directory.
#[must_use]
pub fn directory_origin(exchange: &ExchangeName) -> String {
    exchange.directory_origin()
}

/// How notes are checked: by the key of their log, and by the trust if there is one.
#[derive(Clone, Debug)]
pub struct NoteCheck {
    /// The log's key.
    pub log: VerifierKey,
    /// The directory's key.
    pub directory: VerifierKey,
    /// The trust policy.
    pub trust: Option<Arc<TrustPolicy>>,
}

/// A note that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedNote {
    /// The whole note.
    pub text: String,
    /// SHA-256 of it.
    pub digest: Digest,
    /// The log.
    pub origin: String,
    /// The head.
    pub head: TreeHead,
    /// The largest time that a quorum of the trust vouches for as "not before"; none without a trust.
    pub not_before: Option<UnixSeconds>,
}

impl CheckedNote {
    /// The anchor that names it.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor {
            origin: self.origin.clone(),
            size: self.head.size.value(),
            root: self.head.root.into(),
            note: self.digest,
        }
    }
}

impl NoteCheck {
    fn check(&self, url: &str, key: &VerifierKey, bytes: &[u8]) -> Result<CheckedNote, DeskError> {
        let wrong = |detail: String| DeskError::Answer { url: url.to_owned(), detail };
        let signed = SignedCheckpoint::parse(bytes).map_err(|error| wrong(error.to_string()))?;
        let origin = signed.origin().to_string();
        let mut not_before = None;
        if let Some(trust) = &self.trust {
            let unwitnessed = |detail: String| DeskError::NotWitnessed { origin: origin.clone(), detail };
            let cosigned = trust.verify(&signed).map_err(|error| wrong(error.to_string()))?;
            trust.policy().require_quorum(&cosigned).map_err(|error| unwitnessed(error.to_string()))?;
            not_before = trust.not_before(&cosigned.times).map(|t| UnixSeconds::new(t.value()));
        }
        let verified = signed.verify_log(key).map_err(|error| wrong(error.to_string()))?;
        let text = verified.note().as_str().to_owned();
        Ok(CheckedNote { digest: sha256(text.as_bytes()), text, origin, head: verified.head(), not_before })
    }

    /// Checks a note of the log.
    ///
    /// # Errors
    /// [`DeskError::Answer`] if it is none or its signatures do not fit, [`DeskError::NotWitnessed`].
    pub fn log_note(&self, url: &str, bytes: &[u8]) -> Result<CheckedNote, DeskError> {
        self.check(url, &self.log, bytes)
    }

    /// Checks a note of the directory.
    ///
    /// # Errors
    /// As [`Self::log_note`].
    pub fn directory_note(&self, url: &str, bytes: &[u8]) -> Result<CheckedNote, DeskError> {
        self.check(url, &self.directory, bytes)
    }

    /// Checks a note of the directory by the log's signature alone: entries may be read before witnesses have seen them.
    ///
    /// # Errors
    /// [`DeskError::Answer`].
    pub fn directory_head(&self, url: &str, bytes: &[u8]) -> Result<CheckedNote, DeskError> {
        Self { trust: None, ..self.clone() }.check(url, &self.directory, bytes)
    }

    /// Checks an inclusion proof; gives the log's note and the directory's.
    ///
    /// # Errors
    /// As [`Self::log_note`]; [`DeskError::Answer`] if the proof does not lead to the root.
    pub fn proof(
        &self,
        url: &str,
        statement: &Statement,
        answer: &ProofAnswer,
    ) -> Result<(CheckedNote, CheckedNote), DeskError> {
        let wrong = |detail: String| DeskError::Answer { url: url.to_owned(), detail };
        let note = self.log_note(url, answer.note.as_bytes())?;
        let leaf = statement.leaf(&note.origin);
        let hashes: Vec<Hash> = answer.hashes.iter().map(|d| (*d).into()).collect();
        let index = LeafIndex::checked(answer.index).ok_or_else(|| wrong("an index past 2^63".to_owned()))?;
        verify_inclusion(&leaf_hash(leaf.as_bytes()), index, &note.head, &hashes)
            .map_err(|error| wrong(format!("the proof of a {}: {error}", statement.body().name())))?;
        let directory = self.directory_note(url, answer.directory_note.as_bytes())?;
        if let (Some(log), Some(directory)) = (note.not_before, directory.not_before)
            && directory < log
        {
            return Err(wrong(format!("the directory's note is of {directory}, before the log's of {log}")));
        }
        Ok((note, directory))
    }
}

/// The directory as far as it was followed.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Its state.
    pub directory: Arc<Directory>,
    tree: MemoryTree,
    /// The newest note, checked by the directory's key.
    pub note: Option<CheckedNote>,
}

/// What a new checkpoint of the directory asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Nothing new.
    None,
    /// An older one than we know, and the same log.
    Stale,
    /// Entries from this index up to that size are to be fetched.
    Fetch {
        /// First index.
        from: u64,
        /// The new size.
        to: TreeSize,
    },
}

impl Followed {
    /// Replays kept entries.
    #[must_use]
    pub fn replay(exchange: ExchangeName, entries: &[Vec<u8>]) -> Self {
        let mut followed = Self { directory: Arc::new(Directory::new(exchange)), tree: MemoryTree::new(), note: None };
        followed.push(entries);
        followed
    }

    fn push(&mut self, entries: &[Vec<u8>]) {
        let directory = Arc::make_mut(&mut self.directory);
        for entry in entries {
            self.tree.push(leaf_hash(entry));
            if let Err(error) = directory.apply(entry) {
                // The log holds it and it counts for nothing: the same for every reader, so nobody is misled.
                tracing::warn!(index = directory.size() - 1, %error, "an entry of the directory counts for nothing");
            }
        }
    }

    /// Compares a new checkpoint with what was followed.
    ///
    /// # Errors
    /// [`DeskError::Fork`] if it has another root for a size that we have replayed.
    pub fn compare(&self, note: &CheckedNote) -> Result<Growth, DeskError> {
        let own = self.tree.size();
        if note.head.size > own {
            return Ok(Growth::Fetch { from: own.value(), to: note.head.size });
        }
        match self.tree.root_at(note.head.size) {
            Some(root) if root == note.head.root => {
                Ok(if note.head.size == own { Growth::None } else { Growth::Stale })
            }
            _ => Err(DeskError::Fork {
                origin: note.origin.clone(),
                detail: format!("its checkpoint of size {} has another root than its own entries", note.head.size),
            }),
        }
    }

    /// Takes fetched entries if they lead from what was followed to the new checkpoint.
    ///
    /// # Errors
    /// [`DeskError::Fork`]: the entries that we have are not the beginning of that log, or they are not its entries.
    pub fn extend(&self, entries: &[Vec<u8>], note: CheckedNote) -> Result<Self, DeskError> {
        let mut grown = self.clone();
        grown.push(entries);
        let root = grown.tree.root_at(note.head.size);
        if grown.tree.size() != note.head.size || root != Some(note.head.root) {
            return Err(DeskError::Fork {
                origin: note.origin.clone(),
                detail: format!(
                    "entries {}… do not lead to its checkpoint of size {}",
                    self.tree.size(),
                    note.head.size
                ),
            });
        }
        grown.note = Some(note);
        Ok(grown)
    }
}
