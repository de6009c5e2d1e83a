//! The client against the real server: over lines that break, through a go-between that changes answers as other servers
//! give them, and broken off at every page.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod common;

use common::*;
use monition_taxii::Options;
use monition_taxii::client::{Access, ClientError, Http, Patience, PullRequest, PullSummary, PushRequest, pull, push};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const QUICK: Patience = Patience { tries: 6, pause: Duration::from_millis(5), pause_max: Duration::from_millis(50) };

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn token(world: &World, account: &str) -> String {
    std::fs::read_to_string(world.dir.path().join(format!("{account}.token"))).unwrap()
}

fn http_at(world: &World, address: SocketAddr, path: &str) -> Http {
    let access = Access { bearer: Some(token(world, "alice")), ..Access::default() };
    Http::new(&format!("http://{address}{path}"), &access, None, QUICK).unwrap()
}

fn http(world: &World, address: SocketAddr) -> Http {
    http_at(world, address, "/api1/")
}

fn wanted(limit: u32) -> PullRequest {
    PullRequest { collection: COLL.to_owned(), limit, ..PullRequest::default() }
}

fn pull_to(http: &Http, request: &PullRequest, out: &Path) -> Result<PullSummary, ClientError> {
    block_on(pull(http, request, out, &mut |_| {}))
}

/// How often each (id, version) stands in the file.
fn lines(out: &Path) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for line in std::fs::read_to_string(out).unwrap().lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| object[key].as_str().unwrap().to_owned();
        *found.entry((text("id"), text("modified"))).or_default() += 1;
    }
    found
}

fn each_once(out: &Path, expected: &[Value]) {
    let expected: BTreeMap<_, _> =
        expected.iter().map(|object| ((id_of(object), object["modified"].as_str().unwrap().to_owned()), 1)).collect();
    assert_eq!(lines(out), expected);
}

fn filled(world: &World, count: usize) -> Vec<Value> {
    let objects: Vec<Value> = (0..count).map(|_| fresh()).collect();
    world.client("alice").add(COLL, &objects);
    objects
}

/// Passes bytes on; of each connection in the plan only so many of the answers, then it breaks.
fn breaking(to: SocketAddr, plan: Vec<usize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let plan = Mutex::new(plan.into_iter());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut near, mut far) = (stream.unwrap(), TcpStream::connect(to).unwrap());
            let mut left = plan.lock().unwrap().next().unwrap_or(usize::MAX);
            let (mut up, mut sink) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut up, &mut sink));
            std::thread::spawn(move || {
                let mut chunk = [0; 1024];
                while left > 0 {
                    let n = match far.read(&mut chunk) {
                        Ok(0) | Err(_) => break,
                        Ok(n) => n.min(left),
                    };
                    if near.write_all(&chunk[..n]).is_err() {
                        break;
                    }
                    left -= n;
                }
                let _ = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
            });
        }
    });
    address
}

/// A request as a go-between gets it.
struct Asked {
    number: usize,
    method: String,
    path: String,
    body: Vec<u8>,
}

/// A server of one request for each connection; `give` may ask the real one.
fn between(world: &World, give: impl Fn(&mut Client, &Asked) -> Answer + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = Client::new(world.address, Some(format!("Bearer {}", token(world, "alice"))));
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut line, mut length) = (String::new(), String::from("-"), 0);
            reader.read_line(&mut first).unwrap();
            while !line.trim().is_empty() {
                line.clear();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let mut words = first.split(' ').map(str::to_owned);
            let asked = Asked { number, method: words.next().unwrap(), path: words.next().unwrap(), body };
            let answer = give(&mut server, &asked);
            let mut text = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", answer.status);
            for (name, value) in &answer.headers {
                if !["content-length", "connection"].contains(&name.to_ascii_lowercase().as_str()) {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
            }
            text.push_str(&format!("content-length: {}\r\n\r\n", answer.body.len()));
            let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(&answer.body));
        }
    });
    address
}

