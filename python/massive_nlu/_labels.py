"""Labels by number, in any of the forms that people have them in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, Union

#: Names by number: a list, a map of either direction (``id2label``, ``label2id``), a
#: ``ClassLabel``, or a file such as ``massive.slots``.
Maps: TypeAlias = Union[Sequence[str], Mapping[Any, Any], str, "os.PathLike[str]", Any]


def names_of(maps: Maps) -> list[str]:
    """Names in the order of their numbers."""
    named: Any = maps
    if isinstance(named, (str, os.PathLike)):
        named = json.loads(Path(named).read_text(encoding="utf-8"))
    if hasattr(named, "names") and not isinstance(named, Mapping):
        named = named.names
    if not isinstance(named, Mapping):
        return [str(name) for name in named]
    pairs = [(key, value) if str(key).lstrip("-").isdigit() else (value, key) for key, value in named.items()]
    by_number = {int(number): str(name) for number, name in pairs}
    return [by_number.get(number, "") for number in range(max(by_number, default=-1) + 1)]
