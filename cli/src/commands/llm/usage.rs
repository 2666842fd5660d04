//! What calls took, beside the scores of what came of them.

use std::path::Path;

use massive_data::usage::UsageBlock;
use massive_eval::document::ScoreDocument;
use massive_eval::request::ScoreRequest;
use massive_lm::replay::{ReplayOptions, replay};
use massive_lm::row::Names;
use massive_report::usage;
use serde_json::{Value, json};

use super::super::submission::OnTerminal;
use super::super::{score, submission};
use super::rows::price;
use crate::args::{CheckFormat, CorpusArgs, Global, PriceSource, ScoringArgs, UsageArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// The document of a block that stands by itself.
const FORMAT: &str = "massive-llm-usage/1";

/// Prints what calls took and, if asked for, the scores of their predictions.
pub(super) fn print(
    block: &UsageBlock,
    predictions: &Path,
    scored: Option<(&CorpusArgs, &ScoringArgs)>,
    format: CheckFormat,
    global: &Global,
) -> Result<()> {
    let document = match scored {
        Some((corpus, scoring)) => Some(scores(block, predictions, corpus, scoring, global)?),
        None => None,
    };
    match (format, &document) {
        // The block is part of the score document that it belongs to.
        (CheckFormat::Json, Some(document)) => output::print(&score::json(document)?),
        (CheckFormat::Json, None) => {
            let mut value = json!(block);
            value["format"] = json!(FORMAT);
            output::print(&score::json(&value)?)
        }
        (CheckFormat::Table, document) => {
            output::print(&usage::render(block, document.as_ref(), output::width()))
        }
    }
}

fn scores(
    block: &UsageBlock,
    predictions: &Path,
    corpus: &CorpusArgs,
    scoring: &ScoringArgs,
    global: &Global,
) -> Result<ScoreDocument> {
    let mut request = ScoreRequest::new(vec![predictions.to_owned()], corpus.rows()?);
    request.labels = scoring.labels;
    request.options.interval = scoring.interval();
    let scored = request.run(&OnTerminal::new(global))?;
    submission::warn_of_misread(&scored.misreadings, global);
    let mut document = scored.document();
    document.usage = Some(block.clone());
    warn_of_other_rows(&document, global);
    Ok(document)
}

/// What each of so many systems took, in their order; `None` where it is not told.
pub(in crate::commands) fn usage_of(
    args: &UsageArgs,
    systems: usize,
) -> Result<Vec<Option<UsageBlock>>> {
    if args.usage.len() > systems {
        return Err(Failure::CannotRun(format!(
            "--usage is given {} times for {systems} system{}",
            args.usage.len(),
            if systems == 1 { "" } else { "s" }
        )));
    }
    let given = args.usage.iter().map(|path| match path.as_os_str() == "-" {
        true => Ok(None),
        false => read(path, args.price.as_ref()).map(Some),
    });
    let mut blocks = given.collect::<Result<Vec<_>>>()?;
    blocks.resize(systems, None);
    Ok(blocks)
}

/// A block from a document, where the name ends in .json, or from a log.
fn read(path: &Path, source: Option<&PriceSource>) -> Result<UsageBlock> {
    if path.extension().is_none_or(|suffix| suffix != "json") {
        let price = price(source, &model_of(path)?)?;
        let names = Names::release();
        return Ok(replay(path, ReplayOptions::new(&names, price), &mut std::io::sink())?);
    }
    let unfit = |why: String| {
        Failure::CannotRun(format!(
            "{}: {why}; expected what massive llm run or replay prints with --format json",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
    })?;
    let value: Value = serde_json::from_str(&text).map_err(|error| unfit(error.to_string()))?;
    let block = match value["format"].as_str() {
        Some(FORMAT) => value,
        Some(_) => value["usage"].clone(),
        None => return Err(unfit("it has no `format`".to_owned())),
    };
    serde_json::from_value(block).map_err(|error| unfit(format!("it has no usage ({error})")))
}

/// The model that the calls of a log were for, by the first of them.
pub(super) fn model_of(log: &Path) -> Result<String> {
    let mut model = String::new();
    massive_lm::log::read(log, |call| {
        if model.is_empty() {
            model = call.request["model"].as_str().unwrap_or_default().to_owned();
        }
        Ok(())
    })?;
    Ok(model)
}

/// Says so if the calls were not about the rows that are scored.
pub(in crate::commands) fn warn_of_other_rows(document: &ScoreDocument, global: &Global) {
    let Some(block) = &document.usage else { return };
    let differing = document.locales.iter().filter_map(|(tag, scores)| {
        let calls = block.locales.get(tag).map_or(0, |part| part.calls);
        (calls != scores.utterances)
            .then(|| format!("{tag} {calls} calls, {} utterances", scores.utterances))
    });
    let differing: Vec<String> = differing.collect();
    if !differing.is_empty() {
        let listed = differing.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
        let more = if differing.len() > 3 { "; …" } else { "" };
        output::remark(
            global,
            &format!("warning: the usage is not of the rows that are scored: {listed}{more}"),
        );
    }
}
