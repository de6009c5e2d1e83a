//! Writing a warning: coarse to fine, leaving unknown what is unknown, the source closed.

use super::{OrPage as _, PageError, PageResult, page, parts, require, submission};
use crate::drafting::Content;
use crate::forms::{Signed, SignedUpload};
use crate::store::{DraftFile, Role, StoredDraft};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use monition_evidence::directory::Directory;
use monition_evidence::values::{RelayTerms, Tlp, Urgency};
use monition_evidence::warning::{Axis, Field};
use monition_evidence::{Body, UnixSeconds};

/// Classes that are offered; any other dotted words will do.
const CLASSES: [&str; 12] = [
    "attack.cyber.ransomware",
    "attack.cyber.intrusion",
    "attack.cyber.credentials",
    "attack.cyber.denial-of-service",
    "attack.cyber.supply-chain",
    "attack.physical",
    "attack.physical.explosive",
    "attack.physical.kidnapping",
    "vulnerability.software",
    "vulnerability.hardware",
    "hazard.product",
    "hazard.natural",
];

const WRITERS: [Role; 2] = [Role::DutyOfficer, Role::Releaser];

pub(crate) async fn begin(Extension(ui): Extension<Ui>) -> PageResult {
    require(&ui, &WRITERS)?;
    let drafts = ui.app.store.drafts().or_page(&ui)?;
    let directory = ui.app.desk.directory().await;
    let body = html! {
        h1 { (ui.t("compose-title")) }
        @if !drafts.is_empty() {
            details.panel open {
                summary { (ui.ta("drafts-title", &[("count", drafts.len().into())])) }
                ul.plain { @for draft in &drafts { li { (draft_line(&ui, draft)) } } }
            }
        }
        (form(&ui, &directory, None, &Content::default(), &[]))
    };
    Ok(page(&ui, &ui.t("compose-title"), "/compose", body))
}

fn draft_line(ui: &Ui, draft: &StoredDraft) -> Markup {
    let content: Content = serde_json::from_str(&draft.content).unwrap_or_default();
    let summary = content.fields.get("summary").map(|text| text.chars().take(80).collect::<String>());
    html! {
        a href={ "/drafts/" (draft.id) } { @match summary { Some(text) => span dir="auto" { (text) }, None => (ui.t("row-no-summary")) } }
        " · " bdi { (ui.display(&draft.author)) } " · " (ui.when(draft.changed_at))
    }
}

/// A draft with its content and files, if the user may see it.
pub(crate) fn load(ui: &Ui, id: u64) -> Result<(StoredDraft, Content, Vec<DraftFile>), Response> {
    let draft = ui.app.store.draft(id).or_page(ui)?.ok_or_else(|| PageError::NotFound.show(ui))?;
    let content = serde_json::from_str(&draft.content).unwrap_or_default();
    let files = ui.app.store.files(id).or_page(ui)?;
    Ok((draft, content, files))
}

pub(crate) async fn edit(Extension(ui): Extension<Ui>, Path(id): Path<u64>) -> PageResult {
    require(&ui, &WRITERS)?;
    let (draft, content, files) = load(&ui, id)?;
    let directory = ui.app.desk.directory().await;
    let title = if draft.amends.is_some() { "amend-title" } else { "compose-title" };
    let body = html! { h1 { (ui.t(title)) } (form(&ui, &directory, Some(&draft), &content, &files)) };
    Ok(page(&ui, &ui.t(title), "/compose", body))
}

