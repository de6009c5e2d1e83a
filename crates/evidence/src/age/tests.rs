//! The profile's rules, each with the file that breaks it, and both directions against the `age` crate.
//!
//! The literal bytes were computed apart from this code (Python, pyca/cryptography) and opened with stock `age` 1.1.1.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use proptest::prelude::*;

use super::*;

const RECIPIENT: &str = "age13aqvttdk3ujkyjh9kg2w5an6dmy5mq5a84a4uxk3hfhnugfc9p0sy5p2wh";
const IDENTITY: &str = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG";
const STANZA: &str = "\
-> X25519 MIA14O597thPYK3N3ji709ZPkGNsIOjo8NL9WqvsCDo
hW+gBvhh9Mnw/SO2VU/vNZ6HARoeI0MQbNxbnEbui1c
";
const HEADER: &str = "\
age-encryption.org/v1
-> X25519 MIA14O597thPYK3N3ji709ZPkGNsIOjo8NL9WqvsCDo
hW+gBvhh9Mnw/SO2VU/vNZ6HARoeI0MQbNxbnEbui1c
--- wNz5cj00OuYN/O+Yc/iE9MeSCoHpnYctknN6CEY17Zo
";
const PLAINTEXT: &[u8] = b"Monition";
const MAX: usize = 1 << 20;

fn counted<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|i| first + i as u8)
}

/// The secret key is 00 01 02 …, the file key 20 21 …, the seed 40 41 …, the payload nonce 60 61 ….
fn randomness() -> SealRandomness {
    SealRandomness { file_key: counted(0x20), seed: counted(0x40), nonce: counted(0x60) }
}

fn identity() -> Identity {
    Identity::from_bytes(counted(0))
}

fn file_key() -> FileKey {
    FileKey::from_bytes(randomness().file_key)
}

fn seed() -> EncapsulationSeed {
    EncapsulationSeed::from_bytes(randomness().seed)
}

fn sealed() -> Vec<u8> {
    seal(PLAINTEXT, &identity().recipient(), &randomness())
}

/// A file with these stanzas, authentic under [`file_key`]: whatever is refused is refused for its stanzas.
fn with_stanzas(stanzas: &str) -> Vec<u8> {
    let mut file = format!("age-encryption.org/v1\n{stanzas}---").into_bytes();
    let mac = STANDARD_NO_PAD.encode(header_mac(&file_key(), &file));
    file.extend_from_slice(format!(" {mac}\n").as_bytes());
    file.extend_from_slice(&sealed()[HEADER.len()..]);
    file
}

/// age.md: full lines of 64 characters, then one shorter line.
fn wrapped_lines(body: &[u8]) -> String {
    let text = STANDARD_NO_PAD.encode(body);
    let full = text.len() / 64 * 64;
    let lines: String = (0..full).step_by(64).map(|at| format!("{}\n", &text[at..at + 64])).collect();
    format!("{lines}{}\n", &text[full..])
}

fn refusal(file: &[u8]) -> AgeError {
    open(file, &identity(), MAX).err().unwrap_or_else(|| panic!("accepted {}", String::from_utf8_lossy(file)))
}

#[test]
fn sealed_file_has_these_bytes() {
    let file = sealed();
    assert_eq!(std::str::from_utf8(&file[..168]).unwrap(), HEADER);
    let payload: Vec<u8> = [
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f][..], // nonce
        &[0x32, 0xdd, 0x0c, 0xd4, 0x5e, 0x3d, 0x78, 0x2e], // "Monition", encrypted
        &[0xc7, 0x24, 0x40, 0x71, 0xbf, 0x1f, 0x53, 0x09, 0x32, 0x45, 0x98, 0x31, 0x0a, 0x5b, 0x01, 0x13], // tag
    ]
    .concat();
    assert_eq!(file[168..], payload);
    assert_eq!(*open(&file, &identity(), MAX).unwrap(), PLAINTEXT);
}

