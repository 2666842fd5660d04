//! The ids that are no text.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::tokenize::Tokenizer;

/// The ids that outputs start and end with and that fill a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialIds {
    /// What the decoder is started with.
    pub start: u32,
    /// What ends a text.
    pub end: u32,
    /// What fills a batch.
    pub pad: u32,
}

impl Default for SpecialIds {
    /// Those of T5 and mT5.
    fn default() -> Self {
        SpecialIds { start: 0, end: 1, pad: 0 }
    }
}

/// `config.json` or `generation_config.json`, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
struct Config {
    decoder_start_token_id: Option<u32>,
    eos_token_id: Option<OneOrMany>,
    pad_token_id: Option<u32>,
}

/// Some configurations have a list of ids that end a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

impl SpecialIds {
    /// What the configurations in a folder say, `generation_config.json` before
    /// `config.json`; mT5's where they say nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or several ids that end a text.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut ids = SpecialIds::default();
        let mut has_start = false;
        for name in ["config.json", "generation_config.json"] {
            let path = folder.join(name);
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    let message = format!("{} cannot be read: {error}", path.display());
                    return Err(Error::model(message).with_source(error));
                }
            };
            let config: Config = serde_json::from_str(&text).map_err(|error| {
                Error::model(format!("{}: {error}", path.display())).with_source(error)
            })?;
            ids.end = match config.eos_token_id {
                None => ids.end,
                Some(OneOrMany::One(id)) => id,
                Some(OneOrMany::Many(many)) => match many[..] {
                    [id] => id,
                    _ => {
                        return Err(Error::model(format!(
                            "{}: eos_token_id has {} ids; expected one",
                            path.display(),
                            many.len()
                        )));
                    }
                },
            };
            ids.pad = config.pad_token_id.unwrap_or(ids.pad);
            has_start |= config.decoder_start_token_id.is_some();
            ids.start = config.decoder_start_token_id.unwrap_or(ids.start);
        }
        if !has_start {
            // T5 starts with the padding.
            ids.start = ids.pad;
        }
        Ok(ids)
    }

    /// Whether an id stands for no text.
    pub(super) fn contains(self, id: u32) -> bool {
        [self.start, self.end, self.pad].contains(&id)
    }
}

/// The id of what a tokenizer does not know.
pub(super) fn unknown_id(tokenizer: &Tokenizer) -> Option<u32> {
    ["<unk>", "[UNK]"].into_iter().find_map(|piece| tokenizer.id(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_configuration_wins_and_both_may_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let read = || SpecialIds::read(folder.path());
        assert_eq!(read().unwrap(), SpecialIds::default());
        std::fs::write(
            folder.path().join("config.json"),
            r#"{"eos_token_id": 5, "pad_token_id": 3}"#,
        )
        .unwrap();
        assert_eq!(read().unwrap(), SpecialIds { start: 3, end: 5, pad: 3 });
        let generation = folder.path().join("generation_config.json");
        std::fs::write(&generation, r#"{"eos_token_id": [7], "decoder_start_token_id": 2}"#)
            .unwrap();
        assert_eq!(read().unwrap(), SpecialIds { start: 2, end: 7, pad: 3 });
        std::fs::write(&generation, r#"{"eos_token_id": [7, 8]}"#).unwrap();
        assert!(read().unwrap_err().to_string().contains("eos_token_id has 2 ids"));
        std::fs::write(&generation, "{").unwrap();
        assert!(read().unwrap_err().is_model());
    }
}
