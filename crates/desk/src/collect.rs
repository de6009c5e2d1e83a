//! Collecting: one round of polling every custodian, acknowledging heads, fetching, opening, `ContentAccess`.
//!
//! Chains are recomputed from h(0); custodians are compared with each other and each with itself. A contradiction is
//! kept with both texts and shouted; it never stops the round, since a warning may lie with another custodian.
//! A delegate with the right `receive` does the same in the name of the party that gave it.
//! The `MailboxHeadAck` goes out in every round, also when nothing is new: its rhythm tells a watcher nothing.

use crate::acting::Acting;
use crate::client::{Patience, Signing, from_json};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::keystore::Slot;
use crate::open::{Delivery, Opened, decrypt, decrypt_one, read};
use crate::payload::payload;
use crate::record::{Alarm, InboxEntry, InboxState, ItemRow};
use monition_evidence::age::Identity;
use monition_evidence::directory::DeclarationRecord;
use monition_evidence::mailbox::{ChainHead, Item};
use monition_evidence::statement::{ContentAccess, DelegatedRight, KnownHead, MailboxHeadAck};
use monition_evidence::wire::{
    FetchRequest, Fetched, POLL_WAIT_SECONDS_MAX, PollAnswer, PollRequest, STATEMENT_TYPE, observer_paths,
};
use monition_evidence::{Body, Digest, PartyName, SecretKey, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long one custodian may lack what another has before that is an alarm: items arrive one after the other.
const DIVERGENCE_SECONDS: u64 = 30;
/// Most polls of one custodian in one round: 256 items each.
const PAGES_MAX: usize = 64;

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectReport {
    /// Custodians that answered.
    pub polled: Vec<PartyName>,
    /// Custodians that did not, or whose answer was refused, and why.
    pub failed: Vec<(PartyName, String)>,
    /// Items that were not known before.
    pub new_items: usize,
    /// Submissions that were fetched and opened.
    pub opened: Vec<Digest>,
    /// The heads were acknowledged to the exchange.
    pub acked: bool,
    /// Contradictions found in this round.
    pub alarms: usize,
}

/// A received warning, opened again from its bodies.
#[derive(Clone, Debug)]
pub struct ReadWarning {
    /// What the record says of it.
    pub entry: InboxEntry,
    /// Its content.
    pub opened: Opened,
}

struct Polled {
    custodian: PartyName,
    head: ChainHead,
}

impl Acting<'_> {
    /// One round. `wait_seconds` is how long custodians may hold the poll until something comes (long poll); 0 asks once.
    ///
    /// # Errors
    /// [`DeskError::NoDeclaration`] if this party has declared no mailbox, [`DeskError::Record`]; what single custodians
    /// do wrong stands in the report.
    pub async fn collect(&self, wait_seconds: u64) -> Result<CollectReport, DeskError> {
        let directory = self.require(DelegatedRight::Receive).await?;
        let declarations = directory.party(self.party()).map(|p| p.declarations.clone()).unwrap_or_default();
        if declarations.is_empty() {
            return Err(DeskError::NoDeclaration { party: self.party().clone() });
        }
        let mut report = CollectReport::default();
        let mut heads = BTreeMap::new();
        for (position, record) in declarations.iter().enumerate() {
            let superseded = declarations.get(position + 1).map(|next| next.declaration.iat);
            let end = superseded.unwrap_or(record.declaration.valid_until).min(record.declaration.valid_until);
            if end.plus(record.declaration.grace_seconds) < self.desk.now() {
                continue;
            }
            // Only the newest mailbox is worth waiting for.
            let wait = if superseded.is_none() { wait_seconds.min(POLL_WAIT_SECONDS_MAX) } else { 0 };
            let polled = self.poll_all(record, wait, &mut report).await?;
            self.compare_custodians(record, &polled, &mut report)?;
            heads.insert(record.declaration.mailbox, known_heads(record, &polled));
        }
        for (mailbox, heads) in heads.into_iter().filter(|(_, heads)| !heads.is_empty()) {
            match self.acknowledge(mailbox, heads).await {
                Ok(acked) => report.acked |= acked,
                Err(error) => tracing::warn!(%error, "the heads could not be acknowledged"),
            }
        }
        for record in &declarations {
            self.fetch_new(record, &mut report).await?;
        }
        Ok(report)
    }

    async fn poll_all(
        &self,
        record: &DeclarationRecord,
        wait_seconds: u64,
        report: &mut CollectReport,
    ) -> Result<Vec<Polled>, DeskError> {
        // Side by side: a custodian that waits or hangs does not hold up the others.
        let polls = record.declaration.custodians.iter().map(|custodian| self.poll(record, custodian, wait_seconds));
        let mut polled = Vec::new();
        for (custodian, result) in record.declaration.custodians.iter().zip(join_all(polls).await) {
            match result {
                Ok((head, new)) => {
                    report.polled.push(custodian.clone());
                    report.new_items += new;
                    polled.push(Polled { custodian: custodian.clone(), head });
                }
                Err(error @ DeskError::Record { .. }) => return Err(error),
                Err(error) => {
                    report.alarms += usize::from(matches!(error, DeskError::Fork { .. }));
                    report.failed.push((custodian.clone(), error.to_string()));
                }
            }
        }
        Ok(polled)
    }

    /// Polls one custodian to the end of its list; gives its head and how many items were new.
    async fn poll(
        &self,
        record: &DeclarationRecord,
        custodian: &PartyName,
        wait_seconds: u64,
    ) -> Result<(ChainHead, usize), DeskError> {
        let url = format!("{}{}", self.desk.custodian_url(custodian).await?, observer_paths::POLL);
        let name = self.desk.chain_name(record, custodian);
        let known = self.desk.record().cursor(&record.digest, custodian)?;
        let mut head = known.unwrap_or_else(|| ChainHead::empty(&name));
        let (key, mut new) = (self.desk.mailbox_key()?, 0);
        for page in 0..PAGES_MAX {
            let request = PollRequest {
                declaration: record.digest,
                mailbox: record.declaration.mailbox,
                after: head.n,
                wait_seconds: if page == 0 { wait_seconds } else { 0 },
            };
            let signing = Signing { key: &key, audience: custodian, now: self.desk.now() };
            let answer = self.desk.http.post_json(&url, &request, Some(signing), Patience::Once).await?;
            let answer: PollAnswer = from_json(&url, &answer)?;
            let rows = self.check_items(&url, record, custodian, head, &answer).await?;
            head = rows.last().map_or(head, |row| ChainHead { n: row.n, h: row.h });
            new += rows.len();
            self.desk.record().keep_items(&record.digest, custodian, &rows, head)?;
            if let Some(heads) = &answer.heads {
                self.check_polled_heads(&url, record, custodian, heads).await?;
            }
            if head == answer.head {
                return Ok((head, new));
            }
            if rows.is_empty() {
                return Err(self.chain_broken(custodian, &url, record, head, &answer.head)?);
            }
        }
        Ok((head, new))
    }

    /// Every new item continues the chain, and its consignment says exactly that.
    async fn check_items(
        &self,
        url: &str,
        record: &DeclarationRecord,
        custodian: &PartyName,
        mut head: ChainHead,
        answer: &PollAnswer,
    ) -> Result<Vec<ItemRow>, DeskError> {
        let mut rows = Vec::new();
        for item in &answer.items {
            let next = head.push(&item.item);
            let wrong = |detail: String| DeskError::Answer { url: url.to_owned(), detail };
            if item.n != next.n {
                return Err(wrong(format!("item {} in the place of item {}", item.n, next.n)));
            }
            let consignment = self.desk.checked(url, &item.consignment, Some(custodian)).await?;
            let Body::ContentConsignment(c) = consignment.body() else {
                return Err(wrong(format!("a {} in place of a consignment", consignment.body().name())));
            };
            let same_item = c.e == item.item.e && c.submission == item.item.submission;
            let same_box = c.mailbox == record.declaration.mailbox && c.declaration == record.digest;
            if !same_item || !same_box || c.n != next.n || c.h != next.h {
                // It signed one chain and serves another: kept, since it is its own word.
                self.desk.record().keep(&consignment, self.desk.now(), None)?;
                return Err(self.chain_broken(custodian, url, record, next, &ChainHead { n: c.n, h: c.h })?);
            }
            self.desk.record().keep(&consignment, self.desk.now(), None)?;
            rows.push(ItemRow {
                custodian: custodian.to_string(),
                n: next.n,
                h: next.h,
                item: item.item.clone(),
                consignment: consignment.digest(),
                seen_at: self.desk.now(),
            });
            head = next;
        }
        Ok(rows)
    }

    /// Heads that a custodian signed must lie on the chain that it serves.
    async fn check_polled_heads(
        &self,
        url: &str,
        record: &DeclarationRecord,
        custodian: &PartyName,
        heads: &monition_evidence::wire::OpenedHeads,
    ) -> Result<(), DeskError> {
        let digest = monition_evidence::encoding::sha256(heads.statement.as_bytes());
        if self.desk.record().statement(&digest)?.is_some() {
            return Ok(());
        }
        let name = self.desk.chain_name(record, custodian);
        let statement = self.desk.check_heads(url, custodian, &name, heads).await?;
        let rows = self.desk.record().items(&record.digest)?;
        let own = rows.iter().filter(|row| row.custodian == custodian.as_str());
        let signed = heads.opening.head;
        let here = if signed.n == 0 { Some(name.h0()) } else { own.clone().find(|r| r.n == signed.n).map(|r| r.h) };
        if here.is_some_and(|h| h != signed.h) {
            let consigned = own.clone().find(|r| r.n == signed.n).map(|r| r.consignment);
            let first = consigned.map(|c| self.desk.record().statement(&c)).transpose()?.flatten();
            let first = first.map(|held| held.statement.as_text().into_owned()).unwrap_or_default();
            return Err(self.contradiction(
                custodian,
                first,
                heads.statement.clone(),
                format!("{custodian} signed heads with another item {} than it consigned", signed.n),
            )?);
        }
        let kept = self.desk.record().heads_of(&record.digest)?;
        let of_custodian = |row: &&crate::record::HeadsRow| row.custodian == *custodian;
        let period = if let Body::CustodyHeads(body) = statement.body() { Some(body.period) } else { None };
        if let Some(twin) = kept.iter().filter(of_custodian).find(|row| Some(row.period) == period) {
            let first = self.desk.record().statement(&twin.digest)?.map(|held| held.statement.as_text().into_owned());
            let detail = format!("{custodian} signed two heads for period {}", twin.period);
            let (first, second) = (first.unwrap_or_default(), heads.statement.clone());
            return Err(self.contradiction(custodian, first, second, detail)?);
        }
        // One row for each change of the mailbox: a row for each second would fill the disk with nothing.
        let last = kept.iter().rev().find(of_custodian);
        if last.is_none_or(|row| row.opening.head != signed) {
            self.desk.keep_heads(&statement, custodian, &record.digest, heads, None)?;
        }
        Ok(())
    }

    fn chain_broken(
        &self,
        custodian: &PartyName,
        url: &str,
        record: &DeclarationRecord,
        known: ChainHead,
        shown: &ChainHead,
    ) -> Result<DeskError, DeskError> {
        let rows = self.desk.record().items(&record.digest)?;
        let last = rows.iter().rfind(|row| row.custodian == custodian.as_str() && row.n <= known.n);
        let first = last.map(|row| self.desk.record().statement(&row.consignment)).transpose()?.flatten();
        let first = first.map(|held| held.statement.as_text().into_owned()).unwrap_or_default();
        let second = serde_json::to_string(shown).unwrap_or_default();
        let detail = format!(
            "{custodian} ({url}) shows n = {}, h = {}; we know n = {}, h = {}",
            shown.n, shown.h, known.n, known.h
        );
        self.contradiction(custodian, first, second, detail)
    }

    fn contradiction(
        &self,
        custodian: &PartyName,
        first: String,
        second: String,
        detail: String,
    ) -> Result<DeskError, DeskError> {
        tracing::error!(%custodian, detail, "a custodian contradicts itself");
        let code = "misbehaviour-custodian-equivocation".to_owned();
        self.desk.record().raise(&Alarm { at: self.desk.now(), code, detail: detail.clone(), first, second })?;
        Ok(DeskError::Fork { origin: format!("the mailbox at {custodian}"), detail })
    }

    /// What one custodian has for long and another that answers has not.
    fn compare_custodians(
        &self,
        record: &DeclarationRecord,
        polled: &[Polled],
        report: &mut CollectReport,
    ) -> Result<(), DeskError> {
        let rows = self.desk.record().items(&record.digest)?;
        let old = |row: &&ItemRow| row.seen_at.plus(DIVERGENCE_SECONDS) < self.desk.now();
        for row in rows.iter().filter(old) {
            for other in polled.iter().filter(|p| p.custodian.as_str() != row.custodian) {
                let has = rows.iter().any(|r| r.custodian == other.custodian.as_str() && r.item == row.item);
                if has {
                    continue;
                }
                let consignment = self.desk.record().statement(&row.consignment)?;
                let first = consignment.map(|held| held.statement.as_text().into_owned()).unwrap_or_default();
                self.desk.record().raise(&Alarm {
                    at: self.desk.now(),
                    code: "misbehaviour-custodians-diverge".to_owned(),
                    detail: format!(
                        "{} holds submission {}, {} does not",
                        row.custodian, row.item.submission, other.custodian
                    ),
                    first,
                    second: other.custodian.to_string(),
                })?;
                report.alarms += 1;
            }
        }
        Ok(())
    }

    /// "I know these heads": to the exchange for the log, and to the custodians.
    async fn acknowledge(
        &self,
        mailbox: monition_evidence::MailboxId,
        heads: Vec<KnownHead>,
    ) -> Result<bool, DeskError> {
        let custodians: Vec<PartyName> = heads.iter().map(|head| head.custodian.clone()).collect();
        let shown = serde_json::to_string(&heads).unwrap_or_default();
        let name = format!("acked:{mailbox}");
        let changed = self.desk.record().meta(&name)?.as_deref() != Some(shown.as_str());
        let anchor = if changed { self.desk.anchor().await? } else { self.desk.anchor_unkept().await?.0 };
        let head = self.head(Some(anchor));
        let payload = payload!(&head, self.desk.eid()?, MailboxHeadAck { mailbox: mailbox, heads: heads });
        let statement = self.desk.sign(&payload, &Slot::Mailbox)?;
        // Those that say nothing new are logged for the rhythm's sake and not kept here.
        let logged = if changed {
            let logged = self.desk.keep_and_send(&statement).await?;
            self.desk.record().set_meta(&name, &shown)?;
            logged
        } else {
            let url = self.desk.exchange_url(monition_evidence::wire::exchange_paths::STATEMENTS);
            let bytes = statement.as_bytes().to_vec();
            self.desk.http.post(&url, STATEMENT_TYPE, bytes, Patience::Once).await.is_ok()
        };
        for custodian in custodians {
            let url = format!("{}{}", self.desk.custodian_url(&custodian).await?, observer_paths::ACKS);
            let bytes = statement.as_bytes().to_vec();
            if let Err(error) = self.desk.http.post(&url, STATEMENT_TYPE, bytes, Patience::Once).await {
                tracing::info!(%custodian, %error, "the acknowledgement did not arrive");
            }
        }
        Ok(logged)
    }

    /// Fetches every item that is in the list and not in the inbox, most urgent first.
    async fn fetch_new(&self, record: &DeclarationRecord, report: &mut CollectReport) -> Result<(), DeskError> {
        let mut places: BTreeMap<Digest, (Item, Vec<(PartyName, u64)>)> = BTreeMap::new();
        for row in self.desk.record().items(&record.digest)? {
            let Ok(custodian) = PartyName::parse(&row.custodian) else { continue };
            places
                .entry(row.item.submission)
                .or_insert_with(|| (row.item.clone(), Vec::new()))
                .1
                .push((custodian, row.n));
        }
        let known: BTreeSet<Digest> = self.desk.record().inbox()?.into_iter().map(|entry| entry.submission).collect();
        let mut new: Vec<_> = places.into_values().filter(|(item, _)| !known.contains(&item.submission)).collect();
        new.sort_by_key(|(item, _)| std::cmp::Reverse(item.urgency));
        for (item, places) in new {
            match self.fetch_from_any(record, &item, &places).await {
                Ok(fetched) => {
                    self.take_in(record, &item, &fetched).await?;
                    report.opened.push(item.submission);
                }
                Err((custodian, error)) => report.failed.push((custodian, error.to_string())),
            }
        }
        Ok(())
    }

    async fn fetch_from_any(
        &self,
        record: &DeclarationRecord,
        item: &Item,
        places: &[(PartyName, u64)],
    ) -> Result<Fetched, (PartyName, DeskError)> {
        let mut last = None;
        for (custodian, n) in places {
            match self.fetch(record, custodian, *n).await {
                Ok(fetched) if fetched.bodies.digest() == item.e => return Ok(fetched),
                Ok(_) => {
                    let detail = format!("the bodies of item {n} are not the ones that it consigned");
                    last = Some((custodian.clone(), DeskError::Answer { url: custodian.to_string(), detail }));
                }
                Err(error) => last = Some((custodian.clone(), error)),
            }
        }
        Err(last.unwrap_or_else(|| {
            (self.party().clone(), DeskError::NotHeld { what: "place of", digest: item.submission })
        }))
    }

    async fn fetch(&self, record: &DeclarationRecord, custodian: &PartyName, n: u64) -> Result<Fetched, DeskError> {
        let url = format!("{}{}", self.desk.custodian_url(custodian).await?, observer_paths::FETCH);
        let request = FetchRequest { declaration: record.digest, mailbox: record.declaration.mailbox, n };
        let key = self.desk.mailbox_key()?;
        let signing = Signing { key: &key, audience: custodian, now: self.desk.now() };
        let answer = self.desk.http.post_json(&url, &request, Some(signing), Patience::Some).await?;
        Fetched::parse(&answer).map_err(|error| DeskError::Answer { url, detail: error.to_string() })
    }

    /// Opens what was fetched, keeps it, says so in a `ContentAccess`. What cannot be opened is kept and said too.
    async fn take_in(&self, record: &DeclarationRecord, item: &Item, fetched: &Fetched) -> Result<(), DeskError> {
        let submission = self.desk.open_submission(item, &fetched.sealed_submission);
        // The author's key may be newer than our copy of the directory.
        if let Some(statement) = &submission
            && let Err(error) = self.desk.signer(statement).await
        {
            tracing::warn!(%error, submission = %item.submission, "the submission's signature does not stand");
        }
        let directory = self.desk.directory().await;
        let plains = self.desk.with_identities(|identities| decrypt(&fetched.bodies, identities));
        let delivery = Delivery { own: self.party(), submission: submission.as_ref(), directory: &directory };
        let opened = read(&plains, delivery);
        let wid = opened.warning().and_then(|warning| warning.wid);
        for statement in submission.iter().chain(&opened.core) {
            self.desk.record().keep(statement, self.desk.now(), None)?;
        }
        let prev = submission.as_ref().map(Statement::identity);
        let head = self.head_about(self.desk.anchor().await?, wid, prev, None, None);
        let access = payload!(
            &head,
            self.desk.eid()?,
            ContentAccess {
                submission: item.submission,
                core: opened.access.core,
                valid: opened.access.valid.clone(),
                missing: opened.access.missing.clone(),
                undecryptable: opened.access.undecryptable.clone(),
            }
        );
        let access = self.desk.sign(&access, &Slot::Mailbox)?;
        self.desk.record().keep(&access, self.desk.now(), Some("exchange"))?;
        let entry = InboxEntry {
            submission: item.submission,
            party: self.party().clone(),
            declaration: record.digest,
            e: item.e,
            urgency: item.urgency,
            received_at: self.desk.now(),
            state: InboxState::Fetched,
            core: opened.core.as_ref().map(Statement::digest),
            wid,
            access: Some(access.digest()),
            misfits: Vec::new(),
            read_at: None,
        };
        self.desk.record().keep_received(&entry, &opened.misfits, &fetched.bodies)?;
        if let Err(error) = self.desk.send(&access, Patience::Some).await {
            tracing::warn!(%error, "the exchange refused the ContentAccess");
        }
        Ok(())
    }
}

