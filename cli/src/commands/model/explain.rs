//! `massive model explain`

use std::fmt::Write as _;

use massive_data::words::words;
use massive_learn::{Contribution, Explanation, TrainedFolder, is_trained};
use serde::Serialize;

use super::super::score::json;
use crate::args::{CheckFormat, ModelExplainArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// The document. Its schema is `schemas/model-explain.schema.json`.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    locale: String,
    text: &'a str,
    intents: Vec<Likely<'a>>,
    intent_features: &'a [Contribution],
    words: &'a [massive_learn::ExplainedWord],
}

#[derive(Serialize)]
struct Likely<'a> {
    intent: &'a str,
    probability: f32,
}

pub(super) fn run(args: &ModelExplainArgs) -> Result<()> {
    if !is_trained(&args.folder) {
        return Err(Failure::CannotRun(format!(
            "{} is no folder of models that `massive train` made; only those can say which \
             features decided",
            args.folder.display()
        )));
    }
    let folder = TrainedFolder::open(&args.folder)?;
    let model = folder.model(args.locale.tag())?;
    let words = words(&args.text, args.locale.segmentation());
    if words.is_empty() {
        return Err(Failure::CannotRun("--text has no words".to_owned()));
    }
    let explanation = model.explain(&args.text, &words, args.top);
    if args.format == CheckFormat::Table {
        return output::print(&rendered(&explanation));
    }
    let likely = |(intent, probability): &(String, f32)| (intent.clone(), *probability);
    let intents: Vec<(String, f32)> = explanation.intents.iter().map(likely).collect();
    output::print(&json(&Document {
        format: "massive-model-explain/1",
        locale: args.locale.to_string(),
        text: &args.text,
        intents: intents
            .iter()
            .map(|(intent, probability)| Likely { intent, probability: *probability })
            .collect(),
        intent_features: &explanation.intent_features,
        words: &explanation.words,
    })?)
}

fn rendered(explanation: &Explanation) -> String {
    let mut text = String::new();
    for (intent, probability) in &explanation.intents {
        let _ = writeln!(text, "{:>5.1} %  {intent}", 100.0 * probability);
    }
    if let [(intent, _), rest @ ..] = explanation.intents.as_slice() {
        let against = rest.first().map_or_else(String::new, |(next, _)| format!(", not {next}"));
        let _ = writeln!(text, "\nwhy {intent}{against}");
        contributions(&explanation.intent_features, &mut text);
    }
    for word in &explanation.words {
        if let Some(slot) = &word.slot {
            let _ = writeln!(text, "\nwhy {} is in {slot}", word.word);
            contributions(&word.features, &mut text);
        }
    }
    text
}

fn contributions(all: &[Contribution], text: &mut String) {
    for one in all {
        let _ = writeln!(text, "{:>+9.3}  {}", one.weight, one.feature);
    }
}
