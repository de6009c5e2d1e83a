//! The journal: who did what, newest first; exported whole, with its chain.

use super::{OrPage as _, PageResult, page, parts, require};
use crate::forms::Signed;
use crate::store::{Act, Entry, Role};
use crate::ui::Ui;
use crate::words;
use axum::Extension;
use axum::extract::Query;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use maud::{Markup, html};
use serde::Deserialize;

const PAGE_ROWS: u64 = 100;

#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<u64>,
}

pub(crate) async fn show(Extension(ui): Extension<Ui>, Query(wanted): Query<Before>) -> PageResult {
    require(&ui, &[Role::DutyOfficer, Role::Releaser])?;
    let entries = ui.app.store.journal_page(wanted.before, PAGE_ROWS).or_page(&ui)?;
    let more = entries.last().map(|entry| entry.seq).filter(|seq| *seq > 1);
    let body = html! {
        h1 { (ui.t("nav-journal")) }
        p.hint { (ui.t("journal-hint")) }
        form method="post" action="/journal/export" { (ui.csrf()) button { (ui.t("journal-export")) } }
        table.list {
            thead { tr { th scope="col" { (ui.t("journal-number")) } th scope="col" { (ui.t("journal-when")) } th scope="col" { (ui.t("journal-who")) } th scope="col" { (ui.t("journal-what")) } th scope="col" { (ui.t("journal-subject")) } } }
            tbody { @for entry in &entries { (line(&ui, entry)) } }
        }
        @if let Some(seq) = more { p.more { a.button href={ "/journal?before=" (seq) } rel="next" { (ui.t("page-next")) } } }
    };
    Ok(page(&ui, &ui.t("nav-journal"), "/journal", body))
}

fn line(ui: &Ui, entry: &Entry) -> Markup {
    html! {
        tr {
            td { (ui.number(entry.seq)) }
            td { (ui.when(entry.at)) }
            td { bdi { (entry.user) } }
            td { @match words::act(&entry.act) { Some(key) => (ui.t(&key)), None => bdi { (entry.act) } } }
            td { @if !entry.subject.is_empty() { (parts::id(&entry.subject)) " " } span.small dir="ltr" { (entry.detail) } }
        }
    }
}

pub(crate) async fn export(Signed { ui, .. }: Signed) -> PageResult {
    require(&ui, &[Role::DutyOfficer, Role::Releaser])?;
    ui.app.store.log(ui.now, ui.user_name(), Act::ExportedJournal, "", "").or_page(&ui)?;
    let entries = ui.app.store.journal().or_page(&ui)?;
    let lines: String =
        entries.iter().filter_map(|entry| serde_json::to_string(entry).ok()).map(|line| line + "\n").collect();
    let mut response = super::attachment::as_download("journal.jsonl", lines.into_bytes());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}
