//! A whole model folder, rewritten in one pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use massive_data::{Corpus, Detail, Locale, Partition, Selection};
use massive_models::digest;
use massive_models::engine::Engine;
use massive_models::folder::{Choice, EncoderFolder, MANIFEST, ModelFolder, Parts};
use massive_predict::Example;
use serde::Serialize;
use serde_json::Value;

use crate::activations::Activations;
use crate::calibrate::{Calibrated, calibrate, rows_of};
use crate::error::{Error, Result};
use crate::onnx::{External, Onnx};
use crate::quantize::{Plan, rewrite, unfold};
use crate::recipe::Recipe;
use crate::record::{Base, FORMAT, Lost, RECORD, Record, Trimmed};
use crate::trim::{Kept, Used, Vocabulary, trim_graph};

/// A model and what is to become of it.
pub struct Request<'a> {
    /// The model's folder.
    pub folder: &'a Path,
    /// Which of its files are wanted.
    pub choice: &'a Choice,
    /// What is to be done.
    pub recipe: Recipe,
    /// The text whose pieces are kept: a corpus that can be read several times,
    /// with the locales that count selected.
    pub corpus: Option<&'a Corpus>,
    /// The text on which activations are seen.
    pub calibration: Option<Calibration<'a>>,
    /// An empty folder for the result.
    pub output: &'a Path,
}

/// Text on which activations are seen, and what runs the model on it.
#[derive(Clone, Copy)]
pub struct Calibration<'a> {
    /// A corpus that can be read several times, with the locales that count selected.
    pub corpus: &'a Corpus,
    /// How many rows of its partition train, as many of each locale as can be.
    pub rows: usize,
    /// What runs the model.
    pub engine: &'a dyn Engine,
}

