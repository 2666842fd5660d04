//! Whether files are what the release and this tool write: those take the quick
//! way.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::input::{files_in, is_lines_file};
use crate::labels::SlotName;
use crate::parquet_input::ParquetInput;
use crate::partition::Partition;
use crate::prediction::parse_prediction;

use super::tags;
use super::value::{Value, parse};

/// Lines at the start of a file that are looked at.
const LOOKED_AT: usize = 64;

/// Bytes of them.
const BYTES: u64 = 1 << 18;

/// True for a file or folder, which can be read more than once.
pub(super) fn is_regular(path: &Path) -> bool {
    path.is_file() || path.is_dir()
}

/// The first lines of a file; none where it holds no text.
fn first_lines(path: &Path) -> Vec<String> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let mut reader = BufReader::new(file);
    let packed = reader.fill_buf().is_ok_and(|head| head.starts_with(&[0x1f, 0x8b]));
    let reader: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) };
    let mut text = Vec::new();
    if reader.take(BYTES).read_to_end(&mut text).is_err() {
        return Vec::new();
    }
    let whole = (text.len() as u64) < BYTES;
    let text = String::from_utf8_lossy(&text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(LOOKED_AT + 1)
        .map(str::to_owned)
        .collect();
    // The last may be half a line.
    if !whole || lines.len() > LOOKED_AT {
        lines.pop();
    }
    lines
}

/// The first file of lines at a path.
fn first_file(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return files_in(path, is_lines_file).ok()?.into_iter().next();
    }
    Some(path.to_owned())
}

pub(super) fn is_tar(path: &Path) -> bool {
    let name = path.to_string_lossy();
    [".tar", ".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end))
}

/// True if the first rows have the release's fields, right or wrong.
pub(super) fn is_release(path: &Path) -> bool {
    let several_releases = path.is_dir() && files_in(path, is_lines_file).is_err();
    if several_releases {
        return true;
    }
    match ParquetInput::find(path) {
        Ok(Some(files)) => return !files.has_classes(),
        // Other columns, or a broken file: the reader of forms says which.
        Err(_) => return path.is_dir() && !holds_tables(path),
        Ok(None) => {}
    }
    let Some(file) = first_file(path) else { return false };
    let lines = first_lines(&file);
    let Some(first) = lines.first() else { return true };
    if !first.trim_start().starts_with('{') {
        return false;
    }
    match parse(first) {
        // Broken JSON is no other form, unless the object goes on.
        Err(_) => lines.len() < 2 || lines[1].trim_start().starts_with('{') || first.trim() != "{",
        Ok(_) => {
            lines.iter().take(4).all(|line| parse(line).map_or(true, |row| is_release_row(&row)))
        }
    }
}

fn holds_tables(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "parquet"))
        })
    })
}

fn is_release_row(row: &Value) -> bool {
    const NEEDED: [&str; 4] = ["id", "locale", "partition", "utt"];
    const OTHERS: [&str; 6] =
        ["scenario", "intent", "annot_utt", "worker_id", "slot_method", "judgments"];
    let Value::Object(fields) = row else { return false };
    let known = |name: &str| NEEDED.contains(&name) || OTHERS.contains(&name);
    // Predictions taken for a corpus are named by its reader; what holds both is
    // of another form.
    let has = |starts: &[&str]| {
        fields.iter().any(|(name, _)| starts.iter().any(|start| name.starts_with(start)))
    };
    if has(&["pred"]) {
        return !has(&["target_", "true_", "gold"]);
    }
    if !fields.iter().all(|(name, _)| known(name))
        || !NEEDED.iter().all(|name| row.get(name).is_some())
    {
        return false;
    }
    let partition = row.get("partition").and_then(Value::as_text).unwrap_or_default();
    let mended =
        Partition::from_name(partition).is_none() && super::files::partition(partition).is_some();
    let labelled = row.get("intent").is_some() == row.get("scenario").is_some();
    let numbers =
        ["intent", "scenario"].iter().any(|name| matches!(row.get(name), Some(Value::Number(_))));
    let columns = ["slot_method", "judgments"]
        .iter()
        .any(|name| matches!(row.get(name), Some(Value::Object(_))));
    let decimal =
        row.get("judgments").and_then(Value::as_list).into_iter().flatten().any(|judgment| {
            let Value::Object(scores) = judgment else { return false };
            scores.iter().any(|(_, score)| match score {
                Value::Number(number) => number.contains(['.', 'e']),
                Value::Bool(_) => true,
                _ => false,
            })
        });
    labelled && row.get("worker_id").is_some() && !mended && !numbers && !columns && !decimal
}

/// True if the first rows are predictions as this tool and the reference write
/// them, or are broken in a way that only its reader can name.
pub(super) fn is_predictions(path: &Path) -> bool {
    if path.is_file() && ParquetInput::has_magic(path).unwrap_or(false) {
        return false;
    }
    let Some(file) = first_file(path) else { return false };
    let lines = first_lines(&file);
    let Some(first) = lines.first() else { return true };
    if !first.trim_start().starts_with('{') {
        return false;
    }
    if parse(first).is_err() {
        return !(first.trim() == "{"
            && lines.len() > 1
            && !lines[1].trim_start().starts_with('{'));
    }
    lines.iter().all(|line| match parse(line) {
        Err(_) => true,
        Ok(row) => is_usual_row(&row, line),
    })
}

fn is_usual_row(row: &Value, line: &str) -> bool {
    let odd_tag = |tag: &Value| match tag {
        Value::Text(tag) => match tags::read(tag) {
            None => tag != "Other" && tag != "O",
            Some(read) => {
                let usual = tag.starts_with("B-") || tag.starts_with("I-");
                read.marked && !usual && SlotName::known(tag).is_none()
            }
        },
        _ => true,
    };
    if row.get("pred_labels").and_then(Value::as_list).is_some_and(|tags| tags.iter().any(odd_tag))
    {
        return false;
    }
    if parse_prediction(line).is_ok() {
        let others =
            ["entities", "slots", "ner_tags", "tags", "predicted_entities", "predicted_tags"];
        let usual =
            row.first(&["pred_labels", "pred_annot_utt", "annot_utt", "pred_slots"]).is_some();
        return usual || row.first(&others).is_none();
    }
    let corpus = ["partition", "worker_id", "slot_method", "judgments"];
    let predicted =
        row.first(&["pred_intent", "pred_annot_utt", "pred_labels", "pred_slots"]).is_some();
    if !predicted && row.first(&corpus).is_some() {
        return true;
    }
    let number =
        matches!(row.first(&["pred_intent", "intent"]), Some(Value::Number(_) | Value::Object(_)));
    let complete = row.first(&["pred_annot_utt", "annot_utt", "pred_labels"]).is_some()
        && row.get("id").is_some()
        && row.get("locale").is_some();
    complete && !number
}
