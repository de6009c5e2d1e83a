//! What a sender does: warn, follow, amend, withdraw, consent.

use super::Done;
use super::draft::{DraftArgs, draft_of, field, print_sent};
use super::session::{DeskArgs, ForArgs, Keys, block_on, digest, party, text, time};
use crate::failure::{Exit, Failure};
use crate::output::{Output, print, print_json, print_text};
use clap::Args;
use monition_desk::{Desk, DeskError, Draft, Sent, Standing};
use monition_evidence::values::Urgency;
use monition_evidence::warning::Field;
use monition_evidence::{ClassName, Digest, PartyName, UnixSeconds};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Warn one party or many
///
/// Each recipient gets a warning of its own, sealed to its key. Prints an ID for each: `status`, `amend`, `withdraw` and
/// `consent` take it. Texts may be `@FILE` or `-` (standard input): arguments are seen by every user of the machine.
#[derive(Args, Debug)]
pub(crate) struct WarnArgs {
    /// Party to be warned; repeat for more.
    #[arg(long = "to", value_name = "PARTY", value_parser = party, required = true)]
    to: Vec<PartyName>,
    /// Kind of danger, dotted words from general to special, such as `attack.cyber.ransomware`.
    #[arg(long, value_name = "CLASS", value_parser = class)]
    class: ClassName,
    /// How fast the recipient must act: routine, priority, immediate or flash.
    #[arg(long, value_name = "URGENCY")]
    urgency: Urgency,
    #[command(flatten)]
    draft: DraftArgs,
    /// Wait up to so many seconds until the warning is provably available to the recipient.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Say how a warning stands that this party sent
///
/// Asks the exchange for news first. A receipt is a machine's signature: it does not say that a person took notice.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// ID of the warning, as `warn` printed it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// Wait up to so many seconds until it is provably available to the recipient.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Send a new version of a warning
///
/// Starts from the version before: what is named here replaces it. Attachments are given again. A deadline that is over
/// is left out.
#[derive(Args, Debug)]
pub(crate) struct AmendArgs {
    /// ID of the newest version, as `warn` or `amend` printed it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// Kind of danger. Default: as before.
    #[arg(long, value_name = "CLASS", value_parser = class)]
    class: Option<ClassName>,
    /// How fast the recipient must act: routine, priority, immediate or flash. Default: as before.
    #[arg(long, value_name = "URGENCY")]
    urgency: Option<Urgency>,
    /// Field of the version before that is left out; repeat for more.
    #[arg(long = "drop", value_name = "FIELD", value_parser = field)]
    drop: Vec<Field>,
    #[command(flatten)]
    draft: DraftArgs,
    /// Wait up to so many seconds until the new version is provably available to the recipient.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Take a warning back
///
/// What was sent stays provable; the new version says that it no longer holds, and why.
#[derive(Args, Debug)]
pub(crate) struct WithdrawArgs {
    /// ID of the newest version, as `warn` or `amend` printed it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// Why: always shown. `@FILE` and `-` (standard input) are read.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Allow the recipient of a warning to pass fields on
#[derive(Args, Debug)]
pub(crate) struct ConsentArgs {
    /// ID of the warning, as `warn` printed it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    /// To whom they may go.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    to: PartyName,
    /// Field that may go, such as `place.city`; repeat for more.
    #[arg(long = "field", value_name = "FIELD", value_parser = field, required = true)]
    fields: Vec<Field>,
    /// Until when, such as 2026-12-03T14:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: UnixSeconds,
    #[command(flatten)]
    on_behalf: ForArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

fn class(text: &str) -> Result<ClassName, String> {
    ClassName::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn warn(args: &WarnArgs, output: Output) -> Done {
    // Files are read before keys open: what is wrong with them is said at once.
    let mut draft = Draft::new(args.class.clone(), args.urgency);
    args.draft.apply(&mut draft)?;
    let desk = args.desk.open(Keys::Human)?;
    args.draft.set_deadline(&mut draft, desk.now());
    let mut exit = None;
    let (mut shown, mut said) = (Vec::new(), String::new());
    block_on(async {
        for (to, result) in args.on_behalf.acting(&desk).warn(&draft, &args.to).await {
            let line = match result {
                Ok(sent) => awaited(&desk, &sent, args.wait).await,
                Err(error) => Err(error.into()),
            };
            match line {
                Ok((json, line, waiting)) => {
                    shown.push(json);
                    said.push_str(&line);
                    exit = exit.or(waiting);
                }
                Err(failure) => {
                    let mut json = failure.to_json();
                    json["recipient"] = to.as_str().into();
                    shown.push(json);
                    said.push_str(&format!("{to} was not warned: {failure}\n"));
                    exit = Some(failure.exit);
                }
            }
        }
        Ok(())
    })?;
    match output {
        Output::Json => print_json(&json!({ "sent": shown }))?,
        Output::Text => print_text(&said)?,
    }
    Ok(exit)
}

/// What is said of one sent warning, after waiting for it if that was asked for.
async fn awaited(desk: &Desk, sent: &Sent, wait: Option<u64>) -> Result<(Json, String, Option<Exit>), Failure> {
    let (mut json, mut text) = print_sent(sent);
    let Some(wait) = wait else { return Ok((json, text, None)) };
    let standing = wait_available(desk, &sent.submission, wait).await?;
    json["available"] = standing.available().into();
    text.push_str(&format!("  {}\n", availability(&standing, &sent.recipient)));
    Ok((json, text, (!standing.available()).then_some(Exit::TryLater)))
}

/// Waits; time that runs out is an answer, and the exchange's refusal is an error.
async fn wait_available(desk: &Desk, id: &Digest, wait: u64) -> Result<Standing, Failure> {
    match desk.until_available(id, Duration::from_secs(wait)).await {
        Err(DeskError::NotPossible { rule }) => {
            let standing = desk.standing(id).await?;
            if standing.rejection.is_some() { Err(DeskError::NotPossible { rule }.into()) } else { Ok(standing) }
        }
        other => Ok(other?),
    }
}

fn availability(standing: &Standing, to: &PartyName) -> String {
    let held = format!(
        "{} of the {} custodians that are needed hold it provably",
        standing.consignments_proven, standing.quorum
    );
    if standing.available() {
        format!("{held}: it is available to {to}.")
    } else {
        format!("{held}: it is not available to {to} yet.")
    }
}

pub(crate) fn status(args: &StatusArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    let (standing, news) = block_on(async {
        // Whether it is ours is known before anybody is asked.
        desk.standing(&args.id).await?;
        let news = desk.follow().await?;
        let standing = match args.wait {
            Some(wait) => wait_available(&desk, &args.id, wait).await?,
            None => desk.standing(&args.id).await?,
        };
        Ok((standing, news))
    })?;
    let row = desk.record().sent(&args.id)?;
    let row = row.ok_or(DeskError::NotHeld { what: "own submission", digest: args.id })?;
    let to = &row.recipient;
    let mut said = format!(
        "Warning {} of {} to {to}, number {} in the chain, written {}.\n",
        row.wid, row.iss, row.seq, row.composed_at
    );
    said.push_str(&match (&standing.rejection, standing.accepted) {
        (Some(code), _) => format!("The exchange refused it: {code}.\n"),
        (None, true) => "The exchange accepted it.\n".to_owned(),
        (None, false) => "The exchange has not taken it yet: it waits here and is sent again.\n".to_owned(),
    });
    said.push_str(&format!("{}\n", availability(&standing, to)));
    if standing.handed_over {
        said.push_str(&format!("A custodian signed that it handed it to {to}'s system.\n"));
    }
    said.push_str(&if standing.decrypted {
        format!("There is a receipt: {to}'s system signed that it decrypted it. It does not say that a person took notice.\n")
    } else {
        format!("There is no receipt of {to}'s system.\n")
    });
    let replies: Vec<&str> = standing.replies.iter().map(|status| status.as_str()).collect();
    said.push_str(&if replies.is_empty() {
        match row.deadline {
            Some(deadline) if deadline <= desk.now() => {
                format!("No person has answered; the deadline was {deadline}.\n")
            }
            Some(deadline) => format!("No person has answered yet; the deadline is {deadline}.\n"),
            None => "No person has answered.\n".to_owned(),
        }
    } else {
        format!("People answered: {}.\n", replies.join(", "))
    });
    if standing.unproven > 0 {
        said.push_str(&format!("Statements about it without a proven place in the log yet: {}.\n", standing.unproven));
    }
    for failed in &news.failed {
        said.push_str(&format!("Not asked: {failed}\n"));
    }
    let shown = json!({ "submission": args.id, "sender": row.iss, "recipient": to, "warning": row.wid, "seq": row.seq,
        "composed_at": row.composed_at, "deadline": row.deadline, "accepted": standing.accepted,
        "rejection": standing.rejection, "available": standing.available(),
        "consignments_proven": standing.consignments_proven, "quorum": standing.quorum,
        "handed_over": standing.handed_over, "receipt": standing.decrypted, "replies": standing.replies,
        "unproven": standing.unproven, "failed": news.failed });
    print(output, &shown, &said)?;
    Ok((args.wait.is_some() && !standing.available()).then_some(Exit::TryLater))
}

pub(crate) fn amend(args: &AmendArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let mut draft = draft_of(&desk, &args.id)?;
    if let Some(class) = &args.class {
        draft.class = class.clone();
    }
    draft.urgency = args.urgency.unwrap_or(draft.urgency);
    for field in &args.drop {
        draft.fields.remove(field);
    }
    args.draft.apply(&mut draft)?;
    args.draft.set_deadline(&mut draft, desk.now());
    let (shown, said, exit) = block_on(async {
        let sent = args.on_behalf.acting(&desk).amend(&args.id, &draft).await?;
        awaited(&desk, &sent, args.wait).await
    })?;
    print(output, &shown, &said)?;
    Ok(exit)
}

pub(crate) fn withdraw(args: &WithdrawArgs, output: Output) -> Done {
    let reason = text("reason", &args.reason)?;
    let desk = args.desk.open(Keys::Human)?;
    let sent = block_on(async { Ok(args.on_behalf.acting(&desk).withdraw(&args.id, reason).await?) })?;
    let (shown, said) = print_sent(&sent);
    print(output, &shown, &format!("Taken back.\n{said}"))?;
    Ok(None)
}

pub(crate) fn consent(args: &ConsentArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let acting = args.on_behalf.acting(&desk);
    let consent = block_on(async { Ok(acting.consent(&args.id, &args.to, &args.fields, args.until).await?) })?;
    let names: Vec<&str> = args.fields.iter().map(|field| field.name()).collect();
    let said = format!("The recipient may pass {} on to {} until {}.\n", names.join(", "), args.to, args.until);
    let shown = json!({ "consent": consent.digest(), "submission": args.id, "to": args.to, "fields": names, "until": args.until });
    print(output, &shown, &said)?;
    Ok(None)
}
