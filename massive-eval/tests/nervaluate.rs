//! The cases that nervaluate publishes in its README and its tests, with the
//! counts that it gives for them, reproduced from our classes.

use massive_data::chunks;
use massive_eval::slot_errors::{ClassCounts, Scheme, SchemeCounts, match_chunks};

/// Correct, incorrect, partial, missed, spurious.
type Expected = [u64; 5];

/// Labels written one a word, `-` outside every slot.
struct Case {
    what: &'static str,
    gold: &'static str,
    predicted: &'static str,
    strict: Expected,
    exact: Expected,
    partial: Expected,
    of_type: Expected,
}

/// A case in which all schemes count the same.
const fn same(
    what: &'static str,
    gold: &'static str,
    predicted: &'static str,
    counts: Expected,
) -> Case {
    Case { what, gold, predicted, strict: counts, exact: counts, partial: counts, of_type: counts }
}

/// The rows of the README's table of scenarios, a case a row.
const SCENARIOS: [Case; 6] = [
    same("III: a slot is missed", "BRAND", "-", [0, 0, 0, 1, 0]),
    same("II: a slot is made up", "-", "BRAND", [0, 0, 0, 0, 1]),
    Case {
        what: "V: the extent is wrong",
        gold: "- DRUG",
        predicted: "DRUG DRUG",
        strict: [0, 1, 0, 0, 0],
        exact: [0, 1, 0, 0, 0],
        partial: [0, 0, 1, 0, 0],
        of_type: [1, 0, 0, 0, 0],
    },
    Case {
        what: "IV: the label is wrong",
        gold: "DRUG",
        predicted: "BRAND",
        strict: [0, 1, 0, 0, 0],
        exact: [1, 0, 0, 0, 0],
        partial: [1, 0, 0, 0, 0],
        of_type: [0, 1, 0, 0, 0],
    },
    same("I: all is right", "DRUG", "DRUG", [1, 0, 0, 0, 0]),
    Case {
        what: "VI: label and extent are wrong",
        gold: "- GROUP",
        predicted: "DRUG DRUG",
        strict: [0, 1, 0, 0, 0],
        exact: [0, 1, 0, 0, 0],
        partial: [0, 0, 1, 0, 0],
        of_type: [0, 1, 0, 0, 0],
    },
];

/// A person and an organisation, on which its tests play through the kinds.
const BASE: &str = "- PER PER - - - ORG ORG";

const TESTS: [Case; 11] = [
    same("perfect", BASE, BASE, [2, 0, 0, 0, 0]),
    same("missed", BASE, "- PER PER - - - - -", [1, 0, 0, 1, 0]),
    Case {
        what: "wrong label",
        gold: BASE,
        predicted: "- PER PER - - - LOC LOC",
        strict: [1, 1, 0, 0, 0],
        exact: [2, 0, 0, 0, 0],
        partial: [2, 0, 0, 0, 0],
        of_type: [1, 1, 0, 0, 0],
    },
    Case {
        what: "wrong boundary",
        gold: BASE,
        predicted: "- PER PER - - - LOC -",
        strict: [1, 1, 0, 0, 0],
        exact: [1, 1, 0, 0, 0],
        partial: [1, 0, 1, 0, 0],
        of_type: [1, 1, 0, 0, 0],
    },
    Case {
        what: "shifted boundary",
        gold: BASE,
        predicted: "- PER PER - - - - LOC",
        strict: [1, 1, 0, 0, 0],
        exact: [1, 1, 0, 0, 0],
        partial: [1, 0, 1, 0, 0],
        of_type: [1, 1, 0, 0, 0],
    },
    Case {
        what: "extra",
        gold: BASE,
        predicted: "- PER PER - PER - LOC LOC",
        strict: [1, 1, 0, 0, 1],
        exact: [2, 0, 0, 0, 1],
        partial: [2, 0, 0, 0, 1],
        of_type: [1, 1, 0, 0, 1],
    },
    same("single words", "- PER - - ORG", "- PER - - ORG", [2, 0, 0, 0, 0]),
    Case {
        what: "single words, one of another label",
        gold: "- PER",
        predicted: "- ORG",
        strict: [0, 1, 0, 0, 0],
        exact: [1, 0, 0, 0, 0],
        partial: [1, 0, 0, 0, 0],
        of_type: [0, 1, 0, 0, 0],
    },
    same("single words, neighbours", "- PER ORG", "- PER ORG", [2, 0, 0, 0, 0]),
    same("single words, one missed", "- PER - - ORG", "- PER - - -", [1, 0, 0, 1, 0]),
    Case {
        what: "one word of ten",
        gold: "PER PER PER PER PER PER PER PER PER PER",
        predicted: "- - - - - - - - - PER",
        strict: [0, 1, 0, 0, 0],
        exact: [0, 1, 0, 0, 0],
        partial: [0, 0, 1, 0, 0],
        of_type: [1, 0, 0, 0, 0],
    },
];

