//! `massive audit extract`

use std::collections::BTreeMap;

use massive_data::Partition;
use massive_lm::audit::extract::{Arm, LocaleResult, PREFIXES, judge, probe};
use massive_lm::audit::memory::Continuations;
use massive_lm::row::Row;
use serde::Serialize;

use super::super::score;
use super::ask::{ask, drawn, rows};
use crate::args::{AuditExtractArgs, CheckFormat, Global};
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable};

/// A report. Its schema is `schemas/audit-extract.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    /// By prompt, partition and locale.
    arms: BTreeMap<String, BTreeMap<String, BTreeMap<String, LocaleResult>>>,
    /// The prefix that was best on dev.
    #[serde(skip_serializing_if = "Option::is_none")]
    best_prefix: Option<String>,
    can_show: &'static str,
    cannot_show: &'static str,
}

const CAN_SHOW: &str = "More rows gone on with exactly than a look-up of train guesses is evidence \
     that they, or their source in SLURP, were seen.";
const CANNOT_SHOW: &str = "A low rate shows nothing: a model may have seen rows and not repeat \
     them. A good model goes on with common phrases better than a look-up does: trust test only \
     where ca-ES, younger by a release, and rows of your own stay at the floor.";

/// Words of context that the floor looks up.
const CONTEXT: usize = 8;
/// Tokens that a rest of an utterance may take.
const MAX_TOKENS: u32 = 96;

pub(crate) fn run(args: &AuditExtractArgs, global: &Global) -> Result<()> {
    let corpus = &args.ask.corpus;
    let train = rows(corpus, &corpus.source, Partition::Train, global)?;
    let mut floors: BTreeMap<String, Continuations> = BTreeMap::new();
    for row in &train {
        let floor = floors.entry(row.locale.clone()).or_insert_with(|| Continuations::new(CONTEXT));
        floor.add(&row.words);
    }
    let mut sets: Vec<(&str, Vec<Row>)> = Vec::new();
    for (name, partition) in [("test", Partition::Test), ("dev", Partition::Dev)] {
        let all = rows(corpus, &corpus.source, partition, global)?;
        sets.push((name, drawn(all, args.ask.rows, args.ask.seed)));
    }
    sets.push(("train", drawn(train, args.ask.rows, args.ask.seed)));
    let prefixes = prefixes(args)?;
    let mut arms = vec![Arm::Bare, Arm::Named, Arm::Annotated];
    arms.extend(prefixes.iter().map(|prefix| Arm::Custom(prefix.clone())));
    let mut probes = Vec::new();
    for (partition, rows) in &sets {
        for arm in &arms {
            probes.extend(rows.iter().filter_map(|row| probe(row, arm, partition)));
        }
    }
    let replies = ask(&args.ask, &probes, MAX_TOKENS, &["\n"], global)?;
    let mut results: BTreeMap<String, BTreeMap<String, BTreeMap<String, LocaleResult>>> =
        BTreeMap::new();
    for (partition, rows) in &sets {
        for arm in &arms {
            let judged = judge(rows, arm, partition, &floors, &replies)?;
            results.entry(arm.name()).or_default().insert((*partition).to_owned(), judged);
        }
    }
    let best_prefix = best(&prefixes, &results);
    // Of the prefixes that were tried the best on dev counts; the others would be
    // as many chances to find something.
    results.retain(|name, _| {
        !name.starts_with("custom: ")
            || best_prefix.as_ref().is_some_and(|best| Arm::Custom(best.clone()).name() == *name)
    });
    let document = Document {
        format: "massive-audit-extract/1",
        arms: results,
        best_prefix,
        can_show: CAN_SHOW,
        cannot_show: CANNOT_SHOW,
    };
    match args.ask.format {
        CheckFormat::Json => output::print(&score::json(&document)?),
        CheckFormat::Table => output::print(&table(&document)),
    }
}

/// The texts that are tried before the prefix, the first N of a list.
fn prefixes(args: &AuditExtractArgs) -> Result<Vec<String>> {
    let Some(count) = args.prompt_search.map(usize::from) else { return Ok(Vec::new()) };
    let list: Vec<String> = match &args.prompt_list {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::CannotRun(format!("{}: {error}", path.display())))?;
            let lines = text.lines().filter(|line| !line.is_empty());
            lines.map(|line| line.replace("\\n", "\n")).collect()
        }
        None => PREFIXES.map(str::to_owned).into(),
    };
    if count > list.len() {
        return Err(Failure::CannotRun(format!(
            "--prompt-search {count} is more than the {} texts of the list",
            list.len()
        )));
    }
    Ok(list.into_iter().take(count).collect())
}

/// The prefix with the highest rate on dev.
fn best(
    prefixes: &[String],
    results: &BTreeMap<String, BTreeMap<String, BTreeMap<String, LocaleResult>>>,
) -> Option<String> {
    let rate = |prefix: &String| {
        let dev = results.get(&Arm::Custom(prefix.clone()).name()).and_then(|arm| arm.get("dev"));
        let (mut share, mut rows) = (0.0, 0.0);
        for result in dev.into_iter().flat_map(BTreeMap::values) {
            share += result.fractional * result.rows as f64;
            rows += result.rows as f64;
        }
        share / f64::max(rows, 1.0)
    };
    prefixes.iter().max_by(|a, b| rate(a).total_cmp(&rate(b))).cloned()
}

fn table(document: &Document) -> String {
    let mut header: Vec<(String, Align)> =
        ["prompt", "partition", "locale"].map(|name| (name.to_owned(), Align::Left)).into();
    let names = ["rows", "exact %", "floor %", "part %", "floor %", "p", "verdict"];
    header.extend(names.iter().map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    for (arm, partitions) in &document.arms {
        for (partition, locales) in partitions {
            for (locale, result) in locales {
                table.push(vec![
                    arm.replace('\n', "\\n"),
                    partition.clone(),
                    locale.clone(),
                    result.rows.to_string(),
                    format!("{:.2}", 100.0 * result.exact_rate),
                    format!("{:.2}", 100.0 * result.floor_exact_rate),
                    format!("{:.1}", 100.0 * result.fractional),
                    format!("{:.1}", 100.0 * result.floor_fractional),
                    format!("{:.4}", result.p),
                    verdict(result.verdict).to_owned(),
                ]);
            }
        }
    }
    format!("{}\n{}\n{}\n", table.plain(), document.can_show, document.cannot_show)
}

/// A verdict in a word.
pub(super) fn verdict(verdict: massive_lm::audit::Verdict) -> &'static str {
    match verdict {
        massive_lm::audit::Verdict::Seen => "seen",
        massive_lm::audit::Verdict::Nothing => "–",
        massive_lm::audit::Verdict::Undecided => "?",
    }
}
