"""What a worker of a cluster does: it holds a corpus and a model as long as it lives."""

from __future__ import annotations

import os
import pickle
from functools import lru_cache
from typing import Any

from ._corpus import Corpus
from ._counts import counts

#: Columns of :func:`massive_nlu.counts` as types that every engine has: no dictionaries,
#: no unsigned numbers.
PLAIN: dict[str, str] = {
    "system": "string",
    "locale": "string",
    "id": "string",
    "digest": "string",
    "words": "bigint",
    "gold_slots": "bigint",
    "predicted_slots": "bigint",
    "correct_slots": "bigint",
    "intent_correct": "boolean",
    "exact_match": "boolean",
    "scenario_correct": "boolean",
    "missing": "boolean",
    "malformed": "boolean",
    "misaligned": "boolean",
    "unknown_intent": "boolean",
    "unknown_slots": "bigint",
    "unread_brackets": "boolean",
    "unplaced": "bigint",
    "gold_intent": "string",
    "predicted_intent": "string",
    "slot_counts": "array<struct<slot: string, gold: bigint, predicted: bigint, correct: bigint>>",
}


@lru_cache(maxsize=4)
def held(pickled: bytes) -> Corpus:
    """A corpus that was sent as its options: its rows are read once a process."""
    # Each worker is one of many on its machine.
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    corpus: Corpus = pickle.loads(pickled)
    return corpus


def counted(batch: Any, pickled: bytes, system: str = "") -> Any:
    """The counts of a batch as a table of pyarrow, of plain types."""
    import pyarrow

    table = pyarrow.table(counts(batch, held(pickled), system=system))
    return table.cast(plain_schema()).replace_schema_metadata(None)


def plain_schema() -> Any:
    """The schema of :data:`PLAIN`."""
    import pyarrow

    number = pyarrow.int64()
    names = ("gold", "predicted", "correct")
    slots = pyarrow.list_(pyarrow.struct([("slot", pyarrow.string()), *((name, number) for name in names)]))
    types = {"string": pyarrow.string(), "bigint": number, "boolean": pyarrow.bool_()}
    return pyarrow.schema([(name, types.get(kind, slots)) for name, kind in PLAIN.items()])
