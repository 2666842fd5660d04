//! `massive predict`

mod fingerprint;
mod loading;
mod one;
mod runner;
mod trained;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use massive_data::{ChosenLocales, Corpus, Detail, LocaleSet};
use massive_eval::request::ScoreRequest;
use massive_predict::corpus::{self as rows_of, Outcome, Request, Target};
use massive_predict::journal::{self, Journal, Start};
use massive_predict::line::LineWords;
use massive_predict::pipeline::PipelineReport;
use massive_predict::{ErrorKind, Extras, Shard};
use massive_report::SortBy;

use self::loading::Loaded;
pub(crate) use self::runner::Runner;
use super::score;
use super::submission;
use super::submission::OnTerminal;
use crate::args::{CheckFormat, CorpusArgs, Global, PredictArgs, ScoreFormat};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output;
use crate::progress::Progress;

/// Set by an interrupt: nothing new begins.
static STOP: AtomicBool = AtomicBool::new(false);

pub(crate) fn run(args: &PredictArgs, global: &Global) -> Result<()> {
    form::demand_lines(args.output.as_deref())?;
    match (&args.corpus.0, args.locale) {
        (_, Some(locale)) => {
            if args.output.is_some() || args.score {
                return Err(Failure::CannotRun(
                    "--locale is for --text and standard input; for a corpus use --locales"
                        .to_owned(),
                ));
            }
            one::run(args, locale, global)
        }
        (Some(corpus), None) => over_corpus(args, corpus, global),
        (None, None) => Err(Failure::CannotRun(
            "what is to be parsed? Give --corpus PATH, or --locale NAME with --text TEXT, or \
             --locale NAME and utterances on standard input"
                .to_owned(),
        )),
    }
}

fn over_corpus(args: &PredictArgs, rows: &CorpusArgs, global: &Global) -> Result<()> {
    let words = match args.text.as_deref() {
        None | Some("own") => LineWords::Own,
        Some("reference") => LineWords::Reference,
        Some(_) => {
            return Err(Failure::CannotRun(
                "--text wants --locale if it is an utterance; with a corpus it is `own` or \
                 `reference`"
                    .to_owned(),
            ));
        }
    };
    let extras = Extras {
        scores: args.scores,
        words: words == LineWords::Reference,
        top_intents: args.top_k(),
    };
    let runner = Runner::open(args, extras)?;
    let locales = rows.chosen_locales(runner.locales())?;
    runner.demand(locales.demanded.iter())?;
    let corpus = rows.source.open(rows.selection(&locales))?.detail(Detail::Labels);
    if args.score && !corpus.rereadable() {
        return Err(Failure::CannotRun(
            "--score reads the corpus a second time, which standard input cannot be; give a file, \
             or write predictions with --output and score them later"
                .to_owned(),
        ));
    }
    let total = count(&corpus, rows, &locales, global)?;
    let loaded = runner.load()?;
    let sessions = loaded.workers.len();
    let destination = Destination::prepare(args, rows, &corpus, &runner, global)?;
    output::remark(global, &loaded.description);
    watch_for_interrupts()?;
    let total = total.map(|rows| args.shard.rows(rows));
    let work = Work { args, runner: &runner, corpus: &corpus, words, total, global };
    let (done, destination) = work.run(loaded, destination)?;
    submission::list_skipped(&done.read, global);
    summarise(&done.pipeline, runner.running(), sessions, global);
    if done.pipeline.interrupted {
        return Err(destination.interrupted(done.rows));
    }
    if done.rows == 0 && args.shard == Shard::WHOLE {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {}",
            rows.partition
        )));
    }
    let Some(predictions) = destination.finish(done.rows, global)? else { return Ok(()) };
    if args.score { show_score(args, rows, predictions.path(), global) } else { Ok(()) }
}

/// Scores what was predicted and prints the scores.
fn show_score(
    args: &PredictArgs,
    rows: &CorpusArgs,
    predictions: &Path,
    global: &Global,
) -> Result<()> {
    let mut request = ScoreRequest::new(vec![predictions.to_owned()], rows.rows()?);
    request.labels = args.scoring.labels;
    request.options.interval = args.scoring.interval();
    let scored = request.run(&OnTerminal::new(global))?;
    let (document, misreadings) = (scored.document(), &scored.misreadings);
    let format = match args.format {
        CheckFormat::Table => ScoreFormat::Table,
        CheckFormat::Json => ScoreFormat::Json,
    };
    let (width, colour) = (output::width(), output::coloured(global));
    if format != ScoreFormat::Table {
        submission::warn_of_misread(misreadings, global);
    }
    output::print(&score::render(&document, misreadings, format, SortBy::Locale, width, colour)?)
}

