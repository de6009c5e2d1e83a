//! TAXII at the exchange: what is posted to a feed is accepted with evidence, through a crash too; what is posted to
//! `warnings` goes to a host, and what is read there is handed over on record.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod common;

use common::*;
use monition_evidence::encoding::sha256;
use monition_evidence::{Body, Digest, SecretKey, Statement};
use monition_exchange::taxii::{
    Boxed, EnvelopeAnswer, EnvelopeRequest, Later, PostedWarnings, ServedWarnings, Taken, WarningsHost,
    account_session, objects_root,
};
use monition_exchange::{Config, Parts, Running, StartError, SystemClock, init, start, start_with};
use monition_taxii::Admin;
use monition_tlog::{LeafIndex, SignedCheckpoint, leaf_hash, verify_inclusion};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FEED: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
const TAXII: &str = "application/taxii+json;version=2.1";

fn taxii(kind: &str) -> monition_taxii::Config {
    serde_json::from_value(json!({
        "title": "exchange.example",
        "api_roots": [{
            "path": "feeds", "title": "Feeds",
            "collections": [{
                "id": FEED, "alias": "indicators", "title": "Indicators", "kind": kind,
                "grants": [{ "account": "north", "read": true, "write": true }, { "account": "south", "read": true }]
            }]
        }]
    }))
    .unwrap()
}

fn accounts(config: &Config) {
    let mut admin = Admin::open(&config.taxii_dir()).unwrap();
    for name in ["north", "south"] {
        admin.add_account(name).unwrap();
        admin.set_password(name, "a long password").unwrap();
    }
}

fn indicator(n: u8) -> Value {
    json!({
        "type": "indicator", "spec_version": "2.1", "id": format!("indicator--91a7b528-80eb-42ed-a74d-c6fbd5a261{n:02x}"),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
        "pattern": "[ipv4-addr:value = '198.51.100.7']", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"
    })
}

