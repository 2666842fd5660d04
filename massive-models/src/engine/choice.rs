//! Which engine is taken, and why.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use crate::engine::{Builtin, Engine, OnnxRuntime};
use crate::error::{Error, Result};
use crate::runtime;

/// Which engine is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// ONNX Runtime if its library is found, else the built-in engine.
    #[default]
    Auto,
    /// ONNX Runtime or nothing.
    OnnxRuntime,
    /// The built-in engine.
    Builtin,
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EngineChoice::Auto => "auto",
            EngineChoice::OnnxRuntime => "onnxruntime",
            EngineChoice::Builtin => "builtin",
        })
    }
}

impl FromStr for EngineChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(EngineChoice::Auto),
            "onnxruntime" => Ok(EngineChoice::OnnxRuntime),
            "builtin" => Ok(EngineChoice::Builtin),
            _ => Err(Error::request(format!(
                "unknown engine `{}`: expected auto, onnxruntime or builtin",
                text.escape_debug()
            ))),
        }
    }
}

/// An engine with the reason why it is this one.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// One sentence that says what was taken and why.
    pub reason: String,
}

/// Takes an engine. `library` names the file or folder of ONNX Runtime's library;
/// without it the usual places are searched ([`runtime::search`]).
///
/// # Errors
/// ONNX Runtime is asked for and not found; `library` is named and cannot be
/// used, or is named for the built-in engine, which has none.
pub fn choose(choice: EngineChoice, library: Option<&Path>) -> Result<Chosen> {
    if choice == EngineChoice::Builtin {
        if let Some(library) = library {
            return Err(Error::request(format!(
                "the built-in engine needs no library, and {} was named for it",
                library.display()
            )));
        }
        return Ok(builtin("it was asked for"));
    }
    let search = runtime::search(library);
    match search.library {
        Some(library) => {
            let reason = format!("{library}, {}", library.place.why());
            let engine = Arc::new(OnnxRuntime::new(library));
            Ok(Chosen { engine, reason })
        }
        // A library that somebody named is not passed over in silence.
        None if choice == EngineChoice::Auto && library.is_none() => {
            let passed_over: Vec<String> = search
                .candidates
                .iter()
                .filter(|candidate| candidate.path.is_some())
                .map(ToString::to_string)
                .collect();
            Ok(if passed_over.is_empty() {
                builtin(
                    "no library of ONNX Runtime was found; one can be installed (command runtime install)",
                )
            } else {
                builtin(&format!("no library can be used: {}", passed_over.join("; ")))
            })
        }
        None => Err(search.failure()),
    }
}

fn builtin(why: &str) -> Chosen {
    let engine: Arc<dyn Engine> = Arc::new(Builtin);
    let reason = format!("{}: {why}", engine.description());
    Chosen { engine, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_read_as_they_are_written() {
        for choice in [EngineChoice::Auto, EngineChoice::OnnxRuntime, EngineChoice::Builtin] {
            assert_eq!(choice.to_string().parse::<EngineChoice>().unwrap(), choice);
        }
        for text in ["", "ort", "Auto", "rten"] {
            assert!(text.parse::<EngineChoice>().unwrap_err().is_request(), "{text}");
        }
    }

    #[test]
    fn the_built_in_engine_needs_and_takes_no_library() {
        let chosen = choose(EngineChoice::Builtin, None).unwrap();
        assert_eq!(chosen.engine.name(), "builtin");
        assert!(chosen.reason.ends_with("it was asked for"), "{}", chosen.reason);
        assert!(choose(EngineChoice::Builtin, Some(Path::new("x"))).unwrap_err().is_request());
    }
}
