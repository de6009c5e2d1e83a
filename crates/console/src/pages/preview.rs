//! Before a warning leaves: exactly what each side will see of it; what an amendment changes; and the sending.

use super::{OrPage as _, PageError, PageResult, compose, page, parts, require};
use crate::drafting::{Content, fingerprint, specificity};
use crate::forms::Signed;
use crate::store::{Act, Role, StoredDraft};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use monition_desk::{Desk, DeskError, Draft, Sent};
use monition_evidence::values::SizeClass;
use monition_evidence::warning::{Field, Group, Specificity, Value};
use monition_evidence::{Body, Digest, PartyName};
use std::sync::Arc;

const WRITERS: [Role; 2] = [Role::DutyOfficer, Role::Releaser];

pub(crate) async fn show(Extension(ui): Extension<Ui>, Path(id): Path<u64>) -> PageResult {
    require(&ui, &WRITERS)?;
    let (stored, content, files) = compose::load(&ui, id)?;
    let (draft, recipients) = match content.draft(&files, ui.now) {
        Ok(made) => made,
        Err((key, detail)) => {
            let body = html! {
                h1 { (ui.t("preview-title")) }
                div.notice.bad role="alert" { p { (ui.t(key)) } @if !detail.is_empty() { p.small lang="en" dir="ltr" { (detail) } } }
                p { a.button href={ "/drafts/" (id) } { (ui.t("preview-back")) } }
            };
            let response = page(&ui, &ui.t("preview-title"), "/compose", body);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, response).into_response());
        }
    };
    let releases = ui.is(Role::Releaser) && !ui.app.config.four_eyes;
    let body = html! {
        h1 { (ui.t("preview-title")) }
        (sides(&ui, &draft, &recipients))
        (difference(&ui, &stored, &content))
        form.stack method="post" action={ "/drafts/" (id) "/send" } {
            (ui.csrf())
            @if releases { (ui.passphrase_field("send-passphrase")) }
            p { (ui.t(if releases { "preview-send-explained" } else { "preview-release-explained" })) }
            div.actions {
                button.primary { (ui.t(if releases { "preview-send" } else { "ask-release" })) }
                a.button href={ "/drafts/" (id) } { (ui.t("preview-back")) }
            }
        }
    };
    Ok(page(&ui, &ui.t("preview-title"), "/compose", body))
}

/// What the four sides see.
pub(crate) fn sides(ui: &Ui, draft: &Draft, recipients: &[PartyName]) -> Markup {
    let claimed = specificity(draft);
    let without_sources = Specificity { source: 0, ..claimed };
    let of_recipient = if draft.withheld { without_sources } else { claimed };
    let value = |field: Field| draft.fields.get(&field);
    let for_recipient = |field: Field| value(field).filter(|_| !(draft.withheld && field.group() == Group::Source));
    let for_judge = |field: Field| value(field).filter(|_| field.group() != Group::Source);
    let sources = Group::Source.fields().count();
    let largest = draft.attachments.iter().map(|a| a.content.len() as u64).max();
    html! {
        div.sides {
            section.panel {
                h2 { (ui.ta("preview-recipient", &[("count", recipients.len().into())])) }
                p { @for name in recipients { bdi.party-name { (name) } " " } }
                (core_line(ui, draft))
                (fields(ui, for_recipient))
                (parts::ladders(ui, claimed, of_recipient, for_recipient, draft.withheld))
                @if !draft.attachments.is_empty() { p { (ui.ta("preview-attachments", &[("count", draft.attachments.len().into())])) } }
            }
            section.panel {
                h2 { (ui.t("preview-judge")) }
                p.quiet { (ui.t("preview-judge-text")) }
                (core_line(ui, draft))
                (fields(ui, for_judge))
                (parts::ladders(ui, claimed, without_sources, for_judge, true))
                p { (ui.ta("finding-closed-text", &[("closed", sources.into()), ("all", Field::ALL.len().into())])) }
            }
            section.panel {
                h2 { (ui.t("preview-custodians")) }
                ul {
                    li { (ui.t("preview-custodians-mailbox")) }
                    li { (ui.t(&words::urgency(draft.urgency))) }
                    li { (ui.ta("preview-custodians-bodies", &[("count", bodies(draft).into())])) @if let Some(bytes) = largest { " · " bdi { (SizeClass::of(bytes)) } } }
                    li { (ui.t("preview-custodians-not")) }
                }
            }
            section.panel {
                h2 { (ui.t("preview-public")) }
                ul {
                    li { (ui.t("preview-public-hash")) }
                    li { (ui.t("preview-public-time")) }
                    li { (ui.t("preview-public-nothing")) }
                }
            }
        }
    }
}

