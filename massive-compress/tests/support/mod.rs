//! What the tests share: engines, graphs, runs.

#![allow(dead_code, reason = "not every test needs all of it")]

#[path = "../../../massive-models/tests/support/onnx_runtime.rs"]
mod onnx_runtime;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use massive_models::Device;
use massive_models::engine::{Builtin, Engine, Keep, Optimization, SessionOptions, Tensor, Value};
use ndarray::{ArrayD, IxDyn};

/// The engines that are here: the built-in one always.
pub(crate) fn engines() -> Vec<Arc<dyn Engine>> {
    let mut engines: Vec<Arc<dyn Engine>> = vec![Arc::new(Builtin)];
    engines.extend(onnx_runtime::engine().map(|engine| Arc::new(engine) as Arc<dyn Engine>));
    engines
}

pub(crate) fn options() -> SessionOptions {
    SessionOptions { device: Device::Cpu, threads: Some(1), optimization: Optimization::All }
}

/// A folder of the fixtures.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

/// The folder of shared files, where it is there.
pub(crate) fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["models"])
}

/// All outputs of an encoder for a few ids, padded.
pub(crate) fn logits(engine: &dyn Engine, graph: &Path) -> Vec<Vec<f32>> {
    let mut session = engine
        .load(graph, &options())
        .unwrap_or_else(|error| panic!("{} in {}: {error}", graph.display(), engine.name()));
    let ids = vec![0, 17, 5, 902, 2, 0, 311, 2, 1, 1, 0, 44, 1201, 2, 1];
    let mask = vec![1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0];
    let tensor = |values: Vec<i64>| {
        Value::Host(Tensor::I64(ArrayD::from_shape_vec(IxDyn(&[3, 5]), values).unwrap()))
    };
    let (ids, mask) = (tensor(ids), tensor(mask));
    let names: Vec<String> = session.outputs().iter().map(|port| port.name.clone()).collect();
    let wanted: Vec<(&str, Keep)> = names.iter().map(|name| (name.as_str(), Keep::Host)).collect();
    let made = session.run(&[("input_ids", &ids), ("attention_mask", &mask)], &wanted).unwrap();
    made.into_iter()
        .map(|value| match value {
            Value::Host(Tensor::F32(array)) => array.iter().copied().collect(),
            other => panic!("float32 in host memory was expected, not {other:?}"),
        })
        .collect()
}

/// The largest difference between logits, as a share of their largest value.
pub(crate) fn distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    let (a, b) = (a.concat(), b.concat());
    assert_eq!(a.len(), b.len());
    let largest = a.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let apart = a.iter().zip(&b).fold(0.0f32, |apart, (a, b)| apart.max((a - b).abs()));
    apart / largest
}
