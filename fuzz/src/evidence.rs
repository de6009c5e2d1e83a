//! Statements, disclosures, sealing, dossiers and the judge's inputs (`crates/evidence`).

use crate::{number, one_bit, text};
use monition_evidence::age::{
    self, EncapsulationSeed, FileKey, Identity, Parsed, Recipient, SealRandomness, open_with_file_key, stanza_is_for,
};
use monition_evidence::dossier::Dossier;
use monition_evidence::encoding::{from_base64url, to_base64url};
use monition_evidence::framing::{Bodies, pad, unpad};
use monition_evidence::judge::{Believe, Question, judge};
use monition_evidence::jws::Jws;
use monition_evidence::warning::Disclosure;
use monition_evidence::{
    ClassName, Digest, Eid, ExchangeName, MailboxId, PartyName, RoleName, Salt, SecretKey, Statement, Wid,
};

/// Every type of statement: its name in findings, and `typ` of its header.
pub const TYPES: &[(&str, &str)] = &[
    ("ConsignmentNotification", "monition-consignment-notification-v1"),
    ("ContentAccess", "monition-content-access-v1"),
    ("ContentConsignment", "monition-content-consignment-v1"),
    ("ContentDispute", "monition-content-dispute-v1"),
    ("ContentHandover", "monition-content-handover-v1"),
    ("Contest", "monition-contest-v1"),
    ("CustodyHeads", "monition-custody-heads-v1"),
    ("DecisionRecord", "monition-decision-record-v1"),
    ("Delegation", "monition-delegation-v1"),
    ("Denial", "monition-denial-v1"),
    ("Disposal", "monition-disposal-v1"),
    ("Enrolment", "monition-enrolment-v1"),
    ("EnvelopeAcceptance", "monition-envelope-acceptance-v1"),
    ("HandoverFailure", "monition-handover-failure-v1"),
    ("KeyRotation", "monition-key-rotation-v1"),
    ("MailboxDeclaration", "monition-mailbox-declaration-v1"),
    ("MailboxHeadAck", "monition-mailbox-head-ack-v1"),
    ("OutOfBandNotice", "monition-out-of-band-notice-v1"),
    ("Relay", "monition-relay-v1"),
    ("RelayConsent", "monition-relay-consent-v1"),
    ("Reply", "monition-reply-v1"),
    ("ReplyLodgement", "monition-reply-lodgement-v1"),
    ("Revocation", "monition-revocation-v1"),
    ("Submission", "monition-submission-v1"),
    ("SubmissionAcceptance", "monition-submission-acceptance-v1"),
    ("SubmissionRejection", "monition-submission-rejection-v1"),
    ("Warning", "monition-warning-v1+sd-jwt"),
];

/// The longest plaintext that the targets open.
const PLAINTEXT_MAX: usize = 1 << 20;

/// A statement prints back, is no stranger's, and is refused with one bit changed.
pub fn statement(data: &[u8]) {
    if let Ok(jws) = Jws::parse(data) {
        assert_eq!(jws.as_bytes(), data);
        let kids: Vec<_> = jws.kids().collect();
        assert!(!kids.is_empty());
        assert!(kids.iter().enumerate().all(|(at, kid)| !kids[..at].contains(kid)), "one key twice");
        assert!(jws.verify(&SecretKey::from_seed(&[0xA7; 32]).public()).is_err());
    }
    let Ok(statement) = Statement::parse(data) else { return };
    assert_eq!(statement.as_bytes(), data);
    assert!(statement.verify(&SecretKey::from_seed(&[0xA7; 32]).public()).is_err());
    let again = Statement::parse(statement.as_text().as_bytes()).expect("its own bytes");
    assert_eq!(again.identity(), statement.identity());
}

/// A payload of any type: the key that signed verifies, and no bit of the statement can be changed.
pub fn payload(data: &[u8]) {
    let [which, place @ .., _] = data else { return };
    let Some((place, payload)) = place.split_first_chunk::<2>() else { return };
    let key = SecretKey::from_seed(&[4; 32]);
    let (name, typ) = TYPES[usize::from(*which) % TYPES.len()];
    let Ok(jws) = Jws::sign(typ, payload, &[&key]) else { return };
    assert_eq!(jws.payload(), payload);
    assert_eq!(jws.typ(), typ);
    let Ok(statement) = Statement::parse(jws.as_bytes()) else { return };
    assert!(statement.verify(&key.public()).is_ok());
    assert_eq!(statement.body().name(), name);
    // The last character of a signature has four unused bits, all zero: A, Q, g or w. The next letter differs in one of them.
    let mut second = jws.as_bytes().to_vec();
    let last = second.len() - br#"A"}]}"#.len();
    second[last] += 1;
    assert!(Statement::parse(&second).is_err(), "a second spelling of a signed statement");
    let altered = one_bit(jws.as_bytes(), u64::from(u16::from_le_bytes(*place)));
    if let Ok(altered) = Statement::parse(&altered) {
        assert!(altered.verify(&key.public()).is_err(), "one bit changed, and it verifies");
    }
}

