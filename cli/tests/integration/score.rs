//! `massive score`

use serde_json::Value;

use super::support::{Folder, finish, lines, massive, mini, run, run_with_stdin, score};

fn good() -> String {
    mini("predictions/good.jsonl")
}

fn json(predictions: &str, options: &[&str]) -> Value {
    score(predictions, &[&["--format", "json"], options].concat()).json()
}

#[test]
fn tables_are_as_a_reader_sees_them() {
    let options = ["--locales", "en-US,de-DE,km-KH,ur-PK,ja-JP", "--sort", "ex_match_acc"];
    insta::assert_snapshot!("table", score(&good(), &options).ok());
    let wide = massive()
        .args(["score", &good(), "--corpus", &mini("data"), "--group-by", "order"])
        .args(options)
        .env("COLUMNS", "130")
        .output()
        .unwrap();
    insta::assert_snapshot!("wide_table", finish(wide).ok());
    for format in ["markdown", "latex", "csv"] {
        insta::assert_snapshot!(
            format,
            score(&good(), &[&options[..], &["--format", format]].concat()).ok()
        );
    }
}

/// The figures of the version that had no other interval.
#[test]
fn the_former_interval_is_there_to_the_last_digit() {
    let options = ["--locales", "en-US,de-DE,km-KH,ur-PK,ja-JP", "--sort", "ex_match_acc"];
    let bootstrap = ["--interval", "bootstrap", "--format", "csv"];
    insta::assert_snapshot!(
        "bootstrap_csv",
        score(&good(), &[&options[..], &bootstrap].concat()).ok()
    );
}

const MORE: &str = "scenario_acc,intent_macro_f1,intent_weighted_f1,slot_macro_f1,slu_f1";

#[test]
fn other_metrics_are_computed_if_named() {
    let poor = mini("predictions/poor.jsonl");
    let document = json(&poor, &["--metrics", MORE, "--group-by", "script"]);
    assert_eq!(document["all"]["intent_acc"], Value::Null);
    for name in MORE.split(',') {
        let places = [
            &document["all"],
            &document["macro"],
            &document["locales"]["ta-IN"],
            &document["groups"]["script"]["Latn"],
        ];
        for place in places {
            let score = &place[name];
            let value = score["value"].as_f64().unwrap();
            let bound = |at: usize| score["ci95"][at].as_f64().unwrap();
            assert!(0.0 <= bound(0) && bound(0) < value && value < bound(1), "{name}: {score}");
        }
        let threshold = format!("macro:{name}=99.9");
        let missed = score(&poor, &["--fail-under", &threshold]);
        assert_eq!(missed.code, 1, "{name}");
        assert!(missed.stderr.contains(&format!("macro {name} is ")), "{}", missed.stderr);
    }
    let folder = Folder::new();
    let plot = folder.at("metrics.svg");
    let table = score(&poor, &["--metrics", MORE, "--plot", &plot, "--sort", "scenario_acc"]).ok();
    assert!(table.lines().next().unwrap().contains("scenario acc"), "{table}");
    let drawn = std::fs::read_to_string(plot).unwrap();
    assert!(drawn.contains("slot macro-F1 (%)") && drawn.contains("SLU-F1 (%)"));
}

#[test]
fn without_any_slot_slot_f1_is_no_figure() {
    let folder = Folder::new();
    // Rows of German without gold slots, predicted without slots.
    let gold: Vec<String> = lines(&mini("data/de-DE.jsonl"))
        .into_iter()
        .filter(|line| line.contains("\"test\""))
        .map(|line| {
            let mut row: Value = serde_json::from_str(&line).unwrap();
            row["annot_utt"] = row["utt"].clone();
            row["slot_method"] = serde_json::json!([]);
            row.to_string()
        })
        .collect();
    let corpus = folder.write_lines("corpus.jsonl", &gold);
    let predictions = gold.iter().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        serde_json::json!({
            "id": row["id"], "locale": "de-DE", "pred_intent": row["intent"],
            "pred_annot_utt": row["utt"],
        })
    });
    let predictions =
        folder.write_lines("predictions.jsonl", predictions.map(|row| row.to_string()));
    let base = ["score", &predictions, "--corpus", &corpus];
    let document = run([&base[..], &["--format", "json"]].concat()).json();
    assert_eq!(document["all"]["slot_micro_f1"]["value"], 0.0);
    assert_eq!(document["all"]["slot_micro_f1"]["ci95"], Value::Null);
    assert_eq!(document["macro"]["slot_micro_f1"], Value::Null);
    assert_eq!(document["all"]["ex_match_acc"]["value"], 1.0);
    let table = run(base).ok();
    assert!(table.lines().find(|line| line.contains("de-DE")).unwrap().contains('–'), "{table}");
}

