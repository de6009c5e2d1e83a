//! Keys in force (DESIGN §4): revoked, rotated, delegated, provisional, and a directory that is not late enough.

use super::world::*;
use crate::dossier::Dossier;
use crate::judge::{Answer, Step};
use crate::keys::KeyUse;
use crate::statement::{DelegatedRight, Statement};
use crate::values::ReplyStatus;

const TOLD: &str = "told south.example by north.example";

fn all(w: &World) -> Dossier {
    w.dossier(|_| true, &[OPEN])
}

/// Declared, nothing sent yet.
fn declared(delay: u64) -> World {
    let mut w = World::with(&["harbour", "meridian"], 2, delay);
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    w
}

fn send(w: &mut World, draft: &Draft<'_>) -> usize {
    let warning = w.warn("north", "south", draft);
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(w.now + 10);
    warning
}

#[test]
fn a_revocation_is_not_retroactive_and_a_suspicion_is_a_caveat() {
    let (mut w, _) = available();
    w.revoke("north", KeyUse::Statement, Some(900));
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!((finding.answer, finding.step), (Answer::Proven, Some(Step::Available)));
    assert!(caveats(&finding).contains(&"key-suspected"));
}

#[test]
fn a_signature_after_the_revocation_does_not_stand() {
    let mut w = declared(0);
    w.revoke("north", KeyUse::Statement, None);
    w.publish_at(1_015);
    send(&mut w, &Draft::default());
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, None));
    assert!(finding.caveats.iter().any(|c| c.text.contains("its key was revoked before it was logged")));
}

#[test]
fn leaving_the_revocation_out_makes_the_directory_too_old() {
    let mut w = declared(0);
    w.revoke("north", KeyUse::Statement, None);
    w.publish_at(1_015);
    send(&mut w, &Draft::default());
    let mut dossier = all(&w);
    dossier.directory.pop();
    let finding = w.judge(&[dossier], TOLD);
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, None));
    assert!(finding.caveats.iter().any(|c| c.text.contains("no directory is shown that was witnessed when or after")));
}

#[test]
fn the_directory_must_be_witnessed_when_or_after_the_leaf_was() {
    let (w, _) = available();
    let mut dossier = all(&w);
    let late = w.directory.notes.last().unwrap().text.clone();
    dossier.notes.retain(|n| *n != late);
    assert_eq!(w.answer(&[dossier], TOLD), Answer::NotDecidable);
}

#[test]
fn rotation_ends_the_old_keys_and_not_what_they_had_signed() {
    let mut w = declared(0);
    send(&mut w, &Draft::default());
    let old = w.rotate("north");
    w.publish_at(1_030);
    assert_eq!(w.answer(&[all(&w)], TOLD), Answer::Proven);
    // A warning under the new key stands, one under the old key does not.
    let new = std::mem::replace(&mut w.party("north").keys, old);
    let stale = send(&mut w, &Draft::default());
    let keep = |w: &World, n: usize| {
        let own = w.sent[n].digest();
        let dossier =
            w.dossier(|s: &Statement| s.submission().unwrap_or(s.digest()) == own, &[Show { warning: n, ..OPEN }]);
        w.judge(&[dossier], TOLD)
    };
    let finding = keep(&w, stale);
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, None));
    assert!(finding.caveats.iter().any(|c| c.text.contains("its key was replaced before it was logged")));
    w.party("north").keys = new;
    let fresh = send(&mut w, &Draft::default());
    assert_eq!(keep(&w, fresh).answer, Answer::Proven);
}

#[test]
fn keys_that_were_never_announced_are_nobodys() {
    let mut w = declared(0);
    // North rotates to keys other than those it announced: the entry counts for nothing, the old keys still do.
    w.forget_announced("north");
    let old = w.rotate("north");
    w.publish_at(1_015);
    send(&mut w, &Draft::default());
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!(finding.step, None);
    assert!(caveats(&finding).contains(&"statement-not-authorised"));
    w.party("north").keys = old;
    send(&mut w, &Draft::default());
    let dossier = w.dossier(|_| true, &[Show { warning: 1, ..OPEN }]);
    assert_eq!(w.answer(&[dossier], TOLD), Answer::Proven);
}

#[test]
fn a_delegate_sends_within_its_rights_and_time() {
    for (rights, until, expected) in [
        (&[DelegatedRight::Send][..], 5_000, Some(Step::Available)),
        (&[DelegatedRight::Send, DelegatedRight::Answer], 1_020, Some(Step::Available)),
        (&[DelegatedRight::Send], 1_019, None),
        (&[DelegatedRight::Receive, DelegatedRight::Answer], 5_000, None),
    ] {
        let mut w = declared(0);
        w.delegate("north", "west", rights, until);
        send(&mut w, &Draft { signed_by: Some("west"), ..Draft::default() });
        let finding = w.judge(&[all(&w)], TOLD);
        assert_eq!(finding.step, expected, "{rights:?} until {until}");
        assert_eq!(caveats(&finding).contains(&"signed-by-delegate"), expected.is_some());
    }
}

