"""What users give, as the files that the commands read."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, Union, cast

from . import _native
from .exceptions import MassiveError, RequestError

if TYPE_CHECKING:
    from types import TracebackType


class ArrowStream(Protocol):
    """What offers Arrow's C stream: tables of pyarrow, polars, pandas, DuckDB,
    DataFusion, and this package's own."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


#: Predictions, or rows of a corpus: a path or several, rows as dictionaries, or a
#: table.
Rows: TypeAlias = Union[
    str, "os.PathLike[str]", ArrowStream, Iterable[Union[str, "os.PathLike[str]"]], Iterable[Mapping[str, Any]]
]


class Inputs:
    """A folder for what was given in memory, as long as it is wanted."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="massive-nlu-")
        self._folder = Path(folder)
        self._end = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._names: dict[str, str] = {}

    def __enter__(self) -> Inputs:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        if isinstance(error, MassiveError):
            self._say_what_was_given(error)

    def file(self, name: str) -> Path:
        """A place for a file."""
        return self._folder / name

    def paths(self, rows: Rows, called: str = "predictions") -> list[str]:
        """The files of what was given."""
        if isinstance(rows, (str, os.PathLike)):
            return [os.fspath(rows)]
        if hasattr(rows, "__arrow_c_stream__"):
            return [self._arrow(rows, called)]
        if hasattr(rows, "with_format") and hasattr(rows, "features"):
            # A Dataset, whose rows may be chosen and shuffled.
            return [self._arrow(cast(Any, rows).with_format("arrow")[:], called)]
        if isinstance(rows, Mapping):
            raise RequestError(
                "one dictionary is one row: give a list of them"
                if "id" in rows
                else "expected rows, a table or a path, not a dictionary"
            )
        listed = list(cast("Iterable[Any]", rows))
        if listed and all(isinstance(row, (str, os.PathLike)) for row in listed):
            return [os.fspath(path) for path in listed]
        return [self._lines(listed, called)]

    def _arrow(self, table: object, called: str) -> str:
        path = self._named(called, ".arrow" if called == "corpus" else ".jsonl")
        _native.write_arrow(table, path)
        return path

    def _lines(self, rows: list[Any], called: str) -> str:
        path = self._named(called, ".jsonl")
        with open(path, "w", encoding="utf-8") as file:
            for number, row in enumerate(rows, 1):
                if not isinstance(row, Mapping):
                    raise RequestError(
                        f"row {number} of the {called} is a {type(row).__name__}: expected a dictionary"
                    )
                try:
                    file.write(json.dumps(dict(row), ensure_ascii=False, default=_plain) + "\n")
                except (TypeError, ValueError) as error:
                    raise RequestError(f"row {number} of the {called} cannot be written as JSON: {error}") from error
        return path

    def _named(self, called: str, suffix: str) -> str:
        stem = f"{called}-{len(self._names)}" if self._names else called
        path = str(self.file(stem + suffix))
        self._names[path] = called
        return path

    def _say_what_was_given(self, error: MassiveError) -> None:
        """Places in the folder are rows of what was given."""
        for path, called in self._names.items():
            error.args = (str(error.args[0]).replace(path, called), *error.args[1:])
            error.file = called if error.file == path else error.file


def _plain(value: Any) -> Any:
    """A value of numpy or the like as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__}")


@contextmanager
def inputs() -> Iterator[Inputs]:
    """A folder for one call."""
    with Inputs() as given:
        yield given
