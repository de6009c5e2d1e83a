//! The HTTP interface (§3 to §5).
//!
//! In this order: who calls (401), how often (429), what is asked for (404, 308), how (405), in which form (406), with
//! which parameters (400), with which right (403, 404). So a stranger learns nothing from an error but that he is one.

mod body;
mod list;
mod post;

use crate::accounts::{Account, Right};
use crate::auth::Caller;
use crate::error::{self, Refusal};
use crate::limits::network;
use crate::metrics::Metrics;
use crate::server::{Collection, Inner, Root, Server, ServerError};
use crate::store::{self, Viewer};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use monition_intel::taxii::query::percent_decoded;
use monition_intel::taxii::resource::{ApiRoot, Collection as CollectionResource, Collections, Discovery};
use monition_intel::taxii::{Endpoint, Identifier, Query, media};
use serde::Serialize;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Request extension: the address of the client, as the listener or a trusted proxy knows it. Without it, the address of
/// axum's `ConnectInfo<SocketAddr>` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Request extension: SHA-256 of the client's certificate, which the listener has checked in the TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientCertificate(pub [u8; 32]);

/// The routes of a server, to be merged with others: discovery and everything under its roots. It has no fallback.
pub fn router(server: &Server) -> Router {
    let handler = |server: &Server| {
        let inner = server.inner.clone();
        any(move |request: Request| handle(inner.clone(), request))
    };
    let mut router = Router::new().route("/taxii2", handler(server)).route("/taxii2/", handler(server));
    for root in &server.inner.roots {
        let path = root.path.trim_end_matches('/');
        router = router
            .route(path, handler(server))
            .route(&root.path, handler(server))
            .route(&format!("{path}/{{*rest}}"), handler(server));
    }
    router
}

/// The same for a server that has the address for itself: everything else is a TAXII 404 too.
pub fn standalone(server: &Server) -> Router {
    let inner = server.inner.clone();
    router(server).fallback(move |request: Request| handle(inner.clone(), request))
}

type Answer = Result<Response, Refusal>;

const TAXII: HeaderValue = HeaderValue::from_static(media::TAXII);

async fn handle(server: Arc<Inner>, request: Request) -> Response {
    Metrics::add(&server.metrics.requests, 1);
    let (parts, body) = request.into_parts();
    match answer(&server, &parts, body).await {
        Ok(response) => response,
        Err(refusal) => refuse(&server, &parts, &refusal),
    }
}

async fn answer(server: &Arc<Inner>, parts: &Parts, body: Body) -> Answer {
    let accounts = server.accounts();
    let now_ms = server.now_ms();
    let address = parts.extensions.get::<ClientAddress>().map(|address| address.0);
    let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let caller = Caller {
        authorization: parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes),
        certificate: parts.extensions.get::<ClientCertificate>().map(|certificate| &certificate.0),
        address: address.or_else(peer),
    };
    let account = server.gate.account(&accounts, server.config.anonymous.as_deref(), caller, now_ms).await?;
    let nobody = caller.authorization.is_none() && server.config.anonymous.as_deref() == Some(&*account.name);
    let bucket = (account.n, caller.address.filter(|_| nobody).map(network));
    if let Err(seconds) = server.requests.take(bucket, now_ms) {
        let refusal = Refusal::new(error::RATE_LIMITED, "this account sends requests faster than its limit");
        return Err(Refusal { retry_after_seconds: Some(seconds), ..refusal });
    }
    let path = parts.uri.path();
    let resource = server.resource(path, &account)?;
    if !path.ends_with('/') {
        let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        // Of the caller's own path: a second slash at its start would name another host.
        let pointer = Some(format!("/{}/{query}", path.trim_start_matches('/')));
        return Err(Refusal { pointer, ..Refusal::new(error::MOVED, format!("{path:?} lacks its last slash")) });
    }
    let allowed = resource.methods();
    let method = parts.method.as_str();
    if parts.method == Method::OPTIONS {
        let mut response = bare(StatusCode::OK);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        return Ok(response);
    }
    if !allowed.split(", ").any(|name| name == method) {
        let refusal = Refusal::new(error::METHOD, format!("{path:?} does not take this method"));
        return Err(Refusal { pointer: Some(allowed.to_owned()), ..refusal });
    }
    negotiate(&parts.headers, matches!(resource, Resource::List { endpoint: Endpoint::Manifest, .. }))?;
    server.respond(resource, &account, parts, body).await
}

fn negotiate(headers: &HeaderMap, manifest: bool) -> Result<(), Refusal> {
    let mut fields = headers.get_all(header::ACCEPT).iter();
    let (first, second) = (fields.next(), fields.next());
    let accept: Option<Cow<'_, str>> = match (first, second) {
        (None, _) => None,
        (Some(one), None) => Some(one.to_str().map_or(Cow::Borrowed("?"), Cow::Borrowed)),
        _ => {
            let all = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
            Some(Cow::Owned(all.collect::<Vec<_>>().join(",")))
        }
    };
    if media::acceptable(accept.as_deref(), manifest) {
        return Ok(());
    }
    Err(Refusal::new(error::NOT_ACCEPTABLE, "the Accept header names no type that this server speaks"))
}

