//! The intents: what is taken for what.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{each_system, filtered};
use crate::grouped;
use crate::html::plot::matrix::{Matrix, Square};
use crate::html::table::{Cell, Column, Row, Table};
use crate::rows::percent;
use massive_eval::breakdown::{Confused, Group};
use massive_eval::report::{ReportDocument, SystemReport};

/// How many confusions the tables list.
const LISTED: usize = 40;

/// The matrix of intents, and the most frequent confusions of intents and slots.
pub(super) fn draw(document: &ReportDocument) -> Option<Markup> {
    each_system(document, |number, system| {
        let confusion = &system.confusion;
        if confusion.intents.is_empty() && confusion.slots.is_empty() {
            return None;
        }
        let names: Vec<&str> = names(system);
        Some(html! {
            @if !confusion.intents.is_empty() {
                figure {
                    (matrix(&format!("intents-{number}-matrix"), system, &names).draw())
                    figcaption {
                        "Gold intents (rows) and what was predicted instead (columns), in per cent \
                         of the gold intent's utterances. On the diagonal stands how many are \
                         right; the darker, the more are wrong. A cell leads to its errors."
                    }
                }
            }
            div.tables {
                @if !confusion.intents.is_empty() {
                    (table(&format!("intents-{number}"), "intents", system, &confusion.intents))
                }
                @if !confusion.slots.is_empty() {
                    (table(&format!("labels-{number}"), "slot labels", system, &confusion.slots))
                }
            }
        })
    })
}

/// All gold intents, and those that were predicted instead.
fn names(system: &SystemReport) -> Vec<&str> {
    let gold = system.intents.iter().map(|group| group.name.as_str());
    let predicted = system.confusion.intents.iter().filter_map(|pair| pair.predicted.as_deref());
    let mut names: Vec<&str> = gold.chain(predicted).collect();
    names.sort_unstable();
    names.dedup();
    // What is no intent of the release could be anything, and any number.
    names.truncate(120);
    names
}

/// The square of a gold intent that was recognised so often.
fn right_square(gold: &str, correct: u64, count: u64) -> Square {
    let share = correct as f64 / count as f64;
    Square {
        shade: 1.0 - share,
        label: format!("{:.0}", (100.0 * share).floor()),
        words: format!(
            "{gold}: {} of {} right, {} %",
            grouped(correct),
            grouped(count),
            percent(share)
        ),
        few: false,
    }
}

fn matrix<'s>(id: &'s str, system: &'s SystemReport, names: &[&'s str]) -> Matrix<'s> {
    let totals: BTreeMap<&str, (u64, u64)> = system
        .intents
        .iter()
        .filter_map(|group| {
            let figures = group.figures.utterances?;
            Some((group.name.as_str(), (figures.count, figures.intents_correct)))
        })
        .collect();
    let confused: BTreeMap<(&str, &str), u64> = system
        .confusion
        .intents
        .iter()
        .filter_map(|pair| Some(((pair.gold.as_str(), pair.predicted.as_deref()?), pair.count)))
        .collect();
    let square = |gold: &str, predicted: &str| {
        let &(count, correct) = totals.get(gold)?;
        if count == 0 {
            return None;
        }
        let share = |part: u64| part as f64 / count as f64;
        if gold == predicted {
            return Some(right_square(gold, correct, count));
        }
        let taken = *confused.get(&(gold, predicted))?;
        let per_cent = 100.0 * share(taken);
        Some(Square {
            // Few confusions are frequent, and rare ones are to be seen too.
            shade: share(taken).sqrt(),
            label: if per_cent < 0.95 { String::new() } else { format!("{per_cent:.0}") },
            words: format!(
                "{gold} taken for {predicted}: {} of {}, {} %",
                grouped(taken),
                grouped(count),
                percent(share(taken))
            ),
            few: false,
        })
    };
    Matrix {
        id,
        title: "Intents and what was predicted instead",
        rows: names.to_vec(),
        columns: names.to_vec(),
        keys: ["intent", "predicted"],
        cells: names
            .iter()
            .map(|gold| names.iter().map(|predicted| square(gold, predicted)).collect())
            .collect(),
    }
}

/// How many there are of each gold intent, or of each gold slot.
fn totals<'s>(system: &'s SystemReport, what: &str) -> BTreeMap<&'s str, u64> {
    let groups = if what == "intents" { &system.intents } else { &system.slots };
    let count = |group: &Group| match what {
        "intents" => group.figures.utterances.map(|figures| figures.count),
        _ => group.figures.slots.map(|figures| figures.gold),
    };
    groups.iter().filter_map(|group| Some((group.name.as_str(), count(group)?))).collect()
}

fn table(id: &str, what: &str, system: &SystemReport, pairs: &[Confused]) -> Markup {
    let columns = vec![
        Column::text("gold"),
        Column::text("taken for"),
        Column::number("how often"),
        Column::number("of the gold, %"),
    ];
    let totals = totals(system, what);
    let rows = pairs.iter().take(LISTED).map(|pair| {
        let predicted = pair.predicted.as_deref().unwrap_or("nothing");
        let errors = match what {
            "intents" => filtered(&[("intent", &pair.gold), ("predicted", predicted)]),
            _ => filtered(&[("slot", &pair.gold), ("predicted-slot", predicted)]),
        };
        let gold = html! { a href=(errors) { (pair.gold) } };
        let share = totals.get(pair.gold.as_str()).filter(|&&total| total > 0);
        let share = share.map(|&total| pair.count as f64 / total as f64);
        Row {
            cells: vec![
                Cell::text(gold),
                Cell::text(predicted),
                Cell::number(grouped(pair.count), pair.count as f64),
                share.map_or_else(Cell::missing, |share| Cell::number(percent(share), share)),
            ],
        }
    });
    let caption = html! {
        @if pairs.len() > LISTED { "The " (LISTED) " most frequent" } @else { "All" }
        " confusions of " (what)
    };
    html! { (Table { id, caption, columns, rows: rows.collect(), summary: vec![] }) }
}
