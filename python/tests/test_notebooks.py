"""The notebooks run, and their pages are what they show."""

import subprocess
import sys

import pytest

from conftest import ROOT

NEEDS = {"load": ("polars", "duckdb", "datasets"), "compare": ("polars",), "train": ("torch", "transformers", "accelerate", "onnx", "onnxruntime")}


@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_gives_its_page(name):
    for module in NEEDS[name]:
        pytest.importorskip(module)
    command = [sys.executable, ROOT / "python/notebooks/run.py", "--check", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_every_notebook_is_run():
    assert {path.stem for path in (ROOT / "python/notebooks").glob("*.ipynb")} == set(NEEDS)
