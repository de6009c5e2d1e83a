//! TLS over loopback, with certificates that the test makes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod common;

use common::{Authority, builder, client, file, loopback, start, url, who};
use monition_front::{ClientCertificates, FrontError, Listener, ListenerConfig, TlsConfig};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_and_1_3_are_spoken_and_every_answer_asks_for_tls_from_now_on() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test CA");
    let tls = authority.leaf("server", &["server.example"]).write(folder.path());
    let server = start(ListenerConfig { tls: Some(tls), ..loopback() }).await;
    for version in [reqwest::tls::Version::TLS_1_2, reqwest::tls::Version::TLS_1_3] {
        let client =
            builder(&server, &authority.pem(), None).tls_version_min(version).tls_version_max(version).build().unwrap();
        for (path, status) in [("/who", 200), ("/absent", 404)] {
            let response = client.get(url(&server, path)).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{version:?}");
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("strict-transport-security"), "max-age=31536000");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        }
    }
    let ends = server.counters.certificate_ends.load(Ordering::Relaxed);
    assert!(ends > 1_700_000_000, "{ends}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_authority_and_one_of_another_name_do_not_connect() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new("Test CA"), Authority::new("Another CA"));
    let tls = authority.leaf("server", &["server.example"]).write(folder.path());
    let server = start(ListenerConfig { tls: Some(tls), ..loopback() }).await;
    who(&server, &client(&server, &authority.pem(), None)).await.unwrap();
    assert!(who(&server, &client(&server, &stranger.pem(), None)).await.unwrap_err().is_connect());
    let other = builder(&server, &authority.pem(), None).resolve("other.example", server.address).build().unwrap();
    let address = format!("https://other.example:{}/who", server.address.port());
    assert!(other.get(address).send().await.unwrap_err().is_connect());
    // Plain HTTP to a port with TLS gets no answer.
    let plain = format!("http://{}/who", server.address);
    assert!(other.get(plain).send().await.is_err());
    assert!(server.counters.handshake_failures.load(Ordering::Relaxed) >= 2);
}

async fn mutual(asked: ClientCertificates) -> (tempfile::TempDir, Authority, Authority, common::Server) {
    let folder = tempfile::tempdir().unwrap();
    let (authority, clients) = (Authority::new("Test CA"), Authority::new("Clients' CA"));
    let tls = authority.leaf("server", &["server.example"]).write(folder.path());
    let client_ca = Some(file(folder.path(), "clients.pem", &clients.pem()));
    let tls = TlsConfig { client_certificates: asked, client_ca, ..tls };
    let server = start(ListenerConfig { tls: Some(tls), ..loopback() }).await;
    (folder, authority, clients, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_client_certificate_is_told_to_the_handler_and_none_or_a_wrong_one_gets_nothing() {
    let (_folder, authority, clients, server) = mutual(ClientCertificates::Required).await;
    let north = clients.leaf("north", &["desk.north.example"]);
    let told = who(&server, &client(&server, &authority.pem(), Some(&north))).await.unwrap();
    assert_eq!(told, "127.0.0.1 north CN=north [\"desk.north.example\"] [\"duty@north.example\"]");
    assert!(who(&server, &client(&server, &authority.pem(), None)).await.is_err());
    // Signed by an authority that the server trusts for nothing.
    let forged = Authority::new("Clients' CA").leaf("north", &["desk.north.example"]);
    assert!(who(&server, &client(&server, &authority.pem(), Some(&forged))).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_client_certificate_may_be_absent_but_not_wrong() {
    let (_folder, authority, clients, server) = mutual(ClientCertificates::Optional).await;
    assert_eq!(who(&server, &client(&server, &authority.pem(), None)).await.unwrap(), "127.0.0.1 nobody");
    let north = clients.leaf("north", &["desk.north.example"]);
    assert!(who(&server, &client(&server, &authority.pem(), Some(&north))).await.unwrap().contains("CN=north"));
    let forged = authority.leaf("north", &["desk.north.example"]);
    assert!(who(&server, &client(&server, &authority.pem(), Some(&forged))).await.is_err());
}

/// Waits for a counter, at most ten seconds.
async fn until(what: &std::sync::atomic::AtomicU64, count: u64) {
    for _ in 0..500 {
        if what.load(Ordering::Relaxed) >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_files_are_used_without_a_restart_and_bad_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Authority::new("First CA"), Authority::new("Second CA"));
    let tls = first.leaf("server", &["server.example"]).write(folder.path());
    let server = start(ListenerConfig { tls: Some(tls), ..loopback() }).await;
    let (by_first, by_second) = (client(&server, &first.pem(), None), client(&server, &second.pem(), None));
    who(&server, &by_first).await.unwrap();

    // A certificate without its key: refused, said, and the old pair stays.
    let next = second.leaf("server", &["server.example"]);
    std::fs::write(folder.path().join("server.pem"), &next.certificate).unwrap();
    until(&server.counters.reload_failures, 1).await;
    who(&server, &by_first).await.unwrap();
    assert!(who(&server, &by_second).await.is_err());

    next.write(folder.path());
    until(&server.counters.reloads, 1).await;
    who(&server, &by_second).await.unwrap();
    assert!(who(&server, &by_first).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_client_authority_ends_the_access_of_the_old_ones_clients() {
    let (folder, authority, clients, server) = mutual(ClientCertificates::Required).await;
    let north = clients.leaf("north", &["desk.north.example"]);
    // Kept, with its session tickets: resuming an old session must not help either.
    let by_north = client(&server, &authority.pem(), Some(&north));
    who(&server, &by_north).await.unwrap();
    let others = Authority::new("Other clients' CA");
    file(folder.path(), "clients.pem", &others.pem());
    until(&server.counters.reloads, 1).await;
    assert!(who(&server, &by_north).await.is_err());
    let south = others.leaf("south", &["desk.south.example"]);
    assert!(who(&server, &client(&server, &authority.pem(), Some(&south))).await.unwrap().contains("CN=south"));
}

#[tokio::test]
async fn files_that_cannot_be_used_and_plain_http_to_the_world_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test CA");
    let tls = authority.leaf("server", &["server.example"]).write(folder.path());
    let bound = async |tls: TlsConfig| Listener::bind(ListenerConfig { tls: Some(tls), ..loopback() }).await;
    let absent = TlsConfig { key: folder.path().join("absent"), ..tls.clone() };
    let swapped = TlsConfig { key: tls.certificate.clone(), ..tls.clone() };
    let other = file(folder.path(), "other.key", &authority.leaf("other", &["x.example"]).key);
    let mismatched = TlsConfig { key: other, ..tls.clone() };
    for (tls, said) in [(absent, "cannot be read"), (swapped, "holds no private key"), (mismatched, "used together")] {
        let error = bound(tls).await.unwrap_err();
        assert!(matches!(error, FrontError::Tls(_)) && error.to_string().contains(said), "{error}");
    }
    let mut open = loopback();
    open.listen = ([0, 0, 0, 0], 0).into();
    let error = Listener::bind(open.clone()).await.unwrap_err();
    assert!(matches!(error, FrontError::PlainHttp { .. }), "{error}");
    assert!(error.hint().contains("plain_http = true"));
    Listener::bind(ListenerConfig { plain_http: true, ..open.clone() }).await.unwrap();
    Listener::bind(ListenerConfig { tls: Some(tls), ..open }).await.unwrap();
}
