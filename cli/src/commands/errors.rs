//! `massive errors`

mod matches;

use std::collections::BTreeMap;
use std::io::IsTerminal;

use massive_data::{Intent, Scenario, SlotName};
use massive_eval::errors::{ErrorFilter, ErrorsDocument, Listing, Second};
use massive_eval::{Analysis, AnalysisOptions, Breakdown, MissingRows, Submission};
use massive_report::errors::listing::{self, ListingOptions};
use massive_report::errors::{sheet, summary};
use massive_report::{grouped, html, sheet as sheets_of, xlsx};
use regex::Regex;

use super::{score, submission};
use crate::args::{ErrorsArgs, ErrorsFormat, Global, OnlyWrong};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile};

/// The suffixes of the forms of errors.
const FORMS: [(&str, ErrorsFormat); 6] = [
    ("txt", ErrorsFormat::Table),
    ("json", ErrorsFormat::Json),
    ("csv", ErrorsFormat::Csv),
    ("xlsx", ErrorsFormat::Xlsx),
    ("html", ErrorsFormat::Html),
    ("htm", ErrorsFormat::Html),
];

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
    if request.format == ErrorsFormat::Xlsx && args.output.is_none() {
        return Err(form::no_file());
    }
    let file = args.output.as_deref().map(PendingFile::create).transpose()?;
    let analysis = analyse(args, &request, global)?;
    matches::refuse_unknown(&request, &analysis)?;
    let document = request.document(args, &analysis);
    matches::remark_on_nothing(args, &request, &analysis, &document, global);
    let width = if file.is_some() { 100 } else { output::width() };
    let coloured = file.is_none() && output::coloured(global);
    let text = match request.format {
        ErrorsFormat::Table if document.summary.is_some() => summary::render(&document, width),
        ErrorsFormat::Table => {
            let anchored = file.is_none() && std::io::stdout().is_terminal();
            listing::render(&document, ListingOptions { width, colour: coloured, anchored })
        }
        ErrorsFormat::Json => score::json(&document)?,
        ErrorsFormat::Csv => csv(&document),
        ErrorsFormat::Html => {
            html::sheets::render(&title(args), &about(&document), &sheet::sheets(&document))
        }
        ErrorsFormat::Xlsx => {
            let book = xlsx::book(&sheet::sheets(&document))?;
            return file.map_or(Ok(()), |file| file.finish_with(&book));
        }
    };
    match file {
        Some(file) => file.finish_with(text.as_bytes()),
        None => output::print(&text),
    }?;
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

/// The submission whose errors are listed, and the one that it is held against.
fn read(args: &ErrorsArgs, global: &Global) -> Result<(Submission, Vec<Submission>)> {
    let first = submission::read_whole(&args.predictions, &args.corpus, global)?;
    let Some(against) = &args.against else { return Ok((first, Vec::new())) };
    let second = submission::read_whole(std::slice::from_ref(against), &args.corpus, global)?;
    Ok(match args.only {
        Some(OnlyWrong::BWrong) => (second, vec![first]),
        _ => (first, vec![second]),
    })
}

fn analyse(args: &ErrorsArgs, request: &Request, global: &Global) -> Result<Analysis> {
    let (predictions, others) = read(args, global)?;
    let locales = args.corpus.chosen_locales(predictions.locales().clone())?;
    let selection = args.corpus.selection(&locales);
    let (corpus, progress) = submission::open_corpus(&args.corpus.source, selection, global)?;
    let partition = args.corpus.partition;
    let missing_rows: MissingRows = args.missing.into();
    let options = AnalysisOptions {
        partition,
        labels: args.labels,
        missing_rows,
        train: request.by.iter().any(|by| by.needs_train()),
    };
    let second: Vec<&Submission> = others.iter().collect();
    let analysis = Analysis::run(&corpus, &predictions, &second, options)?;
    drop(progress);
    let evaluation = &analysis.evaluation;
    submission::list_skipped(&evaluation.report, global);
    let unknown = evaluation.problems.unknown.len();
    let found = evaluation.locales();
    submission::demand(&locales, &found, partition, unknown, &evaluation.report)?;
    let stop = missing_rows == MissingRows::Error;
    if let Some(message) =
        submission::obstacles(evaluation, stop, &corpus, &predictions, partition)?
    {
        return Err(Failure::CheckFailed(message));
    }
    for (evaluation, predictions) in analysis.others.iter().zip(&others) {
        if let Some(message) =
            submission::obstacles(evaluation, stop, &corpus, predictions, partition)?
        {
            return Err(Failure::CheckFailed(format!("the other system: {message}")));
        }
    }
    submission::warn_of_misread(None, &submission::misread(evaluation, &predictions), global);
    Ok(analysis)
}

impl Request {
    fn of(args: &ErrorsArgs) -> Result<Request> {
        let pattern = args.grep.as_deref().map(|pattern| {
            Regex::new(pattern).map_err(|error| {
                Failure::CannotRun(format!("`{pattern}` is not a regular expression: {error}"))
            })
        });
        let format =
            form::chosen(args.format, args.output.as_deref(), &FORMS, ErrorsFormat::Table)?;
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
