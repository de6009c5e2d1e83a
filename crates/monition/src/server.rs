//! `monition serve` and `monition observe`.

use crate::failure::{Exit, Failure, read_input};
use crate::output::{Output, print};
use crate::party::session::{DeskArgs, Keys, internal, start_logging, stop_signal};
use clap::{Args, Subcommand};
use monition_desk::randomness::OsRandomness;
use monition_desk::{Keystore, Slot};
use monition_exchange::taxii::TaxiiError;
use monition_exchange::{ExchangeKeys, StartError};
use monition_front::FrontError;
use monition_observer::ObserverKeys;
use monition_taxii::OpenError;
use monition_tlog::{CosignatureSigner, KeyName, NoteSigner, VerifierKey};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub(crate) enum ServerCommand {
    Serve(ServeArgs),
    Observe(ObserveArgs),
}

/// Run an exchange
///
/// Takes warnings, keeps both logs and feeds the custodians. Needs a desk of kind `exchange` for its keys and a
/// configuration (docs/operate.md). Begin with `--create-log`, once. Prints the address and both verifier keys, then
/// runs until SIGINT or SIGTERM. Logs are JSON lines on standard error; MONITION_LOG filters them, default `info`.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Create both logs in an empty data directory, then end. A log is created once and never again.
    #[arg(long)]
    create_log: bool,
    /// Replace the exchange's own keys by the ones that were announced, then end. Stop the exchange first. Needs the keys
    /// of people; back up the key files afterwards. A rotation that was cut off is finished.
    #[arg(long, conflicts_with = "create_log")]
    rotate_key: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Run an observer: witness and custodian
///
/// Cosigns the logs of an exchange and keeps mailboxes of other organisations. Needs a desk of kind `observer` for its
/// keys and a configuration (docs/operate.md). Begin with `--create-store`, once. Prints the address and the witness's verifier key, then runs until SIGINT
/// or SIGTERM. Logs are JSON lines on standard error; MONITION_LOG filters them, default `info`.
#[derive(Args, Debug)]
pub(crate) struct ObserveArgs {
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Begin with an empty memory. Only for the first start: a witness that has forgotten what it cosigned could cosign
    /// a fork.
    #[arg(long)]
    create_store: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Serialize)]
struct Serving {
    address: String,
    url: String,
    log_vkey: String,
    directory_vkey: String,
}

#[derive(Serialize)]
struct Observing {
    address: String,
    url: String,
    witness_vkey: String,
}

pub(crate) fn run(command: &ServerCommand, output: Output) -> Result<Option<Exit>, Failure> {
    start_logging(true, "info");
    let runtime = tokio::runtime::Runtime::new().map_err(|error| internal("internal-runtime", &error))?;
    match command {
        ServerCommand::Serve(args) => runtime.block_on(serve(args, output)),
        ServerCommand::Observe(args) => runtime.block_on(observe(args, output)),
    }
}

async fn serve(args: &ServeArgs, output: Output) -> Result<Option<Exit>, Failure> {
    let config = monition_exchange::Config::parse(&config_text(&args.config)?)
        .map_err(|error| wrong_config(&args.config, &error.to_string()))?;
    let needed = if args.create_log || args.rotate_key { Keys::Human } else { Keys::Boot };
    let (desk, keys) = args.desk.open_keys(needed)?;
    if desk.party != config.name.as_party() {
        let detail =
            format!("it is for {}, and {} holds the keys of {}", config.name, args.desk.dir.display(), desk.party);
        return Err(wrong_config(&args.config, &detail));
    }
    if args.rotate_key {
        return rotate_key(&config, keys, output).await;
    }
    let (log_key, directory_key) = (keys.seed(&Slot::Log)?, keys.seed(&Slot::Directory)?);
    let log_vkey = log_vkey(&config.name.log_origin(), &log_key)?.to_string();
    let directory_vkey = log_vkey_of(&config.name.directory_origin(), &directory_key)?;
    let seeds = ExchangeKeys { log: log_key, directory: directory_key, exchange: keys.seed(&Slot::Exchange)? };
    if args.create_log {
        let next = keys.next_digest()?;
        monition_exchange::init(&config, &seeds, next, &monition_exchange::SystemClock::default())
            .await
            .map_err(|error| exchange_failure(&error))?;
        let created = serde_json::json!({ "created": true, "log_vkey": log_vkey, "directory_vkey": directory_vkey });
        let text = format!(
            "Both logs are created in {}.\nlog_vkey = \"{log_vkey}\"\ndirectory_vkey = \"{directory_vkey}\"\n",
            config.data_dir.display()
        );
        print(output, &created, &text)?;
        return Ok(None);
    }
    drop(keys);
    let stop = stop_signal()?;
    let running = monition_exchange::start(config, seeds, stop).await.map_err(|error| exchange_failure(&error))?;
    let serving = Serving { address: running.address.to_string(), url: running.url.clone(), log_vkey, directory_vkey };
    let text = format!(
        "The exchange listens on {} ({}).\nlog_vkey = \"{}\"\ndirectory_vkey = \"{}\"\n",
        serving.address, serving.url, serving.log_vkey, serving.directory_vkey
    );
    print(output, &serving, &text)?;
    running.stopped().await;
    Ok(None)
}

