//! Graphs that no engine can run: one clear message each.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

#[path = "support/onnx_runtime.rs"]
mod onnx_runtime;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use massive_models::Device;
use massive_models::engine::{Builtin, Engine, Keep, SessionOptions, Tensor, Value};
use ndarray::{ArrayD, IxDyn};
use rten_onnx::onnx::{
    DataType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TypeProto, TypeProtoTensor,
    ValueInfoProto,
};
use tempfile::TempDir;

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
    SessionOptions { device: Device::Cpu, threads: Some(1), ..SessionOptions::default() }
}

/// `y = operator(x)` over tensors of this type.
fn model(operator: &str, opset: i64, element: DataType) -> Vec<u8> {
    model_from_to(operator, opset, element, element)
}

fn model_from_to(operator: &str, opset: i64, from: DataType, to: DataType) -> Vec<u8> {
    let port = |name: &str, element: DataType| ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            tensor_type: Some(TypeProtoTensor { elem_type: Some(element), shape: None }),
            ..TypeProto::default()
        }),
    };
    let node = NodeProto {
        name: Some("only".to_owned()),
        op_type: Some(operator.to_owned()),
        input: vec!["x".to_owned()],
        output: vec!["y".to_owned()],
        ..NodeProto::default()
    };
    let graph = GraphProto {
        node: vec![node],
        input: vec![port("x", from)],
        output: vec![port("y", to)],
        ..GraphProto::default()
    };
    let model = ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(opset) }],
        graph: Some(graph),
        ..ModelProto::default()
    };
    model.write_buf().unwrap()
}

