//! One thread writes: what waits goes into one transaction, one sync serves all of it.
//!
//! A job gives back what is to happen after the commit; if the commit fails nothing of the batch happened and each of its
//! requests is told so. After a failure whose outcome is unknown (a sync error) the writer takes nothing more: only a
//! restart finds out what the file holds.

use super::lookup::Lookup;
use super::{Counters, ORDINAL_BITS};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use tokio::sync::oneshot;

/// Jobs of one transaction. More would only let the first of them wait.
const BATCH_MAX: usize = 128;

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteError {
    /// Rolled back: no space, or a row that does not fit.
    Refused,
    /// The writer has ended, by [`Writer::close`] or by a failure.
    Closed,
}

type After = Box<dyn FnOnce(Result<(), WriteError>) + Send>;
type Job = Box<dyn FnOnce(&Transaction<'_>, &mut Memory) -> (rusqlite::Result<()>, After) + Send>;

/// What the writer remembers between transactions.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// For each collection: its last ordinal and its last `date_added`.
    ends: HashMap<i64, (i64, i64)>,
    kinds: HashMap<String, i64>,
    pub(super) lookup: Lookup,
    touched: HashMap<i64, Touched>,
}

#[derive(Debug, Default)]
struct Touched {
    appended: bool,
    changed: bool,
    walks: u32,
    addressed: bool,
}

impl Memory {
    pub(crate) fn load(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.touched.clear();
        self.ends = connection
            .prepare_cached("SELECT n, ordinal, added FROM collection")?
            .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
            .collect::<Result<_, _>>()?;
        self.kinds = connection
            .prepare_cached("SELECT name, n FROM kind")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        self.lookup = Lookup::load(connection)?;
        Ok(())
    }

    /// The next key of a collection and its `date_added`: later than every earlier one, whatever the clock says.
    pub(crate) fn next_key(&mut self, collection: i64, at: i64) -> (i64, i64) {
        let (ordinal, added) = self.ends.entry(collection).or_insert((0, 0));
        *ordinal += 1;
        *added = at.max(*added + 1);
        (collection << ORDINAL_BITS | *ordinal, *added)
    }

    pub(crate) fn kind(&mut self, transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
        if let Some(n) = self.kinds.get(name) {
            return Ok(*n);
        }
        transaction.prepare_cached("INSERT INTO kind (name) VALUES (?1)")?.execute([name])?;
        let n = transaction.last_insert_rowid();
        self.kinds.insert(name.to_owned(), n);
        Ok(n)
    }

    pub(crate) fn appended(&mut self, collection: i64, walk: i64, addressed: bool) {
        let touched = self.touched.entry(collection).or_default();
        touched.appended = true;
        touched.addressed |= addressed;
        touched.walks |= 1 << walk;
    }

    pub(crate) fn changed(&mut self, collection: i64, walk: i64) {
        let touched = self.touched.entry(collection).or_default();
        touched.changed = true;
        if walk >= 0 {
            touched.walks |= 1 << walk;
        }
    }

    fn save(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        self.lookup.sweep(transaction)?;
        let mut put = transaction.prepare_cached("UPDATE collection SET ordinal = ?2, added = ?3 WHERE n = ?1")?;
        for (n, touched) in &self.touched {
            if let (true, Some((ordinal, added))) = (touched.appended, self.ends.get(n)) {
                put.execute([n, ordinal, added])?;
            }
        }
        Ok(())
    }

    /// After the commit, before anybody is answered: pages that are not so any more must not be served from memory.
    fn publish(&mut self, counters: &HashMap<i64, Arc<Counters>>) {
        for (n, touched) in self.touched.drain() {
            let Some(shared) = counters.get(&n) else { continue };
            shared.walks.fetch_or(touched.walks, Ordering::AcqRel);
            if touched.addressed {
                shared.addressed.store(true, Ordering::Release);
            }
            if touched.changed {
                shared.changed.fetch_add(1, Ordering::AcqRel);
            }
            if touched.appended {
                shared.appended.fetch_add(1, Ordering::AcqRel);
            }
        }
    }
}

