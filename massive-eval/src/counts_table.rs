//! [`RowCounts`] as Arrow record batches: what is sent between machines, stored
//! and merged. A row is an utterance and system; the schema is [`schema`] (as a
//! document `schemas/counts.schema.json`).
//!
//! Reading casts: texts may be of any of Arrow's kinds, dictionaries among them,
//! ids integers, counts integers of any width.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, ListBuilder, StringBuilder, StringDictionaryBuilder, StructBuilder,
    UInt32Builder, UInt64Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray, StructArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use massive_data::{Intent, Losses, SlotName};

use crate::counts::{LabelCounts, SlotCounts, UtteranceCounts};
use crate::error::{Error, Result};
use crate::metrics::Predicted;
use crate::row_counts::RowCounts;

/// The columns, in their order.
pub fn schema() -> SchemaRef {
    let names = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let slot_counts = DataType::List(Arc::new(Field::new("item", slot_counts_type(), false)));
    Arc::new(Schema::new(vec![
        Field::new("system", DataType::Utf8, false),
        Field::new("locale", DataType::Utf8, false),
        Field::new("id", DataType::Utf8, false),
        Field::new("digest", DataType::UInt64, false),
        Field::new("words", DataType::UInt32, false),
        Field::new("gold_slots", DataType::UInt32, false),
        Field::new("predicted_slots", DataType::UInt32, true),
        Field::new("correct_slots", DataType::UInt32, true),
        Field::new("intent_correct", DataType::Boolean, true),
        Field::new("exact_match", DataType::Boolean, true),
        Field::new("scenario_correct", DataType::Boolean, true),
        Field::new("missing", DataType::Boolean, false),
        Field::new("malformed", DataType::Boolean, false),
        Field::new("misaligned", DataType::Boolean, false),
        Field::new("unknown_intent", DataType::Boolean, false),
        Field::new("unknown_slots", DataType::UInt32, false),
        Field::new("unread_brackets", DataType::Boolean, false),
        Field::new("unplaced", DataType::UInt32, false),
        Field::new("gold_intent", names.clone(), false),
        Field::new("predicted_intent", names, true),
        Field::new("slot_counts", slot_counts, false),
    ]))
}

fn slot_fields() -> Fields {
    Fields::from(vec![
        Field::new("slot", DataType::Utf8, false),
        Field::new("gold", DataType::UInt32, false),
        Field::new("predicted", DataType::UInt32, false),
        Field::new("correct", DataType::UInt32, false),
    ])
}

fn slot_counts_type() -> DataType {
    DataType::Struct(slot_fields())
}

/// Rows of one system as a batch.
///
/// # Errors
/// None that a caller can cause; Arrow's own.
pub fn to_batch(system: &str, rows: &[RowCounts]) -> Result<RecordBatch> {
    let texts = |value: &dyn Fn(&RowCounts) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(value)))
    };
    let numbers = |value: &dyn Fn(&RowCounts) -> Option<u32>| -> ArrayRef {
        let mut column = UInt32Builder::with_capacity(rows.len());
        rows.iter().for_each(|row| column.append_option(value(row)));
        Arc::new(column.finish())
    };
    let truths = |value: &dyn Fn(&RowCounts) -> Option<bool>| -> ArrayRef {
        let mut column = BooleanBuilder::with_capacity(rows.len());
        rows.iter().for_each(|row| column.append_option(value(row)));
        Arc::new(column.finish())
    };
    let intents = |value: &dyn Fn(&RowCounts) -> Option<&Intent>| -> ArrayRef {
        let mut column = StringDictionaryBuilder::<Int32Type>::new();
        rows.iter().for_each(|row| column.append_option(value(row).map(Intent::as_str)));
        Arc::new(column.finish())
    };
    let mut digests = UInt64Builder::with_capacity(rows.len());
    rows.iter().for_each(|row| digests.append_value(row.digest));
    let columns = vec![
        texts(&|_| system.to_owned()),
        texts(&|row| row.key.0.tag().to_owned()),
        texts(&|row| row.key.1.to_string()),
        Arc::new(digests.finish()),
        numbers(&|row| Some(row.counts.words)),
        numbers(&|row| Some(row.counts.slots.gold)),
        numbers(&|row| row.predicted.slots.then_some(row.counts.slots.predicted)),
        numbers(&|row| row.predicted.slots.then_some(row.counts.slots.correct)),
        truths(&|row| row.predicted.intents.then_some(row.counts.intent_correct)),
        truths(&|row| (row.predicted == Predicted::BOTH).then_some(row.counts.exact_match)),
        truths(&RowCounts::scenario_correct),
        truths(&|row| Some(row.missing)),
        truths(&|row| Some(row.malformed)),
        truths(&|row| Some(row.misaligned)),
        truths(&|row| Some(row.has_unknown_intent(&|_| false))),
        numbers(&|row| Some(row.unknown_slots(&|_| false))),
        truths(&|row| Some(row.losses.unread)),
        numbers(&|row| Some(row.losses.unplaced)),
        intents(&|row| Some(&row.intent)),
        intents(&|row| row.predicted_intent.as_ref()),
        slot_counts_column(rows),
    ];
    RecordBatch::try_new(schema(), columns).map_err(failed)
}

