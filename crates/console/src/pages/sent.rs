//! What this house sent, how each stands, and what can be done with it.

use super::{OrPage as _, PageError, PageResult, page, parts, require, submission, timeline, verdict};
use crate::evidence;
use crate::forms::Signed;
use crate::store::{Act, Role};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use monition_desk::record::SentRow;
use monition_desk::{Desk, GatherOptions, Standing};
use monition_evidence::judge::Step;
use monition_evidence::values::WarningStatus;
use monition_evidence::warning::{Field, Specificity, Value, Warning};
use monition_evidence::{Body, Digest, PartyName, Text};
use serde::Deserialize;

/// Rows on one page.
const PAGE_ROWS: usize = 30;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    page: usize,
}

fn core(desk: &Desk, row: &SentRow) -> Option<Warning> {
    match desk.record().statement(&row.core).ok()??.statement.body() {
        Body::Warning(warning) => Some(warning.clone()),
        _ => None,
    }
}

fn value(row: &SentRow, field: Field) -> Option<&Value> {
    row.disclosures.iter().find(|d| d.field == field).map(|d| &d.value).filter(|v| **v != Value::Null)
}

/// The highest step that the record shows, in a word: before any judge, for the list.
fn stands(ui: &Ui, standing: &Standing) -> Markup {
    let (key, class) = if standing.rejection.is_some() {
        ("stands-rejected".to_owned(), "bad")
    } else if let Some(reply) = standing.replies.last() {
        (words::reply(*reply), "good")
    } else if standing.decrypted {
        (words::step(Step::Decrypted), "good")
    } else if standing.available() {
        (words::step(Step::Available), "good")
    } else if standing.accepted {
        (words::step(Step::Submitted), "plain")
    } else {
        ("stands-waiting".to_owned(), "plain")
    };
    html! { span class={ "grade " (class) } { (ui.t(&key)) } }
}

pub(crate) async fn list(Extension(ui): Extension<Ui>, Query(wanted): Query<Wanted>) -> PageResult {
    let desk = &ui.app.desk;
    let mut all = desk.record().all_sent().or_page(&ui)?;
    all.retain(|row| row.iss == *desk.party());
    all.reverse();
    let count = all.len();
    let rows: Vec<SentRow> = all.into_iter().skip(wanted.page.saturating_mul(PAGE_ROWS)).take(PAGE_ROWS).collect();
    let mut standings = Vec::new();
    for row in &rows {
        standings.push(desk.standing(&row.submission).await.or_page(&ui)?);
    }
    let body = html! {
        h1 { (ui.t("nav-sent")) }
        @if rows.is_empty() { div.empty { p { (ui.t("sent-empty")) } } }
        div data-live="list" {
            ol.rows data-keys start=(wanted.page * PAGE_ROWS + 1) {
                @for (row, standing) in rows.iter().zip(&standings) {
                    @let core = core(desk, row);
                    li class={ "row " @if let Some(c) = &core { (c.urgency) } } {
                        div.line {
                            @if let Some(c) = &core { (parts::urgency_badge(&ui, c.urgency)) (parts::tlp_badge(&ui, c.tlp)) (parts::status_badge(&ui, c.status)) }
                            (stands(&ui, standing))
                        }
                        a.subject href={ "/sent/" (row.submission) } {
                            @match value(row, Field::Summary).and_then(Value::as_text) { Some(text) => span dir="auto" { (text.chars().take(200).collect::<String>()) }, None => (ui.t("row-no-summary")) }
                        }
                        div.line.small { bdi { (row.recipient) } (ui.when(row.composed_at)) }
                    }
                }
            }
        }
        @if count > (wanted.page + 1) * PAGE_ROWS { p.more { a.button href={ "/sent?page=" (wanted.page + 1) } rel="next" { (ui.t("page-next")) } } }
    };
    Ok(page(&ui, &ui.t("nav-sent"), "/sent", body))
}

