//! Features, support vector machines and decoding against those of scikit-learn and
//! python-crfsuite, which are installed for it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use massive_data::{Corpus, Detail, LabelMode, Partition};
use serde::Deserialize;
use serde_json::json;

use crate::cost::Cost;
use crate::dictionary::Dictionary;
use crate::intent_features::{Grams, intent_features};
use crate::intent_model::{BLOCKS, Scratch, Vocabulary, largest};
use crate::intent_training::{IntentSettings, train_intents};
use crate::named_rows::{NamedLabels, NamedLocale, NamedRow, read_locales};
use crate::row::Row;
use crate::rows::LocaleRows;
use crate::slot_features::{WordHashes, WordKind, intent_word_features, word_features};
use crate::slot_model::{Lattice, Steps, Weights};
use crate::tags::Tags;

const PACKAGES: [&str; 2] = ["scikit-learn", "python-crfsuite"];

/// A Python with the packages, made once; where there can be none it says why.
#[allow(clippy::print_stderr, reason = "a test that does nothing says so")]
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp/python-learners");
    let python = folder.join("bin/python");
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    };
    let made = || {
        let import = ["-c", "import pycrfsuite, sklearn"];
        if run(Command::new(&python).args(import)).is_ok() {
            return Ok(());
        }
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))
    };
    match made() {
        Ok(()) => Some(python),
        Err(why) => {
            eprintln!("not tested: no Python with {}: {why}", PACKAGES.join(", "));
            None
        }
    }
}

/// What the script answers.
#[derive(Deserialize)]
struct Peers {
    /// Of each dev row the weights of its features, by name.
    weights: Vec<BTreeMap<String, f32>>,
    margins: Vec<Vec<f32>>,
    labels: Vec<String>,
    state: Vec<(String, String, f32)>,
    steps: Vec<(String, String, f32)>,
    tags: Vec<Vec<String>>,
}

/// Rows of train of the mini corpus in all locales that write spaces: of most to learn
/// from, of some to try, since intents of dev are not in train.
fn rows() -> (LocaleRows, Vec<Row>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mini/data");
    let corpus = Corpus::open(path).unwrap().detail(Detail::Labels);
    let mut locales =
        read_locales(&corpus, LabelMode::Reference, |one| one == Partition::Train).unwrap();
    locales.retain(|one| {
        let texts = one.rows.iter().map(|row| row.text.as_str());
        // scikit-learn cuts texts at whatever is white space, we where the corpus does.
        let plain = one.rows.iter().all(|row| row.words.join(" ") == row.text);
        !one.characters && plain && Grams::of(texts) == Grams::Words
    });
    assert!(locales.len() > 20, "{}", locales.len());
    let tried = locales.split_off(locales.len() - 5);
    let train = LocaleRows::of("en-US", false, &labelled(&locales));
    let tried = labelled(&tried);
    let tried: Vec<Row> =
        tried.iter().map(|(row, labels)| train.names.number(row, labels)).collect();
    assert!(tried.len() > 40, "{}", tried.len());
    (train, tried)
}

fn labelled(locales: &[NamedLocale]) -> Vec<(&NamedRow, &NamedLabels)> {
    let rows = locales.iter().flat_map(|one| &one.rows);
    rows.filter_map(|row| Some((row, row.labels.as_ref()?))).collect()
}

/// The keys of the features of each word, as text.
fn slot_keys(row: &Row) -> Vec<Vec<String>> {
    let words = row.words();
    let hashes: Vec<WordHashes> = words.iter().map(|word| WordHashes::new(word)).collect();
    let of_word = |at: usize| {
        let mut keys = BTreeSet::new();
        word_features(&words, &hashes, at, WordKind::Words, |key, _| {
            keys.insert(key.to_string());
        });
        intent_word_features(&words, &hashes, at, (row.intent, 0), |key, _| {
            keys.insert(key.to_string());
        });
        keys.into_iter().collect()
    };
    (0..words.len()).map(of_word).collect()
}

