//! The loop: accept, shake hands, answer, stop.
//!
//! Each connection is a task from its first byte, so that a client which stalls in its handshake holds up nobody. A stop
//! ends accepting at once, lets open requests finish for `drain_ms`, and then cuts.

use crate::Peer;
use crate::config::ListenerConfig;
use crate::counters::{Counters, count};
use crate::error::FrontError;
use crate::limits::{LimitedStream, Placed, Places};
use crate::proxy::client_of;
use crate::tls::{ClientCertificate, Reload, Tls};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

/// Pause after a failed accept, such as when the process has no descriptors left: they come back as connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Headers that every answer has unless its handler said something else. Nothing here is a page for a browser; should one
/// show it all the same, it runs nothing and tells nobody where it came from.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// RFC 6797, one year; for the host alone, since its subdomains are not ours to speak for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Binds and serves until `shutdown` completes and what is open has ended.
///
/// # Errors
/// [`FrontError`]: nothing was served.
pub async fn serve(
    config: ListenerConfig,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), FrontError> {
    Listener::bind(config).await?.serve(router, shutdown).await;
    Ok(())
}

/// A listener that is bound and answers nobody yet.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    config: ListenerConfig,
    tls: Option<Arc<Tls>>,
    counters: Arc<Counters>,
}

impl Listener {
    /// Checks the configuration, reads the files, and binds the address.
    ///
    /// # Errors
    /// [`FrontError`].
    pub async fn bind(config: ListenerConfig) -> Result<Self, FrontError> {
        config.check()?;
        let loopback = config.listen.ip().to_canonical().is_loopback();
        if config.tls.is_none() && !loopback && !config.plain_http {
            return Err(FrontError::PlainHttp { address: config.listen });
        }
        let tls = config.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
        let listen = |source| FrontError::Listen { address: config.listen, source };
        let tcp = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = tcp.local_addr().map_err(listen)?;
        let counters = Arc::new(Counters::default());
        if let Some(tls) = &tls {
            counters.certificate_ends.store(tls.not_after(), Ordering::Relaxed);
        }
        Ok(Self { tcp, address, config, tls, counters })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL, without trailing slash. With TLS a client needs the certificate's name in its place.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Its counters.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Serves until `shutdown` completes and what is open has ended.
    pub async fn serve(self, router: Router, shutdown: impl Future<Output = ()> + Send + 'static) {
        let Self { tcp, config, tls, counters, .. } = self;
        let drain = Duration::from_millis(config.connections.drain_ms);
        let (stop, stopping) = watch::channel(false);
        let places = Places::new(config.connections.per_address);
        let shared = Arc::new(Shared { config, tls, counters, places, router, stopping });
        let mut tasks = JoinSet::new();
        if let Some(tls) = shared.tls.clone() {
            tasks.spawn(watch_files(tls, shared.clone()));
        }
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = tcp.accept() => match accepted {
                    Ok((stream, address)) => shared.clone().begin(stream, address.ip(), &mut tasks),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(ended) = tasks.join_next() => report(ended),
            }
        }
        // From here on the address is free for the next process.
        drop(tcp);
        stop.send_replace(true);
        let ended = async {
            while let Some(ended) = tasks.join_next().await {
                report(ended);
            }
        };
        if tokio::time::timeout(drain, ended).await.is_err() {
            tracing::warn!(open = tasks.len(), "open connections were cut at the end");
            tasks.shutdown().await;
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Some(error) = ended.err().filter(|error| !error.is_cancelled()) {
        tracing::error!(%error, "a connection ended by a panic");
    }
}

/// Waits until the listener stops.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the listener is gone, which is a stop as well.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Reads changed certificate files while the server runs.
async fn watch_files(tls: Arc<Tls>, shared: Arc<Shared>) {
    let seconds = shared.config.tls.as_ref().map_or(10, |tls| tls.reload_seconds);
    let mut seen = tls.seen();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            () = stopped(shared.stopping.clone()) => return,
        }
        let reading = tls.clone();
        let looked = tokio::task::spawn_blocking(move || (reading.reload(&mut seen), seen)).await;
        let Ok((result, now_seen)) = looked else { return };
        seen = now_seen;
        match result {
            Ok(Reload::Unchanged) => {}
            Ok(Reload::Changed) => {
                count(&shared.counters.reloads);
                shared.counters.certificate_ends.store(tls.not_after(), Ordering::Relaxed);
                tracing::info!("the certificate files changed and are in use");
            }
            Err(error) => {
                count(&shared.counters.reload_failures);
                tracing::error!(%error, "the certificate files changed and cannot be used: the old certificate stays");
            }
        }
    }
}

