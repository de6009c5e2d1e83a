//! Two statements of one party that contradict each other (DESIGN §4 "Equivocation"). Signatures convict, wherever the
//! statements were kept: they need not stand in the log. One pair is enough for each statement: a liar who contradicts itself
//! a thousand times makes no million findings.

use super::facts::{Facts, Logged};
use super::finding::Misbehaviour;
use super::question::Question;
use super::silence::Listing;
use crate::encoding::Digest;
use crate::names::{ExchangeName, PartyName};
use crate::statement::{Body, Submission};
use crate::values::UnixSeconds;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Everything that one party signed against itself.
pub(super) fn misbehaviour(facts: &Facts, listings: &[Listing<'_>]) -> Vec<Misbehaviour> {
    let mut found = Vec::new();
    for (origin, first, other) in &facts.split_views {
        // The trust may name logs of other exchanges too: each answers for its own.
        let name = origin.strip_suffix("/log").or(origin.strip_suffix("/directory"));
        let Some(exchange) = name.and_then(|name| ExchangeName::parse(name).ok()) else { continue };
        found.push(Misbehaviour {
            party: exchange.as_party(),
            code: "misbehaviour-split-view",
            text: format!("the log {origin} signed two trees that contradict each other"),
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
    // What the exchange refused under its signature freed its number.
    let refused: BTreeSet<Digest> = facts
        .logged
        .iter()
        .filter_map(|l| match l.statement.body() {
            Body::SubmissionRejection(r) if l.signer.party == facts.exchange.as_party() => Some(r.submission),
            _ => None,
        })
        .collect();
    contradictions(
        facts,
        &mut found,
        "misbehaviour-sequence-reused",
        "sent two different submissions under one number to one recipient",
        |l| match l.statement.body() {
            Body::Submission(s) if !refused.contains(&l.digest) => {
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

/// Whether a signature convicts: made with a key that counted, or that was never revoked. A stolen key, once revoked, could
/// else convict its owner with statements that no log dates.
fn convicts(logged: &&Logged) -> bool {
    let revoked = logged.signer.end.as_ref().is_some_and(|end| end.revoked);
    logged.refused.is_none() && (logged.interval.hi.is_some() || !revoked)
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
    for logged in facts.logged.iter().filter(convicts) {
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
                break;
            } else if one.head.n == other.head.n && one.head.h != other.head.h {
                let text = format!("signed two different chains of {} items for one mailbox", one.head.n);
                push(found, party, "misbehaviour-item-equivocation", text, [b.logged.digest, a.logged.digest]);
                break;
            } else if contradicts(a, b) || contradicts(b, a) {
                let text = "signed two heads of one mailbox of which the later lacks or changes items of the earlier"
                    .to_owned();
                push(found, party, "misbehaviour-item-hidden", text, [b.logged.digest, a.logged.digest]);
                break;
            }
        }
    }
}

/// `long` has more items than `short`: it is the older of the two, or its items do not begin with those of the other.
fn contradicts(long: &Listing<'_>, short: &Listing<'_>) -> bool {
    let (n, head) = (long.part.opening.head.n, short.part.opening.head);
    let older = short.logged.lo().zip(long.logged.interval.hi).is_some_and(|(lo, hi)| lo > hi);
    let listed = usize::try_from(head.n).ok().and_then(|n| long.chain.get(n)).filter(|_| long.is_complete());
    n > head.n && (older || listed.is_some_and(|h| *h != head.h))
}

/// A head that lacks, or contradicts, what the same custodian had consigned before.
fn listings_against_consignments(facts: &Facts, found: &mut Vec<Misbehaviour>, listings: &[Listing<'_>]) {
    let mut by_chain: BTreeMap<_, Vec<&Listing<'_>>> = BTreeMap::new();
    for listing in listings {
        by_chain.entry((&listing.heads.iss, listing.part.mailbox, listing.part.declaration)).or_default().push(listing);
    }
    for logged in facts.logged.iter().filter(convicts) {
        let Body::ContentConsignment(c) = logged.statement.body() else { continue };
        for listing in by_chain.get(&(&c.iss, c.mailbox, c.declaration)).into_iter().flatten() {
            let head = listing.part.opening.head;
            let after = listing.logged.lo().zip(logged.interval.hi).is_some_and(|(lo, hi)| lo > hi);
            // A complete listing signs every chain value up to its head, not the last one alone.
            let listed = usize::try_from(c.n).ok().and_then(|n| listing.chain.get(n)).filter(|_| listing.is_complete());
            if (head.n == c.n && head.h != c.h) || listed.is_some_and(|h| *h != c.h) {
                let text = format!("signed two different chains of {} items for one mailbox", c.n);
                push(found, &c.iss, "misbehaviour-item-equivocation", text, [logged.digest, listing.logged.digest]);
                break;
            } else if head.n < c.n && after {
                let text = format!("signed item {} of a mailbox, and later a head with only {} items", c.n, head.n);
                push(found, &c.iss, "misbehaviour-item-hidden", text, [logged.digest, listing.logged.digest]);
                break;
            }
        }
    }
}

/// A receipt or reply that says what was received, and the submission that it is about.
struct Receipt<'a> {
    until: UnixSeconds,
    logged: &'a Logged,
    submission: &'a Submission,
}

/// By party, earliest first. A receipt that says that nothing could be decrypted belies no denial: else a sender of garbage
/// would convict whoever says so honestly.
fn receipts(facts: &Facts) -> BTreeMap<&PartyName, Vec<Receipt<'_>>> {
    let mut found: BTreeMap<&PartyName, Vec<Receipt<'_>>> = BTreeMap::new();
    for logged in facts.standing() {
        let of_content = match logged.statement.body() {
            Body::ContentAccess(a) => a.core.is_some(),
            Body::Reply(_) => true,
            _ => false,
        };
        let about = logged.statement.submission().and_then(|digest| facts.by_digest(&digest));
        if let (true, Some(until), Some(Body::Submission(submission))) =
            (of_content, logged.interval.hi, about.map(|l| l.statement.body()))
        {
            found.entry(&logged.signer.party).or_default().push(Receipt { until, logged, submission });
        }
    }
    found.values_mut().for_each(|of_party| of_party.sort_by_key(|r| (r.until, r.logged.digest)));
    found
}

/// A denial, and the same party's own receipt or reply from before its T; of several the earliest.
fn denials(facts: &Facts, found: &mut Vec<Misbehaviour>) {
    let receipts = receipts(facts);
    for denial in facts.logged.iter().filter(convicts) {
        let Body::Denial(d) = denial.statement.body() else { continue };
        let Ok(Question::Told(asked)) = Question::parse(d.question.as_str()) else { continue };
        let party = &denial.signer.party;
        if asked.party != *party {
            continue;
        }
        // Where the question names an earlier time than the denial, only that much is denied.
        let before = asked.before.map_or(d.before, |before| before.min(d.before));
        let concerned = |s: &Submission| {
            asked.by.as_ref().is_none_or(|by| *by == s.iss) && asked.of.is_none_or(|of| s.wid == Some(of))
        };
        let mut own = receipts.get(party).into_iter().flatten().take_while(|r| r.until < before);
        if let Some(Receipt { logged, .. }) = own.find(|r| concerned(r.submission)) {
            let text = format!("denied having been told, and had signed a {} about it", logged.statement.body().name());
            push(found, party, "misbehaviour-false-denial", text, [logged.digest, denial.digest]);
        }
    }
}
