//! Both engines on real models, held against the reference's logits.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

#[path = "support/near.rs"]
mod near;
#[path = "support/npz.rs"]
mod npz;
#[path = "support/onnx_runtime.rs"]
mod onnx_runtime;
#[path = "support/shared.rs"]
mod shared;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use massive_models::engine::{
    Builtin, Engine, Keep, Optimization, Session, SessionOptions, Tensor, Value,
};
use massive_models::{Device, Error};
use ndarray::{ArrayD, Axis, IxDyn, s};
use near::Near;
use shared::shared;

/// How far logits may be from the reference's.
const TOLERANCE: f32 = 1e-4;

/// The engines that are here: the built-in one always.
fn engines() -> Vec<Arc<dyn Engine>> {
    let mut engines: Vec<Arc<dyn Engine>> = vec![Arc::new(Builtin)];
    if let Some(engine) = onnx_runtime::engine() {
        // Twice: as on the CPU, and with values bound as on a GPU.
        engines.push(Arc::new(engine.clone()));
        engines.push(Arc::new(engine.with_bound_values()));
    }
    engines
}

fn options() -> SessionOptions {
    SessionOptions { device: Device::Cpu, threads: Some(1), optimization: Optimization::All }
}

fn load(engine: &dyn Engine, graph: &Path) -> Box<dyn Session> {
    engine.load(graph, &options()).unwrap_or_else(|error| panic!("{}: {error}", engine.name()))
}

fn run(session: &mut dyn Session, inputs: &[(&str, &Value)], outputs: &[&str]) -> Vec<ArrayD<f32>> {
    let outputs: Vec<(&str, Keep)> = outputs.iter().map(|name| (*name, Keep::Host)).collect();
    session.run(inputs, &outputs).unwrap().into_iter().map(f32s).collect()
}

fn f32s(value: Value) -> ArrayD<f32> {
    match value {
        Value::Host(Tensor::F32(array)) => array,
        other => panic!("float32 in host memory was expected, not {other:?}"),
    }
}

fn i64s(tensor: &Tensor) -> &ArrayD<i64> {
    match tensor {
        Tensor::I64(array) => array,
        other => panic!("int64 was expected, not {other:?}"),
    }
}

/// Golden arrays.
struct Golden(BTreeMap<String, Tensor>);

impl Golden {
    fn read(path: &Path) -> Self {
        Golden(npz::read(path))
    }

    fn value(&self, name: &str) -> Value {
        Value::Host(self.0[name].clone())
    }

    fn mask(&self) -> &ArrayD<i64> {
        i64s(&self.0["attention_mask"])
    }

    fn near(&self, name: &str, tolerance: f32) -> Near {
        match &self.0[name] {
            Tensor::F32(array) => Near::new(array.clone(), tolerance),
            other => panic!("float32 was expected, not {other:?}"),
        }
    }
}

#[test]
fn joint_models_give_the_reference_s_logits() {
    let Some(shared) = shared() else { return };
    for model in ["xlmr-joint", "mt5-encoder-joint"] {
        let golden = Golden::read(&shared.join("oracle").join(model).join("first32_logits.npz"));
        let (ids, mask) = (golden.value("input_ids"), golden.value("attention_mask"));
        for engine in engines() {
            let graph = shared.join("models").join(model).join("model.onnx");
            let mut session = load(&*engine, &graph);
            let inputs = [("input_ids", &ids), ("attention_mask", &mask)];
            let found = run(&mut *session, &inputs, &["slot_logits", "intent_logits"]);
            let who = format!("{} in {model}", engine.name());
            let slots = golden.near("slot_logits", TOLERANCE).where_attended(golden.mask());
            assert_eq!(slots.difference(&found[0]), None, "{who}");
            let intents = golden.near("intent_logits", TOLERANCE);
            assert_eq!(intents.difference(&found[1]), None, "{who}");
        }
    }
}