#[test]
fn scripts_get_figures_alone() {
    let options = ["--locales", "de-DE,ja-JP", "--metrics", "intent_acc,slot_macro_f1"];
    let of = |option: &str| score(&good(), &[&options[..], &[option]].concat()).ok();
    insta::assert_snapshot!("score_only", of("--score-only"));
    insta::assert_snapshot!("short", of("--short"));
}

#[test]
fn a_full_table_fits_80_columns() {
    let table = score(&good(), &[]).ok();
    assert_eq!(table.lines().filter(|line| line.contains('-')).count(), 51 + 1);
    for line in table.lines().filter(|line| !line.starts_with("massive|")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn colour_is_for_terminals_and_obeys_no_color() {
    let arguments = ["score", &good(), "--corpus", &mini("data")];
    let coloured = |options: &[&str]| {
        let output = massive().args(arguments).args(options).env("NO_COLOR", "1").output().unwrap();
        finish(output).ok().contains('\u{1b}')
    };
    assert!(!coloured(&[]) && !coloured(&["--color", "never"]) && coloured(&["--color", "always"]));
}

#[test]
fn all_inputs_of_one_corpus_and_one_submission_score_the_same() {
    let folder = Folder::new();
    let expected = json(&good(), &[]);
    let rows = lines(&good());
    let (first, second) = rows.split_at(rows.len() / 3);
    let first = folder.write_lines("a.jsonl", first.iter().rev());
    let second = folder.write_lines("b.jsonl", second);
    let corpus = mini("data");
    let base = ["--corpus", corpus.as_str(), "--format", "json"];
    let several = run([&["score", &second, &first], &base[..]].concat());
    assert_eq!(several.json(), expected);
    assert_eq!(run([&["score", folder.at("").as_str()], &base[..]].concat()).json(), expected);
    let from_stdin = run_with_stdin([&["score", "-"], &base[..]].concat(), good().as_ref());
    assert_eq!(from_stdin.json(), expected);

    // One file, plain and compressed, in an order of its own.
    let mut rows: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&corpus).unwrap() {
        rows.extend(lines(&entry.unwrap().path().display().to_string()));
    }
    let one_file = folder.write_lines("corpus.jsonl", &rows);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &std::fs::read(&one_file).unwrap()).unwrap();
    let compressed = folder.write("corpus.jsonl.gz", encoder.finish().unwrap());
    for corpus in [mini("mini.tar.gz"), mini("."), one_file, compressed] {
        assert_eq!(
            run(["score", &good(), "--corpus", &corpus, "--format", "json"]).json(),
            expected
        );
    }
    let from_environment = massive()
        .args(["score", &good(), "--format", "json"])
        .env("MASSIVE_CORPUS", mini("data"))
        .output()
        .unwrap();
    assert_eq!(finish(from_environment).json(), expected);
    let archive = mini("mini.tar.gz");
    let from_stdin =
        run_with_stdin(["score", &good(), "--corpus", "-", "--format", "json"], archive.as_ref());
    assert_eq!(from_stdin.json(), expected);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_from_its_start() {
    let expected = json(&good(), &[]);
    let script = format!(
        "{} score <(cat {}) --corpus <(gzip -dc {}) --format json",
        env!("CARGO_BIN_EXE_massive"),
        good(),
        mini("mini.tar.gz")
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(finish(output).json(), expected);
}

#[test]
fn the_other_forms_of_a_prediction_score_the_same() {
    let folder = Folder::new();
    let expected = json(&good(), &[]);
    let rows: Vec<Value> =
        lines(&good()).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rewritten = |name: &str, change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let rows = rows.iter().map(|row| {
            let mut row = row.as_object().unwrap().clone();
            change(&mut row);
            Value::Object(row).to_string()
        });
        json(&folder.write_lines(name, rows), &[])
    };
    let plain = rewritten("plain.jsonl", &|row| {
        let (intent, annotation) = (row.remove("pred_intent"), row.remove("pred_annot_utt"));
        row.insert("intent".into(), intent.unwrap());
        row.insert("annot_utt".into(), annotation.unwrap());
        row.remove("pred_slots");
        row.remove("utt");
        let id: u64 = row["id"].as_str().unwrap().parse().unwrap();
        row.insert("id".into(), id.into());
    });
    assert_eq!(plain, expected);
    let labels = rewritten("labels.jsonl", &|row| {
        let annotation = row.remove("pred_annot_utt").unwrap();
        let mut label = "O".to_owned();
        let mut labels = Vec::new();
        let mut pieces = annotation.as_str().unwrap().split_whitespace();
        while let Some(piece) = pieces.next() {
            if let Some(name) = piece.strip_prefix('[') {
                label = format!("B-{name}");
                pieces.next();
                continue;
            }
            labels.push(label.clone());
            label = if piece.ends_with(']') { "O".to_owned() } else { label.replace("B-", "I-") };
        }
        row.insert("pred_labels".into(), labels.into());
    });
    assert_eq!(labels, expected);
}

#[test]
fn missing_rows_stop_the_score_or_count_as_wrong() {
    let folder = Folder::new();
    let rows = lines(&good());
    let one = folder
        .write_lines("one.jsonl", rows.iter().filter(|row| row.contains("\"de-DE\"")).take(1));
    let stderr =
        score(&one, &["--output", &folder.at("out.json")]).fails(1, "rows without a prediction:");
    assert!(stderr.contains("and 2 more") && stderr.contains("--missing wrong"), "{stderr}");
    assert_eq!(folder.names(), ["one.jsonl"]);

    let all = json(
        &folder.write_lines("de.jsonl", rows.iter().filter(|row| row.contains("\"de-DE\""))),
        &[],
    );
    let document = json(&one, &["--missing", "wrong"]);
    assert_eq!(document["problems"]["missing"], 12);
    for part in ["utterances", "words"] {
        assert_eq!(document["all"][part], all["all"][part]);
    }
    assert_eq!(document["all"]["slots"]["gold"], all["all"]["slots"]["gold"]);
    assert!(document["signature"].as_str().unwrap().contains("|missing:wrong|"));
    let intents = document["all"]["intent_acc"]["value"].as_f64().unwrap();
    assert!(intents == 0.0 || (intents - 1.0 / 13.0).abs() < 1e-15);
}

#[test]
fn duplicate_and_unknown_rows_stop_the_score() {
    let folder = Folder::new();
    let rows = lines(&good());
    let twice = folder.write_lines("twice.jsonl", rows.iter().chain(&rows[4..6]));
    let stderr =
        score(&twice, &["--missing", "wrong"]).fails(1, "2 rows predicted more than once:");
    assert!(stderr.contains("again in ") && stderr.contains("twice.jsonl:664"), "{stderr}");

    let row = |id: &str| {
        format!(
            r#"{{"id": "{id}", "locale": "de-DE", "pred_intent": "alarm_set", "pred_annot_utt": "x"}}"#
        )
    };
    let extra = folder.write_lines("extra.jsonl", rows.iter().cloned().chain([row("0")]));
    let stderr = score(&extra, &[]).fails(1, "1 row that partition test does not have:");
    assert!(
        stderr.contains("de-DE 0 in ") && stderr.contains("(it is in partition train)"),
        "{stderr}"
    );
    assert!(stderr.contains("did you mean --partition train?"), "{stderr}");
    let never = folder.write_lines("never.jsonl", rows.iter().cloned().chain([row("999999")]));
    let stderr = score(&never, &[]).fails(1, "de-DE 999999 in ");
    assert!(!stderr.contains("partition train"), "{stderr}");
    // Rows of other locales are neither.
    assert_eq!(json(&extra, &["--locales", "fr-FR"])["problems"]["unselected"], 651);
}

#[test]
fn the_wrong_partition_names_the_right_one() {
    score(&good(), &["--partition", "dev", "--missing", "wrong"])
        .fails(1, "did you mean --partition test?");
    score(&good(), &["--partition", "MMNLU-22"]).fails(
        2,
        "partition MMNLU-22 has no gold labels here, so there is nothing to score against",
    );
    score(&good(), &["--partition", "tset"]).fails(2, "did you mean test?");
}

#[test]
fn locales_and_tasks_select() {
    let document = json(&good(), &["--locales", "zh-*,de-DE", "--exclude-locales", "zh-TW"]);
    let scored: Vec<&String> = document["locales"].as_object().unwrap().keys().collect();
    assert_eq!(scored, ["de-DE", "zh-CN"]);
    assert_eq!(document["coverage"]["locales_scored"], 2);
    assert_eq!(document["coverage"]["locales_in_corpus"], 52);
    assert_eq!(document["problems"]["unselected"], 49 * 13);

    assert_eq!(json(&good(), &["--task", "full"])["coverage"]["locales_scored"], 51);
    let zero_shot = json(&good(), &["--task", "zero-shot"]);
    assert_eq!(zero_shot["coverage"]["locales_scored"], 50);
    assert!(zero_shot["locales"].get("en-US").is_none());
    assert_eq!(zero_shot["problems"]["unselected"], 13);
    score(&good(), &["--task", "full", "--locales", "de-DE"]).fails(2, "cannot be used with");

    let folder = Folder::new();
    let rows = lines(&good());
    let some =
        folder.write_lines("some.jsonl", rows.iter().filter(|row| !row.contains("\"sw-KE\"")));
    assert_eq!(json(&some, &[])["coverage"]["locales_scored"], 50);
    score(&some, &["--task", "full"]).fails(1, "13 rows without a prediction:\n  sw-KE 2\n");
    run(["score", &some, "--corpus", &mini("data/de-DE.jsonl"), "--task", "full"])
        .fails(2, "the corpus has no rows of af-ZA, ");
}

#[test]
fn thresholds_fail_with_exit_code_1_after_the_result() {
    let result = score(
        &good(),
        &["--fail-under", "intent_acc=0.5", "--fail-under", "sw-KE:ex_match_acc=1%"],
    );
    assert_eq!(result.code, 0, "{}", result.stderr);
    let result = score(&good(), &["--fail-under", "macro:intent_acc=99.9"]);
    assert_eq!(result.code, 1);
    assert!(result.stdout.contains(" all "));
    assert!(
        result.stderr.contains("macro intent_acc is 9") && result.stderr.contains("under 99.9 %"),
        "{}",
        result.stderr
    );
    score(&good(), &["--fail-under", "ca-ES:intent_acc=1"])
        .fails(2, "names ca-ES, which was not scored");
    score(&good(), &["--fail-under", "intent_acc"]).fails(2, "expected [LOCALE:]METRIC=VALUE");
}

#[test]
fn what_is_not_predicted_has_no_score() {
    let folder = Folder::new();
    let rows: Vec<Value> =
        lines(&good()).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let without = |fields: &[&str]| {
        let rows = rows.iter().map(|row| {
            let mut row = row.clone();
            for field in fields {
                row.as_object_mut().unwrap().remove(*field);
            }
            row.to_string()
        });
        folder.write_lines("part.jsonl", rows)
    };
    let whole = json(&good(), &[]);
    let slots_only = json(&without(&["pred_intent"]), &[]);
    let intents_only = json(&without(&["pred_annot_utt", "pred_slots"]), &[]);
    for of in ["all", "macro"] {
        assert_eq!(slots_only[of]["slot_micro_f1"], whole[of]["slot_micro_f1"]);
        assert_eq!(intents_only[of]["intent_acc"], whole[of]["intent_acc"]);
        for (document, metric) in [(&slots_only, "intent_acc"), (&intents_only, "slot_micro_f1")] {
            assert_eq!(document[of][metric], Value::Null);
            assert_eq!(document[of]["ex_match_acc"], Value::Null);
        }
    }
    // They can be shown all the same.
    let shown = score(&without(&["pred_intent"]), &["--plot", &folder.at("part.svg")]).ok();
    assert!(shown.contains('–'));
    // Where only some rows lack a part, it is wrong there.
    let mut some = rows.clone();
    some[0].as_object_mut().unwrap().remove("pred_intent");
    let some = folder.write_lines("some.jsonl", some.iter().map(Value::to_string));
    assert!(json(&some, &[])["all"]["intent_acc"]["value"].as_f64().is_some());
}

#[test]
fn the_label_mode_changes_leaking_rows_only() {
    let reference = json(&good(), &[]);
    let brackets = json(&good(), &["--labels", "brackets"]);
    assert_eq!(brackets["labels"], "brackets");
    for (locale, scores) in reference["locales"].as_object().unwrap() {
        let same = brackets["locales"][locale] == *scores;
        // A slot there is `nba`: in reference mode its label leaks.
        assert_eq!(same, !locale.starts_with("zh-"), "{locale}");
    }
    assert_ne!(reference["signature"], brackets["signature"]);
}

#[test]
fn groups_pool_their_locales() {
    let document = json(&good(), &["--group-by", "script,order"]);
    let groups = &document["groups"];
    assert_eq!(groups["script"]["Hebr"]["locales"], serde_json::json!(["he-IL"]));
    for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
        assert_eq!(groups["script"]["Hebr"][metric], document["locales"]["he-IL"][metric]);
    }
    let unknown = groups["order"]["unknown"]["locales"].as_array().unwrap();
    assert!(unknown.contains(&"ur-PK".into()) || unknown.contains(&"af-ZA".into()));
    let utterances: u64 = groups["script"]
        .as_object()
        .unwrap()
        .values()
        .map(|group| group["utterances"].as_u64().unwrap())
        .sum();
    assert_eq!(document["all"]["utterances"], utterances);
}

