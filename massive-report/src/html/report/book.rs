//! The utterances as the page carries them: columns of numbers into lists of
//! names, as JSON, compressed, in Base64, which holds nothing that could be
//! markup.

use std::collections::HashMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use massive_data::{Direction, Locale, UtteranceId};
use serde::Serialize;

use super::classes::{sign, title};
use massive_eval::error::{Error, Result};
use massive_eval::metrics::Metric;
use massive_eval::report::{ReportDocument, SlotSpan, SystemOutcome, WrongUtterance};
use massive_eval::slot_errors::SlotClass;

#[derive(Serialize)]
struct Book<'d> {
    systems: Vec<SystemEntry<'d>>,
    locales: Vec<LocaleEntry<'d>>,
    classes: Vec<ClassEntry>,
    names: Vec<&'d str>,
    ids: Vec<&'d UtteranceId>,
    english: Vec<Option<&'d str>>,
    rows: Rows<'d>,
}

#[derive(Serialize)]
struct SystemEntry<'d> {
    name: &'d str,
    /// It predicts slots.
    slots: bool,
    /// It predicts intents.
    intents: bool,
}

#[derive(Serialize)]
struct LocaleEntry<'d> {
    tag: &'d str,
    language: &'static str,
    dir: &'static str,
}

#[derive(Serialize)]
struct ClassEntry {
    name: &'static str,
    title: &'static str,
    sign: &'static str,
}

/// A column each, of one length.
#[derive(Default, Serialize)]
struct Rows<'d> {
    locale: Vec<usize>,
    /// Into `ids` and `english`.
    id: Vec<usize>,
    /// Into `names`.
    intent: Vec<usize>,
    utt: Vec<&'d str>,
    /// Start, end and label of each gold slot.
    gold: Vec<Vec<usize>>,
    systems: Vec<SystemRows>,
}

#[derive(Default, Serialize)]
struct SystemRows {
    /// 0 right, 1 wrong, 2 missing.
    state: Vec<u8>,
    /// Into `names`; -1 for none.
    intent: Vec<i64>,
    /// Class, number of the gold slot, start, end and label of the predicted
    /// one, -1 where there is none; `null` if all are as in the gold.
    slots: Vec<Option<Vec<i64>>>,
}

/// Numbers for texts, in the order in which they come.
#[derive(Default)]
struct Names<'d> {
    numbers: HashMap<&'d str, usize>,
    names: Vec<&'d str>,
}

impl<'d> Names<'d> {
    fn number(&mut self, name: &'d str) -> usize {
        let next = self.names.len();
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            next
        })
    }
}

/// The utterances of a report, packed.
pub(super) fn packed(document: &ReportDocument) -> Result<String> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::output("the utterances cannot be packed", error)
    };
    let json = serde_json::to_vec(&book(document)).map_err(|error| failed(error.into()))?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&json).map_err(|error| failed(error.into()))?;
    Ok(STANDARD.encode(encoder.finish().map_err(|error| failed(error.into()))?))
}

fn book(document: &ReportDocument) -> Book<'_> {
    let mut locales = Names::default();
    let mut names = Names::default();
    let mut ids: Vec<&UtteranceId> = document.wrong.utterances.iter().map(|row| &row.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut rows = Rows { systems: Vec::new(), ..Default::default() };
    rows.systems.resize_with(document.systems.len(), SystemRows::default);
    for row in &document.wrong.utterances {
        let at = Utf16::of(&row.utt);
        rows.locale.push(locales.number(&row.locale));
        rows.id.push(ids.partition_point(|&id| *id < row.id));
        rows.intent.push(names.number(&row.intent));
        rows.utt.push(&row.utt);
        let gold = row.gold.iter().flat_map(|slot| {
            let [start, end] = at.span(slot);
            [start, end, names.number(&slot.slot)]
        });
        rows.gold.push(gold.collect());
        for (column, outcome) in rows.systems.iter_mut().zip(&row.systems) {
            column.push(row, outcome, &at, &mut names);
        }
    }
    let systems = document.systems.iter().map(|system| SystemEntry {
        name: &system.name,
        slots: system.scores.all.score(Metric::SlotMicroF1).is_some(),
        intents: system.scores.all.score(Metric::IntentAccuracy).is_some(),
    });
    Book {
        systems: systems.collect(),
        locales: locales.names.into_iter().map(LocaleEntry::of).collect(),
        classes: SlotClass::ALL
            .map(|class| ClassEntry { name: class.name(), title: title(class), sign: sign(class) })
            .into(),
        names: names.names,
        english: ids.iter().map(|id| document.wrong.english.get(*id).map(String::as_str)).collect(),
        ids,
        rows,
    }
}

impl<'d> LocaleEntry<'d> {
    fn of(tag: &'d str) -> Self {
        let locale = Locale::from_tag(tag);
        let right_to_left =
            locale.is_some_and(|locale| locale.script().direction() == Direction::RightToLeft);
        LocaleEntry {
            tag,
            language: locale.and_then(Locale::language).unwrap_or_default(),
            dir: if right_to_left { "rtl" } else { "ltr" },
        }
    }
}

impl SystemRows {
    fn push<'d>(
        &mut self,
        row: &WrongUtterance,
        outcome: &'d SystemOutcome,
        at: &Utf16<'_>,
        names: &mut Names<'d>,
    ) {
        self.state.push(match outcome {
            SystemOutcome { missing: true, .. } => 2,
            SystemOutcome { wrong, .. } => (*wrong).into(),
        });
        let intent = outcome.intent.as_deref();
        self.intent.push(intent.map_or(-1, |intent| names.number(intent) as i64));
        let wrong = outcome
            .slots
            .as_ref()
            .filter(|slots| slots.iter().any(|slot| slot.class != SlotClass::Correct));
        self.slots.push(wrong.map(|slots| {
            slots
                .iter()
                .flat_map(|slot| {
                    let class = SlotClass::ALL.iter().position(|class| *class == slot.class);
                    let gold = slot.gold.filter(|&gold| gold < row.gold.len());
                    let number = |number: Option<usize>| number.map_or(-1, |n| n as i64);
                    let predicted = slot.predicted.as_ref().map(|slot| {
                        let [start, end] = at.span(slot);
                        [start, end, names.number(&slot.slot)].map(|number| number as i64)
                    });
                    let [start, end, label] = predicted.unwrap_or([-1; 3]);
                    [number(class), number(gold), start, end, label]
                })
                .collect()
        }));
    }
}

/// Places in a text as JavaScript counts them.
struct Utf16<'t>(&'t str);

impl<'t> Utf16<'t> {
    fn of(text: &'t str) -> Self {
        Utf16(text)
    }

    fn span(&self, slot: &SlotSpan) -> [usize; 2] {
        slot.bytes.map(|byte| {
            let before = self.0.get(..byte).unwrap_or(self.0);
            before.encode_utf16().count()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_utf_16() {
        let span =
            |text: &str, bytes| Utf16::of(text).span(&SlotSpan { slot: "date".to_owned(), bytes });
        assert_eq!(span("a𝄞b", [1, 6]), [1, 4]);
        assert_eq!(span("今日は", [3, 9]), [1, 3]);
        assert_eq!(span("ab", [1, 7]), [1, 2]);
    }
}
