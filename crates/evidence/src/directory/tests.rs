//! Every rule of the directory, each with a liar. An entry that breaks one changes nothing but the size.

use super::*;
use crate::age::Identity;
use crate::encoding::{MailboxId, sha256};
use crate::keys::{Algorithm, SecretKey};
use crate::statement::*;
use crate::values::{Anchor, ReplyStatus};

const EXCHANGE: &str = "exchange.example";

fn party(name: &str) -> PartyName {
    PartyName::parse(name).unwrap()
}

/// The key of a party for a use, in its n-th set of keys.
fn key(name: &str, key_use: KeyUse, set: u8) -> SecretKey {
    SecretKey::from_seed(sha256(format!("{name} {key_use:?} {set}").as_bytes()).as_bytes())
}

fn enrolled_key(name: &str, key_use: KeyUse, set: u8) -> EnrolledKey {
    let role = (key_use == KeyUse::Role).then(|| RoleName::parse("duty").unwrap());
    EnrolledKey { alg: Algorithm::Ed25519, public: key(name, key_use, set).public(), key_use, role }
}

const USES: &[KeyUse] = &[KeyUse::Statement, KeyUse::Mailbox, KeyUse::Role];

fn next_of(name: &str, uses: &[KeyUse], set: u8) -> Digest {
    key_set_digest(&uses.iter().map(|u| key(name, *u, set).public().kid()).collect::<Vec<_>>())
}

/// A directory with the exchange, the custodians harbour and meridian, and the parties north, south and west.
struct Book {
    directory: Directory,
    eids: u8,
}

/// Fills in the common members of a directory entry.
macro_rules! entry {
    ($book:expr, $iss:expr, $name:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        $book.eids += 1;
        let eid = Eid::from_bytes([$book.eids; 16]);
        let exchange = ExchangeName::parse(EXCHANGE).unwrap();
        $name {
            exchange, eid, wid: None, iss: party($iss), iat: UnixSeconds::new(0), anchor: None, prev: None, svc: None,
            pol: None, actor: None, reason: None, $($field: $value),*
        }
    }};
}

impl Book {
    fn empty() -> Self {
        Self { directory: Directory::new(ExchangeName::parse(EXCHANGE).unwrap()), eids: 0 }
    }

    fn new() -> Self {
        let mut book = Self::empty();
        let first = book.first();
        book.accept(&first, &[&key(EXCHANGE, KeyUse::Statement, 0), &key(EXCHANGE, KeyUse::Exchange, 0)]);
        for custodian in ["harbour.example", "meridian.example"] {
            let payload = book.enrolment(custodian, &[KeyUse::Statement, KeyUse::Custodian]);
            book.accept_enrolment(&payload);
        }
        for name in ["north.example", "south.example", "west.example"] {
            let payload = book.enrolment(name, USES);
            book.accept_enrolment(&payload);
        }
        book
    }

    fn first(&mut self) -> Enrolment {
        let uses = [KeyUse::Statement, KeyUse::Exchange];
        let directory = Some(DirectoryRules { delay_seconds: 60, sponsors: 1 });
        Enrolment { sponsors: vec![], directory, ..self.enrolment(EXCHANGE, &uses) }
    }

    fn enrolment(&mut self, name: &str, uses: &[KeyUse]) -> Enrolment {
        let custodian = uses.contains(&KeyUse::Custodian);
        entry!(
            self,
            name,
            Enrolment {
                seq: 0,
                keys: uses.iter().map(|u| enrolled_key(name, *u, 0)).collect(),
                next: next_of(name, uses, 1),
                sponsors: vec![party(EXCHANGE)],
                custodian: custodian.then(|| CustodianService { url: format!("https://{name}"), period_seconds: 1 }),
                directory: None,
            }
        )
    }

    /// Signed by every key in it and by the exchange.
    fn accept_enrolment(&mut self, payload: &Enrolment) {
        let keys: Vec<_> = payload.keys.iter().map(|k| key(payload.iss.as_str(), k.key_use, 0)).collect();
        let sponsor = key(EXCHANGE, KeyUse::Statement, 0);
        let signers: Vec<&SecretKey> = keys.iter().chain([&sponsor]).collect();
        self.accept(payload, &signers);
    }

    fn accept<P: Payload>(&mut self, payload: &P, keys: &[&SecretKey]) -> Statement {
        let statement = Statement::sign(payload, keys).unwrap();
        self.directory.apply(statement.as_bytes()).unwrap()
    }

