//! STIX, TAXII and CAP (`crates/intel`).

use crate::text;
use monition_intel::cap::Received;
use monition_intel::json::{Limits, Node, Value, canonical, read, split_objects};
use monition_intel::stix::{self, Level, Object, Policy, Timestamp, check_bundle, pattern};
use monition_intel::taxii::media::{acceptable, content_type_is_taxii, stix_version};
use monition_intel::taxii::query::{IDS_MAX, SPEC_VERSIONS_MAX, TYPES_MAX, percent_decoded};
use monition_intel::taxii::{Endpoint, Query, SpecVersion, VersionKey};

/// Small limits, so that a fuzzer's inputs come near them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.depth_max = 24;
    limits.members_max = 200;
    limits.items_max = 400;
    limits.values_max = 2000;
    limits
}

/// Every node stands where its span says, inside its parent and after its sibling, and its bytes read as itself.
fn spans_are_right(node: &Node<'_>, whole: &[u8], budget: &mut usize) {
    let bytes = node.span.of(whole);
    assert!(!bytes.is_empty());
    if *budget > bytes.len() {
        *budget -= bytes.len();
        let again = read(bytes, &limits()).expect("the bytes of a node that was read");
        assert_eq!(canonical(&again), canonical(node), "a node's bytes read as another value");
    }
    let mut end = node.span.start;
    let mut child = |child: &Node<'_>, budget: &mut usize| {
        assert!(child.span.start >= end && child.span.end <= node.span.end, "children overlap or stand outside");
        end = child.span.end;
        spans_are_right(child, whole, budget);
    };
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| child(item, budget)),
        Value::Object(members) => {
            for (at, member) in members.iter().enumerate() {
                assert!(members[..at].iter().all(|other| other.key != member.key), "a member twice");
                child(&member.node, budget);
            }
        }
        _ => {}
    }
}

/// What reads is JSON to another reader too, with the same values, and every span is right.
pub fn json(data: &[u8]) {
    let Ok(node) = read(data, &limits()) else { return };
    spans_are_right(&node, data, &mut 65_536);
    let other: serde_json::Value = serde_json::from_slice(data).expect("another reader takes it");
    assert_same(&node, &other);
    let canonical_text = canonical(&node);
    let again = read(canonical_text.as_ref(), &limits()).expect("the canonical text");
    assert_eq!(canonical(&again), canonical_text);
}

