//! The HTTP interface (docs/protocol.md §8, `/openapi.json`).
//!
//! Statements need no other signature than their own; a bare commitment is a signed request (RFC 9421 profile). Each
//! route has its own size limit, and a submission's bodies are read only after its signature stood.

use crate::accept::Admitted;
use crate::metrics::Class;
use crate::problem::{self, Refusal};
use crate::proofs::ProofFailure;
use crate::publish::PUBLIC;
use crate::state::{Exchange, PublishedNote, digest_of, failure};
use crate::taxii::EnvelopeRequest;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use monition_evidence::encoding::sha256;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::jws::STATEMENT_BYTES_MAX;
use monition_evidence::wire::{
    CaseAnswer, CaseRequest, ChainRequest, DirectoryAnswer, FRAMED_BYTES_MAX, JSON_BYTES_MAX, JSON_TYPE, LeafAnswer,
    NoteAnswer, NoteRequest, PROBLEM_TYPE, ProofAnswer, ProofRequest, STATEMENT_TYPE, SUBMISSION_TYPE,
    SubmissionAnswer, exchange_paths as paths,
};
use monition_evidence::{Digest, KeyUse, PartyName};
use monition_front::Peer;
use monition_store::LogId;
use monition_tlog::{LeafIndex, TileCoord, TileLevel, TreeSize, inclusion_proof};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

type App = Arc<Exchange>;

/// The description of the interface.
const OPENAPI: &str = include_str!("openapi.json");

/// Every route.
pub fn router(exchange: App) -> Router {
    let router = routes().into_iter().fold(Router::new(), |router, (_, path, method)| router.route(path, method));
    let taxii = crate::taxii::router(&exchange);
    let router = router
        .fallback(async || Refusal::new(problem::NOT_FOUND, "there is no such resource").into_response())
        .method_not_allowed_fallback(async || {
            Refusal::new(problem::METHOD, "the resource does not take this method").into_response()
        })
        .layer(middleware::from_fn_with_state(exchange.clone(), around))
        .with_state(exchange);
    match taxii {
        Some(taxii) => router.merge(taxii),
        None => router,
    }
}

/// Method, path and handler of everything that is served: one table, which a test compares with `openapi.json`.
fn routes() -> Vec<(&'static str, &'static str, MethodRouter<App>)> {
    vec![
        ("get", "/healthz", get(async || "ok")),
        ("get", "/metrics", get(metrics)),
        ("get", "/openapi.json", get(async || ([(header::CONTENT_TYPE, JSON_TYPE)], OPENAPI))),
        ("get", paths::ABOUT, get(about)),
        ("post", paths::DIRECTORY, post(directory)),
        ("post", paths::SUBMISSIONS, post(submissions)),
        ("post", paths::STATEMENTS, post(statements)),
        ("post", paths::COMMITMENTS, post(commitments)),
        ("post", paths::CASE, post(case)),
        ("post", paths::CHAIN, post(chain)),
        ("post", paths::PROOF, post(proof)),
        ("post", paths::NOTES, post(notes)),
        ("post", crate::taxii::ENVELOPE, post(envelope)),
        ("get", "/{log}/checkpoint", get(checkpoint)),
        ("get", "/{log}/tile/{*path}", get(tile)),
    ]
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_TYPE)], self.problem().to_bytes()).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Time limit, counters, and one line in the server's log for each failure; never a body, a header or an address.
async fn around(State(exchange): State<App>, request: Request, next: Next) -> Response {
    exchange.metrics.requests.increment();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (limit, began) = (Duration::from_millis(exchange.config.limits.request_timeout_ms), Instant::now());
    let response = match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::new(problem::TIMEOUT, "the request took longer than the limit").into_response(),
    };
    exchange.metrics.request_took(Class::of(&path), began.elapsed());
    let status = response.status();
    if !status.is_success() {
        exchange.metrics.refused.increment();
        // A path may name a tile, never a secret: identifiers travel in bodies.
        tracing::debug!(%method, path, status = status.as_u16(), "refused");
    }
    response
}

type Answer = Result<Response, Refusal>;

