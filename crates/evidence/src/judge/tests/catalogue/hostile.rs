//! Altered, foreign and malformed evidence: refused, each in its own way.

use super::{Catalogue, TOLD, all};
use crate::dossier::{Dossier, SegmentPart};
use crate::encoding::sha256;
use crate::judge::tests::world::*;
use crate::warning::Field;

/// As the manifest would be written by whoever changed the part.
fn again(text: String, name: &str, from: &str, to: &str) -> String {
    let start = text.find(&format!("\n\"{name}\":")).unwrap() + name.len() + 4;
    let end = start + text[start..].find(",\n\"").unwrap_or(text[start..].len() - 3);
    let old = text[start..end].to_owned();
    let new = old.replacen(from, to, 1);
    assert_ne!(old, new, "{name}");
    text.replacen(&old, &new, 1).replacen(&sha256(old.as_bytes()).to_string(), &sha256(new.as_bytes()).to_string(), 1)
}

fn altered(
    c: &mut Catalogue,
    name_of: &'static str,
    story: &'static str,
    change: impl Fn(&mut Dossier, &World),
    verdict: &'static str,
) {
    let (mut w, _) = available();
    w.heads();
    w.publish_at(1_030);
    let mut dossier = all(&w);
    change(&mut dossier, &w);
    c.add(name_of, story, &w, &[dossier], TOLD, verdict);
}

fn flip(text: &mut String, at: usize) {
    let old = text.as_bytes()[at];
    let new = if old == b'A' { "B" } else { "A" };
    text.replace_range(at..=at, new);
}

