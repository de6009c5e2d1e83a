//! "No such warning lay in these mailboxes before T" (DESIGN §4 "Availability and absence").

use super::world::*;
use crate::dossier::Dossier;
use crate::judge::Answer;
use crate::keys::KeyUse;
use crate::statement::{Body, DelegatedRight, Denial, Statement};
use crate::values::{ReplyStatus, Text};

const OBSERVERS: &[&str] = &["harbour", "meridian", "pier", "quay"];
/// T = 1,030.
const ASKED: &str = "told south.example by north.example before 1970-01-01T00:17:10Z";

/// South declared the first k observers with quorum q, and denies that North told it before 1,030.
fn nothing_came(k: usize, q: u32) -> World {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..k], q);
    w.publish_at(1_010);
    w.publish_at(1_030);
    w.heads();
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    w
}

fn all(w: &World) -> Dossier {
    w.dossier(|_| true, &[])
}

fn is_heads_of(s: &Statement, custodians: &[&str]) -> bool {
    matches!(s.body(), Body::CustodyHeads(h) if custodians.iter().any(|c| h.iss == name(c)))
}

#[test]
fn a_refutation_needs_k_minus_q_plus_1_plus_the_liars_not_yet_convicted() {
    // k, q, f_c as believed, c convicted, listings needed (0: never).
    let table = [
        (1, 1, None, 0, 1),
        (2, 2, None, 0, 2),
        (2, 2, Some(0), 0, 1),
        (2, 1, None, 0, 2),
        (3, 2, None, 0, 3),
        (3, 2, Some(0), 0, 2),
        (3, 3, None, 0, 3),
        (3, 3, Some(1), 0, 2),
        (3, 3, Some(0), 0, 1),
        (3, 1, Some(0), 0, 3),
        (3, 1, Some(1), 0, 0),
        (4, 3, Some(1), 0, 3),
        (4, 3, Some(1), 1, 2),
        (4, 3, Some(0), 1, 0),
        (4, 4, Some(2), 1, 2),
        (4, 4, Some(u64::MAX), 0, 0),
    ];
    for (k, q, f_c, convicted, needed) in table {
        let mut w = nothing_came(k, q);
        if convicted == 1 {
            // The last one signs a second root for the same period.
            w.heads_of(OBSERVERS[k - 1], |_| false);
            w.publish_at(1_032);
        }
        let believe = f_c.map_or(r#"{"format":"monition-believe/1"}"#.to_owned(), |f_c| {
            format!(r#"{{"format":"monition-believe/1","f_c":{f_c}}}"#)
        });
        for shown in 0..=k - convicted {
            let names = &OBSERVERS[..shown];
            let two_roots = &OBSERVERS[k - convicted..k];
            let keep = |s: &Statement| match s.body() {
                Body::CustodyHeads(_) => is_heads_of(s, names) || is_heads_of(s, two_roots),
                _ => true,
            };
            let finding = w.judge_believing(&[w.dossier(keep, &[])], ASKED, &believe);
            let expected = if needed > 0 && shown >= needed { Answer::Refuted } else { Answer::NotDecidable };
            let case = format!("k {k}, q {q}, f_c {f_c:?}, c {convicted}, {shown} shown: {}", finding.sentence);
            assert_eq!(finding.answer, expected, "{case}");
            assert_eq!(finding.misbehaviour.len(), convicted, "{case}");
        }
    }
}

#[test]
fn without_before_the_answer_is_never_refuted() {
    let w = nothing_came(2, 2);
    let finding = w.judge(&[all(&w)], "told south.example by north.example");
    assert_eq!(finding.answer, Answer::NotDecidable);
    assert!(finding.sentence.contains("without `before TIME` the answer is never refuted"));
}

#[test]
fn each_thing_that_a_refutation_rests_on_is_needed() {
    let w = nothing_came(2, 2);
    assert_eq!(w.answer(&[all(&w)], ASKED), Answer::Refuted);
    type Change = fn(&World, &mut Dossier);
    let table: [(&str, Change); 6] = [
        ("denial", |_, d| {
            d.statements.retain(|s| !matches!(Statement::parse(s.as_bytes()).unwrap().body(), Body::Denial(_)));
            let left: Vec<_> = d.statements.iter().map(|s| crate::encoding::sha256(s.as_bytes())).collect();
            d.proofs.retain(|p| left.contains(&p.statement));
        }),
        ("complete listings", |_, d| d.listings[0].items = None),
        ("complete listings", |_, d| drop(d.listings.pop())),
        ("complete listings", |w, d| {
            // Without the anchor's note nothing shows that the heads are late enough.
            let anchor = &w.log.notes[2].text;
            d.notes.retain(|n| n != anchor);
        }),
        ("witnessed at or after", |w, d| {
            let late: Vec<_> = w.directory.notes[2..].iter().map(|n| n.text.clone()).collect();
            d.notes.retain(|n| !late.contains(n));
            // One note of the directory for the statements that were logged at 1,031 is gone as well.
        }),
        ("is not enrolled", |_, d| d.directory.truncate(4)),
    ];
    for (reason, change) in table {
        let mut dossier = all(&w);
        change(&w, &mut dossier);
        let finding = w.judge(&[dossier], ASKED);
        assert_eq!(finding.answer, Answer::NotDecidable, "{reason}");
        assert!(finding.sentence.contains(reason), "{reason}: {}", finding.sentence);
    }
}

