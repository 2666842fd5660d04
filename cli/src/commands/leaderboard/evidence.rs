//! What stands behind the scores of entries: predictions that give them again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use massive_eval::document::{Grouping, ScoreDocument, ScoreOptions};
use massive_eval::leaderboard::{Defect, DefectKind, EntryFile, Folder, Verification};
use massive_eval::{Evaluation, Interval};
use massive_report::leaderboard::difference;
use serde_json::Value;

use super::at_hand::{AtHand, Found};
use crate::args::Global;
use crate::failure::{Failure, Result};

/// How many places of one file are named.
pub(super) const LISTED: usize = 5;

/// What was found out of an entry's score.
pub(super) enum Looked {
    /// Its predictions give it.
    Reproduced(Box<Evaluation>, Interval),
    /// Its predictions do not give it, or are not those that were scored.
    Refuted(Vec<Defect>),
    /// It could not be computed anew, and why.
    NotAtHand(&'static str),
}

impl Looked {
    /// Whether that verifies the entry.
    pub(super) fn verification(&self) -> Verification {
        match self {
            Looked::Reproduced(..) => Verification::reproduced(),
            Looked::Refuted(defects) => Verification::lacking(
                defects.first().map_or("its score was not reproduced", |one| &one.message),
            ),
            Looked::NotAtHand(why) => Verification::lacking(*why),
        }
    }
}

/// The digests that the entries of a folder name.
pub(super) fn digests(folder: &Folder) -> BTreeSet<&str> {
    folder.entries.iter().flat_map(|file| file.entry.digests()).collect()
}

/// Scores the predictions of an entry anew, if they are at hand.
pub(super) fn look(
    at_hand: Option<&AtHand>,
    file: &EntryFile,
    known: &BTreeSet<&str>,
    global: &Global,
) -> Looked {
    let Some(at_hand) = at_hand else { return Looked::NotAtHand("its predictions were not given") };
    let refuted = |kind, message| Looked::Refuted(vec![Defect::new(kind, &file.file, message)]);
    let paths = match at_hand.find(file, known) {
        Found::All(paths) => paths,
        Found::Changed(path) => {
            let message = format!("{} is not what was scored: its digest differs", path.display());
            return refuted(DefectKind::Digest, message);
        }
        Found::Absent => {
            return Looked::NotAtHand("none of the predictions given has its digest");
        }
    };
    if !at_hand.has_corpus() {
        return Looked::NotAtHand("there was no corpus to score its predictions on");
    }
    match reproduce(at_hand, file, &paths, global) {
        Ok((evaluation, interval, differences)) if differences.is_empty() => {
            Looked::Reproduced(Box::new(evaluation), interval)
        }
        Ok((.., differences)) => Looked::Refuted(
            differences
                .into_iter()
                .map(|message| Defect::new(DefectKind::NotReproducible, &file.file, message))
                .collect(),
        ),
        Err(error) => {
            let message = match error {
                Failure::CheckFailed(message)
                | Failure::CannotRun(message)
                | Failure::AtPlace { message, .. } => message,
                Failure::ClosedPipe => String::new(),
            };
            let message = format!("its predictions cannot be scored: {message}");
            refuted(DefectKind::NotReproducible, message)
        }
    }
}

/// Scores predictions, and says where the score is not what the entry has.
fn reproduce(
    at_hand: &AtHand,
    file: &EntryFile,
    paths: &[PathBuf],
    global: &Global,
) -> Result<(Evaluation, Interval, Vec<String>)> {
    let (evaluation, interval) = at_hand.score(file, paths, global)?;
    let again = evaluation.document(&ScoreOptions {
        interval,
        groupings: Grouping::ALL.into(),
        ..ScoreOptions::default()
    });
    let found = match &file.entry.score {
        Some(recorded) => differences_of(recorded, &again)?,
        None => Vec::new(),
    };
    Ok((evaluation, interval, found))
}

/// Where one score document says another thing than the other.
fn differences_of(recorded: &ScoreDocument, again: &ScoreDocument) -> Result<Vec<String>> {
    if !again.signature.compares_with(&recorded.signature) {
        let parts = recorded.signature.differences(&again.signature);
        let parts: Vec<String> = parts.iter().map(difference).collect();
        return Ok(vec![format!(
            "it was scored on other rows or settings than these: {}",
            parts.join(", ")
        )]);
    }
    let value = |document| {
        serde_json::to_value(document).map_err(|error| Failure::CannotRun(error.to_string()))
    };
    let (mut found, mut recorded, mut again) = (Vec::new(), value(recorded)?, value(again)?);
    for document in [&mut recorded, &mut again] {
        if let Some(document) = document.as_object_mut() {
            document.remove("tool");
            document.remove("signature");
            // What predictions took is not in them.
            document.remove("usage");
        }
    }
    differences("", &recorded, &again, &mut found);
    let count = found.len();
    found.truncate(LISTED);
    if count > LISTED {
        found.push(format!("and {} more numbers", count - LISTED));
    }
    Ok(found)
}

/// Names the leaves at which two documents differ.
fn differences(path: &str, recorded: &Value, again: &Value, found: &mut Vec<String>) {
    match (recorded, again) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = format!("{path}/{key}");
                let nothing = Value::Null;
                let (a, b) = (a.get(key).unwrap_or(&nothing), b.get(key).unwrap_or(&nothing));
                differences(&at, a, b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}/{index}"), a, b, found);
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            // The last digit may differ from machine to machine.
            let same = match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-12,
                _ => a == b,
            };
            if !same {
                found.push(format!("{path} is {a} here, and the predictions give {b}"));
            }
        }
        (a, b) if a != b => {
            let (a, b) = (short(&a.to_string()), short(&b.to_string()));
            found.push(format!("{path} is {a} here, and the predictions give {b}"));
        }
        _ => {}
    }
}

/// Messages quote values, which may be whole documents.
pub(super) fn short(message: &str) -> String {
    const LONGEST: usize = 200;
    if message.chars().count() <= LONGEST {
        return message.to_owned();
    }
    let (head, tail): (String, Vec<char>) =
        (message.chars().take(LONGEST / 2).collect(), message.chars().collect());
    let tail: String = tail[tail.len() - LONGEST / 2..].iter().collect();
    format!("{head} … {tail}")
}
