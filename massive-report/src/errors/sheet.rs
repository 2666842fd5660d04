//! The errors document as sheets: rows of cells for CSV files and spreadsheets.

use massive_data::Locale;
use massive_data::spreadsheet::harmless;

use massive_eval::breakdown::{Confused, Figures};
use massive_eval::errors::{ErrorClass, ErrorSlot, ErrorUtterance, ErrorsDocument, SlotExtent};
use massive_eval::slot_errors::SlotClass;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, to be taken as it is.
    Text(String),
    /// A number.
    Number(f64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Cell {
        text.map_or(Cell::Empty, Cell::from)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Number(number as f64)
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Cell {
        number.map_or(Cell::Empty, Cell::Number)
    }
}

/// A sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name, at most 31 characters.
    pub name: String,
    /// The names of the columns.
    pub header: Vec<&'static str>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

/// The sheets of a document: one a breakdown and one of what was confused, or
/// the list, a row an error.
pub fn sheets(document: &ErrorsDocument) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    if document.errors.is_some() {
        sheets.push(list(document));
    }
    if let Some(summary) = &document.summary {
        for broken_down in &summary.breakdowns {
            let rows = broken_down.groups.iter().map(|group| {
                let mut row = vec![Cell::from(broken_down.by.as_str()), group.name.as_str().into()];
                row.extend(figures(&group.figures));
                row
            });
            sheets.push(Sheet {
                name: broken_down.by.clone(),
                header: FIGURES.to_vec(),
                rows: rows.collect(),
            });
        }
        let confused = |what: &str, pairs: &[Confused]| -> Vec<Vec<Cell>> {
            let row = |pair: &Confused| {
                let predicted = Cell::from(pair.predicted.as_deref());
                vec![what.into(), pair.gold.as_str().into(), predicted, pair.count.into()]
            };
            pairs.iter().map(row).collect()
        };
        let confusion = &summary.confusion;
        sheets.push(Sheet {
            name: "confusion".to_owned(),
            header: vec!["kind", "gold", "predicted", "count"],
            rows: [
                confused("slot", &confusion.slots),
                confused("intent", &confusion.intents),
                confused("scenario", &confusion.scenarios),
            ]
            .concat(),
        });
    }
    sheets
}

const FIGURES: [&str; 28] = [
    "by",
    "name",
    "utterances",
    "intents_correct",
    "exact_matches",
    "intent_acc",
    "intent_acc_ci95_low",
    "intent_acc_ci95_high",
    "ex_match_acc",
    "ex_match_acc_ci95_low",
    "ex_match_acc_ci95_high",
    "gold_slots",
    "predicted_slots",
    "correct",
    "boundary",
    "label",
    "label_and_boundary",
    "missed",
    "spurious",
    "precision",
    "precision_ci95_low",
    "precision_ci95_high",
    "recall",
    "recall_ci95_low",
    "recall_ci95_high",
    "f1",
    "f1_ci95_low",
    "f1_ci95_high",
];

fn figures(figures: &Figures) -> Vec<Cell> {
    let count = |value: Option<u64>| value.map_or(Cell::Empty, Cell::from);
    let utterances = figures.utterances.as_ref();
    let slots = figures.slots.as_ref();
    let mut cells = vec![
        count(utterances.map(|figures| figures.count)),
        count(utterances.map(|figures| figures.intents_correct)),
        count(utterances.map(|figures| figures.exact_matches)),
    ];
    let share = |cells: &mut Vec<Cell>, value: Option<f64>, ci95: Option<[f64; 2]>| {
        cells.push(Cell::from(value));
        cells.extend([0, 1].map(|bound| Cell::from(ci95.map(|ci95| ci95[bound]))));
    };
    let intent = utterances.map(|figures| (figures.intent_acc, figures.intent_acc_ci95));
    let exact = utterances.map(|figures| (figures.ex_match_acc, figures.ex_match_acc_ci95));
    for (value, ci95) in [intent, exact].map(Option::unwrap_or_default) {
        share(&mut cells, value, ci95);
    }
    cells.extend([
        count(slots.map(|slots| slots.gold)),
        count(slots.and_then(|slots| slots.predicted)),
    ]);
    cells.extend(SlotClass::ALL.map(|class| count(slots.map(|slots| slots.classes.get(class)))));
    let precision = slots.map(|slots| (slots.precision, slots.precision_ci95));
    let recall = slots.map(|slots| (slots.recall, slots.recall_ci95));
    let f1 = slots.map(|slots| (slots.f1, slots.f1_ci95));
    for (value, ci95) in [precision, recall, f1].map(Option::unwrap_or_default) {
        share(&mut cells, value, ci95);
    }
    cells
}

