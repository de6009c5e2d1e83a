//! Offline proofs (`c2sp.org/tlog-proof@v1`).

use proptest::prelude::*;

use super::policies::{log_line, witness_line};
use super::*;

fn policy() -> Policy {
    let text =
        format!("{}{}{}group g all a b\nquorum g\n", log_line("log.example"), witness_line("a"), witness_line("b"));
    Policy::parse(text.as_bytes()).unwrap()
}

fn proof(index: u64, size: u64, by: &[(&str, u64)]) -> LogProof {
    let index = LeafIndex::new(index);
    let hashes = inclusion_proof(&tree(size), index, TreeSize::new(size)).unwrap();
    LogProof::new(index, hashes, signed("log.example", size, by)).unwrap()
}

const BOTH: &[(&str, u64)] = &[("a", 10), ("b", 20)];

#[test]
fn proof_text_is_literally_that_of_the_specification() {
    let proof = proof(1, 3, BOTH).with_extra(b"hi").unwrap();
    let leaves = leaves(3);
    let expected = format!(
        "c2sp.org/tlog-proof@v1\nextra aGk=\nindex 1\n{}\n{}\n\n{}",
        leaves[0].to_base64(), // the sibling
        leaves[2].to_base64(), // the root's other child
        proof.checkpoint().note()
    );
    assert_eq!(String::from_utf8(proof.to_bytes()).unwrap(), expected);
    assert_eq!(LogProof::parse(expected.as_bytes()), Ok(proof.clone()));
    assert_eq!(proof.unauthenticated_extra(), Some(b"hi".as_slice()));
    let bare = proof.with_extra(b"").unwrap();
    assert_eq!(bare.to_bytes(), expected.replace("extra aGk=\n", "").into_bytes());
}

#[test]
fn proof_verifies_leaf_log_quorum_and_hashes() {
    let (policy, leaves) = (policy(), leaves(9));
    let good = proof(4, 9, BOTH);
    let cosigned = good.verify(&leaves[4], &policy).unwrap();
    assert_eq!(policy.not_after(&cosigned.times), Some(Timestamp::new(20)));
    assert!(matches!(good.verify(&leaves[5], &policy), Err(VerifyError::Proof(_))));
    assert!(matches!(proof(4, 9, &BOTH[..1]).verify(&leaves[4], &policy), Err(VerifyError::QuorumNotMet { .. })));
    // The incidents: a valid path to a root that nobody, a stranger, or another log signed.
    let path = || good.hashes().to_vec();
    let foreign = LogProof::new(good.index(), path(), signed("evil.example", 9, BOTH)).unwrap();
    assert!(matches!(foreign.verify(&leaves[4], &policy), Err(VerifyError::UnknownLog { .. })));
    let unsigned =
        Note::assemble(good.checkpoint().note().text(), &good.checkpoint().note().signatures()[1..]).unwrap();
    let unsigned = LogProof::new(good.index(), path(), SignedCheckpoint::from_note(unsigned).unwrap()).unwrap();
    assert!(matches!(unsigned.verify(&leaves[4], &policy), Err(VerifyError::NoLogSignature { .. })));
    let moved = LogProof::new(LeafIndex::new(5), path(), good.checkpoint().clone()).unwrap();
    assert!(moved.verify(&leaves[4], &policy).is_err());
}

#[test]
fn proof_rejects_every_second_spelling() {
    let text = String::from_utf8(proof(1, 3, BOTH).with_extra(b"hi").unwrap().to_bytes()).unwrap();
    let hash = leaves(3)[0].to_base64();
    for (from, to) in [
        ("@v1", "@v2"),
        ("@v1\n", "@v1\r\n"),
        ("@v1\n", "@v1 \n"),
        ("c2sp.org", " c2sp.org"),
        ("extra aGk=", "extra aGk"),
        ("extra aGk=", "extra "),
        ("extra aGk=", "extra"),
        ("extra aGk=", "extra aGk=\nextra aGk="),
        ("extra aGk=\nindex 1", "index 1\nextra aGk="),
        ("index 1", "index 01"),
        ("index 1", "index +1"),
        ("index 1", "index  1"),
        ("index 1", "Index 1"),
        ("index 1\n", ""),
        ("\n\nlog.example", "\nlog.example"),
        ("\n\nlog.example", "\n\n\nlog.example"),
        (&hash, "x"),
        (&hash, &hash[..43]),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert!(LogProof::parse(changed.as_bytes()).is_err(), "{from:?} -> {to:?}");
    }
    for cut in 0..text.len() {
        if let Ok(cut) = LogProof::parse(&text.as_bytes()[..cut]) {
            assert!(cut.verify(&leaves(3)[1], &policy()).is_err());
        }
    }
}

#[test]
fn proof_has_at_most_63_hashes_and_64_kib_of_extra() {
    let signed = signed("log.example", 1, &[]);
    let with = |count| LogProof::new(LeafIndex::ZERO, vec![empty_root(); count], signed.clone());
    let most = with(63).unwrap().with_extra(&[7; MAX_PROOF_EXTRA_BYTES]).unwrap();
    assert!(with(64).is_err());
    assert!(with(0).unwrap().with_extra(&[7; MAX_PROOF_EXTRA_BYTES + 1]).is_err());
    let text = String::from_utf8(most.to_bytes()).unwrap();
    assert_eq!(LogProof::parse(text.as_bytes()), Ok(most));
    let hash = empty_root().to_base64();
    let more = text.replacen(&hash, &format!("{hash}\n{hash}"), 1);
    assert!(LogProof::parse(more.as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_flipped_bit_in_a_proof_is_noticed(size in 1_u64..40, at in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let index = at.index(size as usize) as u64;
        let (proof, leaf) = (proof(index, size, BOTH), leaves(size)[index as usize]);
        let mut bytes = proof.to_bytes();
        prop_assert_eq!(&LogProof::parse(&bytes).unwrap(), &proof);
        proof.verify(&leaf, &policy()).unwrap();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(flipped) = LogProof::parse(&bytes) {
            prop_assert_eq!(flipped.to_bytes(), bytes);
            prop_assert!(flipped.verify(&leaf, &policy()).is_err());
        }
    }
}
