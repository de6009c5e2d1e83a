//! Intervals from the trust's quorum alone (DESIGN §4 "Time").

use super::world::*;
use crate::judge::{Answer, Step};
use crate::statement::{Body, ContentAccess};

const TOLD: &str = "told south.example by north.example";

fn interval(w: &World) -> (Option<u64>, Option<u64>) {
    let finding = w.judge(&[w.dossier(|_| true, &[OPEN])], TOLD);
    (finding.not_before.map(|t| t.value()), finding.not_after.map(|t| t.value()))
}

/// The same story under witnesses whose clocks are off by these offsets.
fn with_offsets(k: usize, offsets: &[i64]) -> World {
    let names = &["harbour", "meridian", "pier", "quay"][..offsets.len()];
    let mut w = World::with(names, k, 0);
    for (witness, offset) in w.witnesses.iter_mut().zip(offsets) {
        witness.offset = *offset;
    }
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    w.publish_at(1_500);
    w
}

#[test]
fn the_interval_is_the_smallest_and_the_largest_time_for_which_the_quorum_speaks() {
    for (k, offsets, lo, hi) in [
        (2, &[0, 0][..], 1_010, 1_020),
        // 2 of 2: the later of the two for "not after", the earlier for "not before".
        (2, &[0, 3], 1_010, 1_023),
        (2, &[-2, 3], 1_008, 1_023),
        // 2 of 3: the median, whatever the third says.
        (2, &[0, 3, 400], 1_013, 1_023),
        (2, &[-400, 0, 3], 1_010, 1_020),
        // 3 of 4 with one liar: it moves nothing beyond what an honest one says.
        (3, &[0, 0, 0, -500], 1_010, 1_020),
        (3, &[0, 0, 0, 400], 1_010, 1_020),
        (3, &[-1, 0, 1, 400], 1_010, 1_021),
    ] {
        assert_eq!(interval(&with_offsets(k, offsets)), (Some(lo), Some(hi)), "{k} of {offsets:?}");
    }
}

#[test]
fn one_head_in_several_notes_is_one_head() {
    let (mut w, _) = available();
    w.log.notes.truncate(2);
    let head = w.log.tree.head();
    for (who, time) in [("harbour", 1_020), ("meridian", 1_025)] {
        let text = w.note(&w.log, head, &[(who, time)]);
        w.log.notes.push(Note { text, size: head.size.value() });
    }
    w.now = 1_030;
    let directory = w.note(&w.directory, w.directory.tree.head(), &[("harbour", 1_030), ("meridian", 1_030)]);
    w.directory.notes.push(Note { text: directory, size: w.directory.tree.size().value() });
    assert_eq!(interval(&w), (Some(1_010), Some(1_025)));
    // Half a quorum is none.
    w.log.notes.pop();
    let finding = w.judge(&[w.dossier(|_| true, &[OPEN])], TOLD);
    assert_eq!((finding.answer, finding.step, finding.not_after), (Answer::NotDecidable, None, None));
    assert!(caveats(&finding).contains(&"statements-not-logged"));
}

#[test]
fn without_the_anchor_note_there_is_no_lower_bound() {
    let (w, _) = available();
    let mut dossier = w.dossier(|_| true, &[OPEN]);
    let anchor = w.log.notes[1].text.clone();
    dossier.notes.retain(|n| *n != anchor);
    let finding = w.judge(&[dossier], TOLD);
    assert_eq!((finding.answer, finding.not_before, finding.not_after), (Answer::Proven, None, Some(at(1_020))));
}

#[test]
fn an_anchor_that_is_not_its_note_gives_no_lower_bound() {
    let (mut w, warning) = available();
    let mut access = w.access_payload(warning, "south", |_| true);
    if let Some(anchor) = access.anchor.as_mut() {
        anchor.size += 1;
    }
    w.issue("south", &access);
    w.publish_at(1_030);
    assert_eq!(interval(&w), (None, Some(1_030)));
}

#[test]
fn a_lower_bound_above_the_upper_one_is_said_and_not_used() {
    let (mut w, warning) = available();
    let size = w.log.tree.size().value();
    let text = w.note(&w.log, w.log.tree.head(), &[("harbour", 2_000), ("meridian", 2_000)]);
    w.log.notes.push(Note { text, size });
    w.access(warning, |_| true);
    w.publish_at(1_030);
    let finding = w.judge(&[w.dossier(|_| true, &[OPEN])], TOLD);
    assert_eq!((finding.step, finding.not_before, finding.not_after), (Some(Step::Decrypted), None, Some(at(1_030))));
    assert!(caveats(&finding).contains(&"interval-contradicted"));
}

#[test]
fn before_means_strictly_before() {
    let (w, _) = available();
    let dossier = w.dossier(|_| true, &[OPEN]);
    assert_eq!(w.answer(std::slice::from_ref(&dossier), &format!("{TOLD} before 1021")), Answer::Proven);
    assert_eq!(w.answer(&[dossier], &format!("{TOLD} before 1020")), Answer::NotDecidable);
}

