//! Predictions under way, so that an interruption loses nothing.
//!
//! Lines go to `FILE.partial`; `FILE.partial.json` says what run they belong to
//! (`schemas/partial.schema.json`). A run that goes on cuts off a line that was
//! not finished, and holds every earlier line against the examples that it passes
//! over: nothing is lost, doubled or mixed.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use massive_data::prediction::parse_prediction;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::atomic;
use crate::error::{Error, ErrorKind, Result};
use crate::example::Example;

/// What a run's lines depend on: a run is resumed only if all of it is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// [`FORMAT`].
    pub format: String,
    /// The version of the program.
    pub tool: String,
    /// The predictor, for instance its files with their digests.
    pub model: Value,
    /// What runs it.
    pub engine: String,
    /// The corpus and which of its rows.
    pub corpus: Value,
    /// Whatever else changes predictions.
    pub options: Value,
}

/// The format of the file that holds a fingerprint.
pub const FORMAT: &str = "massive-partial/1";

impl Fingerprint {
    /// What differs from another run, in words.
    fn differences(&self, other: &Fingerprint) -> Vec<&'static str> {
        [
            ("the version of massive", self.tool != other.tool),
            ("the model", self.model != other.model),
            ("the engine", self.engine != other.engine),
            ("the corpus or its rows", self.corpus != other.corpus),
            ("the options", self.options != other.options),
        ]
        .into_iter()
        .filter_map(|(what, differs)| differs.then_some(what))
        .collect()
    }
}

/// True if a file of this name can be written under another one first.
pub fn is_replaceable(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |metadata| metadata.is_file() || metadata.is_dir())
}

/// Where the lines of an unfinished output are.
pub fn path_of(output: &Path) -> PathBuf {
    with_suffix(output, ".partial")
}

fn journal_of(output: &Path) -> PathBuf {
    with_suffix(output, ".partial.json")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether an unfinished output is gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// There must be none.
    #[default]
    New,
    /// It is gone on with, and must be there.
    Resume,
    /// It is thrown away.
    Anew,
}

/// The lines of an output that is under way.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    fingerprint: PathBuf,
    file: File,
    rows: u64,
}

impl Journal {
    /// Begins the output `output`, or opens what an interrupted run left of it.
    ///
    /// # Errors
    /// A folder of that name; files that cannot be written or read;
    /// [`ErrorKind::Unfinished`], [`ErrorKind::NothingToResume`],
    /// [`ErrorKind::Changed`] and [`ErrorKind::Damaged`].
    pub fn open(output: &Path, fingerprint: &Fingerprint, start: Start) -> Result<Self> {
        let (path, journal) = (path_of(output), journal_of(output));
        if output.is_dir() {
            return Err(Error::request(format!(
                "{} is a folder; name a file in it",
                output.display()
            )));
        }
        if start == Start::Resume {
            return Self::resume(path, journal, fingerprint);
        }
        if path.exists() && start == Start::New {
            let message = format!("{} is left from a run that was not finished", path.display());
            return Err(Error::new(ErrorKind::Unfinished, message));
        }
        let failed = |error: io::Error| Error::unwritable(&path, error);
        // In this order a kill in between leaves nothing that cannot be gone on
        // with, and no old lines under a new journal.
        if path.exists() {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        atomic::write(&journal, |out| {
            serde_json::to_writer_pretty(&mut *out, fingerprint)?;
            out.write_all(b"\n")
        })?;
        let file = File::create(&path).map_err(failed)?;
        Ok(Journal { path, fingerprint: journal, file, rows: 0 })
    }

    fn resume(path: PathBuf, journal: PathBuf, fingerprint: &Fingerprint) -> Result<Self> {
        let text = std::fs::read_to_string(&journal).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::new(
                ErrorKind::NothingToResume,
                format!("there is nothing to resume: {} is not there", journal.display()),
            ),
            _ => Error::request(format!("{} cannot be read: {error}", journal.display())),
        })?;
        let earlier: Fingerprint = serde_json::from_str(&text).map_err(|error| {
            let message =
                format!("{}: not what an interrupted run leaves ({error})", journal.display());
            Error::new(ErrorKind::Damaged, message)
        })?;
        let differences = earlier.differences(fingerprint);
        if !differences.is_empty() {
            let message = format!(
                "{} cannot be gone on with: {} changed since",
                path.display(),
                differences.join(" and ")
            );
            return Err(Error::new(ErrorKind::Changed, message));
        }
        let failed = |error: io::Error| Error::unwritable(&path, error);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let (rows, end) = complete_lines(&mut file).map_err(failed)?;
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(Journal { path, fingerprint: journal, file, rows })
    }

    /// Where its lines are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Rows in it, those of an earlier run included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Counts a row that was written.
    pub(crate) fn count_row(&mut self) {
        self.rows += 1;
    }

    /// The rows of the earlier run, to be held against the examples.
    pub(crate) fn earlier(&self) -> Result<Earlier> {
        let file = File::open(&self.path).map_err(|error| Error::unwritable(&self.path, error))?;
        Ok(Earlier { path: self.path.clone(), lines: BufReader::new(file), line: 0 })
    }

    /// Removes it, if it holds no row: there is nothing to go on with. True if
    /// that was so.
    pub fn remove_if_empty(&self) -> bool {
        if self.rows == 0 {
            let _ = std::fs::remove_file(&self.path);
            let _ = std::fs::remove_file(&self.fingerprint);
        }
        self.rows == 0
    }

    /// Gives the lines their name; compressed if it ends in `.gz`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self, output: &Path) -> Result<()> {
        let failed = |error: io::Error| Error::unwritable(output, error);
        self.file.sync_all().map_err(failed)?;
        if output.extension().is_some_and(|extension| extension == "gz") {
            let mut lines = File::open(&self.path).map_err(failed)?;
            atomic::write(output, |out| {
                let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                io::copy(&mut lines, &mut packed)?;
                packed.finish().map(drop)
            })?;
            std::fs::remove_file(&self.path).map_err(failed)?;
        } else {
            std::fs::rename(&self.path, output).map_err(failed)?;
        }
        // The output is there, so a journal that stays behind does no harm.
        let _ = std::fs::remove_file(&self.fingerprint);
        Ok(())
    }
}

impl Write for Journal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The lines that are complete, and where they end.
fn complete_lines(file: &mut File) -> io::Result<(u64, u64)> {
    let (mut rows, mut end, mut position) = (0, 0, 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((rows, end));
        }
        for (at, _) in buffer[..count].iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            rows += 1;
            end = position + at as u64 + 1;
        }
        position += count as u64;
    }
}

/// The rows of an earlier run, one after the other.
pub(crate) struct Earlier {
    path: PathBuf,
    lines: BufReader<File>,
    line: u64,
}

impl Earlier {
    /// Fails if the next row is not the prediction of this example.
    pub(crate) fn expect(&mut self, example: &Example) -> Result<()> {
        self.line += 1;
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).map_err(|error| error.to_string());
        let key = read.and_then(|_| {
            parse_prediction(line.trim_end())
                .map(|prediction| (prediction.locale, prediction.id))
                .map_err(|error| error.message().to_owned())
        });
        let place = format!("{}:{}", self.path.display(), self.line);
        let message = match key {
            Ok(key) if key.0 == example.locale && key.1 == example.id => return Ok(()),
            Ok((locale, id)) => format!(
                "{place}: it has {locale} {id} where the corpus has {example}, so it cannot be \
                 gone on with"
            ),
            Err(error) => format!("{place}: the line is damaged ({error})"),
        };
        Err(Error::new(ErrorKind::Damaged, message))
    }
}
