//! A client of any TAXII 2.1 server: collections are pulled into files of JSON lines and files are pushed into collections.
//!
//! Both go on where they were broken off. [`pull`] writes each object once for each version, with the bytes that the server
//! sent; [`push`] sends each object of a file until the server has said what became of it. Beside the file stands a state
//! file; it is written after what it speaks of is on the disk, so a crash at any moment repeats work and loses nothing.
//!
//! Real servers are lenient readers of the specification. Pages are followed by `next`; where it is missing, repeated or
//! no longer known, the walk goes on by `added_after` = `X-TAXII-Date-Added-Last` (§3.5). A walk that makes no progress ends
//! with [`ClientError::Loop`].
//!
//! Credentials go to the origin (scheme, host, port) of the URL that the caller named and nowhere else: redirects are
//! refused, and API roots at other hosts are left out. *Left to the caller*: what the objects mean.

mod file;
mod http;
mod pull;
mod push;
mod resolve;
mod source;

pub use http::{Access, Http, Patience};
pub use pull::{PullProgress, PullRequest, PullSummary, pull};
pub use push::{PushFailure, PushProgress, PushRequest, PushSummary, push};
pub use resolve::{Found, resolve};

use std::path::PathBuf;

/// Why a pull or a push did not come to its end. What was done is kept, and the same call goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No answer, after all tries.
    #[error("{url}: {detail}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// The chain of causes.
        detail: String,
    },
    /// The server answered with an error.
    #[error("{url}: the server answers {status}: {detail}")]
    Refused {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// Title and description of the error resource (§3.6.1), as far as there is one.
        detail: String,
    },
    /// The answer is not what TAXII 2.1 says.
    #[error("{url}: {detail}")]
    Answer {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// The server says that there is more, and the walk makes no progress.
    #[error("{url}: the walk makes no progress: {detail}")]
    Loop {
        /// The objects of the collection.
        url: String,
        /// What the server does.
        detail: String,
    },
    /// No root of the server has this collection for this account.
    #[error("{url}: there is no collection {collection:?} for this account")]
    NoCollection {
        /// What was asked.
        url: String,
        /// Id or alias that was looked for.
        collection: String,
    },
    /// The account has not the right.
    #[error("{url}: this account may not {right} the collection")]
    NoRight {
        /// The collection.
        url: String,
        /// `read` or `write`.
        right: &'static str,
    },
    /// Arguments that cannot be followed.
    #[error("{detail}")]
    Options {
        /// What is wrong with them.
        detail: String,
    },
    /// A file that was to be pushed cannot be understood.
    #[error("{}: {detail}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The state file belongs to something else, or does not fit its file.
    #[error("{}: {detail}", path.display())]
    State {
        /// The state file, or the file beside it.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The server has not dealt with all objects yet.
    #[error("{url}: {pending} objects are still pending after {waited_seconds} seconds")]
    Pending {
        /// The status resource.
        url: String,
        /// Objects not dealt with.
        pending: u64,
        /// How long it was asked.
        waited_seconds: u64,
    },
}

impl ClientError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "internal-taxii-unreachable",
            Self::Refused { status: 429 | 500.., .. } => "internal-taxii-peer-busy",
            Self::Refused { .. } => "usage-taxii-refused",
            Self::Answer { .. } => "evidence-taxii-answer",
            Self::Loop { .. } => "evidence-taxii-loop",
            Self::NoCollection { .. } => "usage-taxii-no-collection",
            Self::NoRight { .. } => "usage-taxii-no-right",
            Self::Options { .. } => "usage-taxii-options",
            Self::Input { .. } => "usage-taxii-input",
            Self::State { .. } => "usage-taxii-state",
            Self::Io { .. } => "internal-taxii-file",
            Self::Pending { .. } => "internal-taxii-pending",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "check address and network; the same command goes on where it stopped",
            Self::Refused { status: 429 | 500.., .. } => "try later; the same command goes on where it stopped",
            Self::Refused { status: 401 | 403, .. } => "check the account, and its rights in the collection",
            Self::Refused { status: 404, .. } => "check the address; a TAXII 2.1 server answers at /taxii2/",
            Self::Refused { .. } => "ask the operator of the server what it expects",
            Self::Answer { .. } => "is this the address of a TAXII 2.1 server? What was received before is kept",
            Self::Loop { .. } => "tell the operator of the server; a larger --limit may help",
            Self::NoCollection { .. } => "compare with the collections that the server lists for this account",
            Self::NoRight { .. } => "ask the operator of the server for this right",
            Self::Options { .. } => "see --help",
            Self::Input { .. } => "give a bundle, an envelope, one object, or one object in each line",
            Self::State { .. } => "give another file; or remove the file and its state file to begin anew",
            Self::Io { .. } => "check path, rights and free space",
            Self::Pending { .. } => "the same command asks again, and goes on where it stopped",
        }
    }

    /// The exit code of a command that ends so (docs/errors.md).
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Unreachable { .. } | Self::Refused { status: 429 | 500.., .. } | Self::Pending { .. } => 75,
            Self::Answer { .. } | Self::Loop { .. } => 1,
            Self::Input { .. } => 3,
            Self::Io { .. } => 70,
            _ => 2,
        }
    }
}
