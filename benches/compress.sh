#!/usr/bin/env bash
# The figures of docs/compress.md: compresses models, and says what each language pays.
#
# usage: compress.sh MASSIVE CORPUS MODEL [SHAPE]
#
# MASSIVE is the release binary, MODEL a joint model. SHAPE is a folder that
# benches/xlmr_shape.py made (size, memory and speed alone). LOCALES, PARTITION and ROWS
# (of each locale) choose the rows, THREADS the threads of both engines; PYTHON needs
# onnx and onnxruntime for QUANTISED=yes, a model of ONNX Runtime's own quantiser.
# CORPUS is a release's folder or archive. Blocks go into docs/compress.md; where a
# model is left out its blocks are as they were.
set -euo pipefail
massive=$1 corpus=$2 model=$3 shape=${4:-}
locales=${LOCALES:-en-US,ja-JP,km-KH,sw-KE}
partition=${PARTITION:-test}
threads=${THREADS:-2}
python=${PYTHON:-python3}
benches=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=${WORK:-$(mktemp -d)}
[[ -n ${WORK:-} ]] || trap 'rm -rf -- "$work"' EXIT
[[ -d $work/corpus ]] ||
    "$python" "$benches/compress.py" rows "$corpus" "$work/corpus" "$locales" "$partition" \
        "${ROWS:-1000}"
corpus=$work/corpus
rows=(--corpus "$corpus" --locales "$locales")
trim=(--trim-vocabulary)
calibrated=(--calibrate-rows "${CALIBRATION:-256}")

# make NAME BASE FLAGS…: compresses a model unless it is there already.
make() {
    local output=$work/$1 base=$2
    shift 2
    [[ -d $output ]] || "$massive" model compress "$base" --output "$output" "${rows[@]}" "$@" \
        --format json >"$output.json"
}

# toll NAME MODELS…: holds models against the first one.
toll() {
    local name=$1
    shift
    "$massive" model toll "$@" "${rows[@]}" --partition "$partition" --threads "$threads" \
        --format json >"$work/$name.toll.json"
}

shown() {
    "$python" "$benches/compress.py" "$1" "${@:3}" | "$python" "$benches/write.py" "$2" compress.md
}

make trimmed "$model" "${trim[@]}"
make int8 "$model" --weights int8
make trimmed-int8 "$model" "${trim[@]}" --weights int8
make int4 "$model" --weights int4
make int4-rank16 "$model" --weights int4 --rank 16 "${calibrated[@]}"
toll forms "$model" "$work"/{trimmed,int8,trimmed-int8,int4,int4-rank16}
shown forms compress-forms "$work/forms.toll.json"
shown losses compress-losses "$work/forms.toll.json"

if [[ -n $shape ]]; then
    make shape-trimmed "$shape" "${trim[@]}"
    make shape-int8 "$shape" --weights int8
    make shape-trimmed-int8 "$shape" "${trim[@]}" --weights int8
    make shape-int4 "$shape" --weights int4
    make shape-int4-rank16 "$shape" --weights int4 --rank 16 --init svd
    # Its predictions mean nothing: few rows will do.
    "$python" "$benches/compress.py" rows "$corpus" "$work/few" "${locales%%,*}" "$partition" 64
    "$massive" model toll "$shape" "$work"/shape-{trimmed,int8,trimmed-int8,int4,int4-rank16} \
        --corpus "$work/few" --partition "$partition" --speed-rows 64 --threads "$threads" \
        --format json >"$work/shape.toll.json"
    shown forms compress-shape "$work/shape.toll.json"
fi

# Where rounding breaks, and what brings it back.
make bits2 "$model" --bits 2 "${calibrated[@]}"
made=()
for init in svd lqer qera quailora; do
    make "bits2-$init" "$model" --bits 2 --rank 16 --init "$init" "${calibrated[@]}"
    made+=("$work/bits2-$init")
done
toll terms "$model" "$work/int8" "$work/bits2" "${made[@]}"
shown terms compress-terms "$work/terms.toll.json" "$work"/bits2{,-svd,-lqer,-qera,-quailora}.json

# Zeros.
made=() records=()
for sparsity in 0.5 2:4; do
    for method in magnitude wanda; do
        name=$method-${sparsity/:/of}
        make "$name" "$model" --prune "$method" --sparsity "$sparsity" "${calibrated[@]}"
        made+=("$work/$name") records+=("$work/$name.json")
    done
done
toll zeros "$model" "${made[@]}"
shown terms compress-zeros "$work/zeros.toll.json" "${records[@]}"

# Against ONNX Runtime's own quantiser, which is the base here.
if [[ -n ${QUANTISED:-} ]]; then
    [[ -d $work/peer ]] || "$python" "$benches/quantiser.py" "$model" "$work/peer"
    toll peer "$work/peer" "$work/int8"
    shown forms compress-peer "$work/peer.toll.json"
    shown losses compress-peer-losses "$work/peer.toll.json"
fi
