"""The corpus."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from . import _native
from ._command import flags
from ._inputs import Inputs, Rows

if TYPE_CHECKING:
    import datasets
    import pandas
    import polars

    from ._native import Table, Utterance

__all__ = ["Corpus"]

Names: TypeAlias = Union[str, Iterable[str], None]


class Corpus:
    """Rows of MASSIVE, or of a corpus of its kind.

    ``path`` is a release's folder or tar.gz, a folder of files, a file of any form
    of docs/forms.md, or rows in memory (a table, a list of dictionaries). Nothing
    is read until somebody asks for rows; a corpus is iterated as often as you like.

    >>> import massive_nlu as mn
    >>> corpus = mn.Corpus("fixtures/mini", locales="sw-KE", partition="test")
    >>> first = next(iter(corpus))
    >>> first.intent, first.words[:2]
    ('weather_query', ['je', 'mvua'])
    >>> first.slots[0]
    <place_name: lisbon [18:24]>

    ``locales`` and ``exclude_locales`` are names or globs (``"*-IN"``), in one text
    separated by commas or several; ``partition`` is train, dev, test or MMNLU-22;
    ``labels`` is ``reference`` (as published scores) or ``brackets``. ``min_judges``
    to ``method`` choose rows by their judgments. Whatever offers Arrow's C stream
    takes a corpus as it is: ``pl.DataFrame(corpus)``, ``pa.table(corpus)``,
    ``pd.DataFrame.from_arrow(corpus)``, a query of DuckDB or DataFusion.
    """

    def __init__(
        self,
        path: Rows,
        *,
        locales: Names = None,
        exclude_locales: Names = None,
        partition: str | None = None,
        labels: str = "reference",
        open_labels: bool = False,
        skip_bad_lines: bool = False,
        locale: str | None = None,
        text_column: str | None = None,
        annotation_column: str | None = None,
        id_pattern: str | None = None,
        min_judges: int | None = None,
        min_intent_score: float | None = None,
        min_slots_score: float | None = None,
        min_grammar: float | None = None,
        min_spelling: float | None = None,
        language: Names = None,
        method: Names = None,
    ) -> None:
        self._held: Inputs | None = None
        if not isinstance(path, (str, os.PathLike)):
            self._held = Inputs()
            (path,) = self._held.paths(path, "corpus")
        self._options: dict[str, Any] = {
            "path": os.fspath(path),
            "locales": _joined(locales),
            "exclude_locales": _joined(exclude_locales),
            "partition": partition,
            "labels": labels,
            "open_labels": open_labels,
            "skip_bad_lines": skip_bad_lines,
            "locale": locale,
            "text_column": text_column,
            "annotation_column": annotation_column,
            "id_pattern": id_pattern,
            "min_judges": min_judges,
            "min_intent_score": min_intent_score,
            "min_slots_score": min_slots_score,
            "min_grammar": min_grammar,
            "min_spelling": min_spelling,
            "language": _listed(language),
            "method": _listed(method),
        }
        self._corpus = _native.Corpus(self._options)
        self._rows: Table | None = None

    @property
    def path(self) -> str:
        """Where it is."""
        return str(self._options["path"])

    @property
    def partition(self) -> str | None:
        """The partition, if it is one only."""
        partition: str | None = self._options["partition"]
        return partition

    def select(self, **options: Any) -> Corpus:
        """The same corpus with other options of :class:`Corpus`.

        >>> import massive_nlu as mn
        >>> corpus = mn.Corpus("fixtures/mini", partition="test")
        >>> len(corpus.select(locales="de-DE,fr-FR")) == 2 * len(corpus.select(locales="de-DE"))
        True
        """
        other = Corpus(**{**self._options, **options})
        other._held = self._held
        return other

    def table(self) -> Table:
        """All rows, read once and kept: a table for whatever takes Arrow's stream.

        Its columns are those of ``massive corpus convert --to arrow``.
        """
        if self._rows is None:
            self._rows = self._corpus.table()
        return self._rows

    def __iter__(self) -> Iterator[Utterance]:
        return self._corpus.utterances()

    def __len__(self) -> int:
        return len(self.table())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table().__arrow_c_stream__(requested_schema)

    def to_polars(self) -> polars.DataFrame:
        """The rows as a frame of polars.

        >>> import massive_nlu as mn
        >>> frame = mn.Corpus("fixtures/mini", locales="de-DE", partition="test").to_polars()
        >>> frame.columns[:3]
        ['id', 'locale', 'partition']
        """
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a frame of pandas."""
        import pandas

        return pandas.DataFrame.from_arrow(self)

    def to_datasets(self) -> datasets.DatasetDict:
        """The rows as a ``DatasetDict`` of splits ``train``, ``validation`` and
        ``test``, with the columns and class labels that the version on the hub had,
        and ``words`` and ``labels`` besides.
        """
        from ._datasets import dataset_dict

        return dataset_dict(self)

    def _flags(self, command: str, **options: Any) -> list[str]:
        """The flags that name these rows to a command; ``options`` go before what
        the corpus says itself."""
        own = {name: value for name, value in self._options.items() if name not in ("path", "labels")}
        given = {**own, **{name: value for name, value in options.items() if value is not None}}
        if command in ("errors",) and given.get("locale"):
            given["rows_locale"] = given.pop("locale")
        if options.get("task") is not None:
            given["locales"] = given["exclude_locales"] = None
        if given["partition"] is None:
            del given["partition"]
        if command not in ("check", "predict"):
            given.setdefault("labels", self._options["labels"])
        return [f"--corpus={self.path}", *flags(**given)]

    def __getstate__(self) -> dict[str, Any]:
        held = Path(self.path).read_bytes() if self._held is not None else None
        return {"options": self._options, "held": held}

    def __setstate__(self, state: dict[str, Any]) -> None:
        options = dict(state["options"])
        self._held = None
        if state["held"] is not None:
            self._held = Inputs()
            path = self._held.file(Path(options["path"]).name)
            path.write_bytes(state["held"])
            options["path"] = str(path)
        self._options = options
        self._corpus = _native.Corpus(options)
        self._rows = None

    def __repr__(self) -> str:
        chosen = {name: value for name, value in self._options.items() if value and name not in ("path", "labels")}
        return f"Corpus({json.dumps(self.path)}{''.join(f', {name}={value!r}' for name, value in chosen.items())})"


def _joined(names: Names) -> str | None:
    if names is None or isinstance(names, str):
        return names
    return ",".join(names)


def _listed(names: Names) -> list[str]:
    if names is None:
        return []
    return names.split(",") if isinstance(names, str) else list(names)


def corpus_of(corpus: Corpus | Rows, partition: str | None = None) -> Corpus:
    """A corpus, or that at a path."""
    return corpus if isinstance(corpus, Corpus) else Corpus(corpus, partition=partition)
