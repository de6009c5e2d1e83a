//! The bridge's own rules. What needs an exchange is tested through the binary (`monition/tests/desk_taxii.rs`).

use super::*;
use crate::tests::{now, party};
use crate::{Desk, Kind, Setup, Unlock};
use monition_evidence::values::{Tlp, Urgency};
use monition_intel::warning_fields::{Field as Known, Fields};

const REPORT: &str = r#"{"type":"report","spec_version":"2.1","id":"report--7025f474-13f8-4383-bef8-23f96d01db2c","created":"2026-11-24T00:00:00.000Z","modified":"2026-11-24T00:00:00.000Z","published":"2026-11-24T00:00:00Z","name":"R","object_refs":[]}"#;

fn profile(more: &str) -> Profile {
    let text = format!("[warn.south]\nrecipients = [\"south.example\"]\n{more}");
    ProfileFile::parse(&text).unwrap().warn.remove("south").unwrap()
}

fn desk(dir: &std::path::Path) -> Desk {
    let setup = Setup {
        party: Some(party("north.example")),
        exchange: crate::tests::exchange(),
        exchange_url: "http://127.0.0.1:9".into(),
        kind: Kind::Party,
        roles: vec![],
        trust: None,
        log_vkey: None,
        directory_vkey: None,
    };
    Desk::init(dir, &setup, Unlock::no_passphrase()).unwrap().with_clock(std::sync::Arc::new(now))
}

#[test]
fn a_profile_speaks_only_where_the_post_is_silent() {
    let profile = profile(
        "class = \"attack.cyber\"\nurgency = \"routine\"\ntlp = \"GREEN\"\ndeadline_seconds = 60\nfields = { \"target.sector\" = \"energy\", summary = \"S\" }",
    );
    let silent = draft_of(&Fields::default(), &profile, now()).unwrap();
    assert_eq!((silent.class.as_str(), silent.urgency, silent.tlp), ("attack.cyber", Urgency::Routine, Tlp::Green));
    assert_eq!(silent.deadline, Some(now().plus(60)));
    let mut said = Fields { class: Some("attack.physical".into()), ..Fields::default() };
    said.tlp = Some(monition_intel::warning_fields::Tlp::Red);
    said.urgency = Some(monition_intel::warning_fields::Urgency::Flash);
    said.set(Known::TargetSector, "water");
    let draft = draft_of(&said, &profile, now()).unwrap();
    assert_eq!((draft.class.as_str(), draft.urgency, draft.tlp), ("attack.physical", Urgency::Flash, Tlp::Red));
    let sector = draft.fields.get(&Field::TargetSector);
    assert_eq!(sector, Some(&Value::Text(Text::parse("water").unwrap())));
    let missing = draft_of(&Fields::default(), &self::profile(""), now()).unwrap_err();
    assert_eq!(missing.names, ["summary", "class", "urgency"]);
}

#[test]
fn a_profile_file_names_what_is_wrong_in_it() {
    for (text, words) in [
        ("[warn.south]\nrecipients = []", "names nobody"),
        ("[warn.\"a b\"]\nrecipients = [\"x.example\"]", "a name has"),
        ("[warn.south]\nrecipients = [\"x.example\"]\nfields = { place = \"x\" }", "is no field"),
        ("[warn.south]\nrecipients = [\"x.example\"]\nurgencey = \"flash\"", "unknown field"),
    ] {
        let error = ProfileFile::parse(text).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn posted_objects_keep_their_bytes_in_the_bundle() {
    let spaced = REPORT.replace("\"name\":\"R\"", "\"name\" : \"R\"");
    let bundle = Posted::Stix(vec![spaced.clone().into_bytes()]).bytes();
    assert!(String::from_utf8(bundle.clone()).unwrap().contains(&spaced));
    let limits = monition_intel::json::Limits::default();
    let objects = monition_intel::json::split_objects(&bundle, &limits).unwrap();
    assert_eq!(objects, [Ok(spaced.as_bytes())]);
}

#[tokio::test]
async fn what_says_too_little_waits_or_is_refused_as_the_profile_says() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk(&dir.path().join("desk"));
    let bridge = Bridge::open(desk.dir()).unwrap();
    let posted = Posted::Stix(vec![REPORT.into()]);
    let refused = bridge.post(&desk.own(), "a", &posted, &profile("incomplete = \"refuse\"")).await.unwrap();
    assert_eq!(refused, Outcome::Refused("unprocessable: nothing says class, urgency".into()));
    assert!(bridge.queue().unwrap().is_empty());

    for _ in 0..2 {
        let outcome = bridge.post(&desk.own(), "b", &posted, &profile("")).await.unwrap();
        assert!(matches!(outcome, Outcome::Incomplete(_)));
    }
    // Also after a restart, and once.
    let bridge = Bridge::open(desk.dir()).unwrap();
    let queue = bridge.queue().unwrap();
    assert_eq!((queue.len(), queue[0].missing.as_slice()), (1, ["class".to_owned(), "urgency".to_owned()].as_slice()));
    let id = queue[0].id;
    for (name, value) in [("place", "x"), ("urgency", "fast"), ("class", "A B")] {
        assert!(bridge.complete(id, &[(name.into(), value.into())]).is_err(), "{name}={value}");
    }
    bridge.complete(id, &[("class".into(), "attack.cyber".into())]).unwrap();
    let outcome = bridge.post(&desk.own(), "b", &posted, &profile("")).await.unwrap();
    assert_eq!(outcome, Outcome::Incomplete(Missing { names: vec!["urgency".into()] }));
    bridge.discard(id).unwrap();
    assert!(bridge.discard(id).is_err() && bridge.complete(id, &[]).is_err());
    let outcome = bridge.post(&desk.own(), "b", &posted, &profile("class = \"attack.cyber\"")).await.unwrap();
    assert!(matches!(outcome, Outcome::Refused(_)));
}

#[tokio::test]
async fn an_event_keeps_its_wid_while_the_exchange_does_not_answer() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk(&dir.path().join("desk"));
    let bridge = Bridge::open(desk.dir()).unwrap();
    let posted = Posted::Stix(vec![REPORT.into()]);
    let profile = profile("class = \"attack.cyber\"\nurgency = \"flash\"");
    let mut wids = Vec::new();
    for _ in 0..2 {
        let outcome = bridge.post(&desk.own(), "a", &posted, &profile).await.unwrap();
        assert!(matches!(outcome, Outcome::Later(_)), "{outcome:?}");
        wids.push(bridge.ledger.send("a", &party("south.example")).unwrap().unwrap().wid);
    }
    assert_eq!(wids[0], wids[1]);
}

#[tokio::test]
async fn a_revoked_object_of_which_no_warning_was_made_takes_nothing_back() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk(&dir.path().join("desk"));
    let bridge = Bridge::open(desk.dir()).unwrap();
    let revoked = REPORT.replace("\"name\":", "\"revoked\":true,\"name\":");
    let posted = Posted::Stix(vec![revoked.into_bytes()]);
    let profile = profile("class = \"attack.cyber\"\nurgency = \"flash\"");
    let Outcome::Sent(all) = bridge.post(&desk.own(), "a", &posted, &profile).await.unwrap() else { panic!() };
    assert!(all[0].1.as_ref().unwrap_err().contains("no warning was made of it before"));
}
