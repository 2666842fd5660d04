//! What slots are recognised by: words and their parts, neighbours, the intent.

use std::ops::Range;

use crate::hash::Hash;

/// Positions outside an utterance.
const OUTSIDE: Hash = Hash::template(99);

/// How words are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// Words between spaces: their beginnings and ends say something.
    Words,
    /// Characters: their neighbours say more.
    Characters,
}

/// A word's hashes, built once and combined by many templates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordHashes {
    word: Hash,
    shape: Hash,
    starts: [Hash; 5],
    ends: [Hash; 5],
}

impl WordHashes {
    pub(crate) fn new(word: &str) -> Self {
        let mut starts = [Hash::template(0); 5];
        let mut hash = Hash::template(0);
        let mut characters = word.chars();
        for start in &mut starts {
            if let Some(character) = characters.next() {
                hash = hash.char(character);
            }
            *start = hash;
        }
        let mut ends = [Hash::template(0); 5];
        let mut hash = Hash::template(0);
        let mut characters = word.chars().rev();
        for end in &mut ends {
            if let Some(character) = characters.next() {
                hash = hash.char(character);
            }
            *end = hash;
        }
        WordHashes { word: Hash::template(0).text(word), shape: shape(word), starts, ends }
    }
}

/// Digits as 0, letters as x, everything else as it is; runs count once, but
/// for digits.
fn shape(word: &str) -> Hash {
    let mut hash = Hash::template(0);
    let mut last = None;
    for character in word.chars() {
        let class = match character {
            c if c.is_numeric() => '0',
            c if c.is_ascii_alphabetic() => 'a',
            c if c.is_alphabetic() => 'x',
            c => c,
        };
        if last != Some(class) || class == '0' {
            hash = hash.char(class);
            last = Some(class);
        }
    }
    hash
}

fn slice(text: &str, from: usize, count: usize, back: bool) -> String {
    let length = text.chars().count();
    let start = if back { length.saturating_sub(count) } else { from };
    text.chars().skip(start).take(count).collect()
}

/// A word and its neighbours.
#[derive(Clone, Copy)]
struct Context<'w> {
    words: &'w [&'w str],
    hashes: &'w [WordHashes],
    at: usize,
}

impl<'w> Context<'w> {
    #[inline]
    fn near(self, offset: isize) -> Option<&'w WordHashes> {
        self.at.checked_add_signed(offset).and_then(|at| self.hashes.get(at))
    }

    #[inline]
    fn word(self, offset: isize) -> Hash {
        self.near(offset).map_or(OUTSIDE, |hashes| hashes.word)
    }

    #[inline]
    fn shape(self, offset: isize) -> Hash {
        self.near(offset).map_or(OUTSIDE, |hashes| hashes.shape)
    }

    /// The first three characters.
    #[inline]
    fn start(self, offset: isize) -> Hash {
        self.near(offset).map_or(OUTSIDE, |hashes| hashes.starts[2])
    }

    /// The last three characters.
    #[inline]
    fn end(self, offset: isize) -> Hash {
        self.near(offset).map_or(OUTSIDE, |hashes| hashes.ends[2])
    }

    /// The word itself, to be shown.
    fn name(self, offset: isize) -> &'w str {
        let at = self.at.checked_add_signed(offset);
        at.and_then(|at| self.words.get(at)).copied().unwrap_or("·")
    }
}

/// Hands the features of the word `at` that do not know the intent to `take`:
/// key and name, which is built only where it is asked for.
pub(crate) fn word_features(
    words: &[&str],
    hashes: &[WordHashes],
    at: usize,
    kind: WordKind,
    mut take: impl FnMut(u32, &dyn Fn() -> String),
) {
    let near = Context { words, hashes, at };
    let here = &hashes[at];
    take(Hash::template(10).key(), &|| "always".to_owned());
    take(Hash::template(11).and(here.word).key(), &|| format!("word {}", near.name(0)));
    take(Hash::template(12).and(here.shape).key(), &|| format!("shape of {}", near.name(0)));
    for (number, offset) in (20..).zip([-2isize, -1, 1, 2, -3, 3]) {
        take(Hash::template(number).and(near.word(offset)).key(), &|| {
            format!("word at {offset:+}: {}", near.name(offset))
        });
    }
    for (number, (a, b)) in
        (30..).zip([(-1isize, 0isize), (0, 1), (1, 2), (-2, -1), (-1, 1), (-2, 0), (0, 2)])
    {
        take(Hash::template(number).and(near.word(a)).and(near.word(b)).key(), &|| {
            format!("words at {a:+}, {b:+}: {} {}", near.name(a), near.name(b))
        });
    }
    for (number, a) in (40..).zip([-2isize, -1, 0]) {
        let hash = Hash::template(number).and(near.word(a)).and(near.word(a + 1));
        take(hash.and(near.word(a + 2)).key(), &|| {
            let [first, second, third] = [a, a + 1, a + 2].map(|offset| near.name(offset));
            format!("words from {a:+}: {first} {second} {third}")
        });
    }
    match kind {
        WordKind::Words => part_features(near, here, &mut take),
        WordKind::Characters => character_features(near, here, &mut take),
    }
}

