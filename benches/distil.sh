#!/bin/sh
# The table of distillation in docs/learn.md: students of a teacher's predictions on
# dev rows with 100 and 500 labelled rows of train, beside students without it.
# Usage: benches/distil.sh MASSIVE CORPUS TEACHER [FOLDER] | benches/write.py distillation learn.md
# TEACHER is a model folder. What is in FOLDER already is not made again. With
# TEACHER_SHARD=1/6 the teacher predicts a sixth of the test rows only.
set -eu
massive=$1
corpus=$2
teacher=$3
folder=${4:-$(mktemp -d)}
locales=${LOCALES:-de-DE,hi-IN,ja-JP,sw-KE,tr-TR,vi-VN}
mkdir -p "$folder"
for partition in dev test; do
    [ -e "$folder/teacher-$partition.jsonl" ] && continue
    shard=1/1
    [ $partition = dev ] || shard=${TEACHER_SHARD:-1/1}
    /usr/bin/env time -o "$folder/teacher-$partition.time" -f %U \
        "$massive" predict --model "$teacher" --corpus "$corpus" --locales "$locales" \
        --partition $partition --shard "$shard" --scores --top-k 60 \
        --output "$folder/teacher-$partition.jsonl" >&2
done
for rows in 100 500; do
    "$massive" train --corpus "$corpus" --locales "$locales" --rows $rows \
        --teacher "$folder/teacher-dev.jsonl" --teacher "$folder/teacher-test.jsonl" \
        --output "$folder/student-$rows" --force --format json >"$folder/student-$rows.json"
done
python3 "$(dirname "$0")/distil.py" "$teacher" "$folder"
