//! `massive`: score, check and explore multilingual natural-language
//! understanding on the MASSIVE corpus.
//!
//! This crate is glue: flags, files, progress and exit codes. It is the only one
//! that prints. Exit codes: 0 success, 1 the check failed (an invalid
//! submission, a missed threshold), 2 it could not run.

mod args;
mod commands;
mod failure;
mod output;
mod progress;
mod table;
mod values;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::args::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::from_arg_matches(&values::described().get_matches());
    match commands::run(cli.unwrap_or_else(|error| error.exit())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::CheckFailed(message)) => {
            output::complain(&message);
            ExitCode::from(1)
        }
        Err(Failure::CannotRun(message)) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}
