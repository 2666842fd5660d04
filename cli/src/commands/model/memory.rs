//! Which neighbours decided what a memory says, for readers and as a document.

use std::fmt::Write as _;

use massive_data::Locale;
use massive_learn::{MemoryExplanation, Neighbour, Rejection, RememberedWord};
use serde::Serialize;

use super::super::score::json;
use crate::args::CheckFormat;
use crate::failure::Result;
use crate::output;

/// The document. Its schema is `schemas/memory-explain.schema.json`.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    locale: String,
    text: &'a str,
    rejected: bool,
    rejection: Option<Rejection>,
    intents: Vec<Voted>,
    neighbours: &'a [Neighbour],
    words: &'a [RememberedWord],
}

#[derive(Serialize)]
struct Voted {
    intent: String,
    share: f32,
}

/// Prints why a memory says what it says.
pub(crate) fn print(
    explanation: &MemoryExplanation,
    locale: Locale,
    text: &str,
    format: CheckFormat,
) -> Result<()> {
    if format == CheckFormat::Table {
        return output::print(&rendered(explanation));
    }
    let voted = |(intent, share)| Voted { intent, share };
    output::print(&json(&Document {
        format: "massive-memory-explain/1",
        locale: locale.to_string(),
        text,
        rejected: explanation.rejected,
        rejection: explanation.rejection,
        intents: explanation.intents.iter().cloned().map(voted).collect(),
        neighbours: &explanation.neighbours,
        words: &explanation.words,
    })?)
}

/// The neighbours as a table.
fn rendered(explanation: &MemoryExplanation) -> String {
    let mut text = String::new();
    if explanation.rejected {
        let threshold = explanation.rejection.map_or(0.0, |one| one.threshold);
        let _ = writeln!(text, "out of scope: no row is as similar as {threshold:.3}");
    }
    for (intent, share) in explanation.intents.iter().take(5) {
        let _ = writeln!(text, "{:>5.1} %  {intent}", 100.0 * share);
    }
    text.push_str("\nneighbours: similarity, share of the votes, intent, id, text\n");
    for one in &explanation.neighbours {
        let _ = writeln!(
            text,
            "{:>9.3} {:>5.1} %  {:<26} {:>6}  {}",
            one.similarity,
            100.0 * one.share,
            one.intent,
            one.id,
            one.text
        );
        let shared: Vec<String> =
            one.shared.iter().take(4).map(|part| part.feature.clone()).collect();
        if !shared.is_empty() {
            let _ = writeln!(text, "{:>18}  {}", "", shared.join(", "));
        }
    }
    for word in &explanation.words {
        if let Some(slot) = &word.slot {
            let why = match word.seen {
                Some(1) => "a value seen once".to_owned(),
                Some(count) => format!("a value seen {count} times"),
                None => "it stands where theirs does".to_owned(),
            };
            let _ = writeln!(text, "\n{} is in {slot}: {why}", word.word);
        }
    }
    text
}
