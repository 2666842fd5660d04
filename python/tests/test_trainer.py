"""Helpers for training, against the reference and seqeval."""

import gzip
import json
import random

import pytest

import massive_nlu as mn

numpy = pytest.importorskip("numpy")


def padded(rows, width=None):
    width = width or max(map(len, rows))
    return numpy.array([row + [-100] * (width - len(row)) for row in rows])


@pytest.mark.parametrize("seed", range(20))
def test_slots_are_those_of_seqeval(seed):
    seqeval = pytest.importorskip("seqeval.metrics")
    names = ["O", "B-date", "I-date", "B-time", "I-time"]
    draw = random.Random(seed)
    gold = [[draw.randrange(5) for _ in range(draw.randrange(1, 12))] for _ in range(50)]
    found = [[number if draw.random() < 0.6 else draw.randrange(5) for number in row] for row in gold]
    metrics = mn.compute_metrics(slots=names)((padded(found), padded(gold)))
    named = [[[names[number] for number in row] for row in rows] for rows in (gold, found)]
    assert metrics["slot_micro_f1"] == pytest.approx(seqeval.f1_score(*named), abs=1e-15)
    assert metrics["slot_precision"] == pytest.approx(seqeval.precision_score(*named), abs=1e-15)
    assert metrics["slot_recall"] == pytest.approx(seqeval.recall_score(*named), abs=1e-15)
    assert set(metrics) == {"slot_micro_f1", "slot_micro_f1_stderr", "slot_precision", "slot_recall"}


def test_logits_and_numbers_give_the_same():
    draw = numpy.random.default_rng(1)
    intent, slots = draw.normal(size=(30, 4)), draw.normal(size=(30, 9, 6))
    labels = (draw.integers(0, 4, 30), numpy.where(draw.random((30, 9)) < 0.3, -100, draw.integers(0, 6, (30, 9))))
    metrics = mn.compute_metrics(intents=list("abcd"), slots=["Other", "a", "b", "c", "d", "e"])
    of_logits = metrics(((intent, slots), labels))
    assert of_logits == metrics((mn.argmax((intent, slots), labels), labels))
    # The order of the outputs is that of the model, found by their shapes.
    assert of_logits == metrics(((slots, intent), labels))
    assert of_logits == metrics(((slots.argmax(-1), intent.argmax(-1)), labels))
    assert of_logits["intent_acc"] == (intent.argmax(-1) == labels[0]).mean()
    only = mn.compute_metrics(intents=list("abcd"))((intent, labels[0]))
    assert only == {name: of_logits[name] for name in ("intent_acc", "intent_acc_stderr")}


def test_figures_by_locale_are_those_of_its_rows():
    locales = ["de-DE", "sw-KE"] * 10
    draw = random.Random(3)
    gold, found = ([[draw.randrange(3) for _ in range(6)] for _ in locales] for _ in range(2))
    metrics = mn.compute_metrics(slots=["Other", "a", "b"], dataset={"locale": locales})((padded(found), padded(gold)))
    german = [row for row, locale in enumerate(locales) if locale == "de-DE"]
    alone = mn.compute_metrics(slots=["Other", "a", "b"])(
        (padded([found[row] for row in german]), padded([gold[row] for row in german]))
    )
    assert {name: metrics[f"de-DE/{name}"] for name in alone} == alone
    with pytest.raises(mn.RequestError, match="locales"):
        mn.compute_metrics(slots=["Other", "a", "b"], dataset={"locale": locales[1:]})((padded(found), padded(gold)))


def test_what_does_not_fit_is_refused():
    metrics = mn.compute_metrics(slots=["Other", "a"])
    with pytest.raises(mn.RequestError, match="no output fits labels of shape"):
        metrics((numpy.zeros((2, 3, 2)), numpy.zeros((2, 4), int)))
    with pytest.raises(mn.RequestError, match="2 words and 1 labels"):
        mn.align_labels(_Whole(), ["a", "b"], ["Other"], names=["Other"])
    with pytest.raises(mn.RequestError, match="'date' has no number"):
        mn.align_labels(_Whole(), ["a"], ["date"], names=["Other"])


class _Whole:
    """A tokenizer whose pieces are the words."""

    def __call__(self, words, **options):
        assert options == {"is_split_into_words": True, "truncation": True}
        return _Encoded(words)


class _Encoded(dict):
    def __init__(self, words):
        super().__init__(input_ids=[])
        self.rows = [words] if isinstance(words[0], str) else words

    def word_ids(self, row):
        return [None, *range(len(self.rows[row])), None]


