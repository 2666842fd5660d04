//! From rows to predictions: each becomes a line as this tool writes them, with
//! a label a word, or an annotation.

use std::collections::HashSet;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::error::{Error, Result};
use crate::labels::{Intent, SlotName};
use crate::locale::Locale;
use crate::prediction::has_marks;
use crate::reading::Matching;
use crate::segmentation::Segmentation;

use super::brackets;
use super::fields::{self, Side};
use super::gold::{self, GoldFile};
use super::gold_rows::{Gold, GoldRow, GoldSource};
use super::options::{FormOptions, Numbers};
use super::place::{self, Met, OnWords};
use super::table::{Losses, Row, Slots, Table};
use super::value::Value;

/// Makes predictions of all records.
pub(super) fn turn(
    table: &mut Table,
    paths: &[PathBuf],
    options: &FormOptions,
    corpus: Option<&dyn GoldSource>,
) -> Result<(Vec<GoldFile>, Matching)> {
    let numbers = options.numbers()?;
    let mut records = of_system(table, options)?;
    let mut rows = Vec::with_capacity(records.len());
    for record in &mut records {
        if gold::is_irrelevant(record) {
            table.note(gold::IRRELEVANT, record.file, record.line);
            continue;
        }
        let read = match record.fault.take() {
            Some(error) => Err(error),
            None => refuse_corpus_row(record, table)
                .and_then(|()| fields::row(record, Side::Predicted, options)),
        };
        rows.push(match read {
            Ok(row) => row,
            Err(error) => Row::faulty(record, error)
                .map_err(|error| error.at_file(&table.files[record.file].name))?,
        });
    }
    let rereadable = corpus.is_none_or(GoldSource::rereadable);
    let needs_gold = options.in_order
        || options.tolerant
        || rows.iter().any(|row| row.fault.is_none() && needs_words(row));
    if needs_gold && !rereadable {
        return Err(Error::request(
            "these predictions are read with the corpus beside them, which comes from standard \
             input and can be read only once; give it as a file",
        ));
    }
    let gold = match corpus.filter(|_| rereadable) {
        Some(corpus) if needs_gold => corpus.gold()?,
        _ => Gold::default(),
    };
    let by_order = assign(&mut rows, &gold, table, paths, options)?;
    let label_first = gold::label_first(&rows, &gold.slots);
    let forms: Vec<&'static str> = table.files.iter().map(|file| file.form).collect();
    let ids = if by_order {
        rows.iter().map(|row| row.id.clone().unwrap_or_default()).collect()
    } else {
        gold::ids(&rows, &forms, options, table)?
    };
    let turning = Turning { gold: &gold, options, numbers: &numbers, label_first };
    let mut files = GoldFile::of(table);
    for (row, id) in rows.iter_mut().zip(ids) {
        let made = match row.fault.take() {
            Some(error) => Err(error),
            None => turning.one(row, &id, table),
        };
        files[row.file]
            .push(row.line, made)
            .map_err(|error| error.at_line(row.line).at_file(&table.files[row.file].name))?;
    }
    Ok((files, if by_order { Matching::ByOrder } else { Matching::ById }))
}

fn refuse_corpus_row(record: &super::table::Record, table: &Table) -> Result<()> {
    let predicted = record.fields.iter().any(|(name, _)| name.contains("pred"));
    let of_corpus = ["worker_id", "slot_method", "judgments", "partition"];
    if !predicted
        && record.first(&of_corpus).is_some()
        && table.files[record.file].form.contains("JSON")
    {
        return Err(Error::line(
            "this is a row of the corpus, not a prediction (it has partition, worker_id, slot_method \
             or judgments and no pred_… field); give the model's predictions here",
        )
        .at_line(record.line)
        .at_file(&table.files[record.file].name));
    }
    Ok(())
}

