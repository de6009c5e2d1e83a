//! What a person does with a warning: answer it, pass it on, note a call, take it over, leave a note.

use super::{OrPage as _, PageError, PageResult, parts, require, submission, warning};
use crate::forms::Signed;
use crate::inbox::{Row, open};
use crate::store::{Act, Role};
use crate::ui::Ui;
use crate::{escalate, words, worker};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use monition_desk::RelayRequest;
use monition_evidence::values::ReplyStatus;
use monition_evidence::warning::{Field, Value, Warning};
use monition_evidence::{Digest, PartyName, RoleName, Text, Wid};

/// Ways of a call, as they stand in the statement.
pub(crate) const CHANNELS: [(&str, &str); 4] = [
    ("telephone", "channel-telephone"),
    ("visit", "channel-visit"),
    ("letter", "channel-letter"),
    ("mail", "channel-mail"),
];

/// The role key that signs this user's answers.
fn signing_role(ui: &Ui) -> Option<RoleName> {
    let user = ui.user()?;
    user.sign_as.clone().or_else(|| ui.app.desk.config().role.clone())
}

fn back(id: &Digest, place: &str) -> Response {
    Redirect::to(&format!("/warnings/{id}{place}")).into_response()
}

/// The panel beside a warning.
pub(crate) fn panel(ui: &Ui, id: &Digest, warning: Option<&Warning>, row: Option<&Row>) -> Markup {
    let officer = ui.is(Role::DutyOfficer);
    html! {
        section.panel.reply #reply {
            h2 { (ui.t("reply-title")) }
            @if let Some(answer) = row.and_then(|row| row.answer) {
                div.notice.good { p { (ui.ta("reply-given", &[("status", ui.t(&words::reply(answer)).into())])) } }
            }
            p { (ui.t("reply-receipt")) }
            @if !officer { p.quiet { (ui.t("reply-not-yours")) } }
            @else if warning.is_none() { p.quiet { (ui.t("reply-unreadable")) } }
            @else if let Some(role) = signing_role(ui) {
                @if row.is_some_and(|row| row.answer.is_some()) {
                    details { summary { (ui.t("reply-again")) } (reply_form(ui, id, row, &role)) }
                } @else { (reply_form(ui, id, row, &role)) }
            } @else { p.notice.warn { (ui.t("reply-no-role")) } }
        }
        (more(ui, id, warning, row))
    }
}

fn reply_form(ui: &Ui, id: &Digest, row: Option<&Row>, role: &RoleName) -> Markup {
    html! {
        form.stack method="post" action={ "/warnings/" (id) "/reply" } {
                    (ui.csrf())
                    fieldset.choices {
                        legend { (ui.t("reply-legend")) }
                        @for (n, status) in warning::ANSWERS.into_iter().enumerate() {
                            @let key = words::reply(status);
                            label.choice {
                                input type="radio" name="status" value=(status) required checked[n == 0 && row.is_none_or(|row| row.answer.is_none())];
                                span { strong { (ui.t(&key)) } span.hint { (ui.t(&format!("{key}-proves"))) } }
                            }
                        }
                    }
                    (parts::area(ui, "note", "reply-note", "", 3, Some("reply-note-hint")))
                    (ui.passphrase_field("reply-passphrase"))
                    p.small { (ui.ta("reply-signs", &[("role", role.to_string().into()), ("party", ui.app.desk.party().to_string().into())])) }
                    div.actions { button.primary { (ui.t("reply-send")) } }
        }
    }
}

fn more(ui: &Ui, id: &Digest, warning: Option<&Warning>, row: Option<&Row>) -> Markup {
    let wid = warning.and_then(|warning| warning.wid);
    html! {
        @if warning.is_some_and(warning::may_relay) {
            @if ui.is(Role::Releaser) {
                details.panel { summary { (ui.t("relay-title")) } (relay_form(ui, id)) }
            }
        }
        @if ui.is(Role::DutyOfficer) {
            @if let Some(sender) = row.and_then(|row| row.sender.as_deref()) {
                details.panel { summary { (ui.t("call-title")) } (call_form(ui, sender, wid, &format!("/warnings/{id}"))) }
            }
        }
    }
}

