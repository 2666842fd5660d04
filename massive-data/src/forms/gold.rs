//! From rows to utterances: each becomes a row as the release has them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value as Json, json};

use crate::annotation::Annotation;
use crate::error::{Error, Result};
use crate::json_line::fault_line;
use crate::labels::{LabelPolicy, Scenario, SlotName};
use crate::locale::Locale;
use crate::segmentation::Segmentation;

use super::fields::{self, Side, tag_names};
use super::files::partition;
use super::options::{FormOptions, Numbers};
use super::place::{self, Met, OnWords};
use super::table::{FileInfo, Record, Row, Slots, Span, Table};
use super::value::Value;
use super::{brackets, release};

/// Lines of a file, each a row of the release's schema, at the places where
/// they stood.
pub(crate) struct GoldFile {
    pub(crate) name: String,
    pub(crate) lines: Vec<u8>,
    /// How many lines there are.
    count: u64,
}

impl GoldFile {
    /// Empty ones of all files of a table.
    pub(super) fn of(table: &Table) -> Vec<GoldFile> {
        let name = |file: &FileInfo| file.name.clone();
        let empty = |name| GoldFile { name, lines: Vec::new(), count: 0 };
        table.files.iter().map(name).map(empty).collect()
    }

    /// Puts a row on its line; one that could not be read is put there as its
    /// fault, so that it is treated as any other line at fault.
    pub(super) fn push(&mut self, line: u64, row: Result<Json>) -> Result<()> {
        let text = match row {
            Ok(json) => json.to_string(),
            Err(error) if error.is_bad_line() => fault_line(&error),
            Err(error) => return Err(error),
        };
        while self.count + 1 < line {
            self.lines.push(b'\n');
            self.count += 1;
        }
        self.lines.extend(text.bytes());
        self.lines.push(b'\n');
        self.count += 1;
        Ok(())
    }
}

/// Makes rows of the release's schema of all records.
pub(crate) fn turn(table: &mut Table, options: &FormOptions) -> Result<Vec<GoldFile>> {
    let numbers = options.numbers()?;
    let mut rows = Vec::new();
    let mut records = std::mem::take(&mut table.records);
    for record in &mut records {
        if is_irrelevant(record) {
            table.note(IRRELEVANT, record.file, record.line);
            continue;
        }
        let fault = record.fault.take();
        if fault.is_none() {
            release::differences(record, table);
        }
        rows.push(match fault.map_or_else(|| gold_row(record, options), Err) {
            Ok(row) => row,
            Err(error) => Row::faulty(record, error)
                .map_err(|error| error.at_file(&table.files[record.file].name))?,
        });
    }
    table.without_slots = rows.iter().all(|row| row.slots == Slots::None);
    let label_first = label_first(&rows, &HashSet::new());
    let forms: Vec<&'static str> = table.files.iter().map(|file| file.form).collect();
    let ids = ids(&rows, &forms, options, table)?;
    let mut files = GoldFile::of(table);
    for (row, id) in rows.iter_mut().zip(ids) {
        let made = match row.fault.take() {
            Some(error) => Err(error),
            None => one(row, &id, label_first, table, options, &numbers),
        };
        files[row.file]
            .push(row.line, made)
            .map_err(|error| error.at_line(row.line).at_file(&table.files[row.file].name))?;
    }
    Ok(files)
}

fn gold_row(record: &Record, options: &FormOptions) -> Result<Row> {
    let mut row = fields::row(record, Side::Gold, options)?;
    choose_annotation(record, &mut row)?;
    Ok(row)
}

/// What is said of such rows.
pub(super) const IRRELEVANT: &str =
    "rows left out, whose status says that they are irrelevant (IRR)";

/// True for a row that the authors of its corpus left out.
pub(super) fn is_irrelevant(record: &Record) -> bool {
    let status = record.first(&["status"]).and_then(Value::as_text);
    status.is_some_and(|status| status.starts_with("IRR"))
}

