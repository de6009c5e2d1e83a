//! Mailboxes, their items, replies, and what was committed to of them in each period.

use super::{Store, StoreError, digest, signed, unsigned};
use monition_evidence::custody::{AnswerEntry, AnswersTree, CustodyTree, MailboxState, REPLIES_MAX};
use monition_evidence::mailbox::{ChainHead, Item};
use monition_evidence::values::Urgency;
use monition_evidence::{Digest, Eid, MailboxId, Salt, Statement};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

/// An item to be added to a chain.
#[derive(Debug)]
pub(crate) struct NewItem<'a> {
    pub(crate) h0: Digest,
    pub(crate) item: &'a Item,
    pub(crate) sealed: &'a [u8],
    pub(crate) bodies: &'a [u8],
    pub(crate) salt: Salt,
    pub(crate) arrived: u64,
}

/// How much a mailbox holds. A lower urgency never takes the room of a higher one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsignLimits {
    pub(crate) bytes_max: u64,
    pub(crate) items_max: u64,
}

/// What became of a consignment.
#[derive(Debug)]
pub(crate) enum Consigned {
    /// It is item n now.
    Now { statement: Vec<u8>, n: u64 },
    /// It lay there already: the same statement again.
    Before { statement: Vec<u8> },
    /// The same submission lies there with other bodies or another urgency.
    Contradicts,
    /// The mailbox has no room for this urgency.
    Full,
    /// There is no such chain.
    NoChain,
}

/// What became of a reply.
#[derive(Debug)]
pub(crate) enum Lodged {
    /// The lodgement, new or as given before.
    Taken { lodgement: Vec<u8> },
    /// The party used this eid for another reply.
    Contradicts,
}

/// One item as a reader sees it.
#[derive(Debug)]
pub(crate) struct StoredItem {
    pub(crate) n: u64,
    pub(crate) item: Item,
    pub(crate) consignment: Vec<u8>,
}

/// What a reader fetches.
#[derive(Debug)]
pub(crate) struct StoredBodies {
    pub(crate) item: Item,
    pub(crate) sealed: Vec<u8>,
    /// In the framing of [`monition_evidence::framing`].
    pub(crate) bodies: Vec<u8>,
}

/// Where a submission lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ItemPlace {
    pub(crate) h0: Digest,
    pub(crate) declaration: Digest,
    pub(crate) n: u64,
}

/// Heads that can be shown.
#[derive(Debug)]
pub(crate) struct HeadsAt {
    pub(crate) period: u64,
    pub(crate) statement: Vec<u8>,
    pub(crate) answers_seq: u64,
}

/// The answers to a mailbox's items as they were at some heads.
#[derive(Debug)]
pub(crate) struct AnswersAt {
    pub(crate) entries: Vec<AnswerEntry>,
}

/// What is fixed before the heads are read.
#[derive(Debug)]
pub(crate) struct Fixed<'a> {
    pub(crate) anchor: Digest,
    pub(crate) note: &'a [u8],
    pub(crate) fixed_at: u64,
    pub(crate) wanted_period: u64,
}

/// Which ping an item waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WaitingFor {
    /// "Something came."
    Notification,
    /// "Something came, and your desk has been silent since."
    SilenceAlarm,
}

impl WaitingFor {
    /// A name of this program, never from outside: it is written into SQL.
    fn column(self) -> &'static str {
        match self {
            Self::Notification => "notified_n",
            Self::SilenceAlarm => "silence_n",
        }
    }
}

/// The newest item of a mailbox, about which a ping is due.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) h0: Digest,
    pub(crate) declaration: Digest,
    pub(crate) mailbox: MailboxId,
    pub(crate) n: u64,
    pub(crate) urgency: Urgency,
}

