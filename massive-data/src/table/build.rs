//! From utterances to a table, column by column.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, ListArray, RecordBatch, StringArray, StructArray, UInt8Array, UInt32Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, Fields};

use super::{judgment_fields, list_item, schema, slot_fields, slot_method_fields};
use crate::labels::{OTHER, SlotName};
use crate::utterance::{Judgment, Review, SlotMethod, SlotSpan, Utterance};
use crate::words::{LabelMode, LabelledWord};

/// An utterance and its place among those of its locale.
pub(crate) type NumberedRow = (u32, Utterance<'static>);

/// The rows as a table.
pub(crate) fn record_batch(
    rows: &[NumberedRow],
    mode: LabelMode,
) -> Result<RecordBatch, ArrowError> {
    let utterances = || rows.iter().map(|(_, utterance)| utterance);
    let gold = || utterances().map(Utterance::gold);
    let review = || gold().map(|gold| gold.and_then(|gold| gold.review.as_ref()));
    let labelled: Vec<Option<Vec<LabelledWord<'_>>>> =
        utterances().map(|utterance| utterance.labelled_words(mode)).collect();
    let words: Vec<Vec<&str>> = utterances()
        .zip(&labelled)
        .map(|(utterance, labelled)| match labelled {
            Some(labelled) => labelled.iter().map(|&(word, _)| word).collect(),
            None => utterance.words(),
        })
        .collect();
    let columns: Vec<ArrayRef> = vec![
        texts(utterances().map(|utterance| utterance.id().to_string())),
        texts(utterances().map(|utterance| utterance.locale().tag())),
        texts(utterances().map(|utterance| utterance.partition().name())),
        maybe_texts(gold().map(|gold| gold.map(|gold| gold.scenario.as_str()))),
        maybe_texts(gold().map(|gold| gold.map(|gold| gold.intent.as_str()))),
        texts(utterances().map(Utterance::utt)),
        maybe_texts(gold().map(|gold| gold.map(|gold| gold.annotation.as_str()))),
        texts(utterances().map(Utterance::worker_id)),
        slot_methods(review())?,
        judgments(review())?,
        slots(utterances())?,
        list(words.iter().map(|words| Some(words.len())), texts(words.iter().flatten()))?,
        list(
            labelled.iter().map(|labelled| labelled.as_ref().map(Vec::len)),
            texts(labelled.iter().flatten().flatten().map(|&(_, label)| name_of(label))),
        )?,
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|&(row, _)| row))),
    ];
    RecordBatch::try_new(schema(mode), columns)
}

/// A label as files write it.
pub(crate) fn name_of(label: Option<&SlotName>) -> &str {
    label.map_or(OTHER, SlotName::as_str)
}

pub(crate) fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

pub(crate) fn maybe_texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// A list column over items that lie one after the other; a length of `None` is
/// a null.
pub(crate) fn list(
    lengths: impl Iterator<Item = Option<usize>> + Clone,
    items: ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let field = Arc::new(list_item(items.data_type().clone()));
    let offsets = OffsetBuffer::from_lengths(lengths.clone().map(Option::unwrap_or_default));
    let nulls: NullBuffer = lengths.map(|length| length.is_some()).collect();
    Ok(Arc::new(ListArray::try_new(field, offsets, items, Some(nulls).filter(has_nulls))?))
}

fn has_nulls(nulls: &NullBuffer) -> bool {
    nulls.null_count() > 0
}

fn structs(fields: Fields, columns: Vec<ArrayRef>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
}

fn slot_methods<'a>(
    reviews: impl Iterator<Item = Option<&'a Review<'a>>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let all: Vec<&SlotMethod> =
        reviews.clone().flatten().flat_map(|review| &review.slot_methods).collect();
    let columns = vec![
        texts(all.iter().map(|method| method.slot.as_str())),
        texts(all.iter().map(|method| method.method.name())),
    ];
    let lengths = reviews.map(|review| review.map(|review| review.slot_methods.len()));
    list(lengths, structs(slot_method_fields(), columns)?)
}

fn judgments<'a>(
    reviews: impl Iterator<Item = Option<&'a Review<'a>>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let all: Vec<&Judgment<'_>> =
        reviews.clone().flatten().flat_map(|review| &review.judgments).collect();
    let scores = |score: fn(&Judgment<'_>) -> u8| -> ArrayRef {
        Arc::new(UInt8Array::from_iter_values(all.iter().map(|judgment| score(judgment))))
    };
    let columns = vec![
        texts(all.iter().map(|judgment| &judgment.worker_id)),
        scores(|judgment| judgment.intent_score),
        scores(|judgment| judgment.slots_score),
        scores(|judgment| judgment.grammar_score),
        scores(|judgment| judgment.spelling_score),
        maybe_texts(all.iter().map(|judgment| {
            judgment.language_identification.map(crate::utterance::JudgedLanguage::name)
        })),
    ];
    let lengths = reviews.map(|review| review.map(|review| review.judgments.len()));
    list(lengths, structs(judgment_fields(), columns)?)
}

fn slots<'a>(
    utterances: impl Iterator<Item = &'a Utterance<'static>>,
) -> Result<ArrayRef, ArrowError> {
    let of_rows: Vec<Option<Vec<SlotSpan<'_>>>> =
        utterances.map(|utterance| utterance.gold().map(|_| utterance.slots())).collect();
    let all: Vec<&SlotSpan<'_>> = of_rows.iter().flatten().flatten().collect();
    let graphemes: Vec<_> = all.iter().map(|slot| slot.graphemes()).collect();
    let places = |places: &mut dyn Iterator<Item = usize>| -> Result<ArrayRef, ArrowError> {
        let places = places.map(|place| {
            u32::try_from(place).map_err(|error| ArrowError::CastError(error.to_string()))
        });
        Ok(Arc::new(UInt32Array::from(places.collect::<Result<Vec<u32>, _>>()?)))
    };
    let columns = vec![
        texts(all.iter().map(|slot| slot.name.as_str())),
        texts(all.iter().map(|slot| slot.value)),
        places(&mut all.iter().map(|slot| slot.bytes.start))?,
        places(&mut all.iter().map(|slot| slot.bytes.end))?,
        places(&mut graphemes.iter().map(|span| span.start))?,
        places(&mut graphemes.iter().map(|span| span.end))?,
    ];
    let lengths = of_rows.iter().map(|slots| slots.as_ref().map(Vec::len));
    list(lengths, structs(slot_fields(), columns)?)
}

/// A list of texts a row.
pub(crate) fn text_lists(rows: &[Option<Vec<&str>>]) -> Result<ArrayRef, ArrowError> {
    list(rows.iter().map(|row| row.as_ref().map(Vec::len)), texts(rows.iter().flatten().flatten()))
}
