#!/bin/sh
# The figures of memories in docs/learn.md: 10 neighbours by n-grams in every locale,
# beside the linear models of benches/learn.sh where their folder is given.
# Usage: benches/memory.sh MASSIVE CORPUS [FOLDER [LINEAR_FOLDER]] | benches/write.py memory learn.md
set -eu
massive=$1
corpus=$2
folder=${3:-$(mktemp -d)}
linear=${4:-}
mkdir -p "$folder"
"$massive" memory build --corpus "$corpus" --neighbours 10 --output "$folder/memory" --force >&2
"$massive" predict --model "$folder/memory" --corpus "$corpus" --partition test \
    --output "$folder/memory.jsonl" --force >&2
"$massive" score "$folder/memory.jsonl" --corpus "$corpus" --per-utterance "$folder/memory.csv" \
    --output "$folder/memory.json" >&2
set -- "memory, 10 neighbours=$folder/memory.csv"
if [ -n "$linear" ]; then
    "$massive" score "$linear/predictions.jsonl" --corpus "$corpus" \
        --per-utterance "$folder/linear.csv" --output "$folder/linear.json" >&2
    set -- "$@" "linear models=$folder/linear.csv"
fi
python3 "$(dirname "$0")/unseen.py" "$corpus" "$@"
