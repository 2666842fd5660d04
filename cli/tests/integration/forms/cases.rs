//! Every case of the shared folder.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::support::{Folder, run};
use super::{Scored, WHOLE, assert_plain, scored};

fn cases() -> Option<PathBuf> {
    massive_testdata::shared(&["cases"]).map(|shared| shared.join("cases"))
}

/// A corpus against itself: its rows as predictions, where a command takes them
/// so.
#[track_caller]
fn against_itself(path: &str, options: &[&str]) -> Scored {
    scored(path, path, options)
}

/// What `corpus stats` counts: rows and locale.
#[track_caller]
fn counted(path: &str, options: &[&str]) -> (u64, String) {
    let base = ["corpus", "stats", "--corpus", path, "--format", "json"];
    let stats = run([&base[..], options].concat()).json();
    let groups = stats["rows"].as_array().unwrap();
    let rows = groups.iter().map(|group| group["rows"].as_u64().unwrap()).sum();
    let locales: Vec<&str> = groups.iter().map(|group| group["locale"].as_str().unwrap()).collect();
    (rows, locales.join(" "))
}

/// Utterances as `corpus convert` writes them, by id.
fn utterances(path: &str, options: &[&str]) -> Vec<Value> {
    let folder = Folder::new();
    let out = folder.at("out.jsonl");
    let base = ["corpus", "convert", "--corpus", path, "--to", "jsonl", "--output", &out];
    run([&base[..], options].concat()).ok();
    let text = std::fs::read_to_string(out).unwrap();
    let mut rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    rows.sort_by_key(|row: &Value| row["id"].as_str().unwrap().parse::<u64>().ok());
    rows
}

#[test]
fn corpora_of_other_locales_are_corpora() {
    let Some(cases) = cases() else { return };
    let read = |name: &str| std::fs::read_to_string(cases.join("corpus").join(name)).unwrap();
    for locale in ["gl-ES", "hau-NG", "sr-Latn-RS", "es-419"] {
        let path = cases.join(format!("corpus/{locale}.jsonl")).display().to_string();
        assert_eq!(counted(&path, &[]), (40, locale.to_owned()));
        let folder = Folder::new();
        let predictions: String = read(&format!("{locale}.jsonl"))
            .lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).unwrap();
                json!({"id": row["id"], "locale": row["locale"], "pred_intent": row["intent"],
                       "pred_annot_utt": row["annot_utt"]})
                .to_string()
                    + "\n"
            })
            .collect();
        let predictions = folder.write("p.jsonl", predictions);
        let found = scored(&predictions, &path, &[]);
        assert_eq!(found.values, WHOLE, "{locale}");
        assert_eq!(found.document["locales"].as_object().unwrap().keys().next().unwrap(), locale);
    }
}

#[test]
fn corpora_in_other_clothes_are_the_same_utterances() {
    let Some(cases) = cases() else { return };
    let gold = cases.join("gold/de-DE.jsonl").display().to_string();
    let mine = |row: &Value| {
        json!([
            row["id"],
            row["locale"],
            row["utt"],
            row["annot_utt"],
            row["intent"],
            row["scenario"]
        ])
    };
    let gold: Vec<Value> = utterances(&gold, &[]).iter().map(mine).collect();
    for name in [
        "hf_classlabel.parquet",
        "hf_strings.parquet",
        "speech_massive.jsonl",
        "structs_of_lists.jsonl",
        "extra_field.jsonl",
        "no_worker.jsonl",
        "no_scenario.jsonl",
        "judg_float.jsonl",
        "validation.jsonl",
    ] {
        let path = cases.join("corpus").join(name).display().to_string();
        let found: Vec<Value> = utterances(&path, &[]).iter().map(mine).collect();
        assert!(found.len() >= 20, "{name}");
        let same = found.iter().filter(|row| gold.contains(row)).count();
        // Parquet has rows of train and dev besides.
        let wanted = if name.ends_with("parquet") { gold.len() } else { found.len() };
        assert_eq!(same, wanted, "{name}");
        // Nothing is lost that the release has.
        let message = run(["corpus", "check", "--corpus", &path]);
        assert!(message.code <= 1, "{name}: {}", message.stderr);
        assert_plain(&message.stderr);
    }
    let prefixed = cases.join("corpus/id_prefixed.jsonl").display().to_string();
    assert_eq!(counted(&prefixed, &[]), (40, "de-DE".to_owned()));
    let rows = utterances(&prefixed, &[]);
    assert!(rows.iter().all(|row| row["id"].as_str().unwrap().starts_with("de-DE_")));
}

