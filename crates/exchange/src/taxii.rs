//! The TAXII 2.1 server at the exchange's address, and the evidence about what it takes and gives.
//!
//! ```text
//! POST → TAXII database, status and event in one transaction → 202        nothing waits for evidence
//! event → sign → evidence.db → sequencer → event taken out                a crash after any of these goes on with the next
//! ```
//!
//! What is posted to a `feed` becomes an `EnvelopeAcceptance`; what is posted to `warnings` goes to the [`WarningsHost`],
//! and what is read there becomes a `ContentHandover` (docs/protocol.md §4.2, §4.3). A full sequencer slows this down and
//! loses nothing. *Left to the TAXII server*: accounts, rights, limits of its own; see [`monition_taxii`].

mod evidence;
mod host;
mod keep;

pub use evidence::{Task, account_session, objects_root};
pub use host::{Boxed, Later, PostedWarnings, ServedWarnings, Taken, WarningObject, WarningsHost};

use crate::problem::{self, Refusal};
use crate::state::{Exchange, failure};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use keep::Keep;
use monition_evidence::Digest;
use monition_front::{ClientCertificate, Peer};
use monition_intel::taxii::Identifier;
use monition_taxii::{CollectionConfig, Config, ConfigError, Kind, OpenError, Server};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Path of the look-up.
pub const ENVELOPE: &str = "/v1/envelope";

/// First parts of paths that the exchange has for itself.
pub const RESERVED: [&str; 6] = ["v1", "log", "directory", "healthz", "metrics", "openapi.json"];

/// Events in one reading of the outbox when a status is asked for that has no statement yet.
const LOOK_MAX: u32 = 1000;

/// Request of `POST /v1/envelope`. To know the identifier of a status, 122 random bits that only the account is told, is
/// to be entitled to its acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeRequest {
    /// `id` of the status that the POST was answered with (TAXII 2.1 §4.3).
    pub status: String,
}

/// Answer of `POST /v1/envelope`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeAnswer {
    /// The `EnvelopeAcceptance`, its exact bytes; `POST /v1/proof` has its place in the log.
    pub statement: String,
    /// SHA-256 of the bytes of each object that was taken, in the order of `date_added`.
    pub objects: Vec<Digest>,
}

/// Why the TAXII server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaxiiError {
    /// Its data directory is not usable.
    #[error("the TAXII server: {0}")]
    Open(#[from] OpenError),
    /// The file of signed evidence is not usable.
    #[error("{}: {detail}", path.display())]
    Keep {
        /// The folder.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// Nobody makes warnings of what is posted.
    #[error(
        "the collection {title:?} ({id}) is of kind \"warnings\", and this exchange has nobody who makes warnings of objects"
    )]
    NoHost {
        /// Its name.
        title: String,
        /// Its id.
        id: String,
    },
}

impl TaxiiError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Open(OpenError::InUse { .. }) => "end the other process; an import needs the exchange to be stopped",
            Self::Open(OpenError::Format { .. }) => "start the version that wrote it, or a later one",
            Self::Open(OpenError::Config(_)) => {
                "mend the section [taxii] of the configuration; docs/taxii.md shows one"
            }
            Self::Open(_) | Self::Keep { .. } => "look at the permissions of the folder and at the free space",
            Self::NoHost { .. } => {
                "give the collection the kind \"feed\": its objects are accepted with evidence, without deadline and alarm"
            }
        }
    }
}

/// Checks the section of the configuration, and that no API root lies where the exchange itself answers.
pub(crate) fn check(config: &Config) -> Result<(), ConfigError> {
    config.check()?;
    let first = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    match config.api_roots.iter().find(|root| RESERVED.contains(&first(&root.path).as_str())) {
        Some(root) => Err(ConfigError {
            key: format!("api_roots.path {:?}", root.path),
            rule: format!("begins with {:?}, where the exchange itself answers", first(&root.path)),
        }),
        None => Ok(()),
    }
}

/// The TAXII server of an exchange.
pub(crate) struct Taxii {
    server: Server,
    keep: Keep,
    collections: HashMap<[u8; 16], CollectionConfig>,
    host: Option<Arc<dyn WarningsHost>>,
    /// For bodies on their way, in seconds.
    body_seconds: u32,
    /// Something was posted or read.
    feeds: Notify,
    warnings: Notify,
}

