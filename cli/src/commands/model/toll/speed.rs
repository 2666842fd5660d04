//! How fast models are: on the same rows, in one run, in every engine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use massive_models::engine::{Builtin, Engine, EngineChoice, choose};
use massive_predict::{Encoded, Example, Predictor, Worker};

use super::candidate::Candidate;
use super::memory;
use crate::args::{Global, ModelTollArgs};
use crate::failure::Result;
use crate::output;

/// Each model has so many turns, one after the other; its best one counts, since
/// whatever else the machine does only ever slows a turn down.
const TURNS: usize = 3;

/// Utterances in a batch.
const BATCH: usize = 32;

/// Measures utterances a second.
pub(super) fn measure(
    candidates: &mut [Candidate],
    examples: &[Example],
    args: &ModelTollArgs,
    global: &Global,
) -> Result<()> {
    for engine in engines(args) {
        output::remark(
            global,
            &format!("measuring speed on {} rows with {}", examples.len(), engine.name()),
        );
        let mut best = vec![Duration::MAX; candidates.len()];
        for _ in 0..TURNS {
            for (candidate, best) in candidates.iter().zip(&mut best) {
                *best = (*best).min(turn(candidate, &engine, examples)?);
            }
        }
        for (candidate, best) in candidates.iter_mut().zip(best) {
            let rate = examples.len() as f64 / best.as_secs_f64().max(1e-9);
            candidate.facts.speed.insert(engine.name().to_owned(), rate);
            if let Some(bytes) = memory::of_a_process(candidate, engine.name(), args) {
                candidate.facts.memory.insert(engine.name().to_owned(), bytes);
            }
        }
    }
    Ok(())
}

/// The engines that are here: ONNX Runtime where its library is found.
fn engines(args: &ModelTollArgs) -> Vec<Arc<dyn Engine>> {
    let library = args.engine.library.library.as_deref();
    let mut engines: Vec<Arc<dyn Engine>> = Vec::new();
    if args.engine.engine != EngineChoice::Builtin {
        engines.extend(choose(EngineChoice::OnnxRuntime, library).ok().map(|chosen| chosen.engine));
    }
    if args.engine.engine != EngineChoice::OnnxRuntime {
        engines.push(Arc::new(Builtin));
    }
    engines
}

/// How long a warm session takes for all examples.
fn turn(candidate: &Candidate, engine: &Arc<dyn Engine>, examples: &[Example]) -> Result<Duration> {
    let predictor = candidate.predictor(engine, Some(candidate.threads()))?;
    let encoded = examples.iter().cloned().map(|example| predictor.encode(example));
    let mut encoded = encoded.collect::<massive_predict::Result<Vec<Encoded>>>()?;
    encoded.sort_by_key(Encoded::length);
    let mut worker: Box<dyn Worker + '_> = predictor.worker()?;
    // The longest batch first: memory is there from then on.
    if let Some(batch) = encoded.chunks(BATCH).next_back() {
        worker.predict(batch)?;
    }
    let begin = Instant::now();
    for batch in encoded.chunks(BATCH) {
        worker.predict(batch)?;
    }
    Ok(begin.elapsed())
}
