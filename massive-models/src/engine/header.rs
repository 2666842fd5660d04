//! What an engine has to know of a file before it loads it.
//!
//! Both engines start here, so that a file that is missing, cut short or no
//! graph at all gets the same message whatever is to run it, and ports have the
//! types that the file gives them: an engine may have narrowed them.

use std::path::Path;

use crate::engine::Port;
use crate::error::{Error, Result};
use crate::graph::GraphFacts;

/// What stands at the head of a graph.
#[derive(Debug)]
pub(crate) struct Header {
    /// Inputs that a run has to give: those that are not weights.
    pub(crate) inputs: Vec<Port>,
    /// Outputs.
    pub(crate) outputs: Vec<Port>,
    /// The version of the standard operators.
    pub(crate) opset: i64,
}

/// Reads the head of the graph in `path`.
///
/// # Errors
/// Those of [`GraphFacts::read`]; no version of the operators, a port that is no
/// tensor.
pub(crate) fn read(path: &Path) -> Result<Header> {
    let facts = GraphFacts::read(path)?;
    let opset = facts.opset.ok_or_else(|| {
        Error::model(format!(
            "{} does not say which opset it was written in; export it again",
            path.display()
        ))
    })?;
    if let Some(port) = facts.inputs.iter().chain(&facts.outputs).find(|port| !port.is_tensor()) {
        return Err(Error::model(format!(
            "{}: `{}` is no tensor, and only tensors can go into a graph or come out of it",
            path.display(),
            port.name.escape_debug()
        )));
    }
    Ok(Header { inputs: facts.inputs, outputs: facts.outputs, opset })
}