/// Where only columns of unknown names hold the text: the one that there is.
fn choose_annotation(record: &Record, row: &mut Row) -> Result<()> {
    if row.text.is_some() || row.tokens.is_some() || row.slots != Slots::None {
        return Ok(());
    }
    let candidates: Vec<&str> = record
        .fields
        .iter()
        .filter(|(name, value)| name.contains("annot") && value.as_text().is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    match candidates[..] {
        [one] => {
            let text = record.first(&[one]).and_then(Value::as_text).unwrap_or_default();
            row.slots = Slots::Annotation(text.to_owned());
            Ok(())
        }
        [] => {
            let names: Vec<&str> = record.fields.iter().map(|(name, _)| name.as_str()).collect();
            Err(Error::line(format!(
                "no text: none of utt, text, sentence, utterance, tokens or an annotation is among {}; \
                 say which column holds the text (option text-column) or the \
                 annotation (option annotation-column)",
                names.join(", ")
            ))
            .at_line(row.line))
        }
        _ => Err(Error::line(format!(
            "several columns may hold the annotation: {}; say which (option annotation-column)",
            candidates.join(", ")
        ))
        .at_line(row.line)),
    }
}

/// Whether the label is the first half of pairs.
pub(super) fn label_first(rows: &[Row], known: &HashSet<String>) -> bool {
    let is_label = |name: &str| SlotName::known(name).is_some() || known.contains(name);
    let (mut first, mut second) = (0, 0);
    let (mut firsts, mut seconds) = (HashSet::new(), HashSet::new());
    for row in rows {
        let Slots::Pairs(pairs) = &row.slots else { continue };
        for (a, b) in pairs {
            first += usize::from(is_label(a));
            second += usize::from(is_label(b));
            firsts.insert(a);
            seconds.insert(b);
        }
    }
    if first == second { firsts.len() < seconds.len() } else { first > second }
}

/// The rows of a file, and their ids, each once a locale.
#[derive(Default)]
struct SeenIds<'r> {
    rows: usize,
    ids: HashSet<(Option<&'r str>, &'r str)>,
}

/// The ids, or numbers where there are none or they repeat.
pub(super) fn ids(
    rows: &[Row],
    forms: &[&'static str],
    options: &FormOptions,
    table: &mut Table,
) -> Result<Vec<String>> {
    let pattern = options.id_regex()?;
    let mut seen: HashMap<usize, SeenIds<'_>> = HashMap::new();
    for row in rows.iter().filter(|row| row.fault.is_none()) {
        let of_file = seen.entry(row.file).or_default();
        of_file.rows += 1;
        if let Some(id) = &row.id {
            of_file.ids.insert((row.locale.as_deref(), id));
        }
    }
    let numbered = |file: usize| {
        seen.get(&file).is_some_and(|SeenIds { rows, ids }| {
            let columns = forms[file].contains("CoNLL");
            ids.is_empty() || (columns && ids.len() < *rows) || 10 * ids.len() < 9 * rows
        })
    };
    // Numbers go on over the files of one locale.
    let mut next: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let locale = row.locale.as_deref().or(table.files[row.file].locale.as_deref());
        let id = match &row.id {
            Some(id) if !numbered(row.file) => match &pattern {
                None => id.trim().to_owned(),
                Some(pattern) => {
                    let found =
                        pattern.captures(id).and_then(|found| found.get(1).or(found.get(0)));
                    found.map_or_else(|| id.clone(), |group| group.as_str().to_owned())
                }
            },
            _ => {
                let number = next.entry(locale).or_default();
                *number += 1;
                (*number - 1).to_string()
            }
        };
        ids.push(id);
    }
    for row in rows.iter().filter(|row| numbered(row.file)) {
        let name = table.files[row.file].name.clone();
        let what = if row.id.is_some() {
            "rows numbered, for their ids repeat"
        } else {
            "rows numbered, for they have no id"
        };
        super::table::note(&mut table.notes, what.to_owned(), format!("{name}:{}", row.line));
    }
    Ok(ids)
}

