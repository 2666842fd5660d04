//! The index: all rankings, with what to filter, sort and rank them by.

use maud::{Markup, PreEscaped, html};

use super::{BOARD_CSS, BOARD_JS, ENTRIES, data, plot};
use crate::html::page::{Page, SORT_JS, Section, WIDE_JS};
use crate::html::table::{Cell, Column, Row, Table};
use crate::leaderboard::{
    Marker, heading, marked, model_of, ordering, published_figure, rank_of, setting, verified,
    why_apart,
};
use crate::rows::{percent, spread};
use massive_eval::document::{Grouping, MetricValue};
use massive_eval::error::Result;
use massive_eval::leaderboard::{
    Board, Family, Group, Phase, RankedRow, RuleState, Scope, Task, Unverified, Verification,
};
use massive_eval::metrics::Metric;

pub(super) fn page(board: &Board) -> Result<String> {
    let ids: Vec<String> =
        (1..=board.groups.len()).map(|number| format!("ranking-{number}")).collect();
    let titles: Vec<String> = board
        .groups
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let more = match (group.breaks_rules, index) {
                (true, _) => " (a rule broken)",
                (false, index) if index > 0 && !group.differences.is_empty() => " (apart)",
                _ => "",
            };
            format!("{}, {}{more}", group.task, group.phase)
        })
        .collect();
    let mut sections: Vec<Section<'_>> =
        ids.iter().zip(&titles).map(|(id, title)| Section { id, title }).collect();
    if !board.published.is_empty() {
        sections.push(Section { id: "published", title: "Published" });
    }
    sections.push(Section { id: "reading", title: "How to read this" });
    let count: usize = board.groups.iter().map(|group| group.entries.len()).sum();
    let page = Page {
        title: &board.title,
        header: html! {
            h1 { bdi { (board.title) } }
            p.muted {
                (plural(count, "entry", "entries")) " in "
                (plural(board.groups.len(), "ranking", "rankings")) ", "
                (plural(board.published.len(), "published result", "published results"))
                ". Data: " a href="leaderboard.json" { "leaderboard.json" } "."
            }
        },
        sections: &sections,
        styles: &[BOARD_CSS],
        scripts: &[BOARD_JS, SORT_JS, WIDE_JS],
        main: html! {
            @if count > 0 { (controls(board)) }
            @for (group, id) in board.groups.iter().zip(&ids) { (ranking(board, group, id)) }
            @if count == 0 { p { "There is no entry yet." } }
            (published(board))
            (reading(board))
            script type="application/json" id="board-data" { (PreEscaped(data::json(board)?)) }
        },
        footer: html! {
            p { "Made by massive " (board.tool.version) " from the entries alone." }
            (PreEscaped(Marker::of(board).comment()))
        },
    };
    Ok(page.render())
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What the script listens to; without scripts it is not shown.
fn controls(board: &Board) -> Markup {
    let tasks = Task::ALL.map(Task::name);
    let phases = Phase::ALL.map(Phase::name);
    let families = Family::ALL.map(Family::name);
    html! {
        form.controls id="controls" hidden autocomplete="off" aria-label="What is shown" {
            fieldset {
                legend { "Show" }
                label { "Name or team" input type="search" name="text"; }
                (choice("Task", "task", &tasks))
                (choice("Phase", "phase", &phases))
                (choice("Model", "family", &families))
                label { "Rules"
                    select name="rules" {
                        option value="" { "any" }
                        option value="kept" { "none broken" }
                        option value="declared" { "all kept and declared" }
                    }
                }
                label { "Score"
                    select name="verified" {
                        option value="" { "any" }
                        option value="yes" { "verified" }
                        option value="no" { "not verified" }
                    }
                }
            }
            fieldset {
                legend { "Rank" }
                label { "By"
                    select name="metric" {
                        @for (index, metric) in Metric::PAPER.into_iter().enumerate() {
                            option value=(index) selected[metric.name() == board.metric] {
                                (metric.title())
                            }
                        }
                    }
                }
                label { "On"
                    select name="on" { (scopes(board)) }
                }
                label { "Columns"
                    select name="columns" {
                        @if !board.columns.is_empty() {
                            option value="given" selected { "as rendered" }
                        }
                        option value="" { "metrics only" }
                        option value="locales" { "every locale" }
                        @for grouping in Grouping::ALL {
                            option value=(grouping.name()) { "by " (title_of(grouping)) }
                        }
                    }
                }
                button type="reset" { "Reset" }
            }
            p.muted role="status" id="shown" {}
        }
    }
}