impl Store {
    /// Makes the empty chains that do not exist yet, and notes which declarations have been superseded.
    pub(crate) fn ensure_chains(
        &self,
        chains: &[(Digest, Digest, MailboxId, bool)],
        now: u64,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            for (h0, declaration, mailbox, superseded) in chains {
                tx.prepare_cached(
                    "INSERT INTO chains (h0, declaration, mailbox, n, h, bytes) VALUES (?1, ?2, ?3, 0, ?1, 0)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![h0.as_bytes(), declaration.as_bytes(), mailbox.as_bytes()])?;
                if *superseded {
                    tx.prepare_cached("UPDATE chains SET superseded_at = ?2 WHERE h0 = ?1 AND superseded_at IS NULL")?
                        .execute(params![h0.as_bytes(), signed(now)])?;
                }
            }
            Ok(())
        })
    }

    /// When this node first saw that the declaration of a chain was superseded.
    pub(crate) fn superseded_at(&self, h0: &Digest) -> Result<Option<u64>, StoreError> {
        self.read(|conn| {
            let at: Option<Option<i64>> = conn
                .query_row("SELECT superseded_at FROM chains WHERE h0 = ?1", [h0.as_bytes()], |row| row.get(0))
                .optional()?;
            Ok(at.flatten().map(unsigned))
        })
    }

    /// Adds an item, once, and signs its consignment in the same transaction.
    pub(crate) fn consign(
        &self,
        new: &NewItem<'_>,
        limits: ConsignLimits,
        anchor: (&Digest, &[u8]),
        sign: impl FnOnce(ChainHead) -> Result<Vec<u8>, StoreError>,
    ) -> Result<Consigned, StoreError> {
        let item_text = item_text(new.item)?;
        let h0 = new.h0.as_bytes();
        self.write(|tx| {
            let before = tx
                .prepare_cached("SELECT item, consignment FROM items WHERE h0 = ?1 AND submission = ?2")?
                .query_row(params![h0, new.item.submission.as_bytes()], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
                })
                .optional()?;
            if let Some((found, statement)) = before {
                return Ok(if found == item_text { Consigned::Before { statement } } else { Consigned::Contradicts });
            }
            let chain = tx
                .prepare_cached("SELECT n, h, bytes FROM chains WHERE h0 = ?1")?
                .query_row([h0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?)))
                .optional()?;
            let Some((n, h, bytes)) = chain else { return Ok(Consigned::NoChain) };
            let head = ChainHead { n: unsigned(n), h: digest(h) }.push(new.item);
            let size = (new.sealed.len() + new.bodies.len()) as u64;
            let bytes = unsigned(bytes).saturating_add(size);
            if bytes > limits.bytes_max || head.n > limits.items_max {
                return Ok(Consigned::Full);
            }
            let statement = sign(head)?;
            let n = signed(head.n);
            tx.prepare_cached("UPDATE chains SET n = ?2, h = ?3, bytes = ?4, answers = NULL WHERE h0 = ?1")?
                .execute(params![h0, n, head.h.as_bytes(), signed(bytes)])?;
            tx.prepare_cached(
                "INSERT INTO items (h0, n, submission, item, consignment, arrived) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                h0,
                n,
                new.item.submission.as_bytes(),
                item_text,
                statement,
                signed(new.arrived)
            ])?;
            tx.prepare_cached("INSERT INTO bodies (h0, n, sealed, bodies) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![h0, n, new.sealed, new.bodies])?;
            tx.prepare_cached("INSERT INTO answers (h0, n, count, salt) VALUES (?1, ?2, 0, ?3)")?.execute(params![
                h0,
                n,
                new.salt.as_bytes()
            ])?;
            keep_anchor(tx, anchor.0, anchor.1, true)?;
            Ok(Consigned::Now { statement, n: head.n })
        })
    }

    /// Head of the chain and the items after `after`, at most `most`.
    pub(crate) fn items_after(
        &self,
        h0: &Digest,
        after: u64,
        most: usize,
    ) -> Result<Option<(ChainHead, Vec<StoredItem>)>, StoreError> {
        self.read(|conn| {
            let Some(head) = chain_head(conn, h0)? else { return Ok(None) };
            let mut statement = conn.prepare_cached(
                "SELECT n, item, consignment FROM items WHERE h0 = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
            )?;
            let rows = statement.query_map(params![h0.as_bytes(), signed(after), signed(most as u64)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?))
            })?;
            let mut items = Vec::new();
            for row in rows {
                let (n, item, consignment) = row?;
                items.push(StoredItem { n: unsigned(n), item: read_item(&item)?, consignment });
            }
            Ok(Some((head, items)))
        })
    }

    /// Items 1 to `n` of a chain.
    pub(crate) fn listing(&self, h0: &Digest, n: u64) -> Result<Vec<Item>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT item FROM items WHERE h0 = ?1 AND n <= ?2 ORDER BY n")?;
            let rows = statement.query_map(params![h0.as_bytes(), signed(n)], |row| row.get::<_, String>(0))?;
            rows.map(|row| read_item(&row?)).collect()
        })
    }

    /// Item, sealed submission and framed bodies of item `n`.
    pub(crate) fn bodies(&self, h0: &Digest, n: u64) -> Result<Option<StoredBodies>, StoreError> {
        self.read(|conn| {
            let row = conn
                .prepare_cached(
                    "SELECT item, sealed, bodies FROM items JOIN bodies USING (h0, n) WHERE h0 = ?1 AND n = ?2",
                )?
                .query_row(params![h0.as_bytes(), signed(n)], |row| {
                    Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            row.map(|(item, sealed, bodies)| Ok(StoredBodies { item: read_item(&item)?, sealed, bodies })).transpose()
        })
    }

    /// Where a submission lies; a submission is made for one declaration, so there is one place.
    pub(crate) fn place_of(&self, submission: &Digest) -> Result<Option<ItemPlace>, StoreError> {
        self.read(|conn| {
            let row = conn
                .prepare_cached(
                    "SELECT h0, chains.declaration, items.n FROM items JOIN chains USING (h0) WHERE submission = ?1",
                )?
                .query_row([submission.as_bytes()], |row| {
                    Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?))
                })
                .optional()?;
            Ok(row.map(|(h0, declaration, n)| ItemPlace {
                h0: digest(h0),
                declaration: digest(declaration),
                n: unsigned(n),
            }))
        })
    }

    /// Lodges a reply, once: the reply, its lodgement, the item's new entry and both places in the outbox.
    pub(crate) fn lodge(
        &self,
        place: &ItemPlace,
        reply: &Statement,
        salt: Salt,
        anchor: (&Digest, &[u8]),
        sign: impl FnOnce() -> Result<Statement, StoreError>,
    ) -> Result<Lodged, StoreError> {
        let (h0, n) = (place.h0.as_bytes(), signed(place.n));
        let eid: &Eid = reply.common().eid;
        self.write(|tx| {
            let before = tx
                .prepare_cached("SELECT identity, lodgement FROM replies WHERE h0 = ?1 AND eid = ?2")?
                .query_row(params![h0, eid.as_bytes()], |row| {
                    Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Vec<u8>>(1)?))
                })
                .optional()?;
            match before {
                Some((identity, lodgement)) if digest(identity) == reply.identity() => {
                    return Ok(Lodged::Taken { lodgement });
                }
                Some(_) => return Ok(Lodged::Contradicts),
                None => {}
            }
            let lodgement = sign()?;
            let count: i64 = tx
                .prepare_cached("SELECT count(*) FROM replies WHERE h0 = ?1 AND n = ?2")?
                .query_row(params![h0, n], |row| row.get(0))?;
            tx.prepare_cached(
                "INSERT INTO replies (h0, n, position, identity, eid, reply, lodgement)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                h0,
                n,
                count + 1,
                reply.identity().as_bytes(),
                eid.as_bytes(),
                reply.as_bytes(),
                lodgement.as_bytes()
            ])?;
            // Past the limit a reply is still lodged and logged, only no longer committed to in the heads.
            if unsigned(count) < REPLIES_MAX as u64 {
                tx.prepare_cached("INSERT INTO answers (h0, n, count, salt) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![h0, n, count + 1, salt.as_bytes()])?;
                tx.prepare_cached("UPDATE chains SET answers = NULL WHERE h0 = ?1")?.execute([h0])?;
            }
            keep_anchor(tx, anchor.0, anchor.1, true)?;
            super::mail::enqueue_replies(tx, h0, [reply, &lodgement])?;
            Ok(Lodged::Taken { lodgement: lodgement.as_bytes().to_vec() })
        })
    }

    // ---- heads ---------------------------------------------------------------------------------

    /// Takes one snapshot of every mailbox, signs its root, and keeps both with what openings need: one transaction.
    /// Returns the period.
    pub(crate) fn fix_heads(
        &self,
        fixed: &Fixed<'_>,
        blind: &mut dyn FnMut() -> Result<Salt, StoreError>,
        sign: impl FnOnce(u64, &CustodyTree) -> Result<Statement, StoreError>,
    ) -> Result<u64, StoreError> {
        self.write(|tx| {
            refresh_answer_roots(tx)?;
            let last: Option<i64> = tx.query_row("SELECT max(period) FROM heads", [], |row| row.get(0))?;
            // The clock may step: the period only ever rises.
            let period = last.map_or(fixed.wanted_period, |last| fixed.wanted_period.max(unsigned(last) + 1));
            let answers_seq: i64 = tx.query_row("SELECT coalesce(max(seq), 0) FROM answers", [], |row| row.get(0))?;
            let mut states = Vec::new();
            let mut statement = tx.prepare_cached("SELECT h0, n, h, answers FROM chains")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get::<_, [u8; 32]>(3)?))
            })?;
            for row in rows {
                let (h0, n, h, answers) = row?;
                let head = ChainHead { n: unsigned(n), h: digest(h) };
                states.push(MailboxState { r: blind()?, h0: digest(h0), head, answers: digest(answers) });
            }
            let mut insert = tx.prepare_cached(
                "INSERT INTO head_mailboxes (period, h0, r, n, h, answers) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for state in &states {
                insert.execute(params![
                    signed(period),
                    state.h0.as_bytes(),
                    state.r.as_bytes(),
                    signed(state.head.n),
                    state.head.h.as_bytes(),
                    state.answers.as_bytes()
                ])?;
            }
            let signed_heads = sign(period, &CustodyTree::new(states))?;
            tx.execute(
                "INSERT INTO heads (period, statement, fixed_at, answers_seq, anchor) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    signed(period),
                    signed_heads.as_bytes(),
                    signed(fixed.fixed_at),
                    answers_seq,
                    fixed.anchor.as_bytes()
                ],
            )?;
            keep_anchor(tx, &fixed.anchor, fixed.note, false)?;
            super::mail::enqueue(tx, &signed_heads, Some(period))?;
            Ok(period)
        })
    }

    /// The newest logged heads that were fixed at or after `not_before` and in which the chain has at least `n_min`
    /// items.
    pub(crate) fn logged_heads(&self, h0: &Digest, n_min: u64, not_before: u64) -> Result<Option<HeadsAt>, StoreError> {
        self.read(|conn| {
            let row = conn
                .prepare_cached(
                    "SELECT period, statement, answers_seq FROM heads
                     WHERE logged = 1 AND fixed_at >= ?3
                       AND EXISTS (SELECT 1 FROM head_mailboxes m
                                   WHERE m.period = heads.period AND m.h0 = ?1 AND m.n >= ?2)
                     ORDER BY period DESC LIMIT 1",
                )?
                .query_row(params![h0.as_bytes(), signed(n_min), signed(not_before)], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, i64>(2)?))
                })
                .optional()?;
            Ok(row.map(|(period, statement, seq)| HeadsAt {
                period: unsigned(period),
                statement,
                answers_seq: unsigned(seq),
            }))
        })
    }

    /// The tree of one period, as it was signed.
    pub(crate) fn custody_tree(&self, period: u64) -> Result<CustodyTree, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT h0, r, n, h, answers FROM head_mailboxes WHERE period = ?1")?;
            let rows = statement.query_map([signed(period)], |row| {
                Ok(MailboxState {
                    h0: digest(row.get(0)?),
                    r: Salt::from_bytes(row.get(1)?),
                    head: ChainHead { n: unsigned(row.get(2)?), h: digest(row.get(3)?) },
                    answers: digest(row.get(4)?),
                })
            })?;
            let states: Vec<_> = rows.collect::<Result<_, _>>()?;
            Ok(CustodyTree::new(states))
        })
    }

    /// Answers to items 1 to `n` as they were at `answers_seq`.
    pub(crate) fn answers_at(&self, h0: &Digest, n: u64, answers_seq: u64) -> Result<AnswersAt, StoreError> {
        self.read(|conn| Ok(AnswersAt { entries: answer_entries(conn, h0, n, answers_seq)? }))
    }

    /// The first `count` replies to an item, in the order of lodging.
    pub(crate) fn replies(&self, h0: &Digest, n: u64, count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT reply FROM replies WHERE h0 = ?1 AND n = ?2 ORDER BY position LIMIT ?3")?;
            let rows =
                statement.query_map(params![h0.as_bytes(), signed(n), signed(count as u64)], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets old periods: the newest `keep` stay, and of older ones the last logged one of each hour.
    pub(crate) fn prune_heads(&self, keep: u64) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "DELETE FROM heads
                 WHERE period < (SELECT period FROM heads ORDER BY period DESC LIMIT 1 OFFSET ?1)
                   AND period NOT IN (SELECT max(period) FROM heads WHERE logged = 1 GROUP BY fixed_at / 3600)",
                [signed(keep.saturating_sub(1))],
            )?;
            tx.execute("DELETE FROM head_mailboxes WHERE period NOT IN (SELECT period FROM heads)", [])?;
            tx.execute("DELETE FROM anchors WHERE kept = 0 AND digest NOT IN (SELECT anchor FROM heads)", [])?;
            Ok(())
        })
    }

    /// A note that a statement of this node names as its anchor.
    pub(crate) fn anchor_note(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached("SELECT note FROM anchors WHERE digest = ?1")?
                .query_row([digest.as_bytes()], |row| row.get(0))
                .optional()?)
        })
    }

    /// Chains with contacts whose newest item arrived at or before `arrived_max` and was not yet pinged or alarmed about.
    pub(crate) fn waiting(&self, kind: WaitingFor, arrived_max: u64) -> Result<Vec<Waiting>, StoreError> {
        self.read(|conn| {
            let column = kind.column();
            let mut statement = conn.prepare_cached(&format!(
                "SELECT h0, chains.declaration, chains.mailbox, items.n, item
                 FROM chains JOIN items USING (h0, n) JOIN contacts USING (declaration)
                 WHERE chains.n > {column} AND arrived <= ?1 LIMIT 256"
            ))?;
            let rows = statement.query_map([signed(arrived_max)], |row| {
                Ok((
                    row.get::<_, [u8; 32]>(0)?,
                    row.get::<_, [u8; 32]>(1)?,
                    row.get::<_, [u8; 16]>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get::<_, String>(4)?,
                ))
            })?;
            let mut waiting = Vec::new();
            for row in rows {
                let (h0, declaration, mailbox, n, item) = row?;
                waiting.push(Waiting {
                    h0: digest(h0),
                    declaration: digest(declaration),
                    mailbox: MailboxId::from_bytes(mailbox),
                    n: unsigned(n),
                    urgency: read_item(&item)?.urgency,
                });
            }
            Ok(waiting)
        })
    }

    /// Items up to `n` need no such ping again.
    pub(crate) fn pinged(&self, kind: WaitingFor, h0: &Digest, n: u64) -> Result<(), StoreError> {
        let column = kind.column();
        self.write(|tx| {
            tx.prepare_cached(&format!("UPDATE chains SET {column} = max({column}, ?2) WHERE h0 = ?1"))?
                .execute(params![h0.as_bytes(), signed(n)])?;
            Ok(())
        })
    }

    /// Number of mailboxes and of items.
    pub(crate) fn counts(&self) -> Result<(u64, u64), StoreError> {
        self.read(|conn| {
            let (chains, items): (i64, i64) =
                conn.query_row("SELECT count(*), coalesce(sum(n), 0) FROM chains", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            Ok((unsigned(chains), unsigned(items)))
        })
    }
}

