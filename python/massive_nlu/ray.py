"""Scores and predictions with Ray Data; see docs/clusters.md.

>>> import ray, massive_nlu as mn                                        # doctest: +SKIP
>>> predictions = ray.data.read_parquet("predictions/")                  # doctest: +SKIP
>>> mn.ray.score(predictions, mn.Corpus("1.1", partition="test"))        # doctest: +SKIP
"""

from __future__ import annotations

import os
import pickle
from typing import Any

from ._corpus import Corpus, corpus_of
from ._counts import fold
from ._inputs import Rows
from ._score import Score
from ._worker import counted

__all__ = ["predict", "score"]


def score(dataset: Any, corpus: Corpus | Rows, *, batch_size: int = 16_384, **options: Any) -> Score:
    """The score of the predictions in a ``ray.data.Dataset``: its tasks count, and this
    process folds. ``options`` are those of :func:`massive_nlu.fold`."""
    rows = corpus_of(corpus)
    pickled = pickle.dumps(rows)
    counts = dataset.map_batches(
        counted, batch_format="pyarrow", batch_size=batch_size, fn_kwargs={"pickled": pickled}, zero_copy_batch=True
    )
    return fold(list(counts.iter_batches(batch_format="pyarrow", batch_size=None)), rows, **options)


def predict(
    dataset: Any, model: str | os.PathLike[str], *, workers: int = 1, batch_size: int = 256, **options: Any
) -> Any:
    """Predictions about the rows of a ``ray.data.Dataset``, which has the columns ``id``,
    ``locale`` and ``utt``: ``workers`` actors, each of which loads the model once.
    ``options`` are those of :class:`massive_nlu.Predictor`."""
    from ray.data import ActorPoolStrategy

    return dataset.map_batches(
        _Predicts,
        fn_constructor_args=(os.fspath(model), options),
        compute=ActorPoolStrategy(size=workers),
        batch_format="pyarrow",
        batch_size=batch_size,
    )


class _Predicts:
    """An actor that holds a model."""

    def __init__(self, model: str, options: dict[str, Any]) -> None:
        from ._predictor import Predictor

        self._predictor = Predictor(model, **{"threads": 1, **options})

    def __call__(self, batch: Any) -> Any:
        import pyarrow

        rows = batch.select(["id", "locale", "utt"]).to_pydict()
        found = self._predictor.predict(rows["utt"], locale=rows["locale"], ids=rows["id"])
        return pyarrow.Table.from_pylist(found)
