//! A folder of entries.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::consistency::inconsistencies;
use super::date::Date;
use super::defect::{Defect, DefectKind};
use super::entry::{ENTRY_FORMAT, Entry};
use super::name::{likeness, slug, unfit};
use super::rules::{RuleState, rules_of};
use crate::document::FORMAT as SCORE_FORMAT;
use crate::error::{Error, Result};

/// The file that additions to a folder lock.
pub const LOCK: &str = ".massive-leaderboard.lock";

/// Where the reports of entries are, beside them.
pub const REPORTS: &str = "reports";

/// An entry and its file.
#[derive(Debug, Clone)]
pub struct EntryFile {
    /// The name of the file.
    pub file: String,
    /// The name of the file without its extension.
    pub slug: String,
    /// The SHA-256 of the file.
    pub sha256: [u8; 32],
    /// What is in it.
    pub entry: Entry,
}

/// All entries of a folder, by file name, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// The entries that could be read.
    pub entries: Vec<EntryFile>,
    /// What is wrong, but for what the folder alone cannot tell.
    pub defects: Vec<Defect>,
    /// The reports that are beside the entries, by file name.
    pub reports: Vec<String>,
}

/// One file, looked at.
enum Looked {
    Entry(Box<EntryFile>),
    Defect(Defect),
    Unrelated,
}

impl Folder {
    /// Reads a folder. Files whose names start with a dot are passed over;
    /// others that are no entries are named in [`Folder::defects`].
    ///
    /// # Errors
    /// A folder that cannot be listed. What is wrong with a file of it is a
    /// defect.
    pub fn read(path: &Path, today: Date) -> Result<Folder> {
        let names = list(path)?;
        let looked: Vec<(String, Looked)> =
            names.into_par_iter().map(|name| (name.clone(), look(path, &name))).collect();
        let mut folder = Folder { path: path.to_owned(), ..Folder::default() };
        for (name, looked) in looked {
            match looked {
                Looked::Entry(entry) => folder.entries.push(*entry),
                Looked::Defect(defect) => folder.defects.push(defect),
                Looked::Unrelated if name == REPORTS => folder.reports = list(&path.join(REPORTS))?,
                Looked::Unrelated => folder.unrelated(&name),
            }
        }
        folder.look_at_names();
        folder.look_at_reports();
        for entry in &folder.entries {
            look_into(entry, today, &mut folder.defects);
        }
        folder.look_at_predictions();
        folder.defects.sort_by(|a, b| (&a.file, a.kind).cmp(&(&b.file, b.kind)));
        Ok(folder)
    }

    /// The defects that keep it from passing.
    pub fn errors(&self) -> impl Iterator<Item = &Defect> {
        self.defects.iter().filter(|defect| !defect.kind.is_warning())
    }

    /// The report of an entry: an address, or a path from the folder.
    pub fn report_of(&self, entry: &EntryFile) -> Option<String> {
        let beside = format!("{}.html", entry.slug);
        match &entry.entry.report {
            Some(report) => Some(report.clone()),
            None if self.reports.contains(&beside) => Some(format!("{REPORTS}/{beside}")),
            None => None,
        }
    }

    /// The first 16 hexadecimal digits of the SHA-256 over name and digest of
    /// every entry and report: what a rendering is made from.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for entry in &self.entries {
            digest.update(entry.file.as_bytes());
            digest.update([0]);
            digest.update(entry.sha256);
        }
        for report in &self.reports {
            let path = self.path.join(REPORTS).join(report);
            digest.update(report.as_bytes());
            digest.update([1]);
            // One that cannot be read has a digest of its own: none.
            digest.update(sha256_of(&path).map(|(_, digest)| digest).unwrap_or_default());
        }
        hexadecimal(&digest.finalize()[..8])
    }

    fn unrelated(&mut self, name: &str) {
        let message = "it is no entry of a leaderboard and is left alone";
        self.defects.push(Defect::new(DefectKind::UnrelatedFile, name, message));
    }

    fn look_at_names(&mut self) {
        let mut by_likeness: BTreeMap<String, Vec<&EntryFile>> = BTreeMap::new();
        for entry in &self.entries {
            by_likeness.entry(likeness(&entry.entry.name)).or_default().push(entry);
        }
        for alike in by_likeness.into_values().filter(|alike| alike.len() > 1) {
            for (index, entry) in alike.iter().enumerate() {
                let other = alike[usize::from(index == 0)];
                let what = if entry.entry.name == other.entry.name {
                    "has the same name"
                } else {
                    "has a name that looks the same"
                };
                let message = format!("{} {what}, `{}`; rename one", other.file, other.entry.name);
                self.defects.push(Defect::new(DefectKind::DuplicateName, &entry.file, message));
            }
        }
    }

    fn look_at_reports(&mut self) {
        let mut defects = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        let beside: Vec<String> =
            self.entries.iter().map(|entry| format!("{}.html", entry.slug)).collect();
        for entry in &self.entries {
            let Some(report) = &entry.entry.report else { continue };
            let Some(name) = report.strip_prefix("reports/") else { continue };
            if self.reports.iter().any(|other| other == name) {
                known.push(name);
            } else {
                let message = format!("its report {report} is not there; add it again");
                defects.push(Defect::new(DefectKind::ReportMissing, &entry.file, message));
            }
        }
        let unrelated = self
            .reports
            .iter()
            .filter(|name| !known.contains(&name.as_str()) && !beside.contains(name));
        for name in unrelated {
            let message = "it is the report of no entry and is left alone";
            let file = format!("{REPORTS}/{name}");
            defects.push(Defect::new(DefectKind::UnrelatedFile, &file, message));
        }
        self.defects.append(&mut defects);
        let entries = &self.entries;
        self.reports.retain(|name| {
            entries.iter().any(|entry| {
                let own = format!("{REPORTS}/{name}");
                entry.entry.report.as_ref() == Some(&own) || *name == format!("{}.html", entry.slug)
            })
        });
    }

    fn look_at_predictions(&mut self) {
        let mut by_digests: BTreeMap<Vec<&str>, Vec<&EntryFile>> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| !entry.entry.predictions.is_empty()) {
            by_digests.entry(entry.entry.digests()).or_default().push(entry);
        }
        let mut defects = Vec::new();
        for same in by_digests.into_values().filter(|same| same.len() > 1) {
            for entry in &same[1..] {
                let message = format!("its predictions are those of {}", same[0].file);
                defects.push(Defect::new(DefectKind::SamePredictions, &entry.file, message));
            }
        }
        self.defects.append(&mut defects);
    }
}

