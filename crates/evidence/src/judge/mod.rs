//! The judge: a pure function from dossiers, trust and a question to a finding (DESIGN §5, docs/verify.md).
//!
//! No clock, network, file or randomness. Dossiers are judged as one union. Taking parts away never gives a new
//! `proven`, a higher step or a narrower interval; `refuted` and silence may appear only when the recipient's own
//! signed statements, replies, or convictions beyond the number allowed for are left out.

mod absence;
mod believe;
mod chains;
mod facts;
mod finding;
mod misbehaviour;
mod page;
mod promises;
mod question;
mod silence;
mod steps;
mod timescale;
mod told;
mod trust;
mod unwitnessed;

pub use believe::Believe;
pub use facts::EvidenceError;
pub use finding::{
    Answer, Caveat, Content, Fact, Finding, Identity, Interval, Later, Misbehaviour, Silence, SpecificityPair,
    TrustBasis,
};
pub use question::{Question, QuestionError, Told};
pub use steps::Step;

use crate::directory::{Directory, Grade, Signer};
use crate::dossier::Dossier;
use crate::encoding::Digest;
use crate::keys::KeyUse;
use crate::names::PartyName;
use crate::statement::Body;
use crate::values::WarningStatus;
use crate::warning::{Disclosure, Specificity};
use absence::{absence, concerns};
use chains::Chains;
use facts::{Facts, Logged};
use monition_tlog::TrustError;
use silence::{Listing, listings, silence};
use std::collections::{BTreeMap, BTreeSet};
use told::{Case, StepFact, cases};
use trust::Trust;

