//! A bundle of 100 MB in bounded extra memory. Alone in its file, so that nothing else runs in its process.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failing helper fails the test, a skip is printed")]

use monition_intel::json::{Limits, object_extents, split_objects};
use monition_intel::stix::{Level, Object, Policy};
use std::fmt::Write as _;

/// The greatest resident size so far, in bytes; Linux only.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

#[test]
fn a_bundle_of_100_mb_is_walked_and_checked_in_little_more_memory_than_its_own() {
    const BYTES: usize = 100_000_000;
    let mut body = String::with_capacity(BYTES + 2000);
    body.push_str(r#"{"type":"bundle","id":"bundle--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001","objects":["#);
    let mut count = 0_u32;
    while body.len() < BYTES {
        let comma = if count == 0 { "" } else { "," };
        let description = "x".repeat(560);
        write!(
            body,
            r#"{comma}{{"type":"indicator","spec_version":"2.1","id":"indicator--{count:08x}-9a0c-4f9b-8a53-3c1de1f0a001",
            "created":"2026-01-02T03:04:05.000Z","modified":"2026-01-02T03:04:05.000Z","pattern_type":"stix",
            "pattern":"[domain-name:value = 'h{count}.example']","valid_from":"2026-01-01T00:00:00Z",
            "description":"{description}"}}"#
        )
        .unwrap();
        count += 1;
    }
    body.push_str("]}");
    let (limits, policy) = (Limits::default(), Policy::default());
    let before = peak();
    let mut extents = object_extents(body.as_bytes(), &limits).unwrap();
    let mut checked = 0;
    while let Some(bytes) = extents.next_extent().unwrap() {
        let object = Object::read(bytes, &limits).unwrap();
        assert_eq!(object.check(Level::Must, &policy), []);
        checked += 1;
    }
    assert_eq!(checked, count);
    let walked = peak();
    assert_eq!(split_objects(body.as_bytes(), &limits).unwrap().len(), count as usize);
    let split = peak();
    match (before, walked, split) {
        (Some(before), Some(walked), Some(split)) => {
            println!(
                "{count} objects; walking took {} KiB more, splitting {} KiB",
                (walked - before) >> 10,
                (split - walked) >> 10
            );
            assert!(walked - before < 4 << 20, "walking took {} bytes", walked - before);
            // The list of extents: at most 128 bytes for each object, doubled while it grows.
            assert!(split - walked < 384 * count as usize, "splitting took {} bytes", split - walked);
        }
        _ => println!("skipped: no /proc/self/status, so memory was not measured"),
    }
}
