//! The rarer records: decisions, closed notes shown later, bodies deleted after their time.

use super::Done;
use super::session::{DeskArgs, Keys, block_on, digest, text, wid};
use crate::output::{Output, print};
use clap::{Args, ValueEnum};
use monition_desk::DeskError;
use monition_evidence::statement::Decision;
use monition_evidence::{Body, Digest, PartyName, Wid};
use serde_json::{Value as Json, json};

/// Put a decision to warn, or not to, on record
///
/// The log gets a commitment: its time is fixed, its ground stays closed. `show-note` opens it later, if ever; a
/// `timeline` dossier carries the decision.
#[derive(Args, Debug)]
pub(crate) struct DecideArgs {
    /// What was decided.
    #[arg(value_name = "DECISION", value_enum)]
    decision: DecisionArg,
    /// On which ground. `@FILE` and `-` (standard input) are read.
    #[arg(long, value_name = "TEXT")]
    ground: Option<String>,
    /// Warning that it is about, as `warn` printed it.
    #[arg(long, value_name = "WARNING", value_parser = wid, allow_hyphen_values = true)]
    warning: Option<Wid>,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DecisionArg {
    /// To warn.
    Warned,
    /// Not to warn.
    NotWarned,
}

/// Show the closed note of an own decision, call or reply, with what proves it
///
/// Whoever has salt and text computes the commitment that the statement holds (docs/protocol.md §4.3). What is shown
/// once cannot be closed again.
#[derive(Args, Debug)]
pub(crate) struct ShowNoteArgs {
    /// ID of the statement, as `decide`, `note-call` or `reply` printed it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Delete the content of a warning that came, after its time
///
/// Refused before the time that the sender named. Its hashes stay, the deletion is signed and logged, and the custodians
/// are told to delete theirs. The content cannot be shown again by this desk.
#[derive(Args, Debug)]
pub(crate) struct DisposeArgs {
    /// ID of the warning, as `inbox` prints it.
    #[arg(value_name = "ID", value_parser = digest, allow_hyphen_values = true)]
    id: Digest,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(crate) fn decide(args: &DecideArgs, output: Output) -> Done {
    let ground = args.ground.as_deref().map(|value| text("ground", value)).transpose()?;
    let desk = args.desk.open(Keys::Human)?;
    let (decision, words) = match args.decision {
        DecisionArg::Warned => (Decision::Warned, "to warn"),
        DecisionArg::NotWarned => (Decision::NotWarned, "not to warn"),
    };
    let id = block_on(async { Ok(desk.decide(decision, ground, args.warning).await?) })?;
    let said = format!(
        "On record: {} decided {words}. The ground stays closed; `monition show-note {id}` opens it.\n",
        desk.party()
    );
    print(output, &json!({ "decision": id, "decided": decision, "warning": args.warning }), &said)?;
    Ok(None)
}

pub(crate) fn show_note(args: &ShowNoteArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    let missing = |what| DeskError::NotHeld { what, digest: args.id };
    let held = desk.record().statement(&args.id)?.ok_or_else(|| missing("statement"))?;
    let commitment = match held.statement.body() {
        Body::DecisionRecord(record) => record.note,
        Body::OutOfBandNotice(notice) => notice.note,
        Body::Reply(reply) => reply.note,
        _ => None,
    };
    let commitment = commitment.ok_or_else(|| missing("note of the statement"))?;
    let (salt, note) = desk.record().closable_note(&commitment)?.ok_or_else(|| missing("text of the note of"))?;
    let statement = held.statement.as_text().into_owned();
    let said = format!("{note}\n\nsalt {salt}\ncommitment {commitment}\nin the statement {}\n", args.id);
    let shown = json!({ "statement_digest": args.id, "statement": statement, "commitment": commitment, "salt": salt,
        "note": note });
    print(output, &shown, &said)?;
    Ok(None)
}

pub(crate) fn dispose(args: &DisposeArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let done = block_on(async { Ok(desk.dispose(&args.id).await?) })?;
    let mut said = format!("The content of {} is deleted here. Its hashes stay.\n", args.id);
    said.push_str(if done.logged {
        "The exchange logged it.\n"
    } else {
        "The exchange has not taken it yet: it waits here and is sent again.\n"
    });
    let told: Vec<&str> = done.custodians.iter().map(PartyName::as_str).collect();
    if !told.is_empty() {
        said.push_str(&format!("Custodians that deleted theirs: {}.\n", told.join(", ")));
    }
    for (custodian, error) in &done.failed {
        said.push_str(&format!("{custodian} did not: {error}\n"));
    }
    let failed: Vec<Json> = done
        .failed
        .iter()
        .map(|(party, error)| json!({ "party": party, "code": error.code(), "why": error.to_string() }))
        .collect();
    let shown = json!({ "disposal": done.disposal, "submission": args.id, "logged": done.logged,
        "custodians": done.custodians, "failed": failed });
    print(output, &shown, &said)?;
    Ok(None)
}
