//! Folders that hold a model, and folders that do not quite.

use std::path::{Path, PathBuf};

use massive_models::folder::{Choice, GraphFacts, Kind, ModelFolder, Precision, Severity, examine};
use tempfile::TempDir;

/// A copy of the tiny model, to be broken.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Copy(TempDir::new().unwrap());
        for name in ["model.onnx", "tokenizer.json", "config.json", "tiny.intents", "tiny.slots"] {
            std::fs::copy(tiny().join(name), copy.at(name)).unwrap();
        }
        copy
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.at(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.at(name)).unwrap();
    }

    fn open(&self) -> Result<ModelFolder, String> {
        ModelFolder::open(self.0.path(), &Choice::default()).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn fails(&self, message: &str) {
        let error = self.open().unwrap_err();
        assert!(error.contains(message), "{message:?} is not in {error:?}");
    }
}

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tiny")
}

#[test]
fn a_joint_model_is_recognised_from_its_files() {
    let folder = ModelFolder::open(&tiny(), &Choice::default()).unwrap();
    assert_eq!(
        (folder.kind(), folder.name.as_str(), folder.max_length()),
        (Kind::Joint, "tiny", 32)
    );
    let [graph] = folder.graphs()[..] else { panic!() };
    assert_eq!((graph.opset, graph.embedding_rows), (Some(13), Some(27)));
    assert_eq!((graph.precision, graph.parameters), (Precision::Fp32, 27 * 10 + 2));
    assert_eq!(graph.outputs[1].to_string(), "slot_logits float32[batch, sequence, 6]");
    // The graph stands for its folder.
    let of_graph = ModelFolder::open(&tiny().join("model.onnx"), &Choice::default()).unwrap();
    assert_eq!(of_graph.kind(), Kind::Joint);
}

#[test]
fn folders_without_a_model() {
    let copy = Copy::new();
    copy.remove("model.onnx");
    copy.fails("no model in it: no .onnx file");
    let error = ModelFolder::open(&copy.at("nowhere"), &Choice::default()).unwrap_err();
    assert!(error.to_string().contains("no such model folder"), "{error}");
}

#[test]
fn graphs_that_are_none() {
    let copy = Copy::new();
    let whole = std::fs::read(copy.at("model.onnx")).unwrap();
    for length in [whole.len() / 4, whole.len() / 2, whole.len() - 1] {
        copy.write("model.onnx", &whole[..length]);
        copy.fails(" is cut short: it has ");
    }
    for other in [&b"<!doctype html><p>not found</p>"[..], b"", &[0xff; 100]] {
        copy.write("model.onnx", other);
        copy.fails("n ONNX graph");
    }
    // By its first bytes the beginning of a field of ten bytes, and so on.
    copy.write("model.onnx", [0x0a; 64]);
    copy.fails(" is cut short: it has ");
}

#[test]
fn damage_anywhere_is_an_error_or_harmless_and_never_a_panic() {
    let copy = Copy::new();
    let whole = std::fs::read(copy.at("model.onnx")).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        copy.write("model.onnx", &damaged);
        let _ = GraphFacts::read(&copy.at("model.onnx"));
    }
}

