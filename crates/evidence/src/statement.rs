//! The statements of the protocol: what each says and which key may sign it (DESIGN §3, docs/protocol.md §4).
//!
//! A payload is JSON that is read into one of these structs and nothing else: unknown members, duplicate
//! members, fractions and numbers out of range are refused by the types, and no type nests deeper than six levels.
//! *Left to the caller*: whether the signature fits ([`Statement::verify`] with a key that the directory has in
//! force), and whether the statement agrees with others.

use crate::encoding::{Digest, Eid, MailboxId, Wid};
use crate::jws::{Jws, JwsError};
use crate::keys::{EnrolledKey, KeyError, KeyId, KeyUse, PublicKey, SecretKey};
use crate::names::{ExchangeName, PartyName, RoleName};
use crate::values::{Anchor, Mode, ReplyStatus, Service, SizeClass, Text, UnixSeconds, Urgency};
use crate::warning::Warning;
use serde::{Deserialize, Serialize};

/// Most custodians in a declaration, delegations in force, heads in one receipt, digests in one list: a person can
/// still read such a list, and no list makes a statement too long for a log entry.
pub const LIST_MAX: usize = 64;

/// Why bytes are not a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Not in the one byte form.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// A type or a version that this program does not know. Never guessed.
    #[error("statement type {typ:?} is not known to this version")]
    UnknownType {
        /// The type as found.
        typ: String,
    },
    /// The payload is not what the type asks for.
    #[error("the payload of a {typ} is wrong: {detail}")]
    Payload {
        /// The type.
        typ: String,
        /// What the reader said, with line and column.
        detail: String,
    },
    /// A rule that spans several members is broken.
    #[error("a {typ} breaks a rule: {rule}")]
    Rule {
        /// The type.
        typ: &'static str,
        /// The rule.
        rule: &'static str,
    },
}

/// Members that every statement has.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// The exchange for which the statement is meant: it counts nowhere else.
    pub exchange: &'a ExchangeName,
    /// Secret random bits that hide the leaf.
    pub eid: &'a Eid,
    /// The warning it belongs to, if it belongs to one.
    pub wid: Option<&'a Wid>,
    /// Who signs.
    pub iss: &'a PartyName,
    /// The signer's clock: a claim, never proof.
    pub iat: UnixSeconds,
    /// What proves "not before"; absent means no lower bound.
    pub anchor: Option<&'a Anchor>,
    /// Identity of the statement that is answered.
    pub prev: Option<&'a Digest>,
}

/// A statement's payload: its type, its common members and its rules.
pub trait Payload: Serialize {
    /// `typ` of the protected header.
    const TYP: &'static str;
    /// Which keys of the party may sign it.
    const USES: &'static [KeyUse];
    /// The ISO/IEC 13888 service that it gives, if any: the only value that `svc` may have.
    const SERVICE: Option<Service>;
    /// The members that every statement has.
    fn common(&self) -> Common<'_>;
    /// Rules that span members.
    ///
    /// # Errors
    /// The rule that is broken.
    fn check(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Declares a payload struct with the common members before its own ones.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident = $typ:literal, by [$($use:ident),+], gives $service:expr, {
        $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)?
    } $(check |$this:ident| $check:block)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The exchange for which it is meant.
            pub exchange: ExchangeName,
            /// Secret random bits that hide the leaf.
            pub eid: Eid,
            /// The warning it belongs to.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub wid: Option<Wid>,
            /// Who signs.
            pub iss: PartyName,
            /// The signer's clock: a claim, never proof.
            pub iat: UnixSeconds,
            /// A cosigned checkpoint that the signer had seen; null only in directory entries.
            pub anchor: Option<Anchor>,
            /// Identity of the statement that is answered.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub prev: Option<Digest>,
            /// ISO/IEC 13888 service; fixed for each type.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub svc: Option<Service>,
            /// SHA-256 of the policy under which it is issued.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pol: Option<Digest>,
            /// `automatic`, or the role of the person who released it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub actor: Option<RoleName>,
            /// Why, in words.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub reason: Option<Text>,
            $($(#[$fdoc])* pub $field: $ty,)*
        }

        impl Payload for $name {
            const TYP: &'static str = $typ;
            const USES: &'static [KeyUse] = &[$(KeyUse::$use),+];
            const SERVICE: Option<Service> = $service;

            fn common(&self) -> Common<'_> {
                Common {
                    exchange: &self.exchange,
                    eid: &self.eid,
                    wid: self.wid.as_ref(),
                    iss: &self.iss,
                    iat: self.iat,
                    anchor: self.anchor.as_ref(),
                    prev: self.prev.as_ref(),
                }
            }

            fn check(&self) -> Result<(), &'static str> {
                if self.svc.is_some() && self.svc != Self::SERVICE {
                    return Err("svc is not the service of this type");
                }
                $({ let $this = self; $check })?
                Ok(())
            }
        }
    };
}
pub(crate) use payload;

