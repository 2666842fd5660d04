//! What a plot says and that it can be read.

use super::png::load_dejavu;
use super::*;
use resvg::usvg;
use serde_json::{Value, json};

/// A document with the same `[intent, slots, exact]` everywhere, but exact
/// match a locale.
fn document(exact: &[(&str, f64)], ci95: Option<[f64; 2]>) -> ScoreDocument {
    let scores = |exact: f64| {
        let score = |value: f64| {
            json!({
                "value": value, "precision": value, "recall": value,
                "reference_stderr": null, "ci95": ci95,
            })
        };
        json!({
            "utterances": 2974, "words": 20000,
            "slots": {"gold": 1, "predicted": 1, "correct": 1},
            "intent_acc": score(0.875), "slot_micro_f1": score(0.75), "ex_match_acc": score(exact),
        })
    };
    let locales: serde_json::Map<String, Value> =
        exact.iter().map(|&(tag, exact)| (tag.to_owned(), scores(exact))).collect();
    let mut macro_ = scores(0.625);
    macro_["locales"] = exact.len().into();
    let document = json!({
        "format": massive_eval::document::FORMAT,
        "signature": format!(
            "massive|part:MMNLU-22|loc:52|rows:151674|gold:{}|labels:reference|read:reference|f1:chunk-micro\
             |all:pooled|missing:wrong|ci:bootstrap:1000@4294967295|v:0.1.0",
            "0".repeat(64),
        ),
        "tool": {"name": "massive", "version": "0.1.0"},
        "partition": "MMNLU-22", "labels": "reference",
        "all": scores(0.625), "macro": macro_,
        "coverage": {"locales_scored": exact.len(), "locales_in_corpus": 52},
        "locales": locales,
        "problems": {
            "missing": 0, "duplicate": 0, "unknown": 0,
            "unselected": 0, "malformed": 0, "misaligned": 0,
        },
    });
    serde_json::from_value(document).unwrap()
}

fn every_locale() -> ScoreDocument {
    let exact: Vec<(&str, f64)> = Locale::RELEASE
        .iter()
        .enumerate()
        .map(|(index, locale)| (locale.tag(), index as f64 / 51.0))
        .collect();
    document(&exact, Some([0.0, 1.0]))
}

fn draw(document: &ScoreDocument, title: &str) -> String {
    let options = PlotOptions { title: title.to_owned(), ..Default::default() };
    svg(document, &options).unwrap()
}

/// Parses as XML and gives all texts with where they are, in DejaVu.
fn texts(svg: &str) -> (Vec<(String, usvg::Rect)>, usvg::Size) {
    let mut options = usvg::Options::default();
    load_dejavu(options.fontdb_mut());
    let tree = usvg::Tree::from_str(svg, &options).unwrap();
    let texts = tree.root().children().iter().filter_map(|node| match node {
        usvg::Node::Text(text) => {
            let content = text.chunks().iter().map(|chunk| chunk.text().trim()).collect();
            Some((content, text.abs_bounding_box()))
        }
        _ => None,
    });
    (texts.collect(), tree.size())
}

fn contents(svg: &str) -> Vec<String> {
    texts(svg).0.into_iter().map(|(content, _)| content).collect()
}

#[test]
fn locales_are_labelled_from_best_to_worst() {
    let document = document(&[("de-DE", 0.5), ("km-KH", 0.75), ("xx-XX", 0.25)], None);
    let contents = contents(&draw(&document, "Plot"));
    let labels: Vec<&str> = contents
        .iter()
        .map(String::as_str)
        .skip_while(|&content| content != "mean")
        .filter(|content| content.contains(char::is_alphabetic))
        .skip(1)
        .take(5)
        .collect();
    assert_eq!(labels, ["km-KH", "Khmer", "de-DE", "German", "xx-XX"]);
    for value in ["87.5", "75.0", "62.5", "25.0"] {
        assert!(contents.iter().any(|content| content == value), "{value}");
    }
    assert!(contents.iter().any(|content| content
        == "partition MMNLU-22 · 3 locales · 2,974 utterances · labels reference \
            · sorted by exact match"));
}

#[test]
fn the_order_follows_the_option() {
    let mut document = document(&[("de-DE", 0.5), ("km-KH", 0.75)], None);
    if let Some(Some(score)) =
        document.locales.get_mut("km-KH").unwrap().metrics.get_mut(Metric::IntentAccuracy)
    {
        score.value = 0.1;
    }
    let options = PlotOptions { sort: Metric::IntentAccuracy, ..Default::default() };
    let contents = contents(&svg(&document, &options).unwrap());
    let place = |tag: &str| contents.iter().position(|content| content == tag).unwrap();
    assert!(place("de-DE") < place("km-KH"));
}

