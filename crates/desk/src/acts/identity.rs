//! Directory entries: enrolment, sponsorship, declaration, delegation, rotation, revocation.

use crate::client::{Patience, Signing, from_json};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::payload::payload;
use crate::randomness::{OsRandomness, Randomness};
use monition_evidence::age::Recipient;
use monition_evidence::directory::{Directory, Grade, Party};
use monition_evidence::encoding::sha256;
use monition_evidence::statement::{
    AnswerTimes, CustodianService, DelegatedRight, Delegation, DirectoryRules, EncryptionKey, Enrolment, KeyRotation,
    MailboxDeclaration, Revocation, ServiceHours,
};
use monition_evidence::wire::{
    Contacts, DirectoryAnswer, Done, JSON_TYPE, STATEMENT_TYPE, exchange_paths, observer_paths,
};
use monition_evidence::{Digest, KeyId, MailboxId, PartyName, SecretKey, Statement, Text, UnixSeconds};
use std::time::Duration;

/// How long an act waits until its entry stands in the published directory.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(20);

/// What an enrolment says besides the keys.
#[derive(Clone, Debug, Default)]
pub struct EnrolOptions {
    /// Parties that will sign beside us; a DNS-like name needs them.
    pub sponsors: Vec<PartyName>,
    /// What we offer, if we keep mailboxes.
    pub custodian: Option<CustodianService>,
    /// Rules of the directory: in the exchange's own enrolment alone.
    pub directory: Option<DirectoryRules>,
}

/// What a mailbox declaration says.
#[derive(Clone, Debug)]
pub struct DeclareOptions {
    /// Custodians, other organisations'.
    pub custodians: Vec<PartyName>,
    /// How many of them must hold an item.
    pub quorum: u32,
    /// How long it is meant to hold, in seconds; 366 days by default.
    pub valid_seconds: u64,
    /// How long it binds after its end, in seconds; 30 days by default.
    pub grace_seconds: u64,
    /// How often this system polls, in seconds; 5 by default.
    pub poll_seconds: u64,
    /// When people answer; always by default.
    pub hours: ServiceHours,
    /// Languages (BCP 47).
    pub languages: Vec<String>,
    /// Promised answer times.
    pub answer_seconds: AnswerTimes,
    /// Alarm contacts: go to the custodians, and only their hash into the directory.
    pub contacts: Option<Contacts>,
    /// SHA-256 of the terms.
    pub terms: Option<Digest>,
    /// Make a fresh encryption identity for this declaration; the old ones stay readable.
    pub new_identity: bool,
    /// Encryption keys of others, such as a delegate that receives; empty for the own one. Senders seal to the first.
    pub encryption: Vec<Recipient>,
}

impl DeclareOptions {
    /// Custodians and quorum; everything else by default.
    #[must_use]
    pub fn new(custodians: Vec<PartyName>, quorum: u32) -> Self {
        Self {
            custodians,
            quorum,
            valid_seconds: 366 * 86_400,
            grace_seconds: 30 * 86_400,
            poll_seconds: 5,
            hours: ServiceHours { utc_offset_minutes: 0, weekly: Vec::new(), closed_days: Vec::new() },
            languages: Vec::new(),
            answer_seconds: AnswerTimes { flash: 900, immediate: 3_600, priority: 86_400, routine: 604_800 },
            contacts: None,
            terms: None,
            new_identity: false,
            encryption: Vec::new(),
        }
    }
}

/// A declaration that stands in the directory.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The entry.
    pub statement: Statement,
    /// SHA-256 of it: what consignments name.
    pub digest: Digest,
    /// Its index.
    pub index: u64,
    /// Custodians that took the alarm contacts.
    pub contacts_sent_to: Vec<PartyName>,
}

/// What a revocation says.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// Whose key it is: our own, or one of a party that we sponsored.
    pub party: PartyName,
    /// The key.
    pub kid: KeyId,
    /// Since when misuse is suspected.
    pub suspected_since: Option<UnixSeconds>,
    /// Why.
    pub reason: Option<Text>,
}

