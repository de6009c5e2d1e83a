//! A warning that came: what it says and how specific, who says it, what is proven, what can be done.

use super::{OrPage as _, PageError, PageResult, page, parts, submission, timeline, verdict};
use crate::evidence::{self, NoFinding};
use crate::inbox::{Row, open};
use crate::store::{Act, Role};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use monition_desk::GatherOptions;
use monition_desk::open::{Opened, OpenedAttachment};
use monition_desk::relay::RELAY_MEDIA_TYPE;
use monition_evidence::directory::Directory;
use monition_evidence::judge::Finding;
use monition_evidence::values::{RelayTerms, ReplyStatus};
use monition_evidence::warning::{Field, Specificity, Value, Warning};
use monition_evidence::{Body, Digest, PartyName};
use std::sync::Arc;

/// Statements in the list of all that is proven.
const FACTS_MAX: usize = 60;

/// Everything that the page shows.
struct Shown<'a> {
    ui: &'a Ui,
    submission: Digest,
    row: Option<Arc<Row>>,
    sender: Option<PartyName>,
    opened: Option<Opened>,
    directory: Arc<Directory>,
    finding: Result<Arc<Finding>, NoFinding>,
}

impl Shown<'_> {
    fn warning(&self) -> Option<&Warning> {
        self.opened.as_ref().and_then(Opened::warning)
    }

    fn value(&self, field: Field) -> Option<&Value> {
        self.opened.as_ref()?.disclosed.get(field).map(|d| &d.value).filter(|v| **v != Value::Null)
    }
}

async fn load<'a>(ui: &'a Ui, id: &str, act: Act) -> Result<Shown<'a>, axum::response::Response> {
    let submission = submission(ui, id)?;
    let app = &ui.app;
    let entry = app.desk.record().received(&submission).or_page(ui)?;
    let entry = entry.ok_or_else(|| PageError::NotFound.show(ui))?;
    let directory = app.desk.directory().await;
    let opened = open(&app.desk, &directory, &submission).or_page(ui)?;
    let sender = app.desk.record().statement(&submission).or_page(ui)?.map(|h| h.statement.common().iss.clone());
    // Looking is noted; reading is for people to sign.
    let first = entry.read_at.is_none();
    app.desk.record().mark_read(&submission, ui.now).or_page(ui)?;
    app.store.log(ui.now, ui.user_name(), act, id, "").or_page(ui)?;
    if first {
        crate::worker::refresh(app).await;
    }
    let finding = match &sender {
        Some(sender) => {
            let question = evidence::question(app.desk.party(), sender, entry.wid);
            let options = GatherOptions {
                fields: Field::ALL.to_vec(),
                submissions: Some(vec![submission]),
                ..Default::default()
            };
            evidence::finding(app, &question, &submission, options).await
        }
        None => Err(NoFinding::Later),
    };
    let row = app.inbox().row(&submission).cloned();
    Ok(Shown { ui, submission, row, sender, opened, directory, finding })
}

pub(crate) async fn show(Extension(ui): Extension<Ui>, Path(id): Path<String>) -> PageResult {
    let shown = load(&ui, &id, Act::Viewed).await?;
    let body = html! {
        p.crumb { a href="/" data-key="u" { (ui.t("back-to-inbox")) } }
        (head(&shown))
        (replaced(&shown))
        (misfits(&shown))
        div.columns {
            div.wide {
                (content(&shown))
                (attachments(&shown))
                (proof(&shown))
            }
            div.side {
                (super::answer::panel(&ui, &shown.submission, shown.warning(), shown.row.as_deref()))
                (case(&shown).or_page(&ui)?)
            }
        }
    };
    Ok(page(&ui, &title(&shown), "/", body))
}

