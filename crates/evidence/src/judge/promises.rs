//! What the exchange promised and did not keep: a refusal after an acceptance, and items that were not there by the time
//! that it named.

use super::believe::Believe;
use super::facts::{Facts, Logged};
use super::finding::Misbehaviour;
use super::misbehaviour::{latest, push};
use super::silence::Listing;
use crate::directory::DeclarationRecord;
use crate::encoding::Digest;
use crate::names::PartyName;
use crate::statement::{Body, SubmissionAcceptance};
use crate::values::UnixSeconds;
use std::collections::{BTreeMap, BTreeSet};

/// Both, added to what was found before.
pub(super) fn promises(facts: &Facts, listings: &[Listing<'_>], believe: &Believe, found: &mut Vec<Misbehaviour>) {
    refused_after_acceptance(facts, found);
    broken(facts, listings, believe, found);
}

/// The exchange refused, under its signature, what it had accepted before. The other order is honest: a submission that was
/// refused for its bodies may be sent again with the right ones.
fn refused_after_acceptance(facts: &Facts, found: &mut Vec<Misbehaviour>) {
    let exchange = facts.exchange.as_party();
    let mut accepted: BTreeMap<Digest, (UnixSeconds, Digest)> = BTreeMap::new();
    for logged in facts.standing().filter(|l| l.signer.party == exchange) {
        if let (Body::SubmissionAcceptance(a), Some(hi)) = (logged.statement.body(), logged.interval.hi) {
            let earliest = accepted.entry(a.submission).or_insert((hi, logged.digest));
            *earliest = (hi, logged.digest).min(*earliest);
        }
    }
    for logged in facts.standing().filter(|l| l.signer.party == exchange) {
        let Body::SubmissionRejection(r) = logged.statement.body() else { continue };
        let Some((hi, acceptance)) = accepted.get(&r.submission) else { continue };
        if logged.lo().is_some_and(|lo| lo > *hi) {
            let text = "refused a submission that it had accepted before".to_owned();
            push(found, &exchange, "misbehaviour-refused-after-acceptance", text, [*acceptance, logged.digest]);
        }
    }
}

/// What one custodian's complete listings of one mailbox say together. Those of a custodian that is not convicted are each
/// the beginning of the longest.
struct Kept<'a> {
    /// Where each submission first stands in the longest listing, from 1.
    position: BTreeMap<Digest, u64>,
    latest: Vec<(u64, UnixSeconds, &'a Listing<'a>)>,
}

impl<'a> Kept<'a> {
    fn of(listings: &[&'a Listing<'a>]) -> Self {
        let longest = listings.iter().max_by_key(|l| l.part.opening.head.n);
        let mut position = BTreeMap::new();
        for (n, item) in (1..).zip(longest.into_iter().flat_map(|l| l.part.items.iter().flatten())) {
            position.entry(item.submission).or_insert(n);
        }
        Self { position, latest: latest(listings.iter().copied()) }
    }

    /// Heads signed at or after `time` over a mailbox without that submission.
    fn without(&self, submission: &Digest, time: UnixSeconds) -> Option<&'a Listing<'a>> {
        let position = self.position.get(submission).copied().unwrap_or(u64::MAX);
        let fewer = self.latest.partition_point(|(n, _, _)| *n < position);
        let (_, lo, listing) = self.latest.get(fewer.checked_sub(1)?)?;
        (*lo >= time).then_some(*listing)
    }
}

/// The exchange promised q consignments or a logged failure by a time, and neither can have been there.
fn broken(facts: &Facts, listings: &[Listing<'_>], believe: &Believe, found: &mut Vec<Misbehaviour>) {
    let exchange = facts.exchange.as_party();
    let convicted: BTreeSet<PartyName> = found.iter().map(|m| m.party.clone()).collect();
    let mut chains: BTreeMap<_, Vec<&Listing<'_>>> = BTreeMap::new();
    for listing in listings.iter().filter(|l| l.is_complete()) {
        chains.entry((listing.part.declaration, listing.part.mailbox, &listing.heads.iss)).or_default().push(listing);
    }
    let kept: BTreeMap<_, Kept<'_>> = chains.into_iter().map(|(chain, of)| (chain, Kept::of(&of))).collect();
    let failures = failures(facts);
    for logged in facts.standing().filter(|l| l.signer.party == exchange) {
        let Body::SubmissionAcceptance(a) = logged.statement.body() else { continue };
        let Some(record) = declaration(facts, a) else { continue };
        let declaration = &record.declaration;
        let failed = |l: &&Logged| {
            let party = &l.signer.party;
            (*party == exchange || declaration.custodians.contains(party)) && l.lo().is_none_or(|lo| lo <= a.by)
        };
        if failures.get(&a.submission).into_iter().flatten().any(failed) {
            continue;
        }
        let (k, q) = (declaration.custodians.len() as u64, u64::from(declaration.quorum));
        let (liars, honest): (Vec<_>, Vec<_>) = declaration.custodians.iter().partition(|c| convicted.contains(*c));
        let Some(unknown) = believe.lying_custodians(q).checked_sub(liars.len() as u64) else { continue };
        let late = honest.into_iter().filter_map(|custodian| {
            let kept = kept.get(&(record.digest, declaration.mailbox, custodian))?;
            kept.without(&a.submission, a.by).map(|l| l.logged.digest)
        });
        let late: Vec<Digest> = late.collect();
        let needed = (k + 1).saturating_sub(q).saturating_add(unknown);
        if let Some(heads) = late.iter().min().filter(|_| late.len() as u64 >= needed) {
            let text = format!("promised {q} consignments or a logged failure by {}, and neither was there", a.by);
            push(found, &exchange, "misbehaviour-promise-broken", text, [logged.digest, *heads]);
        }
    }
}

/// The declaration under which an accepted submission was to be kept.
fn declaration<'a>(facts: &'a Facts, acceptance: &SubmissionAcceptance) -> Option<&'a DeclarationRecord> {
    let Body::Submission(submission) = facts.by_digest(&acceptance.submission)?.statement.body() else { return None };
    let (_, record) = facts.directory.declaration(&submission.declaration)?;
    (record.declaration.mailbox == submission.mailbox).then_some(record)
}

/// Failures by submission. Others than the exchange keep them from the reader too, so any that is shown counts, logged or
/// not.
fn failures(facts: &Facts) -> BTreeMap<Digest, Vec<&Logged>> {
    let mut found: BTreeMap<Digest, Vec<&Logged>> = BTreeMap::new();
    for logged in &facts.logged {
        if let Body::HandoverFailure(f) = logged.statement.body() {
            found.entry(f.submission).or_default().push(logged);
        }
    }
    found
}
