//! Reading the corpus, or the part of it that was asked for.

mod memory;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::blocks::{BlockLines, OnProgress, map_blocks, map_in_order, workers};
use crate::error::{Error, Result};
use crate::forms::{self, FormOptions, Recognised};
use crate::input::{Input, Member};
use crate::json_line::utf8;
use crate::judgment_filter::JudgmentFilter;
use crate::labels::LabelPolicy;
use crate::locale::Locale;
use crate::locale_set::LocaleSet;
use crate::parquet_input::{ParquetInput, Piece, RowAt};
use crate::partition::Partition;
use crate::read_report::{BadLines, LinePlace, ReadReport};
use crate::record::parse_utterance;
use crate::row_header::{holds_joint, parse_header, quick_header};
use crate::segmentations::Segmentations;
use crate::selection::{Detail, Selection};
use crate::utterance::Utterance;

/// A corpus: a release's folder or tar.gz, a folder of files, one file, or
/// standard input, compressed or not; as JSON lines or, where it was converted,
/// as Parquet. A folder that has both is read as JSON lines. Or utterances in
/// memory.
///
/// It is read with all cores, in the order of the files (by name in a folder,
/// as packed in an archive) and of their lines. Rows that were not selected are
/// neither parsed nor kept: a row's locale and partition stand at its start. A
/// converted Parquet file has a row group for each locale and partition, so that
/// unwanted ones are not even read.
///
/// ```
/// use massive_data::{Corpus, Partition, Selection, LocaleFilter};
///
/// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
/// let corpus = Corpus::open(folder)?.select(Selection {
///     locales: LocaleFilter::from_patterns("sw-KE,*-IN")?,
///     partition: Some(Partition::Test),
/// });
/// let (utterances, report) = corpus.read()?;
/// assert_eq!(report.locales.len(), 52);
/// assert!(utterances.iter().all(|utterance| utterance.gold().is_some()));
/// # Ok::<(), massive_data::Error>(())
/// ```
#[derive(Clone)]
pub struct Corpus {
    source: Source,
    selection: Selection,
    filter: JudgmentFilter,
    detail: Detail,
    labels: LabelPolicy,
    bad_lines: BadLines,
    segmentations: Segmentations,
    progress: Option<OnProgress>,
    recognised: Option<Arc<Recognised>>,
}

/// Where rows come from.
#[derive(Debug, Clone)]
enum Source {
    Lines(Input),
    Parquet(ParquetInput),
    Memory(Arc<[Utterance<'static>]>),
}

impl fmt::Debug for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Corpus")
            .field("source", &self.source)
            .field("selection", &self.selection)
            .field("filter", &self.filter)
            .field("detail", &self.detail)
            .field("labels", &self.labels)
            .field("bad_lines", &self.bad_lines)
            .field("segmentations", &self.segmentations)
            .finish_non_exhaustive()
    }
}

impl Corpus {
    /// Opens what is at `path`; `-` is standard input.
    ///
    /// # Errors
    /// Nothing there, not readable, a folder without JSON lines and Parquet
    /// files, a format that is neither JSON lines (plain, gzip, tar or tar.gz)
    /// nor Parquet, or a Parquet file without the columns of a corpus.
    pub fn open(path: impl AsRef<Path>) -> Result<Corpus> {
        Corpus::open_with(path, &FormOptions::default())
    }

    /// As [`Corpus::open`], of any form that is recognised by its content: see
    /// [`FormOptions`]. What is not of the release's form is read into memory;
    /// its labels are open.
    ///
    /// # Errors
    /// Those of [`Corpus::open`], and a row that cannot be understood.
    pub fn open_with(path: impl AsRef<Path>, options: &FormOptions) -> Result<Corpus> {
        let path = path.as_ref();
        let (source, recognised) = match forms::corpus(path, options)? {
            Some((input, recognised)) => (Source::Lines(input), Some(recognised)),
            None => match ParquetInput::find(path)? {
                Some(files) => (Source::Parquet(files), None),
                None => (Source::Lines(Input::open(path)?), None),
            },
        };
        let mut corpus = Corpus::of(source);
        if recognised.is_some() {
            corpus.labels = LabelPolicy::Open;
        }
        corpus.recognised = recognised;
        corpus.segmentations = options.segmentations.clone();
        Ok(corpus)
    }

