//! Joining the corpus and submissions by locale and id.

use std::collections::HashMap;

use massive_data::{
    BadLines, Corpus, Detail, JudgmentFilter, LocaleFilter, Partition, ReadReport, Selection,
    Utterance,
};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::submission::{Key, StoredPrediction, Submission};

/// A value a submission, in their order; mostly there is one.
pub type PerSubmission<T> = SmallVec<[T; 1]>;

/// A row of the corpus with what was computed from it and its predictions.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Its locale and id.
    pub key: Key,
    /// Index of its prediction in each submission.
    pub predictions: PerSubmission<Option<usize>>,
    /// What was computed.
    pub value: T,
    /// Which of [`Pairing::blocks`] it was read in.
    pub block: u32,
}

/// The selected rows of a corpus, joined with one or several submissions.
#[derive(Debug)]
pub struct Pairing<T, B = ()> {
    /// All selected rows, by locale and id.
    pub rows: Vec<Row<T>>,
    /// What rows that were read together share.
    pub blocks: Vec<B>,
    /// What found no row, an entry a submission.
    pub leftovers: Vec<Leftovers>,
    /// What was met while reading the corpus.
    pub report: ReadReport,
}

/// Predictions of a submission that found no row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leftovers {
    /// Those of the selected locales, by index.
    pub unknown: Vec<usize>,
    /// How many are of locales that were not selected.
    pub unselected: u64,
}

/// Reads the selected rows of `corpus`, once, and maps each with its prediction
/// in each of `submissions`.
///
/// # Errors
/// Those of [`Corpus::for_each`] and of `map`; a corpus with the same row twice.
pub fn pair<T: Send>(
    corpus: &Corpus,
    submissions: &[&Submission],
    map: impl Fn(&Utterance<'_>, &[Option<&StoredPrediction>]) -> massive_data::Result<T> + Sync,
) -> Result<Pairing<T>> {
    pair_and_read(
        corpus,
        submissions,
        &OtherRows::NOTHING,
        |(), utterance, predictions| map(utterance, predictions),
        drop,
    )
}

/// Rows that are read beside those that are paired, selected or not: the
/// English source, or train.
#[derive(Debug, Clone, Copy)]
pub struct OtherRows<'s, L> {
    /// Which rows.
    pub selections: &'s [Selection],
    /// How much of every row is wanted.
    pub detail: Detail,
    /// What is kept of such a row, if anything.
    pub look: L,
}

impl OtherRows<'static, fn(&Utterance<'_>) -> Option<()>> {
    /// Only the rows themselves are read, and only their labels.
    pub const NOTHING: Self =
        OtherRows { selections: &[], detail: Detail::Labels, look: |_: &Utterance<'_>| None };
}

impl<L> OtherRows<'_, L> {
    /// All that is to be read.
    fn widen(&self, selection: Selection) -> Selection {
        self.selections.iter().fold(selection, |wide, other| Selection {
            locales: wide.locales.union(other.locales.clone()),
            partition: wide.partition.filter(|_| wide.partition == other.partition),
        })
    }

    fn contains(&self, utterance: &Utterance<'_>) -> bool {
        let (locale, partition) = (utterance.locale(), utterance.partition());
        self.selections.iter().any(|other| other.contains(locale, partition))
    }
}

/// What is made of the rows of a block.
struct Block<T, A, B> {
    shared: B,
    kept: Vec<A>,
    rows: Vec<Row<Option<T>>>,
    only_others: u64,
}

impl<T, A, B: Default> Default for Block<T, A, B> {
    fn default() -> Self {
        Block { shared: B::default(), kept: Vec::new(), rows: Vec::new(), only_others: 0 }
    }
}

/// How a row is joined with its predictions.
struct Joining<'s, L, M> {
    submissions: &'s [&'s Submission],
    selection: &'s Selection,
    filter: &'s JudgmentFilter,
    others: &'s OtherRows<'s, L>,
    map: M,
}

