//! What is converted comes back, and what is no corpus is refused: on our own
//! mini corpus, and on the real one where it is present.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use massive_data::convert::{
    self, Arrow, Conll, Csv, Format, Jsonl, Output, Parquet, Words, hf::Hf,
};
use massive_data::{
    BadLines, Corpus, Detail, LabelMode, LabelPolicy, Locale, LocaleFilter, Partition, Selection,
    Utterance,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini/data");
const RELEASE: Jsonl = Jsonl { final_line_break: false };
const TABLE: Parquet = Parquet { labels: LabelMode::Reference };

/// A file of each locale, kept in memory.
#[derive(Clone, Default)]
struct Files(Arc<Mutex<BTreeMap<Locale, Vec<u8>>>>);

struct File(Files, Locale);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut files = self.0.0.lock().unwrap();
        files.entry(self.1).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn one_a_locale(corpus: &Corpus, format: &impl Format) -> BTreeMap<Locale, Vec<u8>> {
    let files = Files::default();
    convert::to_one_a_locale(corpus, format, |locale| {
        Ok(Box::new(File(files.clone(), locale)) as Output<'static>)
    })
    .unwrap();
    std::mem::take(&mut files.0.lock().unwrap())
}

fn one(corpus: &Corpus, format: &impl Format) -> Vec<u8> {
    let mut out = Vec::new();
    convert::to_one(corpus, format, Box::new(&mut out)).unwrap();
    out
}

fn text(corpus: &Corpus, format: &impl Format) -> String {
    String::from_utf8(one(corpus, format)).unwrap()
}

fn select(corpus: Corpus, locales: &str, partition: Option<Partition>) -> Corpus {
    corpus.select(Selection { locales: LocaleFilter::from_patterns(locales).unwrap(), partition })
}

/// The corpus at a path as one Parquet file, which lives as long as the folder.
fn as_parquet(corpus: &Corpus) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus.parquet");
    let file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    convert::to_one(corpus, &TABLE, Box::new(file)).unwrap();
    (folder, path)
}

fn mini() -> Corpus {
    Corpus::open(MINI).unwrap()
}

#[test]
fn parquet_gives_back_every_byte_of_the_files() {
    let (_folder, path) = as_parquet(&mini());
    let files = one_a_locale(&Corpus::open(&path).unwrap(), &RELEASE);
    assert_eq!(files.len(), 52);
    for (locale, file) in files {
        let original = fs::read(format!("{MINI}/{locale}.jsonl")).unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            String::from_utf8(original).unwrap().trim_end_matches('\n'),
            "{locale}"
        );
    }
}

#[test]
fn every_format_is_the_same_from_parquet_as_from_json() {
    let (_folder, path) = as_parquet(&mini());
    let table = Corpus::open(&path).unwrap();
    for mode in [LabelMode::Reference, LabelMode::Brackets] {
        for (locales, partition) in [("*", None), ("ja-JP,ca-ES", Some(Partition::Train))] {
            let json = select(mini(), locales, partition);
            let table = select(table.clone(), locales, partition);
            assert_eq!(text(&json, &RELEASE), text(&table, &RELEASE));
            assert_eq!(text(&json, &Words { labels: mode }), text(&table, &Words { labels: mode }));
            assert_eq!(
                text(&json, &Conll { labels: mode, comments: true }),
                text(&table, &Conll { labels: mode, comments: true })
            );
            assert_eq!(text(&json, &Csv { labels: mode }), text(&table, &Csv { labels: mode }));
            let (arrow, parquet) = (Arrow { labels: mode }, Parquet { labels: mode });
            assert_eq!(one(&json, &arrow), one(&table, &arrow));
            assert_eq!(one(&json, &parquet), one(&table, &parquet));
        }
    }
}

