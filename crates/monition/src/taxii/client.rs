//! `monition taxii pull|push`: other servers' collections into files, and files into collections.
//!
//! Both go on where they were broken off; see `monition_taxii::client`. Progress goes to a terminal on standard error, the
//! summary to standard output.

use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use clap::Args;
use monition_taxii::client::{
    Access, ClientError, Http, Patience, PullProgress, PullRequest, PullSummary, PushProgress, PushRequest,
    PushSummary, pull as pull_collection, push as push_file, resolve,
};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest file with a password or token: they are short, and a wrong path is found early.
const SECRET_BYTES_MAX: usize = 16 * 1024;
const REPORT_EVERY: Duration = Duration::from_millis(200);
/// Failures and refusals that are printed one by one; `--json` has them all.
const LINES_MAX: usize = 100;

/// Pull a collection of a TAXII 2.1 server into a file of JSON lines
///
/// Each line is one object with the bytes that the server sent. The command can be broken off at any time: the same command
/// goes on where it stopped, and no object in one version is lost or stands twice. Run again later, it adds what came since.
#[derive(Args, Debug)]
pub(crate) struct PullArgs {
    /// Address of the server, its discovery or one of its API roots.
    #[arg(value_name = "URL")]
    url: String,
    /// Id or alias of the collection.
    #[arg(long, value_name = "ID")]
    collection: String,
    /// File that ends in .jsonl, or a folder: the file there has the id of the collection as its name.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Only what was added after this time, such as 2026-01-31T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    added_after: Option<String>,
    /// Only objects of this type; may be repeated.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Every version of each object, not only the newest.
    #[arg(long)]
    all_versions: bool,
    /// Most objects on a page; 0 leaves it to the server.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: u32,
    #[command(flatten)]
    access: AccessArgs,
}

/// Push a file into a collection of a TAXII 2.1 server
///
/// The file is a bundle, an envelope, one object, or one object in each line. It goes up in envelopes that the server takes,
/// and each is followed until the server has dealt with every object. The same command goes on where it stopped.
/// Exit code 1 if an object was refused; each refusal is printed.
#[derive(Args, Debug)]
pub(crate) struct PushArgs {
    /// Address of the server, its discovery or one of its API roots.
    #[arg(value_name = "URL")]
    url: String,
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Id or alias of the collection.
    #[arg(long, value_name = "ID")]
    collection: String,
    /// Most objects in one envelope.
    #[arg(long, value_name = "N", default_value_t = 500)]
    batch: u32,
    /// Seconds to wait for the server to deal with one envelope.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    wait: u64,
    /// File that keeps how far the push is; default beside FILE.
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Args, Debug)]
struct AccessArgs {
    /// Name of the account, with --password-file.
    #[arg(long, value_name = "NAME", requires = "password_file")]
    user: Option<String>,
    /// File with the password.
    #[arg(long, value_name = "PATH", requires = "user")]
    password_file: Option<PathBuf>,
    /// File with a bearer token.
    #[arg(long, value_name = "PATH", conflicts_with = "user")]
    token_file: Option<PathBuf>,
    /// Client certificate chain (PEM), with --key.
    #[arg(long, value_name = "PATH", requires = "key")]
    cert: Option<PathBuf>,
    /// Private key of the certificate (PEM).
    #[arg(long, value_name = "PATH", requires = "cert")]
    key: Option<PathBuf>,
    /// Authorities (PEM) that are trusted besides the machine's own.
    #[arg(long, value_name = "PATH")]
    ca_file: Option<PathBuf>,
}

/// Runs `monition taxii pull`.
pub(crate) fn pull(args: &PullArgs, output: Output) -> Result<Option<Exit>, Failure> {
    let http = args.access.http(&args.url)?;
    let request = PullRequest {
        collection: args.collection.clone(),
        added_after: args.added_after.clone(),
        types: args.types.clone(),
        all_versions: args.all_versions,
        limit: args.limit,
    };
    let mut meter = Meter::new(output);
    let result = block_on(async {
        let out = place(&http, args).await?;
        pull_collection(&http, &request, &out, &mut |progress| meter.pulled(progress)).await.map(|done| (out, done))
    });
    meter.end();
    let (out, summary) = result?;
    print(output, &serde_json::json!({ "file": out, "pull": summary }), &pulled_text(&out, &summary))?;
    Ok((summary.refused > 0).then_some(Exit::EvidenceRefused))
}

/// Runs `monition taxii push`.
pub(crate) fn push(args: &PushArgs, output: Output) -> Result<Option<Exit>, Failure> {
    let http = args.access.http(&args.url)?;
    let request = PushRequest {
        collection: args.collection.clone(),
        batch: usize::try_from(args.batch.max(1)).unwrap_or(usize::MAX),
        wait: Duration::from_secs(args.wait),
        state: args.state.clone(),
    };
    let mut meter = Meter::new(output);
    let result = block_on(push_file(&http, &request, &args.file, &mut |progress| meter.pushed(progress)));
    meter.end();
    let summary = result?;
    print(output, &serde_json::json!({ "file": args.file, "push": summary }), &pushed_text(&args.file, &summary))?;
    Ok((summary.failed > 0).then_some(Exit::EvidenceRefused))
}

