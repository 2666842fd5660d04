#!/usr/bin/env python3
"""Markdown tables of what `massive model toll` and `massive model compress` say.

usage: compress.py forms TOLL
       compress.py losses TOLL
       compress.py terms TOLL RECORD…
       compress.py rows CORPUS OUTPUT LOCALES PARTITION COUNT

`forms`: size, memory and speed of each model; `losses`: differences by locale;
`terms`: the error of outputs that each record gives, with the difference of the
variant of its name. All are the JSON documents of these commands. `rows` makes a small
corpus: partition train of each locale, and COUNT rows from the whole length of PARTITION.
"""

import json
import os
import sys
import tarfile
from pathlib import Path


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def name(model):
    return os.path.basename(model["name"].rstrip("/"))


def points(change):
    """A difference in points with half its interval."""
    if change is None:
        return "–"
    text = f"{100 * change['difference']:+.1f}"
    if change["ci95"]:
        low, high = change["ci95"]
        text += f" ± {50 * (high - low):.1f}"
    return text


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|:--|" + "--:|" * (len(header) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def forms(toll):
    base = toll["base"]
    engines = sorted(base["speed"])
    header = ["", "MB", "of the base"]
    for engine in engines:
        header += [f"{engine}: utterances/s", "× base", "MB in memory"]
    rows = []
    for model in [base] + [variant["model"] for variant in toll["variants"]]:
        size = model["bytes"]
        row = [name(model), f"{size / 1e6:.1f}", f"{100 * size / base['bytes']:.0f} %"]
        for engine in engines:
            rate = model["speed"][engine]
            row += [f"{rate:.0f}", f"{rate / base['speed'][engine]:.2f}"]
            memory = model["memory"].get(engine)
            row.append(f"{memory / 1e6:.0f}" if memory else "–")
        rows.append(row)
    table(header, rows)


def losses(toll):
    metric, locales = toll["metric"], sorted(toll["variants"][0]["locales"])
    rows = []
    for variant in toll["variants"]:
        of = [variant["locales"][locale][metric] for locale in locales]
        changed = 100 * variant["all"]["changed"]
        rows.append(
            [name(variant["model"]), *map(points, of), points(variant["all"][metric])]
            + [f"{changed:.1f} %", variant["worst"] or "none"]
        )
    table(["", *locales, "all", "changed", "pays most"], rows)
    of = {locale: toll["variants"][0]["locales"][locale][metric]["base"] for locale in locales}
    base = ", ".join(f"{locale} {100 * value:.1f}" for locale, value in of.items())
    print(f"\nDifference of {metric} from {name(toll['base'])} ({base}) in points, with half of", end=" ")
    print(f"its paired 95 % interval; {toll['rows']:,} rows of {toll['partition']}.")


def terms(toll, records):
    metric = toll["metric"]
    errors = {os.path.basename(path)[: -len(".json")]: load(path)["weights"] for path in records}
    rows = []
    for variant in toll["variants"]:
        known = errors.get(name(variant["model"]))
        if known is None:
            continue
        error = known["error"]["compensated"]
        error = known["error"]["rounded"] if error is None else error
        rounded = known["error"]["rounded"]
        recovery = variant["recovery"]
        brought = "–"
        if recovery and recovery["share"] is None:
            brought = "nothing to recover"
        elif recovery:
            low, high = recovery["ci95"]
            share = 100 * recovery["share"]
            brought = f"{share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
        worst = variant["locales"].get(variant["worst"]) if variant["worst"] else None
        lost = f"{variant['worst']} {points(worst[metric])}" if worst else "none"
        rows.append(
            [name(variant["model"]), f"{100 * error:.3f} %", f"{rounded / error:.1f}"]
            + [points(variant["all"][metric]), lost, brought]
        )
    table(["", "error of outputs", "× less", "all", "pays most", "recovered"], rows)
    print(f"\nDifference of {metric} from {name(toll['base'])} in points;", end=" ")
    print(f"{toll['rows']:,} rows of {toll['partition']}.")


def files(corpus, locales):
    """The lines of each locale's file, in a release's folder or archive."""
    wanted = {f"{locale}.jsonl" for locale in locales}
    if corpus.is_dir():
        for path in sorted(corpus.rglob("*.jsonl")):
            if path.name in wanted:
                yield path.name, path.read_text(encoding="utf-8").splitlines()
        return
    with tarfile.open(corpus) as archive:
        for member in archive:
            name = os.path.basename(member.name)
            if name in wanted:
                text = archive.extractfile(member).read().decode("utf-8")
                yield name, text.splitlines()


def rows(corpus, output, locales, partition, count):
    output = Path(output)
    output.mkdir(parents=True)
    for name, lines in files(Path(corpus), locales.split(",")):
        of = {}
        for line in lines:
            of.setdefault(json.loads(line)["partition"], []).append(line)
        chosen = of[partition]
        step = max(1, len(chosen) // int(count))
        kept = of["train"] + chosen[::step][: int(count)]
        (output / name).write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    kind = sys.argv[1]
    if kind == "rows":
        rows(*sys.argv[2:])
        return
    toll = load(sys.argv[2])
    if kind == "forms":
        forms(toll)
    elif kind == "losses":
        losses(toll)
    else:
        terms(toll, sys.argv[3:])


main()
