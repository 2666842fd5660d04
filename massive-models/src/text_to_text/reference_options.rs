//! The options of a format under the names of the reference.

use serde::{Deserialize, Serialize};

use super::format::{Format, Inside, IntentPlace, Layout, OutsideLabel};
use crate::error::{Error, Result};

/// The reference's `t2t_args`, with its defaults.
///
/// Not all of them can be used together: [`Format`] is what can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferenceOptions {
    /// What stands before the utterance.
    pub input_prompt: InputPrompt,
    /// Whether parts of the output are announced.
    pub use_output_descrip: bool,
    /// Whether the intent comes first.
    pub intent_first: bool,
    /// Whether each label follows its word; only with `toks_in_output`.
    pub slots_mixed: bool,
    /// Whether the words are in the output.
    pub toks_in_output: bool,
    /// Whether sentinels stand for the words; overrides the two before.
    pub sentinels: bool,
    /// The label of the second and further words of a slot.
    pub inside_format: Inside,
    /// The label of words outside slots.
    pub outside_label: OutsideLabel,
}

/// A prompt, or `false` or `null` for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InputPrompt {
    /// This text; white space around it means nothing.
    Text(String),
    /// None if false; true means nothing and is refused.
    Switch(bool),
    /// None.
    Null,
}

impl Default for ReferenceOptions {
    fn default() -> Self {
        ReferenceOptions {
            input_prompt: InputPrompt::Text("Annotate: ".to_owned()),
            use_output_descrip: false,
            intent_first: false,
            slots_mixed: false,
            toks_in_output: false,
            sentinels: false,
            inside_format: Inside::default(),
            outside_label: OutsideLabel::default(),
        }
    }
}

impl TryFrom<ReferenceOptions> for Format {
    type Error = Error;

    fn try_from(options: ReferenceOptions) -> Result<Self> {
        let layout = match (options.sentinels, options.toks_in_output, options.slots_mixed) {
            (true, _, _) => Layout::Sentinels,
            (false, true, true) => Layout::WordsWithLabels,
            (false, true, false) => Layout::WordsThenLabels,
            (false, false, false) => Layout::Labels,
            (false, false, true) => {
                return Err(Error::request(
                    "slots_mixed needs words to mix labels with: set toks_in_output or sentinels",
                ));
            }
        };
        let prompt = match options.input_prompt {
            InputPrompt::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            InputPrompt::Switch(false) | InputPrompt::Null => None,
            InputPrompt::Switch(true) => {
                return Err(Error::request("input_prompt is true: expected a text or false"));
            }
        };
        Ok(Format {
            prompt,
            layout,
            intent: if options.intent_first { IntentPlace::First } else { IntentPlace::Last },
            descriptions: options.use_output_descrip,
            inside: options.inside_format,
            outside: options.outside_label,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_same() {
        let options: ReferenceOptions = serde_json::from_str("{}").unwrap();
        assert_eq!(Format::try_from(options).unwrap(), Format::default());
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let options = |text| serde_json::from_str::<ReferenceOptions>(text).unwrap();
        let error = Format::try_from(options(r#"{"slots_mixed": true}"#)).unwrap_err();
        assert!(error.is_request() && error.to_string().contains("toks_in_output"), "{error}");
        assert!(Format::try_from(options(r#"{"input_prompt": true}"#)).is_err());
        let none = Format::try_from(options(r#"{"input_prompt": null}"#)).unwrap();
        assert_eq!(none.prompt, None);
    }
}
