"""Reads what `massive corpus convert` wrote with the libraries that it is for.

Usage: read_conversions.py FOLDER [SAMPLES HF]

FOLDER holds one corpus as c.jsonl, c.parquet, c.arrow, c.words, c.conll, c.csv
and hf. HF is the real corpus as a dataset, SAMPLES the reference's words and
labels of some of its rows.
"""

import csv
import gzip
import json
import pathlib
import sys

import datasets
import polars
import pyarrow.feather
import pyarrow.parquet
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2

SPLITS = {"train", "dev", "test", "MMNLU-22"}
COLUMNS = [
    "id", "locale", "domain", "intent_str", "annot_utt", "utt", "slots_str", "intent_num",
    "slots_num",
]


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_table(rows, words, table):
    assert table.schema.metadata[b"massive.labels"] == b"reference"
    found = {(row["locale"], row["id"]): row for row in table.to_pylist()}
    assert len(found) == len(rows) == len(words)
    slots = 0
    for row, expected in zip(rows, words):
        got = found[row["locale"], row["id"]]
        for key in ["partition", "scenario", "intent", "utt", "annot_utt", "worker_id",
                    "slot_method"]:
            assert got[key] == row.get(key), (key, got)
        judgments = row.get("judgments")
        if judgments is not None:
            judgments = [{"language_identification": None} | judgment for judgment in judgments]
        assert got["judgments"] == judgments
        assert (got["words"], got["labels"]) == (expected["words"], expected["labels"])
        for slot in got["slots"] or []:
            span = row["utt"].encode()[slot["byte_start"]:slot["byte_end"]]
            assert span.decode() == slot["value"]
            assert 0 < slot["grapheme_end"] - slot["grapheme_start"] <= len(slot["value"])
            slots += 1
    assert slots > 0


def check_polars(rows, path):
    frame = polars.read_parquet(path)
    assert frame.height == len(rows)
    scores = frame.explode("judgments").unnest("judgments", separator=".")
    mean = scores["judgments.grammar_score"].mean()
    expected = [j["grammar_score"] for row in rows for j in row.get("judgments") or []]
    assert abs(mean - sum(expected) / len(expected)) < 1e-9


def check_dataset(rows, words, path):
    dataset = datasets.load_from_disk(str(path))
    assert set(dataset) <= SPLITS
    numbers = [json.loads((path / f"massive.{kind}").read_text()) for kind in ("intents", "slots")]
    intents, slots = ({name: int(n) for n, name in names.items()} for names in numbers)
    by_key = {(row["locale"], row["id"]): (row, word) for row, word in zip(rows, words)}
    seen = 0
    for name, split in dataset.items():
        assert split.column_names == COLUMNS
        assert datasets.load_from_disk(str(path / name)).num_rows == split.num_rows
        for got in split:
            row, word = by_key[got["locale"], got["id"]]
            assert row["partition"] == name
            assert (got["utt"], got["slots_str"]) == (word["words"], word["labels"])
            assert got["domain"] == row.get("scenario") and got["intent_str"] == row.get("intent")
            assert got["annot_utt"] == row.get("annot_utt")
            assert got["intent_num"] == intents.get(got["intent_str"])
            labels = got["slots_str"]
            assert got["slots_num"] == (labels and [slots[label] for label in labels])
            seen += 1
    assert seen == len(rows)
    one = dataset["test"].map(lambda row: {"words": len(row["utt"])})
    assert one[0]["words"] == len(one[0]["utt"])


def check_conll(words, path):
    sentences = [
        [line.split() for line in block.splitlines()]
        for block in path.read_text(encoding="utf-8").strip().split("\n\n")
    ]
    labelled = [row for row in words if row["labels"]]
    assert [[word for word, _ in s] for s in sentences] == [row["words"] for row in labelled]
    tags = [[tag for _, tag in sentence] for sentence in sentences]
    assert f1_score(tags, tags, mode="strict", scheme=IOB2) == 1.0
    for sentence, row in zip(tags, labelled):
        expected, start = [], 0
        labels = row["labels"] + [None]
        for end in range(1, len(labels)):
            if labels[end] != labels[start]:
                if labels[start] != "Other":
                    expected.append((labels[start], start, end - 1))
                start = end
        assert get_entities(sentence) == expected


def check_csv(rows, words, path):
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(rows)
    for got, row, word in zip(found, rows, words):
        assert (got["id"], got["utt"]) == (row["id"], row["utt"])
        assert got["words"].split(" ") == word["words"]
        assert got["labels"].split() == (word["labels"] or [])
        scores = [str(judgment["intent_score"]) for judgment in row.get("judgments") or []]
        assert got["intent_scores"].split() == scores


def check_samples(samples, path):
    with gzip.open(samples, "rt", encoding="utf-8") as file:
        golden = {(row["locale"], row["id"]): row for row in map(json.loads, file)}
    dataset = datasets.load_from_disk(str(path))
    compared = 0
    for name, split in dataset.items():
        keys = zip(split.data["locale"].to_pylist(), split.data["id"].to_pylist())
        for got in split.select([at for at, key in enumerate(keys) if key in golden]):
            row = golden[got["locale"], got["id"]]
            assert row["partition"] == name and got["annot_utt"] == row["annot_utt"]
            assert (got["utt"], got["slots_str"]) == (row["tokens"], row["labels"]), row
            compared += 1
    assert compared == len(golden) > 0
    print(f"{compared} rows equal the reference's")


def main(folder, samples=None, real=None):
    folder = pathlib.Path(folder)
    datasets.disable_progress_bars()
    rows, words = lines(folder / "c.jsonl"), lines(folder / "c.words")
    table = pyarrow.parquet.read_table(folder / "c.parquet")
    check_table(rows, words, table)
    arrow = pyarrow.feather.read_table(folder / "c.arrow")
    assert arrow.schema.equals(table.schema)
    check_table(rows, words, arrow)
    check_polars(rows, folder / "c.parquet")
    check_dataset(rows, words, folder / "hf")
    check_conll(words, folder / "c.conll")
    check_csv(rows, words, folder / "c.csv")
    if samples:
        check_samples(samples, pathlib.Path(real))


main(*sys.argv[1:])