fn forwarded(server: &mut Client, asked: &Asked) -> Answer {
    server.request(&asked.method, &asked.path, &[("Accept", TAXII), ("Content-Type", TAXII)], &asked.body)
}

/// Asks the real server and changes its answer: (number of the request, path, answer).
fn bending(world: &World, bend: impl Fn(usize, &str, Answer) -> Answer + Send + 'static) -> SocketAddr {
    between(world, move |server, asked| bend(asked.number, &asked.path, forwarded(server, asked)))
}

fn edited(mut answer: Answer, edit: impl FnOnce(&mut Value)) -> Answer {
    let mut value = answer.json();
    edit(&mut value);
    answer.body = value.to_string().into_bytes();
    answer
}

fn is_page(path: &str) -> bool {
    path.contains("/objects/")
}

fn out(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("pulled.jsonl")
}

#[test]
fn a_pull_holds_the_bytes_of_each_object_once_and_the_next_one_only_what_came_since() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let mut objects = filled(&world, 25);
    // Served byte for byte: white space and the order of members stay.
    let odd = br#"{"objects":[{ "type":"indicator", "id":"indicator--0000ffff-0000-4000-8000-000000000001","spec_version":"2.1","modified":"2020-01-01T00:00:00.000Z","created":"2020-01-01T00:00:00.000Z","pattern":"[ipv4-addr:value = '198.51.100.7']","pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z" ,"name":"\u00e9" }]}"#;
    world.client("alice").request("POST", &objects_of(COLL), &[("Content-Type", TAXII)], odd).expect(202);
    let client = http(&world, world.address);
    let summary = pull_to(&client, &wanted(10), &out(&dir)).unwrap();
    assert_eq!((summary.objects, summary.new_objects, summary.pages), (26, 26, 3));
    let text = std::fs::read(out(&dir)).unwrap();
    let exact = &odd[br#"{"objects":["#.len()..odd.len() - 2];
    assert!(text.split(|byte| *byte == b'\n').any(|line| line == exact));

    let again = pull_to(&client, &wanted(10), &out(&dir)).unwrap();
    assert_eq!((again.objects, again.new_objects), (26, 0));
    objects.extend(filled(&world, 3));
    let newer = indicator(&id_of(&objects[0]), "2021-01-01T00:00:00.000Z");
    world.client("alice").add(COLL, std::slice::from_ref(&newer));
    let later = pull_to(&client, &wanted(10), &out(&dir)).unwrap();
    assert_eq!((later.objects, later.new_objects), (30, 4));
    objects.push(newer);
    objects.push(serde_json::from_slice(exact).unwrap());
    each_once(&out(&dir), &objects);
}

#[test]
fn discovery_leads_to_the_collection_by_alias_and_filters_hold() {
    let config = CONFIG.replace("public_url = \"https://taxii.example\"\n", "");
    let (world, dir) = (start_with(&config, Options::default()), tempfile::tempdir().unwrap());
    filled(&world, 3);
    let malware = json!({ "type": "malware", "spec_version": "2.1", "id": fresh_id("malware"), "is_family": false,
        "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z" });
    world.client("alice").add(COLL, std::slice::from_ref(&malware));
    let request =
        PullRequest { collection: "main".to_owned(), types: vec!["malware".to_owned()], ..PullRequest::default() };
    for path in ["", "/", "/taxii2/", "/taxii2", "/api1"] {
        let file = dir.path().join(format!("{}.jsonl", path.replace('/', "_")));
        pull_to(&http_at(&world, world.address, path), &request, &file).unwrap();
        each_once(&file, std::slice::from_ref(&malware));
    }
    let error = pull_to(&http(&world, world.address), &wanted(0), &dir.path().join("_taxii2_.jsonl")).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-state", "{error}");
    let request = PullRequest { collection: "nowhere".to_owned(), ..PullRequest::default() };
    let error = pull_to(&http(&world, world.address), &request, &out(&dir)).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-no-collection", "{error}");
    let request = PullRequest { collection: WRITE_ONLY.to_owned(), ..PullRequest::default() };
    let error = pull_to(&http(&world, world.address), &request, &out(&dir)).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-no-right", "{error}");
}

