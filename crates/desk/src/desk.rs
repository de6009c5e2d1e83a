//! The desk itself: opening, keys, clock, directory, anchors, signing and sending.

use crate::client::{Http, Patience, from_json};
use crate::config::{CONFIG_FILE, Config};
use crate::error::DeskError;
use crate::keystore::{KEY_FILES, Keystore, STAGED_FILE, Slot, Unlock, write_private};
use crate::logs::{CheckedNote, Followed, Growth, NoteCheck, directory_origin, log_origin};
use crate::payload::Head;
use crate::randomness::{OsRandomness, Randomness};
use crate::record::{Alarm, Record};
use monition_evidence::directory::{Directory, Signer};
use monition_evidence::statement::Payload;
use monition_evidence::wire::{ExchangeAbout, LeafAnswer, STATEMENT_TYPE, exchange_paths};
use monition_evidence::{Anchor, Digest, Eid, ExchangeName, PartyName, RoleName, Statement, Text, UnixSeconds, Wid};
use monition_tlog::{EntryBundle, TileCoord, TileLevel, TrustPolicy, VerifierKey};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// The record's file.
pub const RECORD_FILE: &str = "desk.db";

/// Where the desk takes the time from: seconds since 1970.
pub type Clock = Arc<dyn Fn() -> UnixSeconds + Send + Sync>;

/// What a desk is for, and so which keys it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A party that warns and is warned.
    Party,
    /// A party that also runs an observer: witness and custodian.
    Observer,
    /// An exchange.
    Exchange,
}

/// What a new desk is told.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The party's name; `None` makes it the fingerprint of its statement key (grade I0).
    pub party: Option<PartyName>,
    /// The exchange's name.
    pub exchange: ExchangeName,
    /// Where it answers, without trailing slash.
    pub exchange_url: String,
    /// Which keys are made.
    pub kind: Kind,
    /// Roles that get a key; the first is the one that answers unless another is named.
    pub roles: Vec<RoleName>,
    /// The trust policy's file.
    pub trust: Option<PathBuf>,
    /// The log's verifier key.
    pub log_vkey: Option<String>,
    /// The directory's verifier key.
    pub directory_vkey: Option<String>,
}

impl Setup {
    fn slots(&self) -> Vec<Slot> {
        let mut slots = vec![Slot::Statement, Slot::Mailbox];
        match self.kind {
            Kind::Party => {}
            Kind::Observer => slots.extend([Slot::Custodian, Slot::Witness]),
            Kind::Exchange => slots = vec![Slot::Statement, Slot::Exchange, Slot::Log, Slot::Directory],
        }
        slots.extend(self.roles.iter().cloned().map(Slot::Role));
        slots
    }
}

/// A party's desk. Share it as `Arc<Desk>`.
pub struct Desk {
    dir: PathBuf,
    config: Config,
    keys: RwLock<Keystore>,
    record: Record,
    pub(crate) http: Http,
    clock: Clock,
    trust: Option<Arc<TrustPolicy>>,
    note_check: tokio::sync::OnceCell<NoteCheck>,
    followed: tokio::sync::Mutex<Followed>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({} at {})", self.config.party, self.dir.display())
    }
}

fn system_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        UnixSeconds::new(since.map(|d| d.as_secs()).unwrap_or(0))
    })
}

