//! The HTTP client: one place for retries, limits and problem documents.
//!
//! A request is sent again after a time-out, a broken connection, 429 and 503, with doubling pauses and as
//! `Retry-After` says: every request of the protocol is idempotent. Answers are read up to a limit that the caller
//! names. *Left to the caller*: everything that an answer says.

use crate::error::DeskError;
use bytes::Bytes;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::wire::{JSON_TYPE, Problem};
use monition_evidence::{PartyName, SecretKey, UnixSeconds};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;

/// Longest JSON answer: a case with hundreds of statements, a poll with 256 consignments.
pub const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest wait that a server can ask for between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than the longest poll, and enough for 32 MiB on a slow line.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// How often a request is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Once: the caller comes again by itself.
    Once,
    /// Up to five times, some three seconds in all if the server does not ask for more.
    Some,
}

impl Patience {
    const fn tries(self) -> u32 {
        match self {
            Self::Once => 1,
            Self::Some => 5,
        }
    }
}

/// An HTTP client for exchange and custodians.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
}

/// Who signs a request, for whom, and when.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The key: of use `mailbox` for reads.
    pub key: &'a SecretKey,
    /// The party that is asked.
    pub audience: &'a PartyName,
    /// The clock.
    pub now: UnixSeconds,
}

enum Attempt {
    Done(Bytes),
    Again(DeskError, Option<Duration>),
    Never(DeskError),
}

impl Http {
    /// Makes a client. Answers of redirects are refused: a server moves by its directory entry, not by a header.
    ///
    /// `ca_file`: authorities (PEM) that are trusted besides the machine's own.
    ///
    /// # Errors
    /// [`DeskError::Unreachable`] if the machine has no TLS roots; [`DeskError::Io`] and [`DeskError::Config`] if
    /// `ca_file` cannot be read or holds no certificate.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, DeskError> {
        // A second installation by another part of the process is refused by rustls and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = ca_file.map(authorities).transpose()?.unwrap_or_default();
        let client = reqwest::Client::builder()
            .tls_certs_merge(roots)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("monition/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| DeskError::Unreachable { url: "TLS roots".to_owned(), detail: error.to_string() })?;
        Ok(Self { client })
    }

    /// GET.
    ///
    /// # Errors
    /// [`DeskError::Unreachable`], [`DeskError::Refused`].
    pub async fn get(&self, url: &str, patience: Patience) -> Result<Bytes, DeskError> {
        self.request(url, patience, || self.client.get(url)).await
    }

    /// POST of a body with its content type.
    ///
    /// # Errors
    /// [`DeskError::Unreachable`], [`DeskError::Refused`].
    pub async fn post(
        &self,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
        patience: Patience,
    ) -> Result<Bytes, DeskError> {
        let body = Bytes::from(body);
        let build = || self.client.post(url).header("content-type", content_type).body(body.clone());
        self.request(url, patience, build).await
    }

    /// POST of JSON, signed or not.
    ///
    /// # Errors
    /// [`DeskError::Unreachable`], [`DeskError::Refused`].
    pub async fn post_json<T: Serialize>(
        &self,
        url: &str,
        request: &T,
        signing: Option<Signing<'_>>,
        patience: Patience,
    ) -> Result<Bytes, DeskError> {
        let wrong = |detail: String| DeskError::Answer { url: url.to_owned(), detail };
        let body = serde_json::to_vec(request).map_err(|error| wrong(error.to_string()))?;
        self.post_signed(url, JSON_TYPE, body, signing, patience).await
    }

    /// POST with a request signature (RFC 9421).
    ///
    /// # Errors
    /// [`DeskError::Unreachable`], [`DeskError::Refused`].
    pub async fn post_signed(
        &self,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
        signing: Option<Signing<'_>>,
        patience: Patience,
    ) -> Result<Bytes, DeskError> {
        let path = reqwest::Url::parse(url)
            .map_err(|error| DeskError::Answer { url: url.to_owned(), detail: format!("not an address: {error}") })?
            .path()
            .to_owned();
        let headers = signing
            .map(|s| RequestSignature::sign("POST", &path, &body, s.audience, s.now, s.key).headers().to_vec())
            .unwrap_or_default();
        let body = Bytes::from(body);
        let build = || {
            let request = self.client.post(url).header("content-type", content_type).body(body.clone());
            headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
        };
        self.request(url, patience, build).await
    }

    async fn request(
        &self,
        url: &str,
        patience: Patience,
        build: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Bytes, DeskError> {
        let mut pause = Duration::from_millis(100);
        for tried in 1.. {
            match self.attempt(url, build()).await {
                Attempt::Done(bytes) => return Ok(bytes),
                Attempt::Never(error) => return Err(error),
                Attempt::Again(error, _) if tried >= patience.tries() => return Err(error),
                Attempt::Again(error, asked) => {
                    tracing::debug!(url, %error, tried, "trying again");
                    tokio::time::sleep(asked.unwrap_or(pause).min(PAUSE_MAX)).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
        Err(DeskError::Unreachable { url: url.to_owned(), detail: "it was never tried".to_owned() })
    }

    async fn attempt(&self, url: &str, request: reqwest::RequestBuilder) -> Attempt {
        let unreachable =
            |error: &reqwest::Error| DeskError::Unreachable { url: url.to_owned(), detail: causes(error) };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_builder() => return Attempt::Never(unreachable(&error)),
            Err(error) => return Attempt::Again(unreachable(&error), None),
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_BYTES_MAX + 1024 * 1024 => {
                    let detail = format!("longer than {ANSWER_BYTES_MAX} bytes");
                    return Attempt::Never(DeskError::Answer { url: url.to_owned(), detail });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Attempt::Again(unreachable(&error), None),
            }
        }
        if status == 200 {
            return Attempt::Done(Bytes::from(body));
        }
        let error = DeskError::Refused { url: url.to_owned(), problem: Box::new(problem(status, &body)) };
        if matches!(status, 429 | 503) {
            return Attempt::Again(error, retry_after.map(Duration::from_secs));
        }
        Attempt::Never(error)
    }
}

fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, DeskError> {
    let io = |source| DeskError::Io { doing: "read", path: path.to_owned(), source };
    let wrong = |detail: String| DeskError::Config { path: path.to_owned(), detail };
    let pem = std::fs::read(path).map_err(io)?;
    let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(causes(&error)))?;
    if roots.is_empty() { Err(wrong("ca_file holds no certificate".to_owned())) } else { Ok(roots) }
}

fn problem(status: u16, body: &[u8]) -> Problem {
    Problem::parse(body).unwrap_or_else(|_| {
        let code = if status < 500 { "usage-http" } else { "internal-http" };
        let hint = "is this the address of a Monition server?";
        Problem::new(status, code, "HTTP", format!("HTTP status {status} without a problem document"), hint)
    })
}

/// The whole chain of causes: reqwest's own text stops at "error sending request".
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Reads a JSON answer.
///
/// # Errors
/// [`DeskError::Answer`].
pub fn from_json<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, DeskError> {
    serde_json::from_slice(bytes).map_err(|error| DeskError::Answer { url: url.to_owned(), detail: error.to_string() })
}
