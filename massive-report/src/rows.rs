//! What every rendering shows: a row a locale, a group, and the two averages.

use std::cmp::Ordering;

use massive_data::Locale;
pub use massive_data::grouped;

use massive_eval::document::{MetricValue, ProblemCounts, ScoreDocument, Scores};
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
    /// The metrics of the document, in its order.
    pub(crate) metrics: Vec<Option<MetricValue>>,
}

impl<'a> Row<'a> {
    fn new(name: &'a str, description: String, scores: &'a Scores) -> Self {
        let metrics = scores.metrics.metrics().map(|metric| scores.metric(metric)).collect();
        Row { name, description, scores: Some(scores), metrics }
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
        metrics: document.metrics().map(|metric| document.macro_.metric(metric)).collect(),
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
        rows.iter().map(|row| row.metrics.get(metric)?.map(|value| value.value)).collect();
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

/// Per cent with one decimal. 100.0 and 0.0 are for what is exactly that: what
/// would only be rounded to them is shown as 99.9 and 0.1.
pub fn percent(value: f64) -> String {
    let shown = format!("{:.1}", 100.0 * value);
    match shown.as_str() {
        "100.0" if value < 1.0 => "99.9".to_owned(),
        "0.0" | "-0.0" if value > 0.0 => "0.1".to_owned(),
        "-0.0" => "0.0".to_owned(),
        _ => shown,
    }
}

/// How far a 95 % interval reaches, for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spread {
    /// As far to either side, at the precision shown: per cent points.
    Half(String),
    /// Both bounds, in per cent.
    Bounds([String; 2]),
}

/// The interval of a value; `None` where it has none.
pub(crate) fn spread(value: &MetricValue) -> Option<Spread> {
    let [low, high] = value.ci95?;
    let arms = [value.value - low, high - value.value].map(|arm| format!("{:.1}", 100.0 * arm));
    Some(if arms[0] == arms[1] {
        let [arm, _] = arms;
        Spread::Half(arm)
    } else {
        Spread::Bounds([percent(low), percent(high)])
    })
}

/// As `± 1.2` or `[77.2, 100.0]`.
impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Spread::Half(half) => f.pad(&format!("± {half}")),
            Spread::Bounds([low, high]) => f.pad(&format!("[{low}, {high}]")),
        }
    }
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
    problem_lines(&document.problems)
}

/// A line for each kind of irregularity that occurred.
pub fn problem_lines(problems: &ProblemCounts) -> Vec<String> {
    [
        (problems.missing, "missing rows counted as wrong"),
        (problems.left_out, "rows without a prediction left out"),
        (problems.unselected, "predictions of other locales left out"),
        (problems.malformed, "malformed annotations (brackets that nest or stay open)"),
        (problems.misaligned, "misaligned predictions (labels cut or padded)"),
        (problems.unknown_intents, "predicted intents that neither release nor corpus has"),
        (problems.unknown_slots, "predicted slots of names that neither release nor corpus has"),
        (problems.unread_brackets, "predictions with brackets or pairs that opened no slot"),
        (problems.unplaced, "predicted slots without a place in their utterance"),
        (problems.skipped_corpus_lines, "unreadable corpus lines skipped"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_exact_is_shown_as_all_or_nothing() {
        let shown = [1.0, 0.9999, 0.9994, 0.0, 0.0001, 0.5].map(percent);
        assert_eq!(shown, ["100.0", "99.9", "99.9", "0.0", "0.1", "50.0"]);
    }

    #[test]
    fn bounds_are_shown_where_the_arms_differ() {
        let of = |value, low, high| {
            spread(&MetricValue { value, ci95: Some([low, high]) }).unwrap().to_string()
        };
        assert_eq!(of(0.5, 0.4, 0.6), "± 10.0");
        assert_eq!(of(1.0, 0.772, 1.0), "[77.2, 100.0]");
        assert_eq!(of(0.8, 0.7, 0.87), "[70.0, 87.0]");
        assert_eq!(spread(&MetricValue { value: 0.8, ci95: None }), None::<Spread>);
    }
}
