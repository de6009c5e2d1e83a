//! The founding story (issue item 1), exactly.

use super::world::*;
use crate::dossier::Dossier;
use crate::judge::{Answer, Step};
use crate::statement::{Body, Relay, RelayConsent, Statement};
use crate::values::{ReplyStatus, UnixSeconds};
use crate::warning::{Field, Value};

/// North warns South (told, decrypted, silent, amended) and East (acknowledged; relays to West, who acknowledges nothing).
pub(super) struct Story {
    pub(super) world: World,
    pub(super) first: usize,
    pub(super) amended: usize,
    pub(super) east: usize,
    pub(super) west: usize,
    /// A whole second between the first warning and the amendment.
    pub(super) t: UnixSeconds,
}

const OBSERVERS: &[&str] = &["harbour", "meridian"];

impl Story {
    pub(super) fn new() -> Self {
        let mut w = World::new();
        for party in ["south", "east", "west"] {
            w.declare(party, OBSERVERS, 2);
        }
        w.publish_at(1_010);
        let draft = Draft { deadline: Some(1_030), withheld: true, ..Draft::default() };
        let first = w.warn("north", "south", &draft);
        let east = w.warn("north", "east", &draft);
        for warning in [first, east] {
            w.accept(warning);
            OBSERVERS.iter().for_each(|c| drop(w.consign(warning, c)));
        }
        w.publish_at(1_012);
        for (party, warning) in [("south", first), ("east", east)] {
            w.ack(party, OBSERVERS);
            let session = w.kid(party, crate::keys::KeyUse::Mailbox);
            w.handover(warning, "harbour", session);
            w.access(warning, |f| f.group() != crate::warning::Group::Source);
        }
        w.publish_at(1_014);
        w.reply(east, ReplyStatus::Acknowledged, OBSERVERS);
        w.publish_at(1_020);
        let west = w.relay(east, "west");
        w.publish_at(1_030);
        w.heads();
        let core = w.sent[first].core.clone();
        let wid = w.sent[first].body().wid;
        let amended = w.warn("north", "south", &Draft { amends: Some(&core), wid, withheld: true, ..Draft::default() });
        w.accept(amended);
        OBSERVERS.iter().for_each(|c| drop(w.consign(amended, c)));
        w.publish_at(1_032);
        w.deny("south", "told south.example by west.example before 1970-01-01T00:17:20Z", 1_040);
        w.publish_at(1_040);
        w.deny("south", "told south.example by west.example before 1970-01-01T00:17:20Z", 1_040);
        w.heads();
        w.publish_at(1_042);
        Self { world: w, first, amended, east, west, t: at(1_040) }
    }

    /// What North ships: its warnings to South, sources closed, the core and the place opened.
    pub(super) fn north(&self) -> Dossier {
        let (first, amended) = (self.world.sent[self.first].digest(), self.world.sent[self.amended].digest());
        let keep = |s: &Statement| {
            let named = s.submission().unwrap_or(s.digest());
            named == first || named == amended || matches!(s.body(), Body::CustodyHeads(_) | Body::MailboxHeadAck(_))
        };
        let shows = [
            Show { warning: self.first, fields: COARSE, open: &[0, 3] },
            Show { warning: self.amended, fields: &[Field::Addressee], open: &[0] },
        ];
        self.prune(self.world.dossier(keep, &shows), &["south"])
    }

    /// What South ships: everything that lay in its mailboxes, by author and not by content, and its denial.
    pub(super) fn south(&self) -> Dossier {
        let keep = |s: &Statement| match s.body() {
            Body::Submission(b) => b.declaration == self.world.sent[self.first].declaration,
            Body::CustodyHeads(_) | Body::Denial(_) => true,
            _ => false,
        };
        self.prune(self.world.dossier(keep, &[]), &["south"])
    }

