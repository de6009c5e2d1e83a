//! The exchange: takes submissions, sequences both logs, feeds the mailboxes of custodians, serves the files of the logs.
//!
//! | module | what it does |
//! |---|---|
//! | [`tree`] | decides what a batch of work makes of a log; pure |
//! | [`sequencer`] | does the steps: journal, head, release; recovery takes the same ones |
//! | [`publish`] | signs, asks witnesses, writes tiles and checkpoints |
//! | [`accept`], [`limits`] | checks what comes in, and answers |
//! | [`deliver`] | the outbox to the custodians |
//! | [`taxii`] | the TAXII server at the same address, and the evidence about what it takes and gives |
//! | [`http`], [`problem`], [`metrics`] | the interface, behind `monition-front` |
//!
//! The exchange is trusted for availability alone. **Keys**: whoever has a log's seed can sign a fork, which witnesses
//! refuse; whoever has the exchange key can accept in its name, and can forge neither a warning nor a receipt.

pub mod accept;
pub mod clock;
pub mod config;
pub mod deliver;
pub mod http;
pub mod limits;
pub mod metrics;
pub mod problem;
pub mod proofs;
pub mod publish;
pub mod sequencer;
pub mod state;
pub mod taxii;
pub mod tree;

pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigError, Limits, WitnessConfig};
pub use sequencer::{Fatal, abort_process};
pub use state::Exchange;

use crate::limits::Buckets;
use crate::metrics::Metrics;
use crate::proofs::TileCache;
use crate::publish::{PublishError, Publisher};
use crate::sequencer::{Lane, RecoveryError, Sequencer, Unsequenced, Work};
use crate::state::Limiters;
use monition_evidence::keys::{Algorithm, EnrolledKey};
use monition_evidence::statement::{DirectoryRules, Enrolment, KeyRotation};
use monition_evidence::wire::{ExchangeAbout, LogInfo, WitnessInfo};
use monition_evidence::{Digest, Eid, KeyUse, SecretKey, Statement};
use monition_front::{FrontError, Listener};
use monition_store::sqlite::{DirectoryError, SqliteStore};
use monition_store::{Backend, LogId, StoreError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// The secrets of an exchange: three keys for three functions, none equal to another.
pub struct ExchangeKeys {
    /// Seed of the key that signs the log's checkpoints.
    pub log: Zeroizing<[u8; 32]>,
    /// Seed of the key that signs the directory's checkpoints.
    pub directory: Zeroizing<[u8; 32]>,
    /// Seed of the key of use `exchange` that stands in the directory's first entry.
    pub exchange: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for ExchangeKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExchangeKeys(…)")
    }
}

/// Why an exchange is not created or does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory is not usable.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The logs cannot be restored.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The publisher cannot begin.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The first directory entry was not written.
    #[error("the directory's first entry was not written: {error}")]
    FirstEntry {
        /// Why.
        #[source]
        error: Unsequenced,
    },
    /// The first directory entry cannot be signed.
    #[error("the directory's first entry cannot be made: {detail}")]
    Enrolment {
        /// Why.
        detail: String,
    },
    /// The exchange's own keys cannot be replaced.
    #[error("the exchange's keys cannot be replaced: {detail}")]
    Rotation {
        /// Why.
        detail: String,
    },
    /// `init` did not come to its end.
    #[error("the directory has no first entry")]
    NotInitialised,
    /// Other keys than those in the directory.
    #[error("the exchange key is not the one that is in force in the directory")]
    OtherKey,
    /// The address cannot be listened on, or TLS cannot be spoken there.
    #[error(transparent)]
    Listen(#[from] FrontError),
    /// The file of trusted authorities cannot be used.
    #[error("ca_file {}: {detail}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The TAXII server does not start.
    #[error(transparent)]
    Taxii(#[from] taxii::TaxiiError),
    /// The HTTP client cannot be made.
    #[error("cannot make an HTTP client: {detail}")]
    Client {
        /// Why.
        detail: String,
    },
}

impl StartError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Config(_) => "mend the configuration file; docs/operate.md lists every key",
            Self::Directory(error) => error.hint(),
            Self::Recovery(RecoveryError::Open(error)) => error.hint(),
            Self::Recovery(_) => {
                "do not start another way; keep the files, put the newest exchange.db back if there is one, and compare \
                 with what the witnesses hold"
            }
            Self::NotInitialised => "nothing was published yet: empty the data directory and initialise again",
            Self::OtherKey => "start with the keys that `init` made, or that the last rotation announced",
            Self::Listen(error) => error.hint(),
            Self::Taxii(error) => error.hint(),
            Self::Authorities { .. } => "name a PEM file with the certificates of the authorities to trust",
            Self::Store(_)
            | Self::Publish(_)
            | Self::FirstEntry { .. }
            | Self::Enrolment { .. }
            | Self::Rotation { .. }
            | Self::Client { .. } => "look at the cause, then start again",
        }
    }
}

