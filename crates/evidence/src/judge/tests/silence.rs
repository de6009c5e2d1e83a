//! "No answer lodged with … by …" (DESIGN §4 "Silence").

use super::world::*;
use crate::judge::Silence;
use crate::keys::KeyUse;
use crate::statement::{Body, Statement, WeeklySpan};
use crate::values::ReplyStatus;

const TOLD: &str = "told south.example by north.example";

fn silence_of(w: &World, keep: impl Fn(&Statement) -> bool) -> Option<Silence> {
    w.judge(&[w.dossier(keep, &[OPEN])], TOLD).silence
}

#[test]
fn silence_needs_the_heads_of_every_custodian_from_the_deadline_on() {
    let (mut w, _) = available();
    w.publish_at(1_049);
    w.heads();
    w.publish_at(1_050);
    assert_eq!(silence_of(&w, |_| true), None, "the anchor is older than the deadline");
    w.heads();
    w.publish_at(1_060);
    let silence = silence_of(&w, |_| true).unwrap();
    assert_eq!((silence.deadline, silence.outside_hours), (at(1_050), false));
    assert_eq!(silence.custodians, [name("harbour"), name("meridian")]);
    assert_eq!(silence.rests_on.len(), 2);
    for custodian in ["harbour", "meridian"] {
        let of = |s: &Statement| matches!(s.body(), Body::CustodyHeads(h) if h.iss == name(custodian));
        assert_eq!(silence_of(&w, |s| !of(s)), None, "without the heads of {custodian}");
        let of = |s: &Statement| matches!(s.body(), Body::ContentConsignment(c) if c.iss == name(custodian));
        assert_eq!(silence_of(&w, |s| !of(s)), None, "without the consignment of {custodian}");
    }
    let mut dossier = w.dossier(|_| true, &[OPEN]);
    dossier.listings.iter_mut().for_each(|l| l.answers.clear());
    assert_eq!(w.judge(&[dossier], TOLD).silence, None, "without the openings of the answers");
}

#[test]
fn a_late_reply_ends_nothing_and_one_lodged_in_time_does() {
    for (replied, logged, lodged_with, silent) in [
        (1_051, 1_055, &["harbour"][..], true),
        (1_045, 1_050, &[], false),
        (1_045, 1_050, &["harbour"], false),
        // Lodged in time with one custodian, whose heads then show it, though its word was logged late.
        (1_045, 1_051, &["meridian"], false),
    ] {
        let (mut w, warning) = available();
        w.now = replied;
        if replied < 1_050 {
            w.reply(warning, ReplyStatus::Acknowledged, lodged_with);
            w.publish_at(logged);
        }
        w.publish_at(logged.max(1_051));
        w.heads();
        if replied > 1_050 {
            w.reply(warning, ReplyStatus::Acknowledged, lodged_with);
        }
        w.publish_at(1_070);
        assert_eq!(silence_of(&w, |_| true).is_some(), silent, "replied {replied}, logged {logged}, {lodged_with:?}");
    }
}

#[test]
fn leaving_replies_out_makes_silence_and_nothing_else_does() {
    let (mut w, warning) = available();
    let reply = w.reply(warning, ReplyStatus::Acknowledged, &[]);
    w.publish_at(1_040);
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    assert_eq!(silence_of(&w, |_| true), None);
    assert!(silence_of(&w, |s| *s != reply).is_some());
}

#[test]
fn nobody_but_the_recipient_ends_its_silence() {
    let (mut w, warning) = available();
    // West's reply, and West's reply countersigned by a custodian, are not South's answer.
    let foreign = w.reply_payload(warning, "west", ReplyStatus::Acknowledged);
    let foreign = w.issue("west", &foreign);
    let countersigned = w.lodge(warning, "harbour", &foreign);
    w.chains.iter_mut().for_each(|c| c.answers.iter_mut().for_each(|a| a.replies.clear()));
    w.publish_at(1_040);
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    assert!(silence_of(&w, |_| true).is_some());
    // Whose reply a custodian countersigned is not known without the reply: nobody swears to silence then.
    assert_eq!(silence_of(&w, |s| *s != foreign), None);
    assert!(silence_of(&w, |s| *s != foreign && *s != countersigned).is_some());
    // A countersignature of somebody who is no custodian of this mailbox is nothing.
    w.enrol("pier", &[KeyUse::Statement, KeyUse::Custodian]);
    let (mut w, warning) = available();
    w.enrol("pier", &[KeyUse::Statement, KeyUse::Custodian]);
    w.publish_at(1_030);
    let (submission, identity) = (w.sent[warning].digest(), crate::encoding::sha256(b"reply"));
    let payload = say!(w, "pier", ReplyLodgement { submission: submission, reply: identity });
    w.issue("pier", &payload);
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    assert!(silence_of(&w, |_| true).is_some());
}

#[test]
fn a_deadline_outside_the_declared_hours_is_said() {
    // 1,050 s after the epoch: Thursday 00:17 UTC.
    for (span, offset, closed, outside) in [
        (WeeklySpan { day: 3, from_minute: 0, until_minute: 18 }, 0, vec![], false),
        (WeeklySpan { day: 3, from_minute: 0, until_minute: 17 }, 0, vec![], true),
        (WeeklySpan { day: 4, from_minute: 0, until_minute: 1_440 }, 0, vec![], true),
        (WeeklySpan { day: 2, from_minute: 0, until_minute: 1_440 }, -60, vec![], false),
        (WeeklySpan { day: 3, from_minute: 0, until_minute: 1_440 }, 0, vec![0], true),
    ] {
        let mut w = World::new();
        w.declare_as("south", &["harbour", "meridian"], 2, |d| {
            (d.hours.weekly, d.hours.utc_offset_minutes, d.hours.closed_days) = (vec![span], offset, closed.clone());
        });
        w.publish_at(1_010);
        let warning = w.warn("north", "south", &Draft { deadline: Some(1_050), ..Draft::default() });
        w.consign(warning, "harbour");
        w.consign(warning, "meridian");
        w.publish_at(1_050);
        w.heads();
        w.publish_at(1_060);
        assert_eq!(silence_of(&w, |_| true).unwrap().outside_hours, outside, "{span:?} {offset} {closed:?}");
    }
}

#[test]
fn without_a_deadline_there_is_no_silence() {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    assert_eq!(silence_of(&w, |_| true), None);
}

use crate::statement::ReplyLodgement;