/// What a path names.
enum Resource<'s> {
    Discovery,
    Root(&'s Root),
    Status(&'s Root, Identifier),
    Collections(&'s Root),
    Collection(&'s Arc<Collection>, Right),
    List { root: &'s Root, collection: &'s Arc<Collection>, right: Right, endpoint: Endpoint, object: Option<String> },
}

impl Resource<'_> {
    const fn methods(&self) -> &'static str {
        match self {
            Self::List { endpoint: Endpoint::Objects, .. } => "GET, HEAD, OPTIONS, POST",
            Self::List { endpoint: Endpoint::Object, .. } => "GET, HEAD, OPTIONS, DELETE",
            _ => "GET, HEAD, OPTIONS",
        }
    }
}

impl Inner {
    /// What a path names for this account; with or without its last slash.
    fn resource(&self, path: &str, account: &Account) -> Result<Resource<'_>, Refusal> {
        let whole: Cow<'_, str> = if path.ends_with('/') { path.into() } else { format!("{path}/").into() };
        if whole == "/taxii2/" {
            return Ok(Resource::Discovery);
        }
        // The longest path wins where one root lies under another.
        let matching = self.roots.iter().filter(|root| whole.starts_with(&root.path));
        let root = matching.max_by_key(|root| root.path.len()).ok_or_else(Refusal::not_found)?;
        if !root.shows(account) {
            return Err(Refusal::not_found());
        }
        let rest = &whole[root.path.len()..];
        let mut parts = Vec::with_capacity(4);
        for part in rest.split_terminator('/') {
            if parts.len() == 5 {
                return Err(Refusal::not_found());
            }
            parts.push(percent_decoded(part).ok_or_else(Refusal::not_found)?);
        }
        let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        let of = |name: &str| root.collection(name, account);
        let list = |name: &str, endpoint, object: Option<&str>| {
            let (collection, right) = of(name)?;
            Ok(Resource::List { root, collection, right, endpoint, object: object.map(str::to_owned) })
        };
        match parts[..] {
            [] => Ok(Resource::Root(root)),
            ["status", id] => Ok(Resource::Status(root, Identifier::parse(id).ok_or_else(Refusal::not_found)?)),
            ["collections"] => Ok(Resource::Collections(root)),
            ["collections", name] => of(name).map(|(collection, right)| Resource::Collection(collection, right)),
            ["collections", name, "manifest"] => list(name, Endpoint::Manifest, None),
            ["collections", name, "objects"] => list(name, Endpoint::Objects, None),
            ["collections", name, "objects", id] => list(name, Endpoint::Object, Some(id)),
            ["collections", name, "objects", id, "versions"] => list(name, Endpoint::Versions, Some(id)),
            _ => Err(Refusal::not_found()),
        }
    }

    async fn respond(
        self: &Arc<Self>,
        resource: Resource<'_>,
        account: &Arc<Account>,
        parts: &Parts,
        body: Body,
    ) -> Answer {
        match resource {
            Resource::Discovery => json(&self.discovery(account)),
            Resource::Root(root) => json(&ApiRoot {
                title: root.config.title.clone(),
                description: root.config.description.clone(),
                versions: vec![media::TAXII.to_owned()],
                max_content_length: root.config.max_content_length,
            }),
            Resource::Status(root, id) => self.status(root, &id, account).await,
            Resource::Collections(root) => json(&root.collections(account)),
            Resource::Collection(collection, right) => json(&collection.resource(right)),
            Resource::List { root, collection, right, endpoint, object } => match parts.method {
                Method::POST => {
                    may(right.write, right)?;
                    self.add(root, collection, account, parts, body).await
                }
                Method::DELETE => {
                    let id = object.unwrap_or_default();
                    self.delete(collection, right, account, &id, parts.uri.query().unwrap_or_default()).await
                }
                _ => {
                    may(right.read, right)?;
                    let head = parts.method == Method::HEAD;
                    let query = parts.uri.query().unwrap_or_default();
                    self.list(collection, right, account, endpoint, object, query, head).await
                }
            },
        }
    }

    fn discovery(&self, account: &Account) -> Discovery {
        let base = self.config.public_url.as_deref().unwrap_or_default();
        let url = |root: &Root| format!("{base}{}", root.path);
        let shown: Vec<&Root> = self.roots.iter().filter(|root| root.shows(account)).collect();
        let default = match &self.config.default_root {
            Some(path) => shown.iter().find(|root| root.config.path == *path),
            None => shown.first(),
        };
        Discovery {
            title: self.config.title.clone(),
            description: self.config.description.clone(),
            contact: self.config.contact.clone(),
            default: default.map(|root| url(root)),
            api_roots: shown.iter().map(|root| url(root)).collect(),
        }
    }

    async fn status(&self, root: &Root, id: &Identifier, account: &Account) -> Answer {
        let found = self.store.read(|connection| store::find_status(connection, id, &root.path, account.n)).await;
        let found = found.map_err(|_| unreadable())?.ok_or_else(Refusal::not_found)?;
        json(&found.resource(id))
    }

    /// §5.7: the only endpoint where the specification fixes the code for each combination of rights.
    async fn delete(&self, collection: &Collection, right: Right, account: &Account, id: &str, query: &str) -> Answer {
        match (right.read, right.write, right.delete) {
            (false, false, _) => return Err(Refusal::not_found()),
            (true, true, true) => {}
            _ => return Err(Refusal::new(error::FORBIDDEN, "this account may not remove objects here")),
        }
        let query = Query::parse(Endpoint::Delete, query).map_err(|e| Refusal::new(error::PARAMETER, e.to_string()))?;
        let viewer = Viewer { account: account.n, ceiling: right.tlp };
        let (n, id, at) = (collection.n, id.to_owned(), (self.options.clock)());
        let write = self
            .store
            .writer
            .write(move |transaction, memory| store::remove_chosen(transaction, memory, n, viewer, &id, &query, at));
        let removed = write.await.map_err(|e| unwritten(e.into()))?;
        if removed == 0 {
            return Err(Refusal::not_found());
        }
        Metrics::add(&self.metrics.objects_removed, removed as u64);
        Ok(bare(StatusCode::OK))
    }
}