/// The locale of a row: its own, the caller's, or that of its file.
pub(super) fn locale_of(row: &Row, file: &FileInfo, options: &FormOptions) -> Result<Locale> {
    let tag = row.locale.as_ref().or(options.locale.as_ref()).or(file.locale.as_ref());
    let Some(tag) = tag else {
        return Err(Error::line(
            "no locale stands in these rows, nor in the name of the file or its folder; name it \
             (option locale), as de-DE",
        ));
    };
    let mended = tag.trim().replace('_', "-");
    Locale::from_tag(&mended).ok_or_else(|| Error::line(crate::locale::not_a_locale(&mended)))
}

/// The name of a class, given as a name or a number.
pub(super) fn class_name(value: &Value, column: &str, names: Option<&[String]>) -> Result<String> {
    let text = value.scalar().unwrap_or_default();
    let number = text.parse::<usize>().ok();
    match (number, names) {
        (None, _) => Ok(text.trim().to_owned()),
        (Some(number), Some(names)) => names.get(number).cloned().ok_or_else(|| {
            Error::line(format!("{column} {number} has no name; the map ends before it"))
        }),
        (Some(number), None) => Err(Error::line(format!(
            "{column} is a number ({number}) and nothing says what it means: class orders differ \
             between copies of MASSIVE, so a map is needed (option labels-map)"
        ))),
    }
}

fn one(
    row: &Row,
    id: &str,
    label_first: bool,
    table: &mut Table,
    options: &FormOptions,
    numbers: &Numbers,
) -> Result<Json> {
    let file = table.files[row.file].clone();
    let locale = locale_of(row, &file, options)?;
    let partition = row
        .partition
        .as_deref()
        .or(options.partition.as_deref().filter(|_| file.partition.is_none()));
    let partition = match partition.or(file.partition.as_deref()) {
        Some(name) => partition_name(name)?,
        None => "test".to_owned(),
    };
    let classes = |column: &str| file.classes.get(column).map(Vec::as_slice);
    let intent = match &row.intent {
        Some(value) => {
            let names = classes("intent").or(classes("label")).or(numbers.intents.as_deref());
            Some(class_name(value, "intent", names)?)
        }
        None => None,
    };
    let mut met = Met::default();
    let segmentation = options.segmentations.of(locale);
    let (utt, annotation) =
        text_and_slots(row, segmentation, label_first, &file, numbers, &mut met)?;
    note_met(&met, row, table);
    table.leaks |= met.leaks;
    let mut json = json!({
        "id": id, "locale": locale.tag(), "partition": partition, "utt": utt,
        "worker_id": row.worker_id.clone().unwrap_or_else(|| "0".to_owned()),
    });
    if intent.is_none() && row.slots == Slots::None {
        return Ok(json);
    }
    // A row that has only slots has no intent: an empty name.
    let intent = intent.unwrap_or_default();
    let scenario = scenario(row, &intent, classes("scenario"));
    json["scenario"] = Json::String(scenario);
    json["intent"] = Json::String(intent);
    json["annot_utt"] = Json::String(annotation);
    if row.slot_method.is_some() || row.judgments.is_some() {
        let lists =
            |value: &Option<Value>| value.as_ref().map(release::rows_of).unwrap_or_default();
        json["slot_method"] = Json::Array(lists(&row.slot_method));
        json["judgments"] = Json::Array(lists(&row.judgments));
        release::whole_scores(&mut json["judgments"], row, table);
    }
    Ok(json)
}

fn partition_name(name: &str) -> Result<String> {
    partition(name).map(str::to_owned).ok_or_else(|| {
        Error::line(format!(
            "unknown partition `{name}`: expected train, dev (validation, val, eval), test or MMNLU-22"
        ))
    })
}

