//! Each contradiction that evidence can show, with its two statements; and who must not be convicted.

use super::world::*;
use crate::dossier::Dossier;
use crate::encoding::{Digest, sha256};
use crate::judge::{EvidenceError, Finding, JudgeError};
use crate::keys::KeyUse;
use crate::statement::{
    Body, CustodyHeads, HandoverFailure, KnownHead, MailboxHeadAck, OutOfBandNotice, Statement, Submission,
    SubmissionRejection,
};
use monition_tlog::{MemoryTree, TreeHead, leaf_hash};

fn all(w: &World) -> Dossier {
    w.dossier(|_| true, &[])
}

/// One conviction, for these two parts.
fn convicts(finding: &Finding, party: &str, code: &str, pair: [Digest; 2]) {
    let found: Vec<_> = finding.misbehaviour.iter().map(|m| (m.party.clone(), m.code)).collect();
    assert_eq!(found, [(name(party), code)]);
    let (mut found, mut pair) = (finding.misbehaviour[0].statements.clone(), pair.to_vec());
    found.sort();
    pair.sort();
    assert_eq!(found, pair);
}

fn fork(w: &World, log: &Log, size: u64) -> String {
    let tree: MemoryTree = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    w.note(log, tree.head(), &[])
}

#[test]
fn split_view_two_roots_of_one_log_for_one_size() {
    let (w, _) = available();
    let mut dossier = all(&w);
    let note = w.log.notes.last().unwrap();
    let other = fork(&w, &w.log, note.size);
    dossier.notes.push(other.clone());
    let finding = w.judge(&[dossier], "timeline");
    convicts(&finding, "exchange", "misbehaviour-split-view", [sha256(other.as_bytes()), sha256(note.text.as_bytes())]);
}

#[test]
fn split_view_of_the_directory_convicts_the_exchange_and_refuses_nobodys_evidence() {
    let (w, _) = available();
    let question = "told south.example by north.example";
    let newest = w.directory.notes.last().unwrap();
    for size in [newest.size, newest.size - 1, 3] {
        let mut dossier = w.dossier(|_| true, &[OPEN]);
        let other = fork(&w, &w.directory, size);
        dossier.notes.push(other.clone());
        let finding = w.judge(&[dossier], question);
        assert_eq!(finding.answer, crate::judge::Answer::Proven, "size {size}");
        assert_eq!(convictions(&finding), [("exchange.example".to_owned(), "misbehaviour-split-view")], "size {size}");
        assert!(finding.misbehaviour[0].statements.contains(&sha256(other.as_bytes())));
    }
}

#[test]
fn a_directory_that_a_quorum_cosigned_twice_decides_nothing_and_names_the_two_notes() {
    let (w, _) = available();
    let both = [("harbour", 1_020), ("meridian", 1_020)];
    let tree: MemoryTree = (0..3_u64).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let other = w.note(&w.directory, tree.head(), &both);
    for question in ["told south.example by north.example", "timeline", "who"] {
        let mut dossier = w.dossier(|_| true, &[OPEN]);
        dossier.notes.push(other.clone());
        let finding = w.judge(&[dossier], question);
        assert_eq!(finding.answer, crate::judge::Answer::NotDecidable, "{question}");
        assert_eq!(convictions(&finding), [("exchange.example".to_owned(), "misbehaviour-split-view")]);
        assert_eq!(caveats(&finding), ["directory-contradicted"]);
        assert!(finding.misbehaviour[0].statements.contains(&sha256(other.as_bytes())));
        assert!(finding.timeline.is_empty() && finding.step.is_none());
    }
    // Past what a quorum witnessed of the directory shown, a note that does not fit shows only that the entries are wrong.
    let mut dossier = all(&w);
    dossier.directory.push(dossier.directory[0].clone());
    let tree: MemoryTree = (0..dossier.directory.len() as u64).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    dossier.notes.push(w.note(&w.directory, tree.head(), &both));
    let error = w.try_judge(&[dossier], "timeline");
    assert!(matches!(error, Err(JudgeError::Evidence(EvidenceError::DirectoryRoot { .. }))), "{error:?}");
}