fn require(holds: bool, rule: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(rule) }
}

// ---- directory entries -----------------------------------------------------------------------

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

payload! {
    /// Directory: another party may act for this one.
    Delegation = "monition-delegation-v1", by [Statement], gives None, {
        /// One more than the party's last entry.
        seq: u64,
        /// Identity of the party's last entry.
        previous: Digest,
        /// Who may act.
        delegate: PartyName,
        /// What it may do.
        rights: Vec<DelegatedRight>,
        /// Until when.
        until: UnixSeconds
    } check |this| {
        require(this.seq > 0, "seq of a later entry is above 0")?;
        require((1..=3).contains(&this.rights.len()), "1 to 3 rights")?;
    }
}

fn roles_are_consistent(keys: &[EnrolledKey]) -> bool {
    keys.iter().all(|k| (k.key_use == KeyUse::Role) == k.role.is_some())
}

// ---- the way of a warning --------------------------------------------------------------------

payload! {
    /// A hands a sealed warning to the exchange.
    Submission = "monition-submission-v1", by [Statement], gives Some(Service::Origin), {
        /// Identity of the core: SHA-256 over its type and payload.
        core: Digest,
        /// Digest of the bodies ([`crate::framing`]).
        e: Digest,
        /// The mailbox.
        mailbox: MailboxId,
        /// SHA-256 of the declaration's bytes.
        declaration: Digest,
        /// Urgency, equal to the core's.
        urgency: Urgency,
        /// Class of the largest body.
        size_class: SizeClass,
        /// By when an answer is asked for, equal to the core's.
        deadline: Option<UnixSeconds>,
        /// After which the exchange must not accept it.
        expiry: UnixSeconds,
        /// How the content is released.
        mode: Mode,
        /// 1 for the first submission of this sender to this recipient, then one more each time.
        seq: u64,
        /// SHA-256 of the sender's previous submission to this recipient; null for seq 1.
        prev_sub: Option<Digest>
    } check |this| {
        require(this.wid.is_some(), "a submission names its wid")?;
        require(this.anchor.is_some(), "a submission needs an anchor")?;
        require(this.seq >= 1 && (this.seq == 1) == this.prev_sub.is_none(), "seq counts from 1, and every later one names prev_sub")?;
    }
}

payload! {
    /// The exchange took it (ETSI EN 319 522 A.1).
    SubmissionAcceptance = "monition-submission-acceptance-v1", by [Exchange], gives Some(Service::Submission), {
        /// SHA-256 of the submission.
        submission: Digest,
        /// When q consignments or a logged failure will be there: a broken promise is provable.
        by: UnixSeconds
    }
}

payload! {
    /// The exchange refused it (ETSI EN 319 522 A.2).
    SubmissionRejection = "monition-submission-rejection-v1", by [Exchange], gives None, {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Stable code of the reason (docs/errors.md).
        code: String
    } check |this| { require(this.code.len() <= 64, "a code of at most 64 bytes")?; }
}

payload! {
    /// A custodian holds it, as item n of the mailbox's chain (ETSI EN 319 522 D.1).
    ContentConsignment = "monition-content-consignment-v1", by [Custodian], gives Some(Service::Transport), {
        /// The mailbox.
        mailbox: MailboxId,
        /// SHA-256 of the declaration under which it is kept.
        declaration: Digest,
        /// Its place in this custodian's chain, from 1.
        n: u64,
        /// Chain value h(n).
        h: Digest,
        /// Digest of the bodies.
        e: Digest,
        /// SHA-256 of the submission, whose author the custodian does not know.
        submission: Digest
    } check |this| { require(this.n >= 1, "items are counted from 1")?; }
}

