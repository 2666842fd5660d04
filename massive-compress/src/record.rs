//! What was done to a model, and which one it was: written into the folder of
//! the result. Its schema is `schemas/compress.schema.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::calibrate::Calibrated;
use crate::error::{Error, Result};
use crate::quantize::Quantized;
use crate::recipe::Recipe;

/// The name of the file.
pub const RECORD: &str = "massive-compress.json";

/// The format that this version writes.
pub const FORMAT: &str = "massive-compress/1";

/// What was done to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: String,
    /// The version of this toolkit.
    pub version: String,
    /// What it was made of.
    pub base: Base,
    /// What was asked for.
    pub recipe: Recipe,
    /// What became of the vocabulary, if it was trimmed.
    pub vocabulary: Option<Trimmed>,
    /// The text that was read to see activations, if any was.
    #[serde(default)]
    pub calibration: Option<Calibrated>,
    /// What became of the weights, if they were changed.
    pub weights: Option<Quantized>,
    /// Bytes of the graph now, with weights in a file of their own.
    pub bytes: u64,
}

/// The model that another one was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// What readers call it.
    pub name: String,
    /// The SHA-256 of its graph's file, in hexadecimal digits.
    pub sha256: String,
    /// The same of its tokenizer.
    pub tokenizer_sha256: String,
    /// Bytes of its graph, with weights in a file of their own.
    pub bytes: u64,
    /// How it was made itself, if it was compressed already.
    pub record: Option<Box<Record>>,
}

/// What became of a vocabulary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trimmed {
    /// Pieces that the tokenizer had.
    pub pieces_before: u64,
    /// Pieces that it has now.
    pub pieces: u64,
    /// Rows that the table of embeddings had.
    pub rows_before: u64,
    /// The locales whose text was read.
    pub locales: Vec<String>,
    /// How many rows of these locales lost a piece, by locale and partition.
    pub lost: Vec<Lost>,
}

/// Rows that lost a piece: they are cut into other pieces now, and predictions
/// for them may differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The locale.
    pub locale: String,
    /// The partition.
    pub partition: String,
    /// All its rows.
    pub rows: u64,
    /// Those that lost a piece.
    pub lost: u64,
}

impl Record {
    /// The record in a folder, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read or is no record.
    pub fn read(folder: &Path) -> Result<Option<Record>> {
        let path = folder.join(RECORD);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => {
                return Err(Error::new(format!("{} cannot be read: {error}", path.display())));
            }
        };
        let record: Record = serde_json::from_str(&text).map_err(|error| {
            Error::new(format!(
                "{}: no record of a compression: {error}; remove it if it is not one",
                path.display()
            ))
            .with_source(error)
        })?;
        if record.format != FORMAT {
            return Err(Error::new(format!(
                "{}: format `{}` is not known; expected \"{FORMAT}\"",
                path.display(),
                record.format.escape_debug()
            )));
        }
        Ok(Some(record))
    }

    /// The locales to which the vocabulary was trimmed, here or before.
    pub fn locales(&self) -> Option<&[String]> {
        match (&self.vocabulary, &self.base.record) {
            (Some(trimmed), _) => Some(&trimmed.locales),
            (None, Some(before)) => before.locales(),
            (None, None) => None,
        }
    }
}
