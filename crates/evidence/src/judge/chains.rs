//! Chain values of mailboxes as far as items are shown: which head signed by B covers which consignment.

use super::facts::{Facts, Logged};
use super::silence::Listing;
use super::told::Case;
use crate::encoding::{Digest, MailboxId};
use crate::mailbox::{ChainHead, Item};
use crate::names::PartyName;
use crate::statement::{Body, ContentConsignment, KnownHead};
use std::collections::BTreeMap;

/// Which chain: custodian and declaration.
type Name<'a> = (&'a PartyName, Digest);

/// Chain values from one item on.
struct Run {
    start: u64,
    values: Vec<Digest>,
}

impl Run {
    fn has(&self, n: u64, h: &Digest) -> bool {
        let position = n.checked_sub(self.start).and_then(|p| usize::try_from(p).ok());
        position.and_then(|p| self.values.get(p)) == Some(h)
    }
}

/// A head that B signed.
struct Ack<'a> {
    logged: &'a Logged,
    mailbox: MailboxId,
    head: &'a KnownHead,
}

/// What is known of every chain, computed once for all cases.
pub(super) struct Chains<'a> {
    runs: BTreeMap<Name<'a>, Vec<Run>>,
    acks: BTreeMap<Name<'a>, Vec<Ack<'a>>>,
}

impl<'a> Chains<'a> {
    pub(super) fn of(facts: &'a Facts, listings: &'a [Listing<'a>]) -> Self {
        let mut runs: BTreeMap<Name<'a>, Vec<Run>> = BTreeMap::new();
        // The longest first: those that are the beginning of another add nothing.
        let mut complete: Vec<_> = listings.iter().filter(|l| l.is_complete()).collect();
        complete.sort_by_key(|l| std::cmp::Reverse(l.chain.len()));
        for listing in complete {
            let runs = runs.entry((&listing.heads.iss, listing.part.declaration)).or_default();
            let head = listing.part.opening.head;
            if !runs.iter().any(|run| run.has(head.n, &head.h)) {
                runs.push(Run { start: 0, values: listing.chain.clone() });
            }
        }
        let mut consignments: BTreeMap<Name<'a>, Vec<&'a ContentConsignment>> = BTreeMap::new();
        let mut acks: BTreeMap<Name<'a>, Vec<Ack<'a>>> = BTreeMap::new();
        for logged in facts.standing() {
            match logged.statement.body() {
                Body::ContentConsignment(c) => consignments.entry((&c.iss, c.declaration)).or_default().push(c),
                Body::MailboxHeadAck(a) => {
                    for head in &a.heads {
                        let ack = Ack { logged, mailbox: a.mailbox, head };
                        acks.entry((&head.custodian, head.declaration)).or_default().push(ack);
                    }
                }
                _ => {}
            }
        }
        for segment in &facts.segments {
            let name = (&segment.custodian, segment.declaration);
            let mut found: Vec<Run> = Vec::new();
            for c in consignments.get(&name).into_iter().flatten() {
                let skip = c.n.checked_sub(segment.after).and_then(|skip| usize::try_from(skip).ok());
                let Some(items) = skip.and_then(|skip| segment.items.get(skip..)) else { continue };
                if !found.iter().any(|run| run.has(c.n, &c.h)) {
                    found.push(Run { start: c.n, values: values(ChainHead { n: c.n, h: c.h }, items) });
                }
            }
            runs.entry(name).or_default().extend(found);
        }
        Self { runs, acks }
    }

    /// Heads signed by B's system that cover an item of this submission.
    pub(super) fn acks(&self, case: &Case<'_>, consigned: &[(&Logged, &ContentConsignment)]) -> Vec<&'a Logged> {
        let mut found = Vec::new();
        for (_, c) in consigned {
            for ack in self.acks.get(&(&c.iss, c.declaration)).into_iter().flatten() {
                let own = ack.mailbox == case.submission.mailbox && ack.logged.signer.party == *case.to;
                if own && self.leads(c, ack.head) {
                    found.push(ack.logged);
                }
            }
        }
        found
    }

    /// The head is that of the item, or shown items lead from the item's chain value to it.
    fn leads(&self, c: &ContentConsignment, head: &KnownHead) -> bool {
        let linked = |run: &Run| run.has(c.n, &c.h) && run.has(head.n, &head.h);
        let runs = self.runs.get(&(&c.iss, c.declaration)).map(Vec::as_slice).unwrap_or_default();
        (c.n, c.h) == (head.n, head.h) || (c.n < head.n && runs.iter().any(linked))
    }
}

/// Chain values from a head on, the head's own first.
pub(super) fn values(from: ChainHead, items: &[Item]) -> Vec<Digest> {
    // Counted from 0: the number in a consignment is its signer's, and need not be one that can be counted on from.
    let mut at = ChainHead { n: 0, h: from.h };
    let mut found = vec![at.h];
    for item in items {
        at = at.push(item);
        found.push(at.h);
    }
    found
}
