//! Words and labels against the golden files of the reference implementation,
//! on the real corpus. Both lie outside this repository; without them the tests
//! say so and pass.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use massive_data::{
    Corpus, LabelMode, Locale, LocaleFilter, LocaleSet, OTHER, Selection, SlotName, Utterance,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The folder of shared files, where it is there; see `massive_testdata`.
fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["massive", "oracle"])
}

fn json(path: PathBuf) -> Value {
    serde_json::from_reader(BufReader::new(File::open(path).unwrap())).unwrap()
}

fn labels<'a>(utterance: &'a Utterance<'_>) -> (Vec<&'a str>, Vec<&'a str>) {
    utterance
        .labelled_words(LabelMode::Reference)
        .unwrap()
        .into_iter()
        .map(|(word, label)| (word, label.map_or(OTHER, SlotName::as_str)))
        .unzip()
}

#[test]
fn whole_locales_give_the_words_and_labels_of_the_reference() {
    let Some(shared) = shared() else { return };
    let golden = json(shared.join("oracle/convert/checksums.json"));
    let golden = golden["locales"].as_object().unwrap();
    assert_eq!(golden.len(), 40);
    let locales: LocaleSet = golden.keys().map(|tag| tag.parse::<Locale>().unwrap()).collect();
    let corpus = Corpus::open(shared.join("massive/amazon-massive-dataset-1.1.tar.gz"))
        .unwrap()
        .select(Selection { locales: locales.into(), partition: None });
    let mut digests: BTreeMap<Locale, (Sha256, u64, u64)> = BTreeMap::new();
    let report = corpus
        .for_each(
            |utterance| {
                let (words, labels) = labels(&utterance);
                // The very words come from the text without the annotation too.
                assert_eq!(
                    words,
                    massive_data::words::words(utterance.utt(), utterance.locale().segmentation())
                );
                let line = serde_json::to_string(&(
                    utterance.id().to_string(),
                    utterance.partition().name(),
                    &words,
                    &labels,
                ));
                Ok((utterance.locale(), words.len() as u64, line.unwrap()))
            },
            |_, (locale, words, line)| {
                let (digest, rows, all_words) = digests.entry(locale).or_default();
                digest.update(line);
                digest.update("\n");
                *rows += 1;
                *all_words += words;
                Ok(())
            },
        )
        .unwrap();
    assert_eq!(report.locales, LocaleSet::RELEASE);
    assert_eq!(report.rows, 40 * 16_521);
    for (locale, (digest, rows, words)) in digests {
        let golden = &golden[locale.tag()];
        assert_eq!(golden["rows"], rows, "{locale}");
        assert_eq!(golden["tokens"], words, "{locale}");
        assert_eq!(golden["sha256"], format!("{:x}", digest.finalize()), "{locale}");
    }
}

#[test]
fn odd_rows_and_samples_agree() {
    let Some(shared) = shared() else { return };
    let samples =
        GzDecoder::new(File::open(shared.join("oracle/convert/sample_rows.jsonl.gz")).unwrap());
    let odd = File::open(shared.join("oracle/convert/odd_rows.jsonl")).unwrap();
    let mut golden: BTreeMap<(String, String), Value> = BTreeMap::new();
    let rows = serde_json::Deserializer::from_reader(BufReader::new(samples))
        .into_iter::<Value>()
        .chain(serde_json::Deserializer::from_reader(BufReader::new(odd)).into_iter());
    for row in rows {
        let row = row.unwrap();
        let key = |name: &str| row[name].as_str().unwrap().to_owned();
        golden.insert((key("locale"), key("id")), row);
    }
    let mut compared = 0;
    Corpus::open(shared.join("massive/amazon-massive-dataset-1.1.tar.gz"))
        .unwrap()
        .for_each(
            |utterance| {
                let key = (utterance.locale().tag().to_owned(), utterance.id().to_string());
                let Some(row) = golden.get(&key) else {
                    return Ok(0);
                };
                let (words, labels) = labels(&utterance);
                assert_eq!(row["tokens"], serde_json::json!(words), "{key:?}");
                assert_eq!(row["labels"], serde_json::json!(labels), "{key:?}");
                Ok(1)
            },
            |_, count| {
                compared += count;
                Ok(())
            },
        )
        .unwrap();
    assert_eq!(compared, golden.len());
}

#[test]
fn the_release_leaks_and_differs_as_described() {
    let Some(shared) = shared() else { return };
    let locales = LocaleFilter::from_patterns("ja-JP,zh-*").unwrap();
    let (utterances, _) = Corpus::open(shared.join("massive/amazon-massive-dataset-1.1.tar.gz"))
        .unwrap()
        .select(Selection { locales, partition: None })
        .read()
        .unwrap();
    let mut leaks: BTreeMap<Locale, usize> = BTreeMap::new();
    let mut respaced: BTreeMap<Locale, usize> = BTreeMap::new();
    for utterance in &utterances {
        let words = |mode| utterance.labelled_words(mode).unwrap();
        if words(LabelMode::Reference) != words(LabelMode::Brackets) {
            *leaks.entry(utterance.locale()).or_default() += 1;
        }
        if utterance.gold().unwrap().annotation.text() != utterance.utt() {
            *respaced.entry(utterance.locale()).or_default() += 1;
        }
        for slot in utterance.slots() {
            assert!(!slot.value.is_empty() && !slot.graphemes().is_empty());
        }
    }
    let counts = |ja, cn, tw| {
        BTreeMap::from([(Locale::JA_JP, ja), (Locale::ZH_CN, cn), (Locale::ZH_TW, tw)])
    };
    assert_eq!(leaks, counts(708, 53, 280));
    assert_eq!(respaced, counts(10_482, 10_908, 9_845));
}
