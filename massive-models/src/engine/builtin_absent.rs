//! What stands for the built-in engine where it is left out.

use std::path::Path;

use crate::engine::{Engine, Session, SessionOptions};
use crate::error::{Error, Result};

/// The built-in engine, which this build does not have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Engine for Builtin {
    fn name(&self) -> &'static str {
        "builtin"
    }

    fn description(&self) -> String {
        "built-in engine (left out of this build)".to_owned()
    }

    fn load(&self, graph: &Path, _: &SessionOptions) -> Result<Box<dyn Session>> {
        Err(Error::request(format!(
            "{} cannot be run: this build has no engine of its own, since it was built without the \
             feature `builtin`; install ONNX Runtime's library (command runtime install), or build \
             it with the feature",
            graph.display()
        )))
    }
}
