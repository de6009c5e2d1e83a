//! What lay in the own mailboxes, and what was fetched from them.

use super::{Record, conversion, digest, digest_opt, integer, json, number, to_json};
use crate::error::DeskError;
use crate::open::Misfit;
use monition_evidence::framing::Bodies;
use monition_evidence::mailbox::{ChainHead, Item};
use monition_evidence::values::Urgency;
use monition_evidence::{Digest, PartyName, UnixSeconds, Wid};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// An item as one custodian has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    /// The custodian.
    pub custodian: String,
    /// Its number there.
    pub n: u64,
    /// Chain value h(n).
    pub h: Digest,
    /// The item.
    pub item: Item,
    /// SHA-256 of the consignment.
    pub consignment: Digest,
    /// When it was first seen there.
    pub seen_at: UnixSeconds,
}

/// How far the content of an item was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxState {
    /// Fetched and tried.
    Fetched,
    /// Its bodies were deleted; hashes are kept.
    Disposed,
}

/// A received warning in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// In whose mailbox it lay.
    pub party: PartyName,
    /// SHA-256 of the declaration under which it came.
    pub declaration: Digest,
    /// Digest of the bodies.
    pub e: Digest,
    /// Urgency of the item.
    pub urgency: Urgency,
    /// When it was fetched.
    pub received_at: UnixSeconds,
    /// How far its content was taken.
    pub state: InboxState,
    /// SHA-256 of the core, if it could be read.
    pub core: Option<Digest>,
    /// The warning, if its core could be read.
    pub wid: Option<Wid>,
    /// SHA-256 of our `ContentAccess`.
    pub access: Option<Digest>,
    /// Codes and texts of what does not fit.
    pub misfits: Vec<(String, String)>,
    /// When a person first read it here: a note for ourselves, never evidence.
    pub read_at: Option<UnixSeconds>,
}

#[derive(Serialize, Deserialize)]
struct StoredMisfit(String, String);

const INBOX: &str = "SELECT submission, declaration, e, urgency, received_at, state, core, wid, access, misfits, read_at, party FROM inbox";

fn entry(row: &Row<'_>) -> Result<InboxEntry, rusqlite::Error> {
    let urgency: String = row.get(3)?;
    let (state, party): (String, String) = (row.get(5)?, row.get(11)?);
    let misfits: Vec<StoredMisfit> = json(row, 9)?;
    let read_at: Option<i64> = row.get(10)?;
    Ok(InboxEntry {
        submission: digest(row, 0)?,
        party: PartyName::parse(&party).map_err(|error| conversion(11, error))?,
        declaration: digest(row, 1)?,
        e: digest(row, 2)?,
        urgency: Urgency::parse(&urgency).ok_or(rusqlite::Error::InvalidQuery)?,
        received_at: UnixSeconds::new(number(row, 4)?),
        state: if state == "disposed" { InboxState::Disposed } else { InboxState::Fetched },
        core: digest_opt(row, 6)?,
        wid: row.get::<_, Option<[u8; 16]>>(7)?.map(Wid::from_bytes),
        access: digest_opt(row, 8)?,
        misfits: misfits.into_iter().map(|m| (m.0, m.1)).collect(),
        read_at: read_at.map(|_| number(row, 10)).transpose()?.map(UnixSeconds::new),
    })
}

