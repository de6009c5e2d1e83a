//! The C2SP transparency-log formats, and the arithmetic under them.
//!
//! | module | specification | what it is |
//! |---|---|---|
//! | [`hash`], [`merkle`], [`prove`], [`frontier`] | RFC 6962 §2.1, RFC 9162 §2.1 | hashes, proofs, trees |
//! | [`tile`], [`edge`] | c2sp.org/tlog-tiles@v0.1.0 | a log as files of 256 hashes |
//! | [`ed25519`], [`key`], [`note`] | c2sp.org/signed-note@v1.0.0 | text with signature lines |
//! | [`checkpoint`] | c2sp.org/tlog-checkpoint@v1.0.0 | a signed tree head |
//! | [`cosignature`] | c2sp.org/tlog-cosignature@v1.0.1 | a witness's word and time |
//! | [`policy`], [`trust`] | c2sp.org/tlog-policy (2026-06-22) | whose word is enough |
//! | [`proof`] | c2sp.org/tlog-proof (`@v1`) | an offline proof of inclusion |
//! | [`witness`] | c2sp.org/tlog-witness@v1.0.0, and main for 422 | asking for and giving a cosignature |
//!
//! **Invariants.** Nothing here reads a clock, a file, a socket, the environment or randomness, and nothing
//! spawns or awaits: time, secret seeds and stored bytes are arguments. No input makes a parser panic or use
//! memory beyond a small multiple of the input, and every parser names its size limit. A type that was parsed
//! cannot be wrong in form; a type that was *verified* has another name ([`SignedCheckpoint`] becomes
//! [`VerifiedCheckpoint`] or [`Cosigned`] only by checking signatures).
//!
//! **Left to the caller.** Storing, sequencing, sending; deciding that a time lies in the future; and what
//! the entries of a log mean.

pub mod checkpoint;
pub mod cosignature;
pub mod ed25519;
pub mod edge;
pub mod error;
pub mod frontier;
pub mod hash;
pub mod key;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod proof;
pub mod prove;
pub mod tile;
pub mod trust;
pub mod witness;

mod codec;

pub use checkpoint::{Checkpoint, MAX_ORIGIN_BYTES, Origin, SignedCheckpoint, VerifiedCheckpoint};
pub use cosignature::{CosignatureSigner, Timestamp, cosignature_message, verify_cosignature};
pub use ed25519::Ed25519Key;
pub use edge::{Edge, EdgeReader, FullTile, Growth, TileSource};
pub use error::{FormatError, ProofError, VerifyError};
pub use frontier::Frontier;
pub use hash::{Hash, LeafIndex, TreeHead, TreeSize, sha256};
pub use key::{KeyAlgorithm, KeyId, KeyName, MAX_KEY_NAME_BYTES, MAX_VERIFIER_KEY_BYTES, VerifierKey};
pub use merkle::{
    MAX_PROOF_HASHES, Subtree, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
    verify_subtree_consistency, verify_subtree_inclusion,
};
pub use note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteSigner, SignatureLine};
pub use policy::{
    Cosigned, CosignedTimes, Group, LogLine, MAX_POLICY_BYTES, MAX_POLICY_ITEMS, Policy, Quorum, Threshold, WitnessLine,
};
pub use proof::{LogProof, MAX_LOG_PROOF_BYTES, MAX_PROOF_EXTRA_BYTES};
pub use prove::{
    HashReader, MemoryTree, consistency_proof, inclusion_proof, root_at, subtree_consistency_proof, subtree_hash,
    subtree_inclusion_proof,
};
pub use tile::{
    EntryBundle, MAX_BUNDLE_BYTES, MAX_ENTRY_BYTES, MAX_TILE_LEVEL, TILE_BYTES, TILE_WIDTH, Tile, TileCoord, TileData,
    TileLevel,
};
pub use trust::{TrustError, TrustPolicy};
pub use witness::{
    AddCheckpoint, AddCheckpointAnswer, MAX_ADD_CHECKPOINT_BYTES, TLOG_SIZE_CONTENT_TYPE, WitnessDecision,
    WitnessRefusal, WitnessState, decide,
};

#[cfg(test)]
mod tests;
