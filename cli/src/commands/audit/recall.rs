//! `massive audit recall-id`

use std::collections::BTreeMap;

use massive_lm::audit::recall::{LocaleResult, judge, probe};
use serde::Serialize;

use super::super::score;
use super::ask::{ask, drawn, rows};
use super::extract::verdict;
use crate::args::{AuditProbeArgs, CheckFormat, Global};
use crate::failure::Result;
use crate::output;
use crate::table::{Align, TextTable};

/// A report. Its schema is `schemas/audit-recall.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    partition: &'static str,
    locales: BTreeMap<String, LocaleResult>,
    can_show: &'static str,
    cannot_show: &'static str,
}

const CAN_SHOW: &str = "Nobody guesses a text from an id: any text that comes back was seen, with \
     its id, in a file of the release.";
const CANNOT_SHOW: &str = "A model that saw the texts without their ids, as most training texts \
     have them, recalls none.";

pub(crate) fn run(args: &AuditProbeArgs, global: &Global) -> Result<()> {
    let corpus = &args.ask.corpus;
    let all = rows(corpus, &corpus.source, corpus.partition, global)?;
    let rows = drawn(all, args.ask.rows, args.ask.seed);
    let partition = corpus.partition.name();
    let probes: Vec<_> = rows.iter().map(|row| probe(row, partition)).collect();
    let replies = ask(&args.ask, &probes, 96, &["\n"], global)?;
    let document = Document {
        format: "massive-audit-recall/1",
        partition,
        locales: judge(&rows, partition, &replies)?,
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
    let names = ["rows", "recalled", "by chance", "p", "verdict"];
    header.extend(names.iter().map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    for (locale, result) in &document.locales {
        table.push(vec![
            locale.clone(),
            result.rows.to_string(),
            result.recalled.to_string(),
            result.by_chance.to_string(),
            format!("{:.4}", result.p),
            verdict(result.verdict).to_owned(),
        ]);
    }
    format!("{}\n{}\n{}\n", table.plain(), document.can_show, document.cannot_show)
}
