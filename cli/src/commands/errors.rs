//! `massive errors`

mod matches;

use std::collections::BTreeMap;
use std::io::IsTerminal;

use massive_data::{Intent, Scenario, SlotName};
use massive_eval::errors::{ErrorFilter, ErrorsDocument, Listing, Second};
use massive_eval::request::{Analysed, AnalysisRequest};
use massive_eval::{Analysis, AnalysisOptions, Breakdown};
use massive_report::errors::listing::{self, ListingOptions};
use massive_report::errors::{sheet, summary};
use massive_report::{grouped, html, sheet as sheets_of, xlsx};
use regex::Regex;

use super::submission::OnTerminal;
use super::{score, submission};
use crate::args::{ErrorsArgs, ErrorsFormat, Global, OnlyWrong};
use crate::destination::{Destination, form_of};
use crate::failure::{Failure, Result};
use crate::output;

/// Utterances that a table lists unless told otherwise.
const LIMIT: usize = 50;

/// Tests a text for a pattern.
type Test<'p> = Box<dyn Fn(&str) -> bool + Sync + 'p>;

/// What was asked for, read from the flags.
struct Request {
    slots: Vec<SlotName>,
    intents: Vec<Intent>,
    scenarios: Vec<Scenario>,
    pattern: Option<Regex>,
    /// The breakdowns; none for a list.
    by: Vec<Breakdown>,
    format: ErrorsFormat,
}

pub(crate) fn run(args: &ErrorsArgs, global: &Global) -> Result<()> {
    let request = Request::of(args)?;
    let destination = Destination::prepare(&args.output)?;
    let analysis = analysed(args, &request, global)?;
    matches::refuse_unknown(&request, &analysis)?;
    let document = request.document(args, &analysis);
    matches::remark_on_nothing(args, &request, &analysis, &document, global);
    let (width, colour) = (destination.width(100), destination.coloured(global));
    let text = match request.format {
        ErrorsFormat::Table if document.summary.is_some() => summary::render(&document, width),
        ErrorsFormat::Table => {
            let anchored = !destination.is_file() && std::io::stdout().is_terminal();
            listing::render(&document, ListingOptions { width, colour, anchored })
        }
        ErrorsFormat::Json => score::json(&document)?,
        ErrorsFormat::Csv => csv(&document),
        ErrorsFormat::Html => {
            html::sheets::render(&title(args), &about(&document), &sheet::sheets(&document))
        }
        ErrorsFormat::Xlsx => {
            return destination.write(xlsx::book(&sheet::sheets(&document))?);
        }
    };
    destination.write(text)?;
    remark_on_the_rest(&document, global);
    Ok(())
}

/// What a page of errors is called.
fn title(args: &ErrorsArgs) -> String {
    let names: Vec<String> = args.predictions.iter().map(|path| submission::name(path)).collect();
    format!("Errors of {}", names.join(", "))
}

/// What a page of errors is of: the filters, and how much was found.
fn about(document: &ErrorsDocument) -> Vec<String> {
    let filters = document.filters.iter().map(|(name, values)| {
        let values =
            if values.len() > 5 { format!("{} of them", values.len()) } else { values.join(", ") };
        format!("{name}: {values}")
    });
    let mut notes = vec![filters.collect::<Vec<String>>().join(" · ")];
    notes.extend(document.errors.as_ref().map(|errors| {
        let (listed, found) = (grouped(errors.listed), grouped(errors.found));
        format!("{listed} of {found} utterances with such errors")
    }));
    notes
}

/// The list, or the breakdowns without what was confused, which has other
/// columns.
fn csv(document: &ErrorsDocument) -> String {
    let sheets = sheet::sheets(document);
    sheets_of::csv(sheets.iter().filter(|sheet| sheet.name != "confusion"))
}

/// Says how many utterances are not listed.
fn remark_on_the_rest(document: &ErrorsDocument, global: &Global) {
    if let Some(errors) = &document.errors
        && errors.found > 0
    {
        let more = if errors.listed < errors.found { " (--limit 0 lists all)" } else { "" };
        let (listed, found) = (grouped(errors.listed), grouped(errors.found));
        output::remark(global, &format!("{listed} of {found} utterances with such errors{more}"));
    }
}

/// What is to be analysed: of two systems that whose errors are listed is the
/// first.
fn analysed(args: &ErrorsArgs, request: &Request, global: &Global) -> Result<Analysis> {
    let (first, second) = (args.predictions.clone(), args.against.iter().cloned().collect());
    let swapped = args.against.is_some() && args.only == Some(OnlyWrong::BWrong);
    let (predictions, against) = if swapped { (second, first) } else { (first, second) };
    let request = AnalysisRequest {
        predictions,
        against,
        rows: args.corpus.rows()?,
        options: AnalysisOptions {
            partition: args.corpus.partition,
            labels: args.labels,
            missing_rows: args.missing.into(),
            train: request.by.iter().any(|by| by.needs_train()),
        },
    };
    let Analysed { analysis, misreadings } = request.run(&OnTerminal::new(global))?;
    submission::warn_of_misread(&misreadings, global);
    Ok(analysis)
}