#[test]
fn the_pair_gives_the_reference_s_logits() {
    let Some(shared) = shared() else { return };
    let golden = Golden::read(&shared.join("oracle/hf-pair/first32_logits.npz"));
    let (ids, mask) = (golden.value("input_ids"), golden.value("attention_mask"));
    for engine in engines() {
        for (model, name) in [("hf-intent", "hf_intent"), ("hf-slots", "hf_slots")] {
            let mut session = load(&*engine, &shared.join("models").join(model).join("model.onnx"));
            let inputs = [("input_ids", &ids), ("attention_mask", &mask)];
            let found = run(&mut *session, &inputs, &["logits"]);
            let mut near = golden.near(name, TOLERANCE);
            if name == "hf_slots" {
                near = near.where_attended(golden.mask());
            }
            assert_eq!(near.difference(&found[0]), None, "{} in {model}", engine.name());
        }
    }
}

/// Quantised models take their range over the whole batch, so that engines differ
/// in the second digit; which label is largest hardly moves.
#[test]
fn quantised_models_run_and_agree_on_intents() {
    let Some(shared) = shared() else { return };
    for model in ["xlmr-joint", "mt5-encoder-joint"] {
        let oracle = shared.join("oracle").join(model);
        let golden = Golden::read(&oracle.join("first32_logits.npz"));
        let expected = Golden::read(&oracle.join("first32_logits_ort.npz"));
        let (ids, mask) = (golden.value("input_ids"), golden.value("attention_mask"));
        for engine in engines() {
            let graph = shared.join("models").join(model).join("model_int8.onnx");
            let mut session = load(&*engine, &graph);
            let inputs = [("input_ids", &ids), ("attention_mask", &mask)];
            let found = run(&mut *session, &inputs, &["intent_logits"]);
            let Value::Host(Tensor::F32(expected)) = expected.value("intent_int8") else {
                panic!("float32 was expected")
            };
            let agree = largest(&found[0])
                .into_iter()
                .zip(largest(&expected))
                .filter(|(found, expected)| found == expected)
                .count();
            assert!(agree >= 31, "{} in {model}: {agree} of 32", engine.name());
        }
    }
}

/// The number of the largest value of each row, along the last axis.
fn largest(array: &ArrayD<f32>) -> Vec<usize> {
    let width = array.shape()[array.ndim() - 1];
    array
        .as_standard_layout()
        .as_slice()
        .unwrap()
        .chunks(width)
        .map(|row| (0..width).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap())
        .collect()
}

/// An mT5 in Optimum's layout with its golden states.
struct TextToText {
    folder: std::path::PathBuf,
    golden: Golden,
}

impl TextToText {
    fn find() -> Option<Self> {
        let shared = shared()?;
        Some(TextToText {
            folder: shared.join("models/mt5-text-to-text"),
            golden: Golden::read(&shared.join("oracle/mt5-text-to-text/first32.npz")),
        })
    }

    fn session(&self, engine: &dyn Engine, name: &str) -> Box<dyn Session> {
        load(engine, &self.folder.join(name))
    }

    /// The encoder's states, left where the engine computed them.
    fn states(&self, engine: &dyn Engine) -> Value {
        let mut encoder = self.session(engine, "encoder_model.onnx");
        let (ids, mask) = (self.golden.value("input_ids"), self.golden.value("attention_mask"));
        let inputs = [("input_ids", &ids), ("attention_mask", &mask)];
        encoder.run(&inputs, &[("last_hidden_state", Keep::Engine)]).unwrap().remove(0)
    }

    /// The ids of the greedy output at these steps: the start token, what follows.
    fn ids(&self, steps: std::ops::Range<usize>) -> Value {
        let ids = i64s(&self.golden.0["gen_b1"]);
        Value::Host(Tensor::I64(ids.slice(s![.., steps]).to_owned().into_dyn()))
    }

    /// The golden logits of one step, [batch, 1, vocabulary].
    fn near(&self, step: usize) -> Near {
        let Tensor::F32(logits) = &self.golden.0["decoder_logits_2steps"] else {
            panic!("float32 was expected")
        };
        Near::new(logits.slice(s![.., step..=step, ..]).to_owned().into_dyn(), TOLERANCE)
    }
}