pub(crate) async fn print(Extension(ui): Extension<Ui>, Path(id): Path<String>) -> PageResult {
    let shown = load(&ui, &id, Act::Printed).await?;
    let body = html! {
        p.crumb.screen { a href={ "/warnings/" (id) } { (ui.t("back-to-warning")) } }
        div.notice.screen { p { (ui.t("print-hint")) } }
        (head(&shown))
        (content(&shown))
        @match &shown.finding { Ok(finding) => (verdict::whole(&ui, finding)), Err(why) => (verdict::none(&ui, why)) }
        p.small { (ui.ta("print-by", &[("user", ui.display(ui.user_name()).into()), ("time", ui.when_text(ui.now).into())])) }
    };
    Ok(page(&ui, &title(&shown), "/", body))
}

fn title(shown: &Shown<'_>) -> String {
    match shown.value(Field::Summary).and_then(Value::as_text) {
        Some(summary) => summary.chars().take(60).collect(),
        None => shown.ui.t("warning-title"),
    }
}

fn head(shown: &Shown<'_>) -> Markup {
    let ui = shown.ui;
    html! {
        header.subject-head {
            div.line {
                @if let Some(warning) = shown.warning() {
                    (parts::urgency_badge(ui, warning.urgency))
                    (parts::tlp_badge(ui, warning.tlp))
                    (parts::status_badge(ui, warning.status))
                }
                @if let Some(row) = &shown.row { (parts::clock(ui, row)) }
            }
            h1 {
                @match shown.value(Field::Summary).and_then(Value::as_text) {
                    Some(text) => span dir="auto" { (text) },
                    None => (ui.t("row-no-summary")),
                }
            }
            p.from {
                (ui.t("from")) " "
                @match &shown.sender { Some(sender) => (parts::party(ui, &shown.directory, sender)), None => (ui.t("sender-unknown")) }
            }
        }
    }
}

fn replaced(shown: &Shown<'_>) -> Markup {
    let ui = shown.ui;
    html! {
        @if shown.row.as_ref().is_some_and(|row| row.replaced) { div.notice.warn { p { (ui.t("warning-replaced")) } } }
        @if let Some(reason) = shown.warning().and_then(|w| w.reason.as_ref()) { div.notice { p { (ui.t("reason-label")) " " span dir="auto" { (reason) } } } }
        @if shown.opened.is_none() { div.notice { p { (ui.t("warning-disposed")) } } }
    }
}

fn misfits(shown: &Shown<'_>) -> Markup {
    let found = shown.opened.as_ref().map(|opened| opened.misfits.as_slice()).unwrap_or_default();
    html! {
        @if !found.is_empty() {
            div.notice.warn {
                p { strong { (shown.ui.t("misfits-title")) } }
                ul lang="en" dir="ltr" { @for misfit in found { li { (misfit.detail) " " code { (misfit.code) } } } }
            }
        }
    }
}

fn content(shown: &Shown<'_>) -> Markup {
    let ui = shown.ui;
    let Some(warning) = shown.warning() else {
        return html! { section { h2 { (ui.t("content-title")) } p { (ui.t("content-unreadable")) } } };
    };
    let opened = shown.opened.as_ref();
    let specificity = opened.map(|o| Specificity::of(o.disclosed.iter())).unwrap_or_default();
    let rating = |field: Field| shown.value(field).and_then(Value::as_text);
    html! {
        section {
            h2 { (ui.t("content-title")) }
            @if let Some(advice) = shown.value(Field::Advice).and_then(Value::as_text) {
                div.advice { h3 { (ui.t("field-advice")) } p.text dir="auto" { (advice) } }
            }
            (parts::ladders(ui, warning.spec, specificity, |field| shown.value(field), warning.withheld))
            dl.facts {
                div { dt { (ui.t("class-label")) } dd { bdi { (warning.class) } } }
                @if let Some(deadline) = warning.deadline { div { dt { (ui.t("deadline-label")) } dd { (ui.when_both(deadline)) " · " (ui.distance(deadline)) } } }
                @if rating(Field::Reliability).is_some() || rating(Field::Credibility).is_some() {
                    div { dt { (ui.t("rating-label")) } dd { bdi { (rating(Field::Reliability).unwrap_or("–")) " / " (rating(Field::Credibility).unwrap_or("–")) } } }
                }
                div { dt { (ui.t("tlp-label")) } dd { (parts::tlp_badge(ui, warning.tlp)) " " (ui.t(&format!("{}-consequence", words::tlp(warning.tlp)))) } }
                div { dt { (ui.t("relay-label")) } dd { (ui.t(&words::relay(warning.relay))) ". " (ui.t(&format!("{}-consequence", words::relay(warning.relay)))) } }
                @if let Some(time) = warning.embargo_until { div { dt { (ui.t("embargo-label")) } dd { (ui.when_both(time)) } } }
                @if let Some(time) = warning.retain_until { div { dt { (ui.t("retain-label")) } dd { (ui.when_both(time)) } } }
                @for field in [Field::AwareAt, Field::OurRef, Field::Campaign] {
                    @if let Some(value) = shown.value(field) { div { dt { (ui.t(&words::field(field))) } dd { (parts::value(ui, field, value)) } } }
                }
                @if let Some(row) = &shown.row { div { dt { (ui.t("received-label")) } dd { (ui.when_both(row.received_at)) } } }
                div { dt { (ui.t("id-label")) } dd { (parts::id(&shown.submission.to_string())) } }
            }
        }
    }
}

