//! Requests with retries. A request is repeated after a broken connection, 429 and 5xx, with doubling pauses and as
//! `Retry-After` says: reading changes nothing, and an object that is posted twice is no error (§5.5).

use super::ClientError;
use bytes::Bytes;
use monition_intel::json;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Url};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// Media type of every request and answer (§1.6.8).
const TAXII: HeaderValue = HeaderValue::from_static("application/taxii+json;version=2.1");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest silence within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest part of an error's text that is repeated to the reader.
const DETAIL_CHARS_MAX: usize = 400;

/// How the client shows who it is.
#[derive(Clone, Default)]
pub struct Access {
    /// HTTP Basic: name and password.
    pub basic: Option<(String, String)>,
    /// Bearer token.
    pub bearer: Option<String>,
    /// Certificate chain and private key in PEM, one after the other, for mutual TLS.
    pub identity_pem: Option<Vec<u8>>,
}

/// How long a request is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Most tries of one request.
    pub tries: u32,
    /// Pause after the first try; it doubles with each.
    pub pause: Duration,
    /// Longest pause, also where the server asks for more.
    pub pause_max: Duration,
}

impl Default for Patience {
    /// Eight tries, at least half a minute in all.
    fn default() -> Self {
        Self { tries: 8, pause: Duration::from_millis(250), pause_max: Duration::from_secs(120) }
    }
}

/// An HTTP client for one server.
pub struct Http {
    client: reqwest::Client,
    base: Url,
    authorization: Option<HeaderValue>,
    patience: Patience,
    answer_bytes_max: usize,
}

/// An answer with status 2xx.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

enum Attempt {
    Done(Answer),
    Again(ClientError, Option<Duration>),
    Never(ClientError),
}

impl Http {
    /// A client for the server at `url`: its discovery, one of its API roots, or its bare address.
    ///
    /// `ca_file`: authorities in PEM that are trusted besides the machine's own. Certificates are always checked. Without
    /// TLS only a loopback address is taken, since credentials and content would be readable on the way.
    ///
    /// # Errors
    /// [`ClientError::Options`] if the URL, the credentials or the certificates cannot be used; [`ClientError::Io`] if
    /// `ca_file` cannot be read.
    pub fn new(url: &str, access: &Access, ca_file: Option<&Path>, patience: Patience) -> Result<Self, ClientError> {
        let options = |detail: String| ClientError::Options { detail };
        let mut base = Url::parse(url).map_err(|error| options(format!("{url:?} is not an address: {error}")))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(options("an address with a name or password in it is not used".to_owned()));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(options(format!("{url}: an address without query and fragment is needed")));
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            _ => return Err(options(format!("{url}: only https is used, and http to this machine itself"))),
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // A second installation by another part of the process is refused by rustls and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("monition/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = ca_file {
            builder = builder.tls_certs_merge(authorities(path)?);
        }
        if let Some(pem) = &access.identity_pem {
            let identity = reqwest::Identity::from_pem(pem)
                .map_err(|error| options(format!("certificate and key: {}", causes(&error))))?;
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|error| options(format!("TLS: {}", causes(&error))))?;
        Ok(Self { client, base, authorization: authorization(access)?, patience, answer_bytes_max: ANSWER_BYTES_MAX })
    }

    /// Refuses longer answers. Default 128 MiB.
    #[must_use]
    pub fn with_answer_bytes_max(mut self, bytes: usize) -> Self {
        self.answer_bytes_max = bytes;
        self
    }

    /// The address that was given, with a slash at the end.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    pub(super) async fn get(&self, url: &Url) -> Result<Answer, ClientError> {
        self.request(Method::GET, url, None).await
    }

    pub(super) async fn post(&self, url: &Url, body: Bytes) -> Result<Answer, ClientError> {
        self.request(Method::POST, url, Some(body)).await
    }

    /// GET of one TAXII resource.
    pub(super) async fn resource(&self, url: &Url) -> Result<serde_json::Value, ClientError> {
        let answer = self.get(url).await?;
        resource(url, &answer.body)
    }

    async fn request(&self, method: Method, url: &Url, body: Option<Bytes>) -> Result<Answer, ClientError> {
        if url.origin() != self.base.origin() {
            let detail = format!("it is another server than {}, and gets no credentials", self.base);
            return Err(ClientError::Answer { url: url.to_string(), detail });
        }
        let mut pause = self.patience.pause;
        let mut tried = 1;
        loop {
            match self.attempt(method.clone(), url, body.clone()).await {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Never(error) => return Err(error),
                Attempt::Again(error, _) if tried >= self.patience.tries => return Err(error),
                Attempt::Again(error, asked) => {
                    tracing::debug!(%error, tried, "trying again");
                    tokio::time::sleep(asked.unwrap_or(pause).min(self.patience.pause_max)).await;
                    pause = (pause * 2).min(self.patience.pause_max);
                }
            }
            tried += 1;
        }
    }

    async fn attempt(&self, method: Method, url: &Url, body: Option<Bytes>) -> Attempt {
        let mut request = self.client.request(method, url.clone()).header(ACCEPT, TAXII);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, TAXII).body(body);
        }
        let unreachable =
            |error: &reqwest::Error| ClientError::Unreachable { url: url.to_string(), detail: causes(error) };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_builder() => return Attempt::Never(unreachable(&error)),
            Err(error) => return Attempt::Again(unreachable(&error), None),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let mut whole = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if whole.len() + chunk.len() > self.answer_bytes_max => {
                    let detail = format!("the answer is longer than {} bytes", self.answer_bytes_max);
                    return Attempt::Never(ClientError::Answer { url: url.to_string(), detail });
                }
                Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Attempt::Again(unreachable(&error), None),
            }
        }
        if status.is_success() {
            return Attempt::Done(Answer { headers, body: whole.into() });
        }
        let status = status.as_u16();
        let error = ClientError::Refused { url: url.to_string(), status, detail: told(&headers, &whole) };
        match status {
            429 | 500 | 502 | 503 | 504 => Attempt::Again(error, retry_after(&headers)),
            _ => Attempt::Never(error),
        }
    }
}

