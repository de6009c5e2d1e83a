//! `monition judge` as a process, over the dossiers of `testdata/dossiers`: exit codes, JSON, page, and no witnesses.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/dossiers")
}

fn case(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(format!("{name}.case.json"))).unwrap()).unwrap()
}

fn judge(name: &str, more: &[&str]) -> Output {
    let case = case(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_monition"));
    command.current_dir(folder()).arg("judge");
    command.args(case["dossiers"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()));
    command.args(["--trust", case["trust"].as_str().unwrap(), "--ask", case["question"].as_str().unwrap()]);
    if let Some(believe) = case["believe"].as_str() {
        command.args(["--believe", believe]);
    }
    command.args(more).output().unwrap()
}

#[test]
fn judge_ends_with_the_exit_code_of_each_outcome() {
    for (name, code) in [
        ("whole-way", 0),
        ("byte-changed", 1),
        ("signature-changed", 1),
        ("quorum-too-small", 2),
        ("newer-format", 3),
        ("cut-off", 3),
        ("directory-file-missing", 3),
        ("refuted", 4),
        ("one-listing-too-few", 5),
    ] {
        let output = judge(name, &["--json"]);
        assert_eq!(output.status.code(), Some(code), "{name}");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let expected = case(name)["expected"].clone();
        match expected.get("error") {
            None => assert_eq!(printed, expected, "{name}"),
            Some(error) => assert_eq!(printed["error"]["code"], *error, "{name}"),
        }
    }
}

#[test]
fn judge_without_witnesses_says_so_first_and_decides_nothing() {
    let output = judge("whole-way", &["--without-witnesses"]);
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("NO WITNESSES: "), "{text}");
    assert!(text.contains("Answer:   NOT-DECIDABLE") && !text.contains("1970-01-01"), "{text}");
}

#[test]
fn judge_writes_a_page_beside_what_it_prints() {
    let page = tempfile::tempdir().unwrap();
    let file = page.path().join("finding.html");
    let output = judge("silence", &["--html", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let html = std::fs::read_to_string(&file).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("<h1>Proven</h1>"));
    assert!(String::from_utf8(output.stdout).unwrap().contains("Answer:   PROVEN"));
    let nowhere = page.path().join("none/finding.html");
    let output = judge("silence", &["--html", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("usage-file-unwritable"));
}
