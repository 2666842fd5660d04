//! Which ids may come next, so that only well-formed outputs can be written.
//!
//! An output is a row of pieces ([`Format::pieces`]), each one word of a closed
//! list: the labels, the intents, or a single marker. The ids of each list make a
//! trie; a [`Cursor`] walks from one trie into the next, and after the last comes
//! the end token.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fault::Names;
use super::format::{Format, INSIDE, INSIDE_PREFIX, Inside, Layout, Piece, sentinel};
use crate::error::{Error, Result};

/// The ids of one word as the tokenizer writes it in a text.
pub(super) type Spell<'a> = &'a dyn Fn(&str) -> Result<Vec<u32>>;

/// The well-formed outputs of a format over a set of names.
#[derive(Debug)]
pub(super) struct Constraint {
    format: Format,
    end: u32,
    intents: Trie,
    /// By the slot of the word before: none, then each slot in order. One for
    /// all where it does not matter.
    labels: Vec<Trie>,
    descriptions: BTreeMap<&'static str, Trie>,
}

/// The tries that an output for an utterance walks through.
#[derive(Debug, Clone)]
pub(super) struct Plan(Arc<[Part]>);

#[derive(Debug, Clone)]
enum Part {
    Description(&'static str),
    Sentinel(Arc<Trie>),
    Label,
    Intent,
}

/// A place within a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    part: usize,
    node: usize,
    /// The slot of the last label: its place among the tries of labels.
    slot: usize,
}

#[derive(Debug, Default)]
struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    children: BTreeMap<u32, usize>,
    /// If a word ends here: the slot that it puts the next word's label after.
    end: Option<usize>,
}

impl Trie {
    fn new() -> Self {
        Trie { nodes: vec![Node::default()] }
    }

    fn insert(&mut self, ids: &[u32], slot: usize) {
        let mut at = 0;
        for &id in ids {
            let next = self.nodes.len();
            let child = *self.nodes[at].children.entry(id).or_insert(next);
            if child == next {
                self.nodes.push(Node::default());
            }
            at = child;
        }
        self.nodes[at].end = Some(slot);
    }
}

impl Constraint {
    /// The well-formed outputs of `format` over `names`, in the ids that `spell`
    /// gives for single words; `end` is the end token.
    ///
    /// # Errors
    /// A format with the utterance's words in its output; a name that cannot be
    /// written; names whose ids run into each other.
    pub(super) fn new(format: &Format, names: &Names, spell: Spell<'_>, end: u32) -> Result<Self> {
        if matches!(format.layout, Layout::WordsThenLabels | Layout::WordsWithLabels) {
            return Err(Error::request(
                "constrained decoding is for outputs of labels (with or without sentinels) and an \
                 intent; this model's format repeats the words of the utterance, which may be any",
            ));
        }
        if names.intents().is_empty() {
            return Err(Error::request("constrained decoding needs the names of the intents"));
        }
        let outside = format.outside.as_str();
        let slots: Vec<&str> =
            names.slots().iter().map(String::as_str).filter(|&slot| slot != outside).collect();
        let mut intents = Trie::new();
        for intent in names.intents() {
            intents.insert(&spell(intent)?, 0);
        }
        let outside = spell(outside)?;
        let spelled: Vec<Vec<u32>> = slots.iter().map(|slot| spell(slot)).collect::<Result<_>>()?;
        let labels = |before: usize, mark: Option<Vec<u32>>| {
            let mut trie = Trie::new();
            trie.insert(&outside, 0);
            for (slot, ids) in (1..).zip(&spelled) {
                // Where there are marks, a slot goes on with its mark only.
                if slot != before || mark.is_none() {
                    trie.insert(ids, slot);
                }
            }
            if let Some(mark) = mark {
                trie.insert(&mark, before);
            }
            trie
        };
        let mut tries = vec![labels(0, None)];
        if format.inside != Inside::SlotName {
            for (before, slot) in (1..).zip(&slots) {
                let mark = match format.inside {
                    Inside::Inside => spell(INSIDE)?,
                    _ => spell(&format!("{INSIDE_PREFIX}{slot}"))?,
                };
                tries.push(labels(before, Some(mark)));
            }
        }
        let mut descriptions = BTreeMap::new();
        for piece in format.pieces(0) {
            if let Piece::Description(text) = piece {
                let mut trie = Trie::new();
                trie.insert(&spell(text)?, 0);
                descriptions.insert(text, trie);
            }
        }
        let constraint =
            Constraint { format: format.clone(), end, intents, labels: tries, descriptions };
        constraint.check()?;
        Ok(constraint)
    }

