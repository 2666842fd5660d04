"""Checks, comparisons, errors, reports, training and predictions."""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _native
from ._command import call, flags
from ._corpus import Corpus, Names, corpus_of
from ._html import of_markdown, preformatted
from ._html import table as of_rows
from ._inputs import Rows, inputs
from ._score import Plot, drawn
from .exceptions import RequestError

if TYPE_CHECKING:
    import polars

__all__ = ["Check", "Comparison", "Document", "Errors", "Report", "check", "compare", "errors", "predict", "report", "train"]


class Document:
    """A document of one of the commands."""

    def __init__(self, document: str) -> None:
        self._json = document

    def to_json(self) -> str:
        """The document as text, byte for byte as the command prints it."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """The document."""
        document: dict[str, Any] = json.loads(self._json)
        return document

    def __getitem__(self, key: str) -> Any:
        return self.to_dict()[key]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self.to_dict())}>"


class Check(Document):
    """What is wrong with a submission (``massive schema check``)."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; there may be warnings."""
        return bool(self["ok"])

    def table(self) -> str:
        """What was found, a line a kind."""
        rows = [f"{severity}  {kind}  {count}  {locales}" for severity, kind, count, locales in self._found()]
        return "\n".join([self._verdict(), *rows]) + "\n"

    def to_polars(self) -> polars.DataFrame:
        """A row a kind that was found."""
        import polars

        names = {"severity": polars.String, "kind": polars.String, "count": polars.Int64, "locales": polars.String}
        return polars.DataFrame(self._found(), schema=names, orient="row")

    def _verdict(self) -> str:
        return f"{'valid' if self.ok else 'not valid'}: {self['rows']} predictions, partition {self['partition']}"

    def _found(self) -> list[tuple[str, str, int, str]]:
        document = self.to_dict()
        return [
            (severity, kind, found["count"], ", ".join(f"{locale} {count}" for locale, count in found["locales"].items()))
            for severity in ("errors", "warnings")
            for kind, found in document[severity].items()
            if found["count"]
        ]

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        found = self._found()
        rows = of_rows([("", "what", "rows", "by locale"), *found]) if found else ""
        return f"<p>{escape(self._verdict())}</p>{rows}"


class Comparison(Document):
    """Systems against a baseline (``massive schema compare``)."""

    def table(self, *, sort: str | None = None, width: int = 80, form: str = "table") -> str:
        """What was won and lost, as text: ``table``, ``markdown``, ``csv`` or ``latex``.
        ``sort`` is a metric by whose differences the locales are ordered."""
        return _native.render(self._json, form, sort, width).decode()

    def plot(self, path: str | os.PathLike[str] | None = None, *, sort: str | None = None, title: str = "") -> Plot:
        """The differences a locale, also written to ``path`` (.svg or .png)."""
        return drawn(self._json, path, sort=sort, title=title)

    def to_polars(self) -> polars.DataFrame:
        """A row a system, metric and locale; of ``all`` and ``macro`` as well."""
        import polars

        rows = []
        for comparison in self["comparisons"]:
            places = {**comparison["locales"], "all": comparison["all"], "macro": comparison["macro"]}
            for of, entry in places.items():
                for metric, found in entry.items():
                    if isinstance(found, dict) and "difference" in found:
                        low, high = found["ci95"] or (None, None)
                        kept = ("baseline", "new", "difference", "p", "p_holm", "verdict")
                        row = {name: found.get(name) for name in kept}
                        rows.append({
                            "system": comparison["system"]["name"], "of": of, "metric": metric, **row,
                            "low": low, "high": high,
                        })
        return polars.DataFrame(rows, infer_schema_length=None)

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return of_markdown(self.table(form="markdown"))


class Errors(Document):
    """What a submission gets wrong (``massive schema errors``)."""

    def table(self, *, width: int = 100) -> str:
        """The errors as text: words with the gold slots above them and the predicted
        ones below; or the counts of a summary."""
        return _native.render(self._json, "table", None, width).decode()

    def to_polars(self) -> polars.DataFrame:
        """A row an utterance that is wrong."""
        import polars

        document = self.to_dict()
        if "errors" not in document:
            raise RequestError("a summary lists no utterances: ask for errors without summary and by")
        return polars.DataFrame(document["errors"]["utterances"], infer_schema_length=None)

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return preformatted(self.table())


