"""Counts and scores in queries of DataFusion; see docs/clusters.md."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

from ._corpus import Corpus, corpus_of
from ._counts import counts, fold
from ._inputs import Rows
from ._worker import plain_schema

__all__ = ["register"]

#: The columns that both functions take, in their order.
COLUMNS = ("locale", "id", "pred_intent", "pred_annot_utt")


def register(context: Any, corpus: Corpus | Rows, **options: Any) -> None:
    """Gives a ``SessionContext`` two functions of ``locale, id, pred_intent,
    pred_annot_utt``, all texts: ``massive_counts``, what was right in each row, and the
    aggregate ``massive_score``, the score document of a group as JSON. ``options`` are
    those of :func:`massive_nlu.fold`."""
    import pyarrow

    # This module has the engine's name.
    datafusion: Any = import_module("datafusion")
    rows = corpus_of(corpus)
    text = pyarrow.string()
    schema = plain_schema()

    def of_rows(*columns: Any) -> Any:
        table = _counted(columns, rows)
        return pyarrow.StructArray.from_arrays(_chunks(table), fields=list(schema))

    class Scores(datafusion.Accumulator):  # type: ignore[misc]
        """The counts of a group, as the bytes of tables."""

        def __init__(self) -> None:
            self._tables: list[bytes] = []

        def update(self, *columns: Any) -> None:
            self._tables.append(_bytes(_counted(columns, rows)))

        def merge(self, states: Any) -> None:
            # Arrow hands over a list of one column, or the column.
            for state in states if isinstance(states, list) else [states]:
                for packed in state.to_pylist():
                    self._tables += [bytes(one) for one in packed or ()]

        def state(self) -> Any:
            return [pyarrow.scalar(self._tables, pyarrow.list_(pyarrow.binary()))]

        def evaluate(self) -> Any:
            tables = [pyarrow.ipc.open_stream(io.BytesIO(one)).read_all() for one in self._tables]
            return pyarrow.scalar(fold(tables, rows, **options).to_json(), text)

    context.register_udf(datafusion.udf(of_rows, [text] * 4, pyarrow.struct(list(schema)), "volatile", "massive_counts"))
    states = [pyarrow.list_(pyarrow.binary())]
    context.register_udaf(datafusion.udaf(Scores, [text] * 4, text, states, "volatile", "massive_score"))


def _counted(columns: Any, corpus: Corpus) -> Any:
    import pyarrow

    given = pyarrow.table(dict(zip(COLUMNS, columns)))
    table = pyarrow.table(counts(given, corpus)).cast(plain_schema()).replace_schema_metadata(None)
    if table.num_rows != given.num_rows:
        from .exceptions import RequestError

        raise RequestError("some of the predictions are of locales that the corpus was not opened for")
    return table


def _chunks(table: Any) -> list[Any]:
    return [column.combine_chunks() for column in table.columns]


def _bytes(table: Any) -> bytes:
    import pyarrow

    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
