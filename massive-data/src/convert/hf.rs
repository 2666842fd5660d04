//! A folder that `load_from_disk` of the Python library `datasets` opens, with
//! the columns of the reference's conversion.
//!
//! Layout: `dataset_dict.json` names the splits, one a partition; each split is
//! a folder with the rows as an Arrow stream, `state.json` and
//! `dataset_info.json`, and can be opened by itself. Beside them stand the label
//! maps `massive.intents` and `massive.slots`.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Converted;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::label_map::LabelMap;
use crate::partition::Partition;
use crate::selection::Detail;
use crate::table::{list, list_item, maybe_texts, name_of, text_lists, texts};
use crate::utterance::Utterance;
use crate::words::LabelMode;

/// The file of intent numbers.
pub const INTENTS: &str = "massive.intents";
/// The file of slot numbers.
pub const SLOTS: &str = "massive.slots";
/// The file that names the splits.
pub const SPLITS: &str = "dataset_dict.json";

const DATA: &str = "data-00000-of-00001.arrow";

/// Rows of a record batch, as `datasets` writes them.
const BATCH: usize = 1_000;

/// How the folder is made.
#[derive(Debug, Clone, Default)]
pub struct Hf {
    /// How labels are derived.
    pub labels: LabelMode,
    /// Numbers to be used for intents; an intent without one is then an error.
    /// By default those of [`LabelMap::intents`], others following as met.
    pub intents: Option<LabelMap>,
    /// The same for slots and `Other`.
    pub slots: Option<LabelMap>,
}

impl Hf {
    /// Converts the selected rows to splits in a folder that exists and is
    /// empty. In held-out rows everything about labels is null.
    ///
    /// # Errors
    /// Those of reading ([`Corpus::for_each`]) and writing
    /// ([`Error::is_output`]), and a label that a given map lacks.
    pub fn write(&self, corpus: &Corpus, folder: &Path) -> Result<Converted> {
        let mut intents = Numbers::new(self.intents.as_ref(), LabelMap::intents, "intent");
        let mut slots = Numbers::new(self.slots.as_ref(), LabelMap::slots, "slot");
        let mut splits: BTreeMap<Partition, Split> = BTreeMap::new();
        let mut converted = Converted::default();
        converted.report = corpus.clone().detail(Detail::Labels).for_each(
            |utterance| Ok(utterance.into_owned()),
            |_, utterance| {
                let partition = utterance.partition();
                let split = match splits.entry(partition) {
                    std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert(Split::create(folder, partition)?)
                    }
                };
                converted.written += 1;
                split.waiting.push(utterance);
                match split.waiting.len() {
                    BATCH => split.write_rows(self.labels, &mut intents, &mut slots),
                    _ => Ok(()),
                }
            },
        )?;
        let names: Vec<&str> = splits.keys().map(|partition| partition.name()).collect();
        write_json(&folder.join(SPLITS), &json!({ "splits": names }))?;
        for (partition, mut split) in splits {
            split.write_rows(self.labels, &mut intents, &mut slots)?;
            split.finish(partition)?;
        }
        write_text(&folder.join(INTENTS), &intents.map.to_json()?)?;
        write_text(&folder.join(SLOTS), &slots.map.to_json()?)?;
        Ok(converted)
    }
}

/// Numbers for labels: given ones, or the release's and whatever else is met.
struct Numbers {
    map: LabelMap,
    given: bool,
    what: &'static str,
}

impl Numbers {
    fn new(given: Option<&LabelMap>, default: fn() -> LabelMap, what: &'static str) -> Self {
        Numbers { map: given.cloned().unwrap_or_else(default), given: given.is_some(), what }
    }

    fn number(&mut self, name: &str, row: &Utterance<'_>) -> Result<i64> {
        if !self.given {
            return Ok(self.map.number_or_add(name).into());
        }
        self.map.number(name).map(i64::from).ok_or_else(|| {
            Error::request(format!(
                "the given map has no number for {} `{name}` of utterance {} {}; give the map of \
                 the data that it was made for, or none",
                self.what,
                row.locale(),
                row.id()
            ))
        })
    }
}

fn text_list() -> DataType {
    DataType::List(Arc::new(list_item(DataType::Utf8)))
}

