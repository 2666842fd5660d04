//! Equality of logits up to a tolerance.

use ndarray::ArrayD;

/// Expected values, and how far others may be from them.
#[derive(Debug, Clone)]
pub(crate) struct Near {
    values: ArrayD<f32>,
    tolerance: f32,
    mask: Option<ArrayD<i64>>,
}

/// The largest difference that is too large, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub(crate) at: Vec<usize>,
    pub(crate) expected: f32,
    pub(crate) found: f32,
}

impl Near {
    /// These values, give or take `tolerance`.
    pub(crate) fn new(values: ArrayD<f32>, tolerance: f32) -> Self {
        Near { values, tolerance, mask: None }
    }

    /// Counts only positions whose `mask` [batch, sequence] is 1: what stands
    /// where the padding was is arbitrary.
    pub(crate) fn where_attended(self, mask: &ArrayD<i64>) -> Self {
        Near { mask: Some(mask.clone()), ..self }
    }

    /// Where `found` is too far off; none if it is near enough everywhere.
    pub(crate) fn difference(&self, found: &ArrayD<f32>) -> Option<Difference> {
        assert_eq!(self.values.shape(), found.shape(), "the shapes differ");
        let mut worst: Option<(f32, Difference)> = None;
        for (at, &expected) in self.values.indexed_iter() {
            let at: Vec<usize> = (0..self.values.ndim()).map(|axis| at[axis]).collect();
            if self.mask.as_ref().is_some_and(|mask| mask[[at[0], at[1]]] == 0) {
                continue;
            }
            let found = found[at.as_slice()];
            let distance = (expected - found).abs();
            // Not a number is far from everything.
            if distance <= self.tolerance {
                continue;
            }
            let worse = worst.as_ref().is_none_or(|(worst, _)| distance.total_cmp(worst).is_gt());
            if worse {
                worst = Some((distance, Difference { at, expected, found }));
            }
        }
        worst.map(|(_, difference)| difference)
    }
}

#[test]
fn what_is_too_far_off_is_found_and_padding_is_not_looked_at() {
    use ndarray::arr2;
    let near = Near::new(arr2(&[[1.0, 2.0], [3.0, 4.0]]).into_dyn(), 0.1);
    assert_eq!(near.difference(&arr2(&[[1.05, 2.0], [3.0, 3.95]]).into_dyn()), None);
    let off = arr2(&[[1.2, 2.0], [3.0, f32::NAN]]).into_dyn();
    let found = near.difference(&off).unwrap();
    assert_eq!((found.at.as_slice(), found.expected), ([1, 1].as_slice(), 4.0));
    let masked = near.where_attended(&arr2(&[[1, 1], [1, 0]]).into_dyn());
    assert_eq!(masked.difference(&off).unwrap().at, [0, 0]);
}
