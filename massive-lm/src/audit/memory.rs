//! What a look-up of train guesses, and a model for planted cases.

use std::collections::HashMap;

/// Continues texts as train does: the longest context that was seen decides, and
/// of its continuations the commonest (of equal ones the first in code-point
/// order).
///
/// It is the floor of extraction, since a model may know train and yet not test;
/// taught test rows too, it is the planted case.
#[derive(Debug, Clone, Default)]
pub struct Continuations {
    longest: usize,
    next: HashMap<Vec<String>, HashMap<String, u32>>,
}

/// The start of an utterance.
const START: &str = "\u{2}";
/// The end of one.
const END: &str = "\u{3}";

impl Continuations {
    /// A memory of contexts of up to so many words.
    pub fn new(longest: usize) -> Self {
        Continuations { longest, next: HashMap::new() }
    }

    /// Takes in an utterance.
    pub fn add(&mut self, words: &[String]) {
        let padded = padded(words);
        for at in 1..padded.len() {
            for start in at.saturating_sub(self.longest)..=at {
                let context = padded[start..at].to_vec();
                *self.next.entry(context).or_default().entry(padded[at].clone()).or_default() += 1;
            }
        }
    }

    /// The words after these, `count` at most.
    pub fn go_on(&self, words: &[String], count: usize) -> Vec<String> {
        let mut text: Vec<String> =
            std::iter::once(START.to_owned()).chain(words.iter().cloned()).collect();
        let mut added = Vec::new();
        while added.len() < count {
            let Some(word) = self.likeliest(&text).filter(|word| *word != END) else { break };
            text.push(word.to_owned());
            added.push(word.to_owned());
        }
        added
    }

    fn likeliest(&self, text: &[String]) -> Option<&str> {
        (text.len().saturating_sub(self.longest)..=text.len()).find_map(|start| {
            let counts = self.next.get(&text[start..])?;
            let best = counts.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
            best.map(|(word, _)| word.as_str())
        })
    }

    /// The natural logarithm of an utterance's probability: of each word by the
    /// longest context that was seen, each shorter one at 0.4 of its weight
    /// (Brants et al. 2007, stupid backoff).
    pub fn score(&self, words: &[String]) -> f64 {
        let padded = padded(words);
        (1..padded.len()).map(|at| self.word_score(&padded, at)).sum()
    }

    fn word_score(&self, padded: &[String], at: usize) -> f64 {
        const BACKOFF: f64 = 0.4;
        let mut weight = 1.0;
        for start in at.saturating_sub(self.longest)..=at {
            if let Some(counts) = self.next.get(&padded[start..at])
                && let Some(count) = counts.get(&padded[at])
            {
                let all: u32 = counts.values().sum();
                return f64::ln(weight * f64::from(*count) / f64::from(all));
            }
            weight *= BACKOFF;
        }
        f64::ln(weight * 1e-6)
    }
}

fn padded(words: &[String]) -> Vec<String> {
    let ends = |word: &str| std::iter::once(word.to_owned());
    ends(START).chain(words.iter().cloned()).chain(ends(END)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_longest_context_decides() {
        let mut memory = Continuations::new(5);
        for text in ["wake me at five", "wake me at six", "wake me at six", "call me at noon"] {
            memory.add(&words(text));
        }
        assert_eq!(memory.go_on(&words("wake me"), 9), ["at", "six"]);
        assert_eq!(memory.go_on(&words("call me"), 9), ["at", "noon"]);
        assert_eq!(memory.go_on(&words("x y"), 0), Vec::<String>::new());
        assert!(memory.score(&words("wake me at six")) > memory.score(&words("wake me at five")));
        assert!(memory.score(&words("wake me at five")) > memory.score(&words("wake me at x")));
    }
}
