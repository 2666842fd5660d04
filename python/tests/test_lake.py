"""A whole submission in 64 Parquet files, with a task that is killed and tried again."""

import gzip
import json
import os
import sys

import pytest

import massive_nlu as mn

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.filterwarnings("ignore")
COLUMNS = ("id", "locale", "pred_intent", "pred_annot_utt")
PARTS = 64


@pytest.fixture(scope="module")
def release(shared):
    """The test rows as a file of their own, which every worker reads quickly."""
    return mn.Corpus(shared / "massive/amazon-massive-dataset-1.1.tar.gz", partition="test")


@pytest.fixture(scope="module")
def lake(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lake")
    with gzip.open(shared / "oracle/submission/predictions.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    table = pa.table({name: [row.get(name) for row in rows] for name in COLUMNS})
    size = -(-len(table) // PARTS)
    for number in range(PARTS):
        pq.write_table(table.slice(number * size, size), folder / f"part-{number:02}.parquet")
    assert len(list(folder.iterdir())) == PARTS and pq.ParquetDataset(folder).read().num_rows == len(rows)
    return folder


@pytest.fixture(scope="module")
def expected(shared, release):
    return mn.score(shared / "oracle/submission/predictions.jsonl.gz", release).to_json()


def dies_once(batch, marker):
    """Ends the process of the first task that comes here, as a machine that goes away."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return batch
    os._exit(1)


def test_ray_gives_the_document_though_a_worker_dies(lake, release, expected, cluster, tmp_path):
    # Its workers do not have this file.
    cluster.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    marker = str(tmp_path / "died")
    dataset = cluster.data.read_parquet(str(lake)).map_batches(
        dies_once, batch_format="pyarrow", fn_kwargs={"marker": marker}, zero_copy_batch=True
    )
    assert mn.ray.score(dataset, release).to_json() == expected
    assert os.path.exists(marker), "no task was killed"


def test_datafusion_gives_the_document(lake, release, expected):
    datafusion = pytest.importorskip("datafusion")
    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(2))
    mn.datafusion.register(context, release)
    context.register_parquet("predictions", str(lake))
    (row,) = context.sql(f"select massive_score({', '.join(('locale', 'id', *COLUMNS[2:]))}) as score from predictions").to_pylist()
    assert row["score"] == expected


def test_parts_that_are_counted_twice_count_once(lake, release, expected):
    counted = [mn.counts(pq.read_table(part), release) for part in sorted(lake.iterdir())]
    retried = [mn.counts(pq.read_table(lake / f"part-{number:02}.parquet"), release) for number in (7, 31)]
    assert mn.fold([*retried, *reversed(counted)]).to_json() == expected
    with pytest.raises(mn.MassiveError, match="missing|rows"):
        mn.fold(counted[1:])


def test_spark_gives_the_document_though_a_task_fails(lake, release, expected, tmp_path):
    pytest.importorskip("pyspark")
    from pyspark import cloudpickle
    from pyspark.sql import SparkSession

    cloudpickle.register_pickle_by_value(sys.modules[__name__])

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        marker = str(tmp_path / "failed")

        def killed(batches):
            for batch in batches:
                yield dies_once(batch, marker)

        frame = session.read.parquet(str(lake))
        schema = ", ".join(f"{name} string" for name in COLUMNS)
        survived = frame.select(*COLUMNS).mapInArrow(killed, schema)
        assert mn.spark.score(survived, release).to_json() == expected
        assert os.path.exists(marker), "no task was killed"
    finally:
        session.stop()
