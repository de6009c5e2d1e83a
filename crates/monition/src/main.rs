//! The one binary of Monition: serve, observe, and every act of a party.

mod console;
mod demo;
mod desk_taxii;
mod failure;
mod judge;
mod log;
mod output;
mod party;
mod server;
mod taxii;

use clap::{CommandFactory, Parser, Subcommand};
use failure::{Exit, Failure};
use output::Output;
use std::process::ExitCode;

/// An exchange for warnings between organisations that do not trust one another
///
/// Every step leaves signed evidence in a witnessed log that shows nothing of the content. From files, offline, anybody
/// gets a finding: what was said, by whom, in which interval of time, and what nobody can prove.
#[derive(Parser, Debug)]
#[command(name = "monition", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::DemoArgs),
    #[command(flatten)]
    Server(server::ServerCommand),
    #[command(flatten)]
    Party(party::PartyCommand),
    Judge(judge::JudgeArgs),
    Desk(Box<console::ConsoleArgs>),
    #[command(subcommand)]
    Log(log::LogCommand),
    #[command(subcommand)]
    Directory(log::DirectoryCommand),
    #[command(subcommand)]
    Taxii(taxii::TaxiiCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = if cli.json { Output::Json } else { Output::Text };
    match run(&cli.command, output) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(exit)) => ExitCode::from(exit as u8),
        Err(failure) => {
            if output == Output::Json {
                // Data goes to standard output also when it is an error; a failing print has nobody left to tell.
                let _ = output::print_json(&failure.to_json());
            }
            eprintln!("{failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(command: &Command, output: Output) -> Result<Option<Exit>, Failure> {
    match command {
        Command::Demo(args) => demo::run(args, output),
        Command::Server(command) => server::run(command, output),
        Command::Party(command) => party::run(command, output),
        Command::Judge(args) => judge::run(args, output),
        Command::Desk(args) => console::run(args, output),
        Command::Log(command) => log::run_log(command, output),
        Command::Directory(command) => log::run_directory(command, output),
        Command::Taxii(command) => taxii::run(command, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "monition", &mut script);
            output::print_text(&String::from_utf8_lossy(&script))?;
            Ok(None)
        }
    }
}
