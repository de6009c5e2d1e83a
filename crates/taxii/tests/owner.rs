//! What the owner and the operator of a server do.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where something is not as expected")]

mod common;

use bytes::Bytes;
use common::*;
use monition_intel::taxii::Identifier;
use monition_taxii::{EventKind, Options, Outcome, Placed, Right, Tlp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

#[test]
fn what_is_posted_to_a_feed_is_an_event_with_the_hash_of_each_object() {
    let world = start();
    let object = fresh();
    world.client("alice").add(COLL, &[object.clone(), fresh()]);
    let outbox = world.server.outbox();
    let events = world.block_on(outbox.next(10)).unwrap();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.kind, &*event.account, event.collection), (EventKind::Posted, "alice", id(COLL)));
    assert_eq!((&event.objects[0].id, event.objects.len()), (&id_of(&object), 2));
    assert!(event.objects[0].date_added < event.objects[1].date_added);
    let bytes = world.block_on(outbox.bytes(event.objects[0].key)).unwrap().unwrap();
    assert_eq!(event.objects[0].sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
    assert_eq!(bytes, object.to_string().into_bytes());
    world.block_on(outbox.done(event, Outcome::Success { message: None })).unwrap();
    assert!(world.block_on(outbox.next(10)).unwrap().is_empty());
}

#[test]
fn an_object_for_warnings_is_pending_until_the_owner_says_what_became_of_it() {
    let world = start();
    let mut alice = world.client("alice");
    let objects = [fresh(), fresh(), fresh()];
    let status = alice.add(WARNINGS, &objects).json();
    assert_eq!((status["status"].as_str(), &status["pending_count"]), (Some("pending"), &json!(3)));
    let path = format!("/api1/status/{}/", status["id"].as_str().unwrap());
    let status_id = id(status["id"].as_str().unwrap());
    let version = "2020-01-01T00:00:00.000Z";
    let failure = Outcome::Failure { reason: "no such recipient".to_owned() };
    assert!(world.block_on(world.server.resolve(status_id, &id_of(&objects[1]), version, failure.clone())).unwrap());
    assert!(!world.block_on(world.server.resolve(status_id, &id_of(&objects[1]), version, failure)).unwrap());
    let dir = world.stop();
    let world = start_in(dir, CONFIG, Options::default());
    let mut alice = world.client("alice");
    let outbox = world.server.outbox();
    let events = world.block_on(outbox.next(10)).unwrap();
    assert_eq!(events[0].status, Some(status_id), "events outlive a restart");
    let message = Some("warning 7 is submitted".to_owned());
    world.block_on(outbox.done(&events[0], Outcome::Success { message })).unwrap();
    let status = alice.get(&path).expect(200).json();
    assert_eq!((status["status"].as_str(), &status["success_count"]), (Some("complete"), &json!(2)));
    assert_eq!(status["successes"][0]["message"], "warning 7 is submitted");
    assert_eq!(status["failures"][0]["message"], "no such recipient");
    assert_eq!(alice.get(&objects_of(WARNINGS)).ids(), [id_of(&objects[0]), id_of(&objects[2])], "what failed is gone");
}

#[test]
fn what_is_served_of_warnings_is_recorded_once_for_each_account_and_version() {
    let world = start();
    world.client("alice").add(WARNINGS, &[fresh(), fresh()]);
    let mut bob = world.client("bob");
    bob.request("HEAD", &objects_of(WARNINGS), &[], b"").expect(200);
    bob.get(&manifest_of(WARNINGS)).expect(200);
    bob.get(&format!("{}?limit=1", objects_of(WARNINGS))).expect(200);
    bob.get(&objects_of(WARNINGS)).expect(200);
    bob.get(&objects_of(WARNINGS)).expect(200);
    world.client("alice").get(&objects_of(WARNINGS)).expect(200);
    let events = world.block_on(world.server.outbox().next(10)).unwrap();
    let served: Vec<(&str, usize)> = events
        .iter()
        .filter(|event| event.kind == EventKind::Served)
        .map(|event| (&*event.account, event.objects.len()))
        .collect();
    assert_eq!(served, [("bob", 1), ("bob", 1), ("alice", 2)]);
}

