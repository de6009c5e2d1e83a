//! Taking statements: what is checked, in the order of cost, and what becomes an entry.
//!
//! ```text
//! size · form · type · exchange · key known and in force · quota (looked at) · signature · quota (taken) · bodies read
//! declaration in force · e and sizes · deadline and expiry · clock · acceptance signed · sequencer: replay, contradiction, seq
//! ```
//!
//! A sender's quota is taken only after its signature stood: a stranger who writes A's name on rubbish uses up nothing of
//! A's. From then on every refusal is itself a logged statement, save "come back later".

use crate::limits::Buckets;
use crate::problem::{self, Refusal};
use crate::sequencer::{Lane, Outcome, Sequenced, SubmissionWork, Unsequenced, Work};
use crate::state::{Exchange, failure, hashing, unsequenced};
use monition_evidence::directory::{Directory, DirectoryError, Signer};
use monition_evidence::framing::Bodies;
use monition_evidence::statement::{
    DelegatedRight, Payload as _, Submission, SubmissionAcceptance, SubmissionRejection,
};
use monition_evidence::values::Urgency;
use monition_evidence::wire::{ChainAnswer, ChainRequest};
use monition_evidence::{Body, Digest, PartyName, Statement, UnixSeconds};
use std::net::IpAddr;
use std::sync::Arc;

/// How far `iat` may lie in the future, in seconds: ordinary clocks without NTP stay below it.
pub const CLOCK_SKEW_SECONDS_MAX: u64 = 300;

/// Most statements in one case; what lies above is still in the log.
const CASE_MAX: u32 = 4096;

/// What age adds to a body at most, besides a tag for each 64 KiB: its longest header, nonce and one tag.
const AGE_OVERHEAD: u64 = monition_evidence::age::HEADER_BYTES_MAX as u64 + 32;

/// A submission whose signature stands and whose quota is taken; its bodies are not read yet.
#[derive(Debug)]
pub struct Admitted {
    statement: Arc<Statement>,
    urgency: Urgency,
    sender: PartyName,
}

impl Admitted {
    /// The sender.
    #[must_use]
    pub const fn sender(&self) -> &PartyName {
        &self.sender
    }
}

impl Exchange {
    /// Reads a statement and checks what is the same for all.
    fn read_statement(&self, bytes: &[u8]) -> Result<Statement, Refusal> {
        let statement = Statement::parse(bytes).map_err(|e| Refusal::new(problem::MALFORMED, e.to_string()))?;
        let found = statement.common().exchange;
        if *found != self.name {
            let detail = format!("the statement names the exchange {found}, this is {}", self.name);
            return Err(Refusal::new(problem::OTHER_EXCHANGE, detail));
        }
        Ok(statement)
    }

    /// The key must be known and in force before any cost is spent on its signature.
    fn known_key(&self, directory: &Directory, statement: &Statement) -> Result<(), Refusal> {
        let kid = statement.jws().kids().next();
        let record = kid.and_then(|kid| directory.key(&kid)).filter(|record| record.end.is_none());
        let name = kid.map(|kid| kid.to_string()).unwrap_or_default();
        record
            .map(|_| ())
            .ok_or_else(|| Refusal::new(problem::UNKNOWN_KEY, format!("key {name} is not in force in the directory")))
    }

    fn signer(&self, directory: &Directory, statement: &Statement) -> Result<Signer, Refusal> {
        let signer = directory.signer(statement).map_err(|error| {
            let code = match error {
                DirectoryError::Key(_) => problem::SIGNATURE,
                _ => problem::NOT_AUTHORISED,
            };
            Refusal::new(code, error.to_string())
        })?;
        let now = self.clock.now();
        if !signer.in_force_at_size(directory.size()) {
            return Err(Refusal::new(problem::UNKNOWN_KEY, format!("key {} is not in force", signer.kid)));
        }
        if signer.delegated_until.is_some_and(|until| until < now) {
            return Err(Refusal::new(problem::NOT_AUTHORISED, "the delegation has ended"));
        }
        Ok(signer)
    }

