//! The kinds of error that slots have.

use massive_data::Locale;
use maud::{Markup, html};

use super::each_system;
use crate::grouped;
use crate::html::plot::bars::{self, Bar, Part};
use crate::html::table::{Cell, Column, Row, Table};
use massive_eval::report::{ReportDocument, SystemReport};
use massive_eval::slot_errors::{ClassCounts, SlotClass};

/// What a class is called.
pub(super) fn title(class: SlotClass) -> &'static str {
    match class {
        SlotClass::Correct => "correct",
        SlotClass::Boundary => "boundary",
        SlotClass::Label => "label",
        SlotClass::LabelAndBoundary => "label and boundary",
        SlotClass::Missed => "missed",
        SlotClass::Spurious => "spurious",
    }
}

/// The sign of a class, for those who tell no colours apart.
pub(super) fn sign(class: SlotClass) -> &'static str {
    match class {
        SlotClass::Correct => "✓",
        SlotClass::Boundary => "↔",
        SlotClass::Label => "×",
        SlotClass::LabelAndBoundary => "×↔",
        SlotClass::Missed => "−",
        SlotClass::Spurious => "+",
    }
}

fn meaning(class: SlotClass) -> &'static str {
    match class {
        SlotClass::Correct => "same label, same words",
        SlotClass::Boundary => "same label, overlapping, other words",
        SlotClass::Label => "same words, other label",
        SlotClass::LabelAndBoundary => "overlapping, other words and other label",
        SlotClass::Missed => "in the gold only",
        SlotClass::Spurious => "predicted only",
    }
}

/// What fills the bars: each class has a pattern beside its colour.
pub(super) fn patterns() -> Markup {
    let hatch = |id: &str, class: &str, path: &str| {
        html! {
            pattern id=(id) width="8" height="8" patternUnits="userSpaceOnUse" {
                rect class=(class) width="8" height="8" {}
                path class="hatch" d=(path) {}
            }
        }
    };
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" {
            defs {
                (hatch("fill-label", "label-ground", "M-1,1l2,-2M0,8l8,-8M7,9l2,-2"))
                (hatch("fill-both", "both-ground", "M0,0l8,8M0,8l8,-8"))
                (hatch("fill-spurious", "spurious-ground", "M2.5,2h.01M6.5,6h.01"))
                (hatch("fill-missed", "missed-ground", "M0,4h8"))
            }
        }
    }
}

/// The kinds of error by locale.
pub(super) fn draw(document: &ReportDocument) -> Option<Markup> {
    let parts = each_system(document, |number, system| {
        let counts = counts(system)?;
        let bars = counts.iter().map(|(tag, counts)| Bar {
            tag,
            language: Locale::from_tag(tag).and_then(Locale::language).unwrap_or_default(),
            counts: SlotClass::ERRORS.map(|class| counts.get(class)).into(),
        });
        let parts =
            SlotClass::ERRORS.map(|class| Part { title: title(class), class: class.name() });
        let id = format!("kinds-{number}");
        Some(html! {
            figure {
                (bars::draw(&id, "Wrong slots by kind and locale", &parts, bars.collect()))
                figcaption { "Wrong slots by locale, most first." }
            }
            details {
                summary { "The numbers as a table" }
                (table(&format!("{id}-table"), &counts))
            }
        })
    })?;
    Some(html! {
        p {
            "Each gold and each predicted slot falls into one class. Gold and predicted slots that \
             share words are paired one to one, same labels first, then the closest."
        }
        dl.classes {
            @for class in SlotClass::ALL {
                div {
                    dt { span class={ "sign " (class.name()) } { (sign(class)) } " " (title(class)) }
                    dd { (meaning(class)) }
                }
            }
        }
        (parts)
    })
}

/// The classes by locale; nothing of a system that predicts no slots.
fn counts(system: &SystemReport) -> Option<Vec<(&str, ClassCounts)>> {
    system
        .locales
        .iter()
        .map(|group| Some((group.name.as_str(), group.figures.slots?.classes)))
        .collect()
}

fn table(id: &str, counts: &[(&str, ClassCounts)]) -> Markup {
    let mut columns = vec![Column::text("locale")];
    columns.extend(SlotClass::ALL.map(|class| Column::number(title(class))));
    let row = |name: &str, counts: &ClassCounts| {
        let mut cells = vec![Cell::text(name)];
        cells.extend(SlotClass::ALL.map(|class| {
            let count = counts.get(class);
            Cell::number(grouped(count), count as f64)
        }));
        Row { cells }
    };
    let rows = counts.iter().map(|(tag, counts)| row(tag, counts)).collect();
    let all: ClassCounts = counts.iter().map(|(_, counts)| *counts).sum();
    let caption = html! { "Slots by class and locale" };
    html! { (Table { id, caption, columns, rows, summary: vec![row("all", &all)] }) }
}