fn attachments(shown: &Shown<'_>) -> Markup {
    let ui = shown.ui;
    let list = shown.opened.as_ref().map(|opened| opened.attachments.as_slice()).unwrap_or_default();
    html! {
        @if !list.is_empty() {
            section {
                h2 { (ui.t("attachments-title")) }
                @for attachment in list { (one_attachment(shown, attachment)) }
            }
        }
    }
}

fn one_attachment(shown: &Shown<'_>, attachment: &OpenedAttachment) -> Markup {
    let ui = shown.ui;
    let kind = attachment.info.media_type.as_str();
    html! {
        article.attachment {
            div.line {
                strong { (ui.ta("attachment-number", &[("number", u64::from(attachment.slot).into())])) }
                bdi { (kind) }
                span { (ui.ta("bytes", &[("count", attachment.info.size.into())])) }
                @if attachment.content.is_some() {
                    a.button href={ "/warnings/" (shown.submission) "/attachments/" (attachment.slot) } download { (ui.t("download")) }
                } @else { span.badge.misfit { (ui.t("attachment-missing")) } }
            }
            @if kind == RELAY_MEDIA_TYPE { p { (ui.t("attachment-relay")) } }
            @else if let Some(content) = &attachment.content { (super::attachment::view(ui, kind, content)) }
            p.small.quiet { "SHA-256 " (parts::id(&attachment.info.sha256.to_string())) }
        }
    }
}

/// What is proven, as a picture, and what the other side could show.
fn proof(shown: &Shown<'_>) -> Markup {
    let ui = shown.ui;
    let own = ui.app.desk.party().as_str();
    html! {
        section #evidence data-live="evidence" {
            h2 { (ui.t("evidence-title")) }
            @match &shown.finding {
                Ok(finding) => {
                    (timeline::steps(ui, finding, own))
                    div class={ "notice finding-short " (finding.answer.as_str()) } {
                        h3 { (ui.t("other-side-title")) }
                        p { (verdict::sentence(ui, finding)) }
                        p.quiet { (ui.t("other-side-text")) }
                    }
                    details { summary { (ui.t("finding-whole")) } (verdict::whole(ui, finding)) }
                }
                Err(why) => (verdict::none(ui, why)),
            }
            (held(shown))
        }
    }
}

