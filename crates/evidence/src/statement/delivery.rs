//! Payloads of the way of a warning, from submission to what is said of it afterwards (DESIGN §§3–4).

use super::{LIST_MAX, payload, require};
use crate::encoding::{Digest, MailboxId};
use crate::judge::Question;
use crate::keys::KeyId;
use crate::names::PartyName;
use crate::values::{Mode, ReplyStatus, Service, SizeClass, Text, UnixSeconds, Urgency};
use serde::{Deserialize, Serialize};

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
        /// The question, as `told … before …` is written: about the signer, and before the same T.
        question: Text,
        /// T.
        before: UnixSeconds,
        /// The heads on which it rests.
        heads: Vec<KnownHead>
    } check |this| {
        require(this.anchor.is_some(), "a denial needs an anchor")?;
        // One T and one party: what is denied must not depend on which of two members a judge reads.
        let fits = matches!(Question::parse(this.question.as_str()), Ok(Question::Told(asked))
            if asked.party == this.iss && asked.before == Some(this.before));
        require(fits, "a question `told <iss> … before <before>`, with the same iss and the same time")?;
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

payload! {
    /// The exchange took one envelope of objects into a feed: routine content that it sees, without deadline or alarm.
    /// The word of the exchange for an account that it authenticated; no party's key signed the content.
    EnvelopeAcceptance = "monition-envelope-acceptance-v1", by [Exchange], gives Some(Service::Submission), {
        /// The account's party, where the exchange knows it as one.
        party: Option<PartyName>,
        /// Name of the account.
        account: Text,
        /// Identifier of the collection (TAXII 2.1 §5.2.1).
        collection: Text,
        /// Number of objects that were taken.
        count: u32,
        /// RFC 6962 root over the SHA-256 of each object's bytes as received, in the order of `date_added`.
        objects: Digest,
        /// `date_added` of the first, in microseconds since 1970.
        first_added: u64,
        /// `date_added` of the last, in microseconds since 1970.
        last_added: u64
    } check |this| {
        require(this.count >= 1, "an envelope of at least one object")?;
        require(this.first_added <= this.last_added, "the first object was not added after the last")?;
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
