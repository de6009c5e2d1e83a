//! An exchange over real sockets, with witnesses and custodians of other organisations.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

mod common;

use common::*;
use monition_evidence::encoding::sha256;
use monition_evidence::framing::unpad;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::values::Urgency;
use monition_evidence::{Body, Digest, KeyUse, Statement};
use monition_exchange::limits::Rate;
use monition_exchange::{StartError, SystemClock, init, start};
use monition_tlog::{Hash, LeafIndex, Policy, SignedCheckpoint, leaf_hash, verify_inclusion};
use std::sync::atomic::Ordering;
use std::time::Duration;

struct World {
    client: Client,
    running: monition_exchange::Running,
    witnesses: [Witness; 2],
    custodians: [Custodian; 2],
    north: Party,
    south: Party,
    declaration: Statement,
    _directory: tempfile::TempDir,
}

async fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let witnesses = [witness("lantern.example/witness", 11).await, witness("harbour.example/witness", 12).await];
    let mut config = config(directory.path(), &[&witnesses[0], &witnesses[1]]);
    config.promise_seconds = 3;
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let custodians = [custodian(21).await, custodian(22).await];
    let (north, south) = (party(31, KeyUse::Mailbox, None), party(32, KeyUse::Mailbox, None));
    for enrolment in [&custodians[0].party, &custodians[1].party, &north, &south].map(|p| &p.enrolment) {
        let (status, body) = client.statement("/v1/directory", enrolment).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    }
    let names = custodians.iter().map(|c| c.party.name.clone()).collect();
    let declaration = declaration(&south, names, 2);
    let (status, body) = client.statement("/v1/directory", &declaration).await;
    assert_eq!((status, body.as_slice()), (200, &b"{\"index\":5}"[..]));
    // The same again is the same.
    assert_eq!(client.statement("/v1/directory", &declaration).await.1, b"{\"index\":5}");
    World { client, running, witnesses, custodians, north, south, declaration, _directory: directory }
}

impl World {
    fn policy(&self) -> Policy {
        let logs: String = log_keys().iter().map(|key| format!("log {key}\n")).collect();
        let text = format!(
            "{logs}witness a {}\nwitness b {}\ngroup all 2 a b\nquorum all\n",
            self.witnesses[0].key, self.witnesses[1].key
        );
        Policy::parse(text.as_bytes()).unwrap()
    }

