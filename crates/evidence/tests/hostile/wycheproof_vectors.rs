//! Project Wycheproof's vectors for the algorithms that are used here, each through the type by which it is used.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use monition_evidence::PublicKey;
use monition_evidence::age::Recipient;
use monition_tlog::Ed25519Key;
use sha2::Sha256;
use wycheproof::TestResult;
use x25519_dalek::{PublicKey as Point, StaticSecret};

#[test]
fn ed25519_signatures_count_exactly_where_wycheproof_says_valid() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let public: [u8; 32] = group.key.pk[..].try_into().unwrap();
        // Every public key of the set is a point of the prime-order group: strictness at enrolment refuses none of them.
        let (log, party) = (Ed25519Key::new(&public).unwrap(), PublicKey::from_bytes(&public).unwrap());
        for test in &group.tests {
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("case {}: the set had no acceptable cases", test.tc_id),
            };
            let by_log = log.verifies(&test.msg, &test.sig);
            let by_party = <[u8; 64]>::try_from(&test.sig[..]).is_ok_and(|sig| party.verify(&test.msg, &sig).is_ok());
            assert_eq!((by_log, by_party), (expected, expected), "case {}: {}", test.tc_id, test.comment);
            if expected { valid += 1 } else { invalid += 1 }
        }
    }
    println!("Ed25519: {valid} valid, {invalid} invalid");
    assert!(valid > 80 && invalid > 50);
}

#[test]
fn x25519_agrees_with_wycheproof_and_recipients_of_a_zero_secret_are_refused() {
    let set = wycheproof::xdh::TestSet::load(wycheproof::xdh::TestName::X25519).unwrap();
    let (mut cases, mut refused, mut spellings) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public: [u8; 32] = test.public_key[..].try_into().unwrap();
        let secret: [u8; 32] = test.private_key[..].try_into().unwrap();
        let shared = StaticSecret::from(secret).diffie_hellman(&Point::from(public));
        if test.result == TestResult::Valid {
            assert_eq!(shared.as_bytes()[..], test.shared_secret[..], "case {}", test.tc_id);
        }
        // What makes every secret zero is no recipient; nor is a second spelling of a coordinate.
        let recipient = Recipient::from_bytes(public);
        if shared.as_bytes() == &[0; 32] {
            assert!(recipient.is_err(), "case {}: {}", test.tc_id, test.comment);
            refused += 1;
        } else if recipient.is_err() {
            let mut largest = [0xff; 32];
            (largest[0], largest[31]) = (0xec, 0x7f);
            let above = public.iter().rev().cmp(largest.iter().rev()).is_gt();
            assert!(above, "case {}: a point in its one spelling is refused: {}", test.tc_id, test.comment);
            spellings += 1;
        }
        cases += 1;
    }
    println!("X25519: {cases} cases; refused as recipients: {refused} of low order, {spellings} second spellings");
    assert!(cases > 400 && refused > 10 && spellings > 5);
}

#[test]
fn chacha20_poly1305_opens_exactly_what_wycheproof_calls_valid() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::ChaCha20Poly1305).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let (Ok(key), Ok(nonce)) = (<[u8; 32]>::try_from(&test.key[..]), <[u8; 12]>::try_from(&test.nonce[..]))
            else {
                assert_ne!(test.result, TestResult::Valid, "case {}", test.tc_id);
                continue;
            };
            let cipher = ChaCha20Poly1305::new(&Key::from(key));
            let sealed = [&test.ct[..], &test.tag[..]].concat();
            let opened = cipher.decrypt(&Nonce::from(nonce), Payload { msg: &sealed, aad: &test.aad });
            if test.result == TestResult::Valid {
                assert_eq!(opened.unwrap()[..], test.pt[..], "case {}", test.tc_id);
                valid += 1;
            } else {
                assert!(opened.is_err(), "case {}: {}", test.tc_id, test.comment);
                invalid += 1;
            }
        }
    }
    println!("ChaCha20-Poly1305: {valid} valid, {invalid} invalid");
    assert!(valid > 200 && invalid > 50);
}

#[test]
fn hkdf_sha256_expands_as_wycheproof_says() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let mut cases = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; test.size];
        let expanded = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
        if test.result == TestResult::Valid {
            assert!(expanded.is_ok(), "case {}", test.tc_id);
            assert_eq!(okm[..], test.okm[..], "case {}", test.tc_id);
        } else {
            assert!(expanded.is_err(), "case {}: {}", test.tc_id, test.comment);
        }
        cases += 1;
    }
    println!("HKDF-SHA-256: {cases} cases");
    assert!(cases > 50);
}
