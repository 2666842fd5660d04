//! One file a command.

mod annotations;
mod audit;
mod check;
mod compare;
mod completions;
mod corpus;
mod demo;
mod errors;
mod explain;
mod findings;
mod leaderboard;
mod llm;
mod locales;
mod man;
mod memory;
mod merge;
mod model;
pub(crate) mod predict;
mod report;
mod runtime;
mod schema;
mod score;
pub(crate) mod submission;
mod train;

use crate::args::{Cli, Command};
use crate::failure::Result;

pub(crate) fn run(cli: Cli) -> Result<()> {
    let global = &cli.global;
    match &cli.command {
        Command::Score(args) => score::run(args, global),
        Command::Compare(args) => compare::run(args, global),
        Command::Predict(args) => predict::run(args, global),
        Command::Merge(args) => merge::run(args, global),
        Command::Train(args) => train::run(args, global),
        Command::Memory(command) => memory::run(command, global),
        Command::Model(command) => model::run(command, global),
        Command::Llm(command) => llm::run(command, global),
        Command::Audit(command) => audit::run(command, global),
        Command::Errors(args) => errors::run(args, global),
        Command::Report(args) => report::run(args, global),
        Command::Check(args) => check::run(args, global),
        Command::Corpus(command) => corpus::run(command, global),
        Command::Runtime(command) => runtime::run(command, global),
        Command::Leaderboard(command) => leaderboard::run(command, global),
        Command::Demo(args) => demo::run(args, global),
        Command::Completions(args) => completions::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Locales(args) => locales::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Man(args) => man::run(args, global),
    }
}
