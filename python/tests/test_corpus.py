"""Loading the corpus, and what other libraries make of it."""

import json
import pickle

import pytest

import massive_nlu as mn
from conftest import MINI


def test_rows_are_those_of_the_files(corpus):
    lines = [json.loads(line) for line in (MINI / "data/sw-KE.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["partition"] == "test"]
    rows = list(corpus.select(locales="sw-KE"))
    assert [json.loads(row.to_json()) for row in rows] == lines
    for row in rows:
        assert len(row.words) == len(row.labels)
        for slot in row.slots:
            assert row.utt[slot.start : slot.end] == slot.value
            assert f"[{slot.name} : {slot.value}]" in row.annot_utt


def test_slots_count_characters_not_bytes():
    row = mn.Utterance.from_json(
        '{"id": "1", "locale": "hi-IN", "partition": "test", "scenario": "alarm", "intent": "alarm_set", '
        '"utt": "😀 कल जगाओ", "annot_utt": "😀 [date : कल] जगाओ", "worker_id": "1"}'
    )
    (slot,) = row.slots
    assert (slot.start, slot.end, slot.graphemes) == (2, 4, (2, 4))
    assert row.labels == ["Other", "date", "Other"]


def test_what_is_chosen_is_read(corpus):
    assert {row.locale for row in corpus.select(locales=["de-DE", "*-IN"])} >= {"de-DE", "hi-IN", "ta-IN"}
    assert "en-US" not in {row.locale for row in corpus.select(exclude_locales="en-US")}
    both = mn.Corpus(MINI, locales="de-DE")
    assert {row.partition for row in both} >= {"train", "test"}
    assert len(both) == len(list(both))
    strict = mn.Corpus(MINI, locales="de-DE", min_intent_score=1.0)
    assert len(strict) <= len(both)


def test_iteration_may_be_left(corpus):
    for _ in range(3):
        assert next(iter(corpus)).partition == "test"


def test_every_library_reads_the_same(corpus):
    pa = pytest.importorskip("pyarrow")
    pl = pytest.importorskip("polars")
    expected = [(row.locale, row.id, row.words, row.labels) for row in corpus]

    def rows(table):
        columns = (table[name].to_pylist() for name in ("locale", "id", "words", "labels"))
        return list(zip(*columns))

    assert rows(pa.table(corpus)) == expected
    frame = pl.DataFrame(corpus)
    assert frame.equals(corpus.to_polars())
    assert list(zip(frame["locale"], frame["id"], frame["words"].to_list(), frame["labels"].to_list())) == expected
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql("select locale, id, words, labels from corpus").fetchall()
    assert found == expected
    datafusion = pytest.importorskip("datafusion")
    context = datafusion.SessionContext()
    table = context.from_arrow(corpus, name="corpus")
    assert table.count() == len(expected)
    pytest.importorskip("pandas")
    pandas = corpus.to_pandas()
    assert list(pandas["id"]) == [id for _, id, _, _ in expected]


def test_a_dataset_has_the_columns_of_the_hub():
    datasets = pytest.importorskip("datasets")
    corpus = mn.Corpus(MINI, locales="de-DE,en-US")
    splits = corpus.to_datasets()
    assert set(splits) >= {"train", "validation", "test"}
    test = splits["test"]
    rows = list(corpus.select(partition="test"))
    assert len(test) == len(rows)
    assert isinstance(test.features["intent"], datasets.ClassLabel)
    assert test.features["intent"].num_classes == 60 and test.features["scenario"].num_classes == 18
    names = test.features["intent"].int2str
    assert [names(number) for number in test["intent"]] == [row.intent for row in rows]
    assert test[0]["words"] == rows[0].words
    german = next(row for row in test if row["locale"] == "de-DE")
    release = json.loads(next(row for row in rows if row.locale == "de-DE").to_json())
    assert german["judgments"]["worker_id"] == [one["worker_id"] for one in release["judgments"]]
    assert german["slot_method"]["slot"] == [one["slot"] for one in release["slot_method"]]


def test_a_corpus_travels(corpus):
    again = pickle.loads(pickle.dumps(corpus.select(locales="de-DE")))
    assert list(again) == list(corpus.select(locales="de-DE"))
    row = next(iter(again))
    assert pickle.loads(pickle.dumps(row)) == row


def test_rows_in_memory_are_a_corpus(corpus):
    lines = [json.loads(row.to_json()) for row in corpus.select(locales="de-DE")]
    held = mn.Corpus(lines, partition="test")
    assert [row.words for row in held] == [row.words for row in corpus.select(locales="de-DE")]
    assert list(pickle.loads(pickle.dumps(held))) == list(held)


def test_what_is_wrong_is_said_with_its_place(tmp_path):
    lines = (MINI / "data/de-DE.jsonl").read_text().splitlines()
    bad = tmp_path / "de-DE.jsonl"
    bad.write_text("\n".join([lines[0], lines[1].replace("}", "", 1), lines[2]]))
    with pytest.raises(mn.InputError) as caught:
        list(mn.Corpus(bad))
    assert caught.value.file == str(bad) and caught.value.line == 2
    with pytest.raises(mn.MassiveError, match="nowhere"):
        mn.Corpus("nowhere")
    with pytest.raises(mn.RequestError, match="xx-YYYYYYYYYY"):
        mn.Corpus(MINI, locales="xx-YYYYYYYYYY")
    with pytest.raises(mn.RequestError, match="brackets"):
        mn.Corpus(MINI, labels="other")
    assert issubclass(mn.InputError, ValueError)
