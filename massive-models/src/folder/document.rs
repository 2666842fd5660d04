//! What `massive model inspect` says, as a document.

use serde::Serialize;

use super::{Examination, GraphFacts, Head, InputForm, Kind, Labels, ModelFolder, Parts, Problem};
use crate::engine::{Axis, Port};

/// The format of the document; see `schemas/model-inspect.schema.json`.
pub const INSPECTION_FORMAT: &str = "massive-model-inspect/1";

/// Everything that is known about a model folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InspectionDocument {
    /// [`INSPECTION_FORMAT`].
    pub format: &'static str,
    /// The folder, as it was named.
    pub path: String,
    /// What readers call the model.
    pub name: Option<String>,
    /// What kind it is, where that could be told.
    pub kind: Option<Kind>,
    /// Whether it can be used.
    pub usable: bool,
    /// Numbers in the weights of all graphs.
    pub parameters: u64,
    /// The size of all graphs.
    pub bytes: u64,
    /// The graphs that could be read.
    pub graphs: Vec<GraphDocument>,
    /// The tokenizers: one, or two in a pair whose parts differ.
    pub tokenizers: Vec<TokenizerDocument>,
    /// The intents.
    pub intents: Option<LabelsDocument>,
    /// The slots.
    pub slots: Option<LabelsDocument>,
    /// What each encoder reads of an utterance, the intent model's first in a
    /// pair.
    pub input: Vec<InputForm>,
    /// The most ids that the model takes.
    pub max_length: Option<usize>,
    /// What is missing, wrong or odd.
    pub problems: Vec<Problem>,
}

/// A graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphDocument {
    /// Its file.
    pub file: String,
    /// Its size, files with external weights included.
    pub bytes: u64,
    /// Numbers in its weights.
    pub parameters: u64,
    /// The type that most of them have.
    pub precision: &'static str,
    /// The version of the default operator set.
    pub opset: Option<i64>,
    /// The version of the ONNX format.
    pub ir_version: Option<i64>,
    /// What wrote it.
    pub producer: Option<String>,
    /// Its inputs.
    pub inputs: Vec<PortDocument>,
    /// Its outputs.
    pub outputs: Vec<PortDocument>,
    /// Ids that its embedding table has rows for.
    pub embedding_rows: Option<usize>,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortDocument {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub r#type: String,
    /// Its axes: a length, a name, or null.
    pub shape: Option<Vec<AxisDocument>>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AxisDocument {
    /// Always this long.
    Fixed(usize),
    /// As long as the input makes it.
    Free(Option<String>),
}

/// A tokenizer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenizerDocument {
    /// Its file.
    pub file: String,
    /// Pieces in its vocabulary.
    pub pieces: usize,
}

/// The labels of an output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelsDocument {
    /// The file that they come from.
    pub file: String,
    /// Whether slots begin and go on (`B-x`, `I-x`).
    pub bio: bool,
    /// The labels in the order of their numbers.
    pub names: Vec<String>,
}

impl Examination {
    /// The document.
    pub fn document(&self) -> InspectionDocument {
        let model = self.model.as_ref();
        let (intent, slots) = model.map(heads).unwrap_or_default();
        InspectionDocument {
            format: INSPECTION_FORMAT,
            path: self.path.display().to_string(),
            name: model.map(|model| model.name.clone()),
            kind: self.kind,
            usable: model.is_some(),
            parameters: self.graphs.iter().map(|graph| graph.parameters).sum(),
            bytes: self.graphs.iter().map(|graph| graph.bytes).sum(),
            graphs: self.graphs.iter().map(graph).collect(),
            tokenizers: model.map(tokenizers).unwrap_or_default(),
            intents: intent.map(|head| labels(&head.labels)),
            slots: slots.map(|head| labels(&head.labels)),
            input: model.map(inputs).unwrap_or_default(),
            max_length: model.map(ModelFolder::max_length),
            problems: self.problems.clone(),
        }
    }
}

fn heads(model: &ModelFolder) -> (Option<&Head>, Option<&Head>) {
    match &model.parts {
        Parts::Encoder(encoder) => (encoder.intent.as_ref(), encoder.slots.as_ref()),
        Parts::Pair { intent, slots } => (intent.intent.as_ref(), slots.slots.as_ref()),
        Parts::TextToText(_) => (None, None),
    }
}

fn inputs(model: &ModelFolder) -> Vec<InputForm> {
    match &model.parts {
        Parts::Encoder(encoder) => vec![encoder.input],
        Parts::Pair { intent, slots } => vec![intent.input, slots.input],
        Parts::TextToText(_) => vec![InputForm::Words],
    }
}

fn tokenizers(model: &ModelFolder) -> Vec<TokenizerDocument> {
    let mut all = vec![model.tokenizer()];
    if let Parts::Pair { slots, .. } = &model.parts
        && !std::sync::Arc::ptr_eq(&slots.tokenizer, all[0])
    {
        all.push(&slots.tokenizer);
    }
    all.into_iter()
        .map(|tokenizer| TokenizerDocument {
            file: tokenizer.path().display().to_string(),
            pieces: tokenizer.vocabulary(),
        })
        .collect()
}

fn labels(labels: &Labels) -> LabelsDocument {
    LabelsDocument {
        file: labels.source().display().to_string(),
        bio: labels.is_bio(),
        names: labels.names().to_vec(),
    }
}

fn graph(facts: &GraphFacts) -> GraphDocument {
    GraphDocument {
        file: facts.path.display().to_string(),
        bytes: facts.bytes,
        parameters: facts.parameters,
        precision: facts.precision.name(),
        opset: facts.opset,
        ir_version: facts.ir_version,
        producer: facts.producer.clone(),
        inputs: facts.inputs.iter().map(port).collect(),
        outputs: facts.outputs.iter().map(port).collect(),
        embedding_rows: facts.embedding_rows,
    }
}

fn port(port: &Port) -> PortDocument {
    PortDocument {
        name: port.name.clone(),
        r#type: port.element.to_string(),
        shape: port.axes.as_ref().map(|axes| {
            axes.iter()
                .map(|axis| match axis {
                    Axis::Fixed(length) => AxisDocument::Fixed(*length),
                    Axis::Free(name) => AxisDocument::Free(name.clone()),
                })
                .collect()
        }),
    }
}
