//! The three accumulated vectors of draft-ietf-plants-merkle-tree-certs (revision d7362d6): every subtree, every inclusion
//! proof and every consistency proof of the trees with up to 130 leaves, entry i being the one byte i. One
//! SHA-256 over all the text lines.

use std::fmt::Write as _;

use crate::*;

const LARGEST: u64 = 130;

fn byte_tree() -> MemoryTree {
    (0..LARGEST as u8).map(|byte| leaf_hash(&[byte])).collect()
}

/// By end, then by start; the empty ones too.
fn subtrees(up_to: u64) -> impl Iterator<Item = Subtree> {
    (0..=up_to).flat_map(|end| (0..=end).filter_map(move |start| Subtree::new(start, end).ok()))
}

fn line(text: &mut String, what: &str, hashes: &[Hash]) {
    text.push_str(what);
    hashes.iter().for_each(|hash| write!(text, " {hash}").unwrap());
    text.push('\n');
}

#[test]
fn every_subtree_hash_is_that_of_the_draft() {
    let (tree, mut text) = (byte_tree(), String::new());
    for subtree in subtrees(LARGEST) {
        let hash = subtree_hash(&tree, subtree).unwrap();
        line(&mut text, &format!("[{}, {})", subtree.start(), subtree.end()), &[hash]);
    }
    let expected = "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81";
    assert_eq!(sha256(&[text.as_bytes()]).to_hex(), expected);
}

#[test]
fn every_inclusion_proof_is_that_of_the_draft_and_verifies() {
    let (tree, mut text) = (byte_tree(), String::new());
    for subtree in subtrees(LARGEST) {
        let root = subtree_hash(&tree, subtree).unwrap();
        for index in (subtree.start()..subtree.end()).map(LeafIndex::new) {
            let proof = subtree_inclusion_proof(&tree, index, subtree).unwrap();
            let leaf = tree.leaf(index).unwrap();
            assert_eq!(verify_subtree_inclusion(&leaf, index, subtree, &root, &proof), Ok(()));
            line(&mut text, &format!("{index} [{}, {})", subtree.start(), subtree.end()), &proof);
        }
    }
    let expected = "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f";
    assert_eq!(sha256(&[text.as_bytes()]).to_hex(), expected);
}

#[test]
fn every_consistency_proof_is_that_of_the_draft_and_verifies() {
    let (tree, mut text) = (byte_tree(), String::new());
    for size in 0..=LARGEST {
        let head = tree.head_at(TreeSize::new(size)).unwrap();
        for subtree in subtrees(size) {
            let root = subtree_hash(&tree, subtree).unwrap();
            let proof = subtree_consistency_proof(&tree, subtree, head.size).unwrap();
            assert_eq!(verify_subtree_consistency(subtree, &root, &head, &proof), Ok(()));
            line(&mut text, &format!("[{}, {}) {size}", subtree.start(), subtree.end()), &proof);
        }
    }
    let expected = "10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74";
    assert_eq!(sha256(&[text.as_bytes()]).to_hex(), expected);
}
