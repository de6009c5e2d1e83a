//! What one address can hold, and for how long.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod common;

use common::{Authority, client, loopback, start, who};
use monition_front::{ListenerConfig, ProxyHeader};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends one request and reads everything until the server hangs up.
async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut text));
    let _ = read.await.expect("the server never hung up");
    String::from_utf8(text).unwrap()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: server.example\r\n{headers}Connection: close\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_comes_in_drops_is_cut_off() {
    let mut config = loopback();
    config.connections.header_timeout_ms = 300;
    let server = start(config).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let began = Instant::now();
    let mut drops = "GET /who HTTP/1.1\r\nHost: a\r\nX-A: ".bytes().cycle();
    // Each drop is "progress", so no idle timeout helps: only a time for the whole header does.
    let cut = loop {
        if slow.write_all(&[drops.next().unwrap()]).await.is_err() {
            break true;
        }
        let mut byte = [0; 512];
        match tokio::time::timeout(Duration::from_millis(20), slow.read(&mut byte)).await {
            Ok(Ok(0) | Err(_)) => break true,
            _ if began.elapsed() > Duration::from_secs(10) => break false,
            _ => {}
        }
    };
    assert!(cut && began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_too_long_gets_431() {
    let mut config = loopback();
    config.connections.header_bytes = 8192;
    let server = start(config).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let answer = ask(&mut stream, &get("/who", &format!("X-Long: {}\r\n", "a".repeat(9000)))).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let answer = ask(&mut stream, &get("/who", &format!("X-Long: {}\r\n", "a".repeat(7000)))).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_handshakes_hold_up_nobody_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test CA");
    let tls = authority.leaf("server", &["server.example"]).write(folder.path());
    let mut config = ListenerConfig { tls: Some(tls), ..loopback() };
    config.connections.handshake_timeout_ms = 1500;
    let server = start(config).await;
    let mut stalled = Vec::new();
    for n in 0..50 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if n % 2 == 0 {
            // The first bytes of a ClientHello, and then silence.
            stream.write_all(&[0x16, 0x03, 0x01]).await.unwrap();
        }
        stalled.push(stream);
    }
    let began = Instant::now();
    who(&server, &client(&server, &authority.pem(), None)).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(1400), "waited for strangers: {:?}", began.elapsed());
    for mut stream in stalled {
        rest(&mut stream).await;
    }
    assert_eq!(server.counters.handshake_failures.load(Ordering::Relaxed), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_a_connection_and_one_address_has_so_many() {
    let mut config = loopback();
    config.connections.per_address = 2;
    config.connections.idle_timeout_ms = 800;
    let server = start(config).await;
    let mut held =
        [TcpStream::connect(server.address).await.unwrap(), TcpStream::connect(server.address).await.unwrap()];
    // Taken in order: once the first two have their places, the third finds none.
    while server.counters.accepted.load(Ordering::Relaxed) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut third = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut third).await, "");
    assert_eq!(server.counters.refused.load(Ordering::Relaxed), 1);
    for stream in &mut held {
        assert_eq!(rest(stream).await, "", "an idle connection is closed without an answer");
    }
    while server.counters.open.load(Ordering::Relaxed) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut fourth = TcpStream::connect(server.address).await.unwrap();
    assert!(ask(&mut fourth, &get("/who", "")).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_says_who_the_client_is() {
    let forged = "X-Forwarded-For: 6.6.6.6, 198.51.100.1\r\nForwarded: for=6.6.6.6\r\n";
    let stranger = start(loopback()).await;
    let mut stream = TcpStream::connect(stranger.address).await.unwrap();
    let answer = ask(&mut stream, &get("/who", forged)).await;
    assert!(answer.ends_with("127.0.0.1 nobody"), "{answer}");

    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let proxied = start(ListenerConfig { trusted_proxies: trusted_proxies.clone(), ..loopback() }).await;
    let mut stream = TcpStream::connect(proxied.address).await.unwrap();
    let answer = ask(&mut stream, &get("/who", forged)).await;
    assert!(answer.ends_with("198.51.100.1 nobody"), "{answer}");

    let config = ListenerConfig { trusted_proxies, proxy_header: ProxyHeader::Forwarded, ..loopback() };
    let proxied = start(config).await;
    let mut stream = TcpStream::connect(proxied.address).await.unwrap();
    let answer = ask(&mut stream, &get("/who", forged)).await;
    assert!(answer.ends_with("6.6.6.6 nobody"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_behind_one_proxy_have_places_of_their_own() {
    let mut config = loopback();
    config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    config.connections.per_address = 1;
    let server = start(config).await;
    let open = async |path: &str, client: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        ask(&mut stream, &get(path, &format!("X-Forwarded-For: {client}\r\n"))).await
    };
    let slow = open("/slow", "198.51.100.1");
    let others = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (open("/who", "198.51.100.1").await, open("/who", "198.51.100.2").await)
    };
    let (slow, (same, other)) = tokio::join!(slow, others);
    assert!(slow.starts_with("HTTP/1.1 200"), "{slow}");
    assert!(same.starts_with("HTTP/1.1 429") && same.contains("internal-rate-limited"), "{same}");
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    assert!(open("/who", "198.51.100.1").await.starts_with("HTTP/1.1 200"), "the place was given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_an_open_request_finish_and_takes_no_new_one() {
    let server = start(loopback()).await;
    let (address, stop) = (server.address, server.stop);
    let asked = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Without "Connection: close", which the stop has to bring about.
        ask(&mut stream, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    let answer = asked.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), server.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