fn assert_same(node: &Node<'_>, other: &serde_json::Value) {
    use serde_json::Value as Other;
    match (&node.value, other) {
        (Value::Null, Other::Null) => {}
        (Value::Bool(a), Other::Bool(b)) => assert_eq!(a, b),
        (Value::Number(_), Other::Number(b)) => assert_eq!(node.as_number(), b.as_f64()),
        (Value::String(a), Other::String(b)) => assert_eq!(a, b),
        (Value::Array(a), Other::Array(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).for_each(|(a, b)| assert_same(a, b));
        }
        (Value::Object(a), Other::Object(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter().for_each(|member| assert_same(&member.node, &b[member.key.as_ref()]));
        }
        (a, b) => panic!("{a:?} to us is {b:?} to the other"),
    }
}

/// The pieces of an envelope are slices of it, in order; if the whole reads, they are its objects, no more, no fewer.
pub fn split(data: &[u8]) {
    let limits = limits();
    let Ok(pieces) = split_objects(data, &limits) else {
        // A small body with one array of objects, which reads as a whole, is never refused.
        let whole = read(data, &limits).ok();
        let members = whole.as_ref().and_then(Node::as_object).map(<[_]>::len);
        let array = whole.as_ref().and_then(|whole| whole.get("objects")).and_then(Node::as_array);
        assert!(members.is_none_or(|members| members > 8) || array.is_none(), "a whole body that cannot be split");
        return;
    };
    let mut end = data.as_ptr() as usize;
    for bytes in pieces.iter().flatten() {
        let start = bytes.as_ptr() as usize;
        assert!(start >= end && start + bytes.len() <= data.as_ptr() as usize + data.len());
        end = start + bytes.len();
        assert!(bytes.starts_with(b"{") && bytes.ends_with(b"}"));
    }
    let Ok(whole) = read(data, &limits) else { return };
    let Some(objects) = whole.get("objects").and_then(Node::as_array) else {
        assert!(pieces.is_empty());
        return;
    };
    assert_eq!(pieces.len(), objects.len());
    for (piece, node) in pieces.iter().zip(objects) {
        match piece {
            Ok(bytes) => assert_eq!(*bytes, node.span.of(data)),
            Err(_) => assert!(node.as_object().is_none(), "an object that reads in the whole is refused alone"),
        }
    }
}

/// Objects keep their bytes; checking is quiet at `off`, and strict sees what lenient sees or more.
pub fn stix_object(data: &[u8]) {
    let limits = limits();
    if let Ok(object) = Object::read(data, &limits) {
        assert_eq!(object.bytes(), data);
        let policy = Policy::default();
        for name in ["off", "lenient", "warn", "strict"] {
            let Ok(level) = name.parse::<Level>() else { continue };
            let issues = object.check(level, &policy);
            assert!(issues.len() <= 16 * data.len().max(1), "{} issues for {} bytes", issues.len(), data.len());
            if level == Level::Off {
                assert!(issues.is_empty());
            }
        }
        if let Ok(summary) = object.summary() {
            drop(stix::successor(&summary, &summary, true));
        }
    }
    if let Ok(level) = "strict".parse::<Level>() {
        drop(check_bundle(data, &limits, level, &Policy::default()));
    }
}

/// White space around a pattern changes nothing; where an error stands, a character begins.
pub fn stix_pattern(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match pattern::check(text) {
        Ok(()) => assert_eq!(pattern::check(&format!(" {text}\n")), Ok(())),
        Err(error) => assert!(error.offset <= text.len()),
    }
}

/// Timestamps read back from what they print, to the microsecond, and both readers agree on the instant.
pub fn timestamp(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (taxii, stix) = (Timestamp::parse(text), Timestamp::parse_stix(text));
    if let Ok(time) = &stix {
        // Printed are microseconds; finer digits are cut off.
        let again = Timestamp::parse(&time.to_string()).expect("what was printed");
        assert_eq!(again, Timestamp::from_micros(time.as_micros()));
        assert!(again <= *time);
    }
    if let (Ok(a), Ok(b)) = (taxii, stix) {
        assert_eq!(a, b);
    }
}

/// A message keeps its bytes, and what is written from it reads as the same message.
pub fn cap(data: &[u8]) {
    let Ok(received) = Received::read(data) else { return };
    assert_eq!(received.bytes(), data);
    if let Ok(xml) = received.alert().to_xml() {
        let again = Received::read(xml.as_bytes()).expect("what was written");
        assert_eq!(again.alert(), received.alert());
    }
}

/// Queries stay within their limits at every endpoint; a query is read the same way twice.
pub fn taxii_query(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for endpoint in [Endpoint::Objects, Endpoint::Object, Endpoint::Manifest, Endpoint::Versions, Endpoint::Delete] {
        let Ok(query) = Query::parse(endpoint, text) else { continue };
        assert!(query.ids.as_ref().is_none_or(|ids| ids.len() <= IDS_MAX && ids.is_sorted()));
        assert!(query.types.as_ref().is_none_or(|types| types.len() <= TYPES_MAX && types.is_sorted()));
        assert!(query.spec_versions.as_ref().is_none_or(|versions| versions.len() <= SPEC_VERSIONS_MAX));
        assert_eq!(Query::parse(endpoint, text).map(|again| again.filter_bytes()), Ok(query.filter_bytes()));
    }
    if let Some(decoded) = percent_decoded(text) {
        assert!(decoded.len() <= text.len());
    }
}

/// Media types, versions and places in a collection.
pub fn taxii_words(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = acceptable(Some(text), false);
    // Within the limits on length and ranges, a range for another type decides nothing.
    if !text.trim().is_empty() && text.len() < 2000 && text.matches(',').count() < 60 {
        let with_another = format!("application/x-other,{text}");
        assert_eq!(acceptable(Some(text), true), acceptable(Some(&with_another), true));
    }
    let _ = content_type_is_taxii(Some(text));
    let _ = stix_version(text);
    if let Some(version) = SpecVersion::parse(text) {
        assert_eq!(version.to_string(), text);
        assert_eq!(SpecVersion::from_code(version.code()), version);
    }
    if let Some(key) = VersionKey::parse(text) {
        assert_eq!(VersionKey::from_bytes(key.as_bytes()), key);
    }
}
