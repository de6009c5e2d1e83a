//! One test for each requirement of TAXII 2.1 on a server, over HTTP: `rNN` is the number in the project's list of
//! requirements; the sentence says it. Requirements 15 (TLS) and 23 (DNS SRV) are the listener's and the operator's.
//! It is longer than other files because it is a list: one entry a requirement, in their order.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where something is not as expected")]

mod common;

use common::*;
use serde_json::{Value, json};
use std::collections::HashSet;

const V1: &str = "2020-01-01T00:00:00.000Z";
const V2: &str = "2020-01-02T00:00:00.000Z";
const V3: &str = "2020-01-03T00:00:00.123Z";

fn first_three_versions(client: &mut Client) -> String {
    let id = fresh_id("indicator");
    for version in [V1, V2, V3] {
        client.add(COLL, &[indicator(&id, version)]);
    }
    id
}

fn versions_in(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let objects = json["objects"].as_array().cloned().unwrap_or_default();
    objects.iter().map(|object| object["modified"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r01_discovery_is_at_taxii2_and_roots_lie_on_any_path() {
    let world = start();
    let mut alice = world.client("alice");
    let discovery = alice.get("/taxii2/").expect(200).json();
    assert_eq!(discovery["title"], "Test server");
    assert_eq!(discovery["api_roots"], json!(["https://taxii.example/api1/"]));
    alice.get("/api1/").expect(200);
    // A hidden root that alice may use nothing of is not there.
    alice.get("/deep/er/root/").expect(404);
}

#[test]
fn r02_every_endpoint_of_the_table_is_there() {
    let world = start();
    let mut alice = world.client("alice");
    let id = fresh_id("indicator");
    let status = alice.add(COLL, &[indicator(&id, V1)]).json()["id"].as_str().unwrap().to_owned();
    for path in [
        "/taxii2/".to_owned(),
        "/api1/".to_owned(),
        format!("/api1/status/{status}/"),
        "/api1/collections/".to_owned(),
        format!("/api1/collections/{COLL}/"),
        manifest_of(COLL),
        objects_of(COLL),
        format!("{}{id}/", objects_of(COLL)),
        format!("{}{id}/versions/", objects_of(COLL)),
    ] {
        alice.get(&path).expect(200);
        let head = alice.request("HEAD", &path, &[("Accept", TAXII)], b"").expect(200);
        assert!(head.header("content-length").is_some_and(|length| length != "0"), "{path}");
        let options = alice.request("OPTIONS", &path, &[], b"").expect(200);
        assert!(options.header("allow").unwrap().contains("GET"), "{path}");
    }
    alice.delete(&format!("{}{id}/", objects_of(COLL))).expect(200);
}

#[test]
fn r03_every_answer_has_the_taxii_content_type() {
    let world = start();
    let mut alice = world.client("alice");
    let id = fresh_id("indicator");
    let mut answers = vec![
        alice.add(COLL, &[indicator(&id, V1)]),
        alice.get("/taxii2/"),
        alice.get("/nowhere/"),
        alice.get("/api1"),
        alice.get(&format!("{}?limit=0", objects_of(COLL))),
        alice.request("PUT", "/taxii2/", &[], b""),
        alice.request("GET", "/taxii2/", &[("Accept", "text/html")], b""),
        alice.request("POST", &objects_of(COLL), &[("Content-Type", "text/plain")], b"x"),
        alice.post(&objects_of(COLL), &json!([])),
        alice.get(&objects_of(READ_ONLY)),
        alice.delete(&format!("{}{id}/", objects_of(COLL))),
        world.stranger().get("/taxii2/"),
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [202, 200, 404, 308, 400, 405, 406, 415, 422, 200, 200, 401]);
    for answer in answers.drain(..) {
        assert_eq!(answer.header("content-type"), Some(TAXII), "{}", answer.status);
    }
}

#[test]
fn r04_types_with_and_without_version_are_taken_in_every_spelling() {
    let world = start();
    let mut alice = world.client("alice");
    for accept in [
        "application/taxii+json;version=2.1",
        "application/taxii+json; version=2.1",
        "application/taxii+json",
        "APPLICATION/TAXII+JSON; VERSION=\"2.1\"",
        "*/*",
        "text/html, application/*;q=0.2",
    ] {
        alice.request("GET", "/taxii2/", &[("Accept", accept)], b"").expect(200);
    }
    for content_type in ["application/taxii+json", "Application/TAXII+json ; version=2.1; charset=utf-8"] {
        let body = json!({ "objects": [fresh()] }).to_string();
        alice.request("POST", &objects_of(COLL), &[("Content-Type", content_type)], body.as_bytes()).expect(202);
    }
}

#[test]
fn r05_the_manifest_takes_its_two_valued_accept() {
    let world = start();
    let accept = "application/taxii+json;version=2.1,application/stix+json;version=2.1";
    let mut alice = world.client("alice");
    alice.request("GET", &manifest_of(COLL), &[("Accept", accept)], b"").expect(200);
    alice.request("GET", &manifest_of(COLL), &[("Accept", "application/stix+json;version=2.1")], b"").expect(200);
}

#[test]
fn r06_version_2_0_alone_is_not_acceptable() {
    let world = start();
    let mut alice = world.client("alice");
    alice.request("GET", "/taxii2/", &[("Accept", "application/taxii+json;version=2.0")], b"").expect(406);
    alice.request("GET", "/taxii2/", &[("Accept", "application/taxii+json")], b"").expect(200);
}

#[test]
fn r07_what_is_not_i_json_is_refused() {
    let world = start();
    let mut alice = world.client("alice");
    let mut post = |body: &[u8]| alice.request("POST", &objects_of(COLL), &[("Content-Type", TAXII)], body);
    for body in [
        &b"{\"objects\":[],\"objects\":[]}"[..],
        b"{\"x\":\"\xff\"}",
        b"{",
        b"[]",
        b"null",
        b"{\"x\":9007199254740993}",
    ] {
        post(body).expect(422);
    }
    let twice = format!(r#"{{"objects":[{{"type":"x-a","type":"x-b","id":"{}"}}]}}"#, fresh_id("x-a"));
    let status = post(twice.as_bytes()).expect(202).json();
    assert_eq!((&status["failure_count"], &status["success_count"]), (&json!(1), &json!(0)));
}

#[test]
fn r08_timestamps_are_printed_in_microseconds() {
    let world = start();
    let mut alice = world.client("alice");
    let status = alice.add(COLL, &[fresh()]).json();
    let manifest = alice.get(&manifest_of(COLL));
    let record = manifest.json()["objects"][0]["date_added"].clone();
    for text in [&status["request_timestamp"], &record, &json!(manifest.header("x-taxii-date-added-first"))] {
        let text = text.as_str().unwrap();
        assert_eq!((text.len(), &text[10..11], &text[19..20], &text[26..]), (27, "T", ".", "Z"), "{text}");
    }
}

#[test]
fn r09_a_path_without_a_uuid_is_a_404() {
    let world = start();
    let mut alice = world.client("alice");
    for path in ["/api1/status/x/", "/api1/status/91a7b528/", "/api1/collections/x/", "/api1/collections/x/objects/"] {
        alice.get(path).expect(404);
    }
    let status = alice.add(COLL, &[fresh()]).json();
    assert_eq!(status["id"].as_str().unwrap().as_bytes()[14], b'4', "version 4");
}

#[test]
fn r10_empty_lists_are_left_out() {
    let world = start();
    let mut alice = world.client("alice");
    assert_eq!(alice.get(&objects_of(READ_ONLY)).expect(200).json(), json!({}));
    assert_eq!(alice.get(&manifest_of(READ_ONLY)).expect(200).json(), json!({}));
    let mut carol = world.client("carol");
    assert_eq!(carol.get("/api1/collections/").json()["collections"].as_array().unwrap().len(), 1);
    let status = alice.add(COLL, &[fresh()]).json();
    assert!(status.get("failures").is_none() && status.get("pendings").is_none());
}

#[test]
fn r11_resources_have_exactly_the_properties_of_the_specification() {
    let world = start();
    let mut alice = world.client("alice");
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let discovery = alice.get("/taxii2/").json();
    assert_eq!(keys(&discovery), ["api_roots", "contact", "default", "description", "title"]);
    assert_eq!(keys(&alice.get("/api1/").json()), ["max_content_length", "title", "versions"]);
    let collection = alice.get(&format!("/api1/collections/{COLL}/")).json();
    assert_eq!(keys(&collection), ["alias", "can_read", "can_write", "id", "media_types", "title"]);
    alice.add(COLL, &[fresh()]);
    let record = alice.get(&manifest_of(COLL)).json()["objects"][0].clone();
    assert_eq!(keys(&record), ["date_added", "id", "media_type", "version"]);
}

#[test]
fn r12_unknown_properties_of_an_envelope_are_ignored_so_bundles_are_taken() {
    let world = start();
    let bundle = json!({ "type": "bundle", "id": fresh_id("bundle"), "x_more": [1], "objects": [fresh()] });
    let status = world.client("alice").post(&objects_of(COLL), &bundle).expect(202).json();
    assert_eq!(status["success_count"], 1);
}

#[test]
fn r13_range_requests_are_gone_and_the_old_name_still_works() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &[fresh(), fresh()]);
    let headers = [("Accept", "application/vnd.oasis.taxii+json"), ("Range", "items 0-0")];
    let answer = alice.request("GET", &objects_of(COLL), &headers, b"").expect(200);
    assert_eq!(answer.ids().len(), 2);
}

#[test]
fn r14_a_request_without_user_agent_is_served() {
    let world = start();
    // The client of these tests sends none.
    world.client("alice").get("/taxii2/").expect(200);
}

#[test]
fn r16_basic_bearer_certificate_and_anonymous_are_ways_in() {
    let config = CONFIG.replace("events = true", "anonymous = \"carol\"");
    let world = start_with(&config, monition_taxii::Options::default());
    let mut basic = world.stranger();
    basic.authorization = Some("Basic YWxpY2U6Y29ycmVjdC1ob3JzZQ==".to_owned());
    basic.get("/taxii2/").expect(200);
    basic.get("/taxii2/").expect(200);
    world.client("bob").get("/taxii2/").expect(200);
    let collections = world.stranger().get("/api1/collections/").expect(200).json();
    assert_eq!(collections["collections"].as_array().unwrap().len(), 1, "as carol");
    // A certificate: the listener gives its hash.
    let mut admin = world.server.admin().unwrap();
    admin.add_certificate("bob", [7; 32]).unwrap();
    world.server.reload_accounts().unwrap();
    let request = |hash| {
        let mut request = axum::http::Request::get("/api1/collections/").body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(monition_taxii::ClientCertificate(hash));
        request
    };
    let count = |hash| {
        let service = monition_taxii::standalone(&world.server);
        world.block_on(async {
            use tower::ServiceExt as _;
            let response = service.oneshot(request(hash)).await.unwrap();
            let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()["collections"].as_array().unwrap().len()
        })
    };
    assert_eq!((count([7; 32]), count([8; 32])), (3, 1));
}

#[test]
fn r17_a_401_carries_challenges() {
    let world = start();
    let answer = world.stranger().get("/taxii2/").expect(401);
    let challenges: Vec<_> =
        answer.headers.iter().filter(|(name, _)| name == "www-authenticate").map(|(_, value)| value).collect();
    assert!(challenges[0].starts_with("Basic realm=") && challenges[1].starts_with("Bearer"), "{challenges:?}");
}

#[test]
fn r18_authentication_comes_before_everything_else() {
    let world = start();
    let mut stranger = world.stranger();
    for path in ["/taxii2/", "/nowhere/", &objects_of(COLL), &format!("{}?limit=0", objects_of(COLL)), "/api1"] {
        stranger.request("GET", path, &[("Accept", "text/html")], b"").expect(401);
        stranger.request("PUT", path, &[], b"").expect(401);
    }
    let mut wrong = world.stranger();
    wrong.authorization = Some("Basic YWxpY2U6d3Jvbmc=".to_owned());
    wrong.get("/taxii2/").expect(401);
}

#[test]
fn r19_reading_and_writing_need_their_right() {
    let world = start();
    let mut alice = world.client("alice");
    alice.get(&objects_of(WRITE_ONLY)).expect(403);
    alice.get(&manifest_of(WRITE_ONLY)).expect(403);
    alice.get(&format!("{}{}/", objects_of(WRITE_ONLY), fresh_id("indicator"))).expect(403);
    alice.post(&objects_of(READ_ONLY), &json!({ "objects": [fresh()] })).expect(403);
    alice.post(&objects_of(WRITE_ONLY), &json!({ "objects": [fresh()] })).expect(202);
    alice.get(&objects_of(NONE)).expect(404);
    alice.post(&objects_of(NONE), &json!({ "objects": [fresh()] })).expect(404);
}

#[test]
fn r20_delete_has_the_fixed_code_for_each_combination_of_rights() {
    let world = start();
    let mut alice = world.client("alice");
    let object = fresh();
    let path = |collection: &str| format!("{}{}/", objects_of(collection), id_of(&object));
    for (collection, status) in [(NONE, 404), (READ_ONLY, 403), (WRITE_ONLY, 403), (NO_DELETE, 403), (COLL, 404)] {
        alice.delete(&path(collection)).expect(status);
    }
    alice.add(COLL, std::slice::from_ref(&object));
    alice.delete(&path(COLL)).expect(200);
}

#[test]
fn r21_views_are_filtered_for_each_caller_without_a_trace() {
    let world = start();
    let (mut alice, mut bob, mut carol) = (world.client("alice"), world.client("bob"), world.client("carol"));
    let mut red = fresh();
    red["object_marking_refs"] = json!(["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]);
    let mut amber = fresh();
    amber["object_marking_refs"] = json!(["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]);
    let plain = fresh();
    alice.add(COLL, &[red.clone(), amber.clone(), plain.clone()]);
    assert_eq!(alice.get(&objects_of(COLL)).ids().len(), 3);
    assert_eq!(carol.get(&objects_of(COLL)).ids(), [id_of(&amber), id_of(&plain)]);
    let seen = bob.get(&format!("{}?limit=1", objects_of(COLL)));
    assert_eq!((seen.ids(), &seen.json()["more"]), (vec![id_of(&plain)], &json!(false)), "no trace in more either");
    for list in ["", "versions/"] {
        bob.get(&format!("{}{}/{list}", objects_of(COLL), id_of(&red))).expect(404);
    }
    assert_eq!(bob.get(&format!("{}?match[version]=all", manifest_of(COLL))).ids().len(), 1);
    // A newer version above the ceiling: the older one stays the last that bob can see.
    let mut newer = indicator(&id_of(&plain), V2);
    newer["granular_markings"] = json!([{ "marking_ref": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "selectors": ["pattern"] }]);
    alice.add(COLL, &[newer]);
    let path = format!("{}{}/", objects_of(COLL), id_of(&plain));
    assert_eq!(versions_in(&bob.get(&path)), [V1]);
    assert_eq!(versions_in(&alice.get(&path)), [V2]);
    assert_eq!(versions_in(&bob.get(&objects_of(COLL))), [V1]);
    assert_eq!(alice.get(&objects_of(COLL)).ids().len(), 3);
    carol.delete(&path).expect(200);
    assert_eq!(versions_in(&alice.get(&path)), [V2], "what carol does not see she does not remove");
}

#[test]
fn r22_next_is_bound_to_caller_and_query() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &[fresh(), fresh(), fresh()]);
    let page = alice.get(&format!("{}?limit=1", objects_of(COLL))).json();
    let next = page["next"].as_str().unwrap();
    alice.get(&format!("{}?limit=2&next={next}", objects_of(COLL))).expect(200);
    world.client("bob").get(&format!("{}?limit=1&next={next}", objects_of(COLL))).expect(400);
    alice.get(&format!("{}?limit=1&next={next}", manifest_of(COLL))).expect(400);
    alice.get(&format!("{}?limit=1&next={next}", objects_of(OFF))).expect(400);
}

#[test]
fn r24_discovery_names_its_default_as_an_absolute_item_of_its_roots() {
    let world = start();
    let discovery = world.client("alice").get("/taxii2/").json();
    assert!(discovery["api_roots"].as_array().unwrap().contains(&discovery["default"]));
    assert!(discovery["default"].as_str().unwrap().starts_with("https://"));
}

#[test]
fn r25_bodies_up_to_max_content_length_are_taken_and_larger_ones_are_413() {
    let world = start();
    let mut alice = world.client("alice");
    let root = alice.get("/api1/").json();
    assert_eq!(root["versions"], json!([TAXII]));
    let limit = usize::try_from(root["max_content_length"].as_u64().unwrap()).unwrap();
    let mut body = json!({ "objects": [fresh()] }).to_string().into_bytes();
    body.resize(limit, b' ');
    alice.request("POST", &objects_of(COLL), &[("Content-Type", TAXII)], &body).expect(202);
    body.push(b' ');
    alice.request("POST", &objects_of(COLL), &[("Content-Type", TAXII)], &body).expect(413);
    // Without Content-Length the limit is the same.
    let path = objects_of(COLL);
    let authorization = alice.authorization.clone().unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Type: {TAXII}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    let mut chunked = format!("{:x}\r\n", body.len()).into_bytes();
    chunked.extend_from_slice(&body);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    alice.raw("POST", head.as_bytes(), &chunked).expect(413);
}

#[test]
fn r26_collections_come_in_one_order_and_only_those_that_the_caller_may_use() {
    let world = start();
    let ids = |account: &str| -> Vec<String> {
        let json = world.client(account).get("/api1/collections/").json();
        json["collections"].as_array().unwrap().iter().map(id_of).collect()
    };
    assert_eq!(ids("alice"), [COLL, WRITE_ONLY, READ_ONLY, NO_DELETE, WARNINGS, OFF]);
    assert_eq!(ids("bob"), [COLL, NONE, WARNINGS]);
    assert_eq!(ids("alice"), ids("alice"));
}

#[test]
fn r27_a_collection_says_what_this_caller_may_do_and_answers_to_its_alias() {
    let world = start();
    let mut alice = world.client("alice");
    let by_alias = alice.get("/api1/collections/main/").expect(200).json();
    assert_eq!(by_alias, alice.get(&format!("/api1/collections/{COLL}/")).json());
    assert_eq!((&by_alias["can_read"], &by_alias["can_write"]), (&json!(true), &json!(true)));
    let bobs = world.client("bob").get("/api1/collections/main/").json();
    assert_eq!((&bobs["can_read"], &bobs["can_write"]), (&json!(true), &json!(false)));
    alice.add("main", &[fresh()]);
    assert_eq!(alice.get("/api1/collections/main/objects/").ids().len(), 1);
    let anything = alice.get(&format!("/api1/collections/{OFF}/")).json();
    assert_eq!(anything["media_types"].as_array().unwrap().len(), 2);
}

#[test]
fn r28_content_comes_in_an_envelope_with_next_only_where_there_is_more() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &[fresh(), fresh()]);
    let page = alice.get(&format!("{}?limit=1", objects_of(COLL))).json();
    assert!(page["more"] == true && page["next"].is_string() && page["objects"].as_array().unwrap().len() == 1);
    let id = page["objects"][0]["id"].as_str().unwrap();
    let one = alice.get(&format!("{}{id}/", objects_of(COLL))).json();
    assert!(one["objects"].is_array() && one.get("next").is_none());
}

#[test]
fn r29_manifest_records_say_when_which_version_and_which_type() {
    let world = start();
    let mut alice = world.client("alice");
    let object = fresh();
    alice.add(COLL, std::slice::from_ref(&object));
    let record = alice.get(&manifest_of(COLL)).json()["objects"][0].clone();
    assert_eq!(record["id"], object["id"]);
    assert_eq!((&record["version"], &record["media_type"]), (&json!(V1), &json!("application/stix+json;version=2.1")));
}

#[test]
fn r30_versions_are_the_strings_that_objects_carry() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    let manifest = alice.get(&format!("{}?match[id]={id}", manifest_of(COLL))).json();
    assert_eq!(manifest["objects"][0]["version"], V3);
    // An observable has no version of its own: the server's is the date it was added.
    let address = json!({ "type": "ipv4-addr", "spec_version": "2.1",
        "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3" });
    alice.add(OFF, std::slice::from_ref(&address));
    let record = alice.get(&manifest_of(OFF)).json()["objects"][0].clone();
    assert_eq!(record["version"], record["date_added"]);
    // A marking definition has created alone.
    let marking = json!({ "type": "marking-definition", "spec_version": "2.1", "id": fresh_id("marking-definition"),
        "created": "2019-01-01T00:00:00.5Z", "definition_type": "statement", "definition": { "statement": "x" } });
    alice.add(OFF, std::slice::from_ref(&marking));
    let path = format!("{}{}/versions/", objects_of(OFF), id_of(&marking));
    assert_eq!(alice.get(&path).json()["versions"], json!(["2019-01-01T00:00:00.5Z"]));
}

#[test]
fn r31_versions_are_listed_and_left_out_when_there_are_none() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    let path = format!("{}{id}/versions/", objects_of(COLL));
    assert_eq!(alice.get(&path).json(), json!({ "more": false, "versions": [V1, V2, V3] }));
    assert_eq!(alice.get(&format!("{path}?added_after=2999-01-01T00:00:00Z")).expect(200).json(), json!({}));
    alice.get(&format!("{}{}/versions/", objects_of(COLL), fresh_id("indicator"))).expect(404);
}

#[test]
fn r32_a_status_adds_up_and_is_only_its_senders() {
    let world = start();
    let mut alice = world.client("alice");
    let broken = json!({ "type": "indicator", "id": fresh_id("indicator") });
    let answer = alice.post(&objects_of(COLL), &json!({ "objects": [fresh(), broken, fresh()] })).expect(202).json();
    let path = format!("/api1/status/{}/", answer["id"].as_str().unwrap());
    assert_eq!(alice.get(&path).expect(200).json(), answer);
    let count = |name: &str| answer[name].as_u64().unwrap();
    assert_eq!(count("total_count"), count("success_count") + count("failure_count") + count("pending_count"));
    assert_eq!((answer["status"].as_str(), count("success_count"), count("failure_count")), (Some("complete"), 2, 1));
    assert_eq!(answer["successes"].as_array().unwrap().len(), 2);
    assert_eq!(answer["failures"].as_array().unwrap().len(), 1);
    world.client("carol").get(&path).expect(404);
    alice.get(&format!("/api1/status/{COLL}/")).expect(404);
}

#[test]
fn r32_a_list_too_long_to_send_is_left_out_and_never_cut() {
    let config = CONFIG.replace("max_content_length = 1000000", "max_content_length = 16000000");
    let world = start_with(&config, monition_taxii::Options::default());
    let objects: Vec<Value> = (0..10_001).map(|_| json!({ "type": "x-a", "id": fresh_id("x-a") })).collect();
    let answer = world.client("alice").post(&objects_of(OFF), &json!({ "objects": objects })).expect(202).json();
    assert_eq!((&answer["success_count"], answer.get("successes")), (&json!(10_001), None));
}

