//! `monition taxii import`.

use super::configuration;
use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use crate::party::session::start_logging;
use clap::Args;
use monition_taxii::{ImportError, ImportReport, OpenError, Server};
use serde_json::json;
use std::path::PathBuf;

/// Take over what another TAXII server holds
///
/// Ids of collections, objects and `date_added` stay as they are, so clients go on where they were. The collections must
/// stand in the configuration under the same ids; others are named and left out. Stop the exchange first. An import may
/// be repeated: what is there already is left alone. What is imported gets no acceptance: nobody posted it here.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Configuration of the exchange, in TOML.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    source: Source,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Source {
    /// JSON file of medallion (its memory back end, or an export in that form).
    #[arg(long, value_name = "FILE")]
    medallion: Option<PathBuf>,
    /// SQLite database of OpenTAXII.
    #[arg(long, value_name = "FILE")]
    opentaxii: Option<PathBuf>,
}

pub(super) fn run(args: &ImportArgs, output: Output) -> Result<(), Failure> {
    start_logging(false, "warn");
    let (config, taxii) = configuration(&args.config)?;
    if !config.data_dir.is_dir() {
        let message = format!("{} is no data directory of an exchange", config.data_dir.display());
        let hint = "create the exchange first with `monition serve --create-log`";
        return Err(Failure::usage("usage-data-directory", message, hint));
    }
    let dump = match (&args.source.medallion, &args.source.opentaxii) {
        (Some(file), _) => Some(std::fs::File::open(file).map_err(|error| unreadable(file, &error.to_string()))?),
        (None, Some(file)) if !file.is_file() => return Err(unreadable(file, "there is no such file")),
        _ => None,
    };
    let server = Server::open(taxii, &config.taxii_dir()).map_err(|error| open_failure(&error))?;
    let report = match (dump, &args.source.opentaxii) {
        (Some(dump), _) => server.import_medallion(std::io::BufReader::new(dump)),
        (None, Some(file)) => server.import_opentaxii(file),
        (None, None) => Ok(ImportReport::default()),
    };
    server.close();
    let report = report.map_err(|error| import_failure(&error))?;
    let collections = report.collections.iter().map(|one| {
        json!({
            "collection": one.collection, "known": one.known, "added": one.added, "present": one.present,
            "refused": one.refused, "moved": one.moved, "undated": one.undated, "reasons": one.reasons,
        })
    });
    print(output, &json!({ "collections": collections.collect::<Vec<_>>() }), &text(&report))
}

fn text(report: &ImportReport) -> String {
    let mut text = String::new();
    for one in &report.collections {
        if !one.known {
            text.push_str(&format!("{}: left out, the configuration has no such collection\n", one.collection));
            continue;
        }
        text.push_str(&format!(
            "{}: {} added, {} there already, {} refused; of the added {} without a date, {} with a date that had to move\n",
            one.collection, one.added, one.present, one.refused, one.undated, one.moved
        ));
        one.reasons.iter().for_each(|reason| text.push_str(&format!("  {reason}\n")));
    }
    if report.collections.is_empty() {
        text.push_str("The dump holds no collection.\n");
    }
    text
}

fn unreadable(file: &std::path::Path, detail: &str) -> Failure {
    let message = format!("{}: {detail}", file.display());
    Failure::new(Exit::Unreadable, "usage-file-unreadable", message, "check the path and that you may read the file")
}

fn open_failure(error: &OpenError) -> Failure {
    let (exit, code, hint) = match error {
        OpenError::InUse { .. } => {
            (Exit::Usage, "usage-data-directory", "stop the exchange, import, then start it again")
        }
        OpenError::Format { .. } => {
            (Exit::Usage, "usage-data-directory", "start the version that wrote it, or a later one")
        }
        OpenError::Config(_) => (Exit::Usage, "usage-config", "docs/taxii.md shows a section [taxii]"),
        _ => (Exit::Internal, "internal-taxii-database", "look at the permissions of the folder and at the free space"),
    };
    Failure::new(exit, code, error.to_string(), hint)
}

fn import_failure(error: &ImportError) -> Failure {
    let (exit, code, hint) = match error {
        ImportError::Form { .. } => (
            Exit::Unreadable,
            "usage-taxii-dump",
            "give the file as the other server wrote it; what was imported before stays",
        ),
        ImportError::Source { .. } => {
            (Exit::Unreadable, "usage-taxii-dump", "give the SQLite file of OpenTAXII's persistence")
        }
        _ => (Exit::Internal, "internal-taxii-database", "look at the free space, then run the same import again"),
    };
    Failure::new(exit, code, error.to_string(), hint)
}
