#!/bin/sh
# The figures of docs/learn.md: trains a linear model of every locale, predicts the
# test partition and scores it. Usage: benches/learn.sh MASSIVE CORPUS [FOLDER]
set -eu
massive=$1
corpus=$2
folder=${3:-$(mktemp -d)}
mkdir -p "$folder"
rm -rf "$folder/model" "$folder/predictions.jsonl"
/usr/bin/env time -f 'training: %e s wall, %U CPU s, %M KiB' \
    "$massive" train --corpus "$corpus" --output "$folder/model"
du -sk "$folder/model" | cut -f1 | sed 's/$/ KiB in the folder/'
/usr/bin/env time -f 'predicting: %e s wall, %U CPU s, %M KiB' \
    "$massive" predict --model "$folder/model" --corpus "$corpus" --partition test \
    --output "$folder/predictions.jsonl"
"$massive" score "$folder/predictions.jsonl" --corpus "$corpus" --format markdown \
    --output "$folder/score.md"
"$massive" score "$folder/predictions.jsonl" --corpus "$corpus" --short
