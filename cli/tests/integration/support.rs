//! What the tests share: running the binary, and making files for it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

/// A run of the binary.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }

    /// Asserts an exit code, a text on standard error and nothing on standard
    /// output.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, message: &str) -> String {
        assert!(self.stderr.contains(message), "{message:?} is not in {:?}", self.stderr);
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }

    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).unwrap()
    }
}

/// The binary, in an environment of its own.
pub(crate) fn massive() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_massive"));
    command.env_remove("MASSIVE_CORPUS").env_remove("COLUMNS").env_remove("NO_COLOR");
    command.stdin(Stdio::null());
    command
}

pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    finish(massive().args(arguments).output().unwrap())
}

pub(crate) fn run_with_stdin<S: AsRef<std::ffi::OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    stdin: &Path,
) -> Run {
    let stdin = std::fs::File::open(stdin).unwrap();
    finish(massive().args(arguments).stdin(stdin).output().unwrap())
}

pub(crate) fn finish(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file of the mini corpus and its predictions.
pub(crate) fn mini(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mini").join(name);
    path.canonicalize().unwrap().display().to_string()
}

/// A folder of the fixtures.
pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name);
    path.canonicalize().unwrap().display().to_string()
}

/// `massive score` on the mini corpus.
pub(crate) fn score(predictions: &str, options: &[&str]) -> Run {
    let corpus = mini("data");
    run([&["score", predictions, "--corpus", &corpus], options].concat())
}

/// `massive check` on the mini corpus.
pub(crate) fn check(predictions: &str, options: &[&str]) -> Run {
    let corpus = mini("data");
    run([&["check", predictions, "--corpus", &corpus], options].concat())
}

pub(crate) fn lines(path: &str) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// What the Python side is tested with.
pub(crate) const PYTHON_PACKAGES: [&str; 4] =
    ["datasets==5.2.0", "polars==2.1.0", "pyarrow==26.0.1", "seqeval==1.2.2"];

/// A Python with those packages, made once for all runs; where there can be none
/// it says why.
pub(crate) fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(|| environment("python-readers", &PYTHON_PACKAGES)) {
        Ok(python) => Some(python.clone()),
        Err(why) => {
            eprintln!("not tested: no Python with {}: {why}", PYTHON_PACKAGES.join(", "));
            None
        }
    }
}

/// A Python with these packages, made once for all runs, in a folder of this
/// name.
pub(crate) fn environment(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    // Tests run side by side, and two of them may want the same environment.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = folder.join("bin/python");
    let (marker, list) = (folder.join("packages"), packages.join("\n"));
    if std::fs::read_to_string(&marker).is_ok_and(|text| text == list) {
        return Ok(python);
    }
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)))
        }
        Err(error) => Err(format!("{command:?} failed: {error}")),
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    std::fs::write(&marker, list).map_err(|error| error.to_string())?;
    Ok(python)
}

/// A folder for the files of one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, data: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), data).unwrap();
        self.at(name)
    }

    pub(crate) fn write_lines<S: AsRef<str>>(
        &self,
        name: &str,
        lines: impl IntoIterator<Item = S>,
    ) -> String {
        let text: String = lines.into_iter().map(|line| format!("{}\n", line.as_ref())).collect();
        self.write(name, text)
    }

    /// The names of all files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// The folder of shared files, where it is there; see `massive_testdata`.
pub(crate) fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["massive", "oracle"])
}

/// The schema of this name in `schemas/`.
pub(crate) fn validator(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../schemas/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
pub(crate) fn assert_valid(schema: &str, value: &Value) {
    let validator = validator(schema);
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}