#[test]
fn the_encoder_and_the_plain_decoder_give_the_reference_s_states() {
    let Some(model) = TextToText::find() else { return };
    for engine in engines() {
        let mut encoder = model.session(&*engine, "encoder_model.onnx");
        let (ids, mask) = (model.golden.value("input_ids"), model.golden.value("attention_mask"));
        let inputs = [("input_ids", &ids), ("attention_mask", &mask)];
        let states = run(&mut *encoder, &inputs, &["last_hidden_state"]).remove(0);
        let near =
            model.golden.near("encoder_hidden", TOLERANCE).where_attended(model.golden.mask());
        assert_eq!(near.difference(&states), None, "{}", engine.name());

        let mut decoder = model.session(&*engine, "decoder_model.onnx");
        let (states, ids) = (Value::Host(Tensor::F32(states)), model.ids(0..2));
        let inputs = [
            ("encoder_attention_mask", &mask),
            ("input_ids", &ids),
            ("encoder_hidden_states", &states),
        ];
        let logits = run(&mut *decoder, &inputs, &["logits"]).remove(0);
        for step in 0..2 {
            let found = logits.slice(s![.., step..=step, ..]).to_owned().into_dyn();
            assert_eq!(model.near(step).difference(&found), None, "{}", engine.name());
        }
    }
}

/// `present.…` of one run is `past_key_values.…` of the next.
fn past_of(name: &str) -> String {
    name.replace("present.", "past_key_values.")
}

#[test]
fn the_decoder_with_past_goes_on_from_kept_values() {
    let Some(model) = TextToText::find() else { return };
    for engine in engines() {
        let states = model.states(&*engine);
        let mut first = model.session(&*engine, "decoder_model.onnx");
        let mut next = model.session(&*engine, "decoder_with_past_model.onnx");
        let mask = model.golden.value("attention_mask");

        let names: Vec<String> = first.outputs().iter().map(|port| port.name.clone()).collect();
        let wanted: Vec<(&str, Keep)> = names
            .iter()
            .map(|name| (name.as_str(), if name == "logits" { Keep::Host } else { Keep::Engine }))
            .collect();
        let ids = model.ids(0..1);
        let inputs = [
            ("encoder_attention_mask", &mask),
            ("input_ids", &ids),
            ("encoder_hidden_states", &states),
        ];
        let mut made = first.run(&inputs, &wanted).unwrap();
        let logits = f32s(made.remove(0));
        assert_eq!(model.near(0).difference(&logits), None, "{}", engine.name());

        // Rows in another order, one of them twice: what beam search does.
        let rows: Vec<usize> = (0..32).rev().chain([5]).collect();
        let ids = next.select_rows(&model.ids(1..2), &rows).unwrap();
        let mask = next.select_rows(&mask, &rows).unwrap();
        let past: Vec<(String, Value)> = names[1..]
            .iter()
            .zip(&made)
            .map(|(name, value)| (past_of(name), next.select_rows(value, &rows).unwrap()))
            .collect();
        let mut inputs: Vec<(&str, &Value)> =
            past.iter().map(|(name, value)| (name.as_str(), value)).collect();
        inputs.extend([("encoder_attention_mask", &mask), ("input_ids", &ids)]);
        let logits = run(&mut *next, &inputs, &["logits"]).remove(0);
        let Tensor::F32(golden) = &model.golden.0["decoder_logits_2steps"] else {
            panic!("float32 was expected")
        };
        let golden = golden.slice(s![.., 1..2, ..]).select(Axis(0), &rows).into_dyn();
        assert_eq!(Near::new(golden, TOLERANCE).difference(&logits), None, "{}", engine.name());

        let beyond = next.select_rows(&made[0], &[32]).unwrap_err();
        assert!(beyond.is_request(), "{beyond}");
    }
}

#[test]
fn the_merged_decoder_starts_from_an_empty_past() {
    let Some(model) = TextToText::find() else { return };
    for engine in engines() {
        let states = model.states(&*engine);
        let mut decoder = model.session(&*engine, "decoder_model_merged.onnx");
        let mask = model.golden.value("attention_mask");
        let names: Vec<String> = decoder.outputs().iter().map(|port| port.name.clone()).collect();
        let wanted: Vec<(&str, Keep)> = names
            .iter()
            .map(|name| (name.as_str(), if name == "logits" { Keep::Host } else { Keep::Engine }))
            .collect();
        let empty = || Value::Host(Tensor::F32(ArrayD::zeros(IxDyn(&[32, 4, 0, 28]))));
        let mut past: BTreeMap<String, Value> =
            names[1..].iter().map(|name| (past_of(name), empty())).collect();
        for step in 0..2 {
            let ids = model.ids(step..step + 1);
            let switch = ArrayD::from_elem(IxDyn(&[1]), step > 0);
            let switch = Value::Host(Tensor::Bool(switch));
            let mut inputs: Vec<(&str, &Value)> =
                past.iter().map(|(name, value)| (name.as_str(), value)).collect();
            inputs.extend([
                ("encoder_attention_mask", &mask),
                ("input_ids", &ids),
                ("encoder_hidden_states", &states),
                ("use_cache_branch", &switch),
            ]);
            let mut made = decoder.run(&inputs, &wanted).unwrap();
            let logits = f32s(made.remove(0));
            let who = format!("{}, step {step}", engine.name());
            assert_eq!(model.near(step).difference(&logits), None, "{who}");
            for (name, value) in names[1..].iter().zip(made) {
                // The encoder's part is made once; later it comes out empty.
                if step == 0 || name.contains("decoder") {
                    past.insert(past_of(name), value);
                }
            }
        }
    }
}

