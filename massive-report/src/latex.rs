//! A table for a paper, in LaTeX with booktabs.

use super::rows::{
    Row, SortBy, Spread, average_rows, group_rows, grouped, locale_rows, percent, scope, spread,
};
use massive_eval::document::ScoreDocument;
use massive_eval::metrics::Metric;

/// The score document as a `tabular` environment; it needs the package booktabs.
pub fn render(document: &ScoreDocument, sort: SortBy) -> String {
    let columns = "r".repeat(1 + document.metrics().len());
    let titles: Vec<String> = document.metrics().map(title).collect();
    let mut out = format!(
        "% {}\n% {}\n% per cent with 95 per cent intervals; needs \\usepackage{{booktabs}}\n\
         \\begin{{tabular}}{{ll{columns}}}\n\\toprule\n\
         Locale & Language & $n$ & {} \\\\\n\\midrule\n",
        scope(document).join(", "),
        document.signature,
        titles.join(" & ")
    );
    for row in locale_rows(document, sort) {
        push_row(&mut out, &row, row.name);
    }
    for (feature, rows) in group_rows(document) {
        out.push_str("\\midrule\n");
        for row in rows {
            let name = format!("{feature}: {}", row.name);
            // The members would not fit a column.
            push_row(&mut out, &Row { description: String::new(), ..row }, &name);
        }
    }
    out.push_str("\\midrule\n");
    for row in average_rows(document) {
        push_row(&mut out, &row, row.name);
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n");
    out
}

fn push_row(out: &mut String, row: &Row<'_>, name: &str) {
    let utterances = row.scores.map_or(String::new(), |scores| grouped(scores.utterances));
    out.push_str(&format!("{} & {} & {utterances}", escape(name), escape(&row.description)));
    for value in &row.metrics {
        let text = match value {
            None => "--".to_owned(),
            Some(value) => match spread(value) {
                Some(Spread::Half(half)) => format!("${} \\pm {half}$", percent(value.value)),
                Some(bounds) => format!("${}$ {bounds}", percent(value.value)),
                None => format!("${}$", percent(value.value)),
            },
        };
        out.push_str(&format!(" & {text}"));
    }
    out.push_str(" \\\\\n");
}

/// The title over a column: `Intent acc.` and the like.
fn title(metric: Metric) -> String {
    let short = metric.short();
    let mut title: String = short.chars().take(1).flat_map(char::to_uppercase).collect();
    title.extend(short.chars().skip(1));
    if title.ends_with(" acc") { title + "." } else { title }
}

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            _ => out.push(c),
        }
    }
    out
}