#[test]
fn parquet_gives_the_same_utterances_and_counts() {
    let (_folder, path) = as_parquet(&mini());
    let table = Corpus::open(&path).unwrap();
    for (locales, partition) in
        [("*", None), ("*", Some(Partition::Test)), ("de-DE", Some(Partition::HeldOut))]
    {
        for detail in [Detail::Everything, Detail::Labels] {
            let read = |corpus: Corpus| select(corpus, locales, partition).detail(detail).read();
            let (from_json, json) = read(mini()).unwrap();
            let (from_table, report) = read(table.clone()).unwrap();
            assert!(!from_json.is_empty());
            assert_eq!(from_json, from_table);
            assert_eq!((json.rows, json.locales), (report.rows, report.locales));
            let review = |utterance: &Utterance<'_>| {
                utterance.gold().is_some_and(|gold| gold.review.is_some())
            };
            let labelled = partition != Some(Partition::HeldOut);
            let reviewed = detail == Detail::Everything && labelled;
            assert_eq!(from_table.iter().any(review), reviewed);
        }
    }
}

#[test]
fn a_folder_of_parquet_files_is_a_corpus() {
    let folder = tempfile::tempdir().unwrap();
    for (locale, file) in one_a_locale(&mini(), &TABLE) {
        fs::write(folder.path().join(format!("{locale}.parquet")), file).unwrap();
    }
    let corpus = Corpus::open(folder.path()).unwrap();
    assert_eq!(text(&corpus, &RELEASE), text(&mini(), &RELEASE));
    fs::rename(folder.path().join("de-DE.parquet"), folder.path().join("nl-NL.parquet")).unwrap();
    let error = Corpus::open(folder.path()).unwrap().read().unwrap_err();
    assert!(
        error.to_string().contains("nl-NL.parquet:1: a row of de-DE in a file named after nl-NL"),
        "{error}"
    );
}

/// Rows of all locales in turn, more than may wait at a time.
#[test]
fn rows_that_come_mixed_keep_their_order_within_a_locale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.jsonl");
    let (partitions, locales) = (["train", "test", "dev"], ["de-DE", "fr-FR", "ca-ES"]);
    let lines: Vec<String> = (0..150_000)
        .map(|row| {
            let (partition, locale) = (partitions[row % 7 % 3], locales[row % 11 % 3]);
            format!(
                r#"{{"id": "{row}", "locale": "{locale}", "partition": "{partition}", "utt": "a {row}", "worker_id": "1"}}"#
            )
        })
        .collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let corpus = Corpus::open(&path).unwrap();
    let (_table, path) = as_parquet(&corpus);
    let table = Corpus::open(&path).unwrap();
    assert_eq!(one_a_locale(&table, &RELEASE), one_a_locale(&corpus, &RELEASE));
    let (rows, report) = select(table, "fr-FR", Some(Partition::Dev)).read().unwrap();
    assert_eq!(rows.len() as u64 + report.unselected, 150_000);
    assert!(rows.is_sorted_by_key(|row| row.id()) && !rows.is_empty());
}

/// The mini corpus's German rows as a table, changed, as a file.
fn changed(change: impl Fn(&mut Vec<(String, ArrayRef)>)) -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = as_parquet(&select(mini(), "de-DE", Some(Partition::Train)));
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&path).unwrap()).unwrap();
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    let mut columns: Vec<(String, ArrayRef)> = names.zip(batch.columns().to_vec()).collect();
    change(&mut columns);
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, path)
}

fn column<'a>(columns: &'a mut [(String, ArrayRef)], name: &str) -> &'a mut ArrayRef {
    &mut columns.iter_mut().find(|(found, _)| found == name).unwrap().1
}

/// The column with the text of its third row replaced.
fn third(column: &ArrayRef, text: Option<&str>) -> ArrayRef {
    let values = column.as_string::<i32>().iter().enumerate();
    Arc::new(values.map(|(at, value)| if at == 2 { text } else { value }).collect::<StringArray>())
}

#[test]
fn a_file_with_fewer_columns_is_read_as_far_as_it_goes() {
    for without in [&["worker_id", "row"][..], &["judgments"], &["scenario"]] {
        let (_folder, path) =
            changed(|columns| columns.retain(|(name, _)| !without.contains(&name.as_str())));
        let (rows, _) = Corpus::open(&path).unwrap().read().unwrap();
        assert!(rows.iter().any(|row| row.gold().is_some()), "without {without:?}");
    }
}

