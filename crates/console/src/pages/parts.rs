//! Small pieces that several pages share: badges, clocks, ladders, fields.

use crate::inbox::Row;
use crate::ui::Ui;
use crate::words;
use maud::{Markup, html};
use monition_evidence::PartyName;
use monition_evidence::directory::{Directory, Grade};
use monition_evidence::values::{Tlp, Urgency, WarningStatus};
use monition_evidence::warning::{Axis, Field, Specificity, Value};

pub(crate) fn urgency_badge(ui: &Ui, urgency: Urgency) -> Markup {
    html! { span class={ "badge urgency " (urgency) } { (ui.t(&words::urgency(urgency))) } }
}

pub(crate) fn tlp_badge(ui: &Ui, tlp: Tlp) -> Markup {
    let class = words::tlp(tlp);
    html! { span class={ "badge tlp " (class) } title=(ui.t(&format!("{class}-consequence"))) dir="ltr" { "TLP:" (tlp) } }
}

pub(crate) fn status_badge(ui: &Ui, status: WarningStatus) -> Markup {
    html! {
        @if status != WarningStatus::First {
            span class={ "badge status " (status) } { (ui.t(&words::status(status))) }
        }
    }
}

/// The clock of a warning that waits for an answer.
pub(crate) fn clock(ui: &Ui, row: &Row) -> Markup {
    html! {
        @if let Some(answer) = row.answer {
            span.clock.answered { (ui.ta("clock-answered", &[("status", ui.t(&words::reply(answer)).into())])) }
        } @else if row.replaced {
            span.clock.answered { (ui.t("clock-replaced")) }
        } @else if let Some(deadline) = row.deadline {
            @let over = deadline <= ui.now;
            @let soon = !over && deadline.value() - ui.now.value() < 3_600;
            span class={ "clock" @if over { " over" } @else if soon { " soon" } } {
                @if over {
                    (ui.ta("clock-over", &[("span", ui.span(ui.now.value() - deadline.value()).into())]))
                } @else {
                    (ui.ta("clock-until", &[("span", ui.span(deadline.value() - ui.now.value()).into())]))
                }
            }
        } @else {
            span.clock { (ui.t("clock-no-deadline")) }
        }
    }
}

/// A party with the grade of its name.
pub(crate) fn party(ui: &Ui, directory: &Directory, name: &PartyName) -> Markup {
    let grade = directory.party(name).map(|party| &party.grade);
    html! {
        bdi.party-name { (name) } " "
        @match grade {
            Some(Grade::I2 { sponsors }) => {
                @let list = sponsors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" · ");
                span.grade.good { (ui.t("grade-i2")) } " " span.quiet { (ui.ta("grade-i2-sponsors", &[("sponsors", list.into())])) }
            }
            Some(Grade::I0) => { span.grade.plain { (ui.t("grade-i0")) } }
            Some(Grade::Exchange) => { span.grade.good { (ui.t("grade-exchange")) } }
            None => { span.grade.bad { (ui.t("grade-unknown")) } }
        }
    }
}

/// The value of a field as text.
pub(crate) fn value(ui: &Ui, field: Field, value: &Value) -> Markup {
    html! {
        @match value {
            Value::Null => span.quiet { (ui.t("value-not-used")) },
            Value::Time(time) => (ui.when_both(*time)),
            Value::Text(text) => @if field == Field::Reliability || field == Field::Credibility { bdi { (text) } } @else { span.text dir="auto" { (text) } },
            Value::Attachment(info) => { bdi { (info.media_type) } " · " (ui.ta("bytes", &[("count", info.size.into())])) },
        }
    }
}

/// The fields of an axis, coarse to fine, each with its rung.
pub(crate) fn rungs(axis: Axis) -> impl Iterator<Item = (Field, u8)> {
    Field::ALL.iter().filter_map(move |field| {
        let (of, rung) = field.rung()?;
        (of == axis).then_some((*field, rung))
    })
}

/// The picture of how specific a warning is: for each axis a ladder of four rungs, filled as far as the fields go, and
/// the values beside it. Every picture has its sentence.
pub(crate) fn ladders<'a>(
    ui: &Ui,
    claimed: Specificity,
    shown: Specificity,
    value_of: impl Fn(Field) -> Option<&'a Value>,
    withheld: bool,
) -> Markup {
    html! {
        div.ladders {
            @for axis in words::AXES {
                @let (claim, level) = (claimed.on(axis), shown.on(axis));
                section class={ "ladder axis-" (words::axis_name(axis)) } {
                    h3 { (ui.t(&words::axis(axis))) }
                    (meter(ui, axis, level, claim))
                    @let values: Vec<_> = rungs(axis).filter_map(|(field, _)| value_of(field).filter(|v| **v != Value::Null).map(|v| (field, v))).collect();
                    @if values.is_empty() {
                        p.quiet {
                            @if axis == Axis::Source && withheld { (ui.t("source-withheld")) } @else { (ui.t("axis-nothing")) }
                        }
                    } @else {
                        dl.rungs {
                            @for (field, v) in values {
                                div { dt { (ui.t(&words::field(field))) } dd { (value(ui, field, v)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One ladder as a picture with its sentence.
fn meter(ui: &Ui, axis: Axis, level: u8, claim: u8) -> Markup {
    let name = ui.t(&words::axis(axis));
    let word = ui.t(&format!("level-{}", level.min(4)));
    let arguments =
        || [("axis", name.clone().into()), ("level", u64::from(level).into()), ("word", word.clone().into())];
    html! {
        figure.meter {
            svg viewBox="0 0 112 16" width="112" height="16" role="img" aria-label=(ui.ta("meter-sentence", &arguments())) {
                @for rung in 1..=4_u8 {
                    // Rungs rise in the direction of reading.
                    @let place = if ui.language.direction() == "rtl" { 4 - rung } else { rung - 1 };
                    @let class = if rung <= level { "full" } else if rung <= claim { "claimed" } else { "empty" };
                    rect class=(class) x=(u32::from(place) * 28 + 1) y="1" width="25" height="14" rx="3" {}
                }
            }
            figcaption {
                (word)
                @if claim > level { " " span.quiet { (ui.ta("meter-claimed", &[("level", u64::from(claim).into())])) } }
            }
        }
    }
}

/// A labelled text input.
pub(crate) fn input(ui: &Ui, name: &str, label: &str, given: &str, hint: Option<&str>) -> Markup {
    let id = format!("f-{}", name.replace(['.', '_'], "-"));
    let hint_id = format!("{id}-hint");
    html! {
        div.field {
            label for=(id) { (ui.t(label)) }
            input id=(id) name=(name) value=(given) dir="auto" maxlength="8192" aria-describedby=[hint.map(|_| hint_id.as_str())];
            @if let Some(hint) = hint { p.hint id=(hint_id) { (ui.t(hint)) } }
        }
    }
}

/// A labelled text area.
pub(crate) fn area(ui: &Ui, name: &str, label: &str, given: &str, rows: u32, hint: Option<&str>) -> Markup {
    let id = format!("f-{}", name.replace(['.', '_'], "-"));
    let hint_id = format!("{id}-hint");
    html! {
        div.field {
            label for=(id) { (ui.t(label)) }
            textarea id=(id) name=(name) rows=(rows) dir="auto" maxlength="8192" aria-describedby=[hint.map(|_| hint_id.as_str())] { (given) }
            @if let Some(hint) = hint { p.hint id=(hint_id) { (ui.t(hint)) } }
        }
    }
}

/// An id, short enough to read and whole to copy.
pub(crate) fn id(text: &str) -> Markup {
    html! { code.id dir="ltr" { (text) } }
}
