//! Calls on record, decisions, and the denial.

use crate::client::{Patience, Signing, from_json};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::payload::payload;
use crate::record::HeadsRow;
use monition_evidence::directory::DeclarationRecord;
use monition_evidence::mailbox::{ChainHead, ChainName};
use monition_evidence::statement::{Decision, DecisionRecord, Denial, KnownHead, LIST_MAX, OutOfBandNotice};
use monition_evidence::wire::{ListingAnswer, ListingRequest, OpenedHeads, observer_paths};
use monition_evidence::{Body, Digest, PartyName, SecretKey, Statement, Text, UnixSeconds, Wid};
use std::time::Duration;
use tokio::time::Instant;

/// A denial, and on what it rests.
#[derive(Clone, Debug)]
pub struct Denied {
    /// SHA-256 of the denial.
    pub denial: Digest,
    /// Complete listings of custodians, by which heads are shown.
    pub listings: usize,
    /// Custodians that gave none, and why.
    pub missing: Vec<(PartyName, String)>,
}

impl Desk {
    /// Puts a call, a visit or a letter on record.
    ///
    /// # Errors
    /// [`DeskError::Statement`], [`DeskError::Refused`].
    pub async fn note_call(
        &self,
        to: &PartyName,
        channel: &str,
        at: UnixSeconds,
        note: Option<Text>,
        wid: Option<Wid>,
    ) -> Result<Digest, DeskError> {
        let commitment = self.commit(note)?;
        let head = self.head_about(self.anchor().await?, wid, None, None, None);
        let payload = payload!(
            &head,
            self.eid()?,
            OutOfBandNotice { to: to.clone(), channel: channel.to_owned(), at: at, note: commitment }
        );
        let statement = self.sign(&payload, &Slot::Statement)?;
        self.keep_and_send(&statement).await?;
        Ok(statement.digest())
    }

    /// Puts a decision to warn, or not to, on record: a commitment in the log, shown later if ever.
    ///
    /// # Errors
    /// [`DeskError::Refused`].
    pub async fn decide(&self, decision: Decision, note: Option<Text>, wid: Option<Wid>) -> Result<Digest, DeskError> {
        let commitment = self.commit(note)?;
        let head = self.head_about(self.anchor().await?, wid, None, None, None);
        let payload = payload!(&head, self.eid()?, DecisionRecord { decision: decision, note: commitment });
        let statement = self.sign(&payload, &Slot::Statement)?;
        self.keep_and_send(&statement).await?;
        Ok(statement.digest())
    }