fn list(path: &Path) -> Result<Vec<String>> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::request(format!(
            "{}: no such folder; `massive leaderboard add` makes it",
            path.display()
        )),
        _ => Error::output(format!("{} cannot be listed", path.display()), error),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn look(folder: &Path, name: &str) -> Looked {
    let Some(slug) = name.strip_suffix(".json") else { return Looked::Unrelated };
    let path = folder.join(name);
    if path.is_dir() {
        return Looked::Unrelated;
    }
    let defect = |kind, message: String| Looked::Defect(Defect::new(kind, name, message));
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return defect(DefectKind::Unreadable, format!("it cannot be read: {error}")),
    };
    match serde_json::from_slice::<Entry>(&bytes) {
        Ok(entry) => match newer(&entry) {
            Some(message) => defect(DefectKind::NewerFormat, message),
            None => Looked::Entry(Box::new(EntryFile {
                file: name.to_owned(),
                slug: slug.to_owned(),
                sha256: Sha256::digest(&bytes).into(),
                entry,
            })),
        },
        Err(error) => match formats(&bytes) {
            Err(error) => defect(DefectKind::NotJson, format!("it is no JSON: {error}")),
            Ok(Formats { format: Some(format), score }) if format.starts_with("massive-entry/") => {
                let score = score.and_then(|score| score.format);
                match newer_format(&format, score.as_deref()) {
                    Some(message) => defect(DefectKind::NewerFormat, message),
                    None => defect(DefectKind::Schema, format!("it is no entry: {error}")),
                }
            }
            Ok(_) => Looked::Unrelated,
        },
    }
}

/// As much of an entry as tells whether this version can read it.
#[derive(Deserialize)]
struct Formats {
    format: Option<String>,
    score: Option<ScoreFormat>,
}

#[derive(Deserialize)]
struct ScoreFormat {
    format: Option<String>,
}

/// The formats that JSON names; none if it names none, as other files do.
fn formats(bytes: &[u8]) -> serde_json::Result<Formats> {
    let nothing = Formats { format: None, score: None };
    serde_json::from_slice::<Formats>(bytes)
        .or_else(|error| if error.is_data() { Ok(nothing) } else { Err(error) })
}

fn newer(entry: &Entry) -> Option<String> {
    newer_format(&entry.format, entry.score.as_ref().map(|score| score.format.as_str()))
}

fn newer_format(format: &str, score: Option<&str>) -> Option<String> {
    let other = |found: &str, known: &str, what: &str| {
        (found != known).then(|| {
            format!(
                "its {what} has format {found}, and this version reads {known}; use a version of \
                 massive that knows it"
            )
        })
    };
    other(format, ENTRY_FORMAT, "entry").or_else(|| other(score?, SCORE_FORMAT, "score document"))
}

/// What one entry alone can have wrong.
fn look_into(file: &EntryFile, today: Date, defects: &mut Vec<Defect>) {
    let entry = &file.entry;
    let mut found = |kind, message: String| defects.push(Defect::new(kind, &file.file, message));
    if let Some(why) = unfit(&entry.name) {
        found(DefectKind::Name, format!("`{}` cannot be a name: {why}", entry.name.escape_debug()));
    }
    let expected = slug(&entry.name);
    if expected != file.slug {
        found(
            DefectKind::FileName,
            format!("the entry `{}` belongs into {expected}.json", entry.name.escape_debug()),
        );
    }
    if entry.date > today {
        found(DefectKind::FutureDate, format!("{} is yet to come; today is {today}", entry.date));
    }
    for link in entry.links.iter().filter(|link| !is_address(&link.url)) {
        found(
            DefectKind::Schema,
            format!("the link `{}` does not start with https://", link.url.escape_debug()),
        );
    }
    if let Some(report) = &entry.report
        && !is_address(report)
        && report.strip_prefix("reports/").is_none_or(|name| name.contains(['/', '\\']))
    {
        found(
            DefectKind::Schema,
            format!("the report `{}` is no address and not in reports/", report.escape_debug()),
        );
    }
    for message in inconsistencies(entry) {
        found(DefectKind::Inconsistent, message);
    }
    for rule in rules_of(entry) {
        match rule.state {
            RuleState::Kept => {}
            RuleState::Broken => {
                found(DefectKind::RuleBroken, format!("{}: {}", rule.rule, rule.reason));
            }
            RuleState::Undeclared => {
                found(DefectKind::RuleUndeclared, format!("{}: {}", rule.rule, rule.reason));
            }
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// How long a file is, and its SHA-256.
///
/// # Errors
/// Those of reading it.
pub fn sha256_of(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => break Ok((bytes, digest.finalize().into())),
            read => {
                digest.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// The SHA-256 of these bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
