//! Gathering: everything that the record holds about a question, as the parts of a dossier.
//!
//! Nothing is fetched here but the directory's newest note: call [`Desk::follow`] before. What a dossier shows is the
//! holder's choice: the core of a submission, its addressee, and then only the groups and fields that were asked for.
//! A group's body is shown with its file key and its recorded seed, so anybody sees that the recipient could open it.

use crate::acting::Acting;
use crate::collect::ReadWarning;
use crate::compose::BodyKind;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::record::{Held, SentRow};
use monition_evidence::dossier::{
    AnswerPart, BodiesPart, Bytes, CorePart, Dossier, ListingPart, OpenedBody, Proof, SegmentPart,
};
use monition_evidence::framing::BodyInfo;
use monition_evidence::judge::{Question, Told};
use monition_evidence::mailbox::Item;
use monition_evidence::statement::{Denial, MailboxHeadAck, Payload};
use monition_evidence::warning::{Disclosure, Field, Group};
use monition_evidence::{Body, Digest, PartyName, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// What a dossier shows of the warnings in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatherOptions {
    /// Groups whose bodies are opened, all their fields shown. Own submissions only: who received a warning has no seed.
    pub groups: Vec<Group>,
    /// Further fields that are shown. `addressee` always is: without it nothing counts as told.
    pub fields: Vec<Field>,
    /// Only these submissions; by default all that fit the question.
    pub submissions: Option<Vec<Digest>>,
}

impl GatherOptions {
    /// Everything but how the sender knows.
    #[must_use]
    pub fn all_but_sources() -> Self {
        let groups = Group::ALL.iter().copied().filter(|group| *group != Group::Source).collect();
        Self { groups, ..Self::default() }
    }

    fn shows(&self, field: Field) -> bool {
        field == Field::Addressee || self.fields.contains(&field) || self.groups.contains(&field.group())
    }
}

/// A dossier while it is put together: each part once.
struct Builder<'a> {
    desk: &'a Desk,
    party: &'a PartyName,
    options: &'a GatherOptions,
    dossier: Dossier,
    statements: BTreeSet<Digest>,
    notes: BTreeSet<Digest>,
    listings: BTreeMap<Digest, ListingPart>,
}

impl Acting<'_> {
    /// Puts together what the record holds of this party about `question` (`told P [by P] [of WID] [before TIME]`, `timeline`, `who`).
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] for a text that is no question; [`DeskError::Record`].
    pub async fn gather(&self, question: &str, options: &GatherOptions) -> Result<Dossier, DeskError> {
        let asked = Question::parse(question).map_err(|error| DeskError::NotPossible { rule: error.to_string() })?;
        if let Err(error) = self.desk.sync_directory().await {
            tracing::info!(%error, "the dossier shows the directory as it was followed last");
        }
        let mut builder = Builder {
            desk: self.desk,
            party: self.party(),
            options,
            dossier: Dossier::new(self.desk.config().exchange.clone(), asked.to_string()),
            statements: BTreeSet::new(),
            notes: BTreeSet::new(),
            listings: BTreeMap::new(),
        };
        builder.sent(&asked).await?;
        builder.received(&asked)?;
        builder.notices(&asked)?;
        builder.denials(&asked).await?;
        builder.directory().await?;
        Ok(builder.finish())
    }
}

