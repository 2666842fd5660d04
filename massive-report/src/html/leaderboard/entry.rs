//! The page of an entry.

use maud::{Markup, PreEscaped, html};

use super::index::{mark, scope_title, verification};
use super::{BOARD_CSS, is_address, report_address};
use crate::html::page::{Page, SORT_JS, Section, WIDE_JS};
use crate::html::table::{Cell, Column, Row, Table};
use crate::html::usage;
use crate::leaderboard::{Marker, heading, model_of, published_figure, rank_of, title_of};
use crate::rows::{grouped, percent, spread};
use massive_eval::leaderboard::{
    Board, Entry, EntryFile, Figures, Group, PublishedRow, RankedRow, RuleState,
};
use massive_eval::metrics::Metric;

/// What the board says of an entry.
enum Listed<'a> {
    Ranked(&'a Group, &'a RankedRow),
    Published(&'a PublishedRow),
}

pub(super) fn page(board: &Board, file: &EntryFile) -> String {
    let entry = &file.entry;
    let ranked = board.groups.iter().find_map(|group| {
        let row = group.entries.iter().find(|row| row.entry.slug == file.slug)?;
        Some(Listed::Ranked(group, row))
    });
    let published = || board.published.iter().find(|row| row.entry.slug == file.slug);
    let listed = ranked.or_else(|| published().map(Listed::Published));
    let mut sections = vec![Section { id: "about", title: "About" }];
    match &listed {
        Some(Listed::Ranked(..)) => {
            sections.push(Section { id: "rules", title: "Rules" });
            sections.push(Section { id: "locales", title: "Locales" });
            sections.push(Section { id: "groups", title: "Groups of languages" });
        }
        Some(Listed::Published(_)) => sections.push(Section { id: "figures", title: "Figures" }),
        None => {}
    }
    let used = entry.score.as_ref().and_then(|score| usage::draw("usage-table", score));
    if used.is_some() {
        sections.push(Section { id: "usage", title: "Cost and time" });
    }
    Page {
        title: &format!("{} – {}", entry.name, board.title),
        header: html! {
            p { a href="../index.html" { "← " bdi { (board.title) } } }
            h1 { bdi { (entry.name) } }
            @if let Some(system) = &entry.system { p { bdi { (system) } } }
            (standing(board, listed.as_ref()))
        },
        sections: &sections,
        styles: &[BOARD_CSS],
        scripts: &[SORT_JS, WIDE_JS],
        main: html! {
            (about(entry, listed.as_ref()))
            @match &listed {
                Some(Listed::Ranked(_, row)) => {
                    (rules(row))
                    (scores("locales", "Locales", row, |scope| !scope.contains(':')))
                    (scores("groups", "Groups of languages", row, |scope| scope.contains(':')))
                }
                Some(Listed::Published(row)) => (figures(row)),
                None => {}
            }
            @if let Some(used) = &used {
                section id="usage" {
                    h2 { "Cost and time" }
                    (used)
                }
            }
        },
        footer: html! {
            @if let Some(score) = &entry.score { code.signature { (score.signature) } }
            (PreEscaped(Marker::of(board).comment()))
        },
    }
    .render()
}

fn standing(board: &Board, listed: Option<&Listed<'_>>) -> Markup {
    match listed {
        Some(Listed::Ranked(group, row)) => html! {
            p.standing {
                @if row.standing.is_some() {
                    "Rank " strong { (rank_of(row)) } " of "
                    (group.entries.iter().filter(|row| row.standing.is_some()).count())
                } @else { "Without a rank" }
                @if let Some(standing) = row.standing {
                    @let value = massive_eval::document::MetricValue {
                        value: standing.value.value,
                        ci95: standing.value.ci95,
                    };
                    ": " (title_of(&board.metric)) " on " (board.on) " "
                    strong { (percent(value.value)) }
                    @if let Some(spread) = spread(&value) { span.spread { " " (spread) } }
                }
            }
            p { (verification(&row.verification)) " " (row.verification.reason) "." }
            p.muted { (heading(group)) }
            (report_link(row.entry.report.as_deref()))
        },
        Some(Listed::Published(row)) => html! {
            p.standing { "Published, not recomputed" }
            p { (verification(&row.verification)) " " (row.verification.reason) "." }
            (report_link(row.entry.report.as_deref()))
        },
        None => html! {},
    }
}

fn report_link(report: Option<&str>) -> Markup {
    html! {
        @if let Some(address) = report.and_then(|report| report_address(report, "../")) {
            p { a.report href=(address) rel="nofollow noopener" { "Read its report" } }
        }
    }
}