#[test]
fn custodians_that_are_not_shown_may_have_been_first() {
    let mut w = World::with(&["harbour", "meridian", "pier"], 2, 0);
    w.declare("south", &["harbour", "meridian", "pier"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    for (custodian, time) in [("harbour", 1_020), ("meridian", 1_030), ("pier", 1_040)] {
        w.publish_at(time - 5);
        w.consign(warning, custodian);
        w.publish_at(time);
    }
    let without = |name: &str| {
        let keep = |s: &crate::Statement| !matches!(s.body(), Body::ContentConsignment(c) if c.iss == super::world::name(name));
        let finding = w.judge(&[w.dossier(keep, &[OPEN])], TOLD);
        (finding.not_before.map(|t| t.value()), finding.not_after.map(|t| t.value()))
    };
    assert_eq!(without("nobody"), (Some(1_025), Some(1_030)));
    // Each one left out widens it: who is not shown may have held it at once.
    assert_eq!(without("pier"), (Some(1_015), Some(1_030)));
    assert_eq!(without("meridian"), (Some(1_015), Some(1_040)));
    assert_eq!(without("harbour"), (Some(1_025), Some(1_040)));
}

#[test]
fn of_two_consignments_by_one_custodian_the_earlier_counts() {
    let (mut w, warning) = available();
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_040);
    assert_eq!(interval(&w), (Some(1_010), Some(1_020)));
}

#[test]
fn with_fewer_custodians_shown_than_could_have_been_first_only_the_submission_bounds_it() {
    let mut w = World::with(&["harbour", "meridian", "pier"], 2, 0);
    w.declare("south", &["harbour", "meridian", "pier"], 1);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    w.publish_at(1_020);
    w.consign(warning, "harbour");
    w.publish_at(1_030);
    assert_eq!(interval(&w), (Some(1_010), Some(1_030)));
}

#[test]
fn leaving_a_statement_out_never_narrows_the_interval_of_its_step() {
    // Two receipts under one checkpoint with two anchors; two handovers and two heads.
    let (mut w, warning) = available();
    let session = w.kid("south", crate::keys::KeyUse::Mailbox);
    let ack = w.ack("south", &["harbour"]);
    let handover = w.handover(warning, "harbour", session);
    let early = w.access(warning, |_| true);
    let anchor = early.common().anchor.cloned();
    w.publish_at(1_030);
    let young = w.access(warning, |_| true);
    let mut old = Vec::new();
    for _ in 0..8 {
        let payload = w.access_payload(warning, "south", |_| true);
        old.push(w.issue("south", &ContentAccess { anchor: anchor.clone(), ..payload }));
    }
    w.ack("south", &["harbour"]);
    w.handover(warning, "meridian", session);
    w.publish_at(1_040);
    let old: Vec<_> = old.iter().collect();
    let judge = |without: &[&crate::Statement]| {
        let finding = w.judge(&[w.dossier(|s| !without.contains(&s), &[OPEN])], TOLD);
        (finding.step, finding.not_before.map(|t| t.value()), finding.not_after.map(|t| t.value()))
    };
    let decrypted = Some(Step::Decrypted);
    assert_eq!(judge(&[]), (decrypted, Some(1_020), Some(1_030)));
    assert_eq!(judge(&[&early]), (decrypted, Some(1_030), Some(1_040)));
    assert_eq!(judge(&[&early, &young]), (decrypted, Some(1_020), Some(1_040)));
    assert_eq!(judge(&[&old[..], &[&early]].concat()), (decrypted, Some(1_030), Some(1_040)));
    // Handed over: nothing but the submission bounds it from below, whichever of the heads is left out.
    let all = [&old[..], &[&early, &young]].concat();
    let handed_over = Some(Step::HandedOver);
    assert_eq!(judge(&all), (handed_over, Some(1_010), Some(1_030)));
    assert_eq!(judge(&[&all[..], &[&ack]].concat()), (handed_over, Some(1_010), Some(1_040)));
    assert_eq!(judge(&[&all[..], &[&handover]].concat()), (handed_over, Some(1_010), Some(1_040)));
}

#[test]
fn of_several_proofs_the_earliest_counts_in_any_order() {
    let (mut w, _) = available();
    let early = w.dossier(|_| true, &[OPEN]);
    let size = w.log.tree.size().value();
    w.accept(0);
    w.publish_at(1_040);
    // The same statements proven again under the later head.
    w.log.notes.retain(|n| n.size != size);
    let late = w.dossier(|_| true, &[OPEN]);
    assert_eq!(w.judge(std::slice::from_ref(&late), TOLD).not_after, Some(at(1_040)));
    let mut merged = early.clone();
    merged.notes.extend(late.notes.clone());
    for (first, second) in [(&early, &late), (&late, &early)] {
        let held = |p: &&crate::dossier::Proof| early.proofs.iter().any(|e| e.statement == p.statement);
        merged.proofs = first.proofs.iter().chain(&second.proofs).filter(held).cloned().collect();
        assert_eq!(w.judge(std::slice::from_ref(&merged), TOLD).not_after, Some(at(1_020)));
    }
}