/// Longest answer, unless the caller says otherwise: a page of the largest bundle that is read here at all.
const ANSWER_BYTES_MAX: usize = 128 << 20;

/// The resource as a value; strict I-JSON first, so that a name that stands twice is not read by chance.
pub(super) fn resource(url: &Url, body: &[u8]) -> Result<serde_json::Value, ClientError> {
    let wrong = |detail: String| ClientError::Answer { url: url.to_string(), detail };
    json::read(body, &json::Limits::default()).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn authorization(access: &Access) -> Result<Option<HeaderValue>, ClientError> {
    use base64::Engine as _;
    let text = match (&access.basic, &access.bearer) {
        (Some(_), Some(_)) => {
            return Err(ClientError::Options { detail: "both a password and a token were given".to_owned() });
        }
        (Some((user, _)), None) if user.contains(':') => {
            return Err(ClientError::Options { detail: "a name with a colon cannot be sent (RFC 7617)".to_owned() });
        }
        (Some((user, password)), None) => {
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
        }
        (None, Some(token)) => format!("Bearer {token}"),
        (None, None) => return Ok(None),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| ClientError::Options { detail: "the token has characters that no header carries".to_owned() })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, ClientError> {
    let pem = std::fs::read(path).map_err(|source| ClientError::Io { doing: "read", path: path.to_owned(), source })?;
    let options = |detail: String| ClientError::Options { detail: format!("{}: {detail}", path.display()) };
    let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| options(causes(&error)))?;
    if roots.is_empty() { Err(options("it holds no certificate".to_owned())) } else { Ok(roots) }
}

/// `Retry-After` in seconds. As a date it needs a clock that agrees with the server's; the usual pause is taken then.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs)
}

/// What a refusal says of itself: title and description of the error resource, or where a redirect points.
fn told(headers: &HeaderMap, body: &[u8]) -> String {
    if let Some(to) = headers.get("location").and_then(|value| value.to_str().ok()) {
        return format!("it points to {}, and redirects are not followed", shown(to));
    }
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let parts: Vec<&str> = ["title", "description"].iter().filter_map(|key| value.get(key)?.as_str()).collect();
    if parts.is_empty() { "without an error resource".to_owned() } else { shown(&parts.join(": ")) }
}

/// A stranger's text for a terminal: no control characters, not too long.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_CHARS_MAX).collect()
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
