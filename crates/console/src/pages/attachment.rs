//! Attachments: read as text here, never run; the file itself leaves as a download.
//!
//! | kind | on the page | limit |
//! |---|---|---|
//! | text | as text | [`TEXT_BYTES_MAX`] |
//! | STIX 2.1 JSON | one entry for each object: type, name, description, pattern, and where relationships lead | [`OBJECTS_MAX`] |
//! | CAP 1.2 XML | its alert's elements, read without entities or external parts | [`TEXT_BYTES_MAX`] |
//! | everything else | not shown | – |

use super::{OrPage as _, PageError, PageResult, submission};
use crate::inbox::open;
use crate::store::Act;
use crate::ui::Ui;
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value as Json;
use std::collections::HashMap;

/// Most of a text that stands on the page.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Most STIX objects on the page.
const OBJECTS_MAX: usize = 100;

/// A file that a stranger sent: nothing in it may run, wherever it is opened.
pub(crate) fn as_download(name: &str, content: Vec<u8>) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    response
}

pub(crate) async fn download(Extension(ui): Extension<Ui>, Path((id, slot)): Path<(String, u8)>) -> PageResult {
    let digest = submission(&ui, &id)?;
    let directory = ui.app.desk.directory().await;
    let opened = open(&ui.app.desk, &directory, &digest).or_page(&ui)?;
    let found = opened.and_then(|opened| opened.attachments.into_iter().find(|a| a.slot == slot));
    let Some((info, content)) = found.and_then(|a| a.content.map(|content| (a.info, content))) else {
        return Err(PageError::NotFound.show(&ui));
    };
    ui.app.store.log(ui.now, ui.user_name(), Act::Downloaded, &id, &slot.to_string()).or_page(&ui)?;
    let short: String = id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    Ok(as_download(&format!("warning-{short}-{slot}.{}", extension(info.media_type.as_str())), content))
}

/// An ending that a program of the reader's machine will not run by itself.
fn extension(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "text/plain" => "txt",
        "application/json" | "application/stix+json" => "json",
        "application/pdf" => "pdf",
        "application/cap+xml" | "application/xml" | "text/xml" => "xml",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "text/csv" => "csv",
        _ => "bin",
    }
}

/// What of an attachment can be read on the page.
pub(crate) fn view(ui: &Ui, media_type: &str, content: &[u8]) -> Markup {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    let text = std::str::from_utf8(content).ok();
    match (kind, text) {
        ("application/stix+json" | "application/json", Some(text)) => match stix(ui, text) {
            Some(view) => view,
            None => plain(ui, text),
        },
        ("application/cap+xml" | "application/xml" | "text/xml", Some(text)) => match cap(ui, text) {
            Some(view) => view,
            None => plain(ui, text),
        },
        (kind, Some(text)) if kind.starts_with("text/") => plain(ui, text),
        _ => html! { p.quiet { (ui.t("attachment-not-shown")) } },
    }
}

fn plain(ui: &Ui, text: &str) -> Markup {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    html! {
        details open[text.len() < 2_000] {
            summary { (ui.t("attachment-text")) }
            pre.words dir="auto" { (&text[..end]) }
            @if end < text.len() { p.quiet { (ui.t("attachment-cut")) } }
        }
    }
}

/// A STIX bundle as readable objects; `None` if it is not one.
fn stix(ui: &Ui, text: &str) -> Option<Markup> {
    let bundle: Json = serde_json::from_str(text).ok()?;
    let objects = match bundle["type"].as_str()? {
        "bundle" => bundle["objects"].as_array()?.clone(),
        _ => vec![bundle],
    };
    let word = |object: &Json, name: &str| object[name].as_str().map(str::to_owned);
    let name = |object: &Json| word(object, "name").or_else(|| word(object, "value")).or_else(|| word(object, "id"));
    let names: HashMap<String, String> = objects.iter().filter_map(|o| Some((word(o, "id")?, name(o)?))).collect();
    let resolved = |id: Option<String>| id.map(|id| names.get(&id).cloned().unwrap_or(id)).unwrap_or_default();
    Some(html! {
        p { (ui.ta("stix-objects", &[("count", objects.len().into())])) }
        ul.objects {
            @for object in objects.iter().take(OBJECTS_MAX) {
                @let kind = word(object, "type").unwrap_or_default();
                li {
                    span.badge { bdi { (kind) } } " "
                    @if kind == "relationship" {
                        bdi { (resolved(word(object, "source_ref"))) } " → " em { bdi { (word(object, "relationship_type").unwrap_or_default()) } } " → " bdi { (resolved(word(object, "target_ref"))) }
                    } @else { strong dir="auto" { (name(object).unwrap_or_default()) } }
                    @if let Some(text) = word(object, "description") { p dir="auto" { (text) } }
                    @if let Some(pattern) = word(object, "pattern") { pre.words dir="ltr" { (pattern) } }
                }
            }
        }
        @if objects.len() > OBJECTS_MAX { p.quiet { (ui.t("attachment-cut")) } }
    })
}

/// Elements of a CAP alert that people read, in their order.
const CAP_ELEMENTS: [&str; 14] = [
    "identifier",
    "sender",
    "sent",
    "status",
    "msgType",
    "category",
    "event",
    "urgency",
    "severity",
    "certainty",
    "headline",
    "description",
    "instruction",
    "areaDesc",
];

/// A CAP alert as its elements; `None` if it is not one. No entity is resolved but the five of XML itself.
fn cap(ui: &Ui, text: &str) -> Option<Markup> {
    if !text.contains("urn:oasis:names:tc:emergency:cap:1.") || text.contains("<!") {
        return None;
    }
    let text = text.get(..text.len().min(TEXT_BYTES_MAX))?;
    let found: Vec<(&str, String)> = CAP_ELEMENTS
        .iter()
        .flat_map(|name| elements(text, name).into_iter().map(move |value| (*name, value)))
        .collect();
    Some(html! {
        p { (ui.t("cap-alert")) }
        dl.rungs { @for (name, value) in found { div { dt { bdi { (name) } } dd dir="auto" { (value) } } } }
    })
}

/// The texts of all elements of a local name that hold text alone.
fn elements(text: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split('<').skip(1) {
        let Some((tag, content)) = part.split_once('>') else { continue };
        let local = tag.split_whitespace().next().unwrap_or_default().rsplit(':').next().unwrap_or_default();
        if local == name && !tag.starts_with('/') && !tag.ends_with('/') {
            found.push(unescape(content.trim()));
        }
    }
    found
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_alert_gives_its_elements_and_resolves_nothing() {
        let text = "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><cap:event a='b'> Flood &amp; storm </cap:event><x/></alert>";
        assert_eq!(elements(text, "event"), ["Flood & storm"]);
        assert_eq!(unescape("&amp;lt;"), "&lt;");
    }

    #[test]
    fn a_download_never_ends_in_something_that_runs() {
        for kind in ["text/html", "application/x-msdownload", "image/svg+xml", "x\"\r\nSet-Cookie: a"] {
            assert_eq!(extension(kind), "bin");
        }
        let response = as_download("a.bin", b"<script>".to_vec());
        assert_eq!(response.headers()[CONTENT_TYPE], "application/octet-stream");
        assert!(response.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
        assert!(response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
    }
}