/// Why there is no finding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// The trust policy is not one that a finding can rest on.
    #[error("the trust policy is refused: {0}")]
    Trust(#[from] TrustError),
    /// A part of the evidence is not what it claims to be.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

/// Judges the union of `dossiers`.
///
/// `trust` is the text of a C2SP tlog-policy for both logs of the exchange; whoever asks must have obtained it himself.
///
/// # Errors
/// [`JudgeError`]: a trust policy of another shape, or evidence that does not verify. Evidence that verifies and proves
/// nothing is no error: the answer is then `not-decidable`.
pub fn judge(
    dossiers: &[Dossier],
    trust: &[u8],
    believe: &Believe,
    question: &Question,
) -> Result<Finding, JudgeError> {
    judge_by(dossiers, Trust::quorum(trust, believe.lying_witnesses())?, believe, question)
}

/// As [`judge`], but asks for no witness: `trust` need only name the keys of both logs. For whoever holds evidence from
/// before there were witnesses, and says so. Nothing is decided then: the answer is always `not-decidable`, without any
/// time, and the finding says how far the exchange's own word goes.
///
/// # Errors
/// As [`judge`].
pub fn judge_without_witnesses(
    dossiers: &[Dossier],
    trust: &[u8],
    believe: &Believe,
    question: &Question,
) -> Result<Finding, JudgeError> {
    judge_by(dossiers, Trust::logs_alone(trust)?, believe, question)
}

fn judge_by(dossiers: &[Dossier], trust: Trust, believe: &Believe, question: &Question) -> Result<Finding, JudgeError> {
    let basis = trust.basis();
    let facts = Facts::load(dossiers, trust, believe)?;
    let mut finding = empty(basis, question, &facts);
    if facts.directory_contradicted {
        directory_contradicted(&mut finding, &facts);
        return Ok(finding);
    }
    let listings = listings(&facts)?;
    let cases = cases(&facts, &Chains::of(&facts, &listings))?;
    if !facts.is_witnessed() {
        unwitnessed::answer(&mut finding, &facts, question, &cases);
        general_caveats(&mut finding, &facts);
        return Ok(finding);
    }
    let misbehaviour = misbehaviour::misbehaviour(&facts, &listings, believe);
    let convicted: BTreeSet<PartyName> = misbehaviour.iter().map(|m| m.party.clone()).collect();
    finding.misbehaviour = misbehaviour;
    match question {
        Question::Told(told) => answer_told(&mut finding, &facts, told, &cases, &listings, &convicted, believe),
        Question::Timeline => answer_timeline(&mut finding, &facts, &cases),
        Question::Who => answer_who(&mut finding, &facts, &cases),
    }
    general_caveats(&mut finding, &facts);
    Ok(finding)
}

fn empty(trust: TrustBasis, question: &Question, facts: &Facts) -> Finding {
    Finding {
        format: finding::FORMAT,
        trust,
        notice: vec![
            "Obtain the trust policy yourself; a policy that came with the dossier proves nothing.".to_owned(),
            "Monition is not a qualified trust service (Regulation (EU) No 910/2014, Article 44).".to_owned(),
        ],
        question: question.to_string(),
        answer: Answer::NotDecidable,
        sentence: String::new(),
        step: None,
        not_before: None,
        not_after: None,
        reply: None,
        author: None,
        recipient: None,
        content: None,
        specificity: None,
        closed_fields: None,
        sequence: None,
        later: None,
        silence: None,
        timeline: Vec::new(),
        caveats: facts.caveats.clone(),
        misbehaviour: Vec::new(),
        rests_on: BTreeMap::new(),
    }
}

/// Two quorums witnessed two directories: the trust is broken, and whose key is whose is not known. The notes are named, and
/// nothing else is said.
fn directory_contradicted(finding: &mut Finding, facts: &Facts) {
    finding.misbehaviour = misbehaviour::split_views(facts);
    let who = if facts.is_witnessed() { "quorums of the trusted witnesses cosigned" } else { "the log signed" };
    finding.sentence = format!(
        "Nothing is decided: {who} two directories of {} that contradict each other, so that nobody's key is known.",
        facts.exchange
    );
    let text = format!("{who} two directories that contradict each other");
    finding.caveats = vec![Caveat { code: "directory-contradicted", text }];
    if !facts.is_witnessed() {
        unwitnessed::without_times(finding, facts);
    }
}

fn answer_told(
    finding: &mut Finding,
    facts: &Facts,
    question: &Told,
    cases: &[Case<'_>],
    listings: &[Listing<'_>],
    convicted: &BTreeSet<PartyName>,
    believe: &Believe,
) {
    let concerned: Vec<&Case<'_>> = cases.iter().filter(|c| concerns(question, c)).collect();
    let time = question.before.map_or(String::new(), |t| format!(" before {t}"));
    // Of several warnings that prove it: the one that came furthest, then the earliest; ties by digest, for determinism.
    let rank = |c: &&&Case<'_>| {
        let step = c.step(question.before);
        let hi = step.and_then(|s| s.interval.hi).map(|hi| std::cmp::Reverse(hi.value()));
        (step.map(|s| s.step), hi, c.logged.digest)
    };
    let proven = concerned.iter().filter(|c| c.is_told(question.before)).max_by_key(rank);
    if let Some(case) = proven {
        finding.answer = Answer::Proven;
        describe(finding, facts, question, case, cases, listings);
        finding.sentence = told_sentence(facts, question, case);
        return;
    }
    if let Some(case) = concerned.iter().max_by_key(rank) {
        describe(finding, facts, question, case, cases, listings);
    }
    finding.recipient = identity(&facts.directory, &question.party);
    match absence(facts, question, listings, convicted, believe) {
        Ok(rests_on) => {
            finding.answer = Answer::Refuted;
            finding.sentence = format!(
                "It is refuted that {}{} was told{}{time} through the mailboxes that it had declared at {}; whether it was told by other ways is not said.",
                question.party,
                of_words(question),
                by_words(question),
                facts.exchange,
            );
            let shown = rests_on.iter().filter_map(|d| facts.by_digest(d));
            finding.timeline.extend(shown.map(|logged| ground_of_refutation(logged, &question.party)));
            finding.rests_on.insert("answer".to_owned(), rests_on);
        }
        Err(why_not_refuted) => {
            let why = concerned.iter().max_by_key(rank).map(|case| why_not_proven(question, case));
            let why = why.unwrap_or_else(|| "no such warning is shown".to_owned());
            finding.sentence = format!(
                "The evidence shown does not decide whether {}{} was told{}{time}: {why}; and it is not refuted, because {why_not_refuted}.",
                question.party,
                of_words(question),
                by_words(question),
            );
        }
    }
}

/// A denial, or the heads of a custodian that lists everything.
fn ground_of_refutation(logged: &Logged, denied: &PartyName) -> Fact {
    let by = &logged.signer.party;
    let text = match logged.statement.body() {
        Body::CustodyHeads(_) => format!("{by} listed all that lay there for {denied}: no such warning"),
        _ => format!("{by} denied it"),
    };
    Fact { text, ..logged_fact(logged) }
}

fn by_words(question: &Told) -> String {
    question.by.as_ref().map_or(String::new(), |by| format!(" by {by}"))
}

fn of_words(question: &Told) -> String {
    question.of.map_or(String::new(), |of| format!(" (of warning {of})"))
}

/// What a step means, and who signed it for whom where that was a delegate.
fn step_sentence(facts: &Facts, case: &Case<'_>, step: &StepFact) -> String {
    let signed = step.rests_on.iter().filter_map(|d| facts.by_digest(d)).filter_map(|l| delegate_in_words(&l.signer));
    let mut words = vec![step.step.sentence(case.to.as_str())];
    words.extend(signed.collect::<BTreeSet<String>>());
    words.join(", ")
}

fn delegate_in_words(signer: &Signer) -> Option<String> {
    let delegate = signer.delegate.as_ref()?;
    Some(format!("signed by {} for {}, delegated by directory entry {}", delegate.party, signer.party, delegate.index))
}

fn told_sentence(facts: &Facts, question: &Told, case: &Case<'_>) -> String {
    let telling = case.steps.iter().filter(|s| s.step.is_telling() || s.step == Step::Notified);
    let in_time = telling.filter(|s| s.interval.hi.is_some_and(|hi| question.before.is_none_or(|t| hi < t)));
    let parts: Vec<String> =
        in_time.map(|s| format!("{} {}", step_sentence(facts, case, s), s.interval.in_words())).collect();
    let time = question.before.map_or(String::new(), |t| format!(" before {t}"));
    format!("It is proven that {} was told by {}{time}: {}.", case.to, case.from, parts.join("; "))
}

fn why_not_proven(question: &Told, case: &Case<'_>) -> String {
    if let Some(reason) = &case.not_told {
        return reason.clone();
    }
    match (case.step(None), question.before) {
        (Some(step), Some(time)) if step.step.is_telling() => {
            format!(
                "{} {}, which does not show it before {time}",
                step.step.sentence(case.to.as_str()),
                step.interval.in_words()
            )
        }
        (Some(step), _) => format!("what is shown is only that {}", step.step.sentence(case.to.as_str())),
        (None, _) => "nothing of it is shown to stand in the log".to_owned(),
    }
}

/// Everything that a finding says about one warning.
fn describe(
    finding: &mut Finding,
    facts: &Facts,
    question: &Told,
    case: &Case<'_>,
    cases: &[Case<'_>],
    listings: &[Listing<'_>],
) {
    if let Some(step) = case.step(question.before) {
        finding.step = Some(step.step);
        (finding.not_before, finding.not_after) = (step.interval.lo, step.interval.hi);
    }
    finding.reply = case.reply;
    finding.author = identity(&facts.directory, case.from);
    finding.recipient = identity(&facts.directory, case.to);
    finding.sequence = Some(case.submission.seq);
    finding.later = Some(later(case, cases));
    for step in &case.steps {
        finding.rests_on.insert(step.step.as_str().to_owned(), step.rests_on.clone());
        finding.timeline.push(Fact {
            fact: step.step.as_str().to_owned(),
            by: signers(facts, &step.rests_on),
            text: step_sentence(facts, case, step),
            not_before: step.interval.lo,
            not_after: step.interval.hi,
            rests_on: step.rests_on.clone(),
        });
    }
    finding
        .rests_on
        .insert("answer".to_owned(), case.step(question.before).map(|s| s.rests_on.clone()).unwrap_or_default());
    if let Some(silence) = silence(facts, case, listings) {
        finding.rests_on.insert("silence".to_owned(), silence.rests_on.clone());
        finding.silence = Some(silence);
    }
    if let Some(reason) = &case.not_told {
        finding.caveats.push(Caveat { code: "content-not-told", text: reason.clone() });
    }
    if let Some(server) = &case.handover_alone {
        let text = format!("{server} says that it handed the bytes to a session of {}; nothing else shows it", case.to);
        finding.caveats.push(Caveat { code: "handover-by-word-alone", text });
    }
    describe_content(finding, case);
    describe_signers(finding, facts, case);
}

fn describe_content(finding: &mut Finding, case: &Case<'_>) {
    let (Some(core), Some(wid)) = (case.core, case.submission.wid) else { return };
    let warning = &core.warning;
    if warning.iss != *case.from {
        // Another's words under this name: the reason stands in the finding, the words would be put into the wrong mouth.
        return;
    }
    let counts = case.not_told.is_none();
    let (mut told, mut signed_only) = (BTreeMap::new(), BTreeMap::new());
    for (disclosure, delivered) in case.shown() {
        let place = if delivered && counts { &mut told } else { &mut signed_only };
        place.insert(disclosure.field.name(), disclosure.value.clone());
    }
    finding.closed_fields = Some(core.shown.closed());
    let delivered: Vec<&Disclosure> = case.shown().filter(|(_, d)| *d && counts).map(|(d, _)| d).collect();
    let shown = Specificity::of(delivered);
    finding.specificity = Some(SpecificityPair { claimed: warning.spec, shown });
    for ((axis, shown), (_, claimed)) in Specificity::of(core.shown.iter()).axes().zip(warning.spec.axes()) {
        if shown > claimed {
            let text = format!("the author claims specificity {claimed} for {axis:?}, and signed a field of {shown}")
                .to_lowercase();
            finding.caveats.push(Caveat { code: "specificity-understated", text });
        }
    }
    finding.content = Some(Content {
        wid,
        class: warning.class.clone(),
        urgency: warning.urgency,
        tlp: warning.tlp,
        status: warning.status,
        told,
        signed_only,
    });
}

/// Grades, delegates, provisional and suspected keys of those who signed the steps.
fn describe_signers(finding: &mut Finding, facts: &Facts, case: &Case<'_>) {
    let digests: BTreeSet<Digest> = case.steps.iter().flat_map(|s| s.rests_on.iter().copied()).collect();
    for logged in digests.iter().filter_map(|d| facts.by_digest(d)) {
        let name = logged.statement.body().name();
        let party = &logged.signer.party;
        if let Some(delegate) = &logged.signer.delegate {
            let (by, index) = (&delegate.party, delegate.index);
            let text = format!("the {name} of {party} was signed by {by}, its delegate by directory entry {index}");
            finding.caveats.push(Caveat { code: "signed-by-delegate", text });
        }
        if logged.provisional {
            let text = format!("the {name} of {party} was signed while its key was still provisional in the directory");
            finding.caveats.push(Caveat { code: "key-provisional", text });
        }
        if let Some(since) = logged.signer.end.as_ref().and_then(|e| e.suspected_since) {
            let text =
                format!("{party} later alleged misuse of the key of its {name} since {since}; that is not retroactive");
            finding.caveats.push(Caveat { code: "key-suspected", text });
        }
        if logged.interval.is_contradicted() {
            let text = format!(
                "the {name} of {party} has an anchor younger than its place in the log; its lower bound is not used"
            );
            finding.caveats.push(Caveat { code: "interval-contradicted", text });
        }
    }
    for name in [case.from, case.to] {
        if facts.directory.party(name).is_some_and(|p| !p.contested.is_empty()) {
            let text = format!("somebody contested a directory entry of {name}");
            finding.caveats.push(Caveat { code: "party-contested", text });
        }
        if facts.directory.party(name).is_some_and(|p| p.recovered) {
            let text = format!("the keys of {name} were once replaced by its sponsors, not by its own old key");
            finding.caveats.push(Caveat { code: "keys-recovered", text });
        }
    }
}

fn later(case: &Case<'_>, cases: &[Case<'_>]) -> Later {
    let after = |c: &&Case<'_>| {
        c.from == case.from
            && c.to == case.to
            && c.submission.wid == case.submission.wid
            && c.submission.seq > case.submission.seq
    };
    let later: Vec<&Case<'_>> = cases.iter().filter(after).collect();
    let withdrawn = |c: &&Case<'_>| c.core.is_some_and(|core| core.warning.status == WarningStatus::Withdrawn);
    Later { shown: later.len(), withdrawn: later.iter().any(withdrawn), complete: false }
}

fn identity(directory: &Directory, name: &PartyName) -> Option<Identity> {
    let party = directory.party(name)?;
    let sponsors = match &party.grade {
        Grade::I2 { sponsors } => sponsors.clone(),
        Grade::I0 | Grade::Exchange => Vec::new(),
    };
    let mut keys: Vec<String> = directory
        .keys_of(name)
        .filter(|k| k.key.key_use == KeyUse::Statement)
        .map(|k| k.key.kid().to_string())
        .collect();
    keys.sort();
    Some(Identity { party: name.clone(), grade: party.grade.to_string(), sponsors, keys })
}

fn signers(facts: &Facts, digests: &[Digest]) -> Vec<PartyName> {
    let names: BTreeSet<PartyName> =
        digests.iter().filter_map(|d| facts.by_digest(d)).map(|l| l.signer.party.clone()).collect();
    names.into_iter().collect()
}

fn answer_timeline(finding: &mut Finding, facts: &Facts, cases: &[Case<'_>]) {
    for logged in facts.standing() {
        finding.timeline.push(logged_fact(logged));
    }
    for case in cases {
        for step in case.steps.iter().filter(|s| matches!(s.step, Step::Available | Step::HandedOver)) {
            finding.timeline.push(Fact {
                fact: step.step.as_str().to_owned(),
                by: signers(facts, &step.rests_on),
                text: format!("a warning by {} to {}: {}", case.from, case.to, step.step.sentence(case.to.as_str())),
                not_before: step.interval.lo,
                not_after: step.interval.hi,
                rests_on: step.rests_on.clone(),
            });
        }
    }
    finding.timeline.sort_by(|a, b| {
        (a.not_after, a.not_before, &a.fact, &a.rests_on).cmp(&(b.not_after, b.not_before, &b.fact, &b.rests_on))
    });
    let count = finding.timeline.len();
    finding.answer = if count == 0 { Answer::NotDecidable } else { Answer::Proven };
    finding.sentence = match count {
        0 => "Nothing that is shown stands in a witnessed log.".to_owned(),
        1 => "One fact is proven; the timeline lists it.".to_owned(),
        n => format!("{n} facts are proven; the timeline lists them in the order of their latest possible times."),
    };
}

fn logged_fact(logged: &Logged) -> Fact {
    let (name, party) = (logged.statement.body().name(), &logged.signer.party);
    let text = match logged.statement.body() {
        Body::Reply(reply) => format!("{party} signed a Reply: {}", reply.status),
        Body::ContentConsignment(c) => format!("{party} signed a ContentConsignment as item {} of a mailbox", c.n),
        _ => format!("{party} signed a {name}"),
    };
    let text = delegate_in_words(&logged.signer).map_or(text.clone(), |by| format!("{text}, {by}"));
    Fact {
        fact: name.to_owned(),
        by: vec![party.clone()],
        text,
        not_before: logged.lo(),
        not_after: logged.interval.hi,
        rests_on: logged.rests_on(),
    }
}

fn answer_who(finding: &mut Finding, facts: &Facts, cases: &[Case<'_>]) {
    let is_author = |c: &&Case<'_>| c.core.is_some_and(|core| core.warning.iss == *c.from);
    let authors: BTreeSet<&PartyName> = cases.iter().filter(is_author).map(|c| c.from).collect();
    let named: Vec<Identity> = authors.iter().filter_map(|name| identity(&facts.directory, name)).collect();
    if let Some(case) = cases.iter().find(is_author) {
        finding.recipient = identity(&facts.directory, case.to);
        describe_content(finding, case);
        finding.rests_on.insert("answer".to_owned(), vec![case.logged.digest]);
    }
    finding.answer = if named.is_empty() { Answer::NotDecidable } else { Answer::Proven };
    finding.sentence = if named.is_empty() {
        "No warning is shown whose author's key stands.".to_owned()
    } else {
        let words: Vec<String> = named.iter().map(|i| format!("{} (grade {})", i.party, i.grade)).collect();
        format!("The warnings shown were signed by {}.", words.join(" and "))
    };
    finding.author = named.into_iter().next();
}

fn general_caveats(finding: &mut Finding, facts: &Facts) {
    for logged in &facts.logged {
        if let Some(reason) = &logged.refused {
            let (name, party) = (logged.statement.body().name(), &logged.signer.party);
            finding
                .caveats
                .push(Caveat { code: "statement-not-relied-upon", text: format!("a {name} of {party}: {reason}") });
        }
    }
    let unlogged = facts.logged.iter().filter(|l| l.refused.is_none() && l.interval.hi.is_none()).count();
    if unlogged > 0 {
        let text = format!("{unlogged} statements are not shown to stand in a witnessed log and prove no time");
        finding.caveats.push(Caveat { code: "statements-not-logged", text });
    }
    finding.caveats.sort_by(|a, b| (a.code, &a.text).cmp(&(b.code, &b.text)));
    finding.caveats.dedup();
}

#[cfg(test)]
mod tests;
