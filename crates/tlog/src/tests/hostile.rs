//! No bytes whatever make a parser panic, and what parses prints back.

use proptest::prelude::*;

use super::*;

/// Every parser, on the same bytes.
fn parse_all(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.as_bytes(), bytes);
        assert_eq!(Note::assemble(note.text(), note.signatures()).unwrap(), note);
    }
    if let Ok(signed) = SignedCheckpoint::parse(bytes) {
        assert_eq!(signed.as_bytes(), bytes);
        assert_eq!(signed.checkpoint().to_text(), signed.note().text());
    }
    if let Ok(proof) = LogProof::parse(bytes) {
        assert_eq!(proof.to_bytes(), bytes);
    }
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        assert_eq!(Policy::parse(policy.to_text().as_bytes()), Ok(policy));
    }
    if let Ok(tile) = Tile::parse(bytes) {
        assert_eq!(tile.to_bytes(), bytes);
    }
    if let Ok(bundle) = EntryBundle::parse(bytes) {
        assert_eq!(bundle.to_bytes(), bytes);
    }
    let _ = TrustPolicy::parse(bytes, None);
    for status in [200, 409] {
        if let Ok(answer) = AddCheckpointAnswer::parse(status, bytes) {
            assert_eq!(answer.body().as_bytes(), bytes);
        }
    }
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_text(), text);
    }
    if let Ok(line) = SignatureLine::parse(text) {
        assert_eq!(line.to_string(), text);
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(coord) = TileCoord::parse(text) {
        assert_eq!(coord.path(), text);
    }
    if let Ok(hash) = Hash::parse_base64(text) {
        assert_eq!(hash.to_base64(), text);
    }
    if let Ok(hash) = Hash::parse_hex(text) {
        assert_eq!(hash.to_hex(), text);
    }
    let _ = (KeyName::new(text), Origin::new(text), TreeSize::parse(text));
}

/// One good example of each format.
fn examples() -> Vec<Vec<u8>> {
    let note = signed("log.example", 5, &[("a", 1)]);
    let proof = inclusion_proof(&tree(5), LeafIndex::new(2), TreeSize::new(5)).unwrap();
    let request = AddCheckpoint { old: TreeSize::new(3), proof: proof.clone(), checkpoint: note.clone() };
    let key = witness("a").verifier_key().to_string();
    let policy = format!("log {}\nwitness a {key}\ngroup g all a\nquorum g\n", log("log.example").verifier_key());
    vec![
        note.as_bytes().to_vec(),
        note.note().text().into(),
        note.note().signatures()[1].to_string().into(),
        AddCheckpointAnswer::Cosigned(note.note().signatures().to_vec()).body().into(),
        LogProof::new(LeafIndex::new(2), proof, note).unwrap().with_extra(b"x").unwrap().to_bytes(),
        request.to_bytes(),
        key.into(),
        policy.into(),
        b"tile/0/x001/067.p/5".to_vec(),
        b"20852014\n".to_vec(),
        EntryBundle::new(vec![b"ab", b"", b"c"]).unwrap().to_bytes(),
    ]
}

#[test]
fn every_truncation_of_every_format_is_read_without_panic() {
    for example in examples() {
        for cut in 0..=example.len() {
            parse_all(&example[..cut]);
        }
    }
}

#[test]
fn texts_in_errors_are_cut() {
    let long = "é".repeat(400_000);
    for error in [
        TreeSize::parse(&long).unwrap_err(),
        KeyName::new(&long).unwrap_err(),
        Origin::new(&long).unwrap_err(),
        VerifierKey::parse(&long).unwrap_err(),
        TileCoord::parse(&long).unwrap_err(),
        Hash::parse_base64(&long).unwrap_err(),
        Policy::parse(format!("{long}\n").as_bytes()).unwrap_err(),
    ] {
        assert!(error.to_string().len() < 400, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        parse_all(&bytes);
    }

    #[test]
    fn changed_examples_are_read_without_panic(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        removed in 0_usize..4,
        inserted in prop_oneof![
            Just(String::new()), Just("\n".into()), Just(" ".into()), Just("\r".into()), Just("—".into()),
            Just("+".into()), Just("=".into()), Just("\u{a0}".into()), Just("0".into()), "\\PC{1,3}",
        ],
    ) {
        let examples = examples();
        let mut bytes = examples[which.index(examples.len())].clone();
        let at = at.index(bytes.len());
        let end = (at + removed).min(bytes.len());
        bytes.splice(at..end, inserted.into_bytes());
        parse_all(&bytes);
    }
}
