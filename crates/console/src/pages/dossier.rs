//! Evidence for others: choose what to reveal field by field, see the finding that a stranger would get, export.

use super::attachment::as_download;
use super::{OrPage as _, PageError, PageResult, page, parts, require, submission, verdict};
use crate::evidence;
use crate::forms::{Fields, Signed};
use crate::inbox::open;
use crate::store::{Act, Role};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::Query;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use monition_desk::GatherOptions;
use monition_evidence::judge::{Question, Told};
use monition_evidence::warning::{Field, Group, Value};
use monition_evidence::{Digest, PartyName, UnixSeconds, Wid};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[derive(Deserialize)]
pub(crate) struct About {
    #[serde(default)]
    about: String,
}

/// What is asked and what is revealed: in the form, in a release, in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    question: String,
    fields: Vec<String>,
    only: Option<String>,
    own: bool,
}

impl Wanted {
    fn from_form(ui: &Ui, fields: &Fields) -> Result<Self, Response> {
        let input = |detail: String| PageError::Input("error-question", detail).show(ui);
        let name = |field: &str| -> Result<Option<PartyName>, Response> {
            let parsed = fields.filled(field).map(PartyName::parse).transpose();
            parsed.map_err(|error| PageError::Input("error-party", error.to_string()).show(ui))
        };
        let party = name("party")?.ok_or_else(|| input(String::new()))?;
        let of = fields.filled("wid").map(Wid::parse).transpose().map_err(|error| input(error.to_string()))?;
        let before = match fields.filled("before") {
            Some(text) => Some(ui.zone.parse_input(text).ok_or_else(|| input(text.to_owned()))?),
            None => None,
        };
        let told = Told { party, by: name("by")?, of, before };
        let chosen = fields.all("field").filter(|name| Field::parse(name).is_some()).map(str::to_owned).collect();
        let only = fields.filled("only").filter(|id| Digest::parse(id).is_ok()).map(str::to_owned);
        Ok(Self { question: told.to_string(), fields: chosen, only, own: fields.get("own") == "yes" })
    }

    /// A group whose every field is shown is opened with its key, so that anybody sees that it was delivered; for own
    /// submissions alone, since nobody else has the seeds.
    fn options(&self) -> GatherOptions {
        let shown = |field: Field| field == Field::Addressee || self.fields.iter().any(|name| name == field.name());
        let whole = |group: &Group| self.own && group.fields().all(shown);
        GatherOptions {
            groups: Group::ALL.iter().copied().filter(whole).collect(),
            fields: Field::ALL.iter().copied().filter(|field| shown(*field)).collect(),
            submissions: self.only.as_deref().and_then(|id| Digest::parse(id).ok()).map(|id| vec![id]),
        }
    }

    fn hidden(&self, ui: &Ui) -> Markup {
        let Ok(Question::Told(told)) = Question::parse(&self.question) else { return html! {} };
        html! {
            input type="hidden" name="party" value=(told.party);
            @if let Some(by) = &told.by { input type="hidden" name="by" value=(by); }
            @if let Some(of) = &told.of { input type="hidden" name="wid" value=(of); }
            @if let Some(before) = told.before { input type="hidden" name="before" value=(ui.zone.input_value(before)); }
            @for name in &self.fields { input type="hidden" name="field" value=(name); }
            @if let Some(only) = &self.only { input type="hidden" name="only" value=(only); }
            @if self.own { input type="hidden" name="own" value="yes"; }
        }
    }

    fn reveals_sources(&self) -> bool {
        self.fields.iter().filter_map(|name| Field::parse(name)).any(|field| field.group() == Group::Source)
    }
}

/// What a dossier reveals, for the second person.
pub(crate) fn wanted_markup(ui: &Ui, content: &str) -> Markup {
    let Ok(wanted) = serde_json::from_str::<Wanted>(content) else { return html! {} };
    html! {
        dl.facts {
            div { dt { (ui.t("dossier-question")) } dd { code dir="ltr" { (wanted.question) } } }
            div { dt { (ui.t("dossier-reveals")) } dd { @for name in &wanted.fields { @if let Some(field) = Field::parse(name) { (ui.t(&words::field(field))) " · " } } } }
        }
        @if wanted.reveals_sources() { div.notice.bad role="alert" { p { (ui.t("dossier-sources-warning")) } } }
    }
}

