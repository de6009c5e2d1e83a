//! What the demo leaves: dossiers, log and directory as plain tiles, and a README for checking by hand.

use super::stage::{PATIENCE, Stage};
use super::story::Told;
use super::{Decided, Progress, internal};
use crate::failure::Failure;
use monition_desk::{Desk, GatherOptions};
use monition_evidence::judge::{Believe, Question, judge};
use std::path::Path;

const README: &str = include_str!("README.txt");

pub(super) async fn leave(
    stage: &Stage,
    told: &Told,
    out: &Path,
    progress: &Progress,
) -> Result<Vec<Decided>, Failure> {
    let Stage { north, south, east, west, .. } = stage;
    for party in [north, south, east] {
        party.until_proven(PATIENCE).await?;
    }
    progress.say("every statement has its place in the witnessed log; the dossiers are written, sources closed");
    let before = told.before;
    let (n, s, e, w) = (north.party(), south.party(), east.party(), west.party());
    let asked: [(&Desk, &'static str, String, String); 3] = [
        (
            north,
            "north.dossier.json",
            format!("told {s} by {n} before {before}"),
            format!("Was South told by North before {before}?"),
        ),
        (
            south,
            "south.dossier.json",
            format!("told {s} by {w} before {before}"),
            format!("Was South told by West before {before}?"),
        ),
        (
            east,
            "east.dossier.json",
            format!("told {w} by {e} before {before}"),
            format!("Was West told by East before {before}?"),
        ),
    ];
    let mut decided = Vec::new();
    for (desk, file, question, story) in asked {
        let dossier = desk.gather(&question, &GatherOptions::all_but_sources()).await?;
        let bytes = dossier.to_bytes().map_err(|e| internal("writing a dossier", &e))?;
        std::fs::write(out.join(file), &bytes).map_err(|e| internal(file, &e))?;
        let question = Question::parse(&question).map_err(|e| internal("a question", &e))?;
        let finding = judge(&[dossier], stage.policy.as_bytes(), &Believe::default(), &question)
            .map_err(|e| internal("judging", &e))?;
        decided.push(Decided { file, story, finding });
    }
    for log in ["log", "directory"] {
        copy_folder(&stage.public.join(log), &out.join(log)).map_err(|e| internal("copying the log", &e))?;
    }
    leave_a_body(stage, told, &out.join("check"))?;
    std::fs::write(out.join("README"), README).map_err(|e| internal("README", &e))?;
    Ok(decided)
}

/// One sealed body and South's key, so that anybody can open it with a stock `age`.
fn leave_a_body(stage: &Stage, told: &Told, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| internal("check", &e))?;
    let bodies = stage.north.record().sent_framing(&told.to_south)?;
    let body = bodies.as_slices().first().ok_or_else(|| internal("check", &"the warning has no body"))?;
    std::fs::write(folder.join("body.age"), body).map_err(|e| internal("body.age", &e))?;
    let keys = stage.south.keys();
    let identity = keys.identities().first().map(|i| i.to_secret_string());
    let identity = identity.ok_or_else(|| internal("check", &"South has no encryption key"))?;
    // A demo's key: it has never protected anything else.
    std::fs::write(folder.join("south.identity"), format!("{}\n", identity.as_str()))
        .map_err(|e| internal("south.identity", &e))
}

/// Tiles first, the checkpoint last: a copy taken while the log grows still holds what its checkpoint covers.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    let checkpoint = std::fs::read(from.join("checkpoint"))?;
    copy_tree(&from.join("tile"), &to.join("tile"))?;
    std::fs::write(to.join("checkpoint"), checkpoint)
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            // Not `copy`: published files are read-only, and a demo's folder must be removable.
            std::fs::write(&target, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
