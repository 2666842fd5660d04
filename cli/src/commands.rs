//! One file a command.

mod check;
mod completions;
mod corpus;
mod demo;
mod score;
mod submission;

use crate::args::{Cli, Command};
use crate::failure::Result;

pub(crate) fn run(cli: Cli) -> Result<()> {
    let global = &cli.global;
    match &cli.command {
        Command::Score(args) => score::run(args, global),
        Command::Check(args) => check::run(args, global),
        Command::Corpus(args) => corpus::run(&args.command, global),
        Command::Demo(args) => demo::run(args, global),
        Command::Completions(args) => completions::run(args),
    }
}
