#!/usr/bin/env python3
"""Holds one binary against another: CPU seconds of the same commands, in turns.

usage: against.py OLD NEW CORPUS PREDICTIONS OTHERS MODEL [--runs 7] | write.py against

PREDICTIONS and OTHERS are submissions to CORPUS of the same rows, MODEL a model folder. Each run of one binary is
followed by one of the other; a ratio is the median of the ratios of such pairs. CPU time
is that of the whole process, user and system, which other work on the machine changes
less than the clock.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile


def cpu_seconds(command):
    before = os.times()
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = os.times()
    if ran.returncode:
        sys.exit(f"{' '.join(command)}\n{ran.stderr.decode()}")
    return after.children_user + after.children_system - before.children_user - before.children_system


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("old", "new", "corpus", "predictions", "others", "model"):
        parser.add_argument(name)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    corpus = ["--corpus", arguments.corpus]
    with tempfile.TemporaryDirectory() as folder:
        predict = ["predict", "--model", arguments.model, *corpus, "--locales", "de-DE,ja-JP"]
        predict += ["--engine", "builtin", "--threads", "2", "--force", "--output", f"{folder}/out.jsonl"]
        commands = {
            "score": ["score", arguments.predictions, *corpus],
            "compare": ["compare", arguments.predictions, arguments.others, *corpus],
            "check": ["check", arguments.predictions, *corpus],
            "predict, built-in engine, 2 locales": predict,
            "corpus stats: every row": ["corpus", "stats", *corpus],
        }
        print("| command | earlier, CPU s | now, CPU s | now / earlier | min–max |")
        print("|:--|--:|--:|--:|--:|")
        for name, command in commands.items():
            pairs = []
            for run in range(arguments.runs + 1):
                pair = [cpu_seconds([binary, *command]) for binary in (arguments.old, arguments.new)]
                # The first run of each warms caches.
                pairs += [pair] if run else []
            old, new = (statistics.median(column) for column in zip(*pairs))
            ratios = [new / old for old, new in pairs]
            print(
                f"| {name} | {old:.2f} | {new:.2f} | {statistics.median(ratios):.2f} "
                f"| {min(ratios):.2f}–{max(ratios):.2f} |",
                flush=True,
            )
    versions = [subprocess.run([b, "--version"], capture_output=True, text=True).stdout.strip() for b in (arguments.old, arguments.new)]
    print(f"\nMedians of {arguments.runs} pairs of runs, `{versions[0]}` against `{versions[1]}`.")


main()
