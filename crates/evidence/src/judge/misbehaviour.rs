//! Two statements of one party that contradict each other (DESIGN §4 "Equivocation"). Signatures convict, wherever the
//! statements were kept: they need not stand in the log. One pair is enough for each statement: a liar who contradicts itself
//! a thousand times makes no million findings.

use super::believe::Believe;
use super::facts::{Facts, Logged, SplitView};
use super::finding::Misbehaviour;
use super::promises::promises;
use super::question::Question;
use super::silence::Listing;
use crate::encoding::Digest;
use crate::names::{ExchangeName, PartyName};
use crate::statement::{Body, Submission};
use crate::values::UnixSeconds;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Everything that one party signed against itself.
pub(super) fn misbehaviour(facts: &Facts, listings: &[Listing<'_>], believe: &Believe) -> Vec<Misbehaviour> {
    let mut found = split_views(facts);
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
    custody(facts, &mut found, listings);
    denials(facts, &mut found);
    promises(facts, listings, believe, &mut found);
    sorted(found)
}

/// Two trees of one log. The notes convict the exchange by the key in the trust alone, whatever the directory says.
pub(super) fn split_views(facts: &Facts) -> Vec<Misbehaviour> {
    let mut found = Vec::new();
    for SplitView { origin, notes } in &facts.split_views {
        // The trust may name logs of other exchanges too: each answers for its own.
        let name = origin.strip_suffix("/log").or(origin.strip_suffix("/directory"));
        let Some(exchange) = name.and_then(|name| ExchangeName::parse(name).ok()) else { continue };
        found.push(Misbehaviour {
            party: exchange.as_party(),
            code: "misbehaviour-split-view",
            text: format!("the log {origin} signed two trees that contradict each other"),
            statements: notes.to_vec(),
        });
    }
    sorted(found)
}

fn sorted(mut found: Vec<Misbehaviour>) -> Vec<Misbehaviour> {
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

pub(super) fn push(
    found: &mut Vec<Misbehaviour>,
    party: &PartyName,
    code: &'static str,
    text: String,
    pair: [Digest; 2],
) {
    found.push(Misbehaviour { party: party.clone(), code, text, statements: pair.to_vec() });
}

/// What the listings of one mailbox at one custodian sign, arranged so that every statement is compared once.
#[derive(Default)]
struct Signed<'a> {
    listings: Vec<&'a Listing<'a>>,
    /// By number of items: up to two different chain values of heads, with a listing each.
    heads: BTreeMap<u64, Vec<(Digest, &'a Listing<'a>)>>,
    /// As `heads`, of the values that complete listings imply before their head.
    inner: BTreeMap<u64, Vec<(Digest, &'a Listing<'a>)>>,
    latest: Vec<(u64, UnixSeconds, &'a Listing<'a>)>,
}

/// Keeps the first two different values: whoever differs from all of them differs from one of these two.
fn keep<'a>(values: &mut Vec<(Digest, &'a Listing<'a>)>, h: Digest, listing: &'a Listing<'a>) {
    if values.len() < 2 && values.iter().all(|(known, _)| *known != h) {
        values.push((h, listing));
    }
}

/// The listing that signed another value there.
fn other<'a>(values: &BTreeMap<u64, Vec<(Digest, &'a Listing<'a>)>>, n: u64, h: &Digest) -> Option<&'a Listing<'a>> {
    values.get(&n)?.iter().find(|(known, _)| known != h).map(|(_, listing)| *listing)
}

/// By number of items, ascending: the latest lower bound of heads with at most so many.
pub(super) fn latest<'a>(listings: impl Iterator<Item = &'a Listing<'a>>) -> Vec<(u64, UnixSeconds, &'a Listing<'a>)> {
    let mut bounds: Vec<_> = listings.filter_map(|l| l.logged.lo().map(|lo| (l.part.opening.head.n, lo, l))).collect();
    bounds.sort_by_key(|(n, lo, _)| (*n, *lo));
    let mut rising: Vec<(u64, UnixSeconds, &Listing<'_>)> = Vec::new();
    for (n, lo, listing) in bounds {
        if rising.last().is_none_or(|(_, known, _)| lo > *known) {
            rising.push((n, lo, listing));
        }
    }
    rising
}

impl<'a> Signed<'a> {
    fn of(listings: Vec<&'a Listing<'a>>) -> Self {
        let mut signed = Self::default();
        for listing in &listings {
            let head = listing.part.opening.head;
            keep(signed.heads.entry(head.n).or_default(), head.h, listing);
            if listing.is_complete() {
                for (n, h) in (0..head.n).zip(&listing.chain) {
                    keep(signed.inner.entry(n).or_default(), *h, listing);
                }
            }
        }
        signed.latest = latest(listings.iter().copied());
        signed.listings = listings;
        signed
    }

