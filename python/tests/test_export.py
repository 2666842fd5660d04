"""Models of ``transformers`` as folders of graphs."""

import json

import pytest

import massive_nlu as mn
from conftest import MINI

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import small  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def rows():
    return list(mn.Corpus(MINI, locales="en-US,ja-JP", partition="test"))


@pytest.fixture(scope="module")
def corpus_of_rows():
    return mn.Corpus(MINI, locales="en-US,ja-JP", partition="test")


@pytest.fixture(scope="module")
def tokenizer():
    return small.tokenizer()


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(7)


def first_pieces(word_ids, row, count):
    places = {}
    for place, word in enumerate(word_ids(row)):
        if word is not None:
            places.setdefault(word, place)
    return [places[word] for word in range(count)]


def test_a_joint_model_predicts_what_it_predicted(rows, corpus_of_rows, tokenizer, tmp_path):
    intents, slots = [f"intent_{number}" for number in range(7)], ["Other", "date", "time", "place_name"]
    model = small.Joint(len(intents), len(slots)).half().train()
    folder = mn.export_onnx(model, tokenizer, tmp_path / "joint", intents=intents, slots=dict(enumerate(slots)))
    assert model.training and next(model.parameters()).dtype == torch.float16, "what users hold is left alone"
    model = model.float().eval()
    batch, word_ids = small.padded_batch(tokenizer, [row.words for row in rows])
    with torch.no_grad():
        found = model(**batch)
    predictions = mn.predict(folder, corpus_of_rows, engine="builtin")
    assert len(predictions) == len(rows)
    for place, (row, one) in enumerate(zip(rows, predictions)):
        assert one["pred_intent"] == intents[found["intent_logits"][place].argmax()]
        numbers = found["slot_logits"][place].argmax(-1)
        labels = [slots[numbers[piece]] for piece in first_pieces(word_ids, place, len(row.words))]
        assert labels_of(one["pred_annot_utt"], row.words) == labels
    manifest = json.loads((folder / "massive.json").read_text())
    assert manifest["kind"] == "joint" and manifest["outputs"] == {"intent": "intent_logits", "slots": "slot_logits"}
    assert "datasets:\n- AmazonScience/massive" in (folder / "README.md").read_text()


def labels_of(annotation, words):
    labels, label = [], "Other"
    for piece in annotation.split():
        if piece.startswith("["):
            label = piece[1:]
        elif piece != ":" or label == "Other":
            labels.append(label)
            label = "Other" if piece.endswith("]") else label
    assert len(labels) == len(words), (annotation, words)
    return labels


def test_a_pair_is_two_folders(rows, corpus_of_rows, tokenizer, tmp_path):
    from transformers import XLMRobertaForSequenceClassification, XLMRobertaForTokenClassification

    tags = ["O", "B-date", "I-date", "B-time", "I-time"]
    intent = XLMRobertaForSequenceClassification(small.configuration(id2label={0: "alarm_set", 1: "play_music", 2: "qa_maths"})).eval()
    slots = XLMRobertaForTokenClassification(small.configuration(id2label=dict(enumerate(tags)))).eval()
    folder = mn.export_onnx((intent, slots), tokenizer, tmp_path / "pair")
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "intent", "massive.json", "slots"]
    predictions = mn.predict(folder, corpus_of_rows, engine="builtin")
    texts = tokenizer([row.utt for row in rows], padding=True, return_tensors="pt")
    with torch.no_grad():
        of_intents = intent(texts["input_ids"], texts["attention_mask"]).logits.argmax(-1)
    assert [one["pred_intent"] for one in predictions] == [intent.config.id2label[int(number)] for number in of_intents]
    with pytest.raises(mn.RequestError, match="first model of the pair gives slots"):
        mn.export_onnx((slots, intent), tokenizer, tmp_path / "swapped")
    assert not (tmp_path / "swapped").exists() and len(list(tmp_path.iterdir())) == 1


def test_a_text_to_text_model_writes_the_same(rows, corpus_of_rows, tmp_path):
    torch.manual_seed(1)
    model, tokenizer = small.text_to_text(), small.tokenizer(small.TEXT)
    folder = mn.export_onnx(model, tokenizer, tmp_path / "text")
    assert (folder / "decoder_with_past_model.onnx").is_file()
    predictions = mn.predict(folder, corpus_of_rows, engine="builtin")
    for row, one in zip(rows[:6], predictions):
        given = tokenizer(["Annotate:", *row.words], is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            written = model.generate(given["input_ids"], attention_mask=given["attention_mask"], num_beams=1, do_sample=False)
        words = tokenizer.decode(written[0], skip_special_tokens=True).split()
        assert one["pred_intent"] == (words[-1] if words else "")


def test_what_cannot_be_exported_is_said(tokenizer, tmp_path):
    model = small.Joint(3, 4).eval()
    with pytest.raises(mn.RequestError, match="name the numbers of its intents"):
        mn.export_onnx(model, tokenizer, tmp_path / "model")
    with pytest.raises(mn.RequestError, match="0 outputs fit 2 intents"):
        mn.export_onnx(model, tokenizer, tmp_path / "model", intents=["a", "b"], slots=["Other", "a", "b", "c"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(mn.RequestError, match="exists"):
        mn.export_onnx(model, tokenizer, tmp_path / "full", intents=list("abc"), slots=["Other", "a", "b", "c"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_a_graph_that_differs_is_refused(tokenizer, tmp_path):
    class Constant(small.Joint):
        """What it gives depends on what a tracer does not see."""

        calls = 0

        def forward(self, input_ids, attention_mask):
            found = super().forward(input_ids, attention_mask)
            type(self).calls += 1
            return {**found, "intent_logits": found["intent_logits"] + float(self.calls)}

    with pytest.raises(mn.CheckError, match="differ from the model's"):
        mn.export_onnx(Constant(3, 4).eval(), tokenizer, tmp_path / "model", intents=list("abc"), slots=["Other", *"abc"])
    assert not list(tmp_path.iterdir())
