//! The inbox in memory: every received warning, decrypted, in the order in which people must look at it.
//!
//! The record keeps what came as it came, sealed; this projection lives in memory alone, so that nothing decrypted lies
//! on a disk. It is filled in the background, the newest first, and kept in step with the record.
//!
//! Order: unanswered before answered and replaced; then by urgency; then the newest first. A page is a range after a key.

use crate::language::fold;
use monition_desk::open::{Delivery, Opened, decrypt, read};
use monition_desk::record::{InboxEntry, InboxState};
use monition_desk::{Desk, DeskError};
use monition_evidence::directory::Directory;
use monition_evidence::statement::{Payload as _, Reply};
use monition_evidence::values::{ReplyStatus, Tlp, Urgency, WarningStatus};
use monition_evidence::warning::Field;
use monition_evidence::{Body, Digest, UnixSeconds};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows on one page.
pub(crate) const PAGE_ROWS: usize = 50;

/// Most characters of a summary that a row shows.
const SUMMARY_CHARS: usize = 200;

/// Most bytes of a warning's folded text that the search looks at: every field at its limit would be 180 KB.
const HAYSTACK_BYTES_MAX: usize = 16 * 1024;

/// Place in the list. Lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    done: bool,
    urgency: Reverse<Urgency>,
    received: Reverse<u64>,
    submission: Digest,
}

impl Place {
    /// As text, for a link.
    pub(crate) fn to_text(self) -> String {
        format!("{}.{}.{}.{}", u8::from(self.done), self.urgency.0, self.received.0, self.submission)
    }

    /// Reads what [`Self::to_text`] gives.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let done = parts.next()? == "1";
        let urgency = Reverse(Urgency::parse(parts.next()?)?);
        let received = Reverse(parts.next()?.parse().ok()?);
        Some(Self { done, urgency, received, submission: Digest::parse(parts.next()?).ok()? })
    }
}

/// A warning as the list shows it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) submission: Digest,
    pub(crate) sender: Option<String>,
    pub(crate) class: Option<String>,
    pub(crate) urgency: Urgency,
    pub(crate) tlp: Option<Tlp>,
    pub(crate) status: Option<WarningStatus>,
    pub(crate) summary: String,
    pub(crate) received_at: UnixSeconds,
    pub(crate) deadline: Option<UnixSeconds>,
    pub(crate) read: bool,
    pub(crate) answer: Option<ReplyStatus>,
    pub(crate) replaced: bool,
    pub(crate) misfits: bool,
    pub(crate) disposed: bool,
    core: Option<Digest>,
    amends: Option<Digest>,
    haystack: String,
}

impl Row {
    /// Nobody answered, and nothing newer took its place.
    pub(crate) fn open(&self) -> bool {
        self.answer.is_none() && !self.replaced
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            done: !self.open(),
            urgency: Reverse(self.urgency),
            received: Reverse(self.received_at.value()),
            submission: self.submission,
        }
    }
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Show {
    /// All of them.
    #[default]
    All,
    /// Unanswered.
    Open,
    /// Not looked at by anybody.
    Unread,
    /// Answered.
    Answered,
}

impl Show {
    pub(crate) const ALL: [Self; 4] = [Self::All, Self::Open, Self::Unread, Self::Answered];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Open => "open",
            Self::Unread => "unread",
            Self::Answered => "answered",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.as_str() == word)
    }

    fn fits(self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::Open => row.open(),
            Self::Unread => !row.read,
            Self::Answered => row.answer.is_some(),
        }
    }
}

/// One page of the list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Arc<Row>>,
    pub(crate) next: Option<Place>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) all: usize,
    pub(crate) open: usize,
    pub(crate) unread: usize,
    pub(crate) answered: usize,
}

/// All rows.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    rows: BTreeMap<Place, Arc<Row>>,
    places: HashMap<Digest, Place>,
    counts: Counts,
}

impl Inbox {
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn row(&self, submission: &Digest) -> Option<&Arc<Row>> {
        self.rows.get(self.places.get(submission)?)
    }

    /// Rows that nobody has answered, in order.
    pub(crate) fn open_rows(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.values().take_while(|row| row.open())
    }

    /// A page of rows after `after`.
    pub(crate) fn page(&self, show: Show, search: &str, after: Option<Place>) -> Page {
        use std::ops::Bound::{Excluded, Unbounded};
        let words: Vec<String> = fold(search).split_whitespace().map(str::to_owned).collect();
        let fits = |row: &Row| show.fits(row) && words.iter().all(|word| row.haystack.contains(word.as_str()));
        let range = self.rows.range((after.map_or(Unbounded, Excluded), Unbounded));
        let mut found = range.filter(|(_, row)| fits(row));
        let rows: Vec<Arc<Row>> = found.by_ref().take(PAGE_ROWS).map(|(_, row)| Arc::clone(row)).collect();
        let next = found.next().and_then(|_| rows.last().map(|row| row.place()));
        Page { rows, next }
    }

