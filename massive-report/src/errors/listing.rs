//! The list of errors in a terminal.

use std::fmt::Write as _;

use massive_data::{Direction, Locale};

use super::grid::{Mark, Piece, Side, set, visible};
use massive_eval::errors::{ErrorUtterance, ErrorsDocument, SlotExtent};
use massive_eval::slot_errors::SlotClass;

/// How the list is set.
#[derive(Debug, Clone, Copy)]
pub struct ListingOptions {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether to use colour.
    pub colour: bool,
    /// Whether words are put to their columns by control sequences, which only a
    /// terminal understands.
    pub anchored: bool,
}

/// Columns before the words.
const INDENT: usize = 7;

/// The listed utterances, a paragraph each: locale, id and intent; the words
/// once, with the gold slots marked above them and the predicted ones below, in
/// single lines where they are right and double ones where they are not; the
/// English source; and what is wrong.
pub fn render(document: &ErrorsDocument, options: ListingOptions) -> String {
    let utterances = document.errors.as_ref().map_or(&[][..], |errors| &errors.utterances);
    let paragraphs: Vec<String> =
        utterances.iter().map(|utterance| paragraph(utterance, options)).collect();
    paragraphs.join("\n")
}

fn paragraph(utterance: &ErrorUtterance, options: ListingOptions) -> String {
    let mut out = String::new();
    let paint = |text: &str, style: &str| {
        if options.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let locale = Locale::from_tag(&utterance.locale);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{}  {}",
        paint(&format!("{} {}", utterance.locale, utterance.id), "1"),
        visible(&utterance.intent)
    );
    match &utterance.pred_intent {
        Some(intent) if *intent != utterance.intent => {
            let text = format!("≠ {}", visible(intent));
            let _ = write!(out, " {}", paint(&text, WRONG));
        }
        _ => {}
    }
    out.push('\n');

    let right_to_left =
        locale.is_some_and(|locale| locale.script().direction() == Direction::RightToLeft);
    let width = usize::from(options.width).saturating_sub(INDENT).max(20);
    let marks = marks(utterance);
    let anchor = options.anchored.then_some(INDENT);
    for band in set(&utterance.utt, &utterance.words, &marks, right_to_left, width, anchor) {
        let mut line = |name: &str, text: &str| {
            let _ = writeln!(out, "{}", format!("{name:INDENT$}{text}").trim_end_matches(' '));
        };
        let painted = |pieces: &[Piece]| -> String {
            let pieces = pieces.iter().map(|piece| match piece.right {
                None => piece.text.clone(),
                Some(true) => paint(&piece.text, RIGHT),
                Some(false) => paint(&piece.text, WRONG),
            });
            pieces.collect()
        };
        if !band.above.is_empty() {
            line("gold", &painted(&band.above));
        }
        line("", &band.words);
        if !band.below.is_empty() {
            line("pred", &painted(&band.below));
        }
    }
    if let Some(english) = &utterance.english
        && locale != Some(Locale::EN_US)
    {
        let _ = writeln!(out, "{:INDENT$}{}", "en-US", paint(&visible(english), "2"));
    }
    let _ = writeln!(out, "{:INDENT$}{}", "", paint(&what_is_wrong(utterance), WRONG));
    out
}

/// Green and red, which a theme may choose.
const RIGHT: &str = "32";
const WRONG: &str = "31";

fn marks(utterance: &ErrorUtterance) -> Vec<Mark> {
    let mark = |extent: &SlotExtent, class: SlotClass, side: Side| Mark {
        first: extent.words[0],
        last: extent.words[1],
        label: visible(&extent.slot),
        right: class == SlotClass::Correct,
        side,
    };
    let both = utterance.slots.iter().flat_map(|slot| {
        let gold = slot.gold.iter().map(|gold| mark(gold, slot.class, Side::Above));
        let predicted = slot.predicted.iter().map(|p| mark(p, slot.class, Side::Below));
        gold.chain(predicted).collect::<Vec<Mark>>()
    });
    both.collect()
}

/// The errors that were asked for, in words.
fn what_is_wrong(utterance: &ErrorUtterance) -> String {
    let mut parts = Vec::new();
    if utterance.missing {
        parts.push("no prediction".to_owned());
    }
    if utterance.intent_listed {
        parts.push("intent".to_owned());
    }
    for slot in utterance.slots.iter().filter(|slot| slot.listed) {
        let class = slot.class.name().replace('_', " ");
        let label = |extent: &SlotExtent| visible(&extent.slot);
        parts.push(match (&slot.gold, &slot.predicted) {
            (Some(gold), Some(predicted)) if gold.slot != predicted.slot => {
                format!("{class}: {} as {}", label(gold), label(predicted))
            }
            (Some(extent), _) | (None, Some(extent)) => format!("{class}: {}", label(extent)),
            (None, None) => class,
        });
    }
    if utterance.misaligned {
        parts.push("labels cut or padded".to_owned());
    }
    if utterance.malformed {
        parts.push("malformed annotation".to_owned());
    }
    parts.join("; ")
}
