//! A server on a loopback port and a small blocking HTTP client.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use axum::serve::ListenerExt as _;
use monition_taxii::{Config, Options, Server, standalone};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

pub const COLL: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
pub const WRITE_ONLY: &str = "52892447-4d7e-4f70-b94d-d7f22742ff63";
pub const READ_ONLY: &str = "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4";
pub const NO_DELETE: &str = "64993447-4d7e-4f70-b94d-d7f33742ee63";
pub const NONE: &str = "bbbbbbbb-4d7e-4f70-b94d-d7f33742ee63";
pub const WARNINGS: &str = "cccccccc-4d7e-4f70-b94d-d7f33742ee63";
pub const OFF: &str = "dddddddd-4d7e-4f70-b94d-d7f33742ee63";
pub const TAXII: &str = "application/taxii+json;version=2.1";

pub const CONFIG: &str = r#"
title = "Test server"
description = "for tests"
contact = "nobody@example.org"
public_url = "https://taxii.example"
events = true
[limits]
requests = { per_second = 100000, burst = 100000 }
failed_logins = { per_second = 1, burst = 5 }
[[api_roots]]
path = "api1"
title = "Root one"
max_content_length = 1000000
[[api_roots.collections]]
id = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
alias = "main"
title = "Main"
grants = [{ account = "alice", read = true, write = true }, { account = "bob", read = true, tlp = "green" },
          { account = "carol", read = true, write = true, tlp = "amber" }]
[[api_roots.collections]]
id = "52892447-4d7e-4f70-b94d-d7f22742ff63"
title = "Write only"
grants = [{ account = "alice", write = true }]
[[api_roots.collections]]
id = "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4"
title = "Read only"
grants = [{ account = "alice", read = true }]
[[api_roots.collections]]
id = "64993447-4d7e-4f70-b94d-d7f33742ee63"
title = "Not to be removed from"
grants = [{ account = "alice", read = true, write = true, delete = false }]
[[api_roots.collections]]
id = "bbbbbbbb-4d7e-4f70-b94d-d7f33742ee63"
title = "Of others"
grants = [{ account = "bob", read = true, write = true }]
[[api_roots.collections]]
id = "cccccccc-4d7e-4f70-b94d-d7f33742ee63"
title = "Warnings"
kind = "warnings"
party = "hospital"
grants = [{ account = "alice", read = true, write = true }, { account = "bob", read = true }]
[[api_roots.collections]]
id = "dddddddd-4d7e-4f70-b94d-d7f33742ee63"
title = "Anything"
validation = "off"
media_types = ["application/stix+json;version=2.1", "application/stix+json;version=2.0"]
grants = [{ account = "alice", read = true, write = true }]
[[api_roots]]
path = "deep/er/root"
title = "Root two"
hidden = true
"#;

/// A running server.
pub struct World {
    pub server: Server,
    pub address: SocketAddr,
    pub dir: tempfile::TempDir,
    runtime: Option<tokio::runtime::Runtime>,
}

pub fn start() -> World {
    start_with(CONFIG, Options::default())
}

pub fn start_with(config: &str, options: Options) -> World {
    start_in(tempfile::tempdir().unwrap(), config, options)
}

pub fn start_in(dir: tempfile::TempDir, config: &str, options: Options) -> World {
    let config: Config = toml::from_str(config).unwrap();
    let fresh = !dir.path().join("taxii.db").exists();
    let server = Server::open_with(config, dir.path(), options).unwrap();
    if fresh {
        accounts(dir.path());
        server.reload_accounts().unwrap();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let service = standalone(&server).into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, service).await.unwrap();
    });
    World { server, address, dir, runtime: Some(runtime) }
}

/// Passwords are slow to hash on purpose, so tests use them where they are about them, and tokens elsewhere.
fn accounts(dir: &Path) {
    let mut admin = monition_taxii::Admin::open(dir).unwrap();
    for name in ["alice", "bob", "carol"] {
        admin.add_account(name).unwrap();
    }
    admin.set_password("alice", "correct-horse").unwrap();
    for name in ["alice", "bob", "carol"] {
        let token = admin.new_token(name, "test").unwrap();
        std::fs::write(dir.join(format!("{name}.token")), token).unwrap();
    }
}

