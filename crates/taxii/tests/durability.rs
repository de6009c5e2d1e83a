//! What holds while others write, when the clock steps back, and after an end of any kind.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where something is not as expected")]

mod common;

use common::*;
use monition_taxii::{Options, Server};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// How a walk goes on from page to page.
#[derive(Clone, Copy, Debug)]
enum Way {
    Next,
    AddedAfter,
}

/// Walks until `done` and nothing comes any more. Gives each (id, version) with how often it was met.
fn walk(client: &mut Client, way: Way, query: &str, done: &AtomicBool) -> HashMap<(String, String), u32> {
    let mut met = HashMap::new();
    let base = format!("{}?limit=7{query}", objects_of(COLL));
    let (mut place, mut after) = (String::new(), "2000-01-01T00:00:00Z".to_owned());
    loop {
        // Read before the page: what was written before it was set is on this page or a later one.
        let was_done = done.load(Ordering::SeqCst);
        let page = client.get(&format!("{base}{place}")).expect(200);
        let json = page.json();
        for object in json["objects"].as_array().unwrap_or(&Vec::new()) {
            let text = |name: &str| object[name].as_str().unwrap().to_owned();
            *met.entry((text("id"), text("modified"))).or_default() += 1;
        }
        if let Some(last) = page.header("x-taxii-date-added-last") {
            after = last.to_owned();
        }
        place = match (way, json["next"].as_str()) {
            (Way::Next, Some(next)) => format!("{}&next={next}", place.split("&next").next().unwrap()),
            // The end for now: the walk goes on later from the last date that it saw.
            _ if json["more"] == true || !was_done => format!("&added_after={}", encoded(&after)),
            _ => return met,
        };
    }
}

#[test]
fn walks_under_fifty_concurrent_writers_meet_each_object_exactly_once() {
    let world = start();
    let done = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let walkers: Vec<_> = [Way::Next, Way::AddedAfter]
            .into_iter()
            .map(|way| {
                let (mut client, done) = (world.client("alice"), done.clone());
                scope.spawn(move || walk(&mut client, way, "", &done))
            })
            .collect();
        let writers: Vec<_> = (0..50)
            .map(|writer| {
                let mut client = world.client("alice");
                scope.spawn(move || {
                    let mut ids = Vec::new();
                    for round in 0..6 {
                        let objects: Vec<Value> = (0..1 + (writer + round) % 4).map(|_| fresh()).collect();
                        client.add(COLL, &objects);
                        ids.extend(objects.iter().map(id_of));
                    }
                    ids
                })
            })
            .collect();
        let written: HashSet<String> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        done.store(true, Ordering::SeqCst);
        for walker in walkers {
            let met = walker.join().unwrap();
            assert!(met.values().all(|times| *times == 1), "nothing is repeated");
            let ids: HashSet<String> = met.into_keys().map(|(id, _)| id).collect();
            assert_eq!(ids, written, "nothing is skipped");
        }
    });
}

#[test]
fn a_walk_meets_newer_versions_once_each_and_always_the_newest() {
    let world = start();
    let done = Arc::new(AtomicBool::new(false));
    let ids: Vec<String> = (0..60).map(|_| fresh_id("indicator")).collect();
    let first: Vec<Value> = ids.iter().map(|id| indicator(id, "2020-01-01T00:00:00.000Z")).collect();
    world.client("alice").add(COLL, &first);
    std::thread::scope(|scope| {
        let walker = {
            let (mut client, done) = (world.client("alice"), done.clone());
            scope.spawn(move || walk(&mut client, Way::Next, "", &done))
        };
        let mut client = world.client("alice");
        for version in 2..6 {
            let version = format!("2020-01-0{version}T00:00:00.000Z");
            for ids in ids.chunks(5) {
                client.add(COLL, &ids.iter().map(|id| indicator(id, &version)).collect::<Vec<_>>());
            }
        }
        done.store(true, Ordering::SeqCst);
        let met = walker.join().unwrap();
        assert!(met.values().all(|times| *times == 1), "no version is met twice");
        for id in &ids {
            assert!(met.contains_key(&(id.clone(), "2020-01-05T00:00:00.000Z".to_owned())), "the newest of {id}");
        }
    });
}

#[test]
fn statuses_cursors_and_objects_outlive_a_restart() {
    let world = start();
    let mut alice = world.client("alice");
    let bad = json!({ "type": "indicator", "id": fresh_id("indicator") });
    let status = alice.post(&objects_of(COLL), &json!({ "objects": [fresh(), fresh(), bad] })).expect(202).json();
    let path = format!("/api1/status/{}/", status["id"].as_str().unwrap());
    let query = format!("{}?limit=1", objects_of(COLL));
    let page = alice.get(&query).json();
    let dir = world.stop();
    let world = start_in(dir, CONFIG, Options::default());
    let mut alice = world.client("alice");
    assert_eq!(alice.get(&path).expect(200).json(), status);
    let next = format!("{query}&next={}", page["next"].as_str().unwrap());
    let rest = alice.get(&next).expect(200);
    assert_eq!((rest.ids().len(), rest.json()["more"].as_bool()), (1, Some(false)));
}

