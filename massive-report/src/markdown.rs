//! A table in GitHub-flavoured Markdown.

use super::rows::{
    Row, SortBy, average_rows, group_rows, grouped, half_width, has_slu_f1, irregularities,
    locale_rows, percent, scope, slu_f1,
};
use massive_eval::document::ScoreDocument;

/// The score document as a Markdown table with what it covers below.
pub fn render(document: &ScoreDocument, sort: SortBy) -> String {
    let slu_f1 = has_slu_f1(document);
    let (name, rule) = if slu_f1 { (" SLU-F1 |", "--:|") } else { ("", "") };
    let mut out = format!(
        "| locale | language | n | intent accuracy | slot micro-F1 | exact match |{name}\n\
         |:--|:--|--:|--:|--:|--:|{rule}\n",
    );
    let push_row = |out: &mut String, row: &Row<'_>, name: &str, strong: &str| {
        push_row(out, row, name, strong, slu_f1);
    };
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
    out.push_str(".\nPer cent ± half the 95 % bootstrap interval.\n\n`");
    out.push_str(&document.signature);
    out.push_str("`\n");
    out
}

fn push_row(out: &mut String, row: &Row<'_>, name: &str, strong: &str, with_slu_f1: bool) {
    let utterances = row.scores.map_or(String::new(), |scores| grouped(scores.utterances));
    out.push_str(&format!("| {strong}{name}{strong} | {} | {utterances} |", row.description));
    for value in &row.metrics {
        let text = match value {
            None => "–".to_owned(),
            Some(value) => match half_width(value) {
                Some(half) => format!("{strong}{}{strong} ± {half}", percent(value.value)),
                None => format!("{strong}{}{strong}", percent(value.value)),
            },
        };
        out.push_str(&format!(" {text} |"));
    }
    if with_slu_f1 {
        out.push_str(&format!(" {strong}{}{strong} |", slu_f1(row)));
    }
    out.push('\n');
}
