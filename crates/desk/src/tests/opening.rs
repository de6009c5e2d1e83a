use super::{composed, directory, draft, file, identity, key, now, party};
use crate::compose::{BodyKind, Composed, Draft, Envelope, compose};
use crate::error::DeskError;
use crate::open::{Delivery, Opened, decrypt, read};
use crate::randomness::Counted;
use monition_evidence::age::{
    self, EncapsulationSeed, FileKey, Recipient, SealRandomness, open_with_file_key, stanza_is_for,
};
use monition_evidence::framing::{Bodies, pad, unpad};
use monition_evidence::values::WarningStatus;
use monition_evidence::warning::{Field, Group, POSITIONS, Value};
use monition_evidence::{Body, KeyUse, Statement, Wid};
use std::io::Read as _;

fn open_as(name: &str, bodies: &Bodies, submission: Option<&Statement>) -> Opened {
    let directory = directory();
    let plains = decrypt(bodies, &[&identity(name)]);
    read(&plains, Delivery { own: &party("south.example"), submission, directory: &directory })
}

fn opened(composed: &Composed) -> Opened {
    open_as("south.example", &composed.bodies, Some(&composed.submission))
}

fn codes(opened: &Opened) -> Vec<&'static str> {
    opened.misfits.iter().map(|m| m.code).collect()
}

#[test]
fn what_was_composed_is_what_is_read() {
    let sent = composed(&draft());
    let got = opened(&sent);
    assert_eq!(codes(&got), [""; 0]);
    assert_eq!(got.core.as_ref().map(Statement::identity), Some(sent.core.identity()));
    assert_eq!(got.disclosed.iter().count(), POSITIONS);
    assert_eq!(got.disclosed.get(Field::PlaceCity).unwrap().value.as_text(), Some("South"));
    assert_eq!(got.disclosed.get(Field::PlaceSite).unwrap().value, Value::Null);
    let warning = got.warning().unwrap();
    assert_eq!(got.access.valid, warning.sd, "in the published order");
    assert!(got.access.missing.is_empty() && got.access.undecryptable.is_empty());
    assert_eq!((warning.spec.place, warning.spec.means, warning.spec.source, warning.spec.time), (3, 2, 1, 0));
    assert_eq!(got.signer.unwrap().party, party("north.example"));
}

#[test]
fn the_bodies_stand_in_their_published_order() {
    let sent = composed(&Draft { attachments: vec![file(b"a"), file(b"b")], ..draft() });
    let labels: Vec<_> = sent.sealed.iter().map(|b| b.kind.label()).collect();
    assert_eq!(
        labels,
        [
            "core",
            "group:address",
            "group:message",
            "group:place",
            "group:time",
            "group:target",
            "group:actor",
            "group:attachments",
            "group:source",
            "attachment:1",
            "attachment:2"
        ]
    );
    for label in &labels {
        assert_eq!(BodyKind::parse(label).unwrap().label(), *label);
    }
    assert_eq!(sent.bodies.as_slices().len(), 11);
}

#[test]
fn withheld_sources_stay_with_the_sender_and_are_missing_by_name() {
    let sent = composed(&Draft { withheld: true, ..draft() });
    let got = opened(&sent);
    assert_eq!(codes(&got), [""; 0]);
    assert_eq!(sent.bodies.as_slices().len(), 8);
    assert_eq!(sent.disclosures.len(), POSITIONS, "the sender keeps them all");
    assert!(Group::Source.fields().all(|field| got.disclosed.get(field).is_none()));
    assert_eq!(got.access.missing.len(), 3);
    assert_eq!(got.access.valid.len(), POSITIONS - 3);
}

#[test]
fn attachments_of_ten_mebibytes_arrive() {
    let big: Vec<u8> = (0..10 * 1024 * 1024_u32).map(|i| (i % 251) as u8).collect();
    let sent = composed(&Draft { attachments: vec![file(&big), file(b""), file(b"a note")], ..draft() });
    let got = opened(&sent);
    assert_eq!(codes(&got), [""; 0]);
    assert_eq!(got.attachments.len(), 3);
    assert_eq!(got.attachments[0].content.as_ref(), Some(&big));
    assert_eq!(got.attachments[1].content.as_deref(), Some(&b""[..]));
    assert_eq!(got.attachments[2].content.as_deref(), Some(&b"a note"[..]));
    assert_eq!(got.access.valid.len(), POSITIONS + 3);
    let Body::Submission(submission) = sent.submission.body() else { panic!("no submission") };
    assert_eq!(submission.size_class.to_string(), "11MiB");
}

