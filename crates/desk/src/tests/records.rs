use super::{composed, draft, exchange, file, now, party};
use crate::compose::Draft;
use crate::error::DeskError;
use crate::record::{Alarm, HeadsRow, InboxEntry, InboxState, ItemRow, Record, StoredProof};
use crate::{Desk, Kind, Setup, Unlock};
use monition_evidence::custody::MailboxOpening;
use monition_evidence::encoding::sha256;
use monition_evidence::mailbox::{ChainHead, Item};
use monition_evidence::values::{Mode, SizeClass, Urgency};
use monition_evidence::{Salt, Statement};
use std::path::Path;

fn record(dir: &Path) -> Record {
    Record::create(&dir.join("desk.db")).unwrap()
}

#[test]
fn a_sent_warning_survives_with_everything_that_opens_it() {
    let dir = tempfile::tempdir().unwrap();
    let south = party("south.example");
    let sent = composed(&Draft { attachments: vec![file(b"plan")], ..draft() });
    let digest = record(dir.path()).keep_sent(&sent, &south, now()).unwrap();
    let record = Record::open(&dir.path().join("desk.db")).unwrap();
    let row = record.sent(&digest).unwrap().unwrap();
    assert_eq!((row.submission, row.core_identity), (sent.submission.digest(), sent.core.identity()));
    assert_eq!(row.disclosures, sent.disclosures);
    let bodies = record.sent_bodies(&digest).unwrap();
    for (kept, (body, sealed)) in bodies.iter().zip(sent.bodies.as_slices().iter().zip(&sent.sealed)) {
        assert_eq!((kept.kind, &kept.body), (sealed.kind, body));
        assert_eq!(kept.randomness.file_key, sealed.randomness.file_key);
        assert_eq!(kept.randomness.seed, sealed.randomness.seed);
        assert_eq!(kept.randomness.nonce, sealed.randomness.nonce);
    }
    assert_eq!(record.sent_framing(&digest).unwrap(), sent.bodies);
    assert_eq!(record.waiting().unwrap(), std::slice::from_ref(&sent.submission), "it waits until the exchange has it");
    assert_eq!(record.chain(&party("north.example"), &south).unwrap().map(|p| (p.seq, p.last)), Some((1, digest)));
}

#[test]
fn no_place_in_a_chain_is_used_twice() {
    let dir = tempfile::tempdir().unwrap();
    let record = record(dir.path());
    let south = party("south.example");
    record.keep_sent(&composed(&draft()), &south, now()).unwrap();
    let other = composed(&draft().text(monition_evidence::warning::Field::Advice, "leave").unwrap());
    let refused = record.keep_sent(&other, &south, now());
    assert!(matches!(refused, Err(DeskError::NotPossible { .. })));
    assert_eq!(record.all_sent().unwrap().len(), 1, "nothing of the second one was kept");
    assert!(record.statement(&other.submission.digest()).unwrap().is_none());
}

#[test]
fn statements_keep_their_bytes_and_get_their_proofs() {
    let dir = tempfile::tempdir().unwrap();
    let record = record(dir.path());
    let sent = composed(&draft());
    let statement = &sent.submission;
    let digest = record.keep(statement, now(), None).unwrap();
    record.keep(statement, now().plus(9), None).unwrap();
    assert_eq!(record.unproven().unwrap().len(), 1);
    let note = record.keep_note("exchange.example/log", 3, "a note\n").unwrap();
    let proof = StoredProof { index: 2, hashes: vec![sha256(b"h")], note, directory_note: Some(sha256(b"d")) };
    record.keep_proof(&digest, &proof).unwrap();
    let held = record.statement(&digest).unwrap().unwrap();
    assert_eq!((held.statement.as_bytes(), held.held_at, held.proof), (statement.as_bytes(), now(), Some(proof)));
    assert!(record.unproven().unwrap().is_empty());
    assert_eq!(record.note(&note).unwrap().as_deref(), Some("a note\n"));
    assert_eq!(record.by_identity(&statement.identity()).unwrap().unwrap().statement, *statement);
    assert_eq!(record.anchors_missing().unwrap().len(), 1, "the anchor's note is not held yet");
    record.keep(&sent.core, now(), None).unwrap();
    assert!(record.unproven().unwrap().is_empty(), "a core stands in no log");
}

