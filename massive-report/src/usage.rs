//! What predictions took to make beside what they got right: cost, time and
//! validity by locale.

use massive_data::usage::{UsageBlock, UsagePart};
use massive_eval::document::{ScoreDocument, Scores};
use massive_eval::metrics::Metric;

use crate::table::{plain, push_line, right};
use comfy_table::Cell;

/// From this width on all columns are shown.
const WIDE: u16 = 130;

/// A column: a figure of the calls of a locale, or a score of their predictions.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) title: &'static str,
    /// The heading where there is room for more words.
    pub(crate) long: &'static str,
    /// Decimals.
    digits: usize,
    /// It is left out where there is little room.
    wide: bool,
    value: fn(&UsagePart, Option<&Scores>) -> Option<f64>,
}

impl Column {
    const fn new(
        title: &'static str,
        long: &'static str,
        digits: usize,
        value: fn(&UsagePart, Option<&Scores>) -> Option<f64>,
    ) -> Column {
        Column { title, long, digits, wide: false, value }
    }

    const fn wide(mut self) -> Column {
        self.wide = true;
        self
    }

    /// The figure, and as it is shown.
    pub(crate) fn of(&self, part: &UsagePart, scores: Option<&Scores>) -> (Option<f64>, String) {
        let value = (self.value)(part, scores);
        let digits = self.digits;
        (value, value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}")))
    }
}

fn percent(scores: Option<&Scores>, metric: Metric) -> Option<f64> {
    scores?.metric(metric).map(|value| 100.0 * value.value)
}

const QUALITY: [Column; 3] = [
    Column::new("exact", "Exact match (%)", 1, |_, scores| percent(scores, Metric::ExactMatch)),
    Column::new("intent", "Intent accuracy (%)", 1, |_, scores| {
        percent(scores, Metric::IntentAccuracy)
    }),
    Column::new("slot F1", "Slot micro-F1 (%)", 1, |_, scores| {
        percent(scores, Metric::SlotMicroF1)
    })
    .wide(),
];

const COST: [Column; 12] = [
    Column::new("calls", "Calls", 0, |part, _| Some(part.calls as f64)),
    Column::new("valid %", "Valid replies (%)", 1, |part, _| part.valid.map(|it| 100.0 * it)),
    Column::new("words %", "Words preserved (%)", 1, |part, _| {
        part.words_preserved.map(|it| 100.0 * it)
    })
    .wide(),
    Column::new("first ms p50", "First token (ms), p50", 0, |part, _| Some(part.first_ms?.p50))
        .wide(),
    Column::new("p95", "First token (ms), p95", 0, |part, _| Some(part.first_ms?.p95)).wide(),
    Column::new("total ms p50", "Whole reply (ms), p50", 0, |part, _| Some(part.total_ms?.p50)),
    Column::new("p95", "Whole reply (ms), p95", 0, |part, _| Some(part.total_ms?.p95)),
    Column::new("tok/s", "Tokens a second, p50", 0, |part, _| Some(part.output_speed?.p50)).wide(),
    Column::new("in", "Tokens of a prompt", 0, |part, _| part.input_per_call()),
    Column::new("out", "Tokens of a reply", 0, |part, _| part.output_per_call()),
    Column::new("× en-US", "Tokens × en-US", 2, |part, _| part.tokens_to_english),
    Column::new("per 1,000", "Cost of 1,000", 4, |part, _| part.cost_per_1000),
];

/// The columns: of the scores, where there are any, and of the calls.
pub(crate) fn columns(scored: bool, wide: bool) -> Vec<Column> {
    let quality = QUALITY.iter().filter(|_| scored);
    quality.chain(&COST).filter(|column| wide || !column.wide).copied().collect()
}

/// The locales of a block with their calls and scores, and at the end all of
/// them, if there are several.
pub(crate) fn lines<'a>(
    usage: &'a UsageBlock,
    scores: Option<&'a ScoreDocument>,
) -> Vec<(&'a str, &'a UsagePart, Option<&'a Scores>)> {
    let locales = usage.locales.iter().map(|(tag, part)| {
        (tag.as_str(), part, scores.and_then(|document| document.locales.get(tag)))
    });
    let all = ("all", &usage.all, scores.map(|document| &document.all));
    locales.chain((usage.locales.len() > 1).then_some(all)).collect()
}

