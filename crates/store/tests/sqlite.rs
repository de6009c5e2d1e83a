//! The SQLite back end: the suite of all back ends, and what only files can get wrong.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

use monition_evidence::encoding::sha256;
use monition_evidence::{Digest, PartyName};
use monition_store::conformance;
use monition_store::faults::{Fault, Faults};
use monition_store::sqlite::{DirectoryError, SqliteStore};
use monition_store::{Backend, Batch, LogId, OpenError, StoreError, compare};
use monition_tlog::{Frontier, TreeHead};
use std::path::Path;
use std::sync::Arc;

#[tokio::test]
async fn sqlite_conforms() {
    let root = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    let fresh = || {
        count.set(count.get() + 1);
        SqliteStore::create(&root.path().join(count.get().to_string())).unwrap().backend()
    };
    conformance::all(fresh).await;
    let faults = Arc::new(Faults::new(0, Fault::Lost));
    conformance::all(|| faults.wrap(&fresh())).await;
}

async fn append(backend: &Backend, frontier: &mut Frontier, entry: &[u8]) -> Result<TreeHead, StoreError> {
    let growth = conformance::growth(LogId::Log, frontier, &[entry]);
    let (old, new) = (growth.old, growth.new);
    backend.journal.commit(Arc::new(Batch { growth: Some(growth), ..Batch::default() })).await?;
    backend.heads.swap(LogId::Log, old, new).await?;
    Ok(new)
}

#[tokio::test]
async fn a_second_process_is_refused_and_what_was_written_is_there_after_reopening() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("data");
    assert!(matches!(SqliteStore::open(&path), Err(DirectoryError::Missing { .. })));
    let store = SqliteStore::create(&path).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, DirectoryError::InUse { .. }), "{error}");
    assert!(error.hint().contains("two sequencers"));
    let backend = store.backend();
    backend.heads.create(LogId::Log).await.unwrap();
    let head = append(&backend, &mut Frontier::new(), b"a").await.unwrap();
    drop((store, backend));
    assert!(matches!(SqliteStore::create(&path), Err(DirectoryError::Exists { .. })));
    let backend = SqliteStore::open(&path).unwrap().backend();
    assert_eq!(backend.heads.load(LogId::Log).await.unwrap(), Some(head));
    assert_eq!(backend.reads.state(LogId::Log).await.unwrap().head, head);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in ["exchange.db", "exchange.db-wal"] {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_restored_exchange_db_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let (path, backup) = (root.path().join("data"), root.path().join("backup"));
    let backend = SqliteStore::create(&path).unwrap().backend();
    backend.heads.create(LogId::Log).await.unwrap();
    let mut frontier = Frontier::new();
    append(&backend, &mut frontier, b"a").await.unwrap();
    drop(backend);
    copy(&path, &backup);
    let backend = SqliteStore::open(&path).unwrap().backend();
    append(&backend, &mut frontier, b"b").await.unwrap();
    drop(backend);
    copy(&backup, &path);
    let backend = SqliteStore::open(&path).unwrap().backend();
    let head = backend.heads.load(LogId::Log).await.unwrap();
    let state = backend.reads.state(LogId::Log).await.unwrap();
    let error = compare(LogId::Log, head, &state).unwrap_err();
    assert!(matches!(error, OpenError::JournalBehind { .. }), "{error}");
    assert!(error.hint().contains("Never restore"));
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let root = tempfile::tempdir().unwrap();
    drop(SqliteStore::create(root.path()).unwrap());
    let connection = rusqlite::Connection::open(root.path().join("exchange.db")).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    assert!(matches!(SqliteStore::open(root.path()), Err(DirectoryError::Format { found: 2, .. })));
}

#[tokio::test]
async fn a_full_disk_refuses_new_work_keeps_the_old_and_recovers() {
    let root = tempfile::tempdir().unwrap();
    let backend = SqliteStore::create(root.path()).unwrap().backend();
    let mut frontier = Frontier::new();
    backend.heads.create(LogId::Log).await.unwrap();
    append(&backend, &mut frontier, b"a").await.unwrap();
    let faults = Arc::new(Faults::new(1, Fault::Full));
    let faulty = faults.wrap(&backend);
    let mut attempt = frontier.clone();
    assert!(matches!(append(&faulty, &mut attempt, b"b").await, Err(StoreError::Full { .. })));
    assert_eq!(backend.reads.state(LogId::Log).await.unwrap().head, frontier.head());
    append(&faulty, &mut frontier, b"b").await.unwrap();
    assert_eq!(backend.reads.state(LogId::Log).await.unwrap().head.size.value(), 2);
}

