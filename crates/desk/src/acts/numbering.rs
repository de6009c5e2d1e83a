//! Which number the next submission gets (docs/protocol.md §4.2, `seq` and `prev_sub`).
//!
//! The numbers count for (party in whose name, recipient), whichever desk signs. **The exchange is their keeper**: it
//! accepts a number once. A desk alone with its keys and its own record needs nobody: the record has the last number.
//! Where another desk may have signed meanwhile, the record is not enough, and the desk asks (`/v1/chain`) before it
//! numbers:
//!
//! | when | why |
//! |---|---|
//! | it acts for another party | that party's own desk, and its other delegates, number too |
//! | its own party ever gave somebody the right `send` | as above |
//! | its record was restored, and the exchange has not confirmed this chain since | what was sent after the backup is not in it |
//!
//! It continues from a higher number only with the exchange's signed acceptance of that last submission, which it keeps.
//! It never goes back: an exchange that names a lower number than it has accepted, or another submission under the same,
//! contradicts itself; that is kept as an alarm, and nothing is signed. Without an answer nothing is signed either. Two
//! desks that ask at one moment get one number, and the exchange refuses the second, signed: that one asks again.

use crate::acting::Acting;
use crate::client::{Patience, Signing, from_json};
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::record::{Alarm, ChainPlace};
use monition_evidence::statement::DelegatedRight;
use monition_evidence::wire::{ChainAnswer, ChainRequest, JSON_TYPE, exchange_paths};
use monition_evidence::{Body, Digest, PartyName, SecretKey, Statement};

/// How often a submission is numbered anew when another desk of the party was faster.
pub(super) const NUMBERINGS_MAX: u32 = 3;

