//! A folder of trained models as a predictor.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use massive_data::{Locale, LocaleSet, SlotName};
use massive_predict::{Encoded, Extras, Prediction, Predictor, Scores, Worker};

use crate::error::{Error, Result};
use crate::folder::TrainedFolder;
use crate::locale_part::{LocalePart, PartWorkspace};

/// A folder of trained models that predicts: each example by the model of its
/// locale.
#[derive(Debug)]
pub struct TrainedPredictor {
    folder: TrainedFolder,
    extras: Extras,
    names: BTreeMap<Locale, OnceLock<PredictedNames>>,
}

/// The names of a model's labels as predictions have them.
#[derive(Debug)]
struct PredictedNames {
    intents: Vec<Arc<str>>,
    slots: Vec<SlotName>,
}

impl TrainedPredictor {
    /// A predictor that gives `extras` besides intents and labels. Words of its
    /// own it has none.
    pub fn new(folder: TrainedFolder, extras: Extras) -> Self {
        let names = folder.locales().iter().map(|locale| (locale, OnceLock::new())).collect();
        TrainedPredictor { folder, extras, names }
    }

    /// The folder.
    pub fn folder(&self) -> &TrainedFolder {
        &self.folder
    }

    fn part(&self, locale: Locale) -> Result<(&LocalePart, &PredictedNames)> {
        let part = self.folder.part(locale.tag())?;
        let unlisted = || Error::request(format!("there is no model of {locale}"));
        let names = self.names.get(&locale).ok_or_else(unlisted)?.get_or_init(|| {
            let names = part.names();
            PredictedNames {
                intents: names.intents.iter().map(|name| Arc::from(name.as_str())).collect(),
                slots: names.slots.iter().map(|name| SlotName::open(name)).collect(),
            }
        });
        Ok((part, names))
    }
}

impl TrainedFolder {
    /// The locales that it has models of.
    pub fn locales(&self) -> LocaleSet {
        let listed = &self.manifest().locales;
        listed.iter().filter_map(|one| Locale::from_tag(&one.locale)).collect()
    }
}

impl Predictor for TrainedPredictor {
    fn worker(&self) -> massive_predict::Result<Box<dyn Worker + '_>> {
        Ok(Box::new(TrainedWorker { predictor: self, space: PartWorkspace::default() }))
    }
}

struct TrainedWorker<'a> {
    predictor: &'a TrainedPredictor,
    space: PartWorkspace,
}

impl Worker for TrainedWorker<'_> {
    fn predict(&mut self, batch: &[Encoded]) -> massive_predict::Result<Vec<Prediction>> {
        batch.iter().map(|encoded| Ok(self.one(encoded)?)).collect()
    }
}

impl TrainedWorker<'_> {
    fn one(&mut self, encoded: &Encoded) -> Result<Prediction> {
        let example = &encoded.example;
        let extras = self.predictor.extras;
        let (part, names) = self.predictor.part(example.locale)?;
        let words: Vec<&str> = example.words.iter().map(|word| &**word).collect();
        let (labels, probabilities) = part.predict(&example.text, &words, &mut self.space);
        let slot = |slot: &Option<usize>| slot.map(|slot| names.slots[slot].clone());
        let scores = extras.scores.then(|| Scores {
            intent: Some(f64::from(labels.probability)),
            margin: Some(f64::from(labels.margin)),
            slots: None,
            top_intents: most_probable(probabilities, &names.intents, extras.top_intents),
        });
        Ok(Prediction {
            intent: (!labels.rejected).then(|| Arc::clone(&names.intents[labels.intent])),
            labels: Some(labels.slots.iter().map(slot).collect()),
            scores,
            ..Prediction::default()
        })
    }
}

/// The `count` most probable intents, of equal ones the first.
fn most_probable(probabilities: &[f32], names: &[Arc<str>], count: usize) -> Vec<(Arc<str>, f64)> {
    if count == 0 {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let named = |at: usize| (Arc::clone(&names[at]), f64::from(probabilities[at]));
    order.into_iter().take(count).map(named).collect()
}

impl From<Error> for massive_predict::Error {
    fn from(error: Error) -> Self {
        massive_predict::Error::predictor(error.to_string()).with_source(error)
    }
}
