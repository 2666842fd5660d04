//! `massive audit swap`

use std::collections::BTreeMap;

use massive_data::Partition;
use massive_lm::audit::Probe;
use massive_lm::audit::swap::{Choice, LocaleResult, Values, choice, judge};
use massive_lm::row::Row;
use serde::Serialize;

use super::super::score;
use super::ask::{ask, drawn, rows};
use super::extract::verdict;
use crate::args::{AuditSwapArgs, CheckFormat, Global, SourceArgs};
use crate::failure::Result;
use crate::output;
use crate::table::{Align, TextTable};

/// A report. Its schema is `schemas/audit-swap.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    partition: &'static str,
    locales: BTreeMap<String, LocaleResult>,
    can_show: &'static str,
    cannot_show: &'static str,
}

const CAN_SHOW: &str = "Picking the released row more often than the original of rows that nobody \
     can have seen is evidence that the released rows were seen.";
const CANNOT_SHOW: &str = "More than one in four shows nothing by itself: the released value is \
     often the more natural one. Without a control nothing is concluded.";

pub(crate) fn run(args: &AuditSwapArgs, global: &Global) -> Result<()> {
    let corpus = &args.ask.corpus;
    let (seed, count) = (args.ask.seed, args.ask.rows);
    let values = Values::of(&rows(corpus, &corpus.source, Partition::Train, global)?);
    let choices = |rows: Vec<Row>, named: &str| -> Vec<Choice> {
        // Rows without a slot to exchange are passed over before the drawing.
        let fit = rows.into_iter().filter(|row| choice(row, &values, seed, named).is_some());
        drawn(fit.collect(), count, seed)
            .iter()
            .filter_map(|row| choice(row, &values, seed, named))
            .collect()
    };
    let released =
        choices(rows(corpus, &corpus.source, corpus.partition, global)?, corpus.partition.name());
    let control = match &args.control {
        Some(path) => {
            let source = SourceArgs::whole(path.clone());
            choices(rows(corpus, &source, args.control_partition, global)?, "control")
        }
        None => Vec::new(),
    };
    let probes: Vec<Probe> =
        released.iter().chain(&control).map(|choice| choice.probe.clone()).collect();
    let replies = ask(&args.ask, &probes, 8, &[], global)?;
    let document = Document {
        format: "massive-audit-swap/1",
        partition: corpus.partition.name(),
        locales: judge(&released, &control, &replies)?,
        can_show: CAN_SHOW,
        cannot_show: CANNOT_SHOW,
    };
    match args.ask.format {
        CheckFormat::Json => output::print(&score::json(&document)?),
        CheckFormat::Table => output::print(&table(&document)),
    }
}

fn table(document: &Document) -> String {
    let mut header = vec![("locale".to_owned(), Align::Left)];
    let names = ["rows", "right %", "unread", "p (1 in 4)", "control %", "p", "verdict"];
    header.extend(names.iter().map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    for (locale, result) in &document.locales {
        let control = result.control.map(|(rows, right)| 100.0 * right as f64 / rows as f64);
        let shown = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
        };
        table.push(vec![
            locale.clone(),
            result.rows.to_string(),
            format!("{:.1}", 100.0 * result.rate),
            result.unread.to_string(),
            format!("{:.4}", result.p_chance),
            shown(control, 1),
            shown(result.p, 4),
            verdict(result.verdict).to_owned(),
        ]);
    }
    format!("{}\n{}\n{}\n", table.plain(), document.can_show, document.cannot_show)
}
