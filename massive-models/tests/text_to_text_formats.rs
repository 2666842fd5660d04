//! Text-to-text formats against the reference's own conversions, in both
//! directions. Its golden files lie outside this repository; without them the
//! tests say so and pass.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

use std::fs::{self, File};
use std::io::Read;

use flate2::read::GzDecoder;
use massive_models::text_to_text::{Format, Reading, ReferenceOptions};
use serde::Deserialize;

#[path = "support/shared.rs"]
mod shared;
use shared::shared;

#[derive(Deserialize)]
struct Case {
    opts: ReferenceOptions,
    utt: Vec<String>,
    intent: String,
    slots: Vec<String>,
    input: Vec<String>,
    output: Outcome<String>,
    back: Option<Outcome<Intents>>,
}

#[derive(Deserialize)]
struct BadOutput {
    opts: ReferenceOptions,
    text: String,
    #[serde(flatten)]
    outcome: Outcome<Intents>,
}

/// The reference reads a batch, here of one.
type Intents = ([String; 1], [Vec<String>; 1]);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome<T> {
    Result(T),
    #[serde(untagged)]
    Failure {
        error: String,
        message: String,
    },
}

fn strs(strings: &[String]) -> Vec<&str> {
    strings.iter().map(String::as_str).collect()
}

#[test]
fn all_formats_are_written_and_read_as_the_reference_does() {
    let Some(folder) = shared() else { return };
    let mut text = String::new();
    let file = File::open(folder.join("oracle/eval/t2t_cases.jsonl.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let (mut written, mut read, mut refused) = (0, 0, 0);
    for (number, line) in text.lines().enumerate() {
        let case: Case = serde_json::from_str(line).unwrap();
        let format = match (Format::try_from(case.opts), case.output) {
            (Ok(format), Outcome::Result(golden)) => {
                let target =
                    format.target(&strs(&case.utt), &strs(&case.slots), &case.intent).unwrap();
                assert_eq!(target, golden, "line {number}");
                written += 1;
                format
            }
            (Err(error), Outcome::Failure { error: kind, .. }) => {
                assert_eq!((error.is_request(), kind.as_str()), (true, "ValueError"));
                refused += 1;
                continue;
            }
            (format, _) => panic!("line {number}: {format:?}"),
        };
        assert_eq!(format.input(&strs(&case.utt)), strs(&case.input), "line {number}");
        let target = format.target(&strs(&case.utt), &strs(&case.slots), &case.intent).unwrap();
        let Some(Outcome::Result(([intent], [slots]))) = case.back else {
            panic!("line {number}: nothing to read back");
        };
        let parsed = format.read(&target, Reading::Compatible);
        assert_eq!(
            (parsed.intent, parsed.labels),
            (intent.as_str(), strs(&slots)),
            "line {number}"
        );
        let parsed = format.read(&target, Reading::Corrected);
        assert_eq!((parsed.intent, parsed.labels), (case.intent.as_str(), strs(&case.slots)));
        read += 1;
    }
    assert_eq!((written, read, refused), (10_080, 10_080, 1_440));
}

#[test]
fn malformed_outputs_are_read_as_the_reference_does() {
    let Some(folder) = shared() else { return };
    let text = fs::read_to_string(folder.join("oracle/eval/t2t_bad_outputs.jsonl")).unwrap();
    let (mut read, mut empty, mut refused) = (0, 0, 0);
    for (number, line) in text.lines().enumerate() {
        let BadOutput { mut opts, text, outcome } = serde_json::from_str(line).unwrap();
        if opts.slots_mixed && !opts.toks_in_output {
            // The reference reads here what it refuses to write: as if the
            // labels were not mixed with anything.
            assert!(Format::try_from(opts.clone()).is_err());
            opts.slots_mixed = false;
            refused += 1;
        }
        let format = Format::try_from(opts).unwrap();
        let parsed = format.read(&text, Reading::Compatible);
        match outcome {
            Outcome::Result(([intent], [slots])) => {
                let golden = (intent.as_str(), strs(&slots));
                assert_eq!((parsed.intent, parsed.labels), golden, "line {number}: {line}");
                read += 1;
            }
            Outcome::Failure { error, message } => {
                assert_eq!(
                    (error.as_str(), message.as_str()),
                    ("IndexError", "list index out of range")
                );
                assert!(text.trim().is_empty() && parsed.intent.is_empty());
                assert!(parsed.labels.is_empty());
                empty += 1;
            }
        }
    }
    assert_eq!((read, empty, refused), (504, 72, 144));
}
