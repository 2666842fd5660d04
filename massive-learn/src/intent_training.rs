//! Training of intents: one linear support vector machine a class, with the
//! squared hinge loss, by dual coordinate descent (Hsieh et al. 2008, "A Dual
//! Coordinate Descent Method for Large-scale Linear SVM", algorithm 1).
//!
//! The classes are independent problems over the same utterances, so one pass
//! over an utterance's features serves them all. So are the scenarios of the
//! intents: a machine finds each of them, too, and is added to those of its intents
//! in the end, which makes of the two one linear model again. Features that stand in one row
//! only need no pass: together they act on that row's dual variables as a ridge.

use crate::cost::Cost;
use crate::dictionary::Dictionary;
use crate::hash::shuffle;
use crate::intent_features::{Grams, intent_features};
use crate::intent_model::{
    BLOCKS, IntentModel, Scratch, Vocabulary, Weighted, inverse_frequency, largest, softmax,
};
use crate::row::Row;

/// How intents are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct IntentSettings {
    /// The cost of an error against that of large weights.
    pub(crate) cost: f32,
    /// Most passes over the rows.
    pub(crate) passes: usize,
    /// Training ends once no dual variable is further from its optimum.
    pub(crate) tolerance: f32,
    /// The most rows of weights that the model keeps.
    pub(crate) most_rows: usize,
    /// The most features that the model keeps.
    pub(crate) most_features: usize,
    pub(crate) seed: u64,
}

/// A trained model, and what it would say about each of its own training rows
/// had it not seen it.
pub(crate) struct TrainedIntents {
    pub(crate) model: IntentModel,
    /// Margins of each row, `classes` a row: see [`Machine::left_out`].
    pub(crate) left_out: Vec<f32>,
}

/// What of a row's own part of a margin is taken away to know what the margin
/// would be without the row.
///
/// That part is the row's dual variable times the square of its length. Taking
/// all of it away is Jaakkola and Haussler's (1999) bound, which is too strict,
/// since other rows would make up for some of it. With this share the accuracy
/// on rows left out is about that on dev rows.
const OWN_PART: f32 = 0.33;

/// The features of rows and the vocabulary that weighed them.
struct Matrix {
    vocabulary: Vocabulary,
    /// Features that more rows than one have, first the words, then the
    /// characters of each row.
    shared: Vec<Weighted>,
    rows: Vec<MatrixRow>,
    /// Features that one row has: row, feature and weight.
    alone: Vec<(u32, u32, f32)>,
}

#[derive(Debug, Clone, Copy)]
struct MatrixRow {
    start: usize,
    /// Where the words end.
    middle: usize,
    end: usize,
    /// Sums of squares of the shared features' weights, a block.
    squares: [f32; 2],
    /// That of the other features.
    alone: f32,
}

/// Counts features over rows and weighs them.
fn vectorise(rows: &[Row], grams: Grams) -> Matrix {
    let mut keys = Vec::new();
    let mut all = Vec::new();
    let mut words_only = Vec::new();
    for row in rows {
        keys.clear();
        intent_features(&row.text, &row.words(), grams, |block, key, _| {
            keys.push((key, block as u8));
        });
        keys.sort_unstable();
        keys.dedup();
        all.extend(keys.iter().map(|key| key.0));
        words_only.extend(keys.iter().filter(|key| key.1 == 0).map(|key| key.0));
    }
    all.sort_unstable();
    words_only.sort_unstable();
    words_only.dedup();
    let (mut known, mut counts) = (Vec::new(), Vec::new());
    for same in all.chunk_by(|a, b| a == b) {
        known.push(same[0]);
        counts.push(same.len() as u32);
    }
    let is_word: Vec<bool> =
        known.iter().map(|key| words_only.binary_search(key).is_ok()).collect();
    let idf = counts.iter().map(|&count| inverse_frequency(rows.len() as u32, count)).collect();
    let vocabulary = Vocabulary { dictionary: Dictionary::new(known), idf, grams };
    let (mut scratch, mut features) = (Scratch::default(), Vec::new());
    let mut matrix = Matrix { vocabulary, shared: Vec::new(), rows: Vec::new(), alone: Vec::new() };
    for (number, row) in (0..).zip(rows) {
        matrix.vocabulary.weigh(&row.text, &row.words(), BLOCKS, &mut scratch, &mut features);
        let start = matrix.shared.len();
        let mut found =
            MatrixRow { start, middle: start, end: start, squares: [0.0; 2], alone: 0.0 };
        for &(feature, weight) in &features {
            if counts[feature as usize] == 1 {
                matrix.alone.push((number, feature, weight));
                found.alone += weight * weight;
                continue;
            }
            matrix.shared.push((feature, weight));
            if is_word[feature as usize] {
                found.middle = matrix.shared.len();
                found.squares[0] += weight * weight;
            } else {
                found.squares[1] += weight * weight;
            }
        }
        found.end = matrix.shared.len();
        matrix.rows.push(found);
    }
    matrix
}

