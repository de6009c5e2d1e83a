//! The desk itself: made, shown, backed up, restored.

use super::Done;
use super::session::{DeskArgs, Keys};
use crate::failure::{Failure, read_input};
use crate::output::{Output, print};
use clap::{Args, ValueEnum};
use monition_desk::{Desk, Kind, Setup};
use monition_evidence::{ExchangeName, PartyName, RoleName};
use monition_tlog::TrustPolicy;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Make a desk: new keys, an empty record and desk.toml
///
/// Keys are encrypted with the passphrase; keys without one must be asked for with `--no-passphrase`. Nothing that
/// exists is overwritten. Next: `enrol`. For an exchange: `keys`, then `serve --create-log`.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// What the desk is for, and so which keys it gets.
    #[arg(long, value_enum, default_value = "party")]
    kind: KindArg,
    /// Name, such as `north.example`. Default: the fingerprint of the key (grade I0); an exchange: the exchange's name.
    #[arg(long, value_name = "NAME", value_parser = super::session::party)]
    name: Option<PartyName>,
    /// Name of the exchange, such as `exchange.example`.
    #[arg(long, value_name = "NAME", value_parser = exchange)]
    exchange: ExchangeName,
    /// Where the exchange answers: http or https, without trailing slash.
    #[arg(long, value_name = "URL")]
    exchange_url: String,
    /// C2SP tlog-policy for both logs. Obtain it yourself. Without it the log keys are pinned at first use.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Role of people who answer, with a key of its own; repeat for more. The first answers unless another is named.
    #[arg(long = "role", value_name = "ROLE", value_parser = super::session::role)]
    roles: Vec<RoleName>,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArg {
    /// Warns and is warned.
    Party,
    /// Also runs an observer: witness and custodian.
    Observer,
    /// An exchange.
    Exchange,
}

/// Print the public keys of the desk
///
/// Fingerprints, the mailbox's age recipient, and the verifier keys that the configuration of other servers and trust
/// policies need. Secret keys are never printed.
#[derive(Args, Debug)]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    desk: DeskArgs,
}

/// Name the trust policy of the desk
///
/// From then on a note of the log counts only with the cosignatures that the policy asks for.
#[derive(Args, Debug)]
pub(crate) struct TrustArgs {
    /// C2SP tlog-policy for both logs. It stays where it is.
    #[arg(value_name = "FILE")]
    policy: PathBuf,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Copy keys, record and configuration into a new directory
///
/// Keys stay encrypted as they are. What is sent after the backup is not in it: back up after every act that matters.
#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    /// Directory for the backup; nothing in it is overwritten.
    #[arg(value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Put a backup into an empty desk directory
///
/// Nothing is overwritten. The record is marked: what was sent after the backup is not in it, so the first warning to each
/// recipient asks the exchange for the last number. Run `collect` first: it fetches what came since. Never let two desks
/// send with the same keys.
#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    /// Directory that `backup` made.
    #[arg(value_name = "BACKUP", required_unless_present = "mark")]
    backup: Option<PathBuf>,
    /// Only mark a desk whose files were put back by hand.
    #[arg(long, conflicts_with = "backup")]
    mark: bool,
    /// Directory of the desk to be.
    #[arg(long, value_name = "DIR", default_value = "./monition-desk")]
    dir: PathBuf,
}

fn exchange(text: &str) -> Result<ExchangeName, String> {
    ExchangeName::parse(text).map_err(|error| error.to_string())
}

/// Reads a trust policy before anything is made that names it.
fn checked_policy(path: &Path) -> Result<PathBuf, Failure> {
    let hint = "a trust policy names both logs, witnesses and a quorum (docs/verify.md)";
    TrustPolicy::parse(&read_input(path)?, None)
        .map_err(|error| Failure::usage("usage-trust", format!("{}: {error}", path.display()), hint))?;
    std::path::absolute(path).map_err(|error| super::session::internal("internal-file", &error))
}

