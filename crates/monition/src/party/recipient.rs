//! What a recipient does: collect, look, answer, pass on, dispute.

use super::Done;
use super::draft::{field, print_sent};
use super::session::{DeskArgs, ForArgs, Keys, block_on, digest, party, role, stop_signal, text, write_output};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_text};
use clap::Args;
use monition_desk::record::{InboxEntry, InboxState};
use monition_desk::{Desk, ReadWarning, RelayRequest};
use monition_evidence::values::ReplyStatus;
use monition_evidence::warning::{Field, Value};
use monition_evidence::{Body, Digest, PartyName, RoleName};
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// Look for warnings once
///
/// Polls every custodian, decrypts what is new and signs a receipt for it: a machine's signature, which says nothing of a
/// person. Then asks the exchange for news of everything sent and received.
#[derive(Args, Debug)]
pub(crate) struct CollectArgs {
    /// How long custodians may hold the poll until something comes, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Look for warnings at the declared rhythm, until SIGINT or SIGTERM
///
/// Needs only the keys that open at boot: it signs receipts, and cannot warn or answer.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Also look for warnings of this party, which delegated the right; repeat for more.
    #[arg(long = "for", value_name = "PARTY", value_parser = party)]
    parties: Vec<PartyName>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// List the warnings that came
#[derive(Args, Debug)]
pub(crate) struct InboxArgs {
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Show a warning that came
///
/// Showing it signs nothing. Answer with `reply`.
#[derive(Args, Debug)]
pub(crate) struct ReadArgs {
    /// ID of the warning, as `inbox` prints it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// Directory for the attachments, named attachment.1 and so on. Default: they are not written.
    #[arg(long, value_name = "DIR")]
    attachments: Option<PathBuf>,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Answer a warning as a person in a role
#[derive(Args, Debug)]
pub(crate) struct ReplyArgs {
    /// ID of the warning, as `inbox` prints it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// Role that answers. Default: the first one of the desk.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<RoleName>,
    /// acknowledged, declined, investigating, affected, not-affected, disputed, fixed, wrong-addressee or question.
    #[arg(long, value_name = "STATUS")]
    status: ReplyStatus,
    /// A note to the sender. `@FILE` and `-` (standard input) are read.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Pass fields of a warning on to another party
///
/// The author's signature goes with them. Where the terms ask for consent, the author gives it with `consent`, and
/// `collect` fetches it.
#[derive(Args, Debug)]
pub(crate) struct RelayArgs {
    /// ID of the warning, as `inbox` prints it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// To whom.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    to: PartyName,
    /// Field to pass on, such as `place.city`; repeat for more.
    #[arg(long = "field", value_name = "FIELD", value_parser = field, required = true)]
    fields: Vec<Field>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Complain about what came
#[derive(Args, Debug)]
pub(crate) struct DisputeArgs {
    /// ID of the warning, as `inbox` prints it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// Why. `@FILE` and `-` (standard input) are read.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Stable code of what does not fit, as `read` prints it.
    #[arg(long, value_name = "CODE", default_value = "evidence-disputed")]
    code: String,
    /// Role of the person who complains. Default: the system complains.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<RoleName>,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(crate) fn collect(args: &CollectArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    let (report, news) = block_on(async {
        let report = args.on_behalf.acting(&desk).collect(args.wait).await?;
        Ok((report, desk.follow().await?))
    })?;
    let mut said =
        format!("Custodians that answered: {}. Warnings that came: {}.\n", report.polled.len(), report.opened.len());
    for id in &report.opened {
        said.push_str(&format!("{id}  came and was decrypted; `monition read {id}` shows it.\n"));
    }
    for (custodian, why) in &report.failed {
        said.push_str(&format!("{custodian} did not answer as it should: {why}\n"));
    }
    for why in &news.failed {
        said.push_str(&format!("Not asked: {why}\n"));
    }
    let alarms = desk.record().alarms()?;
    for alarm in &alarms {
        said.push_str(&format!(
            "ALARM {}: {} ({}). Both texts are in the record.\n",
            alarm.code, alarm.detail, alarm.at
        ));
    }
    let failed: Vec<Json> = report.failed.iter().map(|(party, why)| json!({ "party": party, "why": why })).collect();
    let alarms: Vec<Json> = alarms.iter().map(|a| json!({ "at": a.at, "code": a.code, "detail": a.detail })).collect();
    let shown = json!({ "polled": report.polled, "new_items": report.new_items, "opened": report.opened,
        "acknowledged_heads": report.acked, "failed": failed, "follow_failed": news.failed,
        "unproven": news.unproven, "alarms": alarms });
    print(output, &shown, &said)?;
    Ok(None)
}

pub(crate) fn run(args: &RunArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    block_on(async {
        let stop = stop_signal()?;
        let said = format!("The desk of {} looks for warnings until it is told to stop.\n", desk.party());
        print(output, &json!({ "party": desk.party(), "running": true, "for": args.parties }), &said)?;
        let mut parties = args.parties.clone();
        // A delegate without a mailbox of its own looks only for others.
        let declared = desk.directory().await.party(desk.party()).is_some_and(|party| party.declaration().is_some());
        if parties.is_empty() || declared {
            parties.insert(0, desk.party().clone());
        }
        desk.run_for(&parties, stop).await?;
        Ok(None)
    })
}

pub(crate) fn inbox(args: &InboxArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    let (mut shown, mut said) = (Vec::new(), String::new());
    for entry in args.on_behalf.acting(&desk).inbox()? {
        let (json, line) = inbox_line(&desk, &entry)?;
        shown.push(json);
        said.push_str(&line);
    }
    match output {
        Output::Json => print_json(&json!({ "inbox": shown }))?,
        Output::Text if said.is_empty() => print_text("No warning has come.\n")?,
        Output::Text => print_text(&said)?,
    }
    Ok(None)
}

fn inbox_line(desk: &Desk, entry: &InboxEntry) -> Result<(Json, String), Failure> {
    let core = entry.core.map(|core| desk.record().statement(&core)).transpose()?.flatten();
    let warning = core.as_ref().and_then(|held| match held.statement.body() {
        Body::Warning(warning) => Some(warning),
        _ => None,
    });
    let mut answers: Vec<ReplyStatus> = Vec::new();
    for held in desk.record().about(&entry.submission)? {
        if let Body::Reply(reply) = held.statement.body()
            && reply.iss == entry.party
        {
            answers.push(reply.status);
        }
    }
    let mut line = match warning {
        Some(w) => {
            format!("{}  {} {} from {}, came {}", entry.submission, w.urgency, w.class, w.iss, entry.received_at)
        }
        None => format!(
            "{}  {}, its content cannot be decrypted, came {}",
            entry.submission, entry.urgency, entry.received_at
        ),
    };
    let words: Vec<&str> = answers.iter().map(|status| status.as_str()).collect();
    match (words.is_empty(), warning.and_then(|w| w.deadline)) {
        (false, _) => line.push_str(&format!(", answered: {}", words.join(", "))),
        (true, Some(deadline)) => line.push_str(&format!(", an answer is asked for by {deadline}")),
        (true, None) => line.push_str(", not answered"),
    }
    if entry.state == InboxState::Disposed {
        line.push_str(", its content was deleted");
    }
    if !entry.misfits.is_empty() {
        line.push_str(", something in it does not fit");
    }
    line.push('\n');
    let json = json!({ "submission": entry.submission, "warning": entry.wid, "urgency": entry.urgency,
        "sender": warning.map(|w| &w.iss), "class": warning.map(|w| &w.class), "status": warning.map(|w| w.status),
        "deadline": warning.and_then(|w| w.deadline), "received_at": entry.received_at, "answers": answers, "party": entry.party,
        "disposed": entry.state == InboxState::Disposed,
        "receipt": entry.access, "misfits": entry.misfits.iter().map(|(code, _)| code).collect::<Vec<_>>() });
    Ok((json, line))
}

pub(crate) fn read(args: &ReadArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    let found = args.on_behalf.acting(&desk).read(&args.id)?;
    let mut said = header(&found);
    let mut fields = serde_json::Map::new();
    for disclosure in found.opened.disclosed.iter().filter(|disclosure| disclosure.value != Value::Null) {
        let name = disclosure.field.name();
        match &disclosure.value {
            Value::Null => continue,
            Value::Time(time) => said.push_str(&format!("{name}: {time}\n")),
            Value::Text(text) => said.push_str(&format!("{name}: {text}\n")),
            Value::Attachment(info) => {
                said.push_str(&format!("{name}: {}, {} bytes, SHA-256 {}\n", info.media_type, info.size, info.sha256));
            }
        }
        fields.insert(name.to_owned(), json!(disclosure.value));
    }
    if let Some(dir) = &args.attachments {
        std::fs::create_dir_all(dir).map_err(|error| super::session::internal("internal-file", &error))?;
        for attachment in &found.opened.attachments {
            if let Some(content) = &attachment.content {
                // Named by the slot: a name from the sender could point anywhere.
                write_output(&dir.join(format!("attachment.{}", attachment.slot)), content)?;
            }
        }
    }
    for misfit in &found.opened.misfits {
        said.push_str(&format!("DOES NOT FIT {}: {}\n", misfit.code, misfit.detail));
    }
    let warning = found.opened.warning();
    let misfits: Vec<Json> =
        found.opened.misfits.iter().map(|m| json!({ "code": m.code, "detail": m.detail })).collect();
    let shown = json!({ "submission": args.id, "warning": found.entry.wid, "sender": warning.map(|w| &w.iss),
        "class": warning.map(|w| &w.class), "urgency": found.entry.urgency, "status": warning.map(|w| w.status),
        "tlp": warning.map(|w| w.tlp), "relay": warning.map(|w| w.relay), "deadline": warning.and_then(|w| w.deadline),
        "sources_withheld": warning.map(|w| w.withheld), "reason": warning.and_then(|w| w.reason.as_ref()),
        "received_at": found.entry.received_at, "fields": fields, "misfits": misfits,
        "signed_by": found.opened.signer.as_ref().map(|_| warning.map(|w| &w.iss)) });
    print(output, &shown, &said)?;
    Ok(None)
}

fn header(found: &ReadWarning) -> String {
    let Some(w) = found.opened.warning() else {
        return format!("{}: its content cannot be decrypted.\n", found.entry.submission);
    };
    let mut said =
        format!("{} {} from {}, written {}, came {}\n", w.urgency, w.class, w.iss, w.iat, found.entry.received_at);
    said.push_str(&match w.status {
        monition_evidence::values::WarningStatus::First => {
            format!("Warning {}\n", w.wid.map(|w| w.to_string()).unwrap_or_default())
        }
        status => format!(
            "Warning {}, {status}: it replaces the version before\n",
            w.wid.map(|w| w.to_string()).unwrap_or_default()
        ),
    });
    if found.opened.signer.is_none() {
        said.push_str("NOBODY in the directory signed this: do not act on it without asking the sender.\n");
    }
    said.push_str(&format!("TLP:{}, passing on: {}\n", w.tlp, w.relay));
    if let Some(deadline) = w.deadline {
        said.push_str(&format!("An answer is asked for by {deadline}\n"));
    }
    if let Some(time) = w.embargo_until {
        said.push_str(&format!("Not to be made public before {time}\n"));
    }
    if let Some(time) = w.retain_until {
        said.push_str(&format!("To be deleted after {time}\n"));
    }
    if w.withheld {
        said.push_str("The sender keeps its sources closed\n");
    }
    if let Some(reason) = &w.reason {
        said.push_str(&format!("Reason: {reason}\n"));
    }
    said.push('\n');
    said
}

pub(crate) fn reply(args: &ReplyArgs, output: Output) -> Done {
    let note = args.note.as_deref().map(|value| text("note", value)).transpose()?;
    let desk = args.desk.open(Keys::Human)?;
    let role = args.role.clone().or_else(|| desk.config().role.clone()).ok_or_else(|| {
        Failure::usage("usage-role", "this desk has no role that answers", "make it with `init --role duty-officer`")
    })?;
    let acting = args.on_behalf.acting(&desk);
    let replied = block_on(async { Ok(acting.reply(&args.id, &role, args.status, note).await?) })?;
    let lodged: Vec<&str> = replied.lodged.iter().map(PartyName::as_str).collect();
    let mut said = match acting.is_own() {
        true => format!("{role} of {} answered: {}.\n", desk.party(), args.status),
        false => format!("{role} of {} answered for {}: {}.\n", desk.party(), acting.party(), args.status),
    };
    said.push_str(if replied.logged {
        "The exchange logged it.\n"
    } else {
        "The exchange has not taken it yet: it waits here and is sent again.\n"
    });
    if !lodged.is_empty() {
        said.push_str(&format!("Custodians that countersigned it: {}.\n", lodged.join(", ")));
    }
    for (custodian, error) in &replied.failed {
        said.push_str(&format!("{custodian} did not: {error}\n"));
    }
    let failed: Vec<Json> = replied
        .failed
        .iter()
        .map(|(party, error)| json!({ "party": party, "code": error.code(), "why": error.to_string() }))
        .collect();
    let shown = json!({ "reply": replied.reply, "submission": args.id, "role": role, "status": args.status,
        "logged": replied.logged, "lodged": replied.lodged, "failed": failed });
    print(output, &shown, &said)?;
    Ok(None)
}

pub(crate) fn relay(args: &RelayArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let request = RelayRequest { submission: args.id, fields: args.fields.clone(), to: args.to.clone(), draft: None };
    let relayed = block_on(async {
        // The consent may have come since the last round.
        desk.follow().await?;
        Ok(desk.relay(&request).await?)
    })?;
    let (sent, mut said) = print_sent(&relayed.sent);
    said.push_str(match relayed.consent {
        Some(_) => "  It rests on the author's consent.\n",
        None => "  The author's terms allow it without consent.\n",
    });
    let shown = json!({ "sent": sent, "relay": relayed.relay, "consent": relayed.consent });
    print(output, &shown, &said)?;
    Ok(None)
}

pub(crate) fn dispute(args: &DisputeArgs, output: Output) -> Done {
    let reason = text("reason", &args.reason)?;
    let desk = args.desk.open(if args.role.is_some() { Keys::Human } else { Keys::Boot })?;
    let acting = args.on_behalf.acting(&desk);
    let dispute = block_on(async { Ok(acting.dispute(&args.id, args.role.as_ref(), &args.code, reason).await?) })?;
    let said = format!("The complaint about {} is signed: {}.\n", args.id, args.code);
    print(output, &json!({ "dispute": dispute, "submission": args.id, "code": args.code }), &said)?;
    Ok(None)
}
