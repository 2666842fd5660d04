"""Counting with Spark, where it is installed."""

import os
import sys

import pytest

import massive_nlu as mn
from conftest import GOOD
from test_clusters import expected, predictions  # noqa: F401

pytest.importorskip("pyspark")


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false").getOrCreate()
    yield session
    session.stop()


@pytest.mark.filterwarnings("ignore")
def test_spark_scores_what_lies_in_files(predictions, corpus, spark):  # noqa: F811
    frame = spark.read.parquet(str(predictions)).where("system = 'good'").drop("system")
    assert mn.spark.score(frame.repartition(64), corpus).to_json() == expected("good", corpus)
    assert mn.spark.counts(frame, corpus).count() == mn.score(GOOD, corpus)["all"].utterances
