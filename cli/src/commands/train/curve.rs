//! `massive train --curve`: how much data a language needs.

use std::fmt::Write as _;

use massive_data::Partition;
use massive_learn::{LocaleRows, train_locales};
use massive_report::curve::{self, Curve};
use serde::Serialize;

use super::read::read;
use super::{Scores, settings, threads};
use crate::args::{CheckFormat, Global, TrainArgs};
use crate::commands::predict::watch_for_interrupts;
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output;
use crate::plot_file::PlotFile;
use crate::progress::Progress;

/// The document. Its schema is `schemas/curve.schema.json`.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    seed: u64,
    labels: String,
    /// Other locales whose rows were learned from besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<String>,
    partition: &'static str,
    locales: &'a [LocaleCurve],
}

/// The scores of a locale by the number of rows.
#[derive(Debug, Clone, Serialize)]
struct LocaleCurve {
    locale: String,
    points: Vec<Point>,
}

#[derive(Debug, Clone, Serialize)]
struct Point {
    /// Rows of its own in train that were learned from.
    rows: usize,
    #[serde(flatten)]
    scores: Scores,
}

pub(super) fn run(args: &TrainArgs, global: &Global) -> Result<()> {
    let plot = PlotFile::create(args.plot.as_deref())?;
    let stop = watch_for_interrupts()?;
    let wanted = |one| matches!(one, Partition::Train | Partition::Dev);
    let read = read(args, wanted, global)?;
    let locales = &read.locales;
    if let Some(one) = locales.iter().find(|one| one.count(Partition::Dev) == 0) {
        return Err(Failure::CannotRun(format!(
            "{} has no rows in partition dev, on which the curve would be measured",
            one.locale()
        )));
    }
    let mut curves: Vec<LocaleCurve> = locales
        .iter()
        .map(|one| LocaleCurve { locale: one.locale().to_owned(), points: Vec::new() })
        .collect();
    let total = Some((args.curve.len() * locales.len()) as u64);
    let progress = Progress::utterances(global, "models", total, 0);
    for amount in &args.curve {
        // Dev rows are what is measured on.
        let rows = read.numbered(args, amount.0)?;
        let rows: Vec<LocaleRows> = rows.into_iter().map(LocaleRows::without_dev).collect();
        train_locales(&rows, &settings(args), threads(args), stop, |number, model, report| {
            let one = &locales[number];
            let scores = model.score(one, Partition::Dev).into();
            let rows = report.rows - read.lent_rows(one);
            curves[number].points.push(Point { rows, scores });
            progress.advance();
            Ok::<(), Failure>(())
        })?;
    }
    drop(progress);
    if let Some(plot) = plot {
        plot.finish(curve::svg(&drawn(&curves), "Exact match on dev, per cent"))?;
    }
    output::print(&match args.format {
        CheckFormat::Table => table(&curves),
        CheckFormat::Json => json(&Document {
            format: "massive-curve/1",
            seed: args.seed,
            labels: args.labels.to_string(),
            from: read.from(),
            partition: "dev",
            locales: &curves,
        })?,
    })
}

fn drawn(curves: &[LocaleCurve]) -> Vec<Curve> {
    let point = |point: &Point| (point.rows as f64, 100.0 * point.scores.ex_match_acc);
    let curve = |one: &LocaleCurve| Curve {
        name: one.locale.clone(),
        points: one.points.iter().map(point).collect(),
    };
    curves.iter().map(curve).collect()
}

fn table(curves: &[LocaleCurve]) -> String {
    let mut text = String::from(
        " locale        rows   dev intent   slot F1   exact match\n\
         ────────────────────────────────────────────────────────\n",
    );
    for one in curves {
        for point in &one.points {
            let _ = writeln!(text, " {:<12} {:>5} {}", one.locale, point.rows, cells(point.scores));
        }
    }
    if curves.len() > 1 {
        for (at, first) in curves[0].points.iter().enumerate() {
            let all: Vec<&Point> = curves.iter().filter_map(|one| one.points.get(at)).collect();
            let mean = |of: fn(&Scores) -> f64| {
                all.iter().map(|point| of(&point.scores)).sum::<f64>() / all.len() as f64
            };
            let scores = Scores {
                intent_acc: mean(|scores| scores.intent_acc),
                slot_micro_f1: mean(|scores| scores.slot_micro_f1),
                ex_match_acc: mean(|scores| scores.ex_match_acc),
            };
            let _ = writeln!(text, " {:<12} {:>5} {}", "macro", first.rows, cells(scores));
        }
    }
    text
}

fn cells(scores: Scores) -> String {
    format!(
        "{:>12.1} {:>9.1} {:>13.1}",
        100.0 * scores.intent_acc,
        100.0 * scores.slot_micro_f1,
        100.0 * scores.ex_match_acc
    )
}
