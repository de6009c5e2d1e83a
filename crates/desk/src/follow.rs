//! Following: what waits is sent, what is new is fetched, and every statement gets its proof.
//!
//! One round, each step by itself; what does not answer today is asked again in the next round:
//!
//! 1. the directory;
//! 2. own submissions and statements that the exchange has not taken yet;
//! 3. `/v1/case` for every submission sent or received: consignments, handovers, receipts, replies, consents;
//! 4. `/v1/proof` for every statement without a place: the proof and both notes are checked, then kept;
//! 5. `/v1/notes` for anchors that others name: without its note an anchor shows no time;
//! 6. `/v1/answers` from every custodian once a deadline is over.

use crate::client::{Patience, from_json};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::logs::CheckedNote;
use crate::record::{Alarm, SentRow, StoredProof};
use monition_evidence::directory::DeclarationRecord;
use monition_evidence::mailbox::ChainName;
use monition_evidence::wire::{
    AnswersAnswer, AnswersRequest, CaseAnswer, CaseRequest, NoteAnswer, NoteRequest, ProofAnswer, ProofRequest,
    exchange_paths, observer_paths,
};
use monition_evidence::{Body, Digest, PartyName, Statement, UnixSeconds};
use std::time::Duration;

/// How long after a submission the exchange is asked for news of it: a request for each in every round cannot go on for ever.
const ASKED_SECONDS: u64 = 90 * 86_400;

/// What one round brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowReport {
    /// Statements that had waited and are taken now.
    pub sent_again: usize,
    /// Statements that came.
    pub new_statements: usize,
    /// Places in the log that were proven.
    pub new_proofs: usize,
    /// Statements without a proven place.
    pub unproven: usize,
    /// Custodians whose heads say what was answered by a deadline.
    pub answers: usize,
    /// What did not answer or was not acceptable: whom, and why.
    pub failed: Vec<String>,
}

impl FollowReport {
    fn note<T>(&mut self, what: &str, result: Result<T, DeskError>) -> Option<T> {
        result.map_err(|error| self.failed.push(format!("{what}: error[{}]: {error}", error.code()))).ok()
    }
}

impl Desk {
    /// One round. Give it again until what you wait for is there, or every few seconds for ever.
    ///
    /// # Errors
    /// [`DeskError::Fork`] of the directory, [`DeskError::Record`]; everything else stands in the report.
    pub async fn follow(&self) -> Result<FollowReport, DeskError> {
        let mut report = FollowReport::default();
        match self.sync_directory().await {
            Err(error @ (DeskError::Fork { .. } | DeskError::Record { .. })) => return Err(error),
            other => drop(report.note("directory", other)),
        }
        self.send_waiting(&mut report).await?;
        self.fetch_cases(&mut report).await?;
        self.fetch_proofs(&mut report).await?;
        self.fetch_answers(&mut report).await?;
        self.fetch_anchors(&mut report).await?;
        Ok(report)
    }