/// Creates an exchange in an empty data directory: both logs, and the directory's first entry, its own enrolment with the
/// directory's rules. A deliberate act; [`start`] never does it.
///
/// `next`: [`monition_evidence::keys::key_set_digest`] of the keys that will replace the exchange key one day.
///
/// # Errors
/// [`StartError`].
pub async fn init(
    config: &Config,
    keys: &ExchangeKeys,
    next: Digest,
    clock: &dyn Clock,
) -> Result<Statement, StartError> {
    let store = SqliteStore::create(&config.data_dir)?;
    init_in(config, keys, next, clock, store.backend()).await
}

/// As [`init`], in a storage that was made already and holds no log.
///
/// # Errors
/// [`StartError`].
pub async fn init_in(
    config: &Config,
    keys: &ExchangeKeys,
    next: Digest,
    clock: &dyn Clock,
    backend: Backend,
) -> Result<Statement, StartError> {
    config.witness_keys()?;
    let key = SecretKey::from_seed(&keys.exchange);
    let wrong = |detail: String| StartError::Enrolment { detail };
    let enrolled = EnrolledKey { alg: Algorithm::Ed25519, public: key.public(), key_use: KeyUse::Exchange, role: None };
    let eid = state::random().map_err(|e| wrong(e.to_string()))?;
    let enrolment = Enrolment {
        exchange: config.name.clone(),
        eid: Eid::from_bytes(eid),
        wid: None,
        iss: config.name.as_party(),
        iat: clock.now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq: 0,
        keys: vec![enrolled],
        next,
        sponsors: Vec::new(),
        custodian: None,
        directory: Some(DirectoryRules { delay_seconds: config.directory_delay_seconds, sponsors: config.sponsors }),
    };
    let entry = Statement::sign(&enrolment, &[&key]).map_err(|e| wrong(e.to_string()))?;
    for log in LogId::ALL {
        backend.heads.create(log).await?;
    }
    let metrics = Arc::new(Metrics::default());
    let sequencer = Sequencer::open(LogId::Directory, &config.name, backend, abort_process(), metrics).await?;
    let (handle, task) = sequencer.start(1);
    let written = handle.submit(Lane::Other, Work::Entry(entry.clone())).await;
    drop(handle);
    // The store's lock is free only after the task has let go of it.
    let _ = task.await;
    written.map(|_| entry).map_err(|error| StartError::FirstEntry { error })
}