fn needs_words(row: &Row) -> bool {
    let own_words = row.tokens.is_some() || row.text.is_some();
    match row.slots {
        Slots::Pairs(_) | Slots::Values(_) | Slots::Words(_) | Slots::Spans(_) => true,
        Slots::None | Slots::Annotation(_) => row.id.is_none() || row.locale.is_none(),
        Slots::Tags(_) => !own_words || row.id.is_none() || row.locale.is_none(),
    }
}

/// The records of the one system that is meant.
fn of_system(table: &mut Table, options: &FormOptions) -> Result<Vec<super::table::Record>> {
    let records = std::mem::take(&mut table.records);
    let system = |record: &super::table::Record| -> Option<String> {
        let parts: Vec<String> = ["system", "model", "model_name", "mode", "shot", "setting"]
            .iter()
            .filter_map(|name| record.first(&[name]).and_then(Value::scalar))
            .collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    };
    let mut systems: Vec<String> = Vec::new();
    for name in records.iter().filter_map(&system) {
        if !systems.contains(&name) {
            systems.push(name);
        }
    }
    if let Some(wanted) = &options.system {
        if !systems.contains(wanted) {
            return Err(Error::request(format!(
                "no system `{wanted}` in these predictions; there are {}",
                systems.join(", ")
            )));
        }
        let is_wanted = |record: &super::table::Record| {
            record.fault.is_some() || system(record).as_ref() == Some(wanted)
        };
        return Ok(records.into_iter().filter(is_wanted).collect());
    }
    if systems.len() > 1 {
        let file = records.first().map_or(0, |record| record.file);
        return Err(Error::input(format!(
            "predictions of {} systems in one table: {}; say which is meant (option system)",
            systems.len(),
            systems.join(", ")
        ))
        .at_file(&table.files[file].name));
    }
    Ok(records)
}

/// Gives rows without ids those of the corpus, in its order.
fn assign(
    rows: &mut [Row],
    gold: &Gold,
    table: &mut Table,
    paths: &[PathBuf],
    options: &FormOptions,
) -> Result<bool> {
    give_locales(rows, gold, table, options);
    let sound = || rows.iter().filter(|row| row.fault.is_none());
    let lacking = sound().filter(|row| row.id.is_none()).count();
    let distinct: HashSet<_> = sound().map(|row| (&row.locale, &row.id)).collect();
    let repeated = distinct.len() * 10 < sound().count() * 9;
    if lacking == 0 && !options.in_order && !repeated {
        return Ok(false);
    }
    let wanted = gold_in_order(rows, gold);
    let names = FormOptions::names(paths);
    if wanted.len() != rows.len() {
        return Err(Error::input(format!(
            "{} predictions without usable ids, and {} rows of the corpus: to be matched in order \
             there must be as many",
            rows.len(),
            wanted.len()
        ))
        .at_file(&names));
    }
    let (compared, differing) = compare_texts(rows, &wanted);
    if !options.in_order && (compared < rows.len() || differing > 0) {
        return Err(Error::input(format!(
            "{lacking} of {} predictions have no id, and their texts do not say that they stand in \
             the corpus's order ({differing} differ, {} have none); if they do, say so (option in-order)",
            rows.len(),
            rows.len() - compared
        ))
        .at_file(&names));
    }
    for (row, gold_row) in rows.iter_mut().zip(&wanted) {
        row.id = Some(gold_row.id.clone());
        row.locale = Some(gold_row.locale.tag().to_owned());
    }
    if let Some(row) = rows.first() {
        let first = table.place(row.file, row.line);
        let what = format!(
            "predictions matched in order ({differing} of {compared} texts differ from the corpus)"
        );
        let count = rows.len() as u64;
        table.notes.push(super::table::FormNote { what, count, first });
    }
    Ok(true)
}