#[test]
fn recorded_keys_open_each_body_alone_and_recreate_its_stanza() {
    let sent = composed(&draft());
    let recipient = identity("south.example").recipient();
    for (body, sealed) in sent.bodies.as_slices().iter().zip(&sent.sealed) {
        let key = FileKey::from_bytes(sealed.randomness.file_key);
        let seed = EncapsulationSeed::from_bytes(sealed.randomness.seed);
        assert!(stanza_is_for(body, &recipient, &key, &seed).unwrap());
        assert!(!stanza_is_for(body, &identity("east.example").recipient(), &key, &seed).unwrap());
        let plain = open_with_file_key(body, &key, 1 << 20).unwrap();
        assert!(unpad(&plain).is_ok());
    }
    let first = FileKey::from_bytes(sent.sealed[0].randomness.file_key);
    assert!(open_with_file_key(&sent.bodies.as_slices()[1], &first, 1 << 20).is_err());
}

#[test]
fn stock_age_opens_a_body() {
    let sent = composed(&draft());
    let stock: ::age::x25519::Identity = identity("south.example").to_secret_string().parse().unwrap();
    let decryptor = ::age::Decryptor::new(&sent.bodies.as_slices()[0][..]).unwrap();
    let mut plain = Vec::new();
    let mut reader = decryptor.decrypt(std::iter::once(&stock as &dyn ::age::Identity)).unwrap();
    reader.read_to_end(&mut plain).unwrap();
    assert_eq!(unpad(&plain).unwrap(), sent.core.as_bytes());
}

#[test]
fn another_reader_gets_nothing_and_says_so() {
    let sent = composed(&draft());
    let got = open_as("east.example", &sent.bodies, Some(&sent.submission));
    assert!(got.core.is_none() && got.access.core.is_none() && got.access.valid.is_empty());
    assert_eq!(got.access.undecryptable, (0..9).collect::<Vec<u32>>());
}

#[test]
fn a_changed_bit_anywhere_closes_that_body_and_no_other() {
    let sent = composed(&draft());
    for number in 0..sent.bodies.as_slices().len() {
        let length = sent.bodies.as_slices()[number].len();
        for at in [0, 25, 100, 170, 300, length - 1] {
            let mut bodies = sent.bodies.as_slices().to_vec();
            bodies[number][at] ^= 1;
            let got = open_as("south.example", &Bodies::new(bodies).unwrap(), Some(&sent.submission));
            assert_eq!(got.access.undecryptable, [u32::try_from(number).unwrap()], "body {number}, byte {at}");
            assert!(codes(&got).contains(&"evidence-body-undecryptable"));
            assert_eq!(got.core.is_some(), number != 0);
            if number > 0 {
                assert!(got.access.valid.len() + got.access.missing.len() == POSITIONS);
                assert!(!got.access.missing.is_empty());
            }
        }
    }
}

#[test]
fn without_a_core_the_rest_is_still_shown_and_confirmed_by_nobody() {
    let sent = composed(&draft());
    let mut bodies = sent.bodies.as_slices().to_vec();
    bodies[0][200] ^= 1;
    let got = open_as("south.example", &Bodies::new(bodies).unwrap(), Some(&sent.submission));
    assert_eq!(got.unconfirmed.len(), POSITIONS);
    assert!(got.access.valid.is_empty() && got.access.core.is_none());
}

/// Bodies of a cheating sender: content is replaced and sealed to the right recipient.
fn resealed(sent: &Composed, number: usize, content: &[u8]) -> Bodies {
    let randomness = SealRandomness { file_key: [1; 16], seed: [2; 32], nonce: [3; 16] };
    let recipient: Recipient = identity("south.example").recipient();
    let mut bodies = sent.bodies.as_slices().to_vec();
    bodies[number] = age::seal(&pad(content), &recipient, &randomness);
    Bodies::new(bodies).unwrap()
}

#[test]
fn whatever_a_cheating_sender_puts_in_place_of_a_body_is_reported() {
    let sent = composed(&Draft { attachments: vec![file(b"the real file")], ..draft() });
    let other = composed(&draft().text(Field::PlaceCity, "West").unwrap());
    let group = |c: &Composed, group: Group| -> Vec<u8> {
        let texts: Vec<_> = c.disclosures.iter().filter(|d| d.field.group() == group).map(|d| d.as_str()).collect();
        texts.join("\n").into_bytes()
    };
    let place = String::from_utf8(group(&sent, Group::Place)).unwrap();
    let table: Vec<(&str, usize, Vec<u8>, &str)> = vec![
        ("another core", 0, b"not a statement".to_vec(), "evidence-core-unreadable"),
        ("the submission as core", 0, sent.submission.as_bytes().to_vec(), "evidence-core-unreadable"),
        ("disclosures of another core", 3, group(&other, Group::Place), "evidence-field-not-signed"),
        ("a field left out", 3, place.lines().next().unwrap().as_bytes().to_vec(), "evidence-specificity"),
        (
            "a field twice",
            3,
            format!("{place}\n{}", place.lines().next().unwrap()).into_bytes(),
            "evidence-field-twice",
        ),
        ("another group's fields", 3, group(&sent, Group::Source), "evidence-group-layout"),
        ("a trailing newline", 3, format!("{place}\n").into_bytes(), "evidence-group-unreadable"),
        ("no text", 3, vec![0xff; 40], "evidence-group-unreadable"),
        ("no addressee", 1, group(&sent, Group::Message), "evidence-addressee"),
        ("another file", 9, b"another file!".to_vec(), "evidence-attachment"),
    ];
    for (what, number, content, code) in table {
        let got = open_as("south.example", &resealed(&sent, number, &content), Some(&sent.submission));
        assert!(codes(&got).contains(&code), "{what}: {:?}", got.misfits);
        let all = got.access.valid.len() + got.access.missing.len();
        assert!(got.core.is_none() || all == POSITIONS + 1, "{what}: every digest is valid or missing");
    }
}

