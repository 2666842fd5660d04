//! What to mend first.

use maud::{Markup, html};

use super::{each_system, filtered};
use crate::grouped;
use crate::html::table::{Cell, Column, Row, Table};
use massive_eval::report::{Mend, MendKind, ReportDocument, SystemReport};

/// How many classes the table lists, and how many each locale has.
const LISTED: usize = 20;
const IN_A_LOCALE: usize = 3;

/// Slots and intents by what their repair would gain, over all and by locale.
pub(super) fn draw(document: &ReportDocument) -> Option<Markup> {
    let parts = each_system(document, |number, system| {
        if system.mend.is_empty() {
            return None;
        }
        Some(html! {
            (overall(&format!("mend-{number}"), &system.mend))
            @if system.scores.locales.len() > 1 {
                (by_locale(&format!("mend-{number}-locales"), system))
            }
        })
    })?;
    Some(html! {
        p {
            "How many points exact match would gain if all errors of one intent or one slot were \
             right. Only utterances without any other error are gained: one with errors of two \
             intents or slots is counted for neither."
        }
        (parts)
    })
}

fn address(mend: &Mend) -> Vec<(&str, &str)> {
    match mend.kind {
        MendKind::Intent => vec![("intent", &mend.name), ("class", "intent")],
        MendKind::Slot => vec![("slot", &mend.name)],
    }
}

fn points(gain: f64) -> String {
    format!("+{:.2}", 100.0 * gain)
}

fn overall(id: &str, mends: &[Mend]) -> Markup {
    let columns = vec![
        Column::text("what"),
        Column::text("kind"),
        Column::number("utterances with such an error"),
        Column::number("would be exact"),
        Column::number("exact match gains"),
    ];
    let rows = mends.iter().take(LISTED).map(|mend| Row {
        cells: vec![
            Cell::text(html! { a href=(filtered(&address(mend))) { (mend.name) } }),
            Cell::text(mend.kind.name()),
            Cell::number(grouped(mend.utterances), mend.utterances as f64),
            Cell::number(grouped(mend.gained), mend.gained as f64),
            Cell::number(points(mend.gain), mend.gain),
        ],
    });
    let caption = html! {
        @if mends.len() > LISTED { "The " (LISTED) " of " (mends.len()) " intents and slots" }
        @else { "All intents and slots" }
        " that would gain most, in points of exact match over all utterances"
    };
    html! { (Table { id, caption, columns, rows: rows.collect(), summary: vec![] }) }
}

fn by_locale(id: &str, system: &SystemReport) -> Markup {
    let columns =
        ["locale", "first", "second", "third"].map(Column::text).into_iter().take(1 + IN_A_LOCALE);
    let rows = system.scores.locales.keys().map(|tag| {
        let mut mends: Vec<_> =
            system.mend.iter().filter_map(|mend| Some((mend, mend.locales.get(tag)?))).collect();
        // Those that gain the same stay in the order of the whole.
        mends.sort_by_key(|(_, here)| std::cmp::Reverse((here.gained, here.utterances)));
        let mut cells = vec![Cell::text(tag)];
        cells.extend((0..IN_A_LOCALE).map(|place| match mends.get(place) {
            Some((mend, here)) => {
                let mut to = vec![("locale", tag.as_str())];
                to.extend(address(mend));
                Cell::text(html! {
                    a href=(filtered(&to)) { (mend.name) } " "
                    span.spread { (mend.kind.name()) " " (points(here.gain)) }
                })
            }
            None => Cell::text("–"),
        }));
        Row { cells }
    });
    let caption = html! { "What gains most in each locale, in points of its exact match" };
    html! {
        (Table { id, caption, columns: columns.collect(), rows: rows.collect(), summary: vec![] })
    }
}
