"""Times the rendering of a leaderboard of made-up entries.

usage: leaderboard.py MASSIVE [ENTRIES] [RUNS]

Scores the fixtures once, makes entries of random counts from that, consistent in
themselves, and renders them as a site. Prints wall and processor seconds.
"""

import copy
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from math import sqrt
from pathlib import Path

massive = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
fixtures = Path(__file__).resolve().parent.parent / "fixtures" / "mini"
UTTERANCES, WORDS, GOLD = 2974, 20000, 1900


def scores(counts):
    """Scores of (utterances, words, gold, predicted, correct, intents, exact)."""
    n, words, gold, predicted, correct, intents, exact = counts

    def share(part, whole, size):
        value = part / whole if whole else 0.0
        return {"value": value, "reference_stderr": sqrt(value * (1 - value) / size),
                "ci95": [max(0.0, value - 1.3 / sqrt(n)), min(1.0, value + 1.3 / sqrt(n))]}

    slots = share(2 * correct, gold + predicted, words)
    slots |= {"precision": correct / predicted, "recall": correct / gold}
    return {"utterances": n, "words": words,
            "slots": {"gold": gold, "predicted": predicted, "correct": correct},
            "intent_acc": share(intents, n, n), "slot_micro_f1": slots,
            "ex_match_acc": share(exact, n, n)}


def entry(template, number, chance):
    skill = chance.gauss(0, 0.04)
    made = copy.deepcopy(template)
    made["name"] = f"system-{number}"
    made["team"] = f"Team {number % 40}"
    made["date"] = f"{2022 + number * 4 // count}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    made["predictions"][0]["sha256"] = f"{number:064x}"
    score = made["score"]
    counts = {}
    for tag in score["locales"]:
        right = min(0.98, max(0.05, 0.8 + skill + chance.gauss(0, 0.03)))
        intents = int(UTTERANCES * right)
        correct = int(GOLD * right * 0.9)
        counts[tag] = (UTTERANCES, WORDS, GOLD, GOLD - chance.randrange(100), correct,
                       intents, int(intents * 0.75))
        score["locales"][tag] = scores(counts[tag])

    def total(tags):
        return scores(tuple(sum(column) for column in zip(*(counts[tag] for tag in tags))))

    score["all"] = total(counts)
    for metric in ("intent_acc", "slot_micro_f1", "ex_match_acc"):
        values = [locale[metric]["value"] for locale in score["locales"].values()]
        score["macro"][metric] = {"value": sum(values) / len(values), "ci95": None}
    for groups in score["groups"].values():
        for group in groups.values():
            group |= total(group["locales"])
    rows = f"rows:{template['score']['all']['utterances']}"
    score["signature"] = score["signature"].replace(rows, f"rows:{UTTERANCES * len(counts)}")
    return made


with tempfile.TemporaryDirectory() as folder:
    board, site = Path(folder, "board"), os.environ.get("SITE", str(Path(folder, "site")))
    subprocess.run(
        [massive, "leaderboard", "add", fixtures / "predictions" / "good.jsonl",
         "--corpus", fixtures / "data", "--folder", board, "--name", "template", "--quiet",
         "--family", "encoder-only", "--parameters", "278M"],
        check=True, stdout=subprocess.DEVNULL,
    )
    template = json.loads((board / "template.json").read_text())
    (board / "template.json").unlink()
    chance = random.Random(12345)
    for number in range(count):
        made = entry(template, number, chance)
        (board / f"{made['name']}.json").write_text(json.dumps(made, indent=2))
    walls, processor = [], []
    for _ in range(runs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([massive, "leaderboard", "render", board, "--output", site, "--force"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        walls.append(time.monotonic() - start)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    size = sum(path.stat().st_size for path in board.iterdir()) / 1e6
    pages = sum(path.stat().st_size for path in Path(site).rglob("*") if path.is_file()) / 1e6
    index = Path(site, "index.html").stat().st_size / 1e6
    print(f"{count} entries, {size:.1f} MB → {pages:.1f} MB, index {index:.1f} MB; "
          f"wall {min(walls):.2f} to {max(walls):.2f} s, processor {min(processor):.2f} to {max(processor):.2f} s")
