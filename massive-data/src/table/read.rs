//! From a table back to utterances: every value goes through the checks that a
//! line of JSON goes through.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt8Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, ListArray, RecordBatch, StringArray, StringViewArray,
    StructArray, UInt8Array, UInt32Array,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;

use super::SCORES;
use super::columns::{ROW, repeated};
use crate::annotation::Annotation;
use crate::error::{Error, Result};
use crate::json_line::{Digits, Text, parse_locale, parse_partition};
use crate::labels::{Intent, LabelPolicy, Scenario, SlotName, belongs};
use crate::locale::Locale;
use crate::partition::Partition;
use crate::record::{RawJudgment, RawRow, RawSlotMethod, check_row};
use crate::segmentations::Segmentations;
use crate::utterance::{
    Gold, JudgedLanguage, Judgment, Method, Review, SlotMethod, Utterance, most,
};
use crate::utterance_id::UtteranceId;

/// Some rows of a table whose columns were checked.
pub(crate) struct Columns {
    rows: usize,
    policy: LabelPolicy,
    id: StringViewArray,
    locale: Repeated<Locale>,
    partition: Repeated<Partition>,
    utt: StringViewArray,
    worker_id: Repeated<()>,
    labels: Option<Labels>,
    review: Option<(SlotMethods, Judgments)>,
    row: Option<UInt32Array>,
}

struct Labels {
    scenario: Repeated<Scenario>,
    intent: Repeated<Intent>,
    annot_utt: StringViewArray,
}

struct SlotMethods {
    list: ListArray,
    items: StructArray,
    slot: Repeated<SlotName>,
    method: Repeated<Method>,
}

struct Judgments {
    list: ListArray,
    items: StructArray,
    worker_id: Repeated<()>,
    scores: [UInt8Array; 4],
    language: Repeated<JudgedLanguage>,
}

/// A column of few texts that stand for values of one type.
struct Repeated<T> {
    column: DictionaryArray<Int32Type>,
    texts: StringArray,
    /// What each of the texts stands for, `None` where it is no such thing.
    values: Vec<Option<T>>,
}

impl<T> Repeated<T> {
    fn new(
        column: Option<&ArrayRef>,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Self> {
        let column = column.ok_or_else(|| gone(name))?;
        // Integers become texts first, which are then collected.
        let texts = match column.data_type() {
            found if found.is_integer() => cast(column, &DataType::Utf8)?,
            _ => column.clone(),
        };
        let column = cast(&texts, &repeated())?;
        let column = column.as_dictionary_opt::<Int32Type>().cloned().ok_or_else(|| gone(name))?;
        let texts = column.values().as_string_opt::<i32>().cloned().ok_or_else(|| gone(name))?;
        let values = texts.iter().map(|text| text.and_then(&parse)).collect();
        Ok(Repeated { column, texts, values })
    }

    /// The text of a row, if it has one.
    #[inline]
    fn text(&self, at: usize) -> Option<&str> {
        let key = self.column.key(at)?;
        self.texts.is_valid(key).then(|| self.texts.value(key))
    }

    /// What the text of a row stands for, if it has one and that is known.
    #[inline]
    fn value(&self, at: usize) -> Option<&T> {
        self.values[self.column.key(at)?].as_ref()
    }

    fn required(&self, at: usize, name: &str) -> Result<&str> {
        self.text(at).ok_or_else(|| null(name))
    }
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

fn null(name: &str) -> Error {
    Error::line(format!("{name} is null"))
}

/// A column of texts that hardly repeat.
fn texts(column: Option<&ArrayRef>, name: &str) -> Result<StringViewArray> {
    let column = column.ok_or_else(|| gone(name))?;
    let column = match column.data_type() {
        DataType::Utf8View => column.clone(),
        // Integers and keys become texts first, of which views are made.
        _ => cast(&cast(column, &DataType::Utf8)?, &DataType::Utf8View)?,
    };
    column.as_string_view_opt().cloned().ok_or_else(|| gone(name))
}

fn text(column: &StringViewArray, at: usize) -> Option<&str> {
    column.is_valid(at).then(|| column.value(at))
}

fn borrowed(text: &str) -> Text<'_> {
    Text(Cow::Borrowed(text))
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

/// The items of a row, `None` where it has no list.
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

/// As [`of_row`], where nothing is said about what is wrong.
fn quick_of_row<T>(
    list: &ListArray,
    row: usize,
    item: impl Fn(usize) -> Option<T>,
) -> Option<Vec<T>> {
    let offsets = list.value_offsets();
    let items = offsets[row] as usize..offsets[row + 1] as usize;
    let mut all = Vec::with_capacity(items.len());
    for at in items {
        all.push(item(at)?);
    }
    Some(all)
}

impl SlotMethods {
    fn new(column: &ArrayRef, policy: LabelPolicy) -> Result<Self> {
        let (list, items) = lists(column, "slot_method")?;
        let slot = Repeated::new(items.column_by_name("slot"), "slot_method.slot", |name| {
            SlotName::parse(name, policy).ok()
        })?;
        let method =
            Repeated::new(items.column_by_name("method"), "slot_method.method", Method::from_name)?;
        Ok(SlotMethods { list, items, slot, method })
    }

    fn quick(&self, row: usize) -> Option<Vec<SlotMethod>> {
        quick_of_row(&self.list, row, |at| {
            let slot = self.slot.value(at).filter(|_| self.items.is_valid(at))?.clone();
            Some(SlotMethod { slot, method: *self.method.value(at)? })
        })
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
            worker_id: Repeated::new(member("worker_id"), "judgments.worker_id", |_| None)?,
            scores: [score(intent)?, score(slots)?, score(grammar)?, score(spelling)?],
            language: Repeated::new(
                member("language_identification"),
                "judgments.language_identification",
                JudgedLanguage::from_name,
            )?,
            list,
            items,
        })
    }