pub(crate) async fn show(Extension(ui): Extension<Ui>, Path(id): Path<String>) -> PageResult {
    let digest = submission(&ui, &id)?;
    let desk = &ui.app.desk;
    let row = desk.record().sent(&digest).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
    let core = core(desk, &row).ok_or_else(|| PageError::NotFound.show(&ui))?;
    let standing = desk.standing(&digest).await.or_page(&ui)?;
    let directory = desk.directory().await;
    let question = evidence::question(&row.recipient, desk.party(), Some(row.wid));
    let options = GatherOptions { submissions: Some(vec![digest]), ..GatherOptions::all_but_sources() };
    let finding = evidence::finding(&ui.app, &question, &digest, options).await;
    ui.app.store.log(ui.now, ui.user_name(), Act::Viewed, &id, "sent").or_page(&ui)?;
    let shown = Specificity::of(&row.disclosures);
    let body = html! {
        p.crumb { a href="/sent" data-key="u" { (ui.t("back-to-sent")) } }
        header.subject-head {
            div.line { (parts::urgency_badge(&ui, core.urgency)) (parts::tlp_badge(&ui, core.tlp)) (parts::status_badge(&ui, core.status)) (stands(&ui, &standing)) }
            h1 { @match value(&row, Field::Summary).and_then(Value::as_text) { Some(text) => span dir="auto" { (text) }, None => (ui.t("row-no-summary")) } }
            p.from { (ui.t("to")) " " (parts::party(&ui, &directory, &row.recipient)) }
        }
        @if let Some(code) = &standing.rejection { div.notice.bad role="alert" { p { (ui.t("sent-rejected")) " " code { (code) } } } }
        @if standing.unproven > 0 { p.quiet data-live="state" { (ui.ta("sent-unproven", &[("count", standing.unproven.into())])) } }
        div.columns {
            div.wide {
                section data-live="evidence" {
                    h2 { (ui.t("evidence-title")) }
                    @match &finding {
                        Ok(finding) => {
                            (timeline::steps(&ui, finding, row.recipient.as_str()))
                            div class={ "notice finding-short " (finding.answer.as_str()) } { h3 { (ui.t("own-side-title")) } p { (verdict::sentence(&ui, finding)) } p.quiet { (ui.t("own-side-text")) } }
                            details { summary { (ui.t("finding-whole")) } (verdict::whole(&ui, finding)) }
                        }
                        Err(why) => (verdict::none(&ui, why)),
                    }
                }
                section {
                    h2 { (ui.t("content-title")) }
                    @if let Some(advice) = value(&row, Field::Advice).and_then(Value::as_text) { div.advice { h3 { (ui.t("field-advice")) } p.text dir="auto" { (advice) } } }
                    (parts::ladders(&ui, core.spec, shown, |field| value(&row, field), false))
                    @for field in Field::attachments() {
                        @if let Some(Value::Attachment(info)) = value(&row, *field) { p.line { strong { (ui.ta("attachment-number", &[("number", (field.position() as u64 - Field::Attachment1.position() as u64 + 1).into())])) } bdi { (info.media_type) } span { (ui.ta("bytes", &[("count", info.size.into())])) } } }
                    }
                    dl.facts {
                        div { dt { (ui.t("class-label")) } dd { bdi { (core.class) } } }
                        @if let Some(deadline) = core.deadline { div { dt { (ui.t("deadline-label")) } dd { (ui.when_both(deadline)) " · " (ui.distance(deadline)) } } }
                        div { dt { (ui.t("relay-label")) } dd { (ui.t(&words::relay(core.relay))) } }
                        div { dt { (ui.t("sources-label")) } dd { (ui.t(if core.withheld { "compose-withheld" } else { "compose-not-withheld" })) } }
                        div { dt { (ui.t("finding-sequence")) } dd { (ui.ta("finding-sequence-text", &[("number", row.seq.into())])) } }
                        div { dt { (ui.t("composed-label")) } dd { (ui.when_both(row.composed_at)) } }
                        div { dt { (ui.t("id-label")) } dd { (parts::id(&id)) } }
                    }
                }
            }
            div.side { (acts(&ui, &row, &core)) }
        }
    };
    Ok(page(&ui, &ui.t("sent-title"), "/sent", body))
}

