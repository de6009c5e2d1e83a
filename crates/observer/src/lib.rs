//! An organisation's observer node: a witness of both logs of an exchange, and a custodian of the mailboxes that were
//! declared to be kept here.
//!
//! | module | what it does |
//! |---|---|
//! | `store` | one SQLite file; what is stored, and who changes it gains what |
//! | `witness` | `POST /add-checkpoint`: check and store in one step, then sign |
//! | `follow` | this node's own copy of the exchange's directory |
//! | `entry` | who may come in |
//! | `custodian` | consign, poll, fetch, acks, replies, answers, listing, contacts |
//! | `heads` | `CustodyHeads` each period |
//! | `notify` | content-free pings |
//! | `http` | routes, limits, problem documents |
//!
//! **Trusted for**: not signing two trees (as one of a quorum of witnesses), and not losing or hiding items (as one of q
//! custodians). It sees ciphertext, sizes, times and mailbox pseudonyms; no sender, no content.
//!
//! *Left to the caller*: the node's keys, its party's enrolment in the directory, and the clock.

mod client;
mod config;
mod custodian;
mod entry;
mod follow;
mod heads;
mod http;
mod metrics;
mod node;
mod notify;
mod refusal;
mod store;
mod tasks;
mod waiters;
mod witness;

#[cfg(test)]
mod tests;

pub use config::{Config, ConfigError, NotifyConfig};
pub use store::StoreError;

use crate::store::Store;

use crate::client::ExchangeClient;
use crate::follow::{Follower, chains_here};
use crate::node::Node;
use crate::witness::Witness;
use monition_evidence::directory::Directory;
use monition_evidence::{SecretKey, UnixSeconds};
use monition_front::{FrontError, Listener};
use monition_tlog::{CosignatureSigner, FormatError, KeyAlgorithm, KeyName, VerifierKey};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{Notify, Semaphore, watch};
use zeroize::Zeroizing;

/// Gives the time in seconds. Handed in, so that tests can step it.
pub type Clock = Arc<dyn Fn() -> UnixSeconds + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        UnixSeconds::new(since.map_or(0, |since| since.as_secs()))
    })
}

/// The secrets of a node: 32-byte Ed25519 seeds, wiped when dropped. The organisation's statement keys are not among
/// them: nothing here speaks for the organisation, so the server cannot leak them.
pub struct ObserverKeys {
    /// Of the cosigner; serves nothing else (c2sp.org/tlog-cosignature).
    pub witness_seed: Zeroizing<[u8; 32]>,
    /// Of the key that is enrolled with use `custodian`.
    pub custodian_seed: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for ObserverKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ObserverKeys")
    }
}

/// Why a node could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key or a name in the configuration is malformed.
    #[error("{key} of the configuration cannot be used")]
    Key {
        /// Which member.
        key: &'static str,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// A verifier key is not that of the exchange's log or directory.
    #[error("{key} is a key of {found:?}; a type 0x01 key of {expected:?} is needed")]
    OtherLog {
        /// Which member.
        key: &'static str,
        /// The name in the key.
        found: String,
        /// The origin that it should have.
        expected: String,
    },
    /// The two seeds are one.
    #[error("witness and custodian must not share a key: a signature by one could pass for one by the other")]
    SharedKey,
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No HTTP client could be made.
    #[error("no HTTP client could be made: {detail}")]
    Client {
        /// What the library said.
        detail: String,
    },
    /// The file of trusted authorities cannot be used.
    #[error("ca_file {}: {detail}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The address cannot be listened on, or TLS cannot be spoken there.
    #[error(transparent)]
    Listen(#[from] FrontError),
}

/// A node that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The same as a URL, `https://` with TLS.
    pub url: String,
    /// Its witness key, for trust policies.
    pub witness_vkey: VerifierKey,
    server: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Waits until the node has stopped: the loops have ended, open requests are answered, the store is closed.
    pub async fn stopped(self) {
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the node ended by a panic");
        }
    }
}

