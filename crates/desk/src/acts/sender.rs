//! Warning, amending, withdrawing, and how a submission stands.

use crate::acting::Acting;
use crate::acts::numbering::NUMBERINGS_MAX;
use crate::client::{Patience, from_json};
use crate::compose::{Composed, Draft, Envelope, compose};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::randomness::{OsRandomness, Randomness};
use crate::record::SentRow;
use monition_evidence::directory::DeclarationRecord;
use monition_evidence::encoding::to_base64url;
use monition_evidence::statement::DelegatedRight;
use monition_evidence::values::{ReplyStatus, WarningStatus};
use monition_evidence::warning::{Field, Value};
use monition_evidence::wire::{SUBMISSION_TYPE, SubmissionAnswer, SubmissionRequest, exchange_paths};
use monition_evidence::{Body, Digest, PartyName, SecretKey, Statement, Text, UnixSeconds, Wid};
use std::collections::BTreeSet;
use std::time::Duration;

/// A submission that the exchange has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Identity of the core.
    pub core: Digest,
    /// The warning.
    pub wid: Wid,
    /// To whom.
    pub recipient: PartyName,
    /// Its number in the chain to this recipient.
    pub seq: u64,
    /// SHA-256 of the recipient's declaration.
    pub declaration: Digest,
    /// When the exchange promises that q custodians hold it.
    pub by: UnixSeconds,
}

/// How an own submission stands, by what the record holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The exchange accepted it.
    pub accepted: bool,
    /// The code of a final refusal.
    pub rejection: Option<String>,
    /// Organisations whose consignment has a proven place in the log, without the sender's and the exchange's own.
    pub consignments_proven: usize,
    /// How many are needed.
    pub quorum: usize,
    /// A custodian says that it handed it over.
    pub handed_over: bool,
    /// The recipient's system signed that it decrypted it.
    pub decrypted: bool,
    /// What people answered.
    pub replies: Vec<ReplyStatus>,
    /// Statements about it whose place in the log is not proven yet.
    pub unproven: usize,
}

impl Standing {
    /// Whether the sender needs nothing more from anyone.
    #[must_use]
    pub fn available(&self) -> bool {
        self.accepted && self.quorum > 0 && self.consignments_proven >= self.quorum
    }
}

/// The code by which an exchange refuses a number (docs/errors.md).
const OUT_OF_SEQUENCE: &str = "evidence-sequence";

struct Place {
    wid: Wid,
    status: WarningStatus,
    amends: Option<Digest>,
}