    fn check_clock(&self, statement: &Statement) -> Result<(), Refusal> {
        let (iat, now) = (statement.common().iat, self.clock.now());
        if iat > now.plus(CLOCK_SKEW_SECONDS_MAX) {
            let detail = format!("the statement says {iat}, it is {now} here");
            return Err(Refusal::new(problem::CLOCK, detail));
        }
        Ok(())
    }

    fn limited<K: Eq + std::hash::Hash>(
        &self,
        buckets: &Buckets<K>,
        key: K,
        cost: u32,
        take: bool,
        what: &str,
    ) -> Result<(), Refusal> {
        let now = self.clock.now_ms();
        let checked = if take { buckets.take(key, cost, now) } else { buckets.look(key, cost, now) };
        checked.map_err(|seconds| {
            self.metrics.limited.increment();
            let refusal = Refusal::new(problem::RATE_LIMITED, format!("the limit for {what} is reached"));
            Refusal { retry_after_seconds: Some(seconds), ..refusal }
        })
    }

    /// Checks all of a submission that can be checked without its bodies, so that nobody without a key in force makes us
    /// read megabytes.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is logged.
    pub fn admit(&self, bytes: &[u8]) -> Result<Admitted, Refusal> {
        let statement = self.read_statement(bytes)?;
        let Body::Submission(s) = statement.body() else {
            let detail = format!("a {} is not a Submission", statement.body().name());
            return Err(Refusal::new(problem::WRONG_TYPE, detail));
        };
        let directory = self.parties();
        self.known_key(&directory, &statement)?;
        let (sender, urgency) = (s.iss.clone(), s.urgency);
        let bucket = &self.limits.submissions;
        self.limited(bucket, (sender.clone(), urgency), 1, false, "submissions of this sender at this urgency")?;
        self.signer(&directory, &statement)?;
        self.limited(bucket, (sender.clone(), urgency), 1, true, "submissions of this sender at this urgency")?;
        Ok(Admitted { statement: Arc::new(statement), urgency, sender })
    }

