//! `massive leaderboard check`

use std::path::Path;

use massive_eval::leaderboard::{Defect, DefectKind, Folder, Verification};
use serde::Serialize;
use serde_json::Value;

use super::at_hand::AtHand;
use super::evidence::{self, LISTED, Looked, short};
use super::rendered;
use crate::args::{FindingsFormat, Global, LeaderboardCheckArgs};
use crate::commands::annotations::Annotation;
use crate::commands::{schema, score};
use crate::destination::Destination;
use crate::failure::{Failure, Result};

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
    /// Every entry, and whether it is verified.
    verification: Vec<Verified>,
    errors: Vec<Defect>,
    warnings: Vec<Defect>,
}

/// An entry and whether it is verified.
#[derive(Serialize)]
struct Verified {
    file: String,
    #[serde(flatten)]
    verification: Verification,
}

pub(crate) fn run(args: &LeaderboardCheckArgs, global: &Global) -> Result<()> {
    let destination = Destination::prepare(&args.output)?;
    let report = examine(args, global)?;
    let text = match destination.form {
        FindingsFormat::Table => text(&report),
        FindingsFormat::Json => score::json(&report)?,
        FindingsFormat::Github => annotations(&report, &args.folder),
    };
    destination.write(text)?;
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
    let mut verification = Vec::new();
    let known = evidence::digests(&folder);
    let (mut reproduced, mut not_at_hand) = (Vec::new(), Vec::new());
    for file in &folder.entries {
        let of_entry = if let Some(published) = &file.entry.published {
            Verification::of_published(published)
        } else {
            let looked = evidence::look(at_hand.as_ref(), file, &known, global);
            let of_entry = looked.verification();
            match looked {
                Looked::Reproduced(..) => reproduced.push(file.file.clone()),
                Looked::Refuted(found) => defects.extend(found),
                Looked::NotAtHand(_) => not_at_hand.push(file.file.clone()),
            }
            of_entry
        };
        let is_new = !defects.iter().any(|one| one.file == file.file && !one.kind.is_warning());
        if args.require_predictions && !of_entry.verified && is_new {
            let message = of_entry.reason.clone();
            defects.push(Defect::new(DefectKind::NotVerified, &file.file, message));
        }
        verification.push(Verified { file: file.file.clone(), verification: of_entry });
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
        verification,
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

/// What is wrong with the files of the folder, as annotations of them.
fn annotations(report: &Report, folder: &Path) -> String {
    let of = |severity, defect: &Defect| {
        let beside = folder.join(&defect.file).display().to_string();
        // What was rendered lies elsewhere and is named as it was given.
        let is_rendered = defect.kind == DefectKind::Rendered;
        let file = if is_rendered { &defect.file } else { &beside };
        let (title, message) = (defect.kind.title(), defect.message.as_str());
        Annotation { severity, title, file: Some(file), line: None, message }.to_string()
    };
    let errors = report.errors.iter().map(|defect| of("error", defect));
    errors.chain(report.warnings.iter().map(|defect| of("warning", defect))).collect()
}

fn text(report: &Report) -> String {
    let verdict = if report.ok { "in order" } else { "not in order" };
    let mut out = format!(
        "{verdict}: {}, {} scored anew\n",
        match report.entries {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        },
        report.reproduced.len()
    );
    let verified = report.verification.iter().filter(|one| one.verification.verified).count();
    out.push_str(&format!(
        "{verified} verified, {} not verified\n",
        report.verification.len() - verified
    ));
    // Those that are errors are named below.
    let named = |file: &str| report.errors.iter().any(|defect| defect.file == file);
    let lacking = report.verification.iter().filter(|one| !one.verification.verified);
    for one in lacking.filter(|one| !named(&one.file)) {
        out.push_str(&format!(
            "not verified: {}: {}\n",
            one.file.escape_debug(),
            one.verification.reason
        ));
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
