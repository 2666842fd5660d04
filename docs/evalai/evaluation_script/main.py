"""Evaluation script of a MASSIVE challenge on EvalAI.

EvalAI's worker imports this package and calls `evaluate`. All work is done by
the binary `massive`: in the environment variable MASSIVE, beside this file, or
on the PATH.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

# For each phase's code name: the dataset split that its scores belong to, and
# what of the corpus is predicted.
PHASES = {
    "full": ("full_split", ["--task", "full", "--partition", "test"]),
    "zero-shot": ("zero_shot_split", ["--task", "zero-shot", "--partition", "test"]),
    "full-heldout": ("full_heldout_split", ["--task", "full", "--partition", "MMNLU-22"]),
}


def executable(path):
    """The binary at `path`, with the execute bit that unpacking a zip drops."""
    if not os.access(path, os.X_OK):
        try:
            path.chmod(path.stat().st_mode | 0o111)
        except OSError:
            # This folder cannot be changed: a copy can.
            copy = Path(tempfile.mkdtemp(prefix="massive-")) / path.name
            shutil.copyfile(path, copy)
            copy.chmod(0o755)
            return copy
    return path


def binary():
    beside = Path(__file__).with_name("massive")
    if beside.exists() and not os.environ.get("MASSIVE"):
        return str(executable(beside))
    found = os.environ.get("MASSIVE") or shutil.which("massive")
    if not found:
        raise RuntimeError("the binary `massive` is not installed on this worker")
    return found


def evaluate(test_annotation_file, user_submission_file, phase_codename, **kwargs):
    """Scores a submission; EvalAI shows the message of any exception."""
    if phase_codename not in PHASES:
        raise ValueError(f"this script does not know the phase {phase_codename!r}")
    split, rows = PHASES[phase_codename]
    run = subprocess.run(
        [binary(), "score", user_submission_file, "--corpus", test_annotation_file, *rows,
         "--format", "evalai", "--split", split, "--quiet"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if run.returncode == 1:
        raise ValueError(f"The submission is not valid.\n{run.stderr}")
    if run.returncode != 0:
        raise RuntimeError(f"The submission could not be scored.\n{run.stderr}")
    return json.loads(run.stdout)
