#!/usr/bin/env python3
"""What models get right on rows of test, and on those that do not stand verbatim in
train, as a Markdown table of means over locales.

usage: unseen.py CORPUS_TAR_GZ NAME=FILE.csv...

The files are those of `massive score --per-utterance`.
"""

import csv
import json
import sys
import tarfile
from collections import defaultdict


def verbatim(corpus):
    """By locale the ids of test rows whose text is that of a train row, and the
    number of test rows."""
    found = {}
    with tarfile.open(corpus) as archive:
        for member in archive:
            if not member.name.endswith(".jsonl"):
                continue
            train, test = set(), {}
            for line in archive.extractfile(member):
                row = json.loads(line) if line.strip() else {}
                if row.get("partition") == "train":
                    train.add(row["utt"])
                elif row.get("partition") == "test":
                    test[row["id"]] = row["utt"]
            locale = member.name.rsplit("/", 1)[-1].removesuffix(".jsonl")
            found[locale] = ({id for id, utt in test.items() if utt in train}, len(test))
    return found


def macro(path, left_out):
    """Means over locales of intent accuracy, slot F1 and exact match, in per cent."""
    sums = defaultdict(lambda: [0] * 6)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["id"] in left_out.get(row["locale"], ()):
                continue
            one = sums[row["locale"]]
            one[0] += 1
            one[1] += row["intent_correct"] == "true"
            one[2] += int(row["correct_slots"])
            one[3] += int(row["gold_slots"])
            one[4] += int(row["predicted_slots"])
            one[5] += row["exact_match"] == "true"
    scores = [(i / n, 2 * c / max(1, g + p), e / n) for n, i, c, g, p, e in sums.values()]
    return len(scores), [100 * sum(column) / len(scores) for column in zip(*scores)]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    known = verbatim(sys.argv[1])
    print("| model | locales | intent acc | slot F1 | exact match | without rows seen: intent acc | slot F1 | exact match |")
    print("|:--|--:|--:|--:|--:|--:|--:|--:|")
    left_out = {locale: ids for locale, (ids, _) in known.items()}
    for argument in sys.argv[2:]:
        name, path = argument.split("=", 1)
        locales, everywhere = macro(path, {})
        _, unseen = macro(path, left_out)
        print(f"| {name} | {locales} | " + " | ".join(f"{value:.1f}" for value in everywhere + unseen) + " |")
    shares = sorted((100 * len(ids) / max(1, rows), locale) for locale, (ids, rows) in known.items())
    of = dict((locale, share) for share, locale in shares)
    print(
        f"\nRows of test that stand verbatim in train: {of.get('en-US', 0):.1f} % in en-US, "
        f"{of.get('ja-JP', 0):.1f} % in ja-JP; least in {shares[0][1]} ({shares[0][0]:.1f} %), most in "
        f"{shares[-1][1]} ({shares[-1][0]:.1f} %)."
    )


main()