class Report:
    """A page of ``massive report``: a notebook shows it."""

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page."""
        Path(path).write_text(self.html, encoding="utf-8")

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self.html)}" width="100%" height="640" title="report"></iframe>'


def check(
    predictions: Rows,
    corpus: Corpus | Rows,
    *,
    strict: bool = False,
    partition: str | None = None,
    locales: Names = None,
    task: str | None = None,
    in_order: bool = False,
    system: str | None = None,
    reading: str = "reference",
) -> Check:
    """Finds what is wrong with a submission before anyone uploads it.

    >>> import massive_nlu as mn
    >>> check = mn.check("fixtures/mini/predictions/good.jsonl", "fixtures/mini")
    >>> check.ok, check["rows"]
    (True, 663)
    """
    rows = corpus_of(corpus, partition)
    with inputs() as given:
        paths = given.paths(predictions)
        chosen = rows._flags("check", partition=partition, locales=locales, task=task)
        options = flags(strict=strict, in_order=in_order, system=system, reading=reading)
        return Check(call("check", *chosen, *options, "--format=json", "--", *paths, check=False))


def compare(
    baseline: Rows,
    *new: Rows,
    corpus: Corpus | Rows,
    partition: str | None = None,
    locales: Names = None,
    metrics: Names = None,
    trials: int = 10_000,
    alpha: float = 0.05,
    common: bool = False,
    seed: int = 12_345,
) -> Comparison:
    """Holds systems against a baseline: what they win, lose and leave undecided.

    >>> import massive_nlu as mn
    >>> found = mn.compare(
    ...     "fixtures/mini/predictions/poor.jsonl", "fixtures/mini/predictions/good.jsonl",
    ...     corpus="fixtures/mini", trials=100,
    ... )
    >>> found["format"]
    'massive-compare/1'
    """
    rows = corpus_of(corpus, partition)
    with inputs() as given:
        paths = [_one(given.paths(one, "baseline" if index == 0 else f"system {index}")) for index, one in enumerate((baseline, *new))]
        chosen = rows._flags("compare", partition=partition, locales=locales)
        options = flags(metrics=metrics, trials=trials, alpha=alpha, common=common, seed=seed)
        return Comparison(call("compare", *chosen, *options, "--format=json", "--", *paths))


def _one(paths: list[str]) -> str:
    if len(paths) != 1:
        raise RequestError("several files of one system: give their folder, or a table of all")
    return paths[0]


def errors(
    predictions: Rows,
    corpus: Corpus | Rows,
    *,
    partition: str | None = None,
    locales: Names = None,
    slot: Names = None,
    classes: Names = None,
    intent: Names = None,
    scenario: Names = None,
    grep: str | None = None,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 12_345,
    summary: bool = False,
    by: Names = None,
    missing: str = "error",
) -> Errors:
    """What a submission gets wrong, slot by slot; or counted (``summary``, ``by``).

    >>> import massive_nlu as mn
    >>> found = mn.errors("fixtures/mini/predictions/good.jsonl", "fixtures/mini", locales="de-DE")
    >>> all(row["locale"] == "de-DE" for row in found["errors"]["utterances"])
    True
    """
    rows = corpus_of(corpus, partition)
    with inputs() as given:
        paths = given.paths(predictions)
        chosen = rows._flags("errors", partition=partition, locales=locales)
        options = flags(
            slot=slot, intent=intent, scenario=scenario, grep=grep, limit=limit, sample=sample, seed=seed,
            summary=summary, by=by, missing=missing, **{"class": classes},
        )
        return Errors(call("errors", *chosen, *options, "--format=json", "--", *paths))


def report(
    *predictions: Rows,
    corpus: Corpus | Rows,
    output: str | os.PathLike[str] | None = None,
    partition: str | None = None,
    locales: Names = None,
    metrics: Names = None,
    sample: int | None = None,
    trials: int = 10_000,
    title: str | None = None,
    missing: str = "error",
) -> Report:
    """A page to read: scores, plots, and every utterance that is wrong. Of several
    systems the first is the baseline.

    >>> import massive_nlu as mn
    >>> page = mn.report("fixtures/mini/predictions/good.jsonl", corpus="fixtures/mini", locales="de-DE")
    >>> "de-DE" in page.html
    True
    """
    rows = corpus_of(corpus, partition)
    with inputs() as given:
        paths = [_one(given.paths(one, f"system {index}")) for index, one in enumerate(predictions, 1)]
        chosen = rows._flags("report", partition=partition, locales=locales)
        options = flags(metrics=metrics, sample=sample, trials=trials, title=title, missing=missing)
        page = Report(call("report", *chosen, *options, "--format=html", "--", *paths))
    if output is not None:
        page.save(output)
    return page


def train(
    corpus: Corpus | Rows,
    output: str | os.PathLike[str],
    *,
    locales: Names = None,
    seed: int = 1,
    threads: int | None = None,
    rare_labels: bool = False,
    force: bool = False,
) -> dict[str, Any]:
    """Trains a linear model of intents and slots into the folder ``output``, a
    locale in seconds; what was learned of which locale."""
    rows = corpus_of(corpus)
    chosen = rows._flags("train", locales=locales)
    chosen = [flag for flag in chosen if not flag.startswith("--partition=")]
    options = flags(output=output, seed=seed, threads=threads, rare_labels=rare_labels, force=force)
    document: dict[str, Any] = json.loads(call("train", *chosen, *options, "--format=json"))
    return document


def predict(
    model: str | os.PathLike[str],
    corpus: Corpus | Rows,
    *,
    output: str | os.PathLike[str] | None = None,
    partition: str | None = None,
    locales: Names = None,
    scores: bool = False,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    batch_size: int | None = None,
    shard: str | None = None,
    force: bool = False,
) -> list[dict[str, Any]]:
    """Runs a model's folder over a corpus: the predictions, which are also written
    to ``output`` as JSON lines where that is given.

    >>> import massive_nlu as mn
    >>> corpus = mn.Corpus("fixtures/mini", locales="en-US", partition="test")
    >>> predictions = mn.predict("fixtures/models/joint", corpus, engine="builtin")
    >>> len(predictions) == len(corpus)
    True
    """
    rows = corpus_of(corpus, partition)
    with inputs() as given:
        path = Path(output) if output is not None else given.file("predictions.jsonl")
        chosen = rows._flags("predict", partition=partition, locales=locales)
        options = flags(
            model=model, output=path, scores=scores, engine=engine, device=device, threads=threads,
            batch_size=batch_size, shard=shard, force=force,
        )
        call("predict", *chosen, *options)
        return _lines(path)


def _lines(path: Path) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]