/// No right at all: there is no such collection. Another right only: it is there, and this is not allowed.
fn may(allowed: bool, right: Right) -> Result<(), Refusal> {
    match (allowed, right.read || right.write) {
        (true, _) => Ok(()),
        (false, true) => Err(Refusal::new(error::FORBIDDEN, "this account lacks the right to do this here")),
        (false, false) => Err(Refusal::not_found()),
    }
}

impl Root {
    fn shows(&self, account: &Account) -> bool {
        !self.config.hidden || self.collections.iter().any(|collection| collection.shows(account))
    }

    fn collection(&self, name: &str, account: &Account) -> Result<(&Arc<Collection>, Right), Refusal> {
        // UUIDs may come in either case.
        let found = self.by_name.get(name).or_else(|| self.by_name.get(&Identifier::parse(name)?.to_string()));
        let found = found.filter(|collection| collection.shows(account)).ok_or_else(Refusal::not_found)?;
        Ok((found, account.right(&found.id)))
    }

    fn collections(&self, account: &Account) -> Collections {
        let shown = self.collections.iter().filter(|collection| collection.shows(account));
        Collections { collections: shown.map(|shown| shown.resource(account.right(&shown.id))).collect() }
    }
}

impl Collection {
    fn shows(&self, account: &Account) -> bool {
        let right = account.right(&self.id);
        right.read || right.write
    }

    fn resource(&self, right: Right) -> CollectionResource {
        CollectionResource {
            id: self.id.to_string(),
            title: self.config.title.clone(),
            description: self.config.description.clone(),
            alias: self.config.alias.clone(),
            can_read: right.read,
            can_write: right.write,
            media_types: self.config.media_types.clone(),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|e| Refusal::new(error::FAILURE, e.to_string()))?;
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, TAXII);
    Ok(response)
}

fn bare(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, TAXII);
    response
}

fn unreadable() -> Refusal {
    Refusal::new(error::FAILURE, "the storage could not be read")
}

fn unwritten(error: ServerError) -> Refusal {
    match error {
        ServerError::Closed => Refusal::new(error::STORAGE, "the storage is closed"),
        other => Refusal::new(error::STORAGE, other.to_string()),
    }
}

fn refuse(server: &Inner, parts: &Parts, refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut error_id = None;
    if status.is_server_error() {
        Metrics::add(&server.metrics.failed, 1);
        let id = crate::accounts::random::<8>().map(u64::from_be_bytes).unwrap_or_default();
        let id = format!("{id:016x}");
        tracing::error!(id, method = %parts.method, path = parts.uri.path(), code = refusal.code.code, "failed");
        error_id = Some(id);
    } else {
        Metrics::add(&server.metrics.refused, 1);
        tracing::debug!(method = %parts.method, path = parts.uri.path(), code = refusal.code.code, "refused");
    }
    let body = serde_json::to_vec(&refusal.message(error_id)).unwrap_or_default();
    let mut response = Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, TAXII);
    let pointer = refusal.pointer.as_deref().and_then(|pointer| HeaderValue::from_str(pointer).ok());
    match (status, pointer) {
        (StatusCode::UNAUTHORIZED, _) => {
            Metrics::add(&server.metrics.unauthenticated, 1);
            let basic = HeaderValue::from_static("Basic realm=\"taxii\", charset=\"UTF-8\"");
            headers.insert(header::WWW_AUTHENTICATE, basic);
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"taxii\""));
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => Metrics::add(&server.metrics.limited, 1),
        (StatusCode::METHOD_NOT_ALLOWED, Some(allowed)) => {
            headers.insert(header::ALLOW, allowed);
        }
        (StatusCode::PERMANENT_REDIRECT, Some(location)) => {
            headers.insert(header::LOCATION, location);
        }
        _ => {}
    }
    if let Some(seconds) = refusal.retry_after_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNAUTHORIZED) && parts.method == Method::POST {
        // The body may still be coming; it is not read.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
