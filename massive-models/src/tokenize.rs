//! Words or texts to ids, as models see them.
//!
//! Words are those of the corpus ([`massive_data::words`](mod@massive_data::words)),
//! each encoded by itself; the first id of a word carries its label. What is
//! longer than the model takes is cut at its end, and the words that are lost to it are
//! counted. A word without any id, as one of zero-width characters only, keeps
//! its place among the words.
//!
//! A text is encoded whole, as models that classify utterances are trained:
//! `tokenizer(text)` in Python. Its ids belong to the words that they lie on.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::MultiGzDecoder;
use tokenizers::InputSequence;

use crate::error::{Error, Result};
use crate::guard::guarded;

/// The ids of an utterance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The ids, special ones included.
    pub ids: Vec<u32>,
    /// The word that each id belongs to; `None` for special ones.
    pub words: Vec<Option<u32>>,
    /// Words of which nothing is left after cutting.
    pub truncated: usize,
}

impl Sequence {
    /// Where the ids of each of `count` words start; `None` for a word without.
    pub fn starts(&self, count: usize) -> Vec<Option<usize>> {
        let mut starts = vec![None; count];
        for (position, word) in self.words.iter().enumerate() {
            let start = word.and_then(|word| starts.get_mut(word as usize));
            if let Some(start @ None) = start {
                *start = Some(position);
            }
        }
        starts
    }
}

/// A tokenizer, which remembers the words that it has met.
///
/// An utterance's words are encoded one by one, and few of them are new: the
/// ids of a word are kept and looked up, up to a fixed number of words.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    path: PathBuf,
    /// Special ids before and after the words.
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    hasher: RandomState,
    known: Vec<Shard>,
}

/// A part of the memory of words.
type Shard = Mutex<HashMap<Box<str>, Arc<[u32]>>>;

/// Parts of the memory of words, so that threads rarely wait for each other.
const SHARDS: usize = 32;