#[test]
fn r33_every_failure_has_the_error_resource() {
    let world = start();
    let mut alice = world.client("alice");
    for (answer, status) in [
        (world.stranger().get("/taxii2/"), "401"),
        (alice.get("/nowhere/"), "404"),
        (alice.get(&format!("{}?limit=x", objects_of(COLL))), "400"),
        (alice.request("PUT", "/taxii2/", &[], b""), "405"),
        (alice.post(&objects_of(COLL), &json!({})), "422"),
    ] {
        let error = answer.json();
        assert_eq!(error["http_status"], status);
        for name in ["title", "description", "error_code"] {
            assert!(error[name].as_str().is_some_and(|text| !text.is_empty()), "{name} of {status}");
        }
    }
}

#[test]
fn r34_malformed_parameters_are_400_everywhere() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    let mut paths = vec![objects_of(COLL), manifest_of(COLL)];
    paths.push(format!("{}{id}/", objects_of(COLL)));
    paths.push(format!("{}{id}/versions/", objects_of(COLL)));
    for path in &paths {
        for query in [
            "limit=0",
            "limit=-5",
            "limit=abc",
            "limit=1&limit=2",
            "added_after=yesterday",
            "added_after=",
            "added_after=2020-01-01T00:00:00Z&added_after=2020-01-01T00:00:00Z",
            "next=garbage",
            "match[spec_version]=2.1&match[spec_version]=2.1",
            "limit=%ff",
        ] {
            alice.get(&format!("{path}?{query}")).expect(400);
        }
    }
    for path in &paths[..3] {
        for query in ["match[version]=all,last", "match[version]=x", "match[version]=last,last", "match[version]="] {
            alice.get(&format!("{path}?{query}")).expect(400);
        }
    }
}

