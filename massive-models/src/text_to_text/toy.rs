//! A decoder small enough to be followed by hand, in all of Optimum's layouts.
//!
//! Its cache holds nothing but the ids it was given and the row of the encoder
//! they belong to, and its logits are a scramble of both: a row that is mixed up
//! with another, or an id that is lost, changes what comes out.

use std::sync::Arc;

use ndarray::{Array2, Array3, Array4, ArrayD, Axis as ArrayAxis};

use super::decoder::{Decoder, DecoderGraphs, State};
use crate::engine::{Axis, ElementType, Keep, Port, Session, Tensor, Value};
use crate::error::{Error, Result};
use crate::tokenize::Tokenizer;

/// How many ids there are.
pub(super) const VOCABULARY: usize = 24;

/// The id that ends an output.
pub(super) const END: u32 = 1;

/// What one of the graphs is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Merged,
    First,
    Later,
    Plain,
}

/// A graph of the decoder.
pub(super) struct Toy {
    part: Part,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
    /// What it does to its logits before it gives them.
    pub(super) spoil: fn(ArrayD<f32>) -> ArrayD<f32>,
}

pub(super) fn port(name: &str, axes: &[Option<usize>]) -> Port {
    let axes = axes.iter().map(|axis| axis.map_or(Axis::Free(None), Axis::Fixed)).collect();
    Port { name: name.to_owned(), element: ElementType::F32, axes: Some(axes) }
}

impl Toy {
    pub(super) fn new(part: Part) -> Self {
        let cache = [None, Some(1), None, Some(1)];
        let mut inputs =
            vec![port("encoder_attention_mask", &[None; 2]), port("input_ids", &[None; 2])];
        if part != Part::Later {
            inputs.push(port("encoder_hidden_states", &[None, None, Some(1)]));
        }
        let mut outputs = vec![port("logits", &[None, None, Some(VOCABULARY)])];
        if matches!(part, Part::Merged | Part::Later) {
            inputs.push(port("past_key_values.0.decoder.key", &cache));
            inputs.push(port("past_key_values.0.encoder.key", &cache));
        }
        if part != Part::Plain {
            outputs.push(port("present.0.decoder.key", &cache));
        }
        if matches!(part, Part::Merged | Part::First) {
            outputs.push(port("present.0.encoder.key", &cache));
        }
        if part == Part::Merged {
            inputs.push(port("use_cache_branch", &[Some(1)]));
        }
        Toy { part, inputs, outputs, spoil: |logits| logits }
    }

    pub(super) fn boxed(part: Part) -> Box<dyn Session> {
        Box::new(Toy::new(part))
    }
}

/// The logits after these ids of a row whose encoder states are `state`.
pub(super) fn logits(state: f32, ids: &[f32]) -> Vec<f32> {
    let mut seed = state.to_bits();
    for id in ids {
        seed = (seed ^ id.to_bits()).wrapping_mul(0x9e37_79b1).rotate_left(13);
    }
    (0..VOCABULARY as u32)
        .map(|id| {
            let mixed = (seed ^ id.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae35);
            // The end grows more probable with every id.
            let end = if id == END { 0.4 * ids.len() as f32 } else { 0.0 };
            (mixed >> 8) as f32 / 4e6 + end
        })
        .collect()
}

fn f32s<'a>(inputs: &[(&str, &'a Value)], name: &str) -> Result<&'a ArrayD<f32>> {
    match inputs.iter().find(|(input, _)| *input == name) {
        Some((_, Value::Host(Tensor::F32(array)))) => Ok(array),
        _ => Err(Error::inference(format!("the toy got no {name}"))),
    }
}

impl Session for Toy {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        let value = |name: &str| inputs.iter().find(|(input, _)| *input == name).map(|(_, v)| *v);
        for port in &self.inputs {
            assert!(value(&port.name).is_some(), "{} is not given", port.name);
        }
        assert_eq!(inputs.len(), self.inputs.len(), "no input is given twice");
        let Some(Value::Host(Tensor::I64(ids))) = value("input_ids") else {
            return Err(Error::inference("the toy got no ids"));
        };
        let rows = ids.shape()[0];
        let mut texts: Vec<Vec<f32>> =
            ids.outer_iter().map(|row| row.iter().map(|&id| id as f32).collect()).collect();
        let has_past = match value("use_cache_branch") {
            Some(Value::Host(Tensor::Bool(switch))) => switch.iter().all(|&on| on),
            _ => self.part == Part::Later,
        };
        let states: Vec<f32> = if has_past {
            let past = f32s(inputs, "past_key_values.0.decoder.key")?;
            for (text, past) in texts.iter_mut().zip(past.outer_iter()) {
                text.splice(0..0, past.iter().copied());
            }
            f32s(inputs, "past_key_values.0.encoder.key")?.iter().copied().collect()
        } else {
            let states = f32s(inputs, "encoder_hidden_states")?;
            states.outer_iter().filter_map(|row| row.iter().next().copied()).collect()
        };
        assert_eq!((states.len(), texts.len()), (rows, rows));
        let Some(Value::Host(Tensor::I64(mask))) = value("encoder_attention_mask") else {
            return Err(Error::inference("the toy got no mask"));
        };
        assert_eq!(mask.shape()[0], rows);
        let new = ids.shape()[1];
        let mut out = Array3::zeros((rows, new, VOCABULARY));
        for (row, (text, &state)) in texts.iter().zip(&states).enumerate() {
            for position in 0..new {
                let end = text.len() - new + position + 1;
                for (id, logit) in logits(state, &text[..end]).into_iter().enumerate() {
                    out[[row, position, id]] = logit;
                }
            }
        }
        let cache = |rows: &[Vec<f32>]| {
            let width = rows.first().map_or(0, Vec::len);
            let flat = rows.iter().flatten().copied().collect();
            Array4::from_shape_vec((rows.len(), 1, width, 1), flat).unwrap().into_dyn()
        };
        let states: Vec<Vec<f32>> = states.into_iter().map(|state| vec![state]).collect();
        Ok(outputs
            .iter()
            .map(|(name, _)| {
                Value::Host(Tensor::F32(match *name {
                    "logits" => (self.spoil)(out.clone().into_dyn()),
                    "present.0.decoder.key" => cache(&texts),
                    _ => cache(&states),
                }))
            })
            .collect())
    }

    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value> {
        Ok(Value::Host(match value {
            Value::Host(Tensor::F32(array)) => Tensor::F32(array.select(ArrayAxis(0), rows)),
            Value::Host(Tensor::I64(array)) => Tensor::I64(array.select(ArrayAxis(0), rows)),
            _ => return Err(Error::inference("the toy keeps nothing of this kind")),
        }))
    }
}

