//! Predictions of every form, with variants.

use serde_json::{Value, json};

use super::super::support::{Folder, run};
use super::{Row, WHOLE, assert_plain, gold, lines_of, rows, scored, variant};

fn base(row: &Row) -> Value {
    json!({"id": row.id, "locale": "en-US", "pred_intent": row.intent})
}

fn with(row: &Row, name: &str, value: Value) -> Value {
    let mut object = base(row);
    object[name] = value;
    object
}

/// Tags of another scheme: `S` or `U` for slots of one word, `E` or `L` for last
/// words.
fn scheme(row: &Row, single: &str, last: &str) -> Vec<String> {
    let tags = &row.tags;
    (0..tags.len())
        .map(|at| {
            let goes_on = tags.get(at + 1).is_some_and(|next| next.starts_with("I-"));
            match (tags[at].split_once('-'), goes_on) {
                (None, _) | (_, true) => tags[at].clone(),
                (Some(("B", label)), false) => format!("{single}-{label}"),
                (Some((_, label)), false) => format!("{last}-{label}"),
            }
        })
        .collect()
}

fn table(delimiter: char, names: [&str; 4]) -> String {
    let mut text = names.join(&delimiter.to_string()) + "\n";
    for row in rows() {
        let cells = [row.id, "en-US", row.intent, row.annotation];
        text += &(cells.join(&delimiter.to_string()) + "\n");
    }
    text
}

fn lists(name: &str, row: &Row) -> Value {
    let slots = row.slots.iter();
    let list: Vec<Value> = match name {
        "pairs" => slots.map(|(_, _, label, value)| json!([value, label])).collect(),
        "label first" => slots.map(|(_, _, label, value)| json!([label, value])).collect(),
        "triples" => slots.map(|(start, end, label, _)| json!([start, end, label])).collect(),
        "filler" => slots.map(|(_, _, l, v)| json!({"type": l, "filler": v})).collect(),
        "snips" => slots
            .map(|(s, e, l, v)| {
                json!({"range": {"start": s, "end": e}, "slotName": l, "rawValue": v})
            })
            .collect(),
        kind => slots
            .map(|(s, e, l, v)| json!({"start": s, "end": e, kind: l, "word": v}))
            .collect(),
    };
    Value::Array(list)
}

