//! How far one submission is proven to have come, and what of its content counts as told (DESIGN §4 "Told").

use super::facts::{Core, EvidenceError, Facts, Logged};
use super::finding::Interval;
use super::steps::Step;
use crate::age::{EncapsulationSeed, FileKey, Recipient, open_with_file_key, stanza_is_for};
use crate::directory::DeclarationRecord;
use crate::dossier::BodiesPart;
use crate::encoding::Digest;
use crate::framing::{BODIES_BYTES_MAX, BodyInfo, bodies_digest, unpad};
use crate::mailbox::{ChainHead, ChainName};
use crate::names::PartyName;
use crate::statement::{Body, ContentConsignment, KnownHead, Submission};
use crate::values::{ReplyStatus, UnixSeconds};
use crate::warning::{Disclosure, Field};

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
pub(super) fn cases(facts: &Facts) -> Result<Vec<Case<'_>>, EvidenceError> {
    let mut cases = Vec::new();
    for logged in facts.standing() {
        if let Body::Submission(submission) = logged.statement.body()
            && let Some((party, declaration)) = facts.directory.declaration(&submission.declaration)
            && declaration.declaration.mailbox == submission.mailbox
        {
            cases.push(assess(facts, logged, submission, &party.name, declaration)?);
        }
    }
    Ok(cases)
}

fn assess<'a>(
    facts: &'a Facts,
    logged: &'a Logged,
    submission: &'a Submission,
    to: &'a PartyName,
    declaration: &'a DeclarationRecord,
) -> Result<Case<'a>, EvidenceError> {
    let core = facts.cores.get(&submission.core).filter(|core| {
        // The core is as old as the submission that names it: its key must stand when that was logged.
        let hi = logged.interval.hi;
        core.signer
            .as_ref()
            .zip(hi)
            .is_some_and(|(signer, hi)| facts.directory_attested(hi, |size| signer.in_force_at_size(size)))
    });
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
        told: Vec::new(),
    };
    let about = about(facts, logged.digest);
    case.not_told = not_told(&case, &about, &opened);
    case.told = told_digests(&case, &about, &opened);
    collect_steps(facts, &mut case, &about);
    if contradicts(&case) {
        case.steps.retain(|s| s.step <= Step::Submitted);
    }
    Ok(case)
}

/// Standing statements about one submission.
fn about(facts: &Facts, submission: Digest) -> Vec<&Logged> {
    facts.standing().filter(|l| l.statement.submission() == Some(submission)).collect()
}