#[test]
fn items_inbox_heads_and_alarms_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let record = record(dir.path());
    let sent = composed(&draft());
    let (declaration, harbour) = (sha256(b"declaration"), party("harbour.example"));
    let item = Item {
        e: sent.bodies.digest(),
        submission: sent.submission.digest(),
        urgency: Urgency::Flash,
        size_class: SizeClass::of(1),
        mode: Mode::Open,
    };
    let head = ChainHead { n: 1, h: sha256(b"h1") };
    let row = ItemRow {
        custodian: harbour.to_string(),
        n: 1,
        h: head.h,
        item: item.clone(),
        consignment: sha256(b"c"),
        seen_at: now(),
    };
    record.keep_items(&declaration, &harbour, std::slice::from_ref(&row), head).unwrap();
    record.keep_items(&declaration, &harbour, std::slice::from_ref(&row), head).unwrap();
    assert_eq!(record.items(&declaration).unwrap(), [row]);
    assert_eq!(record.cursor(&declaration, &harbour).unwrap(), Some(head));
    let entry = InboxEntry {
        submission: item.submission,
        party: party("south.example"),
        declaration,
        e: item.e,
        urgency: item.urgency,
        received_at: now(),
        state: InboxState::Fetched,
        core: Some(sent.core.digest()),
        wid: None,
        access: None,
        misfits: vec![("evidence-addressee".into(), "why".into())],
        read_at: None,
    };
    let misfit = crate::open::Misfit { code: "evidence-addressee", detail: "why".into() };
    record.keep_received(&entry, &[misfit], &sent.bodies).unwrap();
    assert_eq!(record.inbox().unwrap(), std::slice::from_ref(&entry));
    assert_eq!(record.received_bodies(&item.submission).unwrap(), Some(sent.bodies.clone()));
    record.mark_read(&item.submission, now()).unwrap();
    record.dispose(&item.submission).unwrap();
    assert_eq!(record.received_bodies(&item.submission).unwrap(), None);
    let kept = record.received(&item.submission).unwrap().unwrap();
    assert_eq!((kept.state, kept.e, kept.read_at), (InboxState::Disposed, item.e, Some(now())));
    let opening = MailboxOpening { r: Salt::from_bytes([1; 16]), head, answers: sha256(b"a"), index: 0, proof: vec![] };
    let heads = HeadsRow { digest: sha256(b"s"), custodian: harbour, declaration, period: 7, opening, items: None };
    record.keep_heads(&HeadsRow { items: Some(vec![item.clone()]), ..heads.clone() }).unwrap();
    record.keep_heads(&heads).unwrap();
    assert_eq!(record.heads_of(&declaration).unwrap()[0].items, Some(vec![item]), "a listing is not forgotten");
    let alarm =
        Alarm { at: now(), code: "misbehaviour-x".into(), detail: "d".into(), first: "1".into(), second: "2".into() };
    record.raise(&alarm).unwrap();
    record.raise(&alarm).unwrap();
    assert_eq!(record.alarms().unwrap(), [alarm]);
}

#[test]
fn a_newer_record_is_refused_not_guessed() {
    let dir = tempfile::tempdir().unwrap();
    drop(record(dir.path()));
    let path = dir.path().join("desk.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 3).unwrap();
    assert!(matches!(Record::open(&path), Err(DeskError::RecordContent { .. })));
}

fn setup() -> Setup {
    Setup {
        party: None,
        exchange: exchange(),
        exchange_url: "http://127.0.0.1:9".into(),
        kind: Kind::Party,
        roles: vec![monition_evidence::RoleName::parse("duty-officer").unwrap()],
        trust: None,
        log_vkey: None,
        directory_vkey: None,
    }
}

#[test]
fn a_backup_restores_keys_record_and_configuration_into_an_empty_place() {
    let root = tempfile::tempdir().unwrap();
    let [home, backup, fresh] = ["home", "backup", "fresh"].map(|name| root.path().join(name));
    let desk = Desk::init(&home, &setup(), Unlock::no_passphrase()).unwrap();
    let sent = composed(&draft());
    let digest = desk.record().keep_sent(&sent, &party("south.example"), now()).unwrap();
    desk.backup(&backup).unwrap();
    assert!(matches!(desk.backup(&backup), Err(DeskError::Exists { .. })));
    // What comes after the backup is not in it.
    desk.record().set_meta("later", "1").unwrap();
    Desk::restore(&backup, &fresh).unwrap();
    assert!(matches!(Desk::restore(&backup, &fresh), Err(DeskError::Exists { .. })));
    assert!(matches!(Desk::restore(&backup, &home), Err(DeskError::Exists { .. })));
    assert!(matches!(Desk::restore(&root.path().join("nothing"), &fresh), Err(DeskError::NotADesk { .. })));
    let restored = Desk::open(&fresh, Unlock::no_passphrase()).unwrap();
    assert_eq!(restored.party(), desk.party());
    assert_eq!(restored.keys().next_digest().unwrap(), desk.keys().next_digest().unwrap());
    assert_eq!(restored.record().sent_bodies(&digest).unwrap().len(), 9);
    assert_eq!(restored.record().meta("later").unwrap(), None);
}

#[test]
fn a_desk_is_made_once_and_known_by_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::init(dir.path(), &setup(), Unlock::no_passphrase()).unwrap();
    assert!(desk.party().is_key_fingerprint());
    assert!(matches!(Desk::init(dir.path(), &setup(), Unlock::no_passphrase()), Err(DeskError::Exists { .. })));
    assert!(matches!(Desk::open(&dir.path().join("x"), Unlock::no_passphrase()), Err(DeskError::NotADesk { .. })));
    // The own enrolment is what the directory accepts.
    let enrolment = desk.enrolment(&crate::EnrolOptions::default()).unwrap();
    let mut directory = super::directory();
    directory.apply(enrolment.as_bytes()).unwrap();
    assert_eq!(directory.party(desk.party()).unwrap().grade.to_string(), "I0");
}

#[test]
fn a_sponsor_joins_only_an_enrolment_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, kind| {
        let setup = Setup { party: Some(party(name)), kind, ..setup() };
        Desk::init(&dir.path().join(name), &setup, Unlock::no_passphrase()).unwrap()
    };
    let operator = at("exchange.example", Kind::Exchange);
    let west = at("west.example", Kind::Party);
    let rules = monition_evidence::statement::DirectoryRules { delay_seconds: 0, sponsors: 1 };
    let first = operator.enrolment(&crate::EnrolOptions { directory: Some(rules), ..Default::default() }).unwrap();
    let mut directory = monition_evidence::directory::Directory::new(exchange());
    directory.apply(first.as_bytes()).unwrap();
    let named = crate::EnrolOptions { sponsors: vec![party("exchange.example")], ..Default::default() };
    let enrolment: Statement = west.enrolment(&named).unwrap();
    assert!(directory.check(enrolment.as_bytes()).is_err(), "the sponsor has not signed yet");
    directory.apply(operator.sponsor(&enrolment).unwrap().as_bytes()).unwrap();
    let unnamed = west.enrolment(&crate::EnrolOptions::default()).unwrap();
    assert!(matches!(operator.sponsor(&unnamed), Err(DeskError::NotPossible { .. })));
}