payload! {
    /// A custodian commits to every mailbox that it keeps, once for each period.
    CustodyHeads = "monition-custody-heads-v1", by [Custodian], gives None, {
        /// Strictly rising.
        period: u64,
        /// Number of mailboxes.
        mailboxes: u64,
        /// Root of the tree over them ([`crate::custody`]).
        root: Digest
    } check |this| { require(this.anchor.is_some(), "custody heads need an anchor that is older than the heads")?; }
}

payload! {
    /// A content-free ping went to the recipient's alarm contacts.
    ConsignmentNotification = "monition-consignment-notification-v1", by [Custodian], gives None, {
        /// The mailbox.
        mailbox: MailboxId,
        /// Newest item.
        n: u64,
        /// `smtp`, `webhook` …
        transport: String,
        /// What the transport answered.
        answer: Text,
        /// Whether the transport took it.
        taken: bool
    } check |this| { require(this.transport.len() <= 32, "a transport of at most 32 bytes")?; }
}

/// One custodian's head as the recipient's system knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownHead {
    /// The custodian.
    pub custodian: PartyName,
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// Newest known item; 0 for an empty mailbox.
    pub n: u64,
    /// Chain value h(n).
    pub h: Digest,
}

payload! {
    /// B's system knows these heads. Sent at a constant rhythm, also when nothing is new.
    MailboxHeadAck = "monition-mailbox-head-ack-v1", by [Mailbox], gives Some(Service::Receipt), {
        /// The mailbox.
        mailbox: MailboxId,
        /// One for each custodian that was reached.
        heads: Vec<KnownHead>
    } check |this| { require((1..=LIST_MAX).contains(&this.heads.len()), "1 to 64 heads")?; }
}

payload! {
    /// Bytes left to an authenticated session (ETSI EN 319 522 E.1).
    ContentHandover = "monition-content-handover-v1", by [Custodian, Exchange], gives Some(Service::Transport), {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Digest of the bodies.
        e: Digest,
        /// The item.
        n: u64,
        /// Key whose signed request opened the session.
        session: KeyId
    }
}

payload! {
    /// The bytes could not be handed over (ETSI EN 319 522 E.2).
    HandoverFailure = "monition-handover-failure-v1", by [Custodian, Exchange], gives None, {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Stable code.
        code: String
    } check |this| { require(this.code.len() <= 64, "a code of at most 64 bytes")?; }
}

payload! {
    /// B's system decrypted, and says which digests it found (ETSI EN 319 522 D.6). A receipt by a machine.
    ContentAccess = "monition-content-access-v1", by [Mailbox], gives Some(Service::Delivery), {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Identity of the core; null if it could not be decrypted.
        core: Option<Digest>,
        /// Digests of disclosures and attachments that were found and fit.
        valid: Vec<Digest>,
        /// Digests that the core names and no body gave.
        missing: Vec<Digest>,
        /// Numbers of the bodies that could not be decrypted or read, from 0.
        undecryptable: Vec<u32>
    } check |this| {
        require(this.valid.len() <= LIST_MAX && this.missing.len() <= LIST_MAX && this.undecryptable.len() <= LIST_MAX, "lists of at most 64")?;
    }
}

payload! {
    /// A person in a role answers (ETSI EN 319 522 C.3, C.4).
    Reply = "monition-reply-v1", by [Role], gives Some(Service::Knowledge), {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Identity of the core.
        core: Digest,
        /// The answer.
        status: ReplyStatus,
        /// SHA-256("monition/note/v1\n" ‖ salt ‖ note) of a closable note.
        note: Option<Digest>,
        /// Digests that the answering side had received.
        received: Vec<Digest>
    } check |this| {
        require(this.wid.is_some(), "a reply names its wid")?;
        require(this.received.len() <= LIST_MAX, "a list of at most 64")?;
    }
}

payload! {
    /// A custodian countersigns a reply that was lodged with it.
    ReplyLodgement = "monition-reply-lodgement-v1", by [Custodian], gives Some(Service::Submission), {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Identity of the reply.
        reply: Digest
    }
}

payload! {
    /// B passes chosen disclosures to C, in its own warning.
    Relay = "monition-relay-v1", by [Statement], gives Some(Service::Origin), {
        /// Identity of the core that is passed on.
        core: Digest,
        /// Who gets it.
        to: PartyName,
        /// Disclosure digests that are passed on.
        digests: Vec<Digest>,
        /// SHA-256 of the consent, where the relay terms ask for one.
        consent: Option<Digest>
    } check |this| { require(this.digests.len() <= LIST_MAX, "a list of at most 64")?; }
}

