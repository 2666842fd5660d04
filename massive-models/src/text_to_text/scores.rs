//! From logits to the ids that are worth following.

use crate::error::{Error, Result};

/// Numbers that are looked at side by side. Sums and maxima of floating-point
/// numbers stay in the order they are written in, so compilers use vector
/// instructions only where that order is by lanes.
const LANES: usize = 16;

/// The highest of a row of logits: its place and its value. Of equals the first.
///
/// # Errors
/// A logit that is not a number, or all of them minus infinity.
pub(super) fn highest(logits: &[f32]) -> Result<(usize, f32)> {
    let highest = maximum(logits)?;
    let place = logits.iter().position(|&logit| logit == highest);
    Ok((place.unwrap_or_default(), highest))
}

/// The `count` highest of a row, highest first; of equals the first.
pub(super) fn top(logits: &[f32], count: usize) -> Vec<(usize, f32)> {
    let mut top: Vec<(usize, f32)> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (id, &logit) in logits.iter().enumerate() {
        if logit > least {
            let place = top.partition_point(|&(_, other)| other >= logit);
            top.insert(place, (id, logit));
            top.truncate(count);
            if top.len() == count {
                least = top.last().map_or(least, |&(_, logit)| logit);
            }
        }
    }
    top
}

/// The logarithm of the sum of exponentials: what is subtracted from logits to
/// make them log-probabilities.
///
/// # Errors
/// A logit that is not a number.
pub(super) fn log_sum_exp(logits: &[f32]) -> Result<f32> {
    let max = maximum(logits)?;
    // Sums of pieces, so that a large vocabulary costs no precision.
    let sum: f64 = logits
        .chunks(256 * LANES)
        .map(|piece| {
            let (chunks, rest) = piece.as_chunks::<LANES>();
            let mut sums = [0.0; LANES];
            for chunk in chunks {
                for (sum, logit) in sums.iter_mut().zip(chunk) {
                    *sum += exp(logit - max);
                }
            }
            let rest: f32 = rest.iter().map(|logit| exp(logit - max)).sum();
            f64::from(sums.iter().sum::<f32>() + rest)
        })
        .sum();
    Ok(max + sum.ln() as f32)
}

/// The highest value.
fn maximum(logits: &[f32]) -> Result<f32> {
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut broken = [false; LANES];
    for chunk in chunks {
        for ((highest, broken), &logit) in lanes.iter_mut().zip(&mut broken).zip(chunk) {
            *highest = if logit > *highest { logit } else { *highest };
            *broken |= logit.is_nan();
        }
    }
    if broken.contains(&true) || rest.iter().any(|logit| logit.is_nan()) {
        return Err(Error::inference(
            "the decoder's logits are not numbers (NaN): the model is broken, or its precision is \
             too low for this device",
        ));
    }
    let max = lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    if !max.is_finite() {
        return Err(Error::inference("the decoder's logits are infinite"));
    }
    Ok(max)
}

/// The exponential of a number up to 0, to a few units in the last place.
///
/// The standard library's is a call for every number, and a vocabulary has a
/// quarter of a million; this one is arithmetic only, which compilers turn into
/// vector instructions. It is 2 to the whole part, made of exponent bits, times
/// a polynomial for the rest (Cephes' coefficients).
#[inline]
fn exp(x: f32) -> f32 {
    /// Adding and subtracting it rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > -87.0 { x } else { -87.0 };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * LN_2_HIGH - whole * LN_2_LOW;
    let mut sum = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = sum * rest + coefficient;
    }
    // The last bits of the shifted number are the whole one.
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    (sum * rest * rest + rest + 1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        for step in 0..87_000 {
            let x = -step as f32 / 1000.0;
            let (found, wanted) = (exp(x), x.exp());
            assert!((found - wanted).abs() <= 4e-7 * wanted, "{x}: {found} is not {wanted}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn log_probabilities_of_a_row_sum_to_one() {
        let logits: Vec<f32> = (0..250_112_u32)
            .map(|id| (id.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e6 - 8.0)
            .collect();
        let sum = log_sum_exp(&logits).unwrap();
        let total: f64 = logits.iter().map(|&logit| f64::from(logit - sum).exp()).sum();
        assert!((total - 1.0).abs() < 2e-6, "{total}");
    }

    #[test]
    fn the_best_are_found_in_order_and_of_equals_the_first() {
        let logits = [1.0, 5.0, 5.0, f32::NEG_INFINITY, 7.0, 2.0];
        assert_eq!(highest(&logits).unwrap(), (4, 7.0));
        assert_eq!(highest(&logits[..4]).unwrap(), (1, 5.0));
        assert_eq!(top(&logits, 3), [(4, 7.0), (1, 5.0), (2, 5.0)]);
        assert_eq!(top(&logits, 9).len(), 5);
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for search in
            [|row: &[f32]| highest(row).map(drop), |row: &[f32]| log_sum_exp(row).map(drop)]
        {
            let error = search(&[1.0, f32::NAN]).unwrap_err();
            assert!(error.to_string().contains("NaN"), "{error}");
            assert!(search(&[f32::NEG_INFINITY; 2]).is_err());
        }
    }
}