#[test]
fn a_file_without_reviews_or_labels_is_read_as_json_without_them() {
    let (_folder, path) = changed(|columns| {
        let review = ["slot_method", "judgments"];
        columns.retain(|(name, _)| !review.contains(&name.as_str()));
    });
    let (rows, _) = Corpus::open(&path).unwrap().read().unwrap();
    assert!(rows.iter().all(|row| row.gold().is_some_and(|gold| gold.review.is_none())));
    let (_folder, path) = changed(|columns| {
        let kept = ["id", "locale", "partition", "utt", "worker_id"];
        columns.retain(|(name, _)| kept.contains(&name.as_str()));
    });
    let (rows, _) = Corpus::open(&path).unwrap().read().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.gold().is_none()));
}

#[test]
fn integers_stand_for_ids() {
    let (_folder, path) = changed(|columns| {
        let ids = column(columns, "id");
        let numbers = ids.as_string::<i32>().iter().map(|id| id.unwrap().parse::<u32>().unwrap());
        *ids = Arc::new(numbers.collect::<UInt32Array>());
    });
    let (rows, _) = Corpus::open(&path).unwrap().read().unwrap();
    let json = select(mini(), "de-DE", Some(Partition::Train)).read().unwrap().0;
    assert_eq!(rows, json);
}

#[test]
fn no_value_escapes_the_checks_of_a_row() {
    for (name, value, message) in [
        ("id", Some("0 7"), "id `0 7` holds white space"),
        ("id", None, "id is null"),
        ("locale", Some("de_DEU"), "unknown locale `de_DEU`"),
        ("partition", Some("tests"), "unknown partition `tests`"),
        ("utt", Some("etwas anderes"), "annot_utt without its brackets is"),
        ("utt", None, "utt is null"),
        ("worker_id", None, "worker_id is null"),
        ("annot_utt", Some("a [time : b"), "annot_utt: `[` without `]`"),
        ("annot_utt", Some("[tyme : b]"), "annot_utt: unknown slot `tyme`"),
        ("annot_utt", None, "half a row: annot_utt missing"),
        ("intent", Some("alarm_sett"), "unknown intent `alarm_sett`"),
        ("intent", Some("general_joke"), "intent `general_joke` is not one of scenario"),
        ("scenario", Some("alarms"), "unknown scenario `alarms`"),
    ] {
        let (_folder, path) = changed(|columns| {
            let column = column(columns, name);
            *column = third(column, value);
        });
        let corpus = Corpus::open(&path).unwrap();
        let error = corpus.read().unwrap_err();
        assert!(error.is_bad_line() && error.message().starts_with(message), "{error}");
        assert!(error.to_string().contains("corpus.parquet:3: "), "{error}");
        let all = select(mini(), "de-DE", Some(Partition::Train)).read().unwrap().1.rows;
        let (_, report) = corpus.bad_lines(BadLines::Skip).read().unwrap();
        assert_eq!((report.rows, report.skipped), (all - 1, 1), "{name}");
    }
    let (_folder, path) = changed(|columns| {
        let column = column(columns, "scenario");
        *column = third(column, Some("alarms"));
    });
    let open = Corpus::open(&path).unwrap().labels(LabelPolicy::Open);
    assert!(open.read().is_ok());
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    let (_folder, path) = as_parquet(&select(mini(), "de-DE,ja-JP", None));
    let bytes = fs::read(&path).unwrap();
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Corpus::open(&path).and_then(|corpus| corpus.read())
    };
    for length in [4, 7, 8, 12, bytes.len() / 2, bytes.len() - 1] {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
    let mut refused = 0;
    let mut damage = |at: usize, with: u8| {
        let mut bytes = bytes.clone();
        bytes[at] ^= with;
        refused += usize::from(read(&bytes).is_err());
    };
    for at in (4..bytes.len()).step_by(bytes.len() / 400) {
        damage(at, 0x55);
    }
    // The footer says where everything is and how long.
    let footer = bytes.last_chunk::<8>().unwrap();
    let footer = u32::from_le_bytes(*footer.first_chunk().unwrap()) as usize;
    for at in (bytes.len() - 8 - footer..bytes.len() - 8).step_by(footer / 500) {
        damage(at, 1 << (at % 8));
    }
    assert!(refused > 0);
}

