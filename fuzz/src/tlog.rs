//! The formats of transparency logs (`crates/tlog`).

use crate::{number, one_bit, text};
use monition_tlog::{
    AddCheckpoint, AddCheckpointAnswer, Checkpoint, CosignatureSigner, EntryBundle, KeyName, LeafIndex, LogProof,
    MemoryTree, Note, NoteSigner, Origin, Policy, SignatureLine, SignedCheckpoint, Tile, TileCoord, Timestamp, TreeHead,
    TreeSize, TrustPolicy, VerifierKey, consistency_proof, inclusion_proof, leaf_hash, sha256, verify_consistency,
    verify_cosignature, verify_inclusion,
};

fn log_signer(seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::new("fuzz.example/log").expect("a name"), &[seed; 32]).expect("a signer")
}

fn witness(seed: u8) -> CosignatureSigner {
    CosignatureSigner::from_seed(KeyName::new("fuzz.example/witness").expect("a name"), &[seed; 32]).expect("a signer")
}

/// A note prints back to its bytes, can be built again from its parts, and is no stranger's.
pub fn note(data: &[u8]) {
    let Ok(note) = Note::parse(data) else { return };
    assert_eq!(note.as_bytes(), data);
    let again = Note::assemble(note.text(), note.signatures()).expect("its own parts");
    assert_eq!(again.as_bytes(), data);
    let stranger = log_signer(0xA7);
    assert_ne!(note.verify_signature(stranger.verifier_key()), Ok(true));
    for line in note.signatures() {
        assert_eq!(SignatureLine::parse(&line.to_string()).as_ref(), Ok(line));
    }
}

/// A checkpoint prints back. One that is signed verifies; with one bit changed, nothing verifies.
pub fn checkpoint(data: &[u8]) {
    if let Ok(signed) = SignedCheckpoint::parse(data) {
        assert_eq!(signed.as_bytes(), data);
        assert_eq!(signed.checkpoint().to_text(), signed.note().text());
        assert!(signed.verify_log(log_signer(0xA7).verifier_key()).is_err());
    }
    if let Some(Ok(checkpoint)) = text(data).map(Checkpoint::parse) {
        assert_eq!(checkpoint.to_text().as_bytes(), data);
    }
    let Some((place, rest)) = number(data) else { return };
    let head = TreeHead { size: TreeSize::new((place >> 1).max(1)), root: sha256(&[rest]) };
    let origin = Origin::new("fuzz.example/log").expect("an origin");
    let signer = log_signer(1);
    let Ok(signed) = SignedCheckpoint::sign(&Checkpoint::new(origin, head), &signer) else { return };
    let altered = one_bit(signed.as_bytes(), place);
    assert_eq!(signed.verify_log(signer.verifier_key()).expect("its own signature").head(), head);
    if let Ok(parsed) = SignedCheckpoint::parse(&altered) {
        assert!(parsed.verify_log(signer.verifier_key()).is_err(), "one bit changed, and it verifies");
    }
}

/// Tiles print back, and their nodes are where they say.
pub fn tile(data: &[u8]) {
    let Ok(tile) = Tile::parse(data) else { return };
    assert_eq!(tile.to_bytes(), data);
    assert_eq!(tile.hashes().len(), usize::from(tile.width()));
    for (index, hash) in tile.hashes().iter().enumerate() {
        assert_eq!(tile.node(0, index as u64).as_ref(), Some(hash));
    }
    assert_eq!(tile.node(0, u64::from(tile.width())), None);
}

/// Paths of tiles have one spelling.
pub fn tile_path(data: &[u8]) {
    let Some(path) = text(data) else { return };
    let Ok(place) = TileCoord::parse(path) else { return };
    assert_eq!(place.path(), path);
    let again = TileCoord::new(place.level(), place.index(), place.width()).expect("its own parts");
    assert_eq!(again, place);
}

/// Bundles of entries print back.
pub fn entry_bundle(data: &[u8]) {
    let Ok(bundle) = EntryBundle::parse(data) else { return };
    assert_eq!(bundle.to_bytes(), data);
    let again = EntryBundle::new(bundle.entries().to_vec()).expect("its own entries");
    assert_eq!(again.to_bytes(), data);
}

