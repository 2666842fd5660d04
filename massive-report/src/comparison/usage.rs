//! What the systems of a comparison took: cost, time and tokens by locale.

use comfy_table::Cell;
use massive_data::usage::{UsageBlock, UsagePart};
use massive_eval::comparison::{CompareDocument, Comparison};
use massive_eval::metrics::Metric;

use crate::table::{plain, push_line, right};

type Figure = fn(&UsagePart) -> Option<f64>;

/// Headings, decimals and figures; each is shown as baseline → new.
const FIGURES: [(&str, usize, Figure); 4] = [
    ("cost of 1,000", 4, |part| part.cost_per_1000),
    ("total ms p50", 0, |part| Some(part.total_ms?.p50)),
    ("p95", 0, |part| Some(part.total_ms?.p95)),
    ("tokens", 0, |part| part.tokens_per_call),
];

/// A locale's line: its tag, the difference in exact match, and the figures.
fn lines(document: &CompareDocument, comparison: &Comparison) -> Option<Vec<Vec<String>>> {
    let (base, new) = (document.baseline.usage.as_ref(), comparison.system.usage.as_ref());
    if base.is_none() && new.is_none() {
        return None;
    }
    let of = |usage: Option<&'_ UsageBlock>, tag: &str| -> Option<UsagePart> {
        let usage = usage?;
        if tag == "all" { Some(usage.all.clone()) } else { usage.locales.get(tag).cloned() }
    };
    let places = comparison.locales.iter().map(|(tag, place)| (tag.as_str(), place));
    let lines = places.chain([("all", &comparison.all)]).map(|(tag, place)| {
        let exact = place.metrics.known(Metric::ExactMatch);
        let exact =
            exact.map_or("–".to_owned(), |found| format!("{:+.1}", 100.0 * found.difference));
        let (base, new) = (of(base, tag), of(new, tag));
        let figures = FIGURES.iter().map(|(_, digits, figure)| {
            let shown = |part: Option<&UsagePart>| {
                let value = part.and_then(figure);
                value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
            };
            format!("{} → {}", shown(base.as_ref()), shown(new.as_ref()))
        });
        [tag.to_owned(), exact].into_iter().chain(figures).collect()
    });
    Some(lines.collect())
}

fn heads() -> impl Iterator<Item = &'static str> {
    ["locale", "Δ exact"].into_iter().chain(FIGURES.iter().map(|(head, ..)| *head))
}

/// As a table in a terminal; `None` where neither system says what it took.
pub(super) fn table(document: &CompareDocument, comparison: &Comparison) -> Option<String> {
    let lines = lines(document, comparison)?;
    let mut table = plain(false);
    table.set_header(heads().enumerate().map(|(at, head)| match at {
        0 => Cell::new(head),
        _ => right(head),
    }));
    for line in lines {
        table.add_row(line.iter().enumerate().map(|(at, cell)| match at {
            0 => Cell::new(cell),
            _ => right(cell),
        }));
    }
    let mut out = String::new();
    for line in table.lines() {
        push_line(&mut out, &line);
    }
    Some(out)
}

/// As a Markdown table.
pub(super) fn markdown(document: &CompareDocument, comparison: &Comparison) -> Option<String> {
    let lines = lines(document, comparison)?;
    let titles: Vec<&str> = heads().collect();
    let rules = "--:|".repeat(titles.len() - 1);
    let mut out = format!("| {} |\n|:--|{rules}\n", titles.join(" | "));
    for line in lines {
        out.push_str(&format!("| {} |\n", line.join(" | ")));
    }
    Some(out)
}
