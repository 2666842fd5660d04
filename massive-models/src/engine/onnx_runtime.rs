//! ONNX Runtime, through a library that was found at run time.

mod binding;
mod convert;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{OutputSelector, RunOptions, SessionInputValue};
use ort::value::{DynTensor, DynTensorValueType};

use crate::device::Device;
use crate::engine::guard::guarded;
use crate::engine::{
    Engine, Keep, Kept, Optimization, Port, Session, SessionOptions, Value, header, ports,
};
use crate::error::{Error, Result};
use crate::runtime::{Library, providers};

/// The engine that ONNX Runtime's library is.
#[derive(Debug, Clone)]
pub struct OnnxRuntime {
    library: Arc<Library>,
    /// Whether `auto` may take CUDA; found out once, when first asked.
    cuda: Arc<OnceLock<bool>>,
}

impl OnnxRuntime {
    /// The engine that this library is.
    pub fn new(library: Arc<Library>) -> Self {
        OnnxRuntime { library, cuda: Arc::default() }
    }

    /// Its library.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// What `auto` means here.
    fn resolve(&self, device: Device) -> Device {
        match device {
            Device::Auto => {
                let first = Device::Cuda(0);
                let works = || {
                    providers::is_built_in(first) && providers::check(&self.library, first).is_ok()
                };
                if *self.cuda.get_or_init(works) { first } else { Device::Cpu }
            }
            device => device,
        }
    }

    fn builder(&self, device: Device, options: &SessionOptions) -> Result<SessionBuilder> {
        let setup = |error: String| {
            Error::runtime(format!("a session of {} cannot be set up: {error}", self.library))
        };
        let level = match options.optimization {
            Optimization::None => GraphOptimizationLevel::Disable,
            Optimization::Basic => GraphOptimizationLevel::Level1,
            Optimization::All => GraphOptimizationLevel::All,
        };
        let mut builder = ort::session::Session::builder(&self.library.environment)
            .map_err(|error| setup(error.to_string()))?
            .with_optimization_level(level)
            .map_err(|error| setup(error.to_string()))?;
        if let Some(threads) = options.threads {
            builder =
                builder.with_intra_threads(threads).map_err(|error| setup(error.to_string()))?;
        }
        providers::register(builder, device, &self.library)
            .map_err(|why| providers::unavailable(device, &self.library, &why))
    }
}

impl Engine for OnnxRuntime {
    fn name(&self) -> &'static str {
        "onnxruntime"
    }

    fn description(&self) -> String {
        self.library.to_string()
    }

    fn load(&self, graph: &Path, options: &SessionOptions) -> Result<Box<dyn Session>> {
        let header = header::read(graph)?;
        let device = self.resolve(options.device);
        let mut builder = self.builder(device, options)?;
        let session = guarded(|| builder.commit_from_file(graph))
            .map_err(|panic| self.refused(graph, &panic, header.opset))?
            .map_err(|error| match device {
                // A provider may be registered and fail when it is first used.
                Device::Cuda(_) | Device::TensorRt(_)
                    if providers::check(&self.library, device).is_err() =>
                {
                    providers::unavailable(
                        device,
                        &self.library,
                        &providers::one_line(error.message()),
                    )
                }
                _ if is_out_of_memory(error.message()) => Error::out_of_memory(format!(
                    "{}: no memory left on {device} to load it",
                    graph.display()
                )),
                _ => self.refused(graph, error.message(), header.opset),
            })?;
        Ok(Box::new(OrtSession {
            session,
            engine: self.clone(),
            device,
            name: graph.display().to_string(),
            inputs: header.inputs,
            outputs: header.outputs,
            gathers: Mutex::default(),
        }))
    }
}

impl OnnxRuntime {
    /// The error for a graph that the library does not take.
    fn refused(&self, graph: &Path, message: &str, opset: i64) -> Error {
        let shown = graph.display();
        let line = one_line(message);
        let version = &self.library.version;
        let lower = line.to_lowercase();
        if lower.contains("opset")
            && (lower.contains("guarantees") || lower.contains("under development"))
        {
            return Error::model(format!(
                "{shown} is written in opset {opset}, which ONNX Runtime {version} does not know; \
                 export it with an older one, or install a newer library"
            ));
        }
        if lower.contains("is not a registered function/op")
            || lower.contains("no op registered")
            || lower.contains("could not find an implementation")
        {
            return Error::model(format!(
                "{shown} has an operator that ONNX Runtime {version} does not know: {line}"
            ));
        }
        Error::model(format!("{shown} is not taken by ONNX Runtime {version}: {line}"))
    }
}

/// What the library says, without the number of its error.
fn one_line(message: &str) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.rsplit_once("[ONNXRuntimeError] : ").map_or(line, |(_, rest)| rest).trim().to_owned()
}

