//! "No answer lodged with … by …" (DESIGN §4 "Silence").

use super::chains::values;
use super::facts::{EvidenceError, Facts, Logged};
use super::finding::Silence;
use super::told::{Case, consignments_of};
use crate::dossier::ListingPart;
use crate::encoding::Digest;
use crate::mailbox::{ChainHead, ChainName};
use crate::names::PartyName;
use crate::statement::{Body, CustodyHeads};
use crate::values::UnixSeconds;

/// A listing whose heads stand and whose opening fits.
pub(super) struct Listing<'a> {
    pub(super) logged: &'a Logged,
    pub(super) heads: &'a CustodyHeads,
    pub(super) part: &'a ListingPart,
    /// Chain values of the items shown, h(0) first; empty if no items are shown.
    pub(super) chain: Vec<Digest>,
}

impl Listing<'_> {
    /// Whether every item is shown, up to the head.
    pub(super) fn is_complete(&self) -> bool {
        let head = self.part.opening.head;
        self.chain.last() == Some(&head.h) && self.chain.len() as u64 - 1 == head.n
    }
}

/// Every listing, each checked against the heads that its custodian signed.
pub(super) fn listings(facts: &Facts) -> Result<Vec<Listing<'_>>, EvidenceError> {
    let mut found = Vec::new();
    for part in &facts.listings {
        let refuse = |detail: String| EvidenceError::Part { part: "listing", detail };
        let Some(logged) = facts.by_digest(&part.heads) else { continue };
        let Body::CustodyHeads(heads) = logged.statement.body() else {
            return Err(refuse(format!("{} is not a CustodyHeads", part.heads)));
        };
        let name = chain_name(facts, part, &heads.iss);
        part.opening.verify(&name.h0(), &heads.root, heads.mailboxes).map_err(|e| refuse(e.to_string()))?;
        for answer in &part.answers {
            let opening = &answer.opening;
            opening
                .verify(&answer.submission, &part.opening.answers, part.opening.head.n)
                .map_err(|e| refuse(e.to_string()))?;
        }
        if logged.stands() {
            let items = part.items.as_deref().map(|items| values(ChainHead::empty(&name), items));
            found.push(Listing { logged, heads, part, chain: items.unwrap_or_default() });
        }
    }
    Ok(found)
}

pub(super) fn chain_name(facts: &Facts, part: &ListingPart, custodian: &PartyName) -> ChainName {
    ChainName {
        exchange: facts.exchange.clone(),
        mailbox: part.mailbox,
        declaration: part.declaration,
        custodian: custodian.clone(),
    }
}

/// Silence about a case, if every custodian of the declaration shows it.
pub(super) fn silence(facts: &Facts, case: &Case<'_>, listings: &[Listing<'_>]) -> Option<Silence> {
    let deadline = case.submission.deadline?;
    let declaration = &case.declaration.declaration;
    if lodged_in_time(facts, case, deadline) {
        return None;
    }
    let consigned = consignments_of(facts, case);
    let mut rests_on = Vec::new();
    for custodian in &declaration.custodians {
        let (consignment, _) = consigned.iter().map(|(l, c)| (c, l)).find(|(c, _)| c.iss == *custodian)?;
        let silent = listings.iter().find(|l| {
            l.heads.iss == *custodian
                && l.part.declaration == case.declaration.digest
                && l.part.mailbox == case.submission.mailbox
                && l.logged.lo().is_some_and(|lo| lo >= deadline)
                && l.part.answers.iter().any(|a| {
                    a.submission == case.logged.digest && a.opening.n == consignment.n && a.opening.replies.is_empty()
                })
        })?;
        rests_on.push(silent.logged.digest);
    }
    Some(Silence {
        deadline,
        custodians: declaration.custodians.clone(),
        outside_hours: !declaration.hours.open_at(deadline),
        rests_on,
    })
}

/// A reply by the recipient that the log holds, or one that a custodian of the declaration countersigned, not after the
/// deadline. Whose reply a countersignature means is known only if the reply is shown; unknown ones end the silence.
fn lodged_in_time(facts: &Facts, case: &Case<'_>, deadline: UnixSeconds) -> bool {
    let about = facts.about(&case.logged.digest);
    let is_own = |l: &Logged| l.signer.party == *case.to;
    let answers = |l: &&&Logged| match l.statement.body() {
        Body::Reply(_) => is_own(l),
        Body::ReplyLodgement(lodged) => {
            let reply =
                |l: &&&Logged| matches!(l.statement.body(), Body::Reply(_)) && l.statement.identity() == lodged.reply;
            case.declaration.declaration.custodians.contains(&lodged.iss)
                && about.iter().find(reply).is_none_or(|reply| is_own(reply))
        }
        _ => false,
    };
    about.iter().filter(answers).any(|l| l.interval.hi.is_some_and(|hi| hi <= deadline))
}
