//! How far it came, and what of it was told (DESIGN §4 "Told", "Availability").

use super::world::*;
use crate::dossier::{Dossier, Proof};
use crate::encoding::sha256;
use crate::judge::{Answer, EvidenceError, JudgeError, Step};
use crate::jws::Jws;
use crate::keys::{KeyUse, SecretKey};
use crate::statement::{Body, Payload, Statement};
use crate::values::{ReplyStatus, Urgency};
use crate::warning::{Field, Warning};

const TOLD: &str = "told south.example by north.example";

fn all(w: &World) -> Dossier {
    w.dossier(|_| true, &[OPEN])
}

fn step(w: &World, dossier: Dossier) -> (Answer, Option<Step>) {
    let finding = w.judge(&[dossier], TOLD);
    (finding.answer, finding.step)
}

#[test]
fn each_statement_that_is_left_out_lowers_the_step() {
    let (mut w, warning) = available();
    w.ack("south", &["harbour"]);
    let session = w.kid("south", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.access(warning, |_| true);
    w.reply(warning, ReplyStatus::Investigating, &[]);
    w.publish_at(1_030);
    let table: [(&str, Answer, Step); 8] = [
        ("", Answer::Proven, Step::Acknowledged),
        ("Reply", Answer::Proven, Step::Decrypted),
        ("ContentAccess", Answer::Proven, Step::HandedOver),
        ("ContentHandover", Answer::Proven, Step::Notified),
        ("MailboxHeadAck", Answer::Proven, Step::Available),
        ("ContentConsignment", Answer::NotDecidable, Step::Submitted),
        ("SubmissionAcceptance", Answer::NotDecidable, Step::Intent),
        ("Warning", Answer::NotDecidable, Step::Intent),
    ];
    let mut left_out = Vec::new();
    for (more, answer, expected) in table {
        left_out.push(more);
        let dossier = w.dossier(|s| !left_out.contains(&s.body().name()), &[OPEN]);
        assert_eq!(step(&w, dossier), (answer, Some(expected)), "without {left_out:?}");
    }
}

#[test]
fn a_handover_without_a_head_that_the_recipient_signed_is_only_a_caveat() {
    let (mut w, warning) = available();
    let session = w.kid("south", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!(finding.step, Some(Step::Available));
    assert!(caveats(&finding).contains(&"handover-by-word-alone"));
    // To a session of somebody else it is nothing, with or without a head.
    let (mut w, warning) = available();
    let session = w.kid("west", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.ack("south", &["harbour"]);
    w.publish_at(1_030);
    assert_eq!(step(&w, all(&w)), (Answer::Proven, Some(Step::Notified)));
}

#[test]
fn a_declined_warning_was_told_and_no_answer_of_another_party_counts() {
    let (mut w, warning) = available();
    let foreign = w.reply_payload(warning, "west", ReplyStatus::Acknowledged);
    w.issue("west", &foreign);
    w.publish_at(1_030);
    assert_eq!(step(&w, all(&w)).1, Some(Step::Available));
    w.reply(warning, ReplyStatus::Declined, &[]);
    w.publish_at(1_040);
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!((finding.step, finding.reply), (Some(Step::Declined), Some(ReplyStatus::Declined)));
}

#[test]
fn a_quorum_counts_organisations_other_than_the_sender() {
    let mut w = World::with(&["harbour", "meridian", "pier"], 2, 0);
    w.declare("south", &["harbour", "meridian", "pier"], 2);
    w.publish_at(1_010);
    let warning = w.warn("harbour", "south", &Draft::default());
    w.accept(warning);
    for (custodian, expected) in [
        ("meridian", Step::Submitted),
        // The sender's own custodian, and a second consignment by the first: neither is a second organisation.
        ("harbour", Step::Submitted),
        ("meridian", Step::Submitted),
        ("pier", Step::Available),
    ] {
        w.consign(warning, custodian);
        w.publish_at(w.now + 10);
        let finding = w.judge(&[all(&w)], "told south.example by harbour.example");
        assert_eq!(finding.step, Some(expected), "after {custodian}");
    }
}

#[test]
fn a_declaration_that_has_ended_binds_only_within_its_grace() {
    for (valid_until, grace, superseded, available) in [
        (1_020, 0, false, true),
        (1_019, 0, false, false),
        (1_015, 4, false, false),
        (1_015, 5, false, true),
        (9_000, 0, true, false),
        (9_000, 8, true, false),
        (9_000, 10, true, true),
    ] {
        let mut w = World::new();
        w.declare_as("south", &["harbour", "meridian"], 2, |d| {
            (d.valid_until, d.grace_seconds) = (at(valid_until), grace);
        });
        w.publish_at(1_010);
        let warning = w.warn("north", "south", &Draft::default());
        w.accept(warning);
        if superseded {
            w.declare("south", &["harbour", "meridian"], 2);
            w.publish_at(1_011);
        }
        w.consign(warning, "harbour");
        w.consign(warning, "meridian");
        w.publish_at(1_020);
        let expected = if available { Step::Available } else { Step::Submitted };
        let found = step(&w, all(&w)).1;
        assert_eq!(found, Some(expected), "until {valid_until} + {grace}, superseded: {superseded}");
    }
}

#[test]
fn without_the_addressee_nothing_above_submitted_counts() {
    let (mut w, warning) = available();
    w.access(warning, |_| true);
    w.publish_at(1_030);
    let closed = Show { fields: &[Field::Summary, Field::PlaceCity], ..OPEN };
    assert_eq!(step(&w, w.dossier(|_| true, &[closed])), (Answer::NotDecidable, Some(Step::Submitted)));
    // Nor without the core: else leaving it out would raise the step.
    let finding = w.judge(&[w.dossier(|_| true, &[])], TOLD);
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, Some(Step::Submitted)));
    assert!(finding.sentence.contains("an item lay there; its content is not shown"), "{}", finding.sentence);
    assert!(finding.content.is_none());
}

#[test]
fn a_warning_to_somebody_else_was_not_told_to_whom_it_was_sent() {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft { addressee: Some("west.example"), ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.access(warning, |_| true);
    w.publish_at(1_020);
    let finding = w.judge(&[all(&w)], TOLD);
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, Some(Step::Submitted)));
    assert!(finding.sentence.contains("addressed to west.example, not to south.example"));
    assert!(finding.content.unwrap().told.is_empty());
}

