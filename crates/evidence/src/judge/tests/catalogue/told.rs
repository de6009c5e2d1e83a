//! How far a warning came, and what of it was told.

use super::{Catalogue, OPEN, TOLD, all};
use crate::dossier::SegmentPart;
use crate::judge::tests::world::*;
use crate::keys::KeyUse;
use crate::statement::{Body, Statement, WeeklySpan};
use crate::values::{ReplyStatus, Urgency, WarningStatus};
use crate::warning::{Field, Specificity, Warning};

/// Declared with harbour and meridian, both needed; nothing is sent yet.
fn declared() -> World {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    w
}

/// Sent as the draft says, accepted, consigned by both and logged at 1,020.
fn sent(draft: &Draft<'_>) -> World {
    let mut w = declared();
    let warning = w.warn("north", "south", draft);
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    w
}

/// The whole way, to a person's answer.
fn whole_way() -> World {
    let (mut w, warning) = available();
    w.ack("south", &["harbour"]);
    let session = w.kid("south", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.access(warning, |_| true);
    w.reply(warning, ReplyStatus::Investigating, &["harbour"]);
    w.publish_at(1_030);
    w
}

pub(super) fn stories(c: &mut Catalogue) {
    steps(c);
    content(c);
    time(c);
    sequel(c);
    questions(c);
}

fn steps(c: &mut Catalogue) {
    c.group("Steps");
    let w = whole_way();
    let without = |left_out: &[&str]| w.dossier(|s| !left_out.contains(&s.body().name()), &[OPEN]);
    let mut out = vec!["ReplyLodgement"];
    c.add("whole-way", "Every step is shown, to a person's answer.", &w, &[all(&w)], TOLD, "proven acknowledged");
    for (more, name, story, verdict) in [
        ("Reply", "decrypted", "South's system signed what it could open; no person answered.", "proven decrypted"),
        (
            "ContentAccess",
            "handed-over",
            "Bytes left to South's session, and South signed a head.",
            "proven handed-over",
        ),
        ("ContentHandover", "notified", "South signed a head that covers the item.", "proven notified"),
        ("MailboxHeadAck", "available", "Both custodians hold it; South signed nothing.", "proven available"),
        (
            "SubmissionAcceptance",
            "available-unaccepted",
            "Both custodians hold it, though no acceptance is shown.",
            "proven available",
        ),
        ("ContentConsignment", "intent", "Only the author's own word is shown.", "not-decidable intent"),
    ] {
        out.push(more);
        c.add(name, story, &w, &[without(&out)], TOLD, verdict);
    }
    let one = |s: &Statement| !matches!(s.body(), Body::ContentConsignment(k) if k.iss == name("harbour"));
    let (w, _) = available();
    c.add(
        "one-of-two-consignments",
        "One custodian's word is below the quorum of two.",
        &w,
        &[w.dossier(one, &[OPEN])],
        TOLD,
        "not-decidable submitted",
    );
    let (mut w, warning) = available();
    let session = w.kid("south", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.publish_at(1_030);
    c.add(
        "handover-by-word-alone",
        "A custodian says that it handed the bytes over; South signed nothing.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available handover-by-word-alone",
    );
    let (mut w, warning) = available();
    let session = w.kid("west", KeyUse::Mailbox);
    w.handover(warning, "harbour", session);
    w.ack("south", &["harbour"]);
    w.publish_at(1_030);
    c.add(
        "handover-to-a-stranger",
        "The session was opened with West's key: nothing was handed to South.",
        &w,
        &[all(&w)],
        TOLD,
        "proven notified",
    );
    let (mut w, warning) = available();
    w.reply(warning, ReplyStatus::Declined, &[]);
    w.publish_at(1_030);
    c.add("declined", "A person in South refused to take notice.", &w, &[all(&w)], TOLD, "proven declined");
    w.reply(warning, ReplyStatus::Affected, &[]);
    w.publish_at(1_040);
    c.add(
        "declined-then-answered",
        "A person declined, and later answered after all.",
        &w,
        &[all(&w)],
        TOLD,
        "proven acknowledged",
    );
    let (mut w, warning) = available();
    let foreign = w.reply_payload(warning, "west", ReplyStatus::Acknowledged);
    w.issue("west", &foreign);
    w.publish_at(1_030);
    c.add(
        "answered-by-another",
        "West answers a warning to South: that is no answer of South's.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available",
    );
    let (mut w, warning) = available();
    let next = w.warn("west", "south", &Draft::default());
    w.consign(next, "harbour");
    w.consign(next, "meridian");
    w.ack("south", &["harbour"]);
    w.publish_at(1_030);
    let own = w.sent[warning].digest();
    let keep = |s: &Statement| {
        s.submission().unwrap_or(s.digest()) == own
            || matches!(s.body(), Body::MailboxHeadAck(_) | Body::CustodyHeads(_))
    };
    c.add(
        "head-without-link",
        "South signed a later head; what leads from the item to it is not shown.",
        &w,
        &[w.dossier(keep, &[OPEN])],
        TOLD,
        "proven available",
    );
    let mut linked = w.dossier(keep, &[OPEN]);
    let declaration = w.sent[warning].declaration;
    let items = w.chain("harbour", declaration).items[1..].to_vec();
    linked.segments.push(SegmentPart { custodian: name("harbour"), declaration, after: 1, items });
    c.add(
        "head-with-a-segment",
        "South signed a later head, and the items between are shown.",
        &w,
        &[linked],
        TOLD,
        "proven notified",
    );
    w.heads();
    w.publish_at(1_040);
    c.add(
        "head-with-a-listing",
        "South signed a later head, and a complete listing links it to the item.",
        &w,
        &[w.dossier(keep, &[OPEN])],
        TOLD,
        "proven notified",
    );
    let mut w = World::with(&["harbour", "meridian", "pier"], 2, 0);
    w.declare("south", &["harbour", "meridian", "pier"], 2);
    w.publish_at(1_010);
    let warning = w.warn("harbour", "south", &Draft::default());
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    let question = "told south.example by harbour.example";
    c.add(
        "own-custodian-does-not-count",
        "Harbour warns, and is one of the two who consigned: one organisation is left.",
        &w,
        &[all(&w)],
        question,
        "not-decidable submitted",
    );
    w.consign(warning, "pier");
    w.publish_at(1_030);
    c.add(
        "two-other-custodians-count",
        "Harbour warns, and two others hold the item.",
        &w,
        &[all(&w)],
        question,
        "proven available",
    );
    for (name_of, story, valid_until, grace, verdict) in [
        (
            "declaration-lapsed",
            "The declaration had ended, without grace, before the item was there.",
            1_019,
            0,
            "not-decidable submitted",
        ),
        (
            "declaration-in-grace",
            "The declaration had ended; the item came within its grace.",
            1_015,
            5,
            "proven available",
        ),
    ] {
        let mut w = World::new();
        w.declare_as("south", &["harbour", "meridian"], 2, |d| {
            (d.valid_until, d.grace_seconds) = (at(valid_until), grace)
        });
        w.publish_at(1_010);
        let warning = w.warn("north", "south", &Draft::default());
        w.accept(warning);
        w.consign(warning, "harbour");
        w.consign(warning, "meridian");
        w.publish_at(1_020);
        c.add(name_of, story, &w, &[all(&w)], TOLD, verdict);
    }
    let mut w = declared();
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_012);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    c.add(
        "declaration-superseded",
        "South had declared anew, without grace, before the item was there.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable submitted",
    );
}

fn content(c: &mut Catalogue) {
    c.group("Content");
    let (w, _) = available();
    c.add(
        "core-closed",
        "An item lay there; its core is not shown.",
        &w,
        &[w.dossier(|_| true, &[])],
        TOLD,
        "not-decidable submitted content-not-told",
    );
    let unopened = [Show { open: &[], ..OPEN }];
    c.add(
        "core-not-delivered",
        "The core is shown, but not that it is what lay there.",
        &w,
        &[w.dossier(|_| true, &unopened)],
        TOLD,
        "not-decidable available content-not-told",
    );
    let closed = [Show { fields: &[Field::Summary], ..OPEN }];
    c.add(
        "addressee-closed",
        "To whom the warning is addressed is not shown.",
        &w,
        &[w.dossier(|_| true, &closed)],
        TOLD,
        "not-decidable submitted content-not-told",
    );
    let sources = [Show { fields: &[Field::Addressee, Field::SourceKind], open: &[0, 1], ..OPEN }];
    c.add(
        "source-shown-not-told",
        "The kind of source is shown; that South got it is not.",
        &w,
        &[w.dossier(|_| true, &sources)],
        TOLD,
        "proven available",
    );
    let one = w.dossier(|_| true, &[Show { fields: &[Field::Addressee], open: &[0, 1], ..OPEN }]);
    let other = w.dossier(|_| false, &[Show { fields: &[Field::Addressee, Field::PlaceCity], open: &[3], ..OPEN }]);
    c.add(
        "fields-in-two-dossiers",
        "Two dossiers show different fields of one core.",
        &w,
        &[one, other],
        TOLD,
        "proven available",
    );
    let w = sent(&Draft { addressee: Some("west.example"), ..Draft::default() });
    c.add(
        "addressed-to-another",
        "The warning is addressed to West and lies in South's mailbox.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable submitted content-not-told",
    );
    let east = declared().parties[&name("east")].identity.recipient();
    let w = sent(&Draft { seal_to: Some(east), ..Draft::default() });
    c.add(
        "sealed-to-another",
        "The bodies are sealed to East's key: South could not open them.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable available content-not-told",
    );
    type Change = fn(&mut Warning);
    let changes: [(&str, &str, Change); 3] = [
        ("urgency-differs", "The core says routine, the submission immediate.", |k| k.urgency = Urgency::Routine),
        ("deadline-differs", "The core names a deadline, the submission none.", |k| k.deadline = Some(at(7))),
        ("wid-differs", "Core and submission name two warnings.", |k| k.wid = Some(crate::Wid::from_bytes([9; 16]))),
    ];
    for (name_of, story, change) in changes {
        let w = sent(&Draft { core: &change, ..Draft::default() });
        c.add(name_of, story, &w, &[all(&w)], TOLD, "not-decidable submitted content-not-told");
    }
    let spoil = |number: usize, content: Vec<u8>| {
        if number == 3 { [content, b"\nnot a disclosure".to_vec()].concat() } else { content }
    };
    let w = sent(&Draft { content: &spoil, ..Draft::default() });
    c.add(
        "garbage-in-a-group",
        "One line of the place group is no disclosure: nothing in it was told.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available",
    );
    let w = sent(&Draft { withheld: true, ..Draft::default() });
    let shown = [Show { fields: &[Field::Addressee, Field::PlaceCity, Field::SourceKind], open: &[0, 1, 3], ..OPEN }];
    c.add(
        "sources-withheld",
        "The sources were kept from South too; the author shows their kind now.",
        &w,
        &[w.dossier(|_| true, &shown)],
        TOLD,
        "proven available",
    );
    let understate = |k: &mut Warning| k.spec = Specificity { place: 1, ..k.spec };
    let w = sent(&Draft { core: &understate, ..Draft::default() });
    c.add(
        "specificity-understated",
        "The author claims a country and signed a city.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available specificity-understated",
    );
    let overstate = |k: &mut Warning| k.spec = Specificity { time: 4, ..k.spec };
    let w = sent(&Draft { core: &overstate, ..Draft::default() });
    c.add(
        "specificity-overstated",
        "The author claims an hour that it never signed: shown is nothing.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available",
    );
    let (mut w, warning) = available();
    w.access(warning, |f| matches!(f, Field::Addressee | Field::PlaceCity));
    w.publish_at(1_030);
    let unopened = [Show { open: &[], ..OPEN }];
    c.add(
        "receipt-for-two-fields",
        "South's system found two fields valid and the others missing.",
        &w,
        &[w.dossier(|_| true, &unopened)],
        TOLD,
        "proven decrypted",
    );
    let (mut w, warning) = available();
    let (core, wid) = (w.sent[warning].core.identity(), w.sent[warning].body().wid);
    let take = |s: &mut crate::statement::Submission| (s.core, s.wid) = (core, wid);
    let stolen = w.warn("west", "south", &Draft { deadline: Some(1_050), submission: &take, ..Draft::default() });
    w.accept(stolen);
    w.consign(stolen, "harbour");
    w.consign(stolen, "meridian");
    w.publish_at(1_030);
    let own = w.sent[stolen].digest();
    let dossier = w.dossier(|s| s.submission().unwrap_or(s.digest()) == own, &[Show { open: &[], ..OPEN }]);
    c.add(
        "anothers-core",
        "West submits North's core as its own.",
        &w,
        &[dossier],
        "told south.example by west.example",
        "not-decidable submitted content-not-told",
    );
}

fn time(c: &mut Catalogue) {
    c.group("Time");
    let (w, _) = available();
    c.add("before-t", "It was there before T.", &w, &[all(&w)], &format!("{TOLD} before 1021"), "proven available");
    c.add(
        "at-t-is-not-before-t",
        "It was there at T, which is not before T.",
        &w,
        &[all(&w)],
        &format!("{TOLD} before 1020"),
        "not-decidable",
    );
    let mut dossier = all(&w);
    let anchor = w.log.notes[1].text.clone();
    dossier.notes.retain(|n| *n != anchor);
    c.add(
        "anchor-left-out",
        "Without the note of the anchor there is no lower bound.",
        &w,
        &[dossier],
        TOLD,
        "proven available",
    );
    let (mut w, warning) = available();
    let size = w.log.tree.size().value();
    let text = w.note(&w.log, w.log.tree.head(), &[("harbour", 2_000), ("meridian", 2_000)]);
    w.log.notes.push(Note { text, size });
    w.access(warning, |_| true);
    w.publish_at(1_030);
    c.add(
        "anchor-from-the-future",
        "A receipt's anchor is younger than its place in the log.",
        &w,
        &[all(&w)],
        TOLD,
        "proven decrypted interval-contradicted",
    );
    let (mut w, warning) = available();
    let mut access = w.access_payload(warning, "south", |_| true);
    if let Some(anchor) = access.anchor.as_mut() {
        anchor.size += 1;
    }
    w.issue("south", &access);
    w.publish_at(1_030);
    c.add(
        "anchor-is-not-its-note",
        "An anchor names another size than its note has: no lower bound.",
        &w,
        &[all(&w)],
        TOLD,
        "proven decrypted",
    );
    for (name_of, story, k, offsets) in [
        ("clocks-differ", "Two witnesses whose clocks differ: the interval covers both.", 2, &[-2, 3][..]),
        ("one-clock-far-off", "Two of three: the third clock is far off and moves nothing.", 2, &[0, 3, 400]),
        ("one-witness-backdates", "Three of four: one witness lies about the time by hours.", 3, &[0, 0, 0, -500]),
    ] {
        let names = &["harbour", "meridian", "pier", "quay"][..offsets.len()];
        let mut w = World::with(names, k, 0);
        w.witnesses.iter_mut().zip(offsets).for_each(|(witness, offset)| witness.offset = *offset);
        w.declare("south", &["harbour", "meridian"], 2);
        w.publish_at(1_010);
        let warning = w.warn("north", "south", &Draft::default());
        w.accept(warning);
        w.consign(warning, "harbour");
        w.consign(warning, "meridian");
        w.publish_at(1_020);
        w.publish_at(1_500);
        c.add(name_of, story, &w, &[all(&w)], TOLD, "proven available");
    }
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    w.witnesses[1].silent = true;
    let warning = w.warn("north", "south", &Draft::default());
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    c.add(
        "one-witness-missing",
        "Only one of two witnesses cosigned: nothing is shown to be logged.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable statements-not-logged",
    );
    let (mut w, warning) = available();
    w.access(warning, |_| true);
    c.add(
        "receipt-not-logged",
        "South's receipt is signed, and stands in no witnessed log yet.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available statements-not-logged",
    );
    let (w, _) = available();
    let mut dossier = all(&w);
    let late = w.directory.notes.last().unwrap().text.clone();
    dossier.notes.retain(|n| *n != late);
    c.add(
        "directory-too-old",
        "No directory is shown that was witnessed when the statements were logged.",
        &w,
        &[dossier],
        TOLD,
        "not-decidable statement-not-relied-upon",
    );
    let mut dossier = all(&w);
    dossier.directory.push("what stands after the witnessed entries is nobody's word".to_owned());
    c.add(
        "directory-with-a-tail",
        "Garbage after the witnessed entries of the directory is not looked at.",
        &w,
        &[dossier],
        TOLD,
        "proven available",
    );
    let organisations = String::from_utf8(w.trust())
        .unwrap()
        .replace("group trust 2 harbour meridian", "group inner any meridian\ngroup trust 2 harbour inner");
    c.add(
        "organisation-as-a-group",
        "One organisation of the quorum is a group of its witnesses.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available",
    )
    .trusting(&organisations);
}

fn sequel(c: &mut Catalogue) {
    c.group("Before and after");
    let (mut w, first) = available();
    let core = w.sent[first].core.clone();
    let wid = w.sent[first].body().wid;
    let amended = w.warn("north", "south", &Draft { amends: Some(&core), wid, ..Draft::default() });
    w.accept(amended);
    w.publish_at(1_030);
    c.add("later-amended", "A later amendment is shown.", &w, &[all(&w)], TOLD, "proven available");
    let withdraw = |k: &mut Warning| k.status = WarningStatus::Withdrawn;
    w.warn("north", "south", &Draft { amends: Some(&core), wid, core: &withdraw, ..Draft::default() });
    w.publish_at(1_040);
    let shows = [OPEN, Show { warning: 2, fields: &[Field::Addressee], open: &[] }];
    c.add(
        "later-withdrawn",
        "A later amendment and a withdrawal are shown.",
        &w,
        &[w.dossier(|_| true, &shows)],
        TOLD,
        "proven available",
    );
    let (mut w, _) = available();
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    c.add(
        "silence",
        "The deadline passed, and no custodian holds an answer.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available silence",
    );
    let one = |s: &Statement| !matches!(s.body(), Body::CustodyHeads(h) if h.iss == name("meridian"));
    c.add(
        "silence-of-one-alone",
        "Only one of two custodians says so: that is no silence.",
        &w,
        &[w.dossier(one, &[OPEN])],
        TOLD,
        "proven available",
    );
    for (name_of, story, logged, with, verdict) in [
        ("answer-in-time", "An answer was logged at the deadline.", 1_050, &[][..], "proven acknowledged"),
        (
            "answer-lodged-and-logged-late",
            "An answer was lodged with one custodian, and logged late.",
            1_051,
            &["meridian"],
            "proven acknowledged",
        ),
    ] {
        let (mut w, warning) = available();
        w.now = 1_045;
        w.reply(warning, ReplyStatus::Acknowledged, with);
        w.publish_at(logged);
        w.publish_at(1_051);
        w.heads();
        w.publish_at(1_070);
        c.add(name_of, story, &w, &[all(&w)], TOLD, verdict);
    }
    let (mut w, warning) = available();
    w.publish_at(1_051);
    w.heads();
    w.reply(warning, ReplyStatus::Acknowledged, &["harbour"]);
    w.publish_at(1_070);
    c.add(
        "answer-after-the-deadline",
        "The answer came after the deadline: silence until then.",
        &w,
        &[all(&w)],
        TOLD,
        "proven acknowledged silence",
    );
    let mut w = World::new();
    let span = WeeklySpan { day: 3, from_minute: 0, until_minute: 17 };
    w.declare_as("south", &["harbour", "meridian"], 2, |d| d.hours.weekly = vec![span]);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft { deadline: Some(1_050), ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    c.add(
        "silence-outside-hours",
        "The deadline fell outside South's declared hours.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available silence",
    );
}

fn questions(c: &mut Catalogue) {
    c.group("Other questions");
    let w = whole_way();
    c.add("timeline", "Everything that stands in the log.", &w, &[all(&w)], "timeline", "proven");
    c.add(
        "timeline-of-nothing",
        "No statement is shown.",
        &w,
        &[w.dossier(|_| false, &[])],
        "timeline",
        "not-decidable",
    );
    c.add("who", "Who signed the warning.", &w, &[all(&w)], "who", "proven");
    c.add(
        "who-without-core",
        "Who signed is not said without the core.",
        &w,
        &[w.dossier(|_| true, &[])],
        "who",
        "not-decidable",
    );
    c.add("told-by-anyone", "Told by whomever.", &w, &[all(&w)], "told south.example", "proven acknowledged");
    c.add(
        "told-by-another",
        "North warned; asked is for West.",
        &w,
        &[all(&w)],
        "told south.example by west.example",
        "not-decidable",
    );
    let of = format!("{TOLD} of {}", w.sent[0].body().wid.unwrap());
    c.add("told-of-this-warning", "The question names the warning.", &w, &[all(&w)], &of, "proven acknowledged");
    c.add(
        "told-of-another-warning",
        "The question names another warning.",
        &w,
        &[all(&w)],
        &format!("{TOLD} of AAAAAAAAAAAAAAAAAAAAAA"),
        "not-decidable",
    );
    c.group("Without witnesses");
    let logs = |w: &World| {
        let trust = String::from_utf8(w.trust()).unwrap();
        let logs: String = trust.lines().filter(|l| l.starts_with("log ")).map(|l| format!("{l}\n")).collect();
        logs + "quorum none\n"
    };
    c.add(
        "alone-told",
        "Nobody's witness is asked: the exchange's word, and no answer.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable acknowledged no-witnesses",
    )
    .alone()
    .trusting(&logs(&w));
    c.add(
        "alone-before",
        "Without witnesses no time is known, so no `before` is decided.",
        &w,
        &[all(&w)],
        &format!("{TOLD} before 9999"),
        "not-decidable acknowledged no-witnesses",
    )
    .alone();
    c.add(
        "alone-timeline",
        "The order is the log's, without times.",
        &w,
        &[all(&w)],
        "timeline",
        "not-decidable no-witnesses",
    )
    .alone();
    c.add("alone-who", "Who signed, by the exchange's directory.", &w, &[all(&w)], "who", "not-decidable no-witnesses")
        .alone();
    c.add(
        "quorum-none-asked-as-usual",
        "A policy without a quorum is refused where it was not asked for by name.",
        &w,
        &[all(&w)],
        TOLD,
        "usage-trust",
    )
    .trusting(&logs(&w));
}
