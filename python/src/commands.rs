//! The commands of the binary.

use massive_cli::{Step, Unit, Watch};
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::work;

/// Runs a command line as the binary `massive` does and gives its exit code.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<String>) -> u8 {
    py.detach(|| massive_cli::run(arguments))
}

/// What [`call`] gives: the exit code, the results, the remarks, and what a check
/// found.
type Called = (u8, String, Vec<String>, Option<String>);

/// Runs a command and gives what it would print. A command that could not run
/// raises, as does a fault at a known place of a file; another check that does not
/// hold has exit code 1. `progress` is called now and then with what the command is at,
/// the unit that it counts in, how much is done, and of how much.
#[pyfunction]
#[pyo3(signature = (arguments, progress=None))]
pub(crate) fn call(
    py: Python<'_>,
    arguments: Vec<String>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Called> {
    massive_cli::interrupt(false);
    let watch = Watch::default();
    let seen = watch.clone();
    let tell = |py: Python<'_>| match (&progress, seen.now()) {
        (Some(progress), Some(Step { what, unit, done, total })) => {
            let unit = match unit {
                Unit::Bytes => "B",
                Unit::Utterances => "utterances",
            };
            progress.call1(py, (what, unit, done, total)).map(drop)
        }
        _ => Ok(()),
    };
    work::run_telling(py, tell, move || {
        let outcome = massive_cli::call_watched(arguments, &watch);
        match outcome.error {
            Some(error) if error.exit_code == 1 && error.place.is_none() => {
                Ok((1, outcome.results, outcome.remarks, Some(error.message)))
            }
            Some(error) => Err(Failure::from(error)),
            None => Ok((0, outcome.results, outcome.remarks, None)),
        }
    })
}
