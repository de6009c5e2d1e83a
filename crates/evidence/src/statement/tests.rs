use super::*;
use crate::encoding::sha256;
use crate::values::{Anchor, Text};

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

fn anchor() -> Anchor {
    Anchor { origin: "exchange.example/log".into(), size: 1, root: sha256(b"r"), note: sha256(b"n") }
}

fn acceptance() -> SubmissionAcceptance {
    SubmissionAcceptance {
        exchange: ExchangeName::parse("exchange.example").unwrap(),
        eid: Eid::from_bytes([1; 16]),
        wid: None,
        iss: PartyName::parse("exchange.example").unwrap(),
        iat: UnixSeconds::new(1_795_446_000),
        anchor: Some(anchor()),
        prev: None,
        svc: Some(Service::Submission),
        pol: None,
        actor: None,
        reason: None,
        submission: sha256(b"s"),
        by: UnixSeconds::new(1_795_446_060),
    }
}

#[test]
fn a_statement_prints_back_to_its_bytes() {
    let statement = Statement::sign(&acceptance(), &[&key(1)]).unwrap();
    let again = Statement::parse(statement.as_bytes()).unwrap();
    assert_eq!(again, statement);
    assert!(again.verify(&key(1).public()).is_ok());
    assert_eq!(again.submission(), Some(sha256(b"s")));
}

