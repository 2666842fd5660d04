//! Corpora of every form, with variants, and the way from each to each.

use serde_json::{Value, json};

use super::super::support::{Folder, assert_valid, mini, run};
use super::{Row, WHOLE, gold, lines_of, rows, scored};

/// Predictions of all rows as the reference writes them.
fn right() -> String {
    lines_of(|row| {
        json!({"id": row.id, "locale": "en-US", "pred_intent": row.intent,
               "pred_annot_utt": row.annotation})
    })
}

/// Forms of a corpus that hold ids: the name of a file, its text, options.
fn forms() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let object = |row: &Row, name: &str, value: Value| {
        let mut object = json!({"id": row.id, "locale": "en-US", "split": "test",
            "text": row.text, "intent": row.intent});
        object[name] = value;
        object
    };
    let spans = |row: &Row| -> Value {
        let slots = row.slots.iter();
        slots.map(|(s, e, l, v)| json!({"start": s, "end": e, "label": l, "text": v})).collect()
    };
    let values = |row: &Row| {
        let pairs = row.slots.iter().map(|(_, _, label, value)| (label.clone(), json!(value)));
        Value::Object(pairs.collect())
    };
    let conll = |separator: &str, mark: &str| {
        let blocks = rows().into_iter().map(|row| {
            let words = row.words.iter().zip(&row.tags);
            let words: String =
                words.map(|(word, tag)| format!("{word}{separator}{tag}\n")).collect();
            format!(
                "# id{mark} {}\n# text{mark} {}\n# intent{mark} {}\n# locale{mark} en-US\n{words}\n",
                row.id, row.text, row.intent
            )
        });
        blocks.collect::<String>()
    };
    let table = |delimiter: &str| {
        let mut text = ["id", "locale", "intent", "annot_utt"].join(delimiter) + "\n";
        for row in rows() {
            text += &([row.id, "en-US", row.intent, row.annotation].join(delimiter) + "\n");
        }
        text
    };
    let array: Vec<Value> = rows().iter().map(|row| object(row, "slots", values(row))).collect();
    vec![
        ("tags.jsonl", lines_of(|row| object(row, "ner_tags", json!(row.tags))), vec![]),
        ("spans.jsonl", lines_of(|row| object(row, "entities", spans(row))), vec![]),
        ("values.json", Value::Array(array.clone()).to_string(), vec![]),
        ("data.json", json!({"data": array}).to_string(), vec![]),
        ("comma.csv", table(","), vec![]),
        ("tab.tsv", table("\t"), vec![]),
        ("semicolon.csv", table(";"), vec![]),
        ("blank.conll", conll(" ", ":"), vec![]),
        ("tab.conll", conll("\t", " ="), vec![]),
        ("crlf.conll", conll("\t", ":").replace('\n', "\r\n"), vec![]),
        ("integers.jsonl", gold().replace("\"worker_id\":\"1\"", "\"worker_id\":1"), vec![]),
        (
            "columns.csv",
            table(",").replace("annot_utt", "mine").replace("intent", "label"),
            vec!["--annotation-column", "mine"],
        ),
        (
            "no_locale.jsonl",
            lines_of(
                |row| json!({"id": row.id, "tokens": row.words, "tags": row.tags, "intent": row.intent}),
            ),
            vec!["--locale", "en-US"],
        ),
    ]
}

#[test]
fn every_form_of_gold_scores_the_same() {
    let folder = Folder::new();
    let predictions = folder.write("p.jsonl", right());
    for (name, text, options) in forms() {
        let corpus = folder.write(name, text);
        let found = scored(&predictions, &corpus, &options);
        assert_eq!(found.values, WHOLE, "{name}: {}", found.stderr);
        assert_eq!(found.document["all"]["utterances"], 5, "{name}");
        assert_eq!(found.document["all"]["slots"]["gold"], 6, "{name}");
    }
}

#[test]
fn layouts_say_locale_and_split() {
    let row = |text: &str| format!("{{\"id\": 1, \"text\": \"{text}\", \"intent\": \"x_y\"}}\n");
    for (path, locale, partition) in [
        ("sw/test.jsonl", "sw", "test"),
        ("sw/test-00000-of-00001.jsonl", "sw", "test"),
        ("pt_br/validation.jsonl", "pt-BR", "dev"),
        ("sr-Latn/train.jsonl", "sr-Latn", "train"),
        ("de.dev.jsonl", "de", "dev"),
        ("nap.test.jsonl", "nap", "test"),
        ("deep/er/yue/testing.jsonl", "yue", "test"),
    ] {
        let folder = Folder::new();
        let file = folder.path(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, row("habari")).unwrap();
        let base = ["corpus", "stats", "--corpus", &folder.at(""), "--format", "json"];
        let by = ["--by", "locale,partition"];
        let stats = run([&base[..], &by].concat()).json();
        let group = &stats["rows"][0];
        assert_eq!(group["locale"], locale, "{path}: {stats}");
        assert_eq!(group["partition"], partition, "{path}: {stats}");
    }
}

