//! A small exchange that speaks the contract, with real logs, and organisations with real keys.

use crate::{Clock, Config, NotifyConfig, ObserverKeys, Running, start};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use monition_evidence::encoding::sha256;
use monition_evidence::framing::Bodies;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::keys::{Algorithm, EnrolledKey};
use monition_evidence::mailbox::ChainName;
use monition_evidence::statement::{
    AnswerTimes, CustodianService, DirectoryRules, EncryptionKey, Enrolment, MailboxDeclaration, Reply, ServiceHours,
};
use monition_evidence::values::{Anchor, Mode, ReplyStatus, SizeClass, Urgency};
use monition_evidence::wire::{Consign, ConsignRequest};
use monition_evidence::{
    Digest, Eid, ExchangeName, KeyUse, MailboxId, PartyName, RoleName, SecretKey, Statement, UnixSeconds, Wid,
};
use monition_tlog::{
    Checkpoint, CosignatureSigner, EntryBundle, KeyName, MemoryTree, NoteSigner, Origin, SignedCheckpoint, Timestamp,
    TreeSize, leaf_hash,
};
use serde::Serialize;
use std::path::{Path as FilePath, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// When the tests begin.
pub(super) const START: u64 = 1_800_000_000;

pub(super) fn exchange_name() -> ExchangeName {
    ExchangeName::parse("exchange.example").unwrap()
}

pub(super) fn party(name: &str) -> PartyName {
    PartyName::parse(name).unwrap()
}

pub(super) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

pub(super) fn eid() -> Eid {
    Eid::from_bytes(crate::node::random().unwrap())
}

/// One log: its entries and its key.
pub(super) struct Log {
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) signer: NoteSigner,
}

impl Log {
    fn new(origin: &str, seed: u8) -> Self {
        Self { entries: Vec::new(), signer: NoteSigner::from_seed(KeyName::new(origin).unwrap(), &[seed; 32]).unwrap() }
    }

    pub(super) fn tree(&self) -> MemoryTree {
        let mut tree = MemoryTree::new();
        for entry in &self.entries {
            tree.push(leaf_hash(entry));
        }
        tree
    }

    pub(super) fn checkpoint(&self) -> SignedCheckpoint {
        self.sign(self.tree().head())
    }

    pub(super) fn checkpoint_at(&self, size: u64) -> SignedCheckpoint {
        self.sign(self.tree().head_at(TreeSize::new(size)).unwrap())
    }

    pub(super) fn sign(&self, head: monition_tlog::TreeHead) -> SignedCheckpoint {
        let origin = Origin::new(self.signer.verifier_key().name().as_str()).unwrap();
        SignedCheckpoint::sign(&Checkpoint::new(origin, head), &self.signer).unwrap()
    }
}

/// What the exchange holds.
pub(super) struct Logs {
    pub(super) log: Log,
    pub(super) directory: Log,
    /// Statements that were posted.
    pub(super) posted: Vec<Statement>,
    /// Whether it takes statements now.
    pub(super) taking: bool,
    /// The clock by which another witness cosigns the log.
    pub(super) time: Arc<AtomicU64>,
    /// Entries of the directory that it hides.
    pub(super) hidden: usize,
}

impl Logs {
    /// The log's checkpoint, cosigned by the witness of another organisation.
    fn cosigned(&self) -> SignedCheckpoint {
        let checkpoint = self.log.checkpoint();
        let name = KeyName::new("lantern.example/witness").unwrap();
        let witness = CosignatureSigner::from_seed(name, &[50; 32]).unwrap();
        let time = Timestamp::new(self.time.load(Ordering::SeqCst));
        checkpoint.with_signature(&witness.sign(checkpoint.note().text(), time).unwrap()).unwrap()
    }
}

pub(super) type Shared = Arc<Mutex<Logs>>;

/// The exchange, and everybody's keys.
pub(super) struct World {
    pub(super) logs: Shared,
    pub(super) url: String,
    pub(super) time: Arc<AtomicU64>,
    pub(super) declaration: Digest,
    pub(super) http: reqwest::Client,
}

