//! The names that classes have.

use massive_data::LabelMap;
use pyo3::prelude::*;

use crate::failure::Failure;

/// The release's names of a kind (intent, scenario or slot, `Other` before these), in
/// code-point order, and after them whatever else was met.
#[pyfunction]
pub(crate) fn names(py: Python<'_>, kind: &str, met: Vec<Option<String>>) -> PyResult<Vec<String>> {
    let mut names: Vec<String> = match kind {
        "intent" => LabelMap::intents().names().map(|(_, name)| name.to_owned()).collect(),
        "slot" => LabelMap::slots().names().map(|(_, name)| name.to_owned()).collect(),
        "scenario" => {
            let intents = LabelMap::intents();
            let scenario = |intent: &str| intent.split('_').next().unwrap_or(intent).to_owned();
            let mut scenarios: Vec<String> =
                intents.names().map(|(_, name)| scenario(name)).collect();
            scenarios.dedup();
            scenarios
        }
        _ => {
            let message = format!("unknown kind of names `{kind}`: intent, scenario or slot");
            return Err(Failure::request(message).raise(py));
        }
    };
    let mut met: Vec<String> =
        met.into_iter().flatten().filter(|name| !names.contains(name)).collect();
    met.sort_unstable();
    met.dedup();
    names.append(&mut met);
    Ok(names)
}
