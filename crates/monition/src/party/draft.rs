//! A warning in the words of the command line.

use super::session::{role, text, time};
use crate::failure::{Failure, read_input};
use clap::Args;
use monition_desk::{Attachment, Desk, DeskError, Draft, Sent};
use monition_evidence::values::{RelayTerms, Tlp};
use monition_evidence::warning::{Field, Value};
use monition_evidence::{Body, Digest, RoleName, Text, UnixSeconds};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The content of a warning.
#[derive(Args, Debug)]
pub(crate) struct DraftArgs {
    /// What is known, in a few sentences.
    #[arg(long, value_name = "TEXT", help_heading = "Content")]
    summary: Option<String>,
    /// What the recipient should do.
    #[arg(long, value_name = "TEXT", help_heading = "Content")]
    advice: Option<String>,
    /// One field, such as `place.city=South`; repeat for more. Each can later be shown or kept closed by itself. Names:
    /// place.country, place.region, place.city, place.site, time.month, time.window, time.day, time.hour, target.sector,
    /// target.organisation, target.site, actor.type, actor.name, means, rating.reliability, rating.credibility,
    /// source.kind, source.method, source.names, aware_at (a time), our_ref, campaign.
    #[arg(long = "field", value_name = "NAME=VALUE", help_heading = "Content")]
    fields: Vec<String>,
    /// File to attach, with a media type such as `photo.jpg:image/jpeg`; repeat for up to eight. Default type:
    /// application/octet-stream.
    #[arg(long = "attach", value_name = "FILE[:TYPE]", help_heading = "Content")]
    attachments: Vec<String>,
    /// Keep how you know it from the recipient too: the fields `source.…` are signed and not sent.
    #[arg(long, help_heading = "Content")]
    withhold_sources: bool,
    /// TLP 2.0 label: RED, AMBER+STRICT, AMBER, GREEN or CLEAR. Default: AMBER.
    #[arg(long, value_name = "LABEL", help_heading = "Terms")]
    tlp: Option<Tlp>,
    /// Whether it may be passed on: none, ask (with your consent) or tlp (as the label allows). Default: ask.
    #[arg(long, value_name = "TERMS", help_heading = "Terms")]
    relay: Option<RelayTerms>,
    /// By when an answer is asked for, such as 2026-12-03T14:00:00Z. Default: no deadline.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "answer_within", help_heading = "Terms")]
    deadline: Option<UnixSeconds>,
    /// The same, in seconds from now.
    #[arg(long, value_name = "SECONDS", help_heading = "Terms")]
    answer_within: Option<u64>,
    /// Not to be made public before this time.
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Terms")]
    embargo_until: Option<UnixSeconds>,
    /// To be deleted after this time.
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Terms")]
    retain_until: Option<UnixSeconds>,
    /// Role that released it.
    #[arg(long, value_name = "ROLE", value_parser = role, help_heading = "Terms")]
    released_by: Option<RoleName>,
}

impl DraftArgs {
    /// Puts what was named into a draft.
    pub(crate) fn apply(&self, draft: &mut Draft) -> Result<(), Failure> {
        for (field, value) in [(Field::Summary, &self.summary), (Field::Advice, &self.advice)] {
            if let Some(value) = value {
                draft.fields.insert(field, Value::Text(text(field.name(), value)?));
            }
        }
        for pair in &self.fields {
            let (field, value) = named(pair)?;
            draft.fields.insert(field, value);
        }
        if !self.attachments.is_empty() {
            draft.attachments = self.attachments.iter().map(|file| attachment(file)).collect::<Result<_, _>>()?;
        }
        draft.withheld |= self.withhold_sources;
        draft.tlp = self.tlp.unwrap_or(draft.tlp);
        draft.relay = self.relay.unwrap_or(draft.relay);
        draft.embargo_until = self.embargo_until.or(draft.embargo_until);
        draft.retain_until = self.retain_until.or(draft.retain_until);
        draft.actor = self.released_by.clone().or_else(|| draft.actor.take());
        Ok(())
    }