/// The features of the parts of words between spaces.
#[inline]
fn part_features(
    near: Context<'_>,
    here: &WordHashes,
    take: &mut impl FnMut(u32, &dyn Fn() -> String),
) {
    for length in 1..=5usize {
        take(Hash::template(49 + length as u64).and(here.starts[length - 1]).key(), &|| {
            format!("start {}", slice(near.name(0), 0, length, false))
        });
        take(Hash::template(59 + length as u64).and(here.ends[length - 1]).key(), &|| {
            format!("end {}", slice(near.name(0), 0, length, true))
        });
    }
    for (number, offset) in (70..).zip([-1isize, 1]) {
        take(Hash::template(number).and(near.end(offset)).key(), &|| {
            format!("end of word at {offset:+}: {}", slice(near.name(offset), 0, 3, true))
        });
        take(Hash::template(number + 2).and(near.start(offset)).key(), &|| {
            format!("start of word at {offset:+}: {}", slice(near.name(offset), 0, 3, false))
        });
        take(Hash::template(number + 4).and(near.shape(offset)).and(here.shape).key(), &|| {
            format!("shapes of {} and {}", near.name(0), near.name(offset))
        });
    }
}

/// The features of the neighbours of characters.
#[inline]
fn character_features(
    near: Context<'_>,
    here: &WordHashes,
    take: &mut impl FnMut(u32, &dyn Fn() -> String),
) {
    for (number, a) in (80..).zip([-3isize, -2, -1, 0]) {
        let key = (a..a + 4).fold(Hash::template(number), |hash, at| hash.and(near.word(at)));
        take(key.key(), &|| {
            let names: String = (a..a + 4).map(|offset| near.name(offset)).collect();
            format!("characters from {a:+}: {names}")
        });
    }
    for (number, offset) in (90..).zip([-1isize, 1]) {
        take(Hash::template(number).and(near.shape(offset)).and(here.shape).key(), &|| {
            format!("kinds of {} and {}", near.name(0), near.name(offset))
        });
    }
}

/// How many features [`intent_word_features`] gives.
pub(crate) const INTENT_FEATURES: Range<u64> = 110..122;

/// Hands the features of the word `at` together with an intent and its
/// scenario to `take`.
pub(crate) fn intent_word_features(
    words: &[&str],
    hashes: &[WordHashes],
    at: usize,
    (intent, scenario): (u16, u16),
    mut take: impl FnMut(u32, &dyn Fn() -> String),
) {
    let near = Context { words, hashes, at };
    let here = &hashes[at];
    let parts: [(Hash, &dyn Fn() -> String); 6] = [
        (Hash::template(0), &|| "always".to_owned()),
        (near.word(0), &|| format!("word {}", near.name(0))),
        (near.end(0), &|| format!("end {}", slice(near.name(0), 0, 3, true))),
        (near.word(-1).with(1), &|| format!("word at -1: {}", near.name(-1))),
        (near.word(1).with(2), &|| format!("word at +1: {}", near.name(1))),
        (here.shape.with(3), &|| format!("shape of {}", near.name(0))),
    ];
    for (number, (part, describe)) in (INTENT_FEATURES.start..).zip(parts) {
        let own = Hash::template(number).with(u64::from(intent)).and(part).key();
        take(own, &|| format!("intent and {}", describe()));
        let shared = Hash::template(number + 6).with(u64::from(scenario)).and(part).key();
        take(shared, &|| format!("scenario and {}", describe()));
    }
}