    /// The entry is refused, for this reason, and leaves nothing behind but a larger size.
    fn refuse<P: Payload>(&mut self, payload: &P, keys: &[&SecretKey]) -> DirectoryError {
        let statement = Statement::sign(payload, keys).unwrap();
        let before = format!("{:?} {:?}", self.directory.parties, self.directory.rules);
        let (keys, size) = (self.directory.keys.clone(), self.directory.size);
        let error = self.directory.apply(statement.as_bytes()).unwrap_err();
        assert_eq!(self.directory.size, size + 1);
        assert_eq!(self.directory.keys, keys);
        assert_eq!(format!("{:?} {:?}", self.directory.parties, self.directory.rules), before);
        assert_eq!(self.directory.index_of(&statement.identity()), None);
        error
    }

    fn chain(&self, name: &str) -> (u64, Digest) {
        let party = self.directory.party(&party(name)).unwrap();
        (party.next_seq(), party.last_entry())
    }

    fn declaration(&mut self, name: &str) -> MailboxDeclaration {
        let (seq, previous) = self.chain(name);
        let recipient = Identity::from_bytes([5; 32]).recipient().to_string();
        entry!(
            self,
            name,
            MailboxDeclaration {
                seq: seq,
                previous: previous,
                mailbox: MailboxId::from_bytes([1; 16]),
                custodians: vec![party("harbour.example"), party("meridian.example")],
                quorum: 2,
                encryption: vec![EncryptionKey { stanza: "X25519".to_owned(), recipient }],
                valid_from: UnixSeconds::new(0),
                valid_until: UnixSeconds::new(1_000),
                grace_seconds: 0,
                poll_seconds: 1,
                contacts: None,
                hours: ServiceHours { utc_offset_minutes: 0, weekly: vec![], closed_days: vec![] },
                languages: vec![],
                answer_seconds: AnswerTimes { flash: 1, immediate: 1, priority: 1, routine: 1 },
                terms: None,
            }
        )
    }

    fn rotation(&mut self, name: &str, uses: &[KeyUse]) -> KeyRotation {
        let (seq, previous) = self.chain(name);
        entry!(
            self,
            name,
            KeyRotation {
                seq: seq,
                previous: previous,
                keys: uses.iter().map(|u| enrolled_key(name, *u, 1)).collect(),
                next: next_of(name, uses, 2),
            }
        )
    }

    fn revocation(&mut self, iss: &str, name: &str, kid: KeyId) -> Revocation {
        let (seq, previous) = self.chain(name);
        entry!(
            self,
            iss,
            Revocation { party: party(name), seq: seq, previous: previous, kid: kid, suspected_since: None }
        )
    }

    fn delegation(&mut self, name: &str, delegate: &str, rights: &[DelegatedRight]) -> Delegation {
        let (seq, previous) = self.chain(name);
        entry!(
            self,
            name,
            Delegation {
                seq: seq,
                previous: previous,
                delegate: party(delegate),
                rights: rights.to_vec(),
                until: UnixSeconds::new(500),
            }
        )
    }

    fn statement_of(&mut self, iss: &str) -> OutOfBandNotice {
        let anchor = Some(Anchor { origin: "o".to_owned(), size: 0, root: sha256(b""), note: sha256(b"") });
        let payload = entry!(
            self,
            iss,
            OutOfBandNotice {
                to: party("south.example"),
                channel: "visit".to_owned(),
                at: UnixSeconds::new(0),
                note: None,
            }
        );
        OutOfBandNotice { anchor, ..payload }
    }

    fn reply_of(&mut self, iss: &str) -> Reply {
        let anchor = Some(Anchor { origin: "o".to_owned(), size: 0, root: sha256(b""), note: sha256(b"") });
        let payload = entry!(
            self,
            iss,
            Reply {
                submission: sha256(b"s"),
                core: sha256(b"c"),
                status: ReplyStatus::Acknowledged,
                note: None,
                received: vec![],
            }
        );
        Reply { anchor, wid: Some(crate::Wid::from_bytes([0; 16])), ..payload }
    }
}

fn statement_key(name: &str) -> SecretKey {
    key(name, KeyUse::Statement, 0)
}

