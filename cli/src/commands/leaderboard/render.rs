//! `massive leaderboard render`

use std::collections::BTreeMap;
use std::path::Path;

use massive_eval::leaderboard::{
    Board, BoardOptions, Defect, DefectKind, Evidence, EvidenceByEntry, Folder, Outcomes, REPORTS,
    Scope, Verification,
};
use massive_report::html::leaderboard as html;
use massive_report::leaderboard::{csv, markdown};

use super::at_hand::AtHand;
use super::evidence::{self, Looked};
use super::rendered::SUMS;
use crate::args::{BoardFormat, Global, LeaderboardRenderArgs, Unverified};
use crate::commands::score;
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile, PendingFolder};

/// The board as a document, beside the pages made of it.
const DATA: &str = "leaderboard.json";

/// The suffixes of the forms of a board; a site is a folder, whose name has none.
const FORMS: [(&str, BoardFormat); 4] = [
    ("json", BoardFormat::Json),
    ("csv", BoardFormat::Csv),
    ("md", BoardFormat::Markdown),
    ("markdown", BoardFormat::Markdown),
];

pub(crate) fn run(args: &LeaderboardRenderArgs, global: &Global) -> Result<()> {
    let usual = if args.output.is_some() { BoardFormat::Html } else { BoardFormat::Markdown };
    let format = form::chosen(args.format, args.output.as_deref(), &FORMS, usual)?;
    let Some(output) = &args.output else {
        if format == BoardFormat::Html {
            return Err(Failure::CannotRun(
                "a site is a folder of pages; name it with --output".to_owned(),
            ));
        }
        let board = board(args, global)?.0;
        return output::print(&text(&board, format)?);
    };
    output::refuse_existing(output, args.force)?;
    if format != BoardFormat::Html {
        let file = PendingFile::create(output)?;
        let board = board(args, global)?.0;
        return file.finish_with(text(&board, format)?.as_bytes());
    }
    let ours = ["index.html", DATA, SUMS, html::ENTRIES, REPORTS];
    let site = PendingFolder::create(output, args.force, |name| ours.contains(&name))?;
    let (board, folder) = board(args, global)?;
    write_site(site.path(), &board, &folder)?;
    site.finish()
}

fn text(board: &Board, format: BoardFormat) -> Result<String> {
    Ok(match format {
        BoardFormat::Csv => csv::render(board)?,
        BoardFormat::Json => score::json(board)?,
        BoardFormat::Markdown | BoardFormat::Html => markdown::render(board),
    })
}

/// Reads the folder and ranks what is in it; nothing is ranked if something is
/// wrong with it.
fn board(args: &LeaderboardRenderArgs, global: &Global) -> Result<(Board, Folder)> {
    let folder = Folder::read(&args.folder, args.today.today())?;
    let errors: Vec<String> = folder.errors().map(sentence).collect();
    if !errors.is_empty() {
        return Err(Failure::CheckFailed(format!(
            "nothing is rendered, since the entries are not in order:\n  {}",
            errors.join("\n  ")
        )));
    }
    let unrelated = folder.defects.iter().filter(|one| one.kind == DefectKind::UnrelatedFile);
    for defect in unrelated {
        output::remark(global, &format!("warning: {}", sentence(defect)));
    }
    let options = BoardOptions {
        title: args.title.clone(),
        metric: args.metric,
        on: args.on.clone(),
        columns: columns(args, &folder),
        unverified: args.unverified.into(),
    };
    let board = Board::new(&folder, &options, &evidence(args, &folder, global)?);
    remark_unverified(&board, args, global);
    Ok((board, folder))
}

fn sentence(defect: &Defect) -> String {
    format!("{}: {}: {}", defect.file.escape_debug(), defect.kind.title(), defect.message)
}

/// The columns asked for that some entry has, and what ranks if it is none of
/// the averages that are there anyway.
fn columns(args: &LeaderboardRenderArgs, folder: &Folder) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = Vec::new();
    let ranks = Some(&args.on).filter(|on| !matches!(on, Scope::All | Scope::Macro)).cloned();
    let asked = args.columns.iter().flat_map(|columns| columns.scopes());
    for scope in ranks.into_iter().chain(asked) {
        let scores = || folder.entries.iter().filter_map(|file| file.entry.score.as_ref());
        let has_value = scores().any(|score| scope.value(score, args.metric).is_some());
        if has_value && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

/// What stands behind the entries: their predictions, where they are at hand.
fn evidence(
    args: &LeaderboardRenderArgs,
    folder: &Folder,
    global: &Global,
) -> Result<EvidenceByEntry> {
    let mut found = EvidenceByEntry::new();
    let Some(at_hand) = AtHand::open(&args.at_hand)? else { return Ok(found) };
    if !at_hand.has_corpus() {
        return Err(Failure::CannotRun(
            "--predictions needs --corpus, to see what they had right".to_owned(),
        ));
    }
    let known = evidence::digests(folder);
    for file in &folder.entries {
        let Some(score) = &file.entry.score else { continue };
        let looked = evidence::look(Some(&at_hand), file, &known, global);
        let mut verification = looked.verification();
        let mut outcomes = None;
        match looked {
            Looked::Reproduced(evaluation, interval) => {
                match Outcomes::new(&evaluation, interval, &score.signature) {
                    Ok(found) => outcomes = Some(found),
                    Err(error) => verification = Verification::lacking(error.to_string()),
                }
            }
            Looked::Refuted(defects) => {
                for defect in &defects {
                    output::remark(global, &format!("warning: {}", sentence(defect)));
                }
            }
            Looked::NotAtHand(_) => {}
        }
        found.insert(file.slug.clone(), Evidence { verification, outcomes });
    }
    Ok(found)
}

/// Says how many entries have no rank because nothing stands behind them.
fn remark_unverified(board: &Board, args: &LeaderboardRenderArgs, global: &Global) {
    let entries = || board.groups.iter().flat_map(|group| &group.entries);
    let count = entries().filter(|entry| !entry.verification.verified).count();
    if count == 0 {
        return;
    }
    let what = match args.unverified {
        Unverified::Show => "marked",
        Unverified::Unranked => "listed without a rank (--unverified show ranks and marks them)",
    };
    let how = if args.at_hand.predictions.is_some() {
        ""
    } else {
        "; --predictions and --corpus verify them"
    };
    let (entries, are) = if count == 1 { ("entry", "is") } else { ("entries", "are") };
    output::remark(global, &format!("{count} {entries} not verified {are} {what}{how}"));
}

fn write_site(site: &Path, board: &Board, folder: &Folder) -> Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::CannotRun(format!("{} cannot be written: {error}", path.display()))
    };
    let mut files: BTreeMap<String, Vec<u8>> = html::site(board, &folder.entries)?
        .into_iter()
        .map(|(name, page)| (name, page.into_bytes()))
        .collect();
    let data = serde_json::to_vec(board).map_err(|error| {
        Failure::CannotRun(format!("the board cannot be written as JSON: {error}"))
    })?;
    files.insert(DATA.to_owned(), data);
    for report in &folder.reports {
        let path = folder.path.join(REPORTS).join(report);
        let page = std::fs::read(&path).map_err(|error| {
            Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
        })?;
        files.insert(format!("{REPORTS}/{report}"), page);
    }
    let mut sums = String::new();
    for (name, bytes) in &files {
        let digest = massive_eval::leaderboard::sha256(bytes);
        sums.push_str(&format!("{digest}  {name}\n"));
    }
    files.insert(SUMS.to_owned(), sums.into_bytes());
    for (name, bytes) in files {
        let path = site.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        std::fs::write(&path, bytes).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
