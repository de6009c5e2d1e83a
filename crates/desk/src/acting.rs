//! In whose name a desk acts: its own party's, or that of a party that delegated a right to it (docs/protocol.md §4.1).
//!
//! One desk may act for many parties: keys, record and client are one, and [`Acting`] says for whom an act is. A
//! delegate signs with its own key and names the other party as `iss`; whoever reads the statement finds the delegation
//! in the directory. What is received and sent is kept apart by party in the record.
//!
//! | right | acts |
//! |---|---|
//! | `receive` | [`Acting::collect`] |
//! | `answer` | [`Acting::reply`], [`Acting::dispute`] |
//! | `send` | [`Acting::warn`], [`Acting::amend`], [`Acting::withdraw`], [`Acting::consent`] |
//!
//! The right is looked for before anything is signed, in the directory as it stands now: newest delegation to this
//! party, its right, its end. What it says here, exchange, custodians and judge decide again.

use crate::collect::{CollectReport, ReadWarning};
use crate::compose::Draft;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::gather::GatherOptions;
use crate::payload::Head;
use crate::record::InboxEntry;
use crate::{Replied, Sent};
use monition_evidence::directory::Directory;
use monition_evidence::dossier::Dossier;
use monition_evidence::statement::DelegatedRight;
use monition_evidence::values::ReplyStatus;
use monition_evidence::warning::Field;
use monition_evidence::{Anchor, Digest, PartyName, RoleName, Statement, Text, UnixSeconds, Wid};
use std::sync::Arc;

/// A desk that acts in the name of one party. Cheap: make one for each act.
#[derive(Clone, Debug)]
pub struct Acting<'a> {
    pub(crate) desk: &'a Desk,
    party: PartyName,
}

impl Desk {
    /// Acts in the name of `party`: the own one, or one that delegated rights to it. Whether it did is asked at each act.
    #[must_use]
    pub fn acting_for(&self, party: &PartyName) -> Acting<'_> {
        Acting { desk: self, party: party.clone() }
    }

    /// Acts in the own name.
    #[must_use]
    pub fn own(&self) -> Acting<'_> {
        self.acting_for(self.party())
    }

    /// [`Acting::warn`] in the own name.
    pub async fn warn(&self, draft: &Draft, to: &[PartyName]) -> Vec<(PartyName, Result<Sent, DeskError>)> {
        self.own().warn(draft, to).await
    }

    /// [`Acting::amend`] in the own name.
    ///
    /// # Errors
    /// As there.
    pub async fn amend(&self, submission: &Digest, draft: &Draft) -> Result<Sent, DeskError> {
        self.own().amend(submission, draft).await
    }

    /// [`Acting::withdraw`] in the own name.
    ///
    /// # Errors
    /// As there.
    pub async fn withdraw(&self, submission: &Digest, reason: Text) -> Result<Sent, DeskError> {
        self.own().withdraw(submission, reason).await
    }

    /// [`Acting::consent`] in the own name.
    ///
    /// # Errors
    /// As there.
    pub async fn consent(
        &self,
        submission: &Digest,
        to: &PartyName,
        fields: &[Field],
        expiry: UnixSeconds,
    ) -> Result<Statement, DeskError> {
        self.own().consent(submission, to, fields, expiry).await
    }

    /// [`Acting::collect`] from the own mailboxes.
    ///
    /// # Errors
    /// As there.
    pub async fn collect(&self, wait_seconds: u64) -> Result<CollectReport, DeskError> {
        self.own().collect(wait_seconds).await
    }

    /// [`Acting::inbox`] of the own party.
    ///
    /// # Errors
    /// As there.
    pub fn inbox(&self) -> Result<Vec<InboxEntry>, DeskError> {
        self.own().inbox()
    }

    /// [`Acting::reply`] in the own name.
    ///
    /// # Errors
    /// As there.
    pub async fn reply(
        &self,
        submission: &Digest,
        role: &RoleName,
        status: ReplyStatus,
        note: Option<Text>,
    ) -> Result<Replied, DeskError> {
        self.own().reply(submission, role, status, note).await
    }

    /// [`Acting::dispute`] in the own name.
    ///
    /// # Errors
    /// As there.
    pub async fn dispute(
        &self,
        submission: &Digest,
        role: Option<&RoleName>,
        code: &str,
        reason: Text,
    ) -> Result<Digest, DeskError> {
        self.own().dispute(submission, role, code, reason).await
    }

    /// [`Acting::gather`] of what the own party sent and received.
    ///
    /// # Errors
    /// As there.
    pub async fn gather(&self, question: &str, options: &GatherOptions) -> Result<Dossier, DeskError> {
        self.own().gather(question, options).await
    }
}