#[test]
fn the_first_entry_and_only_it_is_the_exchange_with_the_rules() {
    let own = [key(EXCHANGE, KeyUse::Statement, 0), key(EXCHANGE, KeyUse::Exchange, 0)];
    let signers: Vec<&SecretKey> = own.iter().collect();
    let mut book = Book::empty();
    let payload = Enrolment { directory: None, ..book.first() };
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::FirstEntry);
    // Somebody else's enrolment with rules of its own.
    let payload =
        Enrolment { directory: book.first().directory, sponsors: vec![], ..book.enrolment("west.example", USES) };
    let west: Vec<_> = USES.iter().map(|u| key("west.example", *u, 0)).collect();
    assert_eq!(book.refuse(&payload, &west.iter().collect::<Vec<_>>()), DirectoryError::FirstEntry);
    // Without an exchange key.
    let payload = book.first();
    let payload = Enrolment { keys: vec![payload.keys[0].clone()], ..payload };
    assert_eq!(book.refuse(&payload, &[&own[0]]), DirectoryError::FirstEntry);
    let payload = book.first();
    book.accept(&payload, &signers);
    assert_eq!(book.directory.party(&party(EXCHANGE)).unwrap().grade, Grade::Exchange);
    assert_eq!(book.directory.rules().unwrap().delay_seconds, 60);
    // The rules never change.
    let payload = book.first();
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::FirstEntry);
}

#[test]
fn what_is_no_entry_or_meant_for_another_exchange_is_refused() {
    let mut book = Book::new();
    let notice = book.statement_of("north.example");
    let error = book.refuse(&notice, &[&statement_key("north.example")]);
    assert_eq!(error, DirectoryError::NotAnEntry { found: "OutOfBandNotice" });
    let mut declaration = book.declaration("south.example");
    declaration.exchange = ExchangeName::parse("other.example").unwrap();
    let error = book.refuse(&declaration, &[&statement_key("south.example")]);
    assert!(matches!(error, DirectoryError::OtherExchange { .. }), "{error}");
    assert!(matches!(book.directory.apply(b"garbage"), Err(DirectoryError::Statement(_))));
}

#[test]
fn an_eid_serves_one_entry_of_a_party() {
    let mut book = Book::new();
    let declaration = book.declaration("south.example");
    book.accept(&declaration, &[&statement_key("south.example")]);
    let again = MailboxDeclaration { eid: declaration.eid, ..book.declaration("south.example") };
    let error = book.refuse(&again, &[&statement_key("south.example")]);
    assert_eq!(error, DirectoryError::EidUsed { iss: party("south.example") });
    // Another party may happen to use the same.
    let other = MailboxDeclaration { eid: declaration.eid, ..book.declaration("north.example") };
    book.accept(&other, &[&statement_key("north.example")]);
}

#[test]
fn an_enrolment_is_signed_by_every_key_in_it() {
    for left_out in 0..USES.len() {
        let mut book = Book::new();
        let payload = book.enrolment("east.example", USES);
        let mut keys: Vec<_> = USES.iter().map(|u| key("east.example", *u, 0)).collect();
        keys.remove(left_out);
        keys.push(statement_key(EXCHANGE));
        let error = book.refuse(&payload, &keys.iter().collect::<Vec<_>>());
        assert!(matches!(error, DirectoryError::Key(KeyError::Signature { .. })), "{error}");
    }
}

#[test]
fn names_and_keys_belong_to_whoever_came_first() {
    let mut book = Book::new();
    let payload = book.enrolment("north.example", USES);
    let fresh: Vec<_> = USES.iter().map(|u| key("thief", *u, 0)).collect();
    let keys = USES.iter().map(|u| enrolled_key("thief", *u, 0)).collect();
    let payload = Enrolment { keys, ..payload };
    let sponsor = statement_key(EXCHANGE);
    let signers: Vec<&SecretKey> = fresh.iter().chain([&sponsor]).collect();
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::NameTaken { party: party("north.example") });
    // A key that somebody has already, and one twice in one entry.
    let taken = key("north.example", KeyUse::Role, 0);
    let payload = Enrolment {
        keys: vec![enrolled_key("north.example", KeyUse::Role, 0)],
        ..book.enrolment("east.example", USES)
    };
    assert_eq!(book.refuse(&payload, &[&taken, &sponsor]), DirectoryError::KeyTaken { kid: taken.public().kid() });
    let own = key("east.example", KeyUse::Statement, 0);
    let one = enrolled_key("east.example", KeyUse::Statement, 0);
    let two = EnrolledKey { key_use: KeyUse::Mailbox, ..one.clone() };
    let payload = Enrolment { keys: vec![one, two], ..book.enrolment("east.example", USES) };
    assert_eq!(book.refuse(&payload, &[&own, &sponsor]), DirectoryError::KeyTaken { kid: own.public().kid() });
}

