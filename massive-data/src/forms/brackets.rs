//! Annotated texts as people and models write them: slots in brackets of many
//! spellings, and semantic parses.

use super::value::{Reader, Value};

/// A text in pieces, each with the slot that it is, if it is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<(Option<String>, String)>,
    /// Brackets inside brackets that were dropped.
    pub(crate) nested: u64,
    /// A bracket was never closed.
    pub(crate) open: bool,
}

impl Pieces {
    fn push_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some((None, last)) => last.push_str(text),
            _ => self.pieces.push((None, text.to_owned())),
        }
    }

    pub(crate) fn slots(&self) -> usize {
        self.pieces.iter().filter(|(label, _)| label.is_some()).count()
    }
}

fn opening(c: char) -> bool {
    matches!(c, '[' | '［' | '【')
}

fn closing(c: char) -> bool {
    matches!(c, ']' | '］' | '】')
}

/// Reads `[label : value]` with any spaces and widths, `[value](label)` and
/// `[value]{"entity": "label"}`.
pub(crate) fn read(text: &str) -> Pieces {
    let mut found = Pieces::default();
    let mut rest = text;
    while let Some(at) = rest.find(opening) {
        found.push_text(&rest[..at]);
        let width = rest[at..].chars().next().map_or(1, char::len_utf8);
        let inner = &rest[at + width..];
        let Some(end) = inner.find(closing) else {
            found.open = true;
            found.push_text(&rest[at..]);
            return found;
        };
        let (content, after) = inner.split_at(end);
        let after = &after[after.chars().next().map_or(1, char::len_utf8)..];
        let (slot, used) = slot(content, after);
        match slot {
            Some((label, value)) => found.pieces.push((Some(label), value)),
            None => found.push_text(&rest[at..rest.len() - after.len()]),
        }
        rest = &after[used..];
    }
    found.push_text(rest);
    found
}

/// Label and value of a bracket, and how many bytes after it belong to it.
fn slot(content: &str, after: &str) -> (Option<(String, String)>, usize) {
    if let Some(inner) = after.strip_prefix(['(', '（'])
        && let Some(end) = inner.find([')', '）'])
    {
        let used =
            after.len() - inner.len() + end + inner[end..].chars().next().map_or(1, char::len_utf8);
        // `label:value` names what the words stand for.
        let label = inner[..end].split(':').next().unwrap_or_default();
        return (Some((name(label), content.trim().to_owned())), used);
    }
    if after.starts_with('{') {
        let mut reader = Reader::new(after);
        if let Ok(value) = reader.value(0)
            && let Some(label) = value.first(&["entity", "role", "group"]).and_then(Value::as_text)
        {
            return (Some((name(label), content.trim().to_owned())), reader.at);
        }
    }
    match content.split_once([':', '：']) {
        Some((label, value)) if !label.trim().is_empty() => {
            (Some((name(label), value.trim().to_owned())), 0)
        }
        _ => (None, 0),
    }
}

/// A label without white space, which no name of a slot has.
pub(crate) fn name(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join("_")
}

/// True for a semantic parse: `[IN:GET_WEATHER … [SL:LOCATION … ] ]`.
pub(crate) fn is_parse(text: &str) -> bool {
    text.trim_start().starts_with("[IN:")
}

/// Reads a semantic parse: the intent, and its outermost slots.
pub(crate) fn read_parse(text: &str) -> Option<(String, Pieces)> {
    let mut found = Pieces::default();
    let mut intent = None;
    // Open brackets; the slot, if one is open, is at a depth.
    let mut depth = 0_usize;
    let mut slot: Option<(usize, String, Vec<&str>)> = None;
    for piece in text.split_whitespace() {
        if let Some(label) = piece.strip_prefix("[SL:") {
            depth += 1;
            match slot {
                Some(_) => found.nested += 1,
                None => slot = Some((depth, label.to_owned(), Vec::new())),
            }
        } else if let Some(label) = piece.strip_prefix("[IN:") {
            depth += 1;
            if intent.is_none() {
                intent = Some(format!("IN:{label}"));
            } else {
                found.nested += 1;
            }
        } else if piece == "]" {
            if let Some((_, label, words)) = slot.take_if(|(at, ..)| *at == depth) {
                found.pieces.push((Some(label), words.join(" ")));
            }
            depth = depth.saturating_sub(1);
        } else {
            match &mut slot {
                Some((_, _, words)) => words.push(piece),
                None => found.pieces.push((None, piece.to_owned())),
            }
        }
    }
    found.open = depth > 0;
    Some((intent?, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_all_spellings_are_slots() {
        for text in [
            "at [time : six]",
            "at [time:six]",
            "at [time: six]",
            "at [ time : six ]",
            "at ［time：six］",
            "at [six](time)",
            "at [six](time:06:00)",
            r#"at [six]{"entity": "time", "value": "06:00"}"#,
        ] {
            let found = read(text);
            assert_eq!(found.pieces[0], (None, "at ".to_owned()), "{text}");
            assert_eq!(found.pieces[1], (Some("time".to_owned()), "six".to_owned()), "{text}");
        }
        let none = read("[six] and [time : five");
        assert_eq!((none.slots(), none.open), (0, true));
    }

    #[test]
    fn a_parse_has_its_outermost_slots() {
        let (intent, found) = read_parse(
            "[IN:CREATE_REMINDER remind [SL:PERSON me ] [SL:TODO [IN:CALL call [SL:CONTACT Ann ] ] ] ]",
        )
        .unwrap();
        assert_eq!(intent, "IN:CREATE_REMINDER");
        assert_eq!(found.nested, 2);
        assert_eq!(found.pieces[2], (Some("TODO".to_owned()), "call Ann".to_owned()));
    }
}