#[test]
fn two_dossiers_with_two_witnessed_directories_decide_nothing_in_either_order() {
    let (w, _) = available();
    let one = w.dossier(|_| true, &[OPEN]);
    let mut two = one.clone();
    two.directory = one.directory.iter().rev().cloned().collect();
    two.notes = vec![];
    (two.statements, two.proofs, two.cores, two.bodies, two.listings) = Default::default();
    let tree: MemoryTree = two.directory.iter().map(|e| leaf_hash(e.as_bytes())).collect();
    // Nobody witnessed the other: it is bad evidence.
    let error = w.try_judge(&[one.clone(), two.clone()], "timeline");
    assert!(matches!(error, Err(JudgeError::Evidence(EvidenceError::TwoDirectories { index: 0 }))), "{error:?}");
    two.notes = vec![w.note(&w.directory, tree.head(), &[("harbour", 1_020), ("meridian", 1_020)])];
    let found = w.judge(&[one.clone(), two.clone()], "timeline");
    assert_eq!(found, w.judge(&[two, one], "timeline"));
    assert_eq!(found.answer, crate::judge::Answer::NotDecidable);
    assert_eq!(convictions(&found), [("exchange.example".to_owned(), "misbehaviour-split-view")]);
}

#[test]
fn a_directory_entry_that_breaks_a_rule_leaves_a_caveat() {
    let (mut w, _) = available();
    let again = w.entries[3].clone();
    w.enter(&again);
    w.publish_at(1_030);
    let finding = w.judge(&[w.dossier(|_| true, &[OPEN])], "told south.example by north.example");
    assert_eq!(finding.answer, crate::judge::Answer::Proven);
    let caveat = finding.caveats.iter().find(|c| c.code == "directory-entry-ignored").unwrap();
    assert!(caveat.text.starts_with("1 of the directory's entries"), "{}", caveat.text);
}

#[test]
fn a_refusal_after_an_acceptance_convicts_the_exchange_and_one_before_it_does_not() {
    for (accepted_first, convicted) in [(true, true), (false, false)] {
        let (mut w, warning) = available();
        let submission = w.sent[warning].digest();
        if !accepted_first {
            // The acceptance of the world stands at 1,020: this one names another submission.
            let other = w.warn("north", "south", &Draft::default());
            let submission = w.sent[other].digest();
            let refusal = say!(w, "exchange", SubmissionRejection { submission: submission, code: "x".to_owned() });
            w.issue_as_exchange(&refusal);
            w.publish_at(1_022);
            w.publish_at(1_024);
            w.accept(other);
        }
        w.publish_at(1_025);
        if accepted_first {
            let refusal = say!(w, "exchange", SubmissionRejection { submission: submission, code: "x".to_owned() });
            w.issue_as_exchange(&refusal);
        }
        w.publish_at(1_030);
        let found = convictions(&w.judge(&[all(&w)], "timeline"));
        let expected = ("exchange.example".to_owned(), "misbehaviour-refused-after-acceptance");
        assert_eq!(found, if convicted { vec![expected] } else { vec![] });
    }
}

/// Accepted with a promise by 1,060, consigned by `by`, heads of both with an anchor of 1,070.
fn promised(consigned: &[&str], failure: Option<u64>) -> World {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_000);
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    for custodian in consigned {
        w.consign(warning, custodian);
    }
    if let Some(time) = failure {
        w.publish_at(time);
        let submission = w.sent[warning].digest();
        let payload = say!(w, "exchange", HandoverFailure { submission: submission, code: "unreachable".to_owned() });
        w.issue_as_exchange(&payload);
    }
    w.publish_at(1_070);
    w.heads();
    w.publish_at(1_080);
    w
}