#[test]
fn a_dns_like_name_needs_sponsors_that_are_enrolled_and_signed() {
    let own: Vec<_> = USES.iter().map(|u| key("east.example", *u, 0)).collect();
    let with = |extra: &SecretKey| -> Vec<SecretKey> {
        own.iter().chain([extra]).map(|k| SecretKey::from_seed(&k.seed())).collect()
    };
    let sign = |book: &mut Book, sponsors: &[&str], extra: Option<&SecretKey>| {
        let sponsors = sponsors.iter().map(|s| party(s)).collect();
        let payload = Enrolment { sponsors, ..book.enrolment("east.example", USES) };
        let keys = extra.map_or_else(|| own.iter().map(|k| SecretKey::from_seed(&k.seed())).collect(), with);
        book.refuse(&payload, &keys.iter().collect::<Vec<_>>())
    };
    let book = &mut Book::new();
    let sponsor = statement_key(EXCHANGE);
    assert_eq!(sign(book, &[], None), DirectoryError::Sponsors { found: 0, needed: 1 });
    assert_eq!(sign(book, &[EXCHANGE], None), DirectoryError::Sponsors { found: 0, needed: 1 });
    // Named twice, once for a signature; and one that did not sign.
    assert_eq!(sign(book, &[EXCHANGE, EXCHANGE], Some(&sponsor)), DirectoryError::Sponsors { found: 1, needed: 2 });
    assert_eq!(
        sign(book, &[EXCHANGE, "north.example"], Some(&sponsor)),
        DirectoryError::Sponsors { found: 1, needed: 2 }
    );
    // Itself.
    assert_eq!(sign(book, &["east.example"], None), DirectoryError::Sponsors { found: 0, needed: 1 });
    // Signed by somebody who is not named, by a key that vouches for nobody, by a key that nobody has.
    for stray in
        [statement_key("north.example"), key(EXCHANGE, KeyUse::Mailbox, 0), key("nobody", KeyUse::Statement, 0)]
    {
        let kid = stray.public().kid();
        assert_eq!(sign(book, &[EXCHANGE], Some(&stray)), DirectoryError::StraySignature { kid });
    }
    for silent in [KeyUse::Mailbox, KeyUse::Role] {
        let stray = key("north.example", silent, 0);
        let kid = stray.public().kid();
        assert_eq!(sign(book, &["north.example"], Some(&stray)), DirectoryError::StraySignature { kid });
    }
    // A sponsor whose key is revoked.
    let kid = statement_key("north.example").public().kid();
    let revocation = book.revocation("north.example", "north.example", kid);
    book.accept(&revocation, &[&key("north.example", KeyUse::Mailbox, 0)]);
    let error = sign(book, &["north.example"], Some(&statement_key("north.example")));
    assert_eq!(error, DirectoryError::StraySignature { kid });
}

#[test]
fn a_directory_that_asks_for_two_sponsors_gets_two() {
    let mut book = Book::empty();
    let first = Enrolment { directory: Some(DirectoryRules { delay_seconds: 0, sponsors: 2 }), ..book.first() };
    let exchange = [key(EXCHANGE, KeyUse::Statement, 0), key(EXCHANGE, KeyUse::Exchange, 0)];
    book.accept(&first, &exchange.iter().collect::<Vec<_>>());
    let payload = book.enrolment("east.example", &[KeyUse::Statement]);
    let own = statement_key("east.example");
    // Two keys of one sponsor are one sponsor.
    let error = book.refuse(&payload, &[&own, &exchange[0], &exchange[1]]);
    assert_eq!(error, DirectoryError::Sponsors { found: 1, needed: 2 });
}

#[test]
fn a_name_of_grade_i0_is_its_first_statement_key() {
    let mut book = Book::new();
    let own = key("anonymous", KeyUse::Statement, 0);
    let other = key("anonymous", KeyUse::Statement, 1);
    let name = format!("key:{}", own.public().kid());
    let keys = |sets: &[u8]| sets.iter().map(|s| enrolled_key("anonymous", KeyUse::Statement, *s)).collect::<Vec<_>>();
    let payload = Enrolment { keys: keys(&[1, 0]), sponsors: vec![], ..book.enrolment(&name, USES) };
    assert_eq!(book.refuse(&payload, &[&own, &other]), DirectoryError::NotItsFingerprint { party: party(&name) });
    let payload = Enrolment { keys: keys(&[1]), sponsors: vec![], ..book.enrolment(&name, USES) };
    assert_eq!(book.refuse(&payload, &[&other]), DirectoryError::NotItsFingerprint { party: party(&name) });
    let payload = Enrolment { keys: keys(&[0, 1]), sponsors: vec![], ..book.enrolment(&name, USES) };
    book.accept(&payload, &[&own, &other]);
    assert_eq!(book.directory.party(&party(&name)).unwrap().grade, Grade::I0);
}

