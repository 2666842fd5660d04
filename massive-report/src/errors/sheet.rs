//! The errors document as sheets.

use massive_data::Locale;

use crate::sheet::{Cell, Sheet};
use massive_eval::breakdown::{Confused, Figures};
use massive_eval::errors::{ErrorClass, ErrorSlot, ErrorUtterance, ErrorsDocument, SlotExtent};
use massive_eval::slot_errors::SlotClass;

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
                header: FIGURES.map(str::to_owned).into(),
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
            header: ["kind", "gold", "predicted", "count"].map(str::to_owned).into(),
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
        header: [
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
        ]
        .map(str::to_owned)
        .into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_long_as_their_headers() {
        let figures = Figures { utterances: None, slots: None };
        assert_eq!(super::figures(&figures).len() + 2, FIGURES.len());
    }
}