/// The subject of a dossier, if the page was reached from a warning.
struct Subject {
    id: String,
    party: PartyName,
    by: PartyName,
    wid: Option<Wid>,
    own: bool,
    values: HashMap<Field, Value>,
}

async fn subject(ui: &Ui, id: &str) -> Result<Subject, Response> {
    let digest = submission(ui, id)?;
    let desk = &ui.app.desk;
    if let Some(row) = desk.record().sent(&digest).or_page(ui)? {
        let values = row.disclosures.iter().map(|d| (d.field, d.value.clone())).collect();
        let (party, by) = (row.recipient, desk.party().clone());
        return Ok(Subject { id: id.to_owned(), party, by, wid: Some(row.wid), own: true, values });
    }
    let entry = desk.record().received(&digest).or_page(ui)?.ok_or_else(|| PageError::NotFound.show(ui))?;
    let held = desk.record().statement(&digest).or_page(ui)?.ok_or_else(|| PageError::NotFound.show(ui))?;
    let directory = desk.directory().await;
    let opened = open(desk, &directory, &digest).or_page(ui)?;
    let values = opened.iter().flat_map(|opened| opened.disclosed.iter()).map(|d| (d.field, d.value.clone())).collect();
    let by = held.statement.common().iss.clone();
    Ok(Subject { id: id.to_owned(), party: desk.party().clone(), by, wid: entry.wid, own: false, values })
}

