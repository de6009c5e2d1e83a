//! The judge as one WebAssembly module: no import, so no clock, network, randomness or file can reach it.
//!
//! The host speaks to four exports ([`exports`]): it asks for a buffer, writes a request into it, calls `judge`, and reads
//! the answer. Both are JSON in UTF-8:
//!
//! ```text
//! request  {"dossiers":[text…],"directories":{sha256:text…},"trust":text,"believe":text|null,"question":text|null,
//!           "without_witnesses":bool,"html":bool}
//! answer   {"finding":{…},"html":text|null}   or   {"error":{"code":…,"message":…}}
//! ```
//!
//! Codes are those of `monition judge` (docs/finding.md §2). `question: null` takes the dossiers' own.

pub mod exports;

use monition_evidence::Digest;
use monition_evidence::dossier::{Dossier, DossierError};
use monition_evidence::judge::{Believe, Finding, JudgeError, Question, judge, judge_without_witnesses};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest request: the largest dossier that is read, twice over for the escapes of JSON in JSON.
pub const REQUEST_BYTES_MAX: usize = 512 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    dossiers: Vec<String>,
    directories: BTreeMap<String, String>,
    trust: String,
    believe: Option<String>,
    question: Option<String>,
    without_witnesses: bool,
    html: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Judged { finding: Box<Finding>, html: Option<String> },
    Failed { error: Failure },
}

#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: String,
}

fn failure(code: &'static str, message: impl ToString) -> Failure {
    Failure { code, message: message.to_string() }
}

/// Answers one request. Never panics; whatever is wrong with it is an answer.
#[must_use]
pub fn answer(request: &[u8]) -> Vec<u8> {
    let answer = match judged(request) {
        Ok((finding, html)) => Answer::Judged { finding: Box::new(finding), html },
        Err(error) => Answer::Failed { error },
    };
    // A finding is plain data: writing it cannot fail.
    serde_json::to_vec(&answer).unwrap_or_else(|_| br#"{"error":{"code":"internal-output","message":""}}"#.to_vec())
}

fn judged(request: &[u8]) -> Result<(Finding, Option<String>), Failure> {
    if request.len() > REQUEST_BYTES_MAX {
        return Err(failure("usage-request", format!("{} bytes; at most {REQUEST_BYTES_MAX} are read", request.len())));
    }
    let request: Request = serde_json::from_slice(request).map_err(|e| failure("usage-request", e))?;
    let shared = |sha: &Digest| request.directories.get(&sha.to_string()).map(|text| text.clone().into_bytes());
    let parse = |text: &String| Dossier::parse(text.as_bytes(), &shared).map_err(|e| failure(dossier_code(&e), e));
    let dossiers = request.dossiers.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let believe = request.believe.as_ref().map_or(Ok(Believe::default()), |text| Believe::parse(text.as_bytes()));
    let believe = believe.map_err(|detail| failure("usage-believe", detail))?;
    let question = question(request.question.as_deref(), &dossiers)?;
    let by = if request.without_witnesses { judge_without_witnesses } else { judge };
    let finding = by(&dossiers, request.trust.as_bytes(), &believe, &question).map_err(|error| match error {
        JudgeError::Evidence(e) => failure("evidence-refused", e),
        error => failure("usage-trust", error),
    })?;
    let html = request.html.then(|| finding.to_html());
    Ok((finding, html))
}

fn question(asked: Option<&str>, dossiers: &[Dossier]) -> Result<Question, Failure> {
    let text = match (asked, dossiers) {
        (Some(text), _) => text,
        (None, [first, rest @ ..]) if rest.iter().all(|d| d.question == first.question) => first.question.as_str(),
        (None, _) => return Err(failure("usage-question", "the dossiers carry different questions")),
    };
    Question::parse(text).map_err(|e| failure("usage-question", e))
}

fn dossier_code(error: &DossierError) -> &'static str {
    match error {
        DossierError::Altered { .. } => "evidence-altered",
        DossierError::Format { .. } => "usage-newer-format",
        DossierError::DirectoryFileMissing { .. } => "usage-directory-file-missing",
        _ => "usage-dossier-unreadable",
    }
}

#[cfg(test)]
mod tests {
    use super::answer;
    use std::path::{Path, PathBuf};

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/dossiers")
    }

    fn read(name: &str) -> String {
        std::fs::read_to_string(folder().join(name)).unwrap()
    }

    #[test]
    fn every_case_of_the_catalogue_has_its_finding() {
        let directories: serde_json::Map<String, serde_json::Value> = std::fs::read_dir(folder())
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                Some((name.strip_suffix(".directory.json")?.to_owned(), read(&name).into()))
            })
            .collect();
        let mut count = 0;
        for entry in std::fs::read_dir(folder()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".case.json") {
                continue;
            }
            let case: serde_json::Value = serde_json::from_str(&read(&name)).unwrap();
            let dossiers: Vec<String> =
                case["dossiers"].as_array().unwrap().iter().map(|d| read(d.as_str().unwrap())).collect();
            let request = serde_json::json!({
                "dossiers": dossiers,
                "directories": directories,
                "trust": read(case["trust"].as_str().unwrap()),
                "believe": case["believe"].as_str().map(read),
                "question": case["question"],
                "without_witnesses": case["without_witnesses"],
                "html": true,
            });
            let found: serde_json::Value = serde_json::from_slice(&answer(request.to_string().as_bytes())).unwrap();
            match case["expected"].get("error") {
                Some(code) => assert_eq!(found["error"]["code"], *code, "{name}"),
                None => {
                    assert_eq!(found["finding"], case["expected"], "{name}");
                    assert!(found["html"].as_str().unwrap().starts_with("<!doctype html>"), "{name}");
                }
            }
            count += 1;
        }
        assert!(count >= 80, "{count} cases");
    }

    #[test]
    fn what_is_no_request_is_answered() {
        for request in [&b""[..], b"{}", b"[]", b"\xff", br#"{"dossiers":[],"directories":{},"trust":"","believe":null,"question":null,"without_witnesses":false,"html":false}"#] {
            let found: serde_json::Value = serde_json::from_slice(&answer(request)).unwrap();
            assert!(found["error"]["code"].as_str().unwrap().starts_with("usage-"), "{found}");
        }
    }
}
