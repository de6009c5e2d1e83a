//! `monition log show|fsck` and `monition directory show`: a log's files, read by anybody.
//!
//! Works on a folder of plain C2SP tiles (`checkpoint`, `tile/…`), as `serve` publishes it and the demo leaves it.

use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use clap::{Args, Subcommand};
use monition_evidence::directory::{Directory, Grade};
use monition_evidence::{ExchangeName, PartyName};
use monition_tlog::{Edge, EntryBundle, SignedCheckpoint, TILE_WIDTH, TileCoord, TileLevel, TreeSize, leaf_hash};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Most problems that are listed; a log with more is damaged beyond listing.
const PROBLEMS_MAX: usize = 1_000;

/// Read a log's files
#[derive(Subcommand, Debug)]
pub(crate) enum LogCommand {
    /// Show the checkpoint: origin, size, root and who signed it
    Show(FolderArgs),
    /// Check every entry and tile against the checkpoint's root
    ///
    /// Recomputes the tree from the entries and compares every tile and the root. Exit code 1 if anything is damaged or
    /// missing; each damaged file is listed.
    Fsck(FolderArgs),
}

/// Read the directory of identities
#[derive(Subcommand, Debug)]
pub(crate) enum DirectoryCommand {
    /// List the parties: name, grade, sponsors, what they offer
    Show(FolderArgs),
}

