//! What the HTTP face shows and bears: its description, and a flood of replies.

use super::world::{World, key};
use monition_evidence::values::Urgency;
use monition_evidence::wire::{CONSIGNMENT_TYPE, STATEMENT_TYPE};

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_path_is_served_and_takes_no_other_method() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let document = world.http.get(format!("{}/openapi.json", observer.url)).send().await.unwrap();
    assert_eq!(document.headers()["content-type"], "application/json");
    let document: serde_json::Value = serde_json::from_slice(&document.bytes().await.unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 10);
    for (path, methods) in paths {
        let url = format!("{}{}", observer.url, path.replace("{digest}", &"A".repeat(43)));
        let other = world.http.put(&url).send().await.unwrap();
        assert_eq!(other.status().as_u16(), 405, "PUT {path}");
        for method in methods.as_object().unwrap().keys() {
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = world.http.request(method.clone(), &url).send().await.unwrap();
            // No note has the digest of zeros: that one path says so.
            let absent = path.contains("{digest}") && answer.status() == 404;
            assert!(absent || ![404, 405].contains(&answer.status().as_u16()), "{method} {path}: {}", answer.status());
        }
    }
    let metrics = world.http.get(format!("{}/metrics", observer.url)).send().await.unwrap().text().await.unwrap();
    let open = metrics.lines().find_map(|line| line.strip_prefix("monition_observer_connections_open "));
    assert!(open.unwrap().parse::<u64>().unwrap() >= 1, "{metrics}");
    let absent = world.http.get(format!("{}/v2/about", observer.url)).send().await.unwrap();
    assert_eq!(absent.status().as_u16(), 404);
    assert_eq!(absent.headers()["x-frame-options"], "DENY");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_replies_fills_its_own_mailboxs_share_of_the_outbox_and_no_more() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let consign = async |number: u8| {
        let request = world.consignment(number, Urgency::Flash);
        let submission = request.consign.submission;
        let answer = world.signed(&observer, "/v1/consign", CONSIGNMENT_TYPE, request.to_bytes(), &key(1)).await;
        assert_eq!(answer.status(), 200);
        submission
    };
    let submission = consign(1).await;
    world.logs.lock().unwrap().taking = false;
    let mut taken = 0;
    let refused = loop {
        let reply = world.reply(submission, &key(22), "south.example");
        let answer = world.post(&observer, "/v1/replies", STATEMENT_TYPE, reply.as_bytes().to_vec()).await;
        match answer.status().as_u16() {
            200 => taken += 1,
            _ => break answer,
        }
        assert!(taken < 1000, "nothing ever stopped it");
    };
    // A reply and its lodgement each.
    assert_eq!(taken, 256);
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "60");
    assert!(refused.text().await.unwrap().contains("internal-replies-waiting"));
    // The node's own evidence goes on: an item is taken, and its heads are queued.
    consign(2).await;
    world.logs.lock().unwrap().taking = true;
    let drained = async {
        loop {
            let reply = world.reply(submission, &key(22), "south.example");
            let answer = world.post(&observer, "/v1/replies", STATEMENT_TYPE, reply.as_bytes().to_vec()).await;
            if answer.status() == 200 {
                return;
            }
            let now = world.now().value();
            world.set_time(now + 60);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), drained).await.expect("there is room again");
}
