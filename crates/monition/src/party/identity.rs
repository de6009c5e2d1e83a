//! Who a party is and where it can be told: entries of the directory.

use super::Done;
use super::session::{DeskArgs, Keys, block_on, digest, kid, party, text, time, write_output};
use crate::failure::{Exit, Failure, read_input};
use crate::output::{Output, print, print_json};
use clap::{Args, ValueEnum};
use monition_desk::{DeclareOptions, Desk, DeskError, EnrolOptions, Revoke, Slot};
use monition_evidence::age::Recipient;
use monition_evidence::statement::{CustodianService, DelegatedRight};
use monition_evidence::wire::{Contact, ContactKind, Contacts};
use monition_evidence::{Body, Digest, KeyId, PartyName, Statement, UnixSeconds};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Enrol the party in the directory
///
/// Without `--sponsored`: writes an enrolment that this desk has signed. Every sponsor adds its signature with
/// `sponsor`, after checking the fingerprints with you over another channel. With `--sponsored`: hands it in.
#[derive(Args, Debug)]
pub(crate) struct EnrolArgs {
    /// Party that vouches for the name; repeat for more. A name needs as many as the exchange's rules say, a fingerprint none.
    #[arg(long = "sponsor", value_name = "PARTY", value_parser = party, conflicts_with = "sponsored")]
    sponsors: Vec<PartyName>,
    /// Where this party's observer answers; says that it keeps mailboxes.
    #[arg(long, value_name = "URL", conflicts_with = "sponsored")]
    custodian_url: Option<String>,
    /// Length of its custody period in seconds, as in its configuration.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    period_seconds: u64,
    /// Where the enrolment is written; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "enrolment.json")]
    out: PathBuf,
    /// Enrolment with the sponsors' signatures: hand it in.
    #[arg(long, value_name = "FILE")]
    sponsored: Option<PathBuf>,
    /// How long to wait until the directory shows it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u64,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Vouch for another party's keys
///
/// Your signature says: these keys are that party's. Compare the printed fingerprints with the party over another
/// channel before you give the file back.
#[derive(Args, Debug)]
pub(crate) struct SponsorArgs {
    /// The enrolment, or a rotation that needs sponsors.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the signed one is written; `-` is standard output. Default: into the same file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Declare where this party can be told
///
/// A warning counts as told once a quorum of the custodians holds it. Supersedes the declaration before.
#[derive(Args, Debug)]
pub(crate) struct DeclareArgs {
    /// Custodian that keeps the mailbox, of another organisation; repeat for more.
    #[arg(long = "custodian", value_name = "PARTY", value_parser = party, required = true)]
    custodians: Vec<PartyName>,
    /// How many of them must hold a warning. Default: all.
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<u32>,
    /// How long it is meant to hold, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 31_622_400)]
    valid_seconds: u64,
    /// How long it binds after its end, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 2_592_000)]
    grace_seconds: u64,
    /// How often this system looks for warnings, in seconds, 1 to 3,600.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    poll_seconds: u64,
    /// Language that is understood (BCP 47); repeat for more.
    #[arg(long = "language", value_name = "TAG")]
    languages: Vec<String>,
    /// Where a custodian posts alarms; repeat for more. Goes to the custodians alone.
    #[arg(long = "alarm-webhook", value_name = "URL")]
    webhooks: Vec<String>,
    /// Where a custodian mails alarms; repeat for more. Goes to the custodians alone.
    #[arg(long = "alarm-mail", value_name = "ADDRESS")]
    mails: Vec<String>,
    /// SHA-256 of the terms on what availability and acknowledgement mean, in base64url.
    #[arg(long, value_name = "DIGEST", value_parser = digest, allow_hyphen_values = true)]
    terms: Option<Digest>,
    /// Use a fresh encryption key; older ones stay readable.
    #[arg(long, conflicts_with = "encryption_keys")]
    new_encryption_key: bool,
    /// Encryption key of a delegate that receives (age1…, as its `keys` prints it): this desk cannot open what is sealed
    /// to it. Repeat for more; senders seal to the first. Default: the own key.
    #[arg(long = "encryption-key", value_name = "AGE", value_parser = recipient)]
    encryption_keys: Vec<Recipient>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Let another party act for this one
///
/// Takes the place of an earlier delegation to the same party: name every right that it is to have. What it signed
/// before stands. To receive, it also needs an encryption key: see `share-key`.
#[derive(Args, Debug)]
pub(crate) struct DelegateArgs {
    /// The party that may act.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    to: PartyName,
    /// What it may do; repeat for more.
    #[arg(long = "right", value_enum, required_unless_present = "withdraw")]
    rights: Vec<RightArg>,
    /// Until when, such as 2026-12-03T14:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time, required_unless_present = "withdraw")]
    until: Option<UnixSeconds>,
    /// Take every right back, from now on.
    #[arg(long, conflicts_with_all = ["rights", "until"])]
    withdraw: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Share the encryption key of this party's mailbox with a delegate
///
/// Writes a file that the delegate's desk alone can open (`accept-key`). Both then read what comes. A shared key cannot
/// be taken back: after the delegation, `declare --new-encryption-key`.
#[derive(Args, Debug)]
pub(crate) struct ShareKeyArgs {
    /// The delegate; it has a declaration of its own, to whose key the file is sealed.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    with: PartyName,
    /// Where the sealed key is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Take an encryption key that another party shared
#[derive(Args, Debug)]
pub(crate) struct AcceptKeyArgs {
    /// The file that `share-key` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RightArg {
    /// Take warnings from the mailbox.
    Receive,
    /// Answer them.
    Answer,
    /// Warn in its name.
    Send,
}

/// Replace every enrolled key by the one that was announced
///
/// A rotation that was cut off is finished. If the statement key is revoked or lost, the sponsors of the enrolment stand
/// in for it: `rotate --out FILE`, `sponsor FILE` at each of them, then `rotate --sponsored FILE`.
#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// Write the rotation, signed by the new keys alone, for the sponsors; hand nothing in.
    #[arg(long, value_name = "FILE", conflicts_with = "sponsored")]
    out: Option<PathBuf>,
    /// Rotation with the sponsors' signatures: hand it in.
    #[arg(long, value_name = "FILE")]
    sponsored: Option<PathBuf>,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Revoke a key: one's own, or one of a party that this party sponsored
#[derive(Args, Debug)]
pub(crate) struct RevokeArgs {
    /// Fingerprint of the key.
    #[arg(value_name = "KEY", value_parser = kid, allow_hyphen_values = true)]
    key: KeyId,
    /// Whose key it is. Default: this party.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    party: Option<PartyName>,
    /// Since when misuse is suspected, such as 2026-12-03T14:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    suspected_since: Option<UnixSeconds>,
    /// Why: public. `@FILE` and `-` (standard input) are read.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(crate) fn enrol(args: &EnrolArgs, output: Output) -> Done {
    let Some(sponsored) = &args.sponsored else { return write_enrolment(args, output) };
    let statement = read_statement(sponsored)?;
    let desk = args.desk.open(Keys::Boot)?;
    if statement.common().iss != desk.party() {
        let message = format!("{} enrols {}, not {}", sponsored.display(), statement.common().iss, desk.party());
        return Err(Failure::usage("usage-enrolment", message, "hand in the enrolment that this desk wrote"));
    }
    let (index, published) = block_on(async {
        let index = desk.submit_entry(&statement).await?;
        let waited = desk.until_published(&statement.identity(), Duration::from_secs(args.wait)).await;
        match waited {
            Ok(_) => Ok((index, true)),
            Err(DeskError::NotPossible { .. }) => Ok((index, false)),
            Err(error) => Err(Failure::from(error)),
        }
    })?;
    let published_text =
        if published { "the published directory shows it" } else { "the published directory does not show it yet" };
    let text = format!("{} is enrolled as entry {index}; {published_text}.\nNext: `monition declare`.\n", desk.party());
    print(output, &json!({ "party": desk.party(), "index": index, "published": published }), &text)?;
    Ok((!published).then_some(Exit::TryLater))
}

fn write_enrolment(args: &EnrolArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let custodian = args.custodian_url.clone().map(|url| CustodianService { url, period_seconds: args.period_seconds });
    let options = EnrolOptions { sponsors: args.sponsors.clone(), custodian, directory: None };
    let statement = desk.enrolment(&options)?;
    write_output(&args.out, statement.as_bytes())?;
    if args.out.as_os_str() == "-" {
        return Ok(None);
    }
    let fingerprints = fingerprints(&statement);
    let mut text = format!("The enrolment of {} is in {}.\n", desk.party(), args.out.display());
    text.push_str(&listed(&fingerprints));
    for sponsor in &args.sponsors {
        text.push_str(&format!(
            "{sponsor} signs it with `monition sponsor`, after comparing these fingerprints with you.\n"
        ));
    }
    text.push_str("Then hand it in with `monition enrol --sponsored`.\n");
    let shown =
        json!({ "party": desk.party(), "file": args.out, "sponsors": args.sponsors, "keys": json_keys(&fingerprints) });
    print(output, &shown, &text)?;
    Ok(None)
}

pub(crate) fn sponsor(args: &SponsorArgs, output: Output) -> Done {
    let statement = read_statement(&args.file)?;
    let desk = args.desk.open(Keys::Human)?;
    let signed = desk.sponsor(&statement)?;
    let out = args.out.as_ref().unwrap_or(&args.file);
    write_output(out, signed.as_bytes())?;
    if out.as_os_str() == "-" {
        return Ok(None);
    }
    let fingerprints = fingerprints(&signed);
    let mut text = format!(
        "{} vouches in {} that these keys are those of {}:\n",
        desk.party(),
        out.display(),
        signed.common().iss
    );
    text.push_str(&listed(&fingerprints));
    text.push_str("Compare them with the party over another channel before you give the file back.\n");
    let shown =
        json!({ "party": signed.common().iss, "sponsor": desk.party(), "file": out, "keys": json_keys(&fingerprints) });
    print(output, &shown, &text)?;
    Ok(None)
}

pub(crate) fn declare(args: &DeclareArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let all = u32::try_from(args.custodians.len()).unwrap_or(u32::MAX);
    let mut options = DeclareOptions::new(args.custodians.clone(), args.quorum.unwrap_or(all));
    options.valid_seconds = args.valid_seconds;
    options.grace_seconds = args.grace_seconds;
    options.poll_seconds = args.poll_seconds;
    options.languages = args.languages.clone();
    options.terms = args.terms;
    options.new_identity = args.new_encryption_key;
    options.encryption = args.encryption_keys.clone();
    let contact = |kind| move |address: &String| Contact { kind, address: address.clone() };
    let mut contacts: Vec<Contact> = args.webhooks.iter().map(contact(ContactKind::Webhook)).collect();
    contacts.extend(args.mails.iter().map(contact(ContactKind::Smtp)));
    let alarms = !contacts.is_empty();
    options.contacts = alarms.then_some(Contacts { contacts });
    let declared = block_on(async { Ok(desk.declare(&options).await?) })?;
    let names: Vec<&str> = args.custodians.iter().map(PartyName::as_str).collect();
    let mut text = format!(
        "{} can be told from now on: {} of {} must hold a warning. Entry {}, declaration {}.\n",
        desk.party(),
        options.quorum,
        names.join(", "),
        declared.index,
        declared.digest
    );
    if alarms {
        let took: Vec<&str> = declared.contacts_sent_to.iter().map(PartyName::as_str).collect();
        let took = if took.is_empty() { "none".to_owned() } else { took.join(", ") };
        text.push_str(&format!("Custodians that took the alarm contacts: {took}.\n"));
    }
    text.push_str("Keep `monition run` running: it takes what comes.\n");
    let shown = json!({ "party": desk.party(), "declaration": declared.digest, "index": declared.index,
        "custodians": args.custodians, "quorum": options.quorum, "contacts_sent_to": declared.contacts_sent_to });
    print(output, &shown, &text)?;
    Ok(None)
}

pub(crate) fn delegate(args: &DelegateArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let right = |right: &RightArg| match right {
        RightArg::Receive => DelegatedRight::Receive,
        RightArg::Answer => DelegatedRight::Answer,
        RightArg::Send => DelegatedRight::Send,
    };
    let rights = args.rights.iter().map(right).collect();
    let until = args.until.unwrap_or_else(|| desk.now());
    let index = block_on(async { Ok(desk.delegate(&args.to, rights, until).await?) })?;
    let said = match args.withdraw {
        true => format!("{} may act for {} no longer. What it signed before stands", args.to, desk.party()),
        false => format!("{} may act for {} until {until}", args.to, desk.party()),
    };
    entered(&desk, index, &said, output)
}

pub(crate) fn share_key(args: &ShareKeyArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let sealed = block_on(async {
        desk.sync_directory().await?;
        Ok(desk.share_key(&args.with).await?)
    })?;
    write_output(&args.out, &sealed)?;
    let said = format!(
        "The key of {}'s mailbox is in {}, sealed to {}. There: `monition accept-key`.\nIt cannot be taken back: after the delegation, `monition declare --new-encryption-key`.\n",
        desk.party(),
        args.out.display(),
        args.with
    );
    print(output, &json!({ "party": desk.party(), "with": args.with, "file": args.out }), &said)?;
    Ok(None)
}

pub(crate) fn accept_key(args: &AcceptKeyArgs, output: Output) -> Done {
    let file = read_input(&args.file)?;
    let desk = args.desk.open(Keys::Human)?;
    let party = block_on(async { Ok(desk.accept_key(&file).await?) })?;
    let said =
        format!("This desk opens what comes to {party}: `monition collect --for {party}`. Back the desk up now.\n");
    print(output, &json!({ "party": desk.party(), "for": party }), &said)?;
    Ok(None)
}

pub(crate) fn rotate(args: &RotateArgs, output: Output) -> Done {
    let rotation = args.sponsored.as_deref().map(read_statement).transpose()?;
    let desk = args.desk.open(Keys::Human)?;
    if let Some(out) = &args.out {
        let statement = block_on(async { Ok(desk.recovery().await?) })?;
        write_output(out, statement.as_bytes())?;
        let fingerprints = fingerprints(&statement);
        let mut text = format!("The rotation of {} is in {}, without the old key.\n", desk.party(), out.display());
        text.push_str(&listed(&fingerprints));
        text.push_str(
            "Every sponsor of the enrolment signs it with `monition sponsor`, after comparing these with you.\n",
        );
        text.push_str("Then hand it in with `monition rotate --sponsored`.\n");
        print(output, &json!({ "party": desk.party(), "file": out, "keys": json_keys(&fingerprints) }), &text)?;
        return Ok(None);
    }
    let index = block_on(async {
        Ok(match &rotation {
            Some(rotation) => desk.recover(rotation).await?,
            None => desk.rotate().await?,
        })
    })?;
    entered(&desk, index, &format!("The keys of {} are replaced; back the desk up now", desk.party()), output)
}

pub(crate) fn revoke(args: &RevokeArgs, output: Output) -> Done {
    let desk = args.desk.open(Keys::Human)?;
    let revoke = Revoke {
        party: args.party.clone().unwrap_or_else(|| desk.party().clone()),
        kid: args.key,
        suspected_since: args.suspected_since,
        reason: args.reason.as_deref().map(|value| text("reason", value)).transpose()?,
    };
    let index = block_on(async { Ok(desk.revoke(&revoke).await?) })?;
    let own = revoke.party == *desk.party() && desk.keys().key(&Slot::Statement)?.public().kid() == revoke.kid;
    let next =
        if own { ". It signs nothing any more: `monition rotate --out FILE` is next, with the sponsors" } else { "" };
    entered(&desk, index, &format!("The key {} of {} is revoked{next}", revoke.kid, revoke.party), output)
}

fn recipient(text: &str) -> Result<Recipient, String> {
    Recipient::parse(text).map_err(|error| error.to_string())
}

fn entered(desk: &Desk, index: u64, sentence: &str, output: Output) -> Done {
    let shown = json!({ "party": desk.party(), "index": index });
    match output {
        Output::Json => print_json(&shown)?,
        Output::Text => crate::output::print_text(&format!("{sentence}. Entry {index} of the directory.\n"))?,
    }
    Ok(None)
}

fn read_statement(path: &Path) -> Result<Statement, Failure> {
    Statement::parse(&read_input(path)?).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Failure::new(Exit::Unreadable, "usage-statement", message, "give the file that `monition enrol` wrote")
    })
}

/// Use and fingerprint of each key that a statement enrols.
fn fingerprints(statement: &Statement) -> Vec<(String, KeyId)> {
    let keys = match statement.body() {
        Body::Enrolment(entry) => &entry.keys,
        Body::KeyRotation(entry) => &entry.keys,
        _ => return Vec::new(),
    };
    let named = |key: &monition_evidence::keys::EnrolledKey| {
        let key_use = match &key.role {
            Some(role) => format!("role {role}"),
            None => format!("{:?}", key.key_use).to_lowercase(),
        };
        (key_use, key.public.kid())
    };
    keys.iter().map(named).collect()
}

fn listed(fingerprints: &[(String, KeyId)]) -> String {
    fingerprints.iter().map(|(key_use, kid)| format!("  {key_use:<20} {kid}\n")).collect()
}

fn json_keys(fingerprints: &[(String, KeyId)]) -> Vec<serde_json::Value> {
    fingerprints.iter().map(|(key_use, kid)| json!({ "use": key_use, "kid": kid })).collect()
}
