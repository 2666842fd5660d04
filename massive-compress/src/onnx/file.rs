//! Reading and writing files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use super::message::{GraphProto, ModelProto, StringStringEntryProto, TensorProto};
use super::wire::Message;
use crate::error::{Error, Result};

/// An ONNX model with all its weights in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Onnx {
    /// The model; no tensor of it is in another file.
    pub model: ModelProto,
    /// Whether its file had weights in files of their own.
    pub was_external: bool,
}

/// Where weights go when a model is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum External {
    /// Into the file itself, unless the model had them elsewhere or is larger
    /// than [`LARGEST`].
    #[default]
    AsNeeded,
    /// Into a file beside it, `NAME.data`.
    Always,
}

/// The most bytes of weights that a file holds itself. Protocol Buffers end at
/// 2 GiB.
pub const LARGEST: u64 = 1 << 30;

/// Smaller tensors stay in the graph's file: engines want to read shapes there.
const SMALLEST: usize = 1024;

/// External weights begin at multiples of it, so that they can be mapped.
const ALIGNMENT: u64 = 4096;

impl Onnx {
    /// Reads the model in `path`, and its weights in files beside it.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged or no ONNX model; weights in a file that is missing, too short or outside
    /// the model's folder.
    pub fn read(path: &Path) -> Result<Onnx> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            Error::new(format!("{shown} cannot be read: {error}")).with_source(error)
        })?;
        let mut onnx = Onnx::from_bytes(&bytes).map_err(|error| error.at(shown))?;
        drop(bytes);
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut files = Files { folder, open: HashMap::new() };
        if let Some(graph) = &mut onnx.model.graph {
            each_tensor(graph, &mut |tensor| {
                if tensor.data_location == Some(1) {
                    onnx.was_external = true;
                    files.load(tensor).map_err(|error| error.at(path.display()))?;
                }
                Ok(())
            })?;
        }
        Ok(onnx)
    }

    /// Reads a model from the bytes of its file. Tensors in other files are left
    /// where they are.
    ///
    /// # Errors
    /// Damaged bytes, or no model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Onnx> {
        let model = ModelProto::read(bytes)
            .map_err(|error| error.at("not an ONNX model, or a damaged one"))?;
        if model.graph.is_none() {
            return Err(Error::new("not an ONNX model: it has no graph"));
        }
        Ok(Onnx { model, was_external: false })
    }

    /// The graph.
    ///
    /// # Errors
    /// It has none, as only a model made by hand can.
    pub fn graph_mut(&mut self) -> Result<&mut GraphProto> {
        self.model.graph.as_mut().ok_or_else(|| Error::new("the model has no graph"))
    }

    /// Writes the model to `path`, replacing what is there, and returns how many
    /// bytes that is, weights in a file of their own included.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(mut self, path: &Path, external: External) -> Result<u64> {
        let mut weights = 0u64;
        if let Some(graph) = &mut self.model.graph {
            each_tensor(graph, &mut |tensor| {
                weights += tensor.raw_data.as_ref().map_or(0, Vec::len) as u64;
                Ok(())
            })?;
        }
        let mut total = 0;
        if external == External::Always || self.was_external || weights > LARGEST {
            total = self.move_out(path)?;
        }
        let mut bytes = Vec::new();
        self.model.write(&mut bytes);
        total += bytes.len() as u64;
        std::fs::write(path, bytes).map_err(|error| unwritable(path, error))?;
        Ok(total)
    }

    /// Moves large weights into a file beside `path` and returns its size.
    fn move_out(&mut self, path: &Path) -> Result<u64> {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let location = format!("{name}.data");
        let beside = path.with_file_name(&location);
        let failed = |error| unwritable(&beside, error);
        let mut out = BufWriter::new(File::create(&beside).map_err(failed)?);
        let mut at = 0u64;
        let mut move_one = |tensor: &mut TensorProto| {
            if tensor.raw_data.as_ref().is_none_or(|raw| raw.len() < SMALLEST) {
                return Ok(());
            }
            let raw = tensor.raw_data.take().unwrap_or_default();
            let gap = at.next_multiple_of(ALIGNMENT) - at;
            out.write_all(&vec![0; gap as usize]).map_err(failed)?;
            out.write_all(&raw).map_err(failed)?;
            let entry = |key: &str, value: String| StringStringEntryProto {
                key: Some(key.to_owned()),
                value: Some(value),
                ..StringStringEntryProto::default()
            };
            tensor.data_location = Some(1);
            tensor.external_data = vec![
                entry("location", location.clone()),
                entry("offset", (at + gap).to_string()),
                entry("length", raw.len().to_string()),
            ];
            at += gap + raw.len() as u64;
            Ok(())
        };
        if let Some(graph) = &mut self.model.graph {
            each_tensor(graph, &mut move_one)?;
        }
        out.into_inner().map_err(|error| unwritable(&beside, error.into_error()))?;
        Ok(at)
    }
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(format!("{} cannot be written: {error}", path.display())).with_source(error)
}