#[test]
fn keys_have_one_spelling() {
    assert_eq!(identity().recipient().to_string(), RECIPIENT);
    assert_eq!(*identity().to_secret_string(), IDENTITY);
    assert_eq!(Recipient::parse(RECIPIENT), Ok(identity().recipient()));
    assert_eq!(Identity::parse(IDENTITY).unwrap().recipient(), identity().recipient());
    for text in [
        "",
        "age1",
        IDENTITY,
        &RECIPIENT.to_uppercase(),
        &RECIPIENT.replace("wh", "WH"),
        &RECIPIENT.replace("wh", "wq"),
        &RECIPIENT.replace("age1", "age11"),
        &format!(" {RECIPIENT}"),
        &format!("{RECIPIENT}\n"),
        // Checksums are right; the four surplus bits are 0001, and the prefix is "agf".
        "age13aqvttdk3ujkyjh9kg2w5an6dmy5mq5a84a4uxk3hfhnugfc9p03ez4ln9",
        "agf13aqvttdk3ujkyjh9kg2w5an6dmy5mq5a84a4uxk3hfhnugfc9p0svfc9qu",
    ] {
        assert!(Recipient::parse(text).is_err(), "accepted {text:?}");
    }
    for text in ["", RECIPIENT, &IDENTITY.to_lowercase(), &IDENTITY.replace("WG", "WQ"), &format!("{IDENTITY} ")] {
        assert!(Identity::parse(text).is_err(), "accepted {text:?}");
    }
}

#[test]
fn recipient_refuses_low_order_and_non_canonical_points() {
    let mut one = [0; 32];
    one[0] = 1;
    // p - 1, p, p + 1 and the two points of order 8
    let near_p = |low| std::array::from_fn(|i| [low, 0xff, 0x7f][usize::from(i > 0) + usize::from(i == 31)]);
    let order_8 = [
        "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA", // e0eb7a7c…5f49b800
        "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc", // 5f9c95bc…d09f1157
    ]
    .map(|text| canonical_32(text.as_bytes()).unwrap());
    for bytes in [[0; 32], one, near_p(0xec), order_8[0], order_8[1]] {
        assert_eq!(Recipient::from_bytes(bytes), Err(AgeError::Recipient { problem: "it is a low-order point" }));
    }
    let mut high_bit = *identity().recipient().as_bytes();
    high_bit[31] |= 0x80;
    for bytes in [near_p(0xed), near_p(0xee), near_p(0xff), high_bit] {
        let problem = "its coordinate is not canonical";
        assert_eq!(Recipient::from_bytes(bytes), Err(AgeError::Recipient { problem }));
    }
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(format!("{:?}", identity()), format!("Identity(secret of {RECIPIENT})"));
    let secrets = format!("{:?} {:?} {:?}", file_key(), seed(), randomness());
    assert_eq!(secrets, "FileKey(…) EncapsulationSeed(…) SealRandomness(…)");
}

#[test]
fn files_pass_to_and_from_the_age_crate_at_every_chunk_boundary() {
    let theirs = age::x25519::Identity::from_str(IDENTITY).unwrap();
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073] {
        let plaintext: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();

        let ours = seal(&plaintext, &identity().recipient(), &randomness());
        assert_eq!(Parsed::parse(&ours).unwrap().plaintext_len(), length);
        assert_eq!(ours.len(), 168 + 16 + length + 16 * length.div_ceil(65_536).max(1));
        assert!(age::decrypt(&theirs, &ours).unwrap() == plaintext, "{length} bytes, sealed by us");
        assert!(*open(&ours, &identity(), length).unwrap() == plaintext, "{length} bytes");

        // Stock age adds a random grease stanza.
        let file = age::encrypt(&theirs.to_public(), &plaintext).unwrap();
        assert!(*open(&file, &identity(), length).unwrap() == plaintext, "{length} bytes, sealed by age");
        let key = unwrap_file_key(&file, &identity()).unwrap();
        assert!(open_with_file_key(&file, &key, length).unwrap() == plaintext, "{length} bytes, by file key");
    }
}

