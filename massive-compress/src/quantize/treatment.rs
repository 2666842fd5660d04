//! What becomes of each matrix: zeros, rounding, and a term that makes up for both.

use std::rc::Rc;

use super::matrix::{self, Matrix, Treated};
use super::rewritten::Rewritten;
use super::{OutputError, Plan, Quantized, Weights, block, half};
use crate::compensate::{Seen, matrix_of, term};
use crate::error::{Error, Result};
use crate::onnx::message::NodeProto;
use crate::prune::{Method, prune};

/// The plan at work, and what it cost so far.
pub(crate) struct Treatment<'a> {
    plan: &'a Plan<'a>,
    /// What is known of the activations that were last asked for: matrices that read
    /// the same ones stand side by side.
    last: Option<(String, Rc<Seen>)>,
    weights: u64,
    zeros: u64,
    whole: f64,
    rounded: f64,
    compensated: f64,
}

impl<'a> Treatment<'a> {
    pub(crate) fn new(plan: &'a Plan<'a>) -> Self {
        Treatment {
            plan,
            last: None,
            weights: 0,
            zeros: 0,
            whole: 0.0,
            rounded: 0.0,
            compensated: 0.0,
        }
    }

    /// Stores a matrix as the plan says.
    pub(crate) fn apply(
        &mut self,
        matrix: &Matrix<'_>,
        node: &NodeProto,
        made: &mut Rewritten,
    ) -> Result<()> {
        let mut treated = self.treat(matrix).map_err(|error| error.at(node.shown()))?;
        match self.plan.weights {
            Some(Weights::Int8 { reduce_range }) => {
                matrix.store_int8(&treated, steps_of_int8(reduce_range), made);
            }
            Some(Weights::Int4 { block }) => block::store(matrix, &treated, block, made),
            Some(Weights::Fp16) => half::store(matrix, &treated, made)?,
            Some(Weights::Simulated { .. }) | None => {
                treated.columns = self.as_stored(treated.columns);
                matrix.store_float(node, &treated, made);
            }
        }
        Ok(())
    }

    fn treat(&mut self, matrix: &Matrix<'_>) -> Result<Treated> {
        let mut columns = matrix.columns()?;
        let seen = self.seen(matrix.input);
        let original = (seen.is_some() || self.plan.compensate.is_some()).then(|| columns.clone());
        if let Some(how) = self.plan.prune {
            let norms = match (how.method, &seen) {
                (Method::Magnitude, _) => vec![1.0; matrix.inputs],
                (Method::Wanda, Some(seen)) => {
                    seen.mean_squares().into_iter().map(f64::sqrt).collect()
                }
                (Method::Wanda, None) => {
                    return Err(Error::new("its activations were not seen in calibration"));
                }
            };
            prune(&mut columns, how, &norms);
            self.zeros += columns.iter().flatten().filter(|&&value| value == 0.0).count() as u64;
        }
        self.weights += (matrix.inputs * matrix.outputs) as u64;
        let Some(original) = original else { return Ok(Treated { columns, term: None }) };
        let original = matrix_of(&original);
        let mut lost = &original - &matrix_of(&self.as_stored(columns.clone()));
        if let Some(seen) = &seen {
            self.whole += seen.squares(&original);
            self.rounded += seen.squares(&lost);
        }
        let Some(how) = self.plan.compensate else { return Ok(Treated { columns, term: None }) };
        let found = term(&lost, seen.as_deref(), how)?;
        if let Some(seen) = &seen {
            lost -= &half::as_stored(&found.a).dot(&half::as_stored(&found.b));
            self.compensated += seen.squares(&lost);
        }
        Ok(Treated { columns, term: Some(found) })
    }

    /// What is known of the activations of a value.
    fn seen(&mut self, name: &str) -> Option<Rc<Seen>> {
        if let Some((last, seen)) = &self.last
            && last == name
        {
            return Some(Rc::clone(seen));
        }
        let seen = Seen::of(self.plan.activations?.get(name)?);
        self.last = Some((name.to_owned(), Rc::clone(&seen)));
        Some(seen)
    }

    /// The values that columns have once they are stored and read again.
    fn as_stored(&self, columns: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        match self.plan.weights {
            None => columns,
            Some(Weights::Fp16) => half::rounded_columns(&columns),
            Some(Weights::Int8 { reduce_range }) => {
                matrix::rounded_columns(&columns, steps_of_int8(reduce_range))
            }
            Some(Weights::Int4 { block }) => block::rounded_columns(&columns, 4, block),
            Some(Weights::Simulated { bits, block }) => {
                block::rounded_columns(&columns, bits, block)
            }
        }
    }

    /// The same report with what was lost.
    pub(crate) fn finish(self, done: Quantized) -> Quantized {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let zeros = self.plan.prune.map(|_| share(self.zeros as f64, self.weights as f64));
        let error = self.plan.activations.map(|_| OutputError {
            rounded: share(self.rounded, self.whole),
            compensated: self.plan.compensate.map(|_| share(self.compensated, self.whole)),
        });
        Quantized { zeros, error, ..done }
    }
}

/// How many steps there are from zero to the largest weight.
fn steps_of_int8(reduce_range: bool) -> f32 {
    if reduce_range { 63.0 } else { 127.0 }
}
