//! TAXII through the binary: an account that is added while the exchange runs posts, and the receipt that is fetched by the
//! address alone is judged; an import from another server, with the exchange stopped.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FEED: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
const TAXII: &str = "application/taxii+json;version=2.1";
/// `north:a long password` (RFC 7617).
const BASIC: &str = "Basic bm9ydGg6YSBsb25nIHBhc3N3b3Jk";

/// A server that ends with the test, also when an assertion fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts it, and waits for the object that it prints once it listens.
    fn start(root: &Path, args: &[&str]) -> Self {
        let log_path = root.join(format!("{}.log", args.last().unwrap()));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&log_path).unwrap();
        let mut child = command(root, args).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let server = Self(child);
        for line in BufReader::new(stdout).lines() {
            if line.unwrap() == "}" {
                return server;
            }
        }
        panic!("{args:?} ended: {}", std::fs::read_to_string(log_path).unwrap());
    }

    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait().unwrap() {
                return assert!(status.success(), "{status}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not stop");
    }
}

fn command(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monition"));
    command.current_dir(root).arg("--json").args(args).stdin(Stdio::null());
    command
}

fn ends(code: i32, root: &Path, args: &[&str]) -> Value {
    let done = command(root, args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{args:?}\n{out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}\n{out}{err}"))
}

fn runs(root: &Path, args: &[&str]) -> Value {
    ends(0, root, args)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// One request over a connection of its own; gives status and body.
fn http(port: u16, method: &str, path: &str, authorization: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: {authorization}\r\naccept: {TAXII}\r\n\
         content-type: {TAXII}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("chunked"), "{head}");
    (status, serde_json::from_str(body).unwrap_or_default())
}

const SERVE: [&str; 5] = ["serve", "--config", "exchange.toml", "--dir", "exchange"];

/// An exchange with a feed, and one observer that witnesses it. Gives the exchange's port.
fn servers(root: &Path) -> (u16, Vec<Server>) {
    let held: Vec<TcpListener> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<u16> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    drop(held);
    let url = format!("http://127.0.0.1:{}", ports[0]);
    let init = |dir: &str, more: &[&str]| {
        let args = ["init", "--dir", dir, "--exchange", "exchange.example", "--exchange-url", &url, "--no-passphrase"];
        runs(root, &[&args[..], more].concat());
        runs(root, &["keys", "--dir", dir])
    };
    let exchange = init("exchange", &["--kind", "exchange"]);
    let observer = init("lantern", &["--kind", "observer", "--name", "lantern.example"]);
    let (log, directory) = (word(&exchange, "log_vkey"), word(&exchange, "directory_vkey"));
    let witness = word(&observer, "witness_vkey");
    let config = format!(
        "name = \"exchange.example\"\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"exchange-data\"\npublish_ms = 250\n\
         directory_delay_seconds = 0\n[[witnesses]]\nvkey = \"{witness}\"\nurl = \"http://127.0.0.1:{}\"\n\
         [taxii]\ntitle = \"Feeds\"\n[[taxii.api_roots]]\npath = \"feeds\"\ntitle = \"Feeds\"\n\
         [[taxii.api_roots.collections]]\nid = \"{FEED}\"\nalias = \"indicators\"\ntitle = \"Indicators\"\n",
        ports[0], ports[1]
    );
    std::fs::write(root.join("exchange.toml"), config).unwrap();
    let policy =
        format!("log {log}\nlog {directory}\nwitness lantern {witness}\ngroup trust 1 lantern\nquorum trust\n");
    std::fs::write(root.join("trust.policy"), policy).unwrap();
    let observer = format!(
        "exchange = \"exchange.example\"\nexchange_url = \"{url}\"\nlog_vkey = \"{log}\"\ndirectory_vkey = \"{directory}\"\n\
         party = \"lantern.example\"\nlisten = \"127.0.0.1:{}\"\ndata_directory = \"lantern-data\"\nfollow_milliseconds = 100\n",
        ports[1]
    );
    std::fs::write(root.join("lantern.toml"), observer).unwrap();
    runs(root, &[&SERVE[..], &["--create-log"]].concat());
    let observe = ["observe", "--config", "lantern.toml", "--create-store", "--dir", "lantern"];
    (ports[0], vec![Server::start(root, &SERVE), Server::start(root, &observe)])
}

fn indicator(n: u8) -> Value {
    json!({
        "type": "indicator", "spec_version": "2.1", "id": format!("indicator--91a7b528-80eb-42ed-a74d-c6fbd5a261{n:02x}"),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
        "pattern": "[ipv4-addr:value = '198.51.100.7']", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"
    })
}

fn taxii<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["taxii"], args, &["--config", "exchange.toml"]].concat()
}

