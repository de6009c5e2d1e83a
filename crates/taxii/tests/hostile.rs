//! What strangers and broken clients send.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where something is not as expected")]

mod common;

use common::*;
use monition_taxii::Options;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

fn post_raw(client: &mut Client, collection: &str, body: &[u8]) -> Answer {
    client.request("POST", &objects_of(collection), &[("Content-Type", TAXII)], body)
}

#[test]
fn bombs_in_queries_end_at_named_limits() {
    let world = start();
    let mut alice = world.client("alice");
    let ids = |n: usize| (0..n).map(|n| format!("a--{n}")).collect::<Vec<_>>().join(",");
    alice.get(&format!("{}?match[id]={}", objects_of(COLL), ids(1000))).expect(200);
    alice.get(&format!("{}?match[id]={}", objects_of(COLL), ids(1001))).expect(400);
    alice.get(&format!("{}?match[type]={}", objects_of(COLL), ids(101))).expect(400);
    alice.get(&format!("{}?{}", objects_of(COLL), "a=1&".repeat(100))).expect(400);
    // Ten thousand values are a longer target than HTTP itself takes here.
    let answer = alice.get(&format!("{}?match[id]={}", objects_of(COLL), ids(10_000)));
    assert!(matches!(answer.status, 400 | 414 | 431), "{}", answer.status);
    world.client("alice").get("/taxii2/").expect(200);
}

#[test]
fn bombs_in_headers_are_refused_and_the_server_goes_on() {
    let world = start();
    let long = "application/x,".repeat(2000);
    world.client("alice").request("GET", "/taxii2/", &[("Accept", &long)], b"").expect(406);
    let mut stranger = world.stranger();
    for authorization in ["Basic ".to_owned() + &"A".repeat(20_000), "Bearer ".to_owned(), "\u{e9}".to_owned()] {
        stranger.authorization = Some(authorization);
        stranger.get("/taxii2/").expect(401);
    }
    let mut stream = TcpStream::connect(world.address).unwrap();
    let mut head = b"GET /taxii2/ HTTP/1.1\r\nHost: x\r\n".to_vec();
    for n in 0..10_000 {
        head.extend_from_slice(format!("X-{n}: {}\r\n", "x".repeat(50)).as_bytes());
    }
    let _ = stream.write_all(&head);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    world.client("alice").get("/taxii2/").expect(200);
}

#[test]
fn broken_bodies_are_422_and_broken_objects_fail_alone() {
    let world = start();
    let mut alice = world.client("alice");
    for body in [
        &b"\xff\xfe{}"[..],
        b"{\"objects\":[",
        b"{\"objects\":[{\"type\":\"x-a\"",
        b"{\"objects\":[]} trailing",
        b"{\"objects\":{}}",
        b"\x00",
        &[b'['; 100_000],
    ] {
        post_raw(&mut alice, OFF, body).expect(422);
    }
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let wide: Vec<u32> = vec![0; 120_000];
    let objects = [
        format!("{{\"type\":\"x-a\",\"id\":\"{}\",\"x\":{deep}}}", fresh_id("x-a")),
        format!("{{\"type\":\"x-a\",\"id\":\"{}\",\"x\":{}}}", fresh_id("x-a"), json!(wide)),
        format!("{{\"type\":\"x-a\",\"type\":\"x-b\",\"id\":\"{}\"}}", fresh_id("x-a")),
        format!("{{\"type\":\"x-a\",\"id\":\"{}\",\"x\":1e99999}}", fresh_id("x-a")),
        format!("{{\"type\":\"x-a\",\"id\":\"{}\",\"x\":\"\\ud800\"}}", fresh_id("x-a")),
        format!("{{\"type\":\"x-a\",\"id\":\"{}\"}}", "a".repeat(600)),
        format!("{{\"type\":\"x-a\",\"id\":\"{}\",\"modified\":7}}", fresh_id("x-a")),
        format!("{{\"type\":\"x-a\",\"id\":\"{}\",\"spec_version\":\"9.9\"}}", fresh_id("x-a")),
        fresh().to_string(),
    ];
    let body = format!("{{\"objects\":[{}]}}", objects.join(","));
    let status = post_raw(&mut alice, OFF, body.as_bytes()).expect(202).json();
    assert_eq!((&status["failure_count"], &status["success_count"]), (&json!(8), &json!(1)), "{status}");
    assert_eq!(alice.get(&objects_of(OFF)).ids().len(), 1);
}

#[test]
fn a_body_that_breaks_off_stores_nothing() {
    let world = start();
    let authorization = world.client("alice").authorization.unwrap();
    let body = json!({ "objects": [fresh()] }).to_string();
    let mut stream = TcpStream::connect(world.address).unwrap();
    write!(
        stream,
        "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Type: {TAXII}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        objects_of(COLL),
        body.len() + 1
    )
    .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(world.client("alice").get(&objects_of(COLL)).json(), json!({}));
}

#[test]
fn odd_paths_are_404_and_never_redirect_to_another_host() {
    let world = start();
    let mut alice = world.client("alice");
    for path in
        ["//", "//evil.example", "/%ff/", "/api1/collections/%00/objects/", "/api1/../taxii2/", "/api1/x/y/z/a/b/c/"]
    {
        assert_eq!(alice.get(path).status, 404, "{path}");
    }
    let long = format!("{}{}/", objects_of(COLL), "a".repeat(10_000));
    alice.get(&long).expect(404);
}

