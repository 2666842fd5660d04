//! What is said of files that do not say it themselves.

use std::path::PathBuf;

use clap::Args;
use massive_data::{FormOptions, Partition, Segmentations};

/// Heads these flags in `--help`.
const FORMS: &str = "Files of other forms than the release's";

/// How corpora and predictions of other forms are read; their content decides
/// which form they are of.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FormArgs {
    /// The locale of rows that name none, as de-DE
    #[arg(id = "form_locale", long = "locale", help_heading = FORMS, value_name = "LOCALE")]
    pub(crate) locale: Option<String>,

    /// The column or field that holds the text
    #[arg(long, help_heading = FORMS, value_name = "NAME")]
    pub(crate) text_column: Option<String>,

    /// The column or field that holds the annotation
    #[arg(long, help_heading = FORMS, value_name = "NAME")]
    pub(crate) annotation_column: Option<String>,

    /// The system that is meant, in predictions of several
    #[arg(id = "form_system", long = "system", help_heading = FORMS, value_name = "NAME")]
    pub(crate) system: Option<String>,

    /// A regular expression for ids: its first group is the id, or all that
    /// matches
    #[arg(long, help_heading = FORMS, value_name = "REGEX")]
    pub(crate) id_pattern: Option<String>,

    /// Match predictions with the corpus by their order; there must be as many
    #[arg(long, help_heading = FORMS)]
    pub(crate) in_order: bool,

    /// What class numbers mean: a map of numbers and names in JSON, an .intents or
    /// .slots file, or a name a line; may be repeated
    #[arg(long, help_heading = FORMS, value_name = "FILE")]
    pub(crate) labels_map: Vec<PathBuf>,

    /// How a locale's utterances are cut into words, as th-TH=characters; may be
    /// repeated (default: Chinese and Japanese into characters, others at spaces)
    #[arg(long, help_heading = FORMS, value_name = "LOCALE=HOW")]
    pub(crate) segmentation: Vec<Segmentations>,

    /// How predictions are read: as the reference does, or also what models that
    /// write text produce
    #[arg(id = "form_reading", long = "reading", help_heading = FORMS, value_name = "HOW", value_parser = ["reference", "tolerant"], default_value = "reference")]
    pub(crate) reading: String,
}

impl FormArgs {
    /// What the readers need to know.
    pub(crate) fn options(&self, partition: Option<Partition>) -> FormOptions {
        FormOptions {
            locale: self.locale.clone(),
            partition: partition.map(|partition| partition.name().to_owned()),
            text_column: self.text_column.clone(),
            annotation_column: self.annotation_column.clone(),
            system: self.system.clone(),
            id_pattern: self.id_pattern.clone(),
            in_order: self.in_order,
            labels_maps: self.labels_map.clone(),
            tolerant: self.reading == "tolerant",
            segmentations: Segmentations::all(&self.segmentation),
        }
    }
}