pub(super) fn note_met(met: &Met, row: &Row, table: &mut Table) {
    for (count, what) in [
        (met.unplaced, "slots without a place in their utterance"),
        (met.overlaps, "slots that overlap another, of which the first was kept"),
        (met.disagreements, "spans whose text is not what stands there"),
        (met.outside, "spans that reach over the end of the text"),
    ] {
        for _ in 0..count {
            table.note(what, row.file, row.line);
        }
    }
}

fn scenario(row: &Row, intent: &str, classes: Option<&[String]>) -> String {
    let given = row.scenario.as_ref().and_then(|value| class_name(value, "scenario", classes).ok());
    let prefix = |separator: char| intent.split(separator).next().unwrap_or_default();
    let known = prefix('_');
    match given {
        Some(given) if !given.is_empty() && given.parse::<u32>().is_err() => given,
        _ if Scenario::known(known).is_some() => known.to_owned(),
        _ => intent
            .split(['_', '/', '.', ':'])
            .next()
            .filter(|name| !name.is_empty())
            .unwrap_or(intent)
            .to_owned(),
    }
}

/// The text and its annotation.
fn text_and_slots(
    row: &Row,
    segmentation: Segmentation,
    label_first: bool,
    file: &FileInfo,
    numbers: &Numbers,
    met: &mut Met,
) -> Result<(String, String)> {
    if let Slots::Annotation(source) = &row.slots {
        return annotated(row, source, segmentation);
    }
    let words: Vec<String> = match (&row.tokens, &row.text) {
        (Some(tokens), _) => {
            tokens.iter().flat_map(|token| token.split_whitespace()).map(str::to_owned).collect()
        }
        (None, Some(text)) => {
            crate::words::words(text, segmentation).into_iter().map(str::to_owned).collect()
        }
        (None, None) => return Err(Error::line("a row with neither text nor words")),
    };
    let refs: Vec<&str> = words.iter().map(String::as_str).collect();
    let slots = slots_on_words(row, &refs, segmentation, label_first, file, numbers, met)?;
    for (_, _, label) in &slots {
        if label.contains(['[', ']']) || label.contains(char::is_whitespace) {
            return Err(Error::line(format!("the label `{label}` holds brackets or white space")));
        }
    }
    let annotation = place::annotate(&refs, &slots);
    met.leaks = segmentation == Segmentation::Characters && leaks(&refs, &slots);
    // Of characters its own text, where it has these: with the spaces between some.
    let own = row.text.as_ref().filter(|text| {
        segmentation == Segmentation::Characters
            && text.split_whitespace().flat_map(str::chars).eq(refs.iter().flat_map(|w| w.chars()))
    });
    let utt = own.cloned().unwrap_or_else(|| refs.join(" "));
    Ok((utt, annotation))
}

/// True if a slot would reach over its end, were its annotation read as the
/// reference reads it in the locales that are split into characters.
fn leaks(words: &[&str], slots: &[OnWords]) -> bool {
    slots.iter().any(|(_, end, _)| {
        *end < words.len()
            && words[end - 1].is_ascii()
            && !slots.iter().any(|(first, ..)| first == end)
    })
}

/// The slots of a row, put on words.
pub(super) fn slots_on_words(
    row: &Row,
    words: &[&str],
    segmentation: Segmentation,
    label_first: bool,
    file: &FileInfo,
    numbers: &Numbers,
    met: &mut Met,
) -> Result<Vec<OnWords>> {
    Ok(match &row.slots {
        Slots::None | Slots::Annotation(_) => Vec::new(),
        Slots::Tags(tags) => {
            let tokens = row.tokens.as_deref();
            slots_of_tags(tags, tokens, words.len(), file, numbers)?
        }
        Slots::Spans(spans) => {
            slots_of_spans(spans, row.text.as_deref(), words, segmentation, met)?
        }
        Slots::Words(list) => list
            .iter()
            .filter_map(|(span, label)| Some((*span.first()?, span.last()? + 1, label.clone())))
            .filter(|(_, end, _)| *end <= words.len())
            .collect(),
        Slots::Pairs(pairs) => {
            let values: Vec<(String, String)> = pairs
                .iter()
                .map(
                    |(a, b)| {
                        if label_first { (a.clone(), b.clone()) } else { (b.clone(), a.clone()) }
                    },
                )
                .collect();
            place::by_value(words, &values, segmentation, met)
        }
        Slots::Values(values) => place::by_value(words, values, segmentation, met),
    })
}

