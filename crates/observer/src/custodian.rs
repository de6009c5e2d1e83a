//! The custodian: keeps sealed items for recipients who declared this node, and commits to what it keeps.
//!
//! | request | who may | one transaction holds |
//! |---|---|---|
//! | consign | the exchange | chain, item, bodies, signed `ContentConsignment` |
//! | poll, listing | the recipient's system or its delegate | (reads) |
//! | fetch | as poll | the queued `ContentHandover`, once the bytes have left |
//! | acks | by its statement's own signature | (memory: when the desk was last heard of); of a `Disposal`: deletion and own `Disposal` |
//! | replies | by its statement's own signature | reply, new answers entry, `ReplyLodgement`, both in the outbox |
//! | answers | whoever knows the submission's digest | (reads) |
//! | contacts | the recipient | the annex |
//!
//! **No signature stands between a person and a warning**: fetch asks for an authenticated session and nothing else.
//! The custodian never learns the author: it holds the hash of the submission, and the submission sealed to B.

mod disposal;

use crate::entry::{Incoming, Reader};
use crate::metrics::count;
use crate::node::{Node, fresh_eid, fresh_salt, sign_as};
use crate::refusal::Refusal;
use crate::store::{ConsignLimits, Consigned, HeadsAt, ItemPlace, Lodged, NewItem, StoredBodies};
use monition_evidence::custody::{AnswersTree, MailboxOpening};
use monition_evidence::directory::DeclarationRecord;
use monition_evidence::encoding::sha256;
use monition_evidence::mailbox::ChainHead;
use monition_evidence::statement::{
    ContentConsignment, ContentHandover, HandoverFailure, MailboxHeadAck, ReplyLodgement,
};
use monition_evidence::values::Urgency;
use monition_evidence::wire::{
    AnswersAnswer, AnswersRequest, ConsignRequest, Contacts, Done, FetchRequest, ListingAnswer, ListingRequest,
    OpenedHeads, POLL_ITEMS_MAX, POLL_WAIT_SECONDS_MAX, PollAnswer, PollItem, PollRequest,
};
use monition_evidence::{Body, Digest, Statement};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often, and how far apart, the directory is looked at for a declaration that the exchange has already seen.
const DECLARATION_TRIES: u32 = 5;
const DECLARATION_PAUSE: Duration = Duration::from_millis(200);

/// Most contacts in an annex: a person can still read the list, and no item makes a storm of pings.
const CONTACTS_MAX: usize = 8;

/// Most bytes of one contact's address.
const ADDRESS_BYTES_MAX: usize = 512;

/// New items by mailbox and urgency in the present minute.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: u64,
    taken: HashMap<(Digest, Urgency), u32>,
}

impl Rates {
    /// Counts one more, unless there were `most` in this minute.
    fn take(&self, minute: u64, h0: Digest, urgency: Urgency, most: u32) -> bool {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.number != minute {
            *rates = Minute { number: minute, taken: HashMap::new() };
        }
        let taken = rates.taken.entry((h0, urgency)).or_insert(0);
        *taken += 1;
        *taken <= most
    }
}

/// What is left to do when the bytes of an item have left, or have not.
pub(crate) struct Handover {
    node: Arc<Node>,
    reader: Reader,
    n: u64,
    submission: Digest,
    e: Digest,
}