/// Does what a recipe says.
///
/// # Errors
/// A model that is no encoder of one graph, a graph or tokenizer that the recipe
/// does not fit, no text to trim by, text of locales that the model has no
/// pieces for, files that cannot be read or written.
pub fn compress(request: &Request<'_>) -> Result<Record> {
    let recipe = &request.recipe;
    if *recipe == Recipe::default() {
        return Err(Error::new(
            "there is nothing to do: trim the vocabulary, store the weights in another form, or \
             set some to zero",
        ));
    }
    let folder = ModelFolder::open(request.folder, request.choice)?;
    let encoder = encoder_of(&folder)?;
    let root = if folder.path.is_dir() { folder.path.clone() } else { parent(&folder.path) };
    let before = Record::read(&root)?;
    let mut onnx = Onnx::read(&encoder.graph.path)?;
    // Older versions want weights to be listed among the inputs.
    onnx.model.ir_version = Some(onnx.model.ir_version.unwrap_or(0).max(4));
    let seen = see(request, encoder, before.as_ref(), &mut onnx)?;

    let mut files = Files { root: &root, output: request.output, trimmed: None };
    let mut vocabulary = None;
    if recipe.trim_vocabulary {
        let (kept, tokenizer, report) = trim(request, encoder, &root, before.as_ref(), &mut onnx)?;
        files.trimmed = Some((kept, tokenizer));
        vocabulary = Some(report);
    }
    let weights = recipe.changes_weights().then(|| {
        let plan = Plan {
            weights: recipe.weights,
            prune: recipe.prune,
            compensate: recipe.compensate,
            activations: seen.as_ref().map(|(activations, _)| activations),
        };
        rewrite(&mut onnx.model, &plan)
    });
    let weights = weights.transpose().map_err(|error| error.at(encoder.graph.path.display()))?;
    let base = Base {
        name: folder.name.clone(),
        sha256: digest::of_file(&encoder.graph.path)?,
        tokenizer_sha256: digest::of_file(encoder.tokenizer.path())?,
        bytes: encoder.graph.bytes,
        record: before.map(Box::new),
    };
    let graph = files.place(&encoder.graph.path, "model.onnx")?;
    let bytes = onnx.write(&graph, External::AsNeeded)?;
    files.copy_rest(encoder)?;
    let record = Record {
        format: FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        base,
        recipe: recipe.clone(),
        vocabulary,
        calibration: seen.map(|(_, rows)| rows),
        weights,
        bytes,
    };
    write_json(&request.output.join(RECORD), &record)?;
    ModelFolder::open(request.output, &Choice::default())
        .map_err(|error| Error::from(error).at("what was made cannot be used"))?;
    Ok(record)
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn encoder_of(folder: &ModelFolder) -> Result<&EncoderFolder> {
    match &folder.parts {
        Parts::Encoder(encoder) => Ok(encoder),
        Parts::Pair { .. } => Err(Error::new(format!(
            "{} is a pair of models; compress the folder of each by itself",
            folder.path.display()
        ))),
        Parts::TextToText(_) => Err(Error::new(format!(
            "{} is no encoder of a known shape: one graph with intent or slot logits was looked \
             for, and it is a text-to-text model of several graphs",
            folder.path.display()
        ))),
    }
}

/// Runs the model on the calibration text, if there is any.
fn see(
    request: &Request<'_>,
    encoder: &EncoderFolder,
    before: Option<&Record>,
    onnx: &mut Onnx,
) -> Result<Option<(Activations, Calibrated)>> {
    let Some(calibration) = request.calibration else {
        return match request.recipe.needs_activations() {
            true => Err(Error::new(
                "this needs the activations of the model on text of a corpus, and none is given",
            )),
            false => Ok(None),
        };
    };
    let (rows, locales) = rows_of(calibration.corpus, encoder, calibration.rows)?;
    demand_covered(&locales, before)?;
    unfold(&mut onnx.model)?;
    let activations = calibrate(&onnx.model, &rows, calibration.engine)
        .map_err(|error| error.at(encoder.graph.path.display()))?;
    let calibrated = Calibrated {
        rows: rows.len() as u64,
        ids: rows.iter().map(|ids| ids.len() as u64).sum(),
        locales: locales.iter().map(ToString::to_string).collect(),
    };
    Ok(Some((activations, calibrated)))
}

/// Trims the tokenizer and the graph by the text of the corpus.
fn trim(
    request: &Request<'_>,
    encoder: &EncoderFolder,
    root: &Path,
    before: Option<&Record>,
    onnx: &mut Onnx,
) -> Result<(Kept, Value, Trimmed)> {
    let corpus = request.corpus.ok_or_else(|| {
        Error::new("a vocabulary is trimmed by the text of a corpus, and none is given")
    })?;
    let path = encoder.tokenizer.path();
    let vocabulary = Vocabulary::read(path)?;
    let (mut used, locales) = used_by(corpus, encoder)?;
    demand_covered(&locales, before)?;
    used.add(&config_ids(root)?);
    let special = u32::try_from(encoder.pad_id).unwrap_or(0);
    let kept = vocabulary.keep(&used, special).map_err(|error| error.at(path.display()))?;
    let tokenizer = vocabulary.trimmed(&kept).map_err(|error| error.at(path.display()))?;
    let rows = trim_graph(onnx.graph_mut()?, &kept)
        .map_err(|error| error.at(encoder.graph.path.display()))?;
    let report = Trimmed {
        pieces_before: vocabulary.len() as u64,
        pieces: kept.ids.len() as u64,
        rows_before: rows as u64,
        locales: locales.iter().map(ToString::to_string).collect(),
        lost: lost(corpus, encoder, &kept)?,
    };
    Ok((kept, tokenizer, report))
}

/// The ids of each row, on all cores.
fn each_row(
    corpus: &Corpus,
    partition: Option<Partition>,
    encoder: &EncoderFolder,
    mut act: impl FnMut(Locale, Partition, Vec<u32>),
) -> Result<()> {
    let selection = Selection { partition, ..corpus.selection().clone() };
    let corpus = corpus.clone().select(selection).detail(Detail::Labels);
    corpus.for_each(
        |utterance| {
            let sequence = encoder.encode(&Example::of(&utterance));
            let ids = sequence.map_err(|error| massive_data::Error::request(error.to_string()))?;
            Ok((utterance.locale(), utterance.partition(), ids.ids))
        },
        |_, (locale, partition, ids)| {
            act(locale, partition, ids);
            Ok(())
        },
    )?;
    Ok(())
}

/// The pieces that the train partition uses, and the locales that it has.
fn used_by(corpus: &Corpus, encoder: &EncoderFolder) -> Result<(Used, Vec<Locale>)> {
    let mut used = Used::default();
    let mut locales = std::collections::BTreeSet::new();
    each_row(corpus, Some(Partition::Train), encoder, |locale, _, ids| {
        used.add(&ids);
        locales.insert(locale);
    })?;
    if locales.is_empty() {
        return Err(Error::new(
            "the corpus has no rows of the chosen locales in partition train, by whose text the \
             vocabulary is trimmed",
        ));
    }
    Ok((used, locales.into_iter().collect()))
}

/// Fails if the model was trimmed to other locales already.
fn demand_covered(locales: &[Locale], before: Option<&Record>) -> Result<()> {
    let Some(covered) = before.and_then(Record::locales) else { return Ok(()) };
    let foreign = locales.iter().find(|locale| !covered.iter().any(|tag| tag == locale.tag()));
    match foreign {
        None => Ok(()),
        Some(locale) => Err(Error::new(format!(
            "the model's vocabulary was trimmed to {} already, so text of {locale} has no pieces \
             in it; start from the model before that, or leave {locale} out",
            covered.join(", ")
        ))),
    }
}

/// How many rows of each locale and partition lost a piece.
fn lost(corpus: &Corpus, encoder: &EncoderFolder, kept: &Kept) -> Result<Vec<Lost>> {
    let mut counts: BTreeMap<(Locale, Partition), (u64, u64)> = BTreeMap::new();
    each_row(corpus, None, encoder, |locale, partition, ids| {
        let (rows, lost) = counts.entry((locale, partition)).or_default();
        *rows += 1;
        *lost += u64::from(!kept.has_all(&ids));
    })?;
    Ok(counts
        .into_iter()
        .map(|((locale, partition), (rows, lost))| Lost {
            locale: locale.to_string(),
            partition: partition.to_string(),
            rows,
            lost,
        })
        .collect())
}

const CONFIG: &str = "config.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// The ids that a model's configuration names.
fn config_ids(root: &Path) -> Result<Vec<u32>> {
    let Some(config) = read_json(&root.join(CONFIG))? else { return Ok(Vec::new()) };
    let entries = config.as_object().into_iter().flatten();
    let ids = entries.filter(|(name, _)| name.ends_with("_token_id"));
    Ok(ids.filter_map(|(_, id)| id.as_u64()).filter_map(|id| u32::try_from(id).ok()).collect())
}

/// The files of a folder, on their way into another one.
struct Files<'f> {
    root: &'f Path,
    output: &'f Path,
    /// The ids that are kept and the new tokenizer, if it was trimmed.
    trimmed: Option<(Kept, Value)>,
}

