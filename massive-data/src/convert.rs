//! The corpus in the formats that other tools read: a room a format.
//!
//! A [`Format`] prepares each row on all cores and a [`RowWriter`] takes the
//! prepared rows in order, so memory does not grow with the corpus.
//!
//! ```
//! use massive_data::convert::{self, Conll};
//! use massive_data::{Corpus, LabelMode, LocaleFilter, Partition, Selection};
//!
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
//! let corpus = Corpus::open(folder)?.select(Selection {
//!     locales: LocaleFilter::from_patterns("en-US")?,
//!     partition: Some(Partition::Test),
//! });
//! let mut out = Vec::new();
//! convert::to_one(&corpus, &Conll { labels: LabelMode::Reference, comments: false }, Box::new(&mut out))?;
//! let text = String::from_utf8(out).unwrap();
//! assert!(text.starts_with("will O\nit O\nrain O\nin O\nlisbon B-place_name\n"));
//! # Ok::<(), massive_data::Error>(())
//! ```

mod arrow;
mod batches;
mod conll;
mod csv;
pub mod hf;
mod jsonl;
mod parquet;
mod words;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use self::arrow::Arrow;
pub use self::batches::{Batches, to_batches};
pub use self::conll::Conll;
pub use self::csv::Csv;
pub use self::jsonl::{Jsonl, json_line};
pub use self::parquet::Parquet;
pub use self::words::Words;

use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::read_report::ReadReport;
use crate::selection::Detail;
use crate::utterance::Utterance;

/// Where a converted file goes.
pub type Output<'w> = Box<dyn Write + Send + 'w>;

/// Rows that may wait in memory until a format writes them.
const WAITING: usize = 1 << 16;

/// A file format for rows of the corpus.
pub trait Format: Sync {
    /// What is made of an utterance before it is written.
    type Row: Send;
    /// What writes a file.
    type Writer<'w>: RowWriter<Row = Self::Row>;

    /// How much of a row the format shows.
    fn detail(&self) -> Detail {
        Detail::Everything
    }

    /// Makes a row of an utterance, on any core; `None` where the format cannot
    /// show it.
    ///
    /// # Errors
    /// A row that cannot be represented.
    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<Self::Row>>;

    /// Starts a file.
    ///
    /// # Errors
    /// Those of `out`.
    fn writer<'w>(&self, out: Output<'w>) -> Result<Self::Writer<'w>>;
}

/// Writes the rows of one file.
pub trait RowWriter {
    /// A prepared row.
    type Row;

    /// Takes the next row.
    ///
    /// # Errors
    /// Those of the output.
    fn write(&mut self, row: Self::Row) -> Result<()>;

    /// Rows taken that are not written yet.
    fn waiting(&self) -> usize {
        0
    }

    /// Writes some of the rows that wait.
    ///
    /// # Errors
    /// Those of the output.
    fn relieve(&mut self) -> Result<()> {
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// Those of the output.
    fn finish(self) -> Result<()>;
}

/// What a conversion did.
#[derive(Debug, Default)]
pub struct Converted {
    /// What was read.
    pub report: ReadReport,
    /// Rows written.
    pub written: u64,
    /// Rows read that the format cannot show: those without labels or without
    /// words, where it shows only labelled words.
    pub left_out: u64,
}

/// Converts the selected rows to one file.
///
/// # Errors
/// Those of reading ([`Corpus::for_each`]) and writing ([`Error::is_output`]).
pub fn to_one<'w, F: Format>(corpus: &Corpus, format: &F, out: Output<'w>) -> Result<Converted> {
    let mut writer = format.writer(out)?;
    let converted = rows(corpus, format, |_, row| {
        writer.write(row)?;
        while writer.waiting() > WAITING {
            writer.relieve()?;
        }
        Ok(())
    })?;
    writer.finish()?;
    Ok(converted)
}

/// Converts the selected rows to a file a locale.
///
/// # Errors
/// As [`to_one`], and those of `create`.
pub fn to_one_a_locale<F: Format>(
    corpus: &Corpus,
    format: &F,
    mut create: impl FnMut(Locale) -> io::Result<Output<'static>>,
) -> Result<Converted> {
    let mut writers: BTreeMap<Locale, F::Writer<'static>> = BTreeMap::new();
    let mut waiting = 0;
    let converted = rows(corpus, format, |locale, row| {
        let writer = match writers.entry(locale) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(format.writer(create(locale).map_err(Error::output)?)?)
            }
        };
        let before = writer.waiting();
        writer.write(row)?;
        waiting = waiting + writer.waiting() - before;
        while waiting > WAITING {
            let fullest = writers.values_mut().max_by_key(|writer| writer.waiting());
            let Some(fullest) = fullest else { break };
            let before = fullest.waiting();
            fullest.relieve()?;
            waiting = waiting + fullest.waiting() - before;
        }
        Ok(())
    })?;
    writers.into_values().try_for_each(RowWriter::finish)?;
    Ok(converted)
}

/// Prepares the selected rows and hands them to `sink`.
fn rows<F: Format>(
    corpus: &Corpus,
    format: &F,
    mut sink: impl FnMut(Locale, F::Row) -> Result<()>,
) -> Result<Converted> {
    let mut converted = Converted::default();
    converted.report = corpus.clone().detail(format.detail()).for_each(
        |utterance| Ok((utterance.locale(), format.prepare(utterance)?)),
        |_, (locale, row)| match row {
            Some(row) => {
                converted.written += 1;
                sink(locale, row)
            }
            None => {
                converted.left_out += 1;
                Ok(())
            }
        },
    )?;
    Ok(converted)
}

/// Writes a file of text, of which each row is a piece.
#[allow(missing_debug_implementations, reason = "an output has nothing to show")]
pub struct TextWriter<'w> {
    out: Output<'w>,
    ends: Ends,
    any: bool,
}

/// Where line breaks stand.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// After every row.
    After,
    /// Between rows, as in the files of the release.
    Between,
}

impl<'w> TextWriter<'w> {
    fn new(out: Output<'w>, ends: Ends) -> Self {
        TextWriter { out, ends, any: false }
    }

    fn put(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(Error::output)
    }
}

impl RowWriter for TextWriter<'_> {
    type Row = String;

    fn write(&mut self, row: String) -> Result<()> {
        if std::mem::replace(&mut self.any, true) {
            self.put("\n")?;
        }
        self.put(&row)
    }

    fn finish(mut self) -> Result<()> {
        if self.any && self.ends == Ends::After {
            self.put("\n")?;
        }
        self.out.flush().map_err(Error::output)
    }
}
