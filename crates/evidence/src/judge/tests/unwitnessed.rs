//! Judging without witnesses: only by name, never an answer, never a time.

use super::world::*;
use crate::dossier::Dossier;
use crate::judge::{Answer, Believe, Finding, Question, Step, judge_without_witnesses};

fn by_the_log_alone(w: &World, dossiers: &[Dossier], question: &str) -> Finding {
    let trust = String::from_utf8(w.trust()).unwrap();
    let logs: String = trust.lines().filter(|l| l.starts_with("log ")).map(|l| format!("{l}\n")).collect();
    let trust = format!("{logs}quorum none\n");
    let question = Question::parse(question).unwrap();
    judge_without_witnesses(dossiers, trust.as_bytes(), &Believe::default(), &question).unwrap()
}

/// The world's evidence as if nobody had ever cosigned.
fn bare(w: &World) -> Dossier {
    let mut dossier = w.dossier(|_| true, &[OPEN]);
    let strip = |note: &String| {
        let (text, lines) = note.split_once("\n\n").unwrap();
        format!("{text}\n\n{}\n", lines.lines().next().unwrap())
    };
    let digest = |note: &String| crate::encoding::sha256(note.as_bytes());
    let bare: Vec<(crate::Digest, String)> = dossier.notes.iter().map(|n| (digest(n), strip(n))).collect();
    for proof in &mut dossier.proofs {
        let (_, note) = bare.iter().find(|(old, _)| *old == proof.note).unwrap();
        proof.note = digest(note);
    }
    dossier.notes = bare.into_iter().map(|(_, note)| note).collect();
    dossier.notes.sort();
    dossier.notes.dedup();
    dossier
}

#[test]
fn the_first_line_says_that_nobody_witnessed() {
    let (w, _) = available();
    let finding = by_the_log_alone(&w, &[bare(&w)], "told south.example by north.example");
    assert!(finding.to_text().starts_with("NO WITNESSES: "), "{}", finding.to_text());
    assert!(finding.notice[0].starts_with("NO WITNESSES: "));
    assert!(!finding.trust.witnessed);
    assert_eq!((finding.trust.k, finding.trust.n, finding.trust.f), (0, 0, 0));
    assert!(caveats(&finding).contains(&"no-witnesses"));
}

#[test]
fn nothing_is_decided_and_nothing_has_a_time() {
    let (mut w, warning) = available();
    w.access(warning, |_| true);
    w.publish_at(1_030);
    for question in [
        "told south.example by north.example",
        "told south.example by north.example before 9999",
        "told south.example by west.example before 9999",
        "timeline",
        "who",
    ] {
        let finding = by_the_log_alone(&w, &[bare(&w)], question);
        assert_eq!(finding.answer, Answer::NotDecidable, "{question}");
        assert_eq!((finding.not_before, finding.not_after), (None, None), "{question}");
        assert!(finding.timeline.iter().all(|f| f.not_before.is_none() && f.not_after.is_none()), "{question}");
        assert!(finding.silence.is_none());
    }
}

#[test]
fn the_step_and_the_order_are_those_that_the_log_says() {
    let (mut w, warning) = available();
    w.access(warning, |_| true);
    w.publish_at(1_030);
    let finding = by_the_log_alone(&w, &[bare(&w)], "told south.example by north.example");
    assert_eq!(finding.step, Some(Step::Decrypted));
    assert!(finding.sentence.contains("By the word of exchange.example alone"), "{}", finding.sentence);
    let order: Vec<&str> = finding.timeline.iter().map(|f| f.fact.as_str()).collect();
    assert_eq!(order, ["intent", "submitted", "available", "decrypted"]);
    // A quorum decides the same evidence, once it is there.
    assert_eq!(w.answer(&[w.dossier(|_| true, &[OPEN])], "told south.example by north.example"), Answer::Proven);
    assert_eq!(w.answer(&[bare(&w)], "told south.example by north.example"), Answer::NotDecidable);
}

#[test]
fn only_what_the_log_signed_against_itself_is_misbehaviour() {
    let (mut w, _) = available();
    w.party("north").sent.clear();
    w.warn("north", "south", &Draft::default());
    w.publish_at(1_030);
    assert_eq!(convictions(&w.judge(&[w.dossier(|_| true, &[])], "timeline")).len(), 1);
    assert!(convictions(&by_the_log_alone(&w, &[bare(&w)], "timeline")).is_empty());
}