fn bodies(draft: &Draft) -> usize {
    monition_desk::compose::BodyKind::layout(draft.withheld, draft.attachments.len()).len()
}

fn core_line(ui: &Ui, draft: &Draft) -> Markup {
    html! {
        p.line {
            (parts::urgency_badge(ui, draft.urgency)) (parts::tlp_badge(ui, draft.tlp)) bdi { (draft.class) }
            span { (ui.t(&words::relay(draft.relay))) }
        }
        @if let Some(deadline) = draft.deadline { p { (ui.t("deadline-label")) ": " (ui.when_both(deadline)) } }
        @if let Some(reason) = &draft.reason { p { (ui.t("reason-label")) " " span dir="auto" { (reason) } } }
    }
}

fn fields<'a>(ui: &Ui, value: impl Fn(Field) -> Option<&'a Value>) -> Markup {
    const LISTED: [Field; 6] =
        [Field::Summary, Field::Advice, Field::Reliability, Field::Credibility, Field::AwareAt, Field::OurRef];
    html! {
        dl.rungs {
            @for field in LISTED { @if let Some(v) = value(field) { div { dt { (ui.t(&words::field(field))) } dd { (parts::value(ui, field, v)) } } } }
        }
    }
}

/// What an amendment changes, field by field.
fn difference(ui: &Ui, stored: &StoredDraft, content: &Content) -> Markup {
    let Some(before) = stored.amends.as_deref().and_then(|id| sent_content(&ui.app.desk, id)) else {
        return html! {};
    };
    let time = |seconds: Option<u64>| {
        seconds.map(|s| ui.when_text(monition_evidence::UnixSeconds::new(s))).unwrap_or_default()
    };
    let mut rows: Vec<(String, String, String)> = vec![
        (ui.t("class-label"), before.class.clone(), content.class.clone()),
        (
            ui.t("compose-urgency"),
            ui.t(&format!("urgency-{}", before.urgency)),
            ui.t(&format!("urgency-{}", content.urgency)),
        ),
        (ui.t("tlp-label"), before.tlp.clone(), content.tlp.clone()),
        (
            ui.t("relay-label"),
            ui.t(&format!("relay-terms-{}", before.relay)),
            ui.t(&format!("relay-terms-{}", content.relay)),
        ),
        (ui.t("deadline-label"), time(before.deadline), time(content.deadline)),
    ];
    for field in crate::drafting::text_fields() {
        let of = |c: &Content| c.fields.get(field.name()).cloned().unwrap_or_default();
        rows.push((ui.t(&words::field(field)), of(&before), of(content)));
    }
    rows.retain(|(_, old, new)| old != new);
    html! {
        section.panel {
            h2 { (ui.t("difference-title")) }
            @if rows.is_empty() { p { (ui.t("difference-none")) } }
            @else {
                table.list {
                    thead { tr { th scope="col" { (ui.t("difference-field")) } th scope="col" { (ui.t("difference-old")) } th scope="col" { (ui.t("difference-new")) } } }
                    tbody {
                        @for (name, old, new) in &rows {
                            tr {
                                th scope="row" { (name) }
                                td { @if old.is_empty() { span.quiet { (ui.t("value-not-used")) } } @else { del dir="auto" { (old) } } }
                                td { @if new.is_empty() { span.quiet { (ui.t("value-not-used")) } } @else { ins dir="auto" { (new) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sent_content(desk: &Desk, id: &str) -> Option<Content> {
    let row = desk.record().sent(&Digest::parse(id).ok()?).ok()??;
    let core = desk.record().statement(&row.core).ok()??;
    match core.statement.body() {
        Body::Warning(warning) => Some(Content::of_sent(&row, warning)),
        _ => None,
    }
}

pub(crate) async fn send(Path(id): Path<u64>, Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &WRITERS)?;
    if !ui.is(Role::Releaser) || ui.app.config.four_eyes {
        let print = fingerprint(&ui.app.store, id).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
        let content = serde_json::json!({ "draft": id, "fingerprint": print }).to_string();
        let release = ui.app.store.ask_release("warn", &content, ui.user_name(), ui.now).or_page(&ui)?;
        ui.app.store.log(ui.now, ui.user_name(), Act::AskedRelease, &format!("draft {id}"), "").or_page(&ui)?;
        return Ok(Redirect::to(&format!("/releases/{release}")).into_response());
    }
    let _one = ui.app.acting.lock().await;
    let desk = ui.app.acting_desk(fields.get("passphrase")).await.or_page(&ui)?;
    let outcomes = send_draft(&ui, &desk, id).await?;
    Ok(show_outcomes(&ui, &outcomes))
}

/// What came of one recipient.
pub(crate) enum Outcome {
    /// The exchange accepted it.
    Sent(Sent),
    /// It is signed and kept, and the desk sends it when the exchange answers.
    Waiting(PartyName, DeskError),
    /// Nothing was sent.
    Failed(PartyName, DeskError),
}

/// Sends a draft and drops it if anything of it left.
pub(crate) async fn send_draft(ui: &Ui, desk: &Arc<Desk>, id: u64) -> Result<Vec<Outcome>, Response> {
    let (stored, content, files) = compose::load(ui, id)?;
    let (mut draft, recipients) =
        content.draft(&files, ui.now).map_err(|(key, detail)| PageError::Input(key, detail).show(ui))?;
    draft.actor = ui.user().and_then(|user| user.sign_as.clone()).or_else(|| desk.config().role.clone());
    let place = |party: &PartyName| desk.record().chain(desk.party(), party).ok().flatten().map(|place| place.seq);
    let before: Vec<_> = recipients.iter().map(place).collect();
    let (results, act) = match stored.amends.as_deref().and_then(|id| Digest::parse(id).ok()) {
        Some(amended) => {
            let party = recipients.first().cloned().unwrap_or_else(|| desk.party().clone());
            (vec![(party, desk.amend(&amended, &draft).await)], Act::Amended)
        }
        None => (desk.warn(&draft, &recipients).await, Act::Sent),
    };
    let mut outcomes = Vec::new();
    for ((party, result), before) in results.into_iter().zip(before) {
        outcomes.push(match result {
            Ok(sent) => {
                let id = sent.submission.to_string();
                ui.app.store.log(ui.now, ui.user_name(), act, &id, party.as_str()).or_page(ui)?;
                Outcome::Sent(sent)
            }
            // The chain moved: it is signed and kept, and follows when the exchange answers.
            Err(error) if error.exit_code() == 75 && place(&party) != before => {
                ui.app.store.log(ui.now, ui.user_name(), act, "", party.as_str()).or_page(ui)?;
                Outcome::Waiting(party, error)
            }
            Err(error) => Outcome::Failed(party, error),
        });
    }
    if outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Failed(..))) {
        ui.app.store.drop_draft(id).or_page(ui)?;
    }
    ui.app.changed();
    Ok(outcomes)
}

/// What came of it, as a page; one that left goes straight to its own page.
pub(crate) fn show_outcomes(ui: &Ui, outcomes: &[Outcome]) -> Response {
    if let [Outcome::Sent(sent)] = outcomes {
        return Redirect::to(&format!("/sent/{}", sent.submission)).into_response();
    }
    let body = html! {
        h1 { (ui.t("outcome-title")) }
        ul.plain {
            @for outcome in outcomes {
                @match outcome {
                    Outcome::Sent(sent) => li.notice.good { bdi.party-name { (sent.recipient) } " · " (ui.t("outcome-sent")) " " a href={ "/sent/" (sent.submission) } { (ui.t("outcome-look")) } },
                    Outcome::Waiting(party, error) => li.notice.warn { bdi.party-name { (party) } " · " (ui.t("outcome-waiting")) p.small lang="en" dir="ltr" { (error) } },
                    Outcome::Failed(party, error) => li.notice.bad { bdi.party-name { (party) } " · " @match words::problem(error.code()) { Some(key) => (ui.t(&key)), None => (ui.t("outcome-failed")) } p.small lang="en" dir="ltr" { (error) " " code { (error.code()) } } },
                }
            }
        }
        p { a.button href="/sent" { (ui.t("nav-sent")) } }
    };
    page(ui, &ui.t("outcome-title"), "/sent", body)
}
