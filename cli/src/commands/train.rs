//! `massive train`

mod card;
mod curve;
mod distil;
mod read;
mod scenarios;

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Instant;

use massive_data::Partition;
use massive_learn::{
    Amount, LocaleModel, LocaleRows, MANIFEST, Manifest, RowScore, Settings, TrainedLocale,
    TrainingReport, train_locales,
};
use serde::Serialize;

use self::read::{read, tell_rare};
use super::predict::watch_for_interrupts;
use super::score::json;
use crate::args::{CheckFormat, Global, TrainArgs};
use crate::failure::{Failure, Result};
use crate::form;
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
    /// Other locales whose rows were learned from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<String>,
    locales: Vec<Trained>,
    /// Where a teacher taught.
    #[serde(skip_serializing_if = "Option::is_none")]
    distillation: Option<Vec<distil::Distilled>>,
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
    form::demand_folder(args.output.as_deref())?;
    if args.is_zero_shot() && args.from.is_none() {
        return Err(Failure::CannotRun(
            "0 rows are nothing to learn from: name locales whose rows are learned from with --from"
                .to_owned(),
        ));
    }
    if args.leave_one_scenario_out {
        return scenarios::run(args, global);
    }
    match (&args.output, args.curve.is_empty()) {
        (_, false) => curve::run(args, global),
        (Some(output), true) if args.teacher.is_empty() => train(args, output, global),
        (Some(output), true) => distil::run(args, output, global),
        (None, true) => Err(Failure::CannotRun("--output or --curve is needed".to_owned())),
    }
}

fn train(args: &TrainArgs, output: &Path, global: &Global) -> Result<()> {
    let folder = pending(args, output)?;
    let stop = watch_for_interrupts()?;
    let wanted = |one| matches!(one, Partition::Train | Partition::Dev);
    let read = read(args, wanted, global)?;
    let rows = read.numbered(args, args.amount())?;
    if args.amount() == Amount::All {
        tell_rare(&rows, global);
    }
    let (trained, seconds) = fill(args, &folder, &rows, &read.from(), stop, global)?;
    folder.finish()?;
    let remark = format!("{} models in {}, {seconds:.0} s", trained.len(), output.display());
    output::remark(global, &remark);
    output::print(&match args.format {
        CheckFormat::Table => card::table(&trained),
        CheckFormat::Json => json(&Document {
            format: "massive-train/1",
            folder: output.display().to_string(),
            seed: args.seed,
            labels: args.labels.to_string(),
            from: read.from(),
            locales: trained,
            distillation: None,
        })?,
    })
}

/// The folder that models go to.
fn pending(args: &TrainArgs, output: &Path) -> Result<PendingFolder> {
    let ours = |name: &str| name == MANIFEST || name == CARD || name.ends_with(".weights");
    PendingFolder::create(output, args.force, ours)
}

/// Few rows have rare labels of necessity.
fn settings(args: &TrainArgs) -> Settings {
    let few = args.amount() != Amount::All || args.output.is_none() || args.from.is_some();
    let rare = args.rare_labels || few;
    let bytes = args.size.map(|megabytes| (megabytes * 1e6) as usize);
    Settings { seed: args.seed, rare, bytes, ..Settings::default() }
}

/// Trains and fills the folder; also says how many seconds that took.
fn fill(
    args: &TrainArgs,
    folder: &PendingFolder,
    rows: &[LocaleRows],
    from: &[String],
    stop: &AtomicBool,
    global: &Global,
) -> Result<(Vec<Trained>, f64)> {
    let started = Instant::now();
    let mut work = Work { folder, rows, done: vec![None; rows.len()] };
    work.train(args, &settings(args), stop, global)?;
    let done: Vec<(Trained, TrainedLocale)> = work.done.into_iter().flatten().collect();
    let (trained, listed): (Vec<Trained>, Vec<TrainedLocale>) = done.into_iter().unzip();
    let manifest = Manifest::new(args.seed, args.labels.to_string(), listed);
    write(folder, MANIFEST, json(&manifest)?.as_bytes())?;
    write(folder, CARD, card::card(&manifest, &trained, from).as_bytes())?;
    Ok((trained, started.elapsed().as_secs_f64()))
}

/// How many locales are trained at the same time.
fn threads(args: &TrainArgs) -> usize {
    args.threads.map_or_else(|| available_parallelism().map_or(1, NonZero::get), usize::from)
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
        let total = Some(self.rows.len() as u64);
        let progress = Progress::utterances(global, "locales", total, 0);
        train_locales(self.rows, settings, threads(args), stop, |number, model, report| {
            self.take(number, &model, report)?;
            progress.advance();
            Ok(())
        })
    }

    fn take(&mut self, number: usize, model: &LocaleModel, report: TrainingReport) -> Result<()> {
        let bytes = model.to_bytes();
        let listed = TrainedLocale::of_model(model, bytes.len() as u64, report.rows);
        write(self.folder, &listed.file, &bytes)?;
        let trained = Trained {
            locale: listed.locale.clone(),
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
