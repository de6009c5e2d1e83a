//! What became of the objects of each POST: durable, removed some time after it is complete.

use super::events::Outcome;
use monition_intel::stix::Timestamp;
use monition_intel::taxii::Identifier;
use monition_intel::taxii::resource::{Progress, Status, StatusDetail};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};

/// Longest list of a status. A longer one is left out: a shortened one would contradict its count.
pub(crate) const LIST_MAX: usize = 10_000;

/// One object of a POST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredItem {
    #[serde(rename = "i")]
    pub(crate) id: String,
    #[serde(rename = "v")]
    pub(crate) version: String,
    #[serde(rename = "o")]
    pub(crate) outcome: Stored,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// Where the object is, if it waits for an outcome.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<i64>,
}

/// How far an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stored {
    #[serde(rename = "s")]
    Success,
    #[serde(rename = "f")]
    Failure,
    #[serde(rename = "p")]
    Pending,
}

/// A status as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredStatus {
    /// When the request came, in microseconds since 1970.
    #[serde(rename = "t")]
    pub(crate) asked: i64,
    /// The collection's number.
    #[serde(rename = "c")]
    pub(crate) collection: i64,
    #[serde(rename = "x")]
    pub(crate) items: Vec<StoredItem>,
}

impl StoredStatus {
    /// The resource that clients see (§4.3.1).
    pub(crate) fn resource(self, id: &Identifier) -> Status {
        let count = |wanted| self.items.iter().filter(|item| item.outcome == wanted).count();
        let counts = [Stored::Success, Stored::Failure, Stored::Pending].map(count);
        let total = self.items.len();
        let mut lists = [Vec::new(), Vec::new(), Vec::new()];
        for item in self.items {
            let at = item.outcome as usize;
            if counts[at] <= LIST_MAX {
                lists[at].push(StatusDetail { id: item.id, version: item.version, message: item.message });
            }
        }
        let [successes, failures, pendings] = lists;
        let [success_count, failure_count, pending_count] = counts.map(|count| count as u64);
        Status {
            id: id.to_string(),
            status: if pending_count == 0 { Progress::Complete } else { Progress::Pending },
            request_timestamp: Timestamp::from_micros(self.asked).to_string(),
            total_count: total as u64,
            success_count,
            successes,
            failure_count,
            failures,
            pending_count,
            pendings,
        }
    }

    fn is_pending(&self) -> bool {
        self.items.iter().any(|item| item.outcome == Stored::Pending)
    }

    /// Stores it. `done` is set once nothing is pending.
    pub(crate) fn insert(
        &self,
        transaction: &Transaction<'_>,
        id: &Identifier,
        root: &str,
        account: i64,
        at: i64,
    ) -> rusqlite::Result<()> {
        let done = (!self.is_pending()).then_some(at);
        transaction.prepare_cached("INSERT INTO status VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            id.as_bytes(),
            root,
            account,
            done,
            self.bytes()?
        ])?;
        Ok(())
    }

    fn bytes(&self) -> rusqlite::Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
    }
}

fn read(bytes: &[u8]) -> rusqlite::Result<StoredStatus> {
    let wrong = |e| rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Blob, Box::new(e));
    serde_json::from_slice(bytes).map_err(wrong)
}

/// The status of one's own request, in the root to which it was sent.
pub(crate) fn find(
    connection: &Connection,
    id: &Identifier,
    root: &str,
    account: i64,
) -> rusqlite::Result<Option<StoredStatus>> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM status WHERE id = ?1 AND root = ?2 AND account = ?3")?
        .query_row(params![id.as_bytes(), root, account], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| read(&bytes)).transpose()
}

/// Which objects an outcome is about.
#[derive(Clone, Debug)]
pub(crate) enum About {
    /// All that are pending.
    All,
    /// One version of one object.
    One { id: String, version: String },
}

/// Says what became of pending objects. Gives how many it was said of, and the keys of those that failed, with their
/// collection: they leave the view.
pub(crate) fn resolve(
    transaction: &Transaction<'_>,
    id: &Identifier,
    about: &About,
    outcome: &Outcome,
    at: i64,
) -> rusqlite::Result<(usize, i64, Vec<i64>)> {
    let bytes: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT body FROM status WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(bytes) = bytes else { return Ok((0, 0, Vec::new())) };
    let mut status = read(&bytes)?;
    let mut failed = Vec::new();
    let mut count = 0;
    for item in status.items.iter_mut().filter(|item| item.outcome == Stored::Pending) {
        if let About::One { id, version } = about
            && (item.id != *id || item.version != *version)
        {
            continue;
        }
        count += 1;
        match outcome {
            Outcome::Success { message } => (item.outcome, item.message) = (Stored::Success, message.clone()),
            Outcome::Failure { reason } => {
                (item.outcome, item.message) = (Stored::Failure, Some(reason.clone()));
                failed.extend(item.key);
            }
        }
        item.key = None;
    }
    let done = (!status.is_pending()).then_some(at);
    transaction.prepare_cached("UPDATE status SET done = ?2, body = ?3 WHERE id = ?1")?.execute(params![
        id.as_bytes(),
        done,
        status.bytes()?
    ])?;
    Ok((count, status.collection, failed))
}

/// Removes what has been complete since before `at`. Gives how many there were.
pub(crate) fn sweep(transaction: &Transaction<'_>, at: i64) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM status WHERE done IS NOT NULL AND done < ?1")?.execute([at])
}
