//! Payloads of directory entries: who is a party, with which keys, and where it can be told (DESIGN §3).

use super::{LIST_MAX, payload, require};
use crate::encoding::{Digest, MailboxId};
use crate::keys::{EnrolledKey, KeyId, KeyUse};
use crate::names::PartyName;
use crate::values::UnixSeconds;
use serde::{Deserialize, Serialize};

/// What an organisation offers besides being a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianService {
    /// Where it answers: an http or https address without trailing slash.
    pub url: String,
    /// Length of a [`CustodyHeads`] period, in seconds.
    pub period_seconds: u64,
}

/// Rules of a directory; stands in its first entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryRules {
    /// From an entry's witnessed time to its being effective, in seconds.
    pub delay_seconds: u64,
    /// Sponsors that a DNS-like name needs (grade I2).
    pub sponsors: u32,
}

payload! {
    /// Directory: a party, its keys, and who vouches for its name. Signed by every key in it, then by the sponsors.
    Enrolment = "monition-enrolment-v1", by [Statement, Exchange], gives None, {
        /// 0.
        seq: u64,
        /// The party's keys, each for one use.
        keys: Vec<EnrolledKey>,
        /// Pre-rotation: [`crate::keys::key_set_digest`] of the keys that come next.
        next: Digest,
        /// Parties whose signatures stand beside the party's own.
        sponsors: Vec<PartyName>,
        /// Present for an organisation that keeps mailboxes.
        custodian: Option<CustodianService>,
        /// Present in the directory's first entry alone.
        directory: Option<DirectoryRules>
    } check |this| {
        require(this.seq == 0, "an enrolment has seq 0")?;
        require((1..=16).contains(&this.keys.len()), "1 to 16 keys")?;
        require(this.sponsors.len() < 16, "at most 15 sponsors")?;
        require(this.custodian.as_ref().is_none_or(|c| (1..=86_400).contains(&c.period_seconds)),
                "a custody period of 1 to 86,400 seconds")?;
        require(roles_are_consistent(&this.keys), "a role stands at keys of use 'role', and only there")?;
    }
}

payload! {
    /// Directory: the keys that replace the old ones; must match the pre-rotated digest. Signed by an old statement key and every new key.
    KeyRotation = "monition-key-rotation-v1", by [Statement, Exchange], gives None, {
        /// One more than the party's last entry.
        seq: u64,
        /// Identity of the party's last entry.
        previous: Digest,
        /// The new keys.
        keys: Vec<EnrolledKey>,
        /// Pre-rotation of the keys after these.
        next: Digest
    } check |this| {
        require(this.seq > 0, "seq of a later entry is above 0")?;
        require((1..=16).contains(&this.keys.len()), "1 to 16 keys")?;
        require(roles_are_consistent(&this.keys), "a role stands at keys of use 'role', and only there")?;
    }
}

payload! {
    /// Directory: a key that counts no longer. Signed by any key of the party, or by its sponsors.
    Revocation = "monition-revocation-v1", by [Statement, Mailbox, Role, Exchange, Custodian], gives None, {
        /// The party whose key it is.
        party: PartyName,
        /// One more than the party's last entry.
        seq: u64,
        /// Identity of the party's last entry.
        previous: Digest,
        /// The key.
        kid: KeyId,
        /// Since when the party suspects misuse: a caveat in findings, never retroactive.
        suspected_since: Option<UnixSeconds>
    } check |this| { require(this.seq > 0, "seq of a later entry is above 0")?; }
}

payload! {
    /// Directory: an objection to somebody's entry during its delay.
    Contest = "monition-contest-v1", by [Statement], gives None, {
        /// Identity of the entry.
        contested: Digest
    }
}

/// Encryption key in a declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionKey {
    /// age stanza type, `X25519` for now.
    pub stanza: String,
    /// age recipient.
    pub recipient: String,
}

/// Hours in which people answer, in local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceHours {
    /// Offset from UTC in minutes, -840 to 840. A zone name would need a database that changes after signing.
    pub utc_offset_minutes: i32,
    /// Weekly spans.
    pub weekly: Vec<WeeklySpan>,
    /// Closed days, as days since 1970-01-01 in local time.
    pub closed_days: Vec<u32>,
}

/// A span of hours on one day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklySpan {
    /// 0 = Monday … 6 = Sunday.
    pub day: u8,
    /// First minute of the day, 0…1439.
    pub from_minute: u16,
    /// Minute after the last, 1…1440.
    pub until_minute: u16,
}

impl ServiceHours {
    /// Whether somebody answers at `time`. Empty hours mean: always.
    #[must_use]
    pub fn open_at(&self, time: UnixSeconds) -> bool {
        if self.weekly.is_empty() {
            return true;
        }
        let local = i64::try_from(time.value()).unwrap_or(i64::MAX) + i64::from(self.utc_offset_minutes) * 60;
        let (day, minute) = (local.div_euclid(86_400), local.rem_euclid(86_400) / 60);
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        let closed = self.closed_days.iter().any(|&d| i64::from(d) == day);
        let within = |s: &WeeklySpan| {
            i64::from(s.day) == weekday && (i64::from(s.from_minute)..i64::from(s.until_minute)).contains(&minute)
        };
        !closed && self.weekly.iter().any(within)
    }
}

