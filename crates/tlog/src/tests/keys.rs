//! Key names, key IDs, verifier keys.

use super::*;

/// Of c2sp.org/signed-note.
pub(super) const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

#[test]
fn verifier_key_of_the_specification_parses_and_prints_back() {
    let key = VerifierKey::parse(SPEC_KEY).unwrap();
    assert_eq!(key.to_string(), SPEC_KEY);
    assert_eq!(key.name().as_str(), "example.com/foo");
    assert_eq!(key.key_id(), KeyId::new(0x530d_903a));
    assert_eq!(key.algorithm(), KeyAlgorithm::Ed25519);
    assert_eq!(key.public_key().len(), 32);
}

#[test]
fn verifier_key_has_no_second_spelling() {
    for (from, to) in [
        ("530d903a", "530D903A"),  // upper case
        ("530d903a", "530d903b"),  // another ID
        ("530d903a", "0530d903a"), // leading zero
        ("foo", "fop"),            // another name
        ("foo", "fo o"),           // white space in the name
        ("U2k", "U2l"),            // another key
        ("U2k", "U2k="),           // padding
        ("U2k", "U2k\n"),          // line end
        ("+Aeky", "+"),            // cut key
        ("+530d903a", ""),         // no ID
        ("example.com/foo", ""),   // no name
        ("AekyeRrm", "CekyeRrm"),  // another type, same ID
    ] {
        let text = SPEC_KEY.replace(from, to);
        assert!(VerifierKey::parse(&text).is_err(), "accepted {text:?}");
    }
}

#[test]
fn key_name_has_neither_spaces_nor_plus_nor_controls() {
    for text in ["", " ", "a b", "a+b", "a\tb", "a\nb", "a\u{a0}b", "a\u{2003}b", "a\u{85}b", "a\u{1b}b"] {
        assert!(KeyName::new(text).is_err(), "accepted {text:?}");
    }
    assert!(KeyName::new(&"x".repeat(MAX_KEY_NAME_BYTES)).is_ok());
    assert!(KeyName::new(&"x".repeat(MAX_KEY_NAME_BYTES + 1)).is_err());
    assert!(KeyName::new("منبع.example/اخطار").is_ok());
}

#[test]
fn key_id_binds_name_and_type_literally() {
    let key = log("log.example").verifier_key().clone();
    let preimage = [b"log.example\n\x01".as_slice(), key.public_key()].concat();
    assert_eq!(key.key_id().to_string(), sha256(&[&preimage]).to_hex()[..8]);
    let same_key = VerifierKey::new(name("log.example"), KeyAlgorithm::CosignatureEd25519, key.public_key()).unwrap();
    assert_ne!(same_key.key_id(), key.key_id());
}

#[test]
fn weak_torsioned_and_misspelt_ed25519_keys_are_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let torsioned = "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d";
    let torsioned = *Hash::parse_hex(torsioned).unwrap().as_bytes();
    // y = p + 1 is the identity once more; y = p + 3 to p + 18 respell points that may well be of prime order.
    let respelt = |low: u8| std::array::from_fn(|i| [low, 0xff, 0x7f][usize::from(i > 0) + usize::from(i == 31)]);
    let refused: [([u8; 32], &str); 6] = [
        ([0; 32], "is weak: anybody can sign for it"),
        (identity, "is weak: anybody can sign for it"),
        (torsioned, "has a torsion component: verifiers would disagree about its signatures"),
        (respelt(0xee), "is a second spelling of a point"),
        (respelt(0xf0), "is a second spelling of a point"),
        ([2; 32], "is not a point of the curve"),
    ];
    for (bytes, reason) in refused {
        assert_eq!(Ed25519Key::new(&bytes), Err(FormatError::Ed25519Key { reason }), "{bytes:02x?}");
        assert!(VerifierKey::new_ed25519(name("a"), &bytes).is_err());
        assert!(VerifierKey::new_cosignature_ed25519(name("a"), &bytes).is_err());
    }
    for low in 0xed..=0xff {
        assert!(Ed25519Key::new(&respelt(low)).is_err(), "accepted y = p + {}", low - 0xed);
    }
    assert!(Ed25519Key::new(&[2; 31]).is_err());
}

#[test]
fn unverified_types_parse_and_print() {
    for (byte, length) in [(0x06_u8, 1312), (0x05, 32), (0xff, 70), (0x02, 91)] {
        let algorithm = KeyAlgorithm::from_byte(byte);
        assert_eq!(algorithm.byte(), byte);
        let key = VerifierKey::new(name("k.example"), algorithm, &vec![7; length]).unwrap();
        assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
    }
    for length in [0, 32, 1311, 1313] {
        assert!(VerifierKey::new(name("k"), KeyAlgorithm::CosignatureMlDsa44, &vec![7; length]).is_err());
    }
    assert!(VerifierKey::new(name("k"), KeyAlgorithm::Other(0x01), &[7; 32]).is_err());
    assert!(VerifierKey::new(name("k"), KeyAlgorithm::Other(0x20), &[]).is_err());
    assert!(VerifierKey::new(name("k"), KeyAlgorithm::Other(0x20), &[7; 5000]).is_err());
}

#[test]
fn signers_show_no_secret() {
    let seed = [0x5a; 32];
    let log = NoteSigner::from_seed(name("l"), &seed).unwrap();
    let witness = CosignatureSigner::from_seed(name("w"), &seed).unwrap();
    assert_eq!(format!("{log:?}"), format!("NoteSigner({})", log.verifier_key()));
    assert_eq!(format!("{witness:?}"), format!("CosignatureSigner({})", witness.verifier_key()));
}
