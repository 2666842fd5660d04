"""Calls an evaluation script as EvalAI's worker does, and refuses what it would.

usage: evalai_worker.py CHALLENGE_FOLDER ANNOTATIONS SUBMISSION PHASE SPLIT LABELS
"""

import importlib
import json
import sys
import traceback

folder, annotations, submission, phase, split, labels = sys.argv[1:]
sys.path.insert(0, folder)
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