impl Taxii {
    /// Opens the data directory. It blocks for as long as SQLite takes.
    pub(crate) fn open(config: Config, dir: &Path, host: Option<Arc<dyn WarningsHost>>) -> Result<Self, TaxiiError> {
        check(&config).map_err(OpenError::Config)?;
        let all = || config.api_roots.iter().flat_map(|root| &root.collections);
        if let (Some(warnings), None) = (all().find(|collection| collection.kind == Kind::Warnings), &host) {
            return Err(TaxiiError::NoHost { title: warnings.title.clone(), id: warnings.id.clone() });
        }
        let id = |collection: &CollectionConfig| Identifier::parse(&collection.id).map(|id| *id.as_bytes());
        let collections: HashMap<_, _> =
            all().filter_map(|collection| Some((id(collection)?, collection.clone()))).collect();
        let body_seconds = config.limits.body_seconds;
        std::fs::create_dir_all(dir).map_err(|e| OpenError::Io { path: dir.to_owned(), detail: e.to_string() })?;
        // The server first: its lock says whether another process has the folder.
        let server = Server::open(config, dir)?;
        let wrong = |detail| TaxiiError::Keep { path: dir.to_owned(), detail };
        let keep = Keep::open(dir).map_err(wrong)?;
        let kinds: Vec<_> = collections.iter().map(|(id, collection)| (*id, collection.kind)).collect();
        keep.keep_kinds(&kinds).map_err(wrong)?;
        let (feeds, warnings) = (Notify::new(), Notify::new());
        Ok(Self { server, keep, collections, host, body_seconds, feeds, warnings })
    }

    /// Its counters, in the text format of Prometheus.
    pub(crate) fn render(&self) -> String {
        let mut page = String::new();
        for (name, value) in self.server.counts().named() {
            // Writing to a String does not fail.
            let _ = writeln!(page, "# TYPE monition_taxii_{name}_total counter\nmonition_taxii_{name}_total {value}");
        }
        page
    }

    async fn kind(&self, collection: [u8; 16]) -> Result<Kind, String> {
        match self.collections.get(&collection) {
            Some(collection) => Ok(collection.kind),
            None => self.keep.kind(collection).await,
        }
    }
}

/// The routes of the TAXII server with what a listener has to say about a request; none without a TAXII server.
pub(crate) fn router(exchange: &Arc<Exchange>) -> Option<Router> {
    let taxii = exchange.taxii.as_ref()?;
    Some(monition_taxii::router(&taxii.server).layer(from_fn_with_state(exchange.clone(), around)))
}

/// As for the exchange's own routes, but a body may take as long as the TAXII server allows, and its errors are TAXII's.
async fn around(State(exchange): State<Arc<Exchange>>, mut request: Request, next: Next) -> Response {
    exchange.metrics.requests.increment();
    let peer = request.extensions().get::<Peer>().copied();
    let certificate = request.extensions().get::<ClientCertificate>().map(|certificate| certificate.sha256);
    if let Some(peer) = peer {
        request.extensions_mut().insert(monition_taxii::ClientAddress(peer.0));
    }
    if let Some(sha256) = certificate {
        request.extensions_mut().insert(monition_taxii::ClientCertificate(sha256));
    }
    let posted = request.method() == Method::POST;
    let (Some(taxii), limit) = (&exchange.taxii, Duration::from_millis(exchange.config.limits.request_timeout_ms))
    else {
        return next.run(request).await;
    };
    let body = if posted { Duration::from_secs(u64::from(taxii.body_seconds)) } else { Duration::ZERO };
    let response = match tokio::time::timeout(limit + body, next.run(request)).await {
        Ok(response) => response,
        Err(_) => too_slow(),
    };
    if response.status().is_success() {
        if posted {
            taxii.feeds.notify_one();
        }
        taxii.warnings.notify_one();
    } else {
        exchange.metrics.refused.increment();
    }
    response
}

fn too_slow() -> Response {
    let refusal = monition_taxii::error::Refusal::new(
        monition_taxii::error::OVERLOADED,
        "the request took longer than the limit of the exchange",
    );
    let body = serde_json::to_vec(&refusal.message(None)).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/taxii+json;version=2.1".to_owned()),
        (header::RETRY_AFTER, "1".to_owned()),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response()
}

impl Exchange {
    /// The acceptance of an envelope, by the status of its POST.
    pub(crate) async fn envelope(&self, status: &str) -> Result<EnvelopeAnswer, Refusal> {
        let unknown = || Refusal::new(problem::UNKNOWN_STATUS, "no envelope was accepted under this status");
        let (Some(taxii), Some(id)) = (&self.taxii, Identifier::parse(status)) else {
            return Err(unknown());
        };
        let row = taxii.keep.envelope(*id.as_bytes()).await.map_err(|e| failure(&e))?;
        if let Some(row) = row.filter(|row| row.logged) {
            let statement = String::from_utf8(row.statement).map_err(|e| failure(&e))?;
            return Ok(EnvelopeAnswer { statement, objects: row.objects });
        }
        let waiting = taxii.server.outbox().next(LOOK_MAX).await.map_err(|e| failure(&e))?;
        if waiting.iter().any(|event| event.status == Some(id)) {
            return Err(Refusal::new(problem::NOT_YET_WITNESSED, "the acceptance of this envelope is not logged yet"));
        }
        Err(unknown())
    }
}
