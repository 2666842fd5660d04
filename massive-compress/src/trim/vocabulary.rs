//! The vocabulary in a `tokenizer.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::ids::{Kept, Used};
use crate::error::{Error, Result};

/// How a tokenizer cuts words into pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The most probable pieces (Kudo 2018, arXiv 1804.10959).
    Unigram,
    /// Merges of pairs (Sennrich et al. 2016, arXiv 1508.07909).
    Bpe,
}

/// A `tokenizer.json`, as the document that it is.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    document: Value,
    scheme: Scheme,
    /// The pieces by their ids; `None` for ids without.
    pieces: Vec<Option<String>>,
}

impl Vocabulary {
    /// Reads a `tokenizer.json`, compressed or not.
    ///
    /// # Errors
    /// A file that cannot be read, is no tokenizer, or is of another kind than
    /// Unigram and BPE.
    pub fn read(path: &Path) -> Result<Vocabulary> {
        let unreadable = |error: std::io::Error| {
            Error::new(format!("{} cannot be read: {error}", path.display())).with_source(error)
        };
        let mut bytes = std::fs::read(path).map_err(unreadable)?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).map_err(unreadable)?;
            bytes = plain;
        }
        let document = serde_json::from_slice(&bytes).map_err(|error| {
            Error::new(format!("{}: not a tokenizer: {error}", path.display())).with_source(error)
        })?;
        Vocabulary::of(document).map_err(|error| error.at(path.display()))
    }

    /// The vocabulary in a document.
    ///
    /// # Errors
    /// Another kind than Unigram and BPE, or a vocabulary that is not as these
    /// have it.
    pub fn of(document: Value) -> Result<Vocabulary> {
        let model = &document["model"];
        let vocabulary = &model["vocab"];
        // Old files do not name the kind.
        let named = model["type"].as_str();
        let scheme = match (named, vocabulary) {
            (Some("Unigram") | None, Value::Array(_)) => Scheme::Unigram,
            (Some("BPE"), Value::Object(_)) => Scheme::Bpe,
            (None, Value::Object(_)) if model["merges"].is_array() => Scheme::Bpe,
            _ => {
                return Err(Error::new(format!(
                    "its model is of the kind {}; only the vocabulary of Unigram and BPE can be \
                     trimmed",
                    named.map_or("unknown".to_owned(), |kind| format!("`{}`", kind.escape_debug()))
                )));
            }
        };
        let mut pieces = Vec::new();
        match vocabulary {
            Value::Array(entries) => {
                for (id, entry) in entries.iter().enumerate() {
                    let piece = entry[0].as_str().filter(|_| entry[1].is_number());
                    let piece = piece.ok_or_else(|| {
                        Error::new(format!("entry {id} of its vocabulary is no piece with a score"))
                    })?;
                    pieces.push(Some(piece.to_owned()));
                }
            }
            Value::Object(entries) => {
                for (piece, id) in entries {
                    place(&mut pieces, id_of(id, piece)?, piece)?;
                }
            }
            _ => {}
        }
        let mut vocabulary = Vocabulary { document, scheme, pieces };
        for token in vocabulary.added()? {
            place(&mut vocabulary.pieces, token.0, &token.1)?;
        }
        Ok(vocabulary)
    }

    /// How it cuts words.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// How many ids it has.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The added tokens: their ids and texts.
    fn added(&self) -> Result<Vec<(usize, String)>> {
        let tokens = self.document["added_tokens"].as_array().map(Vec::as_slice);
        let tokens = tokens.unwrap_or_default().iter();
        tokens
            .map(|token| {
                let text = token["content"].as_str().unwrap_or_default();
                Ok((id_of(&token["id"], text)?, text.to_owned()))
            })
            .collect()
    }

    /// What is kept where text uses these ids: these, special and added pieces,
    /// bytes, all ids up to `special`, and what the scheme cannot do without.
    ///
    /// # Errors
    /// Ids that the vocabulary does not have.
    pub fn keep(&self, used: &Used, special: u32) -> Result<Kept> {
        let beyond = (self.len() as u32..used.ids.len() as u32).find(|&id| used.contains(id));
        if let Some(id) = beyond {
            return Err(Error::new(format!(
                "the text has id {id}, and the vocabulary ends at {}",
                self.len()
            )));
        }
        let added: BTreeSet<usize> = self.added()?.into_iter().map(|(id, _)| id).collect();
        let mut kept: BTreeSet<usize> = (0..self.len())
            .filter(|&id| {
                used.contains(id as u32)
                    || id <= special as usize
                    || added.contains(&id)
                    || self.pieces[id].as_deref().is_some_and(is_special)
            })
            .collect();
        match self.scheme {
            Scheme::Unigram => self.keep_for_unigram(&mut kept),
            Scheme::Bpe => self.keep_for_bpe(&mut kept)?,
        }
        Ok(Kept { ids: kept.into_iter().map(|id| id as u32).collect() })
    }

    /// What is unknown scores 10 less than the worst piece: that one stays, and
    /// so does the piece for what is unknown.
    fn keep_for_unigram(&self, kept: &mut BTreeSet<usize>) {
        let model = &self.document["model"];
        kept.extend(model["unk_id"].as_u64().map(|id| id as usize));
        let scores = model["vocab"].as_array().map(Vec::as_slice).unwrap_or_default();
        let score = |entry: &Value| entry[1].as_f64().unwrap_or(0.0);
        let worst = scores.iter().enumerate().min_by(|a, b| score(a.1).total_cmp(&score(b.1)));
        kept.extend(worst.map(|(id, _)| id));
    }

    /// Single characters, and all pieces that merge into kept ones.
    fn keep_for_bpe(&self, kept: &mut BTreeSet<usize>) -> Result<()> {
        let ids = self.ids();
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for merge in self.merges()? {
            let id = |piece: &str| ids.get(piece).copied();
            if let (Some(left), Some(right), Some(whole)) =
                (id(&merge.0), id(&merge.1), self.merged(&merge, &ids))
            {
                parts.entry(whole).or_default().extend([left, right]);
            }
        }
        let single = |piece: &String| {
            let affix = &self.document["model"]["continuing_subword_prefix"];
            let bare = affix.as_str().and_then(|affix| piece.strip_prefix(affix));
            bare.unwrap_or(piece).chars().count() <= 1
        };
        kept.extend(
            self.pieces
                .iter()
                .enumerate()
                .filter(|(_, piece)| piece.as_ref().is_some_and(single))
                .map(|(id, _)| id),
        );
        let unknown = self.document["model"]["unk_token"].as_str();
        kept.extend(unknown.and_then(|piece| ids.get(piece)));
        let mut open: Vec<usize> = kept.iter().copied().collect();
        while let Some(id) = open.pop() {
            for &part in parts.get(&id).map(Vec::as_slice).unwrap_or_default() {
                if kept.insert(part) {
                    open.push(part);
                }
            }
        }
        Ok(())
    }

    fn ids(&self) -> BTreeMap<&str, usize> {
        let named = self.pieces.iter().enumerate();
        named.filter_map(|(id, piece)| Some((piece.as_deref()?, id))).collect()
    }

    /// The piece that a merge makes.
    fn merged(&self, merge: &(String, String), ids: &BTreeMap<&str, usize>) -> Option<usize> {
        let affix = self.document["model"]["continuing_subword_prefix"].as_str().unwrap_or("");
        let right = merge.1.strip_prefix(affix).unwrap_or(&merge.1);
        ids.get(format!("{}{right}", merge.0).as_str()).copied()
    }

    /// The merges, best first: pairs, or two pieces with a space between.
    fn merges(&self) -> Result<Vec<(String, String)>> {
        let merges = self.document["model"]["merges"].as_array().map(Vec::as_slice);
        let merges = merges.unwrap_or_default().iter().enumerate();
        merges
            .map(|(number, merge)| {
                let pair = match merge {
                    Value::String(text) => text.split_once(' '),
                    pair => pair[0].as_str().zip(pair[1].as_str()),
                };
                pair.map(|(left, right)| (left.to_owned(), right.to_owned()))
                    .ok_or_else(|| Error::new(format!("merge {number} is no pair of pieces")))
            })
            .collect()
    }

    /// The document with these pieces only.
    ///
    /// # Errors
    /// A piece that the rest of the document needs is not kept.
    pub fn trimmed(&self, kept: &Kept) -> Result<Value> {
        let mut document = self.document.clone();
        self.trim_model(&mut document["model"], kept)?;
        let new = |id: &Value, text: &str| -> Result<Value> {
            let former = id_of(id, text)?;
            kept.new_id(former as u32).map(Value::from).ok_or_else(|| {
                Error::new(format!("the special piece `{}` is not kept", text.escape_debug()))
            })
        };
        if let Some(tokens) = document["added_tokens"].as_array_mut() {
            for token in tokens {
                let text = token["content"].as_str().unwrap_or_default().to_owned();
                token["id"] = new(&token["id"], &text)?;
            }
        }
        if document.get("post_processor").is_some() {
            renumber(&mut document["post_processor"], &new)?;
        }
        Ok(document)
    }

    fn trim_model(&self, model: &mut Value, kept: &Kept) -> Result<()> {
        match self.scheme {
            Scheme::Unigram => {
                let entries = model["vocab"].as_array().cloned().unwrap_or_default();
                let chosen = kept.ids.iter().filter_map(|&id| entries.get(id as usize));
                model["vocab"] = Value::Array(chosen.cloned().collect());
                if let Some(id) = model["unk_id"].as_u64() {
                    model["unk_id"] = kept.new_id(id as u32).map_or(Value::Null, Value::from);
                }
            }
            Scheme::Bpe => {
                let ids = self.ids();
                let is_kept = |piece: &str| {
                    ids.get(piece).is_some_and(|&id| kept.new_id(id as u32).is_some())
                };
                let merges = self.merges()?;
                let stays = |merge: &(String, String)| {
                    let whole = self.merged(merge, &ids);
                    is_kept(&merge.0)
                        && is_kept(&merge.1)
                        && whole.is_some_and(|id| kept.new_id(id as u32).is_some())
                };
                if let Some(entries) = model["merges"].as_array_mut() {
                    let mut staying = merges.iter().map(stays);
                    entries.retain(|_| staying.next().unwrap_or(false));
                }
                if let Some(entries) = model["vocab"].as_object_mut() {
                    entries.retain(|piece, _| is_kept(piece));
                    for (piece, id) in entries.iter_mut() {
                        let former = ids.get(piece.as_str()).copied().unwrap_or_default();
                        *id = kept.new_id(former as u32).map_or(Value::Null, Value::from);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Gives the ids of a post-processor their new numbers: those of templates
/// (`special_tokens`) and pairs of a piece and its id (`sep`, `cls`).
fn renumber(value: &mut Value, new: &dyn Fn(&Value, &str) -> Result<Value>) -> Result<()> {
    if let Some(inner) = value.get_mut("processors").and_then(Value::as_array_mut) {
        return inner.iter_mut().try_for_each(|processor| renumber(processor, new));
    }
    for name in ["sep", "cls"] {
        if let Some([Value::String(text), id]) =
            value.get_mut(name).and_then(|pair| pair.as_array_mut()).map(Vec::as_mut_slice)
        {
            *id = new(id, text)?;
        }
    }
    if let Some(tokens) = value.get_mut("special_tokens").and_then(Value::as_object_mut) {
        for (text, token) in tokens {
            if let Some(ids) = token.get_mut("ids").and_then(Value::as_array_mut) {
                for id in ids {
                    *id = new(id, text)?;
                }
            }
        }
    }
    Ok(())
}

/// Ids above this are damage: no vocabulary is so large.
const HIGHEST: u64 = 1 << 24;

fn id_of(id: &Value, piece: &str) -> Result<usize> {
    id.as_u64().filter(|&id| id < HIGHEST).map(|id| id as usize).ok_or_else(|| {
        Error::new(format!("the id of the piece `{}` is {id}", piece.escape_debug()))
    })
}

fn place(pieces: &mut Vec<Option<String>>, id: usize, piece: &str) -> Result<()> {
    if id >= pieces.len() {
        pieces.resize(id + 1, None);
    }
    match &pieces[id] {
        Some(other) if other != piece => Err(Error::new(format!(
            "id {id} belongs to two pieces, `{}` and `{}`",
            other.escape_debug(),
            piece.escape_debug()
        ))),
        _ => {
            pieces[id] = Some(piece.to_owned());
            Ok(())
        }
    }
}

/// `<s>`, `<mask>`, `[CLS]`, and bytes (`<0x0A>`): pieces that text does not
/// spell.
fn is_special(piece: &str) -> bool {
    let within = |open, close| piece.len() > 2 && piece.starts_with(open) && piece.ends_with(close);
    (within('<', '>') || within('[', ']')) && !piece.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unigram() -> Value {
        json!({
            "added_tokens": [{"id": 0, "content": "<s>"}, {"id": 6, "content": "<mask>"}],
            "post_processor": {"special_tokens": {"<s>": {"id": "<s>", "ids": [0]}, "</s>": {"id": "</s>", "ids": [2]}}},
            "model": {"type": "Unigram", "unk_id": 3, "vocab": [
                ["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0],
                ["a", -1.0], ["b", -2.0], ["<mask>", 0.0], ["zz", -9.5], ["c", -3.0]
            ]}
        })
    }

    fn used(ids: &[u32]) -> Used {
        let mut used = Used::default();
        used.add(ids);
        used
    }

    #[test]
    fn a_unigram_vocabulary_keeps_what_is_used_special_and_worst() {
        let vocabulary = Vocabulary::of(unigram()).unwrap();
        let kept = vocabulary.keep(&used(&[5]), 1).unwrap();
        assert_eq!(kept.ids, [0, 1, 2, 3, 5, 6, 7]);
        let trimmed = vocabulary.trimmed(&kept).unwrap();
        assert_eq!(trimmed["model"]["vocab"][4], json!(["b", -2.0]));
        assert_eq!(trimmed["added_tokens"][1]["id"], 5);
        assert_eq!(trimmed["post_processor"]["special_tokens"]["</s>"]["ids"], json!([2]));
        let again = Vocabulary::of(trimmed).unwrap();
        assert_eq!(again.len(), 7);
    }

    #[test]
    fn a_bpe_vocabulary_keeps_the_way_to_each_piece() {
        let vocabulary = Vocabulary::of(json!({
            "model": {"type": "BPE", "unk_token": null,
                "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "bc": 5, "ca": 6},
                "merges": [["a", "b"], "ab c", ["b", "c"], ["c", "a"]]}
        }))
        .unwrap();
        let kept = vocabulary.keep(&used(&[4]), 0).unwrap();
        // `bc` and `ca` are on no way to `abc`.
        assert_eq!(kept.ids, [0, 1, 2, 3, 4]);
        let trimmed = vocabulary.trimmed(&kept).unwrap();
        assert_eq!(trimmed["model"]["merges"], json!([["a", "b"], "ab c"]));
        assert_eq!(trimmed["model"]["vocab"]["abc"], 4);
        assert!(trimmed["model"]["vocab"].get("bc").is_none());
    }

    #[test]
    fn other_kinds_and_damage_are_refused() {
        let message = |document| Vocabulary::of(document).unwrap_err().to_string();
        let kind = message(json!({"model": {"type": "WordPiece", "vocab": {"a": 0}}}));
        assert!(kind.contains("`WordPiece`; only the vocabulary of Unigram and BPE"), "{kind}");
        let twice = message(json!({"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}}}));
        assert!(twice.contains("id 0 belongs to two pieces"), "{twice}");
        let huge = message(json!({"model": {"type": "BPE", "vocab": {"a": 99999999999u64}}}));
        assert!(huge.contains("the id of the piece `a`"), "{huge}");
        assert!(Vocabulary::of(json!(null)).is_err());
    }
}
