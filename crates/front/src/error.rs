//! Why a listener does not begin.

use crate::config::WrongValue;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a listener does not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrontError {
    /// A value of the configuration makes no sense.
    #[error(transparent)]
    Value(#[from] WrongValue),
    /// Plain HTTP on an address that other machines can reach.
    #[error("{address} can be reached from other machines, and there is no TLS")]
    PlainHttp {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Why a file for TLS cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It does not hold what it should.
    #[error("{} holds no {what}: {detail}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is looked for.
        what: &'static str,
        /// What was found.
        detail: String,
    },
    /// Certificate and key do not belong together, or cannot be used.
    #[error("{} and {} cannot be used together: {detail}", certificate.display(), key.display())]
    Pair {
        /// The certificate chain's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls said.
        detail: String,
    },
}

impl FrontError {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Value(_) => "mend the configuration file; docs/operate.md lists every key",
            Self::PlainHttp { .. } => {
                "name certificate and key under [tls], or listen on 127.0.0.1 behind a proxy, or say plain_http = true if \
                 this network is yours alone"
            }
            Self::Listen { .. } => "choose a free address, or end the program that has it",
            Self::Tls(_) => {
                "name PEM files that this user may read: the chain with the server's certificate first, and its key \
                 without a passphrase (docs/operate.md)"
            }
        }
    }

    /// Whether the operator can mend it in the configuration.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        !matches!(self, Self::Listen { .. })
    }
}