#[test]
fn core_and_submission_must_agree_in_every_member() {
    type Change = fn(&mut Warning);
    let table: [(&str, Change); 4] = [
        ("exchange", |c| c.exchange = crate::ExchangeName::parse("other.example").unwrap()),
        ("wid", |c| c.wid = Some(crate::Wid::from_bytes([9; 16]))),
        ("urgency", |c| c.urgency = Urgency::Routine),
        ("deadline", |c| c.deadline = Some(at(7))),
    ];
    for (member, change) in table {
        let mut w = World::new();
        w.declare("south", &["harbour", "meridian"], 2);
        w.publish_at(1_010);
        let warning = w.warn("north", "south", &Draft { core: &change, ..Draft::default() });
        w.accept(warning);
        w.consign(warning, "harbour");
        w.consign(warning, "meridian");
        w.access(warning, |_| true);
        w.publish_at(1_020);
        let finding = w.judge(&[all(&w)], TOLD);
        assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, Some(Step::Submitted)), "{member}");
        assert!(finding.sentence.contains(&format!("two different values of {member}")), "{}", finding.sentence);
    }
}

#[test]
fn nobody_puts_anothers_core_into_its_own_submission() {
    let (mut w, warning) = available();
    let (core, wid) = (w.sent[warning].core.identity(), w.sent[warning].body().wid);
    let stolen = w.warn(
        "west",
        "south",
        &Draft { deadline: Some(1_050), submission: &|s| (s.core, s.wid) = (core, wid), ..Draft::default() },
    );
    w.accept(stolen);
    w.consign(stolen, "harbour");
    w.consign(stolen, "meridian");
    w.access(warning, |_| true);
    w.publish_at(1_030);
    let own = w.sent[stolen].digest();
    let keep = |s: &Statement| s.submission().unwrap_or(s.digest()) == own;
    let dossier = w.dossier(keep, &[Show { open: &[], ..OPEN }]);
    let finding = w.judge(std::slice::from_ref(&dossier), "told south.example by west.example");
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, Some(Step::Submitted)));
    // North's words are not put into West's mouth, in no kind of finding.
    assert!(finding.content.is_none());
    let who = w.judge(&[dossier], "who");
    assert_eq!((who.answer, who.author), (Answer::NotDecidable, None));
}