    fn put(&mut self, row: Row) {
        let place = row.place();
        if let Some(old) = self.places.insert(row.submission, place)
            && old != place
        {
            self.rows.remove(&old);
        }
        self.rows.insert(place, Arc::new(row));
    }

    fn change(&mut self, submission: &Digest, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.row(submission) {
            let mut row = Row::clone(row);
            change(&mut row);
            self.put(row);
        }
    }

    fn count(&mut self) {
        let mut counts = Counts { all: self.rows.len(), ..Counts::default() };
        for row in self.rows.values() {
            counts.open += usize::from(row.open());
            counts.unread += usize::from(!row.read);
            counts.answered += usize::from(row.answer.is_some());
        }
        self.counts = counts;
    }

    /// Entries of the record that are not here yet, the newest first.
    pub(crate) fn missing(&self, entries: &[InboxEntry]) -> Vec<InboxEntry> {
        entries.iter().rev().filter(|entry| !self.places.contains_key(&entry.submission)).cloned().collect()
    }

    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        for row in rows {
            self.put(row);
        }
        self.count();
    }

    /// Brings what changes later in step with the record: read marks, answers, amendments, disposal.
    pub(crate) fn update(&mut self, entries: &[InboxEntry], answers: &HashMap<Digest, ReplyStatus>) {
        let amended: std::collections::HashSet<Digest> = self.rows.values().filter_map(|row| row.amends).collect();
        for entry in entries {
            let Some(row) = self.row(&entry.submission) else { continue };
            let (read, disposed) = (entry.read_at.is_some(), entry.state == InboxState::Disposed);
            let answer = answers.get(&entry.submission).copied();
            let replaced = row.core.is_some_and(|core| amended.contains(&core));
            if (row.read, row.disposed, row.answer, row.replaced) != (read, disposed, answer, replaced) {
                self.change(&entry.submission, |row| {
                    (row.read, row.disposed, row.answer, row.replaced) = (read, disposed, answer, replaced);
                });
            }
        }
        self.count();
    }
}

/// The last answer of the own party to each submission.
pub(crate) fn answers(desk: &Desk) -> Result<HashMap<Digest, ReplyStatus>, DeskError> {
    let mut found = HashMap::new();
    for held in desk.record().of_type(Reply::TYP)? {
        if let Body::Reply(reply) = held.statement.body()
            && reply.iss == *desk.party()
        {
            found.insert(reply.submission, reply.status);
        }
    }
    Ok(found)
}

/// Opens a received warning without noting that a person read it. `None` after disposal.
pub(crate) fn open(desk: &Desk, directory: &Directory, submission: &Digest) -> Result<Option<Opened>, DeskError> {
    let Some(bodies) = desk.record().received_bodies(submission)? else { return Ok(None) };
    let statement = desk.record().statement(submission)?.map(|held| held.statement);
    let plains = decrypt(&bodies, &desk.keys().identities());
    Ok(Some(read(&plains, Delivery { own: desk.party(), submission: statement.as_ref(), directory })))
}

