//! A leaderboard as comma-separated values: fractions that read back exactly, an
//! empty field where there is no value.

use polars::prelude::{Column, DataFrame};

use super::marked;
use massive_eval::document::MetricValue;
use massive_eval::error::{Error, Result};
use massive_eval::frame::write_csv;
use massive_eval::leaderboard::{
    Board, Figures, Group, ListedEntry, PublishedRow, RankedRow, RuleState, Verification,
};
use massive_eval::metrics::Metric;

/// A row of the table.
#[derive(Clone, Copy)]
enum Row<'a> {
    Ranked(&'a Group, &'a RankedRow),
    Published(&'a PublishedRow),
}

impl<'a> Row<'a> {
    fn entry(self) -> &'a ListedEntry {
        match self {
            Row::Ranked(_, row) => &row.entry,
            Row::Published(row) => &row.entry,
        }
    }

    fn ranked(self) -> Option<&'a RankedRow> {
        match self {
            Row::Ranked(_, row) => Some(row),
            Row::Published(_) => None,
        }
    }

    fn figures(self, scope: &str) -> Option<&'a Figures> {
        match self {
            Row::Ranked(_, row) => row.scores.get(scope),
            Row::Published(row) => row.scores.get(scope),
        }
    }

    fn value(self, scope: &str, metric: Metric) -> Option<MetricValue> {
        self.figures(scope)?.metric(metric)
    }

    fn published(self, of: fn(&PublishedRow) -> &String) -> Option<String> {
        match self {
            Row::Published(row) => Some(of(row).clone()),
            Row::Ranked(..) => None,
        }
    }

    fn verification(self) -> &'a Verification {
        match self {
            Row::Ranked(_, row) => &row.verification,
            Row::Published(row) => &row.verification,
        }
    }

    fn rules(self, state: RuleState) -> String {
        let rules = self.ranked().map_or(&[][..], |row| &row.rules);
        let rules = marked(rules).filter(|rule| rule.state == state);
        rules.map(|rule| rule.rule.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// All rows of the table.
struct Rows<'a>(Vec<Row<'a>>);

impl<'a> Rows<'a> {
    fn of(board: &'a Board) -> Self {
        let ranked = board
            .groups
            .iter()
            .flat_map(|group| group.entries.iter().map(move |row| Row::Ranked(group, row)));
        Rows(ranked.chain(board.published.iter().map(Row::Published)).collect())
    }

    fn texts(&self, name: &str, value: &dyn Fn(Row<'a>) -> Option<String>) -> Column {
        let values: Vec<Option<String>> = self.0.iter().map(|row| value(*row)).collect();
        Column::new(name.into(), values)
    }

    fn integers(&self, name: &str, value: &dyn Fn(Row<'a>) -> Option<u64>) -> Column {
        let values: Vec<Option<u64>> = self.0.iter().map(|row| value(*row)).collect();
        Column::new(name.into(), values)
    }

    fn numbers(&self, name: String, value: &dyn Fn(Row<'a>) -> Option<f64>) -> Column {
        let values: Vec<Option<f64>> = self.0.iter().map(|row| value(*row)).collect();
        Column::new(name.into(), values)
    }

    /// What the entries are, and where they stand.
    fn entries(&self) -> Vec<Column> {
        let standing = |row: Row<'_>| row.ranked()?.standing;
        vec![
            self.texts("kind", &|row| {
                Some(if row.ranked().is_some() { "ranked" } else { "published" }.to_owned())
            }),
            self.texts("task", &|row| {
                Some(match row {
                    Row::Ranked(group, _) => group.task.to_string(),
                    Row::Published(row) => row.task.to_string(),
                })
            }),
            self.texts("phase", &|row| {
                Some(match row {
                    Row::Ranked(group, _) => group.phase.to_string(),
                    Row::Published(row) => row.phase.to_string(),
                })
            }),
            self.texts("signature", &|row| row.ranked().map(|row| row.signature.to_string())),
            self.integers("place", &|row| standing(row).map(|standing| standing.place)),
            self.integers("rank_best", &|row| standing(row).map(|standing| standing.rank.best)),
            self.integers("rank_worst", &|row| standing(row).map(|standing| standing.rank.worst)),
            self.texts("slug", &|row| Some(row.entry().slug.clone())),
            self.texts("name", &|row| Some(row.entry().name.clone())),
            self.texts("team", &|row| row.entry().team.clone()),
            self.texts("date", &|row| Some(row.entry().date.to_string())),
            self.texts("family", &|row| row.entry().model.family.map(|family| family.to_string())),
            self.integers("parameters", &|row| row.entry().model.parameters),
        ]
    }

    /// The metrics on all utterances, with their intervals.
    fn metrics(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for metric in Metric::PAPER {
            columns.push(self.numbers(metric.name().to_owned(), &|row| {
                row.value("all", metric).map(|value| value.value)
            }));
            for (bound, side) in ["low", "high"].into_iter().enumerate() {
                columns.push(self.numbers(format!("{metric}_ci95_{side}"), &|row| {
                    Some(row.value("all", metric)?.ci95?[bound])
                }));
            }
        }
        columns
    }

    /// Where the figures come from, and how far they can be trusted.
    fn origins(&self, board: &Board) -> [Column; 7] {
        [
            self.texts("verified", &|row| Some(row.verification().verified.to_string())),
            self.texts("rules_broken", &|row| Some(row.rules(RuleState::Broken))),
            self.texts("rules_undeclared", &|row| Some(row.rules(RuleState::Undeclared))),
            self.texts("source", &|row| row.published(|row| &row.source)),
            self.texts("provenance", &|row| row.published(|row| &row.provenance)),
            self.texts("entries_digest", &|_| Some(board.entries_digest.clone())),
            self.texts("tool_version", &|_| Some(board.tool.version.clone())),
        ]
    }
}

/// The board as CSV, a row an entry, rankings first.
///
/// Columns: `kind` (`ranked`, `published`), `task`, `phase`, `signature`,
/// `place`, `rank_best`, `rank_worst`, `slug`, `name`, `team`, `date`, `family`,
/// `parameters`, the metrics on all utterances with `_ci95_low` and
/// `_ci95_high`, the columns asked for in the metric of the ranking,
/// `verified`, `rules_broken`, `rules_undeclared`, `source`, `provenance`, `entries_digest`,
/// `tool_version`.
///
/// # Errors
/// None that a caller can cause; polars' own.
pub fn render(board: &Board) -> Result<String> {
    let rows = Rows::of(board);
    let mut columns = rows.entries();
    columns.extend(rows.metrics());
    let metric: Metric = board.metric.parse()?;
    for scope in &board.columns {
        columns.push(rows.numbers(format!("{metric}:{scope}"), &|row| {
            row.value(scope, metric).map(|value| value.value)
        }));
    }
    columns.extend(rows.origins(board));
    let mut frame = DataFrame::new(rows.0.len(), columns)
        .map_err(|error| Error::output("the table cannot be built", error))?;
    let mut out = Vec::new();
    write_csv(&mut frame, &mut out)?;
    String::from_utf8(out).map_err(|error| Error::output("the table is not UTF-8", error))
}
