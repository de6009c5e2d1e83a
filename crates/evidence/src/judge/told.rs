//! How far one submission is proven to have come, and what of its content counts as told (DESIGN §4 "Told").

use super::chains::Chains;
use super::facts::{Core, EvidenceError, Facts, Logged};
use super::finding::Interval;
use super::steps::Step;
use crate::age::{EncapsulationSeed, FileKey, Recipient, open_with_file_key, stanza_is_for};
use crate::directory::DeclarationRecord;
use crate::dossier::BodiesPart;
use crate::encoding::Digest;
use crate::framing::{BODIES_BYTES_MAX, BodyInfo, bodies_digest, unpad};
use crate::keys::KeyId;
use crate::names::PartyName;
use crate::statement::{Body, ContentConsignment, DelegatedRight, Statement, Submission};
use crate::values::{ReplyStatus, UnixSeconds};
use crate::warning::{Disclosure, Field, Group};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// One step with its interval and what it rests on.
pub(super) struct StepFact {
    pub(super) step: Step,
    pub(super) interval: Interval,
    pub(super) rests_on: Vec<Digest>,
}

/// What one submission comes to.
pub(super) struct Case<'a> {
    pub(super) logged: &'a Logged,
    pub(super) submission: &'a Submission,
    pub(super) from: &'a PartyName,
    pub(super) to: &'a PartyName,
    pub(super) declaration: &'a DeclarationRecord,
    /// The core, if it is shown and its author's key stands.
    pub(super) core: Option<&'a Core>,
    /// Why the content does not count as told, if it does not.
    pub(super) not_told: Option<String>,
    pub(super) steps: Vec<StepFact>,
    pub(super) reply: Option<ReplyStatus>,
    /// Who says that it handed the bytes over, where no head signed by the recipient bears that out.
    pub(super) handover_alone: Option<PartyName>,
    /// Digests of disclosures that are shown to have been told.
    pub(super) told: Vec<Digest>,
}

impl Case<'_> {
    /// The steps that count, highest last. Where content is contradicted, nothing above `submitted` does.
    pub(super) fn step(&self, before: Option<UnixSeconds>) -> Option<&StepFact> {
        let in_time = |s: &&StepFact| before.is_none_or(|t| s.interval.hi.is_some_and(|hi| hi < t));
        self.steps.iter().filter(in_time).max_by_key(|s| s.step)
    }

    /// Whether it proves that the recipient was told, before a time if one is given.
    pub(super) fn is_told(&self, before: Option<UnixSeconds>) -> bool {
        let telling =
            |s: &StepFact| s.step.is_telling() && s.interval.hi.is_some_and(|hi| before.is_none_or(|t| hi < t));
        self.not_told.is_none() && self.steps.iter().any(telling)
    }

    /// The disclosures shown, told ones first.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&Disclosure, bool)> {
        self.core.into_iter().flat_map(|c| c.shown.iter()).map(|d| (d, self.told.contains(&d.digest())))
    }
}

/// Every submission to somebody, in the order of their digests.
pub(super) fn cases<'a>(facts: &'a Facts, chains: &Chains<'_>) -> Result<Vec<Case<'a>>, EvidenceError> {
    let mut cases = Vec::new();
    for logged in facts.standing() {
        if let Body::Submission(submission) = logged.statement.body()
            && let Some((party, declaration)) = facts.directory.declaration(&submission.declaration)
            && declaration.declaration.mailbox == submission.mailbox
        {
            cases.push(assess(facts, chains, logged, submission, &party.name, declaration)?);
        }
    }
    Ok(cases)
}

