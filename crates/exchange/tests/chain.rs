//! Where a chain of submissions stands: told to its sender and to a delegate that may send, and to nobody else.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

mod common;

use common::*;
use monition_evidence::encoding::sha256;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::statement::{DelegatedRight, Delegation};
use monition_evidence::wire::{ChainAnswer, ChainRequest, Problem};
use monition_evidence::{Body, Digest, KeyUse, PartyName, SecretKey, Statement, UnixSeconds};
use monition_exchange::{SystemClock, init, start};

/// A delegation by a party whose last entry is `previous`.
fn delegation(
    from: &Party,
    seq: u64,
    previous: Digest,
    to: &Party,
    rights: &[DelegatedRight],
    until: u64,
) -> Statement {
    let payload = Delegation {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: from.name.clone(),
        iat: now(),
        anchor: None,
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        seq,
        previous,
        delegate: to.name.clone(),
        rights: rights.to_vec(),
        until: UnixSeconds::new(until),
    };
    Statement::sign(&payload, &[&from.statement]).unwrap()
}

/// Asks, and gives the answer or the code of the refusal.
async fn ask(client: &Client, key: &SecretKey, sender: &PartyName, to: &PartyName) -> Result<ChainAnswer, String> {
    let request = ChainRequest { sender: sender.clone(), recipient: to.clone() };
    let body = serde_json::to_vec(&request).unwrap();
    let audience = exchange_name().as_party();
    let signed = RequestSignature::sign("POST", "/v1/chain", &body, &audience, now(), key);
    let mut request = client.http.post(format!("{}/v1/chain", client.url)).body(body);
    for (name, value) in signed.headers() {
        request = request.header(name, value);
    }
    let response = request.send().await.unwrap();
    let ok = response.status().is_success();
    let bytes = response.bytes().await.unwrap();
    match ok {
        true => Ok(serde_json::from_slice(&bytes).unwrap()),
        false => Err(serde_json::from_slice::<Problem>(&bytes).unwrap().code),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_and_its_delegate_learn_the_last_number_and_nobody_else_does() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), &[]);
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    let client = Client::new(&running);
    let custodian = custodian(21).await;
    let [north, south, east] = [31, 32, 33].map(|seed| party(seed, KeyUse::Mailbox, None));
    let declared = declaration(&south, vec![custodian.party.name.clone()], 1);
    for entry in [&custodian.party.enrolment, &north.enrolment, &south.enrolment, &east.enrolment, &declared] {
        assert_eq!(client.statement("/v1/directory", entry).await.0, 200);
    }
    let none = ChainAnswer { seq: 0, prev_sub: None, acceptance: None };
    assert_eq!(ask(&client, &north.statement, &north.name, &south.name).await, Ok(none.clone()));

    let anchor = anchor_of(&client.checkpoint("log").await);
    let bodies = bodies(b"sealed core");
    let first = submission(&north, &declared, anchor.clone(), &bodies, (1, None), |_| {});
    let acceptance = client.submit(&first, &bodies).await.unwrap();
    let last =
        ChainAnswer { seq: 1, prev_sub: Some(first.digest()), acceptance: Some(acceptance.as_text().into_owned()) };
    assert_eq!(ask(&client, &north.statement, &north.name, &south.name).await, Ok(last.clone()));
    // A refused number changes nothing.
    let refused = client.submit(&submission(&north, &declared, anchor, &bodies, (1, None), |_| {}), &bodies).await;
    assert_eq!(refused.unwrap_err().code, "evidence-sequence");
    assert_eq!(ask(&client, &north.statement, &north.name, &south.name).await, Ok(last.clone()));

    // The recipient, a stranger, a key of another use, a key that nobody enrolled.
    for (key, code) in [
        (&south.statement, "evidence-not-authorised"),
        (&east.statement, "evidence-not-authorised"),
        (&north.other, "usage-forbidden"),
        (&party(77, KeyUse::Mailbox, None).statement, "usage-unsigned"),
    ] {
        assert_eq!(ask(&client, key, &north.name, &south.name).await, Err(code.to_owned()));
    }
    // Each delegation takes the place of the one before.
    let (later, past) = (now().value() + 600, now().value() - 1);
    let mut previous = north.enrolment.identity();
    for (seq, (rights, until, allowed)) in [
        (&[DelegatedRight::Receive, DelegatedRight::Answer][..], later, false),
        (&[DelegatedRight::Send], later, true),
        (&[DelegatedRight::Send], past, false),
        (&[DelegatedRight::Send], later, true),
        (&[], later, false),
    ]
    .into_iter()
    .enumerate()
    {
        let entry = delegation(&north, seq as u64 + 1, previous, &east, rights, until);
        assert_eq!(client.statement("/v1/directory", &entry).await.0, 200);
        previous = entry.identity();
        let expected = if allowed { Ok(last.clone()) } else { Err("evidence-not-authorised".to_owned()) };
        assert_eq!(ask(&client, &east.statement, &north.name, &south.name).await, expected, "delegation {seq}");
    }
    assert!(matches!(acceptance.body(), Body::SubmissionAcceptance(a) if a.submission == first.digest()));
}