fn choice(label: &str, name: &str, values: &[&str]) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                option value="" { "any" }
                @for value in values { option value=(value) { (value) } }
            }
        }
    }
}

fn title_of(grouping: Grouping) -> &'static str {
    match grouping {
        Grouping::Script => "script",
        Grouping::Family => "family",
        Grouping::Genus => "genus",
        Grouping::Order => "word order",
    }
}

/// The scopes that any entry has, in groups.
fn scopes(board: &Board) -> Markup {
    let mut names: Vec<&str> = board
        .groups
        .iter()
        .filter_map(|group| group.entries.first())
        .flat_map(|row| row.scores.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    let option = |name: &str, title: String| {
        html! { option value=(name) selected[name == board.on] { (title) } }
    };
    let locales: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !name.contains(':') && !matches!(*name, "all" | "macro"))
        .collect();
    html! {
        (option("all", "all utterances".to_owned()))
        (option("macro", "mean over locales".to_owned()))
        optgroup label="Locales" {
            @for name in &locales { (option(name, locale_title(name))) }
        }
        @for grouping in Grouping::ALL {
            @let prefix = format!("{grouping}:");
            optgroup label=(capital(title_of(grouping))) {
                @for name in names.iter().filter(|name| name.starts_with(&prefix)) {
                    (option(name, name[prefix.len()..].to_owned()))
                }
            }
        }
    }
}

fn locale_title(tag: &str) -> String {
    massive_data::Locale::from_tag(tag)
        .and_then(massive_data::Locale::language)
        .map_or_else(|| tag.to_owned(), |language| format!("{tag} {language}"))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().collect::<String>() + characters.as_str()
    })
}

fn ranking(board: &Board, group: &Group, id: &str) -> Markup {
    let caption = format!("{id}-caption");
    html! {
        section.ranking id=(id) {
            h2 { (heading(group)) }
            @if let Some(why) = why_apart(group) { p.apart { (why) } }
            div.scroll role="group" tabindex="0" aria-labelledby=(caption) {
                table.board {
                    caption id=(caption) { (ordering(board, group)) }
                    thead {
                        tr {
                            th.num scope="col" { "Rank" }
                            @for title in ["Name", "Team", "Date", "Model"] {
                                th scope="col" { (title) }
                            }
                            @for metric in Metric::PAPER {
                                th.num scope="col" { (capital(metric.title())) }
                            }
                            @for column in &board.columns { th.num scope="col" { (column) } }
                            th scope="col" { "Score" }
                            th scope="col" { "Rules" }
                        }
                    }
                    tbody { @for row in &group.entries { (entry_row(board, row)) } }
                }
            }
            (plot::ranks(board, group, &format!("{id}-ranks")))
            code.signature { (group.signature) }
        }
    }
}

fn entry_row(board: &Board, row: &RankedRow) -> Markup {
    let on = row.scores.get(&board.on);
    let ranked_by: Option<Metric> = board.metric.parse().ok();
    let entry = &row.entry;
    html! {
        tr {
            td.num { (rank_of(row)) }
            th scope="row" {
                a href={ (ENTRIES) "/" (entry.slug) ".html" } { bdi { (entry.name) } }
            }
            td { @if let Some(team) = &entry.team { bdi { (team) } } @else { "–" } }
            td { (entry.date) }
            td { (model_of(&entry.model)) }
            @for metric in Metric::PAPER {
                (figure(on.and_then(|figures| figures.metric(metric))))
            }
            @for column in &board.columns {
                @let figures = row.scores.get(column);
                (figure(figures.and_then(|figures| figures.metric(ranked_by?))))
            }
            td { (verification(&row.verification)) }
            td {
                @if marked(&row.rules).next().is_none() { "kept" }
                @for rule in marked(&row.rules) { (mark(rule.state, &rule.reason)) " " }
            }
        }
    }
}

