use super::{anchor, composed, draft, eid, head, now, party};
use crate::compose::{Composed, Draft};
use crate::payload::payload;
use crate::relay::{RelayPlan, RelayRefusal, consent_needed, decide};
use monition_evidence::statement::RelayConsent;
use monition_evidence::values::{RelayTerms, Tlp, WarningStatus};
use monition_evidence::warning::{Disclosed, Disclosure, Field, Warning};
use monition_evidence::{Body, Digest, PartyName, UnixSeconds};

struct Case {
    sent: Composed,
    core: Warning,
    held: Disclosed,
    to: PartyName,
}

fn case(relay: RelayTerms, tlp: Tlp) -> Case {
    let sent = composed(&Draft { relay, tlp, ..draft() });
    let Body::Warning(core) = sent.core.body().clone() else { panic!("no core") };
    let held = Disclosed::check(&core, sent.disclosures.clone()).unwrap();
    Case { sent, core, held, to: party("west.example") }
}

impl Case {
    fn plan<'a>(&'a self, fields: &'a [Field], consent: Option<&'a RelayConsent>) -> RelayPlan<'a> {
        RelayPlan {
            core: &self.core,
            core_identity: self.sent.core.identity(),
            submission: self.sent.submission.digest(),
            held: &self.held,
            fields,
            to: &self.to,
            tlp: self.core.tlp,
            consent,
            now: now(),
        }
    }

    fn consent(&self, fields: &[Field]) -> RelayConsent {
        let digest = |field: &Field| self.held.get(*field).map(Disclosure::digest).unwrap();
        payload!(
            &head("north.example", Some(anchor())),
            eid("consent"),
            RelayConsent {
                submission: self.sent.submission.digest(),
                core: self.sent.core.identity(),
                to: self.to.clone(),
                digests: fields.iter().map(digest).collect(),
                expiry: now().plus(60),
            }
        )
    }
}

const COARSE: [Field; 2] = [Field::PlaceCity, Field::Summary];

#[test]
fn terms_and_marking_say_what_may_leave_the_organisation() {
    // relay term, marking: without a consent, with one
    let table = [
        (RelayTerms::None, Tlp::Clear, false, false),
        (RelayTerms::None, Tlp::Red, false, false),
        (RelayTerms::Ask, Tlp::Clear, false, true),
        (RelayTerms::Ask, Tlp::Red, false, true),
        (RelayTerms::Tlp, Tlp::Red, false, true),
        (RelayTerms::Tlp, Tlp::AmberStrict, false, true),
        (RelayTerms::Tlp, Tlp::Amber, true, true),
        (RelayTerms::Tlp, Tlp::Green, true, true),
        (RelayTerms::Tlp, Tlp::Clear, true, true),
    ];
    for (terms, tlp, freely, by_consent) in table {
        let case = case(terms, tlp);
        assert_eq!(decide(&case.plan(&COARSE, None)).is_ok(), freely, "{terms} {tlp} without consent");
        let consent = case.consent(&COARSE);
        assert_eq!(decide(&case.plan(&COARSE, Some(&consent))).is_ok(), by_consent, "{terms} {tlp} with consent");
        assert_eq!(consent_needed(terms, tlp), !freely, "{terms} {tlp}");
    }
}

#[test]
fn chosen_fields_come_in_the_published_order_and_once() {
    let case = case(RelayTerms::Tlp, Tlp::Green);
    let fields = [Field::PlaceCity, Field::Summary, Field::PlaceCity];
    let chosen = decide(&case.plan(&fields, None)).unwrap();
    let names: Vec<_> = chosen.iter().map(|d| d.field.name()).collect();
    assert_eq!(names, ["summary", "place.city"]);
}

#[test]
fn sources_pass_only_with_a_consent_that_names_them() {
    let case = case(RelayTerms::Tlp, Tlp::Clear);
    let fields = [Field::SourceKind];
    let refused = decide(&case.plan(&fields, None)).unwrap_err();
    assert_eq!(refused, RelayRefusal::SourceNeedsConsent { field: "source.kind" });
    let coarse = case.consent(&COARSE);
    let refused = decide(&case.plan(&fields, Some(&coarse))).unwrap_err();
    assert_eq!(refused, RelayRefusal::NotCovered { field: "source.kind" });
    let consent = case.consent(&fields);
    assert!(decide(&case.plan(&fields, Some(&consent))).is_ok());
}

#[test]
fn a_consent_is_for_one_warning_one_recipient_and_one_time() {
    let case = case(RelayTerms::Ask, Tlp::Red);
    let wrong = |change: &dyn Fn(&mut RelayConsent)| {
        let mut consent = case.consent(&COARSE);
        change(&mut consent);
        decide(&case.plan(&COARSE, Some(&consent))).unwrap_err().code()
    };
    assert_eq!(wrong(&|c| c.iss = party("east.example")), "usage-relay-wrong-consent");
    assert_eq!(wrong(&|c| c.core = Digest::from_bytes([0; 32])), "usage-relay-wrong-consent");
    assert_eq!(wrong(&|c| c.submission = Digest::from_bytes([0; 32])), "usage-relay-wrong-consent");
    assert_eq!(wrong(&|c| c.to = party("east.example")), "usage-relay-wrong-consent");
    assert_eq!(wrong(&|c| c.expiry = UnixSeconds::new(now().value() - 1)), "usage-relay-consent-expired");
    assert_eq!(wrong(&|c| c.digests.truncate(1)), "usage-relay-not-covered");
}

#[test]
fn what_is_withdrawn_or_over_or_closed_stays() {
    let mut withdrawn = case(RelayTerms::Tlp, Tlp::Clear);
    withdrawn.core.status = WarningStatus::Withdrawn;
    assert_eq!(decide(&withdrawn.plan(&COARSE, None)).unwrap_err(), RelayRefusal::Withdrawn);
    let mut over = case(RelayTerms::Tlp, Tlp::Clear);
    over.core.retain_until = Some(UnixSeconds::new(1));
    assert_eq!(decide(&over.plan(&COARSE, None)).unwrap_err().code(), "usage-relay-retention");
    let mut closed = case(RelayTerms::Tlp, Tlp::Clear);
    closed.held = Disclosed::default();
    assert_eq!(decide(&closed.plan(&COARSE, None)).unwrap_err().code(), "usage-relay-not-held");
    assert_eq!(decide(&closed.plan(&[], None)).unwrap_err(), RelayRefusal::Nothing);
    let amber = case(RelayTerms::Tlp, Tlp::Amber);
    let weaker = RelayPlan { tlp: Tlp::Green, ..amber.plan(&COARSE, None) };
    assert_eq!(decide(&weaker).unwrap_err().code(), "usage-relay-marking");
    let stricter = RelayPlan { tlp: Tlp::Red, ..amber.plan(&COARSE, None) };
    assert!(decide(&stricter).is_ok());
}
