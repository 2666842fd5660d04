//! `massive score --counts-only`, `massive score --counts` and `massive merge`

use super::support::{Folder, lines, mini, run, score};

fn good() -> String {
    mini("predictions/good.jsonl")
}

/// Writes parts of predictions, each row to the part of its number, and their counts.
fn counted(folder: &Folder, lines: &[String], parts: usize, options: &[&str]) {
    for part in 0..parts {
        let of_part = lines.iter().enumerate().filter(|(number, _)| number % parts == part);
        let file = folder.write_lines(&format!("part-{part}.jsonl"), of_part.map(|(_, line)| line));
        let output = folder.at(&format!("counts-{part}.parquet"));
        let counts = ["--counts-only", "--output", &output];
        assert_eq!(score(&file, &[&counts[..], options].concat()).ok(), "");
    }
}

fn fold(folder: &Folder, options: &[&str]) -> String {
    let pattern = folder.at("counts-*.parquet");
    run([&["score", "--counts", &pattern, "--format", "json"], options].concat()).ok()
}

#[test]
fn counts_add_up_to_the_score() {
    let folder = Folder::new();
    counted(&folder, &lines(&good()), 5, &[]);
    for options in [
        &[][..],
        &["--group-by", "script", "--interval", "bootstrap", "--resamples", "100"],
        &["--metrics", "intent_macro_f1,slot_macro_f1,scenario_acc,slot_micro_f1"],
    ] {
        let direct = score(&good(), &[&["--format", "json"], options].concat()).ok();
        assert_eq!(fold(&folder, options), direct, "{options:?}");
    }
    // A part that came twice, under another name.
    std::fs::copy(folder.path("counts-3.parquet"), folder.path("counts-again.parquet")).unwrap();
    let direct = score(&good(), &["--format", "json"]).ok();
    assert_eq!(fold(&folder, &[]), direct);
    // One table of all.
    let (pattern, whole) = (folder.at("counts-*.parquet"), folder.at("whole.parquet"));
    assert_eq!(run(["merge", &pattern, "--output", &whole]).ok(), "");
    assert_eq!(run(["score", "--counts", &whole, "--format", "json"]).ok(), direct);
}

#[test]
fn what_the_parts_lack_is_said() {
    let folder = Folder::new();
    counted(&folder, &lines(&good()), 4, &[]);
    std::fs::remove_file(folder.path("counts-2.parquet")).unwrap();
    let pattern = folder.at("counts-*.parquet");
    run(["score", "--counts", &pattern]).fails(2, "rows are in none of these tables of counts");
    run(["score", "--counts", &folder.at("nothing-*.parquet")]).fails(2, "no file has such a name");
    run(["score", "--counts", &folder.at("part-0.jsonl")]).fails(2, "is no table of counts");
    let message = "tables of counts do not hold";
    run(["score", "--counts", &pattern, "--metrics", "slu_f1"]).fails(2, message);
    score(&good(), &["--counts-only"]).fails(2, "--output");
}

#[test]
fn missing_rows_and_locales_that_are_left_aside_count_as_in_one_place() {
    let folder = Folder::new();
    let all = lines(&good());
    let wrong = ["--missing", "wrong"];
    counted(&folder, &all[7..], 3, &wrong);
    let some = folder.write_lines("some.jsonl", &all[7..]);
    let direct = score(&some, &["--format", "json", "--missing", "wrong"]).ok();
    assert_eq!(fold(&folder, &[]), direct);

    let folder = Folder::new();
    counted(&folder, &all, 3, &["--locales", "de-DE,sw-KE"]);
    let direct = score(&good(), &["--format", "json", "--locales", "de-DE,sw-KE"]).ok();
    assert_eq!(fold(&folder, &[]), direct);
}

/// Each locale in a part of its own, which knows nothing of the others.
#[test]
fn parts_may_be_of_different_locales() {
    let folder = Folder::new();
    let all = lines(&good());
    for (number, locale) in ["de-DE", "sw-KE", "ja-JP"].into_iter().enumerate() {
        let of = all.iter().filter(|line| line.contains(&format!("\"{locale}\"")));
        let file = folder.write_lines(&format!("{locale}.jsonl"), of);
        let output = folder.at(&format!("counts-{number}.parquet"));
        score(&file, &["--counts-only", "--output", &output]).ok();
    }
    let direct = score(&good(), &["--format", "json", "--locales", "de-DE,sw-KE,ja-JP"]).json();
    let folded: serde_json::Value = serde_json::from_str(&fold(&folder, &[])).unwrap();
    assert_eq!(folded["all"], direct["all"]);
    assert_eq!(folded["signature"], direct["signature"]);
    assert_eq!(folded["coverage"], direct["coverage"]);
}

#[test]
fn predictions_of_shards_become_one_file() {
    let folder = Folder::new();
    let all = lines(&good());
    for shard in 0..3 {
        let of = all.iter().skip(shard).step_by(3);
        folder.write_lines(&format!("shard-{shard}.jsonl"), of);
    }
    folder.write("shard-9.jsonl.partial", format!("{}\n{}", all[4], &all[5][..20]));
    let (pattern, merged) = (folder.at("shard-*"), folder.at("merged.jsonl"));
    let merge = run(["merge", &pattern, "--output", &merged]);
    assert!(merge.stderr.contains("1 lines came more than once"), "{}", merge.stderr);
    assert!(merge.stderr.contains("shard-9.jsonl.partial:2"), "{}", merge.stderr);
    assert_eq!(merge.ok(), "");
    let json = ["--format", "json"];
    assert_eq!(score(&merged, &json).ok(), score(&good(), &json).ok());
    let other =
        folder.write("other.jsonl", all[0].replace("\"pred_intent\": \"", "\"pred_intent\": \"x"));
    run(["merge", &good(), &other, "--output", &merged])
        .fails(2, "another prediction for utterance");
}
