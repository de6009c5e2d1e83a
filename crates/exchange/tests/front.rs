//! The exchange behind its listener: the description of the interface, proxies, large bodies, figures, and new keys.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod common;

use common::*;
use monition_evidence::encoding::sha256;
use monition_evidence::framing::Bodies;
use monition_evidence::keys::{Algorithm, EnrolledKey, key_set_digest};
use monition_evidence::statement::Revocation;
use monition_evidence::values::SizeClass;
use monition_evidence::{KeyUse, SecretKey, Statement};
use monition_exchange::limits::Rate;
use monition_exchange::{Config, Running, StartError, SystemClock, init, rotate, start};

async fn begin(config: Config) -> Running {
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    start(config, keys(), std::future::pending()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_path_is_served_and_takes_no_other_method() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let running = begin(config(directory.path(), &[&lantern])).await;
    let client = Client::new(&running);
    client.checkpoint("log").await;
    let (status, document) = client.get("/openapi.json").await;
    assert_eq!(status, 200);
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    // A tile needs an entry: the directory has one.
    let example = |path: &str| path.replace("{log}", "directory").replace("{path}", "entries/000.p/1");
    for (path, methods) in document["paths"].as_object().unwrap() {
        let url = format!("{}{}", client.url, example(path));
        let other = client.http.put(&url).send().await.unwrap();
        assert_eq!(other.status().as_u16(), 405, "PUT {path}");
        for method in methods.as_object().unwrap().keys() {
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = client.http.request(method.clone(), &url).send().await.unwrap();
            assert!(![404, 405].contains(&answer.status().as_u16()), "{method} {path}: {}", answer.status());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_by_address_count_the_client_that_a_trusted_proxy_names_and_nobody_elses_word() {
    for (trusted, expected) in [(true, [404, 404, 429, 404]), (false, [404, 404, 429, 429])] {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path(), &[]);
        config.limits.failures = Rate { per_second: 1, burst: 2 };
        if trusted {
            config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        }
        let running = begin(config).await;
        let client = Client::new(&running);
        let mut found = Vec::new();
        for address in ["198.51.100.1", "198.51.100.1", "198.51.100.1", "198.51.100.2"] {
            let body = format!("{{\"leaf\":\"{}\"}}", sha256(b"nothing"));
            let request = client.http.post(format!("{}/v1/proof", client.url)).body(body);
            let request = request.header("content-type", "application/json").header("x-forwarded-for", address);
            found.push(request.send().await.unwrap().status().as_u16());
        }
        assert_eq!(found, expected, "trusted: {trusted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_checked_as_small_ones_are_and_the_figures_show_it() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let running = begin(config(directory.path(), &[&lantern])).await;
    let client = Client::new(&running);
    let (custodian, north, south) =
        (custodian(21).await, party(31, KeyUse::Mailbox, None), party(32, KeyUse::Mailbox, None));
    let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
    for entry in [&custodian.party.enrolment, &north.enrolment, &south.enrolment, &declaration] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let anchor = anchor_of(&client.checkpoint("log").await);
    let size = 3_000_000;
    let large = Bodies::new(vec![vec![7; size]]).unwrap();
    let class = |s: &mut monition_evidence::statement::Submission| s.size_class = SizeClass::of(size as u64);
    let sent = submission(&north, &declaration, anchor.clone(), &large, (1, None), class);
    let other = Bodies::new(vec![vec![8; size]]).unwrap();
    assert_eq!(client.submit(&sent, &other).await.unwrap_err().code, "evidence-bodies");
    client.submit(&sent, &large).await.unwrap();
    // The class is the smallest, and the bodies are not.
    let wrong = submission(&north, &declaration, anchor, &large, (2, Some(sent.digest())), |_| {});
    assert_eq!(client.submit(&wrong, &large).await.unwrap_err().code, "evidence-bodies");

    let (_, page) = client.get("/metrics").await;
    let page = String::from_utf8(page).unwrap();
    let value = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in\n{page}")).parse::<f64>().unwrap()
    };
    assert_eq!(value("monition_http_request_duration_seconds_count{class=\"submission\"}"), 3.0);
    assert_eq!(value("monition_http_request_duration_seconds_count{class=\"directory\"}"), 4.0);
    assert!(value("monition_http_request_duration_seconds_sum{class=\"submission\"}") > 0.0);
    assert_eq!(value("monition_batch_leaves_count"), value("monition_batches_total"));
    assert_eq!(value("monition_batch_leaves_sum"), value("monition_leaves_total"));
    assert!(value("monition_connections_open") >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_replaces_its_keys_while_it_does_not_run() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let config = config(directory.path(), &[&lantern]);
    let (fresh, later) = (SecretKey::from_seed(&[77; 32]), SecretKey::from_seed(&[78; 32]));
    let enrolled = |key: &SecretKey| EnrolledKey {
        alg: Algorithm::Ed25519,
        public: key.public(),
        key_use: KeyUse::Exchange,
        role: None,
    };
    let digest = |key: &SecretKey| key_set_digest(&[key.public().kid()]);
    let clock = SystemClock::default();
    init(&config, &keys(), digest(&fresh), &clock).await.unwrap();
    let old = SecretKey::from_seed(&keys().exchange);
    let rotated = async || rotate(&config, &old, &[&fresh], vec![enrolled(&fresh)], digest(&later), &clock).await;

    let running = start(config.clone(), keys(), std::future::pending()).await.unwrap();
    assert!(matches!(rotated().await, Err(StartError::Directory(_))), "it runs");
    Client::new(&running).checkpoint("directory").await;
    running.stop();
    running.stopped().await;

    // Keys that were not announced are refused, and nothing is written.
    let wrong = rotate(&config, &old, &[&later], vec![enrolled(&later)], digest(&later), &clock).await.unwrap_err();
    assert!(wrong.to_string().contains("not the ones that it announced"), "{wrong}");
    assert_eq!(rotated().await.unwrap(), 1);
    // Cut off after the entry was written, it finds the entry.
    assert_eq!(rotated().await.unwrap(), 1);
    assert!(matches!(start(config.clone(), keys(), std::future::pending()).await, Err(StartError::OtherKey)));
    let new = monition_exchange::ExchangeKeys { exchange: fresh.seed(), ..keys() };
    let running = start(config, new, std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    client.checkpoint("directory").await;
    let (_, about) = client.get("/directory/tile/entries/000.p/2").await;
    assert!(!about.is_empty(), "the entry is published");
    // What the exchange signs now stands under the new key.
    let (custodian, north, south) =
        (custodian(21).await, party(31, KeyUse::Mailbox, None), party(32, KeyUse::Mailbox, None));
    let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
    for entry in [&custodian.party.enrolment, &north.enrolment, &south.enrolment, &declaration] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let anchor = anchor_of(&client.checkpoint("log").await);
    let sealed = bodies(b"sealed core");
    let sent = submission(&north, &declaration, anchor, &sealed, (1, None), |_| {});
    client.submit(&sent, &sealed).await.unwrap().verify(&fresh.public()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_whose_key_was_revoked_accepts_nothing_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let lantern = witness("lantern.example/witness", 11).await;
    let config = config(directory.path(), &[&lantern]);
    let first = init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let (custodian, north, south) =
        (custodian(21).await, party(31, KeyUse::Mailbox, None), party(32, KeyUse::Mailbox, None));
    let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
    for entry in [&custodian.party.enrolment, &north.enrolment, &south.enrolment, &declaration] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let anchor = anchor_of(&client.checkpoint("log").await);
    let sealed = bodies(b"sealed core");
    let sent = submission(&north, &declaration, anchor.clone(), &sealed, (1, None), |_| {});
    client.submit(&sent, &sealed).await.unwrap();

    let key = SecretKey::from_seed(&keys().exchange);
    let revocation = Revocation {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: exchange_name().as_party(),
        iat: now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        party: exchange_name().as_party(),
        seq: 1,
        previous: first.identity(),
        kid: key.public().kid(),
        suspected_since: None,
    };
    let revocation = Statement::sign(&revocation, &[&key]).unwrap();
    let (status, answer) = client.statement("/v1/directory", &revocation).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    let next = submission(&north, &declaration, anchor, &sealed, (2, Some(sent.digest())), |_| {});
    let refused = client.submit(&next, &sealed).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("internal-key-ended", 503));
    assert_eq!(client.case(next.digest()).await, [], "nothing about it was logged");
}
