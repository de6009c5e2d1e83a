use super::*;
use crate::json::Limits;
use crate::stix::{Level, Policy};
use crate::warning_fields::Field as F;
use serde_json::{Value, json};

const T: &str = "2026-12-03T18:00:00.000Z";

/// An object with the common properties and more.
fn object(kind: &str, number: u8, more: Value) -> Vec<u8> {
    let mut object = json!({ "type": kind, "spec_version": "2.1", "created": T, "modified": T,
        "id": format!("{kind}--7025f474-13f8-4383-bef8-23f96d01db{number:02x}") });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object.to_string().into_bytes()
}

fn read(objects: &[Vec<u8>]) -> (Fields, Vec<Loss>) {
    let limits = Limits::default();
    let objects: Vec<Object<'_>> = objects.iter().map(|bytes| Object::read(bytes, &limits).unwrap()).collect();
    import(&objects)
}

fn report(more: Value) -> Vec<u8> {
    let mut all = json!({ "name": "A warning", "published": T, "object_refs": [] });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object("report", 1, all)
}

#[test]
fn each_row_of_the_table_fills_its_field() {
    let id = |kind: &str, number: u8| format!("{kind}--7025f474-13f8-4383-bef8-23f96d01db{number:02x}");
    let table: Vec<(Vec<Vec<u8>>, F, &str)> = vec![
        (vec![report(json!({ "description": "More of it." }))], F::Summary, "A warning\n\nMore of it."),
        (vec![object("incident", 1, json!({ "name": "An incident" }))], F::Summary, "An incident"),
        (vec![object("note", 1, json!({ "abstract": "A", "content": "B" }))], F::Summary, "A\n\nB"),
        (vec![report(json!({}))], F::OurRef, "report--7025f474-13f8-4383-bef8-23f96d01db01"),
        (
            vec![report(json!({})), object("course-of-action", 2, json!({ "name": "Close port 445" }))],
            F::Advice,
            "Close port 445",
        ),
        (
            vec![
                report(json!({ "created_by_ref": id("identity", 2) })),
                object("identity", 2, json!({ "name": "Author" })),
            ],
            F::SourceNames,
            "Author",
        ),
        (vec![report(json!({ "confidence": 85 }))], F::Credibility, "1"),
        (vec![report(json!({ "confidence": 0 }))], F::Credibility, "5"),
        (
            vec![object("threat-actor", 2, json!({ "name": "Bear", "threat_actor_types": ["nation-state", "spy"] }))],
            F::ActorType,
            "nation-state; spy",
        ),
        (vec![object("intrusion-set", 2, json!({ "name": "Set" }))], F::ActorName, "Set"),
        (vec![object("campaign", 2, json!({ "name": "Winter" }))], F::Campaign, "Winter"),
        (vec![object("identity", 2, json!({ "name": "X", "sectors": ["energy"] }))], F::TargetSector, "energy"),
        (vec![object("identity", 2, json!({ "name": "Grids", "identity_class": "class" }))], F::TargetSector, "Grids"),
        (
            vec![
                object("identity", 2, json!({ "name": "Plant" })),
                object(
                    "relationship",
                    3,
                    json!({ "relationship_type": "targets", "source_ref": id("malware", 4), "target_ref": id("identity", 2) }),
                ),
            ],
            F::TargetOrganisation,
            "Plant",
        ),
        (vec![object("location", 2, json!({ "country": "DE" }))], F::PlaceCountry, "DE"),
        (
            vec![object("location", 2, json!({ "country": "DE", "administrative_area": "DE-BY" }))],
            F::PlaceRegion,
            "DE-BY",
        ),
        (vec![object("location", 2, json!({ "region": "eastern-europe" }))], F::PlaceRegion, "eastern-europe"),
        (vec![object("location", 2, json!({ "country": "DE", "city": "Hof" }))], F::PlaceCity, "Hof"),
        (vec![object("location", 2, json!({ "country": "DE", "street_address": "Gate 3" }))], F::PlaceSite, "Gate 3"),
        (vec![object("campaign", 2, json!({ "name": "W", "first_seen": T }))], F::TimeHour, "2026-12-03T18:00Z"),
        (
            vec![object("indicator", 2, json!({ "valid_from": T, "valid_until": "2026-12-04T18:00:00Z" }))],
            F::TimeWindow,
            "2026-12-03T18:00:00Z/2026-12-04T18:00:00Z",
        ),
        (
            vec![object("malware", 2, json!({ "name": "Locker" })), object("tool", 3, json!({ "name": "psexec" }))],
            F::Means,
            "Locker; psexec",
        ),
    ];
    for (objects, field, expected) in table {
        let (fields, _) = read(&objects);
        assert_eq!(fields.get(field), Some(expected), "{}", field.name());
    }
}