impl Desk {
    /// Makes a new desk: directory (mode 0700), keys, record, configuration; the configuration last, so that a
    /// directory with one is complete.
    ///
    /// # Errors
    /// [`DeskError::Exists`] if keys, record or configuration are there; whatever keys or files refuse.
    pub fn init(dir: &Path, setup: &Setup, unlock: Unlock) -> Result<Self, DeskError> {
        let io = |doing| move |source| DeskError::Io { doing, path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(io("create"))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(io("protect"))?;
        }
        if dir.join(CONFIG_FILE).exists() {
            return Err(DeskError::Exists { path: dir.join(CONFIG_FILE) });
        }
        let human = unlock.human.clone().ok_or_else(|| DeskError::Locked { slot: Slot::Statement.to_string() })?;
        let keys = Keystore::create(dir, &setup.slots(), unlock.boot.clone(), human, &mut OsRandomness)?;
        Record::create(&dir.join(RECORD_FILE))?;
        let party = match &setup.party {
            Some(party) => party.clone(),
            None => PartyName::parse(&format!("key:{}", keys.key(&Slot::Statement)?.public().kid()))?,
        };
        let config = Config {
            party,
            exchange: setup.exchange.clone(),
            exchange_url: setup.exchange_url.clone(),
            log_vkey: setup.log_vkey.clone(),
            directory_vkey: setup.directory_vkey.clone(),
            trust: setup.trust.clone(),
            ca_file: None,
            role: setup.roles.first().cloned(),
        };
        config.write(dir)?;
        Self::open(dir, unlock)
    }

    /// Opens a desk.
    ///
    /// # Errors
    /// [`DeskError::NotADesk`], [`DeskError::Config`], [`DeskError::Passphrase`], [`DeskError::Record`] …
    pub fn open(dir: &Path, unlock: Unlock) -> Result<Self, DeskError> {
        let config = Config::read(dir)?;
        let keys = Keystore::open(dir, unlock)?;
        let record = Record::open(&dir.join(RECORD_FILE))?;
        let trust = config.trust.as_ref().map(|path| read_trust(&dir.join(path))).transpose()?.map(Arc::new);
        let followed = Followed::replay(config.exchange.clone(), &record.directory()?);
        Ok(Self {
            dir: dir.to_owned(),
            keys: RwLock::new(keys),
            record,
            http: Http::new(config.ca_file.as_ref().map(|path| dir.join(path)).as_deref())?,
            clock: system_clock(),
            trust,
            note_check: tokio::sync::OnceCell::new(),
            followed: tokio::sync::Mutex::new(followed),
            config,
        })
    }

    /// The same desk with another clock: for tests and rehearsals.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Names the trust policy in `desk.toml`; takes effect when the desk is opened next.
    ///
    /// # Errors
    /// [`DeskError::Config`] if the file is no trust policy; [`DeskError::Io`].
    pub fn set_trust(dir: &Path, policy: &Path) -> Result<(), DeskError> {
        let mut config = Config::read(dir)?;
        read_trust(&dir.join(policy))?;
        config.trust = Some(policy.to_owned());
        config.write(dir)
    }

    /// Copies keys (still encrypted), configuration and record, consistent, into a new directory.
    ///
    /// # Errors
    /// [`DeskError::Exists`] if the directory holds any of them; [`DeskError::Io`], [`DeskError::Record`].
    pub fn backup(&self, to: &Path) -> Result<(), DeskError> {
        std::fs::create_dir_all(to).map_err(|source| DeskError::Io { doing: "create", path: to.to_owned(), source })?;
        // Keys first: a record without keys is worthless, keys without a record still open the mailbox.
        copy_files(&self.dir, to, &KEY_FILES)?;
        copy_files(&self.dir, to, &[STAGED_FILE])?;
        self.record.copy_to(&to.join(RECORD_FILE))?;
        copy_files(&self.dir, to, &[CONFIG_FILE])
    }

    /// Puts a backup into an empty directory. The record that it brings may be older than what was sent since: it is
    /// marked so, and the first submission to each recipient asks the exchange for the last number.
    ///
    /// # Errors
    /// [`DeskError::Exists`] if anything would be overwritten, [`DeskError::NotADesk`] if the backup is none.
    pub fn restore(backup: &Path, dir: &Path) -> Result<(), DeskError> {
        Config::read(backup)?;
        Record::check(&backup.join(RECORD_FILE))?;
        std::fs::create_dir_all(dir).map_err(|source| DeskError::Io {
            doing: "create",
            path: dir.to_owned(),
            source,
        })?;
        for file in KEY_FILES.iter().chain(&[RECORD_FILE, CONFIG_FILE, STAGED_FILE]) {
            let path = dir.join(file);
            if path.exists() {
                return Err(DeskError::Exists { path });
            }
        }
        copy_files(backup, dir, &KEY_FILES)?;
        copy_files(backup, dir, &[STAGED_FILE, RECORD_FILE])?;
        // Before the configuration, without which nobody opens it as a desk.
        Record::open(&dir.join(RECORD_FILE))?.mark_restored()?;
        copy_files(backup, dir, &[CONFIG_FILE])
    }

