//! Encoders with heads: joint models, pairs, and models of a single task.
//!
//! They differ in how many graphs there are and which heads each has. Intent
//! logits are one row an utterance; slot logits one row an id, of which only the
//! first of each word counts. Logits of padding are never looked at: a model may
//! leave anything there (the reference's maximum pooling does).

use std::sync::Arc;

use massive_data::{SlotName, chunks};
use massive_predict::{Encoded, Example, Extras, Prediction, Scores, Worker};
use ndarray::{Array2, ArrayD, ArrayView1, ArrayView2, Axis, Ix2, Ix3};

use crate::device::Device;
use crate::engine::{Engine, Keep, Session, SessionOptions, Tensor, Value};
use crate::error::{Error, Result};
use crate::folder::{EncoderFolder, InputForm, Kind, ModelFolder, Parts};
use crate::model::{Model, check_ids, encoded, sequences};
use crate::reference_text::rebuilt_words;
use crate::tokenize::Sequence;

/// A model of one encoder or two.
#[derive(Debug)]
pub struct HeadsModel {
    kind: Kind,
    encoders: Vec<Encoder>,
    extras: Extras,
}

/// An encoder and the labels of its heads.
#[derive(Debug)]
struct Encoder {
    folder: EncoderFolder,
    /// Which of an example's sequences it reads.
    sequence: usize,
    intents: Option<(String, Vec<Arc<str>>)>,
    slots: Option<(String, Vec<Option<SlotName>>)>,
}

impl Encoder {
    fn new(folder: EncoderFolder, sequence: usize, intent: bool, slots: bool) -> Self {
        let intents = folder.intent.as_ref().filter(|_| intent).map(|head| {
            let names = head.labels.names().iter().map(|name| name.as_str().into()).collect();
            (head.output.clone(), names)
        });
        let slots = folder
            .slots
            .as_ref()
            .filter(|_| slots)
            .map(|head| (head.output.clone(), head.labels.slots()));
        Encoder { folder, sequence, intents, slots }
    }
}

impl HeadsModel {
    /// A model of one graph, with one head or two.
    pub fn single(folder: EncoderFolder, extras: Extras) -> Self {
        let kind = folder.kind();
        HeadsModel { kind, encoders: vec![Encoder::new(folder, 0, true, true)], extras }
    }

    /// A model of two graphs.
    pub fn pair(intent: EncoderFolder, slots: EncoderFolder, extras: Extras) -> Self {
        let shared = Arc::ptr_eq(&intent.tokenizer, &slots.tokenizer)
            && (intent.max_length, intent.input) == (slots.max_length, slots.input);
        let encoders = vec![
            Encoder::new(intent, 0, true, false),
            Encoder::new(slots, usize::from(!shared), false, true),
        ];
        HeadsModel { kind: Kind::Pair, encoders, extras }
    }
}

/// The model in a folder, if it is one of encoders with heads.
pub fn encoder_model(folder: &ModelFolder, extras: Extras) -> Option<HeadsModel> {
    match &folder.parts {
        Parts::Encoder(encoder) => Some(HeadsModel::single(encoder.clone(), extras)),
        Parts::Pair { intent, slots } => {
            Some(HeadsModel::pair(intent.clone(), slots.clone(), extras))
        }
        Parts::TextToText(_) => None,
    }
}

impl Model for HeadsModel {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn encode(&self, example: Example) -> Result<Encoded> {
        let mut all = Vec::with_capacity(self.encoders.len());
        for encoder in &self.encoders {
            if encoder.sequence < all.len() {
                continue;
            }
            let sequence = encoder.folder.encode(&example)?;
            check_ids(&encoder.folder.tokenizer, &encoder.folder.graph, &sequence, &example)?;
            all.push(sequence);
        }
        Ok(encoded(example, all))
    }

    fn load<'a>(
        &'a self,
        engine: &dyn Engine,
        options: &SessionOptions,
    ) -> Result<Box<dyn Worker + 'a>> {
        let loaded = self
            .encoders
            .iter()
            .map(|encoder| Loaded::new(encoder, engine, options))
            .collect::<Result<_>>()?;
        Ok(Box::new(HeadsWorker { model: self, loaded }))
    }
}