#[test]
fn label_maps_of_another_model() {
    let copy = Copy::new();
    copy.write("tiny.slots", r#"{"0": "Other", "1": "date"}"#);
    copy.fails("2 labels, but the output slot_logits of");
    copy.write("tiny.slots", r#"{"0": "Other", "2": "date"}"#);
    copy.fails("label number 1 is missing");
    copy.write("tiny.slots", "[]");
    copy.fails("not a label map");
    copy.remove("tiny.slots");
    copy.fails("nothing says which slots the model knows: expected a file that ends in .slots");
    copy.write("a.slots", "{}");
    copy.write("b.slots", "{}");
    copy.fails("several files end in .slots; name one in massive.json");
}

#[test]
fn tokenizers_of_another_model() {
    let copy = Copy::new();
    let text = std::fs::read_to_string(copy.at("tokenizer.json")).unwrap();
    copy.write("tokenizer.json", text.replace(r#""cursed": 26"#, r#""cursed": 26, "more": 27"#));
    copy.fails("the tokenizer does not fit the model: it has 28 pieces, and 1 of them, as `more`");
    copy.write("tokenizer.json", "{}");
    copy.fails("not a tokenizer");
    copy.remove("tokenizer.json");
    copy.fails("no tokenizer.json in it");
}

#[test]
fn outputs_of_another_shape() {
    let copy = Copy::new();
    std::fs::copy(tiny().join("broken/wide.onnx"), copy.at("model.onnx")).unwrap();
    copy.fails(
        "the output slot_logits float32[batch, 6] is expected to be [batch, sequence, slots]",
    );
}

#[test]
fn manifests_say_what_files_do_not() {
    let copy = Copy::new();
    std::fs::rename(copy.at("model.onnx"), copy.at("other.onnx")).unwrap();
    std::fs::rename(copy.at("tiny.slots"), copy.at("slots.txt")).unwrap();
    copy.write(
        "massive.json",
        r#"{"format": "massive-model/1", "name": "renamed", "graph": "other.onnx",
            "labels": {"slots": "slots.txt"}, "max_length": 9}"#,
    );
    let folder = copy.open().unwrap();
    assert_eq!((folder.name.as_str(), folder.max_length()), ("renamed", 9));
    copy.write(
        "massive.json",
        r#"{"format": "massive-model/1", "outputs": {"intent": "intents"}}"#,
    );
    copy.fails(
        "it has no output `intents`, which the manifest names; it has intent_logits, slot_logits",
    );
    copy.write("massive.json", r#"{"format": "massive-model/1", "kind": "pair"}"#);
    copy.fails("the manifest says that it is a pair");
    copy.write("massive.json", r#"{"format": "massive-model/2"}"#);
    copy.fails("format `massive-model/2` is not known");
    copy.write("massive.json", r#"{"format": "massive-model/1", "graf": "x"}"#);
    copy.fails("unknown field `graf`");
}

#[test]
fn one_task_of_two_can_be_chosen() {
    let copy = Copy::new();
    let manifest = r#"{"format": "massive-model/1", "outputs": {"slots": "slot_logits"}}"#;
    copy.write("massive.json", manifest);
    assert_eq!(copy.open().unwrap().kind(), Kind::Slots);
}

#[test]
fn a_pair_is_two_folders() {
    let (intent, slots) = (Copy::new(), Copy::new());
    for (copy, head) in [(&intent, "intent"), (&slots, "slots")] {
        let manifest = format!(
            r#"{{"format": "massive-model/1", "outputs": {{"{head}": "{}_logits"}}}}"#,
            head.trim_end_matches('s')
        );
        copy.write("massive.json", manifest);
    }
    let choice = Choice { slot_model: Some(slots.0.path().to_owned()), ..Choice::default() };
    let folder = ModelFolder::open(intent.0.path(), &choice).unwrap();
    assert_eq!((folder.kind(), folder.graphs().len()), (Kind::Pair, 2));
    let swapped = Choice { slot_model: Some(intent.0.path().to_owned()), ..Choice::default() };
    let error = ModelFolder::open(slots.0.path(), &swapped).unwrap_err().to_string();
    assert!(error.contains("a pair needs an intent model here"), "{error}");
}

#[test]
fn several_graphs_want_a_choice() {
    let copy = Copy::new();
    let open = |choice: &Choice| {
        ModelFolder::open(copy.0.path(), choice).map_err(|error| error.to_string())
    };
    let int8 = Choice { precision: Some(Precision::Int8), ..Choice::default() };
    let error = open(&int8).unwrap_err();
    assert!(error.contains("expected model_int8.onnx or model_quantized.onnx; it has model.onnx"));
    std::fs::copy(copy.at("model.onnx"), copy.at("model_int8.onnx")).unwrap();
    let chosen = open(&int8).unwrap();
    assert!(chosen.graphs()[0].path.ends_with("model_int8.onnx"));
    assert!(open(&Choice::default()).unwrap().graphs()[0].path.ends_with("model.onnx"));
    std::fs::rename(copy.at("model.onnx"), copy.at("renamed.onnx")).unwrap();
    let error = open(&Choice::default()).unwrap_err();
    assert!(error.contains("no model.onnx, but model_int8.onnx, renamed.onnx"), "{error}");
    let longer =
        Choice { max_length: Some(33), graph: Some("renamed.onnx".into()), ..Choice::default() };
    assert!(open(&longer).unwrap_err().contains("the model takes 32 ids at most, not 33"));
}

#[test]
fn oddities_are_warnings() {
    let copy = Copy::new();
    copy.write("config.json", r#"{"eos_token_id": 7}"#);
    copy.write(
        "tiny.intents",
        r#"{"0": "calendar_removed", "1": "cooking_recipe", "2": "iot_hue_lightoff", "3": "weather_query"}"#,
    );
    let examination = examine(copy.0.path(), &Choice::default());
    assert!(examination.model.is_some());
    let messages: Vec<&str> =
        examination.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(examination.problems.iter().all(|problem| problem.severity == Severity::Warning));
    assert!(messages[0].contains("1 of 4 intents are not the release's, as `calendar_removed`"));
    assert!(messages[1].contains("it ends sequences with id 2, but config.json says 7"));
}
