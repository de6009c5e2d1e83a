//! A received warning as STIX objects: those that came with it, byte for byte, or those that its fields give; and a note.

use crate::acting::Acting;
use crate::error::DeskError;
use crate::record::{InboxEntry, InboxState};
use monition_evidence::values::ReplyStatus;
use monition_evidence::warning::{Disclosed, Specificity, Value, Warning};
use monition_evidence::{Body, Digest};
use monition_intel::json::{self, Limits};
use monition_intel::stix::{Level, Object, Policy, map as stix};
use monition_intel::warning_fields::{Field as Known, Fields, Standing, Tlp, Urgency};

/// What is to be placed for one received warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// The step that its note tells: `notified`, `decrypted`, `declined` or `acknowledged`.
    pub step: &'static str,
    /// The objects in order, the note last. A later step brings the note alone.
    pub objects: Vec<Vec<u8>>,
}

/// How far a received warning came, and since when.
pub(super) struct Step {
    pub(super) word: &'static str,
    at: u64,
}

/// By what this desk itself signed: a head that covers it, a receipt, an answer.
pub(super) fn step_of(acting: &Acting<'_>, entry: &InboxEntry) -> Result<Step, DeskError> {
    let received = entry.received_at.value();
    let word = if entry.core.is_some() { "decrypted" } else { "notified" };
    let mut step = Step { word, at: received };
    for held in acting.desk.record().about(&entry.submission)? {
        if let Body::Reply(reply) = held.statement.body()
            && reply.iss == entry.party
        {
            let word = if reply.status == ReplyStatus::Declined { "declined" } else { "acknowledged" };
            if step.word != "acknowledged" {
                // A later version needs a later time, also when the answer came within the same second.
                step = Step { word, at: reply.iat.value().max(step.at + 1) };
            }
        }
    }
    Ok(step)
}

pub(super) fn arrival(
    acting: &Acting<'_>,
    entry: &InboxEntry,
    step: &Step,
    again: bool,
    finding: Option<&str>,
) -> Result<Arrival, DeskError> {
    let opened = match entry.state {
        InboxState::Fetched => Some(acting.desk.open_again(&entry.submission)?.opened),
        InboxState::Disposed => None,
    };
    let warning = opened.as_ref().and_then(|opened| opened.warning().cloned());
    let disclosed = opened.as_ref().map(|opened| opened.disclosed.clone()).unwrap_or_default();
    let fields = fields_of(warning.as_ref(), &disclosed);
    let held = acting.desk.record().statement(&entry.submission)?;
    let submission = match held.as_ref().map(|held| held.statement.body()) {
        Some(Body::Submission(body)) => Some(body),
        _ => None,
    };
    let wid = entry.wid.or_else(|| submission.and_then(|body| body.wid)).map(|wid| wid.to_string()).unwrap_or_default();
    let (digest, recipient) = (entry.submission.to_string(), entry.party.to_string());
    let sender = submission.map_or_else(|| "unknown".to_owned(), |body| body.iss.to_string());
    let exchange = acting.desk.config().exchange.to_string();
    let origin = stix::Origin {
        wid: &wid,
        submission: &digest,
        exchange: &exchange,
        sender: &sender,
        recipient: &recipient,
        sent: submission.map_or(entry.received_at, |body| body.iat).value(),
        received: entry.received_at.value(),
    };
    let mut came: Vec<Vec<u8>> = Vec::new();
    for attachment in opened.iter().flat_map(|opened| &opened.attachments) {
        if attachment.info.media_type.as_str().starts_with("application/stix+json")
            && let Some(content) = &attachment.content
        {
            came.extend(objects_in(content));
        }
    }
    if came.is_empty() {
        came = stix::export(&fields, &origin);
    }
    let limits = Limits::default();
    let ids: Vec<String> =
        came.iter().filter_map(|bytes| Object::read(bytes, &limits).ok()?.id().map(str::to_owned)).collect();
    let axes = |specificity: Specificity| -> Vec<(String, u8)> {
        specificity.axes().map(|(axis, value)| (format!("{axis:?}").to_lowercase(), value)).collect()
    };
    let (claimed, shown) =
        (axes(warning.as_ref().map(|w| w.spec).unwrap_or_default()), axes(Specificity::of(&disclosed)));
    let [claimed, shown] =
        [&claimed, &shown].map(|axes| axes.iter().map(|(a, v)| (a.as_str(), *v)).collect::<Vec<_>>());
    let misfits: Vec<String> = entry.misfits.iter().map(|(code, _)| code.clone()).collect();
    let question = format!("told {recipient} by {sender} of {wid}");
    let finding = finding.map(|link| link.replace("{submission}", &digest).replace("{wid}", &wid));
    let note = stix::note(
        &origin,
        &fields,
        &stix::Seen {
            step: step.word,
            at: step.at,
            claimed: &claimed,
            shown: &shown,
            question: &question,
            finding: finding.as_deref(),
            misfits: &misfits,
            objects: &ids,
        },
    );
    let mut objects = if again {
        Vec::new()
    } else {
        came.extend(stix::extension_definition());
        came.push(stix::identity(&recipient));
        came
    };
    objects.push(note);
    Ok(Arrival { submission: entry.submission, step: step.word, objects })
}

/// The objects of a bundle or envelope that obey the rules, each with its bytes. Others stay in the attachment.
fn objects_in(content: &[u8]) -> Vec<Vec<u8>> {
    let (limits, policy) = (Limits::default(), Policy::default());
    let Ok(found) = json::split_objects(content, &limits) else { return Vec::new() };
    let fits = |bytes: &&[u8]| {
        let object = Object::read(bytes, &limits);
        object.is_ok_and(|object| object.summary().is_ok() && object.check(Level::Must, &policy).is_empty())
    };
    found.into_iter().filter_map(Result::ok).filter(fits).map(<[u8]>::to_vec).collect()
}

/// What a warning says to this recipient.
fn fields_of(warning: Option<&Warning>, disclosed: &Disclosed) -> Fields {
    let mut fields = Fields::default();
    if let Some(warning) = warning {
        fields.class = Some(warning.class.to_string());
        fields.urgency = Urgency::parse(warning.urgency.as_str());
        fields.tlp = Tlp::parse(warning.tlp.as_str());
        fields.standing = Standing::parse(warning.status.as_str()).unwrap_or(Standing::First);
    }
    for disclosure in disclosed {
        if let (Some(field), Value::Text(text)) = (Known::parse(disclosure.field.name()), &disclosure.value) {
            fields.set(field, text.as_str());
        }
    }
    fields
}