#[test]
fn r35_added_after_is_strictly_after_and_takes_every_precision() {
    let world = start();
    let mut alice = world.client("alice");
    let objects = [fresh(), fresh(), fresh()];
    alice.add(COLL, &objects);
    let dates: Vec<String> = alice.get(&manifest_of(COLL)).json()["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["date_added"].as_str().unwrap().to_owned())
        .collect();
    let mut after = |date: &str| alice.get(&format!("{}?added_after={}", objects_of(COLL), encoded(date))).ids();
    assert_eq!(after(&dates[0]), [id_of(&objects[1]), id_of(&objects[2])]);
    assert_eq!(after(&dates[2]), Vec::<String>::new());
    assert_eq!(after("2020-01-01T00:00:00Z").len(), 3);
    assert_eq!(after("2020-01-01T00:00:00.1Z").len(), 3);
    assert_eq!(after(&dates[0].replace('Z', "999Z")).len(), 2, "nanoseconds");
    assert_eq!(after("2999-01-01T00:00:00.123456789Z").len(), 0);
}

#[test]
fn r36_the_oldest_come_first_and_dates_rise() {
    let world = start();
    let mut alice = world.client("alice");
    let objects: Vec<Value> = (0..20).map(|_| fresh()).collect();
    for chunk in objects.chunks(7) {
        alice.add(COLL, chunk);
    }
    assert_eq!(alice.get(&objects_of(COLL)).ids(), objects.iter().map(id_of).collect::<Vec<_>>());
    let json = alice.get(&manifest_of(COLL)).json();
    let dates: Vec<&str> =
        json["objects"].as_array().unwrap().iter().map(|r| r["date_added"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a < b));
}

#[test]
fn r37_never_more_than_the_limit_and_more_whenever_something_remains() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &(0..5).map(|_| fresh()).collect::<Vec<_>>());
    for (limit, count, more) in [(1, 1, true), (4, 4, true), (5, 5, false), (99_999_999_999_u64, 5, false)] {
        let page = alice.get(&format!("{}?limit={limit}", objects_of(COLL)));
        assert_eq!((page.ids().len(), page.json()["more"].as_bool()), (count, Some(more)));
    }
}

