//! From the outbox of the TAXII server to the log.
//!
//! Two walkers, so that a host that is slow with warnings holds up no feed. Each reads the outbox from its oldest event,
//! does what is its own, and begins again. An event is taken out only when its statements are in the log.

use super::Taxii;
use super::host::{PostedWarnings, ServedWarnings, Taken, WarningObject};
use super::keep::EnvelopeRow;
use crate::sequencer::{Lane, Unsequenced, Work};
use crate::state::Exchange;
use monition_evidence::encoding::sha256;
use monition_evidence::statement::{ContentHandover, EnvelopeAcceptance};
use monition_evidence::values::Text;
use monition_evidence::{Digest, ExchangeName, KeyId, PartyName, Statement};
use monition_intel::taxii::Identifier;
use monition_store::StoreError;
use monition_taxii::{Event, EventKind, Kind, Outcome};
use monition_tlog::{MemoryTree, leaf_hash};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Events that are read, signed, kept and sequenced together.
const BATCH: u32 = 256;
/// A walker looks this often even if nobody told it of anything.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// First and longest pause after a failure.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(2)];

/// The RFC 6962 root over the SHA-256 of each object, in their order: `objects` of an `EnvelopeAcceptance`.
#[must_use]
pub fn objects_root(objects: &[Digest]) -> Digest {
    let mut tree = MemoryTree::new();
    for digest in objects {
        tree.push(leaf_hash(digest.as_bytes()));
    }
    // The root of a tree at its own size is always there.
    tree.root_at(tree.size()).map_or_else(|| sha256(b""), Digest::from)
}