/// A running observer with what a test needs to talk to it.
pub(super) struct Observer {
    pub(super) running: Running,
    pub(super) url: String,
    stop: Option<oneshot::Sender<()>>,
}

impl AsRef<str> for Observer {
    fn as_ref(&self) -> &str {
        &self.url
    }
}

impl Observer {
    pub(super) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.running.stopped().await;
    }
}

// Seeds. Exchange: 1 (exchange use). Harbour: 10 statement, 11 custodian, 12 witness. South: 20 statement, 21 mailbox,
// 22 role. East: 30 statement, 31 mailbox, 32 role.
pub(super) const MAILBOX: MailboxId = MailboxId::from_bytes([7; 16]);

fn enrolled(key: &SecretKey, key_use: KeyUse, role: Option<&str>) -> EnrolledKey {
    let role = role.map(|role| RoleName::parse(role).unwrap());
    EnrolledKey { alg: Algorithm::Ed25519, public: key.public(), key_use, role }
}

fn enrolment(name: &str, keys: Vec<EnrolledKey>, custodian: bool, first: bool) -> Enrolment {
    Enrolment {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party(name),
        iat: UnixSeconds::new(START),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq: 0,
        keys,
        next: sha256(b"next"),
        sponsors: if first { vec![] } else { vec![exchange_name().as_party()] },
        custodian: custodian.then(|| CustodianService { url: "http://127.0.0.1:1".to_owned(), period_seconds: 1 }),
        directory: first.then_some(DirectoryRules { delay_seconds: 0, sponsors: 1 }),
    }
}

pub(super) fn contacts_annex(webhook: &str) -> String {
    format!(
        r#"{{"contacts":[{{"kind":"webhook","address":"{webhook}"}},{{"kind":"smtp","address":"duty@south.example"}}]}}"#
    )
}

/// South's declaration after its enrolment.
pub(super) fn declaration(
    previous: &Statement,
    seq: u64,
    annex: Option<Digest>,
    recipient: &str,
) -> MailboxDeclaration {
    MailboxDeclaration {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party("south.example"),
        iat: UnixSeconds::new(START),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq,
        previous: previous.identity(),
        mailbox: MAILBOX,
        custodians: vec![party("harbour.example")],
        quorum: 1,
        encryption: vec![EncryptionKey { stanza: "X25519".to_owned(), recipient: recipient.to_owned() }],
        valid_from: UnixSeconds::new(START),
        valid_until: UnixSeconds::new(START + 86_400),
        grace_seconds: 60,
        poll_seconds: 1,
        contacts: annex,
        hours: ServiceHours { utc_offset_minutes: 0, weekly: vec![], closed_days: vec![] },
        languages: vec![],
        answer_seconds: AnswerTimes { flash: 60, immediate: 600, priority: 3_600, routine: 86_400 },
        terms: None,
    }
}

/// An age recipient that anybody may know.
pub(super) const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

