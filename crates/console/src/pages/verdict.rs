//! A finding in the reader's language: answer, step, who, what, silence, caveats, who contradicted itself.
//!
//! The judge's own words are English and stand beside it, unaltered, for whoever needs them.

use super::{parts, timeline};
use crate::evidence::NoFinding;
use crate::language::Argument;
use crate::ui::Ui;
use crate::words;
use maud::{Markup, html};
use monition_evidence::judge::{Answer, Finding, Identity, Question, Told};
use monition_evidence::warning::{Field, POSITIONS};

/// The answer as one sentence.
pub(crate) fn sentence(ui: &Ui, finding: &Finding) -> String {
    let Ok(Question::Told(told)) = Question::parse(&finding.question) else {
        return ui.ta("finding-facts", &[("count", finding.timeline.len().into())]);
    };
    let to = told.party.to_string();
    let from = told.by.as_ref().map(ToString::to_string);
    let from = from.or_else(|| finding.author.as_ref().map(|author| author.party.to_string()));
    let before = told.before.map(|time| ui.when_text(time));
    let mut arguments: Vec<(&'static str, Argument)> = vec![("to", to.into())];
    let key = match (finding.answer, from, before) {
        (Answer::Proven, Some(from), None) => {
            arguments.push(("from", from.into()));
            "finding-proven"
        }
        (Answer::Proven, Some(from), Some(before)) => {
            arguments.extend([("from", from.into()), ("before", before.into())]);
            "finding-proven-before"
        }
        (Answer::Proven, None, _) => "finding-proven-somebody",
        (Answer::Refuted, Some(from), Some(before)) => {
            arguments.extend([("from", from.into()), ("before", before.into())]);
            "finding-refuted-from"
        }
        (Answer::Refuted, _, before) => {
            arguments.push(("before", before.unwrap_or_default().into()));
            "finding-refuted"
        }
        (Answer::NotDecidable, Some(from), _) => {
            arguments.push(("from", from.into()));
            "finding-open"
        }
        (Answer::NotDecidable, None, _) => "finding-open-somebody",
    };
    ui.ta(key, &arguments)
}

fn told_of(finding: &Finding) -> Option<Told> {
    match Question::parse(&finding.question) {
        Ok(Question::Told(told)) => Some(told),
        _ => None,
    }
}

/// The finding, whole.
pub(crate) fn whole(ui: &Ui, finding: &Finding) -> Markup {
    let class = finding.answer.as_str();
    html! {
        section class={ "finding " (class) } aria-label=(ui.t("finding-title")) {
            p.answer { (ui.t(&words::answer(finding.answer))) }
            p.lead { (sentence(ui, finding)) }
            @if let Some(silence) = &finding.silence {
                @let names = silence.custodians.iter().map(ToString::to_string).collect::<Vec<_>>().join(" · ");
                p { (ui.ta("finding-silence", &[("custodians", names.into()), ("deadline", ui.when_text(silence.deadline).into())])) }
                @if silence.outside_hours { p { (ui.t("finding-silence-hours")) } }
            }
            (misbehaviour(ui, finding))
            @if let Some(told) = told_of(finding) { (timeline::steps(ui, finding, told.party.as_str())) }
            (people(ui, finding))
            (content(ui, finding))
            (caveats(ui, finding))
            (basis(ui, finding))
            details { summary { (ui.t("finding-own-words")) } pre.words lang="en" dir="ltr" { (finding.to_text()) } }
        }
    }
}

fn misbehaviour(ui: &Ui, finding: &Finding) -> Markup {
    html! {
        @for liar in &finding.misbehaviour {
            div.notice.bad {
                p { strong { (ui.ta("misbehaviour-by", &[("party", liar.party.to_string().into())])) } }
                @match words::misbehaviour(liar.code) {
                    Some(key) => p { (ui.t(key)) },
                    None => p lang="en" dir="ltr" { (liar.text) },
                }
                p.small { @for digest in &liar.statements { (parts::id(&digest.to_string())) " " } }
            }
        }
    }
}

fn people(ui: &Ui, finding: &Finding) -> Markup {
    let one = |key: &str, identity: &Identity| -> Markup {
        html! {
            div {
                dt { (ui.t(key)) }
                dd {
                    bdi.party-name { (identity.party) } " "
                    @match identity.grade.as_str() {
                        "I2" => {
                            @let list = identity.sponsors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" · ");
                            span.grade.good { (ui.t("grade-i2")) } " " span.quiet { (ui.ta("grade-i2-sponsors", &[("sponsors", list.into())])) }
                        }
                        "I0" => { span.grade.plain { (ui.t("grade-i0")) } }
                        _ => { span.grade.good { (ui.t("grade-exchange")) } }
                    }
                }
            }
        }
    };
    html! {
        dl.facts {
            @if let Some(author) = &finding.author { (one("finding-author", author)) }
            @if let Some(recipient) = &finding.recipient { (one("finding-recipient", recipient)) }
            @if let Some(reply) = finding.reply { div { dt { (ui.t("finding-reply")) } dd { (ui.t(&words::reply(reply))) } } }
            @if let Some(n) = finding.sequence { div { dt { (ui.t("finding-sequence")) } dd { (ui.ta("finding-sequence-text", &[("number", n.into())])) } } }
            @if let Some(later) = finding.later {
                div {
                    dt { (ui.t("finding-later")) }
                    dd {
                        @if later.shown == 0 { (ui.t("finding-later-none")) }
                        @else if later.withdrawn { (ui.ta("finding-later-withdrawn", &[("count", later.shown.into())])) }
                        @else { (ui.ta("finding-later-amended", &[("count", later.shown.into())])) }
                    }
                }
            }
            @if let Some(closed) = finding.closed_fields {
                div { dt { (ui.t("finding-closed")) } dd { (ui.ta("finding-closed-text", &[("closed", closed.into()), ("all", POSITIONS.into())])) } }
            }
        }
    }
}