fn relay_form(ui: &Ui, id: &Digest) -> Markup {
    html! {
        form.stack method="post" action={ "/warnings/" (id) "/relay" } {
            (ui.csrf())
            p { (ui.t("relay-explained")) }
            (parts::input(ui, "to", "relay-to", "", Some("relay-to-hint")))
            fieldset.choices.compact {
                legend { (ui.t("relay-fields")) }
                @for field in Field::ALL.iter().filter(|f| !Field::attachments().contains(f) && **f != Field::Addressee) {
                    label.choice { input type="checkbox" name="field" value=(field.name()) checked[matches!(field, Field::Summary | Field::Advice)]; span { (ui.t(&words::field(*field))) } }
                }
            }
            (ui.passphrase_field("relay-passphrase"))
            p.small { (ui.t("relay-signs")) }
            div.actions { button { (ui.t(if ui.app.config.four_eyes { "ask-release" } else { "relay-send" })) } }
        }
    }
}

/// The form for a call on record.
pub(crate) fn call_form(ui: &Ui, to: &str, wid: Option<Wid>, back: &str) -> Markup {
    html! {
        form.stack method="post" action="/calls" {
            (ui.csrf())
            input type="hidden" name="back" value=(back);
            @if let Some(wid) = wid { input type="hidden" name="wid" value=(wid); }
            p { (ui.t("call-explained")) }
            (parts::input(ui, "to", "call-to", to, None))
            div.field {
                label for="call-channel" { (ui.t("call-channel")) }
                select #call-channel name="channel" { @for (word, key) in CHANNELS { option value=(word) { (ui.t(key)) } } }
            }
            (parts::area(ui, "note", "call-note", "", 3, Some("call-note-hint")))
            (ui.passphrase_field("call-passphrase"))
            div.actions { button { (ui.t("call-keep")) } }
        }
    }
}

pub(crate) async fn reply(Path(id): Path<String>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer])?;
    let id = submission(&ui, &id)?;
    let status = ReplyStatus::parse(fields.get("status"));
    let status = status.ok_or_else(|| PageError::Input("error-choose-answer", String::new()).show(&ui))?;
    let note = optional_text(&ui, fields.filled("note"))?;
    let role = signing_role(&ui).ok_or_else(|| PageError::Input("reply-no-role", String::new()).show(&ui))?;
    let _one = ui.app.acting.lock().await;
    let desk = ui.app.acting_desk(fields.get("passphrase")).await.or_page(&ui)?;
    let replied = desk.reply(&id, &role, status, note).await.or_page(&ui)?;
    let detail = format!("{status} {role} {}", replied.reply);
    ui.app.store.log(ui.now, ui.user_name(), Act::Replied, &id.to_string(), &detail).or_page(&ui)?;
    worker::refresh(&ui.app).await;
    ui.app.changed();
    escalate::event(&ui.app, "warning-answered", &id).await;
    Ok(back(&id, "#reply"))
}

/// A text that a person typed, if any.
pub(crate) fn optional_text(ui: &Ui, typed: Option<&str>) -> Result<Option<Text>, Response> {
    let parsed = typed.map(Text::parse).transpose();
    parsed.map_err(|rule| PageError::Input("error-text", rule.to_owned()).show(ui))
}

/// What is passed on, as it waits for a release.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct RelayWanted {
    pub(crate) submission: String,
    pub(crate) to: String,
    pub(crate) fields: Vec<String>,
}

impl RelayWanted {
    pub(crate) fn request(&self) -> Option<RelayRequest> {
        Some(RelayRequest {
            submission: Digest::parse(&self.submission).ok()?,
            fields: self.fields.iter().filter_map(|name| Field::parse(name)).collect(),
            to: PartyName::parse(&self.to).ok()?,
            draft: None,
        })
    }
}