fn assess<'a>(
    facts: &'a Facts,
    chains: &Chains<'_>,
    logged: &'a Logged,
    submission: &'a Submission,
    to: &'a PartyName,
    declaration: &'a DeclarationRecord,
) -> Result<Case<'a>, EvidenceError> {
    // The core is as old as the submission that names it: its key must stand when that was logged.
    let hi = logged.interval.hi;
    let core =
        facts.cores.get(&submission.core).filter(|core| core.signers.iter().any(|signer| facts.stood(signer, hi)));
    let opened = opened_bodies(facts, logged, submission, declaration)?;
    let mut case = Case {
        logged,
        submission,
        from: &submission.iss,
        to,
        declaration,
        core,
        not_told: None,
        steps: Vec::new(),
        reply: None,
        handover_alone: None,
        told: Vec::new(),
    };
    let about = facts.about(&logged.digest);
    case.not_told = not_told(facts, &case, &about, &opened);
    case.told = told_digests(&case, &about, &opened);
    collect_steps(facts, chains, &mut case, &about);
    if belied(&case).is_some() {
        case.steps.retain(|s| s.step <= Step::Submitted);
    }
    Ok(case)
}

/// Contents of bodies that are opened by file key *and* seed: anybody sees that B could open them.
struct Opened {
    core: Option<Vec<u8>>,
    /// The other bodies, by number.
    others: Vec<(u32, Vec<u8>)>,
}

fn opened_bodies(
    facts: &Facts,
    logged: &Logged,
    submission: &Submission,
    declaration: &DeclarationRecord,
) -> Result<Opened, EvidenceError> {
    let mut opened = Opened { core: None, others: Vec::new() };
    for part in facts.bodies.iter().filter(|b| b.submission == logged.digest) {
        if bodies_digest(&part.bodies) != submission.e {
            return Err(refuse("its bodies are not those of the submission"));
        }
        open_part(part, declaration, &mut opened)?;
    }
    Ok(opened)
}

fn open_part(part: &BodiesPart, declaration: &DeclarationRecord, opened: &mut Opened) -> Result<(), EvidenceError> {
    for body in &part.opened {
        let info = part.bodies.get(body.index as usize).ok_or_else(|| refuse("it opens a body that does not exist"))?;
        if BodyInfo::of(&body.file.0) != *info {
            return Err(refuse("an opened body is not the one that was sent"));
        }
        let key = <[u8; 16]>::try_from(body.file_key.0.as_slice()).map(FileKey::from_bytes);
        let seed = <[u8; 32]>::try_from(body.seed.0.as_slice()).map(EncapsulationSeed::from_bytes);
        let (Ok(key), Ok(seed)) = (key, seed) else { return Err(refuse("a file key has 16 bytes and a seed 32")) };
        let most = usize::try_from(BODIES_BYTES_MAX).unwrap_or(usize::MAX);
        let plain = open_with_file_key(&body.file.0, &key, most).map_err(|e| refuse(&e.to_string()))?;
        let for_b = declaration.declaration.encryption.iter().any(|k| {
            Recipient::parse(&k.recipient).is_ok_and(|r| stanza_is_for(&body.file.0, &r, &key, &seed).unwrap_or(false))
        });
        if !for_b {
            // Sealed to somebody else: A can read it, B could not. That is no delivery, and no altered file either.
            continue;
        }
        let content = unpad(&plain).map_err(|e| refuse(&e.to_string()))?.to_vec();
        if body.index == 0 { opened.core = Some(content) } else { opened.others.push((body.index, content)) }
    }
    Ok(())
}

fn refuse(detail: &str) -> EvidenceError {
    EvidenceError::Part { part: "bodies part", detail: detail.to_owned() }
}

/// B's system says that it decrypted this very core.
fn accessed(case: &Case<'_>, about: &[&Logged]) -> bool {
    about.iter().any(|l| {
        matches!(l.statement.body(), Body::ContentAccess(a) if a.iss == *case.to && a.core == Some(case.submission.core))
            || matches!(l.statement.body(), Body::Reply(r) if r.iss == *case.to && r.core == case.submission.core)
    })
}

