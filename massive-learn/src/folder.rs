//! A folder with trained models, a file a locale, and a manifest.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::locale_model::LocaleModel;
use crate::locale_part::LocalePart;
use crate::memory::locale_memory::LocaleMemory;
use crate::memory::rejection::Rejection;
use crate::memory::rows::MemoryRows;

/// The manifest's name in a folder.
pub const MANIFEST: &str = "massive-learn.json";

/// The manifest's format.
const FORMAT: &str = "massive-learn/1";

/// What kind of model a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Linear models: [`LocaleModel`].
    Linear,
    /// Memories: [`LocaleMemory`].
    Memory,
}

impl ModelKind {
    /// The name of a locale's file.
    pub fn file_name(self, locale: &str) -> String {
        match self {
            ModelKind::Linear => format!("{locale}.weights"),
            ModelKind::Memory => format!("{locale}.memory.jsonl"),
        }
    }
}

impl ModelKind {
    /// What of this toolkit makes such models.
    pub fn maker(self) -> &'static str {
        match self {
            ModelKind::Linear => "train",
            ModelKind::Memory => "memory build",
        }
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ModelKind::Linear => "linear",
            ModelKind::Memory => "memory",
        })
    }
}

/// What a folder of trained models says about itself
/// (`schemas/trained-model.schema.json`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `massive-learn/1`.
    pub format: String,
    /// What kind of model it is.
    pub kind: ModelKind,
    /// The seed of training; 0 for memories, which draw nothing.
    pub seed: u64,
    /// How gold labels were derived: `reference` or `brackets`.
    pub labels: String,
    /// How many neighbours vote in a memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<usize>,
    /// The models, in the order of their locales.
    pub locales: Vec<TrainedLocale>,
}

/// A locale's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainedLocale {
    /// The tag.
    pub locale: String,
    /// The file in the folder.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows that it was trained on.
    pub rows: usize,
    /// Intents that it knows.
    pub intents: usize,
    /// Slots that it knows.
    pub slots: usize,
    /// Weights that it has; 0 for a memory.
    pub weights: usize,
    /// When a memory says that an utterance is out of its scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
}

impl Manifest {
    /// A manifest of linear models.
    pub fn new(seed: u64, labels: impl Into<String>, locales: Vec<TrainedLocale>) -> Self {
        Manifest {
            format: FORMAT.to_owned(),
            kind: ModelKind::Linear,
            seed,
            labels: labels.into(),
            neighbours: None,
            locales,
        }
    }

    /// A manifest of memories in which so many neighbours vote.
    pub fn of_memories(
        neighbours: usize,
        labels: impl Into<String>,
        locales: Vec<TrainedLocale>,
    ) -> Self {
        let kind = ModelKind::Memory;
        Manifest { kind, neighbours: Some(neighbours), ..Manifest::new(0, labels, locales) }
    }
}

impl TrainedLocale {
    /// What a manifest says of a linear model that takes so many bytes and was
    /// trained on so many rows.
    pub fn of_model(model: &LocaleModel, bytes: u64, rows: usize) -> Self {
        let names = model.names();
        TrainedLocale {
            locale: names.locale.clone(),
            file: ModelKind::Linear.file_name(&names.locale),
            bytes,
            rows,
            intents: names.intents.len(),
            slots: names.slots.len(),
            weights: model.weights(),
            rejection: None,
        }
    }
}

/// True if `path` is a folder of trained models.
pub fn is_trained(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
}

/// A folder of trained models that can be used. A model is read once it is
/// needed.
#[derive(Debug)]
pub struct TrainedFolder {
    path: PathBuf,
    manifest: Manifest,
    parts: BTreeMap<String, OnceLock<Result<LocalePart, String>>>,
}