fn acts(ui: &Ui, row: &SentRow, core: &Warning) -> Markup {
    let id = row.submission;
    let writer = ui.is(Role::DutyOfficer) || ui.is(Role::Releaser);
    html! {
        @if writer && core.status != WarningStatus::Withdrawn && row.rejection.is_none() {
            section.panel {
                h2 { (ui.t("amend-title")) }
                p { (ui.t("amend-explained")) }
                form method="post" action={ "/sent/" (id) "/amend" } { (ui.csrf()) div.actions { button { (ui.t("amend-begin")) } } }
            }
            details.panel {
                summary { (ui.t("withdraw-title")) }
                form.stack method="post" action={ "/sent/" (id) "/withdraw" } {
                    (ui.csrf())
                    p { (ui.t("withdraw-explained")) }
                    (parts::area(ui, "reason", "withdraw-reason", "", 3, Some("withdraw-reason-hint")))
                    @if ui.is(Role::Releaser) && !ui.app.config.four_eyes { (ui.passphrase_field("withdraw-passphrase")) }
                    div.actions { button.danger { (ui.t(if ui.is(Role::Releaser) && !ui.app.config.four_eyes { "withdraw-send" } else { "ask-release" })) } }
                }
            }
        }
        @if ui.is(Role::Releaser) {
            details.panel {
                summary { (ui.t("consent-title")) }
                form.stack method="post" action={ "/sent/" (id) "/consent" } {
                    (ui.csrf())
                    p { (ui.t("consent-explained")) }
                    (parts::input(ui, "to", "relay-to", "", Some("relay-to-hint")))
                    fieldset.choices.compact {
                        legend { (ui.t("relay-fields")) }
                        @for disclosure in row.disclosures.iter().filter(|d| d.value != Value::Null && d.field != Field::Addressee) {
                            label.choice { input type="checkbox" name="field" value=(disclosure.field.name()); span { (ui.t(&words::field(disclosure.field))) } }
                        }
                    }
                    div.field { label for="consent-days" { (ui.t("consent-days")) } input #consent-days type="number" name="days" min="1" max="365" value="7" required; }
                    (ui.passphrase_field("consent-passphrase"))
                    div.actions { button { (ui.t("consent-send")) } }
                }
            }
        }
        @if ui.is(Role::DutyOfficer) {
            details.panel { summary { (ui.t("call-title")) } (super::answer::call_form(ui, row.recipient.as_str(), Some(row.wid), &format!("/sent/{id}"))) }
        }
        section.panel { p { a href={ "/dossier?about=" (id) } { (ui.t("dossier-make")) } } }
    }
}

/// A withdrawal as it waits for a release.
#[derive(serde::Serialize, Deserialize)]
pub(crate) struct WithdrawWanted {
    pub(crate) submission: String,
    pub(crate) reason: String,
}

pub(crate) async fn withdraw(Path(id): Path<String>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer, Role::Releaser])?;
    let digest = submission(&ui, &id)?;
    let reason = super::answer::optional_text(&ui, fields.filled("reason"))?;
    let reason = reason.ok_or_else(|| PageError::Input("error-needs-reason", String::new()).show(&ui))?;
    if !ui.is(Role::Releaser) || ui.app.config.four_eyes {
        let wanted = WithdrawWanted { submission: id.clone(), reason: reason.to_string() };
        let content = serde_json::to_string(&wanted).unwrap_or_default();
        let release = ui.app.store.ask_release("withdraw", &content, ui.user_name(), ui.now).or_page(&ui)?;
        ui.app.store.log(ui.now, ui.user_name(), Act::AskedRelease, &id, "withdraw").or_page(&ui)?;
        return Ok(Redirect::to(&format!("/releases/{release}")).into_response());
    }
    let _one = ui.app.acting.lock().await;
    let desk = ui.app.acting_desk(fields.get("passphrase")).await.or_page(&ui)?;
    take_back(&ui, &desk, &digest, reason).await
}

/// Withdraws, notes it, and goes to the withdrawal's page.
pub(crate) async fn take_back(ui: &Ui, desk: &Desk, digest: &Digest, reason: Text) -> Result<Response, Response> {
    let sent = desk.withdraw(digest, reason).await.or_page(ui)?;
    ui.app.store.log(ui.now, ui.user_name(), Act::Withdrew, &digest.to_string(), "").or_page(ui)?;
    ui.app.changed();
    Ok(Redirect::to(&format!("/sent/{}", sent.submission)).into_response())
}

pub(crate) async fn consent(Path(id): Path<String>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::Releaser])?;
    let digest = submission(&ui, &id)?;
    let to = PartyName::parse(fields.get("to").trim())
        .map_err(|error| PageError::Input("error-party", error.to_string()).show(&ui))?;
    let chosen: Vec<Field> = fields.all("field").filter_map(Field::parse).collect();
    if chosen.is_empty() {
        return Err(PageError::Input("problem-usage-relay-nothing", String::new()).show(&ui));
    }
    let days = fields.get("days").parse::<u64>().unwrap_or(7).clamp(1, 365);
    let _one = ui.app.acting.lock().await;
    let desk = ui.app.acting_desk(fields.get("passphrase")).await.or_page(&ui)?;
    desk.consent(&digest, &to, &chosen, ui.now.plus(days * 86_400)).await.or_page(&ui)?;
    let names: Vec<&str> = chosen.iter().map(|field| field.name()).collect();
    let detail = format!("{to} {}", names.join(" "));
    ui.app.store.log(ui.now, ui.user_name(), Act::Consented, &id, &detail).or_page(&ui)?;
    Ok(Redirect::to(&format!("/sent/{id}")).into_response())
}