    /// Takes the bytes that a sender may send as bodies.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn admit_bodies(&self, admitted: &Admitted, bytes: usize) -> Result<(), Refusal> {
        let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
        self.limited(&self.limits.body_kib, admitted.sender.clone(), kib, true, "bodies of this sender")
    }

    /// Accepts an admitted submission: both statements and the bodies are durable when this returns.
    ///
    /// # Errors
    /// [`Refusal`], with the logged rejection unless it says "later".
    pub async fn accept(&self, admitted: Admitted, bodies: Vec<u8>) -> Result<Statement, Refusal> {
        let Admitted { statement, urgency, .. } = &admitted;
        match self.accept_checked(statement, *urgency, bodies).await {
            Err(refusal) if refusal.code.status == 422 => Err(self.reject(statement, refusal).await),
            other => other,
        }
    }

    async fn accept_checked(
        &self,
        statement: &Arc<Statement>,
        urgency: Urgency,
        bodies: Vec<u8>,
    ) -> Result<Statement, Refusal> {
        let Body::Submission(s) = statement.body() else {
            return Err(Refusal::new(problem::WRONG_TYPE, "not a Submission"));
        };
        // A replay gets its first answer, whatever has expired since.
        let directory = self.parties();
        let now = self.clock.now();
        let mut bodies = bodies;
        let checked = match check_declaration(&directory, s, now) {
            Err(refusal) => Err(refusal),
            Ok(declared) => {
                let measured;
                (bodies, measured) = measure(bodies).await?;
                measured
                    .and_then(|measured| check_bodies(s, &measured))
                    .and_then(|()| check_times(s, now))
                    .map(|()| declared)
            }
        };
        let (recipient, custodians, quorum) = match checked {
            Ok(checked) => checked,
            Err(refusal) => return self.replayed(statement).await?.ok_or(refusal),
        };
        self.check_clock(statement)?;
        let by = now.plus(self.config.promise_seconds);
        let acceptance = Arc::new(self.acceptance(statement, s, now, by)?);
        let work = SubmissionWork {
            submission: statement.clone(),
            acceptance: acceptance.clone(),
            bodies,
            recipient,
            custodians,
            quorum,
            by: by.value(),
            expiry: s.expiry.value(),
        };
        let lane = if urgency >= Urgency::Immediate { Lane::Urgent } else { Lane::Other };
        match self.log.submit(lane, Work::Submission(Box::new(work))).await {
            Ok(Sequenced { outcome: Outcome::New, .. }) => {
                self.metrics.accepted.increment();
                self.deliveries.notify_one();
                Ok(Arc::unwrap_or_clone(acceptance))
            }
            Ok(Sequenced { outcome: Outcome::Known(known), .. }) => {
                self.metrics.replayed.increment();
                self.acceptance_of(&known.bytes).await
            }
            Err(error) => Err(self.count(&error)),
        }
    }

    fn count(&self, error: &Unsequenced) -> Refusal {
        match error {
            Unsequenced::Equivocation { .. } => self.metrics.contradictions.increment(),
            Unsequenced::Overloaded => self.metrics.limited.increment(),
            _ => {}
        }
        unsequenced(error)
    }

    /// The acceptance of a submission with the same payload, if there is one.
    async fn replayed(&self, statement: &Statement) -> Result<Option<Statement>, Refusal> {
        let common = statement.common();
        let keys = vec![(common.iss.clone(), *common.eid)];
        let known = self.backend.reads.known(keys).await.map_err(|e| failure(&e))?;
        match known.into_iter().flatten().next() {
            Some(known) if known.identity == statement.identity() => {
                self.metrics.replayed.increment();
                self.acceptance_of(&known.bytes).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn acceptance_of(&self, submission: &[u8]) -> Result<Statement, Refusal> {
        let digest = monition_evidence::encoding::sha256(submission);
        let about = self.backend.reads.about(digest, CASE_MAX).await.map_err(|e| failure(&e))?;
        let statements = about.iter().filter_map(|bytes| Statement::parse(bytes).ok());
        let mut acceptances = statements.filter(|s| matches!(s.body(), Body::SubmissionAcceptance(_)));
        acceptances.next().ok_or_else(|| failure(&"a logged submission has no acceptance"))
    }

    fn acceptance(
        &self,
        statement: &Statement,
        s: &Submission,
        now: UnixSeconds,
        by: UnixSeconds,
    ) -> Result<Statement, Refusal> {
        self.sign(&SubmissionAcceptance {
            exchange: self.name.clone(),
            eid: Self::eid()?,
            wid: s.wid,
            iss: self.party.clone(),
            iat: now,
            anchor: Some(self.anchor()?),
            prev: Some(statement.identity()),
            svc: SubmissionAcceptance::SERVICE,
            pol: None,
            actor: None,
            reason: None,
            submission: statement.digest(),
            by,
        })
    }

    /// Logs the refusal. The same submission refused for the same reason has one rejection.
    async fn reject(&self, statement: &Statement, mut refusal: Refusal) -> Refusal {
        self.metrics.rejected.increment();
        match self.rejection(statement, &refusal).await {
            Ok(rejection) => refusal.rejection = Some(rejection.as_text().into_owned()),
            // The refusal stands even if it cannot be logged just now.
            Err(error) => tracing::warn!(%error, "a rejection was not logged"),
        }
        refusal
    }

    async fn rejection(&self, statement: &Statement, refusal: &Refusal) -> Result<Statement, Refusal> {
        let submission = statement.digest();
        let about = self.backend.reads.about(submission, 64).await.map_err(|e| failure(&e))?;
        let same = |s: &Statement| matches!(s.body(), Body::SubmissionRejection(r) if r.code == refusal.code.code);
        if let Some(earlier) = about.iter().filter_map(|bytes| Statement::parse(bytes).ok()).find(same) {
            return Ok(earlier);
        }
        let common = statement.common();
        let rejection = self.sign(&SubmissionRejection {
            exchange: self.name.clone(),
            eid: Self::eid()?,
            wid: common.wid.copied(),
            iss: self.party.clone(),
            iat: self.clock.now(),
            anchor: Some(self.anchor()?),
            prev: Some(statement.identity()),
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            submission,
            code: refusal.code.code.to_owned(),
        })?;
        let work = Work::statement(rejection.clone());
        self.log.submit(Lane::Other, work).await.map_err(|e| unsequenced(&e))?;
        Ok(rejection)
    }

    /// Takes a statement of any type that has no endpoint of its own.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn log_statement(&self, bytes: &[u8]) -> Result<Digest, Refusal> {
        let statement = self.read_statement(bytes)?;
        let body = statement.body();
        if body.is_directory_entry() || matches!(body, Body::Submission(_) | Body::Warning(_)) {
            let detail = format!("a {} is not taken here", body.name());
            return Err(Refusal::new(problem::WRONG_TYPE, detail));
        }
        if *statement.common().iss == self.party {
            return Err(Refusal::new(problem::WRONG_TYPE, "the exchange logs its own statements itself"));
        }
        let directory = self.parties();
        self.known_key(&directory, &statement)?;
        let party = statement.common().iss.clone();
        self.limited(&self.limits.statements, party.clone(), 1, false, "statements of this party")?;
        self.signer(&directory, &statement)?;
        self.limited(&self.limits.statements, party, 1, true, "statements of this party")?;
        self.check_clock(&statement)?;
        let done = self.log.submit(Lane::Other, Work::statement(statement)).await;
        done.map(|done| done.entry).map_err(|error| self.count(&error))
    }

    /// Takes a bare commitment of a party, whose request was signed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn log_commitment(&self, party: PartyName, entry: Digest) -> Result<Digest, Refusal> {
        self.limited(&self.limits.statements, party, 1, true, "statements of this party")?;
        // Known already: the first place counts, and a second entry would say nothing more.
        if self.backend.reads.index_of(entry).await.map_err(|e| failure(&e))?.is_some() {
            return Ok(entry);
        }
        let done = self.log.submit(Lane::Other, Work::Commitment(entry)).await;
        done.map(|done| done.entry).map_err(|error| self.count(&error))
    }

    /// Takes a directory entry.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn log_entry(&self, peer: IpAddr, bytes: &[u8]) -> Result<u64, Refusal> {
        self.limited(&self.limits.directory, peer, 1, true, "directory entries from this address")?;
        let statement = self.read_statement(bytes)?;
        if !statement.body().is_directory_entry() {
            let detail = format!("a {} is not a directory entry", statement.body().name());
            return Err(Refusal::new(problem::WRONG_TYPE, detail));
        }
        if matches!(statement.body(), Body::KeyRotation(rotation) if rotation.iss == self.party) {
            // This process would go on signing with the key that the entry ends.
            let detail = "the exchange's own keys are replaced by `monition serve --rotate-key`, while it does not run";
            return Err(Refusal::new(problem::DIRECTORY, detail));
        }
        self.check_clock(&statement)?;
        let done = self.directory.submit(Lane::Other, Work::Entry(statement)).await;
        done.map(|done| done.index).map_err(|error| self.count(&error))
    }

    /// Where a chain of submissions stands, for its sender and for a delegate that may send in its name: whoever signs
    /// the next one has to know the last one, whichever desk signed that.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chain(&self, party: &PartyName, asked: ChainRequest) -> Result<ChainAnswer, Refusal> {
        self.limited(&self.limits.statements, party.clone(), 1, true, "statements of this party")?;
        let directory = self.parties();
        if *party != asked.sender && !may_send(&directory, &asked.sender, party, self.clock.now()) {
            let detail = format!("{} has not delegated the right to send to {party}", asked.sender);
            return Err(Refusal::new(problem::NOT_AUTHORISED, detail));
        }
        let row = self.backend.reads.chain(asked.sender, asked.recipient).await.map_err(|e| failure(&e))?;
        let Some(row) = row else { return Ok(ChainAnswer { seq: 0, prev_sub: None, acceptance: None }) };
        let about = self.backend.reads.about(row.last, CASE_MAX).await.map_err(|e| failure(&e))?;
        let statements = about.iter().filter_map(|bytes| Statement::parse(bytes).ok());
        let acceptance = statements.into_iter().find(|s| matches!(s.body(), Body::SubmissionAcceptance(_)));
        let acceptance = acceptance.map(|statement| statement.as_text().into_owned());
        Ok(ChainAnswer { seq: row.seq, prev_sub: Some(row.last), acceptance })
    }

    /// Every logged statement about a submission, and the first head that acknowledges each of its consignments.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn case(&self, submission: Digest) -> Result<Vec<String>, Refusal> {
        let mut about = self.backend.reads.about(submission, CASE_MAX).await.map_err(|e| failure(&e))?;
        // The recipient's first signed head that ends in this very item: the sender's proof that its system was notified.
        let consigned = |bytes: &Vec<u8>| match Statement::parse(bytes).ok()?.body() {
            Body::ContentConsignment(consignment) => Some(consignment.h),
            _ => None,
        };
        for h in about.iter().filter_map(consigned).collect::<Vec<_>>() {
            about.extend(self.backend.reads.about(h, 1).await.map_err(|e| failure(&e))?);
        }
        Ok(about.into_iter().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
    }
}

