//! Replies, disputes, disposal: what the recipient says of a warning.

use crate::acting::Acting;
use crate::client::{Patience, from_json};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::payload::payload;
use crate::randomness::{OsRandomness, Randomness};
use crate::record::InboxState;
use monition_evidence::statement::{ContentDispute, DelegatedRight, Disposal, Reply, note_commitment};
use monition_evidence::values::ReplyStatus;
use monition_evidence::wire::{Done, STATEMENT_TYPE, observer_paths};
use monition_evidence::{Body, Digest, PartyName, RoleName, Salt, Statement, Text};

/// A reply, and where it was lodged.
#[derive(Debug)]
pub struct Replied {
    /// SHA-256 of the reply.
    pub reply: Digest,
    /// The exchange took it; else it waits, and [`Desk::follow`] sends it.
    pub logged: bool,
    /// Custodians that countersigned it.
    pub lodged: Vec<PartyName>,
    /// Custodians that did not, and why.
    pub failed: Vec<(PartyName, DeskError)>,
}

/// Bodies that were deleted, and who was told.
#[derive(Debug)]
pub struct Disposed {
    /// SHA-256 of the statement that says so.
    pub disposal: Digest,
    /// The exchange took it; else it waits, and [`Desk::follow`] sends it.
    pub logged: bool,
    /// Custodians that deleted theirs.
    pub custodians: Vec<PartyName>,
    /// Custodians that did not, and why.
    pub failed: Vec<(PartyName, DeskError)>,
}