/// Starts a node. It runs until `shutdown` is done.
///
/// # Errors
/// [`StartError`]: nothing runs then.
pub async fn start(
    config: Config,
    keys: ObserverKeys,
    clock: Clock,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, StartError> {
    let (stop, stopping) = watch::channel(false);
    config.check()?;
    let listener = Listener::bind(config.listener()).await?;
    let (local, url) = (listener.address(), listener.url());
    let node = Arc::new(assemble(config, &keys, clock, stopping, listener.counters())?);
    let witness_vkey = node.witness.signer.verifier_key().clone();
    tracing::info!(address = %local, party = %node.config.party, witness = %witness_vkey, "observer is listening");
    let mut tasks = tasks::spawn(&node);
    let store = node.store.clone();
    let router = http::router(node);
    let server = tokio::spawn(async move {
        let told = async move {
            shutdown.await;
            // Receivers live as long as the node does; without them there is nothing to tell.
            let _ = stop.send(true);
        };
        listener.serve(router, told).await;
        while tasks.join_next().await.is_some() {}
        // Closing waits for a transaction that still runs, so it may block.
        if let Err(error) = tokio::task::spawn_blocking(move || store.close()).await {
            tracing::error!(%error, "the store was not closed");
        }
    });
    Ok(Running { address: local, url, witness_vkey, server })
}

fn assemble(
    config: Config,
    keys: &ObserverKeys,
    clock: Clock,
    stopping: watch::Receiver<bool>,
    connections: Arc<monition_front::Counters>,
) -> Result<Node, StartError> {
    if keys.witness_seed == keys.custodian_seed {
        return Err(StartError::SharedKey);
    }
    let log_key = log_key("log_vkey", &config.log_vkey, config.exchange.log_origin())?;
    let directory_key = log_key_of_directory(&config)?;
    let bad_name = |source| StartError::Key { key: "witness_name", source };
    let name = KeyName::new(&config.witness_name()).map_err(bad_name)?;
    let signer = CosignatureSigner::from_seed(name, &keys.witness_seed).map_err(bad_name)?;
    // Another part of the process may have chosen a provider already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = config.ca_file.as_deref().map(authorities).transpose()?.unwrap_or_default();
    let exchange = ExchangeClient::new(&config.exchange_url, &roots, log_key.clone(), directory_key.clone())
        .map_err(|error| StartError::Client { detail: error.to_string() })?;
    let store = Store::open(&config.data_directory, &config.exchange, &config.party)?;
    let entries = store.directory()?;
    let two_roots = store.misbehaviour(&config.exchange.directory_origin())? > 0;
    let follower = Follower::restore(Directory::new(config.exchange.clone()), &entries, two_roots);
    let started_at = clock().value();
    // A crash between keeping entries and making their mailboxes is mended here.
    store.ensure_chains(&chains_here(&follower.directory(), &config.party), started_at)?;
    Ok(Node {
        pinger: notify::Pinger::new(config.notify.clone(), roots),
        pinging: std::sync::Mutex::default(),
        config,
        clock,
        store: Arc::new(store),
        exchange,
        follower,
        witness: Witness::new(signer, vec![log_key, directory_key]),
        custodian_key: Arc::new(SecretKey::from_seed(&keys.custodian_seed)),
        waiters: waiters::Waiters::default(),
        rates: custodian::Rates::default(),
        started_at,
        metrics: metrics::Metrics::default(),
        connections,
        outbox: Notify::new(),
        pings: Notify::new(),
        large_bodies: Semaphore::new(http::LARGE_BODIES_MAX),
        stopping,
        held: std::sync::RwLock::new(None),
        trees: std::sync::Mutex::default(),
    })
}

/// Authorities that are trusted besides the machine's own.
fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, StartError> {
    let wrong = |detail: String| StartError::Authorities { path: path.to_owned(), detail };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?;
    if roots.is_empty() { Err(wrong("it holds no certificate".to_owned())) } else { Ok(roots) }
}

fn log_key_of_directory(config: &Config) -> Result<VerifierKey, StartError> {
    log_key("directory_vkey", &config.directory_vkey, config.exchange.directory_origin())
}

fn log_key(key: &'static str, text: &str, expected: String) -> Result<VerifierKey, StartError> {
    let parsed = VerifierKey::parse(text).map_err(|source| StartError::Key { key, source })?;
    if parsed.name().as_str() != expected || parsed.algorithm() != KeyAlgorithm::Ed25519 {
        return Err(StartError::OtherLog { key, found: parsed.name().to_string(), expected });
    }
    Ok(parsed)
}
