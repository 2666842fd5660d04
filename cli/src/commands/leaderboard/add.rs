//! `massive leaderboard add`

use std::fs::File;
use std::path::{Path, PathBuf};

use massive_data::{LocaleChoice, LocalePatterns, PredictionFiles};
use massive_eval::document::{Grouping, ProblemCounts, Tool};
use massive_eval::leaderboard::{
    Date, ENTRY_FORMAT, Entry, Folder, LOCK, Model, Phase, PredictionFile, REPORTS, Rule,
    RuleState, Task, likeness, published_entries, rules_of, sha256_of, slug, unfit,
};
use massive_eval::request::{Rows, ScoreRequest};
use massive_eval::{Metric, ScoreOptions, Signature};
use massive_report::{percent_of, problem_lines};
use serde::Serialize;

use super::baseline;
use super::meta::Meta;
use crate::args::{CheckFormat, Global, LeaderboardAddArgs, is_address};
use crate::commands::submission::OnTerminal;
use crate::commands::{llm, score, submission};
use crate::failure::{Failure, Result};
use crate::output::{self, NewFile, PendingFile};

/// What was done. Its schema is `schemas/leaderboard-add.schema.json`.
#[derive(Serialize)]
struct Added {
    format: &'static str,
    entries: Vec<AddedEntry>,
}

#[derive(Serialize)]
struct AddedEntry {
    name: String,
    file: PathBuf,
    outcome: Outcome,
    rules: Vec<Rule>,
    signature: Option<Signature>,
    ex_match_acc: Option<f64>,
    /// What was irregular in its predictions, if it was scored.
    problems: Option<ProblemCounts>,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Added,
    Replaced,
    Unchanged,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Replaced => "replaced",
            Outcome::Unchanged => "unchanged",
        }
    }
}

/// An entry to be written, with what comes along with it.
struct New {
    entry: Entry,
    /// The day was given, not taken for want of one.
    dated: bool,
    /// A page to be copied beside it.
    report: Option<PathBuf>,
}

pub(crate) fn run(args: &LeaderboardAddArgs, global: &Global) -> Result<()> {
    let new = if args.published {
        published_entries()?
            .into_iter()
            .map(|entry| New { entry, dated: true, report: None })
            .collect()
    } else {
        vec![submitted(args, global)?]
    };
    std::fs::create_dir_all(&args.folder).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be made: {error}", args.folder.display()))
    })?;
    let lock = lock(&args.folder)?;
    let entries =
        new.into_iter().map(|new| put(new, args, global)).collect::<Result<Vec<AddedEntry>>>()?;
    drop(lock);
    let added = Added { format: "massive-leaderboard-add/1", entries };
    match args.format {
        CheckFormat::Json => output::print(&score::json(&added)?),
        CheckFormat::Table => output::print(&text(&added)),
    }
}

/// Scores the submission and makes an entry of it.
fn submitted(args: &LeaderboardAddArgs, global: &Global) -> Result<New> {
    let mut meta = Meta::read(&args.entry)?;
    if args.baseline.is_some() {
        baseline::describe(&mut meta)?;
    }
    let today = args.today.today();
    let date = meta.date.unwrap_or(today);
    let name = named(meta.name, date, today)?;
    let Some(corpus) = &args.corpus else {
        return Err(Failure::CannotRun(
            "--corpus is needed to score predictions; give the release's folder or tar.gz"
                .to_owned(),
        ));
    };
    let (task, phase) = (meta.task.unwrap_or(Task::Full), meta.phase.unwrap_or(Phase::Test));
    let report = Report::of(meta.report, &name)?;
    let rows = rows(corpus, args.locales.as_deref(), task, phase)?;
    let files = files(args, &rows, &mut meta.model, global)?;
    let predictions = digests(&files)?;
    let scored = ScoreRequest {
        labels: args.scoring.labels,
        missing: args.missing.into(),
        options: ScoreOptions {
            interval: args.scoring.interval(),
            groupings: Grouping::ALL.into(),
            ..ScoreOptions::default()
        },
        ..ScoreRequest::new(files, rows)
    };
    let scored = scored.run(&OnTerminal::new(global))?;
    submission::warn_of_misread(&scored.misreadings, global);
    let mut document = scored.document();
    document.usage = llm::usage_of(&args.usage, 1)?.pop().flatten();
    let entry = Entry {
        format: ENTRY_FORMAT.to_owned(),
        tool: Tool::this(),
        name,
        system: meta.system,
        team: meta.team,
        date,
        task,
        phase,
        model: meta.model,
        data: meta.data,
        trained_on_evaluation_rows: meta.trained_on_evaluation_rows,
        links: meta.links,
        report: report.recorded,
        predictions,
        score: Some(document),
        published: None,
    };
    refuse_broken_rules(&entry, args.strict)?;
    Ok(New { entry, dated: meta.date.is_some(), report: report.file })
}

