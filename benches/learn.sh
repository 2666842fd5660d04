#!/bin/sh
# The figures of linear models in docs/learn.md: trains a model of every locale,
# predicts the test partition and scores it.
# Usage: benches/learn.sh MASSIVE CORPUS [FOLDER] | benches/write.py linear learn.md
set -eu
massive=$1
corpus=$2
folder=${3:-$(mktemp -d)}
mkdir -p "$folder"
rm -rf "$folder/model" "$folder/predictions.jsonl"
/usr/bin/env time -o "$folder/training.time" -f '%e %U' \
    "$massive" train --corpus "$corpus" --output "$folder/model" >&2
"$massive" predict --model "$folder/model" --corpus "$corpus" --partition test \
    --output "$folder/predictions.jsonl" >&2
"$massive" score "$folder/predictions.jsonl" --corpus "$corpus" --output "$folder/score.json" >&2
"$massive" score "$folder/predictions.jsonl" --corpus "$corpus" --short >"$folder/signature"
python3 "$(dirname "$0")/learn.py" "$folder"
