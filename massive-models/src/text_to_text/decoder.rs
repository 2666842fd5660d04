//! A decoder one step at a time, with its key-value cache in the layouts that
//! Optimum exports.
//!
//! The cache of a layer has two halves. That over the encoder's states is
//! computed once, in the first step; that over the decoder's own ids grows by
//! one position a step. Both stay where the engine computed them.

use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn};

use crate::engine::{Axis as PortAxis, Keep, Port, Session, Tensor, Value};
use crate::error::{Error, Result};

const INPUT_IDS: [&str; 2] = ["input_ids", "decoder_input_ids"];
const STATES: &str = "encoder_hidden_states";
const MASK: &str = "encoder_attention_mask";
const SWITCH: &str = "use_cache_branch";
const LOGITS: &str = "logits";
const PAST: &str = "past_key_values.";
const PRESENT: [&str; 2] = ["present.", "present_key_values."];

/// The loaded graphs of a decoder.
pub enum DecoderGraphs {
    /// `decoder_model_merged.onnx`: one graph with a switch.
    Merged(Box<dyn Session>),
    /// `decoder_model.onnx` for the first step and
    /// `decoder_with_past_model.onnx` for the others.
    Split {
        /// Makes the cache.
        first: Box<dyn Session>,
        /// Takes it and adds to it.
        later: Box<dyn Session>,
    },
    /// `decoder_model.onnx` alone: every step computes all positions again.
    Plain(Box<dyn Session>),
}

/// A decoder and what its graphs call their inputs and outputs.
pub(super) struct Decoder {
    first: Graph,
    later: Later,
    vocabulary: Option<usize>,
}

enum Later {
    /// The first graph again, with its switch on.
    Merged { own: Vec<Entry>, cross: Vec<Entry> },
    /// Another graph.
    Split { graph: Graph, own: Vec<Entry>, cross: Vec<Entry> },
    /// The first graph again, on all ids so far.
    Plain,
}

/// A part of the cache as a graph's output and as the next step's input.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    present: String,
    past: String,
}

struct Graph {
    session: Box<dyn Session>,
    ids: &'static str,
    states: bool,
    mask: bool,
}

/// What a decoder keeps of a batch between two steps.
#[derive(Debug)]
pub(super) struct State {
    /// The encoder's states, `[rows, sequence, width]`.
    states: Value,
    /// 1 for a position that is no padding, `[rows, sequence]`.
    mask: Value,
    own: Vec<Value>,
    cross: Vec<Value>,
    /// The ids of each row, where no cache remembers them.
    written: Vec<Vec<i64>>,
    /// Which row of the encoder's batch each row belongs to.
    sources: Vec<usize>,
    steps: usize,
}

impl State {
    /// The batch behind these encoder states (`[rows, sequence, width]`) with
    /// this mask (`[rows, sequence]`).
    pub(super) fn new(states: Value, mask: Array2<i64>) -> Self {
        let rows = mask.nrows();
        State {
            states,
            mask: Value::Host(Tensor::I64(mask.into_dyn())),
            own: Vec::new(),
            cross: Vec::new(),
            written: vec![Vec::new(); rows],
            sources: (0..rows).collect(),
            steps: 0,
        }
    }

    fn rows(&self) -> usize {
        self.sources.len()
    }
}

impl Decoder {
    /// Finds the inputs and outputs of the graphs.
    ///
    /// # Errors
    /// An input that is not known, none or too few for ids, states or logits, a
    /// cache whose inputs and outputs do not pair.
    pub(super) fn new(graphs: DecoderGraphs) -> Result<Self> {
        let (first, later) = match graphs {
            DecoderGraphs::Plain(session) => (Graph::new(session, "decoder")?, Later::Plain),
            DecoderGraphs::Merged(session) => {
                let name = "merged decoder";
                let graph = Graph::new(session, name)?;
                if !has(graph.session.inputs(), SWITCH) {
                    return Err(Error::model(format!(
                        "the {name} has no input `{SWITCH}`; if it is one half of a split \
                         decoder, name it decoder_model.onnx or decoder_with_past_model.onnx"
                    )));
                }
                let (own, cross) = cache(graph.session.as_ref(), graph.session.as_ref(), name)?;
                (graph, Later::Merged { own, cross })
            }
            DecoderGraphs::Split { first, later } => {
                let first = Graph::new(first, "decoder")?;
                let later = Graph::new(later, "decoder with past")?;
                let (own, cross) =
                    cache(first.session.as_ref(), later.session.as_ref(), "decoder with past")?;
                if has(first.session.inputs(), SWITCH) || has(later.session.inputs(), SWITCH) {
                    return Err(Error::model(format!(
                        "a decoder in two files has an input `{SWITCH}`, which merged decoders \
                         have; name that file decoder_model_merged.onnx"
                    )));
                }
                (first, Later::Split { graph: later, own, cross })
            }
        };
        let logits = first.session.outputs().iter().find(|port| port.name == LOGITS);
        let vocabulary = match logits.and_then(|port| port.axes.as_ref()?.last()) {
            Some(PortAxis::Fixed(size)) => Some(*size),
            _ => None,
        };
        Ok(Decoder { first, later, vocabulary })
    }