#[test]
fn a_core_by_another_key_is_shown_and_reported() {
    let directory = directory();
    let sent = composed(&draft());
    let Body::Warning(warning) = sent.core.body() else { panic!("no core") };
    let forged = Statement::sign(warning, &[&key("east.example", KeyUse::Statement)]).unwrap();
    let bodies = resealed(&sent, 0, forged.as_bytes());
    let plains = decrypt(&bodies, &[&identity("south.example")]);
    let delivery = Delivery { own: &party("south.example"), submission: Some(&sent.submission), directory: &directory };
    let got = read(&plains, delivery);
    assert!(got.core.is_some() && got.signer.is_none());
    assert_eq!(codes(&got), ["evidence-core-signature"]);
}

#[test]
fn a_core_that_differs_from_its_submission_is_reported_member_by_member() {
    let sent = composed(&draft());
    let Body::Submission(submission) = sent.submission.body() else { panic!("no submission") };
    let change = |what: &str| {
        let mut s = submission.clone();
        match what {
            "the core's identity" => s.core = s.e,
            "wid" => s.wid = Some(Wid::from_bytes([1; 16])),
            "urgency" => s.urgency = monition_evidence::values::Urgency::Routine,
            "deadline" => s.deadline = Some(now()),
            _ => s.iss = party("east.example"),
        }
        let signer = if what == "iss" { "east.example" } else { "north.example" };
        Statement::sign(&s, &[&key(signer, KeyUse::Statement)]).unwrap()
    };
    for what in ["the core's identity", "wid", "urgency", "deadline", "iss"] {
        let got = open_as("south.example", &sent.bodies, Some(&change(what)));
        let details: Vec<_> = got.misfits.iter().map(|m| m.detail.as_str()).collect();
        assert_eq!(details, [format!("core and submission differ in {what}")]);
        assert_eq!(got.access.valid.len(), POSITIONS, "it can be read all the same");
    }
    let without = open_as("south.example", &sent.bodies, None);
    assert_eq!(codes(&without), ["evidence-submission-missing"]);
}

#[test]
fn the_same_arguments_give_the_same_bytes_and_fresh_randomness_others() {
    let (one, other) = (composed(&draft()), composed(&draft()));
    assert_eq!(one.submission, other.submission);
    let mut seen = std::collections::BTreeSet::new();
    for sealed in &one.sealed {
        assert!(seen.insert(sealed.randomness.file_key), "each body has a file key of its own");
    }
}

#[test]
fn unlawful_drafts_are_refused_before_anything_is_signed() {
    let directory = directory();
    let declared = directory.party(&party("south.example")).unwrap().declaration().unwrap();
    let envelope = |status, amends| Envelope {
        exchange: super::exchange(),
        iss: party("north.example"),
        iat: now(),
        anchor: super::anchor(),
        wid: Wid::from_bytes([9; 16]),
        status,
        amends,
        declaration_digest: declared.digest,
        declaration: &declared.declaration,
        seq: 1,
        prev_sub: None,
    };
    let refuse = |draft: Draft, status, amends| {
        let key = key("north.example", KeyUse::Statement);
        compose(&draft, &envelope(status, amends), &key, &mut Counted(0)).unwrap_err()
    };
    let first = WarningStatus::First;
    let too_many = Draft { attachments: vec![file(b"x"); 9], ..draft() };
    assert!(matches!(refuse(too_many, first, None), DeskError::Compose { .. }));
    let addressee = draft().text(Field::Addressee, "east.example").unwrap();
    assert!(matches!(refuse(addressee, first, None), DeskError::Compose { .. }));
    let late = Draft { deadline: Some(now()), ..draft() };
    assert!(matches!(refuse(late, first, None), DeskError::Compose { .. }));
    assert!(matches!(refuse(draft(), WarningStatus::Amended, None), DeskError::Compose { .. }));
    assert!(matches!(refuse(draft(), first, Some(declared.digest)), DeskError::Compose { .. }));
    let huge = Draft { attachments: vec![file(&vec![0; 12 << 20]); 3], ..draft() };
    assert!(matches!(refuse(huge, first, None), DeskError::Bodies(_)));
    assert!(draft().text(Field::Summary, "a\u{202e}b").is_err());
}