fn json<T: Serialize>(value: &T) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|e| failure(&e))?;
    Ok(([(header::CONTENT_TYPE, JSON_TYPE)], bytes).into_response())
}

fn content_type(headers: &HeaderMap, wanted: &str) -> Result<(), Refusal> {
    let found = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    // Parameters such as a charset change nothing.
    if found.split(';').next().is_some_and(|base| base.trim().eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    Err(Refusal::new(problem::MEDIA_TYPE, format!("the content type is {found:?}, {wanted:?} is asked for")))
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(problem::TOO_LARGE, format!("at most {limit} bytes are taken here")))
        }
        Err(_) => Err(Refusal::new(problem::MALFORMED_REQUEST, "the body ended early")),
    }
}

async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    content_type(request.headers(), JSON_TYPE)?;
    let body = read_body(request.into_body(), JSON_BYTES_MAX).await?;
    serde_json::from_slice(&body).map_err(|e| Refusal::new(problem::MALFORMED_REQUEST, e.to_string()))
}

async fn read_statement(request: Request) -> Result<Bytes, Refusal> {
    content_type(request.headers(), STATEMENT_TYPE)?;
    read_body(request.into_body(), STATEMENT_BYTES_MAX).await
}

async fn metrics(State(exchange): State<App>) -> Response {
    let mut page = exchange.metrics.render() + &exchange.connections.render("monition_");
    if let Some(taxii) = &exchange.taxii {
        page += &taxii.render();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page).into_response()
}

async fn about(State(exchange): State<App>) -> Answer {
    let mut about = exchange.about.clone();
    if let Some(rules) = exchange.parties().rules() {
        about.delay_seconds = rules.delay_seconds;
    }
    json(&about)
}

async fn directory(State(exchange): State<App>, Extension(peer): Extension<Peer>, request: Request) -> Answer {
    let body = read_statement(request).await?;
    let index = exchange.log_entry(peer.counted(), &body).await?;
    json(&DirectoryAnswer { index })
}

async fn statements(State(exchange): State<App>, request: Request) -> Answer {
    let body = read_statement(request).await?;
    let leaf = exchange.log_statement(&body).await?;
    json(&LeafAnswer { leaf })
}

async fn submissions(State(exchange): State<App>, request: Request) -> Answer {
    content_type(request.headers(), SUBMISSION_TYPE)?;
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let (admitted, bodies) = read_submission(&exchange, request.into_body(), announced).await?;
    let acceptance = exchange.accept(admitted, bodies).await?;
    json(&SubmissionAnswer { acceptance: acceptance.as_text().into_owned() })
}

/// Reads the statement, admits it, and only then reads the bodies.
async fn read_submission(
    exchange: &App,
    mut body: Body,
    announced: Option<usize>,
) -> Result<(Admitted, Vec<u8>), Refusal> {
    let short = || Refusal::new(problem::MALFORMED_REQUEST, "the body ended early");
    let mut read: Vec<u8> = Vec::new();
    let mut end = false;
    let statement_end = loop {
        if let Some((length, rest)) = read.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            if length > STATEMENT_BYTES_MAX {
                let detail = format!("the statement is said to have {length} bytes");
                return Err(Refusal::new(problem::TOO_LARGE, detail));
            }
            if rest.len() >= length {
                break 4 + length;
            }
        }
        match next_chunk(&mut body).await? {
            Some(chunk) => read.extend_from_slice(&chunk),
            None => return Err(short()),
        }
    };
    let admitted = exchange.admit(&read[4..statement_end])?;
    read.drain(..statement_end);
    let too_large =
        || Refusal::new(problem::TOO_LARGE, format!("at most {FRAMED_BYTES_MAX} bytes of bodies are taken"));
    let announced = announced.map(|length| length.saturating_sub(statement_end));
    if announced.is_some_and(|length| length > FRAMED_BYTES_MAX) {
        return Err(too_large());
    }
    // Known lengths are charged before they are read, unknown ones as they come.
    exchange.admit_bodies(&admitted, announced.unwrap_or(0))?;
    while !end {
        match next_chunk(&mut body).await? {
            Some(chunk) => {
                if read.len() + chunk.len() > FRAMED_BYTES_MAX {
                    return Err(too_large());
                }
                if announced.is_none() {
                    exchange.admit_bodies(&admitted, chunk.len())?;
                }
                read.extend_from_slice(&chunk);
            }
            None => end = true,
        }
    }
    Ok((admitted, read))
}