fn pulled_text(out: &Path, summary: &PullSummary) -> String {
    let PullSummary { objects, new_objects, bytes, pages, known, refused, .. } = summary;
    let mut text = format!("{}: {objects} objects, {bytes} bytes; {new_objects} new from {pages} pages", out.display());
    if *known > 0 {
        text.push_str(&format!(", {known} known already"));
    }
    text.push('\n');
    if *refused > 0 {
        text.push_str(&format!("{refused} objects are left out:\n"));
        for refusal in summary.refusals.iter().take(LINES_MAX) {
            text.push_str(&format!("  {refusal}\n"));
        }
    }
    text
}

fn pushed_text(file: &Path, summary: &PushSummary) -> String {
    let PushSummary { objects, succeeded, failed, sent, envelopes, .. } = summary;
    let mut text = format!(
        "{}: {objects} objects, {succeeded} added or there already, {failed} refused; \
         {sent} sent now in {envelopes} envelopes\n",
        file.display()
    );
    for failure in summary.failures.iter().take(LINES_MAX) {
        text.push_str(&format!("  {} {}: {}\n", failure.id, failure.version, failure.message));
    }
    if *failed > LINES_MAX as u64 {
        text.push_str(&format!("  and {} more; --json lists them\n", failed - LINES_MAX as u64));
    }
    text
}

/// The file that is written.
async fn place(http: &Http, args: &PullArgs) -> Result<PathBuf, ClientError> {
    let is_file = args.out.extension().is_some_and(|extension| extension == "jsonl") && !args.out.is_dir();
    if is_file {
        return Ok(args.out.clone());
    }
    let found = resolve(http, &args.collection).await?;
    let folder = &args.out;
    std::fs::create_dir_all(folder).map_err(|source| ClientError::Io {
        doing: "create",
        path: folder.clone(),
        source,
    })?;
    Ok(folder.join(format!("{}.jsonl", found.id)))
}

impl AccessArgs {
    fn http(&self, url: &str) -> Result<Http, Failure> {
        let basic = match (&self.user, &self.password_file) {
            (Some(user), Some(file)) => Some((user.clone(), secret(file)?)),
            _ => None,
        };
        let bearer = self.token_file.as_deref().map(secret).transpose()?;
        let identity_pem = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => {
                let mut pem = crate::failure::read_input(cert)?;
                pem.push(b'\n');
                pem.extend(crate::failure::read_input(key)?);
                Some(pem)
            }
            _ => None,
        };
        let access = Access { basic, bearer, identity_pem };
        Ok(Http::new(url, &access, self.ca_file.as_deref(), Patience::default())?)
    }
}

/// The first line of a file; what follows the line break is not looked at.
fn secret(path: &Path) -> Result<String, Failure> {
    let wrong = |detail: &str| {
        let hint = "the file holds the password or token and nothing else";
        Failure::usage("usage-taxii-secret", format!("{}: {detail}", path.display()), hint)
    };
    let bytes = crate::failure::read_input(path)?;
    if bytes.len() > SECRET_BYTES_MAX {
        return Err(wrong("it is too long for a password or token"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() { Err(wrong("its first line is empty")) } else { Ok(line.to_owned()) }
}

fn block_on<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let internal = |error: std::io::Error| {
        Failure::new(Exit::Internal, "internal-runtime", error.to_string(), "please report this")
    };
    Ok(runtime.map_err(internal)?.block_on(work)?)
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match error.exit_code() {
            1 => Exit::EvidenceRefused,
            2 => Exit::Usage,
            3 => Exit::Unreadable,
            75 => Exit::TryLater,
            _ => Exit::Internal,
        };
        Self::new(exit, error.code(), error.to_string(), error.hint())
    }
}

/// One line on a terminal, written anew as the work goes on.
struct Meter {
    on: bool,
    began: Instant,
    shown: Option<Instant>,
}

impl Meter {
    fn new(output: Output) -> Self {
        let on = output == Output::Text && std::io::stderr().is_terminal();
        Self { on, began: Instant::now(), shown: None }
    }

    fn pulled(&mut self, progress: PullProgress) {
        let PullProgress { objects, bytes, received_bytes, .. } = progress;
        self.show(|rate| format!("{objects} objects, {} in the file, {}/s", size(bytes), size(rate(received_bytes))));
    }

    fn pushed(&mut self, progress: PushProgress) {
        let PushProgress { objects, failed, sent_bytes, share_percent } = progress;
        self.show(|rate| {
            format!("{share_percent} %, {objects} objects, {failed} refused, {}/s", size(rate(sent_bytes)))
        });
    }

    fn show(&mut self, text: impl FnOnce(&dyn Fn(u64) -> u64) -> String) {
        if !self.on || self.shown.is_some_and(|shown| shown.elapsed() < REPORT_EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let line = text(&|bytes| bytes.saturating_mul(1000) / millis);
        // A terminal that has gone away is no reason to stop.
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
    }

    fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
