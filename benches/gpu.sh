#!/usr/bin/env bash
# What a GPU gives: checks it against the CPU on the small models of the repository, then
# measures models, and prints one Markdown table and, to --json FILE, the same as JSON.
#
# usage: gpu.sh [--cpu] [--library PATH] [--massive PATH] [--json FILE] [MODEL...]
#
# On a machine with a GPU of NVIDIA it needs ONNX Runtime's library for GPUs (its file or
# folder is PATH; without one, wherever `massive runtime info` finds it) and Python 3.
# MODELs are folders of joint or text-to-text models, such as benches/xlmr_shape.py makes;
# without any, the small joint one is measured. --cpu goes the same way with the
# CPU in the place of the GPU. A release binary is built if none is there. Where PyTorch
# and transformers are installed, an encoder of the same shape is measured in them, too.
set -euo pipefail
cd "$(dirname "$0")/.."

cpu='' library='' massive='' json='' models=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --cpu) cpu=yes ;;
        --library) library=$(realpath "$2") && shift ;;
        --massive) massive=$(realpath "$2") && shift ;;
        --json) json=$(realpath -m "$2") && shift ;;
        -*) echo "gpu.sh: $1 is unknown: expected --cpu, --library, --massive or --json" >&2 && exit 2 ;;
        *) models+=("$(realpath "$1")") ;;
    esac
    shift
done

command -v python3 >/dev/null || {
    echo "gpu.sh: python3 is missing: it drives the measurement" >&2
    exit 2
}
if [[ -z $cpu ]] && ! command -v nvidia-smi >/dev/null; then
    echo "gpu.sh: nvidia-smi is missing, so there is no driver of NVIDIA here: run it on a machine" \
        "with a GPU, or with --cpu to go the same way on the processor" >&2
    exit 2
fi
for built in target/dist/massive target/release/massive; do
    [[ -n $massive || ! -x $built ]] || massive=$PWD/$built
done
[[ -n $massive ]] || { cargo build --release --locked --quiet && massive=$PWD/target/release/massive; }
[[ ${#models[@]} -gt 0 ]] || models=("$PWD/fixtures/models/joint")

exec python3 benches/gpu.py "$massive" ${cpu:+--cpu} ${library:+--library "$library"} \
    ${json:+--json "$json"} "${models[@]}"
