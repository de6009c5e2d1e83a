//! From an address and the name of a collection to the URLs that are needed (§4.1, §4.2, §5.1).

use super::{ClientError, Http};
use reqwest::Url;
use serde_json::Value;

/// Most API roots of one server that are looked through.
const ROOTS_MAX: usize = 256;

/// A collection that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The API root, with a slash at the end.
    pub root: Url,
    /// The collection, with a slash at the end.
    pub collection: Url,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether this account may read.
    pub can_read: bool,
    /// Whether this account may add.
    pub can_write: bool,
    /// Longest body that the root takes, in bytes.
    pub max_content_length: u64,
}

impl Found {
    pub(super) fn objects(&self) -> Result<Url, ClientError> {
        join(&self.collection, "objects/")
    }
}

/// Finds a collection by id or alias, below a discovery, an API root or the bare address of a server.
///
/// # Errors
/// [`ClientError::NoCollection`] if no root lists it; what the requests end with.
pub async fn resolve(http: &Http, collection: &str) -> Result<Found, ClientError> {
    let base = http.base();
    let first = match http.resource(base).await {
        Err(ClientError::Refused { status: 404, .. } | ClientError::Answer { .. }) if base.path() == "/" => None,
        other => Some(other?),
    };
    let (at, resource) = match first {
        Some(resource) => (base.clone(), resource),
        None => {
            let discovery = join(base, "/taxii2/")?;
            let resource = http.resource(&discovery).await?;
            (discovery, resource)
        }
    };
    if resource.get("versions").is_some() {
        let found = in_root(http, &at, &resource, collection).await?;
        return found.ok_or_else(|| none(&at, collection));
    }
    let listed: Vec<&str> =
        resource.get("api_roots").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    // The default first: it is where most collections are.
    let default = resource.get("default").and_then(Value::as_str);
    let mut refusal = None;
    for name in default.into_iter().chain(listed.into_iter().filter(|name| Some(*name) != default)).take(ROOTS_MAX) {
        let Ok(mut root) = join(&at, name) else { continue };
        if root.origin() != base.origin() {
            tracing::warn!(%root, "an API root at another server is left out: it gets no credentials");
            continue;
        }
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        let resource = match http.resource(&root).await {
            Ok(resource) => resource,
            // A root that is closed to this account, or that is listed and not there, hides no other.
            Err(error @ ClientError::Refused { status: 401 | 403 | 404, .. }) => {
                refusal.get_or_insert(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(found) = in_root(http, &root, &resource, collection).await? {
            return Ok(found);
        }
    }
    match refusal {
        Some(error @ ClientError::Refused { status: 401, .. }) => Err(error),
        _ => Err(none(&at, collection)),
    }
}

fn none(at: &Url, collection: &str) -> ClientError {
    ClientError::NoCollection { url: at.to_string(), collection: collection.to_owned() }
}

async fn in_root(http: &Http, root: &Url, resource: &Value, collection: &str) -> Result<Option<Found>, ClientError> {
    let list = http.resource(&join(root, "collections/")?).await?;
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    for item in list.get("collections").and_then(Value::as_array).into_iter().flatten() {
        let id = text(item, "id");
        if id.is_empty() || !(id.eq_ignore_ascii_case(collection) || text(item, "alias") == collection) {
            continue;
        }
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) || id.starts_with('.') {
            let detail = format!("the id {:?} of a collection is not a UUID", super::http::shown(&id));
            return Err(ClientError::Answer { url: root.to_string(), detail });
        }
        let right = |key: &str| item.get(key).and_then(Value::as_bool).unwrap_or(false);
        return Ok(Some(Found {
            root: root.clone(),
            collection: join(root, &format!("collections/{id}/"))?,
            title: text(item, "title"),
            can_read: right("can_read"),
            can_write: right("can_write"),
            max_content_length: resource.get("max_content_length").and_then(Value::as_u64).unwrap_or(u64::MAX),
            id,
        }));
    }
    Ok(None)
}

pub(super) fn join(base: &Url, path: &str) -> Result<Url, ClientError> {
    let wrong =
        |error| ClientError::Answer { url: base.to_string(), detail: format!("{path:?} is no address: {error}") };
    base.join(path).map_err(wrong)
}
