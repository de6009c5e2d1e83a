//! The HTTP face of an observer: routes, limits, problem documents.
//!
//! | limit | value |
//! |---|---|
//! | body | the format's own limit, by route; counted as it comes |
//! | time for a body | 30 s |
//! | consignments in memory at one time | 8 |
//!
//! Bodies of `/add-checkpoint` and its answers are those of c2sp.org/tlog-witness; everything else answers with JSON, a
//! statement, or a problem document (RFC 9457).

use crate::custodian::Handover;
use crate::entry::Incoming;
use crate::metrics::count;
use crate::node::Node;
use crate::refusal::Refusal;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use monition_evidence::Digest;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::jws::STATEMENT_BYTES_MAX;
use monition_evidence::wire::{
    BODIES_TYPE, CONSIGNMENT_BYTES_MAX, CONSIGNMENT_TYPE, JSON_BYTES_MAX, JSON_TYPE, ObserverAbout, PROBLEM_TYPE,
    STATEMENT_TYPE, WitnessInfo, observer_paths,
};
use monition_tlog::MAX_ADD_CHECKPOINT_BYTES;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The description of the interface.
const OPENAPI: &str = include_str!("openapi.json");

/// Time for a request's body to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Large bodies in memory at one time: 8 × 34 MiB.
pub(crate) const LARGE_BODIES_MAX: usize = 8;

/// Bytes handed to a connection at a time.
const CHUNK_BYTES: usize = 64 * 1024;

type App = State<Arc<Node>>;

/// The routes.
pub(crate) fn router(node: Arc<Node>) -> Router {
    let router = routes().into_iter().fold(Router::new(), |router, (_, path, method)| router.route(path, method));
    router.fallback(async || Refusal::NotFound).method_not_allowed_fallback(async || Refusal::Method).with_state(node)
}

/// Method, path and handler of everything that is served: one table, which a test compares with `openapi.json`.
fn routes() -> Vec<(&'static str, &'static str, MethodRouter<Arc<Node>>)> {
    vec![
        ("get", "/healthz", get(health)),
        ("get", "/metrics", get(metrics)),
        ("get", "/openapi.json", get(async || reply(JSON_TYPE, OPENAPI))),
        ("get", observer_paths::ABOUT, get(about)),
        ("get", "/v1/notes/{digest}", get(note)),
        ("post", observer_paths::ADD_CHECKPOINT, post(add_checkpoint)),
        ("post", observer_paths::CONSIGN, post(consign)),
        ("post", observer_paths::POLL, post(poll)),
        ("post", observer_paths::FETCH, post(fetch)),
        ("post", observer_paths::ACKS, post(acks)),
        ("post", observer_paths::REPLIES, post(replies)),
        ("post", observer_paths::ANSWERS, post(answers)),
        ("post", observer_paths::LISTING, post(listing)),
        ("post", observer_paths::CONTACTS, post(contacts)),
    ]
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = self.problem();
        if problem.status >= 500 {
            tracing::warn!(code = problem.code, error = &self as &dyn std::error::Error, "a request was not served");
        }
        let mut response = reply(PROBLEM_TYPE, problem.to_bytes());
        *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn reply(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn json(value: &impl Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(value).map_err(|_| Refusal::Internal { what: "an answer cannot be written" })?;
    Ok(reply(JSON_TYPE, body))
}

// ---- reading requests ------------------------------------------------------------------------

struct Read {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Read {
    async fn of(request: Request, expected: &'static str, limit: usize) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let found = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        // A parameter such as charset says nothing about formats that have one byte form.
        let found = found.map(|value| value.split(';').next().unwrap_or_default().trim());
        if found != Some(expected) {
            return Err(Refusal::MediaType { expected });
        }
        if parts.uri.query().is_some() {
            // What is signed has no query, so nothing may stand there.
            return Err(Refusal::Malformed { detail: "no resource here takes a query".to_owned() });
        }
        let body = read_body(body, limit).await?;
        Ok(Self { path: parts.uri.path().to_owned(), headers: parts.headers, body })
    }

    fn signature(&self, node: &Node) -> Result<RequestSignature, Refusal> {
        signature_of(&self.headers, node)
    }

    fn incoming<'a>(&'a self, signature: &'a RequestSignature) -> Incoming<'a> {
        Incoming { path: &self.path, signature, body: &self.body }
    }

    fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::malformed(&error))
    }
}

fn signature_of(headers: &HeaderMap, node: &Node) -> Result<RequestSignature, Refusal> {
    RequestSignature::parse(|name| headers.get(name).and_then(|value| value.to_str().ok()))
        .map_err(|error| node.not_allowed(&error.to_string()))
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let announced = http_body::Body::size_hint(&body).lower();
    if announced > limit as u64 {
        return Err(Refusal::TooLarge { limit });
    }
    match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Either the limit, or the connection: then nobody reads the answer.
        Ok(Err(_)) => Err(Refusal::TooLarge { limit }),
        Err(_) => Err(Refusal::Slow),
    }
}

// ---- routes ----------------------------------------------------------------------------------

