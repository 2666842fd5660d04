//! The folder where libraries are kept.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::error::{Error, Result};
use crate::runtime::file_names::{in_folder, version_key};

/// Our cache: the folder that `MASSIVE_CACHE` names, else `massive` in the
/// user's cache folder (`XDG_CACHE_HOME`, `~/.cache`).
///
/// # Errors
/// The user has no home folder.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("MASSIVE_CACHE").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    etcetera::choose_base_strategy().map(|strategy| strategy.cache_dir().join("massive")).map_err(
        |error| {
            Error::runtime(format!("there is no cache folder ({error}); name one in MASSIVE_CACHE"))
        },
    )
}

/// Where libraries lie in the cache, one folder each.
pub(crate) fn libraries() -> Result<PathBuf> {
    Ok(folder()?.join("onnxruntime"))
}

/// Where TensorRT keeps what it compiled, for later runs.
pub(crate) fn compiled() -> Result<PathBuf> {
    Ok(folder()?.join("tensorrt"))
}

/// A library in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The library's file.
    pub library: PathBuf,
    /// Its version.
    pub version: String,
    /// True if it was built for GPUs.
    pub gpu: bool,
}

/// The libraries in this folder of the cache, the best first: the newest, and of
/// one version the one for GPUs.
pub(crate) fn installed(folder: &Path) -> Vec<Installed> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<Installed> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            // Names that start otherwise are installations under way.
            if !name.starts_with(|first: char| first.is_ascii_digit()) {
                return None;
            }
            let (version, gpu) = match name.strip_suffix("-gpu") {
                Some(version) => (version, true),
                None => (name, false),
            };
            let version = version.to_owned();
            Some(Installed { library: in_folder(&path)?, version, gpu })
        })
        .collect();
    found.sort_by_key(|one| (version_key(&one.version), one.gpu));
    found.reverse();
    found
}

/// What Python's interpreter is called here.
pub(crate) fn python_command() -> OsString {
    OsString::from(if cfg!(windows) { "python" } else { "python3" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first_and_one_for_gpus_before_its_twin() {
        let cache = tempfile::tempdir().unwrap();
        for name in ["1.9.0", "1.31.1", "1.31.1-gpu", ".massive-x", "1.20.1"] {
            let folder = cache.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("libonnxruntime.so.1"), "").unwrap();
        }
        std::fs::create_dir(cache.path().join("2.0.0")).unwrap();
        let order: Vec<(String, bool)> =
            installed(cache.path()).into_iter().map(|one| (one.version, one.gpu)).collect();
        let expected = [("1.31.1", true), ("1.31.1", false), ("1.20.1", false), ("1.9.0", false)];
        assert_eq!(order, expected.map(|(version, gpu)| (version.to_owned(), gpu)));
        assert!(installed(&cache.path().join("nowhere")).is_empty());
    }
}
