//! What goes before a judge: calls on record, denials, dossiers.

use super::Done;
use super::draft::field;
use super::session::{DeskArgs, ForArgs, Keys, block_on, digest, party, text, time, wid, write_output};
use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use clap::{Args, ValueEnum};
use monition_desk::GatherOptions;
use monition_evidence::judge::Question;
use monition_evidence::warning::{Field, Group};
use monition_evidence::{Digest, PartyName, UnixSeconds, Wid};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Put a call, a visit or a letter on record
///
/// This party's word, with a time that the log fixes; the note stays closed until you show it.
#[derive(Args, Debug)]
pub(crate) struct NoteCallArgs {
    /// Who was called.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    to: PartyName,
    /// How, such as phone, visit or letter.
    #[arg(long, value_name = "CHANNEL", default_value = "phone")]
    channel: String,
    /// When, such as 2026-12-03T14:00:00Z. Default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<UnixSeconds>,
    /// What was said, and to whom. `@FILE` and `-` (standard input) are read.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Warning that it was about, as `warn` printed it.
    #[arg(long, value_name = "WARNING", value_parser = wid, allow_hyphen_values = true)]
    warning: Option<Wid>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Deny that a warning lay in this party's mailboxes
///
/// Fetches complete listings from every custodian, up to heads fixed at or after the time, then signs. Refused if the
/// record holds such a warning. Next: `dossier` with the same question and time.
#[derive(Args, Debug)]
pub(crate) struct DenyArgs {
    /// `told P [by P] [of WID]`, P this party.
    #[arg(value_name = "QUESTION")]
    question: String,
    /// Until when nothing lay there, such as 2026-12-03T14:00:00Z; not in the future.
    #[arg(long, value_name = "TIME", value_parser = time)]
    before: UnixSeconds,
    /// How long to wait for heads that custodians fix after that time, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 150)]
    wait: u64,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Write a dossier: the evidence about a question, in one file
///
/// Anybody judges it offline with `judge`. Sources stay closed; `reveal` opens them. Waits until everything that is held
/// has a proven place in the log.
#[derive(Args, Debug)]
pub(crate) struct DossierArgs {
    /// `told P [by P] [of WID] [before TIME]`, `timeline` or `who`.
    #[arg(value_name = "QUESTION")]
    question: String,
    /// Group that stays closed; repeat for more. Sources always do.
    #[arg(long = "closed", value_name = "GROUP", value_enum)]
    closed: Vec<GroupArg>,
    /// Show these fields alone, such as `place.city`; repeat for more. Default: all but sources.
    #[arg(long = "field", value_name = "FIELD", value_parser = field, conflicts_with = "closed")]
    fields: Vec<Field>,
    #[command(flatten)]
    dossier: WriteArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Write a dossier that opens exactly what is named, sources included
///
/// What is opened once cannot be closed again. Everything that is not named stays closed.
#[derive(Args, Debug)]
pub(crate) struct RevealArgs {
    /// `told P [by P] [of WID] [before TIME]`, `timeline` or `who`.
    #[arg(value_name = "QUESTION")]
    question: String,
    /// Group to be opened, all its fields; repeat for more.
    #[arg(long = "group", value_name = "GROUP", value_enum, required_unless_present = "fields")]
    groups: Vec<GroupArg>,
    /// Field to be opened, such as `source.kind`; repeat for more.
    #[arg(long = "field", value_name = "FIELD", value_parser = field)]
    fields: Vec<Field>,
    #[command(flatten)]
    dossier: WriteArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Args, Debug)]
struct WriteArgs {
    /// Where the dossier is written; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only this warning, by its ID; repeat for more. Default: all that fit the question.
    #[arg(long = "only", value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    only: Vec<Digest>,
    /// How long to wait for proofs, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    #[command(flatten)]
    on_behalf: ForArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GroupArg {
    Address,
    Message,
    Place,
    Time,
    Target,
    Actor,
    Attachments,
    Source,
}

impl GroupArg {
    fn group(self) -> Group {
        match self {
            Self::Address => Group::Address,
            Self::Message => Group::Message,
            Self::Place => Group::Place,
            Self::Time => Group::Time,
            Self::Target => Group::Target,
            Self::Actor => Group::Actor,
            Self::Attachments => Group::Attachments,
            Self::Source => Group::Source,
        }
    }
}

/// A bad question is refused before any key is opened.
fn question(text: &str) -> Result<Question, Failure> {
    let hint = "for example: \"told south.example by north.example before 2026-12-03T14:00:00Z\"";
    Question::parse(text).map_err(|error| Failure::usage("usage-question", error.to_string(), hint))
}

pub(crate) fn note_call(args: &NoteCallArgs, output: Output) -> Done {
    let note = args.note.as_deref().map(|value| text("note", value)).transpose()?;
    let desk = args.desk.open(Keys::Human)?;
    let at = args.at.unwrap_or_else(|| desk.now());
    let digest = block_on(async { Ok(desk.note_call(&args.to, &args.channel, at, note, args.warning).await?) })?;
    let said = format!(
        "On record: {} to {} at {at}. It is this party's word, and its note stays closed.\n",
        args.channel, args.to
    );
    print(output, &json!({ "notice": digest, "to": args.to, "channel": args.channel, "at": at }), &said)?;
    Ok(None)
}

pub(crate) fn deny(args: &DenyArgs, output: Output) -> Done {
    question(&args.question)?;
    let desk = args.desk.open(Keys::Human)?;
    let wait = Duration::from_secs(args.wait);
    let denied = block_on(async { Ok(desk.deny(&args.question, args.before, wait).await?) })?;
    let mut said = format!(
        "{} denies it until {}, by {} complete listings of custodians.\n",
        desk.party(),
        args.before,
        denied.listings
    );
    for (custodian, why) in &denied.missing {
        said.push_str(&format!("{custodian} gave none: {why}\n"));
    }
    said.push_str("Next: `monition dossier` with the same question and time.\n");
    let missing: Vec<Json> = denied.missing.iter().map(|(party, why)| json!({ "party": party, "why": why })).collect();
    print(output, &json!({ "denial": denied.denial, "listings": denied.listings, "missing": missing }), &said)?;
    Ok(None)
}

pub(crate) fn dossier(args: &DossierArgs, output: Output) -> Done {
    if let Some(source) = args.fields.iter().find(|field| field.group() == Group::Source) {
        let message = format!("{} tells how you know", source.name());
        return Err(Failure::usage(
            "usage-sources",
            message,
            "`monition reveal` opens sources that are asked for by name",
        ));
    }
    let mut options = GatherOptions { fields: args.fields.clone(), ..GatherOptions::default() };
    if args.fields.is_empty() {
        options = GatherOptions::all_but_sources();
        options.groups.retain(|group| !args.closed.iter().any(|closed| closed.group() == *group));
    }
    write(&args.question, options, &args.dossier, &args.desk, output)
}

pub(crate) fn reveal(args: &RevealArgs, output: Output) -> Done {
    let groups = args.groups.iter().map(|group| group.group()).collect();
    let options = GatherOptions { groups, fields: args.fields.clone(), submissions: None };
    write(&args.question, options, &args.dossier, &args.desk, output)
}

fn write(asked: &str, mut options: GatherOptions, args: &WriteArgs, desk: &DeskArgs, output: Output) -> Done {
    let asked = question(asked)?.to_string();
    options.submissions = (!args.only.is_empty()).then(|| args.only.clone());
    let desk = desk.open(Keys::Boot)?;
    let (dossier, news) = block_on(async {
        let news = desk.until_proven(Duration::from_secs(args.wait)).await?;
        Ok((args.on_behalf.acting(&desk).gather(&asked, &options).await?, news))
    })?;
    let bytes = dossier.to_bytes().map_err(|error| super::session::internal("internal-dossier", &error))?;
    write_output(&args.out, &bytes)?;
    if args.out.as_os_str() == "-" {
        return Ok(None);
    }
    let statements = dossier.statements.len();
    let mut said =
        format!("{}: {statements} statements about \"{asked}\", {} bytes.\n", args.out.display(), bytes.len());
    if news.unproven > 0 {
        said.push_str(&format!(
            "Statements without a proven place in the log yet: {}. Write it again later.\n",
            news.unproven
        ));
    }
    for failed in &news.failed {
        said.push_str(&format!("Not asked: {failed}\n"));
    }
    said.push_str(&format!("Judge it with `monition judge {} --trust FILE`.\n", shell_word(&args.out)));
    let shown = json!({ "file": args.out, "question": asked, "statements": statements, "bytes": bytes.len(),
        "unproven": news.unproven, "failed": news.failed });
    print(output, &shown, &said)?;
    Ok((news.unproven > 0).then_some(Exit::TryLater))
}

/// A path as it can be typed again.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(|c: char| c.is_whitespace() || c == '\'') { format!("{text:?}") } else { text }
}
