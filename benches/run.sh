#!/usr/bin/env bash
# Measures massive and its peers and prints one Markdown table.
#
# usage: run.sh CORPUS_FOLDER CORPUS_TAR_GZ PREDICTIONS
#
# The folder and the archive hold the same release, the predictions (.jsonl.gz)
# are for its partition test. RUNS (5) is how often each thing is measured, PYTHON
# (python3) the interpreter for the Python peers and for running the binary. The
# peers are installed from pip's index into a virtual environment under target/;
# without them the table has the Rust part alone and the exit status is 1.
set -euo pipefail

if [[ $# -ne 3 ]]; then
    echo "usage: $0 CORPUS_FOLDER CORPUS_TAR_GZ PREDICTIONS" >&2
    exit 2
fi
folder=$1 archive=$2 predictions=$3
runs=${RUNS:-5}
benches=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
target=${CARGO_TARGET_DIR:-$benches/../target}
venv=$target/.venv
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

install_peers() {
    if ! command -v -- "${PYTHON:-python3}" >/dev/null; then
        echo "${PYTHON:-python3} not found; set PYTHON" >&2
        return 1
    fi
    "${PYTHON:-python3}" -m venv "$venv" &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            seqeval==1.2.2 numpy==2.4.6 polars==2.1.0 >&2
}

cargo build --release --quiet --locked --manifest-path "$benches/../Cargo.toml" \
    -p massive-nlu -p massive-benches
massive=$target/release/massive
bench=$target/release/massive-benches

status=0
install_peers || status=1
parquet=$work/corpus.parquet plain=$work/predictions.jsonl other=$work/other.jsonl
"$massive" corpus convert --to parquet --corpus "$folder" --output "$parquet" --quiet
gzip -dc -- "$predictions" >"$plain"
"$bench" second-system "$plain" >"$other"

"$bench" read "$folder" "$archive" "$parquet" "$runs" >"$work/results"
"$bench" score "$folder" "$archive" "$predictions" "$runs" >>"$work/results"
if [[ $status -eq 0 ]]; then
    python=$venv/bin/python
    "$bench" dump-labels "$folder" "$predictions" >"$work/labels"
    "$python" "$benches/commands.py" "$massive" "$folder" "$archive" "$parquet" \
        "$predictions" "$plain" "$other" "$work" "$runs" >>"$work/results"
    "$python" "$benches/peers.py" "$folder" "$work/labels" "$runs" >>"$work/results"
    german=$(find -L "$folder" -name de-DE.jsonl | head -n 1)
    "$python" "$benches/reference_style.py" "$german" "$runs" >>"$work/results"
else
    echo "the Python peers and the measured commands are missing: the table is without them" >&2
fi
"$bench" table <"$work/results"
exit "$status"