/// What was counted besides, in short phrases.
pub(crate) fn remarks(usage: &UsageBlock) -> Vec<String> {
    let all = &usage.all;
    let replies = all.replies.iter().filter(|(_, count)| **count > 0);
    let replies: Vec<String> = replies.map(|(name, count)| format!("{name} {count}")).collect();
    let mut remarks = vec![format!("replies: {}", replies.join(", "))];
    if all.unplaced > 0 {
        remarks.push(format!("slots whose words are not in the utterance: {}", all.unplaced));
    }
    if all.without_usage > 0 {
        remarks.push(format!("without a count of tokens, and no cost: {}", all.without_usage));
    }
    if !all.failed_attempts.is_empty() {
        let classes: Vec<String> =
            all.failed_attempts.iter().map(|(class, count)| format!("{class} {count}")).collect();
        remarks.push(format!("attempts that failed: {}", classes.join(", ")));
    }
    if let (Some(cost), Some(price)) = (all.cost, usage.price) {
        let cached = price.cached.map_or(String::new(), |cached| format!(", {cached} cached"));
        remarks.push(format!(
            "cost: {cost:.6} at {} in, {} out{cached} for a million tokens",
            price.input, price.output
        ));
    }
    remarks
}

/// The block as a table in a terminal, quality first where there are scores.
pub fn render(usage: &UsageBlock, scores: Option<&ScoreDocument>, width: u16) -> String {
    let columns = columns(scores.is_some(), width >= WIDE);
    let mut table = plain(false);
    let mut header = vec![Cell::new("locale")];
    header.extend(columns.iter().map(|column| right(column.title)));
    table.set_header(header);
    for (tag, part, scores) in lines(usage, scores) {
        let mut cells = vec![Cell::new(tag)];
        cells.extend(columns.iter().map(|column| right(&column.of(part, scores).1)));
        table.add_row(cells);
    }
    let mut out = String::new();
    for line in table.lines() {
        push_line(&mut out, &line);
    }
    out.push('\n');
    for remark in remarks(usage) {
        push_line(&mut out, &remark);
    }
    out
}

/// The block as a Markdown table.
pub(crate) fn markdown(usage: &UsageBlock, scores: &ScoreDocument) -> String {
    let columns = columns(true, true);
    let titles: String = columns.iter().map(|column| format!(" {} |", column.long)).collect();
    let mut out = format!("| locale |{titles}\n|:--|{}\n", "--:|".repeat(columns.len()));
    for (tag, part, scores) in lines(usage, Some(scores)) {
        let cells: String =
            columns.iter().map(|column| format!(" {} |", column.of(part, scores).1)).collect();
        out.push_str(&format!("| {tag} |{cells}\n"));
    }
    out.push_str(&format!("\n{}.\n", remarks(usage).join("; ")));
    out
}

/// A locale in a plot of quality against cost.
pub(crate) struct Point<'a> {
    /// Its tag.
    pub(crate) tag: &'a str,
    /// What 1,000 utterances cost; without a price, the tokens of one.
    pub(crate) cost: f64,
    /// Exact match in per cent, with its interval.
    pub(crate) exact: f64,
    pub(crate) interval: Option<[f64; 2]>,
}

/// The points of the plot, with what its horizontal axis shows; `None` where
/// nothing was counted.
pub(crate) fn points(document: &ScoreDocument) -> Option<(&'static str, Vec<Point<'_>>)> {
    let usage = document.usage.as_ref()?;
    let (title, cost): (_, fn(&UsagePart) -> Option<f64>) = match usage.price {
        Some(_) => ("Cost of 1,000 utterances", |part| part.cost_per_1000),
        None => ("Tokens of an utterance, prompt and reply", |part| part.tokens_per_call),
    };
    let points: Vec<Point<'_>> = lines(usage, Some(document))
        .into_iter()
        .filter(|(tag, ..)| *tag != "all")
        .filter_map(|(tag, part, scores)| {
            let exact = scores?.metric(Metric::ExactMatch)?;
            let percent = |value: f64| 100.0 * value.clamp(0.0, 1.0);
            Some(Point {
                tag,
                cost: cost(part).filter(|cost| cost.is_finite() && *cost >= 0.0)?,
                exact: percent(exact.value),
                interval: exact.ci95.map(|ends| ends.map(percent)),
            })
        })
        .collect();
    (!points.is_empty()).then_some((title, points))
}

