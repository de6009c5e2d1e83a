//! The server as its owner holds it.

use crate::accounts::{Account, Accounts, Admin, AdminError, generation, random};
use crate::auth::Gate;
use crate::cache::Cache;
use crate::config::{ApiRootConfig, CollectionConfig, Config};
use crate::ingest::{Intake, Read, origin_of};
use crate::limits::Buckets;
use crate::metrics::{Counts, Metrics};
use crate::store::{
    self, About, Counters, Event, NewObject, OpenError, Outcome, Place, Posting, Store, Stored, StoredItem,
    StoredStatus, WriteError,
};
use bytes::Bytes;
use monition_intel::stix::Timestamp;
use monition_intel::taxii::Identifier;
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;

/// Microseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Names of the accounts that a posted object is for, given collection, posting account and the object's bytes. Empty: all
/// who may read the collection. The posting account always sees what it posted.
pub type Addressing = Arc<dyn Fn(&Identifier, &str, &[u8]) -> Vec<String> + Send + Sync>;

/// What an owner may bring along.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The time. Default: the system's.
    pub clock: Clock,
    /// Whom posted objects are for. Default: everybody in the collection.
    pub addressing: Option<Addressing>,
}

impl Default for Options {
    fn default() -> Self {
        let clock = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        };
        Self { clock: Arc::new(clock), addressing: None }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("addressing", &self.addressing.is_some()).finish_non_exhaustive()
    }
}

/// Why an act of the owner was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration has no such collection.
    #[error("there is no collection {id}")]
    UnknownCollection {
        /// The id given.
        id: Identifier,
    },
    /// There is no such account.
    #[error("there is no account {name:?}")]
    UnknownAccount {
        /// The name given.
        name: String,
    },
    /// The storage refused to write: no space, most likely.
    #[error("the storage refused to write; see the log of the server")]
    Refused,
    /// The storage takes nothing more until a restart.
    #[error("the storage is closed; see the log of the server")]
    Closed,
    /// The storage could not be read.
    #[error("the storage could not be read; see the log of the server")]
    Unreadable,
    /// The system gave no random bytes.
    #[error("no random bytes from the system")]
    Randomness,
}

impl From<WriteError> for ServerError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused => Self::Refused,
            WriteError::Closed => Self::Closed,
        }
    }
}

/// What became of an object that the owner placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is there now.
    Added {
        /// Its `date_added`, in microseconds since 1970.
        date_added: i64,
    },
    /// It was there already.
    Present,
    /// It cannot be placed.
    Refused {
        /// Why.
        reason: String,
    },
}

#[derive(Debug)]
pub(crate) struct Collection {
    pub(crate) n: i64,
    pub(crate) id: Identifier,
    pub(crate) config: CollectionConfig,
    pub(crate) intake: Intake,
    pub(crate) counters: Arc<Counters>,
}

#[derive(Debug)]
pub(crate) struct Root {
    /// With a slash at both ends.
    pub(crate) path: String,
    pub(crate) config: ApiRootConfig,
    pub(crate) collections: Vec<Arc<Collection>>,
    /// By id and by alias.
    pub(crate) by_name: HashMap<String, Arc<Collection>>,
}

/// The server. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) roots: Vec<Root>,
    pub(crate) store: Arc<Store>,
    accounts: RwLock<Arc<Accounts>>,
    pub(crate) gate: Gate,
    /// By account; those who come without credentials share an account, and have a bucket for each address.
    pub(crate) requests: Buckets<(i64, Option<IpAddr>)>,
    pub(crate) cache: Cache,
    /// One permit for each KiB of bodies.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) options: Options,
    data_dir: PathBuf,
    ticker: Mutex<Option<(mpsc::Sender<()>, JoinHandle<()>)>>,
}

/// How often a server looks for what the operator changed.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Looks between two sweeps of old statuses.
const LOOKS_PER_SWEEP: u32 = 2400;

impl Server {
    /// Opens the data directory, making what is not there.
    ///
    /// # Errors
    /// [`OpenError`]; a directory that another server uses is refused.
    pub fn open(config: Config, data_dir: &Path) -> Result<Self, OpenError> {
        Self::open_with(config, data_dir, Options::default())
    }

