//! Slots of an utterance by the pattern of a similar one.

use crate::memory::values::Values;

/// What a neighbour says about the words of an utterance: for each the slot of
/// the neighbour's word that stands in its place.
///
/// Words are aligned by the least cost (Levenshtein's distance over words, where
/// exchanging two words of unlike value costs nearly as much as leaving both out);
/// a word without counterpart between two words of one chunk belongs to it.
pub(crate) fn project(
    words: &[&str],
    neighbour: &[&str],
    slots: &[u16],
    values: &Values,
) -> Vec<u16> {
    let (rows, columns) = (words.len() + 1, neighbour.len() + 1);
    let mut costs = vec![0.0f32; rows * columns];
    let exchange = |row: usize, column: usize| match words[row] == neighbour[column] {
        true => 0.0,
        false if slots[column] != 0 => 1.0 + values.strangeness(words[row], slots[column]),
        false => 1.6,
    };
    for (at, cost) in costs[..columns].iter_mut().enumerate() {
        *cost = at as f32;
    }
    for row in 1..rows {
        costs[row * columns] = row as f32;
        for column in 1..columns {
            let both = costs[(row - 1) * columns + column - 1] + exchange(row - 1, column - 1);
            let ours = costs[(row - 1) * columns + column] + 1.0;
            let theirs = costs[row * columns + column - 1] + 1.0;
            costs[row * columns + column] = both.min(ours).min(theirs);
        }
    }
    let mut found = vec![0u16; words.len()];
    // The chunk at the right of where we are, if we are inside one.
    let (mut row, mut column) = (words.len(), neighbour.len());
    while row > 0 && column > 0 {
        let here = costs[row * columns + column];
        if here == costs[(row - 1) * columns + column - 1] + exchange(row - 1, column - 1) {
            found[row - 1] = slots[column - 1];
            (row, column) = (row - 1, column - 1);
        } else if here == costs[(row - 1) * columns + column] + 1.0 {
            let inside = column < neighbour.len() && slots[column - 1] == slots[column];
            found[row - 1] = if inside { slots[column] } else { 0 };
            row -= 1;
        } else {
            column -= 1;
        }
    }
    found
}
