//! One file that proves, offline, that an entry stands in a log.
//!
//! Spec: c2sp.org/tlog-proof, format `@v1` (2025-12-18; verification 2026-05-22).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>            (may be absent; nobody signed it)
//! index <decimal>
//! <base64 hash>             (0 to 63; the leaf's sibling first)
//!                           (empty line)
//! <checkpoint note, byte for byte>
//! ```
//!
//! Left to the caller: the leaf hash, which comes from the entry and never from this file, and a policy that it
//! got elsewhere. Stored under the suffix `.tlog-proof`.

use crate::checkpoint::SignedCheckpoint;
use crate::codec::{HashLinesError, base64_decode, base64_encode, push_hash_lines, take_hash_lines, take_line};
use crate::error::{FormatError, VerifyError};
use crate::hash::{Hash, LeafIndex};
use crate::merkle::{MAX_PROOF_HASHES, verify_inclusion};
use crate::note::MAX_NOTE_BYTES;
use crate::policy::{Cosigned, Policy};

/// Longest `extra`, decoded. The specification has no limit; this holds any context of one entry.
pub const MAX_PROOF_EXTRA_BYTES: usize = 65_536;

/// Longest proof: the longest note, 63 hashes, the longest extra, and the lines between.
pub const MAX_LOG_PROOF_BYTES: usize =
    MAX_NOTE_BYTES + MAX_PROOF_HASHES * 45 + MAX_PROOF_EXTRA_BYTES.div_ceil(3) * 4 + 256;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An offline proof. **Unverified** until [`LogProof::verify`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogProof {
    extra: Option<Vec<u8>>,
    index: LeafIndex,
    hashes: Vec<Hash>,
    checkpoint: SignedCheckpoint,
}

impl LogProof {
    /// Puts a proof together.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] above 63 hashes.
    pub fn new(index: LeafIndex, hashes: Vec<Hash>, checkpoint: SignedCheckpoint) -> Result<Self, FormatError> {
        if hashes.len() > MAX_PROOF_HASHES {
            let (found, limit) = (hashes.len(), MAX_PROOF_HASHES);
            return Err(FormatError::TooLong { what: "log proof", found, limit, unit: "hashes" });
        }
        Ok(Self { extra: None, index, hashes, checkpoint })
    }

    /// The same proof with extra data, which no signature covers; empty data is left out.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] above [`MAX_PROOF_EXTRA_BYTES`].
    pub fn with_extra(self, extra: &[u8]) -> Result<Self, FormatError> {
        if extra.len() > MAX_PROOF_EXTRA_BYTES {
            let (found, limit) = (extra.len(), MAX_PROOF_EXTRA_BYTES);
            return Err(FormatError::TooLong { what: "extra data of a log proof", found, limit, unit: "bytes" });
        }
        Ok(Self { extra: (!extra.is_empty()).then(|| extra.to_vec()), ..self })
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// [`FormatError::LogProof`] with line and rule, [`FormatError::TooLong`], or what
    /// [`SignedCheckpoint::parse`] refuses.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.len() > MAX_LOG_PROOF_BYTES {
            let (found, limit) = (bytes.len(), MAX_LOG_PROOF_BYTES);
            return Err(FormatError::TooLong { what: "log proof", found, limit, unit: "bytes" });
        }
        let wrong = |line, reason| FormatError::LogProof { line, reason };
        let mut rest = str::from_utf8(bytes).map_err(|_| wrong(1, "is not UTF-8"))?;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(wrong(1, "is not c2sp.org/tlog-proof@v1"));
        }
        let mut number = 2;
        let mut line = take_line(&mut rest).ok_or(wrong(2, "is missing"))?;
        let mut extra = None;
        if let Some(base64) = line.strip_prefix("extra ") {
            let data = base64_decode(base64).ok_or(wrong(2, "the extra data is not canonical base64"))?;
            match data.len() {
                0 => return Err(wrong(2, "the extra data is empty and must be left out")),
                1..=MAX_PROOF_EXTRA_BYTES => extra = Some(data),
                _ => return Err(wrong(2, "the extra data is longer than 65536 bytes")),
            }
            number = 3;
            line = take_line(&mut rest).ok_or(wrong(3, "is missing"))?;
        }
        let index = line.strip_prefix("index ").ok_or(wrong(number, "is not `index` and a number"))?;
        let index = LeafIndex::parse(index).map_err(|_| wrong(number, "the index is malformed"))?;
        let hashes = take_hash_lines(&mut rest).map_err(|error| match error {
            HashLinesError::Unterminated => wrong(number + 1, "no empty line follows the hashes"),
            HashLinesError::TooMany => wrong(number + 64, "there are more than 63 hashes"),
            HashLinesError::Malformed(at) => wrong(number + 1 + at, "is not a hash in base64"),
        })?;
        let checkpoint = SignedCheckpoint::parse(rest.as_bytes())?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// The bytes as they are stored; [`LogProof::parse`] gives an equal proof back.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", base64_encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        push_hash_lines(&mut text, &self.hashes);
        text.push_str(self.checkpoint.note().as_str());
        text.into_bytes()
    }

    /// Data that stands beside the proof and that **nobody signed**.
    #[must_use]
    pub fn unauthenticated_extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The place of the entry that is claimed.
    #[must_use]
    pub fn index(&self) -> LeafIndex {
        self.index
    }

    /// The hashes, the leaf's sibling first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The checkpoint, unverified.
    #[must_use]
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Checks everything: a known log signed, every known cosignature holds, the quorum is met, and the leaf
    /// stands at the index.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, leaf: &Hash, policy: &Policy) -> Result<Cosigned, VerifyError> {
        let cosigned = policy.verify(&self.checkpoint)?;
        policy.require_quorum(&cosigned)?;
        self.verify_inclusion(leaf, &cosigned)?;
        Ok(cosigned)
    }

    /// Checks the hashes alone, against a checkpoint that was verified already: many proofs share one.
    ///
    /// # Errors
    /// [`VerifyError::Proof`].
    pub fn verify_inclusion(&self, leaf: &Hash, cosigned: &Cosigned) -> Result<(), VerifyError> {
        Ok(verify_inclusion(leaf, self.index, &cosigned.checkpoint.head(), &self.hashes)?)
    }
}