/// Places for labels beside dots so that none lies on another: of each dot the
/// left end and the middle of its label; `None` where there is no room.
///
/// The first place that is free is taken, in the order of the dots.
pub(crate) fn label_places(
    dots: &[(f64, f64)],
    widths: &[f64],
    height: f64,
    room: [f64; 4],
) -> Vec<Option<(f64, f64)>> {
    const GAP: f64 = 6.0;
    let [left, top, right, bottom] = room;
    let mut taken: Vec<[f64; 4]> =
        dots.iter().map(|(x, y)| [x - 4.0, y - 4.0, x + 4.0, y + 4.0]).collect();
    let mut places = Vec::with_capacity(dots.len());
    for (&(x, y), &width) in dots.iter().zip(widths) {
        let step = height * 0.9;
        let candidates = [
            (x + GAP, y),
            (x - GAP - width, y),
            (x - width / 2.0, y - step),
            (x - width / 2.0, y + step),
            (x + GAP, y - step),
            (x + GAP, y + step),
            (x - GAP - width, y - step),
            (x - GAP - width, y + step),
        ];
        let place = candidates.into_iter().find(|&(from, middle)| {
            let own = [from, middle - height / 2.0, from + width, middle + height / 2.0];
            let inside = own[0] >= left && own[1] >= top && own[2] <= right && own[3] <= bottom;
            inside
                && taken.iter().all(|other| {
                    own[2] <= other[0]
                        || own[0] >= other[2]
                        || own[3] <= other[1]
                        || own[1] >= other[3]
                })
        });
        if let Some((from, middle)) = place {
            taken.push([from, middle - height / 2.0, from + width, middle + height / 2.0]);
        }
        places.push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use massive_data::usage::{Percentiles, Price};

    use super::*;

    fn block() -> UsageBlock {
        let part = UsagePart {
            calls: 10,
            without_usage: 1,
            input_tokens: 900,
            output_tokens: 90,
            tokens_per_call: Some(110.0),
            tokens_to_english: Some(1.0),
            cost: Some(0.5),
            cost_per_1000: Some(55.555_55),
            total_ms: Some(Percentiles { p50: 12.4, p95: 99.0 }),
            replies: [("valid".to_owned(), 9), ("empty".to_owned(), 1)].into(),
            valid: Some(0.9),
            words_preserved: Some(0.8),
            ..UsagePart::default()
        };
        UsageBlock {
            model: vec!["m".to_owned()],
            price: Some(Price { input: 1.0, output: 2.0, cached: None }),
            all: part.clone(),
            locales: [("en-US".to_owned(), part.clone()), ("sw-KE".to_owned(), part)].into(),
        }
    }

    #[test]
    fn every_locale_has_a_line_and_what_is_not_known_a_dash() {
        let shown = render(&block(), None, 200);
        let lines: Vec<&str> = shown.lines().collect();
        let cells: Vec<&str> = lines[2].split_whitespace().collect();
        let expected = "en-US 10 90.0 80.0 – – 12 99 – 100 10 1.00 55.5555";
        assert_eq!(cells.join(" "), expected);
        assert!(lines[4].trim_start().starts_with("all"));
        assert!(shown.contains("\nwithout a count of tokens, and no cost: 1\n"), "{shown}");
        assert!(
            shown.contains("\ncost: 0.500000 at 1 in, 2 out for a million tokens\n"),
            "{shown}"
        );
        let narrow = render(&block(), None, 80);
        assert!(narrow.lines().all(|line| line.chars().count() <= 82), "{narrow}");
    }

    #[test]
    fn labels_lie_on_nothing() {
        let dots: Vec<(f64, f64)> = (0..30).map(|n| (f64::from(n) * 7.0, 50.0)).collect();
        let places = label_places(&dots, &[30.0; 30], 12.0, [0.0, 0.0, 300.0, 100.0]);
        let placed: Vec<(f64, f64)> = places.iter().copied().flatten().collect();
        assert!(placed.len() > 5 && placed.len() < 30);
        for (index, one) in placed.iter().enumerate() {
            assert!(one.0 >= 0.0 && one.0 + 30.0 <= 300.0);
            for other in &placed[..index] {
                let apart = (one.0 - other.0).abs() >= 30.0 || (one.1 - other.1).abs() >= 10.8;
                assert!(apart, "{one:?} {other:?}");
            }
        }
    }
}