payload! {
    /// A allows B to pass chosen disclosures to C.
    RelayConsent = "monition-relay-consent-v1", by [Statement], gives Some(Service::Origin), {
        /// SHA-256 of the submission by which B got it.
        submission: Digest,
        /// Identity of the core.
        core: Digest,
        /// Who may get it.
        to: PartyName,
        /// Disclosure digests that may be passed on.
        digests: Vec<Digest>,
        /// Until when.
        expiry: UnixSeconds
    } check |this| { require(this.digests.len() <= LIST_MAX, "a list of at most 64")?; }
}

payload! {
    /// "No such warning lay in our mailboxes until T, and we signed no receipt or reply."
    Denial = "monition-denial-v1", by [Statement], gives None, {
        /// The question, as `told … before …` is written.
        question: Text,
        /// T.
        before: UnixSeconds,
        /// The heads on which it rests.
        heads: Vec<KnownHead>
    } check |this| {
        require(this.anchor.is_some(), "a denial needs an anchor")?;
        require(this.heads.len() <= LIST_MAX, "a list of at most 64")?;
    }
}

payload! {
    /// A call, a visit, a letter: on record, and weak unless the other side countersigns.
    OutOfBandNotice = "monition-out-of-band-notice-v1", by [Statement, Role], gives None, {
        /// Whom it reached.
        to: PartyName,
        /// `telephone`, `visit` …
        channel: String,
        /// When, by the caller's clock.
        at: UnixSeconds,
        /// SHA-256("monition/note/v1\n" ‖ salt ‖ note) of what was said.
        note: Option<Digest>
    } check |this| { require(this.channel.len() <= 32, "a channel of at most 32 bytes")?; }
}

payload! {
    /// A complaint about what was received, with its reason.
    ContentDispute = "monition-content-dispute-v1", by [Mailbox, Role], gives None, {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Identity of the core, if it could be read.
        core: Option<Digest>,
        /// Stable code.
        code: String
    } check |this| {
        require(this.reason.is_some(), "a dispute gives its reason")?;
        require(this.code.len() <= 64, "a code of at most 64 bytes")?;
    }
}

payload! {
    /// The body was deleted after `retain_until`; its hash is kept.
    Disposal = "monition-disposal-v1", by [Mailbox, Statement, Custodian, Exchange], gives None, {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Digest of the bodies.
        e: Digest
    }
}

payload! {
    /// "Decided to warn, or not to, on ground g": a commitment, shown later if ever.
    DecisionRecord = "monition-decision-record-v1", by [Statement, Role], gives None, {
        /// `warned` or `not-warned`.
        decision: Decision,
        /// SHA-256("monition/note/v1\n" ‖ salt ‖ note) of the grounds.
        note: Option<Digest>
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// To warn.
    Warned,
    /// Not to warn.
    NotWarned,
}

/// Commitment to a closable note: SHA-256("monition/note/v1\n" ‖ salt ‖ len-prefixed note).
#[must_use]
pub fn note_commitment(salt: &crate::encoding::Salt, note: &Text) -> Digest {
    crate::encoding::Layout::new("monition/note/v1\n").fixed(salt.as_bytes()).field(note.as_str().as_bytes()).digest()
}

/// Declares [`Body`] over every payload type: the table of types is written once.
macro_rules! bodies {
    ($($name:ident),+ $(,)?) => {
        /// A statement's payload, by type.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is the payload of the same name")]
        pub enum Body { $($name($name)),+ }

        impl Body {
            fn parse(typ: &str, payload: &[u8]) -> Result<Self, StatementError> {
                match typ {
                    $($name::TYP => {
                        let body: $name = serde_json::from_slice(payload)
                            .map_err(|e| StatementError::Payload { typ: typ.to_owned(), detail: e.to_string() })?;
                        body.check().map_err(|rule| StatementError::Rule { typ: $name::TYP, rule })?;
                        Ok(Self::$name(body))
                    })+
                    _ => Err(StatementError::UnknownType { typ: typ.to_owned() }),
                }
            }

            /// The members that every statement has.
            #[must_use]
            pub fn common(&self) -> Common<'_> {
                match self { $(Self::$name(body) => body.common()),+ }
            }

            /// Which keys may sign it.
            #[must_use]
            pub fn uses(&self) -> &'static [KeyUse] {
                match self { $(Self::$name(_) => $name::USES),+ }
            }

            /// Its name in findings, such as `ContentConsignment`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),+ }
            }
        }

        $(impl From<$name> for Body {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        })+
    };
}

