//! Adding objects (§5.5).

use super::{Answer, json, unwritten};
use crate::accounts::Account;
use crate::error::{self, Refusal};
use crate::ingest::Read;
use crate::server::{Collection, Inner, Root};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use monition_intel::json::JsonError;
use monition_intel::taxii::media;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, TryAcquireError};

/// A body up to this many bytes is read into objects at once; a larger one beside the threads that answer requests.
const HERE_BYTES_MAX: usize = 16 * 1024;

impl Inner {
    pub(super) async fn add(
        &self,
        root: &Root,
        collection: &Arc<Collection>,
        account: &Account,
        parts: &Parts,
        body: Body,
    ) -> Answer {
        let asked = (self.options.clock)();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media::content_type_is_taxii(content_type) || is_coded(&parts.headers) {
            return Err(Refusal::new(error::MEDIA_TYPE, "the body is not declared as TAXII 2.1"));
        }
        let limit = usize::try_from(root.config.max_content_length).unwrap_or(usize::MAX);
        let patience = Duration::from_secs(u64::from(self.config.limits.body_seconds));
        let read = tokio::time::timeout(patience, self.read_body(&parts.headers, body, limit)).await;
        let slow = |_| Refusal::new(error::BODY, "the body took too long to arrive");
        let (body, permit) = read.map_err(slow)??;
        let objects = objects(collection, body).await?;
        if objects.is_empty() {
            return Err(Refusal::new(error::ENVELOPE, "the envelope holds no objects"));
        }
        let (id, status) = self.post(root, collection, account, objects, asked).await.map_err(unwritten)?;
        drop(permit);
        let mut response = json(&status.resource(&id))?;
        *response.status_mut() = StatusCode::ACCEPTED;
        Ok(response)
    }

    /// The whole body, and the share of memory that it has until it is stored.
    async fn read_body(
        &self,
        headers: &HeaderMap,
        mut body: Body,
        limit: usize,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Refusal> {
        let too_large = || Refusal::new(error::TOO_LARGE, format!("at most {limit} bytes are taken here"));
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let announced: usize = announced.unwrap_or(0);
        if announced > limit {
            return Err(too_large());
        }
        let mut whole = BytesMut::with_capacity(announced);
        let mut held: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Refusal::new(error::BODY, "the connection broke within the body"))?;
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > limit {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
            // Charged as it comes: what is only announced takes nothing from others.
            let needed = u32::try_from(whole.len().div_ceil(1024)).unwrap_or(u32::MAX);
            let more = needed - held.as_ref().map_or(0, |held| u32::try_from(held.num_permits()).unwrap_or(0));
            if more > 0 {
                let fresh = self.bodies.clone().try_acquire_many_owned(more).map_err(|error| match error {
                    TryAcquireError::NoPermits | TryAcquireError::Closed => {
                        Refusal::new(error::OVERLOADED, "too many bodies are being received")
                    }
                })?;
                match &mut held {
                    Some(held) => held.merge(fresh),
                    None => held = Some(fresh),
                }
            }
        }
        Ok((whole.freeze(), held))
    }
}

fn is_coded(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

async fn objects(collection: &Arc<Collection>, body: Bytes) -> Result<Vec<Read>, Refusal> {
    let read = if body.len() <= HERE_BYTES_MAX {
        collection.intake.envelope(&body)
    } else {
        let collection = collection.clone();
        let work = tokio::task::spawn_blocking(move || collection.intake.envelope(&body));
        work.await.map_err(|_| Refusal::new(error::FAILURE, "the body was not read"))?
    };
    read.map_err(|error: JsonError| Refusal::new(error::ENVELOPE, error.to_string()))
}
