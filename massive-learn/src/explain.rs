//! Which features decided what a model says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::intent_features::intent_features;
use crate::intent_model::{BLOCKS, largest};
use crate::locale_model::{LocaleModel, Workspace};
use crate::slot_features::{WordHashes, intent_word_features, word_features};

/// What a feature added.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// The feature, in words.
    pub feature: String,
    /// What it added to the score of what was chosen, less what it added to the
    /// score of the alternative; in units of the model.
    pub weight: f32,
}

/// Why a model says what it says about an utterance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The likeliest intents and their probabilities, 0 to 1.
    pub intents: Vec<(String, f32)>,
    /// What spoke for the intent and against the next likely one, weightiest
    /// first.
    pub intent_features: Vec<Contribution>,
    /// The words, each with its slot.
    pub words: Vec<ExplainedWord>,
}

/// A word and why it is in its slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedWord {
    /// The word.
    pub word: String,
    /// Its slot, if it is in one.
    pub slot: Option<String>,
    /// What spoke for the slot and against none, weightiest first; empty for a
    /// word outside every slot.
    pub features: Vec<Contribution>,
}

impl LocaleModel {
    /// Explains what the model says about an utterance by its `top` weightiest
    /// features.
    pub fn explain(&self, text: &str, words: &[&str], top: usize) -> Explanation {
        let mut space = Workspace::default();
        let labels = self.predict(text, words, &mut space);
        let mut order: Vec<usize> = (0..space.margins.len()).collect();
        order.sort_by(|a, b| space.margins[*b].total_cmp(&space.margins[*a]).then(a.cmp(b)));
        let likely = |at: &usize| (self.names.intents[*at].clone(), space.margins[*at]);
        let intents = order.iter().take(5).map(likely).collect();
        let next = order.get(1).copied();
        let tags = self.tags_of(&labels.slots);
        let intent_features = self.of_intent(text, words, next, top);
        let words = (0..words.len())
            .map(|at| ExplainedWord {
                word: words[at].to_owned(),
                slot: labels.slots[at].map(|slot| self.names.slots[slot].clone()),
                features: match tags[at] {
                    0 => Vec::new(),
                    tag => self.of_word(words, at, labels.intent as u16, tag, top),
                },
            })
            .collect();
        Explanation { intents, intent_features, words }
    }

    fn tags_of(&self, slots: &[Option<usize>]) -> Vec<u16> {
        let slots: Vec<u16> =
            slots.iter().map(|slot| slot.map_or(0, |slot| slot as u16 + 1)).collect();
        self.slots.tags.of(&slots)
    }

    fn of_intent(
        &self,
        text: &str,
        words: &[&str],
        next: Option<usize>,
        top: usize,
    ) -> Vec<Contribution> {
        let vocabulary = &self.intents.vocabulary;
        let mut names = BTreeMap::new();
        intent_features(text, words, vocabulary.grams, |_, key, name| {
            if let Some(feature) = vocabulary.dictionary.get(key) {
                names.entry(feature).or_insert_with(name);
            }
        });
        let (mut scratch, mut features, mut margins) = Default::default();
        vocabulary.weigh(text, words, BLOCKS, &mut scratch, &mut features);
        self.intents.margins(&features, &mut margins);
        let chosen = largest(&margins);
        let contributions = features.iter().map(|&(feature, weight)| {
            let row = self.intents.row(feature);
            let against = next.map_or(0.0, |next| f32::from(row[next]));
            let weight =
                weight * self.intents.scales[feature as usize] * (f32::from(row[chosen]) - against);
            Contribution { feature: names.remove(&feature).unwrap_or_default(), weight }
        });
        weightiest(contributions.collect(), top)
    }

    fn of_word(
        &self,
        words: &[&str],
        at: usize,
        intent: u16,
        tag: u16,
        top: usize,
    ) -> Vec<Contribution> {
        let hashes: Vec<WordHashes> = words.iter().map(|word| WordHashes::new(word)).collect();
        let mut found = Vec::new();
        let mut add = |key: u32, name: &dyn Fn() -> String| {
            let Some(feature) = self.slots.dictionary.get(key) else { return };
            let mut scores = vec![0.0; self.slots.tags.count()];
            self.slots.add(feature, &mut scores);
            let weight = scores[usize::from(tag)] - scores[0];
            found.push(Contribution { feature: name(), weight });
        };
        word_features(words, &hashes, at, self.kind, &mut add);
        let which = (intent, self.names.scenarios[usize::from(intent)]);
        intent_word_features(words, &hashes, at, which, &mut add);
        weightiest(found, top)
    }
}

/// The `top` weightiest that speak for what was chosen or against it.
fn weightiest(mut all: Vec<Contribution>, top: usize) -> Vec<Contribution> {
    all.retain(|one| one.weight != 0.0);
    all.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then(a.feature.cmp(&b.feature)));
    all.truncate(top);
    all
}