#[test]
fn conll_marks_slots_and_leaves_out_what_has_no_labels() {
    let corpus = select(mini(), "de-DE", None);
    let mut out = Vec::new();
    let converted = convert::to_one(
        &corpus,
        &Conll { labels: LabelMode::Reference, comments: false },
        Box::new(&mut out),
    )
    .unwrap();
    let held_out = corpus.read().unwrap().0.iter().filter(|row| row.gold().is_none()).count();
    assert_eq!((converted.left_out, held_out > 0), (held_out as u64, true));
    let text = String::from_utf8(out).unwrap();
    let utterances: Vec<&str> = text.trim_end().split("\n\n").collect();
    assert_eq!(utterances.len() as u64, converted.written);
    let mut tags = std::collections::BTreeSet::new();
    for utterance in &utterances {
        let mut before = "O".to_owned();
        for line in utterance.lines().skip_while(|line| line.starts_with("# ")) {
            let (word, tag) = line.split_once(' ').unwrap();
            assert!(!word.is_empty() && !tag.contains(' '));
            if let Some(slot) = tag.strip_prefix("I-") {
                assert!(before.ends_with(slot) && before != "O", "{utterance}");
            }
            before = tag.to_owned();
            tags.insert(tag.split('-').next().unwrap().to_owned());
        }
    }
    assert_eq!(tags.into_iter().collect::<String>(), "BIO");
}

#[test]
fn given_maps_number_the_labels_of_a_dataset() {
    let corpus = select(mini(), "de-DE", Some(Partition::Test));
    let folder = tempfile::tempdir().unwrap();
    let map = |text: &str| massive_data::LabelMap::from_json(text).unwrap();
    let format = Hf { intents: Some(map(r#"{"7": "alarm_set"}"#)), ..Hf::default() };
    let error = format.write(&corpus, folder.path()).unwrap_err();
    assert!(
        error.is_request() && error.message().starts_with("the given map has no number for intent"),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    Hf::default().write(&corpus, folder.path()).unwrap();
    let written = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(written("massive.intents").starts_with(r#"{"0": "alarm_query", "1": "alarm_remove""#));
    assert!(written("massive.slots").starts_with(r#"{"0": "Other", "1": "alarm_type""#));
    assert_eq!(
        written("dataset_dict.json").split_whitespace().collect::<String>(),
        r#"{"splits":["test"]}"#
    );
}

/// The folder of shared files, where it is there; see `massive_testdata`.
fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["massive"])
}

#[test]
fn the_release_comes_back_from_parquet_byte_for_byte() {
    let Some(shared) = shared() else { return };
    let corpus = Corpus::open(shared.join("massive/amazon-massive-dataset-1.1.tar.gz")).unwrap();
    let (_folder, path) = as_parquet(&corpus);
    let manifest = fs::read_to_string(shared.join("massive/MANIFEST.tsv")).unwrap();
    let mut lines = manifest.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let at = |name: &str| header.iter().position(|&column| column == name).unwrap();
    let (file_at, digest_at) = (at("file"), at("official_sha256"));
    let golden: BTreeMap<String, String> = lines
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|fields| (fields[file_at].to_owned(), fields[digest_at].to_owned()))
        .collect();
    assert_eq!(golden.len(), 52);
    let files = one_a_locale(&Corpus::open(&path).unwrap(), &RELEASE);
    for (name, digest) in golden {
        let locale: Locale =
            Path::new(&name).file_stem().unwrap().to_str().unwrap().parse().unwrap();
        assert_eq!(format!("{:x}", Sha256::digest(&files[&locale])), digest, "{locale}");
    }
}