pub(crate) async fn save(SignedUpload { ui, fields, files }: SignedUpload) -> PageResult {
    require(&ui, &WRITERS)?;
    let mut content = Content::from_form(&fields, ui.zone);
    let known = fields.filled("draft").and_then(|id| id.parse::<u64>().ok());
    if let Some(id) = known {
        // An amendment goes to whom the first one went.
        let (draft, before, _) = load(&ui, id)?;
        if draft.amends.is_some() {
            content.recipients = before.recipients;
        }
    }
    let text = serde_json::to_string(&content).unwrap_or_default();
    let id = ui.app.store.keep_draft(known, ui.user_name(), &text, None, ui.now).or_page(&ui)?;
    let held = ui.app.store.files(id).or_page(&ui)?.len();
    if held + files.len() > monition_desk::compose::ATTACHMENTS_MAX {
        return Err(PageError::TooLarge.show(&ui));
    }
    for file in &files {
        ui.app.store.attach(id, &file.name, &media_type(&file.name, &file.media_type), &file.content).or_page(&ui)?;
    }
    let to = if fields.get("go") == "preview" { format!("/drafts/{id}/preview") } else { format!("/drafts/{id}") };
    Ok(Redirect::to(&to).into_response())
}

/// Browsers know neither STIX nor CAP by their endings.
fn media_type(name: &str, given: &str) -> String {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let known = match ending.as_str() {
        "stix" => "application/stix+json",
        "cap" => "application/cap+xml",
        _ => given,
    };
    // A type that is none of the form type/subtype says nothing.
    let fits = |c: char| c.is_ascii_alphanumeric() || "/+.-;=".contains(c);
    if known.len() <= 100 && known.split('/').count() == 2 && known.chars().all(fits) {
        known.to_owned()
    } else {
        "application/octet-stream".to_owned()
    }
}

pub(crate) async fn discard(Path(id): Path<u64>, Signed { ui, .. }: Signed) -> PageResult {
    require(&ui, &WRITERS)?;
    ui.app.store.drop_draft(id).or_page(&ui)?;
    Ok(Redirect::to("/compose").into_response())
}

pub(crate) async fn detach(Path((id, file)): Path<(u64, u64)>, Signed { ui, .. }: Signed) -> PageResult {
    require(&ui, &WRITERS)?;
    ui.app.store.detach(id, file).or_page(&ui)?;
    Ok(Redirect::to(&format!("/drafts/{id}#files")).into_response())
}

/// Begins an amendment: a draft with what was sent.
pub(crate) async fn amend(Path(id): Path<String>, Signed { ui, .. }: Signed) -> PageResult {
    require(&ui, &WRITERS)?;
    let digest = submission(&ui, &id)?;
    let record = ui.app.desk.record();
    let row = record.sent(&digest).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
    let core = record.statement(&row.core).or_page(&ui)?.ok_or_else(|| PageError::NotFound.show(&ui))?;
    let Body::Warning(warning) = core.statement.body() else { return Err(PageError::NotFound.show(&ui)) };
    let mut content = Content::of_sent(&row, warning);
    content.deadline = content.deadline.filter(|deadline| *deadline > ui.now.value());
    let text = serde_json::to_string(&content).unwrap_or_default();
    let draft = ui.app.store.keep_draft(None, ui.user_name(), &text, Some(&id), ui.now).or_page(&ui)?;
    Ok(Redirect::to(&format!("/drafts/{draft}")).into_response())
}

fn time_input(ui: &Ui, name: &str, label: &str, value: Option<u64>, hint: Option<&str>) -> Markup {
    let given = value.map(|seconds| ui.zone.input_value(UnixSeconds::new(seconds))).unwrap_or_default();
    let id = format!("f-{}", name.replace('_', "-"));
    let hint_id = format!("{id}-hint");
    html! {
        div.field {
            label for=(id) { (ui.t(label)) " (" bdi { (ui.language.digits(&ui.zone.label())) } ")" }
            input id=(id) type="datetime-local" name=(name) value=(given) aria-describedby=[hint.map(|_| hint_id.as_str())];
            @if let Some(hint) = hint { p.hint id=(hint_id) { (ui.t(hint)) } }
        }
    }
}