    /// A corpus of utterances in memory. They are read as those of files are,
    /// places being their numbers, from 1.
    ///
    /// ```
    /// use massive_data::{Corpus, Locale, Partition, Utterance, UtteranceId};
    ///
    /// let locale: Locale = "gl-ES".parse()?;
    /// let id: UtteranceId = "33/8".parse()?;
    /// let row = Utterance::unlabelled(id, locale, Partition::Test, "vai chover", "");
    /// let (utterances, report) = Corpus::from_utterances([row]).read()?;
    /// assert_eq!(utterances[0].words(), ["vai", "chover"]);
    /// assert_eq!(report.locales.to_string(), "gl-ES");
    /// # Ok::<(), massive_data::Error>(())
    /// ```
    pub fn from_utterances<'a>(utterances: impl IntoIterator<Item = Utterance<'a>>) -> Corpus {
        Corpus::of(Source::Memory(utterances.into_iter().map(Utterance::into_owned).collect()))
    }

    fn of(source: Source) -> Corpus {
        Corpus {
            source,
            selection: Selection::ALL,
            filter: JudgmentFilter::default(),
            detail: Detail::Everything,
            labels: LabelPolicy::Closed,
            segmentations: Segmentations::default(),
            bad_lines: BadLines::Fail,
            progress: None,
            recognised: None,
        }
    }

    /// Reads only these rows.
    #[must_use]
    pub fn select(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Reads only the selected rows that pass.
    #[must_use]
    pub fn filter(mut self, filter: JudgmentFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Reads only so much of each row.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// Accepts labels that the release does not have, or not.
    #[must_use]
    pub fn labels(mut self, policy: LabelPolicy) -> Self {
        // What is of another form has its own labels.
        self.labels = if self.recognised.is_some() { LabelPolicy::Open } else { policy };
        self
    }

    /// Stops at a line that cannot be read, or skips it.
    #[must_use]
    pub fn bad_lines(mut self, bad_lines: BadLines) -> Self {
        self.bad_lines = bad_lines;
        self
    }

    /// Cuts the utterances of some locales into words otherwise than usual.
    #[must_use]
    pub fn segmentations(mut self, segmentations: Segmentations) -> Self {
        self.segmentations = segmentations;
        self
    }

    /// Reports the bytes consumed, from another thread.
    #[must_use]
    pub fn on_progress(mut self, progress: OnProgress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// What was recognised, where it is not of the release's form.
    pub fn recognised(&self) -> Option<&Recognised> {
        self.recognised.as_deref()
    }

    /// The selection.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// What the rows have to pass.
    pub fn judgment_filter(&self) -> &JudgmentFilter {
        &self.filter
    }

    /// The files of lines; none where the rows are elsewhere.
    pub(crate) fn lines_input(&self) -> Option<&Input> {
        match &self.source {
            Source::Lines(input) => Some(input),
            Source::Parquet(_) | Source::Memory(_) => None,
        }
    }

    /// Bytes to be consumed, where that is known.
    pub fn size(&self) -> Option<u64> {
        match &self.source {
            Source::Lines(input) => input.size(),
            Source::Parquet(files) => files.size(),
            Source::Memory(_) => None,
        }
    }

    /// True if it can be read more than once, unlike standard input.
    pub fn rereadable(&self) -> bool {
        match &self.source {
            Source::Lines(input) => input.rereadable(),
            Source::Parquet(_) | Source::Memory(_) => true,
        }
    }

    /// Reads the selected rows into memory.
    ///
    /// # Errors
    /// As [`Corpus::for_each`].
    pub fn read(&self) -> Result<(Vec<Utterance<'static>>, ReadReport)> {
        let mut utterances = Vec::new();
        let report = self.for_each(
            |utterance| Ok(utterance.into_owned()),
            |_, utterance| {
                utterances.push(utterance);
                Ok(())
            },
        )?;
        Ok((utterances, report))
    }

    /// Maps every selected row on all cores and takes the results in order.
    ///
    /// `map` sees the utterance where it was read and keeps what it needs;
    /// `sink` runs on the calling thread. Memory does not grow with the corpus.
    ///
    /// # Errors
    /// Input that cannot be read or decompressed; a line that is not a row of
    /// the corpus, unless such lines are skipped (an error of `map` is treated
    /// as one of the line if it is one, see [`Error::is_bad_line`]); any error of
    /// `sink`.
    pub fn for_each<T: Send>(
        &self,
        map: impl Fn(Utterance<'_>) -> Result<T> + Sync,
        mut sink: impl FnMut(LinePlace<'_>, T) -> Result<()>,
    ) -> Result<ReadReport> {
        self.fold(
            Vec::new,
            |rows, line, utterance| {
                rows.push((line, map(utterance)?));
                Ok(())
            },
            |file, lines_before, rows| {
                rows.into_iter().try_for_each(|(line, value)| {
                    sink(LinePlace { file, line: lines_before + line }, value)
                })
            },
        )
    }

    /// Folds the selected rows block by block on all cores: `step` adds a row to
    /// the value of its block, `merge` takes the values in order on the calling
    /// thread.
    ///
    /// Lines that `step` sees count from 1 in the block; `merge` is told the file
    /// and how many of its lines come before the block. In a Parquet file these
    /// are rows, and they come in the order in which they stood in their locale,
    /// which need not be that of the file.
    ///
    /// # Errors
    /// As [`Corpus::for_each`].
    pub fn fold<A: Send>(
        &self,
        start: impl Fn() -> A + Sync,
        step: impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync,
        mut merge: impl FnMut(&str, u64, A) -> Result<()>,
    ) -> Result<ReadReport> {
        let mut report = ReadReport::default();
        let mut merge = |place: BlockPlace<'_>, block: Result<BlockValue<A>>| {
            let locate = |error: Error| error.shift_lines(place.lines_before).at_file(place.file);
            let block = block.map_err(locate)?;
            report.rows += block.read.rows;
            report.unselected += block.read.unselected;
            report.filtered += block.read.filtered;
            report.locales.extend(block.read.locales.iter());
            let unlisted = block.read.skipped - block.read.examples.len() as u64;
            report.skipped += unlisted;
            for error in block.read.examples {
                report.skip(locate(error));
            }
            merge(place.file, place.lines_before, block.value)
        };
        let passed_over = match &self.source {
            Source::Lines(input) => self.fold_lines(input, &start, &step, &mut merge)?,
            Source::Parquet(files) => self.fold_parquet(files, &start, &step, &mut merge)?,
            Source::Memory(rows) => self.fold_memory(rows, &start, &step, &mut merge)?,
        };
        report.unselected += passed_over.rows;
        report.locales.extend(passed_over.locales.iter());
        report.segmentations = self.segmentations.clone();
        Ok(report)
    }

    fn fold_lines<A: Send>(
        &self,
        input: &Input,
        start: &(impl Fn() -> A + Sync),
        step: &(impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync),
        merge: &mut Merge<'_, A>,
    ) -> Result<PassedOver> {
        let mut passed_over = PassedOver::default();
        let wants = &mut |member: &Member| match member.locale {
            Some(locale) if !self.selection.locales.contains(locale) => {
                passed_over.locales.insert(locale);
                false
            }
            _ => true,
        };
        map_blocks(
            input,
            wants,
            self.progress.as_ref(),
            &|lines| {
                let mut block = BlockValue::new(start());
                self.read_block(lines, &mut block, step).map(|()| block)
            },
            &mut |place, block| {
                let lines_before = place.lines_before;
                merge(BlockPlace { file: &place.member.name, lines_before }, block)
            },
        )?;
        Ok(passed_over)
    }

    fn fold_parquet<A: Send>(
        &self,
        files: &ParquetInput,
        start: &(impl Fn() -> A + Sync),
        step: &(impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync),
        merge: &mut Merge<'_, A>,
    ) -> Result<PassedOver> {
        let plan = files.plan(&self.selection);
        let mut consumed = plan.passed_over;
        map_in_order(
            // A piece is a whole locale.
            workers() + 1,
            |send| {
                let _all_sent = plan.pieces.into_iter().all(send);
                Ok(())
            },
            |(), piece: Piece| {
                let block = self.read_piece(&piece, start(), step);
                Ok((piece, block))
            },
            |done: Result<(Piece, Result<BlockValue<A>>)>| {
                let (piece, block) = done?;
                consumed += piece.bytes;
                if let Some(progress) = &self.progress {
                    progress(consumed);
                }
                let place =
                    BlockPlace { file: &piece.member().name, lines_before: piece.rows_before() };
                merge(place, block)
            },
        )?;
        Ok(PassedOver { rows: plan.unselected, locales: plan.locales })
    }

    fn read_block<A>(
        &self,
        lines: &mut BlockLines<'_>,
        block: &mut BlockValue<A>,
        step: &(impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync),
    ) -> Result<()> {
        let promised = lines.member.locale;
        // One look at the block spares one at each row that is passed over.
        let joints = self.selection != Selection::ALL && holds_joint(lines.rest());
        for (number, line) in lines {
            let utterance = self.read_line(line, promised, joints, &mut block.read);
            self.take(number, utterance, block, step)?;
        }
        Ok(())
    }

    fn read_piece<A>(
        &self,
        piece: &Piece,
        start: A,
        step: &(impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync),
    ) -> Result<BlockValue<A>> {
        let mut block = BlockValue::new(start);
        // A filter looks at what is then left out.
        let detail = if self.filter.is_active() { Detail::Everything } else { self.detail };
        let mut rows = piece.rows(detail, self.labels)?;
        while let Some(row) = rows.next_row()? {
            let utterance = self.read_row(&row, piece.member().locale, &mut block.read);
            self.take(row.number, utterance, &mut block, step)?;
        }
        Ok(block)
    }

    /// Folds a row into the value of its block, if it is one and selected.
    #[inline]
    fn take<'a, A>(
        &self,
        number: u64,
        utterance: Result<Option<Utterance<'a>>>,
        block: &mut BlockValue<A>,
        step: &(impl Fn(&mut A, u64, Utterance<'a>) -> Result<()> + Sync),
    ) -> Result<()> {
        let taken = match utterance {
            Ok(None) => return Ok(()),
            Ok(Some(utterance)) if !self.filter.keeps(&utterance) => {
                block.read.filtered += 1;
                return Ok(());
            }
            Ok(Some(utterance)) => step(&mut block.value, number, self.trim(utterance)),
            Err(error) => Err(error),
        };
        match taken {
            Ok(()) => block.read.rows += 1,
            Err(error) => self.bad_line(error.at_line(number), &mut block.read)?,
        }
        Ok(())
    }

    fn bad_line(&self, error: Error, report: &mut ReadReport) -> Result<()> {
        if self.bad_lines == BadLines::Fail || !error.is_bad_line() {
            return Err(error);
        }
        report.skip(error);
        Ok(())
    }

    /// The utterance on a line, if it is selected.
    fn read_line<'a>(
        &self,
        line: &'a [u8],
        promised: Option<Locale>,
        joints: bool,
        report: &mut ReadReport,
    ) -> Result<Option<Utterance<'a>>> {
        let mut text = None;
        if self.selection != Selection::ALL {
            let (locale, partition) = match quick_header(line, promised) {
                Some(header) => header,
                None => parse_header(text.insert(utf8(line)?))?,
            };
            if !self.wants(locale, partition, promised, report)? {
                if joints && holds_joint(line) {
                    // Says what is wrong with the line.
                    parse_utterance(utf8(line)?, self.labels, &self.segmentations)?;
                }
                return Ok(None);
            }
        }
        let text = match text {
            Some(text) => text,
            None => utf8(line)?,
        };
        let utterance = parse_utterance(text, self.labels, &self.segmentations)?;
        check_promise(utterance.locale(), promised)?;
        report.locales.insert(utterance.locale());
        Ok(Some(utterance))
    }

    /// What is asked for of an utterance.
    #[inline]
    fn trim<'a>(&self, utterance: Utterance<'a>) -> Utterance<'a> {
        match self.detail {
            Detail::Everything => utterance,
            Detail::Labels => utterance.without_review(),
        }
    }

    /// The utterance in a row of a table, if it is selected.
    #[inline]
    fn read_row<'a>(
        &self,
        row: &RowAt<'a>,
        promised: Option<Locale>,
        report: &mut ReadReport,
    ) -> Result<Option<Utterance<'a>>> {
        let (locale, partition) = row.columns.header(row.at)?;
        if !self.wants(locale, partition, promised, report)? {
            return Ok(None);
        }
        row.columns.utterance(row.at, &self.segmentations).map(Some)
    }

    /// Notes the locale of a row, and whether the row is wanted.
    fn wants(
        &self,
        locale: Locale,
        partition: Partition,
        promised: Option<Locale>,
        report: &mut ReadReport,
    ) -> Result<bool> {
        check_promise(locale, promised)?;
        report.locales.insert(locale);
        let wanted = self.selection.contains(locale, partition);
        report.unselected += u64::from(!wanted);
        Ok(wanted)
    }
}

/// Where the rows of a block stand.
struct BlockPlace<'a> {
    file: &'a str,
    lines_before: u64,
}

/// Takes the values of blocks in order.
type Merge<'m, A> = dyn FnMut(BlockPlace<'_>, Result<BlockValue<A>>) -> Result<()> + 'm;

/// What was known to be unwanted without being read.
#[derive(Default)]
struct PassedOver {
    rows: u64,
    locales: LocaleSet,
}

struct BlockValue<A> {
    value: A,
    read: ReadReport,
}

impl<A> BlockValue<A> {
    fn new(value: A) -> Self {
        BlockValue { value, read: ReadReport::default() }
    }
}

fn check_promise(locale: Locale, promised: Option<Locale>) -> Result<()> {
    match promised {
        Some(promised) if promised != locale => Err(Error::line(format!(
            "a row of {locale} in a file named after {promised}; rename the file or mend the row"
        ))),
        _ => Ok(()),
    }
}