    fn quick(&self, row: usize) -> Option<Vec<Judgment<'_>>> {
        let score = |index: usize, at: usize, most: u8| {
            let scores: &UInt8Array = &self.scores[index];
            let score = scores.is_valid(at).then(|| scores.value(at))?;
            (score <= most).then_some(score)
        };
        quick_of_row(&self.list, row, |at| {
            let worker_id = self.worker_id.text(at).filter(|_| self.items.is_valid(at))?;
            Some(Judgment {
                worker_id: Cow::Borrowed(worker_id),
                intent_score: score(0, at, most::INTENT)?,
                slots_score: score(1, at, most::SLOTS)?,
                grammar_score: score(2, at, most::GRAMMAR)?,
                spelling_score: score(3, at, most::SPELLING)?,
                language_identification: match self.language.column.is_valid(at) {
                    true => Some(*self.language.value(at)?),
                    false => None,
                },
            })
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
                language_identification: self.language.text(at).map(borrowed),
            })
        })
    }
}

/// A member of a struct that must be there.
fn present<'a, T>(
    items: &StructArray,
    column: &'a Repeated<T>,
    at: usize,
    name: &str,
) -> Result<&'a str> {
    column.text(at).filter(|_| items.is_valid(at)).ok_or_else(|| null(name))
}

