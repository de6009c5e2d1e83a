//! "No such warning lay in these mailboxes before T" (DESIGN §4 "Availability and absence").
//!
//! A refutation rests on enough complete listings that any q custodians who could have made a warning available share
//! one that is honest with those that list; on a directory witnessed at or after T; and on the recipient's own denial.

use super::believe::Believe;
use super::facts::{Facts, Logged};
use super::question::{Question, Told};
use super::silence::Listing;
use super::told::Case;
use crate::directory::{DeclarationRecord, Party};
use crate::encoding::Digest;
use crate::names::PartyName;
use crate::statement::{Body, Denial, Submission};
use crate::values::UnixSeconds;
use std::collections::BTreeSet;

/// What a refutation rests on, or why there is none.
pub(super) type Absence = Result<Vec<Digest>, String>;

/// Tries to refute a question.
pub(super) fn absence(
    facts: &Facts,
    question: &Told,
    listings: &[Listing<'_>],
    convicted: &BTreeSet<PartyName>,
    believe: &Believe,
) -> Absence {
    let before = question.before.ok_or("without `before TIME` the answer is never refuted")?;
    let party = facts.directory.party(&question.party).ok_or_else(|| format!("{} is not enrolled", question.party))?;
    if !facts.directory_attested(before, |_| true) {
        return Err(format!("no directory is shown that was witnessed at or after {before}"));
    }
    let denial = denial(facts, question, before)?;
    if let Some(own) = own_signature(facts, question, before) {
        return Err(format!("{} itself signed a {} about such a warning", question.party, own.statement.body().name()));
    }
    let declarations = declarations_before(facts, party, before);
    if declarations.is_empty() {
        return Err(format!("{} had declared no mailbox before {before}", question.party));
    }
    covered(facts, party, before)?;
    let mut rests_on = vec![denial.digest];
    for declaration in declarations {
        rests_on.extend(listed(facts, question, declaration, before, listings, convicted, believe)?);
    }
    Ok(rests_on)
}

/// The recipient's own word: the same question, for a time not earlier than T.
fn denial<'a>(facts: &'a Facts, question: &Told, before: UnixSeconds) -> Result<&'a Logged, String> {
    let denies = |d: &Denial| {
        d.before >= before
            && matches!(Question::parse(d.question.as_str()), Ok(Question::Told(asked))
                if asked.by.as_ref().is_none_or(|by| question.by.as_ref() == Some(by))
                    && asked.of.is_none_or(|of| question.of == Some(of)))
    };
    facts
        .standing()
        .find(|l| matches!(l.statement.body(), Body::Denial(d) if l.signer.party == question.party && denies(d)))
        .ok_or_else(|| format!("no denial by {} is shown that fits the question", question.party))
}

/// A receipt or reply of the recipient that is not shown to be younger than T, or to be about something else. What it is
/// about is known only if the submission is shown: else leaving that out would make a refutation.
fn own_signature<'a>(facts: &'a Facts, question: &Told, before: UnixSeconds) -> Option<&'a Logged> {
    let about_another = |l: &Logged| {
        let submission = l.statement.submission().and_then(|digest| facts.by_digest(&digest));
        matches!(submission.map(|s| s.statement.body()), Some(Body::Submission(s)) if is_another(question, s))
    };
    facts.standing().find(|l| {
        matches!(l.statement.body(), Body::ContentAccess(_) | Body::Reply(_))
            && l.signer.party == question.party
            && l.lo().is_none_or(|lo| lo < before)
            && !about_another(l)
    })
}

/// Another author's, or another warning.
fn is_another(question: &Told, submission: &Submission) -> bool {
    question.by.as_ref().is_some_and(|by| submission.iss != *by)
        || question.of.is_some_and(|of| submission.wid != Some(of))
}

pub(super) fn concerns(question: &Told, case: &Case<'_>) -> bool {
    *case.to == question.party
        && question.by.as_ref().is_none_or(|by| by == case.from)
        && question.of.is_none_or(|of| case.submission.wid == Some(of))
}

/// Declarations that may have bound before T: all but those that are shown to be younger.
fn declarations_before<'a>(facts: &Facts, party: &'a Party, before: UnixSeconds) -> Vec<&'a DeclarationRecord> {
    party.declarations.iter().filter(|d| facts.entry_not_before(d.index).is_none_or(|lo| lo < before)).collect()
}