struct HeadsWorker<'a> {
    model: &'a HeadsModel,
    loaded: Vec<Loaded<'a>>,
}

impl Worker for HeadsWorker<'_> {
    fn predict(&mut self, batch: &[Encoded]) -> massive_predict::Result<Vec<Prediction>> {
        Ok(self.predict(batch)?)
    }
}

impl HeadsWorker<'_> {
    fn predict(&mut self, batch: &[Encoded]) -> Result<Vec<Prediction>> {
        let extras = self.model.extras;
        let rows: Vec<Row<'_>> = batch
            .iter()
            .map(|encoded| Ok(Row { example: &encoded.example, sequences: sequences(encoded)? }))
            .collect::<Result<_>>()?;
        let mut predictions: Vec<Prediction> = rows
            .iter()
            .map(|row| Prediction {
                truncated: row.sequences.iter().map(|one| one.truncated).max().unwrap_or(0),
                scores: extras.scores.then(Scores::default),
                ..Prediction::default()
            })
            .collect();
        for loaded in &mut self.loaded {
            let at_once = loaded.encoder.folder.graph.fixed_batch().unwrap_or(rows.len());
            for (rows, predictions) in
                rows.chunks(at_once.max(1)).zip(predictions.chunks_mut(at_once.max(1)))
            {
                loaded.predict(rows, extras.top_intents, predictions)?;
            }
        }
        let encoders = &self.model.encoders;
        if extras.words
            && let Some(encoder) = encoders.iter().find(|one| one.folder.input == InputForm::Words)
        {
            for (row, prediction) in rows.iter().zip(&mut predictions) {
                let words = row.example.words.len();
                let tokenizer = &encoder.folder.tokenizer;
                let sequence = &row.sequences[encoder.sequence];
                prediction.words = Some(rebuilt_words(tokenizer, sequence, words));
            }
        }
        Ok(predictions)
    }
}

/// An example of a batch, with its ids.
struct Row<'a> {
    example: &'a Example,
    sequences: &'a [Sequence],
}

/// An encoder with its graph loaded.
struct Loaded<'a> {
    encoder: &'a Encoder,
    session: Box<dyn Session>,
    mask: bool,
    types: bool,
}

impl<'a> Loaded<'a> {
    fn new(encoder: &'a Encoder, engine: &dyn Engine, options: &SessionOptions) -> Result<Self> {
        let session = engine.load(&encoder.folder.graph.path, options)?;
        let has = |name: &str| session.inputs().iter().any(|port| port.name == name);
        let (mask, types) = (has("attention_mask"), has("token_type_ids"));
        Ok(Loaded { encoder, session, mask, types })
    }

    /// Adds what this encoder's heads say.
    fn predict(
        &mut self,
        batch: &[Row<'_>],
        top_intents: usize,
        predictions: &mut [Prediction],
    ) -> Result<()> {
        let encoder = self.encoder;
        let graph = &encoder.folder.graph;
        let sequences: Vec<&Sequence> =
            batch.iter().map(|row| &row.sequences[encoder.sequence]).collect();
        let longest = sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0);
        let length = graph.fixed_length().unwrap_or_else(|| match self.session.device() {
            Device::Auto | Device::Cpu => longest,
            Device::Cuda(_) | Device::TensorRt(_) => bucket(longest, encoder.folder.max_length),
        });
        let shape = (graph.fixed_batch().unwrap_or(batch.len()), length);
        let outputs: Vec<&str> = encoder
            .intents
            .iter()
            .map(|(output, _)| output.as_str())
            .chain(encoder.slots.iter().map(|(output, _)| output.as_str()))
            .collect();
        let mut logits = self.run(&sequences, shape, &outputs)?.into_iter();
        if let Some((output, names)) = &encoder.intents {
            let expected = [shape.0, names.len()];
            let logits = shaped::<Ix2>(logits.next(), output, &expected, encoder)?;
            for ((row, prediction), values) in
                batch.iter().zip(&mut *predictions).zip(logits.outer_iter())
            {
                let best = argmax(values).ok_or_else(|| not_a_number(encoder, output, row))?;
                prediction.intent = Some(Arc::clone(&names[best]));
                if let Some(scores) = &mut prediction.scores {
                    let (probability, margin) = certainty(values, best);
                    (scores.intent, scores.margin) = (Some(probability), Some(margin));
                    scores.top_intents = most_probable(values, names, top_intents);
                }
            }
        }
        if let Some((output, slots)) = &encoder.slots {
            let expected = [shape.0, shape.1, slots.len()];
            let logits = shaped::<Ix3>(logits.next(), output, &expected, encoder)?;
            for (((row, prediction), rows), sequence) in
                batch.iter().zip(predictions).zip(logits.outer_iter()).zip(&sequences)
            {
                let starts = sequence.starts(row.example.words.len());
                let best = best_of_words(&rows, &starts)
                    .ok_or_else(|| not_a_number(encoder, output, row))?;
                let labels: Vec<Option<SlotName>> =
                    best.iter().map(|best| best.and_then(|best| slots[best].clone())).collect();
                if let Some(scores) = &mut prediction.scores {
                    scores.slots = Some(slot_scores(&rows, &starts, &best, &labels));
                }
                prediction.labels = Some(labels);
            }
        }
        Ok(())
    }

