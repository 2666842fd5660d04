//! `massive train --leave-one-scenario-out`: what carries to a scenario that was
//! not seen.

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use massive_data::Partition;
use massive_learn::{NamedLocale, train_locales};
use serde::Serialize;

use super::read::read;
use super::{Scores, settings, threads};
use crate::args::{CheckFormat, Global, TrainArgs};
use crate::commands::predict::watch_for_interrupts;
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Progress;

/// The document. Its schema is `schemas/scenarios.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    seed: u64,
    labels: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<String>,
    partition: &'static str,
    locales: Vec<OfLocale>,
}

#[derive(Serialize)]
struct OfLocale {
    locale: String,
    scenarios: Vec<LeftOut>,
}

/// A scenario and its dev rows.
#[derive(Debug, Clone, Serialize)]
struct LeftOut {
    scenario: String,
    dev_rows: usize,
    /// What a model gets right on them that has seen the scenario.
    seen: Scores,
    /// What one that has not gets right of their slots. Of the intents it cannot
    /// know any.
    unseen_slot_micro_f1: f64,
}

pub(super) fn run(args: &TrainArgs, global: &Global) -> Result<()> {
    let stop = watch_for_interrupts()?;
    let wanted = |one| matches!(one, Partition::Train | Partition::Dev);
    let read = read(args, wanted, global)?;
    let mut locales = Vec::new();
    for one in &read.locales {
        let all = read.few(one, args, args.amount());
        locales.push(OfLocale {
            locale: one.locale().to_owned(),
            scenarios: left_out(&all, args, stop, global)?,
        });
    }
    output::print(&match args.format {
        CheckFormat::Table => table(&locales),
        CheckFormat::Json => json(&Document {
            format: "massive-scenarios/1",
            seed: args.seed,
            labels: args.labels.to_string(),
            from: read.from(),
            partition: "dev",
            locales,
        })?,
    })
}

/// Leaves out one scenario after the other.
fn left_out(
    all: &NamedLocale,
    args: &TrainArgs,
    stop: &AtomicBool,
    global: &Global,
) -> Result<Vec<LeftOut>> {
    let scenarios: Vec<String> = all.scenarios(Partition::Dev).into_iter().collect();
    if scenarios.is_empty() {
        return Err(Failure::CannotRun(format!(
            "{} has no rows in partition dev, on which scenarios would be measured",
            all.locale()
        )));
    }
    let without: Vec<NamedLocale> =
        scenarios.iter().map(|name| all.clone().without_scenario(name)).collect();
    // The first model sees all scenarios, each of the others all but one.
    let mut rows = vec![all.numbered()?.without_dev()];
    for rest in &without {
        rows.push(rest.numbered()?.without_dev());
    }
    let progress = Progress::utterances(global, "models", Some(rows.len() as u64), 0);
    let mut seen: Vec<Scores> = Vec::new();
    let mut unseen = vec![None; scenarios.len()];
    train_locales(&rows, &settings(args), threads(args), stop, |number, model, _| {
        match number.checked_sub(1) {
            None => {
                let score = |rows| model.score(rows, Partition::Dev).into();
                seen = without.iter().map(score).collect();
            }
            Some(at) => unseen[at] = Some(model.score(&without[at], Partition::Dev)),
        }
        progress.advance();
        Ok::<(), Failure>(())
    })?;
    let measured = scenarios.into_iter().zip(seen).zip(unseen);
    let scenarios = measured.filter_map(|((scenario, seen), unseen)| {
        let unseen = unseen?;
        let unseen_slot_micro_f1 = unseen.slot_f1;
        Some(LeftOut { scenario, dev_rows: unseen.rows, seen, unseen_slot_micro_f1 })
    });
    Ok(scenarios.collect())
}

fn table(locales: &[OfLocale]) -> String {
    let mut text = String::from(
        "                              scenario seen in train     not seen\n \
         locale       scenario    rows   intent   slot F1   exact   slot F1\n\
         ──────────────────────────────────────────────────────────────────\n",
    );
    for one in locales {
        for left in &one.scenarios {
            let _ = writeln!(
                text,
                " {:<12} {:<14} {:>4} {:>8.1} {:>9.1} {:>7.1} {:>9.1}",
                one.locale,
                left.scenario,
                left.dev_rows,
                100.0 * left.seen.intent_acc,
                100.0 * left.seen.slot_micro_f1,
                100.0 * left.seen.ex_match_acc,
                100.0 * left.unseen_slot_micro_f1,
            );
        }
    }
    text
}
