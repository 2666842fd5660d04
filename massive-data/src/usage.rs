//! What predictions took to make: tokens, money, time.
//!
//! Whoever asks a language model counts its calls; the counts join the scores of
//! the predictions that came of them, as the block `usage` of their document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the calls of a run took, in all and by locale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageBlock {
    /// The names of the models that were asked.
    pub model: Vec<String>,
    /// The price that costs were computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// All calls.
    pub all: UsagePart,
    /// The calls of each locale, by its tag.
    pub locales: BTreeMap<String, UsagePart>,
}

/// What some calls took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UsagePart {
    /// Calls, each with a reply.
    pub calls: u64,
    /// Attempts that failed before, by class.
    pub failed_attempts: BTreeMap<String, u64>,
    /// Calls whose reply came without a count of tokens; they are in no count of
    /// tokens and no cost.
    pub without_usage: u64,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Of these, tokens that the server had ready.
    pub cached_tokens: u64,
    /// Tokens of replies.
    pub output_tokens: u64,
    /// Tokens of prompt and reply a call.
    pub tokens_per_call: Option<f64>,
    /// The same, divided by that of en-US.
    pub tokens_to_english: Option<f64>,
    /// What it cost, in the unit of the price; `None` without a price.
    pub cost: Option<f64>,
    /// What 1,000 such calls cost.
    pub cost_per_1000: Option<f64>,
    /// From the request to the first piece of text, in milliseconds.
    pub first_ms: Option<Percentiles>,
    /// From the request to the end, in milliseconds.
    pub total_ms: Option<Percentiles>,
    /// Tokens of a reply a second, after its first: (out − 1)/(total − first).
    pub output_speed: Option<Percentiles>,
    /// Replies by what could be read in them.
    pub replies: BTreeMap<String, u64>,
    /// Share of replies that were valid as they were.
    pub valid: Option<f64>,
    /// Share of replies that have the utterance's words.
    pub words_preserved: Option<f64>,
    /// Slots whose words are not in the utterance.
    pub unplaced: u64,
}

impl UsagePart {
    /// Calls whose reply came with a count of tokens.
    pub fn counted(&self) -> u64 {
        self.calls.saturating_sub(self.without_usage)
    }

    /// Tokens of a prompt, the mean; `None` where none was counted.
    pub fn input_per_call(&self) -> Option<f64> {
        self.mean(self.input_tokens)
    }

    /// Tokens of a reply, the mean; `None` where none was counted.
    pub fn output_per_call(&self) -> Option<f64> {
        self.mean(self.output_tokens)
    }

    fn mean(&self, tokens: u64) -> Option<f64> {
        let counted = self.counted();
        (counted > 0).then(|| tokens as f64 / counted as f64)
    }
}

/// Half and nineteen of twenty values are no larger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
}

impl Percentiles {
    /// The percentiles of some values, by linear interpolation, to three
    /// decimals; `None` of none. The values are left sorted.
    pub fn of(values: &mut [f32]) -> Option<Percentiles> {
        values.sort_unstable_by(f32::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |share: f64| {
            let place = share * last as f64;
            let low = place.floor() as usize;
            let (low_value, high) = (f64::from(values[low]), values[(low + 1).min(last)]);
            let value = low_value + (place - low as f64) * (f64::from(high) - low_value);
            (value * 1e3).round() / 1e3
        };
        Some(Percentiles { p50: at(0.5), p95: at(0.95) })
    }
}

/// What a million tokens cost, in whatever currency the user thinks in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Tokens of prompts.
    pub input: f64,
    /// Tokens of replies.
    pub output: f64,
    /// Tokens of prompts that the server had ready; as `input` where it is not
    /// said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
}

impl Price {
    /// What a call cost: `[(in − cached)·p_in + cached·p_cached + out·p_out] / 10⁶`.
    pub fn of(&self, input: u64, cached: u64, output: u64) -> f64 {
        let cached = cached.min(input);
        ((input - cached) as f64 * self.input
            + cached as f64 * self.cached.unwrap_or(self.input)
            + output as f64 * self.output)
            / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_for_a_million() {
        let mut price = Price { input: 1.0, output: 2.0, cached: Some(0.5) };
        let cost = price.of(1_000_000, 400_000, 500_000);
        assert!((cost - (0.6 + 0.2 + 1.0)).abs() < 1e-12);
        price.cached = None;
        assert!((price.of(1_000_000, 400_000, 500_000) - 2.0).abs() < 1e-12);
        assert_eq!(price.of(1, 5, 0), 1e-6);
    }

    #[test]
    fn percentiles_lie_between_values() {
        assert_eq!(Percentiles::of(&mut []), None);
        let found = Percentiles::of(&mut [30.0, 10.0, 0.0, 20.0]);
        assert_eq!(found, Some(Percentiles { p50: 15.0, p95: 28.5 }));
    }
}
