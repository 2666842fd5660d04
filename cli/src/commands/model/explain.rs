//! `massive model explain`

use std::fmt::Write as _;

use massive_data::Locale;
use massive_data::words::words;
use massive_learn::{Contribution, Explanation, LocalePart, TrainedFolder, is_trained};
use serde::Serialize;

use super::super::score::json;
use super::memory;
use crate::args::{CheckFormat, ModelExplainArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// The document. Its schema is `schemas/model-explain.schema.json`.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    locale: String,
    text: &'a str,
    intents: Vec<Likely>,
    intent_features: &'a [Contribution],
    words: &'a [massive_learn::ExplainedWord],
}

#[derive(Serialize)]
struct Likely {
    intent: String,
    probability: f32,
}

pub(super) fn run(args: &ModelExplainArgs) -> Result<()> {
    if !is_trained(&args.folder) {
        return Err(Failure::CannotRun(format!(
            "{} is no folder that `massive train` or `massive memory` made; only those can \
             say which features or neighbours decided",
            args.folder.display()
        )));
    }
    let folder = TrainedFolder::open(&args.folder)?;
    let part = folder.part(args.locale.tag())?;
    show_why(part, (args.locale, &args.text), args.top, args.format)
}

/// Prints which features or neighbours decided about a text of a locale.
pub(crate) fn show_why(
    part: &LocalePart,
    (locale, text): (Locale, &str),
    top: usize,
    format: CheckFormat,
) -> Result<()> {
    let words = words(text, locale.segmentation());
    if words.is_empty() {
        return Err(Failure::CannotRun("--text has no words".to_owned()));
    }
    let model = match part {
        LocalePart::Linear(model) => model,
        LocalePart::Memory(memory) => {
            return memory::print(&memory.explain(text, &words, top), locale, text, format);
        }
    };
    let explanation = model.explain(text, &words, top);
    if format == CheckFormat::Table {
        return output::print(&rendered(&explanation));
    }
    let likely = |(intent, probability)| Likely { intent, probability };
    output::print(&json(&Document {
        format: "massive-model-explain/1",
        locale: locale.to_string(),
        text,
        intents: explanation.intents.iter().cloned().map(likely).collect(),
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
