//! `massive.json`: what a model folder says about itself. Everything in it is
//! optional, since nearly all of it can be seen from the other files.

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::folder::{InputForm, Kind};
use crate::text_to_text::Format;

/// The name of the file.
pub const MANIFEST: &str = "massive.json";

/// The only format there is.
pub const MANIFEST_FORMAT: &str = "massive-model/1";

/// A manifest, as in `schemas/model-manifest.schema.json`. Paths are relative to
/// the folder.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: String,
    /// What readers call the model.
    pub name: Option<String>,
    /// A sentence about it.
    pub description: Option<String>,
    /// What kind of model it is.
    pub kind: Option<Kind>,
    /// What the model reads of an utterance; by its outputs if this is absent:
    /// the text if it gives intents only, else words.
    pub input: Option<InputForm>,
    /// The graph to run, of a joint model or of one with a single task.
    pub graph: Option<String>,
    /// The graph's outputs.
    #[serde(default)]
    pub outputs: ManifestOutputs,
    /// The tokenizer.
    pub tokenizer: Option<String>,
    /// The label maps.
    #[serde(default)]
    pub labels: ManifestLabels,
    /// The folders of a pair.
    #[serde(default)]
    pub pair: ManifestPair,
    /// The most ids that the model takes.
    pub max_length: Option<usize>,
    /// The id that fills a batch.
    pub pad_id: Option<i64>,
    /// The format of a text-to-text model.
    pub text_to_text: Option<Format>,
}

/// Which outputs of a graph hold what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestOutputs {
    /// Shape `[batch, intents]`.
    pub intent: Option<String>,
    /// Shape `[batch, sequence, slots]`.
    pub slots: Option<String>,
}

/// Which files map numbers to labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestLabels {
    /// The map of the intents.
    pub intents: Option<String>,
    /// The map of the slots.
    pub slots: Option<String>,
}

/// Which folders make a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPair {
    /// The folder of the intent model.
    pub intent: Option<String>,
    /// The folder of the slot model.
    pub slots: Option<String>,
}

impl FromStr for Manifest {
    type Err = Error;

    /// Reads the text of a manifest: no JSON, fields that a manifest does not
    /// have, and another format are errors.
    fn from_str(text: &str) -> Result<Self> {
        let manifest: Manifest = serde_json::from_str(text)
            .map_err(|error| Error::model(format!("not a manifest: {error}")).with_source(error))?;
        if manifest.format != MANIFEST_FORMAT {
            return Err(Error::model(format!(
                "format `{}` is not known; expected \"{MANIFEST_FORMAT}\"",
                manifest.format.escape_debug()
            )));
        }
        Ok(manifest)
    }
}

impl Manifest {
    /// The manifest of a folder, if it has one.
    ///
    /// # Errors
    /// A file that cannot be read, or is no manifest (see [`Manifest::from_str`]).
    pub fn read(folder: &Path) -> Result<Option<Manifest>> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::model(format!("{} cannot be read: {error}", path.display())));
            }
        };
        text.parse()
            .map(Some)
            .map_err(|error: Error| Error::model(format!("{}: {error}", path.display())))
    }
}