#[test]
fn check_says_what_differs_from_the_release() {
    let Some(cases) = cases() else { return };
    for (name, said) in [
        ("extra_field.jsonl", "the release has no field"),
        ("no_worker.jsonl", "`worker_id`"),
        ("no_scenario.jsonl", "`scenario`"),
        ("judg_float.jsonl", "whole numbers"),
        ("validation.jsonl", "the release has no partition `validation`"),
        ("structs_of_lists.jsonl", "in the release a list of objects"),
    ] {
        let path = cases.join("corpus").join(name).display().to_string();
        let run = run(["corpus", "check", "--corpus", &path]);
        let all = run.stdout + &run.stderr;
        assert!(all.contains(said), "{name}: {all}");
    }
}

#[test]
fn words_of_xsid_have_their_labels() {
    let Some(cases) = cases() else { return };
    let path = cases.join("corpus/xsid.conll").display().to_string();
    let message = run(["corpus", "stats", "--corpus", &path]).fails(2, "--locale");
    assert_plain(&message);
    assert_eq!(counted(&path, &["--locale", "ar"]), (1, "ar".to_owned()));
    assert_eq!(against_itself(&path, &["--locale", "ar"]).values, WHOLE);
}

#[test]
fn predictions_score_what_they_say() {
    let Some(cases) = cases() else { return };
    let gold = cases.join("gold").display().to_string();
    let of = |name: &str, options: &[&str]| {
        scored(&cases.join("predictions").join(name).display().to_string(), &gold, options)
    };
    for name in [
        "array.json",
        "preds.csv",
        "bioes.jsonl",
        "lower_o.jsonl",
        "ner_tags.jsonl",
        "hf_pipeline.jsonl",
        "slots_dict.jsonl",
        "llm_pairs.jsonl",
    ] {
        let found = of(name, &[]);
        assert_eq!(found.values, WHOLE, "{name}");
        assert!(found.stderr.contains("predictions read as"), "{name}: {}", found.stderr);
        if matches!(name, "slots_dict.jsonl" | "llm_pairs.jsonl") {
            assert!(found.stderr.contains("searched in the words: 23"), "{}", found.stderr);
        }
    }
    for name in ["intent_upper.jsonl", "intent_colon.jsonl"] {
        let found = of(name, &[]);
        assert_eq!((found.values[0], found.problem("unknown_intents")), (Some(0.0), 40), "{name}");
        assert!(found.stderr.contains("alarm_set"), "{}", found.stderr);
        assert_eq!(of(name, &["--reading", "tolerant"]).values, WHOLE, "{name}");
    }
    for (name, form) in [
        ("tight_colon.jsonl", "beside the colon"),
        ("rasa_md.jsonl", "[value](label)"),
        ("zh_fullwidth.jsonl", "full-width"),
    ] {
        let found = of(name, &[]);
        assert_eq!((found.values[1], found.problem("unread_brackets")), (Some(0.0), 23), "{name}");
        assert!(found.stderr.contains(form), "{}", found.stderr);
        assert_eq!(of(name, &["--reading", "tolerant"]).values, WHOLE, "{name}");
    }
}

#[test]
fn class_numbers_wait_for_a_map() {
    let Some(cases) = cases() else { return };
    let gold = cases.join("gold").display().to_string();
    let path = cases.join("predictions/intent_idx.jsonl").display().to_string();
    let message = run(["score", &path, "--corpus", &gold]).fails(1, "--labels-map");
    assert_plain(&message);
    // The order of the file is that of the gold: a map can be made from both.
    let rows = |path: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let names = rows(&cases.join("gold/en-US.jsonl").display().to_string());
    let mut map = serde_json::Map::new();
    for row in rows(&path) {
        let number = row["pred_intent"].as_u64().or(row["intent"].as_u64()).unwrap();
        let id = row["id"].as_str().map_or(row["id"].to_string(), str::to_owned);
        let gold = names.iter().find(|gold| gold["id"].as_str() == Some(&id)).unwrap();
        map.insert(number.to_string(), gold["intent"].clone());
    }
    let folder = Folder::new();
    let map = folder.write("labels.json", Value::Object(map).to_string());
    assert_eq!(scored(&path, &gold, &["--labels-map", &map]).values, WHOLE);
}

#[test]
fn a_row_twice_in_slurp_s_gold_is_the_gold_s_fault() {
    let Some(cases) = cases() else { return };
    let of = |name: &str| cases.join("predictions").join(name).display().to_string();
    let gold = of("slurp_gold_with_duplicate.jsonl");
    let run = run(["score", &of("slurp_predictions.jsonl"), "--slu-f1", "--corpus", &gold]);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("slurp_gold_with_duplicate.jsonl"), "{}", run.stderr);
    assert!(!run.stderr.contains("this submission"), "{}", run.stderr);
}