#[test]
fn the_payload_of_an_acceptance_is_literal() {
    let statement = Statement::sign(&acceptance(), &[&key(1)]).unwrap();
    let expected = concat!(
        r#"{"exchange":"exchange.example","eid":"AQEBAQEBAQEBAQEBAQEBAQ","iss":"exchange.example","iat":1795446000,"#,
        r#""anchor":{"origin":"exchange.example/log","size":1,"root":"RUNKdWBV_g-4cajfZO_rLANtZd7-w-HblGXhRPkDhyE","#,
    );
    let payload = String::from_utf8(statement.jws().payload().to_vec()).unwrap();
    assert_eq!(&payload[..135], &expected[..135]);
    assert!(payload.contains(r#""svc":"NRS","submission":""#) && payload.ends_with(r#""by":1795446060}"#));
}

fn with_payload(json: &str) -> Result<Statement, StatementError> {
    let jws = Jws::sign(SubmissionAcceptance::TYP, json.as_bytes(), &[&key(1)]).unwrap();
    Statement::parse(jws.as_bytes())
}

#[test]
fn hostile_payloads_are_refused() {
    let good = serde_json::to_string(&acceptance()).unwrap();
    assert!(with_payload(&good).is_ok());
    let bad = [
        good.replace("\"by\":1795446060", "\"by\":1795446060,\"by\":1"),
        good.replace("\"by\":1795446060", "\"by\":1795446060.0"),
        good.replace("\"by\":1795446060", "\"by\":1e9"),
        good.replace("\"by\":1795446060", "\"by\":-1"),
        good.replace("\"by\":1795446060", "\"by\":99999999999999999999"),
        good.replace("\"by\":", "\"extra\":1,\"by\":"),
        good.replace("\"size\":1", "\"size\":1,\"size\":1"),
        good.replace("exchange.example\",\"eid", "Exchange.example\",\"eid"),
        good.replace("\"svc\":\"NRS\"", "\"svc\":\"NRO\""),
        format!("{good} {{}}"),
        good.replace("\"by\":", "\"by\": "),
        good.replace("exchange.example\",\"eid", "exchange.example\", \"eid"),
        good.replace(
            "{\"origin\":\"exchange.example/log\",\"size\":1,",
            "{\"size\":1,\"origin\":\"exchange.example/log\",",
        ),
        "[]".to_owned(),
        "[[[[[[[[[[".to_owned(),
        String::new(),
    ];
    for json in bad {
        assert!(with_payload(&json).is_err(), "accepted {json}");
    }
}

#[test]
fn an_array_does_not_stand_for_an_object() {
    let anchor = serde_json::to_string(&anchor()).unwrap();
    let good = serde_json::to_string(&acceptance()).unwrap();
    let values = ["exchange.example/log".to_owned(), sha256(b"r").to_string(), sha256(b"n").to_string()];
    let array = format!("[\"{}\",1,\"{}\",\"{}\"]", values[0], values[1], values[2]);
    assert!(good.contains(&anchor));
    assert!(with_payload(&good.replace(&anchor, &array)).is_err());
}

#[test]
fn an_unknown_type_is_refused_not_guessed() {
    let jws = Jws::sign("monition-submission-acceptance-v2", b"{}", &[&key(1)]).unwrap();
    assert!(matches!(Statement::parse(jws.as_bytes()), Err(StatementError::UnknownType { .. })));
}

#[test]
fn only_directory_entries_have_no_anchor() {
    let mut payload = acceptance();
    payload.anchor = None;
    assert!(matches!(Statement::sign(&payload, &[&key(1)]), Err(StatementError::Rule { .. })));
}

#[test]
fn hours_are_local_and_closed_days_are_closed() {
    // 1970-01-05 was a Monday; 09:00 to 17:00 two hours east of UTC is 07:00 to 15:00 UTC.
    let monday = WeeklySpan { day: 0, from_minute: 540, until_minute: 1020 };
    let mut hours = ServiceHours { utc_offset_minutes: 120, weekly: vec![monday], closed_days: vec![] };
    let at = |hour: u64| UnixSeconds::new(4 * 86_400 + hour * 3_600);
    assert!(hours.open_at(at(7)) && hours.open_at(at(14)));
    assert!(!hours.open_at(at(6)) && !hours.open_at(at(15)));
    hours.closed_days.push(4);
    assert!(!hours.open_at(at(7)));
}

#[test]
fn an_envelope_acceptance_counts_its_objects_and_its_times_do_not_go_back() {
    let good = EnvelopeAcceptance {
        exchange: ExchangeName::parse("exchange.example").unwrap(),
        eid: Eid::from_bytes([1; 16]),
        wid: None,
        iss: PartyName::parse("exchange.example").unwrap(),
        iat: UnixSeconds::new(1_795_446_000),
        anchor: Some(anchor()),
        prev: None,
        svc: Some(Service::Submission),
        pol: None,
        actor: None,
        reason: None,
        party: None,
        account: Text::parse("hospital").unwrap(),
        collection: Text::parse("91a7b528-80eb-42ed-a74d-c6fbd5a26116").unwrap(),
        count: 2,
        objects: sha256(b"two objects"),
        first_added: 1_795_446_000_000_001,
        last_added: 1_795_446_000_000_002,
    };
    let statement = Statement::sign(&good, &[&key(1)]).unwrap();
    let payload = String::from_utf8(statement.jws().payload().to_vec()).unwrap();
    assert!(payload.ends_with(r#""first_added":1795446000000001,"last_added":1795446000000002}"#), "{payload}");
    let empty = EnvelopeAcceptance { count: 0, ..good.clone() };
    assert!(matches!(Statement::sign(&empty, &[&key(1)]), Err(StatementError::Rule { .. })));
    let backwards = EnvelopeAcceptance { first_added: good.last_added + 1, ..good };
    assert!(matches!(Statement::sign(&backwards, &[&key(1)]), Err(StatementError::Rule { .. })));
}

#[test]
fn a_denial_asks_about_its_signer_and_before_the_time_that_it_names() {
    let denial = |question: &str| Denial {
        exchange: ExchangeName::parse("exchange.example").unwrap(),
        eid: Eid::from_bytes([1; 16]),
        wid: None,
        iss: PartyName::parse("south.example").unwrap(),
        iat: UnixSeconds::new(1_000),
        anchor: Some(anchor()),
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        question: Text::parse(question).unwrap(),
        before: UnixSeconds::new(1_030),
        heads: vec![],
    };
    for (question, fits) in [
        ("told south.example before 1970-01-01T00:17:10Z", true),
        ("told south.example by north.example before 1030", true),
        ("told south.example before 1970-01-01T00:17:11Z", false),
        ("told north.example before 1970-01-01T00:17:10Z", false),
        ("told south.example", false),
        ("timeline", false),
        ("never", false),
    ] {
        assert_eq!(Statement::sign(&denial(question), &[&key(1)]).is_ok(), fits, "{question}");
    }
}