/// The exchange's own keys. What the rotation announces is on disk before anybody sees the announcement, and the new keys
/// are taken into use after the entry is in the directory: cut off in between, the same command finishes it.
async fn rotate_key(
    config: &monition_exchange::Config,
    mut keys: Keystore,
    output: Output,
) -> Result<Option<Exit>, Failure> {
    let announced = keys.next_digest()?;
    // Staged keys that are the announced ones were left behind by a rotation that was finished.
    let after = match keys.staged_rotation()?.filter(|staged| staged.digest() != announced) {
        Some(staged) => staged,
        None => {
            let fresh = keys.draw_after_next(&mut OsRandomness)?;
            keys.stage_rotation(&fresh)?;
            fresh
        }
    };
    let index = {
        let (enrolled, signers) = keys.next_enrolled()?;
        let (old, clock) = (keys.key(&Slot::Exchange)?, monition_exchange::SystemClock::default());
        monition_exchange::rotate(config, old, &signers, enrolled, after.digest(), &clock)
            .await
            .map_err(|error| exchange_failure(&error))?
    };
    keys.rotate(after)?;
    let rotated = serde_json::json!({ "rotated": true, "index": index });
    let text =
        format!("The exchange's keys are replaced (directory entry {index}). Back up the key files, then start.\n");
    print(output, &rotated, &text)?;
    Ok(None)
}

async fn observe(args: &ObserveArgs, output: Output) -> Result<Option<Exit>, Failure> {
    let config = monition_observer::Config::parse(&config_text(&args.config)?)
        .map_err(|error| wrong_config(&args.config, &error.to_string()))?;
    let (desk, keys) = args.desk.open_keys(Keys::Boot)?;
    if desk.party != config.party || desk.exchange != config.exchange {
        let detail = format!(
            "it is for {} at {}, and {} holds the keys of {} at {}",
            config.party,
            config.exchange,
            args.desk.dir.display(),
            desk.party,
            desk.exchange
        );
        return Err(wrong_config(&args.config, &detail));
    }
    remembers(&config.data_directory, args.create_store)?;
    let seeds = ObserverKeys { witness_seed: keys.seed(&Slot::Witness)?, custodian_seed: keys.seed(&Slot::Custodian)? };
    drop(keys);
    let stop = stop_signal()?;
    let running = monition_observer::start(config, seeds, monition_observer::system_clock(), stop)
        .await
        .map_err(|error| observer_failure(&error))?;
    let observing = Observing {
        address: running.address.to_string(),
        url: running.url.clone(),
        witness_vkey: running.witness_vkey.to_string(),
    };
    let text = format!(
        "The observer listens on {} ({}).\nwitness_vkey = \"{}\"\n",
        observing.address, observing.url, observing.witness_vkey
    );
    print(output, &observing, &text)?;
    running.stopped().await;
    Ok(None)
}

/// Public keys of a server's desk, by the name under which others configure them.
pub(crate) fn server_vkeys(
    config: &monition_desk::Config,
    keys: &Keystore,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut found = Vec::new();
    if let Ok(seed) = keys.seed(&Slot::Log) {
        found.push(("log_vkey", log_vkey(&config.exchange.log_origin(), &seed)?.to_string()));
    }
    if let Ok(seed) = keys.seed(&Slot::Directory) {
        found.push(("directory_vkey", log_vkey_of(&config.exchange.directory_origin(), &seed)?));
    }
    if let Ok(seed) = keys.seed(&Slot::Witness) {
        let name = key_name(&format!("{}/witness", config.party))?;
        let signer = CosignatureSigner::from_seed(name, &seed).map_err(|error| internal("internal-key", &error))?;
        found.push(("witness_vkey", signer.verifier_key().to_string()));
    }
    Ok(found)
}