#[test]
fn the_denial_must_fit_the_question() {
    for (denied, before, fits) in [
        ("told south.example before 1970-01-01T00:17:10Z", 1_030, true),
        ("told south.example before 1970-01-01T00:17:20Z", 1_040, true),
        ("told south.example before 1970-01-01T00:17:00Z", 1_020, false),
        ("told south.example by west.example before 1970-01-01T00:17:10Z", 1_030, false),
        ("told south.example of AAAAAAAAAAAAAAAAAAAAAA before 1970-01-01T00:17:10Z", 1_030, false),
    ] {
        let mut w = nothing_came(2, 2);
        let own = w.logged.last().unwrap().digest();
        w.deny("south", denied, before);
        w.publish_at(1_032);
        let finding = w.judge(&[w.dossier(|s| s.digest() != own, &[])], ASKED);
        assert_eq!(finding.answer == Answer::Refuted, fits, "{denied}");
    }
    // Somebody else's denial in South's name is none.
    let mut w = nothing_came(2, 2);
    let own = w.logged.last().unwrap().digest();
    let (question, before) = (Text::parse(ASKED).unwrap(), at(1_030));
    let payload = say!(w, "south", Denial { question: question, before: before, heads: vec![] });
    let forged = Statement::sign(&payload, &[w.key("west", KeyUse::Statement)]).unwrap();
    w.append(&forged);
    w.publish_at(1_032);
    assert_eq!(w.answer(&[w.dossier(|s| s.digest() != own, &[])], ASKED), Answer::NotDecidable);
}

#[test]
fn heads_whose_anchor_is_older_than_t_are_too_old() {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..2], 2);
    w.publish_at(1_010);
    w.publish_at(1_029);
    w.heads();
    w.publish_at(1_030);
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    assert_eq!(w.answer(&[all(&w)], ASKED), Answer::NotDecidable);
    w.heads();
    w.publish_at(1_032);
    assert_eq!(w.answer(&[all(&w)], ASKED), Answer::Refuted);
}

#[test]
fn an_item_must_be_shown_to_be_somebody_elses() {
    for (sender, question, shown, expected) in [
        ("west", ASKED, true, Answer::Refuted),
        ("west", ASKED, false, Answer::NotDecidable),
        ("north", ASKED, true, Answer::NotDecidable),
        ("west", "told south.example before 1970-01-01T00:17:10Z", true, Answer::NotDecidable),
        ("west", "told south.example by west.example before 1970-01-01T00:17:10Z", true, Answer::NotDecidable),
        (
            "north",
            "told south.example by north.example of AAAAAAAAAAAAAAAAAAAAAA before 1970-01-01T00:17:10Z",
            true,
            Answer::Refuted,
        ),
    ] {
        let mut w = World::with(OBSERVERS, 3, 0);
        w.declare("south", &OBSERVERS[..2], 2);
        w.publish_at(1_010);
        let warning = w.warn(sender, "south", &Draft::default());
        w.consign(warning, "harbour");
        w.consign(warning, "meridian");
        w.publish_at(1_030);
        w.heads();
        w.deny("south", "told south.example before 1970-01-01T00:17:10Z", 1_030);
        w.publish_at(1_031);
        let submission = w.sent[warning].digest();
        let dossier = w.dossier(|s| shown || s.digest() != submission, &[]);
        assert_eq!(w.answer(&[dossier], question), expected, "{sender}, {question}, shown: {shown}");
    }
}