impl Node {
    /// Takes an item into custody.
    pub(crate) async fn consign(&self, incoming: Incoming<'_>) -> Result<Vec<u8>, Refusal> {
        self.let_exchange_in(incoming).await?;
        let request = ConsignRequest::parse(incoming.body).map_err(|error| Refusal::malformed(&error))?;
        let consign = &request.consign;
        let evidence = |detail: &str| Refusal::Evidence {
            code: "evidence-consignment",
            detail: detail.to_owned(),
            hint: "compare the consignment with the recipient's declaration",
        };
        if consign.exchange != self.config.exchange {
            return Err(evidence("the item is meant for another exchange"));
        }
        let declared = self.declaration_of(&consign.declaration).await?;
        if declared.declaration.mailbox != consign.mailbox
            || !declared.declaration.custodians.contains(&self.config.party)
        {
            return Err(evidence("the declaration does not put this mailbox here"));
        }
        if let Some(alarm) = self.follower.alarm() {
            tracing::warn!(?alarm, "an item was refused because custody is stopped");
            return Err(Refusal::CustodyStopped);
        }
        let h0 = self.chain_name(&declared).h0();
        self.check_binding(&declared, &h0).await?;
        let now = self.now();
        let (item, urgency) = (consign.item(), consign.urgency);
        let before = self.known_already(&h0, &item.submission).await?;
        let most = self.config.items_per_minute_max;
        if !before && !self.rates.take(now.value() / 60, h0, urgency, most) {
            return Err(Refusal::TooMany { most });
        }
        let held = self.anchor().await?;
        let consignment = ContentConsignment {
            exchange: self.config.exchange.clone(),
            eid: fresh_eid()?,
            wid: None,
            iss: self.config.party.clone(),
            iat: now,
            anchor: Some(held.anchor.clone()),
            prev: None,
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            mailbox: consign.mailbox,
            declaration: consign.declaration,
            n: 1,
            h: h0,
            e: item.e,
            submission: item.submission,
        };
        let (key, limits, salt) = (self.custodian_key.clone(), self.limits(urgency), fresh_salt()?);
        let done = self
            .store_task(move |store| {
                let bodies = request.bodies.to_bytes();
                let new = NewItem {
                    h0,
                    item: &item,
                    sealed: &request.sealed_submission,
                    bodies: &bodies,
                    salt,
                    arrived: now.value(),
                };
                store.consign(&new, limits, held.named(), |head: ChainHead| {
                    let consignment = ContentConsignment { n: head.n, h: head.h, ..consignment };
                    Ok(sign_as(&key, &consignment)?.as_bytes().to_vec())
                })
            })
            .await?;
        match done {
            Consigned::Now { statement, n } => {
                tracing::info!(n, %urgency, "an item was taken into custody");
                count(&self.metrics.consignments_total);
                self.waiters.news(&h0);
                self.pings.notify_one();
                Ok(statement)
            }
            Consigned::Before { statement } => Ok(statement),
            Consigned::Contradicts => Err(evidence("the same submission lies here with another item")),
            Consigned::Full => Err(Refusal::MailboxFull),
            Consigned::NoChain => Err(Refusal::DirectoryBehind),
        }
    }

    async fn known_already(&self, h0: &Digest, submission: &Digest) -> Result<bool, Refusal> {
        let (h0, submission) = (*h0, *submission);
        let place = self.store_task(move |store| store.place_of(&submission)).await?;
        Ok(place.is_some_and(|place| place.h0 == h0))
    }

    /// The exchange may name a declaration before its directory with it is published: wait for it a little.
    async fn declaration_of(&self, declaration: &Digest) -> Result<DeclarationRecord, Refusal> {
        for attempt in 0..DECLARATION_TRIES {
            if attempt > 0 {
                tokio::time::sleep(DECLARATION_PAUSE).await;
            }
            let directory = self.directory_that(|directory| directory.declaration(declaration).is_some()).await;
            if let Some((_, record)) = directory.declaration(declaration) {
                return Ok(record.clone());
            }
        }
        Err(Refusal::DirectoryBehind)
    }

    /// A declaration binds until its end, or until it is superseded, and then for its grace.
    async fn check_binding(&self, declared: &DeclarationRecord, h0: &Digest) -> Result<(), Refusal> {
        let (now, grace) = (self.now(), declared.declaration.grace_seconds);
        let h0 = *h0;
        let superseded = self.store_task(move |store| store.superseded_at(&h0)).await?;
        let over = now > declared.declaration.valid_until.plus(grace)
            || superseded.is_some_and(|at| now.value() > at.saturating_add(grace));
        match over {
            true => Err(Refusal::Evidence {
                code: "evidence-declaration-over",
                detail: "the declaration ended, and its grace too".to_owned(),
                hint: "use the recipient's newest declaration",
            }),
            false => Ok(()),
        }
    }

    /// Tenths of a mailbox that an urgency may fill.
    fn limits(&self, urgency: Urgency) -> ConsignLimits {
        let tenths = match urgency {
            Urgency::Routine => 5,
            Urgency::Priority => 7,
            Urgency::Immediate => 9,
            Urgency::Flash => 10,
        };
        let share = |all: u64| all.saturating_mul(tenths).div_ceil(10);
        ConsignLimits {
            bytes_max: share(self.config.mailbox_mebibytes_max.saturating_mul(1024 * 1024)),
            items_max: share(self.config.mailbox_items_max),
        }
    }

