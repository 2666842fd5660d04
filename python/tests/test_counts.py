"""Counts in parts, and what they add up to."""

import json
import random

import pytest

import massive_nlu as mn
from conftest import GOOD, MINI

pa = pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def table():
    return pa.Table.from_pylist([json.loads(line) for line in GOOD.read_text().splitlines()])


def parts_of(table, count, seed=1):
    draw = random.Random(seed)
    rows = list(range(table.num_rows))
    draw.shuffle(rows)
    return [table.take(rows[index::count]) for index in range(count)]


@pytest.mark.parametrize("count", [1, 3, 64])
@pytest.mark.parametrize("options", [{}, {"resamples": 50, "metrics": "intent_macro_f1,slot_micro_f1", "group_by": "script"}])
def test_parts_add_up_to_the_whole(corpus, table, count, options):
    parts = [mn.counts(part, corpus) for part in parts_of(table, count)]
    assert mn.fold(parts, **options).to_json() == mn.score(GOOD, corpus, **options).to_json()


def test_a_task_that_was_tried_again_counts_once(corpus, table):
    parts = [mn.counts(part, corpus) for part in parts_of(table, 5)]
    expected = mn.score(GOOD, corpus).to_json()
    assert mn.fold([*parts, parts[2], mn.counts(table.slice(0, 0), corpus)]).to_json() == expected
    with pytest.raises(mn.RequestError, match="a part is not there"):
        mn.fold(parts[1:])
    other = mn.counts(table.slice(0, 1).set_column(0, "id", [table["id"][1:2]]), corpus)
    with pytest.raises(mn.RequestError, match="counted twice, with different results"):
        mn.fold([*parts, other])


def test_what_engines_do_to_tables_is_undone(corpus, table):
    expected = mn.score(GOOD, corpus).to_json()
    encoded = table.set_column(1, "locale", table["locale"].dictionary_encode())
    ids = pa.array([int(id) for id in table["id"].to_pylist()], pa.int64())
    encoded = encoded.set_column(encoded.column_names.index("id"), "id", ids)
    views = encoded.set_column(2, table.column_names[2], table[table.column_names[2]])
    counted = pa.table(mn.counts(views, corpus))
    # Without its metadata, with large texts and numbers for ids, in another order.
    stripped = counted.replace_schema_metadata(None)
    plain = stripped.set_column(2, "id", ids if stripped["id"].to_pylist() == [str(id) for id in ids.to_pylist()] else stripped["id"])
    plain = plain.set_column(1, "locale", plain["locale"].cast(pa.large_string()))
    shuffled = plain.take(list(reversed(range(plain.num_rows)))).select(sorted(plain.column_names))
    assert mn.fold([shuffled], corpus).to_json() == expected
    with pytest.raises(mn.RequestError, match="give the corpus"):
        mn.fold([shuffled])
    polars = pytest.importorskip("polars")
    assert mn.fold(polars.DataFrame(counted), corpus).to_json() == expected


def test_rows_without_a_prediction_are_wrong_if_that_is_wanted(corpus, table):
    some = table.slice(5)
    expected = mn.score(some, corpus, missing="wrong").to_json()
    assert mn.fold([mn.counts(part, corpus) for part in parts_of(some, 4)], corpus, missing="wrong").to_json() == expected


def test_several_systems_in_one_table(corpus, table):
    poor = pa.Table.from_pylist([json.loads(line) for line in (MINI / "predictions/poor.jsonl").read_text().splitlines()])
    named = [one.append_column("system", pa.array([name] * one.num_rows)) for name, one in (("good", table), ("poor", poor))]
    both = pa.concat_tables(named, promote_options="default")
    counted = [mn.counts(part, corpus) for part in parts_of(both, 4)]
    scores = mn.fold_systems(counted)
    assert list(scores) == ["good", "poor"]
    # A table of several systems is a form of its own, which the document names.
    of_one = lambda score: {key: value for key, value in score.to_dict().items() if key != "input"}
    assert of_one(scores["good"]) == of_one(mn.score(GOOD, corpus))
    poor = mn.score(MINI / "predictions/poor.jsonl", corpus)
    assert of_one(mn.fold(counted, system="poor")) == of_one(poor)
    with pytest.raises(mn.RequestError, match="several systems"):
        mn.fold(counted)


def test_predictions_of_no_row_are_refused(corpus):
    with pytest.raises(mn.RequestError, match="de-DE 999999"):
        mn.counts([{"id": "999999", "locale": "de-DE", "pred_intent": "alarm_set", "pred_annot_utt": "x"}], corpus)
