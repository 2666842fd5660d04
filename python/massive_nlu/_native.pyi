"""The native part: see the functions of the package."""

import os
from collections.abc import Callable, Iterator
from typing import Any, final

__version__: str

@final
class Slot:
    """A slot of an utterance."""

    @property
    def name(self) -> str:
        """Its name."""
    @property
    def value(self) -> str:
        """Its words, which are ``utt[start:end]``."""
    @property
    def start(self) -> int:
        """Where it begins in ``utt``, in characters."""
    @property
    def end(self) -> int:
        """Where it ends."""
    @property
    def graphemes(self) -> tuple[int, int]:
        """Where it begins and ends in extended grapheme clusters."""

@final
class Utterance:
    """One row of the corpus."""

    @staticmethod
    def from_json(line: str, labels: str = "reference") -> Utterance:
        """Reads a line of the corpus; names that the release does not have are taken."""
    @property
    def id(self) -> str:
        """The id, which all translations of one source share."""
    @property
    def locale(self) -> str:
        """The locale, as ``sw-KE``."""
    @property
    def partition(self) -> str:
        """train, dev, test or MMNLU-22."""
    @property
    def utt(self) -> str:
        """What was said."""
    @property
    def worker_id(self) -> str:
        """Who wrote it."""
    @property
    def scenario(self) -> str | None:
        """The scenario; None in a held-out row."""
    @property
    def intent(self) -> str | None:
        """The intent; None in a held-out row."""
    @property
    def annot_utt(self) -> str | None:
        """The text with its slots in brackets; None in a held-out row."""
    @property
    def words(self) -> list[str]:
        """The words, as the reference cuts them."""
    @property
    def labels(self) -> list[str] | None:
        """A label a word, ``Other`` outside every slot; None in a held-out row."""
    @property
    def slots(self) -> list[Slot]:
        """The slots, with their places in ``utt``."""
    def to_json(self) -> str:
        """The row as a line of the release."""

@final
class Table:
    """Rows in memory that other libraries take as they are."""

    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as Arrow's C stream."""
    def texts(self, column: str) -> list[str]:
        """The different texts of a column, sorted."""
    def __len__(self) -> int: ...

@final
class Utterances:
    def __iter__(self) -> Iterator[Utterance]: ...
    def __next__(self) -> Utterance: ...

@final
class Corpus:
    def __new__(cls, options: dict[str, Any]) -> Corpus: ...
    def utterances(self) -> Utterances: ...
    def table(self) -> Table: ...

@final
class Predictor:
    def __new__(cls, arguments: list[str]) -> Predictor: ...
    def predict(self, texts: list[str], locales: list[str], ids: list[str]) -> list[str]: ...

def main(arguments: list[str]) -> int: ...
def call(
    arguments: list[str], progress: Callable[[str, str, int, int | None], None] | None = None
) -> tuple[int, str, list[str], str | None]: ...
def names(kind: str, met: list[str | None]) -> list[str]: ...
def keep(object: object) -> Table: ...
def write_arrow(
    object: object, path: str | os.PathLike[str], column: str | None = None
) -> tuple[int, list[str] | None]: ...
def label_metrics(batch: dict[str, Any]) -> dict[str, float]: ...
def counts(
    paths: list[str], corpus: Corpus, system: str = "", systems: list[str] | None = None, tolerant: bool = False
) -> Table: ...
def no_counts() -> Table: ...
def fold(tables: list[Any], paths: list[str], corpus: Corpus | None, options: dict[str, Any]) -> str: ...
def render(
    document: str, form: str, sort: str | None = None, width: int = 80, colour: bool = False, title: str = ""
) -> bytes: ...
