//! Tests, one file for each question: do we agree with the published vectors, do the trees agree with one
//! another, is every format read strictly and printed back byte for byte, and who is believed.

mod accumulators;
mod cosignatures;
mod hostile;
mod keys;
mod notes;
mod policies;
mod proofs;
mod tiles;
mod trees;
mod trusts;
mod vectors;
mod witnesses;

use crate::*;

pub(crate) fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

/// The seed is the name, so that every name has its own key.
fn seed(text: &str) -> [u8; 32] {
    *sha256(&[b"seed of ", text.as_bytes()]).as_bytes()
}

pub(crate) fn log(origin: &str) -> NoteSigner {
    NoteSigner::from_seed(name(origin), &seed(origin)).unwrap()
}

pub(crate) fn witness(text: &str) -> CosignatureSigner {
    CosignatureSigner::from_seed(name(text), &seed(text)).unwrap()
}

/// Leaf hashes of the one-byte-counter entries 0, 1, 2, …
pub(crate) fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|entry| leaf_hash(&entry.to_be_bytes())).collect()
}

pub(crate) fn tree(count: u64) -> MemoryTree {
    leaves(count).into_iter().collect()
}

pub(crate) fn checkpoint(origin: &str, size: u64) -> Checkpoint {
    Checkpoint::new(Origin::new(origin).unwrap(), tree(size).head())
}

/// Signed by its log, then by each witness at its time.
pub(crate) fn signed(origin: &str, size: u64, by: &[(&str, u64)]) -> SignedCheckpoint {
    let start = SignedCheckpoint::sign(&checkpoint(origin, size), &log(origin)).unwrap();
    by.iter().fold(start, |signed, (who, time)| {
        let line = witness(who).sign(signed.note().text(), Timestamp::new(*time)).unwrap();
        signed.with_signature(&line).unwrap()
    })
}

/// The note with its text changed and its signature lines as they were.
pub(crate) fn altered(signed: &SignedCheckpoint, from: &str, to: &str) -> SignedCheckpoint {
    SignedCheckpoint::parse(signed.note().as_str().replacen(from, to, 1).as_bytes()).unwrap()
}
