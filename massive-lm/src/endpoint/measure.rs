//! What a server says about a text without going on with it: its tokens, and how
//! likely they are.

use serde_json::{Value, json};

use super::Endpoint;
use crate::error::{Error, Result};

impl Endpoint {
    /// The number of tokens of a text, by the server's own tokenizer (llama.cpp's
    /// and vLLM's `/tokenize`).
    ///
    /// # Errors
    /// A server without it.
    pub fn count_tokens(&self, text: &str) -> Result<usize> {
        let base = self.base.strip_suffix("/v1").unwrap_or(&self.base);
        let body = json!({
            "model": self.options.model, "content": text, "prompt": text, "add_special": true
        });
        let none =
            |what: String| Error::endpoint(format!("the endpoint does not count tokens ({what})"));
        let response = self
            .send(&format!("{base}/tokenize"), &body.to_string())
            .map_err(|failure| none(failure.message))?;
        if response.status() != 200 {
            return Err(none(format!("status {}", response.status().as_u16())));
        }
        let value: Value = response
            .into_body()
            .read_to_string()
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        value["tokens"]
            .as_array()
            .map(Vec::len)
            .or_else(|| value["count"].as_u64().map(|count| count as usize))
            .ok_or_else(|| none("its answer has no `tokens`".to_owned()))
    }

    /// The natural logarithms of the probabilities of a text's tokens, without
    /// the first (vLLM's and llama-cpp-python's `echo` with `logprobs`).
    ///
    /// # Errors
    /// A server that gives none: chats never do, and llama.cpp's server passes
    /// over `echo`.
    pub fn log_probs(&self, text: &str) -> Result<Vec<f64>> {
        let none = |what: &str| {
            Error::endpoint(format!(
                "the endpoint gives no log-probabilities of prompts ({what}); vLLM and \
                 llama-cpp-python do, by `completions` with `echo`"
            ))
        };
        let body = json!({
            "model": self.options.model,
            "prompt": text,
            "max_tokens": 1,
            "temperature": 0,
            "echo": true,
            "logprobs": 1,
        });
        let response = self
            .send(&format!("{}/completions", self.base), &body.to_string())
            .map_err(|failure| none(&failure.message))?;
        if response.status() != 200 {
            return Err(none(&format!("status {}", response.status().as_u16())));
        }
        let value: Value = response
            .into_body()
            .read_to_string()
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let choice = &value["choices"][0];
        if !choice["text"].as_str().is_some_and(|said| said.starts_with(text)) {
            return Err(none("it passes over `echo`"));
        }
        let tokens = choice["logprobs"]["token_logprobs"]
            .as_array()
            .ok_or_else(|| none("its answer has no `token_logprobs`"))?;
        let offsets = choice["logprobs"]["text_offset"].as_array();
        let in_prompt = |index: usize| {
            let offset = offsets.and_then(|offsets| offsets.get(index)).and_then(Value::as_u64);
            // One more token was written, since none is not allowed everywhere.
            offset.map_or(index + 1 < tokens.len(), |at| (at as usize) < text.chars().count())
        };
        Ok(tokens
            .iter()
            .enumerate()
            .filter(|(index, _)| in_prompt(*index))
            .filter_map(|(_, value)| value.as_f64())
            .collect())
    }
}
