//! What waits for a second person: seen whole, then released or refused. Nobody releases what he asked for himself.

use super::answer::RelayWanted;
use super::sent::WithdrawWanted;
use super::{OrPage as _, PageError, PageResult, compose, dossier, page, parts, preview, require, sent};
use crate::drafting::fingerprint;
use crate::forms::Signed;
use crate::store::{Act, Release, Role};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use monition_evidence::warning::Field;
use monition_evidence::{Digest, Text};
use serde::Deserialize;

#[derive(Deserialize)]
struct WarnWanted {
    draft: u64,
    fingerprint: String,
}

fn kind(release: &Release) -> &'static str {
    match release.kind.as_str() {
        "warn" => "release-warn",
        "relay" => "release-relay",
        "withdraw" => "release-withdraw",
        _ => "release-dossier",
    }
}

fn outcome(ui: &Ui, release: &Release) -> Markup {
    html! {
        @match release.outcome.as_deref() {
            Some("released") => span.grade.good { (ui.t("release-released")) },
            Some(_) => span.grade.bad { (ui.t("release-refused")) },
            None => span.grade.plain { (ui.t("release-waiting")) },
        }
    }
}

pub(crate) async fn list(Extension(ui): Extension<Ui>) -> PageResult {
    let releases = ui.app.store.releases().or_page(&ui)?;
    let body = html! {
        h1 { (ui.t("nav-releases")) }
        p.hint { (ui.t(if ui.app.config.four_eyes { "releases-four-eyes" } else { "releases-two-eyes" })) }
        @if releases.is_empty() { div.empty { p { (ui.t("releases-empty")) } } }
        @else {
            ol.rows data-keys {
                @for release in &releases {
                    li.row {
                        div.line { (outcome(&ui, release)) }
                        a.subject href={ "/releases/" (release.id) } { (ui.t(kind(release))) }
                        div.line.small { (ui.ta("release-asked", &[("user", ui.display(&release.asked_by).into()), ("time", ui.when_text(release.asked_at).into())])) }
                    }
                }
            }
        }
    };
    Ok(page(&ui, &ui.t("nav-releases"), "/releases", body))
}

pub(crate) async fn show(Extension(ui): Extension<Ui>, Path(id): Path<u64>) -> PageResult {
    let release = ui.app.store.release(id).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
    let own = release.asked_by == ui.user_name();
    let body = html! {
        p.crumb { a href="/releases" data-key="u" { (ui.t("nav-releases")) } }
        h1 { (ui.t(kind(&release))) }
        p.line { (outcome(&ui, &release)) " " (ui.ta("release-asked", &[("user", ui.display(&release.asked_by).into()), ("time", ui.when_text(release.asked_at).into())])) }
        @if let (Some(by), Some(at)) = (&release.decided_by, release.decided_at) { p { (ui.ta("release-decided", &[("user", ui.display(by).into()), ("time", ui.when_text(at).into())])) } }
        (content(&ui, &release)?)
        @if release.decided_by.is_none() {
            @if own { div.notice { p { (ui.t("release-not-own")) } } }
            @else if ui.is(Role::Releaser) {
                form.stack method="post" action={ "/releases/" (id) } {
                    (ui.csrf())
                    @if release.kind != "dossier" { (ui.passphrase_field("release-passphrase")) }
                    div.actions { button.primary name="decision" value="released" { (ui.t("release-release")) } button.danger name="decision" value="refused" formnovalidate { (ui.t("release-refuse")) } }
                }
            }
        }
        @if release.kind == "dossier" && release.outcome.as_deref() == Some("released") && own {
            form method="post" action="/dossier/export" { (ui.csrf()) input type="hidden" name="release" value=(id); button.primary { (ui.t("dossier-export")) } }
        }
    };
    Ok(page(&ui, &ui.t(kind(&release)), "/releases", body))
}

