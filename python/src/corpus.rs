//! The corpus.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use massive_data::{
    BadLines, FormOptions, JudgedScore, JudgmentFilter, LabelMode, LabelPolicy, LocaleFilter,
    Partition, Selection, convert,
};
use massive_eval::GoldRows;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use crate::arrow_stream::Table;
use crate::failure::{Failure, Result};
use crate::gold::Gold;
use crate::utterance::Utterance;
use crate::work;

/// Blocks of rows that wait to be asked for.
const AHEAD: usize = 4;

/// Which rows of which corpus, and how they are read.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    path: PathBuf,
    locales: Option<String>,
    exclude_locales: Option<String>,
    partition: Option<String>,
    labels: String,
    open_labels: bool,
    skip_bad_lines: bool,
    locale: Option<String>,
    text_column: Option<String>,
    annotation_column: Option<String>,
    id_pattern: Option<String>,
    min_judges: Option<usize>,
    min_intent_score: Option<f64>,
    min_slots_score: Option<f64>,
    min_grammar: Option<f64>,
    min_spelling: Option<f64>,
    language: Vec<String>,
    method: Vec<String>,
}

/// Rows of a corpus.
#[pyclass(frozen, module = "massive_nlu._native")]
pub(crate) struct Corpus {
    corpus: massive_data::Corpus,
    labels: LabelMode,
    partition: Option<Partition>,
    gold: Arc<OnceLock<Arc<Gold>>>,
}

/// The gold of a corpus, which is read once and then shared.
pub(crate) struct LazyGold {
    corpus: massive_data::Corpus,
    labels: LabelMode,
    partition: Partition,
    held: Arc<OnceLock<Arc<Gold>>>,
}

impl LazyGold {
    pub(crate) fn read(self) -> Result<Arc<Gold>> {
        if let Some(gold) = self.held.get() {
            return Ok(gold.clone());
        }
        let locales = self.corpus.selection().locales.clone();
        let corpus = self.corpus.select(Selection { locales, partition: Some(self.partition) });
        let rows = GoldRows::read(&corpus, self.partition, self.labels)?;
        Ok(self.held.get_or_init(|| Arc::new(Gold { rows, corpus })).clone())
    }
}

impl Corpus {
    /// Its gold, of the partition test where it has several.
    pub(crate) fn gold(&self) -> LazyGold {
        LazyGold {
            corpus: self.corpus.clone(),
            labels: self.labels,
            partition: self.partition.unwrap_or(Partition::Test),
            held: self.gold.clone(),
        }
    }
}

#[pymethods]
impl Corpus {
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options: Options = options.extract()?;
        work::run(py, move || options.open())
    }

    /// Its rows, one after the other.
    fn utterances(&self, py: Python<'_>) -> PyResult<Utterances> {
        let (send, receive) = sync_channel(AHEAD);
        let (corpus, labels) = (self.corpus.clone(), self.labels);
        let end = send.clone();
        let (report_end, _) = sync_channel(1);
        work::start(
            move || {
                let read = corpus.fold(
                    Vec::new,
                    |rows, _, row| {
                        rows.push(row.into_owned());
                        Ok(())
                    },
                    |_, _, rows: Vec<massive_data::Utterance<'static>>| {
                        // Nobody wants more of them.
                        let gone = |_| massive_data::Error::request("no more rows are wanted");
                        send.send(Ok(rows)).map_err(gone)
                    },
                );
                if let Err(error) = read {
                    let _ = end.send(Err(Failure::from(error)));
                }
                Ok(())
            },
            report_end,
        )
        .map_err(|failure| failure.raise(py))?;
        let rows = Mutex::new(Vec::new().into_iter());
        Ok(Utterances { receive: Mutex::new(receive), rows, labels })
    }

    /// Its rows as a table.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let (corpus, labels) = (self.corpus.clone(), self.labels);
        work::run(py, move || {
            let table = convert::to_batches(&corpus, labels)?;
            Ok(Table::new(table.schema, table.batches))
        })
    }
}

impl Options {
    fn open(self) -> Result<Corpus> {
        let mut locales = match &self.locales {
            Some(list) => LocaleFilter::from_patterns(list)?,
            None => LocaleFilter::ALL,
        };
        if let Some(list) = &self.exclude_locales {
            locales = locales.without(LocaleFilter::from_patterns(list)?);
        }
        let partition: Option<Partition> = self.partition.as_deref().map(str::parse).transpose()?;
        let filter = self.filter()?;
        let forms = FormOptions {
            locale: self.locale,
            partition: self.partition,
            text_column: self.text_column,
            annotation_column: self.annotation_column,
            id_pattern: self.id_pattern,
            ..FormOptions::default()
        };
        let policy = if self.open_labels { LabelPolicy::Open } else { LabelPolicy::Closed };
        let bad_lines = if self.skip_bad_lines { BadLines::Skip } else { BadLines::Fail };
        let corpus = massive_data::Corpus::open_with(&self.path, &forms)?
            .select(Selection { locales, partition })
            .filter(filter)
            .labels(policy)
            .bad_lines(bad_lines);
        Ok(Corpus { corpus, labels: self.labels.parse()?, partition, gold: Arc::default() })
    }

    fn filter(&self) -> Result<JudgmentFilter> {
        let languages: Vec<_> =
            self.language.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        let methods: Vec<_> =
            self.method.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        let filter = JudgmentFilter::default()
            .judges(self.min_judges.unwrap_or(0))
            .languages(languages)
            .methods(methods);
        Ok(filter.at_least_each([
            (JudgedScore::Intent, self.min_intent_score),
            (JudgedScore::Slots, self.min_slots_score),
            (JudgedScore::Grammar, self.min_grammar),
            (JudgedScore::Spelling, self.min_spelling),
        ])?)
    }
}

type Rows = Vec<massive_data::Utterance<'static>>;

/// Goes through the rows of a corpus while they are read.
#[pyclass(frozen, module = "massive_nlu._native")]
pub(crate) struct Utterances {
    receive: Mutex<Receiver<Result<Rows>>>,
    rows: Mutex<std::vec::IntoIter<massive_data::Utterance<'static>>>,
    labels: LabelMode,
}

#[pymethods]
impl Utterances {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Utterance>> {
        loop {
            let row = self.rows.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner).next();
            if let Some(row) = row {
                return Ok(Some(Utterance::new(row, self.labels)));
            }
            let Some(rows) = work::wait(py, &self.receive)? else { return Ok(None) };
            let rows = rows.map_err(|failure| failure.raise(py))?.into_iter();
            *self.rows.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner) = rows;
        }
    }
}