/// Promised answer times by urgency, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerTimes {
    /// Flash.
    pub flash: u64,
    /// Immediate.
    pub immediate: u64,
    /// Priority.
    pub priority: u64,
    /// Routine.
    pub routine: u64,
}

payload! {
    /// Directory: where a party can be told, and what counts as having been told there. Binds until superseded plus grace.
    MailboxDeclaration = "monition-mailbox-declaration-v1", by [Statement], gives None, {
        /// One more than the party's last entry.
        seq: u64,
        /// Identity of the party's last entry.
        previous: Digest,
        /// Pseudonym of the mailbox.
        mailbox: MailboxId,
        /// Custodians by party name: other organisations, at least one chosen by the party itself.
        custodians: Vec<PartyName>,
        /// How many custodians must hold an item for it to be available (q).
        quorum: u32,
        /// Encryption keys.
        encryption: Vec<EncryptionKey>,
        /// From when it is meant to hold. It binds from its place in the directory.
        valid_from: UnixSeconds,
        /// Until when.
        valid_until: UnixSeconds,
        /// How long after its end it still binds, in seconds.
        grace_seconds: u64,
        /// How often the party's system polls, in seconds.
        poll_seconds: u64,
        /// SHA-256 of the private annex with the alarm contacts, which the custodians hold.
        contacts: Option<Digest>,
        /// When people answer.
        hours: ServiceHours,
        /// Languages that are understood (BCP 47).
        languages: Vec<String>,
        /// Promised answer times.
        answer_seconds: AnswerTimes,
        /// SHA-256 of the terms on what availability and acknowledgement mean.
        terms: Option<Digest>
    } check |this| {
        require(this.seq > 0, "seq of a later entry is above 0")?;
        require((1..=16).contains(&this.custodians.len()), "1 to 16 custodians")?;
        let mut sorted = this.custodians.clone();
        sorted.sort();
        sorted.dedup();
        require(sorted.len() == this.custodians.len(), "each custodian once")?;
        require(!this.custodians.contains(&this.exchange.as_party()), "the exchange's own custodian never counts, so it cannot be declared")?;
        let eligible = this.custodians.iter().filter(|c| **c != this.iss).count();
        require(this.quorum >= 1 && (this.quorum as usize) <= eligible,
                "a quorum between 1 and the number of custodians that other organisations run")?;
        require((1..=4).contains(&this.encryption.len()), "1 to 4 encryption keys")?;
        require(this.valid_from < this.valid_until, "valid_from lies before valid_until")?;
        require((1..=3_600).contains(&this.poll_seconds), "a poll interval of 1 to 3,600 seconds")?;
        require(this.grace_seconds <= 31_622_400, "a grace of at most 366 days")?;
        require(this.hours.utc_offset_minutes.abs() <= 840, "an offset from UTC within 14 hours")?;
        require(this.hours.weekly.len() <= LIST_MAX && this.hours.closed_days.len() <= 366, "at most 64 weekly spans and 366 closed days")?;
        require(this.hours.weekly.iter().all(|s| s.day < 7 && s.from_minute < s.until_minute && s.until_minute <= 1440), "weekly spans within a day")?;
        require(this.languages.len() <= 16 && this.languages.iter().all(|l| l.len() <= 35), "at most 16 language tags")?;
    }
}

/// What a delegate may do for a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DelegatedRight {
    /// Read the mailbox.
    Receive,
    /// Reply.
    Answer,
    /// Warn in its name.
    Send,
}

impl DelegatedRight {
    /// The word as it stands in statements.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Answer => "answer",
            Self::Send => "send",
        }
    }
}

impl std::fmt::Display for DelegatedRight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

payload! {
    /// Directory: another party may act for this one.
    Delegation = "monition-delegation-v1", by [Statement], gives None, {
        /// One more than the party's last entry.
        seq: u64,
        /// Identity of the party's last entry.
        previous: Digest,
        /// Who may act.
        delegate: PartyName,
        /// What it may do; nothing takes an earlier delegation to the same delegate back.
        rights: Vec<DelegatedRight>,
        /// Until when.
        until: UnixSeconds
    } check |this| {
        require(this.seq > 0, "seq of a later entry is above 0")?;
        require(this.rights.len() <= 3, "at most 3 rights")?;
        let twice = this.rights.iter().enumerate().any(|(n, right)| this.rights[..n].contains(right));
        require(!twice, "each right once")?;
    }
}

fn roles_are_consistent(keys: &[EnrolledKey]) -> bool {
    keys.iter().all(|k| (k.key_use == KeyUse::Role) == k.role.is_some())
}
