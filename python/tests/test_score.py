"""Scores are those of the binary."""

import json
import subprocess

import pytest

import massive_nlu as mn
from conftest import GOOD, MINI, binary


def of_binary(*arguments):
    command = binary()
    if not command.is_file():
        pytest.fail(f"{command} is not there: cargo build --workspace makes it")
    return subprocess.run([command, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("options", [{}, {"metrics": "all"}, {"group_by": ["script", "family"]}, {"resamples": 50}])
def test_the_document_is_the_binarys(options):
    if options.get("metrics") == "all":
        options = {"metrics": ["intent_acc", "slot_micro_f1", "ex_match_acc", "slu_f1", "intent_macro_f1"]}
    flags = [
        f"--{name.replace('_', '-')}={','.join(value) if isinstance(value, list) else value}"
        for name, value in options.items()
    ]
    expected = of_binary("score", GOOD, "--corpus", MINI, "--format", "json", *flags)
    score = mn.score(GOOD, MINI, **options)
    assert score.to_json() == expected
    assert score.to_dict() == json.loads(expected)


def test_whatever_holds_predictions_is_scored(corpus):
    pa = pytest.importorskip("pyarrow")
    pl = pytest.importorskip("polars")
    rows = [json.loads(line) for line in GOOD.read_text().splitlines()]
    expected = mn.score(GOOD, corpus).to_json()
    table = pa.Table.from_pylist(rows)
    assert mn.score(rows, corpus).to_json() == expected
    assert mn.score(iter(rows), corpus).to_json() == expected
    assert mn.score(table, corpus).to_json() == expected
    assert mn.score(table.to_reader(max_chunksize=100), corpus).to_json() == expected
    assert mn.score(pl.DataFrame(table), corpus).to_json() == expected
    encoded = table.set_column(table.column_names.index("locale"), "locale", table["locale"].dictionary_encode())
    numbered = encoded.set_column(
        encoded.column_names.index("id"), "id", pa.array([int(row["id"]) for row in rows], pa.int64())
    )
    assert mn.score(numbered, corpus).to_json() == expected
    assert mn.score([GOOD], corpus).to_json() == expected
    duckdb = pytest.importorskip("duckdb")
    renamed = table  # noqa: F841: DuckDB finds it by its name
    assert mn.score(duckdb.sql("from renamed"), corpus).to_json() == expected
    datafusion = pytest.importorskip("datafusion")
    assert mn.score(datafusion.SessionContext().from_arrow(table), corpus).to_json() == expected
    datasets = pytest.importorskip("datasets")
    assert mn.score(datasets.Dataset(table), corpus).to_json() == expected
    pytest.importorskip("pandas")
    assert mn.score(table.to_pandas(), corpus).to_json() == expected


def test_figures_have_names_and_bounds():
    score = mn.score(GOOD, MINI, group_by="script")
    document = score.to_dict()
    every = score["all"]
    assert every.exact_match == document["all"]["ex_match_acc"]["value"]
    assert every.intent_accuracy == every["intent_acc"] == document["all"]["intent_acc"]["value"]
    assert every.slot_f1.precision == document["all"]["slot_micro_f1"]["precision"]
    assert list(every.slot_f1.ci95) == document["all"]["slot_micro_f1"]["ci95"]
    assert score["macro"].exact_match == document["macro"]["ex_match_acc"]["value"]
    assert score["script:Latn"].utterances == document["groups"]["script"]["Latn"]["utterances"]
    with pytest.raises(KeyError, match="xx was not scored"):
        score["xx"]
    with pytest.raises(AttributeError, match="there are intent_acc"):
        every.accuracy


def test_scores_are_shown():
    score = mn.score(GOOD, MINI)
    assert score.table() == of_binary("score", GOOD, "--corpus", MINI)
    assert "| sw-KE" in score.table(form="markdown")
    assert "<th>locale</th>" in score._repr_html_() and "<script" not in score._repr_html_()
    assert score.plot().svg.startswith("<svg")
    frame = score.to_polars()
    assert frame.height == len(score.locales) + 2
    assert frame.filter(frame["of"] == "all")["ex_match_acc"][0] == score["all"].exact_match


def test_plots_are_saved(tmp_path):
    score = mn.score(GOOD, MINI)
    score.plot(tmp_path / "plot.png")
    score.plot(tmp_path / "plot.svg", sort="intent_acc")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "plot.svg").read_text().startswith("<svg")


def test_what_cannot_be_scored_says_why(gold_predictions, corpus):
    with pytest.raises(mn.CheckError, match="1 row without a prediction") as caught:
        mn.score(gold_predictions[1:], corpus)
    assert "missing wrong" in caught.value.hint and "--" not in str(caught.value)
    again = [*gold_predictions, gold_predictions[0]]
    with pytest.raises(mn.CheckError, match="predicted more than once"):
        mn.score(again, corpus)
    with pytest.raises(mn.InputError) as caught:
        mn.score([*gold_predictions[:2], {"id": "x y", "locale": "de-DE", "pred_intent": "alarm_set"}], corpus)
    assert (caught.value.file, caught.value.line) == ("predictions", 3)
    assert "/tmp" not in str(caught.value)
    with pytest.raises(mn.RequestError, match="expected rows"):
        mn.score({"all": 1}, corpus)
    with pytest.raises(mn.RequestError, match="unknown metric"):
        mn.score(gold_predictions, corpus, metrics="f1")
    wrong = mn.score(gold_predictions[1:], corpus, missing="wrong")
    assert wrong.problems["missing"] == 1


def test_the_shared_submission_scores_as_the_binary_scores_it(shared):
    release = shared / "massive/amazon-massive-dataset-1.1.tar.gz"
    predictions = sorted((shared / "oracle/submission").glob("*.jsonl*"))
    expected = of_binary("score", *predictions, "--corpus", release, "--format", "json")
    assert mn.score(predictions, mn.Corpus(release, partition="test")).to_json() == expected