/// The opened core is the one that the submission names, and its own signature stood: what B got, B could believe.
fn delivered(facts: &Facts, case: &Case<'_>, opened: &Opened) -> bool {
    let Some(statement) = opened.core.as_deref().and_then(|bytes| Statement::parse(bytes).ok()) else { return false };
    let hi = case.logged.interval.hi;
    statement.identity() == case.submission.core
        && facts
            .directory
            .signers(&statement)
            .is_ok_and(|signers| signers.into_vec().iter().any(|signer| facts.stood(signer, hi)))
}

fn not_told(facts: &Facts, case: &Case<'_>, about: &[&Logged], opened: &Opened) -> Option<String> {
    if case.core.is_none() {
        return Some("an item lay there; its content is not shown".to_owned());
    }
    if !delivered(facts, case, opened) && !accessed(case, about) {
        return Some("what it said is shown, but not that this is what lay in the mailbox".to_owned());
    }
    belied(case)
}

/// Why the content shown does not bear the submission out: then nothing above `submitted` counts. A core that is not shown
/// bears nothing out, else leaving it out would raise the step.
fn belied(case: &Case<'_>) -> Option<String> {
    let Some(core) = case.core else { return Some("its content is not shown".to_owned()) };
    match core.shown.get(Field::Addressee).and_then(|d| d.value.as_text()) {
        None => Some("to whom the warning is addressed is not shown".to_owned()),
        Some(name) if name != case.to.as_str() => {
            Some(format!("the warning is addressed to {name}, not to {}", case.to))
        }
        Some(_) => mismatch(core, case.submission),
    }
}

/// iss, wid, urgency, mode and deadline are equal in core and submission, and both are meant for this exchange.
fn mismatch(core: &Core, submission: &Submission) -> Option<String> {
    let warning = &core.warning;
    let different = [
        ("exchange", warning.exchange != submission.exchange),
        ("issuer", warning.iss != submission.iss),
        ("wid", warning.wid != submission.wid),
        ("urgency", warning.urgency != submission.urgency),
        ("mode", warning.mode != submission.mode),
        ("deadline", warning.deadline != submission.deadline),
    ];
    let (what, _) = different.into_iter().find(|(_, differs)| *differs)?;
    Some(format!("core and submission name two different values of {what}"))
}

fn told_digests(case: &Case<'_>, about: &[&Logged], opened: &Opened) -> Vec<Digest> {
    let Some(core) = case.core else { return Vec::new() };
    let mut told: BTreeSet<Digest> = BTreeSet::new();
    for logged in about {
        if let Body::ContentAccess(a) = logged.statement.body()
            && a.iss == *case.to
            && a.core == Some(case.submission.core)
        {
            told.extend(&a.valid);
        }
    }
    // Bodies after the groups are attachments; and a group of which one line cannot be read is refused as a whole by
    // whoever receives it, so nothing in it was told.
    let groups = Group::ALL.len() - usize::from(core.warning.withheld);
    for (_, content) in opened.others.iter().filter(|(number, _)| *number as usize <= groups) {
        told.extend(group(content).unwrap_or_default());
    }
    core.shown.iter().map(Disclosure::digest).filter(|digest| told.contains(digest)).collect()
}

/// Digests of the disclosures in a group's content.
fn group(content: &[u8]) -> Option<Vec<Digest>> {
    let lines = std::str::from_utf8(content).ok()?.split('\n');
    lines.map(|line| Disclosure::parse(line).ok().map(|d| d.digest())).collect()
}

