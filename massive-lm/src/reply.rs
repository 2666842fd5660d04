//! What a reply says: an intent, and a label for every word.

mod place;
mod shape;

use serde::{Deserialize, Serialize};

use crate::endpoint::Reply;
use crate::form::Form;
use crate::row::Names;

/// Whether a reply can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Validity {
    /// It is of the form that was asked for.
    Valid,
    /// It is nearly so, and what it means is plain.
    Repaired,
    /// It does not answer: a refusal, or a text in which no intent can be read.
    Refused,
    /// There is nothing in it.
    Empty,
    /// It was cut off before what was asked for.
    Truncated,
}

impl Validity {
    /// All of them.
    pub const ALL: [Validity; 5] = [
        Validity::Valid,
        Validity::Repaired,
        Validity::Refused,
        Validity::Empty,
        Validity::Truncated,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Validity::Valid => "valid",
            Validity::Repaired => "repaired",
            Validity::Refused => "refused",
            Validity::Empty => "empty",
            Validity::Truncated => "truncated",
        }
    }
}

/// What was read in a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Whether it could be read.
    pub validity: Validity,
    /// The intent, if one could be read.
    pub intent: Option<String>,
    /// A slot's name for every word of the utterance.
    pub labels: Vec<Option<String>>,
    /// Whether the reply has the words of the utterance: all of them in
    /// brackets, one label each, or values that stand in it.
    pub words_preserved: bool,
    /// Slots whose words are not in the utterance.
    pub unplaced: usize,
}

impl Reading {
    fn nothing(validity: Validity, words: &[String]) -> Reading {
        Reading {
            validity,
            intent: None,
            labels: vec![None; words.len()],
            words_preserved: false,
            unplaced: 0,
        }
    }
}

/// What a form's own reader found.
pub(crate) struct Found {
    pub(crate) intent: String,
    pub(crate) labels: Vec<Option<String>>,
    pub(crate) words_preserved: bool,
    pub(crate) unplaced: usize,
    /// It was of the form, to the letter.
    pub(crate) exact: bool,
}

/// Reads a reply about an utterance of these words.
///
/// No reply is an error: what cannot be read has a class and no intent, which is
/// wrong when it is scored.
pub fn read(reply: &Reply, form: Form, words: &[String], names: &Names) -> Reading {
    let cut = matches!(reply.finish.as_deref(), Some("length" | "too_long"));
    let text = reply.text.trim();
    if text.is_empty() {
        let filtered = reply.finish.as_deref() == Some("content_filter");
        let validity = match (filtered, cut) {
            (true, _) => Validity::Refused,
            (false, true) => Validity::Truncated,
            (false, false) => Validity::Empty,
        };
        return Reading::nothing(validity, words);
    }
    let Some(mut found) = shape::read(text, form, words) else {
        let validity = if cut { Validity::Truncated } else { Validity::Refused };
        return Reading::nothing(validity, words);
    };
    let folded = fold(&found.intent);
    if !names.intents.contains(&found.intent) {
        found.exact = false;
        if names.intents.contains(&folded) {
            found.intent = folded;
        } else if let Some(known) = named_in(&folded, &names.intents) {
            found.intent = known;
        } else if !is_name(&found.intent) {
            let validity = if cut { Validity::Truncated } else { Validity::Refused };
            return Reading::nothing(validity, words);
        } else {
            // A name that nobody knows is of the form, and wrong.
            found.exact = true;
        }
    }
    for label in found.labels.iter_mut().flatten() {
        let folded = fold(label);
        if !names.slots.contains(label) && names.slots.contains(&folded) {
            *label = folded;
            found.exact = false;
        }
    }
    let validity = match (cut, found.exact) {
        (true, _) => Validity::Truncated,
        (false, true) => Validity::Valid,
        (false, false) => Validity::Repaired,
    };
    Reading {
        validity,
        intent: Some(found.intent),
        labels: found.labels,
        words_preserved: found.words_preserved,
        unplaced: found.unplaced,
    }
}