fn content(ui: &Ui, release: &Release) -> Result<Markup, Response> {
    Ok(match release.kind.as_str() {
        "warn" => {
            let Ok(wanted) = serde_json::from_str::<WarnWanted>(&release.content) else { return Ok(html! {}) };
            if release.decided_by.is_some() || ui.app.store.draft(wanted.draft).or_page(ui)?.is_none() {
                return Ok(html! { p.quiet { (ui.t("release-gone")) } });
            }
            if fingerprint(&ui.app.store, wanted.draft).or_page(ui)? != Some(wanted.fingerprint) {
                return Ok(html! { div.notice.bad role="alert" { p { (ui.t("release-changed")) } } });
            }
            let (_, content, files) = compose::load(ui, wanted.draft)?;
            match content.draft(&files, ui.now) {
                Ok((draft, recipients)) => preview::sides(ui, &draft, &recipients),
                Err((key, _)) => html! { div.notice.bad role="alert" { p { (ui.t(key)) } } },
            }
        }
        "relay" => {
            let Ok(wanted) = serde_json::from_str::<RelayWanted>(&release.content) else { return Ok(html! {}) };
            html! {
                dl.facts {
                    div { dt { (ui.t("relay-to")) } dd { bdi.party-name { (wanted.to) } } }
                    div { dt { (ui.t("relay-fields")) } dd { @for name in &wanted.fields { @if let Some(field) = Field::parse(name) { (ui.t(&words::field(field))) " · " } } } }
                    div { dt { (ui.t("id-label")) } dd { a href={ "/warnings/" (wanted.submission) } { (parts::id(&wanted.submission)) } } }
                }
            }
        }
        "withdraw" => {
            let Ok(wanted) = serde_json::from_str::<WithdrawWanted>(&release.content) else { return Ok(html! {}) };
            html! {
                dl.facts {
                    div { dt { (ui.t("withdraw-reason")) } dd dir="auto" { (wanted.reason) } }
                    div { dt { (ui.t("id-label")) } dd { a href={ "/sent/" (wanted.submission) } { (parts::id(&wanted.submission)) } } }
                }
            }
        }
        _ => dossier::wanted_markup(ui, &release.content),
    })
}

pub(crate) async fn decide(Path(id): Path<u64>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::Releaser])?;
    let release = ui.app.store.release(id).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
    if release.asked_by == ui.user_name() {
        return Err(PageError::Input("release-not-own", String::new()).show(&ui));
    }
    let released = match fields.get("decision") {
        "released" => true,
        "refused" => false,
        _ => return Err(PageError::StaleForm.show(&ui)),
    };
    let back = Redirect::to(&format!("/releases/{id}")).into_response();
    let _one = ui.app.acting.lock().await;
    let word = if released { "released" } else { "refused" };
    if !ui.app.store.decide_release(id, ui.user_name(), word, ui.now).or_page(&ui)? {
        return Ok(back);
    }
    let act = if released { Act::Released } else { Act::RefusedRelease };
    ui.app.store.log(ui.now, ui.user_name(), act, &format!("release {id}"), &release.kind).or_page(&ui)?;
    ui.app.changed();
    if !released || release.kind == "dossier" {
        return Ok(back);
    }
    match perform(&ui, &release, fields.get("passphrase")).await {
        Ok(response) => Ok(response),
        Err(response) => {
            // What failed can be tried again.
            ui.app.store.reopen_release(id).or_page(&ui)?;
            Err(response)
        }
    }
}

async fn perform(ui: &Ui, release: &Release, passphrase: &str) -> Result<Response, Response> {
    let stale = || PageError::StaleForm.show(ui);
    let desk = ui.app.acting_desk(passphrase).await.or_page(ui)?;
    match release.kind.as_str() {
        "warn" => {
            let wanted: WarnWanted = serde_json::from_str(&release.content).map_err(|_| stale())?;
            if fingerprint(&ui.app.store, wanted.draft).or_page(ui)? != Some(wanted.fingerprint) {
                return Err(PageError::Input("release-changed", String::new()).show(ui));
            }
            let outcomes = preview::send_draft(ui, &desk, wanted.draft).await?;
            if outcomes.iter().all(|outcome| matches!(outcome, preview::Outcome::Failed(..))) {
                return Err(preview::show_outcomes(ui, &outcomes));
            }
            Ok(preview::show_outcomes(ui, &outcomes))
        }
        "relay" => {
            let wanted: RelayWanted = serde_json::from_str(&release.content).map_err(|_| stale())?;
            let request = wanted.request().ok_or_else(stale)?;
            let relayed = desk.relay(&request).await.or_page(ui)?;
            let detail = format!("{} {}", wanted.to, wanted.fields.join(" "));
            ui.app.store.log(ui.now, ui.user_name(), Act::Relayed, &wanted.submission, &detail).or_page(ui)?;
            Ok(Redirect::to(&format!("/sent/{}", relayed.sent.submission)).into_response())
        }
        "withdraw" => {
            let wanted: WithdrawWanted = serde_json::from_str(&release.content).map_err(|_| stale())?;
            let digest = Digest::parse(&wanted.submission).map_err(|_| stale())?;
            let reason = Text::parse(&wanted.reason).map_err(|_| stale())?;
            sent::take_back(ui, &desk, &digest, reason).await
        }
        _ => Err(stale()),
    }
}