    /// Rounds until every statement that is held has its proven place, or `timeout` is over; gives the last report.
    ///
    /// # Errors
    /// As [`Desk::follow`].
    pub async fn until_proven(&self, timeout: Duration) -> Result<FollowReport, DeskError> {
        let end = tokio::time::Instant::now() + timeout;
        loop {
            let report = self.follow().await?;
            let done = report.unproven == 0 && report.new_statements == 0 && self.record().waiting()?.is_empty();
            if done || tokio::time::Instant::now() >= end {
                return Ok(report);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn send_waiting(&self, report: &mut FollowReport) -> Result<(), DeskError> {
        for statement in self.record().waiting()? {
            let what = statement.body().name();
            let sent = match statement.body() {
                Body::Submission(_) => self.hand_in(&statement, Patience::Once).await.map(|_| true),
                _ => self.send(&statement, Patience::Once).await,
            };
            report.sent_again += usize::from(report.note(what, sent) == Some(true));
        }
        Ok(())
    }

    async fn fetch_cases(&self, report: &mut FollowReport) -> Result<(), DeskError> {
        let now = self.now();
        let recent = |time: UnixSeconds| time.plus(ASKED_SECONDS) > now;
        let sent = self.record().all_sent()?.into_iter().filter(|r| r.acceptance.is_some() && recent(r.composed_at));
        let received = self.record().inbox()?.into_iter().filter(|entry| recent(entry.received_at));
        let submissions: Vec<Digest> = sent.map(|r| r.submission).chain(received.map(|e| e.submission)).collect();
        for submission in submissions {
            let fetched = self.fetch_case(&submission).await;
            report.new_statements += report.note("case", fetched).unwrap_or(0);
        }
        Ok(())
    }

    async fn fetch_case(&self, submission: &Digest) -> Result<usize, DeskError> {
        let url = self.exchange_url(exchange_paths::CASE);
        let request = CaseRequest { submission: *submission };
        let answer: CaseAnswer = from_json(&url, &self.http.post_json(&url, &request, None, Patience::Once).await?)?;
        let mut new = 0;
        for text in &answer.statements {
            let digest = monition_evidence::encoding::sha256(text.as_bytes());
            if self.record().statement(&digest)?.is_some() {
                continue;
            }
            let statement = self.checked(&url, text, None).await?;
            let is_head = matches!(statement.body(), Body::MailboxHeadAck(_));
            if !is_head && statement.submission() != Some(*submission) {
                let detail = format!("a {} about another submission", statement.body().name());
                return Err(DeskError::Answer { url, detail });
            }
            self.record().keep(&statement, self.now(), None)?;
            new += 1;
        }
        Ok(new)
    }

    async fn fetch_proofs(&self, report: &mut FollowReport) -> Result<(), DeskError> {
        let url = self.exchange_url(exchange_paths::PROOF);
        for statement in self.record().unproven()? {
            match self.fetch_proof(&url, &statement).await {
                Ok(()) => report.new_proofs += 1,
                Err(error) => {
                    report.unproven += 1;
                    // "Not yet" is the ordinary answer for a second or two; and a custodian that queues what it has to
                    // log makes the leaf unknown for as long.
                    let unknown = matches!(&error, DeskError::Refused { problem, .. } if problem.status == 404);
                    if error.exit_code() != 75 && !unknown {
                        report.failed.push(format!(
                            "proof of a {}: error[{}]: {error}",
                            statement.body().name(),
                            error.code()
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    async fn fetch_proof(&self, url: &str, statement: &Statement) -> Result<(), DeskError> {
        let check = self.note_check().await?;
        let leaf = statement.leaf(&crate::logs::log_origin(&self.config().exchange));
        let answer = self.http.post_json(url, &ProofRequest { leaf }, None, Patience::Once).await?;
        let answer: ProofAnswer = from_json(url, &answer)?;
        let (note, directory) = check.proof(url, statement, &answer)?;
        self.compare_with_kept(&note)?;
        self.keep_checked(&note)?;
        self.keep_checked(&directory)?;
        let proof = StoredProof {
            index: answer.index,
            hashes: answer.hashes,
            note: note.digest,
            directory_note: Some(directory.digest),
        };
        self.record().keep_proof(&statement.digest(), &proof)
    }

    fn keep_checked(&self, note: &CheckedNote) -> Result<(), DeskError> {
        self.record().keep_note(&note.origin, note.head.size.value(), &note.text).map(drop)
    }

    /// Two notes of one size with two roots: the log's own contradiction, kept.
    fn compare_with_kept(&self, note: &CheckedNote) -> Result<(), DeskError> {
        for text in self.record().notes_of_size(&note.origin, note.head.size.value())? {
            let other = monition_tlog::SignedCheckpoint::parse(text.as_bytes());
            if other.is_ok_and(|other| other.head().root != note.head.root) {
                let detail = format!("two roots for size {}", note.head.size);
                self.record().raise(&Alarm {
                    at: self.now(),
                    code: "misbehaviour-log-fork".to_owned(),
                    detail: detail.clone(),
                    first: text,
                    second: note.text.clone(),
                })?;
                return Err(DeskError::Fork { origin: note.origin.clone(), detail });
            }
        }
        Ok(())
    }

    async fn fetch_anchors(&self, report: &mut FollowReport) -> Result<(), DeskError> {
        for statement in self.record().anchors_missing()? {
            let fetched = self.anchor_note(&statement).await;
            report.note("anchor", fetched);
        }
        Ok(())
    }

    /// The note that a statement names as its anchor, checked; from the record or from the exchange.
    pub(crate) async fn anchor_note(&self, statement: &Statement) -> Result<Option<CheckedNote>, DeskError> {
        let Some(anchor) = statement.common().anchor else { return Ok(None) };
        let check = self.note_check().await?;
        let url = self.exchange_url(exchange_paths::NOTES);
        let text = match self.record().note(&anchor.note)? {
            Some(text) => text,
            None => {
                let request = NoteRequest { note: anchor.note };
                let answer = self.http.post_json(&url, &request, None, Patience::Once).await?;
                from_json::<NoteAnswer>(&url, &answer)?.note
            }
        };
        let note = check.log_note(&url, text.as_bytes())?;
        if note.anchor() != *anchor {
            let detail = format!("the note is not the anchor that the {} names", statement.body().name());
            return Err(DeskError::Answer { url, detail });
        }
        self.keep_checked(&note)?;
        Ok(Some(note))
    }

    async fn fetch_answers(&self, report: &mut FollowReport) -> Result<(), DeskError> {
        let directory = self.directory().await;
        for row in self.record().all_sent()? {
            let Some(deadline) = row.deadline.filter(|d| row.acceptance.is_some() && *d <= self.now()) else {
                continue;
            };
            let Some((_, declared)) = directory.declaration(&row.declaration) else { continue };
            for custodian in &declared.declaration.custodians {
                if self.answered_at(&row, custodian, deadline).await? {
                    continue;
                }
                match self.fetch_answer(&row, declared, custodian, deadline).await {
                    Ok(()) => report.answers += 1,
                    Err(error) if error.exit_code() == 75 => {}
                    Err(error) => {
                        report.failed.push(format!("answers of {custodian}: error[{}]: {error}", error.code()))
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether heads of this custodian that are anchored at or after the deadline are held.
    async fn answered_at(
        &self,
        row: &SentRow,
        custodian: &PartyName,
        deadline: UnixSeconds,
    ) -> Result<bool, DeskError> {
        for (heads, _) in self.record().answers_to(&row.submission)? {
            let Some(held) = self.record().statement(&heads)? else { continue };
            if held.statement.common().iss == custodian
                && self.anchor_reached("the record", &held.statement, deadline).await.is_ok()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn fetch_answer(
        &self,
        row: &SentRow,
        declared: &DeclarationRecord,
        custodian: &PartyName,
        deadline: UnixSeconds,
    ) -> Result<(), DeskError> {
        let url = format!("{}{}", self.custodian_url(custodian).await?, observer_paths::ANSWERS);
        let request = AnswersRequest { submission: row.submission, not_before: Some(deadline) };
        let answer = self.http.post_json(&url, &request, None, Patience::Once).await?;
        let answer: AnswersAnswer = from_json(&url, &answer)?;
        let wrong = |detail: String| DeskError::Answer { url: url.clone(), detail };
        let name = ChainName {
            exchange: self.config().exchange.clone(),
            mailbox: declared.declaration.mailbox,
            declaration: declared.digest,
            custodian: custodian.clone(),
        };
        let heads = self.check_heads(&url, custodian, &name, &answer.heads).await?;
        let opening = &answer.heads.opening;
        answer
            .answer
            .verify(&row.submission, &opening.answers, opening.head.n)
            .map_err(|error| wrong(error.to_string()))?;
        if answer.answer.n != answer.n {
            return Err(wrong(format!("item {} is opened, item {} is named", answer.answer.n, answer.n)));
        }
        for text in &answer.replies {
            let reply = self.checked(&url, text, None).await?;
            if !answer.answer.replies.contains(&reply.identity()) {
                return Err(wrong("a reply that its heads do not name".to_owned()));
            }
            self.record().keep(&reply, self.now(), None)?;
        }
        self.anchor_reached(&url, &heads, deadline).await?;
        let digest = self.keep_heads(&heads, custodian, &declared.digest, &answer.heads, None)?;
        self.record().keep_answer(&row.submission, custodian, &digest, &answer.answer)
    }
}