/// Every look-up of the back end, as it stands in the source, is answered from a key or an index: none reads a whole table,
/// save the chains and the two rows of the look-up, which are read once at the start.
#[test]
fn no_look_up_reads_a_whole_table() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("data");
    drop(SqliteStore::create(&path).unwrap());
    let open = |file: &str| rusqlite::Connection::open(path.join(file)).unwrap();
    let (exchange, head) = (open("exchange.db"), open("head.db"));
    let source = concat!(include_str!("../src/sqlite.rs"), include_str!("../src/sqlite/lookup.rs"));
    let mut seen = 0;
    for literal in source.split('"').filter(|text| text.starts_with("SELECT ") || text.starts_with("DELETE ")) {
        // The tails of the look-ups of notes stand in their callers.
        let tails = match literal.contains("{tail}") {
            true => {
                source.split('"').filter(|text| text.starts_with("log = ?1") || text.starts_with("digest = ")).collect()
            }
            false => vec![""],
        };
        assert!(!tails.is_empty(), "no tails for {literal}");
        for tail in tails {
            let sql = literal.replace("{tail}", tail);
            let database = if sql.contains(" FROM head ") { &head } else { &exchange };
            let mut plan =
                database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap_or_else(|e| panic!("{sql}: {e}"));
            let none = vec![rusqlite::types::Null; plan.parameter_count()];
            let details = plan.query_map(rusqlite::params_from_iter(none), |row| row.get::<_, String>(3)).unwrap();
            let scans: Vec<String> = details.map(Result::unwrap).filter(|step| step.starts_with("SCAN ")).collect();
            let one_time =
                ["FROM chain", "FROM lookup_secret", "FROM lookup_mark"].iter().any(|table| sql.contains(table));
            let allowed = one_time || scans.iter().all(|step| step == "SCAN CONSTANT ROW");
            assert!(allowed, "{sql}: {scans:?}");
            seen += 1;
        }
    }
    assert!(seen >= 15, "only {seen} look-ups were found in the source");
}

fn numbered(index: u64) -> (monition_evidence::Eid, Digest) {
    let about = sha256(&index.to_be_bytes());
    let (eid, _) = about.as_bytes().split_first_chunk().unwrap();
    (monition_evidence::Eid::from_bytes(*eid), about)
}

/// Entries from the frontier's size up to `end`, each with a statement: every third is the exchange's own.
async fn append_statements(backend: &Backend, frontier: &mut Frontier, end: u64) {
    let first = frontier.size().value();
    let entries: Vec<[u8; 32]> =
        (first..end).map(|index| *sha256(&[&index.to_le_bytes()[..], b"entry"].concat()).as_bytes()).collect();
    let entries: Vec<&[u8]> = entries.iter().map(|entry| &entry[..]).collect();
    let growth = conformance::growth(LogId::Log, frontier, &entries);
    let row = |index: u64| {
        let (eid, about) = numbered(index);
        let iss = PartyName::parse("a.example").unwrap();
        let (typ, bytes) = ("t".to_owned(), index.to_be_bytes().to_vec());
        let foreign = !index.is_multiple_of(3);
        monition_store::StatementRow {
            log: LogId::Log,
            index,
            identity: about,
            typ,
            iss,
            eid,
            about: Some(about),
            foreign,
            bytes,
        }
    };
    let statements = (first..end).map(row).collect();
    let batch = Batch { growth: Some(growth), statements, ..Batch::default() };
    backend.journal.commit(Arc::new(batch)).await.unwrap();
}

async fn everything_is_found(backend: &Backend, size: u64) {
    let iss = PartyName::parse("a.example").unwrap();
    let keys = (0..size).map(|index| (iss.clone(), numbered(index).0)).collect();
    let known = backend.reads.known(keys).await.unwrap();
    for (known, index) in known.into_iter().zip(0..size) {
        let found = known.map(|known| (known.log, known.index, known.bytes));
        let wanted = (!index.is_multiple_of(3)).then(|| (LogId::Log, index, index.to_be_bytes().to_vec()));
        assert_eq!(found, wanted, "statement {index} of {size}");
        let about = backend.reads.about(numbered(index).1, 9).await.unwrap();
        assert_eq!(about, [index.to_be_bytes().to_vec()], "about {index} of {size}");
        let entry = sha256(&[&index.to_le_bytes()[..], b"entry"].concat());
        assert_eq!(backend.reads.index_of(entry).await.unwrap(), Some(index), "entry {index} of {size}");
    }
    assert_eq!(backend.reads.known(vec![(iss, numbered(size).0)]).await.unwrap(), [None]);
    assert_eq!(backend.reads.index_of(sha256(b"absent")).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_looked_up_is_found_in_memory_on_disk_and_after_reopening() {
    let root = tempfile::tempdir().unwrap();
    let (path, crash) = (root.path().join("data"), root.path().join("crash"));
    let mut backend = SqliteStore::create(&path).unwrap().backend();
    let mut frontier = Frontier::new();
    let mut size = 0;
    // With three rows a statement, the 131,072 rows in memory overflow in the third round.
    for (round, batch) in [1_u64, 20_000, 30_000, 700, 1, 9_000].into_iter().enumerate() {
        size += batch;
        append_statements(&backend, &mut frontier, size).await;
        if round > 3 {
            // As after kill -9: the files as they are, while the process still runs.
            copy(&path, &crash);
            for name in ["head.db", "head.db-wal"] {
                std::fs::copy(path.join(name), crash.join(name)).unwrap();
            }
            let reopened = SqliteStore::open(&crash).unwrap().backend();
            everything_is_found(&reopened, size).await;
        }
    }
    everything_is_found(&backend, size).await;
    drop(backend);
    backend = SqliteStore::open(&path).unwrap().backend();
    everything_is_found(&backend, size).await;
    append_statements(&backend, &mut frontier, size + 12_000).await;
    everything_is_found(&backend, size + 12_000).await;
    drop(backend);
    let connection = rusqlite::Connection::open(path.join("exchange.db")).unwrap();
    let slices: i64 = connection.query_row("SELECT count(*) FROM lookup_mark", [], |row| row.get(0)).unwrap();
    assert!(slices > 50, "only {slices} slices went to disk: the test shows too little");
}
