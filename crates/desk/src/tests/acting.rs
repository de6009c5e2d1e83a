//! Acting for others: rights, records kept apart, numbers that nobody uses twice.

use super::{anchor, draft, eid, entries, exchange, head, key, now, party};
use crate::compose::{Composed, Envelope, compose};
use crate::error::DeskError;
use crate::keystore::{Keystore, Protection, Slot};
use crate::payload::payload;
use crate::randomness::Counted;
use crate::record::{ChainPlace, InboxEntry, InboxState, Record};
use crate::{Acting, Desk, Kind, Setup, Unlock};
use monition_evidence::age::Identity;
use monition_evidence::directory::Directory;
use monition_evidence::encoding::sha256;
use monition_evidence::statement::{
    ContentAccess, DelegatedRight, Delegation, SubmissionAcceptance, SubmissionRejection,
};
use monition_evidence::values::{Urgency, WarningStatus};
use monition_evidence::{Digest, KeyUse, Statement, UnixSeconds, Wid};
use std::path::Path;
use std::sync::Arc;

fn desk(dir: &Path, name: &str) -> Desk {
    let setup = Setup {
        party: Some(party(name)),
        exchange: exchange(),
        exchange_url: "http://127.0.0.1:9".into(),
        kind: Kind::Party,
        roles: vec![],
        trust: None,
        log_vkey: None,
        directory_vkey: None,
    };
    Desk::init(dir, &setup, Unlock::no_passphrase()).unwrap().with_clock(Arc::new(now))
}

/// Rights and their end.
type Given<'a> = (&'a [DelegatedRight], u64);

