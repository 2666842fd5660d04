//! The forms in which replies are asked for, and what holds a server to them.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::row::{Names, RowGold};

/// A form of replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// An object: `{"intent": "alarm_set", "slots": [{"slot": "time", "value": "five am"}]}`.
    Json,
    /// The intent, then the text with slots in brackets, as MASSIVE writes it.
    #[default]
    Brackets,
    /// The intent, then a label a word, as the reference's text-to-text model
    /// writes them.
    Labels,
    /// The intent, then slots as `{time: five am, date: friday}` (Mirza et al.
    /// 2024, ILLUMINER).
    Dict,
}

/// What keeps replies to their form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Constrain {
    /// Nothing.
    #[default]
    None,
    /// A JSON Schema (`response_format`), for replies in JSON.
    Schema,
    /// A grammar in llama.cpp's notation (`grammar`).
    Grammar,
}

macro_rules! named {
    ($type:ident, $what:literal, $list:literal, $($variant:ident = $name:literal),*) => {
        impl $type {
            /// The name in options and files.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self> {
                match name {
                    $($name => Ok($type::$variant),)*
                    _ => Err(Error::request(format!(
                        concat!("unknown ", $what, " `{}`: expected ", $list), name
                    ))),
                }
            }
        }
    };
}

named!(
    Form,
    "form of replies",
    "json, brackets, labels or dict",
    Json = "json",
    Brackets = "brackets",
    Labels = "labels",
    Dict = "dict"
);
named!(
    Constrain,
    "constraint",
    "none, schema or grammar",
    None = "none",
    Schema = "schema",
    Grammar = "grammar"
);

impl Form {
    /// What stands before a reply in a prompt.
    pub fn cue(self) -> &'static str {
        match self {
            Form::Json => "Answer:",
            _ => "Intent:",
        }
    }

    /// What stands before the second line of a reply.
    pub(crate) fn second_cue(self) -> &'static str {
        match self {
            Form::Json => "",
            Form::Brackets => "Annotation:",
            Form::Labels => "Labels:",
            Form::Dict => "Slots:",
        }
    }

    /// The reply that is right.
    pub fn write(self, gold: &RowGold) -> String {
        let (intent, cue) = (&gold.intent, self.second_cue());
        match self {
            Form::Json => {
                let slots: Vec<Value> = gold
                    .slots
                    .iter()
                    .map(|(slot, value)| json!({ "slot": slot, "value": value }))
                    .collect();
                json!({ "intent": intent, "slots": slots }).to_string()
            }
            Form::Brackets => format!("{intent}\n{cue} {}", gold.annotation),
            Form::Labels => {
                let labels: Vec<&str> =
                    gold.labels.iter().map(|label| label.as_deref().unwrap_or("Other")).collect();
                format!("{intent}\n{cue} {}", labels.join(" "))
            }
            Form::Dict => {
                let slots: Vec<String> =
                    gold.slots.iter().map(|(slot, value)| format!("{slot}: {value}")).collect();
                format!("{intent}\n{cue} {{{}}}", slots.join(", "))
            }
        }
    }

    /// What the model is told about the form.
    pub fn instruction(self) -> &'static str {
        match self {
            Form::Json => {
                "Answer with one JSON object and nothing else: {\"intent\": INTENT, \"slots\": \
                 [{\"slot\": SLOT, \"value\": WORDS}]}, the words copied from the utterance."
            }
            Form::Brackets => {
                "Answer with two lines and nothing else: the intent; then `Annotation: ` and the \
                 utterance, word by word, with every slot written as [SLOT : WORDS]."
            }
            Form::Labels => {
                "Answer with two lines and nothing else: the intent; then `Labels: ` and for \
                 every word of the utterance its slot, or Other, separated by spaces."
            }
            Form::Dict => {
                "Answer with two lines and nothing else: the intent; then `Slots: ` and the \
                 slots as {SLOT: WORDS, SLOT: WORDS}, the words copied from the utterance."
            }
        }
    }

    /// The fields that a request has more, to hold the server to this form.
    ///
    /// # Errors
    /// A schema for a form that is not JSON.
    pub fn constraint(self, by: Constrain, names: &Names) -> Result<Map<String, Value>> {
        let mut fields = Map::new();
        match by {
            Constrain::None => {}
            Constrain::Schema if self == Form::Json => {
                fields.insert("response_format".to_owned(), json!({
                    "type": "json_schema",
                    "json_schema": { "name": "utterance", "strict": true, "schema": schema(names) },
                }));
            }
            Constrain::Schema => {
                return Err(Error::request(format!(
                    "a schema constrains replies in JSON only, not in the form {self}"
                )));
            }
            Constrain::Grammar => {
                fields.insert("grammar".to_owned(), json!(self.grammar(names)));
            }
        }
        Ok(fields)
    }

    /// The form in llama.cpp's notation for grammars (GBNF).
    fn grammar(self, names: &Names) -> String {
        let any = |names: &[String]| {
            names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" | ")
        };
        let cue = self.second_cue();
        let mut grammar = match self {
            Form::Json => "root ::= \" \"? \"{\\\"intent\\\": \\\"\" intent \"\\\", \\\"slots\\\": [\" \
                 (item (\", \" item)*)? \"]}\"\n\
                 item ::= \"{\\\"slot\\\": \\\"\" slot \"\\\", \\\"value\\\": \\\"\" text \"\\\"}\"\n"
                .to_owned(),
            Form::Brackets => format!(
                "root ::= \" \"? intent \"\\n{cue} \" piece+\n\
                 piece ::= text | \"[\" slot \" : \" text \"]\"\n"
            ),
            Form::Labels => format!(
                "root ::= \" \"? intent \"\\n{cue} \" label (\" \" label)*\n\
                 label ::= \"Other\" | slot\n"
            ),
            Form::Dict => format!(
                "root ::= \" \"? intent \"\\n{cue} {{\" (pair (\", \" pair)*)? \"}}\"\n\
                 pair ::= slot \": \" text\n"
            ),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            grammar,
            "text ::= [^\\[\\]{{}}\",\\n]+\nintent ::= {}\nslot ::= {}\n",
            any(&names.intents),
            any(&names.slots)
        );
        grammar
    }
}

/// The schema of replies in JSON.
fn schema(names: &Names) -> Value {
    json!({
        "type": "object",
        "properties": {
            "intent": { "type": "string", "enum": names.intents },
            "slots": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "slot": { "type": "string", "enum": names.slots },
                        "value": { "type": "string" },
                    },
                    "required": ["slot", "value"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["intent", "slots"],
        "additionalProperties": false,
    })
}
