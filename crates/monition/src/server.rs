//! `monition serve` and `monition observe`.

use crate::failure::{Exit, Failure};
use crate::output::Output;
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum ServerCommand {}

pub(crate) fn run(command: &ServerCommand, _output: Output) -> Result<Option<Exit>, Failure> {
    match *command {}
}
