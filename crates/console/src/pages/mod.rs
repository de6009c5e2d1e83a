//! The pages: the frame around each, what goes wrong in them, small pieces that several share.

// A handler's error is the page that says so: it is made once, and moved once.
#![allow(clippy::result_large_err, reason = "the error is the response itself")]

pub(crate) mod answer;
pub(crate) mod assets;
pub(crate) mod attachment;
pub(crate) mod compose;
pub(crate) mod desk;
pub(crate) mod dossier;
pub(crate) mod events;
pub(crate) mod inbox;
pub(crate) mod journal;
pub(crate) mod parts;
pub(crate) mod preview;
pub(crate) mod releases;
pub(crate) mod sent;
pub(crate) mod shift;
pub(crate) mod sign_in;
pub(crate) mod timeline;
pub(crate) mod verdict;
pub(crate) mod warning;

use crate::error::ConsoleError;
use crate::language::Language;
use crate::store::Role;
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use monition_desk::DeskError;
use monition_evidence::Digest;

/// Why a page is not what was asked for.
#[derive(Debug)]
pub(crate) enum PageError {
    /// There is no such thing.
    NotFound,
    /// The user's roles do not allow it.
    Forbidden,
    /// The form is not the session's, or it is damaged.
    StaleForm,
    /// A file or a form is too large.
    TooLarge,
    /// Something that was typed cannot be taken: key of a message, and the text that says why.
    Input(&'static str, String),
    /// The desk refused.
    Desk(DeskError),
    /// The console failed.
    Console(ConsoleError),
}

impl From<DeskError> for PageError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotHeld { .. } => Self::NotFound,
            error => Self::Desk(error),
        }
    }
}

impl From<ConsoleError> for PageError {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Desk(error) => Self::from(error),
            error => Self::Console(error),
        }
    }
}

impl PageError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Input(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Desk(error) if error.exit_code() == 75 => StatusCode::SERVICE_UNAVAILABLE,
            Self::Desk(error) if error.exit_code() == 70 => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Desk(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Console(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Without a reader to speak to: only where the guard was not passed.
    pub(crate) fn bare(self) -> Response {
        self.status().into_response()
    }

    /// As a page.
    pub(crate) fn show(self, ui: &Ui) -> Response {
        if let Self::Console(error) = &self {
            tracing::error!(%error, "a page failed");
        }
        let (title, code, detail) = match &self {
            Self::NotFound => (ui.t("error-not-found"), None, None),
            Self::Forbidden => (ui.t("error-forbidden"), None, None),
            Self::StaleForm => (ui.t("error-stale-form"), None, None),
            Self::TooLarge => (ui.t("error-too-large"), None, None),
            Self::Input(key, detail) => (ui.t(key), None, Some(detail.clone()).filter(|d| !d.is_empty())),
            Self::Desk(error) => {
                let known = words::problem(error.code()).map(|key| ui.t(&key));
                let detail = format!("{error}. {}", error.hint());
                (known.unwrap_or_else(|| ui.t("error-desk")), Some(error.code().to_owned()), Some(detail))
            }
            Self::Console(error) => (ui.t("error-console"), Some(error.code().to_owned()), Some(error.to_string())),
        };
        let body = html! {
            div.notice.bad role="alert" {
                h1 { (title) }
                @if let Some(detail) = detail {
                    p lang="en" dir="ltr" { (detail) @if let Some(code) = code { " " code { (code) } } }
                }
                p { (ui.t("error-nothing-sent")) }
                p { a href="/" { (ui.t("nav-inbox")) } }
            }
        };
        let status = self.status();
        (status, Html(frame(ui, &ui.t("error-title"), "", body).into_string())).into_response()
    }
}

/// What a page's handler gives.
pub(crate) type PageResult = Result<Response, Response>;

/// Turns errors into pages for their reader.
pub(crate) trait OrPage<T> {
    fn or_page(self, ui: &Ui) -> Result<T, Response>;
}

impl<T, E: Into<PageError>> OrPage<T> for Result<T, E> {
    fn or_page(self, ui: &Ui) -> Result<T, Response> {
        self.map_err(|error| error.into().show(ui))
    }
}

/// Refuses whoever has none of the roles.
pub(crate) fn require(ui: &Ui, roles: &[Role]) -> Result<(), Response> {
    if roles.iter().any(|role| ui.is(*role)) { Ok(()) } else { Err(PageError::Forbidden.show(ui)) }
}

/// The submission that a path names.
pub(crate) fn submission(ui: &Ui, id: &str) -> Result<Digest, Response> {
    Digest::parse(id).map_err(|_| PageError::NotFound.show(ui))
}

pub(crate) async fn not_found(Extension(ui): Extension<Ui>) -> Response {
    PageError::NotFound.show(&ui)
}

const NAV: [(&str, &str); 7] = [
    ("/", "nav-inbox"),
    ("/sent", "nav-sent"),
    ("/releases", "nav-releases"),
    ("/dossier", "nav-dossier"),
    ("/shift", "nav-shift"),
    ("/desk", "nav-desk"),
    ("/journal", "nav-journal"),
];

/// A page for a signed-in user. `place` is the entry of the navigation that it belongs to.
pub(crate) fn page(ui: &Ui, title: &str, place: &str, body: Markup) -> Response {
    Html(frame(ui, title, place, body).into_string()).into_response()
}

fn frame(ui: &Ui, title: &str, place: &str, body: Markup) -> Markup {
    let language = ui.language;
    html! {
        (DOCTYPE)
        html lang=(language.tag()) dir=(language.direction()) data-theme=(ui.theme) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Monition" }
                link rel="stylesheet" href="/assets/console.css";
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                script src="/assets/console.js" defer {}
            }
            body data-new=(ui.t("live-new")) data-new-title=(ui.t("live-notification")) {
                a.skip href="#content" { (ui.t("skip-to-content")) }
                header.top {
                    div.brand {
                        a href="/" { (mark()) span { "Monition" } }
                        bdi.party { (ui.app.desk.party()) }
                    }
                    @if ui.session.is_some() { (navigation(ui, place)) }
                    (settings(ui))
                }
                main #content tabindex="-1" { (body) }
                footer.foot {
                    p { (ui.t("footer-clock")) " " bdi { (language.digits(&ui.zone.label())) } }
                }
                div #live aria-live="polite" {}
            }
        }
    }
}

