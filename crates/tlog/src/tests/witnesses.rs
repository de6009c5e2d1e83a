//! Asking for a cosignature, and deciding.

use super::*;

const LOG: &str = "log.example";

fn keys() -> Vec<VerifierKey> {
    vec![log("other.example").verifier_key().clone(), log(LOG).verifier_key().clone()]
}

fn state(size: u64) -> WitnessState {
    WitnessState { head: Some(tree(size).head()) }
}

fn request(old: u64, new: u64) -> AddCheckpoint {
    let proof = consistency_proof(&tree(new.max(old)), TreeSize::new(old), TreeSize::new(new)).unwrap_or_default();
    AddCheckpoint { old: TreeSize::new(old), proof, checkpoint: signed(LOG, new, &[]) }
}

fn status(state: &WitnessState, request: &AddCheckpoint) -> u16 {
    decide(state, &keys(), request).map_or_else(|refusal| refusal.answer().status(), |_| 200)
}

#[test]
fn request_is_old_size_proof_and_checkpoint() {
    let request = request(2, 3);
    let expected = format!("old 2\n{}\n\n{}", leaves(3)[2].to_base64(), request.checkpoint.note());
    assert_eq!(String::from_utf8(request.to_bytes()).unwrap(), expected);
    assert_eq!(AddCheckpoint::parse(expected.as_bytes()), Ok(request));
}

