//! What Hugging Face's files beside a graph say: `config.json` and
//! `tokenizer_config.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// `config.json`, as far as it matters here.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Config {
    /// The names of the classes that it was saved from.
    #[serde(default)]
    pub architectures: Option<Vec<String>>,
    /// `xlm-roberta`, `mt5`, …
    pub model_type: Option<String>,
    /// Names of labels by their numbers.
    pub id2label: Option<BTreeMap<String, String>>,
    /// The id that fills a batch.
    pub pad_token_id: Option<i64>,
    /// The id that ends a sequence.
    pub eos_token_id: Option<serde_json::Value>,
    /// Rows of the position table.
    pub max_position_embeddings: Option<usize>,
    /// Rows of the embedding table.
    pub vocab_size: Option<usize>,
}

/// `tokenizer_config.json`, as far as it matters here.
#[derive(Debug, Clone, Default, Deserialize)]
struct TokenizerConfig {
    model_max_length: Option<f64>,
}

/// The length in ids up to which models are taken to work if nothing says more.
pub const DEFAULT_MAX_LENGTH: usize = 512;

impl Config {
    /// The configuration in a folder; an empty one if there is none.
    ///
    /// # Errors
    /// A file that cannot be read or is no JSON object.
    pub fn read(folder: &Path) -> Result<Config> {
        read_json(&folder.join("config.json"))
    }

    /// True if the name of a class says so.
    pub fn is_for(&self, task: &str) -> bool {
        self.architectures.iter().flatten().any(|name| name.contains(task))
    }

    /// The most ids that the model takes.
    ///
    /// # Errors
    /// A `tokenizer_config.json` that cannot be read.
    pub fn max_length(&self, folder: &Path) -> Result<usize> {
        let tokenizer: TokenizerConfig = read_json(&folder.join("tokenizer_config.json"))?;
        // Tokenizers without a limit say 10^30.
        let of_tokenizer = tokenizer
            .model_max_length
            .filter(|length| (1.0..1e6).contains(length))
            .map(|length| length as usize);
        let of_model = self.max_position_embeddings.map(|rows| {
            // RoBERTa's positions start after the padding id.
            let unused = match self.model_type.as_deref() {
                Some("xlm-roberta" | "roberta" | "xlm-roberta-xl" | "camembert") => {
                    usize::try_from(self.pad_token_id.unwrap_or(1)).unwrap_or(1) + 1
                }
                _ => 0,
            };
            rows.saturating_sub(unused).max(1)
        });
        Ok(match (of_tokenizer, of_model) {
            (Some(tokenizer), Some(model)) => tokenizer.min(model),
            (Some(length), None) | (None, Some(length)) => length,
            (None, None) => DEFAULT_MAX_LENGTH,
        })
    }
}

fn read_json<T: DeserializeOwned + Default>(path: &Path) -> Result<T> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => {
            return Err(Error::model(format!("{} cannot be read: {error}", path.display()))
                .with_source(error));
        }
    };
    serde_json::from_str(&text)
        .map_err(|error| Error::model(format!("{}: {error}", path.display())).with_source(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_positions() {
        let folder = tempfile::tempdir().unwrap();
        let length = |config: &str, tokenizer: Option<&str>| {
            std::fs::write(folder.path().join("config.json"), config).unwrap();
            let path = folder.path().join("tokenizer_config.json");
            let _ = std::fs::remove_file(&path);
            if let Some(text) = tokenizer {
                std::fs::write(path, text).unwrap();
            }
            Config::read(folder.path()).unwrap().max_length(folder.path()).unwrap()
        };
        let roberta =
            r#"{"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}"#;
        assert_eq!(length(roberta, None), 512);
        assert_eq!(length(roberta, Some(r#"{"model_max_length": 128}"#)), 128);
        assert_eq!(length(roberta, Some(r#"{"model_max_length": 1e30}"#)), 512);
        assert_eq!(length(r#"{"model_type": "mt5"}"#, None), 512);
        assert_eq!(length(r#"{"model_type": "bert", "max_position_embeddings": 256}"#, None), 256);
    }
}