/// The two sentences of the README's example.
const EXAMPLE: [(&str, &str); 2] = [
    ("- PER PER - - - ORG ORG", "- - PER PER - - ORG ORG"),
    ("- LOC PER PER - - DATE", "- LOC LOC PER - - DATE"),
];

/// The classes of a pair of sequences, of the slots that are counted under
/// `label`, or of all.
fn classes(gold: &str, predicted: &str, label: Option<&str>) -> ClassCounts {
    fn labels(text: &str) -> Vec<Option<&str>> {
        text.split(' ').map(|label| (label != "-").then_some(label)).collect()
    }
    let gold: Vec<_> = chunks(labels(gold)).collect();
    let predicted: Vec<_> = chunks(labels(predicted)).collect();
    match_chunks(&gold, &predicted)
        .iter()
        .filter(|slot| label.is_none() || slot.label().copied() == label)
        .map(|slot| slot.class)
        .collect()
}

fn assert_scheme(counts: &ClassCounts, scheme: Scheme, expected: Expected, what: &str) {
    let [correct, incorrect, partial, missed, spurious] = expected;
    let expected = SchemeCounts { correct, incorrect, partial, missed, spurious };
    assert_eq!(counts.scheme(scheme), expected, "{what}, {scheme:?}");
}

fn assert_case(case: &Case) {
    let counts = classes(case.gold, case.predicted, None);
    for (scheme, expected) in [
        (Scheme::Strict, case.strict),
        (Scheme::Exact, case.exact),
        (Scheme::Partial, case.partial),
        (Scheme::Type, case.of_type),
    ] {
        assert_scheme(&counts, scheme, expected, case.what);
    }
}

#[test]
fn cases_count_as_published() {
    SCENARIOS.iter().chain(&TESTS).for_each(assert_case);
}

#[test]
fn scenarios_together_give_the_published_scores() {
    // The sums that go with the table have the right slot twice.
    let twice = &SCENARIOS[4];
    let counts: ClassCounts =
        SCENARIOS.iter().chain([twice]).map(|case| classes(case.gold, case.predicted, None)).sum();
    for (scheme, expected, score) in [
        (Scheme::Type, [3, 2, 0, 1, 1], 0.5),
        (Scheme::Partial, [3, 0, 2, 1, 1], 2.0 / 3.0),
        (Scheme::Exact, [3, 2, 0, 1, 1], 0.5),
        (Scheme::Strict, [2, 3, 0, 1, 1], 1.0 / 3.0),
    ] {
        assert_scheme(&counts, scheme, expected, "together");
        let counts = counts.scheme(scheme);
        for value in [counts.precision(), counts.recall(), counts.f1()] {
            assert!((value - score).abs() < 1e-12, "{scheme:?}: {value} is not {score}");
        }
    }
}

#[test]
fn the_example_gives_the_published_report() {
    let sum = |label: Option<&str>| -> ClassCounts {
        EXAMPLE.iter().map(|(gold, predicted)| classes(gold, predicted, label)).sum()
    };
    let all = sum(None);
    for (scheme, expected, score) in [
        (Scheme::Type, [5, 0, 0, 0, 0], 1.0),
        (Scheme::Exact, [2, 3, 0, 0, 0], 0.4),
        (Scheme::Strict, [2, 3, 0, 0, 0], 0.4),
        // The README prints 0.40, of a version that counted halves as nothing;
        // the formula beside it, and the package today, give (2 + 3/2) / 5.
        (Scheme::Partial, [2, 0, 3, 0, 0], 0.7),
    ] {
        assert_scheme(&all, scheme, expected, "example");
        let f1 = all.scheme(scheme).f1();
        assert!((f1 - score).abs() < 1e-12, "{scheme:?}: {f1}");
    }
    for (label, expected) in [
        ("DATE", [1, 0, 0, 0, 0]),
        ("LOC", [0, 1, 0, 0, 0]),
        ("ORG", [1, 0, 0, 0, 0]),
        ("PER", [0, 2, 0, 0, 0]),
    ] {
        assert_scheme(&sum(Some(label)), Scheme::Strict, expected, label);
    }
}
