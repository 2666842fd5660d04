//! Utterances in, intents and labels out.

use std::fmt;

use massive_data::SlotName;
use ndarray::Array2;

use super::beam::beam_search;
use super::constraint::Plan;
use super::decoder::{Decoder, DecoderGraphs, State};
use super::fault::Fault;
use super::format::Piece;
use super::greedy::greedy;
use super::model::TextToText;
use super::search::{Search, Written};
use crate::engine::{Keep, Session, Tensor, Value};
use crate::error::{Error, Result};

/// The loaded graphs of a text-to-text model.
pub struct Graphs {
    /// `encoder_model.onnx`.
    pub encoder: Box<dyn Session>,
    /// The decoder, in one of its layouts.
    pub decoder: DecoderGraphs,
}

impl fmt::Debug for Graphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graphs").finish_non_exhaustive()
    }
}

/// A text-to-text model with its graphs.
pub struct Generator<'a> {
    model: &'a TextToText,
    encoder: Encoder,
    decoder: Decoder,
}

impl fmt::Debug for Generator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").field("model", &self.model).finish_non_exhaustive()
    }
}

/// An utterance to be labelled.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its ids, as [`TextToText::encode`] gives them.
    pub ids: &'a [u32],
    /// How many words it has.
    pub words: usize,
}

/// What a model wrote for an utterance, and what that says.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The ids, without the start and the end.
    pub ids: Vec<u32>,
    /// The text.
    pub text: String,
    /// The intent; empty if the text is.
    pub intent: String,
    /// One label a word; `None` outside slots.
    pub labels: Vec<Option<SlotName>>,
    /// What is wrong with the text, if anything.
    pub fault: Option<Fault>,
    /// In constrained greedy search, whether the output would have been
    /// malformed without the constraint; not known otherwise.
    pub constrained: Option<bool>,
    /// How probable it is, where that was computed.
    pub scores: Option<OutputScores>,
}

/// How probable an output is.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputScores {
    /// The mean log-probability of the ids, by which beams are compared.
    pub sequence: f32,
    /// The probability of the intent after what stands before it, if the output
    /// is well-formed.
    pub intent: Option<f64>,
    /// That of each word's label.
    pub labels: Option<Vec<f64>>,
}

struct Encoder {
    session: Box<dyn Session>,
    has_mask: bool,
    states: String,
}

const STATES: &str = "last_hidden_state";

impl Encoder {
    fn new(session: Box<dyn Session>) -> Result<Self> {
        let mut has_mask = false;
        let mut has_ids = false;
        for port in session.inputs() {
            match port.name.as_str() {
                "input_ids" => has_ids = true,
                "attention_mask" => has_mask = true,
                name => {
                    return Err(Error::model(format!(
                        "the encoder wants an input `{name}`: expected input_ids and \
                         attention_mask only"
                    )));
                }
            }
        }
        let outputs = session.outputs();
        let states = outputs.iter().find(|port| port.name == STATES).or_else(|| outputs.first());
        match states {
            Some(states) if has_ids => {
                Ok(Encoder { states: states.name.clone(), session, has_mask })
            }
            _ => Err(Error::model(format!(
                "the encoder's graph needs an input input_ids and an output {STATES}"
            ))),
        }
    }

    fn run(&mut self, ids: Array2<i64>, mask: &Array2<i64>) -> Result<Value> {
        let ids = Value::Host(Tensor::I64(ids.into_dyn()));
        let mask = Value::Host(Tensor::I64(mask.clone().into_dyn()));
        let mut inputs = vec![("input_ids", &ids)];
        inputs.extend(self.has_mask.then_some(("attention_mask", &mask)));
        let values = self.session.run(&inputs, &[(self.states.as_str(), Keep::Engine)])?;
        values.into_iter().next().ok_or_else(|| Error::inference("the encoder gave no states"))
    }
}

impl<'a> Generator<'a> {
    /// A model with its graphs.
    ///
    /// # Errors
    /// Graphs that are not laid out as Optimum exports them.
    pub fn new(model: &'a TextToText, graphs: Graphs) -> Result<Self> {
        let encoder = Encoder::new(graphs.encoder)?;
        let decoder = Decoder::new(graphs.decoder)?;
        if let (Some(constraint), Some(size)) = (&model.constraint, decoder.vocabulary()) {
            let highest = constraint.highest_id();
            if highest as usize >= size {
                return Err(too_small(model, highest, size));
            }
        }
        Ok(Generator { model, encoder, decoder })
    }