/// A disclosure has one spelling.
pub fn disclosure(data: &[u8]) {
    let encoded = to_base64url(data);
    for candidate in [text(data), Some(encoded.as_str())].into_iter().flatten() {
        let Ok(disclosure) = Disclosure::parse(candidate) else { continue };
        assert_eq!(disclosure.as_str(), candidate);
        let json = from_base64url("disclosure", candidate).expect("it was read");
        let (salt, _, _): (Salt, String, serde_json::Value) = serde_json::from_slice(&json).expect("three elements");
        let again = Disclosure::new(&salt, disclosure.field, &disclosure.value).expect("its own parts");
        assert_eq!(again.as_str(), candidate);
    }
}

/// Hostile age files never open; what was sealed opens, to the same bytes, and with one bit changed it does not.
pub fn age_file(data: &[u8]) {
    let identity = Identity::from_bytes([0x42; 32]);
    if let Ok(parsed) = Parsed::parse(data) {
        assert!(parsed.plaintext_len() <= data.len());
    }
    let file_key = FileKey::from_bytes([0xA7; 16]);
    if let Ok(plain) = open_with_file_key(data, &file_key, PLAINTEXT_MAX) {
        assert!(plain.len() < data.len());
    }
    drop(age::open(data, &identity, PLAINTEXT_MAX));
    let Some((place, content)) = number(data) else { return };
    let randomness = SealRandomness { file_key: [1; 16], seed: [2; 32], nonce: [3; 16] };
    let sealed = age::seal(content, &identity.recipient(), &randomness);
    assert_eq!(&age::open(&sealed, &identity, PLAINTEXT_MAX).expect("our own")[..], content);
    let (key, seed) = (FileKey::from_bytes([1; 16]), EncapsulationSeed::from_bytes([2; 32]));
    assert_eq!(open_with_file_key(&sealed, &key, PLAINTEXT_MAX).expect("our own"), content);
    assert!(age::open(&sealed, &Identity::from_bytes([0x43; 32]), PLAINTEXT_MAX).is_err());
    let altered = one_bit(&sealed, place);
    assert!(age::open(&altered, &identity, PLAINTEXT_MAX).is_err(), "one bit changed, and it opens");
    assert!(open_with_file_key(&altered, &key, PLAINTEXT_MAX).is_err(), "one bit changed, and it opens");
    drop(stanza_is_for(&altered, &identity.recipient(), &key, &seed));
}

/// Keys of age have one spelling.
pub fn age_keys(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(recipient) = Recipient::parse(text) {
        assert_eq!(recipient.to_string(), text);
    }
    if let Ok(identity) = Identity::parse(text) {
        assert_eq!(identity.to_secret_string().as_str(), text);
    }
}

/// Bodies print back; padding can be taken off in one way only.
pub fn framing(data: &[u8]) {
    if let Ok(bodies) = Bodies::parse(data) {
        assert_eq!(bodies.to_bytes(), data);
        assert_eq!(Bodies::new(bodies.as_slices().to_vec()).expect("its own").digest(), bodies.digest());
    }
    if let Ok(content) = unpad(data) {
        assert_eq!(pad(content), data);
    }
    assert_eq!(unpad(&pad(data)), Ok(data));
}

/// A dossier prints to a file that reads as the same dossier; what reads can be judged, without panic.
pub fn dossier(data: &[u8]) {
    let Ok(dossier) = Dossier::parse(data, &|_| None) else { return };
    let printed = dossier.to_bytes().expect("plain data");
    assert_eq!(Dossier::parse(&printed, &|_| None).as_ref(), Ok(&dossier));
    let Ok(question) = Question::parse(&dossier.question) else { return };
    let trust = include_bytes!("trust.policy");
    drop(judge(&[dossier], trust, &Believe::default(), &question));
}

/// Questions print to a text that reads as the same question; the file of beliefs is read or refused.
pub fn question(data: &[u8]) {
    if let Some(text) = text(data)
        && let Ok(question) = Question::parse(text)
    {
        // A time may be given in seconds; it is printed as a date.
        assert_eq!(Question::parse(&question.to_string()).as_ref(), Ok(&question));
    }
    if let Ok(believe) = Believe::parse(data) {
        assert!(believe.lying_witnesses().is_none_or(|f| f <= data.len().max(usize::MAX >> 1)));
    }
}

/// Names, digests and identifiers have one spelling.
pub fn names(data: &[u8]) {
    let Some(text) = text(data) else { return };
    macro_rules! one_spelling {
        ($($kind:ty),+) => { $(if let Ok(name) = <$kind>::parse(text) { assert_eq!(name.to_string(), text); })+ };
    }
    one_spelling!(PartyName, ExchangeName, RoleName, ClassName, Digest, Eid, MailboxId, Salt, Wid);
}
