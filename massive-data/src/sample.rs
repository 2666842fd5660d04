//! A sample of the corpus that stays parallel: the same ids in every locale,
//! stratified by partition and intent.
//!
//! Each id has a rank, the SHA-256 of seed and id, and the lowest ranks of a
//! stratum are drawn (bottom-k sampling, Cohen & Kaplan 2007, "Summarizing data
//! using bottom-k sketches"). So the choice depends on the seed and the ids
//! alone, and of two few-shot samples the smaller lies within the larger.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::labels::Intent;
use crate::locale::Locale;
use crate::locale_set::LocaleSet;
use crate::partition::Partition;
use crate::read_report::ReadReport;
use crate::utterance_id::UtteranceId;

/// How many ids are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SampleSize {
    /// So many in all, shared among the strata by their size.
    Ids(usize),
    /// A share of them, shared among the strata by their size.
    Share(Share),
    /// So many an intent in train, as far as it has them, and the other
    /// partitions whole.
    Shots(usize),
}

/// A number over 0 and up to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// The share.
    ///
    /// # Errors
    /// A number that is not over 0 and up to 1.
    pub fn new(share: f64) -> Result<Share> {
        if share > 0.0 && share <= 1.0 {
            return Ok(Share(share));
        }
        Err(Error::request(format!("a share of {share}; expected a number over 0 and up to 1")))
    }
}

/// The rows of one partition and intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// The partition.
    pub partition: Partition,
    /// The intent in English, or in the first locale that there is; `None` of
    /// held-out rows.
    pub intent: Option<Intent>,
    /// Ids that could be drawn.
    pub available: usize,
    /// Ids that were drawn.
    pub drawn: usize,
}

/// The ids that were drawn.
#[derive(Debug)]
pub struct Sample {
    ids: BTreeSet<UtteranceId>,
    /// The strata, in order.
    pub strata: Vec<Stratum>,
    /// Ids that could not be drawn: a locale lacks them, or has them in another
    /// partition.
    pub not_parallel: usize,
}

/// What is known of the translations of a source.
#[derive(Default)]
struct Source {
    locales: LocaleSet,
    partitions: BTreeSet<Partition>,
    /// Of English, or of the first locale.
    intent: Option<(Locale, Option<Intent>)>,
}

impl Sample {
    /// Draws from the selected rows of `corpus`.
    ///
    /// # Errors
    /// As [`Corpus::for_each`]; more ids asked for than there are, or none.
    pub fn draw(corpus: &Corpus, size: SampleSize, seed: u64) -> Result<(Sample, ReadReport)> {
        let mut sources: BTreeMap<UtteranceId, Source> = BTreeMap::new();
        let mut locales = LocaleSet::EMPTY;
        let report = corpus.for_each(
            |utterance| {
                let intent = utterance.gold().map(|gold| gold.intent.clone());
                Ok((utterance.id().clone(), utterance.locale(), utterance.partition(), intent))
            },
            |_, (id, locale, partition, intent)| {
                locales.insert(locale);
                sources.entry(id).or_default().add(locale, partition, intent);
                Ok(())
            },
        )?;
        let mut strata: BTreeMap<(Partition, Option<Intent>), Vec<UtteranceId>> = BTreeMap::new();
        let mut not_parallel = 0;
        for (id, source) in sources {
            match source.stratum(&locales) {
                Some(stratum) => strata.entry(stratum).or_default().push(id),
                None => not_parallel += 1,
            }
        }
        let sample = Sample { ids: BTreeSet::new(), strata: Vec::new(), not_parallel };
        Ok((sample.fill(strata, size, seed)?, report))
    }

    /// True if this id was drawn.
    pub fn contains(&self, id: &UtteranceId) -> bool {
        self.ids.contains(id)
    }