    /// News of a mailbox; waits for some if there are none.
    pub(crate) async fn poll(&self, incoming: Incoming<'_>, request: &PollRequest) -> Result<PollAnswer, Refusal> {
        let reader = self.let_reader_in(incoming, &request.declaration, &request.mailbox).await?;
        let h0 = reader.h0;
        self.waiters.seen(&h0, self.now().value(), request.after);
        let wait = Duration::from_secs(request.wait_seconds.min(POLL_WAIT_SECONDS_MAX));
        let deadline = tokio::time::Instant::now() + wait;
        let place = self.waiters.wait(&h0);
        let mut last = place.is_none() || wait.is_zero();
        let mut stopping = self.stopping.clone();
        let after = request.after;
        let (head, items) = loop {
            let news = place.as_ref().map(|place| place.news.clone()).unwrap_or_default();
            let mut news = std::pin::pin!(news.notified());
            // Listening begins before looking: what comes in between wakes.
            news.as_mut().enable();
            let found = self.store_task(move |store| store.items_after(&h0, after, POLL_ITEMS_MAX)).await?;
            let (head, items) = found.ok_or(Refusal::DirectoryBehind)?;
            if !items.is_empty() || last {
                break (head, items);
            }
            tokio::select! {
                () = news => {}
                () = tokio::time::sleep_until(deadline) => last = true,
                _ = stopping.wait_for(|stopping| *stopping) => last = true,
            }
        };
        let heads = self.store_task(move |store| store.logged_heads(&h0, 0, 0)).await?;
        let heads = match heads {
            Some(heads) => Some(self.opened(&heads, &h0).await?),
            None => None,
        };
        count(&self.metrics.polls_total);
        let items = items.into_iter().map(|stored| PollItem {
            n: stored.n,
            item: stored.item,
            consignment: text(stored.consignment),
        });
        Ok(PollAnswer { head, items: items.collect(), heads })
    }

    async fn opened(&self, heads: &HeadsAt, h0: &Digest) -> Result<OpenedHeads, Refusal> {
        let opening: Option<MailboxOpening> = self.tree(heads.period).await?.open(h0);
        let opening = opening.ok_or(Refusal::Internal { what: "a mailbox is missing from its heads" })?;
        Ok(OpenedHeads { statement: text(heads.statement.clone()), opening })
    }

