//! The vectors of `testdata/protocol.json`: literal bytes of every layout that is hashed, signed or sealed, from fixed keys.
//!
//! Each hash is built here field by field, as docs/protocol.md writes it, and must be what the code gives. The file is
//! written by `cargo test -p monition-evidence vectors -- --ignored`; other programs check themselves against it.

use super::world::*;
use crate::age::{
    EncapsulationSeed, FileKey, Identity, Recipient, SealRandomness, open_with_file_key, seal, stanza_is_for,
};
use crate::custody::{AnswerEntry, AnswersTree, CustodyTree, MailboxState};
use crate::encoding::{Digest, MailboxId, Salt, sha256};
use crate::framing::{Bodies, pad};
use crate::http_signature::RequestSignature;
use crate::keys::{KeyUse, SecretKey, key_set_digest};
use crate::mailbox::{ChainHead, ChainName, Item};
use crate::statement::*;
use crate::values::*;
use crate::warning::{Disclosure, Field, Value as FieldValue};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn b64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn lp(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// A hash, field by field; the code's own value must be that of the fields.
fn layout(name: &str, section: &str, fields: &[(&str, &[u8])], given: Digest) -> Value {
    let bytes: Vec<u8> = fields.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    assert_eq!(sha256(&bytes), given, "{name}");
    let fields: Vec<Value> = fields.iter().map(|(what, bytes)| json!([what, hex(bytes)])).collect();
    json!({ "name": name, "section": section, "fields": fields, "sha256": given })
}

fn layouts() -> Vec<Value> {
    let (one, two) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
    let kid = |key: &SecretKey| key.public().kid();
    let kid_bytes = |key: &SecretKey| b64_decode(&kid(key).to_string());
    let body = |n: u8| vec![n; usize::from(n)];
    let bodies = Bodies::new(vec![body(3), body(5)]).unwrap();
    let (e, submission) = (bodies.digest(), sha256(b"submission"));
    let declaration = sha256(b"declaration");
    let chain = ChainName {
        exchange: crate::ExchangeName::parse("exchange.example").unwrap(),
        mailbox: MailboxId::from_bytes([7; 16]),
        declaration,
        custodian: name("harbour"),
    };
    let item = Item { e, submission, urgency: Urgency::Immediate, size_class: SizeClass::of(4_096), mode: Mode::Open };
    let (h0, head) = (chain.h0(), ChainHead::empty(&chain).push(&item));
    let reply = sha256(b"reply");
    let entry = AnswerEntry { salt: Salt::from_bytes([8; 16]), submission, replies: vec![reply] };
    let answer_fields: &[(&str, &[u8])] = &[
        ("tag", b"monition/answer/v1\n"),
        ("salt", &[8; 16]),
        ("submission", submission.as_bytes()),
        ("u32 count", &1_u32.to_be_bytes()),
        ("identity of a reply", reply.as_bytes()),
    ];
    let answer: Vec<u8> = answer_fields.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    let answers = AnswersTree::new(std::slice::from_ref(&entry)).root();
    let state = MailboxState { r: Salt::from_bytes([9; 16]), h0, head, answers };
    let state_fields: &[(&str, &[u8])] = &[
        ("tag", b"monition/custody/v1\n"),
        ("r", &[9; 16]),
        ("h(0)", h0.as_bytes()),
        ("u64 n", &1_u64.to_be_bytes()),
        ("h(1)", head.h.as_bytes()),
        ("answers", answers.as_bytes()),
    ];
    let mailbox: Vec<u8> = state_fields.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    let note = Text::parse("by telephone\nat noon").unwrap();
    vec![
        layout(
            "kid",
            "3",
            &[("tag", b"monition/key/v1\n"), ("lp alg", &lp(b"Ed25519")), ("public key", one.public().as_bytes())],
            Digest::parse(&kid(&one).to_string()).unwrap(),
        ),
        layout(
            "keyset",
            "3",
            &[
                ("tag", b"monition/keyset/v1\n"),
                ("u32 count", &2_u32.to_be_bytes()),
                ("kid", &kid_bytes(&one)),
                ("kid", &kid_bytes(&two)),
            ],
            key_set_digest(&[kid(&one), kid(&two)]),
        ),
        layout(
            "e",
            "6.1",
            &[
                ("tag", b"monition/bodies/v1\n"),
                ("u32 count", &2_u32.to_be_bytes()),
                ("u64 length", &3_u64.to_be_bytes()),
                ("SHA-256 of a body", sha256(&body(3)).as_bytes()),
                ("u64 length", &5_u64.to_be_bytes()),
                ("SHA-256 of a body", sha256(&body(5)).as_bytes()),
            ],
            e,
        ),
        layout(
            "h(0)",
            "7.1",
            &[
                ("tag", b"monition/mailbox/v1\n"),
                ("lp exchange", &lp(b"exchange.example")),
                ("lp mailbox", &lp(&[7; 16])),
                ("lp declaration", &lp(declaration.as_bytes())),
                ("lp custodian", &lp(b"harbour.example")),
            ],
            h0,
        ),
        layout(
            "h(1)",
            "7.1",
            &[
                ("tag", b"monition/item/v1\n"),
                ("h(0)", h0.as_bytes()),
                ("e", e.as_bytes()),
                ("submission", submission.as_bytes()),
                ("lp urgency", &lp(b"immediate")),
                ("lp size class", &lp(b"4KiB")),
                ("lp mode", &lp(b"open")),
            ],
            head.h,
        ),
        // A tree of one leaf has its leaf hash as root, so the values inside the trees are seen through theirs.
        layout("answer", "7.2", answer_fields, sha256(&answer)),
        layout("answers of one item", "7.2", &[("0x00", &[0]), ("answer", sha256(&answer).as_bytes())], answers),
        layout("mailbox", "7.2", state_fields, sha256(&mailbox)),
        layout(
            "root of one mailbox",
            "7.2",
            &[("0x00", &[0]), ("mailbox", sha256(&mailbox).as_bytes())],
            CustodyTree::new(vec![state]).root(),
        ),
        layout(
            "note",
            "4.3",
            &[("tag", b"monition/note/v1\n"), ("salt", &[8; 16]), ("lp note", &lp(note.as_str().as_bytes()))],
            note_commitment(&Salt::from_bytes([8; 16]), &note),
        ),
    ]
}

fn b64_decode(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// One statement of every type, under keys that the file names.
fn statements() -> Vec<Value> {
    let (mut w, warning) = available();
    w.declare("north", &["harbour", "meridian"], 1);
    w.delegate("south", "west", &[DelegatedRight::Receive], 5_000);
    w.revoke("east", KeyUse::Role, Some(900));
    w.rotate("west");
    let contested = w.entries[4].identity();
    let contest = Contest { anchor: None, ..say!(w, "north", Contest { contested: contested }) };
    let contest = w.sign("north", &contest);
    w.enter(&contest);
    let session = w.kid("south", KeyUse::Mailbox);
    w.ack("south", &["harbour", "meridian"]);
    w.handover(warning, "harbour", session);
    w.access(warning, |f| f != Field::SourceNames);
    w.reply(warning, ReplyStatus::Investigating, &["harbour"]);
    w.heads();
    w.deny("west", "told west.example before 1970-01-01T00:17:10Z", 1_030);
    let (submission, core) = (w.sent[warning].digest(), w.sent[warning].core.identity());
    let (mailbox, e, told) =
        (w.sent[warning].body().mailbox, w.sent[warning].body().e, w.sent[warning].digest_of(Field::PlaceCity));
    let rejection =
        say!(w, "exchange", SubmissionRejection { submission: submission, code: "evidence-expired".to_owned() });
    w.issue_as_exchange(&rejection);
    let failure = say!(w, "exchange", HandoverFailure { submission: submission, code: "unreachable".to_owned() });
    w.issue_as_exchange(&failure);
    let text = |text: &str| Text::parse(text).unwrap();
    let answer = text("250 2.0.0 taken");
    let ping = say!(
        w,
        "harbour",
        ConsignmentNotification { mailbox: mailbox, n: 1, transport: "smtp".to_owned(), answer: answer, taken: true }
    );
    let ping = Statement::sign(&ping, &[w.key("harbour", KeyUse::Custodian)]).unwrap();
    w.append(&ping);
    let consent = say!(
        w,
        "north",
        RelayConsent { submission: submission, core: core, to: name("west"), digests: vec![told], expiry: at(9_000) }
    );
    let consent = w.issue("north", &consent).identity();
    let relay = say!(w, "south", Relay { core: core, to: name("west"), digests: vec![told], consent: Some(consent) });
    w.issue("south", &relay);
    let call = say!(
        w,
        "north",
        OutOfBandNotice { to: name("south"), channel: "telephone".to_owned(), at: at(1_015), note: None }
    );
    w.issue("north", &call);
    let mut dispute =
        say!(w, "south", ContentDispute { submission: submission, core: Some(core), code: "disclosure".to_owned() });
    dispute.reason = Some(text("the city's salt is \"short\"\nand its tab\there"));
    w.issue("south", &dispute);
    let disposal = say!(w, "south", Disposal { submission: submission, e: e });
    w.issue("south", &disposal);
    let decision = say!(w, "north", DecisionRecord { decision: Decision::NotWarned, note: None });
    w.issue("north", &decision);
    let (account, collection) = (text("hospital"), text("91a7b528-80eb-42ed-a74d-c6fbd5a26116"));
    let taken = say!(
        w,
        "exchange",
        EnvelopeAcceptance {
            party: Some(name("north")),
            account: account,
            collection: collection,
            count: 2,
            objects: e,
            first_added: 1_015_000_001,
            last_added: 1_015_000_002
        }
    );
    w.issue_as_exchange(&taken);
    let mut first: BTreeMap<&str, &Statement> = BTreeMap::new();
    for statement in w.entries.iter().chain([&w.sent[warning].core]).chain(&w.logged) {
        first.entry(statement.body().name()).or_insert(statement);
    }
    assert_eq!(first.len(), 27, "{:?}", first.keys());
    let origin = w.log.origin.as_str();
    first
        .into_iter()
        .map(|(name_of, s)| {
            let (typ, payload) = (s.jws().typ(), s.jws().payload());
            let tag = |tag: &'static str| ("tag", tag.as_bytes());
            json!({
                "type": name_of,
                "statement": s.as_text(),
                "payload": std::str::from_utf8(payload).unwrap(),
                "kids": s.jws().kids().map(|k| k.to_string()).collect::<Vec<_>>(),
                "digest": s.digest(),
                "identity": layout("identity", "2", &[tag("monition/statement/v1\n"), ("lp typ", &lp(typ.as_bytes())), ("lp payload", &lp(payload))], s.identity())["sha256"],
                "leaf": layout("leaf", "2", &[tag("monition/leaf/v1\n"), ("lp origin", &lp(origin.as_bytes())), ("statement", s.as_bytes())], s.leaf(origin))["sha256"],
            })
        })
        .collect()
}

fn age() -> Value {
    let identity = Identity::from_bytes([0x42; 32]);
    let randomness = SealRandomness { file_key: [0x11; 16], seed: [0x22; 32], nonce: [0x33; 16] };
    let plain = pad("a body".as_bytes());
    let file = seal(&plain, &identity.recipient(), &randomness);
    let (key, seed) = (FileKey::from_bytes(randomness.file_key), EncapsulationSeed::from_bytes(randomness.seed));
    let recipient = Recipient::parse(&identity.recipient().to_string()).unwrap();
    assert_eq!(open_with_file_key(&file, &key, plain.len()).unwrap(), plain);
    assert!(stanza_is_for(&file, &recipient, &key, &seed).unwrap());
    json!({
        "section": "6.2",
        "identity": hex(&[0x42; 32]),
        "recipient": identity.recipient().to_string(),
        "file_key": hex(&randomness.file_key),
        "seed": hex(&randomness.seed),
        "nonce": hex(&randomness.nonce),
        "content": "a body",
        "plain_bytes": plain.len(),
        "plain_sha256": sha256(&plain),
        "file": b64(&file),
    })
}

fn disclosure() -> Value {
    let value = FieldValue::Text(Text::parse("Saltmarsh \"old town\"").unwrap());
    let disclosure = Disclosure::new(&Salt::from_bytes([5; 16]), Field::PlaceCity, &value).unwrap();
    let json_text = format!("[\"{}\",\"place.city\",\"Saltmarsh \\\"old town\\\"\"]", Salt::from_bytes([5; 16]));
    assert_eq!(b64(json_text.as_bytes()), disclosure.as_str());
    json!({ "section": "5.2", "json": json_text, "disclosure": disclosure.as_str(), "sha256": disclosure.digest() })
}

fn request() -> Value {
    let key = SecretKey::from_seed(&[1; 32]);
    let body = br#"{"after":0}"#;
    let signed = RequestSignature::sign("POST", "/v1/poll", body, &name("harbour"), at(1_796_301_000), &key);
    let headers: BTreeMap<&str, String> = signed.headers().into_iter().collect();
    let digest = base64::engine::general_purpose::STANDARD.encode(sha256(body).as_bytes());
    let base = format!(
        "\"@method\": POST\n\"@path\": /v1/poll\n\"content-digest\": sha-256=:{digest}:\n\"monition-audience\": harbour.example\n\"@signature-params\": {}",
        headers["signature-input"].strip_prefix("m=").unwrap()
    );
    let signature = base64::engine::general_purpose::STANDARD.encode(key.sign(base.as_bytes()));
    assert_eq!(headers["signature"], format!("m=:{signature}:"));
    json!({
        "section": "8.4",
        "method": "POST",
        "path": "/v1/poll",
        "body": std::str::from_utf8(body).unwrap(),
        "public": hex(key.public().as_bytes()),
        "headers": headers,
        "signature_base": base,
    })
}

fn file() -> Vec<u8> {
    let keys: Vec<Value> = [1_u8, 2].iter().map(|n| {
        let key = SecretKey::from_seed(&[*n; 32]);
        json!({ "seed": hex(&[*n; 32]), "public": hex(key.public().as_bytes()), "kid": key.public().kid().to_string() })
    }).collect();
    let bodies = Bodies::new(vec![vec![3; 3], vec![5; 5]]).unwrap();
    let vectors = json!({
        "about": "Vectors of docs/protocol.md; `section` is its section. Bytes are hex, digests base64url.",
        "keys": keys,
        "layouts": layouts(),
        "framing": { "section": "6.1", "bodies": ["030303", "0505050505"], "wire": hex(&bodies.to_bytes()) },
        "disclosure": disclosure(),
        "age": age(),
        "request": request(),
        "log_origin": "exchange.example/log",
        "statements": statements(),
    });
    let mut text = serde_json::to_vec_pretty(&vectors).unwrap();
    text.push(b'\n');
    text
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/protocol.json")
}

#[test]
fn the_vectors_that_are_checked_in_are_what_the_code_gives() {
    assert!(
        std::fs::read(path()).unwrap() == file(),
        "write them anew: cargo test -p monition-evidence vectors -- --ignored"
    );
}

#[test]
#[ignore = "writes testdata/protocol.json"]
fn write_the_vectors() {
    std::fs::write(path(), file()).unwrap();
}
