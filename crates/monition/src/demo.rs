//! `monition demo`: the founding story, with real servers on loopback sockets and real files at the end.
//!
//! One exchange, two observers of other organisations, four parties: each with keys, a data directory and a task of its
//! own, speaking HTTP to the others. Nothing is shortened but the times: logs are published every 250 ms, a custody
//! period is one second, and the deadline is two.

mod files;
mod stage;
mod story;

use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Play the founding story on this machine and judge it
///
/// Starts an exchange, two observers and four parties on loopback sockets, lets one warn another, and judges what each
/// can prove afterwards. Takes some seconds and needs nothing else. Leaves dossiers, trust policy, log and directory in
/// a folder, with a README that says how to check them by hand.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Folder for the files. An earlier demo in it is replaced; anything else is refused.
    #[arg(long, value_name = "DIR", default_value = "monition-demo")]
    out: PathBuf,
}

/// The file that marks a folder as a demo's, so that nothing else is ever removed.
const MARKER: &str = ".monition-demo";

/// What one of the dossiers decides.
#[derive(Serialize)]
pub(crate) struct Decided {
    /// The file.
    file: &'static str,
    /// Why it was asked.
    story: String,
    /// The finding.
    finding: monition_evidence::judge::Finding,
}

/// Says what happens, with the time since the start.
pub(crate) struct Progress(Instant);

impl Progress {
    fn say(&self, text: &str) {
        eprintln!("{:>5.1} s  {text}", self.0.elapsed().as_secs_f64());
    }
}

pub(crate) fn run(args: &DemoArgs, output: Output) -> Result<Option<Exit>, Failure> {
    let progress = Progress(Instant::now());
    prepare(&args.out)?;
    // Every organisation keeps its own folder; a path that they share must not depend on where one of them stands.
    let out = std::path::absolute(&args.out).map_err(|e| internal("the folder's path", &e))?;
    log_to(&out.join("demo.log"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| internal("starting the runtime", &e))?;
    let decided = runtime.block_on(play(&out, &progress))?;
    progress.say(&format!("done; the files are in {}", args.out.display()));
    let mut text = String::new();
    for one in &decided {
        text.push_str(&format!("\n=== {} ({})\n\n{}", one.story, one.file, one.finding.to_text()));
    }
    text.push_str(&format!("\nCheck it yourself, offline: see {}\n", args.out.join("README").display()));
    print(output, &decided, &text)?;
    Ok(None)
}

async fn play(out: &Path, progress: &Progress) -> Result<Vec<Decided>, Failure> {
    let stage = stage::Stage::build(out, progress).await?;
    let told = story::tell(&stage, progress).await?;
    let decided = files::leave(&stage, &told, out, progress).await?;
    stage.end().await;
    Ok(decided)
}

/// Makes the folder; replaces only what an earlier demo left.
fn prepare(out: &Path) -> Result<(), Failure> {
    let occupied = std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !out.join(MARKER).exists() {
        let message = format!("{} is not empty and holds no earlier demo", out.display());
        return Err(Failure::usage("usage-folder-occupied", message, "choose another folder with --out"));
    }
    if occupied {
        std::fs::remove_dir_all(out).map_err(|e| internal("removing the earlier demo", &e))?;
    }
    std::fs::create_dir_all(out).map_err(|e| internal("making the folder", &e))?;
    std::fs::write(out.join(MARKER), "").map_err(|e| internal("writing the folder", &e))
}

/// What the servers log goes to a file: the terminal shows the story.
fn log_to(path: &Path) -> Result<(), Failure> {
    let file = std::fs::File::create(path).map_err(|e| internal("writing demo.log", &e))?;
    let subscriber =
        tracing_subscriber::fmt().json().with_env_filter("info").with_writer(std::sync::Mutex::new(file)).try_init();
    subscriber.map_err(|e| Failure::new(Exit::Internal, "internal-demo", e.to_string(), "please report this"))
}

pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Failure {
    let hint = "demo.log in the folder says more; a full disk or a closed loopback network are the usual causes";
    Failure::new(Exit::Internal, "internal-demo", format!("{what}: {error}"), hint)
}