#[test]
fn an_indicators_validity_is_a_window_and_no_day() {
    let (fields, losses) =
        read(&[object("indicator", 2, json!({ "valid_from": T, "valid_until": "2026-12-03T19:00:00Z" }))]);
    assert!(fields.get(F::TimeWindow).is_some() && fields.get(F::TimeHour).is_none());
    assert!(losses.iter().any(|loss| loss.what.ends_with("valid_until")));
    let (fields, losses) = read(&[object("indicator", 2, json!({ "valid_from": T }))]);
    assert_eq!((fields.time(), losses.iter().any(|loss| loss.what.ends_with("valid_from"))), (None, true));
}

#[test]
fn the_strictest_marking_is_the_label() {
    let amber = json!({ "object_marking_refs": ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"] });
    let strict =
        json!({ "name": "x", "object_marking_refs": ["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"] });
    assert_eq!(read(&[report(amber.clone())]).0.tlp, Some(Tlp::Amber));
    assert_eq!(read(&[report(amber), object("malware", 2, strict)]).0.tlp, Some(Tlp::AmberStrict));
    assert_eq!(read(&[report(json!({}))]).0.tlp, None);
}

#[test]
fn a_class_comes_from_a_label_or_from_the_types() {
    let table = [
        (
            vec![report(json!({ "labels": ["monition:class=hazard.fire", "monition:urgency=flash"] }))],
            Some("hazard.fire"),
        ),
        (vec![report(json!({ "labels": ["attack.physical", "v1.2"] }))], Some("attack.physical")),
        (vec![report(json!({ "labels": ["www.example"] }))], None),
        (
            vec![object("malware", 2, json!({ "name": "m", "malware_types": ["ransomware"] }))],
            Some("attack.cyber.ransomware"),
        ),
        (vec![object("malware", 2, json!({ "name": "m" }))], Some("attack.cyber.malware")),
        (vec![object("indicator", 2, json!({}))], Some("attack.cyber")),
        (vec![report(json!({}))], None),
    ];
    for (objects, expected) in table {
        assert_eq!(read(&objects).0.class.as_deref(), expected);
    }
    let (fields, _) = read(&[report(json!({ "labels": ["monition:urgency=flash"] }))]);
    assert_eq!(fields.urgency, Some(Urgency::Flash));
}

#[test]
fn a_later_version_amends_and_a_revoked_one_withdraws() {
    let later = json!({ "modified": "2026-12-03T18:00:00.001Z" });
    let (fields, _) = read(&[report(later)]);
    assert_eq!((fields.standing, fields.about.len()), (Standing::Amended, 1));
    assert_eq!(read(&[report(json!({ "revoked": true }))]).0.standing, Standing::Withdrawn);
    assert_eq!(read(&[report(json!({}))]).0.standing, Standing::First);
}

#[test]
fn translations_of_the_main_object_are_carried_and_others_are_named() {
    let content = |target: &str| {
        object(
            "language-content",
            3,
            json!({ "object_ref": target, "contents": {
            "fa": { "name": "هشدار", "description": "متن" }, "ru": { "description": "Текст" }, "de": { "goals": ["x"] } } }),
        )
    };
    let main = "report--7025f474-13f8-4383-bef8-23f96d01db01";
    let (fields, losses) = read(&[report(json!({ "lang": "en" })), content(main)]);
    assert_eq!(fields.language.as_deref(), Some("en"));
    let mut found: Vec<_> = fields.translations.iter().map(|t| (t.language.as_str(), t.summary.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [("fa", "هشدار\n\nمتن"), ("ru", "Текст")]);
    assert!(losses.iter().any(|loss| loss.what.ends_with(" de")));
    let (fields, losses) = read(&[report(json!({})), content("report--7025f474-13f8-4383-bef8-23f96d01dbff")]);
    assert!(fields.translations.is_empty() && losses.len() == 1);
}

#[test]
fn what_no_field_carries_is_named() {
    let (_, losses) = read(&[
        report(json!({ "external_references": [{ "source_name": "x" }] })),
        object("location", 2, json!({ "latitude": 1.0, "longitude": 2.0, "postal_code": "1" })),
        object("file", 3, json!({ "name": "x.exe" })),
        object("grouping", 4, json!({ "name": "g" })),
    ]);
    let named: Vec<&str> = losses.iter().map(|loss| loss.what.as_str()).collect();
    for words in ["external_references", "latitude", "postal_code", "file--", "grouping--"] {
        assert!(named.iter().any(|what| what.contains(words)), "{words}: {named:?}");
    }
}

#[test]
fn confidence_and_credibility_are_the_scale_of_appendix_a() {
    let table =
        [(100, "1"), (80, "1"), (79, "2"), (60, "2"), (59, "3"), (40, "3"), (39, "4"), (20, "4"), (19, "5"), (0, "5")];
    for (confidence, credibility) in table {
        assert_eq!(credibility_of(confidence), Some(credibility));
    }
    assert_eq!((credibility_of(-1), credibility_of(101)), (None, None));
    for (credibility, confidence) in [("1", 90), ("2", 70), ("3", 50), ("4", 30), ("5", 10)] {
        assert_eq!(confidence_of(credibility), Some(confidence));
        assert_eq!(credibility_of(i64::from(confidence)), Some(credibility));
    }
    assert_eq!(confidence_of("6"), None);
}

fn origin() -> Origin<'static> {
    Origin {
        wid: "GZ2sVYsZ0gUwlnS7PDSvdA",
        submission: "ekQ_8hJm4hFQ7GfE4eYYxX8WEjPeqnBhlmnFKsUpBzQ",
        exchange: "exchange.example",
        sender: "north.example",
        recipient: "south.example",
        sent: 1_796_320_800,
        received: 1_796_320_860,
    }
}

fn full() -> Fields {
    let mut fields = Fields {
        class: Some("attack.cyber.ransomware".into()),
        urgency: Some(Urgency::Flash),
        tlp: Some(Tlp::Amber),
        language: Some("en".into()),
        translations: vec![Translation {
            language: "fa".into(),
            summary: "هشدار\nمتن".into(),
            advice: Some("برو".into()),
        }],
        ..Fields::default()
    };
    let texts = [
        (F::Summary, "An attack is being prepared.\n\nDetails."),
        (F::Advice, "Leave."),
        (F::PlaceCountry, "DE"),
        (F::PlaceRegion, "Bavaria"),
        (F::PlaceCity, "Hof"),
        (F::PlaceSite, "Gate 3"),
        (F::TargetSector, "energy; utilities"),
        (F::TargetOrganisation, "Plant"),
        (F::ActorType, "nation-state"),
        (F::ActorName, "Bear"),
        (F::Means, "Locker"),
        (F::Credibility, "2"),
    ];
    for (field, words) in texts {
        fields.set(field, words);
    }
    fields
}

fn seen<'a>(objects: &'a [String], misfits: &'a [String]) -> Seen<'a> {
    Seen {
        step: "decrypted",
        at: 1_796_320_900,
        claimed: &[("actor", 3), ("place", 4)],
        shown: &[("actor", 3), ("place", 3)],
        question: "told south.example by north.example",
        finding: Some("https://desk.example/finding"),
        misfits,
        objects,
    }
}

#[test]
fn everything_exported_obeys_must_and_should() {
    let (limits, policy) = (Limits::default(), Policy::default());
    let mut sparse = Fields::default();
    sparse.set(F::PlaceCity, "Hof");
    let refs = vec![object_id("report", origin().submission)];
    let misfits = vec!["evidence-specificity".to_owned()];
    for fields in [full(), sparse, Fields::default()] {
        let mut objects = export(&fields, &origin());
        objects.push(note(&origin(), &fields, &seen(&refs, &misfits)));
        objects.push(identity("south.example"));
        objects.extend(extension_definition());
        for bytes in &objects {
            let object = Object::read(bytes, &limits).unwrap();
            for level in [Level::Must, Level::Should] {
                let issues = object.check(level, &policy);
                assert!(issues.is_empty(), "{}\n{issues:#?}", String::from_utf8_lossy(bytes));
            }
        }
    }
}

#[test]
fn what_is_exported_reads_as_the_same_fields() {
    let (fields, _) = read(&export(&full(), &origin()));
    let expected = full();
    for field in [
        F::PlaceCountry,
        F::PlaceRegion,
        F::PlaceCity,
        F::PlaceSite,
        F::TargetSector,
        F::TargetOrganisation,
        F::ActorType,
        F::ActorName,
        F::Means,
        F::Credibility,
    ] {
        let known = field == F::TargetOrganisation;
        assert!(known || fields.get(field) == expected.get(field), "{}", field.name());
    }
    assert_eq!((fields.class, fields.urgency, fields.tlp), (expected.class, expected.urgency, expected.tlp));
    assert_eq!(fields.translations[0].language, "fa");
}

#[test]
fn a_note_says_what_is_known_and_a_later_step_is_a_later_version() {
    let refs = vec!["report--7025f474-13f8-4383-bef8-23f96d01db01".to_owned()];
    let first = note(&origin(), &full(), &seen(&refs, &[]));
    assert_eq!(first, note(&origin(), &full(), &seen(&refs, &[])), "the same arguments give the same bytes");
    let later = Seen { step: "acknowledged", at: 1_796_320_999, ..seen(&refs, &[]) };
    let [first, later]: [Value; 2] =
        [first, note(&origin(), &full(), &later)].map(|bytes| serde_json::from_slice(&bytes).unwrap());
    assert_eq!((&first["id"], &first["created"]), (&later["id"], &later["created"]));
    assert!(first["modified"].as_str() < later["modified"].as_str());
    let ours = &later["extensions"][EXTENSION];
    assert_eq!((&ours["step"], &ours["wid"]), (&json!("acknowledged"), &json!(origin().wid)));
    assert_eq!((&ours["specificity_claimed"]["place"], &ours["specificity_shown"]["place"]), (&json!(4), &json!(3)));
    assert_eq!((&ours["finding"], &later["object_refs"]), (&json!("https://desk.example/finding"), &json!(refs)));
}