#[test]
fn r38_next_goes_on_with_the_original_query_and_no_other() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &(0..5).map(|_| fresh()).collect::<Vec<_>>());
    let query = format!("{}?limit=2&match[type]=indicator", objects_of(COLL));
    let (mut found, mut path) = (Vec::new(), query.clone());
    loop {
        let page = alice.get(&path).expect(200);
        found.extend(page.ids());
        let json = page.json();
        let Some(next) = json["next"].as_str() else { break };
        assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "URL-safe");
        alice.get(&format!("{}?limit=2&match[type]=malware&next={next}", objects_of(COLL))).expect(400);
        path = format!("{query}&next={next}");
    }
    assert_eq!(found.len(), 5);
    assert_eq!(found.iter().collect::<HashSet<_>>().len(), 5);
}

#[test]
fn r39_values_of_one_field_are_alternatives_and_fields_add_up() {
    let world = start();
    let mut alice = world.client("alice");
    let (one, two) = (fresh(), fresh());
    let other = json!({ "type": "x-thing", "id": fresh_id("x-thing") });
    alice.add(OFF, &[one.clone(), two.clone(), other.clone()]);
    let mut ids = |query: &str| alice.get(&format!("{}?{query}", objects_of(OFF))).expect(200).ids();
    let both = format!("match[id]={},{}", id_of(&one), id_of(&other));
    assert_eq!(ids(&both), [id_of(&one), id_of(&other)]);
    assert_eq!(ids(&format!("{both}&match[type]=indicator")), [id_of(&one)]);
    assert_eq!(ids("match[type]=x-thing,indicator").len(), 3);
    assert_eq!(ids("match[unheard-of]=1&other=2").len(), 3);
}

