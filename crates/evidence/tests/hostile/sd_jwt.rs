//! Cases in which published SD-JWT libraries are lax, one test each (RFC 9901 §7.1, and our profile of it).
//!
//! Measured laxness: a disclosure whose digest nobody signed is dropped and the rest accepted; an unreferenced one is
//! ignored; one that stands twice is taken; unused bits of the signature's last character are not looked at; one library
//! demands `exp`. Here a core is one statement and a disclosure one spelling, so each of these is an error.

use monition_evidence::encoding::{from_base64url, sha256, to_base64url};
use monition_evidence::statement::Payload as _;
use monition_evidence::values::{Mode, RelayTerms, Tlp, Urgency, WarningStatus};
use monition_evidence::warning::{
    Disclosed, Disclosure, DisclosureError, Field, POSITIONS, Specificity, Value, Warning,
};
use monition_evidence::{
    Anchor, ClassName, Digest, Eid, ExchangeName, PartyName, Salt, SecretKey, Statement, Text, UnixSeconds, Wid,
};

fn key() -> SecretKey {
    SecretKey::from_seed(&[9; 32])
}

fn disclosure(field: Field, salt: u8, text: &str) -> Disclosure {
    Disclosure::new(&Salt::from_bytes([salt; 16]), field, &Value::Text(Text::parse(text).unwrap())).unwrap()
}

/// A core that commits to these, and to decoys everywhere else.
fn core(shown: &[Disclosure]) -> Warning {
    let mut sd: Vec<Digest> = (0..POSITIONS).map(|position| sha256(&[position as u8])).collect();
    for disclosure in shown {
        sd[disclosure.field.position()] = disclosure.digest();
    }
    Warning {
        exchange: ExchangeName::parse("exchange.example").unwrap(),
        eid: Eid::from_bytes([1; 16]),
        wid: Some(Wid::from_bytes([2; 16])),
        iss: PartyName::parse("north.example").unwrap(),
        iat: UnixSeconds::new(1_800_000_000),
        anchor: Some(Anchor {
            origin: "exchange.example/log".to_owned(),
            size: 1,
            root: sha256(b"root"),
            note: sha256(b"note"),
        }),
        prev: None,
        svc: Warning::SERVICE,
        pol: None,
        actor: None,
        reason: None,
        class: ClassName::parse("attack.physical").unwrap(),
        urgency: Urgency::Flash,
        mode: Mode::Open,
        spec: Specificity::default(),
        tlp: Tlp::Amber,
        relay: RelayTerms::Ask,
        deadline: None,
        embargo_until: None,
        retain_until: None,
        amends: None,
        status: WarningStatus::First,
        withheld: false,
        sd,
        sd_alg: "sha-256".to_owned(),
    }
}

fn two() -> [Disclosure; 2] {
    [disclosure(Field::Summary, 1, "an attack is being prepared"), disclosure(Field::PlaceCity, 2, "Saltmarsh")]
}

fn signed() -> String {
    Statement::sign(&core(&two()), &[&key()]).unwrap().as_text().into_owned()
}

#[test]
fn the_whole_and_each_part_are_accepted_without_an_expiry() {
    let core = core(&two());
    let statement = Statement::parse(signed().as_bytes()).unwrap();
    statement.verify(&key().public()).unwrap();
    assert_eq!(Disclosed::check(&core, two().to_vec()).unwrap().closed(), POSITIONS - 2);
    assert_eq!(Disclosed::check(&core, two()[1..].to_vec()).unwrap().closed(), POSITIONS - 1);
    assert_eq!(Disclosed::check(&core, Vec::new()).unwrap().closed(), POSITIONS);
}

#[test]
fn an_altered_disclosure_is_refused_and_not_dropped() {
    let [summary, _] = two();
    let altered = disclosure(Field::PlaceCity, 2, "Saltmarsk");
    let refused = Disclosed::check(&core(&two()), vec![summary, altered]);
    assert_eq!(refused.unwrap_err(), DisclosureError::NotSigned { field: Field::PlaceCity.name() });
}

#[test]
fn a_disclosure_that_no_digest_names_is_refused_and_not_ignored() {
    let [summary, city] = two();
    let extra = disclosure(Field::PlaceCountry, 3, "South");
    let refused = Disclosed::check(&core(&two()), vec![summary, city, extra]);
    assert_eq!(refused.unwrap_err(), DisclosureError::NotSigned { field: Field::PlaceCountry.name() });
}

#[test]
fn a_disclosure_that_stands_twice_is_refused() {
    let [summary, city] = two();
    let refused = Disclosed::check(&core(&two()), vec![summary.clone(), city, summary]);
    assert_eq!(refused.unwrap_err(), DisclosureError::Twice { field: Field::Summary.name() });
}

#[test]
fn a_digest_at_another_fields_position_discloses_nothing() {
    let [summary, city] = two();
    let mut core = core(&two());
    core.sd.swap(summary.field.position(), city.field.position());
    for one in [summary, city] {
        let field = one.field.name();
        assert_eq!(Disclosed::check(&core, vec![one]).unwrap_err(), DisclosureError::NotSigned { field });
    }
}