    /// Runs the graph on sequences filled up to this shape.
    fn run(
        &mut self,
        sequences: &[&Sequence],
        shape: (usize, usize),
        outputs: &[&str],
    ) -> Result<Vec<Value>> {
        let mut ids = Array2::from_elem(shape, self.encoder.folder.pad_id);
        let mut mask = Array2::<i64>::zeros(shape);
        for (row, sequence) in sequences.iter().enumerate() {
            for (column, &id) in sequence.ids.iter().enumerate() {
                ids[[row, column]] = i64::from(id);
                mask[[row, column]] = 1;
            }
        }
        let value = |array: Array2<i64>| Value::Host(Tensor::I64(array.into_dyn()));
        let types = self.types.then(|| value(Array2::zeros(shape)));
        let (ids, mask) = (value(ids), value(mask));
        let mut inputs = vec![("input_ids", &ids)];
        if self.mask {
            inputs.push(("attention_mask", &mask));
        }
        if let Some(types) = &types {
            inputs.push(("token_type_ids", types));
        }
        let wanted: Vec<(&str, Keep)> = outputs.iter().map(|name| (*name, Keep::Host)).collect();
        self.session.run(&inputs, &wanted)
    }
}

/// The length that a batch is filled up to on a GPU, which prepares itself for
/// each shape anew: one of few, that come again.
fn bucket(longest: usize, most: usize) -> usize {
    longest.next_multiple_of(8).min(most.max(longest))
}

/// The logits of an output in the shape that they must have.
fn shaped<D: ndarray::Dimension>(
    value: Option<Value>,
    output: &str,
    expected: &[usize],
    encoder: &Encoder,
) -> Result<ndarray::Array<f32, D>> {
    let graph = encoder.folder.graph.path.display();
    let array: ArrayD<f32> = match value {
        Some(Value::Host(Tensor::F32(array))) => array,
        _ => {
            return Err(Error::model(format!(
                "{graph}: the output {output} holds no floating-point numbers"
            )));
        }
    };
    if array.shape() != expected {
        return Err(Error::model(format!(
            "{graph}: the output {output} has the shape {:?}, expected {expected:?} \
             ({})",
            array.shape(),
            if expected.len() == 2 { "batch, intents" } else { "batch, sequence, slots" },
        )));
    }
    array.into_dimensionality::<D>().map_err(|error| {
        Error::model(format!("{graph}: the output {output} cannot be read: {error}"))
    })
}

fn not_a_number(encoder: &Encoder, output: &str, row: &Row<'_>) -> Error {
    Error::inference(format!(
        "{}: the output {output} is not a number (NaN) for utterance {}; the model's weights are \
         damaged or overflow in this precision",
        encoder.folder.graph.path.display(),
        row.example
    ))
}

/// The place of the highest value, the first of several; `None` if a value is
/// not a number, or there is none.
fn argmax(row: ArrayView1<'_, f32>) -> Option<usize> {
    let mut best = None;
    let mut highest = f32::NEG_INFINITY;
    for (place, &value) in row.iter().enumerate() {
        if value.is_nan() {
            return None;
        }
        if best.is_none() || value > highest {
            (best, highest) = (Some(place), value);
        }
    }
    best
}

