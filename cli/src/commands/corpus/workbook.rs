//! Corpora as sheets: one a locale, or one with a row an id and the locales side
//! by side.

use std::collections::{BTreeMap, BTreeSet};

use massive_data::convert::Converted;
use massive_data::{Corpus, Locale, UtteranceId};
use massive_report::sheet::{Cell, Sheet};

use super::judged::{JUDGED, ShownJudgment, judged_cells};
use crate::failure::Result;

const HEADER: [&str; 8] =
    ["id", "partition", "scenario", "intent", "utt", "annot_utt", "worker_id", "slot_methods"];

/// The columns before those of the locales in a wide sheet.
const WIDE: [&str; 4] = ["id", "partition", "scenario", "intent"];

/// A row of a sheet, before its locale is known to have others.
type Cells = Vec<Cell>;

/// A sheet a locale, rows by id.
pub(super) fn a_locale_each(corpus: &Corpus) -> Result<(Vec<Sheet>, Converted)> {
    let mut locales: BTreeMap<Locale, Vec<(UtteranceId, Cells)>> = BTreeMap::new();
    let mut converted = Converted::default();
    converted.report = corpus.for_each(
        |utterance| {
            let gold = utterance.gold();
            let review = gold.and_then(|gold| gold.review.as_ref());
            let methods = review.map_or(&[][..], |review| &review.slot_methods);
            let methods: Vec<String> =
                methods.iter().map(|method| format!("{}:{}", method.slot, method.method)).collect();
            let mut cells = vec![
                Cell::from(utterance.id().to_string().as_str()),
                utterance.partition().name().into(),
                gold.map(|gold| gold.scenario.as_str()).into(),
                gold.map(|gold| gold.intent.as_str()).into(),
                utterance.utt().into(),
                gold.map(|gold| gold.annotation.as_str()).into(),
                utterance.worker_id().into(),
                methods.join(" ").as_str().into(),
            ];
            let judgments = ShownJudgment::all_of(&utterance).unwrap_or_default();
            cells.extend(judged_cells(&judgments).iter().map(|text| Cell::from(text.as_str())));
            Ok((utterance.locale(), utterance.id().clone(), cells))
        },
        |_, (locale, id, cells)| {
            converted.written += 1;
            locales.entry(locale).or_default().push((id, cells));
            Ok(())
        },
    )?;
    let sheets = locales.into_iter().map(|(locale, mut rows)| {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        Sheet {
            name: locale.tag().to_owned(),
            header: HEADER.into_iter().chain(JUDGED).map(str::to_owned).collect(),
            rows: rows.into_iter().map(|(_, cells)| cells).collect(),
        }
    });
    Ok((sheets.collect(), converted))
}

/// What a wide row says of its id besides the texts.
type Head = [Option<String>; 3];

/// A row an id with the annotated utterance of each locale, English first.
pub(super) fn a_row_an_id(corpus: &Corpus) -> Result<(Vec<Sheet>, Converted)> {
    let mut rows: BTreeMap<UtteranceId, (Head, BTreeMap<Locale, String>)> = BTreeMap::new();
    let mut locales: BTreeSet<Locale> = BTreeSet::new();
    let mut converted = Converted::default();
    converted.report = corpus.for_each(
        |utterance| {
            let gold = utterance.gold();
            let head: Head = [
                Some(utterance.partition().name().to_owned()),
                gold.map(|gold| gold.scenario.to_string()),
                gold.map(|gold| gold.intent.to_string()),
            ];
            let text = gold.map_or(utterance.utt(), |gold| gold.annotation.as_str()).to_owned();
            Ok((utterance.locale(), utterance.id().clone(), head, text))
        },
        |_, (locale, id, head, text)| {
            converted.written += 1;
            locales.insert(locale);
            let row = rows.entry(id).or_insert_with(|| (head, BTreeMap::new()));
            row.1.insert(locale, text);
            Ok(())
        },
    )?;
    let english = locales.take(&Locale::EN_US);
    let order: Vec<Locale> = english.into_iter().chain(locales).collect();
    let cells = |(id, (head, texts)): (UtteranceId, (Head, BTreeMap<Locale, String>))| {
        let mut cells = vec![Cell::from(id.to_string().as_str())];
        cells.extend(head.iter().map(|text| Cell::from(text.as_deref())));
        let texts = order.iter().map(|locale| texts.get(locale).map(String::as_str));
        cells.extend(texts.map(Cell::from));
        cells
    };
    let sheet = Sheet {
        name: "utterances".to_owned(),
        header: WIDE
            .into_iter()
            .chain(order.iter().map(|locale| locale.tag()))
            .map(str::to_owned)
            .collect(),
        rows: rows.into_iter().map(cells).collect(),
    };
    Ok((vec![sheet], converted))
}
