"""The Python peers: seqeval's f1_score and polars' read_ndjson.

usage: peers.py FOLDER LABELS RUNS

FOLDER holds the unpacked corpus, LABELS the output of `massive-benches
dump-labels`. Writes results as JSON lines, as `massive-benches` does.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import polars
from seqeval.metrics import f1_score


def timed(work):
    """The result of work, its seconds and those of processor time."""
    start, cpu = time.perf_counter(), time.process_time()
    value = work()
    return value, time.perf_counter() - start, time.process_time() - cpu


def show(key, runs, cpu=(), note=None):
    print(json.dumps({"key": key, "runs": runs, "cpu": cpu, "note": note}), flush=True)


def to_bio(labels):
    """Neighbouring words with one label are one slot, as in the reference."""
    tags, before = [], None
    for label in labels:
        if label == "Other":
            tags.append("O")
        else:
            tags.append(("I-" if label == before else "B-") + label)
        before = label
    return tags


def seqeval(labels, runs):
    gold, predicted = [], []
    with open(labels, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            gold.append(to_bio(row["gold"]))
            predicted.append(to_bio(row["predicted"]))
    results = [timed(lambda: f1_score(gold, predicted)) for _ in range(runs)]
    values, seconds, cpu = zip(*results)
    show(
        "score.seqeval",
        seconds,
        cpu,
        f"seqeval {version('seqeval')} scores {len(gold)} rows of labels that are in memory; "
        "it reads, aligns and resamples nothing.",
    )
    show("score.seqeval_f1", [float(value) for value in values])


def read_polars(folder, runs):
    paths = sorted(Path(folder).rglob("*.jsonl"))
    megabytes = sum(path.stat().st_size for path in paths) / 1e6

    def read():
        # File by file: the English source lacks two of the others' columns.
        return sum(polars.read_ndjson(path).height for path in paths)

    rows, seconds, cpu = zip(*[timed(read) for _ in range(runs)])
    show(
        "read.polars",
        [megabytes / taken for taken in seconds],
        cpu,
        f"polars {version('polars')} reads {rows[0]} rows file by file, with the schema that it "
        f"infers from the first of each, on {polars.thread_pool_size()} threads.",
    )


def main():
    folder, labels, runs = sys.argv[1:]
    seqeval(labels, int(runs))
    read_polars(folder, int(runs))


if __name__ == "__main__":
    main()
