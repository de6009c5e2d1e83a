//! Wrong hands: every endpoint of an observer × everybody who might knock, with the answer that each must get.
//!
//! `openapi.json` gives the list of endpoints; one without a row here fails the test. Every refusal of a signed request is
//! the same 403 to the byte, whatever the mailbox, the declaration or the item: nothing of a mailbox leaves through status,
//! length or words.

use super::world::{MAILBOX, Observer, START, World, anchor, contacts_annex, eid, exchange_name, key, party};
use monition_evidence::encoding::sha256;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::mailbox::ChainHead;
use monition_evidence::statement::{DelegatedRight, Delegation, KnownHead, MailboxHeadAck, Revocation};
use monition_evidence::values::Urgency;
use monition_evidence::wire::{
    AnswersRequest, CONSIGNMENT_TYPE, FetchRequest, ListingRequest, PollRequest, STATEMENT_TYPE,
};
use monition_evidence::{Digest, MailboxId, SecretKey, Statement, UnixSeconds};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const HERE: &str = "harbour.example";

/// Who knocks, and with what in the hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    /// South's mailbox key: the recipient's system.
    Recipient,
    /// South's statement key.
    Owner,
    /// The exchange's key.
    Exchange,
    /// East's mailbox key, with a delegation in force to receive for South.
    Delegate,
    /// The same, after the delegation has ended.
    ExpiredDelegate,
    /// East's mailbox key, and no delegation.
    OtherParty,
    /// South's role key: the right party, a use that opens no mailbox.
    OtherUse,
    /// The observer's own custodian key.
    Custodian,
    /// A key that nobody enrolled.
    Stranger,
    /// No signature at all.
    Anonymous,
    /// The right key, for another custodian: one that replays what it was sent.
    OtherAudience,
    /// The right key, 61 s ago.
    Old,
    /// The right key, 61 s ahead.
    Future,
    /// The right key, over another body.
    BodySwapped,
    /// The right key, over another path.
    PathSwapped,
    /// The right key, revoked.
    Revoked,
}

use Hand::*;

/// Those whose rights follow from keys alone, at the time START and without revocations.
const HANDS: [Hand; 13] = [
    Recipient,
    Owner,
    Exchange,
    OtherParty,
    OtherUse,
    Custodian,
    Stranger,
    Anonymous,
    OtherAudience,
    Old,
    Future,
    BodySwapped,
    PathSwapped,
];

/// How an endpoint decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Open to all; whatever signature comes along is not looked at.
    Open,
    /// A signed request by one of these.
    Signed(&'static [Hand]),
    /// The statement in the body carries its own signature.
    Statement,
}

fn table() -> BTreeMap<(&'static str, &'static str), Rule> {
    BTreeMap::from([
        (("get", "/healthz"), Rule::Open),
        (("get", "/metrics"), Rule::Open),
        (("get", "/openapi.json"), Rule::Open),
        (("get", "/v1/about"), Rule::Open),
        (("get", "/v1/notes/{digest}"), Rule::Open),
        (("post", "/add-checkpoint"), Rule::Statement),
        (("post", "/v1/consign"), Rule::Signed(&[Exchange])),
        (("post", "/v1/poll"), Rule::Signed(&[Recipient, Delegate])),
        (("post", "/v1/fetch"), Rule::Signed(&[Recipient, Delegate])),
        (("post", "/v1/listing"), Rule::Signed(&[Recipient, Delegate])),
        (("post", "/v1/contacts"), Rule::Signed(&[Recipient, Owner])),
        (("post", "/v1/acks"), Rule::Statement),
        (("post", "/v1/replies"), Rule::Statement),
        (("post", "/v1/answers"), Rule::Open),
    ])
}

fn documented() -> BTreeSet<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect()
}

