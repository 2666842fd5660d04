"""Checks, comparisons, errors, reports, training, predictions, leaderboards."""

import json
import subprocess
import sys

import pytest

import massive_nlu as mn
from conftest import GOOD, MINI, ROOT
from test_score import of_binary

POOR = MINI / "predictions/poor.jsonl"


def test_documents_are_those_of_the_binary(gold_predictions, corpus):
    of = ("--corpus", MINI, "--format", "json")
    assert mn.compare(GOOD, POOR, corpus=MINI, trials=200).to_json() == of_binary("compare", GOOD, POOR, *of, "--trials=200")
    assert mn.errors(GOOD, MINI, locales="de-DE").to_json() == of_binary("errors", GOOD, *of, "--locales=de-DE")
    checked = mn.check(gold_predictions[1:], corpus)
    assert not checked.ok and checked["errors"]["missing"]["count"] == 1
    assert mn.check(GOOD, MINI).to_json() == of_binary("check", GOOD, *of)


def test_errors_are_rows_of_a_frame():
    pytest.importorskip("polars")
    found = mn.errors(GOOD, MINI, locales=["de-DE", "sw-KE"])
    frame = found.to_polars()
    assert frame.height == len(found["errors"]["utterances"]) > 0
    assert set(frame["locale"]) <= {"de-DE", "sw-KE"}


def test_a_report_is_a_page(tmp_path):
    page = mn.report(POOR, GOOD, corpus=MINI, locales="de-DE", trials=100, output=tmp_path / "report.html", title="Two")
    assert (tmp_path / "report.html").read_text() == page.html
    assert "<title>Two" in page.html and "srcdoc" in page._repr_html_()


def test_what_is_trained_predicts(tmp_path):
    corpus = mn.Corpus(MINI, locales="de-DE")
    learned = mn.train(corpus, tmp_path / "model", rare_labels=True)
    assert learned["format"].startswith("massive-train")
    test = corpus.select(partition="test")
    predictions = mn.predict(tmp_path / "model", test)
    assert [(one["locale"], one["id"]) for one in predictions] == [(row.locale, row.id) for row in test]
    assert mn.score(predictions, test)["all"].utterances == len(test)
    with pytest.raises(mn.RequestError, match="exists already"):
        mn.train(corpus, tmp_path / "model", rare_labels=True)


def test_models_predict_as_the_binary(tmp_path):
    test = mn.Corpus(MINI, locales="en-US", partition="test")
    model = ROOT / "fixtures/models/joint"
    output = tmp_path / "predictions.jsonl"
    predictions = mn.predict(model, test, engine="builtin", output=output)
    expected = tmp_path / "expected.jsonl"
    of_binary("predict", "--model", model, "--corpus", MINI, "--locales", "en-US", "--engine=builtin", "--output", expected)
    assert output.read_text() == expected.read_text()
    assert predictions == [json.loads(line) for line in expected.read_text().splitlines()]


def test_a_leaderboard_is_kept(tmp_path):
    board = tmp_path / "board"
    added = mn.leaderboard.add(GOOD, MINI, folder=board, name="good", trained_on_evaluation_rows=False)
    assert added.to_dict()
    assert mn.leaderboard.check(board)["format"] == "massive-leaderboard-check/1"
    assert "good" in mn.leaderboard.render(board, form="markdown")
    with pytest.raises(mn.RequestError, match="force"):
        mn.leaderboard.add(POOR, MINI, folder=board, name="good", trained_on_evaluation_rows=False)


def test_the_script_is_the_binary():
    def run(*arguments):
        return subprocess.run([sys.executable, "-m", "massive_nlu", *map(str, arguments)], capture_output=True, text=True)

    scored = run("score", GOOD, "--corpus", MINI, "--format", "json")
    assert (scored.returncode, scored.stdout) == (0, of_binary("score", GOOD, "--corpus", MINI, "--format", "json"))
    assert run("--version").stdout == f"massive {mn.__version__}\n"
    failed = run("score", "nowhere.jsonl", "--corpus", "nowhere")
    assert failed.returncode == 2 and failed.stderr.startswith("error: ")
    assert run("score", GOOD, "--corpus", MINI, "--fail-under", "intent_acc=100").returncode == 1