/// A cosignature is of its witness, its text and its time. No note is cosigned by a stranger.
pub fn cosignature(data: &[u8]) {
    if let Ok(note) = Note::parse(data) {
        assert!(!matches!(verify_cosignature(witness(0xA7).verifier_key(), &note), Ok(Some(_))));
    }
    let Some((place, rest)) = number(data) else { return };
    let body = format!("fuzz.example/log\n{}\n{}\n", place >> 2, sha256(&[rest]));
    let signer = witness(2);
    let Ok(line) = signer.sign(&body, Timestamp::new(place >> 20)) else { return };
    let note = Note::assemble(&body, &[line]).expect("one line under one text");
    assert_eq!(verify_cosignature(signer.verifier_key(), &note), Ok(Some(Timestamp::new(place >> 20))));
    if let Ok(altered) = Note::parse(&one_bit(note.as_bytes(), place)) {
        assert!(
            !matches!(verify_cosignature(signer.verifier_key(), &altered), Ok(Some(_))),
            "one bit changed, and the witness still seems to have signed"
        );
    }
}

/// An offline proof prints back.
pub fn proof(data: &[u8]) {
    let Ok(proof) = LogProof::parse(data) else { return };
    assert_eq!(proof.to_bytes(), data);
    let again =
        LogProof::new(proof.index(), proof.hashes().to_vec(), proof.checkpoint().clone()).expect("its own parts");
    let again = match proof.unauthenticated_extra() {
        Some(extra) => again.with_extra(extra).expect("its own extra"),
        None => again,
    };
    assert_eq!(again, proof);
}

/// Proofs of a real tree verify, and none does with one bit of hash, root or index changed.
pub fn merkle(data: &[u8]) {
    let [old, new, index, place, rest @ ..] = data else { return };
    let mut tree = MemoryTree::new();
    for number in 0..u64::from(*new).max(1) {
        let from = (number as usize).min(rest.len());
        tree.push(leaf_hash(&[&number.to_be_bytes()[..], &rest[from..rest.len().min(from + 4)]].concat()));
    }
    let head = tree.head();
    let size = head.size.value();
    let at = LeafIndex::new(u64::from(*index) % size);
    let leaf = {
        let from = (at.value() as usize).min(rest.len());
        leaf_hash(&[&at.value().to_be_bytes()[..], &rest[from..rest.len().min(from + 4)]].concat())
    };
    let path = inclusion_proof(&tree, at, head.size).expect("a leaf of this tree");
    assert!(verify_inclusion(&leaf, at, &head, &path).is_ok());
    assert!(verify_inclusion(&leaf, LeafIndex::new(at.value() + 1), &head, &path).is_err());
    let wrong = sha256(&[&[*place]]);
    assert!(verify_inclusion(&wrong, at, &head, &path).is_err());
    let mut longer = path.clone();
    longer.push(wrong);
    assert!(verify_inclusion(&leaf, at, &head, &longer).is_err());
    for position in 0..path.len() {
        let mut altered = path.clone();
        altered[position] = wrong;
        assert!(verify_inclusion(&leaf, at, &head, &altered).is_err());
        altered.remove(position);
        assert!(verify_inclusion(&leaf, at, &head, &altered).is_err());
    }
    let old = tree.head_at(TreeSize::new(u64::from(*old).min(size))).expect("a size of this tree");
    let Ok(link) = consistency_proof(&tree, old.size, head.size) else { return };
    // Every tree extends the empty one: that is no evidence, and is refused.
    assert_eq!(verify_consistency(&old, &head, &link).is_ok(), old.size.value() > 0);
    let forked = TreeHead { size: old.size, root: wrong };
    assert!(verify_consistency(&forked, &head, &link).is_err());
}

/// Policies print to a text that reads as the same policy. A trust policy holds what its rules promise.
pub fn policy(data: &[u8]) {
    if let Ok(policy) = Policy::parse(data) {
        assert_eq!(Policy::parse(policy.to_text().as_bytes()).as_ref(), Ok(&policy));
    }
    for f in [None, Some(0), Some(1)] {
        let Ok(trust) = TrustPolicy::parse(data, f) else { continue };
        assert_eq!(trust.as_bytes(), data);
        assert!(2 * trust.k() > trust.n() + trust.f(), "two quorums need share no honest organisation");
        assert!(trust.k() <= trust.n());
    }
}

/// Verifier keys have one spelling.
pub fn verifier_key(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(key) = VerifierKey::parse(text) else { return };
    assert_eq!(key.to_string(), text);
}

/// A witness's requests print back; its answers read as what they say.
pub fn witness_message(data: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(data) {
        assert_eq!(request.to_bytes(), data);
    }
    for status in [200, 400, 403, 404, 409, 422, 500] {
        let Ok(answer) = AddCheckpointAnswer::parse(status, data) else { continue };
        assert_eq!(answer.status(), status);
        assert_eq!(AddCheckpointAnswer::parse(status, answer.body().as_bytes()).as_ref(), Ok(&answer));
        if matches!(status, 200 | 409) {
            assert_eq!(answer.body().as_bytes(), data);
        }
    }
}
