//! The commands of the binary.

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
/// hold has exit code 1.
#[pyfunction]
pub(crate) fn call(py: Python<'_>, arguments: Vec<String>) -> PyResult<Called> {
    massive_cli::interrupt(false);
    work::run(py, move || {
        let outcome = massive_cli::call(arguments);
        match outcome.error {
            Some(error) if error.exit_code == 1 && error.place.is_none() => {
                Ok((1, outcome.results, outcome.remarks, Some(error.message)))
            }
            Some(error) => Err(Failure::from(error)),
            None => Ok((0, outcome.results, outcome.remarks, None)),
        }
    })
}