    async fn until_consigned(&self, submission: Digest, count: usize) -> Vec<Statement> {
        for _ in 0..500 {
            let case = self.client.case(submission).await;
            let consigned = case.iter().filter(|s| matches!(s.body(), Body::ContentConsignment(_))).count();
            if consigned == count {
                return case;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not consigned");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_becomes_available_and_every_leaf_is_proven() {
    let world = world().await;
    let client = &world.client;
    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(b"sealed core");
    let submission = submission(&world.north, &world.declaration, anchor, &bodies, (1, None), |_| {});
    let acceptance = client.submit(&submission, &bodies).await.unwrap();
    assert!(matches!(acceptance.body(), Body::SubmissionAcceptance(a) if a.submission == submission.digest()));
    // A replay gets the same answer and makes no second item.
    assert_eq!(client.submit(&submission, &bodies).await.unwrap(), acceptance);

    let case = world.until_consigned(submission.digest(), 2).await;
    assert_eq!(case.len(), 3, "acceptance and two consignments");
    for custodian in &world.custodians {
        let taken = custodian.taken.lock().unwrap();
        let [item] = &taken[..] else { panic!("one item each") };
        let opened = monition_evidence::age::open(&item.sealed_submission, &world.south.identity, 1 << 21).unwrap();
        assert_eq!(unpad(&opened).unwrap(), submission.as_bytes());
        assert_eq!(item.bodies, bodies);
    }

    let policy = world.policy();
    let origin = exchange_name().log_origin();
    for statement in case.iter().chain([&submission]) {
        let entry = statement.leaf(&origin);
        let proof = client.proof(entry).await;
        let note = SignedCheckpoint::parse(proof.note.as_bytes()).unwrap();
        let cosigned = policy.verify(&note).unwrap();
        policy.require_quorum(&cosigned).unwrap();
        let hashes: Vec<Hash> = proof.hashes.iter().map(|h| Hash::from_bytes(*h.as_bytes())).collect();
        let leaf = leaf_hash(entry.as_bytes());
        verify_inclusion(&leaf, LeafIndex::new(proof.index), &note.head(), &hashes).unwrap();
        let directory = SignedCheckpoint::parse(proof.directory_note.as_bytes()).unwrap();
        policy.require_quorum(&policy.verify(&directory).unwrap()).unwrap();
        // The same proof again: the first note stays the first.
        assert_eq!(client.proof(entry).await, proof);
        // Anchors are to be had by their hash.
        if let (Body::SubmissionAcceptance(_), Some(anchor)) = (statement.body(), statement.common().anchor) {
            let body = format!("{{\"note\":\"{}\"}}", anchor.note).into_bytes();
            let (status, body) = client.post("/v1/notes", "application/json", body).await;
            assert_eq!(status, 200);
            let answer: monition_evidence::wire::NoteAnswer = serde_json::from_slice(&body).unwrap();
            assert_eq!(sha256(answer.note.as_bytes()), anchor.note);
        }
    }
    world.running.stop();
    world.running.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_with_a_code_and_changes_nothing() {
    let world = world().await;
    let client = &world.client;
    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(b"sealed core");
    let make = |chain, change: &dyn Fn(&mut monition_evidence::statement::Submission)| {
        submission(&world.north, &world.declaration, anchor.clone(), &bodies, chain, |s| change(s))
    };
    let stranger = party(77, KeyUse::Mailbox, None);
    let foreign = submission(&stranger, &world.declaration, anchor.clone(), &bodies, (1, None), |_| {});
    let other_key = {
        let mut good = make((1, None), &|_| {}).as_bytes().to_vec();
        // Another signature of the right form.
        let at = good.len() - 20;
        good[at] = if good[at] == b'A' { b'B' } else { b'A' };
        Statement::parse(&good).unwrap()
    };
    let table = [
        (foreign, "evidence-unknown-key", false),
        (other_key, "evidence-signature", false),
        (make((1, None), &|s| s.exchange = "elsewhere.example".parse().unwrap()), "evidence-other-exchange", false),
        (make((1, None), &|s| s.expiry = s.iat), "evidence-expired", true),
        (make((1, None), &|s| s.deadline = Some(s.iat)), "evidence-expired", true),
        (make((1, None), &|s| s.iat = s.iat.plus(400)), "evidence-clock", true),
        (make((1, None), &|s| s.declaration = sha256(b"no")), "evidence-declaration", true),
        (make((1, None), &|s| s.e = sha256(b"no")), "evidence-bodies", true),
        (make((2, Some(sha256(b"no"))), &|_| {}), "evidence-sequence", true),
    ];
    for (statement, code, logged) in &table {
        let problem = client.submit(statement, &bodies).await.unwrap_err();
        assert_eq!(problem.code, *code, "{}", problem.detail);
        assert_eq!(problem.rejection.is_some(), *logged, "{code}");
        assert!(!problem.hint.is_empty());
        if let Some(rejection) = problem.rejection {
            let rejection = Statement::parse(rejection.as_bytes()).unwrap();
            client.proof(rejection.leaf(&exchange_name().log_origin())).await;
            let again = client.submit(statement, &bodies).await.unwrap_err();
            assert_eq!(again.rejection, Some(rejection.as_text().into_owned()));
        }
    }
    // The chain begins only now: none of them counted.
    let first = make((1, None), &|_| {});
    client.submit(&first, &bodies).await.unwrap();
    let same_eid = make((2, Some(first.digest())), &|s| s.eid = *first.common().eid);
    let problem = client.submit(&same_eid, &bodies).await.unwrap_err();
    assert_eq!(problem.code, "evidence-equivocation");
    let second = make((2, Some(first.digest())), &|_| {});
    client.submit(&second, &bodies).await.unwrap();

    let (status, body) = client.post("/v1/submissions", "text/plain", vec![]).await;
    assert_eq!(
        (status, monition_evidence::wire::Problem::parse(&body).unwrap().code.as_str()),
        (415, "usage-media-type")
    );
    let (status, _) = client.get("/v1/submissions").await;
    assert_eq!(status, 405);
    let (status, _) = client.get("/log/tile/0/001").await;
    assert_eq!(status, 404);
    let (status, _) = client.post("/v1/case", "application/json", b"{\"submission\":\"x\"}".to_vec()).await;
    assert_eq!(status, 400);
    let (status, _) = client.post("/v1/case", "application/json", vec![b' '; 100_000]).await;
    assert_eq!(status, 413);
    let huge = [&0xffff_ffff_u32.to_be_bytes()[..], b"x"].concat();
    let (status, _) = client.post("/v1/submissions", "application/monition-submission", huge).await;
    assert_eq!(status, 413);
    for path in ["/healthz", "/metrics", "/openapi.json", "/v1/about"] {
        assert_eq!(client.get(path).await.0, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_custodian_is_tried_again_and_the_broken_promise_is_logged() {
    let world = world().await;
    let client = &world.client;
    world.custodians[1].asleep.store(true, Ordering::Relaxed);
    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(b"sealed core");
    let submission = submission(&world.north, &world.declaration, anchor, &bodies, (1, None), |_| {});
    client.submit(&submission, &bodies).await.unwrap();
    for _ in 0..500 {
        let case = client.case(submission.digest()).await;
        if case.iter().any(|s| matches!(s.body(), Body::HandoverFailure(_))) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.custodians[1].asleep.store(false, Ordering::Relaxed);
    let case = world.until_consigned(submission.digest(), 2).await;
    assert_eq!(case.iter().filter(|s| matches!(s.body(), Body::HandoverFailure(_))).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sleeping_witness_stops_proofs_but_no_publication() {
    let world = world().await;
    let client = &world.client;
    let anchor = anchor_of(&client.checkpoint("log").await);
    world.witnesses[0].asleep.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(150)).await;
    let bodies = bodies(b"sealed core");
    let submission = submission(&world.north, &world.declaration, anchor, &bodies, (1, None), |_| {});
    client.submit(&submission, &bodies).await.unwrap();
    let size = |note: &[u8]| SignedCheckpoint::parse(note).unwrap().head().size.value();
    while size(&client.checkpoint("log").await) < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let note = client.checkpoint("log").await;
    assert_eq!(SignedCheckpoint::parse(&note).unwrap().note().signatures().len(), 2, "the log and one witness");
    let body = format!("{{\"leaf\":\"{}\"}}", submission.leaf(&exchange_name().log_origin())).into_bytes();
    let (status, _) = client.post("/v1/proof", "application/json", body).await;
    assert_eq!(status, 503);
    world.witnesses[0].asleep.store(false, Ordering::Relaxed);
    client.proof(submission.leaf(&exchange_name().log_origin())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_every_answer_and_a_second_start_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let config = config(directory.path(), &[&lantern]);
    assert!(matches!(start(config.clone(), keys(), std::future::pending()).await, Err(StartError::Directory(_))));
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let again = init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap_err();
    assert!(again.to_string().contains("holds exchange.db already"), "{again}");

    let running = start(config.clone(), keys(), std::future::pending()).await.unwrap();
    let second = start(config.clone(), keys(), std::future::pending()).await.unwrap_err();
    assert!(second.to_string().contains("in use by another process"), "{second}");
    let client = Client::new(&running);
    let (custodian, north, south) =
        (custodian(21).await, party(31, KeyUse::Mailbox, None), party(32, KeyUse::Mailbox, None));
    custodian.asleep.store(true, Ordering::Relaxed);
    let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
    for entry in [&custodian.party.enrolment, &north.enrolment, &south.enrolment, &declaration] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(b"sealed core");
    let first = submission(&north, &declaration, anchor.clone(), &bodies, (1, None), |_| {});
    let acceptance = client.submit(&first, &bodies).await.unwrap();
    let proof = client.proof(first.leaf(&exchange_name().log_origin())).await;
    running.stop();
    running.stopped().await;

    let other = monition_exchange::ExchangeKeys { exchange: [9; 32].into(), ..keys() };
    assert!(matches!(start(config.clone(), other, std::future::pending()).await, Err(StartError::OtherKey)));
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    client.checkpoint("log").await;
    assert_eq!(client.submit(&first, &bodies).await.unwrap(), acceptance);
    assert_eq!(client.proof(first.leaf(&exchange_name().log_origin())).await, proof);
    // The outbox goes on, and so does the chain.
    custodian.asleep.store(false, Ordering::Relaxed);
    for _ in 0..500 {
        if client.case(first.digest()).await.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(client.case(first.digest()).await.len(), 2);
    let second = submission(&north, &declaration, anchor, &bodies, (2, Some(first.digest())), |_| {});
    client.submit(&second, &bodies).await.unwrap();
}

/// What a follower of the files computes is what the checkpoint says.
async fn root_of_files(client: &Client, log: &str) {
    let note = SignedCheckpoint::parse(&client.checkpoint(log).await).unwrap();
    let (size, mut tree) = (note.head().size.value(), monition_tlog::MemoryTree::new());
    for index in 0..size.div_ceil(256) {
        let width = (size - index * 256).min(256);
        let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
        let (status, bundle) = client.get(&format!("/{log}/tile/entries/{index:03}{partial}")).await;
        assert_eq!(status, 200);
        let (status, hashes) = client.get(&format!("/{log}/tile/0/{index:03}{partial}")).await;
        assert_eq!(status, 200);
        let leaves: Vec<Hash> =
            monition_tlog::EntryBundle::parse(&bundle).unwrap().entries().iter().map(|e| leaf_hash(e)).collect();
        assert_eq!(leaves.iter().flat_map(|h| *h.as_bytes()).collect::<Vec<u8>>(), hashes);
        tree.extend(leaves);
    }
    assert_eq!(tree.head(), note.head());
}

#[tokio::test(flavor = "multi_thread")]
async fn commitments_are_signed_requests_and_the_files_make_the_tree() {
    let world = world().await;
    let client = &world.client;
    client.checkpoint("log").await;
    let exchange = exchange_name().as_party();
    let commit = |n: u32, key: &monition_evidence::SecretKey| {
        let body = sha256(&n.to_be_bytes()).as_bytes().to_vec();
        let signed = RequestSignature::sign("POST", "/v1/commitments", &body, &exchange, now(), key);
        let mut request = client.http.post(format!("{}/v1/commitments", client.url)).body(body);
        for (name, value) in signed.headers() {
            request = request.header(name, value);
        }
        async move { request.send().await.unwrap() }
    };
    assert_eq!(commit(0, &party(77, KeyUse::Mailbox, None).statement).await.status().as_u16(), 401);
    assert_eq!(commit(0, &world.north.other).await.status().as_u16(), 403, "a mailbox key");
    for n in 0..300 {
        assert_eq!(commit(n, &world.north.statement).await.status().as_u16(), 200);
    }
    // Once more is no second entry.
    assert_eq!(leaf(&commit(7, &world.north.statement).await.bytes().await.unwrap()), sha256(&7_u32.to_be_bytes()));
    for n in [0_u32, 255, 256, 299] {
        assert_eq!(client.proof(sha256(&n.to_be_bytes())).await.index, u64::from(n));
    }
    root_of_files(client, "log").await;
    root_of_files(client, "directory").await;
    let (status, _) = client.get("/log/tile/0/000.p/300").await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_uses_up_nothing_of_a_sender() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path(), &[]);
    config.limits.submissions = Rate { per_second: 1, burst: 2 };
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let (custodian, north, south) =
        (custodian(21).await, party(31, KeyUse::Mailbox, None), party(32, KeyUse::Mailbox, None));
    let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
    for entry in [&custodian.party.enrolment, &north.enrolment, &south.enrolment, &declaration] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(b"sealed core");
    let good = submission(&north, &declaration, anchor.clone(), &bodies, (1, None), |_| {});
    let mut forged = good.as_bytes().to_vec();
    let at = forged.len() - 20;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    let forged = Statement::parse(&forged).unwrap();
    for _ in 0..20 {
        assert_eq!(client.submit(&forged, &bodies).await.unwrap_err().code, "evidence-signature");
    }
    client.submit(&good, &bodies).await.unwrap();
    client.submit(&good, &bodies).await.unwrap();
    let limited = client.submit(&good, &bodies).await.unwrap_err();
    assert_eq!((limited.code.as_str(), limited.status), ("internal-rate-limited", 429));
    // Another urgency has its own share.
    let chain = (2, Some(good.digest()));
    let urgent = submission(&north, &declaration, anchor, &bodies, chain, |s| s.urgency = Urgency::Immediate);
    client.submit(&urgent, &bodies).await.unwrap();
}
