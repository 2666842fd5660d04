//! `massive leaderboard check`

use std::collections::BTreeSet;
use std::path::Path;

use massive_eval::document::{Grouping, ScoreOptions};
use massive_eval::leaderboard::{Defect, DefectKind, Entry, EntryFile, Folder};
use massive_report::leaderboard::difference;
use serde::Serialize;
use serde_json::Value;

use super::at_hand::{AtHand, Found};
use super::rendered;
use crate::args::{CheckFormat, Global, LeaderboardCheckArgs};
use crate::commands::{schema, score};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};

/// How many places of one file are named.
const LISTED: usize = 5;

/// What was found. Its schema is `schemas/leaderboard-check.schema.json`.
#[derive(Serialize)]
struct Report {
    format: &'static str,
    ok: bool,
    entries: usize,
    /// Files whose scores were computed anew and came out the same.
    reproduced: Vec<String>,
    /// Files whose scores could not be computed anew.
    not_at_hand: Vec<String>,
    errors: Vec<Defect>,
    warnings: Vec<Defect>,
}

pub(crate) fn run(args: &LeaderboardCheckArgs, global: &Global) -> Result<()> {
    let file = args.output.as_deref().map(PendingFile::create).transpose()?;
    let report = examine(args, global)?;
    let text = match args.format {
        CheckFormat::Table => text(&report, args),
        CheckFormat::Json => score::json(&report)?,
    };
    match file {
        Some(file) => file.finish_with(text.as_bytes())?,
        None => output::print(&text)?,
    }
    if !report.ok {
        return Err(Failure::CheckFailed("this leaderboard is not in order".to_owned()));
    }
    if args.strict && !report.warnings.is_empty() {
        return Err(Failure::CheckFailed("this leaderboard has warnings (--strict)".to_owned()));
    }
    Ok(())
}

fn examine(args: &LeaderboardCheckArgs, global: &Global) -> Result<Report> {
    let at_hand = AtHand::open(&args.at_hand)?;
    let mut folder = Folder::read(&args.folder, args.today.today())?;
    let mut defects = std::mem::take(&mut folder.defects);
    validate(&folder, &mut defects)?;
    let (mut reproduced, mut not_at_hand) = (Vec::new(), Vec::new());
    let known: BTreeSet<&str> =
        folder.entries.iter().flat_map(|file| file.entry.digests()).collect();
    for file in folder.entries.iter().filter(|file| file.entry.score.is_some()) {
        let found = at_hand.as_ref().map(|at_hand| (at_hand, at_hand.find(file, &known)));
        match found {
            Some((at_hand, Found::All(paths))) if at_hand.has_corpus() => {
                let again = reproduce(at_hand, file, &paths, global);
                let differences = again.map_err(|error| match error {
                    Failure::CheckFailed(message) | Failure::CannotRun(message) => message,
                    Failure::ClosedPipe => String::new(),
                });
                match differences {
                    Ok(differences) if differences.is_empty() => reproduced.push(file.file.clone()),
                    Ok(differences) => defects.extend(differences.into_iter().map(|message| {
                        Defect::new(DefectKind::NotReproducible, &file.file, message)
                    })),
                    Err(message) => {
                        let message = format!("its predictions cannot be scored: {message}");
                        defects.push(Defect::new(DefectKind::NotReproducible, &file.file, message));
                    }
                }
            }
            Some((_, Found::Changed(path))) => {
                let message =
                    format!("{} is not what was scored: its digest differs", path.display());
                defects.push(Defect::new(DefectKind::Digest, &file.file, message));
            }
            _ => not_at_hand.push(file.file.clone()),
        }
    }
    for path in &args.rendered {
        defects.extend(rendered::defects(path, &folder));
    }
    defects.sort_by(|a, b| (&a.file, a.kind).cmp(&(&b.file, b.kind)));
    let (warnings, errors): (Vec<_>, Vec<_>) =
        defects.into_iter().partition(|defect| defect.kind.is_warning());
    Ok(Report {
        format: "massive-leaderboard-check/1",
        ok: errors.is_empty(),
        entries: folder.entries.len(),
        reproduced,
        not_at_hand,
        errors,
        warnings,
    })
}

/// Holds every entry against the schemas.
fn validate(folder: &Folder, defects: &mut Vec<Defect>) -> Result<()> {
    let entry_schema = schema::validator("entry")?;
    let score_schema = schema::validator("score")?;
    let unread = defects.iter().filter(|defect| defect.kind == DefectKind::Schema);
    let unread: Vec<String> = unread.map(|defect| defect.file.clone()).collect();
    let files: Vec<&str> = folder
        .entries
        .iter()
        .map(|file| file.file.as_str())
        .chain(unread.iter().map(String::as_str))
        .collect();
    for file in files {
        let Some(value) = json(&folder.path.join(file)) else { continue };
        let of_score = value.get("score").map(|score| (&score_schema, score, "/score"));
        let mut found = Vec::new();
        for (schema, value, place) in std::iter::once((&entry_schema, &value, "")).chain(of_score) {
            found.extend(schema.iter_errors(value).map(|error| {
                format!("{place}{}: {}", error.instance_path(), short(&error.to_string()))
            }));
        }
        if found.is_empty() {
            continue;
        }
        // The schema says more than the reader's one sentence.
        defects.retain(|defect| defect.kind != DefectKind::Schema || defect.file != file);
        let count = found.len();
        found.truncate(LISTED);
        if count > LISTED {
            found.push(format!("and {} more places", count - LISTED));
        }
        defects.extend(
            found.into_iter().map(|message| Defect::new(DefectKind::Schema, file, message)),
        );
    }
    Ok(())
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Messages quote values, which may be whole documents.
fn short(message: &str) -> String {
    const LONGEST: usize = 200;
    if message.chars().count() <= LONGEST {
        return message.to_owned();
    }
    let (head, tail): (String, Vec<char>) =
        (message.chars().take(LONGEST / 2).collect(), message.chars().collect());
    let tail: String = tail[tail.len() - LONGEST / 2..].iter().collect();
    format!("{head} … {tail}")
}

/// Where the score of an entry is not what its predictions score now.
fn reproduce(
    at_hand: &AtHand,
    file: &EntryFile,
    paths: &[std::path::PathBuf],
    global: &Global,
) -> Result<Vec<String>> {
    let Entry { score: Some(recorded), .. } = &file.entry else { return Ok(Vec::new()) };
    let (evaluation, interval) = at_hand.score(file, paths, global)?;
    let again = evaluation.document(&ScoreOptions {
        interval,
        groupings: Grouping::ALL.into(),
        ..ScoreOptions::default()
    });
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
    let (mut found, mut recorded, mut again) = (Vec::new(), value(recorded)?, value(&again)?);
    for document in [&mut recorded, &mut again] {
        if let Some(document) = document.as_object_mut() {
            document.remove("tool");
            document.remove("signature");
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

fn text(report: &Report, args: &LeaderboardCheckArgs) -> String {
    let verdict = if report.ok { "in order" } else { "not in order" };
    let mut out = format!(
        "{verdict}: {}, {} scored anew\n",
        match report.entries {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        },
        report.reproduced.len()
    );
    if args.at_hand.predictions.is_some() && !report.not_at_hand.is_empty() {
        out.push_str(&format!("not scored anew: {}\n", report.not_at_hand.join(", ")));
    }
    for (severity, defects) in [("error", &report.errors), ("warning", &report.warnings)] {
        for defect in defects {
            out.push_str(&format!(
                "{severity}: {}: {}: {}\n",
                defect.file.escape_debug(),
                defect.kind.title(),
                defect.message
            ));
        }
    }
    out
}
