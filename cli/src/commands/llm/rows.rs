//! The rows that are asked about, and how prompts are made of them.

use std::collections::BTreeMap;
use std::time::Duration;

use massive_data::{LocaleFilter, Partition, Selection};
use massive_lm::endpoint::{Api, Endpoint, EndpointOptions, Key, Prompt, Sampling};
use massive_lm::prompt::Template;
use massive_lm::row::{Names, Row};
use massive_lm::shots::{FixedShots, NearestShots, NoShots, Pick, ShotPicker};

use super::super::submission;
use crate::args::{CorpusArgs, EndpointArgs, Global, PriceSource, PromptArgs, SourceArgs};
use crate::failure::{Failure, Result};

/// The selected rows, in the corpus's order.
pub(in crate::commands) fn read(
    source: &SourceArgs,
    selection: Selection,
    global: &Global,
) -> Result<Vec<Row>> {
    let (opened, progress) = submission::open_corpus(source, selection, global)?;
    let mut rows = Vec::new();
    let report = opened.fold(
        Vec::new,
        |rows, _, utterance| {
            rows.push(Row::of(&utterance));
            Ok(())
        },
        |_, _, block| {
            rows.extend(block);
            Ok(())
        },
    )?;
    drop(progress);
    submission::list_skipped(&report, global);
    Ok(rows)
}

/// The rows that are asked about.
pub(super) fn asked(corpus: &CorpusArgs, global: &Global) -> Result<Vec<Row>> {
    let locales = corpus.chosen_locales(LocaleFilter::ALL)?;
    let rows = read(&corpus.source, corpus.selection(&locales), global)?;
    if rows.is_empty() {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {}",
            corpus.partition
        )));
    }
    Ok(rows)
}

/// What makes prompts.
pub(super) struct Prompter {
    template: Template,
    pickers: BTreeMap<String, Box<dyn ShotPicker>>,
    from: Option<String>,
}

impl Prompter {
    /// Reads template and examples.
    pub(super) fn new(
        args: &PromptArgs,
        api: Api,
        corpus: &CorpusArgs,
        rows: &[Row],
        global: &Global,
    ) -> Result<Prompter> {
        let names = Names::release();
        let template = match &args.template {
            Some(path) => {
                let source = std::fs::read_to_string(path).map_err(|error| {
                    Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
                })?;
                let name = path.display().to_string();
                Template::parse(&name, &source, api, args.form, names)?
            }
            None => Template::default_for(api, args.form, names)?,
        };
        let from = args.shots_from.map(|locale| locale.to_string());
        let mut pickers: BTreeMap<String, Box<dyn ShotPicker>> = BTreeMap::new();
        if args.shots > 0 {
            let mut train: BTreeMap<String, Vec<Row>> = BTreeMap::new();
            let locales = match args.shots_from {
                Some(locale) => [locale].into_iter().collect(),
                None => corpus.chosen_locales(LocaleFilter::ALL)?.set,
            };
            let selection = Selection { locales, partition: Some(Partition::Train) };
            let source = match &args.shots_corpus {
                Some(path) => SourceArgs::whole(path.clone()),
                None => corpus.source.clone(),
            };
            for row in read(&source, selection, global)? {
                train.entry(row.locale.clone()).or_default().push(row);
            }
            for (locale, rows) in train {
                pickers.insert(locale, picker(args, rows));
            }
            let needed = rows.iter().map(|row| from.as_ref().unwrap_or(&row.locale));
            if let Some(missing) = needed.into_iter().find(|locale| !pickers.contains_key(*locale))
            {
                return Err(Failure::CannotRun(format!(
                    "the corpus has no train rows of {missing}, which the examples are taken from; \
                     --shots-corpus names another corpus, --shots-from another locale"
                )));
            }
        }
        Ok(Prompter { template, pickers, from })
    }

    /// The examples for a row.
    pub(super) fn shots(&self, row: &Row) -> Vec<&Row> {
        let locale = self.from.as_ref().unwrap_or(&row.locale);
        match self.pickers.get(locale) {
            Some(picker) => picker.pick(row),
            None => NoShots.pick(row),
        }
    }

    /// The prompt for a row.
    pub(super) fn prompt(&self, row: &Row) -> massive_lm::Result<Prompt> {
        self.template.render(row, &self.shots(row))
    }

    /// How tokens are drawn.
    pub(super) fn sampling(&self, args: &PromptArgs) -> Sampling {
        Sampling {
            temperature: args.temperature,
            top_p: args.top_p,
            seed: args.draw_seed,
            max_tokens: args.max_tokens,
            stop: if args.stop.is_empty() { self.template.stops() } else { args.stop.clone() },
        }
    }
}

fn picker(args: &PromptArgs, rows: Vec<Row>) -> Box<dyn ShotPicker> {
    match args.pick {
        Pick::Nearest => Box::new(NearestShots::index(rows, args.shots)),
        pick => {
            let per_intent = pick == Pick::PerIntent;
            Box::new(FixedShots::draw(&rows, args.shots, per_intent, args.draw_seed))
        }
    }
}

/// The endpoint, with the key that the environment has.
pub(in crate::commands) fn endpoint(args: &EndpointArgs, connections: usize) -> Result<Endpoint> {
    let key = ["MASSIVE_API_KEY", "OPENAI_API_KEY"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|key| !key.trim().is_empty()));
    let key = key.map(|key| Key::new(&key)).transpose()?.flatten();
    let timeout = Duration::from_secs_f64(args.timeout.min(86_400.0));
    Ok(Endpoint::new(EndpointOptions {
        address: args.endpoint.clone(),
        model: args.model.clone(),
        api: args.api,
        key,
        streaming: !args.no_streaming,
        timeout,
        total_timeout: timeout * 10,
        connections,
    })?)
}

/// The price of a model.
pub(super) fn price(
    source: Option<&PriceSource>,
    model: &str,
) -> Result<Option<massive_lm::budget::Price>> {
    match source {
        None => Ok(None),
        Some(PriceSource::Given(price)) => Ok(Some(*price)),
        Some(PriceSource::File(path)) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
            })?;
            massive_lm::budget::price_from_toml(&text, model)
                .map(Some)
                .map_err(|error| Failure::CannotRun(format!("{}: {error}", path.display())))
        }
    }
}