fn is_out_of_memory(message: &str) -> bool {
    let lower = message.to_lowercase();
    [
        "failed to allocate memory",
        "out of memory",
        "bad_alloc",
        "bad allocation",
        "alloc_failed",
        "cudaerrormemoryallocation",
        "available memory of",
    ]
    .iter()
    .any(|sign| lower.contains(sign))
}

/// A graph that the library has loaded.
struct OrtSession {
    session: ort::session::Session,
    engine: OnnxRuntime,
    device: Device,
    /// The graph's file, for messages.
    name: String,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// Sessions that take rows on the device, one for each type of element.
    gathers: Mutex<Vec<binding::Gather>>,
}

impl OrtSession {
    fn failed(&self, error: &ort::Error) -> Error {
        self.failed_with(error.message())
    }

    fn failed_with(&self, message: &str) -> Error {
        let line = one_line(message);
        if is_out_of_memory(message) {
            return Error::out_of_memory(format!(
                "no memory left on {} for a batch of this size ({}: {line})",
                self.device, self.name
            ));
        }
        Error::inference(format!("{} failed in ONNX Runtime: {line}", self.name))
    }

    /// Whether values lie in memory that the CPU can read.
    fn is_on_host(&self) -> bool {
        matches!(self.device, Device::Auto | Device::Cpu)
    }

    /// Runs on the CPU: inputs are borrowed, outputs are asked for by name.
    fn run_on_host(
        &mut self,
        inputs: Vec<(String, SessionInputValue<'_>)>,
        outputs: &[(&str, Keep)],
    ) -> Result<Vec<DynTensor>> {
        let mut selector = OutputSelector::no_default();
        for (name, _) in outputs {
            selector = selector.with(*name);
        }
        let options = match RunOptions::new() {
            Ok(options) => options.with_outputs(selector),
            Err(error) => return Err(self.failed(&error)),
        };
        let ran = match self.session.run_with_options(inputs, &options) {
            Ok(mut ran) => Ok(outputs.iter().map(|(name, _)| ran.remove(name)).collect::<Vec<_>>()),
            Err(error) => Err(error),
        };
        ran.map_err(|error| self.failed(&error))?
            .into_iter()
            .zip(outputs)
            .map(|(value, (name, _))| self.tensor(value, name))
            .collect()
    }

    /// The tensor that came out under `name`.
    fn tensor(&self, value: Option<ort::value::DynValue>, name: &str) -> Result<DynTensor> {
        value
            .and_then(|value| value.downcast::<DynTensorValueType>().ok())
            .ok_or_else(|| Error::inference(format!("{} gave no tensor `{name}`", self.name)))
    }
}

impl Session for OrtSession {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn device(&self) -> Device {
        self.device
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        ports::check(&self.name, &self.inputs, &self.outputs, inputs, outputs)?;
        let values = if self.is_on_host() {
            let mut given = Vec::with_capacity(inputs.len());
            for (name, value) in inputs {
                let input = match value {
                    Value::Host(tensor) => {
                        let port = ports::find(&self.inputs, name);
                        convert::borrowed(tensor, port, &self.name, name)?
                            .map_err(|error| self.failed(&error))?
                    }
                    Value::Kept(kept) => SessionInputValue::from(kept_tensor(kept, name)?),
                };
                given.push(((*name).to_owned(), input));
            }
            self.run_on_host(given, outputs)?
        } else {
            self.run_on_device(inputs, outputs)?
        };
        values
            .into_iter()
            .zip(outputs)
            .map(|(value, (name, keep))| match keep {
                Keep::Engine => Ok(Value::Kept(Kept(Box::new(value)))),
                Keep::Host => convert::to_host(&value, &self.name, name).map(Value::Host),
            })
            .collect()
    }

    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value> {
        match value {
            Value::Host(tensor) => ports::select_rows(tensor, rows).map(Value::Host),
            Value::Kept(kept) => {
                let value = kept_tensor(kept, "rows")?;
                let length = ports::first_axis(
                    &value
                        .shape()
                        .iter()
                        .map(|&axis| usize::try_from(axis).unwrap_or(0))
                        .collect::<Vec<_>>(),
                )?;
                ports::check_rows(length, rows)?;
                let selected = if value.memory_info().is_cpu_accessible() {
                    convert::select_rows(value, rows)?.map_err(|error| self.failed(&error))?
                } else {
                    self.gather(value, rows)?
                };
                Ok(Value::Kept(Kept(Box::new(selected))))
            }
        }
    }
}

/// The tensor in a kept value, if it is one of ours.
fn kept_tensor<'a>(kept: &'a Kept, name: &str) -> Result<&'a DynTensor> {
    kept.0
        .downcast_ref::<DynTensor>()
        .ok_or_else(|| Error::request(format!("the value for `{name}` was kept by another engine")))
}

/// Locks what a panic elsewhere cannot have broken.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
