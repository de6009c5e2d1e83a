//! What can be wrong, said to the person who gets it.
//!
//! Three questions, three types: [`FormatError`] "are these bytes such an object at all?", [`ProofError`] "do
//! these hashes connect?", [`VerifyError`] "did those sign it whom we trust?". All are verdicts about the
//! input; none is a failure of this machine. A text in an error is cut at a length fit for one line.

use crate::hash::{Hash, LeafIndex, TreeSize};
use crate::key::KeyName;

/// The bytes are not what they claim to be. Nothing was repaired or guessed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A number is not written as ASCII digits without sign or leading zero, or reaches 2^63.
    #[error("{what} {found:?} is not a decimal number below 2^63 without sign or leading zeros")]
    Number {
        /// Which number: "tree size", "leaf index", "time".
        what: &'static str,
        /// The text as found.
        found: String,
    },
    /// A hash is not 32 bytes in the one accepted spelling.
    #[error("hash {found:?} is not 32 bytes in {encoding}")]
    Hash {
        /// The accepted spelling.
        encoding: &'static str,
        /// The text as found.
        found: String,
    },
    /// An input is longer than its named limit.
    #[error("{what} has {found} {unit}, the limit is {limit}")]
    TooLong {
        /// Which input.
        what: &'static str,
        /// How much was found.
        found: usize,
        /// The limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A key name breaks c2sp.org/signed-note.
    #[error("key name {found:?}: {reason}")]
    KeyName {
        /// The name as found.
        found: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A log origin breaks c2sp.org/tlog-checkpoint.
    #[error("log origin {found:?}: {reason}")]
    Origin {
        /// The origin as found.
        found: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A verifier key is malformed, or is a key that must not be trusted.
    #[error("verifier key {found:?}: {reason}")]
    VerifierKey {
        /// The key as found.
        found: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// An Ed25519 public key must not be trusted.
    #[error("the Ed25519 key {reason}")]
    Ed25519Key {
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A note as a whole is malformed.
    #[error("signed note: {reason}")]
    Note {
        /// The rule it breaks.
        reason: &'static str,
    },
    /// One signature line is malformed.
    #[error("signature line {line}: {reason}")]
    SignatureLine {
        /// Which signature line, from 1.
        line: usize,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// The text of a checkpoint is malformed.
    #[error("checkpoint, line {line}: {reason}")]
    Checkpoint {
        /// Which line of the text, from 1.
        line: usize,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// The path of a tile is not the one spelling of any tile.
    #[error("tile path {found:?}: {reason}")]
    TilePath {
        /// The path as found.
        found: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// The content of a tile or entry bundle is malformed.
    #[error("{what}: {reason} (at byte {at})")]
    TileContent {
        /// "tile" or "entry bundle".
        what: &'static str,
        /// The rule it breaks.
        reason: &'static str,
        /// Where, from 0.
        at: usize,
    },
    /// Parts of a tree do not fit the size they are given for.
    #[error("{what} for tree size {size}: expected {expected}, found {found}")]
    TreeParts {
        /// "peaks of the frontier", "partial tiles", …
        what: &'static str,
        /// The size.
        size: TreeSize,
        /// How many the size implies.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A line of a policy is malformed.
    #[error("policy, line {line}: {reason}{}", quoted(.found))]
    Policy {
        /// Which line, from 1.
        line: usize,
        /// The rule it breaks.
        reason: &'static str,
        /// The name or word in question; may be empty.
        found: String,
    },
    /// A key in a policy is malformed.
    #[error("policy, line {line}")]
    PolicyKey {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with the key.
        #[source]
        source: Box<FormatError>,
    },
    /// An offline proof (c2sp.org/tlog-proof) is malformed.
    #[error("log proof, line {line}: {reason}")]
    LogProof {
        /// Which line, from 1.
        line: usize,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A witness message (c2sp.org/tlog-witness) is malformed.
    #[error("witness message, line {line}: {reason}")]
    WitnessMessage {
        /// Which line, from 1.
        line: usize,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A peer answered with an HTTP status that the protocol does not have.
    #[error("witness answered with HTTP status {status}, which c2sp.org/tlog-witness does not define")]
    WitnessStatus {
        /// The status as found.
        status: u16,
    },
}

fn quoted(found: &str) -> String {
    if found.is_empty() { String::new() } else { format!(": {found:?}") }
}

/// The hashes do not connect what they should connect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The leaf is not in the tree.
    #[error("leaf index {index} is not inside a tree of size {size}")]
    IndexOutOfRange {
        /// The index asked about.
        index: LeafIndex,
        /// The size of the tree (or the end of the subtree).
        size: TreeSize,
    },
    /// The subtree starts at no multiple of its own size rounded up to a power of two, or is reversed.
    #[error("[{start}, {end}) is not a subtree: start must be a multiple of the length rounded up to a power of two")]
    NotASubtree {
        /// First index.
        start: u64,
        /// One past the last index.
        end: u64,
    },
    /// Nothing lies in the range, so there is nothing to prove inclusion in.
    #[error("the range is empty at index {start}")]
    EmptyRange {
        /// Where.
        start: u64,
    },
    /// The old tree or subtree reaches beyond the new tree.
    #[error("old tree ends at {old}, the new tree already at {new}")]
    Shrinks {
        /// End of the old tree.
        old: TreeSize,
        /// Size of the new tree.
        new: TreeSize,
    },
    /// Every tree extends the empty one: such a "proof" would say nothing and is refused.
    #[error("a consistency proof from the empty tree to size {new} proves nothing")]
    OldTreeEmpty {
        /// Size of the new tree.
        new: TreeSize,
    },
    /// A tree of size 0 has another root than SHA-256 of nothing.
    #[error("a tree of size 0 must have the root of the empty tree, found {found}")]
    EmptyTreeRoot {
        /// The root as found.
        found: Hash,
    },
    /// The sizes alone say how many hashes the proof has.
    #[error("the proof has {found} hashes, its sizes call for {expected}")]
    ProofLength {
        /// What the sizes call for.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// The proof leads to another old root.
    #[error("the proof leads to old root {computed}, not to {claimed}")]
    OldRootMismatch {
        /// What the proof computes.
        computed: Hash,
        /// What was claimed.
        claimed: Hash,
    },
    /// The proof leads to another root.
    #[error("the proof leads to root {computed}, not to {claimed}")]
    RootMismatch {
        /// What the proof computes.
        computed: Hash,
        /// What was claimed.
        claimed: Hash,
    },
    /// One size, two roots.
    #[error("size {size} with two roots: {old} and {new}")]
    TwoRoots {
        /// The size.
        size: TreeSize,
        /// The root known first.
        old: Hash,
        /// The other.
        new: Hash,
    },
    /// A reader was asked for a node that it does not hold.
    #[error("node {index} of level {level} is not (yet) complete in this tree")]
    MissingNode {
        /// Level, 0 = leaves.
        level: u8,
        /// Index within the level.
        index: u64,
    },
}

/// The signatures do not carry what is claimed. Always a verdict about the evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// No key is trusted for this origin.
    #[error("no trusted key for log {origin:?}")]
    UnknownLog {
        /// The origin as found.
        origin: String,
    },
    /// A key was offered for a log of another name.
    #[error("key {key} is not the key of log {origin:?}")]
    OtherOrigin {
        /// The origin of the checkpoint.
        origin: String,
        /// The name in the key.
        key: KeyName,
    },
    /// The algorithm of this key cannot make, or is not supported for, this kind of signature.
    #[error("key {key} has signature type 0x{algorithm:02x}, which is not supported for {purpose}")]
    Algorithm {
        /// The name in the key.
        key: KeyName,
        /// The signature type byte.
        algorithm: u8,
        /// "a log signature" or "a cosignature".
        purpose: &'static str,
    },
    /// The log did not sign: no line of a trusted key.
    #[error("no signature of a trusted key of log {origin:?}")]
    NoLogSignature {
        /// The origin as found.
        origin: String,
    },
    /// A line of a trusted key does not verify: the note is forged or damaged, all of it.
    #[error("the signature of {key} does not verify")]
    BadSignature {
        /// The name in the key.
        key: KeyName,
    },
    /// Two lines of one witness in one note: two times for one word.
    #[error("two cosignatures of {key} in one note")]
    DuplicateCosignature {
        /// The name in the key.
        key: KeyName,
    },
    /// Too few of those whom the policy names have cosigned.
    #[error("the {found} valid cosignatures on tree size {size} of {origin:?} do not reach the quorum {quorum:?}")]
    QuorumNotMet {
        /// How many known witnesses cosigned.
        found: usize,
        /// The name of the quorum in the policy.
        quorum: String,
        /// The origin.
        origin: String,
        /// The tree size.
        size: TreeSize,
    },
    /// Extension lines are not auditable, and ML-DSA cosignatures do not cover them.
    #[error("the checkpoint of {origin:?} has {found} extension lines, a trusted one has none")]
    ExtensionLines {
        /// The origin.
        origin: String,
        /// How many.
        found: usize,
    },
    /// The hashes do not connect.
    #[error("the proof does not hold")]
    Proof(#[from] ProofError),
}