/// Does something with every tensor of a graph and of the graphs in it.
fn each_tensor(
    graph: &mut GraphProto,
    act: &mut dyn FnMut(&mut TensorProto) -> Result<()>,
) -> Result<()> {
    graph.initializer.iter_mut().try_for_each(&mut *act)?;
    for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
        attribute.t.iter_mut().chain(&mut attribute.tensors).try_for_each(&mut *act)?;
        for inner in attribute.g.as_deref_mut().into_iter().chain(&mut attribute.graphs) {
            each_tensor(inner, act)?;
        }
    }
    Ok(())
}

/// Files with weights beside a graph.
struct Files<'f> {
    folder: &'f Path,
    open: HashMap<PathBuf, (File, u64)>,
}

impl Files<'_> {
    fn load(&mut self, tensor: &mut TensorProto) -> Result<()> {
        let name = tensor.name.clone().unwrap_or_default();
        let of = |key: &str| {
            let entries = tensor.external_data.iter();
            entries
                .filter(|entry| entry.key.as_deref() == Some(key))
                .find_map(|entry| entry.value.clone())
        };
        let number = |key: &str| -> Result<Option<u64>> {
            let Some(text) = of(key) else { return Ok(None) };
            text.parse().map(Some).map_err(|_| {
                Error::new(format!(
                    "weight `{name}`: the {key} of its data is `{}`, which is no number",
                    text.escape_debug()
                ))
            })
        };
        let location = of("location").unwrap_or_default();
        let relative = Path::new(&location);
        let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
        if location.is_empty() || !inside {
            return Err(Error::new(format!(
                "weight `{name}`: its data are said to be in `{}`; a file in the model's folder \
                 was expected",
                location.escape_debug()
            )));
        }
        let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
        let path = self.folder.join(relative);
        let unreadable = |error: std::io::Error| {
            Error::new(format!("weight `{name}`: {} cannot be read: {error}", path.display()))
                .with_source(error)
        };
        if !self.open.contains_key(&path) {
            let file = File::open(&path).map_err(unreadable)?;
            let size = file.metadata().map_err(unreadable)?.len();
            self.open.insert(path.clone(), (file, size));
        }
        let Some((file, size)) = self.open.get_mut(&path) else { return Ok(()) };
        let length = length.unwrap_or(size.saturating_sub(offset));
        if offset.checked_add(length).is_none_or(|end| end > *size) {
            return Err(Error::new(format!(
                "weight `{name}`: {} is cut short: {length} bytes from {offset} on are wanted and \
                 it has {size}; fetch or export it again",
                path.display()
            )));
        }
        let mut raw = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
        file.read_exact(&mut raw).map_err(unreadable)?;
        tensor.raw_data = Some(raw);
        tensor.external_data.clear();
        tensor.data_location = None;
        Ok(())
    }
}