async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::new(problem::MALFORMED_REQUEST, "the body ended early"))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

async fn commitments(State(exchange): State<App>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let body = read_body(body, 32).await?;
    let party = signed_by(&exchange, parts.method.as_str(), parts.uri.path(), &parts.headers, &body)?;
    let entry: [u8; 32] =
        body[..].try_into().map_err(|_| Refusal::new(problem::MALFORMED_REQUEST, "a commitment has 32 bytes"))?;
    let leaf = exchange.log_commitment(party, Digest::from_bytes(entry)).await?;
    json(&LeafAnswer { leaf })
}

async fn chain(State(exchange): State<App>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let body = read_body(body, JSON_BYTES_MAX).await?;
    let party = signed_by(&exchange, parts.method.as_str(), parts.uri.path(), &parts.headers, &body)?;
    let asked: ChainRequest =
        serde_json::from_slice(&body).map_err(|e| Refusal::new(problem::MALFORMED_REQUEST, e.to_string()))?;
    json(&exchange.chain(&party, asked).await?)
}

/// The party whose statement key signed the request.
fn signed_by(
    exchange: &Exchange,
    method: &str,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<PartyName, Refusal> {
    let unsigned = |detail: String| Refusal::new(problem::UNSIGNED, detail);
    let field = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = RequestSignature::parse(field).map_err(|e| unsigned(e.to_string()))?;
    let directory = exchange.parties();
    let kid = signature.kid();
    let record = directory.key(&kid).filter(|record| record.end.is_none());
    let record = record.ok_or_else(|| unsigned(format!("key {kid} is not in force in the directory")))?;
    if record.key.key_use != KeyUse::Statement {
        return Err(Refusal::new(problem::FORBIDDEN, format!("key {kid} is no statement key")));
    }
    let now = exchange.clock.now();
    signature
        .verify(method, path, body, &exchange.party, now, &record.key.public)
        .map_err(|e| unsigned(e.to_string()))?;
    Ok(record.party.clone())
}

/// Strangers who guess at identifiers wait; they have 2^128 of them to guess.
fn guessing(exchange: &Exchange, peer: IpAddr, found: bool) -> Result<(), Refusal> {
    let now = exchange.clock.now_ms();
    let failures = &exchange.limits.failures;
    let checked = if found { failures.look(peer, 1, now) } else { failures.take(peer, 1, now) };
    checked.map_err(|seconds| {
        exchange.metrics.limited.increment();
        let refusal = Refusal::new(problem::RATE_LIMITED, "too many requests from this address found nothing");
        Refusal { retry_after_seconds: Some(seconds), ..refusal }
    })
}

async fn case(State(exchange): State<App>, Extension(peer): Extension<Peer>, request: Request) -> Answer {
    let CaseRequest { submission } = read_json(request).await?;
    let statements = exchange.case(submission).await?;
    guessing(&exchange, peer.counted(), !statements.is_empty())?;
    json(&CaseAnswer { statements })
}

async fn envelope(State(exchange): State<App>, Extension(peer): Extension<Peer>, request: Request) -> Answer {
    let EnvelopeRequest { status } = read_json(request).await?;
    let found = exchange.envelope(&status).await;
    guessing(&exchange, peer.counted(), found.is_ok())?;
    json(&found?)
}

async fn notes(State(exchange): State<App>, Extension(peer): Extension<Peer>, request: Request) -> Answer {
    let NoteRequest { note } = read_json(request).await?;
    let found = exchange.backend.reads.note(note).await.map_err(|e| failure(&e))?;
    guessing(&exchange, peer.counted(), found.is_some())?;
    let found = found.ok_or_else(|| Refusal::new(problem::UNKNOWN_NOTE, format!("no note {note} was published")))?;
    json(&NoteAnswer { note: String::from_utf8_lossy(&found.bytes).into_owned() })
}

async fn proof(State(exchange): State<App>, Extension(peer): Extension<Peer>, request: Request) -> Answer {
    let ProofRequest { leaf } = read_json(request).await?;
    let reads = &exchange.backend.reads;
    let index = reads.index_of(leaf).await.map_err(|e| failure(&e))?;
    guessing(&exchange, peer.counted(), index.is_some())?;
    let index = index.ok_or_else(|| Refusal::new(problem::UNKNOWN_LEAF, format!("{leaf} is no entry of the log")))?;
    let later = |what: &str| Refusal::new(problem::NOT_YET_WITNESSED, format!("entry {index} {what}"));
    let note = reads.note_covering(LogId::Log, index).await.map_err(|e| failure(&e))?;
    let note = note.ok_or_else(|| later("is not covered by a fully cosigned checkpoint yet"))?;
    // Every time of the directory's note is at or after every time of the log's.
    let directory = reads.note_since(LogId::Directory, note.time_max).await.map_err(|e| failure(&e))?;
    let directory = directory.ok_or_else(|| later("waits for the directory's next cosigned checkpoint"))?;
    let (place, size) = (LeafIndex::new(index), TreeSize::new(note.size));
    let tree = exchange.log.committed().tree;
    let hashes = exchange.tiles.read(&tree, |reader| inclusion_proof(reader, place, size)).await;
    let hashes = hashes.map_err(|e: ProofFailure| failure(&e))?;
    json(&ProofAnswer {
        index,
        hashes: hashes.iter().map(digest_of).collect(),
        note: String::from_utf8_lossy(&note.bytes).into_owned(),
        directory_note: String::from_utf8_lossy(&directory.bytes).into_owned(),
    })
}

fn log_of(name: &str) -> Result<LogId, Refusal> {
    let found = LogId::ALL.into_iter().find(|log| log.as_str() == name);
    found.ok_or_else(|| Refusal::new(problem::NOT_FOUND, "there is no such log"))
}

fn published(exchange: &Exchange, log: LogId) -> Result<Arc<PublishedNote>, Refusal> {
    let published = exchange.published.borrow();
    let note = match log {
        LogId::Log => published.log.clone(),
        LogId::Directory => published.directory.clone(),
    };
    note.ok_or_else(|| {
        let refusal = Refusal::new(problem::NOT_YET_WITNESSED, format!("the {log} was not published yet"));
        Refusal { retry_after_seconds: Some(1), ..refusal }
    })
}

async fn checkpoint(State(exchange): State<App>, Path(log): Path<String>) -> Answer {
    let note = published(&exchange, log_of(&log)?)?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, note.bytes.clone()).into_response())
}