/// Replaces the exchange's own keys in the directory by the ones that were announced (pre-rotation), while the exchange
/// does not run: a running one signs with the key that it was started with. Gives the entry's index; a second call with
/// the same keys finds the entry that is there.
///
/// `old`: the exchange key in force. `new`: the announced keys, which all sign, as `keys` enrols them. `next`: the digest of
/// those after them.
///
/// # Errors
/// [`StartError`]; nothing is written then. [`StartError::Directory`] while another process runs the exchange.
pub async fn rotate(
    config: &Config,
    old: &SecretKey,
    new: &[&SecretKey],
    keys: Vec<EnrolledKey>,
    next: Digest,
    clock: &dyn Clock,
) -> Result<u64, StartError> {
    let backend = SqliteStore::open(&config.data_dir)?.backend();
    let metrics = Arc::new(Metrics::default());
    let sequencer = Sequencer::open(LogId::Directory, &config.name, backend, abort_process(), metrics).await?;
    let directory = sequencer.committed().directory.filter(|directory| directory.rules().is_some());
    let directory = directory.ok_or(StartError::NotInitialised)?;
    let done = keys.first().and_then(|key| directory.key(&key.kid())).filter(|record| record.end.is_none());
    if let Some(record) = done {
        return Ok(record.from);
    }
    check_own_key(Some(directory.clone()), old)?;
    let wrong = |detail: String| StartError::Rotation { detail };
    let iss = config.name.as_party();
    let party = directory.party(&iss).ok_or(StartError::NotInitialised)?;
    let rotation = KeyRotation {
        exchange: config.name.clone(),
        eid: Eid::from_bytes(state::random().map_err(|e| wrong(e.to_string()))?),
        wid: None,
        iss,
        iat: clock.now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq: party.next_seq(),
        previous: party.last_entry(),
        keys,
        next,
    };
    let signers: Vec<&SecretKey> = std::iter::once(old).chain(new.iter().copied()).collect();
    let entry = Statement::sign(&rotation, &signers).map_err(|e| wrong(e.to_string()))?;
    directory.check(entry.as_bytes()).map_err(|e| wrong(e.to_string()))?;
    let (handle, task) = sequencer.start(1);
    let written = handle.submit(Lane::Other, Work::Entry(entry)).await;
    drop(handle);
    // The store's lock is free only after the task has let go of it.
    let _ = task.await;
    written.map(|done| done.index).map_err(|error| wrong(error.to_string()))
}

/// What a running exchange may be given instead of the defaults.
#[derive(Clone)]
pub struct Parts {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What ends the process.
    pub fatal: Fatal,
    /// Another storage than the SQLite files of the data directory.
    pub backend: Option<Backend>,
    /// Makes warnings of what is posted to TAXII collections of kind `warnings`. Without it there are none such.
    pub warnings: Option<Arc<dyn taxii::WarningsHost>>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock::default()), fatal: abort_process(), backend: None, warnings: None }
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}

/// A running exchange.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where clients reach it.
    pub url: String,
    /// Its parts, for a caller in the same process.
    pub exchange: Arc<Exchange>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    publisher: JoinHandle<()>,
    deliveries: JoinHandle<()>,
    taxii: Option<taxii::Task>,
    sequencers: [JoinHandle<()>; 2],
}

impl Running {
    /// Says that it should stop; [`Running::stopped`] waits for it.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until everything has ended: requests answered, the last round published, the files let go.
    pub async fn stopped(self) {
        let Self { exchange, server, publisher, deliveries, taxii, sequencers, stop, .. } = self;
        let _ = server.await;
        let _ = deliveries.await;
        if let Some(taxii) = taxii {
            taxii.ended().await;
        }
        let _ = publisher.await;
        drop((exchange, stop));
        for sequencer in sequencers {
            let _ = sequencer.await;
        }
    }
}

/// Starts an exchange that [`init`] has created. `shutdown`: when it completes, the exchange stops gracefully.
///
/// # Errors
/// [`StartError`].
pub async fn start(
    config: Config,
    keys: ExchangeKeys,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    start_with(config, keys, shutdown, Parts::default()).await
}

