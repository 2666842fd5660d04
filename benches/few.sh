#!/bin/sh
# What relatives lend: exact match on dev of nb-NO and ja-JP by the number of their own
# rows, with and without the rows of other locales.
# Usage: benches/few.sh MASSIVE CORPUS | benches/write.py few learn.md
set -eu
massive=$1
corpus=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
curve() {
    "$massive" train --corpus "$corpus" --format json --quiet "$@"
}
curve --locales nb-NO --curve 10,100,1000 >"$folder/nb-NO, its own rows alone.json"
curve --locales nb-NO --from da-DK,sv-SE --curve 0,10,100,1000 >"$folder/nb-NO, with da-DK and sv-SE.json"
curve --locales nb-NO --from zh-CN,hi-IN --curve 0,10,100,1000 >"$folder/nb-NO, with zh-CN and hi-IN.json"
python3 - "$folder" <<'PY'
import json, pathlib, sys

amounts = [0, 10, 100, 1000]
print("| exact match on dev, per cent | " + " | ".join(f"{n} rows" for n in amounts) + " |")
print("|:--|" + "--:|" * len(amounts))
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    document = json.loads(file.read_text())
    points = document["locales"][0]["points"]
    own = amounts[-len(points):]
    cells = {n: f"{100 * point['ex_match_acc']:.1f}" for n, point in zip(own, points)}
    print(f"| {file.stem} | " + " | ".join(cells.get(n, "–") for n in amounts) + " |")
PY
