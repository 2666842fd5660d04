//! The four forms, read to the letter or nearly so.

use serde_json::Value;

use super::Found;
use super::place::{is_nothing, place};
use crate::form::Form;

/// Reads a reply that is not empty; `None` where no intent can stand in it.
pub(super) fn read(text: &str, form: Form, words: &[String]) -> Option<Found> {
    let bare = without_fence(text);
    let mut found = match form {
        Form::Json => json(bare, words)?,
        _ => lines(bare, form, words)?,
    };
    found.exact &= bare.len() == text.len();
    Some(found)
}

/// What stands inside a Markdown fence, if there is one.
fn without_fence(text: &str) -> &str {
    let Some(start) = text.find("```") else { return text };
    let inner = &text[start + 3..];
    let inner = match inner.find('\n') {
        Some(end) if inner[..end].chars().all(char::is_alphanumeric) => &inner[end + 1..],
        _ => inner,
    };
    let inner = inner.find("```").map_or(inner, |end| &inner[..end]).trim();
    if inner.is_empty() { text } else { inner }
}

/// Two lines: the intent, and the slots.
fn lines(text: &str, form: Form, words: &[String]) -> Option<Found> {
    // An object is understood whatever was asked for.
    if text.starts_with('{')
        && let Some(found) = json(text, words)
    {
        return Some(Found { exact: false, ..found });
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let (intent, bare) = match after_cue(first, "Intent:") {
        Some(rest) => (rest, false),
        None => (first, true),
    };
    let rest: Vec<&str> = lines.collect();
    let cue = form.second_cue();
    let marked = rest.iter().find_map(|line| after_cue(line, cue));
    let second = marked.or_else(|| rest.first().copied());
    let exact = bare && marked.is_some() && rest.len() == 1;
    let missing = Found {
        intent: intent.to_owned(),
        labels: vec![None; words.len()],
        words_preserved: false,
        unplaced: 0,
        exact: false,
    };
    let Some(second) = second else { return Some(missing) };
    let mut found = match form {
        Form::Labels => labels(second, words),
        Form::Dict => dictionary(second, words),
        _ => brackets(second, words),
    };
    found.exact &= exact;
    found.intent = intent.to_owned();
    Some(found)
}

/// What follows a cue, in whatever case.
fn after_cue<'a>(line: &'a str, cue: &str) -> Option<&'a str> {
    let head = line.get(..cue.len())?;
    head.eq_ignore_ascii_case(cue).then(|| line[cue.len()..].trim())
}

fn found(labels: Vec<Option<String>>, words_preserved: bool, exact: bool) -> Found {
    Found { intent: String::new(), labels, words_preserved, unplaced: 0, exact }
}

/// A label a word.
fn labels(text: &str, words: &[String]) -> Found {
    let pieces: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ",;".contains(c))
        .filter(|piece| !piece.is_empty())
        .collect();
    let mut exact = pieces.len() == words.len();
    let mut labels: Vec<Option<String>> = pieces
        .iter()
        .map(|piece| {
            let bare = piece.strip_prefix("B-").or_else(|| piece.strip_prefix("I-"));
            exact &= bare.is_none() && *piece != "O";
            let name = bare.unwrap_or(piece);
            (!matches!(name, "Other" | "other" | "O" | "o")).then(|| name.to_owned())
        })
        .collect();
    labels.resize(words.len(), None);
    found(labels, pieces.len() == words.len(), exact)
}

