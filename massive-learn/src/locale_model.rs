//! The model of one locale: an intent, then slots that know it.

use crate::intent_features::Grams;
use crate::intent_model::{BLOCKS, IntentModel, Scratch, Weighted, largest};
use crate::named_rows::scenario;
use crate::slot_features::{WordHashes, WordKind, intent_word_features, word_features};
use crate::slot_model::{Lattice, Weights};

/// A linear model of intents and slots for one locale.
///
/// Intents come from n-grams of words and characters; slots from a linear chain
/// over words, among whose features the predicted intent is.
#[derive(Debug, Clone, PartialEq)]
pub struct LocaleModel {
    pub(crate) names: Names,
    pub(crate) intents: IntentModel,
    pub(crate) slots: Weights<i8>,
    pub(crate) kind: WordKind,
}

/// What the numbers of a model are called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// The tag of the locale.
    pub locale: String,
    /// The intents.
    pub intents: Vec<String>,
    /// The slots.
    pub slots: Vec<String>,
    /// The number of each intent's scenario.
    pub(crate) scenarios: Vec<u16>,
}

impl Names {
    /// The scenario of each intent: the part of its name before `_`.
    pub(crate) fn number_scenarios(&mut self) {
        let mut known: Vec<&str> = Vec::new();
        let mut scenarios = Vec::new();
        for intent in &self.intents {
            let scenario = scenario(intent);
            let number = known.iter().position(|name| *name == scenario).unwrap_or_else(|| {
                known.push(scenario);
                known.len() - 1
            });
            scenarios.push(number as u16);
        }
        self.scenarios = scenarios;
    }
}

/// What a model says about an utterance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    /// Number of the intent in [`Names::intents`].
    pub intent: usize,
    /// Its probability, 0 to 1.
    pub probability: f32,
    /// How much more probable it is than the next one, 0 to 1.
    pub margin: f32,
    /// For each word the number of its slot in [`Names::slots`], if it is in one.
    pub slots: Vec<Option<usize>>,
    /// True if the model says that the utterance is out of its scope; then the
    /// intent is what it would say otherwise, and no word is in a slot.
    pub rejected: bool,
}

impl Labels {
    /// The likeliest intent, and no slots yet.
    pub(crate) fn of_probabilities(probabilities: &[f32]) -> Self {
        let intent = largest(probabilities);
        let probability = probabilities.get(intent).copied().unwrap_or(0.0);
        let next = (probabilities.iter().enumerate())
            .filter(|(at, _)| *at != intent)
            .fold(0.0f32, |next, (_, other)| next.max(*other));
        Labels { intent, probability, margin: probability - next, ..Labels::default() }
    }
}

/// Memory that is used again from utterance to utterance.
#[derive(Debug, Default)]
pub struct Workspace {
    scratch: Scratch,
    features: Vec<Weighted>,
    pub(crate) margins: Vec<f32>,
    hashes: Vec<WordHashes>,
    keys: Vec<u32>,
    known: Vec<u32>,
    lattice: Lattice,
    tags: Vec<u16>,
}

impl LocaleModel {
    /// What its numbers are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// How many features it knows: of intents and of slots.
    pub fn features(&self) -> (usize, usize) {
        (self.intents.vocabulary.dictionary.len(), self.slots.dictionary.len())
    }

    /// How many weights it has.
    pub fn weights(&self) -> usize {
        self.intents.weights.len() + self.slots.weights.len()
    }

    /// The intent and slots of an utterance with these words.
    pub fn predict(&self, text: &str, words: &[&str], space: &mut Workspace) -> Labels {
        self.weigh_intents(text, words, space);
        let mut labels = Labels::of_probabilities(&space.margins);
        self.tag(words, labels.intent as u16, space);
        let slot = |&tag: &u16| usize::from(self.slots.tags.slot(tag)).checked_sub(1);
        labels.slots = space.tags.iter().map(slot).collect();
        labels
    }

    /// Fills `space.margins` with the probabilities of the intents.
    pub(crate) fn weigh_intents(&self, text: &str, words: &[&str], space: &mut Workspace) {
        let vocabulary = &self.intents.vocabulary;
        vocabulary.weigh(text, words, BLOCKS, &mut space.scratch, &mut space.features);
        self.intents.margins(&space.features, &mut space.margins);
        self.intents.probabilities(&mut space.margins);
    }

    fn tag(&self, words: &[&str], intent: u16, space: &mut Workspace) {
        let count = self.slots.tags.count();
        space.hashes.clear();
        space.hashes.extend(words.iter().map(|word| WordHashes::new(word)));
        space.lattice.clear(words.len(), count);
        let which = (intent, self.names.scenarios[usize::from(intent)]);
        for at in 0..words.len() {
            // First all keys, then all features, then all weights: what waits for
            // memory waits at the same time.
            space.keys.clear();
            word_features(words, &space.hashes, at, self.kind, |key, _| space.keys.push(key));
            intent_word_features(words, &space.hashes, at, which, |key, _| space.keys.push(key));
            space.known.clear();
            let features = space.keys.iter().filter_map(|&key| self.slots.dictionary.get(key));
            space.known.extend(features);
            let scores = &mut space.lattice.emissions[at * count..(at + 1) * count];
            for &feature in &space.known {
                self.slots.add(feature, scores);
            }
        }
        self.slots.decode(&mut space.lattice, words.len(), &mut space.tags);
    }

    /// How its texts are cut into n-grams of characters.
    pub(crate) fn grams(&self) -> Grams {
        self.intents.vocabulary.grams
    }
}
