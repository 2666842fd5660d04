"""Scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _native
from ._command import call, flags, repeated
from ._corpus import Corpus, Names, corpus_of
from ._html import of_markdown
from ._inputs import Rows, inputs

if TYPE_CHECKING:
    import os

    import polars

__all__ = ["Figure", "Figures", "Plot", "Score", "score"]


class Figure(float):
    """A metric's value as a fraction, with what says how sure it is."""

    #: The bounds of the 95 % interval; None where there is none.
    ci95: tuple[float, float] | None
    #: The standard error that the reference reports.
    reference_stderr: float | None
    #: Of an F1 over all slots, its precision and recall.
    precision: float | None
    recall: float | None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Figure:
        """What a document says of a metric."""
        figure = cls(entry["value"])
        bounds = entry.get("ci95")
        figure.ci95 = (bounds[0], bounds[1]) if bounds else None
        figure.reference_stderr = entry.get("reference_stderr")
        figure.precision = entry.get("precision")
        figure.recall = entry.get("recall")
        return figure


#: What else the metrics of the paper are called.
_ALIASES = {"intent_accuracy": "intent_acc", "slot_f1": "slot_micro_f1", "exact_match": "ex_match_acc"}


class Figures(Mapping[str, "Figure | None"]):
    """The metrics of a set of utterances, by name; None where what one needs was
    not predicted. Those of the paper are attributes as well: ``intent_accuracy``,
    ``slot_micro_f1``, ``exact_match``."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._entry = dict(entry)
        metrics = (name for name, value in entry.items() if name not in _COUNTS and not isinstance(value, (int, list)))
        self._figures = {name: Figure.of(entry[name]) if entry[name] is not None else None for name in metrics}
        #: Utterances that were scored; None of a mean over locales.
        self.utterances: int | None = entry.get("utterances")

    def __getitem__(self, metric: str) -> Figure | None:
        return self._figures[_ALIASES.get(metric, metric)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __getattr__(self, name: str) -> Figure | None:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._figures[_ALIASES.get(name, name)]
        except KeyError:
            raise AttributeError(f"no metric {name!r}: there are {', '.join(self._figures)}") from None

    def to_dict(self) -> dict[str, Any]:
        """What the document says of it."""
        return dict(self._entry)

    def __repr__(self) -> str:
        shown = (f"{name} {100 * value:.1f}" for name, value in self._figures.items() if value is not None)
        return f"<{', '.join(shown)}>"


_COUNTS = ("utterances", "words", "slots", "locales")


class Plot:
    """A picture: a notebook shows it, and it can be saved."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it as .svg."""
        Path(path).write_text(self.svg, encoding="utf-8")


def drawn(
    document: str, path: str | os.PathLike[str] | None = None, *, sort: str | None = None, title: str = ""
) -> Plot:
    """The plot of a document, also written to ``path`` (.svg or .png)."""
    if path is not None:
        form = "png" if str(path).lower().endswith(".png") else "svg"
        Path(path).write_bytes(_native.render(document, form, sort, title=title))
    return Plot(_native.render(document, "svg", sort, title=title).decode())