#[test]
fn a_custodian_has_a_service_and_a_key_for_it_or_neither() {
    let mut book = Book::new();
    let sponsor = statement_key(EXCHANGE);
    let (own, custodian) = (key("pier.example", KeyUse::Statement, 0), key("pier.example", KeyUse::Custodian, 0));
    let payload = book.enrolment("pier.example", &[KeyUse::Statement, KeyUse::Custodian]);
    let payload = Enrolment { custodian: None, ..payload };
    let refused = DirectoryError::NotACustodian { party: party("pier.example") };
    assert_eq!(book.refuse(&payload, &[&own, &custodian, &sponsor]), refused);
    let service = Some(CustodianService { url: "https://pier.example".to_owned(), period_seconds: 1 });
    let payload = Enrolment { custodian: service, ..book.enrolment("pier.example", &[KeyUse::Statement]) };
    assert_eq!(book.refuse(&payload, &[&own, &sponsor]), refused);
}

#[test]
fn entries_of_a_party_form_a_chain() {
    let mut book = Book::new();
    let own = statement_key("south.example");
    for (seq, previous) in [(0, None), (2, None), (1, Some(sha256(b"other")))] {
        let good = book.declaration("south.example");
        let previous = previous.unwrap_or(good.previous);
        let payload = MailboxDeclaration { seq, previous, ..good };
        if seq == 0 {
            assert!(Statement::sign(&payload, &[&own]).is_err());
            continue;
        }
        let error = book.refuse(&payload, &[&own]);
        assert_eq!(error, DirectoryError::Chain { party: party("south.example"), found: seq, expected: 1 });
    }
    let first = book.declaration("south.example");
    book.accept(&first, &[&own]);
    // A replay under another eid does not follow the last entry any more.
    let replay = MailboxDeclaration { seq: first.seq, previous: first.previous, ..book.declaration("south.example") };
    let error = book.refuse(&replay, &[&own]);
    assert_eq!(error, DirectoryError::Chain { party: party("south.example"), found: 1, expected: 2 });
    let mut unknown = book.declaration("south.example");
    unknown.iss = party("nobody.example");
    assert_eq!(book.refuse(&unknown, &[&own]), DirectoryError::UnknownParty { party: party("nobody.example") });
}

#[test]
fn only_a_statement_key_in_force_declares_delegates_and_contests() {
    let mut book = Book::new();
    for (stray, is_rule) in [
        (statement_key("north.example"), true),
        (key("nobody", KeyUse::Statement, 0), true),
        (key("south.example", KeyUse::Mailbox, 0), true),
        (key("south.example", KeyUse::Role, 0), true),
    ] {
        let declaration = book.declaration("south.example");
        let error = book.refuse(&declaration, &[&stray]);
        assert_eq!(matches!(error, DirectoryError::NotAuthorised { .. }), is_rule, "{error}");
        let delegation = book.delegation("south.example", "north.example", &[DelegatedRight::Send]);
        assert!(matches!(book.refuse(&delegation, &[&stray]), DirectoryError::NotAuthorised { .. }));
    }
    // Two signatures where one is asked for.
    let declaration = book.declaration("south.example");
    let (own, other) = (statement_key("south.example"), statement_key("north.example"));
    let error = book.refuse(&declaration, &[&own, &other]);
    assert_eq!(error, DirectoryError::StraySignature { kid: other.public().kid() });
    // A delegate sends, receives or answers; it never declares.
    let delegation = book.delegation("south.example", "north.example", &[DelegatedRight::Send]);
    book.accept(&delegation, &[&own]);
    let declaration = book.declaration("south.example");
    assert!(matches!(book.refuse(&declaration, &[&other]), DirectoryError::NotAuthorised { .. }));
}

#[test]
fn a_declaration_names_custodians_and_usable_keys() {
    let mut book = Book::new();
    let own = statement_key("south.example");
    let custodians = |names: &[&str]| names.iter().map(|n| party(n)).collect::<Vec<_>>();
    let payload = MailboxDeclaration {
        custodians: custodians(&["harbour.example", "nobody.example"]),
        ..book.declaration("south.example")
    };
    assert_eq!(book.refuse(&payload, &[&own]), DirectoryError::UnknownParty { party: party("nobody.example") });
    let payload = MailboxDeclaration {
        custodians: custodians(&["harbour.example", "north.example"]),
        ..book.declaration("south.example")
    };
    assert_eq!(book.refuse(&payload, &[&own]), DirectoryError::NotACustodian { party: party("north.example") });
    for (stanza, recipient) in [("mlkem768x25519", None), ("X25519", Some("age1nonsense")), ("X25519", Some(""))] {
        let mut payload = book.declaration("south.example");
        payload.encryption[0].stanza = stanza.to_owned();
        if let Some(recipient) = recipient {
            payload.encryption[0].recipient = recipient.to_owned();
        }
        let error = book.refuse(&payload, &[&own]);
        assert!(matches!(error, DirectoryError::EncryptionKey { .. }), "{error}");
    }
    // Sets from which the counts cannot be reached are not even statements.
    type Change = fn(&mut MailboxDeclaration);
    let changes: [Change; 6] = [
        |d| d.quorum = 0,
        |d| d.quorum = 3,
        |d| d.custodians.push(party(EXCHANGE)),
        |d| d.custodians[1] = d.custodians[0].clone(),
        |d| d.custodians.clear(),
        |d| d.custodians[1] = d.iss.clone(),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut payload = book.declaration("south.example");
        change(&mut payload);
        assert!(Statement::sign(&payload, &[&own]).is_err(), "no. {number}");
    }
}