    /// The bytes of an item, and what to do when they have left.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        incoming: Incoming<'_>,
        request: &FetchRequest,
    ) -> Result<(Vec<u8>, Handover), Refusal> {
        let reader = self.let_reader_in(incoming, &request.declaration, &request.mailbox).await?;
        self.waiters.seen(&reader.h0, self.now().value(), 0);
        let n = request.n;
        let found = self.store_task(move |store| store.bodies(&reader.h0, n)).await?;
        let Some(StoredBodies { item, sealed, bodies }) = found else {
            let disposed = self.store_task(move |store| store.disposed_at(&reader.h0, n)).await?;
            return Err(disposed.map_or(Refusal::NotFound, |at| Refusal::Disposed { at }));
        };
        // The layout of `wire::Fetched`, without taking the bodies apart.
        let mut bytes = Vec::with_capacity(4 + sealed.len() + bodies.len());
        bytes.extend_from_slice(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(&sealed);
        bytes.extend_from_slice(&bodies);
        count(&self.metrics.fetches_total);
        let node = self.clone();
        Ok((bytes, Handover { node, reader, n, submission: item.submission, e: item.e }))
    }

    /// A desk's acknowledgement of heads: proof that it is alive. Its logging is the desk's own affair. Or its word that
    /// the bodies of an item are to be deleted.
    pub(crate) async fn ack(&self, body: &[u8]) -> Result<Done, Refusal> {
        let statement = Statement::parse(body).map_err(|error| Refusal::malformed(&error))?;
        if let Body::Disposal(said) = statement.body() {
            return self.dispose_for(&statement, said).await;
        }
        let Body::MailboxHeadAck(ack) = statement.body() else {
            return Err(Refusal::Malformed { detail: "this place takes a MailboxHeadAck or a Disposal".to_owned() });
        };
        let now = self.now();
        let (directory, signer) = self.signer_in_force(&statement, now).await?;
        for known in ack.heads.iter().filter(|known| known.custodian == self.config.party) {
            let declared = directory
                .declaration(&known.declaration)
                .filter(|(party, record)| party.name == signer.party && record.declaration.mailbox == ack.mailbox)
                .ok_or_else(|| self.not_allowed("the acknowledgement names a declaration of another party"))?;
            let h0 = self.chain_name(declared.1).h0();
            self.compare_head(ack, &h0, known.n, &known.h).await?;
            self.waiters.seen(&h0, now.value(), known.n);
        }
        Ok(Done {})
    }

    /// A head that is not ours means that somebody shows B another chain in our name, or that our store is damaged.
    async fn compare_head(&self, ack: &MailboxHeadAck, h0: &Digest, n: u64, h: &Digest) -> Result<(), Refusal> {
        let h0 = *h0;
        let known = match n {
            0 => Some(h0),
            _ => {
                let found = self.store_task(move |store| store.items_after(&h0, n - 1, 1)).await?;
                let stored = found.and_then(|(_, items)| items.into_iter().next()).filter(|stored| stored.n == n);
                stored.and_then(|stored| chain_value(&stored.consignment))
            }
        };
        if known != Some(*h) {
            tracing::error!(mailbox = %ack.mailbox, n, "a desk acknowledges a chain that is not the one kept here");
        }
        Ok(())
    }

    /// Lodges a reply and countersigns it.
    pub(crate) async fn reply(&self, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        let statement = Statement::parse(body).map_err(|error| Refusal::malformed(&error))?;
        let Body::Reply(reply) = statement.body() else {
            return Err(Refusal::Malformed { detail: "this place takes a Reply".to_owned() });
        };
        let now = self.now();
        let (directory, signer) = self.signer_in_force(&statement, now).await?;
        let submission = reply.submission;
        let place = self.store_task(move |store| store.place_of(&submission)).await?;
        // Only the recipient's answers stand in the answers tree; for anybody else there is nothing here.
        let place: ItemPlace = place
            .filter(|place| {
                directory.declaration(&place.declaration).is_some_and(|(party, _)| party.name == signer.party)
            })
            .ok_or(Refusal::UnknownSubmission)?;
        let held = self.anchor().await?;
        let lodgement = ReplyLodgement {
            exchange: self.config.exchange.clone(),
            eid: fresh_eid()?,
            wid: reply.wid,
            iss: self.config.party.clone(),
            iat: now,
            anchor: Some(held.anchor.clone()),
            prev: None,
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            submission,
            reply: statement.identity(),
        };
        let (key, salt) = (self.custodian_key.clone(), fresh_salt()?);
        let done = self
            .store_task(move |store| store.lodge(&place, &statement, salt, held.named(), || sign_as(&key, &lodgement)))
            .await?;
        match done {
            Lodged::Taken { lodgement } => {
                count(&self.metrics.replies_total);
                self.outbox.notify_one();
                Ok(lodgement)
            }
            Lodged::Contradicts => Err(Refusal::Evidence {
                code: "evidence-equivocation",
                detail: "another reply with this eid lies here".to_owned(),
                hint: "make a new reply with a new eid",
            }),
        }
    }

    /// Whether a submission was answered, for whoever knows its digest.
    pub(crate) async fn answers(&self, request: &AnswersRequest) -> Result<AnswersAnswer, Refusal> {
        let submission = request.submission;
        let place = self.store_task(move |store| store.place_of(&submission)).await?;
        let ItemPlace { h0, n, .. } = place.ok_or(Refusal::UnknownSubmission)?;
        let not_before = request.not_before.map_or(0, |time| time.value());
        let heads = self.store_task(move |store| store.logged_heads(&h0, n, not_before)).await?;
        let heads = heads.ok_or(Refusal::NotYetLogged)?;
        let opened = self.opened(&heads, &h0).await?;
        let (items, seq) = (opened.opening.head.n, heads.answers_seq);
        let answers = self.store_task(move |store| store.answers_at(&h0, items, seq)).await?;
        let tree = AnswersTree::new(&answers.entries);
        let wrong = Refusal::Internal { what: "the answers of a mailbox are not those of its heads" };
        if tree.root() != opened.opening.answers {
            return Err(wrong);
        }
        let place = usize::try_from(n).unwrap_or(usize::MAX).wrapping_sub(1);
        let entry = answers.entries.get(place).and_then(|entry| tree.open(n, entry)).ok_or(wrong)?;
        let count = entry.replies.len();
        let replies = self.store_task(move |store| store.replies(&h0, n, count)).await?;
        Ok(AnswersAnswer { n, heads: opened, answer: entry, replies: replies.into_iter().map(text).collect() })
    }

    /// Every item up to logged heads.
    pub(crate) async fn listing(
        &self,
        incoming: Incoming<'_>,
        request: &ListingRequest,
    ) -> Result<ListingAnswer, Refusal> {
        let reader = self.let_reader_in(incoming, &request.declaration, &request.mailbox).await?;
        let h0 = reader.h0;
        let not_before = request.not_before.map_or(0, |time| time.value());
        let heads = self.store_task(move |store| store.logged_heads(&h0, 0, not_before)).await?;
        let heads = self.opened(&heads.ok_or(Refusal::NotYetLogged)?, &h0).await?;
        let n = heads.opening.head.n;
        let items = self.store_task(move |store| store.listing(&h0, n)).await?;
        if (ChainHead { n: 0, h: h0 }).extend(&items) != heads.opening.head {
            return Err(Refusal::Internal { what: "the items of a mailbox are not those of its heads" });
        }
        Ok(ListingAnswer { heads, items })
    }

    /// Keeps the alarm contacts of a declaration.
    pub(crate) async fn keep_contacts(&self, incoming: Incoming<'_>) -> Result<Done, Refusal> {
        let annex = sha256(incoming.body);
        let declarations = self.let_owner_in(incoming, &annex).await?;
        let contacts: Contacts = serde_json::from_slice(incoming.body).map_err(|error| Refusal::malformed(&error))?;
        let long = contacts.contacts.iter().any(|contact| contact.address.len() > ADDRESS_BYTES_MAX);
        if contacts.contacts.len() > CONTACTS_MAX || long {
            let detail = format!("at most {CONTACTS_MAX} contacts of at most {ADDRESS_BYTES_MAX} bytes");
            return Err(Refusal::Malformed { detail });
        }
        let body = incoming.body.to_vec();
        self.store_task(move |store| {
            declarations.iter().try_for_each(|declaration| store.keep_contacts(declaration, &body))
        })
        .await?;
        self.pings.notify_one();
        Ok(Done {})
    }

    /// The note that a statement of this node names as its anchor: a dossier needs it whole.
    pub(crate) async fn note(&self, digest: Digest) -> Result<Vec<u8>, Refusal> {
        self.store_task(move |store| store.anchor_note(&digest)).await?.ok_or(Refusal::NotFound)
    }
}

