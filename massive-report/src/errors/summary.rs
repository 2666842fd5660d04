//! The summary of errors as tables.

use comfy_table::{Cell, Table};

use crate::rows::{grouped, percent};
use crate::table::{plain, push_line, right, ruled};
use massive_eval::breakdown::{Breakdown, Confused, Group, SlotFigures};
use massive_eval::errors::{ErrorsDocument, Summary};
use massive_eval::slot_errors::SlotClass;

/// How many confusions of a kind are shown.
const CONFUSED: usize = 10;
/// From this width on precision and recall are shown too.
const WITH_PARTS: u16 = 120;
/// From this width on columns stand further apart, and all totals are shown.
const WIDE: u16 = 108;

/// A table a breakdown, then the most frequent confusions.
pub fn render(document: &ErrorsDocument, width: u16) -> String {
    let Some(summary) = &document.summary else { return String::new() };
    let mut out = String::new();
    for broken_down in &summary.breakdowns {
        let by: Option<Breakdown> = broken_down.by.parse().ok();
        push_line(&mut out, by.map_or(&broken_down.by, |by| by.title()));
        let mut groups: Vec<&Group> = broken_down.groups.iter().collect();
        if matches!(by, Some(Breakdown::Slot | Breakdown::Intent | Breakdown::Scenario)) {
            groups.sort_by_key(|group| std::cmp::Reverse(errors(group)));
        }
        let columns = Columns {
            of_utterances: by.is_none_or(|by| !by.is_of_slots()),
            has_f1: groups.iter().any(|g| g.figures.slots.is_some_and(|slots| slots.f1.is_some())),
            width,
        };
        out.push_str(&table(&groups, document, columns));
        out.push('\n');
    }
    out.push_str(&confusions(summary));
    push_line(
        &mut out,
        "a pair of slots is counted under its gold label, a spurious slot under its own; both: label \
         and boundary; per cent",
    );
    push_line(&mut out, &document.signature);
    out
}

/// Errors of a group: of slots, or of intents where it has no slots.
fn errors(group: &Group) -> u64 {
    let slots = group.figures.slots.map_or(0, |slots| slots.classes.errors());
    let utterances = group.figures.utterances;
    slots + utterances.map_or(0, |figures| figures.count - figures.intents_correct)
}

/// Which columns a table has.
#[derive(Clone, Copy)]
struct Columns {
    of_utterances: bool,
    /// Whether its groups have an F1, or only a recall.
    has_f1: bool,
    width: u16,
}

impl Columns {
    fn utterances(self) -> bool {
        self.of_utterances && self.width >= WIDE
    }

    fn slots(self) -> bool {
        self.of_utterances || self.width >= WIDE
    }

    fn parts(self) -> bool {
        self.has_f1 && self.width >= WITH_PARTS
    }
}

fn table(groups: &[&Group], document: &ErrorsDocument, columns: Columns) -> String {
    let mut table = plain(false);
    let mut header = vec![Cell::new("")];
    if columns.utterances() {
        header.push(right("n"));
    }
    if columns.of_utterances {
        header.push(right("intent"));
    }
    if columns.slots() {
        header.push(right("slots"));
    }
    header.extend(SlotClass::ALL.map(|class| right(short(class))));
    if columns.parts() {
        header.extend(["precision", "recall"].map(right));
    }
    header.push(right(if columns.has_f1 { "F1" } else { "recall" }));
    table.set_header(header);
    for group in groups {
        push_row(&mut table, group, columns);
    }
    let rule = table.row_count();
    if groups.len() > 1 {
        let all = Group { name: "all".to_owned(), figures: document.totals };
        push_row(&mut table, &all, columns);
    }
    if columns.width < WIDE {
        table.column_iter_mut().for_each(|column| {
            column.set_padding((1, 0));
        });
    }
    ruled(&table, &[rule])
}

/// The name over a column.
fn short(class: SlotClass) -> &'static str {
    match class {
        SlotClass::LabelAndBoundary => "both",
        class => class.name(),
    }
}

fn push_row(table: &mut Table, group: &Group, columns: Columns) {
    let nothing = || "–".to_owned();
    let share = |value: Option<f64>| right(&value.map_or_else(nothing, percent));
    let mut cells = vec![Cell::new(super::grid::visible(&group.name))];
    let figures = &group.figures;
    let utterances = figures.utterances.as_ref();
    if columns.utterances() {
        cells.push(right(&utterances.map_or_else(nothing, |figures| grouped(figures.count))));
    }
    if columns.of_utterances {
        cells.push(share(utterances.and_then(|figures| figures.intent_acc)));
    }
    let slots = figures.slots.as_ref();
    if columns.slots() {
        cells.push(right(&slots.map_or_else(nothing, |slots| grouped(slots.gold))));
    }
    for class in SlotClass::ALL {
        cells.push(right(&slots.map_or_else(nothing, |slots| grouped(slots.classes.get(class)))));
    }
    if columns.parts() {
        cells.push(share(slots.and_then(|slots| slots.precision)));
        cells.push(share(slots.and_then(|slots| slots.recall)));
    }
    let last = |slots: &SlotFigures| if columns.has_f1 { slots.f1 } else { slots.recall };
    cells.push(share(slots.and_then(last)));
    table.add_row(cells);
}

fn confusions(summary: &Summary) -> String {
    let mut out = String::new();
    for (title, pairs) in [
        ("slots taken for others", &summary.confusion.slots),
        ("intents taken for others", &summary.confusion.intents),
        ("scenarios taken for others", &summary.confusion.scenarios),
    ] {
        if pairs.is_empty() {
            continue;
        }
        push_line(&mut out, title);
        let mut table = plain(false);
        table.set_header(vec![right("times"), Cell::new("gold"), Cell::new("predicted")]);
        for Confused { gold, predicted, count } in pairs.iter().take(CONFUSED) {
            let predicted = predicted.as_deref().unwrap_or("–");
            let name = |text: &str| Cell::new(super::grid::visible(text));
            table.add_row(vec![right(&grouped(*count)), name(gold), name(predicted)]);
        }
        out.push_str(&ruled(&table, &[]));
        if pairs.len() > CONFUSED {
            let more = pairs.len() - CONFUSED;
            push_line(&mut out, &format!(" and {} more pairs", grouped(more as u64)));
        }
        out.push('\n');
    }
    out
}