/// Every form that is read without an option.
fn forms() -> Vec<(&'static str, String)> {
    let objects: Vec<Value> =
        rows().iter().map(|row| with(row, "pred_annot_utt", json!(row.annotation))).collect();
    let slots = |row: &Row| {
        let pairs = row.slots.iter().map(|(_, _, label, value)| (label.clone(), json!(value)));
        Value::Object(pairs.collect())
    };
    let replaced = |from: &'static str, to: Value| {
        lines_of(move |row| {
            let tags = row.tags.iter().map(|tag| if tag == from { to.clone() } else { json!(tag) });
            with(row, "pred_labels", tags.collect())
        })
    };
    let turned = |separator: &'static str| {
        lines_of(move |row| {
            let tags = row.tags.iter().map(|tag| match tag.split_once('-') {
                Some((mark, label)) => json!(format!("{label}{separator}{mark}")),
                None => json!(tag),
            });
            with(row, "pred_labels", tags.collect())
        })
    };
    let answer = |row: &Row| json!({"intent": row.intent, "slots": slots(row)}).to_string();
    vec![
        ("array.json", Value::Array(objects.clone()).to_string()),
        ("pretty.json", serde_json::to_string_pretty(&objects).unwrap()),
        ("object.json", json!({"predictions": objects}).to_string()),
        ("results.json", json!({"model": "x", "results": objects}).to_string()),
        ("comma.csv", table(',', ["id", "locale", "pred_intent", "pred_annot_utt"])),
        ("tab.tsv", table('\t', ["id", "locale", "intent", "annot_utt"])),
        ("semicolon.csv", table(';', ["ID", "Locale", "pred_intent", "pred_annot_utt"])),
        ("blank.csv", table(',', ["id", " locale", " pred_intent", " pred_annot_utt"])),
        ("language.csv", table(',', ["id", "language", "predicted_intent", "annotation"])),
        ("iobes.jsonl", lines_of(|row| with(row, "pred_labels", json!(scheme(row, "S", "E"))))),
        ("bilou.jsonl", lines_of(|row| with(row, "pred_labels", json!(scheme(row, "U", "L"))))),
        ("tags.jsonl", lines_of(|row| with(row, "tags", json!(row.tags)))),
        ("ner_tags.jsonl", lines_of(|row| with(row, "ner_tags", json!(row.tags)))),
        ("predicted_tags.jsonl", lines_of(|row| with(row, "predicted_tags", json!(row.tags)))),
        ("suffix.jsonl", turned("-")),
        ("suffix_low.jsonl", turned("_")),
        ("small_o.jsonl", replaced("O", json!("o"))),
        ("empty_o.jsonl", replaced("O", json!(""))),
        ("null_o.jsonl", replaced("O", json!(null))),
        ("nolabel.jsonl", replaced("O", json!("NoLabel"))),
        ("none.jsonl", replaced("O", json!("None"))),
        ("dash.jsonl", replaced("O", json!("-"))),
        ("pipeline.jsonl", lines_of(|row| with(row, "entities", lists("entity_group", row)))),
        ("entity.jsonl", lines_of(|row| with(row, "entities", lists("entity", row)))),
        ("label.jsonl", lines_of(|row| with(row, "entities", lists("label", row)))),
        ("type.jsonl", lines_of(|row| with(row, "entities", lists("type", row)))),
        ("triples.jsonl", lines_of(|row| with(row, "entities", lists("triples", row)))),
        ("snips.jsonl", lines_of(|row| with(row, "slots", lists("snips", row)))),
        ("pairs.jsonl", lines_of(|row| with(row, "pred_slots", lists("pairs", row)))),
        ("label_first.jsonl", lines_of(|row| with(row, "pred_slots", lists("label first", row)))),
        ("object.jsonl", lines_of(|row| with(row, "slots", slots(row)))),
        ("filler.jsonl", lines_of(|row| with(row, "entities", lists("filler", row)))),
        (
            "intent_object.jsonl",
            lines_of(|row| {
                json!({"id": row.id, "locale": "en-US", "annot_utt": row.annotation,
                       "intent": {"name": row.intent, "confidence": 0.9}})
            }),
        ),
        (
            "intent_name.jsonl",
            lines_of(|row| {
                json!({"id": row.id, "locale": "en-US", "slots": lists("snips", row),
                       "intent": {"intentName": row.intent, "probability": 0.9}})
            }),
        ),
        (
            "response.jsonl",
            lines_of(|row| json!({"id": row.id, "locale": "en-US", "response": answer(row)})),
        ),
        (
            "fence.jsonl",
            lines_of(|row| {
                let text = format!("Sure, here it is:\n```json\n{}\n```\n", answer(row));
                json!({"id": row.id, "locale": "en-US", "generated_text": text})
            }),
        ),
        (
            "messages.jsonl",
            lines_of(|row| {
                json!({"id": row.id, "locale": "en-US", "messages": [
                    {"role": "user", "content": row.text},
                    {"role": "assistant", "content": answer(row)}]})
            }),
        ),
    ]
}

#[test]
fn every_form_scores_what_it_says() {
    for (name, text) in forms() {
        let found = variant(name, &text, &[]);
        assert_eq!(found.values, WHOLE, "{name}: {} {text}", found.stderr);
        assert!(found.stderr.contains("predictions read as"), "{name}: {}", found.stderr);
        assert!(found.document["input"]["form"].is_string(), "{name}");
        assert!(!found.document["signature"].as_str().unwrap().contains("read:tolerant"));
        assert_plain(&found.stderr);
    }
}

#[test]
fn every_command_takes_every_form() {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let usual = lines_of(|row| with(row, "pred_annot_utt", json!(row.annotation)));
    let usual = folder.write("usual.jsonl", usual);
    for (name, text) in forms().into_iter().step_by(5) {
        let file = folder.write(name, text);
        let compared = run(["compare", &usual, &file, "--corpus", &corpus, "--format", "json"]);
        assert_eq!(compared.json()["comparisons"][0]["identical"], true, "{name}");
        let checked = run(["check", &file, "--corpus", &corpus, "--format", "json"]).json();
        assert_eq!((&checked["ok"], &checked["rows"]), (&json!(true), &json!(5)), "{name}");
        let errors = run(["errors", &file, "--corpus", &corpus, "--format", "json"]).json();
        assert_eq!(errors["errors"]["found"], 0, "{name}");
        let report = run(["report", &file, "--corpus", &corpus, "--format", "json"]).json();
        assert_eq!(report["systems"][0]["scores"]["all"]["ex_match_acc"]["value"], 1.0, "{name}");
    }
}