/// A name as the release writes it: lower case, words joined by `_`.
fn fold(name: &str) -> String {
    let name = name.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let pieces = name.split(|c: char| c.is_whitespace() || ":.-_/".contains(c));
    pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("_")
}

/// The first known name that stands in a text as a word or words of their own.
fn named_in(folded: &str, names: &[String]) -> Option<String> {
    let padded = format!("_{}_", folded.replace(|c: char| !c.is_alphanumeric(), "_"));
    names
        .iter()
        .filter_map(|name| Some((padded.find(&format!("_{name}_"))?, name)))
        .min_by_key(|&(at, name)| (at, std::cmp::Reverse(name.len())))
        .map(|(_, name)| name.clone())
}

/// Whether a text could be the name of an intent.
fn is_name(text: &str) -> bool {
    text.len() <= 60
        && text.contains('_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(text: &str, finish: &str) -> Reply {
        Reply {
            text: text.to_owned(),
            finish: Some(finish.to_owned()),
            usage: None,
            first_ms: None,
            total_ms: 0.0,
            model: None,
        }
    }

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn shown(text: &str, form: Form, utterance: &str) -> String {
        let read = read(&reply(text, "stop"), form, &words(utterance), &Names::release());
        let labels: Vec<&str> =
            read.labels.iter().map(|label| label.as_deref().unwrap_or("-")).collect();
        format!(
            "{} {} {}{}",
            read.validity.name(),
            read.intent.as_deref().unwrap_or("?"),
            labels.join(" "),
            if read.words_preserved { "" } else { " !" }
        )
    }

    #[test]
    fn brackets_are_read() {
        for (text, expected) in [
            (
                "alarm_set\nAnnotation: wake me at [time : five am]",
                "valid alarm_set - - - time time",
            ),
            ("alarm_set\nwake me at [time : five am]", "repaired alarm_set - - - time time"),
            (
                "Intent: Alarm Set\nAnnotation: wake me at [time:five am]",
                "repaired alarm_set - - - time time",
            ),
            (
                "alarm:set\nAnnotation: wake me at［time：five am］",
                "repaired alarm_set - - - time time",
            ),
            (
                "```\nalarm_set\nAnnotation: wake me at [time : five am]\n```",
                "repaired alarm_set - - - time time",
            ),
            (
                "alarm_set\nAnnotation: wake him at [time : five am]",
                "valid alarm_set - - - time time !",
            ),
            ("alarm_set\nAnnotation: [time : five am]", "valid alarm_set - - - time time !"),
            ("alarm_set\nAnnotation: [time : noon]", "valid alarm_set - - - - - !"),
            (
                "alarm_set\nAnnotation: wake me at [time : five am",
                "repaired alarm_set - - - time time",
            ),
            ("alarm_set", "repaired alarm_set - - - - - !"),
            ("I'm sorry, I cannot help with that.", "refused ? - - - - - !"),
            ("The intent is alarm_set.", "repaired alarm_set - - - - - !"),
            ("alarm_sett\nAnnotation: wake me at five am", "valid alarm_sett - - - - -"),
        ] {
            assert_eq!(shown(text, Form::Brackets, "wake me at five am"), expected, "{text}");
        }
    }

    #[test]
    fn json_is_read() {
        for (text, expected) in [
            (
                r#"{"intent": "alarm_set", "slots": [{"slot": "time", "value": "five am"}]}"#,
                "valid alarm_set - - - time time",
            ),
            (
                "Here it is:\n```json\n{\"intent\": \"alarm_set\", \"slots\": {\"time\": \"Five AM\"}}\n```",
                "repaired alarm_set - - - time time !",
            ),
            (
                r#"{"intent": "alarm_set", "slots": [{"name": "time", "text": ["five", "am"]}]}"#,
                "repaired alarm_set - - - time time",
            ),
            (r#"{"intent": "alarm_set"}"#, "repaired alarm_set - - - - -"),
            (
                r#"{"intent": "alarm_set", "slots": [{"slot": "time", "value": "fiv am"}]}"#,
                "valid alarm_set - - - time time !",
            ),
            (
                r#"{"intent": "alarm_set", "slots": [{"slot": "time", "value": "five am"#,
                "repaired alarm_set - - - time time",
            ),
            ("[]", "refused ? - - - - - !"),
        ] {
            assert_eq!(shown(text, Form::Json, "wake me at five am"), expected, "{text}");
        }
    }

    #[test]
    fn labels_and_dictionaries_are_read() {
        for (form, text, expected) in [
            (
                Form::Labels,
                "alarm_set\nLabels: Other Other Other time time",
                "valid alarm_set - - - time time",
            ),
            (
                Form::Labels,
                "alarm_set\nLabels: O O O B-time I-time",
                "repaired alarm_set - - - time time",
            ),
            (Form::Labels, "alarm_set\nLabels: Other Other", "repaired alarm_set - - - - - !"),
            (Form::Dict, "alarm_set\nSlots: {time: five am}", "valid alarm_set - - - time time"),
            (Form::Dict, "alarm_set\nSlots: {}", "valid alarm_set - - - - -"),
            (
                Form::Dict,
                "alarm_set\ntime: five am; date: wake",
                "repaired alarm_set date - - time time",
            ),
        ] {
            assert_eq!(shown(text, form, "wake me at five am"), expected, "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_truncated_and_nothing_is_empty() {
        let words = words("a b");
        let names = Names::release();
        for (text, finish, validity) in [
            ("", "stop", Validity::Empty),
            (" \n", "length", Validity::Truncated),
            ("", "content_filter", Validity::Refused),
            ("alarm_set\nAnnotation: a", "length", Validity::Truncated),
            ("well, let me think about", "length", Validity::Truncated),
        ] {
            let read = read(&reply(text, finish), Form::Brackets, &words, &names);
            assert_eq!(read.validity, validity, "{text}");
            assert_eq!(read.labels.len(), 2);
        }
    }

    #[test]
    fn characters_are_words_too() {
        let words: Vec<String> = "五時に起こして".chars().map(|c| c.to_string()).collect();
        let text = "alarm_set\nAnnotation: [time : 五時] に起こして";
        let read = read(&reply(text, "stop"), Form::Brackets, &words, &Names::release());
        assert!(read.words_preserved);
        assert_eq!(read.labels.iter().flatten().count(), 2);
        assert_eq!(read.validity, Validity::Valid);
    }

    proptest! {
        #[test]
        fn any_reply_has_a_label_a_word(text in "[\\[\\]{}: a-c\"`,日：\n_]{0,40}") {
            for form in [Form::Json, Form::Brackets, Form::Labels, Form::Dict] {
                let read = read(&reply(&text, "stop"), form, &words("a b c"), &Names::release());
                prop_assert_eq!(read.labels.len(), 3);
            }
        }

        #[test]
        fn what_a_form_writes_it_reads(slots in prop::collection::vec(prop::option::of(0usize..55), 1..7)) {
            let names = Names::release();
            let words: Vec<String> = (0..slots.len()).map(|at| format!("w{at}")).collect();
            let labels: Vec<Option<String>> =
                slots.iter().map(|slot| slot.map(|slot| names.slots[slot].clone())).collect();
            let slots: Vec<(String, String)> = labels
                .iter()
                .zip(&words)
                .filter_map(|(label, word)| Some((label.clone()?, word.clone())))
                .collect();
            let annotation: Vec<String> = labels
                .iter()
                .zip(&words)
                .map(|(label, word)| match label {
                    Some(label) => format!("[{label} : {word}]"),
                    None => word.clone(),
                })
                .collect();
            let gold = crate::row::RowGold {
                intent: "alarm_set".to_owned(),
                annotation: annotation.join(" "),
                labels: labels.clone(),
                slots,
            };
            for form in [Form::Json, Form::Brackets, Form::Labels, Form::Dict] {
                let read = read(&reply(&form.write(&gold), "stop"), form, &words, &names);
                prop_assert_eq!(read.validity, Validity::Valid);
                prop_assert_eq!(&read.labels, &labels);
                prop_assert!(read.words_preserved && read.unplaced == 0);
            }
        }
    }
}
