//! Our counts against others' on random label sequences: seqeval's, where Python
//! can have it, and the rules of the script conlleval.pl, written down here a
//! second time. The generator has a fixed seed; a failure repeats.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use massive_data::{SlotName, chunks};
use massive_eval::counts::{Counts, UtteranceCounts};
use massive_eval::metrics::Metric;

use super::support::{Folder, python};

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

type Labels = Vec<Option<SlotName>>;

/// Names of the release and others: with hyphens, spaces, other scripts, names
/// within names, and such as look like tags.
const NAMES: [&str; 10] =
    ["date", "time", "timeofday", "x-y", "B", "I-x", "名前", "a b", "é", "E\u{301}"];

/// Utterances with gold and predicted labels, in every shape that occurs:
/// empty ones, all one label, nothing predicted, predictions that are shifted,
/// longer, shorter, or right.
fn utterances(random: &mut Random) -> Vec<(Labels, Labels)> {
    let names: Vec<SlotName> = NAMES.into_iter().map(SlotName::open).collect();
    let many = 1 + random.below(NAMES.len());
    let labels = |random: &mut Random, length: usize| -> Labels {
        let density = random.below(4);
        let mut labels: Labels = Vec::new();
        while labels.len() < length {
            let label = (random.below(4) < density).then(|| names[random.below(many)].clone());
            for _ in 0..1 + random.below(3) {
                labels.push(label.clone());
            }
        }
        labels.truncate(length);
        labels
    };
    (0..random.below(12))
        .map(|_| {
            let length = random.below(9);
            let gold = labels(random, length);
            let mut predicted = match random.below(6) {
                0 => vec![None; length],
                1 => gold.clone(),
                2 => {
                    let length = random.below(12);
                    labels(random, length)
                }
                3 => gold.iter().cloned().cycle().skip(1).take(length).collect(),
                4 => {
                    let mut changed = gold.clone();
                    if length > 0 {
                        changed[random.below(length)] = Some(names[random.below(many)].clone());
                    }
                    changed
                }
                _ => labels(random, length),
            };
            // As for the reference: cut or padded to the gold's length.
            predicted.resize(gold.len(), None);
            (gold, predicted)
        })
        .collect()
}

fn borrowed(labels: &Labels) -> Vec<Option<&SlotName>> {
    labels.iter().map(Option::as_ref).collect()
}

fn ours(utterances: &[(Labels, Labels)]) -> Counts {
    let counts = utterances
        .iter()
        .map(|(gold, predicted)| UtteranceCounts::of(true, &borrowed(gold), &borrowed(predicted)));
    counts.sum()
}

/// Tags as the reference writes them: a run of one label is one slot.
fn tags(labels: &Labels) -> Vec<String> {
    let mut before: Option<&SlotName> = None;
    let tag = |label: &'_ Option<SlotName>, inside: bool| match label {
        None => "O".to_owned(),
        Some(name) if inside => format!("I-{name}"),
        Some(name) => format!("B-{name}"),
    };
    let mut tags = Vec::new();
    for label in labels {
        tags.push(tag(label, label.is_some() && label.as_ref() == before));
        before = label.as_ref();
    }
    tags
}

