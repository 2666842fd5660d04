//! Planted contamination: a model that has seen test rows is told from one that
//! has not, and one that has not is not accused.

#![allow(clippy::print_stdout, reason = "the figures of docs/audit.md")]

use std::collections::{BTreeMap, HashMap};

use massive_lm::audit::extract::{self, Arm};
use massive_lm::audit::memory::Continuations;
use massive_lm::audit::swap::{self, Values};
use massive_lm::audit::{Replies, Verdict};
use massive_lm::row::{Row, RowGold};

/// A number that looks random.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Utterances of a small language: a frame, two slots and a tail.
fn rows(count: u64, seed: u64) -> Vec<Row> {
    let mut state = seed;
    let mut pick = |list: &[&str]| list[random(&mut state) as usize % list.len()].to_owned();
    let frames = ["please wake me up", "remind me about it", "play some music", "call my mother"];
    let times = ["at five", "at six", "at noon", "at seven", "at ten", "tonight", "at nine"];
    let places = ["in london", "in paris", "at home", "in berlin", "at work", "in rome"];
    let tails = ["right now", "for me", "again please", "if you can", "as usual", "this week"];
    (0..count)
        .map(|id| {
            let (frame, time, place, tail) =
                (pick(&frames), pick(&times), pick(&places), pick(&tails));
            let text = format!("{time} {place} {frame} {tail}");
            Row {
                locale: "en-US".to_owned(),
                id: format!("{seed}-{id}"),
                words: text.split(' ').map(str::to_owned).collect(),
                gold: Some(RowGold {
                    intent: "x".to_owned(),
                    annotation: format!("[time : {time}] [place_name : {place}] {frame} {tail}"),
                    labels: Vec::new(),
                    slots: vec![("time".to_owned(), time), ("place_name".to_owned(), place)],
                }),
                text,
            }
        })
        .collect()
}

fn trained(rows: &[&[Row]], longest: usize) -> Continuations {
    let mut model = Continuations::new(longest);
    for row in rows.iter().flat_map(|rows| rows.iter()) {
        model.add(&row.words);
    }
    model
}

fn extracted(model: &Continuations, test: &[Row], train: &[Row]) -> Verdict {
    let floors = BTreeMap::from([("en-US".to_owned(), trained(&[train], 8))]);
    let mut replies = Replies::new();
    for row in test {
        let (cut, probe) =
            (extract::cut(row).unwrap(), extract::probe(row, &Arm::Bare, "test").unwrap());
        replies.insert(probe.key(), model.go_on(&cut.prefix, cut.suffix.len()).join(" "));
    }
    let results = extract::judge(test, &Arm::Bare, "test", &floors, &replies).unwrap();
    results["en-US"].verdict
}

fn swapped(model: &Continuations, test: &[Row], control: &[Row], train: &[Row]) -> Verdict {
    let values = Values::of(train);
    let choices = |rows: &[Row], named: &str| -> Vec<swap::Choice> {
        rows.iter().filter_map(|row| swap::choice(row, &values, 1, named)).collect()
    };
    let (test, control) = (choices(test, "test"), choices(control, "control"));
    let mut replies = Replies::new();
    for choice in test.iter().chain(&control) {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let scores: HashMap<usize, f64> = choice
            .options
            .iter()
            .enumerate()
            .map(|(place, text)| (place, model.score(&words(text))))
            .collect();
        let best = (0..4).max_by(|a, b| scores[a].total_cmp(&scores[b])).unwrap();
        replies.insert(choice.probe.key(), ["A", "B", "C", "D"][best].to_owned());
    }
    swap::judge(&test, &control, &replies).unwrap()["en-US"].verdict
}

#[test]
fn a_model_that_has_seen_test_is_found_and_a_clean_one_is_not() {
    let (mut false_extract, mut false_swap, mut found_extract, mut found_swap) = (0, 0, 0, 0);
    for seed in 0..100 {
        let train = rows(100, 3 * seed + 1);
        let test = rows(60, 3 * seed + 2);
        let control = rows(60, 3 * seed + 3);
        // A model that differs from the look-up: it knows other rows of the language.
        let other = rows(100, 10_000 + seed);
        let clean = trained(&[&train, &other], 4);
        let dirty = trained(&[&train, &other, &test, &test, &test], 9);
        let seen = |verdict: Verdict| i32::from(verdict == Verdict::Seen);
        false_extract += seen(extracted(&clean, &test, &train));
        false_swap += seen(swapped(&clean, &test, &control, &train));
        found_extract += seen(extracted(&dirty, &test, &train));
        found_swap += seen(swapped(&dirty, &test, &control, &train));
    }
    println!(
        "accused of 100: extract {false_extract}, swap {false_swap}; found of 100: extract \
         {found_extract}, swap {found_swap}"
    );
    assert!(false_extract <= 5 && false_swap <= 5, "{false_extract} {false_swap}");
    assert!(found_extract >= 95 && found_swap >= 95, "{found_extract} {found_swap}");
}