/// Makes the row of an entry of the record.
pub(crate) fn row(desk: &Desk, directory: &Directory, entry: &InboxEntry) -> Result<Row, DeskError> {
    let opened = open(desk, directory, &entry.submission)?;
    let submission = desk.record().statement(&entry.submission)?;
    let sender = submission.as_ref().map(|held| held.statement.common().iss.to_string());
    let mut row = Row {
        submission: entry.submission,
        sender,
        class: None,
        urgency: entry.urgency,
        tlp: None,
        status: None,
        summary: String::new(),
        received_at: entry.received_at,
        deadline: None,
        read: entry.read_at.is_some(),
        answer: None,
        replaced: false,
        misfits: !entry.misfits.is_empty(),
        disposed: entry.state == InboxState::Disposed,
        core: opened.as_ref().and_then(|o| o.core.as_ref()).map(monition_evidence::Statement::identity),
        amends: None,
        haystack: String::new(),
    };
    let mut text = format!("{} {} ", entry.submission, row.sender.as_deref().unwrap_or_default());
    if let Some(opened) = &opened {
        if let Some(warning) = opened.warning() {
            row.class = Some(warning.class.to_string());
            row.tlp = Some(warning.tlp);
            row.status = Some(warning.status);
            row.deadline = warning.deadline;
            row.amends = warning.amends;
            text.push_str(warning.class.as_str());
            if let Some(reason) = &warning.reason {
                text.push(' ');
                text.push_str(reason.as_str());
            }
        }
        for disclosure in opened.disclosed.iter() {
            if let Some(value) = disclosure.value.as_text() {
                text.push(' ');
                text.push_str(value);
                if disclosure.field == Field::Summary {
                    row.summary = value.chars().take(SUMMARY_CHARS).collect();
                }
            }
            if text.len() > HAYSTACK_BYTES_MAX {
                break;
            }
        }
    }
    row.haystack = fold(&text);
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u8, urgency: Urgency, received: u64, text: &str) -> Row {
        Row {
            submission: Digest::from_bytes([number; 32]),
            sender: Some("north.example".to_owned()),
            class: None,
            urgency,
            tlp: None,
            status: Some(WarningStatus::First),
            summary: text.to_owned(),
            received_at: UnixSeconds::new(received),
            deadline: None,
            read: false,
            answer: None,
            replaced: false,
            misfits: false,
            disposed: false,
            core: Some(Digest::from_bytes([number; 32])),
            amends: None,
            haystack: fold(text),
        }
    }

    fn numbers(page: &Page) -> Vec<u8> {
        page.rows.iter().map(|row| row.submission.as_bytes()[0]).collect()
    }

    #[test]
    fn the_urgent_and_unanswered_come_first_and_the_answered_last() {
        let mut inbox = Inbox::default();
        let mut answered = row(1, Urgency::Flash, 9, "");
        answered.answer = Some(ReplyStatus::Acknowledged);
        inbox.add(vec![
            answered,
            row(2, Urgency::Routine, 8, ""),
            row(3, Urgency::Flash, 1, ""),
            row(4, Urgency::Flash, 5, ""),
        ]);
        assert_eq!(numbers(&inbox.page(Show::All, "", None)), [4, 3, 2, 1]);
        assert_eq!(numbers(&inbox.page(Show::Open, "", None)), [4, 3, 2]);
        assert_eq!(numbers(&inbox.page(Show::Answered, "", None)), [1]);
        assert_eq!(inbox.open_rows().count(), 3);
    }

    #[test]
    fn an_answer_moves_a_row_and_leaves_no_second_one() {
        let mut inbox = Inbox::default();
        inbox.add(vec![row(1, Urgency::Flash, 1, ""), row(2, Urgency::Flash, 2, "")]);
        inbox.change(&Digest::from_bytes([2; 32]), |row| row.answer = Some(ReplyStatus::Fixed));
        assert_eq!(numbers(&inbox.page(Show::All, "", None)), [1, 2]);
    }

    #[test]
    fn pages_meet_without_gap_or_overlap() {
        let mut inbox = Inbox::default();
        inbox.add((0..=254).map(|n| row(n, Urgency::Priority, u64::from(n / 2), "")).collect());
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = inbox.page(Show::All, "", after);
            seen.extend(numbers(&page));
            match page.next {
                Some(next) => after = Place::parse(&next.to_text()),
                None => break,
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..=254).collect::<Vec<u8>>());
        assert_eq!(Place::parse("1.flash.x.y"), None);
    }

    #[test]
    fn every_word_must_be_found_whatever_the_keyboard() {
        let mut inbox = Inbox::default();
        inbox.add(vec![row(1, Urgency::Flash, 1, "حملۀ سايبری به بيمارستان"), row(2, Urgency::Flash, 2, "بیمارستان")]);
        assert_eq!(numbers(&inbox.page(Show::All, "بیمارستان", None)), [2, 1]);
        assert_eq!(numbers(&inbox.page(Show::All, "بیمارستان سایبری", None)), [1]);
    }

    #[test]
    fn ten_thousand_rows_are_one_small_page() {
        let mut inbox = Inbox::default();
        let rows = (0..10_000_u32).map(|n| {
            let mut row = row(0, Urgency::Priority, u64::from(n), "an access is offered for sale in a closed forum");
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            row.submission = Digest::from_bytes(bytes);
            row
        });
        inbox.add(rows.collect());
        let started = std::time::Instant::now();
        assert_eq!(inbox.page(Show::All, "forum sale", None).rows.len(), PAGE_ROWS);
        assert_eq!(inbox.page(Show::All, "nothing-like-this", None).rows.len(), 0);
        // A scan of all rows, in an unoptimised build on a shared machine: the bound only refuses the absurd.
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }
}
