//! SLURP's own files: its gold and predictions about it.
//!
//! MASSIVE's English comes from SLURP (Bastianelli et al. 2020), whose files
//! have another form: gold slots are lists of tokens, and predictions name
//! scenario, action and the words of each slot, without positions.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::blocks::map_blocks;
use crate::error::{Error, Result};
use crate::input::{Input, MAX_LINE};
use crate::json_line::utf8;
use crate::json_line::{Digits, Text, from_json};

/// A slot by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurpEntity {
    /// Its label; SLURP calls it the type.
    pub label: String,
    /// Its words, joined by spaces; SLURP calls them the filler.
    pub filler: String,
}

/// What is said, or predicted, about an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurpFrame {
    /// The scenario.
    pub scenario: String,
    /// The action; with the scenario it makes the intent.
    pub action: String,
    /// The slots.
    pub entities: Vec<SlurpEntity>,
}

impl SlurpFrame {
    /// The intent, `scenario_action`.
    pub fn intent(&self) -> String {
        format!("{}_{}", self.scenario, self.action)
    }
}

/// A row of SLURP's gold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurpGold {
    /// Its id.
    pub id: String,
    /// The sound files in which it is spoken.
    pub recordings: Vec<String>,
    /// What it means. Fillers are in lower case, as SLURP's evaluation has them.
    pub frame: SlurpFrame,
}

/// What a prediction is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlurpKey {
    /// An utterance, by `slurp_id`.
    Id(String),
    /// A recording of one, by `file`.
    Recording(String),
}

/// A prediction about SLURP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurpPrediction {
    /// What it is about.
    pub key: SlurpKey,
    /// What it says.
    pub frame: SlurpFrame,
}

/// True if the file at `path`, compressed or not, starts with a row of SLURP's
/// gold. A folder, standard input or what cannot be read is none.
pub fn is_slurp_gold(path: impl AsRef<Path>) -> bool {
    let first_line = || -> Option<String> {
        let path = path.as_ref();
        if !path.is_file() {
            return None;
        }
        let mut file = BufReader::new(File::open(path).ok()?);
        let compressed = file.fill_buf().ok()?.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn Read> =
            if compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut line = Vec::new();
        BufReader::new(reader.take(MAX_LINE as u64)).read_until(b'\n', &mut line).ok()?;
        String::from_utf8(line).ok()
    };
    first_line().is_some_and(|line| parse_gold(line.trim_end()).is_ok())
}

/// Reads SLURP's gold, such as its `test.jsonl`, compressed or not.
///
/// # Errors
/// Input that cannot be read; a line that is no row of it.
pub fn read_gold(path: impl AsRef<Path>) -> Result<Vec<SlurpGold>> {
    let mut rows = Vec::new();
    read(path.as_ref(), parse_gold, &mut rows)?;
    Ok(rows)
}

/// Reads predictions about SLURP, from files in the order given.
///
/// # Errors
/// Input that cannot be read; a line that is no prediction.
pub fn read_predictions(paths: &[PathBuf]) -> Result<Vec<SlurpPrediction>> {
    let mut predictions = Vec::new();
    for path in paths {
        read(path, parse_prediction, &mut predictions)?;
    }
    Ok(predictions)
}

fn read<T: Send>(path: &Path, parse: fn(&str) -> Result<T>, rows: &mut Vec<T>) -> Result<()> {
    let input = Input::open(path)?;
    map_blocks(
        &input,
        &mut |_| true,
        None,
        &|lines| {
            lines
                .map(|(number, line)| {
                    utf8(line).and_then(parse).map_err(|error| error.at_line(number))
                })
                .collect::<Result<Vec<T>>>()
        },
        &mut |place, block| {
            let locate =
                |error: Error| error.shift_lines(place.lines_before).at_file(&place.member.name);
            rows.extend(block.map_err(locate)?);
            Ok(())
        },
    )
}

