//! A language model as a predictor like any other.

use std::sync::Arc;
use std::time::Duration;

use massive_data::SlotName;
use massive_predict::{Encoded, Example, Prediction, Predictor, Usage, Worker};
use serde_json::{Map, Value};

use crate::budget::{Retries, random};
use crate::endpoint::{Endpoint, Sampling};
use crate::form::Form;
use crate::prompt::Template;
use crate::reply::{self, Validity};
use crate::response::{Failure, Reply};
use crate::row::{Names, Row};
use crate::shots::ShotPicker;

/// A model behind an endpoint, with how it is asked and read.
///
/// It keeps no log and no budget, which [`run`](crate::run::run) does: it is for
/// whoever wants predictions in a program, from the pipeline that runs all
/// predictors. A worker asks about one example after the other.
pub struct LanguageModel {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What makes prompts.
    pub template: Template,
    /// What chooses examples.
    pub shots: Box<dyn ShotPicker + Send>,
    /// The form of replies.
    pub form: Form,
    /// The fields of a request that hold the server to it.
    pub constraint: Map<String, Value>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// When to ask again.
    pub retries: Retries,
    /// The names that labels may have.
    pub names: Names,
}

impl LanguageModel {
    fn predict(&self, example: &Example) -> massive_predict::Result<Prediction> {
        let row = Row {
            locale: example.locale.to_string(),
            id: example.id.to_string(),
            text: example.text.to_string(),
            words: example.words.iter().map(|word| word.to_string()).collect(),
            gold: None,
        };
        let failed = |message: String| {
            massive_predict::Error::predictor(format!("{} {}: {message}", row.locale, row.id))
        };
        let prompt = self
            .template
            .render(&row, &self.shots.pick(&row))
            .map_err(|error| failed(error.to_string()))?;
        let body = self.endpoint.body(&prompt, &self.sampling, &self.constraint);
        let reply = self.ask(&body).map_err(|failure| failed(failure.message))?;
        let reading = reply::read(&reply, self.form, &row.words, &self.names);
        let label = |label: Option<String>| label.map(|name| SlotName::open(&name));
        Ok(Prediction {
            // No name is none that is right.
            intent: Some(Arc::from(reading.intent.unwrap_or_default())),
            labels: Some(reading.labels.into_iter().map(label).collect()),
            usage: reply.usage.map(|usage| Usage {
                input_tokens: usage.input,
                output_tokens: usage.output,
                latency: Duration::from_secs_f64(reply.total_ms.max(0.0) / 1e3),
            }),
            raw: Some(reply.text.into_boxed_str()),
            malformed: reading.validity != Validity::Valid,
            ..Prediction::default()
        })
    }

    fn ask(&self, body: &Value) -> Result<Reply, Failure> {
        let mut seed = self.sampling.seed;
        let mut attempt = 0;
        loop {
            match self.endpoint.ask(body) {
                Err(failure) if failure.again && attempt < self.retries.most => {
                    attempt += 1;
                    let wait = self.retries.wait(attempt, random(&mut seed));
                    std::thread::sleep(wait.max(failure.retry_after.unwrap_or_default()));
                }
                other => return other,
            }
        }
    }
}

impl Predictor for LanguageModel {
    fn worker(&self) -> massive_predict::Result<Box<dyn Worker + '_>> {
        Ok(Box::new(Asking(self)))
    }
}

struct Asking<'a>(&'a LanguageModel);

impl Worker for Asking<'_> {
    fn predict(&mut self, batch: &[Encoded]) -> massive_predict::Result<Vec<Prediction>> {
        batch.iter().map(|encoded| self.0.predict(&encoded.example)).collect()
    }
}
