//! The desk itself: who it is, how it is, when it was silent, whom it relies on.

use super::{OrPage as _, PageResult, page, parts};
use crate::ui::Ui;
use axum::Extension;
use maud::html;

const SILENCES_MAX: u64 = 30;

pub(crate) async fn show(Extension(ui): Extension<Ui>) -> PageResult {
    let desk = &ui.app.desk;
    let (health, directory) = (ui.app.health(), desk.directory().await);
    let silences = ui.app.store.silences(SILENCES_MAX).or_page(&ui)?;
    let alarms = desk.record().alarms().or_page(&ui)?;
    let users = ui.app.store.users().or_page(&ui)?;
    let declared = directory.party(desk.party()).and_then(|party| party.declaration());
    let body = html! {
        h1 { (ui.t("nav-desk")) }
        (super::inbox::state(&ui, &health))
        div.columns {
            div.wide {
                section {
                    h2 { (ui.t("desk-health")) }
                    dl.facts data-live="health" {
                        div { dt { (ui.t("desk-collected")) } dd { @match health.collected_at { Some(at) => { (ui.when_both(at)) }, None => (ui.t("desk-never")) } } }
                        div { dt { (ui.t("desk-followed")) } dd { @match health.followed_at { Some(at) => { (ui.when_both(at)) }, None => (ui.t("desk-never")) } } }
                        div { dt { (ui.t("desk-keys")) } dd { (ui.t(if ui.app.human_keys_open() { "desk-keys-open" } else { "desk-keys-closed" })) } }
                        div { dt { (ui.t("desk-eyes")) } dd { (ui.t(if ui.app.config.four_eyes { "releases-four-eyes" } else { "releases-two-eyes" })) } }
                    }
                    @if !health.failed.is_empty() {
                        h3 { (ui.t("desk-failed")) }
                        ul { @for (who, why) in &health.failed { li { bdi { (who) } " · " span.small lang="en" dir="ltr" { (why) } } } }
                    }
                }
                section {
                    h2 { (ui.t("desk-silences")) }
                    p.hint { (ui.t("desk-silences-hint")) }
                    @if silences.is_empty() { p.quiet { (ui.t("desk-no-silence")) } }
                    @else {
                        table.list {
                            thead { tr { th scope="col" { (ui.t("desk-silent-from")) } th scope="col" { (ui.t("desk-silent-until")) } th scope="col" { (ui.t("desk-silent-cause")) } } }
                            tbody { @for silence in &silences { tr {
                                td { (ui.when(silence.since)) }
                                td { @match silence.until { Some(until) => { (ui.when(until)) " · " (ui.ta("desk-silent-length", &[("span", ui.span(until.value().saturating_sub(silence.since.value())).into())])) }, None => (ui.t("desk-silent-still")) } }
                                td { (ui.t(if silence.cause == "stopped" { "desk-silent-stopped" } else { "desk-silent-unreachable" })) }
                            } } }
                        }
                    }
                }
                section {
                    h2 { (ui.t("desk-alarms")) }
                    @if alarms.is_empty() { p.quiet { (ui.t("desk-no-alarm")) } }
                    @for alarm in &alarms { div.notice.bad { p { (ui.when(alarm.at)) " · " code { (alarm.code) } } p lang="en" dir="ltr" { (alarm.detail) } } }
                }
            }
            div.side {
                section.panel {
                    h2 { (ui.t("desk-who")) }
                    p { (parts::party(&ui, &directory, desk.party())) }
                    dl.facts {
                        div { dt { (ui.t("desk-exchange")) } dd { bdi { (desk.config().exchange) } } }
                        @if let Some(record) = declared {
                            @let d = &record.declaration;
                            div { dt { (ui.t("desk-custodians")) } dd { @for (n, name) in d.custodians.iter().enumerate() { @if n > 0 { " · " } bdi { (name) } } " " (ui.ta("desk-quorum", &[("quorum", u64::from(d.quorum).into())])) } }
                            div { dt { (ui.t("desk-rhythm")) } dd { (ui.ta("desk-rhythm-text", &[("span", ui.span(d.poll_seconds).into())])) } }
                            div { dt { (ui.t("desk-declared-until")) } dd { (ui.when_both(d.valid_until)) } }
                        } @else { div { dt { (ui.t("desk-custodians")) } dd { (ui.t("desk-not-declared")) } } }
                        @if let Some(trust) = desk.trust() {
                            div { dt { (ui.t("desk-trust")) } dd { (trust.organisations().collect::<Vec<_>>().join(" · ")) " " (ui.ta("desk-trust-counts", &[("k", trust.k().into()), ("n", trust.n().into())])) } }
                        } @else { div { dt { (ui.t("desk-trust")) } dd { (ui.t("no-finding-trust")) } } }
                    }
                }
                section.panel {
                    h2 { (ui.t("desk-users")) }
                    ul.plain { @for user in &users { li { bdi { (user.display) } " · " @for (n, role) in user.roles.iter().enumerate() { @if n > 0 { ", " } (ui.t(&crate::words::role(*role))) } } } }
                }
            }
        }
    };
    Ok(page(&ui, &ui.t("nav-desk"), "/desk", body))
}
