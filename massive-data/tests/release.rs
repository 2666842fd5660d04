//! Statistics and check of the real corpus against what was measured on it. It
//! lies outside this repository; without it the tests say so and pass.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

use std::path::PathBuf;

use massive_data::stats::{COLUMNS, StatsTable};
use massive_data::validate::{CorpusCheck, ReleaseState, WarningKind};
use massive_data::{Corpus, JudgedLanguage, JudgedScore, JudgmentFilter, LabelMode};
use serde_json::Value;

/// The folder of shared files, where it is there; see `massive_testdata`.
fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["massive"])
}

fn corpus(shared: &std::path::Path) -> Corpus {
    Corpus::open(shared.join("massive/amazon-massive-dataset-1.1.tar.gz")).unwrap()
}

#[test]
fn statistics_are_those_measured_in_every_cell() {
    let Some(shared) = shared() else { return };
    let by = "locale,partition".parse().unwrap();
    let (table, report) = StatsTable::count(&corpus(&shared), &by, LabelMode::Reference).unwrap();
    assert_eq!((report.rows, table.len()), (859_092, 156));
    let columns: Vec<_> = COLUMNS.iter().collect();
    let document = serde_json::to_value(table.document(&columns)).unwrap();
    let rows = document["rows"].as_array().unwrap();
    let measured = std::fs::read_to_string(shared.join("massive/STATS.tsv")).unwrap();
    let mut lines = measured.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let mut compared = 0;
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let row = rows
            .iter()
            .find(|row| row["locale"] == cells[0] && row["partition"] == cells[1])
            .unwrap();
        for (name, cell) in header.iter().zip(&cells).skip(2) {
            assert_eq!(row[*name], cell.parse::<u64>().unwrap(), "{name} in {line}");
            compared += 1;
        }
    }
    assert_eq!(compared, 120 * 8);
}