    /// A head with fewer than `n` items that was signed later than `hi`.
    fn lacks(&self, n: u64, hi: Option<UnixSeconds>) -> Option<&'a Listing<'a>> {
        let fewer = self.latest.partition_point(|(of, _, _)| *of < n);
        let (_, lo, listing) = self.latest.get(fewer.checked_sub(1)?)?;
        hi.is_some_and(|hi| *lo > hi).then_some(*listing)
    }
}

/// Heads against heads, and heads against what the same custodian had consigned. Every listing and every consignment is
/// looked up in what all listings together signed: the cost grows with the evidence, not with its square.
fn custody(facts: &Facts, found: &mut Vec<Misbehaviour>, listings: &[Listing<'_>]) {
    let mut by_chain: BTreeMap<_, Vec<&Listing<'_>>> = BTreeMap::new();
    for listing in listings {
        by_chain.entry((&listing.heads.iss, listing.part.mailbox, listing.part.declaration)).or_default().push(listing);
    }
    let firsts = by_chain.into_iter().map(|(chain, of)| (chain, Signed::of(first_openings(found, of))));
    let by_chain: BTreeMap<_, Signed<'_>> = firsts.collect();
    for signed in by_chain.values() {
        listings_against_themselves(found, signed);
    }
    for logged in facts.logged.iter().filter(convicts) {
        let Body::ContentConsignment(c) = logged.statement.body() else { continue };
        let Some(signed) = by_chain.get(&(&c.iss, c.mailbox, c.declaration)) else { continue };
        if let Some(listing) = other(&signed.heads, c.n, &c.h).or_else(|| other(&signed.inner, c.n, &c.h)) {
            let text = format!("signed two different chains of {} items for one mailbox", c.n);
            push(found, &c.iss, "misbehaviour-item-equivocation", text, [logged.digest, listing.logged.digest]);
        }
        if let Some(listing) = signed.lacks(c.n, logged.interval.hi) {
            let n = listing.part.opening.head.n;
            let text = format!("signed item {} of a mailbox, and later a head with only {n} items", c.n);
            push(found, &c.iss, "misbehaviour-item-hidden", text, [logged.digest, listing.logged.digest]);
        }
    }
}

/// Two openings of one mailbox in one root. Gives the first of each root: it alone is compared with what others sign.
fn first_openings<'a>(found: &mut Vec<Misbehaviour>, listings: Vec<&'a Listing<'a>>) -> Vec<&'a Listing<'a>> {
    let mut first: BTreeMap<Digest, &Listing<'_>> = BTreeMap::new();
    let mut firsts = Vec::new();
    for listing in listings {
        let opening = &listing.part.opening;
        match first.get(&listing.logged.digest) {
            None => {
                first.insert(listing.logged.digest, listing);
                firsts.push(listing);
            }
            Some(known) => {
                let one = &known.part.opening;
                if (one.index, one.head, one.answers) != (opening.index, opening.head, opening.answers) {
                    let (text, pair) = ("one signed root holds one mailbox twice", [listing.logged.digest; 2]);
                    push(found, &listing.heads.iss, "misbehaviour-mailbox-twice", text.to_owned(), pair);
                }
            }
        }
    }
    firsts
}

fn listings_against_themselves(found: &mut Vec<Misbehaviour>, signed: &Signed<'_>) {
    for listing in &signed.listings {
        let (party, head) = (&listing.heads.iss, listing.part.opening.head);
        if let Some(against) = other(&signed.heads, head.n, &head.h) {
            let text = format!("signed two different chains of {} items for one mailbox", head.n);
            push(found, party, "misbehaviour-item-equivocation", text, [against.logged.digest, listing.logged.digest]);
        }
        let hidden = signed.lacks(head.n, listing.logged.interval.hi);
        if let Some(against) = hidden.or_else(|| other(&signed.inner, head.n, &head.h)) {
            let text = "signed two heads of one mailbox of which the later lacks or changes items of the earlier";
            let pair = [against.logged.digest, listing.logged.digest];
            push(found, party, "misbehaviour-item-hidden", text.to_owned(), pair);
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
        let concerned = |s: &Submission| {
            asked.by.as_ref().is_none_or(|by| *by == s.iss) && asked.of.is_none_or(|of| s.wid == Some(of))
        };
        let mut own = receipts.get(party).into_iter().flatten().take_while(|r| r.until < d.before);
        if let Some(Receipt { logged, .. }) = own.find(|r| concerned(r.submission)) {
            let text = format!("denied having been told, and had signed a {} about it", logged.statement.body().name());
            push(found, party, "misbehaviour-false-denial", text, [logged.digest, denial.digest]);
        }
    }
}
