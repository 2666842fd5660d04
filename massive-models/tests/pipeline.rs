//! The pipeline with a tiny model: order, memory that runs out, logits and
//! shapes that are wrong, interrupts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use massive_data::{Locale, UtteranceId};
use massive_models::engine::{Builtin, Engine, Keep, Port, Session, SessionOptions, Value};
use massive_models::folder::{Choice, ModelFolder, Parts};
use massive_models::heads::HeadsModel;
use massive_models::model::Model;
use massive_models::{Error, Result};
use massive_predict::batch::BatchLimits;
use massive_predict::pipeline::{self, Feed, Limits, PipelineReport};
use massive_predict::{ErrorKind, Example, Extras, Predicted};

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tiny")
}

fn model(graph: Option<&str>) -> HeadsModel {
    let choice = Choice { graph: graph.map(PathBuf::from), ..Choice::default() };
    let folder = ModelFolder::open(&tiny(), &choice).unwrap();
    let Parts::Encoder(encoder) = folder.parts else { panic!("{:?}", folder.parts) };
    HeadsModel::single(encoder, Extras::default())
}

fn example(id: u64, text: &str) -> Example {
    Example::from_text(UtteranceId::from(id), Locale::EN_US, text)
}

const LIMITS: Limits = Limits { batch: BatchLimits { rows: 8, length: 64 }, window: 300 };

/// Predicts these texts with sessions of `engine`, in workers of their own.
fn run(
    model: &HeadsModel,
    engine: &dyn Engine,
    texts: impl Iterator<Item = String> + Send,
    stop: &AtomicBool,
) -> (Vec<Predicted>, massive_predict::Result<PipelineReport>) {
    let options = SessionOptions { threads: Some(1), ..SessionOptions::default() };
    let workers = (0..3).map(|_| model.load(engine, &options).unwrap()).collect();
    let mut predictions = Vec::new();
    let feed = |feed: &mut Feed<'_>| {
        for (id, text) in (0..).zip(texts) {
            if feed.push(model.encode(example(id, &text))?).is_err() {
                break;
            }
        }
        Ok(())
    };
    let result = pipeline::run(feed, workers, LIMITS, stop, |predicted| {
        predictions.push(predicted);
        Ok(())
    });
    (predictions, result.map(|(_, report)| report))
}

fn texts(count: usize) -> impl Iterator<Item = String> + Send {
    let words = ["rain", "lisbon", "cook", "lights", "drop", "unheard"];
    (0..count).map(move |number| {
        let length = number * 7919 % 23 + 1;
        (0..length).map(|word| words[(number + word) % words.len()]).collect::<Vec<_>>().join(" ")
    })
}

#[test]
fn predictions_come_in_the_order_of_the_examples_and_do_not_depend_on_the_batch() {
    let model = model(None);
    let (predictions, report) = run(&model, &Builtin, texts(2000), &AtomicBool::new(false));
    assert_eq!(report.unwrap().predictions, 2000);
    let options = SessionOptions { threads: Some(1), ..SessionOptions::default() };
    let mut alone = model.load(&Builtin, &options).unwrap();
    for (number, (predicted, text)) in predictions.iter().zip(texts(2000)).enumerate() {
        let example = example(number as u64, &text);
        assert_eq!(predicted.example, example);
        if number % 50 == 0 {
            let encoded = model.encode(example).unwrap();
            assert_eq!(
                alone.predict(&[encoded]).unwrap(),
                std::slice::from_ref(&predicted.prediction),
                "{text}"
            );
        }
    }
}

/// The built-in engine with memory for so many rows.
#[derive(Debug, Clone)]
struct Small {
    rows: usize,
    refused: Arc<AtomicUsize>,
}

impl Engine for Small {
    fn name(&self) -> &'static str {
        "small"
    }

    fn description(&self) -> String {
        "small".to_owned()
    }

    fn load(&self, graph: &Path, options: &SessionOptions) -> Result<Box<dyn Session>> {
        Ok(Box::new(SmallSession { engine: self.clone(), inner: Builtin.load(graph, options)? }))
    }
}