pub(super) fn keep_anchor(
    tx: &Transaction<'_>,
    digest: &Digest,
    note: &[u8],
    for_ever: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO anchors (digest, note, kept) VALUES (?1, ?2, ?3)
         ON CONFLICT (digest) DO UPDATE SET kept = max(kept, ?3)",
    )?
    .execute(params![digest.as_bytes(), note, i64::from(for_ever)])?;
    Ok(())
}

fn chain_head(conn: &Connection, h0: &Digest) -> Result<Option<ChainHead>, StoreError> {
    let row = conn
        .prepare_cached("SELECT n, h FROM chains WHERE h0 = ?1")?
        .query_row([h0.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
        .optional()?;
    Ok(row.map(|(n, h)| ChainHead { n: unsigned(n), h: digest(h) }))
}

/// Recomputes the answers roots of the chains that changed since the last period.
fn refresh_answer_roots(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("SELECT h0, n FROM chains WHERE answers IS NULL")?;
    let changed = statement.query_map([], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, i64>(1)?)))?;
    let changed: Vec<_> = changed.collect::<Result<_, _>>()?;
    for (h0, n) in changed {
        let entries = answer_entries(tx, &digest(h0), unsigned(n), i64::MAX.unsigned_abs())?;
        let root = AnswersTree::new(&entries).root();
        tx.prepare_cached("UPDATE chains SET answers = ?2 WHERE h0 = ?1")?.execute(params![h0, root.as_bytes()])?;
    }
    Ok(())
}

