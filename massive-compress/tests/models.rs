//! Models that are compressed, run in both engines.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use massive_compress::compensate::{Compensation, Init};
use massive_compress::onnx::{External, Onnx};
use massive_compress::prune::{Method, Prune};
use massive_compress::quantize::{Plan, Quantized, Weights, quantize, rewrite, unfold};
use massive_compress::{Calibration, RECORD, Recipe, Record, Request, calibrate, compress};
use massive_data::{Corpus, LocaleFilter, Partition, Selection};
use massive_models::OnnxPredictor;
use massive_models::engine::Engine;
use massive_models::folder::{Choice, ModelFolder};
use massive_predict::{Example, Extras, Prediction, predict_all};
use support::{distance, engines, fixture, logits, options, shared};

const INT8: Weights = Weights::Int8 { reduce_range: false };

/// Graphs to compress: ours, whose weights are stored as integers, and real ones.
fn encoders() -> Vec<PathBuf> {
    let mut graphs = vec![fixture("models/joint/model.onnx")];
    if let Some(shared) = shared() {
        let names = ["xlmr-joint", "mt5-encoder-joint", "hf-intent", "hf-slots"];
        graphs.extend(names.map(|name| shared.join("models").join(name).join("model.onnx")));
    }
    graphs
}

#[test]
fn weights_of_fewer_bits_give_nearly_the_same_logits_in_both_engines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    for graph in encoders() {
        let expected = logits(&massive_models::engine::Builtin, &graph);
        for (how, near) in [
            (INT8, 0.1),
            (Weights::Int8 { reduce_range: true }, 0.15),
            (Weights::Int4 { block: 32 }, 0.25),
            (Weights::Fp16, 0.01),
            (Weights::Simulated { bits: 8, block: 32 }, 0.02),
        ] {
            let mut onnx = Onnx::read(&graph).unwrap();
            let done = quantize(&mut onnx.model, how).unwrap();
            assert!(done.matrices >= 6 && done.heads >= 1, "{}: {done:?}", graph.display());
            onnx.write(&path, External::AsNeeded).unwrap();
            for engine in engines() {
                let apart = distance(&expected, &logits(&*engine, &path));
                let who = format!("{how:?} of {} in {}", graph.display(), engine.name());
                // Something changed, and not much.
                assert!(apart > 0.0 && apart < near, "{who}: {apart}");
            }
        }
    }
}

#[test]
fn what_cannot_be_compressed_is_said() {
    let graph = fixture("models/joint/model.onnx");
    let read = || Onnx::read(&graph).unwrap();
    let message = |mut onnx: Onnx, how| quantize(&mut onnx.model, how).unwrap_err().to_string();

    let block = message(read(), Weights::Int4 { block: 48 });
    assert!(block.contains("blocks of 48 are not known"), "{block}");

    let mut twice = read();
    quantize(&mut twice.model, INT8).unwrap();
    let twice = message(twice, INT8);
    assert!(twice.contains("MatMul or Gemm nodes") && twice.contains("already"), "{twice}");

    let mut shared = read();
    let table = "embeddings.words.weight.int8";
    let other = massive_compress::onnx::message::NodeProto::new("Shape", &[table], "extra");
    shared.graph_mut().unwrap().node.push(other);
    let kept = massive_compress::trim::Kept { ids: vec![0, 1, 2] };
    let error = massive_compress::trim::trim_graph(shared.graph_mut().unwrap(), &kept);
    let error = error.unwrap_err().to_string();
    assert!(error.contains(table) && error.contains("is shared by two nodes"), "{error}");

    let mut foreign = read();
    foreign.graph_mut().unwrap().node.retain(|node| node.op_type.as_deref() != Some("Gather"));
    let foreign = message(foreign, INT8);
    assert!(foreign.contains("a Gather of a table of weights by the input"), "{foreign}");
}

