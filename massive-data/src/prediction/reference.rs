//! The quick way to read a prediction that is written as the reference writes it.

use std::borrow::Cow;

use super::model::{PredictedSlots, Prediction};
use crate::locale::Locale;
use crate::scan::{Scan, id};

/// A prediction written exactly as the reference writes it, with an intent,
/// slots or both. `None` for any other: the JSON parser then reads it or says
/// what is wrong.
pub(crate) fn reference_prediction(line: &str) -> Option<Prediction<'_>> {
    let mut scan = Scan(line);
    scan.literal("{\"id\": \"")?;
    let id = id(&mut scan)?;
    scan.literal(", \"locale\": \"")?;
    let locale = Locale::from_tag(scan.string()?)?;
    // What is aligned with the gold are the words of the annotation.
    scan.literal(", \"utt\": [")?;
    scan.list(text)?;
    let intent = match scan.literal(", \"pred_intent\": \"") {
        Some(()) => Some(Cow::Borrowed(scan.string()?)),
        None => None,
    };
    let slots = match scan.literal(", \"pred_slots\": [") {
        Some(()) => {
            scan.list(|scan| {
                scan.literal("[")?;
                scan.list(text)
            })?;
            scan.literal(", \"pred_annot_utt\": \"")?;
            Some(PredictedSlots::Annotation(Cow::Borrowed(scan.string()?)))
        }
        None => None,
    };
    scan.end()?;
    if intent.is_none() && slots.is_none() {
        return None;
    }
    Some(Prediction { id, locale, intent, slots })
}

#[inline(always)]
fn text(scan: &mut Scan<'_>) -> Option<()> {
    scan.literal("\"")?;
    scan.string().map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::prediction::line::parse_prediction;

    const LINE: &str = r#"{"id": "7", "locale": "de-DE", "utt": ["weck", "mich", "um", "fünf"], "pred_intent": "alarm_set", "pred_slots": [["fünf", "time"]], "pred_annot_utt": "weck mich um [time : fünf]"}"#;

    /// A space before a line leaves it to the JSON parser.
    fn slowly(line: &str) -> Option<Prediction<'static>> {
        let line = format!(" {line}");
        let Prediction { id, locale, intent, slots } = parse_prediction(&line).ok()?;
        let intent = intent.map(|intent| Cow::Owned(intent.into_owned()));
        let slots = slots.map(PredictedSlots::into_owned);
        Some(Prediction { id, locale, intent, slots })
    }

    #[test]
    fn the_quick_way_reads_what_the_slow_one_reads() {
        let no_slots = r#"{"id": "0", "locale": "ja-JP", "utt": [], "pred_intent": "x"}"#;
        for line in [
            LINE,
            no_slots,
            &LINE.replacen(r#", "pred_intent": "alarm_set""#, "", 1),
            &LINE.replacen(r#"[["fünf", "time"]]"#, "[]", 1),
        ] {
            let quick = reference_prediction(line);
            assert!(quick.is_some() && quick == slowly(line), "{line}");
        }
        for other in [
            LINE.replacen("fünf", r"f\u00fcnf", 1),
            LINE.replacen("\"7\"", "7", 1),
            LINE.replacen("de-DE", "de-DEU", 1),
            no_slots.replacen(r#", "pred_intent": "x""#, "", 1),
        ] {
            assert_eq!(reference_prediction(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_line_is_read_as_the_parser_reads_it(
            at in 0..LINE.len(), with in "[\"\\\\,:{}\\[\\] a0\u{1}é]{0,2}"
        ) {
            if LINE.is_char_boundary(at) && LINE.is_char_boundary(at + 1) {
                let line = format!("{}{with}{}", &LINE[..at], &LINE[at + 1..]);
                if let Some(quick) = reference_prediction(&line) {
                    prop_assert_eq!(Some(quick), slowly(&line));
                }
            }
        }
    }
}