#[test]
fn request_rejects_every_second_spelling() {
    let text = String::from_utf8(request(2, 3).to_bytes()).unwrap();
    let hash = leaves(3)[2].to_base64();
    for (from, to) in [
        ("old 2", "old +2"),
        ("old 2", "old 02"),
        ("old 2", "old  2"),
        ("old 2", "old"),
        ("old 2", "Old 2"),
        ("old 2\n", "old 2\r\n"),
        ("old 2\n", ""),
        (&hash, &hash[..43]),
        ("\n\nlog", "\nlog"),
        ("\n\nlog", "\n\n\nlog"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert!(AddCheckpoint::parse(changed.as_bytes()).is_err(), "{from:?} -> {to:?}");
    }
    let most = text.replacen(&format!("{hash}\n"), &format!("{hash}\n").repeat(63), 1);
    assert_eq!(AddCheckpoint::parse(most.as_bytes()).unwrap().proof.len(), 63);
    let more = text.replacen(&format!("{hash}\n"), &format!("{hash}\n").repeat(64), 1);
    assert!(AddCheckpoint::parse(more.as_bytes()).is_err());
}

#[test]
fn witness_cosigns_what_extends_its_state() {
    for (stored, new) in [(0, 0), (0, 1), (0, 7), (1, 2), (3, 3), (3, 7), (4, 8), (7, 300)] {
        let before = if stored == 0 { WitnessState::default() } else { state(stored) };
        let request = request(stored, new);
        let decision = decide(&before, &keys(), &request).unwrap();
        assert_eq!(decision.state, state(new), "{stored} -> {new}");
        assert_eq!(decision.text(), request.checkpoint.note().text());
    }
    // Size 0 cosigned, then grown.
    assert_eq!(status(&state(0), &request(0, 5)), 200);
}

#[test]
fn witness_refuses_in_the_order_of_the_specification() {
    let unknown = AddCheckpoint { checkpoint: signed("evil.example", 7, &[]), ..request(3, 7) };
    assert_eq!(status(&state(3), &unknown), 404);
    let text_only = SignatureLine::new(name("x"), KeyId::new(1), vec![1]).unwrap();
    let unsigned = Note::assemble(request(3, 7).checkpoint.note().text(), &[text_only]).unwrap();
    let unsigned = AddCheckpoint { checkpoint: SignedCheckpoint::from_note(unsigned).unwrap(), ..request(9, 7) };
    assert_eq!(status(&state(3), &unsigned), 403);
    let forged = AddCheckpoint { checkpoint: altered(&signed(LOG, 7, &[]), "\n7\n", "\n8\n"), ..request(3, 7) };
    assert_eq!(status(&state(3), &forged), 403);
    // Old above new is 400 even where it also differs from the stored size.
    assert_eq!(status(&state(3), &request(9, 7)), 400);
    assert_eq!(status(&state(3), &request(4, 7)), 409);
    assert_eq!(status(&state(3), &request(0, 7)), 409);
    assert_eq!(status(&WitnessState::default(), &request(3, 7)), 409);
    let refusal = decide(&state(3), &keys(), &request(0, 7)).unwrap_err();
    assert_eq!(refusal.answer(), AddCheckpointAnswer::Conflict(TreeSize::new(3)));
    // Never backwards, however well signed.
    assert_eq!(status(&state(7), &request(3, 3)), 409);
    assert_eq!(status(&state(7), &request(7, 3)), 400);
}

#[test]
fn witness_refuses_proofs_that_do_not_hold() {
    let good = request(3, 7);
    for proof in [
        vec![],
        good.proof[1..].to_vec(),
        [&good.proof[..], &[empty_root()]].concat(),
        vec![empty_root(); good.proof.len()],
    ] {
        assert_eq!(status(&state(3), &AddCheckpoint { proof, ..good.clone() }), 422);
    }
    let extra = AddCheckpoint { proof: vec![empty_root()], ..request(0, 7) };
    assert_eq!(status(&WitnessState::default(), &extra), 422);
    let extra = AddCheckpoint { proof: vec![empty_root()], ..request(3, 3) };
    assert_eq!(status(&state(3), &extra), 422);
    assert!(!decide(&state(3), &keys(), &extra).unwrap_err().is_misbehaviour());
    // Another tree of the same length as the one cosigned.
    let other = WitnessState { head: Some(TreeHead { root: leaf_hash(b"other"), ..tree(3).head() }) };
    assert_eq!(status(&other, &good), 422);
}

#[test]
fn one_size_with_two_roots_is_422_and_misbehaviour() {
    let other = WitnessState { head: Some(TreeHead { root: leaf_hash(b"other"), ..tree(3).head() }) };
    let refusal = decide(&other, &keys(), &request(3, 3)).unwrap_err();
    assert_eq!(refusal.answer(), AddCheckpointAnswer::Unprocessable);
    assert!(refusal.is_misbehaviour());
}

#[test]
fn size_0_with_a_root_is_422() {
    let head = TreeHead { size: TreeSize::ZERO, root: leaf_hash(b"") };
    let odd = Checkpoint::new(Origin::new(LOG).unwrap(), head);
    let odd = AddCheckpoint { checkpoint: SignedCheckpoint::sign(&odd, &log(LOG)).unwrap(), ..request(0, 0) };
    assert_eq!(status(&WitnessState::default(), &odd), 422);
    assert_eq!(status(&state(0), &odd), 422);
}

#[test]
fn stored_note_has_the_verified_log_lines_only() {
    let own = witness("me.example");
    // Somebody writes lines in the witness's own name, strangers' lines, and the log's line twice.
    let clean = signed(LOG, 5, &[]);
    let line = clean.note().signatures()[0].clone();
    let own_forged =
        SignatureLine::new(own.verifier_key().name().clone(), own.verifier_key().key_id(), vec![0; 72]).unwrap();
    let stranger = SignatureLine::new(name("x.example"), KeyId::new(1), vec![1; 64]).unwrap();
    let dirty =
        [own_forged, stranger, line].iter().fold(clean.clone(), |note, line| note.with_signature(line).unwrap());
    let decision =
        decide(&WitnessState::default(), &keys(), &AddCheckpoint { checkpoint: dirty, ..request(0, 5) }).unwrap();
    assert_eq!(decision.checkpoint, clean);
    assert_eq!(SignedCheckpoint::parse(decision.checkpoint.as_bytes()), Ok(decision.checkpoint.clone()));
    // And the cosigned note verifies.
    let cosignature = own.sign(decision.text(), Timestamp::new(5)).unwrap();
    let note = decision.checkpoint.with_signature(&cosignature).unwrap();
    assert_eq!(verify_cosignature(own.verifier_key(), note.note()), Ok(Some(Timestamp::new(5))));
}

#[test]
fn log_with_two_keys_may_use_either_and_spoil_neither() {
    let rotated = NoteSigner::from_seed(name(LOG), &[9; 32]).unwrap();
    let keys = [keys(), vec![rotated.verifier_key().clone()]].concat();
    let both = signed(LOG, 5, &[]);
    let both = both.with_signature(&rotated.sign(both.note().text()).unwrap()).unwrap();
    let decision =
        decide(&WitnessState::default(), &keys, &AddCheckpoint { checkpoint: both.clone(), ..request(0, 5) });
    assert_eq!(decision.unwrap().checkpoint, both);
    let bad = SignatureLine::new(name(LOG), rotated.verifier_key().key_id(), vec![0; 64]).unwrap();
    let spoiled = AddCheckpoint { checkpoint: signed(LOG, 5, &[]).with_signature(&bad).unwrap(), ..request(0, 5) };
    let refusal = decide(&WitnessState::default(), &keys, &spoiled).unwrap_err();
    assert_eq!(refusal.answer(), AddCheckpointAnswer::Forbidden);
}

#[test]
fn answers_are_literally_those_of_the_specification() {
    let signed = signed(LOG, 5, &[("w1", 1), ("w2", 2)]);
    let lines = signed.note().signatures()[1..].to_vec();
    let cosigned = AddCheckpointAnswer::Cosigned(lines.clone());
    assert_eq!(cosigned.body(), format!("{}\n{}\n", lines[0], lines[1]));
    let conflict = AddCheckpointAnswer::Conflict(TreeSize::new(20_852_014));
    assert_eq!(
        (conflict.status(), conflict.content_type(), conflict.body().as_str()),
        (409, "text/x.tlog.size", "20852014\n")
    );
    let answers = [
        (cosigned, 200),
        (AddCheckpointAnswer::Malformed, 400),
        (AddCheckpointAnswer::Forbidden, 403),
        (AddCheckpointAnswer::UnknownOrigin, 404),
        (conflict, 409),
        (AddCheckpointAnswer::Unprocessable, 422),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status(), status);
        assert_eq!(AddCheckpointAnswer::parse(status, answer.body().as_bytes()), Ok(answer));
    }
}

#[test]
fn client_rejects_answers_that_are_none() {
    for (status, body) in [
        (200, ""),
        (200, "hello\n"),
        (200, "— a AAAAAAA="),
        (200, "— a AAAAAAA=\n\n"),
        (409, ""),
        (409, "5"),
        (409, "05\n"),
        (409, "5\n\n"),
        (409, "5\r\n"),
        (500, ""),
        (201, "— a AAAAAAA=\n"),
    ] {
        assert!(AddCheckpointAnswer::parse(status, body.as_bytes()).is_err(), "accepted {status} {body:?}");
    }
    assert!(AddCheckpointAnswer::parse(200, &vec![b'a'; MAX_NOTE_BYTES + 1]).is_err());
    assert!(AddCheckpointAnswer::parse(409, b"\xff\n").is_err());
}