impl Builder<'_> {
    fn chosen(&self, submission: &Digest) -> bool {
        self.options.submissions.as_ref().is_none_or(|list| list.contains(submission))
    }

    fn note(&mut self, digest: &Digest) -> Result<(), DeskError> {
        if !self.notes.contains(digest)
            && let Some(text) = self.desk.record().note(digest)?
        {
            self.notes.insert(*digest);
            self.dossier.notes.push(text);
        }
        Ok(())
    }

    /// A statement of the log with its proof, its notes and the note of its anchor.
    fn statement(&mut self, held: &Held) -> Result<(), DeskError> {
        let digest = held.statement.digest();
        if !self.statements.insert(digest) {
            return Ok(());
        }
        self.dossier.statements.push(held.statement.as_text().into_owned());
        if let Some(anchor) = held.statement.common().anchor {
            self.note(&anchor.note)?;
        }
        if let Some(proof) = &held.proof {
            self.note(&proof.note)?;
            if let Some(directory_note) = proof.directory_note {
                self.note(&directory_note)?;
            }
            let (index, hashes) = (proof.index, proof.hashes.clone());
            self.dossier.proofs.push(Proof { statement: digest, note: proof.note, index, hashes });
        }
        Ok(())
    }

    /// All proven statements about a submission.
    fn about(&mut self, submission: &Digest) -> Result<(), DeskError> {
        for held in self.desk.record().about(submission)? {
            let is_core = matches!(held.statement.body(), Body::Warning(_));
            // Without a place in the log it proves nothing yet.
            if held.proof.is_some() && !is_core {
                self.statement(&held)?;
            }
        }
        Ok(())
    }

    async fn sent(&mut self, asked: &Question) -> Result<(), DeskError> {
        let own = self.party.clone();
        for row in self.desk.record().all_sent()?.into_iter().filter(|row| row.iss == own) {
            let fits = match asked {
                Question::Told(told) => {
                    told.party == row.recipient
                        && told.by.as_ref().is_none_or(|by| *by == own)
                        && told.of.is_none_or(|of| of == row.wid)
                }
                _ => true,
            };
            if fits && row.acceptance.is_some() && self.chosen(&row.submission) {
                self.one_sent(&row).await?;
            }
        }
        Ok(())
    }

    async fn one_sent(&mut self, row: &SentRow) -> Result<(), DeskError> {
        self.about(&row.submission)?;
        self.notified(&row.submission)?;
        let core = self.desk.record().statement(&row.core)?;
        let core = core.ok_or(DeskError::NotHeld { what: "core", digest: row.core })?;
        self.core(&core.statement, row.disclosures.iter());
        let bodies = self.desk.record().sent_bodies(&row.submission)?;
        let mut opened = Vec::new();
        for (body, index) in bodies.iter().zip(0_u32..) {
            let shown = match body.kind {
                BodyKind::Core => true,
                BodyKind::Group(group) => self.options.groups.contains(&group),
                BodyKind::Attachment(_) => false,
            };
            if shown {
                opened.push(OpenedBody {
                    index,
                    file: Bytes(body.body.clone()),
                    file_key: Bytes(body.randomness.file_key.to_vec()),
                    seed: Bytes(body.randomness.seed.to_vec()),
                });
            }
        }
        let bodies = bodies.iter().map(|b| BodyInfo::of(&b.body)).collect();
        self.dossier.bodies.push(BodiesPart { submission: row.submission, bodies, opened });
        self.answers(row).await
    }

    /// The recipient's heads that end in this very item, as the exchange handed them out with the case.
    fn notified(&mut self, submission: &Digest) -> Result<(), DeskError> {
        let about = self.desk.record().about(submission)?;
        let consigned: Vec<Digest> = about
            .iter()
            .filter_map(|held| match held.statement.body() {
                Body::ContentConsignment(consignment) => Some(consignment.h),
                _ => None,
            })
            .collect();
        for held in self.desk.record().of_type(MailboxHeadAck::TYP)? {
            let Body::MailboxHeadAck(ack) = held.statement.body() else { continue };
            if held.proof.is_some() && ack.heads.iter().any(|head| consigned.contains(&head.h)) {
                self.statement(&held)?;
            }
        }
        Ok(())
    }

    /// What custodians' heads say was answered.
    async fn answers(&mut self, row: &SentRow) -> Result<(), DeskError> {
        let directory = self.desk.directory().await;
        let Some((_, declared)) = directory.declaration(&row.declaration) else { return Ok(()) };
        let heads = self.desk.record().heads_of(&row.declaration)?;
        for (digest, opening) in self.desk.record().answers_to(&row.submission)? {
            let (Some(heads), Some(held)) =
                (heads.iter().find(|h| h.digest == digest), self.desk.record().statement(&digest)?)
            else {
                continue;
            };
            if held.proof.is_none() {
                continue;
            }
            self.statement(&held)?;
            let part = self.listings.entry(digest).or_insert_with(|| ListingPart {
                heads: digest,
                mailbox: declared.declaration.mailbox,
                declaration: row.declaration,
                opening: heads.opening.clone(),
                items: None,
                answers: Vec::new(),
            });
            part.answers.push(AnswerPart { submission: row.submission, opening });
        }
        Ok(())
    }

    fn core<'d>(&mut self, core: &Statement, disclosures: impl Iterator<Item = &'d Disclosure>) {
        let shown = disclosures.filter(|d| self.options.shows(d.field));
        let disclosures = shown.map(|d| d.as_str().to_owned()).collect();
        self.dossier.cores.push(CorePart { core: core.as_text().into_owned(), disclosures });
    }

    fn received(&mut self, asked: &Question) -> Result<(), DeskError> {
        let own = self.party.clone();
        for entry in self.desk.record().inbox()?.into_iter().filter(|entry| entry.party == own) {
            let author = self.author(&entry.submission)?;
            let fits = match asked {
                Question::Told(told) => {
                    told.party == own
                        && (told.by.is_none() || told.by == author)
                        && (told.of.is_none() || told.of == entry.wid)
                }
                _ => true,
            };
            if fits && self.chosen(&entry.submission) {
                self.about(&entry.submission)?;
                self.acknowledged(&entry.submission, &entry.declaration)?;
                match self.desk.read(&entry.submission) {
                    Ok(ReadWarning { opened, .. }) => {
                        if let Some(core) = &opened.core {
                            self.core(core, opened.disclosed.iter());
                        }
                    }
                    Err(DeskError::NotHeld { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    fn author(&self, submission: &Digest) -> Result<Option<PartyName>, DeskError> {
        let held = self.desk.record().statement(submission)?;
        Ok(held.map(|held| held.statement.common().iss.clone()))
    }

    /// The first own head that covers each custodian's item, with the items that lead to it.
    fn acknowledged(&mut self, submission: &Digest, declaration: &Digest) -> Result<(), DeskError> {
        let rows = self.desk.record().items(declaration)?;
        let acks = self.desk.record().of_type(MailboxHeadAck::TYP)?;
        for row in rows.iter().filter(|row| row.item.submission == *submission) {
            let covering = acks.iter().filter(|held| held.proof.is_some()).find_map(|held| {
                let Body::MailboxHeadAck(ack) = held.statement.body() else { return None };
                let covers = |head: &&monition_evidence::statement::KnownHead| {
                    head.custodian.as_str() == row.custodian && head.declaration == *declaration && head.n >= row.n
                };
                ack.heads.iter().find(covers).map(|head| (held, head.clone()))
            });
            let Some((held, head)) = covering else { continue };
            self.statement(held)?;
            if head.n > row.n {
                let between = |other: &&crate::record::ItemRow| {
                    other.custodian == row.custodian && other.n > row.n && other.n <= head.n
                };
                let items: Vec<Item> = rows.iter().filter(between).map(|other| other.item.clone()).collect();
                let (custodian, declaration) = (head.custodian, *declaration);
                self.dossier.segments.push(SegmentPart { custodian, declaration, after: row.n, items });
            }
        }
        Ok(())
    }

    /// Calls on record; in a timeline everything else that belongs to no submission.
    fn notices(&mut self, asked: &Question) -> Result<(), DeskError> {
        use monition_evidence::statement::{DecisionRecord, OutOfBandNotice, Relay};
        let own = self.party.clone();
        for held in self.desk.record().of_type(OutOfBandNotice::TYP)? {
            let Body::OutOfBandNotice(notice) = held.statement.body() else { continue };
            // What this desk did for one party is no other party's to show.
            if notice.iss != own && notice.to != own {
                continue;
            }
            let fits = match asked {
                Question::Told(told) => {
                    told.party == notice.to
                        && told.by.as_ref().is_none_or(|by| *by == notice.iss)
                        && (told.of.is_none() || told.of == notice.wid)
                }
                _ => true,
            };
            if fits && held.proof.is_some() && self.options.submissions.is_none() {
                self.statement(&held)?;
            }
        }
        if *asked != Question::Timeline || self.options.submissions.is_some() {
            return Ok(());
        }
        for typ in [Relay::TYP, DecisionRecord::TYP] {
            for held in self.desk.record().of_type(typ)? {
                if held.proof.is_some() && *held.statement.common().iss == own {
                    self.statement(&held)?;
                }
            }
        }
        Ok(())
    }

    /// Own denials that fit, complete listings, and who sent each item in them.
    async fn denials(&mut self, asked: &Question) -> Result<(), DeskError> {
        let mut any = false;
        for held in self.desk.record().of_type(Denial::TYP)? {
            let Body::Denial(denial) = held.statement.body() else { continue };
            if denial.iss != *self.party {
                continue;
            }
            let fits = match (asked, Question::parse(denial.question.as_str())) {
                (Question::Told(told), Ok(Question::Told(denied))) => denies(told, &denied),
                (Question::Timeline, Ok(_)) => true,
                _ => false,
            };
            if fits && held.proof.is_some() {
                any = true;
                self.statement(&held)?;
            }
        }
        if any { self.listings().await } else { Ok(()) }
    }

    async fn listings(&mut self) -> Result<(), DeskError> {
        let directory = self.desk.directory().await;
        let declarations = directory.party(self.party).map(|p| p.declarations.clone()).unwrap_or_default();
        for record in declarations {
            let mut newest = BTreeMap::new();
            for row in self.desk.record().heads_of(&record.digest)? {
                if row.items.is_some() {
                    newest.insert(row.custodian.clone(), row);
                }
            }
            for row in newest.into_values() {
                let Some(held) = self.desk.record().statement(&row.digest)? else { continue };
                if held.proof.is_none() {
                    continue;
                }
                self.statement(&held)?;
                for item in row.items.iter().flatten() {
                    if let Some(held) = self.desk.record().statement(&item.submission)? {
                        self.statement(&held)?;
                    }
                }
                let part = self.listings.entry(row.digest).or_insert_with(|| ListingPart {
                    heads: row.digest,
                    mailbox: record.declaration.mailbox,
                    declaration: record.digest,
                    opening: row.opening.clone(),
                    items: None,
                    answers: Vec::new(),
                });
                part.items = row.items;
            }
        }
        Ok(())
    }

    /// The directory's entries, and of each of its sizes the first and the last note that were kept: they bound when
    /// entries came.
    async fn directory(&mut self) -> Result<(), DeskError> {
        let entries = self.desk.record().directory()?;
        let text = |entry: &Vec<u8>| String::from_utf8_lossy(entry).into_owned();
        self.dossier.directory = entries.iter().map(text).collect();
        let origin = crate::logs::directory_origin(&self.desk.config().exchange);
        for digest in self.desk.record().boundary_notes(&origin)? {
            self.note(&digest)?;
        }
        if let (Some(note), Ok(check)) = (self.desk.directory_note().await, self.desk.note_check().await)
            && check.directory_note("the record", note.text.as_bytes()).is_ok()
            && self.notes.insert(note.digest)
        {
            self.dossier.notes.push(note.text);
        }
        Ok(())
    }

    fn finish(mut self) -> Dossier {
        self.dossier.listings = self.listings.into_values().collect();
        self.dossier
    }
}

/// Whether a denial answers a question: the same party, no wider author or warning, a time not earlier.
fn denies(asked: &Told, denied: &Told) -> bool {
    let covers_time = match (asked.before, denied.before) {
        (Some(asked), Some(denied)) => denied >= asked,
        (None, _) => true,
        (Some(_), None) => false,
    };
    denied.party == asked.party
        && covers_time
        && denied.by.as_ref().is_none_or(|by| asked.by.as_ref() == Some(by))
        && denied.of.is_none_or(|of| asked.of == Some(of))
}