/// Posts objects; gives the status.
async fn post(client: &Client, objects: &[Value]) -> Value {
    let answer = client
        .http
        .post(format!("{}/feeds/collections/{FEED}/objects/", client.url))
        .basic_auth("north", Some("a long password"))
        .header("accept", TAXII)
        .header("content-type", TAXII)
        .body(serde_json::to_vec(&json!({ "objects": objects })).unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

async fn get(client: &Client, account: &str, path: &str) -> (u16, Value) {
    let request = client.http.get(format!("{}{path}", client.url)).basic_auth(account, Some("a long password"));
    let answer = request.header("accept", TAXII).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

async fn envelope(client: &Client, status: &str) -> EnvelopeAnswer {
    let body = serde_json::to_vec(&EnvelopeRequest { status: status.to_owned() }).unwrap();
    for _ in 0..1000 {
        let (code, answer) = client.post("/v1/envelope", "application/json", body.clone()).await;
        if code == 200 {
            return serde_json::from_slice(&answer).unwrap();
        }
        assert_eq!(code, 503, "{}", String::from_utf8_lossy(&answer));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no acceptance");
}

async fn figure(client: &Client, name: &str) -> u64 {
    let page = String::from_utf8(client.get("/metrics").await.1).unwrap();
    let line = page.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
}

async fn stop(running: Running) {
    running.stop();
    running.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_to_a_feed_is_accepted_in_the_log_with_the_hash_of_each_object() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let mut config = config(directory.path(), &[&lantern]);
    config.taxii = Some(taxii("feed"));
    accounts(&config);
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);

    // The exchange's own resources and TAXII's are there side by side.
    assert_eq!(get(&client, "north", "/taxii2/").await.1["title"], "exchange.example");
    assert_eq!(client.get("/healthz").await.0, 200);
    assert_eq!(get(&client, "north", "/nowhere/").await.1["code"], "usage-not-found");

    let status = post(&client, &[indicator(1), indicator(2), json!({ "type": "nothing" })]).await;
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(2), &json!(1)));
    let found = envelope(&client, status["id"].as_str().unwrap()).await;
    let statement = Statement::parse(found.statement.as_bytes()).unwrap();
    statement.verify(&SecretKey::from_seed(&keys().exchange).public()).unwrap();
    let Body::EnvelopeAcceptance(acceptance) = statement.body() else { panic!("{}", statement.body().name()) };
    assert_eq!((acceptance.account.as_str(), acceptance.collection.as_str()), ("north", FEED));
    assert_eq!((acceptance.count, acceptance.party.as_ref()), (2, None));
    assert!(acceptance.first_added < acceptance.last_added);
    let (_, manifest) = get(&client, "north", "/feeds/collections/indicators/objects/").await;
    let served: Vec<Digest> = manifest["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| sha256(&serde_json::to_vec(object).unwrap()))
        .collect();
    // serde_json sorts members, and so did the body that was posted: the bytes are the same.
    assert_eq!(found.objects, served);
    assert_eq!(acceptance.objects, objects_root(&served));

    let leaf = statement.leaf(&exchange_name().log_origin());
    let proof = client.proof(leaf).await;
    let note = SignedCheckpoint::parse(proof.note.as_bytes()).unwrap();
    let hashes: Vec<_> = proof.hashes.iter().map(|hash| (*hash).into()).collect();
    let index = LeafIndex::new(proof.index);
    verify_inclusion(&leaf_hash(leaf.as_bytes()), index, &note.head(), &hashes).unwrap();

    // What is there already adds nothing, and so is accepted nowhere.
    let again = post(&client, &[indicator(1)]).await;
    let body = serde_json::to_vec(&json!({ "status": again["id"] })).unwrap();
    let (code, answer) = client.post("/v1/envelope", "application/json", body).await;
    assert_eq!(
        (code, serde_json::from_slice::<Value>(&answer).unwrap()["code"].as_str()),
        (404, Some("usage-unknown-status"))
    );
    assert_eq!(figure(&client, "monition_taxii_envelopes_total").await, 1);
    assert_eq!(figure(&client, "monition_taxii_objects_added_total").await, 2);
    stop(running).await;
}

/// What is in the folder of the TAXII server, put aside and put back.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in ["taxii.db", "taxii.db-wal"] {
        let _ = std::fs::remove_file(to.join(file));
        let _ = std::fs::copy(from.join(file), to.join(file));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_or_after_the_log_has_it_leaves_one_acceptance() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    // No checkpoint is cosigned, so nothing can be signed for want of an anchor: the envelope waits.
    lantern.asleep.store(true, Ordering::Relaxed);
    let mut config = config(directory.path(), &[&lantern]);
    config.taxii = Some(taxii("feed"));
    accounts(&config);
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config.clone(), keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let status = post(&client, &[indicator(1)]).await;
    let id = status["id"].as_str().unwrap().to_owned();
    let body = serde_json::to_vec(&json!({ "status": id })).unwrap();
    assert_eq!(client.post("/v1/envelope", "application/json", body).await.0, 503);
    stop(running).await;

    let (taxii, aside) = (config.taxii_dir(), directory.path().join("aside"));
    copy(&taxii, &aside);
    lantern.asleep.store(false, Ordering::Relaxed);
    let running = start(config.clone(), keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let first = envelope(&client, &id).await;
    let size = figure(&client, "monition_log_size").await;
    assert_eq!(size, 1);
    stop(running).await;

    // As if the machine had stopped before the event was taken out and before the acceptance was marked.
    copy(&aside, &taxii);
    let marks = rusqlite::Connection::open(taxii.join("evidence.db")).unwrap();
    assert_eq!(marks.execute("UPDATE envelope SET logged = 0", []).unwrap(), 1);
    drop(marks);
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    assert_eq!(envelope(&client, &id).await, first);
    assert_eq!(figure(&client, "monition_log_size").await, size, "the same statement was logged twice");
    let second = post(&client, &[indicator(2)]).await;
    envelope(&client, second["id"].as_str().unwrap()).await;
    assert_eq!(figure(&client, "monition_log_size").await, size + 1);
    stop(running).await;
}

/// A host that submits everything but what is called a secret, and can be told to wait.
#[derive(Default)]
struct Host {
    busy: AtomicBool,
    served: Mutex<Vec<ServedWarnings>>,
}

impl WarningsHost for Host {
    fn posted<'a>(&'a self, posted: &'a PostedWarnings) -> Boxed<'a, Result<Vec<Taken>, Later>> {
        Box::pin(async move {
            if self.busy.load(Ordering::SeqCst) {
                return Err(Later);
            }
            let taken = posted.objects.iter().map(|object| {
                if String::from_utf8_lossy(&object.bytes).contains("secret") {
                    return Taken::Refused { reason: "says too little".to_owned() };
                }
                Taken::Submitted { submission: sha256(object.id.as_bytes()), e: sha256(&object.bytes) }
            });
            Ok(taken.collect())
        })
    }

    fn served<'a>(&'a self, served: &'a ServedWarnings) -> Boxed<'a, Result<(), Later>> {
        Box::pin(async move {
            self.served.lock().unwrap().push(served.clone());
            Ok(())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_as_a_warning_goes_to_the_host_and_what_is_read_is_handed_over_on_record() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let mut config = config(directory.path(), &[&lantern]);
    config.taxii = Some(taxii("warnings"));
    accounts(&config);
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let refused = start(config.clone(), keys(), std::future::pending()).await.unwrap_err();
    assert!(matches!(&refused, StartError::Taxii(_)) && refused.hint().contains("feed"), "{refused}");

    let host = Arc::new(Host::default());
    host.busy.store(true, Ordering::SeqCst);
    let parts = Parts { warnings: Some(host.clone()), ..Parts::default() };
    let running = start_with(config, keys(), std::future::pending(), parts).await.unwrap();
    let client = Client::new(&running);
    let mut secret = indicator(2);
    secret["name"] = json!("secret");
    let status = post(&client, &[indicator(1), secret]).await;
    assert_eq!((&status["status"], &status["pending_count"]), (&json!("pending"), &json!(2)));
    host.busy.store(false, Ordering::SeqCst);
    let path = format!("/feeds/status/{}/", status["id"].as_str().unwrap());
    let status = loop {
        let (_, status) = get(&client, "north", &path).await;
        if status["status"] == "complete" {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(1), &json!(1)));

    let (_, read) = get(&client, "south", "/feeds/collections/indicators/objects/").await;
    assert_eq!(read["objects"].as_array().unwrap().len(), 1);
    let submission = sha256(indicator(1)["id"].as_str().unwrap().as_bytes());
    let handover = loop {
        let body = format!("{{\"submission\":\"{submission}\"}}").into_bytes();
        let (_, answer) = client.post("/v1/case", "application/json", body).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        if let Some(found) = answer["statements"].get(0).and_then(Value::as_str) {
            break Statement::parse(found.as_bytes()).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let Body::ContentHandover(said) = handover.body() else { panic!("{}", handover.body().name()) };
    assert_eq!((said.submission, said.n), (submission, 0));
    assert_eq!(said.e, sha256(&serde_json::to_vec(&indicator(1)).unwrap()));
    assert_eq!(said.session, account_session(&exchange_name(), "south"));
    assert_eq!(host.served.lock().unwrap()[0].submissions, [submission]);
    stop(running).await;
}
