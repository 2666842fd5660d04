use massive_data::{Locale, UtteranceId};
use proptest::prelude::*;

use super::swaps::BitPlanes;
use super::*;
use crate::columns::{Average, Cell};
use crate::submission::Key;

/// An accuracy, an F1, and a mean over three classes with fractions.
type Outcome = [(bool, u32, u32, u8); 2];

/// Up to 70 sources in up to three locales, some of them missing.
fn rows() -> impl Strategy<Value = Vec<(Key, u32, Outcome)>> {
    let locales = [Locale::DE_DE, Locale::FR_FR, Locale::SW_KE];
    let one = || (any::<bool>(), 0..4u32, 0..4u32, 0..3u8);
    let outcomes = (0..4u32, one(), one());
    prop::collection::btree_map((0..3usize, 0..70u64), outcomes, 1..90).prop_map(move |rows| {
        rows.into_iter()
            .map(|((locale, id), (gold, a, b))| {
                ((locales[locale], UtteranceId::from(id)), gold, [a, b])
            })
            .collect()
    })
}

fn columns(rows: &[(Key, u32, Outcome)]) -> Vec<[Columns; 2]> {
    let mut found = vec![[(); 2].map(|()| Columns::new(Average::Plain)); 3];
    for (_, gold, outcome) in rows {
        for (system, &(right, predicted, correct, class)) in outcome.iter().enumerate() {
            let correct = f64::from(correct.min(*gold).min(predicted));
            let whole = f64::from(*gold) + f64::from(predicted);
            found[0][system].push([Cell::single(f64::from(u8::from(right)), 1.0)]);
            found[1][system].push([Cell::single(2.0 * correct, whole)]);
            let cell = Cell::single(correct / 3.0, whole);
            found[2][system].push([Cell { class: class.into(), ..cell }]);
        }
    }
    found
}

fn clusters(rows: &[(Key, u32, Outcome)]) -> Clusters {
    Clusters::of(rows.iter().map(|(key, ..)| key))
}

fn test(test: Randomisation, rows: &[(Key, u32, Outcome)]) -> PValues {
    test.test(&clusters(rows), &columns(rows))
}

/// The definition, row by row: the p-values of one metric in one place.
fn by_definition(
    test: Randomisation,
    rows: &[(Key, u32, Outcome)],
    metric: usize,
    of: Option<Locale>,
) -> f64 {
    let (clusters, columns) = (clusters(rows), columns(rows));
    let difference = |swapped: &[u64]| {
        let mut sums = [(); 2].map(|()| Columns::new(Average::Plain).sum([]));
        for (row, (key, ..)) in rows.iter().enumerate() {
            if of.is_none_or(|locale| key.0 == locale) {
                let place = clusters.of_row(row) as usize;
                let swap = (swapped[place / 64] >> (place % 64)) as usize & 1;
                sums[swap].add(columns[metric][0].row(row));
                sums[1 - swap].add(columns[metric][1].row(row));
            }
        }
        let [baseline, new] = sums.map(|sums| sums.value().unwrap_or(0.0));
        new - baseline
    };
    let mut swapped = vec![0; clusters.count().div_ceil(64)];
    let found = difference(&swapped);
    let mut as_extreme = 0;
    for trial in 0..test.trials {
        test.draw(trial, &mut swapped);
        as_extreme += u32::from(difference(&swapped).abs() >= found.abs() - ROUNDING);
    }
    test.p_value(as_extreme)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bit_planes_add_up(
        values in prop::collection::vec(-9..9i32, 0..200), twice: bool, seed: u64,
    ) {
        let values: Vec<i32> = values.iter().map(|value| value << u32::from(twice)).collect();
        let mut set = vec![0; values.len().div_ceil(64)];
        Randomisation { trials: 1, seed }.draw(0, &mut set);
        let chosen = |at: usize| set[at / 64] >> (at % 64) & 1 == 1;
        let expected: i64 =
            (0..values.len()).filter(|&at| chosen(at)).map(|at| i64::from(values[at])).sum();
        prop_assert_eq!(BitPlanes::of(&values).sum_over(&set), expected);
    }

    #[test]
    fn a_trial_is_what_is_defined(rows in rows(), seed: u64) {
        let randomisation = Randomisation { trials: 60, seed };
        let found = test(randomisation, &rows);
        let clusters = clusters(&rows);
        for metric in 0..3 {
            prop_assert_eq!(found.all[metric], by_definition(randomisation, &rows, metric, None));
            for ((locale, _), p) in clusters.locales().iter().zip(&found.locales) {
                let expected = by_definition(randomisation, &rows, metric, Some(*locale));
                prop_assert_eq!(p[metric], expected);
            }
        }
    }

    #[test]
    fn swapping_the_systems_keeps_p(rows in rows(), seed: u64) {
        let randomisation = Randomisation { trials: 100, seed };
        let swapped: Vec<_> = rows.iter().map(|(key, gold, [a, b])| (key.clone(), *gold, [*b, *a])).collect();
        let (one, other) = (test(randomisation, &rows), test(randomisation, &swapped));
        prop_assert_eq!((one.all, one.macro_), (other.all, other.macro_));
        prop_assert_eq!(one.locales, other.locales);
    }

    #[test]
    fn threads_change_nothing(rows in rows(), seed: u64, threads in 1..5usize) {
        let randomisation = Randomisation { trials: 100, seed };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        prop_assert_eq!(
            pool.install(|| test(randomisation, &rows)),
            test(randomisation, &rows)
        );
    }

    #[test]
    fn a_system_is_no_better_than_itself(rows in rows()) {
        let same: Vec<_> = rows.iter().map(|(key, gold, [a, _])| (key.clone(), *gold, [*a, *a])).collect();
        let found = test(Randomisation { trials: 200, seed: 1 }, &same);
        for p in [&found.all, &found.macro_, &found.all_worse] {
            prop_assert_eq!(p, &vec![1.0; 3]);
        }
        prop_assert!(found.locales.iter().chain(&found.locales_worse).flatten().all(|p| *p == 1.0));
    }

    /// One-sided, so a corrected p-value may be half of the two-sided one, and no
    /// correction makes a p-value smaller.
    #[test]
    fn what_is_corrected_is_no_smaller(rows in rows(), seed: u64) {
        let found = test(Randomisation { trials: 400, seed }, &rows);
        let pairs = found.all_worse.iter().zip(&found.all).chain(
            found.locales_worse.iter().flatten().zip(found.locales.iter().flatten())
        );
        for (worse, p) in pairs {
            prop_assert!(*worse + 0.15 >= p / 2.0, "{worse} {p}");
        }
    }
}

#[test]
fn what_is_worse_in_one_locale_is_found_there() {
    let rows: Vec<(Key, u32, Outcome)> = [Locale::DE_DE, Locale::FR_FR]
        .into_iter()
        .flat_map(|locale| (0..60u64).map(move |id| (locale, id)))
        .map(|(locale, id)| {
            let worse = locale == Locale::FR_FR && id % 3 == 0;
            let outcome = [(true, 1, 1, 0), (!worse, 1, 1, 0)];
            ((locale, UtteranceId::from(id)), 1, outcome)
        })
        .collect();
    let found = test(Randomisation { trials: 999, seed: 3 }, &rows);
    assert!(found.all_worse[0] < 0.01 && found.locales_worse[1][0] < 0.01);
    assert_eq!((found.locales_worse[0][0], found.all_worse[1]), (1.0, 1.0));
    assert!(Randomisation::default().test(&clusters(&[]), &[]).locales.is_empty());
}