/// Trains on rows, weighing each row's cost; `scenarios` has the scenario of each
/// intent.
pub(crate) fn train_intents(
    rows: &[Row],
    costs: &[Cost],
    scenarios: &[u16],
    grams: Grams,
    settings: &IntentSettings,
) -> TrainedIntents {
    let matrix = vectorise(rows, grams);
    let mut machine = Machine::new(matrix.vocabulary.dictionary.len(), scenarios, rows.len());
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    for pass in 0..settings.passes {
        shuffle(&mut order, settings.seed.wrapping_add(pass as u64));
        let mut furthest = 0.0f32;
        for &row in &order {
            let number = row as usize;
            let target = usize::from(rows[number].intent);
            costs[number].fill(target, &mut machine.ridges);
            machine.ridges.iter_mut().for_each(|cost| *cost = 0.5 / (settings.cost * *cost));
            furthest = furthest.max(machine.step(&matrix, number, target));
        }
        if furthest < settings.tolerance {
            break;
        }
    }
    let targets: Vec<u16> = rows.iter().map(|row| row.intent).collect();
    machine.fold();
    let left_out = machine.left_out(&matrix);
    let sharpness = sharpness(&left_out, &targets, scenarios.len());
    TrainedIntents { model: machine.quantise(matrix, sharpness, settings), left_out }
}

/// The state of the descent.
struct Machine {
    classes: usize,
    /// The column of each class's scenario; those come after the classes.
    scenarios: Vec<usize>,
    /// Columns, rounded up so that rows are whole vectors.
    width: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// Dual variables, `width` a row, with the sign of what they are for.
    duals: Vec<f32>,
    margins: Vec<f32>,
    /// Of the row at hand: 1 for its intent and scenario, -1 for all others.
    signs: Vec<f32>,
    steps: Vec<f32>,
    /// Of the row at hand: what each dual variable is held back by.
    ridges: Vec<f32>,
}

impl Machine {
    fn new(features: usize, scenarios: &[u16], rows: usize) -> Self {
        let classes = scenarios.len();
        let scenarios: Vec<usize> =
            scenarios.iter().map(|scenario| classes + usize::from(*scenario)).collect();
        let columns = scenarios.iter().max().map_or(classes, |last| last + 1);
        let width = columns.next_multiple_of(8);
        Machine {
            classes,
            scenarios,
            width,
            weights: vec![0.0; features * width],
            bias: vec![0.0; width],
            duals: vec![0.0; rows * width],
            margins: vec![0.0; width],
            signs: vec![-1.0; width],
            steps: vec![0.0; width],
            ridges: vec![0.0; width],
        }
    }

    /// Moves the dual variables of a row to their optimum; returns how far
    /// the furthest was from it.
    fn step(&mut self, matrix: &Matrix, number: usize, target: usize) -> f32 {
        let row = &matrix.rows[number];
        let features = &matrix.shared[row.start..row.end];
        self.margins.copy_from_slice(&self.bias);
        add_rows(&self.weights, self.width, features, &mut self.margins);
        self.signs.fill(-1.0);
        (self.signs[target], self.signs[self.scenarios[target]]) = (1.0, 1.0);
        let own = 1.0 + row.squares[0] + row.squares[1] + row.alone;
        let duals = &mut self.duals[number * self.width..][..self.width];
        let mut furthest = 0.0f32;
        for (column, &dual) in duals.iter().enumerate() {
            let (sign, ridge) = (self.signs[column], self.ridges[column]);
            let (dual, curvature) = (sign * dual, own + ridge);
            let gradient = sign * self.margins[column] - 1.0 + (ridge + row.alone) * dual;
            let moved = (dual - gradient / curvature).max(0.0);
            let step = moved - dual;
            self.steps[column] = step * sign;
            furthest = furthest.max(step.abs() * curvature);
        }
        // What is as good as there is left alone.
        if furthest <= 1e-3 {
            return furthest;
        }
        for (dual, step) in duals.iter_mut().zip(&self.steps) {
            *dual += step;
        }
        for (bias, step) in self.bias.iter_mut().zip(&self.steps) {
            *bias += step;
        }
        for &(feature, weight) in features {
            let row = &mut self.weights[feature as usize * self.width..][..self.width];
            for (value, step) in row.iter_mut().zip(&self.steps) {
                *value += weight * step;
            }
        }
        furthest
    }

