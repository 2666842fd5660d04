//! A corpus as that which predictions are about.

use crate::corpus::Corpus;
use crate::error::Result;
use crate::forms::{Gold, GoldRow, GoldSource};
use crate::words::LabelMode;

impl GoldSource for Corpus {
    fn rereadable(&self) -> bool {
        Corpus::rereadable(self)
    }

    fn gold(&self) -> Result<Gold> {
        let mut gold = Gold::default();
        self.for_each(
            |utterance| {
                let words = utterance.words().into_iter().map(str::to_owned).collect();
                let slots: Vec<String> = utterance
                    .labelled_words(LabelMode::Brackets)
                    .into_iter()
                    .flatten()
                    .filter_map(|(_, slot)| Some(slot?.as_str().to_owned()))
                    .collect();
                let intent = utterance.gold().map(|gold| gold.intent.as_str().to_owned());
                let row = GoldRow {
                    locale: utterance.locale(),
                    id: utterance.id().to_string(),
                    words,
                    text: utterance.utt().to_owned(),
                };
                Ok((row, slots, intent))
            },
            |_, (row, slots, intent)| {
                gold.push(row, slots, intent);
                Ok(())
            },
        )?;
        Ok(gold)
    }
}
