//! Asking a witness for a cosignature, and deciding whether to give one.
//!
//! Spec: c2sp.org/tlog-witness@v1.0.0, `POST <prefix>/add-checkpoint`.
//!
//! ```text
//! request                          answers
//! old <size>\n                     200  — <witness> <cosignature>\n …
//! <base64 hash>\n   (0 to 63)      400  malformed, or old above the checkpoint's size
//! \n                               403  no signature of a trusted key, or one that fails
//! <checkpoint note>                404  unknown origin
//!                                  409  old is not the size last cosigned; body: that size, text/x.tlog.size
//!                                  422  the proof does not hold; size 0 with a root; one size with two roots
//! ```
//!
//! **Equal size, other root** is 422 here, as on the specification's main branch; v1.0.0 said 409. A 409 tells
//! the client "try again from this size", which is the size it just tried: an endless loop over what is in truth
//! a log that signed two trees.
//!
//! [`decide`] is pure. Left to the caller: to read the state and store the new one **in one atomic step** (else
//! two requests can roll the witness back), to have it durable *before* signing, the clock, and to keep notes
//! that prove a log's misbehaviour ([`WitnessRefusal::is_misbehaviour`]).

use crate::checkpoint::SignedCheckpoint;
use crate::codec::{HashLinesError, push_hash_lines, take_hash_lines, take_line};
use crate::error::{FormatError, ProofError, VerifyError};
use crate::hash::{Hash, TreeHead, TreeSize};
use crate::key::{KeyAlgorithm, VerifierKey};
use crate::merkle::{MAX_PROOF_HASHES, verify_consistency};
use crate::note::{MAX_NOTE_BYTES, SignatureLine};

/// Longest request body: the longest note, 63 hashes, and the lines between.
pub const MAX_ADD_CHECKPOINT_BYTES: usize = MAX_NOTE_BYTES + MAX_PROOF_HASHES * 45 + 64;

/// Content type of a 409 answer.
pub const TLOG_SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// A request for a cosignature. The checkpoint in it is unverified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last, as far as the client knows; 0 if it does not.
    pub old: TreeSize,
    /// Consistency proof from that size; empty for 0.
    pub proof: Vec<Hash>,
    /// The checkpoint to cosign.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`FormatError`]: the answer is 400 ([`AddCheckpointAnswer::Malformed`]).
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.len() > MAX_ADD_CHECKPOINT_BYTES {
            let (found, limit) = (bytes.len(), MAX_ADD_CHECKPOINT_BYTES);
            return Err(FormatError::TooLong { what: "witness request", found, limit, unit: "bytes" });
        }
        let wrong = |line, reason| FormatError::WitnessMessage { line, reason };
        let mut rest = str::from_utf8(bytes).map_err(|_| wrong(1, "is not UTF-8"))?;
        let old = take_line(&mut rest).and_then(|line| line.strip_prefix("old "));
        let old = old.ok_or(wrong(1, "is not `old` and a size"))?;
        let old = TreeSize::parse(old).map_err(|_| wrong(1, "the old size is malformed"))?;
        let proof = take_hash_lines(&mut rest).map_err(|error| match error {
            HashLinesError::Unterminated => wrong(2, "no empty line follows the proof"),
            HashLinesError::TooMany => wrong(MAX_PROOF_HASHES + 2, "there are more than 63 hashes"),
            HashLinesError::Malformed(at) => wrong(at + 2, "is not a hash in base64"),
        })?;
        Ok(Self { old, proof, checkpoint: SignedCheckpoint::parse(rest.as_bytes())? })
    }

    /// The request body; [`AddCheckpoint::parse`] gives an equal request back.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("old {}\n", self.old);
        push_hash_lines(&mut text, &self.proof);
        text.push_str(self.checkpoint.note().as_str());
        text.into_bytes()
    }
}