/// Spellings that the reference reads as text: how, and where its slots are
/// unread.
fn spellings() -> Vec<(&'static str, String)> {
    let spelled = |spell: &dyn Fn(&Row) -> String| {
        lines_of(|row| with(row, "pred_annot_utt", json!(spell(row))))
    };
    let slots = |row: &Row| {
        let pairs = row.slots.iter().map(|(_, _, label, value)| format!("{label}: {value}"));
        pairs.collect::<Vec<_>>().join("; ")
    };
    let links = |row: &Row| {
        let mut text = row.text.clone();
        for (start, end, label, value) in row.slots.iter().rev() {
            text.replace_range(*start..*end, &format!("[{value}]({label})"));
        }
        text
    };
    vec![
        ("tight", spelled(&|row| row.annotation.replace(" : ", ":"))),
        ("tight left", spelled(&|row| row.annotation.replace(" : ", ": "))),
        ("wide", spelled(&|row| row.annotation.replace('[', "[ ").replace(']', " ]"))),
        (
            "full width",
            spelled(&|row| {
                row.annotation.replace('[', "［").replace(']', "］").replace(" : ", "：")
            }),
        ),
        ("links", spelled(&links)),
        ("no space before", spelled(&|row| row.annotation.replace(" [", "[").replace(" : ", ":"))),
        ("pairs", spelled(&slots)),
        ("pairs after", spelled(&|row| format!("{} | {}", row.text, slots(row)))),
        ("fenced", spelled(&|row| format!("```\n{}\n```", row.annotation.replace(" : ", ":")))),
        (
            "object",
            spelled(&|row| json!({"annot_utt": row.annotation.replace(" : ", ":")}).to_string()),
        ),
    ]
}

#[test]
fn spellings_of_slots_are_counted_and_read_when_asked() {
    for (name, text) in spellings() {
        let found = variant("spelled.jsonl", &text, &[]);
        assert_eq!(found.values[0], Some(100.0), "{name}");
        assert_eq!(found.problem("unread_brackets"), 4, "{name}: {}", found.document["problems"]);
        assert!(found.stderr.contains("--reading tolerant reads them"), "{name} {}", found.stderr);
        let found = variant("spelled.jsonl", &text, &["--reading", "tolerant"]);
        assert_eq!(found.values, WHOLE, "{name}: {text} {}", found.document["problems"]);
        assert_eq!(found.problem("unread_brackets"), 0, "{name}");
        assert!(found.document["signature"].as_str().unwrap().contains("|read:tolerant|"));
    }
}

#[test]
fn spellings_of_names_are_counted_and_read_when_asked() {
    type Spell = fn(&str) -> String;
    let spellings: [(&str, Spell); 6] = [
        ("upper", |name| name.to_uppercase()),
        ("colon", |name| name.replacen('_', ":", 1)),
        ("dot", |name| name.replacen('_', ".", 1)),
        ("slash", |name| name.replacen('_', "/", 1)),
        ("blank", |name| name.replace('_', " ")),
        ("title", |name| {
            let parts = name.split('_').map(|part| part[..1].to_uppercase() + &part[1..]);
            parts.collect::<Vec<_>>().join(" ")
        }),
    ];
    for (name, spell) in spellings {
        let text = lines_of(|row| {
            let mut tags = row.tags.clone();
            if name == "upper" {
                tags.iter_mut().for_each(|tag| *tag = tag.to_uppercase());
            }
            json!({"id": row.id, "locale": "en-US", "pred_intent": spell(row.intent),
                   "utt": row.words, "pred_labels": tags})
        });
        let found = variant("named.jsonl", &text, &[]);
        assert_eq!((found.values[0], found.problem("unknown_intents")), (Some(0.0), 5), "{name}");
        assert!(found.stderr.contains("for `alarm_set`"), "{name}: {}", found.stderr);
        if name == "upper" {
            assert_eq!(found.problem("unknown_slots"), 6, "{name}");
            assert!(found.stderr.contains("` for `"), "{}", found.stderr);
        }
        let found = variant("named.jsonl", &text, &["--reading", "tolerant"]);
        assert_eq!(found.values, WHOLE, "{name}");
        assert_eq!((found.problem("unknown_intents"), found.problem("unknown_slots")), (0, 0));
    }
}

