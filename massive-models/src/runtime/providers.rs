//! Execution providers: what a library can compute on, and why one does not work.

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::Tensor;

use crate::device::Device;
use crate::engine::tiny;
use crate::error::{Error, Result};
use crate::runtime::{Library, cache, cuda, library};

/// Defines a name that can be asked for: the binding asks by type.
macro_rules! providers {
    ($($kind:ident = $name:literal),* $(,)?) => {
        $(
            struct $kind;
            impl ExecutionProvider for $kind {
                const NAME: &'static str = $name;

                fn register(&self, _: &mut SessionBuilder) -> ort::Result<()> {
                    Err(ort::Error::new(concat!($name, " is only asked for")))
                }
            }
        )*

        /// The execution providers that are built into the library, by ONNX
        /// Runtime's names. That one is built in does not mean that it works here.
        pub fn built_in(_library: &Library) -> Vec<&'static str> {
            let mut found = Vec::new();
            $(
                if $kind::is_available().unwrap_or(false) {
                    found.push($kind::NAME);
                }
            )*
            found
        }
    };
}

providers! {
    TensorRt = "TensorrtExecutionProvider",
    NvTensorRtRtx = "NvTensorRTRTXExecutionProvider",
    Cuda = "CUDAExecutionProvider",
    MiGraphX = "MIGraphXExecutionProvider",
    Rocm = "ROCMExecutionProvider",
    OpenVino = "OpenVINOExecutionProvider",
    Dnnl = "DnnlExecutionProvider",
    DirectMl = "DmlExecutionProvider",
    CoreMl = "CoreMLExecutionProvider",
    Qnn = "QNNExecutionProvider",
    Vitis = "VitisAIExecutionProvider",
    Cann = "CANNExecutionProvider",
    Acl = "ACLExecutionProvider",
    Nnapi = "NnapiExecutionProvider",
    Xnnpack = "XnnpackExecutionProvider",
    WebGpu = "WebGpuExecutionProvider",
    Azure = "AzureExecutionProvider",
    Cpu = "CPUExecutionProvider",
}

/// True if the library was built with what this device needs.
pub(crate) fn is_built_in(device: Device) -> bool {
    match device {
        Device::Auto | Device::Cpu => true,
        Device::Cuda(_) => Cuda::is_available().unwrap_or(false),
        Device::TensorRt(_) => TensorRt::is_available().unwrap_or(false),
    }
}

/// Makes a session run on this device, or says why it cannot. Nothing falls back.
pub(crate) fn register(
    builder: SessionBuilder,
    device: Device,
    library: &Library,
) -> Result<SessionBuilder, String> {
    let number = |number: u32| {
        i32::try_from(number).map_err(|_| format!("there is no device of number {number}"))
    };
    let cuda = |at: i32| ep::CUDA::default().with_device_id(at).build().error_on_failure();
    let wanted: Vec<ExecutionProviderDispatch> = match device {
        Device::Auto | Device::Cpu => return Ok(builder),
        Device::Cuda(at) => vec![cuda(number(at)?)],
        // What TensorRT cannot do stays on the same device.
        Device::TensorRt(at) => {
            let at = number(at)?;
            vec![tensor_rt(at)?.build().error_on_failure(), cuda(at)]
        }
    };
    if !is_built_in(device) {
        return Err("this library was built without it".to_owned());
    }
    cuda::preload(library);
    library::complaints();
    builder.with_execution_providers(wanted).map_err(|error| reason(error.message()))
}

/// TensorRT compiles a graph for minutes, once for each range of shapes: what it
/// made is kept in the user's cache.
fn tensor_rt(device: i32) -> Result<ep::TensorRT, String> {
    let provider = ep::TensorRT::default().with_device_id(device);
    let Ok(folder) = cache::compiled() else { return Ok(provider) };
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let folder = folder.display();
    Ok(provider
        .with_engine_cache(true)
        .with_engine_cache_path(&folder)
        .with_timing_cache(true)
        .with_timing_cache_path(&folder))
}

