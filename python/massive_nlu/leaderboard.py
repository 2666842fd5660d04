"""A leaderboard in a folder of JSON entries: add submissions, check them, render
the board.

>>> import tempfile, massive_nlu as mn
>>> with tempfile.TemporaryDirectory() as folder:
...     entry = mn.leaderboard.add(
...         "fixtures/mini/predictions/good.jsonl", "fixtures/mini", folder=folder, name="good",
...         trained_on_evaluation_rows=False,
...     )
...     mn.leaderboard.check(folder)["format"]
'massive-leaderboard-check/1'
"""

from __future__ import annotations

import os
from typing import Any

from ._command import call, flags
from ._commands import Document
from ._corpus import Corpus, corpus_of
from ._inputs import Rows, inputs

__all__ = ["add", "check", "render"]


def add(
    predictions: Rows,
    corpus: Corpus | Rows,
    *,
    folder: str | os.PathLike[str] = "leaderboard",
    name: str | None = None,
    meta: str | os.PathLike[str] | None = None,
    system: str | None = None,
    team: str | None = None,
    date: str | None = None,
    task: str | None = None,
    phase: str | None = None,
    family: str | None = None,
    parameters: int | str | None = None,
    trained_on_evaluation_rows: bool | None = None,
    strict: bool = False,
    force: bool = False,
) -> Document:
    """Scores a submission and puts it into the folder of a leaderboard."""
    rows = corpus_of(corpus)
    declared = {None: None, True: "yes", False: "no"}[trained_on_evaluation_rows]
    with inputs() as given:
        paths = given.paths(predictions)
        options = flags(
            corpus=rows.path, folder=folder, name=name, meta=meta, system=system, team=team, date=date, task=task,
            phase=phase, family=family, parameters=parameters, trained_on_evaluation_rows=declared, strict=strict,
            force=force,
        )
        return Document(call("leaderboard", "add", *options, "--format=json", "--", *paths))


def check(
    folder: str | os.PathLike[str] = "leaderboard",
    *,
    predictions: str | os.PathLike[str] | None = None,
    corpus: Corpus | Rows | None = None,
) -> Document:
    """Finds what is wrong with the entries in a folder, and whether what was
    rendered is up to date."""
    path = corpus_of(corpus).path if corpus is not None else None
    options = flags(predictions=predictions, corpus=path)
    return Document(call("leaderboard", "check", *options, "--format=json", "--", os.fspath(folder), check=False))


def render(
    folder: str | os.PathLike[str] = "leaderboard",
    output: str | os.PathLike[str] | None = None,
    *,
    form: str = "html",
    **options: Any,
) -> str:
    """Makes a page, a table or a document of the entries; other options are the
    flags of ``massive leaderboard render``."""
    given = flags(output=output, format=form, **options)
    return call("leaderboard", "render", *given, "--", os.fspath(folder))