fn log_vkey(origin: &str, seed: &[u8; 32]) -> Result<VerifierKey, Failure> {
    let signer = NoteSigner::from_seed(key_name(origin)?, seed).map_err(|error| internal("internal-key", &error))?;
    Ok(signer.verifier_key().clone())
}

fn log_vkey_of(origin: &str, seed: &[u8; 32]) -> Result<String, Failure> {
    log_vkey(origin, seed).map(|key| key.to_string())
}

fn key_name(name: &str) -> Result<KeyName, Failure> {
    KeyName::new(name).map_err(|error| internal("internal-key", &error))
}

fn config_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read_input(path)?).map_err(|_| wrong_config(path, "it is not UTF-8"))
}

fn wrong_config(path: &Path, detail: &str) -> Failure {
    Failure::usage(
        "usage-config",
        format!("{}: {detail}", path.display()),
        "docs/operate.md shows every key of the file",
    )
}

fn exchange_failure(error: &StartError) -> Failure {
    let (exit, code) = match error {
        StartError::Config(_) => (Exit::Usage, "usage-config"),
        StartError::Directory(_) => (Exit::Usage, "usage-data-directory"),
        StartError::NotInitialised => (Exit::Usage, "usage-not-initialised"),
        StartError::OtherKey => (Exit::Usage, "usage-other-key"),
        StartError::Listen(error) => (Exit::Usage, listen_code(error)),
        StartError::Authorities { .. } => (Exit::Usage, "usage-tls"),
        StartError::Taxii(error) => taxii_code(error),
        StartError::Recovery(_) => (Exit::Internal, "internal-recovery"),
        _ => (Exit::Internal, "internal-start"),
    };
    Failure::new(exit, code, error.to_string(), error.hint())
}

fn taxii_code(error: &TaxiiError) -> (Exit, &'static str) {
    match error {
        TaxiiError::Open(OpenError::InUse { .. } | OpenError::Format { .. }) => (Exit::Usage, "usage-data-directory"),
        TaxiiError::Open(OpenError::Config(_)) => (Exit::Usage, "usage-config"),
        TaxiiError::NoHost { .. } => (Exit::Usage, "usage-taxii-warnings"),
        _ => (Exit::Internal, "internal-taxii-database"),
    }
}

fn listen_code(error: &FrontError) -> &'static str {
    match error {
        FrontError::Listen { .. } => "usage-listen",
        FrontError::Value(_) => "usage-config",
        _ => "usage-tls",
    }
}

/// A store is made once, by a deliberate act: a missing one is a loss to notice, not a reason to begin anew.
fn remembers(folder: &Path, create: bool) -> Result<(), Failure> {
    let found = folder.join("observer.db").exists();
    let (state, hint) = match (found, create) {
        (true, false) | (false, true) => return Ok(()),
        (false, false) => (
            "holds no observer.db",
            "restore the store; only on the very first start give --create-store, for a witness that has forgotten what it cosigned could cosign a fork",
        ),
        (true, true) => ("holds an observer.db already", "start without --create-store"),
    };
    Err(Failure::usage("usage-data-directory", format!("{} {state}", folder.display()), hint))
}

fn observer_failure(error: &monition_observer::StartError) -> Failure {
    use monition_observer::StartError;
    let (exit, code, hint) = match error {
        StartError::Config(_) | StartError::Key { .. } | StartError::OtherLog { .. } => (
            Exit::Usage,
            "usage-config",
            "docs/operate.md shows every key of the file; `monition keys` prints verifier keys",
        ),
        StartError::Listen(error) => (Exit::Usage, listen_code(error), error.hint()),
        StartError::Authorities { .. } => {
            (Exit::Usage, "usage-tls", "name a PEM file with the certificates of the authorities to trust")
        }
        StartError::SharedKey => {
            (Exit::Usage, "usage-shared-key", "make the desk anew with `monition init --kind observer`")
        }
        _ => (Exit::Internal, "internal-start", "look at the cause, then start again"),
    };
    // These messages leave the cause to their source.
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Failure::new(exit, code, message, hint)
}