/// A model that was calibrated on a few rows.
fn seen(graph: &Path, locales: &str) -> (Onnx, massive_compress::activations::Activations) {
    let corpus = mini(locales);
    let folder = ModelFolder::open(graph.parent().unwrap(), &Choice::default()).unwrap();
    let massive_models::folder::Parts::Encoder(encoder) = &folder.parts else { panic!("encoder") };
    let (rows, _) = calibrate::rows_of(&corpus, encoder, 24).unwrap();
    assert_eq!(rows.len(), 24);
    let mut onnx = Onnx::read(graph).unwrap();
    unfold(&mut onnx.model).unwrap();
    let activations =
        calibrate::calibrate(&onnx.model, &rows, &massive_models::engine::Builtin).unwrap();
    (onnx, activations)
}

fn mini(locales: &str) -> Corpus {
    let locales = LocaleFilter::from_patterns(locales).unwrap();
    Corpus::open(fixture("mini/data")).unwrap().select(Selection { locales, partition: None })
}

#[test]
fn the_closed_form_makes_up_for_most_of_what_two_bits_lose() {
    let graph = fixture("models/joint/model.onnx");
    let (onnx, activations) = seen(&graph, "de-DE,ja-JP,th-TH");
    let expected = logits(&massive_models::engine::Builtin, &graph);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let with = |compensate: Option<Compensation>| {
        let mut onnx = onnx.clone();
        let plan = Plan {
            weights: Some(Weights::Simulated { bits: 2, block: 32 }),
            compensate,
            activations: Some(&activations),
            ..Plan::default()
        };
        let done = rewrite(&mut onnx.model, &plan).unwrap();
        onnx.write(&path, External::AsNeeded).unwrap();
        let apart: Vec<f32> =
            engines().iter().map(|engine| distance(&expected, &logits(&**engine, &path))).collect();
        // Engines compute the same.
        assert!(apart.iter().all(|one| (one - apart[0]).abs() < 1e-3), "{apart:?}");
        (done.error.unwrap(), apart[0])
    };
    let (rounded, far) = with(None);
    assert_eq!(rounded.compensated, None);
    let left = |init| {
        let (error, apart) = with(Some(Compensation { rank: 16, init }));
        assert_eq!(error.rounded, rounded.rounded);
        (error.compensated.unwrap(), apart)
    };
    let (svd, _) = left(Init::Svd);
    let (lqer, _) = left(Init::Lqer);
    let (qera, near) = left(Init::Qera);
    let (turns, _) = left(Init::Quailora);
    assert!(qera < rounded.rounded / 4.0, "{qera} of {}", rounded.rounded);
    assert!(qera < lqer && qera < svd && svd < rounded.rounded, "{qera} {lqer} {svd}");
    assert!(turns < svd && turns > 0.98 * qera, "{turns} {qera}");
    assert!(near < far, "{near} {far}");
}

#[test]
fn a_term_stands_beside_every_form_of_weights() {
    let graph = fixture("models/joint/model.onnx");
    let (onnx, activations) = seen(&graph, "de-DE,ja-JP,th-TH");
    let expected = logits(&massive_models::engine::Builtin, &graph);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let compensate = Some(Compensation { rank: 8, init: Init::Qera });
    for weights in [INT8, Weights::Int4 { block: 32 }, Weights::Fp16] {
        let mut onnx = onnx.clone();
        let plan = Plan {
            weights: Some(weights),
            compensate,
            activations: Some(&activations),
            ..Plan::default()
        };
        let error = rewrite(&mut onnx.model, &plan).unwrap().error.unwrap();
        assert!(error.compensated.unwrap() < error.rounded, "{weights:?}: {error:?}");
        onnx.write(&path, External::AsNeeded).unwrap();
        for engine in engines() {
            let apart = distance(&expected, &logits(&*engine, &path));
            assert!(apart < 0.2, "{weights:?} in {}: {apart}", engine.name());
        }
    }
}