#[test]
fn r40_each_endpoint_applies_the_filters_that_are_its_own() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    let object = format!("{}{id}/", objects_of(COLL));
    assert_eq!(versions_in(&alice.get(&format!("{object}?match[version]=all"))).len(), 3);
    assert_eq!(alice.get(&format!("{object}?match[spec_version]=2.0")).expect(200).json(), json!({}));
    assert_eq!(versions_in(&alice.get(&format!("{object}?match[type]=malware"))).len(), 1, "not its filter");
    assert_eq!(alice.get(&format!("{object}versions/?match[spec_version]=2.0")).expect(200).json(), json!({}));
    assert_eq!(
        alice.get(&format!("{object}versions/?match[version]=last")).json()["versions"].as_array().unwrap().len(),
        3
    );
}

#[test]
fn r41_ids_match_exactly_and_no_type_is_an_error() {
    let world = start();
    let mut alice = world.client("alice");
    let object = fresh();
    alice.add(COLL, std::slice::from_ref(&object));
    let id = id_of(&object);
    let mut ids = |query: &str| alice.get(&format!("{}?{query}", manifest_of(COLL))).expect(200).ids();
    assert_eq!(ids(&format!("match[id]={id}")), std::slice::from_ref(&id));
    assert_eq!(ids(&format!("match[id]={}", &id[..id.len() - 1])), Vec::<String>::new());
    for kind in ["malware", "marking-definition", "x-never-seen", "nonsense!"] {
        assert_eq!(ids(&format!("match[type]={kind}")).len(), 0, "{kind}");
    }
    assert_eq!(ids("match[type]=indicator").len(), 1);
}

/// The same id as 2.0, newer, and as 2.1, older.
fn two_specs(alice: &mut Client) -> String {
    let id = fresh_id("indicator");
    let mut old = indicator(&id, V2);
    old.as_object_mut().unwrap().remove("spec_version");
    alice.add(OFF, &[old, indicator(&id, V1)]);
    id
}

#[test]
fn r42_without_spec_version_only_the_newest_of_each_object_is_given() {
    let world = start();
    let mut alice = world.client("alice");
    let id = two_specs(&mut alice);
    let mut versions = |query: &str| versions_in(&alice.get(&format!("{}?{query}", objects_of(OFF))));
    assert_eq!(versions(""), [V1]);
    assert_eq!(versions("match[version]=all"), [V1]);
    assert_eq!(versions("match[spec_version]=2.0"), [V2]);
    assert_eq!(versions("match[spec_version]=2.0,2.1&match[version]=all"), [V2, V1]);
    let types = alice.get(&format!("{}?match[spec_version]=2.0", manifest_of(OFF))).json();
    assert_eq!(types["objects"][0]["media_type"], "application/stix+json;version=2.0");
    assert_eq!(versions_in(&alice.get(&format!("{}{id}/", objects_of(OFF)))), [V1]);
}

#[test]
fn r43_the_spec_version_is_chosen_before_the_version() {
    let world = start();
    let mut alice = world.client("alice");
    let id = two_specs(&mut alice);
    let mut versions = |query: &str| versions_in(&alice.get(&format!("{}?{query}", objects_of(OFF))));
    assert_eq!(versions("match[version]=last"), [V1], "the newer 2.0 version loses");
    assert_eq!(versions("match[version]=last&match[spec_version]=2.0,2.1"), [V2]);
    assert_eq!(versions(&format!("match[id]={id}&match[version]=first&match[spec_version]=2.0,2.1")), [V1]);
}