bodies! {
    Enrolment, KeyRotation, Revocation, Contest, MailboxDeclaration, Delegation,
    Warning, Submission, SubmissionAcceptance, SubmissionRejection, ContentConsignment, CustodyHeads,
    ConsignmentNotification, MailboxHeadAck, ContentHandover, HandoverFailure, ContentAccess, Reply,
    ReplyLodgement, Relay, RelayConsent, Denial, OutOfBandNotice, ContentDispute, Disposal, DecisionRecord,
}

impl Body {
    /// Whether it belongs in the directory, in plain text, and not in the log of commitments.
    #[must_use]
    pub const fn is_directory_entry(&self) -> bool {
        matches!(
            self,
            Self::Enrolment(_)
                | Self::KeyRotation(_)
                | Self::Revocation(_)
                | Self::Contest(_)
                | Self::MailboxDeclaration(_)
                | Self::Delegation(_)
        )
    }
}

/// A statement: the bytes as received and what they say. Its signatures are *not* verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    jws: Jws,
    body: Body,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// [`StatementError`]; nothing is guessed, nothing is skipped.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let jws = Jws::parse(bytes)?;
        let body = Body::parse(jws.typ(), jws.payload())?;
        let anchored = body.common().anchor.is_some();
        if body.is_directory_entry() == anchored {
            return Err(StatementError::Rule {
                typ: "statement",
                rule: "the anchor is null in directory entries, and only there",
            });
        }
        Ok(Self { jws, body })
    }

    /// Signs a payload with each of `keys`, in order.
    ///
    /// # Errors
    /// [`StatementError`] if the payload breaks a rule of its type or is too long.
    pub fn sign<P: Payload>(payload: &P, keys: &[&SecretKey]) -> Result<Self, StatementError> {
        let bytes = serde_json::to_vec(payload)
            .map_err(|e| StatementError::Payload { typ: P::TYP.to_owned(), detail: e.to_string() })?;
        let jws = Jws::sign(P::TYP, &bytes, keys)?;
        Self::parse(jws.as_bytes())
    }

    /// Adds the signatures of another copy of the same payload.
    ///
    /// # Errors
    /// [`StatementError::Jws`] if it is another payload.
    pub fn join(&self, other: &Self) -> Result<Self, StatementError> {
        Ok(Self { jws: self.jws.join(&other.jws)?, body: self.body.clone() })
    }

    /// Checks that `key` signed these bytes.
    ///
    /// # Errors
    /// [`KeyError::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), KeyError> {
        self.jws.verify(key)
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The members that every statement has.
    #[must_use]
    pub fn common(&self) -> Common<'_> {
        self.body.common()
    }

    /// The bytes as received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.jws.as_bytes()
    }

    /// The bytes as text: the one byte form is ASCII.
    #[must_use]
    pub fn as_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.jws.as_bytes())
    }

    /// The signed bytes, taken apart.
    #[must_use]
    pub fn jws(&self) -> &Jws {
        &self.jws
    }

    /// Identity: what replay and equivocation compare.
    #[must_use]
    pub fn identity(&self) -> Digest {
        self.jws.identity()
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.jws.digest()
    }

    /// The log entry that commits to it.
    #[must_use]
    pub fn leaf(&self, log_origin: &str) -> Digest {
        self.jws.leaf(log_origin)
    }

    /// The submission that it is about, by SHA-256, if it names one.
    #[must_use]
    pub fn submission(&self) -> Option<Digest> {
        match &self.body {
            Body::SubmissionAcceptance(s) => Some(s.submission),
            Body::SubmissionRejection(s) => Some(s.submission),
            Body::ContentConsignment(s) => Some(s.submission),
            Body::ContentHandover(s) => Some(s.submission),
            Body::HandoverFailure(s) => Some(s.submission),
            Body::ContentAccess(s) => Some(s.submission),
            Body::Reply(s) => Some(s.submission),
            Body::ReplyLodgement(s) => Some(s.submission),
            Body::RelayConsent(s) => Some(s.submission),
            Body::ContentDispute(s) => Some(s.submission),
            Body::Disposal(s) => Some(s.submission),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