impl World {
    pub(super) async fn new(annex: Option<&str>) -> Self {
        let mut directory = Log::new("exchange.example/directory", 2);
        let exchange = key(1);
        let first = enrolment("exchange.example", vec![enrolled(&exchange, KeyUse::Exchange, None)], false, true);
        directory.entries.push(Statement::sign(&first, &[&exchange]).unwrap().as_bytes().to_vec());
        let harbour = [key(10), key(11)];
        let keys = vec![enrolled(&harbour[0], KeyUse::Statement, None), enrolled(&harbour[1], KeyUse::Custodian, None)];
        let entry = enrolment("harbour.example", keys, true, false);
        let entry = Statement::sign(&entry, &[&harbour[0], &harbour[1], &exchange]).unwrap();
        directory.entries.push(entry.as_bytes().to_vec());
        let mut south = None;
        for (name, base) in [("south.example", 20), ("east.example", 30)] {
            let own = [key(base), key(base + 1), key(base + 2)];
            let keys = vec![
                enrolled(&own[0], KeyUse::Statement, None),
                enrolled(&own[1], KeyUse::Mailbox, None),
                enrolled(&own[2], KeyUse::Role, Some("duty-officer")),
            ];
            let entry = enrolment(name, keys, false, false);
            let entry = Statement::sign(&entry, &[&own[0], &own[1], &own[2], &exchange]).unwrap();
            directory.entries.push(entry.as_bytes().to_vec());
            south.get_or_insert(entry);
        }
        let annex = annex.map(|annex| sha256(annex.as_bytes()));
        let declared = declaration(&south.unwrap(), 1, annex, RECIPIENT);
        let declared = Statement::sign(&declared, &[&key(20)]).unwrap();
        directory.entries.push(declared.as_bytes().to_vec());
        let log = Log { entries: vec![b"first".to_vec()], ..Log::new("exchange.example/log", 3) };
        let time = Arc::new(AtomicU64::new(START));
        let logs = Logs { log, directory, posted: vec![], taking: true, time: time.clone(), hidden: 0 };
        let logs = Arc::new(Mutex::new(logs));
        let url = serve(router(logs.clone())).await;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { logs, url, time, declaration: declared.digest(), http }
    }

    pub(super) fn clock(&self) -> Clock {
        let time = self.time.clone();
        Arc::new(move || UnixSeconds::new(time.load(Ordering::SeqCst)))
    }

    pub(super) fn set_time(&self, time: u64) {
        self.time.store(time, Ordering::SeqCst);
    }

    pub(super) fn now(&self) -> UnixSeconds {
        UnixSeconds::new(self.time.load(Ordering::SeqCst))
    }

    pub(super) fn config(&self, directory: &FilePath) -> Config {
        let logs = self.logs.lock().unwrap();
        Config {
            exchange: exchange_name(),
            exchange_url: self.url.clone(),
            log_vkey: logs.log.signer.verifier_key().to_string(),
            directory_vkey: logs.directory.signer.verifier_key().to_string(),
            party: party("harbour.example"),
            witness_name: None,
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            plain_http: false,
            trusted_proxies: Vec::new(),
            proxy_header: Default::default(),
            connections: Default::default(),
            ca_file: None,
            data_directory: PathBuf::from(directory),
            period_seconds: 1,
            follow_milliseconds: 200,
            mailbox_mebibytes_max: 64,
            mailbox_items_max: 1_000,
            items_per_minute_max: 100,
            silence_seconds: 900,
            notify: NotifyConfig { private_addresses_allowed: true, ..NotifyConfig::default() },
        }
    }

    pub(super) async fn observer(&self, directory: &FilePath) -> Observer {
        self.observer_with(self.config(directory)).await
    }

    pub(super) async fn observer_with(&self, config: Config) -> Observer {
        let (stop, stopped) = oneshot::channel();
        let running = start(config, keys(), self.clock(), async move {
            let _ = stopped.await;
        });
        let running = running.await.unwrap();
        Observer { url: format!("http://{}", running.address), running, stop: Some(stop) }
    }

    pub(super) fn chain(&self) -> ChainName {
        ChainName {
            exchange: exchange_name(),
            mailbox: MAILBOX,
            declaration: self.declaration,
            custodian: party("harbour.example"),
        }
    }

    /// A consignment of one small body that names no real submission.
    pub(super) fn consignment(&self, number: u8, urgency: Urgency) -> ConsignRequest {
        let bodies = Bodies::new(vec![vec![number; 5_000]]).unwrap();
        let consign = Consign {
            exchange: exchange_name(),
            mailbox: MAILBOX,
            declaration: self.declaration,
            submission: sha256(&[number]),
            urgency,
            size_class: SizeClass::of(4_096),
            mode: Mode::Open,
            bodies: bodies.infos(),
        };
        ConsignRequest { consign, sealed_submission: vec![number; 100], bodies }
    }

