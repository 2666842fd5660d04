//! `massive model compress` and `massive model toll`

use massive_compress::onnx::{External, Onnx};
use massive_models::tokenize::Tokenizer;
use serde_json::Value;

use super::support::{Folder, Run, assert_valid, fixture, mini, run};

fn compress(output: &str, more: &[&str]) -> Run {
    let model = fixture("models/joint");
    run([&["model", "compress", &model, "--output", output], more].concat())
}

#[test]
fn a_model_is_trimmed_and_quantised_and_says_where_it_came_from() {
    let folder = Folder::new();
    let (small, corpus) = (folder.at("small"), mini("data"));
    let trim = ["--trim-vocabulary", "--corpus", &corpus, "--locales", "de-DE,ja-JP"];
    let record =
        compress(&small, &[&trim[..], &["--weights", "int8", "--format", "json"]].concat()).json();
    assert_valid("compress", &record);
    let kept = record["vocabulary"]["pieces"].as_u64().unwrap();
    assert!(kept < 1500, "{kept}");
    let lost = record["vocabulary"]["lost"].as_array().unwrap();
    let of = |partition: &str| {
        let those = lost.iter().filter(|one| one["partition"] == partition);
        those.map(|one| one["lost"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(of("train"), 0);
    assert!(of("test") > 0, "{record}");
    assert_eq!(folder.names(), ["small"], "nothing is left beside the folder");
    let written = std::fs::read_to_string(folder.path("small/massive-compress.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), record);
    let inspected = run(["model", "inspect", &small]).ok();
    assert!(inspected.contains(" embeddings"), "{inspected}");
    assert!(inspected.contains("problems     none"), "{inspected}");
    let line =
        format!("compressed   vocabulary of {kept} pieces for de-DE, ja-JP, weights in int8; ");
    assert!(inspected.replace(',', "").contains(&line.replace(',', "")), "{inspected}");
    let inspected = run(["model", "inspect", &small, "--format", "json"]).json();
    assert_valid("model-inspect", &inspected);
    assert_eq!(inspected["compressed"], record);
    let text = [
        "--text",
        "setz bitte hafermilch auf meine einkaufsliste",
        "--locale",
        "de-DE",
        "--engine",
        "builtin",
    ];
    let parsed = run([&["predict", "--model", &small], &text[..]].concat()).ok();
    assert!(parsed.starts_with("lists_createoradd"), "{parsed}");

    let table = compress(&folder.at("four"), &["--weights", "int4", "--block-size", "64"]).ok();
    for text in
        ["base         joint", "matrices", "in int4 (blocks of 64)", "of heads as they were"]
    {
        assert!(table.contains(text), "{text:?} is not in {table}");
    }
}

#[test]
fn what_cannot_be_compressed_is_said_and_leaves_nothing() {
    let folder = Folder::new();
    let output = folder.at("out");
    compress(&output, &[]).fails(2, "there is nothing to do");
    compress(&output, &["--weights", "int4", "--block-size", "48"])
        .fails(2, "blocks of 48 are not known");
    compress(&output, &["--trim-vocabulary"]).fails(2, "--corpus");
    let corpus = mini("data");
    compress(&output, &["--trim-vocabulary", "--corpus", &corpus, "--locales", "qq-QQ"])
        .fails(2, "no rows of the chosen locales");
    // A vocabulary of whole words.
    let tiny = fixture("tiny");
    let words = ["--trim-vocabulary", "--corpus", &corpus, "--output", &output];
    run([&["model", "compress", &tiny], &words[..]].concat())
        .fails(2, "`WordLevel`; only the vocabulary of Unigram and BPE can be trimmed");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
    std::fs::create_dir(folder.path("out")).unwrap();
    compress(&output, &["--weights", "int8"]).fails(2, "out");
}

/// A copy of our model whose embeddings of pieces in a script are all zero.
fn damaged(folder: &Folder, is_of_script: impl Fn(char) -> bool) -> String {
    let model = fixture("models/joint");
    let copy = folder.path("damaged");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&model).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let tokenizer = Tokenizer::open(&copy.join("tokenizer.json")).unwrap();
    let graph = copy.join("model.onnx");
    let mut onnx = Onnx::read(&graph).unwrap();
    let scales = onnx
        .graph_mut()
        .unwrap()
        .initializer
        .iter_mut()
        .find(|weight| weight.name.as_deref() == Some("embeddings.words.weight.scale"));
    let raw = scales.unwrap().raw_data.as_mut().unwrap();
    let mut hit = 0;
    for (id, scale) in (0..).zip(raw.chunks_mut(4)) {
        if tokenizer.piece(id).is_some_and(|piece| piece.chars().any(&is_of_script)) {
            scale.fill(0);
            hit += 1;
        }
    }
    assert!(hit > 100, "{hit}");
    onnx.write(&graph, External::AsNeeded).unwrap();
    copy.display().to_string()
}

#[test]
fn the_language_that_pays_most_is_named() {
    let folder = Folder::new();
    let damaged = damaged(&folder, |letter| ('\u{400}'..='\u{4ff}').contains(&letter));
    let (base, corpus) = (fixture("models/joint"), mini("data"));
    let toll = |variant: &str, more: &[&str]| {
        let fixed = ["model", "toll", &base, variant, "--corpus", &corpus, "--engine", "builtin"];
        let locales = ["--locales", "en-US,de-DE,ru-RU,th-TH,ja-JP,tr-TR"];
        run([&fixed[..], &locales, more].concat())
    };
    let by_intent = ["--metric", "intent_acc"];
    let more = [&by_intent[..], &["--format", "json", "--speed-rows", "0"]].concat();
    let document = toll(&damaged, &more).json();
    assert_valid("toll", &document);
    let variant = &document["variants"][0];
    assert_eq!(variant["worst"], "ru-RU");
    let paid = &variant["locales"]["ru-RU"];
    assert!(paid["intent_acc"]["difference"].as_f64().unwrap() < -0.5, "{paid}");
    assert!(paid["changed"].as_f64().unwrap() > 0.5, "{paid}");
    assert_eq!(variant["locales"]["de-DE"]["changed"], 0.0);
    let script = &variant["scripts"]["Cyrl"];
    assert_eq!(script["intent_acc"]["difference"], paid["intent_acc"]["difference"]);
    assert_eq!(script["utterances"], paid["utterances"]);

    let more = [&by_intent[..], &["--fail-if-worse", "5", "--speed-rows", "8"]].concat();
    let failed = toll(&damaged, &more);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("loses more than 5 points of intent_acc"), "{}", failed.stderr);
    assert!(failed.stderr.contains("ru-RU -"), "{}", failed.stderr);
    assert!(failed.stdout.contains("pays most: ru-RU"), "{}", failed.stdout);
    assert!(failed.stdout.contains("builtin"), "{}", failed.stdout);

    // A copy pays nothing.
    let same = toll(&base, &["--fail-if-worse", "0", "--speed-rows", "0"]).ok();
    assert!(same.contains("no locale loses"), "{same}");
}

#[test]
fn what_cannot_be_weighed_is_said() {
    let (base, corpus) = (fixture("models/joint"), mini("data"));
    let toll = |variant: &str, more: &[&str]| {
        let fixed = ["model", "toll", &base, variant, "--corpus", &corpus, "--engine", "builtin"];
        run([&fixed[..], more].concat())
    };
    toll(&fixture("models/text-to-text"), &[]).fails(2, "is a text-to-text model");
    toll(&base, &["--fail-if-worse=-1"]).fails(2, "wants points, from 0 on");
    toll("nowhere", &[]).fails(2, "nowhere");
}