#[test]
fn roots_at_another_server_get_no_credentials_and_redirects_are_not_followed() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    // The configuration names https://taxii.example; from loopback it is another server.
    let error = pull_to(&http_at(&world, world.address, "/taxii2/"), &wanted(0), &out(&dir)).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-no-collection", "{error}");
    let elsewhere = bending(&world, |_, _, mut answer| {
        answer.status = 302;
        answer.headers.push(("location".to_owned(), "https://elsewhere.example/".to_owned()));
        answer
    });
    let error = pull_to(&http(&world, elsewhere), &wanted(0), &out(&dir)).unwrap_err();
    assert!(error.to_string().contains("https://elsewhere.example/"), "{error}");
    for url in ["http://taxii.example/", "ftp://127.0.0.1/", "https://alice:secret@taxii.example/", "nothing"] {
        let error = Http::new(url, &Access::default(), None, QUICK).err().unwrap();
        assert_eq!(error.code(), "usage-taxii-options", "{url}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn lines_that_break_at_any_byte_cost_tries_and_no_object() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 40);
    // Every connection breaks, each at another place; never more tries in a row than there are.
    let mut plan = Vec::new();
    for cut in (0..6000).step_by(397) {
        plan.extend([cut, 9000]);
    }
    plan.extend([1, 40, 300, 700]);
    let broken = breaking(world.address, plan);
    pull_to(&http(&world, broken), &wanted(7), &out(&dir)).unwrap();
    each_once(&out(&dir), &objects);

    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = pull_to(&http(&world, dead), &wanted(7), &out(&dir)).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("internal-taxii-unreachable", 75), "{error}");
}

#[test]
fn a_pull_that_is_killed_at_any_page_goes_on_and_holds_each_object_once() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 23);
    for boundary in 0..=6_usize {
        let file = dir.path().join(format!("{boundary}.jsonl"));
        let pages = Arc::new(AtomicUsize::new(0));
        let gate = bending(&world, move |_, path, mut answer| {
            if is_page(path) && pages.fetch_add(1, Ordering::SeqCst) >= boundary {
                answer.status = 403;
            }
            answer
        });
        let first = pull_to(&http(&world, gate), &wanted(4), &file);
        assert_eq!(first.is_err(), boundary < 6, "{first:?}");
        // What a kill between the append and the state leaves: whole lines and half of one, not counted.
        let mut tail = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        writeln!(tail, "{}", objects[(boundary * 4).min(22)]).unwrap();
        tail.write_all(b"{\"type\":\"indi").unwrap();
        drop(tail);
        let summary = pull_to(&http(&world, world.address), &wanted(4), &file).unwrap();
        assert_eq!(summary.objects, 23);
        each_once(&file, &objects);
    }
}

#[test]
fn a_server_without_next_is_walked_by_date() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 31);
    let without = bending(&world, |_, path, answer| {
        assert!(!path.contains("next="));
        if is_page(path) { edited(answer, |page| drop(page.as_object_mut().unwrap().remove("next"))) } else { answer }
    });
    pull_to(&http(&world, without), &wanted(5), &out(&dir)).unwrap();
    each_once(&out(&dir), &objects);
}

#[test]
fn a_next_that_is_forgotten_is_replaced_by_the_date() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 31);
    let forgetful = bending(&world, |number, path, mut answer| {
        if path.contains("next=") && number % 3 == 0 {
            answer.status = 400;
        }
        answer
    });
    pull_to(&http(&world, forgetful), &wanted(5), &out(&dir)).unwrap();
    each_once(&out(&dir), &objects);
}