fn list(document: &ErrorsDocument) -> Sheet {
    let utterances = document.errors.as_ref().map_or(&[][..], |errors| &errors.utterances);
    Sheet {
        name: "errors".to_owned(),
        header: vec![
            "locale",
            "language",
            "id",
            "class",
            "slot",
            "gold_value",
            "pred_slot",
            "pred_value",
            "scenario",
            "intent",
            "pred_intent",
            "gold_annot_utt",
            "pred_annot_utt",
            "english",
            "method",
            "in_train",
            "remarks",
        ],
        rows: utterances.iter().flat_map(rows).collect(),
    }
}

/// A row an error.
fn rows(utterance: &ErrorUtterance) -> Vec<Vec<Cell>> {
    let row = |class: ErrorClass, slot: Option<&ErrorSlot>| -> Vec<Cell> {
        let gold = slot.and_then(|slot| slot.gold.as_ref());
        let predicted = slot.and_then(|slot| slot.predicted.as_ref());
        let label = |extent: Option<&SlotExtent>| Cell::from(extent.map(|e| e.slot.as_str()));
        let value = |extent: Option<&SlotExtent>| Cell::from(extent.map(|e| e.value.as_str()));
        let annotated = |side: fn(&ErrorSlot) -> Option<&SlotExtent>| {
            Cell::Text(annotate(&utterance.utt, utterance.slots.iter().filter_map(side)))
        };
        vec![
            utterance.locale.as_str().into(),
            Locale::from_tag(&utterance.locale)
                .and_then(Locale::language)
                .unwrap_or_default()
                .into(),
            utterance.id.as_str().into(),
            class.name().into(),
            label(gold),
            value(gold),
            label(predicted),
            value(predicted),
            utterance.scenario.as_str().into(),
            utterance.intent.as_str().into(),
            utterance.pred_intent.as_deref().into(),
            annotated(|slot| slot.gold.as_ref()),
            annotated(|slot| slot.predicted.as_ref()),
            utterance.english.as_deref().into(),
            slot.and_then(|slot| slot.method.as_deref()).into(),
            slot.and_then(|slot| slot.in_train).map(|seen| seen.name()).into(),
            remarks(utterance).as_str().into(),
        ]
    };
    let intent = utterance.intent_listed.then(|| row(ErrorClass::Intent, None));
    let slots = utterance.slots.iter().filter(|slot| slot.listed);
    let slots = slots.map(|slot| row(ErrorClass::Slot(slot.class), Some(slot)));
    intent.into_iter().chain(slots).collect()
}

fn remarks(utterance: &ErrorUtterance) -> String {
    [
        (utterance.missing, "missing"),
        (utterance.misaligned, "misaligned"),
        (utterance.malformed, "malformed"),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect::<Vec<_>>()
    .join(" ")
}

/// The text with its slots in brackets.
fn annotate<'e>(utt: &str, extents: impl Iterator<Item = &'e SlotExtent>) -> String {
    let mut extents: Vec<&SlotExtent> = extents.collect();
    extents.sort_by_key(|extent| extent.bytes);
    let mut text = String::new();
    let mut at = 0;
    for extent in extents {
        let [start, end] = extent.bytes;
        text.push_str(utt.get(at..start).unwrap_or_default());
        text.push_str(&format!("[{} : {}]", extent.slot, extent.value));
        at = end;
    }
    text.push_str(utt.get(at..).unwrap_or_default());
    text
}

/// Sheets with the same columns as one CSV file, one after the other under one
/// header.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe before
/// it, as OWASP advises against CSV injection.
pub fn csv<'s>(sheets: impl IntoIterator<Item = &'s Sheet>) -> String {
    let mut out = String::new();
    let mut header: Option<&[&'static str]> = None;
    for sheet in sheets {
        if header != Some(&sheet.header) {
            push_record(&mut out, sheet.header.iter().map(|name| (*name).to_owned()));
            header = Some(&sheet.header);
        }
        for row in &sheet.rows {
            push_record(
                &mut out,
                row.iter().map(|cell| match cell {
                    Cell::Empty => String::new(),
                    Cell::Text(text) => harmless(text).into_owned(),
                    Cell::Number(number) => number.to_string(),
                }),
            );
        }
    }
    out
}

fn push_record(out: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        let sheet = Sheet {
            name: "x".to_owned(),
            header: vec!["a", "b"],
            rows: vec![
                vec!["=1+1".into(), Cell::Number(-1.5)],
                vec!["say \"hi\", you".into(), Cell::Empty],
                vec!["@x".into(), "a=b".into()],
            ],
        };
        assert_eq!(csv([&sheet]), "a,b\n'=1+1,-1.5\n\"say \"\"hi\"\", you\",\n'@x,a=b\n");
    }

    #[test]
    fn rows_are_as_long_as_their_headers() {
        let figures = Figures { utterances: None, slots: None };
        assert_eq!(super::figures(&figures).len() + 2, FIGURES.len());
    }
}