impl Desk {
    /// Collects the own mailboxes at the declared rhythm and follows, until `shutdown`.
    ///
    /// # Errors
    /// As [`Desk::run_for`].
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Result<(), DeskError> {
        self.run_for(std::slice::from_ref(self.party()), shutdown).await
    }

    /// Collects the mailboxes of each party, the own one or those that delegated `receive`, at the shortest of their
    /// declared rhythms, and follows, until `shutdown`. A party whose turn fails does not hold up the others.
    ///
    /// # Errors
    /// [`DeskError::Fork`], [`DeskError::Record`], [`DeskError::Locked`]; whatever passes is tried again.
    pub async fn run_for(&self, parties: &[PartyName], shutdown: impl Future<Output = ()>) -> Result<(), DeskError> {
        tokio::pin!(shutdown);
        loop {
            let seconds = self.poll_seconds(parties).await;
            let started = tokio::time::Instant::now();
            let round = async {
                for party in parties {
                    match self.acting_for(party).collect(0).await {
                        Err(error @ (DeskError::Fork { .. } | DeskError::Record { .. } | DeskError::Locked { .. })) => {
                            return Err(error);
                        }
                        Err(error) => tracing::warn!(%party, %error, "this round failed; the next one comes"),
                        Ok(_) => {}
                    }
                }
                self.follow().await
            };
            tokio::select! {
                // A round that is cut off loses nothing: everything is kept before it is sent.
                () = &mut shutdown => return Ok(()),
                result = round => match result {
                    Ok(report) => {
                        for failure in report.failed {
                            tracing::info!(failure, "not now");
                        }
                    }
                    Err(error @ (DeskError::Fork { .. } | DeskError::Record { .. } | DeskError::Locked { .. })) => return Err(error),
                    Err(error) => tracing::warn!(%error, "this round failed; the next one comes"),
                },
            }
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                () = tokio::time::sleep_until(started + Duration::from_secs(seconds)) => {}
            }
        }
    }

    async fn poll_seconds(&self, parties: &[PartyName]) -> u64 {
        let directory = self.directory().await;
        let declared = parties.iter().filter_map(|party| directory.party(party)?.declaration());
        declared.map(|record| record.declaration.poll_seconds).min().unwrap_or(5)
    }

    fn mailbox_key(&self) -> Result<SecretKey, DeskError> {
        Ok(SecretKey::from_seed(&*self.keys().seed(&Slot::Mailbox)?))
    }

    /// The submission that names the author, if the exchange sealed the right one to us.
    fn open_submission(&self, item: &Item, sealed: &[u8]) -> Option<Statement> {
        let plain = self.with_identities(|identities| decrypt_one(sealed, identities));
        let statement = plain.and_then(|plain| Statement::parse(&plain).map_err(|error| error.to_string()));
        match statement {
            Ok(statement) if statement.digest() == item.submission => Some(statement),
            Ok(_) => {
                tracing::warn!(submission = %item.submission, "the sealed submission is another one");
                None
            }
            Err(error) => {
                tracing::warn!(%error, submission = %item.submission, "the submission could not be opened");
                None
            }
        }
    }

    pub(crate) fn with_identities<T>(&self, work: impl FnOnce(&[&Identity]) -> T) -> T {
        work(&self.keys().identities())
    }

    /// Opens a received warning again and shows it to a person.
    ///
    /// # Errors
    /// [`DeskError::NotHeld`], also after disposal; [`DeskError::Record`].
    pub fn read(&self, submission: &Digest) -> Result<ReadWarning, DeskError> {
        let read = self.open_again(submission)?;
        self.record().mark_read(submission, self.now())?;
        Ok(read)
    }

    /// Opens a received warning again; nobody is shown it.
    pub(crate) fn open_again(&self, submission: &Digest) -> Result<ReadWarning, DeskError> {
        let entry = self.record().received(submission)?;
        let entry = entry.ok_or(DeskError::NotHeld { what: "received warning", digest: *submission })?;
        let bodies = self.record().received_bodies(submission)?;
        let bodies = bodies.ok_or(DeskError::NotHeld { what: "bodies of", digest: *submission })?;
        let statement = self.record().statement(submission)?.map(|held| held.statement);
        let directory = crate::logs::Followed::replay(self.config().exchange.clone(), &self.record().directory()?);
        let delivery = Delivery { own: &entry.party, submission: statement.as_ref(), directory: &directory.directory };
        let plains = self.with_identities(|identities| decrypt(&bodies, identities));
        let opened = read(&plains, delivery);
        Ok(ReadWarning { entry, opened })
    }
}

fn known_heads(record: &DeclarationRecord, polled: &[Polled]) -> Vec<KnownHead> {
    let known =
        |p: &Polled| KnownHead { custodian: p.custodian.clone(), declaration: record.digest, n: p.head.n, h: p.head.h };
    polled.iter().map(known).collect()
}

/// Runs futures side by side within one task; results in their order.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}