fn slot_counts_column(rows: &[RowCounts]) -> ArrayRef {
    let builder = StructBuilder::from_fields(slot_fields(), rows.len());
    let item = Field::new("item", slot_counts_type(), false);
    let mut lists = ListBuilder::new(builder).with_field(item);
    for row in rows {
        let structs = lists.values();
        for counts in &row.slot_counts {
            // The builders are those of the fields above.
            if let Some(names) = structs.field_builder::<StringBuilder>(0) {
                names.append_value(counts.slot.as_str());
            }
            for (field, count) in [(1, counts.gold), (2, counts.predicted), (3, counts.correct)] {
                if let Some(numbers) = structs.field_builder::<UInt32Builder>(field) {
                    numbers.append_value(count);
                }
            }
            structs.append(true);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// The rows of a batch, by system.
///
/// # Errors
/// A column that is absent, is of another kind or holds what cannot be: named
/// with its row.
pub fn from_batch(batch: &RecordBatch) -> Result<BTreeMap<String, Vec<RowCounts>>> {
    let columns = Columns::of(batch)?;
    let mut systems: BTreeMap<String, Vec<RowCounts>> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let counts = columns.row(row).map_err(|what| {
            Error::request(format!("row {} of a table of counts: {what}", row + 1))
        })?;
        let system = columns.system.value(row);
        match systems.get_mut(system) {
            Some(rows) => rows.push(counts),
            None => {
                systems.insert(system.to_owned(), vec![counts]);
            }
        }
    }
    Ok(systems)
}

/// The columns of a batch that are read; the others follow from these.
struct Columns {
    system: StringArray,
    locale: StringArray,
    id: StringArray,
    digest: arrow_array::UInt64Array,
    words: arrow_array::UInt32Array,
    predicted_slots: arrow_array::UInt32Array,
    exact_match: BooleanArray,
    missing: BooleanArray,
    malformed: BooleanArray,
    misaligned: BooleanArray,
    unread: Option<BooleanArray>,
    unplaced: Option<arrow_array::UInt32Array>,
    gold_intent: StringArray,
    predicted_intent: StringArray,
    slot_lists: arrow_array::ListArray,
    slots: SlotColumns,
}

/// The fields of `slot_counts`, of all rows one after the other.
struct SlotColumns {
    slot: StringArray,
    gold: arrow_array::UInt32Array,
    predicted: arrow_array::UInt32Array,
    correct: arrow_array::UInt32Array,
}

impl Columns {
    fn of(batch: &RecordBatch) -> Result<Self> {
        let column = |name: &str, kind: &DataType| -> Result<ArrayRef> {
            let column = batch.column_by_name(name).ok_or_else(|| {
                Error::request(format!(
                    "a table of counts lacks the column {name}: expected those of \
                     schemas/counts.schema.json"
                ))
            })?;
            cast(column, kind).map_err(|error| {
                Error::request(format!(
                    "column {name} of a table of counts is {}: {error}",
                    column.data_type()
                ))
            })
        };
        let text = |name: &str| Ok::<_, Error>(column(name, &DataType::Utf8)?.as_string().clone());
        let truth =
            |name: &str| Ok::<_, Error>(column(name, &DataType::Boolean)?.as_boolean().clone());
        let number = |name: &str| {
            Ok::<_, Error>(column(name, &DataType::UInt32)?.as_primitive::<UInt32Type>().clone())
        };
        let has = |name: &str| batch.column_by_name(name).is_some();
        let item = Arc::new(Field::new("item", slot_counts_type(), true));
        let slot_lists = column("slot_counts", &DataType::List(item))?.as_list::<i32>().clone();
        let slots = SlotColumns::of(slot_lists.values().as_struct());
        Ok(Columns {
            system: text("system")?,
            locale: text("locale")?,
            id: text("id")?,
            digest: column("digest", &DataType::UInt64)?.as_primitive::<UInt64Type>().clone(),
            words: number("words")?,
            predicted_slots: number("predicted_slots")?,
            exact_match: truth("exact_match")?,
            missing: truth("missing")?,
            malformed: truth("malformed")?,
            misaligned: truth("misaligned")?,
            // Tables that were written before these columns lack them.
            unread: has("unread_brackets").then(|| truth("unread_brackets")).transpose()?,
            unplaced: has("unplaced").then(|| number("unplaced")).transpose()?,
            gold_intent: text("gold_intent")?,
            predicted_intent: text("predicted_intent")?,
            slot_lists,
            slots,
        })
    }

    fn row(&self, row: usize) -> Result<RowCounts, String> {
        let text = |column: &StringArray, name: &str| -> Result<String, String> {
            if column.is_null(row) {
                Err(format!("{name} is null"))
            } else {
                Ok(column.value(row).to_owned())
            }
        };
        let truth = |column: &BooleanArray| column.is_valid(row) && column.value(row);
        let locale =
            text(&self.locale, "locale")?.parse().map_err(|error| format!("locale: {error}"))?;
        let id = text(&self.id, "id")?.parse().map_err(|error| format!("id: {error}"))?;
        let intent = Intent::open(&text(&self.gold_intent, "gold_intent")?);
        let predicted_intent = self
            .predicted_intent
            .is_valid(row)
            .then(|| Intent::open(self.predicted_intent.value(row)));
        let predicted = Predicted {
            intents: predicted_intent.is_some(),
            slots: self.predicted_slots.is_valid(row),
        };
        let slot_counts = self.slots.of_row(&self.slot_lists, row)?;
        let sum = |of: fn(&LabelCounts) -> u32| slot_counts.iter().map(of).sum();
        Ok(RowCounts {
            key: (locale, id),
            digest: self.digest.value(row),
            counts: UtteranceCounts {
                words: self.words.value(row),
                slots: SlotCounts {
                    gold: sum(|one| one.gold),
                    predicted: sum(|one| one.predicted),
                    correct: sum(|one| one.correct),
                },
                intent_correct: predicted_intent.as_ref() == Some(&intent),
                exact_match: truth(&self.exact_match),
            },
            slot_counts,
            intent,
            predicted_intent,
            predicted,
            missing: truth(&self.missing),
            malformed: truth(&self.malformed),
            misaligned: truth(&self.misaligned),
            losses: Losses {
                unread: self.unread.as_ref().is_some_and(truth),
                unplaced: self
                    .unplaced
                    .as_ref()
                    .filter(|column| column.is_valid(row))
                    .map_or(0, |column| column.value(row)),
            },
        })
    }
}

impl SlotColumns {
    fn of(structs: &StructArray) -> Self {
        // A cast to the type above gave these columns.
        let number = |index: usize| structs.column(index).as_primitive::<UInt32Type>().clone();
        SlotColumns {
            slot: structs.column(0).as_string().clone(),
            gold: number(1),
            predicted: number(2),
            correct: number(3),
        }
    }

    fn of_row(
        &self,
        lists: &arrow_array::ListArray,
        row: usize,
    ) -> Result<Box<[LabelCounts]>, String> {
        if lists.is_null(row) {
            return Err("slot_counts is null".to_owned());
        }
        let offsets = lists.value_offsets();
        let places = offsets[row] as usize..offsets[row + 1] as usize;
        Ok(places
            .map(|place| LabelCounts {
                slot: SlotName::open(self.slot.value(place)),
                gold: self.gold.value(place),
                predicted: self.predicted.value(place),
                correct: self.correct.value(place),
            })
            .collect())
    }
}

fn failed(error: ArrowError) -> Error {
    Error::output("a table of counts cannot be built", error)
}