impl TrainedFolder {
    /// Opens a folder.
    ///
    /// # Errors
    /// No manifest, one that is not understood, or of a newer version.
    pub fn open(path: &Path) -> Result<TrainedFolder> {
        let file = path.join(MANIFEST);
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Error::model(&file, format_args!("cannot be read: {error}")))?;
        #[derive(Deserialize)]
        struct Format {
            format: String,
        }
        let unread =
            |error: serde_json::Error| Error::model(&file, format_args!("is no manifest: {error}"));
        let Format { format } = serde_json::from_str(&text).map_err(unread)?;
        if format != FORMAT {
            return Err(Error::model(
                &file,
                format_args!(
                    "is of format `{format}`; this program reads {FORMAT}: update the program, or \
                     train again"
                ),
            ));
        }
        let manifest: Manifest = serde_json::from_str(&text).map_err(unread)?;
        let parts =
            manifest.locales.iter().map(|one| (one.locale.clone(), OnceLock::new())).collect();
        Ok(TrainedFolder { path: path.to_owned(), manifest, parts })
    }

    /// Linear models that are in no folder, each with what the manifest is to say of
    /// it.
    pub fn in_memory(
        mut manifest: Manifest,
        models: impl IntoIterator<Item = (TrainedLocale, LocaleModel)>,
    ) -> TrainedFolder {
        let mut parts = BTreeMap::new();
        for (listed, model) in models {
            let part = Ok(LocalePart::Linear(Box::new(model)));
            parts.insert(listed.locale.clone(), OnceLock::from(part));
            manifest.locales.push(listed);
        }
        TrainedFolder { path: PathBuf::new(), manifest, parts }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it has for a locale.
    ///
    /// # Errors
    /// The folder has nothing for the locale, or its file is damaged.
    pub fn part(&self, locale: &str) -> Result<&LocalePart> {
        let listed = self.listed(locale)?;
        let path = self.path.join(&listed.file);
        let missing = || Error::request(format!("there is no model of {locale}"));
        let part = self.parts.get(locale).ok_or_else(missing)?.get_or_init(|| {
            let bytes = std::fs::read(&path).map_err(|error| format!("cannot be read: {error}"))?;
            match self.manifest.kind {
                ModelKind::Linear => {
                    LocaleModel::from_bytes(&bytes).map(|model| LocalePart::Linear(Box::new(model)))
                }
                ModelKind::Memory => {
                    let rows = MemoryRows::from_bytes(&bytes)?;
                    let neighbours = self.manifest.neighbours.unwrap_or(1);
                    let memory = LocaleMemory::new(rows, neighbours, listed.rejection);
                    Ok(LocalePart::Memory(Box::new(memory)))
                }
            }
        });
        part.as_ref().map_err(|why| Error::model(&path, why))
    }

    /// The rows of a locale's memory, without their index.
    ///
    /// # Errors
    /// The folder has nothing for the locale or is no memory, or the file is
    /// damaged.
    pub fn memory_rows(&self, locale: &str) -> Result<MemoryRows> {
        if self.manifest.kind != ModelKind::Memory {
            return Err(Error::request(format!(
                "{} is no memory: it holds {} models, whose rows cannot be changed",
                self.path.display(),
                self.manifest.kind
            )));
        }
        let path = self.path.join(&self.listed(locale)?.file);
        let bytes = std::fs::read(&path)
            .map_err(|error| Error::model(&path, format_args!("cannot be read: {error}")))?;
        MemoryRows::from_bytes(&bytes).map_err(|why| Error::model(&path, why))
    }

    /// What the manifest says about a locale.
    fn listed(&self, locale: &str) -> Result<&TrainedLocale> {
        let all = &self.manifest.locales;
        all.iter().find(|one| one.locale == locale).ok_or_else(|| {
            let tags: Vec<&str> = all.iter().map(|one| one.locale.as_str()).collect();
            let known = match tags.as_slice() {
                [] => "none at all".to_owned(),
                [first @ .., last] if first.len() >= 6 => {
                    format!("{} of them, from {} to {last}", tags.len(), first[0])
                }
                all => all.join(", "),
            };
            Error::request(format!(
                "{} has no model of {locale}: it has {known}; train one with its rows, or choose \
                 other locales",
                self.path.display()
            ))
        })
    }
}