fn form(ui: &Ui, directory: &Directory, draft: Option<&StoredDraft>, content: &Content, files: &[DraftFile]) -> Markup {
    let amends = draft.is_some_and(|draft| draft.amends.is_some());
    html! {
        form.compose.stack method="post" action="/drafts" enctype="multipart/form-data" {
            (ui.csrf())
            @if let Some(draft) = draft { input type="hidden" name="draft" value=(draft.id); }
            @if amends { div.panel { (parts::area(ui, "reason", "compose-reason", &content.reason, 2, Some("compose-reason-hint"))) p.hint { (ui.t("compose-attach-again")) } } }
            (to_whom(ui, directory, content, amends))
            (what(ui, content))
            (in_words(ui, content))
            (ladder_inputs(ui, content))
            (sources(ui, content))
            (terms(ui, content))
            (attached(ui, files))
            details.panel { summary { (ui.t("compose-more")) }
                (time_input(ui, "aware_at", "field-aware-at", content.aware_at, Some("compose-aware-hint")))
                (parts::input(ui, "our_ref", "field-our-ref", text_of(content, Field::OurRef), None))
            }
            div.actions.sticky {
                button.primary name="go" value="preview" { (ui.t("compose-preview")) }
                button name="go" value="keep" { (ui.t("compose-keep")) }
            }
        }
        @for file in files {
            @if let Some(draft) = draft {
                form id={ "drop-" (file.id) } method="post" action={ "/drafts/" (draft.id) "/files/" (file.id) "/drop" } { (ui.csrf()) }
            }
        }
        @if let Some(draft) = draft {
            form.discard method="post" action={ "/drafts/" (draft.id) "/drop" } { (ui.csrf()) button.quiet { (ui.t("compose-discard")) } }
        }
    }
}

fn text_of(content: &Content, field: Field) -> &str {
    content.fields.get(field.name()).map_or("", String::as_str)
}

fn to_whom(ui: &Ui, directory: &Directory, content: &Content, amends: bool) -> Markup {
    let own = ui.app.desk.party();
    let reachable = |party: &&monition_evidence::directory::Party| {
        party.name != *own && party.declaration().is_some_and(|d| d.declaration.valid_until > ui.now)
    };
    let parties: Vec<_> = directory.parties().filter(reachable).collect();
    html! {
        fieldset.panel {
            legend { (ui.t("compose-to")) }
            @if amends {
                p { @for name in &content.recipients { bdi.party-name { (name) } " " } }
                p.hint { (ui.t("compose-to-amend")) }
            } @else {
                p.hint { (ui.t("compose-to-hint")) }
                @if parties.is_empty() { p.quiet { (ui.t("compose-nobody")) } }
                div.choices.compact.parties.scroll tabindex="0" role="group" aria-label=(ui.t("compose-to")) {
                    @for party in parties {
                        label.choice {
                            input type="checkbox" name="recipient" value=(party.name) checked[content.recipients.iter().any(|name| *name == *party.name.as_str())];
                            span { (parts::party(ui, directory, &party.name)) }
                        }
                    }
                }
            }
        }
    }
}

fn what(ui: &Ui, content: &Content) -> Markup {
    html! {
        fieldset.panel {
            legend { (ui.t("compose-what")) }
            div.field {
                label for="f-class" { (ui.t("class-label")) }
                input #f-class name="class" value=(content.class) list="classes" required dir="ltr" maxlength="128" autocapitalize="none" spellcheck="false" aria-describedby="f-class-hint";
                datalist #classes { @for class in CLASSES { option value=(class) {} } }
                p.hint #f-class-hint { (ui.t("compose-class-hint")) }
            }
            div.choices role="radiogroup" aria-label=(ui.t("compose-urgency")) {
                p.label { (ui.t("compose-urgency")) }
                @for urgency in Urgency::ALL.iter().rev() {
                    label.choice { input type="radio" name="urgency" value=(urgency) checked[content.urgency == urgency.as_str()]; span { (parts::urgency_badge(ui, *urgency)) } }
                }
            }
        }
    }
}

fn in_words(ui: &Ui, content: &Content) -> Markup {
    html! {
        fieldset.panel {
            legend { (ui.t("compose-words")) }
            (parts::area(ui, "summary", "field-summary", text_of(content, Field::Summary), 4, Some("compose-summary-hint")))
            (parts::area(ui, "advice", "field-advice", text_of(content, Field::Advice), 3, Some("compose-advice-hint")))
        }
    }
}

