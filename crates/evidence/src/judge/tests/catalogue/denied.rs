//! "We were never told": when it is refuted, and when it is not.

use super::{BEFORE, Catalogue, all};
use crate::judge::tests::world::*;
use crate::statement::{Body, Statement};

const OBSERVERS: &[&str] = &["harbour", "meridian", "pier"];
/// T = 1,030.
const T: u64 = 1_030;
const ANYBODY: &str = "told south.example before 1970-01-01T00:17:10Z";

fn begun(custodians: usize, quorum: u32) -> World {
    let mut w = World::with(OBSERVERS, 2, 0);
    w.declare("south", &OBSERVERS[..custodians], quorum);
    w.publish_at(1_010);
    w
}

/// Listings with anchors of T, South's denial, and a directory witnessed after it.
fn denied(w: &mut World, question: &str) {
    w.publish_at(T);
    w.heads();
    w.deny("south", question, T);
    w.publish_at(T + 1);
}

fn nothing_came(custodians: usize, quorum: u32) -> World {
    let mut w = begun(custodians, quorum);
    denied(&mut w, BEFORE);
    w
}

fn heads_by(s: &Statement, who: &[&str]) -> bool {
    matches!(s.body(), Body::CustodyHeads(h) if who.iter().any(|c| h.iss == name(c)))
}

fn others_came(sender: &str) -> (World, usize) {
    let mut w = begun(2, 2);
    let warning = w.warn(sender, "south", &Draft::default());
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    denied(&mut w, ANYBODY);
    (w, warning)
}

pub(super) fn stories(c: &mut Catalogue) {
    c.group("Absence");
    let w = nothing_came(2, 2);
    c.add("refuted", "South denies, and both custodians list empty mailboxes.", &w, &[all_of(&w)], BEFORE, "refuted");
    c.add(
        "refuted-needs-before",
        "Without a time nothing is refuted: a warning may come later.",
        &w,
        &[all_of(&w)],
        "told south.example by north.example",
        "not-decidable",
    );
    let one = |s: &Statement| !heads_by(s, &["meridian"]);
    c.add(
        "one-listing-too-few",
        "One of two custodians is heard; it may be the one that lies.",
        &w,
        &[w.dossier(one, &[])],
        BEFORE,
        "not-decidable",
    );
    c.add(
        "one-listing-believed",
        "The reader allows for no lying custodian: one listing is enough.",
        &w,
        &[w.dossier(one, &[])],
        BEFORE,
        "refuted",
    )
    .believing(r#"{"format":"monition-believe/1","f_c":0}"#);
    c.add(
        "no-denial",
        "Empty mailboxes alone refute nothing: South itself must deny.",
        &w,
        &[w.dossier(|s| !matches!(s.body(), Body::Denial(_)), &[])],
        BEFORE,
        "not-decidable",
    );
    let w = nothing_came(3, 2);
    c.add("refuted-by-three", "Three custodians, quorum two: all three list.", &w, &[all_of(&w)], BEFORE, "refuted");
    let two = |s: &Statement| !heads_by(s, &["pier"]);
    c.add(
        "two-of-three-listings",
        "Two of three list: one more liar could be among those who hold.",
        &w,
        &[w.dossier(two, &[])],
        BEFORE,
        "not-decidable",
    );
    let mut w = begun(2, 2);
    denied(&mut w, "told south.example by west.example before 1970-01-01T00:17:10Z");
    c.add(
        "denial-about-another",
        "South denies having been told by West; asked is for North.",
        &w,
        &[all_of(&w)],
        BEFORE,
        "not-decidable",
    );
    let mut w = begun(2, 2);
    denied(&mut w, ANYBODY);
    c.add(
        "denial-of-everything",
        "South denies having been told by anyone: that covers North.",
        &w,
        &[all_of(&w)],
        BEFORE,
        "refuted",
    );
    let mut w = begun(2, 2);
    w.publish_at(T);
    w.heads();
    w.deny("south", "told south.example by north.example before 1970-01-01T00:17:00Z", 1_020);
    w.publish_at(T + 1);
    c.add(
        "denial-for-an-earlier-time",
        "South denies for a time before T only.",
        &w,
        &[all_of(&w)],
        BEFORE,
        "not-decidable",
    );
    let mut w = begun(2, 2);
    w.publish_at(1_029);
    w.heads();
    w.publish_at(T);
    w.deny("south", BEFORE, T);
    w.publish_at(T + 1);
    c.add(
        "listings-too-old",
        "The custodians' heads have an anchor from before T.",
        &w,
        &[all_of(&w)],
        BEFORE,
        "not-decidable",
    );
    let mut w = begun(2, 2);
    w.publish_at(T);
    w.heads();
    w.deny("south", BEFORE, T);
    w.publish_at(T + 1);
    let late: Vec<String> = w.directory.notes.iter().skip(2).map(|n| n.text.clone()).collect();
    let mut dossier = all_of(&w);
    dossier.notes.retain(|n| !late.contains(n));
    c.add(
        "directory-not-witnessed-after-t",
        "A newer declaration may stand in a directory that is not shown.",
        &w,
        &[dossier],
        BEFORE,
        "not-decidable statement-not-relied-upon",
    );
    for (name_of, story, sender, shown, question, verdict) in [
        ("anothers-item", "What lies there is shown to be West's.", "west", true, BEFORE, "refuted"),
        ("unknown-item", "Something lies there, and whose it is is not shown.", "west", false, BEFORE, "not-decidable"),
        (
            "the-senders-item",
            "Something of North's lies there.",
            "north",
            true,
            BEFORE,
            "not-decidable content-not-told",
        ),
        (
            "any-item-for-any-sender",
            "Asked for any sender, West's item is one.",
            "west",
            true,
            ANYBODY,
            "not-decidable content-not-told",
        ),
        (
            "another-warning",
            "Asked for one warning; North's other warning lies there.",
            "north",
            true,
            "told south.example by north.example of AAAAAAAAAAAAAAAAAAAAAA before 1970-01-01T00:17:10Z",
            "refuted",
        ),
    ] {
        let (w, warning) = others_came(sender);
        let submission = w.sent[warning].digest();
        c.add(name_of, story, &w, &[w.dossier(|s| shown || s.digest() != submission, &[])], question, verdict);
    }
    let mut w = nothing_came(2, 2);
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_040);
    w.heads();
    w.publish_at(1_050);
    c.add("came-after-t", "North's warning came after T: refuted for T.", &w, &[all(&w)], BEFORE, "refuted");
    c.add(
        "came-before-a-later-t",
        "The same evidence proves it for a later T.",
        &w,
        &[all(&w)],
        "told south.example by north.example before 1041",
        "proven available",
    );
    declarations(c);
    outweighed(c);
}