/// What a witness answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AddCheckpointAnswer {
    /// 200: its cosignatures.
    Cosigned(Vec<SignatureLine>),
    /// 409: it last cosigned this size; make the proof from there.
    Conflict(TreeSize),
    /// 404: it does not witness this log.
    UnknownOrigin,
    /// 403: the log did not sign.
    Forbidden,
    /// 400: not a request.
    Malformed,
    /// 422: the tree does not extend the one it cosigned.
    Unprocessable,
}

impl AddCheckpointAnswer {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::Malformed => 400,
            Self::Forbidden => 403,
            Self::UnknownOrigin => 404,
            Self::Conflict(_) => 409,
            Self::Unprocessable => 422,
        }
    }

    /// The `Content-Type` header.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict(_) => TLOG_SIZE_CONTENT_TYPE,
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The body. For refusals other than 409 only a word to people.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Cosigned(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
            Self::Conflict(size) => format!("{size}\n"),
            Self::UnknownOrigin => "unknown origin\n".to_owned(),
            Self::Forbidden => "no valid signature of a trusted key of this log\n".to_owned(),
            Self::Malformed => "malformed request\n".to_owned(),
            Self::Unprocessable => "the checkpoint is not consistent with the one last cosigned\n".to_owned(),
        }
    }

    /// Reads an answer, as a client. The content type is not asked for: the status decides.
    ///
    /// # Errors
    /// [`FormatError::WitnessStatus`] for any other status; for 200 and 409 also a malformed body.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, FormatError> {
        let wrong = |reason| FormatError::WitnessMessage { line: 1, reason };
        match status {
            200 if body.len() > MAX_NOTE_BYTES => {
                let (found, limit) = (body.len(), MAX_NOTE_BYTES);
                Err(FormatError::TooLong { what: "witness answer", found, limit, unit: "bytes" })
            }
            200 => {
                let text = str::from_utf8(body).map_err(|_| wrong("is not UTF-8"))?;
                SignatureLine::parse_all(text).map(Self::Cosigned)
            }
            409 => {
                let size = str::from_utf8(body).ok().and_then(|text| text.strip_suffix('\n'));
                Ok(Self::Conflict(TreeSize::parse(size.ok_or(wrong("is not a size and a newline"))?)?))
            }
            400 => Ok(Self::Malformed),
            403 => Ok(Self::Forbidden),
            404 => Ok(Self::UnknownOrigin),
            422 => Ok(Self::Unprocessable),
            _ => Err(FormatError::WitnessStatus { status }),
        }
    }
}

/// What a witness remembers of one log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WitnessState {
    /// The head it cosigned last; `None` if it never cosigned one.
    pub head: Option<TreeHead>,
}

impl WitnessState {
    /// The size it cosigned last, 0 if it never did.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        self.head.map_or(TreeSize::ZERO, |head| head.size)
    }
}

/// What to store, and then to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessDecision {
    /// The state from now on. Durable before anything is signed.
    pub state: WitnessState,
    /// The checkpoint with the verified lines of the log and no others: what a witness may keep and serve. Kept
    /// whole, a line that a stranger wrote in the witness's own name would come back and wedge it.
    pub checkpoint: SignedCheckpoint,
}