#[test]
fn what_came_after_t_is_no_obstacle_and_what_one_custodian_holds_alone_is_not_available() {
    let mut w = nothing_came(2, 2);
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_040);
    w.heads();
    w.publish_at(1_050);
    // Listings of both periods: the earlier ones decide, whatever the order.
    let mut dossier = w.dossier(|_| true, &[OPEN]);
    assert_eq!(w.answer(&[dossier.clone()], ASKED), Answer::Refuted);
    dossier.listings.reverse();
    assert_eq!(w.answer(&[dossier.clone()], ASKED), Answer::Refuted);
    assert_eq!(w.answer(&[dossier], "told south.example by north.example before 1041"), Answer::Proven);
    // k 3, q 2, no liar believed in: an item that one of three holds refutes nothing and hinders nothing.
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..3], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    w.consign(warning, "pier");
    w.publish_at(1_030);
    w.heads();
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    let judge =
        |f_c: u64| w.judge_believing(&[all(&w)], ASKED, &format!(r#"{{"format":"monition-believe/1","f_c":{f_c}}}"#));
    assert_eq!(judge(0).answer, Answer::Refuted);
    assert_eq!(judge(1).answer, Answer::NotDecidable);
}

#[test]
fn every_declaration_before_t_needs_its_own_listings() {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare_as("south", &OBSERVERS[..2], 2, |d| d.grace_seconds = 5);
    w.publish_at(1_010);
    w.declare("south", &OBSERVERS[2..], 2);
    w.publish_at(1_015);
    // Heads of the old mailbox up to its end with grace: 1,015 + 5.
    w.publish_at(1_019);
    w.heads();
    w.publish_at(1_020);
    let early: Vec<_> = w.listings.iter().map(|l| l.heads).collect();
    w.heads();
    let middle: Vec<_> = w.listings.iter().map(|l| l.heads).filter(|h| !early.contains(h)).collect();
    w.publish_at(1_030);
    w.heads();
    let late: Vec<_> =
        w.listings.iter().map(|l| l.heads).filter(|h| !early.contains(h) && !middle.contains(h)).collect();
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    let judge = |old: &[crate::Digest], new: &[crate::Digest]| {
        let mut dossier = all(&w);
        let first = w.chains[0].name.declaration;
        dossier.listings.retain(|l| if l.declaration == first { old } else { new }.contains(&l.heads));
        w.answer(&[dossier], ASKED)
    };
    assert_eq!(judge(&middle, &late), Answer::Refuted);
    assert_eq!(judge(&late, &late), Answer::Refuted);
    assert_eq!(judge(&early, &late), Answer::NotDecidable);
    assert_eq!(judge(&middle, &middle), Answer::NotDecidable);
    assert_eq!(judge(&[], &late), Answer::NotDecidable);
    assert_eq!(judge(&middle, &[]), Answer::NotDecidable);
}

#[test]
fn a_time_without_a_declaration_is_not_decidable() {
    for (valid_until, grace, expected) in
        [(1_012, 0, Answer::NotDecidable), (1_012, 2, Answer::NotDecidable), (1_012, 3, Answer::Refuted)]
    {
        let mut w = World::with(OBSERVERS, 3, 0);
        w.declare_as("south", &OBSERVERS[..2], 2, |d| (d.valid_until, d.grace_seconds) = (at(valid_until), grace));
        w.publish_at(1_010);
        w.declare("south", &OBSERVERS[..2], 2);
        w.publish_at(1_015);
        w.publish_at(1_030);
        w.heads();
        w.deny("south", ASKED, 1_030);
        w.publish_at(1_031);
        let finding = w.judge(&[all(&w)], ASKED);
        assert_eq!(finding.answer, expected, "until {valid_until} + {grace}: {}", finding.sentence);
    }
}

#[test]
fn who_had_declared_nothing_refutes_nothing() {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.publish_at(1_030);
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    let finding = w.judge(&[all(&w)], ASKED);
    assert!(finding.sentence.contains("had declared no mailbox before"), "{}", finding.sentence);
}

#[test]
fn the_recipients_own_custodian_lists_nothing_for_it() {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("harbour", &["harbour", "meridian", "pier"], 2);
    w.publish_at(1_030);
    w.heads();
    let question = ASKED.replace("south", "harbour");
    w.deny("harbour", &question, 1_030);
    w.publish_at(1_031);
    let judge = |f_c: u64| {
        w.judge_believing(&[all(&w)], &question, &format!(r#"{{"format":"monition-believe/1","f_c":{f_c}}}"#)).answer
    };
    // k 3, q 2: 2 listings when nobody lies, 3 when one may; harbour's own is not one of them.
    assert_eq!((judge(0), judge(1)), (Answer::Refuted, Answer::NotDecidable));
}

#[test]
fn a_sender_who_is_a_custodian_is_left_out_of_the_count() {
    // Of harbour and meridian with q 2 only one counts for what harbour sends: never available. One honest listing is
    // needed all the same, else the denial alone would refute.
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..2], 2);
    w.publish_at(1_030);
    w.heads();
    let question = ASKED.replace("north", "harbour");
    w.deny("south", &question, 1_030);
    w.publish_at(1_031);
    let judge = |names: &[&str]| {
        let keep = |s: &Statement| !matches!(s.body(), Body::CustodyHeads(_)) || is_heads_of(s, names);
        w.judge_believing(&[w.dossier(keep, &[])], &question, r#"{"format":"monition-believe/1","f_c":0}"#).answer
    };
    assert_eq!(
        (judge(&[]), judge(&["harbour"]), judge(&["meridian"])),
        (Answer::NotDecidable, Answer::NotDecidable, Answer::Refuted)
    );
}

#[test]
fn what_the_recipient_itself_signed_outweighs_all_listings() {
    // The exchange handed the bytes over past all custodians; South's machine said so, and South denies it.
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..2], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    let access = w.access(warning, |_| true);
    w.publish_at(1_020);
    w.publish_at(1_030);
    w.heads();
    let denial = w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    let show = Show { open: &[], ..OPEN };
    let finding = w.judge(&[w.dossier(|_| true, &[show])], ASKED);
    assert_eq!(finding.answer, Answer::Proven, "{}", finding.sentence);
    assert_eq!(convictions(&finding), [("south.example".to_owned(), "misbehaviour-false-denial")]);
    assert_eq!(finding.misbehaviour[0].statements, [access.digest(), denial.digest()]);
    // South leaves its own receipt out: refuted. With the receipt and without the submission: not decidable.
    assert_eq!(w.answer(&[w.dossier(|s| *s != access, &[])], ASKED), Answer::Refuted);
    let submission = w.sent[warning].digest();
    assert_eq!(w.answer(&[w.dossier(|s| s.digest() != submission, &[])], ASKED), Answer::NotDecidable);
    // And with both, but without the core that would prove it.
    let finding = w.judge(&[w.dossier(|_| true, &[])], ASKED);
    assert_eq!(finding.answer, Answer::NotDecidable);
    assert!(finding.sentence.contains("south.example itself signed a ContentAccess"), "{}", finding.sentence);
}

#[test]
fn a_receipt_that_is_shown_to_be_younger_than_t_is_no_obstacle() {
    let mut w = nothing_came(2, 2);
    w.publish_at(1_035);
    let warning = w.warn("north", "south", &Draft::default());
    w.reply(warning, ReplyStatus::Acknowledged, &[]);
    w.publish_at(1_040);
    let dossier = w.dossier(|_| true, &[Show { open: &[], ..OPEN }]);
    let finding = w.judge(std::slice::from_ref(&dossier), ASKED);
    assert_eq!(finding.answer, Answer::Refuted, "{}", finding.sentence);
    assert!(finding.misbehaviour.is_empty());
    assert_eq!(
        w.answer(std::slice::from_ref(&dossier), "told south.example by north.example before 1041"),
        Answer::Proven
    );
    // Without its anchor's note nothing shows that it is younger.
    let mut undated = dossier;
    let anchor = w.log.notes.iter().rev().nth(1).unwrap();
    undated.notes.retain(|n| *n != anchor.text);
    let anchor_note = crate::encoding::sha256(anchor.text.as_bytes());
    assert!(undated.proofs.iter().all(|p| p.note != anchor_note));
    let finding = w.judge(&[undated], ASKED);
    assert_eq!(finding.answer, Answer::NotDecidable);
    assert!(finding.sentence.contains("itself signed a Reply"), "{}", finding.sentence);
}

#[test]
fn a_receipt_by_a_delegate_binds_the_recipient() {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..2], 2);
    w.delegate("south", "west", &[DelegatedRight::Receive], 9_000);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    let access = w.access_payload(warning, "south", |_| true);
    let access = Statement::sign(&access, &[w.key("west", KeyUse::Mailbox)]).unwrap();
    w.append(&access);
    w.publish_at(1_030);
    w.heads();
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    let finding = w.judge(&[w.dossier(|_| true, &[Show { open: &[], ..OPEN }])], ASKED);
    assert_eq!(finding.answer, Answer::NotDecidable, "not before T: the receipt was logged at T");
    assert_eq!(w.answer(&[all(&w)], ASKED), Answer::NotDecidable);
}

#[test]
fn an_honest_recipient_of_garbage_is_not_convicted_of_a_false_denial() {
    let mut w = World::with(OBSERVERS, 3, 0);
    w.declare("south", &OBSERVERS[..2], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft::default());
    let mut access = w.access_payload(warning, "south", |_| false);
    (access.core, access.missing, access.undecryptable) = (None, vec![], vec![0]);
    w.issue("south", &access);
    w.publish_at(1_020);
    w.publish_at(1_030);
    w.heads();
    w.deny("south", ASKED, 1_030);
    w.publish_at(1_031);
    let finding = w.judge(&[all(&w)], ASKED);
    assert_eq!((finding.answer, finding.misbehaviour.len()), (Answer::NotDecidable, 0));
}
