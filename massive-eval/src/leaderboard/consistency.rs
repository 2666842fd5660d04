//! Whether the numbers of an entry can be the score of anything.
//!
//! Accuracies are shares of whole utterances, F1 follows from the counts of
//! slots, pooled counts are sums over locales and the macro scores their means.
//! A number that was changed by hand seldom fits, so that it is found even where
//! the predictions are not at hand.

use super::entry::Entry;
use crate::document::{ScoreDocument, Scores};
use crate::metrics::Metric;

/// How far sums and means may be off.
const ROUNDING: f64 = 1e-9;

/// What contradicts what, in sentences; nothing if all fits.
pub fn inconsistencies(entry: &Entry) -> Vec<String> {
    let mut found = Vec::new();
    match (&entry.score, &entry.published) {
        (Some(score), None) => look_at_score(score, &mut found),
        (None, Some(published)) => {
            for (of, figures) in &published.scores {
                for metric in Metric::ALL {
                    let value = figures.metric(metric);
                    let unfit = value.is_some_and(|value| !(0.0..=1.0).contains(&value.value));
                    if unfit {
                        found.push(format!("{of} {metric} is no fraction"));
                    }
                }
            }
        }
        (Some(_), Some(_)) => {
            found.push("it is both scored and published; an entry is one of them".to_owned());
        }
        (None, None) => found.push("it has neither a score nor published figures".to_owned()),
    }
    if entry.score.is_some() && entry.predictions.is_empty() {
        found.push("it has a score and no digest of its predictions".to_owned());
    }
    found
}

fn look_at_score(score: &ScoreDocument, found: &mut Vec<String>) {
    look_at_signature(score, found);
    look_at_scores("all", &score.all, found);
    for (tag, scores) in &score.locales {
        look_at_scores(tag, scores, found);
    }
    look_at_sum("all", &score.all, score.locales.values(), "the locales", found);
    for (feature, groups) in &score.groups {
        for (name, group) in groups {
            let of = format!("{feature} {name}");
            look_at_scores(&of, &group.scores, found);
            let members: Option<Vec<&Scores>> =
                group.locales.iter().map(|tag| score.locales.get(tag)).collect();
            match members {
                Some(members) => {
                    look_at_sum(&of, &group.scores, members.into_iter(), "its locales", found);
                }
                None => found.push(format!("{of} names a locale that is not scored")),
            }
        }
    }
    look_at_means(score, found);
}

fn look_at_signature(score: &ScoreDocument, found: &mut Vec<String>) {
    let said = &score.signature;
    for (name, said, value) in [
        ("part", said.partition.to_string(), score.partition.to_string()),
        ("labels", said.labels.to_string(), score.labels.to_string()),
        ("loc", said.locales.to_string(), score.locales.len().to_string()),
        ("rows", said.rows.to_string(), score.all.utterances.to_string()),
        ("v", said.version.clone(), score.tool.version.clone()),
    ] {
        if said != value {
            found.push(format!("the signature says {name}:{said}, the score {value}"));
        }
    }
    let scored = score.coverage.locales_scored;
    if scored != score.locales.len() as u64 {
        found.push(format!("{scored} locales are said to be scored, {} are", score.locales.len()));
    }
}

/// What the scores of one set of utterances say of each other.
fn look_at_scores(of: &str, scores: &Scores, found: &mut Vec<String>) {
    for metric in Metric::ALL {
        let Some(value) = scores.metric(metric) else { continue };
        let outside = |number: f64| !(0.0..=1.0).contains(&number);
        if outside(value.value) {
            found.push(format!("{of} {metric} is {}, which is no fraction", value.value));
            continue;
        }
        if value.ci95.is_some_and(|[low, high]| outside(low) || outside(high) || low > high) {
            found.push(format!("{of} {metric} has an interval that is none"));
        }
        if metric == Metric::SlotMicroF1 {
            look_at_slots(of, scores, found);
        } else if metric.is_accuracy() {
            let count = value.value * scores.utterances as f64;
            if (count - count.round()).abs() > ROUNDING * (1.0 + count) {
                found.push(format!(
                    "{of} {metric} {} is no share of {} utterances",
                    value.value, scores.utterances
                ));
            }
        }
        if let Some(stderr) = scores.score(metric).and_then(|score| score.reference_stderr) {
            let n = if metric == Metric::SlotMicroF1 { scores.words } else { scores.utterances };
            let expected = (value.value * (1.0 - value.value) / n.max(1) as f64).sqrt();
            if (stderr - expected).abs() > ROUNDING {
                found.push(format!("{of} {metric} has a standard error that does not fit it"));
            }
        }
    }
    let score = |metric| scores.score(metric);
    if let (Some(intent), Some(exact)) = (score(Metric::IntentAccuracy), score(Metric::ExactMatch))
        && exact.value > intent.value
    {
        found.push(format!("{of} has more exact matches than right intents"));
    }
}

fn look_at_slots(of: &str, scores: &Scores, found: &mut Vec<String>) {
    let Some(f1) = scores.score(Metric::SlotMicroF1) else { return };
    let slots = scores.slots;
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    for (name, value, expected) in [
        ("", f1.value, ratio(2 * slots.correct, slots.gold + slots.predicted)),
        (" precision", f1.precision.unwrap_or(f64::NAN), ratio(slots.correct, slots.predicted)),
        (" recall", f1.recall.unwrap_or(f64::NAN), ratio(slots.correct, slots.gold)),
    ] {
        // What is not there is no number and differs too.
        let difference = (value - expected).abs();
        if difference.is_nan() || difference > ROUNDING {
            found.push(format!(
                "{of} slot_micro_f1{name} is {value}, and the slots counted give {expected}"
            ));
        }
    }
}

fn look_at_sum<'a>(
    of: &str,
    sum: &Scores,
    parts: impl Iterator<Item = &'a Scores>,
    whose: &str,
    found: &mut Vec<String>,
) {
    let counts = |scores: &Scores| {
        let share = |metric: Metric| {
            scores.metric(metric).map(|value| value.value * scores.utterances as f64)
        };
        [
            Some(scores.utterances as f64),
            Some(scores.words as f64),
            Some(scores.slots.gold as f64),
            Some(scores.slots.predicted as f64),
            Some(scores.slots.correct as f64),
            share(Metric::IntentAccuracy),
            share(Metric::ExactMatch),
        ]
    };
    let names = [
        "utterances",
        "words",
        "gold slots",
        "predicted slots",
        "correct slots",
        "right intents",
        "exact matches",
    ];
    let mut total = [Some(0.0); 7];
    for part in parts {
        for (total, count) in total.iter_mut().zip(counts(part)) {
            *total = total.zip(count).map(|(total, count)| total + count);
        }
    }
    for ((name, whole), total) in names.iter().zip(counts(sum)).zip(total) {
        if let (Some(whole), Some(total)) = (whole, total)
            && (whole - total).abs() > 1e-6 * (1.0 + total)
        {
            found.push(format!(
                "{of} has {} {name}, {whose} together {}",
                whole.round(),
                total.round()
            ));
        }
    }
}

fn look_at_means(score: &ScoreDocument, found: &mut Vec<String>) {
    for metric in Metric::ALL {
        let values: Vec<f64> = score
            .locales
            .values()
            .filter_map(|scores| scores.metric(metric).map(|value| value.value))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        if let Some(value) = score.macro_.metric(metric)
            && (value.value - mean).abs() > ROUNDING
        {
            found.push(format!(
                "macro {metric} is {}, and the mean over the locales {mean}",
                value.value
            ));
        }
    }
}
