//! A folder with trained models, a file a locale, and a manifest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::locale_model::LocaleModel;

/// The manifest's name in a folder.
pub const MANIFEST: &str = "massive-learn.json";

/// The manifest's format.
const FORMAT: &str = "massive-learn/1";

/// What a folder of trained models says about itself
/// (`schemas/trained-model.schema.json`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `massive-learn/1`.
    pub format: String,
    /// `linear`.
    pub kind: String,
    /// The seed of training.
    pub seed: u64,
    /// How gold labels were derived: `reference` or `brackets`.
    pub labels: String,
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
    /// Weights that it has.
    pub weights: usize,
}

impl Manifest {
    /// A manifest of linear models.
    pub fn new(seed: u64, labels: impl Into<String>, locales: Vec<TrainedLocale>) -> Self {
        Manifest {
            format: FORMAT.to_owned(),
            kind: "linear".to_owned(),
            seed,
            labels: labels.into(),
            locales,
        }
    }

    /// What of this toolkit makes such models.
    pub fn command(&self) -> &'static str {
        "train"
    }
}

/// The name of a locale's file.
pub fn file_name(locale: &str) -> String {
    format!("{locale}.weights")
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
    models: BTreeMap<String, OnceLock<Result<LocaleModel, String>>>,
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
        let models =
            manifest.locales.iter().map(|one| (one.locale.clone(), OnceLock::new())).collect();
        Ok(TrainedFolder { path: path.to_owned(), manifest, models })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The model of a locale.
    ///
    /// # Errors
    /// The folder has none for the locale, or its file is damaged.
    pub fn model(&self, locale: &str) -> Result<&LocaleModel> {
        let missing = || {
            let tags: Vec<&str> =
                self.manifest.locales.iter().map(|one| one.locale.as_str()).collect();
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
        };
        let cell = self.models.get(locale).ok_or_else(missing)?;
        let listed = self.manifest.locales.iter().find(|one| one.locale == locale);
        let file = listed.map_or_else(|| file_name(locale), |one| one.file.clone());
        let path = self.path.join(file);
        let model = cell.get_or_init(|| {
            let bytes = std::fs::read(&path).map_err(|error| format!("cannot be read: {error}"))?;
            LocaleModel::from_bytes(&bytes)
        });
        model.as_ref().map_err(|why| Error::model(&path, why))
    }
}
