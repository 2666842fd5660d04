//! Engines: what runs an ONNX graph.
//!
//! All models go through two small traits, so that ONNX Runtime, the built-in
//! engine and whatever comes later are the same to them: an [`Engine`] loads a
//! graph, a [`Session`] runs it. A [`Value`] lies on the host or stays where the
//! engine computed it, as the key-value cache of a decoder does on a GPU.

#[cfg_attr(not(feature = "builtin"), path = "engine/builtin_absent.rs")]
pub mod builtin;
pub mod choice;
mod header;
pub mod onnx_runtime;
mod ports;
mod timed;
pub(crate) mod tiny;

use std::any::Any;
use std::fmt;
use std::path::Path;

use ndarray::ArrayD;

use crate::device::Device;
use crate::error::Result;

pub use self::builtin::Builtin;
pub use self::choice::{Chosen, EngineChoice, choose};
pub use self::onnx_runtime::OnnxRuntime;
pub use self::timed::TimedEngine;

/// A dense array in host memory, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    /// Numbers; graphs in half precision are converted at their border.
    F32(ArrayD<f32>),
    /// Token ids and masks.
    I64(ArrayD<i64>),
    /// Switches, as `use_cache_branch`.
    Bool(ArrayD<bool>),
}

impl Tensor {
    /// The shape, outermost axis first.
    pub fn shape(&self) -> &[usize] {
        match self {
            Tensor::F32(array) => array.shape(),
            Tensor::I64(array) => array.shape(),
            Tensor::Bool(array) => array.shape(),
        }
    }
}

/// A value that goes into a graph or came out of one.
#[derive(Debug)]
pub enum Value {
    /// It lies in host memory.
    Host(Tensor),
    /// It lies where the engine computed it; only that engine can read it.
    Kept(Kept),
}

/// A value in an engine's own form and memory.
pub struct Kept(pub(crate) Box<dyn Any + Send>);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

/// Where an output is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// In host memory, as a [`Tensor`].
    Host,
    /// Where it was computed, to be an input of the next run.
    Engine,
}

/// The type of a graph's input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementType {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// 64-bit integers.
    I64,
    /// 32-bit integers.
    I32,
    /// Truth values.
    Bool,
    /// Anything else, by its name.
    Other(String),
}

/// The element type of what is no tensor.
pub(crate) const NO_TENSOR: &str = "no tensor";
/// One axis of a graph's input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Axis {
    /// Always this long.
    Fixed(usize),
    /// As long as the input makes it; the graph may name it.
    Free(Option<String>),
}

/// An input or output of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub element: ElementType,
    /// Its axes, outermost first; `None` where the graph does not say.
    pub axes: Option<Vec<Axis>>,
}

impl Port {
    /// False for what is a sequence or a map.
    pub(crate) fn is_tensor(&self) -> bool {
        !matches!(&self.element, ElementType::Other(name) if name == NO_TENSOR)
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ElementType::F32 => "float32",
            ElementType::F16 => "float16",
            ElementType::I64 => "int64",
            ElementType::I32 => "int32",
            ElementType::Bool => "bool",
            ElementType::Other(name) => name,
        })
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Axis::Fixed(length) => write!(f, "{length}"),
            Axis::Free(Some(name)) => f.write_str(name),
            Axis::Free(None) => f.write_str("?"),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.element)?;
        let Some(axes) = &self.axes else { return Ok(()) };
        let axes: Vec<String> = axes.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", axes.join(", "))
    }
}

/// How much an engine rewrites a graph before it runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimization {
    /// Not at all.
    None,
    /// What keeps the graph's meaning to the last bit, as folding of constants.
    Basic,
    /// Everything the engine knows.
    #[default]
    All,
}

/// How a graph is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionOptions {
    /// Where.
    pub device: Device,
    /// Threads within an operator; `None` leaves it to the engine: all cores.
    pub threads: Option<usize>,
    /// How much the graph is rewritten.
    pub optimization: Optimization,
}

/// A loaded graph.
pub trait Session: Send {
    /// Its inputs, in the graph's order.
    fn inputs(&self) -> &[Port];

    /// Its outputs, in the graph's order.
    fn outputs(&self) -> &[Port];

    /// Where the graph runs: what was asked for, or what `auto` took.
    fn device(&self) -> Device {
        Device::Cpu
    }

    /// Why `auto` took no GPU, where the library could compute on one.
    fn device_reason(&self) -> Option<&str> {
        None
    }

    /// Runs the graph on these inputs and returns these outputs, in the order
    /// asked for.
    ///
    /// # Errors
    /// An input or output that the graph does not have, shapes that do not fit,
    /// a failure of the engine, no memory left
    /// ([`Error::is_out_of_memory`](crate::Error::is_out_of_memory)).
    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>>;

    /// These rows of `value`, along its first axis and in this order; a row may
    /// be taken more than once. The result stays where `value` lies.
    ///
    /// # Errors
    /// A row beyond the end, or a failure of the engine.
    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value>;
}

/// What loads graphs.
pub trait Engine: Send + Sync + fmt::Debug {
    /// Its name, as on the command line: `onnxruntime` or `builtin`.
    fn name(&self) -> &'static str;

    /// Name, version and where it was found, for a reader.
    fn description(&self) -> String;

    /// Loads the graph in the file `graph`.
    ///
    /// # Errors
    /// A file that is missing, cut short or no ONNX graph; an opset or operator
    /// that the engine does not know; a device that is not there.
    fn load(&self, graph: &Path, options: &SessionOptions) -> Result<Box<dyn Session>>;
}