    /// The same with a clock or a rule for addressing of one's own.
    ///
    /// # Errors
    /// As [`Server::open`].
    pub fn open_with(config: Config, data_dir: &Path, options: Options) -> Result<Self, OpenError> {
        config.check()?;
        let ids = |root: &ApiRootConfig| -> Vec<Identifier> {
            root.collections.iter().filter_map(|collection| Identifier::parse(&collection.id)).collect()
        };
        let all: Vec<Identifier> = config.api_roots.iter().flat_map(ids).collect();
        let (store, numbers) = Store::open(data_dir, &all)?;
        let mut numbers = all.iter().zip(numbers);
        let mut roots = Vec::with_capacity(config.api_roots.len());
        for root in &config.api_roots {
            let mut collections = Vec::new();
            let mut by_name = HashMap::new();
            for (config, (id, n)) in root.collections.iter().zip(&mut numbers) {
                let (intake, counters) = (Intake::new(config), store.counters(n));
                let collection = Arc::new(Collection { n, id: *id, config: config.clone(), intake, counters });
                by_name.insert(id.to_string(), collection.clone());
                by_name.extend(config.alias.clone().map(|alias| (alias, collection.clone())));
                collections.push(collection);
            }
            roots.push(Root { path: format!("/{}/", root.path), config: root.clone(), collections, by_name });
        }
        let key = random().map_err(|e| OpenError::Randomness { detail: e.to_string() })?;
        let limits = config.limits;
        let server = Self {
            inner: Arc::new(Inner {
                roots,
                store: Arc::new(store),
                accounts: RwLock::default(),
                gate: Gate::new(key, limits.failed_logins),
                requests: Buckets::new(limits.requests),
                cache: Cache::new((limits.page_cache_mib as usize) << 20),
                bodies: Arc::new(Semaphore::new((limits.bodies_mib as usize) << 10)),
                metrics: Metrics::default(),
                options,
                config,
                data_dir: data_dir.to_owned(),
                ticker: Mutex::new(None),
            }),
        };
        let mut connection = store::connect(data_dir)?;
        server
            .inner
            .load_accounts(&mut connection)
            .map_err(|e| OpenError::Io { path: data_dir.to_owned(), detail: e.to_string() })?;
        server.start_ticker(connection);
        Ok(server)
    }

    fn start_ticker(&self, mut connection: Connection) {
        let (stop, stopped) = mpsc::channel();
        // Weak: a server that nobody holds any more ends.
        let inner = Arc::downgrade(&self.inner);
        let run = move || {
            let mut looks = 0_u32;
            while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK_EVERY) {
                let Some(inner) = inner.upgrade() else { return };
                if let Err(error) = inner.look(&mut connection) {
                    tracing::warn!(%error, "the accounts could not be read");
                }
                if looks.is_multiple_of(LOOKS_PER_SWEEP) {
                    inner.sweep();
                }
                looks = looks.wrapping_add(1);
            }
        };
        match std::thread::Builder::new().name("taxii-tick".to_owned()).spawn(run) {
            Ok(thread) => {
                *self.inner.ticker.lock().unwrap_or_else(PoisonError::into_inner) = Some((stop, thread));
            }
            Err(error) => tracing::error!(%error, "no thread for the accounts: changes need a restart"),
        }
    }

    /// The operator's hand on the accounts of this server.
    ///
    /// # Errors
    /// [`AdminError`]
    pub fn admin(&self) -> Result<Admin, AdminError> {
        Admin::open(&self.inner.data_dir)
    }

    /// Takes changes of the accounts over now; without this, within a second.
    ///
    /// # Errors
    /// [`ServerError::Unreadable`]
    pub fn reload_accounts(&self) -> Result<(), ServerError> {
        let mut connection = store::connect(&self.inner.data_dir).map_err(|_| ServerError::Unreadable)?;
        self.inner.look(&mut connection).map_err(|_| ServerError::Unreadable)
    }

    /// What happened and was not taken away yet.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox { inner: self.inner.clone() }
    }

    /// Says what became of one object of a POST to a `warnings` collection. Gives whether it was pending. A failed object
    /// leaves the collection.
    ///
    /// # Errors
    /// [`ServerError`]; then nothing is changed.
    pub async fn resolve(
        &self,
        status: Identifier,
        id: &str,
        version: &str,
        outcome: Outcome,
    ) -> Result<bool, ServerError> {
        let about = About::One { id: id.to_owned(), version: version.to_owned() };
        Ok(self.inner.resolve(status, about, outcome, None).await? > 0)
    }

    /// Places objects in a collection without any account: an opened warning, say. They are checked as posted ones are.
    /// `addressed_to` names the accounts that see them; empty means all who may read the collection.
    ///
    /// # Errors
    /// [`ServerError`]; then none of them was placed.
    pub async fn put(
        &self,
        collection: Identifier,
        objects: Vec<Bytes>,
        addressed_to: &[String],
    ) -> Result<Vec<Placed>, ServerError> {
        let inner = &self.inner;
        let unknown = ServerError::UnknownCollection { id: collection };
        let collection = inner.collection(&collection).ok_or(unknown)?.clone();
        let accounts = inner.accounts();
        let mut members = Vec::new();
        for name in addressed_to {
            let account = accounts.named(name);
            members.push(account.ok_or_else(|| ServerError::UnknownAccount { name: name.clone() })?.n);
        }
        let at = (inner.options.clock)();
        let read = |(at, bytes)| collection.intake.object(bytes, at);
        let objects: Vec<Read> = objects.into_iter().enumerate().map(read).collect();
        let n = collection.n;
        let placed = inner.store.writer.write(move |transaction, memory| {
            let audience = store::audience(transaction, &members)?;
            let place = Place { collection: n, account: 0, audience, at };
            let mut placed = Vec::with_capacity(objects.len());
            for object in &objects {
                placed.push(match object {
                    Read::Unfit { reason, .. } => Placed::Refused { reason: reason.clone() },
                    Read::Fit(object) => match store::append(transaction, memory, place, object, origin_of)? {
                        Posting::Added { added, .. } => Placed::Added { date_added: added },
                        Posting::Present { .. } => Placed::Present,
                        Posting::Refused { reason, .. } => Placed::Refused { reason },
                    },
                });
            }
            Ok(placed)
        });
        Ok(placed.await?)
    }

    /// Counts since the server was opened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let commits = self.inner.store.writer.commits.load(std::sync::atomic::Ordering::Relaxed);
        Counts { commits, ..self.inner.metrics.counts() }
    }

    /// Ends: what was handed in is written, later writes are answered 503, the directory is free. It blocks for as long as
    /// the last write takes.
    pub fn close(&self) {
        let ticker = self.inner.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = ticker {
            drop(stop);
            let _ = thread.join();
        }
        self.inner.store.writer.close();
    }
}

