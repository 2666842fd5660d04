#!/usr/bin/env bash
# Measures what building costs and prints one Markdown table.
#
# usage: build.sh [demo] [release] [dist]
#
# Each named build (all three by default) starts from an empty folder under target/,
# with the registry's sources already there. Wall time tells what someone waits, CPU
# time what a quiet machine of two cores would take at least, twice over.
set -euo pipefail
cd "$(dirname "$0")/.."

builds=("$@")
[[ $# -gt 0 ]] || builds=(demo release dist)
folder=${CARGO_TARGET_DIR:-target}/build-bench
TIMEFORMAT='%R %U %S'

cargo fetch --locked --quiet
echo "| what | wall s | CPU s | CPU s / 2 | bar | binary MB |"
echo "|---|--:|--:|--:|---|--:|"
for build in "${builds[@]}"; do
    rm -rf -- "$folder"
    case $build in
        demo)
            what='from clone to the demo’s table: cargo run -- demo' bar='< 300' binary=debug/massive
            command=(cargo run --quiet --locked -- demo --folder "$folder/demo")
            ;;
        release)
            what='cargo build --release' bar='< 480' binary=release/massive
            command=(cargo build --release --quiet --locked)
            ;;
        dist)
            what='cargo build --profile dist' bar='' binary=dist/massive
            command=(cargo build --profile dist --quiet --locked)
            ;;
        *)
            echo "$0: no build is called $build: expected demo, release or dist" >&2
            exit 2
            ;;
    esac
    times=$({ time CARGO_TARGET_DIR=$folder "${command[@]}" >&2; } 2>&1 >/dev/null | tail -n 1)
    read -r wall user system <<<"$times"
    bytes=$(stat --format=%s -- "$folder/$binary")
    awk -v what="$what" -v bar="$bar" -v wall="$wall" -v cpu="$user" -v system="$system" \
        -v bytes="$bytes" 'BEGIN {
            printf "| %s | %.0f | %.0f | %.0f | %s | %.1f |\n",
                what, wall, cpu + system, (cpu + system) / 2, bar, bytes / 1e6
        }'
done
rm -rf -- "$folder"
awk -v bytes="$(stat --format=%s README.md)" \
    'BEGIN { printf "\n* README.md has %.1f KB (bar: under 8 KB).\n", bytes / 1024 }'
echo "* $(rustc --version), $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)."
