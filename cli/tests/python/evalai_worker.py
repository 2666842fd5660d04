"""Calls an evaluation script as EvalAI's worker does, and refuses what it would.

usage: evalai_worker.py CHALLENGE_FOLDER BINARY ANNOTATIONS SUBMISSION PHASE SPLIT LABELS

The worker gets the script as a zip with the binary in it, and unpacks it with
Python's `zipfile`, which drops the execute bit.
"""

import importlib
import json
import shlex
import sys
import tempfile
import traceback
import zipfile
from pathlib import Path

folder, binary, annotations, submission, phase, split, labels = sys.argv[1:]
unpacked = tempfile.TemporaryDirectory()
archive = Path(unpacked.name) / "evaluation_script.zip"
with zipfile.ZipFile(archive, "w") as packed:
    for file in sorted(Path(folder, "evaluation_script").glob("*.py")):
        packed.write(file, f"evaluation_script/{file.name}")
    # What stands for the binary, which is large.
    executable = zipfile.ZipInfo("evaluation_script/massive")
    executable.external_attr = 0o755 << 16
    packed.writestr(executable, f'#!/bin/sh\nexec {shlex.quote(binary)} "$@"\n')
with zipfile.ZipFile(archive) as packed:
    packed.extractall(unpacked.name)
sys.path.insert(0, unpacked.name)
script = importlib.import_module("evaluation_script")
try:
    output = script.evaluate(
        annotations, submission, phase, submission_metadata={"id": 1, "phase": phase}
    )
except Exception:
    traceback.print_exc()
    sys.exit(3)

leaderboard = []
for split_result in output["result"]:
    # The worker takes the first key of each as the split's code name.
    code_name = list(split_result.keys())[0]
    assert code_name == split, f"no relation between the phase and the split {code_name}"
    result = split_result.get(code_name)
    for label in labels.split(","):
        assert isinstance(result[label], (int, float)), label
    leaderboard.append(result)
assert leaderboard
json.dump(leaderboard[0], sys.stdout)