/// The rows that are to be predicted, if the corpus can be counted, and if
/// anybody wants to know.
fn count(
    corpus: &Corpus,
    rows: &CorpusArgs,
    locales: &ChosenLocales,
    global: &Global,
) -> Result<Option<u64>> {
    if !corpus.rereadable() || (Progress::is_hidden(global) && locales.demanded.is_empty()) {
        return Ok(None);
    }
    let mut found = LocaleSet::EMPTY;
    let report = corpus.fold(
        || LocaleSet::EMPTY,
        |found, _, utterance| {
            found.insert(utterance.locale());
            Ok(())
        },
        |_, _, locales| {
            found.extend(locales.iter());
            Ok(())
        },
    )?;
    locales.demand(&found, rows.partition, 0, &report)?;
    Ok(Some(report.rows))
}

/// Where predictions go.
enum Destination {
    /// A file that can be gone on with until it is complete.
    File(Journal, PathBuf),
    /// A file that only a score needs.
    Temporary(tempfile::NamedTempFile),
    /// Standard output, a device or a pipe.
    Stream(Box<dyn Write>),
}

impl Destination {
    fn prepare(
        args: &PredictArgs,
        rows: &CorpusArgs,
        corpus: &Corpus,
        runner: &Runner,
        global: &Global,
    ) -> Result<Self> {
        match &args.output {
            Some(path) if journal::is_replaceable(path) => {
                let fingerprint = fingerprint::of_run(args, rows, corpus, runner)?;
                let start = match (args.resume, args.force) {
                    (true, _) => Start::Resume,
                    (false, true) => Start::Anew,
                    (false, false) => Start::New,
                };
                let journal = Journal::open(path, &fingerprint, start)?;
                if journal.rows() > 0 {
                    let rows = submission::rows(usize::try_from(journal.rows()).unwrap_or(0));
                    output::remark(global, &format!("{rows} are there; going on after them"));
                }
                Ok(Destination::File(journal, path.clone()))
            }
            Some(path) => {
                let file = std::fs::File::options()
                    .write(true)
                    .open(path)
                    .map_err(|error| output::cannot_be_written(path, error))?;
                Ok(Destination::Stream(Box::new(io::BufWriter::new(file))))
            }
            None if args.score => {
                let file = tempfile::Builder::new().suffix(".jsonl").tempfile();
                file.map(Destination::Temporary).map_err(|error| {
                    Failure::CannotRun(format!("a temporary file cannot be made: {error}"))
                })
            }
            None => Ok(Destination::Stream(Box::new(io::BufWriter::new(io::stdout().lock())))),
        }
    }

    /// The failure that an interrupt is, with how to go on.
    fn interrupted(self, written: u64) -> Failure {
        let message = format!("interrupted after {written} rows");
        match self {
            Destination::File(journal, _) if !journal.remove_if_empty() => {
                Failure::CannotRun(format!(
                    "{message}; the same command with --resume goes on, from {}",
                    journal.path().display()
                ))
            }
            _ => Failure::CannotRun(message),
        }
    }

    /// Gives the output its name.
    fn finish(self, rows: u64, global: &Global) -> Result<Option<Predictions>> {
        match self {
            Destination::File(journal, path) => {
                journal.finish(&path)?;
                output::remark(global, &format!("{rows} rows in {}", path.display()));
                Ok(Some(Predictions::Named(path)))
            }
            Destination::Temporary(file) => Ok(Some(Predictions::Temporary(file))),
            Destination::Stream(_) => Ok(None),
        }
    }
}

/// A file of predictions that can be read.
enum Predictions {
    Named(PathBuf),
    Temporary(tempfile::NamedTempFile),
}

impl Predictions {
    fn path(&self) -> &Path {
        match self {
            Predictions::Named(path) => path,
            Predictions::Temporary(file) => file.path(),
        }
    }
}

/// A pass over the corpus.
struct Work<'a> {
    args: &'a PredictArgs,
    runner: &'a Runner,
    corpus: &'a Corpus,
    words: LineWords,
    total: Option<u64>,
    global: &'a Global,
}

