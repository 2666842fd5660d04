"""What can go wrong, as one family of exceptions.

>>> import massive_nlu as mn
>>> try:
...     mn.Corpus("nowhere")
... except mn.MassiveError as error:
...     print(error.hint or error)
nowhere: no such file or folder
"""

from __future__ import annotations

import re

__all__ = ["CheckError", "InputError", "InternalError", "MassiveError", "RequestError"]


class MassiveError(Exception):
    """What all exceptions of this package are.

    ``file``, ``line`` and ``column`` say where it is, where that is known (lines
    and columns count from 1), and ``hint`` what may help, if anything is known.
    """

    def __init__(
        self,
        message: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        text, found = _split_hint(message)
        super().__init__(text)
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint or found

    def __str__(self) -> str:
        text = str(self.args[0])
        return f"{text}\n{self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.file, self.line, self.column, self.hint)


class InputError(MassiveError, ValueError):
    """A file or a row is not what it should be."""


class RequestError(MassiveError, ValueError):
    """What was asked for does not exist or contradicts itself."""


class CheckError(MassiveError):
    """What was checked does not hold, as a submission that lacks rows."""


class InternalError(MassiveError, RuntimeError):
    """A fault of this package."""


_HINT = re.compile(r"\n *\(([^\n]*)\)$", re.MULTILINE)
# How the command line is used, which is no help here.
_USAGE = re.compile(r"\n+(?:Usage: [^\n]*\n+)?For more information, try '--help'\.\s*$")
_VALUE = re.compile(r"^invalid value '[^\n]*' for '--([a-z-]+)(?: <[^>]*>)?': ")
_FLAG = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def _split_hint(message: str) -> tuple[str, str | None]:
    """The message, and what it says in brackets at its end on a line of its own.

    Flags of the command line are the arguments of functions here.
    """
    message = _USAGE.sub("", message.rstrip()).removeprefix("error: ")
    message = _VALUE.sub(r"--\1: ", message)
    hint = None
    if hints := _HINT.findall(message):
        message, hint = _HINT.sub("", message), "; ".join(hints)
    named = [_FLAG.sub(lambda flag: flag[1].replace("-", "_"), text or "") for text in (message, hint)]
    return named[0], named[1] or None