    /// Adds what finds a scenario to what finds each of its intents.
    fn fold(&mut self) {
        let parts = [&mut self.weights, &mut self.duals, &mut self.bias];
        for row in parts.into_iter().flat_map(|part| part.chunks_exact_mut(self.width)) {
            let (classes, of_scenarios) = row.split_at_mut(self.classes);
            for (value, scenario) in classes.iter_mut().zip(&self.scenarios) {
                *value += of_scenarios[scenario - self.classes];
            }
        }
    }

    /// What the margins of each training row would be without it: the features
    /// that it alone has would be unknown, and some of its own part would be
    /// missing ([`OWN_PART`]).
    fn left_out(&self, matrix: &Matrix) -> Vec<f32> {
        let mut all = Vec::with_capacity(matrix.rows.len() * self.classes);
        let mut part = vec![0.0; self.width];
        for (number, row) in matrix.rows.iter().enumerate() {
            self.margins_of(matrix, row, &mut part);
            let lengths = row.squares.map(f32::sqrt).into_iter().zip(BLOCKS);
            let scaled: f32 = 1.0 + lengths.map(|(length, block)| length * block).sum::<f32>();
            for (class, part) in part.iter().enumerate().take(self.classes) {
                let own = self.duals[number * self.width + class] * scaled;
                all.push(part - OWN_PART * own);
            }
        }
        all
    }

    /// The margins of a row's shared features, each block as long as if there were
    /// no others.
    fn margins_of(&self, matrix: &Matrix, row: &MatrixRow, out: &mut [f32]) {
        out.copy_from_slice(&self.bias);
        let mut block = vec![0.0; self.width];
        let ranges = [row.start..row.middle, row.middle..row.end];
        for ((range, square), length) in ranges.into_iter().zip(row.squares).zip(BLOCKS) {
            let factor = length / square.sqrt().max(1e-3);
            block.fill(0.0);
            add_rows(&self.weights, self.width, &matrix.shared[range], &mut block);
            for (sum, value) in out.iter_mut().zip(&block) {
                *sum += value * factor;
            }
        }
    }

    /// The model, with the features that weigh most.
    fn quantise(self, matrix: Matrix, sharpness: f32, settings: &IntentSettings) -> IntentModel {
        let mut table = Table { classes: self.classes, weights: Vec::new() };
        let count = matrix.vocabulary.dictionary.len();
        // Row and scale of each feature.
        let mut features: Vec<(u32, f32)> = vec![(u32::MAX, 0.0); count];
        let mut shared: Vec<(f32, u32)> = Vec::new();
        let mut single = vec![false; count];
        matrix.alone.iter().for_each(|&(_, feature, _)| single[feature as usize] = true);
        for feature in (0..count as u32).filter(|&feature| !single[feature as usize]) {
            let row = &self.weights[feature as usize * self.width..][..self.classes];
            let most = row.iter().fold(0.0f32, |most, weight| most.max(weight.abs()));
            shared.push((most * matrix.vocabulary.idf[feature as usize], feature));
        }
        keep_largest(&mut shared, settings.most_rows);
        for &(_, feature) in &shared {
            let row = &self.weights[feature as usize * self.width..][..self.classes];
            features[feature as usize] = table.push(row);
        }
        let mut alone: Vec<(f32, u32)> = Vec::new();
        let mut last = (u32::MAX, (0, 0.0));
        for &(number, feature, weight) in &matrix.alone {
            if last.0 != number {
                let duals = &self.duals[number as usize * self.width..][..self.classes];
                last = (number, table.push(duals));
            }
            features[feature as usize] = (last.1.0, last.1.1 * weight);
            alone.push((last.1.1 * weight, feature));
        }
        keep_largest(&mut alone, settings.most_features.saturating_sub(shared.len()));
        let mut kept: Vec<u32> = shared.iter().chain(&alone).map(|&(_, feature)| feature).collect();
        kept.sort_unstable();
        let mut rows: Vec<u32> = kept.iter().map(|&feature| features[feature as usize].0).collect();
        table.keep(&mut rows);
        let keys = matrix.vocabulary.dictionary.keys();
        let of = |values: &dyn Fn(usize) -> f32| -> Vec<f32> {
            kept.iter().map(|&feature| short(values(feature as usize))).collect()
        };
        IntentModel {
            classes: self.classes,
            bias: self.bias[..self.classes].to_vec(),
            rows,
            scales: of(&|feature| features[feature].1),
            weights: table.weights,
            sharpness,
            vocabulary: Vocabulary {
                dictionary: Dictionary::new(kept.iter().map(|&f| keys[f as usize]).collect()),
                idf: of(&|feature| matrix.vocabulary.idf[feature]),
                grams: matrix.vocabulary.grams,
            },
        }
    }
}