class Score:
    """The score of a submission: the document of ``massive score``, and what shows it.

    >>> import massive_nlu as mn
    >>> score = mn.score("fixtures/mini/predictions/good.jsonl", "fixtures/mini")
    >>> round(score["all"].exact_match, 3), score["sw-KE"].utterances
    (0.828, 13)
    >>> score.signature.split("|")[0]
    'massive'
    """

    def __init__(self, document: str) -> None:
        self._json = document
        self._document: dict[str, Any] = json.loads(document)

    @property
    def signature(self) -> str:
        """Everything that changes a number, on one line."""
        return str(self._document["signature"])

    @property
    def problems(self) -> dict[str, int]:
        """What was irregular, counted."""
        return dict(self._document["problems"])

    @property
    def locales(self) -> list[str]:
        """The locales that were scored."""
        return list(self._document["locales"])

    def __getitem__(self, of: str) -> Figures:
        """The figures of ``all``, of ``macro``, of a locale, or of a group as
        ``script:Latn``."""
        if of in ("all", "macro"):
            return Figures(self._document[of])
        feature, _, value = of.partition(":")
        entries = self._document.get("groups", {}).get(feature, {}) if value else self._document["locales"]
        if (value or of) not in entries:
            raise KeyError(f"{of} was not scored; there are all, macro, {', '.join(self.locales)}")
        return Figures(entries[value or of])

    def to_dict(self) -> dict[str, Any]:
        """The document (``massive schema score``)."""
        document: dict[str, Any] = json.loads(self._json)
        return document

    def to_json(self) -> str:
        """The document as text: byte for byte what ``massive score --format json``
        prints."""
        return self._json

    def table(self, *, sort: str | None = None, width: int = 80, form: str = "table") -> str:
        """The scores as text: ``table``, ``markdown``, ``csv`` or ``latex``. ``sort``
        is a metric by which the locales are ordered, best first."""
        return _native.render(self._json, form, sort, width).decode()

    def plot(self, path: str | os.PathLike[str] | None = None, *, sort: str | None = None, title: str = "") -> Plot:
        """The metrics a locale with their intervals, also written to ``path``
        (.svg or .png)."""
        return drawn(self._json, path, sort=sort, title=title)

    def to_polars(self) -> polars.DataFrame:
        """A row a locale, and one for ``all`` and ``macro``: values and bounds."""
        import polars

        rows = []
        for of in (*self.locales, "all", "macro"):
            figures = self[of]
            row: dict[str, Any] = {"of": of, "utterances": figures.utterances}
            for name, figure in figures.items():
                bounds = figure.ci95 if figure is not None else None
                row[name] = None if figure is None else float(figure)
                row[f"{name}_low"], row[f"{name}_high"] = bounds or (None, None)
            rows.append(row)
        return polars.DataFrame(rows, infer_schema_length=None)

    def __repr__(self) -> str:
        return f"<Score {self['all']!r} {self.signature}>"

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        lines = [line for line in self.table(form="markdown").splitlines() if line.startswith("|")]
        return f"{of_markdown(chr(10).join(lines))}<p><code>{escape(self.signature)}</code></p>"


def score(
    predictions: Rows,
    corpus: Corpus | Rows,
    *,
    partition: str | None = None,
    locales: Names = None,
    exclude_locales: Names = None,
    task: str | None = None,
    metrics: Names = None,
    group_by: Names = None,
    labels: str | None = None,
    interval: str = "wilson",
    resamples: int | None = None,
    seed: int = 12_345,
    missing: str = "error",
    locale: str | None = None,
    system: str | None = None,
    in_order: bool = False,
    labels_map: Iterable[str | os.PathLike[str]] | str | os.PathLike[str] | None = None,
    reading: str = "reference",
) -> Score:
    """Scores predictions: a path or several, rows as dictionaries, or a table.

    The very numbers of ``massive score``, whose flags the arguments are. Without
    ``partition`` it is the corpus's, or test.

    >>> import massive_nlu as mn
    >>> corpus = mn.Corpus("fixtures/mini", locales="en-US", partition="test")
    >>> predictions = [
    ...     {"id": row.id, "locale": row.locale, "pred_intent": row.intent, "pred_annot_utt": row.annot_utt}
    ...     for row in corpus
    ... ]
    >>> float(mn.score(predictions, corpus)["all"].exact_match)
    1.0

    Raises :class:`~massive_nlu.exceptions.CheckError` where rows are missing, unknown or
    there twice, and :class:`~massive_nlu.exceptions.InputError` where a file or row
    cannot be read.
    """
    rows = corpus_of(corpus, partition)
    with inputs() as given:
        paths = given.paths(predictions)
        chosen = rows._flags(
            "score",
            partition=partition,
            locales=locales,
            exclude_locales=exclude_locales,
            task=task,
            labels=labels,
            locale=locale,
        )
        options = flags(
            metrics=metrics,
            group_by=group_by,
            interval=interval if resamples is None else None,
            resamples=resamples,
            seed=seed,
            missing=missing,
            system=system,
            in_order=in_order,
            reading=reading,
        )
        named = repeated("labels-map", labels_map)
        return Score(call("score", *chosen, *options, *named, "--format=json", "--", *paths))