impl Acting<'_> {
    /// The last submission to a recipient that counts, as far as it must be known to number the next one.
    pub(super) async fn last_place(&self, to: &PartyName) -> Result<Option<ChainPlace>, DeskError> {
        self.key_in_force().await?;
        self.send_what_waits(to).await?;
        let known = self.without_dead(to, self.desk.record().chain(self.party(), to)?).await?;
        let forgetful = self.desk.record().restored()? && !known.is_some_and(|place| place.told);
        if !forgetful && !self.shares_numbers().await {
            return Ok(known);
        }
        let (told, acceptance) = self.ask_place(to).await?;
        let told_seq = told.map_or(0, |place| place.seq);
        if let Some(contradicted) = self.contradicted(to, known, told)? {
            return Err(self.forgotten(to, told_seq, contradicted)?);
        }
        match (known, told) {
            (_, None) => Ok(known),
            (Some(known), Some(told)) if known.seq > told.seq => Ok(Some(known)),
            (Some(known), Some(told))
                if known.seq == told.seq && known.last != told.last && self.waits(&known.last)? =>
            {
                let rule = format!(
                    "number {} to {to} was taken by another desk of {}; the warning that waits here under it cannot be sent: compose it anew",
                    known.seq,
                    self.party()
                );
                Err(DeskError::NotPossible { rule })
            }
            (_, Some(told)) => {
                if let Some(acceptance) = acceptance {
                    self.desk.record().keep(&acceptance, self.desk.now(), None)?;
                }
                self.desk.record().continue_chain(self.party(), to, told.seq, &told.last)?;
                Ok(Some(told))
            }
        }
    }

    /// Whether the exchange has neither taken a submission of this record nor refused it for good.
    fn waits(&self, submission: &Digest) -> Result<bool, DeskError> {
        let row = self.desk.record().sent(submission)?;
        Ok(row.is_some_and(|row| row.acceptance.is_none() && row.rejection.is_none()))
    }

    /// Nothing is signed with a key that counts no longer: refused without a signature, it would take its number along.
    async fn key_in_force(&self) -> Result<(), DeskError> {
        let kid = self.desk.keys().key(&Slot::Statement)?.public().kid();
        let directory = self.desk.directory().await;
        match directory.key(&kid) {
            Some(record) if record.end.is_none() => Ok(()),
            _ => Err(DeskError::KeyEnded { kid }),
        }
    }

    /// A submission that was refused without a signed rejection keeps its number, since two under one number convict the
    /// sender. If its key has ended since, it can never stand in the log again, and the number is free.
    async fn without_dead(&self, to: &PartyName, known: Option<ChainPlace>) -> Result<Option<ChainPlace>, DeskError> {
        let Some(place) = known else { return Ok(None) };
        let row = self.desk.record().sent(&place.last)?;
        let Some(held) =
            self.desk.record().statement(&place.last)?.filter(|_| row.is_some_and(|r| r.rejection.is_some()))
        else {
            return Ok(known);
        };
        let directory = self.desk.directory().await;
        let kid = held.statement.jws().kids().next();
        if kid.and_then(|kid| directory.key(&kid)).is_some_and(|key| key.end.is_some()) {
            self.desk.record().free_place(&place.last)?;
            return self.desk.record().chain(self.party(), to);
        }
        Ok(known)
    }

    /// What a refused number means: another desk was faster, or somebody signs whom this record does not know.
    pub(super) async fn out_of_sequence(&self, to: &PartyName, refusal: DeskError) -> Result<(), DeskError> {
        if self.shares_numbers().await || self.desk.record().restored()? {
            return Ok(());
        }
        let known = self.desk.record().chain(self.party(), to)?.map_or(0, |place| place.seq);
        match self.ask_place(to).await {
            Ok((Some(told), _)) if told.seq > known => Err(DeskError::UnknownSubmissions {
                party: self.party().clone(),
                recipient: to.clone(),
                known,
                told: told.seq,
            }),
            _ => Err(refusal),
        }
    }

    /// Whether another desk may number submissions of this party.
    async fn shares_numbers(&self) -> bool {
        let directory = self.desk.directory().await;
        let given = directory.party(self.party()).map(|party| party.delegations.as_slice()).unwrap_or_default();
        !self.is_own() || given.iter().any(|given| given.delegation.rights.contains(&DelegatedRight::Send))
    }

    /// A submission that waits has its number already, and none after it counts before it does.
    async fn send_what_waits(&self, to: &PartyName) -> Result<(), DeskError> {
        for statement in self.desk.record().waiting()? {
            let Some(row) = self.desk.record().sent(&statement.digest())? else { continue };
            if row.iss == *self.party()
                && row.recipient == *to
                && let Err(error) = self.desk.hand_in(&statement, Patience::Once).await
            {
                tracing::info!(%error, submission = %row.submission, "a submission still waits");
            }
        }
        Ok(())
    }

    /// Asks the exchange; what it names it shows its own acceptance of.
    async fn ask_place(&self, to: &PartyName) -> Result<(Option<ChainPlace>, Option<Statement>), DeskError> {
        let url = self.desk.exchange_url(exchange_paths::CHAIN);
        let request = ChainRequest { sender: self.party().clone(), recipient: to.clone() };
        let audience = self.desk.config().exchange.as_party();
        let key = SecretKey::from_seed(&*self.desk.keys().seed(&Slot::Statement)?);
        let signing = Signing { key: &key, audience: &audience, now: self.desk.now() };
        let body = serde_json::to_vec(&request).unwrap_or_default();
        let answer = self.desk.http.post_signed(&url, JSON_TYPE, body, Some(signing), Patience::Some).await?;
        let answer: ChainAnswer = from_json(&url, &answer)?;
        let wrong = |detail: &str| DeskError::Answer { url: url.clone(), detail: detail.to_owned() };
        let (last, text) = match (answer.seq, answer.prev_sub, &answer.acceptance) {
            (0, None, None) => return Ok((None, None)),
            (1.., Some(last), Some(text)) => (last, text),
            _ => return Err(wrong("a number without its submission and the acceptance of it")),
        };
        let acceptance = self.desk.checked(&url, text, Some(&audience)).await?;
        match acceptance.body() {
            Body::SubmissionAcceptance(accepted) if accepted.submission == last => {}
            _ => return Err(wrong("not the acceptance of the submission that it names")),
        }
        Ok((Some(ChainPlace { seq: answer.seq, last, told: true }), Some(acceptance)))
    }

    /// An accepted submission of this record that the exchange's answer leaves out.
    pub(crate) fn contradicted(
        &self,
        to: &PartyName,
        known: Option<ChainPlace>,
        told: Option<ChainPlace>,
    ) -> Result<Option<Digest>, DeskError> {
        let told_seq = told.map_or(0, |place| place.seq);
        let rows = self.desk.record().all_sent()?;
        let mut own = rows.iter().filter(|row| row.iss == *self.party() && row.recipient == *to);
        let left_out = own.find(|row| {
            let other = row.seq == told_seq && told.is_some_and(|told| told.last != row.submission);
            row.acceptance.is_some() && row.rejection.is_none() && (row.seq > told_seq || other)
        });
        if let Some(row) = left_out {
            return Ok(Some(row.submission));
        }
        // A place that this desk took over from an earlier answer.
        let taken_over = known.filter(|known| rows.iter().all(|row| row.submission != known.last));
        let other = |known: &ChainPlace| {
            known.seq > told_seq || (known.seq == told_seq && told.is_some_and(|told| told.last != known.last))
        };
        Ok(taken_over.filter(other).map(|known| known.last))
    }

    fn forgotten(&self, to: &PartyName, told: u64, submission: Digest) -> Result<DeskError, DeskError> {
        let accepted = self.desk.record().about(&submission)?.into_iter().map(|held| held.statement);
        let acceptance = accepted.into_iter().find(|s| matches!(s.body(), Body::SubmissionAcceptance(_)));
        let detail = format!(
            "the exchange names number {told} as the last of {} to {to}, and it had accepted {submission} after that",
            self.party()
        );
        self.desk.record().raise(&Alarm {
            at: self.desk.now(),
            code: "misbehaviour-sequence-forgotten".to_owned(),
            detail: detail.clone(),
            first: acceptance.map(|s| s.as_text().into_owned()).unwrap_or_default(),
            second: format!("{told}"),
        })?;
        Ok(DeskError::Answer { url: self.desk.exchange_url(exchange_paths::CHAIN), detail })
    }
}