#[test]
fn a_page_that_comes_twice_is_written_once() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 31);
    let before: Mutex<Vec<Value>> = Mutex::new(Vec::new());
    let repeating = bending(&world, move |_, path, answer| {
        if !is_page(path) {
            return answer;
        }
        edited(answer, |page| {
            let list = page["objects"].as_array_mut().unwrap();
            let again = std::mem::replace(&mut *before.lock().unwrap(), list.clone());
            list.splice(0..0, again);
        })
    });
    pull_to(&http(&world, repeating), &wanted(5), &out(&dir)).unwrap();
    each_once(&out(&dir), &objects);
}

#[test]
fn a_server_that_goes_in_circles_is_left_with_a_clear_error() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    filled(&world, 31);
    // The first page for ever, with one token or with ever new ones, with and without the header.
    for (name, fresh, header) in [("one", false, true), ("new", true, true), ("none", true, false)] {
        let first: Mutex<Option<Answer>> = Mutex::new(None);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let circling = bending(&world, move |number, path, answer| {
            if !is_page(path) {
                return answer;
            }
            count.fetch_add(1, Ordering::SeqCst);
            let page = first.lock().unwrap().get_or_insert(answer).clone();
            let mut page = edited(page, |page| {
                page["next"] = json!(if fresh { number.to_string() } else { "same".to_owned() });
            });
            page.headers.retain(|(name, _)| header || !name.to_ascii_lowercase().starts_with("x-taxii"));
            page
        });
        let file = dir.path().join(name);
        let error = pull_to(&http(&world, circling), &wanted(5), &file).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("evidence-taxii-loop", 1), "{name}: {error}");
        assert_eq!(lines(&file).len(), 5);
        assert!(asked.load(Ordering::SeqCst) < 300);
    }
}

#[test]
fn retry_after_is_honoured_and_refusals_are_not_repeated() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 12);
    let busy = bending(&world, |number, _, mut answer| {
        if number == 2 {
            answer.status = 429;
            answer.headers.push(("retry-after".to_owned(), "1".to_owned()));
        } else if number % 4 == 3 {
            answer.status = 503;
        }
        answer
    });
    let access = Access { bearer: Some(token(&world, "alice")), ..Access::default() };
    let patience = Patience { tries: 4, pause: Duration::from_millis(5), pause_max: Duration::from_secs(5) };
    let began = Instant::now();
    let client = Http::new(&format!("http://{busy}/api1/"), &access, None, patience).unwrap();
    pull_to(&client, &wanted(5), &out(&dir)).unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    each_once(&out(&dir), &objects);

    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let closed = bending(&world, move |_, _, mut answer| {
        count.fetch_add(1, Ordering::SeqCst);
        answer.status = 403;
        answer
    });
    let error = pull_to(&http(&world, closed), &wanted(5), &dir.path().join("b.jsonl")).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("usage-taxii-refused", 2), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn an_answer_that_is_too_long_or_no_json_is_refused_and_a_bad_object_sinks_only_itself() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects = filled(&world, 12);
    let small = http(&world, world.address).with_answer_bytes_max(2000);
    let error = pull_to(&small, &wanted(10), &out(&dir)).unwrap_err();
    assert_eq!(error.code(), "evidence-taxii-answer", "{error}");
    for body in ["", "[]", "{\"more\":false,\"more\":true}", "<html>"] {
        let wrong = bending(&world, move |_, path, mut answer| {
            if is_page(path) {
                answer.body = body.as_bytes().to_vec();
            }
            answer
        });
        let error = pull_to(&http(&world, wrong), &wanted(10), &out(&dir)).unwrap_err();
        assert_eq!(error.code(), "evidence-taxii-answer", "{body}: {error}");
    }
    let bad = bending(&world, |_, path, mut answer| {
        if is_page(path) {
            let text = String::from_utf8(answer.body).unwrap();
            answer.body = text.replacen("\"objects\":[", "\"objects\":[{\"id\":\"x\",\"id\":\"y\"},7,{},", 1).into();
        }
        answer
    });
    let summary = pull_to(&http(&world, bad), &wanted(0), &out(&dir)).unwrap();
    assert_eq!((summary.refused, summary.refusals.len()), (3, 3), "{:?}", summary.refusals);
    each_once(&out(&dir), &objects);
}

