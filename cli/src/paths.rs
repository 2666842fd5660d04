//! Files by patterns of their names, for those whose shell does not find them.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::output::parent_of;

/// The files of these names; a name with `*`, `?` or `[` that no file has is a pattern
/// of the names in its folder.
pub(crate) fn matching(names: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in names {
        let text = name.to_string_lossy();
        if name.exists() || !text.contains(['*', '?', '[']) {
            files.push(name.clone());
        } else {
            files.append(&mut of_pattern(name)?);
        }
    }
    Ok(files)
}

/// The files in a folder whose names match, in the order of their names.
fn of_pattern(pattern: &Path) -> Result<Vec<PathBuf>> {
    let failed =
        |what: &dyn std::fmt::Display| Failure::CannotRun(format!("{}: {what}", pattern.display()));
    let name = pattern.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let matcher = globset::Glob::new(&name).map_err(|error| failed(&error))?.compile_matcher();
    let folder = parent_of(pattern);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        if matcher.is_match(entry.file_name()) {
            files.push(pattern.with_file_name(entry.file_name()));
        }
    }
    if files.is_empty() {
        return Err(failed(&"no file has such a name"));
    }
    files.sort();
    Ok(files)
}
