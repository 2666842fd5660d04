//! The gold of a corpus in memory, for counting predictions in parts: each place that
//! counts has it once, and counting is a pure function of it and the predictions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use massive_data::{
    Corpus, Detail, LabelMode, LocaleSet, Partition, Prediction, ReadReport, Utterance,
};

use crate::counts_header::CountsHeader;
use crate::counts_parts::CountsPart;
use crate::error::{Error, Result};
use crate::evaluation::{MissingRows, Settings};
use crate::row_counts::{GoldRow, RowCounts, score_row};
use crate::submission::{InputForm, Key, Submission};

/// How many rows a message lists.
const LISTED: usize = 10;

/// The gold of the selected rows of a corpus.
#[derive(Debug)]
pub struct GoldRows {
    rows: HashMap<Key, Utterance<'static>>,
    by_locale: BTreeMap<String, u64>,
    settings: Settings,
}

impl GoldRows {
    /// Reads the selected rows, which are those of `partition`.
    ///
    /// # Errors
    /// A corpus that cannot be read, has no such rows or holds one twice.
    pub fn read(corpus: &Corpus, partition: Partition, labels: LabelMode) -> Result<Self> {
        let mut rows = HashMap::new();
        let mut by_locale: BTreeMap<String, u64> = BTreeMap::new();
        let mut twice = None;
        let report = corpus.clone().detail(Detail::Labels).for_each(
            |utterance| Ok(utterance.into_owned()),
            |_, utterance| {
                let key = (utterance.locale(), utterance.id().clone());
                *by_locale.entry(key.0.tag().to_owned()).or_default() += 1;
                if rows.insert(key.clone(), utterance).is_some() {
                    twice = Some(key);
                }
                Ok(())
            },
        )?;
        if let Some((locale, id)) = twice {
            return Err(Error::request(format!("the corpus has utterance {id} of {locale} twice")));
        }
        let filter = corpus.judgment_filter().clone();
        // What is skipped is counted; what it was is told when the corpus is read alone.
        let report = Arc::new(ReadReport { examples: Vec::new(), ..report });
        let missing_rows = MissingRows::Error;
        let input = InputForm::default();
        let settings = Settings { partition, labels, input, missing_rows, filter, report };
        Ok(GoldRows { rows, by_locale, settings })
    }

    /// Counts predictions of a system. Those of locales that were not selected are
    /// left aside.
    ///
    /// # Errors
    /// Predictions for which there is no row.
    pub fn count(&self, submission: &Submission, system: &str) -> Result<CountsPart> {
        let selected = self.locales()?;
        let predicted = submission.locales().intersection(&selected);
        let mut rows = Vec::with_capacity(submission.predictions().len());
        let mut unknown = Vec::new();
        for (index, stored) in submission.predictions().iter().enumerate() {
            if !selected.contains(stored.key.0) {
                continue;
            }
            let Some(utterance) = self.rows.get(&stored.key) else {
                unknown.push(index);
                continue;
            };
            let prediction = Prediction {
                id: stored.key.1.clone(),
                locale: stored.key.0,
                intent: stored.intent.as_ref().map(|intent| intent.as_str().into()),
                slots: stored.slots.clone(),
            };
            let mut row = score_row(utterance, Some(&prediction), self.settings.labels)?;
            row.losses.unread |= stored.losses.unread;
            row.losses.unplaced += stored.losses.unplaced;
            rows.push(row);
        }
        if !unknown.is_empty() {
            return Err(self.unknown(submission, &unknown));
        }
        let settings = Settings { input: submission.input().clone(), ..self.settings.clone() };
        Ok(CountsPart {
            name: system.to_owned(),
            header: CountsHeader::new(&settings, self.rows_of(&predicted))?,
            systems: BTreeMap::from([(system.to_owned(), rows)]),
        })
    }

    /// What holds for rows of these locales that are counted against this gold; of all
    /// that are here where none are given.
    ///
    /// # Errors
    /// Those of [`CountsHeader::of`].
    pub fn header(
        &self,
        locales: Option<&LocaleSet>,
        missing: MissingRows,
    ) -> Result<CountsHeader> {
        let rows = match locales {
            Some(locales) => self.rows_of(locales),
            None => self.by_locale.clone(),
        };
        CountsHeader::new(&Settings { missing_rows: missing, ..self.settings.clone() }, rows)
    }

    /// The rows of these locales as those without a prediction are counted.
    ///
    /// # Errors
    /// Rows without gold labels.
    pub fn missing(&self, locales: &LocaleSet) -> Result<Vec<RowCounts>> {
        let rows = self.rows.values().filter(|row| locales.contains(row.locale()));
        rows.map(|row| Ok(GoldRow::of(row, self.settings.labels)?.missing())).collect()
    }

    fn locales(&self) -> Result<LocaleSet> {
        let tags = self.by_locale.keys();
        Ok(tags
            .map(|tag| tag.parse())
            .collect::<massive_data::Result<Vec<_>>>()?
            .into_iter()
            .collect())
    }

    fn rows_of(&self, locales: &LocaleSet) -> BTreeMap<String, u64> {
        let tags: Vec<&str> = locales.iter().map(|locale| locale.tag()).collect();
        let rows = self.by_locale.iter().filter(|(tag, _)| tags.contains(&tag.as_str()));
        rows.map(|(tag, &rows)| (tag.clone(), rows)).collect()
    }

    fn unknown(&self, submission: &Submission, unknown: &[usize]) -> Error {
        let listed = unknown.iter().take(LISTED).map(|&index| {
            let (locale, id) = &submission.predictions()[index].key;
            format!("{locale} {id}")
        });
        let listed: Vec<String> = listed.collect();
        Error::request(format!(
            "{} predictions are of rows that partition {} does not have: {}{}",
            unknown.len(),
            self.settings.partition,
            listed.join(", "),
            if unknown.len() > LISTED { ", …" } else { "" }
        ))
    }
}