pub(crate) fn init(args: &InitArgs, output: Output) -> Done {
    let url_ok = args.exchange_url.starts_with("http://") || args.exchange_url.starts_with("https://");
    if !url_ok || args.exchange_url.ends_with('/') {
        let hint = "such as --exchange-url https://exchange.example";
        let message = format!("{:?} is not an http or https address without trailing slash", args.exchange_url);
        return Err(Failure::usage("usage-url", message, hint));
    }
    let trust = args.trust.as_deref().map(checked_policy).transpose()?;
    let unlock = args.desk.protect()?;
    let kind = match args.kind {
        KindArg::Party => Kind::Party,
        KindArg::Observer => Kind::Observer,
        KindArg::Exchange => Kind::Exchange,
    };
    let party = match (&args.name, kind) {
        (None, Kind::Exchange) => Some(args.exchange.as_party()),
        (Some(name), Kind::Exchange) if *name != args.exchange.as_party() => {
            let message = format!("an exchange has one name, and {name} is not {}", args.exchange);
            return Err(Failure::usage("usage-name", message, "leave out --name"));
        }
        (name, _) => name.clone(),
    };
    let setup = Setup {
        party,
        exchange: args.exchange.clone(),
        exchange_url: args.exchange_url.clone(),
        kind,
        roles: args.roles.clone(),
        trust,
        log_vkey: None,
        directory_vkey: None,
    };
    let desk = Desk::init(&args.desk.dir, &setup, unlock)?;
    let mut text = format!("The desk of {} is made in {}.\n", desk.party(), args.desk.dir.display());
    text.push_str("Back up this directory now: lost keys cannot be made again.\n");
    text.push_str(match kind {
        Kind::Exchange => "Next: write the configuration, then `monition serve --create-log`.\n",
        Kind::Observer => {
            "Next: write the configuration, then `monition observe` and `monition enrol --custodian-url`.\n"
        }
        Kind::Party => "Next: `monition enrol`.\n",
    });
    print(output, &json!({ "party": desk.party(), "dir": args.desk.dir, "exchange": args.exchange }), &text)?;
    Ok(None)
}

pub(crate) fn keys(args: &KeysArgs, output: Output) -> Done {
    let (config, keys) = args.desk.open_keys(Keys::Boot)?;
    let mut list = Vec::new();
    let mut text = format!("Public keys of {}, as far as they open without people:\n", config.party);
    for slot in keys.slots() {
        let kid = keys.key(slot)?.public().kid();
        text.push_str(&format!("{:<12} {kid}\n", slot.to_string()));
        list.push(json!({ "slot": slot.to_string(), "kid": kid }));
    }
    let recipient = keys.recipient().ok().map(|recipient| recipient.to_string());
    if let Some(recipient) = &recipient {
        text.push_str(&format!("{:<12} {recipient}\n", "age"));
    }
    let vkeys = crate::server::server_vkeys(&config, &keys)?;
    for (name, vkey) in &vkeys {
        text.push_str(&format!("{name} = \"{vkey}\"\n"));
    }
    let mut shown = json!({ "party": config.party, "keys": list, "age_recipient": recipient });
    for (name, vkey) in vkeys {
        shown[name] = vkey.into();
    }
    print(output, &shown, &text)?;
    Ok(None)
}

pub(crate) fn trust(args: &TrustArgs, output: Output) -> Done {
    let policy = checked_policy(&args.policy)?;
    Desk::set_trust(&args.desk.dir, &policy)?;
    let text = format!("The desk in {} trusts by {} from now on.\n", args.desk.dir.display(), policy.display());
    print(output, &json!({ "trust": policy }), &text)?;
    Ok(None)
}

pub(crate) fn backup(args: &BackupArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Boot)?;
    desk.backup(&args.to)?;
    let mut text = format!("Keys, record and configuration of {} are in {}.\n", desk.party(), args.to.display());
    if let Some(trust) = &desk.config().trust {
        text.push_str(&format!("The trust policy is not in it: keep {} too.\n", trust.display()));
    }
    print(output, &json!({ "party": desk.party(), "backup": args.to }), &text)?;
    Ok(None)
}

pub(crate) fn restore(args: &RestoreArgs, output: Output) -> Done {
    let Some(backup) = &args.backup else {
        Desk::mark_restored(&args.dir)?;
        let text = format!("The desk in {} asks for the last number before it warns.\n", args.dir.display());
        print(output, &json!({ "dir": args.dir, "marked": args.mark }), &text)?;
        return Ok(None);
    };
    Desk::restore(backup, &args.dir)?;
    let text = format!(
        "{} is restored to {}. What was sent or came after the backup is missing in it: run `monition collect` before anything else.\n",
        backup.display(),
        args.dir.display()
    );
    print(output, &json!({ "dir": args.dir }), &text)?;
    Ok(None)
}
