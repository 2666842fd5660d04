//! Ids of the reference's tokenizers, over the first 200 test utterances of each
//! locale.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

#[path = "support/shared.rs"]
mod shared;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use massive_models::tokenize::Tokenizer;
use serde::Deserialize;
use shared::shared;

#[derive(Deserialize)]
struct Golden {
    id: String,
    locale: String,
    utt: Vec<String>,
    input_ids: Vec<u32>,
    word_ids: Vec<Option<u32>>,
}

/// Rows with other ids than the reference's, and rows.
fn differing(tokenizer: &Path, golden: &Path) -> (Vec<String>, usize) {
    let tokenizer = Tokenizer::open(tokenizer).unwrap();
    let lines = BufReader::new(GzDecoder::new(File::open(golden).unwrap())).lines();
    let mut differing = Vec::new();
    let mut rows = 0;
    for line in lines {
        let golden: Golden = serde_json::from_str(&line.unwrap()).unwrap();
        let sequence = tokenizer.encode(&golden.utt, 512).unwrap();
        if (&sequence.ids, &sequence.words) != (&golden.input_ids, &golden.word_ids) {
            differing.push(format!("{} {}", golden.locale, golden.id));
        }
        assert_eq!(sequence.truncated, 0);
        rows += 1;
    }
    (differing, rows)
}

#[test]
fn ids_are_those_of_the_reference() {
    let Some(shared) = shared() else { return };
    for (tokenizer, golden, rows) in [
        ("tokenizers/xlmr/tokenizer.json.gz", "xlmr", 10_400),
        ("tokenizers/mt5/tokenizer.json.gz", "mt5", 10_400),
        ("models/xlmr-joint/tokenizer.json", "xlmr_trim", 10_400),
        ("models/mt5-encoder-joint/tokenizer.json", "mt5_trim", 1_600),
        ("models/mt5-text-to-text/tokenizer.reference.json", "mt5_trim_small", 1_600),
    ] {
        let path = shared.join(format!("oracle/tokens/{golden}_first200.jsonl.gz"));
        let found = differing(&shared.join(tokenizer), &path);
        assert_eq!(found, (Vec::new(), rows), "{tokenizer}");
    }
}

#[test]
fn the_published_structure_differs_on_words_that_end_in_a_zero_width_space() {
    let Some(shared) = shared() else { return };
    for (tokenizer, golden) in [
        ("tokenizers/xlmr/tokenizer.hub.json.gz", "xlmr"),
        ("models/hf-intent/tokenizer.json", "xlmr_trim"),
    ] {
        let path = shared.join(format!("oracle/tokens/{golden}_first200.jsonl.gz"));
        let (rows, of) = differing(&shared.join(tokenizer), &path);
        assert_eq!((rows.len(), of), (19, 10_400), "{tokenizer}: {rows:?}");
    }
}

#[test]
fn a_sentinel_is_one_piece() {
    let Some(shared) = shared() else { return };
    let tokenizer = Tokenizer::open(&shared.join("tokenizers/mt5/tokenizer.json.gz")).unwrap();
    let sequence = tokenizer.encode(&["<extra_id_0>", "wake", "<extra_id_99>"], 512).unwrap();
    assert_eq!(sequence.ids.first(), Some(&250_099));
    assert_eq!(sequence.words[..2], [Some(0), Some(1)]);
    assert_eq!(sequence.ids[sequence.ids.len() - 2], 250_000);
}

#[test]
fn what_is_too_long_is_cut_and_lost_words_are_counted() {
    let Some(shared) = shared() else { return };
    let tokenizer = Tokenizer::open(&shared.join("models/xlmr-joint/tokenizer.json")).unwrap();
    let words = ["wake", "me", "up", "at", "five", "am"];
    let whole = tokenizer.encode(&words, 512).unwrap();
    let cut = tokenizer.encode(&words, whole.ids.len() - 2).unwrap();
    assert_eq!(cut.ids.len(), whole.ids.len() - 2);
    // The special ids stay.
    assert_eq!(cut.ids.last(), whole.ids.last());
    assert!(cut.truncated > 0);
    let starts = cut.starts(words.len());
    assert_eq!(starts.iter().filter(|start| start.is_none()).count(), cut.truncated);
    assert!(starts[0].is_some());
    let nothing = tokenizer.encode(&words, 2).unwrap();
    assert_eq!((nothing.ids.len(), nothing.truncated), (2, words.len()));
}

#[test]
fn a_word_without_ids_keeps_its_place() {
    let Some(shared) = shared() else { return };
    let tokenizer = Tokenizer::open(&shared.join("tokenizers/xlmr/tokenizer.hub.json.gz")).unwrap();
    let sequence = tokenizer.encode(&["set", "\u{200b}", "alarm"], 512).unwrap();
    let starts = sequence.starts(3);
    assert_eq!((starts[1], sequence.truncated), (None, 0));
    assert!(starts[0].is_some() && starts[2].is_some());
}
