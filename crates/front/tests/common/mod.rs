//! A certificate authority of the test's own, servers that use it, and clients that trust it.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs, reason = "shared by several test programs")]

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use monition_front::{ClientCertificate, Listener, ListenerConfig, Peer, TlsConfig};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

pub struct Leaf {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn leaf(&self, common_name: &str, names: &[&str]) -> Leaf {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.subject_alt_names.push(SanType::Rfc822Name("duty@north.example".try_into().unwrap()));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Leaf {
    pub fn write(&self, folder: &Path) -> TlsConfig {
        std::fs::write(folder.join("server.pem"), &self.certificate).unwrap();
        std::fs::write(folder.join("server.key"), &self.key).unwrap();
        TlsConfig {
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
            client_certificates: Default::default(),
            client_ca: None,
            reload_seconds: 1,
        }
    }
}

pub fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub fn loopback() -> ListenerConfig {
    ListenerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)))
}

pub struct Server {
    pub address: SocketAddr,
    pub counters: Arc<monition_front::Counters>,
    pub stop: oneshot::Sender<()>,
    pub task: tokio::task::JoinHandle<()>,
}

/// `/who` says who asks; `/slow` answers after 300 ms.
pub fn router() -> Router {
    Router::new()
        .route(
            "/who",
            get(async |Extension(peer): Extension<Peer>, certificate: Option<Extension<ClientCertificate>>| {
                let shown = certificate.map(|Extension(c)| {
                    format!(
                        "{} {} {:?} {:?}",
                        c.common_name.clone().unwrap(),
                        c.subject,
                        c.dns_names,
                        c.email_addresses
                    )
                });
                format!("{} {}", peer.0, shown.unwrap_or_else(|| "nobody".to_owned()))
            }),
        )
        .route(
            "/slow",
            get(async || {
                tokio::time::sleep(Duration::from_millis(300)).await;
                "done"
            }),
        )
}

pub async fn start(config: ListenerConfig) -> Server {
    let listener = Listener::bind(config).await.unwrap();
    let (address, counters) = (listener.address(), listener.counters());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(listener.serve(router(), async move {
        let _ = stopped.await;
    }));
    Server { address, counters, stop, task }
}

/// A client that trusts one authority alone and finds `server.example` at the server's address.
pub fn client(server: &Server, authority: &str, identity: Option<&Leaf>) -> reqwest::Client {
    builder(server, authority, identity).build().unwrap()
}

pub fn builder(server: &Server, authority: &str, identity: Option<&Leaf>) -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = reqwest::Certificate::from_pem_bundle(authority.as_bytes()).unwrap();
    let mut builder = reqwest::Client::builder()
        .tls_certs_only(roots)
        .no_proxy()
        .timeout(Duration::from_secs(10))
        // A new connection each time: what is tested is the handshake.
        .pool_max_idle_per_host(0)
        .resolve("server.example", server.address);
    if let Some(leaf) = identity {
        let pem = format!("{}{}", leaf.certificate, leaf.key);
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder
}

pub fn url(server: &Server, path: &str) -> String {
    format!("https://server.example:{}{path}", server.address.port())
}

pub async fn who(server: &Server, client: &reqwest::Client) -> Result<String, reqwest::Error> {
    client.get(url(server, "/who")).send().await?.text().await
}
