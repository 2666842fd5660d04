"""A conversion as one writes it first, in the manner of the corpus's own scripts.

usage: reference_style.py LOCALE_FILE RUNS

Every line through json.loads, words and labels by str.split and a regular
expression, labels turned into numbers, a JSON line a row written to memory. It
converts one locale and gives its time, 52 times it, and MB/s. Our own code: it
stands for the work, not for anyone's implementation.
"""

import io
import json
import re
import sys
import time
from pathlib import Path

SLOT = re.compile(r"\[(?P<label>[^\s:\[\]]+) : (?P<words>[^\]]*)\]")


def words_and_labels(annotation):
    words, labels, end = [], [], 0
    for slot in SLOT.finditer(annotation):
        before = annotation[end : slot.start()].split()
        inside = slot["words"].split()
        words += before + inside
        labels += ["Other"] * len(before) + [slot["label"]] * len(inside)
        end = slot.end()
    rest = annotation[end:].split()
    return words + rest, labels + ["Other"] * len(rest)


def convert(path):
    rows, intents, slots = [], set(), set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            words, labels = words_and_labels(row["annot_utt"])
            intents.add(row["intent"])
            slots.update(labels)
            rows.append((row, words, labels))
    intent_numbers = {name: number for number, name in enumerate(sorted(intents))}
    slot_numbers = {name: number for number, name in enumerate(sorted(slots))}
    out = io.StringIO()
    for row, words, labels in rows:
        converted = {
            "id": row["id"],
            "locale": row["locale"],
            "domain": row["scenario"],
            "intent_str": row["intent"],
            "annot_utt": row["annot_utt"],
            "utt": words,
            "slots_str": labels,
            "intent_num": intent_numbers[row["intent"]],
            "slots_num": [slot_numbers[label] for label in labels],
        }
        out.write(json.dumps(converted, ensure_ascii=False) + "\n")
    return len(rows)


def main():
    path, runs = Path(sys.argv[1]), int(sys.argv[2])
    seconds, cpu = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        rows = convert(path)
        seconds.append(52 * (time.perf_counter() - start))
        cpu.append(52 * (time.process_time() - used))
    note = (
        f"The Python conversion is {rows} rows of {path.name} times 52, on one thread; "
        "it leaves judgments and spans out, and writes to memory."
    )
    print(json.dumps({"key": "convert.python", "runs": seconds, "cpu": cpu, "note": note}))


if __name__ == "__main__":
    main()
