"""The helpers for training in a real Trainer."""

import json

import pytest

import massive_nlu as mn
from conftest import MINI

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
numpy = pytest.importorskip("numpy")

import small  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
FIGURES = ("intent_acc", "slot_micro_f1", "ex_match_acc")


def arguments(folder, **more):
    return transformers.TrainingArguments(
        output_dir=str(folder), report_to=[], use_cpu=True, disable_tqdm=True, remove_unused_columns=False,
        per_device_eval_batch_size=64, label_names=["intent", "labels"], **more,
    )  # fmt: skip


class Padded:
    """A collator for rows with an intent and a label for each piece."""

    def __init__(self, pad):
        self.pad = pad

    def __call__(self, rows):
        width = max(len(row["input_ids"]) for row in rows)
        fill = {"input_ids": self.pad, "attention_mask": 0, "labels": -100}
        batch = {
            name: torch.tensor([row[name] + [value] * (width - len(row[name])) for row in rows])
            for name, value in fill.items()
        }
        if "intent" in rows[0]:
            batch["intent"] = torch.tensor([row["intent"] for row in rows])
        return batch


class Replayed(torch.nn.Module):
    """A graph whose logits a Trainer takes for those of a model."""

    def __init__(self, path, outputs):
        super().__init__()
        import onnxruntime

        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.outputs = outputs
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def forward(self, input_ids, attention_mask, intent=None, labels=None):
        taken = {port.name for port in self.session.get_inputs()}
        given = {"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy()}
        found = self.session.run(self.outputs, {name: array for name, array in given.items() if name in taken})
        return {"loss": self.nothing.sum(), **{name: torch.from_numpy(one) for name, one in zip(self.outputs, found)}}


def encoded(tokenizer, rows, slots, intents=None):
    aligned = mn.align_labels(tokenizer, [row.words for row in rows], [row.labels for row in rows], names=slots)
    names = ("input_ids", "attention_mask", "labels")
    found = [dict(zip(names, one)) for one in zip(*(aligned[name] for name in names))]
    if intents is not None:
        numbers = {name: int(number) for number, name in intents.items()}
        found = [{**one, "intent": numbers[row.intent]} for one, row in zip(found, rows)]
    return found


@pytest.mark.parametrize("keep", [mn.argmax, None])
def test_an_evaluation_gives_the_references_figures(shared, tmp_path, keep):
    folder = shared / "models/xlmr-joint"
    expected = json.loads((shared / "oracle/xlmr-joint/metrics.json").read_text())
    slots, intents = (json.loads((folder / f"massive.{kind}").read_text()) for kind in ("slots", "intents"))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>")
    release = mn.Corpus(shared / "massive/amazon-massive-dataset-1.1.tar.gz", partition="test", locales="en-US")
    rows = list(release)
    metrics = mn.compute_metrics(intents=intents, slots=slots, dataset={"locale": [row.locale for row in rows]})
    trainer = transformers.Trainer(
        model=Replayed(folder / "model.onnx", ["intent_logits", "slot_logits"]), args=arguments(tmp_path),
        eval_dataset=encoded(tokenizer, rows, slots, intents), data_collator=Padded(1), compute_metrics=metrics,
        preprocess_logits_for_metrics=keep,
    )  # fmt: skip
    found = trainer.evaluate()
    for name in FIGURES:
        assert found[f"eval_{name}"] == pytest.approx(expected[f"test_en-US_{name}"], abs=1e-12), name
        assert found[f"eval_en-US/{name}"] == found[f"eval_{name}"]
    scored = mn.score(metrics.predictions(release), release)
    assert [float(scored["all"][name]) for name in FIGURES] == [found[f"eval_{name}"] for name in FIGURES]


def test_an_evaluation_of_tags_gives_seqevals_figures(shared, tmp_path):
    seqeval = pytest.importorskip("seqeval.metrics")
    folder = shared / "models/hf-slots"
    names = json.loads((folder / "config.json").read_text())["id2label"]
    numbers = {name: int(number) for number, name in names.items()}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>")
    release = mn.Corpus(shared / "massive/amazon-massive-dataset-1.1.tar.gz", partition="dev", locales="en-US")
    rows = list(release)
    aligned = mn.align_labels(tokenizer, [row.words for row in rows], [tags(row.labels) for row in rows], names=numbers)
    dataset = [dict(zip(("input_ids", "attention_mask", "labels"), one)) for one in zip(*(aligned[name] for name in ("input_ids", "attention_mask", "labels")))]
    args = arguments(tmp_path)
    args.label_names = ["labels"]
    trainer = transformers.Trainer(
        model=Replayed(folder / "model.onnx", ["logits"]), args=args, eval_dataset=dataset, data_collator=Padded(1),
        compute_metrics=mn.compute_metrics(slots=names), preprocess_logits_for_metrics=mn.argmax,
    )  # fmt: skip
    predicted = trainer.predict(dataset, metric_key_prefix="eval")
    counted = predicted.label_ids != -100
    gold, found = (
        [[names[str(number)] for number in row[keeps]] for row, keeps in zip(array, counted)]
        for array in (predicted.label_ids, predicted.predictions)
    )
    assert predicted.metrics["eval_slot_micro_f1"] == pytest.approx(seqeval.f1_score(gold, found), abs=1e-15)
    assert predicted.metrics["eval_slot_precision"] == pytest.approx(seqeval.precision_score(gold, found), abs=1e-15)
    assert 0.2 < predicted.metrics["eval_slot_recall"] == pytest.approx(seqeval.recall_score(gold, found), abs=1e-15)


def tags(labels):
    """Plain labels as BIO: neighbours of one label are one chunk."""
    before = "Other"
    found = []
    for label in labels:
        found.append("O" if label == "Other" else f"{'I' if label == before else 'B'}-{label}")
        before = label
    return found


def test_training_leaves_a_report_a_checkpoint(tmp_path):
    corpus = mn.Corpus(MINI, locales="en-US,sw-KE", partition="dev")
    rows, tokenizer = list(corpus), small.tokenizer()
    splits = corpus.to_datasets()["validation"]
    slots = sorted({label for row in rows for label in row.labels} | {"Other"})
    intents = {str(number): name for number, name in enumerate(splits.features["intent"].names)}
    dataset = encoded(tokenizer, rows, slots, intents)
    assert [one["intent"] for one in dataset] == splits["intent"]
    metrics = mn.compute_metrics(slots=slots, dataset=splits)
    torch.manual_seed(1)
    trainer = transformers.Trainer(
        model=small.Joint(60, len(slots)),
        args=arguments(tmp_path, max_steps=2, eval_strategy="steps", eval_steps=1, save_steps=1, save_strategy="steps", logging_steps=1),
        train_dataset=dataset, eval_dataset=dataset, data_collator=Padded(1), compute_metrics=metrics,
        preprocess_logits_for_metrics=mn.argmax, callbacks=[mn.CheckpointReports(metrics, corpus)],
    )  # fmt: skip
    trainer.train()
    logged = {entry["step"]: entry for entry in trainer.state.log_history if "eval_intent_acc" in entry}
    assert set(logged) == {1, 2}
    for step, entry in logged.items():
        folder = tmp_path / f"checkpoint-{step}"
        scored = mn.score(folder / "predictions.jsonl", corpus)
        assert [float(scored["all"][name]) for name in FIGURES] == [entry[f"eval_{name}"] for name in FIGURES]
        assert "<html" in (folder / "report.html").read_text()
