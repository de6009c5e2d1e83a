//! `monition judge`: dossiers and a trust policy in, a finding out. Works offline; reads nothing but the files named.

use crate::failure::{Exit, Failure, read_input};
use crate::output::{Output, print_json};
use clap::Args;
use monition_evidence::Digest;
use monition_evidence::dossier::{Dossier, DossierError};
use monition_evidence::judge::{Answer, Believe, Finding, JudgeError, Question, judge, judge_without_witnesses};
use std::path::{Path, PathBuf};

/// Judge dossiers offline
///
/// Reads dossiers and a trust policy, and says what they prove. Exit code: 0 proven, 4 refuted, 5 not decidable,
/// 1 evidence refused, 2 misuse, 3 unreadable or newer format.
#[derive(Args, Debug)]
pub(crate) struct JudgeArgs {
    /// Dossier files; several are judged as one union. `-` is standard input.
    #[arg(required = true, value_name = "DOSSIER")]
    dossiers: Vec<PathBuf>,
    /// C2SP tlog-policy for both logs. Obtain it yourself, not from whoever gave you the dossier.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// What you know of the parties from elsewhere (docs/finding.md).
    #[arg(long, value_name = "FILE")]
    believe: Option<PathBuf>,
    /// `told P [by P] [of WID] [before TIME]`, `timeline` or `who`. Default: the dossier's own question.
    #[arg(long, value_name = "QUESTION")]
    ask: Option<String>,
    /// Ask for no witness, and decide nothing: the finding says how far the exchange's own word goes, without times.
    #[arg(long)]
    without_witnesses: bool,
    /// Also write the finding as one HTML page that needs nothing else. An existing file is replaced.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs the command; the exit code tells the answer.
pub(crate) fn run(args: &JudgeArgs, output: Output) -> Result<Option<Exit>, Failure> {
    let mut dossiers = Vec::new();
    for path in &args.dossiers {
        let bytes = read_input(path)?;
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let shared = |sha: &Digest| std::fs::read(folder.join(format!("{sha}.directory.json"))).ok();
        dossiers.push(Dossier::parse(&bytes, &shared).map_err(|e| dossier_failure(&path.display().to_string(), &e))?);
    }
    let trust = read_input(&args.trust)?;
    let believe = match &args.believe {
        None => Believe::default(),
        Some(path) => Believe::parse(&read_input(path)?).map_err(|detail| {
            Failure::usage("usage-believe", format!("{}: {detail}", path.display()), "docs/finding.md shows the format")
        })?,
    };
    let question = question(args, &dossiers)?;
    let by = if args.without_witnesses { judge_without_witnesses } else { judge };
    let finding = by(&dossiers, &trust, &believe, &question).map_err(|e| judge_failure(&e))?;
    if let Some(path) = &args.html {
        write_page(path, &finding)?;
    }
    match output {
        Output::Json => print_json(&finding)?,
        Output::Text => crate::output::print_text(&finding.to_text())?,
    }
    Ok(match finding.answer {
        Answer::Proven => None,
        Answer::Refuted => Some(Exit::Refuted),
        Answer::NotDecidable => Some(Exit::NotDecidable),
    })
}

fn write_page(path: &Path, finding: &Finding) -> Result<(), Failure> {
    std::fs::write(path, finding.to_html()).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Failure::new(Exit::Usage, "usage-file-unwritable", message, "give a path of a file that you may write")
    })
}

fn question(args: &JudgeArgs, dossiers: &[Dossier]) -> Result<Question, Failure> {
    let own: Vec<&str> = dossiers.iter().map(|d| d.question.as_str()).collect();
    let text = match (&args.ask, own.as_slice()) {
        (Some(text), _) => text.as_str(),
        (None, [first, rest @ ..]) if rest.iter().all(|q| q == first) => first,
        (None, _) => {
            let message = format!("the dossiers carry different questions: {}", own.join("; "));
            return Err(Failure::usage("usage-question", message, "say which one you ask with --ask"));
        }
    };
    Question::parse(text).map_err(|e| {
        Failure::usage(
            "usage-question",
            e.to_string(),
            "for example: --ask \"told south.example before 2026-12-03T14:00:00Z\"",
        )
    })
}

fn dossier_failure(path: &str, error: &DossierError) -> Failure {
    let message = format!("{path}: {error}");
    match error {
        DossierError::Altered { .. } => Failure::new(
            Exit::EvidenceRefused,
            "evidence-altered",
            message,
            "ask for the file again; nothing in an altered file is believed",
        ),
        DossierError::Format { .. } => Failure::new(
            Exit::Unreadable,
            "usage-newer-format",
            message,
            "use a version of monition that reads this format",
        ),
        DossierError::DirectoryFileMissing { sha256 } => {
            let hint = format!("put the shared directory beside the dossier as {sha256}.directory.json");
            Failure::new(Exit::Unreadable, "usage-directory-file-missing", message, hint)
        }
        _ => Failure::new(
            Exit::Unreadable,
            "usage-dossier-unreadable",
            message,
            "check that this is a dossier and that it is complete",
        ),
    }
}

fn judge_failure(error: &JudgeError) -> Failure {
    match error {
        JudgeError::Evidence(e) => Failure::new(
            Exit::EvidenceRefused,
            "evidence-refused",
            e.to_string(),
            "a part of the evidence is not what it claims to be; ask for the dossier again, and check that the trust policy is for this exchange",
        ),
        _ => Failure::usage(
            "usage-trust",
            error.to_string(),
            "a finding rests on one group k-of-n of organisations (docs/verify.md)",
        ),
    }
}