    /// How many ids there are, if the graph says so.
    pub(super) fn vocabulary(&self) -> Option<usize> {
        self.vocabulary
    }

    /// Appends one id to each row; what comes back are the logits of the id
    /// after it, `[rows, vocabulary]`.
    pub(super) fn step(&mut self, state: &mut State, ids: &[i64]) -> Result<Array2<f32>> {
        let rows = state.rows();
        if ids.len() != rows {
            return Err(Error::request(format!("{} ids for {rows} rows", ids.len())));
        }
        let logits = match (&self.later, state.steps) {
            (Later::Plain, _) => self.whole_step(state, ids)?,
            (_, 0) => self.first_step(state, ids)?,
            _ => self.later_step(state, ids)?,
        };
        state.steps += 1;
        let logits = self.last_position(logits, state)?;
        self.vocabulary = Some(logits.ncols());
        Ok(logits)
    }

    fn first_step(&mut self, state: &mut State, ids: &[i64]) -> Result<Value> {
        let rows = state.rows();
        let ids = rectangle(&IxDyn(&[ids.len(), 1]), ids.to_vec())?;
        let off = Value::Host(Tensor::Bool(ArrayD::from_elem(IxDyn(&[1]), false)));
        let (own, cross, merged): (&[Entry], &[Entry], bool) = match &self.later {
            Later::Merged { own, cross } => (own, cross, true),
            Later::Split { own, cross, .. } => (own, cross, false),
            Later::Plain => (&[], &[], false),
        };
        let mut blanks = Vec::new();
        if merged {
            // The switch is off, so these are not read; but they must be there.
            for entry in own.iter().chain(cross) {
                blanks.push(blank(self.first.session.inputs(), &entry.past, rows)?);
            }
        }
        let mut inputs = self.first.inputs(&ids, state);
        if merged {
            inputs.push((SWITCH, &off));
            let entries = own.iter().chain(cross);
            inputs.extend(entries.map(|entry| entry.past.as_str()).zip(&blanks));
        }
        let mut outputs = vec![(LOGITS, Keep::Host)];
        outputs.extend(own.iter().chain(cross).map(|e| (e.present.as_str(), Keep::Engine)));
        let mut values = self.first.session.run(&inputs, &outputs)?.into_iter();
        let logits = values.next().ok_or_else(|| missing(LOGITS))?;
        let (own, cross) = (own.len(), cross.len());
        state.own = values.by_ref().take(own).collect();
        state.cross = values.take(cross).collect();
        if state.own.len() != own || state.cross.len() != cross {
            return Err(missing("the cache"));
        }
        Ok(logits)
    }

    /// A step of a decoder that remembers nothing.
    fn whole_step(&mut self, state: &mut State, ids: &[i64]) -> Result<Value> {
        for (written, &id) in state.written.iter_mut().zip(ids) {
            written.push(id);
        }
        let shape = IxDyn(&[state.rows(), state.steps + 1]);
        let ids = rectangle(&shape, state.written.iter().flatten().copied().collect())?;
        let inputs = self.first.inputs(&ids, state);
        let values = self.first.session.run(&inputs, &[(LOGITS, Keep::Host)])?;
        values.into_iter().next().ok_or_else(|| missing(LOGITS))
    }

