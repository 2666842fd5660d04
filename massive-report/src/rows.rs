//! What every rendering shows: a row a locale, a group, and the two averages.

use std::cmp::Ordering;

use massive_data::Locale;
pub use massive_data::grouped;

use massive_eval::document::{MetricValue, ScoreDocument, Scores};
use massive_eval::metrics::Metric;

/// The order of the locales' rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// Code-point order of the tags.
    #[default]
    Locale,
    /// Best first; ties and missing values by tag, at the end.
    Metric(Metric),
}

/// A row of a rendering.
pub(crate) struct Row<'a> {
    /// A locale's tag, a group's name, `all` or `macro`.
    pub(crate) name: &'a str,
    /// The language, or what the row is.
    pub(crate) description: String,
    /// Scores; absent in the macro row.
    pub(crate) scores: Option<&'a Scores>,
    /// The metrics, in the order of [`Metric::ALL`].
    pub(crate) metrics: [Option<MetricValue>; 3],
    /// SLU-F1, where it was asked for.
    pub(crate) slu_f1: Option<f64>,
}

impl<'a> Row<'a> {
    fn new(name: &'a str, description: String, scores: &'a Scores) -> Self {
        let metrics = Metric::ALL.map(|metric| scores.metric(metric));
        let slu_f1 = scores.slu_f1.as_ref().map(|slu| slu.value);
        Row { name, description, scores: Some(scores), metrics, slu_f1 }
    }
}

/// The rows of the locales.
pub(crate) fn locale_rows(document: &ScoreDocument, sort: SortBy) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = document
        .locales
        .iter()
        .map(|(tag, scores)| {
            let language = Locale::from_tag(tag).and_then(Locale::language).unwrap_or_default();
            Row::new(tag, language.to_owned(), scores)
        })
        .collect();
    if let SortBy::Metric(metric) = sort {
        rows.sort_by(|a, b| {
            let value = |row: &Row<'_>| row.scores.and_then(|scores| scores.metric(metric));
            match (value(a), value(b)) {
                (Some(a), Some(b)) => b.value.total_cmp(&a.value),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            }
        });
    }
    rows
}

/// The rows of the groups, with the name of the feature.
pub(crate) fn group_rows(document: &ScoreDocument) -> Vec<(&str, Vec<Row<'_>>)> {
    document
        .groups
        .iter()
        .map(|(feature, groups)| {
            let rows = groups
                .iter()
                .map(|(name, group)| {
                    let members = match group.locales.len() {
                        // A longer list would push everything else away.
                        count if count > 3 => format!("{count} locales"),
                        _ => group.locales.join(" "),
                    };
                    Row::new(name, members, &group.scores)
                })
                .collect();
            (feature.as_str(), rows)
        })
        .collect()
}

/// The rows `all` and `macro`.
pub(crate) fn average_rows(document: &ScoreDocument) -> [Row<'_>; 2] {
    let macro_ = Row {
        name: "macro",
        description: "mean over locales".to_owned(),
        scores: None,
        metrics: Metric::ALL.map(|metric| document.macro_.metric(metric)),
        slu_f1: document.macro_.slu_f1.map(|slu| slu.value),
    };
    [Row::new("all", "pooled".to_owned(), &document.all), macro_]
}

/// Whether a value is the highest or lowest of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Highest,
    Lowest,
}

/// The mark of each locale's value of one metric. None is given if there are
/// fewer than three locales or all values are the same.
pub(crate) fn marks(rows: &[Row<'_>], metric: usize) -> Vec<Option<Mark>> {
    let values: Vec<Option<f64>> =
        rows.iter().map(|row| row.metrics[metric].map(|value| value.value)).collect();
    let known = || values.iter().copied().flatten();
    let (low, high) =
        (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let distinct = known().count() > 2 && low < high;
    values
        .iter()
        .map(|value| match value {
            Some(value) if distinct && *value == high => Some(Mark::Highest),
            Some(value) if distinct && *value == low => Some(Mark::Lowest),
            _ => None,
        })
        .collect()
}

/// True if there is a column of SLU-F1.
pub(crate) fn has_slu_f1(document: &ScoreDocument) -> bool {
    document.all.slu_f1.is_some()
}

/// SLU-F1 for a reader.
pub(crate) fn slu_f1(row: &Row<'_>) -> String {
    row.slu_f1.map_or_else(|| "–".to_owned(), percent)
}

/// Per cent with one decimal.
pub fn percent(value: f64) -> String {
    format!("{:.1}", 100.0 * value)
}

/// Half the width of the 95 % interval, in per cent points.
pub(crate) fn half_width(value: &MetricValue) -> Option<String> {
    value.ci95.map(|[low, high]| percent((high - low) / 2.0))
}

/// What was scored, in short phrases.
pub(crate) fn scope(document: &ScoreDocument) -> Vec<String> {
    vec![
        format!(
            "{} of the corpus's {} locales",
            document.coverage.locales_scored, document.coverage.locales_in_corpus
        ),
        format!(
            "partition {}, {} utterances, labels {}",
            document.partition,
            grouped(document.all.utterances),
            document.labels
        ),
    ]
}

/// Lines that say what was irregular, if anything was.
pub(crate) fn irregularities(document: &ScoreDocument) -> Vec<String> {
    let problems = &document.problems;
    [
        (problems.missing, "missing rows counted as wrong"),
        (problems.unselected, "predictions of other locales left out"),
        (problems.malformed, "malformed annotations (brackets that nest or stay open)"),
        (problems.misaligned, "misaligned predictions (labels cut or padded)"),
        (problems.skipped_corpus_lines, "unreadable corpus lines skipped"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count)))
    .collect()
}