/// The directory in which South gives East rights, one entry after the other.
fn delegated(given: &[Given<'_>]) -> Directory {
    let mut directory = Directory::new(exchange());
    for entry in entries() {
        directory.apply(entry.as_bytes()).unwrap();
    }
    for (number, (rights, until)) in given.iter().enumerate() {
        let south = directory.party(&party("south.example")).unwrap();
        let payload = payload!(
            &head("south.example", None),
            eid(&format!("delegation {number}")),
            Delegation {
                seq: south.next_seq(),
                previous: south.last_entry(),
                delegate: party("east.example"),
                rights: rights.to_vec(),
                until: UnixSeconds::new(*until),
            }
        );
        let entry = Statement::sign(&payload, &[&key("south.example", KeyUse::Statement)]).unwrap();
        directory.apply(entry.as_bytes()).unwrap();
    }
    directory
}

#[test]
fn an_act_for_another_names_the_missing_right_and_who_gives_it() {
    use DelegatedRight::{Answer, Receive, Send};
    let dir = tempfile::tempdir().unwrap();
    let east = desk(dir.path(), "east.example");
    let (later, t) = (now().value() + 1, now().value());
    let table: [(&[Given<'_>], DelegatedRight, Option<&str>); 9] = [
        (&[], Send, Some("there is no delegation")),
        (&[(&[Send], later)], Send, None),
        (&[(&[Send], t)], Send, None),
        (&[(&[Send], t - 1)], Send, Some("the delegation ended at")),
        (&[(&[Send], later)], Answer, Some("the delegation names only send")),
        (&[(&[Receive, Answer], later)], Answer, None),
        (&[(&[Send], later), (&[], later)], Send, Some("the delegation was taken back")),
        (&[(&[Send], later), (&[Receive], later)], Send, Some("the delegation names only receive")),
        (&[(&[], t), (&[Send], later)], Send, None),
    ];
    let south = east.acting_for(&party("south.example"));
    for (given, right, expected) in table {
        let result = south.check_right(&delegated(given), right);
        match expected {
            None => result.unwrap(),
            Some(words) => {
                let error = result.unwrap_err();
                assert_eq!((error.code(), error.exit_code()), ("usage-not-delegated", 2));
                let text = error.to_string();
                let begins = format!("south.example has not given east.example the right '{right}'");
                assert!(text.starts_with(&begins) && text.contains(words), "{text}");
            }
        }
    }
    let nobody = east.acting_for(&party("nobody.example"));
    assert!(matches!(nobody.check_right(&delegated(&[]), Send), Err(DeskError::UnknownParty { .. })));
    assert!(east.own().is_own() && !south.is_own());
}

/// A warning in the name of `iss` to South, signed with whichever key.
fn composed(iss: &str, seed: u64, last: Option<(u64, Digest)>) -> Composed {
    let directory = delegated(&[]);
    let declared = directory.party(&party("south.example")).unwrap().declaration().unwrap();
    let envelope = Envelope {
        exchange: exchange(),
        iss: party(iss),
        iat: now(),
        anchor: anchor(),
        wid: Wid::from_bytes([9; 16]),
        status: WarningStatus::First,
        amends: None,
        declaration_digest: declared.digest,
        declaration: &declared.declaration,
        seq: last.map_or(1, |(seq, _)| seq + 1),
        prev_sub: last.map(|(_, digest)| digest),
    };
    compose(&draft(), &envelope, &key("east.example", KeyUse::Statement), &mut Counted(seed)).unwrap()
}

fn acceptance(submission: &Statement) -> Statement {
    let payload = payload!(
        &head("exchange.example", Some(anchor())),
        eid(&submission.digest().to_string()),
        SubmissionAcceptance { submission: submission.digest(), by: now() }
    );
    Statement::sign(&payload, &[&key("exchange.example", KeyUse::Exchange)]).unwrap()
}

/// Keeps a warning to South, and its acceptance if `accepted`; gives its place.
fn keep(record: &Record, iss: &str, seed: u64, accepted: bool) -> ChainPlace {
    let last = record.chain(&party(iss), &party("south.example")).unwrap();
    let sent = composed(iss, seed, last.map(|place| (place.seq, place.last)));
    let digest = record.keep_sent(&sent, &party("south.example"), now()).unwrap();
    if accepted {
        record.accepted(&digest, &acceptance(&sent.submission), now()).unwrap();
    }
    record.chain(&party(iss), &party("south.example")).unwrap().unwrap()
}

#[test]
fn each_party_that_a_desk_sends_for_has_numbers_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let record = Record::create(&dir.path().join("desk.db")).unwrap();
    for (seed, iss, seq) in [(1, "north.example", 1), (500, "east.example", 1), (900, "north.example", 2)] {
        assert_eq!(keep(&record, iss, seed, true).seq, seq, "{iss}");
    }
    let senders: Vec<String> = record.all_sent().unwrap().iter().map(|row| row.iss.to_string()).collect();
    assert_eq!(senders, ["north.example", "east.example", "north.example"]);
}

#[test]
fn a_warning_that_came_to_one_party_is_not_read_or_answered_for_another() {
    let dir = tempfile::tempdir().unwrap();
    let east = desk(dir.path(), "east.example");
    let sent = composed("north.example", 1, None);
    let entry = inbox_entry(&sent, None);
    east.record().keep_received(&entry, &[], &sent.bodies).unwrap();
    let south = east.acting_for(&party("south.example"));
    assert_eq!(south.inbox().unwrap(), std::slice::from_ref(&entry));
    assert_eq!(south.received(&entry.submission).unwrap(), entry);
    assert_eq!(east.inbox().unwrap(), []);
    for acting in [east.own(), east.acting_for(&party("west.example"))] {
        let refused = acting.read(&entry.submission).unwrap_err();
        assert_eq!((refused.code(), refused.exit_code()), ("usage-other-party", 2));
        assert!(refused.to_string().contains("belongs to south.example"), "{refused}");
    }
}

fn inbox_entry(sent: &Composed, access: Option<Digest>) -> InboxEntry {
    InboxEntry {
        submission: sent.submission.digest(),
        party: party("south.example"),
        declaration: sha256(b"declaration"),
        e: sent.bodies.digest(),
        urgency: Urgency::Flash,
        received_at: now(),
        state: InboxState::Fetched,
        core: Some(sent.core.digest()),
        wid: None,
        access,
        misfits: vec![],
        read_at: None,
    }
}

/// What a desk of the first version wrote: one party, which no column named.
#[test]
fn a_record_of_version_1_becomes_one_that_names_its_party_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("desk.db");
    let record = Record::create(&path).unwrap();
    let place = keep(&record, "north.example", 1, true);
    let received = composed("east.example", 700, None);
    let access = payload!(
        &head("south.example", Some(anchor())),
        eid("access"),
        ContentAccess {
            submission: received.submission.digest(),
            core: None,
            valid: vec![],
            missing: vec![],
            undecryptable: vec![],
        }
    );
    let access = Statement::sign(&access, &[&key("south.example", KeyUse::Mailbox)]).unwrap();
    record.keep(&access, now(), None).unwrap();
    let entry = inbox_entry(&received, Some(access.digest()));
    record.keep_received(&entry, &[], &received.bodies).unwrap();
    drop(record);
    let old = "CREATE TABLE chains_2 (recipient TEXT PRIMARY KEY, seq INTEGER NOT NULL, prev_sub BLOB NOT NULL) STRICT;
               INSERT INTO chains_2 SELECT recipient, seq, prev_sub FROM chains;
               DROP TABLE chains; ALTER TABLE chains_2 RENAME TO chains;
               ALTER TABLE sent DROP COLUMN iss; ALTER TABLE inbox DROP COLUMN party; PRAGMA user_version = 1;";
    rusqlite::Connection::open(&path).unwrap().execute_batch(old).unwrap();

    Record::check(&path).unwrap();
    let version = |path: &Path| -> i64 {
        rusqlite::Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(version(&path), 1, "looking at a backup changes nothing in it");
    let record = Record::open(&path).unwrap();
    assert_eq!(version(&path), 2);
    assert_eq!(record.chain(&party("north.example"), &party("south.example")).unwrap(), Some(place));
    assert_eq!(record.all_sent().unwrap()[0].iss, party("north.example"));
    assert_eq!(record.inbox().unwrap(), [entry]);
    drop(record);
    Record::open(&path).unwrap();
    assert_eq!(keep(&Record::open(&path).unwrap(), "north.example", 900, true).seq, 2);
}

#[test]
fn a_restored_record_trusts_no_number_until_the_exchange_has_confirmed_it() {
    let dir = tempfile::tempdir().unwrap();
    let record = Record::create(&dir.path().join("desk.db")).unwrap();
    let (north, south) = (party("north.example"), party("south.example"));
    assert!(keep(&record, "north.example", 1, true).told && !record.restored().unwrap());
    record.mark_restored().unwrap();
    record.mark_restored().unwrap();
    assert!(record.restored().unwrap());
    let told = |record: &Record| record.chain(&north, &south).unwrap().unwrap();
    assert!(!told(&record).told);
    // The exchange says that number 3 was the last.
    record.continue_chain(&north, &south, 3, &sha256(b"number 3")).unwrap();
    assert_eq!(told(&record), ChainPlace { seq: 3, last: sha256(b"number 3"), told: true });
    assert_eq!(keep(&record, "north.example", 900, false).seq, 4);
}

#[test]
fn an_exchange_that_forgets_an_accepted_submission_contradicts_itself() {
    let dir = tempfile::tempdir().unwrap();
    let north = desk(dir.path(), "north.example");
    let (record, south) = (north.record(), party("south.example"));
    let first = keep(record, "north.example", 1, true);
    let second = keep(record, "north.example", 700, true);
    let waiting = keep(record, "north.example", 1_400, false);
    let at = |seq: u64, last: Digest| Some(ChainPlace { seq, last, told: true });
    let other = sha256(b"another desk's");
    let table = [
        // What the exchange names, and the accepted submission that it leaves out.
        (at(2, second.last), None),
        (at(3, waiting.last), None),
        (at(3, other), None),
        (at(9, other), None),
        (at(2, other), Some(second.last)),
        (at(1, first.last), Some(second.last)),
        (None, Some(first.last)),
    ];
    let own: Acting<'_> = north.own();
    for (told, expected) in table {
        assert_eq!(own.contradicted(&south, Some(waiting), told).unwrap(), expected, "{told:?}");
    }
    // A place that was taken over from an earlier answer binds the exchange as well.
    record.continue_chain(&party("north.example"), &south, 7, &other).unwrap();
    let taken_over = record.chain(&party("north.example"), &south).unwrap();
    for (told, expected) in [
        (at(7, other), None),
        (at(8, sha256(b"8")), None),
        (at(7, sha256(b"7")), Some(other)),
        (at(6, sha256(b"6")), Some(other)),
    ] {
        assert_eq!(own.contradicted(&south, taken_over, told).unwrap(), expected, "{told:?}");
    }
    // Another party's chain is another chain.
    assert_eq!(north.acting_for(&party("east.example")).contradicted(&south, None, None).unwrap(), None);
}

#[test]
fn a_signed_refusal_frees_a_number_and_an_unsigned_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let record = Record::create(&dir.path().join("desk.db")).unwrap();
    let (north, south) = (party("north.example"), party("south.example"));
    let first = keep(&record, "north.example", 1, true);
    let second = keep(&record, "north.example", 700, false);
    record.rejected(&second.last, "evidence-unknown-key", None, now()).unwrap();
    assert_eq!(record.chain(&north, &south).unwrap().unwrap().last, second.last);
    let payload = payload!(
        &head("exchange.example", Some(anchor())),
        eid("rejection"),
        SubmissionRejection { submission: second.last, code: "evidence-expired".to_owned() }
    );
    let rejection = Statement::sign(&payload, &[&key("exchange.example", KeyUse::Exchange)]).unwrap();
    record.rejected(&second.last, "evidence-expired", Some(&rejection), now()).unwrap();
    assert_eq!(record.chain(&north, &south).unwrap().unwrap().last, first.last);
    // A submission whose key has ended can never count: its number is free too, and only if it is the last.
    let third = keep(&record, "north.example", 1_400, false);
    record.free_place(&first.last).unwrap();
    assert_eq!(record.chain(&north, &south).unwrap().unwrap().last, third.last);
    record.free_place(&third.last).unwrap();
    record.free_place(&first.last).unwrap();
    assert_eq!(record.chain(&north, &south).unwrap(), None);
}

#[test]
fn a_shared_key_opens_mail_and_is_never_declared_as_the_own_one() {
    let dir = tempfile::tempdir().unwrap();
    let unlock = || Unlock::no_passphrase();
    let slots = [Slot::Statement, Slot::Mailbox];
    let none = || Protection::NoPassphrase;
    let mut keys = Keystore::create(dir.path(), &slots, none(), none(), &mut Counted(1)).unwrap();
    let own = keys.recipient().unwrap().to_string();
    let shared = Identity::from_bytes([7; 32]);
    for _ in 0..2 {
        keys.accept_identity(shared.clone()).unwrap();
    }
    let reopened = Keystore::open(dir.path(), unlock()).unwrap();
    let recipients: Vec<String> = reopened.identities().iter().map(|i| i.recipient().to_string()).collect();
    assert_eq!(recipients, [own.clone(), shared.recipient().to_string()]);
    assert_eq!(reopened.recipient().unwrap().to_string(), own);
}
