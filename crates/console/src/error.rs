//! What can go wrong in the console, each with a stable code (docs/errors.md).

use monition_desk::DeskError;
use std::path::PathBuf;

/// Why the console did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// `console.db` could not be read or written.
    #[error("cannot {doing} in console.db: {source}")]
    Store {
        /// What was tried.
        doing: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// `console.db` is of a newer version.
    #[error("{}: version {found}, this program knows {known}", path.display())]
    NewerStore {
        /// The file.
        path: PathBuf,
        /// Version found.
        found: i64,
        /// Newest version known.
        known: i64,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// `console.toml` cannot be used.
    #[error("{}: {detail}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The address is open to a network, and there is no TLS.
    #[error(
        "{address} is not a loopback address: without TLS passwords and warnings would cross the network in the clear"
    )]
    NotLoopback {
        /// The address.
        address: std::net::SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A user with that name exists.
    #[error("the user {name:?} exists already")]
    UserExists {
        /// The name.
        name: String,
    },
    /// There is no such user.
    #[error("there is no user {name:?}")]
    NoUser {
        /// The name.
        name: String,
    },
    /// A name or password that cannot be taken.
    #[error("{rule}")]
    User {
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// The journal does not chain.
    #[error("entry {seq} of the journal does not fit the one before it: console.db was changed by another program")]
    Journal {
        /// The entry.
        seq: u64,
    },
}

impl ConsoleError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Desk(error) => error.code(),
            Self::Store { .. } => "internal-console-store",
            Self::NewerStore { .. } => "usage-newer-format",
            Self::Io { .. } => "internal-file",
            Self::Config { .. } => "usage-console-config",
            Self::NotLoopback { .. } => "usage-console-not-loopback",
            Self::Listen { .. } => "usage-console-listen",
            Self::UserExists { .. } => "usage-user-exists",
            Self::NoUser { .. } => "usage-no-user",
            Self::User { .. } => "usage-user",
            Self::Randomness => "internal-randomness",
            Self::Journal { .. } => "evidence-journal",
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Desk(error) => error.hint(),
            Self::Store { .. } => "check the free space and that no other program holds console.db",
            Self::NewerStore { .. } => "use a version of monition that knows this file",
            Self::Io { .. } => "check the path, its permissions and the free space",
            Self::Config { .. } => "docs/console.md shows every key",
            Self::NotLoopback { .. } => {
                "listen on 127.0.0.1 or [::1] and reach it through a TLS proxy or an SSH tunnel; this build has no TLS listener"
            }
            Self::Listen { .. } => "choose another port, or end the program that has this one",
            Self::UserExists { .. } => "choose another name, or `monition desk user password NAME`",
            Self::NoUser { .. } => "`monition desk user list` shows the names",
            Self::User { .. } => "a name has letters, digits, dots and hyphens; a password at least 12 characters",
            Self::Randomness => "look at the operating system",
            Self::Journal { .. } => "compare with the last exported journal",
        }
    }

    /// Exit code of a command that ends with it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Desk(error) => error.exit_code(),
            other => match other.code().split_once('-').map(|(class, _)| class) {
                Some("evidence") => 1,
                Some("usage") => 2,
                _ => 70,
            },
        }
    }
}