/// Words that a part remembers.
const WORDS_A_SHARD: usize = 4096;

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("path", &self.path)
            .field("vocabulary", &self.vocabulary())
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Loads a `tokenizer.json`, compressed or not.
    ///
    /// # Errors
    /// A file that cannot be read, is no tokenizer, or encodes nothing.
    pub fn open(path: &Path) -> Result<Tokenizer> {
        let unreadable = |error: std::io::Error| {
            Error::model(format!("{} cannot be read: {error}", path.display())).with_source(error)
        };
        let mut bytes = std::fs::read(path).map_err(unreadable)?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).map_err(unreadable)?;
            bytes = plain;
        }
        let mut inner = guarded(|| tokenizers::Tokenizer::from_bytes(&bytes))
            .unwrap_or_else(|panic| Err(panic.into()))
            .map_err(|error| {
                Error::model(format!("{}: not a tokenizer: {error}", path.display()))
            })?;
        // Cutting and filling are done here, where it is known what for.
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|error| failed(path, "", &error))?;
        let (prefix, suffix) = special(&inner, path)?;
        Ok(Tokenizer {
            inner,
            path: path.to_owned(),
            prefix,
            suffix,
            hasher: RandomState::new(),
            known: (0..SHARDS).map(|_| Mutex::default()).collect(),
        })
    }

    /// The file that it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Pieces in the vocabulary, added ones included.
    pub fn vocabulary(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The piece of an id.
    pub fn piece(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The id of a piece.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.inner.token_to_id(piece)
    }

    /// The special ids after the words.
    pub fn suffix(&self) -> &[u32] {
        &self.suffix
    }

    /// The text of ids, without the special ones.
    ///
    /// # Errors
    /// None that ids can cause.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        guarded(|| self.inner.decode(ids, true))
            .unwrap_or_else(|panic| Err(panic.into()))
            .map_err(|error| failed(&self.path, "", &error))
    }

    /// The ordinary pieces with ids from `rows` on, which a table of so many rows
    /// cannot look up. Sentinels (`<extra_id_0>`) and other added pieces are not
    /// ordinary: texts hardly ever have them.
    pub fn beyond(&self, rows: usize) -> Vec<String> {
        let added = self.inner.get_added_tokens_decoder();
        let highest = self.vocabulary() as u32;
        (rows.min(highest as usize) as u32..highest)
            .filter(|id| !added.contains_key(id))
            .filter_map(|id| self.piece(id))
            .filter(|piece| !is_sentinel(piece))
            .collect()
    }

    /// The ids of one word.
    ///
    /// # Errors
    /// None that a text can cause, as far as known.
    fn word(&self, word: &str) -> Result<Arc<[u32]>> {
        let shard = &self.known[self.hasher.hash_one(word) as usize % SHARDS];
        let lock = || shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ids) = lock().get(word) {
            return Ok(Arc::clone(ids));
        }
        // Not while the lock is held: others would wait.
        let encoding = guarded(|| self.inner.encode_fast(InputSequence::from(vec![word]), false))
            .unwrap_or_else(|panic| Err(panic.into()))
            .map_err(|error| failed(&self.path, word, &error))?;
        let ids: Arc<[u32]> = encoding.get_ids().into();
        let mut known = lock();
        if known.len() < WORDS_A_SHARD {
            known.insert(word.into(), Arc::clone(&ids));
        }
        Ok(ids)
    }

    /// The ids of words, at most `max_length` of them, special ones included.
    ///
    /// # Errors
    /// None that a text can cause, as far as known.
    pub fn encode(&self, words: &[impl AsRef<str>], max_length: usize) -> Result<Sequence> {
        let room = max_length.saturating_sub(self.prefix.len() + self.suffix.len());
        let mut sequence = Sequence {
            ids: self.prefix.clone(),
            words: vec![None; self.prefix.len()],
            truncated: 0,
        };
        let end = sequence.ids.len() + room;
        for (number, word) in (0..).zip(words) {
            let ids = self.word(word.as_ref())?;
            let left = end - sequence.ids.len();
            let taken = &ids[..ids.len().min(left)];
            sequence.truncated += usize::from(taken.is_empty() && !ids.is_empty());
            sequence.ids.extend_from_slice(taken);
            sequence.words.resize(sequence.ids.len(), Some(number));
        }
        sequence.ids.extend_from_slice(&self.suffix);
        sequence.words.resize(sequence.ids.len(), None);
        Ok(sequence)
    }

    /// The ids of a whole text, at most `max_length` of them, special ones
    /// included. An id belongs to the word on which its characters begin; `words`
    /// are those of the text, in its order.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    pub fn encode_text(
        &self,
        text: &str,
        words: &[impl AsRef<str>],
        max_length: usize,
    ) -> Result<Sequence> {
        let encoding = guarded(|| self.inner.encode(text, false))
            .unwrap_or_else(|panic| Err(panic.into()))
            .map_err(|error| failed(&self.path, text, &error))?;
        let room = max_length.saturating_sub(self.prefix.len() + self.suffix.len());
        let starts = word_starts(text, words);
        let word_of = |(start, end): (usize, usize)| {
            let piece = text.get(start..end).unwrap_or_default();
            let start = start + (piece.len() - piece.trim_start().len());
            // The last word that begins at or before the piece.
            let word = starts.partition_point(|&word| word <= start).checked_sub(1)?;
            (start < end).then_some(word as u32)
        };
        let words: Vec<Option<u32>> =
            encoding.get_offsets().iter().map(|&offset| word_of(offset)).collect();
        let kept = encoding.len().min(room);
        let last = |words: &[Option<u32>]| words.iter().flatten().max().map_or(0, |last| last + 1);
        let truncated = last(&words) - last(&words[..kept]);
        let around = |ids: &[u32]| std::iter::repeat_n(None, ids.len());
        Ok(Sequence {
            ids: [&self.prefix, &encoding.get_ids()[..kept], &self.suffix].concat(),
            words: around(&self.prefix)
                .chain(words[..kept].iter().copied())
                .chain(around(&self.suffix))
                .collect(),
            truncated: truncated as usize,
        })
    }
}

/// Where each word begins in its text, in bytes: words are found one after the
/// other; one that is not there is where the one before it ends.
fn word_starts(text: &str, words: &[impl AsRef<str>]) -> Vec<usize> {
    let mut at = 0;
    words
        .iter()
        .map(|word| {
            let word = word.as_ref();
            let start = at + text[at..].find(word).unwrap_or(0);
            if text[start..].starts_with(word) {
                at = start + word.len();
            }
            start
        })
        .collect()
}

fn failed(path: &Path, word: &str, error: &tokenizers::Error) -> Error {
    let of = if word.is_empty() { String::new() } else { format!(" `{}`", word.escape_debug()) };
    Error::model(format!("{}: the tokenizer cannot encode{of}: {error}", path.display()))
}

/// `<extra_id_0>` and its like in T5's vocabularies.
fn is_sentinel(piece: &str) -> bool {
    piece.trim_start_matches('▁').starts_with("<extra_id_")
}

/// The special ids around a sequence, from one that has a word in it.
fn special(inner: &tokenizers::Tokenizer, path: &Path) -> Result<(Vec<u32>, Vec<u32>)> {
    let encoding = guarded(|| inner.encode(InputSequence::from(vec!["a"]), true))
        .unwrap_or_else(|panic| Err(panic.into()))
        .map_err(|error| failed(path, "a", &error))?;
    let words = encoding.get_word_ids();
    let ids = encoding.get_ids();
    let first = words.iter().position(Option::is_some);
    let last = words.iter().rposition(Option::is_some);
    let (Some(first), Some(last)) = (first, last) else {
        return Err(Error::model(format!(
            "{}: the tokenizer makes no id of the word `a`; is it a tokenizer of another kind?",
            path.display()
        )));
    };
    Ok((ids[..first].to_vec(), ids[last + 1..].to_vec()))
}