    /// Refuses names where an id could both go on with a word and start the next.
    fn check(&self) -> Result<()> {
        let tries = || self.labels.iter().chain([&self.intents]).chain(self.descriptions.values());
        let mut starts: BTreeSet<u32> =
            tries().flat_map(|trie| trie.nodes[0].children.keys().copied()).collect();
        starts.insert(self.end);
        let runs_on = tries()
            .flat_map(|trie| &trie.nodes)
            .filter(|node| node.end.is_some())
            .flat_map(|node| node.children.keys())
            .any(|id| starts.contains(id));
        if runs_on {
            return Err(Error::request(
                "constrained decoding does not work with this tokenizer: in its ids one cannot \
                 tell where a label ends and the next begins",
            ));
        }
        Ok(())
    }

    /// The plan for an utterance of this many words.
    ///
    /// # Errors
    /// A sentinel that cannot be written.
    pub(super) fn plan(&self, words: usize, spell: Spell<'_>) -> Result<Plan> {
        let parts = self.format.pieces(words).into_iter().filter_map(|piece| {
            Some(Ok(match piece {
                Piece::Description(text) => Part::Description(text),
                Piece::Label(_) => Part::Label,
                Piece::Intent => Part::Intent,
                Piece::Sentinel(word) => match spell(&sentinel(word)) {
                    Err(error) => return Some(Err(error)),
                    Ok(ids) => {
                        let mut trie = Trie::new();
                        trie.insert(&ids, 0);
                        Part::Sentinel(Arc::new(trie))
                    }
                },
                // Formats with words are refused.
                Piece::Word(_) => return None,
            }))
        });
        Ok(Plan(parts.collect::<Result<_>>()?))
    }

    /// The start of every plan.
    pub(super) fn start(&self) -> Cursor {
        Cursor { part: 0, node: 0, slot: 0 }
    }

    fn trie<'a>(&'a self, plan: &'a Plan, part: usize, slot: usize) -> Option<&'a Trie> {
        match plan.0.get(part)? {
            Part::Description(text) => self.descriptions.get(text),
            Part::Sentinel(trie) => Some(trie),
            Part::Label => self.labels.get(slot).or_else(|| self.labels.first()),
            Part::Intent => Some(&self.intents),
        }
    }

    /// Where a cursor may also stand: at the end of a word, before the next.
    fn after(&self, plan: &Plan, cursor: Cursor) -> Option<Cursor> {
        let node = self.trie(plan, cursor.part, cursor.slot)?.nodes.get(cursor.node)?;
        let slot = match plan.0.get(cursor.part)? {
            Part::Label => node.end?,
            // Sentinels and descriptions stand between labels and change nothing.
            _ => node.end.map(|_| cursor.slot)?,
        };
        Some(Cursor { part: cursor.part + 1, node: 0, slot })
    }

    /// The ids that may come next.
    pub(super) fn allowed<'a>(
        &'a self,
        plan: &'a Plan,
        cursor: Cursor,
    ) -> impl Iterator<Item = u32> {
        let after = self.after(plan, cursor);
        let ids = |cursor: Cursor| {
            let trie = self.trie(plan, cursor.part, cursor.slot);
            trie.and_then(|trie| trie.nodes.get(cursor.node))
                .into_iter()
                .flat_map(|node| node.children.keys().copied())
        };
        let ends = after.is_some_and(|after| after.part == plan.0.len()).then_some(self.end);
        ids(cursor).chain(after.into_iter().flat_map(ids)).chain(ends)
    }

    /// The place after an id that was allowed; after any other, where it was.
    pub(super) fn advance(&self, plan: &Plan, cursor: Cursor, id: u32) -> Cursor {
        let step = |cursor: Cursor| {
            let node = self.trie(plan, cursor.part, cursor.slot)?.nodes.get(cursor.node)?;
            node.children.get(&id).map(|&node| Cursor { node, ..cursor })
        };
        step(cursor).or_else(|| step(self.after(plan, cursor)?)).unwrap_or(cursor)
    }

    /// The highest id in it.
    pub(super) fn highest_id(&self) -> u32 {
        let tries = self.labels.iter().chain([&self.intents]).chain(self.descriptions.values());
        let ids = tries.flat_map(|trie| &trie.nodes).flat_map(|node| node.children.keys().copied());
        ids.max().map_or(self.end, |id| id.max(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::IntentPlace;
    use super::*;

    const END: u32 = 1;

    /// A tokenizer of characters; the first of a word is another id than the
    /// same character within one.
    fn spell(word: &str) -> Result<Vec<u32>> {
        Ok(word
            .chars()
            .enumerate()
            .map(|(at, c)| u32::from(c) + if at == 0 { 1000 } else { 0 })
            .collect())
    }

    fn text(ids: &[u32]) -> String {
        let mut text = String::new();
        for &id in ids {
            if id >= 1000 && !text.is_empty() {
                text.push(' ');
            }
            text.extend(char::from_u32(if id >= 1000 { id - 1000 } else { id }));
        }
        text
    }

    fn names() -> Names {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Names::new(owned(&["alarm_set", "alarm"]), owned(&["Other", "time", "time_zone"]))
    }

    /// All outputs that can be written.
    fn all(constraint: &Constraint, words: usize) -> Vec<String> {
        let plan = constraint.plan(words, &spell).unwrap();
        let mut open = vec![(constraint.start(), Vec::new())];
        let mut texts = Vec::new();
        while let Some((cursor, ids)) = open.pop() {
            let mut found = 0;
            for id in constraint.allowed(&plan, cursor) {
                found += 1;
                if id == END {
                    texts.push(text(&ids));
                } else {
                    let mut longer = ids.clone();
                    longer.push(id);
                    open.push((constraint.advance(&plan, cursor, id), longer));
                }
            }
            assert!(found > 0, "nothing may follow {}", text(&ids));
        }
        texts.sort();
        texts
    }

    #[test]
    fn exactly_the_outputs_of_the_format_can_be_written() {
        let labels = ["Other", "time", "time_zone"];
        for layout in [Layout::Labels, Layout::Sentinels] {
            for inside in [Inside::SlotName, Inside::InsideSlotName, Inside::Inside] {
                for intent in [IntentPlace::First, IntentPlace::Last] {
                    for descriptions in [false, true] {
                        let format =
                            Format { layout, inside, intent, descriptions, ..Format::default() };
                        let constraint = Constraint::new(&format, &names(), &spell, END).unwrap();
                        let mut wanted = Vec::new();
                        for intent in names().intents() {
                            for number in 0..27 {
                                let labels =
                                    [number / 9, number / 3 % 3, number % 3].map(|n| labels[n]);
                                wanted.push(format.target(&["w"; 3], &labels, intent).unwrap());
                            }
                        }
                        wanted.sort();
                        assert_eq!(all(&constraint, 3), wanted);
                    }
                }
            }
        }
    }

    #[test]
    fn an_utterance_without_words_has_an_intent() {
        let constraint = Constraint::new(&Format::default(), &names(), &spell, END).unwrap();
        assert_eq!(all(&constraint, 0), ["alarm", "alarm_set"]);
    }

    #[test]
    fn where_it_does_not_apply_it_says_so() {
        for layout in [Layout::WordsThenLabels, Layout::WordsWithLabels] {
            let format = Format { layout, ..Format::default() };
            let error = Constraint::new(&format, &names(), &spell, END).unwrap_err();
            assert!(error.is_request() && error.to_string().contains("repeats the words"));
        }
        let run_on = |word: &str| Ok(word.chars().map(u32::from).collect());
        let names = Names::new(["alarm".to_owned(), "alarma".to_owned()], []);
        let error = Constraint::new(&Format::default(), &names, &run_on, END).unwrap_err();
        assert!(error.to_string().contains("where a label ends"), "{error}");
    }
}