/// The thread and the way to it.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    /// Transactions so far.
    pub(crate) commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        memory: Memory,
        counters: HashMap<i64, Arc<Counters>>,
        lock: std::fs::File,
    ) -> Self {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let commits = Arc::new(AtomicU64::new(0));
        let count = commits.clone();
        let run = move || {
            // Held until the last job is done: an unfinished write outlives the server that asked for it.
            let _lock = lock;
            work(&inbox, connection, memory, &counters, &count);
        };
        // Without a thread every job is answered `Closed`: its sender is gone with the inbox.
        let thread = std::thread::Builder::new().name("taxii-write".to_owned()).spawn(run);
        let thread = thread.map_err(|error| tracing::error!(%error, "no thread for the storage")).ok();
        Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(thread), commits }
    }

    /// Hands in a job; the answer comes when it is durable.
    pub(crate) fn submit<T, F>(&self, job: F) -> oneshot::Receiver<Result<T, WriteError>>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &mut Memory) -> rusqlite::Result<T> + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |transaction, memory| {
            let (result, value) = match job(transaction, memory) {
                Ok(value) => (Ok(()), Some(value)),
                Err(error) => (Err(error), None),
            };
            let after: After = Box::new(move |outcome| {
                let answer = outcome.and_then(|()| value.ok_or(WriteError::Refused));
                // Nobody waits any more where the connection broke; the write stands.
                let _ = done.send(answer);
            });
            (result, after)
        });
        if let Some(jobs) = &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = jobs.send(job);
        }
        answer
    }

    /// [`Writer::submit`], awaited.
    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &mut Memory) -> rusqlite::Result<T> + Send + 'static,
    {
        self.submit(job).await.unwrap_or(Err(WriteError::Closed))
    }

    /// Ends after the jobs that were handed in.
    pub(crate) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn work(
    inbox: &mpsc::Receiver<Job>,
    mut connection: Connection,
    mut memory: Memory,
    counters: &HashMap<i64, Arc<Counters>>,
    commits: &AtomicU64,
) {
    while let Ok(first) = inbox.recv() {
        let mut afters = Vec::new();
        match batch(&mut connection, &mut memory, first, inbox, &mut afters) {
            Ok(()) => {
                commits.fetch_add(1, Ordering::Relaxed);
                memory.publish(counters);
                afters.into_iter().for_each(|after| after(Ok(())));
            }
            Err(error) => {
                tracing::error!(%error, "a write failed, its whole batch is refused");
                // Rolled back for certain only where SQLite says which limit it met, and the old state reads.
                let known = matches!(
                    error.sqlite_error_code(),
                    Some(
                        ErrorCode::DiskFull
                            | ErrorCode::ConstraintViolation
                            | ErrorCode::DatabaseBusy
                            | ErrorCode::TooBig
                    )
                );
                let sound = known && connection.is_autocommit() && memory.load(&connection).is_ok();
                let answer = if sound { WriteError::Refused } else { WriteError::Closed };
                afters.into_iter().for_each(|after| after(Err(answer)));
                if !sound {
                    tracing::error!("the outcome of a write is unknown: nothing more is written until a restart");
                    return;
                }
            }
        }
    }
}

fn batch(
    connection: &mut Connection,
    memory: &mut Memory,
    first: Job,
    inbox: &mpsc::Receiver<Job>,
    afters: &mut Vec<After>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut next = Some(first);
    while let Some(job) = next.take() {
        let (result, after) = job(&transaction, memory);
        afters.push(after);
        result?;
        if afters.len() < BATCH_MAX {
            next = inbox.try_recv().ok();
        }
    }
    memory.save(&transaction)?;
    transaction.commit()
}
