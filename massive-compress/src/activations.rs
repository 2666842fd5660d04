//! Activations, as far as compression needs to know them.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayD};

use crate::error::{Error, Result};

/// Moments of the activations that a matrix reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// How many activations were seen.
    pub count: u64,
    /// Σ x·xᵀ, an element for each pair of inputs of the matrix.
    pub products: Array2<f32>,
    /// For each input, the largest of the utterances' means of its absolute value.
    pub largest_means: Vec<f32>,
}

/// Moments by the name of the value in the graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activations {
    of: BTreeMap<String, Moments>,
}

impl Activations {
    /// The moments of a value.
    pub fn get(&self, name: &str) -> Option<&Moments> {
        self.of.get(name)
    }

    /// Adds the activations of one utterance: the last axis is what a matrix reads.
    ///
    /// # Errors
    /// Another width than before, or activations that are not finite.
    pub fn add(&mut self, name: &str, array: &ArrayD<f32>) -> Result<()> {
        let width = array.shape().last().copied().unwrap_or(0);
        let moments = self.of.entry(name.to_owned()).or_insert_with(|| Moments {
            count: 0,
            products: Array2::zeros((width, width)),
            largest_means: vec![0.0; width],
        });
        let count = array.len().checked_div(width).unwrap_or(0);
        let rows = array.to_shape((count, width)).ok();
        let Some(rows) = rows.filter(|_| moments.largest_means.len() == width) else {
            return Err(Error::new(format!(
                "value `{name}` has the shape {:?}; {} numbers were expected at its end",
                array.shape(),
                moments.largest_means.len()
            )));
        };
        if rows.iter().any(|value| !value.is_finite()) {
            return Err(Error::new(format!(
                "value `{name}` is not finite for a row of the calibration text; is the model \
                 damaged?"
            )));
        }
        moments.count += count as u64;
        moments.products += &rows.t().dot(&rows);
        for (largest, column) in moments.largest_means.iter_mut().zip(rows.columns()) {
            let sum: f32 = column.iter().map(|value| value.abs()).sum();
            *largest = largest.max(sum / count.max(1) as f32);
        }
        Ok(())
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}