#[test]
fn an_account_added_while_the_exchange_runs_posts_and_its_receipt_is_judged_by_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (port, mut running) = servers(root);
    assert_eq!(http(port, "GET", "/taxii2/", BASIC, "").0, 401);
    std::fs::write(root.join("password"), "short\n").unwrap();
    let refused = ends(2, root, &taxii(&["account", "add", "north", "--password-file", "password"]));
    assert_eq!(refused["error"]["code"], "usage-taxii-value");
    std::fs::write(root.join("password"), "a long password\n").unwrap();
    runs(root, &taxii(&["account", "add", "north", "--password-file", "password"]));
    let twice = ends(2, root, &taxii(&["account", "add", "north"]));
    assert_eq!(twice["error"]["code"], "usage-taxii-exists");
    let nowhere = ends(2, root, &taxii(&["grant", "north", "nowhere", "--read"]));
    assert_eq!(nowhere["error"]["code"], "usage-taxii-collection");
    runs(root, &taxii(&["grant", "north", "indicators", "--read", "--write", "--tlp", "amber"]));
    let token = runs(root, &taxii(&["token", "new", "north", "poller"]));
    let listed = runs(root, &["taxii", "list", "--data-dir", "exchange-data"]);
    let right = json!({ "read": true, "write": true, "delete": false, "tlp": "amber" });
    assert_eq!(listed["accounts"][0]["rights"], json!([{ "collection": FEED, "right": right }]));
    assert!(!listed.to_string().contains(word(&token, "token")));

    let bearer = format!("Bearer {}", word(&token, "token"));
    let end = Instant::now() + Duration::from_secs(10);
    while http(port, "GET", "/taxii2/", &bearer, "").0 == 401 {
        assert!(Instant::now() < end, "the token never took effect");
        std::thread::sleep(Duration::from_millis(50));
    }
    let body = json!({ "objects": [indicator(1), indicator(2)] }).to_string();
    let (code, status) = http(port, "POST", &format!("/feeds/collections/{FEED}/objects/"), BASIC, &body);
    assert_eq!((code, &status["success_count"]), (202, &json!(2)), "{status}");

    let url = format!("http://127.0.0.1:{port}");
    let receipt = ["taxii", "receipt", "--url", &url, "--out", "receipt.json", "--status"];
    let found = runs(root, &[&receipt[..], &[word(&status, "id")]].concat());
    assert_eq!((word(&found, "account"), word(&found, "collection"), &found["count"]), ("north", FEED, &json!(2)));
    assert_eq!(found["objects"].as_array().unwrap().len(), 2);
    let finding = runs(root, &["judge", "receipt.json", "--trust", "trust.policy"]);
    assert_eq!(finding["answer"], "proven");
    let facts = finding["timeline"].as_array().unwrap();
    assert!(facts.iter().any(|fact| fact["fact"] == "EnvelopeAcceptance"), "{finding}");
    let unknown = ends(2, root, &[&receipt[..], &["91a7b528-80eb-42ed-a74d-c6fbd5a26100"]].concat());
    assert_eq!(unknown["error"]["code"], "usage-unknown-status");

    // An import would write beside the server that runs.
    let dump = json!({ "api1": { "collections": [{
        "id": FEED, "title": "Indicators", "can_read": true, "can_write": true, "media_types": [TAXII],
        "objects": [indicator(3)],
        "manifest": [{ "id": indicator(3)["id"], "date_added": "2020-01-01T00:00:00.000001Z",
            "version": indicator(3)["modified"], "media_type": "application/stix+json;version=2.1" }]
    }] } });
    std::fs::write(root.join("dump.json"), dump.to_string()).unwrap();
    let import = taxii(&["import", "--medallion", "dump.json"]);
    assert_eq!(ends(2, root, &import)["error"]["code"], "usage-data-directory");
    running.remove(0).stop();
    assert_eq!(runs(root, &import)["collections"][0]["added"], 1);
    assert_eq!(runs(root, &import)["collections"][0]["present"], 1);
    runs(root, &taxii(&["token", "remove", "north", "poller"]));
    assert_eq!(
        ends(2, root, &taxii(&["token", "remove", "north", "poller"]))["error"]["code"],
        "usage-taxii-credential"
    );
    running.push(Server::start(root, &SERVE));
    assert_eq!(http(port, "GET", "/taxii2/", &bearer, "").0, 401);
    let (code, read) = http(port, "GET", "/feeds/collections/indicators/objects/", BASIC, "");
    assert_eq!((code, read["objects"].as_array().unwrap().len()), (200, 3));
    // The receipt is there after a restart too.
    runs(root, &[&receipt[..], &[word(&status, "id")]].concat());
    runs(root, &taxii(&["revoke", "north", "indicators"]));
    runs(root, &taxii(&["account", "remove", "north"]));
    for server in running {
        server.stop();
    }
}

#[test]
fn a_collection_of_warnings_and_a_root_in_the_way_are_refused_at_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (_, running) = servers(root);
    running.into_iter().for_each(Server::stop);
    let config = std::fs::read_to_string(root.join("exchange.toml")).unwrap();
    std::fs::write(root.join("exchange.toml"), format!("{config}kind = \"warnings\"\n")).unwrap();
    let refused = ends(2, root, &SERVE);
    assert_eq!(refused["error"]["code"], "usage-taxii-warnings");
    assert!(word(&refused["error"], "message").contains(FEED), "{refused}");
    std::fs::write(root.join("exchange.toml"), config.replace("path = \"feeds\"", "path = \"v1/feeds\"")).unwrap();
    let refused = ends(2, root, &SERVE);
    assert_eq!(refused["error"]["code"], "usage-config");
    assert!(word(&refused["error"], "message").contains("v1/feeds"), "{refused}");
}