    /// Writes an output for each utterance of a batch, in its order.
    ///
    /// # Errors
    /// An id that the model does not have; those of
    /// [`Session::run`](crate::engine::Session::run); logits of another shape than
    /// expected, or that are not numbers.
    pub fn write(&mut self, batch: &[Request<'_>]) -> Result<Vec<Output>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let width = batch.iter().map(|request| request.ids.len()).max().unwrap_or(0).max(1);
        let pad = i64::from(self.model.special.pad);
        let mut ids = Array2::from_elem((batch.len(), width), pad);
        let mut mask = Array2::zeros((batch.len(), width));
        let size = self.decoder.vocabulary().unwrap_or(usize::MAX);
        for (row, request) in batch.iter().enumerate() {
            for (column, &id) in request.ids.iter().enumerate() {
                if id as usize >= size {
                    return Err(too_small(self.model, id, size));
                }
                ids[[row, column]] = i64::from(id);
                mask[[row, column]] = 1;
            }
        }
        let states = self.encoder.run(ids, &mask)?;
        let state = State::new(states, mask);
        let plans: Vec<Plan> = batch
            .iter()
            .map(|request| self.model.plan(request.words))
            .collect::<Result<Option<_>>>()?
            .unwrap_or_default();
        let generation = &self.model.generation;
        let search = Search {
            start: i64::from(self.model.special.start),
            end: self.model.special.end,
            max_length: generation.max_new_tokens.saturating_add(1),
            constraint: self.model.constraint.as_ref().map(|constraint| (constraint, &plans[..])),
            probabilities: generation.scores,
        };
        let written = match generation.beams.get() {
            1 => greedy(&mut self.decoder, state, batch.len(), &search)?,
            beams => beam_search(&mut self.decoder, state, batch.len(), beams, &search)?,
        };
        batch.iter().zip(written).map(|(request, written)| self.read(*request, written)).collect()
    }

    /// What an output says.
    fn read(&self, request: Request<'_>, written: Written) -> Result<Output> {
        let model = self.model;
        let text = model.text(&written.ids)?;
        let fault = match model.format.fault(&text, request.words, &model.names) {
            Some(Fault::Empty) => Some(Fault::Empty),
            _ if !written.finished => Some(Fault::Cut),
            fault => fault,
        };
        let parsed = model.format.read(&text, model.generation.reading);
        let outside = model.format.outside.as_str();
        let labels = parsed
            .fitted(request.words, &model.format)
            .into_iter()
            .map(|label| (label != outside).then(|| SlotName::open(label)))
            .collect();
        let intent = parsed.intent.to_owned();
        let scores =
            model.generation.scores.then(|| self.scores(&written, request, fault.is_none()));
        Ok(Output {
            ids: written.ids,
            text,
            intent,
            labels,
            fault,
            constrained: written.constrained,
            scores: scores.flatten(),
        })
    }

    fn scores(
        &self,
        written: &Written,
        request: Request<'_>,
        well_formed: bool,
    ) -> Option<OutputScores> {
        let mut scores = OutputScores { sequence: written.score?, intent: None, labels: None };
        let pieces = self.model.format.pieces(request.words);
        let words = self.word_probabilities(written);
        // A piece of the format is a word of the text, unless a word of the
        // utterance is more than one or none.
        if well_formed && pieces.len() == words.len() {
            let mut labels = Vec::with_capacity(request.words);
            for (piece, probability) in pieces.into_iter().zip(words) {
                match piece {
                    Piece::Intent => scores.intent = Some(probability),
                    Piece::Label(_) => labels.push(probability),
                    Piece::Description(_) | Piece::Word(_) | Piece::Sentinel(_) => {}
                }
            }
            scores.labels = Some(labels);
        }
        Some(scores)
    }

    /// The probability of each word of a text: the product over its pieces.
    fn word_probabilities(&self, written: &Written) -> Vec<f64> {
        let mut words: Vec<f64> = Vec::new();
        for (&id, &log_probability) in written.ids.iter().zip(&written.log_probabilities) {
            if self.model.is_special(id) {
                continue;
            }
            let piece = self.model.tokenizer.piece(id).unwrap_or_default();
            let log_probability = f64::from(log_probability);
            match words.last_mut() {
                Some(last) if !piece.starts_with('\u{2581}') => *last += log_probability,
                _ => words.push(log_probability),
            }
        }
        words.into_iter().map(f64::exp).collect()
    }
}

fn too_small(model: &TextToText, id: u32, size: usize) -> Error {
    Error::model(format!(
        "{}: the tokenizer does not fit the model: it gives id {id} (`{}`), and the model has {size} \
         ids",
        model.tokenizer.path().display(),
        model.tokenizer.piece(id).unwrap_or_default().escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::fault::Names;
    use super::super::format::{Format, Inside, IntentPlace, Layout};
    use super::super::model::Generation;
    use super::super::special_ids::SpecialIds;
    use super::super::toy::{Part, Toy, ToyEncoder, port, tokenizer};
    use super::*;

    const UTTERANCES: [&[&str]; 6] = [
        &["wake", "me", "at", "five"],
        &["now"],
        &[],
        &["at", "five", "late"],
        &["early", "early", "early", "early", "early", "early", "early"],
        &["me", "now"],
    ];

    fn names(intents: &[&str]) -> Names {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Names::new(owned(intents), owned(&["Other", "date", "time", "time_zone"]))
    }

    fn model(format: Format, intents: &[&str], generation: Generation) -> Result<TextToText> {
        let special = SpecialIds::default();
        TextToText::new(format, names(intents), tokenizer(), special, generation, 512)
    }

    fn graphs() -> Graphs {
        Graphs {
            encoder: Box::new(ToyEncoder::new()),
            decoder: DecoderGraphs::Merged(Toy::boxed(Part::Merged)),
        }
    }

    fn write(model: &TextToText) -> Vec<Output> {
        let mut generator = Generator::new(model, graphs()).unwrap();
        let ids: Vec<Vec<u32>> =
            UTTERANCES.iter().map(|words| model.encode(words).unwrap().ids).collect();
        let batch: Vec<Request<'_>> = ids
            .iter()
            .zip(UTTERANCES)
            .map(|(ids, words)| Request { ids, words: words.len() })
            .collect();
        generator.write(&batch).unwrap()
    }

    fn generation(beams: usize, constrained: bool) -> Generation {
        Generation {
            beams: NonZeroUsize::new(beams).unwrap(),
            max_new_tokens: 20,
            constrained,
            scores: true,
            ..Generation::default()
        }
    }

    #[test]
    fn constrained_outputs_are_well_formed_whatever_the_model_says() {
        for inside in [Inside::SlotName, Inside::InsideSlotName, Inside::Inside] {
            for (intent, descriptions) in [(IntentPlace::First, false), (IntentPlace::Last, true)] {
                for beams in [1, 3] {
                    let format = Format { inside, intent, descriptions, ..Format::default() };
                    let intents = ["alarm_set", "alarm", "play"];
                    let free = model(format.clone(), &intents, generation(beams, false)).unwrap();
                    assert!(write(&free).iter().all(|output| output.fault.is_some()));
                    let held = model(format, &intents, generation(beams, true)).unwrap();
                    for (words, output) in UTTERANCES.iter().zip(write(&held)) {
                        assert_eq!(output.fault, None, "{}", output.text);
                        assert_eq!(output.labels.len(), words.len());
                        assert!(intents.contains(&output.intent.as_str()));
                        assert_eq!(output.constrained, (beams == 1).then_some(true));
                        let scores = output.scores.unwrap();
                        assert_eq!(scores.labels.map(|labels| labels.len()), Some(words.len()));
                        assert!(scores.intent.unwrap() <= 1.0 && scores.sequence < 0.0);
                    }
                }
            }
        }
    }

    #[test]
    fn an_empty_output_is_an_empty_intent_and_counts_as_malformed() {
        let generation = Generation { max_new_tokens: 0, ..Generation::default() };
        for (words, output) in
            UTTERANCES.iter().zip(write(&model(Format::default(), &["play"], generation).unwrap()))
        {
            assert_eq!((output.text.as_str(), output.intent.as_str()), ("", ""));
            assert_eq!(output.labels, vec![None; words.len()]);
            assert_eq!(output.fault, Some(Fault::Empty));
        }
    }

    #[test]
    fn a_batch_of_nothing_is_nothing() {
        let model = model(Format::default(), &["play"], Generation::default()).unwrap();
        assert!(Generator::new(&model, graphs()).unwrap().write(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_tokenizer_that_does_not_fit_is_an_error() {
        let free = model(Format::default(), &["play"], Generation::default()).unwrap();
        let ids = free.encode(&["far"]).unwrap().ids;
        let mut generator = Generator::new(&free, graphs()).unwrap();
        let error = generator.write(&[Request { ids: &ids, words: 1 }]).unwrap_err();
        assert!(error.is_model(), "{error}");
        assert!(error.to_string().contains("gives id 24 (`▁far`)"), "{error}");
        assert!(error.to_string().contains("the model has 24 ids"), "{error}");
        let held = model(Format::default(), &["far"], generation(1, true)).unwrap();
        let error = Generator::new(&held, graphs()).unwrap_err();
        assert!(error.to_string().contains("gives id 24"), "{error}");
    }

    #[test]
    fn what_cannot_be_constrained_is_refused() {
        let refused = |format: Format, intent: &str| {
            model(format, &[intent], generation(1, true)).unwrap_err().to_string()
        };
        assert!(refused(Format::default(), "weather").contains("cannot write `weather`"));
        let format = Format { layout: Layout::WordsWithLabels, ..Format::default() };
        assert!(refused(format, "play").contains("repeats the words"));
        let format = Format { layout: Layout::Sentinels, ..Format::default() };
        // A tokenizer without sentinels.
        let held = model(format, &["play"], generation(1, true)).unwrap();
        let mut generator = Generator::new(&held, graphs()).unwrap();
        let error = generator.write(&[Request { ids: &[13, 1], words: 1 }]).unwrap_err();
        assert!(error.to_string().contains("cannot write `<extra_id_0>`"), "{error}");
    }

    #[test]
    fn an_encoder_of_another_kind_is_refused() {
        let model = model(Format::default(), &["play"], Generation::default()).unwrap();
        let mut encoder = ToyEncoder::new();
        encoder.inputs.push(port("token_type_ids", &[None; 2]));
        let graphs = Graphs { encoder: Box::new(encoder), ..graphs() };
        let error = Generator::new(&model, graphs).unwrap_err();
        assert!(error.to_string().contains("wants an input `token_type_ids`"), "{error}");
    }
}
