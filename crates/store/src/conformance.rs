//! What every back end must do. Each function takes a fresh, empty back end and panics where a guarantee is broken.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test suite")]

use crate::{
    AttemptRow, Backend, Batch, ChainRow, ContradictionRow, Growth, LogId, LogState, NoteRow, PendingRow, StatementRow,
    StoreError, TileRow,
};
use monition_evidence::{Digest, Eid, PartyName};
use monition_tlog::{Frontier, TreeHead, leaf_hash};
use std::sync::Arc;

fn digest(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

fn party(name: &str) -> PartyName {
    PartyName::parse(name).unwrap()
}

/// Growth of a log by entries, from a frontier that it moves on.
pub fn growth(log: LogId, frontier: &mut Frontier, entries: &[&[u8]]) -> Growth {
    let old = frontier.head();
    frontier.extend(entries.iter().map(|entry| leaf_hash(entry)));
    let entries = entries.iter().map(|entry| entry.to_vec()).collect();
    Growth { log, old, new: frontier.head(), peaks: frontier.peaks().to_vec(), entries, tiles: Vec::new() }
}

async fn commit(backend: &Backend, batch: Batch) -> Result<(), StoreError> {
    backend.journal.commit(Arc::new(batch)).await
}

/// Every check, each on a back end of its own.
pub async fn all(fresh: impl Fn() -> Backend) {
    a_commit_is_read_at_once(&fresh()).await;
    a_batch_is_all_or_nothing(&fresh()).await;
    logs_do_not_touch_each_other(&fresh()).await;
    the_head_moves_only_from_where_it_is(&fresh()).await;
    statements_are_found_by_issuer_and_eid(&fresh()).await;
    a_delivery_ends_with_its_last_custodian(&fresh()).await;
    notes_are_found_by_what_they_cover(&fresh()).await;
    chains_and_contradictions_are_kept(&fresh()).await;
}

/// Entries, tiles and state are there when the commit returns.
pub async fn a_commit_is_read_at_once(backend: &Backend) {
    let mut frontier = Frontier::new();
    assert_eq!(backend.reads.state(LogId::Log).await.unwrap(), LogState::empty());
    let (a, b) = (digest(1), digest(2));
    let mut grown = growth(LogId::Log, &mut frontier, &[a.as_bytes(), b.as_bytes(), a.as_bytes()]);
    grown.tiles.push(TileRow { level: 0, index: 7, bytes: vec![9; 8192] });
    commit(backend, Batch { growth: Some(grown), ..Batch::default() }).await.unwrap();
    let state = backend.reads.state(LogId::Log).await.unwrap();
    assert_eq!((state.head, state.peaks.as_slice()), (frontier.head(), frontier.peaks()));
    let entries = backend.reads.entries(LogId::Log, 1, 9).await.unwrap();
    assert_eq!(entries, [b.as_bytes().to_vec(), a.as_bytes().to_vec()]);
    assert_eq!(backend.reads.index_of(a).await.unwrap(), Some(0), "the first place counts");
    assert_eq!(backend.reads.index_of(digest(3)).await.unwrap(), None);
    assert_eq!(backend.reads.tile(LogId::Log, 0, 7).await.unwrap(), Some(vec![9; 8192]));
    assert_eq!(backend.reads.tile(LogId::Directory, 0, 7).await.unwrap(), None);
}

/// A refused batch leaves nothing behind, and the next one goes through.
pub async fn a_batch_is_all_or_nothing(backend: &Backend) {
    let mut frontier = Frontier::new();
    let first = growth(LogId::Log, &mut frontier, &[b"a"]);
    commit(backend, Batch { growth: Some(first.clone()), ..Batch::default() }).await.unwrap();
    let chain = ChainRow { sender: party("a.example"), recipient: party("b.example"), seq: 1, last: digest(1) };
    let stale = Batch { growth: Some(first), chains: vec![chain.clone()], ..Batch::default() };
    assert!(matches!(commit(backend, stale).await, Err(StoreError::Stale { .. })));
    // A row that stands there already is refused after other rows were written.
    let second = growth(LogId::Log, &mut frontier, &[b"b"]);
    let row = statement(0, 1, 1);
    let twice = Batch {
        growth: Some(second.clone()),
        statements: vec![row.clone(), row],
        chains: vec![chain],
        ..Batch::default()
    };
    assert!(commit(backend, twice).await.is_err());
    assert!(backend.reads.chains().await.unwrap().is_empty());
    assert_eq!(backend.reads.state(LogId::Log).await.unwrap().head.size.value(), 1);
    commit(backend, Batch { growth: Some(second), ..Batch::default() }).await.unwrap();
}

/// Two logs grow side by side.
pub async fn logs_do_not_touch_each_other(backend: &Backend) {
    for (log, entry) in [(LogId::Log, b"x"), (LogId::Directory, b"y")] {
        let grown = growth(log, &mut Frontier::new(), &[entry]);
        commit(backend, Batch { growth: Some(grown), ..Batch::default() }).await.unwrap();
        assert_eq!(backend.reads.entries(log, 0, 5).await.unwrap(), [entry.to_vec()]);
    }
}

/// Compare-and-swap, and no cell that nobody created.
pub async fn the_head_moves_only_from_where_it_is(backend: &Backend) {
    let mut frontier = Frontier::new();
    let one = growth(LogId::Log, &mut frontier, &[b"a"]).new;
    let two = growth(LogId::Log, &mut frontier, &[b"b"]).new;
    assert_eq!(backend.heads.load(LogId::Log).await.unwrap(), None);
    assert!(backend.heads.swap(LogId::Log, TreeHead::EMPTY, one).await.is_err());
    backend.heads.create(LogId::Log).await.unwrap();
    assert!(backend.heads.create(LogId::Log).await.is_err(), "created once");
    backend.heads.swap(LogId::Log, TreeHead::EMPTY, one).await.unwrap();
    for (old, new) in [(TreeHead::EMPTY, two), (two, one), (TreeHead { size: one.size, root: two.root }, two)] {
        assert!(matches!(backend.heads.swap(LogId::Log, old, new).await, Err(StoreError::Stale { .. })));
    }
    assert_eq!(backend.heads.load(LogId::Log).await.unwrap(), Some(one));
    assert_eq!(backend.heads.load(LogId::Directory).await.unwrap(), None);
}

fn statement(index: u64, eid: u8, about: u8) -> StatementRow {
    StatementRow {
        log: LogId::Log,
        index,
        identity: digest(eid),
        typ: "t".to_owned(),
        iss: party("a.example"),
        eid: Eid::from_bytes([eid; 16]),
        about: (about > 0).then(|| digest(about)),
        foreign: true,
        bytes: vec![eid],
    }
}

/// Look-ups by (iss, eid), and everything about one submission in the order of the log.
pub async fn statements_are_found_by_issuer_and_eid(backend: &Backend) {
    let rows = vec![statement(2, 1, 50), statement(0, 2, 50), statement(1, 3, 0)];
    commit(backend, Batch { statements: rows, ..Batch::default() }).await.unwrap();
    let key = |name: &str, eid: u8| (party(name), Eid::from_bytes([eid; 16]));
    let asked = vec![key("a.example", 3), key("b.example", 3), key("a.example", 2)];
    let found = backend.reads.known(asked).await.unwrap();
    let seen: Vec<_> = found.iter().map(|k| k.as_ref().map(|k| (k.log, k.index, k.identity))).collect();
    assert_eq!(seen, [Some((LogId::Log, 1, digest(3))), None, Some((LogId::Log, 0, digest(2)))]);
    assert_eq!(backend.reads.about(digest(50), 9).await.unwrap(), [vec![2], vec![1]]);
    assert_eq!(backend.reads.about(digest(50), 1).await.unwrap(), [vec![2]]);
}

/// Bodies stay until nobody waits for them.
pub async fn a_delivery_ends_with_its_last_custodian(backend: &Backend) {
    let (a, b) = (party("a.example"), party("b.example"));
    let pending = PendingRow {
        index: 0,
        bodies: b"bodies".to_vec(),
        custodians: vec![a.clone(), b.clone()],
        quorum: 2,
        by: 100,
        expiry: 200,
    };
    let batch = Batch { statements: vec![statement(0, 1, 0)], pending: vec![pending], ..Batch::default() };
    commit(backend, batch).await.unwrap();
    assert_eq!(backend.reads.due(0, 9).await.unwrap().len(), 1);
    assert_eq!(backend.blobs.bodies(0).await.unwrap(), Some(b"bodies".to_vec()));
    let attempt = |custodian: &PartyName, again_ms| Batch {
        attempts: vec![AttemptRow { index: 0, custodian: custodian.clone(), again_ms }],
        promises_settled: vec![0],
        ..Batch::default()
    };
    commit(backend, attempt(&a, Some(5000))).await.unwrap();
    commit(backend, attempt(&b, None)).await.unwrap();
    assert!(backend.reads.due(4999, 9).await.unwrap().is_empty());
    let due = backend.reads.due(5000, 9).await.unwrap().remove(0);
    assert_eq!((due.total, due.quorum, due.by, due.expiry, due.settled), (2, 2, 100, 200, true));
    assert_eq!((&due.custodians[0].custodian, due.custodians[0].attempts), (&a, 1));
    assert_eq!(due.bytes, [1]);
    commit(backend, attempt(&a, None)).await.unwrap();
    assert_eq!(backend.blobs.bodies(0).await.unwrap(), None);
    assert_eq!(backend.reads.pending(0).await.unwrap(), None);
}

/// The first note with quorum that covers an entry stays the first.
pub async fn notes_are_found_by_what_they_cover(backend: &Backend) {
    let note = |n: u8, size, time, quorum| NoteRow {
        log: LogId::Log,
        size,
        time_min: time,
        time_max: time + 1,
        quorum,
        at: time,
        kept: n == 1,
        digest: digest(n),
        bytes: vec![n],
    };
    let notes = vec![
        note(1, 1, 10, true),
        note(2, 3, 11, false),
        note(3, 3, 12, true),
        note(4, 3, 13, true),
        note(5, 4, 14, false),
    ];
    for note in notes {
        let batch = || Batch { notes: vec![note.clone()], ..Batch::default() };
        commit(backend, batch()).await.unwrap();
        // The same note again is the same note.
        commit(backend, batch()).await.unwrap();
    }
    let reads = &backend.reads;
    let bytes = |note: Option<NoteRow>| note.map(|note| note.bytes[0]);
    assert_eq!(bytes(reads.note_covering(LogId::Log, 0).await.unwrap()), Some(1));
    assert_eq!(bytes(reads.note_covering(LogId::Log, 1).await.unwrap()), Some(3));
    assert_eq!(bytes(reads.note_covering(LogId::Log, 3).await.unwrap()), None);
    assert_eq!(bytes(reads.note_since(LogId::Log, 11).await.unwrap()), Some(3));
    assert_eq!(bytes(reads.note_since(LogId::Directory, 0).await.unwrap()), None);
    assert_eq!(bytes(reads.last_note(LogId::Log).await.unwrap()), Some(5));
    assert_eq!(bytes(reads.last_cosigned(LogId::Log).await.unwrap()), Some(4));
    assert_eq!(reads.note(digest(2)).await.unwrap(), Some(note(2, 3, 11, false)));
    // Notes go with time, save those that are kept and those that a statement names.
    let batch = Batch { anchors: vec![digest(2), digest(99)], notes_expired_at: Some(13), ..Batch::default() };
    commit(backend, batch).await.unwrap();
    commit(backend, Batch { notes_expired_at: Some(13), ..Batch::default() }).await.unwrap();
    let mut left = Vec::new();
    for n in 1..=5 {
        left.extend(bytes(reads.note(digest(n)).await.unwrap()));
    }
    assert_eq!(left, [1, 2, 4, 5]);
}

/// The last of a chain counts; the first contradiction of an eid is kept.
pub async fn chains_and_contradictions_are_kept(backend: &Backend) {
    let chain =
        |seq, last| ChainRow { sender: party("a.example"), recipient: party("b.example"), seq, last: digest(last) };
    let two = |n: u8| ContradictionRow { iss: party("a.example"), eid: Eid::from_bytes([1; 16]), bytes: vec![n] };
    for n in [1, 2] {
        let batch = Batch { chains: vec![chain(n.into(), n)], contradictions: vec![two(n)], ..Batch::default() };
        commit(backend, batch).await.unwrap();
    }
    assert_eq!(backend.reads.chains().await.unwrap(), [chain(2, 2)]);
    let one = |sender, recipient| backend.reads.chain(party(sender), party(recipient));
    assert_eq!(one("a.example", "b.example").await.unwrap(), Some(chain(2, 2)));
    assert_eq!(one("b.example", "a.example").await.unwrap(), None);
    assert_eq!(backend.reads.contradictions(party("a.example")).await.unwrap(), [two(1)]);
}
