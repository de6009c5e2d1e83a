//! Every judgement of these tests, written down for another judge to repeat: where `MONITION_RECORD_JUDGED` names a folder,
//! evidence and finding go there in the form of `testdata/dossiers` (docs/verify.md, section 13).

use crate::dossier::Dossier;
use crate::encoding::{Digest, sha256};
use crate::judge::{Finding, JudgeError};
use std::path::{Path, PathBuf};

pub(super) fn record(
    dossiers: &[Dossier],
    trust: &[u8],
    believe: Option<&str>,
    question: &str,
    judged: &Result<Finding, JudgeError>,
) {
    let Some(folder) = std::env::var_os("MONITION_RECORD_JUDGED").map(PathBuf::from) else { return };
    let put = |bytes: &[u8], kind: &str| -> String {
        let name = format!("{}.{kind}", sha256(bytes));
        write(&folder, &name, bytes);
        name
    };
    let names: Vec<String> = dossiers.iter().map(|dossier| put(&dossier.to_bytes().unwrap(), "dossier.json")).collect();
    let expected = match judged {
        Ok(finding) => serde_json::to_value(finding).unwrap(),
        Err(JudgeError::Evidence(_)) => serde_json::json!({ "error": "evidence-refused" }),
        Err(JudgeError::Trust(_)) => serde_json::json!({ "error": "usage-trust" }),
    };
    let case = serde_json::json!({
        "story": "a judgement of the tests",
        "dossiers": names,
        "trust": put(trust, "policy"),
        "believe": believe.map(|text| put(text.as_bytes(), "believe.json")),
        "question": question,
        "without_witnesses": false,
        "expected": expected,
    });
    let text = serde_json::to_vec(&case).unwrap();
    let name: Digest = sha256(&text);
    write(&folder, &format!("{name}.case.json"), &text);
}

/// Tests run side by side and may write the same file: it gets its name when it is whole.
fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    if !path.exists() {
        let part = folder.join(format!("{name}.{:?}.part", std::thread::current().id()));
        std::fs::write(&part, bytes).unwrap();
        std::fs::rename(part, path).unwrap();
    }
}
