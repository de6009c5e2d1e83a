//! Every rule of STIX 2.1 by instances: what is valid is taken, each change breaks exactly the rule that it names.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failing helper fails the test, a skip is printed")]

mod common {
    pub(crate) mod instances;
}

use common::instances;
use monition_intel::json::Limits;
use monition_intel::stix::{
    Consent, Issue, Level, Object, Policy, Rule, Severity, Summary, check_bundle, deterministic_id, successor,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn check_with(object: &Value, level: Level, policy: &Policy) -> Vec<Issue> {
    let bytes = serde_json::to_vec(object).unwrap();
    Object::read(&bytes, &Limits::default()).unwrap().check(level, policy)
}

fn check(object: &Value, level: Level) -> Vec<Issue> {
    check_with(object, level, &Policy::default())
}

fn rules(issues: &[Issue]) -> BTreeSet<Rule> {
    issues.iter().map(|issue| issue.rule).collect()
}

#[test]
fn the_smallest_object_of_every_type_is_valid() {
    for (name, object) in instances::valid() {
        assert_eq!(check(&object, Level::Must), vec![], "{name}");
    }
}

#[test]
fn every_change_breaks_the_rule_that_it_names() {
    for instance in instances::all() {
        let Some(rule) = instance.rule else { continue };
        let found = check(&instance.object, Level::Should);
        let issue = found.iter().find(|issue| issue.rule == rule);
        assert!(issue.is_some(), "{}: {found:#?}", instance.name);
        if rule.severity() == Severity::Must {
            assert!(rules(&check(&instance.object, Level::Must)).contains(&rule), "{}", instance.name);
        } else {
            assert_eq!(check(&instance.object, Level::Must), vec![], "{}", instance.name);
        }
        assert_eq!(check(&instance.object, Level::Off), vec![], "{}", instance.name);
    }
}

#[test]
fn an_issue_names_object_pointer_rule_and_section() {
    let (_, mut object) = instances::valid().into_iter().find(|(name, _)| *name == "marked").unwrap();
    object["granular_markings"][0]["selectors"][1] = json!("labels.[7]");
    let issues = check(&object, Level::Must);
    assert_eq!(issues.len(), 1);
    assert_eq!(
        issues[0].to_string(),
        "identity--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001 at /granular_markings/0/selectors/1: \"labels.[7]\" selects \
         nothing in this object [stix-selector-missing, must §7.2.3]"
    );
    object["a/b~c"] = json!(1);
    assert_eq!(check(&object, Level::Must)[0].pointer, "/a~1b~0c");
}

#[test]
fn a_report_stays_short_whatever_is_sent() {
    let mut object = instances::valid().remove(0).1;
    object["labels"] = Value::Array((0..50_000).map(Value::from).collect());
    let issues = check(&object, Level::Should);
    assert_eq!(issues.iter().filter(|issue| issue.severity == Severity::Must).count(), Policy::default().issues_max);
}

#[test]
fn the_policy_decides_about_custom_content() {
    let mut policy = Policy::default();
    policy.custom_objects = Consent::Refuse;
    policy.custom_properties = Consent::Refuse;
    let plain = json!({
        "type": "x-own", "spec_version": "2.1", "id": "x-own--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001",
        "created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z", "rank": 5,
    });
    assert_eq!(check(&plain, Level::Must), vec![]);
    assert_eq!(rules(&check_with(&plain, Level::Must, &policy)), [Rule::CustomObject].into());
    let mut tool = instances::valid().into_iter().find(|(name, _)| *name == "tool").unwrap().1;
    tool["x_own_rank"] = json!(5);
    assert_eq!(check(&tool, Level::Must), vec![]);
    assert_eq!(rules(&check_with(&tool, Level::Must, &policy)), [Rule::CustomProperty].into());
    // An extension that says so makes both legal (§7.3).
    for (object, kind) in [(plain, "new-sdo"), (tool, "toplevel-property-extension")] {
        let mut object = object;
        object["extensions"] =
            json!({ "extension-definition--993ce403-6fdd-4efa-8279-31cf2d91b1c8": { "extension_type": kind } });
        assert_eq!(check_with(&object, Level::Must, &policy), vec![], "{kind}");
    }
}

#[test]
fn the_level_off_still_asks_for_what_a_store_needs() {
    let summary = |text: &str| Object::read(text.as_bytes(), &Limits::default()).unwrap().summary();
    let found = summary(r#"{"id":"a","type":"b","modified":"yesterday","revoked":true}"#).unwrap();
    assert_eq!((found.version.as_deref(), found.version_instant, found.revoked), (Some("yesterday"), None, true));
    assert_eq!(found.spec_version, "2.0");
    assert_eq!(summary(r#"{"id":"a","type":"b"}"#).unwrap().spec_version, "2.1");
    let found = summary(r#"{"id":"a","type":"b","created":"2026-01-01T00:00:00.1Z"}"#).unwrap();
    assert_eq!(found.version_instant.unwrap().to_string(), "2026-01-01T00:00:00.100000Z");
    assert_eq!(found.version.as_deref(), Some("2026-01-01T00:00:00.1Z"));
    assert_eq!(summary(r#"{"type":"b"}"#).unwrap_err().rule, Rule::PropertyMissing);
    assert_eq!(summary(r#"{"id":5,"type":"b"}"#).unwrap_err().rule, Rule::PropertyKind);
    assert_eq!(summary(r#"{"id":"","type":"b"}"#).unwrap_err().pointer, "/id");
    assert!(summary(&format!(r#"{{"id":"{}","type":"b"}}"#, "x".repeat(513))).is_err());
}

#[test]
fn deterministic_ids_are_those_of_the_standard() {
    // All stand in the standard's own examples (§2.9, §6.2, §6.4, §6.11).
    for (object, id) in [
        (json!({ "type": "ipv4-addr", "value": "198.51.100.3" }), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
        (json!({ "type": "domain-name", "value": "example.com" }), "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
        (json!({ "type": "mutex", "name": "__CLEANSWEEP__" }), "mutex--f93fe911-e545-5239-b9b0-597840d0c871"),
        (
            json!({ "type": "autonomous-system", "number": 15139 }),
            "autonomous-system--3aa27478-50b5-5ab8-9da9-cdc12b657fff",
        ),
    ] {
        let bytes = serde_json::to_vec(&object).unwrap();
        let object = Object::read(&bytes, &Limits::default()).unwrap();
        assert_eq!(deterministic_id(&object).as_deref(), Some(id));
    }
}

fn summary(object: &Value) -> Summary {
    let bytes = serde_json::to_vec(object).unwrap();
    Object::read(&bytes, &Limits::default()).unwrap().summary().unwrap()
}

fn bundle_rules(objects: Value, level: Level) -> BTreeSet<Rule> {
    let bundle = json!({ "type": "bundle", "id": "bundle--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001", "objects": objects });
    let bytes = serde_json::to_vec(&bundle).unwrap();
    let report = check_bundle(&bytes, &Limits::default(), level, &Policy::default()).unwrap();
    let objects = report.objects.into_iter().flat_map(|entry| entry.unwrap().1);
    report.issues.into_iter().chain(objects).map(|issue| issue.rule).collect()
}

/// What a change of the first version to the second breaks.
fn between(change: Value) -> BTreeSet<Rule> {
    let tool = |modified: &str| {
        json!({
            "type": "tool", "spec_version": "2.1", "id": "tool--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001", "name": "N",
            "created": "2026-01-02T03:04:05.000Z", "modified": modified, "lang": "en",
            "created_by_ref": "identity--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002",
        })
    };
    let mut first = tool("2026-01-02T03:04:05.000Z");
    let mut second = tool("2026-01-03T00:00:00.000Z");
    for (key, value) in change["first"].as_object().into_iter().flatten() {
        first[key] = value.clone();
    }
    for (key, value) in change["second"].as_object().into_iter().flatten() {
        second[key] = value.clone();
    }
    let found = rules(&successor(&summary(&first), &summary(&second), first == second));
    // The bundle says the same, and more only for doubles.
    assert!(bundle_rules(json!([first, second]), Level::Must).is_superset(&found));
    found
}

#[test]
fn a_later_version_keeps_creation_and_creator_and_ends_with_the_revocation() {
    assert_eq!(between(json!({})), [].into());
    assert_eq!(between(json!({ "second": { "created": "2026-01-01T00:00:00.000Z" } })), [Rule::VersionCreated].into());
    assert_eq!(between(json!({ "second": { "created": "2026-01-02T03:04:05.000000Z" } })), [].into());
    let other = json!({ "second": { "created_by_ref": "identity--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001" } });
    assert_eq!(between(other), [Rule::VersionCreator].into());
    assert_eq!(between(json!({ "first": { "revoked": true } })), [Rule::VersionRevoked].into());
    let late = json!({ "first": { "revoked": true, "modified": "2026-02-01T00:00:00.000Z" } });
    assert_eq!(between(late), [].into());
    let conflict = json!({ "second": { "modified": "2026-01-02T03:04:05.000Z", "name": "M" } });
    assert_eq!(between(conflict), [Rule::VersionConflict].into());
    assert_eq!(between(json!({ "second": { "modified": "2026-01-02T03:04:05.000Z" } })), [].into());
}

/// What a translation of one object breaks.
fn translation(target: Value, content: Value) -> BTreeSet<Rule> {
    let mut object = json!({
        "type": "tool", "spec_version": "2.1", "id": "tool--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001", "name": "N",
        "created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z", "lang": "en",
    });
    for (key, value) in target.as_object().unwrap() {
        object[key] = value.clone();
    }
    let mut language = json!({
        "type": "language-content", "spec_version": "2.1", "object_ref": object["id"],
        "id": "language-content--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002", "created": "2026-01-02T03:04:05.000Z",
        "modified": "2026-01-02T03:04:05.000Z", "contents": { "fa": content["fa"] },
    });
    if let Some(modified) = content.get("object_modified") {
        language["object_modified"] = modified.clone();
    }
    bundle_rules(json!([object, language]), Level::Must)
}

#[test]
fn a_translation_mirrors_its_target() {
    let lists = json!({ "labels": ["a", "b"], "kill_chain_phases": [{ "kill_chain_name": "a-b", "phase_name": "c" }] });
    for fits in [
        json!({ "fa": { "name": "نام", "description": "no such property" } }),
        json!({ "fa": { "labels": ["", "ب"] }, "object_modified": "2026-01-02T03:04:05.000000Z" }),
        json!({ "fa": { "kill_chain_phases": [{ "phase_name": "پ" }] } }),
    ] {
        assert_eq!(translation(lists.clone(), fits.clone()), [].into(), "{fits}");
    }
    for breaks in [
        json!({ "fa": { "name": ["نام"] } }),
        json!({ "fa": { "labels": ["الف"] } }),
        json!({ "fa": { "labels": "الف" } }),
        json!({ "fa": { "kill_chain_phases": [{ "phase_name": ["پ"] }] } }),
    ] {
        assert_eq!(translation(lists.clone(), breaks.clone()), [Rule::LanguageMirror].into(), "{breaks}");
    }
    let other = json!({ "fa": { "name": "نام" }, "object_modified": "2026-01-02T03:04:06.000Z" });
    assert_eq!(translation(json!({}), other), [Rule::LanguageTarget].into());
}

#[test]
fn a_bundle_is_checked_with_its_objects() {
    let tool = instances::valid().into_iter().find(|(name, _)| *name == "tool").unwrap().1;
    assert_eq!(bundle_rules(json!([tool]), Level::Must), [].into());
    assert!(bundle_rules(json!([tool, tool]), Level::Should).contains(&Rule::BundleDuplicate));
    assert_eq!(bundle_rules(json!([]), Level::Must), [Rule::EmptyList].into());
    let outer = |text: &str| {
        let report = check_bundle(text.as_bytes(), &Limits::default(), Level::Must, &Policy::default()).unwrap();
        rules(&report.issues)
    };
    assert_eq!(outer("{}"), [Rule::PropertyMissing].into());
    assert_eq!(outer(r#"{"type":"bundle","id":"x"}"#), [Rule::IdForm].into());
    assert_eq!(
        outer(r#"{"type":"bundle","id":"tool--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#),
        [Rule::IdPrefix].into()
    );
}

#[test]
fn every_rule_is_broken_by_an_instance() {
    let mut seen: BTreeSet<Rule> = instances::all().iter().filter_map(|instance| instance.rule).collect();
    // Those that need a policy, two objects or a bundle are tested above.
    seen.extend([Rule::CustomObject, Rule::CustomProperty, Rule::BundleDuplicate]);
    seen.extend([Rule::LanguageTarget, Rule::LanguageMirror]);
    seen.extend([Rule::VersionCreated, Rule::VersionCreator, Rule::VersionRevoked, Rule::VersionConflict]);
    let missing: Vec<_> = Rule::ALL.iter().filter(|rule| !seen.contains(rule)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn codes_are_unique_and_give_back_their_rule() {
    let codes: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
    assert!(Rule::ALL.iter().all(|rule| Rule::from_code(rule.code()) == Some(*rule)));
    assert!(codes.iter().all(|code| code.starts_with("stix-")));
}