#[test]
fn totals_do_not_depend_on_the_grouping() {
    let Some(shared) = shared() else { return };
    let corpus = corpus(&shared);
    let columns: Vec<_> = COLUMNS.iter().collect();
    let rows = |by: &str| -> Vec<Value> {
        let by = by.parse().unwrap();
        let (table, _) = StatsTable::count(&corpus, &by, LabelMode::Reference).unwrap();
        let document = serde_json::to_value(table.document(&columns)).unwrap();
        document["rows"].as_array().unwrap().clone()
    };
    let sum = |rows: &[Value], name: &str| -> u64 {
        rows.iter().map(|row| row[name].as_u64().unwrap()).sum()
    };
    let all = rows("all");
    let [all] = &all[..] else { panic!("one row was expected") };
    assert_eq!(all["rows"], 859_092);
    assert_eq!(all["non_nfc_rows"], 8_953);
    assert_eq!(all["invisible_word_rows"], 10);
    assert_eq!(all["rows_unjudged"], 70);
    assert_eq!(all["language_missing"], 1);
    let by_intent = rows("intent");
    let by_slot = rows("locale,slot");
    assert_eq!((by_intent.len(), by_slot.len()), (60, 52 * 55));
    for name in ["rows", "words", "slots", "judgments", "zero_width_rows"] {
        assert_eq!(sum(&by_intent, name), all[name].as_u64().unwrap(), "{name}");
    }
    for name in ["slots", "chunks"] {
        assert_eq!(sum(&by_slot, name), all[name].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn the_check_finds_what_was_measured() {
    let Some(shared) = shared() else { return };
    let report = CorpusCheck::run(&corpus(&shared)).unwrap();
    assert!(report.ok && report.errors.values().all(|findings| findings.count == 0));
    assert_eq!((report.rows, report.locales.len()), (859_092, 52));
    let partitions = [("train", 11_514), ("dev", 2_033), ("test", 2_974)];
    for (partition, rows) in partitions {
        assert_eq!(report.partitions[partition], 52 * rows);
    }
    assert_eq!(report.files.len(), 52);
    assert!(report.files.iter().all(|file| file.release == ReleaseState::Same));
    let ids = report.ids;
    assert_eq!((ids.distinct, ids.first, ids.last), (16_521, Some(0), Some(17_180)));
    assert_eq!(report.judges.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 6]);
    assert_eq!(report.rows_without_methods, 275_145);
    let locales = |kind: WarningKind| {
        let locales = &report.warnings[&kind].locales;
        locales.iter().map(|(tag, count)| (tag.as_str(), *count)).collect::<Vec<_>>()
    };
    assert_eq!(
        locales(WarningKind::RespacedAnnotation),
        [("ja-JP", 10_482), ("zh-CN", 10_908), ("zh-TW", 9_845)]
    );
    assert_eq!(locales(WarningKind::LeakingLabel), [("ja-JP", 708), ("zh-CN", 53), ("zh-TW", 280)]);
    assert_eq!(locales(WarningKind::MergedSlots), [("ja-JP", 5), ("zh-CN", 1), ("zh-TW", 6)]);
    assert_eq!(locales(WarningKind::NoLanguage), [("ml-IN", 1)]);
    assert_eq!(report.warnings[&WarningKind::NoLanguage].examples[0].id.as_deref(), Some("3055"));
    let escaped = locales(WarningKind::EscapedLine);
    assert!(escaped.len() == 1 && escaped[0].0 == "ca-ES", "{escaped:?}");
    for (kind, count) in [
        (WarningKind::NotTheRelease, 0),
        (WarningKind::NoFinalLineBreak, 52),
        (WarningKind::NumericId, 0),
        (WarningKind::BracketsInText, 0),
        (WarningKind::UpperCase, 0),
        (WarningKind::LooseSpaces, 0),
        (WarningKind::MethodsUnlikeSlots, 28_019),
        (WarningKind::MethodsUnlikeSlotSet, 5_366),
        (WarningKind::MethodsWithoutSlots, 2_427),
        (WarningKind::MethodsUnlikeSource, 0),
        (WarningKind::NoJudgments, 70),
        (WarningKind::ZeroWidthSpace, 2_311),
        (WarningKind::ZeroWidthNonJoiner, 7_825),
        (WarningKind::ZeroWidthJoiner, 1_802),
        (WarningKind::LeftToRightMark, 13),
        (WarningKind::RightToLeftMark, 8),
        (WarningKind::InvisibleWord, 10),
        (WarningKind::NotNfc, 8_953),
        (WarningKind::MissingIntent, 2),
        (WarningKind::MissingRow, 0),
        (WarningKind::OtherPartition, 0),
        (WarningKind::OtherIntent, 0),
    ] {
        assert_eq!(report.warnings[&kind].count, count, "{kind:?}");
    }
    let missing: Vec<&str> = report.warnings[&WarningKind::MissingIntent]
        .examples
        .iter()
        .map(|example| example.message.as_str())
        .collect();
    assert!(missing[0].starts_with("dev lacks audio_volume_other"), "{missing:?}");
    assert!(missing[1].starts_with("test lacks cooking_query"), "{missing:?}");
}

#[test]
fn filters_keep_the_source_and_leave_out_the_unjudged() {
    let Some(shared) = shared() else { return };
    let read = |filter: JudgmentFilter| {
        let report = corpus(&shared)
            .filter(filter)
            .fold(|| (), |(), _, _| Ok(()), |_, _, ()| Ok(()))
            .unwrap();
        (report.rows, report.filtered)
    };
    assert_eq!(read(JudgmentFilter::default().judges(1)), (859_092 - 70, 70));
    let strict = JudgmentFilter::default()
        .judges(3)
        .languages([JudgedLanguage::Target])
        .at_least(JudgedScore::Grammar, 4.0)
        .unwrap();
    let (kept, filtered) = read(strict);
    assert_eq!(kept + filtered, 859_092);
    // en-US is among them whole.
    assert!(kept > 16_521 && filtered > 70);
}