#[test]
fn text_is_inside_and_nothing_overlaps() {
    let mut slots_only = every_locale();
    for scores in slots_only.locales.values_mut().chain([&mut slots_only.all]) {
        *scores.metrics.get_mut(Metric::IntentAccuracy).unwrap() = None;
        *scores.metrics.get_mut(Metric::ExactMatch).unwrap() = None;
    }
    let few = document(&[("xx-a-tag-that-is-far-too-long", 0.5)], None);
    for document in [every_locale(), slots_only, few] {
        let (texts, size) = texts(&draw(&document, &"Wide MW title ".repeat(20)));
        let page = usvg::Rect::from_xywh(0.0, 0.0, size.width(), size.height()).unwrap();
        for (index, (text, place)) in texts.iter().enumerate() {
            assert!(
                place.left() >= page.left()
                    && place.right() <= page.right()
                    && place.top() >= page.top()
                    && place.bottom() <= page.bottom(),
                "{text} is cut"
            );
            for (other, there) in &texts[..index] {
                let apart = place.left() >= there.right()
                    || there.left() >= place.right()
                    || place.top() >= there.bottom()
                    || there.top() >= place.bottom();
                assert!(apart, "{text} overlaps {other}");
            }
        }
    }
}

#[test]
fn only_the_title_is_cut() {
    let contents = contents(&draw(&every_locale(), &"long ".repeat(50)));
    let cut: Vec<&String> = contents.iter().filter(|text| text.contains('…')).collect();
    assert_eq!(cut.len(), 1, "{cut:?}");
    assert!(cut[0].starts_with("long long"));
    let signature: String = contents[contents.len() - 2..].concat();
    assert_eq!(signature, every_locale().signature.to_string());
}

#[test]
fn titles_may_hold_anything() {
    let title = "</text><b a=\"1\"> & \u{1}\u{ffff} नाम اسم 名";
    let svg = draw(&document(&[("de-DE", 0.5)], None), title);
    assert!(!svg.contains("<b"));
    assert_eq!(contents(&svg)[0], "</text><b a=\"1\"> & \u{fffd}\u{fffd} नाम اسم 名");
}

#[test]
fn what_is_not_predicted_is_said_and_not_drawn() {
    let mut document = document(&[("de-DE", 0.5), ("km-KH", 0.25)], None);
    for scores in document.locales.values_mut().chain([&mut document.all]) {
        *scores.metrics.get_mut(Metric::IntentAccuracy).unwrap() = None;
        *scores.metrics.get_mut(Metric::ExactMatch).unwrap() = None;
    }
    let contents = contents(&draw(&document, "Slots"));
    let has = |text: &str| contents.iter().any(|content| content == text);
    assert!(has("not predicted: intent accuracy, exact match"));
    assert!(has("slot micro-F1 (%)"));
    assert!(!has("intent accuracy (%)") && !has("exact match (%)"));

    *document.all.metrics.get_mut(Metric::SlotMicroF1).unwrap() = None;
    assert!(svg(&document, &PlotOptions::default()).unwrap_err().is_request());
}

#[test]
fn intervals_are_drawn_where_there_are_any() {
    let bars = |ci95| {
        let svg = draw(&document(&[("de-DE", 0.5)], ci95), "Plot");
        (svg.matches("stroke-width=\"3\"").count(), svg.contains("Bars are"))
    };
    assert_eq!(bars(None), (0, false));
    assert_eq!(bars(Some([0.25, 0.75])), (9, true));
}

#[test]
fn what_is_no_fraction_is_refused() {
    for wrong in [-0.5, 1.5, f64::NAN] {
        let mut document = document(&[("de-DE", 0.5)], Some([0.25, 0.75]));
        if let Some(Some(score)) = document.all.metrics.get_mut(Metric::IntentAccuracy) {
            score.ci95 = Some([0.25, wrong]);
        }
        assert!(svg(&document, &PlotOptions::default()).unwrap_err().is_request());
    }
}

#[test]
fn a_png_has_twice_the_size() {
    let png = png(&draw(&document(&[("de-DE", 0.5)], None), "Plot")).unwrap();
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(png[16..20], (2 * WIDTH).to_be_bytes());
    assert!(super::png("<svg").is_err());
}
