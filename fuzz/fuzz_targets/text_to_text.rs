//! The parser of text-to-text outputs: a line with a format as in a manifest, and
//! the output. Nothing that a model writes is an error, what is well-formed has a
//! label for every word, and what a format writes it reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use massive_data::words;
use massive_models::text_to_text::{Format, Inside, Layout, Names, Reading};

fuzz_target!(|input: &str| {
    let (format, output) = input.split_once('\n').unwrap_or(("", input));
    let format: Format = serde_json::from_str(format).unwrap_or_default();
    let names = Names::new(
        ["alarm_set", "play_music"].map(str::to_owned),
        ["date", "time", "Other"].map(str::to_owned),
    );
    let pieces = words::split(output).count();
    for reading in [Reading::Compatible, Reading::Corrected] {
        let parsed = format.read(output, reading);
        assert!(parsed.labels.len() <= pieces);
        assert!(pieces > 0 || parsed.intent.is_empty());
        for words in 0..=pieces + 1 {
            assert_eq!(parsed.fitted(words, &format).len(), words);
            if format.fault(output, words, &names).is_none() {
                assert_eq!(parsed.labels.len(), words);
                assert!(names.intents().iter().any(|intent| intent == parsed.intent));
            }
        }
    }
    written(&format, output, &names);
});

/// The pieces as words, each in a slot that its length decides.
fn written(format: &Format, output: &str, names: &Names) {
    let words: Vec<&str> = words::split(output).collect();
    let labels: Vec<&str> = words
        .iter()
        .map(|word| match word.len() % 3 {
            0 => format.outside.as_str(),
            1 => "date",
            _ => "time",
        })
        .collect();
    let text = format.target(&words, &labels, "alarm_set").expect("a label for each word");
    // A name for words outside slots that is a mark or a slot reads as one.
    let outside = format.outside.as_str();
    if outside == "I" || outside.starts_with("I-") || ["date", "time"].contains(&outside) {
        return;
    }
    let parsed = format.read(&text, Reading::Corrected);
    assert_eq!((parsed.intent, &parsed.labels), ("alarm_set", &labels));
    assert_eq!(format.fault(&text, words.len(), names), None);
    if format.inside == Inside::SlotName {
        assert_eq!(format.read(&text, Reading::Compatible), parsed);
    }
    let input = format.input(&words);
    let each = if format.layout == Layout::Sentinels { 2 } else { 1 };
    assert!(input.len() - each * words.len() <= 1);
}