#[test]
fn dates_rise_when_the_clock_steps_back_and_statuses_end_after_their_time() {
    let now = Arc::new(AtomicI64::new(1_800_000_000_000_000));
    let mut options = Options::default();
    let clock = now.clone();
    options.clock = Arc::new(move || clock.load(Ordering::SeqCst));
    let world = start_with(CONFIG, options.clone());
    let mut alice = world.client("alice");
    let mut objects = Vec::new();
    let mut statuses = Vec::new();
    for step in [0, -3_600_000_000, -1, 5] {
        now.fetch_add(step, Ordering::SeqCst);
        let batch = [fresh(), fresh()];
        statuses.push(alice.add(COLL, &batch).json()["id"].as_str().unwrap().to_owned());
        objects.extend(batch.iter().map(id_of));
    }
    assert_eq!(alice.get(&objects_of(COLL)).ids(), objects);
    let manifest = alice.get(&manifest_of(COLL)).json();
    let dates: Vec<&str> =
        manifest["objects"].as_array().unwrap().iter().map(|r| r["date_added"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a < b), "{dates:?}");
    // 47 hours later they are there, 49 hours later a server that begins has removed them.
    let path = format!("/api1/status/{}/", statuses[0]);
    now.fetch_add(47 * 3_600_000_000, Ordering::SeqCst);
    let world = start_in(world.stop(), CONFIG, options.clone());
    std::thread::sleep(std::time::Duration::from_millis(600));
    world.client("alice").get(&path).expect(200);
    now.fetch_add(2 * 3_600_000_000, Ordering::SeqCst);
    let world = start_in(world.stop(), CONFIG, options);
    std::thread::sleep(std::time::Duration::from_millis(600));
    world.client("alice").get(&path).expect(404);
}

/// The part of the next test that is killed: posts envelopes of three until it dies, and says which were answered.
#[test]
#[ignore = "run by a_kill_in_the_middle_of_posts_leaves_whole_envelopes as its own process"]
fn posts_until_it_is_killed() {
    let dir = std::env::var("MONITION_TAXII_KILLED").unwrap();
    let config = toml::from_str(CONFIG).unwrap();
    let server = Server::open(config, std::path::Path::new(&dir)).unwrap();
    let collection = monition_intel::taxii::Identifier::parse(COLL).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut tasks = Vec::new();
    for writer in 0..4 {
        let server = server.clone();
        tasks.push(runtime.spawn(async move {
            for round in 0_u64.. {
                let object = |n: u64| {
                    let id = format!("indicator--{writer:08x}-0000-4000-8000-{:012x}", round * 3 + n);
                    bytes::Bytes::from(indicator(&id, "2020-01-01T00:00:00.000Z").to_string())
                };
                server.put(collection, (0..3).map(object).collect(), &[]).await.unwrap();
                println!("answered {writer} {round}");
            }
        }));
    }
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
}

#[test]
fn a_kill_in_the_middle_of_posts_leaves_whole_envelopes() {
    use std::io::BufRead as _;
    let world = start();
    let dir = world.stop();
    let mut answered = HashSet::new();
    for after in [1, 20, 77] {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["posts_until_it_is_killed", "--exact", "--ignored", "--nocapture"])
            .env("MONITION_TAXII_KILLED", dir.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut read = |line: String| {
            let Some((_, rest)) = line.split_once("answered ") else { return false };
            let (writer, round) = rest.split_once(' ').unwrap();
            answered.insert((writer.parse::<u64>().unwrap(), round.parse::<u64>().unwrap()))
        };
        let mut fresh = 0;
        while fresh < after {
            fresh += u32::from(read(lines.next().unwrap().unwrap()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        lines.map_while(Result::ok).for_each(|line| {
            read(line);
        });
    }
    let world = start_in(dir, CONFIG, Options::default());
    let done = AtomicBool::new(true);
    let met = walk(&mut world.client("alice"), Way::Next, "", &done);
    let ids: HashSet<String> = met.into_keys().map(|(id, _)| id).collect();
    let id = |writer: u64, n: u64| format!("indicator--{writer:08x}-0000-4000-8000-{n:012x}");
    for (writer, round) in &answered {
        assert!((0..3).all(|n| ids.contains(&id(*writer, round * 3 + n))), "answered, so there: {writer} {round}");
    }
    for writer in 0..4 {
        let count = (0..).take_while(|n| ids.contains(&id(writer, *n))).count();
        assert_eq!(count % 3, 0, "whole or not at all");
    }
    assert!(!answered.is_empty() && ids.len() >= answered.len() * 3);
}

#[test]
fn one_directory_has_one_server() {
    let world = start();
    let config: monition_taxii::Config = toml::from_str(CONFIG).unwrap();
    let error = Server::open(config, world.dir.path()).unwrap_err();
    assert!(matches!(error, monition_taxii::OpenError::InUse { .. }), "{error}");
    let config: monition_taxii::Config = toml::from_str(CONFIG).unwrap();
    let dir = world.stop();
    Server::open(config, dir.path()).unwrap().close();
}
