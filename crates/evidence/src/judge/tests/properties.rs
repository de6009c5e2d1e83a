//! What holds of every dossier: no altered byte changes a finding, no part left out proves more, and two dossiers never
//! prove and refute the same. Seeded: the same cases each time.

use super::story::Story;
use super::world::*;
use crate::dossier::{Bytes, Dossier};
use crate::encoding::{Digest, sha256};
use crate::judge::{Answer, Finding, Question, Step};
use crate::statement::{Body, Statement};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;

fn none(_: &Digest) -> Option<Vec<u8>> {
    None
}

/// What a finding says, caveats aside.
fn essence(f: &Finding) -> impl PartialEq + std::fmt::Debug + use<> {
    let spec = f.specificity.map(|s| (s.claimed, s.shown));
    let told = f.content.as_ref().map(|c| (c.told.clone(), c.signed_only.clone()));
    let silence = f.silence.as_ref().map(|s| (s.deadline, s.custodians.clone()));
    (
        f.answer,
        f.step,
        f.not_before,
        f.not_after,
        spec,
        f.closed_fields,
        f.sequence,
        (told, silence, f.misbehaviour.clone()),
    )
}

/// The shortest dossier that proves: one warning, available, its core opened.
fn compact() -> (World, Dossier) {
    let (mut w, warning) = available();
    w.access(warning, |_| true);
    w.heads();
    w.publish_at(1_030);
    let dossier = w.dossier(|_| true, &[Show { open: &[0], ..OPEN }]);
    (w, dossier)
}

#[test]
fn no_altered_byte_of_a_file_changes_the_finding() {
    let (w, dossier) = compact();
    let bytes = dossier.to_bytes().unwrap();
    let read = Dossier::parse(&bytes, &none).unwrap();
    assert_eq!(read, dossier);
    let question = "told south.example by north.example before 1100";
    assert_eq!(w.answer(std::slice::from_ref(&read), question), Answer::Proven);
    // Every byte outside of long base64 texts, and within those one in 97 (a prime: all places of a quantum in turn).
    let mut run = 0;
    let (mut tried, mut equal) = (0, 0);
    for position in 0..bytes.len() {
        run = if bytes[position].is_ascii_alphanumeric() || b"-_".contains(&bytes[position]) { run + 1 } else { 0 };
        if run > 100 && position % 97 != 0 {
            continue;
        }
        for flip in [0x01, 0x20] {
            let mut altered = bytes.clone();
            altered[position] ^= flip;
            tried += 1;
            let Ok(other) = Dossier::parse(&altered, &none) else { continue };
            equal += 1;
            assert_eq!(other, read, "byte {position} ^ {flip:#x} changed what is read");
        }
    }
    // White space between members is the only thing that may change; read the same, it is judged the same.
    assert!(tried > 10_000 && equal < 100, "{tried} tried, {equal} read");
}

/// Every place in a dossier where a liar who writes the manifest anew can change a part.
fn parts(dossier: &mut Dossier) -> Vec<&mut String> {
    let texts = dossier.notes.iter_mut().chain(&mut dossier.statements).chain(&mut dossier.directory);
    let cores = dossier.cores.iter_mut().flat_map(|c| std::iter::once(&mut c.core).chain(&mut c.disclosures));
    texts.chain(cores).collect()
}

fn digests(dossier: &mut Dossier) -> Vec<&mut Digest> {
    let mut found = Vec::new();
    for proof in &mut dossier.proofs {
        found.extend([&mut proof.statement, &mut proof.note]);
        found.extend(&mut proof.hashes);
    }
    for part in &mut dossier.bodies {
        found.push(&mut part.submission);
        found.extend(part.bodies.iter_mut().map(|b| &mut b.sha256));
    }
    for listing in &mut dossier.listings {
        found.extend([&mut listing.heads, &mut listing.declaration, &mut listing.opening.head.h]);
        found.push(&mut listing.opening.answers);
        found.extend(&mut listing.opening.proof);
        found.extend(listing.items.iter_mut().flatten().flat_map(|i| [&mut i.e, &mut i.submission]));
        for answer in &mut listing.answers {
            found.push(&mut answer.submission);
            found.extend(&mut answer.opening.proof);
        }
    }
    found
}

fn bytes_of(dossier: &mut Dossier) -> Vec<&mut Bytes> {
    let opened = dossier.bodies.iter_mut().flat_map(|b| &mut b.opened);
    opened.flat_map(|o| [&mut o.file, &mut o.file_key, &mut o.seed]).collect()
}

