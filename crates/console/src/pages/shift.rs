//! Handing over: notes between shifts, and who has which case.

use super::{OrPage as _, PageResult, page, parts, require};
use crate::forms::Signed;
use crate::store::{Act, Role, ShiftNote};
use crate::ui::Ui;
use axum::Extension;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

/// Notes and open cases on the page.
const NOTES_MAX: u64 = 100;
const CASES_MAX: usize = 50;

/// One note.
pub(crate) fn note(ui: &Ui, note: &ShiftNote) -> Markup {
    html! {
        article.note {
            p.line.small { bdi { (ui.display(&note.author)) } (ui.when(note.at)) @if let Some(id) = &note.submission { a href={ "/warnings/" (id) } { (ui.t("note-about")) } } }
            p.text dir="auto" { (note.text) }
        }
    }
}

pub(crate) async fn show(Extension(ui): Extension<Ui>) -> PageResult {
    let notes = ui.app.store.notes(NOTES_MAX).or_page(&ui)?;
    let open: Vec<_> = ui.app.inbox().open_rows().take(CASES_MAX).cloned().collect();
    let mut owners = Vec::new();
    for row in &open {
        owners.push(ui.app.store.case(&row.submission.to_string()).or_page(&ui)?);
    }
    let body = html! {
        h1 { (ui.t("nav-shift")) }
        div.columns {
            div.wide {
                section {
                    h2 { (ui.t("shift-open")) }
                    @if open.is_empty() { p.quiet { (ui.t("inbox-empty")) } }
                    ol.rows data-keys {
                        @for (row, owner) in open.iter().zip(&owners) {
                            li class={ "row " (row.urgency) } {
                                div.line { (parts::urgency_badge(&ui, row.urgency)) (parts::clock(&ui, row)) }
                                a.subject href={ "/warnings/" (row.submission) } { @if row.summary.is_empty() { (ui.t("row-no-summary")) } @else { span dir="auto" { (row.summary) } } }
                                div.line.small { @match owner { Some(case) => (ui.ta("case-owner", &[("user", ui.display(&case.owner).into()), ("time", ui.when_text(case.since).into())])), None => (ui.t("case-nobody")) } }
                            }
                        }
                    }
                }
            }
            div.side {
                section.panel {
                    h2 { (ui.t("notes-title")) }
                    @if ui.is(Role::DutyOfficer) {
                        form.stack method="post" action="/shift" { (ui.csrf()) (parts::area(&ui, "text", "note-label", "", 4, Some("note-hint"))) div.actions { button.primary { (ui.t("note-keep")) } } }
                    }
                    @for one in &notes { (note(&ui, one)) }
                    @if notes.is_empty() { p.quiet { (ui.t("notes-none")) } }
                }
            }
        }
    };
    Ok(page(&ui, &ui.t("nav-shift"), "/shift", body))
}

pub(crate) async fn write(Signed { ui, fields }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer])?;
    if let Some(text) = super::answer::optional_text(&ui, fields.filled("text"))? {
        ui.app.store.add_note(None, ui.user_name(), text.as_str(), ui.now).or_page(&ui)?;
        ui.app.store.log(ui.now, ui.user_name(), Act::HandedOver, "", "").or_page(&ui)?;
    }
    Ok(Redirect::to("/shift").into_response())
}
