#!/bin/sh
# How many utterances a second models predict, on one thread, from rows of the corpus
# to lines of predictions: the best of several runs over the test rows of one locale.
# Usage: benches/speed.sh MASSIVE CORPUS_TAR_GZ LOCALE MODEL... | benches/write.py speed learn.md
set -eu
massive=$1
corpus=$2
locale=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar -xzf "$corpus" -C "$folder" --wildcards "*/$locale.jsonl"
rows=$(find "$folder" -name "$locale.jsonl")
echo '| model | utterances a second | MB | loaded in, ms |'
echo '|:--|--:|--:|--:|'
for model in "$@"; do
    best=0
    for run in 1 2 3 4 5; do
        "$massive" predict --model "$model" --corpus "$rows" --locales "$locale" --partition test \
            --threads 1 --output "$folder/predictions.jsonl" --force 2>"$folder/log"
        rate=$(sed -n 's/.* utterances in .* s: \([0-9]*\)\/s.*/\1/p' "$folder/log")
        [ "$rate" -le "$best" ] || best=$rate
        # An encoder takes long enough for one run.
        [ "$rate" -gt 500 ] || break
    done
    # What one utterance takes above what a program takes that does nothing.
    loaded=$(python3 - "$massive" "$model" "$locale" <<'PY'
import subprocess, sys, time
massive, model, locale = sys.argv[1:]
def least(command):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)
one = [massive, "predict", "--model", model, "--locale", locale, "--threads", "1", "--text", "wake me"]
print(f"{least(one) - least([massive, '--version']):.0f}")
PY
)
    size=$(find "$model" \( -name "$locale.*" -o -name '*.onnx' -o -name tokenizer.json \) -exec cat {} + | wc -c)
    awk -v m="$(basename "$model")" -v r="$best" -v s="$size" -v l="$loaded" \
        'BEGIN { printf "| %s | %d | %.1f | %d |\n", m, r, s / 1e6, l }'
done
