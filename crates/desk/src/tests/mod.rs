//! The desk's rules as tests. What speaks HTTP is tested end to end, with a real exchange, in the binary's demo.

mod acting;
mod keys;
mod logs_followed;
mod opening;
mod records;
mod relays;

use crate::compose::{Attachment, Composed, Draft, Envelope, compose};
use crate::payload::{Head, payload};
use crate::randomness::Counted;
use monition_evidence::age::Identity;
use monition_evidence::directory::Directory;
use monition_evidence::encoding::sha256;
use monition_evidence::keys::{Algorithm, EnrolledKey};
use monition_evidence::statement::{
    AnswerTimes, CustodianService, DirectoryRules, EncryptionKey, Enrolment, MailboxDeclaration, ServiceHours,
};
use monition_evidence::values::{Urgency, WarningStatus};
use monition_evidence::warning::Field;
use monition_evidence::{
    Anchor, ClassName, Digest, Eid, ExchangeName, KeyUse, MailboxId, PartyName, SecretKey, Statement, Text,
    UnixSeconds, Wid,
};

pub(crate) fn exchange() -> ExchangeName {
    ExchangeName::parse("exchange.example").unwrap()
}

pub(crate) fn party(name: &str) -> PartyName {
    PartyName::parse(name).unwrap()
}

pub(crate) fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

pub(crate) fn now() -> UnixSeconds {
    UnixSeconds::new(1_795_446_000)
}

pub(crate) fn key(name: &str, key_use: KeyUse) -> SecretKey {
    SecretKey::from_seed(sha256(format!("{name} {key_use:?}").as_bytes()).as_bytes())
}

pub(crate) fn identity(name: &str) -> Identity {
    Identity::from_bytes(*sha256(format!("{name} age").as_bytes()).as_bytes())
}

pub(crate) fn anchor() -> Anchor {
    Anchor { origin: "exchange.example/log".into(), size: 1, root: sha256(b"r"), note: sha256(b"n") }
}

pub(crate) fn head(name: &str, anchor: Option<Anchor>) -> Head {
    Head {
        exchange: exchange(),
        iss: party(name),
        iat: now(),
        anchor,
        wid: None,
        prev: None,
        actor: None,
        reason: None,
    }
}

pub(crate) fn eid(words: &str) -> Eid {
    let digest = sha256(words.as_bytes());
    Eid::from_bytes(std::array::from_fn(|i| digest.as_bytes()[i]))
}

fn enrolment(name: &str, uses: &[KeyUse], sponsor: Option<(&str, KeyUse)>) -> Statement {
    let secrets: Vec<SecretKey> = uses.iter().map(|u| key(name, *u)).collect();
    let keys = uses.iter().zip(&secrets).map(|(key_use, secret)| EnrolledKey {
        alg: Algorithm::Ed25519,
        public: secret.public(),
        key_use: *key_use,
        role: None,
    });
    let is_custodian = uses.contains(&KeyUse::Custodian);
    let payload = payload!(
        &head(name, None),
        eid(name),
        Enrolment {
            seq: 0,
            keys: keys.collect(),
            next: sha256(b"next"),
            sponsors: sponsor.iter().map(|(name, _)| party(name)).collect(),
            custodian: is_custodian.then(|| CustodianService { url: "http://127.0.0.1:1".into(), period_seconds: 1 }),
            directory: sponsor.is_none().then_some(DirectoryRules { delay_seconds: 0, sponsors: 1 }),
        }
    );
    let sponsor = sponsor.map(|(name, key_use)| key(name, key_use));
    let signers: Vec<&SecretKey> = secrets.iter().chain(&sponsor).collect();
    Statement::sign(&payload, &signers).unwrap()
}

