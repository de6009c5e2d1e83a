//! `monition taxii`: accounts of the TAXII server of an exchange, import, receipts, and pulling from and pushing to any server.
//!
//! The acts on accounts need no running server, and one that runs sees them within a second. No secret is an argument:
//! passwords come from files or standard input, tokens and passwords are never printed twice.

mod accounts;
mod client;
mod import;
mod receipt;

use crate::failure::{Exit, Failure, read_input};
use crate::output::Output;
use clap::{Args, Subcommand};
use monition_exchange::Config;
use monition_intel::taxii::Identifier;
use monition_taxii::{Admin, AdminError};
use std::path::{Path, PathBuf};

/// TAXII 2.1: accounts, rights and import of an exchange; receipts; pull from and push to any server
#[derive(Subcommand, Debug)]
pub(crate) enum TaxiiCommand {
    #[command(subcommand)]
    Account(accounts::AccountCommand),
    #[command(subcommand)]
    Token(accounts::TokenCommand),
    #[command(subcommand)]
    Certificate(accounts::CertificateCommand),
    Grant(accounts::GrantArgs),
    Revoke(accounts::RevokeArgs),
    List(accounts::ListArgs),
    Import(import::ImportArgs),
    Receipt(receipt::ReceiptArgs),
    Pull(client::PullArgs),
    Push(client::PushArgs),
}

pub(crate) fn run(command: &TaxiiCommand, output: Output) -> Result<Option<Exit>, Failure> {
    match command {
        TaxiiCommand::Pull(args) => return client::pull(args, output),
        TaxiiCommand::Push(args) => return client::push(args, output),
        TaxiiCommand::Account(command) => accounts::account(command, output),
        TaxiiCommand::Token(command) => accounts::token(command, output),
        TaxiiCommand::Certificate(command) => accounts::certificate(command, output),
        TaxiiCommand::Grant(args) => accounts::grant(args, output),
        TaxiiCommand::Revoke(args) => accounts::revoke(args, output),
        TaxiiCommand::List(args) => accounts::list(args, output),
        TaxiiCommand::Import(args) => import::run(args, output),
        TaxiiCommand::Receipt(args) => receipt::run(args, output),
    }
    .map(|()| None)
}

/// Which exchange.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Place {
    /// Configuration of the exchange, in TOML.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data directory of the exchange, in place of its configuration.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Place {
    /// The accounts of the server, and its configuration if that was named.
    fn admin(&self) -> Result<(Admin, Option<monition_taxii::Config>), Failure> {
        let (folder, taxii) = match (&self.config, &self.data_dir) {
            (Some(file), _) => {
                let (config, taxii) = configuration(file)?;
                (config.data_dir, Some(taxii))
            }
            (None, Some(folder)) => (folder.clone(), None),
            (None, None) => return Err(wrong_config(Path::new(""), "no exchange is named")),
        };
        // Not made here: a wrong path would otherwise get accounts that no server ever reads.
        if !folder.is_dir() {
            let message = format!("{} is no data directory of an exchange", folder.display());
            let hint = "create the exchange first with `monition serve --create-log`, or correct the path";
            return Err(Failure::usage("usage-data-directory", message, hint));
        }
        let admin = Admin::open(&folder.join("taxii")).map_err(|error| admin_failure(&error))?;
        Ok((admin, taxii))
    }
}

/// Reads the configuration of an exchange that has a section `[taxii]`.
fn configuration(file: &Path) -> Result<(Config, monition_taxii::Config), Failure> {
    let text = String::from_utf8(read_input(file)?).map_err(|_| wrong_config(file, "it is not UTF-8"))?;
    let config = Config::parse(&text).map_err(|error| wrong_config(file, &error.to_string()))?;
    match config.taxii_server() {
        Some(taxii) => Ok((config, taxii)),
        None => Err(wrong_config(file, "it has no section [taxii]")),
    }
}

fn wrong_config(file: &Path, detail: &str) -> Failure {
    let hint = "docs/operate.md shows every key of the file, docs/taxii.md a section [taxii]";
    Failure::usage("usage-config", format!("{}: {detail}", file.display()), hint)
}

fn admin_failure(error: &AdminError) -> Failure {
    let (exit, code, hint) = match error {
        AdminError::Unknown { .. } => {
            (Exit::Usage, "usage-taxii-account", "`monition taxii list` shows every account; add it with `account add`")
        }
        AdminError::Exists { .. } => (Exit::Usage, "usage-taxii-exists", "choose another name, or remove the old one"),
        AdminError::Value { .. } => (Exit::Usage, "usage-taxii-value", "choose another value"),
        _ => (Exit::Internal, "internal-taxii-database", "look at the permissions of the folder and at the free space"),
    };
    Failure::new(exit, code, error.to_string(), hint)
}

/// A collection by its id, or by its alias where a configuration tells it.
fn collection(name: &str, config: Option<&monition_taxii::Config>) -> Result<Identifier, Failure> {
    let all = config.into_iter().flat_map(|config| &config.api_roots).flat_map(|root| &root.collections);
    let named: Vec<_> = all.filter(|c| c.id == name || c.alias.as_deref() == Some(name)).collect();
    let wrong = |message: String, hint: &str| Failure::usage("usage-taxii-collection", message, hint);
    match (config, named.as_slice()) {
        (_, [one]) => Identifier::parse(&one.id).ok_or_else(|| wrong(format!("{:?} is no UUID", one.id), "mend it")),
        (Some(_), [_, _, ..]) => {
            Err(wrong(format!("several collections have the alias {name:?}"), "name it by its id"))
        }
        (Some(_), []) => Err(wrong(
            format!("the configuration has no collection {name:?}"),
            "name a collection of it by its id or alias",
        )),
        (None, _) => Identifier::parse(name)
            .ok_or_else(|| wrong(format!("{name:?} is no id of a collection"), "aliases are known with --config only")),
    }
}
