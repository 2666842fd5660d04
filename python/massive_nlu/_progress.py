"""Progress, shown by tqdm where it is there."""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import Any

#: Work that is done sooner shows nothing.
DELAY = 0.5


class Bars:
    """What is called with what a command is at: a bar a step, which vanishes at its end.

    They are drawn where somebody watches: on a terminal, or in a notebook.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._step: tuple[str, int | None] | None = None
        self._drawn = drawn()

    def __call__(self, what: str, unit: str, done: int, total: int | None) -> None:
        if self._drawn is None:
            return
        if self._step != (what, total):
            self._close()
            self._step = (what, total)
            self._bar = self._drawn(
                desc=what, total=total, initial=0, unit=unit, unit_scale=unit == "B", leave=False, delay=DELAY
            )
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = self._step = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def drawn() -> Any:
    """The class of bars: None without tqdm, or where nobody watches."""
    notebook = "ipykernel" in sys.modules
    if not notebook and not (sys.stderr is not None and sys.stderr.isatty()):
        return None
    try:
        with warnings.catch_warnings():
            # That a notebook has no widgets, and gets bars of text.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm
