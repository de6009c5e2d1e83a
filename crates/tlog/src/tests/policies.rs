//! Policies by the letter of c2sp.org/tlog-policy.

use proptest::prelude::*;

use super::*;

pub(super) fn log_line(origin: &str) -> String {
    format!("log {}\n", log(origin).verifier_key())
}

pub(super) fn witness_line(who: &str) -> String {
    format!("witness {who} {}\n", witness(who).verifier_key())
}

/// Two levels, as in the example of the specification.
fn two_levels() -> String {
    let witnesses: String = ["X1", "X2", "X3", "Y1", "Y2", "Y3"].map(witness_line).concat();
    let groups = "group X 2 X1 X2 X3\ngroup Y any Y1 Y2 Y3\ngroup both all X Y\nquorum both\n";
    format!("{}{witnesses}{groups}", log_line("log.example"))
}

fn times(pairs: &[(&str, u64)]) -> CosignedTimes {
    pairs.iter().map(|(who, time)| (*who, Timestamp::new(*time))).collect()
}

#[test]
fn policy_prints_back() {
    let policy = Policy::parse(two_levels().as_bytes()).unwrap();
    assert_eq!(policy.to_text(), two_levels());
    assert_eq!((policy.logs().len(), policy.witnesses().len(), policy.groups().len()), (1, 6, 3));
    assert_eq!(policy.groups().iter().map(Group::needed).collect::<Vec<_>>(), [2, 1, 2]);
}

#[test]
fn policy_ignores_order_blank_lines_comments_and_spaces() {
    let (log, x, y) = (log_line("log.example"), witness_line("x"), witness_line("y"));
    let url = x.replace('\n', " \thttps://x.example/ \n");
    let text = format!("# comment \u{a0} \n\n \t\n \t# another\n{url}{y}\tgroup\t g  all x\ty\nquorum g\n{log}");
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some("https://x.example/"));
    assert_eq!(Policy::parse(policy.to_text().as_bytes()), Ok(policy));
    // Latin-1 in a comment is no concern of ours.
    assert!(Policy::parse(b"# caf\xe9\nquorum none\n").is_ok());
}

#[test]
fn policy_refuses_everything_else() {
    let (l, x, y) = (log_line("log.example"), witness_line("x"), witness_line("y"));
    let renamed = x.replacen("witness x", "witness z", 1);
    let other_name =
        VerifierKey::new_cosignature_ed25519(name("q"), witness("x").verifier_key().public_key().try_into().unwrap());
    let same_key = format!("witness q {}\n", other_name.unwrap());
    let mut cases = vec![
        (String::new(), "no quorum"),
        (l.clone(), "no quorum"),
        ("quorum none".into(), "no newline at the end"),
        ("quorum none\nquorum none\n".into(), "two quorums"),
        ("quorum none x\n".into(), "trailing word"),
        ("quorum\n".into(), "no name"),
        ("quorum x\n".into(), "undefined"),
        ("Quorum none\n".into(), "upper case"),
        ("quorum\u{a0}none\n".into(), "no-break space"),
        ("quorum none\u{a0}\n".into(), "no-break space"),
        ("quorum none\r\n".into(), "carriage return"),
        ("quorum none\n\x0b".into(), "vertical tab"),
        ("quorum none\n\x7f\n".into(), "delete"),
        ("\u{feff}quorum none\n".into(), "byte order mark"),
        ("quorum none # comment\n".into(), "comment after words"),
        (format!("{l}{l}quorum none\n"), "log twice"),
        (format!("{} u v\nquorum none\n", l.trim_end()), "words after the URL"),
        (format!("{x}{x}quorum x\n"), "witness twice"),
        (format!("{x}{renamed}quorum x\n"), "key twice"),
        (format!("{x}{same_key}quorum x\n"), "key twice under another key name"),
        (format!("quorum x\n{x}"), "defined after use"),
        (format!("{x}group g 1 x y\n{y}quorum g\n"), "member defined after use"),
        (format!("{x}group x all x\nquorum x\n"), "name twice"),
        (format!("{x}group g all x x\nquorum g\n"), "member twice"),
        (format!("{x}group g all x\ngroup h all x\nquorum h\n"), "member of two groups"),
        (format!("{x}group g all g\nquorum g\n"), "member of itself"),
        (format!("{x}group g all none\nquorum g\n"), "none as a member"),
        (format!("{}quorum x\n", x.replacen("witness x", "witness none", 1)), "witness called none"),
        (format!("{x}group none all x\nquorum none\n"), "group called none"),
        (format!("{x}group g all\nquorum g\n"), "no members"),
        (format!("{x}group g any\nquorum g\n"), "no members"),
        (format!("{}quorum none\n", x.replacen("witness", "log", 1)), "three words"),
        (format!("log {}\nquorum none\n", witness("x").verifier_key()), "witness key as a log"),
        (format!("witness w {}\nquorum w\n", log("w").verifier_key()), "log key as a witness"),
        (format!("witness w\u{2003}w {}\nquorum none\n", witness("w").verifier_key()), "wide space"),
        ("log x\nquorum none\n".into(), "no key"),
        ("include other\nquorum none\n".into(), "unknown word"),
    ];
    for k in ["0", "3", "01", "+1", "-1", "ALL", "1.0", "99999999999999999999"] {
        cases.push((format!("{x}{y}group g {k} x y\nquorum g\n"), "threshold"));
    }
    for (text, why) in cases {
        assert!(Policy::parse(text.as_bytes()).is_err(), "{why}: accepted {text:?}");
    }
    assert!(Policy::parse(b"witness caf\xe9 x\nquorum none\n").is_err());
}