/// The files of predictions: those given, or that of a baseline, whose weights are
/// counted.
fn files(
    args: &LeaderboardAddArgs,
    rows: &Rows,
    model: &mut Model,
    global: &Global,
) -> Result<Vec<PathBuf>> {
    let Some(file) = &args.baseline else { return Ok(args.predictions.clone()) };
    let weights = baseline::run(file, rows, args.scoring.labels, args.force, global)?;
    model.parameters.get_or_insert(weights);
    Ok(vec![file.clone()])
}

fn named(name: Option<String>, date: Date, today: Date) -> Result<String> {
    let Some(name) = name else {
        return Err(Failure::CannotRun("an entry needs a name: give --name".to_owned()));
    };
    if let Some(why) = unfit(&name) {
        return Err(Failure::CannotRun(format!(
            "`{}` cannot be the name of an entry: {why}",
            name.escape_debug()
        )));
    }
    if date > today {
        return Err(Failure::CannotRun(format!(
            "the date {date} is yet to come; today is {today}"
        )));
    }
    Ok(name)
}

/// A report as recorded, and the file to be copied for it.
struct Report {
    recorded: Option<String>,
    file: Option<PathBuf>,
}

impl Report {
    fn of(report: Option<String>, name: &str) -> Result<Report> {
        match report {
            None => Ok(Report { recorded: None, file: None }),
            Some(address) if is_address(&address) => {
                Ok(Report { recorded: Some(address), file: None })
            }
            Some(path) => {
                let path = PathBuf::from(path);
                if !path.is_file() {
                    return Err(Failure::CannotRun(format!(
                        "{}: no such file; a report is a page or an address that starts with \
                         https://",
                        path.display()
                    )));
                }
                let recorded = format!("{REPORTS}/{}.html", slug(name));
                Ok(Report { recorded: Some(recorded), file: Some(path) })
            }
        }
    }
}

/// The rows of a task, or those of the locales that are named.
fn rows(corpus: &Path, locales: Option<&str>, task: Task, phase: Phase) -> Result<Rows> {
    let locales = match locales {
        Some(list) => LocaleChoice { included: Some(LocalePatterns::parse(list)?), excluded: None },
        None => LocaleChoice::all_of(&task.locales())?,
    };
    Ok(Rows { locales, ..Rows::all(corpus, phase.partition()) })
}

/// The digests of all files of predictions.
fn digests(paths: &[PathBuf]) -> Result<Vec<PredictionFile>> {
    let files = PredictionFiles::open(paths)?;
    let Some(files) = files.files() else {
        return Err(Failure::CannotRun(
            "predictions on standard input or in a pipe have no digest that anyone could check \
             again; give files"
                .to_owned(),
        ));
    };
    files
        .into_iter()
        .map(|path| {
            let (bytes, digest) = sha256_of(path).map_err(|error| {
                Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
            })?;
            Ok(PredictionFile {
                name: submission::name(path),
                bytes,
                sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            })
        })
        .collect()
}

fn refuse_broken_rules(entry: &Entry, strict: bool) -> Result<()> {
    let broken: Vec<String> = rules_of(entry)
        .into_iter()
        .filter(|rule| strict && rule.state != RuleState::Kept)
        .map(|rule| format!("\n  {} {}: {}", rule.rule, rule.state.name(), rule.reason))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::CheckFailed(format!(
        "`{}` is not added, since it does not keep the rules (--strict):{}",
        entry.name.escape_debug(),
        broken.concat()
    )))
}

/// Waits until no other addition is at work in the folder.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let failed = |error: std::io::Error| {
        Failure::CannotRun(format!("{} cannot be locked: {error}", path.display()))
    };
    let file =
        File::options().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
    match file.lock() {
        Ok(()) => Ok(file),
        // Where a file system knows no locks, a file is still never replaced
        // unasked, since it gets its name only if nobody has that.
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(error) => Err(failed(error)),
    }
}