fn about(entry: &Entry, listed: Option<&Listed<'_>>) -> Markup {
    let none = || "not declared".to_owned();
    html! {
        section id="about" {
            h2 { "About" }
            dl.facts {
                dt { "Team" } dd { bdi { (entry.team.clone().unwrap_or_else(none)) } }
                dt { "Date" } dd { (entry.date) }
                dt { "Task" } dd { (entry.task) }
                dt { "Phase" } dd { (entry.phase) }
                dt { "Model" } dd { (match model_of(&entry.model) {
                    text if text == "–" => none(),
                    text => text,
                }) }
                dt { "Public data" }
                dd {
                    @if entry.data.is_empty() { (none()) } @else {
                        ul { @for data in &entry.data { li { bdi { (data) } } } }
                    }
                }
                @if !entry.links.is_empty() {
                    dt { "Links" }
                    dd {
                        ul {
                            @for link in &entry.links {
                                li {
                                    @if is_address(&link.url) {
                                        a href=(link.url) rel="nofollow noopener" {
                                            bdi { (link.title) }
                                        }
                                    } @else { bdi { (link.title) } }
                                }
                            }
                        }
                    }
                }
                @if let Some(Listed::Published(row)) = listed {
                    dt { "Source" } dd { (row.source) }
                    dt { "Provenance" } dd { (row.provenance) }
                }
                @if !entry.predictions.is_empty() {
                    dt { "Predictions" }
                    dd {
                        ul {
                            @for file in &entry.predictions {
                                li {
                                    bdi { (file.name) } ", " (grouped(file.bytes)) " bytes, SHA-256 "
                                    code { (file.sha256) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rules(row: &RankedRow) -> Markup {
    html! {
        section id="rules" {
            h2 { "Rules" }
            ul.rules {
                @for rule in &row.rules {
                    li {
                        @if rule.state == RuleState::Kept { span.mark.kept { "kept" } }
                        @else { (mark(rule.state, &rule.reason)) }
                        " " (rule.reason)
                    }
                }
            }
        }
    }
}

fn scores(id: &str, title: &str, row: &RankedRow, wanted: fn(&str) -> bool) -> Markup {
    let is_average = |scope: &str| matches!(scope, "all" | "macro");
    let rows = |average: bool| -> Vec<Row> {
        row.scores
            .iter()
            .filter(|(scope, _)| wanted(scope) && is_average(scope) == average)
            .map(|(scope, figures)| scope_row(scope, figures))
            .collect()
    };
    let table = Table {
        id: &format!("{id}-scores"),
        caption: html! { "Per cent with the 95 % interval: ± half of it, or its bounds." },
        columns: [
            vec![Column::text(if id == "groups" { "Group" } else { "Locale" })],
            if id == "groups" { vec![] } else { vec![Column::text("Language")] },
            vec![
                Column::number("Intent accuracy"),
                Column::number("Slot micro-F1"),
                Column::number("Exact match"),
            ],
        ]
        .concat(),
        rows: rows(false),
        summary: rows(true),
    };
    html! {
        section id=(id) {
            h2 { (title) }
            (table)
        }
    }
}

fn scope_row(scope: &str, figures: &Figures) -> Row {
    let mut cells = vec![Cell::text(scope.replace(':', " "))];
    if !scope.contains(':') {
        cells.push(Cell::text(scope_title(scope)));
    }
    cells.extend(Metric::PAPER.map(|metric| match figures.metric(metric) {
        None => Cell::missing(),
        Some(value) => Cell::number(
            html! {
                (percent(value.value))
                @if let Some(spread) = spread(&value) { span.spread { " " (spread) } }
            },
            value.value,
        ),
    }));
    Row { cells }
}

fn figures(row: &PublishedRow) -> Markup {
    let rows = row.scores.iter().map(|(of, figures)| {
        let mut cells = vec![Cell::text(of.as_str()), Cell::text(scope_title(of))];
        cells.extend(Metric::PAPER.map(|metric| {
            let value = figures.metric(metric);
            Cell::number(published_figure(value), value.map(|value| value.value))
        }));
        Row { cells }
    });
    let table = Table {
        id: "figures-table",
        caption: html! { "Figures as printed, in per cent." },
        columns: vec![
            Column::text("Of"),
            Column::text("Language"),
            Column::number("Intent accuracy"),
            Column::number("Slot micro-F1"),
            Column::number("Exact match"),
        ],
        rows: rows.collect(),
        summary: Vec::new(),
    };
    html! {
        section id="figures" {
            h2 { "Figures" }
            (table)
        }
    }
}
