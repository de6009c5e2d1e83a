//! A log's word about its tree.
//!
//! Spec: c2sp.org/tlog-checkpoint@v1.0.0.
//!
//! ```text
//! <origin>            who the log is
//! <tree size>         decimal
//! <root hash>         base64
//! <extension>         any number of lines, none of them empty; not recommended, and refused by `TrustPolicy`
//!
//! — <origin> <signature of the log, type 0x01>
//! — <witness> <cosignature>
//! ```
//!
//! [`SignedCheckpoint`] is unverified. [`SignedCheckpoint::verify_log`] makes a [`VerifiedCheckpoint`] of it: the
//! log said so, and nothing more. Whether witnesses saw the same is [`crate::Policy::verify`].
//!
//! Left to the caller: never to sign two heads that do not extend one another.

use std::fmt;

use crate::codec::{excerpt, take_line};
use crate::error::{FormatError, ProofError, VerifyError};
use crate::hash::{Hash, TreeHead, TreeSize};
use crate::key::{KeyAlgorithm, VerifierKey};
use crate::note::{Note, NoteSigner, SignatureLine};

/// Longest origin: tlog-cosignature writes its length into one byte.
pub const MAX_ORIGIN_BYTES: usize = 255;

/// The name of a log: line 1 of its checkpoints. Not empty, one line, no control character. Usually a URL
/// without a scheme, but that is only advice, so spaces and plus signs are let through here; a log whose
/// origin is no key name can have no key of its name and is never verified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Takes an origin as it is.
    ///
    /// # Errors
    /// [`FormatError::Origin`] with the rule it breaks.
    pub fn new(origin: &str) -> Result<Self, FormatError> {
        let wrong = |reason| Err(FormatError::Origin { found: excerpt(origin), reason });
        match origin {
            "" => wrong("is empty"),
            _ if origin.len() > MAX_ORIGIN_BYTES => wrong("is longer than 255 bytes"),
            _ if origin.contains(|c: char| c < ' ') => wrong("contains a control character"),
            _ => Ok(Self(origin.to_owned())),
        }
    }

    /// The origin.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The content of a checkpoint, without signatures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// Its tree.
    pub head: TreeHead,
    /// Lines after the third, as found. [`Checkpoint::to_text`] prints them as they are: each is one line,
    /// not empty.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    #[must_use]
    pub fn new(origin: Origin, head: TreeHead) -> Self {
        Self { origin, head, extensions: Vec::new() }
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    /// [`FormatError::Checkpoint`] with line and rule.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let wrong = |line, reason| FormatError::Checkpoint { line, reason };
        let mut rest = text;
        let mut next = |line| take_line(&mut rest).ok_or(wrong(line, "is missing or has no newline"));
        let origin = Origin::new(next(1)?).map_err(|_| wrong(1, "is not an origin of 1 to 255 bytes"))?;
        let size = TreeSize::parse(next(2)?).map_err(|_| wrong(2, "is not a tree size"))?;
        let root = Hash::parse_base64(next(3)?).map_err(|_| wrong(3, "is not a hash in base64"))?;
        let mut extensions = Vec::new();
        while !rest.is_empty() {
            let line = extensions.len() + 4;
            match take_line(&mut rest) {
                None => return Err(wrong(line, "has no newline")),
                Some("") => return Err(wrong(line, "is empty")),
                Some(extension) if extension.contains(|c: char| c < ' ') => {
                    return Err(wrong(line, "contains a control character"));
                }
                Some(extension) => extensions.push(extension.to_owned()),
            }
        }
        Ok(Self { origin, head: TreeHead { size, root }, extensions })
    }

    /// The text to be signed: each line with its newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.head.size, self.head.root.to_base64());
        for extension in &self.extensions {
            text.push_str(extension);
            text.push('\n');
        }
        text
    }
}

/// A note whose text is a checkpoint. **Unverified**: anybody may have written it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignedCheckpoint {
    note: Note,
    checkpoint: Checkpoint,
}