#[test]
fn declarations_supersede_one_another() {
    let mut book = Book::new();
    let own = statement_key("south.example");
    let first = book.declaration("south.example");
    let first = book.accept(&first, &[&own]);
    let second = book.declaration("south.example");
    let second = book.accept(&second, &[&own]);
    let (name, record) = book.directory.declaration(&first.digest()).unwrap();
    assert_eq!((name.name.as_str(), record.index, record.superseded), ("south.example", 6, Some(7)));
    let (_, record) = book.directory.declaration(&second.digest()).unwrap();
    assert_eq!((record.index, record.superseded), (7, None));
    assert_eq!(book.directory.party(&party("south.example")).unwrap().declaration().unwrap().digest, second.digest());
    assert_eq!(book.directory.index_of(&first.identity()), Some(6));
}

#[test]
fn rotation_asks_for_the_keys_that_were_announced() {
    let mut book = Book::new();
    let new: Vec<_> = USES.iter().map(|u| key("north.example", *u, 1)).collect();
    let old = statement_key("north.example");
    let signers: Vec<&SecretKey> = new.iter().chain([&old]).collect();
    // Other keys, and the right ones in another order.
    let mut payload = book.rotation("north.example", USES);
    payload.keys.truncate(2);
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::PreRotation { party: party("north.example") });
    let mut payload = book.rotation("north.example", USES);
    payload.keys.reverse();
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::PreRotation { party: party("north.example") });
    // Without one of the new keys' signatures.
    let payload = book.rotation("north.example", USES);
    assert!(matches!(book.refuse(&payload, &signers[1..]), DirectoryError::Key(_)));
    let payload = book.rotation("north.example", USES);
    book.accept(&payload, &signers);
    for key_use in USES {
        let (old, new) = (key("north.example", *key_use, 0), key("north.example", *key_use, 1));
        let ended = book.directory.key(&old.public().kid()).unwrap();
        assert_eq!(ended.end, Some(KeyEnd { index: 8 + 1, revoked: false, suspected_since: None }));
        assert_eq!((ended.in_force_at_size(9), ended.in_force_at_size(10)), (true, false));
        let fresh = book.directory.key(&new.public().kid()).unwrap();
        assert_eq!((fresh.in_force_at_size(9), fresh.in_force_at_size(10)), (false, true));
    }
    assert!(!book.directory.party(&party("north.example")).unwrap().recovered);
}

#[test]
fn a_thief_with_an_old_key_cannot_rotate_and_lost_keys_are_replaced_by_all_sponsors() {
    let mut book = Book::new();
    let new: Vec<_> = USES.iter().map(|u| key("north.example", *u, 1)).collect();
    let (old_mailbox, old_role) = (key("north.example", KeyUse::Mailbox, 0), key("north.example", KeyUse::Role, 0));
    let sponsor = statement_key(EXCHANGE);
    // Neither an old key of another use, nor another party's key, nor nobody stands for an old statement key.
    for stray in [&old_mailbox, &old_role, &statement_key("west.example")] {
        let payload = book.rotation("north.example", USES);
        let signers: Vec<&SecretKey> = new.iter().chain([stray]).collect();
        assert!(matches!(book.refuse(&payload, &signers), DirectoryError::StraySignature { .. }));
    }
    let payload = book.rotation("north.example", USES);
    let signers: Vec<&SecretKey> = new.iter().collect();
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::Sponsors { found: 0, needed: 1 });
    // With an old key, a stray one is refused all the same.
    let (old, stray) = (statement_key("north.example"), statement_key("west.example"));
    let payload = book.rotation("north.example", USES);
    let signers: Vec<&SecretKey> = new.iter().chain([&old, &stray]).collect();
    assert_eq!(book.refuse(&payload, &signers), DirectoryError::StraySignature { kid: stray.public().kid() });
    let payload = book.rotation("north.example", USES);
    let signers: Vec<&SecretKey> = new.iter().chain([&sponsor]).collect();
    book.accept(&payload, &signers);
    assert!(book.directory.party(&party("north.example")).unwrap().recovered);
}

