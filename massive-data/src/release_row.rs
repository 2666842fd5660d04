//! The quick way to read a row that is written as the release writes it.

use std::borrow::Cow;

use crate::annotation::Annotation;
use crate::labels::{Intent, LabelPolicy, Scenario, SlotName, belongs};
use crate::locale::Locale;
use crate::partition::Partition;
use crate::scan::{Scan, id};
use crate::utterance::{
    Gold, JudgedLanguage, Judgment, Method, Review, SlotMethod, Utterance, most,
};

/// A row written exactly as the release writes it, keys in its order, one space
/// after colons and commas, no escapes, and nothing wrong with it. `None` for
/// any other: the JSON parser then reads it or says what is wrong.
pub(crate) fn release_row(line: &str, policy: LabelPolicy) -> Option<Utterance<'_>> {
    let mut scan = Scan(line);
    scan.literal("{\"id\": \"")?;
    let id = id(&mut scan)?;
    scan.literal(", \"locale\": \"")?;
    let locale = Locale::from_tag(scan.string()?)?;
    scan.literal(", \"partition\": \"")?;
    let partition = Partition::from_name(scan.string()?)?;
    scan.literal(", \"scenario\": \"")?;
    let scenario_name = scan.string()?;
    scan.literal(", \"intent\": \"")?;
    let intent_name = scan.string()?;
    scan.literal(", \"utt\": \"")?;
    let utt = scan.string()?;
    scan.literal(", \"annot_utt\": \"")?;
    let annot_utt = scan.string()?;
    scan.literal(", \"worker_id\": \"")?;
    let worker_id = scan.string()?;
    let review = match scan.literal(", \"slot_method\": [") {
        Some(()) => Some(review(&mut scan, policy)?),
        None => None,
    };
    scan.end()?;

    let scenario = Scenario::parse(scenario_name, policy).ok()?;
    let intent = Intent::parse(intent_name, policy).ok()?;
    if policy == LabelPolicy::Closed && !belongs(intent_name, scenario_name) {
        return None;
    }
    let annotation = Annotation::parse(annot_utt, policy).ok()?;
    let gold = Gold { scenario, intent, annotation, review };
    Utterance::labelled(id, locale, partition, utt, worker_id, gold)
}

/// Slot methods and judgments, after the opening bracket of the first.
#[inline(always)]
fn review<'a>(scan: &mut Scan<'a>, policy: LabelPolicy) -> Option<Review<'a>> {
    let (mut slot_methods, mut judgments) = (Vec::new(), Vec::new());
    scan.list(|scan| {
        scan.literal("{\"slot\": \"")?;
        let slot = SlotName::parse(scan.string()?, policy).ok()?;
        scan.literal(", \"method\": \"")?;
        let method = Method::from_name(scan.string()?)?;
        scan.literal("}")?;
        slot_methods.push(SlotMethod { slot, method });
        Some(())
    })?;
    scan.literal(", \"judgments\": [")?;
    scan.list(|scan| {
        if judgments.capacity() == 0 {
            // So many there are as a rule.
            judgments.reserve_exact(3);
        }
        judgments.push(judgment(scan)?);
        Some(())
    })?;
    Some(Review { slot_methods, judgments })
}

#[inline(always)]
fn judgment<'a>(scan: &mut Scan<'a>) -> Option<Judgment<'a>> {
    let score = |scan: &mut Scan<'a>, most: u8| scan.digit().filter(|&score| score <= most);
    scan.literal("{\"worker_id\": \"")?;
    let worker_id = Cow::Borrowed(scan.string()?);
    scan.literal(", \"intent_score\": ")?;
    let intent_score = score(scan, most::INTENT)?;
    scan.literal(", \"slots_score\": ")?;
    let slots_score = score(scan, most::SLOTS)?;
    scan.literal(", \"grammar_score\": ")?;
    let grammar_score = score(scan, most::GRAMMAR)?;
    scan.literal(", \"spelling_score\": ")?;
    let spelling_score = score(scan, most::SPELLING)?;
    let language_identification = match scan.literal(", \"language_identification\": \"") {
        Some(()) => Some(JudgedLanguage::from_name(scan.string()?)?),
        None => None,
    };
    scan.literal("}")?;
    Some(Judgment {
        worker_id,
        intent_score,
        slots_score,
        grammar_score,
        spelling_score,
        language_identification,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::parse_utterance;
    use crate::segmentations::Segmentations;

    const ROW: &str = r#"{"id": "7", "locale": "de-DE", "partition": "test", "scenario": "alarm", "intent": "alarm_set", "utt": "weck mich um fünf", "annot_utt": "weck mich um [time : fünf]", "worker_id": "3", "slot_method": [{"slot": "time", "method": "translation"}], "judgments": [{"worker_id": "8", "intent_score": 1, "slots_score": 1, "grammar_score": 4, "spelling_score": 2, "language_identification": "target|english"}]}"#;

    /// A space before a row leaves it to the JSON parser.
    #[test]
    fn the_quick_way_reads_what_the_slow_one_reads() {
        let english = r#"{"id": "1", "locale": "en-US", "partition": "dev", "scenario": "iot", "intent": "iot_wemo_on", "utt": "turn on", "annot_utt": "turn on", "worker_id": "1"}"#;
        for row in [
            ROW,
            english,
            &ROW.replacen("[{\"slot\": \"time\", \"method\": \"translation\"}]", "[]", 1),
        ] {
            let quick = release_row(row, LabelPolicy::Closed);
            let slow = format!(" {row}");
            assert_eq!(
                quick,
                Some(
                    parse_utterance(&slow, LabelPolicy::Closed, &Segmentations::default()).unwrap()
                )
            );
        }
        let row = ROW.replace("time", "thyme");
        assert_eq!(release_row(&row, LabelPolicy::Closed), None);
        let open = release_row(&row, LabelPolicy::Open);
        assert_eq!(
            open,
            Some(
                parse_utterance(&format!(" {row}"), LabelPolicy::Open, &Segmentations::default())
                    .unwrap()
            )
        );
        for other in [
            ROW.replacen("fünf", r"f\u00fcnf", 1),
            ROW.replacen("weck", "we\tck", 1),
            ROW.replacen("\"alarm\"", "\"iot\"", 1),
            ROW.replacen("score\": 2", "score\": 3", 1),
            ROW.replacen("um fünf", "um sechs", 1),
        ] {
            assert_eq!(release_row(&other, LabelPolicy::Closed), None);
        }
    }

    proptest! {
        #[test]
        fn a_damaged_row_is_read_as_the_parser_reads_it(
            at in 0..ROW.len(), with in "[\"\\\\,:{}\\[\\] a0\u{1}é]{0,2}"
        ) {
            if ROW.is_char_boundary(at) && ROW.is_char_boundary(at + 1) {
                let row = format!("{}{with}{}", &ROW[..at], &ROW[at + 1..]);
                let slow_row = format!(" {row}");
                for policy in [LabelPolicy::Closed, LabelPolicy::Open] {
                    let slow = parse_utterance(&slow_row, policy, &Segmentations::default()).ok();
                    match release_row(&row, policy) {
                        Some(quick) => prop_assert_eq!(Some(quick), slow),
                        // What is well written is only left to the parser if it
                        // is read otherwise or not at all.
                        None => prop_assert_eq!(parse_utterance(&row, policy, &Segmentations::default()).ok(), slow),
                    }
                }
            }
        }
    }
}