    /// Says of a desk that was put back by hand that its record is older than what was sent.
    ///
    /// # Errors
    /// [`DeskError::NotADesk`], [`DeskError::Record`].
    pub fn mark_restored(dir: &Path) -> Result<(), DeskError> {
        Config::read(dir)?;
        Record::open(&dir.join(RECORD_FILE))?.mark_restored()
    }

    /// The directory on disk.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The own party.
    #[must_use]
    pub fn party(&self) -> &PartyName {
        &self.config.party
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The keys. Do not hold the guard across an `await`.
    pub fn keys(&self) -> RwLockReadGuard<'_, Keystore> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with_keys_mut<T>(&self, work: impl FnOnce(&mut Keystore) -> T) -> T {
        work(&mut self.keys.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The clock.
    #[must_use]
    pub fn now(&self) -> UnixSeconds {
        (self.clock)()
    }

    /// The trust policy, if one is configured.
    #[must_use]
    pub fn trust(&self) -> Option<&TrustPolicy> {
        self.trust.as_deref()
    }

    pub(crate) fn exchange_url(&self, path: &str) -> String {
        format!("{}{path}", self.config.exchange_url)
    }

    /// How notes are checked. The log keys come from the configuration, else the trust, else they are pinned at first
    /// use: then the exchange could show this desk a log of its own, and only a trust policy ends that.
    ///
    /// # Errors
    /// [`DeskError::Config`] for a key that is none; [`DeskError::Unreachable`] while pinning.
    pub async fn note_check(&self) -> Result<&NoteCheck, DeskError> {
        self.note_check.get_or_try_init(|| self.make_note_check()).await
    }

    async fn make_note_check(&self) -> Result<NoteCheck, DeskError> {
        let origins = [log_origin(&self.config.exchange), directory_origin(&self.config.exchange)];
        let configured = [&self.config.log_vkey, &self.config.directory_vkey];
        let mut found: Vec<Option<String>> = Vec::new();
        for (origin, configured) in origins.iter().zip(configured) {
            let by_trust = || {
                let origin = monition_tlog::Origin::new(origin).ok()?;
                Some(self.trust.as_ref()?.log_key(&origin)?.to_string())
            };
            let pinned = self.record.meta(&format!("vkey:{origin}"))?;
            found.push(configured.clone().or_else(by_trust).or(pinned));
        }
        if found.iter().any(Option::is_none) {
            let url = self.exchange_url(exchange_paths::ABOUT);
            let about: ExchangeAbout = from_json(&url, &self.http.get(&url, Patience::Some).await?)?;
            for ((origin, slot), info) in origins.iter().zip(&mut found).zip([about.log, about.directory]) {
                if slot.is_none() {
                    tracing::warn!(%origin, vkey = %info.vkey, "log key pinned at first use: nobody vouches for it");
                    self.record.set_meta(&format!("vkey:{origin}"), &info.vkey)?;
                    *slot = Some(info.vkey);
                }
            }
        }
        let key = |number: usize| -> Result<VerifierKey, DeskError> {
            let text = found[number].as_deref().unwrap_or_default();
            let wrong = |detail| DeskError::Config { path: self.dir.join(CONFIG_FILE), detail };
            let key = VerifierKey::parse(text).map_err(|error| wrong(error.to_string()))?;
            if key.name().as_str() == origins[number] {
                Ok(key)
            } else {
                Err(wrong(format!("the key {key} is not one of {}", origins[number])))
            }
        };
        Ok(NoteCheck { log: key(0)?, directory: key(1)?, trust: self.trust.clone() })
    }

    // ---- the directory -----------------------------------------------------------------------

    /// The directory as it was followed last.
    pub async fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.followed.lock().await.directory)
    }