/// What lies in the record about it, proven or not.
fn held(shown: &Shown<'_>) -> Markup {
    let ui = shown.ui;
    let Ok(held) = ui.app.desk.record().about(&shown.submission) else { return html! {} };
    html! {
        details {
            summary { (ui.ta("held-title", &[("count", held.len().into())])) }
            table.list {
                thead { tr { th scope="col" { (ui.t("held-statement")) } th scope="col" { (ui.t("held-by")) } th scope="col" { (ui.t("held-since")) } th scope="col" { (ui.t("held-place")) } } }
                tbody {
                    @for one in held.iter().filter(|h| !matches!(h.statement.body(), Body::Warning(_))).take(FACTS_MAX) {
                        tr {
                            th scope="row" { @match words::statement(one.statement.body().name()) { Some(key) => (ui.t(&key)), None => bdi { (one.statement.body().name()) } } }
                            td { bdi { (one.statement.common().iss) } }
                            td { (ui.when(one.held_at)) }
                            td { @match &one.proof { Some(proof) => (ui.ta("held-at-index", &[("index", proof.index.into())])), None => span.quiet { (ui.t("held-not-yet")) } } }
                        }
                    }
                }
            }
        }
    }
}

/// Who has the case, notes, calls to people, and what was done here.
fn case(shown: &Shown<'_>) -> Result<Markup, crate::error::ConsoleError> {
    let (ui, store) = (shown.ui, &shown.ui.app.store);
    let id = shown.submission.to_string();
    let (case, notes, attempts, acts) =
        (store.case(&id)?, store.notes_of(&id)?, store.attempts(&id)?, store.journal_of(&id, 20)?);
    let officer = ui.is(Role::DutyOfficer);
    Ok(html! {
        section.panel {
            h2 { (ui.t("case-title")) }
            @match &case {
                Some(case) => p { (ui.ta("case-owner", &[("user", ui.display(&case.owner).into()), ("time", ui.when_text(case.since).into())])) },
                None => p { (ui.t("case-nobody")) },
            }
            @if officer && case.as_ref().is_none_or(|c| c.owner != ui.user_name()) {
                form method="post" action={ "/warnings/" (id) "/take" } { (ui.csrf()) button { (ui.t("case-take")) } }
            }
            h3 { (ui.t("notes-title")) }
            @for note in &notes { (super::shift::note(ui, note)) }
            @if notes.is_empty() { p.quiet { (ui.t("notes-none")) } }
            @if officer {
                form.stack method="post" action={ "/warnings/" (id) "/note" } {
                    (ui.csrf())
                    (parts::area(ui, "text", "note-label", "", 3, Some("note-hint")))
                    div.actions { button { (ui.t("note-keep")) } }
                }
            }
            @if !attempts.is_empty() {
                h3 { (ui.t("attempts-title")) }
                ul.plain {
                    @for attempt in &attempts {
                        li { (ui.when(attempt.at)) " · " bdi { (attempt.transport) " " (attempt.contact) } " · " span class=(if attempt.taken { "ok" } else { "not-ok" }) { (ui.t(if attempt.taken { "attempt-taken" } else { "attempt-failed" })) } " " span.small.quiet lang="en" dir="ltr" { (attempt.answer) } }
                    }
                }
            }
            details {
                summary { (ui.t("case-acts")) }
                ul.plain { @for act in &acts { li { (ui.when(act.at)) " · " bdi { (ui.display(&act.user)) } " · " @match words::act(&act.act) { Some(key) => (ui.t(&key)), None => (act.act) } @if !act.detail.is_empty() { " · " bdi { (act.detail) } } } } }
            }
            p { a href={ "/warnings/" (id) "/print" } { (ui.t("print-page")) } " · " a href={ "/dossier?about=" (id) } { (ui.t("dossier-make")) } }
        }
    })
}

/// Whether fields may be passed on at all, and the statuses that a person may answer.
pub(crate) fn may_relay(warning: &Warning) -> bool {
    warning.relay != RelayTerms::None
}

/// The answers in the order of the form.
pub(crate) const ANSWERS: [ReplyStatus; 9] = [
    ReplyStatus::Acknowledged,
    ReplyStatus::Investigating,
    ReplyStatus::Affected,
    ReplyStatus::NotAffected,
    ReplyStatus::Fixed,
    ReplyStatus::Question,
    ReplyStatus::Disputed,
    ReplyStatus::WrongAddressee,
    ReplyStatus::Declined,
];