impl World {
    /// A client that acts as this account.
    pub fn client(&self, account: &str) -> Client {
        let token = std::fs::read_to_string(self.dir.path().join(format!("{account}.token"))).unwrap();
        Client { address: self.address, authorization: Some(format!("Bearer {token}")), stream: None }
    }

    pub fn stranger(&self) -> Client {
        Client { address: self.address, authorization: None, stream: None }
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().unwrap().block_on(future)
    }

    /// Ends the server; the directory stays.
    pub fn stop(mut self) -> tempfile::TempDir {
        self.runtime.take().unwrap().shutdown_timeout(std::time::Duration::from_secs(5));
        self.server.close();
        self.dir
    }
}

pub struct Client {
    pub address: SocketAddr,
    pub authorization: Option<String>,
    stream: Option<TcpStream>,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn ids(&self) -> Vec<String> {
        let json = self.json();
        let objects = json["objects"].as_array().cloned().unwrap_or_default();
        objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
    }

    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

impl Client {
    pub fn new(address: SocketAddr, authorization: Option<String>) -> Self {
        Self { address, authorization, stream: None }
    }

    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address).into_bytes();
        let mut field = |name: &str, value: &str| head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        if let Some(authorization) = &self.authorization {
            field("Authorization", authorization);
        }
        for (name, value) in headers {
            field(name, value);
        }
        if !body.is_empty() {
            field("Content-Length", &body.len().to_string());
        }
        head.extend_from_slice(b"\r\n");
        self.raw(method, &head, body)
    }

    /// Sends these bytes; a kept connection that has ended is opened anew, once.
    pub fn raw(&mut self, method: &str, head: &[u8], body: &[u8]) -> Answer {
        if let Some(stream) = self.stream.take()
            && let Ok(answer) = self.exchange(stream, method, head, body)
        {
            return answer;
        }
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        self.exchange(stream, method, head, body).unwrap()
    }

    fn exchange(&mut self, mut stream: TcpStream, method: &str, head: &[u8], body: &[u8]) -> std::io::Result<Answer> {
        stream.write_all(head)?;
        // A server that refuses early closes while the body is still being sent; its answer counts.
        let _ = stream.write_all(body);
        let mut read = Vec::new();
        let mut chunk = [0; 65536];
        let end = loop {
            if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                n => read.extend_from_slice(&chunk[..n]),
            }
        };
        let text = String::from_utf8(read[..end].to_vec()).unwrap();
        let mut lines = text.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> =
            lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let mut answer = Answer { status, headers, body: read[end..].to_vec() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let length = if method == "HEAD" { 0 } else { length };
        while answer.body.len() < length {
            match stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                n => answer.body.extend_from_slice(&chunk[..n]),
            }
        }
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, &[("Accept", TAXII)], b"")
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        let headers = [("Accept", TAXII), ("Content-Type", TAXII)];
        self.request("POST", path, &headers, body.to_string().as_bytes())
    }

    pub fn delete(&mut self, path: &str) -> Answer {
        self.request("DELETE", path, &[("Accept", TAXII)], b"")
    }

    /// Adds these objects to a collection of root one, and expects each to succeed.
    pub fn add(&mut self, collection: &str, objects: &[Value]) -> Answer {
        let answer = self.post(&objects_of(collection), &json!({ "objects": objects })).expect(202);
        assert_eq!(answer.json()["failure_count"], 0, "{}", answer.json());
        answer
    }
}

pub fn objects_of(collection: &str) -> String {
    format!("/api1/collections/{collection}/objects/")
}

pub fn manifest_of(collection: &str) -> String {
    format!("/api1/collections/{collection}/manifest/")
}

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// An id that no other call gives.
pub fn fresh_id(kind: &str) -> String {
    let n = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{kind}--{:08x}-0000-4000-8000-{:012x}", n >> 16, n)
}

/// An indicator of this id and version.
pub fn indicator(id: &str, modified: &str) -> Value {
    json!({ "type": "indicator", "spec_version": "2.1", "id": id, "created": "2020-01-01T00:00:00.000Z",
            "modified": modified, "pattern": "[ipv4-addr:value = '198.51.100.7']", "pattern_type": "stix",
            "valid_from": "2020-01-01T00:00:00Z" })
}

pub fn fresh() -> Value {
    indicator(&fresh_id("indicator"), "2020-01-01T00:00:00.000Z")
}

pub fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// Percent-encodes what queries need.
pub fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace(',', "%2C").replace('[', "%5B").replace(']', "%5D")
}
