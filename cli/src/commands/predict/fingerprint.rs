//! What the lines of a run depend on.

use std::path::Path;

use massive_data::Corpus;
use massive_models::engine::Engine;
use massive_models::folder::{EncoderFolder, MANIFEST, Parts};
use massive_predict::Fingerprint;
use massive_predict::journal::FORMAT;
use serde_json::{Value, json};

use super::loading::OnnxRunner;
use super::runner::Runner;
use super::trained::TrainedRunner;
use crate::args::{CorpusArgs, GenerationArgs, JudgmentArgs, PredictArgs};
use crate::failure::Result;

/// The fingerprint of a run.
pub(super) fn of_run(
    args: &PredictArgs,
    rows: &CorpusArgs,
    corpus: &Corpus,
    runner: &Runner,
) -> Result<Fingerprint> {
    let model = match runner {
        Runner::Onnx(runner) => of_graphs(runner)?,
        Runner::Trained(runner) => of_trained(runner)?,
    };
    Ok(Fingerprint {
        format: FORMAT.to_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.facts,
        engine: model.engine,
        corpus: json!({
            "bytes": corpus.size(),
            "partition": rows.partition.name(),
            "locales": corpus.selection().locales.to_string(),
            "shard": args.shard.to_string(),
            "filter": filter(&rows.source.judgments),
            "open_labels": rows.source.open_labels,
            "skip_bad_lines": rows.source.skip_bad_lines,
        }),
        options: json!({
            "max_length": model.max_length,
            "text": args.text,
            "scores": args.scores,
            "top_k": args.top_k,
            "generation": generation(&args.generation),
            "optimization": args.engine.optimization.name(),
        }),
    })
}

/// What identifies a model and what runs it.
struct ModelFacts {
    facts: Value,
    engine: String,
    max_length: Option<usize>,
}

fn of_graphs(runner: &OnnxRunner) -> Result<ModelFacts> {
    Ok(ModelFacts {
        facts: json!({ "kind": runner.folder.kind(), "files": files(runner)? }),
        engine: runner.engine.name().to_owned(),
        max_length: Some(runner.folder.max_length()),
    })
}

fn of_trained(runner: &TrainedRunner) -> Result<ModelFacts> {
    let digests = runner.files().iter().map(|path| digest(path)).collect::<Result<Vec<_>>>()?;
    let kind = &runner.predictor.folder().manifest().kind;
    Ok(ModelFacts {
        facts: json!({ "kind": kind, "files": digests }),
        engine: "massive-learn".to_owned(),
        max_length: None,
    })
}

/// The name of a file and its digest.
fn digest(path: &Path) -> Result<(String, String)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, massive_models::digest::of_file(path)?))
}

/// The files of the model, each with its digest.
fn files(runner: &OnnxRunner) -> Result<Vec<(String, String)>> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut add = |path: &Path| -> Result<()> {
        files.push(digest(path)?);
        Ok(())
    };
    for graph in runner.folder.graphs() {
        add(&graph.path)?;
    }
    add(runner.folder.tokenizer().path())?;
    match &runner.folder.parts {
        Parts::Encoder(encoder) => labels(encoder, &mut add)?,
        Parts::Pair { intent, slots } => {
            labels(intent, &mut add)?;
            labels(slots, &mut add)?;
            add(slots.tokenizer.path())?;
        }
        Parts::TextToText(_) => {}
    }
    let manifest = runner.folder.path.join(MANIFEST);
    if manifest.is_file() {
        add(&manifest)?;
    }
    Ok(files)
}

fn labels(encoder: &EncoderFolder, add: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    for head in encoder.intent.iter().chain(&encoder.slots) {
        add(head.labels.source())?;
    }
    Ok(())
}

fn filter(judgments: &JudgmentArgs) -> Value {
    let languages: Vec<&str> = judgments.language.iter().map(|one| one.name()).collect();
    let methods: Vec<&str> = judgments.method.iter().map(|one| one.name()).collect();
    json!({
        "min_judges": judgments.min_judges,
        "min_intent_score": judgments.min_intent_score,
        "min_slots_score": judgments.min_slots_score,
        "min_grammar": judgments.min_grammar,
        "min_spelling": judgments.min_spelling,
        "languages": languages,
        "methods": methods,
    })
}

fn generation(generation: &GenerationArgs) -> Value {
    json!({
        "beams": generation.beams,
        "max_new_tokens": generation.max_new_tokens,
        "constrained": generation.constrained,
        "reading": generation.reading.map(|reading| reading.name()),
    })
}