/// Tries the device on a graph of one operator.
///
/// # Errors
/// Why it does not work.
pub fn check(library: &Library, device: Device) -> Result<(), String> {
    let graph = tiny::identity().map_err(|error| error.to_string())?;
    let plain = |error: ort::Error| reason(error.message());
    let builder = Session::builder(&library.environment).map_err(plain)?;
    let builder = builder.with_intra_threads(1).map_err(|error| reason(error.message()))?;
    let mut builder = register(builder, device, library)?;
    let mut session = builder.commit_from_memory(&graph).map_err(plain)?;
    let data = Tensor::from_array(([1_usize], vec![1.0_f32])).map_err(plain)?;
    session.run(ort::inputs!["data" => data]).map(drop).map_err(plain)
}

/// The error for somebody who asked for this device and cannot have it.
pub(crate) fn unavailable(device: Device, library: &Library, why: &str) -> Error {
    let advice = if is_built_in(device) {
        let package = match device {
            Device::TensorRt(_) => "TensorRT, CUDA and cuDNN",
            _ => "CUDA and cuDNN",
        };
        format!(
            "it needs a driver of NVIDIA and {package} of the versions that the library was \
             built for; the Python package onnxruntime-gpu[cuda,cudnn] brings CUDA and cuDNN"
        )
    } else {
        "a library for GPUs can be installed (command runtime install --gpu)".to_owned()
    };
    Error::runtime(format!(
        "the device {device} cannot be used: {why}\n{library}: {advice}; the processor works \
         without (option device cpu)"
    ))
}

/// What the library says, in one line and without places in its sources, and
/// what else it complained about.
fn reason(message: &str) -> String {
    let mut reason = one_line(message);
    // The status can be shorter than what the library would have printed.
    for complaint in library::complaints() {
        let complaint = one_line(&complaint);
        if !complaint.is_empty() && !reason.contains(&complaint) && !complaint.contains(&reason) {
            reason.push_str("; ");
            reason.push_str(&complaint);
        } else if complaint.contains(&reason) {
            reason = complaint;
        }
    }
    match missing(&reason) {
        Some(missing) => format!("{reason} ({missing} is not here)"),
        None => reason,
    }
}

/// What a library that cannot be opened is part of.
fn missing(reason: &str) -> Option<&'static str> {
    if !reason.contains("cannot open shared object file") {
        return None;
    }
    [
        ("libcuda.so", "NVIDIA's driver"),
        ("libcudnn", "cuDNN"),
        ("libnvinfer", "TensorRT"),
        ("libcu", "CUDA"),
        ("libnv", "CUDA"),
    ]
    .into_iter()
    // The name of what is missing comes right before the loader's words.
    .find(|(name, _)| reason.rsplit(' ').any(|word| word.starts_with(name) && word.ends_with(':')))
    .map(|(_, what)| what)
}

/// The first line of a message, from where it says what went wrong.
pub(crate) fn one_line(message: &str) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let marks = [" : FAIL : ", " : EP_FAIL : ", " : RUNTIME_EXCEPTION : "];
    let start = marks
        .iter()
        .filter_map(|mark| line.rfind(mark).map(|at| at + mark.len()))
        .max()
        .unwrap_or(0);
    line[start..].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let said = |file: &str| {
            missing(&format!(
                "Failed to load library /x/libcudnn/libonnxruntime_providers_cuda.so with error: \
                 {file}: cannot open shared object file: No such file or directory"
            ))
        };
        assert_eq!(said("libcuda.so.1"), Some("NVIDIA's driver"));
        assert_eq!(said("libcublasLt.so.13"), Some("CUDA"));
        assert_eq!(said("libcudnn.so.9"), Some("cuDNN"));
        assert_eq!(said("libnvinfer.so.10"), Some("TensorRT"));
        assert_eq!(said("libz.so.1"), None);
        assert_eq!(missing("CUDA failure 35: libcuda.so.1: too old"), None);
    }

    #[test]
    fn a_message_is_cut_to_what_went_wrong() {
        let message = "/src/core/provider_bridge_ort.cc:2251 Get() [ONNXRuntimeError] : 1 : FAIL : \
                       Failed to load library libx.so with error: liby.so.13: cannot open\n\nmore";
        assert_eq!(
            one_line(message),
            "Failed to load library libx.so with error: liby.so.13: cannot open"
        );
        assert_eq!(one_line("plain"), "plain");
        assert_eq!(one_line(""), "");
    }
}
