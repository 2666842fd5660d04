//! Runs on a device of its own memory: inputs and outputs are bound, so that what
//! is kept stays there and only what is wanted comes to the host.

use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{DynTensor, TensorElementType};
use rten_onnx::onnx::DataType;

use super::{OrtSession, convert, kept_tensor, lock};
use crate::device::Device;
use crate::engine::{Keep, Value, ports, tiny};
use crate::error::{Error, Result};
use crate::runtime::providers;

/// A session that takes rows of tensors of one type.
pub(super) struct Gather {
    element: TensorElementType,
    session: ort::session::Session,
}

impl OrtSession {
    /// The memory where an output is wanted.
    fn memory(&self, keep: Keep) -> ort::Result<MemoryInfo<'static>> {
        let (place, number) = match (keep, self.device) {
            (Keep::Engine, Device::Cuda(number) | Device::TensorRt(number)) => {
                (AllocationDevice::CUDA, i32::try_from(number).unwrap_or(0))
            }
            _ => (AllocationDevice::CPU, 0),
        };
        MemoryInfo::new(place, number, AllocatorType::Device, MemoryType::Default)
    }

    /// Runs with everything bound. A binding is made for each run: its outputs are
    /// handed out, and the next run must not write into them.
    pub(super) fn run_on_device(
        &mut self,
        inputs: &[(&str, &Value)],
        outputs: &[(&str, Keep)],
    ) -> Result<Vec<DynTensor>> {
        let mut binding = self.session.create_binding().map_err(|error| self.failed(&error))?;
        for (name, value) in inputs {
            let bound = match value {
                Value::Host(tensor) => {
                    // Owned, since the binding copies what is borrowed by a way that
                    // old libraries do not have.
                    let element = ports::find(&self.inputs, name).map(|port| &port.element);
                    convert::owned(tensor, element, &self.name, name)?
                        .and_then(|tensor| binding.bind_input(*name, &tensor))
                }
                Value::Kept(kept) => binding.bind_input(*name, kept_tensor(kept, name)?),
            };
            bound.map_err(|error| self.failed(&error))?;
        }
        for (name, keep) in outputs {
            self.memory(*keep)
                .and_then(|memory| binding.bind_output_to_device(*name, &memory))
                .map_err(|error| self.failed(&error))?;
        }
        binding.synchronize_inputs().map_err(|error| self.failed(&error))?;
        let ran = match self.session.run_binding(&binding) {
            Ok(mut ran) => Ok(outputs.iter().map(|(name, _)| ran.remove(name)).collect::<Vec<_>>()),
            Err(error) => Err(error),
        };
        ran.map_err(|error| self.failed(&error))?
            .into_iter()
            .zip(outputs)
            .map(|(value, (name, _))| self.tensor(value, name))
            .collect()
    }

    /// Rows of a tensor on the device, taken there.
    pub(super) fn gather(&self, value: &DynTensor, rows: &[usize]) -> Result<DynTensor> {
        let element = *value.data_type();
        let mut gathers = lock(&self.gathers);
        let at = match gathers.iter().position(|gather| gather.element == element) {
            Some(at) => at,
            None => {
                gathers.push(Gather { element, session: self.gather_session(element)? });
                gathers.len() - 1
            }
        };
        let session = &mut gathers[at].session;
        let mut run = || -> ort::Result<Option<ort::value::DynValue>> {
            let mut binding = session.create_binding()?;
            binding.bind_input("data", value)?;
            let rows = ort::value::Tensor::from_array(convert::indices(rows))?;
            binding.bind_input("rows", &rows)?;
            binding.bind_output_to_device("rows_of", &self.memory(Keep::Engine)?)?;
            binding.synchronize_inputs()?;
            let selected = session.run_binding(&binding)?.remove("rows_of");
            Ok(selected)
        };
        let selected = run().map_err(|error| self.failed(&error))?;
        self.tensor(selected, "rows_of")
    }

    fn gather_session(&self, element: TensorElementType) -> Result<ort::session::Session> {
        let kind = match element {
            TensorElementType::Float32 => DataType::FLOAT,
            TensorElementType::Float16 => DataType::FLOAT16,
            TensorElementType::Int64 => DataType::INT64,
            TensorElementType::Int32 => DataType::INT32,
            TensorElementType::Bool => DataType::BOOL,
            other => {
                return Err(Error::inference(format!(
                    "rows of a tensor with elements of the type {other} cannot be taken"
                )));
            }
        };
        let graph = tiny::gather(kind)?;
        let library = &self.engine.library;
        let builder = ort::session::Session::builder(&library.environment)
            .map_err(|error| self.failed(&error))?
            .with_optimization_level(GraphOptimizationLevel::Disable)
            .map_err(|error| self.failed_with(error.message()))?
            .with_intra_threads(1)
            .map_err(|error| self.failed_with(error.message()))?;
        // TensorRT would compile an engine for each shape; CUDA has the operator.
        let device = match self.device {
            Device::TensorRt(number) => Device::Cuda(number),
            device => device,
        };
        let mut builder = providers::register(builder, device, library)
            .map_err(|why| providers::unavailable(device, library, &why))?;
        builder.commit_from_memory(&graph).map_err(|error| self.failed(&error))
    }
}
