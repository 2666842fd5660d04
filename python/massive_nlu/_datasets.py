"""A corpus as the ``datasets`` library had it on the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._names import class_names

if TYPE_CHECKING:
    import datasets

    from ._corpus import Corpus

#: What `datasets` calls the partitions.
SPLITS = {"train": "train", "dev": "validation", "test": "test", "MMNLU-22": "heldout"}


def dataset_dict(corpus: Corpus) -> datasets.DatasetDict:
    """A split a partition."""
    import datasets
    import pyarrow
    import pyarrow.compute as compute

    table = pyarrow.table(corpus)
    classes = {name: class_names(name, table[name].unique().to_pylist()) for name in ("scenario", "intent")}
    features = _features(datasets, classes)
    splits = {}
    for partition in table["partition"].unique().to_pylist():
        of_partition = table.filter(compute.equal(table["partition"], partition)).combine_chunks()
        columns = {name: _column(of_partition[name], classes.get(name)) for name in features}
        splits[SPLITS[partition]] = datasets.Dataset(pyarrow.table(columns).cast(features.arrow_schema))
    return datasets.DatasetDict(splits)


def _features(datasets: Any, classes: dict[str, list[str]]) -> Any:
    """The columns of the version on the hub, and words with labels."""
    text = datasets.Value("string")
    scores = {f"{name}_score": datasets.List(datasets.Value("int8")) for name in ("intent", "slots", "grammar", "spelling")}
    texts = datasets.List(text)
    return datasets.Features(
        {
            **{name: text for name in ("id", "locale", "partition")},
            **{name: datasets.ClassLabel(names=names) for name, names in classes.items()},
            **{name: text for name in ("utt", "annot_utt", "worker_id")},
            "slot_method": {"slot": texts, "method": texts},
            "judgments": {"worker_id": texts, **scores, "language_identification": texts},
            "words": texts,
            "labels": texts,
        }
    )


def _column(column: Any, classes: list[str] | None) -> Any:
    """A column as the hub had it: class numbers, and structs of lists."""
    import pyarrow
    import pyarrow.compute as compute

    if classes is not None:
        return compute.index_in(column, value_set=pyarrow.array(classes)).cast(pyarrow.int64())
    (chunk,) = column.chunks if column.num_chunks == 1 else [pyarrow.array([], column.type)]
    if not (pyarrow.types.is_list(chunk.type) and pyarrow.types.is_struct(chunk.type.value_type)):
        return chunk
    nulls = chunk.is_null()
    fields = chunk.values
    lists = [
        pyarrow.ListArray.from_arrays(chunk.offsets, fields.field(index)) for index in range(fields.type.num_fields)
    ]
    return pyarrow.StructArray.from_arrays(lists, names=[field.name for field in fields.type], mask=nulls)
