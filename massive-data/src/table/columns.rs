//! The columns of a corpus as files have them, and how they are best read.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::SCORES;
use crate::error::{Error, Result};
use crate::selection::Detail;

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

/// A text as it is read where values repeat: its key in a list of them.
pub(crate) fn repeated() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type in which a column is best read: each repeated value gets its type
/// once, and texts of their own are not copied.
fn best(name: &str, found: &DataType) -> DataType {
    match (name, found) {
        ("id" | "utt" | "annot_utt", DataType::Utf8) => DataType::Utf8View,
        (_, DataType::Utf8) => repeated(),
        (_, DataType::List(item)) => DataType::List(best_field(item)),
        (_, DataType::Struct(members)) => {
            DataType::Struct(members.iter().map(best_field).collect())
        }
        _ => found.clone(),
    }
}

fn best_field(field: &FieldRef) -> FieldRef {
    let to = best(field.name(), field.data_type());
    Arc::new(field.as_ref().clone().with_data_type(to))
}

/// The schema of a file with the types in which its columns are best read.
pub(crate) fn best_types(schema: &Schema) -> SchemaRef {
    let fields: Fields = schema.fields().iter().map(best_field).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}
