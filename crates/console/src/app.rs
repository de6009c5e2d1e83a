//! What every request shares: the open desk, the store, the inbox, limits of sign-ins, news.

use crate::config::ConsoleConfig;
use crate::error::ConsoleError;
use crate::inbox::Inbox;
use crate::language::Zone;
use crate::store::Store;
use monition_desk::{Desk, DeskError, Protection, Unlock};
use monition_evidence::UnixSeconds;
use monition_evidence::judge::Finding;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// Wrong passwords from one name within [`SIGN_IN_WINDOW`] before that name must wait; and from everybody together,
/// since each try costs 64 MiB for a tenth of a second.
const SIGN_INS_PER_NAME: usize = 5;
const SIGN_INS_TOGETHER: usize = 30;
const SIGN_IN_WINDOW: u64 = 300;

/// Findings that are kept; a finding is made anew when its statements change.
const FINDINGS_MAX: usize = 256;

/// How the desk itself is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    /// When it last collected from at least one custodian.
    pub(crate) collected_at: Option<UnixSeconds>,
    /// When it last followed the exchange.
    pub(crate) followed_at: Option<UnixSeconds>,
    /// Who did not answer in the last round, and why.
    pub(crate) failed: Vec<(String, String)>,
    /// The inbox is being filled: how many are still to come.
    pub(crate) loading: usize,
    /// An error after which nothing can be collected.
    pub(crate) fatal: Option<String>,
}

pub(crate) struct App {
    pub(crate) desk: Arc<Desk>,
    pub(crate) store: Store,
    pub(crate) config: ConsoleConfig,
    /// The trust policy's text, if the desk has one.
    pub(crate) trust: Option<Vec<u8>>,
    /// Opens the boot keys again, for acts that bring their own passphrase.
    boot: Protection,
    inbox: RwLock<Inbox>,
    health: RwLock<Health>,
    sign_ins: Mutex<Vec<(String, u64)>>,
    findings: Mutex<HashMap<String, (u64, Arc<Finding>)>>,
    /// Counts changes; pages that listen are told.
    pub(crate) news: tokio::sync::watch::Sender<u64>,
    /// Cookies of several consoles on one host do not meet.
    pub(crate) cookie: String,
    /// Ends open streams when the server stops.
    pub(crate) stopping: tokio::sync::watch::Sender<bool>,
    /// One release at a time: two clicks are one act.
    pub(crate) acting: tokio::sync::Mutex<()>,
}

impl App {
    pub(crate) fn new(desk: Arc<Desk>, boot: Protection) -> Result<Self, ConsoleError> {
        let dir = desk.dir().to_owned();
        let trust = match &desk.config().trust {
            Some(path) => {
                let path = dir.join(path);
                Some(std::fs::read(&path).map_err(|source| ConsoleError::Io { path, source })?)
            }
            None => None,
        };
        let suffix: String = monition_evidence::encoding::sha256(desk.party().as_str().as_bytes())
            .to_string()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        Ok(Self {
            store: Store::open(&dir)?,
            config: ConsoleConfig::read(&dir)?,
            trust,
            boot,
            inbox: RwLock::default(),
            health: RwLock::default(),
            sign_ins: Mutex::default(),
            findings: Mutex::default(),
            news: tokio::sync::watch::Sender::new(0),
            cookie: format!("monition_{suffix}"),
            stopping: tokio::sync::watch::Sender::new(false),
            acting: tokio::sync::Mutex::default(),
            desk,
        })
    }

    pub(crate) fn now(&self) -> UnixSeconds {
        self.desk.now()
    }

    pub(crate) fn inbox(&self) -> RwLockReadGuard<'_, Inbox> {
        self.inbox.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with_inbox_mut<T>(&self, work: impl FnOnce(&mut Inbox) -> T) -> T {
        work(&mut self.inbox.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn health(&self) -> Health {
        self.health.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn with_health_mut(&self, work: impl FnOnce(&mut Health)) {
        work(&mut self.health.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells open pages that something changed.
    pub(crate) fn changed(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    /// Whether a sign-in may be tried now; counts it if so.
    pub(crate) fn may_try(&self, name: &str) -> bool {
        let now = self.now().value();
        let mut tries = self.sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|(_, at)| at + SIGN_IN_WINDOW > now);
        let of_name = tries.iter().filter(|(tried, _)| tried == name).count();
        if of_name >= SIGN_INS_PER_NAME || tries.len() >= SIGN_INS_TOGETHER {
            return false;
        }
        tries.push((name.chars().take(64).collect(), now));
        true
    }

    /// A right password wipes out the wrong ones before it.
    pub(crate) fn signed_in(&self, name: &str) {
        self.sign_ins.lock().unwrap_or_else(PoisonError::into_inner).retain(|(tried, _)| tried != name);
    }

    /// The clock of the pages: as configured, else that of the declared service hours.
    pub(crate) async fn zone(&self) -> Zone {
        if let Some(minutes) = self.config.utc_offset_minutes {
            return Zone(minutes);
        }
        let directory = self.desk.directory().await;
        let declared = directory.party(self.desk.party()).and_then(|party| party.declaration());
        Zone(declared.map_or(0, |record| record.declaration.hours.utc_offset_minutes))
    }

    /// Whether people's keys are open, or each act must bring the passphrase.
    pub(crate) fn human_keys_open(&self) -> bool {
        self.desk.keys().human_open()
    }

    /// The desk that signs an act: the open one, or one that the given passphrase opens for this act alone.
    pub(crate) async fn acting_desk(&self, passphrase: &str) -> Result<Arc<Desk>, DeskError> {
        if self.human_keys_open() {
            return Ok(Arc::clone(&self.desk));
        }
        let unlock = Unlock { boot: self.boot.clone(), human: Some(Protection::passphrase(passphrase)) };
        let dir = self.desk.dir().to_owned();
        let opened = tokio::task::spawn_blocking(move || Desk::open(&dir, unlock)).await;
        let desk = opened.map_err(|_| DeskError::NotPossible { rule: "the keys could not be opened".to_owned() })??;
        Ok(Arc::new(desk))
    }

    pub(crate) fn cached_finding(&self, key: &str, stamp: u64) -> Option<Arc<Finding>> {
        let findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        findings.get(key).filter(|(at, _)| *at == stamp).map(|(_, finding)| Arc::clone(finding))
    }

    pub(crate) fn cache_finding(&self, key: String, stamp: u64, finding: Arc<Finding>) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.len() >= FINDINGS_MAX {
            findings.clear();
        }
        findings.insert(key, (stamp, finding));
    }
}
