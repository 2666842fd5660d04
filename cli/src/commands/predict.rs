//! `massive predict`

mod lines;
mod loading;
mod one;
mod partial;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use massive_data::{Corpus, Detail, LocaleFilter, LocaleSet};
use massive_models::predict::{self, PipelineReport};
use massive_models::predictor::Extras;

use self::lines::TextForm;
use self::loading::{Loaded, Runner};
use self::partial::{Fingerprint, PartialFile};
use super::{score, submission};
use crate::args::{
    CheckFormat, ChosenLocales, CorpusArgs, Global, PredictArgs, ScoreArgs, ScoreFormat,
};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Progress;

/// Set by an interrupt: nothing new begins.
static STOP: AtomicBool = AtomicBool::new(false);

pub(crate) fn run(args: &PredictArgs, global: &Global) -> Result<()> {
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
    let form = match args.text.as_deref() {
        None | Some("own") => TextForm::Own,
        Some("reference") => TextForm::Reference,
        Some(_) => {
            return Err(Failure::CannotRun(
                "--text wants --locale if it is an utterance; with a corpus it is `own` or \
                 `reference`"
                    .to_owned(),
            ));
        }
    };
    let locales = rows.chosen_locales(LocaleFilter::ALL)?;
    let corpus = rows.source.open(rows.selection(&locales))?.detail(Detail::Labels);
    if args.score && !corpus.rereadable() {
        return Err(Failure::CannotRun(
            "--score reads the corpus a second time, which standard input cannot be; give a file, \
             or write predictions with --output and score them later"
                .to_owned(),
        ));
    }
    let total = count(&corpus, rows, &locales, global)?;
    let extras = Extras { scores: args.scores, words: form == TextForm::Reference };
    let runner = Runner::open(args, extras)?;
    let loaded = runner.predictors()?;
    let sessions = loaded.predictors.len();
    let target = match &args.output {
        Some(path) if partial::is_replaceable(path) => {
            let fingerprint = Fingerprint::new(args, rows, &corpus, &runner)?;
            let partial = PartialFile::open(path, &fingerprint, args.resume, args.force)?;
            if partial.rows() > 0 {
                let rows = submission::rows(usize::try_from(partial.rows()).unwrap_or(0));
                output::remark(global, &format!("{rows} are there; going on after them"));
            }
            Target::Partial(partial, path.clone())
        }
        // A device or pipe.
        Some(path) => Target::Stream(Box::new(io::BufWriter::new(
            std::fs::File::options()
                .write(true)
                .open(path)
                .map_err(|error| output::cannot_be_written(path, error))?,
        ))),
        None if args.score => Target::temporary()?,
        None => Target::Stream(Box::new(io::BufWriter::new(io::stdout().lock()))),
    };
    output::remark(global, &loaded.description);
    watch_for_interrupts()?;
    let done =
        Work { runner: &runner, corpus: &corpus, form, total, global }.run(loaded, target)?;
    submission::list_skipped(&done.read, global);
    summarise(&done.pipeline, done.running, sessions, global);
    if done.pipeline.interrupted {
        return Err(done.interrupted());
    }
    if done.written == 0 {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {}",
            rows.partition
        )));
    }
    let Some(path) = done.finish(global)? else { return Ok(()) };
    if !args.score {
        return Ok(());
    }
    score::run(&score_args(args, rows, path.path()), global)
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
    submission::demand(locales, &found, rows.partition, 0, &report)?;
    Ok(Some(report.rows))
}

/// Where predictions go.
enum Target<'a> {
    Partial(PartialFile, PathBuf),
    Temporary(tempfile::NamedTempFile),
    Stream(Box<dyn Write + 'a>),
}

impl Target<'_> {
    fn temporary() -> Result<Self> {
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().map_err(|error| {
            Failure::CannotRun(format!("a temporary file cannot be made: {error}"))
        })?;
        Ok(Target::Temporary(file))
    }
}

/// A pass over the corpus.
struct Work<'a> {
    runner: &'a Runner,
    corpus: &'a Corpus,
    form: TextForm,
    total: Option<u64>,
    global: &'a Global,
}

/// What a pass left.
struct Outcome {
    read: massive_data::ReadReport,
    pipeline: PipelineReport,
    running: Duration,
    /// Rows in the output, those of an earlier run included.
    written: u64,
    file: OutcomeFile,
}

