#!/usr/bin/env python3
"""The table of benches/distil.sh as Markdown.

usage: distil.py TEACHER FOLDER
"""

import json
import sys
from pathlib import Path


def cell(one):
    if one is None:
        return "–"
    low, high = one["ci95"]
    return f"{100 * one['ex_match_acc']:.1f} ± {50 * (high - low):.1f}"


def signed(one):
    low, high = one["ci95"]
    return f"{100 * one['ex_match_acc']:+.1f} ± {50 * (high - low):.1f}"


def teacher_line(teacher, folder):
    size = sum(file.stat().st_size for file in teacher.iterdir() if file.suffix in (".onnx", ".json"))
    text = f"The teacher has {size / 1e6:.0f} MB"
    time = folder / "teacher-test.time"
    if time.exists():
        rows = sum(1 for _ in (folder / "teacher-test.jsonl").open(encoding="utf-8"))
        text += f" and takes {1e6 * float(time.read_text()) / rows:,.0f} µs of CPU time an utterance"
    return text + "."


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    teacher, folder = map(Path, sys.argv[1:])
    print("| locale | labelled rows | teacher | student | without teacher | difference | errors | MB | µs |")
    print("|:--|--:|--:|--:|--:|--:|--:|--:|--:|")
    better = count = 0
    rows = set()
    for labelled in (100, 500):
        document = json.loads((folder / f"student-{labelled}.json").read_text(encoding="utf-8"))
        for one in document["distillation"]:
            count += 1
            better += one["difference"]["ci95"][0] > 0
            rows.add((one["test_rows"], one["teacher_rows"], one["taught"]))
            print(
                f"| {one['locale']} | {one['labelled']} | {cell(one['teacher'])} | {cell(one['student'])} "
                f"| {cell(one['alone'])} | {signed(one['difference'])} "
                f"| {100 * one['relative_error_change']:+.1f} % | {one['bytes'] / 1e6:.2f} "
                f"| {one['microseconds']:.0f} |"
            )
    tests, said, taught = (sorted({row[at] for row in rows}) for at in range(3))
    span = lambda numbers: f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    print(
        f"\nExact match on {span(tests)} rows of test (the teacher's on {span(said)} of them), in per cent, "
        f"with 95 % intervals; those of differences are of paired rows. The student is better than "
        f"without the teacher, beyond the interval, in {better} of {count} cases. It learned from {span(taught)} rows of dev "
        f"as the teacher labels them. {teacher_line(teacher, folder)}"
    )


main()