fn all_of(w: &World) -> crate::dossier::Dossier {
    w.dossier(|_| true, &[])
}

fn declarations(c: &mut Catalogue) {
    let mut w = World::with(OBSERVERS, 2, 0);
    w.publish_at(1_010);
    denied(&mut w, BEFORE);
    c.add(
        "nothing-declared",
        "South had declared no mailbox: nothing can be said of it.",
        &w,
        &[all_of(&w)],
        BEFORE,
        "not-decidable",
    );
    for (name_of, story, grace, verdict) in [
        ("a-time-without-declaration", "Between two declarations there was a time without any.", 2, "not-decidable"),
        ("grace-reaches-the-next", "The first declaration's grace reaches the second.", 3, "refuted"),
    ] {
        let mut w = World::with(OBSERVERS, 2, 0);
        w.declare_as("south", &OBSERVERS[..2], 2, |d| (d.valid_until, d.grace_seconds) = (at(1_012), grace));
        w.publish_at(1_010);
        w.declare("south", &OBSERVERS[..2], 2);
        w.publish_at(1_015);
        denied(&mut w, BEFORE);
        c.add(name_of, story, &w, &[all_of(&w)], BEFORE, verdict);
    }
    let mut w = World::with(OBSERVERS, 2, 0);
    w.declare("south", &OBSERVERS[..2], 2);
    w.publish_at(1_010);
    w.declare("south", &OBSERVERS[1..], 2);
    w.publish_at(1_015);
    denied(&mut w, BEFORE);
    c.add("two-declarations", "Both declarations are listed.", &w, &[all_of(&w)], BEFORE, "refuted");
    let first = w.chains[0].name.declaration;
    let mut dossier = all_of(&w);
    dossier.listings.retain(|l| l.declaration != first);
    c.add(
        "only-the-newest-declaration",
        "South lists the newest declaration's mailboxes alone.",
        &w,
        &[dossier],
        BEFORE,
        "not-decidable",
    );
    let mut w = World::with(OBSERVERS, 2, 0);
    w.declare("harbour", OBSERVERS, 2);
    w.publish_at(1_010);
    let question = BEFORE.replace("south", "harbour");
    w.publish_at(T);
    w.heads();
    w.deny("harbour", &question, T);
    w.publish_at(T + 1);
    c.add(
        "own-custodian-lists-nothing",
        "Harbour keeps its own mailbox too: its own listing does not count.",
        &w,
        &[all_of(&w)],
        &question,
        "not-decidable",
    );
    c.add(
        "own-custodian-not-needed",
        "With no lying custodian allowed for, the other two are enough.",
        &w,
        &[all_of(&w)],
        &question,
        "refuted",
    )
    .believing(r#"{"format":"monition-believe/1","f_c":0}"#);
}

fn outweighed(c: &mut Catalogue) {
    let mut w = begun(2, 2);
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.access(warning, |_| true);
    w.publish_at(1_020);
    w.chains.iter_mut().for_each(|chain| chain.items.clear());
    denied(&mut w, BEFORE);
    c.add(
        "denial-against-own-receipt",
        "Empty listings and a denial; South's own receipt outweighs them and convicts it.",
        &w,
        &[all(&w)],
        BEFORE,
        "proven decrypted misbehaviour-false-denial",
    );
    let submission = w.sent[warning].digest();
    c.add(
        "receipt-without-its-submission",
        "A receipt of South's is shown, and what it is about is not.",
        &w,
        &[w.dossier(|s| s.digest() != submission, &[])],
        BEFORE,
        "not-decidable",
    );
    let mut w = begun(3, 2);
    w.heads_of("pier", |_| false);
    w.publish_at(T);
    w.heads();
    let (question, before) = (BEFORE, T);
    w.heads_of("pier", |_| false);
    w.deny("south", question, before);
    w.publish_at(T + 1);
    let found = all_of(&w);
    c.add(
        "convicted-custodian",
        "One of three custodians contradicted itself: the other two are enough.",
        &w,
        &[found],
        BEFORE,
        "refuted misbehaviour-two-custody-roots",
    );
    let found = all_of(&w);
    c.add(
        "more-liars-than-believed",
        "One custodian is convicted, and the reader allowed for none.",
        &w,
        &[found],
        BEFORE,
        "not-decidable misbehaviour-two-custody-roots",
    )
    .believing(r#"{"format":"monition-believe/1","f_c":0}"#);
}
