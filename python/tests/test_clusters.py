"""Counting with DataFusion and Ray."""

import json

import pytest

import massive_nlu as mn
from conftest import GOOD, MINI
from test_counts import parts_of

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def predictions(tmp_path_factory):
    """Two systems in 8 Parquet files."""
    folder = tmp_path_factory.mktemp("predictions")
    tables = []
    for name in ("good", "poor"):
        rows = [json.loads(line) for line in (MINI / f"predictions/{name}.jsonl").read_text().splitlines()]
        keep = ("id", "locale", "pred_intent", "pred_annot_utt")
        tables.append(pa.Table.from_pylist([{"system": name, **{key: row.get(key) for key in keep}} for row in rows]))
    for number, part in enumerate(parts_of(pa.concat_tables(tables), 8)):
        pq.write_table(part, folder / f"part-{number}.parquet")
    return folder


def expected(name, corpus):
    return mn.score(MINI / f"predictions/{name}.jsonl", corpus).to_json()


def test_datafusion_scores_by_system(predictions, corpus):
    datafusion = pytest.importorskip("datafusion")
    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(3))
    mn.datafusion.register(context, corpus)
    context.register_parquet("predictions", str(predictions))
    columns = "locale, id, pred_intent, pred_annot_utt"
    rows = context.sql(f"select system, massive_score({columns}) as score from predictions group by system").to_pylist()
    assert {row["system"]: row["score"] for row in rows} == {name: expected(name, corpus) for name in ("good", "poor")}
    counted = context.sql(f"select massive_counts({columns}) as c from predictions where system = 'good'").to_pylist()
    right = sum(row["c"]["exact_match"] for row in counted)
    assert right / len(counted) == mn.score(GOOD, corpus)["all"].exact_match


def test_duckdb_hands_over_queries(predictions, corpus):
    duckdb = pytest.importorskip("duckdb")
    query = duckdb.sql(f"select * exclude (system) from '{predictions}/*.parquet' where system = 'good'")
    assert mn.score(query, corpus).to_json() == expected("good", corpus)
    counted = mn.counts(duckdb.sql(f"from '{predictions}/*.parquet'"), corpus)
    found = dict(duckdb.sql("select system, avg(exact_match::int) from counted group by system").fetchall())
    assert found["good"] == pytest.approx(mn.score(GOOD, corpus)["all"].exact_match)


@pytest.mark.filterwarnings("ignore")
def test_ray_scores_what_lies_in_files(predictions, corpus, cluster, tmp_path):
    one = pq.read_table(predictions).filter(pa.compute.field("system") == "good").drop_columns("system")
    for number, part in enumerate(parts_of(one, 16)):
        pq.write_table(part, tmp_path / f"{number}.parquet")
    dataset = cluster.data.read_parquet(str(tmp_path))
    assert mn.ray.score(dataset, corpus).to_json() == expected("good", corpus)