/// The slots of tags, of a row's own tokens or of so many `words`.
fn slots_of_tags(
    tags: &[Value],
    tokens: Option<&[String]>,
    words: usize,
    file: &FileInfo,
    numbers: &Numbers,
) -> Result<Vec<OnWords>> {
    let count = tokens.map_or(words, <[String]>::len);
    if tags.len() != count {
        return Err(Error::line(format!("{} tags for {count} words", tags.len())));
    }
    let of_file = ["ner_tags", "tags", "slots", "labels", "slot_labels"];
    let names = of_file.iter().find_map(|name| file.classes.get(*name));
    let names = names.or(numbers.tags.as_ref()).map(Vec::as_slice);
    let mut tags = tag_names(tags, names)?;
    // A word with white space inside is several.
    if let Some(tokens) = tokens {
        let spread = tokens.iter().zip(tags).flat_map(|(token, tag)| {
            let mut next = tag;
            token
                .split_whitespace()
                .map(move |_| {
                    let now = next.clone();
                    if let Some(tag) = &mut next {
                        tag.begins = false;
                    }
                    now
                })
                .collect::<Vec<_>>()
        });
        tags = spread.collect();
    }
    Ok(place::by_tag(&tags))
}

/// The slots of spans of a text, or of the words joined by a space.
fn slots_of_spans(
    spans: &[Span],
    text: Option<&str>,
    words: &[&str],
    segmentation: Segmentation,
    met: &mut Met,
) -> Result<Vec<OnWords>> {
    let joined = words.join(" ");
    let text = text.unwrap_or(&joined);
    let found = place::by_span(text, spans, segmentation, met);
    let count = place::words_at(text, segmentation).len();
    if count != words.len() && !found.is_empty() {
        return Err(Error::line(format!(
            "spans are of a text of {count} words, and the row has {}",
            words.len()
        )));
    }
    Ok(found)
}

/// An annotation as the release writes it, of whatever spelling.
fn annotated(row: &Row, source: &str, segmentation: Segmentation) -> Result<(String, String)> {
    let strict = Annotation::parse(source, LabelPolicy::Open).ok();
    if let (Some(_), Some(text)) = (&strict, &row.text) {
        return Ok((text.clone(), source.to_owned()));
    }
    let pieces = match brackets::read_parse(source).filter(|_| brackets::is_parse(source)) {
        Some((_, pieces)) => pieces,
        None => brackets::read(source),
    };
    if pieces.open {
        return Err(Error::line(format!("a bracket that is never closed, in `{source}`")));
    }
    let (words, slots) = words_of(&pieces.pieces, segmentation);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let annotation = place::annotate(&words, &slots);
    let utt = match (segmentation, &row.text) {
        (Segmentation::Characters, Some(text)) => text.clone(),
        _ => words.join(" "),
    };
    Ok((utt, annotation))
}

/// The words of pieces, with their slots.
pub(super) fn words_of(
    pieces: &[(Option<String>, String)],
    segmentation: Segmentation,
) -> (Vec<String>, Vec<OnWords>) {
    let (mut words, mut slots) = (Vec::new(), Vec::new());
    for (label, text) in pieces {
        let first = words.len();
        words.extend(crate::words::words(text, segmentation).into_iter().map(str::to_owned));
        if let Some(label) = label
            && words.len() > first
        {
            slots.push((first, words.len(), label.clone()));
        }
    }
    (words, slots)
}