    fn later_step(&mut self, state: &mut State, ids: &[i64]) -> Result<Value> {
        let (graph, own, cross, on) = match &mut self.later {
            Later::Plain => return self.whole_step(state, ids),
            Later::Merged { own, cross } => {
                let on = Value::Host(Tensor::Bool(ArrayD::from_elem(IxDyn(&[1]), true)));
                (&mut self.first, &*own, &*cross, Some(on))
            }
            Later::Split { graph, own, cross } => (graph, &*own, &*cross, None),
        };
        let ids = rectangle(&IxDyn(&[ids.len(), 1]), ids.to_vec())?;
        let mut inputs = graph.inputs(&ids, state);
        inputs.extend(on.as_ref().map(|on| (SWITCH, on)));
        inputs.extend(own.iter().map(|entry| entry.past.as_str()).zip(&state.own));
        inputs.extend(cross.iter().map(|entry| entry.past.as_str()).zip(&state.cross));
        let mut outputs = vec![(LOGITS, Keep::Host)];
        outputs.extend(own.iter().map(|entry| (entry.present.as_str(), Keep::Engine)));
        let mut values = graph.session.run(&inputs, &outputs)?.into_iter();
        let logits = values.next().ok_or_else(|| missing(LOGITS))?;
        let wanted = own.len();
        state.own = values.collect();
        if state.own.len() != wanted {
            return Err(missing("the cache"));
        }
        Ok(logits)
    }

    /// Keeps these rows, in this order; a row may be taken more than once.
    ///
    /// What hangs on the encoder is copied only if other rows of it are meant
    /// than before: beams of one utterance share theirs.
    pub(super) fn select(&mut self, state: &mut State, rows: &[usize]) -> Result<()> {
        if rows.iter().copied().eq(0..state.rows()) {
            return Ok(());
        }
        if let Some(row) = rows.iter().find(|&&row| row >= state.rows()) {
            return Err(Error::request(format!("row {row} of a batch of {}", state.rows())));
        }
        let sources: Vec<usize> = rows.iter().map(|&row| state.sources[row]).collect();
        let session = match &mut self.later {
            Later::Split { graph, .. } => &mut graph.session,
            Later::Merged { .. } | Later::Plain => &mut self.first.session,
        };
        let encoder = (sources != state.sources)
            .then(|| [&mut state.states, &mut state.mask].into_iter().chain(&mut state.cross));
        for value in state.own.iter_mut().chain(encoder.into_iter().flatten()) {
            *value = session.select_rows(value, rows)?;
        }
        if matches!(self.later, Later::Plain) {
            state.written = rows.iter().map(|&row| state.written[row].clone()).collect();
        }
        state.sources = sources;
        Ok(())
    }

    /// The logits of the last position, `[rows, vocabulary]`.
    fn last_position(&self, logits: Value, state: &State) -> Result<Array2<f32>> {
        let rows = state.rows();
        let positions = if matches!(self.later, Later::Plain) { state.steps } else { 1 };
        let Value::Host(Tensor::F32(logits)) = logits else {
            return Err(Error::model("the decoder's `logits` are not floating-point numbers"));
        };
        let shape = logits.shape().to_vec();
        let unexpected = || {
            let wanted = self.vocabulary.map_or_else(|| "_".to_owned(), |size| size.to_string());
            Error::model(format!(
                "the decoder's `logits` have the shape {shape:?}: expected \
                 [{rows}, {positions}, {wanted}]"
            ))
        };
        let logits: Array3<f32> = logits.into_dimensionality().map_err(|_| unexpected())?;
        let (found_rows, found_positions, size) = logits.dim();
        let fits = (found_rows, found_positions) == (rows, positions)
            && size > 0
            && self.vocabulary.is_none_or(|vocabulary| vocabulary == size);
        if !fits {
            return Err(unexpected());
        }
        if positions == 1 {
            return Ok(logits.remove_axis(Axis(1)));
        }
        Ok(logits.index_axis(Axis(1), positions - 1).to_owned())
    }
}

