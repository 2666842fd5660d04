//! Predictions under way, so that an interruption loses nothing.
//!
//! Lines go to `FILE.partial`; `FILE.partial.json` says what run they belong to.
//! A run that goes on cuts off a line that was not finished, and holds every
//! earlier line against the rows of the corpus that it passes over: nothing is
//! lost, doubled or mixed.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use massive_data::Corpus;
use massive_data::prediction::parse_prediction;
use massive_models::folder::{MANIFEST, Parts};
use massive_models::predictor::Question;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::loading::Runner;
use crate::args::{CorpusArgs, PredictArgs};
use crate::failure::{Failure, Result};
use crate::output::{PendingFile, cannot_be_written};

/// What a run's lines depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    format: String,
    tool: String,
    model: Value,
    engine: String,
    corpus: Value,
    options: Value,
}

const FORMAT: &str = "massive-partial/1";

impl Fingerprint {
    /// The fingerprint of a run.
    pub(crate) fn new(
        args: &PredictArgs,
        rows: &CorpusArgs,
        corpus: &Corpus,
        runner: &Runner,
    ) -> Result<Self> {
        let mut files: Vec<(String, String)> = Vec::new();
        let mut add = |path: &Path| -> Result<()> {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, massive_models::digest::of_file(path)?));
            Ok(())
        };
        for graph in runner.folder.graphs() {
            add(&graph.path)?;
        }
        add(runner.folder.tokenizer().path())?;
        match &runner.folder.parts {
            Parts::Encoder(encoder) => labels(encoder, &mut add)?,
            Parts::Pair { intent, slots } => {
                labels(intent, &mut add)?;
                labels(slots, &mut add)?;
                add(slots.tokenizer.path())?;
            }
            Parts::TextToText(_) => {}
        }
        let manifest = runner.folder.path.join(MANIFEST);
        if manifest.is_file() {
            add(&manifest)?;
        }
        let source = &rows.source;
        Ok(Fingerprint {
            format: FORMAT.to_owned(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            model: serde_json::json!({ "kind": runner.folder.kind(), "files": files }),
            engine: massive_models::engine::Engine::name(&runner.engine).to_owned(),
            corpus: serde_json::json!({
                "bytes": corpus.size(),
                "partition": rows.partition.name(),
                "locales": corpus.selection().locales.to_string(),
                "filter": format!("{:?}", corpus.judgment_filter()),
                "open_labels": source.open_labels,
                "skip_bad_lines": source.skip_bad_lines,
            }),
            options: serde_json::json!({
                "max_length": runner.folder.max_length(),
                "text": args.text,
                "scores": args.scores,
                "generation": format!("{:?}", args.generation),
                "optimization": format!("{:?}", args.engine.optimization),
            }),
        })
    }

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

fn labels(
    encoder: &massive_models::folder::EncoderFolder,
    add: &mut impl FnMut(&Path) -> Result<()>,
) -> Result<()> {
    for head in encoder.intent.iter().chain(&encoder.slots) {
        add(head.labels.source())?;
    }
    Ok(())
}

/// True if a file of this name can be written under another one first.
pub(crate) fn is_replaceable(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |metadata| metadata.is_file() || metadata.is_dir())
}

