//! The reader of corpus lines: the quick way and the JSON parser agree, and
//! what is read keeps its promises.
#![no_main]

use libfuzzer_sys::fuzz_target;
use massive_data::{LabelMode, LabelPolicy, Utterance};

fuzz_target!(|line: &str| {
    // A space before a row leaves it to the JSON parser.
    let spaced = format!(" {line}");
    for policy in [LabelPolicy::Closed, LabelPolicy::Open] {
        match (Utterance::from_json(line, policy), Utterance::from_json(&spaced, policy)) {
            (Ok(row), Ok(other)) => {
                assert_eq!(row, other);
                check(&row);
            }
            (Err(error), Err(other)) => {
                assert_eq!(error.message(), other.message());
                assert!(error.is_bad_line());
                let column = error.place().and_then(|place| place.column);
                assert!(column.is_none_or(|column| column <= line.chars().count() + 1));
            }
            (row, other) => panic!("{row:?} and {other:?}"),
        }
    }
});

fn check(row: &Utterance<'_>) {
    for slot in row.slots() {
        assert_eq!(&row.utt()[slot.bytes.clone()], slot.value);
        let graphemes = slot.graphemes();
        assert!(graphemes.start <= graphemes.end);
    }
    let words = row.words();
    for mode in [LabelMode::Reference, LabelMode::Brackets] {
        let labelled = row.labelled_words(mode);
        assert_eq!(labelled.is_some(), row.gold().is_some());
        assert!(words.iter().all(|word| !word.is_empty()) || labelled.is_some());
    }
}