#[test]
fn a_file_that_no_state_explains_is_not_touched() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    filled(&world, 2);
    std::fs::write(out(&dir), "precious\n").unwrap();
    let error = pull_to(&http(&world, world.address), &wanted(0), &out(&dir)).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-state", "{error}");
    assert_eq!(std::fs::read_to_string(out(&dir)).unwrap(), "precious\n");
    let file = dir.path().join("cut.jsonl");
    pull_to(&http(&world, world.address), &wanted(0), &file).unwrap();
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(3).unwrap();
    let error = pull_to(&http(&world, world.address), &wanted(0), &file).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-state", "{error}");
}

#[test]
fn pulls_beside_writers_hold_every_version_exactly_once() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let posted = Arc::new(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (stop, posted, mut writer) = (stop.clone(), posted.clone(), world.client("alice"));
            scope.spawn(move || {
                let mut mine: Vec<Value> = Vec::new();
                let mut round = 0;
                while !stop.load(Ordering::SeqCst) && round < 60 {
                    round += 1;
                    let mut batch: Vec<Value> = (0..5).map(|_| fresh()).collect();
                    if let Some(object) = mine.get(round * 2) {
                        let modified = format!("2021-01-01T00:00:{:02}.000Z", round % 60);
                        batch.push(indicator(&id_of(object), &modified));
                    }
                    writer.add(COLL, &batch);
                    mine.extend(batch[..5].to_vec());
                    posted.lock().unwrap().extend(batch);
                }
            });
        }
        let request = PullRequest { all_versions: true, ..wanted(13) };
        let broken = breaking(world.address, (0..30).map(|n| 3000 + n * 977).collect());
        for _ in 0..10 {
            pull_to(&http(&world, broken), &request, &out(&dir)).unwrap();
        }
        stop.store(true, Ordering::SeqCst);
    });
    let request = PullRequest { all_versions: true, ..wanted(13) };
    pull_to(&http(&world, world.address), &request, &out(&dir)).unwrap();
    let posted = posted.lock().unwrap();
    let versions: BTreeSet<_> = posted.iter().map(|object| (id_of(object), object["modified"].to_string())).collect();
    assert_eq!(versions.len(), posted.len());
    each_once(&out(&dir), &posted);
}

fn bundle(dir: &tempfile::TempDir, objects: &[Value]) -> PathBuf {
    let file = dir.path().join("bundle.json");
    let bundle = json!({ "type": "bundle", "id": fresh_id("bundle"), "objects": objects });
    std::fs::write(&file, serde_json::to_string_pretty(&bundle).unwrap()).unwrap();
    file
}

fn pushing(batch: usize) -> PushRequest {
    PushRequest { collection: COLL.to_owned(), batch, ..PushRequest::default() }
}

#[test]
fn a_push_names_each_refused_object_and_a_second_one_sends_nothing() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let mut objects: Vec<Value> = (0..12).map(|_| fresh()).collect();
    objects[4]["valid_from"] = json!("yesterday");
    objects[7]["spec_version"] = json!("9.9");
    let file = bundle(&dir, &objects);
    let client = http(&world, world.address);
    let summary = block_on(push(&client, &pushing(5), &file, &mut |_| {})).unwrap();
    assert_eq!((summary.objects, summary.succeeded, summary.failed, summary.envelopes), (12, 10, 2, 3));
    let failed: Vec<&str> = summary.failures.iter().map(|failure| failure.id.as_str()).collect();
    assert_eq!(failed, [id_of(&objects[4]), id_of(&objects[7])]);
    assert!(summary.failures.iter().all(|failure| !failure.message.is_empty()));
    let again = block_on(push(&client, &pushing(5), &file, &mut |_| {})).unwrap();
    assert_eq!((again.sent, again.succeeded, again.failed), (0, 10, 2));
    objects.push(fresh());
    bundle(&dir, &objects);
    let error = block_on(push(&client, &pushing(5), &file, &mut |_| {})).unwrap_err();
    assert_eq!(error.code(), "usage-taxii-state", "{error}");
}

