//! A language model among other predictors.

use std::time::Duration;

use massive_lm::endpoint::{Api, Endpoint, EndpointOptions, Sampling};
use massive_lm::fake::{FakeEndpoint, FakeReply};
use massive_lm::form::Form;
use massive_lm::predictor::LanguageModel;
use massive_lm::prompt::Template;
use massive_lm::row::Names;
use massive_lm::shots::NoShots;
use massive_predict::{Example, predict_all};

fn model(server: &FakeEndpoint) -> LanguageModel {
    let endpoint = Endpoint::new(EndpointOptions {
        address: server.url(),
        model: "fake".to_owned(),
        api: Api::Chat,
        key: None,
        streaming: true,
        timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        connections: 2,
    })
    .unwrap();
    LanguageModel {
        endpoint,
        template: Template::default_for(Api::Chat, Form::Dict, Names::release()).unwrap(),
        shots: Box::new(NoShots),
        form: Form::Dict,
        constraint: serde_json::Map::new(),
        sampling: Sampling::default(),
        retries: massive_lm::budget::Retries {
            most: 2,
            first: Duration::from_millis(1),
            longest: Duration::from_millis(2),
        },
        names: Names::release(),
    }
}

fn example(text: &str) -> Example {
    Example::from_text("7".parse().unwrap(), "en-US".parse().unwrap(), text)
}

#[test]
fn its_predictions_have_labels_usage_and_what_it_wrote() {
    let server = FakeEndpoint::start(|request| match request.number {
        0 => FakeReply::Status(503, Vec::new(), "busy".to_owned()),
        _ => FakeReply::Text("alarm_set\nSlots: {time: five am}".to_owned()),
    })
    .unwrap();
    let texts = ["wake me at five am", "never mind"];
    let examples = texts.map(example).into();
    let predictions = predict_all(&model(&server), examples).unwrap();
    assert_eq!(server.requests(), 3);
    let names = |at: usize| -> Vec<Option<&str>> {
        let labels = predictions[at].labels.as_ref().unwrap();
        labels.iter().map(|label| label.as_ref().map(|name| name.as_str())).collect()
    };
    assert_eq!(predictions[0].intent.as_deref(), Some("alarm_set"));
    assert_eq!(names(0), [None, None, None, Some("time"), Some("time")]);
    assert_eq!(names(1), [None, None]);
    assert!(!predictions[0].malformed);
    assert_eq!(predictions[0].raw.as_deref(), Some("alarm_set\nSlots: {time: five am}"));
    assert!(predictions[0].usage.is_some_and(|usage| usage.output_tokens == 5));
}

#[test]
fn what_it_cannot_answer_is_an_error_that_names_the_row() {
    let server =
        FakeEndpoint::start(|_| FakeReply::Status(500, Vec::new(), "oops".to_owned())).unwrap();
    let error = predict_all(&model(&server), vec![example("stop")]).unwrap_err().to_string();
    assert!(error.contains("en-US 7") && error.contains("500"), "{error}");
    assert_eq!(server.requests(), 3);
}
