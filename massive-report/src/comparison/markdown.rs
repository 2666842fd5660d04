//! The comparison as tables in GitHub-flavoured Markdown.

use super::rows::{
    Row, about_intervals, average_rows, half_width, locale_rows, points, published, rule, scope,
    sign, verdicts,
};
use super::usage;
use crate::SortBy;
use crate::rows::percent;
use massive_eval::comparison::CompareDocument;

/// The compare document as a Markdown table a comparison.
pub fn render(document: &CompareDocument, sort: SortBy) -> String {
    let mut out = String::new();
    for comparison in &document.comparisons {
        let metrics = comparison.verdicts.metrics();
        let titles: String =
            metrics.clone().map(|metric| format!(" {} |", metric.title())).collect();
        let rules = "--:|".repeat(metrics.len());
        out.push_str(&format!(
            "**{}** against **{}**\n\n\
             | locale | language |{titles}\n|:--|:--|{rules}\n",
            literal(&comparison.system.name),
            literal(&document.baseline.name),
        ));
        for row in locale_rows(comparison, sort) {
            push_row(&mut out, &row, "");
        }
        for row in average_rows(comparison) {
            push_row(&mut out, &row, "**");
        }
        out.push('\n');
        for sentence in verdicts(comparison) {
            out.push_str(&format!("- {sentence}\n"));
        }
        out.push_str(&format!(
            "\nPer cent: baseline → new, difference{}; ▲ won, ▼ lost: {}.\n\n",
            about_intervals(comparison).map_or(String::new(), |text| format!(" {text}")),
            rule(document, comparison)
        ));
        if let Some(usage) = usage::markdown(document, comparison) {
            out.push_str(&usage);
            out.push('\n');
        }
    }
    for line in published(document) {
        out.push_str(&format!("- {}\n", literal(&line)));
    }
    if !document.published.is_empty() {
        out.push('\n');
    }
    out.push_str(&scope(document).join("; "));
    out.push_str(&format!(".\n\n`{}`\n", document.signature));
    out
}

fn push_row(out: &mut String, row: &Row<'_>, strong: &str) {
    out.push_str(&format!("| {strong}{}{strong} | {} |", row.name, row.description));
    for (_, found) in row.metrics.iter() {
        let text = found.as_ref().map_or("–".to_owned(), |found| {
            let spread = half_width(found).map_or(String::new(), |half| format!(" ± {half}"));
            format!(
                "{} → {}, {strong}{}{strong}{spread} {}",
                percent(found.baseline),
                percent(found.new),
                points(found.difference),
                sign(found.verdict)
            )
        });
        out.push_str(&format!(" {} |", text.trim_end()));
    }
    out.push('\n');
}

/// A file's name as it is, whatever characters Markdown would take as marks.
fn literal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_punctuation() && c != '.' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
