//! What a run may spend: requests and tokens a minute, and money.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use massive_data::usage::Price;

use crate::endpoint::Usage;
use crate::error::{Error, Result};

/// Reads the price of a model from a file of prices: `[model]`, then lines
/// `input = 0.15`, `output = 0.60` and `cached = 0.075`. Lines before any
/// model are for all that have none of their own.
///
/// # Errors
/// A line that is neither, and a model without a price.
pub fn price_from_toml(text: &str, model: &str) -> Result<Price> {
    let mut section: Option<String> = None;
    let (mut own, mut common) = ([None; 3], [None; 3]);
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = Some(name.trim().trim_matches(['"', '\'']).to_owned());
            continue;
        }
        let wrong = || {
            Error::request(format!(
                "line {}: `{line}` is no price; expected `input`, `output` or `cached`, `=` \
                 and a number",
                number + 1
            ))
        };
        let (name, value) = line.split_once('=').ok_or_else(wrong)?;
        let value: f64 = value.trim().parse().map_err(|_| wrong())?;
        let place = ["input", "output", "cached"].iter().position(|known| *known == name.trim());
        let place = place.filter(|_| value.is_finite() && value >= 0.0).ok_or_else(wrong)?;
        match &section {
            None => common[place] = Some(value),
            Some(name) if name == model => own[place] = Some(value),
            Some(_) => {}
        }
    }
    for prices in [own, common] {
        if let [Some(input), Some(output), cached] = prices {
            return Ok(Price { input, output, cached });
        }
    }
    Err(Error::request(format!("no input and output price for the model `{model}`")))
}

/// Reads a price: `IN,OUT` or `IN,OUT,CACHED`.
///
/// # Errors
/// What is neither, and prices below 0.
pub fn parse_price(text: &str) -> Result<Price> {
    let wrong = || {
        Error::request(format!(
            "`{text}` is no price: expected IN,OUT or IN,OUT,CACHED for a million tokens, \
             such as 0.15,0.60"
        ))
    };
    let parts: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse::<f64>().ok().filter(|p| p.is_finite() && *p >= 0.0))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    match parts[..] {
        [input, output] => Ok(Price { input, output, cached: None }),
        [input, output, cached] => Ok(Price { input, output, cached: Some(cached) }),
        _ => Err(wrong()),
    }
}

/// What a call cost.
pub(crate) fn cost_of(price: Price, usage: Usage) -> f64 {
    price.of(usage.input, usage.cached, usage.output)
}

/// The limits of a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Requests a minute.
    pub requests: Option<f64>,
    /// Tokens a minute, of prompts and replies.
    pub tokens: Option<f64>,
    /// Money in all, in the unit of the price.
    pub cost: Option<f64>,
}

/// Whether a call may go out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Permission {
    /// Once this time is over; what it may cost at most is set aside.
    After(Duration, Reserved),
    /// Not any more: it could cost more than is left.
    Spent,
}

/// Money set aside for a call under way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Reserved(f64);

/// Keeps the limits of a run, for all of its threads.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    price: Option<Price>,
    state: Mutex<State>,
    spent_out: AtomicBool,
}

#[derive(Debug)]
struct State {
    next_request: Instant,
    next_tokens: Instant,
    paused_until: Instant,
    spent: f64,
    reserved: f64,
    /// Tokens of a prompt by its bytes, the most that was seen.
    tokens_by_byte: Option<f64>,
}

impl Budget {
    /// A budget of which `spent` is gone already.
    pub(crate) fn new(limits: Limits, price: Option<Price>, spent: f64) -> Self {
        let now = Instant::now();
        let state = State {
            next_request: now,
            next_tokens: now,
            paused_until: now,
            spent,
            reserved: 0.0,
            tokens_by_byte: None,
        };
        Budget { limits, price, state: Mutex::new(state), spent_out: AtomicBool::new(false) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers are as good as before a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next call may go out, whose prompt has so many bytes.
    ///
    /// Calls are spread evenly, so that no window of a minute, wherever it
    /// begins, holds more than the limit.
    pub(crate) fn ask(&self, bytes: usize, max_tokens: u32) -> Permission {
        let mut state = self.state();
        // No tokenizer gives more tokens than bytes; a tenth is for chat templates.
        let by_byte = state.tokens_by_byte.map_or(1.0, |seen| seen * 1.1);
        let input = (bytes as f64 * by_byte).ceil();
        let most = Usage { input: input as u64 + 16, output: u64::from(max_tokens), cached: 0 };
        let cost = self.price.map_or(0.0, |price| cost_of(price, most));
        if let Some(limit) = self.limits.cost
            && state.spent + state.reserved + cost > limit
        {
            self.spent_out.store(true, Ordering::Relaxed);
            return Permission::Spent;
        }
        state.reserved += cost;
        let now = Instant::now();
        let mut at = now.max(state.paused_until);
        if let Some(rate) = self.limits.requests {
            at = at.max(state.next_request);
            state.next_request = at + Duration::from_secs_f64(60.0 / rate);
        }
        if let Some(rate) = self.limits.tokens {
            at = at.max(state.next_tokens);
            let tokens = (most.input + most.output) as f64;
            state.next_tokens = at + Duration::from_secs_f64(60.0 * tokens / rate);
        }
        Permission::After(at - now, Reserved(cost))
    }

    /// A call came to an end: with what it took, where that is known.
    pub(crate) fn settle(
        &self,
        reserved: Reserved,
        bytes: usize,
        usage: Option<Usage>,
        paid: bool,
    ) {
        let mut state = self.state();
        state.reserved = (state.reserved - reserved.0).max(0.0);
        match usage {
            Some(usage) => {
                state.spent += self.price.map_or(0.0, |price| cost_of(price, usage));
                let by_byte = usage.input as f64 / bytes.max(1) as f64;
                state.tokens_by_byte =
                    Some(state.tokens_by_byte.map_or(by_byte, |seen| seen.max(by_byte)));
            }
            // The server did not tell, so the worst is taken.
            None if paid => state.spent += reserved.0,
            None => {}
        }
    }

    /// Sends nothing for a while: the server asked for it.
    pub(crate) fn pause(&self, duration: Duration) {
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Instant::now() + duration);
    }

    /// What was spent so far.
    pub(crate) fn spent(&self) -> f64 {
        self.state().spent
    }

    /// True once a call was held back for want of money.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent_out.load(Ordering::Relaxed)
    }
}