impl Columns {
    /// The columns of a batch, whose labels are to be of this policy.
    pub(crate) fn new(batch: &RecordBatch, policy: LabelPolicy) -> Result<Self> {
        let column = |name: &str| batch.column_by_name(name);
        let labels = match column("annot_utt") {
            Some(annot_utt) => Some(Labels {
                scenario: Repeated::new(column("scenario"), "scenario", |name| {
                    Scenario::parse(name, policy).ok()
                })?,
                intent: Repeated::new(column("intent"), "intent", |name| {
                    Intent::parse(name, policy).ok()
                })?,
                annot_utt: texts(Some(annot_utt), "annot_utt")?,
            }),
            None => None,
        };
        let review = match (column("slot_method"), column("judgments")) {
            (Some(methods), Some(judgments)) => {
                Some((SlotMethods::new(methods, policy)?, Judgments::new(judgments)?))
            }
            _ => None,
        };
        let row = match column(ROW) {
            Some(row) => cast(row, &DataType::UInt32)?.as_primitive_opt::<UInt32Type>().cloned(),
            None => None,
        };
        Ok(Columns {
            rows: batch.num_rows(),
            policy,
            id: texts(column("id"), "id")?,
            locale: Repeated::new(column("locale"), "locale", Locale::from_tag)?,
            partition: Repeated::new(column("partition"), "partition", Partition::from_name)?,
            utt: texts(column("utt"), "utt")?,
            worker_id: Repeated::new(column("worker_id"), "worker_id", |_| None)?,
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
    #[inline]
    pub(crate) fn header(&self, at: usize) -> Result<(Locale, Partition)> {
        match (self.locale.value(at), self.partition.value(at)) {
            (Some(&locale), Some(&partition)) => Ok((locale, partition)),
            _ => Ok((
                parse_locale("", self.locale.required(at, "locale")?)?,
                parse_partition("", self.partition.required(at, "partition")?)?,
            )),
        }
    }

    /// A row, checked as one of JSON.
    #[inline]
    pub(crate) fn utterance(
        &self,
        at: usize,
        segmentations: &Segmentations,
    ) -> Result<Utterance<'_>> {
        match self.quick(at).filter(|_| segmentations.are_usual()) {
            Some(utterance) => Ok(utterance),
            None => check_row("", self.raw(at)?, self.policy, segmentations),
        }
    }

    /// A labelled row with nothing wrong with it, from values that got their
    /// types already; `None` for any other.
    #[inline]
    fn quick(&self, at: usize) -> Option<Utterance<'_>> {
        let id: UtteranceId = text(&self.id, at)?.parse().ok()?;
        let (locale, partition) = (*self.locale.value(at)?, *self.partition.value(at)?);
        let labels = self.labels.as_ref()?;
        let (scenario, intent) = (labels.scenario.value(at)?, labels.intent.value(at)?);
        if self.policy == LabelPolicy::Closed && !belongs(intent.as_str(), scenario.as_str()) {
            return None;
        }
        let review = match &self.review {
            Some((methods, judgments)) => {
                match (methods.list.is_null(at), judgments.list.is_null(at)) {
                    (true, true) => None,
                    (false, false) => Some(Review {
                        slot_methods: methods.quick(at)?,
                        judgments: judgments.quick(at)?,
                    }),
                    _ => return None,
                }
            }
            None => None,
        };
        let annotation = Annotation::parse(text(&labels.annot_utt, at)?, self.policy).ok()?;
        let (scenario, intent) = (scenario.clone(), intent.clone());
        let (utt, worker_id) = (text(&self.utt, at)?, self.worker_id.text(at)?);
        let gold = Gold { scenario, intent, annotation, review };
        Utterance::labelled(id, locale, partition, utt, worker_id, gold)
    }

    /// A row as it stands in the table.
    fn raw(&self, at: usize) -> Result<RawRow<'_>> {
        let (scenario, intent, annot_utt) = match &self.labels {
            Some(labels) => (
                labels.scenario.text(at).map(borrowed),
                labels.intent.text(at).map(borrowed),
                text(&labels.annot_utt, at).map(borrowed),
            ),
            None => (None, None, None),
        };
        let (slot_method, judgments) = match &self.review {
            Some((methods, judgments)) => (methods.of(at)?, judgments.of(at)?),
            None => (None, None),
        };
        let required = |column, name| text(column, at).ok_or_else(|| null(name));
        Ok(RawRow {
            id: Digits(required(&self.id, "id")?.into()),
            locale: self.locale.required(at, "locale")?.into(),
            partition: self.partition.required(at, "partition")?.into(),
            scenario,
            intent,
            utt: required(&self.utt, "utt")?.into(),
            annot_utt,
            worker_id: Digits(self.worker_id.required(at, "worker_id")?.into()),
            slot_method,
            judgments,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;
    use arrow_schema::{Field, Schema};

    use super::*;
    use crate::corpus::Corpus;
    use crate::table::{NumberedRow, best_types, record_batch};
    use crate::words::LabelMode;

    /// Every twentieth row of the small corpus, held-out ones among them.
    fn batch() -> (Vec<Utterance<'static>>, RecordBatch) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
        let (all, _) = Corpus::open(folder).unwrap().read().unwrap();
        let mut rows: Vec<NumberedRow> = (0..).zip(all.into_iter().step_by(20)).collect();
        let line = r#"{"id": "3", "locale": "ko-KR", "partition": "MMNLU-22", "utt": "a", "worker_id": "1"}"#;
        rows.push((9, Utterance::from_json(line, LabelPolicy::Closed).unwrap()));
        let batch = record_batch(&rows, LabelMode::Reference).unwrap();
        (rows.into_iter().map(|(_, row)| row).collect(), batch)
    }

    /// The batch with a column of texts replaced in its first row.
    fn with(batch: &RecordBatch, name: &str, text: Option<&str>) -> RecordBatch {
        let (index, _) = batch.schema().column_with_name(name).unwrap();
        let before = batch.column(index).as_string::<i32>();
        let after: StringArray = std::iter::once(text).chain(before.iter().skip(1)).collect();
        let mut columns = batch.columns().to_vec();
        columns[index] = Arc::new(after);
        let fields: Vec<Field> = batch
            .schema()
            .fields()
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    /// What both ways say about every row, for each policy.
    fn compare(batch: &RecordBatch) -> usize {
        let mut quickly = 0;
        for policy in [LabelPolicy::Closed, LabelPolicy::Open] {
            let columns = Columns::new(batch, policy).unwrap();
            for at in 0..columns.rows() {
                let slow = columns
                    .raw(at)
                    .and_then(|raw| check_row("", raw, policy, &Segmentations::default()));
                if let Some(quick) = columns.quick(at) {
                    assert_eq!(Some(quick), slow.ok());
                    quickly += 1;
                }
            }
        }
        quickly
    }

    #[test]
    fn the_quick_way_reads_what_the_slow_one_reads() {
        let (rows, batch) = batch();
        let columns = Columns::new(&batch, LabelPolicy::Closed).unwrap();
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(&columns.utterance(at, &Segmentations::default()).unwrap(), row);
            assert_eq!(columns.header(at).unwrap(), (row.locale(), row.partition()));
        }
        // All but the one held-out row.
        assert_eq!(compare(&batch), 2 * (rows.len() - 1));
    }

    #[test]
    fn what_is_wrong_is_left_to_the_slow_way() {
        let (rows, batch) = batch();
        let all = 2 * (rows.len() - 1);
        for (name, text, quickly) in [
            ("id", Some("x y"), all - 2),
            ("id", None, all - 2),
            ("locale", Some("x"), all - 2),
            ("partition", None, all - 2),
            ("scenario", Some("alarms"), all - 1),
            ("scenario", None, all - 2),
            ("intent", Some("weather_querry"), all - 1),
            ("intent", None, all - 2),
            ("utt", Some("other"), all - 2),
            ("annot_utt", Some("[time : ]"), all - 2),
            ("annot_utt", None, all - 2),
            ("worker_id", None, all - 2),
        ] {
            assert_eq!(compare(&with(&batch, name, text)), quickly, "{name} {text:?}");
        }
    }

    #[test]
    fn columns_of_other_types_are_read_alike() {
        let (rows, batch) = batch();
        let mut columns = batch.columns().to_vec();
        let mut fields: Vec<Field> =
            batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        for (name, to) in [
            ("id", DataType::Int64),
            ("locale", DataType::LargeUtf8),
            ("partition", DataType::Utf8View),
            ("utt", repeated()),
            ("annot_utt", DataType::LargeUtf8),
            ("worker_id", DataType::UInt16),
        ] {
            let (index, _) = batch.schema().column_with_name(name).unwrap();
            columns[index] = cast(&columns[index], &to).unwrap();
            fields[index] = fields[index].clone().with_data_type(to);
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        let columns = Columns::new(&batch, LabelPolicy::Closed).unwrap();
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(&columns.utterance(at, &Segmentations::default()).unwrap(), row);
        }
        // What is read as it is best read is told from the names.
        let best = best_types(&batch.schema());
        assert_eq!(best.field_with_name("locale").unwrap().data_type(), &DataType::LargeUtf8);
    }
}