fn parse_gold(line: &str) -> Result<SlurpGold> {
    #[derive(Deserialize)]
    struct Row<'a> {
        #[serde(borrow)]
        slurp_id: Digits<'a>,
        #[serde(borrow)]
        scenario: Cow<'a, str>,
        #[serde(borrow)]
        action: Cow<'a, str>,
        #[serde(borrow)]
        tokens: Vec<Token<'a>>,
        #[serde(borrow)]
        entities: Vec<Entity<'a>>,
        #[serde(borrow, default)]
        recordings: Vec<Recording<'a>>,
    }
    #[derive(Deserialize)]
    struct Token<'a> {
        #[serde(borrow)]
        surface: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Entity<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
        span: Vec<usize>,
    }
    #[derive(Deserialize)]
    struct Recording<'a> {
        #[serde(borrow)]
        file: Cow<'a, str>,
    }
    let row: Row<'_> = from_json(line)?;
    let id = row.slurp_id.0.into_owned();
    let entities = row.entities.iter().map(|entity| {
        let words: Option<Vec<String>> = entity
            .span
            .iter()
            .map(|&token| Some(row.tokens.get(token)?.surface.to_lowercase()))
            .collect();
        let words = words.ok_or_else(|| {
            Error::line(format!(
                "an entity {} spans a token that is not there; there are {}",
                entity.r#type,
                row.tokens.len()
            ))
            .at_record(format!("slurp_id {id}"))
        })?;
        Ok(SlurpEntity { label: entity.r#type.clone().into_owned(), filler: words.join(" ") })
    });
    Ok(SlurpGold {
        frame: SlurpFrame {
            entities: entities.collect::<Result<_>>()?,
            scenario: row.scenario.into_owned(),
            action: row.action.into_owned(),
        },
        recordings: row.recordings.into_iter().map(|r| r.file.into_owned()).collect(),
        id,
    })
}

fn parse_prediction(line: &str) -> Result<SlurpPrediction> {
    #[derive(Deserialize)]
    struct Row<'a> {
        #[serde(borrow)]
        slurp_id: Option<Digits<'a>>,
        #[serde(borrow)]
        file: Option<Text<'a>>,
        #[serde(borrow)]
        scenario: Option<Text<'a>>,
        #[serde(borrow)]
        action: Option<Text<'a>>,
        #[serde(borrow)]
        entities: Option<Vec<Entity<'a>>>,
    }
    #[derive(Deserialize)]
    struct Entity<'a> {
        #[serde(borrow)]
        r#type: Text<'a>,
        #[serde(borrow)]
        filler: Text<'a>,
    }
    let row: Row<'_> = from_json(line)?;
    let key = match (row.slurp_id, row.file) {
        (Some(id), _) => SlurpKey::Id(id.0.into_owned()),
        (None, Some(file)) => SlurpKey::Recording(file.0.into_owned()),
        (None, None) => {
            return Err(Error::line(
                "neither slurp_id nor file: against SLURP's gold, predictions in SLURP's form are \
                 expected, as {\"slurp_id\": \"7\", \"scenario\": …, \"action\": …, \"entities\": …}",
            ));
        }
    };
    let (Some(scenario), Some(action), Some(entities)) = (row.scenario, row.action, row.entities)
    else {
        return Err(Error::line("a prediction about SLURP has scenario, action and entities"));
    };
    let entity = |entity: Entity<'_>| SlurpEntity {
        label: entity.r#type.0.into_owned(),
        filler: entity.filler.0.into_owned(),
    };
    Ok(SlurpPrediction {
        key,
        frame: SlurpFrame {
            scenario: scenario.0.into_owned(),
            action: action.0.into_owned(),
            entities: entities.into_iter().map(entity).collect(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLD: &str = r#"{"slurp_id": 7, "scenario": "calendar", "action": "set",
        "tokens": [{"surface": "Meet"}, {"surface": "Ann"}, {"surface": "Lee"}],
        "recordings": [{"file": "a.flac"}], "entities": [{"span": [1, 2], "type": "person"}]}"#;

    #[test]
    fn gold_has_fillers_in_lower_case() {
        let gold = parse_gold(GOLD).unwrap();
        assert_eq!((gold.id.as_str(), gold.frame.intent().as_str()), ("7", "calendar_set"));
        assert_eq!(gold.frame.entities[0].filler, "ann lee");
        assert_eq!(gold.recordings, ["a.flac"]);
        let error = parse_gold(&GOLD.replace("[1, 2]", "[3]")).unwrap_err();
        assert!(error.to_string().contains("spans a token that is not there"), "{error}");
    }

    #[test]
    fn predictions_name_utterances_or_recordings() {
        let line = r#"{"slurp_id": "7", "scenario": "a", "action": "b",
            "entities": [{"type": "person", "filler": "Ann"}]}"#;
        let prediction = parse_prediction(line).unwrap();
        assert_eq!(prediction.key, SlurpKey::Id("7".into()));
        assert_eq!(prediction.frame.entities[0].filler, "Ann");
        let recording = parse_prediction(&line.replace(r#""slurp_id": "7""#, r#""file": "x""#));
        assert_eq!(recording.unwrap().key, SlurpKey::Recording("x".into()));
        for (line, message) in [
            (r#"{"scenario": "a"}"#, "neither slurp_id nor file"),
            (r#"{"file": "x", "scenario": "a"}"#, "has scenario, action and entities"),
            ("[]", "invalid"),
        ] {
            let error = parse_prediction(line).unwrap_err();
            assert!(error.message().contains(message), "{line}: {error}");
        }
    }
}