#[test]
fn chunks_are_counted_as_seqeval_counts_them() {
    let Some(python) = python() else { return };
    let mut random = Random(20_220_407);
    let batches: Vec<_> = (0..2_000).map(|_| utterances(&mut random)).collect();
    let folder = Folder::new();
    let input = folder.write_lines(
        "batches.jsonl",
        batches.iter().map(|batch| {
            let (gold, predicted): (Vec<_>, Vec<_>) =
                batch.iter().map(|(gold, predicted)| (tags(gold), tags(predicted))).unzip();
            serde_json::json!({ "gold": gold, "predicted": predicted }).to_string()
        }),
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/seqeval_scores.py");
    let output = Command::new(python)
        .arg(script)
        .stdin(std::fs::File::open(input).unwrap())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), batches.len());
    for (batch, answer) in batches.iter().zip(answers) {
        let counts = ours(batch);
        let number = |key: &str| answer[key].as_f64().unwrap();
        let share =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert_eq!(answer["gold"], counts.gold_slots, "{batch:?}");
        assert_eq!(answer["predicted"], counts.predicted_slots, "{batch:?}");
        let (precision, recall) = (
            share(counts.correct_slots, counts.predicted_slots),
            share(counts.correct_slots, counts.gold_slots),
        );
        assert!(close(number("precision"), precision), "{batch:?}: {answer}");
        assert!(close(number("recall"), recall), "{batch:?}: {answer}");
        let f1 = Metric::SlotMicroF1.of_counts(&counts).unwrap_or(0.0);
        assert!(close(number("f1"), f1), "{batch:?}: {answer} and {f1}");
        // Every chunk, with its place.
        let found: Vec<(String, usize, usize)> = batch
            .iter()
            .scan(0, |offset, (_, predicted)| {
                let start = *offset;
                // seqeval puts a word outside every slot after each utterance.
                *offset += predicted.len() + 1;
                let chunks = chunks(predicted.iter().map(Option::as_ref));
                Some(
                    chunks
                        .map(move |c| (c.label.to_string(), start + c.first, start + c.last))
                        .collect::<Vec<_>>(),
                )
            })
            .flatten()
            .collect();
        assert_eq!(answer["chunks"], serde_json::json!(found), "{batch:?}");
    }
}

/// Whether a chunk ends between two tags, by conlleval's rules for `B`, `I`, `O`.
fn ends((tag, kind): (char, &str), (next, next_kind): (char, &str)) -> bool {
    matches!((tag, next), ('B' | 'I', 'B' | 'O')) || tag != 'O' && kind != next_kind
}

/// Whether a chunk starts between two tags, by the same rules.
fn starts((before, kind): (char, &str), (tag, next_kind): (char, &str)) -> bool {
    tag == 'B' || matches!((before, tag), ('O', 'I')) || tag != 'O' && kind != next_kind
}

fn parts(tag: &str) -> (char, &str) {
    match tag.split_once('-') {
        Some((position, kind)) => (position.chars().next().unwrap_or('O'), kind),
        None => ('O', ""),
    }
}

/// Gold, predicted and correct chunks, word by word as the script counts them:
/// a chunk is being right as long as both sides start, go on and end together.
fn conlleval(utterances: &[(Labels, Labels)]) -> (u64, u64, u64) {
    let (mut gold_found, mut predicted_found, mut correct) = (0, 0, 0);
    for (gold, predicted) in utterances {
        let (mut gold, mut predicted) = (tags(gold), tags(predicted));
        // The boundary after a sentence.
        gold.push("O".to_owned());
        predicted.push("O".to_owned());
        let (mut gold_before, mut predicted_before) = (('O', ""), ('O', ""));
        let mut in_correct = false;
        for (gold, predicted) in gold.iter().zip(&predicted) {
            let (gold, predicted) = (parts(gold), parts(predicted));
            let (gold_ends, predicted_ends) =
                (ends(gold_before, gold), ends(predicted_before, predicted));
            if in_correct {
                if gold_ends && predicted_ends {
                    correct += 1;
                    in_correct = false;
                } else if gold_ends != predicted_ends || gold.1 != predicted.1 {
                    in_correct = false;
                }
            }
            let (gold_starts, predicted_starts) =
                (starts(gold_before, gold), starts(predicted_before, predicted));
            in_correct |= gold_starts && predicted_starts && gold.1 == predicted.1;
            gold_found += u64::from(gold_starts);
            predicted_found += u64::from(predicted_starts);
            (gold_before, predicted_before) = (gold, predicted);
        }
    }
    (gold_found, predicted_found, correct)
}

#[test]
fn chunks_are_counted_by_the_rules_of_conlleval() {
    let mut random = Random(1);
    let mut seen = BTreeSet::new();
    for _ in 0..20_000 {
        let batch = utterances(&mut random);
        let counts = ours(&batch);
        let found = (counts.gold_slots, counts.predicted_slots, counts.correct_slots);
        assert_eq!(found, conlleval(&batch), "{batch:?}");
        seen.insert((found.0 > 0, found.1 > 0, found.2 > 0, found.2 == found.0));
    }
    // The generator reaches what it is meant to reach.
    assert!(seen.len() >= 6, "{seen:?}");
}
