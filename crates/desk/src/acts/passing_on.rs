//! Consent by the author, and passing a warning on by its recipient (rules: [`crate::relay`]).

use crate::acting::Acting;
use crate::acts::Sent;
use crate::client::{Patience, from_json};
use crate::compose::{Attachment, Draft};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::payload::payload;
use crate::relay::{RELAY_MEDIA_TYPE, RelayPlan, RelayedOriginal, decide};
use monition_evidence::statement::{DelegatedRight, Payload, Relay, RelayConsent};
use monition_evidence::warning::{Disclosure, Field, Group, Value};
use monition_evidence::wire::{CaseAnswer, CaseRequest, exchange_paths};
use monition_evidence::{Body, Digest, PartyName, Statement, Text, UnixSeconds};

/// What is to be passed on.
#[derive(Clone, Debug)]
pub struct RelayRequest {
    /// The submission by which it came.
    pub submission: Digest,
    /// The fields to pass on.
    pub fields: Vec<Field>,
    /// To whom.
    pub to: PartyName,
    /// Our own words. By default the original's class, urgency, marking and terms, and the passed fields' values.
    pub draft: Option<Draft>,
}

/// A warning that was passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Our own warning to the next recipient.
    pub sent: Sent,
    /// SHA-256 of the `Relay` statement.
    pub relay: Digest,
    /// SHA-256 of the consent on which it rests.
    pub consent: Option<Digest>,
}

impl Acting<'_> {
    /// Allows the recipient of an own submission to pass fields on to a third party.
    ///
    /// # Errors
    /// [`DeskError::NotHeld`], [`DeskError::NotPossible`] for an expiry that is over, [`DeskError::Refused`].
    pub async fn consent(
        &self,
        submission: &Digest,
        to: &PartyName,
        fields: &[Field],
        expiry: UnixSeconds,
    ) -> Result<Statement, DeskError> {
        let (row, _) = self.sent_core(submission)?;
        self.require(DelegatedRight::Send).await?;
        if expiry <= self.desk.now() {
            return Err(DeskError::NotPossible { rule: format!("the consent would be over at {expiry}") });
        }
        let mut positions: Vec<usize> = fields.iter().map(|field| field.position()).collect();
        positions.sort_unstable();
        positions.dedup();
        let digests = positions.iter().filter_map(|p| row.disclosures.get(*p)).map(Disclosure::digest).collect();
        let head = self.head_about(self.desk.anchor().await?, Some(row.wid), None, None, None);
        let payload = payload!(
            &head,
            self.desk.eid()?,
            RelayConsent {
                submission: *submission,
                core: row.core_identity,
                to: to.clone(),
                digests: digests,
                expiry: expiry,
            }
        );
        let statement = self.desk.sign(&payload, &Slot::Statement)?;
        self.desk.keep_and_send(&statement).await?;
        Ok(statement)
    }
}

