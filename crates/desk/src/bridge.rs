//! The bridge between tools that speak STIX or CAP and the warnings of a desk (docs/taxii-desk.md, docs/mapping.md).
//!
//! [`Bridge::post`] makes what a tool posted into a signed, sealed warning for each recipient of a [`Profile`];
//! [`Bridge::arrivals`] gives what came as STIX objects. Both act through [`Acting`]: for the own party, or, at a hosted
//! desk, for a party that delegated the right. Listener, accounts and collections are the caller's.
//!
//! **Never twice.** Every event has a name. Before anything is composed, `bridge.db` keeps event, recipient and the
//! warning's wid, in one durable transaction; the desk's record keeps the submission before it leaves. After a crash
//! the same event finds its wid there and sends the same bytes again, which count once.
//!
//! **Too little said.** Without summary, class or urgency nothing is sent: the event waits in the queue until a person
//! completes or discards it, or is refused where the profile says so.

mod arrivals;
mod draft;
mod ledger;
mod profile;
#[cfg(test)]
mod tests;

pub use arrivals::Arrival;
pub use draft::{CAP_MEDIA_TYPE, Missing, Posted, STIX_MEDIA_TYPE, draft_of};
pub use ledger::{Queued, Waiting};
pub use profile::{Incomplete, Profile, ProfileFile};

use crate::acting::Acting;
use crate::client::Patience;
use crate::compose::Draft;
use crate::error::DeskError;
use crate::randomness::{OsRandomness, Randomness as _};
use crate::record::SentRow;
use draft::Read;
use ledger::{Ledger, Send};
use monition_evidence::encoding::{sha256, to_base64url};
use monition_evidence::values::WarningStatus;
use monition_evidence::warning::{Field, Value};
use monition_evidence::{Body, Digest, PartyName, Text, UnixSeconds, Wid};
use monition_intel::warning_fields::Standing;
use std::path::Path;

/// File of the bridge in the desk's directory.
pub const BRIDGE_FILE: &str = "bridge.db";

/// A warning that the exchange accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// To whom.
    pub recipient: PartyName,
    /// The warning.
    pub wid: Wid,
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Digest of the sealed bodies, as the submission names it.
    pub e: Digest,
}

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Each recipient, with the warning or the reason of a final refusal.
    Sent(Vec<(PartyName, Result<Delivered, String>)>),
    /// It waits in the queue until somebody completes it.
    Incomplete(Missing),
    /// It will not be sent.
    Refused(String),
    /// Not now: post the same event again.
    Later(String),
}

impl Outcome {
    /// One line for the account that posted.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Sent(all) => {
                let line = |(party, result): &(PartyName, Result<Delivered, String>)| match result {
                    Ok(sent) => format!(
                        "warning {} to {party} accepted; available when its custodians hold it: monition status {}",
                        sent.wid, sent.submission
                    ),
                    Err(why) => format!("to {party} refused: {why}"),
                };
                all.iter().map(line).collect::<Vec<_>>().join("; ")
            }
            Self::Incomplete(missing) => format!("needs completing: {missing}; monition desk queue list"),
            Self::Refused(why) | Self::Later(why) => why.clone(),
        }
    }
}

/// The bridge of one desk.
#[derive(Debug)]
pub struct Bridge {
    ledger: Ledger,
    /// One post at a time: two of one event would otherwise both find nothing sent.
    turn: tokio::sync::Mutex<()>,
}

impl Bridge {
    /// Opens the bridge of a desk's directory, making its file if there is none.
    ///
    /// # Errors
    /// [`DeskError::Record`], [`DeskError::Io`].
    pub fn open(dir: &Path) -> Result<Self, DeskError> {
        Ok(Self { ledger: Ledger::open(&dir.join(BRIDGE_FILE))?, turn: tokio::sync::Mutex::new(()) })
    }

