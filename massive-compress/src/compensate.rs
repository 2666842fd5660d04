//! Low-rank terms that make up for what rounding loses.
//!
//! With x·W for a matrix W (inputs × outputs) and E = W − Wq for what rounding lost,
//! x·Wq + (x·A)·B is computed instead. A·B is the best approximation of E of a rank in
//! the norm of S·E: SVD(S·E) = U·Σ·Vᵀ, A = S⁻¹·U, B = Σ·Vᵀ. What S is, is the method:
//!
//! | | S |
//! |---|---|
//! | [`Init::Svd`] | 1 (ZeroQuant-V2, arXiv 2303.08302) |
//! | [`Init::Lqer`] | the largest of the utterances' mean absolute activations, divided by √(min·max) (arXiv 2402.02446) |
//! | [`Init::Qera`] | E\[x·xᵀ\]^½ (QERA's exact form, arXiv 2410.06040): the least error of outputs |
//! | [`Init::Quailora`] | none: A and B in turn, each the best for the other, from the SVD of E on (QuAILoRA, arXiv 2410.14713) |
//!
//! For QERA any S with SᵀS = E\[x·xᵀ\] gives the same A·B; it is the transposed
//! Cholesky factor here, which is cheaper than the root.

use std::rc::Rc;

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::activations::Moments;
use crate::algebra::{Dense, cholesky, low_rank, solve, solve_transposed};
use crate::error::{Error, Result};

/// How the low-rank term is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// From the weights alone.
    Svd,
    /// With the largest means of the activations.
    Lqer,
    /// With the second moments of the activations, in closed form.
    Qera,
    /// With the second moments, by turns.
    Quailora,
}

impl Init {
    /// Whether activations have to be seen for it.
    pub fn needs_activations(self) -> bool {
        self != Init::Svd
    }
}

/// A low-rank term beside each matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compensation {
    /// Its rank.
    pub rank: usize,
    /// How it is found.
    pub init: Init,
}

/// Moments are sums in 32 bits: what is below this share of them is not known.
const RIDGE: f64 = 1e-5;

/// How often A and B take turns.
const TURNS: usize = 20;

/// A·B.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Inputs × rank.
    pub a: Array2<f32>,
    /// Rank × outputs.
    pub b: Array2<f32>,
}

/// What is known of the activations of one value, for the matrices that read it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// E[x·xᵀ].
    mean_products: Dense,
    /// Its lower triangle.
    triangle: Dense,
    lqer: Vec<f64>,
}

impl Seen {
    pub(crate) fn of(moments: &Moments) -> Rc<Seen> {
        let count = moments.count.max(1) as f64;
        let mean_products = moments.products.mapv(|value| f64::from(value) / count);
        let means: Vec<f64> =
            moments.largest_means.iter().map(|&mean| f64::from(mean).max(1e-4)).collect();
        let least = means.iter().copied().fold(f64::INFINITY, f64::min);
        let middle = (least * means.iter().copied().fold(0.0, f64::max)).sqrt();
        Rc::new(Seen {
            triangle: cholesky(&mean_products, RIDGE),
            mean_products,
            lqer: means.iter().map(|mean| mean / middle).collect(),
        })
    }

    /// E[x_j²] of each input.
    pub(crate) fn mean_squares(&self) -> Vec<f64> {
        self.mean_products.diag().iter().map(|&value| value.max(0.0)).collect()
    }

    /// tr(EᵀCE): the mean squared error of the outputs, summed.
    pub(crate) fn squares(&self, lost: &Dense) -> f64 {
        (&self.mean_products.dot(lost) * lost).sum()
    }

    fn inputs(&self) -> usize {
        self.lqer.len()
    }
}

/// Columns, one an output, as a matrix of inputs × outputs.
pub(crate) fn matrix_of(columns: &[Vec<f32>]) -> Dense {
    let inputs = columns.first().map_or(0, Vec::len);
    Dense::from_shape_fn((inputs, columns.len()), |(input, output)| {
        f64::from(columns[output][input])
    })
}

/// The term for what was lost of a matrix (inputs × outputs).
///
/// # Errors
/// No activations where the method needs them.
pub(crate) fn term(lost: &Dense, seen: Option<&Seen>, how: Compensation) -> Result<Term> {
    let needed = || {
        seen.filter(|seen| seen.inputs() == lost.nrows()).ok_or_else(|| {
            Error::new("the activations that a matrix reads were not seen in calibration")
        })
    };
    let (a, b) = match how.init {
        Init::Svd => low_rank(lost, how.rank),
        Init::Lqer => scaled(lost, &needed()?.lqer, how.rank),
        Init::Qera => {
            let triangle = &needed()?.triangle;
            let (left, right) = low_rank(&triangle.t().dot(lost), how.rank);
            (solve_transposed(triangle, &left), right)
        }
        Init::Quailora => by_turns(lost, &needed()?.mean_products, how.rank),
    };
    let (a, b) = balanced(a, b.t().to_owned());
    Ok(Term { a: a.mapv(|value| value as f32), b: b.mapv(|value| value as f32) })
}