#[derive(Args, Debug)]
pub(crate) struct FolderArgs {
    /// Folder of the log: it holds `checkpoint` and `tile`.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

#[derive(Serialize)]
struct Shown {
    origin: String,
    size: u64,
    root: String,
    signatures: Vec<String>,
}

#[derive(Serialize)]
struct Checked {
    origin: String,
    size: u64,
    entries: u64,
    tiles: u64,
    sound: bool,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    path: String,
    problem: String,
}

#[derive(Serialize)]
struct Member {
    party: PartyName,
    grade: String,
    sponsors: Vec<PartyName>,
    custodian: bool,
    declared_custodians: Vec<PartyName>,
    quorum: Option<u32>,
}

pub(crate) fn run_log(command: &LogCommand, output: Output) -> Result<Option<Exit>, Failure> {
    match command {
        LogCommand::Show(args) => show(&args.folder, output),
        LogCommand::Fsck(args) => fsck(&args.folder, output),
    }
}

pub(crate) fn run_directory(command: &DirectoryCommand, output: Output) -> Result<Option<Exit>, Failure> {
    let DirectoryCommand::Show(args) = command;
    let checkpoint = checkpoint(&args.folder)?;
    let exchange = checkpoint.origin().as_str().strip_suffix("/directory").and_then(|n| ExchangeName::parse(n).ok());
    let exchange = exchange.ok_or_else(|| {
        let message =
            format!("{}: {} is not the origin of a directory", args.folder.display(), checkpoint.origin().as_str());
        Failure::usage("usage-not-a-directory", message, "give the folder `directory`, not `log`")
    })?;
    let mut directory = Directory::new(exchange);
    let (mut ignored, mut first) = (0_u64, None);
    for_each_bundle(&args.folder, checkpoint.head().size, &mut |_, bundle| {
        for entry in bundle.entries() {
            let index = directory.size();
            // An entry that breaks a rule counts for nothing, here as for a judge; whoever reads the directory is told.
            if let Err(reason) = directory.apply(entry) {
                ignored += 1;
                first.get_or_insert((index, reason));
            }
        }
        Ok(())
    })
    .map_err(|problem| damaged(&problem))?;
    let members: Vec<Member> = directory.parties().map(member).collect();
    let mut text = String::new();
    for m in &members {
        let sponsors: Vec<&str> = m.sponsors.iter().map(PartyName::as_str).collect();
        let by =
            if sponsors.is_empty() { String::new() } else { format!(", vouched for by {}", sponsors.join(" and ")) };
        let custodians: Vec<&str> = m.declared_custodians.iter().map(PartyName::as_str).collect();
        let mailbox = m.quorum.map_or(String::new(), |q| format!("; told through {q} of {}", custodians.join(", ")));
        let keeps = if m.custodian { "; keeps mailboxes" } else { "" };
        text.push_str(&format!("{} (grade {}{by}){mailbox}{keeps}\n", m.party, m.grade));
    }
    if let Some((index, reason)) = first {
        text.push_str(&format!("{ignored} entries break a rule and count for nothing; entry {index}: {reason}\n"));
    }
    print(output, &members, &text)?;
    Ok(None)
}

fn member(party: &monition_evidence::directory::Party) -> Member {
    let declaration = party.declaration().map(|d| &d.declaration);
    Member {
        party: party.name.clone(),
        grade: party.grade.to_string(),
        sponsors: match &party.grade {
            Grade::I2 { sponsors } => sponsors.clone(),
            Grade::I0 | Grade::Exchange => Vec::new(),
        },
        custodian: party.custodian.is_some(),
        declared_custodians: declaration.map(|d| d.custodians.clone()).unwrap_or_default(),
        quorum: declaration.map(|d| d.quorum),
    }
}

fn show(folder: &Path, output: Output) -> Result<Option<Exit>, Failure> {
    let checkpoint = checkpoint(folder)?;
    let shown = Shown {
        origin: checkpoint.origin().as_str().to_owned(),
        size: checkpoint.head().size.value(),
        root: checkpoint.head().root.to_base64(),
        signatures: checkpoint.note().signatures().iter().map(|s| s.name().as_str().to_owned()).collect(),
    };
    let text = format!(
        "origin:  {}\nsize:    {} entries\nroot:    {}\nsigned:  {} (signatures are not checked here; `judge` checks them)\n",
        shown.origin,
        shown.size,
        shown.root,
        shown.signatures.join(", ")
    );
    print(output, &shown, &text)?;
    Ok(None)
}

fn fsck(folder: &Path, output: Output) -> Result<Option<Exit>, Failure> {
    let checkpoint = checkpoint(folder)?;
    let size = checkpoint.head().size;
    let mut checked = Checked {
        origin: checkpoint.origin().as_str().to_owned(),
        size: size.value(),
        entries: 0,
        tiles: 0,
        sound: true,
        problems: Vec::new(),
    };
    let mut edge = Edge::new();
    let read = for_each_bundle(folder, size, &mut |_, bundle| {
        checked.entries += bundle.entries().len() as u64;
        let hashes: Vec<_> = bundle.entries().iter().map(|e| leaf_hash(e)).collect();
        for full in edge.append(&hashes).full_tiles {
            checked.tiles += 1;
            compare(folder, &full.coord(), &full.bytes(), &mut checked.problems);
        }
        if checked.problems.len() < PROBLEMS_MAX { Ok(()) } else { Err(problem("tile", "too many problems; stopped")) }
    });
    match read {
        Err(found) => checked.problems.push(found),
        Ok(()) => {
            for partial in edge.partial_tiles() {
                checked.tiles += 1;
                compare(folder, &partial.coord, &partial.bytes, &mut checked.problems);
            }
            if edge.head() != checkpoint.head() {
                checked.problems.push(problem("checkpoint", "its root is not the root of the entries"));
            }
        }
    }
    checked.sound = checked.problems.is_empty();
    let mut text = format!("{}: {} entries, {} tiles", checked.origin, checked.entries, checked.tiles);
    text.push_str(if checked.sound { ", sound\n" } else { ", DAMAGED\n" });
    for found in &checked.problems {
        text.push_str(&format!("  {}: {}\n", found.path, found.problem));
    }
    print(output, &checked, &text)?;
    Ok((!checked.sound).then_some(Exit::EvidenceRefused))
}

fn checkpoint(folder: &Path) -> Result<SignedCheckpoint, Failure> {
    let path = folder.join("checkpoint");
    let bytes = crate::failure::read_input(&path)?;
    SignedCheckpoint::parse(&bytes).map_err(|e| {
        let message = format!("{}: {e}", path.display());
        Failure::new(Exit::EvidenceRefused, "evidence-checkpoint", message, "the checkpoint is damaged; fetch it again")
    })
}

fn problem(path: &str, problem: impl Into<String>) -> Problem {
    Problem { path: path.to_owned(), problem: problem.into() }
}

fn damaged(found: &Problem) -> Failure {
    let message = format!("{}: {}", found.path, found.problem);
    Failure::new(
        Exit::EvidenceRefused,
        "evidence-log-damaged",
        message,
        "`monition log fsck` lists everything that is damaged",
    )
}

/// A file of a log that is at most as long as its kind can be.
fn compare(folder: &Path, coord: &TileCoord, expected: &[u8], problems: &mut Vec<Problem>) {
    let path = coord.path();
    match std::fs::read(folder.join(&path)) {
        Err(error) => problems.push(problem(&path, error.to_string())),
        Ok(bytes) if bytes != expected => problems.push(problem(&path, "its hashes are not those of the entries")),
        Ok(_) => {}
    }
}

/// Reads the entry bundles that a tree of `size` implies, in order; a partial one may have been replaced by its full one.
fn for_each_bundle(
    folder: &Path,
    size: TreeSize,
    each: &mut dyn FnMut(u64, EntryBundle<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let width = u64::from(TILE_WIDTH);
    let mut index = 0;
    while index * width < size.value() {
        let count = (size.value() - index * width).min(width);
        // At most 256, so it fits.
        let coord = TileCoord::new(TileLevel::Entries, index, count as u16)
            .map_err(|e| problem("tile/entries", e.to_string()))?;
        let path = coord.path();
        let bytes = std::fs::read(folder.join(&path)).or_else(|error| {
            if coord.is_full() { Err(error) } else { std::fs::read(folder.join(coord.full().path())) }
        });
        let bytes = bytes.map_err(|error| problem(&path, error.to_string()))?;
        let bundle = EntryBundle::parse(&bytes).map_err(|e| problem(&path, e.to_string()))?;
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        if bundle.entries().len() < wanted {
            return Err(problem(&path, format!("holds {} entries, {count} are needed", bundle.entries().len())));
        }
        let first = EntryBundle::new(bundle.entries()[..wanted].to_vec()).map_err(|e| problem(&path, e.to_string()))?;
        each(index, first)?;
        index += 1;
    }
    Ok(())
}
