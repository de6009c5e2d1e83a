//! Lists: objects, one object, manifest, versions (§5.3, §5.4, §5.6, §5.8).

use super::body::joined;
use super::{Answer, TAXII, bare, unreadable, unwritten};
use crate::accounts::{Account, Right};
use crate::cache::{CacheKey, Finished, Generation};
use crate::config::Kind;
use crate::cursor::Binding;
use crate::error::{self, Refusal};
use crate::metrics::Metrics;
use crate::server::{Collection, Inner};
use crate::store::{self, ORDINAL_BITS, Page, PageAsk, Shape, Viewer};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use monition_intel::stix::Timestamp;
use monition_intel::taxii::{Endpoint, Query};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const FIRST: HeaderName = HeaderName::from_static("x-taxii-date-added-first");
const LAST: HeaderName = HeaderName::from_static("x-taxii-date-added-last");

/// With more values in a filter than this a page is made beside the threads that answer requests.
const VALUES_HERE_MAX: usize = 16;

impl Inner {
    #[allow(clippy::too_many_arguments)]
    pub(super) async fn list(
        self: &Arc<Self>,
        collection: &Collection,
        right: Right,
        account: &Account,
        endpoint: Endpoint,
        object: Option<String>,
        raw: &str,
        head: bool,
    ) -> Answer {
        let query = Query::parse(endpoint, raw).map_err(|e| Refusal::new(error::PARAMETER, e.to_string()))?;
        let shape = match endpoint {
            Endpoint::Manifest => Shape::Manifest,
            Endpoint::Versions => Shape::Versions,
            Endpoint::Objects | Endpoint::Object | Endpoint::Delete => Shape::Objects,
        };
        let filters = query.filter_bytes();
        let binding = Binding {
            account: account.n,
            collection: collection.n,
            list: match endpoint {
                Endpoint::Manifest => "manifest",
                Endpoint::Versions => "versions",
                _ => "objects",
            },
            object: object.as_deref().unwrap_or_default(),
            filters: &filters,
        };
        let low = self.low(collection, &query, &binding).await?;
        let addressed = collection.counters.addressed.load(Ordering::Acquire);
        let page_limit = collection.config.page_limit;
        let viewer = Viewer { account: account.n, ceiling: right.tlp };
        let ask = PageAsk {
            shape,
            collection: collection.n,
            viewer,
            object: object.clone(),
            low,
            limit: query.limit.unwrap_or(page_limit).min(page_limit) as usize,
            walks: 0,
            addressed,
            query,
        };
        let record = shape == Shape::Objects && collection.config.kind == Kind::Warnings && self.config.events && !head;
        let page = if record {
            let page = self.read_page(collection, ask, true).await?;
            self.record(collection, account, &page).await?;
            finished(shape, page)
        } else {
            self.cached_page(collection, ask).await?
        };
        let Some(page) = page else {
            return self.nothing(collection, viewer, object).await;
        };
        let mut front = Vec::with_capacity(96);
        if page.more {
            front.extend_from_slice(b"{\"more\":true,\"next\":\"");
            front.extend_from_slice(binding.seal(&self.store.cursor_key, page.last_key).as_bytes());
            front.push(b'"');
        } else {
            front.extend_from_slice(b"{\"more\":false");
        }
        let mut response = Response::new(joined(front, page.tail));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, TAXII);
        for (name, value) in [(FIRST, page.first_added), (LAST, page.last_added)] {
            headers.extend(HeaderValue::from_maybe_shared(value).ok().map(|value| (name, value)));
        }
        Ok(response)
    }

    /// The key after which the page begins.
    async fn low(&self, collection: &Collection, query: &Query, binding: &Binding<'_>) -> Result<i64, Refusal> {
        if let Some(token) = &query.next {
            let refusal = || Refusal::new(error::CURSOR, "next was not given out for this query to this account");
            return binding.open(&self.store.cursor_key, token).ok_or_else(refusal);
        }
        let Some(after) = query.added_after else { return Ok(collection.n << ORDINAL_BITS) };
        let n = collection.n;
        self.store.read(|connection| store::key_after(connection, n, after)).await.map_err(|_| unreadable())
    }

    async fn cached_page(self: &Arc<Self>, collection: &Collection, ask: PageAsk) -> Result<Option<Finished>, Refusal> {
        // The place stands in `low`, so whoever polls with another time and finds the same place finds the same page.
        let mut filters = Query { added_after: None, ..ask.query.clone() }.filter_bytes();
        filters.extend_from_slice(ask.object.as_deref().unwrap_or_default().as_bytes());
        let key = CacheKey {
            shape: ask.shape,
            collection: ask.collection,
            ceiling: ask.viewer.ceiling,
            account: if ask.addressed { ask.viewer.account } else { 0 },
            low: ask.low,
            limit: ask.limit,
            filters,
        };
        // Before the read: a page that was read while something was written must not count as read after it.
        let generation = Generation::of(&collection.counters);
        if let Some(page) = self.cache.find(&key, generation) {
            Metrics::add(&self.metrics.pages_from_memory, 1);
            return Ok(Some(page));
        }
        let shape = ask.shape;
        let page = finished(shape, self.read_page(collection, ask, false).await?);
        if let Some(page) = &page {
            self.cache.put(key, generation, page.clone());
        }
        Ok(page)
    }

    async fn read_page(
        self: &Arc<Self>,
        collection: &Collection,
        mut ask: PageAsk,
        record: bool,
    ) -> Result<Page, Refusal> {
        Metrics::add(&self.metrics.pages_read, 1);
        ask.walks = collection.counters.walks.load(Ordering::Acquire);
        let of = |list: &Option<Vec<String>>| list.as_ref().map_or(0, Vec::len);
        let many = of(&ask.query.ids) + of(&ask.query.types) + ask.query.versions.at.len() > VALUES_HERE_MAX;
        let read = if many {
            self.store.read_apart(move |connection| store::page(connection, &ask, record)).await
        } else {
            self.store.read(|connection| store::page(connection, &ask, record)).await
        };
        read.map_err(|_| unreadable())
    }

    /// Durable before the first byte leaves: what was given is never given unrecorded.
    async fn record(&self, collection: &Collection, account: &Account, page: &Page) -> Result<(), Refusal> {
        let (n, account) = (collection.n, account.n);
        let fresh = self.store.read(|connection| store::unserved(connection, account, &page.served)).await;
        let fresh = fresh.map_err(|_| unreadable())?;
        if fresh.is_empty() {
            return Ok(());
        }
        let at = (self.options.clock)();
        let write = self.store.writer.write(move |transaction, _| store::served(transaction, account, n, at, &fresh));
        write.await.map_err(|e| unwritten(e.into()))
    }

    /// Nothing on the page: an unknown object is a 404, everything else an empty list, which is not written (§2).
    async fn nothing(&self, collection: &Collection, viewer: Viewer, object: Option<String>) -> Answer {
        if object.is_some() {
            let ask = PageAsk {
                shape: Shape::Versions,
                collection: collection.n,
                viewer,
                query: Query::none(Endpoint::Objects),
                object,
                low: collection.n << ORDINAL_BITS,
                limit: 1,
                walks: 0,
                addressed: true,
            };
            let found = self.store.read(|connection| store::page(connection, &ask, false)).await;
            if found.map_err(|_| unreadable())?.count == 0 {
                return Err(Refusal::not_found());
            }
        }
        let mut response = bare(StatusCode::OK);
        *response.body_mut() = Body::from("{}");
        Ok(response)
    }
}

fn finished(shape: Shape, page: Page) -> Option<Finished> {
    if page.count == 0 {
        return None;
    }
    let mut tail = Vec::with_capacity(page.items.len() + 32);
    tail.extend_from_slice(format!(",\"{}\":[", shape.list()).as_bytes());
    tail.extend_from_slice(&page.items);
    tail.extend_from_slice(b"]}");
    let date = |micros| Bytes::from(Timestamp::from_micros(micros).to_string());
    Some(Finished {
        tail: tail.into(),
        first_added: date(page.first_added),
        last_added: date(page.last_added),
        last_key: page.last_key,
        more: page.more,
    })
}