enum OutcomeFile {
    Partial(PartialFile, PathBuf),
    Temporary(tempfile::NamedTempFile),
    Stream,
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

impl Work<'_> {
    fn run(&self, loaded: Loaded<'_>, mut target: Target<'_>) -> Result<Outcome> {
        let skip = match &target {
            Target::Partial(partial, _) => partial.rows(),
            _ => 0,
        };
        let mut earlier = match &target {
            Target::Partial(partial, _) => Some(partial.earlier()?),
            _ => None,
        };
        let mut skipped = 0;
        let mut failure: Option<Failure> = None;
        let mut written = skip;
        let progress = Progress::utterances(self.global, "utterances", self.total, skip);
        let result = {
            let out: &mut dyn Write = match &mut target {
                Target::Partial(partial, _) => partial,
                Target::Temporary(file) => file,
                Target::Stream(out) => out,
            };
            let mut out = io::BufWriter::with_capacity(1 << 16, out);
            let result = predict::corpus(
                self.corpus,
                &*self.runner.model,
                loaded.predictors,
                loaded.limits,
                &STOP,
                skip,
                |question| {
                    skipped += 1;
                    match &mut earlier {
                        Some(earlier) => earlier.expect(question),
                        None => Ok(()),
                    }
                },
                |answer| {
                    lines::write(&answer, self.form, &mut out).map_err(|error| {
                        let message = error.to_string();
                        failure = Some(Failure::stdout(error));
                        massive_models::Error::request(message)
                    })?;
                    written += 1;
                    progress.advance();
                    Ok(())
                },
            );
            // What was written before an error can be gone on with.
            match out.flush() {
                Err(error) if failure.is_none() => failure = Some(Failure::stdout(error)),
                _ => {}
            }
            result
        };
        drop(progress);
        let cannot = match (failure, &result) {
            (Some(failure), _) => Some(failure),
            (None, Err(error)) => Some(Failure::CannotRun(error.to_string())),
            (None, Ok((_, pipeline))) if skipped < skip && !pipeline.interrupted => {
                Some(Failure::CannotRun(format!(
                    "the unfinished output has {skip} rows, but the corpus only {skipped}; --force \
                     starts anew"
                )))
            }
            (None, Ok(_)) => None,
        };
        if let Some(failure) = cannot {
            return Err(match target {
                Target::Partial(partial, _) => partial.left_by(failure, written),
                _ => failure,
            });
        }
        let (read, pipeline) = result?;
        let file = match target {
            Target::Partial(partial, path) => OutcomeFile::Partial(partial, path),
            Target::Temporary(file) => OutcomeFile::Temporary(file),
            Target::Stream(_) => OutcomeFile::Stream,
        };
        Ok(Outcome { read, pipeline, running: self.runner.running(), written, file })
    }
}

impl Outcome {
    /// The failure that an interrupt is, with how to go on.
    fn interrupted(self) -> Failure {
        let message = format!("interrupted after {} rows", self.written);
        match self.file {
            OutcomeFile::Partial(partial, _) => partial.left_by_interrupt(message, self.written),
            _ => Failure::CannotRun(message),
        }
    }

    /// Gives the output its name.
    fn finish(self, global: &Global) -> Result<Option<Predictions>> {
        match self.file {
            OutcomeFile::Partial(partial, path) => {
                partial.finish(&path)?;
                output::remark(global, &format!("{} rows in {}", self.written, path.display()));
                Ok(Some(Predictions::Named(path)))
            }
            OutcomeFile::Temporary(file) => Ok(Some(Predictions::Temporary(file))),
            OutcomeFile::Stream => Ok(None),
        }
    }
}

fn watch_for_interrupts() -> Result<()> {
    ctrlc::set_handler(|| {
        // Whoever asks twice does not want to wait.
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure::CannotRun(format!("interrupts cannot be watched for: {error}")))
}

/// One line about what was done, and remarks on what was not as usual.
fn summarise(report: &PipelineReport, running: Duration, sessions: usize, global: &Global) {
    let wall = report.wall.as_secs_f64();
    let rate = report.answers as f64 / wall.max(1e-9);
    let outside = 1.0 - running.as_secs_f64() / (wall * sessions as f64).max(1e-9);
    output::remark(
        global,
        &format!(
            "{} utterances in {wall:.1} s: {rate:.0}/s; {:.1} % of the time outside the engine",
            report.answers,
            100.0 * outside.max(0.0)
        ),
    );
    if report.cut.0 > 0 {
        output::remark(
            global,
            &format!(
                "warning: utterances longer than the model takes: {}; words cut off, and predicted \
                 to be outside every slot: {}",
                report.cut.0, report.cut.1
            ),
        );
    }
    if report.malformed > 0 {
        output::remark(
            global,
            &format!("{} of the model's texts are not of the expected form", report.malformed),
        );
    }
    if let Some((first, count)) = &report.halved {
        output::remark(
            global,
            &format!(
                "warning: {count} batches did not fit into memory and were halved, the first being \
                 {first}; a smaller --batch-tokens avoids that"
            ),
        );
    }
}

fn score_args(args: &PredictArgs, rows: &CorpusArgs, predictions: &Path) -> ScoreArgs {
    ScoreArgs {
        predictions: vec![predictions.to_owned()],
        corpus: rows.clone(),
        scoring: args.scoring.clone(),
        group_by: Vec::new(),
        metrics: crate::args::MetricsArgs::default(),
        slu_f1: false,
        score_only: false,
        short: false,
        sort: None,
        split: None,
        format: Some(match args.format {
            CheckFormat::Table => ScoreFormat::Table,
            CheckFormat::Json => ScoreFormat::Json,
        }),
        output: None,
        per_utterance: None,
        plot: None,
        fail_under: Vec::new(),
        missing: crate::args::Missing::Error,
    }
}
