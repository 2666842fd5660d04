//! `massive demo`: the commands on built-in data.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Serialize;

use super::{check, score};
use crate::args::{CheckFormat, Cli, Command, DemoArgs, Global};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};

/// Our own parallel corpus; see `fixtures/mini`.
const CORPUS: &[u8] = include_bytes!("../../../fixtures/mini/mini.tar.gz");
const GOOD: &[u8] = include_bytes!("../../../fixtures/mini/predictions/good.jsonl");
const POOR: &[u8] = include_bytes!("../../../fixtures/mini/predictions/poor.jsonl");

/// What the demo leaves in its folder.
const FILES: [&str; 8] = [
    "corpus.tar.gz",
    "good.jsonl",
    "poor.jsonl",
    "poor.json",
    "good.json",
    "good.svg",
    "good.md",
    "good.png",
];

/// What was written. Its schema is `schemas/demo.schema.json`.
#[derive(Serialize)]
struct Written {
    format: &'static str,
    files: [PathBuf; FILES.len()],
}

pub(crate) fn run(args: &DemoArgs, global: &Global) -> Result<()> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be made: {error}", folder.display()))
    })?;
    for (name, data) in [("corpus.tar.gz", CORPUS), ("good.jsonl", GOOD), ("poor.jsonl", POOR)] {
        PendingFile::create(&folder.join(name))?.finish_with(data)?;
    }
    let at = |name: &str| folder.join(name).display().to_string();
    let corpus = at("corpus.tar.gz");
    let as_document = args.format == CheckFormat::Json;
    for command in [
        vec!["check", &at("good.jsonl"), "--corpus", &corpus],
        vec!["score", &at("poor.jsonl"), "--corpus", &corpus, "--output", &at("poor.json")],
        vec![
            "score",
            &at("good.jsonl"),
            "--corpus",
            &corpus,
            "--output",
            &at("good.json"),
            "--plot",
            &at("good.svg"),
        ],
        vec![
            "score",
            &at("good.jsonl"),
            "--corpus",
            &corpus,
            "--output",
            &at("good.md"),
            "--plot",
            &at("good.png"),
        ],
        vec!["score", &at("good.jsonl"), "--corpus", &corpus, "--sort", "ex_match_acc"],
    ] {
        output::remark(global, &format!("$ massive {}", command.join(" ")));
        // What goes to standard output for readers would spoil the document.
        if !as_document || command.contains(&"--output") {
            step(&command, global)?;
        }
    }
    if as_document {
        let files = FILES.map(|name| folder.join(name));
        return output::print(&score::json(&Written { format: "massive-demo/1", files })?);
    }
    output::remark(global, &format!("\n{}", written(folder)));
    Ok(())
}

/// Runs a command as if it had been typed.
fn step(words: &[&str], global: &Global) -> Result<()> {
    let words = std::iter::once("massive").chain(words.iter().copied());
    let cli = Cli::try_parse_from(words).map_err(|error| Failure::CannotRun(error.to_string()))?;
    match &cli.command {
        Command::Score(args) => score::run(args, global),
        Command::Check(args) => check::run(args, global),
        _ => Ok(()),
    }
}

fn written(folder: &Path) -> String {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    format!(
        "The scores are in {} and {}, a Markdown table in {}, plots in {} and {}.\n\
         The data is our own, made up for this demonstration; for the real corpus give --corpus its tar.gz.",
        path("good.json").display(),
        path("poor.json").display(),
        path("good.md").display(),
        path("good.svg").display(),
        path("good.png").display(),
    )
}