/// What the bodies are, for the comparison with what was signed.
struct Measured {
    digest: Digest,
    largest: u64,
}

/// Reads and hashes the bodies, and gives them back.
async fn measure(bodies: Vec<u8>) -> Result<(Vec<u8>, Result<Measured, Refusal>), Refusal> {
    let measure = |bodies: &[u8]| {
        let parsed = Bodies::parse(bodies).map_err(|e| Refusal::new(problem::BODIES, e.to_string()))?;
        let largest = parsed.as_slices().iter().map(Vec::len).max().unwrap_or(0) as u64;
        Ok(Measured { digest: parsed.digest(), largest })
    };
    hashing(bodies.len(), move || {
        let measured = measure(&bodies);
        (bodies, measured)
    })
    .await
}

fn check_bodies(s: &Submission, found: &Measured) -> Result<(), Refusal> {
    if found.digest != s.e {
        return Err(Refusal::new(problem::BODIES, "the digest of the bodies is not the submission's e"));
    }
    let (largest, class) = (found.largest, s.size_class.bytes());
    if largest > class + class / 2048 + AGE_OVERHEAD {
        let detail = format!("a body has {largest} bytes, too many for the size class {}", s.size_class);
        return Err(Refusal::new(problem::BODIES, detail));
    }
    Ok(())
}