    /// How many ids were drawn.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True if none was drawn.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn fill(
        mut self,
        strata: BTreeMap<(Partition, Option<Intent>), Vec<UtteranceId>>,
        size: SampleSize,
        seed: u64,
    ) -> Result<Sample> {
        let sizes: Vec<usize> = strata.values().map(Vec::len).collect();
        let all: usize = sizes.iter().sum();
        let drawn: Vec<usize> = match size {
            SampleSize::Ids(0) | SampleSize::Shots(0) => {
                return Err(Error::request("a sample of 0; expected a number from 1 on"));
            }
            SampleSize::Ids(number) if number > all => {
                return Err(Error::request(format!(
                    "a sample of {number} ids, but there are only {all} that every locale has"
                )));
            }
            SampleSize::Ids(number) => apportion(number, &sizes),
            SampleSize::Share(Share(share)) => {
                apportion((share * all as f64).round() as usize, &sizes)
            }
            SampleSize::Shots(shots) => strata
                .iter()
                .map(|((partition, _), ids)| match partition {
                    Partition::Train => ids.len().min(shots),
                    _ => ids.len(),
                })
                .collect(),
        };
        for (((partition, intent), mut ids), drawn) in strata.into_iter().zip(drawn) {
            ids.sort_by_cached_key(|id| (rank(seed, id), id.clone()));
            self.strata.push(Stratum { partition, intent, available: ids.len(), drawn });
            self.ids.extend(ids.into_iter().take(drawn));
        }
        Ok(self)
    }
}

impl Source {
    fn add(&mut self, locale: Locale, partition: Partition, intent: Option<Intent>) {
        self.locales.insert(locale);
        self.partitions.insert(partition);
        let before =
            |known: Locale| (locale != Locale::EN_US, locale) < (known != Locale::EN_US, known);
        if self.intent.as_ref().is_none_or(|(known, _)| before(*known)) {
            self.intent = Some((locale, intent));
        }
    }

    /// Partition and intent, if all locales have it in one partition.
    fn stratum(self, locales: &LocaleSet) -> Option<(Partition, Option<Intent>)> {
        let mut partitions = self.partitions.into_iter();
        let partition = partitions.next()?;
        let (_, intent) = self.intent?;
        (self.locales == *locales && partitions.next().is_none()).then_some((partition, intent))
    }
}

/// What decides who is drawn first.
fn rank(seed: u64, id: &UtteranceId) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    digest.update(id.hash_bytes());
    digest.finalize().into()
}

/// Shares `number` among strata in proportion to their sizes, by the largest
/// remainder (Hamilton's method); `number` is at most the sum of the sizes.
fn apportion(number: usize, sizes: &[usize]) -> Vec<usize> {
    let all: u128 = sizes.iter().map(|&size| size as u128).sum::<u128>().max(1);
    let quota = |size: usize| size as u128 * number as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|&size| (quota(size) / all) as usize).collect();
    let missing = number - shares.iter().sum::<usize>();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&index| (std::cmp::Reverse(quota(sizes[index]) % all), index));
    for &index in by_remainder.iter().take(missing) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_numbers_over_0_and_up_to_1() {
        for share in [0.0, -0.5, 1.5, f64::NAN] {
            assert!(Share::new(share).unwrap_err().is_request(), "{share}");
        }
        assert!(Share::new(1.0).is_ok());
    }

    #[test]
    fn remainders_go_to_the_largest() {
        assert_eq!(apportion(10, &[6, 6, 2]), [4, 4, 2]);
        assert_eq!(apportion(1, &[1, 1, 1]), [1, 0, 0]);
        assert_eq!(apportion(0, &[]), Vec::<usize>::new());
    }

    proptest! {
        #[test]
        fn apportioned_shares_fit(
            sizes in prop::collection::vec(0usize..500, 1..40),
            share in 0.0f64..=1.0,
        ) {
            let all: usize = sizes.iter().sum();
            let number = (share * all as f64) as usize;
            let shares = apportion(number, &sizes);
            prop_assert_eq!(shares.iter().sum::<usize>(), number);
            for (&share, &size) in shares.iter().zip(&sizes) {
                let exact = number as f64 * size as f64 / all.max(1) as f64;
                prop_assert!(share <= size && (share as f64 - exact).abs() < 1.0);
            }
        }
    }
}