#[test]
fn the_owner_places_objects_for_some_or_all() {
    let world = start();
    let (for_bob, for_all) = (fresh(), fresh());
    let bytes = |object: &serde_json::Value| Bytes::from(object.to_string());
    let server = &world.server;
    let placed = world.block_on(server.put(id(COLL), vec![bytes(&for_bob)], &["bob".to_owned()])).unwrap();
    assert!(matches!(placed[..], [Placed::Added { .. }]));
    let more = vec![bytes(&for_all), bytes(&for_all), Bytes::from_static(b"{}")];
    let placed = world.block_on(server.put(id(COLL), more, &[])).unwrap();
    assert!(matches!(placed[..], [Placed::Added { .. }, Placed::Present, Placed::Refused { .. }]));
    assert!(world.block_on(server.put(id(COLL), vec![], &["nobody".to_owned()])).is_err());
    assert_eq!(world.client("bob").get(&objects_of(COLL)).ids(), [id_of(&for_bob), id_of(&for_all)]);
    let mut carol = world.client("carol");
    assert_eq!(carol.get(&objects_of(COLL)).ids(), [id_of(&for_all)]);
    assert_eq!(carol.get(&format!("{}?match[id]={}", objects_of(COLL), id_of(&for_bob))).json(), json!({}));
    carol.get(&format!("{}{}/", objects_of(COLL), id_of(&for_bob))).expect(404);
    let page = carol.get(&format!("{}?limit=1", manifest_of(COLL))).json();
    assert_eq!(page["more"], false, "what is addressed to others leaves no trace");
    // A version addressed to bob: for carol the older one stays the last.
    let newer = indicator(&id_of(&for_all), "2020-02-01T00:00:00.000Z");
    world.block_on(server.put(id(COLL), vec![bytes(&newer)], &["bob".to_owned()])).unwrap();
    let path = format!("{}{}/", objects_of(COLL), id_of(&for_all));
    let last = |client: &mut Client| client.get(&path).json()["objects"][0]["modified"].as_str().unwrap().to_owned();
    assert_eq!(last(&mut carol), "2020-01-01T00:00:00.000Z");
    assert_eq!(last(&mut world.client("bob")), "2020-02-01T00:00:00.000Z");
    assert_eq!(carol.get(&objects_of(COLL)).ids().len(), 1);
    assert_eq!(world.client("bob").get(&objects_of(COLL)).ids().len(), 2);
}

#[test]
fn posted_objects_are_for_whom_the_owner_says_and_for_their_sender() {
    let mut options = Options::default();
    options.addressing = Some(Arc::new(|_, _, bytes| {
        let private = bytes.windows(7).any(|window| window == b"private");
        if private { vec!["bob".to_owned()] } else { Vec::new() }
    }));
    let world = start_with(CONFIG, options);
    let mut private = fresh();
    private["name"] = json!("private");
    world.client("alice").add(COLL, &[private.clone(), fresh()]);
    assert_eq!(world.client("alice").get(&objects_of(COLL)).ids().len(), 2);
    assert_eq!(world.client("bob").get(&objects_of(COLL)).ids().len(), 2);
    assert_eq!(world.client("carol").get(&objects_of(COLL)).ids().len(), 1);
    let again = world.client("alice").add(COLL, &[private]).json();
    assert_eq!(again["successes"][0]["message"], "already present");
}

#[test]
fn what_the_operator_changes_is_in_force_within_a_second() {
    let world = start();
    let eventually = |what: &str, mut holds: Box<dyn FnMut() -> bool + '_>| {
        let begin = Instant::now();
        while !holds() {
            assert!(begin.elapsed() < Duration::from_secs(2), "{what}");
            // A failed login is counted: polling faster would use up what one address may fail.
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    let mut admin = world.server.admin().unwrap();
    admin.add_account("dora").unwrap();
    admin.set_password("dora", "old password").unwrap();
    let mut dora = world.stranger();
    dora.authorization = Some("Basic ZG9yYTpvbGQgcGFzc3dvcmQ=".to_owned());
    eventually("a new account", Box::new(|| dora.get("/taxii2/").status == 200));
    dora.get(&objects_of(COLL)).expect(404);
    let right = Right { read: true, write: false, delete: false, tlp: Tlp::Green };
    admin.grant("dora", id(COLL), right).unwrap();
    eventually("a grant", Box::new(|| dora.get(&objects_of(COLL)).status == 200));
    admin.revoke("dora", id(COLL)).unwrap();
    eventually("a revocation", Box::new(|| dora.get(&objects_of(COLL)).status == 404));
    admin.set_password("dora", "new password").unwrap();
    eventually("a new password ends the old one", Box::new(|| dora.get("/taxii2/").status == 401));
    let token = admin.new_token("dora", "laptop").unwrap();
    assert!(admin.new_token("dora", "laptop").is_err());
    let listed = admin.list().unwrap();
    let info = listed.iter().find(|account| account.name == "dora").unwrap();
    assert!(info.password && info.tokens == ["laptop"] && !format!("{listed:?}").contains(&token));
    dora.authorization = Some(format!("Bearer {token}"));
    world.server.reload_accounts().unwrap();
    dora.get("/taxii2/").expect(200);
    admin.revoke("alice", id(COLL)).unwrap();
    admin.remove_account("dora").unwrap();
    world.server.reload_accounts().unwrap();
    dora.get("/taxii2/").expect(401);
    world.client("alice").get(&objects_of(COLL)).expect(404);
    for wrong in ["", "a:b", "a\nb"] {
        assert!(admin.add_account(wrong).is_err());
    }
    assert!(admin.set_password("alice", "short").is_err());
}

#[test]
fn counters_say_what_happened() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &[fresh()]);
    for _ in 0..3 {
        alice.get(&objects_of(COLL)).expect(200);
    }
    world.stranger().get("/taxii2/").expect(401);
    let counts = world.server.counts();
    assert_eq!((counts.objects_added, counts.pages_read, counts.pages_from_memory), (1, 1, 2));
    assert_eq!((counts.requests, counts.unauthenticated, counts.refused), (5, 1, 1));
    assert!(counts.named().iter().any(|(name, value)| *name == "objects_added" && *value == 1));
}
