//! What an append and a proof cost as the log grows.
//!
//! The log is filled with synthetic leaves through the code of the sequencer (`Tree::grown`, one durable transaction for
//! each batch, then the head's compare-and-swap), only with larger batches than the sequencer's 1,024 and without its
//! queue. At each size 1,024-leaf batches are timed, then inclusion proofs of leaves all over the log: *cold*, with an
//! empty cache of tiles (the operating system's cache stays warm), and *warm*, the same proofs once more.

use monition_evidence::encoding::sha256;
use monition_exchange::proofs::TileCache;
use monition_exchange::tree::Tree;
use monition_store::sqlite::SqliteStore;
use monition_store::{Backend, Batch, LogId, LogState};
use monition_tlog::{LeafIndex, TreeSize, consistency_proof, inclusion_proof, leaf_hash, verify_inclusion};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const FILL: u64 = 16_384;
const BATCH: u64 = 1024;
const PROOFS: u64 = 400;

pub async fn measure(folder: &Path, quick: bool) {
    let backend = SqliteStore::create(folder).unwrap().backend();
    backend.heads.create(LogId::Log).await.unwrap();
    let mut tree = Tree::restore(LogId::Log, &LogState::empty(), &[]).unwrap();
    let sizes: &[u64] = if quick { &[10_000, 100_000, 300_000] } else { &[10_000, 100_000, 1_000_000, 10_000_000] };
    for size in sizes {
        let started = Instant::now();
        let before = tree.head().size.value();
        while tree.head().size.value() < *size {
            let count = FILL.min(size - tree.head().size.value());
            tree = append(&backend, &tree, count).await;
        }
        let filled = (size - before) as f64 / started.elapsed().as_secs_f64();
        let mut batches = Vec::new();
        for _ in 0..60 {
            let started = Instant::now();
            tree = append(&backend, &tree, BATCH).await;
            batches.push(started.elapsed());
        }
        let total: f64 = batches.iter().map(std::time::Duration::as_secs_f64).sum();
        let batches = crate::client::Times::new(batches);
        let cache = TileCache::new(backend.reads.clone());
        let (cold, _) = proofs(&cache, &tree).await;
        let (warm, verified) = proofs(&cache, &tree).await;
        assert_eq!(verified, PROOFS, "every proof fits the root");
        println!(
            "{{\"what\":\"size\",\"leaves\":{size},\"filled_per_second\":{filled:.0},\"append_us_per_leaf\":{:.2},\
             \"batch_p50_ms\":{:.2},\"batch_p99_ms\":{:.2},\"proof_cold_us\":{cold:.1},\"proof_warm_us\":{warm:.1},\
             \"consistency_warm_us\":{:.1},\"exchange_db_bytes_per_leaf\":{:.1}}}",
            total * 1e6 / (60 * BATCH) as f64,
            batches.at(0.5),
            batches.at(0.99),
            consistency(&cache, &tree).await,
            database_bytes(folder) / tree.head().size.value() as f64,
        );
    }
}

fn entry(index: u64) -> Vec<u8> {
    sha256(&index.to_be_bytes()).as_bytes().to_vec()
}

async fn append(backend: &Backend, tree: &Tree, count: u64) -> Tree {
    let first = tree.head().size.value();
    let (grown, growth) = tree.grown((first..first + count).map(entry).collect()).unwrap();
    let (old, new) = (growth.old, growth.new);
    backend.journal.commit(Arc::new(Batch { growth: Some(growth), ..Batch::default() })).await.unwrap();
    backend.heads.swap(LogId::Log, old, new).await.unwrap();
    grown
}

/// Microseconds for each proof, and how many were right.
async fn proofs(cache: &TileCache, tree: &Tree) -> (f64, u64) {
    let head = tree.head();
    // A step that shares no factor with 2^n: places all over the log, the same in each round.
    let places: Vec<u64> = (0..PROOFS).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % head.size.value()).collect();
    let mut made = Vec::new();
    let started = Instant::now();
    for place in &places {
        let index = LeafIndex::new(*place);
        made.push(cache.read(tree, |reader| inclusion_proof(reader, index, head.size)).await.unwrap());
    }
    let micros = started.elapsed().as_secs_f64() * 1e6 / PROOFS as f64;
    let fits = |(place, proof): &(&u64, &Vec<_>)| {
        verify_inclusion(&leaf_hash(&entry(**place)), LeafIndex::new(**place), &head, proof).is_ok()
    };
    (micros, places.iter().zip(&made).filter(fits).count() as u64)
}

/// From a size that a witness may hold to the present one.
async fn consistency(cache: &TileCache, tree: &Tree) -> f64 {
    let size = tree.head().size;
    let old = TreeSize::new(size.value() - size.value() / 7);
    let mut started = Instant::now();
    for round in 0..=PROOFS {
        if round == 1 {
            started = Instant::now();
        }
        cache.read(tree, |reader| consistency_proof(reader, old, size)).await.unwrap();
    }
    started.elapsed().as_secs_f64() * 1e6 / PROOFS as f64
}

fn database_bytes(folder: &Path) -> f64 {
    let connection = rusqlite::Connection::open(folder.join("exchange.db")).unwrap();
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, f64>(0)).unwrap();
    pragma("page_count") * pragma("page_size")
}
