//! A table for a paper, in LaTeX with booktabs.

use super::rows::{
    Row, SortBy, average_rows, group_rows, grouped, half_width, has_slu_f1, locale_rows, percent,
    scope, slu_f1,
};
use massive_eval::document::ScoreDocument;

/// The score document as a `tabular` environment; it needs the package booktabs.
pub fn render(document: &ScoreDocument, sort: SortBy) -> String {
    let with_slu_f1 = has_slu_f1(document);
    let (column, name) = if with_slu_f1 { ("r", " & SLU-F1") } else { ("", "") };
    let mut out = format!(
        "% {}\n% {}\n% per cent, with half the 95 per cent bootstrap interval; needs \\usepackage{{booktabs}}\n\
         \\begin{{tabular}}{{llrrrr{column}}}\n\\toprule\n\
         Locale & Language & $n$ & Intent acc. & Slot F1 & Exact match{name} \\\\\n\\midrule\n",
        scope(document).join(", "),
        document.signature
    );
    let push_row =
        |out: &mut String, row: &Row<'_>, name: &str| push_row(out, row, name, with_slu_f1);
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

fn push_row(out: &mut String, row: &Row<'_>, name: &str, with_slu_f1: bool) {
    let utterances = row.scores.map_or(String::new(), |scores| grouped(scores.utterances));
    out.push_str(&format!("{} & {} & {utterances}", escape(name), escape(&row.description)));
    for value in &row.metrics {
        let text = match value {
            None => "--".to_owned(),
            Some(value) => match half_width(value) {
                Some(half) => format!("${} \\pm {half}$", percent(value.value)),
                None => format!("${}$", percent(value.value)),
            },
        };
        out.push_str(&format!(" & {text}"));
    }
    if with_slu_f1 {
        let text =
            if row.slu_f1.is_some() { format!("${}$", slu_f1(row)) } else { "--".to_owned() };
        out.push_str(&format!(" & {text}"));
    }
    out.push_str(" \\\\\n");
}

fn escape(text: &str) -> String {
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
