//! Rows of the corpus as objects.

use massive_data::convert::json_line;
use massive_data::{LabelMode, LabelPolicy, OTHER, SlotName};
use pyo3::prelude::*;

use crate::failure::Failure;

/// One row of the corpus.
#[pyclass(frozen, eq, module = "massive_nlu")]
#[derive(PartialEq)]
pub(crate) struct Utterance {
    row: massive_data::Utterance<'static>,
    labels: LabelMode,
}

impl Utterance {
    pub(crate) fn new(row: massive_data::Utterance<'static>, labels: LabelMode) -> Self {
        Utterance { row, labels }
    }
}

#[pymethods]
impl Utterance {
    /// Reads a line of the corpus; names that the release does not have are taken.
    #[staticmethod]
    #[pyo3(signature = (line, labels="reference"))]
    fn from_json(py: Python<'_>, line: &str, labels: &str) -> PyResult<Self> {
        let read = || -> massive_data::Result<Self> {
            let row = massive_data::Utterance::from_json(line, LabelPolicy::Open)?.into_owned();
            Ok(Utterance { row, labels: labels.parse()? })
        };
        read().map_err(|error| Failure::from(error).raise(py))
    }

    /// The id, which all translations of one source share.
    #[getter]
    fn id(&self) -> String {
        self.row.id().to_string()
    }

    /// The locale, as sw-KE.
    #[getter]
    fn locale(&self) -> &str {
        self.row.locale().tag()
    }

    /// train, dev, test or MMNLU-22.
    #[getter]
    fn partition(&self) -> &str {
        self.row.partition().name()
    }

    /// What was said.
    #[getter]
    fn utt(&self) -> &str {
        self.row.utt()
    }

    /// Who wrote it.
    #[getter]
    fn worker_id(&self) -> &str {
        self.row.worker_id()
    }

    /// The scenario; None in a held-out row.
    #[getter]
    fn scenario(&self) -> Option<&str> {
        self.row.gold().map(|gold| gold.scenario.as_str())
    }

    /// The intent; None in a held-out row.
    #[getter]
    fn intent(&self) -> Option<&str> {
        self.row.gold().map(|gold| gold.intent.as_str())
    }

    /// The text with its slots in brackets; None in a held-out row.
    #[getter]
    fn annot_utt(&self) -> Option<&str> {
        self.row.gold().map(|gold| gold.annotation.as_str())
    }

    /// The words, as the reference cuts them.
    #[getter]
    fn words(&self) -> Vec<String> {
        match self.row.labelled_words(self.labels) {
            Some(words) => words.into_iter().map(|(word, _)| word.to_owned()).collect(),
            None => self.row.words().into_iter().map(str::to_owned).collect(),
        }
    }

    /// A label a word, `Other` outside every slot; None in a held-out row.
    #[getter]
    fn labels(&self) -> Option<Vec<String>> {
        let words = self.row.labelled_words(self.labels)?;
        let name = |label: Option<&SlotName>| label.map_or(OTHER, SlotName::as_str).to_owned();
        Some(words.into_iter().map(|(_, label)| name(label)).collect())
    }

    /// The slots, with their places in `utt`.
    #[getter]
    fn slots(&self) -> Vec<Slot> {
        let utt = self.row.utt();
        let characters = |byte: usize| utt.get(..byte).map_or(0, |before| before.chars().count());
        let slots = self.row.slots();
        slots
            .iter()
            .map(|slot| Slot {
                name: slot.name.as_str().to_owned(),
                value: slot.value.to_owned(),
                start: characters(slot.bytes.start),
                end: characters(slot.bytes.end),
                graphemes: (slot.graphemes().start, slot.graphemes().end),
            })
            .collect()
    }

    /// The row as a line of the release.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        json_line(&self.row).map_err(|error| Failure::from(error).raise(py))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (String, &'static str))> {
        let this = slf.get();
        let read = slf.get_type().getattr("from_json")?;
        Ok((read, (this.to_json(slf.py())?, this.labels.name())))
    }

    fn __repr__(&self) -> String {
        let text = self.annot_utt().unwrap_or(self.row.utt());
        match self.intent() {
            Some(intent) => format!("<{} {} {intent}: {text}>", self.locale(), self.id()),
            None => format!("<{} {}: {text}>", self.locale(), self.id()),
        }
    }
}

/// A slot of an utterance.
#[pyclass(frozen, eq, get_all, module = "massive_nlu")]
#[derive(PartialEq)]
pub(crate) struct Slot {
    /// Its name.
    name: String,
    /// Its words, which are `utt[start:end]`.
    value: String,
    /// Where it begins in `utt`, in characters (code points).
    start: usize,
    /// Where it ends.
    end: usize,
    /// Where it begins and ends in extended grapheme clusters.
    graphemes: (usize, usize),
}

#[pymethods]
impl Slot {
    fn __repr__(&self) -> String {
        format!("<{}: {} [{}:{}]>", self.name, self.value, self.start, self.end)
    }
}
