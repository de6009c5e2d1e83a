//! Organisations around an exchange, each with a real loopback listener and real keys.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};
use monition_evidence::age::Identity;
use monition_evidence::encoding::sha256;
use monition_evidence::framing::Bodies;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::keys::{Algorithm, EnrolledKey, key_set_digest};
use monition_evidence::mailbox::{ChainHead, ChainName};
use monition_evidence::statement::{
    AnswerTimes, ContentConsignment, CustodianService, EncryptionKey, Enrolment, MailboxDeclaration, ServiceHours,
    Submission,
};
use monition_evidence::values::{Mode, SizeClass, Urgency};
use monition_evidence::wire::{
    CONSIGNMENT_TYPE, ConsignRequest, LeafAnswer, Problem, ProofAnswer, ProofRequest, STATEMENT_TYPE, SUBMISSION_TYPE,
    SubmissionAnswer, SubmissionRequest,
};
use monition_evidence::{
    Anchor, Digest, Eid, ExchangeName, KeyUse, MailboxId, PartyName, SecretKey, Statement, UnixSeconds, Wid,
};
use monition_exchange::{Clock as _, Config, ExchangeKeys, Running, SystemClock, WitnessConfig};
use monition_tlog::{
    AddCheckpoint, AddCheckpointAnswer, CosignatureSigner, KeyName, NoteSigner, SignedCheckpoint, Timestamp,
    VerifierKey, WitnessState, decide,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

pub fn exchange_name() -> ExchangeName {
    ExchangeName::parse("exchange.example").unwrap()
}

pub fn now() -> UnixSeconds {
    SystemClock::default().now()
}

static NEXT: AtomicU64 = AtomicU64::new(1);

pub fn eid() -> Eid {
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Eid::from_bytes(bytes)
}

pub fn keys() -> ExchangeKeys {
    ExchangeKeys {
        log: Zeroizing::new([101; 32]),
        directory: Zeroizing::new([102; 32]),
        exchange: Zeroizing::new([103; 32]),
    }
}

pub fn log_keys() -> Vec<VerifierKey> {
    let keys = keys();
    let key = |origin: String, seed: &[u8; 32]| {
        NoteSigner::from_seed(KeyName::new(&origin).unwrap(), seed).unwrap().verifier_key().clone()
    };
    vec![key(exchange_name().log_origin(), &keys.log), key(exchange_name().directory_origin(), &keys.directory)]
}

/// A witness as c2sp.org/tlog-witness wants it.
pub struct Witness {
    pub config: WitnessConfig,
    pub key: VerifierKey,
    pub asleep: Arc<AtomicBool>,
}

struct WitnessInner {
    signer: CosignatureSigner,
    states: Mutex<HashMap<String, WitnessState>>,
    asleep: Arc<AtomicBool>,
}

pub async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

pub async fn witness(name: &str, seed: u8) -> Witness {
    let signer = CosignatureSigner::from_seed(KeyName::new(name).unwrap(), &[seed; 32]).unwrap();
    let key = signer.verifier_key().clone();
    let asleep = Arc::new(AtomicBool::new(false));
    let inner = Arc::new(WitnessInner { signer, states: Mutex::default(), asleep: asleep.clone() });
    let url = serve(Router::new().route("/add-checkpoint", post(add_checkpoint)).with_state(inner)).await;
    Witness { config: WitnessConfig { vkey: key.to_string(), url }, key, asleep }
}

async fn add_checkpoint(State(inner): State<Arc<WitnessInner>>, body: Bytes) -> Response {
    if inner.asleep.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let answer = match AddCheckpoint::parse(&body) {
        Err(_) => AddCheckpointAnswer::Malformed,
        Ok(request) => {
            let mut states = inner.states.lock().unwrap();
            let state = states.entry(request.checkpoint.origin().to_string()).or_default();
            match decide(state, &log_keys(), &request) {
                Err(refusal) => refusal.answer(),
                Ok(decision) => {
                    *state = decision.state;
                    let line = inner.signer.sign(decision.text(), Timestamp::new(now().value())).unwrap();
                    AddCheckpointAnswer::Cosigned(vec![line])
                }
            }
        }
    };
    (StatusCode::from_u16(answer.status()).unwrap(), answer.body()).into_response()
}

/// An organisation by its key (grade I0).
pub struct Party {
    pub name: PartyName,
    pub statement: SecretKey,
    pub other: SecretKey,
    pub identity: Identity,
    pub enrolment: Statement,
}

pub fn party(seed: u8, other_use: KeyUse, custodian: Option<CustodianService>) -> Party {
    party_with([seed, seed], other_use, custodian)
}

pub fn party_with(seeds: [u8; 2], other_use: KeyUse, custodian: Option<CustodianService>) -> Party {
    let seed = seeds[0];
    let mut bytes = [seed; 32];
    bytes[31] = seeds[1];
    let statement = SecretKey::from_seed(&bytes);
    bytes[0] = !seed;
    let other = SecretKey::from_seed(&bytes);
    let name = PartyName::parse(&format!("key:{}", statement.public().kid())).unwrap();
    let enrolled =
        |key: &SecretKey, key_use| EnrolledKey { alg: Algorithm::Ed25519, public: key.public(), key_use, role: None };
    let payload = Enrolment {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: name.clone(),
        iat: now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq: 0,
        keys: vec![enrolled(&statement, KeyUse::Statement), enrolled(&other, other_use)],
        next: key_set_digest(&[]),
        sponsors: Vec::new(),
        custodian,
        directory: None,
    };
    let enrolment = Statement::sign(&payload, &[&statement, &other]).unwrap();
    Party { name, statement, other, identity: Identity::from_bytes([seed; 32]), enrolment }
}

pub fn declaration(party: &Party, custodians: Vec<PartyName>, quorum: u32) -> Statement {
    let payload = MailboxDeclaration {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party.name.clone(),
        iat: now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq: 1,
        previous: party.enrolment.identity(),
        mailbox: MailboxId::from_bytes([9; 16]),
        custodians,
        quorum,
        encryption: vec![EncryptionKey {
            stanza: "X25519".to_owned(),
            recipient: party.identity.recipient().to_string(),
        }],
        valid_from: now(),
        valid_until: now().plus(86_400),
        grace_seconds: 3600,
        poll_seconds: 1,
        contacts: None,
        hours: ServiceHours { utc_offset_minutes: 0, weekly: Vec::new(), closed_days: Vec::new() },
        languages: vec!["en".to_owned()],
        answer_seconds: AnswerTimes { flash: 60, immediate: 60, priority: 60, routine: 60 },
        terms: Some(sha256(b"terms")),
    };
    Statement::sign(&payload, &[&party.statement]).unwrap()
}

pub fn anchor_of(note: &[u8]) -> Anchor {
    let signed = SignedCheckpoint::parse(note).unwrap();
    Anchor {
        origin: signed.origin().to_string(),
        size: signed.head().size.value(),
        root: Digest::from_bytes(*signed.head().root.as_bytes()),
        note: sha256(note),
    }
}

pub fn bodies(text: &[u8]) -> Bodies {
    Bodies::new(vec![text.to_vec()]).unwrap()
}

/// A submission; `change` may spoil it.
pub fn submission(
    from: &Party,
    declaration: &Statement,
    anchor: Anchor,
    bodies: &Bodies,
    chain: (u64, Option<Digest>),
    change: impl FnOnce(&mut Submission),
) -> Statement {
    let mut payload = Submission {
        exchange: exchange_name(),
        eid: eid(),
        wid: Some(Wid::from_bytes([1; 16])),
        iss: from.name.clone(),
        iat: now(),
        anchor: Some(anchor),
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        core: sha256(b"core"),
        e: bodies.digest(),
        mailbox: MailboxId::from_bytes([9; 16]),
        declaration: declaration.digest(),
        urgency: Urgency::Flash,
        size_class: SizeClass::of(1),
        deadline: None,
        expiry: now().plus(600),
        mode: Mode::Open,
        seq: chain.0,
        prev_sub: chain.1,
    };
    change(&mut payload);
    Statement::sign(&payload, &[&from.statement]).unwrap()
}

/// A custodian that keeps chains and signs consignments.
pub struct Custodian {
    pub party: Party,
    pub asleep: Arc<AtomicBool>,
    pub taken: Arc<Mutex<Vec<ConsignRequest>>>,
}

/// A head, and the consignments by submission.
type Chain = (ChainHead, HashMap<Digest, Statement>);

struct CustodianInner {
    name: PartyName,
    key: SecretKey,
    chains: Mutex<HashMap<Digest, Chain>>,
    asleep: Arc<AtomicBool>,
    taken: Arc<Mutex<Vec<ConsignRequest>>>,
}

pub async fn custodian(seed: u8) -> Custodian {
    let service = CustodianService { url: "http://127.0.0.1:1".to_owned(), period_seconds: 1 };
    let probe = party(seed, KeyUse::Custodian, Some(service));
    let (asleep, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let inner = CustodianInner {
        name: probe.name,
        key: probe.other,
        chains: Mutex::default(),
        asleep: asleep.clone(),
        taken: taken.clone(),
    };
    let url = serve(Router::new().route("/v1/consign", post(consign)).with_state(Arc::new(inner))).await;
    let party = party(seed, KeyUse::Custodian, Some(CustodianService { url, period_seconds: 1 }));
    Custodian { party, asleep, taken }
}

async fn consign(State(inner): State<Arc<CustodianInner>>, headers: HeaderMap, body: Bytes) -> Response {
    if inner.asleep.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    assert_eq!(headers["content-type"], CONSIGNMENT_TYPE);
    let signature = RequestSignature::parse(|name| headers.get(name).and_then(|v| v.to_str().ok())).unwrap();
    let exchange = SecretKey::from_seed(&[103; 32]).public();
    signature.verify("POST", "/v1/consign", &body, &inner.name, now(), &exchange).unwrap();
    let request = ConsignRequest::parse(&body).unwrap();
    let c = &request.consign;
    let name = ChainName {
        exchange: c.exchange.clone(),
        mailbox: c.mailbox,
        declaration: c.declaration,
        custodian: inner.name.clone(),
    };
    let mut chains = inner.chains.lock().unwrap();
    let (head, known) = chains.entry(name.h0()).or_insert_with(|| (ChainHead::empty(&name), HashMap::new()));
    if let Some(earlier) = known.get(&c.submission) {
        return ([("content-type", STATEMENT_TYPE)], earlier.as_bytes().to_vec()).into_response();
    }
    *head = head.push(&c.item());
    let payload = ContentConsignment {
        exchange: c.exchange.clone(),
        eid: eid(),
        wid: None,
        iss: inner.name.clone(),
        iat: now(),
        anchor: Some(Anchor { origin: "x".to_owned(), size: 0, root: sha256(b""), note: sha256(b"") }),
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        mailbox: c.mailbox,
        declaration: c.declaration,
        n: head.n,
        h: head.h,
        e: c.item().e,
        submission: c.submission,
    };
    let statement = Statement::sign(&payload, &[&inner.key]).unwrap();
    known.insert(c.submission, statement.clone());
    drop(chains);
    inner.taken.lock().unwrap().push(request);
    ([("content-type", STATEMENT_TYPE)], statement.as_bytes().to_vec()).into_response()
}

pub fn config(directory: &Path, witnesses: &[&Witness]) -> Config {
    let mut config = Config::new(exchange_name(), directory.join("data"));
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.publish_ms = 50;
    config.directory_delay_seconds = 0;
    config.witnesses = witnesses.iter().map(|w| w.config.clone()).collect();
    config
}

/// A client of the exchange.
#[derive(Clone)]
pub struct Client {
    pub url: String,
    pub http: reqwest::Client,
}

impl Client {
    pub fn new(running: &Running) -> Self {
        Self { url: running.url.clone(), http: reqwest::Client::new() }
    }

    pub async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    pub async fn post(&self, path: &str, kind: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    pub async fn statement(&self, path: &str, statement: &Statement) -> (u16, Vec<u8>) {
        self.post(path, STATEMENT_TYPE, statement.as_bytes().to_vec()).await
    }

    pub async fn submit(&self, submission: &Statement, bodies: &Bodies) -> Result<Statement, Problem> {
        let request = SubmissionRequest { submission: submission.clone(), bodies: bodies.clone() };
        let (status, body) = self.post("/v1/submissions", SUBMISSION_TYPE, request.to_bytes()).await;
        if status != 200 {
            let problem = Problem::parse(&body).unwrap();
            assert_eq!(problem.status, status);
            return Err(problem);
        }
        let answer: SubmissionAnswer = serde_json::from_slice(&body).unwrap();
        Ok(Statement::parse(answer.acceptance.as_bytes()).unwrap())
    }

    /// The newest checkpoint, once there is one.
    pub async fn checkpoint(&self, log: &str) -> Vec<u8> {
        loop {
            let (status, body) = self.get(&format!("/{log}/checkpoint")).await;
            if status == 200 {
                return body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub async fn proof(&self, leaf: Digest) -> ProofAnswer {
        loop {
            let body = serde_json::to_vec(&ProofRequest { leaf }).unwrap();
            let (status, body) = self.post("/v1/proof", "application/json", body).await;
            if status == 200 {
                return serde_json::from_slice(&body).unwrap();
            }
            let problem = Problem::parse(&body).unwrap();
            assert_eq!(problem.code, "internal-not-yet-witnessed");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub async fn case(&self, submission: Digest) -> Vec<Statement> {
        let body = format!("{{\"submission\":\"{submission}\"}}").into_bytes();
        let (status, body) = self.post("/v1/case", "application/json", body).await;
        assert_eq!(status, 200);
        let answer: monition_evidence::wire::CaseAnswer = serde_json::from_slice(&body).unwrap();
        answer.statements.iter().map(|s| Statement::parse(s.as_bytes()).unwrap()).collect()
    }
}

pub fn leaf(answer: &[u8]) -> Digest {
    serde_json::from_slice::<LeafAnswer>(answer).unwrap().leaf
}
