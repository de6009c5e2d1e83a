use super::*;
use std::collections::{BTreeMap, BTreeSet};

const TYPES: [&str; 42] = [
    "artifact",
    "attack-pattern",
    "autonomous-system",
    "campaign",
    "course-of-action",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "extension-definition",
    "file",
    "grouping",
    "identity",
    "incident",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "ipv4-addr",
    "ipv6-addr",
    "language-content",
    "location",
    "mac-addr",
    "malware",
    "malware-analysis",
    "marking-definition",
    "mutex",
    "network-traffic",
    "note",
    "observed-data",
    "opinion",
    "process",
    "relationship",
    "report",
    "sighting",
    "software",
    "threat-actor",
    "tool",
    "url",
    "user-account",
    "vulnerability",
    "windows-registry-key",
    "x509-certificate",
];

fn parsed(text: &str) -> BTreeMap<String, Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_mixed_corpus_has_every_type_of_the_standard() {
    let found: BTreeSet<String> =
        mixed(1, 100).map(|text| parsed(&text)["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), TYPES);
}

#[test]
fn one_seed_gives_one_corpus_and_another_seed_another() {
    let print = |seed| mixed(seed, 300).chain(indicators(seed, 50)).collect::<Vec<_>>();
    assert_eq!(print(7), print(7));
    assert_ne!(print(7), print(8));
    // The first bytes are part of what others measure: a change here changes their inputs.
    assert!(indicators(7, 1).next().unwrap().starts_with(PINNED), "{}", indicators(7, 1).next().unwrap());
}

const PINNED: &str = "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--eb7a07aa-cd55-4fc9-a1cc-42d4094b9c40\",\"created_by_ref\":\"identity--63cbe1e4-5932-4dd7-844c-3cd7f43c661c\",\"created\":\"2026-01-05T00:00:00.346Z\"";

#[test]
fn the_indicators_of_a_feed_have_about_890_bytes() {
    let count = 2_000;
    let bytes: usize = indicators(3, count).map(|text| text.len()).sum();
    let mean = bytes / count;
    assert!((840..=940).contains(&mean), "{mean}");
}

#[test]
fn one_identifier_has_one_content() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for text in mixed(5, 2_000).chain(indicators(6, 2_000)) {
        let id = parsed(&text)["id"].as_str().unwrap().to_owned();
        let (kind, uuid) = id.split_once("--").unwrap();
        let observable = uuid.as_bytes()[14] == b'5';
        if let Some(before) = seen.insert(id.clone(), text.clone()) {
            assert!(observable, "{kind}");
            assert_eq!(before, text);
        }
    }
}

#[test]
fn references_inside_a_story_lead_to_objects_of_it() {
    let objects: Vec<_> = mixed(9, 1_000).map(|text| parsed(&text)).collect();
    let known: BTreeSet<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
    // The last story may be cut.
    for object in &objects[..850] {
        for (name, value) in object.iter().filter(|(name, _)| name.ends_with("_ref") || name.ends_with("_refs")) {
            let targets = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
            for target in targets {
                assert!(known.contains(target.as_str().unwrap()), "{name} {target} in {}", object["id"]);
            }
        }
    }
}

#[test]
fn texts_have_joiners_and_marks_and_run_both_ways() {
    let text: String = mixed(2, 400).collect();
    for (what, c) in [
        ("zero-width non-joiner", '\u{200c}'),
        ("Persian", 'پ'),
        ("Arabic mark", '\u{64b}'),
        ("Russian", 'ы'),
        ("nukta", '\u{93c}'),
        ("virama", '\u{94d}'),
        ("hamza above", '\u{654}'),
    ] {
        assert!(text.contains(c), "{what}");
    }
}

#[test]
fn a_bundle_is_one_object_and_an_empty_one_has_no_list() {
    let whole = parsed(&bundle(4, Kinds::Mixed(120)));
    assert_eq!(whole["objects"].as_array().unwrap().len(), 120);
    assert_eq!(parsed(&bundle(4, Kinds::Indicators(3)))["objects"].as_array().unwrap().len(), 3);
    assert!(!parsed(&bundle(4, Kinds::Mixed(0))).contains_key("objects"));
}

#[test]
fn the_validator_finds_nothing_and_makes_the_same_identifiers_for_observables() {
    use crate::json::Limits;
    use crate::stix::{Level, Object, Policy, deterministic_id};
    let (limits, policy) = (Limits::default(), Policy::default());
    let mut compared = 0;
    for text in mixed(11, 1_000).chain(indicators(12, 500)) {
        let object = Object::read(text.as_bytes(), &limits).unwrap();
        let issues = object.check(Level::Should, &policy);
        assert!(issues.is_empty(), "{issues:?} in {text}");
        if let Some(id) = deterministic_id(&object) {
            assert_eq!(object.id(), Some(id.as_str()));
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}
