//! The first page: what came, the urgent and unanswered first.

use super::{PageResult, page, parts};
use crate::app::Health;
use crate::inbox::{Counts, Page, Place, Row, Show};
use crate::ui::Ui;
use axum::Extension;
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

pub(crate) async fn show(Extension(ui): Extension<Ui>, Query(wanted): Query<Wanted>) -> PageResult {
    let show = Show::parse(&wanted.show).unwrap_or_default();
    let search: String = wanted.q.chars().take(200).collect();
    let (counts, found) = {
        let inbox = ui.app.inbox();
        (inbox.counts(), inbox.page(show, &search, Place::parse(&wanted.after)))
    };
    let health = ui.app.health();
    let body = html! {
        h1 { (ui.t("nav-inbox")) }
        (state(&ui, &health))
        (filters(&ui, show, &search, counts))
        div #list data-live="list" { (list(&ui, &found, show, &search)) }
        details.keys { summary { (ui.t("keys-title")) } p { (ui.t("keys-text")) } button.quiet type="button" data-notify hidden { (ui.t("notify-allow")) } }
    };
    Ok(page(&ui, &ui.t("nav-inbox"), "/", body))
}

/// What the reader must know before trusting that the list is complete.
pub(crate) fn state(ui: &Ui, health: &Health) -> Markup {
    let declared = health.collected_at;
    let late = declared.is_some_and(|at| at.plus(60) < ui.now);
    html! {
        div data-live="state" {
            @if let Some(fatal) = &health.fatal {
                div.notice.bad role="alert" { p { strong { (ui.t("state-fatal")) } } p lang="en" dir="ltr" { (fatal) } }
            }
            @if late {
                @if let Some(at) = declared {
                    div.notice.bad role="alert" { p { strong { (ui.ta("state-silent", &[("span", ui.span(ui.now.value() - at.value()).into())])) } " " a href="/desk" { (ui.t("nav-desk")) } } }
                }
            } @else if !health.failed.is_empty() {
                div.notice.warn {
                    p {
                        (ui.ta("state-some-failed", &[("count", health.failed.len().into()), ("names", health.failed.iter().map(|(who, _)| who.as_str()).collect::<Vec<_>>().join(" · ").into())]))
                        " " a href="/desk" { (ui.t("nav-desk")) }
                    }
                }
            }
            @if health.loading > 0 { p.quiet { (ui.ta("state-loading", &[("count", health.loading.into())])) } }
        }
    }
}

fn filters(ui: &Ui, show: Show, search: &str, counts: Counts) -> Markup {
    let label = |show: Show| match show {
        Show::All => ("filter-all", counts.all),
        Show::Open => ("filter-open", counts.open),
        Show::Unread => ("filter-unread", counts.unread),
        Show::Answered => ("filter-answered", counts.answered),
    };
    html! {
        div.filters {
            nav aria-label=(ui.t("filter-label")) data-live="filters" {
                @for choice in Show::ALL {
                    @let (key, count) = label(choice);
                    a href=(address(choice, search, None)) aria-current=[(choice == show).then_some("true")] {
                        (ui.t(key)) " " span.count { (ui.number(count as u64)) }
                    }
                }
            }
            form.search role="search" method="get" action="/" {
                input type="hidden" name="show" value=(show.as_str());
                label.hidden for="q" { (ui.t("search-label")) }
                input #q type="search" name="q" value=(search) placeholder=(ui.t("search-label")) dir="auto" maxlength="200";
                button { (ui.t("search-button")) }
            }
        }
    }
}

fn address(show: Show, search: &str, after: Option<Place>) -> String {
    let mut address = format!("/?show={}", show.as_str());
    if !search.is_empty() {
        address.push_str(&format!("&q={}", crate::guard::encode(search)));
    }
    if let Some(after) = after {
        address.push_str(&format!("&after={}", after.to_text()));
    }
    address
}

fn list(ui: &Ui, found: &Page, show: Show, search: &str) -> Markup {
    html! {
        @if found.rows.is_empty() {
            div.empty {
                p { (ui.t(if search.is_empty() { "inbox-empty" } else { "inbox-nothing-found" })) }
            }
        } @else {
            ol.rows data-keys {
                @for row in &found.rows { li class={ "row " (row.urgency) @if !row.read { " unread" } @if !row.open() { " done" } } { (one(ui, row)) } }
            }
        }
        @if let Some(next) = found.next {
            p.more { a.button href=(address(show, search, Some(next))) rel="next" { (ui.t("page-next")) } }
        }
    }
}

fn one(ui: &Ui, row: &Row) -> Markup {
    html! {
        div.line {
            (parts::urgency_badge(ui, row.urgency))
            @if let Some(tlp) = row.tlp { (parts::tlp_badge(ui, tlp)) }
            @if let Some(status) = row.status { (parts::status_badge(ui, status)) }
            @if !row.read { span.badge.new { (ui.t("badge-unread")) } }
            @if row.misfits { span.badge.misfit { (ui.t("badge-misfit")) } }
            (parts::clock(ui, row))
        }
        a.subject href={ "/warnings/" (row.submission) } {
            @if row.disposed { (ui.t("row-disposed")) }
            @else if row.summary.is_empty() { (ui.t("row-no-summary")) }
            @else { span dir="auto" { (row.summary) } }
        }
        div.line.small {
            @if let Some(sender) = &row.sender { bdi { (sender) } } @else { span { (ui.t("sender-unknown")) } }
            @if let Some(class) = &row.class { span { bdi { (class) } } }
            (ui.when(row.received_at))
        }
    }
}