impl Work<'_> {
    fn run(&self, loaded: Loaded<'_>, destination: Destination) -> Result<(Outcome, Destination)> {
        let done = match &destination {
            Destination::File(journal, _) => journal.rows(),
            _ => 0,
        };
        let progress = Progress::utterances(self.global, "utterances", self.total, done);
        let request = Request {
            corpus: self.corpus,
            shard: self.args.shard,
            predictor: self.runner.predictor(),
            workers: loaded.workers,
            limits: loaded.limits,
            words: self.words,
            stop: &STOP,
            on_row: &|| progress.advance(),
        };
        match destination {
            Destination::File(journal, path) => {
                let mut target = Target::Journal(journal);
                let result = rows_of::predict(request, &mut target);
                let Target::Journal(journal) = target else {
                    return Err(Failure::CannotRun("the output is gone".to_owned()));
                };
                match result {
                    Ok(outcome) => Ok((outcome, Destination::File(journal, path))),
                    Err(error) => Err(left_by(error, &journal)),
                }
            }
            Destination::Temporary(mut file) => {
                let outcome = rows_of::predict(request, &mut Target::Stream(&mut file))?;
                Ok((outcome, Destination::Temporary(file)))
            }
            Destination::Stream(mut out) => {
                let outcome = rows_of::predict(request, &mut Target::Stream(&mut *out))?;
                Ok((outcome, Destination::Stream(out)))
            }
        }
    }
}

/// The failure that an error is, with what becomes of the rows that are there.
fn left_by(error: massive_predict::Error, journal: &Journal) -> Failure {
    let failure = Failure::from(error);
    if journal.remove_if_empty() {
        return failure;
    }
    match failure {
        Failure::CannotRun(message) => Failure::CannotRun(format!(
            "{message}\n{} rows are in {}; once the cause is gone, --resume goes on after them",
            journal.rows(),
            journal.path().display()
        )),
        other => other,
    }
}

/// The flags that help against an error.
pub(crate) fn hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::OutOfMemory => "; give a smaller --batch-tokens or --batch-size",
        ErrorKind::Unfinished => "; --resume goes on with it, --force starts anew",
        ErrorKind::NothingToResume => "; run the command without --resume",
        ErrorKind::Changed => "; run with what it was begun with, or --force to start anew",
        ErrorKind::Damaged => "; --force starts anew",
        _ => "",
    }
}

/// The flag that an interrupt sets from now on.
pub(crate) fn watch_for_interrupts() -> Result<&'static AtomicBool> {
    if output::is_kept() {
        // Whoever calls from a program watches for them itself.
        return Ok(&STOP);
    }
    ctrlc::set_handler(|| {
        // Whoever asks twice does not want to wait.
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map(|()| &STOP)
    .map_err(|error| Failure::CannotRun(format!("interrupts cannot be watched for: {error}")))
}

/// Lets commands that predict or train end early, or no longer.
pub(crate) fn interrupt(stop: bool) {
    STOP.store(stop, Ordering::Relaxed);
}

/// One line about what was done, and remarks on what was not as usual.
fn summarise(report: &PipelineReport, running: Option<Duration>, sessions: usize, global: &Global) {
    let wall = report.wall.as_secs_f64();
    let rate = report.predictions as f64 / wall.max(1e-9);
    let outside = running.map_or_else(String::new, |running| {
        let share = 1.0 - running.as_secs_f64() / (wall * sessions as f64).max(1e-9);
        format!("; {:.1} % of the time outside the engine", 100.0 * share.max(0.0))
    });
    output::remark(
        global,
        &format!("{} utterances in {wall:.1} s: {rate:.0}/s{outside}", report.predictions),
    );
    if report.truncated > 0 {
        output::remark(
            global,
            &format!(
                "warning: utterances longer than the model takes: {}; words cut off, and predicted \
                 to be outside every slot: {}",
                report.truncated, report.truncated_words
            ),
        );
    }
    if report.malformed > 0 {
        output::remark(
            global,
            &format!("{} of the model's texts are not of the expected form", report.malformed),
        );
    }
    if let Some((first, count)) = &report.split {
        output::remark(
            global,
            &format!(
                "warning: {count} batches did not fit into memory and were split, the first being \
                 {first}; a smaller --batch-tokens avoids that"
            ),
        );
    }
}
