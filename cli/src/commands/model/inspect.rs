//! `massive model inspect`

use std::fmt::Write as _;

use massive_compress::Record;
use massive_data::grouped;
use massive_models::folder::document::{
    AxisDocument, GraphDocument, InspectionDocument, LabelsDocument, PortDocument,
};
use massive_models::folder::{Choice, InputForm, Severity, examine};

use serde::Serialize;

use super::super::score::json;
use super::compress::{described as described_weights, described_prune, described_term};
use crate::args::{CheckFormat, Global, ModelInspectArgs};
use crate::failure::{Failure, Result};
use crate::output;

pub(crate) fn run(args: &ModelInspectArgs, _global: &Global) -> Result<()> {
    if massive_learn::is_trained(&args.folder) {
        return super::trained::inspect(args);
    }
    let choice = Choice {
        precision: args.precision.map(Into::into),
        graph: args.graph.clone(),
        tokenizer: args.tokenizer.clone(),
        max_length: None,
        slot_model: args.slot_model.clone(),
    };
    let document = examine(&args.folder, &choice).document();
    let compressed = Record::read(&args.folder)?;
    output::print(&match args.format {
        CheckFormat::Table => rendered(&document, compressed.as_ref()),
        CheckFormat::Json => json(&Inspected { document: &document, compressed })?,
    })?;
    if document.usable {
        return Ok(());
    }
    Err(Failure::CheckFailed(format!("{} cannot be used", document.path)))
}

/// The document, with how the model was made if it was compressed.
#[derive(Serialize)]
struct Inspected<'d> {
    #[serde(flatten)]
    document: &'d InspectionDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    compressed: Option<Record>,
}

/// Width of the column of names.
const NAMES: usize = 12;

fn rendered(document: &InspectionDocument, compressed: Option<&Record>) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<NAMES$} {value}");
    };
    line("model", document.name.as_deref().unwrap_or(&document.path));
    line("kind", document.kind.map_or("not recognised", |kind| kind.name()));
    for (number, step) in compressed.map(steps).unwrap_or_default().iter().enumerate() {
        line(if number == 0 { "compressed" } else { "" }, step);
    }
    if document.graphs.len() > 1 {
        line("size", &size(document.parameters, document.bytes));
    }
    for graph in &document.graphs {
        line("graph", &graph.file);
        line("", &facts(graph));
        for (name, ports) in [("  inputs", &graph.inputs), ("  outputs", &graph.outputs)] {
            for (number, text) in summarised(ports).iter().enumerate() {
                line(if number == 0 { name } else { "" }, text);
            }
        }
    }
    for tokenizer in &document.tokenizers {
        line(
            "tokenizer",
            &format!("{}, {} pieces", tokenizer.file, grouped(tokenizer.pieces as u64)),
        );
    }
    for (name, labels) in [("intents", &document.intents), ("slots", &document.slots)] {
        if let Some(labels) = labels {
            line(name, &counted(labels));
        }
    }
    match document.input[..] {
        [] => {}
        [input] => line("input", described_input(input)),
        [intent, slots, ..] => {
            line("input", &format!("intent model: {}", described_input(intent)));
            line("", &format!("slot model: {}", described_input(slots)));
        }
    }
    if let Some(length) = document.max_length {
        line("max. length", &format!("{length} ids"));
    }
    for problem in &document.problems {
        let name = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        line(name, &problem.message);
    }
    if document.problems.is_empty() {
        line("problems", "none");
    }
    text
}

/// How a model was compressed, the last step first, each with the model that it began
/// with.
fn steps(record: &Record) -> Vec<String> {
    let mut steps = Vec::new();
    let mut next = Some(record);
    while let Some(record) = next {
        let mut done = Vec::new();
        if let Some(trimmed) = &record.vocabulary {
            done.push(format!(
                "vocabulary of {} pieces for {}",
                grouped(trimmed.pieces),
                match &trimmed.locales[..] {
                    few @ ([] | [_] | [_, _] | [_, _, _]) => few.join(", "),
                    many => format!("{} locales", many.len()),
                }
            ));
        }
        done.extend(
            record.recipe.weights.map(|how| format!("weights in {}", described_weights(how))),
        );
        done.extend(record.recipe.prune.map(|how| format!("pruned by {}", described_prune(how))));
        done.extend(record.recipe.compensate.map(described_term));
        let base = &record.base;
        steps.push(format!("{}; from {}, sha256 {}", done.join(", "), base.name, base.sha256));
        next = base.record.as_deref();
    }
    steps
}

fn described_input(input: InputForm) -> &'static str {
    match input {
        InputForm::Text => "the whole text (tokenizer(text) in Python)",
        InputForm::Words => "words, each encoded by itself (is_split_into_words in Python)",
    }
}

fn size(parameters: u64, bytes: u64) -> String {
    let size = if bytes < 1_000_000 {
        format!("{:.1} kB", bytes as f64 / 1e3)
    } else {
        format!("{:.1} MB", bytes as f64 / 1e6)
    };
    format!("{} parameters, {size}", grouped(parameters))
}

fn facts(graph: &GraphDocument) -> String {
    let mut facts = vec![size(graph.parameters, graph.bytes), graph.precision.to_owned()];
    facts.extend(graph.opset.map(|opset| format!("opset {opset}")));
    facts.extend(graph.embedding_rows.map(|rows| format!("{} embeddings", grouped(rows as u64))));
    facts.extend(graph.producer.as_ref().map(|producer| format!("by {producer}")));
    facts.join(", ")
}

/// A line a port; those of a numbered family, as a decoder's cache, share one.
fn summarised(ports: &[PortDocument]) -> Vec<String> {
    let family =
        |port: &PortDocument| port.name.split_once(".0.").map(|(name, _)| format!("{name}."));
    let mut lines = Vec::new();
    let mut families: Vec<String> = Vec::new();
    for port in ports {
        if families.iter().any(|known| port.name.starts_with(known)) {
            continue;
        }
        match family(port) {
            Some(family) => {
                let count = ports.iter().filter(|other| other.name.starts_with(&family)).count();
                lines.push(format!("{} and {} more {family}*", described(port), count - 1));
                families.push(family);
            }
            None => lines.push(described(port)),
        }
    }
    lines
}

fn described(port: &PortDocument) -> String {
    let Some(shape) = &port.shape else { return format!("{} {}", port.name, port.r#type) };
    let axes: Vec<String> = shape
        .iter()
        .map(|axis| match axis {
            AxisDocument::Fixed(length) => length.to_string(),
            AxisDocument::Free(name) => name.clone().unwrap_or_else(|| "?".to_owned()),
        })
        .collect();
    format!("{} {}[{}]", port.name, port.r#type, axes.join(", "))
}

fn counted(labels: &LabelsDocument) -> String {
    let bio = if labels.bio { " (BIO)" } else { "" };
    let first: Vec<&str> = labels.names.iter().take(3).map(String::as_str).collect();
    let more = if labels.names.len() > first.len() { ", …" } else { "" };
    format!("{}{bio}: {}{more}; from {}", labels.names.len(), first.join(", "), labels.file)
}
