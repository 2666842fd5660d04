//! Predictions made in memory are scored without any file.

use massive_data::{LabelMode, LabelPolicy, Partition, PredictedSlots, Prediction, Utterance};
use massive_eval::evaluation::Settings;
use massive_eval::{Evaluation, ScoreOptions, score_row};

#[test]
fn predictions_made_in_memory_are_scored() {
    let line = r#"{"id": "a/1", "locale": "gl-ES", "partition": "test", "scenario": "alarm", "intent": "alarm_set", "utt": "ás oito", "worker_id": "1", "annot_utt": "ás [time : oito]", "slot_method": [], "judgments": []}"#;
    let gold = Utterance::from_json(line, LabelPolicy::Closed).unwrap();
    let prediction = Prediction {
        id: gold.id().clone(),
        locale: gold.locale(),
        intent: Some("alarm_set".into()),
        slots: Some(PredictedSlots::Annotation("[time : ás oito]".into())),
    };
    let row = score_row(&gold, Some(&prediction), LabelMode::Reference).unwrap();
    let evaluation = Evaluation::from_rows(Settings::reference(Partition::Test), [row]).unwrap();
    let document = evaluation.document(&ScoreOptions::default());
    let value = |metric: &str| document.all.metric(metric.parse().unwrap()).unwrap().value;
    assert_eq!((value("intent"), value("slots"), value("exact")), (1.0, 0.0, 0.0));
    assert!(document.locales.contains_key("gl-ES"));
}
