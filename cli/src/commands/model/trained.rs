//! `massive model inspect` for models of `massive train`.

use std::fmt::Write as _;

use massive_learn::{Manifest, ModelKind, TrainedFolder};
use serde::Serialize;

use super::super::score::json;
use crate::args::{CheckFormat, ModelInspectArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// The document. Its schema is `schemas/trained-inspect.schema.json`.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    path: String,
    kind: ModelKind,
    usable: bool,
    /// The manifest's facts.
    model: &'a Manifest,
    /// What is wrong, a sentence each.
    problems: Vec<String>,
}

pub(super) fn inspect(args: &ModelInspectArgs) -> Result<()> {
    let folder = TrainedFolder::open(&args.folder)?;
    let manifest = folder.manifest();
    let problems: Vec<String> = (manifest.locales.iter())
        .filter_map(|one| folder.part(&one.locale).err())
        .map(|error| error.to_string())
        .collect();
    let usable = problems.is_empty();
    let document = Document {
        format: "massive-trained-inspect/1",
        path: args.folder.display().to_string(),
        kind: manifest.kind,
        usable,
        model: manifest,
        problems,
    };
    output::print(&match args.format {
        CheckFormat::Table => rendered(&document),
        CheckFormat::Json => json(&document)?,
    })?;
    if usable {
        return Ok(());
    }
    Err(Failure::CheckFailed(format!("{} cannot be used", args.folder.display())))
}

fn rendered(document: &Document<'_>) -> String {
    let mut text = String::new();
    let model = document.model;
    let bytes: u64 = model.locales.iter().map(|one| one.bytes).sum();
    let _ = writeln!(text, "model        {}", document.path);
    let _ = writeln!(text, "kind         {}, a file a locale", document.kind);
    let _ = writeln!(
        text,
        "size         {:.1} MB in {} files",
        bytes as f64 / 1e6,
        model.locales.len()
    );
    let _ = match (model.kind, model.neighbours) {
        (ModelKind::Linear, _) => {
            writeln!(text, "labels       {}, seed {}", model.labels, model.seed)
        }
        (ModelKind::Memory, neighbours) => writeln!(
            text,
            "labels       {}, {} neighbours",
            model.labels,
            neighbours.unwrap_or_default()
        ),
    };
    for one in &model.locales {
        let _ = writeln!(
            text,
            "{:<12} {} rows, {} intents, {} slots, {}{:.2} MB{}",
            one.locale,
            one.rows,
            one.intents,
            one.slots,
            match model.kind {
                ModelKind::Linear => format!("{} weights, ", one.weights),
                ModelKind::Memory => String::new(),
            },
            one.bytes as f64 / 1e6,
            one.rejection.map_or_else(String::new, |rejection| {
                let (threshold, rate) = (rejection.threshold, 100.0 * rejection.rate);
                format!(", rejects below {threshold:.3} ({rate:.1} % of requests in scope)")
            })
        );
    }
    for problem in &document.problems {
        let _ = writeln!(text, "error        {problem}");
    }
    if document.problems.is_empty() {
        text.push_str("problems     none\n");
    }
    text
}