#[test]
fn policy_error_names_the_line() {
    let text = format!("{}# two\nquorum nobody\n", log_line("log.example"));
    let error = Policy::parse(text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "policy, line 3: the quorum is not defined on a line before: \"nobody\"");
}

#[test]
fn policy_takes_256_of_each_and_no_more() {
    let many = |count: usize| {
        let lines: String = (0..count).map(|i| witness_line(&format!("w{i}"))).collect();
        format!("{lines}quorum none\n")
    };
    assert_eq!(Policy::parse(many(256).as_bytes()).unwrap().witnesses().len(), 256);
    assert!(matches!(Policy::parse(many(257).as_bytes()), Err(FormatError::TooLong { .. })));
    assert!(Policy::parse(&vec![b'\n'; MAX_POLICY_BYTES + 1]).is_err());
}

#[test]
fn quorum_counts_by_groups() {
    let policy = Policy::parse(two_levels().as_bytes()).unwrap();
    for (who, met) in [
        ("X1 X2 Y1", true),
        ("X1 X3 Y2 Y3", true),
        ("X1 Y1 Y2 Y3", false),
        ("X1 X2 X3", false),
        ("both X Y", false), // groups are no witnesses
        ("", false),
    ] {
        assert_eq!(policy.quorum_satisfied(&|name| who.split(' ').any(|w| w == name)), met, "{who}");
    }
    assert!(Policy::parse(b"quorum none\n").unwrap().quorum_satisfied(&|_| false));
}

#[test]
fn times_bound_the_checkpoint_by_its_quorum() {
    let policy = Policy::parse(two_levels().as_bytes()).unwrap();
    let all = times(&[("X1", 10), ("X2", 20), ("X3", 30), ("Y1", 5), ("Y2", 40)]);
    // Not after: X needs its second smallest, Y its smallest.
    assert_eq!(policy.not_after(&all), Some(Timestamp::new(20)));
    // Not before: X needs its second largest, Y its largest.
    assert_eq!(policy.not_before(&all), Some(Timestamp::new(20)));
    let late = times(&[("X1", 10), ("X2", 20), ("Y1", 50), ("Y2", 60)]);
    assert_eq!(
        (policy.not_after(&late), policy.not_before(&late)),
        (Some(Timestamp::new(50)), Some(Timestamp::new(10)))
    );
    assert_eq!(policy.not_after(&times(&[("X1", 1), ("X2", 1)])), None);
    assert_eq!(policy.not_before(&times(&[])), None);
    // A stranger's time moves nothing.
    let stranger = times(&[("X1", 10), ("X2", 20), ("Y1", 50), ("Z", 1), ("Z", 99)]);
    assert_eq!(
        (policy.not_after(&stranger), policy.not_before(&stranger)),
        (Some(Timestamp::new(50)), Some(Timestamp::new(10)))
    );
    // No quorum, no time.
    assert_eq!(Policy::parse(b"quorum none\n").unwrap().not_after(&all), None);
}

