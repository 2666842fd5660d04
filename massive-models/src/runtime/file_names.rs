//! What the library's files and versions are called.

use std::path::{Path, PathBuf};

/// The library in this folder, the newest if there are several.
pub(super) fn in_folder(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_library))
        .max_by_key(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            (version_key(name), name.to_owned())
        })
}

/// True for `libonnxruntime.so.1.31.1` and what it is called on other systems,
/// false for the libraries of its providers.
fn is_library(name: &str) -> bool {
    let numbers = |text: &str| {
        text.is_empty()
            || text
                .strip_prefix('.')
                .is_some_and(|version| version.split('.').all(|part| part.parse::<u32>().is_ok()))
    };
    if name == "onnxruntime.dll" {
        return true;
    }
    match name.strip_prefix("libonnxruntime") {
        Some(".dylib") => true,
        Some(rest) => match (rest.strip_prefix(".so"), rest.strip_suffix(".dylib")) {
            (Some(version), _) | (_, Some(version)) => numbers(version),
            _ => false,
        },
        None => false,
    }
}

/// The numbers in a version, to compare by.
pub(super) fn version_key(version: &str) -> Vec<u64> {
    version
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_told_from_those_of_its_providers() {
        for name in [
            "libonnxruntime.so",
            "libonnxruntime.so.1",
            "libonnxruntime.so.1.31.1",
            "libonnxruntime.dylib",
            "libonnxruntime.1.31.1.dylib",
            "onnxruntime.dll",
        ] {
            assert!(is_library(name), "{name}");
        }
        for name in [
            "libonnxruntime_providers_shared.so",
            "libonnxruntime_providers_cuda.so",
            "libonnxruntime.so.1.x",
            "libonnxruntime.so~",
            "libonnxruntime.so.",
            "onnxruntime_pybind11_state.so",
            "onnxruntime_providers_shared.dll",
            "libonnxruntime",
            "",
        ] {
            assert!(!is_library(name), "{name}");
        }
    }
}
