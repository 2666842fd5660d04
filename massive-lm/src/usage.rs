//! What calls took: tokens, money, time, and how many could be read.

use std::collections::BTreeMap;

pub use massive_data::usage::{Percentiles, Price, UsageBlock, UsagePart};

use crate::log::Call;
use crate::reply::{Reading, Validity};

/// Adds calls up.
#[derive(Debug, Default)]
pub struct UsageCounter {
    price: Option<Price>,
    models: std::collections::BTreeSet<String>,
    locales: BTreeMap<String, Sums>,
}

#[derive(Debug, Default, Clone)]
struct Sums {
    calls: u64,
    failed: BTreeMap<String, u64>,
    without_usage: u64,
    input: u64,
    cached: u64,
    output: u64,
    cost: f64,
    first_ms: Vec<f32>,
    total_ms: Vec<f32>,
    speed: Vec<f32>,
    replies: [u64; Validity::ALL.len()],
    words_preserved: u64,
    unplaced: u64,
}

impl UsageCounter {
    /// A counter that multiplies tokens by this price.
    pub fn new(price: Option<Price>) -> Self {
        UsageCounter { price, ..UsageCounter::default() }
    }

    /// Adds a call, with what was read in its reply.
    pub fn add(&mut self, call: &Call, reading: &Reading) {
        if let Some(model) = call.request["model"].as_str()
            && !self.models.contains(model)
        {
            self.models.insert(model.to_owned());
        }
        if !self.locales.contains_key(&call.locale) {
            self.locales.insert(call.locale.clone(), Sums::default());
        }
        let Some(sums) = self.locales.get_mut(&call.locale) else { return };
        sums.calls += 1;
        for failure in &call.failures {
            *sums.failed.entry(failure.class.clone()).or_default() += 1;
        }
        let reply = &call.reply;
        sums.first_ms.extend(reply.first_ms.map(|first| first as f32));
        sums.total_ms.push(reply.total_ms as f32);
        match reply.usage {
            Some(usage) => {
                sums.input += usage.input;
                sums.cached += usage.cached;
                sums.output += usage.output;
                sums.cost += self
                    .price
                    .map_or(0.0, |price| price.of(usage.input, usage.cached, usage.output));
                if let Some(first) = reply.first_ms
                    && usage.output > 1
                    && reply.total_ms > first
                {
                    let seconds = (reply.total_ms - first) / 1e3;
                    sums.speed.push(((usage.output - 1) as f64 / seconds) as f32);
                }
            }
            None => sums.without_usage += 1,
        }
        let place = Validity::ALL.iter().position(|validity| *validity == reading.validity);
        sums.replies[place.unwrap_or(0)] += 1;
        sums.words_preserved += u64::from(reading.words_preserved);
        sums.unplaced += reading.unplaced as u64;
    }

    /// The block of all calls that were added.
    pub fn finish(self) -> UsageBlock {
        let price = self.price;
        let mut all = Sums::default();
        for sums in self.locales.values() {
            all.merge(sums);
        }
        let english = self.locales.get("en-US").and_then(Sums::tokens_per_call);
        let locales = self
            .locales
            .into_iter()
            .map(|(locale, sums)| (locale, sums.part(price, english)))
            .collect();
        UsageBlock {
            model: self.models.into_iter().collect(),
            price,
            all: all.part(price, english),
            locales,
        }
    }
}

impl Sums {
    fn merge(&mut self, other: &Sums) {
        self.calls += other.calls;
        for (class, count) in &other.failed {
            *self.failed.entry(class.clone()).or_default() += count;
        }
        self.without_usage += other.without_usage;
        self.input += other.input;
        self.cached += other.cached;
        self.output += other.output;
        self.cost += other.cost;
        self.first_ms.extend(&other.first_ms);
        self.total_ms.extend(&other.total_ms);
        self.speed.extend(&other.speed);
        for (count, other) in self.replies.iter_mut().zip(other.replies) {
            *count += other;
        }
        self.words_preserved += other.words_preserved;
        self.unplaced += other.unplaced;
    }

    fn counted(&self) -> u64 {
        self.calls - self.without_usage
    }

    fn tokens_per_call(&self) -> Option<f64> {
        let counted = self.counted();
        (counted > 0).then(|| (self.input + self.output) as f64 / counted as f64)
    }

    fn part(mut self, price: Option<Price>, english: Option<f64>) -> UsagePart {
        let share = |count: u64| (self.calls > 0).then(|| count as f64 / self.calls as f64);
        let tokens = self.tokens_per_call();
        let counted = self.counted();
        let cost = price.map(|_| self.cost);
        UsagePart {
            calls: self.calls,
            without_usage: self.without_usage,
            input_tokens: self.input,
            cached_tokens: self.cached,
            output_tokens: self.output,
            tokens_per_call: tokens,
            tokens_to_english: tokens.zip(english).map(|(tokens, english)| tokens / english),
            cost,
            cost_per_1000: cost.filter(|_| counted > 0).map(|cost| 1000.0 / counted as f64 * cost),
            replies: Validity::ALL
                .iter()
                .zip(self.replies)
                .map(|(validity, count)| (validity.name().to_owned(), count))
                .collect(),
            valid: share(self.replies[0]),
            words_preserved: share(self.words_preserved),
            unplaced: self.unplaced,
            first_ms: Percentiles::of(&mut self.first_ms),
            total_ms: Percentiles::of(&mut self.total_ms),
            output_speed: Percentiles::of(&mut self.speed),
            failed_attempts: self.failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Usage;
    use crate::row::Names;

    #[test]
    fn costs_and_times_add_up_to_the_calls() {
        let price = Price { input: 1.0, output: 2.0, cached: Some(0.5) };
        let mut counter = UsageCounter::new(Some(price));
        let names = Names::release();
        for id in 0..4u64 {
            let mut call = crate::log::tests::call(id);
            call.locale = if id < 3 { "en-US" } else { "sw-KE" }.to_owned();
            call.reply.usage =
                (id > 0).then_some(Usage { input: 100 * id, output: 11, cached: 50 });
            call.reply.total_ms = 10.0 * id as f64;
            let reading = crate::reply::read(&call.reply, call.form, &call.words, &names);
            counter.add(&call, &reading);
        }
        let block = counter.finish();
        let all = &block.all;
        assert_eq!((all.calls, all.without_usage), (4, 1));
        assert_eq!((all.input_tokens, all.cached_tokens, all.output_tokens), (600, 150, 33));
        let cost = (450.0 + 75.0 + 66.0) / 1e6;
        assert!((all.cost.unwrap() - cost).abs() < 1e-15);
        assert!((all.cost_per_1000.unwrap() - cost * 1000.0 / 3.0).abs() < 1e-12);
        let sum: f64 = block.locales.values().filter_map(|part| part.cost).sum();
        assert!((sum - cost).abs() < 1e-15);
        assert_eq!(all.total_ms, Some(Percentiles { p50: 15.0, p95: 28.5 }));
        assert!((block.locales["sw-KE"].tokens_to_english.unwrap() - 311.0 / 161.0).abs() < 1e-12);
        assert_eq!(all.replies.values().sum::<u64>(), 4);
    }
}