/// As [`start`], with parts replaced.
///
/// # Errors
/// [`StartError`].
pub async fn start_with(
    config: Config,
    keys: ExchangeKeys,
    shutdown: impl Future<Output = ()> + Send + 'static,
    parts: Parts,
) -> Result<Running, StartError> {
    let witness_keys = config.witness_keys()?;
    let Parts { clock, fatal, backend, warnings } = parts;
    let backend = match backend {
        Some(backend) => backend,
        None => SqliteStore::open(&config.data_dir)?.backend(),
    };
    let metrics = Arc::new(Metrics::default());
    let open = |log| Sequencer::open(log, &config.name, backend.clone(), fatal.clone(), metrics.clone());
    let (log, directory) = (open(LogId::Log).await?, open(LogId::Directory).await?);
    // Whatever can fail fails before the sequencers run: their tasks would keep the directory locked for a moment.
    let key = SecretKey::from_seed(&keys.exchange);
    check_own_key(directory.committed().directory, &key)?;
    let client = client(config.ca_file.as_deref())?;
    let (taxii_config, taxii_dir) = (config.taxii_server(), config.taxii_dir());
    let taxii = taxii_config.map(|taxii| taxii::Taxii::open(taxii, &taxii_dir, warnings)).transpose()?;
    let listener = Listener::bind(config.listener()).await?;
    let address = listener.address();
    let url = config.public_url.clone().unwrap_or_else(|| listener.url());

    let (log, log_task) = log.start(config.limits.queue);
    let (directory, directory_task) = directory.start(config.limits.queue);
    let seeds = [&*keys.log, &*keys.directory];
    let handles = [log.clone(), directory.clone()];
    let publisher = Publisher::new(
        &config,
        witness_keys.clone(),
        seeds,
        handles,
        backend.clone(),
        client.clone(),
        metrics.clone(),
        fatal,
        clock.clone(),
    );
    let publisher = match publisher.await {
        Ok(publisher) => publisher,
        Err(error) => {
            drop((log, directory));
            let _ = (log_task.await, directory_task.await);
            return Err(error.into());
        }
    };
    let exchange = Arc::new(Exchange {
        name: config.name.clone(),
        party: config.name.as_party(),
        kid: key.public().kid(),
        key,
        clock,
        tiles: TileCache::new(backend.reads.clone()),
        published: publisher.published(),
        limits: Limiters {
            submissions: Buckets::new(config.limits.submissions),
            statements: Buckets::new(config.limits.statements),
            directory: Buckets::new(config.limits.directory),
            failures: Buckets::new(config.limits.failures),
            body_kib: Buckets::new(config.limits.body_kib),
        },
        about: about(&config, &publisher, &witness_keys),
        deliveries: tokio::sync::Notify::new(),
        taxii,
        connections: listener.counters(),
        config,
        backend,
        log,
        directory,
        metrics,
        client,
    });
    let (stop, stopped) = watch::channel(false);
    let stopping = stop.clone();
    tokio::spawn(async move {
        shutdown.await;
        stopping.send_replace(true);
    });
    let publisher = tokio::spawn(publisher.run(stopped.clone()));
    let deliveries = tokio::spawn(deliver::run(exchange.clone(), stopped.clone()));
    let taxii = taxii::Task::start(&exchange, &stopped);
    let mut stopping = stopped;
    let server = tokio::spawn(listener.serve(http::router(exchange.clone()), async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    }));
    tracing::info!(%address, exchange = %exchange.name, "the exchange is running");
    let sequencers = [log_task, directory_task];
    Ok(Running { address, url, exchange, stop, server, publisher, deliveries, taxii, sequencers })
}

fn check_own_key(
    directory: Option<Arc<monition_evidence::directory::Directory>>,
    key: &SecretKey,
) -> Result<(), StartError> {
    let entries = directory.filter(|directory| directory.rules().is_some());
    let entries = entries.ok_or(StartError::NotInitialised)?;
    let own = entries.key(&key.public().kid()).filter(|record| record.end.is_none());
    own.map(|_| ()).ok_or(StartError::OtherKey)
}

fn about(config: &Config, publisher: &Publisher, witness_keys: &[monition_tlog::VerifierKey]) -> ExchangeAbout {
    let [log, directory] = publisher.log_keys();
    let info = |key: &monition_tlog::VerifierKey| LogInfo { origin: key.name().to_string(), vkey: key.to_string() };
    let witnesses = witness_keys.iter().zip(&config.witnesses).map(|(key, witness)| WitnessInfo {
        name: key.name().to_string(),
        vkey: key.to_string(),
        url: Some(witness.url.clone()),
    });
    ExchangeAbout {
        exchange: config.name.clone(),
        log: info(&log),
        directory: info(&directory),
        delay_seconds: config.directory_delay_seconds,
        publish_ms: config.publish_ms,
        witnesses: witnesses.collect(),
    }
}

/// An HTTP client with ring for TLS, without redirects: a custodian's address stands in the directory, and no answer may
/// send us elsewhere.
fn client(ca_file: Option<&Path>) -> Result<reqwest::Client, StartError> {
    // An error says that a provider is installed already, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder();
    if let Some(path) = ca_file {
        let wrong = |detail: String| StartError::Authorities { path: path.to_owned(), detail };
        let pem = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| wrong(e.to_string()))?;
        if roots.is_empty() {
            return Err(wrong("it holds no certificate".to_owned()));
        }
        builder = builder.tls_certs_merge(roots);
    }
    builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(60))
        .tcp_nodelay(true)
        .build()
        .map_err(|e| StartError::Client { detail: e.to_string() })
}
