//! `massive corpus grep`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use massive_data::{Intent, LabelPolicy, Locale, LocaleFilter, SlotName, Utterance, UtteranceId};
use massive_report::grouped;
use regex::Regex;
use serde::Serialize;

use super::judged::ShownJudgment;
use crate::args::{CheckFormat, CorpusGrepArgs, Global};
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output;

/// The document `massive-corpus-grep/1` (`schemas/corpus-grep.schema.json`).
#[derive(Serialize)]
struct GrepDocument<'a> {
    format: &'static str,
    pattern: &'a str,
    matches: Vec<Match>,
}

/// An utterance that matches.
#[derive(Serialize)]
struct Match {
    id: String,
    locale: &'static str,
    partition: &'static str,
    intent: Option<String>,
    utt: String,
    annot_utt: Option<String>,
    /// What matched, as byte ranges of `utt`.
    spans: Vec<[usize; 2]>,
    /// The English source, where the corpus has it.
    english: Option<String>,
    /// What the judges said; `None` of a row that was not judged.
    judgments: Option<Vec<ShownJudgment>>,
    #[serde(skip)]
    key: (Locale, UtteranceId),
}

/// What is looked for.
struct Query {
    pattern: Regex,
    slot: Option<SlotName>,
    intent: Option<Intent>,
    locales: LocaleFilter,
}

impl Query {
    fn of(args: &CorpusGrepArgs) -> Result<Query> {
        let pattern = Regex::new(&args.pattern).map_err(|error| {
            Failure::CannotRun(format!("`{}` is not a regular expression: {error}", args.pattern))
        })?;
        let policy =
            if args.rows.source.open_labels { LabelPolicy::Open } else { LabelPolicy::Closed };
        let unknown = |error: massive_data::UnknownLabel| Failure::CannotRun(error.to_string());
        Ok(Query {
            pattern,
            slot: args
                .slot
                .as_deref()
                .map(|name| SlotName::parse(name, policy))
                .transpose()
                .map_err(unknown)?,
            intent: args
                .intent
                .as_deref()
                .map(|name| Intent::parse(name, policy))
                .transpose()
                .map_err(unknown)?,
            locales: args.rows.chosen_locales()?.set,
        })
    }

    /// What matches in an utterance; `None` if it is not to be listed.
    fn spans(&self, utterance: &Utterance<'_>) -> Option<Vec<[usize; 2]>> {
        if !self.locales.contains(utterance.locale()) {
            return None;
        }
        let intent = utterance.gold().map(|gold| &gold.intent);
        if self.intent.is_some() && self.intent.as_ref() != intent {
            return None;
        }
        let spans: Vec<[usize; 2]> = match &self.slot {
            None => self.within(utterance.utt(), 0..utterance.utt().len()).collect(),
            Some(wanted) => utterance
                .slots()
                .into_iter()
                .filter(|slot| slot.name == wanted)
                .flat_map(|slot| self.within(utterance.utt(), slot.bytes).collect::<Vec<_>>())
                .collect(),
        };
        (!spans.is_empty()).then_some(spans)
    }

    fn within<'t>(&'t self, text: &'t str, part: Range<usize>) -> impl Iterator<Item = [usize; 2]> {
        let from = part.start;
        let found = self.pattern.find_iter(&text[part]);
        found.map(move |found| [from + found.start(), from + found.end()])
    }
}

pub(crate) fn run(args: &CorpusGrepArgs, global: &Global) -> Result<()> {
    let query = Query::of(args)?;
    // The English source is read along, before or after its translations.
    let source = LocaleFilter::from_iter([Locale::EN_US]);
    let (corpus, progress) = super::open(&args.rows, source, global)?;
    let mut matches: Vec<Match> = Vec::new();
    let mut english: HashMap<UtteranceId, String> = HashMap::new();
    let report = corpus.for_each(
        |utterance| {
            let found = query.spans(&utterance).map(|spans| Match::of(&utterance, spans));
            let source = (utterance.locale() == Locale::EN_US)
                .then(|| (utterance.id().clone(), utterance.utt().to_owned()));
            Ok((found, source))
        },
        |_, (found, source)| {
            matches.extend(found);
            english.extend(source);
            Ok(())
        },
    )?;
    drop(progress);
    super::account(&args.rows, &report, global)?;
    matches.sort_by(|a, b| a.key.cmp(&b.key));
    for found in &mut matches {
        found.english = english.get(&found.key.1).cloned();
    }
    output::remark(global, &format!("{} utterances", grouped(matches.len() as u64)));
    output::print(&match args.format {
        CheckFormat::Json => json(&GrepDocument {
            format: "massive-corpus-grep/1",
            pattern: &args.pattern,
            matches,
        })?,
        CheckFormat::Table => render(&matches, output::coloured(global)),
    })
}

impl Match {
    fn of(utterance: &Utterance<'_>, spans: Vec<[usize; 2]>) -> Match {
        let gold = utterance.gold();
        Match {
            id: utterance.id().to_string(),
            locale: utterance.locale().tag(),
            partition: utterance.partition().name(),
            intent: gold.map(|gold| gold.intent.to_string()),
            utt: utterance.utt().to_owned(),
            annot_utt: gold.map(|gold| gold.annotation.as_str().to_owned()),
            spans,
            english: None,
            judgments: ShownJudgment::all_of(utterance),
            key: (utterance.locale(), utterance.id().clone()),
        }
    }
}

/// Two lines a match: the utterance with its slots, and the English below.
fn render(matches: &[Match], colour: bool) -> String {
    let mut text = String::new();
    for found in matches {
        // With slots shown the spans of `utt` cannot be marked, without they can.
        let shown = match &found.annot_utt {
            Some(annotation) if !colour => annotation.clone(),
            _ => highlighted(found, colour),
        };
        let intent = found.intent.as_deref().unwrap_or("–");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} {:>5}  {:8}  {intent}: {shown}",
            found.locale, found.id, found.partition
        );
        if let Some(english) = found.english.as_ref().filter(|_| found.key.0 != Locale::EN_US) {
            let _ = writeln!(text, "{:23}en-US: {english}", "");
        }
    }
    text
}

/// The utterance with what matched in bold red, as grep has it.
fn highlighted(found: &Match, colour: bool) -> String {
    if !colour {
        return found.utt.clone();
    }
    let mut text = String::new();
    let mut from = 0;
    for &[start, end] in &found.spans {
        text.push_str(&found.utt[from..start]);
        if start < end {
            let _ = write!(text, "\x1b[1;31m{}\x1b[0m", &found.utt[start..end]);
        }
        from = end;
    }
    text.push_str(&found.utt[from..]);
    text
}