#[test]
fn zeros_are_as_many_as_asked_for_and_wanda_puts_them_where_they_cost_less() {
    let graph = fixture("models/joint/model.onnx");
    let (onnx, activations) = seen(&graph, "de-DE,ja-JP,th-TH");
    let with = |method, sparsity: &str| -> Quantized {
        let prune = Some(Prune { method, sparsity: sparsity.parse().unwrap() });
        let plan = Plan { prune, activations: Some(&activations), ..Plan::default() };
        let done = rewrite(&mut onnx.clone().model, &plan).unwrap();
        let share = done.zeros.unwrap();
        assert!((0.5..0.52).contains(&share), "{method:?} {sparsity}: {share}");
        done
    };
    for sparsity in ["0.5", "2:4", "4:8"] {
        let [magnitude, wanda] = [Method::Magnitude, Method::Wanda]
            .map(|method| with(method, sparsity).error.unwrap().rounded);
        assert!(wanda < magnitude, "{sparsity}: {wanda} {magnitude}");
    }
    let blind = Prune { method: Method::Wanda, sparsity: "0.5".parse().unwrap() };
    let plan = Plan { prune: Some(blind), ..Plan::default() };
    let error = rewrite(&mut onnx.clone().model, &plan).unwrap_err().to_string();
    assert!(error.contains("were not seen in calibration"), "{error}");
}

#[test]
fn calibration_needs_text_of_the_models_locales() {
    let folder = tempfile::tempdir().unwrap();
    let base = fixture("models/joint");
    let with = |base: &Path, calibration: Option<&Corpus>, output: &str| {
        let output = folder.path().join(output);
        std::fs::create_dir_all(&output).unwrap();
        let compensate = Some(Compensation { rank: 4, init: Init::Qera });
        let german = mini("de-DE");
        let trimmed = base.join(RECORD).exists();
        compress(&Request {
            folder: base,
            choice: &Choice::default(),
            recipe: Recipe {
                trim_vocabulary: !trimmed,
                weights: trimmed.then_some(INT8),
                compensate: compensate.filter(|_| trimmed),
                ..Recipe::default()
            },
            corpus: Some(&german),
            calibration: calibration.map(|corpus| Calibration {
                corpus,
                rows: 6,
                engine: &massive_models::engine::Builtin,
            }),
            output: &output,
        })
    };
    with(&base, None, "german").unwrap();
    let german = folder.path().join("german");
    let error = with(&german, Some(&mini("ja-JP")), "a").unwrap_err().to_string();
    assert!(error.contains("trimmed to de-DE already, so text of ja-JP"), "{error}");
    let error = with(&german, Some(&mini("qq-QQ")), "b").unwrap_err().to_string();
    assert!(error.contains("in partition train to calibrate with"), "{error}");
    let error = with(&german, None, "c").unwrap_err().to_string();
    assert!(error.contains("needs the activations"), "{error}");
    let record = with(&german, Some(&mini("de-DE")), "d").unwrap();
    let calibrated = record.calibration.unwrap();
    assert_eq!((calibrated.rows, calibrated.locales), (6, vec!["de-DE".to_owned()]));
    assert!(record.weights.unwrap().error.unwrap().compensated.is_some());
}

/// The examples of a partition, and what a model says about them.
fn predictions(engine: &Arc<dyn Engine>, folder: &Path, examples: &[Example]) -> Vec<Prediction> {
    let folder = ModelFolder::open(folder, &Choice::default()).unwrap();
    let extras = Extras { scores: true, ..Extras::default() };
    let model = massive_models::encoder_model(&folder, extras).unwrap();
    let predictor = OnnxPredictor::new(Box::new(model), Arc::clone(engine), options());
    predict_all(&predictor, examples.to_vec()).unwrap()
}

fn examples(corpus: &Corpus, partition: Partition) -> Vec<Example> {
    let selection = Selection { partition: Some(partition), ..corpus.selection().clone() };
    let (rows, _) = corpus.clone().select(selection).read().unwrap();
    rows.iter().map(Example::of).collect()
}