/// Only what the published size implies: a full tile that a cache pins must never be able to change.
async fn tile(State(exchange): State<App>, Path((log, path)): Path<(String, String)>) -> Answer {
    let log = log_of(&log)?;
    let absent = || Refusal::new(problem::NOT_FOUND, "the published log has no such tile");
    let coord =
        TileCoord::parse(&format!("tile/{path}")).map_err(|e| Refusal::new(problem::NOT_FOUND, e.to_string()))?;
    let size = published(&exchange, log)?.head.size.value();
    let nodes = match coord.level() {
        TileLevel::Entries => size,
        TileLevel::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
    };
    let end = coord.index().checked_mul(256).and_then(|first| first.checked_add(u64::from(coord.width())));
    if end.is_none_or(|end| end > nodes) {
        return Err(absent());
    }
    let file = exchange.config.data_dir.join(PUBLIC).join(log.as_str()).join(coord.path());
    let bytes = tokio::fs::read(file).await.map_err(|error| match error.kind() {
        // Partial tiles go once the full one is there.
        std::io::ErrorKind::NotFound => absent(),
        _ => failure(&error),
    })?;
    let etag = format!("\"{}\"", sha256(&bytes));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, etag),
    ];
    Ok((headers, bytes).into_response())
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
        // "{*path}" is our router's sign for "and everything behind".
        let served: BTreeSet<(String, String)> =
            routes().into_iter().map(|(method, path, _)| (method.to_owned(), path.replace("{*", "{"))).collect();
        assert_eq!(documented, served);
    }
}