impl WitnessDecision {
    /// The text to cosign.
    #[must_use]
    pub fn text(&self) -> &str {
        self.checkpoint.note().text()
    }
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessRefusal {
    /// No key of this log is trusted: 404.
    #[error("no trusted key for log {origin:?}")]
    UnknownOrigin {
        /// The origin as found.
        origin: String,
    },
    /// The log did not sign: 403.
    #[error("the log did not sign")]
    Forbidden(#[source] VerifyError),
    /// The old size is above the new one: 400.
    #[error("old size {old} is above the size {new} of the checkpoint")]
    OldAboveNew {
        /// The old size of the request.
        old: TreeSize,
        /// The size of the checkpoint.
        new: TreeSize,
    },
    /// The client counts from another size: 409.
    #[error("old size {old} is not the size {stored} last cosigned")]
    Conflict {
        /// The old size of the request.
        old: TreeSize,
        /// The size last cosigned.
        stored: TreeSize,
    },
    /// The tree does not extend the one last cosigned: 422.
    #[error("the checkpoint is not consistent with the one last cosigned")]
    Inconsistent(#[source] ProofError),
}

impl WitnessRefusal {
    /// The answer to give.
    #[must_use]
    pub fn answer(&self) -> AddCheckpointAnswer {
        match self {
            Self::UnknownOrigin { .. } => AddCheckpointAnswer::UnknownOrigin,
            Self::Forbidden(_) => AddCheckpointAnswer::Forbidden,
            Self::OldAboveNew { .. } => AddCheckpointAnswer::Malformed,
            Self::Conflict { stored, .. } => AddCheckpointAnswer::Conflict(*stored),
            Self::Inconsistent(_) => AddCheckpointAnswer::Unprocessable,
        }
    }

    /// True if the request, together with the checkpoint stored before, *proves* that the log signed two
    /// trees: keep both. A proof that merely does not hold proves nothing, because anybody can write one.
    #[must_use]
    pub fn is_misbehaviour(&self) -> bool {
        matches!(self, Self::Inconsistent(ProofError::TwoRoots { .. } | ProofError::EmptyTreeRoot { .. }))
    }
}

/// Decides about a request, by the checks of the specification in its order.
///
/// `log_keys`: the keys trusted for any log; those with another name than the origin are passed over.
///
/// # Errors
/// [`WitnessRefusal`], which knows its HTTP answer.
pub fn decide(
    state: &WitnessState,
    log_keys: &[VerifierKey],
    request: &AddCheckpoint,
) -> Result<WitnessDecision, WitnessRefusal> {
    let checkpoint = verified_lines_only(log_keys, &request.checkpoint)?;
    let (old, stored, new) = (request.old, state.size(), checkpoint.head());
    if old > new.size {
        return Err(WitnessRefusal::OldAboveNew { old, new: new.size });
    }
    if old != stored {
        return Err(WitnessRefusal::Conflict { old, stored });
    }
    let stored = state.head.unwrap_or(TreeHead::EMPTY);
    extends(&stored, &new, &request.proof).map_err(WitnessRefusal::Inconsistent)?;
    Ok(WitnessDecision { state: WitnessState { head: Some(new) }, checkpoint })
}

/// From size 0 on there is nothing to prove; from any other size the proof must hold.
fn extends(stored: &TreeHead, new: &TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    match stored.size {
        TreeSize::ZERO if !new.is_plausible() => Err(ProofError::EmptyTreeRoot { found: new.root }),
        TreeSize::ZERO if !proof.is_empty() => Err(ProofError::ProofLength { expected: 0, found: proof.len() }),
        TreeSize::ZERO => Ok(()),
        _ => verify_consistency(stored, new, proof),
    }
}

/// Every line of a trusted key must verify, and at least one must be there. The same line twice is kept once.
fn verified_lines_only(
    log_keys: &[VerifierKey],
    signed: &SignedCheckpoint,
) -> Result<SignedCheckpoint, WitnessRefusal> {
    let origin = signed.origin().as_str();
    let of_log = |key: &&VerifierKey| key.name().as_str() == origin;
    if !log_keys.iter().any(|key| of_log(&key)) {
        return Err(WitnessRefusal::UnknownOrigin { origin: origin.to_owned() });
    }
    let mut lines: Vec<SignatureLine> = Vec::new();
    for key in log_keys.iter().filter(of_log).filter(|key| key.algorithm() == KeyAlgorithm::Ed25519) {
        if signed.note().verify_signature(key).map_err(WitnessRefusal::Forbidden)? {
            lines.extend(signed.note().signatures().iter().find(|line| line.is_of(key)).cloned());
        }
    }
    if lines.is_empty() {
        return Err(WitnessRefusal::Forbidden(VerifyError::NoLogSignature { origin: origin.to_owned() }));
    }
    Ok(signed.with_only(lines))
}