impl Acting<'_> {
    /// Answers a received warning with a person's role key; lodged with the exchange and every custodian, any of which
    /// is enough.
    ///
    /// # Errors
    /// [`DeskError::NotHeld`] if it was not received or its core could not be read, [`DeskError::Locked`].
    pub async fn reply(
        &self,
        submission: &Digest,
        role: &RoleName,
        status: ReplyStatus,
        note: Option<Text>,
    ) -> Result<Replied, DeskError> {
        let entry = self.received(submission)?;
        self.require(DelegatedRight::Answer).await?;
        let core = entry.core.ok_or(DeskError::NotHeld { what: "readable core of", digest: *submission })?;
        let held = self.desk.record().statement(&core)?.ok_or(DeskError::NotHeld { what: "core", digest: core })?;
        let received = match entry.access.map(|access| self.desk.record().statement(&access)).transpose()?.flatten() {
            Some(held) => match held.statement.body() {
                Body::ContentAccess(access) => access.valid.clone(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let commitment = self.desk.commit(note)?;
        let identity = held.statement.identity();
        let head = self.head_about(self.desk.anchor().await?, entry.wid, Some(identity), Some(role.clone()), None);
        let payload = payload!(
            &head,
            self.desk.eid()?,
            Reply { submission: *submission, core: identity, status: status, note: commitment, received: received }
        );
        let statement = self.desk.sign(&payload, &Slot::Role(role.clone()))?;
        let (lodged, failed) = {
            // Kept before anybody sees it.
            self.desk.record().keep(&statement, self.desk.now(), Some("exchange"))?;
            self.desk.lodge(&entry.declaration, &statement).await?
        };
        let logged = match self.desk.send(&statement, Patience::Some).await {
            Ok(logged) => logged,
            // A custodian's countersignature is as good; without any, the refusal is the answer.
            Err(error) if lodged.is_empty() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the exchange refused the reply; custodians hold it");
                false
            }
        };
        Ok(Replied { reply: statement.digest(), logged, lodged, failed })
    }

    /// Complains about what was received. With a role it is a person's complaint, else the system's.
    ///
    /// # Errors
    /// [`DeskError::NotHeld`], [`DeskError::Refused`].
    pub async fn dispute(
        &self,
        submission: &Digest,
        role: Option<&RoleName>,
        code: &str,
        reason: Text,
    ) -> Result<Digest, DeskError> {
        let entry = self.received(submission)?;
        self.require(DelegatedRight::Answer).await?;
        let core = entry.core.map(|core| self.desk.record().statement(&core)).transpose()?.flatten();
        let actor = role.cloned();
        let head = self.head_about(self.desk.anchor().await?, entry.wid, None, actor, Some(reason));
        let payload = payload!(
            &head,
            self.desk.eid()?,
            ContentDispute {
                submission: *submission,
                core: core.map(|held| held.statement.identity()),
                code: code.to_owned(),
            }
        );
        let slot = role.cloned().map_or(Slot::Mailbox, Slot::Role);
        let statement = self.desk.sign(&payload, &slot)?;
        self.desk.keep_and_send(&statement).await?;
        Ok(statement.digest())
    }
}

impl Desk {
    /// Lodges a reply with every custodian of a declaration.
    async fn lodge(
        &self,
        declaration: &Digest,
        reply: &Statement,
    ) -> Result<(Vec<PartyName>, Vec<(PartyName, DeskError)>), DeskError> {
        let directory = self.directory().await;
        let custodians = directory.declaration(declaration).map(|(_, r)| r.declaration.custodians.clone());
        let (mut lodged, mut failed) = (Vec::new(), Vec::new());
        for custodian in custodians.unwrap_or_default() {
            match self.lodge_with(&custodian, reply).await {
                Ok(()) => lodged.push(custodian),
                Err(error) => failed.push((custodian, error)),
            }
        }
        Ok((lodged, failed))
    }

    async fn lodge_with(&self, custodian: &PartyName, reply: &Statement) -> Result<(), DeskError> {
        let url = format!("{}{}", self.custodian_url(custodian).await?, observer_paths::REPLIES);
        let answer = self.http.post(&url, STATEMENT_TYPE, reply.as_bytes().to_vec(), Patience::Some).await?;
        let wrong = |detail: &str| DeskError::Answer { url: url.clone(), detail: detail.to_owned() };
        let text = std::str::from_utf8(&answer).map_err(|_| wrong("not text"))?;
        let lodgement = self.checked(&url, text, Some(custodian)).await?;
        match lodgement.body() {
            Body::ReplyLodgement(l) if l.reply == reply.identity() && Some(l.submission) == reply.submission() => {
                // The custodian has it logged; its place is looked for like that of any other statement.
                self.record().keep(&lodgement, self.now(), None)?;
                Ok(())
            }
            _ => Err(wrong("not the lodgement of this reply")),
        }
    }

    /// Keeps a closable note and gives the commitment to it.
    pub(crate) fn commit(&self, note: Option<Text>) -> Result<Option<Digest>, DeskError> {
        let Some(note) = note else { return Ok(None) };
        let salt = Salt::from_bytes(OsRandomness.array()?);
        let commitment = note_commitment(&salt, &note);
        self.record().keep_closable_note(&commitment, &salt, &note)?;
        Ok(Some(commitment))
    }

    /// Deletes the bodies of a received warning after its `retain_until`, and says so; their digest stays. Tells the
    /// custodians, which then delete theirs.
    ///
    /// Whoever deletes says so in its own name: a delegate's copy is the delegate's. Only the recipient's own statement,
    /// by its statement key, makes a custodian delete, so a machine that was broken into cannot make warnings vanish.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] before that time, or if it was done; [`DeskError::NotHeld`]; [`DeskError::Locked`].
    pub async fn dispose(&self, submission: &Digest) -> Result<Disposed, DeskError> {
        let entry = self.record().received(submission)?;
        let entry = entry.ok_or(DeskError::NotHeld { what: "received warning", digest: *submission })?;
        if entry.state == InboxState::Disposed {
            return Err(DeskError::NotPossible { rule: "its bodies were deleted before".to_owned() });
        }
        let core = entry.core.map(|core| self.record().statement(&core)).transpose()?.flatten();
        let until = core.as_ref().and_then(|held| match held.statement.body() {
            Body::Warning(warning) => warning.retain_until,
            _ => None,
        });
        if core.is_some() && until.is_none_or(|until| until > self.now()) {
            let when = until.map_or("without an end".to_owned(), |until| format!("until {until}"));
            return Err(DeskError::NotPossible { rule: format!("the sender asks to keep it {when}") });
        }
        let head = self.head_about(self.anchor().await?, entry.wid, None, None, None);
        let payload = payload!(&head, self.eid()?, Disposal { submission: *submission, e: entry.e });
        let statement = self.sign(&payload, &Slot::Statement)?;
        self.record().keep(&statement, self.now(), Some("exchange"))?;
        self.record().dispose(submission)?;
        let logged = self.send(&statement, Patience::Some).await?;
        let (mut custodians, mut failed) = (Vec::new(), Vec::new());
        if entry.party == *self.party() {
            let directory = self.directory().await;
            let declared = directory.declaration(&entry.declaration).map(|(_, r)| r.declaration.custodians.clone());
            for custodian in declared.unwrap_or_default() {
                match self.tell_disposal(&custodian, &statement).await {
                    Ok(()) => custodians.push(custodian),
                    Err(error) => failed.push((custodian, error)),
                }
            }
        }
        Ok(Disposed { disposal: statement.digest(), logged, custodians, failed })
    }

    async fn tell_disposal(&self, custodian: &PartyName, disposal: &Statement) -> Result<(), DeskError> {
        let url = format!("{}{}", self.custodian_url(custodian).await?, observer_paths::ACKS);
        let answer = self.http.post(&url, STATEMENT_TYPE, disposal.as_bytes().to_vec(), Patience::Some).await?;
        from_json::<Done>(&url, &answer).map(drop)
    }
}