fn ask(python: &Path, train: &LocaleRows, dev: &[Row], cost: f32) -> Peers {
    let tags = Tags(train.names.slots.len() as u16);
    let texts = |rows: &[Row]| rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>();
    let slots = |rows: &[Row]| -> Vec<serde_json::Value> {
        let row = |row: &Row| {
            let tags: Vec<String> = tags.of(&row.slots).iter().map(|tag| tag.to_string()).collect();
            json!({ "features": slot_keys(row), "tags": tags })
        };
        rows.iter().map(row).collect()
    };
    let document = json!({
        "train": texts(&train.train),
        "intents": train.train.iter().map(|row| row.intent).collect::<Vec<_>>(),
        "scenarios": train.names.scenarios,
        "dev": texts(dev),
        "characters_length": BLOCKS[1],
        "cost": cost,
        "train_slots": slots(&train.train),
        "dev_slots": slots(dev),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/peers.py");
    let mut command = Command::new(python);
    let piped = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(document.to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "peers.py failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Weights of features as scikit-learn's tf-idf has them.
fn compare_weights(train: &LocaleRows, dev: &[Row], peers: &Peers) {
    let texts: Vec<(&str, Vec<&str>)> =
        train.train.iter().map(|row| (row.text.as_str(), row.words())).collect();
    let (vocabulary, _) = Vocabulary::of(&texts, Grams::Words);
    let (mut scratch, mut features) = (Scratch::default(), Vec::new());
    for (row, theirs) in dev.iter().zip(&peers.weights) {
        let words = row.words();
        vocabulary.weigh(&row.text, &words, BLOCKS, &mut scratch, &mut features);
        let mut names = BTreeMap::new();
        intent_features(&row.text, &words, Grams::Words, |_, key, name| {
            if let Some(feature) = vocabulary.dictionary.get(key) {
                names.entry(feature).or_insert_with(name);
            }
        });
        let ours: BTreeMap<&String, f32> =
            features.iter().map(|(feature, weight)| (&names[feature], *weight)).collect();
        assert!(ours.keys().eq(&theirs.keys().collect::<Vec<_>>()), "{ours:?} {theirs:?}");
        for ((name, ours), theirs) in ours.iter().zip(theirs.values()) {
            assert!((ours - theirs).abs() < 1e-4, "{}: {name}: {ours} {theirs}", row.text);
        }
    }
}

/// Margins as scikit-learn's machines have them, but for what bytes cannot say.
fn compare_margins(train: &LocaleRows, dev: &[Row], peers: &Peers, cost: f32) {
    let settings = IntentSettings {
        cost,
        passes: 1000,
        tolerance: 1e-3,
        most_rows: usize::MAX,
        most_features: usize::MAX,
        seed: 1,
    };
    let costs = vec![Cost::sure(1.0); train.train.len()];
    let scenarios = &train.names.scenarios;
    let model = train_intents(&train.train, &costs, scenarios, Grams::Words, &settings).model;
    let (mut scratch, mut features, mut margins) = (Scratch::default(), Vec::new(), Vec::new());
    for (row, theirs) in dev.iter().zip(&peers.margins) {
        model.vocabulary.weigh(&row.text, &row.words(), BLOCKS, &mut scratch, &mut features);
        model.margins(&features, &mut margins);
        assert_eq!(margins.len(), theirs.len());
        for (ours, theirs) in margins.iter().zip(theirs) {
            assert!((ours - theirs).abs() < 0.03, "{}: {ours} {theirs}", row.text);
        }
        let (ours, best) = (largest(&margins), largest(theirs));
        assert!(ours == best || theirs[best] - theirs[ours] < 0.06, "{}", row.text);
    }
}

/// The tags that CRFsuite finds, by its weights.
fn compare_tags(dev: &[Row], peers: &Peers) {
    let number = |label: &String| peers.labels.iter().position(|one| one == label).unwrap() as u8;
    let mut state: Vec<(u32, u8, f32)> = (peers.state.iter())
        .map(|(key, label, weight)| (key.parse().unwrap(), number(label), *weight))
        .collect();
    state.sort_by_key(|one| (one.0, one.1));
    let (mut keys, mut starts) = (Vec::new(), Vec::new());
    for (at, one) in state.iter().enumerate() {
        if keys.last() != Some(&one.0) {
            keys.push(one.0);
            starts.push(at as u32);
        }
    }
    starts.push(state.len() as u32);
    // Every step may be taken, as by CRFsuite, and each label may begin.
    let count = peers.labels.len() as u8;
    let known: BTreeMap<(u8, u8), f32> = peers
        .steps
        .iter()
        .map(|(from, to, weight)| ((number(to), number(from)), *weight))
        .collect();
    let pairs = (0..count).flat_map(|to| (0..count).map(move |from| (to, from)));
    let pairs: Vec<(u8, u8)> = pairs.collect();
    let weights = Weights {
        dictionary: Dictionary::new(keys),
        tags: Tags(u16::from(count) - 1),
        starts,
        tag_of: state.iter().map(|one| one.1).collect(),
        weights: state.iter().map(|one| one.2).collect(),
        steps: Steps {
            to: pairs.iter().map(|pair| pair.0).collect(),
            from: pairs.iter().map(|pair| pair.1).collect(),
            weights: pairs.iter().map(|pair| known.get(pair).copied().unwrap_or(0.0)).collect(),
        },
    };
    let (mut lattice, mut found) = (Lattice::default(), Vec::new());
    let width = weights.tags.count();
    for (row, theirs) in dev.iter().zip(&peers.tags) {
        let keys = slot_keys(row);
        lattice.clear(keys.len(), width);
        for (at, keys) in keys.iter().enumerate() {
            let scores = &mut lattice.emissions[at * width..(at + 1) * width];
            let known = keys.iter().filter_map(|key| weights.dictionary.get(key.parse().unwrap()));
            known.for_each(|feature| weights.add(feature, scores));
        }
        weights.decode(&mut lattice, keys.len(), &mut found);
        let theirs: Vec<u16> = theirs.iter().map(|label| u16::from(number(label))).collect();
        assert_eq!(found, theirs, "{}", row.text);
    }
}

#[test]
fn features_margins_and_tags_are_those_of_scikit_learn_and_crfsuite() {
    let Some(python) = python() else { return };
    let (train, dev) = rows();
    let cost = 0.5;
    let peers = ask(&python, &train, &dev, cost);
    assert_eq!(peers.weights.len(), dev.len());
    compare_weights(&train, &dev, &peers);
    compare_margins(&train, &dev, &peers, cost);
    compare_tags(&dev, &peers);
}