impl Request {
    fn of(args: &ErrorsArgs) -> Result<Request> {
        let pattern = args.grep.as_deref().map(|pattern| {
            Regex::new(pattern).map_err(|error| {
                Failure::CannotRun(format!("`{pattern}` is not a regular expression: {error}"))
            })
        });
        let format = form_of(&args.output)?;
        Ok(Request {
            slots: args.slot.iter().map(|name| SlotName::open(name.trim())).collect(),
            intents: args.intent.iter().map(|name| Intent::open(name.trim())).collect(),
            scenarios: args.scenario.iter().map(|name| Scenario::open(name.trim())).collect(),
            pattern: pattern.transpose()?,
            by: breakdowns(args)?,
            format,
        })
    }

    /// The filter, which borrows `test`.
    fn filter<'f>(&'f self, args: &'f ErrorsArgs, test: &'f Option<Test<'f>>) -> ErrorFilter<'f> {
        ErrorFilter {
            slots: &self.slots,
            classes: &args.class,
            intents: &self.intents,
            scenarios: &self.scenarios,
            text: test.as_deref(),
            second: args.against.as_ref().map(|_| match args.only {
                Some(OnlyWrong::Both) => Second::Wrong,
                _ => Second::Right,
            }),
        }
    }

    /// What tests a text for the pattern.
    fn test(&self) -> Option<Test<'_>> {
        let pattern = self.pattern.as_ref()?;
        Some(Box::new(|text: &str| pattern.is_match(text)))
    }

    fn document(&self, args: &ErrorsArgs, analysis: &Analysis) -> ErrorsDocument {
        let test = self.test();
        let filter = self.filter(args, &test);
        let filters = self.filters(args, analysis);
        if !self.by.is_empty() {
            return ErrorsDocument::summary(analysis, filter, filters, &self.by);
        }
        let limit = match args.limit {
            Some(0) => None,
            Some(limit) => Some(limit),
            // A sample says itself how much is wanted.
            None => (self.format == ErrorsFormat::Table && args.sample.is_none()).then_some(LIMIT),
        };
        let listing = Listing { sample: args.sample.map(|size| (size, args.seed)), limit };
        ErrorsDocument::list(analysis, filter, filters, listing)
    }

    /// The filters by the names of their options.
    fn filters(&self, args: &ErrorsArgs, analysis: &Analysis) -> BTreeMap<String, Vec<String>> {
        let texts = |list: &[String]| -> Vec<String> {
            list.iter().map(|name| name.trim().to_owned()).collect()
        };
        let locales = analysis.evaluation.locales();
        let sample = args.sample.map(|size| format!("{size}@{}", args.seed));
        [
            ("locales", locales.iter().map(|locale| locale.tag().to_owned()).collect()),
            ("slot", texts(&args.slot)),
            ("class", args.class.iter().map(|class| class.name().to_owned()).collect()),
            ("intent", texts(&args.intent)),
            ("scenario", texts(&args.scenario)),
            ("grep", args.grep.iter().cloned().collect()),
            ("only", args.against.iter().map(|_| only(args).to_owned()).collect()),
            ("sample", sample.into_iter().collect()),
        ]
        .into_iter()
        .filter(|(_, values): &(_, Vec<String>)| !values.is_empty())
        .map(|(name, values)| (name.to_owned(), values))
        .collect()
    }
}

/// Which utterances of two systems are listed.
fn only(args: &ErrorsArgs) -> &'static str {
    match args.only {
        None | Some(OnlyWrong::AWrong) => "a-wrong",
        Some(OnlyWrong::BWrong) => "b-wrong",
        Some(OnlyWrong::Both) => "both",
    }
}

/// The breakdowns that were asked for.
fn breakdowns(args: &ErrorsArgs) -> Result<Vec<Breakdown>> {
    if args.by.is_empty() {
        let default = [Breakdown::Slot, Breakdown::Locale];
        return Ok(if args.summary { default.to_vec() } else { Vec::new() });
    }
    let mut by = Vec::new();
    for name in &args.by {
        let named = match name.trim() {
            "all" => Breakdown::ALL.to_vec(),
            name => vec![name.parse()?],
        };
        by.extend(named);
    }
    let mut seen = Vec::new();
    by.retain(|by| {
        let new = !seen.contains(by);
        seen.push(*by);
        new
    });
    Ok(by)
}
