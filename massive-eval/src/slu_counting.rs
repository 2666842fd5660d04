//! SLU-F1's counts of the rows that are scored.

use massive_data::chunks;
use massive_data::slurp::SlurpEntity;

use crate::evaluation::ScoredRow;
use crate::slu_f1::{SluCounts, SluRow};

/// The slots of a scored row by their words, gold and predicted by the first
/// submission.
///
/// A filler is the words of a chunk joined by spaces, as the reference writes
/// them in `pred_slots`, characters of ja-JP, zh-CN and zh-TW included;
/// predicted ones are the prediction's own words. Labels without words stand for
/// the gold words.
pub fn counts_of_row(row: &ScoredRow<'_>) -> SluRow {
    let entities = |words: &[&str], labels: Vec<Option<&str>>| -> Vec<SlurpEntity> {
        chunks(labels)
            .map(|chunk| SlurpEntity {
                label: chunk.label.to_owned(),
                filler: words.get(chunk.first..=chunk.last).unwrap_or_default().join(" "),
            })
            .collect()
    };
    let gold = row.labels.iter().map(|label| label.map(|label| label.as_str())).collect();
    let gold = entities(row.words, gold);
    let system = row.systems.first().and_then(Option::as_ref);
    let predicted = system.and_then(|system| system.predicted).map_or_else(Vec::new, |predicted| {
        let labels =
            predicted.labels.iter().map(|label| label.as_ref().map(|label| label.as_str()));
        match &predicted.words {
            Some(words) => entities(words, labels.collect()),
            None => entities(row.words, labels.take(row.words.len()).collect()),
        }
    });
    let mut counts = SluCounts::default();
    counts.add(&gold, &predicted);
    SluRow::from(&counts)
}
