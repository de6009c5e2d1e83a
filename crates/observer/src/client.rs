//! What an observer asks of its exchange: checkpoints, entry bundles, and to log statements.
//!
//! Everything that comes back is bounded in size and time and is *unverified*, save the checkpoints, whose log
//! signature is checked here. *Left to the caller*: whether one checkpoint extends another.

use monition_evidence::wire::{STATEMENT_TYPE, exchange_paths};
use monition_tlog::{
    FormatError, MAX_BUNDLE_BYTES, MAX_NOTE_BYTES, SignedCheckpoint, TileCoord, VerifiedCheckpoint, VerifierKey,
    VerifyError,
};
use std::time::Duration;

/// Time for a connection, and for a whole answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest answer to a posted statement that is read: a problem document.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// One of the two logs of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhichLog {
    /// Of commitments.
    Log,
    /// Of identities.
    Directory,
}

/// Why the exchange gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("the exchange could not be reached")]
    Http(#[from] reqwest::Error),
    #[error("the exchange answered {status} to {path}")]
    Status { status: u16, path: String },
    #[error("the answer to {path} is longer than {limit} bytes")]
    TooLong { path: String, limit: usize },
    #[error("the checkpoint is malformed")]
    Format(#[from] FormatError),
    #[error("the checkpoint is not signed by the log")]
    Verify(#[from] VerifyError),
}

/// What the exchange said to a statement.
#[derive(Debug)]
pub(crate) enum Posted {
    /// Accepted for logging.
    Accepted,
    /// Refused; trying again does not help.
    Refused { status: u16, text: String },
    /// Not now.
    Later { status: u16 },
}

/// A connection pool to one exchange.
#[derive(Debug)]
pub(crate) struct ExchangeClient {
    http: reqwest::Client,
    base: String,
    log_key: VerifierKey,
    directory_key: VerifierKey,
}

impl ExchangeClient {
    pub(crate) fn new(
        base: &str,
        roots: &[reqwest::Certificate],
        log_key: VerifierKey,
        directory_key: VerifierKey,
    ) -> Result<Self, ClientError> {
        // No redirects: the address stands in the configuration, and nobody else chooses another.
        let http = reqwest::Client::builder()
            .tls_certs_merge(roots.to_vec())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), log_key, directory_key })
    }

    /// The newest published checkpoint, with the log's signature verified.
    pub(crate) async fn checkpoint(&self, which: WhichLog) -> Result<VerifiedCheckpoint, ClientError> {
        let (prefix, key) = match which {
            WhichLog::Log => (exchange_paths::LOG, &self.log_key),
            WhichLog::Directory => (exchange_paths::DIRECTORY_LOG, &self.directory_key),
        };
        let bytes = self.read(&format!("{prefix}/checkpoint"), MAX_NOTE_BYTES).await?;
        Ok(SignedCheckpoint::parse(&bytes)?.verify_log(key)?)
    }

    /// A bundle of the directory. A partial one may have been replaced by the full one meanwhile.
    pub(crate) async fn bundle(&self, coord: TileCoord) -> Result<Vec<u8>, ClientError> {
        let prefix = exchange_paths::DIRECTORY_LOG;
        match self.read(&format!("{prefix}/{coord}"), MAX_BUNDLE_BYTES).await {
            Err(ClientError::Status { status: 404, .. }) if !coord.is_full() => {
                self.read(&format!("{prefix}/{}", coord.full()), MAX_BUNDLE_BYTES).await
            }
            other => other,
        }
    }

    async fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, ClientError> {
        let response = self.http.get(format!("{}{path}", self.base)).send().await?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(ClientError::Status { status, path: path.to_owned() });
        }
        bounded(response, path, limit).await
    }

    /// Asks the exchange to log a statement.
    pub(crate) async fn post(&self, statement: Vec<u8>) -> Result<Posted, ClientError> {
        let path = exchange_paths::STATEMENTS;
        let request = self.http.post(format!("{}{path}", self.base));
        let response = request.header(reqwest::header::CONTENT_TYPE, STATEMENT_TYPE).body(statement).send().await?;
        let status = response.status().as_u16();
        match status {
            200 => Ok(Posted::Accepted),
            // 401, 403 and 404 too: the exchange's copy of the directory may lag behind an enrolment.
            400 | 405 | 413 | 415 | 422 => {
                let text = bounded(response, path, ANSWER_BYTES_MAX).await?;
                Ok(Posted::Refused { status, text: String::from_utf8_lossy(&text).into_owned() })
            }
            _ => Ok(Posted::Later { status }),
        }
    }
}

/// A length in a header is not believed: bytes are counted as they come.
async fn bounded(mut response: reqwest::Response, path: &str, limit: usize) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > limit {
            return Err(ClientError::TooLong { path: path.to_owned(), limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