#[test]
fn real_layouts_score_100_against_themselves() {
    let Some(cases) = cases() else { return };
    for (path, options, rows) in [
        ("xsid_variants/en.test.conll", &["--locale", "en"][..], 4),
        ("xsid_variants/ar.test.conll", &[], 4),
        ("xsid_variants/broken.test.conll", &["--locale", "en"], 4),
        ("goo_seq", &["--locale", "vi"], 12),
        ("agif_mix/test.txt", &["--locale", "en"], 3),
        ("agif_mix/test.csv", &["--locale", "en"], 2),
        ("joint_jsonl", &["--locale", "tr"], 12),
        ("colon_tags/fa", &[], 12),
        ("colon_tags/broken.txt", &["--locale", "fa"], 2),
        ("slots_object/train.json", &["--locale", "zh", "--partition", "train"], 12),
        ("slots_object/train.json", &["--locale", "en", "--partition", "train"], 12),
        ("mtop", &[], 3),
        ("mtop_hf/test.csv", &[], 2),
        ("hinglish_top/test.tsv", &["--locale", "hi-Latn"], 2),
        ("hinglish_top/test.tsv", &["--locale", "en", "--text-column", "en_query"], 2),
        ("hwu_csv/All.csv", &["--locale", "en"], 2),
        ("hwu_csv/alarm_set.csv", &["--locale", "en"], 2),
        ("snips_dataset/lights_dataset.json", &["--locale", "en"], 1),
        ("snips_dataset/validate_GetWeather.json", &["--locale", "en", "--partition", "dev"], 2),
        ("rasa/nlu.yml", &["--locale", "en"], 4),
        ("rasa/nlu.md", &["--locale", "en"], 2),
        (
            "annotation_csv/egy_test.csv",
            &["--locale", "en", "--annotation-column", "source_annot"],
            12,
        ),
    ] {
        let path = cases.join("real").join(path).display().to_string();
        let found = against_itself(&path, options);
        assert_eq!(found.values, WHOLE, "{path}: {}", found.document["problems"]);
        assert_eq!(found.document["all"]["utterances"], rows, "{path}");
        assert_plain(&found.stderr);
    }
}

#[test]
fn real_corpora_are_read_as_gold() {
    let Some(cases) = cases() else { return };
    let of = |path: &str| cases.join("real").join(path).display().to_string();
    let amr = of("massive_amr/massive_amr.jsonl");
    assert_eq!(counted(&amr, &[]).1, "en-US");
    let check = run(["corpus", "check", "--corpus", &amr]);
    assert!((check.stdout + &check.stderr).contains("`raw_amr`"));

    let nested = counted(&of("nested_layout"), &[]);
    assert!(nested.1.contains("en") && nested.1.contains("sw"), "{nested:?}");
    let dev = ["--partition", "dev"];
    assert!(counted(&of("nested_layout"), &dev).0 < nested.0);

    // The odd lines of the broken file are listed.
    let base = ["corpus", "stats", "--corpus", &of("xsid_variants/broken.test.conll"), "--locale"];
    let stderr = run([&base[..], &["en"]].concat()).stderr;
    assert!(stderr.contains("without a word") && stderr.contains("`Orecurring_datetime`"));

    for name in ["DIETClassifier_errors.json", "intent_errors.json"] {
        let path = of(&format!("rasa/results/{name}"));
        let message = run(["score", &path, "--corpus", &of("rasa/nlu.yml"), "--locale", "en"])
            .fails(2, "holds only the rows that were wrong");
        assert!(message.contains(name), "{message}");
    }
    run(["score", &of("rasa/results/intent_report.json"), "--corpus", &of("rasa/nlu.yml")])
        .fails(2, "this is a report of figures");

    let table = of("annotation_csv/egy_test.csv");
    run(["corpus", "stats", "--corpus", &table, "--locale", "ar-EG"])
        .fails(2, "source_annot, egy_annot");
    let named = ["--locale", "ar-EG", "--annotation-column", "egy_annot"];
    assert_eq!(counted(&table, &named), (12, "ar-EG".to_owned()));
}

#[test]
fn the_meanings_of_pred_slots_score_the_same() {
    let Some(cases) = cases() else { return };
    let of = |path: &str| cases.join("real/pair_order").join(path).display().to_string();
    let gold = of("predicted_tags.jsonl");
    let options = ["--locale", "en-US"];
    for name in ["predicted_tags.jsonl", "label_text.jsonl", "tags_in_pred_slots.json"] {
        let found = scored(&of(name), &gold, &options);
        assert_eq!(found.values, WHOLE, "{name}: {} {}", found.document["problems"], found.stderr);
    }
}

#[test]
fn one_system_of_several_is_scored() {
    let Some(cases) = cases() else { return };
    let gold = cases.join("real/pair_order/predicted_tags.jsonl").display().to_string();
    let path = cases.join("real/multi_system_csv/predictions.csv").display().to_string();
    let base = ["score", &path, "--corpus", &gold, "--locale", "en-US"];
    run(base).fails(2, "qwen3/zero");
    let found = scored(&path, &gold, &["--locale", "en-US", "--system", "qwen3/zero"]);
    assert!(found.values[0].is_some() && found.values[1].is_none());
}
