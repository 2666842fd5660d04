"""Threads, forks, interrupts."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import massive_nlu as mn
from conftest import GOOD, MINI, ROOT


def test_threads_get_the_same(corpus):
    expected = mn.score(GOOD, corpus).to_json()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: mn.score(GOOD, corpus).to_json(), range(8)))
        assert found == [expected] * 8
        lengths = list(threads.map(lambda _: sum(1 for _ in corpus), range(4)))
        assert len(set(lengths)) == 1


def test_one_iterator_serves_many_threads(corpus):
    rows = iter(corpus)
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda _: [(row.locale, row.id) for row in rows], range(4)))
    assert sorted(sum(parts, [])) == sorted((row.locale, row.id) for row in corpus)


def test_others_run_while_we_work(corpus):
    turns = []
    done = threading.Event()

    def turn():
        while not done.is_set():
            turns.append(time.monotonic())
            time.sleep(0.001)

    other = threading.Thread(target=turn)
    other.start()
    before = len(turns)
    for _ in range(3):
        mn.compare(GOOD, MINI / "predictions/poor.jsonl", corpus=corpus, trials=2_000)
    done.set()
    other.join()
    assert len(turns) > before + 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_works(corpus):
    expected = mn.score(GOOD, corpus, resamples=100).to_json()
    assert next(iter(corpus))
    with multiprocessing.get_context("fork").Pool(2) as processes:
        found = processes.starmap(_scored, [(MINI,)] * 2)
    assert found == [expected] * 2


def _scored(path):
    return mn.score(GOOD, mn.Corpus(path, partition="test"), resamples=100).to_json()


def test_an_interrupt_ends_at_once(tmp_path):
    script = tmp_path / "long.py"
    script.write_text(
        textwrap.dedent(f"""
        import massive_nlu as mn
        print("ready", flush=True)
        try:
            mn.compare({str(GOOD)!r}, {str(MINI / "predictions/poor.jsonl")!r}, corpus={str(MINI)!r}, trials=4_000_000_000)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            import os; os._exit(7)
        """)
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert process.wait(60) == 7