impl Inner {
    pub(crate) fn accounts(&self) -> Arc<Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn collection(&self, id: &Identifier) -> Option<&Arc<Collection>> {
        self.roots.iter().flat_map(|root| &root.collections).find(|collection| collection.id == *id)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from((self.options.clock)() / 1000).unwrap_or(0)
    }

    fn load_accounts(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let accounts = Accounts::load(connection, &self.config)?;
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(accounts);
        Ok(())
    }

    fn look(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        if generation(connection)? == self.accounts().generation { Ok(()) } else { self.load_accounts(connection) }
    }

    /// Hands in the removal of old statuses; nobody waits for it.
    fn sweep(&self) {
        let kept = i64::from(self.config.status_hours) * 3_600_000_000;
        let before = (self.options.clock)() - kept;
        drop(self.store.writer.submit(move |transaction, _| store::sweep(transaction, before)));
    }

    /// Stores what a POST brought.
    pub(crate) async fn post(
        &self,
        root: &Root,
        collection: &Collection,
        account: &Account,
        objects: Vec<Read>,
        asked: i64,
    ) -> Result<(Identifier, StoredStatus), ServerError> {
        let status_id = Identifier::from_random(random().map_err(|_| ServerError::Randomness)?);
        let audiences = self.audiences(collection, account, &objects);
        let (n, account_n, root_path) = (collection.n, account.n, root.path.clone());
        let pending = collection.config.kind == crate::config::Kind::Warnings && self.config.events;
        let (events, clock) = (self.config.events, self.options.clock.clone());
        let write = self.store.writer.write(move |transaction, memory| {
            let at = clock();
            let mut items = Vec::with_capacity(objects.len());
            let mut added = Vec::new();
            let mut numbers = HashMap::new();
            for (index, object) in objects.iter().enumerate() {
                let members = audiences.get(index).map_or(&[][..], Vec::as_slice);
                let audience = match numbers.get(members) {
                    Some(n) => *n,
                    None => {
                        let n = store::audience(transaction, members)?;
                        numbers.insert(members, n);
                        n
                    }
                };
                let place = Place { collection: n, account: account_n, audience, at };
                items.push(match object {
                    Read::Unfit { id, version, reason } => failed(id, version.clone(), reason.clone(), asked),
                    Read::Fit(object) => {
                        let posting = store::append(transaction, memory, place, object, origin_of)?;
                        if let Posting::Added { key, .. } = posting {
                            added.push((key, object.digest));
                        }
                        item(object, posting, pending)
                    }
                });
            }
            let status = StoredStatus { asked, collection: n, items };
            status.insert(transaction, &status_id, &root_path, account_n, at)?;
            if events && !added.is_empty() {
                store::posted(transaction, &status_id, account_n, n, at, &added)?;
            }
            Ok((status, added.len()))
        });
        let (status, added) = write.await?;
        let refused = status.items.iter().filter(|item| item.outcome == Stored::Failure).count();
        Metrics::add(&self.metrics.objects_added, added as u64);
        Metrics::add(&self.metrics.objects_refused, refused as u64);
        Metrics::add(&self.metrics.objects_present, (status.items.len() - refused - added) as u64);
        Ok((status_id, status))
    }

