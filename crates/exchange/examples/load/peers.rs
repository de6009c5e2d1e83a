//! What the disk and SQLite alone do: the physical reference beside which our figures stand.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// fsync of a file that grows by 4 KiB each time.
pub fn fsync(folder: &Path, span: Duration) -> f64 {
    let mut file = std::fs::File::create(folder.join("fsync")).unwrap();
    let (started, mut done) = (Instant::now(), 0_u32);
    while started.elapsed() < span {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_all().unwrap();
        done += 1;
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

/// SQLite, WAL, synchronous=FULL, 16 KiB pages, one thread: rows of 32 bytes with rising keys, `batch` in a transaction.
/// No tree, no hash, no look-up, no second file: less work than a log must do.
pub fn sqlite(folder: &Path, batch: u32, span: Duration) -> f64 {
    let connection = rusqlite::Connection::open(folder.join(format!("peer-{batch}.db"))).unwrap();
    for (pragma, value) in [("page_size", "16384"), ("journal_mode", "WAL"), ("synchronous", "FULL")] {
        connection.pragma_update(None, pragma, value).unwrap();
    }
    connection.execute("CREATE TABLE leaf (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT", []).unwrap();
    let (started, mut done) = (Instant::now(), 0_u32);
    while started.elapsed() < span {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut put = connection.prepare_cached("INSERT INTO leaf (bytes) VALUES (?1)").unwrap();
        for _ in 0..batch {
            put.execute([[7_u8; 32]]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        done += batch;
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}