    /// Denies: "no such warning lay in our mailboxes until T". Fetches complete listings from every custodian of every own
    /// declaration, up to heads fixed at or after T, then signs.
    ///
    /// `question` is a `told …` about ourselves; `before` is T.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] if the record holds what would be denied, or T lies in the future, or no custodian
    /// gave a listing within `timeout`.
    pub async fn deny(&self, question: &str, before: UnixSeconds, timeout: Duration) -> Result<Denied, DeskError> {
        use monition_evidence::judge::Question;
        let refuse = |rule: String| Err(DeskError::NotPossible { rule });
        let Ok(Question::Told(mut told)) = Question::parse(question) else {
            return refuse(format!("{question:?} is not a question of the form 'told … by … before …'"));
        };
        if told.party != *self.party() {
            return refuse(format!("only {} can deny what lay in its mailboxes", told.party));
        }
        if told.before.is_some_and(|t| t != before) {
            return refuse(format!("the question names another time than {before}"));
        }
        // The judge compares the denial's words with its time: the question always names it.
        told.before = Some(before);
        if before > self.now() {
            return refuse(format!("{before} lies in the future"));
        }
        self.collect(0).await?;
        if let Some(contrary) = self.contrary(&told, before)? {
            return refuse(format!("the record holds the warning {contrary}: a denial would be false"));
        }
        let directory = self.sync_directory().await?;
        let declarations = directory.party(self.party()).map(|p| p.declarations.clone()).unwrap_or_default();
        let end = Instant::now() + timeout;
        let (mut heads, mut missing) = (Vec::new(), Vec::new());
        for record in &declarations {
            let until = record.declaration.valid_until.plus(record.declaration.grace_seconds);
            for custodian in &record.declaration.custodians {
                match self.listing_until(record, custodian, before.min(until), end).await {
                    Ok(known) => heads.push(known),
                    Err(error) => missing.push((custodian.clone(), error.to_string())),
                }
            }
        }
        if heads.is_empty() {
            let why = missing.first().map_or("there is no declaration".to_owned(), |(c, e)| format!("{c}: {e}"));
            return refuse(format!("no custodian gave a complete listing: {why}"));
        }
        self.directory_witnessed_at(before, end).await;
        heads.truncate(LIST_MAX);
        let listings = heads.len();
        let question =
            Text::parse(&told.to_string()).map_err(|rule| DeskError::NotPossible { rule: rule.to_owned() })?;
        let head = self.head_about(self.anchor().await?, told.of, None, None, None);
        let payload = payload!(&head, self.eid()?, Denial { question: question, before: before, heads: heads });
        let statement = self.sign(&payload, &Slot::Statement)?;
        self.keep_and_send(&statement).await?;
        Ok(Denied { denial: statement.digest(), listings, missing })
    }

    /// A received warning that the denial would deny: by our clock or by its author's claim it was there before T. When it
    /// lay there is for a judge, but nobody should sign what the own record may contradict.
    fn contrary(&self, told: &monition_evidence::judge::Told, before: UnixSeconds) -> Result<Option<Wid>, DeskError> {
        for entry in self.inbox()? {
            let Some(core) = entry.core.map(|core| self.record().statement(&core)).transpose()?.flatten() else {
                continue;
            };
            let common = core.statement.common();
            let by = told.by.as_ref().is_none_or(|by| by == common.iss);
            let of = told.of.is_none() || told.of.as_ref() == common.wid;
            if by && of && (entry.received_at < before || common.iat < before) {
                return Ok(entry.wid);
            }
        }
        Ok(None)
    }