/// No time between the first declaration and T without one that bound.
fn covered(facts: &Facts, party: &Party, before: UnixSeconds) -> Result<(), String> {
    for record in declarations_before(facts, party, before) {
        let end = record.declaration.valid_until.plus(record.declaration.grace_seconds);
        let next = record.superseded.and_then(|index| facts.entry_not_after(index));
        let needed = next.map_or(before, |next| next.min(before));
        if end < needed {
            return Err(format!("{} had declared no mailbox between {end} and {needed}", party.name));
        }
    }
    Ok(())
}

/// Until when the declaration bound at the latest, its grace included.
fn end_with_grace(facts: &Facts, record: &DeclarationRecord) -> UnixSeconds {
    let declaration = &record.declaration;
    let superseded = record.superseded.map(|index| facts.entry_not_after(index).unwrap_or(UnixSeconds::MAX));
    let end = superseded.map_or(declaration.valid_until, |s| s.min(declaration.valid_until));
    end.plus(declaration.grace_seconds)
}

/// Enough complete listings under one declaration, none of which holds such an item.
fn listed(
    facts: &Facts,
    question: &Told,
    record: &DeclarationRecord,
    before: UnixSeconds,
    listings: &[Listing<'_>],
    convicted: &BTreeSet<PartyName>,
    believe: &Believe,
) -> Result<Vec<Digest>, String> {
    let declaration = &record.declaration;
    // Those whose consignment would count: not the sender's own, where a sender is named, and never the exchange's.
    let eligible: Vec<&PartyName> = declaration
        .custodians
        .iter()
        .filter(|c| question.by.as_ref() != Some(*c) && **c != facts.exchange.as_party())
        .collect();
    let (k, q) = (eligible.len() as u64, u64::from(declaration.quorum));
    let c = eligible.iter().filter(|name| convicted.contains(**name)).count() as u64;
    let f_c = believe.lying_custodians(q);
    if c > f_c {
        return Err(format!(
            "{c} custodians of one declaration contradicted themselves, more than the {f_c} allowed for"
        ));
    }
    // Never none: where the sender's own custodians leave too few for the quorum, no listing at all would else refute.
    let needed = (k + 1).saturating_sub(q).max(1).saturating_add(f_c - c);
    let until = before.min(end_with_grace(facts, record));
    let (mut rests_on, mut why) = (Vec::new(), None);
    for custodian in eligible.into_iter().filter(|c| **c != question.party && !convicted.contains(*c)) {
        let of_custodian = |l: &&Listing<'_>| {
            l.heads.iss == *custodian
                && l.part.declaration == record.digest
                && l.part.mailbox == declaration.mailbox
                && l.logged.lo().is_some_and(|lo| lo >= until)
                && l.is_complete()
        };
        // One that is late enough and holds no such item is enough: what a later one holds came later.
        for listing in listings.iter().filter(of_custodian) {
            match nothing_of_the_kind(facts, question, listing) {
                Ok(()) => {
                    rests_on.push(listing.logged.digest);
                    break;
                }
                Err(reason) => why = Some(reason),
            }
        }
    }
    let found = rests_on.len() as u64;
    if found < needed {
        let why = why.map_or(String::new(), |why| format!("; {why}"));
        return Err(format!(
            "{found} complete listings up to {until} are shown under the declaration in directory entry {}, {needed} are needed{why}",
            record.index
        ));
    }
    Ok(rests_on)
}

/// Every item is shown to be another's, or another warning.
fn nothing_of_the_kind(facts: &Facts, question: &Told, listing: &Listing<'_>) -> Result<(), String> {
    for (position, item) in listing.part.items.iter().flatten().enumerate() {
        let n = position + 1;
        let submission = facts.by_digest(&item.submission).and_then(|l| match l.statement.body() {
            Body::Submission(s) if s.e == item.e => Some(s),
            _ => None,
        });
        let Some(submission) = submission else {
            return Err(format!("who sent item {n} in the mailbox at {} is not shown", listing.heads.iss));
        };
        if !is_another(question, submission) {
            return Err(format!("item {n} in the mailbox at {} may be such a warning", listing.heads.iss));
        }
    }
    Ok(())
}
