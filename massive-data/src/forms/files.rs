//! Which files a path holds, which form each has, and what their paths say.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};
use crate::input::unreadable;

use super::table::{FileInfo, Record, Table};
use super::value::parse;
use super::{arrow, conll, csv, json, rasa, seq, snips};

/// Bytes of one file that are held in memory.
const LARGEST: u64 = 1 << 31;

/// Folders inside folders, after which looking for files stops.
const DEEPEST: usize = 6;

/// Reads everything at a path.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Table> {
    let mut table = Table::default();
    for path in paths {
        let mut found = Vec::new();
        if path.is_dir() {
            collect(path, 0, &mut found)?;
            if found.is_empty() {
                return Err(Error::input("no file in this folder holds rows that could be read")
                    .at_file(&path.display().to_string()));
            }
        } else {
            found.push(path.clone());
        }
        let folder = path.is_dir();
        for file in found {
            let before = table.records.len();
            match read_file(&file, &mut table) {
                Ok(()) => {}
                // What is beside the rows need not be rows.
                Err(error) if folder && !error.is_bad_line() && is_beside(&file) => {
                    table.records.truncate(before);
                    table.note(format!("files passed over ({})", file.display()), 0, 1);
                }
                Err(error) => return Err(error.at_file(&file.display().to_string())),
            }
        }
    }
    Ok(table)
}

/// Files that describe a corpus and hold no rows of it.
fn is_beside(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    ["readme", "license", "licence", "notes", "changelog"].iter().any(|part| name.starts_with(part))
        || [".md", ".txt", ".json", ".yml", ".yaml"].iter().any(|end| name.ends_with(end))
}

fn is_skipped(name: &str) -> bool {
    let lower = name.to_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    name.starts_with('.')
        || matches!(stem, "readme" | "license" | "licence" | "citation" | "changelog")
        || matches!(
            lower.as_str(),
            "dataset_info.json" | "state.json" | "dataset_dict.json" | "config.json"
        )
        || [
            "2id.json",
            "_map.json",
            ".intents",
            ".slots",
            "labels.txt",
            "label.txt",
            ".py",
            ".pdf",
            ".png",
        ]
        .iter()
        .any(|end| lower.ends_with(end))
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| unreadable(folder, error))?.path());
    }
    paths.sort();
    if folder.join("seq.in").is_file() {
        found.push(folder.join("seq.in"));
        return Ok(());
    }
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_skipped(&name) {
            continue;
        }
        if path.is_dir() {
            if depth < DEEPEST {
                collect(&path, depth + 1, found)?;
            }
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn read_file(path: &Path, table: &mut Table) -> Result<()> {
    let (locale, partition) = path_says(path);
    let file = table.files.len();
    table.files.push(FileInfo {
        name: path.display().to_string(),
        locale,
        partition,
        ..FileInfo::default()
    });
    let head = head(path)?;
    let (records, form) = if head.starts_with(b"PAR1") {
        let (records, classes) = arrow::parquet(path)?;
        table.files[file].classes = classes;
        (records, "a Parquet file")
    } else if arrow::is_arrow(&head) {
        let (records, mut classes) = arrow::arrow(path, &head)?;
        if let Ok(info) = std::fs::read_to_string(path.with_file_name("dataset_info.json")) {
            classes.extend(arrow::classes_in(&info));
        }
        table.files[file].classes = classes;
        (records, "an Arrow file")
    } else {
        read_text(path, file, table)?
    };
    table.files[file].form = form;
    table.records.extend(records.into_iter().map(|record| Record { file, ..record }));
    Ok(())
}

fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(16).read_to_end(&mut head))
        .map_err(|error| unreadable(path, error))?;
    Ok(head)
}

/// The text of a file, unpacked if it is packed.
pub(crate) fn text_of(path: &Path) -> Result<String> {
    decode(bytes_of(path)?)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let mut bytes = Vec::new();
    let packed = head(path)?.starts_with(&[0x1f, 0x8b]);
    let read = if packed {
        MultiGzDecoder::new(file).take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        file.take(LARGEST + 1).read_to_end(&mut bytes)
    };
    read.map_err(|error| unreadable(path, error))?;
    Ok(bytes)
}

