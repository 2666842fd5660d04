//! `massive train`

mod card;

use std::num::NonZero;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Instant;

use massive_data::{Detail, LocaleFilter, Selection};
use massive_learn::{
    LocaleModel, LocaleRows, MANIFEST, Manifest, RowScore, Settings, TrainedLocale, TrainingReport,
    file_name, read_rows, train_locales,
};
use serde::Serialize;

use super::predict::watch_for_interrupts;
use super::score::json;
use crate::args::{CheckFormat, Global, TrainArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFolder};
use crate::progress::Progress;

/// The card's name in the folder.
const CARD: &str = "README.md";

/// What was trained. Its schema is `schemas/train.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    folder: String,
    seed: u64,
    labels: String,
    locales: Vec<Trained>,
}

/// A locale's model and how well it does.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trained {
    pub(crate) locale: String,
    pub(crate) rows: usize,
    pub(crate) dev_rows: usize,
    pub(crate) passes: usize,
    pub(crate) bytes: u64,
    pub(crate) dev: Option<Scores>,
}

/// Shares of dev rows, 0 to 1.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Scores {
    pub(crate) intent_acc: f64,
    pub(crate) slot_micro_f1: f64,
    pub(crate) ex_match_acc: f64,
}

impl From<RowScore> for Scores {
    fn from(score: RowScore) -> Self {
        Scores {
            intent_acc: score.intent_accuracy,
            slot_micro_f1: score.slot_f1,
            ex_match_acc: score.exact_match,
        }
    }
}

pub(crate) fn run(args: &TrainArgs, global: &Global) -> Result<()> {
    let ours = |name: &str| name == MANIFEST || name == CARD || name.ends_with(".weights");
    let folder = PendingFolder::create(&args.output, args.force, ours)?;
    let stop = watch_for_interrupts()?;
    let rows = rows(args, global)?;
    let started = Instant::now();
    let settings = Settings { seed: args.seed, rare: args.rare_labels, ..Settings::default() };
    let mut work = Work { folder: &folder, rows: &rows, done: vec![None; rows.len()] };
    work.train(args, &settings, stop, global)?;
    let done: Vec<(Trained, TrainedLocale)> = work.done.into_iter().flatten().collect();
    let (trained, listed): (Vec<Trained>, Vec<TrainedLocale>) = done.into_iter().unzip();
    let manifest = Manifest::new(args.seed, args.labels.to_string(), listed);
    write(&folder, MANIFEST, json(&manifest)?.as_bytes())?;
    write(&folder, CARD, card::card(&manifest, &trained).as_bytes())?;
    folder.finish()?;
    let seconds = started.elapsed().as_secs_f64();
    output::remark(
        global,
        &format!("{} models in {}, {seconds:.0} s", trained.len(), args.output.display()),
    );
    output::print(&match args.format {
        CheckFormat::Table => card::table(&trained),
        CheckFormat::Json => json(&Document {
            format: "massive-train/1",
            folder: args.output.display().to_string(),
            seed: args.seed,
            labels: args.labels.to_string(),
            locales: trained,
        })?,
    })
}

/// The rows to learn from.
fn rows(args: &TrainArgs, global: &Global) -> Result<Vec<LocaleRows>> {
    let chosen = args.locales.chosen(LocaleFilter::ALL)?;
    let selection = Selection { locales: chosen.set.clone(), partition: None };
    let mut corpus = args.source.open(selection)?.detail(Detail::Labels);
    let progress = Progress::bytes(global, "reading", corpus.size());
    corpus = corpus.on_progress(progress.callback());
    let rows = read_rows(&corpus, args.labels)?;
    drop(progress);
    for locale in chosen.demanded.iter() {
        if !rows.iter().any(|rows| rows.locale() == locale.tag()) {
            return Err(Failure::CannotRun(format!(
                "{locale} has no rows in partition train of the corpus: there is nothing to learn \
                 from"
            )));
        }
    }
    for rows in &rows {
        if let rare @ [_, ..] = rows.rare_slots().as_slice() {
            output::remark(
                global,
                &format!(
                    "{}: slots with one row in train, of which little can be learned: {}",
                    rows.locale(),
                    rare.join(", ")
                ),
            );
        }
    }
    Ok(rows)
}

/// Models on their way into the folder.
struct Work<'a> {
    folder: &'a PendingFolder,
    rows: &'a [LocaleRows],
    done: Vec<Option<(Trained, TrainedLocale)>>,
}

impl Work<'_> {
    fn train(
        &mut self,
        args: &TrainArgs,
        settings: &Settings,
        stop: &AtomicBool,
        global: &Global,
    ) -> Result<()> {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let threads = args.threads.map_or(cores, usize::from);
        let total = Some(self.rows.len() as u64);
        let progress = Progress::utterances(global, "locales", total, 0);
        train_locales(self.rows, settings, threads, stop, |number, model, report| {
            self.take(number, &model, report)?;
            progress.advance();
            Ok(())
        })
    }

    fn take(&mut self, number: usize, model: &LocaleModel, report: TrainingReport) -> Result<()> {
        let locale = model.names().locale.clone();
        let file = file_name(&locale);
        let bytes = model.to_bytes();
        write(self.folder, &file, &bytes)?;
        let listed = TrainedLocale {
            locale: locale.clone(),
            file,
            bytes: bytes.len() as u64,
            rows: report.rows,
            intents: model.names().intents.len(),
            slots: model.names().slots.len(),
            weights: model.weights(),
        };
        let trained = Trained {
            locale,
            rows: report.rows,
            dev_rows: report.dev.map_or(0, |dev| dev.rows),
            passes: report.passes,
            bytes: bytes.len() as u64,
            dev: report.dev.map(Into::into),
        };
        self.done[number] = Some((trained, listed));
        Ok(())
    }
}

fn write(folder: &PendingFolder, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).map_err(|error| output::cannot_be_written(&path, error))
}