    /// The deadline counts from when the desk is open, not from when a passphrase was typed.
    pub(crate) fn set_deadline(&self, draft: &mut Draft, now: UnixSeconds) {
        let asked = self.deadline.or_else(|| self.answer_within.map(|seconds| now.plus(seconds)));
        draft.deadline = asked.or(draft.deadline);
    }
}

/// The name of a closable field, as an argument.
pub(crate) fn field(name: &str) -> Result<Field, String> {
    let known = || Field::ALL.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ");
    Field::parse(name).ok_or_else(|| format!("the fields are {}", known()))
}

fn named(pair: &str) -> Result<(Field, Value), Failure> {
    let wrong = |message: String, hint: &str| Failure::usage("usage-field", message, hint);
    let hint = "for example --field place.city=South; `monition warn --help` lists the names";
    let (name, value) = pair.split_once('=').ok_or_else(|| wrong(format!("{pair:?} is not NAME=VALUE"), hint))?;
    let field = Field::parse(name).ok_or_else(|| wrong(format!("{name:?} is not a field"), hint))?;
    match field {
        Field::Addressee => Err(wrong("the addressee is set by --to".to_owned(), "leave it out")),
        field if Field::attachments().contains(&field) => {
            Err(wrong(format!("{name} is set by --attach"), "leave it out"))
        }
        Field::AwareAt => {
            let time = UnixSeconds::parse(value);
            let time =
                time.ok_or_else(|| wrong(format!("{value:?} is not a time"), "for example 2026-12-03T14:00:00Z"))?;
            Ok((field, Value::Time(time)))
        }
        field => Ok((field, Value::Text(text(name, value)?))),
    }
}

/// `FILE` or `FILE:media/type`; a colon that no media type follows belongs to the file's name.
fn attachment(argument: &str) -> Result<Attachment, Failure> {
    let (file, media_type) = match argument.rsplit_once(':') {
        Some((file, kind)) if kind.split('/').count() == 2 && !file.is_empty() && !Path::new(argument).exists() => {
            (file, kind)
        }
        _ => (argument, "application/octet-stream"),
    };
    let media_type = Text::parse(media_type)
        .map_err(|rule| Failure::usage("usage-text", format!("{argument}: {rule}"), "correct the media type"))?;
    Ok(Attachment { media_type, content: read_input(Path::new(file))? })
}

/// The draft of a version that was sent, as far as it can be sent again: without its attachments.
pub(crate) fn draft_of(desk: &Desk, submission: &Digest) -> Result<Draft, Failure> {
    let missing = || DeskError::NotHeld { what: "own submission", digest: *submission };
    let row = desk.record().sent(submission)?.ok_or_else(missing)?;
    let core = desk.record().statement(&row.core)?.ok_or_else(missing)?;
    let Body::Warning(warning) = core.statement.body() else { return Err(missing().into()) };
    let mut draft = Draft::new(warning.class.clone(), warning.urgency);
    draft.tlp = warning.tlp;
    draft.relay = warning.relay;
    draft.deadline = warning.deadline.filter(|deadline| *deadline > desk.now());
    draft.embargo_until = warning.embargo_until;
    draft.retain_until = warning.retain_until;
    draft.withheld = warning.withheld;
    draft.actor = warning.actor.clone();
    let kept = row.disclosures.into_iter().filter(|disclosure| {
        let again = disclosure.field != Field::Addressee && !Field::attachments().contains(&disclosure.field);
        again && disclosure.value != Value::Null
    });
    draft.fields = kept.map(|disclosure| (disclosure.field, disclosure.value)).collect();
    Ok(draft)
}

/// What is said of a submission that the exchange took.
pub(crate) fn print_sent(sent: &Sent) -> (Json, String) {
    let json = json!({ "submission": sent.submission, "core": sent.core, "warning": sent.wid, "recipient": sent.recipient,
        "seq": sent.seq, "declaration": sent.declaration, "by": sent.by });
    let text = format!(
        "{}  warning {} to {}, number {} in the chain\n  The exchange accepted it and promises it to the custodians by {}.\n",
        sent.submission, sent.wid, sent.recipient, sent.seq, sent.by
    );
    (json, text)
}
