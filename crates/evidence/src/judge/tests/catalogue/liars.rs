//! Who contradicted itself, and who must not be convicted.

use super::{Catalogue, TOLD, all};
use crate::custody::{AnswersTree, CustodyTree, MailboxState};
use crate::dossier::ListingPart;
use crate::judge::tests::world::*;
use crate::keys::KeyUse;
use crate::mailbox::ChainHead;
use crate::statement::{Body, CustodyHeads, HandoverFailure, OutOfBandNotice, SubmissionRejection};
use monition_tlog::{MemoryTree, leaf_hash};

/// A tree of `size` entries that are nobody's.
fn other_tree(size: u64) -> MemoryTree {
    (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

pub(super) fn stories(c: &mut Catalogue) {
    c.group("Misbehaviour");
    let (w, _) = available();
    let size = w.log.notes.last().unwrap().size;
    let mut dossier = all(&w);
    dossier.notes.push(w.note(&w.log, other_tree(size).head(), &[]));
    c.add(
        "log-split-view",
        "The log signed two roots for one size.",
        &w,
        &[dossier],
        TOLD,
        "proven available misbehaviour-split-view",
    );
    let mut dossier = all(&w);
    dossier.notes.push(w.note(&w.directory, other_tree(3).head(), &[]));
    c.add(
        "directory-split-view",
        "The exchange signed a second directory that nobody witnessed.",
        &w,
        &[dossier],
        TOLD,
        "proven available misbehaviour-split-view",
    );
    let mut dossier = all(&w);
    dossier.notes.push(w.note(&w.directory, other_tree(3).head(), &[("harbour", 1_020), ("meridian", 1_020)]));
    c.add(
        "directory-witnessed-twice",
        "Quorums cosigned two directories: nothing is decided.",
        &w,
        &[dossier],
        TOLD,
        "not-decidable misbehaviour-split-view directory-contradicted",
    );
    let mut dossier = all(&w);
    for shift in [1_u64, 2] {
        let tree: MemoryTree = (0..99).map(|n: u64| leaf_hash(&(n * shift).to_be_bytes())).collect();
        dossier.notes.push(w.note(&w.directory, tree.head(), &[("harbour", 1_030), ("meridian", 1_030)]));
    }
    c.add(
        "directory-witnessed-twice-later",
        "Quorums cosigned two roots for a size of the directory of which no entry is shown.",
        &w,
        &[dossier],
        TOLD,
        "not-decidable misbehaviour-split-view directory-contradicted",
    );
    let one = all(&w);
    let mut two = w.dossier(|_| false, &[]);
    two.directory.reverse();
    let tree: MemoryTree = two.directory.iter().map(|e| leaf_hash(e.as_bytes())).collect();
    two.notes = vec![w.note(&w.directory, tree.head(), &[("harbour", 1_020), ("meridian", 1_020)])];
    c.add(
        "two-witnessed-directories",
        "Two dossiers show two directories, each cosigned by a quorum.",
        &w,
        &[one, two],
        TOLD,
        "not-decidable misbehaviour-split-view directory-contradicted",
    );
    let mut w = World::new();
    let mut payload = say!(
        w,
        "north",
        OutOfBandNotice { to: name("south"), channel: "telephone".to_owned(), at: at(1_000), note: None }
    );
    w.issue("north", &payload);
    payload.channel = "visit".to_owned();
    w.issue("north", &payload);
    w.publish_at(1_010);
    c.add(
        "eid-reused",
        "North signed two notices under one eid.",
        &w,
        &[w.dossier(|_| true, &[])],
        "timeline",
        "proven misbehaviour-eid-reused",
    );
    let (mut w, warning) = available();
    let declaration = w.sent[warning].declaration;
    let second = w.warn("west", "south", &Draft::default());
    let chain = w.chain("harbour", declaration);
    (chain.items, chain.answers) = (vec![], vec![]);
    w.consign(second, "harbour");
    w.publish_at(1_030);
    c.add(
        "two-items-at-one-place",
        "Harbour signed two items as number 1 of one mailbox.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available misbehaviour-item-equivocation",
    );
    sequences(c);
    custodians(c);
    promises(c);
}

fn sequences(c: &mut Catalogue) {
    let (mut w, _) = available();
    w.party("north").sent.clear();
    w.warn("north", "south", &Draft::default());
    w.publish_at(1_030);
    c.add(
        "sequence-reused",
        "North sent two warnings as no. 1 to South.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available misbehaviour-sequence-reused",
    );
    let refused = w.sent[1].digest();
    let payload = say!(w, "exchange", SubmissionRejection { submission: refused, code: "evidence-expired".to_owned() });
    w.issue_as_exchange(&payload);
    w.publish_at(1_040);
    c.add(
        "sequence-freed-by-a-refusal",
        "The exchange refused the second: its number is free.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available",
    );
    let submission = w.sent[0].digest();
    let payload =
        say!(w, "exchange", SubmissionRejection { submission: submission, code: "evidence-expired".to_owned() });
    w.issue_as_exchange(&payload);
    w.publish_at(1_050);
    c.add(
        "refused-after-acceptance",
        "The exchange refused what it had accepted half a minute before.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available misbehaviour-refused-after-acceptance",
    );
}

fn custodians(c: &mut Catalogue) {
    let (mut w, _) = available();
    w.heads();
    w.heads_of("harbour", |_| false);
    w.publish_at(1_030);
    c.add(
        "two-custody-roots",
        "Harbour signed two roots for one period.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available misbehaviour-two-custody-roots",
    );
    let (mut w, warning) = available();
    let declaration = w.sent[warning].declaration;
    let chain = w.chain("harbour", declaration);
    (chain.items, chain.answers) = (vec![], vec![]);
    w.publish_at(1_030);
    w.heads();
    w.publish_at(1_040);
    c.add(
        "item-hidden",
        "Harbour consigned an item, and later signed a head without it.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available misbehaviour-item-hidden",
    );
    let (mut w, _) = available();
    w.heads();
    w.publish_at(1_030);
    w.heads();
    w.publish_at(1_040);
    c.add("honest-heads", "Two periods of honest heads convict nobody.", &w, &[all(&w)], TOLD, "proven available");
    let (mut w, _) = available();
    let dossier = two_openings(&mut w);
    c.add(
        "mailbox-twice",
        "One root of Harbour's holds one mailbox with two heads.",
        &w,
        &[dossier],
        "timeline",
        "proven misbehaviour-mailbox-twice",
    );
}

/// A root that holds harbour's first chain at two places, with two heads, and both openings.
fn two_openings(w: &mut World) -> crate::dossier::Dossier {
    use crate::custody::MailboxOpening;
    use monition_tlog::{LeafIndex, inclusion_proof};
    let (name_of, full) = (w.chains[0].name.clone(), w.chains[0].head());
    let state = |r: u8, head: ChainHead| MailboxState {
        r: crate::Salt::from_bytes([r; 16]),
        h0: name_of.h0(),
        head,
        answers: AnswersTree::new(&[]).root(),
    };
    let states = [state(1, full), state(2, ChainHead::empty(&name_of))];
    let mut leaves: Vec<_> = states.iter().map(|s| (CustodyTree::new(vec![s.clone()]).root(), s)).collect();
    // The tree sorts the mailboxes' values, which are hidden in the leaves: one of the two orders is the tree's.
    let root = CustodyTree::new(states.to_vec()).root();
    let tree_of = |leaves: &[(crate::Digest, &MailboxState)]| -> MemoryTree {
        leaves.iter().map(|(leaf, _)| (*leaf).into()).collect()
    };
    if crate::Digest::from(tree_of(&leaves).head().root) != root {
        leaves.reverse();
    }
    let tree = tree_of(&leaves);
    assert_eq!(crate::Digest::from(tree.head().root), root);
    let payload = say!(w, "harbour", CustodyHeads { period: 77, mailboxes: 2, root: root });
    let heads = w.issue("harbour", &payload);
    w.publish_at(1_040);
    let mut dossier = w.dossier(|s| *s == heads, &[]);
    for (index, (_, state)) in leaves.iter().enumerate() {
        let index = index as u64;
        let proof = inclusion_proof(&tree, LeafIndex::new(index), tree.size()).unwrap();
        dossier.listings.push(ListingPart {
            heads: heads.digest(),
            mailbox: name_of.mailbox,
            declaration: name_of.declaration,
            opening: MailboxOpening {
                r: state.r,
                head: state.head,
                answers: state.answers,
                index,
                proof: proof.into_iter().map(crate::Digest::from).collect(),
            },
            items: None,
            answers: vec![],
        });
    }
    dossier
}

fn promises(c: &mut Catalogue) {
    let promised = |consigned: &[&str], failure: Option<u64>| {
        let mut w = World::new();
        w.declare("south", &["harbour", "meridian"], 2);
        w.publish_at(1_000);
        let warning = w.warn("north", "south", &Draft::default());
        w.accept(warning);
        for custodian in consigned {
            w.consign(warning, custodian);
        }
        if let Some(time) = failure {
            w.publish_at(time);
            let submission = w.sent[warning].digest();
            let payload =
                say!(w, "exchange", HandoverFailure { submission: submission, code: "unreachable".to_owned() });
            w.issue_as_exchange(&payload);
        }
        w.publish_at(1_070);
        w.heads();
        w.publish_at(1_080);
        w
    };
    let w = promised(&[], None);
    c.add(
        "promise-broken",
        "The exchange promised consignments by 1,060; at 1,070 nobody holds the item.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable submitted misbehaviour-promise-broken",
    );
    let w = promised(&[], Some(1_050));
    c.add(
        "promise-kept-by-a-failure",
        "The exchange logged in time that it failed.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable submitted",
    );
    let w = promised(&["harbour"], None);
    c.add(
        "promise-half-kept",
        "One custodian holds it; the other may lie about its empty mailbox.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable submitted",
    );
    let not_a_failure = |s: &crate::Statement| !matches!(s.body(), Body::HandoverFailure(_));
    assert!(w.logged.iter().all(not_a_failure) && w.parties.contains_key(&name("exchange")));
    assert!(w.parties[&name("exchange")].keys.contains_key(&KeyUse::Exchange));
}