    /// For each object the accounts that it is for; empty as a whole where nothing is addressed.
    fn audiences(&self, collection: &Collection, account: &Account, objects: &[Read]) -> Vec<Vec<i64>> {
        let Some(addressing) = &self.options.addressing else { return Vec::new() };
        let accounts = self.accounts();
        let of = |object: &Read| {
            let Read::Fit(object) = object else { return Vec::new() };
            let names = addressing(&collection.id, &account.name, &object.bytes);
            if names.is_empty() {
                return Vec::new();
            }
            let known = names.iter().filter_map(|name| accounts.named(name)).map(|account| account.n);
            let members: HashSet<i64> = known.chain(std::iter::once(account.n)).collect();
            let mut members: Vec<i64> = members.into_iter().collect();
            members.sort_unstable();
            members
        };
        objects.iter().map(of).collect()
    }

    async fn resolve(
        &self,
        status: Identifier,
        about: About,
        outcome: Outcome,
        event: Option<i64>,
    ) -> Result<usize, ServerError> {
        let at = (self.options.clock)();
        let write = self.store.writer.write(move |transaction, memory| {
            let (count, collection, failed) = store::resolve(transaction, &status, &about, &outcome, at)?;
            store::remove_keys(transaction, memory, collection, &failed, 0, at)?;
            if let Some(event) = event {
                store::take_event(transaction, event)?;
            }
            Ok(count)
        });
        Ok(write.await?)
    }
}

fn failed(id: &str, version: Option<String>, reason: String, asked: i64) -> StoredItem {
    let version = version.unwrap_or_else(|| Timestamp::from_micros(asked).to_string());
    StoredItem { id: id.to_owned(), version, outcome: Stored::Failure, message: Some(reason), key: None }
}

fn item(object: &NewObject, posting: Posting, pending: bool) -> StoredItem {
    let id = object.id.clone();
    match posting {
        Posting::Added { key, version, .. } if pending => {
            StoredItem { id, version, outcome: Stored::Pending, message: None, key: Some(key) }
        }
        Posting::Added { version, .. } => {
            StoredItem { id, version, outcome: Stored::Success, message: None, key: None }
        }
        Posting::Present { version } => {
            let message = Some("already present".to_owned());
            StoredItem { id, version, outcome: Stored::Success, message, key: None }
        }
        Posting::Refused { version, reason } => {
            StoredItem { id, version, outcome: Stored::Failure, message: Some(reason), key: None }
        }
    }
}

/// What happened, for the owner of the server: each event is given again until [`Outbox::done`], also after a restart.
#[derive(Clone, Debug)]
pub struct Outbox {
    inner: Arc<Inner>,
}

impl Outbox {
    /// The oldest events, at most `limit`.
    ///
    /// # Errors
    /// [`ServerError::Unreadable`]
    pub async fn next(&self, limit: u32) -> Result<Vec<Event>, ServerError> {
        self.after(0, limit).await
    }

    /// The oldest events after the one with this number, at most `limit`.
    ///
    /// # Errors
    /// [`ServerError::Unreadable`]
    pub async fn after(&self, number: i64, limit: u32) -> Result<Vec<Event>, ServerError> {
        let read = self.inner.store.read_apart(move |connection| store::event_of(connection, number, limit));
        read.await.map_err(|_| ServerError::Unreadable)
    }

    /// The bytes of an object as they were received; none if it was removed since.
    ///
    /// # Errors
    /// [`ServerError::Unreadable`]
    pub async fn bytes(&self, key: i64) -> Result<Option<Vec<u8>>, ServerError> {
        let read = self.inner.store.read(move |connection| {
            use rusqlite::OptionalExtension as _;
            connection
                .prepare_cached("SELECT bytes FROM object WHERE key = ?1 AND walk >= 0")?
                .query_row([key], |row| row.get(0))
                .optional()
        });
        read.await.map_err(|_| ServerError::Unreadable)
    }

    /// Takes an event away. `outcome` is what became of those objects of its POST that are still pending.
    ///
    /// # Errors
    /// [`ServerError`]; then the event stays.
    pub async fn done(&self, event: &Event, outcome: Outcome) -> Result<(), ServerError> {
        let number = event.number;
        match event.status {
            Some(status) => self.inner.resolve(status, About::All, outcome, Some(number)).await.map(drop),
            None => {
                let write = self.inner.store.writer.write(move |transaction, _| store::take_event(transaction, number));
                write.await?;
                Ok(())
            }
        }
    }
}
