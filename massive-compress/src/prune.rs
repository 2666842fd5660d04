//! Weights set to zero.
//!
//! | | which weights |
//! |---|---|
//! | [`Method::Magnitude`] | those nearest to zero |
//! | [`Method::Wanda`] | those with the smallest \|w\|·‖x‖, where ‖x‖ is the norm of the input that they multiply, among the weights of one output (Sun et al. 2023, arXiv 2306.11695) |
//!
//! Engines multiply with zeros as with other numbers: a pruned model is as large and
//! as fast as before, and shows what the zeros cost.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// Which weights become zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Those nearest to zero.
    Magnitude,
    /// Those that matter least on the calibration text.
    Wanda,
}

/// How many weights become zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sparsity {
    /// So many of 1,000.
    Thousandths(u32),
    /// So many of each group of neighbouring inputs.
    Groups {
        /// How many of a group become zero.
        zeros: usize,
        /// Inputs in a group.
        of: usize,
    },
}

/// Weights set to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prune {
    /// Which.
    pub method: Method,
    /// How many: `0.5` for a half, `2:4` for two of each four.
    pub sparsity: Sparsity,
}

impl FromStr for Sparsity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || {
            Error::new(format!(
                "sparsity `{}` is not known; a share above 0 and below 1 such as 0.5, or zeros in \
                 a group such as 2:4 or 4:8 were expected",
                text.escape_debug()
            ))
        };
        if let Some((zeros, of)) = text.split_once(':') {
            let (zeros, of) = (zeros.parse::<usize>(), of.parse::<usize>());
            let (Ok(zeros), Ok(of)) = (zeros, of) else { return Err(unknown()) };
            return match 0 < zeros && zeros < of && of <= 64 {
                true => Ok(Sparsity::Groups { zeros, of }),
                false => Err(unknown()),
            };
        }
        let share: f64 = text.parse().map_err(|_| unknown())?;
        let thousandths = (share * 1000.0).round();
        if !(1.0..=999.0).contains(&thousandths) || (share * 1000.0 - thousandths).abs() > 1e-6 {
            return Err(unknown());
        }
        Ok(Sparsity::Thousandths(thousandths as u32))
    }
}

impl fmt::Display for Sparsity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sparsity::Thousandths(share) => write!(f, "{}", f64::from(*share) / 1000.0),
            Sparsity::Groups { zeros, of } => write!(f, "{zeros}:{of}"),
        }
    }
}

impl Serialize for Sparsity {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sparsity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Sets weights to zero: of columns, one an output, whose inputs have these norms
/// (each 1 where magnitude alone counts).
///
/// Groups, and shares with Wanda, are taken within a column; a share by magnitude is
/// one of the whole matrix.
pub(crate) fn prune(columns: &mut [Vec<f32>], how: Prune, norms: &[f64]) {
    let score = |input: usize, value: f32| f64::from(value.abs()) * norms[input];
    match how.sparsity {
        Sparsity::Groups { zeros, of } => {
            for column in columns {
                for (group, values) in column.chunks_mut(of).enumerate() {
                    // A group that is not full has as many zeros in proportion.
                    let zeros = zeros * values.len() / of;
                    zero_least(values, zeros, |at, value| score(group * of + at, value));
                }
            }
        }
        Sparsity::Thousandths(share) => {
            let zeros = |count: usize| count * share as usize / 1000;
            if how.method == Method::Wanda {
                for column in columns {
                    let count = zeros(column.len());
                    zero_least(column, count, score);
                }
                return;
            }
            let inputs = norms.len().max(1);
            let mut all = columns.concat();
            let count = zeros(all.len());
            zero_least(&mut all, count, |at, value| score(at % inputs, value));
            for (column, values) in columns.iter_mut().zip(all.chunks(inputs)) {
                column.copy_from_slice(values);
            }
        }
    }
}

/// Sets so many values to zero, those with the least score; of equal ones the first.
fn zero_least(values: &mut [f32], count: usize, score: impl Fn(usize, f32) -> f64) {
    let mut order: Vec<(f64, usize)> =
        values.iter().enumerate().map(|(at, &value)| (score(at, value), at)).collect();
    let by_score = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if (1..order.len()).contains(&count) {
        order.select_nth_unstable_by(count - 1, by_score);
    }
    order.iter().take(count).for_each(|&(_, at)| values[at] = 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(method: Method, sparsity: &str) -> Prune {
        Prune { method, sparsity: sparsity.parse().unwrap() }
    }

    #[test]
    fn sparsities_are_read_as_they_are_written() {
        for text in ["0.5", "0.125", "2:4", "4:8"] {
            assert_eq!(text.parse::<Sparsity>().unwrap().to_string(), text);
        }
        for text in ["", "0", "1", "1.5", "0.12345", "4:2", "0:4", "2:", "nan", "50%"] {
            let error = text.parse::<Sparsity>().unwrap_err().to_string();
            assert!(error.contains("such as 0.5"), "{text}: {error}");
        }
    }

    #[test]
    fn magnitude_takes_the_least_of_the_whole_matrix() {
        let mut columns = vec![vec![5.0, -6.0, 7.0, 8.0], vec![0.1, -9.0, 0.3, -0.2]];
        prune(&mut columns, how(Method::Magnitude, "0.5"), &[1.0; 4]);
        assert_eq!(columns, [vec![0.0, -6.0, 7.0, 8.0], vec![0.0, -9.0, 0.0, 0.0]]);
    }

    #[test]
    fn wanda_weighs_each_output_by_its_inputs() {
        let norms = [1.0, 1.0, 100.0, 0.01];
        let mut columns = vec![vec![5.0, -6.0, 0.2, 8.0], vec![0.1, -9.0, 0.3, -0.2]];
        prune(&mut columns, how(Method::Wanda, "0.5"), &norms);
        assert_eq!(columns, [vec![0.0, -6.0, 0.2, 0.0], vec![0.0, -9.0, 0.3, 0.0]]);
    }

    #[test]
    fn each_group_has_its_zeros() {
        for method in [Method::Magnitude, Method::Wanda] {
            let mut columns = vec![(1..=10).map(|value| value as f32).collect::<Vec<f32>>()];
            prune(&mut columns, how(method, "2:4"), &[1.0; 10]);
            assert_eq!(columns, [vec![0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 7.0, 8.0, 0.0, 10.0]]);
        }
    }
}
