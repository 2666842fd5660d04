//! The native part of the Python package `massive_nlu`: objects and functions of
//! the libraries, and the commands of the binary, for an interpreter.
//!
//! All work is done without the interpreter's lock, see `work`.

mod arrow_stream;
mod commands;
mod corpus;
mod counts;
mod failure;
mod gold;
mod json_lines;
mod labels;
mod names;
mod predictor;
mod render;
mod utterance;
mod work;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<corpus::Corpus>()?;
    module.add_class::<corpus::Utterances>()?;
    module.add_class::<utterance::Utterance>()?;
    module.add_class::<utterance::Slot>()?;
    module.add_class::<arrow_stream::Table>()?;
    module.add_class::<predictor::Predictor>()?;
    module.add_function(wrap_pyfunction!(commands::main, module)?)?;
    module.add_function(wrap_pyfunction!(commands::call, module)?)?;
    module.add_function(wrap_pyfunction!(arrow_stream::keep, module)?)?;
    module.add_function(wrap_pyfunction!(arrow_stream::write_arrow, module)?)?;
    module.add_function(wrap_pyfunction!(counts::counts, module)?)?;
    module.add_function(wrap_pyfunction!(counts::fold, module)?)?;
    module.add_function(wrap_pyfunction!(counts::no_counts, module)?)?;
    module.add_function(wrap_pyfunction!(labels::label_metrics, module)?)?;
    module.add_function(wrap_pyfunction!(names::names, module)?)?;
    module.add_function(wrap_pyfunction!(render::render, module)?)?;
    Ok(())
}
