#!/usr/bin/env python3
"""The tables of benches/learn.sh as Markdown.

usage: learn.py FOLDER
"""

import json
import sys
from pathlib import Path

METRICS = ("intent_acc", "slot_micro_f1", "ex_match_acc")
# FitzGerald et al. 2022, arXiv 2204.08582v2, tables 3 and 7 to 9.
PUBLISHED = {
    "XLM-R base, fine-tuned on all locales": (85.1, 73.6, 63.7),
    "mT5 base text-to-text, fine-tuned on all locales": (85.3, 76.8, 66.6),
}


def cells(values):
    return " | ".join(f"{value:.1f}" for value in values)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    document = json.loads((folder / "score.json").read_text(encoding="utf-8"))
    locales = {
        locale: [100 * scores[metric]["value"] for metric in METRICS]
        for locale, scores in document["locales"].items()
    }
    macro = [sum(column) / len(locales) for column in zip(*locales.values())]
    print("| model | intent acc | slot F1 | exact match |\n|:--|--:|--:|--:|")
    print(f"| `massive train`, no pretrained weights | {cells(macro)} |")
    for name, values in PUBLISHED.items():
        print(f"| {name} | {cells(values)} |")
    print("\n| locale | intent | slots | exact | locale | intent | slots | exact |")
    print("|:--|--:|--:|--:|:--|--:|--:|--:|")
    rows = [f"{locale} | {cells(values)}" for locale, values in sorted(locales.items())]
    half = (len(rows) + 1) // 2
    for at in range(half):
        right = rows[at + half] if at + half < len(rows) else " | | | "
        print(f"| {rows[at]} | {right} |")
    wall, cpu = map(float, (folder / "training.time").read_text().split())
    size = sum(file.stat().st_size for file in (folder / "model").iterdir())
    print(
        f"\nTraining took {cpu:,.0f} CPU seconds, {wall:,.0f} s on the clock of a machine that may have had "
        f"other work; the folder has {size / 1e6:.0f} MB."
    )
    print(f"\n`{(folder / 'signature').read_text().strip().splitlines()[-1].split(' ')[-1]}`")


main()