#[test]
fn a_promise_of_consignments_that_were_not_there_convicts_the_exchange() {
    let broken = ("exchange.example".to_owned(), "misbehaviour-promise-broken");
    for (consigned, failure, believe, convicted) in [
        (&[][..], None, r#"{"format":"monition-believe/1"}"#, true),
        // One lying custodian is allowed for: it may list without an item that it holds.
        (&["harbour"][..], None, r#"{"format":"monition-believe/1"}"#, false),
        (&["harbour"][..], None, r#"{"format":"monition-believe/1","f_c":0}"#, true),
        (&["harbour", "meridian"][..], None, r#"{"format":"monition-believe/1","f_c":0}"#, false),
        (&[][..], Some(1_050), r#"{"format":"monition-believe/1"}"#, false),
        (&[][..], Some(1_065), r#"{"format":"monition-believe/1"}"#, true),
    ] {
        let w = promised(consigned, failure);
        let finding = w.judge_believing(&[all(&w)], "timeline", believe);
        let expected = if convicted { vec![broken.clone()] } else { vec![] };
        assert_eq!(convictions(&finding), expected, "{consigned:?} {failure:?} {believe}");
    }
    // Heads from before the promised time say nothing of it.
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish();
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.publish_at(1_030);
    w.heads();
    w.publish_at(1_080);
    assert!(convictions(&w.judge(&[all(&w)], "timeline")).is_empty());
}

#[test]
fn a_hundred_heads_of_one_mailbox_make_one_pair_for_each_and_code() {
    let (mut w, _) = available();
    for now in 1_021..1_121 {
        w.heads();
        w.publish_at(now);
    }
    assert!(convictions(&w.judge(&[all(&w)], "timeline")).is_empty());
    w.chain("harbour", w.sent[0].declaration).items.clear();
    w.chain("harbour", w.sent[0].declaration).answers.clear();
    w.heads();
    w.publish_at(1_130);
    let found = w.judge(&[all(&w)], "timeline").misbehaviour;
    assert!(found.iter().all(|m| m.code == "misbehaviour-item-hidden" && m.party == name("harbour")), "{found:?}");
    // One for the consignment, one for each of the longer heads: never one for each pair of heads.
    assert!((2..=102).contains(&found.len()), "{}", found.len());
}

#[test]
fn an_impossible_head_is_refused() {
    let (w, _) = available();
    let mut dossier = all(&w);
    let head = TreeHead { size: monition_tlog::TreeSize::ZERO, root: leaf_hash(b"x") };
    dossier.notes.push(w.note(&w.log, head, &[]));
    assert!(w.try_judge(&[dossier], "timeline").is_err());
}

#[test]
fn eid_reused_for_two_statements() {
    let mut w = World::new();
    let mut payload = say!(
        w,
        "north",
        OutOfBandNotice { to: name("south"), channel: "telephone".to_owned(), at: at(1_000), note: None }
    );
    let one = w.issue("north", &payload);
    payload.channel = "visit".to_owned();
    let other = w.issue("north", &payload);
    w.publish_at(1_010);
    convicts(&w.judge(&[all(&w)], "timeline"), "north", "misbehaviour-eid-reused", [one.digest(), other.digest()]);
}

#[test]
fn item_equivocation_two_items_at_one_place() {
    let (mut w, warning) = available();
    let declaration = w.sent[warning].declaration;
    let first = w.logged.iter().find(|s| matches!(s.body(), Body::ContentConsignment(c) if c.iss == name("harbour")));
    let first = first.unwrap().digest();
    let second = w.warn("west", "south", &Draft::default());
    let chain = w.chain("harbour", declaration);
    (chain.items, chain.answers) = (vec![], vec![]);
    let other = w.consign(second, "harbour");
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], "timeline");
    convicts(&finding, "harbour", "misbehaviour-item-equivocation", [first, other.digest()]);
}

#[test]
fn sequence_reused_for_two_submissions_to_one_recipient() {
    let (mut w, _) = available();
    w.party("north").sent.clear();
    let again = w.warn("north", "south", &Draft::default());
    let pair = [w.sent[0].digest(), w.sent[again].digest()];
    w.publish_at(1_030);
    convicts(&w.judge(&[all(&w)], "timeline"), "north", "misbehaviour-sequence-reused", pair);
    // Under another declaration of the same recipient it is the same sequence.
    w.declare("south", &["harbour"], 1);
    w.party("north").sent.clear();
    let again = w.warn("north", "south", &Draft::default());
    w.publish_at(1_040);
    let (first, again) = (w.sent[0].digest(), w.sent[again].digest());
    let dossier = w.dossier(|s| !matches!(s.body(), Body::Submission(_)) || [first, again].contains(&s.digest()), &[]);
    convicts(&w.judge(&[dossier], "timeline"), "north", "misbehaviour-sequence-reused", [first, again]);
}

#[test]
fn a_number_that_the_exchange_refused_is_free_again() {
    let (mut w, _) = available();
    w.party("north").sent.clear();
    w.warn("north", "south", &Draft::default());
    let refused = w.sent[0].digest();
    let payload = say!(w, "exchange", SubmissionRejection { submission: refused, code: "evidence-expired".to_owned() });
    let key = w.key("exchange", KeyUse::Exchange);
    let statement = Statement::sign(&payload, &[key]).unwrap();
    w.append(&statement);
    w.publish_at(1_030);
    assert!(w.judge(&[all(&w)], "timeline").misbehaviour.is_empty());
}

#[test]
fn two_custody_roots_for_one_period() {
    let (mut w, _) = available();
    w.heads();
    let one = w.logged.iter().find(|s| matches!(s.body(), Body::CustodyHeads(h) if h.iss == name("harbour"))).unwrap();
    let one = one.digest();
    let other = w.heads_of("harbour", |_| false);
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], "timeline");
    convicts(&finding, "harbour", "misbehaviour-two-custody-roots", [one, other.digest()]);
}

#[test]
fn one_mailbox_twice_in_one_root() {
    let (mut w, _) = available();
    let dossier = two_openings(&mut w);
    let finding = w.judge(&[dossier], "timeline");
    let heads = w.logged.last().unwrap().digest();
    convicts(&finding, "harbour", "misbehaviour-mailbox-twice", [heads, heads]);
}

/// A root that holds harbour's first chain at two places, with two heads, and both openings.
fn two_openings(w: &mut World) -> Dossier {
    use crate::custody::{AnswersTree, CustodyTree, MailboxOpening, MailboxState};
    use crate::dossier::ListingPart;
    use crate::mailbox::ChainHead;
    use monition_tlog::{LeafIndex, inclusion_proof};
    let chain = &w.chains[0];
    let (name_of, full) = (chain.name.clone(), chain.head());
    let state = |r: u8, head: ChainHead| MailboxState {
        r: crate::Salt::from_bytes([r; 16]),
        h0: name_of.h0(),
        head,
        answers: AnswersTree::new(&[]).root(),
    };
    let states = [state(1, full), state(2, ChainHead::empty(&name_of))];
    // The same tree leaf by leaf: a tree of one state has its leaf as root, and `open` finds the first of two alike.
    let mut leaves: Vec<_> = states.iter().map(|s| (CustodyTree::new(vec![s.clone()]).root(), s)).collect();
    let tree = CustodyTree::new(states.to_vec());
    if tree.open(&name_of.h0()).unwrap().r != leaves[0].1.r {
        leaves.reverse();
    }
    let mut memory = MemoryTree::new();
    for (leaf, _) in &leaves {
        memory.push((*leaf).into());
    }
    assert_eq!(Digest::from(memory.head().root), tree.root());
    let payload = say!(w, "harbour", CustodyHeads { period: 77, mailboxes: 2, root: tree.root() });
    let heads = w.issue("harbour", &payload);
    w.publish_at(1_040);
    let mut dossier = w.dossier(|s| *s == heads, &[]);
    for (index, (_, state)) in leaves.iter().enumerate() {
        let index = index as u64;
        let proof = inclusion_proof(&memory, LeafIndex::new(index), memory.size()).unwrap();
        dossier.listings.push(ListingPart {
            heads: heads.digest(),
            mailbox: name_of.mailbox,
            declaration: name_of.declaration,
            opening: MailboxOpening {
                r: state.r,
                head: state.head,
                answers: state.answers,
                index,
                proof: proof.into_iter().map(Digest::from).collect(),
            },
            items: None,
            answers: vec![],
        });
    }
    dossier
}

#[test]
fn item_hidden_in_later_heads() {
    let (mut w, warning) = available();
    let declaration = w.sent[warning].declaration;
    let consigned =
        w.logged.iter().find(|s| matches!(s.body(), Body::ContentConsignment(c) if c.iss == name("harbour")));
    let consigned = consigned.unwrap().digest();
    let chain = w.chain("harbour", declaration);
    (chain.items, chain.answers) = (vec![], vec![]);
    // At the same second it is no contradiction: the anchor is not younger than the consignment.
    w.heads_of("harbour", |_| true);
    w.publish_at(1_030);
    assert!(w.judge(&[all(&w)], "timeline").misbehaviour.is_empty());
    let heads = w.heads_of("harbour", |_| true);
    w.publish_at(1_040);
    let dossier = w.dossier(|s| !matches!(s.body(), Body::CustodyHeads(_)) || *s == heads, &[]);
    convicts(&w.judge(&[dossier], "timeline"), "harbour", "misbehaviour-item-hidden", [consigned, heads.digest()]);
}

#[test]
fn item_exchanged_for_another_inside_a_longer_listing() {
    let (mut w, warning) = available();
    let declaration = w.sent[warning].declaration;
    let consigned =
        w.logged.iter().find(|s| matches!(s.body(), Body::ContentConsignment(c) if c.iss == name("harbour")));
    let consigned = consigned.unwrap().digest();
    let chain = w.chain("harbour", declaration);
    chain.items[0].e = sha256(b"another");
    let (item, answer) = (chain.items[0].clone(), chain.answers[0].clone());
    chain.items.push(item);
    chain.answers.push(answer);
    let heads = w.heads_of("harbour", |_| true);
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], "timeline");
    convicts(&finding, "harbour", "misbehaviour-item-equivocation", [consigned, heads.digest()]);
}

