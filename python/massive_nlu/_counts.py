"""Counts: rows in, rows out, and the score that they add up to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import _native
from ._corpus import Corpus, Names, corpus_of
from ._inputs import ArrowStream, Rows, inputs
from ._score import Score
from .exceptions import RequestError

if TYPE_CHECKING:
    from ._native import Table

__all__ = ["counts", "fold", "fold_systems"]

#: The columns that name the system of a prediction.
_SYSTEM = "system"


def counts(predictions: Rows, corpus: Corpus | Rows, *, system: str = "", reading: str = "reference") -> Table:
    """What was right in each of these predictions: a row a prediction, with the columns
    of ``massive schema counts``.

    A pure function: it looks at nothing but the predictions and the gold of the corpus,
    which a :class:`Corpus` reads once. So predictions can be counted anywhere, in parts
    of any size, and :func:`fold` makes the score of the parts. A table with a column
    ``system`` is counted by system; else ``system`` is what the rows are said to be of.

    >>> import massive_nlu as mn
    >>> corpus = mn.Corpus("fixtures/mini", partition="test")
    >>> table = mn.counts("fixtures/mini/predictions/good.jsonl", corpus)
    >>> len(table), table.column_names[:3]
    (663, ['system', 'locale', 'id'])
    """
    rows = corpus_of(corpus)
    with inputs() as given:
        if hasattr(predictions, "__arrow_c_stream__") and not isinstance(predictions, Corpus):
            path = given.file("predictions.jsonl")
            count, systems = _native.write_arrow(predictions, path, _SYSTEM)
            if count == 0:
                return _native.no_counts()
            paths = [str(path)]
        else:
            paths, systems = given.paths(predictions), None
        return _native.counts(paths, rows._corpus, system, systems, reading == "tolerant")


def fold(
    parts: Iterable[ArrowStream | str | os.PathLike[str]] | ArrowStream | str | os.PathLike[str],
    corpus: Corpus | Rows | None = None,
    *,
    system: str | None = None,
    missing: str = "error",
    metrics: Names = None,
    group_by: Names = None,
    interval: str = "wilson",
    resamples: int | None = None,
    seed: int = 12_345,
) -> Score:
    """The score that counts add up to: the very document of scoring everything at once,
    whatever the parts and their order. Rows that come twice, as after a task that was
    tried again, count once.

    ``parts`` are tables of :func:`counts`, and files of ``massive score
    --counts-only``. Where an engine drops the metadata of tables (Spark does), or where
    rows without a prediction are to count as wrong, the corpus is needed as well.

    >>> import massive_nlu as mn
    >>> corpus = mn.Corpus("fixtures/mini", partition="test")
    >>> good = "fixtures/mini/predictions/good.jsonl"
    >>> mn.fold([mn.counts(good, corpus)]).to_json() == mn.score(good, corpus).to_json()
    True
    """
    tables, paths = _parts(parts)
    options: dict[str, Any] = {
        "system": system,
        "missing": missing,
        "metrics": _listed(metrics),
        "group_by": _listed(group_by),
        "interval": interval,
        "resamples": resamples,
        "seed": seed,
    }
    held = corpus_of(corpus)._corpus if corpus is not None else None
    return Score(_native.fold(tables, paths, held, options))


def fold_systems(
    parts: Iterable[ArrowStream | str | os.PathLike[str]] | ArrowStream,
    corpus: Corpus | Rows | None = None,
    **options: Any,
) -> dict[str, Score]:
    """The scores of all systems in tables of counts, by name; options as of
    :func:`fold`."""
    tables, paths = _parts(parts)
    # A stream can be read once, so what was read is kept.
    kept: list[Any] = [_native.keep(table) for table in tables]
    systems = sorted({name for table in kept for name in table.texts(_SYSTEM)})
    if paths:
        raise RequestError("files of counts hold one system each: fold those of one")
    return {system: fold(kept, corpus, system=system, **options) for system in systems}


def _parts(parts: Any) -> tuple[list[Any], list[str]]:
    if isinstance(parts, (str, os.PathLike)) or hasattr(parts, "__arrow_c_stream__"):
        parts = [parts]
    tables: list[Any] = []
    paths: list[str] = []
    for part in parts:
        if isinstance(part, (str, os.PathLike)):
            paths.append(os.fspath(part))
        else:
            tables.append(part)
    return tables, paths


def _listed(names: Names) -> list[str]:
    if names is None:
        return []
    return names.split(",") if isinstance(names, str) else list(names)