#[test]
fn grease_of_every_body_length_is_ignored() {
    for length in 0..=200 {
        let grease = format!("-> x!-grease a ~ -\n{}", wrapped_lines(&vec![0xa5; length]));
        for stanzas in [format!("{STANZA}{grease}"), format!("{grease}{STANZA}"), format!("{grease}{STANZA}{grease}")] {
            let file = with_stanzas(&stanzas);
            assert_eq!(*open(&file, &identity(), MAX).unwrap(), PLAINTEXT, "grease of {length} bytes");
            assert_eq!(stanza_is_for(&file, &identity().recipient(), &file_key(), &seed()), Ok(true));
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_in_grease_too() {
    let grease = with_stanzas(&format!("{STANZA}-> q-grease 1\nAAAA\n"));
    for file in [sealed(), grease] {
        for (at, bit) in (0..file.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            assert!(open(&changed, &identity(), MAX).is_err(), "byte {at} bit {bit}, identity");
            assert!(open_with_file_key(&changed, &file_key(), MAX).is_err(), "byte {at} bit {bit}, file key");
        }
    }
}

#[test]
fn every_shortened_or_extended_file_is_refused() {
    let file = sealed();
    for length in 0..file.len() {
        assert!(open(&file[..length], &identity(), MAX).is_err(), "{length} bytes");
    }
    assert_eq!(refusal(&file[..file.len() - 9]), AgeError::Truncated);
    assert_eq!(refusal(&[&file[..], b"\n"].concat()), AgeError::Payload { chunk: 0 });

    let long = seal(&vec![7; 2 * 65_536], &identity().recipient(), &randomness());
    let one_chunk = HEADER.len() + 16 + 65_552;
    assert_eq!(refusal(&long[..one_chunk]), AgeError::Payload { chunk: 0 });
    assert_eq!(refusal(&long[..one_chunk + 15]), AgeError::Truncated);
    assert_eq!(refusal(&[&long[..], &long[one_chunk..]].concat()), AgeError::Payload { chunk: 1 });
}

#[test]
fn empty_last_chunk_is_only_for_an_empty_payload() {
    let mut file = HEADER.as_bytes().to_vec();
    file.extend_from_slice(&randomness().nonce);
    let cipher = payload_cipher(&file_key(), &randomness().nonce);
    encrypt_append(&cipher, &chunk_nonce(0, false), &[7; 65_536], &mut file);
    encrypt_append(&cipher, &chunk_nonce(1, true), &[], &mut file);
    assert_eq!(refusal(&file), AgeError::EmptyLastChunk);
}

#[test]
fn plaintext_limit_is_exact_and_checked_first() {
    let mut file = sealed();
    assert!(open(&file, &identity(), 8).is_ok());
    *file.last_mut().unwrap() ^= 1;
    let too_large = AgeError::TooLarge { found: 8, limit: 7 };
    assert_eq!(open(&file, &identity(), 7).unwrap_err(), too_large);
    assert_eq!(open_with_file_key(&file, &file_key(), 7).unwrap_err(), too_large);
}

#[test]
fn first_line_names_what_came_instead() {
    let version = |found: &str| AgeError::Version { found: found.into() };
    for (file, error) in [
        ("", AgeError::NotAge),
        ("PK", AgeError::NotAge),
        (" age-encryption.org/v1\n", AgeError::NotAge),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n", AgeError::ArmorNotSupported),
        ("\r\n-----BEGIN AGE ENCRYPTED FILE-----\r\n", AgeError::ArmorNotSupported),
        ("age-encryption.org/v2\n", version("v2")),
        ("age-encryption.org/v1\r\n", version("v1\r")),
        ("age-encryption.org/v1", AgeError::Truncated),
        ("age-encryption.org/v1\n", AgeError::Truncated),
    ] {
        assert_eq!(refusal(file.as_bytes()), error, "{file:?}");
    }
}

#[test]
fn stanzas_are_one_x25519_and_grease() {
    let other = |found: &str| AgeError::Stanza { found: found.into() };
    for (stanzas, error) in [
        (String::new(), AgeError::StanzaCount { found: 0 }),
        ("-> a-grease\n\n".into(), AgeError::StanzaCount { found: 0 }),
        (format!("{STANZA}{STANZA}"), AgeError::StanzaCount { found: 2 }),
        ("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\n\n".into(), other("scrypt")),
        (format!("{STANZA}-> ssh-ed25519 AAAA\n\n"), other("ssh-ed25519")),
        (format!("{STANZA}-> mlkem768x25519\n\n"), other("mlkem768x25519")),
        (format!("{STANZA}-> x25519\n\n"), other("x25519")),
        (format!("{STANZA}-> a-grease-\n\n"), other("a-grease-")),
        (format!("-> {}\n\n", "x".repeat(100)), other(&"x".repeat(64))),
    ] {
        assert_eq!(refusal(&with_stanzas(&stanzas)), error, "{stanzas:?}");
    }
}

#[test]
fn header_has_one_spelling() {
    let [first, body] = [STANZA.lines().next().unwrap(), STANZA.lines().nth(1).unwrap()];
    for stanzas in [
        // the argument line
        format!("->  {}\n{body}\n", &first[3..]),
        format!("{first} \n{body}\n"),
        format!("{first}\r\n{body}\n"),
        format!("{}\n{body}\n", first.replacen("X25519 ", "X25519  ", 1)),
        format!("{first} x\n{body}\n"),
        format!("-> X25519\n{body}\n"),
        format!("{first}=\n{body}\n"),
        format!("{}p\n{body}\n", &first[..first.len() - 1]),
        format!("{first}\n{}\n", body.replace('+', "-")),
        format!("{STANZA}-> \u{e9}-grease\n\n"),
        format!("{STANZA}-> a\u{7f}-grease\n\n"),
        format!("{STANZA}-> \n\n"),
        // the body
        format!("{first}\n"),
        format!("{first}\n{body}\n\n"),
        format!("{first}\n{body}=\n"),
        format!("{first}\n{body}\r\n"),
        format!("{first}\n {body}\n"),
        format!("{first}\n{}Z\n", &body[..42]),
        format!("{first}\n{}\n{}\n", &body[..20], &body[20..]),
        format!("{first}\n{}", wrapped_lines(&[0; 33])),
        format!("{first}\n{}", wrapped_lines(&[0; 31])),
        format!("{first}\n{}", wrapped_lines(&[0; 48])),
        format!("{STANZA}-> a-grease\n{}\n", "A".repeat(64)),
        format!("{STANZA}-> a-grease\n{}\n\n", "A".repeat(65)),
        format!("{STANZA}-> a-grease\n{}\n\n", "A".repeat(128)),
        format!("{STANZA}-> a-grease\nA\n"),
        format!("{STANZA}\n"),
    ] {
        let error = refusal(&with_stanzas(&stanzas));
        assert!(matches!(error, AgeError::Header { .. }), "{stanzas:?}: {error}");
    }

    // the MAC line; "p" differs from its last "o" only in the two bits that 43 characters have too many
    let mac = HEADER.lines().last().unwrap();
    for line in [format!("{mac}="), format!("{mac}\r"), format!("{}p", &mac[..46]), mac[..46].into(), "---".into()] {
        let file = HEADER.replace(mac, &line).into_bytes();
        let error = refusal(&[&file[..], &sealed()[HEADER.len()..]].concat());
        assert!(matches!(error, AgeError::Header { line: 4, .. }), "{line:?}: {error}");
    }
    let upper = HEADER.replace("--- w", "--- W").into_bytes();
    assert_eq!(refusal(&[&upper[..], &sealed()[HEADER.len()..]].concat()), AgeError::HeaderMac);
}

#[test]
fn header_ends_within_its_limit() {
    let too_large = AgeError::HeaderTooLarge { limit: 16_384 };
    let with_header_of = |length: usize| {
        let frame = HEADER.len() + "-> a-grease \n\n".len();
        with_stanzas(&format!("{STANZA}-> a-grease {}\n\n", "x".repeat(length - frame)))
    };
    assert_eq!(*open(&with_header_of(16_384), &identity(), MAX).unwrap(), PLAINTEXT);
    assert_eq!(refusal(&with_header_of(16_385)), too_large);
    assert_eq!(refusal(&[VERSION_LINE, &[b'x'; 20_000]].concat()), too_large);
}

#[test]
fn other_keys_do_not_open() {
    let file = sealed();
    let other = Identity::from_bytes([9; 32]);
    assert_eq!(open(&file, &other, MAX).unwrap_err(), AgeError::WrongIdentity);
    assert_eq!(unwrap_file_key(&file, &other).unwrap_err(), AgeError::WrongIdentity);
    let key = FileKey::from_bytes([9; 16]);
    assert_eq!(open_with_file_key(&file, &key, MAX).unwrap_err(), AgeError::HeaderMac);
    assert_eq!(open_with_file_key(&file, &file_key(), MAX).unwrap(), PLAINTEXT);
    assert_eq!(unwrap_file_key(&file, &identity()).unwrap().as_bytes(), file_key().as_bytes());
}

#[test]
fn zero_shared_secret_is_refused() {
    let share = STANDARD_NO_PAD.encode([0; 32]);
    let file = with_stanzas(&STANZA.replace(&HEADER[32..75], &share));
    assert!(HEADER[32..].starts_with("MIA14O59"));
    assert_eq!(refusal(&file), AgeError::LowOrderShare);
    assert_eq!(unwrap_file_key(&file, &identity()).unwrap_err(), AgeError::LowOrderShare);
}

#[test]
fn stanza_is_for_tells_whose_stanza_it_is() {
    let [recipient, other] = [identity(), Identity::from_bytes([9; 32])].map(|identity| identity.recipient());
    let is_for = |file: &[u8], recipient, key, seed: [u8; 32]| {
        stanza_is_for(file, recipient, &FileKey::from_bytes(key), &EncapsulationSeed::from_bytes(seed))
    };
    let SealRandomness { ref file_key, ref seed, .. } = randomness();
    let (file_key, seed) = (*file_key, *seed);
    let file = sealed();
    assert_eq!(is_for(&file, &recipient, file_key, seed), Ok(true));
    assert_eq!(is_for(&file, &other, file_key, seed), Ok(false));
    assert_eq!(is_for(&file, &recipient, [9; 16], seed), Ok(false));
    assert_eq!(is_for(&file, &recipient, file_key, [9; 32]), Ok(false));

    // Sealed to another, claimed for this recipient; and sealed by stock age, which keeps no seed.
    let elsewhere = seal(PLAINTEXT, &other, &randomness());
    assert_eq!(is_for(&elsewhere, &recipient, file_key, seed), Ok(false));
    let stock = age::encrypt(&age::x25519::Recipient::from_str(RECIPIENT).unwrap(), PLAINTEXT).unwrap();
    let stock_key = *unwrap_file_key(&stock, &identity()).unwrap().as_bytes();
    assert_eq!(is_for(&stock, &recipient, stock_key, seed), Ok(false));

    // The right stanza under a MAC made with another key: the recipient's software would refuse the file.
    let mut decoy = format!("age-encryption.org/v1\n{STANZA}---").into_bytes();
    let mac = STANDARD_NO_PAD.encode(header_mac(&FileKey::from_bytes([9; 16]), &decoy));
    decoy.extend_from_slice(format!(" {mac}\n").as_bytes());
    decoy.extend_from_slice(&file[HEADER.len()..]);
    assert_eq!(is_for(&decoy, &recipient, file_key, seed), Ok(false));
    assert_eq!(refusal(&decoy), AgeError::HeaderMac);
    assert_eq!(unwrap_file_key(&decoy, &identity()).unwrap_err(), AgeError::HeaderMac);

    assert_eq!(is_for(b"PK", &recipient, file_key, seed), Err(AgeError::NotAge));
}

#[test]
fn parsed_shows_the_stanza() {
    let file = sealed();
    let parsed = Parsed::parse(&file).unwrap();
    assert_eq!(parsed.stanza().kind, STANZA_X25519);
    assert_eq!(parsed.stanza().args, ["MIA14O597thPYK3N3ji709ZPkGNsIOjo8NL9WqvsCDo"]);
    assert_eq!(STANDARD_NO_PAD.encode(&parsed.stanza().body), "hW+gBvhh9Mnw/SO2VU/vNZ6HARoeI0MQbNxbnEbui1c");
    assert_eq!(parsed.plaintext_len(), PLAINTEXT.len());
}

fn touch_everything(bytes: &[u8]) {
    let _ = Parsed::parse(bytes);
    let _ = open(bytes, &identity(), MAX);
    let _ = open_with_file_key(bytes, &file_key(), MAX);
    let _ = stanza_is_for(bytes, &identity().recipient(), &file_key(), &seed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        touch_everything(&bytes);
        touch_everything(&[VERSION_LINE, &bytes].concat());
        touch_everything(&[VERSION_LINE, STANZA.as_bytes(), &bytes].concat());
        touch_everything(&[HEADER.as_bytes(), &bytes].concat());
    }

    #[test]
    fn header_like_text_never_panics(text in "((-> )?[A-Za-z0-9 +/=-]{0,70}\n){0,12}(---( [A-Za-z0-9+/]{40,44})?\n?)?") {
        touch_everything(&[VERSION_LINE, text.as_bytes()].concat());
    }

    #[test]
    fn keys_of_arbitrary_text_never_panic(text in "(age1|AGE-SECRET-KEY-1)?\\PC{0,80}") {
        prop_assert!(Recipient::parse(&text).is_err() && Identity::parse(&text).is_err());
    }

    #[test]
    fn spliced_files_are_refused(start in 0..208_usize, cut in 0..20_usize, new in prop::collection::vec(any::<u8>(), 0..20)) {
        let file = sealed();
        let end = file.len().min(start + cut);
        let changed = [&file[..start], &new, &file[end..]].concat();
        touch_everything(&changed);
        prop_assert!(changed == file || open(&changed, &identity(), MAX).is_err());
    }

    #[test]
    fn what_is_sealed_opens(
        plaintext in prop::collection::vec(any::<u8>(), 0..2_000),
        secret in any::<[u8; 32]>(), file_key in any::<[u8; 16]>(), seed in any::<[u8; 32]>(), nonce in any::<[u8; 16]>(),
    ) {
        let identity = Identity::from_bytes(secret);
        let file = seal(&plaintext, &identity.recipient(), &SealRandomness { file_key, seed, nonce });
        prop_assert_eq!(&*open(&file, &identity, MAX).unwrap(), &plaintext);
        prop_assert_eq!(Recipient::from_bytes(*identity.recipient().as_bytes()), Ok(identity.recipient()));
        prop_assert_eq!(Recipient::parse(&identity.recipient().to_string()), Ok(identity.recipient()));
        let again = Identity::parse(&identity.to_secret_string()).unwrap();
        prop_assert_eq!(again.recipient(), identity.recipient());
    }
}