impl Acting<'_> {
    /// In whose name.
    #[must_use]
    pub fn party(&self) -> &PartyName {
        &self.party
    }

    /// Whether that is the desk's own party.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.party == *self.desk.party()
    }

    /// Follows the directory and makes sure that the party has given the right; its own party has them all.
    ///
    /// # Errors
    /// [`DeskError::NotDelegated`], [`DeskError::UnknownParty`]; as [`Desk::sync_directory`].
    pub async fn require(&self, right: DelegatedRight) -> Result<Arc<Directory>, DeskError> {
        let directory = self.desk.sync_directory().await?;
        if !self.is_own() {
            self.check_right(&directory, right)?;
        }
        Ok(directory)
    }

    pub(crate) fn check_right(&self, directory: &Directory, right: DelegatedRight) -> Result<(), DeskError> {
        let party =
            directory.party(&self.party).ok_or_else(|| DeskError::UnknownParty { party: self.party.clone() })?;
        let own = self.desk.party();
        let newest = party.delegations.iter().rev().find(|given| given.delegation.delegate == *own);
        let refuse =
            |why: String| Err(DeskError::NotDelegated { party: self.party.clone(), delegate: own.clone(), right, why });
        match newest.map(|given| &given.delegation) {
            None => refuse("there is no delegation".to_owned()),
            Some(given) if given.rights.is_empty() => refuse("the delegation was taken back".to_owned()),
            Some(given) if !given.rights.contains(&right) => {
                let rights: Vec<&str> = given.rights.iter().map(|right| right.as_str()).collect();
                refuse(format!("the delegation names only {}", rights.join(", ")))
            }
            Some(given) if given.until < self.desk.now() => refuse(format!("the delegation ended at {}", given.until)),
            Some(_) => Ok(()),
        }
    }

    /// The members that every statement of this party has.
    pub(crate) fn head(&self, anchor: Option<Anchor>) -> Head {
        Head { iss: self.party.clone(), ..self.desk.head(anchor) }
    }

    pub(crate) fn head_about(
        &self,
        anchor: Anchor,
        wid: Option<Wid>,
        prev: Option<Digest>,
        actor: Option<RoleName>,
        reason: Option<Text>,
    ) -> Head {
        Head { wid, prev, actor, reason, ..self.head(Some(anchor)) }
    }

    /// A received warning of this party. One that came to another party is not held for this one.
    pub(crate) fn received(&self, submission: &Digest) -> Result<InboxEntry, DeskError> {
        let entry = self.desk.record().received(submission)?;
        let entry = entry.ok_or(DeskError::NotHeld { what: "received warning", digest: *submission })?;
        if entry.party == self.party {
            return Ok(entry);
        }
        Err(DeskError::OfAnother { submission: *submission, party: entry.party, acting: self.party.clone() })
    }

    /// What this party received, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Record`].
    pub fn inbox(&self) -> Result<Vec<InboxEntry>, DeskError> {
        let all = self.desk.record().inbox()?;
        Ok(all.into_iter().filter(|entry| entry.party == self.party).collect())
    }

    /// Opens a warning that came to this party again and shows it to a person.
    ///
    /// # Errors
    /// [`DeskError::OfAnother`] if it came to another party; as [`Desk::read`].
    pub fn read(&self, submission: &Digest) -> Result<ReadWarning, DeskError> {
        self.received(submission)?;
        self.desk.read(submission)
    }
}