fn schema() -> SchemaRef {
    let field = |name, kind| Field::new(name, kind, true);
    let fields = vec![
        field("id", DataType::Utf8),
        field("locale", DataType::Utf8),
        field("domain", DataType::Utf8),
        field("intent_str", DataType::Utf8),
        field("annot_utt", DataType::Utf8),
        field("utt", text_list()),
        field("slots_str", text_list()),
        field("intent_num", DataType::Int64),
        field("slots_num", DataType::List(Arc::new(list_item(DataType::Int64)))),
    ];
    let info = json!({ "info": { "features": features() } });
    let metadata = HashMap::from([("huggingface".to_owned(), info.to_string())]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

/// The types of the columns in the words of `datasets`. `Sequence` is what both
/// its newer and its older releases read.
fn features() -> Value {
    let value = |kind: &str| json!({ "dtype": kind, "_type": "Value" });
    let list = |kind: &str| json!({ "feature": value(kind), "_type": "Sequence" });
    json!({
        "id": value("string"),
        "locale": value("string"),
        "domain": value("string"),
        "intent_str": value("string"),
        "annot_utt": value("string"),
        "utt": list("string"),
        "slots_str": list("string"),
        "intent_num": value("int64"),
        "slots_num": list("int64"),
    })
}

/// Passes on what is written and digests it.
struct Digested<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A partition on its way to disk.
struct Split {
    folder: PathBuf,
    writer: StreamWriter<Digested<BufWriter<File>>>,
    waiting: Vec<Utterance<'static>>,
}

impl Split {
    fn create(folder: &Path, partition: Partition) -> Result<Split> {
        let folder = folder.join(partition.name());
        fs::create_dir(&folder).map_err(Error::output)?;
        let file = File::create(folder.join(DATA)).map_err(Error::output)?;
        let out = Digested { out: BufWriter::new(file), digest: Sha256::new() };
        let writer = StreamWriter::try_new(out, &schema()).map_err(Error::output)?;
        Ok(Split { folder, writer, waiting: Vec::with_capacity(BATCH) })
    }

    fn write_rows(
        &mut self,
        mode: LabelMode,
        intents: &mut Numbers,
        slots: &mut Numbers,
    ) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.waiting);
        let columns = columns(&rows, mode, intents, slots)?;
        RecordBatch::try_new(schema(), columns)
            .and_then(|batch| self.writer.write(&batch))
            .map_err(Error::output)
    }

    /// Writes what `load_from_disk` asks for beside the rows. Its caches go by
    /// the fingerprint, so that must change with the rows.
    fn finish(self, partition: Partition) -> Result<()> {
        let mut out = self.writer.into_inner().map_err(Error::output)?;
        out.flush().map_err(Error::output)?;
        let digest = out.digest.finalize();
        let fingerprint: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        // `datasets` allows no hyphen in a split's own name, as a key it does.
        let split = (partition != Partition::HeldOut).then_some(partition.name());
        let state = json!({
            "_data_files": [{ "filename": DATA }],
            "_fingerprint": fingerprint,
            "_format_columns": null,
            "_format_kwargs": {},
            "_format_type": null,
            "_output_all_columns": false,
            "_split": split,
        });
        let info = json!({
            "citation": "",
            "description": "",
            "features": features(),
            "homepage": "",
            "license": "",
        });
        write_json(&self.folder.join("state.json"), &state)?;
        write_json(&self.folder.join("dataset_info.json"), &info)
    }
}

fn columns(
    rows: &[Utterance<'static>],
    mode: LabelMode,
    intents: &mut Numbers,
    slots: &mut Numbers,
) -> Result<Vec<ArrayRef>> {
    let golds = || rows.iter().map(Utterance::gold);
    let mut words = Vec::with_capacity(rows.len());
    let mut labels = Vec::with_capacity(rows.len());
    let mut intent_numbers = Vec::with_capacity(rows.len());
    let mut slot_numbers = Vec::new();
    for row in rows {
        let Some(labelled) = row.labelled_words(mode) else {
            words.push(Some(row.words()));
            labels.push(None);
            continue;
        };
        let (row_words, row_labels): (Vec<&str>, Vec<&str>) =
            labelled.into_iter().map(|(word, label)| (word, name_of(label))).unzip();
        for label in &row_labels {
            slot_numbers.push(slots.number(label, row)?);
        }
        words.push(Some(row_words));
        labels.push(Some(row_labels));
    }
    for row in rows {
        let intent =
            row.gold().map(|gold| intents.number(gold.intent.as_str(), row)).transpose()?;
        intent_numbers.push(intent);
    }
    let lengths = labels.iter().map(|labels: &Option<Vec<&str>>| labels.as_ref().map(Vec::len));
    let nested = || -> Result<[ArrayRef; 3], ArrowError> {
        let numbers = Arc::new(Int64Array::from(slot_numbers));
        Ok([text_lists(&words)?, text_lists(&labels)?, list(lengths, numbers)?])
    };
    let [words, labels, slot_numbers] = nested().map_err(Error::output)?;
    Ok(vec![
        texts(rows.iter().map(|row| row.id().to_string())),
        texts(rows.iter().map(|row| row.locale().tag())),
        maybe_texts(golds().map(|gold| gold.map(|gold| gold.scenario.as_str()))),
        maybe_texts(golds().map(|gold| gold.map(|gold| gold.intent.as_str()))),
        maybe_texts(golds().map(|gold| gold.map(|gold| gold.annotation.as_str()))),
        words,
        labels,
        Arc::new(Int64Array::from(intent_numbers)),
        slot_numbers,
    ])
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    write_text(path, &format!("{value:#}\n"))
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::output)
}
