//! ONNX Runtime, through a library that was found at run time.

mod binding;
mod convert;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{OutputSelector, RunOptions, SessionInputValue};
use ort::value::{DynTensor, DynTensorValueType};

use crate::device::Device;
use crate::engine::{
    Engine, Keep, Kept, Optimization, Port, Session, SessionOptions, Value, header, ports,
};
use crate::error::{Error, Result};
use crate::guard::guarded;
use crate::runtime::{Library, providers};

/// The engine that ONNX Runtime's library is.
#[derive(Debug, Clone)]
pub struct OnnxRuntime {
    library: Arc<Library>,
    /// Why `auto` does not take CUDA, if it does not; found out once, when first
    /// asked.
    cuda: Arc<OnceLock<Option<String>>>,
    /// Whether values are bound on the CPU too.
    bound: bool,
}

impl OnnxRuntime {
    /// The engine that this library is.
    pub fn new(library: Arc<Library>) -> Self {
        OnnxRuntime { library, cuda: Arc::default(), bound: false }
    }

    /// The same engine, which binds inputs and outputs on the CPU as it does on
    /// devices of their own memory. Nothing is gained by it there; it lets that way
    /// be tested where there is no such device.
    #[must_use]
    pub fn with_bound_values(self) -> Self {
        OnnxRuntime { bound: true, ..self }
    }

    /// Its library.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// What `auto` means here, and why not more where more could be hoped for.
    fn resolve(&self, device: Device) -> (Device, Option<String>) {
        let first = Device::Cuda(0);
        if device != Device::Auto {
            return (device, None);
        }
        if !providers::is_built_in(first) {
            return (Device::Cpu, None);
        }
        match self.cuda.get_or_init(|| providers::check(&self.library, first).err()) {
            None => (first, None),
            Some(why) => (Device::Cpu, Some(format!("{first} does not work: {why}"))),
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
            .map_err(|error| setup(error.to_string()))?
            // Threads that wait for work would burn a core while they do: the other
            // stages of a pipeline need it.
            .with_intra_op_spinning(false)
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
        let (device, device_reason) = self.resolve(options.device);
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
            device_reason,
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
    device_reason: Option<String>,
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

    /// Whether inputs and outputs are bound to the memory of the device.
    fn is_bound(&self) -> bool {
        self.engine.bound || !matches!(self.device, Device::Auto | Device::Cpu)
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

    fn device_reason(&self) -> Option<&str> {
        self.device_reason.as_deref()
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        ports::check(&self.name, &self.inputs, &self.outputs, inputs, outputs)?;
        let values = if self.is_bound() {
            self.run_on_device(inputs, outputs)?
        } else {
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
                let first = value.shape().first().ok_or_else(ports::no_rows)?;
                let length = usize::try_from(*first).unwrap_or(0);
                ports::check_rows(length, rows)?;
                let selected = if self.is_bound() {
                    self.gather(value, rows)?
                } else {
                    convert::select_rows(value, rows)?.map_err(|error| self.failed(&error))?
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
