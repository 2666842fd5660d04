//! A table in GitHub-flavoured Markdown.

use super::rows::{
    Row, SortBy, average_rows, group_rows, grouped, irregularities, locale_rows, percent, scope,
    spread,
};
use massive_eval::document::ScoreDocument;

/// The score document as a Markdown table with what it covers below.
pub fn render(document: &ScoreDocument, sort: SortBy) -> String {
    let titles: String =
        document.metrics().map(|metric| format!(" {} |", metric.title())).collect();
    let rules = "--:|".repeat(document.metrics().len());
    let mut out = format!("| locale | language | n |{titles}\n|:--|:--|--:|{rules}\n");
    for row in locale_rows(document, sort) {
        push_row(&mut out, &row, row.name, "");
    }
    for (feature, rows) in group_rows(document) {
        for row in rows {
            push_row(&mut out, &row, &format!("{feature} {}", row.name), "");
        }
    }
    for row in average_rows(document) {
        push_row(&mut out, &row, row.name, "**");
    }
    out.push('\n');
    let mut notes = scope(document);
    notes.extend(irregularities(document));
    out.push_str(&notes.join("; "));
    out.push_str(".\nPer cent with 95 % intervals.\n\n`");
    out.push_str(&document.signature.to_string());
    out.push_str("`\n");
    if let Some(usage) = &document.usage {
        out.push('\n');
        out.push_str(&super::usage::markdown(usage, document));
    }
    out
}

fn push_row(out: &mut String, row: &Row<'_>, name: &str, strong: &str) {
    let utterances = row.scores.map_or(String::new(), |scores| grouped(scores.utterances));
    out.push_str(&format!("| {strong}{name}{strong} | {} | {utterances} |", row.description));
    for value in &row.metrics {
        let text = match value {
            None => "–".to_owned(),
            Some(value) => match spread(value) {
                Some(spread) => format!("{strong}{}{strong} {spread}", percent(value.value)),
                None => format!("{strong}{}{strong}", percent(value.value)),
            },
        };
        out.push_str(&format!(" {text} |"));
    }
    out.push('\n');
}
