"""Helpers for the Trainer of ``transformers``: nothing of it is imported before it
is used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import _native
from ._commands import report
from ._corpus import Corpus
from ._labels import Maps, names_of
from ._names import class_names
from .exceptions import RequestError

__all__ = ["LabelMetrics", "align_labels", "argmax", "compute_metrics"]

IGNORED = -100


def align_labels(
    tokenizer: Any,
    words: Sequence[str] | Sequence[Sequence[str]],
    labels: Sequence[Any] | Sequence[Sequence[Any]],
    *,
    names: Maps | None = None,
    **options: Any,
) -> Any:
    """Tokenises words and puts their labels on the pieces: the first piece of a word
    carries the label, all others -100, as the reference does.

    ``words`` are those of one utterance or of several; ``labels`` are numbers, or
    names with ``names`` to number them. ``options`` go to the tokenizer. Gives what
    the tokenizer gives, with ``labels``.

    >>> import massive_nlu as mn
    >>> class Halves:
    ...     "Cuts each word into two pieces."
    ...     def __call__(self, words, **options):
    ...         return Encoded(len(words))
    >>> class Encoded(dict):
    ...     def __init__(self, count):
    ...         self.count = count
    ...     def word_ids(self, row):
    ...         return [None, *(word for word in range(self.count) for _ in range(2)), None]
    >>> mn.align_labels(Halves(), ["um", "acht"], ["Other", "time"], names=["Other", "time"])["labels"]
    [-100, 0, -100, 1, -100, -100]
    """
    single = not words or isinstance(words[0], str)
    numbers = _numbers(names)
    encoded = tokenizer(words, is_split_into_words=True, **{"truncation": True, **options})
    rows = [labels] if single else labels
    texts = [words] if single else words
    aligned = []
    for row, (of_row, labels_of_row) in enumerate(zip(texts, rows)):
        if len(of_row) != len(labels_of_row):
            raise RequestError(f"utterance {row}: {len(of_row)} words and {len(labels_of_row)} labels")
        aligned.append(_of_pieces(encoded.word_ids(row), [_number(label, numbers) for label in labels_of_row]))
    encoded["labels"] = aligned[0] if single else aligned
    return encoded


def _of_pieces(word_ids: Iterable[int | None], labels: Sequence[int]) -> list[int]:
    found = []
    before = None
    for word in word_ids:
        found.append(IGNORED if word is None or word == before else labels[word])
        before = word
    return found


def _number(label: Any, numbers: Mapping[str, int] | None) -> int:
    if not isinstance(label, str):
        return int(label)
    if numbers is None or label not in numbers:
        raise RequestError(f"the label {label!r} has no number: give its name in names")
    return numbers[label]


def _numbers(maps: Maps | None) -> dict[str, int] | None:
    if maps is None:
        return None
    return {name: number for number, name in enumerate(names_of(maps))}


def argmax(logits: Any, labels: Any = None) -> Any:
    """For ``preprocess_logits_for_metrics``: the number with the largest logit, so that
    the Trainer keeps numbers instead of all logits. Of several outputs those that are
    logits of intents or slots, which have two or three dimensions.

    >>> import numpy, massive_nlu as mn
    >>> mn.argmax(numpy.array([[0.1, 0.9], [0.8, 0.2]])).tolist()
    [1, 0]
    """
    if isinstance(logits, (tuple, list)):
        wanted = len(labels) if isinstance(labels, (tuple, list)) else 1
        return tuple(one.argmax(-1) for one in logits[:wanted])
    return logits.argmax(-1)


class LabelMetrics:
    """What :func:`compute_metrics` gives: a function for the Trainer, which also keeps
    what was predicted last."""

    def __init__(
        self,
        intents: list[str] | None,
        slots: list[str] | None,
        locales: Sequence[str] | None,
    ) -> None:
        self._intents = intents
        self._slots = slots
        self._locales = list(locales) if locales is not None else None
        self._last: tuple[list[list[int]] | None, list[int] | None] = (None, None)

    def __call__(self, evaluated: Any) -> dict[str, float]:
        """The metrics of an ``EvalPrediction``, or of a pair of predictions and
        labels."""
        import numpy

        if hasattr(evaluated, "predictions"):
            predictions, labels = evaluated.predictions, evaluated.label_ids
        else:
            predictions, labels = evaluated
        gold = [numpy.asarray(one) for one in _several(labels)]
        predicted = self._numbers_of(_several(predictions), gold)
        batch: dict[str, Any] = {
            "words": [],
            "gold_labels": None,
            "predicted_labels": None,
            "names": self._slots or [],
            "gold_intents": None,
            "predicted_intents": None,
            "groups": self._locales,
        }
        of_words: list[list[int]] | None = None
        of_intents: list[int] | None = None
        for truth, found in zip(gold, predicted):
            if truth.ndim == 1:
                batch["gold_intents"] = truth.astype("int64").tolist()
                of_intents = batch["predicted_intents"] = found.astype("int64").tolist()
                batch["words"] = batch["words"] or [0] * len(truth)
            else:
                counted = truth != IGNORED
                batch["words"] = counted.sum(1).astype("int64").tolist()
                batch["gold_labels"] = truth[counted].astype("int64").tolist()
                batch["predicted_labels"] = found[counted].astype("int64").tolist()
                of_words = [row[keeps].tolist() for row, keeps in zip(found, counted)]
        self._last = (of_words, of_intents)
        return _native.label_metrics(batch)

    def _numbers_of(self, predictions: list[Any], gold: list[Any]) -> list[Any]:
        """The predicted numbers for each of the gold arrays, by their shapes."""
        import numpy

        left = [numpy.asarray(one) for one in predictions]
        found = []
        for truth in gold:
            # Numbers are as many as labels; logits have one axis more. An output of
            # numbers of words has the axes of logits of intents, but not their type.
            numbers = [
                index
                for index, one in enumerate(left)
                if one.shape == truth.shape and (one.dtype.kind in "iu" or one.ndim == 1)
            ]
            logits = [
                index
                for index, one in enumerate(left)
                if one.ndim == truth.ndim + 1 and one.shape[:-1] == truth.shape and one.dtype.kind == "f"
            ]
            if not numbers and not logits:
                shapes = ", ".join(str(one.shape) for one in left)
                raise RequestError(f"no output fits labels of shape {truth.shape}: there are outputs of shape {shapes}")
            one = left.pop((numbers or logits)[0])
            found.append(one.argmax(-1) if one.ndim > truth.ndim else one)
        return found

    def predictions(self, corpus: Corpus) -> list[dict[str, Any]]:
        """What was evaluated last, as predictions about the rows of a corpus, which
        must be those of the evaluation in their order."""
        labels, intents = self._last
        rows = list(corpus)
        count = len(labels if labels is not None else intents or [])
        if len(rows) != count:
            raise RequestError(f"the corpus has {len(rows)} rows, and {count} were evaluated")
        found = []
        for index, row in enumerate(rows):
            prediction: dict[str, Any] = {"id": row.id, "locale": row.locale, "utt": row.words}
            if intents is not None:
                prediction["pred_intent"] = _named(self._intents, intents[index])
            if labels is not None:
                of_row = [_named(self._slots, number) for number in labels[index]][: len(row.words)]
                prediction["pred_labels"] = of_row + ["Other"] * (len(row.words) - len(of_row))
            found.append(prediction)
        return found


def _several(arrays: Any) -> list[Any]:
    return list(arrays) if isinstance(arrays, (tuple, list)) else [arrays]


def _named(names: list[str] | None, number: int) -> str:
    return names[number] if names is not None and 0 <= number < len(names) else str(number)


def compute_metrics(
    source: Corpus | Any = None,
    *,
    intents: Maps | None = None,
    slots: Maps | None = None,
    dataset: Any = None,
) -> LabelMetrics:
    """A function for ``Trainer(compute_metrics=…)``: ``intent_acc``, ``slot_micro_f1``
    and ``ex_match_acc`` as the reference computes them, of joint, token and sequence
    models.

    It takes logits, or numbers (see :func:`argmax`), and labels with -100 where no
    word begins. ``intents`` and ``slots`` name the numbers; by default they are those
    of ``source``, a corpus or a data set with class labels, or the release's in the order
    of :meth:`Corpus.to_datasets`; slots in code-point order with ``Other`` first. Names such as ``B-date`` and ``I-date`` are
    chunks as seqeval's default mode has them. With ``dataset``, whose column
    ``locale`` is in the order of the evaluation, there are figures a locale as well,
    as ``sw-KE/intent_acc``.

    >>> import numpy, massive_nlu as mn
    >>> metrics = mn.compute_metrics(slots=["Other", "date", "time"])
    >>> logits = numpy.eye(3)[[[0, 1, 1, 0], [0, 2, 0, 0]]]
    >>> found = metrics((logits, numpy.array([[-100, 1, 1, -100], [-100, 2, 2, -100]])))
    >>> found["slot_micro_f1"]
    0.5
    """
    features = getattr(dataset if source is None else source, "features", None) or {}
    if intents is None:
        intents = _classes(features.get("intent"))
    if slots is None:
        slots = _classes(features.get("labels"))
    met: dict[str, list[str | None]] = {"intent": [], "slot": []}
    if isinstance(source, Corpus):
        met["intent"] = [row.intent for row in source]
        met["slot"] = [label for row in source for label in row.labels or ()]
    of_intents = names_of(intents) if intents is not None else class_names("intent", met["intent"])
    of_slots = names_of(slots) if slots is not None else class_names("slot", met["slot"])
    return LabelMetrics(of_intents, of_slots, dataset["locale"] if dataset is not None else None)


def _classes(feature: Any) -> Maps | None:
    """The class label of a column, or of the items of its lists."""
    feature = getattr(feature, "feature", feature)
    return feature if hasattr(feature, "names") else None


def __getattr__(name: str) -> Any:
    """The callback is a class of ``transformers``, which is imported for it only."""
    if name == "CheckpointReports":
        return _checkpoint_reports()
    raise AttributeError(name)


def _checkpoint_reports() -> type:
    from transformers import TrainerCallback

    class CheckpointReports(TrainerCallback):  # type: ignore[misc]
        """Writes ``predictions.jsonl`` and ``report.html`` beside each checkpoint: of
        the evaluation before it, whose ``metrics`` come from
        :func:`compute_metrics` and whose rows are those of ``corpus``."""

        def __init__(self, metrics: LabelMetrics, corpus: Corpus, **options: Any) -> None:
            self.metrics = metrics
            self.corpus = corpus
            self.options = options

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Writes them."""
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            if not state.is_world_process_zero or self.metrics._last == (None, None):
                return
            folder.mkdir(parents=True, exist_ok=True)
            predictions = self.metrics.predictions(self.corpus)
            with open(folder / "predictions.jsonl", "w", encoding="utf-8") as file:
                file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in predictions)
            report(predictions, corpus=self.corpus, output=folder / "report.html", **self.options)

    return CheckpointReports