fn content(ui: &Ui, finding: &Finding) -> Markup {
    let (Some(content), Some(pair)) = (&finding.content, &finding.specificity) else { return html! {} };
    let find = |field: Field| content.told.get(field.name());
    html! {
        h3 { (ui.t("finding-said")) }
        p.line { (parts::urgency_badge(ui, content.urgency)) (parts::tlp_badge(ui, content.tlp)) (parts::status_badge(ui, content.status)) bdi { (content.class) } }
        dl.rungs {
            @for field in [Field::Summary, Field::Advice] {
                @if let Some(value) = find(field).filter(|v| v.as_text().is_some()) { div { dt { (ui.t(&words::field(field))) } dd { (parts::value(ui, field, value)) } } }
            }
        }
        (parts::ladders(ui, pair.claimed, pair.shown, find, false))
        @let signed: Vec<_> = content.signed_only.iter().filter(|(_, v)| v.as_text().is_some()).collect();
        @if !signed.is_empty() {
            h4 { (ui.t("finding-signed-only")) }
            dl.rungs {
                @for (name, value) in signed {
                    @if let Some(field) = Field::parse(name) { div { dt { (ui.t(&words::field(field))) } dd { (parts::value(ui, field, value)) } } }
                }
            }
        }
    }
}

fn caveats(ui: &Ui, finding: &Finding) -> Markup {
    html! {
        @if !finding.caveats.is_empty() {
            h3 { (ui.t("finding-caveats")) }
            ul.caveats {
                @for caveat in &finding.caveats {
                    li {
                        @match words::caveat(caveat.code) { Some(key) => (ui.t(&key)), None => span lang="en" dir="ltr" { (caveat.text) } }
                        @if ui.language.tag() != "en" { " " span.small.quiet lang="en" dir="ltr" { (caveat.text) } }
                        @else { " " span.small.quiet { (caveat.text) } }
                    }
                }
            }
        }
    }
}

fn basis(ui: &Ui, finding: &Finding) -> Markup {
    let trust = &finding.trust;
    let names = trust.organisations.join(" · ");
    html! {
        div.basis {
            p { (ui.ta("finding-trust", &[("k", trust.k.into()), ("n", trust.n.into()), ("f", trust.f.into()), ("names", names.into())])) }
            p.small { (ui.t("finding-trust-hash")) " " (parts::id(&trust.sha256.to_string())) }
            p.small { (ui.t("finding-obtain-policy")) " " (ui.t("finding-not-qualified")) }
        }
    }
}

/// Why there is no finding on this page.
pub(crate) fn none(ui: &Ui, why: &NoFinding) -> Markup {
    html! {
        @match why {
            NoFinding::NoTrust => div.notice { p { (ui.t("no-finding-trust")) } p { code dir="ltr" { "monition trust --dir DIR FILE" } } },
            NoFinding::Later => div.notice { p { (ui.t("no-finding-later")) } p { a.button href=(ui.here) { (ui.t("reload")) } } },
            NoFinding::Refused(detail) => div.notice.warn { p { (ui.t("no-finding-refused")) } p.small lang="en" dir="ltr" { (detail) } },
        }
    }
}
