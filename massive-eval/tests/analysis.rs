//! The analysis against the score, on our own corpus and on the real one. The
//! latter lies outside this repository; without it that test says so and passes.

use std::path::Path;

use massive_data::{Corpus, LabelMode, LocaleFilter, Partition, PredictionFiles, Selection};
use massive_eval::breakdown::{Breakdown, Everything, Figures, break_down, confusion, totals};
use massive_eval::errors::{ErrorFilter, ErrorsDocument, Listing};
use massive_eval::{
    Analysis, AnalysisOptions, ClassCounts, Interval, Metric, MissingRows, ScoreOptions, Submission,
};

#[path = "support/shared.rs"]
mod shared;
use shared::shared;

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");

fn analysed(corpus: &Path, predictions: &Path, labels: LabelMode, train: bool) -> Analysis {
    let files = PredictionFiles::open(&[predictions.to_owned()]).unwrap();
    let (submission, bad) = Submission::read(&files).unwrap();
    assert_eq!(bad.count, 0);
    let partition = Partition::Test;
    let corpus = Corpus::open(corpus).unwrap().select(Selection {
        locales: submission.locales().clone().into(),
        partition: Some(partition),
    });
    let options = AnalysisOptions { partition, labels, missing_rows: MissingRows::Error, train };
    Analysis::run(&corpus, &submission, &[], options).unwrap()
}

fn mini(name: &str) -> Analysis {
    let predictions = Path::new(MINI).join("predictions").join(name);
    analysed(Path::new(MINI), &predictions, LabelMode::Reference, true)
}

fn classes(figures: &Figures) -> ClassCounts {
    figures.slots.unwrap().classes
}

/// The classes of each locale add up to its gold and predicted slots in the score
/// document, and the figures beside them are the score's.
fn assert_adds_up(analysis: &Analysis, locales: usize) {
    let document = analysis
        .evaluation
        .document(&ScoreOptions { interval: Interval::None, ..Default::default() });
    let groups = break_down(analysis, 0, Breakdown::Locale, &Everything);
    assert_eq!(groups.len(), locales);
    assert_eq!(document.locales.len(), locales);
    for group in &groups {
        let scores = &document.locales[&group.name];
        let figures = group.figures.slots.unwrap();
        assert_eq!(figures.classes.gold(), scores.slots.gold, "{}", group.name);
        assert_eq!(figures.classes.predicted(), scores.slots.predicted, "{}", group.name);
        assert_eq!(figures.classes.correct, scores.slots.correct, "{}", group.name);
        assert_eq!(
            (figures.gold, figures.predicted),
            (scores.slots.gold, Some(scores.slots.predicted))
        );
        let f1 = scores.score(Metric::SlotMicroF1).unwrap();
        assert_eq!(figures.f1, Some(f1.value));
        assert_eq!((figures.precision, figures.recall), (f1.precision, f1.recall));
        let utterances = group.figures.utterances.unwrap();
        assert_eq!(utterances.count, scores.utterances);
        assert_eq!(
            utterances.intent_acc,
            scores.score(Metric::IntentAccuracy).map(|score| score.value)
        );
        assert_eq!(
            utterances.ex_match_acc,
            scores.score(Metric::ExactMatch).map(|score| score.value)
        );
    }
    let all = totals(analysis, 0, &Everything);
    assert_eq!(classes(&all), groups.iter().map(|group| classes(&group.figures)).sum());
}

/// Every breakdown has all slots, each once.
fn assert_breakdowns_are_partitions(analysis: &Analysis) {
    let all = totals(analysis, 0, &Everything);
    for by in Breakdown::ALL {
        let groups = break_down(analysis, 0, by, &Everything);
        let sum: ClassCounts = groups.iter().map(|group| classes(&group.figures)).sum();
        assert_eq!(sum, classes(&all), "{by}");
        let mut names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), groups.len(), "{by}");
        if !by.is_of_slots() {
            let utterances = |figures: &Figures| figures.utterances.unwrap().count;
            let sum: u64 = groups.iter().map(|group| utterances(&group.figures)).sum();
            assert_eq!(sum, utterances(&all), "{by}");
        }
    }
    let by_slot = break_down(analysis, 0, Breakdown::Slot, &Everything);
    let predicted: Option<u64> = by_slot.iter().map(|group| group.figures.slots?.predicted).sum();
    assert_eq!(predicted, Some(classes(&all).predicted()));
}

