//! A prediction on its way to the counts: two lines, the gold annotation and the
//! prediction. The quick reader and the JSON parser agree, every gold word gets a
//! label, and no count exceeds what there is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use massive_data::prediction::{parse_prediction, read_annotation};
use massive_data::{Segmentation, SlotName};
use massive_eval::alignment::align;
use massive_eval::counts::UtteranceCounts;

fuzz_target!(|input: &str| {
    let (gold, line) = input.split_once('\n').unwrap_or(("", input));
    let spaced = format!(" {line}");
    let prediction = match (parse_prediction(line), parse_prediction(&spaced)) {
        (Ok(prediction), Ok(other)) => {
            assert_eq!(prediction, other);
            prediction
        }
        (Err(error), Err(other)) => {
            assert_eq!(error.message(), other.message());
            return;
        }
        (prediction, other) => panic!("{prediction:?} and {other:?}"),
    };
    let Some(slots) = &prediction.slots else { return };
    for segmentation in [Segmentation::WhiteSpace, Segmentation::Characters] {
        let gold = read_annotation(gold, segmentation);
        let words = gold.words.unwrap_or_default();
        let labels: Vec<Option<&SlotName>> = gold.labels.iter().map(Option::as_ref).collect();
        let predicted = slots.labels(segmentation);
        let (aligned, _) = align(&words, &predicted);
        assert_eq!(aligned.len(), words.len());
        let counts = UtteranceCounts::of(true, &labels, &aligned);
        assert_eq!(counts.words as usize, words.len());
        assert!(counts.slots.correct <= counts.slots.gold.min(counts.slots.predicted));
        assert!(counts.slots.gold.max(counts.slots.predicted) <= counts.words);
        assert_eq!(counts.exact_match, labels == aligned);
        // The gold against itself is right.
        let right = UtteranceCounts::of(true, &labels, &labels);
        assert!(right.exact_match && right.slots.correct == right.slots.gold);
    }
});