pub(crate) async fn relay(Path(id): Path<String>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::Releaser])?;
    let id = submission(&ui, &id)?;
    let party = PartyName::parse(fields.get("to").trim())
        .map_err(|error| PageError::Input("error-party", error.to_string()).show(&ui))?;
    // Empty fields say nothing, and a relay that names them is refused: the form offers every field.
    let directory = ui.app.desk.directory().await;
    let opened = open(&ui.app.desk, &directory, &id).or_page(&ui)?;
    let used = |name: &&str| {
        let disclosed = Field::parse(name).and_then(|f| opened.as_ref()?.disclosed.get(f));
        disclosed.is_some_and(|d| d.value != Value::Null)
    };
    let chosen: Vec<String> = fields.all("field").filter(used).map(str::to_owned).collect();
    let wanted = RelayWanted { submission: id.to_string(), to: party.to_string(), fields: chosen };
    if ui.app.config.four_eyes {
        let content = serde_json::to_string(&wanted).unwrap_or_default();
        let release = ui.app.store.ask_release("relay", &content, ui.user_name(), ui.now).or_page(&ui)?;
        ui.app.store.log(ui.now, ui.user_name(), Act::AskedRelease, &id.to_string(), party.as_str()).or_page(&ui)?;
        return Ok(Redirect::to(&format!("/releases/{release}")).into_response());
    }
    let request = wanted.request().ok_or_else(|| PageError::StaleForm.show(&ui))?;
    let _one = ui.app.acting.lock().await;
    let desk = ui.app.acting_desk(fields.get("passphrase")).await.or_page(&ui)?;
    let relayed = desk.relay(&request).await.or_page(&ui)?;
    let detail = format!("{party} {}", wanted.fields.join(" "));
    ui.app.store.log(ui.now, ui.user_name(), Act::Relayed, &id.to_string(), &detail).or_page(&ui)?;
    Ok(Redirect::to(&format!("/sent/{}", relayed.sent.submission)).into_response())
}

pub(crate) async fn call(Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer])?;
    let to = PartyName::parse(fields.get("to").trim())
        .map_err(|error| PageError::Input("error-party", error.to_string()).show(&ui))?;
    let channel =
        CHANNELS.iter().find(|(word, _)| *word == fields.get("channel")).map_or("telephone", |(word, _)| word);
    let note = optional_text(&ui, fields.filled("note"))?;
    let wid = fields.filled("wid").and_then(|text| Wid::parse(text).ok());
    let _one = ui.app.acting.lock().await;
    let desk = ui.app.acting_desk(fields.get("passphrase")).await.or_page(&ui)?;
    let notice = desk.note_call(&to, channel, ui.now, note, wid).await.or_page(&ui)?;
    let back = crate::guard::own_path(fields.get("back")).to_owned();
    let subject = back.rsplit('/').next().unwrap_or_default().to_owned();
    ui.app
        .store
        .log(ui.now, ui.user_name(), Act::NotedCall, &subject, &format!("{channel} {to} {notice}"))
        .or_page(&ui)?;
    Ok(Redirect::to(&back).into_response())
}

pub(crate) async fn take(Path(id): Path<String>, Signed { ui, .. }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer])?;
    let id = submission(&ui, &id)?;
    ui.app.store.take_over(&id.to_string(), ui.user_name(), ui.now).or_page(&ui)?;
    ui.app.store.log(ui.now, ui.user_name(), Act::TookOver, &id.to_string(), "").or_page(&ui)?;
    Ok(back(&id, ""))
}

pub(crate) async fn note(Path(id): Path<String>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer])?;
    let id = submission(&ui, &id)?;
    if let Some(text) = optional_text(&ui, fields.filled("text"))? {
        ui.app.store.add_note(Some(&id.to_string()), ui.user_name(), text.as_str(), ui.now).or_page(&ui)?;
        ui.app.store.log(ui.now, ui.user_name(), Act::HandedOver, &id.to_string(), "").or_page(&ui)?;
    }
    Ok(back(&id, ""))
}
