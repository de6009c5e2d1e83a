//! Two statements of one party that contradict each other (DESIGN §4 "Equivocation"). Signatures convict, wherever the
//! statements were kept: they need not stand in the log.

use super::facts::{Facts, Logged};
use super::finding::Misbehaviour;
use super::silence::Listing;
use crate::encoding::Digest;
use crate::names::PartyName;
use crate::statement::Body;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Everything that one party signed against itself.
pub(super) fn misbehaviour(facts: &Facts, listings: &[Listing<'_>]) -> Vec<Misbehaviour> {
    let mut found = Vec::new();
    for (origin, first, other) in &facts.split_views {
        found.push(Misbehaviour {
            party: facts.exchange.as_party(),
            code: "misbehaviour-split-view",
            text: format!("the log {origin} signed two different roots for one size"),
            statements: vec![*first, *other],
        });
    }
    contradictions(
        facts,
        &mut found,
        "misbehaviour-eid-reused",
        "signed two different statements under one eid",
        |l| Some((l.statement.common().iss.clone(), *l.statement.common().eid)),
        |l| l.statement.identity(),
    );
    contradictions(
        facts,
        &mut found,
        "misbehaviour-item-equivocation",
        "signed two different items at one place of a mailbox's chain",
        |l| match l.statement.body() {
            Body::ContentConsignment(c) => Some((c.iss.clone(), c.mailbox, c.declaration, c.n)),
            _ => None,
        },
        |l| match l.statement.body() {
            Body::ContentConsignment(c) => c.h,
            _ => l.digest,
        },
    );
    contradictions(
        facts,
        &mut found,
        "misbehaviour-sequence-reused",
        "sent two different submissions under one number to one recipient",
        |l| match l.statement.body() {
            Body::Submission(s) => {
                let (to, _) = facts.directory.declaration(&s.declaration)?;
                Some((s.iss.clone(), to.name.clone(), s.seq))
            }
            _ => None,
        },
        |l| l.statement.identity(),
    );
    contradictions(
        facts,
        &mut found,
        "misbehaviour-two-custody-roots",
        "signed two different roots for one period",
        |l| match l.statement.body() {
            Body::CustodyHeads(h) => Some((h.iss.clone(), h.period)),
            _ => None,
        },
        |l| match l.statement.body() {
            Body::CustodyHeads(h) => h.root,
            _ => l.digest,
        },
    );
    listings_against_themselves(&mut found, listings);
    listings_against_consignments(facts, &mut found, listings);
    denials(facts, &mut found);
    found.sort_by(|a, b| (&a.party, a.code, &a.statements).cmp(&(&b.party, b.code, &b.statements)));
    found.dedup();
    found
}

/// Finds statements that agree on `key` and differ in `value`.
fn contradictions<K: Ord + Debug, V: PartialEq>(
    facts: &Facts,
    found: &mut Vec<Misbehaviour>,
    code: &'static str,
    text: &str,
    key: impl Fn(&Logged) -> Option<K>,
    value: impl Fn(&Logged) -> V,
) {
    let mut first: BTreeMap<K, &Logged> = BTreeMap::new();
    for logged in &facts.logged {
        let Some(k) = key(logged) else { continue };
        match first.get(&k) {
            None => drop(first.insert(k, logged)),
            Some(other) if value(other) != value(logged) => {
                push(found, &logged.signer.party, code, text.to_owned(), [other.digest, logged.digest]);
            }
            Some(_) => {}
        }
    }
}

fn push(found: &mut Vec<Misbehaviour>, party: &PartyName, code: &'static str, text: String, pair: [Digest; 2]) {
    found.push(Misbehaviour { party: party.clone(), code, text, statements: pair.to_vec() });
}

/// Two openings of one mailbox in one signed root.
fn listings_against_themselves(found: &mut Vec<Misbehaviour>, listings: &[Listing<'_>]) {
    for (position, a) in listings.iter().enumerate() {
        for b in &listings[..position] {
            let same_mailbox = (a.part.mailbox, a.part.declaration) == (b.part.mailbox, b.part.declaration);
            if !same_mailbox || a.heads.iss != b.heads.iss {
                continue;
            }
            let (one, other) = (&a.part.opening, &b.part.opening);
            let party = &a.heads.iss;
            if a.logged.digest == b.logged.digest
                && (one.index, one.head, one.answers) != (other.index, other.head, other.answers)
            {
                let text = "one signed root holds one mailbox twice".to_owned();
                push(found, party, "misbehaviour-mailbox-twice", text, [a.logged.digest, b.logged.digest]);
            } else if one.head.n == other.head.n && one.head.h != other.head.h {
                let text = format!("signed two different chains of {} items for one mailbox", one.head.n);
                push(found, party, "misbehaviour-item-equivocation", text, [b.logged.digest, a.logged.digest]);
            }
        }
    }
}

/// A head that lacks, or contradicts, what the same custodian had consigned before.
fn listings_against_consignments(facts: &Facts, found: &mut Vec<Misbehaviour>, listings: &[Listing<'_>]) {
    for logged in &facts.logged {
        let Body::ContentConsignment(c) = logged.statement.body() else { continue };
        for listing in listings {
            let same = listing.heads.iss == c.iss
                && (listing.part.mailbox, listing.part.declaration) == (c.mailbox, c.declaration);
            if !same {
                continue;
            }
            let head = listing.part.opening.head;
            let after = listing.logged.lo().zip(logged.interval.hi).is_some_and(|(lo, hi)| lo > hi);
            if head.n == c.n && head.h != c.h {
                let text = format!("signed two different chains of {} items for one mailbox", c.n);
                push(found, &c.iss, "misbehaviour-item-equivocation", text, [logged.digest, listing.logged.digest]);
            } else if head.n < c.n && after {
                let text = format!("signed item {} of a mailbox, and later a head with only {} items", c.n, head.n);
                push(found, &c.iss, "misbehaviour-item-hidden", text, [logged.digest, listing.logged.digest]);
            }
        }
    }
}

/// A denial, and the same party's own receipt or reply from before its T.
fn denials(facts: &Facts, found: &mut Vec<Misbehaviour>) {
    use super::question::{Question, Told};
    let concerned = |asked: &Told, submission: Digest| {
        facts.by_digest(&submission).is_some_and(|l| match l.statement.body() {
            Body::Submission(s) => {
                asked.by.as_ref().is_none_or(|by| *by == s.iss) && asked.of.is_none_or(|of| s.wid == Some(of))
            }
            _ => false,
        })
    };
    for denial in &facts.logged {
        let Body::Denial(d) = denial.statement.body() else { continue };
        let Ok(Question::Told(asked)) = Question::parse(d.question.as_str()) else { continue };
        for own in &facts.logged {
            let receipt = matches!(own.statement.body(), Body::ContentAccess(_) | Body::Reply(_));
            let before = own.interval.hi.is_some_and(|hi| hi < d.before);
            let same = own.signer.party == denial.signer.party && asked.party == denial.signer.party;
            if receipt && before && same && own.statement.submission().is_some_and(|s| concerned(&asked, s)) {
                let text =
                    format!("denied having been told, and had signed a {} about it", own.statement.body().name());
                push(found, &denial.signer.party, "misbehaviour-false-denial", text, [own.digest, denial.digest]);
            }
        }
    }
}