/// The best label of each word; `None` in it for words without ids. `None` if a
/// value is not a number.
fn best_of_words(
    rows: &ArrayView2<'_, f32>,
    starts: &[Option<usize>],
) -> Option<Vec<Option<usize>>> {
    starts
        .iter()
        .map(|start| match start {
            Some(position) => argmax(rows.index_axis(Axis(0), *position)).map(Some),
            None => Some(None),
        })
        .collect()
}

/// The probability of the value at `best` under softmax.
fn probability(row: ArrayView1<'_, f32>, best: usize) -> f64 {
    let highest = f64::from(row[best]);
    let sum: f64 = row.iter().map(|&value| (f64::from(value) - highest).exp()).sum();
    1.0 / sum
}

/// The probability of the best value, and by how much the next one is less
/// probable.
fn certainty(row: ArrayView1<'_, f32>, best: usize) -> (f64, f64) {
    let probability = probability(row, best);
    let next = row
        .iter()
        .enumerate()
        .filter(|&(place, _)| place != best)
        .map(|(_, &value)| f64::from(value))
        .fold(f64::NEG_INFINITY, f64::max);
    let next = probability * (next - f64::from(row[best])).exp();
    (probability, probability - next)
}

/// The most probable intents with their probabilities, the best first.
fn most_probable(
    row: ArrayView1<'_, f32>,
    names: &[Arc<str>],
    count: usize,
) -> Vec<(Arc<str>, f64)> {
    if count == 0 {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&one, &other| row[other].total_cmp(&row[one]));
    let top = order.into_iter().take(count);
    top.map(|place| (Arc::clone(&names[place]), probability(row, place))).collect()
}

/// For each slot the mean probability of its words' labels.
fn slot_scores(
    rows: &ArrayView2<'_, f32>,
    starts: &[Option<usize>],
    best: &[Option<usize>],
    labels: &[Option<SlotName>],
) -> Vec<f64> {
    chunks(labels.iter().map(Option::as_ref))
        .map(|chunk| {
            let words = chunk.first..=chunk.last;
            let sum: f64 = words
                .clone()
                .filter_map(|word| {
                    Some(probability(rows.index_axis(Axis(0), starts[word]?), best[word]?))
                })
                .sum();
            sum / words.count() as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn lengths_on_a_gpu_come_again() {
        let lengths: Vec<usize> = [0, 1, 8, 9, 61, 64, 70].map(|length| bucket(length, 64)).into();
        assert_eq!(lengths, [0, 8, 8, 16, 64, 64, 70]);
        assert_eq!(bucket(9, 12), 12);
    }

    #[test]
    fn the_first_of_equals_is_the_best_and_nan_is_none() {
        assert_eq!(argmax(array![1.0, 3.0, 3.0].view()), Some(1));
        assert_eq!(argmax(array![f32::NEG_INFINITY, f32::NEG_INFINITY].view()), Some(0));
        assert_eq!(argmax(array![1.0, f32::NAN].view()), None);
        assert_eq!(argmax(ArrayView1::from(&[])), None);
    }

    #[test]
    fn certainties_are_those_of_softmax() {
        let row = array![0.0, 3_f32.ln(), 0.0];
        let (probability, margin) = certainty(row.view(), 1);
        assert!((probability - 0.6).abs() < 1e-6 && (margin - 0.4).abs() < 1e-6);
        assert_eq!(certainty(array![5.0].view(), 0), (1.0, 1.0));
        let (probability, margin) = certainty(array![1e30, -1e30].view(), 0);
        assert_eq!((probability, margin), (1.0, 1.0));
    }

    #[test]
    fn a_slot_is_as_sure_as_its_words_on_average() {
        let rows = array![[0.0, 0.0], [0.0, 3_f32.ln()], [0.0, 0.0], [0.0, 1_f32.ln()]];
        let date = SlotName::open("date");
        let labels = [Some(date.clone()), None, Some(date.clone()), Some(date)];
        let starts = [Some(1), None, Some(1), Some(3)];
        let best = [Some(1), None, Some(1), Some(1)];
        let scores = slot_scores(&rows.view(), &starts, &best, &labels);
        assert!((scores[0] - 0.75).abs() < 1e-6 && (scores[1] - 0.625).abs() < 1e-6);
    }
}