impl Record {
    /// Where a custodian's chain stands as we know it.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn cursor(&self, declaration: &Digest, custodian: &PartyName) -> Result<Option<ChainHead>, DeskError> {
        let sql = "SELECT n, h FROM cursors WHERE declaration = ?1 AND custodian = ?2";
        let read = |row: &Row<'_>| Ok(ChainHead { n: number(row, 0)?, h: digest(row, 1)? });
        self.row("read a cursor", sql, params![declaration.as_bytes(), custodian.as_str()], read)
    }

    /// Keeps new items of a custodian, verified by the caller, and moves the cursor with them.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_items(
        &self,
        declaration: &Digest,
        custodian: &PartyName,
        items: &[ItemRow],
        head: ChainHead,
    ) -> Result<(), DeskError> {
        self.transaction("keep items", |t| {
            let sql = "INSERT OR IGNORE INTO items (declaration, custodian, n, h, item, submission, consignment, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            for row in items {
                t.execute(
                    sql,
                    params![
                        declaration.as_bytes(),
                        custodian.as_str(),
                        integer(row.n),
                        row.h.as_bytes(),
                        to_json(&row.item),
                        row.item.submission.as_bytes(),
                        row.consignment.as_bytes(),
                        integer(row.seen_at.value()),
                    ],
                )?;
            }
            let sql = "INSERT INTO cursors (declaration, custodian, n, h) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (declaration, custodian) DO UPDATE SET n = ?3, h = ?4";
            t.execute(sql, params![declaration.as_bytes(), custodian.as_str(), integer(head.n), head.h.as_bytes()]).map(drop)
        })
    }

    /// All items under a declaration, by custodian and number.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn items(&self, declaration: &Digest) -> Result<Vec<ItemRow>, DeskError> {
        let sql = "SELECT custodian, n, h, item, consignment, seen_at FROM items WHERE declaration = ?1 ORDER BY custodian, n";
        self.rows("read items", sql, [declaration.as_bytes()], |row| {
            Ok(ItemRow {
                custodian: row.get(0)?,
                n: number(row, 1)?,
                h: digest(row, 2)?,
                item: json(row, 3)?,
                consignment: digest(row, 4)?,
                seen_at: UnixSeconds::new(number(row, 5)?),
            })
        })
    }

    /// Keeps a fetched warning with its bodies. A second copy of the same submission changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn keep_received(&self, entry: &InboxEntry, misfits: &[Misfit], bodies: &Bodies) -> Result<(), DeskError> {
        let stored: Vec<_> = misfits.iter().map(|m| StoredMisfit(m.code.to_owned(), m.detail.clone())).collect();
        self.transaction("keep a warning", |t| {
            let sql = "INSERT OR IGNORE INTO inbox (submission, declaration, e, urgency, received_at, state, core, wid, access, misfits, party)
                       VALUES (?1, ?2, ?3, ?4, ?5, 'fetched', ?6, ?7, ?8, ?9, ?10)";
            t.execute(
                sql,
                params![
                    entry.submission.as_bytes(),
                    entry.declaration.as_bytes(),
                    entry.e.as_bytes(),
                    entry.urgency.as_str(),
                    integer(entry.received_at.value()),
                    entry.core.map(|d| *d.as_bytes()),
                    entry.wid.map(|w| *w.as_bytes()),
                    entry.access.map(|d| *d.as_bytes()),
                    to_json(&stored),
                    entry.party.as_str(),
                ],
            )?;
            let sql = "INSERT OR IGNORE INTO inbox_bodies (submission, number, body) VALUES (?1, ?2, ?3)";
            for (number, body) in bodies.as_slices().iter().enumerate() {
                t.execute(sql, params![entry.submission.as_bytes(), integer(number as u64), body])?;
            }
            Ok(())
        })
    }

    /// One received warning.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn received(&self, submission: &Digest) -> Result<Option<InboxEntry>, DeskError> {
        self.row("read the inbox", &format!("{INBOX} WHERE submission = ?1"), [submission.as_bytes()], entry)
    }

    /// Every received warning, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn inbox(&self) -> Result<Vec<InboxEntry>, DeskError> {
        self.rows("read the inbox", &format!("{INBOX} ORDER BY rowid"), [], entry)
    }

    /// The bodies of a received warning; `None` after disposal.
    ///
    /// # Errors
    /// [`DeskError::Record`], [`DeskError::Bodies`].
    pub fn received_bodies(&self, submission: &Digest) -> Result<Option<Bodies>, DeskError> {
        let sql = "SELECT body FROM inbox_bodies WHERE submission = ?1 ORDER BY number";
        let bodies: Vec<Vec<u8>> = self.rows("read bodies", sql, [submission.as_bytes()], |row| row.get(0))?;
        if bodies.is_empty() { Ok(None) } else { Ok(Some(Bodies::new(bodies)?)) }
    }

    /// Notes when a person first read it.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn mark_read(&self, submission: &Digest, at: UnixSeconds) -> Result<(), DeskError> {
        let sql = "UPDATE inbox SET read_at = ?2 WHERE submission = ?1 AND read_at IS NULL";
        self.transaction("mark a warning", |t| {
            t.execute(sql, params![submission.as_bytes(), integer(at.value())]).map(drop)
        })
    }

    /// Deletes the bodies of a received warning; their digest stays.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn dispose(&self, submission: &Digest) -> Result<(), DeskError> {
        self.transaction("delete bodies", |t| {
            t.execute("DELETE FROM inbox_bodies WHERE submission = ?1", [submission.as_bytes()])?;
            t.execute("UPDATE inbox SET state = 'disposed' WHERE submission = ?1", [submission.as_bytes()]).map(drop)
        })
    }
}