/// Writes an entry, unless the folder has it already.
fn put(new: New, args: &LeaderboardAddArgs, global: &Global) -> Result<AddedEntry> {
    let New { mut entry, dated, report } = new;
    let file = format!("{}.json", slug(&entry.name));
    let path = args.folder.join(&file);
    let folder = Folder::read(&args.folder, args.today.today())?;
    let there = folder.entries.iter().find(|other| other.file == file);
    if let Some(there) = there {
        if !dated {
            entry.date = there.entry.date;
        }
        if there.entry.says_the_same(&entry) && same_report(report.as_deref(), &args.folder, &entry)
        {
            return Ok(AddedEntry::new(&there.entry, path, Outcome::Unchanged));
        }
    }
    let alike = folder
        .entries
        .iter()
        .find(|other| other.file != file && likeness(&other.entry.name) == likeness(&entry.name));
    if let Some(alike) = alike {
        return Err(Failure::CannotRun(format!(
            "the name `{}` looks the same as `{}` of {}; choose another",
            entry.name.escape_debug(),
            alike.entry.name.escape_debug(),
            args.folder.join(&alike.file).display()
        )));
    }
    let taken = path.symlink_metadata().is_ok();
    if taken && !args.force {
        return Err(Failure::CannotRun(format!(
            "the name `{}` is taken: {} holds another entry; --force replaces it",
            entry.name.escape_debug(),
            path.display()
        )));
    }
    let same = folder.entries.iter().find(|other| {
        other.file != file
            && !entry.predictions.is_empty()
            && other.entry.digests() == entry.digests()
    });
    if let Some(same) = same {
        let message =
            format!("warning: {} has the same predictions", args.folder.join(&same.file).display());
        output::remark(global, &message);
    }
    if let Some(report) = report {
        copy_report(&report, &args.folder, &entry)?;
    }
    let text = score::json(&entry)?;
    if taken {
        PendingFile::create(&path)?.finish_with(text.as_bytes())?;
    } else {
        NewFile::write(&path, text.as_bytes())?;
    }
    let outcome = if taken { Outcome::Replaced } else { Outcome::Added };
    Ok(AddedEntry::new(&entry, path, outcome))
}

/// Whether the page beside the entry is the one given.
fn same_report(report: Option<&Path>, folder: &Path, entry: &Entry) -> bool {
    let (Some(report), Some(recorded)) = (report, &entry.report) else { return true };
    let digest = |path: &Path| sha256_of(path).ok();
    digest(report) == digest(&folder.join(recorded))
}

fn copy_report(report: &Path, folder: &Path, entry: &Entry) -> Result<()> {
    let Some(recorded) = &entry.report else { return Ok(()) };
    let page = std::fs::read(report).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be read: {error}", report.display()))
    })?;
    let reports = folder.join(REPORTS);
    std::fs::create_dir_all(&reports).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be made: {error}", reports.display()))
    })?;
    PendingFile::create(&folder.join(recorded))?.finish_with(&page)
}

impl AddedEntry {
    fn new(entry: &Entry, file: PathBuf, outcome: Outcome) -> Self {
        let score = entry.score.as_ref();
        AddedEntry {
            name: entry.name.clone(),
            file,
            outcome,
            rules: rules_of(entry),
            signature: score.map(|score| score.signature.clone()),
            ex_match_acc: score
                .and_then(|score| score.all.score(Metric::ExactMatch))
                .map(|score| score.value),
            problems: score.map(|score| score.problems),
        }
    }
}

fn text(added: &Added) -> String {
    let mut out = String::new();
    for entry in &added.entries {
        let value = entry
            .ex_match_acc
            .map_or(String::new(), |value| format!(", exact match {} %", percent_of(value)));
        out.push_str(&format!(
            "{} {}: {}{value}\n",
            entry.outcome.name(),
            entry.file.display(),
            entry.name.escape_debug()
        ));
        for line in entry.problems.as_ref().map(problem_lines).unwrap_or_default() {
            out.push_str(&format!("  {line}\n"));
        }
        for rule in entry.rules.iter().filter(|rule| rule.state != RuleState::Kept) {
            out.push_str(&format!("  rule {} {}: {}\n", rule.rule, rule.state.name(), rule.reason));
        }
    }
    out
}
