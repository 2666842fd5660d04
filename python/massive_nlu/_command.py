"""Calls of the commands."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import Any

from . import _native
from ._progress import Bars
from .exceptions import CheckError

#: What the commands remark, as what other form they read a file.
log = logging.getLogger("massive_nlu")


def flags(**options: Any) -> list[str]:
    """Arguments of a function as flags of a command; those that are None or False
    are not given."""
    given: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            given.append(flag)
        elif isinstance(value, (str, os.PathLike)) or not isinstance(value, Iterable):
            given.append(f"{flag}={value}")
        elif listed := [str(one) for one in value]:
            given.append(f"{flag}={','.join(listed)}")
    return given


def repeated(name: str, values: Iterable[Any] | str | os.PathLike[str] | None) -> list[str]:
    """A flag that may be given more than once."""
    if values is None:
        return []
    if isinstance(values, (str, os.PathLike)):
        values = [values]
    return [f"--{name}={os.fspath(value) if isinstance(value, os.PathLike) else value}" for value in values]


def call(*arguments: str, check: bool = True) -> str:
    """What a command would print. A check that does not hold raises, unless its
    result says so itself (``check=False``)."""
    with Bars() as bars:
        code, results, remarks, message = _native.call(["massive", *arguments], bars)
    for remark in remarks:
        log.info("%s", remark)
    if code and (check or not results):
        raise CheckError(message or "the check failed")
    return results