#[test]
fn what_lay_there_is_told_when_key_and_seed_open_it_without_any_signature_of_the_recipient() {
    let (w, _) = available();
    assert_eq!(step(&w, all(&w)), (Answer::Proven, Some(Step::Available)));
    // The item without what opens it: it lay there, but not what it said.
    let finding = w.judge(&[w.dossier(|_| true, &[Show { open: &[], ..OPEN }])], TOLD);
    assert_eq!((finding.answer, finding.step), (Answer::NotDecidable, Some(Step::Available)));
    assert!(caveats(&finding).contains(&"content-not-told"));
    assert!(finding.content.unwrap().told.is_empty());
}

#[test]
fn a_core_sealed_to_somebody_else_is_not_told() {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let east = w.parties[&name("east")].identity.recipient();
    let warning = w.warn("north", "south", &Draft { seal_to: Some(east), ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    assert_eq!(step(&w, all(&w)), (Answer::NotDecidable, Some(Step::Available)));
    assert!(w.judge(&[all(&w)], TOLD).content.unwrap().told.is_empty());
}

#[test]
fn a_wrong_seed_shows_no_delivery_and_a_wrong_file_key_is_bad_evidence() {
    let (w, _) = available();
    let mut dossier = all(&w);
    dossier.bodies[0].opened[0].seed.0[5] ^= 1;
    assert_eq!(step(&w, dossier).0, Answer::NotDecidable);
    let alter: [fn(&mut crate::dossier::BodiesPart); 6] = [
        |b| b.opened[0].file_key.0[5] ^= 1,
        |b| b.opened[0].file_key.0.truncate(15),
        |b| b.opened[0].index = 1,
        |b| b.opened[0].index = 99,
        |b| b.bodies[3].length += 1,
        |b| b.opened[0].file.0.push(0),
    ];
    for (number, change) in alter.iter().enumerate() {
        let mut dossier = all(&w);
        change(&mut dossier.bodies[0]);
        let error = w.try_judge(&[dossier], TOLD);
        assert!(matches!(error, Err(JudgeError::Evidence(EvidenceError::Part { .. }))), "no. {number}: {error:?}");
    }
}

#[test]
fn a_core_that_the_recipient_could_not_have_believed_is_not_told() {
    // The body holds the same payload under the signature of a key that nobody enrolled.
    let forged = |number: usize, content: Vec<u8>| match number {
        0 => {
            let core = Statement::parse(&content).unwrap();
            let jws = Jws::sign(Warning::TYP, core.jws().payload(), &[&SecretKey::from_seed(&[7; 32])]).unwrap();
            jws.as_bytes().to_vec()
        }
        _ => content,
    };
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft { content: &forged, ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    assert_eq!(step(&w, all(&w)), (Answer::NotDecidable, Some(Step::Available)));
}

#[test]
fn a_worthless_copy_of_the_core_takes_nothing_away() {
    let (w, warning) = available();
    let payload = w.sent[warning].core.jws().payload();
    let worthless = Jws::sign(Warning::TYP, payload, &[&SecretKey::from_seed(&[7; 32])]).unwrap();
    let mut south = w.dossier(|_| false, &[]);
    south.cores.push(crate::dossier::CorePart {
        core: String::from_utf8(worthless.as_bytes().to_vec()).unwrap(),
        disclosures: vec![],
    });
    for dossiers in [[all(&w), south.clone()], [south, all(&w)]] {
        assert_eq!(w.answer(&dossiers, TOLD), Answer::Proven);
    }
}

#[test]
fn a_field_counts_as_told_if_its_digest_is_listed_or_its_group_opened() {
    let (mut w, warning) = available();
    let show = |open| w.judge(&[w.dossier(|_| true, &[Show { open, ..OPEN }])], TOLD).content.unwrap();
    let fields = |content: &crate::judge::Content| content.told.keys().copied().collect::<Vec<_>>();
    assert_eq!(fields(&show(&[0, 3])), ["place.city", "place.country"]);
    assert_eq!(show(&[0, 3]).signed_only.keys().copied().collect::<Vec<_>>(), ["addressee", "summary"]);
    assert_eq!(fields(&show(&[0])), Vec::<&str>::new());
    w.access(warning, |f| f == Field::Summary);
    w.publish_at(1_030);
    let finding = w.judge(&[w.dossier(|_| true, &[Show { open: &[], ..OPEN }])], TOLD);
    assert_eq!(finding.answer, Answer::Proven);
    assert_eq!(fields(finding.content.as_ref().unwrap()), ["summary"]);
    let spec = finding.specificity.unwrap();
    assert_eq!((spec.claimed.place, spec.shown.place), (3, 0));
}

#[test]
fn a_group_with_a_line_that_is_no_disclosure_was_not_told() {
    let spoil = |number: usize, content: Vec<u8>| match number {
        3 => [content, b"\nnot a disclosure".to_vec()].concat(),
        _ => content,
    };
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft { content: &spoil, ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    let content = w.judge(&[all(&w)], TOLD).content.unwrap();
    assert_eq!(content.told.keys().copied().collect::<Vec<_>>(), ["addressee", "summary"]);
    assert_eq!(content.signed_only.keys().copied().collect::<Vec<_>>(), ["place.city", "place.country"]);
}

#[test]
fn a_disclosure_that_the_author_did_not_sign_is_bad_evidence() {
    let (mut w, warning) = available();
    let other = w.warn("north", "south", &Draft { fields: &[(Field::PlaceCity, "Elsewhere")], ..Draft::default() });
    let mut dossier = all(&w);
    dossier.cores[0].disclosures[3] = w.sent[other].disclosures[Field::PlaceCity.position()].as_str().to_owned();
    let error = w.try_judge(&[dossier], TOLD);
    assert!(matches!(error, Err(JudgeError::Evidence(EvidenceError::Disclosure { .. }))), "{error:?}");
    let mut dossier = all(&w);
    let twice = dossier.cores[0].disclosures[3].clone();
    dossier.cores[0].disclosures.push(twice);
    assert!(w.try_judge(&[dossier], TOLD).is_err());
    let mut dossier = all(&w);
    dossier.cores[0].core = w.sent[warning].submission.as_text().into_owned();
    let error = w.try_judge(&[dossier], TOLD);
    assert!(matches!(error, Err(JudgeError::Evidence(EvidenceError::NotACore { .. }))), "{error:?}");
}

#[test]
fn two_dossiers_may_show_different_fields_of_one_core() {
    let (w, _) = available();
    let one = w.dossier(|_| true, &[Show { fields: &[Field::Addressee], ..OPEN }]);
    let other = w.dossier(|_| false, &[Show { fields: &[Field::Addressee, Field::PlaceCity], open: &[], ..OPEN }]);
    let finding = w.judge(&[one, other], TOLD);
    assert_eq!((finding.answer, finding.closed_fields), (Answer::Proven, Some(31)));
    assert!(finding.content.unwrap().told.contains_key("place.city"));
}

#[test]
fn a_head_covers_an_item_if_shown_items_lead_to_it() {
    let (mut w, warning) = available();
    let next = w.warn("north", "south", &Draft::default());
    for custodian in ["harbour", "meridian"] {
        w.consign(next, custodian);
    }
    w.ack("south", &["harbour"]);
    w.publish_at(1_030);
    let own = w.sent[warning].digest();
    let keep = |s: &Statement| {
        s.submission().unwrap_or(s.digest()) == own
            || matches!(s.body(), Body::MailboxHeadAck(_) | Body::CustodyHeads(_))
    };
    assert_eq!(step(&w, w.dossier(keep, &[OPEN])).1, Some(Step::Available), "the link is missing");
    let chain = w.chains.iter().find(|c| c.name.custodian == name("harbour")).unwrap();
    let segment = |after: u64, items: &[crate::mailbox::Item]| crate::dossier::SegmentPart {
        custodian: name("harbour"),
        declaration: w.sent[warning].declaration,
        after,
        items: items.to_vec(),
    };
    for (after, items, covered) in [
        (1, &chain.items[1..], true),
        (0, &chain.items[..], true),
        (0, &chain.items[1..], false),
        (1, &chain.items[..1], false),
        (2, &chain.items[1..], false),
        (u64::MAX, &chain.items[..], false),
    ] {
        let mut dossier = w.dossier(keep, &[OPEN]);
        dossier.segments.push(segment(after, items));
        let expected = if covered { Step::Notified } else { Step::Available };
        assert_eq!(step(&w, dossier).1, Some(expected), "after {after}, {} items", items.len());
    }
    // A complete listing shows the same link.
    w.heads();
    w.publish_at(1_040);
    assert_eq!(step(&w, w.dossier(keep, &[OPEN])).1, Some(Step::Notified));
}

#[test]
fn numbers_that_no_tree_and_no_chain_has_do_no_harm() {
    let (mut w, warning) = available();
    let sent = &w.sent[warning];
    let (declaration, submission, body) = (sent.declaration, sent.digest(), sent.body().clone());
    let payload = say!(
        w,
        "harbour",
        ContentConsignment {
            mailbox: body.mailbox,
            declaration: declaration,
            n: u64::MAX,
            h: sha256(b"h"),
            e: body.e,
            submission: submission,
        }
    );
    w.issue("harbour", &payload);
    let heads = vec![crate::statement::KnownHead { custodian: name("harbour"), declaration, n: 0, h: sha256(b"x") }];
    let payload = say!(w, "south", MailboxHeadAck { mailbox: body.mailbox, heads: heads });
    w.issue("south", &payload);
    let payload = say!(w, "harbour", CustodyHeads { period: u64::MAX, mailboxes: u64::MAX, root: sha256(b"r") });
    let heads = w.issue("harbour", &payload);
    w.publish_at(1_030);
    let mut dossier = all(&w);
    let items = w.chains[0].items.clone();
    dossier.segments.push(crate::dossier::SegmentPart {
        custodian: name("harbour"),
        declaration,
        after: u64::MAX,
        items,
    });
    assert_eq!(step(&w, dossier.clone()).0, Answer::Proven);
    let opening = crate::custody::MailboxOpening {
        r: crate::Salt::from_bytes([0; 16]),
        head: crate::mailbox::ChainHead { n: u64::MAX, h: sha256(b"h") },
        answers: sha256(b"a"),
        index: u64::MAX - 1,
        proof: vec![sha256(b"p"); 63],
    };
    let mut listing = dossier.clone();
    listing.listings.push(crate::dossier::ListingPart {
        heads: heads.digest(),
        mailbox: body.mailbox,
        declaration,
        opening,
        items: None,
        answers: vec![],
    });
    assert!(w.try_judge(&[listing], TOLD).is_err());
    for index in [u64::MAX, 1 << 63, (1 << 63) - 1] {
        let mut altered = dossier.clone();
        let proof = Proof { index, ..altered.proofs[0].clone() };
        altered.proofs.push(proof);
        assert!(w.try_judge(&[altered], TOLD).is_err(), "index {index}");
    }
}

use crate::statement::{ContentConsignment, CustodyHeads, MailboxHeadAck};

#[test]
fn a_head_from_before_the_item_does_not_cover_it() {
    let (mut w, _) = available();
    let next = w.warn("north", "south", &Draft::default());
    // South's head is that of item 1; the listing then shows both items, and so where item 1 stands.
    w.ack("south", &["harbour", "meridian"]);
    for custodian in ["harbour", "meridian"] {
        w.consign(next, custodian);
    }
    w.heads();
    w.publish_at(1_030);
    let own = w.sent[next].digest();
    let keep = |s: &Statement| {
        s.submission().unwrap_or(s.digest()) == own
            || matches!(s.body(), Body::MailboxHeadAck(_) | Body::CustodyHeads(_))
    };
    let dossier = w.dossier(keep, &[Show { warning: next, ..OPEN }]);
    assert_eq!(step(&w, dossier), (Answer::Proven, Some(Step::Available)));
}

#[test]
fn the_senders_own_word_is_no_handover() {
    let mut w = World::with(&["harbour", "meridian", "pier"], 2, 0);
    w.declare("south", &["harbour", "meridian", "pier"], 2);
    w.publish_at(1_010);
    let warning = w.warn("harbour", "south", &Draft::default());
    for custodian in ["harbour", "meridian", "pier"] {
        w.consign(warning, custodian);
    }
    w.ack("south", &["pier"]);
    let session = w.kid("south", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.publish_at(1_020);
    let question = "told south.example by harbour.example";
    assert_eq!(w.judge(&[all(&w)], question).step, Some(Step::Notified));
    w.handover(warning, "pier", session);
    w.publish_at(1_030);
    assert_eq!(w.judge(&[all(&w)], question).step, Some(Step::HandedOver));
}