/// Judges a dossier of a liar who wrote the manifest anew: refused, or no more than the true one says.
fn refused_or_weaker(w: &World, question: &str, truth: &Finding, altered: &Dossier, what: &str) {
    let read = Dossier::parse(&altered.to_bytes().unwrap(), &none);
    let Ok(found) = read.map_err(drop).and_then(|d| w.try_judge(&[d], question).map_err(drop)) else { return };
    weaker(truth, &found, what);
}

/// `found`, from fewer or altered parts, says nothing that `truth` does not say.
fn weaker(truth: &Finding, found: &Finding, what: &str) {
    let proves = found.answer == Answer::Proven;
    assert!(!proves || truth.answer == Answer::Proven, "{what}: newly proven: {}", found.sentence);
    if found.sequence != truth.sequence || found.content.is_none() {
        // Another warning, of which the full dossier says nothing here.
        assert!(found.step <= truth.step, "{what}: {:?} instead of {:?}", found.step, truth.step);
        return;
    }
    assert!(found.step <= truth.step, "{what}: {:?} instead of {:?}", found.step, truth.step);
    if found.step == truth.step {
        let lower = found.not_before.map(|t| t.value()).unwrap_or(0);
        let true_lower = truth.not_before.map(|t| t.value()).unwrap_or(0);
        let upper = found.not_after.map_or(u64::MAX, |t| t.value());
        let true_upper = truth.not_after.map_or(u64::MAX, |t| t.value());
        let inside = lower >= true_lower && upper <= true_upper;
        assert!(!inside || (lower, upper) == (true_lower, true_upper), "{what}: a narrower interval");
    }
    let (Some(found), Some(truth)) = (&found.content, &truth.content) else { return };
    assert!(found.told.iter().all(|(name, value)| truth.told.get(name) == Some(value)), "{what}: newly told");
}

#[test]
fn whoever_writes_the_manifest_anew_proves_no_more() {
    let (w, dossier) = compact();
    let question = "told south.example by north.example before 1100";
    let truth = w.judge(std::slice::from_ref(&dossier), question);
    let mut rng = super::world::Rng(77);
    let mut pick = |len: usize| usize::from_be_bytes(rng.bytes()) % len;
    let count = parts(&mut dossier.clone()).len();
    for part in 0..count {
        for _ in 0..4 {
            let mut altered = dossier.clone();
            let text = &mut parts(&mut altered)[part];
            let at = pick(text.len());
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= [1, 2, 4, 8][pick(4)];
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            **text = changed;
            refused_or_weaker(&w, question, &truth, &altered, &format!("text {part} at {at}"));
        }
    }
    let count = digests(&mut dossier.clone()).len();
    for part in 0..count {
        let mut altered = dossier.clone();
        *digests(&mut altered)[part] = sha256(&part.to_be_bytes());
        refused_or_weaker(&w, question, &truth, &altered, &format!("digest {part}"));
    }
    let count = bytes_of(&mut dossier.clone()).len();
    for part in 0..count {
        for _ in 0..8 {
            let mut altered = dossier.clone();
            let bytes = &mut bytes_of(&mut altered)[part].0;
            let at = pick(bytes.len());
            bytes[at] ^= 1;
            refused_or_weaker(&w, question, &truth, &altered, &format!("bytes {part} at {at}"));
        }
    }
    for index in 0..dossier.proofs.len() {
        for change in [1, 2, 64] {
            let mut altered = dossier.clone();
            altered.proofs[index].index ^= change;
            refused_or_weaker(&w, question, &truth, &altered, &format!("proof {index}"));
        }
    }
}

/// Leaves out what `keep` does not let through, part by part, and with a statement its proofs.
fn thinned(dossier: &Dossier, mut keep: impl FnMut() -> bool) -> Dossier {
    let mut thin = dossier.clone();
    thin.notes.retain(|_| keep());
    thin.statements.retain(|_| keep());
    thin.proofs.retain(|_| keep());
    thin.cores.retain(|_| keep());
    thin.cores.iter_mut().for_each(|c| c.disclosures.retain(|_| keep()));
    thin.bodies.retain(|_| keep());
    thin.bodies.iter_mut().for_each(|b| b.opened.retain(|_| keep()));
    thin.listings.retain(|_| keep());
    for listing in &mut thin.listings {
        listing.answers.retain(|_| keep());
        if !keep() {
            listing.items = None;
        }
    }
    while !thin.directory.is_empty() && !keep() {
        thin.directory.pop();
    }
    let statements: BTreeSet<Digest> = thin.statements.iter().map(|s| sha256(s.as_bytes())).collect();
    let notes: BTreeSet<Digest> = thin.notes.iter().map(|n| sha256(n.as_bytes())).collect();
    thin.proofs.retain(|p| statements.contains(&p.statement) && notes.contains(&p.note));
    thin
}