fn ladder_inputs(ui: &Ui, content: &Content) -> Markup {
    html! {
        fieldset.panel {
            legend { (ui.t("compose-ladders")) }
            p.hint { (ui.t("compose-ladders-hint")) }
            div.ladder-inputs {
                @for axis in words::AXES.into_iter().filter(|axis| *axis != Axis::Source) {
                    fieldset.ladder-input {
                        legend { (ui.t(&words::axis(axis))) }
                        @for (field, _) in parts::rungs(axis) { (parts::input(ui, field.name(), &words::field(field), text_of(content, field), None)) }
                    }
                }
            }
            div.pair {
                (parts::input(ui, Field::Reliability.name(), "field-rating-reliability", text_of(content, Field::Reliability), Some("compose-reliability-hint")))
                (parts::input(ui, Field::Credibility.name(), "field-rating-credibility", text_of(content, Field::Credibility), Some("compose-credibility-hint")))
            }
        }
    }
}

fn sources(ui: &Ui, content: &Content) -> Markup {
    html! {
        fieldset.panel.sources {
            legend { (ui.t("compose-sources")) }
            p.hint { (ui.t("compose-sources-hint")) }
            @for (field, _) in parts::rungs(Axis::Source) { (parts::input(ui, field.name(), &words::field(field), text_of(content, field), None)) }
            div.choices {
                label.choice { input type="radio" name="withheld" value="yes" checked[content.withheld]; span { strong { (ui.t("compose-withheld")) } span.hint { (ui.t("compose-withheld-consequence")) } } }
                label.choice { input type="radio" name="withheld" value="no" checked[!content.withheld]; span { strong { (ui.t("compose-not-withheld")) } span.hint { (ui.t("compose-not-withheld-consequence")) } } }
            }
        }
    }
}

fn terms(ui: &Ui, content: &Content) -> Markup {
    html! {
        fieldset.panel {
            legend { (ui.t("compose-terms")) }
            div.choices role="radiogroup" aria-label=(ui.t("tlp-label")) {
                p.label { (ui.t("tlp-label")) }
                @for tlp in Tlp::ALL {
                    label.choice { input type="radio" name="tlp" value=(tlp) checked[content.tlp == tlp.as_str()]; span { (parts::tlp_badge(ui, *tlp)) span.hint { (ui.t(&format!("{}-consequence", words::tlp(*tlp)))) } } }
                }
            }
            div.choices role="radiogroup" aria-label=(ui.t("relay-label")) {
                p.label { (ui.t("relay-label")) }
                @for relay in RelayTerms::ALL {
                    label.choice { input type="radio" name="relay" value=(relay) checked[content.relay == relay.as_str()]; span { strong { (ui.t(&words::relay(*relay))) } span.hint { (ui.t(&format!("{}-consequence", words::relay(*relay)))) } } }
                }
            }
            div.pair {
                (time_input(ui, "deadline", "deadline-label", content.deadline, Some("compose-deadline-hint")))
                (time_input(ui, "embargo_until", "embargo-label", content.embargo_until, None))
                (time_input(ui, "retain_until", "retain-label", content.retain_until, None))
            }
        }
    }
}

fn attached(ui: &Ui, files: &[DraftFile]) -> Markup {
    html! {
        fieldset.panel #files {
            legend { (ui.t("attachments-title")) }
            @if !files.is_empty() {
                ul.plain {
                    @for file in files {
                        li { bdi { (file.name) } " · " bdi { (file.media_type) } " · " (ui.ta("bytes", &[("count", file.content.len().into())])) " " button.quiet form={ "drop-" (file.id) } { (ui.t("compose-detach")) } }
                    }
                }
            }
            div.drop {
                label for="f-file" { (ui.t("compose-attach")) }
                input #f-file type="file" name="file" multiple aria-describedby="f-file-hint";
                p.hint #f-file-hint { (ui.t("compose-attach-hint")) }
            }
        }
    }
}