#[test]
fn the_table_says_what_was_not_understood() {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let text = lines_of(|row| {
        let tight = row.annotation.replace(" : ", ":");
        json!({"id": row.id, "locale": "en-US", "pred_intent": row.intent.to_uppercase(),
               "pred_annot_utt": tight})
    });
    let file = folder.write("p.jsonl", text);
    let table = run(["score", &file, "--corpus", &corpus]).ok();
    for line in [
        "5 predicted intents that neither release nor corpus has",
        "4 predictions with brackets or pairs that opened no slot",
        "`ALARM_SET` for `alarm_set`; --reading tolerant reads them",
        "most slots lack a space beside the colon",
    ] {
        assert!(table.contains(line), "{line:?} is not in {table}");
    }
    let strict = run([
        "score", &file, "--corpus", &corpus, "--strict", "--format", "evalai", "--split", "test",
    ]);
    assert_eq!(strict.code, 1);
    assert!(strict.stderr.contains("5 predicted intents have names"), "{}", strict.stderr);
    let compared = run(["compare", &file, &file, "--corpus", &corpus, "--trials", "10"]).ok();
    let compared = compared.replace("\n  ", " ");
    assert!(compared.contains("5 predicted intents that neither"), "{compared}");
}

#[test]
fn what_has_no_place_is_counted() {
    let text = lines_of(|row| {
        let mut slots = lists("pairs", row);
        if row.id == "2" {
            slots = json!([["tomorrow", "date"]]);
        }
        with(row, "pred_slots", slots)
    });
    let found = variant("unplaced.jsonl", text, &[]);
    assert_eq!((found.values, found.problem("unplaced")), (WHOLE, 1));
    assert!(found.stderr.contains("slots without a place in their utterance: 1"));
    // Spans outside the text, and over less than half of a word.
    let text = lines_of(|row| {
        let slots = match row.id {
            "2" => json!([{"start": 900, "end": 910, "label": "date"}]),
            "4" => json!([{"start": 0, "end": 1, "label": "date"}]),
            _ => lists("label", row),
        };
        with(row, "entities", slots)
    });
    let found = variant("outside.jsonl", text, &[]);
    assert_eq!(found.problem("unplaced"), 2);
    assert!(found.stderr.contains("over the end of the text: 1 (first: "), "{}", found.stderr);
    assert!(found.stderr.contains("outside.jsonl:3"), "{}", found.stderr);
}

#[test]
fn offsets_are_of_the_unit_that_agrees() {
    let gold = "{\"id\": \"0\", \"locale\": \"de-DE\", \"partition\": \"test\", \"scenario\": \
        \"alarm\", \"intent\": \"alarm_set\", \"utt\": \"für 😀 um acht\", \"annot_utt\": \
        \"für 😀 um [time : acht]\", \"worker_id\": \"1\"}\n";
    let text = "für 😀 um acht";
    let units = [text.chars().count() - 4, text.encode_utf16().count() - 4, text.len() - 4];
    for start in units {
        let folder = Folder::new();
        let corpus = folder.write("de-DE.jsonl", gold);
        let line = json!({"id": 0, "locale": "de-DE", "intent": "alarm_set", "entities": [
            {"start": start, "end": start + 4, "label": "time", "text": "acht"}]});
        let file = folder.write("p.jsonl", line.to_string());
        assert_eq!(scored(&file, &corpus, &[]).values, WHOLE, "{start}");
    }
}

