//! Predictions that are at hand: found by their digests and scored anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use massive_data::{LocaleChoice, LocalePatterns, Matching, Reading};
use massive_eval::leaderboard::{EntryFile, sha256_of};
use massive_eval::request::{Rows, ScoreRequest};
use massive_eval::{Evaluation, Interval};

use crate::args::{AtHandArgs, Global};
use crate::commands::submission::OnTerminal;
use crate::failure::{Failure, Result};

/// The files of a folder of predictions.
pub(super) struct AtHand {
    folder: PathBuf,
    corpus: Option<PathBuf>,
    by_digest: BTreeMap<String, PathBuf>,
    by_path: BTreeMap<PathBuf, String>,
}

/// What there is of an entry's predictions.
pub(super) enum Found {
    /// All files, as they were scored.
    All(Vec<PathBuf>),
    /// A file that has its place and other bytes.
    Changed(PathBuf),
    /// Not all of them.
    Absent,
}

impl AtHand {
    /// Takes the digests of all predictions, if a folder was given.
    pub(super) fn open(args: &AtHandArgs) -> Result<Option<AtHand>> {
        let Some(folder) = &args.predictions else { return Ok(None) };
        if args.corpus.as_deref() == Some(Path::new("-")) {
            return Err(Failure::CannotRun(
                "a corpus on standard input can be read once only; give a file or folder"
                    .to_owned(),
            ));
        }
        if let Some(corpus) = args.corpus.as_ref().filter(|corpus| !corpus.exists()) {
            return Err(Failure::CannotRun(format!(
                "{}: no such file or folder; there is no corpus to score predictions on",
                corpus.display()
            )));
        }
        let mut at_hand = AtHand {
            folder: folder.clone(),
            corpus: args.corpus.clone(),
            by_digest: BTreeMap::new(),
            by_path: BTreeMap::new(),
        };
        let mut folders = vec![folder.clone()];
        while let Some(folder) = folders.pop() {
            let failed = |path: &Path, error: std::io::Error| {
                Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
            };
            for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
                let path = entry.map_err(|error| failed(&folder, error))?.path();
                let hidden =
                    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                // Links to folders could lead round in circles.
                let is_link = path.is_symlink();
                if path.is_dir() && !hidden && !is_link {
                    folders.push(path);
                } else if path.is_file() && !hidden {
                    let (_, digest) = sha256_of(&path).map_err(|error| failed(&path, error))?;
                    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                    at_hand.by_digest.insert(digest.clone(), path.clone());
                    at_hand.by_path.insert(path, digest);
                }
            }
        }
        Ok(Some(at_hand))
    }

    /// Whether predictions can be scored anew.
    pub(super) fn has_corpus(&self) -> bool {
        self.corpus.is_some()
    }

    /// Finds the predictions of an entry. A file in its place (named as the
    /// entry's file, or in a folder so named, or as it was when it was added)
    /// whose digest is no entry's has been changed.
    pub(super) fn find(&self, entry: &EntryFile, known: &BTreeSet<&str>) -> Found {
        let mut paths = Vec::new();
        for file in &entry.entry.predictions {
            if let Some(path) = self.by_digest.get(&file.sha256) {
                paths.push(path.clone());
                continue;
            }
            let places = [
                self.folder.join(&entry.slug).join(&file.name),
                self.folder.join(format!("{}.jsonl", entry.slug)),
                self.folder.join(format!("{}.jsonl.gz", entry.slug)),
                self.folder.join(&file.name),
            ];
            let changed = places.into_iter().find(|place| {
                self.by_path.get(place).is_some_and(|digest| !known.contains(digest.as_str()))
            });
            return changed.map_or(Found::Absent, Found::Changed);
        }
        if paths.is_empty() { Found::Absent } else { Found::All(paths) }
    }

    /// Scores predictions as the entry says that they were.
    pub(super) fn score(
        &self,
        entry: &EntryFile,
        paths: &[PathBuf],
        global: &Global,
    ) -> Result<(Evaluation, Interval)> {
        let (Some(corpus), Some(score)) = (&self.corpus, &entry.entry.score) else {
            return Err(Failure::CannotRun("there is no corpus to score on".to_owned()));
        };
        let signature = &score.signature;
        let reads_otherwise =
            signature.reading != Reading::Reference || signature.matching != Matching::ById;
        if signature.filter.is_some() || reads_otherwise {
            return Err(Failure::CannotRun(format!(
                "it was scored in a way that its signature does not spell out: {}",
                score.signature
            )));
        }
        let tags: Vec<&str> = score.locales.keys().map(String::as_str).collect();
        let included = Some(LocalePatterns::parse(&tags.join(","))?);
        let locales = LocaleChoice { included, excluded: None };
        let mut rows = Rows { locales, ..Rows::all(corpus, score.partition) };
        rows.source.forms.segmentations = signature.segmentations.clone();
        let request = ScoreRequest {
            labels: score.labels,
            missing: signature.missing.unwrap_or_default(),
            ..ScoreRequest::new(paths.to_vec(), rows)
        };
        let scored = request.run(&OnTerminal::new(global))?;
        Ok((scored.evaluation, signature.interval))
    }
}
