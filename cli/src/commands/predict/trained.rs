//! Predictions of trained models: no engine, no batches, no sessions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use massive_data::words::words;
use massive_data::{
    Corpus, Detail, Locale, LocaleSet, PredictionDetails, PredictionForm, SlotName, UtteranceId,
    WordPrediction, chunks,
};
use massive_learn::{Labels, LocaleModel, TrainedFolder, Workspace};

use super::{show_score, submission};
use crate::args::{CheckFormat, CorpusArgs, Global, PredictArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};
use crate::progress::Progress;

pub(super) fn run(args: &PredictArgs, global: &Global) -> Result<()> {
    let folder = TrainedFolder::open(&args.model.model)?;
    match (&args.corpus.0, args.locale) {
        (_, Some(_)) if args.output.is_some() || args.score => Err(Failure::CannotRun(
            "--locale is for --text and standard input; for a corpus use --locales".to_owned(),
        )),
        (_, Some(locale)) => texts(args, &folder, locale, global),
        (Some(rows), None) => over_corpus(args, rows, &folder, global),
        (None, None) => Err(Failure::CannotRun(
            "what is to be parsed? Give --corpus PATH, or --locale NAME with --text TEXT, or \
             --locale NAME and utterances on standard input"
                .to_owned(),
        )),
    }
}

/// A locale's model, with its slots as labels.
struct Ready<'a> {
    model: &'a LocaleModel,
    slots: Vec<SlotName>,
}

impl<'a> Ready<'a> {
    fn of(folder: &'a TrainedFolder, locale: Locale) -> Result<Self> {
        let model = folder.model(locale.tag())?;
        let slots = model.names().slots.iter().map(|name| SlotName::open(name)).collect();
        Ok(Ready { model, slots })
    }

    /// Writes what the model said about an utterance as a line.
    fn write(
        &self,
        (id, locale, words): (UtteranceId, Locale, Vec<&str>),
        labels: &Labels,
        scores: bool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut details = PredictionDetails::default();
        if scores {
            details.intent_score = Some(f64::from(labels.probability));
            details.intent_margin = Some(f64::from(labels.margin));
        }
        WordPrediction {
            id,
            locale,
            words,
            intent: Some(&self.model.names().intents[labels.intent]),
            labels: Some(
                labels.slots.iter().map(|slot| slot.map(|slot| &self.slots[slot])).collect(),
            ),
        }
        .write_with(PredictionForm::Reference, &details, out)
    }
}

fn over_corpus(
    args: &PredictArgs,
    rows: &CorpusArgs,
    folder: &TrainedFolder,
    global: &Global,
) -> Result<()> {
    let chosen = rows.chosen_locales(known(folder))?;
    let corpus = rows.source.open(rows.selection(&chosen))?.detail(Detail::Labels);
    if args.score && !corpus.rereadable() {
        return Err(Failure::CannotRun(
            "--score reads the corpus a second time, which standard input cannot be; give a file, \
             or write predictions with --output and score them later"
                .to_owned(),
        ));
    }
    for locale in chosen.demanded.iter() {
        folder.model(locale.tag())?;
    }
    let Some(path) = &args.output else {
        if !args.score {
            return write_rows(args, rows, corpus, folder, &mut io::stdout().lock(), global);
        }
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().map_err(|error| {
            Failure::CannotRun(format!("a temporary file cannot be made: {error}"))
        })?;
        write_rows(args, rows, corpus, folder, &mut file.as_file(), global)?;
        return show_score(args, rows, file.path(), global);
    };
    PendingFile::create(path)?.finish(|out| {
        if output::extension(Some(path)) != Some("gz") {
            return write_rows(args, rows, corpus, folder, out, global);
        }
        let mut out = GzEncoder::new(out, Compression::default());
        write_rows(args, rows, corpus, folder, &mut out, global)?;
        out.finish().map(drop).map_err(|error| output::cannot_be_written(path, error))
    })?;
    if !args.score {
        return Ok(());
    }
    show_score(args, rows, Path::new(path), global)
}

/// The locales that a folder has models of.
fn known(folder: &TrainedFolder) -> LocaleSet {
    folder.manifest().locales.iter().filter_map(|one| Locale::from_tag(&one.locale)).collect()
}