#[test]
fn items_lost_between_two_heads() {
    let (mut w, warning) = available();
    let declaration = w.sent[warning].declaration;
    let early = w.heads_of("harbour", |_| true);
    w.publish_at(1_030);
    let chain = w.chain("harbour", declaration);
    (chain.items, chain.answers) = (vec![], vec![]);
    w.publish_at(1_031);
    // A new period: else it would be two roots for one.
    let payload = {
        let heads = w.heads_of("harbour", |_| true);
        match heads.body() {
            Body::CustodyHeads(h) => CustodyHeads { period: 9, eid: w.eid(), ..h.clone() },
            _ => unreachable!(),
        }
    };
    let unlogged = w.logged.pop().unwrap();
    assert_ne!(unlogged, early);
    let late = w.sign("harbour", &payload);
    w.logged.push(unlogged);
    w.append(&late);
    w.listings.last_mut().unwrap().heads = late.digest();
    w.publish_at(1_040);
    let dossier = w.dossier(|s| *s == early || *s == late, &[]);
    convicts(&w.judge(&[dossier], "timeline"), "harbour", "misbehaviour-item-hidden", [early.digest(), late.digest()]);
}

#[test]
fn signatures_convict_though_no_log_holds_them() {
    let (mut w, _) = available();
    let body = w.sent[0].body().clone();
    let other = Submission { e: sha256(b"other"), eid: w.eid(), ..body };
    let other = w.sign("north", &other);
    let mut dossier = all(&w);
    dossier.statements.push(other.as_text().into_owned());
    let pair = [w.sent[0].digest(), other.digest()];
    convicts(&w.judge(&[dossier], "timeline"), "north", "misbehaviour-sequence-reused", pair);
}

