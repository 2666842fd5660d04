//! `massive corpus show`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use massive_data::{LocaleFilter, Method, SlotName, Utterance, UtteranceId};
use serde::Serialize;

use super::judged::ShownJudgment;
use crate::args::{CheckFormat, CorpusShowArgs, Global};
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable};

/// The document `massive-corpus-show/1` (`schemas/corpus-show.schema.json`).
#[derive(Serialize)]
struct ShowDocument {
    format: &'static str,
    utterances: Vec<Shown>,
}

/// One utterance in one locale.
#[derive(Serialize)]
struct Shown {
    id: String,
    locale: &'static str,
    partition: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    utt: String,
    slots: Vec<ShownSlot>,
    /// Slots of the English source that this row does not have, by method.
    lost_slots: Vec<LostSlot>,
    judgments: Option<Vec<ShownJudgment>>,
}

#[derive(Serialize)]
struct ShownSlot {
    slot: String,
    value: String,
    bytes: [usize; 2],
    graphemes: [usize; 2],
    method: Option<&'static str>,
}

#[derive(Serialize)]
struct LostSlot {
    slot: String,
    method: &'static str,
}

pub(crate) fn run(args: &CorpusShowArgs, global: &Global) -> Result<()> {
    let wanted: BTreeSet<UtteranceId> = args.ids.iter().cloned().collect();
    let (corpus, progress) = super::open(&args.rows, LocaleFilter::NONE, global)?;
    let mut found: BTreeMap<UtteranceId, Vec<Shown>> = BTreeMap::new();
    let report = corpus.for_each(
        |utterance| {
            let id = utterance.id();
            Ok(wanted.contains(id).then(|| (id.clone(), Shown::of(&utterance))))
        },
        |_, shown| {
            if let Some((id, shown)) = shown {
                found.entry(id).or_default().push(shown);
            }
            Ok(())
        },
    )?;
    drop(progress);
    super::account(&args.rows, &report, global)?;
    let lacking: Vec<String> =
        wanted.iter().filter(|id| !found.contains_key(*id)).map(UtteranceId::to_string).collect();
    if !lacking.is_empty() {
        return Err(Failure::CannotRun(format!(
            "no row of these locales and this partition has id {}",
            lacking.join(", ")
        )));
    }
    for rows in found.values_mut() {
        rows.sort_by_key(|row| row.locale);
    }
    output::print(&match args.format {
        CheckFormat::Json => json(&ShowDocument {
            format: "massive-corpus-show/1",
            utterances: found.into_values().flatten().collect(),
        })?,
        CheckFormat::Table => {
            found.iter().map(|(id, rows)| render(id, rows)).collect::<Vec<_>>().join("\n")
        }
    })
}

impl Shown {
    fn of(utterance: &Utterance<'_>) -> Shown {
        let gold = utterance.gold();
        let review = gold.and_then(|gold| gold.review.as_ref());
        let mut methods: Vec<(&SlotName, Method)> = review
            .map(|review| review.slot_methods.iter().map(|m| (&m.slot, m.method)).collect())
            .unwrap_or_default();
        let mut method_of = Methods::new(&mut methods);
        let slots = utterance
            .slots()
            .iter()
            .map(|slot| {
                let graphemes = slot.graphemes();
                ShownSlot {
                    slot: slot.name.to_string(),
                    value: slot.value.to_owned(),
                    bytes: [slot.bytes.start, slot.bytes.end],
                    graphemes: [graphemes.start, graphemes.end],
                    method: method_of.take(slot.name).map(Method::name),
                }
            })
            .collect();
        Shown {
            id: utterance.id().to_string(),
            locale: utterance.locale().tag(),
            partition: utterance.partition().name(),
            scenario: gold.map(|gold| gold.scenario.to_string()),
            intent: gold.map(|gold| gold.intent.to_string()),
            utt: utterance.utt().to_owned(),
            slots,
            lost_slots: method_of.untaken(),
            judgments: ShownJudgment::all_of(utterance),
        }
    }
}

