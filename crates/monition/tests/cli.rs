//! The binary as people use it: its help and its errors word by word, and one warning from `init` to a finding.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "cli/delegate.rs"]
mod delegate;
#[path = "cli/rarer.rs"]
mod rarer;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn help_and_errors() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").env("COLUMNS", "100");
}

/// A server that ends with the test, also when an assertion fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts it and waits for the object that it prints once it listens.
    fn start(root: &Path, args: &[&str]) -> Self {
        let log_path = root.join(format!("{}.log", args.last().unwrap()));
        let log = std::fs::File::create(&log_path).unwrap();
        let mut child = command(root, args).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let server = Self(child);
        let mut text = String::new();
        for line in BufReader::new(stdout).lines() {
            let line = line.unwrap();
            text.push_str(&line);
            if line == "}" {
                return server;
            }
        }
        panic!("{args:?} ended: {text}\n{}", std::fs::read_to_string(log_path).unwrap());
    }

    /// Asks it to stop as a service manager does, and gives its exit code.
    fn stop(mut self) -> Option<i32> {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let end = Instant::now() + Duration::from_secs(15);
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
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

/// Runs a command that must end with `code`, and gives the object that it prints.
fn ends(root: &Path, code: i32, args: &[&str]) -> Value {
    let done = command(root, args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{args:?}\n{out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}\n{out}{err}"))
}

fn runs(root: &Path, args: &[&str]) -> Value {
    ends(root, 0, args)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Ports that were free a moment ago.
fn ports<const N: usize>() -> [u16; N] {
    let held: Vec<TcpListener> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    std::array::from_fn(|n| held[n].local_addr().unwrap().port())
}

fn init(root: &Path, dir: &str, url: &str, more: &[&str]) -> Value {
    let args = ["init", "--dir", dir, "--exchange", "exchange.example", "--exchange-url", url, "--no-passphrase"];
    runs(root, &[&args[..], more].concat());
    runs(root, &["keys", "--dir", dir])
}

fn enrol(root: &Path, dir: &str, more: &[&str]) {
    let file = format!("{dir}.enrolment");
    runs(root, &[&["enrol", "--dir", dir, "--sponsor", "exchange.example", "--out", &file][..], more].concat());
    runs(root, &["sponsor", "--dir", "exchange", &file]);
    runs(root, &["enrol", "--dir", dir, "--sponsored", &file]);
}

/// Exchange and two observers, configured as an operator does it: keys first, then configuration files.
fn servers(root: &Path) -> (String, Vec<Server>) {
    let [port, first, second] = ports();
    let url = format!("http://127.0.0.1:{port}");
    let exchange = init(root, "exchange", &url, &["--kind", "exchange"]);
    let observers = [("harbour", first), ("lantern", second)];
    let mut config = format!(
        "name = \"exchange.example\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"exchange-data\"\npublish_ms = 250\ndirectory_delay_seconds = 0\n"
    );
    let (log, directory) = (word(&exchange, "log_vkey"), word(&exchange, "directory_vkey"));
    let mut policy = format!("log {log}\nlog {directory}\n");
    for (name, port) in observers {
        let keys = init(root, name, &url, &["--kind", "observer", "--name", &format!("{name}.example")]);
        let vkey = word(&keys, "witness_vkey");
        config.push_str(&format!("[[witnesses]]\nvkey = \"{vkey}\"\nurl = \"http://127.0.0.1:{port}\"\n"));
        policy.push_str(&format!("witness {name} {vkey}\n"));
        let observer = format!(
            "exchange = \"exchange.example\"\nexchange_url = \"{url}\"\nlog_vkey = \"{log}\"\ndirectory_vkey = \"{directory}\"\nparty = \"{name}.example\"\nlisten = \"127.0.0.1:{port}\"\ndata_directory = \"{name}-data\"\nperiod_seconds = 1\nfollow_milliseconds = 100\n"
        );
        std::fs::write(root.join(format!("{name}.toml")), observer).unwrap();
    }
    policy.push_str("group trust 2 harbour lantern\nquorum trust\n");
    std::fs::write(root.join("exchange.toml"), config).unwrap();
    std::fs::write(root.join("trust.policy"), policy).unwrap();

    let serve = ["serve", "--config", "exchange.toml", "--dir", "exchange"];
    // Starting never creates a log, and a log is created once.
    assert_eq!(ends(root, 2, &serve)["error"]["code"], "usage-data-directory");
    runs(root, &[&serve[..], &["--create-log"]].concat());
    assert_eq!(ends(root, 2, &[&serve[..], &["--create-log"]].concat())["error"]["code"], "usage-data-directory");
    let mut running = vec![Server::start(root, &serve)];
    for (name, port) in observers {
        let (config, first) = (format!("{name}.toml"), ["--create-store", "--dir", name]);
        let observe = ["observe", "--config", &config];
        // A witness never begins without its memory unless told to.
        assert_eq!(ends(root, 2, &[&observe[..], &first[1..]].concat())["error"]["code"], "usage-data-directory");
        running.push(Server::start(root, &[&observe[..], &first].concat()));
        let custodian = format!("http://127.0.0.1:{port}");
        enrol(root, name, &["--custodian-url", &custodian, "--period-seconds", "1"]);
    }
    (url, running)
}

/// Collects until a warning came.
fn collect(root: &Path, dir: &str) -> String {
    let end = Instant::now() + Duration::from_secs(15);
    while Instant::now() < end {
        runs(root, &["collect", "--dir", dir, "--wait", "2"]);
        let inbox = runs(root, &["inbox", "--dir", dir]);
        if let Some(entry) = inbox["inbox"].as_array().unwrap().last() {
            return word(entry, "submission").to_owned();
        }
    }
    panic!("no warning came to {dir}");
}

#[test]
fn one_warning_from_init_to_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let root: PathBuf = folder.path().to_owned();
    let (url, running) = servers(&root);
    for name in ["north", "south"] {
        let full = format!("{name}.example");
        init(&root, name, &url, &["--name", &full, "--trust", "trust.policy", "--role", "duty-officer"]);
        enrol(&root, name, &[]);
        let declare = ["declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example"];
        runs(&root, &[&declare[..], &["--poll-seconds", "1"]].concat());
    }

    std::fs::write(root.join("map.txt"), "a map").unwrap();
    std::fs::write(root.join("summary.txt"), "An attack is being prepared.\n").unwrap();
    let warn = [
        ["warn", "--dir", "north", "--to", "south.example", "--class", "attack.physical", "--urgency", "flash"]
            .as_slice(),
        &["--summary", "@summary.txt", "--field", "place.city=South", "--field", "source.kind=closed"],
        &["--attach", "map.txt:text/plain", "--answer-within", "600", "--wait", "15"],
    ];
    let sent = runs(&root, &warn.concat());
    let id = word(&sent["sent"][0], "submission");
    assert_eq!(sent["sent"][0]["available"], true);

    let came = collect(&root, "south");
    assert_eq!(came, id);
    let read = runs(&root, &["read", "--dir", "south", &came, "--attachments", "files"]);
    assert_eq!(read["fields"]["summary"], "An attack is being prepared.");
    assert_eq!(read["misfits"], serde_json::json!([]));
    assert_eq!(std::fs::read_to_string(root.join("files/attachment.1")).unwrap(), "a map");
    let reply =
        ["reply", "--dir", "south", &came, "--role", "duty-officer", "--status", "acknowledged", "--note", "seen"];
    assert_eq!(runs(&root, &reply)["logged"], true);

    let status = runs(&root, &["status", "--dir", "north", id]);
    assert_eq!((&status["available"], &status["receipt"]), (&true.into(), &true.into()));
    assert_eq!(status["replies"], serde_json::json!(["acknowledged"]));

    // An amendment keeps what is not named again.
    let amended = runs(&root, &["amend", "--dir", "north", id, "--advice", "leave", "--wait", "15"]);
    runs(&root, &["withdraw", "--dir", "north", word(&amended, "submission"), "--reason", "it is over"]);

    let question = "told south.example by north.example";
    runs(&root, &["dossier", "--dir", "north", question, "--out", "north.dossier.json"]);
    let finding = runs(&root, &["judge", "north.dossier.json", "--trust", "trust.policy"]);
    assert_eq!(finding["answer"], "proven");
    let text = std::fs::read_to_string(root.join("north.dossier.json")).unwrap();
    let source = ["--field", "source.kind", "--out", "x.json"];
    let refused = ends(&root, 2, &[&["dossier", "--dir", "north", question][..], &source].concat());
    assert_eq!(refused["error"]["code"], "usage-sources");
    runs(&root, &[&["reveal", "--dir", "north", question][..], &source].concat());
    assert_ne!(std::fs::read_to_string(root.join("x.json")).unwrap(), text);

    // The record goes with the keys: the restored desk shows the same, elsewhere.
    runs(&root, &["backup", "--dir", "north", "backup"]);
    runs(&root, &["restore", "backup", "--dir", "again"]);
    assert_eq!(runs(&root, &["status", "--dir", "again", id])["receipt"], true);
    assert_eq!(ends(&root, 2, &["restore", "backup", "--dir", "again"])["error"]["code"], "usage-exists");

    // A false denial is not signed.
    let before = (status["composed_at"].as_u64().unwrap() + 1).to_string();
    let refused = ends(&root, 2, &["deny", "--dir", "south", question, "--before", &before]);
    assert_eq!(refused["error"]["code"], "usage-not-possible");

    for server in running {
        assert_eq!(server.stop(), Some(0));
    }
}

/// North allows it, South passes two fields on, West gets them; then the rarer acts, each once.
#[test]
fn a_relay_needs_consent_and_keys_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let root: PathBuf = folder.path().to_owned();
    let (url, _running) = servers(&root);
    for name in ["north", "south", "west"] {
        let full = format!("{name}.example");
        init(&root, name, &url, &["--name", &full, "--trust", "trust.policy", "--role", "duty-officer"]);
        enrol(&root, name, &[]);
        let declare = ["declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example"];
        runs(&root, &declare);
    }
    let warn = ["warn", "--dir", "north", "--to", "south.example", "--class", "attack.physical", "--urgency", "flash"];
    let place = ["--field", "place.country=Southland", "--field", "place.city=South", "--wait", "20"];
    runs(&root, &[&warn[..], &place].concat());
    let came = collect(&root, "south");
    let on = ["--to", "west.example", "--field", "place.city", &came];
    let relay = [&["relay", "--dir", "south"][..], &on].concat();
    assert_eq!(ends(&root, 2, &relay)["error"]["code"], "usage-relay-consent-needed");
    runs(&root, &[&["consent", "--dir", "north", "--until", "2100-01-01T00:00:00Z"][..], &on].concat());
    runs(&root, &["collect", "--dir", "south"]);
    runs(&root, &relay);
    let passed_on = collect(&root, "west");
    let read = runs(&root, &["read", "--dir", "west", &passed_on]);
    assert_eq!((&read["fields"]["place.city"], &read["fields"]["place.country"]), (&"South".into(), &Value::Null));

    runs(
        &root,
        &["note-call", "--dir", "north", "--to", "south.example", "--channel", "telephone", "--note", "no answer"],
    );
    runs(
        &root,
        &["dispute", "--dir", "west", &passed_on, "--reason", "we have no such city", "--role", "duty-officer"],
    );
    let old = runs(&root, &["keys", "--dir", "west"]);
    runs(&root, &["rotate", "--dir", "west"]);
    let new = runs(&root, &["keys", "--dir", "west"]);
    assert_ne!(old, new);
    // A warning signed with the new keys is taken.
    runs(
        &root,
        &["warn", "--dir", "west", "--to", "north.example", "--class", "test", "--urgency", "routine", "--wait", "20"],
    );
}

/// Killed without warning at one moment after another, exchange and observers come back with everything that they had
/// acknowledged, and go on with one log: a second root would never be cosigned by the witnesses that remember the first.
#[test]
fn kill_9_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let root: PathBuf = folder.path().to_owned();
    let (url, mut running) = servers(&root);
    for name in ["north", "south"] {
        init(&root, name, &url, &["--name", &format!("{name}.example"), "--trust", "trust.policy"]);
        enrol(&root, name, &[]);
        let declare = ["declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example"];
        runs(&root, &declare);
    }
    let warn = ["warn", "--dir", "north", "--to", "south.example", "--class", "attack.physical", "--urgency", "flash"];
    let starts = [
        ["serve", "--config", "exchange.toml", "--dir", "exchange"],
        ["observe", "--config", "harbour.toml", "--dir", "harbour"],
        ["observe", "--config", "lantern.toml", "--dir", "lantern"],
    ];
    let mut acknowledged = Vec::new();
    for (round, delay_ms) in [0, 5, 15, 30, 60, 120, 250].into_iter().enumerate() {
        let summary = format!("number {round}");
        let child =
            command(&root, &[&warn[..], &["--summary", &summary]].concat()).stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay_ms));
        // The exchange every time, an observer every other time.
        let victims = if round % 2 == 0 { vec![0] } else { vec![0, 1 + round / 2 % 2] };
        for &victim in &victims {
            running[victim].0.kill().unwrap();
            running[victim].0.wait().unwrap();
        }
        for &victim in &victims {
            running[victim] = Server::start(&root, &starts[victim]);
        }
        let done = child.wait_with_output().unwrap();
        let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
        if done.status.success() {
            acknowledged.push(word(&printed["sent"][0], "submission").to_owned());
        }
    }
    // What was cut off is sent again by the next one, under the number that it had.
    let last = runs(&root, &[&warn[..], &["--summary", "the last", "--wait", "20"]].concat());
    acknowledged.push(word(&last["sent"][0], "submission").to_owned());
    for id in &acknowledged {
        assert_eq!(runs(&root, &["status", "--dir", "north", id, "--wait", "20"])["available"], true, "{id} was lost");
    }
    for log in ["log", "directory"] {
        assert_eq!(runs(&root, &["log", "fsck", &format!("exchange-data/public/{log}")])["sound"], true);
    }
}