impl Desk {
    /// Passes chosen fields of a received warning on, inside an own warning: attachment 1 carries the author's core with
    /// those disclosures, and a logged `Relay` says so.
    ///
    /// # Errors
    /// [`DeskError::Relay`] with the rule; as [`Desk::warn`].
    pub async fn relay(&self, request: &RelayRequest) -> Result<Relayed, DeskError> {
        // What came to another party is that party's to pass on: a Relay cannot be delegated.
        self.own().received(&request.submission)?;
        self.fetch_consents(&request.submission).await;
        let read = self.read(&request.submission)?;
        let core = read.opened.core.as_ref();
        let core = core.ok_or(DeskError::NotHeld { what: "readable core of", digest: request.submission })?;
        let Body::Warning(warning) = core.body() else {
            return Err(DeskError::NotHeld { what: "warning in", digest: request.submission });
        };
        let mut draft = request.draft.clone().unwrap_or_else(|| {
            let mut draft = Draft::new(warning.class.clone(), warning.urgency);
            (draft.tlp, draft.relay, draft.embargo_until) = (warning.tlp, warning.relay, warning.embargo_until);
            draft.retain_until = warning.retain_until;
            draft
        });
        let consents = self.consents(&request.submission, &core.identity(), &request.to).await?;
        let plan = |consent| RelayPlan {
            core: warning,
            core_identity: core.identity(),
            submission: request.submission,
            held: &read.opened.disclosed,
            fields: &request.fields,
            to: &request.to,
            tlp: draft.tlp,
            consent,
            now: self.now(),
        };
        // Any consent that allows it; else the refusal without one, or of the newest.
        let allowed = consents.iter().rev().find_map(|(statement, consent)| {
            decide(&plan(Some(consent))).ok().map(|chosen| (Some(statement.digest()), chosen))
        });
        let (consent, chosen) = match allowed {
            Some(allowed) => allowed,
            None => (None, decide(&plan(consents.last().map(|(_, c)| c)))?),
        };
        let digests: Vec<Digest> = chosen.iter().map(|d| d.digest()).collect();
        let original = RelayedOriginal {
            core: core.as_text().into_owned(),
            disclosures: chosen.iter().map(|d| d.as_str().to_owned()).collect(),
        };
        if request.draft.is_none() {
            copy_fields(&mut draft, &chosen);
        }
        draft.attachments.insert(0, attachment(&original)?);
        let wid = warning.wid;
        let core_identity = core.identity();
        let sent = self
            .warn(&draft, std::slice::from_ref(&request.to))
            .await
            .pop()
            .map_or_else(|| Err(DeskError::NotPossible { rule: "nobody was named".to_owned() }), |(_, sent)| sent)?;
        let head = self.head_about(self.anchor().await?, wid, Some(sent.core), None, None);
        let payload = payload!(
            &head,
            self.eid()?,
            Relay { core: core_identity, to: request.to.clone(), digests: digests, consent: consent }
        );
        let statement = self.sign(&payload, &Slot::Statement)?;
        self.keep_and_send(&statement).await?;
        Ok(Relayed { sent, relay: statement.digest(), consent })
    }

    /// Consents held for a submission, whose signatures stand, oldest first.
    async fn consents(
        &self,
        submission: &Digest,
        core: &Digest,
        to: &PartyName,
    ) -> Result<Vec<(Statement, RelayConsent)>, DeskError> {
        let directory = self.directory().await;
        let mut found = Vec::new();
        for held in self.record().about(submission)? {
            let Body::RelayConsent(consent) = held.statement.body() else { continue };
            let stands = directory.signer(&held.statement).is_ok_and(|signer| signer.end.is_none());
            if stands && consent.core == *core && consent.to == *to {
                found.push((held.statement.clone(), consent.clone()));
            }
        }
        Ok(found)
    }

    /// Looks for consents at the exchange; without an answer, what is held must do.
    async fn fetch_consents(&self, submission: &Digest) {
        let url = self.exchange_url(exchange_paths::CASE);
        let answer = self.http.post_json(&url, &CaseRequest { submission: *submission }, None, Patience::Once).await;
        let Ok(answer) = answer.and_then(|bytes| from_json::<CaseAnswer>(&url, &bytes)) else { return };
        for text in answer.statements {
            if let Ok(statement) = self.checked(&url, &text, None).await
                && statement.jws().typ() == RelayConsent::TYP
                && statement.submission() == Some(*submission)
                && let Err(error) = self.record().keep(&statement, self.now(), None)
            {
                tracing::warn!(%error, "a consent could not be kept");
            }
        }
    }
}

/// Our own warning says what is passed on, so that it can be read without taking the attachment apart.
fn copy_fields(draft: &mut Draft, chosen: &[&Disclosure]) {
    let own = |field: Field| field == Field::Addressee || field.group() == Group::Attachments;
    for disclosure in chosen.iter().filter(|d| !own(d.field) && d.value != Value::Null) {
        draft.fields.insert(disclosure.field, disclosure.value.clone());
    }
}

fn attachment(original: &RelayedOriginal) -> Result<Attachment, DeskError> {
    let broken = |rule: String| DeskError::Compose { rule };
    let content = serde_json::to_vec(original).map_err(|error| broken(error.to_string()))?;
    let media_type = Text::parse(RELAY_MEDIA_TYPE).map_err(|rule| broken(rule.to_owned()))?;
    Ok(Attachment { media_type, content })
}