/// The mark of a rule that is not known to be kept.
pub(super) fn mark(state: RuleState, reason: &str) -> Markup {
    html! { span.mark.(state.name()) title=(reason) { (state.name()) } }
}

/// Whether an entry is verified; why not is told by its title.
pub(super) fn verification(of: &Verification) -> Markup {
    let class = if of.verified { "mark verified" } else { "mark unverified" };
    html! { span class=(class) title=(of.reason) { (verified(of)) } }
}

fn figure(value: Option<MetricValue>) -> Markup {
    html! {
        td.num {
            @match value {
                None => "–",
                Some(value) => {
                    (percent(value.value))
                    @if let Some(spread) = spread(&value) { span.spread { " " (spread) } }
                }
            }
        }
    }
}

fn published(board: &Board) -> Markup {
    if board.published.is_empty() {
        return html! {};
    }
    let mut rows = Vec::new();
    for entry in &board.published {
        for (of, figures) in &entry.scores {
            let mut cells = vec![
                Cell::text(html! {
                    a href={ (ENTRIES) "/" (entry.entry.slug) ".html" } { bdi { (entry.entry.name) } }
                }),
                Cell::text(setting(entry)),
                Cell::text(of.as_str()),
            ];
            cells.extend(Metric::PAPER.map(|metric| {
                let value = figures.metric(metric);
                Cell::number(published_figure(value), value.map(|value| value.value))
            }));
            cells
                .extend([Cell::text(entry.source.as_str()), Cell::text(entry.provenance.as_str())]);
            cells.push(Cell::text(verification(&entry.verification)));
            rows.push(Row { cells });
        }
    }
    let table = Table {
        id: "published-results",
        caption: html! { "Figures as printed in the papers, in per cent. They have no rank." },
        columns: vec![
            Column::text("Name"),
            Column::text("Task, phase"),
            Column::text("Of"),
            Column::number("Intent accuracy"),
            Column::number("Slot micro-F1"),
            Column::number("Exact match"),
            Column::text("Source"),
            Column::text("Provenance"),
            Column::text("Figures"),
        ],
        rows,
        summary: Vec::new(),
    };
    html! {
        section id="published" {
            h2 { "Published, not recomputed" }
            (table)
        }
    }
}

fn reading(board: &Board) -> Markup {
    html! {
        section id="reading" {
            h2 { "How to read this" }
            p {
                "Scores are in per cent with 95 % intervals. A rank such as 2–4 \
                 says that the entry may stand second to fourth: what is between is not told apart. \
                 Ranks on another metric, locale or group of languages are taken from the \
                 intervals, and filters leave ranks as they are."
            }
            p {
                "Entries compare only if their signatures agree in all but the version: the same \
                 rows, gold labels and settings. Others have a ranking of their own, which names \
                 the difference."
            }
            p {
                "A score is "
                (verification(&Verification::reproduced()))
                " if its predictions were scored anew when this page was made, and gave it. "
                @match board.unverified {
                    Unverified::Unranked => "Others are listed without a rank.",
                    Unverified::Show => "Others are ranked too, and marked.",
                }
                " Published figures are verified if they are those that were read in the paper."
            }
            p {
                "Entries that break a rule are ranked among themselves. Rules are those of the competition: encoder-only models under 350 M parameters, \
                 sequence-to-sequence models under 700 M, embeddings included; the zero-shot task \
                 leaves en-US out; rows of dev, test and the held-out set are not for training, as \
                 makers declare. "
                (mark(RuleState::Broken, "a rule is broken")) " a rule is broken, "
                (mark(RuleState::Undeclared, "it is not declared")) " it is not declared."
            }
        }
    }
}

/// A scope for readers.
pub(super) fn scope_title(scope: &str) -> String {
    match scope.parse::<Scope>() {
        Ok(Scope::Locale(locale)) => locale.language().unwrap_or_default().to_owned(),
        Ok(Scope::All) => "pooled".to_owned(),
        Ok(Scope::Macro) => "mean over locales".to_owned(),
        _ => String::new(),
    }
}