#[test]
fn files_are_written_beside_the_result() {
    let folder = Folder::new();
    let (svg, png, result) =
        (folder.at("plot.svg"), folder.at("plot.png"), folder.at("score.json"));
    // The name says that it is JSON.
    assert_eq!(score(&good(), &["--output", &result, "--plot", &svg]).ok(), "");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(result).unwrap()).unwrap();
    assert_eq!(written, json(&good(), &["--plot", &png]));
    let drawn = std::fs::read_to_string(svg).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("good.jsonl") && drawn.contains("Khmer"));
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(folder.names(), ["plot.png", "plot.svg", "score.json"]);
}

#[test]
fn per_utterance_rows_add_up() {
    let folder = Folder::new();
    let (csv, parquet) = (folder.at("rows.csv"), folder.at("rows.parquet"));
    let document = json(&good(), &["--per-utterance", &csv]);
    json(&good(), &["--per-utterance", &parquet]);
    let rows = lines(&csv);
    assert_eq!(
        rows[0],
        "locale,id,partition,intent,pred_intent,intent_correct,words,gold_slots,predicted_slots,correct_slots,\
         exact_match,missing,malformed,misaligned"
    );
    let sum = |column: usize| -> u64 {
        rows[1..]
            .iter()
            .map(|row| row.split(',').nth(column).unwrap().parse::<u64>().unwrap())
            .sum()
    };
    assert_eq!(rows.len() - 1, document["all"]["utterances"].as_u64().unwrap() as usize);
    assert_eq!(sum(6), document["all"]["words"].as_u64().unwrap());
    assert_eq!(sum(9), document["all"]["slots"]["correct"].as_u64().unwrap());
    let written = std::fs::read(parquet).unwrap();
    assert!(written.starts_with(b"PAR1") && written.ends_with(b"PAR1"));
}