    /// What East ships: that it acknowledged, and what it passed on.
    pub(super) fn east(&self) -> Dossier {
        let (own, west) = (self.world.sent[self.east].digest(), self.world.sent[self.west].digest());
        let keep = |s: &Statement| {
            let named = s.submission().unwrap_or(s.digest());
            named == own || named == west || matches!(s.body(), Body::Relay(_))
        };
        let shows = [
            Show { warning: self.east, fields: COARSE, open: &[] },
            Show { warning: self.west, fields: COARSE, open: &[0, 3] },
        ];
        self.prune(self.world.dossier(keep, &shows), &[])
    }

    /// Only the listings of these parties' mailboxes: nobody else gets their openings.
    fn prune(&self, mut dossier: Dossier, of: &[&str]) -> Dossier {
        let declared = |p: &&str| self.world.parties[&name(p)].declared.as_ref().map(|(d, _)| *d);
        let allowed: Vec<_> = of.iter().filter_map(declared).collect();
        dossier.listings.retain(|l| allowed.contains(&l.declaration));
        dossier
    }
}

impl World {
    /// East passes coarse fields on, with consent.
    fn relay(&mut self, from: usize, to: &str) -> usize {
        let (submission, core) = (self.sent[from].digest(), self.sent[from].core.identity());
        let digests: Vec<_> = COARSE.iter().map(|f| self.sent[from].digest_of(*f)).collect();
        let payload = say!(
            self,
            "north",
            RelayConsent {
                submission: submission,
                core: core,
                to: name(to),
                digests: digests.clone(),
                expiry: at(2_000),
            }
        );
        let consent = self.issue("north", &payload).digest();
        let payload = say!(self, "east", Relay { core: core, to: name(to), digests: digests, consent: Some(consent) });
        self.issue("east", &payload);
        let warning = self.warn("east", to, &Draft { withheld: true, ..Draft::default() });
        self.accept(warning);
        OBSERVERS.iter().for_each(|c| drop(self.consign(warning, c)));
        warning
    }
}

#[test]
fn north_proves_that_south_was_told_and_keeps_its_sources_closed() {
    let story = Story::new();
    let question = format!("told south.example by north.example before {}", story.t);
    let finding = story.world.judge(&[story.north()], &question);
    assert_eq!(finding.answer, Answer::Proven);
    assert_eq!(finding.step, Some(Step::Decrypted));
    assert_eq!((finding.not_before, finding.not_after), (Some(at(1_012)), Some(at(1_014))));
    assert_eq!(finding.question, "told south.example by north.example before 1970-01-01T00:17:20Z");
    assert_eq!(
        finding.sentence,
        "It is proven that south.example was told by north.example before 1970-01-01T00:17:20Z: it lay available in \
         the mailboxes that south.example had declared between 1970-01-01T00:16:50Z and 1970-01-01T00:16:52Z; the \
         system of south.example signed a head that covers it (a receipt by a machine) between 1970-01-01T00:16:52Z and \
         1970-01-01T00:16:54Z; the system of south.example decrypted it (a receipt by a machine) between \
         1970-01-01T00:16:52Z and 1970-01-01T00:16:54Z."
    );
    let spec = finding.specificity.unwrap();
    assert_eq!((spec.claimed.place, spec.claimed.source), (3, 3));
    assert_eq!((spec.shown.place, spec.shown.source), (3, 0));
    assert_eq!(finding.closed_fields, Some(33 - COARSE.len()));
    assert_eq!(finding.sequence, Some(1));
    let later = finding.later.unwrap();
    assert_eq!((later.shown, later.withdrawn, later.complete), (1, false, false));
    let content = finding.content.unwrap();
    assert_eq!(content.told.len(), COARSE.len());
    assert!(content.signed_only.is_empty());
    assert!(matches!(&content.told["place.city"], Value::Text(t) if t.as_str() == "Saltmarsh"));
    let silence = finding.silence.unwrap();
    assert_eq!((silence.deadline, silence.outside_hours), (at(1_030), false));
    assert_eq!(silence.custodians, [name("harbour"), name("meridian")]);
    assert_eq!(finding.author.unwrap().party, name("north"));
    assert!(finding.misbehaviour.is_empty());
    assert!(!finding.rests_on["answer"].is_empty());
}

