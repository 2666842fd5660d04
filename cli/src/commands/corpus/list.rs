//! `massive corpus list`

use massive_data::{JudgedScore, JudgmentFilter, Locale, LocaleFilter, Utterance, UtteranceId};
use massive_report::grouped;
use massive_report::sheet::{self, Cell, Sheet};
use massive_report::xlsx;
use serde::Serialize;

use super::judged::{JUDGED, ShownJudgment, judged_cells};
use crate::args::{CorpusListArgs, Global, ListFormat};
use crate::commands::score::json;
use crate::destination::Destination;
use crate::failure::Result;
use crate::output;
use crate::table::{Align, TextTable};

/// The document `massive-corpus-list/1` (`schemas/corpus-list.schema.json`).
#[derive(Serialize)]
struct ListDocument {
    format: &'static str,
    /// Only rows that do not pass the filter.
    rejected: bool,
    /// The filter, as signatures name it.
    filter: String,
    rows: Vec<Listed>,
}

/// A row of the list.
#[derive(Serialize)]
struct Listed {
    id: String,
    locale: &'static str,
    partition: &'static str,
    intent: Option<String>,
    utt: String,
    annot_utt: Option<String>,
    judgments: Option<Vec<ShownJudgment>>,
    #[serde(skip)]
    key: (Locale, UtteranceId),
}

const HEADER: [&str; 6] = ["locale", "id", "partition", "intent", "utt", "annot_utt"];

pub(crate) fn run(args: &CorpusListArgs, global: &Global) -> Result<()> {
    let destination = Destination::prepare(&args.output)?;
    let filter = filter(args)?;
    let (corpus, progress) = super::open(&args.rows, LocaleFilter::NONE, global)?;
    // Those that the filter keeps back are wanted here.
    let corpus = corpus.filter(JudgmentFilter::default());
    let mut rows = Vec::new();
    let report = corpus.for_each(
        |utterance| {
            let is_judged = !args.rejected || judged(&utterance);
            let wanted = is_judged && filter.keeps(&utterance) != args.rejected;
            Ok(wanted.then(|| Listed::of(&utterance)))
        },
        |_, row| {
            rows.extend(row);
            Ok(())
        },
    )?;
    drop(progress);
    super::account(&args.rows, &report, global)?;
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    let (found, all) = (grouped(rows.len() as u64), grouped(report.rows));
    output::remark(global, &format!("{found} of {all} rows"));
    let text = match destination.form {
        ListFormat::Json => json(&ListDocument {
            format: "massive-corpus-list/1",
            rejected: args.rejected,
            filter: filter.to_string(),
            rows,
        })?,
        ListFormat::Table => table(&rows),
        ListFormat::Csv => sheet::csv(&sheets(&rows)),
        ListFormat::Xlsx => {
            return destination.write(xlsx::book(&sheets(&rows))?);
        }
    };
    destination.write(text)
}

/// What rows have to pass: where nothing is said, that half of the judges accept
/// intent and slots.
fn filter(args: &CorpusListArgs) -> Result<JudgmentFilter> {
    let filter = args.rows.source.judgments.filter()?;
    if !args.rejected || filter.is_active() {
        return Ok(filter);
    }
    Ok(filter.at_least(JudgedScore::Intent, 0.5)?.at_least(JudgedScore::Slots, 0.5)?)
}

/// What nobody judged is not rejected.
fn judged(utterance: &Utterance<'_>) -> bool {
    let review = utterance.gold().and_then(|gold| gold.review.as_ref());
    review.is_some_and(|review| !review.judgments.is_empty())
}

impl Listed {
    fn of(utterance: &Utterance<'_>) -> Listed {
        let gold = utterance.gold();
        Listed {
            id: utterance.id().to_string(),
            locale: utterance.locale().tag(),
            partition: utterance.partition().name(),
            intent: gold.map(|gold| gold.intent.to_string()),
            utt: utterance.utt().to_owned(),
            annot_utt: gold.map(|gold| gold.annotation.as_str().to_owned()),
            judgments: ShownJudgment::all_of(utterance),
            key: (utterance.locale(), utterance.id().clone()),
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            Cell::from(self.locale),
            self.id.as_str().into(),
            self.partition.into(),
            self.intent.as_deref().into(),
            self.utt.as_str().into(),
            self.annot_utt.as_deref().into(),
        ];
        let judgments = judged_cells(self.judgments.as_deref().unwrap_or_default());
        cells.extend(judgments.iter().map(|text| Cell::from(text.as_str())));
        cells
    }
}

fn sheets(rows: &[Listed]) -> Vec<Sheet> {
    vec![Sheet {
        name: "rows".to_owned(),
        header: HEADER.into_iter().chain(JUDGED).map(str::to_owned).collect(),
        rows: rows.iter().map(Listed::cells).collect(),
    }]
}

fn table(rows: &[Listed]) -> String {
    let names =
        ["locale", "id", "intent", "intent scores", "slots", "grammar", "spelling", "utterance"];
    let align = |name: &str| if name == "id" { Align::Right } else { Align::Left };
    let mut table = TextTable::new(names.map(|name| (name.to_owned(), align(name))).to_vec());
    for row in rows {
        let [_, intents, slots, grammar, spelling, _] =
            judged_cells(row.judgments.as_deref().unwrap_or_default());
        let text = row.annot_utt.as_ref().unwrap_or(&row.utt).clone();
        let intent = row.intent.clone().unwrap_or_default();
        table.push(vec![
            row.locale.to_owned(),
            row.id.clone(),
            intent,
            intents,
            slots,
            grammar,
            spelling,
            text,
        ]);
    }
    table.plain()
}