/// When to ask again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retries {
    /// How often, at most.
    pub most: u32,
    /// The first wait; each next one is twice as long.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Retries { most: 5, first: Duration::from_millis(500), longest: Duration::from_secs(60) }
    }
}

impl Retries {
    /// The wait before attempt `attempt` (the first repetition is 1), between a
    /// half and the whole of what doubling gives, so that threads which failed
    /// together do not come back together.
    pub(crate) fn wait(&self, attempt: u32, random: u64) -> Duration {
        let doubled = self.first.saturating_mul(1 << attempt.saturating_sub(1).min(20));
        let share = 0.5 + 0.5 * (random >> 11) as f64 / (1u64 << 53) as f64;
        doubled.min(self.longest).mul_f64(share)
    }
}

/// The next of a sequence of random numbers (Steele et al. 2014, SplitMix64).
pub(crate) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_for_a_million() {
        let price = parse_price("1, 2,0.5").unwrap();
        let usage = Usage { input: 1_000_000, output: 500_000, cached: 400_000 };
        assert!((cost_of(price, usage) - (0.6 + 0.2 + 1.0)).abs() < 1e-12);
        let price = parse_price("1,2").unwrap();
        assert!((cost_of(price, usage) - 2.0).abs() < 1e-12);
        for wrong in ["", "1", "1,2,3,4", "a,b", "-1,2", "NaN,1"] {
            assert!(parse_price(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn prices_are_read_by_model() {
        let text =
            "input = 1 # all\noutput = 2\n[m]\ninput = 0.5\noutput=1\ncached = 0.1\n[\"x/y\"]\n";
        let read = |model| price_from_toml(text, model).unwrap();
        assert_eq!(read("m"), Price { input: 0.5, output: 1.0, cached: Some(0.1) });
        assert_eq!(read("x/y"), Price { input: 1.0, output: 2.0, cached: None });
        let error = price_from_toml("[m]\nin = 1", "m").unwrap_err().to_string();
        assert!(error.starts_with("line 2: "), "{error}");
        assert!(price_from_toml("[m]\ninput = 1", "m").is_err());
    }

    #[test]
    fn no_more_is_spent_than_allowed() {
        let limits = Limits { cost: Some(0.001), ..Limits::default() };
        let price = Price { input: 1.0, output: 1.0, cached: None };
        let budget = Budget::new(limits, Some(price), 0.0);
        let usage = Usage { input: 80, output: 10, cached: 0 };
        let mut calls = 0;
        while let Permission::After(_, reserved) = budget.ask(100, 10) {
            budget.settle(reserved, 100, Some(usage), true);
            calls += 1;
        }
        assert!(budget.is_spent() && budget.spent() <= 0.001, "{}", budget.spent());
        // 90 a call, of which the last needs 114 to be left.
        assert_eq!(calls, 10);
    }

    #[test]
    fn calls_are_spread_over_the_minute() {
        let limits = Limits { requests: Some(60.0), ..Limits::default() };
        let budget = Budget::new(limits, None, 0.0);
        let waits: Vec<f64> = (0..4)
            .map(|_| match budget.ask(1, 1) {
                Permission::After(wait, _) => wait.as_secs_f64(),
                Permission::Spent => f64::NAN,
            })
            .collect();
        for (index, wait) in waits.iter().enumerate() {
            assert!((wait - index as f64).abs() < 0.5, "{waits:?}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let retries = Retries::default();
        for (attempt, least, most) in [(1, 0.25, 0.5), (2, 0.5, 1.0), (30, 30.0, 60.0)] {
            for random in [0, u64::MAX / 2, u64::MAX] {
                let wait = retries.wait(attempt, random).as_secs_f64();
                assert!((least..=most).contains(&wait), "{attempt}: {wait}");
            }
        }
    }
}
