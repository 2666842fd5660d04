//! Everything that is right and wrong with a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::config::Config;
use super::graph_files::{choose_graph, files_ending, graph_files, stem_of};
use super::labels::Labels;
use super::manifest::Manifest;
use super::{
    Choice, EncoderFolder, GraphFacts, Head, InputForm, Kind, ModelFolder, Parts, TextToTextFolder,
};
use crate::engine::{Axis, Port};
use crate::error::Result;
use crate::tokenize::Tokenizer;

/// What was found in a folder.
#[derive(Debug)]
pub struct Examination {
    /// The folder.
    pub path: PathBuf,
    /// The kind of model, where it could be told.
    pub kind: Option<Kind>,
    /// The graphs that could be read.
    pub graphs: Vec<GraphFacts>,
    /// The model, if it can be used.
    pub model: Option<ModelFolder>,
    /// What is missing, wrong or odd.
    pub problems: Vec<Problem>,
}

/// Something missing, wrong or odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether the model can be used all the same.
    pub severity: Severity,
    /// A sentence.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The model cannot be used.
    Error,
    /// It can, and may not do what is expected.
    Warning,
}

/// Looks at what is at `path`: a folder, or a graph in one.
pub fn examine(path: &Path, choice: &Choice) -> Examination {
    let mut examiner = Examiner { graphs: Vec::new(), problems: Vec::new(), kind: None };
    let model = examiner.model(path, choice).ok();
    let broken = examiner.problems.iter().any(|problem| problem.severity == Severity::Error);
    Examination {
        path: path.to_owned(),
        kind: model.as_ref().map(ModelFolder::kind).or(examiner.kind),
        graphs: examiner.graphs,
        model: model.filter(|_| !broken),
        problems: examiner.problems,
    }
}

/// Nothing more can be said; the problem is on the list.
struct Stop;

type Found<T> = std::result::Result<T, Stop>;

struct Examiner {
    graphs: Vec<GraphFacts>,
    problems: Vec<Problem>,
    kind: Option<Kind>,
}

impl Examiner {
    fn error(&mut self, message: impl Into<String>) {
        self.problems.push(Problem { severity: Severity::Error, message: message.into() });
    }

    fn warn(&mut self, message: impl Into<String>) {
        self.problems.push(Problem { severity: Severity::Warning, message: message.into() });
    }

    fn stop<T>(&mut self, message: impl Into<String>) -> Found<T> {
        self.error(message);
        Err(Stop)
    }

    fn keep<T>(&mut self, result: Result<T>) -> Found<T> {
        result.map_err(|error| {
            self.error(error.to_string());
            Stop
        })
    }