#[test]
fn a_stolen_key_convicts_nobody_once_it_is_revoked() {
    let (mut w, _) = available();
    w.revoke("north", KeyUse::Statement, None);
    w.publish_at(1_030);
    let body = w.sent[0].body().clone();
    let forged = Submission { e: sha256(b"other"), eid: w.eid(), ..body };
    let forged = w.sign("north", &forged);
    // Kept out of the log by the thief, and logged after the revocation.
    let mut dossier = all(&w);
    dossier.statements.push(forged.as_text().into_owned());
    assert!(w.judge(&[dossier], "timeline").misbehaviour.is_empty());
    w.append(&forged);
    w.publish_at(1_040);
    assert!(w.judge(&[all(&w)], "timeline").misbehaviour.is_empty());
}

#[test]
fn what_is_meant_for_another_exchange_convicts_nobody_here() {
    let (mut w, _) = available();
    w.heads();
    let own = w.logged.iter().find_map(|s| match s.body() {
        Body::CustodyHeads(h) if h.iss == name("harbour") => Some(h.clone()),
        _ => None,
    });
    let mut elsewhere = own.unwrap();
    (elsewhere.exchange, elsewhere.root) = (crate::ExchangeName::parse("other.example").unwrap(), sha256(b"root"));
    elsewhere.eid = w.eid();
    w.issue("harbour", &elsewhere);
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], "timeline");
    assert!(finding.misbehaviour.is_empty(), "{:?}", finding.misbehaviour);
    assert!(finding.caveats.iter().any(|c| c.text.contains("meant for the exchange other.example")));
}

