//! From a table back to utterances: every value goes through the checks that a
//! line of JSON goes through.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, ListArray, RecordBatch, StringArray, StructArray, UInt8Array, UInt32Array,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Fields, Schema};

use super::SCORES;
use crate::corpus::Detail;
use crate::error::{Error, Result};
use crate::labels::LabelPolicy;
use crate::locale::Locale;
use crate::partition::Partition;
use crate::record::{
    Digits, RawJudgment, RawRow, RawSlotMethod, Text, check_row, parse_locale, parse_partition,
};
use crate::utterance::Utterance;

/// The columns that every corpus has.
const ALWAYS: [&str; 5] = ["id", "locale", "partition", "utt", "worker_id"];
/// Those of labelled rows: all of them or none.
const LABELS: [&str; 3] = ["scenario", "intent", "annot_utt"];
/// Those of localised rows: both or none.
const REVIEW: [&str; 2] = ["slot_method", "judgments"];
/// The place of the row in its locale; a table may lack it.
pub(crate) const ROW: &str = "row";

/// What a column can hold.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    /// A text of digits, or an integer as copies in the wild have it.
    Digits,
    Integer,
}

impl Kind {
    fn accepts(self, found: &DataType) -> bool {
        let text = |found: &DataType| {
            matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        };
        match (self, found) {
            (_, DataType::Dictionary(_, values)) => self.accepts(values),
            (Kind::Text, found) => text(found),
            (Kind::Digits, found) => text(found) || found.is_integer(),
            (Kind::Integer, found) => found.is_integer(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Digits => "text or integers",
            Kind::Integer => "integers",
        }
    }
}

fn kind_of(column: &str) -> Kind {
    match column {
        "id" | "worker_id" => Kind::Digits,
        ROW => Kind::Integer,
        name if SCORES.contains(&name) => Kind::Integer,
        _ => Kind::Text,
    }
}

/// Checks that a file has the columns of a corpus, with types that can be read.
pub(crate) fn check_columns(schema: &Schema) -> Result<()> {
    let has = |name: &&str| schema.column_with_name(name).is_some();
    let mut missing: Vec<&str> = ALWAYS.into_iter().filter(|name| !has(name)).collect();
    for group in [&LABELS[..], &REVIEW[..]] {
        if group.iter().any(has) {
            missing.extend(group.iter().filter(|name| !has(name)));
        }
    }
    if !missing.is_empty() {
        let found: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        return Err(Error::input(format!(
            "not a corpus: {} missing: {}; a corpus as Parquet has the columns {}, {} and {} \
             (`massive corpus convert --to parquet` writes them), this file has {}",
            if missing.len() == 1 { "a column is" } else { "columns are" },
            missing.join(", "),
            ALWAYS.join(", "),
            LABELS.join(", "),
            REVIEW.join(", "),
            if found.is_empty() { "none".to_owned() } else { found.join(", ") },
        )));
    }
    for name in ALWAYS.into_iter().chain(LABELS).chain([ROW]) {
        if let Some((_, field)) = schema.column_with_name(name) {
            check_kind(name, field, kind_of(name))?;
        }
    }
    check_structs(schema, "slot_method", &["slot", "method"])?;
    let mut judgment = vec!["worker_id", "language_identification"];
    judgment.extend(SCORES);
    check_structs(schema, "judgments", &judgment)
}

fn check_kind(name: &str, field: &Field, kind: Kind) -> Result<()> {
    if kind.accepts(field.data_type()) {
        return Ok(());
    }
    Err(Error::input(format!(
        "column {name} holds {}, expected {}",
        field.data_type(),
        kind.name()
    )))
}

/// Checks a column of lists of structs with these members.
fn check_structs(schema: &Schema, name: &str, members: &[&str]) -> Result<()> {
    let Some((_, field)) = schema.column_with_name(name) else { return Ok(()) };
    let Some(fields) = struct_fields(field.data_type()) else {
        return Err(Error::input(format!(
            "column {name} holds {}, expected lists of structs of {}",
            field.data_type(),
            members.join(", ")
        )));
    };
    for member in members {
        let Some((_, field)) = fields.find(member) else {
            return Err(Error::input(format!("column {name} lacks the member {member}")));
        };
        check_kind(&format!("{name}.{member}"), field, kind_of(member))?;
    }
    Ok(())
}

fn struct_fields(list: &DataType) -> Option<&Fields> {
    match list {
        DataType::List(item) | DataType::LargeList(item) => match item.data_type() {
            DataType::Struct(fields) => Some(fields),
            _ => None,
        },
        _ => None,
    }
}

/// The names of the columns that a reader of this much detail needs.
pub(crate) fn needed(detail: Detail) -> impl Iterator<Item = &'static str> {
    let review = match detail {
        Detail::Everything => &REVIEW[..],
        Detail::Labels => &[],
    };
    ALWAYS.into_iter().chain(LABELS).chain([ROW]).chain(review.iter().copied())
}