#[test]
fn classes_add_up_on_our_own_corpus() {
    for name in ["good.jsonl", "poor.jsonl"] {
        let analysis = mini(name);
        assert_adds_up(&analysis, 51);
        assert_breakdowns_are_partitions(&analysis);
    }
}

#[test]
fn confusions_are_the_pairs_of_other_labels_and_the_wrong_intents() {
    let analysis = mini("poor.jsonl");
    let confusion = confusion(&analysis, 0, &Everything);
    let all = totals(&analysis, 0, &Everything);
    let sum = |pairs: &[massive_eval::breakdown::Confused]| -> u64 {
        pairs.iter().map(|pair| pair.count).sum()
    };
    let counts = classes(&all);
    assert!(counts.label > 0, "{counts:?}");
    assert_eq!(sum(&confusion.slots), counts.label + counts.label_and_boundary);
    let utterances = all.utterances.unwrap();
    assert_eq!(sum(&confusion.intents), utterances.count - utterances.intents_correct);
    assert!(sum(&confusion.scenarios) <= sum(&confusion.intents));
    assert!(confusion.intents.is_sorted_by_key(|pair| std::cmp::Reverse(pair.count)));
}

#[test]
fn lists_hold_every_error_and_samples_lie_within_larger_ones() {
    let analysis = mini("poor.jsonl");
    let list = |listing| {
        let document =
            ErrorsDocument::list(&analysis, ErrorFilter::default(), Default::default(), listing);
        document.errors.unwrap()
    };
    let all = list(Listing::default());
    assert_eq!(all.found, all.listed);
    let errors: u64 = all
        .utterances
        .iter()
        .map(|utterance| utterance.slots.iter().filter(|slot| slot.listed).count() as u64)
        .sum();
    let figures = totals(&analysis, 0, &Everything);
    assert_eq!(errors, classes(&figures).errors());
    for utterance in &all.utterances {
        assert!(utterance.listed().next().is_some());
        for extent in
            utterance.slots.iter().flat_map(|slot| slot.gold.iter().chain(&slot.predicted))
        {
            assert_eq!(&utterance.utt[extent.bytes[0]..extent.bytes[1]], extent.value);
        }
    }
    let keys = |number: usize, seed| -> Vec<(String, String)> {
        let list = list(Listing { sample: Some((number, seed)), limit: None });
        list.utterances.into_iter().map(|u| (u.locale, u.id)).collect()
    };
    let (small, large) = (keys(5, 1), keys(20, 1));
    assert_eq!((small.len(), large.len()), (5, 20));
    assert!(small.iter().all(|key| large.contains(key)));
    assert_ne!(small, keys(5, 2));
    assert_eq!(list(Listing { sample: None, limit: Some(3) }).utterances, all.utterances[..3]);
}

#[test]
fn the_english_source_is_there_although_not_selected() {
    let predictions = Path::new(MINI).join("predictions/good.jsonl");
    let files = PredictionFiles::open(&[predictions]).unwrap();
    let (submission, _) = Submission::read(&files).unwrap();
    let corpus = Corpus::open(MINI).unwrap().select(Selection {
        locales: LocaleFilter::from_patterns("ur-PK").unwrap(),
        partition: Some(Partition::Test),
    });
    let options = AnalysisOptions {
        partition: Partition::Test,
        labels: LabelMode::Reference,
        missing_rows: MissingRows::Error,
        train: false,
    };
    let analysis = Analysis::run(&corpus, &submission, &[], options).unwrap();
    assert!(analysis.rows.iter().all(|row| row.key.0.tag() == "ur-PK"));
    assert_eq!(analysis.evaluation.report.rows, analysis.rows.len() as u64);
    assert!(analysis.rows.iter().all(|row| analysis.english(&row.key.1).is_some()));
    // Train was not asked for.
    assert!(analysis.rows.iter().all(|row| row.in_train.is_none()));
}

#[test]
fn classes_add_up_in_all_51_locales_of_the_shared_submission() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz");
    let predictions = shared.join("oracle/submission/predictions.jsonl.gz");
    for labels in [LabelMode::Reference, LabelMode::Brackets] {
        let analysis = analysed(&corpus, &predictions, labels, labels == LabelMode::Reference);
        assert_adds_up(&analysis, 51);
        if labels == LabelMode::Reference {
            assert_breakdowns_are_partitions(&analysis);
        }
    }
}