#[test]
fn ports_are_those_of_the_file() {
    use massive_models::engine::{Axis, ElementType};
    let Some(model) = TextToText::find() else { return };
    for engine in engines() {
        let decoder = model.session(&*engine, "decoder_model_merged.onnx");
        let port = |name: &str| {
            let ports = decoder.inputs().iter().chain(decoder.outputs());
            ports.into_iter().find(|port| port.name == name).unwrap().clone()
        };
        assert_eq!(port("use_cache_branch").element, ElementType::Bool);
        assert_eq!(port("use_cache_branch").axes, Some(vec![Axis::Fixed(1)]));
        assert_eq!(port("input_ids").element, ElementType::I64);
        assert_eq!(
            port("logits").axes,
            Some(vec![
                Axis::Free(Some("batch_size".to_owned())),
                Axis::Free(Some("decoder_sequence_length".to_owned())),
                Axis::Fixed(4918),
            ])
        );
        assert_eq!(decoder.device(), Device::Cpu);
    }
}

#[test]
fn what_does_not_fit_a_graph_is_refused_before_it_runs() {
    let Some(shared) = shared() else { return };
    let ids = Value::Host(Tensor::I64(ArrayD::zeros(IxDyn(&[1, 3]))));
    let floats = Value::Host(Tensor::F32(ArrayD::zeros(IxDyn(&[1, 3]))));
    for engine in engines() {
        let mut session = load(&*engine, &shared.join("models/hf-intent/model.onnx"));
        let mut run = |inputs: &[(&str, &Value)], output: &str| -> Error {
            session.run(inputs, &[(output, Keep::Host)]).unwrap_err()
        };
        let error = run(&[("input_ids", &ids)], "logits").to_string();
        assert!(error.ends_with("the input `attention_mask` is not given"), "{error}");
        let both = [("input_ids", &ids), ("attention_mask", &ids)];
        let error = run(&both, "logit").to_string();
        assert!(error.ends_with("has no output `logit`; it has logits"), "{error}");
        let error = run(&[("input_ids", &floats), ("attention_mask", &ids)], "logits").to_string();
        assert!(error.ends_with("takes int64, and float32 is given"), "{error}");
        // An id beyond the vocabulary is found out by the engine.
        let beyond = Value::Host(Tensor::I64(ArrayD::from_elem(IxDyn(&[1, 3]), 1_000_000)));
        let error = run(&[("input_ids", &beyond), ("attention_mask", &ids)], "logits");
        assert!(error.to_string().contains("failed in"), "{error}");
    }
}

/// What one engine keeps is of no use to another.
#[test]
fn kept_values_belong_to_their_engine() {
    let Some(model) = TextToText::find() else { return };
    let Some(other) = onnx_runtime::engine() else { return };
    let states = model.states(&Builtin);
    let mut decoder = model.session(&other, "decoder_model.onnx");
    let (ids, mask) = (model.ids(0..1), model.golden.value("attention_mask"));
    let inputs = [
        ("encoder_attention_mask", &mask),
        ("input_ids", &ids),
        ("encoder_hidden_states", &states),
    ];
    let error = decoder.run(&inputs, &[("logits", Keep::Host)]).unwrap_err();
    assert!(error.to_string().contains("kept by another engine"), "{error}");
    assert!(decoder.select_rows(&states, &[0]).unwrap_err().is_request());
}
