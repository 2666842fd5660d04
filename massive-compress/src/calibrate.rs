//! What goes into each matrix, on rows of a corpus.
//!
//! A copy of the graph gives the inputs of its matrices as outputs; an engine runs
//! it on one utterance at a time, so that no padding is among them.

use std::collections::{BTreeMap, BTreeSet};

use massive_data::{Corpus, Detail, Locale, Partition, Selection};
use massive_models::engine::{Engine, Keep, SessionOptions, Tensor, Value};
use massive_models::folder::EncoderFolder;
use massive_predict::Example;
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

use crate::activations::Activations;
use crate::error::{Error, Result};
use crate::graph::IDS;
use crate::onnx::message::{ModelProto, ValueInfoProto};
use crate::onnx::{External, Onnx};
use crate::quantize::inputs_of_matrices;

/// The rows that were read for calibration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calibrated {
    /// How many.
    pub rows: u64,
    /// Ids in them.
    pub ids: u64,
    /// Their locales.
    pub locales: Vec<String>,
}

/// The type of a tensor of 32-bit floating point, as a message.
const FLOAT_TENSOR: [u8; 4] = [0x0a, 0x02, 0x08, 0x01];

/// Runs a model on utterances, given by their ids.
///
/// # Errors
/// A graph that the engine cannot run, or that has no matrix; no utterance.
pub fn calibrate(
    model: &ModelProto,
    utterances: &[Vec<u32>],
    engine: &dyn Engine,
) -> Result<Activations> {
    let mut model = model.clone();
    let graph = model.graph.as_mut().ok_or_else(|| Error::new("the model has no graph"))?;
    let names = inputs_of_matrices(graph);
    let there: BTreeSet<String> =
        graph.output.iter().filter_map(|output| output.name.clone()).collect();
    graph.output.extend(names.iter().filter(|name| !there.contains(*name)).map(|name| {
        ValueInfoProto {
            name: Some(name.clone()),
            r#type: Some(FLOAT_TENSOR.to_vec()),
            ..ValueInfoProto::default()
        }
    }));
    let scratch = tempfile::tempdir().map_err(|error| {
        Error::new(format!("a temporary folder cannot be made: {error}")).with_source(error)
    })?;
    let path = scratch.path().join("calibration.onnx");
    Onnx { model, was_external: false }.write(&path, External::AsNeeded)?;
    let mut session = engine.load(&path, &SessionOptions::default())?;
    let inputs: Vec<String> = session.inputs().iter().map(|port| port.name.clone()).collect();
    let wanted: Vec<(&str, Keep)> = names.iter().map(|name| (name.as_str(), Keep::Host)).collect();
    let mut activations = Activations::default();
    for ids in utterances {
        let values = inputs
            .iter()
            .map(|name| Ok((name.as_str(), input(name, ids)?)))
            .collect::<Result<Vec<(&str, Value)>>>()?;
        let given: Vec<(&str, &Value)> =
            values.iter().map(|(name, value)| (*name, value)).collect();
        for (name, value) in names.iter().zip(session.run(&given, &wanted)?) {
            if let Value::Host(Tensor::F32(array)) = value {
                activations.add(name, &array)?;
            }
        }
    }
    if activations.is_empty() {
        return Err(Error::new("there is no text to calibrate with"));
    }
    Ok(activations)
}

/// What an encoder's input is for one utterance.
fn input(name: &str, ids: &[u32]) -> Result<Value> {
    let numbers: Vec<i64> = match name {
        IDS => ids.iter().map(|&id| i64::from(id)).collect(),
        "attention_mask" => vec![1; ids.len()],
        "token_type_ids" => vec![0; ids.len()],
        _ => {
            return Err(Error::new(format!(
                "the graph has the input `{name}`; {IDS}, attention_mask and token_type_ids are \
                 known"
            )));
        }
    };
    let array = ArrayD::from_shape_vec(IxDyn(&[1, ids.len()]), numbers);
    Ok(Value::Host(Tensor::I64(array.map_err(|error| Error::new(error.to_string()))?)))
}

/// The ids of so many rows of partition train, as many of each locale as can be and
/// from the whole length of its text.
///
/// # Errors
/// No row of the locales in the partition, text that cannot be encoded.
pub fn rows_of(
    corpus: &Corpus,
    encoder: &EncoderFolder,
    rows: usize,
) -> Result<(Vec<Vec<u32>>, Vec<Locale>)> {
    let selection = Selection { partition: Some(Partition::Train), ..corpus.selection().clone() };
    let corpus = corpus.clone().select(selection).detail(Detail::Labels);
    let mut there: BTreeMap<Locale, usize> = BTreeMap::new();
    corpus.for_each(
        |utterance| Ok(utterance.locale()),
        |_, locale| {
            *there.entry(locale).or_default() += 1;
            Ok(())
        },
    )?;
    if there.is_empty() || rows == 0 {
        return Err(Error::new(
            "the corpus has no rows of the chosen locales in partition train to calibrate with",
        ));
    }
    let mut taken = Vec::new();
    let mut seen: BTreeMap<Locale, usize> = BTreeMap::new();
    let share = rows.div_ceil(there.len());
    corpus.for_each(
        |utterance| Ok(Example::of(&utterance)),
        |_, example| {
            let locale = example.locale;
            let (whole, at) = (there[&locale], seen.entry(locale).or_default());
            // The rows at which a count of `share` in `whole` steps on.
            if (*at * share) / whole != ((*at + 1) * share) / whole {
                taken.push(example);
            }
            *at += 1;
            Ok(())
        },
    )?;
    let encoded = taken.iter().map(|example| Ok(encoder.encode(example)?.ids));
    Ok((encoded.collect::<Result<_>>()?, there.into_keys().collect()))
}