/// The newest version of each entry that is not newer than `answers_seq`.
fn answer_entries(conn: &Connection, h0: &Digest, n: u64, answers_seq: u64) -> Result<Vec<AnswerEntry>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT items.n, items.submission, a.count, a.salt FROM items
         JOIN answers a ON a.seq = (SELECT max(seq) FROM answers
                                    WHERE h0 = items.h0 AND n = items.n AND seq <= ?3)
         WHERE items.h0 = ?1 AND items.n <= ?2 ORDER BY items.n",
    )?;
    let rows = statement.query_map(params![h0.as_bytes(), signed(n), signed(answers_seq)], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?, row.get::<_, [u8; 16]>(3)?))
    })?;
    let mut entries = Vec::new();
    for row in rows {
        let (item, submission, count, salt) = row?;
        if unsigned(item) != entries.len() as u64 + 1 {
            return Err(StoreError::Damaged { what: "an item has no answers entry" });
        }
        let replies = if count == 0 { Vec::new() } else { reply_identities(conn, h0, item, count)? };
        entries.push(AnswerEntry { salt: Salt::from_bytes(salt), submission: digest(submission), replies });
    }
    Ok(entries)
}

fn reply_identities(conn: &Connection, h0: &Digest, n: i64, count: i64) -> Result<Vec<Digest>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT identity FROM replies WHERE h0 = ?1 AND n = ?2 ORDER BY position LIMIT ?3")?;
    let rows = statement.query_map(params![h0.as_bytes(), n, count], |row| row.get::<_, [u8; 32]>(0))?;
    rows.map(|row| Ok(digest(row?))).collect()
}

fn item_text(item: &Item) -> Result<String, StoreError> {
    serde_json::to_string(item).map_err(|_| StoreError::Damaged { what: "an item cannot be written" })
}

fn read_item(text: &str) -> Result<Item, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged { what: "an item cannot be read" })
}