impl Handover {
    /// Queues what became of the bytes: `ContentHandover`, or `HandoverFailure` if the session ended early.
    pub(crate) async fn record(self, left: bool) {
        if let Err(refusal) = self.try_record(left).await {
            // The bytes are what matters; a handover is only this node's word.
            tracing::warn!(%refusal, "a handover could not be recorded");
        }
    }

    async fn try_record(&self, left: bool) -> Result<(), Refusal> {
        let node = &self.node;
        let held = node.anchor().await?;
        let (h0, n, session) = (self.reader.h0, self.n, self.reader.session);
        let handover = ContentHandover {
            exchange: node.config.exchange.clone(),
            eid: fresh_eid()?,
            wid: None,
            iss: node.config.party.clone(),
            iat: node.now(),
            anchor: Some(held.anchor.clone()),
            prev: None,
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            submission: self.submission,
            e: self.e,
            n,
            session,
        };
        let key = node.custodian_key.clone();
        node.store_task(move |store| {
            let failure = HandoverFailure {
                exchange: handover.exchange.clone(),
                eid: handover.eid,
                wid: None,
                iss: handover.iss.clone(),
                iat: handover.iat,
                anchor: handover.anchor.clone(),
                prev: None,
                svc: None,
                pol: None,
                actor: None,
                reason: None,
                submission: handover.submission,
                code: "connection-ended".to_owned(),
            };
            store.queue_handover(&h0, n, &session, left, held.named(), || match left {
                true => sign_as(&key, &handover),
                false => sign_as(&key, &failure),
            })
        })
        .await?;
        node.outbox.notify_one();
        Ok(())
    }
}

/// h(n) as the consignment of item n signed it.
fn chain_value(consignment: &[u8]) -> Option<Digest> {
    match Statement::parse(consignment).ok()?.body() {
        Body::ContentConsignment(consignment) => Some(consignment.h),
        _ => None,
    }
}

/// A statement's bytes are ASCII: the one byte form has nothing else.
fn text(statement: Vec<u8>) -> String {
    String::from_utf8_lossy(&statement).into_owned()
}