#[test]
fn south_refutes_that_west_told_it() {
    let story = Story::new();
    let question = format!("told south.example by west.example before {}", story.t);
    let finding = story.world.judge(&[story.south()], &question);
    assert_eq!(finding.answer, Answer::Refuted, "{}", finding.sentence);
    assert_eq!(
        finding.sentence,
        "It is refuted that south.example was told by west.example before 1970-01-01T00:17:20Z through the mailboxes \
         that it had declared at exchange.example; whether it was told by other ways is not said."
    );
    // The denial and one listing of each custodian.
    assert_eq!(finding.rests_on["answer"].len(), 3);
    assert!(finding.misbehaviour.is_empty());
}

#[test]
fn south_cannot_refute_that_north_told_it() {
    let story = Story::new();
    let question = format!("told south.example by north.example before {}", story.t);
    assert_eq!(story.world.answer(&[story.south()], &question), Answer::NotDecidable);
}

#[test]
fn east_acknowledged_and_west_was_told_by_east_alone() {
    let story = Story::new();
    let finding = story.world.judge(&[story.east()], "told east.example by north.example");
    assert_eq!((finding.answer, finding.step), (Answer::Proven, Some(Step::Acknowledged)));
    assert_eq!(finding.reply, Some(ReplyStatus::Acknowledged));
    let finding = story.world.judge(&[story.east()], "told west.example by east.example");
    assert_eq!((finding.answer, finding.step), (Answer::Proven, Some(Step::Available)));
    assert_eq!(story.world.answer(&[story.east()], "told west.example by north.example"), Answer::NotDecidable);
}

#[test]
fn the_union_says_what_each_dossier_says_in_any_order() {
    let story = Story::new();
    let (n, s, e) = (story.north(), story.south(), story.east());
    let questions = [
        (format!("told south.example by north.example before {}", story.t), Answer::Proven),
        (format!("told south.example by west.example before {}", story.t), Answer::Refuted),
        ("told east.example".to_owned(), Answer::Proven),
    ];
    for (question, expected) in questions {
        let one = story.world.judge(&[n.clone(), s.clone(), e.clone()], &question);
        let other = story.world.judge(&[e.clone(), n.clone(), s.clone(), n.clone()], &question);
        assert_eq!(one.answer, expected, "{question}: {}", one.sentence);
        assert_eq!(one, other, "{question}");
    }
}

#[test]
fn timeline_and_who_name_everybody_who_signed() {
    let story = Story::new();
    let finding = story.world.judge(&[story.north()], "timeline");
    assert_eq!(finding.answer, Answer::Proven);
    let facts: Vec<&str> = finding.timeline.iter().map(|f| f.fact.as_str()).collect();
    for fact in ["Submission", "SubmissionAcceptance", "ContentConsignment", "available", "ContentAccess"] {
        assert!(facts.contains(&fact), "{fact} is missing in {facts:?}");
    }
    let finding = story.world.judge(&[story.north()], "who");
    assert_eq!(finding.sentence, "The warnings shown were signed by north.example (grade I2).");
    assert_eq!(finding.author.unwrap().sponsors, [name("exchange")]);
}

#[test]
fn a_finding_reads_as_plain_language_and_states_its_trust_first() {
    let story = Story::new();
    let text = story.world.judge(&[story.north()], "told south.example by north.example").to_text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("Rests on: 2 of 2 organisations (harbour, meridian), 0 of which may lie; policy SHA-256 ")
    );
    assert_eq!(
        lines[1],
        "          Obtain the trust policy yourself; a policy that came with the dossier proves nothing."
    );
    assert!(lines[2].contains("not a qualified trust service"));
    for word in ["source.names", "never to be shown", " read ", "knew", "opened it"] {
        assert!(!text.contains(word), "{word:?} in {text}");
    }
}