/// Some rows of a table whose columns were checked.
pub(crate) struct Columns {
    rows: usize,
    id: StringArray,
    locale: StringArray,
    partition: StringArray,
    utt: StringArray,
    worker_id: StringArray,
    labels: Option<[StringArray; 3]>,
    review: Option<(SlotMethods, Judgments)>,
    row: Option<UInt32Array>,
}

struct SlotMethods {
    list: ListArray,
    items: StructArray,
    slot: StringArray,
    method: StringArray,
}

struct Judgments {
    list: ListArray,
    items: StructArray,
    worker_id: StringArray,
    scores: [UInt8Array; 4],
    language: StringArray,
}

/// The column as this type. What does not fit it becomes null, which the row's
/// check then names.
fn cast(column: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if column.data_type() == to {
        return Ok(column.clone());
    }
    cast_with_options(column, to, &CastOptions { safe: true, ..CastOptions::default() })
        .map_err(|error| Error::input(format!("a column cannot be read: {error}")))
}

fn gone(name: &str) -> Error {
    Error::input(format!("column {name} is missing"))
}

fn strings(column: Option<&ArrayRef>, name: &str) -> Result<StringArray> {
    let column = column.ok_or_else(|| gone(name))?;
    cast(column, &DataType::Utf8)?.as_string_opt().cloned().ok_or_else(|| gone(name))
}

/// A column of lists, and all their structs one after the other.
fn lists(column: &ArrayRef, name: &str) -> Result<(ListArray, StructArray)> {
    let list = match column.data_type() {
        DataType::LargeList(item) => cast(column, &DataType::List(item.clone()))?,
        _ => column.clone(),
    };
    let list = list.as_list_opt::<i32>().cloned().ok_or_else(|| gone(name))?;
    let items = list.values().as_struct_opt().cloned().ok_or_else(|| gone(name))?;
    Ok((list, items))
}

impl SlotMethods {
    fn new(column: &ArrayRef) -> Result<Self> {
        let (list, items) = lists(column, "slot_method")?;
        let slot = strings(items.column_by_name("slot"), "slot_method.slot")?;
        let method = strings(items.column_by_name("method"), "slot_method.method")?;
        Ok(SlotMethods { list, items, slot, method })
    }

    fn of(&self, row: usize) -> Result<Option<Vec<RawSlotMethod<'_>>>> {
        of_row(&self.list, row, |at| {
            Ok(RawSlotMethod {
                slot: present(&self.items, &self.slot, at, "slot_method.slot")?.into(),
                method: present(&self.items, &self.method, at, "slot_method.method")?.into(),
            })
        })
    }
}

impl Judgments {
    fn new(column: &ArrayRef) -> Result<Self> {
        let (list, items) = lists(column, "judgments")?;
        let member = |name: &'static str| items.column_by_name(name);
        let score = |name: &'static str| -> Result<UInt8Array> {
            let column = member(name).ok_or_else(|| gone(name))?;
            let column = cast(column, &DataType::UInt8)?;
            column.as_primitive_opt::<UInt8Type>().cloned().ok_or_else(|| gone(name))
        };
        let [intent, slots, grammar, spelling] = SCORES;
        Ok(Judgments {
            worker_id: strings(member("worker_id"), "judgments.worker_id")?,
            scores: [score(intent)?, score(slots)?, score(grammar)?, score(spelling)?],
            language: strings(
                member("language_identification"),
                "judgments.language_identification",
            )?,
            list,
            items,
        })
    }

    fn of(&self, row: usize) -> Result<Option<Vec<RawJudgment<'_>>>> {
        of_row(&self.list, row, |at| {
            let score = |index: usize| -> Result<u8> {
                let scores = &self.scores[index];
                if scores.is_null(at) {
                    return Err(Error::line(format!(
                        "judgments.{}: null or not a small number",
                        SCORES[index]
                    )));
                }
                Ok(scores.value(at))
            };
            let worker_id = present(&self.items, &self.worker_id, at, "judgments.worker_id")?;
            Ok(RawJudgment {
                worker_id: Digits(worker_id.into()),
                intent_score: score(0)?,
                slots_score: score(1)?,
                grammar_score: score(2)?,
                spelling_score: score(3)?,
                language_identification: text(&self.language, at),
            })
        })
    }
}

