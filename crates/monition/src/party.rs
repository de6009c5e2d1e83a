//! Every act of a party, as a command.

mod draft;
mod evidence;
mod identity;
mod keeping;
mod recipient;
mod records;
mod sender;
pub(crate) mod session;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum PartyCommand {
    Init(keeping::InitArgs),
    Enrol(identity::EnrolArgs),
    Sponsor(identity::SponsorArgs),
    Declare(Box<identity::DeclareArgs>),
    Delegate(identity::DelegateArgs),
    ShareKey(identity::ShareKeyArgs),
    AcceptKey(identity::AcceptKeyArgs),
    Rotate(identity::RotateArgs),
    Revoke(identity::RevokeArgs),
    Warn(Box<sender::WarnArgs>),
    Status(sender::StatusArgs),
    Amend(Box<sender::AmendArgs>),
    Withdraw(sender::WithdrawArgs),
    Consent(sender::ConsentArgs),
    Collect(recipient::CollectArgs),
    Run(recipient::RunArgs),
    Inbox(recipient::InboxArgs),
    Read(recipient::ReadArgs),
    Reply(recipient::ReplyArgs),
    Relay(recipient::RelayArgs),
    Dispute(recipient::DisputeArgs),
    Dispose(records::DisposeArgs),
    Decide(records::DecideArgs),
    ShowNote(records::ShowNoteArgs),
    NoteCall(evidence::NoteCallArgs),
    Deny(evidence::DenyArgs),
    Dossier(evidence::DossierArgs),
    Reveal(evidence::RevealArgs),
    Keys(keeping::KeysArgs),
    Trust(keeping::TrustArgs),
    Backup(keeping::BackupArgs),
    Restore(keeping::RestoreArgs),
}

/// What a command gives: nothing more to say, or an exit code of its own.
type Done = Result<Option<Exit>, Failure>;

pub(crate) fn run(command: &PartyCommand, output: Output) -> Done {
    session::start_logging(false, "warn");
    match command {
        PartyCommand::Init(args) => keeping::init(args, output),
        PartyCommand::Keys(args) => keeping::keys(args, output),
        PartyCommand::Trust(args) => keeping::trust(args, output),
        PartyCommand::Backup(args) => keeping::backup(args, output),
        PartyCommand::Restore(args) => keeping::restore(args, output),
        PartyCommand::Enrol(args) => identity::enrol(args, output),
        PartyCommand::Sponsor(args) => identity::sponsor(args, output),
        PartyCommand::Declare(args) => identity::declare(args, output),
        PartyCommand::Delegate(args) => identity::delegate(args, output),
        PartyCommand::ShareKey(args) => identity::share_key(args, output),
        PartyCommand::AcceptKey(args) => identity::accept_key(args, output),
        PartyCommand::Rotate(args) => identity::rotate(args, output),
        PartyCommand::Revoke(args) => identity::revoke(args, output),
        PartyCommand::Warn(args) => sender::warn(args, output),
        PartyCommand::Status(args) => sender::status(args, output),
        PartyCommand::Amend(args) => sender::amend(args, output),
        PartyCommand::Withdraw(args) => sender::withdraw(args, output),
        PartyCommand::Consent(args) => sender::consent(args, output),
        PartyCommand::Collect(args) => recipient::collect(args, output),
        PartyCommand::Run(args) => recipient::run(args, output),
        PartyCommand::Inbox(args) => recipient::inbox(args, output),
        PartyCommand::Read(args) => recipient::read(args, output),
        PartyCommand::Reply(args) => recipient::reply(args, output),
        PartyCommand::Relay(args) => recipient::relay(args, output),
        PartyCommand::Dispute(args) => recipient::dispute(args, output),
        PartyCommand::Dispose(args) => records::dispose(args, output),
        PartyCommand::Decide(args) => records::decide(args, output),
        PartyCommand::ShowNote(args) => records::show_note(args, output),
        PartyCommand::NoteCall(args) => evidence::note_call(args, output),
        PartyCommand::Deny(args) => evidence::deny(args, output),
        PartyCommand::Dossier(args) => evidence::dossier(args, output),
        PartyCommand::Reveal(args) => evidence::reveal(args, output),
    }
}