    /// The newest checked note of the directory that was followed.
    pub async fn directory_note(&self) -> Option<CheckedNote> {
        self.followed.lock().await.note.clone()
    }

    /// Follows the directory to its newest checkpoint: fetches entries, recomputes the root, replays.
    ///
    /// # Errors
    /// [`DeskError::Fork`] if it contradicts what was followed before; both notes are kept. [`DeskError::Unreachable`].
    pub async fn sync_directory(&self) -> Result<Arc<Directory>, DeskError> {
        let check = self.note_check().await?;
        let url = self.exchange_url(&format!("{}/checkpoint", exchange_paths::DIRECTORY_LOG));
        // One at a time: two that extend the same copy would keep the same entries twice.
        let mut followed = self.followed.lock().await;
        let note = check.directory_head(&url, &self.http.get(&url, Patience::Some).await?)?;
        let growth = match followed.compare(&note) {
            Ok(growth) => growth,
            Err(error) => return Err(self.fork(error, &note, followed.note.as_ref())?),
        };
        match growth {
            Growth::Stale => {}
            // The same entries under newer cosignatures: kept only where a dossier will need the time.
            Growth::None => followed.note = Some(note),
            Growth::Fetch { from, to } => {
                let entries = self.fetch_entries(from, to.value()).await?;
                let grown = match followed.extend(&entries, note.clone()) {
                    Ok(grown) => grown,
                    Err(error) => return Err(self.fork(error, &note, followed.note.as_ref())?),
                };
                self.record.keep_note(&note.origin, to.value(), &note.text)?;
                self.record.keep_directory(from, &entries)?;
                *followed = grown;
            }
        }
        Ok(Arc::clone(&followed.directory))
    }

    /// Keeps both sides of a contradiction, and hands the error on.
    fn fork(&self, error: DeskError, note: &CheckedNote, old: Option<&CheckedNote>) -> Result<DeskError, DeskError> {
        let kept = match old {
            Some(old) => Some(old.text.clone()),
            None => self.record.newest_note(&note.origin)?,
        };
        self.record.raise(&Alarm {
            at: self.now(),
            code: "misbehaviour-log-fork".to_owned(),
            detail: error.to_string(),
            first: kept.unwrap_or_default(),
            second: note.text.clone(),
        })?;
        Ok(error)
    }

