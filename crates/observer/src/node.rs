//! What the parts of an observer share: storage, keys, clock, the copy of the directory, and the newest anchor.

use crate::client::{ClientError, ExchangeClient, WhichLog};
use crate::config::Config;
use crate::custodian::Rates;
use crate::follow::Follower;
use crate::metrics::Metrics;
use crate::notify::Pinger;
use crate::refusal::Refusal;
use crate::store::{Store, StoreError, WaitingFor};
use crate::witness::Witness;
use crate::{Clock, waiters::Waiters};
use monition_evidence::custody::CustodyTree;
use monition_evidence::directory::Directory;
use monition_evidence::statement::Payload;
use monition_evidence::values::Anchor;
use monition_evidence::{Digest, Eid, Salt, SecretKey, Statement, UnixSeconds};
use monition_tlog::{SignatureLine, VerifiedCheckpoint};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{Notify, Semaphore, watch};

/// Trees of periods kept in memory: desks ask for the newest few over and over.
const TREES_KEPT: usize = 8;

/// Bytes of the payload of a cosignature line (type 0x04): time and signature.
const COSIGNATURE_BYTES: usize = 72;

/// A cosigned note of the log as this node holds it, ready to be named in statements.
#[derive(Clone, Debug)]
pub(crate) struct HeldAnchor {
    pub(crate) anchor: Anchor,
    pub(crate) note: Vec<u8>,
    /// When it was fixed, as far as its own cosignatures go: what `not_before` is compared with.
    pub(crate) fixed_at: u64,
}

impl HeldAnchor {
    fn of(checkpoint: &VerifiedCheckpoint, now: u64) -> Self {
        let (note, head) = (checkpoint.note(), checkpoint.head());
        // Not verified: the judge does that. A time that is too early only makes this node wait for a later note, and a
        // note without cosignatures bounds nothing.
        let times = note.signatures().iter().filter_map(cosignature_time);
        Self {
            anchor: Anchor {
                origin: checkpoint.origin().to_string(),
                size: head.size.value(),
                root: head.root.into(),
                note: monition_evidence::encoding::sha256(note.as_bytes()),
            },
            note: note.as_bytes().to_vec(),
            fixed_at: times.min().unwrap_or(0).min(now),
        }
    }

    pub(crate) fn named(&self) -> (&Digest, &[u8]) {
        (&self.anchor.note, &self.note)
    }
}

fn cosignature_time(line: &SignatureLine) -> Option<u64> {
    let payload = line.payload();
    let (time, _) = payload.split_first_chunk()?;
    (payload.len() == COSIGNATURE_BYTES).then_some(u64::from_be_bytes(*time))
}

/// One observer.
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<Store>,
    pub(crate) exchange: ExchangeClient,
    pub(crate) follower: Follower,
    pub(crate) witness: Witness,
    pub(crate) custodian_key: Arc<SecretKey>,
    pub(crate) waiters: Waiters,
    pub(crate) rates: Rates,
    /// When this process began: before that nobody can have been heard of.
    pub(crate) started_at: u64,
    pub(crate) pinger: Pinger,
    /// Pings on their way.
    pub(crate) pinging: Mutex<HashSet<(WaitingFor, Digest)>>,
    pub(crate) metrics: Metrics,
    /// Of the listener.
    pub(crate) connections: Arc<monition_front::Counters>,
    /// Woken when something stands in the outbox, or needs a ping.
    pub(crate) outbox: Notify,
    pub(crate) pings: Notify,
    /// Large bodies in memory at one time.
    pub(crate) large_bodies: Semaphore,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) held: RwLock<Option<Arc<HeldAnchor>>>,
    pub(crate) trees: Mutex<BTreeMap<u64, Arc<CustodyTree>>>,
}

impl Node {
    /// The time, by the clock that was handed in.
    pub(crate) fn now(&self) -> UnixSeconds {
        (self.clock)()
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.follower.directory()
    }

    /// Runs a storage call where it may block.
    pub(crate) async fn store_task<T, E>(
        &self,
        task: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        match tokio::task::spawn_blocking(move || task(&store)).await {
            Ok(done) => done,
            // The task panicked or the runtime is going down: what is on disk is not known here.
            Err(_) => Err(StoreError::Poisoned.into()),
        }
    }

    /// The newest note of the log that is at hand; fetched if there is none.
    pub(crate) async fn anchor(&self) -> Result<Arc<HeldAnchor>, Refusal> {
        if let Some(held) = self.held.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(held);
        }
        self.refresh_anchor().await.map_err(|error| {
            tracing::warn!(%error, "no anchor could be fetched");
            Refusal::NoAnchor
        })
    }

    /// Fetches the newest note of the log. It never becomes a shorter one, and never contradicts what this node cosigned.
    pub(crate) async fn refresh_anchor(&self) -> Result<Arc<HeldAnchor>, AnchorError> {
        let now = self.now().value();
        let checkpoint = self.exchange.checkpoint(WhichLog::Log).await?;
        let origin = checkpoint.origin().to_string();
        let witnessed = {
            let origin = origin.clone();
            self.store_task(move |store| store.witnessed(&origin)).await?
        };
        if let Some(kept) = witnessed
            .filter(|kept| kept.head.size == checkpoint.head().size && kept.head.root != checkpoint.head().root)
        {
            let other = checkpoint.note().as_bytes().to_vec();
            self.store_task(move |store| store.keep_misbehaviour(&origin, &kept.note, &other, now)).await?;
            return Err(AnchorError::TwoRoots);
        }
        let fresh = Arc::new(HeldAnchor::of(&checkpoint, now));
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref() {
            Some(before) if before.anchor.size > fresh.anchor.size => Ok(before.clone()),
            _ => {
                *held = Some(fresh.clone());
                Ok(fresh)
            }
        }
    }

    /// The tree of a period, from memory or rebuilt.
    pub(crate) async fn tree(&self, period: u64) -> Result<Arc<CustodyTree>, StoreError> {
        if let Some(tree) = self.trees.lock().unwrap_or_else(PoisonError::into_inner).get(&period) {
            return Ok(tree.clone());
        }
        let tree = Arc::new(self.store_task(move |store| store.custody_tree(period)).await?);
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.insert(period, tree.clone());
        while trees.len() > TREES_KEPT {
            trees.pop_first();
        }
        Ok(tree)
    }
}

/// Signs a payload of this program's own making; only a payload that breaks a rule of its type fails.
pub(crate) fn sign_as<P: Payload>(key: &SecretKey, payload: &P) -> Result<Statement, StoreError> {
    Statement::sign(payload, &[key]).map_err(|error| {
        tracing::error!(%error, "a statement of this node could not be signed");
        StoreError::Damaged { what: "a statement of this node breaks a rule of its type" }
    })
}

/// Why no anchor could be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnchorError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the log signed a root that contradicts the one this node cosigned")]
    TwoRoots,
}

/// Fresh random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Damaged { what: "the system gives no random bytes" })?;
    Ok(bytes)
}

pub(crate) fn fresh_eid() -> Result<Eid, StoreError> {
    random().map(Eid::from_bytes)
}

pub(crate) fn fresh_salt() -> Result<Salt, StoreError> {
    random().map(Salt::from_bytes)
}
