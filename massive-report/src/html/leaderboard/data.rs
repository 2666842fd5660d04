//! What the index's script works with: every figure, as small as it goes.

use serde::Serialize;

use massive_eval::error::{Error, Result};
use massive_eval::leaderboard::{Board, Group, RankedRow, RuleState, Unverified};
use massive_eval::metrics::Metric;

/// Figures are whole numbers of this share of one.
const STEPS: f64 = 1e6;

#[derive(Serialize)]
struct Data<'a> {
    metrics: [Named<'a>; 3],
    /// Index of the metric that ranks.
    metric: usize,
    on: &'a str,
    columns: &'a [String],
    groups: Vec<GroupData<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct GroupData<'a> {
    task: &'a str,
    phase: &'a str,
    scopes: Vec<&'a str>,
    rows: Vec<RowData<'a>>,
}

#[derive(Serialize)]
struct RowData<'a> {
    slug: &'a str,
    name: &'a str,
    team: Option<&'a str>,
    date: String,
    family: Option<&'a str>,
    model: String,
    rules: Vec<(&'a str, &'a str)>,
    /// Whether it is verified, and why.
    verified: (bool, &'a str),
    /// Whether it is among those that are ranked.
    ranked: bool,
    /// Place, best and worst rank.
    rank: Option<[u64; 3]>,
    /// For each scope and metric the value, and how far the interval reaches
    /// down and up; −1 where there is none.
    figures: Vec<i32>,
}

/// The data as JSON that can stand in a page.
pub(super) fn json(board: &Board) -> Result<String> {
    let metric = Metric::PAPER.iter().position(|metric| metric.name() == board.metric);
    let data = Data {
        metrics: Metric::PAPER.map(|metric| Named { name: metric.name(), title: metric.title() }),
        metric: metric.unwrap_or(2),
        on: &board.on,
        columns: &board.columns,
        groups: board.groups.iter().map(|one| group(board, one)).collect(),
    };
    let text = serde_json::to_string(&data)
        .map_err(|error| Error::output("the board's data cannot be written", error))?;
    // Nothing in it may end the element that holds it.
    Ok(text.replace('<', "\\u003c"))
}

fn group<'a>(board: &Board, group: &'a Group) -> GroupData<'a> {
    // Rows of a group have the same locales, but may differ in their groups.
    let mut scopes: Vec<&str> =
        group.entries.iter().flat_map(|row| row.scores.keys()).map(String::as_str).collect();
    scopes.sort_unstable();
    scopes.dedup();
    GroupData {
        task: group.task.name(),
        phase: group.phase.name(),
        rows: group.entries.iter().map(|entry| row(board, entry, &scopes)).collect(),
        scopes,
    }
}

fn row<'a>(board: &Board, row: &'a RankedRow, scopes: &[&str]) -> RowData<'a> {
    let steps = |value: f64| (value * STEPS).round() as i32;
    let figures = scopes
        .iter()
        .flat_map(|scope| {
            let figures = row.scores.get(*scope);
            Metric::PAPER.map(|metric| figures.and_then(|figures| figures.metric(metric)))
        })
        .flat_map(|value| match value {
            None => [-1; 3],
            Some(value) => match value.ci95 {
                None => [steps(value.value), -1, -1],
                Some([low, high]) => {
                    [steps(value.value), steps(value.value - low), steps(high - value.value)]
                }
            },
        })
        .collect();
    RowData {
        slug: &row.entry.slug,
        name: &row.entry.name,
        team: row.entry.team.as_deref(),
        date: row.entry.date.to_string(),
        family: row.entry.model.family.map(|family| family.name()),
        model: crate::leaderboard::model_of(&row.entry.model),
        rules: row
            .rules
            .iter()
            .filter(|rule| rule.state != RuleState::Kept)
            .map(|rule| (rule.state.name(), rule.reason.as_str()))
            .collect(),
        verified: (row.verification.verified, &row.verification.reason),
        ranked: row.verification.verified || board.unverified == Unverified::Show,
        rank: row
            .standing
            .map(|standing| [standing.place, standing.rank.best, standing.rank.worst]),
        figures,
    }
}