#[test]
fn a_later_delegation_takes_nothing_back() {
    let mut w = declared(0);
    w.delegate("south", "west", &[DelegatedRight::Receive], 5_000);
    w.publish_at(1_012);
    let warning = send(&mut w, &Draft::default());
    let receipt = w.access_payload(warning, "south", |_| true);
    w.issue("west", &receipt);
    w.publish_at(1_030);
    assert_eq!(w.judge(&[all(&w)], TOLD).step, Some(Step::Decrypted));
    // South narrows the delegation afterwards: what West had signed for it stands, what it signs now does not.
    w.delegate("south", "west", &[DelegatedRight::Answer], 5_000);
    w.publish_at(1_040);
    assert_eq!(w.judge(&[all(&w)], TOLD).step, Some(Step::Decrypted));
    let own = receipt.eid;
    let mut late = w.access_payload(warning, "south", |_| true);
    late.reason = Some(crate::Text::parse("late").unwrap());
    w.issue("west", &late);
    w.publish_at(1_050);
    let finding = w.judge(&[w.dossier(|s| *s.common().eid != own, &[OPEN])], TOLD);
    assert_eq!(finding.step, Some(Step::Available));
}

#[test]
fn a_mailbox_key_acknowledges_nothing_and_a_role_key_receives_nothing() {
    let (mut w, warning) = available();
    let reply = w.reply_payload(warning, "south", ReplyStatus::Acknowledged);
    let by_machine = Statement::sign(&reply, &[w.key("south", KeyUse::Mailbox)]).unwrap();
    let access = w.access_payload(warning, "south", |_| true);
    let by_person = Statement::sign(&access, &[w.key("south", KeyUse::Role)]).unwrap();
    w.append(&by_machine);
    w.append(&by_person);
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!(finding.step, Some(Step::Available));
    assert_eq!(caveats(&finding).iter().filter(|c| **c == "statement-not-authorised").count(), 2);
}

#[test]
fn a_key_within_the_directorys_delay_is_provisional() {
    for (delay, provisional) in [(0, false), (5, false), (500, true)] {
        let mut w = World::with(&["harbour", "meridian"], 2, delay);
        w.declare("south", &["harbour", "meridian"], 2);
        w.publish_at(1_010);
        send(&mut w, &Draft::default());
        let finding = w.judge(&[all(&w)], TOLD);
        assert_eq!(finding.answer, Answer::Proven);
        assert_eq!(caveats(&finding).contains(&"key-provisional"), provisional, "delay {delay}");
    }
}

#[test]
fn what_the_reader_believes_of_a_party_goes_before_the_directory() {
    let (w, _) = available();
    let kid = w.kid("north", KeyUse::Statement);
    let pin = |kid: &str| {
        format!(r#"{{"format":"monition-believe/1","parties":[{{"party":"north.example","kid":"{kid}"}}]}}"#)
    };
    let judge = |believe: &str| w.judge_believing(&[all(&w)], TOLD, believe).answer;
    assert_eq!(judge(&pin(&kid.to_string())), Answer::Proven);
    assert_eq!(judge(&pin(&w.kid("west", KeyUse::Statement).to_string())), Answer::NotDecidable);
    assert_eq!(judge(&pin(&w.kid("north", KeyUse::Role).to_string())), Answer::NotDecidable);
    assert_eq!(judge(r#"{"format":"monition-believe/1","sponsors":["exchange.example"]}"#), Answer::Proven);
    assert_eq!(judge(r#"{"format":"monition-believe/1","sponsors":["west.example"]}"#), Answer::NotDecidable);
}

#[test]
fn a_directory_that_nobody_witnessed_is_nobodys_word() {
    let (w, _) = available();
    let mut dossier = all(&w);
    // Garbage after the witnessed prefix is not looked at, in one dossier or in a union of two.
    dossier.directory.push("garbage".to_owned());
    assert_eq!(w.answer(&[dossier.clone()], TOLD), Answer::Proven);
    assert_eq!(w.answer(&[all(&w), dossier.clone()], TOLD), Answer::Proven);
    let mut other = all(&w);
    other.directory.push("other garbage".to_owned());
    assert_eq!(w.answer(&[other, dossier], TOLD), Answer::Proven);
    // An entry within it that is another is bad evidence.
    let mut altered = all(&w);
    altered.directory[3] = "garbage".to_owned();
    assert!(w.try_judge(&[altered.clone()], TOLD).is_err());
    assert!(w.try_judge(&[all(&w), altered], TOLD).is_err());
}

#[test]
fn a_finding_says_who_signed_for_whom_and_by_which_entry() {
    let (mut w, warning) = available();
    w.delegate("south", "west", &[DelegatedRight::Receive], 5_000);
    let delegation = w.entries.last().unwrap().digest();
    let entry = w.entries.len() - 1;
    w.publish_at(1_021);
    let payload = w.access_payload(warning, "south", |_| true);
    w.issue("west", &payload);
    w.publish_at(1_030);
    let finding = w.judge(&[w.dossier(|_| true, &[OPEN])], "told south.example by north.example");
    let words = format!("signed by west.example for south.example, delegated by directory entry {entry}");
    assert!(finding.sentence.contains(&words), "{}", finding.sentence);
    let decrypted = finding.timeline.iter().find(|f| f.fact == "decrypted").unwrap();
    assert!(decrypted.text.ends_with(&words), "{}", decrypted.text);
    assert!(finding.rests_on["decrypted"].contains(&delegation));
    assert!(!finding.rests_on["available"].contains(&delegation));
    let caveat = finding.caveats.iter().find(|c| c.code == "signed-by-delegate").unwrap();
    assert!(caveat.text.ends_with(&format!("signed by west.example, its delegate by directory entry {entry}")));
}