#[test]
fn a_passphrase_opens_a_desk_and_another_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("right"), "four words and salt\n").unwrap();
    std::fs::write(root.join("wrong"), "four words\n").unwrap();
    let init = ["init", "--exchange", "exchange.example", "--exchange-url", "http://127.0.0.1:1"];
    assert_eq!(ends(root, 2, &init)["error"]["code"], "usage-passphrase-missing");
    assert!(!root.join("monition-desk").exists(), "a refused init leaves nothing");
    let made = runs(root, &[&init[..], &["--passphrase-file", "right"]].concat());
    assert!(word(&made, "party").starts_with("key:"));
    assert_eq!(ends(root, 2, &["keys"])["error"]["code"], "usage-passphrase-missing");
    assert_eq!(ends(root, 2, &["keys", "--passphrase-file", "wrong"])["error"]["code"], "usage-passphrase");
    runs(root, &["keys", "--passphrase-file", "right"]);
}

/// Runs the binary at a terminal of its own and types lines, each a moment after the one before.
#[cfg(target_os = "linux")]
fn typed(root: &Path, args: &str, lines: &[&str]) -> (bool, String) {
    let binary = env!("CARGO_BIN_EXE_monition");
    let shell = format!("timeout 30 script --quiet --return --command '{binary} {args}' /dev/null");
    let mut terminal = Command::new("sh");
    terminal.args(["-c", &shell]).current_dir(root).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = terminal.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    for line in lines {
        std::thread::sleep(Duration::from_millis(700));
        std::io::Write::write_all(&mut keyboard, format!("{line}\n").as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn a_passphrase_is_asked_for_at_a_terminal_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let init = "init --exchange exchange.example --exchange-url http://127.0.0.1:1";
    let (done, said) = typed(root, init, &["four words and salt", "four words and salz"]);
    assert!(!done && said.contains("the two passphrases differ"), "{said}");
    assert!(!root.join("monition-desk").exists(), "a refused init leaves nothing");
    let (done, said) = typed(root, init, &["four words and salt", "four words and salt"]);
    assert!(done && said.contains("New passphrase: ") && said.contains("The same again: "), "{said}");
    assert!(!said.contains("four words"), "{said}");
    let (done, said) = typed(root, "keys", &["four words"]);
    assert!(!done && said.contains("usage-passphrase"), "{said}");
    let (done, said) = typed(root, "keys", &["four words and salt"]);
    assert!(done && said.contains("mailbox") && !said.contains("four words"), "{said}");
    // A descriptor, as service managers and password stores give it.
    std::fs::write(root.join("right"), "four words and salt\n").unwrap();
    let binary = env!("CARGO_BIN_EXE_monition");
    let keys = format!("{binary} keys --passphrase-fd 5 5<right");
    let status = Command::new("sh").args(["-c", &keys]).current_dir(root).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
}
