//! The one intermediate: rows as all readers leave them, with names and texts
//! only. Nothing in it has a type of the corpus yet.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::utterance_id::UtteranceId;

use super::value::Value;

/// What was mended, each with its line.
pub(super) type Mended = Vec<(String, u64)>;

/// What a reader makes of a piece of a file: fields by name, wherever they stood.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The file, as the user knows it: an index into [`Table::files`].
    pub(crate) file: usize,
    /// Its line, from 1.
    pub(crate) line: u64,
    pub(crate) fields: Vec<(String, Value)>,
    /// Why it could not be read.
    pub(crate) fault: Option<Error>,
}

impl Record {
    pub(crate) fn new(line: u64) -> Self {
        Record { line, ..Record::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.push((name.to_owned(), value));
        self
    }

    pub(crate) fn push(&mut self, name: &str, value: Value) {
        self.fields.push((name.to_owned(), value));
    }

    /// The first of these fields that the record has, with a value.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| {
            self.fields.iter().find(|(key, v)| key == name && *v != Value::Null).map(|(_, v)| v)
        })
    }
}

impl Row {
    /// A row that could not be read: an error of its line is kept for it, any other
    /// is passed on.
    pub(crate) fn faulty(record: &Record, error: Error) -> Result<Row> {
        if !error.is_bad_line() {
            return Err(error);
        }
        Ok(Row { file: record.file, line: record.line, fault: Some(error), ..Row::default() })
    }
}

impl Record {
    /// True if it has this field, with a value or without.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }
}

/// A slot by its place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) label: String,
    /// What the file says stands there.
    pub(crate) text: Option<String>,
}

/// Slots as a row has them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Slots {
    /// Nothing is said of slots.
    #[default]
    None,
    /// The text with its slots in brackets.
    Annotation(String),
    /// A tag a word, as written.
    Tags(Vec<Value>),
    /// By place.
    Spans(Vec<Span>),
    /// By indices of words.
    Words(Vec<(Vec<usize>, String)>),
    /// Two texts each, of which one is the label.
    Pairs(Vec<(String, String)>),
    /// Label and value.
    Values(Vec<(String, String)>),
}

/// A row: what an utterance is, or what is predicted of one.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) file: usize,
    pub(crate) line: u64,
    pub(crate) id: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) partition: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) tokens: Option<Vec<String>>,
    pub(crate) slots: Slots,
    pub(crate) intent: Option<Value>,
    pub(crate) scenario: Option<Value>,
    pub(crate) worker_id: Option<String>,
    pub(crate) slot_method: Option<Value>,
    pub(crate) judgments: Option<Value>,
    /// It was generated, and broke off.
    pub(crate) malformed: bool,
    /// Its annotation is written by people, with brackets of any spelling.
    pub(crate) lenient: bool,
    /// Why it could not be read.
    pub(crate) fault: Option<Error>,
}

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileInfo {
    pub(crate) name: String,
    /// As its path says.
    pub(crate) locale: Option<String>,
    pub(crate) partition: Option<String>,
    /// What was recognised.
    pub(crate) form: &'static str,
    /// Names of class numbers, by column.
    pub(crate) classes: BTreeMap<String, Vec<String>>,
}

/// Something that was met and has to be said: how often, and where first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormNote {
    /// What it is, in words.
    pub what: String,
    /// How many rows, or times.
    pub count: u64,
    /// The first, as `file:line`.
    pub first: String,
}

/// What a prediction says of slots and could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Slots for which there is no place in the utterance.
    pub unplaced: u32,
    /// Brackets or pairs of labels and values opened no slot.
    pub unread: bool,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) files: Vec<FileInfo>,
    pub(crate) records: Vec<Record>,
    pub(crate) notes: Vec<FormNote>,
    /// How the rows differ from the release's.
    pub(crate) differences: Vec<FormNote>,
    /// The reference would read more words into a slot of these.
    pub(crate) leaks: bool,
    /// No row says anything of slots.
    pub(crate) without_slots: bool,
    /// What of predictions could not be read.
    pub(crate) losses: HashMap<(Locale, UtteranceId), Losses>,
}

impl Table {
    /// Counts something.
    pub(crate) fn note(&mut self, what: impl Into<String>, file: usize, line: u64) {
        let first = self.place(file, line);
        note(&mut self.notes, what.into(), first);
    }

    /// Counts a difference from the release.
    pub(crate) fn difference(&mut self, what: impl Into<String>, file: usize, line: u64) {
        let first = self.place(file, line);
        note(&mut self.differences, what.into(), first);
    }

    pub(crate) fn place(&self, file: usize, line: u64) -> String {
        format!("{}:{line}", self.files.get(file).map_or("", |file| file.name.as_str()))
    }
}

/// Counts something in a list of such.
pub(crate) fn note(notes: &mut Vec<FormNote>, what: String, first: String) {
    match notes.iter_mut().find(|note| note.what == what) {
        Some(note) => note.count += 1,
        None => notes.push(FormNote { what, count: 1, first }),
    }
}
