//! The style sheet, the script and the icon: within the binary, from this origin alone.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

fn asset(kind: &'static str, text: &'static str) -> Response {
    // Private and short: a new binary brings new ones.
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=60")], text).into_response()
}

pub(crate) async fn css() -> Response {
    asset("text/css; charset=utf-8", include_str!("../../assets/console.css"))
}

pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../../assets/console.js"))
}

pub(crate) async fn icon() -> Response {
    asset("image/svg+xml", include_str!("../../assets/icon.svg"))
}