/// Gives rows without a locale that of the caller, of their file, or the only
/// one of the corpus.
fn give_locales(rows: &mut [Row], gold: &Gold, table: &Table, options: &FormOptions) {
    let only = match gold.rows.first() {
        Some(first) if gold.rows.iter().all(|row| row.locale == first.locale) => Some(first.locale),
        _ => None,
    };
    for row in rows.iter_mut().filter(|row| row.locale.is_none()) {
        let said = options.locale.clone().or_else(|| table.files[row.file].locale.clone());
        row.locale = said.or_else(|| only.map(|locale| locale.tag().to_owned()));
    }
}

/// The rows of the corpus that predictions in its order are of: those of their
/// locale, if they have but one.
fn gold_in_order<'g>(rows: &[Row], gold: &'g Gold) -> Vec<&'g GoldRow> {
    let mut wanted: Vec<&GoldRow> = gold.rows.iter().collect();
    if let Some(Some(locale)) = rows.first().map(|row| row.locale.clone())
        && rows.iter().all(|row| row.locale.as_ref() == Some(&locale))
        && let Some(locale) = Locale::from_tag(&locale.replace('_', "-"))
    {
        wanted.retain(|row| row.locale == locale);
    }
    wanted
}

/// How many rows have a text, and in how many it is not that of the gold.
fn compare_texts(rows: &[Row], gold: &[&GoldRow]) -> (usize, usize) {
    let (mut compared, mut differing) = (0, 0);
    for (row, gold_row) in rows.iter().zip(gold) {
        let mut texts = said(row).peekable();
        if texts.peek().is_some() {
            compared += 1;
            differing += usize::from(!texts.any(|text| same_text(&text, &gold_row.text)));
        }
    }
    (compared, differing)
}

/// The texts of a row, however it holds them: words may lack what its text has.
fn said(row: &Row) -> impl Iterator<Item = String> {
    let words = row.tokens.as_ref().map(|tokens| tokens.join(" "));
    let annotated = match &row.slots {
        Slots::Annotation(text) if row.text.is_none() && words.is_none() => {
            Some(brackets::read(text).pieces.into_iter().map(|(_, text)| text).collect())
        }
        _ => None,
    };
    row.text.clone().into_iter().chain(words).chain(annotated)
}

fn same_text(a: &str, b: &str) -> bool {
    let plain =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    plain(a) == plain(b)
}

/// What turning a row needs beside it.
struct Turning<'a> {
    gold: &'a Gold,
    options: &'a FormOptions,
    numbers: &'a Numbers,
    label_first: bool,
}

