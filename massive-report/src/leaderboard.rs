//! A leaderboard for readers and scripts.

pub mod csv;
pub mod markdown;

use super::rows::{grouped, percent};
use massive_eval::SignatureDifference;
use massive_eval::leaderboard::{
    Board, Group, PublishedRow, RankedRow, Rule, RuleState, TiesBy, Verification,
};

/// What a rendering says it was made from, and by which version.
///
/// It is part of every rendering, so that [`Marker::find`] can tell whether the
/// rendering is what the entries say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// [`Board::entries_digest`].
    pub entries: String,
    /// The version that rendered.
    pub version: String,
}

const MARKER: &str = "massive-leaderboard entries:";

impl Marker {
    pub(crate) fn of(board: &Board) -> Marker {
        Marker { entries: board.entries_digest.clone(), version: board.tool.version.clone() }
    }

    /// As a comment in HTML or Markdown.
    pub(crate) fn comment(&self) -> String {
        format!("<!-- {MARKER}{} version:{} -->", self.entries, self.version)
    }

    /// The marker of a page or a Markdown file.
    pub fn find(text: &str) -> Option<Marker> {
        let (_, rest) = text.split_once(MARKER)?;
        let (entries, rest) = rest.split_once(" version:")?;
        let (version, _) = rest.split_once(" -->")?;
        Some(Marker { entries: entries.to_owned(), version: version.to_owned() })
    }
}

/// What a ranking is of, in words.
pub(crate) fn heading(group: &Group) -> String {
    format!(
        "Task {}, phase {}: {} locales, {} utterances{}",
        group.task,
        group.phase,
        group.locales,
        grouped(group.utterances),
        if group.breaks_rules { ", a rule broken" } else { "" }
    )
}

/// What the order is by and what ties mean, in a sentence.
pub(crate) fn ordering(board: &Board, group: &Group) -> String {
    if group.entries.iter().all(|row| row.standing.is_none()) {
        return "No entry has a rank here: none is verified, or none has a value.".to_owned();
    }
    let metric = title_of(&board.metric);
    let on = match board.on.as_str() {
        "all" => "all utterances pooled".to_owned(),
        "macro" => "the mean over locales".to_owned(),
        other => other.to_owned(),
    };
    let ties = match group.ties_by {
        TiesBy::PairedTest => {
            "A range of ranks is a tie: neither the 95 % intervals nor a paired test \
             (approximate randomisation, Holm's correction, 5 %) tell the entries apart."
        }
        TiesBy::PairedTestAndIntervals => {
            "A range of ranks is a tie: the 95 % intervals overlap and a paired test, where \
             predictions are at hand, does not tell the entries apart."
        }
        TiesBy::Intervals => "A range of ranks is a tie: the 95 % intervals overlap.",
        TiesBy::Nothing => "There are no intervals, so nothing says which differences are chance.",
    };
    format!("Ranked by {metric} on {on}. {ties}")
}

/// The metric's name for a reader.
pub(crate) fn title_of(metric: &str) -> &str {
    match metric.parse::<massive_eval::Metric>() {
        Ok(metric) => metric.title(),
        Err(_) => metric,
    }
}

/// How a signature differs from the first ranking's, in words.
pub fn difference(difference: &SignatureDifference) -> String {
    let name = match difference.part.as_str() {
        "part" => "partition",
        "loc" => "number of locales",
        "rows" => "number of utterances",
        "gold" => "gold labels (digest)",
        "labels" => "label mode",
        "missing" => "missing rows",
        "ci" => "interval",
        other => other,
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    format!("{name} {} instead of {}", text(&difference.here), text(&difference.there))
}

/// Why entries of this group are not in the first ranking; empty for that one.
pub(crate) fn why_apart(group: &Group) -> Option<String> {
    let mut reasons = Vec::new();
    if group.breaks_rules {
        reasons.push("These entries break a rule and are ranked among themselves.".to_owned());
    }
    if !group.differences.is_empty() {
        let differences: Vec<String> = group.differences.iter().map(difference).collect();
        let differences = differences.join(", ");
        reasons.push(format!("Not comparable with the first ranking: {differences}."));
    }
    (!reasons.is_empty()).then(|| reasons.join(" "))
}

/// Whether an entry is verified, in words.
pub(crate) fn verified(verification: &Verification) -> &'static str {
    if verification.verified { "verified" } else { "not verified" }
}

/// The rules that are broken or not declared.
pub(crate) fn marked(rules: &[Rule]) -> impl Iterator<Item = &Rule> {
    rules.iter().filter(|rule| rule.state != RuleState::Kept)
}

/// The rank as shown, `–` without a value.
pub(crate) fn rank_of(row: &RankedRow) -> String {
    row.standing.map_or_else(|| "–".to_owned(), |standing| standing.rank.to_string())
}

/// A figure in per cent with its interval.
pub(crate) fn figure(value: Option<massive_eval::document::MetricValue>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) => match super::rows::spread(&value) {
            Some(spread) => format!("{} {spread}", percent(value.value)),
            None => percent(value.value),
        },
    }
}

/// A published figure with the digits it was published with.
pub(crate) fn published_figure(value: Option<massive_eval::document::MetricValue>) -> String {
    let digits = |value: f64| {
        let text = format!("{:.2}", 100.0 * value);
        text.strip_suffix('0').map_or(text.clone(), str::to_owned)
    };
    match value {
        None => "–".to_owned(),
        Some(value) => match super::rows::spread(&value) {
            Some(spread) => format!("{} {spread}", digits(value.value)),
            None => digits(value.value),
        },
    }
}

/// Model family and size in a few words.
pub(crate) fn model_of(model: &massive_eval::leaderboard::Model) -> String {
    let family = model.family.map(|family| family.name().to_owned());
    let size = model.parameters.map(size);
    match (family, size) {
        (Some(family), Some(size)) => format!("{family}, {size}"),
        (family, size) => family.or(size).unwrap_or_else(|| "–".to_owned()),
    }
}

/// A number of parameters, `278 M`.
pub(crate) fn size(parameters: u64) -> String {
    if parameters < 1_000_000 {
        return grouped(parameters);
    }
    format!("{} M", grouped((parameters as f64 / 1e6).round() as u64))
}

/// Task and phase of a published result.
pub(crate) fn setting(row: &PublishedRow) -> String {
    format!("{}, {}", row.task, row.phase)
}