def test_the_references_figures(shared):
    """The logits of the reference's model give its metrics on its predictions."""
    folder = shared / "oracle/xlmr-joint"
    expected = json.loads((folder / "metrics.json").read_text())
    slots = json.loads((shared / "models/xlmr-joint/massive.slots").read_text())
    intents = json.loads((shared / "models/xlmr-joint/massive.intents").read_text())
    by_name = {name: int(number) for number, name in slots.items()}
    intent_by_name = {name: int(number) for number, name in intents.items()}
    release = mn.Corpus(shared / "massive/amazon-massive-dataset-1.1.tar.gz", partition="test", locales="en-US,de-DE")
    gold = {(row.locale, row.id): row for row in release}
    predictions = [json.loads(line) for line in gzip.open(folder / "predictions.jsonl.gz", "rt")]
    for locale in ("en-US", "de-DE"):
        rows = [one for one in predictions if one["locale"] == locale]
        truths, found, true_intents, found_intents = [], [], [], []
        for one in rows:
            row = gold[locale, one["id"]]
            truths.append([by_name[label] for label in row.labels])
            found.append([by_name[label] for label in _labels(one["pred_annot_utt"], len(row.words))])
            true_intents.append(intent_by_name[row.intent])
            found_intents.append(intent_by_name[one["pred_intent"]])
        # One piece before the words, one after: neither is counted.
        truths = padded([[-100, *row, -100] for row in truths])
        found = padded([[3, *row, 5] for row in found])
        metrics = mn.compute_metrics(intents=intents, slots=slots)(
            ((numpy.eye(60)[found_intents], numpy.eye(56)[numpy.where(found < 0, 0, found)]), (numpy.array(true_intents), truths))
        )

        for name in ("intent_acc", "slot_micro_f1", "ex_match_acc"):
            assert metrics[name] == pytest.approx(expected[f"test_{locale}_{name}"], abs=1e-12), (locale, name)


def _labels(annotation, count):
    labels, label = [], "Other"
    for piece in annotation.split():
        if piece.startswith("["):
            label = piece[1:]
        elif piece == ":" and label != "Other":
            continue
        elif piece.endswith("]"):
            labels.append(label)
            label = "Other"
        else:
            labels.append(label)
    assert len(labels) == count, annotation
    return labels


def test_logits_of_the_references_model_give_its_metrics(shared):
    """Words to pieces, pieces to logits, logits to metrics: the whole way of a Trainer."""
    runtime = pytest.importorskip("onnxruntime")
    tokenizers = pytest.importorskip("tokenizers")
    folder = shared / "models/xlmr-joint"
    expected = json.loads((shared / "oracle/xlmr-joint/metrics.json").read_text())
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    slots, intents = (json.loads((folder / f"massive.{kind}").read_text()) for kind in ("slots", "intents"))
    numbers = {name: int(number) for number, name in intents.items()}
    release = shared / "massive/amazon-massive-dataset-1.1.tar.gz"
    corpus = mn.Corpus(release, partition="test", locales="en-US")
    rows = list(corpus)
    encoded = mn.align_labels(
        _Words(tokenizer), [row.words for row in rows], [row.labels for row in rows], names=slots
    )
    session = runtime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    order = sorted(range(len(rows)), key=lambda row: len(encoded["input_ids"][row]))
    width = max(map(len, encoded["input_ids"]))
    found_intents = numpy.zeros((len(rows), 60), numpy.float32)
    found_slots = numpy.zeros((len(rows), width, 56), numpy.float32)
    for start in range(0, len(order), 64):
        batch = order[start : start + 64]
        longest = max(len(encoded["input_ids"][row]) for row in batch)
        ids = numpy.ones((len(batch), longest), numpy.int64)
        mask = numpy.zeros_like(ids)
        for index, row in enumerate(batch):
            ids[index, : len(encoded["input_ids"][row])] = encoded["input_ids"][row]
            mask[index, : len(encoded["input_ids"][row])] = 1
        names = ["intent_logits", "slot_logits"]
        of_intents, of_slots = session.run(names, {"input_ids": ids, "attention_mask": mask})
        found_intents[batch] = of_intents
        found_slots[batch, :longest] = of_slots
    gold = (numpy.array([numbers[row.intent] for row in rows]), padded(encoded["labels"], width))
    metrics = mn.compute_metrics(intents=intents, slots=slots, dataset={"locale": [row.locale for row in rows]})
    found = metrics(((found_intents, found_slots), gold))
    kept = mn.argmax((found_intents, found_slots), gold)
    assert metrics((kept, gold)) == found
    for name in ("intent_acc", "slot_micro_f1", "ex_match_acc"):
        assert found[name] == found[f"en-US/{name}"] == pytest.approx(expected[f"test_en-US_{name}"], abs=1e-12)
    # The same figures from the predictions of this evaluation, scored as a submission.
    scored = mn.score(metrics.predictions(corpus), corpus)
    assert {name: float(scored["all"][name]) for name in ("intent_acc", "slot_micro_f1", "ex_match_acc")} == {
        name: found[name] for name in ("intent_acc", "slot_micro_f1", "ex_match_acc")
    }


class _Words:
    """What `transformers` makes of a tokenizer, as far as it is needed."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def __call__(self, words, **options):
        encodings = self.tokenizer.encode_batch(words, is_pretokenized=True)
        return _Batch(encodings)


class _Batch(dict):
    def __init__(self, encodings):
        super().__init__(input_ids=[one.ids for one in encodings])
        self.encodings = encodings

    def word_ids(self, row):
        return self.encodings[row].word_ids