impl Turning<'_> {
    fn one(&self, row: &Row, id: &str, table: &mut Table) -> Result<Json> {
        let file = table.files[row.file].clone();
        let locale = gold::locale_of(row, &file, self.options)?;
        let mut json = json!({ "id": id, "locale": locale.tag() });
        if let Some(value) = &row.intent {
            let names = file.classes.get("intent").or(self.numbers.intents.as_ref());
            let name = gold::class_name(value, "intent", names.map(Vec::as_slice))?;
            json["pred_intent"] = Json::String(self.intent(name));
        }
        let mut met = Met::default();
        self.slots(row, id, locale, &file, &mut met, &mut json, table)?;
        gold::note_met(&met, row, table);
        let unplaced = u32::try_from(met.unplaced + met.outside).unwrap_or(u32::MAX);
        let losses = Losses { unplaced, unread: met.unread };
        if losses != Losses::default()
            && let Ok(id) = id.parse()
        {
            table.losses.insert((locale, id), losses);
        }
        if row.malformed {
            table.note(
                "generated texts that break off, read as far as they go",
                row.file,
                row.line,
            );
        }
        if json.get("pred_intent").is_none()
            && json.get("pred_labels").is_none()
            && json.get("pred_annot_utt").is_none()
        {
            return Err(Error::line(
                "neither an intent nor slots were found in this row; expected pred_intent or intent, \
                 and pred_annot_utt, pred_labels, tags, entities or slots",
            ));
        }
        Ok(json)
    }

    #[allow(clippy::too_many_arguments, reason = "those of one row")]
    fn slots(
        &self,
        row: &Row,
        id: &str,
        locale: Locale,
        file: &super::table::FileInfo,
        met: &mut Met,
        json: &mut Json,
        table: &mut Table,
    ) -> Result<()> {
        let segmentation = self.options.segmentations.of(locale);
        let gold_row = self.gold.find(locale, id);
        let (words, slots): (Vec<String>, Vec<OnWords>) = match &row.slots {
            Slots::None => return Ok(()),
            Slots::Annotation(text) if brackets::is_parse(text) => {
                let Some((_, pieces)) = brackets::read_parse(text) else { return Ok(()) };
                gold::words_of(&pieces.pieces, segmentation)
            }
            Slots::Annotation(text) => {
                match self.annotation(text, row.lenient, gold_row, segmentation, met) {
                    Some(found) => found,
                    None => {
                        json["pred_annot_utt"] = Json::String(text.clone());
                        return Ok(());
                    }
                }
            }
            Slots::Tags(tags) if row.tokens.is_none() && row.text.is_none() => {
                let placed = self.tags_alone(tags, row, file)?;
                json["pred_labels"] =
                    json!(placed.into_iter().map(|tag| self.label(&tag)).collect::<Vec<_>>());
                return Ok(());
            }
            _ => match self.on_words(row, gold_row, segmentation, file, met)? {
                Some(found) => found,
                None => {
                    table.note(
                        "slots of rows that the corpus does not have, left out",
                        row.file,
                        row.line,
                    );
                    json["pred_labels"] = json!([]);
                    return Ok(());
                }
            },
        };
        if matches!(row.slots, Slots::Pairs(_) | Slots::Values(_)) && !slots.is_empty() {
            table.note(
                "rows whose slots have no positions, searched in the words",
                row.file,
                row.line,
            );
        }
        let tags = place::bio(words.len(), &slots);
        json["utt"] = json!(words);
        json["pred_labels"] = json!(tags.iter().map(|tag| self.label(tag)).collect::<Vec<_>>());
        Ok(())
    }

    /// The words of a row with its slots on them; `None` if it has no words and the
    /// corpus does not have the row.
    fn on_words(
        &self,
        row: &Row,
        gold: Option<&GoldRow>,
        segmentation: Segmentation,
        file: &super::table::FileInfo,
        met: &mut Met,
    ) -> Result<Option<(Vec<String>, Vec<OnWords>)>> {
        let Some(words) = self.words(row, gold, segmentation) else { return Ok(None) };
        let refs: Vec<&str> = words.iter().map(String::as_str).collect();
        let of_gold = Row {
            text: row.text.clone().or_else(|| gold.map(|gold| gold.text.clone())),
            tokens: row.tokens.clone(),
            slots: row.slots.clone(),
            ..Row::default()
        };
        let slots = gold::slots_on_words(
            &of_gold,
            &refs,
            segmentation,
            self.label_first,
            file,
            self.numbers,
            met,
        )?;
        Ok(Some((words, slots)))
    }

    /// The words that slots are put on: the row's own, or those of the corpus.
    fn words(
        &self,
        row: &Row,
        gold: Option<&GoldRow>,
        segmentation: Segmentation,
    ) -> Option<Vec<String>> {
        if let Some(tokens) = &row.tokens {
            return Some(
                tokens.iter().flat_map(|word| word.split_whitespace()).map(str::to_owned).collect(),
            );
        }
        let of_text = |text: &str| {
            crate::words::words(text, segmentation).into_iter().map(str::to_owned).collect()
        };
        let by_value = matches!(row.slots, Slots::Pairs(_) | Slots::Values(_));
        match (gold, &row.text) {
            (Some(gold), _) if by_value => Some(gold.words.clone()),
            (_, Some(text)) => Some(of_text(text)),
            (Some(gold), None) if matches!(row.slots, Slots::Spans(_)) => Some(of_text(&gold.text)),
            (Some(gold), None) => Some(gold.words.clone()),
            (None, None) => None,
        }
    }

    /// Tags as `B-`, `I-`, `O`, whatever words they are of.
    fn tags_alone(
        &self,
        tags: &[Value],
        row: &Row,
        file: &super::table::FileInfo,
    ) -> Result<Vec<String>> {
        let names = ["pred_labels", "ner_tags", "tags", "slots", "labels"];
        let names =
            names.iter().find_map(|name| file.classes.get(*name)).or(self.numbers.tags.as_ref());
        let read =
            fields::tag_names(tags, names.map(Vec::as_slice)).map_err(|e| e.at_line(row.line))?;
        Ok(place::bio(read.len(), &place::by_tag(&read)))
    }

    /// The words and slots of an annotation, if it is to be read tolerantly.
    fn annotation(
        &self,
        text: &str,
        lenient: bool,
        gold: Option<&GoldRow>,
        segmentation: Segmentation,
        met: &mut Met,
    ) -> Option<(Vec<String>, Vec<OnWords>)> {
        if !self.options.tolerant && !lenient {
            return None;
        }
        let text = text.trim().trim_matches('`').trim();
        let pieces = brackets::read(text);
        if pieces.slots() == 0
            && let Some(gold) = gold
            && let Some(values) = listed(text, &gold.text)
        {
            let refs: Vec<&str> = gold.words.iter().map(String::as_str).collect();
            let slots = place::by_value(&refs, &values, segmentation, met);
            return Some((gold.words.clone(), slots));
        }
        let texts = pieces.pieces.iter().flat_map(|(label, text)| {
            text.split_whitespace().map(move |word| (word, label.is_some()))
        });
        met.unread = has_marks(texts, |word| gold.is_some_and(|gold| gold.text.contains(word)));
        Some(gold::words_of(&pieces.pieces, segmentation))
    }

    /// A tag, its label folded onto a known one where that is asked for.
    fn label(&self, tag: &str) -> String {
        let Some((mark, label)) = tag.split_once('-').filter(|_| self.options.tolerant) else {
            return tag.to_owned();
        };
        let known = |name: &str| SlotName::known(name).is_some() || self.gold.slots.contains(name);
        format!("{mark}-{}", folded(label, known, &self.gold.slots))
    }

    fn intent(&self, name: String) -> String {
        if !self.options.tolerant {
            return name;
        }
        let known = |name: &str| Intent::known(name).is_some() || self.gold.intents.contains(name);
        folded(&name, known, &self.gold.intents)
    }
}