impl<L, M> Joining<'_, L, M> {
    /// Puts into `block` what is made of a row.
    #[inline]
    fn join<T, A, B>(
        &self,
        block: &mut Block<T, A, B>,
        utterance: &Utterance<'_>,
    ) -> massive_data::Result<()>
    where
        L: Fn(&Utterance<'_>) -> Option<A>,
        M: Fn(&mut B, &Utterance<'_>, &[Option<&StoredPrediction>]) -> massive_data::Result<T>,
    {
        let others = self.others;
        let kept = if others.contains(utterance) { (others.look)(utterance) } else { None };
        if !self.selection.contains(utterance.locale(), utterance.partition()) {
            block.kept.extend(kept);
            block.only_others += 1;
            return Ok(());
        }
        let key = (utterance.locale(), utterance.id().clone());
        let predictions: PerSubmission<Option<usize>> =
            self.submissions.iter().map(|submission| submission.find(&key)).collect();
        let value = if self.filter.keeps(utterance) {
            let stored: PerSubmission<Option<&StoredPrediction>> = self
                .submissions
                .iter()
                .zip(&predictions)
                .map(|(submission, index)| index.map(|index| &submission.predictions()[index]))
                .collect();
            Some((self.map)(&mut block.shared, utterance, &stored)?)
        } else {
            None
        };
        // Nothing is kept of a row that `map` refuses.
        block.kept.extend(kept);
        block.rows.push(Row { key, predictions, value, block: 0 });
        Ok(())
    }
}

/// The blocks that were read, put together.
struct Joined<T, B> {
    rows: Vec<Row<T>>,
    blocks: Vec<B>,
    /// The predictions that have a row, by index, an entry a submission.
    found: Vec<Vec<usize>>,
    filtered: u64,
    only_others: u64,
}

impl<T, B> Joined<T, B> {
    /// Adds a block; `keep` takes what was kept of other rows.
    fn add<A>(&mut self, block: Block<T, A, B>, keep: &mut impl FnMut(A)) {
        block.kept.into_iter().for_each(keep);
        self.only_others += block.only_others;
        let number = self.blocks.len() as u32;
        self.blocks.push(block.shared);
        for Row { key, predictions, value, .. } in block.rows {
            for (found, prediction) in self.found.iter_mut().zip(&predictions) {
                found.extend(prediction);
            }
            match value {
                Some(value) => self.rows.push(Row { key, predictions, value, block: number }),
                None => self.filtered += 1,
            }
        }
    }

    /// Sorts the rows, and finds what is left of the submissions.
    fn pairing(
        self,
        mut report: ReadReport,
        submissions: &[&Submission],
        selected: &LocaleFilter,
    ) -> Result<Pairing<T, B>> {
        let Joined { mut rows, blocks, found, filtered, only_others } = self;
        report.rows -= filtered + only_others;
        report.filtered += filtered;
        report.unselected += only_others;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        if let Some(twice) = rows.windows(2).find(|two| two[0].key == two[1].key) {
            let (locale, id) = &twice[0].key;
            return Err(Error::request(format!(
                "the corpus has utterance {id} of {locale} more than once; give one release, \
                 or choose a partition"
            )));
        }
        let leftovers = submissions
            .iter()
            .zip(found)
            .map(|(submission, found)| Leftovers::of(submission, &found, selected))
            .collect();
        Ok(Pairing { rows, blocks, leftovers, report })
    }
}

/// As [`pair`], reading other rows besides; `keep` takes what was kept of them.
/// `map` may add to what the rows of its block share, which then is in
/// [`Pairing::blocks`].
///
/// # Errors
/// Those of [`pair`].
pub fn pair_and_read<T, A, B, L>(
    corpus: &Corpus,
    submissions: &[&Submission],
    others: &OtherRows<'_, L>,
    map: impl Fn(&mut B, &Utterance<'_>, &[Option<&StoredPrediction>]) -> massive_data::Result<T> + Sync,
    mut keep: impl FnMut(A),
) -> Result<Pairing<T, B>>
where
    T: Send,
    A: Send,
    B: Send + Default,
    L: Fn(&Utterance<'_>) -> Option<A> + Sync,
{
    let (filter, selection) = (corpus.judgment_filter(), corpus.selection());
    // Judgments do not enter a score, unless rows are chosen by them.
    let detail = if filter.is_active() { Detail::Everything } else { others.detail };
    // Rows that do not pass are read all the same: their predictions are not
    // scored, but they are not of unknown rows.
    let unfiltered = corpus
        .clone()
        .select(others.widen(selection.clone()))
        .filter(JudgmentFilter::default())
        .detail(detail);
    let joining = Joining { submissions, selection, filter, others, map };
    let mut joined = Joined {
        rows: Vec::new(),
        blocks: Vec::new(),
        found: vec![Vec::new(); submissions.len()],
        filtered: 0,
        only_others: 0,
    };
    let report = unfiltered.fold(
        Block::default,
        |block, _, utterance| joining.join(block, &utterance),
        |_, _, block| {
            joined.add(block, &mut keep);
            Ok(())
        },
    )?;
    joined.pairing(report, submissions, &selection.locales)
}

impl Leftovers {
    /// What is left of `submission` without the predictions that were `found`.
    fn of(submission: &Submission, found: &[usize], selected: &LocaleFilter) -> Leftovers {
        let mut known = vec![false; submission.predictions().len()];
        for &index in found {
            known[index] = true;
        }
        // A later prediction for a known row is a duplicate, not unknown.
        for duplicate in submission.duplicates() {
            known[duplicate.later] |= known[duplicate.first];
        }
        let mut leftovers = Leftovers::default();
        for (index, prediction) in submission.predictions().iter().enumerate() {
            if !selected.contains(prediction.key.0) {
                leftovers.unselected += 1;
            } else if !known[index] {
                leftovers.unknown.push(index);
            }
        }
        leftovers
    }
}

/// The partitions in which `corpus` has the given rows, whatever it selects.
///
/// # Errors
/// Input that cannot be read; lines that are no rows are passed over.
pub fn partitions_of(
    corpus: &Corpus,
    keys: impl IntoIterator<Item = Key>,
) -> Result<HashMap<Key, Partition>> {
    let mut found: HashMap<Key, Option<Partition>> =
        keys.into_iter().map(|key| (key, None)).collect();
    let locales: LocaleFilter = found.keys().map(|key| key.0).collect();
    corpus
        .clone()
        .select(Selection { locales, partition: None })
        .filter(JudgmentFilter::default())
        .detail(Detail::Labels)
        .bad_lines(BadLines::Skip)
        .for_each(
            |utterance| Ok(((utterance.locale(), utterance.id().clone()), utterance.partition())),
            |_, (key, partition)| {
                if let Some(slot) = found.get_mut(&key) {
                    *slot = Some(partition);
                }
                Ok(())
            },
        )?;
    Ok(found.into_iter().filter_map(|(key, partition)| Some((key, partition?))).collect())
}
