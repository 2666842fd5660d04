//! What SLU-F1 consists of, beside its value.

use std::collections::BTreeMap;

use massive_data::Locale;

use super::{GroupScores, Scores};
use crate::metrics::Metric;
use crate::slu_f1::{SluCounts, SluParts, SluRow};
use crate::submission::Key;

/// Adds to the scores of a document what SLU-F1 consists of.
///
/// `rows` are the counts of the rows scored, by locale and id.
pub(super) fn add_parts<'r>(
    all: &mut Scores,
    locales: &mut BTreeMap<String, Scores>,
    groups: &mut BTreeMap<String, BTreeMap<String, GroupScores>>,
    rows: impl Iterator<Item = (Key, &'r SluRow)>,
) {
    let mut by_locale: BTreeMap<Locale, SluCounts> = BTreeMap::new();
    for ((locale, _), counts) in rows {
        *by_locale.entry(locale).or_default() += counts;
    }
    let sum = |locales: &mut dyn Iterator<Item = &SluCounts>| {
        let mut all = SluCounts::default();
        locales.for_each(|counts| all += counts);
        all
    };
    set_parts(all, &sum(&mut by_locale.values()), true);
    for (locale, counts) in &by_locale {
        if let Some(scores) = locales.get_mut(locale.tag()) {
            set_parts(scores, counts, false);
        }
    }
    for GroupScores { scores, locales } in groups.values_mut().flat_map(BTreeMap::values_mut) {
        let members = by_locale
            .iter()
            .filter(|(locale, _)| locales.iter().any(|tag| tag == locale.tag()))
            .map(|(_, counts)| counts);
        set_parts(scores, &sum(&mut members.into_iter()), false);
    }
}

fn set_parts(scores: &mut Scores, counts: &SluCounts, with_slots: bool) {
    let Some(Some(score)) = scores.metrics.get_mut(Metric::SluF1) else { return };
    let slu = counts.slu().scores();
    score.precision = Some(slu.micro.precision);
    score.recall = Some(slu.micro.recall);
    score.slu = Some(SluParts {
        word_f1: counts.word.total().f1(),
        char_f1: counts.char.total().f1(),
        macro_f1: slu.macro_.f1,
        slots: if with_slots { slu.labels } else { BTreeMap::new() },
    });
}