#[test]
fn two_copies_of_one_statement_convict_nobody() {
    let (mut w, warning) = available();
    let again = w.sent[warning].submission.clone();
    w.append(&again);
    w.access(warning, |_| true);
    w.access(warning, |_| true);
    w.consign(warning, "harbour");
    let heads = vec![KnownHead {
        custodian: name("harbour"),
        declaration: w.sent[warning].declaration,
        n: 1,
        h: sha256(b"what South claims that harbour had"),
    }];
    let mailbox = w.sent[warning].body().mailbox;
    let payload = say!(w, "south", MailboxHeadAck { mailbox: mailbox, heads: heads });
    w.issue("south", &payload);
    w.heads();
    w.publish_at(1_030);
    assert!(w.judge(&[all(&w)], "timeline").misbehaviour.is_empty());
}

#[test]
fn false_denials_are_told_from_honest_ones() {
    for (question, before, receipt_at, convicted) in [
        ("told south.example by north.example before 1970-01-01T00:17:10Z", 1_030, 1_029, true),
        ("told south.example before 1970-01-01T00:17:10Z", 1_030, 1_029, true),
        ("told south.example by north.example before 1970-01-01T00:17:10Z", 1_030, 1_030, false),
        ("told south.example by west.example before 1970-01-01T00:17:10Z", 1_030, 1_029, false),
        ("told south.example of AAAAAAAAAAAAAAAAAAAAAA before 1970-01-01T00:17:10Z", 1_030, 1_029, false),
        ("told south.example by north.example before 1970-01-01T00:17:00Z", 1_020, 1_029, false),
    ] {
        let (mut w, warning) = available();
        w.access(warning, |_| true);
        w.publish_at(receipt_at);
        w.deny("south", question, before);
        w.publish_at(1_040);
        let finding = w.judge(&[all(&w)], "timeline");
        assert_eq!(!finding.misbehaviour.is_empty(), convicted, "{question}, {before}, {receipt_at}");
    }
}

#[test]
fn every_conviction_names_statements_of_the_one_convicted() {
    let (mut w, _) = available();
    w.party("north").sent.clear();
    w.warn("north", "south", &Draft::default());
    w.heads();
    w.heads_of("meridian", |_| false);
    w.publish_at(1_030);
    let finding = w.judge(&[all(&w)], "timeline");
    assert_eq!(finding.misbehaviour.len(), 2);
    for found in &finding.misbehaviour {
        for digest in &found.statements {
            let signed: &Statement = w.logged.iter().find(|s| s.digest() == *digest).unwrap();
            assert_eq!(*signed.common().iss, found.party);
        }
    }
}
