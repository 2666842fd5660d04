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
         and boundary; n: utterances, slots: gold ones; per cent with the 95 % interval (Wilson, by \
         id)",
    );
    push_line(&mut out, &document.signature.to_string());
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
    /// The classes; where there is little room, without the right slots, which are
    /// the gold ones but for the errors.
    fn classes(self) -> impl Iterator<Item = SlotClass> {
        let narrow = self.width < WIDE;
        SlotClass::ALL.into_iter().filter(move |class| !narrow || *class != SlotClass::Correct)
    }

    fn parts(self) -> bool {
        self.has_f1 && self.width >= WITH_PARTS
    }
}

fn table(groups: &[&Group], document: &ErrorsDocument, columns: Columns) -> String {
    let mut table = plain(false);
    let mut header = vec![Cell::new("")];
    if columns.of_utterances {
        header.push(right("n"));
        header.push(right("intent"));
    }
    header.push(right("slots"));
    header.extend(columns.classes().map(|class| right(short(class))));
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
    let share = |value: Option<f64>, ci95: Option<[f64; 2]>| {
        let Some(value) = value else { return right(&nothing()) };
        let reach = ci95.map_or(String::new(), |ci95| format!(" {}", reach(ci95)));
        right(&format!("{}{reach}", percent(value)))
    };
    let mut cells = vec![Cell::new(super::grid::visible(&group.name))];
    let figures = &group.figures;
    let utterances = figures.utterances.as_ref();
    if columns.of_utterances {
        cells.push(right(&utterances.map_or_else(nothing, |figures| grouped(figures.count))));
        cells.push(share(
            utterances.and_then(|figures| figures.intent_acc),
            utterances.and_then(|figures| figures.intent_acc_ci95),
        ));
    }
    let slots = figures.slots.as_ref();
    cells.push(right(&slots.map_or_else(nothing, |slots| grouped(slots.gold))));
    for class in columns.classes() {
        cells.push(right(&slots.map_or_else(nothing, |slots| grouped(slots.classes.get(class)))));
    }
    if columns.parts() {
        let [precision, recall] = [
            slots.map(|slots| (slots.precision, slots.precision_ci95)),
            slots.map(|slots| (slots.recall, slots.recall_ci95)),
        ]
        .map(Option::unwrap_or_default);
        cells.push(share(precision.0, precision.1));
        cells.push(share(recall.0, recall.1));
    }
    let last = |slots: &SlotFigures| match columns.has_f1 {
        true => (slots.f1, slots.f1_ci95),
        false => (slots.recall, slots.recall_ci95),
    };
    let (value, ci95) = slots.map(last).unwrap_or_default();
    cells.push(share(value, ci95));
    table.add_row(cells);
}

/// An interval in whole per cent, `84–91`; 0 and 100 only where it is exactly
/// that far.
fn reach([low, high]: [f64; 2]) -> String {
    let whole = |bound: f64| {
        let lowest = if bound > 0.0 { 1.0 } else { 0.0 };
        let highest = if bound < 1.0 { 99.0 } else { 100.0 };
        (100.0 * bound).round().clamp(lowest, highest)
    };
    format!("{}–{}", whole(low), whole(high))
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
