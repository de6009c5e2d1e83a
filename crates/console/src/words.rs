//! The words of the protocol as keys of messages: written once, so that the test of the languages knows every family.

use monition_evidence::judge::{Answer, Step};
use monition_evidence::values::{RelayTerms, ReplyStatus, Tlp, Urgency, WarningStatus};
use monition_evidence::warning::{Axis, Field, Group};

use crate::store::{Act, Role};

/// The axes, in the order of a warning.
pub(crate) const AXES: [Axis; 6] = [Axis::Target, Axis::Place, Axis::Time, Axis::Actor, Axis::Means, Axis::Source];

/// The delivery steps that a page shows, lowest first; `declined` takes the place of `acknowledged` where it is so.
pub(crate) const STEPS: [Step; 6] =
    [Step::Submitted, Step::Available, Step::Notified, Step::HandedOver, Step::Decrypted, Step::Acknowledged];

/// Codes of caveats (`evidence/src/judge`).
const CAVEATS: [&str; 11] = [
    "content-not-told",
    "handover-by-word-alone",
    "specificity-understated",
    "signed-by-delegate",
    "key-provisional",
    "key-suspected",
    "interval-contradicted",
    "party-contested",
    "keys-recovered",
    "statement-not-relied-upon",
    "statements-not-logged",
];

/// Codes of misbehaviour.
const MISBEHAVIOURS: [&str; 8] = [
    "misbehaviour-split-view",
    "misbehaviour-eid-reused",
    "misbehaviour-item-equivocation",
    "misbehaviour-sequence-reused",
    "misbehaviour-two-custody-roots",
    "misbehaviour-mailbox-twice",
    "misbehaviour-item-hidden",
    "misbehaviour-false-denial",
];

/// Statements that a page names.
const STATEMENTS: [&str; 18] = [
    "Submission",
    "SubmissionAcceptance",
    "SubmissionRejection",
    "ContentConsignment",
    "CustodyHeads",
    "ConsignmentNotification",
    "MailboxHeadAck",
    "ContentHandover",
    "HandoverFailure",
    "ContentAccess",
    "Reply",
    "ReplyLodgement",
    "Relay",
    "RelayConsent",
    "Denial",
    "OutOfBandNotice",
    "ContentDispute",
    "Disposal",
];

pub(crate) fn urgency(urgency: Urgency) -> String {
    format!("urgency-{urgency}")
}

pub(crate) fn tlp(tlp: Tlp) -> String {
    format!("tlp-{}", tlp.as_str().to_ascii_lowercase().replace('+', "-"))
}

pub(crate) fn relay(relay: RelayTerms) -> String {
    format!("relay-terms-{relay}")
}

pub(crate) fn reply(status: ReplyStatus) -> String {
    format!("reply-{status}")
}

pub(crate) fn status(status: WarningStatus) -> String {
    format!("status-{status}")
}

pub(crate) fn field(field: Field) -> String {
    if Field::attachments().contains(&field) {
        return "field-attachment".to_owned();
    }
    format!("field-{}", field.name().replace(['.', '_'], "-"))
}

pub(crate) const fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Actor => "actor",
        Axis::Target => "target",
        Axis::Place => "place",
        Axis::Time => "time",
        Axis::Means => "means",
        Axis::Source => "source",
    }
}

pub(crate) fn axis(axis: Axis) -> String {
    format!("axis-{}", axis_name(axis))
}

pub(crate) fn group(group: Group) -> String {
    format!("group-{}", monition_desk::compose::group_name(group))
}

pub(crate) fn step(step: Step) -> String {
    format!("step-{step}")
}

pub(crate) fn answer(answer: Answer) -> String {
    format!("answer-{}", answer.as_str())
}

pub(crate) fn role(role: Role) -> String {
    format!("role-{}", role.as_str())
}

/// The key of a caveat's code, if it is one that this version knows.
pub(crate) fn caveat(code: &str) -> Option<String> {
    CAVEATS.contains(&code).then(|| format!("caveat-{code}"))
}

/// The key of a misbehaviour's code, if it is one that this version knows.
pub(crate) fn misbehaviour(code: &str) -> Option<&str> {
    MISBEHAVIOURS.contains(&code).then_some(code)
}

/// The key of a statement's name, if it is one that this version knows.
pub(crate) fn statement(name: &str) -> Option<String> {
    STATEMENTS.contains(&name).then(|| format!("statement-{}", name.to_ascii_lowercase()))
}

/// The key of an act of the journal, if it is one that this version knows.
pub(crate) fn act(word: &str) -> Option<String> {
    Act::ALL.iter().any(|act| act.as_str() == word).then(|| format!("act-{word}"))
}

/// The key of an error's code, if there is a sentence for it.
pub(crate) fn problem(code: &str) -> Option<String> {
    PROBLEMS.contains(&code).then(|| format!("problem-{code}"))
}

/// Codes of a desk's errors for which there is a sentence in every language.
const PROBLEMS: [&str; 12] = [
    "usage-relay-forbidden",
    "usage-relay-withdrawn",
    "usage-relay-retention",
    "usage-relay-consent-needed",
    "usage-relay-source",
    "usage-relay-consent-expired",
    "usage-relay-not-covered",
    "usage-relay-not-held",
    "usage-relay-nothing",
    "usage-no-declaration",
    "internal-unreachable",
    "usage-passphrase",
];

/// Every key that is put together at run time.
#[cfg(test)]
pub(crate) fn families() -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    keys.extend(Urgency::ALL.iter().map(|u| urgency(*u)));
    keys.extend(Tlp::ALL.iter().map(|t| format!("{}-consequence", tlp(*t))));
    keys.extend(RelayTerms::ALL.iter().map(|r| relay(*r)));
    keys.extend(RelayTerms::ALL.iter().map(|r| format!("{}-consequence", relay(*r))));
    keys.extend(ReplyStatus::ALL.iter().map(|r| reply(*r)));
    keys.extend(ReplyStatus::ALL.iter().map(|r| format!("{}-proves", reply(*r))));
    keys.extend(WarningStatus::ALL.iter().map(|s| status(*s)));
    keys.extend(Field::ALL.iter().map(|f| field(*f)));
    keys.extend(AXES.iter().map(|a| axis(*a)));
    keys.extend(Group::ALL.iter().map(|g| group(*g)));
    let steps = STEPS.into_iter().chain([Step::Intent, Step::Declined]);
    keys.extend(steps.flat_map(|s| [step(s), format!("{}-sentence", step(s)), format!("{}-missing", step(s))]));
    keys.extend([Answer::Proven, Answer::Refuted, Answer::NotDecidable].map(answer));
    keys.extend(Role::ALL.map(role));
    keys.extend(CAVEATS.iter().filter_map(|c| caveat(c)));
    keys.extend(MISBEHAVIOURS.map(str::to_owned));
    keys.extend(STATEMENTS.iter().filter_map(|s| statement(s)));
    keys.extend(Act::ALL.iter().filter_map(|a| act(a.as_str())));
    keys.extend(PROBLEMS.iter().filter_map(|p| problem(p)));
    keys.extend((0..=4).map(|n| format!("level-{n}")));
    keys.extend((1..=12).flat_map(|n| [format!("month-{n}"), format!("hijri-month-{n}")]));
    keys.sort();
    keys.dedup();
    keys
}