#[test]
fn class_numbers_need_a_map_of_any_kind() {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let names: Vec<&str> = rows().iter().map(|row| row.intent).collect();
    let number = |name: &str| names.iter().position(|other| *other == name).unwrap();
    let text = lines_of(|row| {
        json!({"id": row.id, "locale": "en-US", "intent": number(row.intent),
               "annot_utt": row.annotation})
    });
    let file = folder.write("p.jsonl", text);
    let message = run(["score", &file, "--corpus", &corpus]).fails(1, "--labels-map");
    assert!(message.contains("p.jsonl:1"), "{message}");
    let by_number: serde_json::Map<String, Value> =
        names.iter().enumerate().map(|(n, name)| (n.to_string(), json!(name))).collect();
    let by_name: serde_json::Map<String, Value> =
        names.iter().enumerate().map(|(n, name)| ((*name).to_owned(), json!(n))).collect();
    for (map, content) in [
        ("numbers.json", json!(by_number).to_string()),
        ("names.json", json!(by_name).to_string()),
        ("list.json", json!(names).to_string()),
        ("config.json", json!({"id2label": by_number, "x": 1}).to_string()),
        ("mine.intents", json!(by_number).to_string()),
        ("lines.txt", names.join("\n")),
    ] {
        let map = folder.write(map, content);
        assert_eq!(scored(&file, &corpus, &["--labels-map", &map]).values, WHOLE, "{map}");
    }
    // A map that is none stops everything; one that lacks a number, the rows with it.
    for (content, code, message) in [
        (r#"{"alarm_set": 0, "play_music": 0}"#, 2, "the number 0 twice"),
        (r#"{"0": "alarm_set", "0": "play_music"}"#, 2, "the number 0 twice"),
        (r#"{"0": "alarm_set", "1": "play_music"}"#, 1, "has no name"),
        ("{\"0\": ", 2, "not a map of numbers and names"),
    ] {
        let map = folder.write("bad.json", content);
        let run = run(["score", &file, "--corpus", &corpus, "--labels-map", &map]);
        assert_plain(&run.fails(code, message));
    }
}

#[test]
fn rows_without_ids_are_matched_in_order() {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let text = lines_of(|row| json!({"intent": row.intent, "tags": row.tags}));
    let file = folder.write("p.jsonl", &text);
    let message = run(["score", &file, "--corpus", &corpus]).fails(2, "--in-order");
    assert_plain(&message);
    let found = scored(&file, &corpus, &["--in-order"]);
    assert_eq!(found.values, WHOLE);
    assert!(found.document["signature"].as_str().unwrap().contains("|ids:order|"));
    let fewer: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
    let file = folder.write("fewer.jsonl", fewer);
    run(["score", &file, "--corpus", &corpus, "--in-order"]).fails(2, "4 predictions without");
    // Texts that differ are counted.
    let text = lines_of(|row| {
        let text = if row.id == "2" { "another" } else { &row.text };
        json!({"text": text, "intent": row.intent, "tags": row.tags})
    });
    let file = folder.write("other.jsonl", text);
    let run = run(["score", &file, "--corpus", &corpus, "--in-order"]);
    assert!(run.stderr.contains("1 of 5 texts differ") || run.code == 2, "{}", run.stderr);
}

#[test]
fn generated_text_that_breaks_off_is_counted_and_read_as_far_as_it_goes() {
    let text = lines_of(|row| {
        let whole = json!({"intent": row.intent, "slots": {}}).to_string();
        let cut = if row.id == "2" { &whole[..whole.len() - 1] } else { &whole };
        json!({"id": row.id, "locale": "en-US", "output": cut})
    });
    let found = variant("cut.jsonl", text, &[]);
    assert_eq!(found.values[0], Some(100.0));
    assert!(found.stderr.contains("break off, read as far as they go: 1"), "{}", found.stderr);
}

#[test]
fn one_of_several_systems_is_named() {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let mut text = "id,locale,model,pred_intent\n".to_owned();
    for model in ["small", "large"] {
        for row in rows() {
            let intent = if model == "small" { "alarm_set" } else { row.intent };
            text += &format!("{},en-US,{model},{intent}\n", row.id);
        }
    }
    let file = folder.write("systems.csv", text);
    let message = run(["score", &file, "--corpus", &corpus]).fails(2, "small, large");
    assert!(message.contains("--system"), "{message}");
    let found = scored(&file, &corpus, &["--system", "large"]);
    assert_eq!(found.values, [Some(100.0), None, None]);
    assert_eq!(scored(&file, &corpus, &["--system", "small"]).values[0], Some(20.0));
    run(["score", &file, "--corpus", &corpus, "--system", "huge"]).fails(2, "small, large");
}

#[test]
fn ids_that_match_nothing_are_explained() {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let text = lines_of(
        |row| json!({"id": format!("massive-{}", row.id), "locale": "en-US", "pred_intent": row.intent}),
    );
    let file = folder.write("p.jsonl", text);
    let message = run(["score", &file, "--corpus", &corpus]).fails(1, "--id-pattern");
    assert!(message.contains("massive-"), "{message}");
    let found = scored(&file, &corpus, &["--id-pattern", "massive-(.*)"]);
    assert_eq!(found.values[0], Some(100.0));
}
