"""What the tests share."""

import os
from pathlib import Path

import pytest

import massive_nlu as mn

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / "fixtures/mini"
GOOD = MINI / "predictions/good.jsonl"


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    """Examples name files of the repository."""
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="session")
def corpus():
    return mn.Corpus(MINI, partition="test")


@pytest.fixture(scope="session")
def gold_predictions(corpus):
    """What a perfect system says of the mini corpus."""
    return [
        {"id": row.id, "locale": row.locale, "pred_intent": row.intent, "pred_annot_utt": row.annot_utt}
        for row in corpus
        if row.locale != "ca-ES"
    ]


@pytest.fixture(scope="session")
def shared():
    """The folder of shared files: the corpus, the reference's golden files."""
    folder = Path(os.environ.get("MASSIVE_SHARED", ROOT / "../shared"))
    if not (folder / "oracle").is_dir():
        if os.environ.get("MASSIVE_REQUIRE_SHARED"):
            pytest.fail(f"{folder} is not there")
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="session")
def cluster():
    """Ray, on this machine."""
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    # Sockets of a session have names of at most 107 bytes.
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir="/tmp/ray-massive")
    yield ray
    ray.shutdown()


def binary():
    """The binary of this build, where there is one."""
    name = os.environ.get("MASSIVE_BINARY")
    return Path(name) if name else ROOT / "target/debug/massive"
