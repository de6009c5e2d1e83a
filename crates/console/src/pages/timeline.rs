//! The evidence as a picture: for each step an interval bar with its signers, what is missing shown as missing.
//!
//! A table, so that it reads without eyes and prints; the bars are pictures within it, each with its words beside it.

use crate::ui::Ui;
use crate::words;
use maud::{Markup, html};
use monition_evidence::UnixSeconds;
use monition_evidence::judge::{Fact, Finding, Interval, Step};

/// Width of a bar's picture, in its own units.
const WIDTH: u64 = 1_000;

/// The span of time that the bars share.
struct Scale {
    from: u64,
    to: u64,
    mirrored: bool,
}

impl Scale {
    fn of<'a>(facts: impl Iterator<Item = &'a Fact>, now: UnixSeconds, mirrored: bool) -> Self {
        let times: Vec<u64> =
            facts.flat_map(|f| [f.not_before, f.not_after]).flatten().map(UnixSeconds::value).collect();
        let from = times.iter().copied().min().unwrap_or(now.value());
        let to = times.iter().copied().max().unwrap_or(now.value()).max(from + 1);
        // A little room at both ends, so that a point has a width.
        let room = ((to - from) / 20).max(1);
        Self { from: from.saturating_sub(room), to: to + room, mirrored }
    }

    fn at(&self, time: u64) -> u64 {
        (time.clamp(self.from, self.to) - self.from) * WIDTH / (self.to - self.from)
    }

    /// Left end and width of an interval's bar; an unknown end reaches the edge.
    fn bar(&self, interval: Interval) -> (u64, u64) {
        let lo = interval.lo.map_or(0, |t| self.at(t.value()));
        let hi = interval.hi.map_or(WIDTH, |t| self.at(t.value()));
        let (lo, hi) = (lo.min(hi), hi.max(lo));
        let width = (hi - lo).clamp(14, WIDTH);
        let lo = lo.min(WIDTH - width);
        (if self.mirrored { WIDTH - lo - width } else { lo }, width)
    }
}

/// An interval in words.
pub(crate) fn interval(ui: &Ui, interval: Interval) -> String {
    let text = |time: UnixSeconds| ui.when_exact_text(time);
    match (interval.lo, interval.hi) {
        (Some(lo), Some(hi)) if lo == hi => ui.ta("interval-at", &[("time", text(lo).into())]),
        (Some(lo), Some(hi)) if ui.zone.day(lo) == ui.zone.day(hi) => {
            let clock = |time| ui.zone.clock_seconds(ui.language, time);
            let day = ui.day_text(lo);
            ui.ta("interval-same-day", &[("day", day.into()), ("lo", clock(lo).into()), ("hi", clock(hi).into())])
        }
        (Some(lo), Some(hi)) => ui.ta("interval-between", &[("lo", text(lo).into()), ("hi", text(hi).into())]),
        (None, Some(hi)) => ui.ta("interval-until", &[("hi", text(hi).into())]),
        (Some(lo), None) => ui.ta("interval-from", &[("lo", text(lo).into())]),
        (None, None) => ui.t("interval-unknown"),
    }
}

fn of_fact(fact: &Fact) -> Interval {
    Interval { lo: fact.not_before, hi: fact.not_after }
}

fn picture(scale: &Scale, fact: Option<&Fact>) -> Markup {
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 24" } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            line class="axis" x1="0" y1="12" x2=(WIDTH) y2="12" {}
            @match fact {
                Some(fact) => {
                    @let (x, width) = scale.bar(of_fact(fact));
                    rect class="proven" x=(x) y="3" width=(width) height="18" rx="4" {}
                }
                None => { line class="missing" x1="0" y1="12" x2=(WIDTH) y2="12" {} }
            }
        }
    }
}

fn signers(ui: &Ui, fact: &Fact) -> Markup {
    html! {
        @for (n, name) in fact.by.iter().enumerate() { @if n > 0 { ", " } bdi { (name) } }
        @if fact.by.is_empty() { (ui.t("signers-none")) }
    }
}

/// The steps of one warning.
pub(crate) fn steps(ui: &Ui, finding: &Finding, to: &str) -> Markup {
    let declined = finding.timeline.iter().any(|fact| fact.fact == Step::Declined.as_str());
    let steps = words::STEPS.map(|step| if step == Step::Acknowledged && declined { Step::Declined } else { step });
    let scale = Scale::of(finding.timeline.iter(), ui.now, ui.language.direction() == "rtl");
    let last = finding.step;
    html! {
        table.timeline {
            caption { (ui.t("timeline-caption")) }
            thead { tr { th scope="col" { (ui.t("timeline-step")) } th.bars scope="col" { (ui.t("timeline-when")) } th scope="col" { (ui.t("timeline-signers")) } } }
            tbody {
                @for step in steps {
                    @let fact = finding.timeline.iter().find(|fact| fact.fact == step.as_str());
                    tr class={ @if fact.is_some() { "shown" } @else { "missing" } @if Some(step) == last { " present" } } {
                        th scope="row" {
                            (ui.t(&words::step(step)))
                            @if Some(step) == last { " " span.badge.now { (ui.t("timeline-present")) } }
                            p.sentence {
                                @let key = words::step(step);
                                (ui.ta(&if fact.is_some() { format!("{key}-sentence") } else { format!("{key}-missing") }, &[("party", to.into())]))
                            }
                        }
                        td.bars {
                            (picture(&scale, fact))
                            @match fact {
                                Some(fact) => p.words { (interval(ui, of_fact(fact))) },
                                None => p.words { (ui.t("timeline-missing")) },
                            }
                        }
                        td { @if let Some(fact) = fact { (signers(ui, fact)) } @else { span.quiet { "—" } } }
                    }
                }
            }
        }
        (ends(ui, &scale))
    }
}

fn ends(ui: &Ui, scale: &Scale) -> Markup {
    let (from, to) = (UnixSeconds::new(scale.from), UnixSeconds::new(scale.to));
    html! { p.small.quiet { (ui.ta("timeline-scale", &[("from", ui.when_exact_text(from).into()), ("to", ui.when_exact_text(to).into())])) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(lo: u64, hi: u64) -> Interval {
        Interval { lo: Some(UnixSeconds::new(lo)), hi: Some(UnixSeconds::new(hi)) }
    }

    #[test]
    fn a_bar_stays_within_the_picture_and_is_mirrored_for_persian() {
        let scale = |mirrored| Scale { from: 100, to: 200, mirrored };
        assert_eq!(scale(false).bar(between(100, 150)), (0, 500));
        assert_eq!(scale(true).bar(between(100, 150)), (500, 500));
        assert_eq!(scale(false).bar(between(200, 200)), (986, 14));
        assert_eq!(scale(false).bar(Interval::default()), (0, 1_000));
        // Ends that contradict each other still make a bar.
        assert_eq!(scale(false).bar(between(180, 120)), (200, 600));
    }
}
