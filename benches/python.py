#!/usr/bin/env python3
"""How long the corpus takes to a frame of polars, beside the typed read of all rows.

usage: python.py CORPUS [--runs 5]

It runs in an environment with massive-nlu built for release, and polars. The typed read
is the table of all rows in the columns of the corpus, which the frame takes as it is;
their ratio is what handing over costs. Medians.
"""

import argparse
import statistics
import time

import massive_nlu as mn


def seconds(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    measured = {"typed read": lambda: mn.Corpus(arguments.corpus).table(), "to polars": lambda: mn.Corpus(arguments.corpus).to_polars()}
    found = {name: [] for name in measured}
    for _ in range(arguments.runs):
        for name, work in measured.items():
            found[name].append(seconds(work))
    medians = {name: statistics.median(times) for name, times in found.items()}
    print("| what | s | min–max | ratio |\n|---|--:|--:|--:|")
    for name, times in found.items():
        ratio = medians[name] / medians["typed read"]
        print(f"| {name} | {medians[name]:.2f} | {min(times):.2f}–{max(times):.2f} | {ratio:.2f} |")


main()