/// What stands for an account in `session` of a `ContentHandover` (docs/protocol.md §4.2): it signed no request, so no key
/// can be named. SHA-256("monition/account/v1\n" ‖ lp exchange ‖ lp account).
#[must_use]
pub fn account_session(exchange: &ExchangeName, account: &str) -> KeyId {
    let mut bytes = b"monition/account/v1\n".to_vec();
    for field in [exchange.as_str(), account] {
        // Names have at most 253 and 128 bytes.
        bytes.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    KeyId(sha256(&bytes))
}

/// The running walkers.
#[derive(Debug)]
pub struct Task {
    walkers: [JoinHandle<()>; 2],
    server: monition_taxii::Server,
}

impl Task {
    pub(crate) fn start(exchange: &Arc<Exchange>, stopped: &watch::Receiver<bool>) -> Option<Self> {
        let server = exchange.taxii.as_ref()?.server.clone();
        let walkers = [Kind::Feed, Kind::Warnings].map(|kind| {
            let walker = Walker { exchange: exchange.clone(), stopped: stopped.clone(), kind };
            tokio::spawn(walker.run())
        });
        Some(Self { walkers, server })
    }

    /// Waits for the walkers, then lets go of the TAXII database.
    pub(crate) async fn ended(self) {
        for walker in self.walkers {
            let _ = walker.await;
        }
        let server = self.server;
        let _ = tokio::task::spawn_blocking(move || server.close()).await;
    }
}

/// Why an event stays where it is for now.
#[derive(Debug)]
enum Again {
    /// It is tried again after a pause.
    Later(String),
    /// The exchange is stopping.
    Stopping,
}

impl From<String> for Again {
    fn from(detail: String) -> Self {
        Self::Later(detail)
    }
}

impl From<monition_taxii::ServerError> for Again {
    fn from(error: monition_taxii::ServerError) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<crate::problem::Refusal> for Again {
    fn from(refusal: crate::problem::Refusal) -> Self {
        Self::Later(refusal.to_string())
    }
}

/// Since when a signed statement is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Signed just now: it cannot be in the log.
    Now,
    /// By an earlier attempt, perhaps before a crash.
    Before,
}

#[derive(Clone)]
struct Walker {
    exchange: Arc<Exchange>,
    stopped: watch::Receiver<bool>,
    kind: Kind,
}

impl Walker {
    async fn run(mut self) {
        let exchange = self.exchange.clone();
        let Some(taxii) = exchange.taxii.as_ref() else { return };
        let notify = if self.kind == Kind::Feed { &taxii.feeds } else { &taxii.warnings };
        let mut pause = PAUSES[0];
        loop {
            let wait = match self.walk(taxii).await {
                Ok(()) => {
                    pause = PAUSES[0];
                    None
                }
                Err(Again::Stopping) => return,
                Err(Again::Later(detail)) => {
                    exchange.metrics.evidence_failures.increment();
                    tracing::warn!(detail, "evidence about TAXII is tried again");
                    let now = pause;
                    pause = (pause * 2).min(PAUSES[1]);
                    Some(now)
                }
            };
            tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(wait.unwrap_or(LOOK_EVERY)) => {}
                () = notify.notified(), if wait.is_none() => {}
            }
        }
    }

    /// Once through the outbox. A first failure is told at the end: it holds up no event behind it.
    async fn walk(&self, taxii: &Taxii) -> Result<(), Again> {
        let outbox = taxii.server.outbox();
        let (mut after, mut failed) = (0, None);
        loop {
            let events = outbox.after(after, BATCH).await?;
            let Some(last) = events.last() else { return failed.map_or(Ok(()), Err) };
            after = last.number;
            let mut own = Vec::with_capacity(events.len());
            for event in events {
                if taxii.kind(*event.collection.as_bytes()).await? == self.kind {
                    own.push(event);
                }
            }
            let done = match self.kind {
                Kind::Feed => self.feeds(taxii, own).await,
                Kind::Warnings => self.warnings(taxii, own).await,
            };
            match done {
                Err(Again::Stopping) => return Err(Again::Stopping),
                Err(again) => failed = failed.or(Some(again)),
                Ok(()) => {}
            }
            if *self.stopped.borrow() {
                return Err(Again::Stopping);
            }
        }
    }

    async fn feeds(&self, taxii: &Taxii, events: Vec<Event>) -> Result<(), Again> {
        let (mut rows, mut fresh) = (Vec::new(), Vec::new());
        for event in &events {
            if let (EventKind::Posted, Some(status)) = (event.kind, event.status) {
                let (row, kept) = self.acceptance(taxii, event, status).await?;
                rows.push((row.clone(), kept));
                fresh.extend((kept == Kept::Now).then_some(row));
            }
        }
        if !fresh.is_empty() {
            taxii.keep.keep_envelopes(fresh).await?;
        }
        let mut works = JoinSet::new();
        for (row, kept) in rows.iter().filter(|(row, _)| !row.logged) {
            let statement = Statement::parse(&row.statement).map_err(|e| Again::Later(e.to_string()))?;
            let (walker, status, kept) = (self.clone(), row.status, *kept);
            works.spawn(async move { walker.sequence(statement, kept).await.map(|()| status) });
        }
        let (mut logged, mut failed) = (Vec::new(), None);
        while let Some(joined) = works.join_next().await {
            match joined {
                Ok(Ok(status)) => logged.push(status),
                Ok(Err(again)) => failed = Some(again),
                Err(error) => failed = Some(Again::Later(error.to_string())),
            }
        }
        self.exchange.metrics.envelopes.add(logged.len() as u64);
        if !logged.is_empty() {
            taxii.keep.logged(logged.clone()).await?;
        }
        logged.extend(rows.iter().filter(|(row, _)| row.logged).map(|(row, _)| row.status));
        let mut takes = JoinSet::new();
        for event in events {
            // What was served from a collection that is a feed now is nobody's evidence.
            if event.status.is_none_or(|status| logged.contains(status.as_bytes())) {
                let outbox = taxii.server.outbox();
                takes.spawn(async move { outbox.done(&event, Outcome::Success { message: None }).await });
            }
        }
        while let Some(joined) = takes.join_next().await {
            joined.map_err(|e| Again::Later(e.to_string()))??;
        }
        failed.map_or(Ok(()), Err)
    }

    /// The acceptance of an envelope: the one that is kept, or one that is signed now.
    async fn acceptance(&self, taxii: &Taxii, event: &Event, status: Identifier) -> Result<(EnvelopeRow, Kept), Again> {
        if let Some(row) = taxii.keep.envelope(*status.as_bytes()).await?
            && (row.logged || self.stands(&row.statement).await?)
        {
            return Ok((row, Kept::Before));
        }
        let exchange = &self.exchange;
        let objects: Vec<Digest> = event.objects.iter().map(|object| Digest::from_bytes(object.sha256)).collect();
        let added = |object: Option<&monition_taxii::EventObject>| {
            object.and_then(|object| u64::try_from(object.date_added).ok()).unwrap_or(0)
        };
        let party = PartyName::parse(&event.account).ok().filter(|name| exchange.parties().party(name).is_some());
        let statement = exchange.sign(&EnvelopeAcceptance {
            exchange: exchange.name.clone(),
            eid: Exchange::eid()?,
            wid: None,
            iss: exchange.party.clone(),
            iat: exchange.clock.now(),
            anchor: Some(exchange.anchor()?),
            prev: None,
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            party,
            account: text(&event.account)?,
            collection: text(&event.collection.to_string())?,
            count: u32::try_from(objects.len()).unwrap_or(u32::MAX),
            objects: objects_root(&objects),
            first_added: added(event.objects.first()),
            last_added: added(event.objects.last()),
        })?;
        let row = EnvelopeRow {
            status: *status.as_bytes(),
            statement: statement.as_bytes().to_vec(),
            objects,
            logged: false,
        };
        Ok((row, Kept::Now))
    }

    /// Whether a kept statement may go to the log: it is there already, or the key that signed it is still the one in use.
    async fn stands(&self, bytes: &[u8]) -> Result<bool, Again> {
        let statement = Statement::parse(bytes).map_err(|e| Again::Later(e.to_string()))?;
        let current = statement.jws().kids().all(|kid| kid == self.exchange.kid);
        Ok(current || self.in_the_log(&statement).await?)
    }

    /// By its leaf: the journal does not index the exchange's own statements by their `eid`.
    async fn in_the_log(&self, statement: &Statement) -> Result<bool, Again> {
        let leaf = statement.leaf(&self.exchange.name.log_origin());
        let index = self.exchange.backend.reads.index_of(leaf).await;
        index.map(|index| index.is_some()).map_err(|e| Again::Later(e.to_string()))
    }

    /// Waits until the sequencer has it, however full its queue is. What stands in the log since before a crash does not
    /// go there again.
    async fn sequence(&self, statement: Statement, kept: Kept) -> Result<(), Again> {
        if kept == Kept::Before && self.in_the_log(&statement).await? {
            return Ok(());
        }
        let (mut pause, mut stopped) = (PAUSES[0], self.stopped.clone());
        loop {
            let work = Work::statement(statement.clone());
            match self.exchange.log.submit(Lane::Other, work).await {
                Ok(_) => return Ok(()),
                Err(Unsequenced::Overloaded | Unsequenced::Store(StoreError::Full { .. })) => {
                    self.exchange.metrics.evidence_failures.increment();
                }
                Err(Unsequenced::Stopped | Unsequenced::Store(StoreError::Closed)) => return Err(Again::Stopping),
                Err(error) => return Err(Again::Later(error.to_string())),
            }
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return Err(Again::Stopping),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSES[1]),
            }
        }
    }

    /// One after another: a handover follows the submission of what is handed over.
    async fn warnings(&self, taxii: &Taxii, events: Vec<Event>) -> Result<(), Again> {
        let mut failed = None;
        for event in events {
            let done = match event.kind {
                EventKind::Posted => self.posted(taxii, &event).await,
                EventKind::Served => self.served(taxii, &event).await,
            };
            match done {
                Err(Again::Stopping) => return Err(Again::Stopping),
                Err(again) => failed = Some(again),
                Ok(()) => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn posted(&self, taxii: &Taxii, event: &Event) -> Result<(), Again> {
        let (outbox, Some(status)) = (taxii.server.outbox(), event.status) else { return Ok(()) };
        let collection = taxii.collections.get(event.collection.as_bytes());
        let (Some(collection), Some(host)) = (collection, &taxii.host) else {
            let reason = "the collection is no longer served".to_owned();
            return Ok(outbox.done(event, Outcome::Failure { reason }).await?);
        };
        let mut objects = Vec::with_capacity(event.objects.len());
        for object in &event.objects {
            if let Some(bytes) = outbox.bytes(object.key).await? {
                let (id, version) = (object.id.clone(), object.version.clone());
                objects.push(WarningObject { key: object.key, id, version, bytes });
            }
        }
        let posted = PostedWarnings {
            status: status.to_string(),
            account: event.account.clone(),
            collection: collection.clone(),
            at: event.at,
            objects,
        };
        let later = |_| Again::Later("the host of warnings cannot take objects now".to_owned());
        let taken = host.posted(&posted).await.map_err(later)?;
        let submitted = |(object, taken): (&WarningObject, &Taken)| match taken {
            Taken::Submitted { submission, e } => Some((object.key, *submission, *e)),
            Taken::Kept | Taken::Refused { .. } => None,
        };
        let submissions: Vec<_> = posted.objects.iter().zip(&taken).filter_map(submitted).collect();
        // Before anybody is told: whoever reads the object next is handed this submission.
        taxii.keep.keep_submissions(submissions).await?;
        for (object, taken) in posted.objects.iter().zip(taken) {
            let outcome = match taken {
                Taken::Submitted { submission, .. } => {
                    Outcome::Success { message: Some(format!("submitted as {submission}")) }
                }
                Taken::Kept => Outcome::Success { message: None },
                Taken::Refused { reason } => Outcome::Failure { reason },
            };
            taxii.server.resolve(status, &object.id, &object.version, outcome).await?;
        }
        Ok(outbox.done(event, Outcome::Success { message: None }).await?)
    }

    async fn served(&self, taxii: &Taxii, event: &Event) -> Result<(), Again> {
        let (outbox, exchange) = (taxii.server.outbox(), &self.exchange);
        let keys = event.objects.iter().map(|object| object.key).collect();
        let submissions = taxii.keep.submissions(keys).await?;
        if self.undecided(taxii, event).await? {
            return Err(Again::Later("what was read is not a submission yet".to_owned()));
        }
        let served = ServedWarnings {
            account: event.account.clone(),
            collection: event.collection.to_string(),
            at: event.at,
            submissions: submissions.iter().map(|(submission, _)| *submission).collect(),
        };
        if let Some(host) = taxii.host.as_ref().filter(|_| !served.submissions.is_empty()) {
            let later = |_| Again::Later("the host of warnings cannot take a handover now".to_owned());
            host.served(&served).await.map_err(later)?;
        }
        for (submission, e) in submissions {
            let kept = match taxii.keep.handover(event.number, submission).await? {
                Some(kept) if self.stands(&kept).await? => Some(kept),
                _ => None,
            };
            let (statement, kept) = match kept {
                Some(kept) => (Statement::parse(&kept).map_err(|e| Again::Later(e.to_string()))?, Kept::Before),
                None => {
                    let statement = exchange.sign(&ContentHandover {
                        exchange: exchange.name.clone(),
                        eid: Exchange::eid()?,
                        wid: None,
                        iss: exchange.party.clone(),
                        iat: exchange.clock.now(),
                        anchor: Some(exchange.anchor()?),
                        prev: None,
                        svc: None,
                        pol: None,
                        actor: None,
                        reason: None,
                        submission,
                        e,
                        n: 0,
                        session: account_session(&exchange.name, &event.account),
                    })?;
                    let bytes = statement.as_bytes().to_vec();
                    taxii.keep.keep_handover(event.number, submission, bytes).await?;
                    (statement, Kept::Now)
                }
            };
            self.sequence(statement, kept).await?;
            exchange.metrics.handovers.increment();
        }
        Ok(outbox.done(event, Outcome::Success { message: None }).await?)
    }

    /// Whether an earlier event brought one of these objects and still waits for its host.
    async fn undecided(&self, taxii: &Taxii, event: &Event) -> Result<bool, Again> {
        let outbox = taxii.server.outbox();
        let mut after = 0;
        loop {
            let events = outbox.after(after, BATCH).await?;
            for earlier in &events {
                if earlier.number >= event.number {
                    return Ok(false);
                }
                let same = |object: &monition_taxii::EventObject| event.objects.iter().any(|o| o.key == object.key);
                if earlier.kind == EventKind::Posted && earlier.objects.iter().any(same) {
                    return Ok(true);
                }
            }
            let Some(last) = events.last() else { return Ok(false) };
            after = last.number;
        }
    }
}

/// A name as a text of a statement: what a text does not allow is replaced.
fn text(name: &str) -> Result<Text, Again> {
    let safe = |c: char| if Text::parse(c.encode_utf8(&mut [0; 4])).is_ok() { c } else { '\u{fffd}' };
    Text::parse(&name.chars().map(safe).collect::<String>()).map_err(|rule| Again::Later(rule.to_owned()))
}