struct Shared {
    config: ListenerConfig,
    tls: Option<Arc<Tls>>,
    counters: Arc<Counters>,
    places: Places,
    router: Router,
    stopping: watch::Receiver<bool>,
}

/// Counts a connection as open while it lives.
struct Open(Arc<Counters>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    fn is_trusted(&self, address: IpAddr) -> bool {
        self.config.trusted_proxies.iter().any(|network| network.contains(address))
    }

    /// Gives a connection its place and its task, or drops it.
    fn begin(self: Arc<Self>, stream: TcpStream, peer: IpAddr, tasks: &mut JoinSet<()>) {
        let proxy = self.is_trusted(peer);
        // A trusted proxy carries everybody: its clients are counted by request.
        let place = if proxy { None } else { self.places.take(peer) };
        if !proxy && place.is_none() {
            count(&self.counters.refused);
            tracing::debug!("a connection was dropped: too many from its address");
            return;
        }
        // Without it, Nagle's algorithm and delayed acknowledgements hold answers back for 40 ms.
        let _ = stream.set_nodelay(true);
        count(&self.counters.accepted);
        count(&self.counters.open);
        let open = Open(self.counters.clone());
        tasks.spawn(async move {
            let _held = (open, place);
            self.connection(stream, peer).await;
        });
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let stream = LimitedStream::new(stream, Duration::from_millis(self.config.connections.idle_timeout_ms));
        let Some(tls) = &self.tls else { return self.drive(stream, peer, None).await };
        let within = Duration::from_millis(self.config.connections.handshake_timeout_ms);
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(within, TlsAcceptor::from(tls.current()).accept(stream)) => shaken,
            () = stopped(self.stopping.clone()) => return,
        };
        let stream = match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                count(&self.counters.handshake_failures);
                return tracing::debug!(%error, "a TLS handshake failed");
            }
            Err(_) => {
                count(&self.counters.handshake_failures);
                return tracing::debug!("a TLS handshake took too long");
            }
        };
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = match shown.map(|der| ClientCertificate::parse(der)) {
            None => None,
            Some(Some(certificate)) => Some(Arc::new(certificate)),
            // Verified, but its names cannot be read: nobody could say whom we talk to.
            Some(None) => {
                count(&self.counters.handshake_failures);
                return tracing::debug!("a client certificate has a subject or names that cannot be read");
            }
        };
        self.drive(stream, peer, certificate).await;
    }

    async fn drive(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: IpAddr,
        certificate: Option<Arc<ClientCertificate>>,
    ) {
        let limits = &self.config.connections;
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(limits.header_timeout_ms))
            .max_header_size(limits.header_bytes);
        let shared = self.clone();
        let service = service_fn(move |request| shared.clone().answer(request, peer, certificate.clone()));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(self.stopping.clone()) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: IpAddr,
        certificate: Option<Arc<ClientCertificate>>,
    ) -> Result<Response<Body>, Infallible> {
        let client = client_of(peer, request.headers(), self.config.proxy_header, &self.config.trusted_proxies);
        let mut place = None;
        if self.is_trusted(peer) {
            place = self.places.take(client);
            if place.is_none() {
                count(&self.counters.refused);
                return Ok(self.finish(too_many()));
            }
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(client));
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(ClientCertificate::clone(&certificate));
        }
        let response = self.router.clone().call(request).await?;
        let response = match place {
            Some(place) => response.map(|body| Body::new(Placed { body, _place: place })),
            None => response,
        };
        Ok(self.finish(response))
    }

    fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        let headers = response.headers_mut();
        for (name, value) in SECURITY_HEADERS {
            headers.entry(name).or_insert(value);
        }
        if self.tls.is_some() {
            headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
        }
        response
    }
}

/// RFC 9457, with the code that the servers use for this (docs/errors.md).
fn too_many() -> Response<Body> {
    let body = r#"{"type":"about:blank","title":"Too many requests","status":429,"detail":"too many requests of this client are open","code":"internal-rate-limited","hint":"wait as long as Retry-After says"}"#;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
