//! Where the library can be.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::runtime::cache;
use crate::runtime::file_names::in_folder;

/// A kind of place where the library can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Where somebody said that it is.
    Named,
    /// Where the variable `ORT_DYLIB_PATH` says that it is.
    Variable,
    /// Our cache.
    Cache,
    /// The package `onnxruntime` of a Python environment.
    Python,
    /// Beside the executable.
    Executable,
    /// Where the system's loader looks.
    System,
}

impl Place {
    /// The places that are searched when nobody names one, in order.
    pub const SEARCHED: &'static [Place] =
        &[Place::Variable, Place::Cache, Place::Python, Place::Executable, Place::System];

    /// Why a library that lies here was taken.
    pub fn why(self) -> &'static str {
        match self {
            Place::Named => "which was named",
            Place::Variable => "which ORT_DYLIB_PATH names",
            Place::Cache => "found in the cache",
            Place::Python => "found in the active Python environment",
            Place::Executable => "found beside the executable",
            Place::System => "found by the system's loader",
        }
    }

    /// The name of this place in documents.
    pub fn id(self) -> &'static str {
        match self {
            Place::Named => "named",
            Place::Variable => "variable",
            Place::Cache => "cache",
            Place::Python => "python",
            Place::Executable => "executable",
            Place::System => "system",
        }
    }

    /// The files that could be the library, the best first, or why there is none.
    /// Nothing is asked that takes time if a library `is_found`.
    pub(super) fn files(
        self,
        named: Option<&Path>,
        is_found: bool,
    ) -> Result<Vec<PathBuf>, String> {
        match self {
            Place::Named => match named {
                Some(path) => Ok(resolve(path)),
                None => Err("none was named".to_owned()),
            },
            Place::Variable => {
                match env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
                    Some(path) => Ok(resolve(Path::new(&path))),
                    None => Err("not set".to_owned()),
                }
            }
            Place::Cache => {
                let folder = cache::libraries().map_err(|error| error.to_string())?;
                let files: Vec<PathBuf> =
                    cache::installed(&folder).into_iter().map(|found| found.library).collect();
                if files.is_empty() {
                    return Err(format!("nothing installed in {}", folder.display()));
                }
                Ok(files)
            }
            Place::Python => python(is_found),
            Place::Executable => {
                let folder = env::current_exe()
                    .ok()
                    .and_then(|path| path.parent().map(Path::to_owned))
                    .ok_or("the executable's folder is unknown")?;
                match in_folder(&folder) {
                    Some(file) => Ok(vec![file]),
                    None => Err(format!("none in {}", folder.display())),
                }
            }
            Place::System if is_found => Err("not asked, not needed".to_owned()),
            Place::System => Ok(SYSTEM_NAMES.iter().map(PathBuf::from).collect()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Named => "named",
            Place::Variable => "ORT_DYLIB_PATH",
            Place::Cache => "the cache",
            Place::Python => "the Python environment",
            Place::Executable => "beside the executable",
            Place::System => "the system's loader",
        })
    }
}

#[cfg(target_os = "windows")]
const SYSTEM_NAMES: &[&str] = &["onnxruntime.dll"];
#[cfg(target_vendor = "apple")]
const SYSTEM_NAMES: &[&str] = &["libonnxruntime.dylib"];
#[cfg(not(any(target_os = "windows", target_vendor = "apple")))]
const SYSTEM_NAMES: &[&str] = &["libonnxruntime.so", "libonnxruntime.so.1"];

/// A file as it is; of a folder, the library in it or in the package's `capi`.
fn resolve(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let inner = ["", "capi", "onnxruntime/capi", "lib"];
    let file = inner.iter().find_map(|inner| in_folder(&path.join(inner)));
    // A folder without the library is refused by name when it is opened.
    vec![file.unwrap_or_else(|| path.to_owned())]
}

/// The library of the active environment's package; only if there is none,
/// `python3` is asked, which takes a moment.
fn python(is_found: bool) -> Result<Vec<PathBuf>, String> {
    let active = active_site_packages();
    for folder in &active {
        if let Some(file) = in_folder(&folder.join("onnxruntime/capi")) {
            return Ok(vec![file]);
        }
    }
    if is_found {
        return Err("python3 not asked, not needed".to_owned());
    }
    let folder = ask_python(
        "import importlib.util as u; s = u.find_spec('onnxruntime'); \
         print(next(iter(s.submodule_search_locations or []), '') if s else '')",
    )?;
    if folder.as_os_str().is_empty() {
        return Err("python3 has no package onnxruntime".to_owned());
    }
    in_folder(&folder.join("capi")).map(|file| vec![file]).ok_or_else(|| {
        format!("the package in {} has no library of its own: too old", folder.display())
    })
}

/// The package folders of the environments that are switched on.
pub(super) fn active_site_packages() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let Some(root) = env::var_os(variable).filter(|root| !root.is_empty()) else { continue };
        let root = PathBuf::from(root);
        folders.push(root.join("Lib").join("site-packages"));
        let Ok(entries) = std::fs::read_dir(root.join("lib")) else { continue };
        let mut versions: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| name.starts_with("python3"))
            })
            .map(|path| path.join("site-packages"))
            .collect();
        versions.sort();
        folders.extend(versions);
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

/// What `python3` prints, as a path.
pub(super) fn ask_python(program: &str) -> Result<PathBuf, String> {
    // Isolated but for the environment: what lies in the working folder is no
    // package.
    let output = Command::new(super::cache::python_command())
        .args(["-c", program])
        .env("PYTHONSAFEPATH", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|_| "no python3".to_owned())?;
    if !output.status.success() {
        return Err("python3 could not be asked".to_owned());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\r', '\n'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_library_of_a_folder_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(in_folder(folder.path()), None);
        for version in ["1.9.0", "1.31.1", "1.4.2"] {
            std::fs::write(folder.path().join(format!("libonnxruntime.so.{version}")), "").unwrap();
        }
        let found = in_folder(folder.path()).unwrap();
        assert!(found.ends_with("libonnxruntime.so.1.31.1"), "{}", found.display());
        // A package's folder is as good as that of the library.
        let package = tempfile::tempdir().unwrap();
        let capi = package.path().join("capi");
        std::fs::create_dir(&capi).unwrap();
        std::fs::write(capi.join("libonnxruntime.so.1"), "").unwrap();
        assert_eq!(resolve(package.path()), [capi.join("libonnxruntime.so.1")]);
    }
}
