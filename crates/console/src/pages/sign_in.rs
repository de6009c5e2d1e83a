//! Signing in and out, language and theme.

use super::{OrPage as _, PageResult, page};
use crate::forms::Signed;
use crate::guard::{encode, own_path};
use crate::language::Language;
use crate::store::Act;
use crate::ui::Ui;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

use crate::app::App;

/// A year.
const LONG_SECONDS: u64 = 31_536_000;

#[derive(Deserialize)]
pub(crate) struct To {
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    to: String,
}

pub(crate) async fn show(Extension(ui): Extension<Ui>, Query(query): Query<To>) -> Response {
    if ui.session.is_some() {
        return Redirect::to(own_path(&query.to)).into_response();
    }
    page(&ui, &ui.t("sign-in"), "", form(&ui, &query.to, None))
}

fn form(ui: &Ui, to: &str, problem: Option<String>) -> Markup {
    let empty = ui.app.store.users().is_ok_and(|users| users.is_empty());
    html! {
        div.narrow {
            h1 { (ui.t("sign-in")) }
            p { (ui.ta("sign-in-to", &[("party", ui.app.desk.party().to_string().into())])) }
            @if let Some(problem) = problem { div.notice.bad role="alert" { p { (problem) } } }
            @if empty {
                div.notice { p { (ui.t("sign-in-no-users")) } p { code dir="ltr" { "monition desk user add NAME --role duty-officer" } } }
            }
            form.stack method="post" action="/sign-in" {
                input type="hidden" name="to" value=(own_path(to));
                div.field { label for="name" { (ui.t("sign-in-name")) } input #name name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus dir="auto"; }
                div.field { label for="password" { (ui.t("sign-in-password")) } input #password name="password" type="password" autocomplete="current-password" required dir="auto"; }
                div.actions { button.primary { (ui.t("sign-in")) } }
            }
        }
    }
}

pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(ui): Extension<Ui>,
    Form(given): Form<Credentials>,
) -> PageResult {
    let refuse = |status: StatusCode, problem: String| {
        let body = super::frame(&ui, &ui.t("sign-in"), "", form(&ui, &given.to, Some(problem)));
        (status, Html(body.into_string())).into_response()
    };
    if !app.may_try(&given.name) {
        return Ok(refuse(StatusCode::TOO_MANY_REQUESTS, ui.t("sign-in-too-often")));
    }
    let (here, name, password) = (Arc::clone(&app), given.name.clone(), given.password.clone());
    let user = tokio::task::spawn_blocking(move || here.store.authenticate(&name, &password)).await;
    let user = match user {
        Ok(user) => user.or_page(&ui)?,
        Err(_) => None,
    };
    let Some(user) = user else {
        let name: String = given.name.chars().filter(|c| !c.is_control()).take(64).collect();
        app.store.log(ui.now, &name, Act::SignInFailed, "", "").or_page(&ui)?;
        return Ok(refuse(StatusCode::UNAUTHORIZED, ui.t("sign-in-wrong")));
    };
    app.signed_in(&given.name);
    app.store.log(ui.now, &user.name, Act::SignedIn, "", "").or_page(&ui)?;
    let token = app.store.begin_session(&user.name, ui.now).or_page(&ui)?;
    let cookie = cookie(&app, &app.cookie, &token, app.config.session_hours * 3_600, "HttpOnly; ");
    Ok(with_cookie(Redirect::to(own_path(&given.to)).into_response(), &cookie))
}

pub(crate) async fn sign_out(Signed { ui, .. }: Signed) -> PageResult {
    ui.app.store.end_session(&ui.token).or_page(&ui)?;
    ui.app.store.log(ui.now, ui.user_name(), Act::SignedOut, "", "").or_page(&ui)?;
    let cookie = cookie(&ui.app, &ui.app.cookie, "", 0, "HttpOnly; ");
    Ok(with_cookie(Redirect::to("/sign-in").into_response(), &cookie))
}

fn cookie(app: &App, name: &str, value: &str, seconds: u64, more: &str) -> String {
    let secure = if app.config.secure_cookies { "Secure; " } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; {more}{secure}SameSite=Strict")
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

#[derive(Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    tag: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    to: String,
}

pub(crate) async fn language(Extension(ui): Extension<Ui>, Form(choice): Form<Choice>) -> PageResult {
    let back = Redirect::to(own_path(&choice.to)).into_response();
    let Some(language) = Language::parse(&choice.tag) else { return Ok(back) };
    if let Some(user) = ui.user() {
        ui.app.store.set_language(&user.name, language.tag()).or_page(&ui)?;
    }
    let cookie = cookie(&ui.app, "monition_language", &encode(language.tag()), LONG_SECONDS, "HttpOnly; ");
    Ok(with_cookie(back, &cookie))
}

pub(crate) async fn theme(Extension(ui): Extension<Ui>, Form(choice): Form<Choice>) -> Response {
    let theme = if matches!(choice.theme.as_str(), "light" | "dark") { choice.theme.as_str() } else { "auto" };
    let cookie = cookie(&ui.app, "monition_theme", theme, LONG_SECONDS, "HttpOnly; ");
    with_cookie(Redirect::to(own_path(&choice.to)).into_response(), &cookie)
}
