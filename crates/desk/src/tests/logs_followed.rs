use super::{entries, exchange};
use crate::error::DeskError;
use crate::logs::{CheckedNote, Followed, Growth, NoteCheck};
use monition_evidence::wire::ProofAnswer;
use monition_tlog::{
    Checkpoint, CosignatureSigner, Hash, KeyName, LeafIndex, MemoryTree, NoteSigner, Origin, SignedCheckpoint,
    Timestamp, TreeHead, TrustPolicy, inclusion_proof, leaf_hash,
};
use std::sync::Arc;

fn signer(origin: &str) -> NoteSigner {
    let seed = *monition_evidence::encoding::sha256(origin.as_bytes()).as_bytes();
    NoteSigner::from_seed(KeyName::new(origin).unwrap(), &seed).unwrap()
}

fn witness(name: &str) -> CosignatureSigner {
    let seed = *monition_evidence::encoding::sha256(name.as_bytes()).as_bytes();
    CosignatureSigner::from_seed(KeyName::new(name).unwrap(), &seed).unwrap()
}

const LOG: &str = "exchange.example/log";
const DIRECTORY: &str = "exchange.example/directory";

fn check(with_trust: bool) -> NoteCheck {
    let (log, directory) = (signer(LOG).verifier_key().clone(), signer(DIRECTORY).verifier_key().clone());
    let policy = format!(
        "log {log}\nlog {directory}\nwitness a {}\nwitness b {}\ngroup trust 2 a b\nquorum trust\n",
        witness("a.example").verifier_key(),
        witness("b.example").verifier_key()
    );
    let trust = with_trust.then(|| Arc::new(TrustPolicy::parse(policy.as_bytes(), None).unwrap()));
    NoteCheck { log, directory, trust }
}

/// A note, cosigned by `a` and `b` at these times.
fn note(origin: &str, head: TreeHead, times: &[u64]) -> String {
    let checkpoint = Checkpoint::new(Origin::new(origin).unwrap(), head);
    let mut signed = SignedCheckpoint::sign(&checkpoint, &signer(origin)).unwrap();
    for (name, time) in ["a.example", "b.example"].iter().zip(times) {
        let line = witness(name).sign(&checkpoint.to_text(), Timestamp::new(*time)).unwrap();
        signed = signed.with_signature(&line).unwrap();
    }
    String::from_utf8(signed.as_bytes().to_vec()).unwrap()
}

fn tree(leaves: &[Vec<u8>]) -> MemoryTree {
    let mut tree = MemoryTree::new();
    for leaf in leaves {
        tree.push(leaf_hash(leaf));
    }
    tree
}

fn bytes() -> Vec<Vec<u8>> {
    entries().iter().map(|entry| entry.as_bytes().to_vec()).collect()
}

fn checked(head: TreeHead) -> CheckedNote {
    check(false).directory_head("test", note(DIRECTORY, head, &[]).as_bytes()).unwrap()
}

#[test]
fn a_directory_is_followed_from_checkpoint_to_checkpoint() {
    let all = bytes();
    let empty = Followed::replay(exchange(), &[]);
    let first = checked(tree(&all[..4]).head());
    assert_eq!(empty.compare(&first).unwrap(), Growth::Fetch { from: 0, to: first.head.size });
    let followed = empty.extend(&all[..4], first.clone()).unwrap();
    assert_eq!(followed.compare(&first).unwrap(), Growth::None);
    let second = checked(tree(&all).head());
    assert_eq!(followed.compare(&second).unwrap(), Growth::Fetch { from: 4, to: second.head.size });
    let grown = followed.extend(&all[4..], second).unwrap();
    assert!(grown.directory.party(&super::party("south.example")).unwrap().declaration().is_some());
    assert_eq!(grown.compare(&first).unwrap(), Growth::Stale, "an older checkpoint of the same log");
    assert!(followed.directory.party(&super::party("south.example")).is_none(), "the old copy did not change");
}

#[test]
fn a_directory_that_shrinks_or_forks_is_refused() {
    let all = bytes();
    let followed = Followed::replay(exchange(), &all);
    let mut other = all.clone();
    other.swap(1, 2);
    for size in [3, all.len()] {
        let forked = checked(tree(&other[..size]).head());
        assert!(matches!(followed.compare(&forked), Err(DeskError::Fork { .. })), "size {size}");
    }
    // A longer one whose beginning differs shows when its entries do not lead to the root.
    other.push(b"more".to_vec());
    let longer = checked(tree(&other).head());
    assert!(matches!(followed.extend(&[b"more".to_vec()], longer), Err(DeskError::Fork { .. })));
}

#[test]
fn a_note_counts_only_with_the_quorum_of_the_trust() {
    let head = tree(&bytes()).head();
    let (loose, strict) = (check(false), check(true));
    let alone = note(LOG, head, &[100]);
    assert!(loose.log_note("test", alone.as_bytes()).is_ok());
    assert!(matches!(strict.log_note("test", alone.as_bytes()), Err(DeskError::NotWitnessed { .. })));
    let both = note(LOG, head, &[100, 200]);
    let got = strict.log_note("test", both.as_bytes()).unwrap();
    assert_eq!(got.not_before.map(|t| t.value()), Some(100));
    assert_eq!(got.anchor().note, monition_evidence::encoding::sha256(both.as_bytes()));
    // Another log's key, a changed byte, another log altogether.
    assert!(strict.directory_note("test", both.as_bytes()).is_err());
    let changed = both.replacen(&head.size.to_string(), "9", 1);
    assert!(strict.log_note("test", changed.as_bytes()).is_err());
}

#[test]
fn a_proof_is_kept_only_if_it_leads_to_a_witnessed_root() {
    let sent = super::composed(&super::draft());
    let leaf = sent.submission.leaf(LOG);
    let leaves: Vec<Vec<u8>> = vec![b"a".to_vec(), leaf.as_bytes().to_vec(), b"b".to_vec()];
    let tree = tree(&leaves);
    let hashes: Vec<Hash> = inclusion_proof(&tree, LeafIndex::new(1), tree.size()).unwrap();
    let answer = ProofAnswer {
        index: 1,
        hashes: hashes.into_iter().map(Into::into).collect(),
        note: note(LOG, tree.head(), &[100, 101]),
        directory_note: note(DIRECTORY, tree.head(), &[102, 103]),
    };
    let check = check(true);
    check.proof("test", &sent.submission, &answer).unwrap();
    let refused = |change: &dyn Fn(&mut ProofAnswer)| {
        let mut other = answer.clone();
        change(&mut other);
        check.proof("test", &sent.submission, &other).is_err()
    };
    assert!(refused(&|a| a.index = 2));
    assert!(refused(&|a| a.hashes.truncate(1)));
    assert!(refused(&|a| a.note = note(LOG, tree.head(), &[100])));
    assert!(
        refused(&|a| a.directory_note = note(DIRECTORY, tree.head(), &[90, 91])),
        "a directory older than the log's note"
    );
    assert!(check.proof("test", &sent.core, &answer).is_err(), "another statement");
}