/// A well-formed request to each endpoint, about the one mailbox and item that exist.
fn request(world: &World, path: &str, annex: &str) -> (&'static str, Vec<u8>) {
    let declaration = world.declaration;
    let json = |body: Result<Vec<u8>, serde_json::Error>| ("application/json", body.unwrap());
    match path {
        "/v1/consign" => (CONSIGNMENT_TYPE, world.consignment(1, Urgency::Flash).to_bytes()),
        "/v1/poll" => {
            json(serde_json::to_vec(&PollRequest { declaration, mailbox: MAILBOX, after: 0, wait_seconds: 0 }))
        }
        "/v1/fetch" => json(serde_json::to_vec(&FetchRequest { declaration, mailbox: MAILBOX, n: 1 })),
        "/v1/listing" => json(serde_json::to_vec(&ListingRequest { declaration, mailbox: MAILBOX, not_before: None })),
        "/v1/contacts" => ("application/json", annex.as_bytes().to_vec()),
        "/v1/answers" => json(serde_json::to_vec(&AnswersRequest { submission: sha256(&[1]), not_before: None })),
        _ => ("application/octet-stream", Vec::new()),
    }
}

/// Sends a request in somebody's hand. `rightful` is the key that an attacker's captured request was signed with.
async fn knock(
    world: &World,
    observer: &Observer,
    path: &str,
    (kind, body): (&str, Vec<u8>),
    hand: Hand,
    rightful: u8,
) -> (u16, Vec<u8>) {
    let now = world.now().value();
    let seed = match hand {
        Recipient => 21,
        Owner => 20,
        Exchange => 1,
        Delegate | ExpiredDelegate | OtherParty => 31,
        OtherUse => 22,
        Custodian => 11,
        Stranger => 77,
        _ => rightful,
    };
    let (mut audience, mut created, mut signed_path, mut signed_body) = (HERE, now, path, body.clone());
    match hand {
        OtherAudience => audience = "lantern.example",
        Old => created = now - 61,
        Future => created = now + 61,
        PathSwapped => signed_path = "/v1/other",
        BodySwapped => signed_body.push(b' '),
        _ => {}
    }
    let created = UnixSeconds::new(created);
    let signature = RequestSignature::sign("POST", signed_path, &signed_body, &party(audience), created, &key(seed));
    let response = match hand {
        Anonymous => world.post(observer, path, kind, body).await,
        _ => world.with_signature(observer, path, kind, body, &signature).await,
    };
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

fn rightful(allowed: &[Hand]) -> u8 {
    if allowed.contains(&Exchange) { 1 } else { 21 }
}

/// Adds an entry to the directory of the exchange; the node sees it within its rhythm.
fn enter(world: &World, entry: &Statement) {
    world.logs.lock().unwrap().directory.entries.push(entry.as_bytes().to_vec());
}

fn souths_last(world: &World) -> (u64, Digest) {
    let entries = &world.logs.lock().unwrap().directory.entries;
    let own = |entry: &&Statement| entry.common().iss.as_str() == "south.example";
    let entries: Vec<Statement> = entries.iter().map(|entry| Statement::parse(entry).unwrap()).collect();
    let own: Vec<&Statement> = entries.iter().filter(own).collect();
    (own.len() as u64, own.last().unwrap().identity())
}

fn delegation(world: &World, until: u64) -> Statement {
    let (seq, previous) = souths_last(world);
    let payload = Delegation {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party("south.example"),
        iat: world.now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq,
        previous,
        delegate: party("east.example"),
        rights: vec![DelegatedRight::Receive],
        until: UnixSeconds::new(until),
    };
    Statement::sign(&payload, &[&key(20)]).unwrap()
}

fn revocation(world: &World, revoked: &SecretKey) -> Statement {
    let (seq, previous) = souths_last(world);
    let payload = Revocation {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party("south.example"),
        iat: world.now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        party: party("south.example"),
        seq,
        previous,
        kid: revoked.public().kid(),
        suspected_since: None,
    };
    Statement::sign(&payload, &[&key(20)]).unwrap()
}

/// Asks until the answer has this status: the node has followed the directory then.
async fn becomes(world: &World, observer: &Observer, hand: Hand, status: u16) {
    let until = Instant::now() + Duration::from_secs(15);
    while knock(world, observer, "/v1/poll", request(world, "/v1/poll", ""), hand, 21).await.0 != status {
        assert!(Instant::now() < until, "{hand:?} never got {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn world_with_one_item(annex: &str, directory: &std::path::Path) -> (World, Observer) {
    let world = World::new(Some(annex)).await;
    let observer = world.observer(directory).await;
    let body = world.consignment(1, Urgency::Flash).to_bytes();
    assert_eq!(world.signed(&observer, "/v1/consign", CONSIGNMENT_TYPE, body, &key(1)).await.status(), 200);
    // Listings and answers need heads that the exchange has logged.
    let until = Instant::now() + Duration::from_secs(15);
    while knock(&world, &observer, "/v1/listing", request(&world, "/v1/listing", ""), Recipient, 21).await.0 != 200 {
        assert!(Instant::now() < until, "no heads were ever logged");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (world, observer)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_gives_every_hand_exactly_what_the_table_says() {
    let annex = contacts_annex("http://127.0.0.1:9/hook");
    let directory = tempfile::tempdir().unwrap();
    let (world, observer) = world_with_one_item(&annex, directory.path()).await;
    let table = table();
    let rows: BTreeSet<_> = table.keys().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(documented(), rows, "an endpoint without a row, or a row without an endpoint");

    let mut asked = 0;
    let mut refusals: Vec<(String, Vec<u8>)> = Vec::new();
    let mut ask = async |hand: Hand, path: &'static str, allowed: &[Hand]| {
        let sent = request(&world, path, &annex);
        let (status, body) = knock(&world, &observer, path, sent, hand, rightful(allowed)).await;
        let expected = if allowed.contains(&hand) { 200 } else { 403 };
        assert_eq!(status, expected, "{path} by {hand:?}: {}", String::from_utf8_lossy(&body));
        if expected == 403 {
            refusals.push((format!("{path} by {hand:?}"), body));
        }
        asked += 1;
    };
    for ((_, path), rule) in &table {
        if let Rule::Signed(allowed) = rule {
            for hand in HANDS {
                ask(hand, path, allowed).await;
            }
        }
    }
    // A delegation in force, and the same when it is over.
    enter(&world, &delegation(&world, START + 30));
    becomes(&world, &observer, Delegate, 200).await;
    for path in ["/v1/poll", "/v1/fetch", "/v1/listing"] {
        ask(Delegate, path, &[Delegate]).await;
    }
    ask(Delegate, "/v1/contacts", &[]).await;
    ask(Delegate, "/v1/consign", &[]).await;
    world.set_time(START + 31);
    for path in ["/v1/poll", "/v1/fetch", "/v1/listing", "/v1/contacts", "/v1/consign"] {
        ask(ExpiredDelegate, path, &[]).await;
    }
    // A revoked key opens nothing any more, from the moment the node knows.
    enter(&world, &revocation(&world, &key(21)));
    becomes(&world, &observer, Revoked, 403).await;
    for path in ["/v1/poll", "/v1/fetch", "/v1/listing", "/v1/contacts"] {
        ask(Revoked, path, &[]).await;
    }
    assert!(asked >= 5 * HANDS.len(), "{asked} cells");
    for (what, body) in &refusals {
        assert_eq!(body, &refusals[0].1, "{what}: another refusal than the others get");
    }
    observer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_endpoints_answer_everybody_alike_whatever_signature_comes_along() {
    let directory = tempfile::tempdir().unwrap();
    let annex = contacts_annex("http://127.0.0.1:9/hook");
    let (world, observer) = world_with_one_item(&annex, directory.path()).await;
    for (method, path) in [("get", "/healthz"), ("get", "/openapi.json"), ("get", "/v1/about")] {
        assert_eq!(table()[&(method, path)], Rule::Open);
        let url = format!("{}{path}", observer.url);
        let plain = world.http.get(&url).send().await.unwrap();
        assert_eq!(plain.status(), 200, "{path}");
        let plain = plain.bytes().await.unwrap();
        for seed in [1, 11, 21, 31, 77] {
            let signed = RequestSignature::sign("GET", path, b"", &party(HERE), world.now(), &key(seed));
            let mut asked = world.http.get(&url);
            for (name, value) in signed.headers() {
                asked = asked.header(name, value);
            }
            assert_eq!(asked.send().await.unwrap().bytes().await.unwrap(), plain, "{path} by key {seed}");
        }
    }
    let absent = world.http.get(format!("{}/v1/notes/{}", observer.url, sha256(b"none"))).send().await.unwrap();
    assert_eq!(absent.status(), 404);
    // The counters name no party, no mailbox and no submission.
    let metrics = world.http.get(format!("{}/metrics", observer.url)).send().await.unwrap().text().await.unwrap();
    for secret in [MAILBOX.to_string(), world.declaration.to_string(), sha256(&[1]).to_string(), "south".to_owned()] {
        assert!(!metrics.contains(&secret), "the metrics show {secret}");
    }
    observer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_does_not_exist_is_refused_in_the_same_bytes_as_one_that_does() {
    let directory = tempfile::tempdir().unwrap();
    let annex = contacts_annex("http://127.0.0.1:9/hook");
    let (world, observer) = world_with_one_item(&annex, directory.path()).await;
    let (real, declared) = (MAILBOX, world.declaration);
    let (none, undeclared) = (MailboxId::from_bytes([8; 16]), sha256(b"no declaration"));
    for path in ["/v1/poll", "/v1/fetch", "/v1/listing"] {
        for hand in [OtherParty, Owner, Exchange, Stranger, Anonymous] {
            let mut answers = BTreeSet::new();
            for (mailbox, declaration) in [(real, declared), (none, declared), (real, undeclared), (none, undeclared)] {
                for n in [1, 2] {
                    let body = match path {
                        "/v1/poll" => {
                            serde_json::to_vec(&PollRequest { declaration, mailbox, after: n, wait_seconds: 0 })
                        }
                        "/v1/fetch" => serde_json::to_vec(&FetchRequest { declaration, mailbox, n }),
                        _ => serde_json::to_vec(&ListingRequest { declaration, mailbox, not_before: None }),
                    };
                    let sent = ("application/json", body.unwrap());
                    answers.insert(knock(&world, &observer, path, sent, hand, 21).await);
                }
            }
            assert_eq!(answers.len(), 1, "{path} tells {hand:?} what exists");
            assert_eq!(answers.first().unwrap().0, 403);
        }
    }
    observer.stop().await;
}

fn ack(world: &World, signer: &SecretKey, iss: &str, mailbox: MailboxId, declaration: Digest) -> Statement {
    let log = world.logs.lock().unwrap().log.checkpoint();
    let head = ChainHead::empty(&world.chain()).push(&world.consignment(1, Urgency::Flash).consign.item());
    let payload = MailboxHeadAck {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party(iss),
        iat: world.now(),
        anchor: Some(anchor(&log)),
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        mailbox,
        heads: vec![KnownHead { custodian: party(HERE), declaration, n: head.n, h: head.h }],
    };
    Statement::sign(&payload, &[signer]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_in_wrong_hands_change_nothing_and_tell_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let annex = contacts_annex("http://127.0.0.1:9/hook");
    let (world, observer) = world_with_one_item(&annex, directory.path()).await;
    let (none, undeclared) = (MailboxId::from_bytes([8; 16]), sha256(b"no declaration"));
    let post = async |path: &str, statement: &Statement| {
        let response = world.post(&observer, path, STATEMENT_TYPE, statement.as_bytes().to_vec()).await;
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    };
    // A head is acknowledged by the recipient's mailbox key alone.
    let own = ack(&world, &key(21), "south.example", MAILBOX, world.declaration);
    let (status, body) = post("/v1/acks", &own).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    for (seed, iss) in [(31, "east.example"), (31, "south.example"), (77, "south.example"), (11, HERE)] {
        let there = post("/v1/acks", &ack(&world, &key(seed), iss, MAILBOX, world.declaration)).await;
        assert_eq!(there.0, 403, "an ack by {seed} as {iss}: {}", String::from_utf8_lossy(&there.1));
        for (mailbox, declaration) in [(none, world.declaration), (MAILBOX, undeclared), (none, undeclared)] {
            let absent = post("/v1/acks", &ack(&world, &key(seed), iss, mailbox, declaration)).await;
            assert_eq!(absent, there, "an ack by {seed} as {iss} learns which mailboxes exist");
        }
    }
    // A reply by a party that is not the recipient reads the same for an item that exists and one that does not.
    for (seed, iss) in [(32, "east.example"), (32, "south.example"), (77, "south.example"), (11, HERE)] {
        let here = post("/v1/replies", &world.reply(sha256(&[1]), &key(seed), iss)).await;
        let absent = post("/v1/replies", &world.reply(sha256(&[9]), &key(seed), iss)).await;
        assert!([403, 404].contains(&here.0), "a reply by {seed} as {iss}: {}", here.0);
        assert_eq!(here, absent, "a reply by {seed} as {iss} learns which submissions lie here");
    }
    observer.stop().await;
}