#[test]
fn r44_versions_are_chosen_as_first_last_all_instants_and_their_union() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    client_orders_do_not_matter(&mut alice);
    for base in [objects_of(COLL), format!("{}{id}/", objects_of(COLL))] {
        let mut versions = |wanted: &str| {
            let own = format!("&match[id]={id}");
            versions_in(&alice.get(&format!("{base}?match[version]={}{own}", encoded(wanted))))
        };
        assert_eq!(versions("last"), [V3]);
        assert_eq!(versions("first"), [V1]);
        assert_eq!(versions("all"), [V1, V2, V3]);
        assert_eq!(versions(V2), [V2]);
        assert_eq!(versions("2020-01-03T00:00:00.123000Z"), [V3], "instants, not texts");
        assert_eq!(versions(&format!("first,{V2}")), [V1, V2]);
        assert_eq!(versions(&format!("first,last,{V2}")), [V1, V2, V3]);
        assert_eq!(versions("2021-01-01T00:00:00Z"), Vec::<String>::new());
    }
    let at = alice.get(&format!("{}?match[version]={}", objects_of(COLL), encoded(V2)));
    assert_eq!(at.ids(), std::slice::from_ref(&id), "without an id too");
}

/// The last version is the newest, not the one that came last.
fn client_orders_do_not_matter(alice: &mut Client) {
    let id = fresh_id("indicator");
    for version in ["2021-01-03T00:00:00.000Z", "2021-01-01T00:00:00.000Z", "2021-01-02T00:00:00.000Z"] {
        alice.add(COLL, &[indicator(&id, version)]);
    }
    let path = format!("{}?match[id]={id}", objects_of(COLL));
    assert_eq!(versions_in(&alice.get(&path)), ["2021-01-03T00:00:00.000Z"]);
    assert_eq!(versions_in(&alice.get(&format!("{path}&match[version]=first"))), ["2021-01-01T00:00:00.000Z"]);
}

#[test]
fn r45_what_has_no_version_of_its_own_is_met_by_keywords() {
    let world = start();
    let mut alice = world.client("alice");
    let id = fresh_id("x-thing");
    let thing = |n: u32| json!({ "type": "x-thing", "id": id, "n": n });
    alice.add(OFF, &[thing(1)]);
    alice.add(OFF, &[thing(1)]);
    alice.add(OFF, &[thing(2)]);
    let path = format!("{}{id}/", objects_of(OFF));
    let mut ns = |query: &str| -> Vec<i64> {
        let json = alice.get(&format!("{path}?{query}")).json();
        json["objects"].as_array().unwrap().iter().map(|object| object["n"].as_i64().unwrap()).collect()
    };
    assert_eq!((ns(""), ns("match[version]=first"), ns("match[version]=all")), (vec![2], vec![1], vec![1, 2]));
}

#[test]
fn r46_what_is_deleted_is_gone_from_objects_and_manifest() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    let path = format!("{}{id}/", objects_of(COLL));
    let answer = alice.delete(&format!("{path}?match[version]={}", encoded(V3))).expect(200);
    assert!(answer.body.is_empty());
    assert_eq!(versions_in(&alice.get(&path)), [V2], "the one before is the last now");
    assert_eq!(versions_in(&alice.get(&objects_of(COLL))), [V2]);
    alice.delete(&path).expect(200);
    alice.get(&path).expect(404);
    assert_eq!(alice.get(&format!("{}?match[version]=all", manifest_of(COLL))).json(), json!({}));
    alice.delete(&path).expect(404);
    alice.add(COLL, &[indicator(&id, V1)]);
    assert_eq!(versions_in(&alice.get(&path)), [V1], "it may come again");
    alice.delete(&format!("{path}?match[id]=x")).expect(400);
}

#[test]
fn r47_an_unknown_object_is_a_404() {
    let world = start();
    let mut alice = world.client("alice");
    alice.get(&format!("{}{}/", objects_of(COLL), fresh_id("indicator"))).expect(404);
    alice.get(&format!("{}nonsense/", objects_of(COLL))).expect(404);
}

#[test]
fn r48_both_date_headers_stand_on_every_page_that_has_items() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    let all = alice.get(&format!("{}?match[version]=all", manifest_of(COLL))).json();
    let date = |at: usize| all["objects"][at]["date_added"].as_str().unwrap().to_owned();
    for path in [
        format!("{}?match[version]=all", objects_of(COLL)),
        format!("{}?match[version]=all", manifest_of(COLL)),
        format!("{}{id}/?match[version]=all", objects_of(COLL)),
        format!("{}{id}/versions/", objects_of(COLL)),
    ] {
        let answer = alice.get(&path);
        assert_eq!(answer.header("x-taxii-date-added-first"), Some(&*date(0)), "{path}");
        assert_eq!(answer.header("x-taxii-date-added-last"), Some(&*date(2)), "{path}");
    }
    let empty = alice.get(&objects_of(READ_ONLY));
    assert_eq!(empty.header("x-taxii-date-added-first"), None);
}