#[test]
fn one_liar_of_four_moves_neither_bound_beyond_the_honest() {
    let witnesses: String = ["a", "b", "c", "d"].map(witness_line).concat();
    let policy = Policy::parse(format!("{witnesses}group g 3 a b c d\nquorum g\n").as_bytes()).unwrap();
    for lie in [0, 1, 50, 1_000_000] {
        let times = times(&[("a", 100), ("b", 110), ("c", 120), ("d", lie)]);
        let (after, before) = (policy.not_after(&times).unwrap().value(), policy.not_before(&times).unwrap().value());
        assert!((100..=120).contains(&after) && (100..=120).contains(&before), "{lie}: {before}..{after}");
        assert!(after >= 110, "an honest majority had not seen it before 110");
        assert!(before <= 110);
    }
}

#[test]
fn times_of_several_notes_are_put_together() {
    let mut first = times(&[("X1", 10), ("X2", 30)]);
    first.merge(&times(&[("X2", 20), ("Y1", 15), ("X1", 10)]));
    assert_eq!(first.len(), 4);
    let policy = Policy::parse(two_levels().as_bytes()).unwrap();
    assert_eq!(policy.not_after(&first), Some(Timestamp::new(20)));
    assert_eq!(policy.not_before(&first), Some(Timestamp::new(10)));
}

#[test]
fn policy_verifies_the_log_and_every_known_cosignature() {
    let policy = Policy::parse(two_levels().as_bytes()).unwrap();
    let note = signed("log.example", 9, &[("X1", 10), ("stranger", 11), ("Y1", 12)]);
    let cosigned = policy.verify(&note).unwrap();
    assert_eq!(cosigned.checkpoint.head(), tree(9).head());
    assert_eq!(&cosigned.log_key, log("log.example").verifier_key());
    assert_eq!(cosigned.times, times(&[("X1", 10), ("Y1", 12)]));
    let error = policy.require_quorum(&cosigned).unwrap_err();
    let expected = r#"the 2 valid cosignatures on tree size 9 of "log.example" do not reach the quorum "both""#;
    assert_eq!(error.to_string(), expected);
    let enough = signed("log.example", 9, &[("X1", 10), ("X3", 11), ("Y1", 12)]);
    policy.require_quorum(&policy.verify(&enough).unwrap()).unwrap();

    assert!(matches!(policy.verify(&signed("evil.example", 9, &[])), Err(VerifyError::UnknownLog { .. })));
    assert!(matches!(policy.verify(&altered(&note, "\n9\n", "\n8\n")), Err(VerifyError::BadSignature { .. })));
    let unsigned = Note::assemble(note.note().text(), &note.note().signatures()[1..]).unwrap();
    let unsigned = SignedCheckpoint::from_note(unsigned).unwrap();
    assert!(matches!(policy.verify(&unsigned), Err(VerifyError::NoLogSignature { .. })));
    // A forged line in a known witness's name spoils even a note that has enough others.
    let x2 = witness("X2").verifier_key().clone();
    let forged = SignatureLine::new(x2.name().clone(), x2.key_id(), vec![0; 72]).unwrap();
    assert!(policy.verify(&enough.with_signature(&forged).unwrap()).is_err());
}

#[test]
fn any_key_of_a_log_is_enough_and_none_may_fail() {
    let rotated = NoteSigner::from_seed(name("log.example"), &[9; 32]).unwrap();
    let text = format!("{}log {}\nquorum none\n", log_line("log.example"), rotated.verifier_key());
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let old = signed("log.example", 4, &[]);
    assert_eq!(policy.verify(&old).unwrap().log_key, *log("log.example").verifier_key());
    let new = SignedCheckpoint::sign(&checkpoint("log.example", 4), &rotated).unwrap();
    assert_eq!(policy.verify(&new).unwrap().log_key, *rotated.verifier_key());
    let bad = SignatureLine::new(name("log.example"), rotated.verifier_key().key_id(), vec![0; 64]).unwrap();
    assert!(policy.verify(&old.with_signature(&bad).unwrap()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn policy_that_parses_prints_what_parses_to_the_same(
        lines in prop::collection::vec(prop_oneof![
            "[a-c] [a-c]", "group [a-e] (any|all|[0-3])( [a-e]){0,3}", "quorum ([a-e]|none)",
            "[abc]".prop_map(|who| witness_line(&who).trim_end().to_owned()), "#.{0,5}", "[ \t]{0,3}",
        ], 0..8),
        end in prop_oneof![Just(""), Just("quorum none\n")],
    ) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect::<String>() + end;
        if let Ok(policy) = Policy::parse(text.as_bytes()) {
            prop_assert_eq!(Policy::parse(policy.to_text().as_bytes()), Ok(policy));
        }
    }
}