fn collect_steps(facts: &Facts, chains: &Chains<'_>, case: &mut Case<'_>, about: &[&Logged]) {
    let mut steps = vec![fact(Step::Intent, &[case.logged])];
    let by = |l: &&&Logged, party: &PartyName| l.signer.party == *party;
    let exchange = facts.exchange.as_party();
    let accepted =
        about.iter().filter(|l| matches!(l.statement.body(), Body::SubmissionAcceptance(_)) && by(l, &exchange));
    steps.extend(earliest(accepted.copied()).map(|l| fact(Step::Submitted, &[l])));
    steps.extend(available(facts, case, about));
    let consigned = consignments(about, case.submission, case.declaration);
    let head = earliest(chains.acks(case, &consigned).into_iter());
    let handovers = about.iter().filter(|l| {
        matches!(l.statement.body(), Body::ContentHandover(h)
            if h.e == case.submission.e && is_server(facts, case, &h.iss) && is_session_of(facts, case.to, &h.session))
    });
    match (earliest(handovers.copied()), head) {
        (Some(handover), Some(head)) => steps.push(handed_over(case, handover, head)),
        (Some(handover), None) => case.handover_alone = Some(handover.signer.party.clone()),
        (None, _) => {}
    }
    steps.extend(head.map(|l| fact(Step::Notified, &[l])));
    let access = about.iter().filter(|l| {
        matches!(l.statement.body(), Body::ContentAccess(a) if a.core == Some(case.submission.core)) && by(l, case.to)
    });
    steps.extend(earliest(access.copied()).map(|l| fact(Step::Decrypted, &[l])));
    let mut replies: Vec<(&Logged, ReplyStatus)> = Vec::new();
    for logged in about {
        if let Body::Reply(reply) = logged.statement.body()
            && reply.core == case.submission.core
            && by(&logged, case.to)
        {
            replies.push((logged, reply.status));
        }
    }
    let declined = |status: ReplyStatus| status == ReplyStatus::Declined;
    let pick = |wanted: bool| replies.iter().filter(|(_, s)| declined(*s) == wanted).min_by_key(|(l, _)| order(l));
    if let Some((logged, status)) = pick(true) {
        steps.push(fact(Step::Declined, &[logged]));
        case.reply = Some(*status);
    }
    if let Some((logged, status)) = pick(false) {
        steps.push(fact(Step::Acknowledged, &[logged]));
        case.reply = Some(*status);
    }
    case.steps = steps;
}

/// Of several statements that show one step the earliest. Among equals the one with the narrowest interval, so that leaving
/// statements out never narrows it.
fn earliest<'a>(found: impl Iterator<Item = &'a Logged>) -> Option<&'a Logged> {
    found.min_by_key(|l| order(l))
}

fn order(logged: &Logged) -> (Option<UnixSeconds>, Reverse<Option<UnixSeconds>>) {
    (logged.interval.hi, Reverse(logged.lo()))
}

fn fact(step: Step, from: &[&Logged]) -> StepFact {
    // A lower bound that contradicts the upper one is not used: the caveat says so.
    let interval = from.first().map(|l| Interval { lo: l.lo(), hi: l.interval.hi }).unwrap_or_default();
    StepFact { step, interval, rests_on: from.iter().flat_map(|l| l.rests_on()).collect() }
}

fn handed_over(case: &Case<'_>, handover: &Logged, head: &Logged) -> StepFact {
    // Both must have happened: the later of the two. Neither is older than the submission, and earlier ones may not be shown.
    let hi = handover.interval.hi.zip(head.interval.hi).map(|(a, b)| a.max(b));
    let interval = Interval { lo: case.logged.lo(), hi };
    StepFact { step: Step::HandedOver, interval, rests_on: [handover.rests_on(), head.rests_on()].concat() }
}

fn is_server(facts: &Facts, case: &Case<'_>, party: &PartyName) -> bool {
    let custodian = case.declaration.declaration.custodians.contains(party) && party != case.from;
    custodian || *party == facts.exchange.as_party()
}

/// The session was opened with a key of the recipient or of a delegate that it ever let receive.
fn is_session_of(facts: &Facts, recipient: &PartyName, session: &KeyId) -> bool {
    facts.directory.key(session).is_some_and(|key| {
        key.party == *recipient
            || facts.directory.party(recipient).is_some_and(|party| {
                party.delegations.iter().any(|d| {
                    d.delegation.delegate == key.party && d.delegation.rights.contains(&DelegatedRight::Receive)
                })
            })
    })
}