    async fn fetch_entries(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, DeskError> {
        let mut entries = Vec::new();
        let mut next = from;
        while next < to {
            let (tile, first) = (next / 256, next / 256 * 256);
            let width = u16::try_from((to - first).min(256)).unwrap_or(256);
            let bytes = self.fetch_bundle(tile, width).await?;
            let url = self.exchange_url(exchange_paths::DIRECTORY_LOG);
            let wrong = |detail: String| DeskError::Answer { url: url.clone(), detail };
            let bundle = EntryBundle::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
            let found = bundle.entries();
            if found.len() < usize::from(width) {
                return Err(wrong(format!("bundle {tile} holds {} entries, not {width}", found.len())));
            }
            let skip = usize::try_from(next - first).unwrap_or(usize::MAX);
            entries.extend(found.iter().take(usize::from(width)).skip(skip).map(|entry| entry.to_vec()));
            next = first + u64::from(width);
        }
        Ok(entries)
    }

    /// A partial bundle may be gone once the full one is there (c2sp.org/tlog-tiles).
    async fn fetch_bundle(&self, tile: u64, width: u16) -> Result<bytes::Bytes, DeskError> {
        let coord = TileCoord::new(TileLevel::Entries, tile, width).map_err(|error| DeskError::Answer {
            url: self.exchange_url(exchange_paths::DIRECTORY_LOG),
            detail: error.to_string(),
        })?;
        let url = |coord: TileCoord| self.exchange_url(&format!("{}/{}", exchange_paths::DIRECTORY_LOG, coord.path()));
        match self.http.get(&url(coord), Patience::Some).await {
            Err(DeskError::Refused { .. }) if !coord.is_full() => {
                self.http.get(&url(coord.full()), Patience::Some).await
            }
            answer => answer,
        }
    }

    /// Finds who signed a statement; follows the directory once if the key is not known yet.
    ///
    /// # Errors
    /// [`DeskError::Directory`]; as [`Self::sync_directory`].
    pub async fn signer(&self, statement: &Statement) -> Result<Signer, DeskError> {
        match self.directory().await.signer(statement) {
            Ok(signer) => Ok(signer),
            Err(_) => Ok(self.sync_directory().await?.signer(statement)?),
        }
    }

    // ---- signing -----------------------------------------------------------------------------

    /// A fresh `eid`.
    pub(crate) fn eid(&self) -> Result<Eid, DeskError> {
        Ok(Eid::from_bytes(OsRandomness.array()?))
    }

    /// The members that every statement has.
    pub(crate) fn head(&self, anchor: Option<Anchor>) -> Head {
        Head {
            exchange: self.config.exchange.clone(),
            iss: self.config.party.clone(),
            iat: self.now(),
            anchor,
            wid: None,
            prev: None,
            actor: None,
            reason: None,
        }
    }

    pub(crate) fn head_about(
        &self,
        anchor: Anchor,
        wid: Option<Wid>,
        prev: Option<Digest>,
        actor: Option<RoleName>,
        reason: Option<Text>,
    ) -> Head {
        Head { wid, prev, actor, reason, ..self.head(Some(anchor)) }
    }

    /// Signs a payload with the key of a slot.
    pub(crate) fn sign<P: Payload>(&self, payload: &P, slot: &Slot) -> Result<Statement, DeskError> {
        let keys = self.keys();
        Ok(Statement::sign(payload, &[keys.key(slot)?])?)
    }

    /// The newest cosigned note of the log, kept: what the next statement is anchored in. If the exchange does not
    /// answer, the newest one that was kept: an old anchor is a weaker "not before", and no anchor is no statement.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessed`], [`DeskError::Unreachable`], [`DeskError::Fork`].
    pub async fn anchor(&self) -> Result<Anchor, DeskError> {
        let (anchor, note) = self.anchor_unkept().await?;
        if let Some(note) = note {
            self.record.keep_note(&note.origin, note.head.size.value(), &note.text)?;
            self.record.set_meta("anchor", &note.digest.to_string())?;
        }
        Ok(anchor)
    }

    /// As [`Self::anchor`], and leaves keeping the note to the caller: for statements that are not kept themselves.
    pub(crate) async fn anchor_unkept(&self) -> Result<(Anchor, Option<CheckedNote>), DeskError> {
        let check = self.note_check().await?;
        let origin = log_origin(&self.config.exchange);
        let url = self.exchange_url(&format!("{}/checkpoint", exchange_paths::LOG));
        let kept = || -> Result<Option<Anchor>, DeskError> {
            let Some(digest) = self.record.meta("anchor")?.and_then(|text| Digest::parse(&text).ok()) else {
                return Ok(None);
            };
            let Some(text) = self.record.note(&digest)? else { return Ok(None) };
            Ok(check.log_note(&url, text.as_bytes()).ok().map(|note| note.anchor()))
        };
        let fetched = match self.http.get(&url, Patience::Some).await {
            Ok(bytes) => check.log_note(&url, &bytes),
            Err(error) => Err(error),
        };
        let note = match fetched {
            Ok(note) => note,
            Err(
                error @ (DeskError::Unreachable { .. } | DeskError::NotWitnessed { .. } | DeskError::Refused { .. }),
            ) => {
                return kept()?.map(|anchor| (anchor, None)).ok_or(error);
            }
            Err(error) => return Err(error),
        };
        for old in self.record.notes_of_size(&origin, note.head.size.value())? {
            let old = check.log_note(&url, old.as_bytes()).ok();
            if let Some(old) = old.filter(|old| old.head.root != note.head.root) {
                let detail = format!("two roots for size {}", note.head.size);
                let error = DeskError::Fork { origin, detail };
                return Err(self.fork(error, &note, Some(&old))?);
            }
        }
        if let Some(old) = kept()?.filter(|old| old.size > note.head.size.value()) {
            // A cache may lag. The larger one is the better anchor.
            return Ok((old, None));
        }
        Ok((note.anchor(), Some(note)))
    }

    /// Keeps an own statement, then sends it to the exchange. If the exchange does not answer, it waits in the record.
    ///
    /// Gives whether the exchange has it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] if the exchange will never take it; [`DeskError::Record`].
    pub(crate) async fn keep_and_send(&self, statement: &Statement) -> Result<bool, DeskError> {
        self.record.keep(statement, self.now(), Some("exchange"))?;
        self.send(statement, Patience::Some).await
    }

    /// Sends a kept statement. A final refusal takes it out of the queue.
    pub(crate) async fn send(&self, statement: &Statement, patience: Patience) -> Result<bool, DeskError> {
        match self.post_statement(statement, patience).await {
            Ok(()) => {
                self.record.taken(&statement.digest())?;
                Ok(true)
            }
            Err(error) if error.exit_code() == 75 => {
                tracing::info!(%error, statement = %statement.digest(), "the exchange did not take it; it waits");
                Ok(false)
            }
            Err(error) => {
                if matches!(error, DeskError::Refused { .. }) {
                    self.record.refused(&statement.digest())?;
                }
                Err(error)
            }
        }
    }

    async fn post_statement(&self, statement: &Statement, patience: Patience) -> Result<(), DeskError> {
        let url = self.exchange_url(exchange_paths::STATEMENTS);
        let answer = self.http.post(&url, STATEMENT_TYPE, statement.as_bytes().to_vec(), patience).await?;
        let answer: LeafAnswer = from_json(&url, &answer)?;
        if answer.leaf != statement.leaf(&log_origin(&self.config.exchange)) {
            let detail = format!("it names another leaf for the {}", statement.body().name());
            return Err(DeskError::Answer { url, detail });
        }
        Ok(())
    }

    /// Reads a statement in an answer and checks its signature and author.
    pub(crate) async fn checked(&self, url: &str, text: &str, iss: Option<&PartyName>) -> Result<Statement, DeskError> {
        let wrong = |detail: String| DeskError::Answer { url: url.to_owned(), detail };
        let statement = Statement::parse(text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        if *statement.common().exchange != self.config.exchange {
            return Err(wrong(format!("a {} for another exchange", statement.body().name())));
        }
        if let Some(iss) = iss.filter(|iss| *iss != statement.common().iss) {
            return Err(wrong(format!("a {} of {}, not of {iss}", statement.body().name(), statement.common().iss)));
        }
        match self.signer(&statement).await {
            Ok(_) => Ok(statement),
            Err(DeskError::Directory(error)) => Err(wrong(format!("a {}: {error}", statement.body().name()))),
            Err(error) => Err(error),
        }
    }
}

fn read_trust(path: &Path) -> Result<TrustPolicy, DeskError> {
    let bytes = std::fs::read(path).map_err(|source| DeskError::Io { doing: "read", path: path.to_owned(), source })?;
    TrustPolicy::parse(&bytes, None)
        .map_err(|error| DeskError::Config { path: path.to_owned(), detail: format!("{error}") })
}

fn copy_files(from: &Path, to: &Path, files: &[&str]) -> Result<(), DeskError> {
    for file in files {
        let (from, to) = (from.join(file), to.join(file));
        if to.exists() {
            return Err(DeskError::Exists { path: to });
        }
        match std::fs::read(&from) {
            Ok(bytes) => write_private(&to, &zeroize::Zeroizing::new(bytes))?,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(DeskError::Io { doing: "read", path: from, source }),
        }
    }
    Ok(())
}