pub(super) fn stories(c: &mut Catalogue) {
    c.group("Tampered");
    let (w, _) = available();
    c.add("byte-changed", "One byte of a statement was changed.", &w, &[all(&w)], TOLD, "evidence-altered")
        .edited(|t| t.replacen("{\\\"payload\\\":\\\"eyJ", "{\\\"payload\\\":\\\"eyK", 1));
    c.add("question-changed", "The dossier's own question was changed.", &w, &[all(&w)], TOLD, "evidence-altered")
        .edited(|t| t.replacen("\"question\":\"told south", "\"question\":\"told north", 1));
    c.add("newer-format", "A format that this version does not read.", &w, &[all(&w)], TOLD, "usage-newer-format")
        .edited(|t| t.replacen("monition-dossier/1", "monition-dossier/2", 1));
    c.add("unknown-member", "A member that no dossier has.", &w, &[all(&w)], TOLD, "usage-dossier-unreadable")
        .edited(|t| t.replacen("\n\"question\":", "\n\"remark\":\"x\",\n\"question\":", 1));
    c.add("cut-off", "The file ends in the middle.", &w, &[all(&w)], TOLD, "usage-dossier-unreadable")
        .edited(|t| t[..t.len() / 2].to_owned());
    let nowhere = sha256(b"nowhere").to_string();
    c.add(
        "directory-file-missing",
        "The shared directory is not at hand.",
        &w,
        &[all(&w)],
        TOLD,
        "usage-directory-file-missing",
    )
    .edited(|t| {
        let known = t.split("\"directory\":{\"sha256\":\"").nth(1).unwrap()[..43].to_owned();
        again(t, "directory", &known, &nowhere)
    });
    c.group("Lying with a fresh manifest");
    altered(
        c,
        "signature-changed",
        "A statement's signature was changed.",
        |d, _| {
            let at = d.statements[0].rfind("\"signature\":\"").unwrap() + 20;
            let old = sha256(d.statements[0].as_bytes());
            flip(&mut d.statements[0], at);
            let new = sha256(d.statements[0].as_bytes());
            d.proofs.retain(|p| p.statement != old);
            assert_ne!(old, new);
        },
        "evidence-refused",
    );
    altered(
        c,
        "proof-of-another-place",
        "A proof names the wrong place in the log.",
        |d, _| d.proofs[0].index += 1,
        "evidence-refused",
    );
    altered(
        c,
        "proof-hash-changed",
        "A hash in a proof was changed.",
        |d, _| d.proofs[1].hashes[0] = sha256(b"x"),
        "evidence-refused",
    );
    altered(
        c,
        "proof-of-nothing",
        "A proof names a statement that is not there.",
        |d, _| d.proofs[0].statement = sha256(b"x"),
        "evidence-refused",
    );
    altered(
        c,
        "cosignature-changed",
        "A cosignature in a note was changed.",
        |d, _| {
            let at = d.notes[0].len() - 12;
            flip(&mut d.notes[0], at);
        },
        "evidence-refused",
    );
    altered(
        c,
        "note-of-an-unknown-log",
        "A note of a log that the trust does not name.",
        |d, _| {
            d.notes[0] = d.notes[0].replacen("exchange.example/", "other.example/", 1);
        },
        "evidence-refused",
    );
    altered(
        c,
        "disclosure-of-another",
        "A disclosure from another warning.",
        |d, w| {
            let mut w2 = World::new();
            w2.declare("south", &["harbour", "meridian"], 2);
            w2.publish_at(1_011);
            w2.rng.0 += 1_000;
            let other =
                w2.warn("north", "south", &Draft { fields: &[(Field::PlaceCity, "Elsewhere")], ..Draft::default() });
            d.cores[0].disclosures[3] = w2.sent[other].disclosures[Field::PlaceCity.position()].as_str().to_owned();
            assert!(!w.sent.is_empty());
        },
        "evidence-refused",
    );
    altered(
        c,
        "disclosure-twice",
        "One field is shown twice.",
        |d, _| {
            let twice = d.cores[0].disclosures[3].clone();
            d.cores[0].disclosures.push(twice);
        },
        "evidence-refused",
    );
    altered(
        c,
        "core-is-no-warning",
        "A submission stands among the cores.",
        |d, w| d.cores[0].core = w.sent[0].submission.as_text().into_owned(),
        "evidence-refused",
    );
    altered(
        c,
        "body-changed",
        "An opened body is not the one that was sent.",
        |d, _| d.bodies[0].opened[0].file.0[300] ^= 1,
        "evidence-refused",
    );
    altered(
        c,
        "file-key-changed",
        "A file key does not open its body.",
        |d, _| d.bodies[0].opened[0].file_key.0[5] ^= 1,
        "evidence-refused",
    );
    altered(
        c,
        "seed-changed",
        "With another seed the stanza is not South's: not shown to have been delivered.",
        |d, _| d.bodies[0].opened[0].seed.0[5] ^= 1,
        "not-decidable available content-not-told",
    );
    altered(
        c,
        "body-length-changed",
        "The length of a closed body was changed.",
        |d, _| d.bodies[0].bodies[5].length += 1,
        "evidence-refused",
    );
    altered(
        c,
        "item-left-out-of-a-listing",
        "A listing without its item is not complete: no harm, and no absence.",
        |d, _| d.listings[0].items = Some(vec![]),
        "proven available",
    );
    altered(
        c,
        "listing-of-another-head",
        "A listing with another chain value than its root holds.",
        |d, _| d.listings[0].opening.head.h = sha256(b"x"),
        "evidence-refused",
    );
    altered(
        c,
        "answer-changed",
        "An answer that its root does not hold.",
        |d, _| d.listings[0].answers[0].opening.replies.push(sha256(b"x")),
        "evidence-refused",
    );
    altered(
        c,
        "listing-without-heads",
        "A listing whose heads are not shown is left out.",
        |d, _| d.listings[0].heads = sha256(b"x"),
        "proven available",
    );
    altered(
        c,
        "segment-from-the-end-of-time",
        "A segment after the last number that there is.",
        |d, w| {
            let chain = &w.chains[0];
            let (custodian, declaration) = (chain.name.custodian.clone(), chain.name.declaration);
            d.segments.push(SegmentPart { custodian, declaration, after: u64::MAX, items: chain.items.clone() });
        },
        "proven available",
    );
    altered(
        c,
        "directory-entry-changed",
        "An entry of the witnessed directory was changed.",
        |d, _| d.directory[3] = d.directory[2].clone(),
        "evidence-refused",
    );
    altered(
        c,
        "payload-with-a-space",
        "A payload in a second spelling is no statement.",
        |d, w| {
            let payload =
                String::from_utf8(w.sent[0].submission.jws().payload().to_vec()).unwrap().replacen(",\"", ", \"", 1);
            let key = w.key("north", crate::keys::KeyUse::Statement);
            let jws = crate::jws::Jws::sign("monition-submission-v1", payload.as_bytes(), &[key]).unwrap();
            d.statements.push(String::from_utf8(jws.as_bytes().to_vec()).unwrap());
        },
        "evidence-refused",
    );
    c.group("Another trust");
    let (w, _) = available();
    let trust = String::from_utf8(w.trust()).unwrap();
    c.add("quorum-too-small", "One of two organisations is no quorum.", &w, &[all(&w)], TOLD, "usage-trust")
        .trusting(&trust.replace("group trust 2", "group trust 1"));
    c.add(
        "liars-without-end",
        "The reader allows for more liars than the quorum survives.",
        &w,
        &[all(&w)],
        TOLD,
        "usage-trust",
    )
    .believing(r#"{"format":"monition-believe/1","f":2}"#);
    let directory_left_out: String =
        trust.lines().filter(|l| !l.contains("/directory")).map(|l| format!("{l}\n")).collect();
    c.add(
        "directory-not-trusted",
        "The trust names no key for the directory.",
        &w,
        &[all(&w)],
        TOLD,
        "evidence-refused",
    )
    .trusting(&directory_left_out);
    let mut elsewhere = World::new();
    elsewhere.rng.0 += 5_000;
    let other = World::with(&["pier", "quay"], 2, 0);
    c.add(
        "other-witnesses",
        "The trust names two other witnesses: nothing is shown to be logged.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable statement-not-authorised",
    )
    .trusting(&{
        let theirs = String::from_utf8(other.trust()).unwrap();
        let logs: String = trust.lines().filter(|l| l.starts_with("log ")).map(|l| format!("{l}\n")).collect();
        let rest: String = theirs.lines().filter(|l| !l.starts_with("log ")).map(|l| format!("{l}\n")).collect();
        logs + &rest
    });
    let mut foreign = Dossier::new(crate::ExchangeName::parse("other.example").unwrap(), TOLD.to_owned());
    foreign.directory = all(&w).directory;
    c.add("two-exchanges", "Two dossiers of two exchanges.", &w, &[all(&w), foreign], TOLD, "evidence-refused");
}