#[test]
fn tags_of_locales_are_mended_and_typos_named() {
    for (written, canonical) in [
        ("en_us", "en-US"),
        ("EN-us", "en-US"),
        ("sr_latn_rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("gl_ES", "gl-ES"),
        ("HAU-ng", "hau-NG"),
        ("nap", "nap"),
    ] {
        let folder = Folder::new();
        let corpus = folder.write("rows.jsonl", gold().replace("en-US", written));
        let stats = ["corpus", "stats", "--corpus", &corpus, "--format", "json"];
        let found = run(stats).json();
        assert_eq!(found["rows"][0]["locale"], canonical, "{written}");
    }
    let folder = Folder::new();
    let corpus = folder.write("rows.jsonl", gold().replace("en-US", "en-USA"));
    run(["corpus", "stats", "--corpus", &corpus]).fails(2, "en-US");
}

#[test]
fn gold_without_intents_or_slots_is_scored_on_what_it_has() {
    let folder = Folder::new();
    let predictions = folder.write("p.jsonl", right());
    let slots = lines_of(
        |row| json!({"id": row.id, "locale": "en-US", "tokens": row.words, "ner_tags": row.tags}),
    );
    let slots = folder.write("slots.jsonl", slots);
    let found = scored(&predictions, &slots, &[]);
    assert_eq!(found.values, [None, Some(100.0), None], "{}", found.stderr);
    let shown = run(["corpus", "stats", "--corpus", &slots, "--format", "json"]).json();
    assert!(!shown.to_string().contains("\"none\""), "{shown}");
    let intents = lines_of(
        |row| json!({"id": row.id, "locale": "en-US", "text": row.text, "intent": row.intent}),
    );
    let intents = folder.write("intents.jsonl", intents);
    assert_eq!(scored(&predictions, &intents, &[]).values, [Some(100.0), None, None]);
}

#[test]
fn names_of_the_corpus_are_known_names() {
    let folder = Folder::new();
    let own = |text: String| text.replace("alarm_set", "boat_row").replace("time", "pier");
    let corpus = folder.write(
        "gl-ES.jsonl",
        own(gold())
            .replace("en-US", "gl-ES")
            .replace("\"scenario\":\"alarm\"", "\"scenario\":\"boat\""),
    );
    let predictions = folder.write("p.jsonl", own(right()).replace("en-US", "gl-ES"));
    let found = scored(&predictions, &corpus, &["--open-labels"]);
    assert_eq!(found.values, WHOLE);
    assert_eq!((found.problem("unknown_intents"), found.problem("unknown_slots")), (0, 0));
    let check = ["check", &predictions, "--corpus", &corpus, "--open-labels", "--format", "json"];
    let report = run(check).json();
    assert_eq!(report["warnings"]["unknown_intent"]["count"], 0, "{report}");
    assert_eq!(report["warnings"]["unknown_slot"]["count"], 0, "{report}");
    let other = folder.write("q.jsonl", right().replace("en-US", "gl-ES"));
    let found = scored(&other, &corpus, &["--open-labels"]);
    // `time` is a name of the release; `alarm_set` too.
    assert_eq!((found.problem("unknown_intents"), found.problem("unknown_slots")), (0, 0));
    let far = folder.write("r.jsonl", right().replace("en-US", "gl-ES").replace("time", "clock"));
    assert_eq!(scored(&far, &corpus, &["--open-labels"]).problem("unknown_slots"), 2);
}

#[test]
fn slots_of_characters_end_where_they_say() {
    let folder = Folder::new();
    let rows = json!({"id": 0, "locale": "zh-CN", "text": "打开wifi的灯", "intent": "iot_wemo_on",
        "entities": [{"start": 2, "end": 6, "label": "device_type", "text": "wifi"}]});
    let corpus = folder.write("rows.jsonl", rows.to_string());
    let words =
        json!({"id": 0, "locale": "zh-CN", "utt": ["打", "开", "w", "i", "f", "i", "的", "灯"]});
    drop(words);
    let predictions =
        folder.write("p.jsonl", rows.to_string().replace("\"intent\"", "\"pred_intent\""));
    let found = scored(&predictions, &corpus, &[]);
    assert_eq!(found.values, WHOLE, "{}", found.document);
}

/// Lines of JSON that a conversion writes, by locale and id.
fn converted(corpus: &str, to: &str) -> Vec<Value> {
    let run = run(["corpus", "convert", "--corpus", corpus, "--to", to]);
    let mut rows: Vec<Value> =
        run.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    rows.sort_by_key(|row| {
        let id = row["id"].as_str().unwrap().parse::<u64>().unwrap();
        (row["locale"].to_string(), row["partition"].to_string(), id)
    });
    rows
}

#[test]
fn every_form_that_is_written_is_read_back() {
    let folder = Folder::new();
    let data = mini("data");
    let some = ["--locales", "en-US,de-DE,ja-JP,am-ET,zh-TW", "--partition", "test"];
    let whole = folder.at("whole.jsonl");
    let base = ["corpus", "convert", "--corpus", &data, "--to"];
    run([&base[..], &["jsonl", "--output", &whole], &some].concat()).ok();
    let (rows, words) = (converted(&whole, "jsonl"), converted(&whole, "words"));
    let predictions = mini("predictions/good.jsonl");
    let options = ["--locales", "en-US,de-DE,ja-JP,am-ET,zh-TW"];
    let score = |corpus: &str| scored(&predictions, corpus, &options).document;
    let document = score(&whole);
    for to in ["parquet", "arrow", "csv", "jsonl", "conll", "hf"] {
        let out = folder.at(&format!("back.{to}"));
        let mut convert =
            vec!["corpus", "convert", "--corpus", &whole, "--to", to, "--output", &out];
        convert.extend((to == "conll").then_some("--comments"));
        run(convert).ok();
        assert_eq!(converted(&out, "words"), words, "{to}");
        let keys: &[&str] = match to {
            "conll" => &["id", "locale", "partition", "intent", "utt"],
            "csv" => &["id", "locale", "partition", "scenario", "intent", "utt", "annot_utt"],
            // It holds words, not the text between them.
            "hf" => &["id", "locale", "partition", "scenario", "intent"],
            _ => &[],
        };
        let back = converted(&out, "jsonl");
        if keys.is_empty() {
            assert_eq!(back, rows, "{to}");
        } else {
            let of = |rows: &[Value]| -> Vec<Value> {
                let row = |row: &Value| keys.iter().map(|key| row[*key].clone()).collect();
                rows.iter().map(row).collect()
            };
            assert_eq!(of(&back), of(&rows), "{to}");
        }
        assert_eq!(score(&out), document, "{to}");
    }
}

#[test]
fn workbooks_have_a_sheet_a_locale_or_a_row_an_id() {
    let folder = Folder::new();
    let data = mini("data");
    let base = ["corpus", "convert", "--corpus", &data, "--locales", "de-DE,en-US", "--to"];
    let book = folder.at("book.xlsx");
    run([&base[..], &["xlsx", "--output", &book]].concat()).ok();
    let names = |path: &str| -> String {
        let file = std::fs::File::open(path).unwrap();
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("xl/workbook.xml").unwrap(), &mut text)
            .unwrap();
        text
    };
    let sheets = names(&book);
    assert!(sheets.contains("name=\"de-DE\"") && sheets.contains("name=\"en-US\""), "{sheets}");
    run([&base[..], &["xlsx", "--wide", "--output", &folder.at("wide.xlsx")]].concat()).ok();
    assert!(names(&folder.at("wide.xlsx")).contains("name=\"utterances\""));
    let wide = run([&base[..], &["csv", "--wide"]].concat()).ok();
    let mut lines = wide.lines();
    assert_eq!(lines.next().unwrap(), "id,partition,scenario,intent,en-US,de-DE");
    assert_eq!(lines.count(), lines_in(&folder, &data));
    run([&base[..], &["jsonl", "--wide"]].concat()).fails(2, "--wide is for");
    run([&base[..], &["xlsx"]].concat()).fails(2, "--output");
}