impl SignedCheckpoint {
    /// Reads a note with a checkpoint in it.
    ///
    /// # Errors
    /// What [`Note::parse`] and [`Checkpoint::parse`] refuse.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        Self::from_note(Note::parse(bytes)?)
    }

    /// Takes a note that was read already.
    ///
    /// # Errors
    /// What [`Checkpoint::parse`] refuses.
    pub fn from_note(note: Note) -> Result<Self, FormatError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { note, checkpoint })
    }

    /// Signs a checkpoint as its log. This cannot be taken back: the head is on disk before, and no other root
    /// is ever signed for its size.
    ///
    /// # Errors
    /// [`FormatError`] if an extension line is none, or the signer has another name than the origin.
    pub fn sign(checkpoint: &Checkpoint, signer: &NoteSigner) -> Result<Self, FormatError> {
        let name = signer.verifier_key().name();
        if name.as_str() != checkpoint.origin.as_str() {
            let reason = "is not the origin of the checkpoint to be signed";
            return Err(FormatError::KeyName { found: excerpt(name.as_str()), reason });
        }
        let text = checkpoint.to_text();
        // Read back before signing: an empty extension, or one with a newline in it, would say something else.
        if Checkpoint::parse(&text)? != *checkpoint {
            return Err(FormatError::Checkpoint { line: 4, reason: "an extension line is not one line" });
        }
        Self::from_note(Note::assemble(&text, &[signer.sign(&text)?])?)
    }

    /// The same checkpoint with one more signature line.
    ///
    /// # Errors
    /// What [`Note::with_signature`] refuses.
    pub fn with_signature(&self, line: &SignatureLine) -> Result<Self, FormatError> {
        Self::from_note(self.note.with_signature(line)?)
    }

    /// The same checkpoint under a selection of its lines, which is not empty.
    pub(crate) fn with_only(&self, signatures: Vec<SignatureLine>) -> Self {
        Self { note: self.note.with_only(signatures), checkpoint: self.checkpoint.clone() }
    }

    /// The note, with the exact bytes.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The content.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Which log it claims to be of.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.checkpoint.origin
    }

    /// The head it claims.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.checkpoint.head
    }

    /// The note exactly as it was read.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.note.as_bytes()
    }

    /// Checks that this log signed: the key has the name of the origin, is of type 0x01, and its lines verify.
    ///
    /// # Errors
    /// [`VerifyError`]: another origin, no line of this key, a line that fails, or size 0 with a foreign root.
    pub fn verify_log(self, key: &VerifierKey) -> Result<VerifiedCheckpoint, VerifyError> {
        let origin = || self.checkpoint.origin.to_string();
        if key.name().as_str() != self.checkpoint.origin.as_str() {
            return Err(VerifyError::OtherOrigin { origin: excerpt(&origin()), key: key.name().clone() });
        }
        if key.algorithm() != KeyAlgorithm::Ed25519 {
            let (key, algorithm) = (key.name().clone(), key.algorithm().byte());
            return Err(VerifyError::Algorithm { key, algorithm, purpose: "a log signature" });
        }
        if !self.note.verify_signature(key)? {
            return Err(VerifyError::NoLogSignature { origin: origin() });
        }
        if !self.head().is_plausible() {
            return Err(ProofError::EmptyTreeRoot { found: self.head().root }.into());
        }
        Ok(VerifiedCheckpoint { signed: self })
    }
}

/// A checkpoint that its log signed. What witnesses say is another question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VerifiedCheckpoint {
    signed: SignedCheckpoint,
}

impl VerifiedCheckpoint {
    /// Which log.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.signed.origin()
    }

    /// Its tree.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.signed.head()
    }

    /// The content.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.signed.checkpoint()
    }

    /// The note, with the exact bytes.
    #[must_use]
    pub fn note(&self) -> &Note {
        self.signed.note()
    }

    /// The same, as unverified as when it came.
    #[must_use]
    pub fn as_signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// Gives the note back.
    #[must_use]
    pub fn into_signed(self) -> SignedCheckpoint {
        self.signed
    }
}