#[test]
fn a_push_over_lines_that_break_adds_each_object_once_and_goes_on_where_it_was_killed() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let objects: Vec<Value> = (0..30).map(|_| fresh()).collect();
    let file = dir.path().join("objects.jsonl");
    std::fs::write(&file, objects.iter().map(|object| format!("{object}\n")).collect::<String>()).unwrap();
    for boundary in 0..5_usize {
        let posts = Arc::new(AtomicUsize::new(0));
        let count = posts.clone();
        let gate = bending(&world, move |_, path, mut answer| {
            // Stored, and the answer never arrives: the hardest place to stop.
            if is_page(path) && count.fetch_add(1, Ordering::SeqCst) >= boundary.min(2) {
                answer.status = 403;
            }
            answer
        });
        let killed = block_on(push(&http(&world, gate), &pushing(4), &file, &mut |_| {}));
        assert!(killed.is_err() || boundary > 3, "{killed:?}");
    }
    let broken = breaking(world.address, vec![900, 0, 200, 650, 1800]);
    let summary = block_on(push(&http(&world, broken), &pushing(4), &file, &mut |_| {})).unwrap();
    assert_eq!((summary.objects, summary.succeeded, summary.failed), (30, 30, 0));
    pull_to(&http(&world, world.address), &PullRequest { all_versions: true, ..wanted(0) }, &out(&dir)).unwrap();
    each_once(&out(&dir), &objects);
}

#[test]
fn an_envelope_that_a_server_refuses_as_a_whole_is_halved_until_the_bad_object_stands_alone() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    let mut objects: Vec<Value> = (0..9).map(|_| fresh()).collect();
    objects[5]["name"] = json!("poison");
    let poison = id_of(&objects[5]);
    let file = bundle(&dir, &objects);
    let strict = between(&world, |server, asked| {
        if asked.body.windows(6).any(|window| window == b"poison") {
            return Answer { status: 422, headers: Vec::new(), body: b"{\"title\":\"no\"}".to_vec() };
        }
        forwarded(server, asked)
    });
    let summary = block_on(push(&http(&world, strict), &pushing(9), &file, &mut |_| {})).unwrap();
    assert_eq!((summary.succeeded, summary.failed), (8, 1));
    assert_eq!(summary.failures[0].id, poison);
    assert!(summary.failures[0].message.contains("422"), "{}", summary.failures[0].message);
}

#[test]
fn envelopes_stay_under_max_content_length_and_what_is_longer_is_refused_alone() {
    let (world, dir) = (start(), tempfile::tempdir().unwrap());
    // The root takes 1,000,000 bytes.
    let mut objects: Vec<Value> = (0..8).map(|_| fresh()).collect();
    for object in &mut objects {
        object["description"] = json!("x".repeat(300_000));
    }
    objects[3]["description"] = json!("x".repeat(1_000_000));
    let file = bundle(&dir, &objects);
    let mut last = None;
    let summary =
        block_on(push(&http(&world, world.address), &pushing(500), &file, &mut |at| last = Some(at))).unwrap();
    assert_eq!((summary.succeeded, summary.failed, summary.envelopes), (7, 1, 3));
    assert_eq!(summary.failures[0].id, id_of(&objects[3]));
    assert_eq!(last.map(|at| (at.objects, at.share_percent)), Some((8, 100)));
}