impl Files<'_> {
    /// Where a file goes: to the same place where a manifest names it, else to
    /// where it is looked for.
    fn place(&self, path: &Path, usual: &str) -> Result<PathBuf> {
        let named = self.root.join(MANIFEST).exists();
        let within = path.strip_prefix(self.root).ok().filter(|_| named);
        let place = self.output.join(within.unwrap_or(Path::new(usual)));
        std::fs::create_dir_all(parent(&place)).map_err(|error| failed(&place, error))?;
        Ok(place)
    }

    /// Copies what belongs to a model besides its graph.
    fn copy_rest(&self, encoder: &EncoderFolder) -> Result<()> {
        let tokenizer = self.place(encoder.tokenizer.path(), "tokenizer.json")?;
        match &self.trimmed {
            Some((_, document)) => write_json(&tokenizer, document)?,
            None => copy(encoder.tokenizer.path(), &tokenizer)?,
        }
        let heads = [&encoder.intent, &encoder.slots];
        for head in heads.into_iter().flatten() {
            let source = head.labels.source();
            let name = source.file_name().map(PathBuf::from).unwrap_or_default();
            let within = source.strip_prefix(self.root).map_or(name, Path::to_owned);
            let target = self.output.join(within);
            std::fs::create_dir_all(parent(&target)).map_err(|error| failed(&target, error))?;
            copy(source, &target)?;
        }
        let entries = std::fs::read_dir(self.root).map_err(|error| failed(self.root, error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed(self.root, error))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let target = self.output.join(name);
            if self.belongs(name) && path.is_file() && !target.exists() {
                self.carry(&path, name, &target)?;
            }
        }
        Ok(())
    }

    /// Whether a file says something about a model; graphs, weights, texts for
    /// readers and, once it is trimmed, other forms of the vocabulary do not.
    fn belongs(&self, name: &str) -> bool {
        let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        let vocabulary = match suffix {
            "model" | "txt" => true,
            "json" => name.starts_with("vocab") || name.starts_with("tokenizer."),
            _ => false,
        };
        name != RECORD
            && (vocabulary || matches!(suffix, "json" | "intents" | "slots"))
            && !(vocabulary && self.trimmed.is_some())
    }

    fn carry(&self, path: &Path, name: &str, target: &Path) -> Result<()> {
        let Some((kept, _)) =
            self.trimmed.as_ref().filter(|_| [CONFIG, TOKENIZER_CONFIG].contains(&name))
        else {
            return copy(path, target);
        };
        let Some(mut document) = read_json(path)? else { return Ok(()) };
        renumber(&mut document, kept);
        write_json(target, &document)
    }
}

/// Gives the ids of a configuration their new numbers.
fn renumber(document: &mut Value, kept: &Kept) {
    let new = |id: u64| u32::try_from(id).ok().and_then(|id| kept.new_id(id));
    let Some(entries) = document.as_object_mut() else { return };
    for (name, value) in entries.iter_mut() {
        if name == "vocab_size" {
            *value = kept.ids.len().into();
        } else if let (true, Some(id)) = (name.ends_with("_token_id"), value.as_u64()) {
            *value = new(id).map_or(Value::Null, Value::from);
        } else if let ("added_tokens_decoder", Some(tokens)) =
            (name.as_str(), value.as_object_mut())
        {
            let former = std::mem::take(tokens);
            for (id, token) in former {
                if let Some(id) = id.parse().ok().and_then(new) {
                    tokens.insert(id.to_string(), token);
                }
            }
        }
    }
}

fn read_json(path: &Path) -> Result<Option<Value>> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Error::new(format!("{}: no JSON: {error}", path.display())).with_source(error)
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

fn write_json(path: &Path, document: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec(document)
        .map_err(|error| Error::new(error.to_string()).with_source(error))?;
    std::fs::write(path, text).map_err(|error| failed(path, error))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| failed(from, error))
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::new(format!("{} cannot be copied or written: {error}", path.display()))
        .with_source(error)
}