/// What the recipient itself signed, or may have: leaving that out may make a refutation or silence.
fn recipients_own(w: &World, text: &str, recipient: &str) -> bool {
    let statement = Statement::parse(text.as_bytes()).unwrap();
    let own = *statement.common().iss == name(recipient);
    let lodged = matches!(statement.body(), Body::Reply(_) | Body::ReplyLodgement(_));
    assert!(w.parties.contains_key(&name(recipient)));
    (own && !matches!(statement.body(), Body::Denial(_))) || lodged
}

/// A busy world: two warnings, three custodians, receipts and replies at several times, heads of several periods, denials.
fn busy() -> (World, Dossier) {
    let mut w = World::with(&["harbour", "meridian", "pier", "quay"], 3, 0);
    let custodians = ["harbour", "meridian", "pier"];
    w.declare_as("south", &custodians, 2, |d| d.grace_seconds = 500);
    w.publish_at(1_010);
    let draft = Draft { deadline: Some(1_040), ..Draft::default() };
    let first = w.warn("north", "south", &draft);
    w.accept(first);
    for (number, custodian) in custodians.iter().enumerate() {
        w.consign(first, custodian);
        w.publish_at(1_012 + 2 * number as u64);
    }
    w.ack("south", &["harbour"]);
    w.publish_at(1_020);
    w.ack("south", &["meridian", "pier"]);
    let session = w.kid("south", crate::keys::KeyUse::Mailbox);
    w.handover(first, "harbour", session);
    w.access(first, |f| f.group() == crate::warning::Group::Place);
    w.publish_at(1_025);
    let session = w.kid("south", crate::keys::KeyUse::Mailbox);
    w.handover(first, "pier", session);
    w.access(first, |_| true);
    let second = w.warn("north", "south", &draft);
    w.accept(second);
    custodians.iter().for_each(|c| drop(w.consign(second, c)));
    w.publish_at(1_030);
    w.declare("south", &custodians[1..], 1);
    w.publish_at(1_040);
    w.heads();
    w.reply(first, crate::values::ReplyStatus::Declined, &["harbour"]);
    w.publish_at(1_045);
    w.reply(first, crate::values::ReplyStatus::Affected, &["pier"]);
    w.revoke("south", crate::keys::KeyUse::Role, Some(1_000));
    for by in ["north", "west"] {
        w.deny("south", &format!("told south.example by {by}.example before 1970-01-01T00:17:30Z"), 1_050);
    }
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_055);
    let shows = [OPEN, Show { warning: 1, fields: COARSE, open: &[0, 1, 2, 3] }];
    let dossier = w.dossier(|_| true, &shows);
    (w, dossier)
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

