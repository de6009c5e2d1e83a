//! The shape of policy that a finding may rest on.

use super::policies::{log_line, witness_line};
use super::*;

fn trust(definitions: &str, quorum: &str) -> String {
    let witnesses: String = definitions.split_whitespace().map(witness_line).collect();
    format!("{}{}{witnesses}{quorum}quorum trust\n", log_line("ex.example/log"), log_line("ex.example/directory"))
}

#[test]
fn trust_names_logs_and_organisations() {
    let text = trust("a b c1 c2 d", "group c any c1 c2\ngroup trust 3 a b c d\n");
    let trust = TrustPolicy::parse(text.as_bytes(), None).unwrap();
    assert_eq!((trust.k(), trust.n(), trust.f()), (3, 4, 1));
    assert_eq!(trust.organisations().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(trust.organisation_of("c2"), Some("c"));
    assert_eq!(trust.organisation_of("a"), Some("a"));
    assert_eq!(trust.organisation_of("c"), None);
    assert_eq!(trust.as_bytes(), text.as_bytes());
    let origin = Origin::new("ex.example/directory").unwrap();
    assert_eq!(trust.log_key(&origin), Some(log("ex.example/directory").verifier_key()));
    assert_eq!(trust.log_key(&Origin::new("ex.example").unwrap()), None);
}

#[test]
fn two_keys_of_one_organisation_are_one_vote() {
    let text = trust("a b c1 c2", "group c any c1 c2\ngroup trust 2 a b c\n");
    let trust = TrustPolicy::parse(text.as_bytes(), None).unwrap();
    let twice = signed("ex.example/log", 3, &[("c1", 10), ("c2", 10)]);
    assert!(matches!(trust.verify_with_quorum(&twice), Err(VerifyError::QuorumNotMet { .. })));
    let two = signed("ex.example/log", 3, &[("c1", 10), ("c2", 30), ("a", 20)]);
    let times = trust.verify_with_quorum(&two).unwrap().times;
    assert_eq!(trust.not_after(&times), Some(Timestamp::new(20)));
    assert_eq!(trust.not_before(&times), Some(Timestamp::new(20)));
}

#[test]
fn trust_of_any_other_shape_is_refused() {
    let refuse = |text: String, f| TrustPolicy::parse(text.as_bytes(), f).unwrap_err();
    let ok = trust("a b c", "group trust 2 a b c\n");
    assert!(TrustPolicy::parse(ok.as_bytes(), None).is_ok());
    let direct = ok.replace("quorum trust", "quorum a");
    assert!(matches!(refuse(direct, None), TrustError::QuorumNotAGroup { .. }));
    let none = ok.replace("quorum trust", "quorum none");
    assert!(matches!(refuse(none, None), TrustError::QuorumNotAGroup { .. }));
    for inner in ["group o all b c\n", "group o 1 b c\n", "group p any b\ngroup o any p c\n"] {
        let nested = trust("a b c", &format!("{inner}group trust all a o\n"));
        assert!(matches!(refuse(nested, None), TrustError::NotAnOrganisation { .. }), "{inner}");
    }
    let outside = trust("a b c d", "group trust 2 a b c\n");
    assert!(matches!(refuse(outside, None), TrustError::OutsideQuorum { .. }));
    let unused = trust("a b c d e", "group o any d e\ngroup trust 2 a b c\n");
    assert!(matches!(refuse(unused, None), TrustError::OutsideQuorum { .. }));
    let no_log: String = ok.lines().skip(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(refuse(no_log, None), TrustError::NoLog);
    assert!(matches!(refuse("quorum\n".into(), None), TrustError::Format(_)));
}

#[test]
fn witness_with_the_key_of_a_log_is_refused() {
    let signer = log("ex.example/log");
    let key: &[u8; 32] = signer.verifier_key().public_key().try_into().unwrap();
    let own = VerifierKey::new_cosignature_ed25519(name("own"), key).unwrap();
    let text = trust("a b", &format!("witness own {own}\ngroup trust 2 a b own\n"));
    assert!(Policy::parse(text.as_bytes()).is_ok());
    let error = TrustPolicy::parse(text.as_bytes(), None).unwrap_err();
    assert_eq!(error.to_string(), r#"witness "own" has the key of log "ex.example/log""#);
}

#[test]
fn two_quorums_must_share_an_organisation_that_does_not_lie() {
    for (k, n, f, fits) in [
        (1, 1, None, true),
        (1, 2, None, false),
        (2, 2, None, true),
        (1, 3, None, false),
        (2, 3, None, true),
        (2, 4, None, false),
        (3, 4, None, true),
        (4, 7, None, false),
        (5, 7, None, true),
        (4, 7, Some(0), true),
        (3, 4, Some(2), false),
        (4, 4, Some(2), true),
        (3, 3, Some(3), false),
        (3, 3, Some(usize::MAX), false),
    ] {
        let names = ["a", "b", "c", "d", "e", "g", "h"][..n].join(" ");
        let text = trust(&names, &format!("group trust {k} {names}\n"));
        let result = TrustPolicy::parse(text.as_bytes(), f);
        assert_eq!(result.is_ok(), fits, "{k} of {n}, f = {f:?}: {result:?}");
    }
    let error = TrustPolicy::parse(trust("a b", "group trust any a b\n").as_bytes(), None).unwrap_err();
    assert_eq!(error.to_string(), "1 of 2 organisations are too few when 0 may lie: at least 2 are needed");
}

#[test]
fn trusted_checkpoint_has_no_extension_lines() {
    let trust = TrustPolicy::parse(trust("a", "group trust all a\n").as_bytes(), None).unwrap();
    let odd = Checkpoint { extensions: vec!["x".into()], ..checkpoint("ex.example/log", 2) };
    let odd = SignedCheckpoint::sign(&odd, &log("ex.example/log")).unwrap();
    assert!(matches!(trust.verify(&odd), Err(VerifyError::ExtensionLines { found: 1, .. })));
    assert!(trust.policy().verify(&odd).is_ok());
}
