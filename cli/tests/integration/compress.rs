//! `massive model compress` and `massive model toll`

use massive_compress::onnx::{External, Onnx};
use massive_models::tokenize::Tokenizer;
use serde_json::Value;

use super::support::{Folder, Run, assert_valid, environment, fixture, mini, run};

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
fn a_term_and_zeros_are_made_by_what_the_model_does_on_text() {
    let folder = Folder::new();
    let corpus = mini("data");
    let text = ["--corpus", &corpus, "--locales", "de-DE,ja-JP", "--engine", "builtin"];
    let make = |name: &str, more: &[&str]| {
        compress(&folder.at(name), &[&text[..], more, &["--format", "json"]].concat()).json()
    };
    let two = ["--bits", "2", "--calibrate-rows", "12"];
    let term =
        make("term", &[&two[..], &["--rank", "16", "--calibrate-locales", "de-DE"]].concat());
    assert_valid("compress", &term);
    // All that there are of it.
    assert_eq!(term["calibration"]["rows"], 11);
    assert_eq!(term["calibration"]["locales"], serde_json::json!(["de-DE"]));
    assert_eq!(term["recipe"]["compensate"], serde_json::json!({"rank": 16, "init": "qera"}));
    let error = &term["weights"]["error"];
    let (rounded, left) = (error["rounded"].as_f64(), error["compensated"].as_f64());
    assert!(4.0 * left.unwrap() < rounded.unwrap(), "{error}");
    let bare = make("bare", &two);
    assert_eq!(bare["weights"]["error"]["compensated"], Value::Null);
    assert_eq!(bare["calibration"]["locales"].as_array().unwrap().len(), 2);

    let pruned =
        make("pruned", &["--prune", "wanda", "--sparsity", "2:4", "--calibrate-rows", "8"]);
    assert_valid("compress", &pruned);
    assert_eq!(pruned["recipe"]["prune"]["sparsity"], "2:4");
    assert!(pruned["weights"]["zeros"].as_f64().unwrap() >= 0.5, "{pruned}");
    let inspected = run(["model", "inspect", &folder.at("term")]).ok();
    assert!(inspected.contains("2 bits (blocks of 32), simulated, rank 16 by QERA"), "{inspected}");
    let table = compress(
        &folder.at("table"),
        &[&text[..], &["--weights", "int4", "--rank", "4", "--calibrate-rows", "4"]].concat(),
    );
    let table = table.ok();
    for text in ["calibration  4 rows", "compensated  beside", "rank 4 by QERA", "times less"] {
        assert!(table.contains(text), "{text:?} is not in {table}");
    }

    // Eight bits and two, with and without the term, held against each other.
    make("eight", &["--weights", "int8"]);
    let models = ["eight", "bare", "term"].map(|name| folder.at(name));
    let base = fixture("models/joint");
    let plot = folder.at("toll.svg");
    let toll = [
        &["model", "toll", &base, &models[0], &models[1], &models[2]][..],
        &["--engine", "builtin", "--corpus", &corpus, "--locales", "de-DE,ja-JP,th-TH"],
        &["--speed-rows", "8", "--plot", &plot, "--format", "json"],
    ];
    let document = run(toll.concat()).json();
    assert_valid("toll", &document);
    let recovery = &document["variants"][2]["recovery"];
    assert_eq!(recovery["without"], models[1].as_str());
    assert_eq!(recovery["eight"], models[0].as_str());
    assert_eq!(document["variants"][1]["recovery"], Value::Null);
    let shares = document["text"].as_object().unwrap().values();
    let sum: f64 = shares.map(|text| text["train_share"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    assert!(document["text"]["de-DE"]["pieces_per_word"].as_f64().unwrap() >= 1.0);
    let drawn = std::fs::read_to_string(&plot).unwrap();
    for text in ["pieces a word", "share of the train text", "th-TH"] {
        assert!(drawn.contains(text), "{text:?} is not drawn");
    }
    if cfg!(target_os = "linux") {
        let memory = document["base"]["memory"]["builtin"].as_u64().unwrap();
        assert!(memory > 1_000_000, "{memory}");
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
    compress(&output, &["--bits", "2", "--rank", "4"]).fails(2, "give it with --corpus");
    compress(&output, &["--rank", "4", "--init", "svd"]).fails(2, "neither is asked for");
    compress(&output, &["--prune", "magnitude", "--sparsity", "1.5"]).fails(2, "such as 0.5");
    compress(&output, &["--prune", "wanda"]).fails(2, "--sparsity");
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

/// What ONNX Runtime's own quantiser is tested with.
const QUANTISER: [&str; 2] = ["onnx==1.23.2", "onnxruntime==1.32.0"];

#[test]
fn int8_loses_no_more_than_with_the_quantiser_of_onnx_runtime() {
    let Some(shared) = massive_testdata::shared(&["models"]) else { return };
    let python = match environment("onnx-quantiser", &QUANTISER) {
        Ok(python) => python,
        Err(why) => return eprintln!("not tested against ONNX Runtime's quantiser: {why}"),
    };
    let folder = Folder::new();
    let base = shared.join("models/xlmr-joint").display().to_string();
    let (ours, theirs, corpus) = (folder.at("ours"), folder.at("theirs"), mini("data"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/quantiser.py");
    let made = std::process::Command::new(python).args([script, &base, &theirs]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    run(["model", "compress", &base, "--weights", "int8", "--output", &ours]).ok();
    let toll = ["model", "toll", &theirs, &ours, "--corpus", &corpus, "--engine", "builtin"];
    let judged = ["--locales", "en-US,de-DE,ja-JP,sw-KE", "--fail-if-worse", "0"];
    let form = ["--speed-rows", "0", "--format", "json"];
    let document = run([&toll[..], &judged, &form].concat()).json();
    let [base, variant] = [&document["base"], &document["variants"][0]["model"]]
        .map(|model| model["bytes"].as_u64().unwrap());
    // The quantiser takes the heads, too, which stay as they were here.
    assert!(variant < base + base / 10, "{variant} {base}");
}