/// A number with the 16 bits that files keep (bfloat16).
fn short(value: f32) -> f32 {
    f32::from_bits(value.to_bits().wrapping_add(0x8000) & 0xffff_0000)
}

/// Keeps the `most` largest, by value and then by number.
fn keep_largest(items: &mut Vec<(f32, u32)>, most: usize) {
    if items.len() > most {
        items.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        items.truncate(most);
        items.sort_unstable_by_key(|item| item.1);
    }
}

/// Rows of weights as bytes.
struct Table {
    classes: usize,
    weights: Vec<i8>,
}

impl Table {
    /// Adds a row; returns its number and scale.
    fn push(&mut self, row: &[f32]) -> (u32, f32) {
        let number = (self.weights.len() / self.classes.max(1)) as u32;
        let scale = row.iter().fold(0.0f32, |most, weight| most.max(weight.abs())) / 127.0;
        let divisor = if scale > 0.0 { scale } else { 1.0 };
        self.weights.extend(row.iter().map(|weight| (weight / divisor).round() as i8));
        (number, scale)
    }
}

impl Table {
    /// Keeps the rows with these numbers only, and numbers them anew.
    fn keep(&mut self, numbers: &mut [u32]) {
        let mut kept = numbers.to_vec();
        kept.sort_unstable();
        kept.dedup();
        let row = |number: &u32| {
            let start = *number as usize * self.classes;
            self.weights[start..start + self.classes].iter().copied()
        };
        self.weights = kept.iter().flat_map(row).collect();
        for number in numbers {
            *number = kept.partition_point(|known| *known < *number) as u32;
        }
    }
}

/// Adds the weights of features to margins.
#[inline]
fn add_rows(weights: &[f32], width: usize, features: &[Weighted], margins: &mut [f32]) {
    for &(feature, weight) in features {
        let row = &weights[feature as usize * width..][..width];
        for (margin, value) in margins.iter_mut().zip(row) {
            *margin += weight * value;
        }
    }
}

/// The factor that makes probabilities of margins: the one with the least
/// cross-entropy on rows left out, among steps of a fifth from 1 to 12.
fn sharpness(left_out: &[f32], targets: &[u16], classes: usize) -> f32 {
    let mut best = (f64::INFINITY, 4.0);
    let mut row_margins = Vec::new();
    for step in 5..=60 {
        let factor = step as f32 / 5.0;
        let mut loss = 0.0;
        for (margins, &target) in left_out.chunks_exact(classes).zip(targets).step_by(4) {
            row_margins.clear();
            row_margins.extend_from_slice(margins);
            softmax(&mut row_margins, factor);
            loss -= f64::from(row_margins[usize::from(target)].max(1e-9)).ln();
        }
        if loss < best.0 {
            best = (loss, factor);
        }
    }
    best.1
}

/// The share of rows whose largest margin is their class.
pub(crate) fn accuracy(margins: &[f32], targets: &[u16], classes: usize) -> f64 {
    let right = margins.chunks_exact(classes).zip(targets);
    let right = right.filter(|(row, target)| largest(row) == usize::from(**target)).count();
    right as f64 / targets.len().max(1) as f64
}
