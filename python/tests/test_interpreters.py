"""One wheel for all interpreters from 3.10 on."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import massive_nlu as mn
from conftest import GOOD, MINI

SCRIPT = f"""
import sys
import massive_nlu as mn
score = mn.score({str(GOOD)!r}, mn.Corpus({str(MINI)!r}, partition="test", locales="de-DE"))
print(score["all"].exact_match, [name for name in ("numpy", "pyarrow", "tqdm") if name in sys.modules])
"""


def interpreters():
    """Interpreters of this machine that the wheel is for, without their packages."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for minor in range(10, 30):
        places = [shutil.which(f"python3.{minor}"), *sorted(pyenv.glob(f"3.{minor}.*/bin/python"))]
        for place in filter(None, places):
            asked = subprocess.run([place, "--version"], capture_output=True, text=True)
            if asked.returncode == 0 and asked.stdout.startswith(f"Python 3.{minor}."):
                found[minor] = place
    return found


FOUND = interpreters()


@pytest.mark.parametrize("minor", FOUND)
def test_a_bare_interpreter_scores(minor, tmp_path):
    (tmp_path / "massive_nlu").symlink_to(Path(mn.__file__).parent)
    expected = mn.score(GOOD, mn.Corpus(MINI, partition="test", locales="de-DE"))["all"].exact_match
    # Without what is installed beside it (-S), and every warning an error.
    command = [FOUND[minor], "-S", "-B", "-X", "dev", "-W", "error", "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)})
    assert (done.stdout, done.stderr) == (f"{expected} []\n", "")