impl Graph {
    fn new(session: Box<dyn Session>, name: &str) -> Result<Self> {
        let inputs = session.inputs();
        let ids = INPUT_IDS.into_iter().find(|ids| has(inputs, ids)).ok_or_else(|| {
            Error::model(format!(
                "the {name} has no input `{}`: it has {}",
                INPUT_IDS[0],
                listed(inputs)
            ))
        })?;
        if let Some(unknown) = inputs.iter().find(|port| {
            let known = [ids, STATES, MASK, SWITCH].contains(&port.name.as_str());
            !known && !port.name.starts_with(PAST)
        }) {
            return Err(Error::model(format!(
                "the {name} wants an input `{}`, which no decoder in Optimum's layout has; \
                 export it for text2text-generation, with or without past",
                unknown.name
            )));
        }
        if !has(session.outputs(), LOGITS) {
            return Err(Error::model(format!(
                "the {name} has no output `{LOGITS}`: it has {}",
                listed(session.outputs())
            )));
        }
        let (states, mask) = (has(inputs, STATES), has(inputs, MASK));
        Ok(Graph { session, ids, states, mask })
    }

    /// The inputs that are the same in every step but for the ids.
    fn inputs<'a>(&self, ids: &'a Value, state: &'a State) -> Vec<(&'static str, &'a Value)> {
        let mut inputs = vec![(self.ids, ids)];
        inputs.extend(self.states.then_some((STATES, &state.states)));
        inputs.extend(self.mask.then_some((MASK, &state.mask)));
        inputs
    }
}

/// The cache between a graph and the next step's: what grows with every step,
/// and what is over the encoder's states and stays.
fn cache(first: &dyn Session, later: &dyn Session, name: &str) -> Result<(Vec<Entry>, Vec<Entry>)> {
    let (mut own, mut cross) = (Vec::new(), Vec::new());
    for port in later.inputs() {
        let Some(part) = port.name.strip_prefix(PAST) else { continue };
        let stays = part.contains(".encoder.");
        let present = |session: &dyn Session| {
            PRESENT
                .iter()
                .map(|prefix| format!("{prefix}{part}"))
                .find(|output| has(session.outputs(), output))
        };
        let unpaired = |session: &dyn Session, step: &str| {
            let outputs: Vec<&str> =
                session.outputs().iter().map(|port| port.name.as_str()).collect();
            Error::model(format!(
                "the {name} takes `{}`, but the {step} step gives no `{}{part}`: it gives {}; \
                 export both graphs together",
                port.name,
                PRESENT[0],
                outputs.join(", ")
            ))
        };
        let made = present(first).ok_or_else(|| unpaired(first, "first"))?;
        if !stays && present(later).as_ref() != Some(&made) {
            return Err(unpaired(later, "later"));
        }
        let entry = Entry { present: made, past: port.name.clone() };
        if stays { cross.push(entry) } else { own.push(entry) }
    }
    if own.is_empty() {
        return Err(Error::model(format!(
            "the {name} takes no cache: expected inputs `{PAST}0.decoder.key` and so on; it has {}",
            listed(later.inputs())
        )));
    }
    Ok((own, cross))
}

/// A cache of one position, for a graph that does not read it.
fn blank(inputs: &[Port], past: &str, rows: usize) -> Result<Value> {
    let axes = inputs.iter().find(|port| port.name == past).and_then(|port| port.axes.as_deref());
    let Some([_, PortAxis::Fixed(heads), _, PortAxis::Fixed(width)]) = axes else {
        return Err(Error::model(format!(
            "the merged decoder's `{past}` does not say how many heads it has and how wide they \
             are: expected the shape [batch, heads, length, width] with numbers for heads and width"
        )));
    };
    let zeros = ArrayD::zeros(IxDyn(&[rows, *heads, 1, *width]));
    Ok(Value::Host(Tensor::F32(zeros)))
}

/// Ids in this shape.
fn rectangle(shape: &IxDyn, ids: Vec<i64>) -> Result<Value> {
    ArrayD::from_shape_vec(shape.clone(), ids)
        .map(|ids| Value::Host(Tensor::I64(ids)))
        .map_err(|error| Error::inference(format!("ids of the decoder: {error}")))
}

fn has(ports: &[Port], name: &str) -> bool {
    ports.iter().any(|port| port.name == name)
}

