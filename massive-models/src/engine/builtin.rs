//! The engine that is always there: pure Rust, on the CPU.
//!
//! It counts integers and truth values in 32 bits, so they are converted at the
//! border; what the graph calls them is read from its file.

use std::path::Path;
use std::sync::Arc;

use ndarray::{ArrayD, CowArray, IxDyn};
use rten::{LoadErrorKind, Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor as RtenTensor, TensorView};

use crate::device::Device;
use crate::engine::{
    ElementType, Engine, Keep, Kept, Optimization, Port, Session, SessionOptions, Tensor, Value,
    header::{self, Header},
    ports,
};
use crate::error::{Error, Result};
use crate::guard::guarded;

/// The newest opset that is let in. The engine looks at the version of few
/// operators, and a later opset may have changed what one of them means: better a
/// message than a wrong number.
const NEWEST_OPSET: i64 = 24;

/// The built-in engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Engine for Builtin {
    fn name(&self) -> &'static str {
        "builtin"
    }

    fn description(&self) -> String {
        "built-in engine (rten 0.27)".to_owned()
    }

    fn load(&self, graph: &Path, options: &SessionOptions) -> Result<Box<dyn Session>> {
        let header = header::read(graph)?;
        check(graph, &header, options.device)?;
        let model = load(graph, options)?;
        let input_ids = node_ids(&model, &header.inputs, graph)?;
        let output_ids = node_ids(&model, &header.outputs, graph)?;
        Ok(Box::new(BuiltinSession {
            model,
            pool: options.threads.map(|threads| Arc::new(ThreadPool::with_num_threads(threads))),
            name: graph.display().to_string(),
            inputs: header.inputs,
            outputs: header.outputs,
            input_ids,
            output_ids,
        }))
    }
}

/// Refuses what this engine does not know: devices, operators, numbers.
fn check(graph: &Path, header: &Header, device: Device) -> Result<()> {
    let shown = graph.display();
    if let Device::Cuda(_) | Device::TensorRt(_) = device {
        return Err(Error::runtime(format!(
            "the built-in engine runs on the CPU only, and {device} was asked for; \
             one for it can be installed (command runtime install --gpu)"
        )));
    }
    if header.opset > NEWEST_OPSET {
        return Err(Error::model(format!(
            "{shown} is written in opset {}, and the built-in engine knows those up to \
             {NEWEST_OPSET}; export it with an older one, or use the other engine (option engine onnxruntime)",
            header.opset
        )));
    }
    let mut ports = header.inputs.iter().chain(&header.outputs);
    if let Some(port) = ports.find(|port| port.element == ElementType::F16) {
        return Err(Error::model(format!(
            "{shown} is in half precision (`{}`), which the built-in engine does not know; \
             take the graph in float32, or use the other engine (option engine onnxruntime)",
            port.name
        )));
    }
    Ok(())
}

/// Loads a graph.
fn load(graph: &Path, options: &SessionOptions) -> Result<Model> {
    let shown = graph.display();
    let mut settings = ModelOptions::with_all_ops();
    settings.enable_optimization(options.optimization != Optimization::None);
    let is_named =
        graph.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"));
    let bytes = if is_named { Ok(Vec::new()) } else { std::fs::read(graph) };
    let bytes = bytes.map_err(|error| {
        Error::model(format!("{shown} cannot be read: {error}")).with_source(error)
    })?;
    let loaded = guarded(|| {
        if is_named {
            settings.load_file(graph)
        } else {
            // The name does not say what it is, so the file is read whole.
            settings.load(bytes)
        }
    });
    match loaded {
        Ok(Ok(model)) => Ok(model),
        Ok(Err(error)) => {
            let what = match error.kind() {
                LoadErrorKind::OperatorInvalid => {
                    "has an operator that the built-in engine cannot serve"
                }
                LoadErrorKind::ExternalDataError => "has weights in a file that cannot be read",
                _ => "is not taken by the built-in engine",
            };
            Err(Error::model(format!(
                "{shown} {what}: {error}; try the other engine (option engine onnxruntime)"
            )))
        }
        Err(panic) => Err(Error::model(format!(
            "{shown} is not taken by the built-in engine: {panic}; \
             try the other engine (option engine onnxruntime)"
        ))),
    }
}

/// The nodes of ports.
fn node_ids(model: &Model, ports: &[Port], graph: &Path) -> Result<Vec<NodeId>> {
    let id = |port: &Port| {
        model.find_node(&port.name).ok_or_else(|| {
            Error::model(format!("{}: the built-in engine lost `{}`", graph.display(), port.name))
        })
    };
    ports.iter().map(id).collect()
}

/// A graph that the built-in engine has loaded.
struct BuiltinSession {
    model: Model,
    /// Threads of its own, where a number was asked for.
    pool: Option<Arc<ThreadPool>>,
    /// The graph's file, for messages.
    name: String,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// The nodes of `inputs`.
    input_ids: Vec<NodeId>,
    /// The nodes of `outputs`.
    output_ids: Vec<NodeId>,
}

/// An input in the form that the engine reads, borrowed where it can be.
enum Given<'a> {
    F32(CowArray<'a, f32, IxDyn>),
    I32(ArrayD<i32>),
    Kept(&'a rten::Value),
}

impl Given<'_> {
    fn view(&self) -> Option<ValueOrView<'_>> {
        Some(match self {
            Given::F32(array) => TensorView::from_data(array.shape(), array.as_slice()?).into(),
            Given::I32(array) => TensorView::from_data(array.shape(), array.as_slice()?).into(),
            Given::Kept(value) => ValueOrView::from(*value),
        })
    }
}

