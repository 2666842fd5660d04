//! The commands of `massive`: score, check and explore multilingual
//! natural-language understanding on the MASSIVE corpus.
//!
//! This crate is glue: flags, files, progress and exit codes. It is the only one
//! that prints. Exit codes: 0 success, 1 the check failed (an invalid
//! submission, a missed threshold), 2 it could not run.
//!
//! The binary `massive` and the script of that name in the Python package both
//! call [`run`].

mod args;
mod commands;
mod destination;
mod failure;
mod form;
mod model;
mod output;
mod paths;
mod plot_file;
mod progress;
mod table;
mod values;

use std::ffi::OsString;

use clap::FromArgMatches;

use crate::args::Cli;
use crate::failure::Failure;

pub use crate::model::{LoadedModel, with_model};
pub use crate::progress::{Step, Unit, Watch};

/// Runs a command line, of which the first argument is the name of the program,
/// and gives its exit code. Results go to standard output, all else to standard
/// error.
///
/// ```
/// assert_eq!(massive_cli::run(["massive", "locales", "--quiet"]), 0);
/// assert_eq!(massive_cli::run(["massive", "score", "nowhere.jsonl", "--corpus", "nowhere"]), 2);
/// ```
pub fn run<A: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = A>) -> u8 {
    let matches = values::described().try_get_matches_from(arguments);
    match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => exit_code(commands::run(cli)),
        Err(error) => {
            // There is nobody left to tell if that fails.
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2)
        }
    }
}

/// What a command did that was called from a program: see [`call`].
#[derive(Debug)]
pub struct Outcome {
    /// What it would have printed to standard output.
    pub results: String,
    /// What it would have remarked on standard error.
    pub remarks: Vec<String>,
    /// Why it did not succeed, if it did not.
    pub error: Option<CommandError>,
}

/// Why a command did not succeed.
#[derive(Debug)]
pub struct CommandError {
    /// The exit code: 1 the check failed, 2 it could not run.
    pub exit_code: u8,
    /// What is wrong and what to do about it.
    pub message: String,
    /// Where it is wrong, if at a place of an input.
    pub place: Option<massive_data::Place>,
}

/// Runs a command line as [`run`] does, but prints nothing and watches for no
/// interrupts: those are the caller's, who may [`interrupt`].
///
/// ```
/// let outcome = massive_cli::call(["massive", "locales", "--format", "json"]);
/// assert!(outcome.error.is_none() && outcome.results.contains("sw-KE"));
/// let outcome = massive_cli::call(["massive", "score", "nowhere.jsonl", "--corpus", "nowhere"]);
/// assert_eq!(outcome.error.unwrap().exit_code, 2);
/// ```
pub fn call<A: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = A>) -> Outcome {
    call_watched(arguments, &Watch::default())
}

/// [`call`], which shows meanwhile how far it is: another thread asks the watch.
pub fn call_watched<A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    watch: &Watch,
) -> Outcome {
    let matches = values::described().try_get_matches_from(arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let error = CommandError { exit_code: 2, message: error.to_string(), place: None };
            return Outcome { results: String::new(), remarks: Vec::new(), error: Some(error) };
        }
    };
    let (result, printed) = output::kept(|| watch.over(|| commands::run(cli)));
    let error = result.err().and_then(failed);
    Outcome { results: printed.results, remarks: printed.remarks, error }
}

/// Lets all commands of this process that predict or train end early (`true`), or
/// those that begin run to their end again (`false`).
pub fn interrupt(stop: bool) {
    commands::predict::interrupt(stop);
}

fn exit_code(result: failure::Result<()>) -> u8 {
    result.err().and_then(failed).map_or(0, |error| {
        output::complain(&error.message);
        error.exit_code
    })
}

fn failed(failure: Failure) -> Option<CommandError> {
    let (exit_code, message, place) = match failure {
        Failure::ClosedPipe => return None,
        Failure::CheckFailed(message) => (1, message, None),
        Failure::CannotRun(message) => (2, message, None),
        Failure::AtPlace { exit_code, message, place } => (exit_code, message, Some(place)),
    };
    Some(CommandError { exit_code, message, place })
}
