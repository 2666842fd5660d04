"""A model that stays loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from . import _native
from ._command import flags
from .exceptions import RequestError

__all__ = ["Predictor"]


class Predictor:
    """A model's folder, loaded once: ONNX graphs, or what :func:`massive_nlu.train` made.

    >>> import massive_nlu as mn
    >>> predictor = mn.Predictor("fixtures/models/joint", engine="builtin")
    >>> found = predictor.predict(["wake me up at five am"], locale="en-US")
    >>> found[0]["pred_intent"], found[0]["pred_slots"]
    ('alarm_set', [['five am', 'time']])
    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        *,
        scores: bool = False,
        engine: str | None = None,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        # ONNX Runtime tells nobody what runs.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        self._options: dict[str, Any] = {
            "model": os.fspath(model), "scores": scores, "engine": engine, "device": device, "threads": threads,
        }
        self._model = _native.Predictor(["massive", "predict", *flags(**self._options)])

    def predict(
        self, texts: Iterable[str], *, locale: str | Sequence[str], ids: Iterable[object] | None = None
    ) -> list[dict[str, Any]]:
        """Predictions about texts, in their order. ``locale`` is that of all, or there is
        one a text; ids are their numbers, from 0, unless given."""
        given = list(texts)
        locales = [locale] * len(given) if isinstance(locale, str) else list(locale)
        names = [str(index) for index in range(len(given))] if ids is None else [str(id) for id in ids]
        if not len(given) == len(locales) == len(names):
            raise RequestError(f"{len(given)} texts, {len(locales)} locales and {len(names)} ids")
        return [json.loads(line) for line in self._model.predict(given, locales, names)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _load, (self._options,)


def _load(options: dict[str, Any]) -> Predictor:
    return Predictor(**options)