    /// Waits until the followed directory has a note that the trust's quorum cosigned at or after `time`.
    async fn directory_witnessed_at(&self, time: UnixSeconds, end: Instant) {
        let Ok(check) = self.note_check().await else { return };
        if check.trust.is_none() {
            return;
        }
        while Instant::now() < end {
            if let Err(error) = self.sync_directory().await {
                tracing::info!(%error, "the directory could not be followed");
            }
            let note = self.directory_note().await;
            let checked = note.and_then(|note| check.directory_note("the record", note.text.as_bytes()).ok());
            if let Some(note) = checked.filter(|note| note.not_before.is_some_and(|t| t >= time)) {
                if let Err(error) = self.record().keep_note(&note.origin, note.head.size.value(), &note.text) {
                    tracing::warn!(%error, "the directory's note could not be kept");
                }
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tracing::warn!(%time, "no directory note was cosigned at or after that time yet");
    }

    async fn listing_until(
        &self,
        record: &DeclarationRecord,
        custodian: &PartyName,
        not_before: UnixSeconds,
        end: Instant,
    ) -> Result<KnownHead, DeskError> {
        loop {
            match self.listing(record, custodian, not_before).await {
                Err(error) if error.exit_code() == 75 && Instant::now() < end => {
                    tracing::debug!(%custodian, %error, "the listing is not there yet");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                answer => return answer,
            }
        }
    }

    /// One complete listing, checked: items chained from h(0) to heads that the custodian signed.
    async fn listing(
        &self,
        record: &DeclarationRecord,
        custodian: &PartyName,
        not_before: UnixSeconds,
    ) -> Result<KnownHead, DeskError> {
        let url = format!("{}{}", self.custodian_url(custodian).await?, observer_paths::LISTING);
        let request = ListingRequest {
            declaration: record.digest,
            mailbox: record.declaration.mailbox,
            not_before: Some(not_before),
        };
        let key = SecretKey::from_seed(&*self.keys().seed(&Slot::Mailbox)?);
        let signing = Signing { key: &key, audience: custodian, now: self.now() };
        let answer = self.http.post_json(&url, &request, Some(signing), Patience::Once).await?;
        let answer: ListingAnswer = from_json(&url, &answer)?;
        let name = self.chain_name(record, custodian);
        let heads = self.check_heads(&url, custodian, &name, &answer.heads).await?;
        let reached = ChainHead::empty(&name).extend(&answer.items);
        if reached != answer.heads.opening.head {
            let detail = format!("its {} items do not lead to the head that it signed", answer.items.len());
            return Err(DeskError::Answer { url, detail });
        }
        self.anchor_reached(&url, &heads, not_before).await?;
        self.keep_heads(&heads, custodian, &record.digest, &answer.heads, Some(answer.items))?;
        Ok(KnownHead { custodian: custodian.clone(), declaration: record.digest, n: reached.n, h: reached.h })
    }

    /// The name of a custodian's chain of an own mailbox.
    pub(crate) fn chain_name(&self, record: &DeclarationRecord, custodian: &PartyName) -> ChainName {
        ChainName {
            exchange: self.config().exchange.clone(),
            mailbox: record.declaration.mailbox,
            declaration: record.digest,
            custodian: custodian.clone(),
        }
    }

    /// Checks signature, author and opening of a custodian's heads.
    pub(crate) async fn check_heads(
        &self,
        url: &str,
        custodian: &PartyName,
        name: &ChainName,
        heads: &OpenedHeads,
    ) -> Result<Statement, DeskError> {
        let statement = self.checked(url, &heads.statement, Some(custodian)).await?;
        let wrong = |detail: String| DeskError::Answer { url: url.to_owned(), detail };
        let Body::CustodyHeads(body) = statement.body() else {
            return Err(wrong(format!("a {} in place of heads", statement.body().name())));
        };
        heads.opening.verify(&name.h0(), &body.root, body.mailboxes).map_err(|error| wrong(error.to_string()))?;
        Ok(statement)
    }

    /// Keeps checked heads.
    pub(crate) fn keep_heads(
        &self,
        statement: &Statement,
        custodian: &PartyName,
        declaration: &Digest,
        heads: &OpenedHeads,
        items: Option<Vec<monition_evidence::mailbox::Item>>,
    ) -> Result<Digest, DeskError> {
        let Body::CustodyHeads(body) = statement.body() else {
            return Err(DeskError::NotPossible { rule: "only heads are kept as heads".to_owned() });
        };
        let digest = self.record().keep(statement, self.now(), None)?;
        self.record().keep_heads(&HeadsRow {
            digest,
            custodian: custodian.clone(),
            declaration: *declaration,
            period: body.period,
            opening: heads.opening.clone(),
            items,
        })?;
        Ok(digest)
    }

    /// Whether a statement's anchor was cosigned by the trust's quorum at or after `time`: its own claim counts nothing.
    ///
    /// # Errors
    /// [`DeskError::NotWitnessed`] if not: later heads will do.
    pub(crate) async fn anchor_reached(
        &self,
        url: &str,
        statement: &Statement,
        time: UnixSeconds,
    ) -> Result<(), DeskError> {
        if self.note_check().await?.trust.is_none() {
            return Ok(());
        }
        let note = self.anchor_note(statement).await?;
        if note.is_some_and(|note| note.not_before.is_some_and(|t| t >= time)) {
            return Ok(());
        }
        let origin = url.to_owned();
        Err(DeskError::NotWitnessed { origin, detail: format!("the heads are not anchored at or after {time} yet") })
    }
}
