//! A locale's model as a file.
//!
//! Eight bytes `MASSIVEL`, a version, a checksum of what follows, and then
//! names, features and weights, each list with its length; numbers are little
//! endian. A number of 16 bits is a bfloat16.

use std::path::Path;

use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::intent_features::Grams;
use crate::intent_model::{IntentModel, Vocabulary};
use crate::locale_model::{LocaleModel, Names};
use crate::slot_features::WordKind;
use crate::slot_model::{Steps, Weights};
use crate::tags::Tags;

const MAGIC: &[u8; 8] = b"MASSIVEL";
/// The version that this library writes, and the only one that it reads.
const VERSION: u32 = 1;
const HEADER: usize = 8 + 4 + 8;

impl LocaleModel {
    /// The model as the bytes of a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        self.names.write(&mut body);
        body.push(u8::from(self.kind == WordKind::Characters));
        body.push(u8::from(self.grams() == Grams::Text));
        let intents = &self.intents;
        body.extend(intents.sharpness.to_le_bytes());
        write_list(&mut body, &intents.bias, |out, value| out.extend(value.to_le_bytes()));
        let numbers = |out: &mut Vec<u8>, value: &u32| out.extend(value.to_le_bytes());
        let short = |out: &mut Vec<u8>, value: &f32| {
            out.extend(((value.to_bits() >> 16) as u16).to_le_bytes());
        };
        write_list(&mut body, intents.vocabulary.dictionary.keys(), numbers);
        write_list(&mut body, &intents.vocabulary.idf, short);
        write_list(&mut body, &intents.rows, numbers);
        write_list(&mut body, &intents.scales, short);
        write_list(&mut body, &intents.weights, |out, value| out.push(value.cast_unsigned()));
        let slots = &self.slots;
        write_list(&mut body, slots.dictionary.keys(), numbers);
        let counts: Vec<u8> =
            slots.starts.windows(2).map(|pair| (pair[1] - pair[0]) as u8).collect();
        let bytes = |out: &mut Vec<u8>, value: &u8| out.push(*value);
        let signed = |out: &mut Vec<u8>, value: &i8| out.push(value.cast_unsigned());
        write_list(&mut body, &counts, bytes);
        write_list(&mut body, &slots.tag_of, bytes);
        write_list(&mut body, &slots.weights, signed);
        write_list(&mut body, &slots.steps.from, bytes);
        write_list(&mut body, &slots.steps.to, bytes);
        write_list(&mut body, &slots.steps.weights, signed);
        let mut file = Vec::with_capacity(HEADER + body.len());
        file.extend(MAGIC);
        file.extend(VERSION.to_le_bytes());
        file.extend(checksum(&body).to_le_bytes());
        file.extend(body);
        file
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, is no such model, is of a newer version, or
    /// is damaged.
    pub fn read(path: &Path) -> Result<LocaleModel> {
        let bytes = std::fs::read(path)
            .map_err(|error| Error::model(path, format_args!("cannot be read: {error}")))?;
        Self::from_bytes(&bytes).map_err(|why| Error::model(path, why))
    }

    /// A model from the bytes of a file; an error is a sentence without place.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<LocaleModel, String> {
        let damaged =
            || "is damaged: its checksum does not fit; copy it again, or train again".to_owned();
        if bytes.get(..8) != Some(MAGIC) {
            return Err("is not the weights of a trained model".to_owned());
        }
        let version = bytes.get(8..12).and_then(|v| v.try_into().ok()).map(u32::from_le_bytes);
        match version {
            Some(VERSION) => {}
            Some(version) => {
                return Err(format!(
                    "is of version {version} of the format; this program reads version {VERSION}: \
                     update the program, or train again"
                ));
            }
            None => return Err(damaged()),
        }
        let sum = bytes.get(12..HEADER).and_then(|v| v.try_into().ok()).map(u64::from_le_bytes);
        let body = bytes.get(HEADER..).unwrap_or_default();
        if sum != Some(checksum(body)) {
            return Err(damaged());
        }
        let mut body = Body { rest: body };
        body.model().filter(LocaleModel::is_consistent).ok_or_else(damaged)
    }

    /// True if no number in it leads outside of it.
    fn is_consistent(&self) -> bool {
        let (names, intents, slots) = (&self.names, &self.intents, &self.slots);
        let classes = names.intents.len();
        let features = intents.vocabulary.dictionary.len();
        let rows = intents.weights.len() / classes.max(1);
        let tags = slots.tags.count();
        let tag = |tag: &u8| usize::from(*tag) < tags;
        classes > 0
            && intents.bias.len() == classes
            && intents.weights.len() == rows * classes
            && intents.vocabulary.idf.len() == features
            && intents.scales.len() == features
            && intents.rows.len() == features
            && intents.rows.iter().all(|row| (*row as usize) < rows)
            && slots.starts.len() == slots.dictionary.len() + 1
            && slots.starts.last().is_some_and(|last| *last as usize == slots.weights.len())
            && slots.tag_of.len() == slots.weights.len()
            && slots.steps.from.len() == slots.steps.to.len()
            && slots.steps.from.len() == slots.steps.weights.len()
            && [&slots.tag_of, &slots.steps.from, &slots.steps.to].into_iter().flatten().all(tag)
    }
}