impl Acting<'_> {
    /// Warns one party or many, each with a core of its own. Several share a `campaign` that ties them together for
    /// those to whom it is shown; one is drawn if the draft names none. One refusal does not stop the others.
    pub async fn warn(&self, draft: &Draft, to: &[PartyName]) -> Vec<(PartyName, Result<Sent, DeskError>)> {
        let mut draft = draft.clone();
        let drawn =
            if to.len() > 1 && !draft.fields.contains_key(&Field::Campaign) { draw_campaign() } else { Ok(None) };
        let mut results = Vec::new();
        match drawn {
            Ok(campaign) => draft.fields.extend(campaign.map(|text| (Field::Campaign, Value::Text(text)))),
            Err(error) => {
                results.extend(to.first().map(|party| (party.clone(), Err(error))));
                return results;
            }
        }
        for party in to {
            let result = self.warn_one(&draft, party).await;
            results.push((party.clone(), result));
        }
        results
    }

    async fn warn_one(&self, draft: &Draft, to: &PartyName) -> Result<Sent, DeskError> {
        let wid = Wid::from_bytes(OsRandomness.array()?);
        self.warn_named(draft, to, wid).await
    }

    /// Warns under a name that the caller drew and kept: after a crash the record is asked for it.
    pub(crate) async fn warn_named(&self, draft: &Draft, to: &PartyName, wid: Wid) -> Result<Sent, DeskError> {
        self.require(DelegatedRight::Send).await?;
        self.submit(draft, to, Place { wid, status: WarningStatus::First, amends: None }).await
    }

    /// Sends a new version of a warning that was sent before.
    ///
    /// # Errors
    /// [`DeskError::NotHeld`], [`DeskError::NotPossible`] if it was withdrawn or is not the newest version; as
    /// [`Desk::warn`].
    pub async fn amend(&self, submission: &Digest, draft: &Draft) -> Result<Sent, DeskError> {
        self.follow_up(submission, draft, WarningStatus::Amended).await
    }

    /// Takes a warning back: a new version without content, its reason always shown.
    ///
    /// # Errors
    /// As [`Desk::amend`].
    pub async fn withdraw(&self, submission: &Digest, reason: Text) -> Result<Sent, DeskError> {
        let (_, core) = self.sent_core(submission)?;
        let mut draft = Draft::new(core.class, core.urgency);
        (draft.tlp, draft.relay, draft.reason) = (core.tlp, core.relay, Some(reason));
        self.follow_up(submission, &draft, WarningStatus::Withdrawn).await
    }

    async fn follow_up(&self, submission: &Digest, draft: &Draft, status: WarningStatus) -> Result<Sent, DeskError> {
        self.require(DelegatedRight::Send).await?;
        let (row, core) = self.sent_core(submission)?;
        if core.status == WarningStatus::Withdrawn {
            return Err(DeskError::NotPossible { rule: "it was withdrawn: send a new warning".to_owned() });
        }
        let newer = self.desk.record().all_sent()?.into_iter().any(|other| {
            other.wid == row.wid
                && other.iss == row.iss
                && other.recipient == row.recipient
                && other.rejection.is_none()
                && self.desk.core_of(&other).is_ok_and(|c| c.amends == Some(row.core_identity))
        });
        if newer {
            let rule = "this version was amended or withdrawn already: name the newest one".to_owned();
            return Err(DeskError::NotPossible { rule });
        }
        let place = Place { wid: row.wid, status, amends: Some(row.core_identity) };
        self.submit(draft, &row.recipient, place).await
    }

    /// An own submission and its core.
    pub(crate) fn sent_core(
        &self,
        submission: &Digest,
    ) -> Result<(SentRow, monition_evidence::warning::Warning), DeskError> {
        let row = self.desk.record().sent(submission)?;
        let row = row.ok_or(DeskError::NotHeld { what: "own submission", digest: *submission })?;
        if row.iss != *self.party() {
            return Err(DeskError::OfAnother { submission: *submission, party: row.iss, acting: self.party().clone() });
        }
        let core = self.desk.core_of(&row)?;
        Ok((row, core))
    }

    async fn submit(&self, draft: &Draft, to: &PartyName, place: Place) -> Result<Sent, DeskError> {
        let declared = self.desk.declaration_in_force(to).await?;
        let mut tries = 1;
        loop {
            let composed = self.compose_next(draft, to, &place, &declared).await?;
            self.desk.record().keep_sent(&composed, to, self.desk.now())?;
            match self.desk.hand_in(&composed.submission, Patience::Some).await {
                Err(DeskError::Refused { url, problem })
                    if problem.code == OUT_OF_SEQUENCE && tries < NUMBERINGS_MAX =>
                {
                    // The refusal is signed, so the number is free, and this submission stays refused for good.
                    self.out_of_sequence(to, DeskError::Refused { url, problem }).await?;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn compose_next(
        &self,
        draft: &Draft,
        to: &PartyName,
        place: &Place,
        declared: &DeclarationRecord,
    ) -> Result<Composed, DeskError> {
        let anchor = self.desk.anchor().await?;
        let last = self.last_place(to).await?;
        let envelope = Envelope {
            exchange: self.desk.config().exchange.clone(),
            iss: self.party().clone(),
            iat: self.desk.now(),
            anchor,
            wid: place.wid,
            status: place.status,
            amends: place.amends,
            declaration_digest: declared.digest,
            declaration: &declared.declaration,
            seq: last.map_or(1, |last| last.seq + 1),
            prev_sub: last.map(|last| last.last),
        };
        let seed = self.desk.keys().seed(&Slot::Statement)?;
        compose(draft, &envelope, &SecretKey::from_seed(&seed), &mut OsRandomness)
    }
}

impl Desk {
    fn core_of(&self, row: &SentRow) -> Result<monition_evidence::warning::Warning, DeskError> {
        match self.record().statement(&row.core)?.map(|held| held.statement.body().clone()) {
            Some(Body::Warning(core)) => Ok(core),
            _ => Err(DeskError::NotHeld { what: "core", digest: row.core }),
        }
    }

    /// The declaration by which a party can be told now.
    pub(crate) async fn declaration_in_force(&self, party: &PartyName) -> Result<DeclarationRecord, DeskError> {
        let directory = self.sync_directory().await?;
        let known = directory.party(party).ok_or_else(|| DeskError::UnknownParty { party: party.clone() })?;
        let newest = known.declaration().filter(|record| record.declaration.valid_until > self.now());
        newest.cloned().ok_or_else(|| DeskError::NoDeclaration { party: party.clone() })
    }

    /// Hands a kept submission to the exchange, for the first time or again.
    pub(crate) async fn hand_in(&self, submission: &Statement, patience: Patience) -> Result<Sent, DeskError> {
        let digest = submission.digest();
        let row = self.record().sent(&digest)?;
        let row = row.ok_or(DeskError::NotHeld { what: "own submission", digest })?;
        let bodies = self.record().sent_framing(&digest)?;
        let request = SubmissionRequest { submission: submission.clone(), bodies }.to_bytes();
        let url = self.exchange_url(exchange_paths::SUBMISSIONS);
        let answer = match self.http.post(&url, SUBMISSION_TYPE, request, patience).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.not_taken(&digest, error).await?),
        };
        let answer: SubmissionAnswer = from_json(&url, &answer)?;
        let exchange = self.config().exchange.as_party();
        let acceptance = self.checked(&url, &answer.acceptance, Some(&exchange)).await?;
        let Body::SubmissionAcceptance(accepted) = acceptance.body() else {
            let detail = format!("a {} in place of an acceptance", acceptance.body().name());
            return Err(DeskError::Answer { url, detail });
        };
        if accepted.submission != digest {
            return Err(DeskError::Answer { url, detail: "an acceptance of another submission".to_owned() });
        }
        self.record().accepted(&digest, &acceptance, self.now())?;
        Ok(Sent {
            submission: digest,
            core: row.core_identity,
            wid: row.wid,
            recipient: row.recipient,
            seq: row.seq,
            declaration: row.declaration,
            by: accepted.by,
        })
    }

    /// A final refusal is kept with its statement; anything else leaves the submission waiting.
    async fn not_taken(&self, digest: &Digest, error: DeskError) -> Result<DeskError, DeskError> {
        if let DeskError::Refused { url, problem } = &error
            && error.exit_code() != 75
            && problem.status < 500
        {
            let exchange = self.config().exchange.as_party();
            let rejection = match &problem.rejection {
                Some(text) => self.checked(url, text, Some(&exchange)).await.ok(),
                None => None,
            };
            let fits = rejection.filter(|statement| statement.submission() == Some(*digest));
            self.record().rejected(digest, &problem.code, fits.as_ref(), self.now())?;
        }
        Ok(error)
    }

    /// How an own submission stands, by what is held. [`Desk::follow`] brings news.
    ///
    /// # Errors
    /// [`DeskError::NotHeld`], [`DeskError::Record`].
    pub async fn standing(&self, submission: &Digest) -> Result<Standing, DeskError> {
        let row = self.record().sent(submission)?;
        let row = row.ok_or(DeskError::NotHeld { what: "own submission", digest: *submission })?;
        let directory = self.directory().await;
        let declaration = directory.declaration(&row.declaration).map(|(_, record)| record.declaration.clone());
        let mut standing = Standing {
            accepted: row.acceptance.is_some(),
            rejection: row.rejection,
            quorum: declaration.as_ref().map_or(0, |d| d.quorum as usize),
            ..Standing::default()
        };
        let never = [row.iss, self.config().exchange.as_party(), row.recipient];
        let mut custodians = BTreeSet::new();
        for held in self.record().about(submission)? {
            let proven = held.proof.is_some();
            standing.unproven += usize::from(!proven);
            match held.statement.body() {
                Body::ContentConsignment(c) if proven && c.declaration == row.declaration => {
                    custodians.insert(c.iss.clone());
                }
                Body::ContentHandover(_) => standing.handed_over = true,
                Body::ContentAccess(access) => standing.decrypted |= access.core == Some(row.core_identity),
                Body::Reply(reply) if reply.iss == never[2] => standing.replies.push(reply.status),
                _ => {}
            }
        }
        let declared = |c: &&PartyName| declaration.as_ref().is_some_and(|d| d.custodians.contains(c));
        standing.consignments_proven = custodians.iter().filter(declared).filter(|c| !never.contains(c)).count();
        Ok(standing)
    }

    /// Follows the exchange until a submission is available: q consignments with proven places in the log.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] after `timeout` or after a refusal; as [`Desk::follow`].
    pub async fn until_available(&self, submission: &Digest, timeout: Duration) -> Result<Standing, DeskError> {
        let end = tokio::time::Instant::now() + timeout;
        loop {
            self.follow().await?;
            let standing = self.standing(submission).await?;
            if standing.available() {
                return Ok(standing);
            }
            if let Some(code) = &standing.rejection {
                return Err(DeskError::NotPossible { rule: format!("the exchange refused it: {code}") });
            }
            if tokio::time::Instant::now() >= end {
                let rule = format!(
                    "{} of {} custodians hold it provably after {} s",
                    standing.consignments_proven,
                    standing.quorum,
                    timeout.as_secs()
                );
                return Err(DeskError::NotPossible { rule });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn draw_campaign() -> Result<Option<Text>, DeskError> {
    let text = format!("campaign {}", to_base64url(&OsRandomness.array::<12>()?));
    Text::parse(&text).map(Some).map_err(|rule| DeskError::Compose { rule: rule.to_owned() })
}
