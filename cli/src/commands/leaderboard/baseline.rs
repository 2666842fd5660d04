//! The floor of a leaderboard: linear models of its own locales.

use std::io::Write;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use massive_data::{Corpus, Detail, LabelMode, LocaleSet, Partition, Selection};
use massive_eval::leaderboard::{Family, Task};
use massive_eval::request::Rows;
use massive_learn::{
    LocaleRows, Manifest, NamedLocale, Settings, TrainedFolder, TrainedLocale, TrainedPredictor,
    read_locales, train_locales,
};
use massive_predict::batch::BatchLimits;
use massive_predict::corpus::{Request, Target, predict};
use massive_predict::line::LineWords;
use massive_predict::pipeline::Limits;
use massive_predict::{Extras, Predictor, Shard};

use super::meta::Meta;
use crate::args::Global;
use crate::commands::predict::watch_for_interrupts;
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile};
use crate::progress::Progress;

/// What the orders of the rows are drawn from.
const SEED: u64 = 1;

/// Utterances of a batch, and of those that are sorted together.
const LIMITS: Limits =
    Limits { batch: BatchLimits { rows: 256, length: usize::MAX }, window: 4096 };

/// Says of the entry what nobody else said.
pub(super) fn describe(meta: &mut Meta) -> Result<()> {
    if meta.task == Some(Task::ZeroShot) {
        return Err(Failure::CannotRun(
            "a baseline learns each locale from its own rows, so that it is none of the zero-shot \
             task; add it to the full one"
                .to_owned(),
        ));
    }
    meta.name.get_or_insert_with(|| "Linear baseline".to_owned());
    meta.system.get_or_insert_with(|| {
        "linear models of intents and slots, one a locale, without pretrained weights".to_owned()
    });
    meta.model.family.get_or_insert(Family::Other);
    meta.trained_on_evaluation_rows.get_or_insert(false);
    Ok(())
}

/// Trains a model of each locale on partition train and writes what they predict for
/// the rows of the board to `file`; returns how many weights they have.
pub(super) fn run(
    file: &Path,
    rows: &Rows,
    labels: LabelMode,
    force: bool,
    global: &Global,
) -> Result<u64> {
    form::demand_lines(Some(file))?;
    output::refuse_existing(file, force)?;
    let pending = PendingFile::create(file)?;
    let stop = watch_for_interrupts()?;
    let models = train(rows, labels, stop, global)?;
    let weights = models.manifest().locales.iter().map(|one| one.weights as u64).sum();
    pending.finish(|out| write(rows, models, stop, global, out))?;
    output::remark(global, &format!("its predictions are in {}", file.display()));
    Ok(weights)
}

/// Trains a model of each locale of the board.
fn train(
    rows: &Rows,
    labels: LabelMode,
    stop: &AtomicBool,
    global: &Global,
) -> Result<TrainedFolder> {
    let found = read(rows, labels, global)?;
    let threads = available_parallelism().map_or(1, NonZero::get);
    let settings = Settings { seed: SEED, rare: true, ..Settings::default() };
    let progress = Progress::utterances(global, "locales", Some(found.len() as u64), 0);
    let mut models = Vec::new();
    train_locales(&found, &settings, threads, stop, |_, model, report| {
        let bytes = model.to_bytes().len() as u64;
        models.push((TrainedLocale::of_model(&model, bytes, report.rows), model));
        progress.advance();
        Ok::<(), Failure>(())
    })?;
    models.sort_by(|a, b| a.0.locale.cmp(&b.0.locale));
    let manifest = Manifest::new(SEED, labels.to_string(), Vec::new());
    Ok(TrainedFolder::in_memory(manifest, models))
}

/// The rows of partitions train and dev.
fn read(rows: &Rows, labels: LabelMode, global: &Global) -> Result<Vec<LocaleRows>> {
    let chosen = rows.chosen_locales(LocaleSet::EMPTY)?;
    let corpus = rows.source.open(Selection { locales: chosen.set, partition: None })?;
    if !corpus.rereadable() {
        return Err(Failure::CannotRun(
            "a baseline reads the corpus more than once, which standard input cannot be; give a \
             file or folder"
                .to_owned(),
        ));
    }
    let progress = Progress::bytes(global, "reading", corpus.size());
    let corpus: Corpus = corpus.detail(Detail::Labels).on_progress(progress.callback());
    let wanted = |one| matches!(one, Partition::Train | Partition::Dev);
    let found = read_locales(&corpus, labels, wanted)?;
    drop(progress);
    let missing = chosen.demanded.iter().find(|locale| {
        !found.iter().any(|one| one.locale() == locale.tag() && one.count(Partition::Train) > 0)
    });
    if let Some(locale) = missing {
        return Err(Failure::CannotRun(format!(
            "{locale} has no rows in partition train of the corpus: there is nothing that a \
             baseline could learn from; choose other locales"
        )));
    }
    Ok(found.iter().map(NamedLocale::numbered).collect::<massive_learn::Result<_>>()?)
}

/// Predicts the rows of the board.
fn write(
    rows: &Rows,
    models: TrainedFolder,
    stop: &AtomicBool,
    global: &Global,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let selection = Selection { locales: models.locales().into(), partition: Some(rows.partition) };
    let corpus = rows.source.open(selection)?.detail(Detail::Labels);
    let predictor = TrainedPredictor::new(models, Extras::default());
    let threads = available_parallelism().map_or(1, NonZero::get);
    let workers = (0..threads).map(|_| predictor.worker()).collect::<Result<_, _>>()?;
    let progress = Progress::utterances(global, "utterances", None, 0);
    let request = Request {
        corpus: &corpus,
        shard: Shard::WHOLE,
        predictor: &predictor,
        workers,
        limits: LIMITS,
        words: LineWords::Own,
        stop,
        on_row: &|| progress.advance(),
    };
    let outcome = predict(request, &mut Target::Stream(out))?;
    if outcome.pipeline.interrupted {
        return Err(Failure::CannotRun("interrupted: nothing was added".to_owned()));
    }
    if outcome.rows == 0 {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {}",
            rows.partition
        )));
    }
    Ok(())
}