    fn model(&mut self, path: &Path, choice: &Choice) -> Found<ModelFolder> {
        let mut choice = choice.clone();
        let folder = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => path.to_owned(),
            Ok(_) if choice.graph.is_none() => {
                // A graph stands for the folder that it lies in.
                choice.graph = path.file_name().map(PathBuf::from);
                match path.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                    _ => PathBuf::from("."),
                }
            }
            Ok(_) => return self.stop(format!("{} is not a folder", path.display())),
            Err(error) => {
                let what = match error.kind() {
                    std::io::ErrorKind::NotFound => "no such model folder".to_owned(),
                    _ => format!("cannot be read: {error}"),
                };
                return self.stop(format!("{}: {what}", path.display()));
            }
        };
        let manifest = self.keep(Manifest::read(&folder))?.unwrap_or_default();
        let parts = self.parts(&folder, &manifest, &choice)?;
        let name = manifest.name.unwrap_or_else(|| {
            let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().into())
        });
        Ok(ModelFolder { path: folder, name, parts })
    }

    fn parts(&mut self, folder: &Path, manifest: &Manifest, choice: &Choice) -> Found<Parts> {
        let files = self.keep(graph_files(folder))?;
        self.kind = manifest.kind;
        if let Some(slots) = &choice.slot_model {
            let intent = Choice { slot_model: None, ..choice.clone() };
            let of_slots = Choice { slot_model: None, graph: None, ..choice.clone() };
            return self.pair(folder, slots, &intent, &of_slots);
        }
        let has = |stem: &str| files.iter().any(|file| stem_of(file).starts_with(stem));
        if manifest.kind == Some(Kind::TextToText)
            || (manifest.kind.is_none() && has("encoder_model") && has("decoder"))
        {
            self.kind = Some(Kind::TextToText);
            return self.text_to_text(folder, &files, manifest, choice).map(Parts::TextToText);
        }
        let subfolders = match (&manifest.pair.intent, &manifest.pair.slots) {
            (Some(intent), Some(slots)) => Some((folder.join(intent), folder.join(slots))),
            _ if files.is_empty() || manifest.kind == Some(Kind::Pair) => self.subfolders(folder),
            _ => None,
        };
        if let Some((intent, slots)) = subfolders {
            return self.pair(&intent, &slots, choice, choice);
        }
        if manifest.kind == Some(Kind::Pair) {
            return self.stop(format!(
                "{}: the manifest says that it is a pair, but no folders of an intent model and a \
                 slot model are in it; name them under \"pair\"",
                folder.display()
            ));
        }
        if files.is_empty() && manifest.graph.is_none() && choice.graph.is_none() {
            return self.stop(format!(
                "{}: no model in it: no .onnx file (export the model to ONNX, for instance with \
                 Optimum), and no two folders of an intent and a slot model",
                folder.display()
            ));
        }
        let encoder = self.encoder(folder, &files, manifest, choice)?;
        if let Some(kind) = manifest.kind
            && kind != encoder.kind()
        {
            self.error(format!(
                "{}: the manifest says that it is {kind}, but its outputs make it {}",
                folder.display(),
                encoder.kind()
            ));
        }
        Ok(Parts::Encoder(encoder))
    }

    /// The two folders in `folder` that make a pair: by what they hold.
    fn subfolders(&mut self, folder: &Path) -> Option<(PathBuf, PathBuf)> {
        let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
            .ok()?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_dir() && graph_files(path).is_ok_and(|files| !files.is_empty()))
            .collect();
        folders.sort();
        let task = |task: &str| {
            let mut fitting = folders
                .iter()
                .filter(|path| Config::read(path).is_ok_and(|config| config.is_for(task)));
            match (fitting.next(), fitting.next()) {
                (Some(one), None) => Some(one.clone()),
                _ => None,
            }
        };
        Some((task("SequenceClassification")?, task("TokenClassification")?))
    }

    fn pair(
        &mut self,
        intent: &Path,
        slots: &Path,
        of_intent: &Choice,
        of_slots: &Choice,
    ) -> Found<Parts> {
        self.kind = Some(Kind::Pair);
        let intent = self.part(intent, of_intent);
        let slots = self.part(slots, of_slots);
        let (intent, mut slots) = (intent?, slots?);
        for (encoder, head, task) in
            [(&intent, &intent.intent, "intent"), (&slots, &slots.slots, "slot")]
        {
            if head.is_none() {
                return self.stop(format!(
                    "{}: a pair needs an {task} model here, but this one has no {task} logits",
                    encoder.graph.path.display()
                ));
            }
        }
        // Equal tokenizers are one, so that words are encoded once.
        if same_file(intent.tokenizer.path(), slots.tokenizer.path()) {
            slots.tokenizer = Arc::clone(&intent.tokenizer);
        }
        Ok(Parts::Pair { intent, slots })
    }

    fn part(&mut self, folder: &Path, choice: &Choice) -> Found<EncoderFolder> {
        if !folder.is_dir() {
            return self.stop(format!("{}: no such model folder", folder.display()));
        }
        let files = self.keep(graph_files(folder))?;
        let manifest = self.keep(Manifest::read(folder))?.unwrap_or_default();
        self.encoder(folder, &files, &manifest, choice)
    }

    fn encoder(
        &mut self,
        folder: &Path,
        files: &[PathBuf],
        manifest: &Manifest,
        choice: &Choice,
    ) -> Found<EncoderFolder> {
        let path = choose_graph(folder, "model", files, manifest.graph.as_deref(), choice);
        let path = self.keep(path)?;
        let graph = self.keep(GraphFacts::read(&path))?;
        self.graphs.push(graph.clone());
        let config = self.keep(Config::read(folder))?;
        let inputs = self.check_inputs(&graph);
        let (intent, slots) = self.outputs(&graph, &config, manifest)?;
        let heads = self.heads(folder, &graph, &config, manifest, intent, slots);
        let tokenizer = self.tokenizer(folder, manifest, choice);
        inputs?;
        let ((intent, slots), tokenizer) = (heads?, tokenizer?);
        self.check_vocabulary(&tokenizer, &graph, &config);
        let max_length = self.max_length(folder, &config, manifest, choice)?;
        let max_length = graph.fixed_length().map_or(max_length, |fixed| max_length.min(fixed));
        let pad_id = manifest
            .pad_id
            .or(config.pad_token_id)
            .or_else(|| tokenizer.id("<pad>").map(i64::from));
        if pad_id.is_none() {
            self.warn(format!(
                "{}: no padding id in config.json or the tokenizer; 0 is taken",
                folder.display()
            ));
        }
        // Whole utterances are classified as texts, and words are labelled as words:
        // so such models are trained, unless their folder says otherwise.
        let input = manifest.input.unwrap_or(match slots {
            Some(_) => InputForm::Words,
            None => InputForm::Text,
        });
        Ok(EncoderFolder {
            graph,
            tokenizer,
            intent,
            slots,
            max_length,
            pad_id: pad_id.unwrap_or(0),
            input,
        })
    }

    fn check_inputs(&mut self, graph: &GraphFacts) -> Found<()> {
        let unknown: Vec<&str> = graph
            .inputs
            .iter()
            .map(|input| input.name.as_str())
            .filter(|name| !matches!(*name, "input_ids" | "attention_mask" | "token_type_ids"))
            .collect();
        if !unknown.is_empty() {
            return self.stop(format!(
                "{}: it wants {}, which is not known here; expected input_ids, attention_mask and \
                 perhaps token_type_ids",
                graph.path.display(),
                unknown.join(", ")
            ));
        }
        if !graph.inputs.iter().any(|input| input.name == "input_ids") {
            return self.stop(format!("{}: it has no input input_ids", graph.path.display()));
        }
        Ok(())
    }

    /// The outputs that hold intent and slot logits.
    fn outputs<'a>(
        &mut self,
        graph: &'a GraphFacts,
        config: &Config,
        manifest: &Manifest,
    ) -> Found<(Option<&'a Port>, Option<&'a Port>)> {
        let named = (&manifest.outputs.intent, &manifest.outputs.slots);
        if named != (&None, &None) {
            let mut found = [None, None];
            for (found, name) in found.iter_mut().zip([named.0, named.1]) {
                let Some(name) = name else { continue };
                *found = graph.output(name);
                if found.is_none() {
                    return self.stop(format!(
                        "{}: it has no output `{}`, which the manifest names; it has {}",
                        graph.path.display(),
                        name.escape_debug(),
                        names(&graph.outputs)
                    ));
                }
            }
            return Ok((found[0], found[1]));
        }
        let by_name = |part: &str| {
            graph
                .outputs
                .iter()
                .find(|port| port.name.contains(part) && port.name.contains("logit"))
        };
        let (mut intent, mut slots) = (by_name("intent"), by_name("slot"));
        if intent.is_none() && slots.is_none() {
            // Optimum calls every head's output `logits`.
            let logits = graph.output("logits").or(match &graph.outputs[..] {
                [only] => Some(only),
                _ => None,
            });
            match logits.map(|port| port.axes.as_ref().map(Vec::len)) {
                Some(Some(2)) => intent = logits,
                Some(Some(3)) => slots = logits,
                Some(None) if config.is_for("SequenceClassification") => intent = logits,
                Some(None) if config.is_for("TokenClassification") => slots = logits,
                _ => {}
            }
        }
        if intent.is_none() && slots.is_none() {
            return self.stop(format!(
                "{}: none of its outputs ({}) is recognised as intent logits [batch, intents] or \
                 slot logits [batch, sequence, slots]; name them in massive.json under \"outputs\"",
                graph.path.display(),
                described(&graph.outputs)
            ));
        }
        Ok((intent, slots))
    }

    fn heads(
        &mut self,
        folder: &Path,
        graph: &GraphFacts,
        config: &Config,
        manifest: &Manifest,
        intent: Option<&Port>,
        slots: Option<&Port>,
    ) -> Found<(Option<Head>, Option<Head>)> {
        let single = intent.is_some() != slots.is_some();
        let mut head = |port: Option<&Port>, rank: usize, named: &Option<String>, kind: &str| {
            let Some(port) = port else { return Ok(None) };
            let shape = self.check_rank(graph, port, rank);
            let labels = self.labels(folder, config, named.as_deref(), kind, single);
            shape?;
            let labels = labels?;
            if let Some(Axis::Fixed(wide)) = port.axes.as_ref().and_then(|axes| axes.last())
                && *wide != labels.names().len()
            {
                return self.stop(format!(
                    "{}: {} labels, but the output {} of {} is {wide} wide; is it the map of \
                     another model?",
                    labels.source().display(),
                    labels.names().len(),
                    port.name,
                    graph.path.display(),
                ));
            }
            Ok(Some(Head { output: port.name.clone(), labels }))
        };
        let of_intent = head(intent, 2, &manifest.labels.intents, "intents");
        let of_slots = head(slots, 3, &manifest.labels.slots, "slots");
        let (intent, slots) = (of_intent?, of_slots?);
        for (head, unknown, what) in [
            (&intent, intent.as_ref().map(|head| head.labels.unknown_intents()), "intents"),
            (&slots, slots.as_ref().map(|head| head.labels.unknown_slots()), "slots"),
        ] {
            let (Some(head), Some(unknown)) = (head, unknown) else { continue };
            let source = head.labels.source().display().to_string();
            if head.labels.are_placeholders() {
                self.warn(format!("{source}: its labels have no names (LABEL_0, …)"));
            } else if let Some(first) = unknown.first() {
                let message = format!(
                    "{source}: {} of {} {what} are not the release's, as `{}`",
                    unknown.len(),
                    head.labels.names().len(),
                    first.escape_debug()
                );
                self.warn(message);
            }
        }
        Ok((intent, slots))
    }

    fn check_rank(&mut self, graph: &GraphFacts, port: &Port, rank: usize) -> Found<()> {
        match &port.axes {
            Some(axes) if axes.len() != rank => {
                let expected =
                    if rank == 2 { "[batch, intents]" } else { "[batch, sequence, slots]" };
                self.stop(format!(
                    "{}: the output {} is expected to be {expected}",
                    graph.path.display(),
                    described(std::slice::from_ref(port))
                ))
            }
            _ => Ok(()),
        }
    }

    /// The labels of a head: from the file that the manifest names, from the only
    /// one that ends so, or from `config.json` where the model has one head.
    fn labels(
        &mut self,
        folder: &Path,
        config: &Config,
        named: Option<&str>,
        kind: &str,
        single: bool,
    ) -> Found<Labels> {
        if let Some(name) = named {
            return self.keep(Labels::read(&folder.join(name)));
        }
        let maps = self.keep(files_ending(folder, &format!(".{kind}")))?;
        match (&maps[..], &config.id2label) {
            ([map], _) => self.keep(Labels::read(map)),
            ([], Some(map)) if single => {
                self.keep(Labels::of_config(map, &folder.join("config.json")))
            }
            ([], _) => self.stop(format!(
                "{}: nothing says which {kind} the model knows: expected a file that ends in \
                 .{kind}{}",
                folder.display(),
                if single { ", or id2label in config.json" } else { "" }
            )),
            ([_, _, ..], _) => self.stop(format!(
                "{}: several files end in .{kind}; name one in massive.json under \"labels\"",
                folder.display()
            )),
        }
    }

    fn tokenizer(
        &mut self,
        folder: &Path,
        manifest: &Manifest,
        choice: &Choice,
    ) -> Found<Arc<Tokenizer>> {
        let named = choice
            .tokenizer
            .clone()
            .or_else(|| manifest.tokenizer.as_ref().map(|name| folder.join(name)));
        let path = named.or_else(|| {
            ["tokenizer.json", "tokenizer.json.gz"]
                .into_iter()
                .map(|name| folder.join(name))
                .find(|path| path.is_file())
        });
        let Some(path) = path else {
            return self.stop(format!(
                "{}: no tokenizer.json in it; save the model's fast tokenizer there",
                folder.display()
            ));
        };
        self.keep(Tokenizer::open(&path)).map(Arc::new)
    }

    fn check_vocabulary(&mut self, tokenizer: &Tokenizer, graph: &GraphFacts, config: &Config) {
        let source = tokenizer.path().display();
        let Some(rows) = graph.embedding_rows.or(config.vocab_size) else { return };
        let beyond = tokenizer.beyond(rows);
        if let Some(piece) = beyond.first() {
            self.error(format!(
                "{source}: the tokenizer does not fit the model: it has {} pieces, and {} of them, \
                 as `{}`, lie beyond the {rows} rows that {} looks up",
                tokenizer.vocabulary(),
                beyond.len(),
                piece.escape_debug(),
                graph.path.display(),
            ));
        } else if tokenizer.vocabulary() + tokenizer.vocabulary() / 2 < rows {
            self.warn(format!(
                "{source}: the tokenizer has {} pieces, but the model {rows} rows; is it the \
                 tokenizer of another model?",
                tokenizer.vocabulary()
            ));
        }
        let end = config.eos_token_id.as_ref().and_then(serde_json::Value::as_u64);
        let last = tokenizer.suffix().last().copied().map(u64::from);
        if let (Some(end), Some(last)) = (end, last)
            && end != last
        {
            self.warn(format!(
                "{source}: it ends sequences with id {last}, but config.json says {end}; is it the \
                 tokenizer of another model?"
            ));
        }
    }

    fn max_length(
        &mut self,
        folder: &Path,
        config: &Config,
        manifest: &Manifest,
        choice: &Choice,
    ) -> Found<usize> {
        let of_model = match manifest.max_length {
            Some(length) => length,
            None => self.keep(config.max_length(folder))?,
        };
        match choice.max_length {
            Some(wanted) if wanted > of_model => self.stop(format!(
                "{}: the model takes {of_model} ids at most, not {wanted}",
                folder.display()
            )),
            Some(wanted) => Ok(wanted),
            None => Ok(of_model),
        }
    }

    fn text_to_text(
        &mut self,
        folder: &Path,
        files: &[PathBuf],
        manifest: &Manifest,
        choice: &Choice,
    ) -> Found<TextToTextFolder> {
        let encoder = choose_graph(folder, "encoder_model", files, None, choice);
        let encoder = self.keep(encoder).and_then(|path| self.keep(GraphFacts::read(&path)));
        self.graphs.extend(encoder.as_ref().ok().cloned());
        let mut decoders = Vec::new();
        let names = ["decoder_model", "decoder_with_past_model", "decoder_model_merged"];
        for name in names {
            let Ok(path) = choose_graph(folder, name, files, None, choice) else { continue };
            let graph = self.keep(GraphFacts::read(&path));
            self.graphs.extend(graph.as_ref().ok().cloned());
            decoders.push(graph?);
        }
        if decoders.is_empty() {
            return self.stop(format!(
                "{}: an encoder, but no decoder: expected one of {}",
                folder.display(),
                names.map(|name| format!("{name}.onnx")).join(", ")
            ));
        }
        let config = self.keep(Config::read(folder))?;
        let tokenizer = self.tokenizer(folder, manifest, choice)?;
        let encoder = encoder?;
        self.check_vocabulary(&tokenizer, &encoder, &config);
        let max_length = self.max_length(folder, &config, manifest, choice)?;
        Ok(TextToTextFolder {
            folder: folder.to_owned(),
            encoder,
            decoders,
            tokenizer,
            max_length,
            format: manifest.text_to_text.clone(),
        })
    }
}

fn names(ports: &[Port]) -> String {
    ports.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Outputs with their shapes, for a message.
fn described(ports: &[Port]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// True if two files hold the same bytes.
fn same_file(one: &Path, other: &Path) -> bool {
    let read = |path: &Path| std::fs::read(path).ok();
    one == other || matches!((read(one), read(other)), (Some(a), Some(b)) if a == b)
}