/// Contents of bodies that are opened by file key *and* seed: anybody sees that B could open them.
struct Opened {
    core: Option<Vec<u8>>,
    others: Vec<Vec<u8>>,
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
        if body.index == 0 { opened.core = Some(content) } else { opened.others.push(content) }
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

fn not_told(case: &Case<'_>, about: &[&Logged], opened: &Opened) -> Option<String> {
    let Some(core) = case.core else {
        return Some("an item lay there; its content is not shown".to_owned());
    };
    let delivered = opened.core.as_deref() == Some(core.statement.as_bytes());
    if !delivered && !accessed(case, about) {
        return Some("what it said is shown, but not that this is what lay in the mailbox".to_owned());
    }
    let addressee = core.shown.get(Field::Addressee).and_then(|d| d.value.as_text());
    match addressee {
        None => Some("to whom the warning is addressed is not shown".to_owned()),
        Some(name) if name != case.to.as_str() => {
            Some(format!("the warning is addressed to {name}, not to {}", case.to))
        }
        Some(_) => mismatch(core, case.submission),
    }
}

/// iss, wid, urgency, mode and deadline are equal in core and submission.
fn mismatch(core: &Core, submission: &Submission) -> Option<String> {
    let warning = &core.warning;
    let different = [
        ("issuer", warning.iss != submission.iss),
        ("wid", warning.wid != submission.wid),
        ("urgency", warning.urgency != submission.urgency),
        ("mode", warning.mode != submission.mode),
        ("deadline", warning.deadline != submission.deadline),
    ];
    let (what, _) = different.into_iter().find(|(_, differs)| *differs)?;
    Some(format!("core and submission name two different values of {what}"))
}

/// The content shown belies the submission: nothing above `submitted` counts.
fn contradicts(case: &Case<'_>) -> bool {
    let Some(core) = case.core else { return false };
    let addressee = core.shown.get(Field::Addressee).and_then(|d| d.value.as_text());
    addressee.is_some_and(|name| name != case.to.as_str()) || mismatch(core, case.submission).is_some()
}

fn told_digests(case: &Case<'_>, about: &[&Logged], opened: &Opened) -> Vec<Digest> {
    let Some(core) = case.core else { return Vec::new() };
    let listed = |digest: &Digest| {
        about.iter().any(|l| {
            matches!(l.statement.body(), Body::ContentAccess(a)
            if a.iss == *case.to && a.core == Some(case.submission.core) && a.valid.contains(digest))
        })
    };
    let in_group =
        |text: &str| opened.others.iter().any(|content| content.split(|&b| b == b'\n').any(|l| l == text.as_bytes()));
    core.shown.iter().filter(|d| listed(&d.digest()) || in_group(d.as_str())).map(Disclosure::digest).collect()
}

fn collect_steps(facts: &Facts, case: &mut Case<'_>, about: &[&Logged]) {
    let mut steps = vec![fact(Step::Intent, &[case.logged])];
    let by = |l: &&&Logged, party: &PartyName| l.signer.party == *party;
    let earliest = |step: Step, found: Vec<&Logged>| -> Option<StepFact> {
        found.into_iter().min_by_key(|l| l.interval.hi).map(|l| fact(step, &[l]))
    };
    let exchange = facts.exchange.as_party();
    let accepted =
        about.iter().filter(|l| matches!(l.statement.body(), Body::SubmissionAcceptance(_)) && by(l, &exchange));
    steps.extend(earliest(Step::Submitted, accepted.copied().collect()));
    steps.extend(available(facts, case, about));
    let acks = acks(facts, case, about);
    let notified = earliest(Step::Notified, acks);
    let handovers: Vec<&Logged> = about
        .iter()
        .filter(|l| matches!(l.statement.body(), Body::ContentHandover(h) if h.e == case.submission.e && is_server(facts, case, &h.iss)))
        .copied()
        .collect();
    if let Some(head) = &notified {
        steps.extend(handovers.into_iter().min_by_key(|l| l.interval.hi).map(|l| handed_over(l, head)));
    }
    steps.extend(notified);
    let access = about.iter().filter(|l| {
        matches!(l.statement.body(), Body::ContentAccess(a) if a.core == Some(case.submission.core)) && by(l, case.to)
    });
    steps.extend(earliest(Step::Decrypted, access.copied().collect()));
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
    let pick = |wanted: bool| replies.iter().filter(|(_, s)| declined(*s) == wanted).min_by_key(|(l, _)| l.interval.hi);
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

fn fact(step: Step, from: &[&Logged]) -> StepFact {
    let interval = from.first().map(|l| l.interval).unwrap_or_default();
    StepFact { step, interval, rests_on: from.iter().map(|l| l.digest).collect() }
}

fn handed_over(handover: &Logged, head: &StepFact) -> StepFact {
    // Both must have happened: the later of the two.
    let interval = Interval {
        lo: handover.interval.lo.max(head.interval.lo),
        hi: handover.interval.hi.zip(head.interval.hi).map(|(a, b)| a.max(b)),
    };
    let mut rests_on = vec![handover.digest];
    rests_on.extend(&head.rests_on);
    StepFact { step: Step::HandedOver, interval, rests_on }
}

fn is_server(facts: &Facts, case: &Case<'_>, party: &PartyName) -> bool {
    case.declaration.declaration.custodians.contains(party) || *party == facts.exchange.as_party()
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
    consignments(&about(facts, case.logged.digest), case.submission, case.declaration)
}

/// q consignments by other organisations than the sender, each while the declaration bound.
fn available(facts: &Facts, case: &Case<'_>, about: &[&Logged]) -> Option<StepFact> {
    let declaration = &case.declaration.declaration;
    let mut holding: Vec<&Logged> = Vec::new();
    for (logged, consignment) in consignments(about, case.submission, case.declaration) {
        let counts = consignment.iss != *case.from && consignment.iss != facts.exchange.as_party();
        let new = !holding.iter().any(|h| h.signer.party == logged.signer.party);
        if counts && new && logged.interval.hi.is_some_and(|hi| binds_at(facts, case.declaration, hi)) {
            holding.push(logged);
        }
    }
    let q = declaration.quorum as usize;
    let nth = |mut times: Vec<Option<UnixSeconds>>| {
        times.sort();
        times.get(q.checked_sub(1)?).copied().flatten()
    };
    // The q-th arrived between the q-th smallest lower and the q-th smallest upper bound; an unknown bound sorts first.
    let hi = nth(holding.iter().map(|l| l.interval.hi).collect())?;
    let lo = nth(holding.iter().map(|l| l.interval.lo).collect());
    let rests_on = holding.iter().map(|l| l.digest).collect();
    Some(StepFact { step: Step::Available, interval: Interval { lo, hi: Some(hi) }, rests_on })
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

/// Heads signed by B's system that cover an item of this submission.
fn acks<'a>(facts: &'a Facts, case: &Case<'_>, about: &[&'a Logged]) -> Vec<&'a Logged> {
    let consigned = consignments(about, case.submission, case.declaration);
    let covers = |head: &KnownHead| {
        consigned
            .iter()
            .any(|(_, c)| c.iss == head.custodian && c.declaration == head.declaration && reaches(facts, case, c, head))
    };
    let is_ack = |l: &&Logged| {
        matches!(l.statement.body(), Body::MailboxHeadAck(a)
            if a.mailbox == case.submission.mailbox && l.signer.party == *case.to && a.heads.iter().any(covers))
    };
    facts.standing().filter(is_ack).collect()
}

/// The head is that of the item, or shown items lead from the item's chain value to it.
fn reaches(facts: &Facts, case: &Case<'_>, consignment: &ContentConsignment, head: &KnownHead) -> bool {
    let start = ChainHead { n: consignment.n, h: consignment.h };
    let end = ChainHead { n: head.n, h: head.h };
    if start == end {
        return true;
    }
    if head.n < consignment.n {
        return false;
    }
    let name = ChainName {
        exchange: facts.exchange.clone(),
        mailbox: case.submission.mailbox,
        declaration: head.declaration,
        custodian: head.custodian.clone(),
    };
    let linked = facts.segments.iter().any(|s| {
        s.custodian == head.custodian
            && s.declaration == head.declaration
            && s.after <= start.n
            && usize::try_from(start.n - s.after).ok().and_then(|skip| s.items.get(skip..)).is_some_and(|items| {
                let mut at = start;
                items.iter().any(|item| {
                    at = at.push(item);
                    at == end
                })
            })
    });
    let listed = facts.listings.iter().filter(|l| l.declaration == head.declaration).any(|l| {
        let items = l.items.as_deref().unwrap_or_default();
        let mut at = ChainHead::empty(&name);
        let (mut started, mut ended) = (false, false);
        for item in items {
            at = at.push(item);
            started |= at == start;
            ended |= started && at == end;
        }
        ended
    });
    linked || listed
}
