//! What a stranger may send: every case ends in an answer, in bounded time.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failing helper fails the test, a skip is printed")]

use monition_intel::json::{JsonRule, Limits};
use monition_intel::stix::{Issue, Level, Object, Policy, Rule, SELECTORS_MAX, Timestamp, check_bundle, pattern};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn check(text: &str) -> Vec<Issue> {
    Object::read(text.as_bytes(), &Limits::default()).unwrap().check(Level::Should, &Policy::default())
}

/// A tool with some more members.
fn tool(more: &str) -> String {
    format!(
        r#"{{"type":"tool","spec_version":"2.1","id":"tool--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001","name":"N","lang":"en",
        "created":"2026-01-02T03:04:05.000Z","modified":"2026-01-02T03:04:05.000Z"{more}}}"#
    )
}

/// The least generous bound that an idle debug build keeps with a factor of ten to spare.
const TIME_MAX: Duration = Duration::from_secs(20);

#[test]
fn no_text_makes_a_check_expensive() {
    let start = Instant::now();
    // The published schemas' expression for types takes seconds on 26 such characters.
    let bomb = format!("{}!", "a".repeat(100_000));
    let custom = format!(r#"{{"type":"{bomb}","id":"{bomb}--x","spec_version":"2.1"}}"#);
    assert!(check(&custom).iter().any(|issue| issue.rule == Rule::TypeName));
    for kind in ["domain-name", "email-addr", "ipv4-addr", "ipv6-addr", "mac-addr", "url"] {
        let text =
            format!(r#"{{"type":"{kind}","id":"{kind}--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001","value":"{bomb}"}}"#);
        assert!(check(&text).iter().any(|issue| issue.rule == Rule::ValueForm), "{kind}");
    }
    let cpe = format!("cpe:2.3:{}", "\\\\".repeat(100_000));
    let text = format!(
        r#"{{"type":"software","id":"software--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001","name":"a","cpe":"{cpe}"}}"#
    );
    assert!(check(&text).iter().any(|issue| issue.rule == Rule::ValueForm));
    // Many members, each of which every selector walks past.
    let members: String = (0..9_000).map(|n| format!(",\"x_{n:05}\":1")).collect();
    let selectors = vec!["\"x_08999\""; 90_000].join(",");
    let marked = tool(&format!(
        r#"{members},"granular_markings":[{{"marking_ref":"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da","selectors":[{selectors}]}}]"#
    ));
    let issues = check(&marked);
    assert_eq!(issues.iter().filter(|issue| issue.rule == Rule::SelectorForm).count(), 1);
    assert!(issues.iter().any(|issue| issue.message.contains(&SELECTORS_MAX.to_string())));
    // One id ten thousand times in one bundle.
    let objects = vec![tool(""); 10_000].join(",");
    let bundle =
        format!(r#"{{"type":"bundle","id":"bundle--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001","objects":[{objects}]}}"#);
    let report = check_bundle(bundle.as_bytes(), &Limits::default(), Level::Must, &Policy::default()).unwrap();
    assert_eq!((report.objects.len(), report.issues.len()), (10_000, 0));
    assert!(start.elapsed() < TIME_MAX, "{:?}", start.elapsed());
}

#[test]
fn messages_do_not_repeat_what_is_endless() {
    let long = "A".repeat(1 << 20);
    let text = tool(&format!(
        r#","{long}":1,"lang":"{long}","created_by_ref":"{long}","kill_chain_phases":[{{"kill_chain_name":"{long}"}}]"#
    ))
    .replacen(r#""lang":"en","#, "", 1);
    let issues = check(&text);
    assert!(issues.len() >= 4);
    for issue in issues {
        assert!(issue.to_string().len() < 2_000, "{}", issue.rule);
    }
}

#[test]
fn numbers_and_surrogates_are_refused_before_anything_else() {
    let refused = |more: &str| Object::read(tool(more).as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(refused(r#","confidence":1e999"#).rule, JsonRule::NumberRange);
    assert_eq!(refused(&format!(r#","confidence":{}"#, "9".repeat(1 << 20))).rule, JsonRule::NumberTooLong);
    assert_eq!(refused(r#","confidence":9007199254740993"#).pointer, "/confidence");
    assert_eq!(refused(r#","x_own":"\ud800""#).rule, JsonRule::CodePoint);
    assert_eq!(refused(r#","name":"M""#).rule, JsonRule::DuplicateKey);
    let deep = format!(r#","x_own":{}1{}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(&deep).rule, JsonRule::TooDeep);
    for text in ["[]", "5", "\"a\"", "null"] {
        assert_eq!(Object::read(text.as_bytes(), &Limits::default()).unwrap_err().rule, JsonRule::NotAnObject);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_read_is_checked_without_a_panic(
        kind in prop::sample::select(vec!["indicator", "file", "language-content", "marking-definition", "relationship"]),
        key in prop::sample::select(vec![
            "granular_markings", "extensions", "external_references", "hashes", "contents", "definition", "pattern",
            "object_marking_refs", "kill_chain_phases", "id", "created", "modified", "lang",
        ]),
        value in prop::sample::select(vec![
            "null", "{}", "[]", "[[]]", "[{}]", "[null]", "{\"a\":null}", "{\"a\":{}}", "\"\"", "\"--\"", "5", "true",
            "[{\"selectors\":[5]}]", "{\"fa\":[]}", "{\"ntfs-ext\":[]}", "\"[\"", "\"é\"", "[{\"source_name\":5}]",
        ]),
    ) {
        let text = format!(r#"{{"type":"{kind}","id":"{kind}--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001","{key}_":1,"{key}":{value}}}"#)
            .replace(r#","id":"#, if key == "id" { r#","x_id":"# } else { r#","id":"# });
        if let Ok(object) = Object::read(text.as_bytes(), &Limits::default()) {
            let _ = object.summary();
            let issues = object.check(Level::Should, &Policy::default());
            prop_assert!(!issues.is_empty());
            prop_assert!(object.check_translation(&object).is_empty());
        }
    }

    #[test]
    fn patterns_and_timestamps_never_panic(text in "[\\[\\]()'a-z:.=0-9 *ANDORTt\\\\é-]{0,60}") {
        let _ = pattern::check(&text);
        let _ = pattern::check(&format!("[file:name {text}]"));
        if let Ok(stamp) = Timestamp::parse_stix(&text) {
            prop_assert_eq!(Timestamp::parse(&stamp.to_string()).unwrap().as_micros(), stamp.as_micros());
        }
    }
}