/// The text of a dataset of Snips' in ISO-8859-1, as some of its own are.
fn latin_dataset(bytes: &[u8]) -> Option<String> {
    let is_latin = !bytes.iter().any(|byte| (0x80..0xa0).contains(byte)) && !bytes.contains(&0);
    if !bytes.starts_with(b"{") || !is_latin || std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    // These bytes are the code points.
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    parse(&text).is_ok_and(|value| snips::is_dataset(&value)).then_some(text)
}

/// Bytes as text; other encodings than UTF-8 are named.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String> {
    if bytes.len() as u64 > LARGEST {
        return Err(Error::input("more than 2 GiB in this form; convert it to JSON lines first"));
    }
    for (magic, what, instead) in [
        (
            &b"PK\x03\x04"[..],
            "a zip archive (an Excel or OpenDocument sheet is one, too)",
            "unpack it, or save the sheet as CSV",
        ),
        (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
        (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    ] {
        if bytes.starts_with(magic) {
            return Err(Error::input(format!("this is {what}; {instead}")));
        }
    }
    if bytes.contains(&0) {
        return Err(not_utf8(&bytes, 0));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => Err(not_utf8(error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Error {
    let line = memchr::memchr_iter(b'\n', &bytes[..at]).count() as u64 + 1;
    if bytes.contains(&0) {
        let half = bytes.iter().filter(|&&byte| byte == 0).count() * 4 > bytes.len();
        let what =
            if half { "text in UTF-16 without its mark; save it as UTF-8" } else { "no text" };
        return Error::input(format!("this is {what}"));
    }
    // No byte below is a character of ISO-8859-1.
    let controls = bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    let guess = if controls { "Windows-1252" } else { "ISO-8859-1 (Latin-1)" };
    Error::input(format!(
        "not UTF-8, but probably {guess}; convert it, as `iconv -f {} -t UTF-8` does",
        if controls { "WINDOWS-1252" } else { "ISO-8859-1" }
    ))
    .at_line(line)
}

fn read_text(path: &Path, file: usize, table: &mut Table) -> Result<(Vec<Record>, &'static str)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = bytes_of(path)?;
    let text = match latin_dataset(&bytes) {
        Some(text) => {
            table.note("files that are not UTF-8 but ISO-8859-1 (Latin-1)", file, 1);
            text
        }
        None => decode(bytes)?,
    };
    if name == "seq.in" {
        let beside = |name: &str| {
            let path = path.with_file_name(name);
            path.is_file().then(|| text_of(&path)).transpose()
        };
        let (tags, labels) = (beside("seq.out")?, beside("label")?);
        let records = seq::folder(&text, tags.as_deref(), labels.as_deref())?;
        return Ok((records, "seq.in, seq.out and label"));
    }
    let notes;
    let (records, form) = match recognise(&text) {
        TextForm::Json => {
            notes = Vec::new();
            let (records, form) = json::read(&text)?;
            refuse_errors_of_rasa(&records)?;
            (records, form)
        }
        TextForm::RasaYaml => return Ok((rasa::yaml(&text), "Rasa's nlu.yml")),
        TextForm::RasaMarkdown => return Ok((rasa::markdown(&text), "Rasa's nlu.md")),
        TextForm::Colons => {
            let (records, found) = seq::colon_lines(&text)?;
            notes = found;
            (records, "lines of word:TAG with <=> and an intent")
        }
        TextForm::Columns => {
            let (records, found) = conll::read(&text)?;
            notes = found;
            (records, "columns, a word a line (CoNLL)")
        }
        TextForm::Table => return csv::read(&text, &name),
        TextForm::Unknown => return Err(unknown(&text)),
    };
    for (what, line) in notes {
        table.note(what, file, line);
    }
    Ok((records, form))
}

enum TextForm {
    Json,
    RasaYaml,
    RasaMarkdown,
    Colons,
    Columns,
    Table,
    Unknown,
}

fn recognise(text: &str) -> TextForm {
    let start = text.trim_start();
    let first = start.lines().next().unwrap_or_default();
    if start.starts_with(['{', '[']) && !first.starts_with("[IN:") {
        TextForm::Json
    } else if rasa::is_yaml(text) {
        TextForm::RasaYaml
    } else if rasa::is_markdown(text) {
        TextForm::RasaMarkdown
    } else if seq::is_colon_line(first) {
        TextForm::Colons
    } else if csv::is_mtop(first) || csv::header(first).is_some() {
        TextForm::Table
    } else if conll::looks_like(text) {
        TextForm::Columns
    } else if [',', '\t', ';'].iter().any(|&c| first.contains(c)) {
        TextForm::Table
    } else {
        TextForm::Unknown
    }
}

/// Whether a file that is called JSON lines begins like no form at all: its lines
/// are then looked at one by one.
pub(super) fn is_lines_of_nothing(path: &Path) -> bool {
    let is_lines = path.extension().is_some_and(|extension| extension == "jsonl");
    let text = || String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    is_lines && matches!(recognise(&text()), TextForm::Unknown)
}

fn unknown(text: &str) -> Error {
    if text.trim().is_empty() {
        return Error::input("this file is empty");
    }
    let first: String = text.trim_start().chars().take(40).collect();
    Error::input(format!(
        "this is none of the forms that are known (JSON lines, a JSON array, a table with a header, \
         Parquet, Arrow, CoNLL, seq.in/seq.out/label, Snips, Rasa, TOP); it starts with `{}`",
        first.escape_debug()
    ))
    .at_line(1)
}

fn refuse_errors_of_rasa(records: &[Record]) -> Result<()> {
    let has = |name: &str| records.iter().any(|record| record.first(&[name]).is_some());
    let of_intents = has("intent_prediction") && !has("id");
    if of_intents || (has("predicted_entities") && has("entities") && !has("id") && !has("intent"))
    {
        return Err(Error::input(
            "this is Rasa's list of errors: it holds only the rows that were wrong, so no score \
             can be made of it; give all predictions",
        ));
    }
    Ok(())
}

/// The partition that a name such as `test-00000-of-00001.parquet` says.
pub(super) fn split_of(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    name.split(['.', '-', '_', '/']).find_map(|part| partition(part).map(str::to_owned))
}

/// The release's name of a partition, where a name means one.
pub(super) fn partition(name: &str) -> Option<&'static str> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "train" | "training" => "train",
        "dev" | "validation" | "val" | "valid" | "eval" | "validate" | "devel" => "dev",
        "test" | "testing" => "test",
        "mmnlu-22" => "MMNLU-22",
        _ => return None,
    })
}

/// Folders of three letters that hold a split and are no language.
const NO_LANGUAGES: [&str; 12] =
    ["raw", "tmp", "nlu", "new", "old", "all", "csv", "tsv", "out", "set", "src", "bio"];

/// Locale and partition as the last parts of a path say.
fn path_says(path: &Path) -> (Option<String>, Option<String>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = name.split('.').next().unwrap_or_default().to_owned();
    let parents: Vec<String> = path
        .ancestors()
        .skip(1)
        .take(2)
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let partition = split_of(&name).or_else(|| parents.first().and_then(|folder| split_of(folder)));
    // A bare language of three letters is believed only before a split.
    let before_split = name.split('.').count() > 2;
    let of_name = tag(&stem).filter(|tag| tag.len() != 3 || before_split);
    let of_name = of_name.or_else(|| {
        let mut parts = stem.split('_');
        parts.next().and_then(tag).filter(|tag| tag.len() == 2 && parts.next().is_some())
    });
    // So is that of a folder, and only of one whose files are called by their split.
    let is_split = self::partition(stem.split('-').next().unwrap_or_default()).is_some();
    let of_folder = || {
        parents.iter().enumerate().find_map(|(above, folder)| {
            let code = is_split && above == 0 && !NO_LANGUAGES.contains(&folder.as_str());
            tag(folder).filter(|tag| tag.len() != 3 || code)
        })
    };
    (of_name.or_else(of_folder), partition)
}

/// A language tag, if a name is one.
fn tag(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split(['-', '_']).collect();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = matches!(parts[0].len(), 2 | 3)
        && parts[0].bytes().all(|byte| byte.is_ascii_lowercase())
        && partition(parts[0]).is_none();
    let rest = parts[1..].iter().all(|part| {
        (matches!(part.len(), 2 | 4) && letters(part))
            || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let split = parts[1..].iter().any(|part| partition(part).is_some());
    (language && rest && !split && parts.len() <= 3).then(|| name.replace('_', "-"))
}
