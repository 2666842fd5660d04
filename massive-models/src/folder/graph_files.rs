//! The graphs that lie in a folder, and which of them is meant.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Choice, Precision};
use crate::error::{Error, Result};

/// The graphs in a folder, and in the `onnx` beneath it.
pub(super) fn graph_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files_ending(folder, ".onnx")?;
    let beneath = folder.join("onnx");
    if beneath.is_dir() {
        files.extend(files_ending(&beneath, ".onnx")?);
    }
    Ok(files)
}

pub(super) fn files_ending(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Error::model(format!("{} cannot be read: {error}", folder.display())).with_source(error)
    };
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let fits = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ending));
        if fits && path.is_file() {
            files.insert(path);
        }
    }
    Ok(files.into_iter().collect())
}

pub(super) fn stem_of(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// What the names of graphs of a precision end in.
fn endings(precision: Precision) -> &'static [&'static str] {
    match precision {
        Precision::Fp32 => &["", "_fp32"],
        Precision::Fp16 => &["_fp16"],
        Precision::Int8 => &["_int8", "_quantized"],
    }
}

/// The graph asked for, else that of the name `stem`, else the only one there is.
pub(super) fn choose_graph(
    folder: &Path,
    stem: &str,
    files: &[PathBuf],
    of_manifest: Option<&str>,
    choice: &Choice,
) -> Result<PathBuf> {
    if let (Some(name), "model") = (&choice.graph, stem) {
        return Ok(folder.join(name));
    }
    let endings = match (choice.precision, of_manifest) {
        (None, Some(name)) => return Ok(folder.join(name)),
        (Some(precision), _) => endings(precision),
        (None, None) => &[""],
    };
    let exact = endings
        .iter()
        .find_map(|ending| files.iter().find(|file| stem_of(file) == format!("{stem}{ending}")));
    match (exact, choice.precision, files) {
        (Some(file), _, _) => Ok(file.clone()),
        (None, Some(precision), _) => Err(Error::model(format!(
            "{}: no graph of precision {precision}: expected {}; it has {}",
            folder.display(),
            endings
                .iter()
                .map(|ending| format!("{stem}{ending}.onnx"))
                .collect::<Vec<_>>()
                .join(" or "),
            file_names(files)
        ))),
        (None, None, [only]) if stem == "model" => Ok(only.clone()),
        (None, None, _) => Err(Error::model(format!(
            "{}: no {stem}.onnx, but {}; choose one (option graph)",
            folder.display(),
            file_names(files)
        ))),
    }
}

fn file_names(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .filter_map(|file| file.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
