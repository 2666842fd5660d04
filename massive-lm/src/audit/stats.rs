//! Exact tests on counts.

/// ln(n!).
fn ln_factorial(n: u64) -> f64 {
    // Exact sums are quick enough for what tests have.
    (2..=n).map(|k| (k as f64).ln()).sum()
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// The chance of `successes` or more of `n` at probability `p`.
pub fn binomial_tail(successes: u64, n: u64, p: f64) -> f64 {
    if successes == 0 || p >= 1.0 {
        return 1.0;
    }
    if p <= 0.0 {
        return 0.0;
    }
    let (ln_p, ln_q) = (p.ln(), (1.0 - p).ln());
    let mut term =
        ln_choose(n, successes) + successes as f64 * ln_p + (n - successes) as f64 * ln_q;
    let mut sum = 0.0;
    for k in successes..=n {
        sum += term.exp();
        if k < n {
            term += ((n - k) as f64 / (k + 1) as f64).ln() + ln_p - ln_q;
        }
    }
    sum.min(1.0)
}

/// The sign test of pairs: the chance that so many or more of those which differ
/// are `for_it`, if either is as likely.
pub fn sign_test(for_it: u64, against: u64) -> f64 {
    binomial_tail(for_it, for_it + against, 0.5)
}

/// Fisher's exact test: the chance of `a` of `n` or more, where `a + b` of
/// `n + m` are successes and groups do not matter.
pub fn fisher(a: u64, n: u64, b: u64, m: u64) -> f64 {
    let (successes, all) = (a + b, n + m);
    let ln_all = ln_choose(all, successes);
    (a..=n.min(successes))
        .filter(|k| successes - k <= m)
        .map(|k| (ln_choose(n, k) + ln_choose(m, successes - k) - ln_all).exp())
        .sum::<f64>()
        .min(1.0)
}

/// The p-values held against 5 % together (Holm 1979): the adjusted ones, in the
/// same order.
pub fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut adjusted = vec![0.0; values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(values[index] * (values.len() - rank) as f64).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

/// Wilson's interval of a share, at 95 %.
pub fn wilson(successes: u64, n: u64) -> Option<[f64; 2]> {
    const Z: f64 = 1.959_964;
    if n == 0 {
        return None;
    }
    let (p, n) = (successes as f64 / n as f64, n as f64);
    let centre = p + Z * Z / (2.0 * n);
    let width = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some([((centre - width) / scale).max(0.0), ((centre + width) / scale).min(1.0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }

    #[test]
    fn tails_are_exact() {
        near(binomial_tail(0, 10, 0.25), 1.0);
        near(binomial_tail(3, 3, 0.5), 0.125);
        near(binomial_tail(2, 3, 0.25), 3.0 * 0.0625 * 0.75 + 0.015_625);
        near(sign_test(5, 0), 1.0 / 32.0);
        // Fisher's tea: four of four.
        near(fisher(4, 4, 0, 4), 1.0 / 70.0);
        near(fisher(3, 4, 1, 4), 17.0 / 70.0);
        near(fisher(0, 5, 3, 5), 1.0);
    }

    #[test]
    fn holm_keeps_the_order() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert!(holm(&[]).is_empty());
        assert_eq!(wilson(0, 0), None);
        let [low, high] = wilson(13, 13).unwrap();
        assert!((low - 0.7719).abs() < 1e-3 && high > 0.999_999);
    }
}