#[test]
fn the_bootstrap_can_be_left_out_or_seeded() {
    let none = json(&good(), &["--resamples", "0"]);
    assert_eq!(none["all"]["intent_acc"]["ci95"], Value::Null);
    assert!(none["signature"].as_str().unwrap().contains("|ci:none|"));
    let other = json(&good(), &["--seed", "7", "--resamples", "200"]);
    assert!(other["signature"].as_str().unwrap().contains("|ci:bootstrap:200@7|"));
    let same = json(&good(), &["--seed", "7", "--resamples", "200"]);
    assert_eq!(other, same);
}

#[test]
fn quiet_and_piped_runs_leave_standard_error_empty() {
    assert_eq!(score(&good(), &["--quiet"]).stderr, "");
    assert_eq!(score(&good(), &[]).stderr, "");
}

#[test]
fn completions_and_help() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(["completions", shell]).ok().contains("per-utterance"));
    }
    assert!(run(["score", "--help"]).ok().contains("Examples:"));
    assert!(run(["--version"]).ok().starts_with("massive 0."));
}

#[test]
fn a_locale_is_cut_into_words_as_is_said() {
    let folder = Folder::new();
    // Nothing but characters tells the words of this file apart.
    let row = |utt: &str, annotation: &str, key: &str| {
        serde_json::json!({
            "id": "1", "locale": "yue-HK", "partition": "test", "scenario": "alarm",
            "intent": "alarm_set", "utt": utt, key: annotation, "worker_id": "0",
            "slot_method": [], "judgments": [],
        })
        .to_string()
    };
    let (utt, gold) = ("聽日 七點 叫醒我", "[date : 聽日] [time : 七點] 叫醒我");
    let corpus = folder.write_lines("yue.jsonl", [row(utt, gold, "annot_utt")]);
    let predicted = serde_json::json!({
        "id": "1", "locale": "yue-HK", "pred_intent": "alarm_set",
        "pred_annot_utt": "[date : 聽日] [time : 七] 點 叫醒我",
    });
    let predictions = folder.write_lines("p.jsonl", [predicted.to_string()]);
    let base = ["score", &predictions, "--corpus", &corpus, "--format", "json"];
    let usual = run(base).json();
    let said = ["--segmentation", "yue-HK=words"];
    let document = run([&base[..], &said].concat()).json();
    let digest = |document: &Value| {
        let signature = document["signature"].as_str().unwrap().to_owned();
        signature.split('|').find(|part| part.starts_with("gold:")).unwrap().to_owned()
    };
    assert!(document["signature"].as_str().unwrap().contains("|seg:yue-HK=words|f1:"));
    assert!(!usual["signature"].as_str().unwrap().contains("seg:"));
    assert_ne!(digest(&usual), digest(&document));
    // By words the prediction has one word too many, by characters a shorter slot.
    assert_eq!(usual["problems"]["misaligned"], 0);
    assert_eq!(usual["all"]["slot_micro_f1"]["value"], 0.5);

    // What is usual is not said, and counts carry what was.
    let same = run([&base[..], &["--segmentation", "yue-HK=characters"]].concat());
    assert_eq!(same.json()["signature"], usual["signature"]);
    let counts = folder.path("counts.parquet").display().to_string();
    let only = ["score", &predictions, "--corpus", &corpus, "--counts-only", "-o", &counts];
    run([&only[..], &said].concat()).ok();
    let merged = run(["score", "--counts", &counts, "--format", "json"]).json();
    assert_eq!(merged["signature"], document["signature"]);

    let refused = |what: &str| run([&base[..], &["--segmentation", what]].concat());
    refused("yue-HK=letters").fails(2, "expected words or characters");
    refused("yue-HK").fails(2, "expected LOCALE=words or LOCALE=characters");
}
