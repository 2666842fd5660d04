//! What an intent is recognised by: n-grams of words and of characters.

use crate::hash::Hash;

/// The longest n-gram of characters.
const LONGEST: usize = 4;
const WORD: Hash = Hash::template(1);
const WORDS: Hash = Hash::template(2);
const CHARACTERS: Hash = Hash::template(3);
const SKIP: Hash = Hash::template(4);
const FIRST: Hash = Hash::template(5);
const LAST: Hash = Hash::template(6);

/// How a text is cut into n-grams of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grams {
    /// Within words, whose bounds count as a space.
    Words,
    /// Over the whole text, for scripts written without spaces.
    Text,
}

impl Grams {
    /// Within words, but over whole texts where most letters are of scripts
    /// written without spaces.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Grams {
        let (mut unspaced, mut letters) = (0usize, 0usize);
        for character in texts.flat_map(str::chars).filter(|one| one.is_alphabetic()) {
            letters += 1;
            // Thai and Lao, Myanmar, Khmer, kana, Han.
            unspaced += usize::from(matches!(u32::from(character),
                0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff
                | 0x3400..=0x9fff | 0x20000..=0x3ffff));
        }
        if unspaced * 2 > letters { Grams::Text } else { Grams::Words }
    }
}

/// The features come in two blocks, each scaled to length 1 by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// Words and pairs of words.
    Words = 0,
    /// Characters.
    Characters = 1,
}

/// Hands the features of an utterance to `take`, once for every place where
/// they stand: block, key, and their name, built only where it is asked for.
pub(crate) fn intent_features<'a>(
    text: &'a str,
    words: &[&'a str],
    grams: Grams,
    mut take: impl FnMut(Block, u32, &dyn Fn() -> String),
) {
    for (template, what, word) in [(FIRST, "first", words.first()), (LAST, "last", words.last())] {
        if let Some(word) = word {
            take(Block::Words, template.text(word).key(), &|| format!("{what} word {word}"));
        }
    }
    for (at, word) in words.iter().enumerate() {
        let hash = WORD.text(word);
        take(Block::Words, hash.key(), &|| format!("word {word}"));
        if let Some(next) = words.get(at + 1) {
            let pair = WORDS.and(hash).text(next);
            take(Block::Words, pair.key(), &|| format!("words {word} {next}"));
        }
        if let Some(next) = words.get(at + 2) {
            let pair = SKIP.and(hash).text(next);
            take(Block::Words, pair.key(), &|| format!("words {word} … {next}"));
        }
    }
    let mut characters = Vec::with_capacity(text.len() + 2);
    match grams {
        Grams::Words => {
            for word in words {
                characters.clear();
                characters.push(' ');
                characters.extend(word.chars());
                characters.push(' ');
                character_grams(&characters, &mut take);
            }
        }
        Grams::Text => {
            characters.push(' ');
            characters.extend(text.chars());
            characters.push(' ');
            character_grams(&characters, &mut take);
        }
    }
}

fn character_grams(characters: &[char], take: &mut impl FnMut(Block, u32, &dyn Fn() -> String)) {
    for start in 0..characters.len() {
        let mut hash = CHARACTERS;
        for (length, &character) in characters[start..].iter().take(LONGEST).enumerate() {
            hash = hash.char(character);
            take(Block::Characters, hash.key(), &|| {
                let gram: String = characters[start..=start + length].iter().collect();
                format!("characters {}", gram.replace(' ', "_"))
            });
        }
    }
}