/// Predicts the rows of a corpus on all cores and writes them in their order.
fn write_rows(
    args: &PredictArgs,
    rows: &CorpusArgs,
    corpus: Corpus,
    folder: &TrainedFolder,
    out: &mut dyn Write,
    global: &Global,
) -> Result<()> {
    let started = Instant::now();
    let mut models = BTreeMap::new();
    for locale in corpus.selection().locales.of(&known(folder)).iter() {
        models.insert(locale, Ready::of(folder, locale)?);
    }
    let progress = Progress::bytes(global, "predicting", corpus.size());
    let corpus = corpus.on_progress(progress.callback());
    let mut failure = None;
    let mut missing = None;
    let report = corpus.fold(
        || (Vec::new(), Workspace::default(), None),
        |(lines, space, missing), _, utterance| {
            let Some(ready) = models.get(&utterance.locale()) else {
                *missing = Some(utterance.locale());
                return Ok(());
            };
            let words = utterance.words();
            let labels = ready.model.predict(utterance.utt(), &words, space);
            ready
                .write(
                    (utterance.id().clone(), utterance.locale(), words),
                    &labels,
                    args.scores,
                    lines,
                )
                .map_err(|error| massive_data::Error::request(error.to_string()))
        },
        |_, _, (lines, _, lacking): (Vec<u8>, Workspace, Option<Locale>)| {
            missing = missing.or(lacking);
            out.write_all(&lines).map_err(|error| {
                let message = error.to_string();
                failure = Some(Failure::stdout(error));
                massive_data::Error::request(message)
            })
        },
    );
    drop(progress);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let report = report?;
    submission::list_skipped(&report, global);
    if let Some(locale) = missing {
        return Err(Ready::of(folder, locale).err().unwrap_or_else(|| {
            Failure::CannotRun(format!("the model of {locale} cannot be used"))
        }));
    }
    if report.rows == 0 {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {}",
            rows.partition
        )));
    }
    let seconds = started.elapsed().as_secs_f64();
    output::remark(
        global,
        &format!(
            "{} utterances in {seconds:.1} s: {:.0}/s",
            report.rows,
            report.rows as f64 / seconds.max(1e-9)
        ),
    );
    Ok(())
}

/// One utterance, or one a line of standard input.
fn texts(
    args: &PredictArgs,
    folder: &TrainedFolder,
    locale: Locale,
    global: &Global,
) -> Result<()> {
    let ready = Ready::of(folder, locale)?;
    let mut space = Workspace::default();
    let mut parse = |number: u64, text: &str| -> Result<()> {
        let words = words(text, locale.segmentation());
        if words.is_empty() {
            return Ok(());
        }
        let labels = ready.model.predict(text, &words, &mut space);
        if args.format == CheckFormat::Json {
            let mut line = Vec::new();
            ready
                .write((UtteranceId::from(number), locale, words), &labels, args.scores, &mut line)
                .map_err(Failure::stdout)?;
            return output::print(&String::from_utf8_lossy(&line));
        }
        output::print(&rendered(&ready, &words, &labels))
    };
    if let Some(text) = &args.text {
        if text.trim().is_empty() {
            return Err(Failure::CannotRun("--text has no words".to_owned()));
        }
        return parse(0, text);
    }
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        output::remark(global, "one utterance a line; end with Ctrl-D");
    }
    for (number, line) in (0..).zip(stdin.lines()) {
        let line = line.map_err(|error| {
            Failure::CannotRun(format!("standard input cannot be read: {error}"))
        })?;
        parse(number, &line)?;
    }
    Ok(())
}

fn rendered(ready: &Ready<'_>, words: &[&str], labels: &Labels) -> String {
    let names = ready.model.names();
    let mut text =
        format!("{}  {:.0} %\n", names.intents[labels.intent], 100.0 * labels.probability);
    let slots = labels.slots.iter().map(|slot| slot.map(|slot| &ready.slots[slot]));
    for chunk in chunks(slots) {
        let _ = writeln!(text, "  {}: {}", chunk.label, words[chunk.first..=chunk.last].join(" "));
    }
    text
}