fn check_times(s: &Submission, now: UnixSeconds) -> Result<(), Refusal> {
    if s.expiry <= now {
        return Err(Refusal::new(problem::EXPIRED, format!("the submission expired at {}, it is {now}", s.expiry)));
    }
    if let Some(deadline) = s.deadline.filter(|deadline| *deadline <= now) {
        return Err(Refusal::new(problem::EXPIRED, format!("the deadline {deadline} has passed, it is {now}")));
    }
    Ok(())
}

/// The newest delegation to that party counts, as in `Directory::signer`.
fn may_send(directory: &Directory, sender: &PartyName, delegate: &PartyName, now: UnixSeconds) -> bool {
    let given = directory.party(sender).map(|party| party.delegations.as_slice()).unwrap_or_default();
    let newest = given.iter().rev().find(|held| held.delegation.delegate == *delegate);
    newest.is_some_and(|held| held.delegation.rights.contains(&DelegatedRight::Send) && now <= held.delegation.until)
}

/// The declaration must be the newest of its party, or superseded within its grace; the time at which it was superseded is
/// what its own author says.
fn check_declaration(
    directory: &Directory,
    s: &Submission,
    now: UnixSeconds,
) -> Result<(PartyName, Vec<PartyName>, u32), Refusal> {
    let wrong = |detail: &str| Refusal::new(problem::DECLARATION, detail);
    let (party, record) =
        directory.declaration(&s.declaration).ok_or_else(|| wrong("no such declaration stands in the directory"))?;
    let d = &record.declaration;
    if d.mailbox != s.mailbox {
        return Err(wrong("the mailbox is not that of the declaration"));
    }
    if now.plus(CLOCK_SKEW_SECONDS_MAX) < d.valid_from || now > d.valid_until.plus(d.grace_seconds) {
        return Err(wrong("the declaration does not hold at this time"));
    }
    if let Some(next) = record.superseded {
        let ended = party.declarations.iter().find(|r| r.index == next).map(|r| r.declaration.iat);
        if ended.is_none_or(|ended| now > ended.plus(d.grace_seconds)) {
            return Err(wrong("the declaration was superseded"));
        }
    }
    Ok((party.name.clone(), d.custodians.clone(), d.quorum))
}