#[test]
fn a_trimmed_vocabulary_changes_no_prediction_where_no_piece_is_lost() {
    let locales = LocaleFilter::from_patterns("de-DE,ja-JP,th-TH,sw-KE").unwrap();
    let corpus =
        Corpus::open(fixture("mini/data")).unwrap().select(Selection { locales, partition: None });
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("small");
    std::fs::create_dir(&output).unwrap();
    let base = fixture("models/joint");
    let record = compress(&Request {
        folder: &base,
        choice: &Choice::default(),
        recipe: Recipe { trim_vocabulary: true, ..Recipe::default() },
        calibration: None,
        corpus: Some(&corpus),
        output: &output,
    })
    .unwrap();

    let trimmed = record.vocabulary.as_ref().unwrap();
    assert!(trimmed.pieces < 2000 && trimmed.pieces_before > 19_000, "{trimmed:?}");
    assert_eq!(trimmed.locales, ["de-DE", "ja-JP", "sw-KE", "th-TH"]);
    assert_eq!(Record::read(&output).unwrap().unwrap(), record);
    assert!(output.join(RECORD).exists() && record.bytes < record.base.bytes / 2);
    let of = |partition: &str| {
        let those = trimmed.lost.iter().filter(|one| one.partition == partition);
        those.fold((0, 0), |(rows, lost), one| (rows + one.rows, lost + one.lost))
    };
    assert_eq!(of("train").1, 0);

    let (before, after) = (tokenizer(&base), tokenizer(&output));
    for partition in [Partition::Train, Partition::Test] {
        let rows = examples(&corpus, partition);
        let pieces = |tokenizer: &massive_models::tokenize::Tokenizer, example: &Example| {
            let ids = tokenizer.encode(&example.words, 512).unwrap().ids;
            ids.iter().map(|&id| tokenizer.piece(id).unwrap()).collect::<Vec<_>>()
        };
        let survives: Vec<bool> =
            rows.iter().map(|row| pieces(&before, row) == pieces(&after, row)).collect();
        let lost = survives.iter().filter(|&&survives| !survives).count() as u64;
        assert_eq!((rows.len() as u64, lost), of(&partition.to_string()), "{partition}");
        for engine in engines() {
            // One at a time: a batch's length is part of what a row sees.
            for (row, survives) in rows.iter().zip(&survives).take(40) {
                if *survives {
                    let row = std::slice::from_ref(row);
                    let expected = predictions(&engine, &base, row);
                    assert_eq!(predictions(&engine, &output, row), expected, "{}", engine.name());
                }
            }
        }
    }
}

fn tokenizer(folder: &Path) -> massive_models::tokenize::Tokenizer {
    massive_models::tokenize::Tokenizer::open(&folder.join("tokenizer.json")).unwrap()
}

#[test]
fn a_model_trimmed_to_some_locales_refuses_the_text_of_others() {
    let corpus = |locales: &str| {
        let locales = LocaleFilter::from_patterns(locales).unwrap();
        let selection = Selection { locales, partition: None };
        Corpus::open(fixture("mini/data")).unwrap().select(selection)
    };
    let folder = tempfile::tempdir().unwrap();
    let (german, next) = (folder.path().join("de"), folder.path().join("next"));
    let trim = |base: &Path, locales: &str, output: &Path| {
        std::fs::create_dir(output).unwrap();
        compress(&Request {
            folder: base,
            choice: &Choice::default(),
            recipe: Recipe { trim_vocabulary: true, weights: Some(INT8), ..Recipe::default() },
            calibration: None,
            corpus: Some(&corpus(locales)),
            output,
        })
    };
    trim(&fixture("models/joint"), "de-DE", &german).unwrap();
    let error = trim(&german, "ja-JP", &next).unwrap_err().to_string();
    assert!(error.contains("was trimmed to de-DE already, so text of ja-JP"), "{error}");
    let none = trim(&fixture("models/joint"), "qq-QQ", &folder.path().join("none"));
    let none = none.unwrap_err().to_string();
    assert!(none.contains("no rows of the chosen locales in partition train"), "{none}");
}