#[test]
fn failed_logins_are_limited_for_their_address_and_lock_nobody_out() {
    let world = start();
    let right = "Basic YWxpY2U6Y29ycmVjdC1ob3JzZQ==";
    let mut alice = world.stranger();
    alice.authorization = Some(right.to_owned());
    alice.get("/taxii2/").expect(200);
    let mut guesser = world.stranger();
    guesser.authorization = Some("Bearer guess".to_owned());
    let statuses: Vec<u16> = (0..20).map(|_| guesser.get("/taxii2/").status).collect();
    assert!(statuses[0] == 401 && statuses[19] == 429, "{statuses:?}");
    assert!(guesser.get("/taxii2/").header("retry-after").is_some());
    // Verified before, so it passes even from the same address.
    alice.get("/taxii2/").expect(200);
}

#[test]
fn one_account_that_asks_too_often_is_told_when_to_come_back_and_others_are_served() {
    let config = CONFIG
        .replace("requests = { per_second = 100000, burst = 100000 }", "requests = { per_second = 1, burst = 5 }");
    let world = start_with(&config, Options::default());
    let mut alice = world.client("alice");
    let statuses: Vec<u16> = (0..8).map(|_| alice.get("/taxii2/").status).collect();
    assert_eq!(statuses[..5], [200; 5]);
    let limited = alice.get("/taxii2/").expect(429);
    assert!(limited.header("retry-after").is_some());
    world.client("bob").get("/taxii2/").expect(200);
}

#[test]
fn versions_of_one_object_are_bounded_and_a_revoked_one_has_no_later() {
    let world = start();
    let mut alice = world.client("alice");
    let id = fresh_id("indicator");
    let mut revoked = indicator(&id, "2020-01-02T00:00:00.000Z");
    revoked["revoked"] = json!(true);
    alice.add(COLL, &[indicator(&id, "2020-01-01T00:00:00.000Z"), revoked]);
    let mut other = indicator(&id, "2020-01-01T12:00:00.000Z");
    other["created"] = json!("2019-12-31T00:00:00.000Z");
    let mut stolen = indicator(&id, "2020-01-01T13:00:00.000Z");
    stolen["created_by_ref"] = json!(fresh_id("identity"));
    let objects = [indicator(&id, "2020-01-03T00:00:00.000Z"), other, stolen];
    let status = alice.post(&objects_of(COLL), &json!({ "objects": objects })).expect(202).json();
    let failures = status["failures"].as_array().unwrap();
    for (failure, word) in failures.iter().zip(["revoked", "created differs", "created_by_ref"]) {
        assert!(failure["message"].as_str().unwrap().contains(word), "{failure}");
    }
    let things: Vec<Value> = (0..10_005).map(|n| json!({ "type": "x-a", "id": "x-a--1", "n": n })).collect();
    let status = alice.post(&objects_of(OFF), &json!({ "objects": things })).expect(202).json();
    assert_eq!(status["failure_count"], 5);
}

/// Filters with many values lead over many indexes at once; what they give is the same as one walk gives.
#[test]
fn many_types_and_versions_in_one_filter_are_walked_in_order() {
    let world = start();
    let mut alice = world.client("alice");
    let types: Vec<String> = (0..40).map(|n| format!("x-type-{n}")).collect();
    let objects: Vec<Value> = (0..1200)
        .map(|n| {
            let kind = &types[(n * 7) % 40];
            let version = format!("2020-01-01T00:00:{:02}.000Z", n % 50);
            json!({ "type": kind, "spec_version": "2.1", "id": fresh_id(kind), "created": version, "modified": version })
        })
        .collect();
    for chunk in objects.chunks(400) {
        alice.add(OFF, chunk);
    }
    let all: Vec<String> = objects.iter().map(id_of).collect();
    let stamps: Vec<String> = (0..50).map(|n| encoded(&format!("2020-01-01T00:00:{n:02}.000Z"))).collect();
    for filter in [format!("match[type]={}", types.join(",")), format!("match[version]={}", stamps.join(","))] {
        for limit in [33, 500, 5000] {
            let (mut found, mut next) = (Vec::new(), String::new());
            loop {
                let page = alice.get(&format!("{}?limit={limit}&{filter}{next}", objects_of(OFF))).expect(200);
                found.extend(page.ids());
                let json = page.json();
                let Some(token) = json["next"].as_str() else { break };
                next = format!("&next={token}");
            }
            assert_eq!(found, all, "{limit} {filter}");
        }
    }
}

#[test]
fn an_envelope_of_countless_small_objects_is_bounded() {
    let world = start();
    let mut alice = world.client("alice");
    let bad = vec!["1"; 20_000].join(",");
    let status = post_raw(&mut alice, OFF, format!("{{\"objects\":[{bad}]}}").as_bytes()).expect(202).json();
    assert_eq!((&status["failure_count"], status.get("failures")), (&json!(20_000), None));
    let more = vec!["1"; 100_001].join(",");
    let error = post_raw(&mut alice, OFF, format!("{{\"objects\":[{more}]}}").as_bytes()).expect(422).json();
    assert!(error["description"].as_str().unwrap().contains("100000"), "{error}");
}