fn listed(ports: &[Port]) -> String {
    ports.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn missing(what: &str) -> Error {
    Error::inference(format!("the engine gave no value for {what} of the decoder"))
}

#[cfg(test)]
mod tests {
    use super::super::toy::{Part, Toy, VOCABULARY, decoders, logits, port, state};
    use super::*;

    fn error(graphs: DecoderGraphs) -> String {
        Decoder::new(graphs).err().unwrap().to_string()
    }

    #[test]
    fn rows_keep_their_own_past_in_every_layout() {
        for (name, mut decoder) in decoders() {
            let mut state = state(3);
            decoder.step(&mut state, &[0, 0, 0]).unwrap();
            decoder.select(&mut state, &[2, 0, 0]).unwrap();
            decoder.step(&mut state, &[5, 6, 7]).unwrap();
            decoder.select(&mut state, &[1, 0]).unwrap();
            let found = decoder.step(&mut state, &[8, 9]).unwrap();
            assert_eq!(found.row(0).to_vec(), logits(0.0, &[0.0, 6.0, 8.0]), "{name}");
            assert_eq!(found.row(1).to_vec(), logits(2.0, &[0.0, 5.0, 9.0]), "{name}");
            assert!(decoder.select(&mut state, &[2]).is_err(), "{name}");
            assert!(decoder.step(&mut state, &[1]).is_err(), "{name}");
        }
    }

    #[test]
    fn a_cache_that_does_not_pair_is_refused() {
        let mut later = Toy::new(Part::Later);
        later.inputs.push(port("past_key_values.1.decoder.key", &[]));
        let message =
            error(DecoderGraphs::Split { first: Toy::boxed(Part::First), later: Box::new(later) });
        assert!(message.contains("takes `past_key_values.1.decoder.key`"), "{message}");
        assert!(message.contains("no `present.1.decoder.key`"), "{message}");
        let mut later = Toy::new(Part::Later);
        later.outputs.pop();
        let message =
            error(DecoderGraphs::Split { first: Toy::boxed(Part::First), later: Box::new(later) });
        assert!(message.contains("the later step gives no"), "{message}");
        let message = error(DecoderGraphs::Split {
            first: Toy::boxed(Part::First),
            later: Toy::boxed(Part::Plain),
        });
        assert!(message.contains("takes no cache"), "{message}");
    }

    #[test]
    fn graphs_under_a_wrong_name_are_refused() {
        let message = error(DecoderGraphs::Merged(Toy::boxed(Part::Later)));
        assert!(message.contains("no input `use_cache_branch`"), "{message}");
        let message = error(DecoderGraphs::Split {
            first: Toy::boxed(Part::Merged),
            later: Toy::boxed(Part::Later),
        });
        assert!(message.contains("decoder_model_merged.onnx"), "{message}");
    }

    #[test]
    fn what_a_decoder_does_not_have_is_named() {
        let mut toy = Toy::new(Part::Plain);
        toy.inputs.push(port("pixel_values", &[]));
        let message = error(DecoderGraphs::Plain(Box::new(toy)));
        assert!(message.contains("wants an input `pixel_values`"), "{message}");
        let mut toy = Toy::new(Part::Plain);
        toy.inputs.retain(|port| port.name != "input_ids");
        assert!(error(DecoderGraphs::Plain(Box::new(toy))).contains("no input `input_ids`"));
        let mut toy = Toy::new(Part::Plain);
        toy.outputs.clear();
        assert!(error(DecoderGraphs::Plain(Box::new(toy))).contains("no output `logits`"));
    }

    #[test]
    fn a_merged_cache_of_unknown_width_is_refused() {
        let mut toy = Toy::new(Part::Merged);
        for port in &mut toy.inputs {
            if port.name.starts_with(PAST) {
                port.axes = None;
            }
        }
        let mut decoder = Decoder::new(DecoderGraphs::Merged(Box::new(toy))).unwrap();
        let message = decoder.step(&mut state(1), &[0]).unwrap_err().to_string();
        assert!(message.contains("how many heads"), "{message}");
    }

    #[test]
    fn logits_of_another_shape_are_refused() {
        for spoil in [
            (|logits: ArrayD<f32>| logits.remove_axis(Axis(1))) as fn(ArrayD<f32>) -> ArrayD<f32>,
            |logits| logits.select(Axis(2), &[0, 1]),
            |logits| logits.select(Axis(0), &[0]),
        ] {
            let mut toy = Toy::new(Part::Plain);
            toy.spoil = spoil;
            let mut decoder = Decoder::new(DecoderGraphs::Plain(Box::new(toy))).unwrap();
            let error = decoder.step(&mut state(2), &[0, 0]).unwrap_err();
            assert!(error.is_model(), "{error}");
            assert!(
                error.to_string().contains(&format!("expected [2, 1, {VOCABULARY}]")),
                "{error}"
            );
        }
    }
}