pub(crate) fn declaration(name: &str, previous: Digest, seq: u64) -> (MailboxDeclaration, Statement) {
    let payload = payload!(
        &head(name, None),
        eid(&format!("{name} declares {seq}")),
        MailboxDeclaration {
            seq: seq,
            previous: previous,
            mailbox: MailboxId::from_bytes([7; 16]),
            custodians: vec![party("harbour.example"), party("lantern.example")],
            quorum: 2,
            encryption: vec![EncryptionKey {
                stanza: "X25519".into(),
                recipient: identity(name).recipient().to_string()
            }],
            valid_from: now(),
            valid_until: now().plus(86_400),
            grace_seconds: 3_600,
            poll_seconds: 5,
            contacts: None,
            hours: ServiceHours { utc_offset_minutes: 0, weekly: vec![], closed_days: vec![] },
            languages: vec![],
            answer_seconds: AnswerTimes { flash: 60, immediate: 60, priority: 60, routine: 60 },
            terms: None,
        }
    );
    let statement = Statement::sign(&payload, &[&key(name, KeyUse::Statement)]).unwrap();
    (payload, statement)
}

/// Entries of a directory in which North and East can send, South has a mailbox, and two others keep it.
pub(crate) fn entries() -> Vec<Statement> {
    let sponsor = Some(("exchange.example", KeyUse::Exchange));
    let party_uses = [KeyUse::Statement, KeyUse::Mailbox];
    let custodian_uses = [KeyUse::Statement, KeyUse::Custodian];
    let south = enrolment("south.example", &party_uses, sponsor);
    let (_, declared) = declaration("south.example", south.identity(), 1);
    vec![
        enrolment("exchange.example", &[KeyUse::Exchange], None),
        enrolment("north.example", &party_uses, sponsor),
        enrolment("east.example", &party_uses, sponsor),
        enrolment("harbour.example", &custodian_uses, sponsor),
        enrolment("lantern.example", &custodian_uses, sponsor),
        south,
        declared,
    ]
}

pub(crate) fn directory() -> Directory {
    let mut directory = Directory::new(exchange());
    for entry in entries() {
        directory.apply(entry.as_bytes()).unwrap();
    }
    directory
}

pub(crate) fn draft() -> Draft {
    Draft::new(ClassName::parse("attack.physical").unwrap(), Urgency::Flash)
        .text(Field::Summary, "An attack is being prepared.")
        .and_then(|d| d.text(Field::PlaceCity, "South"))
        .and_then(|d| d.text(Field::Means, "fire"))
        .and_then(|d| d.text(Field::SourceKind, "closed"))
        .unwrap()
}

pub(crate) fn file(content: &[u8]) -> Attachment {
    Attachment { media_type: text("application/octet-stream"), content: content.to_vec() }
}

/// Composes a warning from North to South.
pub(crate) fn composed(draft: &Draft) -> Composed {
    let directory = directory();
    let declared = directory.party(&party("south.example")).unwrap().declaration().unwrap();
    let envelope = Envelope {
        exchange: exchange(),
        iss: party("north.example"),
        iat: now(),
        anchor: anchor(),
        wid: Wid::from_bytes([9; 16]),
        status: WarningStatus::First,
        amends: None,
        declaration_digest: declared.digest,
        declaration: &declared.declaration,
        seq: 1,
        prev_sub: None,
    };
    compose(draft, &envelope, &key("north.example", KeyUse::Statement), &mut Counted(0)).unwrap()
}

#[test]
fn a_desk_is_shared_between_threads_and_its_acts_move_between_them() {
    fn shared<T: Send + Sync>() {}
    fn moves<T: Send>(_: &T) {}
    fn acts(desk: &crate::Desk, request: &crate::RelayRequest) {
        let (digest, role) = (sha256(b""), monition_evidence::RoleName::parse("duty").unwrap());
        moves(&desk.collect(0));
        moves(&desk.follow());
        moves(&desk.rotate());
        moves(&desk.warn(&draft(), &[]));
        moves(&desk.relay(request));
        moves(&desk.reply(&digest, &role, monition_evidence::values::ReplyStatus::Fixed, None));
        moves(&desk.deny("", now(), std::time::Duration::ZERO));
        moves(&desk.gather("who", &crate::GatherOptions::default()));
        moves(&desk.declare(&crate::DeclareOptions::new(vec![], 1)));
        moves(&desk.run(std::future::ready(())));
    }
    shared::<crate::Desk>();
    let _ = acts;
}