fn navigation(ui: &Ui, place: &str) -> Markup {
    let counts = ui.app.inbox().counts();
    html! {
        nav.main aria-label=(ui.t("nav-label")) {
            @if ui.is(Role::DutyOfficer) || ui.is(Role::Releaser) {
                a.write href="/compose" aria-current=[(place == "/compose").then_some("page")] { (ui.t("nav-compose")) }
            }
            @for (href, key) in NAV {
                a href=(href) aria-current=[(place == href).then_some("page")] {
                    (ui.t(key))
                    @if href == "/" && counts.open > 0 {
                        " " span.count title=(ui.ta("count-open", &[("count", counts.open.into())])) { (ui.number(counts.open as u64)) }
                    }
                }
            }
        }
    }
}

fn settings(ui: &Ui) -> Markup {
    let next_theme = match ui.theme {
        "light" => ("dark", ui.t("theme-dark")),
        "dark" => ("auto", ui.t("theme-auto")),
        _ => ("light", ui.t("theme-light")),
    };
    html! {
        div.settings {
            form method="post" action="/language" aria-label=(ui.t("language-label")) {
                input type="hidden" name="to" value=(ui.here);
                @for language in Language::ALL {
                    button name="tag" value=(language.tag()) lang=(language.tag())
                        aria-pressed=(if language == ui.language { "true" } else { "false" }) { (language.own_name()) }
                }
            }
            form method="post" action="/theme" {
                input type="hidden" name="to" value=(ui.here);
                button name="theme" value=(next_theme.0) { (next_theme.1) }
            }
            @if let Some(user) = ui.user() {
                form method="post" action="/sign-out" {
                    (ui.csrf())
                    bdi.user { (user.display) }
                    button { (ui.t("sign-out")) }
                }
            }
        }
    }
}

fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            path d="M4 6h24v16H16l-7 6v-6H4z" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round" {}
            path d="M16 9.5v6" stroke="currentColor" stroke-width="3" stroke-linecap="round" {}
            circle cx="16" cy="19" r="1.6" fill="currentColor" {}
        }
    }
}
