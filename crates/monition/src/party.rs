//! Every act of a party, as a command.

use crate::failure::{Exit, Failure};
use crate::output::Output;
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum PartyCommand {}

pub(crate) fn run(command: &PartyCommand, _output: Output) -> Result<Option<Exit>, Failure> {
    match *command {}
}
