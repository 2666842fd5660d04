//! What people hold beside the release: tables, columns, datasets of other
//! tools, the output of models.
//!
//! A reader for each form leaves records in one table; one function makes rows of
//! their fields, one makes utterances of rows and one predictions. What they make
//! are lines as the release and this crate write them, which then take the way
//! of all lines. The release's own lines never come here.

mod arrow;
mod brackets;
mod conll;
mod csv;
mod fields;
mod files;
mod gold;
mod gold_rows;
mod json;
mod options;
mod place;
mod predicted;
mod rasa;
mod release;
mod seq;
mod snips;
mod table;
mod tags;
mod usual;
mod value;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Result;
use crate::input::{Input, Member};
use crate::locale::Locale;
use crate::reading::{Matching, Reading};
use crate::utterance_id::UtteranceId;

pub(crate) use gold_rows::{Gold, GoldRow, GoldSource, OpenGold};
pub use options::FormOptions;
pub use table::{FormNote, Losses};

/// What was recognised, and what has to be said of it.
#[derive(Debug, Clone, Default)]
pub struct Recognised {
    /// The forms of the files, each once.
    pub forms: Vec<String>,
    /// What was met, in the order in which it was.
    pub notes: Vec<FormNote>,
    /// How rows of a corpus differ from the release's.
    pub differences: Vec<FormNote>,
    /// How rows of predictions found theirs of the corpus.
    pub matching: Matching,
    /// How the text of predictions was read.
    pub reading: Reading,
    /// Gold labels are to be read bracket by bracket: they were never written as an
    /// annotation, and the reference would read more words into a slot.
    pub leaks: bool,
    /// No row of the corpus says anything of slots.
    pub without_slots: bool,
    /// Predictions of which a part could not be read.
    pub losses: HashMap<(Locale, UtteranceId), Losses>,
}

impl Recognised {
    fn of(table: &mut table::Table, matching: Matching, reading: Reading) -> Arc<Recognised> {
        let mut forms: Vec<String> = Vec::new();
        for file in &table.files {
            if !forms.iter().any(|form| form == file.form) {
                forms.push(file.form.to_owned());
            }
        }
        let (notes, differences) = (table.notes.clone(), table.differences.clone());
        let losses = std::mem::take(&mut table.losses);
        let (leaks, without_slots) = (table.leaks, table.without_slots);
        Arc::new(Recognised {
            forms,
            notes,
            differences,
            matching,
            reading,
            leaks,
            without_slots,
            losses,
        })
    }
}

/// Reads a corpus of another form, if it is of one.
pub(crate) fn corpus(
    path: &Path,
    options: &FormOptions,
) -> Result<Option<(Input, Arc<Recognised>)>> {
    if path == Path::new("-") || !usual::is_regular(path) || usual::is_tar(path) {
        return Ok(None);
    }
    if !options.asks_of_corpus() && usual::is_release(path) {
        return Ok(None);
    }
    let mut table = match files::read(&[path.to_owned()]) {
        Err(_) if files::is_lines_of_nothing(path) => return Ok(None),
        table => table?,
    };
    if path.is_file() && options.partition.is_some() {
        // What the caller says of one file goes before its name.
        table.files.iter_mut().for_each(|file| file.partition = None);
    }
    let files = gold::turn(&mut table, options)?;
    Ok(Some((input(files), Recognised::of(&mut table, Matching::ById, Reading::Reference))))
}

/// Reads predictions of another form, if they are of one.
pub(crate) fn predictions(
    paths: &[PathBuf],
    options: &FormOptions,
    gold: Option<OpenGold<'_>>,
) -> Result<Option<(Input, Arc<Recognised>)>> {
    let regular =
        |path: &PathBuf| path != Path::new("-") && usual::is_regular(path) && !usual::is_tar(path);
    let usual = !options.asks_of_predictions();
    if !paths.iter().all(regular) || (usual && paths.iter().all(|path| usual::is_predictions(path)))
    {
        return Ok(None);
    }
    let mut table = match files::read(paths) {
        Err(_) if paths.iter().any(|path| files::is_lines_of_nothing(path)) => return Ok(None),
        table => table?,
    };
    let gold = gold.map(|open| open()).transpose()?;
    let (files, matching) = predicted::turn(&mut table, paths, options, gold.as_deref())?;
    let reading = if options.tolerant { Reading::Tolerant } else { Reading::Reference };
    Ok(Some((input(files), Recognised::of(&mut table, matching, reading))))
}

fn input(files: Vec<gold::GoldFile>) -> Input {
    Input::in_memory(
        files.into_iter().map(|file| (Member { name: file.name, locale: None }, file.lines)),
    )
}