/// Files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Files(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// Asserts that every engine refuses `graph` as a file that is at fault, with one
/// line that names it and holds what is said of this engine.
#[track_caller]
fn refused(graph: &Path, said: impl Fn(&str) -> &'static str) {
    for engine in engines() {
        let error = engine.load(graph, &options()).err().unwrap();
        let (message, expected) = (error.to_string(), said(engine.name()));
        assert!(error.is_model(), "{}: {message}", engine.name());
        assert!(message.contains(expected), "{}: {message}", engine.name());
        assert!(message.starts_with(&graph.display().to_string()), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_sound_graph_of_one_operator_runs() {
    let files = Files::new();
    for (name, element) in [("float", DataType::FLOAT), ("half", DataType::FLOAT16)] {
        let graph = files.write(&format!("{name}.onnx"), &model("Neg", 13, element));
        for engine in engines() {
            if name == "half" && engine.name() == "builtin" {
                let error = engine.load(&graph, &options()).err().unwrap().to_string();
                assert!(error.contains("is in half precision (`x`)"), "{error}");
                continue;
            }
            let mut session = engine.load(&graph, &options()).unwrap();
            let x = ArrayD::from_shape_vec(IxDyn(&[2, 2]), vec![0.5, -1.0, 2.0, 0.0]).unwrap();
            let x = Value::Host(Tensor::F32(x));
            let kept = session.run(&[("x", &x)], &[("y", Keep::Engine)]).unwrap().remove(0);
            let rows = session.select_rows(&kept, &[1, 1, 0]).unwrap();
            let y = session.run(&[("x", &rows)], &[("y", Keep::Host)]).unwrap().remove(0);
            let Value::Host(Tensor::F32(y)) = y else { panic!("{y:?}") };
            let expected = [2.0, 0.0, 2.0, 0.0, 0.5, -1.0];
            assert_eq!(y, ArrayD::from_shape_vec(IxDyn(&[3, 2]), expected.to_vec()).unwrap());
        }
    }
}

#[test]
fn a_file_that_is_not_there_or_a_folder() {
    let files = Files::new();
    refused(&files.0.path().join("none.onnx"), |_| "is not there");
    refused(files.0.path(), |_| "is a folder");
}

#[test]
fn a_file_that_is_cut_short_at_any_place() {
    let files = Files::new();
    let whole = model("Neg", 13, DataType::FLOAT);
    refused(&files.write("empty.onnx", b""), |_| "is empty");
    for length in 1..whole.len() {
        let graph = files.write("cut.onnx", &whole[..length]);
        for engine in engines() {
            let error = engine.load(&graph, &options()).err();
            let error = error.unwrap_or_else(|| panic!("{length} of {} bytes", whole.len()));
            assert!(error.is_model(), "{error}");
        }
    }
    refused(&files.write("cut.onnx", &whole[..whole.len() / 2]), |_| "is cut short");
}

/// Whatever the bytes are, there is a message and no panic.
#[test]
fn a_file_with_damaged_bytes() {
    let files = Files::new();
    let whole = model("Neg", 13, DataType::FLOAT);
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let graph = files.write("damaged.onnx", &bytes);
            // A name may be damaged and the graph still be sound.
            if let Err(error) = Builtin.load(&graph, &options()) {
                assert!(error.is_model(), "byte {at}: {error}");
            }
        }
    }
}

#[test]
fn a_file_that_is_no_graph() {
    let files = Files::new();
    for (name, text) in [
        ("page.onnx", "<!DOCTYPE html><html></html>"),
        ("text.onnx", "this is not a graph, but a sentence of some length"),
        ("zip.onnx", "PK\x03\x04 and so on"),
        ("json.onnx", "{\"a\": 1}"),
    ] {
        refused(&files.write(name, text.as_bytes()), |_| "is not an ONNX graph");
    }
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    refused(&files.write("pointer.onnx", pointer.as_bytes()), |_| "git lfs pull");
}

#[test]
fn an_opset_that_is_too_new() {
    let files = Files::new();
    let graph = files.write("new.onnx", &model("Neg", 99, DataType::FLOAT));
    refused(&graph, |engine| match engine {
        "builtin" => "opset 99, and the built-in engine knows those up to",
        _ => "opset 99, which ONNX Runtime",
    });
}

#[test]
fn an_operator_that_nobody_knows() {
    let files = Files::new();
    let graph = files.write("unknown.onnx", &model("Frobnicate", 13, DataType::FLOAT));
    refused(&graph, |engine| match engine {
        "builtin" => "Frobnicate",
        _ => "has an operator that ONNX Runtime",
    });
    let error = Builtin.load(&graph, &options()).err().unwrap().to_string();
    assert!(error.contains("(option engine onnxruntime)"), "{error}");
}

#[test]
fn a_device_that_is_not_there() {
    let files = Files::new();
    let graph = files.write("neg.onnx", &model("Neg", 13, DataType::FLOAT));
    for engine in engines() {
        for device in [Device::Cuda(7), Device::TensorRt(7)] {
            let error = engine.load(&graph, &SessionOptions { device, ..options() }).err();
            let error = error.unwrap_or_else(|| panic!("{} on {device}", engine.name()));
            let message = error.to_string();
            assert!(error.is_runtime(), "{message}");
            assert!(message.contains(&device.to_string()), "{message}");
            if engine.name() == "builtin" {
                assert!(message.contains("(command runtime install --gpu)"), "{message}");
            } else {
                assert!(message.contains("(option device cpu)"), "{message}");
            }
        }
        // What nobody asked for is taken if it works, and is said.
        let auto = SessionOptions { device: Device::Auto, ..options() };
        let session = engine.load(&graph, &auto).unwrap();
        assert!(matches!(session.device(), Device::Cpu | Device::Cuda(0)));
    }
}

/// The built-in engine cannot: an allocation that fails ends a Rust program.
#[test]
fn memory_that_is_not_there() {
    let Some(engine) = onnx_runtime::engine() else { return };
    let files = Files::new();
    let bytes = model_from_to("ConstantOfShape", 13, DataType::INT64, DataType::FLOAT);
    let graph = files.write("large.onnx", &bytes);
    let mut session = engine.load(&graph, &options()).unwrap();
    let mut run = |length: i64| {
        let x = Value::Host(Tensor::I64(ArrayD::from_elem(IxDyn(&[1]), length)));
        session.run(&[("x", &x)], &[("y", Keep::Host)])
    };
    assert!(run(3).is_ok());
    let error = run(1 << 46).unwrap_err();
    assert!(error.is_out_of_memory(), "{error}");
    assert!(error.to_string().contains("no memory left on cpu"), "{error}");
    // The session survives it.
    assert!(run(3).is_ok());
}

#[test]
fn a_second_library_in_one_process() {
    let Some(engine) = onnx_runtime::engine() else { return };
    let files = Files::new();
    let other = files.write("libonnxruntime.so.1.0.0", b"no library");
    let search = massive_models::runtime::search(Some(&other));
    let failure = search.failure();
    assert!(search.library.is_none() && failure.is_runtime());
    let expected = format!("{} is in use already", engine.library().path.display());
    assert!(failure.to_string().contains(&expected), "{failure}");
}