/// Consignments of this submission that a custodian of the declaration signed.
pub(super) fn consignments<'a>(
    about: &[&'a Logged],
    submission: &Submission,
    declaration: &DeclarationRecord,
) -> Vec<(&'a Logged, &'a ContentConsignment)> {
    let mut found = Vec::new();
    for logged in about {
        if let Body::ContentConsignment(c) = logged.statement.body()
            && c.mailbox == submission.mailbox
            && c.declaration == declaration.digest
            && c.e == submission.e
            && declaration.declaration.custodians.contains(&c.iss)
        {
            found.push((*logged, c));
        }
    }
    found
}

pub(super) fn consignments_of<'a>(facts: &'a Facts, case: &Case<'_>) -> Vec<(&'a Logged, &'a ContentConsignment)> {
    consignments(&facts.about(&case.logged.digest), case.submission, case.declaration)
}

/// What one custodian's consignments of one item come to.
struct Holding<'a> {
    custodian: &'a PartyName,
    lo: Option<UnixSeconds>,
    hi: UnixSeconds,
    rests_on: Digest,
}

/// q consignments by other organisations than the sender, each while the declaration bound.
fn available(facts: &Facts, case: &Case<'_>, about: &[&Logged]) -> Option<StepFact> {
    let declaration = &case.declaration.declaration;
    let counts = |name: &PartyName| name != case.from && *name != facts.exchange.as_party();
    let mut holding: Vec<Holding<'_>> = Vec::new();
    for (logged, consignment) in consignments(about, case.submission, case.declaration) {
        let Some(hi) = logged.interval.hi.filter(|&hi| binds_at(facts, case.declaration, hi)) else { continue };
        let (custodian, lo) = (&consignment.iss, logged.lo());
        match holding.iter_mut().find(|h| h.custodian == custodian) {
            // A custodian that consigned one item twice held it from the earlier time.
            Some(known) => {
                known.lo = known.lo.min(lo);
                if hi < known.hi {
                    (known.hi, known.rests_on) = (hi, logged.digest);
                }
            }
            None if counts(custodian) => holding.push(Holding { custodian, lo, hi, rests_on: logged.digest }),
            None => {}
        }
    }
    let q = declaration.quorum as usize;
    let hi = nth(holding.iter().map(|h| h.hi), q)?;
    // Custodians whose consignment is not shown may have been first, each of them; and nothing is older than the submission.
    let not_shown = declaration.custodians.iter().filter(|c| counts(c)).count().saturating_sub(holding.len());
    let lo = nth(holding.iter().map(|h| h.lo), q.saturating_sub(not_shown)).flatten().max(case.logged.lo());
    let rests_on = holding.iter().map(|h| h.rests_on).collect();
    Some(StepFact { step: Step::Available, interval: Interval { lo, hi: Some(hi) }, rests_on })
}

/// The n-th smallest, counted from 1. A bound that is not known sorts first.
fn nth<T: Ord>(values: impl Iterator<Item = T>, n: usize) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort();
    values.into_iter().nth(n.checked_sub(1)?)
}

/// Whether a declaration still bound at `time`: not past its end with grace, and a directory that does not yet supersede
/// it was witnessed within that grace.
fn binds_at(facts: &Facts, record: &DeclarationRecord, time: UnixSeconds) -> bool {
    let declaration = &record.declaration;
    if time > declaration.valid_until.plus(declaration.grace_seconds) {
        return false;
    }
    let earliest = UnixSeconds::new(time.value().saturating_sub(declaration.grace_seconds));
    facts.directory_attested(earliest, |size| size > record.index && record.superseded.is_none_or(|s| s >= size))
}
