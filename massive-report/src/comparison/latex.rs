//! The comparison as tables for a paper, in LaTeX with booktabs.

use super::rows::{
    Row, about_intervals, average_rows, half_width, locale_rows, points, published, rule, scope,
};
use crate::SortBy;
use crate::latex::escape;
use crate::rows::percent;
use massive_eval::comparison::{CompareDocument, Verdict};

/// The compare document as a `tabular` environment a comparison; it needs the
/// package booktabs.
pub fn render(document: &CompareDocument, sort: SortBy) -> String {
    let mut out = format!("% {}\n% {}\n", scope(document).join(", "), document.signature);
    for line in published(document) {
        out.push_str(&format!("% {}\n", one_line(&line)));
    }
    for comparison in &document.comparisons {
        let metrics = comparison.verdicts.metrics();
        let columns = "rl".repeat(metrics.len());
        let titles: String = metrics
            .map(|metric| format!(" & \\multicolumn{{2}}{{c}}{{{}}}", escape(metric.title())))
            .collect();
        out.push_str(&format!(
            "% {} against {}: per cent, difference{}; up and down: {}\n\
             \\begin{{tabular}}{{ll{columns}}}\n\\toprule\n\
             Locale & Language{titles} \\\\\n\\midrule\n",
            one_line(&comparison.system.name),
            one_line(&document.baseline.name),
            about_intervals(comparison).map_or(String::new(), |text| format!(" {text}")),
            rule(document, comparison),
        ));
        for row in locale_rows(comparison, sort) {
            push_row(&mut out, &row);
        }
        out.push_str("\\midrule\n");
        for row in average_rows(comparison) {
            push_row(&mut out, &row);
        }
        out.push_str("\\bottomrule\n\\end{tabular}\n");
    }
    out
}

fn push_row(out: &mut String, row: &Row<'_>) {
    out.push_str(&format!("{} & {}", escape(row.name), escape(row.description)));
    for (_, found) in row.metrics.iter() {
        let Some(found) = found else {
            out.push_str(" & -- &");
            continue;
        };
        let spread = half_width(found).map_or(String::new(), |half| format!(" \\pm {half}"));
        let sign = match found.verdict {
            Verdict::Won => " \\uparrow",
            Verdict::Lost => " \\downarrow",
            Verdict::Undecided => "",
        };
        out.push_str(&format!(
            " & ${}$ & ${}{spread}{sign}$",
            percent(found.new),
            points(found.difference)
        ));
    }
    out.push_str(" \\\\\n");
}

/// A name that ends no comment.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
