//! Signed notes and checkpoints.

use proptest::prelude::*;

use super::keys::SPEC_KEY;
use super::*;

const SPEC_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn note_of_the_specification_verifies_and_keeps_its_bytes() {
    let (note, key) = (Note::parse(SPEC_NOTE.as_bytes()).unwrap(), VerifierKey::parse(SPEC_KEY).unwrap());
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.as_bytes(), SPEC_NOTE.as_bytes());
    assert_eq!(note.verify_signature(&key), Ok(true));
    let again = Note::assemble(note.text(), note.signatures()).unwrap();
    assert_eq!(again, note);
    let forged = Note::parse(SPEC_NOTE.replace("example message", "exampel message").as_bytes()).unwrap();
    assert!(matches!(forged.verify_signature(&key), Err(VerifyError::BadSignature { .. })));
    assert_eq!(note.verify_signature(log("other.example").verifier_key()), Ok(false));
    assert!(matches!(note.verify_signature(witness("w").verifier_key()), Err(VerifyError::Algorithm { .. })));
}

#[test]
fn note_signature_covers_the_text_alone() {
    let signer = log("a.example");
    let line = signer.sign("one\n\ntwo\n").unwrap();
    assert!(signer.verifier_key().verifies(b"one\n\ntwo\n", line.payload()));
    assert_eq!(line.payload().len(), 64);
    let note = Note::assemble("one\n\ntwo\n", &[line]).unwrap();
    assert_eq!(note.text(), "one\n\ntwo\n");
    for text in ["", "no newline", "tab\t\n", "cr\r\n", "nul\0\n"] {
        assert!(signer.sign(text).is_err(), "signed {text:?}");
        assert!(Note::assemble(text, note.signatures()).is_err(), "assembled {text:?}");
    }
    assert!(Note::assemble("one\n", &[]).is_err());
}

#[test]
fn same_name_or_same_id_alone_is_another_key() {
    let key = VerifierKey::parse(SPEC_KEY).unwrap();
    let mut noise = SPEC_NOTE.to_owned();
    let other_id = SignatureLine::new(key.name().clone(), KeyId::new(7), vec![1; 64]).unwrap();
    let other_name = SignatureLine::new(name("example.com/fo"), key.key_id(), vec![1; 64]).unwrap();
    noise.push_str(&format!("{other_id}\n{other_name}\n"));
    assert_eq!(Note::parse(noise.as_bytes()).unwrap().verify_signature(&key), Ok(true));
    // One bad line of the known key spoils the note, wherever it stands.
    let bad = SignatureLine::new(key.name().clone(), key.key_id(), vec![1; 64]).unwrap();
    let spoiled = Note::parse(SPEC_NOTE.as_bytes()).unwrap().with_signature(&bad).unwrap();
    assert!(spoiled.verify_signature(&key).is_err());
}