#[test]
fn a_key_is_revoked_by_its_party_or_a_sponsor_and_once() {
    let mut book = Book::new();
    let kid = statement_key("north.example").public().kid();
    let mailbox = key("north.example", KeyUse::Mailbox, 0);
    let stranger = statement_key("west.example");
    let payload = book.revocation("west.example", "north.example", kid);
    let error = book.refuse(&payload, &[&stranger]);
    assert!(matches!(error, DirectoryError::NotAuthorised { .. }), "{error}");
    // In North's name by another's key; of a key that is not North's; with two signatures; out of the chain.
    let payload = book.revocation("north.example", "north.example", kid);
    assert!(matches!(book.refuse(&payload, &[&stranger]), DirectoryError::StraySignature { .. }));
    let payload = book.revocation("north.example", "north.example", stranger.public().kid());
    assert!(matches!(book.refuse(&payload, &[&mailbox]), DirectoryError::NotAuthorised { .. }));
    let payload = book.revocation("north.example", "north.example", kid);
    let error = book.refuse(&payload, &[&mailbox, &statement_key("north.example")]);
    assert!(matches!(error, DirectoryError::StraySignature { .. }), "{error}");
    let payload = Revocation { seq: 7, ..book.revocation("north.example", "north.example", kid) };
    assert!(matches!(book.refuse(&payload, &[&mailbox]), DirectoryError::Chain { .. }));
    // By a sponsor with a key by which it speaks as an organisation.
    let payload = book.revocation(EXCHANGE, "north.example", kid);
    book.accept(&payload, &[&statement_key(EXCHANGE)]);
    let record = book.directory.key(&kid).unwrap();
    assert!(record.end.as_ref().is_some_and(|end| end.revoked));
    let payload = book.revocation("north.example", "north.example", kid);
    assert!(matches!(book.refuse(&payload, &[&mailbox]), DirectoryError::NotAuthorised { .. }));
    // A revoked key revokes nothing.
    let payload = book.revocation("north.example", "north.example", mailbox.public().kid());
    let error = book.refuse(&payload, &[&statement_key("north.example")]);
    assert_eq!(error, DirectoryError::StraySignature { kid });
    // The chain goes on after it.
    assert_eq!(book.directory.party(&party("north.example")).unwrap().next_seq(), 2);
}

#[test]
fn an_objection_is_kept_with_whose_entry_it_contests() {
    let mut book = Book::new();
    let own = statement_key("south.example");
    let declaration = book.declaration("south.example");
    let declaration = book.accept(&declaration, &[&own]);
    for (contested, expected) in [(declaration.identity(), 1), (sha256(b"nothing"), 1)] {
        let payload = entry!(book, "west.example", Contest { contested: contested });
        book.accept(&payload, &[&statement_key("west.example")]);
        assert_eq!(book.directory.party(&party("south.example")).unwrap().contested.len(), expected);
    }
    let payload = entry!(book, "west.example", Contest { contested: declaration.identity() });
    assert!(matches!(book.refuse(&payload, &[&own]), DirectoryError::NotAuthorised { .. }));
}

