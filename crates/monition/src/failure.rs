//! Why a command did not do what it was asked, for the person who asked.
//!
//! Four classes, each with its exit code: misuse (2), evidence or input that cannot be read (3), evidence that is refused
//! (1), our own failure (70) and a peer that is not ready (75). Codes are listed with their hints in docs/errors.md.

use std::fmt;

/// Exit codes of every command (docs/errors.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Evidence is refused.
    EvidenceRefused = 1,
    /// The command was not used as it is meant to be.
    Usage = 2,
    /// A file cannot be read, or is of a newer format.
    Unreadable = 3,
    /// The finding is `refuted`.
    Refuted = 4,
    /// The finding is `not-decidable`.
    NotDecidable = 5,
    /// Our failure.
    Internal = 70,
    /// Try later.
    TryLater = 75,
}

/// A failure with a stable code and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Stable code.
    pub(crate) code: String,
    /// What happened, in which input.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: String,
    /// Exit code.
    pub(crate) exit: Exit,
}

impl Failure {
    /// A failure of the given class.
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into(), exit }
    }

    /// Misuse.
    pub(crate) fn usage(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, message, hint)
    }

    /// As JSON, for `--json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "code": self.code, "message": self.message, "hint": self.hint } })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\nhint: {}", self.hint) }
    }
}

impl From<monition_desk::DeskError> for Failure {
    fn from(error: monition_desk::DeskError) -> Self {
        let exit = match error.exit_code() {
            1 => Exit::EvidenceRefused,
            2 => Exit::Usage,
            75 => Exit::TryLater,
            _ => Exit::Internal,
        };
        let (code, hint) = (error.code().to_owned(), error.hint().to_owned());
        Self { code, message: error.to_string(), hint, exit }
    }
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read_input(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    let read = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Failure::new(
            Exit::Unreadable,
            "usage-file-unreadable",
            message,
            "check the path and that you may read the file",
        )
    })
}