impl Names {
    fn write(&self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, text: &String| {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        };
        text(out, &self.locale);
        write_list(out, &self.intents, text);
        write_list(out, &self.slots, text);
    }
}

fn write_list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.extend((items.len() as u32).to_le_bytes());
    items.iter().for_each(|item| write(out, item));
}

/// A sum that a changed, missing or added byte changes.
fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = Hash::template(bytes.len() as u64);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        sum = sum.with(word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    words.remainder().iter().fold(sum, |sum, byte| sum.with(u64::from(*byte))).value()
}

/// What is left of a file's body; reading beyond its end is `None`.
struct Body<'a> {
    rest: &'a [u8],
}

impl<'a> Body<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()? as usize;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        (0..self.number()?).map(|_| self.text()).collect()
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let count = self.number()? as usize;
        Some(self.take(count)?.to_vec())
    }

    fn signed(&mut self) -> Option<Vec<i8>> {
        Some(self.bytes()?.into_iter().map(u8::cast_signed).collect())
    }

    fn numbers(&mut self) -> Option<Vec<u32>> {
        let count = self.number()? as usize;
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    fn shorts(&mut self) -> Option<Vec<f32>> {
        let count = self.number()? as usize;
        let bytes = self.take(count.checked_mul(2)?)?.as_chunks().0;
        let value = |bytes: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
        Some(bytes.iter().map(value).collect())
    }

    fn dictionary(&mut self) -> Option<Dictionary> {
        let keys = self.numbers()?;
        keys.is_sorted_by(|a, b| a < b).then(|| Dictionary::new(keys))
    }

    fn model(&mut self) -> Option<LocaleModel> {
        let locale = self.text()?;
        let (intents, slots) = (self.texts()?, self.texts()?);
        let mut names = Names { locale, intents, slots, scenarios: Vec::new() };
        names.number_scenarios();
        let kind = if self.take(1)? == [1] { WordKind::Characters } else { WordKind::Words };
        let grams = if self.take(1)? == [1] { Grams::Text } else { Grams::Words };
        let sharpness = f32::from_bits(self.number()?);
        let bias = self.numbers()?.into_iter().map(f32::from_bits).collect();
        let dictionary = self.dictionary()?;
        let vocabulary = Vocabulary { dictionary, idf: self.shorts()?, grams };
        let intents = IntentModel {
            vocabulary,
            classes: names.intents.len(),
            bias,
            rows: self.numbers()?,
            scales: self.shorts()?,
            weights: self.signed()?,
            sharpness,
        };
        let slots = self.slots(u16::try_from(names.slots.len()).ok()?)?;
        self.rest.is_empty().then_some(LocaleModel { names, intents, slots, kind })
    }

    fn slots(&mut self, slots: u16) -> Option<Weights<i8>> {
        let dictionary = self.dictionary()?;
        let mut starts = vec![0u32];
        for count in self.bytes()? {
            starts.push(starts[starts.len() - 1].checked_add(u32::from(count))?);
        }
        Some(Weights {
            dictionary,
            tags: Tags(slots),
            starts,
            tag_of: self.bytes()?,
            weights: self.signed()?,
            steps: Steps { from: self.bytes()?, to: self.bytes()?, weights: self.signed()? },
        })
    }
}
