//! What all parts of a running exchange share.

use crate::clock::Clock;
use crate::config::Config;
use crate::limits::Buckets;
use crate::metrics::Metrics;
use crate::problem::{self, Refusal};
use crate::proofs::TileCache;
use crate::sequencer::{SequencerHandle, Unsequenced};
use monition_evidence::directory::Directory;
use monition_evidence::statement::Payload;
use monition_evidence::values::Urgency;
use monition_evidence::wire::ExchangeAbout;
use monition_evidence::{Anchor, Digest, Eid, ExchangeName, KeyId, PartyName, SecretKey, Statement};
use monition_store::Backend;
use monition_tlog::TreeHead;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The newest published note of a log.
#[derive(Clone, Debug)]
pub struct PublishedNote {
    /// The note.
    pub bytes: bytes::Bytes,
    /// The head that it names.
    pub head: TreeHead,
}

/// What clients can see.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// Of the log.
    pub log: Option<Arc<PublishedNote>>,
    /// Of the directory.
    pub directory: Option<Arc<PublishedNote>>,
    /// The newest note of the log with quorum, as the anchor of the exchange's own statements.
    pub anchor: Option<Anchor>,
}

/// Buckets for each kind of sender.
#[derive(Debug)]
pub struct Limiters {
    /// By party and urgency.
    pub submissions: Buckets<(PartyName, Urgency)>,
    /// By party.
    pub statements: Buckets<PartyName>,
    /// By address.
    pub directory: Buckets<IpAddr>,
    /// By address.
    pub failures: Buckets<IpAddr>,
    /// By party, in KiB.
    pub body_kib: Buckets<PartyName>,
}

/// A running exchange.
pub struct Exchange {
    pub(crate) config: Config,
    pub(crate) name: ExchangeName,
    pub(crate) party: PartyName,
    pub(crate) key: SecretKey,
    pub(crate) kid: KeyId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) backend: Backend,
    pub(crate) log: SequencerHandle,
    pub(crate) directory: SequencerHandle,
    pub(crate) tiles: TileCache,
    pub(crate) published: watch::Receiver<Published>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limiters,
    pub(crate) client: reqwest::Client,
    pub(crate) about: ExchangeAbout,
    /// Of the listener.
    pub(crate) connections: Arc<monition_front::Counters>,
    /// New deliveries wait.
    pub(crate) deliveries: Notify,
    /// The TAXII server.
    pub(crate) taxii: Option<crate::taxii::Taxii>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exchange({})", self.name)
    }
}

impl Exchange {
    /// The directory as committed.
    pub(crate) fn parties(&self) -> Arc<Directory> {
        // The directory's sequencer always has one.
        self.directory.committed().directory.unwrap_or_else(|| Arc::new(Directory::new(self.name.clone())))
    }

    /// The anchor of the exchange's own statements.
    pub(crate) fn anchor(&self) -> Result<Anchor, Refusal> {
        self.published.borrow().anchor.clone().ok_or_else(|| {
            Refusal::new(
                problem::NOT_YET_WITNESSED,
                "no checkpoint of this exchange has been cosigned by the quorum yet",
            )
        })
    }

    /// Signs as the exchange.
    pub(crate) fn sign<P: Payload>(&self, payload: &P) -> Result<Statement, Refusal> {
        // A revocation can end the key while this process runs: what it signed from then on would count for nothing.
        if self.parties().key(&self.kid).is_none_or(|record| record.end.is_some()) {
            return Err(Refusal::new(problem::KEY_ENDED, "the key of this exchange is not in force in the directory"));
        }
        Statement::sign(payload, &[&self.key]).map_err(|error| failure(&error))
    }

    /// A fresh eid.
    pub(crate) fn eid() -> Result<Eid, Refusal> {
        random().map(Eid::from_bytes)
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| failure(&error))?;
    Ok(bytes)
}

/// Bodies above this many bytes are hashed where it may take a while. With SHA instructions 64 KiB take 0.03 ms, about what a
/// signature costs, and 32 MiB 17 ms, during which a worker would serve nobody else.
const HASHED_INLINE_MAX: usize = 64 * 1024;

/// Runs work that hashes or copies `bytes` bytes: at once if they are few, else beside the workers that serve requests.
pub(crate) async fn hashing<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    if bytes <= HASHED_INLINE_MAX {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| failure(&error))
}

/// Our failure: the cause goes to the server's log, a plain word to the caller.
pub(crate) fn failure(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "a request failed");
    Refusal::new(problem::FAILURE, "the exchange failed to answer; the cause stands in its log")
}

/// What a caller is told about work that was not sequenced.
pub(crate) fn unsequenced(error: &Unsequenced) -> Refusal {
    use monition_store::StoreError;
    match error {
        Unsequenced::Equivocation { .. } => Refusal::new(problem::EQUIVOCATION, error.to_string()),
        Unsequenced::Sequence { .. } => Refusal::new(problem::SEQUENCE, error.to_string()),
        Unsequenced::Directory(_) => Refusal::new(problem::DIRECTORY, error.to_string()),
        Unsequenced::Overloaded => Refusal::new(problem::OVERLOADED, "too much work is waiting"),
        Unsequenced::Stopped | Unsequenced::Store(StoreError::Closed) => {
            Refusal::new(problem::STOPPING, "the exchange is stopping")
        }
        Unsequenced::Store(StoreError::Full { .. }) => {
            let refusal = Refusal::new(problem::STORAGE_FULL, "the exchange has no space left");
            Refusal { retry_after_seconds: Some(30), ..refusal }
        }
        _ => failure(error),
    }
}

/// Two digests are one type: `Hash` of tlog, `Digest` of evidence.
pub(crate) fn digest_of(hash: &monition_tlog::Hash) -> Digest {
    Digest::from_bytes(*hash.as_bytes())
}