/// The factors with a diagonal S.
fn scaled(lost: &Dense, scales: &[f64], rank: usize) -> (Dense, Dense) {
    let by_row = |mut matrix: Dense, factor: &dyn Fn(f64) -> f64| {
        for (mut row, &scale) in matrix.axis_iter_mut(Axis(0)).zip(scales) {
            row *= factor(scale);
        }
        matrix
    };
    let (left, right) = low_rank(&by_row(lost.clone(), &|scale| scale), rank);
    (by_row(left, &|scale| 1.0 / scale), right)
}

/// A and V of A·Vᵀ, each in turn the best for the other: V = EᵀC·A·(AᵀCA)⁻¹, and
/// A = E·V·(VᵀV)⁻¹.
fn by_turns(lost: &Dense, c: &Dense, rank: usize) -> (Dense, Dense) {
    let right_of = |a: &Dense| {
        let ca = c.dot(a);
        solve(&a.t().dot(&ca), &ca.t().dot(lost)).t().to_owned()
    };
    let (mut a, _) = low_rank(lost, rank);
    for _ in 0..TURNS {
        let v = right_of(&a);
        a = solve(&v.t().dot(&v), &lost.dot(&v).t().to_owned()).t().to_owned();
    }
    // The last word is that of the activations.
    let v = right_of(&a);
    (a, v)
}

/// The same product with factors of the same size, which 16 bits hold best.
fn balanced(mut a: Dense, mut b: Dense) -> (Dense, Dense) {
    let largest = |values: ndarray::ArrayView1<'_, f64>| {
        values.iter().fold(0.0f64, |most, value| most.max(value.abs()))
    };
    for (mut column, mut row) in a.columns_mut().into_iter().zip(b.rows_mut()) {
        let (of_a, of_b) = (largest(column.view()), largest(row.view()));
        if of_a > 0.0 && of_b > 0.0 {
            let factor = (of_b / of_a).sqrt();
            column *= factor;
            row /= factor;
        }
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayD;

    use super::*;
    use crate::activations::Activations;

    /// Numbers that are the same each time.
    fn numbers(shape: (usize, usize), seed: u64) -> Dense {
        let mut state = seed;
        Dense::from_shape_simple_fn(shape, || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1u32 << 30) - 1.0
        })
    }

    /// Activations that lie mostly in a few directions, some of them large.
    fn activations() -> (Dense, Rc<Seen>) {
        let mut mix = numbers((6, 24), 7);
        for (at, mut column) in mix.columns_mut().into_iter().enumerate() {
            column *= if at % 8 == 0 { 9.0 } else { 1.0 };
        }
        let x = numbers((200, 6), 3).dot(&mix) + numbers((200, 24), 5) * 0.05;
        let mut activations = Activations::default();
        for some in x.axis_chunks_iter(Axis(0), 20) {
            let some: ArrayD<f32> = some.mapv(|value| value as f32).into_dyn();
            activations.add("x", &some).unwrap();
        }
        (x, Seen::of(activations.get("x").unwrap()))
    }

    /// The error of the outputs that is left, on the activations themselves.
    fn left(x: &Dense, lost: &Dense, term: &Term) -> f64 {
        let made = term.a.mapv(f64::from).dot(&term.b.mapv(f64::from));
        x.dot(&(lost - &made)).iter().map(|value| value * value).sum()
    }

    #[test]
    fn moments_give_the_error_of_the_outputs() {
        let (x, seen) = activations();
        let lost = numbers((24, 10), 1);
        let outputs: f64 = x.dot(&lost).iter().map(|value| value * value).sum();
        assert!((seen.squares(&lost) * 200.0 / outputs - 1.0).abs() < 1e-4);
    }

    #[test]
    fn the_closed_form_leaves_the_least_error_of_outputs() {
        let (x, seen) = activations();
        let lost = numbers((24, 10), 1);
        let of = |init| {
            let found = term(&lost, Some(&seen), Compensation { rank: 3, init }).unwrap();
            assert_eq!((found.a.dim(), found.b.dim()), ((24, 3), (3, 10)));
            left(&x, &lost, &found)
        };
        let [svd, lqer, qera, turns] = [Init::Svd, Init::Lqer, Init::Qera, Init::Quailora].map(of);
        assert!(qera < 0.7 * svd && qera < lqer, "{qera} {lqer} {svd}");
        // Turns get there, never beyond.
        assert!(turns < svd && turns > 0.999 * qera, "{turns} {qera}");
        // Nor does anything near it.
        let best = term(&lost, Some(&seen), Compensation { rank: 3, init: Init::Qera }).unwrap();
        for seed in 0..20 {
            let mut other = best.clone();
            other.a += &numbers((24, 3), seed).mapv(|value| 0.002 * value as f32);
            assert!(left(&x, &lost, &other) > 0.9999 * qera);
        }
    }

    #[test]
    fn what_needs_activations_says_so() {
        let lost = numbers((24, 10), 1);
        let how = Compensation { rank: 3, init: Init::Qera };
        let error = term(&lost, None, how).unwrap_err().to_string();
        assert!(error.contains("not seen in calibration"), "{error}");
        assert!(term(&lost, None, Compensation { init: Init::Svd, ..how }).is_ok());
    }
}