/// Slots as `{name: value, name: value}`.
fn dictionary(text: &str, words: &[String]) -> Found {
    if let Ok(value) = serde_json::from_str::<Value>(text)
        && let Some(slots) = slots_of(&value)
        && !slots.is_empty()
    {
        return on_words(words, &slots, false);
    }
    let inner = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
    let (body, exact) = match inner {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let mut slots: Vec<(String, String)> = Vec::new();
    for piece in body.split([',', ';']).map(str::trim).filter(|piece| !piece.is_empty()) {
        match piece.split_once([':', '：']) {
            Some((name, value)) => {
                let clean = |text: &str| text.trim().trim_matches(['"', '\'', '{', '}']).to_owned();
                slots.push((clean(name), clean(value)));
            }
            // A comma inside a value.
            None => {
                if let Some((_, value)) = slots.last_mut() {
                    value.push_str(", ");
                    value.push_str(piece);
                }
            }
        }
    }
    on_words(words, &slots, exact)
}

fn on_words(words: &[String], slots: &[(String, String)], exact: bool) -> Found {
    let placed = place(words, slots);
    Found {
        intent: String::new(),
        labels: placed.labels,
        words_preserved: placed.unplaced == 0 && placed.inexact == 0,
        unplaced: placed.unplaced,
        exact,
    }
}

/// A piece of an annotation: a text, in a slot or not.
struct Piece {
    slot: Option<String>,
    text: String,
}

/// The text with slots in brackets.
fn brackets(text: &str, words: &[String]) -> Found {
    let (pieces, exact) = pieces(text);
    let characters = || {
        pieces.iter().flat_map(|piece| {
            piece.text.chars().filter(|c| !is_nothing(*c)).map(|c| (c, piece.slot.as_ref()))
        })
    };
    let gold = || words.iter().flat_map(|word| word.chars().filter(|c| !is_nothing(*c)));
    if gold().eq(characters().map(|(c, _)| c)) {
        // A word takes the label of its first character.
        let mut characters = characters();
        let labels = words
            .iter()
            .map(|word| {
                let count = word.chars().filter(|c| !is_nothing(*c)).count();
                let first = (count > 0).then(|| characters.next()).flatten();
                for _ in 1..count {
                    characters.next();
                }
                first.and_then(|(_, slot)| slot.cloned())
            })
            .collect();
        return found(labels, true, exact);
    }
    let by_position: Vec<Option<String>> = pieces
        .iter()
        .flat_map(|piece| massive_data::words::split(&piece.text).map(|_| piece.slot.clone()))
        .collect();
    if by_position.len() == words.len() {
        return found(by_position, false, exact);
    }
    let slots: Vec<(String, String)> =
        pieces.into_iter().filter_map(|piece| Some((piece.slot?, piece.text))).collect();
    Found { words_preserved: false, ..on_words(words, &slots, exact) }
}

/// Cuts an annotation at its brackets; true if all of them are as MASSIVE writes
/// them.
fn pieces(text: &str) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    let mut exact = true;
    let mut rest = text;
    while let Some(open) = rest.find(['[', '［']) {
        let bracket = if rest[open..].starts_with('[') { 1 } else { '［'.len_utf8() };
        let inner = &rest[open + bracket..];
        let close = inner.find([']', '］']);
        let body = close.map_or(inner, |close| &inner[..close]);
        let Some(colon) = body.find([':', '：']) else {
            // Text in brackets.
            exact = false;
            let end = open + bracket;
            pieces.push(Piece { slot: None, text: rest[..end].to_owned() });
            rest = inner;
            continue;
        };
        let wide = if body[colon..].starts_with(':') { 1 } else { '：'.len_utf8() };
        let (name, value) = (&body[..colon], &body[colon + wide..]);
        exact &= bracket == 1 && wide == 1 && close.is_some();
        exact &= name.ends_with(' ') && value.starts_with(' ') && !value.ends_with(' ');
        pieces.push(Piece { slot: None, text: rest[..open].to_owned() });
        let name = name.trim();
        let slot = (!matches!(name, "Other" | "O" | "")).then(|| name.to_owned());
        pieces.push(Piece { slot, text: value.trim().to_owned() });
        rest = match close {
            Some(close) => {
                let width = if inner[close..].starts_with(']') { 1 } else { '］'.len_utf8() };
                &inner[close + width..]
            }
            None => "",
        };
    }
    pieces.push(Piece { slot: None, text: rest.to_owned() });
    (pieces, exact)
}

/// An object with an intent and slots.
fn json(text: &str, words: &[String]) -> Option<Found> {
    let start = text.find('{')?;
    let (value, whole) = object(&text[start..])?;
    let intent = value.get("intent").or_else(|| value.get("pred_intent"))?;
    let intent = intent.as_str().or_else(|| intent.get("name")?.as_str())?.trim().to_owned();
    let exact = whole && start == 0 && is_exact(&value);
    let slots =
        value.get("slots").or_else(|| value.get("entities")).and_then(slots_of).unwrap_or_default();
    Some(Found { intent, ..on_words(words, &slots, exact) })
}

fn is_exact(value: &Value) -> bool {
    let slots = value.get("slots").and_then(Value::as_array);
    slots.is_some_and(|slots| {
        slots.iter().all(|slot| slot["slot"].is_string() && slot["value"].is_string())
    })
}

/// The object with which a text starts, and whether it is the whole text; one
/// that is cut off is closed.
fn object(text: &str) -> Option<(Value, bool)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = values.next() {
        let whole = text[values.byte_offset()..].trim().is_empty();
        return Some((value, whole));
    }
    let mut open = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => open.push('}'),
            '[' if !quoted => open.push(']'),
            '}' | ']' if !quoted => drop(open.pop()),
            _ => {}
        }
    }
    let mut mended = text.trim_end().trim_end_matches(',').to_owned();
    if quoted {
        mended.push('"');
    }
    mended.extend(open.iter().rev());
    serde_json::from_str(&mended).ok().map(|value| (value, false))
}

/// Slots in the shapes that models give them.
fn slots_of(value: &Value) -> Option<Vec<(String, String)>> {
    /// What names of fields are used for a slot's name and its words.
    const NAMES: [&str; 7] = ["slot", "name", "label", "type", "entity", "key", "slot_name"];
    const VALUES: [&str; 5] = ["value", "text", "words", "filler", "word"];
    let text = |value: &Value| -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(words) => {
                let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
                Some(words?.join(" "))
            }
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    };
    match value {
        Value::Array(items) => Some(
            items
                .iter()
                .filter_map(|item| {
                    if let Some([name, value]) = item.as_array().map(Vec::as_slice) {
                        return Some((name.as_str()?.to_owned(), text(value)?));
                    }
                    let name = NAMES.iter().find_map(|name| item.get(name)?.as_str());
                    let value = VALUES.iter().find_map(|name| text(item.get(name)?));
                    Some((name?.to_owned(), value?))
                })
                .collect(),
        ),
        Value::Object(fields) => Some(
            fields.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect(),
        ),
        _ => None,
    }
}
