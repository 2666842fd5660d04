//! What greedy and beam search have in common.

use ndarray::Array2;
use rayon::prelude::*;

use super::constraint::{Constraint, Cursor, Plan};
use crate::error::{Error, Result};

/// How outputs are searched for.
pub(super) struct Search<'a> {
    /// The id that every output starts after.
    pub(super) start: i64,
    /// The id that ends an output.
    pub(super) end: u32,
    /// The most ids of an output, the start and the end included.
    pub(super) max_length: usize,
    /// What outputs are held to, with a plan for each row. They end by
    /// themselves, so no length limit holds for them.
    pub(super) constraint: Option<(&'a Constraint, &'a [Plan])>,
    /// Whether greedy search computes probabilities, which it can do without.
    pub(super) probabilities: bool,
}

/// An output in ids.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The ids, without the start and the end.
    pub(super) ids: Vec<u32>,
    /// False if it was cut at the length limit.
    pub(super) finished: bool,
    /// The log-probability of each id and of the end, where they were computed.
    pub(super) log_probabilities: Vec<f32>,
    /// Their mean over the length, where they were computed.
    pub(super) score: Option<f32>,
    /// Whether the constraint forbade what greedy search would have taken; not
    /// known of beams.
    pub(super) constrained: Option<bool>,
}

impl Search<'_> {
    /// Whether an output of this length, the start included, ends here.
    pub(super) fn is_full(&self, length: usize) -> bool {
        self.constraint.is_none() && length >= self.max_length
    }

    /// Where the constraint of a row starts.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.constraint.map(|(constraint, _)| constraint.start())
    }

    /// Calls `found` with the ids that may come next in row `row` of the batch;
    /// returns false if all may.
    pub(super) fn each_allowed(
        &self,
        row: usize,
        cursor: Option<Cursor>,
        mut found: impl FnMut(u32),
    ) -> bool {
        let (Some((constraint, plans)), Some(cursor)) = (self.constraint, cursor) else {
            return false;
        };
        if let Some(plan) = plans.get(row) {
            constraint.allowed(plan, cursor).for_each(&mut found);
        }
        true
    }

    /// Where the constraint of a row is after an id.
    pub(super) fn advance(&self, row: usize, cursor: Option<Cursor>, id: u32) -> Option<Cursor> {
        let (constraint, plans) = self.constraint?;
        Some(constraint.advance(plans.get(row)?, cursor?, id))
    }
}

/// The logit of an id that a constraint allows.
pub(super) fn logit(logits: &[f32], id: u32) -> Result<f32> {
    logits.get(id as usize).copied().ok_or_else(|| {
        Error::model(format!(
            "the tokenizer does not fit the model: a label needs id {id}, and the decoder has {} \
             ids",
            logits.len()
        ))
    })
}

/// Numbers above which rows are looked through on several threads.
const MANY: usize = 1 << 19;

/// Calls `look` on each row with its number, in parallel where that pays.
pub(super) fn each_row<T: Send>(
    logits: &Array2<f32>,
    look: impl Fn(usize, &[f32]) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let (numbers, width) = (logits.len(), logits.ncols().max(1));
    let logits = logits.as_standard_layout();
    let Some(logits) = logits.as_slice() else {
        return Err(Error::inference("the decoder's logits cannot be read"));
    };
    if numbers < MANY {
        return logits.chunks(width).enumerate().map(|(row, logits)| look(row, logits)).collect();
    }
    logits.par_chunks(width).enumerate().map(|(row, logits)| look(row, logits)).collect()
}