/// Where the lines of an unfinished output are.
pub(crate) fn path_of(output: &Path) -> PathBuf {
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

/// The lines of an unfinished output.
pub(crate) struct PartialFile {
    path: PathBuf,
    journal: PathBuf,
    file: File,
    rows: u64,
}

impl PartialFile {
    /// Begins a file, or opens the one that an interrupted run left.
    pub(crate) fn open(
        output: &Path,
        fingerprint: &Fingerprint,
        resume: bool,
        force: bool,
    ) -> Result<Self> {
        let (path, journal) = (path_of(output), journal_of(output));
        if output.is_dir() {
            return Err(Failure::CannotRun(format!(
                "{} is a folder; name a file in it",
                output.display()
            )));
        }
        if resume {
            return Self::resume(path, journal, fingerprint);
        }
        if path.exists() && !force {
            return Err(Failure::CannotRun(format!(
                "{} is left from a run that was not finished; --resume goes on with it, --force \
                 starts anew",
                path.display()
            )));
        }
        let failed = |error: io::Error| cannot_be_written(&path, error);
        // In this order a kill in between leaves nothing that cannot be gone on
        // with, and no old lines under a new journal.
        if path.exists() {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        PendingFile::create(&journal)?
            .finish_with(super::super::score::json(fingerprint)?.as_bytes())?;
        let file = File::create(&path).map_err(failed)?;
        Ok(PartialFile { path, journal, file, rows: 0 })
    }

    fn resume(path: PathBuf, journal: PathBuf, fingerprint: &Fingerprint) -> Result<Self> {
        let text = std::fs::read_to_string(&journal).map_err(|error| {
            Failure::CannotRun(match error.kind() {
                io::ErrorKind::NotFound => format!(
                    "there is nothing to resume: {} is not there; run the command without --resume",
                    journal.display()
                ),
                _ => format!("{} cannot be read: {error}", journal.display()),
            })
        })?;
        let earlier: Fingerprint = serde_json::from_str(&text).map_err(|error| {
            Failure::CannotRun(format!(
                "{}: not what an interrupted run leaves ({error}); --force starts anew",
                journal.display()
            ))
        })?;
        let differences = earlier.differences(fingerprint);
        if !differences.is_empty() {
            return Err(Failure::CannotRun(format!(
                "{} cannot be gone on with: {} changed since; run with what it was begun with, or \
                 --force to start anew",
                path.display(),
                differences.join(" and ")
            )));
        }
        let failed = |error: io::Error| cannot_be_written(&path, error);
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
        Ok(PartialFile { path, journal, file, rows })
    }

    /// Rows of the earlier run.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The rows of the earlier run, to be held against the corpus.
    pub(crate) fn earlier(&self) -> Result<Earlier> {
        let file = File::open(&self.path).map_err(|error| cannot_be_written(&self.path, error))?;
        Ok(Earlier { path: self.path.clone(), lines: BufReader::new(file), line: 0 })
    }

    /// The failure that an interrupt is, with what becomes of the rows that are
    /// there.
    pub(crate) fn left_by_interrupt(self, message: String, written: u64) -> Failure {
        if written == 0 {
            return self.left_by(Failure::CannotRun(message), 0);
        }
        Failure::CannotRun(format!(
            "{message}; the same command with --resume goes on, from {}",
            self.path.display()
        ))
    }

    /// The same failure, with what becomes of the rows that are there.
    pub(crate) fn left_by(self, failure: Failure, written: u64) -> Failure {
        if written == 0 {
            let _ = std::fs::remove_file(&self.path);
            let _ = std::fs::remove_file(&self.journal);
            return failure;
        }
        match failure {
            Failure::CannotRun(message) => Failure::CannotRun(format!(
                "{message}\n{written} rows are in {}; once the cause is gone, --resume goes on \
                 after them",
                self.path.display()
            )),
            other => other,
        }
    }

    /// Gives the lines their name.
    pub(crate) fn finish(self, output: &Path) -> Result<()> {
        let failed = |error: io::Error| cannot_be_written(output, error);
        self.file.sync_all().map_err(failed)?;
        let packed = output.extension().is_some_and(|extension| extension == "gz");
        if packed {
            let mut lines = File::open(&self.path).map_err(failed)?;
            PendingFile::create(output)?.finish(|out| {
                let mut packed = flate2::write::GzEncoder::new(
                    BufWriter::new(out),
                    flate2::Compression::default(),
                );
                io::copy(&mut lines, &mut packed)
                    .and_then(|_| packed.finish()?.flush())
                    .map_err(failed)
            })?;
            std::fs::remove_file(&self.path).map_err(failed)?;
        } else {
            std::fs::rename(&self.path, output).map_err(failed)?;
        }
        // The output is there, so a journal that stays behind does no harm.
        let _ = std::fs::remove_file(&self.journal);
        Ok(())
    }
}

impl Write for PartialFile {
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
    /// Fails if the next row is not the prediction of this question.
    pub(crate) fn expect(&mut self, question: &Question) -> massive_models::Result<()> {
        self.line += 1;
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).map_err(|error| error.to_string());
        let key = read.and_then(|_| {
            parse_prediction(line.trim_end())
                .map(|prediction| (prediction.locale, prediction.id))
                .map_err(|error| error.message().to_owned())
        });
        let place = format!("{}:{}", self.path.display(), self.line);
        match key {
            Ok(key) if key == (question.locale, question.id.clone()) => Ok(()),
            Ok((locale, id)) => Err(massive_models::Error::request(format!(
                "{place}: it has {locale} {id} where the corpus has {question}, so it cannot be \
                 gone on with; --force starts anew"
            ))),
            Err(error) => Err(massive_models::Error::request(format!(
                "{place}: the line is damaged ({error}); --force starts anew"
            ))),
        }
    }
}