#[test]
fn unused_bits_of_the_signatures_last_character_are_looked_at() {
    let text = signed();
    let end = text.rfind("\"}]}").unwrap();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.iter().position(|byte| *byte == text.as_bytes()[end - 1]).unwrap();
    assert_eq!(last % 16, 0, "64 bytes leave four unused bits");
    for other in 1..16 {
        let mut altered = text.clone().into_bytes();
        altered[end - 1] = alphabet[last + other];
        assert!(Statement::parse(&altered).is_err(), "bits {other:04b}");
    }
    for padded in [text.replacen("\"}]}", "=\"}]}", 1), text.replacen("\"}]}", "==\"}]}", 1)] {
        assert!(Statement::parse(padded.as_bytes()).is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_signed_core_is_refused() {
    let text = signed();
    let public = key().public();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut altered = text.clone().into_bytes();
            altered[at] ^= 1 << bit;
            let verified = Statement::parse(&altered).is_ok_and(|statement| statement.verify(&public).is_ok());
            assert!(!verified, "bit {bit} of byte {at}");
        }
    }
}

/// The same core, its JSON rewritten and signed as it then stands by the real key.
fn rewritten(from: &str, to: &str) -> Result<Statement, String> {
    let payload = String::from_utf8(serde_json::to_vec(&core(&two())).unwrap()).unwrap();
    assert!(payload.contains(from), "{payload}");
    let payload = payload.replacen(from, to, 1);
    let jws = monition_evidence::jws::Jws::sign(Warning::TYP, payload.as_bytes(), &[&key()]).unwrap();
    Statement::parse(jws.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn members_that_stand_twice_or_are_unknown_are_refused_even_if_signed() {
    assert!(rewritten("\"urgency\"", "\"urgency\"").is_ok(), "unchanged it reads");
    for (from, to) in [
        ("\"urgency\":\"flash\"", "\"urgency\":\"flash\",\"urgency\":\"routine\""),
        ("\"urgency\":\"flash\"", "\"urgency\":\"flash\",\"exp\":1900000000"),
        ("\"urgency\":\"flash\"", "\"urgency\":\"flash\",\"cnf\":{}"),
        ("\"urgency\":\"flash\"", "\"urgency\":\"flash\",\"...\":\"x\""),
    ] {
        assert!(rewritten(from, to).is_err(), "{to}");
    }
}

#[test]
fn another_hash_a_missing_digest_and_a_decoy_too_many_are_refused_even_if_signed() {
    for (from, to) in [
        ("\"sha-256\"", "\"sha-512\""),
        ("\"sha-256\"", "\"SHA-256\""),
        (",\"_sd_alg\":\"sha-256\"", ""),
        ("\"_sd\":[", "\"_sd\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","),
    ] {
        assert!(rewritten(from, to).is_err(), "{to}");
    }
}

#[test]
fn other_algorithms_and_types_in_the_header_are_refused() {
    let text = signed();
    let (before, rest) = text.split_once("\"protected\":\"").unwrap();
    let (header, after) = rest.split_once('"').unwrap();
    let header = String::from_utf8(from_base64url("header", header).unwrap()).unwrap();
    for (from, to) in [
        ("\"Ed25519\"", "\"none\""),
        ("\"Ed25519\"", "\"EdDSA\""),
        ("\"Ed25519\"", "\"HS256\""),
        ("\"alg\":", "\"alg\":\"none\",\"alg\":"),
        ("\"alg\":", "\"crit\":[\"x\"],\"alg\":"),
        ("{", "{ "),
        ("monition-warning-v1+sd-jwt", "monition-submission-v1"),
        ("monition-warning-v1+sd-jwt", "JWT"),
    ] {
        assert!(header.contains(from));
        let other = to_base64url(header.replacen(from, to, 1).as_bytes());
        let altered = format!("{before}\"protected\":\"{other}\"{after}");
        let accepted = Statement::parse(altered.as_bytes()).is_ok_and(|s| s.verify(&key().public()).is_ok());
        assert!(!accepted, "{to}");
    }
}

#[test]
fn a_disclosure_has_three_elements_a_salt_of_128_bits_and_one_spelling() {
    let [summary, _] = two();
    let json = String::from_utf8(from_base64url("disclosure", summary.as_str()).unwrap()).unwrap();
    assert!(Disclosure::parse(&to_base64url(json.as_bytes())).is_ok());
    let salt = Salt::from_bytes([1; 16]).to_string();
    for other in [
        json.replacen(&salt, &salt[..20], 1),
        json.replacen(&salt, &format!("{salt}AA"), 1),
        json.replacen(']', ",1]", 1),
        json.replacen(',', ", ", 1),
        json.replacen('a', "\\u0061", 1),
        json.replacen("\"summary\"", "\"_sd\"", 1),
        json.replacen("\"summary\"", "\"...\"", 1),
        format!("{json} "),
        format!("[\"{salt}\",\"an element of an array\"]"),
    ] {
        assert_ne!(other, json);
        assert!(Disclosure::parse(&to_base64url(other.as_bytes())).is_err(), "{other}");
    }
    for text in [format!("{}=", summary.as_str()), format!("{}~", summary.as_str()), format!(" {}", summary.as_str())] {
        assert!(Disclosure::parse(&text).is_err());
    }
}
