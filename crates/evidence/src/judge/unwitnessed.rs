//! A finding without a quorum of witnesses, only where it is asked for by name (DESIGN §5).
//!
//! The log's own signature is all there is: what it signed exists, in the order that it gives. It may have been written a
//! minute ago, another copy may have been shown to somebody else, and the directory that says whose key is whose is the same
//! operator's word. So there is no time, no `before`, no absence, no silence; the answer is always `not-decidable`; and of
//! misbehaviour only what the log signed against itself is named.

use super::facts::Facts;
use super::finding::{Answer, Caveat, Finding};
use super::question::{Question, Told};
use super::told::Case;
use super::{answer_timeline, answer_who, concerns, describe, misbehaviour, step_sentence};
use crate::encoding::Digest;

/// First of every such finding.
const NOTICE: &str = "NO WITNESSES: this finding rests on the word of the exchange alone, who could have written all of it at any time and shown others something else. It proves nothing against the exchange or anybody who works with it, and gives no times.";

/// Says what can be said.
pub(super) fn answer(finding: &mut Finding, facts: &Facts, question: &Question, cases: &[Case<'_>]) {
    match question {
        Question::Told(told) => answer_told(finding, facts, told, cases),
        Question::Timeline => {
            answer_timeline(finding, facts, cases);
            finding.sentence = format!(
                "Without witnesses nothing is proven; the timeline lists {} facts in the order that the log of {} gives them.",
                finding.timeline.len(),
                facts.exchange
            );
        }
        Question::Who => {
            answer_who(finding, facts, cases);
            let said = std::mem::take(&mut finding.sentence);
            finding.sentence =
                format!("Without witnesses nothing is proven. By the directory of {}: {said}", facts.exchange);
        }
    }
    finding.misbehaviour = misbehaviour::split_views(facts);
    without_times(finding, facts);
}

fn answer_told(finding: &mut Finding, facts: &Facts, question: &Told, cases: &[Case<'_>]) {
    let any_time = Told { before: None, ..question.clone() };
    let concerned = cases.iter().filter(|case| concerns(question, case));
    let furthest = concerned.max_by_key(|case| (case.step(None).map(|s| s.step), case.logged.digest));
    finding.sentence = match furthest {
        None => "Without witnesses nothing is decided, and no such warning is shown.".to_owned(),
        Some(case) => {
            describe(finding, facts, &any_time, case, cases, &[]);
            let steps: Vec<String> = case.steps.iter().map(|step| step_sentence(facts, case, step)).collect();
            format!(
                "Without witnesses nothing is decided. By the word of {} alone, of a warning by {} to {}: {}.",
                facts.exchange,
                case.from,
                case.to,
                steps.join("; ")
            )
        }
    };
}

/// Takes every time out, and puts the facts in the order of the log.
pub(super) fn without_times(finding: &mut Finding, facts: &Facts) {
    finding.answer = Answer::NotDecidable;
    (finding.not_before, finding.not_after, finding.silence) = (None, None, None);
    finding.rests_on.remove("silence");
    for fact in &mut finding.timeline {
        (fact.not_before, fact.not_after) = (None, None);
    }
    let place =
        |rests_on: &[Digest]| rests_on.iter().filter_map(|d| facts.by_digest(d)).filter_map(|l| l.position).max();
    finding
        .timeline
        .sort_by(|a, b| (place(&a.rests_on), &a.fact, &a.rests_on).cmp(&(place(&b.rests_on), &b.fact, &b.rests_on)));
    finding.notice.insert(0, NOTICE.to_owned());
    let text = "no witness was asked for: existence and order are the word of the exchange, and nothing has a time";
    finding.caveats.push(Caveat { code: "no-witnesses", text: text.to_owned() });
}