#[test]
fn r49_paging_by_added_after_loses_and_repeats_nothing() {
    let world = start();
    let mut alice = world.client("alice");
    let objects: Vec<Value> = (0..25).map(|_| fresh()).collect();
    alice.add(COLL, &objects);
    let (mut found, mut after) = (Vec::new(), "2000-01-01T00:00:00Z".to_owned());
    loop {
        let page = alice.get(&format!("{}?limit=4&added_after={}", objects_of(COLL), encoded(&after)));
        found.extend(page.ids());
        match page.header("x-taxii-date-added-last") {
            Some(last) => after = last.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, objects.iter().map(id_of).collect::<Vec<_>>());
}

#[test]
fn r50_more_never_comes_without_next() {
    let world = start();
    let mut alice = world.client("alice");
    let id = first_three_versions(&mut alice);
    for path in [
        format!("{}?match[version]=all&limit=1", objects_of(COLL)),
        format!("{}?match[version]=all&limit=1", manifest_of(COLL)),
        format!("{}{id}/versions/?limit=1", objects_of(COLL)),
        format!("{}{id}/?match[version]=all&limit=1", objects_of(COLL)),
    ] {
        let (mut pages, mut next) = (0, String::new());
        loop {
            let page = alice.get(&format!("{path}{next}")).expect(200).json();
            pages += 1;
            assert_eq!(page["more"] == true, page["next"].is_string());
            let Some(token) = page["next"].as_str() else { break };
            next = format!("&next={token}");
        }
        assert_eq!(pages, 3, "{path}");
    }
}

#[test]
fn r51_a_post_is_202_and_an_exact_duplicate_a_success() {
    let world = start();
    let mut alice = world.client("alice");
    let object = fresh();
    alice.add(COLL, std::slice::from_ref(&object));
    let again = alice.add(COLL, std::slice::from_ref(&object)).json();
    assert_eq!(
        (&again["success_count"], again["successes"][0]["message"].as_str()),
        (&json!(1), Some("already present"))
    );
    // The same value in other bytes is a duplicate, other content is not.
    let text = format!("{{\"objects\":[{}]}}", serde_json::to_string_pretty(&object).unwrap());
    let answer = alice.request("POST", &objects_of(COLL), &[("Content-Type", TAXII)], text.as_bytes()).expect(202);
    assert_eq!(answer.json()["success_count"], 1);
    let mut other = object.clone();
    other["name"] = json!("other");
    let status = alice.post(&objects_of(COLL), &json!({ "objects": [other] })).expect(202).json();
    assert_eq!(status["failure_count"], 1);
    assert!(status["failures"][0]["message"].as_str().unwrap().contains("other content"));
    assert_eq!(alice.get(&objects_of(COLL)).ids().len(), 1);
    assert_eq!(alice.request("PUT", "/taxii2/", &[], b"").expect(405).header("allow"), Some("GET, HEAD, OPTIONS"));
    alice.request("POST", &objects_of(COLL), &[("Content-Type", "application/json")], b"{}").expect(415);
}

#[test]
fn r52_a_missing_slash_is_a_308() {
    let world = start();
    let mut alice = world.client("alice");
    for path in ["/taxii2", "/api1", "/api1/collections", &objects_of(COLL)[..objects_of(COLL).len() - 1]] {
        let answer = alice.get(&format!("{path}?limit=1")).expect(308);
        assert_eq!(answer.header("location"), Some(&*format!("{path}/?limit=1")));
    }
    alice.get("/nowhere").expect(404);
}

#[test]
fn r53_more_is_written_on_pages_with_items_and_left_out_on_empty_ones() {
    let world = start();
    let mut alice = world.client("alice");
    alice.add(COLL, &[fresh()]);
    assert_eq!(alice.get(&objects_of(COLL)).json()["more"], false);
    assert_eq!(alice.get(&objects_of(READ_ONLY)).json(), json!({}));
}

#[test]
fn r54_objects_come_back_byte_for_byte() {
    let world = start();
    let mut alice = world.client("alice");
    let id = fresh_id("indicator");
    let text = format!(
        "{{ \"x_odd\" : [1.50, 1e2 , \"\\u00e9\\/ü\"],\n\t\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"{id}\",\
         \"created\":\"{V1}\",\"modified\":\"{V1}\",\"pattern\":\"[a:b = 1]\",\"pattern_type\":\"x\",\
         \"valid_from\":\"{V1}\" }}"
    );
    let body = format!("{{\"objects\":[  {text}  ]}}");
    alice.request("POST", &objects_of(OFF), &[("Content-Type", TAXII)], body.as_bytes()).expect(202);
    let answer = alice.get(&format!("{}{id}/", objects_of(OFF)));
    assert_eq!(String::from_utf8(answer.body).unwrap(), format!("{{\"more\":false,\"objects\":[{text}]}}"));
}

#[test]
fn r55_one_bad_object_sinks_no_other() {
    let world = start();
    let mut alice = world.client("alice");
    let (one, two) = (fresh(), fresh());
    let bad = [json!({ "type": "indicator" }), json!(7), json!({ "type": "indicator", "id": fresh_id("malware") })];
    let mut objects = vec![one.clone()];
    objects.extend(bad);
    objects.push(two.clone());
    let status = alice.post(&objects_of(COLL), &json!({ "objects": objects })).expect(202).json();
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(2), &json!(3)));
    for failure in status["failures"].as_array().unwrap() {
        assert!(failure["message"].as_str().is_some_and(|text| !text.is_empty()), "{failure}");
        assert!(failure["id"].is_string() && failure["version"].is_string());
    }
    assert_eq!(alice.get(&objects_of(COLL)).ids(), [id_of(&one), id_of(&two)]);
}