    pub(super) fn reply(&self, submission: Digest, signer: &SecretKey, iss: &str) -> Statement {
        let log = self.logs.lock().unwrap().log.checkpoint();
        let reply = Reply {
            exchange: exchange_name(),
            eid: eid(),
            wid: Some(Wid::from_bytes([5; 16])),
            iss: party(iss),
            iat: self.now(),
            anchor: Some(anchor(&log)),
            prev: None,
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            submission,
            core: sha256(b"core"),
            status: ReplyStatus::Acknowledged,
            note: None,
            received: vec![],
        };
        Statement::sign(&reply, &[signer]).unwrap()
    }

    /// Posts with a signed request.
    pub(super) async fn signed(
        &self,
        observer: impl AsRef<str>,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
        key: &SecretKey,
    ) -> reqwest::Response {
        let signature = RequestSignature::sign("POST", path, &body, &party("harbour.example"), self.now(), key);
        self.with_signature(observer, path, content_type, body, &signature).await
    }

    pub(super) async fn with_signature(
        &self,
        observer: impl AsRef<str>,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
        signature: &RequestSignature,
    ) -> reqwest::Response {
        let mut request = self.http.post(format!("{}{path}", observer.as_ref())).header("content-type", content_type);
        for (name, value) in signature.headers() {
            request = request.header(name, value);
        }
        request.body(body).send().await.unwrap()
    }

    pub(super) async fn json(
        &self,
        observer: impl AsRef<str>,
        path: &str,
        body: &impl Serialize,
        key: &SecretKey,
    ) -> reqwest::Response {
        self.signed(observer, path, "application/json", serde_json::to_vec(body).unwrap(), key).await
    }

    pub(super) async fn post(
        &self,
        observer: impl AsRef<str>,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> reqwest::Response {
        let request = self.http.post(format!("{}{path}", observer.as_ref())).header("content-type", content_type);
        request.body(body).send().await.unwrap()
    }
}

pub(super) fn keys() -> ObserverKeys {
    ObserverKeys { witness_seed: [12; 32].into(), custodian_seed: [11; 32].into() }
}

pub(super) fn anchor(checkpoint: &SignedCheckpoint) -> Anchor {
    Anchor {
        origin: checkpoint.origin().to_string(),
        size: checkpoint.head().size.value(),
        root: checkpoint.head().root.into(),
        note: sha256(checkpoint.as_bytes()),
    }
}

/// Serves a router on a free port for as long as the test runs.
pub(super) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn router(logs: Shared) -> Router {
    Router::new()
        .route(
            "/log/checkpoint",
            get(|State(logs): State<Shared>| async move { logs.lock().unwrap().cosigned().as_bytes().to_vec() }),
        )
        .route(
            "/directory/checkpoint",
            get(|State(logs): State<Shared>| async move {
                let logs = logs.lock().unwrap();
                let shown = logs.directory.entries.len() - logs.hidden;
                logs.directory.checkpoint_at(shown as u64).as_bytes().to_vec()
            }),
        )
        .route("/directory/tile/entries/{*rest}", get(bundle))
        .route("/v1/statements", post(log_statement))
        .with_state(logs)
}

async fn bundle(State(logs): State<Shared>, Path(path): Path<String>) -> impl IntoResponse {
    let coord = monition_tlog::TileCoord::parse(&format!("tile/entries/{path}")).unwrap();
    let logs = logs.lock().unwrap();
    let from = coord.index() as usize * 256;
    let until = from + usize::from(coord.width());
    match logs.directory.entries.get(from..until) {
        Some(entries) => Ok(EntryBundle::new(entries.iter().map(Vec::as_slice).collect()).unwrap().to_bytes()),
        None => Err(StatusCode::NOT_FOUND),
    }
}

async fn log_statement(State(logs): State<Shared>, body: Bytes) -> StatusCode {
    let mut logs = logs.lock().unwrap();
    if !logs.taking {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let statement = Statement::parse(&body).unwrap();
    let leaf = statement.leaf(&exchange_name().log_origin());
    logs.log.entries.push(leaf.as_bytes().to_vec());
    logs.posted.push(statement);
    StatusCode::OK
}
