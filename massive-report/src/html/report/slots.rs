//! The slots: which are found, and where.

use maud::{Markup, html};

use super::classes::title;
use super::{each_system, filtered};
use crate::grouped;
use crate::html::plot::matrix::{Matrix, Square};
use crate::html::table::{Cell, Column, Row, Table};
use crate::rows::percent;
use massive_eval::document::SlotTotals;
use massive_eval::report::{ReportDocument, SystemReport};
use massive_eval::slot_errors::SlotClass;

/// Fewer gold slots than these say little: their cells are pale.
const FEW: u64 = 20;

/// F1 by slot and locale, and all slots with their figures.
pub(super) fn draw(document: &ReportDocument) -> Option<Markup> {
    each_system(document, |number, system| {
        let names = by_frequency(system);
        if names.is_empty() {
            return None;
        }
        let locales: Vec<&str> = system.scores.locales.keys().map(String::as_str).collect();
        let id = format!("f1-{number}");
        Some(html! {
            @if locales.len() > 1 {
                figure {
                    (matrix(&id, system, &names, &locales).draw())
                    figcaption {
                        "Slot F1 in per cent by slot, the most frequent first, and locale; the \
                         darker, the lower; pale with fewer than " (FEW) " gold slots, – without any. A \
                         cell says its n and leads to its errors; with the keyboard, arrows go \
                         from cell to cell and Enter opens one."
                    }
                }
                details {
                    summary { "F1 by locale as a table" }
                    (by_locale(&format!("{id}-table"), system, &names, &locales))
                }
            }
            (table(&format!("slots-{number}"), system))
        })
    })
}

/// The labels, those of the most gold slots first.
fn by_frequency(system: &SystemReport) -> Vec<&str> {
    let mut names: Vec<(&str, u64)> = system
        .slots_by_locale
        .iter()
        .map(|(name, sums)| (name.as_str(), sums.values().map(|sum| sum.gold).sum()))
        .collect();
    names.sort_by_key(|&(_, gold)| std::cmp::Reverse(gold));
    names.into_iter().map(|(name, _)| name).collect()
}

fn f1(sum: &SlotTotals) -> Option<f64> {
    let whole = sum.gold + sum.predicted;
    (whole > 0).then(|| 2.0 * sum.correct as f64 / whole as f64)
}

fn sum<'s>(system: &'s SystemReport, slot: &str, locale: &str) -> Option<&'s SlotTotals> {
    system.slots_by_locale.get(slot)?.get(locale)
}

fn matrix<'s>(
    id: &'s str,
    system: &'s SystemReport,
    names: &[&'s str],
    locales: &[&'s str],
) -> Matrix<'s> {
    let square = |slot: &str, locale: &str| {
        let sum = sum(system, slot, locale);
        let gold = sum.map_or(0, |sum| sum.gold);
        let Some(f1) = sum.filter(|_| gold > 0).and_then(f1) else {
            let spurious = sum.map_or(0, |sum| sum.predicted);
            return Some(Square {
                shade: 0.0,
                label: "–".to_owned(),
                words: format!("{slot} in {locale}: no gold, {} predicted", grouped(spurious)),
                few: true,
            });
        };
        Some(Square {
            shade: 1.0 - f1,
            label: format!("{:.0}", 100.0 * f1),
            words: format!("{slot} in {locale}: F1 {}, n = {}", percent(f1), grouped(gold)),
            few: gold < FEW,
        })
    };
    Matrix {
        id,
        title: "Slot F1 by slot and locale",
        rows: names.to_vec(),
        columns: locales.to_vec(),
        keys: ["slot", "locale"],
        cells: names
            .iter()
            .map(|slot| locales.iter().map(|locale| square(slot, locale)).collect())
            .collect(),
    }
}

fn by_locale(id: &str, system: &SystemReport, names: &[&str], locales: &[&str]) -> Markup {
    let mut columns = vec![Column::text("slot")];
    columns.extend(locales.iter().map(|locale| Column::number(locale)));
    let rows = names.iter().map(|slot| {
        let mut cells = vec![Cell::text(slot)];
        cells.extend(locales.iter().map(|locale| {
            match sum(system, slot, locale).filter(|sum| sum.gold > 0).and_then(f1) {
                Some(f1) => Cell::number(percent(f1), f1),
                None => Cell::missing(),
            }
        }));
        Row { cells }
    });
    let caption = html! { "Slot F1 in per cent by slot and locale; – without gold slots" };
    html! { (Table { id, caption, columns, rows: rows.collect(), summary: vec![] }) }
}

fn table(id: &str, system: &SystemReport) -> Markup {
    let mut columns = vec![Column::text("slot")];
    columns.extend(["gold", "predicted", "precision", "recall", "F1"].map(Column::number));
    columns.extend(SlotClass::ERRORS.map(|class| Column::number(title(class))));
    let count = |count: Option<u64>| match count {
        Some(count) => Cell::number(grouped(count), count as f64),
        None => Cell::missing(),
    };
    let share = |share: Option<f64>| match share {
        Some(share) => Cell::number(percent(share), share),
        None => Cell::missing(),
    };
    let rows = system.slots.iter().filter_map(|group| {
        let figures = group.figures.slots?;
        let name = html! { a href=(filtered(&[("slot", &group.name)])) { (group.name) } };
        let mut cells = vec![
            Cell::text(name),
            count(Some(figures.gold)),
            count(figures.predicted),
            share(figures.precision),
            share(figures.recall),
            share(figures.f1),
        ];
        cells.extend(SlotClass::ERRORS.map(|class| count(Some(figures.classes.get(class)))));
        Some(Row { cells })
    });
    let caption = html! { "All slots, with how many fell into each kind of error. A slot leads to its errors." };
    html! { (Table { id, caption, columns, rows: rows.collect(), summary: vec![] }) }
}
