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
    let rows: Vec<Row<'_>> = board
        .groups
        .iter()
        .flat_map(|group| group.entries.iter().map(move |row| Row::Ranked(group, row)))
        .chain(board.published.iter().map(Row::Published))
        .collect();
    let texts = |name: &str, value: &dyn Fn(Row<'_>) -> Option<String>| {
        let values: Vec<Option<String>> = rows.iter().map(|row| value(*row)).collect();
        Column::new(name.into(), values)
    };
    let integers = |name: &str, value: &dyn Fn(Row<'_>) -> Option<u64>| {
        let values: Vec<Option<u64>> = rows.iter().map(|row| value(*row)).collect();
        Column::new(name.into(), values)
    };
    let numbers = |name: String, value: &dyn Fn(Row<'_>) -> Option<f64>| {
        let values: Vec<Option<f64>> = rows.iter().map(|row| value(*row)).collect();
        Column::new(name.into(), values)
    };
    let standing = |row: Row<'_>| row.ranked()?.standing;
    let mut columns = vec![
        texts("kind", &|row| {
            Some(if row.ranked().is_some() { "ranked" } else { "published" }.to_owned())
        }),
        texts("task", &|row| {
            Some(match row {
                Row::Ranked(group, _) => group.task.to_string(),
                Row::Published(row) => row.task.to_string(),
            })
        }),
        texts("phase", &|row| {
            Some(match row {
                Row::Ranked(group, _) => group.phase.to_string(),
                Row::Published(row) => row.phase.to_string(),
            })
        }),
        texts("signature", &|row| row.ranked().map(|row| row.signature.to_string())),
        integers("place", &|row| standing(row).map(|standing| standing.place)),
        integers("rank_best", &|row| standing(row).map(|standing| standing.rank.best)),
        integers("rank_worst", &|row| standing(row).map(|standing| standing.rank.worst)),
        texts("slug", &|row| Some(row.entry().slug.clone())),
        texts("name", &|row| Some(row.entry().name.clone())),
        texts("team", &|row| row.entry().team.clone()),
        texts("date", &|row| Some(row.entry().date.to_string())),
        texts("family", &|row| row.entry().model.family.map(|family| family.to_string())),
        integers("parameters", &|row| row.entry().model.parameters),
    ];
    let value = |row: Row<'_>, scope: &str, metric: Metric| -> Option<MetricValue> {
        row.figures(scope)?.metric(metric)
    };
    for metric in Metric::PAPER {
        columns.push(numbers(metric.name().to_owned(), &|row| {
            value(row, "all", metric).map(|value| value.value)
        }));
        for (bound, side) in ["low", "high"].into_iter().enumerate() {
            columns.push(numbers(format!("{metric}_ci95_{side}"), &|row| {
                Some(value(row, "all", metric)?.ci95?[bound])
            }));
        }
    }
    let metric: Metric = board.metric.parse()?;
    for scope in &board.columns {
        columns.push(numbers(format!("{metric}:{scope}"), &|row| {
            value(row, scope, metric).map(|value| value.value)
        }));
    }
    let published = |row: Row<'_>, of: fn(&PublishedRow) -> &String| match row {
        Row::Published(row) => Some(of(row).clone()),
        Row::Ranked(..) => None,
    };
    columns.extend([
        texts("verified", &|row| Some(row.verification().verified.to_string())),
        texts("rules_broken", &|row| Some(row.rules(RuleState::Broken))),
        texts("rules_undeclared", &|row| Some(row.rules(RuleState::Undeclared))),
        texts("source", &|row| published(row, |row| &row.source)),
        texts("provenance", &|row| published(row, |row| &row.provenance)),
        texts("entries_digest", &|_| Some(board.entries_digest.clone())),
        texts("tool_version", &|_| Some(board.tool.version.clone())),
    ]);
    let mut frame = DataFrame::new(rows.len(), columns)
        .map_err(|error| Error::output("the table cannot be built", error))?;
    let mut out = Vec::new();
    write_csv(&mut frame, &mut out)?;
    String::from_utf8(out).map_err(|error| Error::output("the table is not UTF-8", error))
}
