//! Before and after every page: host, session, headers.
//!
//! - Only names of this machine (or configured ones) are answered: a stranger's name that was made to point to loopback
//!   (DNS rebinding) gets nothing.
//! - Every page but the sign-in needs a session; the cookie is HttpOnly and SameSite=Strict.
//! - Every POST carries the session's token in its form, and must come from this origin (`Sec-Fetch-Site`, `Origin`).
//! - The policy allows own scripts, styles and images alone; nothing inline, no frames, no foreign origin.

use crate::app::App;
use crate::language::{Language, Zone};
use crate::ui::Ui;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// What a page may load and where its forms may go.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Paths that need no session.
const OPEN: [&str; 3] = ["/sign-in", "/language", "/theme"];

pub(crate) async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    if !host_is_ours(&app, request.headers()) {
        return harden((StatusCode::MISDIRECTED_REQUEST, "this console answers to its own name alone").into_response());
    }
    if request.method() == Method::POST && !same_origin(request.headers()) {
        return harden((StatusCode::FORBIDDEN, "this form did not come from the console").into_response());
    }
    let path = request.uri().path().to_owned();
    if path.starts_with("/assets/") {
        return harden(next.run(request).await);
    }
    let zone = app.zone().await;
    let ui = ui(&app, &request, zone);
    if ui.session.is_none() && !OPEN.contains(&path.as_str()) {
        let response = if request.method() == Method::GET && path != "/events" {
            Redirect::to(&format!("/sign-in?to={}", encode(&ui.here))).into_response()
        } else {
            Redirect::to("/sign-in").into_response()
        };
        return harden(response);
    }
    request.extensions_mut().insert(ui);
    harden(next.run(request).await)
}

fn ui(app: &Arc<App>, request: &Request, zone: Zone) -> Ui {
    let headers = request.headers();
    let token = cookie(headers, &app.cookie).unwrap_or_default();
    let now = app.now();
    let (longest, idle) = (app.config.session_hours * 3_600, app.config.idle_minutes * 60);
    let session = if token.is_empty() { None } else { app.store.session(&token, now, longest, idle).ok().flatten() };
    let chosen = cookie(headers, "monition_language").and_then(|tag| Language::parse(&tag));
    let of_user = || session.as_ref().and_then(|s| s.user.language.as_deref()).and_then(Language::parse);
    let accepted = || headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(Language::accepted);
    let language = chosen.or_else(of_user).or_else(accepted).unwrap_or(Language::English);
    let theme = match cookie(headers, "monition_theme").as_deref() {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    };
    let here = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    Ui { app: Arc::clone(app), language, zone, now, session: session.map(Arc::new), token, here, theme }
}

/// A cookie's value.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && value.len() <= 256).then(|| value.to_owned())
    })
}

fn host_is_ours(app: &App, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|value| value.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "localhost" | "127.0.0.1" | "::1") || app.config.hosts.iter().any(|ours| ours == name)
}

/// A browser says where a form comes from; what says nothing is no browser and carries no cookie by itself.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site"))
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match (text(&ORIGIN), text(&HOST)) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
        _ => true,
    }
}

fn harden(mut response: Response<Body>) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    // With "no-referrer" browsers send `Origin: null` with own forms.
    set(REFERRER_POLICY, "same-origin");
    set(CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    response
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where to go after a form: a path of this console, else its first page.
pub(crate) fn own_path(to: &str) -> &str {
    let plain = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t']);
    if plain { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_console() {
        for (to, goes) in [
            ("/warnings/x?y=1", "/warnings/x?y=1"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\n/evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_path(to), goes, "{to:?}");
        }
    }

    #[test]
    fn a_form_from_elsewhere_is_told_apart() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
        };
        let host = ("host", "127.0.0.1:9");
        assert!(same_origin(&headers(&[host])));
        assert!(same_origin(&headers(&[host, ("origin", "http://127.0.0.1:9"), ("sec-fetch-site", "same-origin")])));
        assert!(!same_origin(&headers(&[host, ("origin", "http://127.0.0.1:10")])));
        assert!(!same_origin(&headers(&[host, ("origin", "null")])));
        assert!(!same_origin(&headers(&[host, ("sec-fetch-site", "cross-site")])));
        assert!(!same_origin(&headers(&[host, ("sec-fetch-site", "same-site")])));
    }
}