#[test]
fn a_delegation_names_somebody_and_ends_where_the_next_to_the_same_begins() {
    let mut book = Book::new();
    let own = statement_key("south.example");
    let payload = book.delegation("south.example", "nobody.example", &[DelegatedRight::Answer]);
    assert_eq!(book.refuse(&payload, &[&own]), DirectoryError::UnknownParty { party: party("nobody.example") });
    let reply = book.reply_of("south.example");
    let by_west = Statement::sign(&reply, &[&key("west.example", KeyUse::Role, 0)]).unwrap();
    let refused = |d: &Directory, s: &Statement| matches!(d.signer(s), Err(DirectoryError::NotAuthorised { .. }));
    assert!(refused(&book.directory, &by_west));
    let payload = book.delegation("south.example", "west.example", &[DelegatedRight::Answer, DelegatedRight::Receive]);
    book.accept(&payload, &[&own]);
    let signer = book.directory.signer(&by_west).unwrap();
    assert_eq!(
        (signer.party.as_str(), signer.delegate.clone().map(|d| d.party)),
        ("south.example", Some(party("west.example")))
    );
    assert_eq!((signer.from, signer.end.clone(), signer.delegated_until), (7, None, Some(UnixSeconds::new(500))));
    assert_eq!((signer.in_force_at_size(7), signer.in_force_at_size(8)), (false, true));
    // A delegation to another does not end it; a narrower one to the same does, from then on.
    let payload = book.delegation("south.example", "north.example", &[DelegatedRight::Answer]);
    book.accept(&payload, &[&own]);
    assert!(book.directory.signer(&by_west).is_ok());
    let payload = book.delegation("south.example", "west.example", &[DelegatedRight::Receive]);
    book.accept(&payload, &[&own]);
    assert!(refused(&book.directory, &by_west));
    let past = book.directory.signers(&by_west).unwrap();
    assert_eq!(past.newest.end.as_ref().map(|end| (end.index, end.revoked)), Some((9, false)));
    assert_eq!((past.newest.in_force_at_size(9), past.newest.in_force_at_size(10)), (true, false));
    assert!(past.older.is_empty());
    // Allowed again: two ways, the newer first.
    let payload = book.delegation("south.example", "west.example", &[DelegatedRight::Answer]);
    book.accept(&payload, &[&own]);
    let ways = book.directory.signers(&by_west).unwrap().into_vec();
    assert_eq!(
        ways.iter().map(|s| (s.from, s.end.clone().map(|e| e.index))).collect::<Vec<_>>(),
        [(10, None), (7, Some(9))]
    );
    // Each right once.
    let twice = book.delegation("south.example", "west.example", &[DelegatedRight::Send, DelegatedRight::Send]);
    assert!(Statement::sign(&twice, &[&own]).is_err());
    // A delegation without rights takes it back.
    let payload = book.delegation("south.example", "west.example", &[]);
    book.accept(&payload, &[&own]);
    assert!(refused(&book.directory, &by_west));
    let payload = book.delegation("south.example", "west.example", &[DelegatedRight::Answer]);
    book.accept(&payload, &[&own]);
    // The delegate's key ends before the delegation does.
    let kid = key("west.example", KeyUse::Role, 0).public().kid();
    let payload = book.revocation("west.example", "west.example", kid);
    book.accept(&payload, &[&statement_key("west.example")]);
    let signer = book.directory.signer(&by_west).unwrap();
    assert_eq!(signer.end, Some(KeyEnd { index: 13, revoked: true, suspected_since: None }));
}

#[test]
fn each_type_has_its_keys_and_each_right_its_types() {
    let mut book = Book::new();
    let (own, role) = (statement_key("north.example"), key("north.example", KeyUse::Role, 0));
    let mailbox = key("north.example", KeyUse::Mailbox, 0);
    let notice = book.statement_of("north.example");
    let sign = |key: &SecretKey| Statement::sign(&notice, &[key]).unwrap();
    assert_eq!(book.directory.signer(&sign(&own)).unwrap().key_use, KeyUse::Statement);
    assert_eq!(book.directory.signer(&sign(&role)).unwrap().role, Some(RoleName::parse("duty").unwrap()));
    assert!(matches!(book.directory.signer(&sign(&mailbox)), Err(DirectoryError::NotAuthorised { .. })));
    // A right to send is no right to call: no delegation reaches a type that has none.
    let payload = book.delegation("north.example", "west.example", &[DelegatedRight::Send, DelegatedRight::Answer]);
    book.accept(&payload, &[&own]);
    let by_west = sign(&statement_key("west.example"));
    assert!(matches!(book.directory.signer(&by_west), Err(DirectoryError::NotAuthorised { .. })));
    // Two signatures, and one that does not fit.
    let two = Statement::sign(&notice, &[&own, &role]).unwrap();
    assert!(matches!(book.directory.signer(&two), Err(DirectoryError::StraySignature { .. })));
    let text = sign(&own).as_text().into_owned();
    let at = text.rfind("\"signature\":\"").unwrap() + 20;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    let forged = Statement::parse(format!("{}{other}{}", &text[..at], &text[at + 1..]).as_bytes()).unwrap();
    assert!(matches!(book.directory.signer(&forged), Err(DirectoryError::Key(_))));
}

#[test]
fn keys_that_end_are_not_current() {
    let mut book = Book::new();
    let north = party("north.example");
    let current = |book: &Book| {
        let mut keys = book.directory.keys_of(&north).filter(|r| r.end.is_none() && r.key.key_use == KeyUse::Role);
        keys.next().map(|r| r.key.public)
    };
    assert_eq!(current(&book), Some(key("north.example", KeyUse::Role, 0).public()));
    let kid = key("north.example", KeyUse::Role, 0).public().kid();
    let payload = book.revocation("north.example", "north.example", kid);
    book.accept(&payload, &[&statement_key("north.example")]);
    assert_eq!(current(&book), None);
    assert_eq!(book.directory.keys_of(&north).count(), 3);
    assert_eq!(book.directory.size(), 7);
    assert_eq!(book.directory.parties().count(), 6);
}
