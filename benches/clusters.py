#!/usr/bin/env python3
"""What an engine adds to counting: rows a second of one process, Ray, DataFusion and
Spark, of predictions in 64 Parquet files, at several times the size of a submission.

usage: clusters.py CORPUS PREDICTIONS [--times 1,4,16] [--workers 1,2] | write.py clusters

Each copy of the submission is another system. What is timed is from the files to the
documents, after the engine has started and has seen the corpus once. It runs in an
environment with massive-nlu and those engines that are to be measured.
"""

import argparse
import gzip
import importlib.util
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import massive_nlu as mn

COLUMNS = ("id", "locale", "pred_intent", "pred_annot_utt")
PARTS = 64


def lake(predictions: str, times: int, folder: Path) -> int:
    """Writes the submission so many times, and gives its rows."""
    opened = gzip.open if predictions.endswith(".gz") else open
    with opened(predictions, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    table = pa.table({name: [row.get(name) for row in rows] for name in COLUMNS})
    copies = [table.append_column("system", pa.array([f"system {copy:02}"] * len(table))) for copy in range(times)]
    whole = pa.concat_tables(copies)
    size = -(-len(whole) // PARTS)
    for number in range(PARTS):
        pq.write_table(whole.slice(number * size, size), folder / f"part-{number:02}.parquet")
    return len(whole)


def one_process(folder: Path, corpus: mn.Corpus, workers: int) -> int:
    """Counts file by file and folds; the threads of a call are not limited."""
    parts = [mn.counts(pq.read_table(part), corpus) for part in sorted(folder.iterdir())]
    return len(mn.fold_systems(parts))


def with_ray(folder: Path, corpus: mn.Corpus, workers: int) -> int:
    """Tasks of Ray, so many at once."""
    import ray
    from massive_nlu._worker import counted
    import pickle

    dataset = ray.data.read_parquet(str(folder))
    counts = dataset.map_batches(
        counted, batch_format="pyarrow", batch_size=16_384, fn_kwargs={"pickled": pickle.dumps(corpus)}, zero_copy_batch=True
    )
    return len(mn.fold_systems(list(counts.iter_batches(batch_format="pyarrow", batch_size=None)), corpus))


def with_datafusion(folder: Path, corpus: mn.Corpus, workers: int) -> int:
    """A query of DataFusion over so many partitions."""
    import datafusion

    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(workers))
    mn.datafusion.register(context, corpus)
    context.register_parquet("predictions", str(folder))
    columns = "locale, id, pred_intent, pred_annot_utt"
    return len(context.sql(f"select system, massive_score({columns}) as s from predictions group by system").to_pylist())


def with_spark(folder: Path, corpus: mn.Corpus, workers: int) -> int:
    """Python workers of Spark."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    counts = mn.spark.counts(session.read.parquet(str(folder)), corpus).toArrow()
    return len(mn.fold_systems([counts], corpus))


def start(engine: str, workers: int):
    """Starts an engine, and gives what ends it."""
    if engine == "Ray":
        import ray

        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, _temp_dir="/tmp/ray-massive")
        return ray.shutdown
    if engine == "Spark":
        from pyspark.sql import SparkSession

        os.environ["PYSPARK_PYTHON"] = sys.executable
        session = SparkSession.builder.master(f"local[{workers}]").config("spark.ui.enabled", "false").getOrCreate()
        return session.stop
    return lambda: None


ENGINES = {"one process": ("pyarrow", one_process), "Ray": ("ray", with_ray), "DataFusion": ("datafusion", with_datafusion), "Spark": ("pyspark", with_spark)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("predictions")
    parser.add_argument("--times", default="1,4,16")
    parser.add_argument("--workers", default="1,2")
    arguments = parser.parse_args()
    sizes = [int(times) for times in arguments.times.split(",")]
    corpus = mn.Corpus(arguments.corpus, partition="test")
    with tempfile.TemporaryDirectory() as work:
        folders = {}
        for times in sizes:
            folder = Path(work) / str(times)
            folder.mkdir()
            folders[times] = folder, lake(arguments.predictions, times, folder)
        small = Path(work) / "small"
        small.mkdir()
        part = next(iter(folders.values()))[0] / "part-00.parquet"
        pq.write_table(pq.read_table(part), small / "part.parquet")
        print("| engine | workers |", " | ".join(f"{rows:,} rows" for _, rows in folders.values()), "|")
        print("|:--|--:|" + "--:|" * len(sizes))
        for engine, (module, run) in ENGINES.items():
            if importlib.util.find_spec(module) is None:
                print(f"{module} is not installed: {engine} was not measured", file=sys.stderr)
                continue
            for workers in [1] if engine == "one process" else map(int, arguments.workers.split(",")):
                stop = start(engine, workers)
                try:
                    warm(run, small, corpus, workers)
                    figures = []
                    for times, (folder, rows) in folders.items():
                        begun = time.perf_counter()
                        found = run(folder, corpus, workers)
                        figures.append(rows / (time.perf_counter() - begun))
                        assert found == times, f"{engine} gave {found} scores of {times} systems"
                finally:
                    stop()
                print(f"| {engine} | {workers} |", " | ".join(f"{figure:,.0f}" for figure in figures), "|", flush=True)


def warm(run, folder: Path, corpus: mn.Corpus, workers: int) -> None:
    """Starts workers, which read the corpus; a part is no whole submission."""
    try:
        run(folder, corpus, workers)
    except Exception as error:
        if "missing" not in str(error) and "rows" not in str(error):
            raise


main()