async fn health(State(node): App) -> Response {
    let sound = node.store_task(|store| store.counts()).await.is_ok();
    let mut response = reply("text/plain; charset=utf-8", if sound { "ok" } else { "storage failed" });
    if !sound {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

async fn metrics(State(node): App) -> Result<Response, Refusal> {
    let (mailboxes, items) = node.store_task(|store| store.counts()).await?;
    let (waiting, refused) = node.store_task(|store| store.outbox_counts()).await?;
    let logged = node.store_task(|store| store.newest_logged_period()).await?.unwrap_or(0);
    let page = node.metrics.render(&[
        ("mailboxes", "Mailboxes kept, superseded ones included", mailboxes),
        ("items", "Items kept", items),
        ("outbox_waiting", "Statements that wait to be logged", waiting),
        ("outbox_refused", "Statements that the exchange refused to log", refused),
        ("newest_logged_period", "Newest period whose heads are logged", logged),
        ("directory_entries", "Entries of the directory that were replayed", node.directory().size()),
        (
            "custody_stopped",
            "1 while the directory of the exchange is under alarm",
            u64::from(node.follower.alarm().is_some()),
        ),
    ]);
    let page = page + &node.connections.render("monition_observer_");
    Ok(reply("text/plain; version=0.0.4; charset=utf-8", page))
}

async fn about(State(node): App) -> Result<Response, Refusal> {
    let key = node.witness.signer.verifier_key();
    json(&ObserverAbout {
        party: node.config.party.clone(),
        witness: WitnessInfo { name: key.name().to_string(), vkey: key.to_string(), url: None },
        period_seconds: node.config.period_seconds,
    })
}

async fn note(State(node): App, Path(digest): Path<String>) -> Result<Response, Refusal> {
    let digest = Digest::parse(&digest).map_err(|_| Refusal::NotFound)?;
    Ok(reply("text/plain; charset=utf-8", node.note(digest).await?))
}

async fn add_checkpoint(State(node): App, request: Request) -> Result<Response, Refusal> {
    // The specification names no content type for the request, so none is asked for.
    let body = read_body(request.into_body(), MAX_ADD_CHECKPOINT_BYTES).await?;
    let answer = node.add_checkpoint(body.into()).await?;
    let mut response = reply(answer.content_type(), answer.body());
    *response.status_mut() = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok(response)
}

async fn consign(State(node): App, request: Request) -> Result<Response, Refusal> {
    // 34 MiB are not read for anybody but the exchange.
    node.comes_from_exchange(&signature_of(request.headers(), &node)?, observer_paths::CONSIGN).await?;
    let _room = node.large_bodies.acquire().await.map_err(|_| Refusal::Internal { what: "the node is stopping" })?;
    let read = Read::of(request, CONSIGNMENT_TYPE, CONSIGNMENT_BYTES_MAX).await?;
    let signature = read.signature(&node)?;
    let consigned = node.consign(read.incoming(&signature)).await;
    if consigned.is_err() {
        count(&node.metrics.consignment_refusals_total);
    }
    Ok(reply(STATEMENT_TYPE, consigned?))
}

async fn poll(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, JSON_TYPE, JSON_BYTES_MAX).await?;
    let signature = read.signature(&node)?;
    json(&node.poll(read.incoming(&signature), &read.json()?).await?)
}

async fn fetch(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, JSON_TYPE, JSON_BYTES_MAX).await?;
    let signature = read.signature(&node)?;
    let (bytes, handover) = node.fetch(read.incoming(&signature), &read.json()?).await?;
    Ok(reply(BODIES_TYPE, Body::new(Leaving { rest: bytes.into(), handover: Some(handover) })))
}

async fn acks(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, STATEMENT_TYPE, STATEMENT_BYTES_MAX).await?;
    json(&node.ack(&read.body).await?)
}

async fn replies(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, STATEMENT_TYPE, STATEMENT_BYTES_MAX).await?;
    Ok(reply(STATEMENT_TYPE, node.reply(&read.body).await?))
}

async fn answers(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, JSON_TYPE, JSON_BYTES_MAX).await?;
    json(&node.answers(&read.json()?).await?)
}

async fn listing(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, JSON_TYPE, JSON_BYTES_MAX).await?;
    let signature = read.signature(&node)?;
    json(&node.listing(read.incoming(&signature), &read.json()?).await?)
}

async fn contacts(State(node): App, request: Request) -> Result<Response, Refusal> {
    let read = Read::of(request, JSON_TYPE, JSON_BYTES_MAX).await?;
    let signature = read.signature(&node)?;
    json(&node.keep_contacts(read.incoming(&signature)).await?)
}

/// A body that knows when its last byte has been taken by the connection: only then were bytes handed over.
struct Leaving {
    rest: Bytes,
    handover: Option<Handover>,
}

impl Leaving {
    fn record(&mut self, left: bool) {
        if let (Some(handover), Ok(runtime)) = (self.handover.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(handover.record(left));
        }
    }
}

impl http_body::Body for Leaving {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.rest.len().min(CHUNK_BYTES);
        if length == 0 {
            return Poll::Ready(None);
        }
        let chunk = self.rest.split_to(length);
        if self.rest.is_empty() {
            self.record(true);
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.record(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_names_every_route_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let documented: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|m| (m.clone(), path.clone())))
            .collect();
        let served: BTreeSet<(String, String)> =
            routes().into_iter().map(|(method, path, _)| (method.to_owned(), path.to_owned())).collect();
        assert_eq!(documented, served);
    }
}
