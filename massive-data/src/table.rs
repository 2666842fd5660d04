//! The corpus as a typed table, for Parquet and Arrow.
//!
//! A row an utterance. `slots`, `words` and `labels` are derived from the
//! annotation for those who read the table elsewhere; reading it back trusts
//! the annotation alone.
//!
//! | column | type | |
//! |---|---|---|
//! | `id`, `locale`, `partition`, `utt`, `worker_id` | text | as in the JSON lines |
//! | `scenario`, `intent`, `annot_utt` | text | null in a held-out row |
//! | `slot_method` | list of (`slot`, `method`) | null in en-US and held-out rows |
//! | `judgments` | list of (`worker_id`, four scores, `language_identification`) | likewise |
//! | `slots` | list of (`name`, `value`, `byte_start`, `byte_end`, `grapheme_start`, `grapheme_end`) | places in `utt`; null in a held-out row |
//! | `words` | list of text | |
//! | `labels` | list of text | one a word, in the label mode that the metadata names; null in a held-out row |
//! | `row` | integer | the row's place among those of its locale, from 0 |

mod build;
mod columns;
mod read;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};

pub(crate) use build::{NumberedRow, list, maybe_texts, name_of, record_batch, text_lists, texts};
pub(crate) use columns::{ROW, best_types, check_columns, needed};
pub(crate) use read::Columns;

use crate::words::LabelMode;

/// The key of the metadata that names the label mode of `labels`.
pub const LABEL_MODE_KEY: &str = "massive.labels";

/// The schema of the table in a label mode.
pub(crate) fn schema(mode: LabelMode) -> SchemaRef {
    let columns = vec![
        text("id"),
        text("locale"),
        text("partition"),
        text("scenario").with_nullable(true),
        text("intent").with_nullable(true),
        text("utt"),
        text("annot_utt").with_nullable(true),
        text("worker_id"),
        list_of("slot_method", structs(slot_method_fields())).with_nullable(true),
        list_of("judgments", structs(judgment_fields())).with_nullable(true),
        list_of("slots", structs(slot_fields())).with_nullable(true),
        list_of("words", DataType::Utf8),
        list_of("labels", DataType::Utf8).with_nullable(true),
        Field::new("row", DataType::UInt32, false),
    ];
    let metadata = HashMap::from([(LABEL_MODE_KEY.to_owned(), mode.name().to_owned())]);
    Arc::new(Schema::new_with_metadata(columns, metadata))
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

fn structs(fields: Fields) -> DataType {
    DataType::Struct(fields)
}

fn list_of(name: &str, item: DataType) -> Field {
    Field::new_list(name, list_item(item), false)
}

/// The field of a list's items. `element` is Parquet's own name for it.
pub(crate) fn list_item(item: DataType) -> Field {
    Field::new("element", item, false)
}

pub(crate) fn slot_method_fields() -> Fields {
    Fields::from(vec![text("slot"), text("method")])
}

pub(crate) fn judgment_fields() -> Fields {
    let mut fields = vec![text("worker_id")];
    fields.extend(SCORES.map(|name| Field::new(name, DataType::UInt8, false)));
    fields.push(text("language_identification").with_nullable(true));
    Fields::from(fields)
}

/// The scores of a judgment, in the order of the files.
pub(crate) const SCORES: [&str; 4] =
    ["intent_score", "slots_score", "grammar_score", "spelling_score"];

pub(crate) fn slot_fields() -> Fields {
    let place = |name| Field::new(name, DataType::UInt32, false);
    Fields::from(vec![
        text("name"),
        text("value"),
        place("byte_start"),
        place("byte_end"),
        place("grapheme_start"),
        place("grapheme_end"),
    ])
}
