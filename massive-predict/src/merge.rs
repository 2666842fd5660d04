//! Predictions that were made in parts, by shards or by tasks that were tried again,
//! as one file.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, BufRead, Write};

use massive_data::prediction::parse_prediction;
use massive_data::{Locale, UtteranceId};

use crate::error::{Error, Result};

/// Lines of predictions by their rows, as the parts have them.
#[derive(Debug, Default)]
pub struct Merged {
    lines: BTreeMap<(Locale, UtteranceId), Box<str>>,
    repeated: u64,
    cut_off: Vec<String>,
}

impl Merged {
    /// Adds the lines of a part, which is called `name` in messages. A part that is
    /// `unfinished` may end in a line that was cut off, which is left out.
    ///
    /// # Errors
    /// Input that cannot be read; a line that is no prediction; another prediction for
    /// a row that has one.
    pub fn add(&mut self, name: &str, unfinished: bool, mut part: impl BufRead) -> Result<()> {
        let failed = |error: io::Error| Error::request(format!("{name} cannot be read: {error}"));
        let mut line = String::new();
        for number in 1.. {
            line.clear();
            if part.read_line(&mut line).map_err(failed)? == 0 {
                break;
            }
            if unfinished && !line.ends_with('\n') {
                self.cut_off.push(format!("{name}:{number}"));
                break;
            }
            let text = line.trim_end_matches(['\n', '\r']);
            if text.trim().is_empty() {
                continue;
            }
            let prediction = parse_prediction(text)
                .map_err(|error| Error::request(format!("{name}:{number}: {error}")))?;
            match self.lines.entry((prediction.locale, prediction.id)) {
                Entry::Vacant(place) => {
                    place.insert(text.into());
                }
                Entry::Occupied(known) if **known.get() == *text => self.repeated += 1,
                Entry::Occupied(known) => {
                    let (locale, id) = known.key();
                    return Err(Error::request(format!(
                        "{name}:{number}: another prediction for utterance {id} of {locale} came \
                         before: the parts are of different models or runs"
                    )));
                }
            }
        }
        Ok(())
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// How many lines came more than once, and are there once.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// The places of lines that were cut off and left out.
    pub fn cut_off(&self) -> &[String] {
        &self.cut_off
    }

    /// Writes the lines in the order of their locales and ids, which is that of the
    /// release.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.lines.values().try_for_each(|line| writeln!(out, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u32, intent: &str) -> String {
        format!(r#"{{"id": "{id}", "locale": "de-DE", "pred_intent": "{intent}"}}"#)
    }

    #[test]
    fn parts_come_back_in_order_and_once() {
        let mut merged = Merged::default();
        let (second, first) = ([line(10, "a"), line(2, "b")].join("\n"), line(3, "c"));
        merged.add("2", false, second.as_bytes()).unwrap();
        merged
            .add("1", true, format!("{first}\n{}\n{{\"id\": \"4", line(2, "b")).as_bytes())
            .unwrap();
        assert_eq!((merged.rows(), merged.repeated()), (3, 1));
        assert_eq!(merged.cut_off(), ["1:3"]);
        let mut out = Vec::new();
        merged.write(&mut out).unwrap();
        let expected: String =
            [line(2, "b"), line(3, "c"), line(10, "a")].map(|l| l + "\n").concat();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn what_differs_or_is_no_prediction_is_refused() {
        let mut merged = Merged::default();
        merged.add("first", false, line(2, "b").as_bytes()).unwrap();
        let error = merged.add("other", false, line(2, "a").as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("other:1: another prediction"), "{error}");
        let error = merged.add("cut", false, &b"{\"id\": \"4"[..]).unwrap_err();
        assert!(error.to_string().starts_with("cut:1:"), "{error}");
    }
}