/// The toy in each layout.
pub(super) fn decoders() -> Vec<(&'static str, Decoder)> {
    [
        ("merged", DecoderGraphs::Merged(Toy::boxed(Part::Merged))),
        (
            "split",
            DecoderGraphs::Split { first: Toy::boxed(Part::First), later: Toy::boxed(Part::Later) },
        ),
        ("plain", DecoderGraphs::Plain(Toy::boxed(Part::Plain))),
        ("plain with a cache nobody takes", DecoderGraphs::Plain(Toy::boxed(Part::First))),
    ]
    .into_iter()
    .map(|(name, graphs)| (name, Decoder::new(graphs).unwrap()))
    .collect()
}

/// A batch of this many utterances, the first of which has the state 0.
pub(super) fn state(rows: usize) -> State {
    let states = Array3::from_shape_fn((rows, 2, 1), |(row, _, _)| row as f32);
    State::new(Value::Host(Tensor::F32(states.into_dyn())), Array2::ones((rows, 2)))
}

/// An encoder whose states are the sum of a row's ids.
pub(super) struct ToyEncoder {
    pub(super) inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl ToyEncoder {
    pub(super) fn new() -> Self {
        let inputs = ["input_ids", "attention_mask"].map(|name| port(name, &[None; 2])).into();
        ToyEncoder { inputs, outputs: vec![port("last_hidden_state", &[None, None, Some(1)])] }
    }
}

impl Session for ToyEncoder {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn run(&mut self, inputs: &[(&str, &Value)], _: &[(&str, Keep)]) -> Result<Vec<Value>> {
        let [
            ("input_ids", Value::Host(Tensor::I64(ids))),
            ("attention_mask", Value::Host(Tensor::I64(mask))),
        ] = inputs
        else {
            return Err(Error::inference("the toy got something else"));
        };
        let sums: Vec<i64> = (ids * mask).outer_iter().map(|row| row.iter().sum::<i64>()).collect();
        let states =
            Array3::from_shape_fn((sums.len(), ids.shape()[1], 1), |(row, _, _)| sums[row] as f32);
        Ok(vec![Value::Host(Tensor::F32(states.into_dyn()))])
    }

    fn select_rows(&mut self, _: &Value, _: &[usize]) -> Result<Value> {
        Err(Error::inference("nobody selects rows of an encoder"))
    }
}

/// The pieces of a tokenizer that fits the toy but for the last one, which it has
/// no id for.
const PIECES: [&str; 25] = [
    "<pad>",
    "</s>",
    "<unk>",
    "▁Other",
    "▁date",
    "▁time",
    "_zone",
    "▁alarm",
    "_set",
    "▁play",
    "▁I",
    "-date",
    "-time",
    "▁wake",
    "▁me",
    "▁at",
    "▁five",
    "▁now",
    "▁intent",
    "▁annotations",
    ":",
    "▁Annotate",
    "▁late",
    "▁early",
    "▁far",
];

/// That tokenizer.
pub(super) fn tokenizer() -> Arc<Tokenizer> {
    let vocabulary: Vec<(&str, f64)> =
        PIECES.into_iter().map(|piece| (piece, -(piece.len() as f64).recip())).collect();
    let space = serde_json::json!({
        "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true
    });
    let end = serde_json::json!({"SpecialToken": {"id": "</s>", "type_id": 0}});
    let text = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": space, "decoder": space,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, end],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, end
            ],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}
        },
        "model": {"type": "Unigram", "unk_id": 2, "vocab": vocabulary, "byte_fallback": false}
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, text.to_string()).unwrap();
    Arc::new(Tokenizer::open(&path).unwrap())
}