#[test]
fn fewer_parts_never_prove_more() {
    let (w, dossier) = busy();
    let questions = [
        "told south.example by north.example before 1970-01-01T00:17:30Z",
        "told south.example by north.example before 1970-01-01T00:16:56Z",
        "told south.example by west.example before 1970-01-01T00:17:30Z",
        "told south.example by north.example",
    ];
    let truths: Vec<Finding> = questions.iter().map(|q| w.judge(std::slice::from_ref(&dossier), q)).collect();
    assert_eq!(
        truths.iter().map(|t| t.answer).collect::<Vec<_>>(),
        [Answer::Proven, Answer::Proven, Answer::Refuted, Answer::Proven]
    );
    let own: Vec<bool> = dossier.statements.iter().map(|s| recipients_own(&w, s, "south")).collect();
    let strategy = (any::<u64>(), 1_u64..40, 0_usize..questions.len());
    runner(400)
        .run(&strategy, |(seed, rarity, question)| {
            let mut state = seed;
            let thin = thinned(&dossier, || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % rarity != 0 || rarity == 1 && state >> 63 == 1
            });
            // Whatever is left may not even verify: that proves nothing. The other way round, nothing is refused for want of a part.
            let found = w.try_judge(std::slice::from_ref(&thin), questions[question]).unwrap();
            weaker(&truths[question], &found, &format!("seed {seed}, rarity {rarity}"));
            let kept = |text: &String| thin.statements.contains(text);
            let own_left_out = dossier.statements.iter().zip(&own).any(|(text, own)| *own && !kept(text));
            let newly_refuted = found.answer == Answer::Refuted && truths[question].answer != Answer::Refuted;
            prop_assert!(!newly_refuted || own_left_out, "newly refuted: {}", found.sentence);
            let same = found.sequence == truths[question].sequence;
            let newly_silent = same && found.silence.is_some() && truths[question].silence.is_none();
            prop_assert!(!newly_silent || own_left_out, "newly silent");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_conviction_that_is_left_out_may_make_a_refutation_and_nothing_else() {
    // c > f_c: one more custodian than allowed for contradicted itself. Without its second root the rest refutes.
    let mut w = World::with(&["harbour", "meridian", "pier", "quay"], 3, 0);
    w.declare("south", &["harbour", "meridian", "pier"], 1);
    w.publish_at(1_030);
    w.heads();
    let question = "told south.example by north.example before 1970-01-01T00:17:10Z";
    w.deny("south", question, 1_030);
    let second = w.heads_of("pier", |_| false);
    w.publish_at(1_031);
    assert_eq!(w.answer(&[w.dossier(|_| true, &[])], question), Answer::NotDecidable);
    assert_eq!(w.answer(&[w.dossier(|s| *s != second, &[])], question), Answer::Refuted);
}

#[test]
fn no_two_dossiers_prove_and_refute_the_same() {
    let (w, full) = busy();
    let story = Story::new();
    let of_story = story.world.dossier(|_| true, &[OPEN, Show { warning: 1, ..OPEN }]);
    let mut answers = 0;
    for (world, dossier) in [(&w, &full), (&story.world, &of_story)] {
        for by in [" by north.example", " by west.example", " by east.example", ""] {
            for time in [1_005, 1_012, 1_016, 1_030, 1_040, 1_050] {
                for party in ["south", "east", "west"] {
                    let question = format!("told {party}.example{by} before {time}");
                    let asked = Question::parse(&question).unwrap().to_string();
                    let mut found = Vec::new();
                    for seed in 0..4_u64 {
                        let mut state = seed;
                        let thin = thinned(dossier, || {
                            state =
                                state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                            seed == 0 || (state >> 33) % (3 * seed) != 0
                        });
                        found.push(world.judge(&[thin], &asked));
                    }
                    let has = |answer| found.iter().find(|f| f.answer == answer);
                    if let (Some(_), Some(refuted)) = (has(Answer::Proven), has(Answer::Refuted)) {
                        // Only against its own signature: then the union convicts whoever denied.
                        let union = world.judge(std::slice::from_ref(dossier), &asked);
                        let liar =
                            convictions(&union).contains(&(format!("{party}.example"), "misbehaviour-false-denial"));
                        assert!(liar, "{question}: proven and {}", refuted.sentence);
                    }
                    answers += found.iter().filter(|f| f.answer != Answer::NotDecidable).count();
                }
            }
        }
    }
    assert!(answers > 50, "only {answers} answers decide anything");
}

#[test]
fn the_union_is_at_least_as_strong_as_each_of_its_dossiers() {
    let (w, dossier) = busy();
    let question = "told south.example by north.example";
    let truth = w.judge(std::slice::from_ref(&dossier), question);
    runner(60)
        .run(&any::<u64>(), |seed| {
            let mut state = seed;
            let mut keep = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % 5 != 0
            };
            let (one, other) = (thinned(&dossier, &mut keep), thinned(&dossier, &mut keep));
            let union = w.judge(&[one.clone(), other.clone()], question);
            prop_assert_eq!(&union, &w.judge(&[other.clone(), one.clone(), other.clone()], question));
            weaker(&truth, &union, "union");
            for alone in [one, other] {
                let alone = w.judge(&[alone], question);
                weaker(&union, &alone, "one of two");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_same_dossier_twice_is_one() {
    let (w, dossier) = busy();
    for question in ["told south.example by north.example", "timeline", "who"] {
        let once = w.judge(std::slice::from_ref(&dossier), question);
        let twice = w.judge(&[dossier.clone(), dossier.clone()], question);
        assert_eq!(once, twice);
        let mut reversed = dossier.clone();
        reversed.statements.reverse();
        reversed.notes.reverse();
        reversed.listings.reverse();
        reversed.bodies.reverse();
        assert_eq!(essence(&once), essence(&w.judge(&[reversed], question)));
    }
}

#[test]
fn a_step_never_reads_as_knowledge() {
    for step in [Step::Intent, Step::Submitted, Step::Available, Step::Notified, Step::HandedOver, Step::Decrypted] {
        let sentence = step.sentence("south.example");
        for word in ["read", "knew", "opened", "knowledge"] {
            assert!(!sentence.contains(word), "{sentence}");
        }
    }
}
