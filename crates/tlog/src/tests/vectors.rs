//! Published vectors that lie beside the workspace in `../shared/data/vectors`. A clone without them prints a
//! line and passes.
//!
//! - `merkle/`: transparency-dev/merkle @417fb0c, `testdata/`, Apache-2.0.
//! - `ed25519/speccheck-cases.json`: novifinancial/ed25519-speccheck, Apache-2.0.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::*;

fn folder(inside: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vectors").join(inside);
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
    }
    folder.exists().then_some(folder)
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// The union of the four layouts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    leaf_idx: Option<u64>,
    tree_size: Option<u64>,
    start: Option<u64>,
    end: Option<u64>,
    size: Option<u64>,
    size1: Option<u64>,
    size2: Option<u64>,
    root: Option<String>,
    root1: Option<String>,
    root2: Option<String>,
    leaf_hash: Option<String>,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// Some cases hold a word in place of a hash ("don't care 1"), which our types cannot; its SHA-256 stands in, so
/// that equal words stay equal. Nothing at all stays nothing, and is refused.
fn hash(base64: &Option<String>) -> Option<Hash> {
    let bytes = STANDARD.decode(base64.as_ref()?).ok()?;
    match <[u8; 32]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Some(Hash::from_bytes(bytes)),
        Err(_) if bytes.is_empty() => None,
        Err(_) => Some(sha256(&[b"stand-in", &bytes])),
    }
}

fn head(size: Option<u64>, root: &Option<String>) -> Option<TreeHead> {
    Some(TreeHead { size: TreeSize::checked(size?)?, root: hash(root)? })
}

fn accepts(kind: &str, case: &Case) -> Option<()> {
    let proof: Vec<Hash> =
        case.proof.iter().flatten().map(|text| hash(&Some(text.clone()))).collect::<Option<Vec<_>>>()?;
    let result = match kind {
        "inclusion" => {
            let index = LeafIndex::checked(case.leaf_idx?)?;
            verify_inclusion(&hash(&case.leaf_hash)?, index, &head(case.tree_size, &case.root)?, &proof)
        }
        "subtreeinclusion" => {
            let index = LeafIndex::checked(case.leaf_idx?)?;
            let subtree = Subtree::new(case.start?, case.end?).ok()?;
            verify_subtree_inclusion(&hash(&case.leaf_hash)?, index, subtree, &hash(&case.root)?, &proof)
        }
        "consistency" => verify_consistency(&head(case.size1, &case.root1)?, &head(case.size2, &case.root2)?, &proof),
        "subtreeconsistency" => {
            let subtree = Subtree::new(case.start?, case.end?).ok()?;
            verify_subtree_consistency(subtree, &hash(&case.root1)?, &head(case.size, &case.root2)?, &proof)
        }
        other => panic!("unknown kind {other}"),
    };
    result.ok()
}

#[test]
fn merkle_vectors_have_the_result_that_upstream_says() {
    let Some(root) = folder("merkle") else { return };
    let mut ran = 0;
    for kind in ["inclusion", "subtreeinclusion", "consistency", "subtreeconsistency"] {
        let mut files = Vec::new();
        json_files(&root.join(kind), &mut files);
        for file in files {
            let case: Case = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let accepted = accepts(kind, &case).is_some();
            assert_eq!(accepted, !case.want_err, "{}", file.display());
            ran += 1;
        }
    }
    println!("{ran} merkle vectors");
    assert_eq!(ran, 518);
}

#[derive(Deserialize)]
struct SpecCheck {
    message: String,
    pub_key: String,
    signature: String,
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

#[test]
fn ed25519_edge_cases_are_refused_at_enrolment_and_strict_verification_takes_only_case_3() {
    let Some(root) = folder("ed25519") else { return };
    let bytes = std::fs::read(root.join("speccheck-cases.json")).unwrap();
    let cases: Vec<SpecCheck> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(cases.len(), 12);
    for (number, case) in cases.iter().enumerate() {
        let (message, key, signature) = (hex(&case.message), hex(&case.pub_key), hex(&case.signature));
        let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
        let strict = ed25519_dalek::VerifyingKey::from_bytes(key.as_slice().try_into().unwrap())
            .is_ok_and(|key| key.verify_strict(&message, &signature).is_ok());
        assert_eq!(strict, number == 3, "case {number}");
        // All keys of the collection are small, mixed or misspelt, except those of 6 and 7.
        assert_eq!(Ed25519Key::new(&key).is_ok(), number == 6 || number == 7, "case {number}");
        if let Ok(key) = Ed25519Key::new(&key) {
            assert!(!key.verifies(&message, &signature.to_bytes()), "case {number}");
        }
    }
}