fn of_row<T>(
    list: &ListArray,
    row: usize,
    item: impl Fn(usize) -> Result<T>,
) -> Result<Option<Vec<T>>> {
    if list.is_null(row) {
        return Ok(None);
    }
    let offsets = list.value_offsets();
    // Arrow keeps offsets within its values.
    (offsets[row] as usize..offsets[row + 1] as usize).map(item).collect::<Result<_>>().map(Some)
}

/// A member of a struct that must be there.
fn present<'a>(
    items: &StructArray,
    column: &'a StringArray,
    at: usize,
    name: &str,
) -> Result<&'a str> {
    if items.is_null(at) || column.is_null(at) {
        return Err(Error::line(format!("{name} is null")));
    }
    Ok(column.value(at))
}

fn text(column: &StringArray, at: usize) -> Option<Text<'_>> {
    column.is_valid(at).then(|| Text(Cow::Borrowed(column.value(at))))
}

fn required<'a>(column: &'a StringArray, at: usize, name: &str) -> Result<&'a str> {
    if column.is_null(at) {
        return Err(Error::line(format!("{name} is null")));
    }
    Ok(column.value(at))
}

impl Columns {
    /// The columns of a batch.
    pub(crate) fn new(batch: &RecordBatch) -> Result<Self> {
        let column = |name: &str| strings(batch.column_by_name(name), name);
        let labels = match batch.column_by_name("annot_utt") {
            Some(_) => Some([column("scenario")?, column("intent")?, column("annot_utt")?]),
            None => None,
        };
        let review = match (batch.column_by_name("slot_method"), batch.column_by_name("judgments"))
        {
            (Some(methods), Some(judgments)) => {
                Some((SlotMethods::new(methods)?, Judgments::new(judgments)?))
            }
            _ => None,
        };
        let row = match batch.column_by_name(ROW) {
            Some(row) => cast(row, &DataType::UInt32)?.as_primitive_opt::<UInt32Type>().cloned(),
            None => None,
        };
        Ok(Columns {
            rows: batch.num_rows(),
            id: column("id")?,
            locale: column("locale")?,
            partition: column("partition")?,
            utt: column("utt")?,
            worker_id: column("worker_id")?,
            labels,
            review,
            row,
        })
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The place of a row among those of its locale, where the table has it.
    pub(crate) fn place(&self, at: usize) -> Option<u32> {
        self.row.as_ref().filter(|row| row.is_valid(at)).map(|row| row.value(at))
    }

    /// Locale and partition of a row.
    pub(crate) fn header(&self, at: usize) -> Result<(Locale, Partition)> {
        Ok((
            parse_locale("", required(&self.locale, at, "locale")?)?,
            parse_partition("", required(&self.partition, at, "partition")?)?,
        ))
    }

    /// A row, checked as one of JSON.
    pub(crate) fn utterance(&self, at: usize, policy: LabelPolicy) -> Result<Utterance<'_>> {
        let [scenario, intent, annot_utt] = match &self.labels {
            Some(columns) => columns.each_ref().map(|column| text(column, at)),
            None => [None, None, None],
        };
        let (slot_method, judgments) = match &self.review {
            Some((methods, judgments)) => (methods.of(at)?, judgments.of(at)?),
            None => (None, None),
        };
        let raw = RawRow {
            id: Digits(required(&self.id, at, "id")?.into()),
            locale: required(&self.locale, at, "locale")?.into(),
            partition: required(&self.partition, at, "partition")?.into(),
            scenario,
            intent,
            utt: required(&self.utt, at, "utt")?.into(),
            annot_utt,
            worker_id: Digits(required(&self.worker_id, at, "worker_id")?.into()),
            slot_method,
            judgments,
        };
        check_row("", raw, policy)
    }
}
