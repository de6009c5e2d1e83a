//! Accounts, their credentials and their rights: each command is one act on the database.

use super::{Place, admin_failure, collection};
use crate::failure::{Failure, read_input};
use crate::output::{Output, print};
use crate::party::session::{digest, write_output};
use clap::{Args, Subcommand};
use monition_evidence::Digest;
use monition_evidence::encoding::sha256;
use monition_taxii::{AccountInfo, Right, Tlp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Add and remove accounts, and set their passwords
#[derive(Subcommand, Debug)]
pub(crate) enum AccountCommand {
    /// Add an account without any right
    ///
    /// A running server knows it within a second. An account that is named as an enrolled party stands for that party in
    /// the acceptances of what it posts.
    Add(PasswordArgs),
    /// Remove an account with its password, tokens, certificates and rights; what it posted stays
    Remove(NameArgs),
    /// Set or replace the password of an account
    Password(PasswordArgs),
}

/// Make and end bearer tokens
#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Make a token and show it: the only time that it is seen
    New(NewTokenArgs),
    /// End a token
    Remove(TokenArgs),
}

/// Let client certificates act as accounts
#[derive(Subcommand, Debug)]
pub(crate) enum CertificateCommand {
    /// Let whoever connects with this certificate act as the account
    ///
    /// The listener asks for certificates with `tls.client_ca` (docs/operate.md, "TLS").
    Add(CertificateArgs),
    /// End a certificate
    Remove(EndCertificateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// Name of the account.
    account: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(crate) struct PasswordArgs {
    /// Name of the account: 1 to 128 bytes without colon.
    account: String,
    /// File whose first line is the password, 8 to 1024 bytes; `-` is standard input. Without it an added account has no
    /// password.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    /// Name of the account.
    account: String,
    /// What the token is called, such as the program that uses it.
    label: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(crate) struct NewTokenArgs {
    #[command(flatten)]
    token: TokenArgs,
    /// Write the token to this file instead of showing it; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CertificateArgs {
    /// Name of the account.
    account: String,
    /// The certificate, in PEM.
    #[arg(value_name = "FILE")]
    certificate: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(crate) struct EndCertificateArgs {
    /// The certificate, in PEM, or what `list` shows of it.
    #[arg(value_name = "FILE|DIGEST")]
    certificate: String,
    #[command(flatten)]
    place: Place,
}

/// Give an account rights in a collection, in place of those that it had there
#[derive(Args, Debug)]
pub(crate) struct GrantArgs {
    /// Name of the account.
    account: String,
    /// Id of the collection; with --config also its alias.
    collection: String,
    /// May read.
    #[arg(long)]
    read: bool,
    /// May add.
    #[arg(long)]
    write: bool,
    /// May remove; needs the other two.
    #[arg(long, requires = "read", requires = "write")]
    delete: bool,
    /// Objects marked above this level do not exist for the account: clear, green, amber, amber+strict or red.
    #[arg(long, value_name = "LEVEL", default_value = "red", value_parser = tlp)]
    tlp: Tlp,
    #[command(flatten)]
    place: Place,
}

/// Take all rights in a collection from an account, those of the configuration too
#[derive(Args, Debug)]
pub(crate) struct RevokeArgs {
    /// Name of the account.
    account: String,
    /// Id of the collection; with --config also its alias.
    collection: String,
    #[command(flatten)]
    place: Place,
}

/// List the accounts with their credentials and rights; no secret is shown
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    place: Place,
}

fn tlp(text: &str) -> Result<Tlp, String> {
    serde_json::from_value(Value::from(text)).map_err(|_| "clear, green, amber, amber+strict or red".to_owned())
}

fn word(level: Tlp) -> String {
    serde_json::to_value(level).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn password(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(read_input(file)?);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() => Ok(Zeroizing::new(text.to_owned())),
        _ => {
            let message = format!("{}: its first line is no password", file.display());
            Err(Failure::usage("usage-taxii-password", message, "write the password into the first line, as UTF-8"))
        }
    }
}

pub(super) fn account(command: &AccountCommand, output: Output) -> Result<(), Failure> {
    match command {
        AccountCommand::Add(args) => {
            // Read before anything is done: no account is left behind without the password that was meant for it.
            let secret = args.password_file.as_deref().map(password).transpose()?;
            let (mut admin, _) = args.place.admin()?;
            admin.add_account(&args.account).map_err(|e| admin_failure(&e))?;
            if let Some(secret) = secret
                && let Err(error) = admin.set_password(&args.account, &secret)
            {
                // The password breaks a rule, or the disk is full: the account was not asked for like this.
                admin.remove_account(&args.account).map_err(|e| admin_failure(&e))?;
                return Err(admin_failure(&error));
            }
            let text =
                format!("The account {} is added; it has no rights beyond those of the configuration.\n", args.account);
            print(output, &json!({ "account": args.account, "added": true }), &text)
        }
        AccountCommand::Password(args) => {
            let Some(file) = &args.password_file else {
                let hint = "name a file with --password-file; `-` is standard input";
                return Err(Failure::usage("usage-taxii-password", "no password is named", hint));
            };
            let secret = password(file)?;
            let (mut admin, _) = args.place.admin()?;
            admin.set_password(&args.account, &secret).map_err(|e| admin_failure(&e))?;
            let text = format!("The password of {} is set.\n", args.account);
            print(output, &json!({ "account": args.account, "password": true }), &text)
        }
        AccountCommand::Remove(args) => {
            let (mut admin, _) = args.place.admin()?;
            admin.remove_account(&args.account).map_err(|e| admin_failure(&e))?;
            let text = format!("The account {} is removed.\n", args.account);
            print(output, &json!({ "account": args.account, "removed": true }), &text)
        }
    }
}

pub(super) fn token(command: &TokenCommand, output: Output) -> Result<(), Failure> {
    match command {
        TokenCommand::New(NewTokenArgs { token: args, out }) => {
            let (mut admin, _) = args.place.admin()?;
            let token = admin.new_token(&args.account, &args.label).map_err(|e| admin_failure(&e))?;
            let token = Zeroizing::new(token);
            if let Some(out) = out {
                write_output(out, format!("{}\n", *token).as_bytes())?;
                let text = format!("The token {} of {} is in {}.\n", args.label, args.account, out.display());
                return print(output, &json!({ "account": args.account, "label": args.label }), &text);
            }
            let object = json!({ "account": args.account, "label": args.label, "token": *token });
            print(output, &object, &format!("{}\n", *token))
        }
        TokenCommand::Remove(args) => {
            let (mut admin, _) = args.place.admin()?;
            if !admin.remove_token(&args.account, &args.label).map_err(|e| admin_failure(&e))? {
                return Err(absent(format!("{} has no token {:?}", args.account, args.label)));
            }
            let text = format!("The token {} of {} is ended.\n", args.label, args.account);
            print(output, &json!({ "account": args.account, "label": args.label, "removed": true }), &text)
        }
    }
}

fn absent(message: String) -> Failure {
    Failure::usage("usage-taxii-credential", message, "`monition taxii list` shows what each account has")
}

fn certificate_digest(file: &Path) -> Result<Digest, Failure> {
    let pem = read_input(file)?;
    let first = CertificateDer::pem_slice_iter(&pem).next();
    match first {
        Some(Ok(certificate)) => Ok(sha256(&certificate)),
        _ => {
            let message = format!("{}: it holds no certificate", file.display());
            Err(Failure::usage(
                "usage-taxii-certificate",
                message,
                "give the client's certificate in PEM, without its chain",
            ))
        }
    }
}

pub(super) fn certificate(command: &CertificateCommand, output: Output) -> Result<(), Failure> {
    match command {
        CertificateCommand::Add(args) => {
            let found = certificate_digest(&args.certificate)?;
            let (mut admin, _) = args.place.admin()?;
            admin.add_certificate(&args.account, *found.as_bytes()).map_err(|e| admin_failure(&e))?;
            let text = format!("The certificate {found} acts as {}.\n", args.account);
            print(output, &json!({ "account": args.account, "certificate": found }), &text)
        }
        CertificateCommand::Remove(args) => {
            let found = match digest(&args.certificate) {
                Ok(found) => found,
                Err(_) => certificate_digest(Path::new(&args.certificate))?,
            };
            let (mut admin, _) = args.place.admin()?;
            if !admin.remove_certificate(*found.as_bytes()).map_err(|e| admin_failure(&e))? {
                return Err(absent(format!("no account has the certificate {found}")));
            }
            let text = format!("The certificate {found} is ended.\n");
            print(output, &json!({ "certificate": found, "removed": true }), &text)
        }
    }
}

pub(super) fn grant(args: &GrantArgs, output: Output) -> Result<(), Failure> {
    let (mut admin, config) = args.place.admin()?;
    let id = collection(&args.collection, config.as_ref())?;
    let right = Right { read: args.read, write: args.write, delete: args.delete, tlp: args.tlp };
    admin.grant(&args.account, id, right).map_err(|e| admin_failure(&e))?;
    let text = format!("{}: {} in {id}.\n", args.account, in_words(&right));
    print(output, &json!({ "account": args.account, "collection": id.to_string(), "right": right_json(&right) }), &text)
}

pub(super) fn revoke(args: &RevokeArgs, output: Output) -> Result<(), Failure> {
    let (mut admin, config) = args.place.admin()?;
    let id = collection(&args.collection, config.as_ref())?;
    admin.revoke(&args.account, id).map_err(|e| admin_failure(&e))?;
    let text = format!("{} has no right in {id} any more.\n", args.account);
    print(output, &json!({ "account": args.account, "collection": id.to_string(), "revoked": true }), &text)
}

fn in_words(right: &Right) -> String {
    let rights = [(right.read, "read"), (right.write, "add"), (right.delete, "remove")];
    let rights: Vec<&str> = rights.into_iter().filter(|(has, _)| *has).map(|(_, word)| word).collect();
    if rights.is_empty() {
        "nothing".to_owned()
    } else {
        format!("{} up to TLP {}", rights.join(", "), word(right.tlp))
    }
}

fn right_json(right: &Right) -> Value {
    json!({ "read": right.read, "write": right.write, "delete": right.delete, "tlp": word(right.tlp) })
}

pub(super) fn list(args: &ListArgs, output: Output) -> Result<(), Failure> {
    let (admin, config) = args.place.admin()?;
    let accounts = admin.list().map_err(|e| admin_failure(&e))?;
    let declared = |name: &str| -> Vec<(String, Right)> {
        let all = config.iter().flat_map(|config| &config.api_roots).flat_map(|root| &root.collections);
        all.flat_map(|collection| collection.grants.iter().map(|grant| (collection.id.clone(), grant)))
            .filter(|(_, grant)| grant.account == name)
            .map(|(id, grant)| {
                let delete = grant.delete.unwrap_or(grant.read && grant.write);
                (id, Right { read: grant.read, write: grant.write, delete, tlp: grant.tlp })
            })
            .collect()
    };
    let rights = |account: &AccountInfo| -> Vec<(String, Right)> {
        let mut rights = declared(&account.name);
        // What a command gave wins over the configuration.
        rights.retain(|(id, _)| !account.rights.iter().any(|(other, _)| other.to_string() == *id));
        rights.extend(account.rights.iter().map(|(id, right)| (id.to_string(), *right)));
        rights
    };
    let certificates = |account: &AccountInfo| -> Vec<Digest> {
        account.certificates.iter().map(|sha| Digest::from_bytes(*sha)).collect()
    };
    let mut text = String::new();
    let mut objects = Vec::new();
    for account in &accounts {
        let credentials = [
            if account.password { "a password".to_owned() } else { "no password".to_owned() },
            format!("{} tokens", account.tokens.len()),
            format!("{} certificates", account.certificates.len()),
        ];
        text.push_str(&format!("{}: {}\n", account.name, credentials.join(", ")));
        account.tokens.iter().for_each(|label| text.push_str(&format!("  token {label}\n")));
        certificates(account).iter().for_each(|sha| text.push_str(&format!("  certificate {sha}\n")));
        let rights = rights(account);
        rights.iter().for_each(|(id, right)| text.push_str(&format!("  {id}: {}\n", in_words(right))));
        let rights = rights.iter().map(|(id, right)| json!({ "collection": id, "right": right_json(right) }));
        objects.push(json!({
            "account": account.name,
            "password": account.password,
            "tokens": account.tokens,
            "certificates": certificates(account),
            "rights": rights.collect::<Vec<_>>(),
        }));
    }
    if accounts.is_empty() {
        text.push_str("There is no account.\n");
    }
    print(output, &json!({ "accounts": objects }), &text)
}