/// A name as a known one writes it: case, spaces and separators apart.
fn folded(name: &str, known: impl Fn(&str) -> bool, of_corpus: &HashSet<String>) -> String {
    let name = name.trim().trim_end_matches(['.', '!']);
    if known(name) {
        return name.to_owned();
    }
    let plain =
        |name: &str| -> String { name.to_lowercase().replace([' ', ':', '.', '-', '/'], "_") };
    let flat = plain(name);
    if known(&flat) {
        return flat;
    }
    let mut same: Vec<&String> = of_corpus.iter().filter(|known| plain(known) == flat).collect();
    same.sort();
    same.first().map_or_else(|| name.to_owned(), |known| (*known).clone())
}

/// `time: five am; date: today`, alone or after the text.
fn listed(text: &str, utterance: &str) -> Option<Vec<(String, String)>> {
    let rest = text.strip_prefix(utterance).unwrap_or(text);
    let parts: Option<Vec<(String, String)>> = rest
        .trim_matches(|c: char| c.is_whitespace() || "|;,-→".contains(c))
        .split([';', '\n', '；'])
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (label, value) = part.split_once([':', '：', '='])?;
            let label = label.trim();
            let named = !label.is_empty() && !label.contains(char::is_whitespace);
            named.then(|| (label.to_owned(), value.trim().to_owned()))
        })
        .collect();
    parts.filter(|parts| !parts.is_empty())
}