#[test]
fn note_rejects_what_is_not_exactly_a_note() {
    let line = SPEC_NOTE.lines().last().unwrap();
    for note in [
        String::new(),
        "\n".into(),
        "text\n".into(),
        "text\n\n".into(),
        format!("text\n{line}\n"),
        format!("text\n\n{line}"),
        format!("text\n\n{line}\n "),
        format!("text\n\n{line}\nmore\n"),
        format!("text\n\n{line}\n\n"),
        format!("text\r\n\n{line}\n"),
        format!("te\txt\n\n{line}\n"),
        format!("text\n\n{}\n", line.replace('—', "-")),
        format!("text\n\n{}\n", line.replace("— ", "—")),
        format!("text\n\n{}\n", line.replace("— ", "—  ")),
        format!("text\n\n{}\n", line.replace("foo ", "foo  ")),
        format!("text\n\n{}\n", line.replace("foo ", "foo+a ")),
        format!("text\n\n{}\n", line.replace("foo ", "foo\u{a0}a ")),
        format!("text\n\n{line} \n"),
        format!("text\n\n{}\n", line.trim_end_matches('=')),
        format!("text\n\n{}\n", line.replace("QM=", "QN=")),
        "text\n\n— a AAAAAA==\n".into(),
        "text\n\n— a AAAA\n".into(),
        "text\n\n— a \n".into(),
        "text\n\n— a\n".into(),
    ] {
        assert!(Note::parse(note.as_bytes()).is_err(), "accepted {note:?}");
    }
    assert!(Note::parse(b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAA=\n").is_err());
    assert!(Note::parse("text\n\n— a AAAAAAA=\n".as_bytes()).is_ok());
    // The empty line may be the whole text.
    assert_eq!(Note::parse("\n\n— a AAAAAAA=\n".as_bytes()).unwrap().text(), "\n");
}

#[test]
fn note_takes_100_signatures_and_a_million_bytes() {
    let lines = |count| "— a AAAAAAA=\n".repeat(count);
    assert_eq!(Note::parse(format!("t\n\n{}", lines(100)).as_bytes()).unwrap().signatures().len(), 100);
    let error = Note::parse(format!("t\n\n{}", lines(101)).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "note has 101 signatures, the limit is 100");
    let largest = format!("{}\n\n{}", "t".repeat(MAX_NOTE_BYTES - 2 - lines(1).len()), lines(1));
    assert!(Note::parse(largest.as_bytes()).is_ok());
    assert!(Note::parse(format!("t{largest}").as_bytes()).is_err());
}

#[test]
fn checkpoint_text_is_three_lines() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(text).unwrap();
    assert_eq!(checkpoint.origin.as_str(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.head.size, TreeSize::new(20_852_163));
    assert_eq!(checkpoint.head.root.to_base64(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!(checkpoint.to_text(), text);
    let extended = Checkpoint::parse(&format!("{text}one\ntwo  x\n")).unwrap();
    assert_eq!(extended.extensions, ["one", "two  x"]);
}

#[test]
fn checkpoint_rejects_what_is_not_exactly_one() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for text in [
        String::new(),
        "a\n".into(),
        "a\n1\n".into(),
        format!("a\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("a\n01\n{root}\n"),
        format!("a\n+1\n{root}\n"),
        format!("a\n1 \n{root}\n"),
        format!("a\n\n{root}\n"),
        format!("a\n9223372036854775808\n{root}\n"),
        format!("a\n1\n{}\n", root.trim_end_matches('=')),
        format!("a\n1\n{root}\n\n"),
        format!("a\n1\n{root}\n\nx\n"),
        format!("a\n1\n{root}\nx"),
        format!("a\n1\n{root}\nx\r\n"),
        format!("{}\n1\n{root}\n", "a".repeat(256)),
    ] {
        assert!(Checkpoint::parse(&text).is_err(), "accepted {text:?}");
    }
}

#[test]
fn log_signature_must_be_of_the_origin_itself() {
    let checkpoint = signed("log.example", 5, &[]);
    let key = log("log.example").verifier_key().clone();
    assert_eq!(checkpoint.clone().verify_log(&key).unwrap().head(), tree(5).head());
    let other = log("other.example").verifier_key().clone();
    assert!(matches!(checkpoint.clone().verify_log(&other), Err(VerifyError::OtherOrigin { .. })));
    let rotated = NoteSigner::from_seed(name("log.example"), &[9; 32]).unwrap();
    let unknown = checkpoint.clone().verify_log(rotated.verifier_key());
    assert!(matches!(unknown, Err(VerifyError::NoLogSignature { .. })));
    let cosigner = VerifierKey::new(name("log.example"), KeyAlgorithm::CosignatureEd25519, key.public_key()).unwrap();
    assert!(matches!(checkpoint.clone().verify_log(&cosigner), Err(VerifyError::Algorithm { .. })));
    for (from, to) in [("\n5\n", "\n6\n"), ("log.example\n5", "log.example\n05")] {
        let forged = checkpoint.note().as_str().replacen(from, to, 1);
        let result = SignedCheckpoint::parse(forged.as_bytes()).map(|forged| forged.verify_log(&key));
        assert!(!matches!(result, Ok(Ok(_))), "accepted {forged:?}");
    }
}

#[test]
fn signer_refuses_another_origin_and_extensions_that_are_not_lines() {
    let signer = log("log.example");
    assert!(SignedCheckpoint::sign(&checkpoint("other.example", 1), &signer).is_err());
    for extension in ["", "a\nb", "a\n\n— x AAAAAAA=", "a\r"] {
        let odd = Checkpoint { extensions: vec![extension.into()], ..checkpoint("log.example", 1) };
        assert!(SignedCheckpoint::sign(&odd, &signer).is_err(), "signed {extension:?}");
    }
}

#[test]
fn size_0_with_a_foreign_root_is_refused_although_signed() {
    let head = TreeHead { size: TreeSize::ZERO, root: leaf_hash(b"") };
    let signer = log("log.example");
    let odd = Checkpoint::new(Origin::new("log.example").unwrap(), head);
    let odd = SignedCheckpoint::sign(&odd, &signer).unwrap();
    assert!(matches!(odd.verify_log(signer.verifier_key()), Err(VerifyError::Proof(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn note_round_trips(
        text in "([ -~é]{0,12}\n){1,6}",
        lines in prop::collection::vec(("[a-zé/.]{1,8}", any::<u32>(), prop::collection::vec(any::<u8>(), 1..80)), 1..5),
    ) {
        let lines: Vec<_> =
            lines.into_iter().map(|(who, id, payload)| SignatureLine::new(name(&who), KeyId::new(id), payload).unwrap()).collect();
        let note = Note::assemble(&text, &lines).unwrap();
        prop_assert_eq!(note.text(), text);
        prop_assert_eq!(note.signatures(), lines);
        prop_assert_eq!(&Note::parse(note.as_bytes()).unwrap(), &note);
    }

    #[test]
    fn note_that_parses_prints_back(bytes in "[at\n ]{0,6}\n\n(— [ab+ ]{1,2} [AQ=+]{4,8}\n){0,3}") {
        if let Ok(note) = Note::parse(bytes.as_bytes()) {
            prop_assert_eq!(note.as_str(), &bytes);
            prop_assert_eq!(Note::assemble(note.text(), note.signatures()).unwrap(), note);
        }
    }

    #[test]
    fn checkpoint_that_parses_prints_back(text in "[a ]{0,2}\n[0-9]{0,3}\n(47DEQpj8HBSa\\+/TImW\\+5JCeuQeRkm5NMpJWZG3hSuFU=|x)\n([ -~]{0,3}\n){0,2}") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_text(), text);
        }
    }

    #[test]
    fn any_flipped_bit_in_a_signed_checkpoint_is_noticed(size in 0_u64..50, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let signed = signed("log.example", size, &[]);
        let mut bytes = signed.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(flipped) = SignedCheckpoint::parse(&bytes) {
            prop_assert!(flipped.verify_log(log("log.example").verifier_key()).is_err());
        }
    }
}
