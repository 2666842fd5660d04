//! `massive demo`: the commands on built-in data.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Serialize;

use super::{check, predict, report, score};
use crate::args::{CheckFormat, Cli, Command, DemoArgs, Global};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};

/// Our own parallel corpus; see `fixtures/mini`.
const CORPUS: &[u8] = include_bytes!("../../assets/demo/mini.tar.gz");
const GOOD: &[u8] = include_bytes!("../../assets/demo/good.jsonl");
const POOR: &[u8] = include_bytes!("../../assets/demo/poor.jsonl");

/// Our own linear models of a few locales; see `fixtures/models`.
const MODEL: [(&str, &[u8]); 6] = [
    ("massive-learn.json", include_bytes!("../../assets/demo/linear/massive-learn.json")),
    ("README.md", include_bytes!("../../assets/demo/linear/README.md")),
    ("de-DE.weights", include_bytes!("../../assets/demo/linear/de-DE.weights")),
    ("en-US.weights", include_bytes!("../../assets/demo/linear/en-US.weights")),
    ("ja-JP.weights", include_bytes!("../../assets/demo/linear/ja-JP.weights")),
    ("sw-KE.weights", include_bytes!("../../assets/demo/linear/sw-KE.weights")),
];

/// The locales of those models.
const LOCALES: &str = "de-DE,en-US,ja-JP,sw-KE";

/// What the demo leaves in its folder, beside the model.
const FILES: [&str; 10] = [
    "corpus.tar.gz",
    "model.jsonl",
    "good.jsonl",
    "poor.jsonl",
    "poor.json",
    "good.json",
    "good.svg",
    "good.md",
    "good.png",
    "report.html",
];

/// What was written. Its schema is `schemas/demo.schema.json`.
#[derive(Serialize)]
struct Written {
    format: &'static str,
    files: Vec<PathBuf>,
}

pub(crate) fn run(args: &DemoArgs, global: &Global) -> Result<()> {
    let folder = &args.folder;
    let model = folder.join("model");
    std::fs::create_dir_all(&model).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be made: {error}", model.display()))
    })?;
    for (name, data) in MODEL {
        PendingFile::create(&model.join(name))?.finish_with(data)?;
    }
    for (name, data) in [("corpus.tar.gz", CORPUS), ("good.jsonl", GOOD), ("poor.jsonl", POOR)] {
        PendingFile::create(&folder.join(name))?.finish_with(data)?;
    }
    let as_document = args.format == CheckFormat::Json;
    for command in commands(folder) {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        output::remark(global, &format!("$ massive {}", command.join(" ")));
        // What goes to standard output for readers would spoil the document.
        if !as_document || command.contains(&"--output") {
            step(&command, global)?;
        }
    }
    if as_document {
        let of_model = MODEL.iter().map(|(name, _)| model.join(name));
        let files = FILES.iter().map(|name| folder.join(name)).chain(of_model).collect();
        return output::print(&score::json(&Written { format: "massive-demo/1", files })?);
    }
    output::remark(global, &format!("\n{}", written(folder)));
    Ok(())
}

/// What is shown, in order.
fn commands(folder: &Path) -> Vec<Vec<String>> {
    let at = |name: &str| folder.join(name).display().to_string();
    let corpus = at("corpus.tar.gz");
    let command = |words: &[&str], more: &[&str]| -> Vec<String> {
        let of_corpus = ["--corpus", corpus.as_str()];
        let words = words.iter().chain(&of_corpus).chain(more);
        words.map(|word| (*word).to_owned()).collect()
    };
    let (good, poor, model) = (at("good.jsonl"), at("poor.jsonl"), at("model.jsonl"));
    vec![
        command(
            &["predict", "--model", &at("model")],
            &["--locales", LOCALES, "--force", "--output", &model],
        ),
        command(&["check", &good], &[]),
        command(&["score", &poor], &["--output", &at("poor.json")]),
        command(&["score", &good], &["--output", &at("good.json"), "--plot", &at("good.svg")]),
        command(&["score", &good], &["--output", &at("good.md"), "--plot", &at("good.png")]),
        command(&["report", &poor, &good], &["--output", &at("report.html")]),
        command(&["score", &model], &["--locales", LOCALES, "--sort", "ex_match_acc"]),
    ]
}

/// Runs a command as if it had been typed.
fn step(words: &[&str], global: &Global) -> Result<()> {
    let words = std::iter::once("massive").chain(words.iter().copied());
    let cli = Cli::try_parse_from(words).map_err(|error| Failure::CannotRun(error.to_string()))?;
    match &cli.command {
        Command::Predict(args) => predict::run(args, global),
        Command::Score(args) => score::run(args, global),
        Command::Check(args) => check::run(args, global),
        Command::Report(args) => report::run(args, global),
        _ => Ok(()),
    }
}

fn written(folder: &Path) -> String {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    format!(
        "The model in {} made {}; its scores are above. The scores of two made-up systems are in {} and {}, a Markdown table in {}, plots in {} and {}; {} shows both in a browser.\n\
         The corpus is our own, made up for this demonstration; for the real one give --corpus its tar.gz.",
        path("model").display(),
        path("model.jsonl").display(),
        path("good.json").display(),
        path("poor.json").display(),
        path("good.md").display(),
        path("good.svg").display(),
        path("good.png").display(),
        path("report.html").display(),
    )
}