/// Distinct ids of en-US and de-DE.
fn lines_in(folder: &Folder, data: &str) -> usize {
    let out = folder.at("rows.jsonl");
    let base = ["corpus", "convert", "--corpus", data, "--locales", "de-DE,en-US", "--to", "jsonl"];
    run([&base[..], &["--output", &out]].concat()).ok();
    let text = std::fs::read_to_string(out).unwrap();
    let ids = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["id"].as_str().unwrap().to_owned()
    });
    ids.collect::<std::collections::BTreeSet<_>>().len()
}

#[test]
fn rejected_rows_are_listed_with_their_judgments() {
    let data = mini("data");
    let base = ["corpus", "list", "--corpus", &data, "--locales", "de-DE,en-US", "--format"];
    let all = run([&base[..], &["json"]].concat()).json();
    assert_valid("corpus-list", &all);
    let strict = ["json", "--rejected", "--min-grammar", "3.9"];
    let rejected = run([&base[..], &strict].concat()).json();
    assert_valid("corpus-list", &rejected);
    let rows = rejected["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.len() < all["rows"].as_array().unwrap().len());
    for row in rows {
        assert_eq!(row["locale"], "de-DE");
        let scores = row["judgments"].as_array().unwrap();
        let sum: u64 = scores.iter().map(|one| one["grammar_score"].as_u64().unwrap()).sum();
        assert!((sum as f64) < 3.9 * scores.len() as f64, "{row}");
    }
    let csv = run([&base[..], &["csv", "--rejected", "--min-grammar", "3.9"]].concat()).ok();
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let found =
        run(["corpus", "grep", "e", "--corpus", &data, "--locales", "de-DE", "--format", "json"]);
    let found = found.json();
    assert_valid("corpus-grep", &found);
    assert!(found["matches"][0]["judgments"][0]["grammar_score"].is_u64(), "{found}");
}