    /// What waits to be completed, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn queue(&self) -> Result<Vec<Queued>, DeskError> {
        self.ledger.queue()
    }

    /// What is known of an event that waits; it changes when a person completes or discards it.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn waiting(&self, event: &str) -> Result<Option<Waiting>, DeskError> {
        self.ledger.waiting(event)
    }

    /// Completes what waits: names are those of closable fields, `class`, `urgency` and `tlp`. It is sent when the event is
    /// posted again, which a running desk does by itself.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] for a number that does not wait, a name that is none, or a value that does not fit.
    pub fn complete(&self, id: i64, fields: &[(String, String)]) -> Result<(), DeskError> {
        for (name, value) in fields {
            draft::check_completion(name, value)?;
        }
        self.ledger.complete(id, fields)
    }

    /// Discards what waits: it is never sent.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] for a number that does not wait.
    pub fn discard(&self, id: i64) -> Result<(), DeskError> {
        self.ledger.discard(id)
    }

    /// Sends what a tool posted. The same `event` gives the same outcome and never a second warning.
    ///
    /// `event` names the post for ever, such as a status id. A later version of the object that a warning was made of
    /// amends that warning; a revoked one withdraws it.
    ///
    /// # Errors
    /// [`DeskError::Record`]: our own storage failed. Everything else is an [`Outcome`].
    pub async fn post(
        &self,
        acting: &Acting<'_>,
        event: &str,
        posted: &Posted,
        profile: &Profile,
    ) -> Result<Outcome, DeskError> {
        let _turn = self.turn.lock().await;
        let party = acting.party().as_str();
        let waiting = self.ledger.waiting(event)?;
        if waiting.as_ref().is_some_and(|waiting| waiting.discarded) {
            return Ok(Outcome::Refused("discarded by a person: it is not sent".to_owned()));
        }
        let read = match posted.read() {
            Ok(read) => read,
            Err(why) => return Ok(Outcome::Refused(why)),
        };
        let completed = waiting.map(|waiting| waiting.fields).unwrap_or_default();
        let mut draft = match draft::complete(&read.fields, profile, &completed, acting.desk.now()) {
            Ok(draft) => draft,
            Err(missing) if profile.incomplete == Incomplete::Refuse => {
                return Ok(Outcome::Refused(format!("unprocessable: {missing}")));
            }
            Err(missing) => {
                self.ledger.keep_waiting(event, party, &missing, &posted.bytes(), acting.desk.now())?;
                return Ok(Outcome::Incomplete(missing));
            }
        };
        draft.attachments.insert(0, posted.attachment());
        if profile.recipients.len() > 1 && !draft.fields.contains_key(&Field::Campaign) {
            // What ties copies together for those to whom it is shown; the same after a crash.
            let name = format!("campaign {}", &to_base64url(sha256(event.as_bytes()).as_bytes())[..16]);
            draft.fields.extend(Text::parse(&name).ok().map(|text| (Field::Campaign, Value::Text(text))));
        }
        let mut results = Vec::new();
        for recipient in &profile.recipients {
            match self.send(acting, event, recipient, &read, &draft).await {
                Ok(delivered) => results.push((recipient.clone(), Ok(delivered))),
                Err(error @ DeskError::Record { .. }) => return Err(error),
                Err(error) if matches!(error.exit_code(), 70 | 75) => {
                    return Ok(Outcome::Later(format!("not now, it is tried again: {error}")));
                }
                Err(error) => results.push((recipient.clone(), Err(format!("error[{}]: {error}", error.code())))),
            }
        }
        self.ledger.forget_waiting(event)?;
        Ok(Outcome::Sent(results))
    }

    async fn send(
        &self,
        acting: &Acting<'_>,
        event: &str,
        recipient: &PartyName,
        read: &Read,
        draft: &Draft,
    ) -> Result<Delivered, DeskError> {
        let send = match self.ledger.send(event, recipient)? {
            Some(send) => send,
            None => self.plan(acting, event, recipient, read)?,
        };
        if let Some(row) = self.composed(acting, recipient, &send)? {
            if row.acceptance.is_none() {
                let waiting = acting.desk.record().statement(&row.submission)?;
                let waiting = waiting.ok_or(DeskError::NotHeld { what: "own submission", digest: row.submission })?;
                acting.desk.hand_in(&waiting.statement, Patience::Some).await?;
            }
            return self.delivered(acting, event, recipient, row.wid, &row.submission);
        }
        let sent = match (send.amends, read.fields.standing) {
            (None, _) => acting.warn_named(draft, recipient, send.wid).await?,
            (Some(earlier), Standing::Withdrawn) => {
                let reason = Text::parse("revoked by its author")
                    .map_err(|rule| DeskError::NotPossible { rule: rule.to_owned() })?;
                acting.withdraw(&earlier, reason).await?
            }
            (Some(earlier), _) => acting.amend(&earlier, draft).await?,
        };
        self.delivered(acting, event, recipient, sent.wid, &sent.submission)
    }

    /// Decides what the event is for this recipient, and keeps that before anything is composed.
    fn plan(&self, acting: &Acting<'_>, event: &str, recipient: &PartyName, read: &Read) -> Result<Send, DeskError> {
        let earlier = match (&read.main, read.fields.standing) {
            (Some(main), Standing::Amended | Standing::Withdrawn) => {
                self.ledger.newest(acting.party(), recipient, main)?
            }
            _ => None,
        };
        if earlier.is_none() && read.fields.standing == Standing::Withdrawn {
            let rule = "it is revoked, and no warning was made of it before".to_owned();
            return Err(DeskError::NotPossible { rule });
        }
        let send = match earlier {
            Some((wid, submission)) => Send { wid, amends: Some(submission) },
            None => Send { wid: Wid::from_bytes(OsRandomness.array()?), amends: None },
        };
        self.ledger.keep_send(event, acting.party(), recipient, read.main.as_deref(), &send)?;
        Ok(send)
    }

    /// The submission that was composed for this event before a crash, unless it was refused for its number.
    fn composed(&self, acting: &Acting<'_>, recipient: &PartyName, send: &Send) -> Result<Option<SentRow>, DeskError> {
        let earlier = match send.amends {
            Some(submission) => Some(acting.sent_core(&submission)?.0.core_identity),
            None => None,
        };
        for row in acting.desk.record().all_sent()?.into_iter().rev() {
            if row.wid != send.wid || row.iss != *acting.party() || row.recipient != *recipient {
                continue;
            }
            let core = acting.sent_core(&row.submission)?.1;
            let status_fits = (core.status == WarningStatus::First) == earlier.is_none();
            if !status_fits || core.amends != earlier {
                continue;
            }
            match &row.rejection {
                None => return Ok(Some(row)),
                Some(code) if code == "evidence-sequence" => {}
                Some(code) => {
                    return Err(DeskError::NotPossible { rule: format!("the exchange refused it: {code}") });
                }
            }
        }
        Ok(None)
    }

    fn delivered(
        &self,
        acting: &Acting<'_>,
        event: &str,
        recipient: &PartyName,
        wid: Wid,
        submission: &Digest,
    ) -> Result<Delivered, DeskError> {
        self.ledger.sent(event, recipient, submission)?;
        let held = acting.desk.record().statement(submission)?;
        match held.as_ref().map(|held| held.statement.body()) {
            Some(Body::Submission(body)) => {
                Ok(Delivered { recipient: recipient.clone(), wid, submission: *submission, e: body.e })
            }
            _ => Err(DeskError::NotHeld { what: "own submission", digest: *submission }),
        }
    }

    /// What came to this party and is not placed yet, or reached a later step since, oldest first. Give it to
    /// [`Bridge::placed`] once its objects are placed.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn arrivals(&self, acting: &Acting<'_>, finding: Option<&str>) -> Result<Vec<Arrival>, DeskError> {
        let mut arrivals = Vec::new();
        for entry in acting.inbox()? {
            let step = arrivals::step_of(acting, &entry)?;
            let placed = self.ledger.placed(&entry.submission)?;
            if placed.as_deref() != Some(step.word) {
                arrivals.push(arrivals::arrival(acting, &entry, &step, placed.is_some(), finding)?);
            }
        }
        Ok(arrivals)
    }

    /// Keeps that the objects of an arrival are placed.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn placed(&self, arrival: &Arrival) -> Result<(), DeskError> {
        self.ledger.keep_placed(&arrival.submission, arrival.step)
    }
}

/// A time some seconds from now.
fn after(now: UnixSeconds, seconds: Option<u64>) -> Option<UnixSeconds> {
    seconds.map(|seconds| now.plus(seconds))
}
