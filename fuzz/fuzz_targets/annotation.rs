//! The annotation parser: what it accepts is written as it was read, its spans
//! lie in its text, and the same slots written into that text give it back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use massive_data::prediction::read_annotation;
use massive_data::{Annotation, LabelPolicy, Segmentation};

fuzz_target!(|source: &str| {
    for policy in [LabelPolicy::Closed, LabelPolicy::Open] {
        match Annotation::parse(source, policy) {
            Ok(annotation) => check(source, &annotation),
            Err(error) => {
                assert!(error.offset() <= source.len());
                assert!((1..=source.chars().count() + 1).contains(&error.column()));
            }
        }
    }
    // The lenient reader takes anything, and gives a label a word.
    for segmentation in [Segmentation::WhiteSpace, Segmentation::Characters] {
        let read = read_annotation(source, segmentation);
        assert_eq!(read.words.map(|words| words.len()), Some(read.labels.len()));
    }
});

fn check(source: &str, annotation: &Annotation<'_>) {
    assert_eq!(annotation.to_string(), source);
    let text = annotation.text();
    let spans: Vec<_> =
        annotation.slots().map(|slot| (slot.name.clone(), slot.span.clone())).collect();
    for slot in annotation.slots() {
        assert_eq!(&text[slot.span], slot.value);
    }
    let again = Annotation::from_spans(&text, &spans).expect("it was read from its like");
    assert_eq!(again.as_str(), source);
}
