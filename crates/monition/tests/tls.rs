//! An exchange, two observers and desks that speak TLS with one another, under an authority of their own; and an exchange
//! that replaces its keys.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with the test, also when an assertion fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts it, and gives what it prints once it listens.
    fn start(root: &Path, args: &[&str]) -> (Self, Value) {
        let log_path = root.join(format!("{}.log", args.last().unwrap()));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&log_path).unwrap();
        let mut child = command(root, args).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let server = Self(child);
        let mut text = String::new();
        for line in BufReader::new(stdout).lines() {
            let line = line.unwrap();
            text.push_str(&line);
            if line == "}" {
                return (server, serde_json::from_str(&text).unwrap());
            }
        }
        panic!("{args:?} ended: {text}\n{}", std::fs::read_to_string(log_path).unwrap());
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

fn ends(code: i32, mut command: Command) -> Value {
    let done = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{command:?}\n{out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{command:?}: {error}\n{out}{err}"))
}

fn runs(root: &Path, args: &[&str]) -> Value {
    ends(0, command(root, args))
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// A test authority and one certificate for 127.0.0.1.
fn certificates(root: &Path) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = params.signed_by(&key, &authority).unwrap();
    std::fs::write(root.join("ca.pem"), authority.pem()).unwrap();
    std::fs::write(root.join("server.pem"), leaf.pem()).unwrap();
    std::fs::write(root.join("server.key"), key.serialize_pem()).unwrap();
}

/// Makes a desk that trusts the test's authority.
fn init(root: &Path, dir: &str, url: &str, more: &[&str]) -> Value {
    let args = ["init", "--dir", dir, "--exchange", "exchange.example", "--exchange-url", url, "--no-passphrase"];
    runs(root, &[&args[..], more].concat());
    let mut file = std::fs::OpenOptions::new().append(true).open(root.join(dir).join("desk.toml")).unwrap();
    file.write_all(b"ca_file = \"../ca.pem\"\n").unwrap();
    runs(root, &["keys", "--dir", dir])
}

fn enrol(root: &Path, dir: &str, more: &[&str]) {
    let file = format!("{dir}.enrolment");
    runs(root, &[&["enrol", "--dir", dir, "--sponsor", "exchange.example", "--out", &file][..], more].concat());
    runs(root, &["sponsor", "--dir", "exchange", &file]);
    runs(root, &["enrol", "--dir", dir, "--sponsored", &file]);
}

const TLS: &str = "[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n";
const SERVE: [&str; 5] = ["serve", "--config", "exchange.toml", "--dir", "exchange"];

/// Exchange and two observers with TLS.
fn servers(root: &Path) -> (String, Vec<Server>) {
    let held: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<u16> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    drop(held);
    let url = format!("https://127.0.0.1:{}", ports[0]);
    let exchange = init(root, "exchange", &url, &["--kind", "exchange"]);
    let (log, directory) = (word(&exchange, "log_vkey"), word(&exchange, "directory_vkey"));
    let mut config = format!(
        "name = \"exchange.example\"\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"exchange-data\"\npublish_ms = 250\n\
         directory_delay_seconds = 0\nca_file = \"ca.pem\"\n",
        ports[0]
    );
    let mut policy = format!("log {log}\nlog {directory}\n");
    let observers = [("harbour", ports[1]), ("lantern", ports[2])];
    for (name, port) in observers {
        let keys = init(root, name, &url, &["--kind", "observer", "--name", &format!("{name}.example")]);
        let vkey = word(&keys, "witness_vkey");
        config.push_str(&format!("[[witnesses]]\nvkey = \"{vkey}\"\nurl = \"https://127.0.0.1:{port}\"\n"));
        policy.push_str(&format!("witness {name} {vkey}\n"));
        let observer = format!(
            "exchange = \"exchange.example\"\nexchange_url = \"{url}\"\nlog_vkey = \"{log}\"\ndirectory_vkey = \"{directory}\"\n\
             party = \"{name}.example\"\nlisten = \"127.0.0.1:{port}\"\ndata_directory = \"{name}-data\"\nperiod_seconds = 1\n\
             follow_milliseconds = 100\nca_file = \"ca.pem\"\n{TLS}"
        );
        std::fs::write(root.join(format!("{name}.toml")), observer).unwrap();
    }
    policy.push_str("group trust 2 harbour lantern\nquorum trust\n");
    std::fs::write(root.join("exchange.toml"), format!("{config}{TLS}")).unwrap();
    std::fs::write(root.join("trust.policy"), policy).unwrap();

    runs(root, &[&SERVE[..], &["--create-log"]].concat());
    let (server, printed) = Server::start(root, &SERVE);
    assert_eq!(word(&printed, "url"), url);
    let mut running = vec![server];
    for (name, port) in observers {
        let config = format!("{name}.toml");
        let (server, printed) = Server::start(root, &["observe", "--config", &config, "--create-store", "--dir", name]);
        let observer = format!("https://127.0.0.1:{port}");
        assert_eq!(word(&printed, "url"), observer);
        running.push(server);
        enrol(root, name, &["--custodian-url", &observer, "--period-seconds", "1"]);
    }
    (url, running)
}

#[test]
fn a_warning_goes_its_way_over_tls_and_on_after_the_exchange_has_new_keys() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    certificates(root);
    let (url, mut running) = servers(root);
    for name in ["north", "south"] {
        init(root, name, &url, &["--name", &format!("{name}.example"), "--trust", "trust.policy"]);
        enrol(root, name, &[]);
        let declare = ["declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example"];
        runs(root, &declare);
    }
    // Without the authority there is no connection, and it says so; the usual variable names one as well.
    let trusting = std::fs::read_to_string(root.join("south/desk.toml")).unwrap();
    std::fs::write(root.join("south/desk.toml"), trusting.replace("ca_file = \"../ca.pem\"\n", "")).unwrap();
    let collect = ["collect", "--dir", "south"];
    let refused = ends(75, command(root, &collect));
    assert_eq!(refused["error"]["code"], "internal-unreachable");
    assert!(word(&refused["error"], "message").contains("certificate"), "{refused}");
    let mut by_variable = command(root, &collect);
    by_variable.env("SSL_CERT_FILE", root.join("ca.pem"));
    ends(0, by_variable);
    std::fs::write(root.join("south/desk.toml"), &trusting).unwrap();

    let warn =
        ["warn", "--dir", "north", "--to", "south.example", "--class", "test", "--urgency", "flash", "--wait", "20"];
    let sent = runs(root, &[&warn[..], &["--summary", "over TLS"]].concat());
    assert_eq!(sent["sent"][0]["available"], true);

    // New keys for the exchange: not by the command of parties, not while it runs, and then once.
    assert_eq!(ends(2, command(root, &["rotate", "--dir", "exchange"]))["error"]["code"], "usage-not-possible");
    let rotate = [&SERVE[..], &["--rotate-key"]].concat();
    assert_eq!(ends(2, command(root, &rotate))["error"]["code"], "usage-data-directory");
    let before = runs(root, &["keys", "--dir", "exchange"]);
    running.remove(0).stop();
    assert_eq!(runs(root, &rotate)["rotated"], true);
    assert_ne!(runs(root, &["keys", "--dir", "exchange"]), before);
    running.push(Server::start(root, &SERVE).0);
    let sent = runs(root, &[&warn[..], &["--summary", "under new keys"]].concat());
    assert_eq!(sent["sent"][0]["available"], true);

    runs(root, &["collect", "--dir", "south", "--wait", "5"]);
    let inbox = runs(root, &["inbox", "--dir", "south"]);
    let inbox = inbox["inbox"].as_array().unwrap();
    assert_eq!(inbox.len(), 2);
    for entry in inbox {
        let read = runs(root, &["read", "--dir", "south", word(entry, "submission")]);
        assert_eq!(read["misfits"], serde_json::json!([]));
    }
    let question = "told south.example by north.example";
    runs(root, &["status", "--dir", "north", word(&sent["sent"][0], "submission"), "--wait", "20"]);
    runs(root, &["dossier", "--dir", "north", question, "--out", "north.dossier.json"]);
    let finding = runs(root, &["judge", "north.dossier.json", "--trust", "trust.policy"]);
    assert_eq!(finding["answer"], "proven");
    for server in running {
        server.stop();
    }
}

#[test]
fn a_server_that_would_speak_plainly_to_the_world_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let url = "http://127.0.0.1:1";
    let args =
        ["init", "--dir", "exchange", "--exchange", "exchange.example", "--exchange-url", url, "--kind", "exchange"];
    runs(root, &[&args[..], &["--no-passphrase"]].concat());
    let config = "name = \"exchange.example\"\nlisten = \"0.0.0.0:0\"\ndata_dir = \"data\"\n";
    std::fs::write(root.join("exchange.toml"), config).unwrap();
    runs(root, &[&SERVE[..], &["--create-log"]].concat());
    let refused = ends(2, command(root, &SERVE));
    assert_eq!(refused["error"]["code"], "usage-tls");
    assert!(word(&refused["error"], "hint").contains("plain_http = true"), "{refused}");
    std::fs::write(root.join("exchange.toml"), format!("{config}{TLS}")).unwrap();
    let refused = ends(2, command(root, &SERVE));
    assert_eq!(refused["error"]["code"], "usage-tls");
    assert!(word(&refused["error"], "message").contains("server.pem cannot be read"), "{refused}");
    std::fs::write(root.join("exchange.toml"), format!("{config}plain_http = true\n")).unwrap();
    Server::start(root, &SERVE).0.stop();
}