/// The methods of a row, given out to its slots in order; the last of a name
/// serves all further slots of it, since the release often lists it once.
struct Methods<'m> {
    methods: &'m [(&'m SlotName, Method)],
    taken: Vec<bool>,
}

impl<'m> Methods<'m> {
    fn new(methods: &'m mut [(&'m SlotName, Method)]) -> Self {
        Methods { taken: vec![false; methods.len()], methods }
    }

    fn take(&mut self, name: &SlotName) -> Option<Method> {
        let of_name = |index: &usize| self.methods[*index].0 == name;
        let free = (0..self.methods.len()).filter(of_name).find(|&index| !self.taken[index]);
        let index = free.or_else(|| (0..self.methods.len()).rfind(of_name))?;
        self.taken[index] = true;
        Some(self.methods[index].1)
    }

    fn untaken(&self) -> Vec<LostSlot> {
        let untaken = self.methods.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        untaken
            .map(|((slot, method), _)| LostSlot { slot: slot.to_string(), method: method.name() })
            .collect()
    }
}

/// An id: what its locales share, then a row a locale, a column a slot.
fn render(id: &UtteranceId, rows: &[Shown]) -> String {
    let mut text = String::new();
    let mut shared: Vec<&str> = Vec::new();
    for row in rows {
        for name in [Some(row.partition), row.intent.as_deref()].into_iter().flatten() {
            if !shared.contains(&name) {
                shared.push(name);
            }
        }
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{id}  {}", shared.join("  "));
    let labels = columns(rows);
    let mut header =
        vec![("locale".to_owned(), Align::Left), ("utterance".to_owned(), Align::Left)];
    header.extend(labels.iter().map(|(label, _)| ((*label).to_owned(), Align::Left)));
    header.push(("judgments".to_owned(), Align::Left));
    let mut table = TextTable::new(header);
    for row in rows {
        let mut cells = vec![row.locale.to_owned(), row.utt.clone()];
        cells.extend(labels.iter().map(|&(label, nth)| slot_cell(row, label, nth)));
        cells.push(judgments_cell(row));
        table.push(cells);
    }
    text + &table.plain()
}

/// The slots of all locales, a column each; a name as often as one locale has it.
fn columns(rows: &[Shown]) -> Vec<(&str, usize)> {
    let mut columns: Vec<(&str, usize)> = Vec::new();
    // The order is the source's where it is there.
    let english = rows.iter().filter(|row| row.locale == "en-US");
    for row in english.chain(rows) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for slot in &row.slots {
            let nth = seen.entry(&slot.slot).or_default();
            if !columns.contains(&(slot.slot.as_str(), *nth)) {
                columns.push((&slot.slot, *nth));
            }
            *nth += 1;
        }
    }
    columns
}

fn slot_cell(row: &Shown, label: &str, nth: usize) -> String {
    match row.slots.iter().filter(|slot| slot.slot == label).nth(nth) {
        Some(slot) => match slot.method {
            Some(method) => format!("{} ({method})", slot.value),
            None => slot.value.clone(),
        },
        None => match row.lost_slots.iter().find(|lost| lost.slot == label) {
            Some(lost) => format!("– ({})", lost.method),
            None => "–".to_owned(),
        },
    }
}

/// The scores judge by judge, as `intent 1 1 1  grammar 4 3 4 …`.
fn judgments_cell(row: &Shown) -> String {
    let Some(judgments) = &row.judgments else { return String::new() };
    if judgments.is_empty() {
        return "none".to_owned();
    }
    let scores = |name: &str, of: fn(&ShownJudgment) -> u8| {
        let scores: Vec<String> =
            judgments.iter().map(|judgment| of(judgment).to_string()).collect();
        format!("{name} {}", scores.join(" "))
    };
    let mut languages: Vec<&str> =
        judgments.iter().map(|j| j.language_identification.unwrap_or("?")).collect();
    languages.dedup();
    [
        scores("intent", |judgment| judgment.intent_score),
        scores("slots", |judgment| judgment.slots_score),
        scores("grammar", |judgment| judgment.grammar_score),
        scores("spelling", |judgment| judgment.spelling_score),
        languages.join(" "),
    ]
    .join("  ")
}