impl BuiltinSession {
    fn given<'a>(&self, name: &str, value: &'a Value) -> Result<Given<'a>> {
        let tensor = match value {
            Value::Kept(kept) => return kept_value(kept, name).map(Given::Kept),
            Value::Host(tensor) => tensor,
        };
        let element = ports::find(&self.inputs, name).map(|port| &port.element);
        match (tensor, element) {
            (Tensor::F32(array), None | Some(ElementType::F32)) => {
                Ok(Given::F32(array.as_standard_layout()))
            }
            (Tensor::I64(array), None | Some(ElementType::I64 | ElementType::I32)) => {
                ports::narrowed(array, &self.name, name).map(Given::I32)
            }
            (Tensor::Bool(array), None | Some(ElementType::Bool)) => {
                Ok(Given::I32(array.as_standard_layout().mapv(i32::from)))
            }
            (tensor, Some(element)) => Err(ports::wrong_type(&self.name, name, tensor, element)),
        }
    }

    /// A copy in host memory, in the type that the graph gives it.
    fn to_host(&self, value: rten::Value, name: &str) -> Result<Tensor> {
        let element = ports::find(&self.outputs, name).map(|port| &port.element);
        let broken = || Error::inference(format!("{}: `{name}` cannot be read", self.name));
        match value {
            rten::Value::FloatTensor(tensor) => {
                to_array(tensor).map(Tensor::F32).ok_or_else(broken)
            }
            rten::Value::Int32Tensor(tensor) => {
                let array = to_array(tensor).ok_or_else(broken)?;
                Ok(match element {
                    Some(ElementType::Bool) => Tensor::Bool(array.mapv(|value| value != 0)),
                    _ => Tensor::I64(array.mapv(i64::from)),
                })
            }
            other => Err(Error::inference(format!(
                "{}: `{name}` has the type {}, which is not understood",
                self.name,
                other.dtype()
            ))),
        }
    }
}

/// The same numbers in the same shape, in row-major order.
fn to_array<T: Clone>(tensor: RtenTensor<T>) -> Option<ArrayD<T>> {
    let shape = tensor.shape().to_vec();
    ArrayD::from_shape_vec(IxDyn(&shape), tensor.into_data()).ok()
}

impl Session for BuiltinSession {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        ports::check(&self.name, &self.inputs, &self.outputs, inputs, outputs)?;
        let given: Vec<Given<'_>> =
            inputs.iter().map(|(name, value)| self.given(name, value)).collect::<Result<_>>()?;
        let node = |ports: &[Port], ids: &[NodeId], name: &str| {
            ports.iter().position(|port| port.name == name).and_then(|at| ids.get(at).copied())
        };
        let nodes: Option<Vec<(NodeId, ValueOrView<'_>)>> = inputs
            .iter()
            .zip(&given)
            .map(|((name, _), given)| {
                Some((node(&self.inputs, &self.input_ids, name)?, given.view()?))
            })
            .collect();
        let wanted: Option<Vec<NodeId>> =
            outputs.iter().map(|(name, _)| node(&self.outputs, &self.output_ids, name)).collect();
        let (Some(nodes), Some(wanted)) = (nodes, wanted) else {
            return Err(Error::inference(format!("{}: an input cannot be read", self.name)));
        };
        let options = RunOptions::default().with_thread_pool(self.pool.clone());
        let failed = |message: String| {
            Error::inference(format!("{} failed in the built-in engine: {message}", self.name))
        };
        let values = guarded(|| self.model.run(nodes, &wanted, Some(options)))
            .map_err(failed)?
            .map_err(|error| failed(error.to_string()))?;
        values
            .into_iter()
            .zip(outputs)
            .map(|(value, (name, keep))| match keep {
                Keep::Engine => Ok(Value::Kept(Kept(Box::new(value)))),
                Keep::Host => self.to_host(value, name).map(Value::Host),
            })
            .collect()
    }

    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value> {
        let kept = match value {
            Value::Host(tensor) => return ports::select_rows(tensor, rows).map(Value::Host),
            Value::Kept(kept) => kept_value(kept, "rows")?,
        };
        let selected: rten::Value = match kept {
            rten::Value::FloatTensor(tensor) => copy_rows(tensor, rows)?.into(),
            rten::Value::Int32Tensor(tensor) => copy_rows(tensor, rows)?.into(),
            rten::Value::Int8Tensor(tensor) => copy_rows(tensor, rows)?.into(),
            rten::Value::UInt8Tensor(tensor) => copy_rows(tensor, rows)?.into(),
            other => {
                return Err(Error::inference(format!(
                    "rows of a value of the type {} cannot be taken",
                    other.dtype()
                )));
            }
        };
        Ok(Value::Kept(Kept(Box::new(selected))))
    }
}

/// The value in a kept one, if it is one of ours.
fn kept_value<'a>(kept: &'a Kept, name: &str) -> Result<&'a rten::Value> {
    kept.0
        .downcast_ref::<rten::Value>()
        .ok_or_else(|| Error::request(format!("the value for `{name}` was kept by another engine")))
}

fn copy_rows<T: Copy>(tensor: &RtenTensor<T>, rows: &[usize]) -> Result<RtenTensor<T>> {
    let mut shape = tensor.shape().to_vec();
    let length = ports::first_axis(&shape)?;
    ports::check_rows(length, rows)?;
    let data = tensor.to_contiguous();
    let data = data.data();
    let width = shape[1..].iter().product::<usize>();
    let mut selected = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        selected.extend_from_slice(&data[row * width..(row + 1) * width]);
    }
    shape[0] = rows.len();
    Ok(RtenTensor::from_data(&shape, selected))
}