impl Desk {
    /// The own enrolment, signed by every key in it. Sponsors add their signatures with [`Desk::sponsor`].
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Statement`].
    pub fn enrolment(&self, options: &EnrolOptions) -> Result<Statement, DeskError> {
        let keystore = self.keys();
        let (keys, signers) = keystore.enrolled()?;
        let payload = payload!(
            &self.head(None),
            self.eid()?,
            Enrolment {
                seq: 0,
                keys: keys,
                next: keystore.next_digest()?,
                sponsors: options.sponsors.clone(),
                custodian: options.custodian.clone(),
                directory: options.directory.clone(),
            }
        );
        Ok(Statement::sign(&payload, &signers)?)
    }

    /// Adds our signature as a sponsor to another's enrolment or recovery: we vouch that these are that party's keys.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] if the statement does not ask for our signature; [`DeskError::Locked`].
    pub fn sponsor(&self, statement: &Statement) -> Result<Statement, DeskError> {
        use monition_evidence::Body;
        let refuse = |rule: String| Err(DeskError::NotPossible { rule });
        match statement.body() {
            Body::Enrolment(e) if !e.sponsors.contains(self.party()) => {
                return refuse(format!("the enrolment of {} does not name {} as a sponsor", e.iss, self.party()));
            }
            Body::Enrolment(_) => {}
            Body::KeyRotation(_) => {}
            other => return refuse(format!("a {} takes no sponsors", other.name())),
        }
        if *statement.common().exchange != self.config().exchange {
            return refuse(format!("it is meant for the exchange {}", statement.common().exchange));
        }
        let keys = self.keys();
        // An exchange vouches with its exchange key: that is the one its directory begins with.
        let slot = if keys.key(&Slot::Exchange).is_ok() { Slot::Exchange } else { Slot::Statement };
        let own = sign_same(statement, keys.key(&slot)?)?;
        Ok(statement.join(&own)?)
    }

    /// Hands an entry to the directory; the same entry again gives the same index. Keeps it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] with the rule that the entry breaks, [`DeskError::Unreachable`].
    pub async fn submit_entry(&self, statement: &Statement) -> Result<u64, DeskError> {
        let url = self.exchange_url(exchange_paths::DIRECTORY);
        let answer = self.http.post(&url, STATEMENT_TYPE, statement.as_bytes().to_vec(), Patience::Some).await?;
        let answer: DirectoryAnswer = from_json(&url, &answer)?;
        self.record().keep(statement, self.now(), None)?;
        Ok(answer.index)
    }

    /// Follows the directory until an entry stands in it.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] after `timeout`; as [`Desk::sync_directory`].
    pub async fn until_published(
        &self,
        identity: &Digest,
        timeout: Duration,
    ) -> Result<std::sync::Arc<Directory>, DeskError> {
        let end = tokio::time::Instant::now() + timeout;
        loop {
            let directory = self.sync_directory().await?;
            if directory.index_of(identity).is_some() {
                return Ok(directory);
            }
            if tokio::time::Instant::now() >= end {
                let rule = format!("the directory did not show the entry {identity} within {} s", timeout.as_secs());
                return Err(DeskError::NotPossible { rule });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn own_party(&self, directory: &Directory) -> Result<Party, DeskError> {
        let party = directory.party(self.party());
        party.cloned().ok_or_else(|| DeskError::UnknownParty { party: self.party().clone() })
    }

    /// Signs with the statement key, checks against the directory, hands in, and waits until it is published.
    async fn enter<P: monition_evidence::statement::Payload>(
        &self,
        directory: &Directory,
        payload: &P,
    ) -> Result<(Statement, u64), DeskError> {
        let statement = self.sign(payload, &Slot::Statement)?;
        directory.check(statement.as_bytes())?;
        let index = self.submit_entry(&statement).await?;
        self.until_published(&statement.identity(), PUBLISHED_WITHIN).await?;
        Ok((statement, index))
    }

    /// Declares where we can be told; supersedes the declaration before. Sends alarm contacts to the custodians.
    ///
    /// # Errors
    /// [`DeskError::Declaration`] for custodians that cannot give the counts; as [`Desk::submit_entry`].
    pub async fn declare(&self, options: &DeclareOptions) -> Result<Declared, DeskError> {
        let directory = self.sync_directory().await?;
        let party = self.own_party(&directory)?;
        check_custodians(&directory, self.party(), options)?;
        let recipients = match (options.encryption.is_empty(), options.new_identity) {
            (false, true) => {
                let rule = "a fresh own key and keys of others are two different choices".to_owned();
                return Err(DeskError::NotPossible { rule });
            }
            (false, false) => options.encryption.clone(),
            (true, true) => vec![self.with_keys_mut(|keys| keys.add_identity(&mut OsRandomness))?],
            (true, false) => vec![self.keys().recipient()?],
        };
        let encryption = recipients.iter().map(|recipient| EncryptionKey {
            stanza: monition_evidence::age::STANZA_X25519.to_owned(),
            recipient: recipient.to_string(),
        });
        let annex = options.contacts.as_ref().map(serde_json::to_vec).transpose().unwrap_or_default();
        let now = self.now();
        let payload = payload!(
            &self.head(None),
            self.eid()?,
            MailboxDeclaration {
                seq: party.next_seq(),
                previous: party.last_entry(),
                // One pseudonym for each declaration: a custodian that is left out cannot recognise the next one.
                mailbox: MailboxId::from_bytes(OsRandomness.array()?),
                custodians: options.custodians.clone(),
                quorum: options.quorum,
                encryption: encryption.collect(),
                valid_from: now,
                valid_until: now.plus(options.valid_seconds),
                grace_seconds: options.grace_seconds,
                poll_seconds: options.poll_seconds,
                contacts: annex.as_deref().map(sha256),
                hours: options.hours.clone(),
                languages: options.languages.clone(),
                answer_seconds: options.answer_seconds,
                terms: options.terms,
            }
        );
        let (statement, index) = self.enter(&directory, &payload).await?;
        let mut contacts_sent_to = Vec::new();
        if let Some(annex) = annex {
            for custodian in &options.custodians {
                match self.send_contacts(custodian, &annex).await {
                    Ok(()) => contacts_sent_to.push(custodian.clone()),
                    Err(error) => tracing::warn!(%custodian, %error, "the alarm contacts did not arrive"),
                }
            }
        }
        Ok(Declared { digest: statement.digest(), statement, index, contacts_sent_to })
    }

    /// A custodian follows the directory at its own pace, so a refusal at first is tried again.
    async fn send_contacts(&self, custodian: &PartyName, annex: &[u8]) -> Result<(), DeskError> {
        let url = format!("{}{}", self.custodian_url(custodian).await?, observer_paths::CONTACTS);
        let mut tries = 0;
        loop {
            let seed = self.keys().seed(&Slot::Mailbox)?;
            let key = SecretKey::from_seed(&seed);
            let signing = Signing { key: &key, audience: custodian, now: self.now() };
            let answer = self.http.post_signed(&url, JSON_TYPE, annex.to_vec(), Some(signing), Patience::Some).await;
            match answer {
                Ok(bytes) => return from_json::<Done>(&url, &bytes).map(drop),
                Err(error) if tries >= 30 => return Err(error),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Where a custodian answers, by its enrolment.
    pub(crate) async fn custodian_url(&self, custodian: &PartyName) -> Result<String, DeskError> {
        let directory = self.directory().await;
        let party = directory.party(custodian).ok_or_else(|| DeskError::UnknownParty { party: custodian.clone() })?;
        let service = party.custodian.as_ref();
        let service =
            service.ok_or_else(|| DeskError::Declaration { rule: format!("{custodian} keeps no mailboxes") })?;
        Ok(service.url.trim_end_matches('/').to_owned())
    }

    /// Lets another party receive, answer or send for us. It takes the place of an earlier delegation to the same party;
    /// without any right it takes that one back.
    ///
    /// # Errors
    /// As [`Desk::submit_entry`].
    pub async fn delegate(
        &self,
        delegate: &PartyName,
        rights: Vec<DelegatedRight>,
        until: UnixSeconds,
    ) -> Result<u64, DeskError> {
        let directory = self.sync_directory().await?;
        let party = self.own_party(&directory)?;
        let payload = payload!(
            &self.head(None),
            self.eid()?,
            Delegation {
                seq: party.next_seq(),
                previous: party.last_entry(),
                delegate: delegate.clone(),
                rights: rights,
                until: until,
            }
        );
        Ok(self.enter(&directory, &payload).await?.1)
    }

    /// Replaces every enrolled key by the one that was announced, and announces the next. If an earlier rotation was
    /// cut off after it reached the directory, finishes that one instead.
    ///
    /// # Errors
    /// [`DeskError::Locked`]; [`DeskError::NotPossible`] if the statement key was revoked: then sponsors sign
    /// ([`Desk::recovery`]); as [`Desk::submit_entry`].
    pub async fn rotate(&self) -> Result<u64, DeskError> {
        if *self.party() == self.config().exchange.as_party() {
            let rule =
                "an exchange's keys are replaced by `monition serve --rotate-key`, while it does not run".to_owned();
            return Err(DeskError::NotPossible { rule });
        }
        let directory = self.sync_directory().await?;
        if let Some(index) = self.finish_rotation(&directory)? {
            return Ok(index);
        }
        if self.statement_key_ended(&directory)? {
            let rule = "the statement key is revoked, so the sponsors of the enrolment sign the rotation: \
                        'rotate --out FILE', 'sponsor FILE' at each of them, then 'rotate --sponsored FILE'";
            return Err(DeskError::NotPossible { rule: rule.to_owned() });
        }
        let statement = self.rotation(&directory, true)?;
        self.enter_rotation(&directory, &statement).await
    }

    /// A rotation that the new keys alone have signed: for a party whose statement key was revoked or lost. All sponsors
    /// of the enrolment add their signatures with [`Desk::sponsor`]; then [`Desk::recover`] hands it in.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] if no sponsor vouched for the party: then only a new enrolment helps;
    /// [`DeskError::Locked`].
    pub async fn recovery(&self) -> Result<Statement, DeskError> {
        let directory = self.sync_directory().await?;
        if let Grade::I2 { .. } = self.own_party(&directory)?.grade {
            return self.rotation(&directory, false);
        }
        let rule = "nobody vouched for this party, so nobody can stand in for its statement key: enrol anew".to_owned();
        Err(DeskError::NotPossible { rule })
    }

    /// Hands in a rotation that [`Desk::recovery`] made and the sponsors signed.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] if it is not the one that was staged here; [`DeskError::Directory`] if a signature is
    /// missing; as [`Desk::submit_entry`].
    pub async fn recover(&self, statement: &Statement) -> Result<u64, DeskError> {
        let directory = self.sync_directory().await?;
        if let Some(index) = self.finish_rotation(&directory)? {
            return Ok(index);
        }
        let staged = self.keys().staged_rotation()?.map(|after| after.digest());
        match statement.body() {
            monition_evidence::Body::KeyRotation(rotation)
                if rotation.iss == *self.party() && Some(rotation.next) == staged => {}
            _ => {
                let rule = "it is not the rotation that this desk wrote last with 'rotate --out'".to_owned();
                return Err(DeskError::NotPossible { rule });
            }
        }
        self.enter_rotation(&directory, statement).await
    }

    /// Takes the new keys into use if the directory has a rotation to them already.
    fn finish_rotation(&self, directory: &Directory) -> Result<Option<u64>, DeskError> {
        let keys = self.keys().next_enrolled()?.0;
        let Some(index) = keys.first().and_then(|key| directory.key(&key.kid())).map(|record| record.from) else {
            return Ok(None);
        };
        let staged = self.keys().staged_rotation()?;
        let after = match staged {
            Some(after) => after,
            None => self.keys().draw_after_next(&mut OsRandomness)?,
        };
        self.with_keys_mut(|keystore| keystore.rotate(after))?;
        Ok(Some(index))
    }

    fn statement_key_ended(&self, directory: &Directory) -> Result<bool, DeskError> {
        let kid = self.keys().key(&Slot::Statement)?.public().kid();
        Ok(directory.key(&kid).is_some_and(|record| record.end.is_some()))
    }

    /// Signs a rotation with the new keys and, where it still counts, the old statement key. What it announces is on disk
    /// before anybody sees the announcement.
    fn rotation(&self, directory: &Directory, by_old_key: bool) -> Result<Statement, DeskError> {
        let party = self.own_party(directory)?;
        let staged = self.keys().staged_rotation()?;
        let after = match staged {
            Some(after) => after,
            None => self.keys().draw_after_next(&mut OsRandomness)?,
        };
        let keystore = self.keys();
        keystore.stage_rotation(&after)?;
        let (keys, new) = keystore.next_enrolled()?;
        let payload = payload!(
            &self.head(None),
            self.eid()?,
            KeyRotation { seq: party.next_seq(), previous: party.last_entry(), keys: keys, next: after.digest() }
        );
        let old = by_old_key.then(|| keystore.key(&Slot::Statement)).transpose()?;
        let signers: Vec<&SecretKey> = old.into_iter().chain(new).collect();
        Ok(Statement::sign(&payload, &signers)?)
    }

    async fn enter_rotation(&self, directory: &Directory, statement: &Statement) -> Result<u64, DeskError> {
        directory.check(statement.as_bytes())?;
        let index = self.submit_entry(statement).await?;
        let staged = self.keys().staged_rotation()?;
        let after = staged.ok_or_else(|| DeskError::NotPossible { rule: "no rotation is staged here".to_owned() })?;
        self.with_keys_mut(|keystore| keystore.rotate(after))?;
        self.until_published(&statement.identity(), PUBLISHED_WITHIN).await?;
        Ok(index)
    }

    /// Revokes a key: our own, or one of a party that we sponsored.
    ///
    /// # Errors
    /// As [`Desk::submit_entry`].
    pub async fn revoke(&self, revoke: &Revoke) -> Result<u64, DeskError> {
        let directory = self.sync_directory().await?;
        let party =
            directory.party(&revoke.party).ok_or_else(|| DeskError::UnknownParty { party: revoke.party.clone() })?;
        let mut head = self.head(None);
        head.reason = revoke.reason.clone();
        let payload = payload!(
            &head,
            self.eid()?,
            Revocation {
                party: revoke.party.clone(),
                seq: party.next_seq(),
                previous: party.last_entry(),
                kid: revoke.kid,
                suspected_since: revoke.suspected_since,
            }
        );
        Ok(self.enter(&directory, &payload).await?.1)
    }
}

/// Signs the exact payload of another's statement.
fn sign_same(statement: &Statement, key: &SecretKey) -> Result<Statement, DeskError> {
    let jws = statement.jws();
    let signed = monition_evidence::jws::Jws::sign(jws.typ(), jws.payload(), &[key])
        .map_err(monition_evidence::statement::StatementError::from)?;
    Ok(Statement::parse(signed.as_bytes())?)
}

/// Availability needs q of the others' custodians; absence needs k − q + 1 + f of them with f = q − 1, that is all k.
fn check_custodians(directory: &Directory, own: &PartyName, options: &DeclareOptions) -> Result<(), DeskError> {
    let refuse = |rule: String| Err(DeskError::Declaration { rule });
    for custodian in &options.custodians {
        match directory.party(custodian) {
            None => return Err(DeskError::UnknownParty { party: custodian.clone() }),
            Some(party) if party.custodian.is_none() => return refuse(format!("{custodian} keeps no mailboxes")),
            Some(_) => {}
        }
    }
    let exchange = directory.exchange().as_party();
    let eligible = options.custodians.iter().filter(|c| *c != own && **c != exchange).count();
    let quorum = options.quorum as usize;
    if quorum == 0 || quorum > eligible {
        return refuse(format!(
            "a quorum of {quorum} cannot be reached: {eligible} custodians of other organisations are named, and own ones and the exchange's never count"
        ));
    }
    Ok(())
}
