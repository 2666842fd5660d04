//! `massive`: score, check and explore multilingual natural-language
//! understanding on the MASSIVE corpus.
//!
//! This crate is glue: flags, files, progress and exit codes. It is the only one
//! that prints. Exit codes: 0 success, 1 the check failed (an invalid
//! submission, a missed threshold), 2 it could not run.

mod args;
mod commands;
mod failure;
mod form;
mod output;
mod progress;
mod table;
mod values;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::args::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    keep_telemetry_off();
    keep_caught_panics_quiet();
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

/// ONNX Runtime tells nobody what runs, and leaves no id of the device in the
/// user's cache: both happen while its library is loaded, unless this is set.
fn keep_telemetry_off() {
    const NAME: &str = "ORT_DISABLE_TELEMETRY";
    if std::env::var_os(NAME).is_none() {
        // SAFETY: nothing else reads or writes the environment, since this is the
        // only thread: it runs first in main, and nothing starts one before.
        #[expect(unsafe_code, reason = "the library reads it from the environment only")]
        unsafe {
            std::env::set_var(NAME, "1");
        }
    }
}

/// A panic that becomes an error is told as one, and not twice.
fn keep_caught_panics_quiet() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !massive_models::guard::is_guarded() {
            others(panic);
        }
    }));
}
