"""Scores with Spark 4; see docs/clusters.md."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

from ._corpus import Corpus, corpus_of
from ._counts import fold
from ._inputs import Rows
from ._score import Score
from ._worker import PLAIN, counted

__all__ = ["counts", "score"]


def counts(frame: Any, corpus: Corpus | Rows) -> Any:
    """The counts of the predictions in a data frame of Spark, as a data frame."""
    pickled = pickle.dumps(corpus_of(corpus))

    def of_partition(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            # A partition may have no rows.
            if batch.num_rows:
                yield from counted(batch, pickled).to_batches()

    return frame.mapInArrow(of_partition, ", ".join(f"{name} {kind}" for name, kind in PLAIN.items()))


def score(frame: Any, corpus: Corpus | Rows, **options: Any) -> Score:
    """The score of the predictions in a data frame of Spark: its tasks count, and this
    process folds. ``options`` are those of :func:`massive_nlu.fold`."""
    rows = corpus_of(corpus)
    return fold([counts(frame, rows).toArrow()], rows, **options)
