//! Own warnings that are being written, and what waits for a second person.

use super::{Store, failed, integer, number, number_opt};
use crate::error::ConsoleError;
use monition_evidence::UnixSeconds;
use rusqlite::params;

/// A draft in the store; its content is JSON of [`crate::drafting::Content`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredDraft {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) changed_at: UnixSeconds,
    pub(crate) content: String,
    /// The submission that it amends.
    pub(crate) amends: Option<String>,
}

/// A file that is attached to a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DraftFile {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) content: Vec<u8>,
}

/// Something that a second person must release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) id: u64,
    pub(crate) kind: String,
    pub(crate) content: String,
    pub(crate) asked_by: String,
    pub(crate) asked_at: UnixSeconds,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<UnixSeconds>,
    pub(crate) outcome: Option<String>,
}

const DRAFT: &str = "SELECT id, author, changed_at, content, amends FROM drafts";
const RELEASE: &str = "SELECT id, kind, content, asked_by, asked_at, decided_by, decided_at, outcome FROM releases";

fn draft(row: &rusqlite::Row<'_>) -> Result<StoredDraft, rusqlite::Error> {
    Ok(StoredDraft {
        id: number(row, 0)?,
        author: row.get(1)?,
        changed_at: UnixSeconds::new(number(row, 2)?),
        content: row.get(3)?,
        amends: row.get(4)?,
    })
}

fn release(row: &rusqlite::Row<'_>) -> Result<Release, rusqlite::Error> {
    Ok(Release {
        id: number(row, 0)?,
        kind: row.get(1)?,
        content: row.get(2)?,
        asked_by: row.get(3)?,
        asked_at: UnixSeconds::new(number(row, 4)?),
        decided_by: row.get(5)?,
        decided_at: number_opt(row, 6)?.map(UnixSeconds::new),
        outcome: row.get(7)?,
    })
}

impl Store {
    /// Keeps a draft: a new one, or a new version of `id`.
    pub(crate) fn keep_draft(
        &self,
        id: Option<u64>,
        author: &str,
        content: &str,
        amends: Option<&str>,
        now: UnixSeconds,
    ) -> Result<u64, ConsoleError> {
        let db = self.lock();
        let at = integer(now.value());
        match id {
            Some(id) => {
                let sql = "UPDATE drafts SET content = ?2, changed_at = ?3 WHERE id = ?1";
                db.execute(sql, params![integer(id), content, at]).map_err(failed("keep a draft"))?;
                Ok(id)
            }
            None => {
                let sql = "INSERT INTO drafts (author, changed_at, content, amends) VALUES (?1, ?2, ?3, ?4)";
                db.execute(sql, params![author, at, content, amends]).map_err(failed("keep a draft"))?;
                Ok(db.last_insert_rowid().unsigned_abs())
            }
        }
    }

    pub(crate) fn draft(&self, id: u64) -> Result<Option<StoredDraft>, ConsoleError> {
        self.row("read a draft", &format!("{DRAFT} WHERE id = ?1"), [integer(id)], draft)
    }

    pub(crate) fn drafts(&self) -> Result<Vec<StoredDraft>, ConsoleError> {
        self.rows("read drafts", &format!("{DRAFT} ORDER BY changed_at DESC LIMIT 200"), [], draft)
    }

    pub(crate) fn drop_draft(&self, id: u64) -> Result<(), ConsoleError> {
        self.execute("drop a draft", "DELETE FROM draft_files WHERE draft = ?1", [integer(id)])?;
        self.execute("drop a draft", "DELETE FROM drafts WHERE id = ?1", [integer(id)]).map(drop)
    }

    pub(crate) fn attach(&self, id: u64, name: &str, media_type: &str, content: &[u8]) -> Result<(), ConsoleError> {
        let sql = "INSERT INTO draft_files (draft, name, media_type, content) VALUES (?1, ?2, ?3, ?4)";
        self.execute("keep a file", sql, params![integer(id), name, media_type, content]).map(drop)
    }

    pub(crate) fn detach(&self, id: u64, file: u64) -> Result<(), ConsoleError> {
        let sql = "DELETE FROM draft_files WHERE draft = ?1 AND id = ?2";
        self.execute("drop a file", sql, [integer(id), integer(file)]).map(drop)
    }

    pub(crate) fn files(&self, id: u64) -> Result<Vec<DraftFile>, ConsoleError> {
        let sql = "SELECT id, name, media_type, content FROM draft_files WHERE draft = ?1 ORDER BY id";
        self.rows("read files", sql, [integer(id)], |row| {
            Ok(DraftFile { id: number(row, 0)?, name: row.get(1)?, media_type: row.get(2)?, content: row.get(3)? })
        })
    }

    pub(crate) fn ask_release(
        &self,
        kind: &str,
        content: &str,
        by: &str,
        now: UnixSeconds,
    ) -> Result<u64, ConsoleError> {
        let db = self.lock();
        let sql = "INSERT INTO releases (kind, content, asked_by, asked_at) VALUES (?1, ?2, ?3, ?4)";
        db.execute(sql, params![kind, content, by, integer(now.value())]).map_err(failed("ask for a release"))?;
        Ok(db.last_insert_rowid().unsigned_abs())
    }

    /// Decides; gives whether this was the first decision.
    pub(crate) fn decide_release(
        &self,
        id: u64,
        by: &str,
        outcome: &str,
        now: UnixSeconds,
    ) -> Result<bool, ConsoleError> {
        let sql =
            "UPDATE releases SET decided_by = ?2, decided_at = ?3, outcome = ?4 WHERE id = ?1 AND decided_by IS NULL";
        let changed = self.execute("decide a release", sql, params![integer(id), by, integer(now.value()), outcome])?;
        Ok(changed > 0)
    }

    /// Takes a decision back whose act failed, so that it can be tried again.
    pub(crate) fn reopen_release(&self, id: u64) -> Result<(), ConsoleError> {
        let sql = "UPDATE releases SET decided_by = NULL, decided_at = NULL, outcome = NULL WHERE id = ?1";
        self.execute("reopen a release", sql, [integer(id)]).map(drop)
    }

    pub(crate) fn release(&self, id: u64) -> Result<Option<Release>, ConsoleError> {
        self.row("read a release", &format!("{RELEASE} WHERE id = ?1"), [integer(id)], release)
    }

    pub(crate) fn releases(&self) -> Result<Vec<Release>, ConsoleError> {
        let sql = format!("{RELEASE} ORDER BY decided_at IS NOT NULL, id DESC LIMIT 100");
        self.rows("read releases", &sql, [], release)
    }
}
