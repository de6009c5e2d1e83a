//! Cosignatures (type 0x04).

use super::*;

#[test]
fn cosignature_message_is_literally_that_of_the_specification() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let expected = b"cosignature/v1\n\
        time 1679315147\n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert_eq!(cosignature_message(text, Timestamp::new(1_679_315_147)), expected);
}

#[test]
fn cosignature_line_is_time_and_signature() {
    let (signed, signer) = (signed("log.example", 3, &[]), witness("w.example"));
    let line = signer.sign(signed.note().text(), Timestamp::new(0x6418_50cb)).unwrap();
    assert_eq!(line.payload().len(), 72);
    assert_eq!(line.payload()[..8], [0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb]);
    // The line of the specification's example, taken apart: key ID, then the same layout.
    let example = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
    let example = SignatureLine::parse(example).unwrap();
    assert_eq!(example.key_id().to_string(), "8d66cf3f");
    assert_eq!(example.payload()[..8], line.payload()[..8]);
    assert_eq!(example.payload().len(), 72);
}

#[test]
fn cosignature_gives_its_time() {
    let note = signed("log.example", 3, &[("w.example", 1_700_000_000)]);
    let key = witness("w.example").verifier_key().clone();
    assert_eq!(verify_cosignature(&key, note.note()), Ok(Some(Timestamp::new(1_700_000_000))));
    assert_eq!(verify_cosignature(witness("v.example").verifier_key(), note.note()), Ok(None));
    assert!(verify_cosignature(log("log.example").verifier_key(), note.note()).is_err());
}

#[test]
fn cosignature_of_a_known_key_that_fails_spoils_the_note() {
    let note = signed("log.example", 3, &[("w.example", 1_700_000_000)]);
    let key = witness("w.example").verifier_key().clone();
    let forged = altered(&note, "\n3\n", "\n4\n");
    assert!(matches!(verify_cosignature(&key, forged.note()), Err(VerifyError::BadSignature { .. })));
    let good = note.note().signatures()[1].payload().to_vec();
    let mut other_time = good.clone();
    other_time[7] ^= 1;
    let mut huge_time = good.clone();
    huge_time[0] = 0x80;
    for payload in [vec![1], good[..71].to_vec(), [&good[..], &[0]].concat(), other_time, huge_time] {
        let line = SignatureLine::new(key.name().clone(), key.key_id(), payload).unwrap();
        let spoiled = signed("log.example", 3, &[]).with_signature(&line).unwrap();
        assert!(matches!(verify_cosignature(&key, spoiled.note()), Err(VerifyError::BadSignature { .. })));
    }
}

#[test]
fn two_cosignatures_of_one_witness_in_one_note_are_refused() {
    let note = signed("log.example", 3, &[("w.example", 10), ("w.example", 20)]);
    let result = verify_cosignature(witness("w.example").verifier_key(), note.note());
    assert!(matches!(result, Err(VerifyError::DuplicateCosignature { .. })));
}

#[test]
fn ml_dsa_key_counts_as_unknown() {
    let key = VerifierKey::new(name("pq.example"), KeyAlgorithm::CosignatureMlDsa44, &[3; 1312]).unwrap();
    let line = SignatureLine::new(key.name().clone(), key.key_id(), vec![0; 2428]).unwrap();
    let note = signed("log.example", 3, &[]).with_signature(&line).unwrap();
    assert_eq!(verify_cosignature(&key, note.note()), Ok(None));
}

#[test]
fn cosigner_signs_nothing_but_checkpoints() {
    for text in ["", "hello\n", "time 5\nlog\n1\n", "a\n1\n\n"] {
        assert!(witness("w").sign(text, Timestamp::ZERO).is_err(), "signed {text:?}");
    }
}

#[test]
fn signatures_are_deterministic_so_recovery_signs_the_same_bytes() {
    let text = checkpoint("log.example", 7).to_text();
    assert_eq!(log("log.example").sign(&text), log("log.example").sign(&text));
    let time = Timestamp::new(9);
    assert_eq!(witness("w").sign(&text, time), witness("w").sign(&text, time));
}

/// Made by another implementation (Python's `cryptography` over OpenSSL 3): seeds 00…1f and 20…3f, entries "a" and "b".
#[test]
fn cosigned_checkpoint_is_byte_for_byte_that_of_openssl() {
    let (log_seed, witness_seed) = (std::array::from_fn(|i| i as u8), std::array::from_fn(|i| i as u8 + 32));
    let log = NoteSigner::from_seed(name("log.example"), &log_seed).unwrap();
    let witness = CosignatureSigner::from_seed(name("witness.example"), &witness_seed).unwrap();
    let log_key = "log.example+b252d0cf+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    let witness_key = "witness.example+790a8a0d+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
    assert_eq!(log.verifier_key().to_string(), log_key);
    assert_eq!(witness.verifier_key().to_string(), witness_key);

    let tree: MemoryTree = [leaf_hash(b"a"), leaf_hash(b"b")].into_iter().collect();
    let checkpoint = Checkpoint::new(Origin::new("log.example").unwrap(), tree.head());
    let signed = SignedCheckpoint::sign(&checkpoint, &log).unwrap();
    let line = witness.sign(signed.note().text(), Timestamp::new(1_679_315_147)).unwrap();
    let cosigned = signed.with_signature(&line).unwrap();
    let expected = "log.example\n\
        2\n\
        sTeYX/SE+2ANuTEHx3sDZcgNePW0Kd7Q/Zc2HQd5mes=\n\
        \n\
        — log.example slLQz91yw9C/R7mBc51gztzVvWvcIC69Bm5EPICBU1PH5DD3euEeaArYDqfY+JHeJ8XjLE30sYncDgy+Op/9V/so3gY=\n\
        — witness.example eQqKDQAAAABkGFDL66OI/Unm+i0Dlfydzkfk/6ue22HbKHHkiKfaycKClIoEDwwq3M7nqGis+rvxQp8BIXD3oWhAN9J7fde2J8QHCQ==\n";
    assert_eq!(cosigned.note().as_str(), expected);

    let payload: String = line.payload().iter().map(|byte| format!("{byte:02x}")).collect();
    let layout = [
        "00000000641850cb",                                                 // time, u64 big-endian
        "eba388fd49e6fa2d0395fc9dce47e4ffab9edb61db2871e488a7dac9c282948a", // R
        "040f0c2adccee7a868acfabbf1429f012170f7a1684037d27b7dd7b627c40709", // S
    ];
    assert_eq!(line.key_id().to_string(), "790a8a0d"); // key ID, u32 big-endian
    assert_eq!(payload, layout.concat());
}
