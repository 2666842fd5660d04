//! A leaderboard in GitHub-flavoured Markdown.

use super::{
    Marker, figure, heading, marked, model_of, ordering, published_figure, rank_of, setting,
    verified, why_apart,
};
use massive_eval::document::MetricValue;
use massive_eval::leaderboard::{Board, Figures, RuleState};
use massive_eval::metrics::Metric;

/// The rankings, then what was published. Every text of an entry is shown as
/// text, whatever it has in it.
pub fn render(board: &Board) -> String {
    let mut out = format!("{}\n\n# {}\n", Marker::of(board).comment(), text(&board.title));
    let ranked_by: Option<Metric> = board.metric.parse().ok();
    for group in &board.groups {
        out.push_str(&format!("\n## {}\n\n{}", heading(group), ordering(board, group)));
        if let Some(why) = why_apart(group) {
            out.push_str(&format!(" {}", text(&why)));
        }
        out.push_str("\n\n");
        let mut titles = vec!["rank", "name", "team", "date", "model"];
        titles.extend(Metric::PAPER.map(Metric::title));
        titles.extend(board.columns.iter().map(String::as_str));
        titles.extend(["score", "rules"]);
        row(&mut out, titles.iter().map(|title| text(title)));
        let numbers = 5..5 + Metric::PAPER.len() + board.columns.len();
        row(
            &mut out,
            (0..titles.len())
                .map(|at| if numbers.contains(&at) { "--:" } else { ":--" }.to_owned()),
        );
        for entry in &group.entries {
            let listed = &entry.entry;
            let all = entry.scores.get(if board.on == "macro" { "macro" } else { "all" });
            let mut cells = vec![
                rank_of(entry),
                text(&listed.name),
                text(listed.team.as_deref().unwrap_or("–")),
                listed.date.to_string(),
                model_of(&listed.model),
            ];
            cells.extend(Metric::PAPER.map(|metric| figure(value(all, Some(metric)))));
            cells.extend(
                board
                    .columns
                    .iter()
                    .map(|column| figure(value(entry.scores.get(column), ranked_by))),
            );
            let rules: Vec<String> = marked(&entry.rules)
                .map(|rule| match rule.state {
                    RuleState::Broken => format!("✗ {}", text(&rule.reason)),
                    _ => format!("? {}", text(&rule.reason)),
                })
                .collect();
            cells.push(verified(&entry.verification).to_owned());
            cells.push(if rules.is_empty() { "✓".to_owned() } else { rules.join("; ") });
            row(&mut out, cells);
        }
        out.push_str(&format!("\n`{}`\n", group.signature));
    }
    published(board, &mut out);
    out.push_str(
        "\nPer cent with the 95 % interval: ± half of it, or its bounds. ✗ a rule is broken, ? it is \
         not declared. A score is verified if its predictions were scored anew and gave it.\n",
    );
    out
}

fn published(board: &Board, out: &mut String) {
    if board.published.is_empty() {
        return;
    }
    out.push_str("\n## Published, not recomputed\n\nFigures as printed, not ranked.\n\n");
    let titles = ["name", "team", "task, phase", "of"];
    let metrics = Metric::PAPER.map(Metric::title);
    row(
        out,
        titles.into_iter().chain(metrics).chain(["source", "provenance", "figures"]).map(text),
    );
    row(out, [":--"; 4].into_iter().chain(["--:"; 3]).chain([":--"; 3]).map(str::to_owned));
    for entry in &board.published {
        for (of, figures) in &entry.scores {
            let mut cells = vec![
                text(&entry.entry.name),
                text(entry.entry.team.as_deref().unwrap_or("–")),
                setting(entry),
                text(of),
            ];
            cells.extend(Metric::PAPER.map(|metric| published_figure(figures.metric(metric))));
            cells.extend([text(&entry.source), text(&entry.provenance)]);
            cells.push(verified(&entry.verification).to_owned());
            row(out, cells);
        }
    }
}

fn value(figures: Option<&Figures>, metric: Option<Metric>) -> Option<MetricValue> {
    figures?.metric(metric?)
}

fn row(out: &mut String, cells: impl IntoIterator<Item = String>) {
    out.push('|');
    for cell in cells {
        out.push_str(&format!(" {cell} |"));
    }
    out.push('\n');
}

/// Text that no reader of Markdown takes for markup.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' | '@' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    // Addresses become links on their own; not those in names.
    out.replace("://", ":\\/\\/").replace("www.", "www\\.")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn markup_is_text() {
        assert_eq!(text("<b>|[x](http://a.b)`*"), "&lt;b&gt;\\|\\[x\\](http:\\/\\/a.b)\\`\\*");
    }
}