struct SmallSession {
    engine: Small,
    inner: Box<dyn Session>,
}

impl Session for SmallSession {
    fn inputs(&self) -> &[Port] {
        self.inner.inputs()
    }

    fn outputs(&self) -> &[Port] {
        self.inner.outputs()
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        if let Value::Host(tensor) = inputs[0].1
            && tensor.shape()[0] > self.engine.rows
        {
            self.engine.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Error::out_of_memory("no memory left"));
        }
        self.inner.run(inputs, outputs)
    }

    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value> {
        self.inner.select_rows(value, rows)
    }
}

#[test]
fn a_batch_without_memory_is_split_once() {
    let model = model(None);
    let enough = Small { rows: 4, refused: Arc::default() };
    let (predictions, report) = run(&model, &enough, texts(400), &AtomicBool::new(false));
    let (first, count) = report.unwrap().split.unwrap();
    assert!(first.starts_with("the batch of ") && first.contains("around en-US "), "{first}");
    assert_eq!(count, enough.refused.load(Ordering::Relaxed) as u64);
    let (whole, _) = run(&model, &Builtin, texts(400), &AtomicBool::new(false));
    assert_eq!(predictions, whole);

    let too_small = Small { rows: 1, refused: Arc::default() };
    let (_, report) = run(&model, &too_small, texts(400), &AtomicBool::new(false));
    let error = report.unwrap_err();
    assert!(error.kind() == ErrorKind::OutOfMemory);
    let message = error.to_string();
    assert!(message.contains("nor for half of it: no memory left"), "{message}");
}

#[test]
fn logits_that_are_no_numbers_name_the_utterance() {
    let texts = texts(500).chain(std::iter::once("rain in cursed lisbon".to_owned()));
    let (predictions, report) = run(&model(None), &Builtin, texts, &AtomicBool::new(false));
    let message = report.unwrap_err().to_string();
    assert!(
        message.contains("the output intent_logits is not a number (NaN) for utterance en-US 500"),
        "{message}"
    );
    // What was handed out before is whole and in order.
    assert!(
        predictions.iter().enumerate().all(|(at, one)| one.example.id.number() == Some(at as u64))
    );
}

#[test]
fn outputs_of_another_shape_are_named() {
    let (predictions, report) =
        run(&model(Some("broken/flat.onnx")), &Builtin, texts(20), &AtomicBool::new(false));
    let message = report.unwrap_err().to_string();
    assert!(message.contains("the output slot_logits has the shape ["), "{message}");
    assert!(message.contains("(batch, sequence, slots)") && predictions.is_empty(), "{message}");
}

#[test]
fn nothing_new_begins_once_it_is_stopped() {
    let stop = AtomicBool::new(false);
    let endless = texts(usize::MAX).enumerate().map(|(number, text)| {
        if number == 3000 {
            stop.store(true, Ordering::Relaxed);
        }
        text
    });
    let (predictions, report) = run(&model(None), &Builtin, endless, &stop);
    let report = report.unwrap();
    assert!(report.interrupted && report.predictions == predictions.len() as u64);
    assert!(
        predictions.iter().enumerate().all(|(at, one)| one.example.id.number() == Some(at as u64))
    );
}

#[test]
fn an_error_of_the_sink_ends_everything() {
    let model = model(None);
    let options = SessionOptions { threads: Some(1), ..SessionOptions::default() };
    let workers = vec![model.load(&Builtin, &options).unwrap()];
    let feed = |feed: &mut Feed<'_>| {
        for (id, text) in (0..).zip(texts(usize::MAX)) {
            if feed.push(model.encode(example(id, &text))?).is_err() {
                break;
            }
        }
        Ok(())
    };
    let stop = AtomicBool::new(false);
    let error = pipeline::run(feed, workers, LIMITS, &stop, |_| {
        Err(massive_predict::Error::request("full"))
    })
    .unwrap_err();
    assert_eq!(error.to_string(), "full");
}
