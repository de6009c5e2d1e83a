//! Wrong hands: every endpoint of an exchange × everybody who might knock, with the answer that each must get.
//!
//! `openapi.json` gives the list of endpoints; one without a row here fails the test.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

mod common;

use common::*;
use monition_evidence::encoding::sha256;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::wire::{ChainRequest, Problem};
use monition_evidence::{KeyUse, PartyName, SecretKey, UnixSeconds};
use monition_exchange::{SystemClock, init, start};
use std::collections::{BTreeMap, BTreeSet};

/// How an endpoint decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Open to all; whatever signature comes along is not looked at.
    Open,
    /// A signed request by a statement key in force.
    Signed,
    /// The statement in the body carries its own signature.
    Statement,
    /// Whoever knows an identifier of 128 bits or more; guesses are counted.
    Known,
}

fn table() -> BTreeMap<(&'static str, &'static str), Rule> {
    BTreeMap::from([
        (("get", "/healthz"), Rule::Open),
        (("get", "/metrics"), Rule::Open),
        (("get", "/openapi.json"), Rule::Open),
        (("get", "/v1/about"), Rule::Open),
        (("get", "/{log}/checkpoint"), Rule::Open),
        (("get", "/{log}/tile/{path}"), Rule::Open),
        (("post", "/v1/directory"), Rule::Statement),
        (("post", "/v1/submissions"), Rule::Statement),
        (("post", "/v1/statements"), Rule::Statement),
        (("post", "/v1/commitments"), Rule::Signed),
        (("post", "/v1/chain"), Rule::Signed),
        (("post", "/v1/case"), Rule::Known),
        (("post", "/v1/proof"), Rule::Known),
        (("post", "/v1/notes"), Rule::Known),
        (("post", "/v1/envelope"), Rule::Known),
    ])
}

/// One signed request with everything that can be wrong about it.
struct Knock<'a> {
    key: Option<&'a SecretKey>,
    audience: &'a str,
    created: UnixSeconds,
    signed_path: &'a str,
    signed_body: Vec<u8>,
}

async fn knock(client: &Client, path: &str, body: &[u8], knock: &Knock<'_>) -> (u16, String) {
    let mut request = client.http.post(format!("{}{path}", client.url)).body(body.to_vec());
    if let Some(key) = knock.key {
        let audience = PartyName::parse(knock.audience).unwrap();
        let signed =
            RequestSignature::sign("POST", knock.signed_path, &knock.signed_body, &audience, knock.created, key);
        for (name, value) in signed.headers() {
            request = request.header(name, value);
        }
    }
    let response = request.header("content-type", "application/json").send().await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    (status, Problem::parse(&bytes).map(|problem| problem.code).unwrap_or_default())
}

/// Who asks, with which key, for whom, when, with the path and the body that were signed; and what is expected.
type Hand<'a> = (&'a str, Option<&'a SecretKey>, &'a str, UnixSeconds, &'a str, Vec<u8>, (u16, &'a str));

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_gives_every_hand_exactly_what_the_table_says() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), &[]);
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let [north, south, stranger] = [31, 32, 33].map(|seed| party(seed, KeyUse::Mailbox, None));
    for entry in [&north.enrolment, &south.enrolment] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let table = table();
    let document: serde_json::Value = serde_json::from_str(include_str!("../src/openapi.json")).unwrap();
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect();
    let rows: BTreeSet<_> = table.keys().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(documented, rows, "an endpoint without a row, or a row without an endpoint");

    // Signed requests.
    let chain = ChainRequest { sender: north.name.clone(), recipient: south.name.clone() };
    let chain = serde_json::to_vec(&chain).unwrap();
    let exchange_key = SecretKey::from_seed(&[103; 32]);
    let (here, now) = ("exchange.example", now());
    let early = UnixSeconds::new(now.value() - 70);
    let mut signed = 0;
    for ((_, path), rule) in &table {
        if *rule != Rule::Signed {
            continue;
        }
        let body = if *path == "/v1/chain" { chain.clone() } else { vec![5; 32] };
        let swapped = || body.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>();
        // A commitment says nothing but that its party made it: any party may. A chain is its sender's.
        let other = if *path == "/v1/chain" { (422, "evidence-not-authorised") } else { (200, "") };
        let unsigned = (401, "usage-unsigned");
        let cells: [Hand<'_>; 12] = [
            ("the right hand", Some(&north.statement), here, now, path, body.clone(), (200, "")),
            ("another party", Some(&south.statement), here, now, path, body.clone(), other),
            ("a key of another use", Some(&north.other), here, now, path, body.clone(), (403, "usage-forbidden")),
            ("the exchange itself", Some(&exchange_key), here, now, path, body.clone(), (403, "usage-forbidden")),
            ("a key that nobody enrolled", Some(&stranger.statement), here, now, path, body.clone(), unsigned),
            ("no signature", None, here, now, path, body.clone(), unsigned),
            ("another audience", Some(&north.statement), "other.example", now, path, body.clone(), unsigned),
            ("70 s old", Some(&north.statement), here, early, path, body.clone(), unsigned),
            ("70 s ahead", Some(&north.statement), here, now.plus(70), path, body.clone(), unsigned),
            ("another body", Some(&north.statement), here, now, path, swapped(), unsigned),
            ("another path", Some(&north.statement), here, now, "/v1/other", body.clone(), unsigned),
            ("an empty path", Some(&north.statement), here, now, "", body.clone(), unsigned),
        ];
        for (what, key, audience, created, signed_path, signed_body, expected) in cells {
            let found = knock(&client, path, &body, &Knock { key, audience, created, signed_path, signed_body }).await;
            assert_eq!((found.0, found.1.as_str()), expected, "{path}: {what}");
            signed += 1;
        }
    }
    assert_eq!(signed, 24);

    // Identifiers that nobody has: one answer for all, whoever asks.
    for (path, member) in [("/v1/case", "submission"), ("/v1/proof", "leaf"), ("/v1/notes", "note")] {
        assert_eq!(table[&("post", path)], Rule::Known);
        let mut answers = BTreeSet::new();
        for guess in [1_u8, 2, 3] {
            let digest = sha256(&[guess]).to_string();
            let body = format!("{{\"{member}\":\"{digest}\"}}").into_bytes();
            let (status, bytes) = client.post(path, "application/json", body).await;
            answers.insert((status, String::from_utf8(bytes).unwrap().replace(&digest, "…")));
        }
        assert_eq!(answers.len(), 1, "{path}: {answers:?}");
        assert!(answers.iter().all(|(status, _)| [200, 404].contains(status)), "{answers:?}");
    }

    // A statement whose signer nobody enrolled, and one whose last byte before the end was changed.
    for path in ["/v1/statements", "/v1/directory"] {
        assert_eq!(table[&("post", path)], Rule::Statement);
        let mut altered = south.enrolment.as_bytes().to_vec();
        let at = altered.len() / 2;
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let (status, _) = client.post(path, monition_evidence::wire::STATEMENT_TYPE, altered).await;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    let foreign = declaration(&stranger, vec![north.name.clone()], 1);
    let (status, _) = client.statement("/v1/directory", &foreign).await;
    assert!((400..500).contains(&status), "a declaration by somebody who is nobody: {status}");
}