pub(crate) async fn choose(Extension(ui): Extension<Ui>, Query(about): Query<About>) -> PageResult {
    let subject = if about.about.is_empty() { None } else { Some(subject(&ui, &about.about).await?) };
    let directory = ui.app.desk.directory().await;
    let names: Vec<&PartyName> = directory.parties().map(|party| &party.name).collect();
    let body = html! {
        h1 { (ui.t("nav-dossier")) }
        p { (ui.t("dossier-explained")) }
        form.stack method="post" action="/dossier/finding" {
            (ui.csrf())
            fieldset.panel {
                legend { (ui.t("dossier-question")) }
                @if let Some(s) = &subject {
                    input type="hidden" name="party" value=(s.party); input type="hidden" name="by" value=(s.by);
                    input type="hidden" name="only" value=(s.id);
                    @if let Some(wid) = s.wid { input type="hidden" name="wid" value=(wid); }
                    @if s.own { input type="hidden" name="own" value="yes"; }
                    p.lead { (ui.ta("dossier-question-about", &[("to", s.party.to_string().into()), ("from", s.by.to_string().into())])) }
                } @else {
                    p.hint { (ui.t("dossier-question-hint")) }
                    div.pair {
                        div.field { label for="d-party" { (ui.t("dossier-party")) } input #d-party name="party" list="parties" required dir="ltr" value=(ui.app.desk.party()); }
                        div.field { label for="d-by" { (ui.t("dossier-by")) } input #d-by name="by" list="parties" dir="ltr"; }
                    }
                    datalist #parties { @for name in &names { option value=(name) {} } }
                    // Sent or received decides which groups can be opened with their keys; both are gathered.
                    input type="hidden" name="own" value="yes";
                }
                div.field {
                    label for="d-before" { (ui.t("dossier-before")) " (" bdi { (ui.language.digits(&ui.zone.label())) } ")" }
                    input #d-before type="datetime-local" name="before" aria-describedby="d-before-hint";
                    p.hint #d-before-hint { (ui.t("dossier-before-hint")) }
                }
            }
            fieldset.panel {
                legend { (ui.t("dossier-reveal")) }
                p.hint { (ui.t("dossier-reveal-hint")) }
                @for group in Group::ALL { (group_choices(&ui, *group, subject.as_ref())) }
            }
            div.actions.sticky { button.primary { (ui.t("dossier-see")) } }
        }
    };
    Ok(page(&ui, &ui.t("nav-dossier"), "/dossier", body))
}

fn group_choices(ui: &Ui, group: Group, subject: Option<&Subject>) -> Markup {
    html! {
        fieldset class={ "reveal " @if group == Group::Source { "sources" } } {
            legend { (ui.t(&words::group(group))) }
            @if group == Group::Source { p.hint { (ui.t("dossier-sources-hint")) } }
            @for field in group.fields() {
                @let value = subject.and_then(|s| s.values.get(&field));
                @let empty = value == Some(&Value::Null);
                label.choice class=[empty.then_some("quiet")] {
                    input type="checkbox" name="field" value=(field.name()) checked[group != Group::Source] disabled[field == Field::Addressee];
                    span {
                        strong { (ui.t(&words::field(field))) @if Field::attachments().contains(&field) { " " (ui.number(field.position() as u64 - Field::Attachment1.position() as u64 + 1)) } }
                        @if let Some(value) = value { span.hint { (parts::value(ui, field, value)) } }
                    }
                }
            }
        }
    }
}

pub(crate) async fn finding(Signed { ui, fields }: Signed) -> PageResult {
    let wanted = Wanted::from_form(&ui, &fields)?;
    let dossier = ui.app.desk.gather(&wanted.question, &wanted.options()).await.or_page(&ui)?;
    let (statements, size) = (dossier.statements.len(), dossier.to_bytes().map_or(0, |bytes| bytes.len()));
    let finding = evidence::judge_one(&ui.app, dossier, &wanted.question).await;
    let subject = wanted.only.clone().unwrap_or_default();
    ui.app.store.log(ui.now, ui.user_name(), Act::Judged, &subject, &wanted.question).or_page(&ui)?;
    let second = ui.app.config.four_eyes || !ui.is(Role::Releaser);
    let body = html! {
        h1 { (ui.t("dossier-finding-title")) }
        p { (ui.t("dossier-finding-explained")) }
        @if wanted.reveals_sources() { div.notice.bad role="alert" { p { (ui.t("dossier-sources-warning")) } } }
        @match &finding { Ok(finding) => (verdict::whole(&ui, finding)), Err(why) => (verdict::none(&ui, why)) }
        form.stack.screen method="post" action="/dossier/export" {
            (ui.csrf()) (wanted.hidden(&ui))
            p { (ui.ta("dossier-size", &[("count", statements.into()), ("bytes", size.into())])) " " (ui.t("dossier-irrevocable")) }
            p.hint { (ui.t("print-hint")) }
            div.actions { button.primary { (ui.t(if second { "ask-release" } else { "dossier-export" })) } }
        }
    };
    Ok(page(&ui, &ui.t("dossier-finding-title"), "/dossier", body))
}

pub(crate) async fn export(Signed { ui, fields }: Signed) -> PageResult {
    let wanted = match fields.filled("release") {
        Some(id) => {
            let id = id.parse::<u64>().map_err(|_| PageError::NotFound.show(&ui))?;
            let release = ui.app.store.release(id).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
            let fits = release.kind == "dossier"
                && release.outcome.as_deref() == Some("released")
                && release.asked_by == ui.user_name();
            if !fits {
                return Err(PageError::Forbidden.show(&ui));
            }
            serde_json::from_str(&release.content).map_err(|_| PageError::StaleForm.show(&ui))?
        }
        None => {
            require(&ui, &[Role::DutyOfficer, Role::Releaser])?;
            let wanted = Wanted::from_form(&ui, &fields)?;
            if ui.app.config.four_eyes || !ui.is(Role::Releaser) {
                let content = serde_json::to_string(&wanted).unwrap_or_default();
                let release = ui.app.store.ask_release("dossier", &content, ui.user_name(), ui.now).or_page(&ui)?;
                let subject = wanted.only.unwrap_or_default();
                ui.app.store.log(ui.now, ui.user_name(), Act::AskedRelease, &subject, "dossier").or_page(&ui)?;
                return Ok(Redirect::to(&format!("/releases/{release}")).into_response());
            }
            wanted
        }
    };
    hand_out(&ui, &wanted).await
}

async fn hand_out(ui: &Ui, wanted: &Wanted) -> Result<Response, Response> {
    let dossier = ui.app.desk.gather(&wanted.question, &wanted.options()).await.or_page(ui)?;
    let bytes = dossier.to_bytes().map_err(|error| PageError::Input("error-console", error.to_string()).show(ui))?;
    let detail = format!("{}: {}", wanted.question, wanted.fields.join(" "));
    let subject = wanted.only.clone().unwrap_or_default();
    ui.app.store.log(ui.now, ui.user_name(), Act::Revealed, &subject, &detail).or_page(ui)?;
    let day: String = UnixSeconds::new(ui.now.value()).to_string().chars().take(10).collect();
    let mut response = as_download(&format!("dossier-{day}.dossier.json"), bytes);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
